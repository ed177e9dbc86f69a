/**
 * Perturbed gradient descent (Jin, Ge, Netrapalli, Kakade, Jordan 2017, "How to escape saddle points efficiently", Algorithm 2): where
 * the gradient is small, noise from a ball, and `wait` steps on a look at whether it paid.
 *
 * The paper ends where it did not; this one goes back to the point it left and tries other noise. It leaves strict saddles, which plain descent
 * leaves only when it does not come straight at them; local minima it leaves when the ball reaches beyond their basin. On mini-batches the
 * gradient is seldom small, and then this is the plain descent.
 */
import { pow } from '../../assembly/portable/math.ts';
import { NadirError, show } from '../core/errors.ts';
import { restoreRandom } from '../core/random.ts';
import type { Box, Context, Descent, Options, OptimizerDef, Random, Snapshot } from '../core/types.ts';
import { baseOptions, begins, type BaseParams } from './descent.ts';
import { norm } from './escape/ledger.ts';
import type { Begin } from './chain.ts';

export interface Perturbation { readonly radius: number; readonly threshold: number; readonly wait: number; readonly fall: number }
export interface PerturbedParams extends BaseParams { readonly radius: number; readonly threshold: number; readonly wait: number; readonly fall: number }

export const perturbed: OptimizerDef<PerturbedParams> = {
  name: 'perturbed',
  aliases: ['pgd', 'perturbed-descent', 'perturbed_gradient_descent'],
  about: 'perturbed gradient descent: noise from a ball where the gradient is small, taken back where it did not help',
  spaces: ['box'],
  gradient: 'required',
  options: {
    ...baseOptions('descent'),
    radius: { default: 0.1, about: 'of the ball, Euclidean', above: 0 },
    threshold: { default: 1e-6, about: 'a gradient whose norm is up to this is small', min: 0 }, // where it ends when no noise pays: the sphere of dim 10 at 2e-13 (1e-3: 2e-7)
    wait: { default: 50, about: 'steps after the noise until it is judged', min: 1, integer: true },
    fall: { default: 0, about: 'what the loss must have fallen by then for the noise to stay', min: 0 },
  } as Options<PerturbedParams>,
  start: (space: Box, p, context, saved) => perturb(begins('optimizer perturbed', p), p)(space, context, saved),
};

interface Left { readonly x: Float64Array; readonly loss: number; readonly violation: number }
interface Saved { readonly random: Snapshot; readonly inner: Snapshot; readonly left: Left | null; readonly since: number }

/**
 * A descent with noise where its gradient is small, as on a saddle.
 * @param begin what `chain` returns
 * @example
 * const begin = perturb(chain([rate(0.1)], 1), { radius: 0.1, threshold: 1e-3, wait: 10, fall: 0 });
 * const descent = begin(box(2, -1, 1), { random: createRandom(1), backend: await sharedBackend(), x0: Float64Array.of(0, 0) });
 * descent.tell(descent.ask(), { loss: Float64Array.of(0), gradient: [Float64Array.of(0, 0)] });
 * Math.hypot(...descent.x) <= 0.1 && descent.x[0] !== 0; // true
 */
export function perturb(begin: Begin, { radius, threshold, wait, fall }: Perturbation): Begin {
  for (const [field, value, ok, allowed] of [
    ['radius', radius, radius > 0, 'a number above 0'],
    ['threshold', threshold, threshold >= 0, 'a number from 0'],
    ['wait', wait, Number.isSafeInteger(wait) && wait >= 1, 'an integer from 1'],
    ['fall', fall, fall >= 0, 'a number from 0'],
  ] as const) if (!ok || value === Infinity) throw new NadirError('input', `${field} is ${show(value)}; allowed: ${allowed}`);
  return function start(space, context: Context<Float64Array>, snapshot, forgets, forked): Descent {
    const saved = snapshot as unknown as Saved | undefined;
    const random = saved ? restoreRandom(saved.random, context.backend) : context.random.fork('noise');
    let inner = begin(space, context, saved?.inner, forgets, forked);
    let left: Left | undefined = saved?.left && !forgets ? { ...saved.left, x: saved.left.x.slice() } : undefined; // the point before the noise, until it is judged
    let since = saved?.since ?? 0; // steps from the noise on

    /** Goes on from a point of the ball around x. */
    function shake(x: Float64Array): void {
      const y = ball(x.length, radius, random);
      for (let i = 0; i < y.length; i++) y[i] = x[i]! + y[i]!;
      space.clip(y);
      inner = inner.fork(y);
      since = 0;
    }

    const save = (): Snapshot => ({ random: random.save(), inner: inner.save(), left: left ? { ...left, x: left.x.slice() } : null, since });

    return {
      get x() {
        return inner.x;
      },
      get step() {
        return inner.step;
      },
      ask: () => inner.ask(),
      tell(told, scores) {
        const asked = inner.ask();
        if (told !== asked) {
          inner.tell(told, scores);
          if (inner.ask() !== asked) left = undefined; // it stands elsewhere now
          return;
        }
        since++;
        const loss = scores.loss[0]!;
        const violation = scores.violation?.[0] ?? 0;
        const judged = left === undefined || (since > wait && loss < Infinity);
        const stays = left === undefined || violation < left.violation || (violation === left.violation && loss < left.loss - fall);
        if (judged && stays) left = loss < Infinity && norm(scores.gradient![0]!) <= threshold ? { x: told.xs[0]!.slice(), loss, violation } : undefined;
        inner.tell(told, scores);
        if (judged && left !== undefined) shake(left.x);
      },
      save,
      fork: (from, fresh) => start(space, context, { ...(save() as unknown as Saved), inner: inner.fork(from, fresh).save(), left: null } as unknown as Snapshot, false, true),
    };
  };
}

/** Uniform in a ball around 0: a normal direction, and a radius whose dim-th power is uniform. */
export function ball(dim: number, radius: number, random: Random): Float64Array {
  const y = new Float64Array(dim);
  random.normals(y);
  const size = (radius * pow(random.f64(), 1 / dim)) / norm(y);
  for (let i = 0; i < dim; i++) y[i] = y[i]! * size;
  return y;
}
