/**
 * What several seeds say together: medians with what lies around them, intervals, and the best at equal cost.
 *
 * Surprise: leaving out the seeds that diverged makes a careless optimizer look good; they count as the worst there is.
 */
import { exp, log as ln } from '../../../assembly/portable/math.ts';
import { quantile } from '../../experiment/analysis.ts';

import type { TrainResult } from './results.ts';

/** `low` and `high` are quartiles of four and more, else the ends. */
export interface Middle { readonly n: number; readonly median: number; readonly low: number; readonly high: number }
/** `level`: how often such an interval holds the true median, at least; below 0.95 where there are fewer than six. */
export interface MedianInterval { readonly median: number; readonly low: number; readonly high: number; readonly level: number }

const Z = 1.959963984540054; // 97.5 % of the normal law

/** A number of a JSON file, where what is none became null. */
export function numeric(value: unknown): number {
  return typeof value === 'number' ? value : NaN;
}

/** A loss of a JSON file; what is no number is the worst. */
export function lossOf(value: unknown): number {
  return Number.isNaN(numeric(value)) ? Infinity : (value as number);
}

/** NaN counts as `worst`. */
export function middle(values: readonly number[], worst: number = Infinity): Middle {
  const v = values.map((value) => (Number.isNaN(value) ? worst : value));
  if (v.length === 0) return { n: 0, median: NaN, low: NaN, high: NaN };
  const few = v.length < 4;
  return { n: v.length, median: quantile(v, 0.5), low: quantile(v, few ? 0 : 0.25), high: quantile(v, few ? 1 : 0.75) };
}

/** An interval of the median of 95 %, or of the most that so few values allow, from two order statistics (Conover, "Practical Nonparametric Statistics", 1999, 3.2): no chance, no assumption. NaN counts as Infinity. */
export function medianInterval(values: readonly number[]): MedianInterval {
  const v = Float64Array.from(values, (value) => (Number.isNaN(value) ? Infinity : value)).sort();
  const n = v.length;
  if (n === 0) return { median: NaN, low: NaN, high: NaN, level: 0 };
  // The interval from the r-th least to the r-th greatest misses with twice P(B < r), B of n coins; r is the largest that misses within 5 %.
  let [r, tail] = [1, exp(-n * ln(2))];
  for (let term = tail; r < n / 2; r++) {
    term *= (n - r + 1) / r;
    if (tail + term > 0.025) break;
    tail += term;
  }
  if (n > 1000) r = Math.floor((n - Z * Math.sqrt(n)) / 2); // 2^-n underflows
  return { median: quantile(v, 0.5), low: v[r - 1]!, high: v[n - r]!, level: n > 1000 ? 0.95 : 1 - 2 * tail };
}

/** A level that is never more than was reached; of one value there is none. */
export function levelled(level: number): string {
  return level > 0 ? `${Math.floor(100 * level)} %` : '-';
}

/** The 95 % interval of a share (Wilson 1927). */
export function wilson(k: number, n: number): { readonly share: number; readonly low: number; readonly high: number } {
  if (n === 0) return { share: NaN, low: NaN, high: NaN };
  const p = k / n;
  const below = 1 + (Z * Z) / n;
  const centre = (p + (Z * Z) / (2 * n)) / below;
  const half = (Z * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n))) / below;
  return { share: p, low: k === 0 ? 0 : centre - half, high: k === n ? 1 : centre + half };
}

/** Values by key, in the order in which the keys appear. */
export function grouped<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const out = new Map<string, T[]>();
  for (const value of values) {
    const known = out.get(keyOf(value));
    if (known) known.push(value);
    else out.set(keyOf(value), [value]);
  }
  return out;
}

const STEP = 0.15; // passes: a twentieth of an epoch

/** What every run that did not diverge has spent at least; Infinity where all did. */
export function equalCost(results: readonly TrainResult[]): number {
  return results.reduce((least, { stop, final }) => (stop === 'diverged' ? least : Math.min(least, numeric(final.cost))), Infinity);
}

/** The least validation loss at the ends of epochs up to a cost; Infinity without one. Who spends it on races ends a part of a step before it, so an epoch that ends a step later counts. */
export function bestWithin({ epochs }: TrainResult, cost: number): number {
  return epochs.reduce((least, epoch) => (numeric(epoch.cost) <= cost + STEP && numeric(epoch.validationLoss) < least ? epoch.validationLoss : least), Infinity);
}
