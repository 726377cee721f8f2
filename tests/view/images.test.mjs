// All images of the folder: pages of them, and finding one.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { exchanged } from './drawn.mjs';
import { screenshot, start } from './harness.mjs';

const COUNT = 130;
const numbered = (i) => `photograph-${String(i).padStart(3, '0')}.png`;
const photographs = Object.fromEntries(Array.from({ length: COUNT }, (_, i) => [numbered(i), i % 2 ? 'cat' : 'coffee']));
const view = await start({ photographs: { ...photographs, 'rocket <b>&.png': 'rocket' } });

const names = (page) => page.locator('main .tiles a[data-image]').evaluateAll((all) => all.map((link) => link.dataset.image));

test('every image is on one page, and none on two', async (t) => {
  const page = await view.page(t, { path: '?view=images' });
  await page.getByText(`${COUNT + 1} of ${COUNT + 1} images`).waitFor();
  const seen = await names(page);
  while (await page.getByRole('link', { name: 'Next', exact: true }).count()) {
    await exchanged(page, () => page.getByRole('link', { name: 'Next', exact: true }).click());
    seen.push(...await names(page));
  }
  assert.deepEqual([...seen].sort(), [...Object.keys(photographs), 'rocket <b>&.png'].sort());
  await exchanged(page, () => page.getByRole('link', { name: 'Previous', exact: true }).click());
  await page.getByText('page 2 of 3').waitFor();
});

test('an image is found by a part of its name, and then looked at', async (t) => {
  const page = await view.page(t, { path: '?view=images&page=3&concept=photograph-001.png' });
  await page.getByLabel('Names that contain').fill('ROCKET');
  await exchanged(page, () => page.getByRole('button', { name: 'Find' }).click());
  assert.deepEqual(await names(page), ['rocket <b>&.png']);
  await screenshot(page, 'images-found');
  await exchanged(page, () => page.locator('main .tiles a[data-image]').click());
  assert.equal(await page.locator('main h2').textContent(), 'rocket <b>&');
  assert.match(await page.locator('figure.map h3').textContent(), /photograph-001/);
  await page.goto(new URL('?view=images', page.url()).href);
  await screenshot(page, 'images');
});
