/**
 * A network over workers, each with a network of its own over the same data: the same bits for any number of them.
 *
 * What is dealt out: mini-batches in quarters (in halves to up to two workers: a half is one product), several points, and the examples of an
 * evaluation, added in the order they have here. Every worker gets an equal share rounded up, and what is left over is made in this thread.
 * Measured on two cores, milliseconds a gradient with 0 and 1 (or 2) workers, the fastest twentieth: 784-128-64-10 in mini-batches of 1024 14.7 and
 * 9.0, of 128 2.05 and 2.2, which does not pay; 784-1024-1024-10 of 1024 295 and 160, of 128 41 and 34, where packing the weights is most of the work.
 * An evaluation of 55,000 examples by 784-128-64-10: 0.40 s and 0.20. With more workers than cores all of these are slower again.
 */
import { openPool } from '#pool';
import { openBackend, wasmModule, type BackendName } from '../../backend/index.ts';
import { NadirError, show } from '../../core/errors.ts';
import { breathe } from '../../core/run.ts';
import { turns } from '../../core/turns.ts';
import { moved, type Job } from '../../executors/job.ts';
import { network, networkBytes } from '../../problems/network.ts';
import { found } from '../../problems/network/parts.ts';

import type { Backend, Batch, Scores } from '../../core/types.ts';
import type { Data, Split } from '../../problems/data.ts';
import type { Judged, NetworkOptions, NetworkProblem, Part, Quarter } from '../../problems/network.ts';

type Found = ReturnType<NetworkProblem['evaluate']>;
type Numbers = Float32Array | Float64Array;
/** Memory that all threads see: the point, and the gradient of each share of a mini-batch. */
interface Board { readonly x: Float64Array; readonly gradients: readonly Numbers[] }
/** What every worker is given at its start. */
interface Setup { readonly wasm?: WebAssembly.Module; readonly backend: BackendName; readonly split: Split; readonly options: NetworkOptions; readonly board?: Board }
type Task =
  /** `quarters` of mini-batch `at`, share by share. Without a board the point comes along. */
  | { readonly at: number; readonly share: number; readonly quarters: 1 | 2; readonly x?: Float64Array }
  | { readonly batch: Batch<Float64Array> }
  | { readonly x: Float64Array; readonly part: Part; readonly from: number; readonly to: number };
export type CrewJob = Job & { readonly kind: 'crew' } & Task;
/** `gradient`: where there is no board. */
interface Made { readonly losses: Float64Array; readonly gradient?: Numbers; readonly [moved]?: readonly ArrayBufferLike[] }

export interface CrewOptions {
  /** Threads beside this one, from 0 to 256; a mini-batch has work for four. */
  readonly workers: number;
  /** Ends the workers that are at work. */
  readonly signal?: AbortSignal;
}
/** A network whose scores may be promises. They reject with `worker` when a worker died, with `aborted` on the signal. */
export interface Crew extends Omit<NetworkProblem, 'score' | 'evaluate'> {
  score(batch: Batch<Float64Array>): Scores<Float64Array> | Promise<Scores<Float64Array>>;
  evaluate(x: Float64Array, part: Part): Found | Promise<Found>;
  /** Ends the workers. */
  close(): Promise<void>;
}

/**
 * Opens a network over data and workers; those start with their first job, and are given the data then. The backend is for this thread.
 *
 * Throws `input` for a number of workers that makes no sense, and what `network` throws.
 */
export async function crew(split: Split, options: NetworkOptions, { backend }: { readonly backend: Backend }, { workers, signal }: CrewOptions, openWorkers: typeof openPool = openPool): Promise<Crew> {
  if (!Number.isInteger(workers) || workers < 0 || workers > 256) throw new NadirError('input', `workers is ${show(workers)}; allowed: an integer from 0 to 256`);
  const own = network(split, options, { backend });
  if (workers === 0) return { ...own, close: () => Promise.resolve() };
  const quarters = workers > 2 ? 1 : 2;
  const shares = 4 / quarters;
  const hired = Math.min(workers, shares); // for a mini-batch
  const board = boardOf(own.space.dim, hired, options.precision === 'f64');
  const seen: Split = { ...split, train: visible(split.train), validation: split.validation && visible(split.validation), test: undefined }; // which is read once, here
  const setup: Setup = { wasm: backend.name === 'simd' ? await wasmModule() : undefined, backend: backend.name, split: seen, options, board };
  const pool = await openWorkers({ workers, setup });
  const inTurn = turns(); // a run whose time is up leaves a batch behind, which uses the board

  /** The answers to tasks, and at the end what this thread makes meanwhile. */
  async function together<T>(tasks: readonly Task[], mine?: () => T): Promise<T[]> {
    const answers = tasks.map((task) => pool.run({ kind: 'crew', ...task } satisfies CrewJob, { transfer: pointsOf(task), signal }) as Promise<T>);
    const settled = Promise.allSettled(answers);
    const made: T[] = [];
    try {
      if (mine) {
        await breathe(); // else the tasks wait for this thread, too
        made.push(mine());
      }
    } finally {
      await settled;
    }
    return [...(await Promise.all(answers)), ...made];
  }

  async function mini(x: Float64Array, at: number): Promise<Scores<Float64Array>> {
    board?.x.set(x);
    const tasks = Array.from({ length: hired }, (_, share): Task => ({ at, share, quarters, x: board ? undefined : x.slice() }));
    const answers = await together<Made>(tasks, hired === shares ? undefined : () => own.quarter(x, at, hired * quarters, quarters));
    const made = answers.map(({ losses, gradient }, share): Quarter => ({ losses, gradient: gradient ?? board!.gradients[share]! }));
    const { loss, gradient } = own.joined(x, made);
    return { loss: Float64Array.of(loss), gradient: [gradient] };
  }

  /** Ranges of n things: the workers' ones, and at the end that of this thread. */
  function dealt(n: number): [number, number][] {
    const each = Math.ceil(n / (workers + 1));
    return Array.from({ length: Math.ceil(n / each) }, (_, i) => [i * each, Math.min(n, (i + 1) * each)]);
  }

  async function points(batch: Batch<Float64Array>): Promise<Scores<Float64Array>> {
    const ranges = dealt(batch.xs.length);
    const [from] = ranges.pop()!;
    const tasks = ranges.map((range): Task => ({ batch: { ...batch, xs: batch.xs.slice(...range).map((x) => x.slice()) } }));
    const answers = await together<Scores<Float64Array>>(tasks, () => own.score({ ...batch, xs: batch.xs.slice(from) }));
    const loss = Float64Array.from(answers.flatMap((scores) => Array.from(scores.loss)));
    return batch.gradient ? { loss, gradient: answers.flatMap(({ gradient }) => gradient!) } : { loss };
  }

  async function examples(x: Float64Array, part: Part, n: number): Promise<Found> {
    const ranges = dealt(n);
    const [from, to] = ranges.pop()!;
    const answers = await together<Judged>(ranges.map(([first, end]) => ({ x: x.slice(), part, from: first, to: end })), () => own.judged(x, part, from, to));
    return found(answers);
  }

  return {
    ...own,
    score(batch) {
      const { xs, gradient, at, span = 1, part = 'train' } = batch;
      if (xs.length > 1) return inTurn(['board'], () => points(batch));
      return xs.length === 1 && gradient && at !== undefined && span === 1 && part === 'train' ? inTurn(['board'], () => mini(xs[0]!, at)) : own.score(batch);
    },
    evaluate(x, part) {
      const data = split[part];
      return part === 'test' || data === undefined ? own.evaluate(x, part) : inTurn(['board'], () => examples(x, part, data.n));
    },
    close: () => pool.close(),
  };
}

const opened = new WeakMap<Setup, Promise<NetworkProblem>>();

/** A worker's part. */
export async function part(job: CrewJob, given: unknown): Promise<Made | Scores<Float64Array> | Judged> {
  const setup = given as Setup;
  let mine = opened.get(setup);
  if (mine === undefined) opened.set(setup, (mine = open(setup)));
  const net = await mine;
  if ('batch' in job) {
    const { loss, gradient } = net.score(job.batch);
    const slopes = gradient?.map((each) => each.slice()); // they may lie in the arena
    return { loss, gradient: slopes, [moved]: slopes?.map(({ buffer }) => buffer) } as Scores<Float64Array>;
  }
  if ('part' in job) return net.judged(job.x, job.part, job.from, job.to);
  const { board } = setup;
  const { losses, gradient } = net.quarter(job.x ?? board!.x, job.at, job.share * job.quarters, job.quarters);
  if (!board) return { losses, gradient, [moved]: [gradient.buffer] };
  board.gradients[job.share]!.set(gradient);
  return { losses };
}

async function open({ wasm, backend, split, options }: Setup): Promise<NetworkProblem> {
  if (wasm) await wasmModule(wasm);
  return network(split, options, { backend: await openBackend(backend, networkBytes(split, options) + 131072) }); // the module's static data and the scratch come first
}

/** The points of a task, which go along with it. */
function pointsOf(task: Task): ArrayBuffer[] {
  const xs = 'batch' in task ? task.batch.xs : task.x ? [task.x] : [];
  return xs.map(({ buffer }) => buffer as ArrayBuffer);
}

/** Nothing where threads share no memory: in pages that are not isolated. */
function boardOf(dim: number, shares: number, double: boolean): Board | undefined {
  if (typeof SharedArrayBuffer === 'undefined') return undefined;
  const gradient = (): Numbers => (double ? new Float64Array(new SharedArrayBuffer(8 * dim)) : new Float32Array(new SharedArrayBuffer(4 * dim)));
  return { x: new Float64Array(new SharedArrayBuffer(8 * dim)), gradients: Array.from({ length: shares }, gradient) };
}

/** With inputs that all threads see, where they can: else each has a copy. */
function visible(data: Data): Data {
  const { inputs } = data;
  if (typeof SharedArrayBuffer === 'undefined' || inputs.buffer instanceof SharedArrayBuffer) return data;
  const memory = new SharedArrayBuffer(inputs.byteLength);
  const shared = inputs instanceof Uint8Array ? new Uint8Array(memory) : new Float32Array(memory);
  shared.set(inputs);
  return { ...data, inputs: shared };
}
