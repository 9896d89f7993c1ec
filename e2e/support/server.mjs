// Serves dist/ as any static host would: files, types, how long they may be kept; and pages of somebody else.
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const FOLDER = fileURLToPath(new URL('../../dist', import.meta.url));

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

const packs = new Map();
/** A file as it travels; packed once. */
function gzipped(file) {
  if (!packs.has(file)) packs.set(file, readFile(file).then((bytes) => promisify(gzip)(bytes, { level: 4 })));
  return packs.get(file);
}

/**
 * Starts a server on a free port; gives its origin, the paths it was asked for, and how to stop it. `replaced`: texts
 * by path that it gives instead of files, also later ones.
 */
export async function serve({ replaced = new Map() } = {}) {
  const asked = [];
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    asked.push(path);
    if (replaced.has(path)) {
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/html; charset=utf-8' }).end(replaced.get(path));
      return;
    }
    const file = normalize(join(FOLDER, path.endsWith('/') ? `${path}index.html` : path));
    const known = file.startsWith(FOLDER + sep) && (await stat(file).catch(() => undefined))?.isFile();
    if (!known) {
      response.writeHead(404).end();
      return;
    }
    const kept = extname(file) === '.html' ? 'no-cache' : 'max-age=600';
    const packed = extname(file) === '.wasm' && (request.headers['accept-encoding'] ?? '').includes('gzip');
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'cache-control': kept,
      ...(packed && { 'content-encoding': 'gzip', vary: 'accept-encoding' }),
    });
    if (packed) response.end(await gzipped(file));
    else createReadStream(file).pipe(response);
  });
  return { asked, replaced, ...await listen(server) };
}

/** A host of its own with pages by path, and a header for all of them. */
export async function serveHost(pages, headers = {}) {
  const server = createServer((request, response) => {
    const page = pages[new URL(request.url, 'http://localhost').pathname];
    if (page === undefined) response.writeHead(request.url === '/favicon.ico' ? 204 : 404).end();
    else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(page);
  });
  return listen(server);
}

async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}
