// Everything without JavaScript.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { axe, screenshot, start } from './harness.mjs';

const view = await start();
const opened = (t, path = '', options = {}) => view.page(t, { path, javaScriptEnabled: false, ...options });

/** The widths of pictures, of which one that cannot be shown has none. */
const widths = (page, selector) => page.locator(selector).evaluateAll((all) => all.map((image) => image.naturalWidth));

test('an image and a concept are chosen by forms and links alone', async (t) => {
  const page = await opened(t);
  await page.locator('.tiles a[data-image="cat.png"]').click();
  await page.locator('#concept').fill('coffee.png');
  await page.getByRole('button', { name: 'Show' }).click();
  assert.equal(new URL(page.url()).searchParams.get('concept'), 'coffee.png');
  await page.getByRole('link', { name: 'as concept: astronaut' }).click();
  await page.locator('summary').click();
  await page.getByLabel('Method').selectOption('layer-cam');
  await page.getByRole('button', { name: 'Show' }).click();
  assert.equal(await page.locator('figure.map').count(), 2);
  assert.match(await page.locator('#command').textContent(), /--method layer-cam/);
  await page.getByRole('link', { name: 'Remove coffee' }).click();
  assert.deepEqual(await page.locator('figure.map h3').allTextContents(), ['Where is astronaut?']);
});

test('maps are pictures, laid over the image', async (t) => {
  for (const path of ['?image=cat.png&concept=coffee.png', '?view=layers&image=cat.png&concept=coffee.png']) {
    const page = await opened(t, path);
    const overlays = await widths(page, 'figure:not(.plain) .stage .over');
    assert.equal(overlays.length, await page.locator('figure.map').count());
    assert.ok(overlays.every((width) => width > 0), `${path}: ${overlays}`);
    const [photo, over] = await Promise.all(['.photo', '.over'].map((kind) => page.locator(`figure:not(.plain) .stage ${kind}`).first().boundingBox()));
    for (const side of ['x', 'y', 'width', 'height']) assert.ok(Math.abs(photo[side] - over[side]) < 1, side);
    await screenshot(page, `noscript-${path.includes('layers') ? 'layers' : 'explain'}`);
  }
});

test('two images are compared by a picture and a table', async (t) => {
  const page = await opened(t, '?view=compare&image=cat.png&other=astronaut.png');
  assert.ok((await widths(page, 'main img.figure'))[0] > 0);
  assert.ok(await page.locator('tbody tr').count() > 3);
  await screenshot(page, 'noscript-compare');
});

test('the folder is indexed and searched', async (t) => {
  const page = await opened(t, '?view=search&image=cat.png');
  await page.getByRole('button', { name: 'Index the folder' }).click();
  await page.waitForURL(/view=search/);
  await page.locator('section.index').waitFor();
  // As somebody who asks again until it is there.
  const search = page.url();
  for (let i = 0; i < 100 && await page.locator('.hits li').count() < 5; i++) await page.goto(search);
  const boxes = page.getByLabel('compare with another');
  await boxes.nth(0).check();
  await boxes.nth(2).check();
  await page.getByRole('button', { name: 'Why does one rank above' }).click();
  assert.ok((await widths(page, '.why img'))[0] > 0);
});

test('the remaining views show what they are for', async (t) => {
  const expected = { methods: 'figure.map', quality: '.chart polyline', images: '.tiles img' };
  for (const [name, selector] of Object.entries(expected)) {
    const page = await opened(t, `?view=${name}&image=cat.png&concept=coffee.png`);
    assert.ok(await page.locator(`main ${selector}`).count() > 0, name);
  }
});

test('nothing is offered that needs a script, and axe finds nothing wrong', async (t) => {
  for (const path of ['', '?image=cat.png&concept=coffee.png', '?view=compare&image=cat.png&other=coffee.png']) {
    const page = await opened(t, path);
    assert.equal(await page.locator('.live:visible, #blink:visible, #opacity:visible').count(), 0);
    assert.deepEqual(await axe(page), []);
  }
});
