/**
 * In which basin a point lies: the local minimum under it, by a descent that does not leave it.
 *
 * Steps against the gradient, each downhill and no longer than a thousandth of the box's width in any coordinate, so that the path stays close to
 * the gradient's flow; a valley too narrow to be walked to its end is left to L-BFGS from where the walk was. Two points are of one basin when their
 * minima agree to a thousandth of the width in every coordinate. Surprise: L-BFGS from the start itself jumps over ripples with its first step.
 */
import { run } from '../../core/run.ts';
import { optimizer, start } from '../../optimizers/index.ts';

import type { Backend, Box, Problem, Random } from '../../core/types.ts';

const STEP = 1e-3; // of the width, at most
const STILL = 1e-9; // of the width: arrived
const MOST = 20_000; // gradients of a walk
const CLOSER = 4000; // cost of what L-BFGS does after it
const SAME = 1e-3; // of the width

/** The local minimum under a point. The problem answers at once, with gradients. */
export async function minimumUnder(problem: Problem<Float64Array, Box>, from: Float64Array, context: { readonly backend: Backend; readonly random: Random }): Promise<Float64Array> {
  const { space } = problem;
  const { dim, lower, upper } = space;
  const x = from.slice();
  const next = new Float64Array(dim);
  let { loss, gradient } = look(problem, x);
  let rate = Infinity;
  for (let n = 0; n < MOST; n++) {
    let longest = 0; // move of a coordinate at rate 1, in widths
    for (let i = 0; i < dim; i++) longest = Math.max(longest, Math.abs(gradient[i]!) / (upper[i]! - lower[i]!));
    if (!(longest > 0)) return x;
    rate = Math.min(2 * rate, STEP / longest);
    let squared = 0; // length of the move, over its rate
    for (;; rate /= 2) {
      if (rate * longest < STILL) return x;
      squared = 0;
      for (let i = 0; i < dim; i++) next[i] = x[i]! - rate * gradient[i]!;
      space.clip(next);
      for (let i = 0; i < dim; i++) squared += ((x[i]! - next[i]!) / rate) * gradient[i]!;
      if (squared === 0) return x; // against the bounds
      const there = look(problem, next);
      if (!(there.loss <= loss - 0.5 * rate * squared)) continue; // Armijo
      ({ loss, gradient } = there);
      x.set(next);
      break;
    }
  }
  const closer = start(optimizer('lbfgs'), problem, undefined, { ...context, x0: x });
  return (await run(problem, closer, { cost: CLOSER * (1 + (problem.gradient ?? 0)) })).best.x;
}

function look(problem: Problem<Float64Array, Box>, x: Float64Array): { loss: number; gradient: Float64Array } {
  const { loss, gradient } = problem.score({ xs: [x], gradient: true }) as { loss: Float64Array; gradient: readonly Float64Array[] };
  return { loss: loss[0]!, gradient: gradient[0]!.slice() };
}

/** Whether two minima are one. */
export function same({ lower, upper }: Box, a: Float64Array, b: Float64Array): boolean {
  return a.every((v, i) => Math.abs(v - b[i]!) <= SAME * (upper[i]! - lower[i]!));
}
