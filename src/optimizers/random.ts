/**
 * Random search (Brooks 1958; Rastrigin 1963): uniform over any space, or in a box that shrinks around the best point.
 * The baseline everything must beat; under a hard constraint it is often what wins.
 */
import { NadirError } from '../core/errors.ts';
import { restoreRandom } from '../core/random.ts';
import { better } from '../core/run.ts';
import type { Batch, Box, Context, Json, Optimizer, OptimizerDef, Snapshot, Space } from '../core/types.ts';

export interface RandomParams { readonly [key: string]: Json; readonly mode: 'uniform' | 'shrinking' | 'restart'; readonly batch: number; readonly shrink: number; readonly restart: number }

interface Saved { readonly random: Snapshot; readonly pending: Json[] | null; readonly started: boolean; readonly scale: number; readonly count: number; readonly best: Json; readonly loss: number; readonly violation: number }

export const random: OptimizerDef<RandomParams> = {
  name: 'random',
  aliases: ['random_search'],
  about: 'random search: uniform, or in a box that shrinks around the best',
  spaces: ['*'],
  gradient: 'none',
  options: {
    mode: { default: 'uniform', about: 'uniform; shrinking: a box around the best point; restart: the box is whole again every `restart` points', choices: ['uniform', 'shrinking', 'restart'] },
    batch: { default: 64, about: 'points a batch when uniform', min: 1, max: 65536, integer: true },
    shrink: { default: 0.99, about: 'factor of the box width a point', above: 0, max: 1 },
    restart: { default: 100, about: 'points between restarts', min: 1, integer: true },
  },
  start,
};

function start<X>(space: Space<X>, params: RandomParams, context: Context<X>, snapshot?: Snapshot): Optimizer<X> {
  const { mode, batch, shrink, restart } = params;
  if (mode !== 'uniform' && space.name !== 'box') throw new NadirError('space', `mode of optimizer random is "${mode}", which needs space box; this one is ${space.name}; allowed there: uniform`);
  const saved = snapshot as unknown as Saved | undefined;
  const stream = saved ? restoreRandom(saved.random, context.backend) : context.random;
  const size = mode === 'uniform' ? Math.max(1, Math.min(batch, Math.floor(context.cost ?? batch))) : 1;
  let pending: Batch<X> | undefined = saved?.pending ? { xs: saved.pending.map((x) => space.decode(x)) } : undefined;
  let started = saved?.started ?? false;
  let scale = saved?.scale ?? 1;
  let count = saved?.count ?? 0;
  let best: X | undefined = saved && saved.best !== null ? space.decode(saved.best) : undefined;
  let loss = saved?.loss ?? Infinity;
  let violation = saved?.violation ?? Infinity;

  function draw(): X {
    if (mode === 'uniform' || best === undefined) return space.sample(stream);
    const { dim, lower, upper } = space as unknown as Box;
    const around = best as Float64Array;
    const x = new Float64Array(dim);
    for (let i = 0; i < dim; i++) {
      const half = (scale * (upper[i]! - lower[i]!)) / 2;
      const lo = Math.max(lower[i]!, around[i]! - half);
      const up = Math.min(upper[i]!, around[i]! + half);
      x[i] = Math.min(up, lo + stream.f64() * (up - lo));
    }
    return x as X;
  }

  return {
    ask() {
      if (pending) return pending;
      const xs: X[] = [];
      for (let i = 0; i < size; i++) {
        xs.push(!started && context.x0 !== undefined ? space.copy(context.x0) : draw());
        started = true;
      }
      return (pending = { xs });
    },
    tell(told, scores) {
      if (told === pending) pending = undefined;
      if (mode === 'uniform') return;
      for (let i = 0; i < told.xs.length; i++) {
        const v = scores.violation?.[i] ?? 0;
        if (best === undefined || better(scores.loss[i]!, v, loss, violation)) {
          best = space.copy(scores.refined?.[i] ?? told.xs[i]!);
          loss = scores.loss[i]!;
          violation = v;
        }
        count++;
        scale = mode === 'restart' && count % restart === 0 ? 1 : scale * shrink;
      }
    },
    save: () => ({
      random: stream.save(), started, scale, count, loss, violation,
      pending: pending ? pending.xs.map((x) => space.encode(x)) : null,
      best: best === undefined ? null : space.encode(best),
    }),
  };
}
