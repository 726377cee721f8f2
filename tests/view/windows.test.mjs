// Every view in windows of every kind: light, dark, wide, narrow, and without motion.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { drawn } from './drawn.mjs';
import { axe, screenshot, start } from './harness.mjs';

const view = await start();

const VIEWS = {
  start: '',
  explain: '?image=cat.png&concept=coffee.png&class=tabby&negative=more/rocket.png&difference=1',
  layers: '?view=layers&image=cat.png&concept=coffee.png',
  methods: '?view=methods&image=cat.png&concept=coffee.png',
  compare: '?view=compare&image=cat.png&other=astronaut.png',
  search: '?view=search&image=cat.png',
  quality: '?view=quality&image=cat.png&concept=coffee.png&concept=astronaut.png',
  images: '?view=images&image=cat.png',
};

const WINDOWS = {
  'wide and light': { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  'wide and dark': { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  'narrow and light': { viewport: { width: 320, height: 640 }, colorScheme: 'light', reducedMotion: 'reduce' },
  'narrow and dark': { viewport: { width: 320, height: 640 }, colorScheme: 'dark', reducedMotion: 'reduce' },
};

test('the index that is searched in every window', async (t) => {
  const page = await view.page(t, { path: VIEWS.search });
  await page.getByRole('button', { name: 'Index the folder' }).click();
  await page.locator('.hits li').first().waitFor();
});

for (const [window, options] of Object.entries(WINDOWS)) {
  test(`axe finds nothing wrong in any view, ${window}, and nothing scrolls sideways`, async (t) => {
    const page = await view.page(t, options);
    for (const [name, path] of Object.entries(VIEWS)) {
      await page.goto(new URL(path, view.address).href);
      await drawn(page);
      assert.deepEqual(await axe(page), [], name);
      const [inside, outside] = await page.evaluate(() => [document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]);
      assert.ok(inside <= outside, `${name} is ${inside} wide, in a window of ${outside}`);
      await screenshot(page, `${name}-${window.replaceAll(' ', '-')}`);
    }
  });
}

test('nothing moves where nobody wants motion', async (t) => {
  const page = await view.page(t, { path: VIEWS.explain, reducedMotion: 'reduce' });
  const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((element) => {
    const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
    return transitionDuration !== '0s' || animationName !== 'none' || scrollBehavior === 'smooth';
  }).map((element) => element.localName));
  assert.deepEqual(moving, []);
});
