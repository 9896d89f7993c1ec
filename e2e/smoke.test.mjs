import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useYard } from './support/yard.mjs';

const yard = useYard();

test('the page opens and stays quiet', async (t) => {
  const page = await yard.open(t);
  assert.equal(await page.title(), 'Podyard');
  await page.getByText('worker-1').first().waitFor();
});

test('scripts that are not the page\'s own do not run', async (t) => {
  const page = await yard.open(t, {}, { tolerate: /Content Security Policy/ });
  const blocked = page.waitForEvent('console', (message) => message.text().includes('Content Security Policy'));
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'document.title = "overtaken"';
    document.head.append(script);
  });
  await blocked;
  assert.equal(await page.title(), 'Podyard');
});
