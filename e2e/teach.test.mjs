// Around lessons: going on after a reload, handing in, lessons from files and from play, progress as a file, what a shown
// solution changed, cards.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { type } from './support/hands.mjs';
import { useYard } from './support/yard.mjs';

const yard = useYard();
const START = { start: '2026-01-01T00:00:00Z', lang: 'en' };
const PATIENT = { timeout: 40_000 };
const GUIDE = new URL('../docs/lessons.md', import.meta.url);

async function button(page, name) {
  await page.getByRole('button', { name, exact: true }).click();
}
async function saved(page, name) {
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, name)]);
  return [download.suggestedFilename(), await readFile(await download.path(), 'utf8')];
}
/** Drops a file on the page, as a person would from her desk. */
async function drop(page, name, text) {
  const transfer = await page.evaluateHandle(([file, content]) => {
    const data = new DataTransfer();
    data.items.add(new File([content], file, { type: 'text/yaml' }));
    return data;
  }, [name, text]);
  await page.dispatchEvent('.panes', 'drop', { dataTransfer: transfer });
}
async function choose(page, name, file, text) {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), button(page, name)]);
  await chooser.setFiles({ name: file, mimeType: 'text/plain', buffer: Buffer.from(text) });
}
/** The first step of a lesson, foretold right. */
async function foretell(page) {
  await button(page, 'The pod is Completed and stays in the list');
  await button(page, 'To the end');
  await page.locator('.lesson__answer--right').waitFor(PATIENT);
  await button(page, 'Next step');
}

test('a reload goes on in the middle of a step, and what was handed in opens elsewhere where it was', async (t) => {
  const page = await yard.open(t, START);
  await page.locator('#lessons').click();
  await page.locator('.lesson__entry', { hasText: 'A Job runs to its end' }).click();
  await foretell(page);
  await button(page, 'Hint 1 of 3');
  await type(page, 'kubectl delete pod -l job-name=hello');
  await page.locator('.lesson__mistake').waitFor();
  await page.reload();
  await page.getByText('Step 2 of 2', { exact: true }).waitFor(PATIENT);
  await page.locator('.lesson__hints', { hasText: 'What owns the pod?' }).waitFor();
  await page.locator('.lesson__mistake', { hasText: 'The pod is gone, but the Job stays' }).waitFor();
  await page.locator('.terminal__line--explain', { hasText: 'You go on where you were' }).waitFor();
  await page.locator('#speed').fill('7');
  await type(page, 'yard play; kubectl delete job hello; sleep 5');
  await page.locator('.lesson__done').waitFor(PATIENT);
  const [name, session] = await saved(page, 'Save to hand in');
  assert.equal(name, 'jobs-hello.session.json');
  const { lesson } = JSON.parse(session);
  assert.equal(lesson.id, 'jobs/hello');
  assert.deepEqual(lesson.log.flatMap((one) => one.mark ?? []), ['reveal', 'leave', 'enter']);
  await button(page, 'All lessons');
  await page.locator('.teach__card').locator('summary').click();
  await page.locator('.teach__card', { hasText: 'kubectl delete job hello' }).waitFor();

  const other = await yard.open(t, { ...START, lang: 'ko' });
  await other.locator('#lessons').click();
  await other.locator('.lesson__entry').first().waitFor();
  const [chooser] = await Promise.all([other.waitForEvent('filechooser'), other.getByRole('button', { name: '레슨 파일 열기…' }).click()]);
  await chooser.setFiles({ name, mimeType: 'application/json', buffer: Buffer.from(session) });
  await other.locator('.lesson__done', { hasText: '레슨을 마쳤습니다' }).waitFor(PATIENT);
});

test('a lesson file that is dropped runs at once; a wrong one names line and column', async (t) => {
  const page = await yard.open(t, START);
  const example = (await readFile(GUIDE, 'utf8')).split('```yaml\n')[2].split('```')[0];
  await drop(page, 'mine.yaml', example.replace('tasks:', 'taks:'));
  await page.locator('.lesson__mistake', { hasText: /mine\.yaml:\d+:\d+: .*unknown field `taks`/ }).waitFor(PATIENT);
  await drop(page, 'mine.yaml', example);
  await page.locator('.lesson .title', { hasText: 'Two, please' }).waitFor();
  await page.locator('[data-pod^="web-"][data-look="running"]').waitFor(PATIENT);
  await type(page, 'kubectl scale deployment web --replicas=2');
  await page.locator('.lesson__done').waitFor(PATIENT);
  await drop(page, 'other.yaml', 'apiVersion: v1\nkind: Pod\n');
  await page.locator('.terminal__line--explain', { hasText: 'other.yaml' }).waitFor();
});

test('what was played becomes a lesson file, which runs', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl create deployment web --image=nginx --replicas=2');
  await page.locator('[data-pod^="web-"][data-look="running"]').nth(1).waitFor(PATIENT);
  await page.locator('#lessons').click();
  await page.locator('.lesson__entry').first().waitFor();
  const [name, text] = await saved(page, 'Make a lesson from this');
  assert.equal(name, 'lesson.yaml');
  assert.match(text, /kubectl create deployment web/);
  await choose(page, 'Open a lesson file…', name, text);
  await page.locator('.lesson .title', { hasText: 'My lesson' }).waitFor();
  await page.locator('.lesson__task', { hasText: 'Deployment web shows READY 2/2' }).waitFor();
  await type(page, 'kubectl create deployment web --image=nginx --replicas=2');
  await page.locator('.lesson__done').waitFor(PATIENT);
});

test('progress is saved, forgotten after a question, and loaded again', async (t) => {
  const page = await yard.open(t, START);
  await page.locator('#lessons').click();
  await page.locator('.lesson__entry', { hasText: 'A Job runs to its end' }).click();
  await foretell(page);
  await type(page, 'kubectl delete job hello; sleep 5');
  await page.locator('#speed').fill('7');
  await page.locator('.lesson__done').waitFor(PATIENT);
  await button(page, 'All lessons');
  const [name, text] = await saved(page, 'Save progress');
  assert.equal(name, 'podyard-progress.json');
  await button(page, 'Forget what I did');
  await page.locator('.lesson__sign--solved').waitFor();
  await button(page, 'Really forget everything');
  await page.locator('.lesson__sign--solved').waitFor({ state: 'detached' });
  await choose(page, 'Load progress…', name, text);
  await page.locator('.lesson__sign--solved').waitFor();
  await page.locator('.lesson__mistake', { hasText: '1 lesson is solved' }).waitFor();
});

test('a shown solution names and marks what it changed, and the marks go with it', async (t) => {
  const page = await yard.open(t, { ...START, lesson: 'replication/labels' });
  await button(page, 'Nothing');
  await button(page, 'To the end');
  await page.locator('.lesson__answer--right').waitFor(PATIENT);
  await button(page, 'Next step');
  await button(page, 'Show me');
  await button(page, 'Show me, and do not count it as solved');
  await button(page, 'To the end');
  await page.locator('.teach__marks', { hasText: /~Pod\/kubia-\w+changed/ }).waitFor(PATIENT);
  await page.locator('.teach__marks', { hasText: /\+Pod\/kubia-\w+made/ }).waitFor();
  await page.locator('[data-pod^="kubia-"][data-marked]').nth(1).waitFor();
  await button(page, 'Back to mine');
  await page.locator('.teach__marks').waitFor({ state: 'detached' });
  await page.waitForFunction(() => !document.querySelector('[data-marked]'));
});
