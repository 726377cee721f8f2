// Explains an image by the module: node run.mjs MODULE.wasm IMAGE CONCEPT OVERLAY.png
import { readFileSync, writeFileSync } from 'node:fs';

const [wasm, image, concept, overlay] = process.argv.slice(2);
const ROUNDS = 5;

const module = new WebAssembly.Module(readFileSync(wasm));
// burn brings random numbers along, and these bring JavaScript's. None of it is called.
const imports = {};
for (const { module: from, name } of WebAssembly.Module.imports(module)) {
  imports[from] ??= {};
  imports[from][name] = () => { throw new Error(`${name} was called`); };
}
const cam = new WebAssembly.Instance(module, imports).exports;

// The memory may have grown, and its old buffer is then gone: it is asked for each time.
const bytes = (at, length) => Buffer.from(cam.memory.buffer, at, length);
const answer = () => bytes(cam.cam_answer(), cam.cam_answer_length());
const milliseconds = (work) => {
  const begun = performance.now();
  const result = work();
  return [result, performance.now() - begun];
};

try {
  const [isLoaded, loading] = milliseconds(cam.cam_load);
  if (!isLoaded) throw new Error(answer().toString());
  console.log(`loaded in ${loading.toFixed(0)} ms`);
  for (const [which, path] of [image, concept].entries()) {
    const given = readFileSync(path);
    bytes(cam.cam_room(which, given.length), given.length).set(given);
  }
  const rounds = Array.from({ length: ROUNDS }, () => milliseconds(cam.cam_explain));
  const cosine = rounds[0][0];
  if (Number.isNaN(cosine)) throw new Error(answer().toString());
  const times = rounds.map(([, time]) => time.toFixed(0)).join(', ');
  console.log(`cosine ${cosine.toFixed(6)} in ${times} ms`);
  console.log(`${(cam.memory.buffer.byteLength / 1e6).toFixed(0)} MB of memory`);
  writeFileSync(overlay, answer());
} catch (error) {
  // Behind a trap is a panic, whose message is the answer.
  console.error(error instanceof WebAssembly.RuntimeError ? answer().toString() : error.message);
  process.exit(1);
}
