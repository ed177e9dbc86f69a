/**
 * Threads in Node and Bun: tinypool, one pool of one thread a worker.
 *
 * Surprise: tinypool 2.2.0 never settles the job of a thread that calls `process.exit` (it listens for `error`, not `exit`),
 * and hangs in `destroy` afterwards. A pool of one tells us whose job that was, and can be dropped whole.
 */
import { poolOf } from './pool.ts';

import type { Tinypool } from 'tinypool';
import type { Answer, Pool, PoolOptions, Thread } from './pool.ts';

export async function openPool({ workers, setup }: PoolOptions): Promise<Pool> {
  const library = await import('tinypool'); // only when threads are asked for: it takes 10 ms to load
  const filename = entry();
  // A thread inherits `--input-type` (`node --input-type=module -e ...`) and then refuses to load a file.
  const execArgv = process.execArgv.some((flag) => flag.startsWith('--input-type')) ? [] : undefined;
  return poolOf(workers, () => {
    const pool = new library.Tinypool({
      filename, workerData: setup, execArgv, maxThreads: 1,
      minThreads: 0, // started by its first job
      idleTimeout: 2 ** 31 - 1, // the longest a timer takes: an idle thread stays, and the timer is unref'd
      useAtomics: false, // else an idle thread sleeps in Atomics.wait and its timers fire inside the next job (measured: no slower)
    });
    return threadOf(pool);
  });
}

function threadOf(pool: Tinypool): Thread {
  let gone = false;
  let watched: unknown;
  let onDeath: (error: Error) => void = () => undefined;
  pool.on('error', (error: Error) => onDeath(error)); // it could not start, or died idle: then tinypool itself starts another
  return {
    dead: () => gone,
    run: (job, transfer) => new Promise<Answer>((resolve, reject) => {
      onDeath = reject;
      // The wrapper keeps tinypool from looking into the job for its own marks.
      pool.run({ job }, { transferList: transfer as never[] }).then(resolve, reject);
      const thread = pool.threads[0];
      if (thread === watched || thread === undefined) return;
      watched = thread;
      thread.once('exit', (status: number) => {
        gone = true;
        setImmediate(() => onDeath(new Error(`it exited with status ${status}`))); // after the `error` of the same death, which says more
      });
    }),
    async stop() {
      const destroyed = pool.destroy();
      if (!gone) await destroyed;
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve)); // its port closes two turns later
    },
  };
}

/** The compiled worker: threads of Node 20 cannot load TypeScript, not even under vitest; Bun's can. */
function entry(): string {
  if (!import.meta.url.endsWith('.ts')) return new URL('../worker.js', import.meta.url).href;
  const source = process.versions['bun'] ? '../worker.ts' : '../../build/js/src/worker.js';
  return new URL(source, import.meta.url).href;
}
