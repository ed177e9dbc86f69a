/**
 * Limits around a problem: g(x) up to 0 is feasible, and the sum of what is above it is the violation.
 *
 * Optimizers compare violations before losses (Deb 2000); those that want more, `lagrangian`, find each constraint's value in the
 * scores. Limits are not charged: a cost is a cost of the objective.
 */
import { NadirError, messageOf, show } from '../core/errors.ts';
import { isPromise } from '../core/run.ts';
import type { Batch, Box, Problem, Scores, Space } from '../core/types.ts';
import { differenceStep } from '../spaces/box.ts';

/** One number or several at a point; up to 0 is feasible. */
export type Limit<X> = (x: X) => number | ArrayLike<number>;

/**
 * The same problem under constraints g(x) <= 0. A limit that throws, changes how many numbers it answers, or answers NaN, fails the point. Limits nest.
 * Where gradients are asked for, those of g are central differences at points inside the box.
 * @throws NadirError when g is no function
 * @example
 * const bowl = fromFunction((x) => x[0] ** 2 + x[1] ** 2, box(2, -5, 5));
 * limit(bowl, (x) => 1 - x[0] - x[1]).score({ xs: [Float64Array.of(0, 0)] }).violation; // Float64Array(1) [ 1 ]
 */
export function limit<X, S extends Space<X>>(problem: Problem<X, S>, g: Limit<X>): Problem<X, S> {
  if (typeof g !== 'function') throw new NadirError('input', `the limit is ${show(g)}; allowed: a function of a point that returns a number or numbers, feasible up to 0`);
  const { space } = problem;
  let count: number | undefined; // of constraints, by the first answer

  /** The constraints at x, or what is wrong. */
  function values(x: X): Float64Array | string {
    try {
      const answer = g(space.copy(x));
      const out = typeof answer === 'number' ? Float64Array.of(answer) : typeof answer === 'object' && answer !== null ? Float64Array.from(answer) : new Float64Array(0);
      if (out.length !== (count ?? Math.max(1, out.length))) return `the limit returned ${show(answer)}; expected ${count ?? 'a number or'} numbers`;
      count = out.length;
      return out.some(Number.isNaN) ? `the limit returned ${show(answer)}; expected numbers` : out;
    } catch (error) {
      return `the limit threw: ${messageOf(error)}`;
    }
  }

  /** Rows of dim slopes, one a constraint. */
  function differences(x: Float64Array, at: Float64Array): Float64Array {
    const { dim, lower, upper } = space as unknown as Box;
    const out = new Float64Array(at.length * dim);
    const y = x.slice();
    for (let i = 0; i < dim; i++) {
      const h = differenceStep(x[i]!, upper[i]! - lower[i]!);
      const ends = [Math.min(upper[i]!, x[i]! + h), Math.max(lower[i]!, x[i]! - h)] as const;
      const [above, below] = ends.map((v) => {
        y[i] = v;
        return values(y as X);
      });
      y[i] = x[i]!;
      for (let j = 0; j < at.length; j++) {
        const slope = typeof above === 'string' || typeof below === 'string' ? 0 : (above![j]! - below![j]!) / (ends[0] - ends[1]);
        out[j * dim + i] = Number.isFinite(slope) ? slope : 0; // a failed neighbour says nothing
      }
    }
    return out;
  }

  function score(batch: Batch<X>): Scores<X> | Promise<Scores<X>> {
    const fold = (scores: Scores<X>): Scores<X> => {
      const { refined } = scores;
      const n = batch.xs.length;
      const loss = scores.loss.slice();
      const violation = new Float64Array(n);
      const slopes: Float64Array[] | undefined = batch.gradient && space.name === 'box' ? [] : undefined;
      let { failure } = scores;
      const constraints = batch.xs.map((asked, i) => {
        const x = refined?.[i] ?? asked;
        const answer = values(x);
        const inner = scores.constraints?.[i];
        if (typeof answer === 'string') {
          failure ??= answer;
          loss[i] = NaN;
          violation[i] = Infinity;
        } else {
          violation[i] = scores.violation?.[i] ?? 0;
          for (const v of answer) if (v > 0) violation[i] = violation[i]! + v;
        }
        const own = typeof answer === 'string' ? new Float64Array(count ?? 1).fill(Infinity) : answer;
        slopes?.push(joined(scores.slopes?.[i], typeof answer === 'string' ? new Float64Array(own.length * (space as unknown as Box).dim) : differences(x as Float64Array, own)));
        return joined(inner, own);
      });
      return { ...scores, loss, violation, constraints, slopes, failure };
    };
    const answer = problem.score(batch);
    return isPromise(answer) ? Promise.resolve(answer).then(fold) : fold(answer);
  }
  return { ...problem, name: `${problem.name} within limits`, optimum: undefined, solution: undefined, score };
}

function joined(a: Float64Array | undefined, b: Float64Array): Float64Array {
  if (a === undefined) return b;
  const out = new Float64Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
