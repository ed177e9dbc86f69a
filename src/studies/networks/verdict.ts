/**
 * Who is better than Adam, problem by problem: escape rates, medians with intervals, and the rank-sum test over seeds, corrected for being many.
 *
 * Surprise: on a bowl everybody ends below 1e-100, and a rank test finds one of them significantly better; losses that agree to 1e-8 are ties.
 */
import { holm, ranksum } from '../../experiment/significance.ts';
import { grouped, lossOf, medianInterval, wilson } from './spread.ts';

import type { LandscapeRun } from './results.ts';

/** What an adjusted p must be below. */
export const ALPHA = 0.01;

/** Differences of losses below it mean nothing. */
export const FINE = 1e-8;
/** A loss for a rank test, where those that agree to 1e-8 are one; what is no number is the worst. */
export const settled = (loss: unknown): number => Math.round(lossOf(loss) / FINE);

/** A method on a problem. */
export interface LandscapeRow {
  readonly problem: string;
  readonly dim: number;
  readonly method: string;
  readonly runs: number;
  /** How many ended in another basin than they began in, the share, and its 95 % interval (Wilson). */
  readonly escaped: number;
  readonly rate: number;
  readonly rateLow: number;
  readonly rateHigh: number;
  /** Of the losses at the end, and its interval; a run whose loss is no number counts as Infinity. */
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** How often such an interval holds the true median, at least: from 0.95 with six runs and more, 0 with one. */
  readonly level: number;
  /** Means. */
  readonly cost: number;
  readonly overhead: number;
  readonly escapes: number;
  /** The chance that a run of the method ends below one of the rival, a tie as half; null of the rival itself. */
  readonly superiority: number | null;
  /** Two-sided rank-sum p of the losses against those of the rival, and adjusted for all rows (Holm); null of the rival itself. */
  readonly p: number | null;
  readonly adjusted: number | null;
  readonly verdict: 'better' | 'worse' | 'no telling' | null;
}

/**
 * Every method on every problem, against one of them.
 * @param runs what `landscapeRuns` gives
 * @param options against: the rival, default adam; alpha: what the adjusted p must be below, default 0.01
 * @example
 * const run = (method, seed, loss) => ({ problem: 'ackley', dim: 2, method, seed, start: 9, loss, escaped: loss < 1, cost: 100, escapes: 0, overhead: 0, milliseconds: 1, trace: [] });
 * const runs = [1, 2, 3, 4, 5, 6].flatMap((seed) => [run('adam', seed, 2 + seed), run('basin', seed, seed / 10)]);
 * landscapeTable(runs).map(({ method, rate, verdict }) => [method, rate, verdict]); // [ [ 'adam', 0, null ], [ 'basin', 1, 'better' ] ]
 */
export function landscapeTable(runs: readonly LandscapeRun[], { against = 'adam', alpha = ALPHA }: { readonly against?: string; readonly alpha?: number } = {}): LandscapeRow[] {
  const cells = [...grouped(runs, ({ problem, dim, method }) => JSON.stringify([problem, dim, method])).values()];
  const lossesOf = (cell: readonly LandscapeRun[]): Float64Array => Float64Array.from(cell, ({ loss }) => settled(loss));
  const tests = cells.map((cell) => {
    const { problem, dim, method } = cell[0]!;
    const rival = cells.find(([first]) => first!.problem === problem && first!.dim === dim && first!.method === against);
    return method === against || rival === undefined ? undefined : { ...ranksum(lossesOf(cell), lossesOf(rival)), pairs: cell.length * rival.length };
  });
  const adjusted = [...holm(tests.flatMap((test) => (test ? [test.p] : [])))];
  return cells.map((cell, i) => {
    const { problem, dim, method } = cell[0]!;
    const test = tests[i];
    const p = test ? adjusted.shift()! : null;
    const escaped = cell.filter((each) => each.escaped).length;
    const { share: rate, low: rateLow, high: rateHigh } = wilson(escaped, cell.length);
    const losses = cell.map(({ loss }) => lossOf(loss));
    const { median, low, high, level } = medianInterval(losses);
    const mean = (of: (run: LandscapeRun) => number): number => cell.reduce((sum, run) => sum + of(run), 0) / cell.length;
    return {
      problem, dim, method, runs: cell.length, escaped, rate, rateLow, rateHigh, median, low, high, level,
      cost: mean(({ cost }) => cost), overhead: mean(({ overhead }) => overhead), escapes: mean(({ escapes }) => escapes),
      superiority: test ? 1 - test.u / test.pairs : null, p: test?.p ?? null, adjusted: p, verdict: test === undefined ? null : p! >= alpha ? 'no telling' : test.u < test.pairs / 2 ? 'better' : 'worse',
    };
  });
}
