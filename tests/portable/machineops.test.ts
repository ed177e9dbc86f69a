/** The instructions of the machine, one by one, against what their rows in opcodes.ts say, computed literally here. */
import { expect, it } from 'vitest';
import { createRandom, openBackend } from '../../src/index.ts';
import { LIMITS, RATES, ANNEAL, DECAY } from '../../assembly/portable/opcodes.ts';
import * as op from '../../assembly/portable/opcodes.ts';
import { backends } from '../cases/backends.ts';
import { bytesOf, kernelOf, open, prose, uniform, word, type Raw } from '../cases/machine.ts';

const opened = await Promise.all(backends.map((name) => openBackend(name, 40 << 20)));
const random = createRandom(66);
const text = prose(random, 3000);
const numbers = Float64Array.from({ length: 1024 }, () => random.normal());
const D = (i: number): number => numbers[i % 1024]!;

/** A machine on every backend whose BYTE instructions have just seen `history` (another byte is there, predicted after them). */
function after(words: readonly number[], history: Uint8Array, doubles: ArrayLike<number> = numbers, bits = 16): Raw[] {
  return opened.map((backend) => {
    const raw = open(backend, kernelOf(words, doubles), bits);
    raw.score(Uint8Array.from([...history, 0]));
    return raw;
  });
}
/** R[0] after a history, the same on every backend. */
function value(words: readonly number[], history: Uint8Array, doubles: ArrayLike<number> = numbers): number {
  const machines = after(words, history, doubles);
  const [first, ...others] = machines.map((raw) => raw.r(0));
  for (const other of others) expect(other).toBe(first);
  for (const raw of machines) raw.close();
  return first!;
}
/** Runs BIT or BYTE instructions once over registers that are put there. */
function once(words: readonly number[], put: { r?: readonly number[]; f?: readonly number[]; x?: readonly number[] }, look: (raw: Raw) => void, doubles: ArrayLike<number> = numbers): void {
  for (const backend of opened) {
    const raw = open(backend, kernelOf(words, doubles), 12);
    backend.u32.set(put.r ?? [], (raw.m + 128) / 4);
    backend.f64.set(put.f ?? [], (raw.m + 256) / 8);
    backend.f32.set(put.x ?? [], (raw.m + 384) / 4);
    raw.score(new Uint8Array(1));
    look(raw);
    raw.close();
  }
}
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

it('arithmetic is that of 32-bit unsigned integers', () => {
  const values = [0, 1, 2, 255, 256, 0x7fffffff, 0x80000000, 0xffffffff, ...Array.from({ length: 4 }, () => random.u32())];
  const big = (x: number): bigint => BigInt(x);
  const mod = (x: bigint): number => Number(BigInt.asUintN(32, x));
  const rows: readonly [number, (x: number, y: number) => number][] = [
    [op.ADD, (x, y) => mod(big(x) + big(y))], [op.SUB, (x, y) => mod(big(x) - big(y))], [op.MUL, (x, y) => mod(big(x) * big(y))],
    [op.XOR, (x, y) => mod(big(x) ^ big(y))], [op.AND, (x, y) => mod(big(x) & big(y))], [op.OR, (x, y) => mod(big(x) | big(y))], [op.SEL, (x, y) => (x === 0 ? 77 : y)],
  ];
  for (const x of values) {
    for (const y of values.slice(5)) {
      const words = rows.map(([code], i) => word(code, { d: i + 3, a: 1, b: 2 }));
      const shift = y & 31;
      words.push(word(op.SHR, { d: 20, a: 1, k: 992 | shift }), word(op.SHL, { d: 21, a: 1, k: 32 | shift }), word(op.LDI, { d: 22, k: y & 1023 }), word(op.ADD, { d: 23, a: 1, b: 32 + 2 }));
      once(words, { r: [0, x, y, ...new Array<number>(10).fill(77)] }, (raw) => {
        expect(rows.map((_, i) => raw.r(i + 3))).toEqual(rows.map(([, f]) => f(x, y)));
        expect([20, 21, 22, 23].map((i) => raw.r(i))).toEqual([x >>> shift, mod(big(x) << big(shift)), y & 1023, mod(big(x) + big(y))]);
      });
    }
  }
});

it('LOW and ALPHA look at the low byte', () => {
  for (let c = 0; c < 256; c += c > 60 && c < 130 ? 1 : 7) {
    const x = (random.u32() & 0xffffff00) + c;
    const letter = /^[a-zA-Z]$/.test(String.fromCharCode(c)) || c > 127;
    once([word(op.LOW, { d: 1, a: 0 }), word(op.ALPHA, { d: 2, a: 0 })], { r: [x >>> 0] }, (raw) => expect([raw.r(1), raw.r(2)]).toEqual([c < 128 ? String.fromCharCode(c).toLowerCase().charCodeAt(0) : c, letter ? 1 : 0]));
  }
});

it('HASH depends on both registers and k, and spreads', () => {
  const seen = new Set<number>();
  for (const x of [0, 1, 2, 1e6]) for (const y of [0, 1, 2, 3, 1e6]) for (const k of [0, 1, 1023]) once([word(op.HASH, { d: 2, a: 0, b: 1, k })], { r: [x, y] }, (raw) => seen.add(raw.r(2) & 0xffff));
  expect(seen.size).toBe(60);
});

it('ORD and SPARSE are hashes of just the bytes they name', () => {
  const tail = bytesOf('the quick brown fox jumps over.'); // 31 bytes
  const long = (n: number, at: number): Uint8Array => {
    const bytes = Uint8Array.from([...text.subarray(0, 40), ...tail]);
    bytes[bytes.length - 1 - at]! ^= n;
    return bytes;
  };
  for (const b of [0, 1, 2, 5, 16, 31, 34]) {
    const words = [word(op.ORD, { b })];
    const base = value(words, long(0, 0));
    expect(base === 0).toBe(b === 0);
    for (let at = 0; at < 40; at += b < 6 ? 3 : 11) expect(value(words, long(1 + random.int(255), at)) !== base).toBe(at < (b & 31));
  }
  for (const mask of [1, 0b1010, 0x8001, 0x1234]) {
    const words = [word(op.SPARSE, { b: mask >>> 10, k: mask & 1023 })];
    const base = value(words, long(0, 0));
    for (let at = 0; at < 18; at++) expect(value(words, long(1 + random.int(255), at)) !== base).toBe(((mask >>> at) & 1) === 1);
  }
  expect(value([word(op.SPARSE, { k: 1 })], tail)).not.toBe(value([word(op.SPARSE, { k: 2 })], Uint8Array.from([...tail, 0]))); // the same byte at another place
});

it('BYTE, CLASS, COL and ABOVE read the text', () => {
  const history = bytesOf('Ab 9.\x07\x7f~é\nzq\n\n0123456789\nab\nx[`{@Z A');
  const kinds = [/[^\n\x00-\x1f]/, /\n/, / /, /[!-/:-@[-`{-\x7f]/, /[0-9]/, /[a-z]/, /[A-Z]/, /[\x80-\xff]/];
  const kind = (c: number): number => (c < 32 && c !== 10 ? 0 : kinds.findIndex((x, i) => i > 0 && x.test(String.fromCharCode(c))));
  for (let n = 0; n <= history.length; n++) {
    const so = history.subarray(0, n);
    const string = String.fromCharCode(...so);
    const lines = string.split('\n');
    const column = lines.at(-1)!.length;
    const above = lines.length < 2 ? 0 : (`${lines.at(-2)!}\n`.charCodeAt(column) || 0);
    const machines = after([word(op.BYTE, { d: 0 }), word(op.BYTE, { d: 1, b: 7 }), word(op.COL, { d: 2 }), word(op.ABOVE, { d: 3 }), word(op.CLASS, { d: 4, b: 3 }), word(op.CLASS, { d: 5, b: 15 })], so);
    const classes = (count: number): number => Array.from({ length: count }, (_, i) => kind(so[n - 1 - i] ?? 0)).reduce((h, c) => 8 * h + c, 0);
    for (const raw of machines) {
      expect(Array.from({ length: 6 }, (_, i) => raw.r(i)), string).toEqual([so[n - 1] ?? 0, so[n - 8] ?? 0, column, above, classes(3), classes(10)]);
      raw.close();
    }
  }
  expect(value([word(op.COL)], new Uint8Array(300).fill(97))).toBe(255);
});

it('WORD is a hash of letters without their case, and of the words before', () => {
  const of = (string: string, b = 0): number => value([word(op.WORD, { b })], bytesOf(string));
  expect(of('')).toBe(0);
  expect(of('some ')).toBe(0);
  expect(of('a word')).toBe(of('The; WoRd'));
  expect(new Set(['w', 'wo', 'wor', 'word', 'row', 'drow'].map((x) => of(x))).size).toBe(6);
  for (const b of [1, 2, 3]) {
    const tail = ['one', 'two', 'three', 'four'].slice(-b);
    expect(of(`zero ${tail.join(' ')} fi`, b)).toBe(of(`other ${tail.join(', ')}\n\nFI`, b)); // what is between words does not matter
    expect(of(`zero ${tail.join(' ')} fi`, b)).not.toBe(of(`zero x${tail.join(' ')} fi`, b));
  }
  expect(of('one two th', 6)).toBe(of('one ten th', 6)); // without the nearest of two
  expect(of('one two th', 6)).not.toBe(of('six two th', 6));
});

/** V after FEAT, as its row says. */
function features(history: Uint8Array, size: number, mode: number, fade: number, k: number): number[] {
  const each = [1, 1, 2, 4][mode]!;
  return Array.from({ length: 4 << size }, (_, i) => {
    const age = Math.floor(i / each);
    const c = history[history.length - 1 - age] ?? 0;
    const x = [(c - 96) / 32, D(k + c), D(k + (c % 128) * 2 + (i % 2)), D(k + (c % 128) * 4 + (i % 4))][mode]!;
    return x * [1, 0.84, 0.7, 0.5][fade]! ** age;
  });
}
const dots = (v: readonly number[], k: number): number => v.reduce((s, x, i) => s + x * D(k + i), 0);

it('FEAT, PROJ, NEAR, SIGN, PERM and DCT are what linear algebra says', () => {
  const history = text.subarray(0, 50);
  const b63 = (size: number, mode: number, fade: number): number => size | (mode << 2) | (fade << 4);
  for (let size = 0; size < 4; size++) {
    for (let mode = 0; mode < 4; mode++) {
      const fade = (size + mode) % 4;
      const n = 4 << size;
      const v = features(history, size, mode, fade, 1000);
      const feat = word(op.FEAT, { b: b63(size, mode, fade), k: 1000 });
      const rows = [7, 63][mode % 2]!;
      const [levels, many] = [mode + 2 * (size % 2), 15 - mode];
      for (const raw of after([feat, word(op.PROJ, { d: 1, b: levels, k: 900 }), word(op.NEAR, { d: 2, b: rows, k: 300 }), word(op.SIGN, { d: 3, b: many, k: 700 })], history)) {
        for (let i = 0; i < n; i++) expect(raw.v(i)).toBeCloseTo(v[i]!, 12);
        const s = dots(v, 900);
        expect(raw.f(1)).toBeCloseTo(Math.max(-32, Math.min(32, s)), 10);
        expect(raw.r(1)).toBe(Math.max(0, Math.min((2 << levels) - 1, Math.floor(((s + 4) / 8) * (2 << levels)))));
        const distance = Array.from({ length: rows + 1 }, (_, j) => Math.hypot(...v.map((x, i) => x - D(300 + j * n + i))));
        expect(raw.r(2)).toBe(distance.indexOf(Math.min(...distance)));
        expect(raw.r(3)).toBe(Array.from({ length: many + 1 }, (_, j) => (dots(v, 700 + j * n) >= 0 ? 2 ** j : 0)).reduce((x, y) => x + y));
        raw.close();
      }
      for (const raw of after([feat, word(op.DCT)], history)) {
        for (let j = 0; j < n; j++) {
          const closed = Math.sqrt((j === 0 ? 1 : 2) / n) * v.reduce((sum, x, i) => sum + x * Math.cos((Math.PI * (2 * i + 1) * j) / (2 * n)), 0);
          expect(raw.v(j)).toBeCloseTo(closed, 11);
        }
        raw.close();
      }
      const places = Float64Array.from({ length: 1024 }, (_, i) => (i < 500 ? -(i * 7.9) : numbers[i]!));
      for (const raw of after([word(op.FEAT, { b: b63(size, 0, fade) }), word(op.PERM, { k: 10 })], history, places)) {
        const plain = features(history, size, 0, fade, 0);
        for (let i = 0; i < n; i++) expect(raw.v(i)).toBeCloseTo(plain[Math.floor((10 + i) * 7.9) % n]!, 12);
        raw.close();
      }
    }
  }
  expect(value([word(op.NEAR, { b: 63 })], history, new Float64Array(1024))).toBe(0); // the first of equals
});


it('F and X: sums, products, layers, and the limits of 32', () => {
  const close = (got: number, want: number): void => expect(Math.abs(got - Math.max(-32, Math.min(32, want)))).toBeLessThan(1e-12 * 32);
  for (let round = 0; round < 12; round++) {
    const f = Array.from({ length: 16 }, () => random.normal() * (round % 4 === 0 ? 20 : 1)).map((y) => Math.max(-32, Math.min(32, y)));
    const x = Array.from({ length: 32 }, () => Math.fround(random.normal()));
    const [a, b, k, n] = [16 * random.int(2) + 10 + random.int(4), random.int(9), random.int(1024), random.int(12)]; // none is F[9], which is written
    const [p, q] = [f[a % 16]!, f[b]!];
    const sum = (xs: readonly number[]): number => Array.from({ length: n + 1 }, (_, i) => D(k + 1 + i) * xs[(a + i) % xs.length]!).reduce((s, y) => s + y, D(k));
    const rows: readonly [number, number][] = [
      [word(op.FADD, { d: 9, a, b }), p + q], [word(op.FMUL, { d: 9, a, b }), p * q], [word(op.FMIN, { d: 9, a, b }), Math.min(p, q)], [word(op.FMAX, { d: 9, a, b }), Math.max(p, q)],
      [word(op.AVG, { d: 9, a, b }), (p + q) / 2], [word(op.LDD, { d: 9, k }), D(k)], [word(op.FX, { d: 25, a }), x[a]!],
      [word(op.DOT, { d: 9, a, b: n, k }), sum(x)], [word(op.DOT, { d: 9, a, b: n | 32, k }), sum(f)], [word(op.TANH, { d: 9, a, b: n, k }), Math.tanh(sum(x))],
    ];
    for (const [w, want] of rows) once([w], { f, x }, (raw) => close(raw.f(9), want));
    once([word(op.MOV, { d: 5, a }), word(op.BIAS, { d: 6, k })], { f, x }, (raw) => expect([raw.x(5), raw.x(6)]).toEqual([Math.fround(p), Math.fround(D(k))]));
  }
  once([word(op.BIAS, { d: 1 }), word(op.LDD, { d: 1, k: 1 })], {}, (raw) => expect([raw.x(1), raw.f(1)]).toEqual([32, -32]), [1e9, -1e9]);
});

/** The 32 inputs before every bit of a text, the same on every backend, and what every byte took. */
function rows(words: readonly number[], bytes: Uint8Array, doubles: ArrayLike<number> = numbers, bits = 16): { x: (bit: number, i: number) => number; costs: number[] } {
  const answers = opened.map((backend) => {
    const raw = open(backend, kernelOf(words, doubles), bits);
    const traced: Float32Array[] = [];
    const costs: number[] = [];
    let last = 0;
    for (let i = 0; i < bytes.length; i++) {
      traced.push(raw.trace(bytes.subarray(i, i + 1)));
      const bits = raw.score(new Uint8Array(0));
      costs.push(bits - last);
      last = bits;
    }
    raw.close();
    return { costs, x: (bit: number, i: number) => traced[bit >> 3]![(bit & 7) * 32 + i]! };
  });
  for (const { costs } of answers) expect(costs).toEqual(answers[0]!.costs);
  return answers[0]!;
}
const bitOf = (bytes: Uint8Array, t: number): number => (bytes[t >> 3]! >>> (7 - (t & 7))) & 1;
/** The bits of the byte before bit t, after a 1. */
const partial = (bytes: Uint8Array, t: number): number => (256 | bytes[t >> 3]!) >>> (8 - (t & 7));
/** What bytes take when p(t) is the probability that bit t is 1; p is asked in order, and told the bit. */
function costsOf(bytes: Uint8Array, p: (t: number) => number, learn: (t: number, bit: number, p: number) => void): number[] {
  return Array.from(bytes, (_, i) => {
    let cost = 0;
    for (let t = 8 * i; t < 8 * i + 8; t++) {
      const q = p(t);
      const bit = bitOf(bytes, t);
      cost -= Math.log2(bit === 1 ? q : 1 - q);
      learn(t, bit, q);
    }
    return cost;
  });
}
/** Costs agree but for the 4096 steps of the tables: on each byte, and much better on all. */
function near(costs: readonly number[], want: readonly number[]): void {
  const sum = (xs: readonly number[]): number => xs.reduce((s, x) => s + x, 0);
  expect(Math.max(...costs.map((c, i) => Math.abs(c - want[i]!)))).toBeLessThan(0.25);
  expect(Math.abs(sum(costs) / sum(want) - 1)).toBeLessThan(0.0005);
}

it('CM and CM2 count as a counter by hand', () => {
  const bytes = text.subarray(0, 1200);
  for (const [order, b] of [[0, 0], [0, 4], [1, 1], [2, 5], [3, 7]] as const) {
    const { x, costs } = rows([word(op.ORD, { d: 1, b: order }), word(op.CM2, { d: 4, a: 1, b }), word(op.FX, { d: 3, a: 4 }), word(op.OUT, { a: 3 })], bytes, numbers, 20); // so large that no context drives out another
    const counters = new Map<string, { p: number; n: number }>();
    let worst = 0;
    const at = (t: number): { p: number; n: number } => {
      const i = t >> 3;
      const key = [partial(bytes, t), ...Array.from({ length: order }, (_, j) => bytes[i - 1 - j] ?? 0)].join();
      if (!counters.has(key)) counters.set(key, { p: 0.5, n: 0 });
      return counters.get(key)!;
    };
    const want = costsOf(bytes, (t) => {
      const { p } = at(t);
      worst = Math.max(worst, Math.abs(sigmoid(x(t, 4)) - p), Math.abs(x(t, 5) / 6 + 0.5 - p));
      return Math.min(1 - 1 / 8192, Math.max(1 / 8192, p));
    }, (t, bit) => {
      const c = at(t);
      c.p += (bit - c.p) / (c.n + 1.5);
      c.n = Math.min(c.n + 1, LIMITS[b]!);
    });
    expect(worst).toBeLessThan(0.002);
    near(costs, want);
  }
});

it('MIX mixes and learns as logistic mixing by hand, with the weight sets of every mode and every rate', () => {
  const bytes = Uint8Array.from([...text.subarray(0, 250), ...text.subarray(0, 200)]);
  const doubles = numbers.map((y) => y * 0.3);
  for (let mode = 0; mode < 8; mode++) {
    const rate = RATES[(mode + 3) % 8]!;
    const words = [word(op.BYTE, { d: 1 }), word(op.ORD, { d: 2, b: 4 }), word(op.MATCH, { d: 4, a: 2, b: 4 }), word(op.CM, { d: 0, b: 4 }), word(op.CM, { d: 1, a: 1, b: 3 }), word(op.ICM, { d: 2, a: 2, b: 4 }), word(op.BIAS, { d: 3, k: 600 }), word(op.MIX, { d: 6, a: 1, b: mode | (((mode + 3) % 8) << 3), k: 1020 }), word(op.OUT, { a: 6 })];
    const { x, costs } = rows(words, bytes, doubles);
    const expects = (t: number): number => (x(t, 5) !== 0 ? 1 : 0);
    const contexts = (t: number): string[] => [0, 1, 4].map((order) => [order, partial(bytes, t), ...Array.from({ length: order }, (_, j) => bytes[(t >> 3) - 1 - j] ?? 0)].join());
    const seen = new Set<string>();
    const known = Array.from({ length: 8 * bytes.length }, (_, t) => {
      const here = contexts(t);
      const count = here.filter((c) => seen.has(c)).length;
      for (const c of here) seen.add(c);
      return count;
    });
    const key = (t: number): string => {
      const [c0, r] = [partial(bytes, t), bytes[(t >> 3) - 1] ?? 0];
      const length = 16 * Math.abs(x(t & ~7, 5));
      return [[0], [c0], [r & 255], [known[t]!, t & 7, expects(t) && (length < 16 ? 1 : length < 32 ? 2 : 3)], [t & 7, r & 31], [c0, r & 3], [r & 1023], [c0, expects(t)]][mode]!.join();
    };
    const sets = new Map<string, Float64Array>();
    const weights = (t: number): Float64Array => {
      if (!sets.has(key(t))) sets.set(key(t), Float64Array.from({ length: 8 }, (_, i) => doubles[(1020 + i) % 1024]!));
      return sets.get(key(t))!;
    };
    let speed = rate * ANNEAL;
    near(costs, costsOf(bytes, (t) => sigmoid(Math.max(-12, Math.min(12, weights(t).reduce((s, w, i) => s + w * x(t, i), 0)))), (t, bit, p) => {
      const w = weights(t);
      for (let i = 0; i < 8; i++) w[i]! += (bit - p) * speed * x(t, i);
      speed -= (speed - rate) * DECAY;
    }));
    expect(sets.size).toBeGreaterThan(mode === 0 ? 0 : 3);
  }
});

it('MIX2 mixes F, its weight sets by the partial byte', () => {
  const bytes = text.subarray(0, 400);
  const words = [word(op.BYTE, { d: 1 }), word(op.CM, { d: 0, b: 4 }), word(op.CM, { d: 1, a: 1, b: 3 }), word(op.BIAS, { d: 2, k: 3 }), word(op.FX, { d: 15, a: 0 }), word(op.FX, { d: 0, a: 1 }), word(op.FX, { d: 1, a: 2 }), word(op.MIX2, { d: 0, a: 15, b: 1 | (6 << 3), k: 8 }), word(op.OUT, { a: 0 })];
  const { x, costs } = rows(words, bytes);
  const sets = new Map<number, number[]>();
  let speed = RATES[6]! * ANNEAL;
  const weights = (t: number): number[] => sets.get(partial(bytes, t)) ?? [D(8), D(9), D(10)];
  near(costs, costsOf(bytes, (t) => sigmoid(Math.max(-12, Math.min(12, weights(t).reduce((s, w, i) => s + w * x(t, i), 0)))), (t, bit, p) => {
    sets.set(partial(bytes, t), weights(t).map((w, i) => w + (bit - p) * speed * x(t, i)));
    speed -= (speed - RATES[6]!) * DECAY;
  }));
});

/** Before every byte: how long the repeat is that MATCH follows, and the byte that comes next in it. A repeat is looked up by its last `least` bytes. */
function repeats(bytes: Uint8Array, least: number): { length: number; byte: number; next: number }[] {
  let [length, from] = [0, 0];
  return Array.from(bytes, (c, i) => {
    const next = length === 0 ? 0 : bytes[from]! + 1;
    if (length === 0) {
      for (from = i - 1; from >= least; from--) if (Array.from({ length: least }, (_, j) => bytes[from - 1 - j] === bytes[i - 1 - j]).every((same) => same)) break;
      if (from >= least) while (length < 32 && from > length && bytes[from - 1 - length] === bytes[i - 1 - length]) length++;
    }
    const bet = { length, byte: bytes[from]!, next };
    length = length > 0 && bytes[from] === c ? length + 1 : 0;
    from++;
    return bet;
  });
}

it('APM refines by 33 levels a context, of every mode, rate and share', () => {
  const bytes = Uint8Array.from([...text.subarray(0, 250), ...text.subarray(0, 200)]);
  const bets = repeats(bytes, 4);
  for (let mode = 0; mode < 4; mode++) {
    const speed = 1 / op.APM_RATES[3 - mode]!;
    const share = 1 - 0.25 * mode;
    const words = [word(op.BYTE, { d: 1 }), word(op.ORD, { d: 2, b: 4 }), word(op.MATCH, { d: 4, a: 2, b: 4 }), word(op.CM, { d: 0, b: 4 }), word(op.FX, { d: 1, a: 0 }), word(op.APM, { d: 2, a: 1, b: 1, k: mode | ((3 - mode) << 2) | (mode << 4) }), word(op.OUT, { a: 2 })];
    const { x, costs } = rows(words, bytes);
    const tables = new Map<string, number[]>();
    const table = (t: number): number[] => {
      const r = bytes[(t >> 3) - 1] ?? 0;
      const { length, byte } = bets[t >> 3]!;
      const key = [partial(bytes, t), ...(mode === 0 ? [] : mode < 3 ? [r] : [Math.min(length, 31), x(t, 5) === 0 ? 0 : byte])].join();
      if (!tables.has(key)) tables.set(key, Array.from({ length: 33 }, (_, j) => sigmoid((j - 16) / 2)));
      return tables.get(key)!;
    };
    const where = (t: number): [number, number] => {
      const level = Math.max(0, Math.min(31.999, (x(t, 0) + 8) * 2));
      return [Math.floor(level), level % 1];
    };
    const want = costsOf(bytes, (t) => {
      const [j, f] = where(t);
      const p = (Math.floor((table(t)[j]! * (1 - f) + table(t)[j + 1]! * f) * 4096) + 0.5) / 4096; // the steps of stretch
      return sigmoid(x(t, 0) + (Math.log(p / (1 - p)) - x(t, 0)) * share);
    }, (t, bit) => {
      const [j, f] = where(t);
      const row = table(t);
      row[j]! += (bit - row[j]!) * speed * (1 - f);
      row[j + 1]! += (bit - row[j + 1]!) * speed * f;
    });
    near(costs, want);
  }
});

it('RUN bets on the byte last seen in its context, more after more of them', () => {
  const bytes = bytesOf('xaxaxaxaxaxaxaxaxbxaxaxa');
  const { x } = rows([word(op.BYTE, { d: 1 }), word(op.RUN, { d: 7, a: 1 })], bytes);
  const seen = new Map<number, { c: number; n: number }>();
  let least = 0;
  for (let i = 0; i < bytes.length; i++) {
    const before = bytes[i - 1] ?? 0;
    const bet = seen.get(before);
    let open = bet !== undefined;
    for (let t = 8 * i; t < 8 * i + 8; t++) {
      const bit = bet === undefined ? 0 : (bet.c >>> (7 - (t & 7))) & 1;
      expect(Math.sign(x(t, 7))).toBe(open ? 2 * bit - 1 : 0);
      if (bit !== bitOf(bytes, t)) open = false;
    }
    if (bet !== undefined && bet.n >= 7) least = Math.max(least, Math.abs(x(8 * i, 7)));
    seen.set(before, { c: bytes[i]!, n: bet?.c === bytes[i] ? bet!.n + 1 : 1 });
  }
  expect(least).toBeGreaterThan(Math.abs(x(16, 7)));
});

it('MATCH follows the longest repeat; MLEN and MBYTE tell its length and what it expects next', () => {
  const part = Uint8Array.from({ length: 120 }, () => random.int(256));
  const bytes = Uint8Array.from([...part, 1, 2, 3, ...part.subarray(10, 100), part[100]! ^ 1, ...part.subarray(40, 60), ...new Uint8Array(40).fill(77)]);
  const words = [word(op.ORD, { d: 2, b: 5 }), word(op.MLEN, { d: 3 }), word(op.MBYTE, { d: 4 }), word(op.MATCH, { d: 8, a: 2, b: 5 })];
  const { x } = rows(words, bytes);
  const bets = repeats(bytes, 5);
  for (const [i, { length, byte }] of bets.entries()) {
    let open = length > 0;
    for (let t = 8 * i; t < 8 * i + 8; t++) {
      const bit = open ? (byte >>> (7 - (t & 7))) & 1 : 0;
      expect(x(t, 9), `byte ${i}`).toBe(open ? ((2 * bit - 1) * Math.min(length, 32)) / 16 : 0);
      expect(Math.sign(x(t, 8))).toBe(open ? 2 * bit - 1 : 0);
      if (bit !== bitOf(bytes, t)) open = false;
    }
  }
  expect(bets.filter(({ length }) => length > 40).length).toBeGreaterThan(30);
  for (let i = 0; i < bytes.length; i += 3) {
    for (const raw of after(words, bytes.subarray(0, i))) {
      expect([raw.r(3), raw.r(4)], `after ${i}`).toEqual([bets[i]!.next === 0 ? 0 : Math.min(63, bets[i]!.length), bets[i]!.next]);
      raw.close();
    }
  }
});

it('ICM learns what follows, ISSE begins as its input and gets surer', () => {
  const bytes = bytesOf('abracadabra '.repeat(70));
  const { x } = rows([word(op.ORD, { d: 1, b: 2 }), word(op.CM, { d: 0, b: 2 }), word(op.ICM, { d: 1, a: 1, b: 5 }), word(op.ISSE, { d: 2, a: 1, b: 0 }), word(op.ORD, { d: 3, b: 6 }), word(op.ISSE, { d: 3, a: 3, b: 2 })], bytes);
  expect(x(0, 2)).toBe(x(0, 0));
  let wrong = 0;
  let [input, refined] = [0, 0];
  for (let t = 8 * 420; t < 8 * bytes.length; t++) {
    const side = 2 * bitOf(bytes, t) - 1;
    if (bytes[(t >> 3) - 1] !== 97 && side * x(t, 1) < 1) wrong++; // after ra and ca there is one byte, after _a two
    input -= Math.log2(sigmoid(side * x(t, 0)));
    refined -= Math.log2(sigmoid(side * x(t, 3)));
  }
  expect(wrong).toBe(0);
  expect(refined).toBeLessThan(0.8 * input);
});

it('bit histories count: the bit seen is one more, or at its limit, and no history is beyond the table', () => {
  for (const backend of opened) {
    const raw = open(backend, kernelOf([]), 12);
    const next = backend.u8.subarray(raw.m + 51456, raw.m + 51456 + 1024);
    const counts = (s: number): [number, number] => [next[512 + 2 * s]!, next[513 + 2 * s]!];
    const reached = new Set([0]);
    for (const s of reached) for (const bit of [0, 1]) reached.add(next[2 * s + bit]!);
    expect(counts(0)).toEqual([0, 0]);
    expect(reached.size).toBeGreaterThan(100);
    for (const s of reached) {
      for (const bit of [0, 1] as const) {
        const [old, now] = [counts(s), counts(next[2 * s + bit]!)];
        expect(now[bit] === old[bit] + 1 || (now[bit] >= 1 && now[bit] <= old[bit]), `state ${s} ${old.join()} then ${bit}: ${now.join()}`).toBe(true);
        expect(now[1 - bit]!).toBeLessThanOrEqual(old[1 - bit]!);
      }
    }
    raw.close();
  }
});

it('PRIME is as if the text had been there first', () => {
  const primer = text.subarray(0, 96 * 6);
  const doubles = Float64Array.from({ length: 1024 }, (_, i) => (i < 96 ? Array.from({ length: 6 }, (__, j) => primer[6 * i + j]! * 256 ** j).reduce((s, c) => s + c) : 0.3));
  const rest = [word(op.ORD, { d: 1, b: 1 }), word(op.ORD, { d: 2, b: 3 }), word(op.CM, { d: 0, b: 4 }), word(op.CM, { d: 1, a: 1, b: 4 }), word(op.ICM, { d: 2, a: 2, b: 4 }), word(op.MIX, { d: 0, b: 1, k: 200 }), word(op.OUT)];
  for (const backend of opened) {
    const primed = open(backend, kernelOf([word(op.PRIME, { b: 6 }), ...rest], doubles), 14);
    const first = open(backend, kernelOf([word(op.PRIME), ...rest], doubles), 14);
    const bits = first.score(primer);
    const then = text.subarray(1000, 1400);
    expect(primed.encode(then).code).toEqual(first.encode(then).code);
    expect(primed.score(new Uint8Array(0))).toBeCloseTo(first.score(new Uint8Array(0)) - bits, 6);
    expect(primed.score(new Uint8Array(0))).toBeLessThan(bits / 576 * 400); // it helps
    for (const raw of [primed, first]) raw.close();
  }
});

it('what is no instruction does nothing: missing opcodes, a table too many; the last OUT counts', () => {
  const bytes = text.subarray(0, 100);
  const run = (words: readonly number[]): { print: number; size: number } => {
    const prints = opened.map((backend) => {
      const raw = open(backend, kernelOf(words), 12);
      raw.score(bytes);
      const { fingerprint: print, size } = raw;
      raw.close();
      return { print, size };
    });
    for (const other of prints) expect(other).toEqual(prints[0]);
    return prints[0]!;
  };
  const missing = [30, 31, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63];
  expect(run(Array.from(uniform(random, true), (w, i) => ((missing[i % 13]! << 26) | (w & 0x3ffffff)) >>> 0))).toEqual(run([]));
  expect(run(Array.from(uniform(random, true), (w) => w & 0x3ffffff))).toEqual(run([])); // NOP whatever its operands
  const orders = [1, 2, 3].map((b) => word(op.ORD, { d: b, b }));
  const full = [...orders, ...Array.from({ length: 24 }, (_, d) => word([op.CM, op.CM2, op.ICM, op.RUN][d % 4]!, { d, a: d % 4, b: 3 }))];
  const end = [word(op.MIX, { d: 0, b: 1 }), word(op.OUT)];
  for (const code of [op.CM, op.CM2, op.ICM, op.ISSE, op.RUN, op.MATCH]) expect(run([...full, word(code, { d: 31, a: 2, b: 3 }), ...end])).toEqual(run([...full, ...end]));
  const outs = [word(op.LDD, { d: 1, k: 0 }), word(op.CM, { d: 3 }), word(op.FX, { d: 2, a: 3 })];
  expect(run([...outs, word(op.OUT, { a: 1 }), word(op.OUT, { a: 2 })])).toEqual(run([...outs, word(op.OUT, { a: 2 })]));
  expect(run([...outs, word(op.OUT, { a: 2 }), word(op.OUT, { a: 0 })]).print).toBe(run([]).print);
});
