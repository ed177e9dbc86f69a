/** `conduct`: every run of an experiment that its store does not hold yet, on this thread or over workers. */
import type { Json } from '../core/types.ts';
import type { Definition, Experiment, Inject, RunRecord } from '../experiment/record.ts';
import type { Store } from '../core/types.ts';

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
export declare function conduct(definition: Definition | Experiment, options?: ConductOptions): Promise<Conducted>;
export type { Json };
