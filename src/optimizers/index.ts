/** The optimizer registry. */
import { NadirError, named } from '../core/errors.ts';
import { resolve } from '../core/options.ts';
import type { Context, Optimizer, OptimizerDef, Problem, Snapshot } from '../core/types.ts';
import { annealing } from './annealing.ts';
import { adam, adamw, descent, sgd } from './descent.ts';
import { evolution } from './evolution.ts';
import { random } from './random.ts';

export const optimizers: readonly OptimizerDef[] = [random, annealing, descent, sgd, adam, adamw, evolution];

/** The definition of that name; an unknown name is an error that offers the nearest. */
export function optimizer(name: unknown): OptimizerDef {
  return named('optimizer', optimizers, name);
}

/** Starts an optimizer on a problem's space. Throws `space`, `gradient`, `name` or `input` when they do not fit. */
export function start<X>(def: OptimizerDef, problem: Pick<Problem<X>, 'space' | 'gradient' | 'name'>, params: { readonly [key: string]: unknown } | undefined, context: Context<X>, saved?: Snapshot): Optimizer<X> {
  const { space } = problem;
  if (!def.spaces.includes('*') && !def.spaces.includes(space.name)) throw new NadirError('space', `optimizer ${def.name} works on space ${def.spaces.join(', ')}; problem "${problem.name}" is over ${space.name}`);
  if (def.gradient === 'required' && problem.gradient === undefined) throw new NadirError('gradient', `optimizer ${def.name} needs a gradient and problem "${problem.name}" has none`);
  return def.start(space, resolve(`optimizer ${def.name}`, def.options, params), { ...context, gradient: problem.gradient !== undefined }, saved);
}
