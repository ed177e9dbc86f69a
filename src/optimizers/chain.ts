/**
 * A descent as one loop and a chain of transforms, each of which turns an update; the true step size a parameter is made when someone asks.
 *
 * Steps are projected into the box. A point that fails is halved back towards the last good one. Surprise: with 109,386 parameters plain loops take
 * longer than a third of a network's mini-batch, so from 4096 on what a descent holds lies in the arena, as far as there is room, and kernels work on
 * it; forks, of which nobody knows how long they live, have arrays of their own and the same bits.
 */
import { NadirError, show } from '../core/errors.ts';
import { restoreRandom } from '../core/random.ts';
import type { Backend, Batch, Box, Context, Descent, Scores, Snapshot } from '../core/types.ts';

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
/** Makes a link for dim parameters, or continues a saved one; where there is an arena, updates lie in it. */
export type TransformDef = (dim: number, saved?: Snapshot, arena?: Backend) => Transform;
/** What `chain` returns: begins a descent, or goes on from a saved one, `fresh` without what that remembered of gradients; `forked`: not in the arena. What wraps a descent takes one of these. */
export type Begin = (space: Box, context: Context<Float64Array>, saved?: Snapshot, fresh?: boolean, forked?: boolean) => Descent;

/** Multiplies by lr / (1 + decay t), t counting steps from 0. */
export const rate = (lr: number, decay: number = 0): TransformDef => follow((t) => lr / (1 + decay * t));

/** Multiplies by a factor of t, which counts steps from 0. */
export function follow(factor: (t: number) => number): TransformDef {
  return (_dim, saved, arena) => {
    let t = (saved as number | undefined) ?? 0;
    return {
      apply(update) {
        const by = factor(t++);
        if (arena) arena.kernels.multiply(update.byteOffset, update.length, by);
        else multiply(update, by);
      },
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
export const moments = (beta1: number, beta2: number, epsilon: number): TransformDef => (dim, saved, arena) => {
  const from = saved as { m: Float64Array; v: Float64Array; power1: number; power2: number } | undefined;
  const [m, v] = [from?.m, from?.v].map((values) => copied(dim, values, arena)) as [Float64Array, Float64Array];
  let power1 = from?.power1 ?? 1;
  let power2 = from?.power2 ?? 1;
  return {
    apply(update) {
      power1 *= beta1;
      power2 *= beta2;
      const correction = Math.sqrt(1 - power2) / (1 - power1);
      if (arena) return arena.kernels.moments(update.byteOffset, m.byteOffset, v.byteOffset, dim, beta1, beta2, epsilon, correction);
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

const LARGE = 4096; // parameters
const SPARE = 1 << 22; // bytes that are left to others

/** The arena, where a descent of that size belongs and fits into it: point, update and up to two moments. */
function roomFor(dim: number, backend: Backend): Backend | undefined {
  return dim >= LARGE && backend.free() >= 40 * dim + SPARE ? backend : undefined;
}

/** The values, or zeros, in an array of one's own. */
function copied(dim: number, values: Float64Array | undefined, arena: Backend | undefined): Float64Array {
  const out = arena ? arena.array(dim) : new Float64Array(dim);
  if (values) out.set(values);
  return out;
}

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
export function chain(links: readonly TransformDef[], fidelity: number): Begin {
  if (!POWERS.includes(fidelity)) throw new NadirError('input', `fidelity is ${show(fidelity)}; allowed: a power of two from 2^-20 to 1`);
  return function start(space, context, snapshot, fresh = false, forked = false): Descent {
    const { dim } = space;
    const saved = snapshot as unknown as Saved | undefined;
    const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
    const arena = forked ? undefined : roomFor(dim, context.backend);
    const x = copied(dim, saved?.x ?? context.x0 ?? space.sample(random), arena);
    const even = arena !== undefined && space.lower.every((bound) => bound === space.lower[0]) && space.upper.every((bound) => bound === space.upper[0]);
    const step = new Float64Array(dim); // 0 until the first
    let stepped = saved !== undefined && saved.stepped && !fresh;
    let stale = stepped; // whether `step` is of another time
    const transforms = links.map((link, i) => link(dim, saved?.chain[i], arena));
    if (fresh) for (const transform of transforms) transform.forget?.();
    const update = copied(dim, undefined, arena);
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
      if (even) return arena.kernels.advance(x.byteOffset, update.byteOffset, dim, space.lower[0]!, space.upper[0]!);
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
        const child = start(space, context, save(), without, true);
        child.x.set(from);
        return child;
      },
    };
  };
}
