/**
 * Learning-rate schedules: links that multiply the update and the true step by a factor of t, which counts steps from 0. They come
 * after `rate`, so that momentum and moments never see them and a decoupled decay of the weights does (Loshchilov, Hutter 2019).
 *
 * A step that failed is not counted. `adamr` is Adam with the warm restarts of SGDR (Loshchilov, Hutter 2017).
 */
import { pow, sinpi } from '../../assembly/portable/math.ts';
import { named, NadirError, show } from '../core/errors.ts';
import { resolve } from '../core/options.ts';
import type { Box, Json, Options, OptimizerDef } from '../core/types.ts';
import { chain, follow, multiply, type TransformDef } from './chain.ts';
import { adamOptions, links, type AdamParams } from './descent.ts';

/**
 * A factor of `factor` more every so many steps: factor^floor(t / every).
 * @param every steps, an integer from 1
 * @param factor above 0
 * @example
 * const descent = chain([rate(0.1), stepped(2, 0.5)], 1)(box(1, -1, 1), { random: createRandom(1), backend: await sharedBackend(), x0: Float64Array.of(0) });
 * for (let t = 0; t < 3; t++) descent.tell(descent.ask(), { loss: Float64Array.of(1), gradient: [Float64Array.of(1)] });
 * descent.step; // Float64Array(1) [ 0.05 ]
 */
export function stepped(every: number, factor: number): TransformDef {
  count('every', every);
  if (!(factor > 0 && factor < Infinity)) throw new NadirError('input', `factor is ${show(factor)}; allowed: a number above 0`);
  return follow((t) => pow(factor, Math.floor(t / every)));
}

/**
 * From 1 down to `floor` along half a cosine, and `floor` from there on: floor + (1 - floor) (1 + cos(pi t / length)) / 2.
 * @param length steps, an integer from 1
 * @param floor what is left at the end, 0 to 1
 * @example
 * const descent = chain([rate(0.1), cosine(2)], 1)(box(1, -1, 1), { random: createRandom(1), backend: await sharedBackend(), x0: Float64Array.of(0) });
 * for (let t = 0; t < 2; t++) descent.tell(descent.ask(), { loss: Float64Array.of(1), gradient: [Float64Array.of(1)] });
 * descent.step[0].toFixed(4); // 0.0500
 */
export function cosine(length: number, floor: number = 0): TransformDef {
  count('length', length);
  share('floor', floor);
  return follow((t) => (t < length ? annealed(t / length, floor) : floor));
}

/**
 * (t + 1) / length for the first `length` steps; what is `next` begins there, at its own t = 0.
 * @param length steps, an integer from 1
 * @param next any link; none: the rate stays
 * @example
 * const descent = chain([rate(0.1), warmup(4, cosine(100))], 1)(box(1, -1, 1), { random: createRandom(1), backend: await sharedBackend(), x0: Float64Array.of(0) });
 * for (let t = 0; t < 2; t++) descent.tell(descent.ask(), { loss: Float64Array.of(1), gradient: [Float64Array.of(1)] });
 * descent.step; // Float64Array(1) [ 0.05 ]
 */
export function warmup(length: number, next?: TransformDef): TransformDef {
  count('length', length);
  return (dim, saved, arena) => {
    const from = saved as { t: number; begun: boolean; next: never } | undefined;
    const after = next?.(dim, from?.next, arena);
    let t = from?.t ?? 0;
    let begun = from?.begun ?? false;
    return {
      apply(update, x) {
        begun = t >= length;
        if (!begun) multiply(update, ++t / length);
        else after?.apply(update, x);
      },
      scale(step) {
        if (!begun) multiply(step, t / length);
        else after?.scale?.(step);
      },
      forget: () => after?.forget?.(),
      save: () => ({ t, begun, next: after?.save() ?? null }),
    };
  };
}

/**
 * SGDR's warm restarts (Loshchilov, Hutter 2017, eq. 5): cosines from 1 towards `floor`, each `growth` times as long as the one before.
 * @param first steps of the first, an integer from 1
 * @param growth from 1
 * @param floor 0 to 1
 * @example
 * const descent = chain([rate(0.1), restarts(2)], 1)(box(1, -1, 1), { random: createRandom(1), backend: await sharedBackend(), x0: Float64Array.of(0) });
 * const steps = [];
 * for (let t = 0; t < 4; t++) descent.tell(descent.ask(), { loss: Float64Array.of(1), gradient: [Float64Array.of(1)] }), steps.push(descent.step[0].toFixed(3));
 * steps; // [ '0.100', '0.050', '0.100', '0.085' ]
 */
export function restarts(first: number, growth: number = 2, floor: number = 0): TransformDef {
  count('first', first);
  if (!(growth >= 1 && growth < Infinity)) throw new NadirError('input', `growth is ${show(growth)}; allowed: a number from 1`);
  share('floor', floor);
  return (_dim, saved) => {
    let { t, length } = (saved as { t: number; length: number } | undefined) ?? { t: 0, length: first };
    return {
      apply(update) {
        if (t >= length) {
          t = 0;
          length *= growth;
        }
        multiply(update, annealed(t++ / length, floor));
      },
      scale: (step) => multiply(step, annealed((t - 1) / length, floor)),
      save: () => ({ t, length }),
    };
  };
}

/** A schedule by name, for configurations; lengths that are null are shares of the `steps` there are. */
export interface ScheduleDef { readonly name: string; readonly about: string; readonly options: Options<any>; link(params: any, steps: number): TransformDef }

const LENGTH = { min: 1, integer: true } as const;
const FLOOR = { default: 0, about: 'share of the rate that is left at the end', min: 0, max: 1 } as const;
const GROWTH = { default: 2, about: 'length of a cosine over that of the one before', min: 1, max: 1e6 } as const;
const WARMUP = { default: 0, about: 'steps of warm-up before it', min: 0, integer: true } as const;
const part = (steps: number, share: number): number => Math.max(1, Math.round(steps * share));

export const schedules: readonly ScheduleDef[] = [
  {
    name: 'step',
    about: 'a factor more every so many steps',
    options: { every: { default: null, about: 'steps; null: a third of those there are', nullable: true, ...LENGTH }, factor: { default: 0.1, about: 'of the rate', above: 0 }, warmup: WARMUP },
    link: (p, steps) => stepped(p.every ?? part(steps, 1 / 3), p.factor),
  },
  {
    name: 'cosine',
    about: 'down along half a cosine',
    options: { length: { default: null, about: 'steps; null: all there are', nullable: true, ...LENGTH }, floor: FLOOR, warmup: WARMUP },
    link: (p, steps) => cosine(p.length ?? part(steps, 1), p.floor),
  },
  {
    name: 'warmup',
    about: 'up along a line, then as it is',
    options: { warmup: { default: null, about: 'steps; null: a twentieth of those there are', nullable: true, ...LENGTH } },
    link: () => follow(() => 1),
  },
  {
    name: 'restarts',
    about: 'cosines that begin again, each longer than the one before',
    options: { first: { default: null, about: 'steps of the first; null: so that three fill those there are', nullable: true, ...LENGTH }, growth: GROWTH, floor: FLOOR, warmup: WARMUP },
    link: (p, steps) => restarts(p.first ?? part(steps, 1 / (1 + p.growth + p.growth * p.growth)), p.growth, p.floor),
  },
];

/**
 * The link a configuration's `{ kind, ...options }` describes, for the end of a chain.
 * @param steps those the run will take, which lengths that are null go by
 * @param what names it in messages
 */
export function scheduled(given: { readonly kind: string; readonly [option: string]: unknown }, steps: number, what: string = 'schedule'): TransformDef {
  count('steps', steps);
  const { kind, ...options } = given;
  const def = named(what, schedules, kind);
  const params = resolve(`${what} ${def.name}`, def.options, options);
  const before = (params['warmup'] as number | null) ?? part(steps, 1 / 20);
  const link = def.link(params, Math.max(1, steps - before));
  return before > 0 ? warmup(before, link) : link;
}

export interface AdamrParams extends AdamParams { readonly first: number; readonly growth: number; readonly floor: number }

export const adamr: OptimizerDef<AdamrParams> = {
  name: 'adamr',
  aliases: ['adam-restarts', 'adam_warm_restarts'],
  about: 'Adam with warm restarts: its rate falls along cosines, each longer than the one before',
  spaces: ['box'],
  gradient: 'required',
  options: { ...adamOptions(0, 'L2 penalty'), first: { default: 500, about: 'steps of the first cosine', ...LENGTH }, growth: GROWTH, floor: FLOOR } as Options<AdamrParams>,
  start: (space: Box, { first, growth, floor, fidelity, ...params }, context, saved) => chain([...links('adam', params as { [name: string]: Json }), restarts(first, growth, floor)], fidelity)(space, context, saved),
};

/** From 1 at 0 to floor at 1; (1 + cos(pi u)) / 2 is the square of cos(pi u / 2), which loses no digits at the end. */
function annealed(u: number, floor: number): number {
  const c = sinpi((1 - u) / 2);
  return floor + (1 - floor) * c * c;
}

function count(field: string, value: number): void {
  if (!(Number.isSafeInteger(value) && value >= 1)) throw new NadirError('input', `${field} is ${show(value)}; allowed: an integer from 1`);
}

function share(field: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new NadirError('input', `${field} is ${show(value)}; allowed: a number from 0 to 1`);
}
