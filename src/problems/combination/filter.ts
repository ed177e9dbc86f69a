/**
 * Index filtering, as published: with the coefficients sorted, only those vary whose places a pair of cosine curves keeps. Far from the target they are the outermost, near it the
 * middle. It goes around any strategy; those left out keep their weights.
 *
 * Lines are those of the kept places in sorted order, sums are literal and in the given order. Up to 20 kept places around exact, up to the sampling threshold around the others,
 * the winner is the literal one of these lines. Beyond, the strategy gets the kept coefficients and what the rest leaves of the target, and its winner is scored anew: then lines
 * are in the given order, and two that are equal but for rounding may change places.
 * Surprise: the original returned the weights in sorted order, as if they belonged to other coefficients. Here nobody sees the sorted order but the numbers of lines.
 */
import { cos } from '../../../assembly/portable/math.ts';
import { better, selectionOf, sumOf, terms, type Cycle, type Winner } from '../combination.ts';
import type { StrategyDef, Tools } from './strategy.ts';

const LITERAL = 20; // bits: 10 ms
const PI = 3.141592653589793;

/**
 * The places kept, of n in ascending order, after a result.
 * @example
 * keptPlaces(10, 28, 0); // [ 0, 1, 8, 9 ]
 * keptPlaces(10, 28, 28); // [ 4, 5 ]
 */
export function keptPlaces(n: number, target: number, result: number): number[] {
  const percentage = target === 0 ? 0 : 1 - Math.abs(target - result) / Math.abs(target);
  const s = percentage > 0 ? percentage : 0; // so for a result that is not a number
  const upper = ((n - 1 - n / 2) / 2) * (cos(PI * s) + 1) + n / 2;
  const lower = ((n - 1) / 4) * (1 - cos(PI * s));
  const u = Math.min((s + 1) / (1 + n / (n + 1)), 1);
  const upperSub = ((n - 1) / 2) * (cos(PI * u) + 1) + (n - 1) / 2;
  const lowerSub = (-n / 2) * cos(PI * u);
  const out: number[] = [];
  for (let i = Math.max(0, Math.floor(lower)); i <= Math.min(n - 1, Math.ceil(upper)); i++) if (i <= Math.ceil(lowerSub) || i >= Math.floor(upperSub)) out.push(i);
  return out;
}

/** The strategy behind the filter. */
export function filtered(inner: StrategyDef): StrategyDef {
  return {
    ...inner,
    async find(cycle, tools) {
      const { coefficients, target } = cycle;
      const places = keptPlaces(coefficients.length, target, (tools.kept.get('filter') as number | undefined) ?? 0);
      const order = Array.from(coefficients.keys()).sort((i, j) => coefficients[i]! - coefficients[j]! || i - j);
      const kept = places.map((place) => order[place]!);
      const few = ['exact', 'parallel', 'brute'].includes(inner.name) ? LITERAL : Math.min(LITERAL, tools.sampling?.threshold ?? 12);
      const winner = kept.length <= few ? everyLine(cycle, kept) : await part(cycle, kept, inner, tools);
      tools.kept.set('filter', winner.result);
      return winner;
    },
  };
}

/** A line of the kept ones, or a selection of them, as one of all. */
function spread(n: number, kept: readonly number[], part: ArrayLike<number>): Uint8Array {
  const out = new Uint8Array(n);
  kept.forEach((i, k) => (out[i] = part[k]!));
  return out;
}

/** The literal winner of the 2^k - 1 lines: by depth first in the given order, so that they share their prefixes, while the number of the line is put together. */
function everyLine(cycle: Cycle, kept: readonly number[]): Winner {
  const { target, within } = cycle;
  const pairs = terms(cycle);
  const n = cycle.coefficients.length;
  const value = new Float64Array(n); // what selecting adds to the line; 0: it does not vary
  kept.forEach((i, k) => (value[i] = 1 << (kept.length - 1 - k)));
  const all = (1 << kept.length) - 1;
  let best = { line: 0, d: NaN, result: NaN };
  let first = 0; // the first line within reach
  let last = all;
  let most = -Infinity; // of the sums up to the last line
  const walk = (i: number, s: number, line: number, leaf: (line: number, s: number) => void): void => {
    for (; i < n; i++) {
      if (value[i] !== 0) walk(i + 1, s + pairs[2 * i + 1]!, line + value[i]!, leaf);
      s += pairs[2 * i]!;
    }
    if (line !== 0) leaf(line, s);
  };
  walk(0, 0, 0, (line, s) => {
    const d = Math.abs(s - target);
    if (best.line === 0 || better(d, s, best) || (d === best.d && s === best.result && line < best.line)) best = { line, d, result: s };
    if (within !== undefined && d <= within && (first === 0 || line < first)) first = line;
    most = Math.max(most, s);
  });
  if (first !== 0) {
    last = first;
    most = -Infinity;
    walk(0, 0, 0, (line, s) => {
      if (line <= last) most = Math.max(most, s);
    });
    const selection = spread(n, kept, selectionOf(BigInt(first), kept.length));
    const result = sumOf(pairs, selection);
    best = { line: first, d: Math.abs(result - target), result };
  }
  const selection = spread(n, kept, selectionOf(BigInt(best.line), kept.length));
  return { line: BigInt(best.line), selection, result: best.result, cond: best.result - target, d: best.d, allLow: most - target < 0, lines: BigInt(last), tried: { [Symbol.iterator]: () => lines(n, kept, last) }, why: `the filter keeps ${kept.length} of ${n} coefficients, every line of theirs was tried` };
}

function* lines(n: number, kept: readonly number[], last: number): Generator<Uint8Array> {
  for (let line = 1; line <= last; line++) yield spread(n, kept, selectionOf(BigInt(line), kept.length));
}

/** The winner of another strategy over the kept coefficients, in their given order. */
async function part(cycle: Cycle, places: readonly number[], inner: StrategyDef, tools: Tools): Promise<Winner> {
  const { coefficients, weights, target } = cycle;
  const n = coefficients.length;
  const kept = places.slice().sort((i, j) => i - j);
  const pairs = terms(cycle);
  const varies = spread(n, kept, new Uint8Array(kept.length).fill(1));
  let rest = target;
  for (let i = 0; i < n; i++) if (varies[i] === 0) rest -= pairs[2 * i]!;
  const of = (x: Float64Array): Float64Array => Float64Array.from(kept, (i) => x[i]!);
  const name = `filter ${kept.join()}`; // memories of other places are of no use
  let memory = tools.kept.get(name) as Map<string, unknown> | undefined;
  if (memory === undefined) tools.kept.set(name, (memory = new Map<string, unknown>()));
  const winner = await inner.find({ ...cycle, coefficients: of(coefficients), weights: of(weights), target: rest }, { ...tools, kept: memory });
  const selection = spread(n, kept, winner.selection);
  const result = sumOf(pairs, selection);
  const { tried } = winner;
  return {
    ...winner, selection, result, cond: result - target, d: Math.abs(result - target),
    tried: { *[Symbol.iterator]() { for (const each of tried ?? every(kept.length, winner.lines)) yield spread(n, kept, each); } },
  };
}

function* every(k: number, last: bigint): Generator<Uint8Array> {
  for (let line = 1n; line <= last; line++) yield selectionOf(line, k);
}
