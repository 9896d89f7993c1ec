// Leaving the page and coming back: a link carries the whole session and opens the very moment, a damaged one loses
// nothing, old ones open for ever; and there need be no network.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { type } from './support/hands.mjs';
import { useYard } from './support/yard.mjs';

const yard = useYard();
const START = { start: '2026-01-01T00:00:00Z', lang: 'en' };
const PATIENT = { timeout: 40_000 };

/** What `kubectl get pods -A -o wide` and the clock say. */
async function moment(page) {
  await type(page, 'clear; kubectl get pods -A -o wide');
  await page.locator('.terminal__line--out').last().waitFor();
  return [await page.locator('#clock').innerText(), await page.locator('.terminal__line--out').last().innerText()];
}

test('a copied link opens the very moment in another browser', async (t) => {
  const page = await yard.open(t, START, { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.locator('#speed').fill('6');
  await type(page, 'kubectl apply -f job.yaml; kubectl create deployment web --image=nginx --replicas=3; sleep 20; yard pause');
  await page.locator('[data-pod^="web-"][data-look="running"]').nth(2).waitFor(PATIENT);
  await page.waitForFunction(() => document.querySelector('.terminal__prompt span')?.innerText === '$', undefined, PATIENT);
  const before = await moment(page);
  await page.locator('#share').click();
  await page.locator('.terminal__line--explain', { hasText: 'The link is copied' }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /\/#s1=[\w-]+$/);
  assert.ok(link.length < 2048, `${link.length} characters`);
  const other = await yard.open(t, { lang: 'en' });
  await other.goto('about:blank');
  await other.goto(link);
  await other.locator('.terminal__line--explain', { hasText: 'shared moment' }).waitFor();
  assert.deepEqual(await moment(other), before);
  assert.equal(new URL(other.url()).hash, '', 'a reload is the own session');
});

test('a damaged link says so and loses nothing', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl run mine --image=nginx');
  await page.locator('[data-pod="mine"]').waitFor(PATIENT);
  for (const broken of ['#s1=abc', '#s1=', '#s1=%%%', '#s1=q1YqSC1OLVGyUlBKzs8tyEzOTFWqBQA']) {
    await page.evaluate((hash) => { location.hash = hash; }, broken);
    await page.waitForFunction(() => location.hash === '');
    await page.locator('.terminal__line--err').last().waitFor();
    await type(page, 'clear');
    await page.locator('.terminal__line--err').waitFor({ state: 'detached' });
  }
  assert.equal(await page.locator('[data-pod="mine"]').count(), 1);
});

test('links that were ever made open', async (t) => {
  const folder = new URL('./links/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.txt'));
  assert.ok(names.length > 0);
  for (const name of names) {
    const [fragment, pod] = (await readFile(new URL(name, folder), 'utf8')).trim().split('\n');
    const page = await yard.open(t, { lang: 'en' });
    await page.evaluate((hash) => { location.hash = hash; }, fragment);
    await page.locator(`[data-pod^="${pod}"]`).first().waitFor(PATIENT);
  }
});

test('after the first visit the page works without a network, lessons and Korean included', async (t) => {
  const page = await yard.open(t, START, { tolerate: /ERR_INTERNET_DISCONNECTED/ });
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.context().setOffline(true);
  await page.reload();
  await page.waitForFunction(() => window.wasmBindings !== undefined);
  await type(page, 'kubectl run web --image=nginx');
  await page.locator('[data-pod="web"][data-look="running"]').waitFor(PATIENT);
  await page.locator('[data-ready] .cm-content').waitFor(PATIENT);
  await page.getByRole('button', { name: '한국어' }).click();
  await page.locator('#lessons', { hasText: '레슨' }).click();
  await page.locator('.lesson__entry').first().waitFor();
  await page.context().setOffline(false);
});
