/**
 * A strategy finds one cycle's winner. It gets the cycle and its tools, keeps nothing of its own between cycles but what `tools.kept` holds, and is one file
 * and one line in index.ts.
 */
import type { Random } from '../../core/types.ts';
import type { Backend } from '../../core/kernels.ts';
import type { Cycle, Winner } from '../combination.ts';
import type { Found } from './brute.ts';
import type { Piece } from './pieces.ts';
import type { Sampling } from './sampling.ts';

/** What the run lends a strategy. */
export interface Tools {
  /** The thread's backend; the caller releases what is taken through it when the run ends. */
  readonly backend: Backend;
  /** Bytes a strategy may use. */
  readonly memory: number;
  /** Draws for this run; fork it by cycle. */
  readonly random: Random;
  /** A place for what lasts from cycle to cycle: previous winners, buffers. */
  readonly kept: Map<string, unknown>;
  /** How sampling draws; absent: its defaults. */
  readonly sampling?: Sampling;
  /** Threads that take pieces of an exact cycle; absent: there are none. */
  readonly team?: Team;
  /** `bytes` of an arena, 16-byte aligned, until the run ends; the next call may get the same room, and larger ones come from an instance of their own. */
  room(bytes: number): Room | Promise<Room>;
  /** To be awaited every so often (50 ms): gives way to the event loop, and throws `stopped` once the run is aborted. */
  pause(): void | Promise<void>;
}
export interface Team {
  readonly workers: number;
  /** The best line of a piece; a worker's death is an error, an abort is `stopped`. */
  run(piece: Piece): Promise<Found>;
}
export interface Room {
  readonly backend: Backend;
  readonly pointer: number;
}

export type Strategy = (cycle: Cycle, tools: Tools) => Winner | Promise<Winner>;
export interface StrategyDef {
  readonly name: string;
  readonly about: string;
  /** Coefficients it can take with so much memory, and what to use beyond. */
  most(memory: number): number;
  readonly beyond: string;
  readonly find: Strategy;
}

/** What `pause` throws when the run is aborted. */
export const stopped: unique symbol = Symbol('stopped');

/** Where `tools.kept` has the line (bigint, 0n: none) that an unfinished enumeration found nearest, for a run that is stopped in the middle of a cycle. */
export const NEAREST = 'nearest';
