/**
 * Threads in Deno and web pages: module Web Workers.
 *
 * Surprise: an error inside a worker that nobody prevents ends the whole process in Deno, and a worker that closes itself
 * tells nobody, so `worker.ts` posts a last word before it goes.
 */
import { poolOf } from './pool.ts';
import { spawn } from './spawn.ts';

import type { Answer, Pool, PoolOptions, Thread } from './pool.ts';

/** From the pool: the setup first, then jobs. */
export type Request = { readonly setup: unknown } | { readonly job: unknown };
/** From the worker: an answer a job, or its last word. */
export type Reply = { readonly answer: Answer } | { readonly dead: string };

export async function openPool({ workers, setup }: PoolOptions): Promise<Pool> {
  return poolOf(workers, () => {
    const worker = spawn();
    try {
      worker.postMessage({ setup } satisfies Request);
    } catch (error) {
      worker.terminate();
      throw error;
    }
    return threadOf(worker);
  });
}

function threadOf(worker: Worker): Thread {
  let onReply: (answer: Answer) => void = () => undefined;
  let onDeath: (error: Error) => void = () => undefined;
  let death: Error | undefined;
  const die = (message: string): void => {
    death ??= new Error(message);
    onDeath(death);
  };
  worker.onmessage = ({ data }: MessageEvent<Reply>) => ('dead' in data ? die(data.dead) : onReply(data.answer));
  worker.onmessageerror = () => die('its answer could not be read');
  worker.onerror = (event: ErrorEvent) => {
    event.preventDefault();
    die(event.message?.replace(/^Uncaught (\w*Error: )?/, '') || 'its script could not be loaded (a wrong address, or a Content-Security-Policy without worker-src)');
  };
  return {
    dead: () => death !== undefined,
    run: (job, transfer) => new Promise<Answer>((resolve, reject) => {
      onReply = resolve;
      onDeath = reject;
      if (death) reject(death); // it died after its last answer
      else worker.postMessage({ job } satisfies Request, transfer);
    }),
    async stop() {
      worker.terminate();
    },
  };
}
