/**
 * Every line's literal sum, nothing assumed: two additions a line, because lines share their prefixes.
 *
 * What every exact method ends with is here too: whether sums can overflow, and a winner from a line.
 */
import { NadirError } from '../../core/errors.ts';
import { better, highest, literal, selectionOf, terms, type Cycle, type Winner } from '../combination.ts';
import { together } from './pieces.ts';
import { NEAREST, type StrategyDef, type Tools } from './strategy.ts';

const PIECE = 24; // bits of a call of the kernel: 6 ms
const LINES = 40; // bits at most: 6 minutes a cycle

/** A line and its literal sum. */
export interface Found { readonly line: bigint; readonly d: number; readonly result: number }

export const brute: StrategyDef = {
  name: 'brute',
  about: 'every line\'s literal sum',
  most: () => LINES,
  beyond: 'exact and the strategies that try fewer lines',
  async find(cycle, tools) {
    const pairs = terms(cycle);
    if (!bounded(pairs, cycle.target)) return overflowing(cycle);
    return settle(cycle, pairs, (await together('brute', cycle, pairs, tools)) ?? (await enumerate(cycle, pairs, cycle.coefficients.length, tools)));
  },
};

/** The best of the lines that select among the last `depth` parameters only, in units of 2^low those from `first` to before `end`. */
export async function enumerate({ target, within = -1 }: Pick<Cycle, 'target' | 'within'>, pairs: Float64Array, depth: number, tools: Tools, low: number = Math.min(depth, PIECE), first: number = 0, end: number = 1 << (depth - low)): Promise<Found> {
  const n = pairs.length / 2;
  const { backend, pointer } = await tools.room(4096 + 16 * n);
  const { kernels, f64 } = backend;
  const table = pointer + 4096;
  f64.set(pairs, table / 8);
  let best: Found = { line: 0n, d: Infinity, result: -Infinity };
  try {
    for (let piece = first; piece < end; piece++) {
      let start = 0;
      for (let i = 0; i < n - low; i++) start += pairs[2 * i + (i < n - depth ? 0 : (piece >>> (n - low - 1 - i)) & 1)]!;
      kernels.brute(pointer, table + 16 * (n - low), low, start, target, within, piece === 0 ? 1 : 0);
      const [result, d, line] = [f64[pointer / 8]!, f64[pointer / 8 + 1]!, f64[pointer / 8 + 2]!];
      if (better(d, result, best)) best = { line: (BigInt(piece) << BigInt(low)) + BigInt(line), d, result };
      if (d <= within) break;
      if (end > first + 1) await tools.pause();
    }
  } finally {
    tools.kept.set(NEAREST, best.line);
  }
  return best;
}

/** The winner that was found, with what the cycle wants to know besides. */
export function settle({ target, within }: Cycle, pairs: Float64Array, { line, d, result }: Found): Winner {
  const n = pairs.length / 2;
  const selection = selectionOf(line, n);
  const early = within !== undefined && d <= within;
  return { line, selection, result, cond: result - target, d, allLow: highest(pairs, early ? selection : undefined) - target < 0, lines: early ? line : (1n << BigInt(n)) - 1n };
}

/** Whether no sum can overflow: then all are finite, and rounding errors have bounds. */
export function bounded(pairs: Float64Array, target: number): boolean {
  let size = Math.abs(target);
  for (let i = 0; i < pairs.length; i += 2) size += Math.max(Math.abs(pairs[i]!), Math.abs(pairs[i + 1]!));
  return size < 8.98846567431158e307; // 2^1023; false for NaN
}

/** The winner where sums overflow to infinities: line by line, by the rules for numbers that are none. */
export function overflowing(cycle: Cycle): Winner {
  const n = cycle.coefficients.length;
  if (n > PIECE) throw new NadirError('input', `the sums of these ${n} weighted coefficients overflow; allowed then: up to ${PIECE} coefficients`);
  return literal(cycle);
}
