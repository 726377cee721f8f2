// What the tests of `cam view` import: the program on a folder of photographs, and its pages in Chromium.
import { after } from 'node:test';

import { close, open } from './browser.mjs';
import { Program } from './program.mjs';

export { axe, screenshot } from './browser.mjs';
export { sources } from './environment.mjs';

const programs = [];

/**
 * Starts `cam view`, which is stopped after the tests of the file, and must then end in order.
 *
 * @param {object} [options]
 * @param {string[]} [options.args] arguments after the folder
 * @param {Record<string, string>} [options.env] variables for the program, which sees no other CAM_*
 * @param {Record<string, string>} [options.photographs] files of the folder, as in PHOTOGRAPHS
 */
export async function start(options = {}) {
  const program = await Program.start(options);
  programs.push(program);
  return {
    address: program.address,
    folder: program.folder,
    stop: () => program.stop(),

    /**
     * Opens a page in a browser that knows nothing of other pages, until the test `t` ends. The test fails if the page
     * logs an error, throws one that nobody catches, or asks another host for anything.
     *
     * @param {import('node:test').TestContext} t
     * @param {object} [options] for playwright's newContext, as `{ javaScriptEnabled: false }`, and:
     * @param {string} [options.path] relative to the address
     * @param {RegExp[]} [options.expected] problems that the test provokes
     */
    page: (t, options = {}) => open(t, program.address, options),
  };
}

// One hook: those behind one that fails are not called, and what then still runs keeps this process from ending.
after(async () => {
  const ends = await Promise.allSettled([...programs.map((program) => program.stop()), close()]);
  const failed = ends.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
});

// How the runner ends a file that takes too long. Only a process that exits by itself ends what it has started.
process.once('SIGTERM', () => process.exit(143));
