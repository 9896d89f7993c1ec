// Nothing is cut off, hidden or laid over something else, on the screens that people have.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { example, paste, type } from './support/hands.mjs';
import { useYard } from './support/yard.mjs';

const yard = useYard();
const START = { start: '2026-01-05T00:00:00Z', lang: 'en', paused: '1' };
const LONG = { timeout: 40_000 };
const SMALL = { viewport: { width: 320, height: 640 } };
const PHONE = { viewport: { width: 390, height: 844 } };

/** The texts of elements that have not the room they need. */
const cut = (page, selector) => page.locator(selector).evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.innerText));
/** Where elements are. */
const boxes = (page, selector) => page.locator(selector).evaluateAll((all) => all.map((one) => {
  const { left, right, top, bottom } = one.getBoundingClientRect();
  return { left, right, top, bottom };
}));
/** Whether two boxes share more than an edge. */
const overlap = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
const pane = (page, place) => page.locator('.tabs__tab').nth(place).click();

test('on a phone the editor says what its buttons did', async (t) => {
  const page = await yard.open(t, START, PHONE);
  await pane(page, 1);
  const said = (words) => page.locator('.editor__said', { hasText: words });
  await example(page, 'ReplicationController with 3 pods');
  await said('✓ replicationcontroller/kubia created').waitFor();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await said('✓ replicationcontroller "kubia" deleted').waitFor();
  await page.locator('#examples').selectOption({ index: 1 });
  await said(/^$/).waitFor({ state: 'attached' });
  await paste(page, 'kind: Nothing\n');
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await said(/^✗ /).waitFor();
  const wide = await yard.open(t, START);
  await example(wide, 'ReplicationController with 3 pods');
  await wide.locator('.terminal__line--out', { hasText: 'created' }).waitFor();
  assert.ok(!await wide.locator('.editor__said').isVisible(), 'beside the terminal it is said once');
});

test('the smallest phone shows whole names of states beside their numbers', async (t) => {
  const page = await yard.open(t, START, SMALL);
  await pane(page, 2);
  await type(page, 'kubectl create job many --image=busybox -- true; kubectl run web --image=nginx --restart=Never; yard until 20s; kubectl delete pod web --wait=false');
  await pane(page, 0);
  for (const state of ['completed', 'terminating']) await page.locator(`[data-state="${state}"] b`, { hasText: '1' }).waitFor(LONG);
  assert.deepEqual(await cut(page, '.state__name'), []);
  const states = await boxes(page, '.state');
  const [tray] = await boxes(page, '.tray');
  assert.deepEqual([...states, tray].flatMap((one, place) => [...states, tray].slice(place + 1).filter((other) => overlap(one, other))), []);
  const [actions, arrange] = [await page.locator('.yard__actions').boundingBox(), await page.locator('.arrange').boundingBox()];
  assert.ok(Math.abs(actions.y + actions.height / 2 - arrange.y - arrange.height / 2) < 4, 'one bar is one row');
});

test('at 200 % the states are a row, and a node is seen below them', async (t) => {
  const page = await yard.open(t, START, { viewport: { width: 640, height: 400 } });
  await page.locator('.diagram--folded').waitFor();
  const [node] = await boxes(page, '.node');
  const [pane] = await boxes(page, '.pane--yard');
  assert.ok(node.top + 24 < pane.bottom, JSON.stringify({ node, pane }));
});

test('a node keeps its name whatever its status is', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl cordon worker-3');
  const status = page.locator('#node-worker-3 .node__status', { hasText: 'SchedulingDisabled' });
  await status.waitFor();
  assert.deepEqual(await cut(page, '#node-worker-3 .node__name, #node-worker-3 .node__head'), []);
  const [node] = await boxes(page, '#node-worker-3');
  const [name] = await boxes(page, '#node-worker-3 .node__name');
  const [said] = await boxes(page, '#node-worker-3 .node__status');
  assert.ok(name.right - name.left > 40 && said.right <= node.right && !overlap(name, said), JSON.stringify({ node, name, said }));
});

test('beside a lesson four nodes stand in two equal rows, in sight', async (t) => {
  const page = await yard.open(t, { ...START, lesson: 'replication/heal' });
  await page.locator('[data-pod^="kubia-"]').nth(2).waitFor(LONG);
  const nodes = await boxes(page, '.nodes .node');
  const [yardPane] = await boxes(page, '.pane--yard');
  assert.deepEqual(nodes.map(({ top }) => Math.round(top)), [nodes[0].top, nodes[0].top, nodes[2].top, nodes[2].top].map(Math.round));
  const tiles = await boxes(page, '.nodes .pod-tile');
  assert.ok(tiles.every(({ bottom }) => bottom < yardPane.bottom), JSON.stringify({ tiles, yardPane }));
});

test('pods that are driven out of a node do not hide each other', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl create deployment web --image=nginx --replicas=9; yard until 20s; yard node stop worker-1; yard until 7m');
  const leaving = '#node-worker-1 [data-look="terminating"]';
  await page.locator(leaving).nth(2).waitFor(LONG);
  await page.waitForFunction(() => document.getAnimations().length === 0);
  const tiles = await boxes(page, leaving);
  assert.deepEqual(tiles.flatMap((one, place) => tiles.slice(place + 1).filter((other) => overlap(one, other))), []);
});

test('on a phone two futures stand side by side, node beside node', async (t) => {
  const page = await yard.open(t, START, PHONE);
  await pane(page, 2);
  await type(page, "kubectl create deployment web --image=nginx --replicas=4; yard until 30s; yard fork 'yard node stop worker-1'; yard until 7m");
  await pane(page, 0);
  await page.locator('.twins__differences li').first().waitFor(LONG);
  const [left, right] = [await boxes(page, '#future-left .twin__node'), await boxes(page, '#future-right .twin__node')];
  assert.equal(left.length, 3);
  assert.ok(left[0].right <= right[0].left && Math.abs(left[0].top - right[0].top) < 1, JSON.stringify([left[0], right[0]]));
  assert.deepEqual(await cut(page, '.twins :not(.visually-hidden)'), []);
});

test('on a phone what the band opens leaves its buttons free and is no wider than the screen', async (t) => {
  const page = await yard.open(t, START, SMALL);
  await pane(page, 2);
  await type(page, 'yard until 00:05; yard back 2m; kubectl run web --image=nginx; yard until 00:04; yard back 30s');
  await page.waitForFunction(() => document.getElementById('clock').innerText.endsWith('00:03:30'));
  await page.locator('#time-open').click();
  await page.locator('#branches summary').click();
  const [list] = await boxes(page, '.branches__list');
  const buttons = await boxes(page, '#timeline .band__start > *, #timeline .band__end > .button');
  assert.ok(list.bottom - list.top > 60);
  assert.deepEqual(buttons.filter((button) => overlap(button, list)), []);
  await page.locator('#branches summary').click();
  for (const lang of ['en', 'ko']) {
    await page.locator('.band__legend summary').click();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320, lang);
    await page.locator('.band__legend summary').click();
    if (lang === 'en') await page.getByRole('button', { name: '한국어' }).click();
  }
});

test('a larger projector shows the same, larger', async (t) => {
  for (const viewport of [{ width: 1280, height: 720 }, { width: 1920, height: 1080 }, { width: 3840, height: 2160 }]) {
    const page = await yard.open(t, { ...START, present: '' }, { viewport });
    await type(page, 'kubectl create deployment web --image=nginx --replicas=5; yard until 20s');
    await page.locator('[data-pod^="web-"]').nth(4).waitFor(LONG);
    const nodes = await boxes(page, '.nodes .node');
    assert.deepEqual(nodes.map(({ top }) => Math.round(top)), [nodes[0].top, nodes[0].top, nodes[2].top, nodes[2].top].map(Math.round));
    assert.deepEqual(await cut(page, '.state, .state__name, .look-step__label, .look-step__text, .node__name, .presenter-bar *'), []);
    const [tray] = await boxes(page, '.tray');
    assert.deepEqual((await boxes(page, '.state')).filter((state) => overlap(state, tray)), []);
  }
});

test('the name of an event is broken between its words only', async (t) => {
  const page = await yard.open(t, START);
  const reason = page.locator('.event__reason', { hasText: 'NodeAllocatableEnforced' }).first();
  await reason.waitFor();
  const lines = await reason.evaluate((element) => {
    const range = document.createRange();
    const tops = [];
    const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      range.selectNodeContents(walk.currentNode);
      tops.push(range.getClientRects().length);
    }
    return tops;
  });
  assert.ok(lines.every((count) => count <= 1), String(lines));
  assert.equal(await reason.innerText(), 'NodeAllocatableEnforced');
});

test('what the browser draws itself is dark in the dark', async (t) => {
  for (const [theme, scheme] of [['dark', 'light'], ['light', 'dark']]) {
    const page = await yard.open(t, { ...START, theme }, { colorScheme: scheme });
    assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), theme);
  }
});

test('where the system chooses the colours, signs and bars are still seen', async (t) => {
  const page = await yard.open(t, START, { viewport: { width: 1280, height: 800 }, forcedColors: 'active' });
  await page.locator('.bar__fill').first().waitFor();
  const seen = (selector) => page.locator(selector).first().evaluate((one) => getComputedStyle(one).backgroundColor !== getComputedStyle(one.parentElement).backgroundColor);
  assert.ok(await seen('#play .icon'));
  assert.ok(await seen('.bar__fill'));
});

test('a full stop or a particle stays with the code that it follows', async (t) => {
  for (const [lang, lesson, screen] of [['ko', 'jobs/hello', PHONE], ['en', 'pods/probes', SMALL]]) {
    const page = await yard.open(t, { ...START, lang, lesson }, screen);
    await page.locator('.lesson__question').waitFor(LONG);
    const apart = await page.locator('.lesson code').evaluateAll((all) => all.filter((code) => {
      const next = code.nextSibling;
      if (next?.nodeType !== Node.TEXT_NODE || !/^[가-힣.,:]/.test(next.data)) return false;
      const range = document.createRange();
      range.setStart(next, 0);
      range.setEnd(next, 1);
      return range.getBoundingClientRect().top > [...code.getClientRects()].at(-1).bottom - 2;
    }).map((code) => code.innerText + code.nextSibling.data.slice(0, 4)));
    assert.deepEqual(apart, [], lang);
  }
});
