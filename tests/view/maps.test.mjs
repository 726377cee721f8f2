// What is drawn over an image, read from its pixels.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { canvases, colours, drawn, exchanged, levels, repainted } from './drawn.mjs';
import { maps } from './files.mjs';
import { start } from './harness.mjs';
import { largest } from './npy.mjs';

const view = await start();

/** Opaque, so that pixels are the map's colours and nothing else. */
const PATH = '?image=cat.png&concept=coffee.png&concept=astronaut.png&opacity=100';

/** Half a step of a table of 256 colours, and the rounding of f32. */
const STEP = 0.5 / 255 + 1e-6;

const opened = async (t, path) => {
  const page = await view.page(t, { path });
  await drawn(page);
  return page;
};

/** The maps of a file one by one. */
const each = ({ shape: [count, rows, columns], values }) => Array.from({ length: count }, (_, i) => (
  { rows, columns, values: values.slice(i * rows * columns, (i + 1) * rows * columns) }));

test('the canvas is strongest where map.npy has its maximum, and equals it everywhere', async (t) => {
  const page = await opened(t, PATH);
  const [turbo, finished] = [await colours(page, 'turbo'), each(await maps(page, 'map.npy'))];
  const canvas = await canvases(page);
  assert.equal(canvas.length, finished.length);
  for (const [i, { rows, columns, values }] of finished.entries()) {
    assert.deepEqual([canvas[i].rows, canvas[i].columns], [rows, columns]);
    const seen = levels(canvas[i], turbo);
    assert.equal(seen[largest(values)], Math.max(...seen));
    const off = values.findIndex((value, place) => !(Math.abs(value - seen[place]) <= STEP));
    assert.equal(off, -1, `map ${i} at ${off}: ${seen[off]} is drawn of ${values[off]}`);
  }
});

test('one scale for all weakens the map of the weaker concept alone', async (t) => {
  const page = await opened(t, PATH);
  const turbo = await colours(page, 'turbo');
  const strongest = async () => (await canvases(page)).map((canvas) => Math.max(...levels(canvas, turbo)));
  assert.deepEqual(await strongest(), [1, 1]);
  await repainted(page, () => page.getByLabel('same scale').check());
  const most = each(await maps(page, 'raw.npy')).map(({ values }) => Math.max(...values));
  const scale = Math.max(...most);
  for (const [i, level] of (await strongest()).entries()) {
    // Between the middles of positions the map is lower; one of them may lie between two pixels.
    assert.ok(level <= most[i] / scale + STEP && level > 0.95 * most[i] / scale, `${level} of ${most[i] / scale}`);
  }
  assert.ok(Math.min(...most) < 0.95 * scale, 'the concepts are too alike to show a common scale');
});

test('the signed view shows what speaks against it on the other side of the middle colour', async (t) => {
  const page = await opened(t, PATH);
  const table = await colours(page, 'diverging');
  await exchanged(page, () => page.getByLabel('signed').click());
  const raws = each(await maps(page, 'raw.npy'));
  for (const [i, canvas] of (await canvases(page)).entries()) {
    const { rows, columns, values } = raws[i];
    const at = (cell) => {
      const [y, x] = [Math.floor(cell / columns), cell % columns];
      return Math.floor((y + 0.5) * canvas.rows / rows) * canvas.columns + Math.floor((x + 0.5) * canvas.columns / columns);
    };
    const seen = (cell) => [...canvas.pixels.subarray(4 * at(cell), 4 * at(cell) + 3)];
    const [high, low] = [largest(values), largest(values.map((value) => -value))];
    assert.ok(values[high] > 0 && values[low] < 0);
    const [blue, red] = [table[0], table.at(-1)];
    const nearer = (pixel) => [blue, red].map((end) => end.reduce((sum, side, c) => sum + Math.abs(side - pixel[c]), 0));
    const [[highBlue, highRed], [lowBlue, lowRed]] = [nearer(seen(high)), nearer(seen(low))];
    assert.ok(highRed < highBlue, `what speaks for ${i} is ${seen(high)}`);
    assert.ok(lowBlue < lowRed, `what speaks against ${i} is ${seen(low)}`);
  }
});

test('the opacity is that of the pixels', async (t) => {
  const page = await opened(t, PATH.replace('100', '50'));
  const alphas = async () => new Set((await canvases(page)).flatMap(({ pixels }) => [...pixels.filter((_, i) => i % 4 === 3)]));
  assert.deepEqual(await alphas(), new Set([128]));
  await repainted(page, () => page.getByLabel('Opacity').fill('20'));
  assert.deepEqual(await alphas(), new Set([51]));
});

test('blinking hides every map, and shows it again', async (t) => {
  const page = await opened(t, PATH);
  const shown = () => page.locator('main .stage canvas:visible').count();
  assert.equal(await shown(), 2);
  await page.getByRole('button', { name: 'Hide the maps' }).click();
  await page.locator('main .stage canvas:visible').first().waitFor({ state: 'hidden' });
  assert.equal(await shown(), 0);
  await page.keyboard.press(' ');
  await page.locator('main .stage canvas:visible').nth(1).waitFor();
});

test('the colours are those of the list', async (t) => {
  const page = await opened(t, `${PATH}&colormap=viridis`);
  for (const name of ['viridis', 'inferno']) {
    await page.getByLabel('Colours').selectOption(name);
    await page.waitForFunction((name) => location.search.includes(`colormap=${name}`), name);
    await drawn(page);
    const table = await colours(page, name);
    for (const canvas of await canvases(page)) {
      assert.ok(levels(canvas, table).every((level) => level >= 0), `a colour is none of ${name}`);
    }
  }
});
