/**
 * What a thread does with a batch of runs: makes them, one after another, and writes their records into a journal of its own.
 *
 * Surprise: written by the parent in the order of submission, finished runs were lost in a crash (the published runner);
 * written one by one, they cost a sync each. So a batch is one append, and one that grows slow is appended as it goes.
 */
import { perform } from '../experiment/perform.ts';
import { openWriter } from '../experiment/journal.ts';
import { load } from './job.ts';

import type { Store } from '../core/types.ts';
import type { Plan, Tools, Work } from '../experiment/perform.ts';
import type { Operation, RunRecord } from '../experiment/record.ts';
import type { Job } from './job.ts';

const FLUSH = 250; // milliseconds that a finished run waits for its batch

/** `failures`: after so many failed ones no more of the batch are made. */
export interface RunsJob extends Job { readonly kind: 'runs'; readonly works: readonly Work[]; readonly failures: number }
/** What a pool for runs is opened with; `store` in this thread only. */
export interface RunsSetup { readonly plan: Plan; readonly address?: Store['address']; readonly store?: Store; readonly signal?: AbortSignal; readonly wasm?: WebAssembly.Module }
/** How each run of the batch ended; `kept`: all that a thread without the store has made, for its parent to keep. */
export interface RunsAnswer {
  readonly ends: readonly { readonly id: string; readonly status: RunRecord['status']; readonly milliseconds: number; readonly message?: string }[];
  readonly kept?: { readonly records: readonly RunRecord[]; readonly files: readonly (readonly [string, Uint8Array])[] };
}
export interface RunsTools extends Omit<Tools, 'load'> {
  /** Opens the store an address names; without one, an empty store of this thread's own. */
  open(address: Store['address']): Promise<Store>;
}

interface Place { readonly store: Store; append?(records: readonly RunRecord[]): Promise<void> }

/** The handler of `runs`. */
export function runs(tools: RunsTools): (job: RunsJob, setup: unknown) => Promise<RunsAnswer> {
  const places = new WeakMap<RunsSetup, Promise<Place>>();
  const own: RunsTools & Tools = { ...tools, load: load as (module: string, name: string) => Promise<Operation> };
  return async ({ works, failures }, given) => {
    const setup = given as RunsSetup;
    let place = places.get(setup);
    if (place === undefined) places.set(setup, (place = placeOf(setup, own)));
    const { store, append } = await place;
    const ends: RunsAnswer['ends'][number][] = [];
    const records: RunRecord[] = [];
    let written = 0;
    let flushed = tools.now();
    let failed = 0;
    for (const work of works) {
      const record = await perform(work, setup.plan, store, own, setup.signal);
      records.push(record);
      ends.push({ id: record.id, status: record.status, milliseconds: record.milliseconds, message: record.error?.message });
      if (append && tools.now() - flushed > FLUSH) {
        await append(records.slice(written));
        written = records.length;
        flushed = tools.now();
      }
      if (record.status === 'failed') failed++;
      if (setup.signal?.aborted || failed >= failures) break;
    }
    if (append) {
      if (written < records.length) await append(written === 0 ? records : records.slice(written));
      return { ends };
    }
    const files: [string, Uint8Array][] = [];
    for await (const key of store.keys('')) {
      files.push([key, (await store.get(key))!]);
      await store.delete(key);
    }
    return { ends, kept: { records, files } };
  };
}

async function placeOf(setup: RunsSetup, tools: RunsTools & Tools): Promise<Place> {
  const { operation } = setup.plan;
  if (typeof operation !== 'function') await tools.load(operation.module, operation.export); // so that no run's time has it in it
  if (setup.store === undefined && setup.address === undefined) return { store: await tools.open(undefined) };
  const store = setup.store ?? (await tools.open(setup.address));
  const writer = await openWriter(store, tools.owner);
  return { store, append: (records) => writer.append(records) };
}
