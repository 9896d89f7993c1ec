// The yard in the browser: what flies, what lights up, what is painted, and the commands behind the buttons.

const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
/** The dots by their uids: there are thousands, and to look for one among all that stands in the yard takes long. */
const dotsByUid = new Map();
const dotOf = (uid) => {
  const dot = dotsByUid.get(uid);
  return dot?.isConnected ? dot : undefined;
};
const find = (uid) => dotOf(uid) ?? document.querySelector(`#yard [data-uid="${uid}"]`);
/** The same for many: past a few it is cheaper to look at every tile once. */
function finder(count) {
  if (count < 8) return find;
  const all = new Map(Array.from(document.querySelectorAll('#yard :is(.pod-tile, tr)[data-uid]'), (tile) => [tile.dataset.uid, tile]));
  return (uid) => all.get(uid) ?? dotOf(uid) ?? null;
}
const boxOf = (element) => {
  const box = element?.getBoundingClientRect();
  return box?.width ? box : undefined;
};

// ---- what moves between two pictures ----

const EASE = 'cubic-bezier(.35,.1,.2,1)';
/** More neighbours than this do not glide when one leaves. */
const MOST_NEIGHBOURS = 150;
/** More than this in the air at once nobody follows, and each is a layer of its own for the browser. */
const MOST_MOVING = 60;
/** How many moved in about the last second. To ask where each of them is costs a layout, for what nobody can follow. */
let lately = { count: 0, at: 0 };
function isCrowd(more) {
  const now = performance.now();
  lately = { count: lately.count * Math.exp((lately.at - now) / 1000) + more, at: now };
  return lately.count > MOST_MOVING;
}
/** Which object moves by which animation: a new one ends the one before, so that two never fight. */
const moving = new Map();
let scene;

function layer() {
  let element = document.getElementById('flights');
  if (!element) {
    element = document.createElement('div');
    element.id = 'flights';
    element.setAttribute('aria-hidden', 'true');
    document.querySelector('.page')?.append(element);
  }
  return element;
}

function move(key, element, frames, options) {
  const before = moving.get(key);
  if (!before && moving.size >= MOST_MOVING) return;
  before?.cancel();
  const node = element.closest('.node');
  element.dataset.flying = 'true';
  if (node) node.dataset.receiving = 'true';
  const animation = element.animate(frames, options);
  moving.set(key, animation);
  animation.onfinish = animation.oncancel = () => {
    if (moving.get(key) === animation) moving.delete(key);
    delete element.dataset.flying;
    if (node && !node.querySelector('[data-flying]')) delete node.dataset.receiving;
  };
}

/**
 * Notes where everything is before the picture that shows it elsewhere. `steps`: "act uid owner"; `moved`: how many there
 * are, of whom nobody is named if they are too many. Says whether they fly.
 */
export function prepare(steps, moved) {
  // Two pictures that come as one: a pod that was made and bound moves once, from where it began.
  const { movers: earlier = [], gliding: slid = [] } = scene ?? {};
  scene = undefined;
  if (isCrowd(moved) || still() || !steps.length) return false;
  const tileOf = finder(steps.length);
  const later = steps.map((step) => {
    const [act, uid, owner] = step.split(' ');
    const tile = tileOf(uid);
    const ghost = act === 'gone' && tile?.matches('.pod-tile') ? tile.cloneNode(true) : undefined;
    const evicted = tile?.closest('.node--off, .node--down') ? 26 : 0;
    return { act, uid, owner, from: boxOf(tile), ghost, evicted };
  });
  const begun = new Map(earlier.map((mover) => [mover.uid, mover]));
  const merged = later.map((mover) => {
    const first = begun.get(mover.uid);
    begun.delete(mover.uid);
    if (!first || mover.act === 'gone') return mover;
    return { ...mover, act: mover.act === 'bound' ? first.act : mover.act, from: first.from };
  });
  const movers = [...begun.values(), ...merged];
  const own = new Set(movers.map((mover) => mover.uid));
  const places = new Set(movers.map((mover) => tileOf(mover.uid)?.parentElement).filter(Boolean));
  const neighbours = [...places].flatMap((place) => [...place.querySelectorAll('.pod-tile')]);
  const gliding = neighbours.length > MOST_NEIGHBOURS ? [] : neighbours
    .filter((tile) => !own.has(tile.dataset.uid))
    .map((tile) => ({ uid: tile.dataset.uid, from: boxOf(tile) }));
  const yard = document.getElementById('yard');
  if (yard) arrivals.observe(yard, { childList: true, subtree: true });
  const known = new Set(slid.map(({ uid }) => uid));
  scene = { movers, gliding: [...slid.filter(({ uid }) => !own.has(uid)), ...gliding.filter(({ uid }) => !known.has(uid))] };
  return true;
}

/** Where things are that every flight needs to know. */
function surroundings() {
  const pane = boxOf(document.querySelector('.pane--yard'));
  const tray = boxOf(document.querySelector('.tray__tiles')) ?? pane;
  return pane && { pane, tray, seen: (box) => box && box.bottom > pane.top && box.top < pane.bottom };
}

/** Where a mover is now, and what it passes on its way. */
function measured(mover, place, { pane, tray }, tile) {
  const card = mover.act === 'born' && boxOf(document.querySelector(`[data-family="${mover.owner}"]`));
  const waiting = { x: tray.x + Math.min(place * 18, Math.max(0, tray.width - 66)), y: tray.y + (tray.height - 44) / 2 };
  // A card below the edge: the pod comes from there.
  const source = card && { x: card.x + 12, y: Math.max(pane.top, Math.min(card.y + 8, pane.bottom - 24)) };
  return { ...mover, tile, to: boxOf(tile), waiting, source };
}

/** A tile that comes in flies at once: the rest of the picture may take longer than the screen waits. */
const arrivals = new MutationObserver((records) => {
  if (!scene) return;
  const around = surroundings();
  if (!around) return;
  const pending = new Map(scene.movers.map((mover, place) => [mover.uid, [mover, place]]));
  const tiles = records.flatMap(({ addedNodes }) => [...addedNodes]).flatMap((node) => (node.querySelectorAll ? [node, ...node.querySelectorAll('[data-uid]')] : []));
  for (const tile of tiles) {
    const [mover, place] = pending.get(tile.dataset?.uid) ?? [];
    if (!mover || !tile.isConnected) continue;
    pending.delete(mover.uid);
    scene.movers = scene.movers.filter((one) => one !== mover);
    act(measured(mover, place, around, tile), around.seen);
  }
});

/** Lets everything go to where it is now. */
export function play() {
  arrivals.disconnect();
  const { movers = [], gliding = [] } = scene ?? {};
  scene = undefined;
  const around = (movers.length || gliding.length) && surroundings();
  if (!around) return;
  // First everything is measured, then everything moves.
  const tileOf = finder(movers.length + gliding.length);
  const now = movers.map((mover, place) => measured(mover, place, around, tileOf(mover.uid)));
  const slid = gliding.map(({ uid, from }) => {
    const tile = tileOf(uid);
    return { uid, tile, from, to: boxOf(tile) };
  });
  for (const mover of now) act(mover, around.seen);
  for (const { uid, tile, from, to } of slid) {
    if (!tile || !from || !to || moving.has(uid)) continue;
    const [dx, dy] = [from.x - to.x, from.y - to.y];
    if (Math.abs(dx) + Math.abs(dy) > 1 && around.seen(to)) {
      move(uid, tile, [{ transform: `translate(${dx}px, ${dy}px)` }, {}], { duration: 260, easing: 'ease-out' });
    }
  }
}

function act(mover, seen) {
  const { act: what, uid, tile, to, from, waiting, source, ghost, evicted } = mover;
  if (what === 'gone') return vanish(ghost, from, evicted);
  if (!tile || !seen(to)) return;
  const at = (place, scale = 1, lift = 0) => `translate(${place.x - to.x}px, ${place.y - to.y - lift}px) scale(${scale})`;
  const between = (a, b, part) => ({ x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part });
  const onNode = Boolean(tile.closest('.node'));
  const fly = (start, delay) => [
    { transform: at(start), zIndex: 5, offset: 0 },
    { transform: at(start), zIndex: 5, offset: delay },
    { transform: at(between(start, to, 0.55), 1, 18), zIndex: 5, offset: 0.6 + delay / 4 },
    { zIndex: 5, offset: 1 },
  ];
  switch (what) {
    case 'born': {
      if (!source) return move(uid, tile, onNode ? fly(waiting, 0.25) : [{ opacity: 0, transform: 'scale(.5)' }, {}], { duration: onNode ? 900 : 420, easing: EASE });
      const start = { transform: at(source, 0.35), opacity: 0.2, zIndex: 5, offset: 0 };
      const frames = onNode
        ? [start, { transform: at(waiting), opacity: 1, zIndex: 5, offset: 0.4 }, { transform: at(waiting), opacity: 1, zIndex: 5, offset: 0.55 },
          { transform: at(between(waiting, to, 0.55), 1, 14), zIndex: 5, offset: 0.8 }, { zIndex: 5, offset: 1 }]
        : [start, { transform: at(between(source, to, 0.6), 0.9, 14), opacity: 1, zIndex: 5, offset: 0.6 }, { zIndex: 5, offset: 1 }];
      return move(uid, tile, frames, { duration: onNode ? 1300 : 800, easing: EASE });
    }
    case 'appears':
      return move(uid, tile, onNode ? fly(waiting, 0.25) : [{ opacity: 0, transform: 'scale(.5)' }, {}], { duration: onNode ? 900 : 420, easing: EASE });
    case 'bound':
      return move(uid, tile, fly(from ?? waiting, 0.1), { duration: 900, easing: EASE });
    case 'finished':
      if (!from) return undefined;
      return move(uid, tile, fly(from, 0.3), { duration: 1000, easing: EASE });
    case 'released':
      return move(uid, tile, [
        { offset: 0 }, { transform: 'translateY(-9px) rotate(-5deg)', offset: 0.25 }, { transform: 'translateY(-11px) rotate(4deg)', offset: 0.5 },
        { transform: 'translateY(-9px) rotate(-3deg)', offset: 0.7 }, { offset: 1 },
      ], { duration: 1100, easing: 'ease-in-out' });
    case 'adopted':
      return move(uid, tile, [
        { transform: 'scale(1)', offset: 0 }, { transform: 'scale(1.18)', boxShadow: '0 0 0 6px color-mix(in srgb, hsl(var(--owner) 65% 50%) 45%, transparent)', offset: 0.4 }, { offset: 1 },
      ], { duration: 800, easing: 'ease-out' });
    case 'evicted': {
      // Step by step to the door.
      const start = from ?? to;
      const step = (part, lift, lean) => ({ transform: `${at(between(start, to, part), 1, lift)} rotate(${lean}deg)`, zIndex: 5, offset: part });
      return move(uid, tile, [step(0, 0, 0), step(0.15, 6, -5), step(0.3, 0, 3), step(0.45, 6, -5), step(0.6, 0, 3), step(0.75, 6, -5), step(0.9, 0, 2), { zIndex: 5, offset: 1 }], { duration: 1400 });
    }
    default:
      return undefined;
  }
}

/** What is gone shrinks and fades where it stood; who was driven out walks on. */
function vanish(ghost, from, aside) {
  if (!ghost || !from) return;
  for (const name of ['data-uid', 'data-pod', 'data-rove', 'tabindex', 'title', 'aria-label']) ghost.removeAttribute(name);
  ghost.classList.add('ghost');
  Object.assign(ghost.style, { left: `${from.x}px`, top: `${from.y}px`, width: `${from.width}px`, height: `${from.height}px` });
  ghost.tabIndex = -1;
  layer().append(ghost);
  const animation = ghost.animate(
    [{ opacity: 0.7 }, { opacity: 0, transform: `translateX(${aside}px) scale(${aside ? 0.8 : 0.3})` }],
    { duration: 380, easing: 'ease-in' },
  );
  animation.onfinish = animation.oncancel = () => ghost.remove();
}

// ---- the state diagram ----

const pulsed = new Map();
/** Lights up the changes that were taken: "from-to". The same one at most twice a second. */
export function pulse(taken) {
  const diagram = document.getElementById('diagram');
  if (!diagram || !taken.length) return;
  const now = performance.now();
  const light = (key, elements, frames) => {
    if (now - (pulsed.get(key) ?? -1000) < 500) return;
    pulsed.set(key, now);
    for (const element of elements) element.animate(frames, { duration: still() ? 300 : 450, easing: 'ease-out' });
  };
  for (const name of taken) {
    const to = name.split('-')[1];
    // It ends in the colour that it begins with: between that and a mixed one Chromium goes through green.
    light(name, diagram.querySelectorAll(`[data-edge="${name}"]`), [{ strokeWidth: 4, stroke: 'var(--accent)', opacity: 1 }, { stroke: 'var(--accent)' }]);
    light(to, diagram.querySelectorAll(`[data-state="${to}"]`), [{ boxShadow: '0 0 0 3px var(--accent)' }, { boxShadow: '0 0 0 3px transparent' }]);
  }
}

// ---- dots ----

/** Rows out of sight keep their room and are not laid out: of a hundred nodes a third is seen. */
const sight = new IntersectionObserver((rows) => {
  for (const { target, isIntersecting } of rows) target.toggleAttribute('data-far', !isIntersecting);
}, { rootMargin: '48px', scrollMargin: '48px' });

let forgotten = 0;
/** Lets go of dots whose rows are gone; not for each of many rows that come at once. */
function forget() {
  const now = performance.now();
  if (now - forgotten < 5000) return;
  forgotten = now;
  for (const [uid, dot] of dotsByUid) if (!dot.isConnected) dotsByUid.delete(uid);
}

/** Changes a row of dots; `steps`: a line each, as src/view/dots.rs says. */
export function dots(row, steps) {
  if (!row.childElementCount) {
    sight.observe(row);
    forget();
  }
  for (const step of steps.split('\n')) {
    const [what, at, colours, look, owner, uid, pod, namespace] = step.split('\t');
    const there = row.children[at];
    if (what === '-') {
      if (dotsByUid.get(there.dataset.uid) === there) dotsByUid.delete(there.dataset.uid);
      there.remove();
      continue;
    }
    const dot = what === '+' ? document.createElement('i') : there;
    dot.className = colours;
    dot.setAttribute('data-look', look);
    dot.setAttribute('data-owner', owner);
    if (what !== '+') continue;
    dot.setAttribute('data-uid', uid);
    dot.setAttribute('data-pod', pod);
    dot.setAttribute('data-namespace', namespace);
    dot.title = pod;
    dotsByUid.set(uid, dot);
    row.insertBefore(dot, there ?? null);
  }
}

// ---- the heat map ----

const LOOKS = { p: 'pending', c: 'creating', r: 'running', u: 'unready', d: 'completed', b: 'backoff', f: 'failed', t: 'terminating', l: 'lost' };
let colours;

/** Paints the maps whose cells have changed. */
export function paint() {
  for (const canvas of document.querySelectorAll('canvas[data-cells]')) {
    if (canvas.painted !== canvas.dataset.cells + canvas.dataset.marks) draw(canvas);
  }
}

function draw(canvas) {
  const { cells, marks, columns } = canvas.dataset;
  const across = Number(columns);
  const count = cells.length / 2;
  const size = across > 20 ? 6 : 14;
  canvas.width = across * size;
  canvas.height = Math.max(1, Math.ceil(count / across)) * size;
  const pen = canvas.getContext('2d');
  if (!pen) return;
  if (!colours) {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(name).trim();
    colours = { governed: of('--governed'), accent: of('--accent'), line: of('--line'), ink: of('--ink-faint'), surface: of('--surface'), looks: Object.fromEntries(Object.entries(LOOKS).map(([letter, look]) => [letter, [of(`--look-${look}`), of(`--look-${look}-back`)]])) };
  }
  for (let place = 0; place < count; place += 1) {
    cell(pen, cells[place * 2], Number(cells[place * 2 + 1]), (place % across) * size, Math.floor(place / across) * size, size);
  }
  for (let place = 0; place < marks.length; place += 1) {
    if (marks[place] !== '.') mark(pen, marks[place], (place % across) * size, Math.floor(place / across) * size, size);
  }
  canvas.painted = cells + marks;
}

/** What lights a cell up: a whole frame for a family, one that is broken at the sides for what is governed. */
function mark(pen, letter, x, y, size) {
  const thick = size > 8 ? 2 : 1;
  const inner = size - thick;
  pen.globalAlpha = 1;
  if (letter !== 'g') {
    pen.fillStyle = colours.accent;
    for (const part of [[0, 0, size, thick], [0, inner, size, thick], [0, 0, thick, size], [inner, 0, thick, size]]) pen.fillRect(x + part[0], y + part[1], part[2], part[3]);
  }
  if (letter !== 'f') {
    pen.fillStyle = colours.governed;
    const arm = Math.round(size / 3);
    for (const down of [0, inner]) pen.fillRect(x, y + down, size, thick);
    for (const right of [0, inner]) for (const down of [0, size - arm]) pen.fillRect(x + right, y + down, thick, arm);
  }
}

/** A cell: colour by the state that asks for most attention, and a sign where something is wrong. */
function cell(pen, letter, fullness, x, y, size) {
  const inner = size - (size > 8 ? 2 : 1);
  const look = colours.looks[letter];
  pen.globalAlpha = 1;
  if (!look) {
    pen.globalAlpha = letter === '.' ? 0.25 : 1;
    pen.fillStyle = colours.line;
    pen.fillRect(x, y, inner, inner);
    if (letter === 'x') {
      pen.strokeStyle = colours.ink;
      pen.lineWidth = 2;
      pen.beginPath();
      pen.moveTo(x + 2, y + 2); pen.lineTo(x + inner - 2, y + inner - 2);
      pen.moveTo(x + inner - 2, y + 2); pen.lineTo(x + 2, y + inner - 2);
      pen.stroke();
    }
    return;
  }
  const [front, back] = look;
  pen.fillStyle = back;
  pen.fillRect(x, y, inner, inner);
  pen.fillStyle = front;
  if (size <= 8) {
    pen.globalAlpha = letter === 'r' || letter === 'd' ? 0.75 : 1;
    pen.fillRect(x, y, inner, inner);
  } else if ('fbul'.includes(letter)) {
    pen.beginPath();
    pen.arc(x + inner / 2, y + inner / 2, inner / 2 - 1, 0, 7);
    pen.fill();
  } else if ('pc'.includes(letter)) {
    pen.beginPath();
    pen.moveTo(x + inner / 2, y + 1); pen.lineTo(x + inner - 1, y + inner - 1); pen.lineTo(x + 1, y + inner - 1);
    pen.fill();
  } else {
    // The fuller the node, the stronger its colour.
    pen.globalAlpha = 0.3 + (fullness + 1) * 0.065;
    pen.fillRect(x, y, inner, inner);
  }
}

function repaint() {
  colours = undefined;
  for (const canvas of document.querySelectorAll('canvas[data-cells]')) draw(canvas);
}

// ---- the address ----

/** Sets parameters of the address; an empty one goes. */
export function setParameter(name, value) {
  const url = new URL(location.href);
  if (value) url.searchParams.set(name, value); else url.searchParams.delete(name);
  if (url.href !== location.href) history.replaceState(history.state, '', url);
}

// ---- families ----

const sheet = () => {
  const rules = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, rules];
  return rules;
};
let families;
let pointers;

/** Points at a tile, or at none. */
export function point(uid) {
  pointers ??= sheet();
  pointers.replaceSync(uid ? `#yard [data-uid="${uid}"] { animation: beckon 1.6s ease-in-out infinite; outline: 3px solid var(--accent); outline-offset: 3px; z-index: 3; }` : '');
}

const MARK = '{ outline: 2px solid var(--accent); outline-offset: 1px; }';
let lit = '';
function light(rules) {
  if (rules === lit) return;
  lit = rules;
  families ??= sheet();
  families.replaceSync(rules);
}

/** The workload whose cells are lit on a map. */
let aimed = '';

/**
 * Lights up who belongs together while somebody points at one of them. `matched`: uids that a workload's selector picks;
 * `pointed`: lights them up where they are cells of a map.
 */
function family(target, matched, pointed) {
  const card = target?.closest?.('[data-card]');
  const uid = (document.querySelector('canvas[data-cells]') && card?.dataset.card) || '';
  if (uid !== aimed) pointed(aimed = uid);
  if (card) {
    const uids = matched(card.dataset.card).split(' ').filter(Boolean);
    return light(uids.length ? `${uids.map((uid) => `#yard [data-uid="${uid}"]`).join(',')} ${MARK}` : '');
  }
  const tile = target?.closest?.('[data-uid]');
  const owner = tile?.dataset.owner;
  if (!tile) return light('');
  const node = tile.closest('.node')?.id;
  const rules = [];
  if (owner) rules.push(`#yard [data-owner="${owner}"] ${MARK} [data-family="${owner}"] { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }`);
  if (node) rules.push(`#${CSS.escape(node)} { border-color: var(--accent); }`);
  return light(rules.join('\n'));
}

// ---- the command behind a button ----

let chip;
let chipFor;
let chipTimer;

function showCommand(button, words) {
  if (!button.isConnected) return;
  if (!chip) {
    chip = document.createElement('div');
    chip.className = 'command';
    chip.innerHTML = '<span class="command__name"></span><span id="command-words"><span class="command__about"></span><code></code></span><button type="button" class="button" tabindex="-1"></button>';
    chip.lastElementChild.addEventListener('click', () => copyCommand(words));
    document.querySelector('.page')?.append(chip);
  }
  chipFor?.removeAttribute('aria-describedby');
  chipFor = button;
  button.setAttribute('aria-describedby', 'command-words');
  // A button that is only a sign has its name here too.
  chip.firstElementChild.textContent = button.textContent.trim() ? '' : button.getAttribute('aria-label') ?? '';
  chip.querySelector('.command__about').textContent = button.dataset.about ?? '';
  chip.querySelector('code').textContent = button.dataset.command;
  chip.lastElementChild.textContent = words.copy;
  chip.hidden = false;
  const box = button.getBoundingClientRect();
  // Its size once it stands there: it comes in smaller.
  const { offsetWidth: width, offsetHeight: height } = chip;
  const below = box.bottom + 6 + height < innerHeight;
  chip.style.left = `${Math.max(6, Math.min(box.left, innerWidth - width - 6))}px`;
  chip.style.top = `${below ? box.bottom + 6 : Math.max(6, box.top - height - 6)}px`;
}
function hideCommand() {
  clearTimeout(chipTimer);
  chipFor?.removeAttribute('aria-describedby');
  chipFor = undefined;
  if (chip) chip.hidden = true;
}
async function copyCommand(words) {
  if (!chipFor) return;
  try { await navigator.clipboard.writeText(chipFor.dataset.command); } catch { return; }
  chip.lastElementChild.textContent = words.copied;
  const live = document.getElementById('live');
  if (live) live.textContent = words.copied;
}

function commands(words) {
  const later = (act, delay) => { clearTimeout(chipTimer); chipTimer = setTimeout(act, delay); };
  document.addEventListener('pointerover', ({ target, pointerType }) => {
    if (pointerType === 'touch') return;
    const button = target.closest?.('[data-command]');
    if (button && button !== chipFor) later(() => showCommand(button, words), 400);
    else if (chipFor && !button && !chip.contains(target)) later(hideCommand, 250);
    else clearTimeout(chipTimer);
  });
  document.addEventListener('focusin', ({ target }) => {
    const button = target.closest?.('[data-command]');
    if (button?.matches(':focus-visible')) showCommand(button, words);
    else if (chipFor && !chip.contains(target)) hideCommand();
  });
  document.addEventListener('click', ({ target }) => { if (!chip?.contains(target)) hideCommand(); });
  document.addEventListener('scroll', () => { if (chipFor) hideCommand(); }, true);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && chipFor) hideCommand();
    if (event.key === 'c' && !event.ctrlKey && !event.metaKey && document.activeElement?.dataset?.command) {
      showCommand(document.activeElement, words);
      copyCommand(words);
    }
  });
}

// ---- zoom ----

function zooming(zoom) {
  const place = (target) => target?.closest?.('[data-zoomable]')?.dataset.zoomable;
  document.addEventListener('click', ({ target }) => {
    const word = target.closest?.('[data-zoom]')?.dataset.zoom;
    if (word) zoom(word);
  });
  document.addEventListener('keydown', (event) => {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest?.('input, textarea, select, [contenteditable], .cm-editor')) return;
    if (key === '/') {
      event.preventDefault();
      document.getElementById('filter')?.focus();
    } else if (key === 'z' && place(target)) zoom(place(target));
    else if (key === 'Backspace' && document.getElementById('zoom-out')) {
      event.preventDefault();
      zoom('out');
    }
  });
  const yard = document.getElementById('yard');
  let turned = 0;
  yard?.addEventListener('wheel', (event) => {
    if (!event.ctrlKey) return;
    // The trackpad's pinch arrives so; the page itself keeps its size here.
    event.preventDefault();
    turned += event.deltaY;
    if (turned < -40 && place(event.target)) { turned = 0; zoom(place(event.target)); }
    if (turned > 40) { turned = 0; zoom('out'); }
  }, { passive: false });
  let spread = 0;
  const distance = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  yard?.addEventListener('touchstart', ({ touches }) => { if (touches.length === 2) spread = distance(touches); }, { passive: true });
  yard?.addEventListener('touchmove', (event) => {
    if (event.touches.length !== 2 || !spread) return;
    const now = distance(event.touches);
    const word = place(event.target);
    if (now > spread * 1.4 && word) { spread = 0; zoom(word); }
    if (now < spread * 0.7) { spread = 0; zoom('out'); }
  }, { passive: true });
}

/** Begins to listen, once. `words`: what the page says, as JSON; `matched`, `pointed` and `zoom` ask the page. */
export function startStage(words, matched, pointed, zoom) {
  const said = JSON.parse(words);
  if (window.podyardStage) {
    Object.assign(window.podyardStage, said);
    return;
  }
  window.podyardStage = said;
  commands(window.podyardStage);
  zooming(zoom);
  let timer;
  const look = (target) => { clearTimeout(timer); timer = setTimeout(() => family(target, matched, pointed), 60); };
  document.addEventListener('pointerover', ({ target, pointerType }) => {
    if (pointerType === 'touch') return;
    if (target.closest?.('[data-uid], [data-card]')) look(target);
    else if (lit || aimed) look(undefined);
  });
  document.addEventListener('focusin', ({ target }) => {
    if (target.matches?.(':focus-visible') && target.closest('[data-uid], [data-card]')) look(target);
    else if (lit || aimed) look(undefined);
  });
  new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
}

/** A short celebration around an element. */
export function celebrate(selector) {
  const box = boxOf(document.querySelector(selector));
  if (still() || !box) return;
  for (let piece = 0; piece < 28; piece += 1) {
    const bit = document.createElement('i');
    bit.className = `confetti look--${Object.values(LOOKS)[piece % 9]}`;
    bit.style.left = `${box.x + box.width / 2}px`;
    bit.style.top = `${box.y + box.height / 2}px`;
    layer().append(bit);
    const angle = (piece / 28) * 2 * Math.PI;
    const reach = 60 + (piece * 37) % 80;
    const animation = bit.animate([
      { transform: 'none', opacity: 1 },
      { transform: `translate(${Math.cos(angle) * reach * 1.6}px, ${Math.sin(angle) * reach - 40}px) rotate(${piece * 50}deg)`, opacity: 1, offset: 0.55 },
      { transform: `translate(${Math.cos(angle) * reach * 1.9}px, ${Math.sin(angle) * reach + 60}px) rotate(${piece * 90}deg)`, opacity: 0 },
    ], { duration: 1300, easing: 'cubic-bezier(.2,.7,.4,1)' });
    animation.onfinish = animation.oncancel = () => bit.remove();
  }
}

/** Writes the time that is left until what is due; `now` in milliseconds. */
export function tickStage(now) {
  for (const { lastElementChild: element } of document.getElementsByClassName('card__due')) {
    const left = Math.max(0, Math.ceil((Number(element.dataset.due) - now) / 1000));
    const korean = element.lang === 'ko';
    const days = (whole, rest) => korean ? `${whole}일 ${rest}시간` : `${whole}d ${rest}h`;
    const two = (part) => String(part).padStart(2, '0');
    const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
    const text = hours >= 24 ? days(Math.floor(hours / 24), hours % 24) : hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
    if (element.textContent !== text) element.textContent = text;
  }
}
