/**
 * Statistics of runs: quantiles, expected running times, runtime distributions, bootstrap intervals. Pure functions, numbers in, numbers out;
 * +Infinity is a run that failed, NaN is refused.
 *
 * After COCO (Hansen, Auger, Ros, Mersmann, Tusar, Brockhoff 2021, "COCO: a platform for comparing continuous optimizers") and Efron and
 * Tibshirani, "An Introduction to the Bootstrap" (1993). What surprised us: a fifth of the resamples of a
 * median (n = 15) meet the estimate itself, and unless such a tie counts as half, BCa's bias is off by a quarter of a deviation.
 */
import { pow } from '../../assembly/portable/math.ts';
import { NadirError, show } from '../core/errors.ts';
import type { Random } from '../core/types.ts';
import { phi, probit } from './normal.ts';

export type Numbers = ArrayLike<number>;

export interface Interval { readonly estimate: number; readonly low: number; readonly high: number; /** Standard deviation of the resamples. */ readonly error: number }
export interface Summary { readonly n: number; readonly mean: number; readonly sd: number; readonly min: number; readonly q1: number; readonly median: number; readonly q3: number; readonly max: number }

/**
 * The p-quantile, interpolated between order statistics (type 7 of Hyndman and Fan 1996, the default of numpy and R).
 * @param values at least one; infinities allowed
 * @param p from 0 to 1
 * @example
 * quantile([1, 2, 3, 4], 0.25); // 1.75
 */
export function quantile(values: Numbers, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new NadirError('input', `p is ${show(p)}; allowed: from 0 to 1`);
  return between(sorted('values', values), p);
}

/**
 * The middle value, or the mean of the two middle ones.
 * @example
 * median([3, Infinity, 1]); // 3
 */
export function median(values: Numbers): number {
  return quantile(values, 0.5);
}

/**
 * Count, mean, standard deviation (n - 1; NaN for one value or with infinities), extremes and quartiles (type 7).
 * @example
 * summary([2, 4, 4, 6]).sd; // 1.632993161855452
 */
export function summary(values: Numbers): Summary {
  const v = sorted('values', values);
  const m = mean(v);
  let s = 0;
  for (const x of v) s += (x - m) * (x - m);
  return { n: v.length, mean: m, sd: Math.sqrt(s / (v.length - 1)), min: v[0]!, q1: between(v, 0.25), median: between(v, 0.5), q3: between(v, 0.75), max: v[v.length - 1]! };
}

/**
 * Expected running time: what all runs spent until they reached the target, or in vain, over the number that reached it (COCO, section 5).
 * @param costs what each run spent until the target, or altogether when it never reached it
 * @param reached whether it did, run by run
 * @returns Infinity when none did
 * @example
 * ert([100, 300, 1000], [true, true, false]); // 700
 */
export function ert(costs: Numbers, reached: ArrayLike<boolean | number>): number {
  const c = numbers('costs', costs);
  if (reached.length !== c.length) throw new NadirError('input', `reached has ${reached.length} entries; allowed: ${c.length}, one a run`);
  let total = 0;
  let successes = 0;
  for (let i = 0; i < c.length; i++) {
    if (c[i]! < 0) throw new NadirError('input', `costs[${i}] is ${c[i]}; allowed: from 0`);
    total += c[i]!;
    if (reached[i]) successes++;
  }
  return successes === 0 ? Infinity : total / successes;
}

/**
 * Targets from easy to hard, evenly spaced in the logarithm; by default COCO's 51 from 1e2 to 1e-8.
 * @param from, to above 0; the ends are exact
 * @param n at least 2
 * @example
 * [...targets(100, 0.01, 5)]; // [ 100, 10, 1, 0.1, 0.01 ]
 */
export function targets(from: number = 1e2, to: number = 1e-8, n: number = 51): Float64Array {
  if (!(from > 0 && to > 0 && from < Infinity && to < Infinity)) throw new NadirError('input', `targets from ${show(from)} to ${show(to)}; allowed: finite numbers above 0`);
  if (!Number.isInteger(n) || n < 2) throw new NadirError('input', `n is ${show(n)}; allowed: an integer from 2`);
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) out[i] = from * pow(to / from, i / (n - 1));
  out[n - 1] = to;
  return out;
}

/**
 * The cost at which a run first came within each target of the optimum; Infinity where it never did.
 * @param trace improvements in order, such as `outcome.trace` (which keeps at most 1024 of them: a time read there may be late, never early)
 * @param levels distances to the optimum, in any order
 * @param optimum the lowest possible loss, default 0
 * @example
 * [...runtimes([{ cost: 1, loss: 8 }, { cost: 5, loss: 0.5 }], [10, 1, 0.1])]; // [ 1, 5, Infinity ]
 */
export function runtimes(trace: readonly { readonly cost: number; readonly loss: number }[], levels: Numbers, optimum: number = 0): Float64Array {
  return numbers('levels', levels).map((level) => trace.find(({ loss }) => loss - optimum <= level)?.cost ?? Infinity);
}

/**
 * The share of runtimes within each budget: the empirical distribution of COCO's plots, over every (run, target) pair that is in `times`.
 * @param times runtimes, Infinity for never
 * @param budgets in any order
 * @example
 * [...ecdf([10, 20, 20, Infinity], [5, 10, 20, 1000])]; // [ 0, 0.25, 0.75, 0.75 ]
 */
export function ecdf(times: Numbers, budgets: Numbers): Float64Array {
  const t = sorted('times', times);
  return numbers('budgets', budgets).map((budget) => {
    let low = 0;
    let high = t.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (t[middle]! <= budget) low = middle + 1;
      else high = middle;
    }
    return low / t.length;
  });
}

/**
 * A confidence interval for any statistic of a sample, by resampling it (Efron and Tibshirani 1993, chapters 13 and 14).
 * @param values at least two
 * @param statistic of a sample of that size (BCa: or one less), which it must not keep; runs of several numbers each go in as their indices
 * @param random the stream the resamples are drawn from
 * @param options level, default 0.95; resamples, default 2000; method: `bca` (default: corrected for bias and skewness) or `percentile`
 * @example
 * const costs = [100, 300, 1000, 120], reached = [true, true, false, true];
 * const expected = (runs) => ert(Array.from(runs, (i) => costs[i]), Array.from(runs, (i) => reached[i]));
 * bootstrap([0, 1, 2, 3], expected, createRandom(1), { method: 'percentile' }).estimate; // 506.6666666666667
 */
export function bootstrap(values: Numbers, statistic: (sample: Float64Array) => number, random: Random, { level = 0.95, resamples = 2000, method = 'bca' }: { readonly level?: number; readonly resamples?: number; readonly method?: 'bca' | 'percentile' } = {}): Interval {
  if (!(level > 0 && level < 1)) throw new NadirError('input', `level is ${show(level)}; allowed: between 0 and 1`);
  if (!Number.isInteger(resamples) || resamples < 2) throw new NadirError('input', `resamples is ${show(resamples)}; allowed: an integer from 2`);
  if (method !== 'bca' && method !== 'percentile') throw new NadirError('input', `method is ${show(method)}; allowed: bca, percentile`);
  const v = numbers('values', values);
  const n = v.length;
  if (n < 2) throw new NadirError('input', 'values has 1 number; allowed: from 2');
  const sample = new Float64Array(n);
  const measure = (): number => {
    const t = statistic(sample);
    if (typeof t !== 'number' || Number.isNaN(t)) throw new NadirError('input', `the statistic is ${show(t)} for the sample ${show(Array.from(sample))}; allowed: a number`);
    return t;
  };
  sample.set(v);
  const estimate = measure();
  const replicates = new Float64Array(resamples);
  for (let b = 0; b < resamples; b++) {
    for (let i = 0; i < n; i++) sample[i] = v[random.int(n)]!;
    replicates[b] = measure();
  }
  replicates.sort();
  let low = (1 - level) / 2;
  let high = 1 - low;
  if (method === 'bca') {
    let under = 0; // a tie as half
    for (const t of replicates) under += t < estimate ? 1 : t === estimate ? 0.5 : 0;
    const bias = probit(Math.min(Math.max(under, 0.5), resamples - 0.5) / resamples); // Eq. 14.14
    const slant = acceleration(v, sample.subarray(1), () => statistic(sample.subarray(1)));
    const moved = (z: number): number => phi(bias + (bias + z) / (1 - slant * (bias + z))); // Eq. 14.10
    const z = probit(low);
    [low, high] = [moved(z), moved(-z)];
  }
  return { estimate, low: between(replicates, low), high: between(replicates, high), error: summary(replicates).sd };
}

/** The skewness of the statistic from its jackknife values, one value left out at a time (Eq. 14.15). */
function acceleration(v: Float64Array, rest: Float64Array, measure: () => number): number {
  const left = new Float64Array(v.length);
  rest.set(v.subarray(1));
  for (let i = 0; i < v.length; i++) {
    left[i] = measure();
    if (i < rest.length) rest[i] = v[i]!;
  }
  const m = mean(left);
  let squares = 0;
  let cubes = 0;
  for (const t of left) {
    squares += (m - t) * (m - t);
    cubes += (m - t) * (m - t) * (m - t);
  }
  const slant = cubes / (6 * squares * Math.sqrt(squares));
  return Number.isFinite(slant) ? slant : 0;
}

function between(v: Float64Array, p: number): number {
  const at = p * (v.length - 1);
  const i = Math.floor(at);
  const [a, b] = [v[i]!, v[Math.min(i + 1, v.length - 1)]!];
  return at === i || a === b ? a : a + (at - i) * (b - a);
}

function mean(v: Float64Array): number {
  let s = 0;
  for (const x of v) s += x;
  return s / v.length;
}

function sorted(field: string, values: Numbers): Float64Array {
  return Float64Array.from(numbers(field, values)).sort();
}

/** The numbers of a field, at least one and none of them NaN. */
export function numbers(field: string, values: Numbers): Float64Array {
  if (typeof values !== 'object' || values === null) throw new NadirError('input', `${field} is ${show(values)}; allowed: an array of numbers`);
  const v = values instanceof Float64Array ? values : Float64Array.from(values);
  if (v.length === 0) throw new NadirError('input', `${field} is empty; allowed: at least one number`);
  for (let i = 0; i < v.length; i++) if (Number.isNaN(v[i]!)) throw new NadirError('input', `${field}[${i}] is ${show(values[i])}; allowed: a number`);
  return v;
}
