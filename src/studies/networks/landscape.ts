/**
 * The landscape study: from one start, who leaves its basin and how deep does he end, at equal cost?
 *
 * Functions begin at a point of N(0, 1), clipped into the box, and small networks at their usual start, the same for every method of a seed. Rates are equal where a
 * method has one. Networks count passes over their data and are judged by the whole loss on it, penalty included and nothing dropped out.
 */
import { NadirError, named, show } from '../../core/errors.ts';
import { resolve } from '../../core/options.ts';
import { restoreRandom } from '../../core/random.ts';
import { run } from '../../core/run.ts';
import { grid } from '../../experiment/grid.ts';
import { optimizer, start } from '../../optimizers/index.ts';
import { problem as functionOf, problems as functions } from '../../problems/index.ts';
import { network, networkBytes } from '../../problems/network.ts';
import { minimumUnder, same } from './basin.ts';
import { openData } from './data.ts';
import { inRoom } from './room.ts';
import { standing } from './train.ts';

import type { Backend, Box, Json, Optimizer, Params, Problem } from '../../core/types.ts';
import type { Capture, Definition, Grid, ModuleOperation, RunRecord, Seeds } from '../../experiment/record.ts';
import type { NetworkOptions } from '../../problems/network.ts';
import type { LandscapeRun } from './results.ts';

/** Raise it when a run's numbers change. */
const VERSION = '1';
const KEPT = 200; // points of a trace
const WIDER = 1.06; // cost of a point of a way over that of the one before: 20,000 are 140 points
const DATA = { kind: 'spirals', examples: 500, test: 0 };
const POLISH = 100; // passes of gradients that L-BFGS gets under a network's points
const DEEPER = 0.01; // of the loss: another basin

/** Small networks on two spirals, a quarter as wide as the published pair. */
const NETWORKS: readonly { readonly name: string; readonly about: string; readonly params: NetworkOptions }[] = [
  { name: 'mlp-smooth', about: '32-16 with an L2 penalty of 0.01', params: { hidden: [32, 16], l2: 0.01 } },
  { name: 'mlp-jagged', about: '64-32-16-8 with dropout 0.2', params: { hidden: [64, 32, 16, 8], dropout: 0.2 } },
];
const LITTLE = { batch: 32, precision: 'f64', activation: 'relu', loss: 'cross-entropy' } as const;

/** What competes; options beside `lr`. */
const METHODS: readonly { readonly name: string; readonly optimizer: string; readonly options?: Params }[] = [
  { name: 'sgd', optimizer: 'sgd' },
  { name: 'adam', optimizer: 'adam' },
  { name: 'adamw', optimizer: 'adamw' },
  { name: 'adamr', optimizer: 'adamr' },
  { name: 'perturbed', optimizer: 'perturbed', options: { base: 'adam' } },
  { name: 'sharpness', optimizer: 'sharpness', options: { base: 'adam' } },
  { name: 'basin', optimizer: 'basin' },
  { name: 'escape', optimizer: 'escape' },
  { name: 'escape-faithful', optimizer: 'escape', options: { mode: 'faithful' } },
];
const DEFAULTS = { problems: ['rosenbrock', 'rastrigin', 'ackley', 'double-well'], methods: METHODS.map(({ name }) => name), dim: 10, seeds: 20, seed: 0, cost: 20_000, passes: 300, lr: 0.01, rotated: false };

/** How other threads load it. */
export const operation: ModuleOperation = { module: import.meta.url, export: 'landscapeOnce' };

export interface LandscapeOptions {
  /** Test functions of the registry, `mlp-smooth`, `mlp-jagged`; default rosenbrock, rastrigin, ackley, double-well. */
  readonly problems?: readonly string[];
  /** sgd, adam, adamw, adamr, perturbed, sharpness, basin, escape, escape-faithful: the default. */
  readonly methods?: readonly string[];
  /** Of the functions, default 10. */
  readonly dim?: number;
  /** Runs of every method on every problem, default 20. */
  readonly seeds?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Evaluations on a function, a gradient is one more; default 20,000. */
  readonly cost?: number;
  /** Passes over the data of a network, a gradient is two more; default 300. */
  readonly passes?: number;
  /** Default 0.01. */
  readonly lr?: number;
  /** Functions are shifted and rotated, another instance a seed. */
  readonly rotated?: boolean;
}

/**
 * The study for `conduct`; `landscapeRuns` reads its records.
 *
 * Metrics: loss (the best at the end), start, escaped (1: the end lies in another basin than the start), cost, escapes, overhead (share of the cost that went into candidates).
 * @throws `name` for an unknown problem, method or option, `input` for numbers out of range
 * @example
 * const study = landscape({ problems: ['double-well'], methods: ['adam', 'basin'], dim: 2, seeds: 2, cost: 200 });
 * const runs = landscapeRuns(await (await conduct(study, { workers: 0 })).records());
 * runs.map(({ method, seed }) => `${method} ${seed}`); // [ 'adam 0', 'adam 1', 'basin 0', 'basin 1' ]
 */
export function landscape(options: LandscapeOptions = {}): Definition & { readonly grid: Grid; readonly replicates: number; readonly seed: number } {
  const { problems, methods, dim, seeds, seed, cost, passes, lr, rotated } = checkedLandscape(options);
  return study('networks-landscape', methods.map((method) => ({ method })), { problems, dim, cost, passes, lr, rotated }, seeds, seed);
}

/** With defaults, when all of it is allowed. */
export function checkedLandscape(options: LandscapeOptions): Required<LandscapeOptions> {
  if (typeof options !== 'object' || options === null) throw new NadirError('input', `the options of landscape are ${show(options)}; allowed: an object with ${Object.keys(DEFAULTS).join(', ')}`);
  for (const name of Object.keys(options)) named('option of landscape', Object.keys(DEFAULTS).map((known) => ({ name: known })), name);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as LandscapeOptions;
  const all = { ...DEFAULTS, ...given };
  const list = (field: 'problems' | 'methods', have: readonly { readonly name: string; readonly aliases?: readonly string[] }[]): string[] => {
    const value = all[field];
    if (!Array.isArray(value) || value.length === 0) throw new NadirError('input', `${field} of landscape is ${show(value)}; allowed: an array of names`);
    return [...new Set(value.map((name) => named(field.slice(0, -1), have, name).name))];
  };
  const number = (field: 'dim' | 'seeds' | 'seed' | 'cost' | 'passes' | 'lr', ok: (value: number) => boolean, allowed: string): void => {
    const value = all[field];
    if (typeof value !== 'number' || !ok(value)) throw new NadirError('input', `${field} of landscape is ${show(value)}; allowed: ${allowed}`);
  };
  number('dim', (v) => Number.isSafeInteger(v) && v >= 2 && v <= 1e5, 'an integer from 2 to 100000');
  number('seeds', (v) => Number.isSafeInteger(v) && v >= 1, 'an integer from 1');
  number('seed', (v) => Number.isSafeInteger(v) && v >= 0, 'an integer from 0');
  number('cost', (v) => v >= 2 && v < Infinity, 'a number from 2, what a gradient costs');
  number('passes', (v) => v >= 3 && v < Infinity, 'a number from 3, what a gradient costs');
  number('lr', (v) => v > 0 && v < Infinity, 'a number above 0');
  if (typeof all.rotated !== 'boolean') throw new NadirError('input', `rotated of landscape is ${show(all.rotated)}; allowed: true or false`);
  return { ...all, problems: list('problems', [...functions, ...NETWORKS]), methods: list('methods', METHODS) };
}

/** Cases of methods (and options of theirs) on problems. */
export function study(name: string, methods: readonly Params[], { problems, dim, cost, passes, lr, rotated }: Pick<Required<LandscapeOptions>, 'problems' | 'dim' | 'cost' | 'passes' | 'lr' | 'rotated'>, seeds: number, seed: number): Definition & { readonly grid: Grid; readonly replicates: number; readonly seed: number } {
  const cases = problems.flatMap((problem) => methods.map((method): Params => {
    const net = NETWORKS.some((each) => each.name === problem);
    return net ? { problem, ...method, passes, lr } : { problem, ...method, dim, cost, lr, ...(rotated && { rotated }) };
  }));
  return { name, operation, grid: grid.manual(cases), replicates: seeds, seed, version: VERSION };
}

/** One run of `landscape` or `sweep`: what `conduct` calls by its name. */
export async function landscapeOnce(_context: unknown, params: Params, seeds: Seeds, capture: Capture): Promise<void> {
  const net = NETWORKS.find(({ name }) => name === params.problem);
  const found = net === undefined ? await inRoom(0, undefined, (backend) => onFunction(params, seeds, capture, backend)) : await onNetwork(net.params, params, seeds, capture);
  const { loss, start: from, escaped, cost, escapes, overhead } = found;
  for (const [name, value] of Object.entries({ loss, start: from, escaped: escaped ? 1 : 0, cost, escapes, overhead })) capture.metric(name, value);
  capture.data('run', found as unknown as Json);
}

type Found = Omit<LandscapeRun, 'milliseconds'>;

/** The runs of successful records, in their order. */
export function landscapeRuns(records: readonly RunRecord[]): LandscapeRun[] {
  return records.filter(({ status }) => status === 'success').map(({ data, milliseconds }) => ({ ...(data.run as unknown as Found), milliseconds }));
}

async function onFunction(params: Params, seeds: Seeds, capture: Capture, backend: Backend): Promise<Found> {
  const { dim, cost } = params as { readonly dim: number; readonly cost: number };
  const def = functionOf(params.problem);
  const random = restoreRandom(seeds.random('landscape').save(), backend);
  const domain = { dim, ...(params.rotated === true && { instance: seeds.seed }) };
  const problem = def.open(resolve(`problem ${def.name}`, def.options, domain), { backend, random: random.fork('problem') }) as Problem<Float64Array, Box>;
  const x0 = new Float64Array(dim);
  random.fork('start').normals(x0);
  problem.space.clip(x0);
  const from = lossAt(problem, x0);
  const inner = method(params, problem, { backend, random: random.fork('optimizer'), x0, cost });
  const path: [number, number][] = [[x0[0]!, x0[1]!]];
  let next = 0; // every step at first, then ever more rarely: most of a way is at its beginning
  const { best, cost: spent, trace, stop, report } = await run(problem, inner, { cost, signal: capture.signal }, {
    observe({ cost: now, best: ahead }) {
      if (dim !== 2 || now < next) return;
      next = now * WIDER;
      const at = standing(inner) ?? ahead!.x;
      path.push([at[0]!, at[1]!]);
    },
  });
  if (stop === 'aborted') throw new NadirError('aborted', `stopped by the signal at cost ${spent} of ${cost}`);
  const polish = { backend, random: random.fork('polish') };
  const escaped = !same(problem.space, await minimumUnder(problem, x0, polish), await minimumUnder(problem, best.x, polish));
  return { ...summed(params, seeds, dim, report, spent), start: from, loss: best.loss, escaped, trace: thin(trace.map((each) => [each.cost, each.loss] as const)), ...(dim === 2 && { path: thin(path) }) };
}

/** Of networks, another basin is one that is deeper by a hundredth: their minima are no points, but flats and mirror images of them. */
async function onNetwork(own: NetworkOptions, params: Params, seeds: Seeds, capture: Capture): Promise<Found> {
  const { passes } = params as { readonly passes: number };
  const split = await openData(DATA);
  return inRoom(networkBytes(split, { hidden: own.hidden, batch: LITTLE.batch }), undefined, async (backend) => {
    const random = restoreRandom(seeds.random('landscape').save(), backend);
    const problem = network(split, { ...LITTLE, ...own, seed: seeds.seed }, { backend });
    const whole: Problem<Float64Array, Box> = { ...problem, name: 'polish' };
    const x0 = problem.space.sample(random.fork('start'));
    const from = lossAt(problem, x0);
    let least = from;
    let bestX = x0;
    const trace: [number, number][] = [[0, from]];
    let next = passes / KEPT;
    const inner = method(params, problem, { backend, random: random.fork('optimizer'), x0, cost: passes });
    const { cost, stop, report } = await run(problem, inner, { cost: passes, signal: capture.signal }, {
      observe({ cost: now, best }) {
        if (now < next) return;
        next = now + passes / KEPT;
        const x = standing(inner) ?? best!.x;
        const loss = lossAt(problem, x);
        if (!(loss < least)) return;
        least = loss;
        bestX = x.slice();
        trace.push([now, loss]);
      },
    });
    if (stop === 'aborted') throw new NadirError('aborted', `stopped by the signal at cost ${cost} of ${passes}`);
    const under = async (x: Float64Array): Promise<number> => (await run(whole, start(optimizer('lbfgs'), whole, undefined, { backend, random: random.fork('polish'), x0: x }), { cost: 3 * POLISH })).best.loss;
    return { ...summed(params, seeds, x0.length, report, cost), start: from, loss: least, escaped: (await under(bestX)) < (1 - DEEPER) * (await under(x0)), trace: thin(trace) };
  });
}

/** The method of a case, with the rate of the study where it has one. */
function method({ method: name, lr, options }: Params, problem: Problem<Float64Array, Box>, context: Parameters<typeof start<Float64Array>>[3]): Optimizer<Float64Array> {
  const { optimizer: of, options: own } = named('method', METHODS, name);
  const def = optimizer(of);
  return start(def, problem, { ...(Object.hasOwn(def.options, 'lr') && { lr }), ...own, ...(options as Params | undefined) }, context);
}

function summed(params: Params, { base, replicate }: Seeds, dim: number, report: Json | undefined, cost: number): Pick<Found, 'problem' | 'dim' | 'method' | 'seed' | 'cost' | 'escapes' | 'overhead'> {
  const { accepted = 0, spent = 0 } = (report ?? {}) as { readonly accepted?: number; readonly spent?: number };
  return { problem: String(params.problem), dim, method: String(params.method), seed: base + replicate, cost, escapes: accepted, overhead: cost > 0 ? spent / cost : 0 };
}

function lossAt(problem: Problem<Float64Array, Box>, x: Float64Array): number {
  return (problem.score({ xs: [x] }) as { readonly loss: Float64Array }).loss[0]!;
}

/** At most 200, the last among them. */
function thin<T>(rows: readonly T[]): T[] {
  const stride = Math.ceil(rows.length / (KEPT - 1));
  return rows.filter((_, i) => i % stride === 0 || i === rows.length - 1);
}
