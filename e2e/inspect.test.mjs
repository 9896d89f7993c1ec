// The inspector: why it is so and why nothing happens, the live object, events, logs, probes, relations.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { example, type } from './support/hands.mjs';
import { useYard } from './support/yard.mjs';

const yard = useYard();
const START = { start: '2026-01-01T00:00:00Z', lang: 'en', speed: '10' };

/** Selects the first pod whose name begins so, once it looks so. */
async function select(page, prefix, look) {
  const tile = page.locator(`[data-pod^="${prefix}"]${look ? `[data-look="${look}"]` : ''}`).first();
  await tile.waitFor();
  await page.locator('#play').click();
  await tile.click();
  await page.locator('#inspector').waitFor();
}

const facet = (page, name) => page.locator('#inspector .details__tabs').getByRole('button', { name, exact: true }).click();

test('the chain goes from what I did to this state; each link selects its object and leads to its moment', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl create cronjob hello --image=busybox --schedule="*/1 * * * *" -- sh -c "sleep 2; exit 1"');
  await select(page, 'hello-', 'backoff');
  const links = page.locator('.why__cause');
  await links.nth(4).waitFor();
  const texts = await links.allInnerTexts();
  const told = texts.join('\n').replace(/\s+/g, ' ');
  for (const part of [
    'You created cronjob/hello (kubectl create cronjob hello',
    'cronjob/hello fired for 00:01:00 and created job/hello-29453761',
    'job/hello-29453761 created pod/hello-29453761-',
    'The scheduler bound pod/hello-29453761-',
    'has a taint that the pod does not tolerate',
    'ended with exit code 1 (Error)',
    'The kubelet waits 10s before it starts hello again',
  ]) assert.ok(told.includes(part), `${part}\n${told}`);
  await page.locator('.reasons__now', { hasText: 'the next try is at 00:01:' }).waitFor();
  // An object in a link.
  await links.nth(1).getByRole('button', { name: 'job/hello-29453761' }).click();
  await page.locator('#inspector .title', { hasText: 'job.batch/hello-29453761' }).waitFor();
  await links.nth(1).getByRole('button', { name: 'cronjob/hello' }).waitFor({ state: 'detached' });
  // A moment: the page stands there, and the Job has only just come to be.
  const moment = page.locator('.why__cause', { hasText: 'fired for 00:01:00' }).locator('.moment');
  assert.match(await moment.innerText(), /^00:01:00$/);
  await moment.click();
  await page.waitForFunction(() => document.querySelector('#clock')?.innerText.includes('00:01:00'));
});

test('the ring beside a pod that waits counts as its tile does, also while the clock stands', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl run crash --image=busybox -- sh -c "exit 1"');
  await select(page, 'crash', 'backoff');
  const left = await page.locator('[data-pod="crash"] .ring').innerText();
  assert.match(left, /^\d+$/);
  await page.locator('#inspector .waits .ring', { hasText: new RegExp(`^${left}$`) }).waitFor();
});

test('for a decision of the scheduler there is the table of nodes and checks, plain words first', async (t) => {
  const page = await yard.open(t, START);
  await page.locator('[data-ready] .cm-content').waitFor();
  await example(page, 'A pod that fits nowhere');
  await select(page, 'too-big');
  await page.locator('.reasons__now', { hasText: 'No node fits' }).waitFor();
  await page.locator('.verdicts__node', { hasText: 'worker-1: has not enough left (Insufficient cpu)' }).waitFor();
  const table = page.locator('.checks table');
  assert.equal(await table.locator('tbody tr').count(), 4);
  assert.equal(await table.locator('thead code').count(), 0, 'no plugin names at first');
  await page.getByRole('button', { name: 'Plugin names' }).click();
  await table.locator('thead code', { hasText: 'NodeResourcesFit' }).waitFor();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.locator('#play').click();
  await example(page, 'ReplicationController with 3 pods');
  await select(page, 'kubia-', 'running');
  await page.locator('.checks thead th', { hasText: 'room left ×1' }).waitFor();
  assert.ok(Number(await page.locator('.checks__chosen .checks__points').last().innerText()) > 0);
});

test('why nothing happened: a CronJob tells of each slot, a controller why it makes no pod', async (t) => {
  const page = await yard.open(t, { ...START, speed: '60' });
  await page.locator('[data-ready] .cm-content').waitFor();
  await example(page, 'CronJob that forbids overlap');
  await page.waitForFunction(() => document.querySelector('#clock')?.innerText.includes('00:03:'), undefined, { timeout: 30_000 });
  await page.locator('#play').click();
  await type(page, 'yard why cronjob/slow --at 00:02');
  await page.locator('.terminal__line--out', { hasText: '00:02:00: not fired, because job/slow-29453761 still ran, the policy is Forbid, and the deadline of 20 s then passed' }).waitFor();
  await page.locator('.card__main', { hasText: 'slow' }).first().click();
  await page.locator('.reasons__fact', { hasText: '00:02:00: not fired, because job/slow-29453761 still ran' }).waitFor();
  await page.locator('.reasons__fact', { hasText: '00:01:00: job/slow-29453761 was created' }).waitFor();
  await type(page, 'kubectl create deployment web --image=nginx --replicas=2');
  await page.locator('#play').click();
  await page.locator('[data-pod^="web-"][data-look="running"]').nth(1).waitFor();
  await type(page, 'yard why deployment/web');
  await page.locator('.terminal__line--out', { hasText: 'What holds now:' }).waitFor();
});

test('the live object shows in grey what the cluster added, and marks what changed since I looked', async (t) => {
  const page = await yard.open(t, START);
  await example(page, 'ReplicationController with 3 pods');
  await page.locator('[data-pod^="kubia-"][data-look="running"]').nth(2).waitFor();
  await page.locator('#play').click();
  await page.locator('.card__main', { hasText: 'kubia' }).first().click();
  await facet(page, 'YAML');
  const line = (text) => page.locator('.yaml .yaml__line', { hasText: text }).first();
  await line('kind: ReplicationController').waitFor();
  assert.doesNotMatch(await line('kind: ReplicationController').getAttribute('class'), /added/);
  assert.match(await line('terminationGracePeriodSeconds: 30').getAttribute('class'), /yaml__line--added/);
  assert.match(await line('status:').getAttribute('class'), /yaml__line--added/);
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await type(page, 'kubectl scale rc kubia --replicas=5');
  await page.locator('.card__main', { hasText: 'kubia' }).first().click();
  await page.locator('.yaml__line--changed', { hasText: 'replicas: 5' }).first().waitFor();
  assert.match(await page.locator('.yaml__line--changed', { hasText: 'replicas: 5' }).first().innerText(), /was 3/);
  assert.match(await page.locator('.yaml__key').innerText(), /changed since you last looked/);
});

test('logs stream, with container, run before, times and the end in view', async (t) => {
  const page = await yard.open(t, START);
  await type(page, "kubectl run talk --image=busybox --restart=Always -- sh -c 'for i in 1 2 3 4 5 6; do echo line $i; sleep 2; done; exit 3'");
  await page.locator('[data-pod="talk"][data-look="running"]').waitFor();
  await page.locator('[data-pod="talk"]').click();
  await facet(page, 'Logs');
  const log = page.locator('#log');
  await page.locator('#log', { hasText: 'line 1' }).waitFor();
  await page.locator('#log', { hasText: 'line 5' }).waitFor();
  await page.getByRole('button', { name: 'Run before' }).waitFor({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Run before' }).click();
  await page.getByRole('button', { name: 'Times' }).click();
  await log.locator('.log__time').nth(5).waitFor();
  assert.match(await log.innerText(), /^2026-01-01T00:00:\d\dZ line 1$/m);
  assert.equal(await page.locator('.log__command').innerText(), 'kubectl logs talk --previous --timestamps');
  const follow = (pressed) => page.locator('.log__bar').getByRole('button', { name: 'Follow', pressed });
  await follow(true).click();
  await follow(false).waitFor();
});

test('probes are a strip of the last results, each with its time; events and relations are at hand', async (t) => {
  const page = await yard.open(t, { ...START, speed: '60' });
  await page.locator('[data-ready] .cm-content').waitFor();
  await example(page, 'Liveness probe that fails');
  await page.locator('[data-pod="kubia-liveness"]').click();
  await page.locator('.probe__result').nth(19).waitFor({ timeout: 30_000 });
  await page.locator('#play').click();
  assert.equal(await page.locator('.probe__result').count(), 20);
  const bad = page.locator('.probe__result--bad').first();
  assert.match(await bad.getAttribute('title'), /^00:0\d:\d\d failed\n.*statuscode: 500/);
  assert.match(await page.locator('.probe').getAttribute('aria-label'), /liveness: \d+ of the last 20 results are good/);
  await facet(page, 'Events');
  await page.locator('.event--own', { hasText: 'Unhealthy' }).first().waitFor();
  await page.locator('.event--own', { hasText: / \(x\d+ over / }).first().waitFor();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.locator('#play').click();
  await example(page, 'Service before a Deployment');
  await select(page, 'web-', 'running');
  await facet(page, 'Related');
  for (const name of [/^replicaset\.apps\/web-/, /^deployment\.apps\/web$/, /^node\/worker-/, /^pod\/web-/, /^service\/web$/]) {
    await page.locator('.related').getByRole('button', { name }).first().waitFor();
  }
  await page.locator('.related').getByRole('button', { name: 'deployment.apps/web' }).click();
  await page.locator('.related').getByRole('button', { name: /^pod\/web-/ }).nth(1).waitFor();
});

test('the same in Korean on a phone', async (t) => {
  const page = await yard.open(t, { ...START, lang: 'ko' }, { viewport: { width: 390, height: 780 }, hasTouch: true });
  await page.locator('.tabs').getByRole('button', { name: '터미널' }).click();
  await type(page, 'kubectl create job pi --image=busybox -- sh -c "exit 1"');
  await page.locator('.tabs').getByRole('button', { name: '노드' }).click();
  await select(page, 'pi-', 'failed');
  await page.locator('.why__cause', { hasText: 'job/pi를 직접 만들었습니다' }).waitFor();
  await page.locator('.why__cause', { hasText: '종료 코드 1로 끝났습니다' }).first().waitFor();
  await page.locator('.reasons__now', { hasText: '파드가 끝났습니다' }).waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false);
});
