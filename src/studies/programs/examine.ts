/** Kernels examined by threads, or by this one, and what that took them: the part of compression that knows workers and clocks. */
import { openBackend, sharedBackend, wasmModule, type BackendName } from '../../backend/index.ts';
import { NadirError } from '../../core/errors.ts';
import { createRandom } from '../../core/random.ts';
import { cpu, now } from '../../platform/index.ts';
import { examiner, price, slots, type Examine, type Question, type Trial } from '../../problems/compression.ts';
import { machineBytes } from '../../problems/program/machine.ts';
import { programs, type Kernel } from '../../spaces/program.ts';
import { BESIDE } from '../machines.ts';

import type { Backend } from '../../core/types.ts';
import type { Job } from '../../executors/job.ts';
import type { Pool } from '../../platform/pool.ts';

/** What every worker is given at its start. */
export interface ExamineSetup { readonly wasm?: WebAssembly.Module; readonly backend: BackendName; readonly corpus: Uint8Array; readonly bits: number }
interface ExamineJob extends Job { readonly kind: 'examine'; readonly kernels: readonly Kernel[]; readonly question: Question }
interface Examined { readonly trials: readonly Trial[]; readonly milliseconds: number }

const rooms = new WeakMap<object, { backend: Backend; bytes: number; examine: (kernels: readonly Kernel[], question: Question) => Trial[] }>();

/** A worker's part. Its arena grows with the largest kernel it has met. */
export async function examine({ kernels, question }: ExamineJob, setup: unknown): Promise<Examined> {
  const { wasm, backend, corpus, bits } = setup as ExamineSetup;
  if (wasm) await wasmModule(wasm);
  const small = await sharedBackend(backend);
  const size = slots(question.prefix, bits);
  const begun = now();
  const bytes = BESIDE + kernels.reduce((most, kernel) => Math.max(most, machineBytes(small, kernel, size)), 0);
  let room = rooms.get(setup as object);
  if (room === undefined) rooms.set(setup as object, (room = { backend: small, bytes: 0, examine: examiner(corpus, bits, () => room!.backend) }));
  if (room.bytes < bytes) {
    Object.assign(room, { backend: small, bytes: 0 }); // so that the old arena may go first; there may be no room for the new one
    room.backend = await openBackend(backend, bytes);
    room.bytes = bytes;
  }
  const trials = room.examine(kernels, question);
  return { trials, milliseconds: now() - begun };
}

export interface Examiners {
  readonly examine: Examine;
  /** Does something in this thread, whose time counts. */
  timed<T>(act: () => T): T;
  /** Milliseconds of CPU time so far, of all threads: the process's own count where there is one, else the time in which they were busy. */
  readonly cpu: number;
  /** Nominal milliseconds that a millisecond of CPU time is worth, all threads at work: random kernels for about a second. */
  calibrate(): Promise<number>;
}

/** Examines over a pool, a kernel a job; without one in this thread. Once the signal is aborted there are no answers; who aborts it closes the pool. */
export function examiners(setup: ExamineSetup, pool: Pool | undefined, signal: AbortSignal): Examiners {
  let busy = 0;
  const from = cpu();
  const spent = (): number => (Number.isNaN(from) ? busy : cpu() - from);
  async function one(kernel: Kernel, question: Question): Promise<Examined> {
    const job: ExamineJob = { kind: 'examine', kernels: [kernel], question };
    if (pool) return (await pool.run(job)) as Examined;
    await new Promise((resolve) => setTimeout(resolve, 0)); // one kernel may take seconds, and signals are to be heard
    return examine(job, setup);
  }
  async function all(kernels: readonly Kernel[], question: Question): Promise<Trial[]> {
    const answers: Examined[] = [];
    if (pool) answers.push(...(await Promise.all(kernels.map((kernel) => one(kernel, question)))));
    else for (const kernel of kernels) answers.push(await one(kernel, question));
    for (const { milliseconds } of answers) busy += milliseconds;
    if (signal.aborted) throw new NadirError('aborted', 'the search was stopped');
    return answers.flatMap(({ trials }) => trials);
  }
  return {
    examine: all,
    timed(act) {
      const begun = now();
      try {
        return act();
      } finally {
        busy += now() - begun;
      }
    },
    get cpu() {
      return spent();
    },
    async calibrate() {
      const random = createRandom(0).fork('calibration');
      const kernels = Array.from({ length: SAMPLE }, () => {
        let kernel = programs.sample(random);
        for (let move = 0; move < 24; move++) kernel = programs.neighbor(kernel, random);
        return kernel;
      });
      const prefix = Math.min(setup.corpus.length, PREFIX);
      const question: Question = { prefix, limit: Infinity, generation: -1, anew: true };
      await all(kernels, { ...question, prefix: Math.min(prefix, 1024) }); // the code is compiled, the arenas are large enough
      const begun = spent();
      let nominal = 0;
      while (spent() - begun < CALIBRATION) {
        const trials = await all(kernels, question);
        trials.forEach(({ bytes, done }, i) => (nominal += price(kernels[i]!, bytes, done!)));
      }
      return nominal / (spent() - begun);
    },
  };
}

const SAMPLE = 16; // kernels
const PREFIX = 16384;
const CALIBRATION = 1500; // milliseconds
