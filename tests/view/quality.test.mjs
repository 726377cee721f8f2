// How good a map is.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { drawn, exchanged } from './drawn.mjs';
import { screenshot, start } from './harness.mjs';

const view = await start();
const PATH = '?view=quality&image=cat.png&concept=coffee.png&concept=astronaut.png';

const table = (page) => page.locator('tbody tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent.trim())));

/** The curve of a chart as points of shares and heights, from 0 at its lower left. */
const points = (page, chart, series) => page.locator('.chart').nth(chart).locator(`polyline.series${series}`)
  .evaluate((line) => [...line.points].map(({ x, y }) => [x, -y]));

test('the table tells the area below each curve that is drawn', async (t) => {
  const page = await view.page(t, { path: PATH });
  await drawn(page);
  const rows = await table(page);
  assert.ok(rows.length >= 3, 'nothing is there to compare the map with');
  for (const [chart] of ['deletion', 'insertion'].entries()) {
    const all = await Promise.all(rows.map((_, series) => points(page, chart, series)));
    const mean = (curve) => {
      const [first, last] = [curve[0], curve.at(-1)];
      const pieces = curve.slice(1).map(([x, y], i) => (x - curve[i][0]) * (y + curve[i][1]) / 2);
      return pieces.reduce((sum, piece) => sum + piece, 0) / (last[0] - first[0]);
    };
    // One scale for a chart: heights are an even function of areas.
    const pairs = all.map((curve, series) => [mean(curve), Number(rows[series][chart + 1])]);
    const [[h0, a0], [h1, a1]] = [pairs.reduce((low, pair) => (pair[1] < low[1] ? pair : low)), pairs.reduce((high, pair) => (pair[1] > high[1] ? pair : high))];
    for (const [height, area] of pairs) {
      const expected = a0 + (height - h0) / (h1 - h0) * (a1 - a0);
      assert.ok(Math.abs(area - expected) < 0.004, `${area} in the table, ${expected} in the chart`);
    }
  }
  await screenshot(page, 'quality');
});

test('a map leads to how good it is, and that to how good the others are', async (t) => {
  const page = await view.page(t, { path: PATH.replace('view=quality&', '') });
  await drawn(page);
  await exchanged(page, () => page.getByRole('link', { name: 'How good' }).nth(1).click());
  assert.match(await page.locator('main > p').first().textContent(), /astronaut/);
  const before = await table(page);
  await exchanged(page, () => page.getByRole('navigation', { name: 'Maps' }).getByRole('link').first().click());
  assert.match(await page.locator('figure.map h3').textContent(), /coffee/);
  assert.notDeepEqual((await table(page))[0], before[0]);
});
