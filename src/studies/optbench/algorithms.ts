/**
 * The benchmark's words for what the registry has: the five published algorithms with their published parameters, and every other
 * optimizer under its own name with its own options.
 *
 * The published step size and sigma of 0.5 are absolute, on boxes ten wide and twelve hundred wide alike. Here both count tenths
 * of the box's width: nearly the same on [-5.12, 5.12], and a sensible step on the others. Annealing moves one coordinate, by a
 * Cauchy step that is reflected at the bounds (`box.neighbor`); the others clip, as published.
 */
import { NadirError, named, nearest, show } from '../../core/errors.ts';
import { resolve } from '../../core/options.ts';
import { optimizer, optimizers } from '../../optimizers/index.ts';
import { problem } from '../../problems/index.ts';
import type { Json, OptimizerDef, Params } from '../../core/types.ts';

interface Published {
  /** In the registry. */
  readonly name: string;
  /** Published parameter -> option. */
  readonly params: { readonly [name: string]: string };
  /** Options that are not the registry's defaults. */
  readonly fixed?: { readonly [option: string]: Json };
  /** Units of a published parameter in those of the option. */
  readonly unit?: { readonly [name: string]: number };
}

const PUBLISHED: { readonly [name: string]: Published } = {
  gradient_descent: { name: 'descent', params: { lr: 'lr', momentum: 'momentum', lr_decay: 'decay' } },
  adam: { name: 'adam', params: { lr: 'lr', beta1: 'beta1', beta2: 'beta2', epsilon: 'epsilon' } },
  simulated_annealing: {
    name: 'annealing',
    params: { temperature: 'start', final_temperature: 'end', cooling: 'schedule', step_size: 'step' },
    fixed: { schedule: 'exponential', step: 0.5 },
  },
  random_search: { name: 'random', params: { strategy: 'mode', shrink: 'shrink', restart: 'restart' }, fixed: { batch: 1 } },
  evolution_strategy: {
    name: 'evolution',
    params: { pop_size: 'population', elite_fraction: 'elite', sigma: 'sigma', sigma_decay: 'decay' },
    fixed: { sigma: 0.05, decay: 0.995 },
    unit: { sigma: 0.1 },
  },
};
/** Parameters of every run; `instance` and `rotate` move and turn the function (see `nadir list`). */
const SHARED = ['algorithm', 'problem', 'dim', 'max_iters', 'instance', 'rotate'];
const ROUNDS: { readonly [problem: string]: number } = { sphere: 50, rosenbrock: 200, rastrigin: 300, ackley: 200, griewank: 150 };
const OTHERS = 200;
const known = new Set(Object.values(PUBLISHED).flatMap(({ params }) => Object.keys(params)));

/** What turns `auto` and rates into numbers, a parameter: expressions of `grid.map`. */
export const resolver: { readonly [name: string]: readonly Json[] } = {
  max_iters: ['is', 'max_iters', 'auto', ['*', 'dim', ['pick', 'problem', ROUNDS, OTHERS]], 'max_iters'],
  lr: ['pick', 'algorithm', { gradient_descent: ['/', 'lr', ['sqrt', 'dim']], adam: ['/', 'lr', ['sqrt', 'dim']] }, 'lr'],
  pop_size: ['is', 'pop_size', 'auto', ['max', 20, ['*', 4, 'dim']], 'pop_size'],
};

/** What a name means: a published one, or one of the registry. */
function algorithmOf(name: string): { readonly published: Published | undefined; readonly def: OptimizerDef } {
  named('algorithm', [...Object.keys(PUBLISHED).map((each) => ({ name: each })), ...optimizers.filter((def) => !Object.hasOwn(PUBLISHED, def.name))], name);
  const published = Object.hasOwn(PUBLISHED, name) ? PUBLISHED[name]! : undefined;
  return { published, def: optimizer(published?.name ?? name) };
}

/**
 * The parameters that an algorithm reads, beside those of every run. Throws `name` for an unknown algorithm.
 * @example
 * reads('gradient_descent'); // [ 'lr', 'momentum', 'lr_decay' ]
 */
export function reads(algorithm: string): readonly string[] {
  const { published, def } = algorithmOf(algorithm);
  return published === undefined ? Object.keys(def.options) : [...new Set([...Object.keys(published.params), ...(published.name === algorithm ? Object.keys(def.options) : [])])];
}

/** A run's parameters in the engine's words. */
export interface Opened {
  readonly def: OptimizerDef;
  readonly options: { readonly [option: string]: Json };
  readonly problem: ReturnType<typeof problem>;
  readonly dim: number;
  readonly rounds: number;
  /** Of the problem. */
  readonly domain: { readonly [option: string]: Json };
}

/**
 * Reads the parameters of a run. Those of other published algorithms pass unread, because the product form crosses everything with everything.
 * @throws `name` for an unknown algorithm, problem or parameter, with the nearest; `input` for values that are not allowed
 * @example
 * const { def, options, rounds } = read({ algorithm: 'evolution_strategy', problem: 'sphere', dim: 4, sigma: 2 });
 * [def.name, options.sigma, rounds]; // [ 'evolution', 0.2, 200 ]
 */
export function read(params: Params): Opened {
  const { algorithm } = params as { readonly algorithm: string };
  for (const field of ['algorithm', 'problem']) if (params[field] === undefined) throw new NadirError('input', `${field} of optbench is missing; allowed: a name (see nadir list)`);
  const { published, def } = algorithmOf(algorithm);
  const own = reads(algorithm);
  const optionOf = (name: string): string => published?.params[name] ?? name;
  const given: Record<string, Json> = {};
  const domain: Record<string, Json> = {};
  for (const [name, value] of Object.entries(params)) {
    if (own.includes(name)) given[name] = name === 'pop_size' && value === 'auto' ? null : value; // null: by the dimension, as published
    else if (['dim', 'instance', 'rotate'].includes(name)) domain[name] = value;
    else if (!SHARED.includes(name) && !known.has(name)) {
      const near = nearest(name, [...SHARED, ...own]);
      throw new NadirError('name', `unknown parameter ${show(name)} of ${algorithm}; ${near ? `did you mean ${near}? ` : ''}have ${[...SHARED, ...own].join(', ')}`);
    }
  }
  const checked = resolve(algorithm, Object.fromEntries(own.map((name) => [name, def.options[optionOf(name)]!])), given);
  const options: Record<string, Json> = { ...published?.fixed };
  for (const name of Object.keys(given)) options[optionOf(name)] = published?.unit?.[name] === undefined ? checked[name]! : (checked[name] as number) * published.unit[name]!;
  const asked = problem(params.problem);
  const { dim } = resolve(`problem ${asked.name}`, asked.options, domain) as { readonly dim: number };
  const rounds = params.max_iters === undefined || params.max_iters === 'auto' ? dim * (ROUNDS[asked.name] ?? OTHERS) : params.max_iters;
  if (!Number.isInteger(rounds) || (rounds as number) < 1 || (rounds as number) > 1e9) throw new NadirError('input', `max_iters of optbench is ${show(rounds)}; allowed: an integer from 1 to 1e9, or "auto"`);
  if (published?.name === 'annealing') options.steps = rounds as number;
  return { def, options, problem: asked, dim, rounds: rounds as number, domain };
}
