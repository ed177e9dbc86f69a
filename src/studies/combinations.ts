/**
 * `combinations`: weights for which the weighted sum of the coefficients meets the target, by cycles that try every subset (or those a strategy chooses)
 * and multiply the weights of the best one by a step factor that doubles or halves.
 *
 * The cycles are the published method's, `mode: 'faithful'`: the last state is what it returns, the best seen stands beside it, and why it stopped is said.
 * `mode: 'convergent'` finds weights of the same form first and walks to them, a step factor a cycle.
 */
import { sharedBackend, type BackendName } from '../backend/index.ts';
import { NadirError, show } from '../core/errors.ts';
import { cores } from '../platform/index.ts';
import { commit, nextWpn, selectionOf, type Cycle, type Winner } from '../problems/combination.ts';
import { convergent, walked } from '../problems/combination/convergent.ts';
import { filtered } from '../problems/combination/filter.ts';
import { samplingOptions, type Sampling, type SamplingOptions } from '../problems/combination/sampling.ts';
import { NEAREST, stopped, type StrategyDef } from '../problems/combination/strategy.ts';
import { strategy as strategyOf } from '../problems/combination/index.ts';
import { HEADER, ROWS, rows } from '../problems/combination/table.ts';
import { withDevice } from './device.ts';
import { toolsOf } from './tools.ts';
import { openTruth, type TruthTable } from './truth.ts';

export interface CombinationOptions {
  /** Converged when |result - target| is up to this, default 0. */
  readonly tolerance?: number;
  /** Cycles at most, default 32. */
  readonly maxIter?: number;
  /** The first step factor, default 1; the bounds do not clip it. */
  readonly initialWpn?: number;
  /** [lower, upper] of the later ones; null is infinite. */
  readonly wpnBounds?: readonly [number | null, number | null];
  /** `auto` (default; `parallel` with workers, `exact` with gpu) is exact where that takes about a second a cycle, and says what else it picks; `exact`, `parallel`, `brute`, or what does not try every line: `sampling`, `grouped`, `greedy`, `adaptive`. */
  readonly strategy?: string;
  /** How the strategy `sampling` draws. */
  readonly sampling?: SamplingOptions;
  /** Only the coefficients vary whose places in sorted order the published index filter keeps, default false. */
  readonly indexFiltering?: boolean;
  /** `faithful` (default): the published cycles. `convergent`: weights of the same form planned at once, then a commit a cycle; strategy, early and stall stops do not apply. */
  readonly mode?: 'faithful' | 'convergent';
  /** The first line in order within tolerance * earlyStopFactor (default 1) wins its cycle at once. */
  readonly earlyStopping?: boolean;
  readonly earlyStopFactor?: number;
  /** Stop when weights and step factor are what they were after another cycle, default false. */
  readonly stallStop?: boolean;
  /** Bytes the strategy may use, all workers together; default 1 GiB. */
  readonly memory?: number;
  /** Threads that share out an exact cycle from 40 coefficients on; default as many as there are cores for strategy `parallel`, else 0: this one. */
  readonly workers?: number;
  /** `auto`: a GPU proposes each exact cycle's winner and doubles decide, for 16 to 28 coefficients; needs gpu.js. The results are the same; it has not paid yet. Default false. */
  readonly gpu?: false | 'auto';
  /** Integer from 0 to 2^53 - 1, default 0. */
  readonly seed?: number;
  readonly backend?: BackendName;
  readonly signal?: AbortSignal;
  /** Sees every cycle's winner. */
  readonly onCycle?: (winner: CycleWinner) => void | Promise<void>;
  /** Every line of every cycle as CSV, to a stream or a file. */
  readonly truthTable?: WritableStream<Uint8Array> | string;
}
export interface CycleWinner {
  readonly cycle: number;
  /** From 1, decimal. */
  readonly line: string;
  /** A character a parameter, 1 for selected. */
  readonly combo: string;
  readonly wpn: number;
  readonly result: number;
  readonly deltaAbs: number;
  readonly deltaCond: number;
}
export interface CombinationResult {
  /** After the last cycle. */
  readonly weights: number[];
  readonly converged: boolean;
  readonly stop: 'target' | 'budget' | 'stagnation' | 'aborted';
  readonly cycles: number;
  /** The last winner's sum, and its distance from the target. */
  readonly result: number;
  readonly delta: number;
  /** The nearest seen, the earliest of equals, with the weights after that cycle: one more than `cycles` where an abort cut that cycle short. Cycle 0: nothing selected. */
  readonly best: { readonly cycle: number; readonly weights: number[]; readonly delta: number };
  /** Lines looked at, or answered for; text from 2^53 on. */
  readonly evaluations: number | string;
  readonly strategy: string;
  /** What a strategy that chooses has chosen, and why. */
  readonly why?: string;
  /** Where `gpu` was asked for: the device that runs, as 'webgl2: its own name', or 'none: why'. */
  readonly device?: string;
  readonly winners: CycleWinner[];
}

const TINY = 1e-8; // the published limit: coefficients are of use above it
const GIB = 1073741824;
const CREW = 256; // workers at most
const KNOWN = ['tolerance', 'maxIter', 'initialWpn', 'wpnBounds', 'strategy', 'sampling', 'indexFiltering', 'mode', 'earlyStopping', 'earlyStopFactor', 'stallStop', 'memory', 'workers', 'gpu', 'seed', 'backend', 'signal', 'onCycle', 'truthTable'];

/**
 * Searches weights W, products of step factors, with |c . W - target| <= tolerance.
 *
 * @param coefficients c, finite, at least one above 1e-8 in size
 * @throws NadirError with one sentence for bad input, before any work
 * @example
 * const { weights, result } = await combinations([15, 47, -12], 28, { tolerance: 2 });
 * weights; // [ 0.5, 0.5, 0.125 ]
 * result; // 29.5
 */
export async function combinations(coefficients: ArrayLike<number>, target: number, options: CombinationOptions = {}): Promise<CombinationResult> {
  const given = checked(coefficients, target, options);
  const { c, bounds, tolerance, maxIter } = given;
  if (options.signal?.aborted) throw new NadirError('aborted', 'the signal was aborted before the start');
  const { def, device } = options.gpu === 'auto' ? await withDevice(given.def, c.length, given.mode === 'convergent' ? 'mode convergent' : options.indexFiltering ? 'index filtering' : undefined) : { def: given.def };
  const shared = (await sharedBackend(options.backend)).scope();
  const tools = toolsOf(shared, { ...given, signal: options.signal, seed: options.seed });
  let table: TruthTable | undefined;
  try {
    table = options.truthTable === undefined ? undefined : await openTruth(options.truthTable);
    await table?.write(HEADER);
    const winners: CycleWinner[] = [];
    const seen = new Set<string>();
    let cycle: Cycle = { coefficients: c, weights: new Float64Array(c.length), wpn: given.initialWpn, target, ...(options.earlyStopping ? { within: tolerance * given.factor } : {}) };
    let best = { cycle: 0, weights: Array.from(cycle.weights), delta: Math.abs(target) };
    let last: Winner | undefined;
    let evaluations = 0n;
    let stop: CombinationResult['stop'] = 'budget';
    try {
      const plan = given.mode === 'convergent' ? await convergent(c, target, { tolerance, maxIter, initialWpn: given.initialWpn, bounds }, tools.pause) : undefined;
      evaluations = BigInt(plan?.compared ?? 0);
      for (let number = 1; number <= maxIter; number++) {
        tools.kept.delete(NEAREST);
        await tools.pause();
        const step = plan?.steps[number - 1];
        if (step) cycle = { ...cycle, wpn: step.wpn };
        else if (plan) {
          stop = 'stagnation'; // nothing nearer is known
          break;
        }
        const winner = step ? walked(cycle, step.selection) : await def.find(cycle, tools);
        if (table) {
          for (const text of rows(cycle, number, winner)) {
            await table.write(text);
            await tools.pause();
          }
        }
        const record = { cycle: number, line: String(winner.line), combo: winner.selection.join(''), wpn: cycle.wpn, result: winner.result, deltaAbs: winner.d, deltaCond: winner.cond };
        winners.push(record);
        if (!plan) evaluations += winner.lines;
        last = winner;
        const weights = commit(cycle, winner.selection);
        if (number === 1 || winner.d < best.delta) best = { cycle: number, weights: Array.from(weights), delta: winner.d };
        cycle = { ...cycle, weights, wpn: nextWpn(cycle.wpn, winner.allLow, bounds) };
        await options.onCycle?.(record);
        if (winner.d <= tolerance) {
          stop = 'target';
          break;
        }
        if (options.stallStop) {
          const state = `${cycle.wpn} ${weights.join()}`;
          if (seen.has(state)) {
            stop = 'stagnation';
            break;
          }
          seen.add(state);
        }
      }
    } catch (error) {
      if (error !== stopped) throw error;
      stop = 'aborted';
      const line = tools.kept.get(NEAREST) as bigint | undefined;
      const found = line ? walked(cycle, selectionOf(line, c.length)) : undefined;
      if (found !== undefined && found.d < best.delta) best = { cycle: winners.length + 1, weights: Array.from(commit(cycle, found.selection)), delta: found.d };
    }
    if (stop === 'aborted') await table?.drop(options.signal?.reason);
    else await table?.close();
    return {
      weights: Array.from(cycle.weights),
      converged: stop === 'target',
      stop,
      cycles: winners.length,
      result: last?.result ?? 0,
      delta: last?.d ?? Math.abs(target),
      best,
      evaluations: evaluations <= Number.MAX_SAFE_INTEGER ? Number(evaluations) : String(evaluations),
      strategy: given.mode === 'convergent' ? given.mode : def.name,
      ...(last?.why === undefined ? {} : { why: last.why }),
      ...(device === undefined ? {} : { device }),
      winners,
    };
  } catch (error) {
    await table?.drop(error);
    throw error;
  } finally {
    await tools.close();
    shared.release();
  }
}

interface Given { readonly c: Float64Array; readonly bounds: readonly [number, number]; readonly def: StrategyDef; readonly sampling: Sampling; readonly mode: 'faithful' | 'convergent'; readonly tolerance: number; readonly maxIter: number; readonly initialWpn: number; readonly factor: number; readonly memory: number; readonly workers: number }

/** Everything a user gives, checked. */
function checked(coefficients: ArrayLike<number>, target: number, options: CombinationOptions): Given {
  if (typeof options !== 'object' || options === null) throw new NadirError('input', `the options are ${show(options)}; allowed: an object`);
  for (const name of Object.keys(options)) if (!KNOWN.includes(name)) throw new NadirError('name', `unknown option ${show(name)} of combinations; have ${KNOWN.join(', ')}`);
  const { tolerance = 0, maxIter = 32, initialWpn = 1, wpnBounds = [null, null], earlyStopFactor = 1, memory = GIB, onCycle, truthTable, signal, mode = 'faithful' } = options;
  const wrong = (field: string, value: unknown, allowed: string): NadirError => new NadirError('input', `${field} is ${show(value)}; allowed: ${allowed}`);
  const finite = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

  if (typeof coefficients !== 'object' || coefficients === null || !(coefficients.length > 0)) throw wrong('coefficients', coefficients, 'finite numbers, at least one');
  for (let i = 0; i < coefficients.length; i++) if (!finite(coefficients[i])) throw wrong(`coefficients[${i}]`, coefficients[i], 'a finite number');
  const c = Float64Array.from(coefficients);
  const largest = c.reduce((at, value, i) => (Math.abs(value) > Math.abs(c[at]!) ? i : at), 0);
  if (!(Math.abs(c[largest]!) > TINY)) throw wrong(`the largest coefficient, coefficients[${largest}],`, c[largest], `at least one above ${TINY} in size`);
  if (!finite(target)) throw wrong('target', target, 'a finite number');
  if (!finite(tolerance) || tolerance < 0) throw wrong('tolerance', tolerance, 'a number from 0');
  if (!Number.isSafeInteger(maxIter) || maxIter < 1) throw wrong('maxIter', maxIter, 'an integer from 1');
  if (!finite(initialWpn) || initialWpn === 0) throw wrong('initialWpn', initialWpn, 'a number other than 0');
  if (!Array.isArray(wpnBounds) || wpnBounds.length !== 2) throw wrong('wpnBounds', wpnBounds, '[lower, upper], null for an infinite one');
  const bounds = [wpnBounds[0] ?? -Infinity, wpnBounds[1] ?? Infinity] as const;
  bounds.forEach((bound, i) => {
    if (typeof bound !== 'number' || Number.isNaN(bound)) throw wrong(`wpnBounds[${i}]`, bound, 'a number, null for an infinite one');
  });
  if ( !(bounds[0] < bounds[1])) throw wrong('wpnBounds', wpnBounds, '[lower, upper] with lower below upper, null for an infinite one');
  for (const name of ['earlyStopping', 'stallStop', 'indexFiltering'] as const) if (options[name] !== undefined && typeof options[name] !== 'boolean') throw wrong(name, options[name], 'true or false');
  if (!finite(earlyStopFactor) || earlyStopFactor < 0) throw wrong('earlyStopFactor', earlyStopFactor, 'a number from 0');
  if (!Number.isSafeInteger(memory) || memory < 1048576 || memory > 4 * GIB - 262144) throw wrong('memory', memory, `an integer from 1048576 to ${4 * GIB - 262144} (bytes)`);
  if (onCycle !== undefined && typeof onCycle !== 'function') throw wrong('onCycle', onCycle, 'a function');
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.addEventListener !== 'function') throw wrong('signal', signal, 'an AbortSignal');
  if (options.gpu !== undefined && options.gpu !== false && options.gpu !== 'auto') throw wrong('gpu', options.gpu, 'false, auto');
  if (mode !== 'faithful' && mode !== 'convergent') throw wrong('mode', mode, 'faithful, convergent');
  const named = strategyOf(options.strategy ?? (options.workers ? 'parallel' : options.gpu ? 'exact' : 'auto'));
  const def = options.indexFiltering ? filtered(named) : named;
  const sampling = samplingOptions(options.sampling ?? {});
  const { workers = named.name === 'parallel' ? Math.min(cores(), CREW) : 0 } = options;
  if (!Number.isSafeInteger(workers) || workers < 0 || workers > CREW) throw wrong('workers', workers, `an integer from 0 to ${CREW}`);
  const each = Math.floor(memory / Math.max(1, workers));
  const most = def.most(each);
  if (mode === 'faithful' && c.length > most) throw new NadirError('input', `there are ${c.length} coefficients; allowed for strategy ${def.name} with ${each} bytes${workers > 1 ? ' a worker' : ''}: up to ${most}; ${def.beyond} take more`);
  if (truthTable !== undefined && c.length > ROWS) throw new NadirError('input', `there are ${c.length} coefficients; allowed in a truth table: up to ${ROWS}`);
  return { c, bounds, def, sampling, mode, tolerance, maxIter, initialWpn, factor: earlyStopFactor, memory, workers };
}
