// What a page has drawn.

/** Waits until nothing is awaited any more, and a map is drawn over each picture that has one. */
export async function drawn(page) {
  await page.waitForFunction(() => {
    if (document.querySelector('main[aria-busy=true]')) return false;
    const stages = [...document.querySelectorAll('main figure:not(.plain) .stage')];
    return stages.every((stage) => {
      const [canvas, photo] = [stage.querySelector('canvas'), stage.querySelector('.photo')];
      if (!canvas || !photo.complete) return false;
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value) => value > 0);
    });
  });
}

/** Follows what changes the page, and waits until the new one is drawn. */
export async function exchanged(page, change) {
  await page.evaluate(() => { document.querySelector('main').dataset.old = ''; });
  await change();
  await page.waitForFunction(() => !document.querySelector('main[data-old]'));
  await drawn(page);
}

/** Rows, columns and the pixels, four bytes each, of the page's canvases. */
export async function canvases(page) {
  const all = await page.evaluate(() => [...document.querySelectorAll('main .stage canvas')].map((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let text = '';
    for (let i = 0; i < data.length; i += 4096) text += String.fromCharCode(...data.subarray(i, i + 4096));
    return { rows: canvas.height, columns: canvas.width, pixels: btoa(text) };
  }));
  return all.map((canvas) => ({ ...canvas, pixels: Buffer.from(canvas.pixels, 'base64') }));
}

/** The colours of a colormap, three bytes each, from the lowest value to the highest. */
export const colours = (page, name) => page.evaluate(async (name) => (await (await fetch('colours')).json())[name], name);

/** Where in a table of colours each pixel is, from 0 to 1; NaN where its colour is not there. */
export function levels({ pixels }, table) {
  const packed = ([red, green, blue]) => (red << 16) | (green << 8) | blue;
  const places = new Map(table.map((colour, i) => [packed(colour), i / (table.length - 1)]));
  return Array.from({ length: pixels.length / 4 }, (_, i) => (
    places.get((pixels[4 * i] << 16) | (pixels[4 * i + 1] << 8) | pixels[4 * i + 2]) ?? NaN));
}

/** Waits for pictures to change, once something was done. */
export async function repainted(page, change) {
  const before = await page.evaluate(print);
  await change();
  await page.waitForFunction(([print, before]) => Function(`return (${print})()`)() !== before, [print.toString(), before]);
}

function print() {
  return [...document.querySelectorAll('main .stage canvas')].map((canvas) => canvas.toDataURL()).join();
}
