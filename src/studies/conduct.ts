/**
 * `conduct`: every run of an experiment that its store does not hold yet, on this thread or over workers.
 *
 * Runs are claimed by blocks, so that several processes share a store; handed out in batches of about 25 ms, so that a run of a
 * microsecond is not sent alone; and recorded by the thread that made them. Surprise: nobody tells which run of a batch ended its
 * thread, so all of that batch that is not in a journal is made again, one by one, and the guilty one falls alone.
 */
import { moduleHash, sharedBackend, wasmModule } from '../backend/index.ts';
import { NadirError, messageOf } from '../core/errors.ts';
import { openClaims } from '../experiment/claims.ts';
import { asked, experiment as experimentOf } from '../experiment/experiment.ts';
import { fingerprint } from '../experiment/identity.ts';
import { openWriter, type Writer } from '../experiment/journal.ts';
import { openLedger } from '../experiment/ledger.ts';
import { LONGEST, late, record, type Plan } from '../experiment/perform.ts';
import { openQueue, type Queue, type Task } from '../experiment/queue.ts';
import { runs, type RunsAnswer, type RunsJob, type RunsSetup } from '../executors/runs.ts';
import { serial } from '../executors/serial.ts';
import { threads } from '../executors/threads.ts';
import { files, now, runtime, time, version as runtimeVersion } from '../platform/index.ts';
import { memory } from '../stores/index.ts';
import { version } from '../version.ts';
import { checked, workersOf, type Conducted, type ConductOptions } from './conduct/options.ts';
import { forget, names, placesOf } from './conduct/own.ts';
import { meter } from './conduct/rate.ts';

import type { Json, Store } from '../core/types.ts';
import type { Definition, Experiment, RunRecord, Status } from '../experiment/record.ts';
import type { Executor } from '../executors/threads.ts';

export type { Conducted, ConductOptions, ConductProgress } from './conduct/options.ts';

const BATCH = 25; // milliseconds of work in a batch, aimed at
const MOST = 64; // runs in a batch
const GRACE = 2000; // milliseconds that running batches get after an abort or an error
const JOURNALS = 32; // that are merged at the end
const MANY = 20_000; // records that are indexed at the end
const SLACK = 500; // milliseconds after a timeout until the thread is ended
const START = 30_000; // milliseconds that a thread gets to start and to load its modules, where runs have a timeout

let calls = 0;

/**
 * Makes every run that the store holds no success of: those that failed, were cancelled or half done among them.
 *
 * The same definition, seed and version give the same records with any number of workers or processes, straight through or resumed.
 * Throws `input` for options that make no sense and a closure with workers, `name` when the module lacks the export, `store` when something cannot be kept.
 * @example
 * const definition = { name: 'demo', grid: { x: [1, 2, 3] }, operation: (context, { x }, seeds, capture) => capture.metric('square', x * x) };
 * const { success, records } = await conduct(definition);
 * success; // 3
 * (await records()).map(({ metrics }) => metrics.square); // [ 1, 4, 9 ]
 */
export async function conduct(definition: Definition | Experiment, options: ConductOptions = {}): Promise<Conducted> {
  const begun = now();
  const since = time();
  const experiment = typeof definition === 'object' && definition !== null && 'fingerprint' in definition ? definition : experimentOf(definition);
  const { store = memory(), timeout, failures = Infinity, limit = Infinity, checkpoint = 30_000, artifacts = true, lease = 15_000, signal, observe } = checked(options);
  const workers = workersOf(options.workers, experiment);
  const { size } = experiment;
  const ledger = await openLedger(store);
  const claims = openClaims(store, { owner: files.owner, host: files.host, time, alive: files.alive, lease });
  const description = asked(experiment) as { readonly [field: string]: Json };
  const tag = fingerprint({ ...description, operation: null });
  const plan: Plan = {
    operation: experiment.operation, context: experiment.context, fingerprint: experiment.fingerprint, artifacts, checkpoint, timeout, inject: options.inject,
    made: { nadir: version, module: moduleHash.slice(0, 16), runtime: `${runtime()} ${runtimeVersion()}` },
  };
  const kill = new AbortController(); // ends running batches
  const halt = new AbortController(); // ends the handing out
  let executor: Executor | undefined;
  let queue: Queue | undefined;
  let writer: Writer | undefined;
  const ends = { success: 0, failed: 0, cancelled: 0 };
  const alone: Task[] = []; // of batches whose thread died: one by one
  const rate = meter();
  let handed = 0;
  let failure: string | null = null;
  let stop: Conducted['stop'] | undefined;
  let each = BATCH; // milliseconds a run, of late: the first batch is one run
  const finish = (why: Conducted['stop']): void => {
    stop ??= why;
    halt.abort();
  };

  let grace: ReturnType<typeof setTimeout> | undefined;
  const hurry = (): void => {
    grace ??= setTimeout(() => kill.abort(), workers === 0 ? 0 : GRACE);
  };
  const onAbort = (): void => {
    finish('aborted');
    hurry();
  };

  async function take(): Promise<Task[]> {
    if (halt.signal.aborted) return [];
    if (alone.length > 0) return [alone.shift()!];
    const want = Math.min(Math.max(1, Math.round(BATCH / each)), MOST, limit - handed);
    if (want < 1) return [];
    handed += want; // before others take, too
    const tasks = await queue!.take(want, executor!.workers);
    handed -= want - tasks.length;
    return tasks;
  }

  async function settle(task: Task, status: Status, milliseconds: number, message: string | undefined): Promise<void> {
    if (status === 'cancelled' && !kill.signal.aborted) { // another process took it over
      handed--;
      return queue!.again(task);
    }
    ends[status]++;
    each += (milliseconds - each) / 8;
    if (status === 'failed') {
      failure ??= message ?? null;
      if (ends.failed >= failures) finish('failures');
    }
    await queue!.done(task);
  }

  /** Has a batch made, in at most so many milliseconds; `over` says whether it took longer. */
  async function send(works: RunsJob['works'], most: number | undefined, over: AbortController): Promise<RunsAnswer> {
    const end = (): void => over.abort();
    kill.signal.addEventListener('abort', end, { once: true });
    const timer = most === undefined ? undefined : setTimeout(end, Math.min(most, LONGEST));
    const job: RunsJob = { kind: 'runs', works, failures: failures - ends.failed };
    try {
      return await executor!.run<RunsAnswer>(job, { signal: workers === 0 ? undefined : over.signal });
    } finally {
      clearTimeout(timer);
      kill.signal.removeEventListener('abort', end);
    }
  }

  /** False when its thread is gone. */
  async function make(tasks: readonly Task[]): Promise<boolean> {
    const over = new AbortController();
    try {
      const { ends: made, kept } = await send(tasks.map(({ work }) => work), workers > 0 && timeout !== undefined ? timeout + SLACK : undefined, over);
      if (kept) {
        for (const [key, bytes] of kept.files) await store.put(key, bytes);
        await write(kept.records);
      }
      for (const [i, { status, milliseconds, message }] of made.entries()) await settle(tasks[i]!, status, milliseconds, message);
      return true;
    } catch (error) {
      const code = (error as NadirError).code;
      const stopped = kill.signal.aborted;
      if (!stopped && !over.signal.aborted && code !== 'worker') throw error;
      await ledger.refresh();
      const left: Task[] = [];
      for (const task of tasks) {
        const known = await ledger.record(task.work.spec.id);
        if (known?.attempt === task.work.attempt) await settle(task, known.status, known.milliseconds, known.error?.message);
        else left.push({ ...task, work: { ...task.work, resumable: true, dirty: true, anew: false } });
      }
      if (!stopped && tasks.length > 1) {
        alone.push(...left);
        return false;
      }
      for (const task of left) {
        const { spec, attempt } = task.work;
        const reason = stopped ? new NadirError('aborted', 'the run was cancelled') : over.signal.aborted ? late(timeout!) : error;
        const status = stopped ? 'cancelled' : 'failed';
        await write([record(spec, plan, { status, attempt, error: reason, started: time(), milliseconds: 0 })]);
        await settle(task, status, 0, messageOf(reason));
      }
      return false;
    }
  }

  async function write(records: readonly RunRecord[]): Promise<void> {
    writer ??= await openWriter(store, workers === 0 ? `${files.owner}-parent` : files.owner);
    await writer.append(records);
  }

  async function slot(): Promise<void> {
    let warm = workers === 0 || timeout === undefined;
    for (let tasks = await take(); tasks.length > 0; tasks = await take()) {
      // The start of a thread is no part of a run's time. One that fails to start says so with its first run.
      if (!warm) await send([], START, new AbortController()).catch(() => undefined);
      warm = (await make(tasks)) || timeout === undefined;
      const made = ends.success + ends.failed;
      rate.note(made);
      const { skipped } = queue!;
      const left = size - BigInt(made + skipped);
      observe?.({ size, made, failed: ends.failed, skipped, rate: rate.perSecond(), left: (Number(left) / rate.perSecond()) * 1000 });
    }
  }

  let renewal: ReturnType<typeof setInterval> | undefined;
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort(); // while the store was opened
  try {
    if (options.fresh) await forget(store, ledger, claims, experiment);
    await claims.take(`processes/${files.owner}-${calls++}`); // so that nobody compacts journals under our threads
    renewal = setInterval(() => void claims.renew().then((keys) => queue?.lost(keys), () => undefined), Math.min(lease / 3, LONGEST));
    await store.create(`experiments/${experiment.name}-${tag}.json`, new TextEncoder().encode(`${JSON.stringify(description, null, 2)}\n`));
    executor = await executorOf(workers, plan, store, kill.signal);
    const [resumable, dirty, nested] = [await names(store, 'checkpoints/'), await names(store, 'aside/'), await names(store, 'nested/')];
    const anew = options.fresh === true && resumable.size + dirty.size + nested.size > 0;
    queue = openQueue(experiment, { ledger, claims, tag, since, resumable, dirty, anew, signal: halt.signal });
    const failing = (error: unknown): never => {
      halt.abort();
      hurry(); // the others may have hours to go
      throw error;
    };
    do for (const { status, reason } of await Promise.allSettled(Array.from({ length: executor!.workers }, () => slot().catch(failing))) as PromiseRejectedResult[]) if (status === 'rejected') throw reason;
    while (alone.length > 0 && !halt.signal.aborted);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    clearTimeout(grace);
    clearInterval(renewal);
    await executor?.close();
    await writer?.close();
    if (ledger.journals > JOURNALS || ledger.count > MANY) await ledger.compact(claims).catch(() => undefined); // another day
    await claims.close().catch(() => undefined);
  }
  await ledger.refresh();
  return {
    size, ...ends, skipped: queue.skipped, failure, stop: stop ?? (handed >= limit && queue.more ? 'limit' : 'done'), milliseconds: now() - begun, corrupt: ledger.corrupt,
    async records() {
      await ledger.refresh();
      const placeOf = placesOf(experiment);
      const mine: RunRecord[] = [];
      for await (const each of ledger.records()) {
        const index = placeOf(each);
        if (index !== undefined) mine.push(each.index === index ? each : { ...each, index });
      }
      return mine.sort((a, b) => a.index - b.index);
    },
  };
}

async function executorOf(workers: number, plan: Plan, store: Store, signal: AbortSignal): Promise<Executor> {
  if (workers > 0) {
    const setup: RunsSetup = { plan, address: store.address, wasm: (await sharedBackend()).name === 'simd' ? await wasmModule() : undefined };
    return threads({ workers, setup });
  }
  const setup: RunsSetup = { plan, store, signal };
  return serial({ setup, handlers: { runs: runs({ now, time, owner: files.owner, open: async () => store }) } });
}
