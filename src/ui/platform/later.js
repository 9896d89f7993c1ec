// The part of the program that a first visit does not run (see xtask/split.mjs). It is fetched as soon as the browser
// has nothing better to do. A call that needs it earlier cannot be put off: then it is fetched and compiled on the spot.

let first;
let whole;

/** What waits for the whole program waits for this. */
globalThis.podyardWhole = new Promise((resolve) => { whole = resolve; });

/** Notes the part that is here; its exports are what the other part imports. */
export function begin(exports) {
  first = exports;
  if (!address()) return arrived(); // a build in one piece
  const idle = window.requestIdleCallback ?? ((call) => setTimeout(call, 200));
  idle(() => void fetchIt(), { timeout: 1000 });
}

/** Brings it at once. */
export function bring_later() {
  const request = new XMLHttpRequest();
  request.open('GET', address(), false);
  request.overrideMimeType('text/plain; charset=x-user-defined'); // bytes as letters
  request.send();
  if (request.status !== 200) throw new Error(`${address()}: ${request.status}`);
  const bytes = Uint8Array.from(request.responseText, (letter) => letter.charCodeAt(0) & 255);
  if (!first.later_is_here.value) arrived(new WebAssembly.Instance(new WebAssembly.Module(bytes), { later: first }));
}

async function fetchIt(attempt = 0) {
  try {
    const module = await WebAssembly.compileStreaming(fetch(address()));
    if (first.later_is_here.value) return;
    const instance = await WebAssembly.instantiate(module, { later: first });
    arrived(instance);
  } catch (error) {
    // Without a network it may come back.
    if (attempt < 5) setTimeout(() => void fetchIt(attempt + 1), 2 ** attempt * 1000);
    else console.error(error);
  }
}

function address() {
  return document.querySelector('meta[name="podyard-later"]')?.content;
}

/** Instantiating has filled the table's slots: from now on calls go straight there. */
function arrived(instance) {
  if (instance) first.later_is_here.value = 1;
  document.documentElement.dataset.whole = '';
  whole();
}
