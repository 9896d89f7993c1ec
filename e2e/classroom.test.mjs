// In class: type that the last row reads, keys of a clicker, a light, a copy to break things on, codes to scan, and
// links that start from a step.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import jsQR from 'jsqr';
import { paste, type } from './support/hands.mjs';
import { useYard } from './support/yard.mjs';

const yard = useYard();
const START = { start: '2026-01-01T00:00:00Z', lang: 'en', paused: '1' };
const PROJECTOR = { viewport: { width: 1280, height: 720 } };
const PATIENT = { timeout: 40_000 };
const CLIPBOARD = { permissions: ['clipboard-read', 'clipboard-write'] };
/** A fortieth of the screen's height: what the tenth row reads. */
const LEAST = 720 / 40;

/** The time of day on the clock. */
const time = (page) => page.locator('#clock span').last().innerText();

/** What a camera sees: the code on the screen, made dots and read. */
async function scan(page) {
  const svg = page.locator('#qr svg');
  await svg.waitFor(PATIENT);
  const size = Number((await svg.getAttribute('viewBox')).split(' ')[2]);
  const path = await svg.locator('path').getAttribute('d');
  const scale = 4;
  const pixels = new Uint8ClampedArray((size * scale) ** 2 * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let dy = 0; dy < scale; dy += 1) {
      for (let dx = 0; dx < scale; dx += 1) {
        const at = ((Number(y) * scale + dy) * size * scale + Number(x) * scale + dx) * 4;
        pixels.fill(0, at, at + 3);
      }
    }
  }
  return jsQR(pixels, size * scale, size * scale)?.data;
}

test('the tenth row reads everything at 720 lines, in both languages', async (t) => {
  for (const lang of ['en', 'ko']) {
    const page = await yard.open(t, { ...START, lang, paused: '0', speed: '10', panels: 'yard,loops,terminal' }, PROJECTOR);
    await type(page, 'kubectl create deployment web --image=nginx --replicas=5; kubectl run crash --image=busybox --command -- sh -c "exit 1"; kubectl get pods');
    await page.locator('[data-pod="crash"] .ring').waitFor(PATIENT);
    await page.locator('#play').click();
    await page.locator('#command').evaluate((element) => element.blur());
    await page.keyboard.press('p');
    await page.locator('.presenter-bar').waitFor();
    const small = await page.evaluate((least) => {
      const found = [];
      const walk = document.createTreeWalker(document.querySelector('.page'), NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) {
        const { parentElement: element, data } = walk.currentNode;
        if (!data.trim() || !element.checkVisibility() || element.closest('.visually-hidden, option')) continue;
        const size = parseFloat(getComputedStyle(element).fontSize);
        if (size < least - 0.01) found.push(`${size}px ${element.className || element.localName}: ${data.trim().slice(0, 30)}`);
      }
      return [...new Set(found)];
    }, LEAST * 0.87);
    assert.deepEqual(small, []);
    const read = await page.evaluate(() => ['.terminal__line--out', '.node__name', '.time__clock'].map((one) => parseFloat(getComputedStyle(document.querySelector(one)).fontSize)));
    assert.ok(read.every((size) => size >= 18), String(read));
  }
});

test('a class breaks things on a copy: a key, and leaving, go back to the start', async (t) => {
  const page = await yard.open(t, START, PROJECTOR);
  await type(page, 'kubectl create deployment web --image=nginx --replicas=3; sleep 20');
  await page.locator('#play').click();
  await page.locator('[data-pod^="web-"][data-look="running"]').nth(2).waitFor(PATIENT);
  await page.locator('#play').click();
  const clock = await time(page);
  await page.locator('#share').click();
  await page.getByRole('button', { name: 'Present' }).click();
  await page.locator('.presenter-bar').waitFor();
  assert.equal(await page.locator('.pane--editor').count(), 0);
  const down = page.locator('.node--off, .node--down');
  await page.keyboard.press('x');
  await down.first().waitFor();
  await page.locator('.terminal__line--in', { hasText: 'yard node stop worker-' }).waitFor();
  await page.keyboard.press('PageDown');
  await page.waitForFunction((before) => document.querySelector('#clock span:last-child').innerText !== before, clock);
  const later = await time(page);
  await page.keyboard.press('PageDown');
  await page.waitForFunction((before) => document.querySelector('#clock span:last-child').innerText !== before, later);
  await page.keyboard.press('PageUp');
  await page.waitForFunction((before) => document.querySelector('#clock span:last-child').innerText <= before, later);
  await page.keyboard.press('X');
  await page.locator('.node--off').waitFor({ state: 'detached' });
  await page.keyboard.press('x');
  await page.keyboard.press('r');
  await down.first().waitFor({ state: 'detached' });
  assert.equal(await time(page), clock);
  await page.locator('#break-node').click();
  await down.first().waitFor();
  await page.reload();
  await page.locator('[data-pod^="web-"][data-look="running"]').nth(2).waitFor(PATIENT);
  assert.equal(await down.count(), 0, 'what is done while presenting is not kept');
  await page.keyboard.press('p');
  await page.keyboard.press('x');
  await down.first().waitFor();
  await page.keyboard.press('p');
  await down.first().waitFor({ state: 'detached' });
  assert.equal(await time(page), clock);
  assert.equal(await page.locator('.pane--editor').count(), 1);
});

test('a clicker works whatever has the focus; "." stops and starts', async (t) => {
  const page = await yard.open(t, { ...START, present: '' }, PROJECTOR);
  await page.locator('.presenter-bar').waitFor();
  await type(page, 'kubectl run web --image=nginx');
  const before = await time(page);
  await page.locator('#command').focus();
  for (let presses = 0; presses < 12; presses += 1) await page.keyboard.press('PageDown');
  await page.locator('[data-pod="web"][data-look="running"]').waitFor(PATIENT);
  assert.notEqual(await time(page), before);
  await page.locator('#command').evaluate((element) => element.blur());
  await page.keyboard.press('.');
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await page.keyboard.press('.');
  await page.getByRole('button', { name: 'Play' }).waitFor();
});

test('on any projector the states are a row, all nodes and the first card of the loops are in sight', async (t) => {
  for (const viewport of [PROJECTOR.viewport, { width: 1920, height: 1080 }]) {
    const page = await yard.open(t, { ...START, present: '' }, { viewport });
    await page.locator('.presenter-bar').waitFor();
    await page.locator('.diagram--folded').waitFor();
    const ends = await page.locator('.node').evaluateAll((nodes) => nodes.map((one) => one.getBoundingClientRect().bottom));
    assert.equal(ends.length, 4);
    assert.ok(Math.max(...ends) <= viewport.height, JSON.stringify(ends));
    await type(page, 'kubectl create deployment web --image=nginx --replicas=9');
    const card = page.locator('.loops .card').first();
    await card.waitFor();
    const { y, height } = await card.boundingBox();
    assert.ok(y + Math.min(height, viewport.height / 12) <= viewport.height, `a card of the loops begins at ${y}`);
  }
});

test('what is pointed at is explained where the terminal was', async (t) => {
  const page = await yard.open(t, { ...START, present: '' }, PROJECTOR);
  await type(page, 'kubectl run web --image=nginx; yard until 10s');
  await page.locator('[data-pod="web"][data-look="running"]').click();
  await page.locator('.pane--details .reasons__now').waitFor();
  assert.equal(await page.locator('.pane--terminal').count(), 0);
  const pressed = await page.locator('.presenter-bar__panels [aria-pressed="true"]').allInnerTexts();
  assert.deepEqual(pressed, ['Nodes', 'Control loops', 'Details']);
  const parts = await page.locator('.why__text').evaluateAll((all) => all.map((one) => one.firstElementChild.clientWidth / one.clientWidth));
  assert.ok(parts.length > 2 && parts.every((part) => part > 0.8), `words have the whole line: ${parts}`);
});

test('the panels are chosen, and the light follows the pointer and the selection', async (t) => {
  const page = await yard.open(t, { ...START, present: '' }, PROJECTOR);
  const bar = page.locator('.presenter-bar__panels');
  await bar.getByRole('button', { name: 'Terminal' }).click();
  assert.equal(await page.locator('.pane--terminal').count(), 0);
  await bar.getByRole('button', { name: 'Editor' }).click();
  await page.locator('.pane--editor').waitFor();
  await page.locator('.presenter-bar').click({ position: { x: 4, y: 4 } });
  await page.keyboard.press('s');
  const light = page.locator('#light');
  await light.waitFor();
  await page.mouse.move(333, 444);
  const at = () => light.evaluate((element) => [element.style.getPropertyValue('--x'), element.style.getPropertyValue('--y')]);
  assert.deepEqual(await at(), ['333px', '444px']);
  const node = page.locator('.node__name', { hasText: 'worker-2' });
  const box = await node.boundingBox();
  await node.focus();
  assert.deepEqual(await at(), [`${Math.round(box.x + box.width / 2)}px`, `${Math.round(box.y + box.height / 2)}px`]);
  await page.keyboard.press('s');
  await light.waitFor({ state: 'detached' });
});

test('the editor holds its text in a presentation and after it, and the clock is seen; what the class writes goes with the copy', async (t) => {
  const page = await yard.open(t, START, PROJECTOR);
  await paste(page, 'kind: Mine\n');
  const clock = await time(page);
  const code = page.locator('[data-ready] .cm-content');
  const present = async () => {
    await page.locator('#share').click();
    await page.getByRole('button', { name: 'Present' }).click();
    await page.locator('.presenter-bar').waitFor();
  };
  const leave = () => page.locator('#end-presenting').click();
  await present();
  assert.equal(await time(page), clock, 'the clock that stands is seen');
  await leave();
  await code.getByText('Mine').waitFor();
  await present();
  const panel = page.locator('.presenter-bar__panels').getByRole('button', { name: 'Editor' });
  await panel.click();
  await code.getByText('Mine').waitFor();
  await paste(page, 'kind: Class\n');
  await panel.click();
  await page.locator('.pane--editor').waitFor({ state: 'detached' });
  await panel.click();
  await code.getByText('Class').waitFor();
  await leave();
  await code.getByText('Mine').waitFor();
  await paste(page, 'kind: Later\n');
  await type(page, 'cat job.yaml');
  await page.locator('.terminal__line--out', { hasText: 'kind: Later' }).waitFor();
});

test('a phone scans the code and stands at the very moment', async (t) => {
  const page = await yard.open(t, { ...START, present: '' }, PROJECTOR);
  await type(page, 'kubectl run web --image=nginx');
  await page.locator('#present-qr').click();
  const link = await scan(page);
  assert.match(link, /\/#s1=[\w-]+$/);
  const phone = await yard.open(t, { lang: 'en' }, { viewport: { width: 390, height: 844 } });
  await phone.goto('about:blank');
  await phone.goto(link);
  await phone.locator('[data-pod="web"]').waitFor(PATIENT);
});

test('a link to a step starts from there, for a whole class', async (t) => {
  const page = await yard.open(t, { lang: 'en', lesson: 'jobs/hello', step: '2' }, CLIPBOARD);
  await page.locator('.lesson h3', { hasText: 'Read what it said' }).waitFor(PATIENT);
  await page.locator('#share').click();
  await page.getByRole('button', { name: 'Copy link to this step' }).click();
  await page.locator('.terminal__line--explain', { hasText: 'starts from this step' }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /\/\?lesson=jobs\/hello&step=2$/);
  await page.locator('#share').click();
  await page.getByRole('button', { name: 'QR code of this step' }).click();
  assert.equal(await scan(page), link);
  const pupil = await yard.open(t, { lang: 'en' });
  await pupil.goto(link);
  await pupil.locator('.lesson h3', { hasText: 'Read what it said' }).waitFor(PATIENT);
  await pupil.locator('[data-pod^="hello-"][data-look="completed"]').waitFor();
});
