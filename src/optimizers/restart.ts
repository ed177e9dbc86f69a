/**
 * Restarts around any population optimizer, each run from a new random point once the last has converged or spent its share of the cost.
 *
 * ipop: every run has twice the population of the last (Auger, Hansen, "A restart CMA evolution strategy with increasing population
 * size", CEC 2005). bipop: such runs by turns with runs of small populations and steps, whichever regime has spent less so far (Hansen,
 * "Benchmarking a BI-population CMA-ES on the BBOB-2009 function testbed", 2009).
 */
import { pow } from '../../assembly/portable/math.ts';
import { resolve } from '../core/options.ts';
import { restoreRandom } from '../core/random.ts';
import type { Backend, Box, Context, Json, Optimizer, OptimizerDef, Options, Snapshot } from '../core/types.ts';
import { cmaes, populationOf } from './cmaes.ts';
import { evolution } from './evolution.ts';
import { cmaesseparable } from './separable.ts';

export interface RestartParams { readonly [key: string]: Json; readonly optimizer: string; readonly population: number | null; readonly sigma: number | null; readonly cap: number }

/** What may be restarted: optimizers with the options `population` and `sigma`. */
const MEMBERS: readonly OptimizerDef[] = [cmaes, cmaesseparable, evolution];
const DOUBLINGS = 9; // of the population, as published
const ROOM = 65536; // most coordinates in a generation: twice 0.5 MB, and as much again from the runs before

/** One run: what it was started with, what it may spend and has spent. */
interface Run { readonly small: boolean; readonly population: number; readonly sigma: number; readonly limit: number; readonly spent: number }
interface Saved { readonly random: Snapshot; readonly runs: number; readonly doublings: number; readonly large: number; readonly little: number; readonly lastLarge: number; readonly run: Run; readonly inner: Snapshot }

const options: Options<RestartParams> = {
  optimizer: { default: 'cmaes', about: 'what is restarted', choices: MEMBERS.map(({ name }) => name) },
  population: { default: null, about: 'points a generation of the first run; null: 4 + floor(3 ln dim)', min: 4, max: 1e5, integer: true, nullable: true },
  sigma: { default: null, about: 'standard deviation at the start of a run, in box widths; null: what is restarted decides', above: 0, max: 10, nullable: true },
  cap: { default: 1, about: 'share of the expected cost that one run may spend', above: 0, max: 1 },
};

export const ipop: OptimizerDef<RestartParams> = {
  name: 'ipop',
  aliases: ['ipop-cmaes'],
  about: 'restarts with twice the population each time, CMA-ES by default',
  spaces: ['box'],
  gradient: 'none',
  options,
  start: (space: Box, params, context, saved) => restarting(space, params, context, false, saved as unknown as Saved),
};

export const bipop: OptimizerDef<RestartParams> = {
  name: 'bipop',
  aliases: ['bipop-cmaes'],
  about: 'restarts with doubled populations by turns with small ones, CMA-ES by default',
  spaces: ['box'],
  gradient: 'none',
  options,
  start: (space: Box, params, context, saved) => restarting(space, params, context, true, saved as unknown as Saved),
};

function restarting(space: Box, params: RestartParams, context: Context<Float64Array>, both: boolean, saved?: Saved): Optimizer<Float64Array> {
  const def = MEMBERS.find(({ name }) => name === params.optimizer)!;
  const base = params.population ?? populationOf(space.dim);
  const sigma = params.sigma ?? (def.options.sigma.default as number);
  const most = Math.max(base, Math.floor(ROOM / space.dim));
  const cap = context.cost === undefined ? Infinity : params.cap * context.cost;
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  const memory = recycled(context.backend);

  let runs = saved?.runs ?? 0; // started so far
  let doublings = saved?.doublings ?? 0;
  let large = saved?.large ?? 0; // spent in runs that are over, a regime
  let little = saved?.little ?? 0;
  let lastLarge = saved?.lastLarge ?? 0;
  let run: Run = saved?.run ?? { small: false, population: base, sigma, limit: cap, spent: 0 };
  let inner = begin(saved ? undefined : context.x0, saved?.inner);

  function begin(x0: Float64Array | undefined, state?: Snapshot): Optimizer<Float64Array> {
    if (state === undefined) runs++;
    const given = resolve(`optimizer ${def.name}`, def.options, { population: run.population, sigma: run.sigma });
    return def.start(space, given, { ...context, random: random.fork(runs), backend: memory.backend, x0, cost: context.cost === undefined ? undefined : run.limit }, state);
  }

  function restart(): void {
    if (run.small) little += run.spent;
    else {
      large += run.spent;
      lastLarge = run.spent;
    }
    const grown = Math.min(most, base * pow(2, doublings));
    if (both && doublings > 0 && little < large) {
      const u = random.f64();
      const population = Math.max(4, Math.floor(base * pow((0.5 * grown) / base, u * u)));
      run = { small: true, population, sigma: sigma * pow(10, -2 * random.f64()), limit: Math.min(cap, Math.max(population, lastLarge / 2)), spent: 0 };
    } else {
      doublings = Math.min(DOUBLINGS, doublings + 1);
      run = { small: false, population: Math.min(most, base * pow(2, doublings)), sigma, limit: cap, spent: 0 };
    }
    memory.recycle();
    inner = begin(space.sample(random));
  }

  return {
    ask() {
      let batch = inner.ask();
      if (batch === undefined) {
        restart();
        batch = inner.ask();
      }
      return batch;
    },
    tell(told, scores) {
      const asked = told === inner.ask();
      const metrics = inner.tell(told, scores);
      if (!asked) return;
      run = { ...run, spent: run.spent + (scores.cost ?? told.xs.length) };
      if (run.spent >= run.limit) restart();
      return { ...metrics, runs, population: run.population };
    },
    save: () => ({ random: random.save(), runs, doublings, large, little, lastLarge, run: { ...run }, inner: inner.save() }),
  };
}

/** The backend, with arrays that the next run takes over from the last: the arena gives nothing back before the end. */
function recycled(backend: Backend): { backend: Backend; recycle(): void } {
  let used: Float64Array[] = [];
  const spare: Float64Array[] = [];
  return {
    backend: {
      ...backend,
      array(length) {
        spare.sort((a, b) => a.length - b.length);
        const at = spare.findIndex((block) => block.length >= length);
        const block = at < 0 ? backend.array(length) : spare.splice(at, 1)[0]!;
        used.push(block);
        return block.subarray(0, length).fill(0);
      },
      free: () => backend.free() + spare.reduce((sum, { byteLength }) => sum + byteLength, 0),
    },
    recycle() {
      spare.push(...used);
      used = [];
    },
  };
}
