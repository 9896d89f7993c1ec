// The eyes and hands of the unit tests; no part of the page.

let root;
let sheet;

/** The page is at an address, has a style, and its browser has kept nothing. */
export function arrive(search, css) {
  sheet ??= document.head.appendChild(document.createElement('style'));
  sheet.textContent = css;
  localStorage.clear();
  sessionStorage.clear();
  history.replaceState(null, '', `${location.pathname}${search}`);
  wantLittleMotion(false);
  delete window.podyardStage;
}
/** An element to render into; what stood before goes. */
export function stand() {
  root?.remove();
  root = document.createElement('div');
  root.className = 'page pane--yard';
  document.body.append(root);
  return root;
}

const all = (selector) => [...root.querySelectorAll(selector)];
const one = (selector) => {
  const found = all(selector);
  if (found.length !== 1) throw new Error(`${found.length} elements are ${selector} in ${root.innerHTML}`);
  return found[0];
};
const plain = (text) => text.replace(/\s+/g, ' ').trim();

/** What is to be read there. */
export function seen(selector) { return all(selector).map((element) => plain(element.innerText ?? element.textContent)); }
/** What a screen reader calls it: its label, or its text without what is hidden from readers. */
export function heard(selector) {
  return all(selector).map((element) => {
    const label = element.getAttribute('aria-label');
    if (label !== null) return label;
    const copy = element.cloneNode(true);
    for (const hidden of copy.querySelectorAll('[aria-hidden="true"]')) hidden.remove();
    return plain(copy.textContent);
  });
}
export function attributes(selector, name) { return all(selector).map((element) => element.getAttribute(name) ?? ''); }
export function pressOn(selector) { one(selector).click(); }
export function writeIn(selector, text) {
  const field = one(selector);
  field.value = text;
  field.dispatchEvent(new Event(field.tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }));
}
export function keyOn(selector, key) {
  const field = one(selector);
  field.focus();
  field.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
}

const real = window.matchMedia.bind(window);
/** Whether the person wants little motion. */
export function wantLittleMotion(little) {
  window.matchMedia = (query) => (query.includes('prefers-reduced-motion') ? { matches: little, addEventListener() {} } : real(query));
}
/** How many elements are animated by script. */
export function moving() { return document.getAnimations().filter((one) => one.constructor === Animation).length; }

/** After the next picture. */
export function drawn() { return new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve, 0)); }); }
/** Which of the colours, named as variables of the style, stand in a part of a canvas. */
export function inked(selector, names, x, y, width, height) {
  const canvas = one(selector);
  const scale = canvas.width / (canvas.clientWidth || canvas.width);
  const { data } = canvas.getContext('2d').getImageData(x * scale, y * scale, Math.max(1, width * scale), Math.max(1, height * scale));
  const there = new Set();
  for (let place = 0; place < data.length; place += 4) if (data[place + 3] > 200) there.add(`${data[place]},${data[place + 1]},${data[place + 2]}`);
  const style = getComputedStyle(document.documentElement);
  return names.filter((name) => {
    const pen = new OffscreenCanvas(1, 1).getContext('2d');
    pen.fillStyle = style.getPropertyValue(name).trim();
    pen.fillRect(0, 0, 1, 1);
    return there.has([...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).join());
  });
}
