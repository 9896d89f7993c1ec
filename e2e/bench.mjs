// What the page costs, beside its budgets: node e2e/bench.mjs [WHAT ...], with CHROME naming the browser and the release
// page in dist/ (`cargo xtask bench-web` does both). Figures to read, not a test: machines differ, and a busy one lies.
//
// WHAT is any of transfer, start, frames, converge, back; without it, all are measured.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { serve } from './support/server.mjs';
import { daemonSet, MINUTELY, replay, replicationController, session, START } from './support/sessions.mjs';

const VISITS = 7;
/** How often a session that is measured is opened in one page, and what lies between. */
const TIMES = 5;
const NOTHING = session(3, 11);
const SECONDS_OF_MOTION = 8;
const PATIENCE_MILLISECONDS = 600_000;
/** What follows an `await` has a name of its own where no script runs around it. */
const SCRIPT = ['FunctionCall', 'FireAnimationFrame', 'TimerFire', 'EventDispatch', 'RunMicrotasks', 'BlinkScheduler_PerformMicrotaskCheckpoint', 'EvaluateScript'];
const LAYOUT = ['UpdateLayoutTree', 'Layout', 'PrePaint'];

const chosen = process.argv.slice(2);
const server = await serve();
const browser = await chromium.launch({ executablePath: process.env.CHROME, args: ['--disable-gpu'] });
const folder = await mkdtemp(join(tmpdir(), 'podyard-'));
const rows = [];

/** One line of the table; `budget` is the most that `value` may be, in the same unit. */
function row(what, value, unit, budget) {
  rows.push({ what, value, unit, budget });
  console.error(`  ${what}: ${shown(value, unit)}`);
}

function shown(value, unit) {
  return value === undefined ? '' : `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}

function print() {
  const cells = rows.map(({ what, value, unit, budget }) => [
    what, shown(value, unit), shown(budget, unit), budget === undefined ? '' : value <= budget ? 'within' : `OVER, ${(value / budget).toFixed(1)}×`,
  ]);
  const table = [['what', 'measured', 'budget', ''], ...cells];
  const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));
  for (const line of table) {
    console.log(line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ').trimEnd());
  }
}

async function open(parameters, { before } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-US' });
  context.setDefaultTimeout(PATIENCE_MILLISECONDS);
  const page = await context.newPage();
  await before?.(page);
  await page.goto(`${server.origin}/?${new URLSearchParams({ lang: 'en', start: START, ...parameters })}`);
  return page;
}

/** When everything of the page is there and it has come to rest. */
async function settled(page) {
  await page.locator('html[data-whole]').waitFor({ state: 'attached' });
  await page.locator('[data-ready]').waitFor();
}

async function command(page, text) {
  await page.locator('#command').fill(text);
  await page.locator('#command').press('Enter');
}

// ---- what is sent ----

async function transfer() {
  const asked = [];
  const page = await open({}, {
    before: (page) => page.on('response', async (response) => {
      if (response.url().startsWith(server.origin)) asked.push(response.body().then((bytes) => brotliCompressSync(bytes).length, () => 0));
    }),
  });
  await page.locator('.node').first().waitFor();
  const first = total(await Promise.all(asked));
  await settled(page);
  await page.waitForTimeout(1000);
  const all = total(await Promise.all(asked));
  row('first visit until the yard stands, brotli', first / 1000, 'KB', 450);
  row('loaded after it: the rest of the program, the editor, its documentation', (all - first) / 1000, 'KB');
  await page.context().close();
}

function total(numbers) {
  return numbers.reduce((total, one) => total + one, 0);
}

// ---- until something is to be seen ----

async function start() {
  const times = [];
  for (let visit = 0; visit < VISITS; visit += 1) {
    const page = await open({}, {
      // The first node is drawn with its pods.
      before: (page) => page.addInitScript(() => {
        new MutationObserver((_, observer) => {
          if (!document.querySelector('.node')) return;
          observer.disconnect();
          requestAnimationFrame(() => requestAnimationFrame(() => { window.firstPicture = performance.now(); }));
        }).observe(document, { childList: true, subtree: true });
      }),
    });
    await page.waitForFunction(() => window.firstPicture !== undefined);
    times.push(await page.evaluate(() => window.firstPicture));
    await page.context().close();
  }
  times.sort((a, b) => a - b);
  row(`from navigation to the first pods, median of ${VISITS} first visits`, times[Math.floor(VISITS / 2)], 'ms', 700);
}

// ---- pictures in motion ----

async function frames() {
  for (const [nodes, pods, budget] of [[100, 2000, 8], [1000, 10_000, undefined]]) {
    const page = await open({ nodes });
    await settled(page);
    for (const [name, speed, text] of [
      ['starting', 1, `kubectl create deployment web --image=nginx --replicas=${pods}`],
      ['replaced', 5, 'kubectl rollout restart deployment/web'],
    ]) {
      await command(page, `yard speed ${speed}`);
      const events = await traced(page, async () => {
        await command(page, text);
        await page.waitForTimeout(SECONDS_OF_MOTION * 1000);
      });
      const { pictures, longest } = pictureCosts(events);
      const at = `${nodes} nodes, ${pods} pods ${name}`;
      row(`scripts and layout of a picture, ${at}, p95 of ${pictures.length}`, pictures[Math.floor(pictures.length * 0.95)] ?? 0, 'ms', budget);
      row(`longest task, ${at}`, longest, 'ms', budget && 50);
    }
    await page.context().close();
  }
}

/** What the browser notes while `act` is done with a page. */
async function traced(page, act) {
  const file = join(folder, 'trace.json');
  await browser.startTracing(page, { path: file, categories: ['devtools.timeline', 'toplevel'] });
  await act();
  await browser.stopTracing();
  return JSON.parse(await readFile(file, 'utf8')).traceEvents;
}

/** What the page's thread did, of the thread that draws most: other pages of the browser may draw a picture, too. */
function ofPage(events) {
  const drawn = new Map();
  for (const one of events.filter(({ name }) => name === 'FireAnimationFrame')) {
    const thread = `${one.pid} ${one.tid}`;
    drawn.set(thread, [...drawn.get(thread) ?? [], one]);
  }
  const [main] = [...drawn.values()].sort((a, b) => b.length - a.length)[0] ?? [];
  return events.filter((one) => one.tid === main?.tid && one.pid === main?.pid && one.ph === 'X');
}

/**
 * When each piece of such work began, and how long it took, in milliseconds of the thread: what other programs take of a
 * busy machine is no cost of the page, and what lies inside another piece is counted with it.
 */
function pieces(own, names) {
  const work = own.filter((one) => one.tdur && names.includes(one.name)).sort((a, b) => a.ts - b.ts);
  let end = 0;
  return work.map(({ ts, tts, tdur }) => {
    const took = Math.max(tts + tdur - Math.max(tts, end), 0) / 1000;
    end = Math.max(end, tts + tdur);
    return { ts, took };
  });
}

/** The milliseconds of all such work. */
function sum(events, names) {
  return pieces(ofPage(events), names).reduce((all, { took }) => all + took, 0);
}

/** What the main thread does between two pictures, from the browser's own trace, in order. */
function pictureCosts(events) {
  const own = ofPage(events);
  const begins = events.filter((one) => one.name === 'AnimationFrame' && one.ph === 'b' && one.pid === own[0]?.pid).map((one) => one.ts).sort((a, b) => a - b);
  const costs = new Array(begins.length).fill(0);
  let picture = 0;
  for (const { ts, took } of pieces(own, [...SCRIPT, ...LAYOUT])) {
    while (picture + 1 < begins.length && begins[picture + 1] <= ts) picture += 1;
    costs[picture] += took;
  }
  const tasks = own.filter((one) => one.name.endsWith('RunTask')).map((one) => (one.tdur ?? 0) / 1000);
  return { pictures: costs.filter((cost) => cost > 0.1).sort((a, b) => a - b), longest: Math.max(0, ...tasks) };
}

// ---- the engine in WebAssembly: a session is opened, and replayed as fast as it goes ----

/**
 * Opens a session file in a fresh page, `times` times; gives the milliseconds of scripting that each took beyond those of
 * a session in which nothing happens (its dialog and its picture are no part of what is measured), and the page. The
 * first time the browser meets most of the program, and compiles it while it runs. What follows an `await` counts: it is
 * in the browser's trace, and not in its sum of scripting.
 */
async function replayed(content, times = 1) {
  const page = await open({ paused: '' });
  await settled(page);
  const cost = async (one) => sum(await replay(page, folder, one, (act) => traced(page, act)), SCRIPT);
  const [costs, nothing] = [[], []];
  while (costs.length < times) {
    nothing.push(await cost(NOTHING));
    costs.push(await cost(content));
  }
  const least = Math.min(...nothing);
  return { page, costs: costs.map((one) => one - least) };
}

async function converge() {
  for (const [what, content, budget, times] of [
    ['ReplicationController of 1,000, all running', session(10, 60, replicationController('web', 1000)), 100, TIMES],
    ['ReplicationController of 10,000, all running', session(100, 120, replicationController('web', 10_000)), 1000, TIMES],
    ['24 hours of a minutely CronJob', session(3, 86_400, MINUTELY), 100, TIMES],
    ['5,000 nodes, 150,000 pods, a DaemonSet on all nodes',
      session(5000, 600, ...Array.from({ length: 14 }, (_, at) => replicationController(`web-${at}`, 10_000)), replicationController('rest', 5000), daemonSet('agent')), 20_000, 1],
  ]) {
    const { page, costs: [first, ...again] } = await replayed(content, times);
    row(`${what}, scripting, first in a page`, first, 'ms', budget);
    if (again.length > 0) row(`${what}, scripting, again, best of ${again.length}`, Math.min(...again), 'ms', budget);
    await page.context().close();
  }
}

// ---- time ----

async function back() {
  const { page } = await replayed(session(30, 4000, replicationController('web', 1000), MINUTELY));
  const events = await traced(page, async () => {
    await command(page, 'yard back 1h');
    await page.locator('#clock').filter({ hasText: '00:06:40' }).first().waitFor();
  });
  row('back an hour, 1,000 pods and a minutely CronJob, scripting with the picture', sum(events, SCRIPT), 'ms', 50);
  row('layout of that picture', sum(events, LAYOUT), 'ms');
  await page.context().close();
}

// ---- all of it ----

try {
  for (const [name, measure] of Object.entries({ transfer, start, frames, converge, back })) {
    if (chosen.length === 0 || chosen.includes(name)) await measure();
  }
} finally {
  await browser.close();
  await server.stop();
  await rm(folder, { recursive: true });
}
print();
