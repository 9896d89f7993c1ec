// Time is the person's: stop, step, jump, back, another way, two futures; and the timeline that shows it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { type } from './support/hands.mjs';
import { useYard } from './support/yard.mjs';

const browser = useYard();
/** On a screen that is tall enough for the chart to be open. */
const yard = { open: (t, parameters, options = {}) => browser.open(t, parameters, { viewport: { width: 1280, height: 900 }, ...options }) };
const START = { start: '2026-01-01T00:00:00Z', lang: 'en', paused: '' };

const CRON = `kubectl apply -f - <<E
{apiVersion: batch/v1, kind: CronJob, metadata: {name: tick}, spec: {schedule: '* * * * *', concurrencyPolicy: Forbid, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox, args: [sleep, '90']}]}}}}}}
E`;
const RC = `kubectl apply -f - <<E
{apiVersion: v1, kind: ReplicationController, metadata: {name: web}, spec: {replicas: 3, selector: {app: web}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: luksa/kubia}]}}}}
E`;

const clock = (page) => page.locator('#clock').innerText();
const at = (page, time) => page.waitForFunction((time) => document.getElementById('clock').innerText.endsWith(time), time);
const pods = (page, look) => page.locator(`[data-pod^="web-"][data-look="${look}"]`);
const chart = (page) => page.locator('#time-chart').getAttribute('aria-label');

/** Three pods run, and the clock stands at 00:01:00. */
async function running(t, parameters = {}, options = {}) {
  const page = await yard.open(t, { ...START, ...parameters }, options);
  const tabs = page.locator('.tabs__tab');
  const phone = await tabs.first().isVisible();
  if (phone) await tabs.filter({ hasText: 'Terminal' }).click();
  await type(page, `yard until 5s; ${RC}`);
  await page.locator('.terminal__line', { hasText: 'replicationcontroller/web created' }).waitFor();
  await type(page, 'yard until 00:01');
  await at(page, '00:01:00');
  if (phone) await tabs.filter({ hasText: 'Nodes' }).click();
  await pods(page, 'running').nth(2).waitFor();
  return page;
}

test('a time that is asked for is run to at once, and the clock stands there', async (t) => {
  const page = await yard.open(t, START);
  await page.locator('#until').fill('00:10');
  await page.locator('#until').press('Enter');
  await at(page, '00:10:00');
  await page.locator('.terminal__line--in', { hasText: 'yard until 00:10' }).waitFor();
  await page.waitForTimeout(400);
  assert.match(await clock(page), /00:10:00$/);
});

test('each step lands on a change, an event, or the firing of a CronJob; buttons show their commands', async (t) => {
  const page = await yard.open(t, START);
  await type(page, RC);
  await pods(page, 'creating').or(pods(page, 'pending')).nth(2).waitFor();
  await page.locator('#step').click();
  const seen = [await clock(page)];
  await page.locator('body').press('n');
  await page.locator('.terminal__line--in', { hasText: /^yard next$/ }).nth(1).waitFor();
  await pods(page, 'running').or(pods(page, 'creating')).first().waitFor();
  await page.locator('body').press('e');
  await page.locator('.terminal__line--in', { hasText: 'yard next event' }).waitFor();
  seen.push(await clock(page));
  await type(page, CRON);
  await page.locator('#time-cron').click();
  await at(page, '00:01:00');
  await page.locator('[data-pod^="tick-"]').first().waitFor();
  await page.locator('body').press('t');
  await at(page, '00:02:00');
  assert.match(await chart(page), /CronJob fired 1, CronJob did not fire 1/);
});

test('the timeline shows each pod, and says so in words', async (t) => {
  const page = await running(t);
  await page.locator('.band__name--group', { hasText: 'web' }).waitFor();
  assert.equal(await page.locator('.band__name--pod').count(), 3);
  await type(page, 'yard node stop worker-2');
  await type(page, 'yard until 2m');
  await at(page, '00:03:00');
  await page.locator('.band__name--node', { hasText: 'worker-2' }).waitFor();
  assert.match(await chart(page), /from 00:00:00 to 00:03:00. Pods: 3. Groups: 1. Marks: you did something 2, node lost 1/i);
  // Something is drawn where the pods' bars are.
  const colours = await page.locator('#time-chart').evaluate((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const found = new Set();
    for (let place = 0; place < data.length; place += 4) if (data[place + 3] > 200) found.add(`${data[place]},${data[place + 1]},${data[place + 2]}`);
    return found.size;
  });
  assert.ok(colours > 5, `${colours} colours`);
  await page.locator('.band__name--pod button').first().click();
  await page.locator('#inspector .title', { hasText: 'pod/web-' }).waitFor();
  await page.locator('.band__fold').first().click();
  assert.equal(await page.locator('.band__name--pod').count(), 0, 'a group closes');
});

test('the cursor is the scrubber: dragged, clicked, and by keys; nothing that was seen is lost', async (t) => {
  const page = await running(t);
  const slider = page.locator('#time-slider');
  await slider.focus();
  await page.keyboard.press('Home');
  await at(page, '00:00:00');
  assert.match(await slider.getAttribute('aria-valuetext'), /^00:00:00, in the past/);
  assert.equal(await page.locator('[data-pod^="web-"]').count(), 0);
  await page.keyboard.press('End');
  await at(page, '00:01:00');
  assert.equal(await pods(page, 'running').count(), 3, 'the way forward was kept');
  await page.keyboard.press('ArrowLeft');
  await page.locator('.terminal__line--in', { hasText: /^yard prev$/ }).waitFor();
  const before = await clock(page);
  assert.doesNotMatch(before, /00:01:00$/);
  await page.keyboard.press('ArrowLeft');
  await page.locator('.terminal__line--in', { hasText: /^yard prev$/ }).nth(1).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('[data-pod^="web-"][data-look="running"]').length < 3);
  await page.keyboard.press('End');
  await at(page, '00:01:00');
  const box = await slider.boundingBox();
  const now = await page.evaluate(() => Number(document.getElementById('time-slider').getAttribute('aria-valuenow')));
  assert.equal(now, 60);
  await page.mouse.move(box.x + box.width / 2, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + 4, box.y + 20, { steps: 6 });
  await page.waitForFunction(() => document.querySelectorAll('[data-pod^="web-"]').length === 0);
  await page.mouse.up();
  await page.locator('.terminal__line--in', { hasText: 'yard back 2026-01-01T00:00:0' }).first().waitFor();
  await page.locator('#play').click();
  await pods(page, 'creating').or(pods(page, 'pending')).first().waitFor();
});

test('doing something else in the past keeps the old future as a branch; one can go there and come back', async (t) => {
  const page = await running(t);
  await type(page, 'kubectl scale rc web --replicas=5');
  await type(page, 'yard until 1m');
  await at(page, '00:02:00');
  await pods(page, 'running').nth(4).waitFor();
  await type(page, 'yard back 00:00:50');
  await at(page, '00:00:50');
  await page.getByRole('button', { name: 'Go on from here' }).waitFor();
  await type(page, 'kubectl delete rc web');
  await page.locator('#branches summary').click();
  const row = page.locator('[data-branch="scale-rc-web"]');
  assert.match(await row.innerText(), /left at 00:00:50, until 00:02:00[^]*kubectl scale rc web --replicas=5/);
  await type(page, 'yard until 1m');
  await page.waitForFunction(() => document.querySelectorAll('[data-pod^="web-"]').length === 0);
  await row.getByRole('button', { name: 'Go there' }).click();
  await at(page, '00:02:00');
  assert.equal(await pods(page, 'running').count(), 5);
  await page.locator('[data-branch="main"]').getByRole('button', { name: 'Go there' }).click();
  await page.waitForFunction(() => document.querySelectorAll('[data-pod^="web-"]').length === 0);
  await type(page, 'clear; yard branch');
  await page.locator('.terminal__line--out', { hasText: '* main' }).waitFor();
});

test('the list of branches closes with Escape and with a click elsewhere', async (t) => {
  const page = await running(t);
  const [summary, list] = [page.locator('#branches summary'), page.locator('.branches__list')];
  await summary.click();
  await list.click({ position: { x: 4, y: 4 } });
  assert.ok(await list.isVisible());
  await page.keyboard.press('Escape');
  await list.waitFor({ state: 'hidden' });
  assert.ok(await summary.evaluate((one) => one === document.activeElement));
  await summary.click();
  await list.waitFor();
  await page.locator('.pane--terminal').click({ position: { x: 40, y: 20 } });
  await list.waitFor({ state: 'hidden' });
});

test('branches survive a reload', async (t) => {
  const page = await running(t);
  await type(page, 'yard back 30s');
  await type(page, 'yard continue');
  await type(page, 'yard branch -m undisturbed calm');
  await page.waitForTimeout(1500);
  await page.reload();
  await page.locator('#branches summary').click();
  await page.locator('[data-branch="calm"]').waitFor();
  assert.match(await clock(page), /00:00:30$/);
});

test('in the past the clock does again what was done', async (t) => {
  const page = await running(t);
  await type(page, 'kubectl scale rc web --replicas=1');
  await type(page, 'yard until 1m');
  await at(page, '00:02:00');
  await page.waitForFunction(() => document.querySelectorAll('[data-pod^="web-"]').length === 1);
  await type(page, 'yard back 90s');
  await page.waitForFunction(() => document.querySelectorAll('[data-pod^="web-"]').length === 3);
  await type(page, 'yard speed 60; yard play');
  await page.waitForFunction(() => document.querySelectorAll('[data-pod^="web-"]').length === 1);
});

test('two futures of one moment run side by side, their differences have words, and one is kept', async (t) => {
  const page = await yard.open(t, START);
  await type(page, CRON);
  await type(page, 'yard until 90s');
  await at(page, '00:01:30');
  await page.locator('#fork').click();
  assert.equal(await page.locator('#fork-object').innerText(), 'cronjob/tick');
  await page.locator('#fork-value').selectOption('Replace');
  await page.getByRole('button', { name: 'Run both' }).click();
  await page.locator('.terminal__line--in', { hasText: `yard fork kubectl patch cronjob tick --type=merge -p '{"spec":{"concurrencyPolicy":"Replace"}}'` }).waitFor();
  await page.locator('#future-right').waitFor();
  await page.locator('.twins', { hasText: 'Both futures are the same so far.' }).waitFor();
  await type(page, 'yard until 150s');
  await at(page, '00:04:00');
  await page.locator('.twins__differences li', { hasText: /cronjob\/tick: 0 runs stopped before their end on the left, \d on the right/ }).waitFor();
  const [left, right] = await Promise.all(['left', 'right'].map((side) => page.locator(`#future-${side}`).boundingBox()));
  assert.ok(left.x + left.width <= right.x && Math.abs(left.y - right.y) < 2, 'left and right');
  await page.locator('#future-right').getByRole('button', { name: 'Turn here' }).click();
  await page.locator('#future-right .twin__here').waitFor();
  await type(page, 'clear; kubectl get cronjob tick -o jsonpath={.spec.concurrencyPolicy}');
  await page.locator('.terminal__line--out', { hasText: 'Replace' }).waitFor();
  await page.locator('#future-right').getByRole('button', { name: 'Keep this one' }).click();
  await page.locator('#futures').waitFor({ state: 'detached' });
  await page.locator('#yard').waitFor();
  await page.locator('#branches summary').click();
  await page.locator('[data-branch="undisturbed"]').getByRole('button', { name: 'Go there' }).click();
  await type(page, 'clear; kubectl get cronjob tick -o jsonpath={.spec.concurrencyPolicy}');
  await page.locator('.terminal__line--out', { hasText: 'Forbid' }).waitFor();
});

/** From where to where the bar of the first pod is in the colour of pods that run, once all is drawn. */
const bar = (page) => page.evaluate(async () => {
  await new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });
  const canvas = document.getElementById('time-chart');
  const row = document.querySelector('.band__name--pod').getBoundingClientRect();
  const pen = new OffscreenCanvas(1, 1).getContext('2d');
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--look-running').trim();
  pen.fillRect(0, 0, 1, 1);
  const colour = [...pen.getImageData(0, 0, 1, 1).data].join();
  const { data } = canvas.getContext('2d').getImageData(0, Math.round(row.y + row.height / 2 - canvas.getBoundingClientRect().y), canvas.width, 1);
  const inked = [...Array(canvas.width).keys()].filter((x) => data.slice(4 * x, 4 * x + 4).join() === colour);
  return { from: inked[0], to: inked.at(-1), wide: inked.at(-1) - inked[0], room: canvas.width };
});
/** What the browser says of whoever reads a canvas again and again, as these tests do. */
const READS = /willReadFrequently/;
/** Whether a bar is so many times as wide as another. */
const times = (now, before, factor) => assert.ok(Math.abs(now.wide - before.wide * factor) < 6, `${now.wide} px, and ${before.wide} px before: not ${factor} times as wide`);
const near = (a, b, what) => assert.ok(Math.abs(a - b) < 6, `${what}: ${a} and ${b} px`);

test('the chart is zoomed by Ctrl and wheel around the pointer, by keys and by buttons, and panned by hand and wheel', async (t) => {
  const page = await running(t, {}, { tolerate: READS });
  const whole = await bar(page);
  assert.ok(whole.wide > 80, `${whole.wide} px`);
  const chart = await page.locator('#time-chart').boundingBox();
  const turn = async (key, ...by) => {
    if (key) await page.keyboard.down(key);
    await page.mouse.wheel(...by);
    if (key) await page.keyboard.up(key);
    return bar(page);
  };
  await page.mouse.move(chart.x + whole.to, chart.y + 30);
  near((await turn(undefined, 0, -120)).wide, whole.wide, 'the wheel alone belongs to the page');
  times(await turn('Control', 0, -120), whole, Math.exp(0.5));
  times(await turn('Control', 0, 120), whole, 1);
  const slider = page.locator('#time-slider');
  for (const [act, factor] of [
    [() => slider.press('+'), 2], [() => slider.press('-'), 1], [() => slider.press('='), 2], [() => slider.press('-'), 1],
    [() => page.getByRole('button', { name: 'Zoom in', exact: true }).last().click(), 2],
    [() => page.getByRole('button', { name: 'Zoom out', exact: true }).click(), 1],
  ]) {
    await act();
    times(await bar(page), whole, factor);
  }
  // It no longer follows the clock: what is under the pointer stays there.
  const follow = page.getByRole('button', { name: 'Follow the clock' });
  await follow.click();
  assert.equal(await follow.getAttribute('aria-pressed'), 'false');
  await page.mouse.move(chart.x + whole.to, chart.y + 30);
  const close = await turn('Control', 0, -240);
  times(close, { wide: whole.to }, (close.to - close.from) / whole.to);
  near(close.to, whole.to, 'the moment under the pointer');
  const aside = await turn('Shift', 0, 60);
  near(aside.to, close.to - 60, 'Shift and wheel pan');
  await page.mouse.move(chart.x + 300, chart.y + 30);
  await page.mouse.down();
  await page.mouse.move(chart.x + 250, chart.y + 30, { steps: 5 });
  await page.mouse.up();
  near((await bar(page)).to, aside.to - 50, 'a hand pans');
  assert.match(await clock(page), /00:01:00$/, 'a drag is no click: the clock stays');
  await page.getByRole('button', { name: 'Whole session' }).click();
  const fitted = await bar(page);
  near(fitted.to, fitted.room / 1.05, 'the whole session');
});

test('two fingers zoom the chart and one pans it', async (t) => {
  const page = await running(t, {}, { hasTouch: true, tolerate: READS });
  const whole = await bar(page);
  const chart = await page.locator('#time-chart').boundingBox();
  const hand = await page.context().newCDPSession(page);
  const touch = (type, ...xs) => hand.send('Input.dispatchTouchEvent', { type, touchPoints: xs.map((x, id) => ({ x: chart.x + x, y: chart.y + 40, id })) });
  const move = async (from, to) => {
    await touch('touchStart', ...from);
    for (let step = 1; step <= 6; step += 1) await touch('touchMove', ...from.map((x, finger) => x + ((to[finger] - x) * step) / 6));
    await touch('touchEnd');
    return bar(page);
  };
  const middle = whole.to;
  const close = await move([middle - 40, middle + 40], [middle - 80, middle + 80]);
  assert.ok(close.wide > whole.wide * 1.7, `${whole.wide} px became ${close.wide} px`);
  const again = await move([middle - 80, middle + 80], [middle - 40, middle + 40]);
  assert.ok(again.wide < close.wide / 1.5, `${close.wide} px became ${again.wide} px`);
  await page.getByRole('button', { name: 'Follow the clock' }).tap();
  await move([middle - 40, middle + 40], [middle - 120, middle + 120]);
  const before = await bar(page);
  near((await move([300], [240])).to, before.to - 60, 'one finger pans');
});

test('the open band is free of what axe finds in both themes and languages', async (t) => {
  const axe = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  for (const [lang, theme, ahead] of [['en', 'light', 'Go on from here'], ['ko', 'dark', '여기서부터 새로 가기'], ['ko', 'light', '여기서부터 새로 가기'], ['en', 'dark', 'Go on from here']]) {
    const page = await yard.open(t, { ...START, lang, theme }, { bypassCSP: true });
    await type(page, RC);
    await type(page, CRON);
    await type(page, 'yard until 00:03; yard node stop worker-1');
    await at(page, '00:03:00');
    await type(page, 'yard until 00:05');
    await at(page, '00:05:00');
    await type(page, 'yard back 2m; kubectl delete rc web; yard until 00:04');
    await at(page, '00:04:00');
    await type(page, 'yard back 30s');
    await page.getByRole('button', { name: ahead }).waitFor();
    await page.locator('.band--open .band__name--pod').first().waitFor();
    await page.locator('.band__name--pod button').first().click();
    await page.evaluate(axe);
    for (const open of ['.band__legend summary', '#branches summary']) {
      await page.locator(open).click();
      const found = await page.evaluate(async () => {
        const { violations } = await window.axe.run('#timeline', { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
      });
      assert.deepEqual(found, [], `${lang} ${theme} ${open}`);
    }
  }
});

test('on a phone the band is a ruler, opens to a chart, and nothing is wider than the screen', async (t) => {
  const page = await running(t, {}, { viewport: { width: 390, height: 800 }, hasTouch: true });
  const slim = await page.locator('#timeline').boundingBox();
  assert.ok(slim.height < 60, `${slim.height}px`);
  await page.locator('#time-open').click();
  await page.locator('.band__name--pod').nth(2).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  const box = await page.locator('#time-slider').boundingBox();
  await page.touchscreen.tap(box.x + 4, box.y + 20);
  await page.waitForFunction(() => document.querySelectorAll('[data-pod^="web-"]').length === 0);
});

test('while the clock stands nothing is drawn', async (t) => {
  const page = await running(t, {}, {
    before: () => {
      const ask = window.requestAnimationFrame;
      window.frames_ = 0;
      window.requestAnimationFrame = (callback) => { window.frames_ += 1; return ask.call(window, callback); };
    },
  });
  await page.waitForTimeout(800);
  const before = await page.evaluate(() => window.frames_);
  await page.waitForTimeout(1500);
  assert.equal(await page.evaluate(() => window.frames_), before);
});
