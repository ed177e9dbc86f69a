/**
 * What a strategy that tries selections of its own choice writes down: each gets its literal sum and a number, the best by the tie rule is kept, and a winner is made of it.
 *
 * Surprise: whether a cycle is all low needs no trying. The highest sum of all lines takes n additions, so these strategies answer for every line there, and the step factor
 * goes the way exact search would send it; faithful sampling alone judges by what it drew.
 */
import { better, highest, selectionOf, sumOf, terms, type Cycle, type Winner } from '../combination.ts';
import { ROWS } from './table.ts';

export interface Ledger {
  readonly pairs: Float64Array;
  /** The best so far; the distance is NaN and the selection empty before there is one. */
  readonly best: { readonly selection: Uint8Array; readonly d: number; readonly result: number; readonly line: number };
  /** Whether it is within the tolerance of early stopping: then nothing is to be tried any more. */
  readonly reached: boolean;
  /** Scores a selection (copied), one parameter at least. Its literal sum minus the target. */
  offer(selection: Uint8Array): number;
  /** `drawn`: all low means what was tried is. */
  winner(drawn?: boolean): Winner;
}

/**
 * A ledger for one cycle.
 * @example
 * const ledger = open({ coefficients: Float64Array.of(15, 47, -12), weights: new Float64Array(3), wpn: 1, target: 28 });
 * ledger.offer(Uint8Array.of(1, 0, 0)); // -13
 * ledger.offer(Uint8Array.of(0, 1, 1)); // 7
 * ledger.winner().line; // 2n
 */
export function open(cycle: Cycle): Ledger {
  const { target, within } = cycle;
  const pairs = terms(cycle);
  const n = cycle.coefficients.length;
  const tried: number[] | undefined = n <= ROWS ? [] : undefined; // lines, for a truth table
  let best: { selection: Uint8Array; d: number; result: number; line: number } = { selection: new Uint8Array(n), d: NaN, result: NaN, line: 0 };
  let lines = 0;
  let low = true;
  let reached = false;
  return {
    pairs,
    get best() { return best; },
    get reached() { return reached; },
    offer(selection) {
      lines++;
      if (tried) {
        let number = 0;
        for (let i = 0; i < n; i++) number = 2 * number + selection[i]!;
        tried.push(number);
      }
      const result = sumOf(pairs, selection);
      const d = Math.abs(result - target);
      if (!(result - target < 0)) low = false;
      if (lines === 1 || better(d, result, best)) best = { selection: selection.slice(), d, result, line: lines };
      if (within !== undefined && d <= within) reached = true;
      return result - target;
    },
    winner(drawn = false) {
      const { selection, d, result, line } = best;
      return { line: BigInt(line), selection, result, cond: result - target, d, allLow: drawn ? low : highest(pairs) - target < 0, lines: BigInt(lines), ...(tried ? { tried: { *[Symbol.iterator]() { for (const number of tried) yield selectionOf(BigInt(number), n); } } } : {}) };
    },
  };
}

/** Indices by the size of what selecting changes, largest first; of equals the earlier. */
export function bySize(pairs: Float64Array): Uint32Array {
  const size = Float64Array.from({ length: pairs.length / 2 }, (_, i) => Math.abs(pairs[2 * i + 1]! - pairs[2 * i]!) || 0);
  return Uint32Array.from(size.keys()).sort((i, j) => size[j]! - size[i]! || i - j);
}
