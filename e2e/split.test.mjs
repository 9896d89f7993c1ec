// A program whose functions have been taken apart, and divided, does what it did: whatever ran when that was decided.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import binaryen from 'binaryen';
import { digests, probes, takeOut } from '../xtask/cold.mjs';
import { move } from '../xtask/data.mjs';

/** Jumps out of everything, with values and without; locals of several types that live on. */
const PROGRAM = `(module
  (memory 1)
  (table $table 1 1 funcref)
  (func $triple (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
  (func $f (export "f") (param $a i32) (param $b i32) (result i32) (local $x i32) (local $y i64) (local $z f64)
    (local.set $x (i32.const 5))
    (block $out
      (block $two (block $one (block $zero
        (br_table $zero $one $two $out (local.get $a)))
        (local.set $x (i32.add (local.get $x) (call $triple (local.get $b))))
        (local.set $y (i64.extend_i32_u (local.get $b)))
        (local.set $y (i64.mul (local.get $y) (local.get $y)))
        (local.set $x (i32.add (local.get $x) (i32.wrap_i64 (local.get $y))))
        (br_if $out (i32.gt_s (local.get $b) (i32.const 10)))
        (local.set $z (f64.convert_i32_s (local.get $b)))
        (return (i32.sub (local.get $x) (i32.trunc_sat_f64_s (f64.mul (local.get $z) (local.get $z))))))
      (loop $again
        (if (i32.gt_s (local.get $b) (i32.const 0)) (then
          (local.set $b (i32.sub (local.get $b) (i32.const 1)))
          (local.set $x (i32.add (local.get $x) (call $triple (local.get $x))))
          (if (i32.eq (local.get $b) (i32.const 7)) (then
            (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
            (i32.store (i32.const 4) (i32.add (i32.load (i32.const 4)) (local.get $x)))
            (local.set $x (i32.xor (local.get $x) (i32.const 77777)))
            (local.set $a (i32.xor (local.get $x) (i32.const 7777)))
            (br $again)))
          (if (i32.eq (local.get $b) (i32.const 3)) (then
            (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
            (i32.store (i32.const 4) (i32.add (i32.load (i32.const 4)) (local.get $x)))
            (return (i32.add (i32.load (i32.const 0)) (i32.mul (local.get $x) (i32.const 77777))))))
          (br $again)))))
      (local.set $x (i32.add (local.get $x)
        (block $value (result i32)
          (if (i32.lt_s (local.get $b) (i32.const -5)) (then
            (local.set $b (i32.mul (local.get $b) (i32.const 1000)))
            (local.set $a (i32.mul (local.get $b) (i32.const 1000)))
            (local.set $b (i32.mul (local.get $b) (i32.const 1000)))
            (local.set $b (i32.mul (local.get $b) (i32.const 1000)))
            (br_if $out (i32.eqz (i32.rem_s (local.get $b) (i32.const 7))))
            (br $value (i32.add (local.get $b) (local.get $x)))))
          (if (result i32) (i32.lt_s (local.get $b) (i32.const -2))
            (then
              (local.set $a (i32.mul (local.get $b) (i32.const 1000)))
              (local.set $b (i32.mul (local.get $b) (i32.const 1000)))
              (i32.store (i32.const 4) (i32.add (i32.load (i32.const 4)) (local.get $x)))
              (i32.store (i32.const 8) (i32.add (i32.load (i32.const 4)) (local.get $x)))
              (i32.mul (local.get $a) (local.get $b)))
            (else (i32.mul (local.get $a) (local.get $b))))))))
    (i32.add (local.get $x) (i32.mul (local.get $a) (local.get $b)))))`;

const CALLS = Array.from({ length: 6 * 27 }, (_, at) => [Math.floor(at / 27) - 1, (at % 27) - 12]);

function parsed(text) {
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.All);
  return module;
}

function bytes(module) {
  assert.ok(module.validate());
  const found = module.emitBinary();
  module.dispose();
  return found;
}

function f(wasm, imports) {
  return new WebAssembly.Instance(new WebAssembly.Module(wasm), imports).exports.f;
}

/** What all calls give, each in a memory of its own. */
function answers(wasm) {
  const module = new WebAssembly.Module(wasm);
  return CALLS.map(([a, b]) => new WebAssembly.Instance(module, {}).exports.f(a, b));
}

test('a program does the same when what did not run is taken out of its functions', () => {
  const wanted = answers(bytes(parsed(PROGRAM)));
  let taken = 0;
  for (let round = 0; round < CALLS.length; round += 5) {
    const ran = new Set();
    const watched = parsed(PROGRAM);
    watched.addFunctionImport('ran', 'profile', 'ran', binaryen.i32, binaryen.none);
    probes(watched, (number) => watched.call('ran', [watched.i32.const(number)], binaryen.none));
    const call = f(bytes(watched), { profile: { ran: (number) => ran.add(number) } });
    // One call, or two.
    call(...CALLS[round]);
    if (round % 2 === 1) call(...CALLS[(round * 31) % CALLS.length]);
    const module = parsed(PROGRAM);
    const cold = digests(module, (name) => name, (number) => ran.has(number));
    taken += takeOut(module, (name) => name, cold, { name: 'table', initial: 1 }).length;
    assert.deepEqual(answers(bytes(module)), wanted, `round ${round}`);
  }
  assert.ok(taken > 60, `${taken} were taken out`);
});

test('what the first part reads stays in its memory, and what only the rest reads comes with it', () => {
  const first = parsed(`(module (memory (export "memory") 1)
    (data $all (i32.const 16) "hello\\00\\00\\00\\20\\00\\00\\00\\05\\00\\00\\00worldnobody reads thisagain")
    (func (export "f") (result i32) (i32.load (i32.const 24)))
    (func (export "g") (result i64) (i64.const 0x500000036)))`);
  const later = parsed('(module (import "later" "memory" (memory 1)) (func (export "h") (result i32) (i32.add (i32.const 16) (i32.const 37))))');
  const pieces = [[16, 5], [24, 8], [32, 5], [37, 17], [54, 5]].map(([from, size]) => ({ from, size, fixed: false }));
  assert.equal(move({ first, later, whole: [16, 24, 37, 54] }, pieces), 22);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes(first)), {});
  const text = (from, to) => Buffer.from(exports.memory.buffer).toString('latin1', from, to);
  assert.equal(text(32, 54), `world${'\0'.repeat(17)}`);
  new WebAssembly.Instance(new WebAssembly.Module(bytes(later)), { later: exports });
  assert.equal(text(16, 21) + text(37, 54), 'hellonobody reads this');
});

test('an array that a loop reads from its end stays, the place of a line of code before an address does not', () => {
  const data = '"\\10\\00\\00\\00\\05\\00\\00\\00\\10\\00\\00\\00\\05\\00\\00\\00again\\00\\00\\00\\40\\00\\00\\00\\04\\00\\00\\00\\07\\00\\00\\00\\09\\00\\00\\00other...a.rs"';
  const first = parsed(`(module (memory (export "memory") 1)
    (data $all (i32.const 16) ${data})
    (func (export "f") (param i32) (result i32) (i32.add (i32.const 32) (local.get 0)))
    (func (export "g") (result i32) (i32.const 56)))`);
  const later = parsed('(module (import "later" "memory" (memory 1)))');
  const pieces = [[16, 16], [32, 5], [40, 16], [56, 5], [64, 4]].map(([from, size]) => ({ from, size, fixed: false }));
  assert.equal(move({ first, later, whole: [16, 32, 40, 56, 64] }, pieces), 20);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes(first)), {});
  const memory = Buffer.from(exports.memory.buffer);
  assert.deepEqual([16, 20, 32, 40, 56].map((at) => memory[at]), [16, 5, 97, 0, 111]);
});
