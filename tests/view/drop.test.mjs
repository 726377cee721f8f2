// Images that are dropped on the page, pasted into it, or sent by its form.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { drawn, exchanged } from './drawn.mjs';
import { screenshot, sources, start } from './harness.mjs';
import { numbers } from './shell.mjs';

const view = await start({ photographs: { 'cat.png': 'cat' } });
const ROCKET = join(sources, 'crates/cam-explain/photographs/rocket.png');

/** Drops or pastes a file, as a browser tells a page of it. */
async function bring(page, type, selector, { name, mime, bytes }) {
  await page.locator(selector).evaluate((target, { type, name, mime, bytes }) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name, { type: mime }));
    const bubbles = { bubbles: true, cancelable: true };
    if (type === 'paste') return target.dispatchEvent(new ClipboardEvent('paste', { ...bubbles, clipboardData: transfer }));
    for (const kind of ['dragover', 'drop']) target.dispatchEvent(new DragEvent(kind, { ...bubbles, dataTransfer: transfer }));
  }, { type, name, mime, bytes: Buffer.from(bytes).toString('base64') });
}

const rocket = async () => ({ name: 'my rocket.png', mime: 'image/png', bytes: await readFile(ROCKET) });
const asked = (page, name) => new URL(page.url()).searchParams.getAll(name);

test('an image that is dropped is looked at', async (t) => {
  const page = await view.page(t, { path: '?concept=cat.png' });
  await exchanged(page, async () => bring(page, 'drop', 'main', await rocket()));
  assert.deepEqual(asked(page, 'image'), ['dropped:my rocket.png']);
  assert.deepEqual(asked(page, 'concept'), ['cat.png']);
  assert.equal(await page.locator('figure.map').count(), 1);
  await screenshot(page, 'dropped');
});

test('what is dropped on the form is a concept, and its number is that of the file', async (t) => {
  const page = await view.page(t, { path: '?image=cat.png' });
  await drawn(page);
  await exchanged(page, async () => bring(page, 'drop', '#ask', await rocket()));
  assert.deepEqual(asked(page, 'concept'), ['dropped:my rocket.png']);
  const text = await page.locator('figure.map .number').textContent();
  assert.match(await page.locator('.command').textContent(), /Save my rocket\.png first/);
  await page.locator('#command').evaluate((command, file) => {
    command.textContent = command.textContent.replace("'my rocket.png'", `'${file}'`);
  }, ROCKET);
  const { queries: [{ questions: [{ score }] }] } = await numbers(page, view);
  assert.equal(text, `cosine ${score.toFixed(3)}`);
});

test('an image that is pasted is looked at', async (t) => {
  const page = await view.page(t);
  await exchanged(page, async () => bring(page, 'paste', 'main', await rocket()));
  assert.match(asked(page, 'image')[0], /^dropped:.*rocket\.png$/);
});

test('what is dropped on a comparison is the other image', async (t) => {
  const page = await view.page(t, { path: '?view=compare&image=cat.png&other=cat.png' });
  await drawn(page);
  await exchanged(page, async () => bring(page, 'drop', '#ask', await rocket()));
  assert.match(asked(page, 'other')[0], /rocket/);
});

test('a file that is no image is refused in a sentence, whatever it calls itself', async (t) => {
  const page = await view.page(t, { path: '?image=cat.png', expected: [/status of 422/] });
  await drawn(page);
  await bring(page, 'drop', 'main', { name: 'notes.txt', mime: 'text/plain', bytes: 'notes' });
  await page.getByRole('alert').filter({ hasText: 'notes.txt is no image' }).waitFor();
  await bring(page, 'drop', 'main', { name: 'notes.png', mime: 'image/png', bytes: 'notes' });
  await page.getByRole('alert').filter({ hasText: 'notes' }).waitFor();
  assert.deepEqual(asked(page, 'image'), ['cat.png']);
  assert.equal(await page.locator('main .stage canvas:visible').count(), 1, 'the map has gone');
  await screenshot(page, 'dropped-no-image');
});

for (const javaScriptEnabled of [true, false]) {
  test(`the form takes a file ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async (t) => {
    const page = await view.page(t, { path: '?image=cat.png', javaScriptEnabled });
    await page.getByLabel('choose a file').setInputFiles(ROCKET);
    await page.getByRole('button', { name: 'Use as concept' }).click();
    await page.waitForURL(/concept=/);
    await page.locator('figure.map').filter({ hasText: 'rocket' }).waitFor();
  });
}
