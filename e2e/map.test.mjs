// The map of thousands of nodes: it lights up, it is zoomed into, and the page stays quick.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paste, type } from './support/hands.mjs';
import { useYard } from './support/yard.mjs';

const yard = useYard();
const START = { start: '2026-01-05T00:00:00Z', lang: 'en' };
const LONG = { timeout: 40_000 };
const DAEMON = `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
spec:
  selector:
    matchLabels: {app: agent}
  template:
    metadata:
      labels: {app: agent}
    spec:
      containers:
      - {name: c, image: luksa/kubia}
`;
const WEB = `apiVersion: v1
kind: ReplicationController
metadata:
  name: web
spec:
  replicas: 3
  selector: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - {name: c, image: luksa/kubia}
`;

/** How many cells of the map are lit in a way: `g` for governed, `f` for a family. */
const lit = (page, letter) => page.evaluate((letter) => [...document.querySelectorAll('canvas[data-marks]')].map((one) => one.dataset.marks).join('').split(letter).length - 1, letter);
const waitLit = (page, letter, count) => page.waitForFunction(([letter, count]) => [...document.querySelectorAll('canvas[data-marks]')].map((one) => one.dataset.marks).join('').split(letter).length - 1 === count, [letter, count]);
/** How many maps have a colour of the style on them. */
const painted = (page, name) => page.evaluate((name) => {
  const pen = new OffscreenCanvas(1, 1).getContext('2d');
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  return [...document.querySelectorAll('canvas[data-cells]')].filter((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4) if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) return true;
    return false;
  }).length;
}, name);
/** Puts the editor's cursor behind a text. */
const cursor = async (page, text) => {
  await page.locator('.cm-line', { hasText: text }).first().click();
  await page.keyboard.press('End');
};

test('on the map what a field governs lights up, and what a card picks; nothing else does', async (t) => {
  const page = await yard.open(t, { ...START, nodes: '400', speed: '5' }, { tolerate: /willReadFrequently/ }); // it is the test that reads the maps
  await page.locator('.heat__block').nth(8).waitFor(LONG);
  await page.locator('[data-ready] .cm-content').waitFor();
  await paste(page, WEB);
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await page.locator('.card', { hasText: 'web' }).first().waitFor();
  await page.locator('[data-state="running"]', { hasText: '3' }).waitFor(LONG);
  await page.locator('#play').click();
  await cursor(page, 'replicas: 3');
  await page.locator('.editor__governs', { hasText: 'The 3 of now are lit.' }).waitFor();
  await waitLit(page, 'g', 3);
  assert.ok(await painted(page, '--governed') >= 1);
  await cursor(page, 'kind: ReplicationController');
  await waitLit(page, 'g', 0);
  await page.waitForTimeout(100);
  assert.equal(await painted(page, '--governed'), 0);
  const card = page.locator('.card', { hasText: 'web' }).first().locator('.card__main');
  await card.hover();
  await waitLit(page, 'f', 3);
  assert.ok(await painted(page, '--accent') >= 1);
  await page.locator('#clock').hover();
  await waitLit(page, 'f', 0);
  // Whoever has no pointer selects it.
  await card.focus();
  await page.keyboard.press('Enter');
  await waitLit(page, 'f', 3);
  await page.locator('#arrange').selectOption('table');
  assert.equal(await lit(page, 'f'), 0);
});

test('a thousand nodes with a DaemonSet on all of them are quick to pause, to zoom into and to ask', async (t) => {
  const page = await yard.open(t, { ...START, nodes: '1000' });
  await page.locator('.heat__block').nth(20).waitFor(LONG);
  await page.locator('[data-ready] .cm-content').waitFor();
  await paste(page, DAEMON);
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await page.locator('[data-state="running"]', { hasText: '1000' }).waitFor(LONG);
  /** How long something takes until it is seen. */
  const within = async (what, act, seen) => {
    const from = Date.now();
    await act();
    await seen();
    assert.ok(Date.now() - from < 4000, `${what} took ${Date.now() - from} ms`);
  };
  await cursor(page, 'name: agent');
  await within('lighting up', () => waitLit(page, 'g', 1000), () => page.locator('.editor__governs', { hasText: '1000' }).waitFor());
  await within('pausing', () => page.locator('#play').click(), () => page.locator('#play[aria-label="Play"]').waitFor());
  await within('zooming in', () => page.locator('.heat__block').nth(2).click(), () => page.locator('#node-worker-101').waitFor());
  assert.equal(await page.locator('.node').count(), 50);
  await within('selecting', () => page.locator('#node-worker-101 .node__name').click(), () => page.locator('#inspector .title', { hasText: 'node/worker-101' }).waitFor());
  await within('stopping a node', () => type(page, 'yard node stop worker-101'), () => page.locator('#node-worker-101.node--off').waitFor());
  await within('zooming out', () => page.keyboard.press('Escape').then(() => page.locator('#zoom-out').click()), () => page.locator('.heat__down', { hasText: '1' }).waitFor());
  assert.ok(await page.evaluate(() => document.querySelectorAll('*').length) < 4000, 'the page stays small');
});

test('five thousand nodes stand before anybody loses patience', async (t) => {
  const page = await yard.open(t, { ...START, nodes: '5000', paused: '1' }, { whole: false });
  await page.locator('.heat__block').nth(100).waitFor(LONG);
  await page.getByRole('button', { name: /^worker-4951 to worker-5000: 50 nodes, 0 pods/ }).click();
  await page.locator('#node-worker-5000').waitFor();
});
