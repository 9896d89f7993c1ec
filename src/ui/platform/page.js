// The browser, as far as the page asks for it.

// ---- what is kept ----

export function kept(key) {
  try { return localStorage.getItem(key) ?? undefined; } catch { return undefined; }
}
export function keep(key, text) {
  try { localStorage.setItem(key, text); return true; } catch { return false; }
}
export function forget(key) {
  try { localStorage.removeItem(key); } catch { /* nothing is kept at all */ }
}
export function tabKept(key) {
  try { return sessionStorage.getItem(key) ?? undefined; } catch { return undefined; }
}
export function tabKeep(key, text) {
  try { sessionStorage.setItem(key, text); return true; } catch { return false; }
}

// ---- the browser and its window ----

export function parameter(name) {
  return new URLSearchParams(location.search).get(name) ?? undefined;
}
/** How the yard is looked at is no part of what an address asks for. */
const LOOKS = ['filter', 'group', 'zoom'];
export function search() {
  const search = new URLSearchParams(location.search);
  if (!LOOKS.some((name) => search.has(name))) return location.search;
  for (const name of LOOKS) search.delete(name);
  return search.size ? `?${search}` : '';
}
export function browserLanguage() { return navigator.language ?? 'en'; }
export function setRoot(name, value) { document.documentElement.setAttribute(name, value); }
export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}
export function isWide() { return matchMedia('(min-width: 861px) and (min-height: 860px)').matches; }
/** Whether a pane of a wide page is narrow or low when something large stands beside it. */
export function cramped() { return matchMedia('(min-width: 861px) and (max-width: 1699px), (min-width: 861px) and (max-height: 899px)').matches; }
/** Whether the page is no higher than a phone is wide, or than a screen at 200 %. */
export function isLow() { return matchMedia('(max-height: 500px)').matches; }
export function wallClock() { return Date.now(); }
export function steadyClock() { return performance.now(); }
export function nextFrame(callback) { requestAnimationFrame(() => callback()); }
export function hidden() { return document.hidden; }
export function onVisibility(callback) {
  document.addEventListener('visibilitychange', () => callback());
  window.addEventListener('pagehide', () => callback());
}
export function valueOf(event) { return event.target?.value ?? ''; }
export function dataOf(event, name) { return event.target?.dataset?.[name] ?? ''; }
/** Whether a list was scrolled from its beginning. */
export function isScrolled(event) { return event.target.scrollTop > 0; }
/** How many rows of a list half a screen shows. The screen is asked, for the list or the window would have to be laid out. */
export function rowsInSight() { return Math.ceil(screen.height / 48) + 1; }
/** The line of a text that was clicked; of a list, the row. */
export function lineUnder(event) {
  const row = event.target?.closest?.('li');
  if (row) return row.innerText.replace(/\s+/g, ' ');
  const place = document.caretPositionFromPoint?.(event.clientX, event.clientY);
  const range = place ? undefined : document.caretRangeFromPoint?.(event.clientX, event.clientY);
  const node = place?.offsetNode ?? range?.startContainer;
  const offset = place?.offset ?? range?.startOffset ?? 0;
  const text = node?.nodeType === Node.TEXT_NODE ? node.data : '';
  const from = text.lastIndexOf('\n', offset - 1) + 1;
  const to = text.indexOf('\n', offset);
  return text.slice(from, to < 0 ? undefined : to);
}
export function clearValue(event) { if (event.target) event.target.value = ''; }
export function scrollToEnd(id) {
  const element = document.getElementById(id);
  if (element) element.scrollTop = element.scrollHeight;
}
export function focus(selector) { document.querySelector(selector)?.focus(); }
/** The same, if what had the focus is gone or can be used no more. */
export function refocus(selector) {
  const at = document.activeElement;
  if (!at || at === document.body || at.disabled) focus(selector);
}
export function download(name, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
export function pickFile(callback) {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = '.json,.yaml,.yml,.txt';
  input.addEventListener('change', async () => {
    const file = input.files?.[0];
    if (file) callback(file.name, await file.text());
  });
  input.click();
}

// ---- without a network ----

/** Keeps all files for later visits, once the page has come to rest. */
const offline = document.querySelector('meta[name="podyard-offline"]')?.content;
if (offline && navigator.serviceWorker && !new URLSearchParams(location.search).has('embed')) {
  freshen().catch(() => { /* the old version works */ });
  setTimeout(() => navigator.serviceWorker.register(offline).catch(() => { /* it works with a network */ }), 2000);
}
/** A new version that waits takes over with a visit, unless another tab still shows the old one: no two are mixed. */
async function freshen() {
  const waiting = (await navigator.serviceWorker.getRegistration())?.waiting;
  // What a link brings must not be lost.
  if (!waiting || !navigator.serviceWorker.controller || location.hash) return;
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  waiting.postMessage('if alone, take over');
}

// ---- links ----

const LINK = '#s1=';
/** What a link may unfold to, so that a hostile one fills nothing. */
const MOST_BYTES = 16 << 20;

async function through(bytes, transform) {
  const reader = new Blob([bytes]).stream().pipeThrough(transform).getReader();
  const parts = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts);
    length += value.length;
    if (length > MOST_BYTES) throw new RangeError('too large');
    parts.push(value);
  }
}
/** The address of this page with a text in its fragment, which no server ever sees. */
export async function linkTo(text, query = '') {
  const bytes = await through(new TextEncoder().encode(text), new CompressionStream('deflate-raw'));
  const letters = Array.from(new Uint8Array(await bytes.arrayBuffer()), (byte) => String.fromCharCode(byte));
  const data = btoa(letters.join('')).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return `${location.origin}${location.pathname}${query}${LINK}${data}`;
}
/** Opens such an address in a tab of its own: at once, so that no browser takes it for an unasked window. */
export function openInTab(text, query) {
  const tab = window.open('about:blank', '_blank');
  if (tab) tab.opener = null;
  linkTo(text, query).then((link) => {
    if (tab) tab.location.replace(link);
    else window.open(link, '_blank', 'noopener');
  });
}
/** Whether the address carries a text. */
export function linked() { return location.hash.startsWith(LINK); }
/** The text that the address carries, or nothing if it is damaged; the address forgets it. */
export async function takeLinked() {
  const data = location.hash.slice(LINK.length).replaceAll('-', '+').replaceAll('_', '/');
  history.replaceState(null, '', location.pathname + location.search);
  try {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    return await (await through(bytes, new DecompressionStream('deflate-raw'))).text();
  } catch { return undefined; }
}
export function onLink(callback) {
  window.addEventListener('hashchange', () => { if (linked()) callback(); });
}
/** Puts a text on the clipboard; says whether the browser let us. */
export async function copy(text) {
  try { await navigator.clipboard.writeText(text); return true; } catch { return false; }
}

/** Keys outside of fields; Escape everywhere but in the editor. */
export function onKey(callback) {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const { target, key } = event;
    if (target.closest?.('.cm-editor, dialog')) return;
    if (target.closest?.('input:not([type=range]), textarea, select, [contenteditable]') && key !== 'Escape') return;
    // These scroll a text that has the focus.
    if ([' ', 'PageDown'].includes(key) && target.closest?.('.details__text, .why, .events, .terminal__screen')) return;
    // Space presses the button that has the focus.
    if (key === ' ' && target.closest?.('button, summary, [role=separator]')) return;
    if ([' ', '.', '?', 'PageDown'].includes(key)) event.preventDefault();
    callback(key);
  });
}

// ---- what moves between two pictures of the page ----

/** Writes the clock and counts the rings down, without a new picture. `now` in milliseconds. */
export function tick(day, time, next, now) {
  const [first, second] = document.getElementById('clock')?.children ?? [];
  write(first, `${day} `);
  write(second, time);
  write(document.getElementById('next'), next);
  // By their class: thousands of dots stand in the way of any other search.
  for (const ring of document.getElementsByClassName('ring')) {
    const { from, until } = ring.dataset;
    const left = Math.max(0, until - now);
    write(ring.firstElementChild, String(Math.ceil(left / 1000)));
    ring.style.setProperty('--left', Math.round((left * 100) / Math.max(1, until - from)));
    ring.hidden = left === 0;
  }
}
function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

// ---- for readers and keyboards ----

let said = 0;
let saying;
/** Says a sentence to screen readers, at most one every three seconds: the latest. */
export function announce(text) {
  clearTimeout(saying);
  saying = setTimeout(() => {
    said = performance.now();
    write(document.getElementById('live'), text);
  }, Math.max(0, said + 3000 - performance.now()));
}

/** Says at once what matters only now. */
export function announceNow(text) {
  clearTimeout(saying);
  said = performance.now();
  write(document.getElementById('live'), text);
}

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** One stop of Tab for all tiles of an element; arrow keys go to the nearest in their direction. */
export function rove(id) {
  const area = document.getElementById(id);
  if (!area || area.dataset.roves) return;
  area.dataset.roves = 'true';
  const all = () => [...area.querySelectorAll('[data-rove]')];
  const choose = (element) => {
    for (const other of area.querySelectorAll('[data-rove][tabindex="0"]')) other.tabIndex = -1;
    element.tabIndex = 0;
  };
  area.addEventListener('focusin', ({ target }) => {
    const element = target.closest('[data-rove]');
    if (element) choose(element);
  });
  area.addEventListener('keydown', (event) => {
    const from = event.target.closest?.('[data-rove]');
    const direction = DIRECTIONS[event.key];
    if (!from) return;
    const elements = all();
    let next;
    if (event.key === 'Home') [next] = elements;
    else if (event.key === 'End') next = elements.at(-1);
    else if (direction) next = nearest(from, elements, direction);
    else return;
    event.preventDefault();
    next?.focus();
  });
}

function nearest(from, elements, [x, y]) {
  const middle = (element) => {
    const box = element.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const [fromX, fromY] = middle(from);
  let best;
  let least = Infinity;
  for (const element of elements) {
    if (element === from) continue;
    const [dx, dy] = middle(element).map((value, axis) => value - [fromX, fromY][axis]);
    const along = dx * x + dy * y;
    const distance = along + 3 * Math.abs(dx * y + dy * x);
    if (along > 2 && distance < least) [best, least] = [element, distance];
  }
  return best;
}

/** Tab finds a tile even if the one it knew is gone. */
export function settleRoving(id) {
  const area = document.getElementById(id);
  if (!area || area.querySelector('[data-rove][tabindex="0"]')) return;
  const first = area.querySelector('[data-rove]');
  if (first) first.tabIndex = 0;
}

/** A border that is dragged, or moved by arrow keys: it sets a variable of the panes, in per cent. */
export function splitter(id, variable, axis) {
  const border = document.getElementById(id);
  const panes = border?.parentElement;
  if (!panes) return;
  const set = (percent, final) => {
    const part = Math.round(Math.max(15, Math.min(85, percent)));
    panes.style.setProperty(variable, `${part}%`);
    border.setAttribute('aria-valuenow', part);
    if (final) keep(`podyard${variable}`, String(part));
  };
  const old = Number(kept(`podyard${variable}`));
  if (old) set(old);
  const at = (event) => {
    const box = panes.getBoundingClientRect();
    return axis === 'x' ? ((event.clientX - box.x) * 100) / box.width : ((event.clientY - box.y) * 100) / box.height;
  };
  border.addEventListener('pointerdown', (event) => {
    border.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  border.addEventListener('pointermove', (event) => {
    if (border.hasPointerCapture(event.pointerId)) set(at(event));
  });
  border.addEventListener('lostpointercapture', (event) => set(at(event), true));
  border.addEventListener('keydown', (event) => {
    const [less, more] = axis === 'x' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    const now = Number(border.getAttribute('aria-valuenow'));
    if (event.key === less) set(now - 3, true);
    else if (event.key === more) set(now + 3, true);
    else return;
    event.preventDefault();
  });
}

// ---- what is loaded when it is first asked for; xtask/page.mjs names it in the page's head ----

function later(name) {
  const meta = document.querySelector(`meta[name="podyard-${name}"]`);
  return meta && new URL(meta.content, document.baseURI).href;
}

/** Fetches a text; nothing where it cannot be had. */
export async function fetchText(name) {
  try {
    const answer = await fetch(later(name));
    return answer.ok ? await answer.text() : undefined;
  } catch { return undefined; }
}

let editor;
let marked;
const waiting = new Map();

/** Loads the editor into an element. `hooks`: what it calls. */
export function loadEditor(id, label, change, apply, complete, hover, ready) {
  const parent = document.getElementById(id);
  if (!parent || parent.dataset.loaded) return;
  parent.dataset.loaded = 'true';
  const start = async () => {
    const module = await import(later('editor'));
    // What it asks for is in the part of the program that comes later (see later.js).
    await globalThis.podyardWhole;
    if (!parent.isConnected) return; // its pane was taken away meanwhile
    editor = module.create(parent, label, {
      change: (name, text) => change(name, text),
      apply: () => apply(),
      complete: (text, at) => JSON.parse(complete(text, at)),
      hover: (text, at) => JSON.parse(hover(text, at)),
      ...desk,
    });
    parent.dataset.ready = 'true';
    for (const [name, argument] of waiting.values()) editor[name](...argument);
    waiting.clear();
    ready();
  };
  // The first picture comes before the editor.
  setTimeout(() => start().catch((error) => console.error(error)), 0);
}
/** The pane goes: what was typed there is handed over, and what is asked for from now on waits for the next editor. */
export function leaveEditor() {
  editor?.flush();
  editor = marked = undefined;
}
function ask(name, key, ...argument) {
  if (editor) editor[name](...argument); else waiting.set(key, [name, argument]);
}
let desk = { cursor() {}, shown() {}, leaving() {} };
export function onDesk(cursor, shown, leaving) {
  desk = { cursor: (text, at) => cursor(text, at), shown: (places) => shown(new Uint32Array(places)), leaving: () => leaving() };
}
export function revealInEditor(from, to) { editor?.reveal(from, to); }
export function mendInEditor(json) { editor?.mend(JSON.parse(json)); }
export function openFile(name, text) { ask('open', 'open', name, text); }
export function dropFile(name) { editor?.drop(name); }
export function setDiagnostics(name, json) {
  if (marked === name + json) return;
  marked = name + json;
  ask('setDiagnostics', 'diagnostics', name, JSON.parse(json));
}
/** What is being typed reaches the workspace before a command reads it. */
export function flushEditor() { editor?.flush(); }
/** Puts the cursor at a line and a character, both from 1. */
export function reveal(line, column) { ask('revealLine', 'reveal', line, column); }
export function setEditorLabel(label) { ask('setLabel', 'label', label); }
