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

const WINDOWS = [[1280, 'light'], [1280, 'dark'], [320, 'dark'], [320, 'light']];

for (const [name, path] of Object.entries(VIEWS)) {
  test(`axe finds nothing wrong in a light or dark, wide or narrow window, which scrolls down alone: ${name}`, async (t) => {
    const page = await view.page(t, { path, reducedMotion: 'reduce' });
    if (name === 'search') {
      await page.getByRole('button', { name: 'Index the folder' }).click();
      await page.locator('.hits li').first().waitFor();
    }
    await drawn(page);
    for (const [width, colorScheme] of WINDOWS) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      const window = `${width} wide and ${colorScheme}`;
      assert.deepEqual(await axe(page), [], window);
      const inside = await page.evaluate(() => document.scrollingElement.scrollWidth);
      assert.ok(inside <= width, `${window}: it is ${inside} wide`);
      await screenshot(page, `${name}-${width}-${colorScheme}`);
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
