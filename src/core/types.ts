/**
 * The vocabulary of the engine: types only.
 *
 * A study is a space, a problem, an optimizer and one loop (`run`) over them. Problems and optimizers are
 * opened from frozen definitions; what moves is a closure behind one of these interfaces.
 */
import type { Backend } from './kernels.ts';
import type { Options } from './options.ts';

export type { Backend } from './kernels.ts';
export type { Option, Options } from './options.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Params = { readonly [key: string]: Json };
export type Metrics = { readonly [name: string]: number };

/** What an optimizer saves: JSON, plus typed arrays, infinities and NaN. `seal` makes it text, bit for bit. */
export type Snapshot =
  | Json | undefined | Float64Array | Float32Array | Uint32Array | Int32Array | Uint8Array
  | readonly Snapshot[] | { readonly [key: string]: Snapshot };

/** A counter-based stream (Philox4x32-10). Uniforms and normals are two sequences of one key: drawing one never moves the other. */
export interface Random {
  /** The next 32 random bits, 0 to 2^32 - 1. */
  u32(): number;
  /** Uniform in [0, 1), 53 bits. */
  f64(): number;
  /** Uniform integer in [0, n), without bias; n from 1 to 2^32. */
  int(n: number): number;
  /** Standard normal (Box-Muller over portable log, sin and cos). */
  normal(): number;
  /** `out[i] = f64()` for every i. */
  fill(out: Float64Array): void;
  /** `out[i] = normal()` for every i. */
  normals(out: Float64Array): void;
  /** A child stream; it does not depend on how much was drawn here. */
  fork(label: string | number): Random;
  /** The key and both positions; `restoreRandom` continues from it. */
  save(): Snapshot;
}

export interface Space<X> {
  readonly name: string;
  sample(random: Random): X;
  copy(x: X): X;
  /** A valid point that is not `x`. `scale` multiplies the space's natural step (1 by default). */
  neighbor(x: X, random: Random, scale?: number): X;
  encode(x: X): Json;
  /** Validates; throws a NadirError. */
  decode(json: Json): X;
}
/** Points of R^n between finite bounds, `lower[i] < upper[i]`. */
export interface Box extends Space<Float64Array> {
  readonly name: 'box';
  readonly dim: number;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Moves `x` into the bounds, in place. NaN becomes the lower bound. */
  clip(x: Float64Array): void;
}
/** Subsets of n items, one byte (0 or 1) an item. */
export interface Bits extends Space<Uint8Array> {
  readonly name: 'bits';
  readonly dim: number;
}

/** Points to score. `xs` belong to the optimizer until its next `ask`. `fidelity`: share of the data, a power of two (1 by default). */
export interface Batch<X> {
  readonly xs: readonly X[];
  readonly gradient?: boolean;
  readonly fidelity?: number;
  /** Which mini-batch of its shuffled data a problem over data answers on, from 0 through all epochs, and how many from there on (1 by default); absent: all of its data. */
  readonly at?: number;
  readonly span?: number;
  /** Which part of its data a problem over data answers on; 'train' by default. Without `at`, all of that part, as in evaluation: nothing is dropped out. */
  readonly part?: 'train' | 'validation';
  /** A loss above this may be answered by any lower bound of it that is above this too. */
  readonly above?: number;
  /** What making this batch took, in the problem's unit of cost, where that is worth counting. */
  readonly effort?: number;
}
/** The answer to a batch, valid until the next `score` of the same problem. */
export interface Scores<X> {
  /** Lower is better; NaN and -Infinity are failures and read as +Infinity. */
  readonly loss: Float64Array;
  /** 0 = feasible; two infeasible points are compared by violation. */
  readonly violation?: Float64Array;
  readonly gradient?: readonly Float64Array[];
  /** Every constraint's value a point, feasible up to 0, and where gradients were asked for, their gradients, one row a constraint: what `limit` fills in. */
  readonly constraints?: readonly Float64Array[];
  readonly slopes?: readonly Float64Array[];
  /** Where present, `refined[i]` is the better point found while answering (blocks, inner search, repair) that `loss[i]` belongs to. */
  readonly refined?: readonly (X | undefined)[];
  /** What the answer really took, in full evaluations. By default one a point, plus `problem.gradient` a gradient. */
  readonly cost?: number;
  /** The first failure's message, when a point of this batch failed. */
  readonly failure?: string;
}
export interface Problem<X, S extends Space<X> = Space<X>> {
  readonly name: string;
  readonly space: S;
  /** The lowest possible loss and a point that has it, where they are known. */
  readonly optimum?: number;
  readonly solution?: X;
  /** What one gradient costs, in evaluations; absent when the problem has none. */
  readonly gradient?: number;
  /** Whether `batch.fidelity` means anything here; else every batch is scored, and charged, in full. */
  readonly fidelity?: boolean;
  /** Of a problem over data: the share of its training data that a batch reads for a point; it takes the place of `fidelity`. */
  share?(batch: Batch<X>): number;
  /** Whether its scores say what they cost in a unit of its own, so that nobody knows beforehand how much of a batch can be paid for: then every batch is scored whole. */
  readonly priced?: boolean;
  score(batch: Batch<X>): Scores<X> | Promise<Scores<X>>;
}
/** No clock, no loop, no input or output. */
export interface Optimizer<X> {
  /** The next batch, the same one until it is told; undefined: nothing left to try, converged. */
  ask(): Batch<X> | undefined;
  /** Points nobody asked for are welcome too. */
  tell(batch: Batch<X>, scores: Scores<X>): Metrics | void;
  /** Everything `start` needs to go on bit for bit, an untold batch included. */
  save(): Snapshot;
  /** What it did and why, for people; `run` puts it into the outcome. */
  report?(): Json;
}
/** An optimizer with a current point and a true step size a parameter, lr / (sqrt(v) + eps) for Adam: what `escape` wraps. */
export interface Descent extends Optimizer<Float64Array> {
  readonly x: Float64Array;
  readonly step: Float64Array;
  /** A copy of this descent that continues from `x`, with its moments, or `fresh`: without them; counts and schedules go on. */
  fork(x: Float64Array, fresh?: boolean): Descent;
}
export interface Context<X = unknown> {
  readonly random: Random;
  readonly backend: Backend;
  /** Where to begin. Every optimizer scores it first, so it never ends above it. */
  readonly x0?: X;
  /** The cost it may expect to spend: for plans such as a cooling schedule, never a limit. */
  readonly cost?: number;
  /** What a gradient costs, in evaluations, where the problem answers them; `start` fills it in. */
  readonly gradient?: number;
  /** `share` of a problem over data; `start` fills it in. */
  share?(batch: Batch<X>): number;
}

export interface OptimizerDef<P extends Params = any> {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly about: string;
  /** Names of the spaces it works on; '*' is every space. */
  readonly spaces: readonly string[];
  readonly gradient: 'none' | 'optional' | 'required';
  readonly options: Options<P>;
  start(space: any, params: P, context: Context<any>, saved?: Snapshot): Optimizer<any>;
}
export interface ProblemDef<P extends Params = any> {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly about: string;
  readonly options: Options<P>;
  open(params: P, context: Context<any>): Problem<any, any>;
}

export interface Budget {
  /** Evaluations, a hard limit (a problem that reports its own cost may pass it by its last answer). */
  readonly cost?: number;
  /** Stop at the first feasible loss <= target. */
  readonly target?: number;
  readonly milliseconds?: number;
  /** Stop after this much cost without a better point. */
  readonly stagnation?: number;
  readonly signal?: AbortSignal;
}
export type Stop = 'budget' | 'target' | 'time' | 'stagnation' | 'exhausted' | 'aborted';
/** `cost`: what had been spent when it was found. */
export interface Best<X> { readonly x: X; readonly loss: number; readonly violation: number; readonly cost: number }
export interface Outcome<X> {
  readonly best: Best<X>;
  readonly cost: number;
  readonly stop: Stop;
  readonly failures: { readonly count: number; readonly first: string | null };
  /** Improvements, thinned to at most 1024: the loss after so much cost. */
  readonly trace: readonly { readonly cost: number; readonly loss: number }[];
  /** What the optimizer says it did, when it says anything: the members `auto` ran. */
  readonly report?: Json;
  /** The whole state as JSON; `resume` continues from it. */
  save(): Json;
}
export interface Progress<X> {
  readonly cost: number;
  readonly best: Best<X> | undefined;
  readonly metrics: Metrics | undefined;
  save(): Json;
}

/**
 * Bytes under keys: paths of `[A-Za-z0-9._-]` segments. A folder is a key with a `/` at its end: everything below it.
 * What `put`, `append` and a `move` of one key did is on disk when its promise resolves; drafts, also in a folder that was moved, survive
 * the death of the process, not a power cut.
 */
export interface Store {
  /** How another thread opens this same store, `{ name, ... }` as `stores/index.ts` takes it; absent: it lives in this thread only. */
  readonly address?: { readonly name: string; readonly [field: string]: Json };
  /** The bytes, or those from `from` up to `to`, as far as there are any; undefined when there is no such key. */
  get(key: string, from?: number, to?: number): Promise<Uint8Array | undefined>;
  /** Atomic: a key holds the old bytes or the new. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Atomic and exclusive: false, and nothing is written, when there is such a key. Of many callers in any process one gets true. */
  create(key: string, bytes: Uint8Array): Promise<boolean>;
  /** At the end, making the key when there is none. One writer a key. */
  append(key: string, bytes: Uint8Array): Promise<void>;
  /** Over what is at `at` (default 0) and beyond, making the key: fast, but torn by a crash. For what `move` puts in place afterwards. */
  draft(key: string, bytes: Uint8Array, at?: number): Promise<void>;
  /** A key, or a folder with all its keys, under another name, atomically; what was there is replaced. */
  move(from: string, to: string): Promise<void>;
  /** A key, or a folder with all its keys. Nothing there is fine. */
  delete(key: string): Promise<void>;
  /** In order; `prefix` need not end at a segment. */
  keys(prefix: string): AsyncIterable<string>;
}
