// Leaving the page and coming back: a link carries the whole session and opens the very moment, a damaged one loses
// nothing, old ones open for ever; files go out and come in; and there need be no network.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { unzipSync, strFromU8 } from 'fflate';
import { paste, type } from './support/hands.mjs';
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

/** Copies the link of the page. */
async function copied(page) {
  await page.locator('#share').click();
  await page.locator('#copy-link').click();
  await page.locator('.terminal__line--explain', { hasText: 'The link is copied' }).last().waitFor();
  return page.evaluate(() => navigator.clipboard.readText());
}

/** Waits until the browser keeps a session in which a name occurs. */
const stored = (page, name) => page.waitForFunction((word) => Object.entries(localStorage).some(([key, text]) => key.startsWith('podyard.session.') && text.includes(`"${word}"`)), name, PATIENT);

/** Drops a file on the page. */
async function drop(page, name, text) {
  const data = await page.evaluateHandle(([file, content]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], file));
    return transfer;
  }, [name, text]);
  await page.dispatchEvent('.pane--editor', 'drop', { dataTransfer: data });
}

test('a copied link opens the very moment in another browser', async (t) => {
  const page = await yard.open(t, { ...START, speed: '30' }, { permissions: ['clipboard-read', 'clipboard-write'] });
  await type(page, 'kubectl apply -f job.yaml; kubectl create deployment web --image=nginx --replicas=3; sleep 20; yard pause');
  await page.locator('[data-pod^="web-"][data-look="running"]').nth(2).waitFor(PATIENT);
  await page.waitForFunction(() => document.querySelector('.terminal__prompt span')?.innerText === '$', undefined, PATIENT);
  const before = await moment(page);
  const link = await copied(page);
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

test('the link of every manifest of the study notes is short enough to paste', async (t) => {
  const folder = new URL('../tests/study_notes/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  assert.equal(names.length, 21);
  const page = await yard.open(t, { ...START, speed: '10' }, { permissions: ['clipboard-read', 'clipboard-write'] });
  const lengths = {};
  for (const name of names) {
    await type(page, 'clear; yard reset; yard play');
    await page.locator('.files__name').first().click();
    await paste(page, await readFile(new URL(name, folder), 'utf8'));
    await type(page, 'kubectl apply -f job.yaml; sleep 30; yard pause; echo done');
    await page.locator('.terminal__line--out', { hasText: 'done' }).last().waitFor(PATIENT);
    lengths[name] = (await copied(page)).length;
  }
  assert.deepEqual(Object.entries(lengths).filter(([, length]) => length > 2048), []);
});

test('a link that would be too long says so and offers the file', async (t) => {
  const page = await yard.open(t, START, { permissions: ['clipboard-read', 'clipboard-write'] });
  await drop(page, 'noise.txt', randomBytes(60_000).toString('hex'));
  await page.locator('.files__name', { hasText: 'noise.txt' }).waitFor(PATIENT);
  await page.locator('#share').click();
  await page.locator('#copy-link').click();
  await page.locator('.terminal__line--explain', { hasText: 'Save it as a file instead' }).waitFor();
});

test('a dropped session opens, and one\'s own can be had back', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl run theirs --image=nginx');
  await page.locator('[data-pod="theirs"]').waitFor(PATIENT);
  await page.locator('#share').click();
  const saving = page.waitForEvent('download');
  await page.locator('#export').click();
  const session = await readFile(await (await saving).path(), 'utf8');
  const other = await yard.open(t, START);
  await type(other, 'kubectl run mine --image=nginx');
  await other.locator('[data-pod="mine"]').waitFor(PATIENT);
  await drop(other, 'session.json', session);
  await other.locator('[data-pod="theirs"]').waitFor(PATIENT);
  await other.locator('[data-pod="mine"]').waitFor({ state: 'detached' });
  await drop(other, 'broken.json', session.slice(0, -40));
  await other.locator('.terminal__line--err').last().waitFor();
  assert.equal(await other.locator('[data-pod="theirs"]').count(), 1);
  const files = await other.locator('.files__name').allInnerTexts();
  await drop(other, 'picture.png', 'PNG\u0000\u0001');
  await other.locator('.terminal__line--err', { hasText: 'picture.png is not opened' }).waitFor();
  assert.deepEqual(await other.locator('.files__name').allInnerTexts(), files);
  const said = (await other.locator('.terminal__line').allInnerTexts()).join('\n');
  assert.doesNotMatch(said, /Opened (broken\.json|picture\.png)/, 'what is refused is not opened');
  await other.locator('#share').click();
  await other.getByRole('button', { name: 'Back to mine' }).click();
  await other.locator('[data-pod="mine"]').waitFor();
  await other.locator('[data-pod="theirs"]').waitFor({ state: 'detached' });
});

test('podyard replay comes to the same end as the page', async (t) => {
  const page = await yard.open(t, { ...START, speed: '60' });
  await type(page, 'kubectl apply -f job.yaml; kubectl create deployment web --image=nginx --replicas=3; yard node stop worker-1; sleep 400; yard pause');
  await page.waitForFunction(() => document.querySelector('.terminal__prompt span')?.innerText === '$', undefined, PATIENT);
  await page.locator('#share').click();
  const saving = page.waitForEvent('download');
  await page.locator('#export').click();
  const file = await (await saving).path();
  assert.match(JSON.parse(await readFile(file, 'utf8')).end, /^[0-9a-f]{16}$/);
  // It fails if it ends elsewhere.
  await promisify(execFile)('cargo', ['run', '--quiet', '--locked', '--bin', 'podyard', '--', 'replay', file]);
});

test('the dialog fits a phone and is free of what axe finds', async (t) => {
  const axe = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  for (const [lang, theme, write] of [['en', 'light', 'Write the code…'], ['ko', 'dark', '코드 만들기…']]) {
    const page = await yard.open(t, { ...START, lang, theme }, { bypassCSP: true, viewport: { width: 320, height: 640 } });
    await page.locator('#share').click();
    await page.getByRole('button', { name: write }).click();
    await page.locator('#embed-code').waitFor();
    const wide = await page.locator('#share-sheet').evaluate((sheet) => sheet.scrollWidth - sheet.clientWidth);
    assert.ok(wide <= 0, `${wide} px too wide`);
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run('#share-sheet', { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
    assert.deepEqual(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), []);
    await page.keyboard.press('Escape');
    await page.locator('#share-sheet').waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement.id), 'share');
  }
});

test('two tabs do not overwrite each other', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl run first --image=nginx');
  await page.locator('[data-pod="first"]').waitFor(PATIENT);
  await stored(page, 'first');
  const second = await page.context().newPage();
  await second.goto(page.url());
  await second.locator('[data-pod="first"]').waitFor(PATIENT);
  await type(second, 'kubectl run second --image=nginx; kubectl delete pod first --now');
  await second.locator('[data-pod="second"]').waitFor(PATIENT);
  await type(page, 'kubectl run third --image=nginx');
  await page.locator('[data-pod="third"]').waitFor(PATIENT);
  await stored(page, 'second');
  await stored(page, 'third');
  for (const [tab, own, others] of [[page, 'third', 'second'], [second, 'second', 'third']]) {
    await tab.reload();
    await tab.locator(`[data-pod="${own}"]`).waitFor(PATIENT);
    assert.equal(await tab.locator(`[data-pod="${others}"]`).count(), 0);
  }
});

test('a full storage is said once, and the work goes on', async (t) => {
  const page = await yard.open(t, START, {
    before: () => {
      const real = Storage.prototype.setItem;
      Storage.prototype.setItem = function set(key, text) {
        if (String(key).startsWith('podyard.session')) throw new DOMException('full', 'QuotaExceededError');
        real.call(this, key, text);
      };
    },
  });
  for (const name of ['one', 'two']) {
    await type(page, `kubectl run ${name} --image=nginx`);
    await page.locator(`[data-pod="${name}"]`).waitFor(PATIENT);
    await page.waitForTimeout(900);
  }
  assert.equal(await page.locator('.terminal__line--explain', { hasText: 'keeps nothing' }).count(), 1);
});

test('what an issue needs is copied as Markdown', async (t) => {
  const page = await yard.open(t, START, { permissions: ['clipboard-read', 'clipboard-write'] });
  await type(page, 'kubectl run web --image=nginx');
  await page.locator('[data-pod="web"]').waitFor(PATIENT);
  await page.locator('#share').click();
  await page.getByRole('button', { name: 'Copy for an issue' }).click();
  await page.locator('.terminal__line--explain', { hasText: 'Copied as Markdown' }).waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /^\[This very moment, live\]\(http:\/\/127\.0\.0\.1:\d+\/#s1=[\w-]+\)/);
  for (const part of ['job-hello-world', 'pod/web', 'kubectl get events']) assert.ok(text.includes(part), part);
});

test('files go out as a zip, the yard as a picture', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl run web --image=nginx; echo hi > note.txt');
  await page.locator('[data-pod="web"][data-look="running"]').waitFor(PATIENT);
  await page.locator('#share').click();
  const save = async (name) => {
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name }).click();
    return readFile(await (await saving).path());
  };
  const files = unzipSync(await save('All files as a zip'));
  assert.equal(strFromU8(files['note.txt']), 'hi\n');
  assert.match(strFromU8(files['job.yaml']), /kind: Job/);
  const svg = (await save('Picture (SVG)')).toString();
  assert.match(svg, /^<svg [\s\S]*worker-1[\s\S]*<\/svg>$/);
  const png = await save('Picture (PNG)');
  assert.equal(png.subarray(1, 4).toString(), 'PNG');
  assert.ok(png.length > 5000, `${png.length} bytes`);
});

test('what kubectl printed of a real cluster stands here, pasted or dropped', async (t) => {
  const dump = await readFile(new URL('../tests/dumps/staging.yaml', import.meta.url), 'utf8');
  const page = await yard.open(t, { ...START, speed: '10' });
  await page.locator('#command').fill(dump);
  await page.locator('#command').press('Enter');
  await page.locator('.node__name', { hasText: 'staging-a' }).waitFor(PATIENT);
  await page.locator('.terminal__line--out', { hasText: '1 deployment' }).waitFor();
  await page.locator('.node__name', { hasText: 'worker-1' }).waitFor({ state: 'detached' });
  const other = await yard.open(t, { ...START, speed: '10' });
  await drop(other, 'my cluster.yaml', dump);
  await other.locator('.node__name', { hasText: 'staging-cp' }).waitFor(PATIENT);
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

test('a new version waits while another tab shows the old one, and then comes with the next visit', async (t) => {
  const page = await yard.open(t, START, { tolerate: /ERR_|404/ });
  await page.evaluate(() => navigator.serviceWorker.ready);
  const server = yard.server();
  const worker = await (await fetch(`${server.origin}/offline.js`)).text();
  const index = await (await fetch(`${server.origin}/`)).text();
  t.after(() => server.replaced.clear());
  server.replaced.set('/offline.js', worker.replace(/podyard-\$\{"[0-9a-f]+"\}/, 'podyard-new'));
  server.replaced.set('/', index.replace('<title>Podyard</title>', '<title>Podyard, new</title>'));
  assert.notEqual(server.replaced.get('/offline.js'), worker);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.waitForFunction(() => window.wasmBindings !== undefined);
  await other.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration.update();
    await new Promise((resolve) => {
      const look = () => (registration.waiting ? resolve() : setTimeout(look, 50));
      look();
    });
  });
  await other.reload();
  await other.waitForTimeout(1000);
  assert.equal(await other.title(), 'Podyard', 'two versions are never mixed');
  await type(page, 'kubectl run web --image=nginx');
  await page.locator('[data-pod="web"]').waitFor(PATIENT);
  await page.waitForTimeout(900);
  await other.close();
  // Its process takes a moment to go, and the worker with it if it ran there: a visit just then Chromium may lose.
  await page.waitForTimeout(1500);
  await page.reload();
  await page.waitForFunction(() => document.title === 'Podyard, new', undefined, PATIENT);
  await page.locator('[data-pod="web"]').waitFor(PATIENT);
  const caches = await page.evaluate(() => window.caches.keys());
  assert.deepEqual(caches, ['podyard-new']);
});

test('the page can be installed', async (t) => {
  const page = await yard.open(t, START);
  const manifest = await page.evaluate(async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json());
  assert.deepEqual([manifest.start_url, manifest.display, manifest.name], ['./', 'standalone', 'Podyard']);
  for (const size of ['192x192', '512x512']) {
    const icon = manifest.icons.find(({ sizes }) => sizes === size);
    const seen = await page.evaluate(async (src) => {
      const image = new Image();
      image.src = src;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, icon.src);
    assert.equal(seen, size);
  }
});
