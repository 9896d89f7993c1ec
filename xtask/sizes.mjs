// What a visit transfers: node xtask/sizes.mjs FOLDER BUDGET
//
// A first visit is index.html and every file that its tags name; what only a <meta> names is
// loaded later, and the icon for home screens when somebody puts the page on one. The budget is
// in thousands of bytes after brotli, as static hosts send it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const [folder, budget] = process.argv.slice(2);
const html = readFileSync(join(folder, 'index.html'), 'utf8').replace(/<meta[^>]*>|<link rel="apple-touch-icon"[^>]*>/g, '');

const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
  .map((name) => {
    const bytes = readFileSync(join(folder, name));
    const first = name === 'index.html' || html.includes(name.replaceAll('\\', '/'));
    return { name, first, sizes: [bytes, gzipSync(bytes, { level: 9 }), brotliCompressSync(bytes)].map((packed) => packed.length) };
  })
  .sort((a, b) => Number(b.first) - Number(a.first) || b.sizes[2] - a.sizes[2]);

const line = (name, sizes) => console.log(`  ${name.padEnd(40)} ${sizes.map((size) => String(size).padStart(10)).join(' ')}`);
const sum = (chosen) => chosen.reduce((total, { sizes }) => total.map((size, at) => size + sizes[at]), [0, 0, 0]);
const first = files.filter((file) => file.first);
const later = files.filter((file) => !file.first);

line('bytes', ['raw', 'gzip', 'brotli']);
first.forEach(({ name, sizes }) => line(name, sizes));
line('FIRST VISIT', sum(first));
later.forEach(({ name, sizes }) => line(name, sizes));
line('later, when asked for', sum(later));

const brotli = sum(first)[2] / 1000;
const verdict = brotli <= Number(budget) ? 'within' : 'OVER';
console.log(`  First visit: ${brotli.toFixed(1)} KB brotli, ${verdict} the budget of ${budget} KB.`);
