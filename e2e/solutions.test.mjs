// Every lesson is done in the page as a learner would do it: answers are clicked, proofs are quoted, the solution is typed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type } from './support/hands.mjs';
import { tracks } from './support/lessons.mjs';
import { useYard } from './support/yard.mjs';

const yard = useYard();
const START = { start: '2026-01-01T00:00:00Z', lang: 'en' };
const PATIENT = { timeout: 60_000 };
// Places on the slider: 3,600 times and as fast as life.
const [FASTEST, ORDINARY] = ['24', '4'];

/** Does an open step, and says what the page says when it is done. */
async function does(page, step) {
  if (step.foretells) {
    await page.locator('.lesson__answer').first().click();
    await page.getByRole('button', { name: 'To the end' }).click();
    await page.locator('.lesson__answer--right').waitFor(PATIENT);
  }
  for (const proof of step.proofs) {
    await page.locator('#proof').fill(proof);
    await page.getByRole('button', { name: 'This proves it' }).click();
  }
  if (step.solution) {
    await type(page, step.solution);
    await page.locator('#speed').fill(FASTEST);
  }
  await page.locator('.lesson__done').waitFor(PATIENT);
  // A step may be done before its last line is over.
  await page.waitForFunction(() => document.querySelector('.terminal__prompt span')?.innerText === '$', undefined, PATIENT);
  await page.locator('#speed').fill(ORDINARY);
}

for (const { name, lessons } of await tracks()) {
  test(`each lesson of ${name} is done from its first step to its last`, async (t) => {
    const page = await yard.open(t, START);
    await page.locator('#lessons').click();
    for (const { title, steps } of lessons) {
      const entry = page.locator('.lesson__entry', { has: page.getByText(title, { exact: true }) });
      await entry.click();
      for (const [index, step] of steps.entries()) {
        await page.getByText(`Step ${index + 1} of ${steps.length}`, { exact: true }).waitFor();
        await does(page, step).catch((error) => { throw new Error(`${title}, step ${index + 1}`, { cause: error }); });
        if (index + 1 < steps.length) await page.getByRole('button', { name: 'Next step' }).click();
      }
      await page.getByRole('button', { name: 'All lessons' }).first().click();
      await entry.locator('.lesson__sign--solved').waitFor();
    }
    const sum = await page.locator('.teach__sum .quiet').innerText();
    assert.match(sum, new RegExp(`^${lessons.length} of `));
  });
}
