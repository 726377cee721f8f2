// What a page offers to take along.
import assert from 'node:assert/strict';

import { array } from './npy.mjs';

/** The bytes behind a link of the page. */
export async function taken(page, selector) {
  const href = await page.locator(selector).getAttribute('href');
  const answer = await page.request.get(new URL(href, page.url()).href);
  assert.ok(answer.ok(), `${href} answers ${answer.status()}`);
  return answer.body();
}

/** Maps as a file of numpy's: `raw.npy` or `map.npy`. */
export const maps = async (page, name) => array(await taken(page, `.leave a[href^="${name}"]`));
