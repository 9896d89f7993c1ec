// After Trunk has built the page: bundles the editor as a module of its own, loaded lazily, and makes the page strict: no
// inline script, a content security policy, nothing from another host.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const folder = process.env.TRUNK_STAGING_DIR ?? 'dist';
const release = process.env.TRUNK_PROFILE === 'release';

await build({
  entryPoints: ['src/ui/editor/editor.js'],
  bundle: true,
  format: 'esm',
  minify: release,
  target: 'es2022',
  legalComments: 'none',
  outfile: join(folder, 'editor.js'),
});

if (release) {
  const path = join(folder, 'index.html');
  let page = await readFile(path, 'utf8');
  let script = '';
  page = page.replace(/<script type="?module"?[^>]*>([\s\S]*?)<\/script>/, (_, text) => {
    script = text;
    return '<script type="module" src="./boot.js"></script>';
  });
  if (!script.trim()) throw new Error('the script that starts the page was not found');
  await writeFile(join(folder, 'boot.js'), script);
  const policy =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'";
  page = page.replace(/<meta charset="?utf-8"?[^>]*>/i, (meta) => `${meta}<meta http-equiv="Content-Security-Policy" content="${policy}">`);
  await writeFile(path, page);
}
