// The browser, as far as the page asks for it.

export function kept(key) {
  try { return localStorage.getItem(key) ?? undefined; } catch { return undefined; }
}
export function keep(key, text) {
  try { localStorage.setItem(key, text); return true; } catch { return false; }
}
export function parameter(name) {
  return new URLSearchParams(location.search).get(name) ?? undefined;
}
export function browserLanguage() { return navigator.language ?? 'en'; }
export function setRoot(name, value) { document.documentElement.setAttribute(name, value); }
export function wallClock() { return Date.now(); }
export function steadyClock() { return performance.now(); }
export function nextFrame(callback) { requestAnimationFrame(() => callback()); }
export function hidden() { return document.hidden; }

// Where every pod was in the last picture.
let places;

export function flip() {
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const next = new Map();
  const tray = document.querySelector('.tray__tiles')?.getBoundingClientRect();
  for (const tile of document.querySelectorAll('[data-uid]')) {
    const uid = tile.dataset.uid;
    const box = tile.getBoundingClientRect();
    next.set(uid, { x: box.x, y: box.y, parent: tile.parentElement });
    if (still || !places) continue;
    // A pod that was never in a picture comes out of the tray: the scheduler was faster than the screen.
    const old = places.get(uid) ?? (tile.closest('.node') && tray);
    if (!old) continue;
    const [dx, dy] = [old.x - box.x, old.y - box.y];
    if (old.parent === tile.parentElement || Math.hypot(dx, dy) < 24) continue;
    tile.animate(
      [
        { transform: `translate(${dx}px, ${dy}px) scale(1.25)`, zIndex: 5, offset: 0 },
        { transform: `translate(${dx * 0.4}px, ${dy * 0.4 - 24}px) scale(1.35)`, zIndex: 5, offset: 0.5 },
        { transform: 'none', zIndex: 5, offset: 1 },
      ],
      { duration: 620, easing: 'cubic-bezier(.3,.7,.2,1)' },
    );
  }
  places = next;
}

// The address of a file that is loaded when it is first asked for; xtask/page.mjs names them in the page's head.
function later(name) {
  return new URL(document.querySelector(`meta[name="podyard-${name}"]`).content, document.baseURI).href;
}

let editor;
let waiting = {};

export function loadEditor(id, text, label, change, apply) {
  const parent = document.getElementById(id);
  if (!parent || parent.dataset.loaded) return;
  parent.dataset.loaded = 'true';
  const start = () => import(later('editor')).then((module) => {
    editor = module.create(parent, waiting.text ?? text, label, (next) => change(next), () => apply());
    if (waiting.diagnostics) editor.setDiagnostics(waiting.diagnostics);
  });
  // The first picture comes before the editor.
  setTimeout(start, 0);
}
export function setEditor(text) {
  if (editor) editor.setText(text); else waiting.text = text;
}
export function setDiagnostics(json) {
  const list = JSON.parse(json);
  if (editor) editor.setDiagnostics(list); else waiting.diagnostics = list;
}
export function scrollToEnd(id) {
  const element = document.getElementById(id);
  if (element) element.scrollTop = element.scrollHeight;
}
export function onKey(callback) {
  document.addEventListener('keydown', (event) => {
    if (event.target.closest?.('input, textarea, select, button, [contenteditable], .cm-editor') && event.key !== 'Escape') return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === ' ' || event.key === '.') event.preventDefault();
    callback(event.key);
  });
}
