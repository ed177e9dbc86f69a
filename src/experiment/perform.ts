/**
 * One run: its seeds, its capture, its faults on purpose, its record.
 *
 * Surprise: a run that is out of time cannot be stopped here unless it awaits something; whoever owns its thread must end that.
 */
import { NadirError, messageOf } from '../core/errors.ts';
import { createRandom } from '../core/random.ts';
import { openCapture } from './capture.ts';
import { experiment as experimentOf } from './experiment.ts';
import { openWriter } from './journal.ts';
import { openLedger } from './ledger.ts';
import { seedsOf } from './seeds.ts';
import { nestedKey, wipe } from './wipe.ts';

import type { Json, Store } from '../core/types.ts';
import type { Definition, Experiment, Inject, Operation, RunRecord, RunSpec } from './record.ts';

/**
 * A run to be made. `resumable`: a checkpoint of it is there; `dirty`: an earlier attempt may have left files aside; `anew`: what
 * earlier attempts left is wiped, its runs inside among it.
 */
export interface Work { readonly spec: RunSpec; readonly attempt: number; readonly resumable: boolean; readonly dirty: boolean; readonly anew: boolean }
/** What all runs of an experiment share: plain data but for a closure, which only this thread can call. */
export interface Plan {
  readonly operation: Experiment['operation'];
  readonly context: Json;
  readonly fingerprint: string;
  readonly parent?: string;
  readonly artifacts: boolean;
  /** Milliseconds. */
  readonly checkpoint: number;
  readonly timeout?: number;
  readonly inject?: Inject;
  readonly made: RunRecord['made'];
}
/** What the thread brings. */
export interface Tools {
  /** `<process>-<random>`: no other thread's. */
  readonly owner: string;
  /** Milliseconds from an arbitrary start. */
  now(): number;
  /** Milliseconds since 1970. */
  time(): number;
  load(module: string, name: string): Promise<Operation>;
  /** Ends the thread at once; absent where there is none to end. */
  crash?(): void;
}

export const LONGEST = 0x7fffffff; // milliseconds of a timer: a longer one would end at once

let attempts = 0; // of this thread

/** Makes a run and returns its record. Rejects only when the operation cannot be loaded or the store fails. */
export async function perform({ spec, attempt, resumable, dirty, anew }: Work, plan: Plan, store: Store, tools: Tools, signal?: AbortSignal): Promise<RunRecord> {
  const { operation } = plan;
  const act = typeof operation === 'function' ? operation : await tools.load(operation.module, operation.export);
  const stop = new AbortController();
  const { milliseconds: pause = 1000, ...chances } = plan.inject ?? {};
  const fault = faultOf(chances, spec.id, attempt);
  const started = tools.time();
  const began = tools.now();
  let taken = false; // over, by another process
  if (anew) await wipe(store, spec.id);
  const open = await openCapture({
    store, id: spec.id, attempt: `${tools.owner}-${attempts++}`, signal: stop.signal, now: tools.now, every: plan.checkpoint, artifacts: plan.artifacts, resumable, dirty,
    async conduct(definition) {
      const made = await inside(definition, { parent: spec, anew }, plan, store, tools, stop.signal);
      taken ||= made === undefined;
      if (made === undefined) throw overtaken();
      return made;
    },
  });
  let status: RunRecord['status'] = 'success';
  let error: unknown;
  const cancel = (): void => stop.abort();
  signal?.addEventListener('abort', cancel, { once: true });
  const timer = plan.timeout === undefined ? undefined : setTimeout(cancel, Math.min(plan.timeout, LONGEST));
  try {
    if (signal?.aborted) cancel();
    if (fault === 'crash' && tools.crash) tools.crash();
    if (fault === 'throw' || fault === 'crash') throw new Error(`injected: ${fault}`);
    if (fault === 'hang') await orAborted(new Promise(() => {}), stop.signal);
    if (fault === 'slow') await orAborted(new Promise((resolve) => setTimeout(resolve, pause)), stop.signal);
    const answer = act(plan.context, spec.params, seedsOf(spec.seed, spec.replicate), open.capture);
    if (answer !== undefined && typeof (answer as PromiseLike<unknown> | null)?.then === 'function') await orAborted(answer as PromiseLike<unknown>, stop.signal);
    if (stop.signal.aborted) throw new NadirError('aborted', 'the run was stopped');
  } catch (thrown) {
    status = signal?.aborted ? 'cancelled' : 'failed';
    error = stop.signal.aborted && !signal?.aborted ? late(plan.timeout!) : thrown;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
  }
  // A cancelled run goes on from its checkpoint; any other has ended.
  if (taken) status = 'cancelled';
  const kept = status === 'cancelled' ? await open.abandon() : await open.finish();
  if (kept === undefined && status !== 'cancelled') {
    status = 'cancelled';
    error = overtaken();
  }
  return record(spec, plan, { status, attempt, error, started, milliseconds: tools.now() - began, ...kept });
}

/** A record of a run that ended so. */
export function record(spec: RunSpec, { fingerprint, parent, made }: Plan, end: Pick<RunRecord, 'status' | 'attempt' | 'started' | 'milliseconds'> & Partial<Pick<RunRecord, 'metrics' | 'data' | 'artifacts'>> & { readonly error?: unknown }): RunRecord {
  const { status, attempt, error, started, milliseconds, metrics = {}, data = {}, artifacts = [] } = end;
  const fault = error === undefined ? undefined : { name: error instanceof Error ? error.name : 'Error', message: messageOf(error).slice(0, 1000), ...(error instanceof NadirError && { code: error.code }) };
  return { ...spec, status, context: fingerprint, ...(parent !== undefined && { parent }), metrics, data, artifacts, ...(fault && { error: fault }), attempt, started, milliseconds: Math.round(milliseconds * 1000) / 1000, made };
}

/** The error of a run whose claim expired while it was made: that process makes it from here on. */
function overtaken(): NadirError {
  return new NadirError('aborted', 'another process took the run over');
}

/** The error of a run that took too long. */
export function late(timeout: number): NadirError {
  return new NadirError('aborted', `the run took longer than its timeout of ${timeout} ms`);
}

/** The runs inside a run, one after another; those that a journal of the parent's holds are not made again. Undefined when another process has taken them over. */
async function inside(definition: Definition, { parent, anew }: { readonly parent: RunSpec; readonly anew: boolean }, plan: Plan, store: Store, tools: Tools, signal: AbortSignal): Promise<RunRecord[] | undefined> {
  const inner = experimentOf(definition, parent.id);
  const key = nestedKey(parent.id);
  const ledger = await openLedger(store, { journals: key });
  const writer = await openWriter(store, key);
  const own: Plan = { ...plan, operation: inner.operation, context: inner.context, fingerprint: inner.fingerprint, parent: parent.id, inject: undefined, timeout: undefined };
  const records: RunRecord[] = [];
  for (let i = 0n; i < inner.size; i++) {
    const spec = inner.at(i);
    const known = await ledger.record(spec.id);
    if (known?.status === 'success') {
      records.push(known);
      continue;
    }
    const made = await perform({ spec, attempt: (known?.attempt ?? 0) + 1, resumable: !anew, dirty: true, anew }, own, store, tools, signal);
    if (signal.aborted) throw new NadirError('aborted', 'the run was stopped');
    if (made.status === 'cancelled') return undefined;
    await writer.append([made]);
    records.push(made);
  }
  return records;
}

const FAULTS = ['throw', 'hang', 'crash', 'slow'] as const;

/** Which fault this attempt of a run meets; every chance has a draw of its own, the first that hits wins. */
function faultOf({ seed = 0, ...chances }: Omit<Inject, 'milliseconds'>, id: string, attempt: number): (typeof FAULTS)[number] | undefined {
  if (!FAULTS.some((name) => chances[name])) return undefined;
  const random = createRandom(seed).fork(id).fork(attempt);
  return FAULTS.find((name) => random.fork(name).f64() < (chances[name] ?? 0));
}

/** The promise, or an error as soon as the signal aborts: an answer may never come. */
function orAborted<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(new NadirError('aborted', 'the run was stopped'));
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    Promise.resolve(promise).then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
