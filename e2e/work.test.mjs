// Writing and keeping: the editor with its checks and help, the buttons, and a session that survives.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { example, paste, type } from './support/hands.mjs';
import { useYard } from './support/yard.mjs';

const yard = useYard();
const START = { start: '2026-01-01T00:00:00Z', lang: 'en' };

const RC = `apiVersion: v1
kind: ReplicationController
metadata:
  name: kubia
spec:
  replicas: 2
  selector:
    app: kubia
  template:
    metadata:
      labels:
        app: kubia
    spec:
      containers:
      - name: kubia
        image: luksa/kubia
`;

/** The text of the open file as the workspace has it. */
async function cat(page, file) {
  await type(page, `clear; cat ${file}`);
  return page.locator('.terminal__line--out').last().innerText();
}

test('what the server would refuse is marked while one writes, and quiet while a line is unfinished', async (t) => {
  const page = await yard.open(t, START);
  await paste(page, RC.replace('replicas: 2', 'replicas: -2'));
  const mark = page.locator('.cm-lintRange-error');
  await mark.waitFor();
  assert.equal(await mark.first().innerText(), '-2');
  assert.match(await page.locator('.editor__problems').innerText(), /1/);
  await paste(page, `${RC}# `);
  await mark.waitFor({ state: 'detached' });
  await page.keyboard.press('Enter');
  await page.keyboard.type('statu', { delay: 60 });
  assert.equal(await mark.count(), 0, 'nothing is red while the word is written');
  await page.keyboard.press('Escape');
  await mark.first().waitFor();
});

test('a click mends a typo', async (t) => {
  const page = await yard.open(t, START);
  await paste(page, RC.replace('containers:', 'conatiners:'));
  await page.locator('.cm-lintRange-error').first().waitFor();
  await page.locator('.cm-lintRange-error').first().hover();
  await page.locator('.cm-diagnosticAction').first().click();
  await page.locator('.cm-lintRange-error').waitFor({ state: 'detached' });
  assert.match(await cat(page, 'job.yaml'), /^ {6}containers:$/m);
});

test('fields are completed and explained', async (t) => {
  const page = await yard.open(t, START);
  await paste(page, RC.replace('  replicas: 2\n', ''));
  await page.locator('.cm-line span', { hasText: /^selector$/ }).hover();
  await page.locator('.field-card__docs', { hasText: /label/i }).waitFor();
  assert.match(await page.locator('.field-card__path').innerText(), /^spec\.selector /);
  // The card lies over the lines above its field until the pointer leaves.
  await page.mouse.move(5, 5);
  await page.locator('.field-card').waitFor({ state: 'detached' });
  await page.locator('.cm-line', { hasText: 'spec:' }).first().click();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.keyboard.type('repl', { delay: 40 });
  await page.locator('.cm-tooltip-autocomplete li', { hasText: 'replicas' }).waitFor();
  await page.waitForTimeout(150); // CodeMirror takes no key in the first moments of a list
  await page.keyboard.press('Enter');
  await page.keyboard.type('4');
  await page.locator('.cm-line', { hasText: /^ {2}replicas: 4$/ }).waitFor();
  await page.waitForTimeout(1000); // what is typed reaches the files when the hand rests
  assert.match(await cat(page, 'job.yaml'), /^ {2}replicas: 4$/m);
});

test('files are tabs; edit opens one, and its cross asks before it removes', async (t) => {
  const page = await yard.open(t, START);
  await example(page, 'ReplicationController with 3 pods');
  await page.getByRole('button', { name: 'rc.yaml', exact: true, pressed: true }).waitFor();
  await page.getByRole('button', { name: 'job.yaml', exact: true }).click();
  await page.locator('.cm-content', { hasText: 'job-hello-world' }).waitFor();
  await type(page, 'kubectl edit rc kubia');
  await page.locator('.cm-content', { hasText: 'Please edit the object below' }).waitFor();
  await page.locator('.terminal__line--explain', { hasText: 'change it there, then press Apply' }).waitFor();
  await page.waitForFunction(() => document.activeElement?.matches('.cm-content'));
  const tabs = await page.locator('.files__name').count();
  await page.getByRole('button', { name: 'job.yaml', exact: true }).click();
  await page.getByRole('button', { name: 'Delete job.yaml' }).click();
  assert.equal(await page.locator('.files__name').count(), tabs);
  await page.getByRole('button', { name: 'Delete job.yaml' }).click();
  await page.getByRole('button', { name: 'job.yaml', exact: true }).waitFor({ state: 'detached' });
  assert.equal(await page.locator('.files__name').count(), tabs - 1);
});

test('buttons of a card run what they say, and the terminal shows it', async (t) => {
  const page = await yard.open(t, { ...START, speed: '10' });
  await example(page, 'ReplicationController with 3 pods');
  await page.locator('[data-pod^="kubia-"][data-look="running"]').nth(2).waitFor();
  await page.getByRole('button', { name: 'Scale +1' }).click();
  await page.locator('.terminal__line--in', { hasText: 'kubectl scale replicationcontroller kubia --replicas=4' }).waitFor();
  await page.locator('[data-pod^="kubia-"]').nth(3).waitFor();
  await page.locator('.card__main').first().click();
  await page.locator('#inspector .title', { hasText: 'replicationcontroller/kubia' }).waitFor();
  assert.equal(await page.locator('.pod-tile--concerned').count(), 4, 'its pods are ringed');
  await example(page, 'CronJob every minute');
  await page.getByRole('button', { name: 'Run now' }).click();
  await page.locator('[data-pod^="cronjob-example-now-"]').waitFor();
  await page.getByRole('button', { name: 'Suspend' }).first().click();
  await page.getByRole('button', { name: 'Resume' }).waitFor();
});

test('the inspector tells why, link by link', async (t) => {
  const page = await yard.open(t, { ...START, speed: '10' });
  await example(page, 'Job: Hello, World');
  await page.locator('[data-pod^="job-hello-world-"][data-look="completed"]').click();
  await page.getByRole('button', { name: 'Why?' }).click();
  await page.locator('.why__cause').nth(2).waitFor();
  await page.locator('#inspector .link', { hasText: 'job.batch/job-hello-world' }).first().click();
  await page.locator('#inspector .title', { hasText: 'job' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#events').waitFor();
});

test('everything of the page can be reached by keys', async (t) => {
  const page = await yard.open(t, { ...START, paused: '1' });
  await type(page, 'kubectl create deployment web --image=nginx --replicas=3');
  await page.locator('[data-pod^="web-"]').nth(2).waitFor();
  await page.locator('#command').blur();
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('Next event').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('1');
  const focused = () => page.evaluate(() => document.activeElement?.dataset.pod ?? document.activeElement?.innerText);
  const first = await focused();
  await page.keyboard.press('ArrowRight');
  assert.notEqual(await focused(), first);
  assert.equal(await page.locator('#yard [data-rove][tabindex="0"]').count(), 1, 'Tab stops once');
  await page.keyboard.press('Home');
  await page.keyboard.press('End');
  await page.locator('#split-columns').focus();
  const width = () => page.locator('.pane--yard').evaluate((pane) => pane.getBoundingClientRect().width);
  const before = await width();
  await page.keyboard.press('ArrowRight');
  assert.ok(await width() > before);
  await page.locator('#live', { hasText: /pods: Creating 3/ }).waitFor({ state: 'attached' });
});

/** What must be the same before and after. */
async function state(page) {
  await type(page, 'clear; kubectl get pods,rc -o yaml');
  const yaml = await page.locator('.terminal__line--out').last().innerText();
  return { yaml, clock: await page.locator('#clock').innerText(), tabs: await page.locator('.files__name').allInnerTexts() };
}

test('a session survives a reload, and a file of it opens elsewhere', async (t) => {
  const page = await yard.open(t, { ...START, speed: '10' });
  await example(page, 'ReplicationController with 3 pods');
  await page.locator('[data-pod^="kubia-"][data-look="running"]').nth(2).waitFor();
  await page.locator('#play').click();
  await paste(page, `${RC}# mine\n`);
  await page.waitForTimeout(400);
  const before = await state(page);
  assert.match(before.yaml, /kubia-/);
  await type(page, 'echo 한글');
  await type(page, 'kubectl get pods');
  await page.reload();
  await page.locator('[data-pod^="kubia-"][data-look="running"]').nth(2).waitFor();
  await page.locator('.cm-content', { hasText: '# mine' }).waitFor();
  await page.locator('#command').press('ArrowUp');
  await page.locator('#command').press('ArrowUp');
  assert.match(await page.locator('#command').inputValue(), /^echo 한글$/, 'what was typed comes back, too');
  assert.deepEqual(await state(page), before);
  const saved = page.waitForEvent('download');
  await page.locator('#share').click();
  await page.locator('#export').click();
  const file = await (await saved).path();
  const other = await yard.open(t, { lang: 'en', paused: '1', seed: '9' });
  const chooser = other.waitForEvent('filechooser');
  await other.locator('#share').click();
  await other.locator('#import').click();
  await (await chooser).setFiles({ name: 'session.json', mimeType: 'application/json', buffer: await readFile(file) });
  await other.locator('[data-pod^="kubia-"][data-look="running"]').nth(2).waitFor();
  assert.deepEqual(await state(other), before);
});

test('a browser that keeps nothing says so once and works', async (t) => {
  const page = await yard.open(t, START, {
    before: () => {
      for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });
      }
    },
  });
  await example(page, 'ReplicationController with 3 pods');
  await page.locator('.terminal__line--explain', { hasText: 'keeps nothing' }).waitFor();
  await page.locator('[data-pod^="kubia-"]').nth(2).waitFor();
  await type(page, 'kubectl get rc');
  await page.locator('.terminal__line--out', { hasText: 'DESIRED' }).waitFor();
  assert.equal(await page.locator('.terminal__line--explain', { hasText: 'keeps nothing' }).count(), 1);
});

test('the page is free of what axe finds, light and dark, in both languages', async (t) => {
  const axe = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  for (const [lang, theme, apply] of [['en', 'light', 'Apply'], ['ko', 'dark', '적용']]) {
    const page = await yard.open(t, { ...START, lang, theme, speed: '10' }, { bypassCSP: true });
    await page.locator('[data-ready] .cm-content').waitFor();
    for (const file of ['job.yaml', 'cronjob.yaml', 'rc.yaml', 'crash.yaml']) {
      await page.locator('#examples').selectOption(file);
      await page.getByRole('button', { name: apply, exact: true }).click();
    }
    await type(page, 'yard node stop worker-3; kubectl get nothing');
    await page.locator('[data-pod="crash"][data-look="backoff"]').click();
    await page.locator('#play').click();
    await page.waitForTimeout(1500);
    await page.evaluate(axe);
    const found = await page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
    });
    assert.deepEqual(found, [], `${lang} ${theme}`);
  }
});

test('a phone of 320 px shows and does everything', async (t) => {
  const page = await yard.open(t, { ...START, lang: 'en' }, { viewport: { width: 320, height: 640 }, hasTouch: true });
  const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  for (const pane of ['Editor', 'Terminal', 'Details', 'Nodes']) {
    await page.locator('.tabs').getByRole('button', { name: pane }).click();
    assert.ok(await fits(), pane);
  }
  await page.locator('.tabs').getByRole('button', { name: 'Editor' }).click();
  await example(page, 'ReplicationController with 3 pods');
  await page.locator('.tabs').getByRole('button', { name: 'Nodes' }).click();
  await page.locator('[data-pod^="kubia-"]').first().click();
  await page.locator('#inspector').waitFor();
  assert.ok(await fits());
});
