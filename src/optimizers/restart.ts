/**
 * Restarts around any population optimizer, each run from a new random point once the last has converged or spent its share of the cost.
 *
 * ipop: every run has twice the population of the last (Auger, Hansen, "A restart CMA evolution strategy with increasing population
 * size", CEC 2005). bipop: such runs by turns with runs of small populations and steps, whichever regime has spent less so far (Hansen,
 * "Benchmarking a BI-population CMA-ES on the BBOB-2009 function testbed", 2009).
 */
import { pow } from '../../assembly/portable/math.ts';
import { NadirError } from '../core/errors.ts';
import { resolve } from '../core/options.ts';
import { restoreRandom } from '../core/random.ts';
import type { Box, Context, Json, Optimizer, OptimizerDef, Options, Snapshot } from '../core/types.ts';
import { cmaes, populationOf } from './cmaes.ts';
import { evolution } from './evolution.ts';
import { cmaesseparable } from './separable.ts';

export interface RestartParams { readonly [key: string]: Json; readonly optimizer: string; readonly population: number | null; readonly sigma: number | null; readonly cap: number }

/** What may be restarted: optimizers with the options `population` and `sigma`. */
const MEMBERS: readonly OptimizerDef[] = [cmaes, cmaesseparable, evolution];
const DOUBLINGS = 9; // of the population, as published
const ROOM = 65536; // most coordinates in a generation: 0.5 MB, twice

/** One run: what it was started with, what it may spend and has spent. */
interface Run { readonly small: boolean; readonly population: number; readonly sigma: number; readonly limit: number; readonly spent: number }
interface Saved { readonly random: Snapshot; readonly runs: number; readonly doublings: number; readonly large: number; readonly little: number; readonly lastLarge: number; readonly cap: number; readonly run: Run; readonly inner: Snapshot }

const options: Options<RestartParams> = {
  optimizer: { default: 'cmaes', about: 'what is restarted; evolution never converges, so it takes a cap below 1', choices: MEMBERS.map(({ name }) => name) },
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
  const cap = saved?.cap ?? (context.cost === undefined ? Infinity : params.cap * context.cost); // as planned: a resumed run may expect more
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  let memory = context.backend.scope(); // of the run at hand

  let runs = saved?.runs ?? 1; // started so far
  let doublings = saved?.doublings ?? 0;
  let large = saved?.large ?? 0; // spent in runs that are over, a regime
  let little = saved?.little ?? 0;
  let lastLarge = saved?.lastLarge ?? 0;
  let run: Run = saved?.run ?? { small: false, population: base, sigma, limit: cap, spent: 0 };
  let inner = begin(saved ? undefined : context.x0, saved?.inner);

  function begin(x0: Float64Array | undefined, state?: Snapshot): Optimizer<Float64Array> {
    const given = resolve(`optimizer ${def.name}`, def.options, { population: run.population, sigma: run.sigma });
    return def.start(space, given, { ...context, random: random.fork(runs), backend: memory, x0, cost: run.limit < Infinity ? run.limit : undefined }, state);
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
    runs++;
    const x0 = space.sample(random);
    for (;;) {
      memory.release();
      memory = context.backend.scope();
      try {
        inner = begin(x0);
        return;
      } catch (error) {
        if (!(error instanceof NadirError) || error.code !== 'memory' || run.population <= base) throw error;
        if (!run.small) doublings--; // what fitted before fits again
        run = { ...run, population: run.small ? base : Math.min(most, base * pow(2, doublings)) };
      }
    }
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
    save: () => ({ random: random.save(), runs, doublings, large, little, lastLarge, cap, run: { ...run }, inner: inner.save() }),
  };
}
