/**
 * The entry of every thread: a tinypool worker in Node and Bun (the default export), a module Web Worker elsewhere.
 *
 * As a Web Worker it answers only under our own name, because the single-file bundle contains this file too and may be
 * imported by a page's own worker. Surprise: a worker that calls `close` or `Deno.exit` vanishes without an event at its
 * parent, so those say a last word first.
 */
import { wasmModule } from './backend/index.ts';
import { call, handle, moved } from './executors/job.ts';
import { runs, type RunsJob, type RunsSetup } from './executors/runs.ts';
import { faultOf, files, now, time } from './platform/index.ts';
import { memory, openStore } from './stores/index.ts';
import { part } from './studies/networks/crew.ts';
import { examine } from './studies/programs/examine.ts';
import { score } from './studies/score.ts';
import { piece } from './studies/tools.ts';

import type { Handlers } from './executors/job.ts';
import type { Answer } from './platform/pool.ts';
import type { Reply, Request } from './platform/workers.ts';

/** Every kind of job a thread understands. */
const handlers: Handlers = { call, score, runs: experiments, piece, examine, crew: part };

interface Globals {
  process?: { __tinypool_state__?: { workerData: unknown }; exit?: unknown };
  Deno?: { exit?: unknown };
  name?: string;
  close?: unknown;
  onmessage?: unknown;
  postMessage?(message: Reply, transfer?: Transferable[]): void;
  addEventListener?(type: string, listener: (event: Event) => void): void;
}
const globals = globalThis as unknown as Globals;
const tinypool = globals.process?.__tinypool_state__;

/** Answers one job of tinypool; never throws, because tinypool would lose the error's code. */
export default function answer({ job }: { job: unknown }): Promise<Answer> {
  return handle(job, tinypool?.workerData, handlers);
}

const make = runs({
  now, time, owner: files.owner,
  open: async (address) => (address === undefined ? memory() : openStore(address, { files })),
  crash: () => (globals.process?.exit as ((status: number) => void) | undefined)?.(1) ?? (globals.close as (() => void) | undefined)?.(),
});

/** Runs of an experiment; one compiled module serves every thread. */
async function experiments(job: RunsJob, setup: unknown): Promise<unknown> {
  const { wasm } = setup as RunsSetup;
  if (wasm) await wasmModule(wasm);
  return make(job, setup);
}

if (tinypool === undefined && globals.name === 'nadir-worker' && typeof globals.postMessage === 'function') listen();

function listen(): void {
  const post = globals.postMessage!.bind(globalThis);
  let setup: unknown;
  globals.onmessage = async ({ data }: MessageEvent<Request>) => {
    if ('setup' in data) {
      setup = data.setup;
      return;
    }
    const reply = await handle(data.job, setup, handlers);
    try {
      post({ answer: reply }, ('value' in reply && (reply.value as { [moved]?: Transferable[] } | null | undefined)?.[moved]) || []);
    } catch (error) {
      const { message } = faultOf(error); // the value cannot be cloned
      post({ answer: { error: { name: 'NadirError', code: 'worker', message: `a job or its answer cannot be sent between threads: ${message}` } } });
    }
  };
  // Node ends a thread on an unhandled rejection, browsers do not: make them agree.
  globals.addEventListener?.('unhandledrejection', (event) => {
    event.preventDefault();
    post({ dead: faultOf((event as PromiseRejectionEvent).reason).message });
  });
  lastWord(globals, 'close', post);
  lastWord(globals.Deno, 'exit', post);
  lastWord(globals.process, 'exit', post);
}

/** Makes `owner[name]` post why this worker goes before it goes. */
function lastWord<K extends string>(owner: { [key in K]?: unknown } | undefined, name: K, post: (message: Reply) => void): void {
  const leave = owner?.[name];
  if (owner === undefined || typeof leave !== 'function') return;
  owner[name] = (status?: unknown) => {
    post({ dead: typeof status === 'number' ? `it exited with status ${status}` : `it called ${name}()` });
    return leave.call(owner, status);
  };
}
