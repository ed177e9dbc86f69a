/**
 * One cycle of the combination search as a problem over the bits space: any optimizer of that space may try what the exact strategies decide.
 *
 * The loss is |sum - target| with the sum's literal order. Surprise: the empty selection must not win, but it is a point of the space; it is infeasible by 1.
 */
import { NadirError, show } from '../core/errors.ts';
import type { Batch, Bits, Problem, Scores } from '../core/types.ts';
import { bits } from '../spaces/bits.ts';
import { sumOf, terms } from './combination.ts';

/** Where a cycle begins. */
export interface CycleStart {
  /** Finite numbers, at least one. */
  readonly coefficients: ArrayLike<number>;
  readonly target: number;
  /** As many as coefficients, default all 0: a weight of 0 counts as 1 where it is selected. */
  readonly weights?: ArrayLike<number>;
  /** The step factor that selected weights are multiplied by, default 1. */
  readonly wpn?: number;
}

/**
 * The problem of one cycle: which non-empty selection brings the weighted sum nearest to the target.
 * @throws NadirError for anything that is no finite number
 * @example
 * const { best } = await minimize(cycle({ coefficients: [15, 47, -12], target: 28 }), { optimizer: 'genetic', cost: 200 });
 * best.x; // Uint8Array(3) [ 0, 1, 1 ]
 * best.loss; // 7
 */
export function cycle({ coefficients, target, weights = new Float64Array(coefficients?.length ?? 0), wpn = 1 }: CycleStart): Problem<Uint8Array, Bits> {
  const numbers = (field: string, values: unknown): Float64Array => {
    const list = values as ArrayLike<number> | null;
    if (typeof list !== 'object' || list === null || !(list.length > 0)) throw new NadirError('input', `${field} is ${show(values)}; allowed: finite numbers, at least one`);
    for (let i = 0; i < list.length; i++) number(`${field}[${i}]`, list[i]);
    return Float64Array.from(list);
  };
  const number = (field: string, value: unknown): void => {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new NadirError('input', `${field} is ${show(value)}; allowed: a finite number`);
  };
  const c = numbers('coefficients', coefficients);
  const w = numbers('weights', weights);
  if (w.length !== c.length) throw new NadirError('input', `weights has ${w.length} numbers; allowed: ${c.length}, one a coefficient`);
  number('target', target);
  number('wpn', wpn);
  const pairs = terms({ coefficients: c, weights: w, wpn, target });

  function score({ xs }: Batch<Uint8Array>): Scores<Uint8Array> {
    const loss = Float64Array.from(xs, (x) => Math.abs(sumOf(pairs, x) - target));
    return { loss, violation: Float64Array.from(xs, (x) => (x.includes(1) ? 0 : 1)) };
  }
  return { name: 'cycle', space: bits(c.length), score };
}
