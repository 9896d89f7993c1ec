// Splits the page's program in two: what a first visit runs, and the rest, which is fetched when the first pods stand.
//
//   const { first, later } = split(wasm, names)
//
// `names` says by name which functions can wait (see later.txt); what only they need waits with them. In their place
// the first part keeps stubs: a stub calls through a slot of the function table, and where the rest has not arrived
// yet it first asks the page to bring it (src/ui/platform/later.js), which can be done at once. So a list that is out
// of date costs time and never correctness. Both parts share memory, table and globals.
import { createHash } from 'node:crypto';
import binaryen from 'binaryen';

/** The module name of what the parts import from each other and from the page. */
const MODULE = 'later';
/** The global that says whether the rest is here, and the function that brings it. */
const HERE = 'later_is_here';
const BRING = 'bring_later';

/**
 * @param {Uint8Array} wasm with its name section
 * @param {(name: string) => boolean} waits
 * @param {Uint8Array[]} texts long texts that the program carries: where only functions that wait read one, it waits too
 */
export function split(wasm, waits, texts = []) {
  const all = read(wasm);
  const { functions, globals, table, externrefs } = describe(all);
  const cold = new Set(functions.filter(({ name }) => waits(plain(name))).map(({ name }) => name));
  // What is reached without the cold functions is the first part; which of the cold ones it names are the borders.
  for (const one of functions) if (cold.has(one.name)) stub(all, one, one.name);
  all.runPasses(['remove-unused-module-elements']);
  const reached = describe(all);
  all.dispose();
  const stays = new Set(reached.functions.map(({ name }) => name));
  const borders = functions.filter(({ name }) => cold.has(name) && reached.imported.has(name));
  const slots = { table: table.name, from: table.initial, to: table.initial + borders.length };

  const later = read(wasm);
  takeAway(later, { functions, globals, externrefs, stays, borders, slots });
  const needed = describe(later);
  const first = read(wasm);
  leave(first, { borders, slots, needed });
  const moved = moveTexts(first, later, texts);
  const counts = { functions: functions.length, first: describe(first).functions.length, borders: borders.length, texts: moved };
  return { first: write(first), later: write(later), counts };
}

/** A function's name without the digests that change with every build. */
export function plain(name) {
  return name.replace(/\\([0-9a-f]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)))
    .replace(/::h[0-9a-f]{16}/g, '').replace(/\[[0-9a-f]{16}\]/g, '');
}

/**
 * Which functions wait, by the lines of later.txt: names, beginnings of names that end in a star, and `=` with a short
 * digest for each of the long names that generic functions have.
 */
export function later(text) {
  const lines = text.split('\n').filter((line) => line && !line.startsWith('#'));
  const names = new Set(lines.flatMap((line) => (line.startsWith('=') ? line.slice(1).split(' ') : [line])));
  return (name) => names.has(name) || names.has(short(name)) || cuts(name).some((cut) => names.has(`${cut}*`));
}

/** The lines of later.txt for functions of which only some ran: [name, bytes, ran]. */
export function lines(functions) {
  const ran = new Set(functions.filter(([, , ran]) => ran).map(([name]) => plain(name)));
  const busy = new Set([...ran].flatMap(cuts));
  const bytes = new Map();
  for (const [name, size] of functions) {
    const known = plain(name);
    if (ran.has(known)) continue;
    const cut = cuts(known).find((cut) => !busy.has(cut));
    const line = cut ? `${cut}*` : known;
    bytes.set(line, (bytes.get(line) ?? 0) + size);
  }
  const worth = [...bytes].filter(([, size]) => size >= WORTH_A_LINE).map(([line]) => line).sort();
  const digests = worth.filter((line) => line.length > LONG).map(short).sort();
  const rows = Array.from({ length: Math.ceil(digests.length / 12) }, (_, at) => `=${digests.slice(at * 12, at * 12 + 12).join(' ')}`);
  return [...worth.filter((line) => line.length <= LONG), ...rows];
}

/** Shorter functions are not worth a line: where only others need them, they wait anyway. */
const WORTH_A_LINE = 120;
/** Longer names are written as digests. */
const LONG = 90;

function short(name) {
  return createHash('sha256').update(name).digest('hex').slice(0, 8);
}

/** The beginnings of a name that end with a part of its path, as long as they name no type's arguments. */
function cuts(name) {
  const [path] = name.match(/^<*[^<]*/);
  return Array.from(path.matchAll(/::/g), ({ index }) => path.slice(0, index + 2));
}

/** The program with a call at the beginning of each function: `profile.ran(its number)`. */
export function instrument(wasm) {
  const module = read(wasm);
  const { functions } = describe(module);
  module.addFunctionImport('ran', 'profile', 'ran', binaryen.i32, binaryen.none);
  functions.forEach(({ name }, at) => {
    const own = binaryen.Function(module.getFunction(name));
    const call = module.call('ran', [module.i32.const(at)], binaryen.none);
    own.body = module.block(null, [call, own.body], binaryen.getExpressionType(own.body));
  });
  const sizes = codeSizes(wasm);
  return { names: functions.map(({ name }, at) => ({ name, bytes: sizes[at] })), bytes: write(module) };
}

/** How long the code of each function is. */
function codeSizes(wasm) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < wasm.length) {
    const id = wasm[at++];
    const end = number() + at;
    if (id !== 10) {
      at = end;
      continue;
    }
    return Array.from({ length: number() }, () => {
      const size = number();
      at += size;
      return size;
    });
  }
  throw new Error('the program has no code');
}

function read(wasm) {
  const module = binaryen.readBinary(wasm);
  module.setFeatures(binaryen.Features.All);
  return module;
}

function write(module) {
  if (!module.validate()) throw new Error('the split program is not valid');
  binaryen.setDebugInfo(false);
  module.runPasses(['strip-producers', 'strip-target-features']);
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

/** What a module consists of: its functions, the names of those it imports, its globals and tables. */
function describe(module) {
  const each = (count, get) => Array.from({ length: count }, (_, at) => get(at));
  const all = each(module.getNumFunctions(), (at) => binaryen.getFunctionInfo(module.getFunctionByIndex(at)));
  const tables = each(module.getNumTables(), (at) => binaryen.getTableInfo(module.getTableByIndex(at)));
  return {
    functions: all.filter(({ base }) => !base),
    imported: new Map(all.filter(({ base }) => base).map((one) => [one.name, one])),
    globals: each(module.getNumGlobals(), (at) => binaryen.getGlobalInfo(module.getGlobalByIndex(at))),
    table: tables.find(({ name }) => !name.startsWith('__')),
    externrefs: tables.find(({ name }) => name.startsWith('__')),
  };
}

/** Puts an import in the place of a function. */
function stub(module, { name, params, results }, base) {
  module.removeFunction(name);
  module.addFunctionImport(name, MODULE, base, params, results);
}

/** The part that waits: all functions that do not stay, put into their slots; everything else is imported. */
function takeAway(module, { functions, globals, externrefs, stays, borders, slots }) {
  const { imported } = describe(module);
  while (module.getNumExports() > 0) module.removeExport(binaryen.getExportInfo(module.getExportByIndex(0)).name);
  for (let at = module.getNumElementSegments() - 1; at >= 0; at -= 1) {
    module.removeElementSegment(binaryen.getElementSegmentInfo(module.getElementSegmentByIndex(at)).name);
  }
  // What one part gives to the other has a number for a name: the order in the whole program.
  const number = (at, kind) => `${kind}${at.toString(36)}`;
  functions.forEach((one, at) => { if (stays.has(one.name)) stub(module, one, number(at, 'f')); });
  // What the page gives to the first part, the rest takes from there.
  [...imported.values()].forEach((one, at) => stub(module, one, number(at, 'i')));
  globals.forEach(({ name, type, mutable }, at) => {
    module.removeGlobal(name);
    module.addGlobalImport(name, MODULE, number(at, 'g'), type, mutable);
  });
  const { initial, is64 } = module.getMemoryInfo();
  if (is64) throw new Error('memories of 64 bits are not split');
  module.setMemory(initial, -1, null, []);
  module.addMemoryImport('0', MODULE, 'memory');
  module.removeTable(slots.table);
  module.addTable(slots.table, slots.to, slots.to);
  module.addTableImport(slots.table, MODULE, 'table');
  if (externrefs) module.addTableImport(externrefs.name, MODULE, externrefs.name);
  module.addActiveElementSegment(slots.table, 'later', borders.map(({ name }) => name), module.i32.const(slots.from));
  module.runPasses(['remove-unused-module-elements']);
}

/** Moves texts to the part that waits, at the same places of the memory; says how many. */
function moveTexts(first, later, texts) {
  const code = first.emitText();
  let segments = segmentsOf(first, code);
  const numbers = new Set(Array.from(code.matchAll(/(?:i32\.const |offset=)(\d+)/g), ([, number]) => Number(number)));
  const named = (from, to) => {
    for (const number of numbers) if (number >= from && number < to) return true;
    const word = Buffer.alloc(4);
    word.writeUInt32LE(from);
    return segments.some(({ data }) => data.includes(word));
  };
  const moved = [];
  for (const text of texts) {
    const home = segments.find(({ data }) => data.includes(text));
    if (!home) continue;
    const at = home.data.indexOf(text);
    const from = home.offset + at;
    if (named(from, from + text.length)) continue;
    moved.push({ offset: from, data: text });
    const rest = [{ offset: home.offset, data: home.data.subarray(0, at) }, { offset: from + text.length, data: home.data.subarray(at + text.length) }];
    segments = segments.filter((one) => one !== home).concat(rest.filter(({ data }) => data.length > 0));
  }
  place(first, segments, 'memory');
  place(later, moved);
  return moved.length;
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

/** Gives a module these texts, in place of what it had. */
function place(module, segments, name = null) {
  const { initial, module: from } = module.getMemoryInfo();
  if (name) module.removeExport(name);
  module.setMemory(initial, -1, name, segments.map(({ offset, data }) => ({ offset: module.i32.const(offset), data })));
  if (from) module.addMemoryImport('0', MODULE, 'memory');
}

/** The part that comes first: stubs in the place of what it calls of the rest, exports for what the rest needs. */
function leave(module, { borders, slots, needed }) {
  module.addGlobal(HERE, binaryen.i32, true, module.i32.const(0));
  module.addGlobalExport(HERE, HERE);
  module.addFunctionImport(BRING, MODULE, BRING, binaryen.none, binaryen.none);
  module.removeTable(slots.table);
  module.addTable(slots.table, slots.to, slots.to);
  module.addTableExport(slots.table, 'table');
  borders.forEach(({ name, params, results }, at) => {
    const types = binaryen.expandType(params);
    const call = module.call_indirect(slots.table, module.i32.const(slots.from + at),
      types.map((type, place) => module.local.get(place, type)), params, results);
    const bring = module.if(module.i32.eqz(module.global.get(HERE, binaryen.i32)), module.call(BRING, [], binaryen.none));
    module.removeFunction(name);
    module.addFunction(name, params, results, [], module.block(null, [bring, call], results));
  });
  for (const { name, base } of needed.imported.values()) module.addFunctionExport(name, base);
  for (const { name, base } of needed.globals) if (base) module.addGlobalExport(name, base);
  module.runPasses(['remove-unused-module-elements']);
}
