/** What a strategy of the program search is: an optimizer over kernels that may read the training text, and learn from its own machines. */
import type { Context, Optimizer, Params, Snapshot } from '../core/types.ts';
import type { Options } from '../core/options.ts';
import type { Kernel } from '../spaces/program.ts';

/**
 * `context.cost`: the nominal milliseconds it may expect to spend in this rung. `context.x0`: the kernel to begin with, scored first.
 * `context.backend` has room for a machine of `bits` and some megabytes beside it.
 */
export interface StrategyContext extends Context<Kernel> {
  /** The training bytes of this rung, a prefix of the corpus. A strategy reads nothing else. */
  readonly corpus: Uint8Array;
  /** Tables of 2^bits slots in this rung. */
  readonly bits: number;
}

/**
 * `start` without `saved` begins from a random or an empty program, never from a reference kernel. With `saved`, of a rung with a smaller prefix perhaps, it goes on from
 * it: then losses it remembers belong to that prefix, and it scores its best again first. Batches carry `above` (a loss beyond which an answer may be a lower bound) and
 * `effort` (nominal milliseconds of its own work since the batch before). Losses are bits a byte.
 */
export interface StrategyDef<P extends Params = any> {
  readonly name: string;
  /** Its number in the challenge, 1 to 16. */
  readonly number: number;
  readonly about: string;
  readonly options: Options<P>;
  start(params: P, context: StrategyContext, saved?: Snapshot): Optimizer<Kernel>;
}
