/** The convergent mode against searches written here: it must converge wherever one of them finds weights of its form. */
import { describe, expect, it } from 'vitest';
import { combinations, createRandom } from '../../src/index.ts';
import type { CombinationOptions, CombinationResult } from '../../src/index.ts';

interface Instance { readonly c: number[]; readonly target: number; readonly tolerance: number }

/** Coefficients 1 to 100, a target within their sum; with mixed signs half of it to either side. */
function instance(n: number, mixed: boolean, seed: number): Instance {
  const random = createRandom(seed).fork(`${n} ${mixed}`);
  const c = Array.from({ length: n }, () => (1 + 99 * random.f64()) * (mixed && random.int(2) === 1 ? -1 : 1));
  const sum = c.reduce((s, x) => s + Math.abs(x), 0);
  return { c, target: mixed ? (random.f64() - 0.5) * sum : random.f64() * sum, tolerance: 0.001 * sum };
}
const dot = (c: readonly number[], w: readonly number[]): number => c.reduce((s, x, i) => s + x * w[i]!, 0);

/** 0 and both signs of the powers of two from 2^-below to 2^above. */
const powers = (below: number, above: number): number[] => [0, ...Array.from({ length: below + above + 1 }, (_, i) => 2 ** (i - below)).flatMap((f) => [f, -f])];

/** Every vector of the values: whether one is within the tolerance. */
function everyVector({ c, target, tolerance }: Instance, values: readonly number[], i = 0, s = 0): boolean {
  if (i === c.length) return Math.abs(s - target) <= tolerance;
  return values.some((w) => everyVector({ c, target, tolerance }, values, i + 1, s + c[i]! * w));
}

/** Random starts, and the best change of one or two weights as long as there is one. */
function climbs({ c, target, tolerance }: Instance, seed: number): boolean {
  const random = createRandom(seed);
  const values = powers(4, 2);
  for (let start = 0; start < 20; start++) {
    const w = c.map(() => values[random.int(values.length)]!);
    for (let least = Infinity; ; ) {
      const s = dot(c, w);
      if (Math.abs(s - target) <= tolerance) return true;
      let change: [number, number, number, number] | undefined;
      const before = least;
      for (let i = 0; i < c.length; i++) for (let j = 0; j < i; j++) for (const a of values) for (const b of values) {
        const d = Math.abs(s + c[i]! * (a - w[i]!) + c[j]! * (b - w[j]!) - target);
        if (d < least) [least, change] = [d, [i, a, j, b]];
      }
      if (change === undefined || least >= before) break;
      [w[change[0]], w[change[2]]] = [change[1], change[3]];
    }
  }
  return false;
}

/** What must hold of any answer: the form of the weights, the published commit replayed, literal sums. */
function consistent({ c, target }: Pick<Instance, 'c' | 'target'>, { weights, winners, converged, result, delta, stop }: CombinationResult, wpn = 1): void {
  for (const w of weights) expect(w === 0 || Math.log2(Math.abs(w / wpn)) % 1 === 0).toBe(true);
  const replayed = c.map(() => 0);
  for (const { combo, wpn: factor, result: shown, deltaAbs } of winners) {
    for (let i = 0; i < c.length; i++) if (combo[i] === '1') replayed[i] = (replayed[i] || 1) * factor;
    expect([shown, deltaAbs]).toEqual([dot(c, replayed), Math.abs(dot(c, replayed) - target)]);
  }
  expect(weights).toEqual(replayed);
  expect([result, delta, converged]).toEqual([dot(c, weights), Math.abs(dot(c, weights) - target), stop === 'target']);
}

const run = ({ c, target, tolerance }: Instance, more: CombinationOptions = {}): Promise<CombinationResult> => combinations(c, target, { tolerance, maxIter: 50, mode: 'convergent', ...more });

describe('converges wherever', () => {
  it.each([[1, 12, 12], [2, 12, 12], [3, 6, 6], [4, 3, 2]] as const)('an enumeration of all vectors of %i weights does', async (n, below, above) => {
    const missed: Instance[] = [];
    let found = 0;
    for (let seed = 0; seed < 80; seed++) {
      const given = instance(n, seed % 2 === 1, seed);
      const result = await run(given);
      consistent(given, result);
      if (!everyVector(given, powers(below, above))) continue;
      found++;
      if (!result.converged) missed.push(given);
    }
    expect(missed).toEqual([]);
    expect(found).toBeGreaterThan([0, 0, 8, 60, 76][n]!);
  });
  it('climbing from random starts does, from 5 to 20', async () => {
    const missed: Instance[] = [];
    let found = 0;
    for (let n = 5; n <= 20; n++) {
      for (let seed = 0; seed < 12; seed++) {
        const given = instance(n, seed % 2 === 1, seed);
        const result = await run(given);
        consistent(given, result);
        if (!climbs(given, seed)) continue;
        found++;
        if (!result.converged) missed.push(given);
      }
    }
    expect(missed).toEqual([]);
    expect(found).toBeGreaterThan(180);
  });
  it('there are few steps: each set of one or two factors, from 3 to 6', async () => {
    const missed: unknown[] = [];
    for (let seed = 0; seed < 24; seed++) {
      const { c, target, tolerance } = instance(3 + (seed % 4), seed % 3 === 0, seed);
      const given = { c, target, tolerance: 10 * tolerance };
      const values = powers(5, 3);
      for (const [maxIter, sets] of [[1, values.map((f) => [0, f])], [2, values.flatMap((f) => values.map((g) => [0, f, g]))]] as const) {
        const result = await run(given, { maxIter });
        consistent(given, result);
        expect(result.cycles).toBeLessThanOrEqual(maxIter);
        if (!result.converged && sets.some((set) => everyVector(given, set))) missed.push([given, maxIter]);
      }
    }
    expect(missed).toEqual([]);
  });
});

describe('the failures of the published walk', () => {
  const free: CombinationOptions = { mode: 'convergent' };
  it('may select nothing', async () => {
    const result = await combinations([3, 5], 0.05, { ...free, tolerance: 0.1 });
    expect(result).toMatchObject({ weights: [0, 0], converged: true, cycles: 1, result: 0, winners: [{ line: '0', combo: '00' }] });
    expect((await combinations([3, 5], 0.05, { tolerance: 0.1, maxIter: 1 })).converged).toBe(false);
  });
  it('goes up again, and meets targets below and beyond all sums', async () => {
    // 3 * 32 + 5 * 128, 3 * 32 - 5
    for (const target of [736, -736, 91, -91]) {
      const given = { c: [3, 5], target };
      const result = await combinations(given.c, target, free);
      consistent(given, result);
      expect(result.converged).toBe(true);
    }
  });
  it('answers the mirror image with the mirror image', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const given = instance(5, true, seed);
      const mirror = await run({ ...given, target: -given.target });
      expect([mirror.converged, Math.abs(mirror.delta) <= given.tolerance]).toEqual([true, true]);
    }
  });
  it('says that no nearer weights are known, and returns the nearest', async () => {
    const given = { c: [7], target: 10 };
    const result = await combinations(given.c, given.target, free);
    consistent(given, result);
    expect(result).toMatchObject({ stop: 'stagnation', weights: [1], delta: 3, best: { weights: [1], delta: 3 } }); // 14 is 4 away
  });
});

it('keeps to the bounds, of which the first step factor is free', async () => {
  for (let seed = 0; seed < 30; seed++) {
    const { c, target, tolerance } = instance(4, true, seed);
    const [lower, upper] = [[0, null], [0.25, 2], [-1, 1], [3, 100]][seed % 4] as [number, number | null];
    const initialWpn = [1, -0.3, 5][seed % 3]!;
    const result = await run({ c, target, tolerance }, { wpnBounds: [lower, upper], initialWpn });
    consistent({ c, target }, result, initialWpn);
    for (const w of result.weights) expect(w === 0 || w === initialWpn || (w >= lower && w <= (upper ?? Infinity))).toBe(true);
    const values = [0, ...powers(8, 8).slice(1).map((f) => f * initialWpn).filter((w) => w >= lower && w <= (upper ?? Infinity)), initialWpn];
    if (values.length < 20 && everyVector({ c, target, tolerance }, values)) expect(result.converged).toBe(true);
  }
});

it('is exact where decimals are not, and survives the ends of the range', async () => {
  expect(await combinations([0.1, 0.2, 0.3], 0.6, { mode: 'convergent' })).toMatchObject({ converged: true, delta: 0 });
  expect(await combinations([15, 47, -12], 28, { mode: 'convergent' })).toMatchObject({ converged: true, delta: 0 });
  expect(await combinations([1, 1], 1 + 2 ** -40, { mode: 'convergent' })).toMatchObject({ converged: true, delta: 0 });
  expect(await combinations([1e300, 1e300, 1e-300], 1e-300, { mode: 'convergent' })).toMatchObject({ converged: true, weights: [0, 0, 1] });
  expect(await combinations([1e308, 1e308], 1, { mode: 'convergent', initialWpn: 1e10 })).toMatchObject({ stop: 'stagnation', delta: 1 });
});

it('takes many coefficients', async () => {
  for (const n of [30, 64, 300]) {
    const given = instance(n, n !== 64, n);
    const result = await run({ ...given, tolerance: 1e-6 });
    consistent(given, result);
    expect(result.converged).toBe(true);
  }
});

it('shows every line of its cycles, and refuses another mode', async () => {
  let text = '';
  const decoder = new TextDecoder();
  const truthTable = new WritableStream<Uint8Array>({ write: (bytes) => void (text += decoder.decode(bytes)) });
  const { cycles } = await combinations([15, 47, -12], 28, { mode: 'convergent', truthTable });
  expect(text.trimEnd().split('\n').length).toBe(1 + 7 * cycles);
  expect(text.match(/,1$/gm)).toHaveLength(cycles);
  await expect(combinations([1], 1, { mode: 'quick' as 'faithful' })).rejects.toThrow('mode is "quick"; allowed: faithful, convergent');
  const signal = AbortSignal.abort();
  await expect(combinations([1], 1, { mode: 'convergent', signal })).rejects.toMatchObject({ code: 'aborted' });
});
