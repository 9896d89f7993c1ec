// What every end-to-end test needs: the built page in a browser, watched.
//
//   const yard = useYard();
//   test('…', async (t) => {
//     const page = await yard.open(t, { lang: 'ko' });
//     …
//   });
//
// Each test has a context of its own, so that nothing stored by one is seen by another. When it
// ends, the page must have written no error, asked for nothing that is not there, and asked no
// other host for anything.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';
import { serve, serveHost } from './server.mjs';

const ARGUMENTS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
];

/** How long anything on the page may take to appear. Generous: machines differ. */
const PATIENCE_MILLISECONDS = 15_000;

/** Starts server and browser before the tests of a file, and stops them after. */
export function useYard() {
  let server;
  let browser;
  before(async () => {
    assert.ok(process.env.CHROME, 'CHROME must name the browser: run `cargo xtask test e2e`');
    server = await serve();
    browser = await chromium.launch({ executablePath: process.env.CHROME, args: ARGUMENTS });
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  return {
    open: (t, parameters, options) => open(t, { server, browser, parameters, options }),
    host: (t, pages, options) => host(t, { server, browser, pages, options }),
    /** The server: its `origin`, and what it was `asked` for. */
    server: () => server,
  };
}

/**
 * Opens the page with the parameters of its address. `options` are Playwright's for the context,
 * and `tolerate`: a pattern of complaints that the test itself causes, `before`: a function that
 * runs in the page before its own scripts, `routes`: what becomes of requests, `whole`: whether to
 * wait for the part of the program that comes later.
 */
async function open(t, { server, browser, parameters = {}, options = {} }) {
  const { tolerate, before: script, routes = [], whole = true, ...contextual } = { locale: 'en-US', viewport: { width: 1280, height: 800 }, ...options };
  const context = await browser.newContext(contextual);
  context.setDefaultTimeout(PATIENCE_MILLISECONDS);
  if (script) await context.addInitScript(script);
  for (const [pattern, answer] of routes) await context.route(pattern, answer);
  const page = await context.newPage();
  const complaints = watch(page, server.origin);
  t.after(async () => {
    await context.close();
    const unexpected = complaints.filter((complaint) => !tolerate?.test(complaint));
    assert.deepEqual(unexpected, [], 'the page must be quiet');
  });
  await page.goto(`${server.origin}/?${new URLSearchParams(parameters)}`);
  await page.waitForFunction(() => window.wasmBindings !== undefined); // Trunk sets it when the page has started
  if (whole) await page.locator('html[data-whole]').waitFor({ state: 'attached' });
  return page;
}

/**
 * Opens a page of another origin that embeds the yard: `pages` makes its pages by path from the yard's origin. It may ask
 * these two hosts only. `options` as for `open`, and `headers` of the host.
 */
async function host(t, { server, browser, pages, options = {} }) {
  const { tolerate, headers, before: script, ...contextual } = { locale: 'en-US', viewport: { width: 1000, height: 800 }, ...options };
  const other = await serveHost(pages(server.origin), headers?.(server.origin));
  const context = await browser.newContext(contextual);
  context.setDefaultTimeout(PATIENCE_MILLISECONDS);
  if (script) await context.addInitScript(script);
  const page = await context.newPage();
  const complaints = watch(page, server.origin, other.origin);
  t.after(async () => {
    await context.close();
    await other.stop();
    const unexpected = complaints.filter((complaint) => !tolerate?.test(complaint));
    assert.deepEqual(unexpected, [], 'the page must be quiet');
  });
  await page.goto(`${other.origin}/`);
  return page;
}

/** Collects all that a page must not do. */
function watch(page, ...origins) {
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) {
      complaints.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack ?? error}`));
  page.on('request', (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (!origins.includes(asked) && !['data:', 'blob:'].includes(protocol)) {
      complaints.push(`request to another host: ${request.url()}`);
    }
  });
  page.on('websocket', (socket) => complaints.push(`web socket: ${socket.url()}`));
  page.on('response', (response) => {
    if (response.status() >= 400) {
      complaints.push(`${response.status()}: ${response.url()}`);
    }
  });
  return complaints;
}
