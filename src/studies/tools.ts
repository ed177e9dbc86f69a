/**
 * What a run of the combination search lends its strategies: memory, draws, pauses, and a team of workers where there is one; and what such a worker does.
 *
 * Surprise: memory that was touched before is twice as fast (44 coefficients: 82 ms a cycle, the first one 165), so an instance outlives its run: up to 42 coefficients
 * for good, a larger one until it is collected.
 */
import { openPool } from '#pool';
import { openBackend, sharedBackend, wasmModule } from '../backend/index.ts';
import { NadirError } from '../core/errors.ts';
import { createRandom } from '../core/random.ts';
import { breathe } from '../core/run.ts';
import type { Backend } from '../core/types.ts';
import type { Job } from '../executors/job.ts';
import { now } from '../platform/index.ts';
import type { Pool } from '../platform/pool.ts';
import type { Found } from '../problems/combination/brute.ts';
import { answer } from '../problems/combination/parallel.ts';
import type { Piece } from '../problems/combination/pieces.ts';
import type { Sampling } from '../problems/combination/sampling.ts';
import { stopped, type Room, type Team, type Tools } from '../problems/combination/strategy.ts';
import type { ScoreSetup } from './score.ts';

const SHARED = 4194304; // bytes a run takes of the shared arena at most
const KEPT = 67108864; // bytes of an instance that outlives its run
const PATIENCE = 20; // milliseconds between turns of the event loop

export interface Lent { readonly memory: number; readonly sampling?: Sampling; readonly seed?: number; readonly signal?: AbortSignal; /** 0: none. */ readonly workers?: number }

/** The tools of a run. Small rooms are of the shared arena, a large one is an instance of its own that goes with the run. */
export function toolsOf(shared: Backend, { memory, sampling, seed = 0, signal, workers = 0 }: Lent): Tools & { close(): Promise<void> } {
  let room: Room | undefined;
  let size = 0;
  let paused = now();
  const team = workers > 0 ? teamOf(shared, workers, signal) : undefined;

  async function open(bytes: number): Promise<Room> {
    const small = bytes <= Math.min(SHARED, shared.free());
    room = undefined; // the old one may go before the new one comes
    room = small ? { backend: shared, pointer: shared.array(Math.ceil(bytes / 8)).byteOffset } : await own(shared.name, bytes);
    size = bytes;
    return room;
  }

  return {
    backend: shared,
    memory,
    sampling,
    random: createRandom(seed, shared).fork('combinations'),
    kept: new Map(),
    team,
    room: (bytes) => (room !== undefined && bytes <= size ? room : open(bytes)),
    pause() {
      if (signal?.aborted) throw stopped;
      if (now() - paused < PATIENCE) return undefined;
      return breathe().then(() => {
        paused = now();
        if (signal?.aborted) throw stopped;
      });
    },
    async close() {
      const last = room;
      if (last !== undefined && last.backend !== shared) spare.set(shared.name, last.backend.u8.length <= KEPT ? { deref: () => last } : new WeakRef(last));
      await team?.close();
    },
  };
}

/** The last instance of a backend. */
const spare = new Map<Backend['name'], { deref(): Room | undefined }>();

/** An instance of one's own. A run gives it back by forgetting it; two at a time never get the same one. */
async function own(name: Backend['name'], bytes: number): Promise<Room> {
  const old = spare.get(name)?.deref();
  spare.delete(name);
  if (old !== undefined && old.backend.u8.length - old.pointer >= bytes) return old;
  try {
    const backend = await openBackend(name, bytes + 131072); // the module's static data and the scratch come first
    return { backend, pointer: backend.scratch.pointer + backend.scratch.f64.byteLength };
  } catch (error) {
    if (error instanceof NadirError) throw error;
    throw new NadirError('memory', `this runtime has no ${bytes} bytes to give; give a smaller memory`, { cause: error });
  }
}

interface PieceJob extends Job { readonly kind: 'piece'; readonly piece: Piece }

/** Workers for a run, started by its first piece. */
export function teamOf(backend: Pick<Backend, 'name'>, workers: number, signal?: AbortSignal, openWorkers: typeof openPool = openPool): Team & { close(): Promise<void> } {
  let pool: Promise<Pool> | undefined;
  const start = async (): Promise<Pool> => {
    const setup: ScoreSetup = { backend: backend.name, wasm: backend.name === 'simd' ? await wasmModule() : undefined };
    return openWorkers({ workers, setup });
  };
  return {
    workers,
    async run(piece) {
      const job: PieceJob = { kind: 'piece', piece };
      try {
        return (await (await (pool ??= start())).run(job, { signal })) as Found;
      } catch (error) {
        throw signal?.aborted ? stopped : error;
      }
    },
    close: async () => (await pool?.catch(() => undefined))?.close(),
  };
}

let lent: Promise<Tools> | undefined;

/** A worker's part: its tools, and the memory in them, last as long as itself. */
export async function piece({ piece: given }: PieceJob, setup: unknown): Promise<Found> {
  const { wasm, backend } = setup as ScoreSetup;
  lent ??= (async () => {
    if (wasm) await wasmModule(wasm);
    return toolsOf((await sharedBackend(backend)).scope(), { memory: given.memory });
  })();
  return answer(given, { ...(await lent), memory: given.memory });
}
