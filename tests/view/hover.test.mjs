// What is told of the place under the cursor.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { drawn } from './drawn.mjs';
import { maps } from './files.mjs';
import { start } from './harness.mjs';

const view = await start();
const PATH = '?image=cat.png&concept=coffee.png&concept=astronaut.png';

/** Moves the mouse to a place of a map, in shares of its sides. */
async function point(page, map, [x, y]) {
  const stage = page.locator('figure:not(.plain) .stage').nth(map);
  await stage.scrollIntoViewIfNeeded();
  const box = await stage.boundingBox();
  await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
}

const written = (value) => (value < 0 ? '−' : '+') + Math.abs(value).toPrecision(3);

test('the value under the cursor is the one of raw.npy, in every map at once', async (t) => {
  const page = await view.page(t, { path: PATH });
  await drawn(page);
  const { shape: [count, rows, columns], values } = await maps(page, 'raw.npy');
  for (const [row, column] of [[0, 0], [1, 5], [3, 3], [6, 6]]) {
    await point(page, row % 2, [(column + 0.5) / columns, (row + 0.5) / rows]);
    const place = `row ${row + 1}, column ${column + 1}: `;
    await page.locator('.map .readout').filter({ hasText: place }).nth(1).waitFor();
    const texts = await page.locator('.map .readout').allTextContents();
    for (let map = 0; map < count; map++) {
      const value = values[(map * rows + row) * columns + column];
      assert.ok(texts[map].startsWith(place + written(value)), `${texts[map]} of ${value}`);
    }
  }
});

test('the cell under the cursor is framed in every map, and no longer when it leaves', async (t) => {
  const page = await view.page(t, { path: PATH });
  await drawn(page);
  await point(page, 0, [0.5, 0.5]);
  await page.locator('.map .cell:visible').nth(1).waitFor();
  await page.mouse.move(5, 5);
  await page.locator('.map .cell:visible').first().waitFor({ state: 'hidden' });
});

for (const path of [PATH, '?view=compare&image=cat.png&other=coffee.png']) {
  test(`moving over an image asks the server for nothing: ${path}`, async (t) => {
    const page = await view.page(t, { path });
    await drawn(page);
    await page.waitForLoadState('networkidle');
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    for (let i = 1; i < 20; i++) await point(page, i % 2, [i / 20, 1 - i / 20]);
    await page.locator('.readout').filter({ hasText: 'row' }).first().waitFor();
    assert.deepEqual(asked, []);
  });
}
