/**
 * Greedy starts, each refined by flips: the best flip of one, two or, for up to 1024 parameters, three of them, until none comes nearer to the target.
 *
 * A start takes parameters by size, largest first, as long as each comes nearer; every start has another first one. Flips change the sum by known amounts, so with these
 * sorted the best pair is a sweep from both ends and the best triple n sweeps (the 3-sum of Baran, Demaine and Patrascu 2008, section 1): n log n and n^2, no n^3.
 *
 * Surprise: subset sums have no valleys. A refined start is no nearer than the best of as many random selections as it looked at; what pays is to look at many, cheaply.
 */
import { bySize, open, type Ledger } from './ledger.ts';
import type { StrategyDef, Tools } from './strategy.ts';
import { sumOf } from '../combination.ts';

const TRIPLES = 1024; // parameters at most for flips of three: half a million steps
const STEPS = 4194304; // pairs of parameters all starts may look at together: some 20 ms
const PASSES = 1000; // a bound on what rounding could do; a start takes about 5

export const greedy: StrategyDef = {
  name: 'greedy',
  about: 'greedy starts refined by the best flips of one, two and three parameters',
  most: () => 1048576,
  beyond: 'no strategies',
  async find(cycle, tools) {
    const ledger = open(cycle);
    const n = cycle.coefficients.length;
    const order = bySize(ledger.pairs);
    const starts = Math.min(n, Math.max(1, Math.floor(STEPS / (n * n))));
    for (let first = 0; first < starts && !ledger.reached && ledger.best.d !== 0; first++) {
      await refine(ledger, greedily(ledger.pairs, cycle.target, order, first), tools);
    }
    return ledger.winner();
  },
};

/**
 * Parameter `order[first]`, then by size what comes nearer to the target.
 * @example
 * greedily(Float64Array.of(0, 5, 0, 4, 0, 2), 7, Uint32Array.of(0, 1, 2), 0); // Uint8Array(3) [ 1, 0, 1 ]
 */
export function greedily(pairs: Float64Array, target: number, order: Uint32Array, first: number): Uint8Array {
  const selection = new Uint8Array(order.length);
  const head = order[first]!;
  selection[head] = 1;
  let rest = target - sumOf(pairs, selection);
  for (const i of order) {
    if (i === head) continue;
    const change = pairs[2 * i + 1]! - pairs[2 * i]!;
    if (!(Math.abs(rest - change) < Math.abs(rest))) continue;
    selection[i] = 1;
    rest -= change;
  }
  return selection;
}

/** Offers the start, then move after move as long as the literal distance falls. */
export async function refine(ledger: Ledger, start: Uint8Array, tools: Tools): Promise<void> {
  const n = start.length;
  const selection = start.slice();
  let rest = ledger.offer(selection);
  for (let pass = 0; pass < PASSES && rest !== 0 && !ledger.reached; pass++) {
    await tools.pause();
    const flip = Float64Array.from(selection, (bit, i) => ledger.pairs[2 * i + 1 - bit]! - ledger.pairs[2 * i + bit]! || 0); // infinities have no difference
    const order = Uint32Array.from(flip.keys()).sort((i, j) => flip[i]! - flip[j]! || i - j);
    const move = few(flip, order, selection, -rest) ?? (n <= TRIPLES ? triple(flip, order, selection, -rest) : undefined);
    if (move === undefined) return;
    for (const i of move) selection[i] = 1 - selection[i]!;
    const next = ledger.offer(selection);
    if (!(Math.abs(next) < Math.abs(rest))) return; // by rounding only
    rest = next;
  }
}

/** Whether these are all that is selected: flipped, nothing would be. */
function empties(selection: Uint8Array, count: number, ...move: number[]): boolean {
  return count === move.length && move.every((i) => selection[i] === 1);
}

/** The one or two whose flips come nearest to `want`, if nearer than none. */
function few(flip: Float64Array, order: Uint32Array, selection: Uint8Array, want: number): number[] | undefined {
  const n = order.length;
  const count = ones(selection);
  let least = Math.abs(want);
  let move: number[] | undefined;
  for (let i = 0; i < n; i++) {
    const d = Math.abs(flip[i]! - want);
    if (d < least && !empties(selection, count, i)) {
      least = d;
      move = [i];
    }
  }
  const pair = nearest(flip, order, selection, count, 0, want, least, -1);
  return pair === undefined ? move : [order[pair[0]]!, order[pair[1]]!];
}

/** The same for three. */
function triple(flip: Float64Array, order: Uint32Array, selection: Uint8Array, want: number): number[] | undefined {
  const count = ones(selection);
  let least = Math.abs(want);
  let move: number[] | undefined;
  for (let i = 0; i < order.length - 2; i++) {
    const first = order[i]!;
    const pair = nearest(flip, order, selection, count, i + 1, want - flip[first]!, least, first);
    if (pair === undefined) continue;
    move = [first, order[pair[0]]!, order[pair[1]]!];
    least = pair[2];
  }
  return move;
}

/**
 * The pair of places in `order`, from `from` on, whose flips come nearest to `want`, if nearer than `least`. One step drops every pair that is no nearer than the one looked at;
 * where that one would leave nothing selected, the next of those it drops is looked at too.
 */
function nearest(flip: Float64Array, order: Uint32Array, selection: Uint8Array, count: number, from: number, want: number, least: number, first: number): [number, number, number] | undefined {
  let found: [number, number, number] | undefined;
  const look = (i: number, j: number): void => {
    const d = Math.abs(flip[order[i]!]! + flip[order[j]!]! - want);
    if (i < j && d < least && !forbidden(i, j)) {
      least = d;
      found = [i, j, d];
    }
  };
  const forbidden = (i: number, j: number): boolean => (first < 0 ? empties(selection, count, order[i]!, order[j]!) : empties(selection, count, first, order[i]!, order[j]!));
  for (let i = from, j = order.length - 1; i < j; ) {
    const gap = flip[order[i]!]! + flip[order[j]!]! - want;
    if (Math.abs(gap) < least) {
      if (!forbidden(i, j)) look(i, j);
      else if (gap < 0) look(i, j - 1);
      else look(i + 1, j);
    }
    if (gap < 0) i++;
    else j--;
  }
  return found;
}

function ones(selection: Uint8Array): number {
  let count = 0;
  for (const bit of selection) count += bit;
  return count;
}
