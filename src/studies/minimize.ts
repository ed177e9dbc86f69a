/** `minimize`: an objective, an optimizer and a budget, on this thread or over workers. */
import { sharedBackend, wasmModule, type BackendName } from '../backend/index.ts';
import { NadirError, messageOf, show } from '../core/errors.ts';
import { createRandom } from '../core/random.ts';
import { run } from '../core/run.ts';
import { crc32 } from '../core/crc.ts';
import { unseal } from '../core/snapshot.ts';
import type { Box, Budget, Json, Optimizer, Outcome, Problem, Progress, Snapshot, Space } from '../core/types.ts';
import { optimizer as optimizerOf, start } from '../optimizers/index.ts';
import { openPool } from '#pool';
import type { Pool } from '../platform/pool.ts';
import { limit, type Limit } from '../problems/limit.ts';
import { differences } from '../problems/wrap.ts';
import { open, specOf, type AnyObjective, type Domain } from './objective.ts';
import { spread, type ScoreSetup } from './score.ts';

export interface MinimizeOptions extends Domain, Budget {
  /** Where to begin; scored first. */
  readonly x0?: ArrayLike<number>;
  /** Feasible where every number is up to 0; not charged. Optimizer `lagrangian` makes most of it. */
  readonly constraints?: Limit<any>;
  /** Name of an optimizer, default `auto`. */
  readonly optimizer?: string;
  /** Its options. */
  readonly params?: { readonly [key: string]: unknown };
  /** Integer from 0 to 2^53 - 1, default 0. */
  readonly seed?: number;
  /** Threads that score batches, default 0: this one. Needs an objective that a worker can open. */
  readonly workers?: number;
  readonly backend?: BackendName;
  /** Sees every step. */
  readonly observe?: (progress: Progress<any>) => void;
  /** What `save()` returned: goes on from there with the same options. `cost` counts from the very beginning, `milliseconds` from now. */
  readonly resume?: Json;
}

/** Cost a coordinate when neither `cost` nor `milliseconds` is given. */
const COST = 1000;

/**
 * Minimizes an objective over a box.
 *
 * @param objective `(x) => number` (or a promise of one), `{ batch: (xs, n, dim) => losses }`, a problem, `{ problem: name, params }` or `{ module: url }`
 * @param options dim, lower and upper for a function of one's own; cost (hard limit, evaluations; default 1000 a coordinate), target, milliseconds, stagnation, signal;
 *   a gradient function, or false to forbid central differences (2 dim evaluations each) where an optimizer needs one
 * @returns best `{ x, loss, violation, cost }`, cost, stop, failures, trace and `save()`
 * @throws NadirError with a code and one sentence, for bad input before anything is evaluated, or when every evaluation failed
 * @example
 * const { best } = await minimize((x) => (x[0] - 1) ** 2 + x[1] ** 2, { dim: 2, lower: -5, upper: 5, seed: 1 });
 * best.loss < 1e-6; // true
 */
export function minimize<X>(objective: Problem<X>, options?: MinimizeOptions): Promise<Outcome<X>>;
export function minimize(objective: AnyObjective, options?: MinimizeOptions): Promise<Outcome<Float64Array>>;
export async function minimize(objective: AnyObjective, options: MinimizeOptions = {}): Promise<Outcome<any>> {
  known(options);
  if (options.signal?.aborted) throw new NadirError('aborted', 'the signal was aborted before the start');
  const def = optimizerOf(options.optimizer ?? 'auto');
  const workers = workersOf(options.workers);
  const backend = (await sharedBackend(options.backend)).scope();
  let pool: Pool | undefined;
  try {
    const random = createRandom(options.seed ?? 0, backend);
    let problem: Problem<any, any> = await open(objective, options, { backend, random });
    if (workers > 0) {
      const spec = specOf(objective, options);
      if (spec === undefined) throw new NadirError('input', `workers is ${workers}, but a function of this thread cannot travel; give { module: url, export } or { problem: name }, or workers: 0`);
      const setup: ScoreSetup = { backend: backend.name, wasm: backend.name === 'simd' ? await wasmModule() : undefined };
      pool = await openPool({ workers, setup });
      problem = spread(problem, spec, pool, options.signal);
    }
    if (def.gradient === 'required' && problem.gradient === undefined && problem.space.name === 'box' && options.gradient !== false) problem = differences(problem);
    if (options.constraints !== undefined) problem = limit(problem, options.constraints);
    const budget = budgetOf(options, problem.space);
    const kind = kindOf(objective, problem, def.name, options);
    const saved = options.resume === undefined ? undefined : (unseal(kind, options.resume) as { run: Snapshot; optimizer: Snapshot });
    const context = { random: random.fork('optimizer'), backend, x0: x0Of(options.x0, problem.space), cost: budget.cost };
    const opened = start(def, problem, options.params, context, saved?.optimizer);
    return await run(problem, opened, budget, { observe: options.observe, resume: saved?.run, kind });
  } finally {
    await pool?.close();
    backend.release();
  }
}

/** An optimizer for those who own their loop. */
export interface OpenOptimizer extends Optimizer<any> {
  readonly space: Space<any>;
  /** Gives back what it holds in the arena. */
  release(): void;
}

/** Options of `ask`. `saved`: what the optimizer's `save` returned, through `seal` and `unseal` when it has been text. */
export type AskOptions = Pick<MinimizeOptions, 'dim' | 'lower' | 'upper' | 'params' | 'seed' | 'x0' | 'cost' | 'backend'> & { readonly space?: Space<any>; readonly saved?: Snapshot; readonly gradient?: boolean };

/**
 * Starts an optimizer by name: `ask` a batch, score it, `tell` it the same batch with its losses, and with gradients where the batch
 * wants them: those that need one are opened with `gradient: true`.
 * @example
 * const search = await ask('evolution', { dim: 2, lower: -5, upper: 5, seed: 1 });
 * for (let i = 0; i < 50; i++) {
 *   const batch = search.ask();
 *   search.tell(batch, { loss: Float64Array.from(batch.xs, (x) => x[0] ** 2 + x[1] ** 2) });
 * }
 * search.release();
 */
export async function ask(name: string, options: AskOptions): Promise<OpenOptimizer> {
  const def = optimizerOf(name);
  const backend = (await sharedBackend(options.backend)).scope();
  try {
    const random = createRandom(options.seed ?? 0, backend);
    const space = options.space ?? (await open(() => 0, { dim: options.dim, lower: options.lower, upper: options.upper }, { backend, random })).space;
    const context = { random: random.fork('optimizer'), backend, x0: x0Of(options.x0, space), cost: options.cost };
    const opened = start(def, { name: 'yours', space, gradient: options.gradient ? 1 : undefined }, options.params, context, options.saved);
    let released = false;
    const alive = (): void => {
      if (released) throw new NadirError('input', `optimizer ${def.name} has been released; start another`);
    };
    return {
      space,
      ...(opened.report && { report: () => opened.report!() }),
      ask() {
        alive();
        return opened.ask();
      },
      tell(batch, scores) {
        alive();
        const n = batch?.xs?.length;
        const loss = scores?.loss;
        if (n === undefined || loss?.length !== n) throw new NadirError('input', `tell got ${loss === undefined ? 'no loss' : `${loss.length} losses`} for ${n ?? 'no'} points; give the batch that was asked for, and { loss } with a number a point`);
        if (batch.gradient && scores.gradient?.length !== n) throw new NadirError('gradient', `the batch asks for gradients; tell { loss, gradient } with ${n} of them`);
        return opened.tell(batch, { ...scores, loss: Float64Array.from(loss, (value) => (value > -Infinity ? value : Infinity)) });
      },
      save() {
        alive();
        return opened.save();
      },
      release() {
        released = true;
        backend.release();
      },
    };
  } catch (error) {
    backend.release();
    throw error;
  }
}

const KNOWN = ['dim', 'lower', 'upper', 'gradient', 'cost', 'target', 'milliseconds', 'stagnation', 'signal', 'x0', 'constraints', 'optimizer', 'params', 'seed', 'workers', 'backend', 'observe', 'resume'];

function known(options: MinimizeOptions): void {
  if (typeof options !== 'object' || options === null) throw new NadirError('input', `the options are ${show(options)}; allowed: an object`);
  const { gradient, observe } = options;
  if (gradient !== undefined && gradient !== false && typeof gradient !== 'function') throw new NadirError('input', `gradient is ${show(gradient)}; allowed: a function of a point that returns numbers, or false`);
  if (observe !== undefined && typeof observe !== 'function') throw new NadirError('input', `observe is ${show(observe)}; allowed: a function`);
  for (const name of Object.keys(options)) if (!KNOWN.includes(name)) throw new NadirError('name', `unknown option ${show(name)} of minimize; have ${KNOWN.join(', ')}`);
}

/** What a state is of: everything that must be the same to go on from it, as far as it can be seen. */
function kindOf(objective: AnyObjective, { name, space }: Problem<any, any>, optimizer: string, { params, seed = 0, x0 }: MinimizeOptions): string {
  const box = space as unknown as Partial<Box>;
  const where = typeof objective === 'object' && 'module' in objective ? [String(objective.module), objective.export ?? null] : [];
  const tag = crc32(JSON.stringify([...where, Array.from(box.lower ?? []), Array.from(box.upper ?? []), x0 === undefined ? null : Array.from(x0)])).toString(16);
  const own = typeof objective === 'object' && 'problem' in objective && objective.params ? ` ${JSON.stringify(objective.params)}` : '';
  return `minimize ${name}${own} (${tag})${space.dim ? ` of dim ${space.dim}` : ''} with ${optimizer}${params && Object.keys(params).length > 0 ? ` ${JSON.stringify(params)}` : ''}, seed ${seed}`;
}

function budgetOf({ cost, target, milliseconds, stagnation, signal }: Budget, space: { readonly dim?: number }): Budget {
  return { target, milliseconds, stagnation, signal, cost: cost ?? (milliseconds === undefined ? COST * (space.dim ?? 10) : undefined) };
}

function x0Of(x0: ArrayLike<number> | undefined, space: Space<any>): unknown {
  if (x0 === undefined) return undefined;
  if (typeof x0 !== 'object' || x0 === null) throw new NadirError('input', `x0 is ${show(x0)}; allowed: an array of numbers`);
  try {
    return space.decode(Array.from(x0));
  } catch (error) {
    throw new NadirError('input', `x0: ${messageOf(error)}`);
  }
}

function workersOf(workers: unknown): number {
  if (workers === undefined) return 0;
  if (!Number.isInteger(workers) || (workers as number) < 0 || (workers as number) > 256) throw new NadirError('input', `workers is ${show(workers)}; allowed: an integer from 0 to 256`);
  return workers as number;
}
