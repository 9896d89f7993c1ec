// Bundles the editor for the page: one module, loaded lazily.
import { build } from 'esbuild';
import { join } from 'node:path';

const folder = process.env.TRUNK_STAGING_DIR ?? 'dist';
await build({
  entryPoints: ['src/ui/editor/editor.js'],
  bundle: true,
  format: 'esm',
  minify: process.env.TRUNK_PROFILE === 'release',
  target: 'es2022',
  legalComments: 'none',
  outfile: join(folder, 'editor.js'),
});
