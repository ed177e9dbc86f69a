/**
 * The descent family: chains by name.
 *
 * gradient descent with momentum and 1/t decay; sgd (Robbins, Monro 1951; Nesterov 1983 in the form of Sutskever et al. 2013);
 * adam (Kingma, Ba 2015, the efficient form at the end of section 2: epsilon joins sqrt(v) before the bias correction);
 * adamw (Loshchilov, Hutter 2019).
 */
import { named, NadirError, show } from '../core/errors.ts';
import { resolve } from '../core/options.ts';
import { chain, moments, momentum, rate, shrink, type Begin, type TransformDef } from './chain.ts';
import type { Box, Json, Options, OptimizerDef } from '../core/types.ts';

const LR = { about: 'learning rate', above: 0 } as const;
const BETA1 = { default: 0.9, about: 'decay of the first moment', min: 0, below: 1 } as const;
const BETA2 = { default: 0.999, about: 'decay of the second moment', min: 0, below: 1 } as const;
const EPSILON = { default: 1e-8, about: 'added to the root of the second moment', above: 0 } as const;
const FIDELITY = { default: 1, about: 'share of the data a gradient sees, a power of two', above: 0, max: 1 } as const;

export interface DescentParams { readonly [key: string]: Json; readonly lr: number; readonly momentum: number; readonly decay: number }
export interface SgdParams { readonly [key: string]: Json; readonly lr: number; readonly momentum: number; readonly nesterov: boolean; readonly weightDecay: number; readonly fidelity: number }
export interface AdamParams { readonly [key: string]: Json; readonly lr: number; readonly beta1: number; readonly beta2: number; readonly epsilon: number; readonly weightDecay: number; readonly fidelity: number }

export const adamOptions = (decay: number, about: string): Options<AdamParams> => ({
  lr: { default: 0.001, ...LR },
  beta1: BETA1,
  beta2: BETA2,
  epsilon: EPSILON,
  weightDecay: { default: decay, about, min: 0 },
  fidelity: FIDELITY,
});

const LINKS: { readonly [name: string]: (p: any) => readonly TransformDef[] } = {
  descent: (p: DescentParams) => [momentum(p.momentum), rate(p.lr, p.decay)],
  sgd: (p: SgdParams) => [shrink(p.weightDecay), momentum(p.momentum, p.nesterov), rate(p.lr)],
  adam: (p: AdamParams) => [shrink(p.weightDecay), moments(p.beta1, p.beta2, p.epsilon), rate(p.lr)],
  adamw: (p: AdamParams) => [moments(p.beta1, p.beta2, p.epsilon), shrink(p.weightDecay), rate(p.lr)],
};
const along = (name: string): OptimizerDef['start'] => (space: Box, p, context, saved) => chain(LINKS[name]!(p), (p.fidelity as number | undefined) ?? 1)(space, context, saved);

export const descent: OptimizerDef<DescentParams> = {
  name: 'descent',
  aliases: ['gradient_descent', 'gradient-descent'],
  about: 'gradient descent with momentum and a learning rate that decays as 1/t',
  spaces: ['box'],
  gradient: 'required',
  options: { lr: { default: 0.01, ...LR }, momentum: { default: 0, about: 'share of the last update that is kept', min: 0, below: 1 }, decay: { default: 0, about: 'lr / (1 + decay t)', min: 0 } },
  start: along('descent'),
};

export const sgd: OptimizerDef<SgdParams> = {
  name: 'sgd',
  about: 'stochastic gradient descent with (Nesterov) momentum and L2 decay',
  spaces: ['box'],
  gradient: 'required',
  options: {
    lr: { default: 0.01, ...LR },
    momentum: { default: 0.9, about: 'share of the last update that is kept', min: 0, below: 1 },
    nesterov: { default: false, about: "Nesterov's momentum" },
    weightDecay: { default: 0, about: 'L2 penalty', min: 0 },
    fidelity: FIDELITY,
  },
  start: along('sgd'),
};

export const adam: OptimizerDef<AdamParams> = {
  name: 'adam',
  about: 'Adam: steps scaled by the moments of the gradient',
  spaces: ['box'],
  gradient: 'required',
  options: adamOptions(0, 'L2 penalty'),
  start: along('adam'),
};

export const adamw: OptimizerDef<AdamParams> = {
  name: 'adamw',
  about: 'Adam with decoupled weight decay',
  spaces: ['box'],
  gradient: 'required',
  options: adamOptions(0.01, 'decay of the weights, decoupled from the gradient'),
  start: along('adamw'),
};

const BASES: { readonly [name: string]: OptimizerDef } = { descent, sgd, adam, adamw };

/**
 * The links of a descent by its name, for chains that go on from there; its options are checked as `start` does.
 * @param name descent, sgd, adam, adamw
 * @example
 * links('adamw', { lr: 0.01 }).length; // 3
 */
export function links(name: string, params?: { readonly [option: string]: unknown }): readonly TransformDef[] {
  const def = named('descent', Object.values(BASES), name);
  return LINKS[def.name]!(resolve(`optimizer ${def.name}`, def.options, params));
}

/** Which descent is wrapped, and its options; null is that descent's own default. */
export interface BaseParams {
  readonly [key: string]: Json;
  readonly base: string; readonly lr: number | null; readonly momentum: number | null; readonly nesterov: boolean; readonly decay: number | null; readonly weightDecay: number | null;
  readonly beta1: number | null; readonly beta2: number | null; readonly epsilon: number | null; readonly fidelity: number | null;
}

/** The options of what wraps a descent, `base` if none is named. */
export function baseOptions(base: string): Options<BaseParams> {
  const own = { ...descent.options, ...sgd.options, ...adam.options };
  const open = Object.fromEntries(Object.entries(own).map(([name, option]) => [name, name === 'nesterov' ? option : { ...option, default: null, nullable: true, about: `${option.about}; null: as ${name === 'decay' ? 'descent' : 'the base'} has it` }]));
  return { base: { default: base, about: 'the descent within', choices: Object.keys(BASES) }, ...open } as unknown as Options<BaseParams>;
}

/** Begins the descent that the options name; those it does not have may not be given. `last`: links after its own, a schedule say. */
export function begins(what: string, params: BaseParams, last: readonly TransformDef[] = []): Begin {
  const { options } = BASES[params.base]!;
  const given: { [name: string]: Json } = {};
  for (const name of Object.keys(baseOptions(params.base))) {
    const value = params[name]!;
    if (name === 'base' || value === null || value === false) continue;
    if (!Object.hasOwn(options, name)) throw new NadirError('input', `${name} of ${what} is ${show(value)}; allowed: ${value === true ? false : null}, base ${params.base} has no ${name}`);
    given[name] = value;
  }
  return chain([...links(params.base, given), ...last], params.fidelity ?? 1);
}
