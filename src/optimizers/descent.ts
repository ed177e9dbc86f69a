/**
 * The descent family: one loop and a chain of transforms, each of which turns an update; the true step size a parameter is made when someone asks.
 *
 * gradient descent with momentum and 1/t decay; sgd (Robbins, Monro 1951; Nesterov 1983 in the form of Sutskever et al. 2013);
 * adam (Kingma, Ba 2015, the efficient form at the end of section 2: epsilon joins sqrt(v) before the bias correction);
 * adamw (Loshchilov, Hutter 2019). Steps are projected into the box. A point that fails is halved back towards the last good one.
 */
import { named, NadirError, show } from '../core/errors.ts';
import { resolve } from '../core/options.ts';
import { restoreRandom } from '../core/random.ts';
import type { Batch, Box, Context, Descent, Json, Options, OptimizerDef, Scores, Snapshot } from '../core/types.ts';

/** One link of a chain. State is plain data. */
export interface Transform {
  /** Changes `update` in place, seeing the point. */
  apply(update: Float64Array, x: Float64Array): void;
  /** Multiplies `step` by what the last update was multiplied with; absent: by 1. */
  scale?(step: Float64Array): void;
  /** Drops what it remembers of gradients; what counts steps goes on. */
  forget?(): unknown;
  save(): Snapshot;
}
/** Makes a link for dim parameters, or continues a saved one. */
export type TransformDef = (dim: number, saved?: Snapshot) => Transform;

/** Multiplies by lr / (1 + decay t), t counting steps from 0. */
export const rate = (lr: number, decay: number = 0): TransformDef => follow((t) => lr / (1 + decay * t));

/** Multiplies by a factor of t, which counts steps from 0. */
export function follow(factor: (t: number) => number): TransformDef {
  return (_dim, saved) => {
    let t = (saved as number | undefined) ?? 0;
    return {
      apply: (update) => multiply(update, factor(t++)),
      scale: (step) => multiply(step, factor(t - 1)),
      save: () => t,
    };
  };
}

/** In place. */
export function multiply(values: Float64Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] = values[i]! * factor;
}

/** Heavy-ball momentum b = beta b + g; Nesterov's looks one step ahead: g + beta b. */
export const momentum = (beta: number, nesterov: boolean = false): TransformDef => (dim, saved) => {
  const velocity = (saved as Float64Array | undefined)?.slice() ?? new Float64Array(dim);
  return {
    apply(update) {
      for (let i = 0; i < update.length; i++) {
        const b = beta * velocity[i]! + update[i]!;
        velocity[i] = b;
        update[i] = nesterov ? update[i]! + beta * b : b;
      }
    },
    forget: () => velocity.fill(0),
    save: () => velocity.slice(),
  };
};

/** Adam's direction: m / (sqrt(v) + epsilon) sqrt(1 - beta2^t) / (1 - beta1^t). */
export const moments = (beta1: number, beta2: number, epsilon: number): TransformDef => (dim, saved) => {
  const from = saved as { m: Float64Array; v: Float64Array; power1: number; power2: number } | undefined;
  const m = from?.m.slice() ?? new Float64Array(dim);
  const v = from?.v.slice() ?? new Float64Array(dim);
  let power1 = from?.power1 ?? 1;
  let power2 = from?.power2 ?? 1;
  return {
    apply(update) {
      power1 *= beta1;
      power2 *= beta2;
      const correction = Math.sqrt(1 - power2) / (1 - power1);
      for (let i = 0; i < update.length; i++) {
        const g = update[i]!;
        const first = (m[i] = beta1 * m[i]! + (1 - beta1) * g);
        const second = (v[i] = beta2 * v[i]! + (1 - beta2) * g * g);
        update[i] = first * (correction / (Math.sqrt(second) + epsilon));
      }
    },
    scale(step) {
      const correction = Math.sqrt(1 - power2) / (1 - power1);
      for (let i = 0; i < step.length; i++) step[i] = step[i]! * (correction / (Math.sqrt(v[i]!) + epsilon));
    },
    forget() {
      m.fill(0);
      v.fill(0);
      power1 = power2 = 1;
    },
    save: () => ({ m: m.slice(), v: v.slice(), power1, power2 }),
  };
};

/** Adds decay x: before the moments it is an L2 penalty, after them AdamW's decoupled decay. */
export const shrink = (decay: number): TransformDef => () => ({
  apply(update, x) {
    if (decay > 0) for (let i = 0; i < update.length; i++) update[i] = update[i]! + decay * x[i]!;
  },
  save: () => null,
});

const POWERS = Array.from({ length: 21 }, (_, k) => 1 / (1 << k));

interface Saved { readonly random: Snapshot; readonly x: Float64Array; readonly good: Float64Array | null; readonly loss: number; readonly violation: number; readonly stepped: boolean; readonly at: number; readonly chain: readonly Snapshot[] }

/**
 * A descent over a box along a chain of transforms, applied left to right to the gradient.
 * @example
 * const begin = chain([momentum(0.9), rate(0.01)], 1);
 * const descent = begin(box(2, -1, 1), { random: createRandom(1), backend: await sharedBackend(), x0: Float64Array.of(0.5, 0.5) });
 * descent.tell(descent.ask(), { loss: Float64Array.of(1), gradient: [Float64Array.of(1, 2)] });
 * descent.x; // Float64Array(2) [ 0.49, 0.48 ]
 */
export function chain(links: readonly TransformDef[], fidelity: number): (space: Box, context: Context<Float64Array>, snapshot?: Snapshot, fresh?: boolean) => Descent {
  if (!POWERS.includes(fidelity)) throw new NadirError('input', `fidelity is ${show(fidelity)}; allowed: a power of two from 2^-20 to 1`);
  return function start(space, context, snapshot, fresh = false): Descent {
    const { dim } = space;
    const saved = snapshot as unknown as Saved | undefined;
    const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
    const x = saved?.x.slice() ?? context.x0?.slice() ?? space.sample(random);
    const step = new Float64Array(dim); // 0 until the first
    let stepped = saved !== undefined && saved.stepped && !fresh;
    let stale = stepped; // whether `step` is of another time
    const transforms = links.map((link, i) => link(dim, saved?.chain[i]));
    if (fresh) for (const transform of transforms) transform.forget?.();
    const update = new Float64Array(dim);
    let at = saved?.at ?? 0; // batches told: of a problem over data, the mini-batch
    let good: Float64Array | undefined = saved?.good?.slice(); // the last point that did not fail, and its loss
    let spare: Float64Array | undefined; // what the next batch may overwrite
    let loss = saved?.loss ?? Infinity;
    let violation = saved?.violation ?? Infinity;
    let pending: Batch<Float64Array> | undefined;

    function descend(scores: Scores<Float64Array>): void {
      if (scores.loss[0] === Infinity) {
        if (good === undefined) x.set(space.sample(random));
        else for (let i = 0; i < dim; i++) x[i] = good[i]! + (x[i]! - good[i]!) / 2;
        return;
      }
      loss = scores.loss[0]!;
      violation = scores.violation?.[0] ?? 0;
      [good, spare] = [pending!.xs[0]!, good];
      update.set(scores.gradient![0]!);
      for (const transform of transforms) transform.apply(update, x);
      stepped = stale = true;
      for (let i = 0; i < dim; i++) x[i] = x[i]! - update[i]!;
      space.clip(x);
    }

    function copy(): Float64Array {
      const into = spare ?? new Float64Array(dim);
      into.set(x);
      spare = undefined;
      return into;
    }

    function save(): Snapshot {
      return { random: random.save(), x: x.slice(), good: good?.slice() ?? null, loss, violation, stepped, at, chain: transforms.map((t) => t.save()) };
    }

    return {
      x,
      get step() {
        if (stale) {
          step.fill(1);
          for (const transform of transforms) transform.scale?.(step);
          stale = false;
        }
        return step;
      },
      ask() {
        return (pending ??= { xs: [copy()], gradient: true, at, ...(fidelity < 1 ? { fidelity } : {}) });
      },
      tell(told, scores) {
        if (told === pending) {
          descend(scores);
          at++;
          pending = undefined;
          return;
        }
        for (let i = 0; i < told.xs.length; i++) {
          const v = scores.violation?.[i] ?? 0;
          if (!(v < violation || (v === violation && scores.loss[i]! < loss))) continue;
          x.set(scores.refined?.[i] ?? told.xs[i]!);
          loss = scores.loss[i]!;
          violation = v;
          pending = undefined;
        }
      },
      save,
      fork(from, without) {
        const child = start(space, context, save(), without);
        child.x.set(from);
        return child;
      },
    };
  };
}

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

/** What `chain` returns: begins a descent, or goes on from a saved one. What wraps a descent takes one of these. */
export type Begin = (space: Box, context: Context<Float64Array>, saved?: Snapshot) => Descent;

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
