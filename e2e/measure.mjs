// How long the pictures of a busy yard take: node e2e/measure.mjs [NODES] [PODS], with CHROME naming the browser and the
// release page in dist/. Figures to read, not a test: machines differ.
//
// A picture is what the main thread does between two frames: scripts, styles and layout, from the browser's own trace.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { serve } from './support/server.mjs';

const [nodes = '100', pods = '2000'] = process.argv.slice(2);
const SECONDS = 8;
const SCRIPT = ['FunctionCall', 'FireAnimationFrame', 'TimerFire', 'EventDispatch', 'RunMicrotasks', 'EvaluateScript'];
const LAYOUT = ['UpdateLayoutTree', 'Layout', 'PrePaint'];

const server = await serve();
const browser = await chromium.launch({ executablePath: process.env.CHROME, args: ['--disable-gpu'] });
const folder = await mkdtemp(join(tmpdir(), 'podyard-'));
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const begun = performance.now();
  await page.goto(`${server.origin}/?nodes=${nodes}&start=2026-01-01T00:00:00Z&lang=en`);
  await page.locator('.node').first().waitFor();
  console.log(`first picture after ${Math.round(performance.now() - begun)} ms`);
  await page.locator('[data-ready]').waitFor();
  const command = async (text) => {
    await page.locator('#command').fill(text);
    await page.locator('#command').press('Enter');
  };
  for (const [name, speed] of [['start', 1], ['restart', 5]]) {
    await command(`yard speed ${speed}`);
    const file = join(folder, `${name}.json`);
    await browser.startTracing(page, { path: file, categories: ['devtools.timeline', 'toplevel'] });
    await command(name === 'start' ? `kubectl create deployment web --image=nginx --replicas=${pods}` : 'kubectl rollout restart deployment/web');
    await page.waitForTimeout(SECONDS * 1000);
    await browser.stopTracing();
    report(name, JSON.parse(await readFile(file, 'utf8')).traceEvents);
  }
} finally {
  await browser.close();
  await server.stop();
  await rm(folder, { recursive: true });
}

function report(name, events) {
  const main = events.find((one) => one.name === 'FireAnimationFrame' || one.name === 'FunctionCall');
  const own = events.filter((one) => one.tid === main?.tid && one.pid === main?.pid && one.ph === 'X');
  const frames = events.filter((one) => one.name === 'AnimationFrame' && one.ph === 'b' && one.pid === main?.pid).map((one) => one.ts).sort((a, b) => a - b);
  const work = own.filter((one) => SCRIPT.includes(one.name) || LAYOUT.includes(one.name)).sort((a, b) => a.ts - b.ts);
  const costs = new Array(frames.length).fill(0);
  let [end, frame] = [0, 0];
  for (const { ts, dur = 0 } of work) {
    while (frame + 1 < frames.length && frames[frame + 1] <= ts) frame += 1;
    // What lies inside another piece is counted with it.
    const from = Math.max(ts, end);
    if (ts + dur > from) costs[frame] += (ts + dur - from) / 1000;
    end = Math.max(end, ts + dur);
  }
  const busy = costs.filter((cost) => cost > 0.1).sort((a, b) => a - b);
  const at = (part) => (busy[Math.floor(busy.length * part)] ?? 0).toFixed(1);
  const tasks = own.filter((one) => one.name.endsWith('RunTask')).map((one) => one.dur / 1000).sort((a, b) => b - a);
  console.log(`${name.padEnd(8)} ${busy.length} pictures in ${SECONDS} s: median ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms; longest task ${tasks[0]?.toFixed(0)} ms, ${tasks.filter((one) => one > 50).length} over 50 ms`);
}
