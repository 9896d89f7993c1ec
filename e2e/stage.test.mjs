// The stage: what the yard shows and how it moves, cards of loops, the diagram of states, the first minute, access.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { example, type } from './support/hands.mjs';
import { useYard } from './support/yard.mjs';

const yard = useYard();
const START = { start: '2026-01-05T00:00:00Z', lang: 'en' };
const LONG = { timeout: 40_000 };

/** Watches the script animations of the page: collects which pods move, and where each begins. */
const watchMoves = (page) => page.evaluate(() => {
  window.moves = [];
  const real = Element.prototype.animate;
  Element.prototype.animate = function animate(frames, options) {
    if (this.dataset?.pod) {
      const running = this.getAnimations().filter((one) => one.constructor === Animation && one.playState === 'running');
      window.moves.push({ pod: this.dataset.pod, frames: frames.length, duration: options.duration, at: this.closest('.node')?.id ?? this.closest('.drawer') ? 'drawer' : 'tray', before: running.length });
    }
    return real.call(this, frames, options);
  };
});
const moves = (page) => page.evaluate(() => window.moves);

// ---- the yard ----

test('a replacement is seen to come from its controller', async (t) => {
  const page = await yard.open(t, START);
  await type(page, 'kubectl create deployment web --image=nginx --replicas=2');
  await page.locator('[data-pod^="web-"][data-look="running"]').nth(1).waitFor(LONG);
  // Neighbours glide by two frames; a flight has more. The first point of each, measured against the card of the Deployment.
  await page.evaluate(() => {
    window.starts = [];
    const real = Element.prototype.animate;
    Element.prototype.animate = function animate(frames, options) {
      const animation = real.call(this, frames, options);
      if (this.dataset?.pod && frames.length > 2) {
        animation.currentTime = 0;
        const box = this.getBoundingClientRect();
        const card = document.querySelector('.card')?.getBoundingClientRect();
        const pane = document.querySelector('.pane--yard').getBoundingClientRect();
        window.starts.push({ x: box.x - card.x, fromBelow: box.y >= Math.min(card.y, pane.bottom) - 40 });
      }
      return animation;
    };
  });
  await type(page, 'kubectl delete --wait=false $(kubectl get pods -o name | head -1)');
  await page.waitForFunction(() => window.starts.length > 0);
  const [start] = await page.evaluate(() => window.starts);
  assert.ok(start.fromBelow && start.x > -20 && start.x < 120, JSON.stringify(start));
});

test('a label lets a pod go and another takes it in, and nothing ever moves twice at once', async (t) => {
  const page = await yard.open(t, { ...START, speed: '5' });
  await example(page, 'ReplicationController with 3 pods');
  await page.locator('[data-pod^="kubia-"][data-look="running"]').nth(2).waitFor(LONG);
  await watchMoves(page);
  const name = await page.locator('[data-pod^="kubia-"]').first().getAttribute('data-pod');
  const tile = page.locator(`[data-pod="${name}"]`);
  await type(page, `kubectl label pod ${name} app=odd --overwrite`);
  await page.waitForFunction((pod) => document.querySelector(`[data-pod="${pod}"]`).classList.contains('pod-tile--free'), name);
  assert.ok((await moves(page)).some((move) => move.pod === name && move.duration === 1100), 'it is seen to be released');
  await page.locator('[data-pod^="kubia-"]').nth(3).waitFor();
  await type(page, 'kubectl scale rc kubia --replicas=4');
  await page.locator('[data-pod^="kubia-"]').nth(4).waitFor();
  await type(page, `kubectl label pod ${name} app=kubia --overwrite`);
  await page.waitForFunction((pod) => !document.querySelector(`[data-pod="${pod}"]`)?.classList.contains('pod-tile--free'), name);
  assert.ok(await tile.count() <= 1);
  const all = await moves(page);
  assert.deepEqual(all.filter((move) => move.before > 0), [], 'one animation at a time on one object');
});

test('an eviction walks out of a grey node', async (t) => {
  const page = await yard.open(t, { ...START, speed: '60' });
  await type(page, 'kubectl create deployment web --image=nginx --replicas=3');
  await page.locator('[data-pod^="web-"][data-look="running"]').nth(2).waitFor(LONG);
  await watchMoves(page);
  await type(page, 'yard node stop worker-1');
  const leaving = page.locator('#node-worker-1 [data-look="terminating"]');
  await leaving.waitFor(LONG);
  await page.waitForFunction(() => window.moves.some((move) => move.duration === 1400));
  // Half out of the door it stands until its node answers.
  await page.waitForFunction(() => {
    const tile = document.querySelector('#node-worker-1 [data-look="terminating"]')?.getBoundingClientRect();
    return tile && tile.right > document.querySelector('#node-worker-1').getBoundingClientRect().right;
  });
});

test('what is over goes to the drawer of its owner, which is bounded', async (t) => {
  const page = await yard.open(t, { ...START, speed: '10' });
  await type(page, 'kubectl create job hello --image=busybox -- sh -c "sleep 2"');
  await page.locator('[data-drawer="hello"] [data-look="completed"]').waitFor(LONG);
  assert.equal(await page.locator('.node [data-pod^="hello-"]').count(), 0);
  const spec = { completions: 30, parallelism: 30, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', 'sleep 1'] }] } } };
  await type(page, `cat <<'EOF' > many.yaml\n${JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'many' }, spec })}\nEOF`);
  await type(page, 'kubectl apply -f many.yaml');
  await page.locator('[data-drawer="many"]', { hasText: '+14' }).waitFor(LONG);
  assert.equal(await page.locator('[data-drawer="many"] [data-pod]').count(), 16);
});

test('restarts are ticks on the edge, and a back-off says which doubling it is', async (t) => {
  const page = await yard.open(t, { ...START, speed: '10' });
  await type(page, 'kubectl run crash --image=busybox -- sh -c "exit 1"');
  const tile = page.locator('[data-pod="crash"]');
  await page.locator('[data-pod="crash"][data-look="backoff"][aria-label*="wait 2 of the back-off: 20 s"]').waitFor(LONG);
  assert.equal(await tile.locator('.pod-tile__waits i').count(), 2);
  assert.ok(await tile.locator('.pod-tile__ticks i').count() >= 1);
});

test('thirty nodes are compact; four hundred are a map that one zooms into by click, keys and wheel, and leaves by crumbs', async (t) => {
  const few = await yard.open(t, { ...START, nodes: '30', paused: '1' });
  await few.locator('.nodes--compact .node').nth(30).waitFor();
  const page = await yard.open(t, { ...START, nodes: '400', paused: '1' });
  await page.locator('.heat__block').nth(8).waitFor(LONG);
  assert.equal(await page.locator('.heat__block').count(), 9);
  assert.ok(await page.evaluate(() => document.querySelectorAll('*').length) < 3000, 'the page stays small');
  const painted = await page.evaluate(() => {
    const canvas = document.querySelector('canvas[data-cells]');
    return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0);
  });
  assert.ok(painted);
  await page.getByRole('button', { name: /^worker-51 to worker-100: 50 nodes/ }).click();
  await page.locator('#node-worker-77').waitFor();
  assert.equal(await page.locator('.node').count(), 50);
  await page.locator('#node-worker-77 .node__name').focus();
  await page.keyboard.press('z');
  await page.locator('.nodes--one #node-worker-77').waitFor();
  assert.match(await page.evaluate(() => new URL(location.href).searchParams.get('zoom')), /block:1 node:worker-77/);
  await page.reload();
  await page.locator('.nodes--one #node-worker-77').waitFor(LONG);
  await page.locator('.crumbs').getByRole('button', { name: 'worker-51 – worker-100' }).click();
  await page.locator('.node').nth(49).waitFor();
  await page.keyboard.press('Backspace');
  await page.locator('.heat__block').first().waitFor();
  await page.locator('.heat__block').nth(2).hover();
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -120);
  await page.keyboard.up('Control');
  await page.locator('#node-worker-101').waitFor();
});

test('the yard is grouped by node, owner or namespace, or is a live table', async (t) => {
  const page = await yard.open(t, { ...START, speed: '5' });
  await type(page, 'kubectl create deployment web --image=nginx --replicas=2; kubectl run alone --image=nginx');
  await page.locator('[data-pod="alone"][data-look="running"]').waitFor(LONG);
  await page.locator('#arrange').selectOption('owner');
  const group = page.locator('.group', { hasText: 'deployment.apps/web' });
  await group.locator('[data-pod^="web-"]').nth(1).waitFor();
  assert.equal(await page.locator('.group', { hasText: 'Pods without an owner' }).locator('[data-pod="alone"]').count(), 1);
  await page.locator('#arrange').selectOption('namespace');
  await page.locator('.group', { hasText: 'default' }).locator('[data-pod]').nth(2).waitFor();
  await page.locator('#arrange').selectOption('table');
  const row = page.getByRole('row', { name: /^alone/ });
  assert.match(await row.innerText(), /Running/);
  await page.locator('#play').click();
  await type(page, 'kubectl delete pod alone --wait=false');
  await page.getByRole('row', { name: /^alone .*Terminating/ }).waitFor();
  await page.locator('#play').click();
  await row.waitFor({ state: 'detached', timeout: 40_000 });
  await page.reload();
  await page.getByRole('columnheader', { name: 'Belongs to' }).waitFor();
});

test('typing greys out the rest, and the filter survives a reload', async (t) => {
  const page = await yard.open(t, { ...START, speed: '5' });
  await type(page, 'kubectl create deployment web --image=nginx --replicas=2; kubectl create deployment db --image=redis');
  await page.locator('[data-pod^="db-"][data-look="running"]').waitFor(LONG);
  await page.locator('[data-pod^="web-"][data-look="running"]').nth(1).waitFor(LONG);
  await page.locator('#command').blur();
  await page.keyboard.press('/');
  await page.keyboard.type('app=db');
  await page.locator('.filter__found', { hasText: '1 of 3 pods' }).waitFor();
  assert.equal(await page.locator('.pod-tile--dim').count(), 2);
  for (const [text, found] of [['is:running web', 2], ['kind:Deploy', 3], ['is:failed', 0], ['ns:default db', 1]]) {
    await page.locator('#filter').fill(text);
    await page.locator('.filter__found', { hasText: `${found} of 3` }).waitFor();
  }
  assert.match(page.url(), /filter=ns%3Adefault\+db/);
  await page.waitForTimeout(900);
  await page.reload();
  await page.locator('.filter__found', { hasText: '1 of 3 pods' }).waitFor(LONG);
  assert.equal(await page.locator('#filter').inputValue(), 'ns:default db');
});

/** The pods that are ringed now. */
const ringed = (page) => page.evaluate(() => [...document.querySelectorAll('#yard [data-pod]')].filter((tile) => getComputedStyle(tile).outlineStyle === 'solid' && getComputedStyle(tile).outlineWidth === '2px').map((tile) => tile.dataset.pod));

test('pointing at a workload rings exactly the pods that its selector picks; at a pod, its family', async (t) => {
  const page = await yard.open(t, { ...START, speed: '5' });
  await type(page, 'kubectl create deployment web --image=nginx --replicas=2; kubectl create deployment db --image=redis; kubectl run stray --image=nginx --labels=app=web');
  await page.locator('[data-pod="stray"][data-look="running"]').waitFor(LONG);
  await page.locator('[data-pod^="web-"][data-look="running"]').nth(1).waitFor(LONG);
  await page.locator('#play').click();
  await page.locator('.card', { hasText: 'Deployment' }).filter({ has: page.getByText('web', { exact: true }) }).first().locator('.card__main').hover();
  await page.waitForFunction(() => [...document.querySelectorAll('#yard [data-pod]')].some((tile) => getComputedStyle(tile).outlineWidth === '2px' && getComputedStyle(tile).outlineStyle === 'solid'));
  const names = await ringed(page);
  assert.deepEqual(names.filter((name) => !name.startsWith('web-')), ['stray'], 'what the selector picks, whoever owns it');
  assert.equal(names.length, 3);
  await page.locator('[data-pod^="web-"]').first().hover();
  await page.waitForFunction(() => document.querySelector('#yard [data-pod="stray"]') && getComputedStyle(document.querySelector('#yard [data-pod="stray"]')).outlineWidth !== '2px');
  assert.equal((await ringed(page)).every((name) => name.startsWith('web-')), true);
});

// ---- cards ----

test('a card says observe, compare, act with its numbers and the decisions before, in both languages', async (t) => {
  const page = await yard.open(t, { ...START, speed: '5' });
  await example(page, 'ReplicationController with 3 pods');
  const card = page.locator('.card').first();
  await card.locator('.look-step', { hasText: 'observe' }).getByText('3 pods, 3 ready').waitFor(LONG);
  await card.locator('.look-step', { hasText: 'compare' }).getByText('3 wanted: it fits').waitFor();
  await card.locator('.look-step', { hasText: 'act' }).getByText('nothing').waitFor();
  await card.getByText('Last decisions').click();
  await card.locator('.card__recent li', { hasText: '3 wanted, 0 there: create 3' }).waitFor();
  assert.match(await card.locator('a').getAttribute('href'), /kubernetes\/kubernetes\/blob\/release-1\.36\/pkg\/controller\/replicaset\/replica_set\.go$/);
  assert.equal(await card.locator('a').innerText(), 'manageReplicas');
  await page.getByRole('button', { name: '한국어' }).click();
  await card.getByText('파드 3개, 준비 3개').waitFor();
  await card.getByText('최근 결정').waitFor();
});

test('a CronJob says when it fires in words, in which zone, and counts down', async (t) => {
  const page = await yard.open(t, { ...START, lang: 'ko' });
  await type(page, 'kubectl create cronjob tick --image=busybox --schedule="*/1 * * * *" -- sleep 1');
  const due = page.locator('[data-due]');
  await due.waitFor();
  await page.locator('.card__words', { hasText: '매분' }).waitFor();
  await page.locator('.card__zone', { hasText: 'UTC' }).waitFor();
  const before = await due.innerText();
  assert.match(before, /^[01]:\d\d$/);
  await page.waitForFunction((text) => document.querySelector('[data-due]').innerText < text, before);
  await type(page, `kubectl patch cronjob tick -p '{"spec":{"schedule":"0 9 * * 1-5","timeZone":"Asia/Seoul"}}'`);
  await page.locator('.card__words', { hasText: '평일 오전 9시' }).waitFor();
  await page.locator('.card__zone', { hasText: 'Asia/Seoul' }).waitFor();
});

test('Jobs show a cell per completion, DaemonSets one per node, Deployments their old and new sets', async (t) => {
  const page = await yard.open(t, { ...START, speed: '5' });
  const spec = { completions: 4, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 0, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', 'sleep 3; [ $JOB_COMPLETION_INDEX != 1 ]'] }] } } };
  await type(page, `cat <<'EOF' > i.yaml\n${JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'idx' }, spec })}\nEOF`);
  await type(page, 'kubectl apply -f i.yaml');
  await page.getByRole('img', { name: 'Indexes: 3 done, 0 active, 1 failed, of 4' }).waitFor(LONG);
  const cells = await page.locator('.card .cells').first().locator('.cell').evaluateAll((all) => all.map((one) => one.className.split('--').at(-1)));
  assert.deepEqual(cells, ['done', 'failed', 'done', 'done']);
  await example(page, 'DaemonSet on every node');
  await page.getByRole('img', { name: 'Nodes: 3 of 3 have their pod' }).waitFor(LONG);
  await type(page, 'kubectl create deployment web --image=nginx --replicas=4');
  await page.locator('[data-pod^="web-"][data-look="running"]').nth(3).waitFor(LONG);
  await page.locator('#speed').fill('2');
  await type(page, 'kubectl set image deployment/web nginx=nginx:1.27');
  await page.locator('.set').nth(1).waitFor(LONG);
  assert.equal(await page.locator('.set--new').count(), 1);
  await page.locator('.card__kind', { hasText: 'revision 2' }).first().waitFor();
});

// ---- the diagram ----

test('the diagram counts, lights up the ways that are taken, and filters', async (t) => {
  const page = await yard.open(t, { ...START, speed: '2' });
  await page.evaluate(() => {
    window.lit = [];
    const real = Element.prototype.animate;
    Element.prototype.animate = function animate(...argument) {
      if (this.dataset?.edge && this.closest('.diagram__lines--wide')) window.lit.push([this.dataset.edge, performance.now()]);
      return real.apply(this, argument);
    };
  });
  await type(page, 'kubectl run web --image=nginx; kubectl run crash --image=busybox -- sh -c "exit 1"');
  await page.locator('[data-state="running"]', { hasText: '1' }).waitFor(LONG);
  await page.locator('[data-state="backoff"]', { hasText: '1' }).waitFor(LONG);
  const lit = await page.evaluate(() => window.lit);
  const ways = new Set(lit.map(([way]) => way));
  assert.ok(ways.has('creating-running') && ways.has('pending-creating'), [...ways].join(' '));
  for (const way of ways) {
    // A way is drawn twice; of the narrow drawing nothing is seen here.
    const times = lit.filter(([one]) => one === way).map(([, at]) => at);
    assert.ok(times.every((at, place) => place === 0 || at - times[place - 1] > 333), `${way} lights up less than three times a second`);
  }
  await page.getByRole('button', { name: 'Running: 1 pod. Press to see only them.' }).click();
  await page.locator('[data-pod="crash"].pod-tile--dim').waitFor();
  assert.equal(await page.locator('[data-pod="web"].pod-tile--dim').count(), 0);
  assert.equal(await page.locator('#filter').inputValue(), 'is:running');
  await page.keyboard.press('Enter');
  await page.locator('.pod-tile--dim').first().waitFor({ state: 'detached' });
});

test('the diagram fits a phone in both languages, and folds', async (t) => {
  for (const lang of ['en', 'ko']) {
    const page = await yard.open(t, { ...START, lang, paused: '1' }, { viewport: { width: 390, height: 844 } });
    const boxes = await page.locator('.state').evaluateAll((all) => all.map((one) => { const { x, y, right, bottom } = one.getBoundingClientRect(); return { x, y, right, bottom }; }));
    assert.equal(boxes.length, 9);
    assert.ok(boxes.every((box) => box.x >= 0 && box.right <= 390 && box.bottom - box.y >= 23.5));
    for (const [place, one] of boxes.entries()) {
      for (const other of boxes.slice(place + 1)) assert.ok(one.right <= other.x || other.right <= one.x || one.bottom <= other.y || other.bottom <= one.y, `${lang}: no two overlap`);
    }
    await page.locator('.diagram__fold').click();
    await page.locator('.diagram--folded').waitFor();
    await page.reload();
    await page.locator('.diagram--folded').waitFor();
  }
});

// ---- everyone ----

test('the first minute runs, is broken, heals and is over; nobody sees it twice', async (t) => {
  const page = await yard.open(t, { lang: 'en' });
  await page.locator('.first', { hasText: 'Delete one of these pods' }).waitFor(LONG);
  await page.locator('.first').getByRole('button', { name: 'Delete pod' }).click();
  await page.locator('.first', { hasText: 'Watch the card' }).waitFor();
  await page.locator('.terminal__line--in', { hasText: 'kubectl delete pod web-' }).waitFor();
  await page.locator('.first--done', { hasText: 'It healed itself' }).waitFor(LONG);
  await page.locator('.first').getByRole('button', { name: 'Break more: stop a node' }).click();
  await page.locator('.first', { hasText: 'A node is off' }).waitFor();
  await page.locator('.first--done', { hasText: 'made the pods on other nodes' }).waitFor(LONG);
  await page.locator('.first').getByRole('button', { name: 'Start the lessons' }).click();
  await page.locator('.lesson__entry').first().waitFor();
  assert.equal(await page.locator('.first').count(), 0);
  await page.waitForTimeout(900);
  await page.reload();
  await page.locator('[data-pod^="web-"]').first().waitFor();
  assert.equal(await page.locator('.first').count(), 0);
});

test('on a low screen the first minute shows the nodes with their buttons, and the card that it speaks of', async (t) => {
  for (const lang of ['en', 'ko']) {
    const page = await yard.open(t, { lang });
    await page.locator('.first .button--accent').waitFor(LONG);
    const below = await page.evaluate(() => {
      const edge = document.querySelector('.pane--yard').getBoundingClientRect().bottom;
      return ['.node__actions .button', '.first', '.card .card__numbers', '.card .card__steps'].filter((what) => [...document.querySelectorAll(what)].some((one) => one.getBoundingClientRect().bottom > edge));
    });
    assert.deepEqual(below, [], lang);
  }
});

test('beside a lesson the diagram is a row of the states that have pods, until somebody unfolds it', async (t) => {
  const page = await yard.open(t, { ...START, paused: '1' });
  await page.locator('.diagram:not(.diagram--folded)').waitFor();
  await page.locator('#lessons').click();
  await page.locator('.diagram--folded').waitFor();
  await page.locator('.diagram__fold').click();
  await page.locator('.diagram:not(.diagram--folded)').waitFor();
  await page.reload();
  await page.locator('#lessons').click();
  await page.locator('.lesson__entry').first().waitFor();
  assert.equal(await page.locator('.diagram--folded').count(), 0);
});

test('the cards stand beside the nodes where there is room, and Korean words stay whole', async (t) => {
  const page = await yard.open(t, { ...START, lang: 'ko', speed: '5' }, { viewport: { width: 1920, height: 1080 } });
  await type(page, 'kubectl create deployment web --image=nginx --replicas=3');
  await page.locator('[data-pod^="web-"][data-look="running"]').nth(2).waitFor(LONG);
  const [card, node] = await Promise.all(['.card', '#node-worker-3'].map((what) => page.locator(what).first().boundingBox()));
  assert.ok(card.x > node.x + node.width && card.y < node.y + node.height, JSON.stringify([card, node]));
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('.card__decision')).wordBreak), 'keep-all');
});

test('the first minute can be closed, and stands in no way of an address that asks for something', async (t) => {
  const page = await yard.open(t, { lang: 'ko' });
  await page.locator('.first').getByRole('button', { name: '혼자 둘러보기' }).click();
  await page.locator('.first').waitFor({ state: 'detached' });
  for (const asked of [{ lang: 'en', paused: '1' }, { lang: 'en', lesson: 'jobs/hello' }, { lang: 'en', nodes: '5' }]) {
    const other = await yard.open(t, asked);
    await other.locator('.node').first().waitFor();
    assert.equal(await other.locator('.first').count(), 0, JSON.stringify(asked));
  }
});

test('every button shows the command that it stands for, by pointer and by keys, ready to copy', async (t) => {
  const page = await yard.open(t, { ...START, paused: '1' }, { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.locator('#node-worker-1').getByRole('button', { name: 'Cordon' }).hover();
  await page.locator('.command', { hasText: 'kubectl cordon worker-1' }).waitFor();
  assert.equal(await page.locator('.command__about').innerText(), 'Takes no new pods; those on it stay');
  await page.locator('.command').getByRole('button', { name: 'Copy' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'kubectl cordon worker-1');
  await page.keyboard.press('Escape');
  await page.locator('.command').waitFor({ state: 'hidden' });
  await page.locator('#arrange').focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.locator('.command', { hasText: 'yard node add' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-describedby')), 'command-words');
  await page.keyboard.press('c');
  await page.locator('.command', { hasText: 'Copied' }).waitFor();
  // Beside the edge it is on one line, and whole.
  await page.locator('.pane--editor').getByRole('button', { name: 'Apply' }).hover();
  await page.locator('.command', { hasText: 'kubectl apply' }).waitFor();
  const [chip, code] = await page.evaluate(() => ['.command', '.command code'].map((part) => document.querySelector(part)).map((part) => ({ end: part.offsetLeft + part.offsetWidth, lines: Math.round(part.offsetHeight / parseFloat(getComputedStyle(part).lineHeight)) })));
  assert.ok(chip.end <= 1280 && code.lines === 1, JSON.stringify([chip, code]));
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'yard node add');
});

test('the keys of the yard are on the sheet', async (t) => {
  const page = await yard.open(t, { ...START, paused: '1' });
  await page.locator('#help').click();
  for (const words of ['Filter the pods', 'Zoom into a node or group', 'Back out', 'Copy the command of the button with the focus']) {
    await page.getByRole('dialog').getByText(words).waitFor();
  }
});

test('the stage is free of what axe finds in both themes, both languages and all its forms', async (t) => {
  const axe = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  for (const [lang, theme, nodes] of [['en', 'light', '3'], ['ko', 'dark', '3'], ['en', 'dark', '30'], ['ko', 'light', '400']]) {
    const page = await yard.open(t, { ...START, lang, theme, nodes, speed: '10' }, { bypassCSP: true });
    await type(page, 'kubectl create deployment web --image=nginx --replicas=4; kubectl run crash --image=busybox -- sh -c "exit 1"; kubectl create job done --image=busybox -- true; kubectl create cronjob tick --image=busybox --schedule="0 9 * * 1-5" -- sleep 1');
    await page.locator('[data-state="backoff"]', { hasText: '1' }).waitFor(LONG);
    await type(page, 'yard node stop worker-2');
    await page.locator('#play').click();
    await page.evaluate(axe);
    const found = async () => page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
      return violations.map(({ id, nodes: all }) => `${id}: ${all.slice(0, 3).map(({ target }) => target.join(' ')).join(', ')}`);
    });
    for (const group of ['node', 'owner', 'table']) {
      await page.locator('#arrange').selectOption(group);
      await page.waitForTimeout(1600);
      assert.deepEqual(await found(), [], `${lang} ${theme} ${nodes} ${group}`);
    }
  }
});

test('from a phone of 320 px to 4K nothing is cut off', async (t) => {
  for (const [width, height] of [[320, 640], [1920, 1080], [3840, 2160]]) {
    const page = await yard.open(t, { ...START, lang: 'ko', speed: '5' }, { viewport: { width, height } });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width}`);
    const outside = await page.evaluate(() => [...document.querySelectorAll('#yard .yard__bar > *, #yard .state, #yard .node')].filter((one) => one.getBoundingClientRect().right > document.querySelector('.pane--yard').getBoundingClientRect().right + 1).length);
    assert.equal(outside, 0, `${width}`);
  }
});
