// A running `cam view`, from its start to its end.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { machine, sources, variable } from './environment.mjs';
import { LIMITS, within } from './limits.mjs';

/** Files in the folder that is looked at, each with its photograph. */
const PHOTOGRAPHS = {
  'astronaut.png': 'astronaut',
  'cat.png': 'cat',
  'coffee.png': 'coffee',
  'more/retina.png': 'retina',
  'more/rocket.png': 'rocket',
};

export class Program {
  /** Where its first page is. */
  address;
  /** The photographs, in a folder that the test may change. */
  folder;
  /** What it has written to standard error so far. */
  errors = '';
  #place;
  #process;
  #ended;
  #stopped;

  /** Starts one and waits for its address. */
  static async start({ args = [], env = {}, photographs = PHOTOGRAPHS }) {
    const place = await mkdtemp(join(tmpdir(), 'cam-view-'));
    const folder = join(place, 'photographs');
    await mkdir(folder);
    for (const [file, photograph] of Object.entries(photographs)) {
      const original = join(sources, 'crates/cam-explain/photographs', `${photograph}.png`);
      await cp(original, join(folder, file));
    }
    const program = new Program(place, folder, args, env);
    try {
      program.address = await program.#announced();
    } catch (error) {
      program.#discard();
      throw error;
    }
    return program;
  }

  constructor(place, folder, args, env) {
    this.#place = place;
    this.folder = folder;
    this.#process = spawn(variable('CAM'), ['view', folder, '--no-open', ...args], {
      cwd: place,
      env: { ...machine(), CAM_CACHE_DIR: join(place, 'cache'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process.stderr.setEncoding('utf8').on('data', (text) => { this.errors += text; });
    this.#ended = once(this.#process, 'close');
    // It is awaited later; until then a program that cannot be started is no error that nobody handles.
    this.#ended.catch(() => {});
    process.once('exit', () => this.#discard());
  }

  /** The address, which is the first line that it prints. */
  async #announced() {
    const lines = createInterface({ input: this.#process.stdout });
    const first = Promise.race([
      once(lines, 'line').then(([line]) => line),
      this.#ended.then(([code, signal]) => assert.fail(`it ended with ${code ?? signal}`)),
    ]);
    const line = await within(LIMITS.start, 'to print an address', first)
      .catch((error) => assert.fail(`cam view: ${error.message}\n${this.errors}`));
    assert.match(line, /^http:\/\/127\.0\.0\.1:\d+\/[^/\s]+\/$/, 'the first line is no address');
    return line;
  }

  /** Ends it as a system does, and asserts that it ran until then and ended in order. */
  stop() {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop() {
    const wasRunning = this.#process.kill('SIGTERM');
    const [code, signal] = await within(LIMITS.stop, 'to end on SIGTERM', this.#ended)
      .finally(() => this.#process.kill('SIGKILL'));
    const how = `cam view ended with ${code ?? signal}`;
    assert.ok(wasRunning, `${how} before it was asked to\n${this.errors}`);
    assert.ok(code === 0 || code === 130, `${how} on SIGTERM\n${this.errors}`);
    // A thread that panics answers nothing, and the program goes on.
    assert.doesNotMatch(this.errors, /panicked at/);
  }

  /** Leaves nothing of it, running or not. */
  #discard() {
    this.#process.kill('SIGKILL');
    rmSync(this.#place, { recursive: true, force: true, maxRetries: 3 });
  }
}
