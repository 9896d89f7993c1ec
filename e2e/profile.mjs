// Which functions a first visit runs: node e2e/profile.mjs, with CHROME naming the browser and in dist/ a page that was
// built with PODYARD_PROFILE set (`cargo xtask profile` does both). Writes xtask/later.txt: the others can wait.
import { readFile, writeFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { lines } from '../xtask/split.mjs';
import { serve } from './support/server.mjs';

/** So long after the first pods the visit goes on. */
const SECONDS = 6;

const names = JSON.parse(await readFile('dist/functions.json', 'utf8'));
const server = await serve();
const browser = await chromium.launch({ executablePath: process.env.CHROME });
const ran = new Set();
try {
  for (const language of ['en-US', 'ko-KR']) {
    const context = await browser.newContext({ locale: language, viewport: { width: 1280, height: 800 } });
    await context.addInitScript((count) => {
      window.ran = new Uint8Array(count);
      // What waits for the whole program is no part of this.
      Object.defineProperty(window, 'podyardWhole', { get: () => new Promise(() => {}), set: () => {} });
      const watched = (imports) => ({ ...imports, profile: { ran: (at) => { window.ran[at] = 1; } } });
      for (const name of ['instantiate', 'instantiateStreaming']) {
        const own = WebAssembly[name].bind(WebAssembly);
        WebAssembly[name] = (source, imports) => own(source, watched(imports));
      }
    }, names.length);
    const page = await context.newPage();
    await page.goto(`${server.origin}/`);
    await page.locator('.node').first().waitFor();
    await page.waitForTimeout(SECONDS * 1000);
    const marks = await page.evaluate(() => Array.from(window.ran));
    marks.forEach((mark, at) => { if (mark) ran.add(at); });
    await context.close();
  }
} finally {
  await browser.close();
  await server.stop();
}
const text = lines(names.map(({ name, bytes }, at) => [name, bytes, ran.has(at)]));
const head = '# What a first visit does not run, written by `cargo xtask profile`: functions by name, without the digests that\n# change with every build; a star stands for all that begins so. What is not listed comes with the first part.\n';
await writeFile('xtask/later.txt', `${head}${text.join('\n')}\n`);
console.log(`${ran.size} of ${names.length} functions ran; xtask/later.txt has ${text.length} lines.`);
