/**
 * Picks a strategy by the number of coefficients and the memory: exact where a cycle of it fits the memory and takes about a second at most, else adaptive, beyond 256 greedy.
 *
 * The estimate is of measured costs (bench/combinations.ts, one thread of a 2020s machine), never of a clock: a slower machine waits longer, and gets the same answer.
 * Surprise: little is missed past exact. At 60 coefficients the first cycle of groups takes 3 ms and ends 5e-10 of their sum from the target (median of 10, random).
 */
import { adaptive } from './adaptive.ts';
import { exact } from './exact.ts';
import { greedy } from './greedy.ts';
import type { StrategyDef } from './strategy.ts';

const CYCLE = 1000; // milliseconds a cycle may take
const MANY = 256; // from here on greedy is as near as groups, and sampling costs more than both
const BYTES = 48; // an element of both lists, and what goes with it

export const auto: StrategyDef = {
  name: 'auto',
  about: 'exact where memory and time allow it, else adaptive, for hundreds of coefficients greedy',
  most: greedy.most,
  beyond: greedy.beyond,
  async find(cycle, tools) {
    const { def, why } = choice(cycle.coefficients.length, tools.memory);
    const winner = await def.find(cycle, tools);
    return { ...winner, why: winner.why === undefined ? why : `${why}; ${winner.why}` };
  },
};

/**
 * The strategy for n coefficients within so many bytes.
 * @example
 * choice(24, 1073741824).why; // 'exact: 24 coefficients take about 0.08 ms a cycle'
 * choice(60, 1073741824).why; // 'adaptive: exact would take about 6 minutes a cycle for 60 coefficients'
 */
export function choice(n: number, memory: number): { readonly def: StrategyDef; readonly why: string } {
  const fits = n <= exact.most(memory);
  const cost = estimate(n, memory);
  if (fits && cost <= CYCLE) return { def: exact, why: `exact: ${n} ${n === 1 ? 'coefficient takes' : 'coefficients take'} about ${duration(cost)} a cycle` };
  const def = n < MANY ? adaptive : greedy;
  return { def, why: fits ? `${def.name}: exact would take about ${duration(cost)} a cycle for ${n} coefficients` : `${def.name}: exact takes up to ${exact.most(memory)} coefficients in ${memory} bytes, these are ${n}` };
}

/** Milliseconds of an exact cycle: two lists of 2^h as far as the memory goes, then 2^(n - 2h) sweeps over them. */
export function estimate(n: number, memory: number): number {
  let list = 1;
  let h = 0;
  while (h + 1 <= n / 2 && 2 * list * BYTES <= memory) {
    list *= 2;
    h++;
  }
  let steps = list;
  for (let i = 2 * h; i < n && steps < 1e300; i++) steps *= 2;
  return (15 * list + 5 * steps) / 1e6;
}

function duration(ms: number): string {
  const round = (x: number): string => String(x < 1 ? Math.max(1, Math.round(x * 100)) / 100 : Math.round(x));
  if (ms < 1000) return `${round(ms)} ms`;
  if (ms < 120000) return `${round(ms / 1000)} s`;
  if (ms < 7200000) return `${round(ms / 60000)} minutes`;
  return ms < 1e13 ? `${round(ms / 3600000)} hours` : 'centuries';
}
