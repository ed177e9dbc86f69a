/**
 * The networks study: does escaping local minima train better? One training by `train`; many, over workers and kept in a store, by `conduct(training(...))`.
 *
 * A run's seed is that of its configuration plus its replicate, so that `train(config, { seed })` makes any of them again by hand.
 */
import { NadirError, named, show } from '../core/errors.ts';
import { networkBytes } from '../problems/network.ts';
import { grid } from '../experiment/grid.ts';
import { builtIn, proven, trainConfig, type Checked } from './networks/config.ts';
import { openData } from './networks/data.ts';
import { inRoom } from './networks/room.ts';
import { fit, type FitOptions, type Fitted } from './networks/train.ts';

import type { BackendName } from '../backend/index.ts';
import type { Json, Params } from '../core/types.ts';
import type { Capture, Definition, Grid, ModuleOperation, Numbers, Seeds } from '../experiment/record.ts';
import type { Split } from '../problems/data.ts';
import type { Epoch, TrainConfig, TrainResult } from './networks/results.ts';

/** Raise it when a training's numbers change. */
const VERSION = '1';
const KNOWN = ['seed', 'epochs', 'split', 'workers', 'backend', 'observe', 'signal', 'resume'];

/** How other threads load it. */
export const operation: ModuleOperation = { module: import.meta.url, export: 'trainOnce' };

export interface TrainOptions {
  /** Of the split, the start, the order and the optimizer; default that of the configuration, 0. */
  readonly seed?: number;
  /** Instead of those of the configuration. */
  readonly epochs?: number;
  /** Data of your own, instead of what the configuration names. */
  readonly split?: Split;
  /** Threads beside this one, from 0 (the default) to 256, that share every mini-batch: for wide layers and batches of a thousand, and up to four. */
  readonly workers?: number;
  readonly backend?: BackendName;
  /** Sees every step; `fresh`: `epoch` has just ended. `save()` is what `resume` takes. */
  readonly observe?: (progress: { readonly epoch: Epoch; readonly fresh: boolean; save(): Json }) => void;
  readonly signal?: AbortSignal;
  /** Goes on from what `save()` gave, with the same configuration and options. */
  readonly resume?: Json;
}
export interface Trained {
  readonly result: TrainResult;
  /** The parameters that were best on the validation part: a layer after another, its weights (inputs x outputs, by rows), then its biases. */
  readonly x: Float64Array;
  /** Widths from inputs to outputs. */
  readonly layers: readonly number[];
}

/**
 * Trains a network, on this thread or with workers: any optimizer of the registry, at a cost of three passes over the training data an epoch, whatever it spends them on.
 *
 * The parameters that are best on the validation part at the end of an epoch are kept, and the test part is read once, at the end, there. Training that diverges (a loss that is no
 * number, or 1000 times that of the start) stops with a reason and keeps what it had. The same configuration and seed give the same result everywhere, `seconds` aside.
 * @param config the name of a built-in configuration, or one as `TrainConfig` says
 * @throws `input` or `name` for a configuration that makes no sense, data that is not there or does not fit; `objective` when there is no loss at the start; `aborted`
 * @example
 * const config = { name: 'spirals', data: 'spirals', network: { hidden: [16], activation: 'tanh' }, optimizer: { name: 'adam', lr: 0.02 }, batch: 32, epochs: 3 };
 * const { result } = await train(config, { seed: 1 });
 * result.epochs.map(({ epoch }) => epoch); // [ 0, 1, 2, 3 ]
 * result.final.trainLoss < result.epochs[0].trainLoss; // true
 */
export async function train(config: TrainConfig | string, options: TrainOptions = {}): Promise<Trained> {
  if (typeof options !== 'object' || options === null) throw new NadirError('input', `the options of train are ${show(options)}; allowed: an object with ${KNOWN.join(', ')}`);
  for (const name of Object.keys(options)) named('option of train', KNOWN.map((known) => ({ name: known })), name);
  const { seed, epochs, split, workers, backend, observe, signal, resume } = options;
  if (signal?.aborted) throw new NadirError('aborted', 'the signal was aborted before the start');
  const found = typeof config === 'string' ? builtIn(config) : trainConfig(config);
  const checked = await proven(counted(found, { seed, epochs }));
  return made(checked, { seed: checked.seed, split, workers, observe, signal, resume }, backend);
}

/** With other counts, checked like those of a file. */
function counted(config: Checked, over: { readonly seed?: number; readonly epochs?: number }): Checked {
  const given = Object.entries(over).filter(([, value]) => value !== undefined);
  return given.length === 0 ? config : trainConfig({ ...config, ...Object.fromEntries(given) }, config.name);
}

async function made(config: Checked, options: Omit<FitOptions, 'split' | 'backend'> & { readonly split?: Split }, backend?: BackendName): Promise<Fitted> {
  const split = options.split ?? (await openData(config.data as TrainConfig['data'], { seed: options.seed }));
  return inRoom(networkBytes(split, { hidden: config.network.hidden, batch: config.batch }), backend, (arena) => fit(config, { ...options, split, backend: arena }));
}

/** An experiment of trainings. */
export interface TrainingOptions {
  /** Names of built-in configurations, or configurations. */
  readonly configs: readonly (TrainConfig | string)[];
  /** Trainings a configuration, with seeds from its own on; default 1. */
  readonly seeds?: number;
  /** Instead of those of each configuration. */
  readonly seed?: number;
  readonly epochs?: number;
}

/**
 * Trainings for `conduct`: every configuration with every seed.
 *
 * Metrics: train_loss, train_accuracy, validation_loss, validation_accuracy (a step an epoch), best_validation_loss, test_loss, test_accuracy, steps,
 * escapes, parameters, diverged. Files: `{name}_results.json`, `best_parameters.npz` (weights0, biases0, weights1, ...).
 * @example
 * const config = { name: 'spirals', data: 'spirals', network: { hidden: [8] }, optimizer: { name: 'sgd' }, epochs: 1 };
 * const { success } = await conduct(training({ configs: [config], seeds: 2 }), { workers: 0 });
 * success; // 2
 */
export function training({ configs, seeds = 1, seed, epochs }: TrainingOptions): Definition & { readonly grid: Grid; readonly replicates: number } {
  if (!Array.isArray(configs) || configs.length === 0) throw new NadirError('input', `configs of training is ${show(configs)}; allowed: an array of at least one configuration`);
  const cases = configs.map((config): Params => {
    const found = typeof config === 'string' ? builtIn(config) : trainConfig(config);
    const { name, data, network, optimizer, schedule, batch, keep, ...counts } = counted(found, { seed, epochs });
    return { config: name, settings: { data, network, optimizer, schedule, batch, keep, epochs: counts.epochs, seed: counts.seed } };
  });
  const names = cases.map(({ config }) => config);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new NadirError('input', `configuration ${show(twice)} is there twice; allowed: a name of its own each`);
  return { name: 'networks-train', operation, grid: grid.manual(cases), replicates: seeds, version: VERSION };
}

/** One run of `training`: what `conduct` calls by its name. */
export async function trainOnce(_context: unknown, { config: name, settings }: Params, { replicate }: Seeds, capture: Capture): Promise<void> {
  const config = trainConfig({ name, ...(settings as object) }, String(name));
  const seed = config.seed + replicate;
  const { result, x, layers } = await made(config, {
    seed,
    signal: capture.signal,
    resume: capture.restored,
    observe: ({ save }) => capture.checkpoint(save),
  });
  for (const { epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy } of result.epochs) {
    const looked = { train_loss: trainLoss, train_accuracy: trainAccuracy, validation_loss: validationLoss, validation_accuracy: validationAccuracy };
    for (const [metric, value] of Object.entries(looked)) if (value !== null) capture.metric(metric, value, epoch);
  }
  const metrics = {
    best_validation_loss: result.epochs.reduce((least, { validationLoss }) => Math.min(least, validationLoss), Infinity),
    ...(result.test && { test_loss: result.test.loss, ...(result.test.accuracy !== null && { test_accuracy: result.test.accuracy }) }),
    steps: result.final.step,
    escapes: result.escape?.accepted ?? 0,
    parameters: result.parameters,
    diverged: result.stop === 'diverged' ? 1 : 0,
  };
  for (const [metric, value] of Object.entries(metrics)) capture.metric(metric, value);
  capture.artifact(`${config.name}_results.json`, JSON.parse(JSON.stringify(result)) as Json); // an escape from a point that failed has no loss: null
  capture.artifact('best_parameters.npz', byLayer(x, layers));
}

function byLayer(x: Float64Array, layers: readonly number[]): { [name: string]: { array: Numbers; shape: number[] } } {
  const out: { [name: string]: { array: Numbers; shape: number[] } } = {};
  let from = 0;
  for (let l = 0; l + 1 < layers.length; l++) {
    const [inputs, outputs] = [layers[l]!, layers[l + 1]!];
    out[`weights${l}`] = { array: x.slice(from, (from += inputs * outputs)), shape: [inputs, outputs] };
    out[`biases${l}`] = { array: x.slice(from, (from += outputs)), shape: [outputs] };
  }
  return out;
}
