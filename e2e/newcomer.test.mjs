// What a newcomer does in the first minutes: each promise once, on the built page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { example, paste, type } from './support/hands.mjs';
import { useYard } from './support/yard.mjs';

const yard = useYard();

const JOB = `apiVersion: batch/v1
kind: Job
metadata:
  name: note
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: note
        image: busybox
        args: ["sh", "-c", "echo Hello, World && sleep 3"]
`;

test('a Job that is pasted and applied runs on a node to its end', async (t) => {
  const page = await yard.open(t, { start: '2026-01-01T00:00:00Z', lang: 'en' });
  await paste(page, JOB);
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await page.locator('.terminal__line--out', { hasText: 'job.batch/note created' }).waitFor();
  const tile = page.locator('[data-pod^="note-"]');
  await page.locator('.node [data-pod^="note-"][data-look="creating"]').waitFor();
  await page.locator('.node [data-pod^="note-"][data-look="running"]').waitFor();
  await page.locator('[data-drawer="note"] [data-pod^="note-"][data-look="completed"]').waitFor();
  assert.equal(await tile.count(), 1);
  await type(page, 'kubectl logs job/note');
  await page.locator('.terminal__line--out', { hasText: 'Hello, World' }).waitFor();
});

test('a deleted pod of a ReplicationController is replaced', async (t) => {
  const page = await yard.open(t, { start: '2026-01-01T00:00:00Z', lang: 'en', speed: '10' });
  await example(page, 'ReplicationController with 3 pods');
  await page.locator('[data-pod^="kubia-"][data-look="running"]').nth(2).waitFor();
  const victim = page.locator('[data-pod^="kubia-"]').first();
  const name = await victim.getAttribute('data-pod');
  await victim.click();
  await page.getByRole('button', { name: 'Delete pod' }).click();
  await page.locator(`[data-pod="${name}"]`).waitFor({ state: 'detached', timeout: 30_000 });
  await page.locator('[data-pod^="kubia-"][data-look="running"]').nth(2).waitFor();
  assert.equal(await page.locator('[data-pod^="kubia-"]').count(), 3);
});

test('a node that is added gets its daemon pod', async (t) => {
  const page = await yard.open(t, { start: '2026-01-01T00:00:00Z', lang: 'en', speed: '10' });
  await example(page, 'DaemonSet on every node');
  await page.locator('[data-pod^="node-agent-"][data-look="running"]').nth(2).waitFor();
  await page.getByRole('button', { name: 'Add node' }).click();
  await page.locator('#node-worker-4 [data-pod^="node-agent-"][data-look="running"]').waitFor({ timeout: 30_000 });
});

test('a CronJob fires when time runs fast', async (t) => {
  const page = await yard.open(t, { start: '2026-01-01T00:00:00Z', lang: 'en' });
  await example(page, 'CronJob every minute');
  await page.locator('.terminal__line--out', { hasText: 'cronjob.batch/cronjob-example created' }).waitFor();
  await page.locator('#speed').fill('15');
  await page.locator('[data-pod^="cronjob-example-"]').first().waitFor({ timeout: 30_000 });
  await page.locator('[data-pod^="cronjob-example-"][data-look="completed"]').first().waitFor({ timeout: 30_000 });
});

test('a container that exits 1 shows CrashLoopBackOff counting down', async (t) => {
  const page = await yard.open(t, { start: '2026-01-01T00:00:00Z', lang: 'en', speed: '2' });
  await example(page, 'A container that keeps crashing');
  const tile = page.locator('[data-pod="crash"][data-look="backoff"]');
  await tile.waitFor({ timeout: 30_000 });
  const ring = page.locator('[data-pod="crash"] .ring');
  const first = Number(await ring.innerText());
  await page.waitForFunction((before) => Number(document.querySelector('[data-pod="crash"] .ring')?.innerText ?? before) < before, first);
  await type(page, 'kubectl get pods');
  await page.locator('.terminal__line--out', { hasText: 'CrashLoopBackOff' }).waitFor();
});

test('pausing stands still, a step moves to the next event', async (t) => {
  const page = await yard.open(t, { start: '2026-01-01T00:00:00Z', lang: 'en', paused: '1' });
  const clock = page.locator('#clock');
  assert.equal(await clock.innerText(), '2026-01-01 00:00:00');
  await type(page, 'kubectl run web --image=nginx');
  await page.locator('[data-pod="web"][data-look="creating"]').waitFor();
  for (let step = 0; step < 12; step += 1) await page.locator('#step').click();
  await page.locator('[data-pod="web"][data-look="running"]').waitFor();
});

test('a mistake is explained in place and leaves the cluster as it was', async (t) => {
  const page = await yard.open(t, { start: '2026-01-01T00:00:00Z', lang: 'en' });
  await paste(page, JOB.replace('containers:', 'conatiners:'));
  await page.locator('.cm-lintRange-error').first().waitFor();
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await page.locator('.terminal__line--err', { hasText: 'unknown field "spec.template.spec.conatiners"' }).waitFor();
  assert.equal(await page.locator('[data-pod]').count(), 0);
});

test('Korean is complete and a phone shows one pane at a time', async (t) => {
  const page = await yard.open(t, { start: '2026-01-01T00:00:00Z', lang: 'ko' }, { viewport: { width: 390, height: 844 } });
  await page.getByRole('button', { name: '편집기' }).click();
  await page.getByRole('button', { name: '적용' }).waitFor();
  await page.getByRole('button', { name: '터미널' }).click();
  await type(page, 'kubectl get nodes');
  await page.locator('.terminal__line--out', { hasText: 'control-plane' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
});
