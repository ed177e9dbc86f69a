/**
 * Evolution strategy (mu, lambda) (Rechenberg 1973; Schwefel 1977) with intermediate recombination: the mean of the elite, normal
 * offspring around it, and a step size that decays a generation. Plain on purpose: cmaes is the one that adapts.
 */
import { restoreRandom } from '../core/random.ts';
import { order } from '../core/run.ts';
import type { Batch, Box, Context, Json, Optimizer, OptimizerDef, Snapshot } from '../core/types.ts';

export interface EvolutionParams { readonly [key: string]: Json; readonly population: number | null; readonly elite: number; readonly sigma: number; readonly decay: number }

const ROOM = 2097152; // numbers in a generation, unless it is given

interface Saved { readonly random: Snapshot; readonly mean: Float64Array | null; readonly first: boolean; readonly sigma: number; readonly pending: Float64Array[] | null }

export const evolution: OptimizerDef<EvolutionParams> = {
  name: 'evolution',
  aliases: ['evolution_strategy'],
  about: 'evolution strategy (mu, lambda): normal offspring around the mean of the elite',
  spaces: ['box'],
  gradient: 'none',
  options: {
    population: { default: null, about: 'offspring a generation; null: the larger of 20 and 4 dim, and no more than 2^21 numbers', min: 2, max: 1e6, integer: true, nullable: true },
    elite: { default: 0.2, about: 'share of the offspring that are recombined', above: 0, max: 1 },
    sigma: { default: 0.2, about: 'standard deviation of the first generation, in box widths', above: 0 },
    decay: { default: 0.98, about: 'factor of sigma a generation', above: 0, max: 1 },
  },
  start,
};

function start(space: Box, params: EvolutionParams, context: Context<Float64Array>, snapshot?: Snapshot): Optimizer<Float64Array> {
  const { dim, lower, upper } = space;
  const lambda = params.population ?? Math.max(20, Math.min(4 * dim, Math.floor(ROOM / dim)));
  const mu = Math.max(1, Math.floor(params.elite * lambda));
  const saved = snapshot as unknown as Saved | undefined;
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  let mean: Float64Array | undefined = saved ? saved.mean?.slice() : context.x0?.slice();
  let first = saved ? saved.first : mean !== undefined; // the start is one of the first offspring
  let sigma = saved?.sigma ?? params.sigma;
  let pending: Batch<Float64Array> | undefined = saved?.pending ? { xs: saved.pending.map((x) => x.slice()) } : undefined;
  const rows = Array.from({ length: lambda }, () => new Float64Array(dim)); // of every generation: they are ours until the next ask

  return {
    ask() {
      if (pending) return pending;
      for (const x of rows) {
        if (mean === undefined) x.set(space.sample(random)); // the first generation is uniform when nothing is known
        else if (first) {
          x.set(mean);
          first = false;
        } else {
          random.normals(x);
          for (let i = 0; i < dim; i++) x[i] = mean[i]! + sigma * (upper[i]! - lower[i]!) * x[i]!;
        }
        space.clip(x);
      }
      return (pending = { xs: rows });
    },
    tell(told, scores) {
      const { loss, violation, refined } = scores;
      const v = (i: number): number => (violation === undefined ? 0 : violation[i]!);
      const ranks = Array.from(loss, (_, i) => i).sort((a, b) => order(loss[a]!, v(a), loss[b]!, v(b)) || a - b);
      const parents = ranks.slice(0, told === pending ? mu : 1);
      const share = told === pending ? parents.length : mu; // an uninvited point counts as one parent of mu
      const next = new Float64Array(dim);
      for (const k of parents) for (let i = 0; i < dim; i++) next[i] = next[i]! + (refined?.[k] ?? told.xs[k]!)[i]! / share;
      if (told === pending) {
        mean = next;
        sigma *= params.decay;
        pending = undefined;
      } else if (mean !== undefined && parents.length > 0) {
        for (let i = 0; i < dim; i++) mean[i] = mean[i]! * (1 - 1 / mu) + next[i]!;
      } else if (parents.length > 0) mean = (refined?.[parents[0]!] ?? told.xs[parents[0]!]!).slice();
      if (mean) space.clip(mean); // the shares of a mean need not sum to exactly one
    },
    save: () => ({ random: random.save(), mean: mean?.slice() ?? null, first, sigma, pending: pending ? pending.xs.map((x) => x.slice()) : null }),
  };
}
