/**
 * Sharpness-aware minimization (Foret, Kleiner, Mobahi, Neyshabur 2021, Algorithm 1): a descent that follows the gradient rho uphill
 * of where it stands, x + rho g / |g|, and so prefers wide minima.
 *
 * Two gradients a step, both asked for on the same mini-batch. The uphill point is kept in the box. Where it fails, or there is no uphill,
 * the step is the plain one: the paper says nothing of either.
 */
import { NadirError, show } from '../core/errors.ts';
import type { Batch, Box, Context, Descent, Options, OptimizerDef, Scores, Snapshot } from '../core/types.ts';
import { baseOptions, begins, type BaseParams } from './descent.ts';
import type { Begin } from './chain.ts';
import { norm } from './escape/ledger.ts';

export interface SharpnessParams extends BaseParams { readonly rho: number }

export const sharpness: OptimizerDef<SharpnessParams> = {
  name: 'sharpness',
  aliases: ['sam', 'sharpness-aware'],
  about: 'sharpness-aware minimization: a descent along the gradients a little uphill, which avoids narrow minima',
  spaces: ['box'],
  gradient: 'required',
  options: { ...baseOptions('sgd'), rho: { default: 0.05, about: 'how far uphill, Euclidean', above: 0 } } as Options<SharpnessParams>,
  start: (space: Box, p, context, saved) => sharpen(begins('optimizer sharpness', p), p.rho)(space, context, saved),
};

interface Saved { readonly inner: Snapshot; readonly first: { readonly loss: number; readonly violation: number; readonly gradient: Float64Array } | null }

/**
 * A descent that takes its gradients rho uphill.
 * @param begin what `chain` returns
 * @param rho Euclidean, above 0
 * @example
 * const descent = sharpen(chain([rate(0.1)], 1), 0.5)(box(1, -2, 2), { random: createRandom(1), backend: await sharedBackend(), x0: Float64Array.of(1) });
 * const slope = (x) => Float64Array.of(2 * x[0]); // of x^2
 * for (let k = 0; k < 2; k++) descent.tell(descent.ask(), { loss: Float64Array.of(1), gradient: [slope(descent.ask().xs[0])] });
 * descent.x; // Float64Array(1) [ 0.7 ]
 */
export function sharpen(begin: Begin, rho: number): Begin {
  if (!(rho > 0 && rho < Infinity)) throw new NadirError('input', `rho is ${show(rho)}; allowed: a number above 0`);
  return function start(space, context: Context<Float64Array>, snapshot, forgets, forked): Descent {
    const saved = snapshot as unknown as Saved | undefined;
    const inner = begin(space, context, saved?.inner, forgets, forked);
    let first = saved?.first && !forgets ? { ...saved.first, gradient: saved.first.gradient.slice() } : undefined; // the answer at x, once it is there
    let pending: Batch<Float64Array> | undefined;

    /** x + rho g / |g|, in the box. */
    function uphill(gradient: Float64Array): Float64Array {
      const size = rho / norm(gradient);
      const y = inner.x.slice();
      for (let i = 0; i < y.length; i++) y[i] = y[i]! + size * gradient[i]!;
      space.clip(y);
      return y;
    }

    function visit(told: Batch<Float64Array>, scores: Scores<Float64Array>): void {
      const before = inner.ask();
      inner.tell(told, scores);
      if (inner.ask() === before) return;
      first = pending = undefined; // it stands elsewhere now
    }

    const save = (): Snapshot => ({ inner: inner.save(), first: first ? { ...first, gradient: first.gradient.slice() } : null });

    return {
      get x() {
        return inner.x;
      },
      get step() {
        return inner.step;
      },
      ask() {
        if (pending !== undefined) return pending;
        const batch = inner.ask()!;
        return (pending = first === undefined ? batch : { ...batch, xs: [uphill(first.gradient)] });
      },
      tell(told, scores) {
        if (told !== pending) return visit(told, scores);
        pending = undefined;
        const batch = inner.ask()!;
        if (first === undefined) {
          const slope = scores.loss[0] === Infinity ? 0 : norm(scores.gradient![0]!);
          if (!(slope > 0 && slope < Infinity)) inner.tell(batch, scores);
          else first = { loss: scores.loss[0]!, violation: scores.violation?.[0] ?? 0, gradient: scores.gradient![0]!.slice() };
          return;
        }
        const { loss, violation, gradient } = first;
        first = undefined;
        inner.tell(batch, { loss: Float64Array.of(loss), violation: Float64Array.of(violation), gradient: [scores.loss[0] === Infinity ? gradient : scores.gradient![0]!] });
      },
      save,
      fork: (from, fresh) => start(space, context, { inner: inner.fork(from, fresh).save(), first: null }, false, true),
    };
  };
}
