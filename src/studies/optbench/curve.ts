/**
 * What is kept of a run while it goes: the loss of every round, thinned, where it stood, and when it came below the threshold.
 *
 * A round costs some tens of nanoseconds here: typed arrays, and nothing made a round. Surprise: the last round is known only
 * when it is over, so it waits beside the arrays until then.
 */
import { log } from '../../../assembly/portable/math.ts';
import type { Snapshot } from '../../core/types.ts';

const KEPT = 10_000; // rounds of a curve
const STEPS = 200; // points of a trajectory
const THRESHOLD = 0.1;
const LOG10E = 0.4342944819032518;
const TINY = 1e-30; // under the logarithm: the optimum itself has a finite place

/** Rounds, from 1, thinned evenly; the first and the last are there. */
export interface Rounds {
  readonly iteration: Int32Array;
  readonly f_value: Float64Array;
  readonly best_f: Float64Array;
}
export interface Curve {
  /** The best point of a round and its loss. */
  note(x: Float64Array, f: number): void;
  /** Rounds so far. */
  readonly iterations: number;
  /** The first round whose loss is under 0.1 above the optimum; Infinity: none. */
  readonly threshold: number;
  rounds(): Rounds;
  /** Points of some rounds, `x` row by row. */
  trajectory(): { readonly iteration: Int32Array; readonly x: Float64Array };
  save(): Snapshot;
}

interface Saved { readonly iterations: number; readonly best: number; readonly threshold: number; readonly last: number; readonly at: Float64Array; readonly rounds: Rounds; readonly steps: Int32Array; readonly xs: Float64Array }

/**
 * @param most rounds there will be at most
 * @param optimum the lowest possible loss
 * @example
 * const curve = openCurve(3, 1, 0);
 * for (const f of [4, 9, 0.01]) curve.note(Float64Array.of(Math.sqrt(f)), f);
 * [curve.threshold, ...curve.rounds().best_f]; // [ 3, 4, 4, 0.01 ]
 */
export function openCurve(most: number, dim: number, optimum: number, snapshot?: Snapshot): Curve {
  const saved = snapshot as unknown as Saved | undefined;
  const stride = Math.ceil(most / (KEPT - 1));
  const stretch = Math.ceil(most / (STEPS - 1));
  const room = Math.ceil(most / stride) + 1;
  const iteration = new Int32Array(room);
  const values = new Float64Array(room);
  const bests = new Float64Array(room);
  const steps = new Int32Array(Math.ceil(most / stretch) + 1);
  const xs = new Float64Array(steps.length * dim);
  const at = new Float64Array(dim); // the last round's point
  let last = NaN; // and its loss
  let iterations = 0;
  let best = Infinity;
  let threshold = Infinity;
  let kept = 0;
  let walked = 0;
  if (saved) {
    ({ iterations, best, threshold, last } = saved);
    kept = saved.rounds.iteration.length;
    walked = saved.steps.length;
    iteration.set(saved.rounds.iteration);
    values.set(saved.rounds.f_value);
    bests.set(saved.rounds.best_f);
    steps.set(saved.steps);
    xs.set(saved.xs);
    at.set(saved.at);
  }

  function keep(n: number): void {
    iteration[n] = iterations;
    values[n] = last;
    bests[n] = best;
  }
  function rounds(n: number): Rounds {
    return { iteration: iteration.slice(0, n), f_value: values.slice(0, n), best_f: bests.slice(0, n) };
  }

  return {
    note(x, f) {
      if (dim > 32) at.set(x);
      else for (let i = 0; i < dim; i++) at[i] = x[i]!; // `set` takes 20 ns whatever it copies
      last = f;
      if (f < best) {
        best = f;
        if (threshold === Infinity && f - optimum < THRESHOLD) threshold = iterations + 1;
      }
      if (iterations++ % stride === 0) keep(kept++);
      if ((iterations - 1) % stretch === 0) {
        steps[walked] = iterations;
        xs.set(at, walked++ * dim);
      }
    },
    get iterations() {
      return iterations;
    },
    get threshold() {
      return threshold;
    },
    rounds() {
      if (kept > 0 && iteration[kept - 1] === iterations) return rounds(kept);
      keep(kept);
      return rounds(kept + 1);
    },
    trajectory() {
      const whole = walked > 0 && steps[walked - 1] === iterations;
      if (!whole) {
        steps[walked] = iterations;
        xs.set(at, walked * dim);
      }
      const n = whole ? walked : walked + 1;
      return { iteration: steps.slice(0, n), x: xs.slice(0, n * dim) };
    },
    save: () => ({ iterations, best, threshold, last, at: at.slice(), rounds: rounds(kept) as unknown as Snapshot, steps: steps.slice(0, walked), xs: xs.slice(0, walked * dim) }),
  };
}

/**
 * Minus the slope of the least-squares line of log10(best loss - optimum) over the rounds: decimal digits a round, 0 when nothing was gained.
 * @example
 * const best_f = Float64Array.of(1, 0.1, 0.01);
 * convergenceRate({ iteration: Int32Array.of(1, 2, 3), f_value: best_f, best_f }, 0).toFixed(6); // '1.000000'
 */
export function convergenceRate({ iteration, best_f }: Rounds, optimum: number): number {
  const n = iteration.length;
  const y = Float64Array.from(best_f, (f) => LOG10E * log(Math.max(0, f - optimum) + TINY));
  let [mx, my] = [0, 0];
  for (let i = 0; i < n; i++) {
    mx += iteration[i]! / n;
    my += y[i]! / n;
  }
  let [xy, xx] = [0, 0];
  for (let i = 0; i < n; i++) {
    const d = iteration[i]! - mx;
    xy += d * (y[i]! - my);
    xx += d * d;
  }
  return xx > 0 && y[0] !== y[n - 1] ? -xy / xx : 0;
}

/**
 * Standard deviation (of all of them, not an estimate) of the last tenth of the losses, one at least.
 * @example
 * stability(Float64Array.from({ length: 20 }, (_, i) => (i === 19 ? 3 : 1))); // 1
 */
export function stability(losses: Float64Array): number {
  const tail = losses.subarray(losses.length - Math.max(1, Math.floor(losses.length / 10)));
  let mean = 0;
  for (const f of tail) mean += f / tail.length;
  let square = 0;
  for (const f of tail) square += ((f - mean) * (f - mean)) / tail.length;
  return Math.sqrt(square);
}
