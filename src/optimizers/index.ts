/** The optimizer registry. */
import { NadirError, named } from '../core/errors.ts';
import { resolve } from '../core/options.ts';
import type { Batch, Box, Context, Optimizer, OptimizerDef, Problem, Scores, Snapshot } from '../core/types.ts';
import { annealing } from './annealing.ts';
import { basin, multistart } from './basin.ts';
import { auto } from './auto.ts';
import { cmaes } from './cmaes.ts';
import { coordinate } from './coordinate.ts';
import { adam, adamw, descent, sgd } from './descent.ts';
import { differential } from './differential.ts';
import { dual } from './dual.ts';
import { escape } from './escape.ts';
import { evolution } from './evolution.ts';
import { aging, genetic } from './genetic.ts';
import { lagrangian } from './lagrangian.ts';
import { lbfgs } from './lbfgs.ts';
import { pattern } from './pattern.ts';
import { perturbed } from './perturbed.ts';
import { random } from './random.ts';
import { bipop, ipop } from './restart.ts';
import { adamr } from './schedule.ts';
import { cmaesseparable } from './separable.ts';
import { sharpness } from './sharpness.ts';
import { simplex } from './simplex.ts';

export const optimizers: readonly OptimizerDef[] = [auto, random, annealing, descent, sgd, adam, adamw, adamr, perturbed, sharpness, escape, evolution, cmaes, cmaesseparable, ipop, bipop, lbfgs, basin, multistart, lagrangian, differential, simplex, pattern, coordinate, dual, genetic, aging];

/** The definition of that name; an unknown name is an error that offers the nearest. */
export function optimizer(name: unknown): OptimizerDef {
  return named('optimizer', optimizers, name);
}

/** Starts an optimizer on a problem's space. Throws `space`, `gradient`, `name` or `input` when they do not fit. */
export function start<X>(def: OptimizerDef, problem: Pick<Problem<X>, 'space' | 'gradient' | 'name' | 'share'>, params: { readonly [key: string]: unknown } | undefined, context: Context<X>, saved?: Snapshot): Optimizer<X> {
  const { space } = problem;
  if (!def.spaces.includes('*') && !def.spaces.includes(space.name)) throw new NadirError('space', `optimizer ${def.name} works on space ${def.spaces.join(', ')}; problem "${problem.name}" is over ${space.name}`);
  if (def.gradient === 'required' && problem.gradient === undefined) throw new NadirError('gradient', `optimizer ${def.name} needs a gradient and problem "${problem.name}" has none`);
  const started = def.start(space, resolve(`optimizer ${def.name}`, def.options, params), { ...context, gradient: problem.gradient, ...(problem.share && { share: problem.share }) }, saved);
  return space.name === 'box' ? welcoming(started as Optimizer<any>, space as unknown as Box) : started;
}

/** The same optimizer, which of points nobody asked for hears those inside the box alone. */
function welcoming(optimizer: Optimizer<Float64Array>, { lower, upper }: Box): Optimizer<any> {
  const { ask, tell } = optimizer;
  let asked: Batch<Float64Array> | undefined;
  const inside = (x: Float64Array): boolean => x.length === lower.length && x.every((v, i) => v >= lower[i]! && v <= upper[i]!);
  return Object.assign(optimizer, {
    ask: () => (asked = ask()),
    tell(told: Batch<Float64Array>, scores: Scores<Float64Array>) {
      if (told === asked || told.xs.every(inside)) return tell(told, scores);
      const kept = told.xs.flatMap((x, i) => (inside(x) ? [i] : []));
      if (kept.length === 0) return undefined;
      const pick = <T>(rows: readonly T[] | undefined): T[] | undefined => rows && kept.map((i) => rows[i]!);
      const numbers = (values: Float64Array | undefined): Float64Array | undefined => values && Float64Array.from(kept, (i) => values[i]!);
      return tell({ ...told, xs: pick(told.xs)! }, { ...scores, loss: numbers(scores.loss)!, violation: numbers(scores.violation), gradient: pick(scores.gradient), refined: pick(scores.refined), constraints: pick(scores.constraints), slopes: pick(scores.slopes) });
    },
  });
}
