/**
 * The vocabulary of experiments: types only.
 *
 * An experiment is an operation, a grid of cases and a number of replicates. A run is one case with one replicate; its id is the
 * hash of everything that decides its result, so a record that is there need not be made again, by whoever and wherever.
 *
 * A store of experiments holds these keys:
 *   nadir.json                            { "nadir": 1 }: the format; a newer one is refused
 *   experiments/<name>-<fingerprint>.json what was asked for: definition as JSON, for people and for reports
 *   journal/<writer>.jsonl                a checksummed line a record, one file a writer
 *   claims/<experiment>/<block>           who is at work on which block of runs, until when
 *   runs/<2 hex>/<id>/<artifact>          what runs have left, each swapped in whole
 *   aside/<id>.<attempt>/<artifact>       the same of attempts under way
 *   checkpoints/<id>.json                 states of runs under way
 *   nested/<id>.jsonl                     records of the runs inside a run, in the journal's format
 *   index.bin                             where in the journals each record lies: made again when it is missing
 */
import type { Json, Metrics, Params, Random } from '../core/types.ts';

/** A finite list of cases that is never written out: `at(i)` is made when asked for. `grid.ts` makes them. */
export interface Grid {
  /** Exact, by arithmetic. */
  readonly size: bigint;
  /** Case i, from 0 to size - 1, in constant time. */
  at(i: bigint | number): Params;
  [Symbol.iterator](): Iterator<Params>;
  /** Plain data that `gridOf` makes the same grid of. Throws `input` when a closure is in it. */
  toJSON(): Json;
}

/** What is run: called once a run. Typed arrays, JSON and text go out through `capture`; what it returns is not kept. */
export type Operation = (context: any, params: any, seeds: Seeds, capture: Capture) => unknown;
/** An operation that other threads can load: the only kind that runs in parallel. */
export interface ModuleOperation {
  /** An absolute URL. */
  readonly module: string | URL;
  /** Its name there, default `default`. */
  readonly export?: string;
}

/** The randomness of a run: the same for every case of a replicate, so that cases meet the same luck. */
export interface Seeds {
  /** Of the experiment. */
  readonly base: number;
  /** From 0. */
  readonly replicate: number;
  /** An integer from 0 to 2^53 - 1 made of both. */
  readonly seed: number;
  /** The stream of a name: `random('data')` and `random('noise')` never share a number. */
  random(label: string): Random;
}

export type Numbers = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array;
/** What `artifact` keeps: typed arrays as .npy, named ones as .npz (with a shape where they have one), text, bytes, else JSON; the name's ending decides. */
export type Artifact = Numbers | string | Json | { readonly [name: string]: Numbers | { readonly array: Numbers; readonly shape: readonly number[] } };

/** A .npy file written piece by piece; its shape is [rows, ...shape]. */
export interface Stream {
  /** Whole rows, copied. Resolves when there is room for more: await it to hold memory down. */
  write(rows: Numbers): Promise<void>;
}

/** Where a run puts what it found. Nothing waits for a disk; a run has succeeded when all of it is kept. */
export interface Capture {
  /** The run's id. */
  readonly id: string;
  /** Aborted when the run is out of time or is cancelled. */
  readonly signal: AbortSignal;
  /** A number; with a step, a point of a series (the record keeps the last). */
  metric(name: string, value: number, step?: number): void;
  /** JSON in the record: keep it small. */
  data(name: string, value: Json): void;
  /** A file of the run. `name` is one segment: `curve.npz`, `best.npy`, `notes.txt`, `summary.json`, `plot.svg`. */
  artifact(name: string, value: Artifact): void;
  /** A .npy of unknown length, written at bounded memory; closed with the run. `shape` of one row, default []. */
  stream(name: string, options?: { readonly type?: 'f64' | 'f32' | 'i32' | 'u32' | 'u8'; readonly shape?: readonly number[] }): Stream;
  /** A line of `log.txt`. */
  log(text: string): void;
  /** Keeps `state()` and what was captured so far, when the last time is long enough ago (30 s; an option of `conduct`). Call it as often as you like. */
  checkpoint(state: () => Json): void;
  /** What an earlier attempt kept last; what it had captured by then is here again. */
  readonly restored: Json | undefined;
  /** Runs another experiment inside this run, serially. Its finished runs are kept at once, and skipped when this run is made again. */
  conduct(definition: Definition): Promise<readonly RunRecord[]>;
}

/** An experiment as its author writes it; `experiment` checks it. */
export interface Definition {
  /** One segment: letters, digits, `.`, `_`, `-`. */
  readonly name: string;
  /** A closure runs in this thread only. */
  readonly operation: ModuleOperation | Operation;
  /** A grid, or axes for `product`. */
  readonly grid: Grid | { readonly [name: string]: readonly Json[] };
  /** What all cases share; part of every id. */
  readonly context?: Json;
  /** Integer from 0, default 0. */
  readonly seed?: number;
  /** Runs a case, from 1, the default. */
  readonly replicates?: number;
  /** Of the operation's code: raise it when results change. Part of every id. */
  readonly version?: string;
}
/** An experiment: cases x replicates, replicates inner. */
export interface Experiment {
  readonly name: string;
  readonly operation: { readonly module: string; readonly export: string } | Operation;
  readonly grid: Grid;
  readonly context: Json;
  /** 16 hex digits of the context. */
  readonly fingerprint: string;
  readonly seed: number;
  readonly replicates: number;
  readonly version: string;
  /** Of a nested experiment: the run it is part of. */
  readonly parent?: string;
  /** Runs: cases x replicates. */
  readonly size: bigint;
  /** Run i, from 0. */
  at(i: bigint | number): RunSpec;
}

/** One run to be made: JSON. */
export interface RunSpec {
  /** 16 hex digits: SHA-256 of the canonical JSON of { experiment, context, params, seed, replicate, version } and, nested, parent. */
  readonly id: string;
  readonly experiment: string;
  /** Its place in the experiment, for order; not part of the id. */
  readonly index: number;
  readonly params: Params;
  readonly seed: number;
  readonly replicate: number;
}

export type Status = 'success' | 'failed' | 'cancelled';
/** What is known of a run when it ended. Everything but `started`, `milliseconds`, `attempt` and `made` is decided by its id. */
export interface RunRecord extends RunSpec {
  readonly status: Status;
  /** The fingerprint of the context. */
  readonly context: string;
  readonly parent?: string;
  /** The last value of each; NaN and infinities are kept. */
  readonly metrics: Metrics;
  readonly data: { readonly [name: string]: Json };
  /** In the order of their names; they lie under `runs/<2 hex>/<id>/`. */
  readonly artifacts: readonly { readonly name: string; readonly bytes: number }[];
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string };
  /** From 1; failed and cancelled attempts before this one count. */
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly milliseconds: number;
  readonly made: { readonly nadir: string; readonly module: string; readonly runtime: string };
}

/** Faults on purpose, to see what survives them: probabilities of a run, drawn from `seed`, the run's id and its attempt. */
export interface Inject {
  readonly throw?: number;
  /** Never answers: needs a timeout. */
  readonly hang?: number;
  /** Ends the thread; on the serial executor, an error. */
  readonly crash?: number;
  /** Waits first; `milliseconds` (default 1000) long. */
  readonly slow?: number;
  readonly milliseconds?: number;
  readonly seed?: number;
}
