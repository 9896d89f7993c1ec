// What the tests need to know of the lesson files, read line by line: they keep to one form (see docs/lessons.md).
import { readdir, readFile } from 'node:fs/promises';

const FOLDER = new URL('../../lessons/', import.meta.url);

/** The tracks in their order, each with its lessons: `{ name, lessons: [{ id, title, steps }] }`. */
export async function tracks() {
  const { tracks } = JSON.parse(await readFile(new URL('index.json', FOLDER), 'utf8'));
  return Promise.all(tracks.map(async (name) => {
    const track = await readFile(new URL(`${name}/track.yaml`, FOLDER), 'utf8');
    const order = track.match(/^lessons: \[(.*)\]$/m)[1].split(', ');
    const there = (await readdir(new URL(`${name}/`, FOLDER))).filter((file) => file !== 'track.yaml');
    if (there.length !== order.length) throw new Error(`${name}: ${there.length} files, ${order.length} lessons`);
    const lessons = await Promise.all(order.map(async (lesson) => read(`${name}/${lesson}`)));
    return { name, lessons };
  }));
}

async function read(id) {
  const text = await readFile(new URL(`${id}.yaml`, FOLDER), 'utf8');
  const title = text.match(/^title: \{en: "(.*)", ko: "/m)[1];
  const steps = text.slice(text.indexOf('\nsteps:\n')).split(/\n(?=- title:)/).slice(1).map(step);
  return { id, title, steps };
}

/** A step: whether it asks to foretell, which proofs it wants, and the lines that do it. */
function step(text) {
  const lines = text.split('\n');
  const begin = lines.findIndex((line) => line.startsWith('  solution:'));
  const inline = lines[begin]?.replace('  solution:', '').trim();
  const block = [];
  for (const line of begin < 0 ? [] : lines.slice(begin + 1)) {
    if (line && !line.startsWith('    ')) break;
    block.push(line.slice(4));
  }
  const proofs = [...text.matchAll(/^    evidence:\n((?: {6}.*\n)+)/gm)].map(([, inside]) => {
    const [, key, value] = inside.match(/^ {6}(event|field|log): "?(.*?)"?$/m);
    return key === 'field' ? value.split('.').at(-1) : value;
  });
  return {
    foretells: /^  predict:/m.test(text),
    proofs,
    solution: (inline && inline !== '|' ? inline : block.join('\n')).trim(),
  };
}
