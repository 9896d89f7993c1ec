// The terminal: a line editor as in a shell, names and words in what is printed, help after an error.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type } from './support/hands.mjs';
import { useYard } from './support/yard.mjs';

const yard = useYard();
const START = { start: '2026-01-01T00:00:00Z', lang: 'en', speed: '30' };

const line = (page) => page.locator('#command');
const said = (page) => line(page).inputValue();
const printed = (page, text) => page.locator('.terminal__line--out', { hasText: text }).last();

/** Pastes a text where the cursor is, as the clipboard would bring it. */
async function pasteText(page, text) {
  await line(page).focus();
  await page.evaluate((content) => {
    const data = new DataTransfer();
    data.setData('text/plain', content);
    document.getElementById('command').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, text);
}

test('the history is walked with arrows and searched with Ctrl-R', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl get nodes');
  await type(page, 'echo two');
  await line(page).fill('draft');
  await line(page).press('ArrowUp');
  assert.equal(await said(page), 'echo two');
  await line(page).press('ArrowUp');
  assert.equal(await said(page), 'kubectl get nodes');
  await line(page).press('ArrowDown');
  await line(page).press('ArrowDown');
  assert.equal(await said(page), 'draft');
  await line(page).press('Control+r');
  await page.keyboard.type('nod');
  await page.locator('.terminal__found code', { hasText: 'kubectl get nodes' }).waitFor();
  await line(page).press('ArrowRight');
  assert.equal(await said(page), 'kubectl get nodes');
  await line(page).press('Control+r');
  await page.keyboard.type('two');
  await line(page).press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('.terminal__line--out').length === 3);
  assert.equal(await said(page), '');
});

test('Tab completes commands, kinds, names, namespaces, flags, label keys and files, and shows the candidates', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl create deployment web --image=nginx --replicas=2');
  await printed(page, 'web created').waitFor();
  for (const [typed, wanted] of [
    ['kubectl desc', 'kubectl describe '],
    ['kubectl get deplo', 'kubectl get deployments '],
    ['kubectl describe deployment w', 'kubectl describe deployment web '],
    ['kubectl get pods -n kube-sy', 'kubectl get pods -n kube-system '],
    ['kubectl get pods --show-l', 'kubectl get pods --show-labels '],
    ['kubectl get pods -l ap', 'kubectl get pods -l app='],
    ['kubectl apply -f jo', 'kubectl apply -f job.yaml '],
    ['kubectl get pods -o kya', 'kubectl get pods -o kyaml '],
  ]) {
    await line(page).fill(typed);
    await line(page).press('Tab');
    assert.equal(await said(page), wanted);
  }
  await line(page).fill('kubectl rollout re');
  await line(page).press('Tab');
  const options = page.locator('.terminal__candidate');
  assert.deepEqual(await options.allInnerTexts(), ['restart', 'resume']);
  await line(page).press('Tab');
  assert.equal(await said(page), 'kubectl rollout restart');
  assert.equal(await page.locator('[aria-selected=true]').innerText(), 'restart');
  assert.equal(await line(page).getAttribute('aria-activedescendant'), 'offer-0');
  await line(page).press('Escape');
  assert.equal(await said(page), 'kubectl rollout res');
  assert.equal(await options.count(), 0);
  await line(page).press('Tab');
  await options.nth(1).click();
  assert.equal(await said(page), 'kubectl rollout resume ');
});

test('the keys of a shell edit the line; Ctrl-L empties the screen, Ctrl-C gives up', async (t) => {
  const page = await yard.open(t, START);
  await line(page).fill('kubectl get pods');
  await line(page).press('Control+w');
  assert.equal(await said(page), 'kubectl get ');
  await line(page).press('Control+a');
  await page.keyboard.type('echo ');
  assert.equal(await said(page), 'echo kubectl get ');
  await line(page).press('Control+k');
  assert.equal(await said(page), 'echo ');
  await line(page).press('Control+y');
  await line(page).press('Control+e');
  await page.keyboard.type('nodes');
  assert.equal(await said(page), 'echo kubectl get nodes');
  await line(page).press('Control+u');
  assert.equal(await said(page), '');
  await type(page, 'echo hello');
  await printed(page, 'hello').waitFor();
  await line(page).fill('half a line');
  await line(page).press('Control+l');
  await printed(page, 'hello').waitFor({ state: 'detached' });
  assert.equal(await said(page), 'half a line');
  await line(page).press('Control+c');
  assert.equal(await said(page), '');
  await page.locator('.terminal__line--in', { hasText: 'half a line^C' }).waitFor();
  await type(page, 'kubectl get pods -w');
  await page.waitForFunction(() => document.querySelector('.terminal__prompt span').innerText === '…');
  await line(page).press('Control+c');
  await page.waitForFunction(() => document.querySelector('.terminal__prompt span').innerText === '$');
});

test('what was copied from a study note runs: prompts go, output and comments stay out', async (t) => {
  const page = await yard.open(t, START);
  await pasteText(page, `$ # first a deployment
$ kubectl create deploy kubia-deploy --image=luksa/kubia
deployment.apps/kubia-deploy created

me@ubuntu:~/notes$ kubectl scale deploy kubia-deploy --replicas=3
deployment.apps/kubia-deploy scaled
$ kubectl get deploy    # it takes a moment
NAME           READY   UP-TO-DATE   AVAILABLE   AGE
kubia-deploy   1/1     1            1           8s
`);
  assert.equal(await said(page), 'kubectl create deploy kubia-deploy --image=luksa/kubia\nkubectl scale deploy kubia-deploy --replicas=3\nkubectl get deploy');
  await page.locator('.terminal__line--explain', { hasText: 'commands: 3' }).waitFor();
  await line(page).press('Enter');
  await printed(page, 'kubia-deploy scaled').waitFor();
  await printed(page, 'kubia-deploy   0/3').waitFor();
  await pasteText(page, 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: pasted\n');
  await line(page).press('Enter');
  await printed(page, 'namespace/pasted created').waitFor();
});

test('a click on a name selects it on the grid', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl run web --image=nginx');
  await printed(page, 'pod/web created').waitFor();
  await type(page, 'kubectl get pods');
  await page.locator('.terminal__name', { hasText: /^web$/ }).last().click();
  await page.locator('.details', { hasText: 'web' }).waitFor();
  // By keyboard: from name to name, Enter selects.
  await type(page, 'kubectl get nodes');
  await page.locator('.terminal__name', { hasText: 'worker-3' }).last().waitFor();
  await page.locator('#screen').focus();
  await page.keyboard.press('ArrowLeft');
  assert.match(await page.evaluate(() => document.activeElement.innerText), /\S/);
});

test('text can be selected and copied as it was printed', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl get nodes --no-headers');
  const row = printed(page, 'worker-1');
  await row.waitFor();
  const copied = await row.evaluate((element) => {
    getSelection().selectAllChildren(element);
    return getSelection().toString();
  });
  assert.match(copied, /^control-plane +Ready +control-plane +\S+ +v1\.\d+\.\d+\nworker-1 /);
  // With a selection Ctrl-C copies and gives nothing up.
  await line(page).fill('kept');
  await line(page).selectText();
  await line(page).press('Control+c');
  assert.equal(await said(page), 'kept');
});

test('readers hear the beginning of an output once; thousands of rows stay quick', async (t) => {
  const page = await yard.open(t, START);
  assert.equal(await page.getByRole('log').getAttribute('aria-live'), 'off');
  await type(page, 'seq 1 10');
  await page.locator('#terminal-live', { hasText: '1. 2. 3. And 7 more lines.' }).waitFor({ state: 'attached' });
  await type(page, 'seq 1 1900');
  await printed(page, '1900').waitFor();
  await type(page, 'for i in $(seq 1 200); do echo row $i; done');
  await printed(page, 'row 200').waitFor();
  const rows = await page.locator('#screen').evaluate((screen) => screen.innerText.split('\n').length);
  assert.ok(rows <= 2300, `${rows} rows`);
  const begun = Date.now();
  for (const letter of 'kubectl get pods') await page.keyboard.type(letter);
  assert.ok(Date.now() - begun < 4000, 'typing is not held up by what stands on the screen');
});

test('a shell in a container is sat at: prompt, folder, exit', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl run box --image=busybox -- sleep 10000');
  await type(page, 'kubectl wait --for=condition=Ready pod/box');
  await printed(page, 'condition met').waitFor();
  await type(page, 'kubectl exec -it box -- sh');
  await page.waitForFunction(() => document.querySelector('.terminal__prompt span').innerText.trim() === '/ #');
  await type(page, 'cd /tmp; echo hello > x');
  await page.waitForFunction(() => document.querySelector('.terminal__prompt span').innerText.trim() === '/tmp #');
  await type(page, 'cat x');
  await printed(page, 'hello').waitFor();
  await page.locator('.terminal__line--typed', { hasText: '/tmp # cat x' }).waitFor();
  await line(page).press('Control+d');
  await page.waitForFunction(() => document.querySelector('.terminal__prompt span').innerText === '$');
});

test('after an error one sentence says what it means, and a click puts the line that mends it', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl gett pods');
  await page.locator('.terminal__line--explain', { hasText: 'Did you mean `get`?' }).waitFor();
  await page.locator('.terminal__fix').click();
  assert.equal(await said(page), 'kubectl get pods');
  await line(page).press('Enter');
  await page.locator('.terminal__line--err', { hasText: 'No resources found' }).waitFor();
  await page.getByRole('button', { name: '한국어' }).click();
  await type(page, 'kubectl get pdos');
  await page.locator('.terminal__line--explain', { hasText: '`pods`를 쓰려고 했나요?' }).waitFor();
});

test('a mistake in a manifest leads to its line and character in the editor', async (t) => {
  const page = await yard.open(t, START);
  await type(page, "cat > bad.yaml <<'EOF'\napiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nspec:\n  conatiners: []\nEOF");
  await type(page, 'kubectl apply -f bad.yaml');
  await page.locator('.terminal__name', { hasText: 'bad.yaml:6:3' }).first().click();
  await page.waitForFunction(() => getSelection()?.anchorNode?.parentElement?.closest('.cm-line')?.innerText.includes('conatiners'));
});

test('words of the output are explained without a change of the text', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl run web --image=nginx:nope');
  await type(page, 'sleep 20; kubectl get pods');
  const word = page.locator('.terminal__word', { hasText: 'ImagePull' }).or(page.locator('.terminal__word', { hasText: 'ErrImagePull' })).last();
  await word.waitFor();
  assert.match(await printed(page, 'STATUS').innerText(), /^NAME +READY +STATUS +RESTARTS +AGE\nweb +0\/1 /);
  await word.hover();
  await page.getByRole('tooltip').filter({ hasText: 'could not be pulled' }).waitFor();
  await page.getByRole('button', { name: '한국어' }).click();
  // The words are fetched when somebody reads them.
  await page.locator('.yard__bar .title', { hasText: '노드' }).waitFor();
  await word.hover();
  await page.getByRole('tooltip').filter({ hasText: '내려받지 못했습니다' }).waitFor();
});

test('`yard why` prints the chain of causes', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl create deployment web --image=nginx --replicas=1');
  await type(page, 'sleep 10; yard why deployment/web');
  await printed(page, 'kubectl create deployment web').waitFor();
});

test('a phone has the keys that its keyboard lacks', async (t) => {
  const page = await yard.open(t, START, { viewport: { width: 390, height: 760 }, hasTouch: true, isMobile: true });
  await page.locator('.tabs').getByRole('button', { name: 'Terminal' }).click();
  await line(page).fill('kubectl get nod');
  await page.locator('.terminal__keys').getByRole('button', { name: /Tab/ }).click();
  assert.equal(await said(page), 'kubectl get nodes ');
  for (const sign of ['|', '-', '/']) await page.locator('.terminal__keys').getByRole('button', { name: sign, exact: true }).click();
  assert.equal(await said(page), 'kubectl get nodes |-/');
  await page.locator('.terminal__keys').getByRole('button', { name: /Ctrl-C/ }).click();
  assert.equal(await said(page), '');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `${wide} px`);
});
