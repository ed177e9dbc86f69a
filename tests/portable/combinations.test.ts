/** The combination search against answers made elsewhere: the published vectors, and a literal enumeration written here. */
import { beforeAll, describe, expect, it } from 'vitest';
import { combinations, createRandom, openBackend } from '../../src/index.ts';
import type { Backend, CombinationOptions, CombinationResult } from '../../src/index.ts';
import { highest, literal, terms, type Cycle, type Winner } from '../../src/problems/combination.ts';
import { brute, enumerate, type Found } from '../../src/problems/combination/brute.ts';
import { exact } from '../../src/problems/combination/exact.ts';
import { halves } from '../../src/problems/combination/halves.ts';
import type { Tools } from '../../src/problems/combination/strategy.ts';
import { backends } from '../cases/backends.ts';
import vectors from '../vectors/combinations.json' with { type: 'json' };

interface Expected { weights: number[]; converged: boolean; cycles: number; final_result: number; final_delta_abs: number; dot: number; evaluations: number; truth_table_sha256: string; winners: { cycle: number; line: number; combo: string; wpn: number; result: number; delta_abs: number; delta_cond: number }[] }
interface Case { name: string; input: { coefficients: number[]; target: number; tolerance: number; max_iter: number; initial_wpn: number; wpn_bounds: (number | string)[] }; exact: Expected; early_stop: Expected }
const cases = vectors.cases as unknown as Case[];

/** C99's spelling of a finite double, as the vectors hash it. */
const view = new DataView(new ArrayBuffer(8));
function hex(x: number): string {
  view.setFloat64(0, x);
  const high = view.getUint32(0);
  const exponent = (high >>> 20) & 2047;
  const sign = high >>> 31 ? '-' : '';
  if (x === 0) return `${sign}0x0.0p+0`;
  const power = exponent === 0 ? -1022 : exponent - 1023;
  return `${sign}0x${exponent === 0 ? 0 : 1}.${(high & 0xfffff).toString(16).padStart(5, '0')}${view.getUint32(4).toString(16).padStart(8, '0')}p${power < 0 ? '' : '+'}${power}`;
}

const optionsOf = ({ input }: Case): CombinationOptions => ({
  tolerance: input.tolerance, maxIter: input.max_iter, initialWpn: input.initial_wpn,
  wpnBounds: input.wpn_bounds.map((bound) => (Number.isFinite(Number(bound)) ? Number(bound) : null)) as [number | null, number | null],
});

/** The text of a truth table. */
async function table(item: Case, options: CombinationOptions): Promise<{ text: string; result: CombinationResult }> {
  let text = '';
  const decoder = new TextDecoder();
  const truthTable = new WritableStream<Uint8Array>({ write: (bytes) => void (text += decoder.decode(bytes)) });
  const result = await combinations(item.input.coefficients, item.input.target, { ...options, truthTable });
  return { text, result };
}

function tools(backend: Backend, pointer: number, memory: number): Tools {
  return { backend, memory, random: createRandom(0), kept: new Map(), room: () => ({ backend, pointer }), pause: () => undefined };
}

/** The semantics once more, as short as it can be said: products, sums from the left, the tie rule. */
function enumeration(c: Float64Array, weights: Float64Array, wpn: number, target: number, within?: number): { line: number; result: number; allLow: boolean; lines: number } {
  const n = c.length;
  let line = 0;
  let [bestD, bestS] = [Infinity, -Infinity];
  let allLow = true;
  for (let k = 1; k < 2 ** n; k++) {
    let s = 0;
    for (let i = 0; i < n; i++) {
      const selected = Math.floor(k / 2 ** (n - 1 - i)) % 2 === 1;
      const w = weights[i] === 0 ? (selected ? 1 : 0) : weights[i]!;
      s += c[i]! * w * (selected ? wpn : 1);
    }
    const d = Math.abs(s - target);
    if (!(s - target < 0)) allLow = false;
    if (line === 0 || d < bestD || (d === bestD && s > bestS)) [line, bestD, bestS] = [k, d, s];
    if (within !== undefined && d <= within) return { line: k, result: s, allLow, lines: k };
  }
  return { line, result: bestS, allLow, lines: 2 ** n - 1 };
}

/** Cycles of every family that has ever broken a subset sum: equal, zero, tiny beside huge, decimal, integer, subnormal; targets hit, missed and out of reach. */
function* cycles(count: number, most: number, seed: number): Generator<Cycle> {
  const random = createRandom(seed);
  const families: (() => number)[] = [
    () => random.normal(),
    () => random.int(7) - 3,
    () => (random.int(2001) - 1000) / 100,
    () => [7, 7, 7, 0.1][random.int(4)]!,
    () => [1e300, -1e300, 1, 0.3, 1e-300, -1e-300][random.int(6)]!,
    () => [1e16, 1, -1, 3, 0.5][random.int(5)]!,
    () => [0, 0, 1.5, -1.5][random.int(4)]!,
    () => (random.int(9) - 4) * 5e-324,
    () => Math.abs(random.normal()) + 1,
    () => [0.1, 0.2, 0.3, 0.7][random.int(4)]!,
  ];
  for (let i = 0; i < count; i++) {
    const n = 1 + random.int(most);
    const family = families[i % families.length]!;
    const coefficients = Float64Array.from({ length: n }, family);
    const weights = Float64Array.from({ length: n }, () => (random.int(3) === 0 ? 0 : [1, 0.5, 2, 0.3, 0.25][random.int(5)]!));
    if (random.int(3) === 0) weights.fill(0);
    const wpn = [1, 0.5, 0.25, 2, 0.3, -1, 1e-9][random.int(7)]!;
    const pairs = terms({ coefficients, weights, wpn, target: 0 });
    let some = 0; // the sum of a random line: a target that is hit, or nearly
    for (let j = 0; j < n; j++) some += pairs[2 * j + random.int(2)]!;
    const target = [some, some, some * (1 + 1e-15), some + 0.005, 0, random.normal() * n, 1e9, -1e9, 1e-320][random.int(9)]!;
    yield { coefficients, weights, wpn, target };
  }
}
const spreads = [0, 0, 1e-12, 0.01, 0.5, 100, 1e290];

it('the literal enumeration is the published one', () => {
  for (const cycle of cycles(600, 8, 1)) {
    for (const within of [undefined, spreads[cycle.coefficients.length % spreads.length]!]) {
      const { line, result, allLow, lines } = literal({ ...cycle, within });
      expect({ line: Number(line), result, allLow, lines: Number(lines) }).toEqual(enumeration(cycle.coefficients, cycle.weights, cycle.wpn, cycle.target, within));
    }
  }
});

it('the highest sum is that of the enumeration, up to any line', () => {
  const random = createRandom(9);
  for (const cycle of cycles(300, 8, 2)) {
    const n = cycle.coefficients.length;
    const until = 1 + random.int(2 ** n - 1);
    let most = -Infinity;
    let partly = -Infinity;
    literal(cycle, (line, _selection, s) => {
      most = Math.max(most, s);
      if (line <= until) partly = Math.max(partly, s);
    });
    const last = Uint8Array.from({ length: n }, (_, i) => (until >>> (n - 1 - i)) & 1);
    expect([highest(terms(cycle)), highest(terms(cycle), last)]).toEqual([most, partly]);
  }
});

describe.each(backends)('on %s', (name) => {
  let backend: Backend;
  let pointer: number;
  beforeAll(async () => {
    backend = await openBackend(name, 1 << 24);
    pointer = backend.array(1900000).byteOffset;
  });

  /** The first difference from the enumeration, as text: an assertion for each of thousands would take minutes. */
  async function differences(count: number, most: number, seed: number, find: (cycle: Cycle, n: number) => Promise<Partial<Winner>> | undefined): Promise<string[]> {
    const wrong: string[] = [];
    let i = 0;
    for (const cycle of cycles(count, most, seed)) {
      const within = i++ % 2 === 0 ? undefined : spreads[i % spreads.length]!;
      const got = await find({ ...cycle, within }, cycle.coefficients.length);
      if (got === undefined) continue;
      const want = enumeration(cycle.coefficients, cycle.weights, cycle.wpn, cycle.target, within);
      const same = Number(got.line) === want.line && Object.is(got.result, want.result) && (got.allLow === undefined || (got.allLow === want.allLow && Number(got.lines) === want.lines));
      if (!same) wrong.push(`case ${i - 1}: c ${Array.from(cycle.coefficients).join()} w ${Array.from(cycle.weights).join()} wpn ${cycle.wpn} t ${cycle.target} within ${within}: line ${got.line} (${got.result}, ${got.allLow}, ${got.lines}), expected ${want.line} (${want.result}, ${want.allLow}, ${want.lines})`);
    }
    return wrong.slice(0, 3);
  }
  const met = (memory: number) => async (cycle: Cycle, n: number): Promise<Partial<Winner>> => {
    const { line, result } = n < 3 ? literal(cycle) : await halves(cycle, terms(cycle), tools(backend, pointer, memory));
    return { line, result };
  };

  it('exact equals the enumeration in 1,500 cycles of up to 16 coefficients', async () => {
    expect(await differences(1300, 10, 11, (cycle) => Promise.resolve(exact.find(cycle, tools(backend, pointer, 1 << 23))))).toEqual([]);
    expect(await differences(200, 16, 12, (cycle) => Promise.resolve(exact.find(cycle, tools(backend, pointer, 1 << 23))))).toEqual([]);
  });
  it('meeting in the middle equals it in 2,000', async () => {
    expect(await differences(1800, 11, 13, met(1 << 23))).toEqual([]);
    expect(await differences(200, 15, 14, met(1 << 23))).toEqual([]);
  });
  it('finds the first line where thousands are within the tolerance, none of them early', async () => {
    const random = createRandom(21);
    const wrong: unknown[] = [];
    for (let i = 0; i < 60; i++) {
      const n = 13 + (i % 4);
      const coefficients = Float64Array.from({ length: n }, () => (i % 3 === 0 ? 1 + random.int(300) / 100 : i % 3 === 1 ? 1 + random.f64() : [1.1, 2.3, 3.7][random.int(3)]!));
      const total = coefficients.reduce((s, c) => s + c, 0);
      const cycle = { coefficients, weights: new Float64Array(n), wpn: 1, target: Math.round(total * 70) / 100, within: i % 2 === 0 ? 0.1 * total : 0.5 };
      const want = enumeration(coefficients, cycle.weights, 1, cycle.target, cycle.within);
      const { line, result } = await halves(cycle, terms(cycle), tools(backend, pointer, i % 5 === 0 ? 1 : 1 << 23));
      if (Number(line) !== want.line || result !== want.result) wrong.push([i, line, want]);
    }
    expect(wrong).toEqual([]);
  });
  it('and in 1,000 with next to no memory: outer blocks', async () => {
    expect(await differences(900, 11, 15, met(1))).toEqual([]);
    expect(await differences(100, 15, 16, met(112000))).toEqual([]);
  });
});

describe('many coefficients', () => {
  const name = backends[0]!;
  let backend: Backend;
  let pointer: number;
  beforeAll(async () => {
    backend = await openBackend(name, 1 << 24);
    pointer = backend.array(1900000).byteOffset;
  });
  const makes: { [family: string]: (i: number) => number } = {
    normal: (i) => createRandom(i + 1).normal() * 50,
    decimal: (i) => (createRandom(i + 1).int(2001) - 900) / 100,
    equal: (i) => (i % 3 === 0 ? 7.3 : 2.1),
    'tiny then huge': (i) => (i < 16 ? createRandom(i + 1).f64() : 1e17),
    'huge then tiny': (i) => (i > 3 ? createRandom(i + 1).f64() : 1e17),
  };
  it.each(Object.keys(makes))('every line and meeting in the middle agree from 18 to 22: %s', async (family) => {
    for (const n of [18, 19, 20, 21, 22]) {
      const coefficients = Float64Array.from({ length: n }, (_, i) => makes[family]!(i));
      const weights = Float64Array.from({ length: n }, (_, i) => [0, 0, 0.5, 0.125][(i * n) % 4]!);
      for (const target of [coefficients.reduce((s, c) => s + c * 0.37, 0), 2e17, 12.34]) {
        for (const within of [undefined, 1e-4, 1e-15]) {
          const cycle = { coefficients, weights, wpn: 0.5, target, within };
          const lent = (memory: number): Tools => tools(backend, pointer, memory);
          const want = await brute.find(cycle, lent(1 << 23));
          expect(await exact.find(cycle, lent(1 << 23))).toEqual(want);
          const blocks: Found = await halves(cycle, terms(cycle), lent(130000));
          expect(blocks).toEqual({ line: want.line, d: want.d, result: want.result });
        }
      }
    }
  });
  it('every line goes by pieces beyond 24', async () => {
    const n = name === 'simd' ? 26 : 25;
    const coefficients = Float64Array.from({ length: n }, (_, i) => makes['normal']!(i));
    const cycle = { coefficients, weights: new Float64Array(n), wpn: 1, target: 300 };
    const { line, d, result } = await enumerate(cycle, terms(cycle), n, tools(backend, pointer, 1));
    expect(await halves(cycle, terms(cycle), tools(backend, pointer, 1 << 23))).toEqual({ line, d, result });
  }, 60_000);
});

describe.each(cases.map((item) => [item.name, item] as const))('vector %s', (_name, item) => {
  it.each(['exact', 'early_stop'] as const)('%s', async (kind) => {
    const want = item[kind];
    const { text, result } = await table(item, { ...optionsOf(item), earlyStopping: kind === 'early_stop' });
    expect(result.winners).toEqual(want.winners.map((w) => ({ cycle: w.cycle, line: String(w.line), combo: w.combo, wpn: w.wpn, result: w.result, deltaAbs: w.delta_abs, deltaCond: w.delta_cond })));
    expect(result).toMatchObject({ weights: want.weights, converged: want.converged, stop: want.converged ? 'target' : 'budget', cycles: want.cycles, result: want.final_result, delta: want.final_delta_abs, evaluations: want.evaluations });
    expect(item.input.coefficients.reduce((s, c, i) => s + c * result.weights[i]!, 0)).toBe(want.dot);
    const lines = text.trimEnd().split('\n').slice(1).map((row) => {
      const [cycle, line, , , wpn, sum, abs, cond, winner] = row.split(',') as [string, string, string, string, string, string, string, string, string];
      return `${cycle},${line},${[wpn, sum, abs, cond].map((v) => hex(Number(v))).join()},${winner}\n`;
    });
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(lines.join('')));
    expect(Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')).toBe(want.truth_table_sha256);
  });
});
