import assert from 'node:assert/strict';
import { test } from 'node:test';

import { axe, screenshot, start } from './harness.mjs';

const view = await start();

test('the page opens with a title and needs no other host', async (t) => {
  const page = await view.page(t);
  assert.match(await page.title(), /\S/);
  await screenshot(page, 'start');
});

test('axe finds nothing wrong with the page', async (t) => {
  assert.deepEqual(await axe(await view.page(t)), []);
});

test('the program ends on SIGTERM while a page is open', async (t) => {
  // The page may notice that it lost its server.
  await view.page(t, { expected: [/ERR_/] });
  await view.stop();
});
