/**
 * Adaptive local minima escape (ALME) around any descent: when gradient norm and loss stop changing, perturbed copies are tried and the best of
 * them and the descent itself goes on. `faithful` is the published method (escape/faithful.ts), `default` is ours (escape/adaptive.ts).
 *
 * What surprised us: the published method leaves no minimum of rastrigin under any setting, because three steps cannot show which candidate
 * is on its way into a better basin; a race that lasts as long as its candidates move can, and then ten of them are enough.
 */
import { NadirError, show } from '../core/errors.ts';
import { resolve } from '../core/options.ts';
import type { Box, Descent, Json, Options, OptimizerDef } from '../core/types.ts';
import type { Begin, TransformDef } from './chain.ts';
import { adam, baseOptions, begins, type BaseParams } from './descent.ts';
import { adaptive } from './escape/adaptive.ts';
import { faithful } from './escape/faithful.ts';
import { readScales, scalesOf } from './escape/scales.ts';

/** One escape: what the descent looked like before and after it. */
export interface Escape {
  readonly [key: string]: Json;
  /** Descent steps before it. */
  readonly step: number;
  /** Losses on the candidates' own batch: of the point it left and of the winner. */
  readonly before: number;
  readonly after: number;
  /** Euclid, from the point it left to the winner; 0 when that point won. */
  readonly distance: number;
  /** The winner's scale; 0 when the point it left won. */
  readonly scale: number;
  /** Mean distance between two candidates as they were drawn. */
  readonly diversity: number;
  readonly accepted: boolean;
}
export interface EscapeStatistics {
  readonly [key: string]: Json;
  readonly steps: number;
  /** Steps that looked stagnant. */
  readonly stagnations: number;
  /** How many there were; `escapes` keeps at most 1000 of them, thinned. */
  readonly count: number;
  readonly accepted: number;
  readonly escapes: readonly Escape[];
  /** Evaluations with and without a gradient that candidates took, in the problem's cost. */
  readonly spent: number;
  /** The distribution of scales as adapted by success: [scale, count]. */
  readonly scales: Scales;
  /** The standard deviation of a candidate's coordinate at scale 1; of the published noise, which has no such, 1. */
  readonly reach: number;
  /** The loss of the best point: on mini-batches, the best mean over a window. null: not tracked, or nothing yet. */
  readonly best: number | null;
}
/** [scale, count], scales in order. */
export type Scales = readonly (readonly [number, number])[];
/** `best`: on a function the best point; on mini-batches where the window of `lossWindow` losses with the least mean ended, since the luckiest mini-batch says little. */
export interface EscapeDescent extends Descent { readonly best: { readonly x: Float64Array; readonly loss: number } | undefined }

export interface EscapeOptions {
  readonly [key: string]: Json;
  readonly mode: string;
  readonly gradNormWindow: number; readonly gradNormThreshold: number; readonly lossWindow: number; readonly lossThreshold: number; readonly patience: number; readonly useLossPlateau: boolean;
  readonly populationSize: number | null; readonly scaleDistribution: { readonly [scale: string]: number } | null;
  readonly evalSteps: number; readonly evalBatchFactor: number; readonly evalOn: string; readonly selection: string; readonly moments: string;
  readonly floor: number; readonly clamp: number; readonly cooldown: number; readonly trackBest: boolean;
}
export interface EscapeParams extends BaseParams, EscapeOptions { readonly [key: string]: Json }

const WINDOW = { default: 10, min: 2, max: 1e6, integer: true } as const;
const OWN: Options<EscapeOptions> = {
  mode: { default: 'default', about: 'default: ours; faithful: as published, around adam', choices: ['default', 'faithful'] },
  gradNormWindow: { ...WINDOW, about: 'gradient norms that are looked at' },
  gradNormThreshold: { default: 1e-6, about: 'stagnant: their mean change is below; in units of the largest, faithful: absolute', min: 0 },
  lossWindow: { ...WINDOW, about: 'losses that are looked at' },
  lossThreshold: { default: 1e-5, about: 'stagnant: their mean change is below; in units of the loss, faithful: absolute', min: 0 },
  patience: { default: 5, about: 'stagnant steps, or windows without progress, until an escape', min: 1, max: 1e9, integer: true },
  useLossPlateau: { default: true, about: 'whether the losses must be stagnant too' },
  populationSize: { default: null, about: 'candidates; null: as many as scaleDistribution has, 10', min: 1, max: 10000, integer: true, nullable: true },
  scaleDistribution: { default: null, about: 'candidates a scale; null: {"0.5":2,"1":3,"2":3,"4":1,"8":1} in proportion', read: readScales, words: 'an object { scale: count }, scales above 0, counts from 0 that sum to 10000 at most', nullable: true },
  evalSteps: { default: 3, about: "candidates' steps until a look; faithful: all of them", min: 1, max: 1e6, integer: true },
  evalBatchFactor: { default: 1, about: "mini-batches a step of candidates sees; faithful: means nothing", min: 1, max: 1e4, integer: true },
  evalOn: { default: 'batch', about: 'what decides over a winner: the mini-batches of the race, or parts of the data (both: the sum)', choices: ['batch', 'train', 'validation', 'both'] },
  selection: { default: 'gradient', about: 'gradient: the half of the candidates whose gradients lead back is out at the first look; loss: their losses alone decide, as in mode faithful', choices: ['gradient', 'loss'] },
  moments: { default: 'both', about: "whether candidates begin with the descent's moments: kept, fresh, or half of them each; faithful: they share them", choices: ['both', 'kept', 'fresh'] },
  floor: { default: 1, about: 'of the size of parameters that noise is in proportion to, in root mean squares', min: 0, max: 1e6 },
  clamp: { default: 4, about: 'most that noise follows the step of a parameter, as a factor of the typical step', min: 1, max: 1e6 },
  cooldown: { default: 1, about: 'steps after an escape that failed until the next; doubled by each in a row', min: 0, max: 1e6, integer: true },
  trackBest: { default: true, about: 'whether the best point is kept' },
};

/**
 * A descent that escapes.
 * @param begin what `chain` returns, or `sharpen` or `perturb` around it: a descent whose first ask is its x; mode faithful moves x about, and every ask must be
 * @param options as of the optimizer `escape`, without those of the descent
 * @example
 * const begin = escaping(chain([moments(0.9, 0.999, 1e-8), rate(0.01)], 1), { patience: 3 });
 * const [backend, random] = [await sharedBackend(), createRandom(1)];
 * const wells = problem('double-well').open({ dim: 2, instance: null, rotate: false }, { backend, random });
 * const x0 = Float64Array.of(0.9, 0.8); // where both wells are the wrong ones
 * const { best } = await run(wells, begin(wells.space, { backend, random, x0, gradient: 1 }), { cost: 6000 });
 * best.loss - wells.optimum < 1e-3; // true
 */
export function escaping(begin: Begin, options?: { readonly [option: string]: unknown }): Begin {
  const own = resolve('optimizer escape', OWN, options);
  const scales = scalesOf(own.scaleDistribution, own.populationSize);
  return own.mode === 'default' ? adaptive(begin, own, scales) : faithful(begin, own, scales);
}

/** The published weight decay: of the point after the step, x -= decay lr x. */
const decayed = (factor: number): TransformDef => () => ({
  apply(update, x) {
    for (let i = 0; i < update.length; i++) update[i] = update[i]! + factor * (x[i]! - update[i]!);
  },
  save: () => null,
});

export const escape: OptimizerDef<EscapeParams> = {
  name: 'escape',
  aliases: ['alme'],
  about: 'a descent that leaves local minima: perturbed copies race it where it stagnates (ALME)',
  spaces: ['box'],
  gradient: 'required',
  options: { ...baseOptions('adam'), ...OWN } as Options<EscapeParams>,
  start: (space: Box, params, context, saved) => escaping(base(params), Object.fromEntries(Object.keys(OWN).map((name) => [name, params[name]])))(space, context, saved),
};

function base(params: EscapeParams): Begin {
  if (params.mode === 'default') return begins('optimizer escape', params);
  if (params.base !== 'adam') throw new NadirError('input', `base of optimizer escape is ${show(params.base)}; allowed: adam, mode faithful has no other`);
  const { weightDecay, lr } = params;
  return begins('optimizer escape', { ...params, weightDecay: null }, weightDecay ? [decayed(weightDecay * (lr ?? (adam.options.lr.default as number)))] : []);
}
