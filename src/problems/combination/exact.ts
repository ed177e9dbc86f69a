/**
 * The exact strategy: line by line for few coefficients, meet in the middle for many. Both return the literal enumeration's winner, number for number, tie for tie.
 *
 * With early stopping the first lines are tried before anything else: a tolerance that many lines meet is met early.
 */
import { terms } from '../combination.ts';
import { bounded, enumerate, overflowing, settle } from './brute.ts';
import { halves, memoryFor } from './halves.ts';
import { together } from './pieces.ts';
import type { StrategyDef } from './strategy.ts';

const FEW = 15; // up to here every line costs less than meeting in the middle (2^15 lines: 13 microseconds)
const EARLY = 20; // bits tried first with early stopping: 0.4 ms

export const exact: StrategyDef = {
  name: 'exact',
  about: 'the literal winner of every cycle: all lines for few coefficients, meet in the middle for many',
  most: (memory) => {
    let n = 64;
    while (n > FEW && memoryFor(n) > memory) n--;
    return n;
  },
  beyond: 'sampling, grouped or greedy',
  async find(cycle, tools) {
    const pairs = terms(cycle);
    const n = cycle.coefficients.length;
    if (!bounded(pairs, cycle.target)) return overflowing(cycle);
    if (n <= FEW) return settle(cycle, pairs, await enumerate(cycle, pairs, n, tools));
    if (cycle.within !== undefined) {
      const first = await enumerate(cycle, pairs, Math.min(n, EARLY), tools);
      if (first !== undefined && (n <= EARLY || first.d <= cycle.within)) return settle(cycle, pairs, first);
    }
    return settle(cycle, pairs, (await together('halves', cycle, pairs, tools)) ?? (await halves(cycle, pairs, tools)));
  },
};
