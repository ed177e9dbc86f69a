/** The strategies of the program search. A strategy is a file and a line here. */
import { named } from '../core/errors.ts';
import { genetic } from './genetic.ts';
import { kmeans } from './kmeans.ts';
import { soft } from './soft.ts';
import { svd } from './svd.ts';

import type { StrategyDef } from './strategy.ts';

/** Every strategy that a race may enter, in the order of the challenge's numbers. */
export const strategies: readonly StrategyDef[] = [soft, genetic, svd, kmeans];

/**
 * The strategy of a name. Throws `name` for an unknown one.
 * @example
 * strategy('svd').name; // 'svd'
 */
export function strategy(name: string): StrategyDef {
  return named('strategy', strategies, name);
}

export type { StrategyContext, StrategyDef } from './strategy.ts';
