// Lessons: foretell, err, ask, get there; a shown solution is taken back; a cause is pointed at; every lesson opens.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { type } from './support/hands.mjs';
import { useYard } from './support/yard.mjs';

const yard = useYard();
const START = { start: '2026-01-01T00:00:00Z', lang: 'en' };
const PLAYED = { timeout: 40_000 };

/** Opens a lesson from the map. */
async function lesson(page, name) {
  await page.locator('#lessons').click();
  await page.getByRole('button', { name }).click();
  await page.locator('.lesson h3').waitFor();
}

test('a learner foretells, errs, asks for a hint and solves it; her own cluster comes back, and so does the record', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl run mine --image=nginx');
  await page.locator('[data-pod="mine"][data-look="running"]').waitFor(PLAYED);
  await lesson(page, /A Job runs to its end/);
  assert.equal(await page.locator('[data-pod="mine"]').count(), 0, 'a lesson has a cluster of its own');
  await page.getByRole('button', { name: 'The pod is gone: it has done its work' }).click();
  await page.getByRole('button', { name: 'To the end' }).click();
  await page.locator('.lesson__answer--right', { hasText: 'The pod is Completed' }).waitFor(PLAYED);
  await page.locator('.lesson__answer--wrong', { hasText: 'The pod is gone' }).waitFor();
  await page.getByRole('button', { name: 'Next step' }).click();
  await page.locator('.lesson__missing', { hasText: 'Seen: 1' }).waitFor();
  assert.equal(await page.locator('.lesson__missing', { hasText: 'Expected' }).count(), 0, 'what is expected waits for a try');
  await page.getByRole('button', { name: 'Hint 1 of 3' }).click();
  await page.locator('.lesson__missing', { hasText: 'Expected: 0 Job (hello)' }).waitFor();
  await page.locator('.lesson__hints', { hasText: 'What owns the pod?' }).waitFor();
  await type(page, 'kubectl delete pod -l job-name=hello');
  await page.locator('.lesson__mistake', { hasText: 'The pod is gone, but the Job stays' }).waitFor();
  await type(page, 'kubectl delete job hello');
  await page.locator('.lesson__done').waitFor();
  await page.locator('.lesson__card', { hasText: 'kubectl delete job hello' }).waitFor();
  await page.getByRole('button', { name: 'Close' }).first().click();
  await page.locator('[data-pod="mine"]').waitFor();
  await page.reload();
  await page.locator('#lessons').click();
  await page.locator('.lesson__entry', { hasText: 'A Job runs to its end' }).locator('.lesson__sign--solved').waitFor();
});

test('by keys alone the focus stays in the lesson: what is played, what came of it, the next step', async (t) => {
  const page = await yard.open(t, { ...START, lesson: 'jobs/hello' });
  const on = (selector) => page.waitForFunction((one) => document.activeElement?.matches(one), selector, PLAYED);
  const press = async (name) => {
    await page.getByRole('button', { name }).focus();
    await page.keyboard.press('Enter');
  };
  await page.locator('.lesson h3').waitFor();
  await press('The pod is gone: it has done its work');
  await on('.lesson__playing');
  await page.locator('.lesson__answer--chosen[aria-pressed="true"]', { hasText: 'The pod is gone' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await on('.lesson__verdict');
  await press('Next step');
  await on('.lesson h3');
});

test('the solution asks first, is taken back, and does not count', async (t) => {
  const page = await yard.open(t, { ...START, lesson: 'replication/labels' });
  await page.getByRole('button', { name: 'Nothing', exact: true }).click();
  await page.getByRole('button', { name: 'To the end' }).click();
  await page.locator('.lesson__answer--right').waitFor(PLAYED);
  await page.getByRole('button', { name: 'Next step' }).click();
  await page.getByRole('button', { name: 'Show me', exact: true }).click();
  await page.getByRole('button', { name: 'Show me, and do not count it as solved' }).click();
  await page.getByRole('button', { name: 'To the end' }).click();
  await page.locator('.lesson__done').waitFor(PLAYED);
  assert.equal(await page.locator('[data-pod^="kubia-"]').count(), 4);
  await page.getByRole('button', { name: 'Back to mine' }).click();
  await page.locator('.lesson__done').waitFor({ state: 'detached' });
  assert.equal(await page.locator('[data-pod^="kubia-"]').count(), 3);
  await type(page, 'kubectl label $(kubectl get pods -l app=kubia -o name | head -1) app=debug --overwrite');
  await page.locator('#speed').fill('13');
  await page.locator('.lesson__done').waitFor(PLAYED);
  await page.getByRole('button', { name: 'All lessons' }).click();
  const entry = page.locator('.lesson__entry', { hasText: 'Labels in, labels out' });
  await entry.waitFor();
  assert.equal(await entry.locator('.lesson__sign--solved').count(), 0);
});

test('a cause is pointed at before the mending counts, in Korean', async (t) => {
  const page = await yard.open(t, { ...START, lang: 'ko', lesson: 'pods/liveness' });
  for (const _ of ['five good answers', 'and when nothing helps']) {
    await page.locator('.lesson__answer').first().click();
    await page.getByRole('button', { name: '끝으로' }).click();
    await page.locator('.lesson__answer--right').waitFor(PLAYED);
    await page.getByRole('button', { name: '다음 단계' }).click();
    await page.locator('.lesson__answer--right').waitFor({ state: 'detached' });
  }
  await page.locator('.lesson__question', { hasText: '어느 이벤트가 재시작의 이유를 보여 주나요?' }).waitFor();
  await page.locator('#proof').fill('Killing');
  await page.getByRole('button', { name: '이것이 증거입니다' }).click();
  await page.locator('.lesson__mistake', { hasText: '재시작되었다는 사실입니다' }).waitFor();
  await page.locator('.event', { hasText: 'Unhealthy' }).first().locator('.event__message').click();
  await page.locator('#proof').waitFor({ state: 'detached' });
  await type(page, "sed 's,/healthz,/,' patient.yaml > mended.yaml; kubectl replace --force -f mended.yaml");
  await page.locator('#speed').fill('15');
  await page.locator('.lesson__done').waitFor(PLAYED);
});

test('every lesson opens at its first step', async (t) => {
  const page = await yard.open(t, START);
  await page.locator('#lessons').click();
  await page.locator('.lesson__entry').first().waitFor();
  const titles = await page.locator('.lesson__name').allInnerTexts();
  assert.ok(titles.length >= 26, `${titles.length} lessons`);
  for (const title of titles) {
    await page.locator('.lesson__entry', { has: page.getByText(title, { exact: true }) }).click();
    await page.locator('.lesson .title', { hasText: title }).waitFor();
    const ready = page.locator('.lesson__answer, .lesson__task');
    await ready.first().waitFor();
    await page.getByRole('button', { name: 'All lessons' }).click();
    await page.locator('.lesson__entry').first().waitFor();
  }
});

test('lessons fit a phone and are free of what axe finds', async (t) => {
  const axe = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  const page = await yard.open(t, { ...START, lang: 'ko', lesson: 'jobs/hello' }, { viewport: { width: 390, height: 844 } });
  await page.locator('.lesson__answer').first().waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  await page.evaluate(axe);
  const broken = () => page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
  });
  assert.deepEqual(await broken(), []);
  await page.getByRole('button', { name: '모든 레슨' }).click();
  await page.locator('.lesson__entry').first().waitFor();
  assert.deepEqual(await broken(), []);
  await page.getByRole('button', { name: '닫기' }).click();
  await page.locator('.node').first().waitFor();
});
