/** The program space: codes, liveness and active doubles against the machine itself, moves that are valid, drawn from their stream alone, and never nothing. */
import { beforeAll, describe, expect, it } from 'vitest';
import * as op from '../../assembly/portable/opcodes.ts';
import { ROWS } from '../../assembly/portable/rows.ts';
import { openBackend } from '../../src/backend/index.ts';
import { createRandom } from '../../src/core/random.ts';
import type { Backend, Json } from '../../src/core/types.ts';
import { openMachine } from '../../src/problems/program/machine.ts';
import { DOUBLES, WORDS, emptyKernel, programs, same, type Kernel } from '../../src/spaces/program.ts';
import { active, compile, instruction, isBit, isByte, listing, ownsTable, pack, tidy, unpack, type Instruction } from '../../src/spaces/program/listing.ts';
import { grow, mutate } from '../../src/spaces/program/moves.ts';
import { text } from '../cases/strategy.ts';

const TEXT = text(400);
const BITS = 12;
let backend: Backend;
beforeAll(async () => {
  backend = await openBackend('auto', 1 << 28);
});
/** All predictions for the text as one number, and the bits. */
function behaviour(kernel: Kernel): readonly [number, number] {
  const machine = openMachine(backend, kernel, BITS);
  try {
    const bits = machine.score(TEXT);
    return [machine.fingerprint, bits];
  } finally {
    machine.close();
  }
}
const program = (...list: readonly Instruction[]): Kernel => ({ words: Uint32Array.from({ length: WORDS }, (_, i) => (list[i] ? pack(list[i]) : 0)), doubles: new Float64Array(DOUBLES) });

/** Random words, from anything at all to what a long walk leaves. */
function kernels(): Kernel[] {
  const random = createRandom(11);
  const list = [emptyKernel()];
  for (let i = 0; i < 48; i++) {
    let kernel: Kernel = programs.sample(random);
    if (i % 4 === 0) kernel = { words: kernel.words.map(() => random.u32()), doubles: kernel.doubles };
    else if (i % 2) for (let n = random.int(120); n > 0; n--) kernel = programs.neighbor(kernel, random);
    list.push(kernel);
  }
  return list;
}

describe('codes', () => {
  it('are the words and doubles, bit for bit', () => {
    for (const kernel of kernels()) expect(same(programs.decode(JSON.parse(JSON.stringify(programs.encode(kernel))) as Json), kernel)).toBe(true);
    const odd = emptyKernel();
    odd.doubles.set([NaN, -0, Infinity, 5e-324]);
    odd.words[63] = 0xffffffff;
    expect(same(programs.decode(programs.encode(odd)), odd)).toBe(true);
  });
  it('of anything else are refused', () => {
    const code = programs.encode(emptyKernel()) as { words: string; doubles: string };
    for (const bad of [null, 3, 'x', [], {}, { ...code, words: code.doubles }, { ...code, doubles: code.doubles.slice(4) }, { ...code, words: `${code.words.slice(0, -1)}!` }, { ...code, doubles: 7 }] as Json[])
      expect(() => programs.decode(bad), JSON.stringify(bad)?.slice(0, 40)).toThrow(/kernel is .*; allowed: /);
  });
  it('a word is its fields', () => {
    const random = createRandom(3);
    for (let i = 0; i < 200; i++) {
      const word = random.u32();
      expect(pack(unpack(word))).toBe(word);
    }
    expect(pack(instruction(op.MIX, { d: 1, a: 2, b: 3, k: 4 }))).toBe(op.MIX * 67108864 + 2097152 + 2 * 65536 + 3 * 1024 + 4);
  });
});

describe('what matters in a program', () => {
  it('is all that the machine needs to predict the same', () => {
    let dropped = 0;
    for (const kernel of kernels()) {
      const draft = tidy(listing(kernel));
      dropped += kernel.words.reduce((n, word) => n + (word ? 1 : 0), 0) - draft.bytes.length - draft.bits.length;
      expect(behaviour(compile(draft))).toEqual(behaviour(kernel));
    }
    expect(dropped).toBeGreaterThan(150);
  });
  it('is known for hand-made cases', () => {
    const cm = instruction(op.CM, { d: 3, a: 1, b: 5 });
    const ord = instruction(op.ORD, { d: 1, b: 2 });
    const out = instruction(op.OUT);
    const left = (...list: readonly Instruction[]): number[] => {
      const { bytes, bits } = tidy(listing(program(...list)));
      return [...bytes, ...bits].map((it) => it.op);
    };
    expect(left(ord, cm)).toEqual([]); // nothing is said
    expect(left(ord, cm, instruction(op.FX, { a: 3 }), out)).toEqual([op.ORD, op.CM, op.FX, op.OUT]);
    expect(left(ord, cm, instruction(op.FX, { a: 4 }), out)).toEqual([op.FX, op.OUT]);
    expect(left(instruction(op.BYTE, { d: 1 }), ord, cm, instruction(op.MIX), out)).toEqual([op.ORD, op.CM, op.MIX, op.OUT]); // written over
    expect(left(instruction(op.ADD, { d: 1, a: 1, b: 2 }), cm, instruction(op.MIX), out)).toEqual([op.ADD, op.CM, op.MIX, op.OUT]); // reads what it wrote a byte ago
    expect(left(out, instruction(op.LDD), instruction(op.OUT, { a: 1 }))).toEqual([op.OUT]); // the last OUT counts, of a register nobody writes
    expect(left(ord, cm, instruction(op.MIX), instruction(op.BIAS, { d: 3, k: 1 }), out)).toEqual([op.ORD, op.CM, op.MIX, op.BIAS, op.OUT]); // a mixer learns from what is there in the end
    expect(left(instruction(op.MIX), instruction(op.FX, { d: 1, a: 9 }), out, cm)).toEqual([op.MIX, op.OUT, op.CM]); // X of the bit before
  });
});

describe('active doubles', () => {
  it('are those that change a prediction, and no others', () => {
    const random = createRandom(5);
    let told = 0;
    for (const kernel of kernels().slice(0, 40)) {
      const used = new Set(active(kernel));
      const first = behaviour(kernel);
      const others = programs.copy(kernel);
      for (let i = 0; i < DOUBLES; i++) if (!used.has(i)) others.doubles[i] = 3 * random.normal();
      expect(behaviour(others)).toEqual(first);
      if (used.size === 0) continue;
      const changed = programs.copy(kernel);
      for (const i of used) changed.doubles[i] = 3 * random.normal();
      if (behaviour(changed)[0] !== first[0]) told++;
    }
    expect(told).toBeGreaterThan(10);
  });
  it('are counted for every kind of instruction', () => {
    const out = instruction(op.OUT);
    const count = (...list: readonly Instruction[]): number => active(program(...list, out)).length;
    expect(count(instruction(op.LDD, { k: 5 }))).toBe(1);
    expect(count(instruction(op.BIAS, { d: 2, k: 5 }), instruction(op.BIAS, { d: 9, k: 6 }), instruction(op.MIX, { k: 100 }))).toBe(4);
    expect(count(instruction(op.DOT, { b: 4, k: 1020 }))).toBe(6); // the constant and five weights, around the end
    expect(count(instruction(op.LDD, { d: 3, k: 1 }), instruction(op.MIX2, { a: 3, b: 1, k: 7 }))).toBe(4);
    const read = [instruction(op.CM), instruction(op.MIX, { k: 1000 })];
    expect(count(instruction(op.FEAT, { b: 1 }), instruction(op.SIGN, { b: 2 }), ...read)).toBe(3 * 8 + 1);
    expect(count(instruction(op.FEAT, { b: 1 | 2 << 2, k: 300 }), instruction(op.NEAR, { b: 3 }), ...read)).toBe(4 * 8 + 256 + 1);
    expect(count(instruction(op.PROJ, { k: 4 }), ...read)).toBe(4 + 1);
    expect(count(instruction(op.PERM, { k: 40 }), instruction(op.PROJ, { k: 4 }), ...read)).toBe(4 + 4 + 1);
  });
});

describe('moves', () => {
  it('give a valid program that is another one, from their stream alone, and leave the first as it was', () => {
    const random = createRandom(7);
    for (const kernel of kernels()) {
      const before = programs.copy(kernel);
      const state = random.fork(behaviour(kernel)[0]);
      const [y, again] = [programs.neighbor(kernel, state.fork('a')), programs.neighbor(kernel, state.fork('a'))];
      expect(same(y, again)).toBe(true);
      expect(same(y, kernel)).toBe(false);
      expect(same(before, kernel)).toBe(true);
      for (const other of [y, grow(kernel, random), mutate(kernel, random, 3)]) {
        expect([other.words.length, other.doubles.length]).toEqual([WORDS, DOUBLES]);
        expect(other.words.every((word) => word >>> 26 === op.NOP || isByte(word >>> 26) || isBit(word >>> 26))).toBe(true);
        expect(other.words.filter((word) => ownsTable(word >>> 26)).length).toBeLessThanOrEqual(op.TABLES);
      }
    }
  });
  it('reach every opcode from nothing', () => {
    const random = createRandom(8);
    const seen = new Set<number>();
    for (let walk = 0; walk < 60; walk++) {
      let kernel = walk % 2 ? programs.sample(random) : emptyKernel();
      for (let n = 0; n < 60; n++) {
        kernel = programs.neighbor(kernel, random);
        for (const word of kernel.words) seen.add(word >>> 26);
      }
    }
    const rare: number[] = [op.PERM, op.DCT, op.PRIME, op.DOT, op.TANH, op.LDD]; // no move makes these; they stay where they are
    const names = Array.from(ROWS, (row) => row.split('|').map((cell) => cell.trim())).filter(([, name]) => name !== '');
    expect(names.filter(([code]) => !seen.has(Number(code)) && !rare.includes(Number(code))).map(([, name]) => name)).toEqual([]);
  });
  it('grow a program that predicts: eight of them from nothing are under 5 bits a byte for most', () => {
    const random = createRandom(9);
    let good = 0;
    for (let walk = 0; walk < 20; walk++) {
      let kernel = emptyKernel();
      for (let n = 0; n < 8; n++) kernel = grow(kernel, random);
      if (behaviour(kernel)[1] < 5 * TEXT.length) good++;
    }
    expect(good).toBeGreaterThan(10);
  });
});
