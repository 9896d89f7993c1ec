// The page without a network: after the first visit everything comes from here. xtask/page.mjs puts the version and
// the files in. A new version waits until no tab shows the old one, so that no tab ever mixes two.
const CACHE = `podyard-${__VERSION__}`;
const FILES = __FILES__;

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)));
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
