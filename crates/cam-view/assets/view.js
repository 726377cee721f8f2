// Makes the page live: maps on canvas, values under the cursor, answers without a reload. Without it everything works too.

const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const base = new URL('.', location.href);

document.documentElement.classList.add('live');

// What is said to whoever listens instead of looking: the last of several things in a short time.
let speaking;
function say(text) {
  clearTimeout(speaking);
  speaking = setTimeout(() => { $('#live').textContent = text; }, 250);
}

// ---- Going from one address to the next without losing the page ----

// A browser's own words for a server that is gone are of no use to anybody.
const asked = (url, options) => fetch(new URL(url, base), options).catch((error) => {
  if (error.name === 'AbortError') throw error;
  throw new Error('cam view does not answer: was it ended?');
});

let going;

// What was typed when it was sent, by field: what is typed later is not lost when the answer comes.
let sent = new Map();
// What is shown, without the place in it to which a link of the page may jump.
const shownAt = () => location.pathname + location.search;
let here = shownAt();

async function go(url, { push = true, post = null, typed = false } = {}) {
  going?.abort();
  const own = going = new AbortController();
  sent = new Map(all('#ask input').map((input) => [input.id, input.value]));
  $('main').setAttribute('aria-busy', 'true');
  const waiting = setInterval(() => tellWaiting(own), 1000);
  try {
    const answer = await asked(url, { method: post ? 'POST' : 'GET', body: post, signal: own.signal });
    const kind = answer.headers.get('content-type') ?? '';
    const text = await answer.text();
    if (!kind.startsWith('text/html')) throw new Error(text);
    const page = new DOMParser().parseFromString(text, 'text/html');
    // What was mistyped is mended where it stands, and what is shown stays.
    if (typed && !answer.ok) throw new Error($('main .error', page)?.textContent ?? answer.statusText);
    if (push && answer.url !== location.href) history.pushState(null, '', answer.url);
    here = shownAt();
    show(page);
  } catch (error) {
    if (error.name === 'AbortError') return;
    fail(error.message);
  } finally {
    clearInterval(waiting);
    if (going === own) {
      $('main').removeAttribute('aria-busy');
      delete $('main').dataset.waiting;
    }
  }
}

async function tellWaiting(own) {
  if (own.signal.aborted) return;
  const { waiting } = await status() ?? {};
  if (own.signal.aborted || going !== own || !waiting) return;
  const before = waiting - 1;
  const text = before ? `${before} ${before > 1 ? 'questions' : 'question'} before this one` : 'Working';
  if ($('main').dataset.waiting !== text) say(text);
  $('main').dataset.waiting = text;
}

const status = () => asked('status').then((answer) => answer.json()).catch(() => null);

function fail(sentence) {
  const told = document.createElement('p');
  told.className = 'error';
  told.setAttribute('role', 'alert');
  told.textContent = sentence;
  all('main > .error').forEach((old) => old.remove());
  $('main').prepend(told);
}

// A field that goes while somebody types in it says that it was changed.
let isExchanging = false;

// Puts another page in this one's place; whoever types or listens stays where they are.
function show(page) {
  const found = again(document.activeElement);
  const details = $('#ask details')?.open;
  document.title = page.title;
  isExchanging = true;
  // Numbers are asked for before pictures are, and pictures that are there already are not asked for again.
  for (const group of all('[data-maps], [data-pair]', page)) ahead.set(numbersOf(group), asked(numbersOf(group)));
  keepPictures(page);
  // Read without scripting, what is for browsers without scripts would be shown, and asked for.
  for (const other of all('noscript', page)) other.remove();
  for (const part of ['header', '.ask', '.shelf', 'main']) $(part).replaceWith($(part, page));
  isExchanging = false;
  if (details && $('#ask details')) $('#ask details').open = true;
  found?.();
  const { top } = $('main').getBoundingClientRect();
  // What was asked for is in sight.
  if (top < 0 || top > innerHeight) $('main').scrollIntoView();
  begin();
  say(`${$('main h2')?.textContent ?? ''}. ${all('main .number').map((number) => number.textContent).slice(0, 4).join(', ')}`);
}

function keepPictures(page) {
  const there = new Map();
  for (const image of all('img')) if (image.complete && image.naturalWidth) there.set(image.getAttribute('src'), image);
  for (const image of all('img', page)) {
    const old = there.get(image.getAttribute('src'));
    if (!old) continue;
    there.delete(image.getAttribute('src'));
    for (const { name } of [...old.attributes]) if (name !== 'src') old.removeAttribute(name);
    for (const { name, value } of image.attributes) if (name !== 'src') old.setAttribute(name, value);
    image.replaceWith(old);
  }
}

// Gives the focus to what stands in the place of an element that is about to go.
function again(at) {
  if (!at || at === document.body) return null;
  const part = ['header', '.ask', '.shelf', 'main'].find((part) => at.closest(part)) ?? 'body';
  // A map is the next image's map in the same place.
  const isMap = at.matches('.stage');
  const alike = (within) => all(isMap ? '.stage[tabindex]' : at.localName, within);
  const same = (other) => ['id', 'name', 'value', 'href'].every((name) => other.getAttribute(name) === at.getAttribute(name))
    && other.textContent === at.textContent;
  const place = alike($(part)).indexOf(at);
  const typed = at.matches('input[type=text], input:not([type])') && sent.get(at.id) !== at.value ? at.value : null;
  return () => {
    const other = at.id ? document.getElementById(at.id)
      : isMap ? alike($(part))[place]
        : alike($(part)).find(same) ?? all('a[href]').find((link) => at.localName === 'a' && same(link));
    (other ?? $('main')).focus({ preventScroll: true });
    if (other && typed !== null) other.value = typed;
  };
}

function addressOf(form, submitter) {
  const fields = new FormData(form, submitter);
  const query = new URLSearchParams();
  for (const [name, value] of fields) if (typeof value === 'string' && value.trim()) query.append(name, value.trim());
  return new URL(`.?${query}`, base);
}

// A change of how maps are shown is kept in the address, and nothing is asked for.
function look(name, value) {
  const url = new URL(location.href);
  if (value) url.searchParams.set(name, value); else url.searchParams.delete(name);
  history.replaceState(null, '', url);
  const field = $(`#ask input[type=hidden][name=${name}]`);
  if (field && value) field.value = value;
  else if (field) field.remove();
  else if (value && $('#ask')) $('#ask').append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
  const changed = (query) => {
    const fields = new URLSearchParams(query);
    if (value) fields.set(name, value); else fields.delete(name);
    return String(fields);
  };
  for (const link of all('a[href^="?"], a[href^="export"]')) {
    const [file, query] = link.getAttribute('href').split('?');
    link.setAttribute('href', `${file}?${changed(query)}`);
  }
  for (const field of all('input[type=hidden][name=address]')) field.value = changed(field.value);
  here = shownAt();
}

// A link to a place within the page leads to no other page.
addEventListener('popstate', () => { if (shownAt() !== here) go(location.href, { push: false }); });

document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href]');
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (link && isPlain && !link.download && /^(\?|\.(\?|$))/.test(link.getAttribute('href'))) {
    event.preventDefault();
    go(link.href);
  }
  const copy = event.target.closest?.('[data-copy]');
  if (copy) {
    const text = document.getElementById(copy.dataset.copy).textContent;
    navigator.clipboard.writeText(text).then(() => { copy.textContent = 'Copied'; say('copied'); }, () => {
      getSelection().selectAllChildren(document.getElementById(copy.dataset.copy));
      say('selected: copy it with the keyboard');
    });
  }
});

document.addEventListener('submit', (event) => {
  const form = event.target;
  event.preventDefault();
  // A field may be called `method` too, and would then be `form.method`.
  const its = (name) => form.getAttribute(name);
  if (its('method') !== 'post') return go(addressOf(form, event.submitter), { typed: form.id === 'ask' });
  const fields = new FormData(form, event.submitter);
  const isUpload = its('enctype') === 'multipart/form-data';
  go(new URL(its('action'), base), { post: isUpload ? fields : new URLSearchParams(fields) });
});

document.addEventListener('change', (event) => {
  const form = event.target.closest?.('#ask');
  if (form && !isExchanging) go(addressOf(form), { typed: true });
});

// ---- Images that are dropped or pasted ----

function take(file, where) {
  if (!file?.type.startsWith('image/') && !/\.(tiff?|png|jpe?g|webp|gif|bmp)$/i.test(file?.name ?? '')) {
    return fail(`${file?.name ?? 'what was dropped'} is no image: PNG, JPEG, WebP, GIF, BMP and TIFF can be read`);
  }
  const fields = new FormData();
  fields.set('address', location.search.slice(1));
  fields.set('as', where);
  fields.set('file', file, file.name || 'pasted.png');
  go(new URL('drop', base), { post: fields });
}

// Beside an image that is there, what is dropped on the form is a concept; elsewhere it is looked at.
function meant(target) {
  if (target.closest?.('#ask') && new URLSearchParams(location.search).has('image')) {
    return $('#other') ? 'other' : 'concept';
  }
  return 'image';
}

const bringsFiles = (event) => event.dataTransfer.types.includes('Files');
addEventListener('dragover', (event) => {
  // Text may be dropped into a field.
  if (!bringsFiles(event)) return;
  event.preventDefault();
  document.body.classList.add('dropping');
});
addEventListener('dragleave', (event) => { if (!event.relatedTarget) document.body.classList.remove('dropping'); });
addEventListener('drop', (event) => {
  if (!bringsFiles(event)) return;
  event.preventDefault();
  document.body.classList.remove('dropping');
  const file = event.dataTransfer.files[0];
  if (file) take(file, meant(event.target));
});
addEventListener('paste', (event) => {
  const file = [...event.clipboardData.files].find((file) => file.type.startsWith('image/'));
  if (file) { event.preventDefault(); take(file, meant(event.target)); }
});

// ---- Numbers from the server ----

const numbersOf = (group) => group.dataset.maps ?? group.dataset.pair;

// What was asked for before its page was shown, by its address.
const ahead = new Map();

async function packed(url) {
  const asking = ahead.get(url) ?? asked(url);
  ahead.delete(url);
  const answer = await asking;
  if (!answer.ok) throw new Error(await answer.text());
  const buffer = await answer.arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const document = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return { document, buffer, start: 4 + length };
}

let tables;
const colours = () => tables ??= asked('colours').then((answer) => answer.json());

const f16 = (bits) => {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
};

// ---- A grid over a picture ----

// Where a grid lies on its picture, and which of its cells is meant.
class Grid {
  constructor(stage, window, [rows, columns], label) {
    Object.assign(this, { stage, window, rows, columns, label, cell: null, box: null });
    this.mark = stage.appendChild(Object.assign(document.createElement('div'), { className: 'cell' }));
    this.frame = stage.appendChild(Object.assign(document.createElement('div'), { className: 'box' }));
    this.mark.hidden = this.frame.hidden = true;
  }

  // A canvas that covers the grid.
  canvas(rows, columns) {
    const canvas = Object.assign(document.createElement('canvas'), { width: columns, height: rows });
    canvas.setAttribute('aria-hidden', 'true');
    this.place(canvas, this.window);
    this.stage.insertBefore(canvas, this.mark);
    return canvas;
  }

  place(element, [left, top, right, bottom]) {
    Object.assign(element.style, {
      left: `${left * 100}%`, top: `${top * 100}%`, width: `${(right - left) * 100}%`, height: `${(bottom - top) * 100}%`,
    });
  }

  // In shares of the picture's sides.
  rectangle([row, column], [lastRow, lastColumn] = [row, column]) {
    const [left, top, right, bottom] = this.window;
    const x = (column) => left + (right - left) * column / this.columns;
    const y = (row) => top + (bottom - top) * row / this.rows;
    return [x(column), y(row), x(lastColumn + 1), y(lastRow + 1)];
  }

  // The cell under a place in shares of the picture's sides; none outside of the grid.
  at(x, y) {
    const [left, top, right, bottom] = this.window;
    const row = Math.floor((y - top) / (bottom - top) * this.rows);
    const column = Math.floor((x - left) / (right - left) * this.columns);
    return row >= 0 && row < this.rows && column >= 0 && column < this.columns ? [row, column] : null;
  }

  point(cell) {
    this.cell = cell;
    this.mark.hidden = !cell;
    if (cell) this.place(this.mark, this.rectangle(cell));
  }

  select(box) {
    this.box = box;
    this.frame.hidden = !box;
    if (box) this.place(this.frame, box);
  }
}

// Pointer and keyboard on a stage: `moved(cell)` and `boxed(rectangle)`, in shares of the picture's sides.
function listen(grid, { moved, boxed }) {
  const { stage } = grid;
  const share = (event) => {
    const box = stage.getBoundingClientRect();
    return [clamp((event.clientX - box.left) / box.width, 0, 1), clamp((event.clientY - box.top) / box.height, 0, 1)];
  };
  let from = null;
  stage.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    from = share(event);
    stage.setPointerCapture(event.pointerId);
    grid.select(null);
  });
  stage.addEventListener('pointermove', (event) => {
    const [x, y] = share(event);
    moved(grid.at(x, y), false);
    if (from && Math.hypot(x - from[0], y - from[1]) > 0.02) {
      grid.select([Math.min(x, from[0]), Math.min(y, from[1]), Math.max(x, from[0]), Math.max(y, from[1])]);
    }
  });
  stage.addEventListener('pointerup', () => { from = null; boxed(grid.box); });
  stage.addEventListener('pointercancel', () => { from = null; });
  stage.addEventListener('pointerleave', () => { if (!stage.matches(':focus')) moved(null, false); });
  stage.addEventListener('dragstart', (event) => event.preventDefault());
  let anchor = null;
  stage.addEventListener('keydown', (event) => {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key];
    if (event.key === 'Escape') { anchor = null; grid.select(null); boxed(null); moved(null, true); return; }
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const [row, column] = grid.cell ?? [Math.floor(grid.rows / 2), Math.floor(grid.columns / 2)];
    if (event.shiftKey) anchor ??= [row, column]; else anchor = null;
    const cell = grid.cell ? [clamp(row + step[0], 0, grid.rows - 1), clamp(column + step[1], 0, grid.columns - 1)] : [row, column];
    moved(cell, true);
    if (anchor) {
      const [low, high] = [0, 1].map((i) => [Math.min(anchor[i], cell[i]), Math.max(anchor[i], cell[i])]);
      grid.select(grid.rectangle([low[0], high[0]], [low[1], high[1]]).map((side) => clamp(side, 0, 1)));
      boxed(grid.box);
    }
  });
  stage.addEventListener('blur', () => { anchor = null; });
}

const placed = ([row, column]) => `row ${row + 1}, column ${column + 1}`;
const number = (value) => (value < 0 ? '−' : '+') + Math.abs(value).toPrecision(3);

// ---- Maps over an image ----

let shown = [];

async function beginMaps() {
  shown = [];
  const groups = all('[data-maps]');
  await Promise.all(groups.map(async (group) => {
    const got = await packed(group.dataset.maps).catch((error) => {
      // One of many small maps that cannot be made says so in its place.
      if (!group.matches('figure')) throw error;
      $('.readout', group).textContent = error.message;
    });
    if (!got || !group.isConnected) return;
    const { document, buffer, start } = got;
    const values = new Float32Array(buffer, start);
    let at = 0;
    const next = ([rows, columns]) => values.subarray(at, at += rows * columns);
    const maps = document.answers.map((answer) => ({ ...answer, values: next(answer.map), raws: answer.raw.map(next) }));
    const figures = group.matches('figure') ? [group] : all('figure.map', group);
    for (const figure of figures) {
      const map = maps[Number(figure.dataset.rank)];
      if (map) shown.push(overlay(figure, map, document.picture));
    }
    const plain = $('figure.plain', group);
    if (plain && maps.length) shown.push(pointer(plain, maps[0], document.picture));
    draw();
  }));
}

function overlay(figure, map, picture) {
  const stage = $('.stage', figure);
  for (const [element, name] of [[stage, 'aria-label'], [$('.photo', stage), 'alt']]) {
    const words = element.getAttribute(name);
    // A small map's words are known once it is there.
    if (!words.includes(map.words)) element.setAttribute(name, words.replace(/(\. Arrow|$)/, `: ${map.words}$1`));
  }
  const grid = new Grid(stage, map.window, map.raw[0], map.name);
  const canvas = grid.canvas(...map.map);
  const piece = { figure, grid, canvas, map, picture, raw: map.raws[0], fine: null };
  piece.positive = piece.raw.reduce((sum, value) => sum + Math.max(value, 0), 0);
  listenAll(piece);
  return piece;
}

// What is pointed at in one picture is told in all of them.
function listenAll(piece) {
  const { grid } = piece;
  listen(grid, {
    moved: (cell, aloud) => {
      const middle = cell && grid.rectangle(cell);
      const heard = [];
      for (const other of shown) {
        const place = middle && other.grid.at((middle[0] + middle[2]) / 2, (middle[1] + middle[3]) / 2);
        other.grid.point(place);
        if (!other.canvas) continue;
        const text = place ? told(other, place) : '';
        $('.readout', other.figure).textContent = text;
        if (text && (other === piece || !piece.canvas)) heard.push(piece.canvas ? text : `${other.map.name}: ${text}`);
      }
      if (aloud && heard.length) say(heard.join('; '));
    },
    boxed: (box) => offer(piece, box),
  });
}

// The image without a map: what is pointed at there is read off the maps, and parts of it can be chosen.
function pointer(figure, map, picture) {
  const grid = new Grid($('.stage', figure), map.window, map.raw[0], 'the image');
  const piece = { figure, grid, canvas: null, map, picture, raw: map.raws[0] };
  listenAll(piece);
  return piece;
}

function told({ raw, grid, positive, map }, cell) {
  const value = raw[cell[0] * grid.columns + cell[1]];
  const share = value > 0 && positive > 0 ? `, ${(100 * value / positive).toFixed(1)} % of all positive values` : '';
  const isFine = grid.rows * grid.columns > 4096;
  return `${placed(cell)}: ${number(value)}${isFine ? '' : share}${map.raws.length > 1 ? ' at the first layer' : ''}`;
}

// What can be done with a part of the image.
function offer(piece, box) {
  let links = $('.part', piece.figure);
  links?.remove();
  const image = new URLSearchParams(location.search).get('image');
  if (!box || !image || image.includes('#xywh=')) return;
  const [width, height] = piece.picture;
  const [x, y] = [Math.floor(box[0] * width), Math.floor(box[1] * height)];
  const [w, h] = [Math.max(1, Math.min(width, Math.round(box[2] * width)) - x), Math.max(1, Math.min(height, Math.round(box[3] * height)) - y)];
  const part = `${image}#xywh=${x},${y},${w},${h}`;
  links = Object.assign(document.createElement('p'), { className: 'part links', textContent: `${w}×${h} pixels: ` });
  const add = (text, change) => {
    const query = new URLSearchParams(location.search);
    for (const name of ['rank', 'why']) query.delete(name);
    change(query);
    if (links.childNodes.length > 1) links.append(' · ');
    links.append(Object.assign(document.createElement('a'), { href: `?${query}`, textContent: text }));
  };
  add('Use this part as a concept', (query) => query.append('concept', part));
  add('Explain only this part', (query) => query.set('image', part));
  add('Search for this part', (query) => { query.set('image', part); query.set('view', 'search'); });
  $('figcaption', piece.figure).append(links);
  say(`a part of ${w} by ${h} pixels: use it as a concept, explain it alone, or search for it, with the links below`);
}

// As the network's positions are spread over pixels: linearly between their middles.
function spread(raw, [rows, columns], [height, width]) {
  const fine = new Float32Array(height * width);
  const places = (count, size) => Array.from({ length: size }, (_, i) => {
    const at = clamp((i + 0.5) * count / size - 0.5, 0, count - 1);
    const first = Math.floor(at);
    return [first, Math.min(first + 1, count - 1), at - first];
  });
  const [down, across] = [places(rows, height), places(columns, width)];
  for (let y = 0; y < height; y++) {
    const [top, bottom, v] = down[y];
    for (let x = 0; x < width; x++) {
      const [left, right, u] = across[x];
      const upper = raw[top * columns + left] * (1 - u) + raw[top * columns + right] * u;
      const lower = raw[bottom * columns + left] * (1 - u) + raw[bottom * columns + right] * u;
      fine[y * width + x] = upper * (1 - v) + lower * v;
    }
  }
  return fine;
}

let drawing;
function draw() {
  cancelAnimationFrame(drawing);
  drawing = requestAnimationFrame(() => paint().catch((error) => fail(error.message)));
}

// What the colours mean.
function legend(table, isSigned, most) {
  const bar = $('#bar');
  if (!bar) return;
  const context = bar.getContext('2d');
  const pixels = context.createImageData(bar.width, 1);
  table.forEach((colour, i) => pixels.data.set([...colour, 255], 4 * i));
  context.putImageData(pixels, 0, 0);
  const end = most === null ? 'most of each map' : number(most);
  $('#low').textContent = isSigned ? `against${most === null ? '' : ` ${number(-most)}`}` : most === null ? 'none' : '0';
  $('#high').textContent = isSigned ? `for${most === null ? '' : ` ${end}`}` : end;
}

async function paint() {
  const tables = await colours();
  const opacity = Number($('#opacity')?.value ?? 60) / 100;
  const isHidden = $('#blink')?.getAttribute('aria-pressed') === 'true';
  const isSigned = $('#signed')?.checked, isCommon = $('#common')?.checked;
  const table = tables[$('#colormap')?.value || new URLSearchParams(location.search).get('colormap') || 'turbo'];
  const diverging = tables.diverging;
  const most = (piece) => piece.raw.reduce((most, value) => Math.max(most, isSigned ? Math.abs(value) : value), 0);
  const maps = shown.filter((piece) => piece.canvas);
  const common = Math.max(...maps.map(most));
  legend(isSigned ? diverging : table, isSigned, isCommon ? common : null);
  for (const piece of maps) {
    const { canvas, map, raw } = piece;
    canvas.hidden = isHidden;
    const context = canvas.getContext('2d');
    const pixels = context.createImageData(canvas.width, canvas.height);
    const usesRaw = isSigned || isCommon;
    if (usesRaw) piece.fine ??= spread(raw, map.raw[0], map.map);
    const scale = usesRaw ? (isCommon ? common : most(piece)) || 1 : 1;
    const values = usesRaw ? piece.fine : map.values;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] / scale;
      const colour = isSigned ? diverging[Math.round(clamp(value, -1, 1) * 127.5 + 127.5)] : table[Math.round(clamp(value, 0, 1) * 255)];
      // What is small is seen too, and nothing is not.
      const alpha = isSigned ? Math.min(1, 1.5 * opacity) * Math.sqrt(Math.min(1, Math.abs(value))) : opacity;
      pixels.data.set(colour, 4 * i);
      pixels.data[4 * i + 3] = 255 * alpha;
    }
    context.putImageData(pixels, 0, 0);
  }
}

document.addEventListener('input', ({ target }) => {
  if (!['opacity', 'common', 'signed', 'threads'].includes(target.id)) return;
  draw();
  redrawPair?.();
});

// Browsers refuse an address that changes with every step of a slider.
document.addEventListener('change', ({ target }) => {
  if (target.id === 'opacity') look('opacity', target.value);
  else if (target.id === 'common') look('scale', target.checked ? 'common' : '');
  else if (target.id === 'signed') {
    // It is in what can be downloaded, too, and in the command.
    const url = new URL(location.href);
    if (target.checked) url.searchParams.set('colormap', 'diverging'); else url.searchParams.delete('colormap');
    go(url);
  }
});

function blink() {
  const button = $('#blink');
  if (!button) return;
  const isHidden = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', String(isHidden));
  say(isHidden ? 'maps hidden' : 'maps shown');
  draw();
  redrawPair?.();
}
document.addEventListener('click', ({ target }) => { if (target.closest?.('#blink')) blink(); });
document.addEventListener('keydown', (event) => {
  const isFree = !event.target.closest?.('input, select, button, a, summary, textarea');
  if (event.key === ' ' && isFree && $('#blink')) { event.preventDefault(); blink(); }
  const side = { ArrowLeft: 'prev', ArrowRight: 'next' }[event.key];
  if (side && event.ctrlKey && isFree) {
    const link = $(`.turn a[rel=${side}]`);
    if (link) { event.preventDefault(); go(link.href); }
  }
});

// ---- Two images, place by place ----

let redrawPair = null;

async function beginPair() {
  redrawPair = null;
  const pair = $('[data-pair]');
  if (!pair) return;
  const { document: places, buffer, start } = await packed(pair.dataset.pair);
  if (!pair.isConnected) return;
  const tables = await colours();
  const whole = places.numbers === 'f32';
  const stored = whole ? new Float32Array(buffer, start) : new Uint16Array(buffer, start);
  const part = whole ? (i) => stored[i] : (i) => f16(stored[i]);
  const counts = places.sizes.map(([rows, columns]) => rows * columns);
  const add = (a, b) => part(a * counts[1] + b);
  const sums = counts.map((count) => new Float32Array(count));
  for (let a = 0; a < counts[0]; a++) {
    for (let b = 0; b < counts[1]; b++) {
      const value = add(a, b);
      sums[0][a] += value;
      sums[1][b] += value;
    }
  }
  const figures = all('figure[data-side]', pair);
  const grids = figures.map((figure, side) => new Grid($('.stage', figure), places.windows[side], places.sizes[side], places.names[side]));
  const canvases = grids.map((grid) => grid.canvas(grid.rows, grid.columns));
  const index = (side, [row, column]) => row * grids[side].columns + column;
  const readout = (side, text) => { $('.readout', figures[side]).textContent = text; };
  const cosine = places.cosine.toFixed(3);

  const heat = (side, values) => {
    const canvas = canvases[side], context = canvas.getContext('2d');
    const pixels = context.createImageData(canvas.width, canvas.height);
    const most = values.reduce((most, value) => Math.max(most, value), 0) || 1;
    const opacity = Number($('#opacity')?.value ?? 60) / 100;
    values.forEach((value, i) => {
      pixels.data.set(tables.turbo[Math.round(clamp(value / most, 0, 1) * 255)], 4 * i);
      pixels.data[4 * i + 3] = 255 * opacity;
    });
    context.putImageData(pixels, 0, 0);
  };
  const partners = (side, cells) => {
    const other = 1 - side, values = new Float32Array(counts[other]);
    for (const cell of cells) for (let i = 0; i < counts[other]; i++) values[i] += side ? add(i, cell) : add(cell, i);
    return values;
  };
  let last = null;
  const rest = () => {
    last = null;
    lines();
    [0, 1].forEach((side) => { heat(side, sums[side]); grids[side].point(null); readout(side, ''); });
  };
  const light = (side, cells, words, aloud) => {
    last = [side, cells, words];
    const other = 1 - side, values = partners(side, cells);
    const sum = values.reduce((sum, value) => sum + value, 0);
    const best = values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
    const place = [Math.floor(best / grids[other].columns), best % grids[other].columns];
    heat(other, values);
    heat(side, sums[side]);
    threads.replaceChildren();
    grids[other].point(place);
    const share = `adds ${number(sum)} of the cosine ${cosine} (${(100 * sum / places.cosine).toFixed(1)} %)`;
    readout(side, `${words}: ${share}`);
    readout(other, `most at ${placed(place)}: ${number(values[best])}`);
    if (aloud) say(`${words}: ${share}; most of it at ${placed(place)} of ${places.names[other]}`);
  };
  grids.forEach((grid, side) => listen(grid, {
    moved: (cell, aloud) => {
      if (grids.some((grid) => grid.box)) { if (cell) grid.point(cell); return; }
      if (!cell) return rest();
      grid.point(cell);
      light(side, [index(side, cell)], placed(cell), aloud);
    },
    boxed: (box) => {
      grids[1 - side].select(null);
      // A click selects nothing: what is under it stays lit.
      if (!box) return grid.cell ? light(side, [index(side, grid.cell)], placed(grid.cell), false) : rest();
      const cells = [];
      for (let row = 0; row < grid.rows; row++) {
        for (let column = 0; column < grid.columns; column++) {
          const [left, top, right, bottom] = grid.rectangle([row, column]);
          const x = (left + right) / 2, y = (top + bottom) / 2;
          if (x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3]) cells.push(index(side, [row, column]));
        }
      }
      if (cells.length) light(side, cells, `rectangle of ${cells.length} places`, true);
    },
  }));

  const threads = $('.threads', pair);
  const lines = () => {
    threads.replaceChildren();
    // Below a place that is lit they would hide what lights up.
    if (!$('#threads')?.checked || last) return;
    const outer = pair.getBoundingClientRect();
    const middle = (side, position) => {
      const grid = grids[side], box = grid.stage.getBoundingClientRect();
      const [left, top, right, bottom] = grid.rectangle([Math.floor(position / grid.columns), position % grid.columns]);
      return [box.left - outer.left + box.width * (left + right) / 2, box.top - outer.top + box.height * (top + bottom) / 2];
    };
    for (const [a, b] of places.strongest) {
      const [[x1, y1], [x2, y2]] = [middle(0, a), middle(1, b)];
      for (let pass = 0; pass < 2; pass++) {
        const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
        Object.entries({ x1, y1, x2, y2 }).forEach(([name, value]) => line.setAttribute(name, value));
        threads.append(line);
      }
    }
  };
  redrawPair = () => {
    const isHidden = $('#blink')?.getAttribute('aria-pressed') === 'true';
    canvases.forEach((canvas) => { canvas.hidden = isHidden; });
    if (last) light(...last, false); else rest();
    lines();
  };
  new ResizeObserver(lines).observe(pair);
  redrawPair();
}

// ---- The index, while it is built ----

let watching;
function watch() {
  clearTimeout(watching);
  if (!$('[data-building]')) return;
  watching = setTimeout(async () => {
    const { index } = await status() ?? {};
    if (index?.state !== 'building') return go(location.href, { push: false });
    const bar = $('[data-building] progress');
    if (bar) {
      bar.max = Math.max(1, index.total);
      bar.value = index.done;
      $('[data-building] .count').textContent = `${index.done} of ${index.total} images`;
    }
    watch();
  }, 1000);
}

// ---- Whatever page it is ----

let classes;
document.addEventListener('focusin', async ({ target }) => {
  if (target.id !== 'class') return;
  classes ??= await asked('classes.json').then((answer) => answer.json()).catch(() => null);
  if (!classes) return;
  const list = $('#classes');
  if (list && !list.children.length) list.append(...classes.map((value) => Object.assign(document.createElement('option'), { value })));
});

function begin() {
  beginMaps().catch((error) => fail(error.message));
  beginPair().catch((error) => fail(error.message));
  watch();
}
begin();
