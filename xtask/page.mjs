// The hooks of the page's build; Trunk calls them (see Trunk.toml).
//
//   node xtask/page.mjs before   joins the stylesheets into one: target/page/page.css
//   node xtask/page.mjs after    adds what is loaded when it is first asked for, makes the loader
//                                small, and closes the content security policy over the page's
//                                own inline scripts
//
// What is loaded later has its hash in its name, as Trunk's own files have. The page finds the
// name in its head: <meta name="podyard-NAME" content="./NAME-HASH.EXT">.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const minify = process.env.TRUNK_PROFILE === 'release';

/** What is loaded later: its name, where it comes from, and how. */
const LATER = [
  { name: 'editor', extension: 'js', source: 'src/ui/editor/editor.js', read: bundle },
  { name: 'docs', extension: 'txt', source: 'assets/schema/docs.txt', read: readFile },
  { name: 'lessons', extension: 'json', source: 'lessons', read: lessons },
  { name: 'ko', extension: 'txt', source: 'assets/i18n/ko', read: joined },
];

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
  const index = join(staging, 'index.html');
  let html = (await readFile(index, 'utf8')).replace(/<!--[\s\S]*?-->\s*/g, '');
  const [loader] = html.match(/page-[0-9a-f]+\.js/);
  await writeFile(join(staging, loader), await bundle(join(staging, loader)));
  // The loader has the snippets of src/ui/platform inside now.
  await rm(join(staging, 'snippets'), { force: true, recursive: true });
  html = html.replace(/<link[^>]*\/snippets\/[^>]*>\s*/g, '');
  html = insert(html, '</head>', names.join(''));
  html = insert(html, "'wasm-unsafe-eval'", ` ${inlineScripts(html).join(' ')}`, 'behind');
  await writeFile(index, html);
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
