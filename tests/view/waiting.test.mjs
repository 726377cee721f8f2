// An answer that takes long.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { drawn, exchanged } from './drawn.mjs';
import { screenshot, start } from './harness.mjs';

const view = await start();

test('whoever waits is told how many wait before them, until the answer is there', async (t) => {
  const page = await view.page(t, { path: '?image=cat.png&concept=coffee.png' });
  await drawn(page);
  let arrive;
  const arrived = new Promise((resolve) => { arrive = resolve; });
  await page.route((url) => url.search.includes('astronaut') && url.search.includes('concept'), async (route) => {
    await arrived;
    await route.continue();
  });
  await page.route('**/status', (route) => route.fulfill({ json: { waiting: 3, index: null } }));
  await exchanged(page, async () => {
    await page.getByRole('link', { name: 'as concept: astronaut' }).click();
    await page.locator('main[aria-busy=true][data-waiting="2 questions before this one"]').waitFor();
    await page.locator('#live').filter({ hasText: '2 questions before this one' }).waitFor();
    const seen = await page.locator('main').evaluate((main) => getComputedStyle(main, '::before').content);
    assert.match(seen, /2 questions/);
    await screenshot(page, 'waiting');
    arrive();
  });
  assert.equal(await page.locator('main[data-waiting], main[aria-busy]').count(), 0);
});
