// The editor: what is wrong and the click that mends it, what Apply would change, what the field under the cursor
// governs, examples, the live object, and the way out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { example, paste, type } from './support/hands.mjs';
import { useYard } from './support/yard.mjs';

const yard = useYard();
const START = { start: '2026-01-01T00:00:00Z', lang: 'en', speed: '10' };

const SET = `apiVersion: apps/v1
kind: DameonSet
metadata:
  name: agent
spec:
  selector:
    matchLabels: {app: agent}
  template:
    metadata:
      labels: {app: agent}
    spec:
      conatiners:
      - name: main
        image: nginx
        imagePullPolicy: Sometimes
`;

/** The text of a file as the workspace has it. */
async function cat(page, file) {
  await type(page, `clear; cat ${file}`);
  return page.locator('.terminal__line--out').last().innerText();
}

/** Puts the cursor behind a text of the editor. */
async function cursor(page, text) {
  await page.locator('.cm-line', { hasText: text }).first().click();
  await page.keyboard.press('End');
}

const lit = (page) => page.evaluate(() => [...document.querySelectorAll('[data-uid], .node')]
  .filter((one) => getComputedStyle(one).outlineStyle === 'dashed')
  .map((one) => one.dataset.pod ?? one.id));

test('every problem has its line and column, the cluster’s words, the plain reason and a click that mends it', async (t) => {
  const page = await yard.open(t, START);
  await paste(page, SET);
  const problems = page.locator('.problem');
  await problems.first().waitFor();
  assert.match(await problems.first().innerText(), /2:7/);
  await problems.first().getByRole('button', { name: 'Change DameonSet to DaemonSet' }).click();
  const second = problems.filter({ hasText: 'conatiners' });
  await second.waitFor();
  assert.match(await second.innerText(), /12:7[\s\S]*unknown field "spec\.template\.spec\.conatiners"[\s\S]*There is no field conatiners here\. Did you mean containers\?/);
  assert.deepEqual(await second.locator('p code').allInnerTexts(), ['conatiners', 'containers']);
  await second.getByRole('button', { name: /^Go to line 12/ }).click();
  assert.equal(await page.evaluate(() => getSelection().toString()), 'conatiners');
  await second.getByRole('button', { name: 'Change conatiners to containers' }).click();
  // What only the server's validation knows.
  const third = problems.filter({ hasText: 'Unsupported value: "Sometimes"' });
  await third.waitFor();
  assert.match(await third.innerText(), /15:26/);
  assert.match(await cat(page, 'job.yaml'), /^kind: DaemonSet$[\s\S]*^ {6}containers:$/m);
});

test('it is quiet while a line is unfinished, and checks all of it on Apply', async (t) => {
  const page = await yard.open(t, START);
  await paste(page, SET.replace('DameonSet', 'DaemonSet').replace('conatiners', 'containers').replace('Sometimes', 'Always'));
  await page.locator('.cm-content', { hasText: 'Always' }).waitFor();
  await cursor(page, 'imagePullPolicy');
  await page.keyboard.press('Enter');
  await page.keyboard.type('hostnam', { delay: 70 });
  assert.equal(await page.locator('.problem').count(), 0, 'nothing is said while the word is written');
  await page.keyboard.press('ControlOrMeta+Enter');
  await page.locator('.problem', { hasText: "could not find expected ':'" }).waitFor();
});

test('Diff shows against the live object what Apply would change', async (t) => {
  const page = await yard.open(t, START);
  await example(page, 'ReplicationController with 3 pods');
  await page.locator('[data-pod^="kubia-"]').nth(2).waitFor();
  const text = await cat(page, 'rc.yaml');
  await paste(page, `${text.trimEnd().replace('replicas: 3', 'replicas: 5')}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: new\n`);
  await page.getByRole('button', { name: 'Diff' }).click();
  const view = page.locator('#difference');
  await view.getByText('replicationcontroller/kubia would change').waitFor();
  assert.deepEqual(await view.locator('.difference__line--removed').allInnerTexts(), ['−   replicas: 3\n']);
  assert.equal((await view.locator('.difference__line--added').first().innerText()).trim(), '+   replicas: 5');
  await view.getByText('configmap/new would be created').waitFor();
  await page.locator('.terminal__line--in', { hasText: 'kubectl diff -f rc.yaml' }).waitFor();
  await view.getByRole('button', { name: 'Back to the text' }).click();
  await page.locator('.cm-content', { hasText: 'replicas: 5' }).waitFor();
  await page.getByRole('button', { name: 'Diff' }).click();
  await view.getByRole('button', { name: 'Apply', exact: true }).click();
  await page.locator('[data-pod^="kubia-"]').nth(4).waitFor();
  await view.waitFor({ state: 'detached' });
  await page.locator('.editor').getByRole('button', { name: 'Delete', exact: true }).click();
  await page.locator('.terminal__line--in', { hasText: 'kubectl delete -f rc.yaml' }).waitFor();
  await page.locator('[data-pod^="kubia-"]').first().waitFor({ state: 'detached', timeout: 30_000 });
});

test('with the cursor on a field the tiles that it governs light up', async (t) => {
  const page = await yard.open(t, START);
  await example(page, 'ReplicationController with 3 pods');
  await page.locator('[data-pod^="kubia-"][data-look="running"]').nth(2).waitFor();
  await type(page, 'kubectl run other --image=nginx');
  await page.locator('[data-pod="other"]').waitFor();
  await cursor(page, 'replicas: 3');
  await page.locator('.editor__governs', { hasText: 'replicas: how many pods there are to be. The 3 of now are lit.' }).waitFor();
  const pods = await lit(page);
  assert.equal(pods.length, 3);
  assert.ok(pods.every((name) => name.startsWith('kubia-')), `${pods}`);
  await type(page, 'kubectl scale rc kubia --replicas=4');
  await page.locator('.editor__governs', { hasText: 'The 4 of now are lit.' }).waitFor();
  assert.equal((await lit(page)).length, 4);
  await cursor(page, 'kind: ReplicationController');
  await page.locator('.editor__governs').waitFor({ state: 'detached' });
  assert.deepEqual(await lit(page), []);
  await page.locator('#examples').selectOption({ label: 'Toleration: onto the control plane' });
  await cursor(page, 'operator: Exists');
  await page.locator('.editor__governs', { hasText: 'tolerations opens 1 tainted node: control-plane.' }).waitFor();
  assert.deepEqual(await lit(page), ['node-control-plane']);
});

test('the live object opens for edit from the inspector, and every example is understood', async (t) => {
  const page = await yard.open(t, START);
  await page.locator('[data-ready] .cm-content').waitFor();
  const labels = await page.locator('#examples option').allInnerTexts();
  assert.ok(labels.length > 15, `${labels}`);
  for (const label of labels.slice(1)) {
    await page.locator('#examples').selectOption({ label });
    await page.waitForTimeout(120);
    assert.equal(await page.locator('.problem').count(), 0, label);
  }
  await example(page, 'Deployment with 3 pods');
  await page.locator('[data-pod^="web-"]').first().waitFor();
  await page.locator('.card__main', { hasText: 'web' }).first().click();
  await page.locator('#inspector').getByRole('button', { name: 'Edit', exact: true }).click();
  await page.locator('.cm-content', { hasText: 'Please edit the object below' }).waitFor();
  await page.getByRole('button', { name: 'deployment-web.yaml', exact: true, pressed: true }).waitFor();
});

test('Escape, then Tab leaves the editor, and it says so; without Escape, Tab indents', async (t) => {
  const page = await yard.open(t, START);
  await page.locator('[data-ready] .cm-content').click();
  const inside = () => page.evaluate(() => document.activeElement?.closest('.cm-editor') !== null);
  await page.locator('.editor__leave', { hasText: 'Esc, then Tab leaves the editor' }).waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await inside(), true);
  // Tab leaves within two seconds of Escape: nothing is waited for between the two.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  assert.equal(await inside(), false);
  await page.locator('#live', { hasText: 'Now Tab leaves the editor.' }).waitFor({ state: 'attached' });
});

test('a phone of 390 px: a problem is seen, mended and applied', async (t) => {
  const page = await yard.open(t, { ...START, lang: 'ko' }, { viewport: { width: 390, height: 780 }, hasTouch: true });
  await page.locator('.tabs').getByRole('button', { name: '편집기' }).click();
  await paste(page, SET.replace('DameonSet', 'DaemonSet').replace('Sometimes', 'Always'));
  const problem = page.locator('.problem', { hasText: 'conatiners' });
  await problem.waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false);
  await problem.getByRole('button').last().tap();
  await problem.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: '적용', exact: true }).tap();
  await page.locator('.tabs').getByRole('button', { name: '노드' }).click();
  await page.locator('[data-pod^="agent-"]').nth(2).waitFor();
  await page.locator('[data-pod^="agent-"]').first().tap();
  await page.locator('#inspector').getByRole('button', { name: '편집', exact: true }).tap();
  await page.locator('.cm-content', { hasText: 'Please edit the object below' }).waitFor();
});
