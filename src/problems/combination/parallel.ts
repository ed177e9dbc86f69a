/**
 * Exact, split over workers: pieces.ts says how. The same winners as `exact` for any number of them.
 *
 * A strategy of its own only by name: `exact` and `brute` use workers wherever the run has some, and this one asks for as many as there are cores.
 */
import { enumerate, type Found } from './brute.ts';
import { exact } from './exact.ts';
import { halves } from './halves.ts';
import type { Piece } from './pieces.ts';
import type { StrategyDef, Tools } from './strategy.ts';

export const parallel: StrategyDef = {
  ...exact,
  name: 'parallel',
  about: 'exact, split over workers: as many as there are cores unless `workers` says otherwise',
};

/** A worker's answer to its piece. */
export function answer(piece: Piece, tools: Tools): Promise<Found> {
  const { how, pairs, low, first, end } = piece;
  return how === 'brute' ? enumerate(piece, pairs, pairs.length / 2, tools, low, first, end) : halves(piece, pairs, tools, { index: first, count: end });
}
