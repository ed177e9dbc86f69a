/**
 * The pool both thread libraries share: who is idle, who waits, what happens when a worker dies or a job is aborted.
 *
 * `tinypool.ts` and `workers.ts` only say how to start one thread. A thread is started when a job finds none idle, so a
 * dead one is replaced by the next job. Surprise: a thread that calls `process.exit` or `close` reports nothing in two of
 * four runtimes; its job would wait for ever, so each thread library watches for that itself.
 */
import { NadirError } from '../core/errors.ts';
import { errorOf } from './fault.ts';

import type { Fault } from './fault.ts';

export interface PoolOptions {
  /** Threads at most, from 1. */
  readonly workers: number;
  /** Posted once to every thread; anything structured clone takes, a compiled WebAssembly.Module among it. */
  readonly setup: unknown;
}
export interface RunOptions {
  /** Moved to the worker instead of copied. */
  readonly transfer?: Transferable[];
  readonly signal?: AbortSignal;
}
/**
 * Threads that answer jobs. Opened by `openPool` of `#pool`.
 * @example
 * const pool = await openPool({ workers: 2, setup: null });
 * const module = 'data:text/javascript,export const double = (x) => 2 * x';
 * await pool.run({ kind: 'call', module, export: 'double', args: [21] }); // 42
 * await pool.close();
 */
export interface Pool {
  readonly workers: number;
  /**
   * The job's answer. Rejects with what the job threw (a NadirError keeps its code), with `worker` when its thread died
   * (the next job gets a new one), with `aborted` on the signal: a running job cannot be interrupted, so its thread is ended.
   */
  run(job: unknown, options?: RunOptions): Promise<unknown>;
  /** Ends every thread; jobs that still run or wait reject with `aborted`. */
  close(): Promise<void>;
}

/** What a worker answers. */
export type Answer = { readonly value: unknown } | { readonly error: Fault };

/** One thread, one job at a time. */
export interface Thread {
  /** Rejects when the thread died, could not start, or the job or its answer could not be sent. */
  run(job: unknown, transfer: Transferable[]): Promise<Answer>;
  stop(): Promise<void>;
  /** Whether it died since its last answer: a timer an earlier job left behind may throw. */
  dead(): boolean;
}

interface Task {
  readonly job: unknown;
  readonly transfer: Transferable[];
  settle(answer: Answer): void;
  fail(error: Error): void;
  done: boolean;
  thread?: Thread;
}

/** A pool over threads of one kind. */
export function poolOf(workers: number, start: () => Thread): Pool {
  const idle: Thread[] = [];
  const running = new Set<Task>();
  const waiting: Task[] = [];
  const ending = new Set<Promise<void>>();
  let closed = false;

  const end = (thread: Thread): void => {
    const stopped = thread.stop().catch(() => undefined).then(() => void ending.delete(stopped));
    ending.add(stopped);
  };

  /** The idle thread used last, which is the warmest. */
  const rested = (): Thread | undefined => {
    let thread = idle.pop();
    for (; thread?.dead(); thread = idle.pop()) end(thread);
    return thread;
  };

  const next = (): void => {
    while (waiting.length > 0 && running.size < workers) void work(waiting.shift()!);
  };

  const work = async (task: Task): Promise<void> => {
    running.add(task);
    let thread: Thread | undefined;
    try {
      thread = task.thread = rested() ?? start();
      const answer = await thread.run(task.job, task.transfer);
      if (task.done) return; // aborted meanwhile, and its thread is ending
      idle.push(thread);
      task.settle(answer);
    } catch (error) {
      if (task.done) return;
      if (thread) end(thread);
      task.fail(died(error));
    } finally {
      running.delete(task);
      next();
    }
  };

  const abort = (task: Task, reason: string): void => {
    const at = waiting.indexOf(task);
    if (at >= 0) waiting.splice(at, 1);
    task.fail(new NadirError('aborted', reason));
    running.delete(task);
    if (task.thread) end(task.thread);
    if (!closed) next();
  };

  return {
    workers,
    run(job, { transfer = [], signal } = {}) {
      if (closed) return Promise.reject(new NadirError('worker', 'the pool is closed; open another one to run this job'));
      if (signal?.aborted) return Promise.reject(new NadirError('aborted', 'the job was aborted before it started'));
      return new Promise((resolve, reject) => {
        const onAbort = (): void => abort(task, 'the job was aborted; its worker was ended');
        const finish = (act: () => void): void => {
          if (task.done) return;
          task.done = true;
          signal?.removeEventListener('abort', onAbort);
          act();
        };
        const task: Task = {
          job, transfer, done: false,
          settle: (answer) => finish(() => ('error' in answer ? reject(errorOf(answer.error)) : resolve(answer.value))),
          fail: (error) => finish(() => reject(error)),
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        waiting.push(task);
        next();
      });
    },
    async close() {
      closed = true;
      for (const task of [...waiting, ...running]) abort(task, 'the job was aborted: its pool was closed');
      for (const thread of idle.splice(0)) end(thread);
      await Promise.all(ending);
    },
  };
}

function died(error: unknown): NadirError {
  let text: string;
  if (!(error instanceof Error)) text = 'a worker died of something that cannot be sent between threads, most often its answer'; // Node loses a DataCloneError on its way
  else if (error.name === 'DataCloneError') text = `a job or its answer cannot be sent between threads: ${error.message}`;
  else text = `a worker died: ${error.message}`;
  return new NadirError('worker', text, { cause: error });
}
