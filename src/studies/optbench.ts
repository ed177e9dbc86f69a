/**
 * The benchmark's operation: one optimizer on one function, from one start, for so many rounds (Capture: curve, solution, walk, figures).
 *
 * A round is one batch told: a gradient step, a proposal of annealing, a random point, a generation. Surprise: the published
 * names and the registry's are not the same algorithm twice: `evolution_strategy` takes the published parameters and defaults,
 * `evolution` its own.
 */
import { sharedBackend } from '../backend/index.ts';
import { NadirError } from '../core/errors.ts';
import { resolve } from '../core/options.ts';
import { restoreRandom } from '../core/random.ts';
import { run } from '../core/run.ts';
import { seal, unseal } from '../core/snapshot.ts';
import { distance } from '../optimizers/escape/ledger.ts';
import { start } from '../optimizers/index.ts';
import { read } from './optbench/algorithms.ts';
import { convergenceRate, openCurve, stability } from './optbench/curve.ts';

import type { Backend, Batch, Box, Json, Optimizer, Outcome, Params, Problem, Random, Scores, Snapshot } from '../core/types.ts';
import type { Capture, ModuleOperation, Seeds } from '../experiment/record.ts';
import type { Opened } from './optbench/algorithms.ts';
import type { Curve } from './optbench/curve.ts';

const STRIDE = 65536; // numbers of points between two thoughts of a checkpoint
const CONVERGED = 1e-6;

/** How other threads load it. */
export const operation: ModuleOperation = { module: import.meta.url, export: 'optbench' };

/**
 * One run of the benchmark.
 *
 * Parameters: `algorithm` and `problem`, by name; `dim` (10); `max_iters`, rounds, or "auto" (50 to 300 a coordinate); `instance`, `rotate`; and
 * those of the algorithm: lr, momentum, lr_decay of gradient_descent; lr, beta1, beta2, epsilon of adam; temperature, final_temperature, cooling,
 * step_size (tenths of the box's width) of simulated_annealing; strategy, shrink, restart of random_search; pop_size, elite_fraction, sigma (tenths of the
 * width), sigma_decay of evolution_strategy; any other optimizer has its options. The start is uniform, the same for every algorithm of a replicate.
 *
 * Metrics: f_value (a step a round, thinned to 10,000), best_f, converged (1: best_f < 1e-6 above the optimum), iterations, evaluations (a gradient is one
 * more), optimality_gap, convergence_rate (digits a round), solution_distance (Euclid; NaN: solution unknown), iterations_to_threshold (0.1 above the optimum; Infinity: never),
 * stability (standard deviation of the last tenth). Files: convergence_curve.npz, best_solution.npz, trajectory.npz, summary.json, report.txt.
 * @throws `name`, `input` for parameters that make no sense, `aborted`
 * @example
 * const seen = {};
 * const nothing = () => {};
 * const capture = { signal: new AbortController().signal, metric: (name, value) => (seen[name] = value), data: nothing, artifact: nothing, checkpoint: nothing };
 * await optbench(null, { algorithm: 'adam', problem: 'sphere', dim: 2, lr: 0.1 }, { base: 1, replicate: 0, seed: 1, random: (label) => createRandom(1).fork(label) }, capture);
 * [seen.iterations, seen.best_f < 1]; // [ 100, true ]
 */
export async function optbench(_context: unknown, params: Params, seeds: Seeds, capture: Capture): Promise<void> {
  const opened = read(params);
  const backend = (await sharedBackend()).scope();
  const stream = (label: string): Random => restoreRandom(seeds.random(label).save(), backend); // the same numbers, refilled by the kernels
  try {
    const problem = opened.problem.open(resolve(`problem ${opened.problem.name}`, opened.problem.options, opened.domain), { backend, random: stream('problem') }) as Problem<Float64Array, Box>;
    const { rounds, dim } = opened;
    const { optimum = 0 } = problem;
    const saved = capture.restored as { readonly run: Json; readonly curve: Json } | undefined;
    const state = saved && (unseal('optbench', saved.run) as { readonly run: Snapshot; readonly optimizer: Snapshot });
    const curve = openCurve(rounds, dim, optimum, saved && unseal('optbench curve', saved.curve));
    const x0 = problem.space.sample(stream('start'));
    const begin = (scope: Backend, cost: number): Optimizer<Float64Array> => start(opened.def, problem, opened.options, { backend: scope, random: stream('optimizer'), x0, cost }, state?.optimizer);
    const trial = backend.scope();
    const cost = state ? rounds : rounds * (begin(trial, rounds).ask()?.xs.length ?? 1); // plans count evaluations, and the first batch shows how many a round takes
    trial.release();
    const optimizer = watched(begin(backend, cost), curve, rounds);
    const { outcome, stop } = await follow(problem, optimizer, curve, capture, rounds, dim, state?.run);
    answer(opened, params, seeds, capture, problem, curve, outcome, stop);
  } finally {
    backend.release();
  }
}

/** The optimizer, each of its rounds noted, with nothing left to try after the last. */
function watched(inner: Optimizer<Float64Array>, curve: Curve, rounds: number): Optimizer<Float64Array> {
  return {
    ask: () => (curve.iterations < rounds ? inner.ask() : undefined),
    tell(batch: Batch<Float64Array>, scores: Scores<Float64Array>) {
      const { loss, refined } = scores;
      let least = 0;
      for (let i = 1; i < loss.length; i++) if (loss[i]! < loss[least]!) least = i;
      curve.note(refined?.[least] ?? batch.xs[least]!, loss[least]!);
      return inner.tell(batch, scores);
    },
    save: () => inner.save(),
  };
}

/** The run itself, with a checkpoint now and then. */
async function follow(problem: Problem<Float64Array, Box>, optimizer: Optimizer<Float64Array>, curve: Curve, capture: Capture, rounds: number, dim: number, resume: Snapshot | undefined): Promise<{ outcome: Outcome<Float64Array>; stop: string }> {
  let spent = 0;
  const outcome = await run(problem, optimizer, { signal: capture.signal }, {
    resume,
    kind: 'optbench',
    observe: ({ cost, save }) => {
      if ((cost - spent) * dim < STRIDE) return;
      spent = cost;
      capture.checkpoint(() => ({ run: save(), curve: seal('optbench curve', curve.save()) }));
    },
  });
  if (outcome.stop === 'aborted') throw new NadirError('aborted', `stopped by the signal after ${curve.iterations} of ${rounds} rounds`);
  return { outcome, stop: curve.iterations === rounds ? 'iterations' : outcome.stop };
}

/** Everything that is known at the end. */
function answer(opened: Opened, params: Params, seeds: Seeds, capture: Capture, problem: Problem<Float64Array, Box>, curve: Curve, { best, cost }: Outcome<Float64Array>, stop: string): void {
  const { optimum = 0, solution } = problem;
  const rounds = curve.rounds();
  const { iteration, f_value } = rounds;
  for (let i = 0; i < iteration.length; i++) capture.metric('f_value', f_value[i]!, iteration[i]!);
  const gap = best.loss - optimum;
  const metrics = {
    best_f: best.loss,
    converged: gap < CONVERGED ? 1 : 0,
    iterations: curve.iterations,
    evaluations: cost,
    optimality_gap: gap,
    convergence_rate: convergenceRate(rounds, optimum),
    solution_distance: solution === undefined ? NaN : distance(best.x, solution),
    iterations_to_threshold: curve.threshold,
    stability: stability(f_value),
  };
  for (const [name, value] of Object.entries(metrics)) capture.metric(name, value);
  capture.data('stop', stop);
  const { iteration: steps, x } = curve.trajectory();
  capture.artifact('convergence_curve.npz', { ...rounds });
  capture.artifact('best_solution.npz', { x: best.x, f: Float64Array.of(best.loss) });
  capture.artifact('trajectory.npz', { iteration: steps, x: { array: x, shape: [steps.length, opened.dim] } });
  const finite = Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, Number.isFinite(value) ? value : null]));
  capture.artifact('summary.json', { params, seed: seeds.base, replicate: seeds.replicate, optimizer: opened.def.name, stop, ...finite });
  capture.artifact('report.txt', report(params, seeds, metrics, stop, best.x));
}

/** For people; no clock in it, so that a run leaves the same bytes whenever it is made. */
function report(params: Params, { base, replicate }: Seeds, metrics: { readonly [name: string]: number }, stop: string, x: Float64Array): string {
  const { algorithm, problem, dim, ...others } = params;
  const lines = Object.entries(others).map(([name, value]) => `  ${name.padEnd(24)}${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const found = Object.entries(metrics).map(([name, value]) => `  ${name.padEnd(24)}${value}`);
  const point = Array.from(x.subarray(0, 10), (v) => v.toPrecision(6)).join(' ');
  return [`${algorithm} on ${problem}, dim ${dim ?? x.length}, seed ${base}, replicate ${replicate}`, '', 'parameters', ...lines, '', 'result', ...found, `  ${'stop'.padEnd(24)}${stop}`, '', `best point${x.length > 10 ? ` (10 of ${x.length} coordinates)` : ''}`, `  ${point}`, ''].join('\n');
}
