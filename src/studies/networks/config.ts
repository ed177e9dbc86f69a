/**
 * What a configuration may say: every field checked, every default filled in, so that two that mean the same are the same.
 *
 * Surprise: what an optimizer's options say together (counts that sum to a population) shows when it starts, so it is started once, on a
 * box of two parameters, before any data is read.
 */
import { sharedBackend } from '../../backend/index.ts';
import { NadirError, messageOf, named, show } from '../../core/errors.ts';
import { flaw } from '../../core/key.ts';
import { resolve } from '../../core/options.ts';
import { createRandom } from '../../core/random.ts';
import { further, published } from '../../configs/networks.ts';
import { optimizer as optimizerOf } from '../../optimizers/index.ts';
import { schedules } from '../../optimizers/schedule.ts';
import { box } from '../../spaces/box.ts';
import { begin } from './begin.ts';

import type { Json, Options } from '../../core/types.ts';
import type { TrainConfig } from './results.ts';

/** A configuration with nothing left out. */
export interface Checked {
  readonly [field: string]: Json;
  readonly name: string;
  readonly about: string;
  readonly data: Json;
  readonly network: Network;
  readonly optimizer: { readonly [option: string]: Json; readonly name: string };
  readonly schedule: { readonly [option: string]: Json; readonly kind: string } | null;
  readonly batch: number;
  readonly epochs: number;
  readonly seed: number;
  readonly keep: string | null;
}
interface Network { readonly [field: string]: Json; readonly hidden: readonly number[]; readonly activation: string; readonly loss: string | null; readonly dropout: number; readonly l2: number; readonly precision: string }
type Plain = Omit<Network, 'hidden'> & { readonly [field: string]: Json };

const FIELDS = ['name', 'about', 'data', 'network', 'optimizer', 'schedule', 'batch', 'epochs', 'seed', 'keep'];
const WIDEST = 65536; // units of a layer
const LAYERS = 16;
const NETWORK: Options<Plain> = {
  activation: { default: 'relu', about: 'between layers', choices: ['relu', 'tanh', 'gelu'] },
  loss: { default: null, about: 'null: cross-entropy for classes, mse for numbers', choices: ['cross-entropy', 'mse'], nullable: true },
  dropout: { default: 0, about: 'share of the hidden units that a training step leaves out', min: 0, below: 1 },
  l2: { default: 0, about: 'penalty on the squared weights', min: 0 },
  precision: { default: 'f32', about: 'of the numbers', choices: ['f32', 'f64'] },
};
const REST: Options<{ readonly batch: number; readonly epochs: number; readonly seed: number; readonly keep: string | null }> = {
  batch: { default: 128, about: 'examples a step', min: 1, max: 65536, integer: true },
  epochs: { default: 20, about: 'passes over the training data, in cost: one is three evaluations of all of it', min: 1, max: 1e6, integer: true },
  seed: { default: 0, about: 'of the split, the start and the order', min: 0, integer: true },
  keep: { default: null, about: 'what the parameters that are kept are best in, on the validation part; null: accuracy for classes, loss for numbers', choices: ['loss', 'accuracy'], nullable: true },
};

/** The configuration, checked. Throws `input` or `name` with one sentence that begins with `where`, a file's name say. */
export function trainConfig(value: unknown, where: string = 'the configuration'): Checked {
  return inside(where, () => checked(value));
}

/** The built-in configuration of that name, or an error that offers the nearest. */
export function builtIn(name: unknown): Checked {
  return trainConfig(named('configuration', [...published, ...further], name), String(name));
}

/** Starts the optimizer once, for what its options say together. */
export async function proven(config: Checked, where: string = config.name): Promise<Checked> {
  const backend = (await sharedBackend()).scope();
  try {
    inside(where, () => begin(config, { name: 'trial', space: box(2, -1, 1), gradient: 2 }, { backend, random: createRandom(0) }, 1));
  } finally {
    backend.release();
  }
  return config;
}

/** What it makes; an error of nadir's begins with where. */
export function inside<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof NadirError) throw new NadirError(error.code, `${where}: ${messageOf(error)}`, { cause: error });
    throw error;
  }
}

function checked(value: unknown): Checked {
  const given = object('it', value, `an object with ${FIELDS.join(', ')}`);
  for (const field of Object.keys(given)) named('field', FIELDS.map((name) => ({ name })), field);
  for (const field of ['name', 'data', 'network', 'optimizer']) if (given[field] === undefined) throw new NadirError('input', `${field} is missing; allowed: ${field === 'name' || field === 'data' ? 'a name' : 'an object'}`);
  const { name, about = '', data } = given;
  const wrong = typeof name !== 'string' ? 'is no text' : flaw(name);
  if (wrong) throw new NadirError('input', `name ${show(name)} ${wrong}; allowed: letters, digits and . _ -`);
  if (typeof about !== 'string') throw new NadirError('input', `about is ${show(about)}; allowed: text`);
  if (typeof data !== 'string' && typeof object('data', data, 'a name, or an object with a kind').kind !== 'string') throw new NadirError('input', `data is ${show(data)}; allowed: a name, or an object with a kind`);
  const rest = resolve('the configuration', REST, Object.fromEntries(Object.entries(given).filter(([field]) => Object.hasOwn(REST, field))));
  return { name: name as string, about, data: data as Json, network: network(given.network), optimizer: optimizer(given.optimizer), schedule: schedule(given.schedule), ...rest };
}

function network(value: unknown): Network {
  const { hidden, ...options } = object('network', value, 'an object with hidden');
  if (!Array.isArray(hidden) || hidden.length > LAYERS || !hidden.every((units) => Number.isSafeInteger(units) && units >= 1 && units <= WIDEST))
    throw new NadirError('input', `network.hidden is ${show(hidden)}; allowed: up to ${LAYERS} widths, integers from 1 to ${WIDEST}, such as [128, 64]`);
  return { hidden: hidden as number[], ...resolve('network', NETWORK, options) } as unknown as Network;
}

function optimizer(value: unknown): Checked['optimizer'] {
  const { name, ...options } = object('optimizer', value, 'an object with a name');
  const def = optimizerOf(name);
  return { name: def.name, ...resolve(`optimizer ${def.name}`, def.options, options) };
}

function schedule(value: unknown): Checked['schedule'] {
  if (value === undefined || value === null) return null;
  const { kind, ...options } = object('schedule', value, 'an object with a kind');
  const def = named('schedule', schedules, kind);
  return { kind: def.name, ...resolve(`schedule ${def.name}`, def.options, options) };
}

function object(field: string, value: unknown, allowed: string): { readonly [field: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new NadirError('input', `${field} is ${show(value)}; allowed: ${allowed}`);
  return value as { readonly [field: string]: unknown };
}

/** As its file has it, without what is null. */
export function plainConfig(config: Checked): TrainConfig {
  const stripped = (value: Json): Json => (typeof value !== 'object' || value === null || Array.isArray(value) ? value : Object.fromEntries(Object.entries(value).flatMap(([key, item]) => (item === null ? [] : [[key, stripped(item)]]))));
  return stripped(config) as unknown as TrainConfig;
}
