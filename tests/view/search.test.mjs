// What is similar in the folder, and why.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';

import { exchanged } from './drawn.mjs';
import { screenshot, start } from './harness.mjs';
import { output } from './shell.mjs';

const view = await start();
const PATH = '?view=search&image=cat.png';

const hits = (page) => page.locator('.hits li').evaluateAll((all) => all.map((hit) => ({
  heading: hit.querySelector('h3').textContent, cosine: hit.querySelector('.number').textContent,
})));

/** Every image of a page, once it is there. */
const pictures = (page) => page.evaluate(() => Promise.all([...document.querySelectorAll('main img')].map(async (image) => {
  image.loading = 'eager';
  await image.decode();
  return image.naturalWidth;
})));

test('the page indexes the folder, says so, and then shows what is found', async (t) => {
  const page = await view.page(t, { path: PATH });
  const before = await readdir(view.folder);
  await screenshot(page, 'search-without-index');
  await page.getByRole('button', { name: 'Index the folder' }).click();
  await page.locator('.hits li').nth(4).waitFor();
  await page.getByText('The index holds 5 images').waitFor();
  assert.deepEqual(await readdir(view.folder), before, 'something was written beside the photographs');
  await screenshot(page, 'search');
});

test('while the folder is indexed, how far it is stands in the page', async (t) => {
  const page = await view.page(t, { path: PATH });
  let asked = 0;
  // As a folder that takes long would be told.
  await page.route('**/status', (route) => {
    asked += 1;
    const index = asked < 3 ? { state: 'building', done: asked, total: 5 } : { state: 'ready', done: 5, total: 5 };
    return route.fulfill({ json: { waiting: 0, index } });
  });
  await page.route((url) => url.searchParams.get('view') === 'search', async (route) => {
    const building = '<section class="index" data-building="1"><p><label for="building">Indexing: </label>'
      + '<progress id="building" max="1" value="0"></progress> <span class="count">0 of 0 images</span></p></section>';
    const answer = await route.fetch();
    const body = (await answer.text()).replace(/<section class="index".*?<\/section>/s, building);
    return route.fulfill({ response: answer, body });
  }, { times: 1 });
  await page.getByRole('link', { name: 'Search', exact: true }).click();
  await page.getByText('2 of 5 images').waitFor();
  assert.equal(await page.locator('progress').evaluate((bar) => bar.value), 2);
  await page.getByText('The index holds 5 images').waitFor();
});

test('what is found is what the command finds that the page names', async (t) => {
  for (const image of ['cat.png', 'coffee.png%23xywh=40,40,120,100']) {
    const page = await view.page(t, { path: `?view=search&image=${image}` });
    const lines = (await output(page, view, '--json')).trim().split('\n').map((line) => JSON.parse(line));
    const shown = await hits(page);
    assert.equal(shown.length, lines.length);
    for (const [i, { path, cosine }] of lines.entries()) {
      const { heading, cosine: told } = shown[i];
      assert.deepEqual({ heading, cosine: told.replace(' (the image itself)', '') }, { heading: `${i + 1}. ${path}`, cosine: `cosine ${cosine.toFixed(3)}` });
    }
    assert.ok((await pictures(page)).every((width) => width > 0));
  }
});

test('why one image is above another is said as the command says it', async (t) => {
  const page = await view.page(t, { path: PATH });
  const boxes = page.getByLabel('compare with another');
  await boxes.nth(1).check();
  await boxes.nth(3).check();
  await exchanged(page, () => page.getByRole('button', { name: 'Why does one rank above' }).click());
  const line = await page.locator('.why h3').textContent();
  assert.ok((await output(page, view)).includes(line), line);
  assert.match(await page.locator('.why img').getAttribute('alt'), /^The query: \S/);
  assert.ok((await pictures(page)).every((width) => width > 0));
  await screenshot(page, 'search-why');
});

test('a part of an image that is selected on its map can be searched by', async (t) => {
  const page = await view.page(t, { path: '?image=cat.png&concept=coffee.png' });
  const stage = page.locator('.map .stage');
  await stage.locator('canvas').waitFor();
  const box = await stage.boundingBox();
  await page.mouse.move(box.x + box.width * 0.25, box.y + box.height * 0.25);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, box.y + box.height * 0.5, { steps: 3 });
  await page.mouse.up();
  await page.getByRole('link', { name: 'Search for this part' }).click();
  await page.locator('.hits li').first().waitFor();
  const [, x, y, w, h] = new URL(page.url()).searchParams.get('image').match(/^cat\.png#xywh=(\d+),(\d+),(\d+),(\d+)$/).map(Number);
  for (const [value, expected] of [[x, 56], [y, 56], [w, 112], [h, 56]]) assert.ok(Math.abs(value - expected) <= 2, `${x},${y},${w},${h}`);
  assert.ok((await hits(page))[0].heading.includes('cat.png'));
});

test('what is found leads on: compare, explain and search by it', async (t) => {
  const page = await view.page(t, { path: PATH });
  for (const [name, view, selector] of [['Compare', 'Compare', '.pair'], ['Explain by it', 'Explain', '.map'], ['Search by it', 'Search', '.hits']]) {
    await exchanged(page, () => page.goto(new URL(PATH, page.url()).href));
    await page.locator('.hits li').nth(1).getByRole('link', { name }).click();
    await page.locator('nav [aria-current]').filter({ hasText: view }).waitFor();
    await page.locator(selector).first().waitFor();
  }
});
