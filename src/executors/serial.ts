/**
 * Jobs one after another in this thread: the same interface and the same results as `threads`, for one worker or none to be had.
 *
 * Surprise: nothing is cloned here, so a job must not count on its arguments being its own.
 */
import { NadirError } from '../core/errors.ts';
import { errorOf } from '../platform/fault.ts';
import { call, handle } from './job.ts';

import type { Handlers, Job } from './job.ts';
import type { Executor, MapOptions, Result } from './threads.ts';

export interface SerialOptions {
  readonly setup?: unknown;
  /** The kinds of job it understands; by default only `call`. */
  readonly handlers?: Handlers;
}

/**
 * An executor without threads. An abort is seen between jobs.
 * @example
 * const executor = serial({ handlers: { square: ({ x }) => x * x } });
 * for await (const result of executor.map([{ kind: 'square', x: 3 }])) console.log(result); // { index: 0, value: 9 }
 */
export function serial({ setup, handlers = { call } }: SerialOptions = {}): Executor {
  let closed = false;
  const over = (): NadirError => new NadirError('worker', 'the pool is closed; open another one to run this job');
  return {
    workers: 1,
    async run<T>(job: Job, { signal }: MapOptions = {}): Promise<T> {
      check(signal);
      if (closed) throw over();
      const answer = await handle(job, setup, handlers);
      check(signal);
      if ('error' in answer) throw errorOf(answer.error);
      return answer.value as T;
    },
    async *map<T>(jobs: Iterable<Job> | AsyncIterable<Job>, { signal }: MapOptions = {}): AsyncGenerator<Result<T>, void, undefined> {
      let index = 0;
      check(signal);
      for await (const job of jobs) {
        check(signal);
        if (closed) {
          yield { index: index++, error: over() };
          continue;
        }
        const answer = await handle(job, setup, handlers);
        check(signal);
        yield 'error' in answer ? { index: index++, error: errorOf(answer.error) } : { index: index++, value: answer.value as T };
      }
    },
    async close() {
      closed = true;
    },
  };
}

function check(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new NadirError('aborted', 'the jobs were aborted');
}
