// The commands that pages name, run as somebody would who pastes them.
import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

import { machine, variable } from './environment.mjs';
import { LIMITS } from './limits.mjs';

const run = promisify(execFile);

/** What the page's command prints where `cam view` was started, with further words behind it. */
export async function output(page, view, words = '') {
  const line = await page.locator('#command').textContent();
  const script = `cam() { "$CAM" "$@"; }; ${line} ${words}`;
  const options = {
    cwd: dirname(view.folder),
    env: { ...machine(), CAM: variable('CAM') },
    timeout: LIMITS.step,
    maxBuffer: 1 << 26,
  };
  return (await run('sh', ['-c', script], options)).stdout;
}

/** The same as JSON. */
export const numbers = async (page, view) => JSON.parse(await output(page, view, '--json'));
