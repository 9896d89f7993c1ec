// A lab in somebody else's page: of another origin, under a strict policy, with and without JavaScript. It takes
// nothing that is the host's, says what it promised, listens to nobody else, and old embeds work for ever.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { useYard } from './support/yard.mjs';

const yard = useYard();
const PATIENT = { timeout: 40_000 };

const JOB = `apiVersion: batch/v1
kind: Job
metadata:
  name: hello
spec:
  completions: 2
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: hello
        image: busybox
        command: ["sh", "-c", "echo '<Hello & welcome>'; sleep 600"]
`;
/** Something that never comes to rest. */
const RESTLESS = `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: web
    image: busybox
    command: ["sh", "-c", "sleep 2; exit 1"]
`;
const POD = 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx}]}\n';
const html = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const document = (origin, body) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Host</title><script src="${origin}/embed.js" async></script><body>${body}`;
/** As strict as a page can be. */
const strict = (origin) => ({
  'content-security-policy': `default-src 'none'; script-src ${origin}; frame-src ${origin}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'`,
});
const one = (body, options) => (t, more) => yard.host(t, (origin) => ({ '/': document(origin, typeof body === 'function' ? body(origin) : body) }), { ...options, ...more });
/** The page within. */
const inside = (page, which = 'podyard-lab') => page.frameLocator(`${which} iframe`);
const terminal = (lab) => lab.locator('.terminal__line--out').last();
/** Collects the events of a lab. */
const hear = () => {
  window.heard = [];
  for (const name of ['ready', 'state', 'task-passed', 'lesson-completed', 'result', 'error']) {
    window.document.addEventListener(`podyard-${name}`, ({ detail }) => window.heard.push({ name, ...detail }));
  }
};
const listen = (page) => page.evaluate(hear);
const state = (page) => page.evaluate(() => new Promise((resolve) => {
  const lab = window.document.querySelector('podyard-lab');
  lab.addEventListener('podyard-state', ({ detail }) => resolve(detail), { once: true });
  lab.state();
}));

const TEXT = one(`<p><input id="before"></p><podyard-lab panels="yard,terminal"><pre data-file="job.yaml">${html(JOB)}</pre></podyard-lab><p><input id="after"></p><p id="end">End</p>`, { headers: strict });

test('a manifest in the tag becomes a cluster, under a strict policy, as high as it needs to be', async (t) => {
  const page = await TEXT(t);
  await page.locator('#before').focus();
  const lab = inside(page);
  await lab.locator('[data-pod^="hello-"][data-look="running"]').first().waitFor(PATIENT);
  await lab.locator('.terminal__line--out', { hasText: 'job.batch/hello created' }).waitFor();
  assert.equal(await page.evaluate(() => window.document.activeElement.id), 'before', 'the focus is the host\'s');
  const frame = page.locator('podyard-lab iframe');
  assert.match(await frame.getAttribute('title'), /Kubernetes/);
  await page.waitForFunction(() => {
    const element = window.document.querySelector('podyard-lab').shadowRoot.querySelector('iframe');
    return parseInt(element.style.height, 10) > 330;
  });
  const [wanted, given] = [
    await lab.locator('.page').evaluate((element) => element.getBoundingClientRect().height),
    await frame.evaluate((element) => element.clientHeight),
  ];
  assert.ok(Math.abs(wanted - given) <= 3, `${given} px for ${wanted} px`);
  // Without the editor among the panels the reader still sees what was applied.
  assert.ok(await page.locator('podyard-lab pre').isVisible());
});

test('without JavaScript the manifest is a text of the page, in its place', async (t) => {
  const page = await TEXT(t, { javaScriptEnabled: false });
  assert.equal((await page.locator('podyard-lab pre').innerText()).trimEnd(), JOB.trimEnd());
  assert.ok(await page.locator('podyard-lab pre').isVisible());
  assert.equal(await page.locator('podyard-lab iframe').count(), 0);
});

test('Tab goes through, the wheel moves the page around', async (t) => {
  const page = await one(`<input id="before"><podyard-lab panels="yard,terminal" source="hidden"><pre>${html(JOB)}</pre></podyard-lab><input id="after"><div>${'<p>Text</p>'.repeat(80)}</div>`)(t);
  const lab = inside(page);
  await lab.locator('[data-pod^="hello-"]').first().waitFor(PATIENT);
  await page.evaluate(() => window.document.querySelector('podyard-lab').run('seq 1 200'));
  await lab.locator('.terminal__line--out', { hasText: '200' }).waitFor();
  const screen = await lab.locator('.terminal__screen').boundingBox();
  await page.mouse.move(screen.x + 40, screen.y + 60);
  await page.mouse.wheel(0, 300);
  await page.waitForFunction(() => window.scrollY > 200);
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.locator('#before').focus();
  let out = false;
  for (let presses = 0; presses < 40 && !out; presses += 1) {
    await page.keyboard.press('Tab');
    out = await page.evaluate(() => window.document.activeElement.id === 'after');
  }
  assert.ok(out, 'Tab must come out on the other side');
});

test('the host and the lab talk', async (t) => {
  const page = await one(`<podyard-lab panels="yard,terminal" seed="3" start="2026-01-01T00:00:00Z" autoplay="false"><pre>${html(POD)}</pre></podyard-lab>`)(t, { before: hear });
  const call = (name, ...given) => page.evaluate(([method, rest]) => window.document.querySelector('podyard-lab')[method](...rest), [name, given]);
  const made = await call('run', 'kubectl create deployment api --image=nginx --replicas=2');
  assert.deepEqual(made, { id: '1', status: 0, output: 'deployment.apps/api created' });
  const failed = await call('run', 'kubectl get pod nobody');
  assert.equal(failed.status, 1);
  assert.match(failed.output, /NotFound/);
  await call('seek', '1m');
  const after = await state(page);
  assert.deepEqual([after.time, after.playing, after.elapsedMillis], ['2026-01-01T00:01:00Z', false, 60_000]);
  assert.deepEqual(after.pods, { Running: 3 });
  assert.deepEqual(after.nodes, { Ready: 4 });
  const applied = await call('apply', POD.replace('name: web', 'name: other'), 'other.yaml');
  assert.equal(applied.output, 'pod/other created');
  await call('reset');
  const again = await state(page);
  assert.deepEqual([again.time, again.pods], ['2026-01-01T00:00:00Z', { ContainerCreating: 1 }], 'the manifest of the tag is there, what was done since is not');
  await call('speed', 60);
  await call('play');
  await page.waitForFunction(() => window.heard.some(({ name, pods }) => name === 'state' && pods.Running === 1), undefined, PATIENT);
  await assert.rejects(call('seek', 'soon'), /no moment/);
  assert.equal(await page.evaluate(() => window.heard.filter(({ name }) => name === 'ready').length), 1, 'a reset says it no second time');
});

test('nobody but the host is listened to, and nobody but the host is told', async (t) => {
  // The lab belongs to another host than the page that shows it; and a sibling frame tries to give orders.
  const page = await yard.host(t, (origin) => ({
    '/': `<!doctype html><title>Host</title><iframe id="lab" src="${origin}/?v=1&embed&panels=yard,terminal&host=https%3A%2F%2Fother.example#yaml=${encodeURIComponent(POD)}"></iframe><podyard-lab></podyard-lab><iframe id="sibling" src="/sibling"></iframe>`,
    '/sibling': '<!doctype html><title>Sibling</title>',
  }), { tolerate: /postMessage/ });
  const lab = page.frameLocator('#lab');
  await lab.locator('[data-pod="web"]').waitFor(PATIENT);
  const heard = await page.evaluate(async () => {
    const all = [];
    window.addEventListener('message', ({ data }) => all.push(data.type));
    const frame = window.document.getElementById('lab').contentWindow;
    const order = { podyard: 1, type: 'run', commands: 'kubectl delete pod web', id: 'x' };
    frame.postMessage({ podyard: 1, type: 'hello' }, '*');
    frame.postMessage(order, '*');
    const sibling = window.document.getElementById('sibling').contentWindow;
    const script = sibling.document.createElement('script');
    script.textContent = `parent.document.getElementById('lab').contentWindow.postMessage(${JSON.stringify(order)}, '*')`;
    sibling.document.body.append(script);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return all;
  });
  assert.deepEqual(heard.filter((type) => type !== 'height'), []);
  assert.equal(await lab.locator('.terminal__line--in', { hasText: 'delete' }).count(), 0);
  assert.equal(await lab.locator('[data-pod="web"]').count(), 1);
});

test('a lesson tells of tasks and of its end', async (t) => {
  const page = await one('<podyard-lab lesson="jobs/hello" step="2" panels="yard,terminal" speed="60"></podyard-lab>')(t);
  await listen(page);
  const lab = inside(page);
  await lab.locator('.lesson h3', { hasText: 'Read what it said' }).waitFor(PATIENT);
  await page.evaluate(() => window.document.querySelector('podyard-lab').run('kubectl delete job hello'));
  await page.waitForFunction(() => window.heard.some(({ name }) => name === 'lesson-completed'), undefined, PATIENT);
  const heard = await page.evaluate(() => window.heard.filter(({ name }) => /task|lesson/.test(name)));
  assert.deepEqual(heard, [
    { name: 'task-passed', lesson: 'jobs/hello', step: 2, task: 1 },
    { name: 'lesson-completed', lesson: 'jobs/hello', solved: true, hints: 0 },
  ]);
});

test('a lab that nobody sees rests', async (t) => {
  const page = await one(`<podyard-lab panels="yard" speed="10" source="hidden"><pre>${html(RESTLESS)}</pre></podyard-lab><div>${'<p>Text</p>'.repeat(200)}</div>`)(t);
  await inside(page).locator('[data-pod="web"]').waitFor(PATIENT);
  const seen = await state(page);
  await page.waitForFunction(async (before) => {
    const lab = window.document.querySelector('podyard-lab');
    const now = await new Promise((resolve) => { lab.addEventListener('podyard-state', ({ detail }) => resolve(detail), { once: true }); lab.state(); });
    return now.elapsedMillis > before;
  }, seen.elapsedMillis);
  await page.evaluate(() => window.scrollTo(0, window.document.body.scrollHeight));
  await page.waitForTimeout(500);
  const gone = await state(page);
  await page.waitForTimeout(1000);
  assert.equal((await state(page)).elapsedMillis, gone.elapsedMillis);
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.waitForFunction(async (before) => {
    const lab = window.document.querySelector('podyard-lab');
    const now = await new Promise((resolve) => { lab.addEventListener('podyard-state', ({ detail }) => resolve(detail), { once: true }); lab.state(); });
    return now.elapsedMillis > before;
  }, gone.elapsedMillis);
});

test('nothing is fetched before the click that reveals, and then the lab has the focus', async (t) => {
  const page = await one(`<podyard-lab panels="yard" reveal="click" lang="ko"><pre>${html(POD)}</pre></podyard-lab>`)(t);
  const button = page.getByRole('button', { name: '클러스터 시작하기' });
  await button.waitFor();
  assert.equal(page.frames().length, 1);
  await button.click();
  await inside(page).locator('[data-pod="web"]').waitFor(PATIENT);
  assert.equal(await page.evaluate(() => window.document.activeElement.localName), 'podyard-lab');
});

test('an iframe of its own waits for the click, too', async (t) => {
  const page = await yard.host(t, (origin) => ({ '/': `<!doctype html><title>Host</title><iframe src="${origin}/?v=1&embed&lang=en&reveal=click&panels=yard#yaml=${encodeURIComponent(POD)}" width="600" height="500"></iframe>` }));
  const lab = page.frameLocator('iframe');
  await lab.getByRole('button', { name: 'Start the cluster' }).click();
  await lab.locator('[data-pod="web"]').waitFor(PATIENT);
});

test('a player plays a span again and again, until a reader does something', async (t) => {
  const page = await one(`<podyard-lab panels="yard" controls="player" speed="60" loop="5s..65s" start="2026-01-01T00:00:00Z"><pre>${html(RESTLESS)}</pre></podyard-lab>`)(t);
  await listen(page);
  const lab = inside(page);
  await lab.locator('#play').waitFor(PATIENT);
  assert.equal(await lab.locator('#step').count(), 0);
  await page.waitForFunction(() => {
    const times = window.heard.filter(({ name }) => name === 'state').map(({ elapsedMillis }) => elapsedMillis);
    return times.some((time, place) => place && time < times[place - 1]) && Math.min(...times) >= 5000 && Math.max(...times) < 67_000;
  }, undefined, PATIENT);
  await page.evaluate(() => window.document.querySelector('podyard-lab').run('kubectl label pod web seen=yes'));
  await page.waitForFunction(() => window.heard.findLast(({ name }) => name === 'state').elapsedMillis > 70_000, undefined, PATIENT);
});

test('"open in full" carries what the reader did, and the moment', async (t) => {
  const page = await one(`<podyard-lab panels="yard,terminal" start="2026-01-01T00:00:00Z" autoplay="false"><pre data-file="mine.yaml">${html(POD)}</pre></podyard-lab>`)(t);
  const lab = inside(page);
  await lab.locator('#command').fill('kubectl create deployment api --image=nginx; echo hi > note.txt; sleep 20');
  await lab.locator('#command').press('Enter');
  await page.evaluate(() => window.document.querySelector('podyard-lab').seek(20));
  const opened = page.waitForEvent('popup');
  await lab.locator('#full').click();
  const full = await opened;
  await full.locator('[data-pod^="api-"][data-look="running"]').waitFor(PATIENT);
  await full.locator('[data-pod="web"][data-look="running"]').waitFor();
  assert.match(await full.locator('#clock').innerText(), /2026-01-01\s+00:00:20/);
  const names = await full.locator('.files__name').allInnerTexts();
  assert.ok(names.includes('mine.yaml') && names.includes('note.txt'), String(names));
});

test('ten labs share one download of the engine, and keep nothing in the browser', async (t) => {
  const before = yard.server().asked.length;
  const page = await one(Array.from({ length: 10 }, (_, place) => `<podyard-lab id="lab${place}" panels="yard" source="hidden"><pre>${html(POD)}</pre></podyard-lab>`).join(''))(t, { viewport: { width: 800, height: 6000 } });
  for (let place = 0; place < 10; place += 1) await inside(page, `#lab${place}`).locator('[data-pod="web"]').waitFor({ timeout: 90_000 });
  const asked = yard.server().asked.slice(before).filter((path) => path.endsWith('.wasm'));
  assert.ok(asked.length > 0);
  assert.deepEqual(asked, [...new Set(asked)], 'each part of the program is fetched once');
  const kept = await page.frames()[1].evaluate(() => Object.keys(window.localStorage).filter((key) => key.startsWith('podyard.session')));
  assert.deepEqual(kept, []);
});

test('embeds that were ever written work', async (t) => {
  const embeds = JSON.parse(await readFile(new URL('./links/v1-embeds.json', import.meta.url), 'utf8'));
  for (const [name, { code, shows }] of Object.entries(embeds)) {
    await t.test(name, async (inner) => {
      const page = await yard.host(inner, (origin) => ({ '/': `<!doctype html><html lang="en"><title>Host</title><body>${code.replaceAll('https://podyard.example/', `${origin}/`)}` }));
      const lab = page.frameLocator(code.includes('<iframe') ? 'iframe' : 'podyard-lab iframe');
      await lab.locator(shows).first().waitFor(PATIENT);
    });
  }
});

test('the dialog writes the code that works', async (t) => {
  const page = await yard.open(t, { lang: 'en', start: '2026-01-01T00:00:00Z' }, { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.locator('#share').click();
  await page.getByRole('button', { name: 'Write the code…' }).click();
  await page.getByLabel('Begins with').selectOption('moment');
  await page.getByLabel('Colours').selectOption('dark');
  await page.locator('.embed-code__panels').getByLabel('Editor').uncheck();
  await page.getByLabel('Start paused').check();
  const code = await page.locator('#embed-code').inputValue();
  assert.match(code, /^<script src="http:\/\/127\.0\.0\.1:\d+\/embed\.js" async><\/script>\n<podyard-lab panels="[a-z,]+" lang="en" theme="dark" autoplay="false" session="[\w-]{100,}">/);
  assert.doesNotMatch(code, /editor/);
  await page.getByRole('button', { name: 'Copy code' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), code);
  const host = await yard.host(t, () => ({ '/': `<!doctype html><html lang="en"><title>Host</title><body>${code}` }));
  await inside(host).locator('.node__name', { hasText: 'worker-3' }).waitFor(PATIENT);
  assert.equal(await inside(host).locator('.cm-editor').count(), 0);
});

test('the page of live examples works', async (t) => {
  const page = await yard.open(t, { lang: 'en' });
  await page.goto(`${yard.server().origin}/examples/index.html`);
  await page.frameLocator('#lab-text iframe').locator('[data-pod^="hello-"]').first().waitFor(PATIENT);
  await page.locator('#lab-talk').scrollIntoViewIfNeeded();
  await page.frameLocator('#lab-talk iframe').locator('[data-pod^="web-"]').nth(1).waitFor(PATIENT);
  await page.getByRole('button', { name: 'Scale to five' }).click();
  await page.frameLocator('#lab-talk iframe').locator('[data-pod^="web-"]').nth(4).waitFor(PATIENT);
  await page.locator('#lab-korean').scrollIntoViewIfNeeded();
  await page.frameLocator('#lab-korean iframe').getByRole('button', { name: '전체 화면으로 열기' }).waitFor(PATIENT);
  await page.locator('#frame').scrollIntoViewIfNeeded();
  await page.frameLocator('#frame').locator('[data-pod="web"]').waitFor(PATIENT);
});

test('the SCORM wrapper reports a solved lesson', async (t) => {
  const page = await yard.open(t, { lang: 'en' });
  await page.context().addInitScript(() => {
    if (window !== window.top || !window.location.pathname.includes('/scorm/')) return;
    window.said = [];
    window.API = {
      LMSInitialize: () => 'true', LMSCommit: () => 'true', LMSFinish: () => 'true', LMSGetValue: () => '',
      LMSSetValue: (name, value) => { window.said.push(`${name}=${value}`); return 'true'; },
    };
  });
  await page.goto(`${yard.server().origin}/examples/scorm/index.html`);
  const lab = inside(page);
  await lab.locator('.lesson__answer').first().click(PATIENT);
  await lab.getByRole('button', { name: 'To the end' }).click();
  await lab.getByRole('button', { name: 'Next step' }).click();
  assert.deepEqual(await page.evaluate(() => window.said), ['cmi.core.lesson_status=incomplete']);
  await page.evaluate(() => window.document.querySelector('podyard-lab').run('kubectl delete job hello'));
  await page.waitForFunction(() => window.said.length >= 4, undefined, PATIENT);
  assert.deepEqual(await page.evaluate(() => window.said), [
    'cmi.core.lesson_status=incomplete', 'cmi.core.lesson_location=jobs/hello step 2 task 1', 'cmi.core.lesson_status=passed', 'cmi.core.score.raw=100',
  ]);
});
