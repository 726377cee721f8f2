// What goes wrong is said in a sentence, in the page.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { axe, screenshot, sources, start } from './harness.mjs';
import { drawn } from './drawn.mjs';

const view = await start();
await writeFile(join(view.folder, 'notes.png'), 'These are notes.\n');

/** What a page says of what it cannot show. */
async function refused(page, path) {
  const answer = await page.goto(new URL(path, page.url()).href);
  assert.ok(answer.status() >= 400 && answer.status() < 500, `${path} answers ${answer.status()}`);
  assert.match(answer.headers()['content-type'], /^text\/html/);
  return page.getByRole('alert').first().innerText();
}

const REFUSED = { expected: [/status of 4\d\d/] };

const SENTENCES = {
  '?image=dog.png': /dog\.png/,
  '?image=../cat.png': /no image is called/,
  '?image=cat.png&concpt=coffee.png': /concpt.*did you mean `concept`/,
  '?image=cat.png&concept=notes.png': /notes/,
  '?image=notes.png': /notes/,
  '?view=compare&image=cat.png&other=notes.png': /notes/,
  '?view=everything&image=cat.png': /there is no view `everything`/,
  '?image=cat.png&class=unicorn-of-none': /unicorn/,
  '?image=cat.png&method=grad-kam': /grad-kam.*grad-cam/,
  '?image=cat.png&layer=block99': /block99/,
  '?image=cat.png&top=0': /1 to 50/,
  '?view=quality&image=cat.png&rank=7': /no map 7/,
  '?image=cat.png&image=coffee.png': /twice/,
};

test('what cannot be shown is answered with a sentence that says why', async (t) => {
  const page = await view.page(t, REFUSED);
  for (const [path, sentence] of Object.entries(SENTENCES)) assert.match(await refused(page, path), sentence, path);
});

test('a page that says what went wrong is whole, and leads on', async (t) => {
  const page = await view.page(t, REFUSED);
  await refused(page, '?image=dog.png');
  assert.deepEqual(await axe(page), []);
  await screenshot(page, 'error');
  await page.locator('.tiles a[data-image="cat.png"]').click();
  await page.locator('figure.map').waitFor();
});

test('a network without a classifier asks for a concept, and then explains', async (t) => {
  const weights = join(sources, 'tests/fixtures/weights/tiny_headless.safetensors');
  const headless = await start({ args: ['--weights', weights] });
  const page = await headless.page(t, REFUSED);
  assert.match(await refused(page, '?image=cat.png'), /choose a concept/);
  await page.goto(new URL('?image=cat.png&concept=coffee.png', page.url()).href);
  await drawn(page);
  assert.equal(await page.getByLabel('Add a class').count(), 0);
});

test('once the program has ended, the page says so and goes on working', async (t) => {
  const ended = await start();
  const page = await ended.page(t, { path: '?image=cat.png&concept=coffee.png', expected: [/ERR_/] });
  await drawn(page);
  await ended.stop();
  await page.getByRole('link', { name: 'as concept: astronaut' }).click();
  await page.getByRole('alert').filter({ hasText: 'cam view does not answer: was it ended?' }).waitFor();
  assert.equal(await page.locator('main[aria-busy]').count(), 0);
  await screenshot(page, 'ended');
  // What is there already can still be read.
  await page.locator('.map .stage').focus();
  await page.keyboard.press('ArrowRight');
  await page.locator('.map .readout').filter({ hasText: 'row 4, column 4' }).waitFor();
  await page.getByLabel('Add a class').focus();
  await page.getByRole('link', { name: 'as concept: astronaut' }).click();
  assert.equal(await page.getByRole('alert').count(), 1);
});
