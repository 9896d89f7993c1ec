// The hooks of the page's build; Trunk calls them (see Trunk.toml).
//
//   node xtask/page.mjs before   joins the stylesheets into one: target/page/page.css
//   node xtask/page.mjs after    adds what is loaded when it is first asked for, makes the loader
//                                small, closes the content security policy over the page's own
//                                inline scripts, and lets a release work without a network
//
// What is loaded later has its hash in its name, as Trunk's own files have. The page finds the
// name in its head: <meta name="podyard-NAME" content="./NAME-HASH.EXT">.
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const minify = process.env.TRUNK_PROFILE === 'release';
/** Whether the page keeps itself for later visits: a release does; while one works on it, only when asked. */
const keeps = minify || process.env.PODYARD_OFFLINE !== undefined;
/** Whether the program is to tell which of its functions run (see e2e/profile.mjs). */
const profile = process.env.PODYARD_PROFILE !== undefined;

/** What is loaded later: its name, where it comes from, and how. */
const LATER = [
  { name: 'editor', extension: 'js', source: 'src/ui/editor/editor.js', read: bundle },
  { name: 'leave', extension: 'js', source: 'src/ui/leave/leave.js', read: bundle },
  { name: 'docs', extension: 'txt', source: 'assets/schema/docs.txt', read: readFile },
  { name: 'lessons', extension: 'json', source: 'lessons', read: lessons },
  { name: 'ko', extension: 'txt', source: 'assets/i18n/ko', read: joined },
];

/** Where the linker says what lies where in the program's memory (see xtask/src/build.rs). */
const MAP = 'target/page/page.map';

async function bundle(entry) {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    charset: 'utf8',
    external: ['*.svg', '*.wasm', '*.woff2'],
    format: 'esm',
    legalComments: 'none',
    logLevel: 'warning',
    // The loader of wasm-bindgen names the bridge once for each function it imports.
    logOverride: { 'duplicate-object-key': 'silent' },
    minify,
    target: ['chrome111', 'firefox115', 'safari16.4'],
    write: false,
  });
  return result.outputFiles[0].contents;
}

/** All files of a folder in one. */
async function joined(folder) {
  const names = (await readdir(folder)).sort();
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))));
}

/** All lessons in one text: the tracks in their order, and every file by its path. */
async function lessons(folder) {
  const { tracks } = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
  const files = {};
  for (const track of tracks) {
    for (const name of (await readdir(join(folder, track))).sort()) {
      files[`${track}/${name}`] = await readFile(join(folder, track, name), 'utf8');
    }
  }
  return Buffer.from(JSON.stringify({ tracks, files }));
}

async function before() {
  await mkdir('target/page', { recursive: true });
  await writeFile('target/page/page.css', await bundle('assets/styles/index.css'));
}

async function after() {
  const staging = process.env.TRUNK_STAGING_DIR;
  const names = await Promise.all(LATER.map(async ({ name, extension, source, read }) => {
    const content = await read(source);
    const file = `${name}-${digest(content, 'hex').slice(0, 16)}.${extension}`;
    await writeFile(join(staging, file), content);
    return `<meta name="podyard-${name}" content="./${file}">`;
  }));
  // Under a name that stays: other pages name it.
  await writeFile(join(staging, 'embed.js'), await bundle('src/ui/embed/embed.js'));
  await cp('docs/examples', join(staging, 'examples'), { recursive: true });
  const index = join(staging, 'index.html');
  let html = (await readFile(index, 'utf8')).replace(/<!--[\s\S]*?-->\s*/g, '');
  const [loader] = html.match(/page-[0-9a-f]+\.js/);
  await admitLater(join(staging, loader));
  await writeFile(join(staging, loader), await bundle(join(staging, loader)));
  if (minify) html = await program(staging, html);
  // The loader has the snippets of src/ui/platform inside now.
  await rm(join(staging, 'snippets'), { force: true, recursive: true });
  html = html.replace(/<link[^>]*\/snippets\/[^>]*>\s*/g, '');
  html = insert(html, '</head>', names.join(''));
  if (keeps) {
    await writeFile(join(staging, 'podyard.webmanifest'), JSON.stringify(MANIFEST));
    html = insert(html, '</head>', '<link rel="manifest" href="./podyard.webmanifest"><link rel="apple-touch-icon" href="./apple-touch-icon.png"><meta name="podyard-offline" content="./offline.js">');
  }
  html = insert(html, "'wasm-unsafe-eval'", ` ${inlineScripts(html).join(' ')}`, 'behind');
  await writeFile(index, html);
  if (keeps) await offline(staging, html);
}

/** Lets the loader of wasm-bindgen know the part of the program that comes later. */
async function admitLater(file) {
  const source = resolve('src/ui/platform/later.js').replaceAll('\\', '/');
  let code = await readFile(file, 'utf8');
  code = `import { begin, bring_later } from ${JSON.stringify(source)};\n${code}`;
  code = insert(code, '"./page_bg.js": import0,', ' later: { bring_later },', 'behind');
  code = insert(code, 'wasm = instance.exports;', ' begin(wasm);', 'behind');
  await writeFile(file, code);
}

/** The program in two parts under names of their own, or in one that tells what it runs. */
async function program(staging, html) {
  const { instrument, later, split } = await import('./split.mjs');
  const [old] = html.match(/page-[0-9a-f]+_bg\.wasm/);
  const wasm = await readFile(join(staging, old));
  if (profile) {
    const { bytes, count } = instrument(wasm);
    await writeFile(join(staging, old), bytes);
    await writeFile(join(staging, 'profile.json'), JSON.stringify({ count }));
    await writeFile(join(staging, 'profile.wasm'), wasm);
    return html;
  }
  const parts = split(wasm, later(await readFile('xtask/later.txt', 'utf8')), await readFile(MAP, 'utf8'));
  const name = (content, what) => `page-${digest(content, 'hex').slice(0, 16)}_${what}.wasm`;
  const [first, rest] = [name(parts.first, 'bg'), name(parts.later, 'later')];
  await rm(join(staging, old));
  await writeFile(join(staging, first), parts.first);
  await writeFile(join(staging, rest), parts.later);
  html = html.replaceAll(old, first);
  return insert(html, '</head>', `<meta name="podyard-later" content="./${rest}">`);
}

/** What an installed page calls itself. */
const MANIFEST = {
  name: 'Podyard',
  short_name: 'Podyard',
  description: 'A Kubernetes cluster that lives in a browser tab',
  start_url: './',
  display: 'standalone',
  background_color: '#eef1f6',
  theme_color: '#2f5fe0',
  id: './',
  scope: './',
  categories: ['education', 'developer'],
  icons: [
    { src: './icon.svg', sizes: 'any', type: 'image/svg+xml' },
    { src: './icon-192.png', sizes: '192x192', type: 'image/png' },
    { src: './icon-512.png', sizes: '512x512', type: 'image/png' },
    { src: './icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
  ],
};

/** The service worker with the names of all files; its version is a digest of them and of the page. */
async function offline(staging, html) {
  await writeFile(join(staging, 'icon.svg'), await readFile('assets/icon.svg'));
  await cp('assets/icons', staging, { recursive: true });
  const entries = await readdir(staging, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && entry.name !== 'index.html').map(({ name }) => name).sort();
  const files = JSON.stringify(['./', ...names.map((name) => `./${name}`)]);
  // Files without a hash in their name count with what they hold.
  const plain = await Promise.all(names.filter((name) => !/-[0-9a-f]{16}[._]/.test(name)).map((name) => readFile(join(staging, name))));
  const version = JSON.stringify(digest(Buffer.concat([Buffer.from(html + files), ...plain]), 'hex').slice(0, 16));
  const worker = await readFile('src/ui/platform/offline.js', 'utf8');
  await writeFile(join(staging, 'offline.js'), worker.replace('__VERSION__', version).replace('__FILES__', files));
}

/** The inline scripts of a page as sources of a content security policy. */
function inlineScripts(html) {
  const scripts = html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g);
  return Array.from(scripts, ([, code]) => `'sha256-${digest(code, 'base64')}'`);
}

function insert(text, mark, what, side = 'before') {
  if (text.split(mark).length !== 2) {
    throw new Error(`index.html must contain ${mark} exactly once`);
  }
  return text.replace(mark, () => (side === 'behind' ? mark + what : what + mark));
}

function digest(content, encoding) {
  return createHash('sha256').update(content).digest(encoding);
}

await { before, after }[process.argv[2]]();
