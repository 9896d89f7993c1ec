// Splits the page's program in two: what a first visit runs, and the rest, which is fetched when the first pods stand.
//
//   const { first, later } = split(wasm, later(list))
//
// The list (later.txt) says which functions can wait, and which stretches inside others (see cold.mjs), of which
// functions of their own are made first. What only they need waits with them. In their place
// the first part keeps stubs: a stub calls through a slot of the function table, and where the rest has not arrived
// yet it first asks the page to bring it (src/ui/platform/later.js), which can be done at once. So a list that is out
// of date costs time and never correctness. Both parts share memory, table and globals.
import { createHash } from 'node:crypto';
import binaryen from 'binaryen';
import { digests, probes, takeOut } from './cold.mjs';
import { move, numbers, pieces } from './data.mjs';

/** The module name of what the parts import from each other and from the page. */
const MODULE = 'later';
/** The global that says whether the rest is here, and the function that brings it. */
const HERE = 'later_is_here';
const BRING = 'bring_later';

/**
 * @param {Uint8Array} whole with its name section
 * @param {{ waits: (name: string) => boolean, stretches: Set<string> }} list
 * @param {string} map of the linker, which says where each constant lies
 */
export function split(whole, { waits, stretches }, map) {
  const { wasm, from, named } = divide(whole, stretches);
  const all = read(wasm);
  const { functions, globals, table, externrefs } = describe(all);
  const cold = new Set(functions.filter(({ name }) => TAKEN.test(name) || waits(plain(name))).map(({ name }) => name));
  // What is reached without the cold functions is the first part; which of the cold ones it names are the borders.
  for (const one of functions) if (cold.has(one.name)) stub(all, one, one.name);
  all.runPasses(['remove-unused-module-elements']);
  const reached = describe(all);
  all.dispose();
  const stays = new Set(reached.functions.map(({ name }) => name));
  const taken = functions.filter(({ name }) => TAKEN.test(name));
  const borders = functions.filter(({ name }) => cold.has(name) && reached.imported.has(name) && !TAKEN.test(name));
  const slots = { table: table.name, taken: from, from: table.initial, to: table.initial + borders.length };

  const later = read(wasm);
  takeAway(later, { functions, globals, externrefs, stays, borders, taken, slots });
  const needed = describe(later);
  const first = read(wasm);
  leave(first, { borders, taken, slots, needed });
  const moved = move({ first, later, whole: named }, pieces(map));
  const counts = { functions: functions.length, first: describe(first).functions.length, borders: borders.length, taken: taken.length, moved };
  return { first: write(first), later: write(later), counts };
}

/** What `takeOut` calls the functions that it makes. */
const TAKEN = /::cold\d+$/;

/** The program with functions of their own for these stretches, where they begin in the table, and its numbers. */
function divide(whole, stretches) {
  const module = read(whole);
  const { table } = describe(module);
  const named = numbers(module.emitText());
  takeOut(module, plain, stretches, table);
  return { wasm: write(module, true), from: table.initial, named };
}

/** A function's name without the digests that change with every build. */
export function plain(name) {
  return name.replace(/\\([0-9a-f]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)))
    .replace(/::h[0-9a-f]{16}/g, '').replace(/\[[0-9a-f]{16}\]/g, '');
}

/**
 * What waits, by the lines of later.txt: names of functions, beginnings of names that end in a star, `=` with a short
 * digest for each of the long names that generic functions have, and `~` with the digests of stretches.
 */
export function later(text) {
  const lines = text.split('\n').filter((line) => line && !line.startsWith('#'));
  const marked = (mark) => lines.flatMap((line) => (line.startsWith(mark) ? line.slice(1).split(' ') : []));
  const names = new Set([...lines, ...marked('=')]);
  const waits = (name) => names.has(name) || names.has(short(name)) || cuts(name).some((cut) => names.has(`${cut}*`));
  return { waits, stretches: new Set(marked('~')) };
}

/** The lines of later.txt for a program of which only some ran: `ran` knows the numbers that `instrument` gave. */
export function lines(wasm, ran) {
  const module = read(wasm);
  const sizes = codeSizes(wasm);
  const functions = describe(module).functions.map(({ name }, at) => [name, sizes[at], ran(at)]);
  const stretches = digests(module, plain, ran).sort();
  module.dispose();
  return [...named(functions), ...rows('~', stretches)];
}

/** The lines for functions: [name, bytes, ran]. */
function named(functions) {
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
  const long = worth.filter((line) => line.length > LONG).map(short).sort();
  return [...worth.filter((line) => line.length <= LONG), ...rows('=', long)];
}

function rows(mark, digests) {
  return Array.from({ length: Math.ceil(digests.length / 12) }, (_, at) => mark + digests.slice(at * 12, at * 12 + 12).join(' '));
}

/** Shorter functions are not worth a line: where only others need them, they wait anyway. */
const WORTH_A_LINE = 30;
/** Longer names are written as digests. */
const LONG = 60;

function short(name) {
  return createHash('sha256').update(name).digest('hex').slice(0, 8);
}

/** The beginnings of a name that end with a part of its path, as long as they name no type's arguments. */
function cuts(name) {
  const [path] = name.match(/^<*[^<]*/);
  return Array.from(path.matchAll(/::/g), ({ index }) => path.slice(0, index + 2));
}

/** The program with a call at the beginning of each function and stretch: `profile.ran(its number)`; and how many. */
export function instrument(wasm) {
  const module = read(wasm);
  module.addFunctionImport('ran', 'profile', 'ran', binaryen.i32, binaryen.none);
  const count = probes(module, (number) => module.call('ran', [module.i32.const(number)], binaryen.none));
  return { count, bytes: write(module) };
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

function write(module, names = false) {
  if (!module.validate()) throw new Error('the split program is not valid');
  binaryen.setDebugInfo(names);
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
function takeAway(module, { functions, globals, externrefs, stays, borders, taken, slots }) {
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
  module.addActiveElementSegment(slots.table, 'taken', taken.map(({ name }) => name), module.i32.const(slots.taken));
  module.runPasses(['remove-unused-module-elements']);
}

/** The part that comes first: stubs in the place of what it calls of the rest, exports for what the rest needs. */
function leave(module, { borders, taken, slots, needed }) {
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
  module.removeElementSegment(segmentOf(module, taken[0].name));
  module.addActiveElementSegment(slots.table, 'taken', taken.map((one) => standIn(module, slots.table, one)), module.i32.const(slots.taken));
  for (const { name, base } of needed.imported.values()) module.addFunctionExport(name, base);
  for (const { name, base } of needed.globals) if (base) module.addGlobalExport(name, base);
  module.runPasses(['remove-unused-module-elements']);
}

/** The name of the part of the table that holds a function. */
function segmentOf(module, name) {
  for (let at = 0; at < module.getNumElementSegments(); at += 1) {
    const info = binaryen.getElementSegmentInfo(module.getElementSegmentByIndex(at));
    if (info.data.includes(name)) return info.name;
  }
  throw new Error(`${name} is not in the table`);
}

/** Who stands in for a function that was taken out of another: brings the rest, and calls what is in the slot then. */
function standIn(module, table, { params, results }) {
  const name = `bring ${params} ${results}`;
  if (module.getFunction(name)) return name;
  const types = binaryen.expandType(params);
  const given = types.map((type, place) => module.local.get(place, type));
  const call = module.call_indirect(table, module.local.get(types.length - 1, binaryen.i32), given, params, results);
  module.addFunction(name, params, results, [], module.block(null, [module.call(BRING, [], binaryen.none), call], results));
  return name;
}
