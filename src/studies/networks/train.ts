/**
 * One training: an optimizer on a network until its epochs are paid for, looked at once an epoch.
 *
 * An epoch is what one pass of gradients costs, three evaluations of the training data, whatever the optimizer spends it on, so every
 * optimizer gets the same. What the epochs measure (all of the training and validation data, nothing dropped out) is not counted.
 * Surprise: 430 shares of 128/55,000 do not add up to one, so budgets and epochs have a slack of a billionth.
 */
import { crc32 } from '../../core/crc.ts';
import { NadirError, show } from '../../core/errors.ts';
import { createRandom } from '../../core/random.ts';
import { run } from '../../core/run.ts';
import { seal, unseal } from '../../core/snapshot.ts';
import { begin } from './begin.ts';
import { plainConfig, type Checked } from './config.ts';
import { crew, type Crew } from './crew.ts';
import { openHistory, type History } from './history.ts';

import type { Backend, Batch, Json, Optimizer, Scores, Snapshot } from '../../core/types.ts';
import type { EscapeStatistics } from '../../optimizers/escape.ts';
import type { Split } from '../../problems/data.ts';
import type { NetworkOptions } from '../../problems/network.ts';
import type { Epoch, TrainResult } from './results.ts';

const PASS = 3; // evaluations that one pass of gradients costs
const SLACK = 1e-9;
const FAR = 1000; // times the loss at the start: diverged

export interface FitOptions {
  readonly split: Split;
  readonly seed: number;
  readonly backend: Backend;
  /** Threads beside this one, default 0. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** Sees every step; `save` is the whole state. */
  readonly observe?: (progress: FitProgress) => void;
  /** What `save` gave. */
  readonly resume?: Json;
}
export interface FitProgress {
  /** The last one that was looked at. */
  readonly epoch: Epoch;
  /** Whether it is new. */
  readonly fresh: boolean;
  save(): Json;
}
/** `x`: the best parameters; `layers`: widths from inputs to outputs. */
export interface Fitted { readonly result: TrainResult; readonly x: Float64Array; readonly layers: readonly number[] }

interface Saved { readonly epochs: readonly Epoch[]; readonly best: number; readonly x: Float64Array; readonly history: Snapshot }

/** The loss that the configuration has on this data. Throws `input` where they do not go together, and where nothing validates. */
export function lossOn({ network: { loss } }: Checked, { name, train: { labels }, validation }: Split): string {
  if (validation === undefined) throw new NadirError('input', `data ${name} has no validation part; training keeps the parameters that are best there`);
  const fitting = labels ? 'cross-entropy' : 'mse';
  if (loss !== null && loss !== fitting) throw new NadirError('input', `network.loss is ${show(loss)}; allowed: ${fitting}, data ${name} has ${labels ? 'classes' : 'numbers'}`);
  return fitting;
}

/** Trains. Throws `input` for data and networks that do not fit, `objective` when there is no loss at the start, `aborted`. */
export async function fit(config: Checked, options: FitOptions): Promise<Fitted> {
  const { split, seed, backend, workers = 0, signal } = options;
  const loss = lossOn(config, split);
  const problem = await crew(split, { ...config.network, loss, batch: config.batch, seed } as NetworkOptions, { backend }, { workers, signal });
  try {
    return await fitted(config, loss, problem, options);
  } finally {
    await problem.close();
  }
}

async function fitted(config: Checked, loss: string, problem: Crew, { split, seed, backend, signal, observe, resume }: FitOptions): Promise<Fitted> {
  const streams = createRandom(seed, backend);
  const kind = `train ${config.name}, seed ${seed} (${crc32(JSON.stringify(plainConfig({ ...config, loss })))})`;
  const kept = resume as { readonly own?: Json; readonly run?: Json } | undefined;
  const saved = kept && (unseal(kind, kept.own) as unknown as Saved);
  const state = kept && (unseal('run', kept.run) as { readonly run: Snapshot; readonly optimizer: Snapshot });
  const x0 = problem.space.sample(streams.fork('start'));
  const budget = PASS * config.epochs;
  const inner = begin(config, problem, { backend, random: streams.fork('optimizer'), x0, cost: budget }, config.epochs * problem.batches, state?.optimizer);
  const history = openHistory(saved?.history);
  const epochs: Epoch[] = [...(saved?.epochs ?? [])];
  let best = saved?.best ?? 0; // its place in epochs
  let bestX = saved?.x.slice() ?? x0.slice();
  let reason: string | null = null;

  const byLoss = config.keep === 'loss' || split.train.labels === undefined;
  /** Whether an epoch is better than another, on the validation part. */
  function ahead({ validationLoss: a, validationAccuracy: p }: Epoch, { validationLoss: b, validationAccuracy: q }: Epoch): boolean {
    return byLoss || p === q ? a < b : p! > q!;
  }

  /** Looks at a point; false when there is no loss. */
  async function look(epoch: number, cost: number, x: Float64Array): Promise<boolean> {
    const [train, held] = [await problem.evaluate(x, 'train'), await problem.evaluate(x, 'validation')];
    for (const [part, { loss: found }] of [['training', train], ['validation', held]] as const) {
      if (Number.isFinite(found)) continue;
      reason ??= `the ${part} loss was ${found} after ${history.steps} steps`;
      return false;
    }
    epochs.push({ epoch, step: history.steps, cost, trainLoss: train.loss, trainAccuracy: share(train.accuracy), validationLoss: held.loss, validationAccuracy: share(held.accuracy) });
    if (ahead(epochs.at(-1)!, epochs[best]!)) {
      best = epochs.length - 1;
      bestX = x.slice();
    }
    return true;
  }

  if (saved === undefined && !(await look(0, 0, x0))) throw new NadirError('objective', `training cannot begin: ${reason}`);
  const far = FAR * Math.max(epochs[0]!.trainLoss, (await problem.score({ xs: [x0] })).loss[0]!); // with its penalty, which steps have
  const optimizer = watched(inner, history, () => reason === null, (found, step) => {
    if (!(found <= far)) reason ??= found < Infinity ? `the loss was ${found} at step ${step}, more than ${FAR} times that of the start` : `the loss was no number at step ${step}`;
  });
  const outcome = await run(problem, optimizer, { cost: budget * (1 + SLACK), signal }, {
    resume: state?.run,
    observe({ cost, best: found, save }) {
      const epoch = Math.floor((cost / PASS) * (1 + SLACK));
      const seen = (fresh: boolean): void => {
        if (reason === null) observe?.({ epoch: epochs.at(-1)!, fresh, save: () => ({ run: save(), own: seal(kind, { epochs, best, x: bestX, history: history.save() } as unknown as Snapshot) }) });
      };
      return reason === null && epoch > epochs.at(-1)!.epoch ? look(epoch, cost, standing(inner) ?? found!.x).then(seen) : seen(false);
    },
  }).catch((error: unknown) => {
    if (reason === null) throw error; // every evaluation failed: diverged at its first step
    return undefined;
  });
  if (outcome?.stop === 'aborted') throw new NadirError('aborted', `training ${config.name} was stopped after ${history.steps} steps`);
  const { epoch, cost } = epochs.at(-1)!;
  if (outcome !== undefined && reason === null && cost < outcome.cost && epoch < config.epochs) await look(outcome.stop === 'budget' ? config.epochs : Math.ceil(outcome.cost / PASS), outcome.cost, standing(inner) ?? outcome.best.x);
  const read = split.test && (await problem.evaluate(bestX, 'test'));
  const test = read ? { loss: read.loss, accuracy: share(read.accuracy) } : null;
  const escape = (inner.report?.() as EscapeStatistics | undefined) ?? null;
  const plain = plainConfig(config);
  return {
    x: bestX,
    layers: problem.layers,
    result: {
      experiment: config.name,
      config: { ...plain, network: { ...plain.network, loss }, seed },
      seed,
      parameters: bestX.length,
      examples: { train: split.train.n, validation: split.validation!.n, test: split.test?.n ?? 0 },
      epochs,
      final: epochs.at(-1)!,
      best: epochs[best]!,
      test,
      history: history.kept(),
      escape: escape !== null && 'escapes' in escape ? escape : null,
      stop: reason === null ? 'done' : 'diverged',
      reason,
      seconds: 0,
    },
  };
}

const share = (accuracy: number): number | null => (Number.isNaN(accuracy) ? null : accuracy);

/** Where a descent stands. */
export function standing(optimizer: Optimizer<Float64Array>): Float64Array | undefined {
  return (optimizer as Partial<{ readonly x: Float64Array }>).x;
}

/** The optimizer, each of its descent steps noted, with nothing left to try once `more` says no. */
function watched(inner: Optimizer<Float64Array>, history: History, more: () => boolean, step: (loss: number, step: number) => void): Optimizer<Float64Array> {
  return {
    ask: () => (more() ? inner.ask() : undefined),
    tell(batch: Batch<Float64Array>, scores: Scores<Float64Array>) {
      if (history.note(batch, scores, standing(inner))) step(scores.loss[0]!, history.steps);
      return inner.tell(batch, scores);
    },
    save: () => inner.save(),
    ...(inner.report && { report: () => inner.report!() }),
  };
}
