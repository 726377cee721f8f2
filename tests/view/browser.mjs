// Pages in Chromium that must not fail, even where nobody looks.
import assert from 'node:assert/strict';
import { join } from 'node:path';

import axeCore from 'axe-core';
import { chromium } from 'playwright-core';

import { variable } from './environment.mjs';
import { LIMITS, within } from './limits.mjs';

/** The same page on every machine. */
const CONTEXT = { viewport: { width: 1280, height: 800 }, locale: 'en-GB', timezoneId: 'UTC' };

/** WCAG 2.2, levels A and AA, and what is good beside it. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];

let launched;
const scriptless = new WeakSet();

/** The one browser of a file of tests. */
function browser() {
  launched ??= chromium.launch({
    executablePath: variable('CHROMIUM'),
    // Its sandbox does not work for root.
    chromiumSandbox: process.getuid?.() !== 0,
    // A page that asks another host for something finds none, network or not.
    args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
    handleSIGTERM: false,
  });
  return launched;
}

/** Closes the browser, if there is one. */
export async function close() {
  await launched?.then((browser) => browser.close(), () => {});
}

/** Opens a page until the test ends, which then fails if the page had problems. */
export async function open(t, address, { path = '', expected = [], ...options }) {
  const context = await (await browser()).newContext({ ...CONTEXT, ...options });
  context.setDefaultTimeout(LIMITS.step);
  const problems = [];
  watch(context, new URL(address).host, (problem) => {
    if (expected.some((pattern) => pattern.test(problem))) return;
    problems.push(problem);
    // Where the test fails for another reason, this one is shown too.
    t.diagnostic(problem);
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(problems, [], 'the page has problems');
  });
  const page = await context.newPage();
  if (options.javaScriptEnabled === false) scriptless.add(page);
  const response = await page.goto(new URL(path, address).href);
  assert.ok(response.ok(), `${response.url()} answers ${response.status()}`);
  return page;
}

/** Reports what no page of ours may do. */
function watch(context, host, report) {
  const asks = (url) => {
    const { protocol, host: asked } = new URL(url);
    const isInside = ['about:', 'blob:', 'data:'].includes(protocol);
    if (!isInside && asked !== host) report(`asks another host: ${url}`);
  };
  context.on('request', (request) => asks(request.url()));
  context.on('page', (page) => page.on('websocket', (socket) => asks(socket.url())));
  context.on('weberror', (error) => report(`throws: ${error.error().stack}`));
  context.on('console', (message) => {
    if (message.type() === 'error') report(`logs: ${message.text()} (${message.location().url})`);
  });
}

/** What axe finds wrong with a page: nothing, where it is accessible. */
export async function axe(page) {
  const run = (tags) => globalThis.axe.run({ runOnly: tags, resultTypes: ['violations'] });
  const { violations } = await withScripts(page, async () => {
    await page.evaluate(axeCore.source);
    return within(LIMITS.step, 'to run axe', page.evaluate(run, TAGS));
  });
  const where = ({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`;
  return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(where) }));
}

/** Does something that needs timers in a page, be it one without scripts. The page's own scripts are not run later. */
async function withScripts(page, work) {
  if (!scriptless.has(page)) return work();
  const session = await page.context().newCDPSession(page);
  const disable = (value) => session.send('Emulation.setScriptExecutionDisabled', { value });
  // A session can undo only what it has done itself.
  await disable(true);
  await disable(false);
  return work().finally(() => disable(true));
}

/** Saves the whole page as a picture, where somebody asked for pictures. */
export async function screenshot(page, name) {
  const folder = process.env.CAM_SCREENSHOTS;
  if (!folder) return;
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true, animations: 'disabled' });
}
