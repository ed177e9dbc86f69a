/** The strategies by name. */
import { named } from '../../core/errors.ts';
import { adaptive } from './adaptive.ts';
import { auto } from './auto.ts';
import { brute } from './brute.ts';
import { exact } from './exact.ts';
import { greedy } from './greedy.ts';
import { grouped } from './grouped.ts';
import { parallel } from './parallel.ts';
import { sampling } from './sampling.ts';
import type { StrategyDef } from './strategy.ts';

export const strategies: readonly StrategyDef[] = [auto, exact, parallel, brute, adaptive, sampling, grouped, greedy];

/** The definition of that name; an unknown name is an error that offers the nearest. */
export function strategy(name: unknown): StrategyDef {
  return named('strategy', strategies, name);
}
