// What moves, when, and at what cost: the flight of a pod, the steps, and a page that rests.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { example, type } from './support/hands.mjs';
import { useYard } from './support/yard.mjs';

const yard = useYard();
const START = { start: '2026-01-01T00:00:00Z', lang: 'en' };

/** Follows the middle of a pod's tile, picture by picture, until it has landed on a node. */
const follow = (page, pod) => page.evaluate((name) => new Promise((resolve) => {
  const path = [];
  const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];
  const inside = (place, [x, y]) => {
    const box = place?.getBoundingClientRect();
    return Boolean(box) && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  };
  const look = () => {
    const tile = document.querySelector(`[data-pod="${name}"]`);
    if (tile) {
      const at = middle(tile.getBoundingClientRect());
      const flying = tile.getAnimations().some((one) => one instanceof Animation && !(one instanceof CSSAnimation) && !(one instanceof CSSTransition));
      path.push({
        at,
        flying,
        inTray: inside(document.querySelector('.tray'), at),
        onNode: !flying && inside(tile.closest('.node'), at),
      });
      if (path.at(-1).onNode && path.length > 5) return resolve(path);
    }
    requestAnimationFrame(look);
  };
  look();
}), pod);

/** A path that begins in the tray, goes through places between, and ends on the node. */
function assertFlight(path) {
  assert.ok(path[0].inTray, `it begins in the tray: ${JSON.stringify(path[0])}`);
  const flight = path.filter((one) => one.flying);
  const places = new Set(flight.map((one) => one.at.map(Math.round).join()));
  assert.ok(places.size >= 3, `it is seen on its way: ${[...places].join(' ')}`);
  const [from, to] = [path[0].at, path.at(-1).at];
  const way = ([x, y]) => ((x - from[0]) * (to[0] - from[0]) + (y - from[1]) * (to[1] - from[1])) / ((to[0] - from[0]) ** 2 + (to[1] - from[1]) ** 2);
  assert.ok(flight.some((one) => way(one.at) > 0.1 && way(one.at) < 0.9), 'it is seen between tray and node');
  assert.ok(path.at(-1).onNode && !path.at(-1).inTray, 'it ends on its node');
}

test('a new pod flies from the tray to its node', async (t) => {
  const page = await yard.open(t, { ...START, paused: '1' });
  const path = follow(page, 'web');
  await type(page, 'kubectl run web --image=nginx');
  assertFlight(await path);
  await page.locator('.node [data-pod="web"][data-look="creating"]').waitFor();
});

test('in a crowd few fly at once: the pictures just change', async (t) => {
  const page = await yard.open(t, { ...START, nodes: '30', speed: '0.5' });
  await page.evaluate(() => {
    window.most = 0;
    const look = () => {
      window.most = Math.max(window.most, document.querySelectorAll('[data-flying]').length);
      requestAnimationFrame(look);
    };
    look();
  });
  const some = Array.from({ length: 12 }, (_, place) => `kubectl create deployment web-${place} --image=nginx --replicas=25`);
  await type(page, some.join('; sleep 0.1; '));
  await page.locator('[data-state="running"]', { hasText: '300' }).waitFor({ timeout: 40_000 });
  const most = await page.evaluate(() => window.most);
  assert.ok(most > 0 && most <= 60, `${most}`);
});

test('in a busy cluster a card says some looks a second, and at last the newest', async (t) => {
  const page = await yard.open(t, { ...START, nodes: '20' });
  await type(page, 'kubectl create deployment web --image=nginx --replicas=120');
  await page.locator('.card', { hasText: 'ReplicaSet' }).first().waitFor();
  await page.evaluate(() => {
    window.looks = [];
    const note = ({ addedNodes }) => [...addedNodes].some((node) => node.classList?.contains('card__look'));
    new MutationObserver((records) => { if (records.some(note)) window.looks.push(performance.now()); }).observe(document, { childList: true, subtree: true });
  });
  await page.locator('[data-state="running"]', { hasText: '120' }).waitFor({ timeout: 40_000 });
  const looks = await page.evaluate(() => window.looks);
  const closest = Math.min(...looks.slice(1).map((at, place) => at - looks[place]));
  assert.ok(looks.length > 2 && closest > 150, `${looks.length} looks, ${closest} ms apart`);
  // The last is not forgotten when all has come to rest.
  await page.locator('.card__decision', { hasText: '120 of the newest template available' }).waitFor();
});

test('rows of dots out of sight are not laid out until they come near', async (t) => {
  const page = await yard.open(t, { ...START, nodes: '120' });
  await type(page, 'kubectl create deployment web --image=nginx --replicas=1200');
  await page.locator('[data-state="running"]', { hasText: '1200' }).waitFor({ timeout: 40_000 });
  const rows = () => page.evaluate(() => {
    const pane = document.querySelector('.pane--yard').getBoundingClientRect();
    const all = [...document.querySelectorAll('.nodes--dots .node__tiles')].filter((row) => row.childElementCount > 0);
    const inside = (row) => { const box = row.getBoundingClientRect(); return box.top < pane.bottom && box.bottom > pane.top; };
    return { all: all.length, far: all.filter((row) => row.hasAttribute('data-far')).length, blank: all.filter((row) => inside(row) && row.hasAttribute('data-far')).length };
  });
  const before = await rows();
  assert.ok(before.far > before.all / 3 && before.blank === 0, JSON.stringify(before));
  const last = page.locator('.nodes--dots .node:has(.dot)').last();
  assert.ok(await last.locator('.node__tiles[data-far]').count());
  await last.scrollIntoViewIfNeeded();
  await last.locator('.node__tiles:not([data-far])').waitFor();
  for (let tries = 0; (await rows()).blank > 0; tries += 1) assert.ok(tries < 20, JSON.stringify(await rows()));
  await last.locator('.dot').first().click();
  await page.locator('#inspector').waitFor();
});

test('where a crowd of nodes changes, a picture changes some of them, and a clock that stands shows all', async (t) => {
  const page = await yard.open(t, { ...START, nodes: '100' });
  await type(page, 'kubectl create deployment web --image=nginx --replicas=2000');
  await page.locator('[data-state="running"]', { hasText: '2000' }).waitFor({ timeout: 40_000 });
  await type(page, 'yard speed 5');
  await page.evaluate(() => {
    window.changed = [];
    let nodes = new Set();
    new MutationObserver((records) => { for (const { target } of records) if (target.closest?.('.node')) nodes.add(target.closest('.node').id); })
      .observe(document.querySelector('.nodes'), { childList: true, subtree: true, attributeFilter: ['data-look'] });
    const look = () => {
      if (nodes.size > 0) window.changed.push(nodes.size);
      nodes = new Set();
      requestAnimationFrame(look);
    };
    look();
  });
  await type(page, 'kubectl rollout restart deployment/web');
  await page.locator('[data-state="terminating"]', { hasText: /[1-9]\d/ }).waitFor({ timeout: 20_000 });
  await page.waitForTimeout(2000);
  const { changed, most } = await page.evaluate(() => ({ changed: window.changed, most: Math.max(...window.changed) }));
  const full = changed.filter((count) => count === 20).length;
  // Only where the first of them fly may one picture show more.
  assert.ok(full > 10 && changed.filter((count) => count > 20).length <= 3, `${most}: ${changed.join(' ')}`);
  await type(page, 'yard pause');
  await page.locator('.page--still').waitFor();
  const { dots, said } = await page.evaluate(() => {
    const number = (element) => Number(element.textContent.match(/\d+/)?.[0] ?? 0);
    const count = (look) => document.querySelectorAll(`#yard :is(.nodes, .tray) [data-look="${look}"]`).length;
    const states = [...document.querySelectorAll('#diagram [data-state]')].map((state) => [state.dataset.state, number(state)]);
    return { dots: states.map(([look]) => [look, count(look)]), said: states };
  });
  assert.deepEqual(dots, said);
});

test('a pod that waits in the tray flies when a node fits', async (t) => {
  const page = await yard.open(t, { ...START, speed: '5' });
  const spec = { nodeSelector: { disk: 'ssd' }, containers: [{ name: 'web', image: 'nginx' }] };
  await type(page, `cat <<'EOF' > web.yaml\n${JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec })}\nEOF`);
  await type(page, 'kubectl apply -f web.yaml');
  await page.locator('.tray [data-pod="web"][data-look="pending"]').waitFor();
  const path = follow(page, 'web');
  await type(page, 'kubectl label node worker-2 disk=ssd');
  assertFlight(await path);
  await page.locator('#node-worker-2 [data-pod="web"]').waitFor();
});

test('who wants little motion sees none', async (t) => {
  const page = await yard.open(t, { ...START, paused: '1' }, { reducedMotion: 'reduce' });
  const path = follow(page, 'web');
  await type(page, 'kubectl run web --image=nginx');
  assert.equal((await path).some((one) => one.flying), false);
});

/** All that the yard and the cards show. */
const looks = (page) => page.evaluate(() => [
  ...[...document.querySelectorAll('[data-pod]')].map((tile) => [tile.dataset.uid, tile.dataset.look, tile.closest('.node')?.id, tile.title].join()),
  ...[...document.querySelectorAll('.card__numbers')].map((numbers) => numbers.innerText),
].join('\n'));

test('a step stops at the next change that can be seen, another at the next event', async (t) => {
  const page = await yard.open(t, { ...START, paused: '1' });
  await example(page, 'Job: Hello, World');
  await page.locator('[data-pod^="job-hello-world-"][data-look="creating"]').waitFor();
  const before = await looks(page);
  await page.locator('#step-event').click();
  assert.equal(await looks(page), before, 'that an image is pulled is an event and cannot be seen');
  assert.match(await page.locator('#events').innerText(), /Pulling/);
  const seen = [before];
  for (let step = 0; step < 3; step += 1) {
    await page.locator('#step').click();
    seen.push(await looks(page));
    assert.notEqual(seen.at(-1), seen.at(-2), `step ${step} shows something new`);
  }
  assert.equal(new Set(seen).size, seen.length);
  await page.locator('[data-pod^="job-hello-world-"][data-look="completed"]').waitFor();
});

test('where nothing will change by itself, a step leaves the clock alone', async (t) => {
  const page = await yard.open(t, { ...START, paused: '1' });
  await page.locator('#step').click();
  await page.locator('.terminal__line--explain', { hasText: 'Nothing more will happen' }).waitFor();
  assert.equal(await page.locator('#clock').innerText(), '2026-01-01 00:00:00');
});

/** Counts all that could keep a processor busy. Runs in the page before its own scripts. */
function count() {
  window.asked = { frames: 0, timers: 0 };
  for (const [name, kind] of [['requestAnimationFrame', 'frames'], ['setTimeout', 'timers'], ['setInterval', 'timers'], ['requestIdleCallback', 'timers']]) {
    const real = window[name].bind(window);
    window[name] = (...argument) => {
      window.asked[kind] += 1;
      return real(...argument);
    };
  }
}

/** What the page asked for in two seconds, after all that was under way has ended. */
async function askedIn(page) {
  await page.locator('[data-ready]').waitFor();
  await page.waitForTimeout(4500);
  await page.evaluate(() => { window.asked = { frames: 0, timers: 0 }; });
  await page.waitForTimeout(2000);
  const asked = await page.evaluate(() => window.asked);
  const running = await page.evaluate(() => document.getAnimations().filter((one) => one.playState === 'running').length);
  return { ...asked, running };
}
const NOTHING = { frames: 0, timers: 0, running: 0 };

test('a paused page asks for no frame and no timer', async (t) => {
  const page = await yard.open(t, START, { before: count });
  await type(page, 'kubectl create deployment web --image=nginx --replicas=5');
  await page.locator('[data-pod^="web-"][data-look="creating"]').first().waitFor();
  await page.locator('#play').click();
  assert.deepEqual(await askedIn(page), NOTHING);
});

test('a hidden page asks for nothing and goes on when it is seen again', async (t) => {
  const page = await yard.open(t, START, { before: count });
  await type(page, 'kubectl run crash --image=busybox -- sh -c "exit 1"');
  await page.locator('[data-pod="crash"][data-look="backoff"]').waitFor();
  const hide = (hidden) => page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await hide(true);
  const clock = page.locator('#clock');
  const stood = await clock.innerText();
  const { frames, timers } = await askedIn(page);
  assert.deepEqual({ frames, timers }, { frames: 0, timers: 0 });
  assert.equal(await clock.innerText(), stood, 'what nobody sees does not pass');
  await hide(false);
  await page.waitForFunction((before) => document.querySelector('#clock').innerText !== before, stood);
});

test('a page on which nothing is due soon rests while it plays', async (t) => {
  const page = await yard.open(t, START, { before: count });
  await type(page, 'kubectl create deployment web --image=nginx --replicas=2');
  await page.locator('[data-pod^="web-"][data-look="running"]').nth(1).waitFor();
  await page.locator('#next', { hasText: /./ }).waitFor({ timeout: 60_000 });
  const asked = await askedIn(page);
  assert.ok(asked.frames === 0 && asked.timers === 0, JSON.stringify(asked));
});
