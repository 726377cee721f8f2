// How long somebody waits. Printed alone: a limit would be one of the machine.
import { test } from 'node:test';

import { drawn } from './drawn.mjs';
import { start } from './harness.mjs';
import { numbers } from './shell.mjs';

const view = await start();
const median = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];

/** The time from each of 100 moves over the first image to the next frame's end. */
const moves = (page) => page.evaluate(async () => {
  const stage = document.querySelector('figure:not(.plain) .stage');
  const box = stage.getBoundingClientRect();
  const times = [];
  for (let i = 0; i < 100; i++) {
    const [clientX, clientY] = [box.left + box.width * (i % 10 + 0.5) / 10, box.top + box.height * (Math.floor(i / 10) + 0.5) / 10];
    const began = performance.now();
    stage.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY, bubbles: true }));
    const done = performance.now();
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    times.push([done - began, performance.now() - began]);
  }
  return times;
});

for (const [name, path] of [['explain', '?image=cat.png&concept=coffee.png&concept=astronaut.png'], ['compare', '?view=compare&image=cat.png&other=astronaut.png']]) {
  test(`a move lights up what belongs to it: ${name}`, async (t) => {
    const page = await view.page(t, { path });
    await drawn(page);
    const times = await moves(page);
    const [work, frame] = [0, 1].map((which) => median(times.map((time) => time[which])));
    t.diagnostic(`${name}: median of 100 moves ${work.toFixed(1)} ms, with its frame ${frame.toFixed(1)} ms`);
  });
}

test('a further concept is drawn', async (t) => {
  const page = await view.page(t, { path: '?image=cat.png' });
  await drawn(page);
  const times = [];
  for (const name of ['coffee.png', 'astronaut.png', 'more/retina.png', 'more/rocket.png']) {
    times.push(await page.evaluate(async (name) => {
      const began = performance.now();
      const field = document.querySelector('#concept');
      field.value = name;
      const before = document.querySelector('main');
      field.dispatchEvent(new Event('change', { bubbles: true }));
      const isDrawn = () => {
        const [main, canvas] = [document.querySelector('main'), [...document.querySelectorAll('main .stage canvas')].at(-1)];
        if (main === before && !document.querySelector('main:not([aria-busy])') || !canvas) return false;
        if (!document.querySelector('.chips')?.textContent.includes(name.match(/(\w+)\.png/)[1])) return false;
        return canvas.getContext('2d').getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data[3] > 0;
      };
      while (!isDrawn()) await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return performance.now() - began;
    }, name));
  }
  const { queries: [{ milliseconds }] } = await numbers(page, view);
  const capture = milliseconds.capture;
  t.diagnostic(`a further concept: median ${median(times).toFixed(0)} ms (${times.map((time) => time.toFixed(0)).join(', ')}), `
    + `bare capture ${capture.toFixed(0)} ms, ratio ${(median(times) / capture).toFixed(1)}`);
});
