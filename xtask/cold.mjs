// Finds what functions have inside that a first visit does not run, and makes functions of their own of it, which can
// wait like any other (see split.mjs). The compiler joins functions that are called once into giants; most of such a
// giant is for cases that a first visit has not.
//
//   probes(module, call)                   a call at the beginning of each stretch: which of them run?
//   digests(module, names, ran)            names for the stretches that did not run, by what they do
//   takeOut(module, names, digests, table) makes functions of the stretches with these names, called through the table
//
// A stretch is a run of instructions one after the other: an arm of a condition, or what follows a jump. It is known
// by its function's name and by what it does (kinds of instructions, names of called functions, small numbers), so that
// a change elsewhere does not make it another. One that is not recognised stays where it is.
import binaryen from 'binaryen';

const at = Object.fromEntries(Object.keys(binaryen).filter((name) => name.startsWith('_Binaryen')).map((name) => [name.slice(9), binaryen[name]]));
const { none, unreachable, i32, i64, f32, f64 } = binaryen;
const NUMBERS = [i32, i64, f32, f64];

/** A stretch that is shorter than this (in bytes, about) is not worth the call that takes its place. */
const WORTH_A_CALL = 40;

// --- What functions look like ---------------------------------------------------------------------------------------

/** The expressions inside one, in the order in which they are computed. */
function children(one) {
  const many = (count, get) => Array.from({ length: count(one) }, (_, place) => get(one, place));
  const some = (...gets) => gets.map((get) => get(one)).filter((child) => child !== 0);
  switch (at.ExpressionGetId(one)) {
    case binaryen.BlockId: return many(at.BlockGetNumChildren, at.BlockGetChildAt);
    case binaryen.IfId: return some(at.IfGetCondition, at.IfGetIfTrue, at.IfGetIfFalse);
    case binaryen.LoopId: return some(at.LoopGetBody);
    case binaryen.BreakId: return some(at.BreakGetValue, at.BreakGetCondition);
    case binaryen.SwitchId: return some(at.SwitchGetValue, at.SwitchGetCondition);
    case binaryen.CallId: return many(at.CallGetNumOperands, at.CallGetOperandAt);
    case binaryen.CallIndirectId: return [...many(at.CallIndirectGetNumOperands, at.CallIndirectGetOperandAt), at.CallIndirectGetTarget(one)];
    case binaryen.LocalSetId: return some(at.LocalSetGetValue);
    case binaryen.GlobalSetId: return some(at.GlobalSetGetValue);
    case binaryen.LoadId: return some(at.LoadGetPtr);
    case binaryen.StoreId: return some(at.StoreGetPtr, at.StoreGetValue);
    case binaryen.UnaryId: return some(at.UnaryGetValue);
    case binaryen.BinaryId: return some(at.BinaryGetLeft, at.BinaryGetRight);
    case binaryen.SelectId: return some(at.SelectGetIfTrue, at.SelectGetIfFalse, at.SelectGetCondition);
    case binaryen.DropId: return some(at.DropGetValue);
    case binaryen.ReturnId: return some(at.ReturnGetValue);
    case binaryen.MemoryGrowId: return some(at.MemoryGrowGetDelta);
    case binaryen.MemoryCopyId: return some(at.MemoryCopyGetDest, at.MemoryCopyGetSource, at.MemoryCopyGetSize);
    case binaryen.MemoryFillId: return some(at.MemoryFillGetDest, at.MemoryFillGetValue, at.MemoryFillGetSize);
    case binaryen.TableGetId: return some(at.TableGetGetIndex);
    case binaryen.TableSetId: return some(at.TableSetGetIndex, at.TableSetGetValue);
    case binaryen.TableGrowId: return some(at.TableGrowGetValue, at.TableGrowGetDelta);
    case binaryen.LocalGetId: case binaryen.GlobalGetId: case binaryen.ConstId: case binaryen.NopId: case binaryen.UnreachableId:
    case binaryen.MemorySizeId: case binaryen.TableSizeId: case binaryen.RefNullId: case binaryen.RefFuncId: return [];
    default: throw new Unknown(`an expression of kind ${at.ExpressionGetId(one)}`);
  }
}

/** An instruction that nothing here knows; its function stays as it is. */
class Unknown extends Error {}

/** How many bytes an expression takes without those inside, about. */
function weight(one) {
  switch (at.ExpressionGetId(one)) {
    case binaryen.BlockId: return at.BlockGetName(one) ? 3 : 0;
    case binaryen.IfId: return at.IfGetIfFalse(one) ? 4 : 3;
    case binaryen.LoopId: return 3;
    case binaryen.SwitchId: return 3 + at.SwitchGetNumNames(one);
    case binaryen.CallId: case binaryen.LoadId: case binaryen.StoreId: return 3;
    case binaryen.CallIndirectId: return 4;
    case binaryen.LocalGetId: case binaryen.LocalSetId: case binaryen.GlobalGetId: case binaryen.GlobalSetId: case binaryen.BreakId: return 2;
    case binaryen.ConstId: {
      if (at.ExpressionGetType(one) !== i32) return at.ExpressionGetType(one) === f64 ? 9 : 4;
      const value = at.ConstGetValueI32(one);
      return value >= -64 && value < 64 ? 2 : value >= -8192 && value < 8192 ? 3 : 4;
    }
    case binaryen.MemoryCopyId: case binaryen.MemoryFillId: return 4;
    default: return 1;
  }
}

/** Mixes a number into a digest of 32 bits. */
function mix(digest, number) {
  let mixed = Math.imul(digest ^ number, 0x9e3779b1);
  mixed ^= mixed >>> 15;
  return Math.imul(mixed, 0x85ebca6b) ^ (mixed >>> 13);
}

/** Numbers up to here say what is meant; greater ones are addresses, which change with every build. */
const SMALL = 256;

/** What tells an expression from others, without those inside. */
function face(one, called) {
  const kind = at.ExpressionGetId(one);
  const known = kind * 64 + (at.ExpressionGetType(one) & 15);
  switch (kind) {
    case binaryen.CallId: return mix(known, called(one));
    case binaryen.UnaryId: return mix(known, at.UnaryGetOp(one));
    case binaryen.BinaryId: return mix(known, at.BinaryGetOp(one));
    case binaryen.LoadId: return mix(known, at.LoadGetBytes(one) * 2 + at.LoadIsSigned(one));
    case binaryen.StoreId: return mix(known, at.StoreGetBytes(one));
    case binaryen.SwitchId: return mix(known, at.SwitchGetNumNames(one));
    case binaryen.ConstId: {
      const value = at.ExpressionGetType(one) === i32 ? at.ConstGetValueI32(one) : 0;
      return Math.abs(value) < SMALL ? mix(known, value) : known;
    }
    default: return known;
  }
}

/** What can be said of an expression with all inside: its size, its digest, whether it jumps, and its lists of stretches. */
function study(one, called) {
  const kind = at.ExpressionGetId(one);
  const whole = { size: weight(one), digest: face(one, called), jumps: kind === binaryen.BreakId || kind === binaryen.SwitchId || kind === binaryen.ReturnId, lists: [] };
  const add = (part) => {
    whole.size += part.size;
    whole.digest = mix(whole.digest, part.digest);
    whole.jumps ||= part.jumps;
  };
  if (kind === binaryen.BlockId) {
    const list = stretches({ block: one, parts: children(one), entered: true }, called);
    add(list);
    whole.lists.push(list);
  } else {
    children(one).forEach((child, place) => {
      if (kind === binaryen.IfId && place > 0) {
        const block = at.ExpressionGetId(child) === binaryen.BlockId ? child : null;
        const list = stretches({ block, parts: block ? children(block) : [child], arm: { of: one, place }, entered: false }, called);
        add(list);
        if (block) whole.size += weight(block);
        whole.lists.push(list);
      } else {
        const part = study(child, called);
        add(part);
        whole.lists.push(...part.lists);
      }
    });
  }
  return whole;
}

/** A list of expressions, one after the other, with its stretches: each begins where a jump may have passed by. */
function stretches(list, called) {
  Object.assign(list, { stretches: [], size: 0, digest: 7, jumps: false });
  let last = null;
  list.parts.forEach((part, place) => {
    const own = study(part, called);
    if (!last || last.jumps) {
      last = { from: place, to: place, size: 0, digest: 11, jumps: false, lists: [] };
      list.stretches.push(last);
    }
    last.to = place + 1;
    last.size += own.size;
    last.digest = mix(last.digest, own.digest);
    last.jumps ||= own.jumps;
    last.lists.push(...own.lists);
  });
  for (const one of list.stretches) {
    list.size += one.size;
    list.digest = mix(list.digest, one.digest);
    list.jumps ||= one.jumps;
  }
  return list;
}

/** All functions of a module, each as one stretch; those with instructions that nothing here knows have no lists. */
function anatomy(module, names) {
  const digests = new Map();
  const called = (call) => {
    const target = at.CallGetTarget(call);
    if (!digests.has(target)) digests.set(target, text(names(binaryen.getExpressionInfo(call).target)));
    return digests.get(target);
  };
  const functions = [];
  for (let place = 0; place < module.getNumFunctions(); place += 1) {
    const ref = module.getFunctionByIndex(place);
    const { name, base } = binaryen.getFunctionInfo(ref);
    if (base) continue;
    const body = at.FunctionGetBody(ref);
    try {
      functions.push({ ref, name, body, digest: text(names(name)), lists: study(body, called).lists });
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      functions.push({ ref, name, body, digest: 0, lists: [] });
    }
  }
  return functions;
}

function text(words) {
  let digest = 5381;
  for (let place = 0; place < words.length; place += 1) digest = mix(digest, words.charCodeAt(place));
  return digest;
}

/** Gives each stretch that is not entered with the one around it a number, from `first`; says how many there are. */
function count(functions, first) {
  let next = first;
  const visit = (list) => list.stretches.forEach((one, place) => {
    if (place > 0 || !list.entered) one.number = next++;
    one.lists.forEach(visit);
  });
  for (const { lists } of functions) lists.forEach(visit);
  return next;
}

// --- Which of it runs -----------------------------------------------------------------------------------------------

/** Puts `call(number)` at the beginning of all functions, by their place, and of all stretches; says how many there are. */
export function probes(module, call) {
  const functions = anatomy(module, (name) => name);
  const total = count(functions, functions.length);
  const visit = (list) => {
    const marks = [];
    list.stretches.forEach((one) => {
      one.lists.forEach(visit);
      if (one.number !== undefined) marks.push(one);
    });
    if (list.block) {
      marks.reverse().forEach(({ from, number }) => at.BlockInsertChildAt(list.block, from, call(number)));
    } else if (marks.length > 0) {
      const [part] = list.parts;
      (list.arm.place === 1 ? at.IfSetIfTrue : at.IfSetIfFalse)(list.arm.of, module.block(null, [call(marks[0].number), part], at.ExpressionGetType(part)));
    }
  };
  functions.forEach(({ ref, body, lists }, place) => {
    lists.forEach(visit);
    at.FunctionSetBody(ref, module.block(null, [call(place), body], at.ExpressionGetType(body)));
  });
  return total;
}

/** The digests of all that did not run inside functions that did; `ran` knows numbers as `probes` gave them. */
export function digests(module, names, ran) {
  const functions = anatomy(module, names);
  count(functions, functions.length);
  const cold = new Set();
  const hot = functions.filter((_, place) => ran(place));
  const find = (one, list) => {
    let run = [];
    const close = () => {
      if (run.length > 0 && sizeOf(run) >= WORTH_A_CALL) cold.add(digest(one, run));
      run = [];
    };
    for (const stretch of list.stretches) {
      if (stretch.number !== undefined && !ran(stretch.number)) {
        run.push(stretch);
      } else {
        close();
        stretch.lists.forEach((inner) => find(one, inner));
      }
    }
    close();
  };
  for (const one of hot) one.lists.forEach((list) => find(one, list));
  // One that cannot be told from one that ran does not wait.
  let wrong;
  do {
    wrong = 0;
    for (const one of hot) {
      recognise(one, cold, ({ run, name }) => {
        if (!run.some(({ number }) => number === undefined || ran(number))) return;
        cold.delete(name);
        wrong += 1;
      });
    }
  } while (wrong > 0);
  return [...cold];
}

function sizeOf(run) {
  return run.reduce((sum, { size }) => sum + size, 0);
}

function digest({ digest }, run) {
  const all = run.reduce((sum, stretch) => mix(sum, stretch.digest), digest);
  return (all >>> 0).toString(16).padStart(8, '0');
}

/** Tells of all runs of stretches whose digests are among these, the longest first and none inside another. */
function recognise(one, digests, found) {
  const visit = (list) => {
    const { stretches } = list;
    for (let from = 0; from < stretches.length; from += 1) {
      let end = 0;
      let name = '';
      let all = one.digest;
      for (let to = from; to < stretches.length; to += 1) {
        all = mix(all, stretches[to].digest);
        const known = (all >>> 0).toString(16).padStart(8, '0');
        if (digests.has(known)) [end, name] = [to + 1, known];
      }
      if (end > 0) {
        found({ list, run: stretches.slice(from, end), name });
        from = end - 1;
      } else {
        stretches[from].lists.forEach(visit);
      }
    }
  };
  one.lists.forEach(visit);
}

// --- What is taken out ----------------------------------------------------------------------------------------------

/**
 * Makes functions of the runs with these digests; says what they are called. They are called through slots behind the
 * end of the table, in this order, and are given the number of their slot behind everything else: who stands in for
 * one that has not come yet is the same for all with the same parameters, and learns from it whom to call.
 */
export function takeOut(module, names, digests, table) {
  const known = new Set(digests);
  const taken = [];
  const carriers = new Carriers(module);
  const call = (operands, params, results) => {
    const slot = () => module.i32.const(table.initial + taken.length);
    return module.call_indirect(table.name, slot(), [...operands, slot()], params, results);
  };
  for (const one of anatomy(module, names)) {
    const runs = [];
    recognise(one, known, ({ list, run }) => runs.push({ list, from: run[0].from, to: run.at(-1).to, size: sizeOf(run) }));
    if (runs.length === 0) continue;
    const lives = new Liveness(one);
    // From the last: places before it stay what they are.
    for (const run of runs.reverse()) {
      const name = `${one.name}::cold${taken.length}`;
      if (new Cut(module, one, lives, run, carriers).make(name, call)) taken.push(name);
    }
  }
  const size = table.initial + taken.length;
  module.removeTable(table.name);
  module.addTable(table.name, size, size);
  module.addActiveElementSegment(table.name, 'taken', taken, module.i32.const(table.initial));
  return taken;
}

/** Globals that carry what a function gives back besides its result. */
class Carriers {
  constructor(module) {
    this.module = module;
    this.names = new Set();
  }

  name(type, place) {
    const name = `carrier_${NUMBERS.indexOf(type)}_${place}`;
    if (!this.names.has(name)) {
      this.names.add(name);
      const zero = { [i32]: () => this.module.i32.const(0), [i64]: () => this.module.i64.const(0, 0), [f32]: () => this.module.f32.const(0), [f64]: () => this.module.f64.const(0) };
      this.module.addGlobal(name, type, true, zero[type]());
    }
    return name;
  }
}

/** Which locals are still read, before and behind each stretch and at each label: sets as bits of a number. */
class Liveness {
  constructor({ body }) {
    this.labels = new Map();
    this.behind = new Map();
    this.before = new Map();
    this.of(body, 0n);
  }

  of(one, behind) {
    this.behind.set(one, behind);
    const before = this.through(one, behind);
    this.before.set(one, before);
    return before;
  }

  all(parts, behind) {
    return parts.reduceRight((live, part) => this.of(part, live), behind);
  }

  through(one, behind) {
    switch (at.ExpressionGetId(one)) {
      case binaryen.LocalGetId: return behind | bit(at.LocalGetGetIndex(one));
      case binaryen.LocalSetId: return this.of(at.LocalSetGetValue(one), behind & ~bit(at.LocalSetGetIndex(one)));
      case binaryen.BlockId: {
        const name = at.BlockGetName(one);
        if (name) this.labels.set(name, behind);
        return this.all(children(one), behind);
      }
      case binaryen.LoopId: {
        const name = at.LoopGetName(one);
        if (!name) return this.of(at.LoopGetBody(one), behind);
        for (;;) {
          const known = this.labels.get(name) ?? 0n;
          const before = this.of(at.LoopGetBody(one), behind) | known;
          if (before === known) return before;
          this.labels.set(name, before);
        }
      }
      case binaryen.IfId: {
        const [condition, yes, no] = children(one);
        return this.of(condition, this.of(yes, behind) | (no ? this.of(no, behind) : behind));
      }
      case binaryen.BreakId: {
        const there = this.labels.get(at.BreakGetName(one)) ?? 0n;
        return this.all(children(one), at.BreakGetCondition(one) ? there | behind : there);
      }
      case binaryen.SwitchId: return this.all(children(one), targets(one).reduce((live, name) => live | (this.labels.get(name) ?? 0n), 0n));
      case binaryen.ReturnId: case binaryen.UnreachableId: return this.all(children(one), 0n);
      default: return this.all(children(one), behind);
    }
  }
}

function bit(place) {
  return 1n << BigInt(place);
}

/** The labels that a jump names. */
function targets(one) {
  if (at.ExpressionGetId(one) === binaryen.BreakId) return [at.BreakGetName(one)];
  return [...Array.from({ length: at.SwitchGetNumNames(one) }, (_, place) => at.SwitchGetNameAt(one, place)), at.SwitchGetDefaultName(one)];
}

/** A block with a name that another has or had. */
function labelled(module, name, parts, type) {
  const block = module.block(null, parts, type);
  at.BlockSetName(block, name);
  at.ExpressionSetType(block, type); // without a name it might have been one that nobody leaves
  return block;
}

function walk(one, visit) {
  visit(one);
  for (const child of children(one)) walk(child, visit);
}

/** One run of expressions on its way to a function of its own. */
class Cut {
  constructor(module, { ref }, lives, { list, from, to, size }, carriers) {
    Object.assign(this, { module, ref, lives, list, from, to, size, carriers });
    this.parts = list.parts.slice(from, to);
    const info = binaryen.getFunctionInfo(ref);
    this.locals = [...binaryen.expandType(info.params), ...info.vars];
    this.results = info.results;
  }

  /** Looks at all that is inside; says whether it can be taken out, and is longer than the call in its place. */
  look() {
    const [own, inside, read, written] = [new Set(), new Map(), new Set(), new Set()];
    this.returns = [];
    this.exits = new Map();
    let plain = true;
    const visit = (one) => {
      switch (at.ExpressionGetId(one)) {
        case binaryen.BlockId: own.add(at.BlockGetName(one)); break;
        case binaryen.LoopId: own.add(at.LoopGetName(one)); break;
        case binaryen.BreakId: case binaryen.SwitchId: {
          const value = (at.ExpressionGetId(one) === binaryen.BreakId ? at.BreakGetValue : at.SwitchGetValue)(one);
          const type = value ? at.ExpressionGetType(value) : none;
          for (const name of targets(one)) {
            const before = inside.get(name) ?? unreachable;
            inside.set(name, type === unreachable ? before : type);
          }
          break;
        }
        case binaryen.ReturnId: this.returns.push(one); break;
        case binaryen.CallId: plain &&= !at.CallIsReturn(one); break;
        case binaryen.CallIndirectId: plain &&= !at.CallIndirectIsReturn(one); break;
        case binaryen.LocalGetId: read.add(at.LocalGetGetIndex(one)); break;
        case binaryen.LocalSetId: written.add(at.LocalSetGetIndex(one)); break;
        default:
      }
    };
    this.parts.forEach((part) => walk(part, visit));
    for (const [name, type] of inside) if (!own.has(name)) this.exits.set(name, type);
    const last = this.parts.at(-1);
    const types = this.parts.map((part) => at.ExpressionGetType(part));
    this.type = types.includes(unreachable) ? unreachable : types.at(-1);
    // A jump to the end of the list it is in is no other way out.
    this.end = 0;
    if (this.list.block && this.to === this.list.parts.length) {
      const name = at.BlockGetName(this.list.block);
      if (name && this.exits.get(name) === none && (this.type === none || this.type === unreachable)) {
        this.end = name;
        this.exits.delete(name);
        this.endType = this.type;
        this.type = none;
      }
    }
    const before = this.lives.before.get(this.parts[0]);
    let behind = this.type === unreachable ? 0n : this.lives.behind.get(last);
    for (const name of this.exits.keys()) behind |= this.lives.labels.get(name) ?? 0n;
    if (this.end) behind |= this.lives.labels.get(this.end) ?? 0n;
    const sorted = (set) => [...set].sort((one, other) => this.locals[one] - this.locals[other] || one - other);
    this.given = sorted([...new Set([...read, ...written])].filter((local) => before & bit(local)));
    this.own = sorted([...new Set([...read, ...written])].filter((local) => !(before & bit(local))));
    this.back = sorted([...written].filter((local) => behind & bit(local)));
    const known = (type) => NUMBERS.includes(type);
    const call = 10 + 2 * this.given.length + 4 * this.back.length + 7 * this.exits.size;
    return plain && this.size > call
      && [...this.given, ...this.own].every((local) => known(this.locals[local]))
      && [...this.exits.values()].every((type) => type === none || known(type))
      && [none, unreachable, ...NUMBERS].includes(this.type)
      && (this.returns.length === 0 || this.results === none || known(this.results));
  }

  /** Makes a function of it; `call` makes the call. Says whether it could. */
  make(name, call) {
    if (!this.look()) return false;
    const { module, exits, returns, type } = this;
    const falls = type !== unreachable;
    /** All ways out: to go on behind, to a label, to return. */
    this.ways = [...(falls ? [null] : []), ...exits.keys(), ...(returns.length > 0 ? ['return'] : [])];
    const alone = this.ways.length <= 1;
    const onlyReturns = alone && returns.length > 0;
    const valued = type !== none && type !== unreachable;
    // What comes back as the result: what it returns, the way it left, or its value.
    let result = none;
    if (onlyReturns) result = this.results;
    else if (!alone) result = i32;
    else if (valued && this.back.length === 0) result = type;
    this.direct = alone && valued && result === type;
    const params = binaryen.createType([...this.given.map((local) => this.locals[local]), i32]);
    const body = this.body(result, onlyReturns);
    module.addFunction(name, params, result, this.own.map((local) => this.locals[local]), body);
    const operands = this.given.map((local) => module.local.get(local, this.locals[local]));
    this.replace(this.site(call(operands, params, result), onlyReturns));
    return true;
  }

  /** What the new function does. */
  body(result, onlyReturns) {
    const { module, type } = this;
    // Behind what it is given stands the slot, which it does not need.
    const places = new Map([...this.given.map((local, place) => [local, place]), ...this.own.map((local, place) => [local, this.given.length + 1 + place])]);
    const leave = (way) => module.return(result === i32 && !this.direct ? module.i32.const(this.ways.indexOf(way)) : undefined);
    const give = () => this.back.map((local, place) => module.global.set(this.carriers.name(this.locals[local], place), module.local.get(places.get(local), this.locals[local])));
    this.parts.forEach((part) => walk(part, (one) => {
      const kind = at.ExpressionGetId(one);
      if (kind === binaryen.LocalGetId) at.LocalGetSetIndex(one, places.get(at.LocalGetGetIndex(one)));
      if (kind === binaryen.LocalSetId) at.LocalSetSetIndex(one, places.get(at.LocalSetGetIndex(one)));
    }));
    if (onlyReturns) return module.block(null, this.parts, this.results === none ? none : unreachable);
    for (const one of this.returns) {
      const value = at.ReturnGetValue(one);
      const code = module.i32.const(this.ways.indexOf('return'));
      if (!value) at.ReturnSetValue(one, code);
      else if (at.ExpressionGetType(value) !== unreachable) at.ReturnSetValue(one, module.block(null, [module.global.set(this.value(this.results), value), code], i32));
    }
    let inner = this.parts;
    if (this.end) {
      inner = [labelled(module, this.end, inner, none)];
    }
    if (this.direct) return module.block(null, inner, type);
    if (type !== none && type !== unreachable) inner = [...inner.slice(0, -1), module.global.set(this.value(type), inner.at(-1))];
    if (type !== unreachable) inner = [...inner, ...give(), leave(null)];
    for (const [name, sort] of this.exits) {
      const block = labelled(module, name, inner, sort);
      const arrived = sort === none ? block : module.global.set(this.value(sort), block);
      inner = [arrived, ...give(), leave(name)];
    }
    return module.block(null, inner, result === none && inner.length > 0 && at.ExpressionGetType(inner.at(-1)) !== unreachable ? none : unreachable);
  }

  /** The global for a value that a jump, a return or the whole has. */
  value(type) {
    return this.carriers.name(type, 'value');
  }

  /** What stands in its place. */
  site(call, onlyReturns) {
    const { module, ways, type } = this;
    const value = (sort) => (sort === none ? undefined : module.global.get(this.value(sort), sort));
    if (onlyReturns) return this.results === none ? [call, module.return()] : [module.return(call)];
    const take = () => this.back.map((local, place) => module.local.set(local, module.global.get(this.carriers.name(this.locals[local], place), this.locals[local])));
    const go = (way) => {
      if (way === 'return') return module.return(value(this.results));
      const sort = this.exits.get(way);
      const jump = module.br('name', undefined, value(sort));
      at.BreakSetName(jump, way);
      return jump;
    };
    const whole = () => (type === none || type === unreachable ? [] : [value(type)]);
    if (this.direct) return [call];
    if (ways.length === 0) return [call, module.unreachable()];
    if (ways.length === 1) return [call, ...take(), ...(ways[0] === null ? whole() : [go(ways[0])])];
    let code = call;
    const before = [];
    const others = ways.filter((way) => way !== null);
    if (this.back.length > 0 || others.length > 1) {
      const local = at.FunctionAddVar(this.ref, i32);
      before.push(module.local.set(local, call), ...take());
      code = null;
      this.tested = () => module.local.get(local, i32);
    }
    const last = ways[0] === null ? null : others.pop();
    const tests = others.map((way) => {
      const number = ways.indexOf(way);
      const plain = code ?? this.tested();
      const test = ways.length === 2 ? (number === 1 ? plain : module.i32.eqz(plain)) : module.i32.eq(plain, module.i32.const(number));
      if (way === 'return' || this.exits.get(way) !== none) return module.if(test, go(way));
      const jump = module.br('name', test);
      at.BreakSetName(jump, way);
      return jump;
    });
    return [...before, ...tests, ...(last === null ? whole() : [go(last)])];
  }

  replace(parts) {
    const { block, arm } = this.list;
    if (!block) {
      const type = at.ExpressionGetType(this.parts[0]);
      const one = parts.length === 1 ? parts[0] : this.module.block(null, parts, type);
      (arm.place === 1 ? at.IfSetIfTrue : at.IfSetIfFalse)(arm.of, one);
      return;
    }
    for (let place = this.to - 1; place >= this.from; place -= 1) at.BlockRemoveChildAt(block, place);
    parts.forEach((part, place) => at.BlockInsertChildAt(block, this.from + place, part));
  }
}
