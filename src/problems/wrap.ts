/** Problems made of a user's own functions, and problems around problems. */
import { NadirError, messageOf, show } from '../core/errors.ts';
import type { Batch, Box, Problem, Scores } from '../core/types.ts';

/** One point to one loss. */
export type Objective = (x: Float64Array) => number | Promise<number>;
/** Sees n points as one matrix by rows (n x dim), and answers n losses. */
export interface BatchObjective { readonly batch: (xs: Float64Array, n: number, dim: number) => ArrayLike<number> | Promise<ArrayLike<number>> }
/** The gradient at a point, dim numbers. */
export type Gradient = (x: Float64Array) => ArrayLike<number>;

/**
 * A problem of one's own function. A point it throws at, or answers anything but a number, is a failure and loses to every number.
 * It sees a copy: what it does to its argument changes nothing.
 */
export function fromFunction(f: Objective, space: Box, gradient?: Gradient, name: string = 'objective'): Problem<Float64Array, Box> {
  const { dim } = space;
  let loss = new Float64Array(1);

  function score(batch: Batch<Float64Array>): Scores<Float64Array> | Promise<Scores<Float64Array>> {
    const { xs } = batch;
    const n = xs.length;
    if (loss.length !== n) loss = new Float64Array(n);
    let failure: string | undefined;
    let slopes: Float64Array[] | undefined;
    const settle = (i: number, value: unknown): void => {
      loss[i] = typeof value === 'number' ? value : NaN;
      if (typeof value !== 'number') failure ??= `the objective returned ${show(value)}; expected a number`;
    };
    const fail = (i: number, error: unknown): void => {
      loss[i] = NaN;
      failure ??= `the objective threw: ${messageOf(error)}`;
    };
    const finish = (): Scores<Float64Array> => {
      if (batch.gradient) {
        slopes = xs.map((x) => {
          const answer = vector(gradient!, x, dim);
          if (typeof answer !== 'string') return answer;
          failure ??= answer;
          return new Float64Array(dim);
        });
      }
      return { loss, gradient: slopes, failure };
    };
    const waiting: Promise<void>[] = [];
    for (let i = 0; i < n; i++) {
      try {
        const value = f(xs[i]!.slice());
        if (typeof value === 'object' && value !== null && typeof (value as Promise<number>).then === 'function') {
          waiting.push((value as Promise<number>).then((v) => settle(i, v), (error) => fail(i, error)));
        } else settle(i, value);
      } catch (error) {
        fail(i, error);
      }
    }
    return waiting.length > 0 ? Promise.all(waiting).then(finish) : finish();
  }
  return { name, space, score, gradient: gradient ? 1 : undefined };
}

/** A gradient as a new vector, or what is wrong with it. */
function vector(gradient: Gradient, x: Float64Array, dim: number): Float64Array | string {
  try {
    const g = gradient(x.slice());
    if (typeof g !== 'object' || g === null || g.length !== dim) return `the gradient returned ${show(g)}; expected ${dim} numbers`;
    const out = Float64Array.from(g);
    return out.every(Number.isFinite) ? out : `the gradient returned ${show(Array.from(g))}; expected finite numbers`;
  } catch (error) {
    return `the gradient threw: ${messageOf(error)}`;
  }
}

/** A problem of a batch function. An answer of the wrong length, or a throw, fails the whole batch. */
export function fromBatch({ batch: f }: BatchObjective, space: Box, gradient?: Gradient, name: string = 'objective'): Problem<Float64Array, Box> {
  const { dim } = space;
  function score(batch: Batch<Float64Array>): Scores<Float64Array> | Promise<Scores<Float64Array>> {
    const n = batch.xs.length;
    const matrix = new Float64Array(n * dim);
    batch.xs.forEach((x, i) => matrix.set(x, i * dim));
    const settle = (answer: ArrayLike<number>): Scores<Float64Array> => {
      if (typeof answer !== 'object' || answer === null || answer.length !== n) throw new NadirError('objective', `the objective returned ${typeof answer === 'object' && answer !== null ? `${answer.length} losses` : show(answer)} for ${n} points`);
      const loss = Float64Array.from(answer, (value) => (typeof value === 'number' ? value : NaN));
      if (!batch.gradient) return { loss };
      let failure: string | undefined;
      const slopes = batch.xs.map((x) => {
        const g = vector(gradient!, x, dim);
        if (typeof g !== 'string') return g;
        failure ??= g;
        return new Float64Array(dim);
      });
      return { loss, gradient: slopes, failure };
    };
    const answer = f(matrix, n, dim);
    return typeof (answer as Promise<ArrayLike<number>>)?.then === 'function' ? (answer as Promise<ArrayLike<number>>).then(settle) : settle(answer as ArrayLike<number>);
  }
  return { name, space, score, gradient: gradient ? 1 : undefined };
}

const CUBE_ROOT_OF_EPSILON = 6.055454452393343e-6;

/**
 * The same problem with a gradient by central differences, 2 dim evaluations each, at points inside the bounds.
 * Steps are cbrt(epsilon) max(1, |x|) (Dennis and Schnabel 1983, 5.6), cut at a bound, where they become one-sided.
 */
export function differences(problem: Problem<Float64Array, Box>): Problem<Float64Array, Box> {
  const { dim, lower, upper } = problem.space;

  function score(batch: Batch<Float64Array>): Scores<Float64Array> | Promise<Scores<Float64Array>> {
    if (!batch.gradient) return problem.score(batch);
    const xs: Float64Array[] = [];
    for (const x of batch.xs) {
      xs.push(x);
      for (let i = 0; i < dim; i++) {
        const h = Math.min(CUBE_ROOT_OF_EPSILON * Math.max(1, Math.abs(x[i]!)), (upper[i]! - lower[i]!) / 4);
        for (const sign of [1, -1]) {
          const y = x.slice();
          y[i] = Math.min(upper[i]!, Math.max(lower[i]!, x[i]! + sign * h));
          xs.push(y);
        }
      }
    }
    const fold = ({ loss: all, failure, violation }: Scores<Float64Array>): Scores<Float64Array> => {
      const width = 2 * dim + 1;
      const loss = new Float64Array(batch.xs.length);
      const gradient = batch.xs.map((x, r) => {
        loss[r] = all[r * width]!;
        return x.map((_, i) => {
          const k = r * width + 1 + 2 * i;
          const slope = (all[k]! - all[k + 1]!) / (xs[k]![i]! - xs[k + 1]![i]!);
          return Number.isFinite(slope) ? slope : 0; // a failed neighbour says nothing
        });
      });
      return { loss, gradient, failure, violation: violation && Float64Array.from(batch.xs, (_, r) => violation[r * width]!) };
    };
    const answer = problem.score({ xs, fidelity: batch.fidelity });
    return answer instanceof Promise ? answer.then(fold) : fold(answer);
  }
  return { ...problem, gradient: 2 * dim, score };
}
