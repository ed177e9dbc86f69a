/**
 * The weight combination problem: one cycle of it, and the literal enumeration that every method must equal.
 *
 * A cycle tries every non-empty subset of n coefficients; a selected parameter's weight is multiplied by the cycle's step factor `wpn`, a weight of 0 counts as 1 there.
 * Line k of 2^n - 1 selects parameter i by bit n - 1 - i, so parameter 0 is the highest. Numbers are doubles, added from the left, and that order is part of the answer:
 * 0.1 + 0.2 + 0.3 misses 0.6. Surprise: a parameter keeps its place in the sum when it is not selected, so the sum of "nothing selected" is the last result.
 */
import { NadirError } from '../core/errors.ts';

/** What one cycle starts from. */
export interface Cycle {
  readonly coefficients: Float64Array;
  readonly weights: Float64Array;
  readonly wpn: number;
  readonly target: number;
  /** Early stopping: the first line in order with |result - target| up to this wins at once. Absent: every line counts. */
  readonly within?: number;
}
/** The best line of a cycle. */
export interface Winner {
  /** Its number, from 1; for a method that tries lines of its own choice its place among those. */
  readonly line: bigint;
  /** One byte (0 or 1) a parameter: a point of the bits space. */
  readonly selection: Uint8Array;
  readonly result: number;
  /** result - target, and its absolute value. */
  readonly cond: number;
  readonly d: number;
  /** Whether every line tried was below the target: then the next step factor doubles, else it halves. */
  readonly allLow: boolean;
  /** Lines the method answers for: all, or those up to the first within reach. */
  readonly lines: bigint;
  /** The selections it tried, in order, where they are not lines 1, 2, 3, ... */
  readonly tried?: Iterable<Uint8Array>;
  /** What a method that chooses has chosen so far, and why. */
  readonly why?: string;
}

/**
 * What each parameter adds, in pairs: left out, selected. Weight, coefficient and step factor multiply in the published order, (c w) m.
 * @example
 * terms({ coefficients: Float64Array.of(3, 5), weights: Float64Array.of(0, 2), wpn: 0.5, target: 1 }); // Float64Array(4) [ 0, 1.5, 10, 5 ]
 */
export function terms({ coefficients, weights, wpn }: Cycle): Float64Array {
  const out = new Float64Array(2 * coefficients.length);
  for (let i = 0; i < coefficients.length; i++) {
    const c = coefficients[i]!;
    const w = weights[i]!;
    out[2 * i] = c * (w !== 0 ? w : 0) * 1;
    out[2 * i + 1] = c * (w !== 0 ? w : 1) * wpn;
  }
  return out;
}

/** The literal sum of a selection. */
export function sumOf(pairs: Float64Array, selection: Uint8Array): number {
  let s = 0;
  for (let i = 0; i < selection.length; i++) s += pairs[2 * i + selection[i]!]!;
  return s;
}

/** The selection of a line. */
export function selectionOf(line: bigint, n: number): Uint8Array {
  const out = new Uint8Array(n);
  for (let i = n - 1; i >= 0; i--, line >>= 1n) out[i] = Number(line & 1n);
  return out;
}

/** The tie rule: the smaller distance; equal, the higher sum. Still equal, who came first stays. A distance that is not a number loses. */
export function better(d: number, s: number, best: { readonly d: number; readonly result: number }): boolean {
  return d < best.d || (d === best.d && s > best.result) || (Number.isNaN(best.d) && !Number.isNaN(d));
}

/** Sees a line: its number, its selection (the same array every time), its sum, sum - target. */
export type Visit = (line: number, selection: Uint8Array, sum: number, cond: number) => void;

/**
 * The plain enumeration, line by line, sum by sum: what the other methods are compared with, and what a truth table shows. Up to 2^30 lines.
 * @example
 * const cycle = { coefficients: Float64Array.of(15, 47, -12), weights: new Float64Array(3), wpn: 1, target: 28 };
 * literal(cycle).result; // 35
 */
export function literal(cycle: Cycle, visit?: Visit): Winner {
  const { target, within } = cycle;
  const n = cycle.coefficients.length;
  if (n > 30) throw new NadirError('input', `there are ${n} coefficients; allowed line by line: up to 30`);
  const pairs = terms(cycle);
  const selection = new Uint8Array(n);
  let best = { line: 0, d: NaN, result: NaN, cond: NaN };
  let allLow = true;
  const all = (1 << n) - 1;
  let line = 1;
  for (; line <= all; line++) {
    for (let i = 0; i < n; i++) selection[i] = (line >>> (n - 1 - i)) & 1;
    const s = sumOf(pairs, selection);
    const cond = s - target;
    const d = Math.abs(cond);
    visit?.(line, selection, s, cond);
    if (!(cond < 0)) allLow = false;
    if (line === 1 || better(d, s, best)) best = { line, d, result: s, cond };
    if (within !== undefined && d <= within) break;
  }
  const lines = BigInt(Math.min(line, all));
  return { line: BigInt(best.line), selection: selectionOf(BigInt(best.line), n), result: best.result, cond: best.cond, d: best.d, allLow, lines };
}

/**
 * The highest sum of lines 1 to `last` (default all). Rounded addition is monotone, so the highest sum after a prefix takes the larger term at every step;
 * the lines are those by the first parameter they select, those up to a line by the first bit where they are below it.
 */
export function highest(pairs: Float64Array, last?: Uint8Array): number {
  const n = pairs.length / 2;
  /** After sum s, parameters from i on are free. */
  const free = (s: number, i: number): number => {
    for (; i < n; i++) s = Math.max(s + pairs[2 * i]!, s + pairs[2 * i + 1]!);
    return s;
  };
  /** As `free`, with one of them selected at least. */
  const some = (s: number, i: number): number => {
    let most = -Infinity;
    for (; i < n; i++) {
      most = Math.max(most, free(s + pairs[2 * i + 1]!, i + 1));
      s += pairs[2 * i]!;
    }
    return most;
  };
  if (last === undefined) {
    // The larger term at every step, the selected one of equals: n additions, and nearly always something is selected on the way.
    let s = 0;
    let selects = false;
    for (let i = 0; i < n; i++) {
      const without = s + pairs[2 * i]!;
      s += pairs[2 * i + 1]!;
      if (s >= without) selects = true;
      else s = without;
    }
    return selects ? s : some(0, 0);
  }
  let most = sumOf(pairs, last);
  let s = 0;
  let empty = true;
  for (let i = 0; i < n; i++) {
    if (last[i] === 1) {
      const below = s + pairs[2 * i]!;
      most = Math.max(most, empty ? some(below, i + 1) : free(below, i + 1));
      empty = false;
    }
    s += pairs[2 * i + last[i]!]!;
  }
  return most;
}

/** The weights after a winner: each selected one times the step factor, 0 counting as 1. */
export function commit({ weights, wpn }: Cycle, selection: Uint8Array): Float64Array {
  return weights.map((w, i) => (selection[i] === 1 ? (w !== 0 ? w : 1) * wpn : w));
}

/** The step factor of the next cycle. */
export function nextWpn(wpn: number, allLow: boolean, [lower, upper]: readonly [number, number]): number {
  return Math.min(Math.max(allLow ? wpn * 2 : wpn / 2, lower), upper);
}
