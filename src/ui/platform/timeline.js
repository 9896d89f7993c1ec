// The timeline on two canvases: a ruler that is the scrubber, and the chart below it. What is drawn comes as plain
// numbers (src/view/timeline/rows.rs says how); zoom and pan live here, so that they cost the engine nothing. Nothing
// is drawn while nothing changes.

const LOOKS = ['pending', 'creating', 'running', 'unready', 'completed', 'backoff', 'failed', 'terminating', 'lost'];
const [PENDING, CREATING, RUNNING, UNREADY, COMPLETED, BACKOFF, FAILED, TERMINATING, LOST] = LOOKS.keys();
/** From the bottom of a group's area to its top; what is completed takes no room. */
const STACK = [RUNNING, UNREADY, CREATING, PENDING, BACKOFF, FAILED, TERMINATING, LOST];
const [INPUT, FIRE, MISS, NEXT, DEADLINE, PROBE, RESTART, KILL] = Array(8).keys();
const YOU = 1;
/** A row: a target that a finger finds. */
const ROW = 24;
const LEAST = 2_000;
const STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800].map((seconds) => seconds * 1000);

const rows = new Map();
let order = [];
let names = [];
let open = false;
let clock = { now: 0, start: 0, horizon: 0, playing: false };
let view = { from: 0, span: 300_000, follow: true };
let hooks;
let words = { looks: [], signs: [], past: '' };
let planned = false;
let drawnAt;
/** How wide the ruler is: asked for while it is measured anyway, since the question costs a layout. */
let rulerWidth = 600;
let dragging = false;

const element = (id) => document.getElementById(id);

// ---- what the engine tells ----

/** `text`: the words for looks, signs, and for a moment in the past, as JSON. */
export function mountTimeline(seek, select, go, text) {
  hooks = { seek, select, go };
  words = JSON.parse(text);
  watch();
  plan();
}
export function timelineRow(id, data) { rows.set(id, data.slice()); } // a view into memory that moves
export function timelineForget() { rows.clear(); }
/** The rows from the top, with their names; whether the chart is open. */
export function timelineRows(ids, labels, isOpen) {
  order = [...ids];
  names = labels;
  open = isOpen;
  const known = new Set(order);
  for (const id of rows.keys()) if (id !== YOU && !known.has(id)) rows.delete(id);
  plan();
}
/** Where the clock stands; all in milliseconds of the Unix epoch. */
export function timelineClock(now, start, horizon, playing) {
  clock = { now: now - start, start, horizon: Math.max(horizon - start, now - start), playing };
  const slider = element('time-slider');
  if (!slider) return;
  const second = Math.floor(clock.now / 1000);
  const last = Math.floor(clock.horizon / 1000);
  if (slider.ariaValueNow !== String(second) || slider.ariaValueMax !== String(last)) {
    slider.ariaValueNow = second;
    slider.ariaValueMax = last;
    const past = clock.now < clock.horizon ? `, ${words.past}` : '';
    slider.ariaValueText = clockText(clock.now, true) + past;
  }
  // Less than a pixel is not seen.
  const pixel = window_().span / rulerWidth;
  if (drawnAt === undefined || Math.abs(clock.now - drawnAt) >= pixel) plan();
}

// ---- the window ----

/** What is seen: while the chart is closed, the whole session. */
function window_() {
  if (!open) return { from: 0, span: Math.max(clock.horizon, clock.now, 60_000) * 1.04 };
  return view;
}
const live = () => clock.now >= clock.horizon;
function follow() {
  if (dragging || !open) return;
  const part = (clock.now - view.from) / view.span;
  if (view.follow && live()) view.from = Math.max(0, clock.now - view.span * 0.8);
  else if (view.follow && (part < 0.05 || part > 0.95)) view.from = Math.max(0, clock.now - view.span * 0.5);
}
function zoom(factor, at) {
  const span = Math.min(Math.max(view.span * factor, LEAST), Math.max(clock.horizon * 1.3, 600_000));
  const part = (at - view.from) / view.span;
  view.from = Math.max(0, at - span * part);
  view.span = span;
  plan();
}
function pan(by) {
  view.from = Math.max(0, Math.min(view.from + by, Math.max(clock.horizon - view.span * 0.1, 0)));
  const seen = clock.now >= view.from && clock.now <= view.from + view.span;
  setFollow(seen && view.follow && !live());
  plan();
}
function setFollow(on) {
  view.follow = on;
  document.querySelector('[data-time="follow"]')?.setAttribute('aria-pressed', String(on));
}
function press(what) {
  const middle = view.follow ? clock.now : view.from + view.span / 2;
  if (what === 'in') zoom(0.5, middle);
  else if (what === 'out') zoom(2, middle);
  else if (what === 'follow') { setFollow(!view.follow); plan(); }
  else if (what === 'fit') {
    setFollow(false);
    view.from = 0;
    view.span = Math.max(clock.horizon * 1.05, 30_000);
    plan();
  }
}

// ---- drawing ----

function plan() {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    draw();
  });
}

let palette;
function colours() {
  if (palette) return palette;
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(name).trim();
  palette = { sans: value('--sans') };
  for (const name of ['ink', 'ink-soft', 'ink-faint', 'line', 'surface', 'raised', 'ground', 'accent']) palette[name] = value(`--${name}`);
  palette.looks = LOOKS.map((look) => value(`--look-${look}`));
  palette.backs = LOOKS.map((look) => value(`--look-${look}-back`));
  return palette;
}
/** The canvas's context, as large as its element, cleared. */
function surface(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const context = canvas.getContext('2d');
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

function draw() {
  const ruler = element('time-ruler');
  if (!ruler) return;
  follow();
  drawnAt = clock.now;
  drawRuler(ruler);
  const chart = element('time-chart');
  if (open && chart) drawChart(chart);
}
function clockText(at, seconds) {
  const text = new Date(clock.start + at).toISOString();
  return seconds ? text.slice(11, 19) : text.slice(11, 16);
}
function ticks({ from, span }, width) {
  const step = STEPS.find((step) => (step * width) / span >= 78) ?? STEPS.at(-1);
  const first = Math.ceil((from + clock.start) / step) * step - clock.start;
  const all = [];
  for (let at = first; at <= from + span; at += step) all.push(at);
  return { step, all };
}
function drawRuler(canvas) {
  const { context, width, height } = surface(canvas);
  const colour = colours();
  const seen = window_();
  const x = (at) => ((at - seen.from) * width) / seen.span;
  // The way that is known, and of that what lies ahead.
  const base = height - 7;
  context.fillStyle = colour.line;
  context.fillRect(Math.max(0, x(0)), base, x(clock.horizon) - Math.max(0, x(0)), 3);
  context.fillStyle = colour.accent;
  context.fillRect(Math.max(0, x(0)), base, x(clock.now) - Math.max(0, x(0)), 3);
  context.font = `11px ${colour.sans}`;
  context.textBaseline = 'top';
  const { step, all } = ticks(seen, width);
  for (const at of all) {
    const place = Math.round(x(at)) + 0.5;
    context.fillStyle = colour.line;
    context.fillRect(place, base - 4, 1, 10);
    context.fillStyle = colour['ink-faint'];
    const midnight = (at + clock.start) % 86_400_000 === 0;
    const text = midnight ? new Date(at + clock.start).toISOString().slice(5, 10) : clockText(at, step < 60_000);
    const wide = context.measureText(text).width;
    if (place - wide / 2 >= 0 && place + wide / 2 <= width) context.fillText(text, place - wide / 2, 2);
  }
  const you = rows.get(YOU);
  if (you) for (const [at] of marksOf(you)) sign(context, INPUT, x(at), base + 1, 3.2);
  // The cursor.
  const now = Math.min(Math.max(x(clock.now), 8), width - 8);
  context.fillStyle = colour.accent;
  context.strokeStyle = colour.surface;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(now, base + 1, 6.5, 0, 7);
  context.fill();
  context.stroke();
}

/** The times and signs of a row. */
function marksOf(data) {
  const found = [];
  const from = marksFrom(data);
  for (let place = 0; place < data[from]; place += 1) found.push([data[from + 1 + 2 * place], data[from + 2 + 2 * place]]);
  return found;
}
const marksFrom = (data) => (data[0] === 1 ? 3 + 10 * data[2] : 4 + 2 * data[2]);

function drawChart(canvas) {
  const { context, width, height } = surface(canvas);
  const colour = colours();
  const seen = window_();
  const x = (at) => ((at - seen.from) * width) / seen.span;
  context.fillStyle = colour.line;
  context.globalAlpha = 0.55;
  for (const at of ticks(seen, width).all) context.fillRect(Math.round(x(at)), 0, 1, height);
  context.globalAlpha = 1;
  const top = element('time-rows').scrollTop;
  const first = Math.floor(top / ROW);
  for (let index = first; index < order.length; index += 1) {
    const y = index * ROW - top;
    if (y > height) break;
    const data = rows.get(order[index]);
    if (!data) continue;
    if (data[0] === 1) drawGroup(context, data, y, x, seen, width);
    else drawTrack(context, data, y, x, seen, order[index]);
    const last = [];
    for (const [at, what] of marksOf(data)) {
      const place = x(at);
      // Of marks that would lie on each other one is enough.
      if (place - last[what] < 4) continue;
      last[what] = place;
      if (place > -8 && place < width + 8) sign(context, what, place, y + (what === DEADLINE ? 9 : 6), 4.5);
    }
  }
  // What lies ahead is paler; the cursor stands before it.
  const now = Math.round(x(clock.now));
  context.fillStyle = colour.surface;
  context.globalAlpha = 0.5;
  if (!live()) context.fillRect(now, 0, x(clock.horizon) - now, height);
  context.globalAlpha = 1;
  context.fillStyle = colour.accent;
  context.fillRect(now - 0.75, 0, 1.5, height);
}

function drawTrack(context, data, y, x, seen, id) {
  const count = data[2];
  const end = data[3 + 2 * count];
  // A node that was lost is lost until it is back; what is not known to have ended goes on to the horizon.
  const until = end >= 0 ? end : clock.horizon;
  for (let place = 0; place < count; place += 1) {
    const from = data[3 + 2 * place];
    const look = data[4 + 2 * place];
    const to = place + 1 < count ? data[5 + 2 * place] : until;
    if (look >= 0 && to >= seen.from && from <= seen.from + seen.span) bar(context, look, x(from), x(to), y, id);
  }
}

/** A span of a pod: each look has a shape of its own, so that nobody needs the colour. */
function bar(context, look, from, to, y) {
  const colour = colours();
  const [front, back] = [colour.looks[look], colour.backs[look]];
  const left = Math.max(from, -20);
  const wide = Math.max(Math.min(to, 6000) - left, 1);
  const middle = y + ROW / 2 + 2;
  context.fillStyle = front;
  context.strokeStyle = front;
  context.lineWidth = 1;
  const line = (dash, thick) => {
    context.setLineDash(dash);
    context.lineWidth = thick;
    context.beginPath();
    context.moveTo(left, middle);
    context.lineTo(left + wide, middle);
    context.stroke();
    context.setLineDash([]);
  };
  const box = (high, fill) => {
    context.fillStyle = fill;
    context.fillRect(left, middle - high / 2, wide, high);
  };
  const frame = (high) => context.strokeRect(left + 0.5, middle - high / 2 + 0.5, Math.max(wide - 1, 0.5), high - 1);
  if (look === PENDING) line([2, 3], 2.5);
  else if (look === CREATING) { box(6, back); frame(6); }
  else if (look === RUNNING) box(10, front);
  else if (look === COMPLETED) { line([], 2); context.fillRect(left, middle - 4, 2, 8); }
  else if (look === BACKOFF) {
    line([5, 4], 1.5);
    if (wide > 3) { context.fillRect(left, middle - 4, 1.5, 8); context.fillRect(left + wide - 1.5, middle - 4, 1.5, 8); }
  } else if (look === TERMINATING) {
    context.fillStyle = front;
    context.beginPath();
    context.moveTo(left, middle - 5);
    context.lineTo(left + wide, middle);
    context.lineTo(left, middle + 5);
    context.fill();
  } else {
    box(10, back);
    frame(10);
    context.save();
    context.beginPath();
    context.rect(left, middle - 5, wide, 10);
    context.clip();
    context.beginPath();
    const step = look === LOST ? 5 : 8;
    for (let at = left - (left % step) - 10; at < left + wide && at < 6000; at += step) {
      context.moveTo(at, middle + 5);
      context.lineTo(at + 10, middle - 5);
      if (look === FAILED) { context.moveTo(at, middle - 5); context.lineTo(at + 10, middle + 5); }
    }
    context.stroke();
    context.restore();
  }
}

/** A closed group: how many pods had each look, stacked. */
function drawGroup(context, data, y, x, seen, width) {
  const colour = colours();
  const count = data[2];
  if (!count) return;
  const total = (place) => STACK.reduce((sum, look) => sum + data[4 + 10 * place + look], 0);
  let most = 1;
  for (let place = 0; place < count; place += 1) most = Math.max(most, total(place));
  const high = ROW - 4;
  for (let place = 0; place < count; place += 1) {
    const from = Math.max(x(data[3 + 10 * place]), 0);
    const to = Math.min(place + 1 < count ? x(data[13 + 10 * place]) : x(clock.horizon), width);
    if (to < 0 || from > width || to <= from) continue;
    let bottom = y + ROW - 1;
    for (const look of STACK) {
      const part = (data[4 + 10 * place + look] * high) / most;
      if (!part) continue;
      context.fillStyle = colour.looks[look];
      context.globalAlpha = look === RUNNING ? 0.85 : 1;
      context.fillRect(from, bottom - part, Math.max(to - from, 0.6), part);
      bottom -= part;
    }
  }
  context.globalAlpha = 1;
}

/** A mark: each sign is a shape. */
function sign(context, what, x, y, size) {
  const colour = colours();
  const fills = { [INPUT]: colour.ink, [FIRE]: colour.accent, [MISS]: colour.looks[FAILED], [NEXT]: colour.surface, [DEADLINE]: colour.looks[FAILED], [PROBE]: colour.looks[UNREADY], [RESTART]: colour.surface, [KILL]: colour.looks[FAILED] };
  context.fillStyle = fills[what];
  context.strokeStyle = what === NEXT ? colour.accent : what === RESTART ? colour.looks[BACKOFF] : what === MISS ? colour.looks[FAILED] : colour.surface;
  context.lineWidth = 1.2;
  context.beginPath();
  const path = (...points) => points.forEach(([dx, dy], place) => context[place ? 'lineTo' : 'moveTo'](x + dx * size, y + dy * size));
  if (what === INPUT) path([-1, -0.9], [1, -0.9], [0, 0.9]);
  else if (what === FIRE || what === NEXT) path([0, -1], [1, 0.9], [-1, 0.9]);
  else if (what === PROBE) path([0, -1.1], [1.1, 0], [0, 1.1], [-1.1, 0]);
  else if (what === KILL) path([-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]);
  else if (what === RESTART) context.arc(x, y, size * 0.7, 0, 7);
  else if (what === DEADLINE) path([0, -1.6], [1.7, -1], [0, -0.4]);
  else {
    context.lineWidth = 2;
    path([-0.8, -0.8], [0.8, 0.8]);
    context.moveTo(x + 0.8 * size, y - 0.8 * size);
    context.lineTo(x - 0.8 * size, y + 0.8 * size);
    context.stroke();
    return;
  }
  context.closePath();
  if (what === INPUT || what === FIRE || what === PROBE || what === KILL) context.stroke();
  context.fill();
  if (what === NEXT || what === RESTART) context.stroke();
  if (what === DEADLINE) context.fillRect(x - 0.6, y - 1.7 * size, 1.4, 3.4 * size);
}

// ---- hands ----

function watch() {
  const slider = element('time-slider');
  const chart = element('time-chart');
  const scroller = element('time-rows');
  if (!slider || slider.dataset.watched) return;
  slider.dataset.watched = 'true';
  const size = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) if (target.id === 'time-ruler') rulerWidth = contentRect.width || 600;
    plan();
  });
  size.observe(element('time-ruler'));
  size.observe(chart);
  const again = () => { palette = undefined; drawSigns(); plan(); };
  new MutationObserver(again).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
  scroller.addEventListener('scroll', plan, { passive: true });
  document.addEventListener('click', ({ target }) => {
    const what = target.closest?.('[data-time]')?.dataset.time;
    if (what) press(what);
  });
  scrub(slider);
  hold(chart);
  slider.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { Home: 0, End: clock.horizon, PageUp: clock.now - 60_000, PageDown: clock.now + 60_000 }[event.key];
    const step = { ArrowLeft: 'prev', ArrowDown: 'prev', ArrowRight: 'next', ArrowUp: 'next' }[event.key];
    if (to !== undefined) hooks.seek(clock.start + Math.max(0, Math.round(to)), true);
    else if (step) hooks.go(step);
    else if (['+', '=', '-'].includes(event.key)) press(event.key === '-' ? 'out' : 'in');
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  drawSigns();
}
const timeAt = (event, on) => {
  const seen = window_();
  const box = on.getBoundingClientRect();
  return Math.round(Math.max(0, seen.from + ((event.clientX - box.x) * seen.span) / box.width));
};
/** The ruler: the cursor goes where the pointer is. */
function scrub(slider) {
  let asked;
  const ask = (at) => {
    if (asked === undefined) requestAnimationFrame(() => {
      const to = asked;
      asked = undefined;
      if (dragging) hooks.seek(clock.start + to, false);
    });
    asked = at;
  };
  slider.addEventListener('pointerdown', (event) => {
    slider.setPointerCapture(event.pointerId);
    slider.focus({ preventScroll: true });
    dragging = true;
    ask(Math.min(timeAt(event, slider), clock.horizon));
    event.preventDefault();
  });
  slider.addEventListener('pointermove', (event) => {
    if (dragging) ask(Math.min(timeAt(event, slider), clock.horizon));
  });
  const drop = (event) => {
    if (!dragging) return;
    dragging = false;
    hooks.seek(clock.start + timeAt(event, slider), true);
  };
  slider.addEventListener('pointerup', drop);
  slider.addEventListener('pointercancel', drop);
}
/** The chart: drag to pan, pinch or Ctrl and wheel to zoom, click to go to a mark or a moment, or to choose a pod. */
function hold(chart) {
  const fingers = new Map();
  let moved = 0;
  let spread;
  chart.addEventListener('pointerdown', (event) => {
    fingers.set(event.pointerId, event);
    chart.setPointerCapture(event.pointerId);
    moved = 0;
    spread = undefined;
    hint();
  });
  chart.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return hint(event);
    fingers.set(event.pointerId, event);
    if (fingers.size === 2) {
      const [a, b] = [...fingers.values()];
      const wide = Math.max(Math.abs(a.clientX - b.clientX), 12);
      if (spread) zoom(spread / wide, timeAt({ clientX: (a.clientX + b.clientX) / 2 }, chart));
      spread = wide;
      moved = 99;
      return;
    }
    const by = event.clientX - before.clientX;
    moved += Math.abs(by) + Math.abs(event.clientY - before.clientY);
    if (moved > 4) pan((-by * view.span) / chart.clientWidth);
  });
  chart.addEventListener('pointerup', (event) => {
    fingers.delete(event.pointerId);
    if (moved <= 4) click(event, chart);
  });
  chart.addEventListener('pointercancel', (event) => fingers.delete(event.pointerId));
  chart.addEventListener('pointerleave', () => hint());
  chart.addEventListener('wheel', (event) => {
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (event.ctrlKey || event.metaKey) zoom(Math.exp(event.deltaY / 240), timeAt(event, chart));
    else if (sideways) pan(((event.deltaX || event.deltaY) * view.span) / chart.clientWidth);
    else return;
    event.preventDefault();
  }, { passive: false });
}
/** What lies under the pointer: the row, its mark, its span. */
function under(event, chart) {
  const box = chart.getBoundingClientRect();
  const index = Math.floor((event.clientY - box.y + element('time-rows').scrollTop) / ROW);
  const id = order[index];
  const data = rows.get(id);
  const at = timeAt(event, chart);
  if (!data) return { at };
  const near = (view.span * 7) / chart.clientWidth;
  const mark = marksOf(data).filter(([when]) => Math.abs(when - at) < near).sort(([a], [b]) => Math.abs(a - at) - Math.abs(b - at))[0];
  let look;
  if (data[0] === 0) {
    const end = data[3 + 2 * data[2]];
    for (let place = 0; place < data[2]; place += 1) if (data[3 + 2 * place] <= at) look = data[4 + 2 * place];
    if ((end >= 0 && at > end) || at > clock.horizon) look = undefined;
  }
  return { at, id, index, mark, look };
}
function click(event, chart) {
  const { at, id, mark, look } = under(event, chart);
  if (mark) return hooks.seek(clock.start + mark[0], true);
  if (look !== undefined && look >= 0) hooks.select(id);
  else hooks.seek(clock.start + at, true);
}
/** A line beside the pointer: the pod and what it was then. */
function hint(event) {
  const box = element('time-hint');
  if (!box) return;
  const found = event && under(event, event.currentTarget);
  const what = found?.mark ? words.signs[found.mark[1]] : found?.look >= 0 ? words.looks[found.look] : undefined;
  box.hidden = !what;
  if (!what) return;
  box.textContent = `${clockText(found.mark?.[0] ?? found.at, true)} · ${names[found.index] ?? ''} · ${what}`;
  const edge = document.documentElement.clientWidth - box.offsetWidth - 8;
  box.style.left = `${Math.max(8, Math.min(event.clientX + 12, edge))}px`;
  box.style.top = `${event.clientY - 30}px`;
}
/** The signs of the legend are drawn as those of the chart. */
export function drawSigns() {
  for (const canvas of document.querySelectorAll('canvas[data-sign]')) {
    const { context, width, height } = surface(canvas);
    sign(context, Number(canvas.dataset.sign), width / 2, height / 2, 5);
  }
  for (const canvas of document.querySelectorAll('canvas[data-span]')) {
    const { context, width, height } = surface(canvas);
    bar(context, Number(canvas.dataset.span), 2, width - 2, height / 2 - ROW / 2 - 2);
  }
}

// ---- what opens over the page ----

/** Closes the lists that lie open and hold no such element; gives the last of them. */
function shut(at) {
  let last;
  for (const open of document.querySelectorAll('.branches[open], .band__legend[open]')) {
    if (!open.contains(at)) (last = open).open = false;
  }
  return last;
}
document.addEventListener('pointerdown', ({ target }) => shut(target));
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.target.closest?.('.cm-editor')) return;
  const summary = shut(null)?.querySelector('summary');
  if (!summary) return;
  event.preventDefault();
  summary.focus();
}, true);
