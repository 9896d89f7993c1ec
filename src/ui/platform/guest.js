// The page inside another page: what stands behind the # of its address, the talk with the host page, its height, and
// whether anybody can see it.

const parameters = new URLSearchParams(location.search);
const inside = window.parent !== window;

// ---- what it brings ----

/** The files and lines behind the #: names and texts in turn. `yaml=` is `lab.yaml`, `file.NAME=` another, `run=` lines to run. */
export function cargo() {
  const found = [];
  for (const [key, text] of new URLSearchParams(location.hash.slice(1))) {
    if (key === 'yaml') found.push('lab.yaml', text);
    else if (key === 'run') found.push('', text);
    else if (key.startsWith('file.')) found.push(key.slice(5), text);
  }
  return found;
}
/** Whether there is such a thing. */
export function hasCargo() { return /^#(.*&)?(yaml|run|file\.[^=]*)=/.test(location.hash); }
/** The address forgets it: a reload is the own session. */
export function dropCargo() { history.replaceState(null, '', location.pathname + location.search); }

// ---- the talk ----

/** The one origin that is listened to and told: the one that `host=` names, or the first that says hello. */
let host = parameters.get('host') || undefined;

/** Says something to the host: what is the reader's own only once it is known who listens, the rest to anybody. */
export function tellHost(json, anybody) {
  if (!inside) return;
  const to = host ?? (anybody ? '*' : undefined);
  if (to) window.parent.postMessage(JSON.parse(json), to);
}
/** Listens to the host: to the window this page stands in, and to one origin only. */
export function hearHost(callback) {
  if (!inside) return;
  window.addEventListener('message', ({ source, origin, data }) => {
    if (source !== window.parent || data?.podyard !== 1 || typeof data.type !== 'string') return;
    if (host === undefined && data.type === 'hello' && origin !== 'null') host = origin;
    if (origin !== host) return;
    let text;
    try { text = JSON.stringify(data); } catch { return; }
    callback(text);
  });
}
/** Whether it is known who listens. */
export function hostKnown() { return inside && host !== undefined; }

/** Tells the host how high the page would like to be, whenever that changes. */
export function reportHeight(selector) {
  const page = document.querySelector(selector);
  if (!inside || !page) return;
  let told = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(page.getBoundingClientRect().height);
    if (height === told) return;
    told = height;
    tellHost(JSON.stringify({ podyard: 1, type: 'height', height }), true);
  }).observe(page);
}

// ---- a good guest ----

let unseen = false;
/** Whether the page lies outside of what the reader sees. */
export function outOfView() { return unseen; }
/** Calls back when it comes into view or leaves it. */
export function onView(callback) {
  new IntersectionObserver(([...entries]) => {
    const now = !entries.at(-1).isIntersecting;
    if (now === unseen) return;
    unseen = now;
    callback();
  }).observe(document.documentElement);
}

/** Nothing runs until somebody asks for it: a button that fills the page. Ends with the click. */
export function untilClicked(label) {
  return new Promise((resolve) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'reveal';
    button.textContent = label;
    document.body.append(button);
    tellHost(JSON.stringify({ podyard: 1, type: 'height', height: 220 }), true);
    button.addEventListener('click', () => {
      button.remove();
      resolve();
    });
  });
}
