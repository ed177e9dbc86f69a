/**
 * The tuning sweep: every combination of scale distribution, patience, thresholds and steps of a candidate, on landscapes and a small network.
 *
 * Settings are ranked on every problem by their median loss, ties sharing a rank, and ordered by the mean of their ranks: losses of different problems have no common unit.
 */
import { NadirError, show } from '../../core/errors.ts';
import { canonical } from '../../experiment/identity.ts';
import { quantile } from '../../experiment/analysis.ts';
import { checkedLandscape, study, type LandscapeOptions } from './landscape.ts';
import { grouped } from './spread.ts';
import { settled } from './verdict.ts';

import type { Json, Params } from '../../core/types.ts';
import type { Definition, Grid, RunRecord } from '../../experiment/record.ts';

/** Populations of ten, the first as published. */
const SCALES: { readonly [name: string]: { readonly [scale: string]: number } } = {
  published: { 0.5: 2, 1: 3, 2: 3, 4: 1, 8: 1 },
  near: { 0.25: 3, 0.5: 4, 1: 3 },
  even: { 0.5: 2, 1: 2, 2: 2, 4: 2, 8: 2 },
  far: { 2: 3, 4: 3, 8: 2, 16: 2 },
};
/** [gradNormThreshold, lossThreshold], the first as published. */
const THRESHOLDS: readonly (readonly [number, number])[] = [[1e-6, 1e-5], [1e-5, 1e-4], [1e-4, 1e-3]];
const PATIENCE = [3, 5, 10];
const STEPS = [1, 3, 10];

export type SweepOptions = Omit<LandscapeOptions, 'methods'>;
const PROBLEMS = ['rosenbrock', 'rastrigin', 'ackley', 'double-well', 'mlp-jagged'];
const SEEDS = 5;

/** A setting by its names, and what became of it. */
export interface SweepRow {
  readonly scales: string;
  readonly patience: number;
  readonly gradNormThreshold: number;
  readonly lossThreshold: number;
  readonly evalSteps: number;
  /** Mean over the problems, 1 is the best. */
  readonly rank: number;
  readonly problems: { readonly [problem: string]: { readonly median: number; readonly escaped: number; readonly runs: number; readonly rank: number } };
}

/**
 * The sweep for `conduct`; `sweepTable` reads its records.
 * @example
 * sweep({ problems: ['ackley'], seeds: 1 }).grid.size; // 108n
 */
export function sweep(options: SweepOptions = {}): Definition & { readonly grid: Grid; readonly replicates: number; readonly seed: number } {
  if (typeof options !== 'object' || options === null) throw new NadirError('input', `the options of sweep are ${show(options)}; allowed: an object`);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as SweepOptions;
  const all = checkedLandscape({ problems: PROBLEMS, seeds: SEEDS, ...given, methods: ['escape'] });
  const methods = Object.values(SCALES).flatMap((scaleDistribution) => PATIENCE.flatMap((patience) => THRESHOLDS.flatMap(([gradNormThreshold, lossThreshold]) => STEPS.map((evalSteps): Params => ({
    method: 'escape',
    options: { scaleDistribution, patience, gradNormThreshold, lossThreshold, evalSteps } as Json,
  })))));
  return study('networks-sweep', methods, all, all.seeds, all.seed);
}

/** Settings from the best mean rank to the worst. */
export function sweepTable(records: readonly RunRecord[]): SweepRow[] {
  const done = records.filter(({ status }) => status === 'success');
  const settings = grouped(done, ({ params }) => canonical(params.options!));
  const problems = [...new Set(done.map(({ params }) => String(params.problem)))];
  const rows = [...settings.values()].map((runs) => ({ runs, of: Object.fromEntries(problems.flatMap((problem) => {
    const mine = runs.filter(({ params }) => params.problem === problem);
    const lost = mine.map(({ metrics }) => metrics.loss!);
    return mine.length === 0 ? [] : [[problem, { median: quantile(lost, 0.5), escaped: mine.filter(({ metrics }) => metrics.escaped === 1).length, runs: mine.length, rank: 0 }]];
  })) }));
  for (const problem of problems) {
    const cells = rows.flatMap(({ of }) => of[problem] ?? []);
    const values = cells.map(({ median }) => settled(median));
    cells.forEach((cell, i) => (cell.rank = 1 + values.reduce((sum, value) => sum + (value < values[i]! ? 1 : value === values[i] ? 0.5 : 0), -0.5)));
  }
  return rows.map(({ runs, of }): SweepRow => {
    const { scaleDistribution, ...options } = runs[0]!.params.options as { readonly scaleDistribution: Json; readonly patience: number; readonly gradNormThreshold: number; readonly lossThreshold: number; readonly evalSteps: number };
    const cells = Object.values(of);
    return { scales: nameOf(scaleDistribution), ...options, rank: cells.reduce((sum, { rank }) => sum + rank, 0) / cells.length, problems: of };
  }).sort((a, b) => a.rank - b.rank);
}

function nameOf(distribution: Json): string {
  const text = canonical(distribution);
  return Object.keys(SCALES).find((name) => canonical(SCALES[name]!) === text) ?? text;
}
