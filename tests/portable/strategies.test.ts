/** Strategies that do not try every line: the published draws and filter against their vectors, and what must hold of every winner against enumerations made here. */
import { beforeAll, describe, expect, it } from 'vitest';
import { combinations, createRandom, openBackend } from '../../src/index.ts';
import type { Backend, CombinationOptions, CombinationResult, NadirError } from '../../src/index.ts';
import { highest, literal, sumOf, terms, type Cycle, type Winner } from '../../src/problems/combination.ts';
import { adaptive } from '../../src/problems/combination/adaptive.ts';
import { auto, choice, estimate } from '../../src/problems/combination/auto.ts';
import { exact } from '../../src/problems/combination/exact.ts';
import { filtered, keptPlaces } from '../../src/problems/combination/filter.ts';
import { greedily, greedy } from '../../src/problems/combination/greedy.ts';
import { grouped, subsets } from '../../src/problems/combination/grouped.ts';
import { bySize } from '../../src/problems/combination/ledger.ts';
import { sampling, samplingOptions, tilted, type SamplingOptions } from '../../src/problems/combination/sampling.ts';
import type { StrategyDef, Tools } from '../../src/problems/combination/strategy.ts';
import { twister } from '../../src/problems/combination/twister.ts';
import { backends } from '../cases/backends.ts';
import vectors from '../vectors/combinations.json' with { type: 'json' };

interface Sampled {
  name: string; coefficients: number[]; target: number; weights: number[]; evaluations: number; truth_table_sha256: string; first_combos: string[];
  options: { tolerance?: number; max_iter?: number; sampling_strategy?: SamplingOptions['kind']; sample_size?: number; sampling_threshold?: number; early_stopping?: boolean; index_filtering?: boolean };
  winners: { cycle: number; line: number; combo: string; wpn: number; result: number; delta_abs: number }[];
}
const items = vectors.sampled_and_filtered as unknown as Sampled[];
const NAMES = ['sampling', 'grouped', 'greedy', 'adaptive', 'auto'] as const;
const defs: { readonly [name: string]: StrategyDef } = { sampling, grouped, greedy, adaptive, auto };

let backend: Backend;
let pointer: number;
beforeAll(async () => {
  backend = await openBackend(backends[0]!, 1 << 24);
  pointer = backend.array(1900000).byteOffset;
});
const tools = (seed = 0, options: SamplingOptions = {}): Tools => ({ backend, memory: 1 << 23, random: createRandom(seed), kept: new Map(), sampling: samplingOptions(options), room: () => ({ backend, pointer }), pause: () => undefined });
const find = async (def: StrategyDef, cycle: Cycle, lent = tools()): Promise<Winner> => def.find(cycle, lent);

/** Random cycles; integers as coefficients make every sum exact. */
function cycleOf(n: number, seed: number, family: 'integer' | 'positive' | 'mixed' | 'equal' | 'wild' = 'mixed'): Cycle {
  const random = createRandom(seed);
  const make = { integer: () => random.int(20001) - 8000, positive: () => 1 + 99 * random.f64(), mixed: () => 50 * random.normal(), equal: () => [7, 7, 0, 0.1][random.int(4)]!, wild: () => [1e300, -1e300, 1, 0.3, 5e-324, 1e16][random.int(6)]! }[family];
  const coefficients = Float64Array.from({ length: n }, make);
  const weights = Float64Array.from({ length: n }, () => [0, 0, 0.5, 2][random.int(4)]!);
  const pairs = terms({ coefficients, weights, wpn: 0.5, target: 0 });
  let target = 0; // the sum of a random line, and a little
  for (let i = 0; i < n; i++) target += pairs[2 * i + random.int(2)]!;
  return { coefficients, weights, wpn: 0.5, target: target + (family === 'integer' ? 0.25 : 0.01 * random.normal()) };
}

describe('MT19937', () => {
  it('has the outputs of the reference code: seed 5489 is the default of C++, its 10,000th word is in the standard', () => {
    const { u32 } = twister(5489);
    expect([u32(), u32(), u32()]).toEqual([3499211612, 581869302, 3890346734]);
    for (let i = 3; i < 9999; i++) u32();
    expect(u32()).toBe(4123659995);
  });
  it('draws what numpy.random.RandomState(42) draws: random_sample and randint(0, 13)', () => {
    const { f64 } = twister(42);
    expect([f64(), f64(), f64(), f64(), f64()]).toEqual([0.3745401188473625, 0.9507143064099162, 0.7319939418114051, 0.5986584841970366, 0.15601864044243652]);
    const { int } = twister(42);
    expect(Array.from({ length: 12 }, () => int(13))).toEqual([6, 3, 12, 10, 7, 12, 4, 6, 9, 2, 6, 10]);
    expect(int(1)).toBe(0);
  });
});

/** C99's spelling of a finite double, as the vectors hash it. */
const view = new DataView(new ArrayBuffer(8));
function hex(x: number): string {
  view.setFloat64(0, x);
  const high = view.getUint32(0);
  const exponent = (high >>> 20) & 2047;
  const power = exponent === 0 ? -1022 : exponent - 1023;
  return `${high >>> 31 ? '-' : ''}0x${x === 0 ? '0.0p+0' : `${exponent === 0 ? 0 : 1}.${(high & 0xfffff).toString(16).padStart(5, '0')}${view.getUint32(4).toString(16).padStart(8, '0')}p${power < 0 ? '' : '+'}${power}`}`;
}
async function traced(c: readonly number[], target: number, options: CombinationOptions): Promise<{ result: CombinationResult; rows: string[][] }> {
  let text = '';
  const decoder = new TextDecoder();
  const truthTable = new WritableStream<Uint8Array>({ write: (bytes) => void (text += decoder.decode(bytes)) });
  const result = await combinations(c, target, { ...options, truthTable });
  return { result, rows: text.trimEnd().split('\n').slice(1).map((row) => row.split(',')) };
}

describe.each(items.map((item) => [item.name, item] as const))('published %s', (_name, { coefficients, target, options, ...want }) => {
  it('is reproduced: draws, winners, weights, every number of the truth table', async () => {
    const { result, rows } = await traced(coefficients, target, {
      strategy: 'sampling', earlyStopping: options.early_stopping ?? true, tolerance: options.tolerance ?? 0, maxIter: options.max_iter ?? 32, indexFiltering: options.index_filtering ?? false,
      sampling: { faithful: true, kind: options.sampling_strategy ?? 'importance', size: options.sample_size, threshold: options.sampling_threshold },
    });
    // Filtered, the original numbers parameters in sorted order; ours are in the given one.
    const place = coefficients.map((_, i) => i);
    if (options.index_filtering) place.sort((i, j) => coefficients[i]! - coefficients[j]! || i - j);
    const sorted = (combo: string): string => place.map((i) => combo[i]).join('');
    expect(result.winners.map((w) => ({ cycle: w.cycle, line: Number(w.line), combo: sorted(w.combo), wpn: w.wpn, result: w.result, delta_abs: w.deltaAbs }))).toEqual(want.winners);
    expect(place.map((i) => result.weights[i])).toEqual(want.weights);
    expect(result.evaluations).toBe(want.evaluations);
    expect(rows.slice(0, want.first_combos.length).map((row) => sorted(row[2]!))).toEqual(want.first_combos);
    const lines = rows.map(([cycle, line, , , wpn, sum, abs, cond, winner]) => `${cycle},${line},${[wpn, sum, abs, cond].map((v) => hex(Number(v))).join()},${winner}\n`);
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(lines.join('')));
    expect(Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')).toBe(want.truth_table_sha256);
  });
});

describe('index filtering', () => {
  it('keeps the published places, all 39', () => {
    for (const { tq, target, result, indices } of vectors.filter_indices) expect([tq, result, keptPlaces(tq, target, result)]).toEqual([tq, result, indices.filter((i) => i < tq)]); // for n = 1 theirs goes one beyond the end
    expect(vectors.filter_indices.length).toBe(39);
  });
  it('always keeps some, in order, for any number of coefficients and any result', () => {
    for (let n = 1; n <= 70; n++) {
      for (const result of [0, 1, 5, 9, 10, 10.001, 11, 25, -4, Infinity, NaN]) {
        const places = keptPlaces(n, 10, result);
        expect(places.length > 0 && places.every((x, i) => x >= 0 && x < n && (i === 0 || x > places[i - 1]!)), `${n} ${result}: ${places.join()}`).toBe(true);
      }
    }
  });
  it('finds the literal winner of the kept lines, ties and early stops included', async () => {
    for (let k = 0; k < 120; k++) {
      const n = 1 + (k % 11);
      const cycle = { ...cycleOf(n, k, (['integer', 'mixed', 'equal', 'positive'] as const)[k % 4]), within: [undefined, 0.5, 40][k % 3] };
      const lent = tools();
      const before = k % 5 === 0 ? 0 : cycle.target * (1 - (k % 7) / 8);
      lent.kept.set('filter', before);
      const got = await find(filtered(exact), cycle, lent);
      const { coefficients: c, target, within } = cycle;
      const order = Array.from(c.keys()).sort((i, j) => c[i]! - c[j]! || i - j);
      const kept = keptPlaces(n, target, before).map((p) => order[p]!);
      let best = { line: 0, d: Infinity, s: -Infinity };
      let low = true;
      let line = 1;
      for (; line < 1 << kept.length; line++) {
        let s = 0;
        for (let i = 0; i < n; i++) {
          const at = kept.indexOf(i);
          const on = at >= 0 && ((line >>> (kept.length - 1 - at)) & 1) === 1;
          const w = cycle.weights[i]!;
          s += c[i]! * (w !== 0 ? w : on ? 1 : 0) * (on ? 0.5 : 1);
        }
        const d = Math.abs(s - target);
        if (!(s - target < 0)) low = false;
        if (d < best.d || (d === best.d && s > best.s)) best = { line, d, s };
        if (within !== undefined && d <= within) {
          best = { line, d, s };
          break;
        }
      }
      expect([Number(got.line), got.d, got.result, got.allLow, Number(got.lines), sumOf(terms(cycle), got.selection)]).toEqual([best.line, best.d, best.s, low, Math.min(line, (1 << kept.length) - 1), best.s]);
      expect([...got.tried!].at(Number(got.line) - 1)).toEqual(got.selection);
    }
  });
  it('goes around any strategy: what is left out stays as it was', async () => {
    for (const name of [...NAMES, 'exact']) {
      const seen: number[] = [];
      const c = Array.from(cycleOf(60, 3, 'positive').coefficients);
      const order = c.map((_, i) => i).sort((i, j) => c[i]! - c[j]!);
      const { weights, winners } = await combinations(c, 900, { strategy: name, indexFiltering: true, maxIter: 3, onCycle: ({ combo }) => void seen.push(combo.lastIndexOf('1')) });
      let before = 0;
      for (const { combo, result } of winners) {
        const kept = keptPlaces(60, 900, before).map((p) => order[p]!);
        expect(Array.from(combo).every((bit, i) => bit === '0' || kept.includes(i))).toBe(true);
        before = result;
      }
      expect(weights.length === 60 && seen.length === winners.length).toBe(true);
    }
  }, 60_000);
});

describe.each(NAMES)('%s', (name) => {
  const def = defs[name]!;
  it('finds real lines with their literal sums, never nearer than exact, and knows whether all are low', async () => {
    let count = 0;
    for (const family of ['integer', 'positive', 'mixed', 'equal', 'wild'] as const) {
      for (let k = 0; k < 30; k++) {
        const n = 1 + ((k * 7) % 15);
        const cycle = { ...cycleOf(n, k + 100, family), ...(k % 6 === 0 ? { target: -1e9 } : k % 6 === 1 ? { target: 1e12 } : {}) };
        const got = await find(def, cycle, tools(k, { threshold: 0 }));
        const best = literal(cycle);
        const s = sumOf(terms(cycle), got.selection);
        const at = `${family} ${k}`;
        expect(got.selection.length === n && got.selection.includes(1) && got.selection.every((bit) => bit <= 1), at).toBe(true);
        expect([at, got.result, got.cond, got.d, got.allLow]).toEqual([at, s, s - cycle.target, Math.abs(s - cycle.target), best.allLow]);
        expect(got.d >= best.d || Number.isNaN(best.d), at).toBe(true);
        expect(got.line >= 1n && got.line <= got.lines, at).toBe(true);
        if (got.tried) expect([...got.tried].at(Number(got.line) - 1)).toEqual(got.selection);
        if (got.tried) expect([...got.tried].length).toBe(Number(got.lines));
        count++;
      }
    }
    expect(count).toBe(150);
  });
  it('stops early at a line within reach', async () => {
    for (let k = 0; k < 20; k++) {
      const cycle = { ...cycleOf(18, k, 'positive'), within: 30 };
      const got = await find(def, cycle, tools(k));
      expect(got.d).toBeLessThanOrEqual(30);
      expect(got.line).toBe(got.lines);
    }
  });
  it('survives sums that overflow, and one coefficient', async () => {
    const big = { coefficients: Float64Array.of(1e308, 1e308, 1e308, -1e308, 1, ...new Float64Array(13).fill(9e307)), weights: new Float64Array(18), wpn: 4, target: 1 };
    expect((await find(def, big, tools(0, { size: 500 }))).selection).toContain(1);
    expect(await find(def, { coefficients: Float64Array.of(3), weights: Float64Array.of(0), wpn: 1, target: 100 }, tools(0, { threshold: 0 }))).toMatchObject({ result: 3, allLow: true });
  });
  it('gives the same result by seed on every backend, cycle after cycle', async () => {
    const c = Array.from(cycleOf(21, 5, 'positive').coefficients);
    const [first, ...others] = await Promise.all([...backends, backends[0]!].map((on) => combinations(c, 433.3, { strategy: name, seed: 3, maxIter: 3, backend: on, sampling: { size: 600 } })));
    expect(first!.winners.length).toBeGreaterThan(0);
    for (const other of others) expect(other).toEqual(first);
    expect(first!.strategy).toBe(name);
    const dot = c.reduce((s, x, i) => s + x * first!.weights[i]!, 0);
    expect(dot).toBe(first!.result);
  });
});

describe('sampling', () => {
  const lines = async (options: SamplingOptions, n: number, seed = 1, lent = tools(seed, options)): Promise<string[]> => [...(await find(sampling, cycleOf(n, 9, 'positive'), lent)).tried!].map((s) => s.join(''));
  it.each(['importance', 'random', 'progressive', 'winners'] as const)('%s draws no line twice, by seed, afresh in every cycle', async (kind) => {
    const options = { kind, size: 700 };
    const one = await lines(options, 16);
    expect(new Set(one).size).toBe(700);
    expect(one.includes('0'.repeat(16))).toBe(false);
    expect(await lines(options, 16)).toEqual(one);
    expect(await lines(options, 16, 2)).not.toEqual(one);
    const lent = tools(1, options);
    const first = await lines(options, 16, 1, lent);
    expect(await lines(options, 16, 1, lent)).not.toEqual(first);
    const most = await lines({ kind, size: 8190 }, 13); // all but one
    expect([most.length, new Set(most).size]).toEqual([8190, 8190]);
  });
  it('takes min(10,000, 2^(n - 5)) draws; up to the threshold, and where all would be drawn, it is exact', async () => {
    expect((await lines({}, 13)).length).toBe(256);
    expect((await lines({}, 17)).length).toBe(4096);
    expect((await lines({}, 20)).length).toBe(10000);
    for (const [n, options] of [[12, {}], [14, { threshold: 14 }], [14, { size: 16383 }], [13, { size: 1e6 }]] as const) {
      const cycle = cycleOf(n, 4);
      expect(await find(sampling, cycle, tools(0, options))).toEqual(await find(exact, cycle));
    }
  });
  it('of k lines drawn at random the best has about rank N / k: never 20 times that, with odds e^-20', async () => {
    for (let k = 0; k < 10; k++) {
      const cycle = cycleOf(16, k, 'positive');
      const got = await find(sampling, cycle, tools(k, { kind: 'random', size: 1000 }));
      let nearer = 0;
      literal(cycle, (_line, _selection, _s, cond) => void (nearer += Math.abs(cond) < got.d ? 1 : 0));
      expect(nearer).toBeLessThan((20 * 65535) / 1000);
    }
  });
  it('tilts its odds until the expected sum is the target', () => {
    for (let k = 0; k < 20; k++) {
      const cycle = cycleOf(15, k, k % 2 ? 'positive' : 'mixed');
      const pairs = terms(cycle);
      const p = tilted(pairs, cycle.target, { cycle: 1, selected: new Float64Array(15) });
      const mean = p.reduce((s, x, i) => s + (1 - x) * pairs[2 * i]! + x * pairs[2 * i + 1]!, 0);
      const edge = p.every((x) => x <= 0.021 || x >= 0.979); // out of reach
      expect(edge || Math.abs(mean - cycle.target) < 1e-6 * Math.abs(cycle.target) + 1e-3, `${k}: ${mean}, ${cycle.target}`).toBe(true);
    }
  });
});

describe('grouped', () => {
  it('knows all subset sums of a group', () => {
    const xs = [3, -1, 4.5, 0, -7, 3];
    const { sums, masks } = subsets(xs);
    expect(new Set(masks).size).toBe(64);
    masks.forEach((mask, k) => expect(xs.reduce((s, x, i) => s + ((mask >> i) & 1 ? x : 0), 0)).toBe(sums[k]));
    expect(Array.from(sums)).toEqual(Array.from(sums).sort((a, b) => a - b));
  });
  it('is exact where one group covers everything, and as near as exact where two do', async () => {
    for (let k = 0; k < 30; k++) {
      const few = cycleOf(1 + (k % 12), k);
      expect(await find(grouped, few)).toEqual(await find(exact, few));
      const two = cycleOf(13 + (k % 7), k, 'integer');
      expect((await find(grouped, two)).d).toBe((await find(exact, two)).d);
    }
  });
  it('never loses to its start, and is within a millionth of the sum at 36', async () => {
    for (let k = 0; k < 10; k++) {
      const cycle = cycleOf(26 + (k % 5), k, 'positive');
      const got = await find(grouped, cycle);
      const start = [...got.tried!][0]!;
      expect(got.d).toBeLessThanOrEqual(Math.abs(sumOf(terms(cycle), start) - cycle.target));
      const large = cycleOf(36, k, 'positive');
      expect((await find(grouped, large)).d).toBeLessThan(1e-6 * large.coefficients.reduce((s, x) => s + x, 0)); // 2^24 sums in a sweep
    }
  });
});

describe('greedy', () => {
  it('ends where no flip of one or two is nearer, and no farther than any start', async () => {
    for (let k = 0; k < 30; k++) {
      const n = 2 + ((k * 5) % 40);
      const cycle = cycleOf(n, k, (['integer', 'mixed', 'positive'] as const)[k % 3]);
      const pairs = terms(cycle);
      const got = await find(greedy, cycle);
      const slack = 1e-12 * pairs.reduce((s, x) => s + Math.abs(x), 0); // of rounding: moves are chosen by differences
      const near = (selection: Uint8Array): number => (selection.includes(1) ? Math.abs(sumOf(pairs, selection) - cycle.target) : Infinity);
      const flip = got.selection.slice();
      for (let i = 0; i < n; i++) {
        flip[i] = 1 - flip[i]!;
        expect(near(flip)).toBeGreaterThanOrEqual(got.d - slack);
        for (let j = i + 1; j < n; j++) {
          flip[j] = 1 - flip[j]!;
          if (near(flip) < got.d - slack) expect.unreachable(`case ${k}: flipping ${i} and ${j} is nearer`);
          flip[j] = 1 - flip[j]!;
        }
        flip[i] = 1 - flip[i]!;
      }
      for (let first = 0; first < n; first++) expect(got.d).toBeLessThanOrEqual(near(greedily(pairs, cycle.target, bySize(pairs), first)));
    }
  });
  it('takes thousands of coefficients, and so does auto', async () => {
    const cycle = cycleOf(3000, 1, 'positive');
    const total = cycle.coefficients.reduce((s, x) => s + x, 0);
    const got = await find(greedy, cycle);
    expect(got.d).toBeLessThan(1e-8 * total); // among 4.5 million pairs
    expect(sumOf(terms(cycle), got.selection)).toBe(got.result);
    expect((await find(auto, cycle)).why).toMatch(/^greedy: /);
  });
});

describe('the gap to exact', () => {
  // Measured medians at n = 16 and 20: greedy 2e-5 and 3e-6, sampling 5e-5 and 1e-5 of the sum of sizes; the bounds are for the worst of 20.
  it.each([[16, 1e-3], [20, 3e-4]])('of n = %i is below %f of the sum in one cycle, and none for groups', async (n, bound) => {
    for (let k = 0; k < 20; k++) {
      const random = createRandom(1000 * n + k);
      const coefficients = Float64Array.from({ length: n }, () => 1 + 99 * random.f64());
      const total = coefficients.reduce((s, x) => s + x, 0);
      const cycle = { coefficients, weights: new Float64Array(n), wpn: 1, target: (0.1 + 0.8 * random.f64()) * total };
      const least = (await find(exact, cycle)).d;
      expect((await find(grouped, cycle)).d - least).toBeLessThan(1e-13 * total);
      for (const def of [greedy, sampling]) expect((await find(def, cycle, tools(k))).d - least, def.name).toBeLessThan(bound * total);
    }
  });
});

describe('auto and adaptive', () => {
  it('auto is exact where that is quick and fits, and says so', async () => {
    const c = Array.from(cycleOf(24, 8).coefficients);
    const picked = await combinations(c, 77, { strategy: 'auto', maxIter: 2 });
    const { winners, weights } = await combinations(c, 77, { maxIter: 2 });
    expect({ winners: picked.winners, weights: picked.weights }).toEqual({ winners, weights });
    expect(picked.why).toBe('exact: 24 coefficients take about 0.08 ms a cycle');
    expect(choice(58, 1 << 30)).toMatchObject({ def: adaptive, why: expect.stringMatching(/^adaptive: exact would take about \d+ s a cycle for 58 coefficients$/) });
    expect(choice(60, 1 << 20).why).toMatch(/^adaptive: exact takes up to \d+ coefficients in 1048576 bytes, these are 60$/);
    expect(choice(300, 1 << 30).def).toBe(greedy);
    for (let n = 2; n < 80; n++) expect(estimate(n, 1 << 30)).toBeGreaterThanOrEqual(estimate(n - 1, 1 << 30));
  });
  it('adaptive is the nearer of sampling and grouped, and counts who won', async () => {
    for (let k = 0; k < 12; k++) {
      const cycle = cycleOf(13 + 3 * k, k, 'positive');
      const got = await find(adaptive, cycle, tools(k));
      const both = [await find(sampling, cycle, tools(k)), await find(grouped, cycle, tools(k))];
      expect(got.d).toBe(Math.min(both[0]!.d, both[1]!.d));
      expect(got.why).toMatch(/^sampling won [01] of 1 cycles, grouped [01]$/);
    }
  });
  it('the highest of all lines is that of the enumeration', () => {
    for (let k = 0; k < 100; k++) {
      const pairs = terms(cycleOf(1 + (k % 9), k, (['mixed', 'equal', 'wild'] as const)[k % 3]));
      let most = -Infinity;
      const n = pairs.length / 2;
      for (let line = 1; line < 1 << n; line++) most = Math.max(most, sumOf(pairs, Uint8Array.from({ length: n }, (_, i) => (line >>> i) & 1)));
      expect(highest(pairs)).toBe(most);
    }
  });
});

describe('bad input', () => {
  const cases: [CombinationOptions, string][] = [
    [{ strategy: 'greddy' }, 'unknown strategy "greddy"; did you mean greedy?'],
    [{ sampling: { kind: 'importence' as 'importance' } }, 'unknown sampling kind "importence"; did you mean importance? have importance, random, progressive, winners'],
    [{ sampling: { size: 0 } }, 'size of sampling is 0; allowed: an integer from 1 to 16777216'],
    [{ sampling: { size: 1.5 } }, 'size of sampling is 1.5; allowed: an integer from 1'],
    [{ sampling: { threshold: -1 } }, 'threshold of sampling is -1; allowed: an integer from 0 to 30'],
    [{ sampling: { faithful: 1 as unknown as boolean } }, 'faithful of sampling is 1; allowed: true or false'],
    [{ sampling: { treshold: 3 } as SamplingOptions }, 'unknown option "treshold" of sampling; did you mean threshold?'],
    [{ sampling: { faithful: true, kind: 'winners' } }, 'kind of sampling is "winners"; allowed where faithful: importance, random, progressive'],
    [{ sampling: 7 as SamplingOptions }, 'sampling is 7; allowed: an object'],
    [{ indexFiltering: 'yes' as unknown as boolean }, 'indexFiltering is "yes"; allowed: true or false'],
  ];
  it.each(cases)('%o', async (options, message) => {
    const error = await combinations([1, 2], 1, options).catch((e: unknown) => e as NadirError);
    expect((error as NadirError).name).toBe('NadirError');
    expect((error as NadirError).message.startsWith(message), (error as NadirError).message).toBe(true);
  });
});
