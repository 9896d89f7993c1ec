// Finds what stands in the memory at the start and what only the part that waits reads (see split.mjs): texts of
// commands that nobody has given, tables of functions that did not run. It arrives with them.
//
//   move({ first, later, whole: numbers(code) }, pieces(map))
//
// The linker's map tells where each constant begins and ends. One stays where the first part names an address in it,
// or another that stays does, and where it is not seen who names it at all; the rest is moved, to the same place of the
// memory.
import binaryen from 'binaryen';

/**
 * Arrays are also read by an address before them, where what they are read by does not begin with 0: so far before, at
 * most, and not so far where the address is the beginning of something else, and so has a reason.
 */
const BEFORE = { inside: 256, beginning: 32 };
/** A loop over an array may count up to 0 from its end: then its end is the address, or a field so far behind it. */
const BEHIND = 16;
/** A hole that is shorter than this (in bytes) is filled with zeros: a part of the memory costs about as much. */
const HOLE = 48;

/** The constants of a program by the map of wasm-ld: where they are, and whether they may be moved. */
export function pieces(map) {
  const found = [];
  for (const line of map.split('\n')) {
    const match = line.match(/^ *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +\S*:\((\.(?:ro)?data[^)]*)\)$/);
    if (!match) continue;
    const [, from, size, name] = match;
    // What can change stays, and tables of jumps, which are read in any way.
    const fixed = !name.startsWith('.rodata') || name.includes('switch.table');
    // The linker's own are texts, each with a zero behind it; where one is the end of another, they are one.
    const texts = line.includes('<internal>');
    found.push({ from: parseInt(from, 16), size: parseInt(size, 16), fixed, texts });
  }
  return found.filter(({ size }) => size > 0).sort((one, other) => one.from - other.from);
}

/** Moves constants that the first part does not need to the one that waits; says how many bytes. */
export function move({ first, later, whole }, pieces) {
  const code = first.emitText();
  const segments = segmentsOf(first, code);
  for (const one of pieces) one.data = dataAt(segments, one);
  const known = pieces.filter(({ data }) => data).flatMap((one) => (one.texts ? texts(one) : [one]));
  // The linker left nothing that nobody names: what seems so is named in a way that is not understood here.
  const used = reached(known, whole, { inside: 0, beginning: 0 }, 0);
  for (const one of known) one.fixed ||= !used.has(one);
  const stays = reached(known, numbers(code), BEFORE, BEHIND);
  const holes = [];
  for (const one of known) {
    if (stays.has(one)) continue;
    const last = holes.at(-1);
    const end = one.from + one.size;
    if (last && last.to === one.before && dataAt(segments, { from: last.from, size: end - last.from })) last.to = end;
    else holes.push({ from: one.from, to: end });
  }
  const moved = holes.map(({ from, to }) => ({ offset: from, data: Buffer.from(dataAt(segments, { from, size: to - from })) }));
  place(later, moved);
  place(first, holes.reduce(without, segments), 'memory');
  return moved.reduce((sum, { data }) => sum + data.length, 0);
}

/** All numbers in a program's code that can be addresses; one of 64 bits can be an address and a length. */
export function numbers(code) {
  const found = new Set();
  for (const [, sort, number] of code.replace(/^ \(data .*$/gm, '').matchAll(/(i32\.const |i64\.const |offset=)(-?\d+)/g)) {
    if (sort === 'i64.const ') {
      const whole = BigInt.asUintN(64, BigInt(number));
      found.add(Number(whole & 0xffffffffn)).add(Number(whole >> 32n));
    } else {
      found.add(Number(number));
    }
  }
  return found;
}

/** The texts of a piece, each with the zero behind it. */
function texts({ from, data, fixed }) {
  const found = [];
  for (let start = 0; start < data.length;) {
    const end = data.indexOf(0, start) + 1 || data.length;
    found.push({ from: from + start, size: end - start, fixed, data: data.subarray(start, end) });
    start = end;
  }
  return found;
}

/** Which pieces these numbers name, if they are addresses, and which those name in turn; `before` and `behind` as in BEFORE and BEHIND. */
function reached(pieces, numbers, before, behind) {
  pieces.forEach((one, place) => {
    const last = pieces[place - 1];
    one.before = last ? last.from + last.size : 0;
  });
  const last = (address) => {
    let [low, high] = [0, pieces.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (pieces[middle].from <= address) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const at = (address) => {
    const place = last(address);
    const one = pieces[place];
    return one && address >= one.from && address < one.from + one.size ? place : -1;
  };
  const starts = new Map(pieces.map((one) => [one.from, one]));
  const stays = new Set(pieces.filter(({ fixed }) => fixed));
  for (const number of numbers) {
    for (const one of pieces.slice(Math.max(last(number) - 1, 0), last(number) + 1)) {
      const past = number - one.from - one.size;
      if (past >= 0 && past < behind && isArray(one, starts)) stays.add(one);
    }
    const place = at(number);
    if (place < 0) continue;
    stays.add(pieces[place]);
    const end = number + (number === pieces[place].from ? before.beginning : before.inside);
    for (let next = place + 1; next < pieces.length && pieces[next].from <= end; next += 1) {
      if (!single(pieces[next], starts)) stays.add(pieces[next]);
    }
  }
  const open = [...stays];
  for (const one of open) {
    for (let word = (4 - (one.from % 4)) % 4; word + 4 <= one.size; word += 4) {
      const place = at(one.data.readUInt32LE(word));
      if (place < 0 || stays.has(pieces[place])) continue;
      stays.add(pieces[place]);
      open.push(pieces[place]);
    }
  }
  return stays;
}

/** Whether a piece is a text, or points to one (with its length, and perhaps a line and a column): no array of anything. */
function single({ data }, starts) {
  if (data.length === 8 || data.length === 16) {
    const text = starts.get(data.readUInt32LE(0));
    if (text && text.size === data.readUInt32LE(4)) return true;
  }
  const letters = data.filter((byte) => byte >= 32 && byte < 127).length;
  return letters >= data.length * 0.75;
}

/** Whether a piece may be an array that a loop goes through: no text, nor the place of a line of code. */
function isArray({ from, data }, starts) {
  if (from % 4 !== 0 || data.length < 8 || data.length % 4 !== 0) return false;
  const file = data.length === 16 && starts.get(data.readUInt32LE(0))?.data.toString('latin1').endsWith('.rs');
  return !file && data.filter((byte) => byte >= 32 && byte < 127).length < data.length * 0.75;
}

/** What stands in the memory at a place; nothing where it is not all given. */
function dataAt(segments, { from, size }) {
  const home = segments.find(({ offset, data }) => offset <= from && from + size <= offset + data.length);
  return home?.data.subarray(from - home.offset, from - home.offset + size);
}

/** The parts of the memory without what lies in a hole. */
function without(segments, { from, to }) {
  return segments.flatMap((one) => {
    const end = one.offset + one.data.length;
    if (from < one.offset || to > end) return [one];
    if (to - from < HOLE) {
      one.data.fill(0, from - one.offset, to - one.offset);
      return [one];
    }
    const rest = [{ offset: one.offset, data: one.data.subarray(0, from - one.offset) }, { offset: to, data: one.data.subarray(to - one.offset) }];
    return rest.filter(({ data }) => data.length > 0);
  });
}

/** What stands in the memory at the start; only the module's text has the names of its parts. */
function segmentsOf(module, code) {
  const names = Array.from(code.matchAll(/^ \(data \$(\S+)/gm), ([, name]) => name);
  if (names.length !== module.getNumMemorySegments()) throw new Error('the parts of the memory have no names');
  return names.map((name) => {
    const { offset, data } = module.getMemorySegmentInfo(name);
    return { offset, data: Buffer.from(data) };
  });
}

/** Gives a module these parts of the memory, in place of what it had. */
function place(module, segments, name = null) {
  const { initial, module: from } = module.getMemoryInfo();
  if (name) module.removeExport(name);
  module.setMemory(initial, -1, name, segments.map(({ offset, data }) => ({ offset: module.i32.const(offset), data })));
  if (from) module.addMemoryImport('0', 'later', 'memory');
}
