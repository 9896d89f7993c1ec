// Which functions a first visit runs, and which run all the time when a cluster is busy (a call from one part to the
// other is slow): node e2e/profile.mjs, with CHROME naming the browser and in dist/ a page that was built with
// PODYARD_PROFILE set (`cargo xtask profile` does both). Writes xtask/later.txt: the others can wait.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { lines } from '../xtask/split.mjs';
import { serve } from './support/server.mjs';
import { daemonSet, job, MINUTELY, replay, replicationController, session, START } from './support/sessions.mjs';

/** So long, on a machine that is not slow, a visit waits for the command of its first minute, and goes on afterwards. */
const SECONDS = 3;
/** Who comes; and how often, for each cluster has its own chance. */
const VISITORS = ['en-US', 'ko-KR'].flatMap((locale) => [
  { locale, viewport: { width: 1280, height: 800 } },
  { locale, viewport: { width: 1920, height: 1080 }, colorScheme: 'dark' },
  { locale, viewport: { width: 390, height: 844 }, hasTouch: true, reducedMotion: 'reduce' },
  { locale, viewport: { width: 1280, height: 800 }, address: '?lang=en&start=2026-01-01T00:00:00Z' },
]);
const VISITS = 4;
/** How many times slower than this machine visitors have it. */
const SLOW = [4, 6, 8, 12];
/** What runs so often in one of these sessions stays with what always runs. */
const OFTEN = 4000;
const PATIENCE = 180_000;
const BUSY = [
  session(3, 3 * 3600, MINUTELY),
  session(10, 300, replicationController('web', 500)),
  session(120, 300, replicationController('web', 500), daemonSet('agent')),
  session(5, 600, job('work', 300, 30)),
];

const { count } = JSON.parse(await readFile('dist/profile.json', 'utf8'));
const server = await serve();
const browser = await chromium.launch({ executablePath: process.env.CHROME });
const folder = await mkdtemp(join(tmpdir(), 'podyard-'));
const ran = new Set();
const grown = [];
try {
  const visits = Array.from({ length: VISITS }, () => VISITORS).flat();
  visits.push(...SLOW.map((slow) => ({ slow })));
  // Two at a time.
  await Promise.all([0, 1].map(async () => {
    while (visits.length > 0) {
      const before = ran.size;
      await visit(visits.shift());
      grown.push(ran.size - before);
    }
  }));
  for (const busy of BUSY) {
    const before = ran.size;
    await work(busy);
    grown.push(ran.size - before);
  }
} finally {
  await browser.close();
  await server.stop();
  await rm(folder, { recursive: true });
}
const text = lines(await readFile('dist/profile.wasm'), (number) => ran.has(number));
const head = '# What a first visit does not run, written by `cargo xtask profile`: functions by name, without the digests that\n# change with every build; a star stands for all that begins so; behind ~ are stretches inside functions that run.\n# What is not listed comes with the first part.\n';
await writeFile('xtask/later.txt', `${head}${text.join('\n')}\n`);
console.log(`What each visit added: ${grown.join(' ')}.`);
console.log(`${ran.size} of ${count} functions and stretches ran; xtask/later.txt has ${text.length} lines.`);

/** A page in which calls are counted. */
async function counted(context) {
  await context.addInitScript((count) => {
    window.ran = new Uint32Array(count);
    const watched = (imports) => ({ ...imports, profile: { ran: (at) => { window.ran[at] += 1; } } });
    for (const name of ['instantiate', 'instantiateStreaming']) {
      const own = WebAssembly[name].bind(WebAssembly);
      WebAssembly[name] = (source, imports) => own(source, watched(imports));
    }
  }, count);
  return context.newPage();
}

/** Adds what ran so often in a page by now. */
async function gather(page, often) {
  const marks = await page.evaluate(() => Array.from(window.ran));
  marks.forEach((mark, at) => { if (mark >= often) ran.add(at); });
}

/** A busy session: adds what ran often. */
async function work(content) {
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE);
  const page = await counted(context);
  await page.goto(`${server.origin}/?lang=en&paused=&start=${START}`);
  await page.locator('[data-ready]').waitFor();
  await replay(page, folder, content);
  await gather(page, OFTEN);
  await context.close();
}

/** One visit: adds what it ran. */
async function visit({ address = '', slow = 1, ...visitor }) {
  const context = await browser.newContext(visitor);
  // What waits for the whole program is no part of this.
  await context.addInitScript(() => {
    Object.defineProperty(window, 'podyardWhole', { get: () => new Promise(() => {}), set: () => {} });
  });
  const page = await counted(context);
  // On a slow machine a picture has no room for all that is due: that is a first visit, too.
  await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: slow });
  await page.goto(`${server.origin}/${address}`);
  await page.locator('.node').first().waitFor({ timeout: PATIENCE });
  const time = SECONDS * 1000;
  // Not every visit has a terminal, or a first minute.
  const made = page.locator('.terminal__line', { hasText: 'deployment.apps/web created' });
  await made.waitFor({ state: 'attached', timeout: time * slow }).catch(() => {});
  await page.waitForTimeout(time);
  await gather(page, 1);
  await context.close();
}
