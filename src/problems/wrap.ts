/** Problems made of a user's own functions, and problems around problems. */
import { NadirError, messageOf, show } from '../core/errors.ts';
import { isPromise } from '../core/run.ts';
import type { Batch, Box, Problem, Scores } from '../core/types.ts';
import { differenceStep } from '../spaces/box.ts';

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
  function score(batch: Batch<Float64Array>): Scores<Float64Array> | Promise<Scores<Float64Array>> {
    const { xs } = batch;
    const n = xs.length;
    const loss = new Float64Array(n); // its own: an answer may be pending while another batch is scored
    let failure: string | undefined;
    const settle = (i: number, value: unknown): void => {
      loss[i] = typeof value === 'number' ? value : NaN;
      if (typeof value !== 'number') failure ??= `the objective returned ${show(value)}; expected a number`;
    };
    const fail = (i: number, error: unknown): void => {
      loss[i] = NaN;
      failure ??= `the objective threw: ${messageOf(error)}`;
    };
    const finish = (): Scores<Float64Array> => withGradient({ loss, failure }, batch, gradient);
    const waiting: Promise<void>[] = [];
    for (let i = 0; i < n; i++) {
      try {
        const value = f(xs[i]!.slice());
        if (isPromise(value)) waiting.push(Promise.resolve(value).then((v) => settle(i, v), (error) => fail(i, error)));
        else settle(i, value);
      } catch (error) {
        fail(i, error);
      }
    }
    return waiting.length > 0 ? Promise.all(waiting).then(finish) : finish();
  }
  return { name, space, score, gradient: gradient ? 1 : undefined };
}

/** The scores with the gradients a batch wants; a point whose gradient fails has failed. */
function withGradient({ loss, failure }: Scores<Float64Array>, { xs, gradient: wanted }: Batch<Float64Array>, gradient: Gradient | undefined): Scores<Float64Array> {
  if (!wanted) return { loss, failure };
  let first = failure;
  const slopes = xs.map((x, i) => {
    const answer = vector(gradient!, x, x.length);
    if (typeof answer !== 'string') return answer;
    loss[i] = NaN;
    first ??= answer;
    return new Float64Array(x.length);
  });
  return { loss, gradient: slopes, failure: first };
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
      return withGradient({ loss }, batch, gradient);
    };
    const answer = f(matrix, n, dim);
    return isPromise(answer) ? Promise.resolve(answer).then(settle) : settle(answer);
  }
  return { name, space, score, gradient: gradient ? 1 : undefined };
}

/**
 * The same problem with a gradient by central differences, 2 dim evaluations each, at points inside the bounds.
 * Where a bound is nearer than the step, the difference is one-sided.
 */
export function differences(problem: Problem<Float64Array, Box>): Problem<Float64Array, Box> {
  const { dim, lower, upper } = problem.space;

  function score(batch: Batch<Float64Array>): Scores<Float64Array> | Promise<Scores<Float64Array>> {
    if (!batch.gradient) return problem.score(batch);
    const xs: Float64Array[] = [];
    for (const x of batch.xs) {
      xs.push(x);
      for (let i = 0; i < dim; i++) {
        const h = differenceStep(x[i]!, upper[i]! - lower[i]!);
        for (const sign of [1, -1]) {
          const y = x.slice();
          y[i] = Math.min(upper[i]!, Math.max(lower[i]!, x[i]! + sign * h));
          xs.push(y);
        }
      }
    }
    const width = 2 * dim + 1;
    const pick = <T>(rows: readonly T[] | undefined): T[] | undefined => rows && batch.xs.map((_, r) => rows[r * width]!);
    /** Slopes of values(row) at point r, by the pair of rows of each coordinate. */
    const slopes = (r: number, value: (row: number) => number): Float64Array =>
      batch.xs[r]!.map((_, i) => {
        const k = r * width + 1 + 2 * i;
        const slope = (value(k) - value(k + 1)) / (xs[k]![i]! - xs[k + 1]![i]!);
        return Number.isFinite(slope) ? slope : 0; // a failed neighbour says nothing
      });
    const fold = ({ loss, failure, violation, refined, constraints, cost }: Scores<Float64Array>): Scores<Float64Array> => ({
      loss: Float64Array.from(pick(Array.from(loss))!),
      gradient: batch.xs.map((_, r) => slopes(r, (row) => loss[row]!)),
      failure, cost,
      violation: violation && Float64Array.from(pick(Array.from(violation))!),
      refined: pick(refined),
      constraints: pick(constraints),
      slopes: constraints && batch.xs.map((_, r) => Float64Array.from(Array.from(constraints[r * width]!, (_v, j) => Array.from(slopes(r, (row) => constraints[row]![j]!))).flat())),
    });
    const answer = problem.score({ xs, fidelity: batch.fidelity });
    return isPromise(answer) ? Promise.resolve(answer).then(fold) : fold(answer);
  }
  return { ...problem, gradient: 2 * dim, score };
}
