/** What `conduct` takes and gives, and what of it makes no sense. */
import { NadirError, show } from '../../core/errors.ts';
import { cores } from '../../platform/index.ts';

import type { Store } from '../../core/types.ts';
import type { Experiment, Inject, RunRecord } from '../../experiment/record.ts';

export interface ConductOptions {
  /** Default: in memory, gone with the process. */
  readonly store?: Store;
  /** Threads, an integer from 0 (this one); default the cores, and 0 for a closure, which cannot travel. */
  readonly workers?: number;
  /** Milliseconds a run may take; default no limit. Without workers only an operation that awaits can be stopped. */
  readonly timeout?: number;
  /** Stop after so many failed runs, an integer from 1; default: go on. */
  readonly failures?: number;
  readonly inject?: Inject;
  /** Milliseconds between checkpoints inside a run, default 30,000. */
  readonly checkpoint?: number;
  /** Whether artifacts are kept, default true. Metrics and data always are. */
  readonly artifacts?: boolean;
  /** Forget this experiment's records first. */
  readonly fresh?: boolean;
  /** Runs made in this call at most. */
  readonly limit?: number;
  /** Milliseconds until the claim of a process that fell silent expires, default 15,000. */
  readonly lease?: number;
  readonly signal?: AbortSignal;
  /** Called after every batch of runs. */
  readonly observe?: (progress: ConductProgress) => void;
}
export interface ConductProgress {
  /** Runs of the experiment. */
  readonly size: bigint;
  /** Made here by now; `failed` of them failed. */
  readonly made: number;
  readonly failed: number;
  /** Found done. */
  readonly skipped: number;
  /** Runs a second, of late; NaN before the first. */
  readonly rate: number;
  /** Milliseconds left at that rate; NaN before the first. */
  readonly left: number;
}
export interface Conducted {
  readonly size: bigint;
  readonly success: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Runs that the store held already, or that another process made meanwhile. */
  readonly skipped: number;
  readonly stop: 'done' | 'limit' | 'failures' | 'aborted';
  readonly milliseconds: number;
  /** Lines of the journals that were damaged and are left out. */
  readonly corrupt: number;
  /** The first failure's message. */
  readonly failure: string | null;
  /** This experiment's records, by index. */
  records(): Promise<RunRecord[]>;
}

const KNOWN = ['store', 'workers', 'timeout', 'failures', 'inject', 'checkpoint', 'artifacts', 'fresh', 'limit', 'lease', 'signal', 'observe'];
const CHANCES = ['throw', 'hang', 'crash', 'slow'] as const;

/** The options, when each is allowed. */
export function checked(options: ConductOptions): ConductOptions {
  if (typeof options !== 'object' || options === null) throw new NadirError('input', `the options of conduct are ${show(options)}; allowed: an object`);
  for (const name of Object.keys(options)) if (!KNOWN.includes(name)) throw new NadirError('name', `unknown option ${show(name)} of conduct; have ${KNOWN.join(', ')}`);
  for (const field of ['timeout', 'checkpoint', 'lease'] as const) if (options[field] !== undefined && !(options[field]! > 0)) throw new NadirError('input', `${field} is ${show(options[field])}; allowed: milliseconds above 0`);
  for (const field of ['failures', 'limit'] as const) if (options[field] !== undefined && options[field] !== Infinity && !(Number.isInteger(options[field]) && options[field]! >= 1)) throw new NadirError('input', `${field} is ${show(options[field])}; allowed: an integer from 1`);
  if (options.store !== undefined && typeof options.store?.append !== 'function') throw new NadirError('input', `store is ${show(options.store)}; allowed: what openStore, memory, directory or opfs gives`);
  const inject = options.inject ?? {};
  for (const [name, value] of Object.entries(inject)) {
    const chance = (CHANCES as readonly string[]).includes(name);
    if (!chance && name !== 'milliseconds' && name !== 'seed') throw new NadirError('name', `unknown fault ${show(name)}; have ${CHANCES.join(', ')}, milliseconds, seed`);
    if (!(typeof value === 'number' && value >= 0 && (!chance || value <= 1))) throw new NadirError('input', `${name} of inject is ${show(value)}; allowed: ${chance ? 'a probability from 0 to 1' : 'a number from 0'}`);
  }
  if (inject.hang && options.timeout === undefined) throw new NadirError('input', `hang of inject is ${inject.hang}; a run that hangs needs a timeout`);
  if (options.signal?.aborted) throw new NadirError('aborted', 'the signal was aborted before the start');
  return options;
}

/** How many threads: by default the cores, no more than there are runs, and none for a closure. */
export function workersOf(workers: number | undefined, { operation, size }: Experiment): number {
  const closure = typeof operation === 'function';
  if (workers === undefined) return closure ? 0 : Number(size < BigInt(cores()) ? size : cores());
  if (!Number.isInteger(workers) || workers < 0 || workers > 256) throw new NadirError('input', `workers is ${show(workers)}; allowed: an integer from 0 (this thread) to 256`);
  if (closure && workers > 0) throw new NadirError('input', `workers is ${workers}, but a closure cannot travel to another thread; give { module: new URL('./mine.js', import.meta.url), export: 'name' }, or workers: 0`);
  return workers;
}
