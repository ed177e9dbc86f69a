/** The strategies by name. */
import { named } from '../../core/errors.ts';
import { brute } from './brute.ts';
import { exact } from './exact.ts';
import type { StrategyDef } from './strategy.ts';

export const strategies: readonly StrategyDef[] = [exact, brute];

/** The definition of that name; an unknown name is an error that offers the nearest. */
export function strategy(name: unknown): StrategyDef {
  return named('strategy', strategies, name);
}
