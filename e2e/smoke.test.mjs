import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type } from './support/hands.mjs';
import { useYard } from './support/yard.mjs';

const yard = useYard();

test('the page opens and stays quiet', async (t) => {
  const page = await yard.open(t);
  assert.equal(await page.title(), 'Podyard');
  await page.getByText('worker-1').first().waitFor();
});

test('scripts that are not the page\'s own do not run', async (t) => {
  const page = await yard.open(t, {}, { tolerate: /Content Security Policy/ });
  const blocked = page.waitForEvent('console', (message) => message.text().includes('Content Security Policy'));
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'document.title = "overtaken"';
    document.head.append(script);
  });
  await blocked;
  assert.equal(await page.title(), 'Podyard');
});

test('the first picture needs only the first part of the program, and what needs the rest brings it', async (t) => {
  const page = await yard.open(t, {}, {
    tolerate: /net::ERR_FAILED|Synchronous XMLHttpRequest|Failed to fetch|_later\.wasm/,
    // What the page fetches beforehand does not arrive.
    routes: [[/_later\.wasm$/, (route) => (route.request().resourceType() === 'xhr' ? route.continue() : route.abort())]],
    whole: false,
  });
  await page.getByText('worker-1').first().waitFor();
  if (await page.locator('meta[name="podyard-later"]').count() === 0) return t.skip('a build that is no release is in one piece');
  // The first minute goes as it does with the whole program: what it reads has come, too.
  await page.locator('.terminal__line', { hasText: 'deployment.apps/web created' }).waitFor();
  assert.equal(await page.locator('html[data-whole]').count(), 0, 'a first visit ran a function of xtask/later.txt: run `cargo xtask profile`');
  await type(page, 'kubectl get nodes -o name');
  await page.locator('.terminal__line', { hasText: 'node/worker-3' }).waitFor();
  assert.equal(await page.locator('html[data-whole]').count(), 1);
});
