// Two images, whose places answer to each other.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { canvases, drawn, repainted } from './drawn.mjs';
import { taken } from './files.mjs';
import { screenshot, start } from './harness.mjs';
import { array } from './npy.mjs';
import { numbers } from './shell.mjs';

const view = await start();
const PATH = '?view=compare&image=cat.png&other=astronaut.png';

const opened = async (t, path = PATH) => {
  const page = await view.page(t, { path });
  await drawn(page);
  return page;
};

/** The parts of the cosine of one place of the first image. */
const partners = ({ shape: [, columns, h, w], values }, [row, column]) => {
  const start = (row * columns + column) * h * w;
  return values.slice(start, start + h * w);
};

test('the cosine and the strongest pairs are those of the command that the page names', async (t) => {
  const page = await opened(t);
  await screenshot(page, 'compare');
  const report = await numbers(page, view);
  assert.equal(await page.locator('main > .number').textContent(), `cosine ${report.cosine.toFixed(3)}`);
  const rows = await page.locator('tbody tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  assert.equal(rows.length, report.correspondences.length);
  // The command tells pixels of the image, and the page positions of the network.
  const position = (pixels, { width, height, positions: [rows, columns] }) => (
    `${Math.floor(pixels[1] * rows / height) + 1}, ${Math.floor(pixels[0] * columns / width) + 1}`);
  for (const [i, { from, to, contribution }] of report.correspondences.entries()) {
    const places = [from, to].map((pixels, side) => position(pixels, report.images[side]));
    const digits = rows[i][2].split('.')[1].length;
    assert.deepEqual(rows[i], [...places, contribution.toFixed(digits)]);
  }
});

test('what lights up for a place is what it adds to the cosine', async (t) => {
  const page = await opened(t);
  const parts = array(await taken(page, 'a[href^="pairs.npy"]'));
  const stage = page.locator('figure:not(.plain) .stage').first();
  await stage.focus();
  await stage.press('ArrowDown');
  await stage.press('ArrowDown');
  await stage.press('ArrowRight');
  const values = partners(parts, [4, 4]);
  const sum = values.reduce((sum, value) => sum + value, 0);
  const best = values.indexOf(Math.max(...values));
  const [, , , columns] = parts.shape;
  const sign = (value) => (value < 0 ? '−' : '+') + Math.abs(value).toPrecision(3);
  const texts = await page.locator('.readout').allTextContents();
  assert.ok(texts[0].startsWith(`row 5, column 5: adds ${sign(sum)} of the cosine`), texts[0]);
  const place = `row ${Math.floor(best / columns) + 1}, column ${best % columns + 1}`;
  assert.equal(texts[1], `most at ${place}: ${sign(values[best])}`);
  await page.locator('#live').filter({ hasText: place }).waitFor();
  await screenshot(page, 'compare-place');
});

test('a rectangle of all places adds the whole cosine', async (t) => {
  const page = await opened(t);
  const box = await page.locator('figure:not(.plain) .stage').first().boundingBox();
  await page.mouse.move(box.x + 1, box.y + 1);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 1, box.y + box.height - 1, { steps: 4 });
  await page.mouse.up();
  const text = page.locator('.readout').first();
  await text.filter({ hasText: 'rectangle of 49 places' }).waitFor();
  assert.match(await text.textContent(), /\((100\.0|99\.9) %\)/);
});

test('a click on the other image ends what was selected on the first', async (t) => {
  const page = await opened(t);
  const boxes = await Promise.all([0, 1].map((side) => page.locator('figure:not(.plain) .stage').nth(side).boundingBox()));
  const at = (side, share) => [boxes[side].x + share * boxes[side].width, boxes[side].y + share * boxes[side].height];
  await page.mouse.move(...at(0, 0.2));
  await page.mouse.down();
  await page.mouse.move(...at(0, 0.6), { steps: 3 });
  await page.mouse.up();
  await page.locator('.readout').first().filter({ hasText: 'rectangle' }).waitFor();
  await page.mouse.click(...at(1, 0.5));
  await page.mouse.move(...at(0, 0.5));
  await page.locator('.readout').first().filter({ hasText: 'row 4, column 4' }).waitFor();
  assert.equal(await page.locator('.box:visible').count(), 0);
});

test('a place lights up in the other image and not in its own', async (t) => {
  const page = await opened(t);
  const before = await canvases(page);
  const box = await page.locator('figure:not(.plain) .stage').first().boundingBox();
  await repainted(page, () => page.mouse.move(box.x + box.width / 2, box.y + box.height / 2));
  const after = await canvases(page);
  assert.deepEqual(after[0].pixels, before[0].pixels);
  assert.notDeepEqual(after[1].pixels, before[1].pixels);
});

test('lines join the strongest pairs, and go when nobody wants them', async (t) => {
  const page = await opened(t);
  const pairs = await page.locator('tbody tr').count();
  assert.equal(await page.locator('.threads line').count(), 2 * pairs);
  await page.getByLabel('lines between').uncheck();
  assert.equal(await page.locator('.threads line').count(), 0);
});
