// The page without a network: after the first visit everything comes from here. xtask/page.mjs puts the version and
// the files in. A new version waits until no tab shows the old one, so that no tab ever mixes two.
const CACHE = `podyard-${__VERSION__}`;
const FILES = __FILES__;

self.addEventListener('install', (event) => {
  // What has no hash in its name may lie about in older versions: it comes from the server.
  const fresh = (name) => (/-[0-9a-f]{16}[._]/.test(name) ? name : new Request(name, { cache: 'reload' }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES.map(fresh))));
});

// A page asks for it when it opens; other tabs keep what they began with.
self.addEventListener('message', (event) => {
  if (event.data !== 'if alone, take over') return;
  event.waitUntil((async () => {
    // A tab that was just left or closed counts for a moment longer.
    for (let look = 0; look < 10; look += 1) {
      const tabs = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
      if (tabs.length === 1) {
        await self.skipWaiting();
        return;
      }
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
  })());
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith('podyard-') && name !== CACHE);
    await Promise.all(names.map((name) => caches.delete(name)));
  })());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const home = new URL(self.registration.scope);
  if (request.method !== 'GET' || origin !== home.origin) return;
  const page = request.mode === 'navigate' && [home.pathname, `${home.pathname}index.html`].includes(pathname);
  event.respondWith((async () => {
    const cache = await caches.open(CACHE);
    return (await cache.match(page ? home.href : request)) ?? fetch(request);
  })());
});
