// The address holds everything: what it shows is the same again, elsewhere and later.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { canvases, drawn, exchanged, repainted } from './drawn.mjs';
import { start } from './harness.mjs';

const view = await start();
const PATH = '?image=cat.png&concept=more/rocket.png&concept=more/retina.png';

const pixels = async (page) => (await canvases(page)).map((canvas) => canvas.pixels.toString('base64'));
const looks = (page) => page.evaluate(() => ['opacity', 'common', 'signed'].map((id) => {
  const field = document.getElementById(id);
  return field.type === 'checkbox' ? field.checked : field.value;
}));

/** What else shows that two pages are the same. */
const words = (page) => page.locator('main').innerText();

test('how maps are shown survives a reload, a further tab and a change of the image', async (t) => {
  const page = await view.page(t, { path: PATH });
  await drawn(page);
  await repainted(page, () => page.getByLabel('Opacity').fill('35'));
  await repainted(page, () => page.getByLabel('same scale').check());
  await exchanged(page, () => page.getByLabel('signed').click());
  const before = [await looks(page), await pixels(page), await words(page)];
  assert.deepEqual(before[0], ['35', true, true]);
  const now = async (page) => [await looks(page), await pixels(page), await words(page)];
  await page.reload();
  await drawn(page);
  assert.deepEqual(await now(page), before);
  const tab = await page.context().newPage();
  await tab.goto(page.url());
  await drawn(tab);
  assert.deepEqual(await now(tab), before);
  await exchanged(page, () => page.getByRole('link', { name: 'Next image' }).click());
  assert.deepEqual(await looks(page), before[0]);
});

test('back and forward show what was there', async (t) => {
  const page = await view.page(t, { path: PATH });
  await drawn(page);
  const seen = [await words(page)];
  const steps = [
    () => page.getByRole('link', { name: 'Remove retina' }).click(),
    () => page.getByRole('link', { name: 'as concept: coffee' }).click(),
    () => page.getByRole('link', { name: 'Layers', exact: true }).click(),
  ];
  for (const step of steps) {
    await exchanged(page, step);
    seen.push(await words(page));
  }
  assert.equal(new Set(seen).size, 4);
  for (const [turn, order] of [['goBack', [2, 1, 0]], ['goForward', [1, 2, 3]]]) {
    for (const place of order) {
      await exchanged(page, () => page[turn]());
      assert.equal(await words(page), seen[place], `${turn} to ${place}`);
    }
  }
});

test('two tabs ask different things at once, and each gets its own', async (t) => {
  const page = await view.page(t, { path: '?image=cat.png&concept=coffee.png' });
  const tab = await page.context().newPage();
  await tab.goto(new URL('?image=coffee.png&concept=cat.png', page.url()).href);
  await Promise.all([drawn(page), drawn(tab)]);
  const choose = (page, image) => exchanged(page, () => page.locator(`.tiles a[data-image="${image}"]`).click());
  for (const [a, b] of [['astronaut.png', 'cat.png'], ['more/rocket.png', 'more/retina.png']]) {
    await Promise.all([choose(page, a), choose(tab, b)]);
    const heading = (page) => page.locator('main h2').textContent();
    const stem = (name) => name.match(/(\w+)\.png/)[1];
    assert.deepEqual([await heading(page), await heading(tab)], [a, b].map(stem));
    assert.match(await page.locator('figure.map h3').textContent(), /coffee/);
    assert.match(await tab.locator('figure.map h3').textContent(), /cat/);
  }
});

test('of two questions in a hurry the last one is answered, even where the first comes later', async (t) => {
  const page = await view.page(t, { path: '?image=cat.png&concept=coffee.png' });
  await drawn(page);
  const isFirst = (url) => new URL(url).searchParams.get('image') === 'astronaut.png' && new URL(url).pathname.endsWith('/');
  let arrive;
  const arrived = new Promise((resolve) => { arrive = resolve; });
  await page.route((url) => isFirst(url.href), async (route) => {
    await arrived;
    // Whoever asked may have gone.
    await route.continue().catch(() => {});
  });
  const ended = Promise.race(['requestfailed', 'requestfinished'].map((end) => (
    page.waitForEvent(end, (request) => isFirst(request.url())))));
  await page.locator('.tiles a[data-image="astronaut.png"]').click();
  await exchanged(page, () => page.locator('.tiles a[data-image="more/retina.png"]').click());
  arrive();
  await ended;
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
  await drawn(page);
  assert.equal(await page.locator('main h2').textContent(), 'retina');
  assert.equal(new URL(page.url()).searchParams.get('image'), 'more/retina.png');
});
