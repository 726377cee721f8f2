// The page that can be kept: one file that needs neither the program nor a network.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { drawn } from './drawn.mjs';
import { taken } from './files.mjs';
import { axe, screenshot, start } from './harness.mjs';

test('the exported page shows everything by itself once the program has ended', async (t) => {
  const view = await start();
  const page = await view.page(t, { path: '?image=cat.png&concept=coffee.png&concept=astronaut.png', expected: [/ERR_/, /host: file:/] });
  await drawn(page);
  const shown = await page.locator('figure.map').evaluateAll((figures) => figures.map((figure) => (
    ['h3', '.number'].map((part) => figure.querySelector(part).textContent))));
  const command = await page.locator('#command').textContent();
  const file = join(dirname(view.folder), 'explained.html');
  await writeFile(file, await taken(page, '.leave a[href^="export.html"]'));
  await view.stop();

  const asked = [];
  page.on('request', (request) => { if (!/^(data|file):/.test(request.url())) asked.push(request.url()); });
  await page.goto(pathToFileURL(file).href);
  const widths = await page.locator('img').evaluateAll((all) => Promise.all(all.map(async (image) => {
    await image.decode();
    return image.naturalWidth;
  })));
  assert.equal(widths.length, 5);
  assert.ok(widths.every((width) => width >= 224), widths.join());
  for (const [i, words] of shown.entries()) {
    const text = await page.locator('figure').nth(i + 1).innerText();
    for (const word of words) assert.ok(text.includes(word), `${text} says ${word}`);
  }
  assert.equal(await page.locator('pre').textContent(), command);
  await page.getByLabel('Hide the map: Where is coffee?').check();
  await page.locator('.over').first().waitFor({ state: 'hidden' });
  assert.ok(await page.locator('.over').nth(1).isVisible());
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(asked, []);
  await page.getByLabel('Hide the map: Where is coffee?').uncheck();
  await screenshot(page, 'export');
});
