// The same question at every layer, and by every quick method.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { canvases, drawn } from './drawn.mjs';
import { screenshot, start } from './harness.mjs';

const view = await start();
const QUESTION = 'image=cat.png&concept=coffee.png&opacity=100';

const opened = async (t, path) => {
  const page = await view.page(t, { path });
  await drawn(page);
  return page;
};

const labels = (page) => page.locator('figure.map h3').allTextContents();

test('the layers go from the last to the first, each with its own map', async (t) => {
  const page = await opened(t, `?view=layers&${QUESTION}`);
  const layers = await labels(page);
  assert.ok(layers.length > 5, layers.join());
  assert.equal(layers[0], 'head');
  const offered = await page.locator('#layer option').evaluateAll((options) => options.map((option) => option.value));
  const places = layers.map((layer) => offered.indexOf(layer));
  assert.deepEqual(places, [...places].sort((a, b) => a - b));
  const pictures = new Set((await canvases(page)).map(({ pixels }) => pixels.toString('base64')));
  assert.equal(pictures.size, layers.length);
  await screenshot(page, 'layers');
});

test('a layer of the strip is the one that is explained behind its link', async (t) => {
  const page = await opened(t, `?view=layers&${QUESTION}`);
  const [, second] = await canvases(page);
  await page.locator('figure.map h3 a').nth(1).click();
  await page.waitForFunction(() => document.querySelector('nav [aria-current]').textContent === 'Explain');
  await drawn(page);
  const [alone] = await canvases(page);
  assert.ok(alone.pixels.equals(second.pixels));
});

test('methods that make the same map of the image are named, and no others', async (t) => {
  const page = await opened(t, `?view=methods&${QUESTION}`);
  const methods = await labels(page);
  const maps = await canvases(page);
  const sentences = await page.locator('main > .remark').allTextContents();
  const said = sentences.map((sentence) => sentence.replace(' make the same map of this image.', '').split(', '));
  assert.ok(said.length > 0, 'nothing coincides');
  const map = (method) => maps[methods.indexOf(method)].pixels;
  // A map may be a thousandth off where nobody sees it, and then its colour is the next one.
  const differs = (a, b) => a.filter((value, i) => Math.abs(value - b[i]) > 10).length;
  for (const group of said) {
    for (const method of group) assert.equal(differs(map(group[0]), map(method)), 0, `${group[0]} and ${method}`);
  }
  const groups = [...said.map((group) => group[0]), ...methods.filter((method) => !said.flat().includes(method))];
  for (const [i, a] of groups.entries()) {
    for (const b of groups.slice(i + 1)) assert.ok(differs(map(a), map(b)) > 0, `${a} and ${b} are alike, and nobody says so`);
  }
  await screenshot(page, 'methods');
});
