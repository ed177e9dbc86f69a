/**
 * Jobs over threads: an ordered parallel map with back-pressure.
 *
 * Surprise: "in order" and "as soon as possible" meet in one place only, the oldest unfinished job; a slow source of jobs
 * must not hold back a finished answer, so both are awaited at once.
 */
import { openPool } from '#pool';
import { NadirError, show } from '../core/errors.ts';

import type { Job } from './job.ts';

export type Result<T> = { readonly index: number; readonly value: T } | { readonly index: number; readonly error: Error };
export interface MapOptions {
  /** Ends the map with the error `aborted`, and the workers that are at work with it. */
  readonly signal?: AbortSignal;
  /** What of a job is moved to the worker instead of copied. */
  readonly transfer?: (job: Job) => Transferable[];
}
/** Answers jobs, in their order, each with a value or an error. `serial` and `threads` make one. */
export interface Executor {
  readonly workers: number;
  /** Takes jobs only as results are taken: at most 2 x workers are under way. Leaving the loop early ends what still runs. */
  map<T>(jobs: Iterable<Job> | AsyncIterable<Job>, options?: MapOptions): AsyncIterable<Result<T>>;
  /** The answer of one job: for those who keep the order themselves. Rejects with what the job threw, with `worker` when its thread died, with `aborted`. */
  run<T>(job: Job, options?: MapOptions): Promise<T>;
  /** Ends every thread. */
  close(): Promise<void>;
}
export interface ThreadsOptions {
  /** Threads, an integer from 1 to 256. */
  readonly workers: number;
  /** Handed to every handler; posted once to each thread. */
  readonly setup?: unknown;
}

/**
 * An executor over threads (tinypool in Node and Bun, module workers in Deno and pages).
 * Throws `input` when `workers` is not an integer from 1 to 256.
 * @example
 * const executor = await threads({ workers: 2 });
 * const module = 'data:text/javascript,export const double = (x) => 2 * x';
 * const jobs = [1, 2, 3].map((x) => ({ kind: 'call', module, export: 'double', args: [x] }));
 * for await (const result of executor.map(jobs)) console.log(result); // { index: 0, value: 2 } ...
 * await executor.close();
 */
export async function threads({ workers, setup }: ThreadsOptions): Promise<Executor> {
  if (!Number.isInteger(workers) || workers < 1 || workers > 256) {
    throw new NadirError('input', `workers is ${show(workers)}; allowed: an integer from 1 to 256`);
  }
  const pool = await openPool({ workers, setup });
  return {
    workers,
    map: <T>(jobs: Iterable<Job> | AsyncIterable<Job>, { signal, transfer }: MapOptions = {}) => ordered<T>(
      jobs, 2 * workers, signal, (job, stop) => pool.run(job, { signal: stop, transfer: transfer?.(job) }),
    ),
    run: <T>(job: Job, { signal, transfer }: MapOptions = {}) => pool.run(job, { signal, transfer: transfer?.(job) }) as Promise<T>,
    close: () => pool.close(),
  };
}

async function* ordered<T>(
  jobs: Iterable<Job> | AsyncIterable<Job>, limit: number, signal: AbortSignal | undefined, run: (job: Job, stop: AbortSignal) => Promise<unknown>,
): AsyncGenerator<Result<T>, void, undefined> {
  const stop = new AbortController(); // ours: it also ends the jobs when the caller leaves the loop
  let cancel = (_: Error): void => undefined;
  const aborted = new Promise<never>((_, reject) => void (cancel = reject));
  aborted.catch(() => undefined);
  const onAbort = (): void => {
    stop.abort();
    cancel(new NadirError('aborted', 'the jobs were aborted'));
  };
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });

  const source = Symbol.asyncIterator in jobs ? jobs[Symbol.asyncIterator]() : jobs[Symbol.iterator]();
  const underway: Promise<Result<T>>[] = [];
  let pull: Promise<IteratorResult<Job>> | undefined;
  let ended = false;
  let index = 0;
  try {
    for (;;) {
      while (!ended && underway.length < limit) {
        pull ??= (async () => source.next())();
        const first = underway[0]?.then(() => undefined);
        const step = await Promise.race(first ? [aborted, pull, first] : [aborted, pull]);
        if (step === undefined) break; // the oldest answer is there before the next job
        pull = undefined;
        if (step.done) ended = true;
        else underway.push(resultOf<T>(index++, run(step.value, stop.signal)));
      }
      if (underway.length === 0) return;
      yield await Promise.race([aborted, underway[0]!]);
      underway.shift();
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    stop.abort();
    if (!ended) void (async () => source.return?.())().catch(() => undefined); // not awaited: a pending `next` may never end
  }
}

function resultOf<T>(index: number, answer: Promise<unknown>): Promise<Result<T>> {
  return answer.then((value) => ({ index, value: value as T }), (error: Error) => ({ index, error }));
}
