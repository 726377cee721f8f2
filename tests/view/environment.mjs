// What `cargo xtask view` tells the tests.
import assert from 'node:assert/strict';

export function variable(name) {
  return process.env[name] ?? assert.fail(`${name} is not set: run \`cargo xtask view\``);
}

/** The repository's folder. The tests run in a copy of theirs, from which no relative path leads to a fixture. */
export const sources = variable('CAM_SOURCES');

/** The machine's environment, without the settings of `cam` that somebody has made. */
export function machine() {
  const variables = Object.entries(process.env).filter(([name]) => !name.startsWith('CAM_'));
  return Object.fromEntries(variables);
}
