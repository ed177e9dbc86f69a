/** What a search for programs is asked for, checked, and what it answers. */
import { NadirError, nearest, show } from '../../core/errors.ts';
import { cores } from '../../platform/index.ts';
import { BITS } from '../../problems/compression.ts';
import { checkBits } from '../../problems/program/machine.ts';
import { strategies, strategy } from '../../strategies/index.ts';
import { disjoint, type HeldOut, type HeldOutScore, type Peer } from './heldout.ts';

import type { BackendName } from '../../backend/index.ts';
import type { Stop, Store } from '../../core/types.ts';
import type { Standing } from '../../optimizers/halving.ts';
import type { Kernel } from '../../spaces/program.ts';
import type { StrategyDef } from '../../strategies/strategy.ts';

export interface SearchOptions {
  /** What is learned from, at least one byte. */
  readonly corpus: Uint8Array;
  /** What the winner is tried on; none of it may be in the corpus. */
  readonly heldOut?: readonly HeldOut[];
  /** Milliseconds of CPU time, of all threads together; or `cost`. It is turned into a cost at the speed of this machine. */
  readonly budget?: number;
  /** Nominal milliseconds (`work` of a kernel is in nominal nanoseconds a byte): runs of one cost and seed are the same, bit for bit, everywhere. */
  readonly cost?: number;
  /** `all`, or names, or definitions of one's own. */
  readonly strategies?: 'all' | readonly (string | StrategyDef)[];
  /** Threads that run kernels, default as many as there are cores; 0: this one. */
  readonly workers?: number;
  /** Integer from 0 to 2^53 - 1, default 0. */
  readonly seed?: number;
  /** The largest tables have 2^bits slots, 12 to 22, default 20. */
  readonly bits?: number;
  readonly backend?: BackendName;
  /** Where the race is kept, to go on from after a crash; default in memory. `place`: what messages call it. */
  readonly store?: Store;
  readonly place?: string;
  /** Forget what the store holds. */
  readonly fresh?: boolean;
  readonly signal?: AbortSignal;
  /** Sees every batch that was scored. */
  readonly observe?: (progress: SearchProgress) => void;
  /** What other programs make of a held-out text, for the report. */
  readonly peers?: (text: HeldOut) => Promise<readonly Peer[]>;
}
export interface SearchProgress {
  /** Those ahead first. */
  readonly standings: readonly Standing[];
  /** From 0. */
  readonly rung: number;
  readonly rungs: number;
  /** Nominal milliseconds spent, and of the whole race. */
  readonly cost: number;
  readonly of: number;
  /** Milliseconds of CPU time so far, and until the end of the race on the clock. */
  readonly cpu: number;
  readonly left: number;
  /** Bits a byte of the best, and the bytes that it is for. */
  readonly loss: number;
  readonly prefix: number;
}
export interface ProgramSearch {
  readonly winner: Kernel;
  /** Whose it is. */
  readonly strategy: string;
  /** Bits a byte on the first `prefix` bytes of the corpus. */
  readonly loss: number;
  readonly prefix: number;
  readonly cost: number;
  /** Nominal milliseconds of the whole race. */
  readonly of: number;
  readonly cpu: number;
  /** `budget`: all spent; `time`: the CPU time was up before the cost was; `aborted`: by the signal. */
  readonly stop: Stop;
  readonly evaluations: number;
  readonly standings: readonly Standing[];
  readonly heldOut: readonly HeldOutScore[];
}

const KNOWN = ['corpus', 'heldOut', 'budget', 'cost', 'strategies', 'workers', 'seed', 'bits', 'backend', 'store', 'place', 'fresh', 'signal', 'observe', 'peers'];
const CREW = 256; // workers at most

export interface Asked { readonly corpus: Uint8Array; readonly heldOut: readonly HeldOut[]; readonly budget: number | undefined; readonly cost: number | undefined; readonly defs: readonly StrategyDef[]; readonly workers: number; readonly seed: number; readonly bits: number }

/** Everything a user gives, checked. */
export function asked(options: SearchOptions): Asked {
  if (typeof options !== 'object' || options === null) throw new NadirError('input', `the options are ${show(options)}; allowed: an object`);
  for (const name of Object.keys(options)) {
    if (KNOWN.includes(name)) continue;
    const near = nearest(name, KNOWN);
    throw new NadirError('name', `unknown option ${show(name)} of searchPrograms; ${near ? `did you mean ${near}? ` : ''}have ${KNOWN.join(', ')}`);
  }
  const wrong = (field: string, value: unknown, allowed: string): NadirError => new NadirError('input', `${field} is ${show(value)}; allowed: ${allowed}`);
  const { corpus, heldOut = [], budget, cost, workers = Math.min(cores(), CREW), seed = 0, bits = BITS, signal } = options;
  if (!(corpus instanceof Uint8Array)) throw wrong('corpus', corpus, 'a Uint8Array');
  if (corpus.length === 0) throw new NadirError('input', 'the corpus is empty; allowed: at least one byte');
  for (const [i, text] of heldOut.entries()) if (typeof text?.name !== 'string' || !(text.bytes instanceof Uint8Array)) throw wrong(`heldOut[${i}]`, text, '{ name, bytes }');
  if ((budget === undefined) === (cost === undefined)) throw new NadirError('input', `budget is ${show(budget)} and cost ${show(cost)}; allowed: one of them`);
  for (const [name, value] of [['budget', budget], ['cost', cost]] as const) if (value !== undefined && !(typeof value === 'number' && value > 0 && value < Infinity)) throw wrong(name, value, 'milliseconds above 0');
  if (!Number.isSafeInteger(workers) || workers < 0 || workers > CREW) throw wrong('workers', workers, `an integer from 0 to ${CREW}`);
  if (!Number.isSafeInteger(seed) || seed < 0) throw wrong('seed', seed, 'an integer from 0 to 2^53 - 1');
  checkBits(bits);
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.addEventListener !== 'function') throw wrong('signal', signal, 'an AbortSignal');
  if (signal?.aborted) throw new NadirError('aborted', 'the signal was aborted before the start');
  const names = options.strategies ?? 'all';
  if (names !== 'all' && (!Array.isArray(names) || names.length === 0)) throw wrong('strategies', names, '"all", or names, at least one');
  const defs = names === 'all' ? [...strategies] : names.map((name) => (typeof name === 'string' ? strategy(name) : name));
  const twice = defs.find((def, i) => defs.findIndex(({ name }) => name === def.name) < i);
  if (twice) throw wrong('strategies', twice.name, 'every strategy once');
  disjoint(corpus, heldOut);
  return { corpus, heldOut, budget, cost, defs, workers, seed, bits };
}
