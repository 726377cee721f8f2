// The page by keyboard alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { drawn, exchanged } from './drawn.mjs';
import { maps } from './files.mjs';
import { start } from './harness.mjs';

const view = await start();
const PATH = '?image=cat.png&concept=coffee.png';

const opened = async (t, path = PATH) => {
  const page = await view.page(t, { path });
  await drawn(page);
  return page;
};

/** Presses Tab until what has the focus matches. */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((selector) => document.activeElement.matches(selector), selector)) return;
  }
  assert.fail(`nothing leads to ${selector}`);
}

const heard = (page, text) => page.locator('#live').filter({ hasText: text }).waitFor();
const focused = (page) => page.evaluate(() => document.activeElement.outerHTML.slice(0, 120));

test('the arrow keys read the values of a map to whoever listens', async (t) => {
  const page = await opened(t);
  const { shape: [, , columns], values } = await maps(page, 'raw.npy');
  await tabTo(page, '.map .stage');
  for (const [key, [row, column]] of [['ArrowRight', [3, 3]], ['ArrowRight', [3, 4]], ['ArrowUp', [2, 4]]]) {
    await page.keyboard.press(key);
    const value = values[row * columns + column];
    await heard(page, `row ${row + 1}, column ${column + 1}: ${value < 0 ? '−' : '+'}${Math.abs(value).toPrecision(3)}`);
  }
});

test('a part that is selected with Shift and arrow keys is asked for by its link', async (t) => {
  const page = await opened(t);
  await tabTo(page, '.map .stage');
  for (const key of ['ArrowDown', 'Shift+ArrowDown', 'Shift+ArrowRight']) await page.keyboard.press(key);
  await heard(page, 'a part of 64 by 64 pixels');
  await tabTo(page, '.part a');
  await exchanged(page, () => page.keyboard.press('Enter'));
  assert.deepEqual(new URL(page.url()).searchParams.getAll('concept'), ['coffee.png', 'cat.png#xywh=96,96,64,64']);
  assert.equal(await page.locator('figure.map').count(), 2);
});

test('space hides the maps and shows them, where no field has the focus', async (t) => {
  const page = await opened(t);
  await tabTo(page, '.map .stage');
  await page.keyboard.press(' ');
  await heard(page, 'maps hidden');
  assert.equal(await page.locator('main .stage canvas:visible').count(), 0);
  await page.keyboard.press(' ');
  await heard(page, 'maps shown');
  await page.locator('#concept').focus();
  await page.keyboard.press(' ');
  assert.equal(await page.locator('main .stage canvas:visible').count(), 1);
});

test('the first stop leads past everything to what is shown', async (t) => {
  const page = await opened(t);
  await page.keyboard.press('Tab');
  assert.match(await focused(page), /Skip to/);
  const before = await page.locator('main').elementHandle();
  await page.keyboard.press('Enter');
  assert.ok(await page.evaluate(() => document.activeElement.id === 'main'));
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate(() => document.activeElement.closest('main')));
  assert.ok(await before.evaluate((main) => main.isConnected), 'the page was asked for again');
});

test('whoever uses a control is still there when the page is exchanged', async (t) => {
  const page = await opened(t);
  const again = async (selector, change) => {
    await tabTo(page, selector);
    const before = await focused(page);
    await exchanged(page, change);
    const after = await page.evaluate((selector) => document.activeElement.matches(selector), selector);
    assert.ok(after, `${before} had the focus, and ${await focused(page)} has it`);
  };
  await again('[name=difference]', () => page.keyboard.press(' '));
  await again('#class', async () => { await page.keyboard.type('tabby'); await page.keyboard.press('Enter'); });
  assert.equal(await page.locator('#class').inputValue(), '');
  await again('nav a[href*="view=layers"]', () => page.keyboard.press('Enter'));
  await again('main .stage', () => page.keyboard.press('Control+ArrowRight'));
});

test('what is typed while an answer is awaited is still there after it', async (t) => {
  const page = await opened(t);
  let arrive;
  const arrived = new Promise((resolve) => { arrive = resolve; });
  await page.route((url) => url.search.includes('negative'), async (route) => {
    await arrived;
    await route.continue();
  });
  await page.locator('summary').click();
  await page.locator('#negative').fill('astronaut.png');
  await exchanged(page, async () => {
    await page.locator('#class').focus();
    await page.locator('main[aria-busy]').waitFor();
    await page.keyboard.type('tab');
    arrive();
  });
  assert.equal(await page.locator('#class').inputValue(), 'tab');
  assert.ok(await page.evaluate(() => document.activeElement.id === 'class'));
});

test('a rectangle by keyboard sums what places add to a cosine', async (t) => {
  const page = await opened(t, '?view=compare&image=cat.png&other=coffee.png');
  await tabTo(page, '.stage');
  for (const key of ['ArrowDown', 'Shift+ArrowDown', 'Shift+ArrowRight']) await page.keyboard.press(key);
  await heard(page, 'rectangle of 4 places: adds');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.box:visible').count(), 0);
});
