// Files, pictures and codes that leave the page; what a presenter needs.

function later(name) {
  return new URL(document.querySelector(`meta[name="podyard-${name}"]`).content, document.baseURI).href;
}
const leave = () => import(later('leave'));

function save(name, blob) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The address of this page without what is asked of it; ends with a slash. */
export function home() { return new URL('.', location.href.replace(/[?#].*$/, '')).href; }

/** Files in one archive: names and texts. */
export async function saveZip(name, names, texts) {
  const { zip } = await leave();
  const files = Object.fromEntries(names.map((file, place) => [file, texts[place]]));
  save(name, new Blob([zip(files)], { type: 'application/zip' }));
}

/** A picture of an element. */
export async function savePicture(selector, name, asPng) {
  const { picture, png } = await leave();
  const svg = picture(document.querySelector(selector));
  save(name, asPng ? await png(svg) : new Blob([svg], { type: 'image/svg+xml' }));
}

/** Draws a QR code into an element; says whether the text was short enough for one. */
export async function drawQr(selector, text) {
  const { qr } = await leave();
  const target = document.querySelector(selector);
  const code = qr(text);
  if (!target || !code) return false;
  const draw = (name, attributes) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const svg = draw('svg', { viewBox: `0 0 ${code.size} ${code.size}`, 'shape-rendering': 'crispEdges', 'aria-hidden': 'true' });
  svg.append(draw('rect', { width: code.size, height: code.size, fill: '#fff' }), draw('path', { d: code.path, fill: '#000' }));
  target.replaceChildren(svg);
  return true;
}

/** Opens a dialog: it holds the focus while it is open, and Escape closes it. */
export function showDialog(selector) {
  const dialog = document.querySelector(selector);
  if (dialog && !dialog.open) dialog.showModal();
}

/** Closes it: the focus goes back to where it was. */
export function closeDialog(selector) { document.querySelector(selector)?.close(); }

// ---- a light that follows what is pointed at ----

/** Moves a light to the pointer, and to what has the focus. */
export function followWithLight(id) {
  const light = () => document.getElementById(id);
  const move = (x, y) => {
    light()?.style.setProperty('--x', `${Math.round(x)}px`);
    light()?.style.setProperty('--y', `${Math.round(y)}px`);
  };
  if (followWithLight.begun) return;
  followWithLight.begun = true;
  window.addEventListener('pointermove', (event) => move(event.clientX, event.clientY), { passive: true });
  window.addEventListener('focusin', ({ target }) => {
    const box = target.getBoundingClientRect?.();
    if (light() && target.matches('[data-rove], .card__main, .button')) move(box.x + box.width / 2, box.y + box.height / 2);
  });
}

/** A presenter's remote types PageUp and PageDown, whatever has the focus. */
export function onClicker(callback) {
  document.addEventListener('keydown', (event) => {
    if (!document.documentElement.dataset.present || !['PageDown', 'PageUp'].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    callback(event.key);
  }, true);
}
export function dropRoot(name) { document.documentElement.removeAttribute(name); }
