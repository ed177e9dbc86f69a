/**
 * The benchmark as experiments: an intensity's grid in either form, one algorithm on one problem, or random trials.
 *
 * Nothing is written out here: the grids are recipes over `src/configs/optbench.ts`, and the resolver is a map around them, so
 * what enters an id is what the operation gets, rates and rounds already numbers.
 */
import { intensities, random, targeted } from '../../configs/optbench.ts';
import { NadirError, named, show } from '../../core/errors.ts';
import { grid } from '../../experiment/grid.ts';
import { problem } from '../../problems/index.ts';
import { operation } from '../optbench.ts';
import { reads, resolver } from './algorithms.ts';

import type { Axes } from '../../configs/optbench.ts';
import type { Json } from '../../core/types.ts';
import type { Definition, Grid } from '../../experiment/record.ts';

/** Raise it when a run's numbers change. */
const VERSION = '1';
const FORMS = ['product', 'distinct'] as const;

export type Intensity = 'light' | 'medium' | 'heavy' | 'extreme';
/** One of `intensity` (light), `targeted` and `trials`. */
export interface BenchmarkOptions {
  readonly intensity?: Intensity;
  /** Of an intensity: every axis with every algorithm, as published, or with those that read it. Default product for light and medium, else distinct. */
  readonly grid?: 'product' | 'distinct';
  /** One algorithm on one problem, at a few of its settings. */
  readonly targeted?: { readonly algorithm: string; readonly problem: string };
  /** Random cases, from 1; they are shared out evenly among the five algorithms and the kinds of each, and trial i of a kind meets the same problem as of any other. */
  readonly trials?: number;
  /** Runs a case; default that of the intensity (2, 3, 5, 10), 10 targeted, 1 of a trial. */
  readonly replicates?: number;
  /** Default 0. */
  readonly seed?: number;
}
const KNOWN = ['intensity', 'grid', 'targeted', 'trials', 'replicates', 'seed'];

/**
 * A benchmark for `conduct`.
 * @throws `name` for an unknown intensity, form, algorithm or problem, with the nearest; `input` for options that do not go together
 * @example
 * const { grid, replicates } = benchmark({ intensity: 'extreme', grid: 'product' });
 * grid.size * BigInt(replicates); // 93312000000n
 */
export function benchmark(options: BenchmarkOptions = {}): Definition & { readonly grid: Grid; readonly replicates: number } {
  if (typeof options !== 'object' || options === null) throw new NadirError('input', `the options of benchmark are ${show(options)}; allowed: an object with ${KNOWN.join(', ')}`);
  for (const name of Object.keys(options)) if (!KNOWN.includes(name)) throw new NadirError('name', `unknown option ${show(name)} of benchmark; have ${KNOWN.join(', ')}`);
  const { intensity, targeted: target, trials, seed = 0 } = options;
  const modes = Object.entries({ intensity, targeted: target, trials }).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (modes.length > 1) throw new NadirError('input', `${modes.join(' and ')} of benchmark are both given; allowed: one of intensity, targeted, trials`);
  if (options.grid !== undefined && (target !== undefined || trials !== undefined)) throw new NadirError('input', `grid of benchmark is ${show(options.grid)}, but ${modes[0]} has a form of its own; leave it out`);
  const { name, cases, replicates } = target !== undefined ? aimed(target) : trials !== undefined ? drawn(trials, seed) : whole(intensity ?? 'light', options.grid);
  return { name: `optbench-${name}`, operation, grid: cases, replicates: options.replicates ?? replicates, seed, version: VERSION };
}

interface Made { readonly name: string; readonly cases: Grid; readonly replicates: number }

function whole(intensity: string, form: string | undefined): Made {
  named('intensity', Object.keys(intensities).map((name) => ({ name })), intensity);
  const axes = intensities[intensity]!;
  const shape = named('grid', FORMS.map((name) => ({ name })), form ?? (intensity === 'light' || intensity === 'medium' ? 'product' : 'distinct')).name;
  return { name: `${intensity}-${shape}`, cases: resolved(shape === 'product' ? product(axes) : distinct(axes), Object.keys(axes.own)), replicates: axes.replicates };
}

/** The published form. */
function product({ algorithms, shared, own }: Axes): Grid {
  return grid.product({ algorithm: algorithms, ...shared, ...own });
}

/** The useful form: no two cases make the same run. */
function distinct({ algorithms, shared, own }: Axes): Grid {
  return grid.union(...algorithms.map((algorithm) => grid.product({ algorithm: [algorithm], ...shared, ...only(own, reads(algorithm)) })));
}

function aimed(target: { readonly algorithm: string; readonly problem: string }): Made {
  if (typeof target !== 'object' || target === null || !Object.hasOwn(target, 'algorithm') || !Object.hasOwn(target, 'problem') || Object.keys(target).length > 2) throw new NadirError('input', `targeted of benchmark is ${show(target)}; allowed: { algorithm, problem }, both by name`);
  const { algorithm, problem: name } = target;
  reads(algorithm); // throws for an unknown one
  const own = targeted.own[algorithm] ?? {};
  const cases = grid.product({ algorithm: [algorithm], problem: [problem(name).name], dim: targeted.dims, max_iters: ['auto'], ...own });
  return { name: `targeted-${algorithm}-${name}`, cases: resolved(cases, Object.keys(own)), replicates: targeted.replicates };
}

function drawn(n: number, seed: number): Made {
  if (!Number.isSafeInteger(n) || n < 1) throw new NadirError('input', `trials of benchmark is ${show(n)}; allowed: an integer from 1`);
  const { algorithms, shared, own } = random;
  const grids = algorithms.flatMap((algorithm, i) => {
    const share = part(n, algorithms.length, i);
    const kinds = own[algorithm]!;
    return kinds.flatMap((draws, k) => {
      const mine = part(share, kinds.length, k);
      return mine === 0 ? [] : [grid.random({ algorithm, max_iters: 'auto', ...shared, ...draws } as { [name: string]: Json }, { n: mine, seed })];
    });
  });
  const names = grids.flatMap((one) => Object.keys(one.at(0)));
  return { name: `random-${n}`, cases: resolved(grid.union(...grids), names), replicates: random.replicates };
}

/** Part i of n in parts as equal as can be. */
function part(n: number, parts: number, i: number): number {
  return Math.floor(n / parts) + (i < n % parts ? 1 : 0);
}

/** With rates and rounds as numbers. Expressions may only name parameters that some case has. */
function resolved(cases: Grid, own: readonly string[]): Grid {
  return grid.map(cases, only(resolver, ['max_iters', ...own]));
}

function only<T>(table: { readonly [name: string]: T }, names: readonly string[]): { [name: string]: T } {
  return Object.fromEntries(Object.entries(table).filter(([name]) => names.includes(name)));
}
