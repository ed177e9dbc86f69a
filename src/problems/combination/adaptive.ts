/**
 * Adaptive, as published: sampling and divide and conquer together. Each cycle runs both and takes the nearer winner; which one that was is counted and said.
 *
 * Up to twelve coefficients both are exact. Surprise: beyond, sampling hardly ever wins: two groups in one sweep are worth 2^24 draws. What it can do is meet a target that
 * many selections meet, and then groups need not be asked.
 */
import { better, type Cycle, type Winner } from '../combination.ts';
import { grouped } from './grouped.ts';
import { sampling } from './sampling.ts';
import { ROWS } from './table.ts';
import type { StrategyDef, Tools } from './strategy.ts';

export const adaptive: StrategyDef = {
  name: 'adaptive',
  about: 'sampling and groups in every cycle, the nearer winner counts',
  most: () => 65536,
  beyond: 'greedy and grouped',
  find,
};

async function find(cycle: Cycle, tools: Tools): Promise<Winner> {
  const listed = cycle.coefficients.length <= ROWS; // then only an exact winner has no list of what was tried
  const first = await sampling.find(cycle, tools);
  const done = first.d === 0 || (cycle.within !== undefined && first.d <= cycle.within) || (listed && !first.tried);
  const second = done ? undefined : await grouped.find(cycle, tools);
  const turn = second !== undefined && better(second.d, second.result, first);
  const counts = (tools.kept.get('adaptive') as [number, number] | undefined) ?? [0, 0];
  counts[turn ? 1 : 0]++;
  tools.kept.set('adaptive', counts);
  const why = `sampling won ${counts[0]} of ${counts[0] + counts[1]} cycles, grouped ${counts[1]}`;
  if (second === undefined) return { ...first, why };
  if (listed && !second.tried) return { ...second, why };
  return {
    ...(turn ? second : first),
    line: turn ? first.lines + second.line : first.line,
    lines: first.lines + second.lines,
    ...(listed ? { tried: { *[Symbol.iterator]() { yield* first.tried!; yield* second.tried!; } } } : {}),
    why,
  };
}
