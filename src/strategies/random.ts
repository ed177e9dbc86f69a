/**
 * Random search: kernels that lie a random number of random moves from a random kernel, and nothing learned from their losses.
 *
 * It is no strategy of the race: it is what every one of them has to beat at equal cost, over the same moves (bench/programs.ts).
 */
import { restoreRandom } from '../core/random.ts';
import { programs, type Kernel } from '../spaces/program.ts';

import type { Optimizer, Snapshot } from '../core/types.ts';
import type { StrategyContext, StrategyDef } from './strategy.ts';

type Params = { readonly moves: number; readonly batch: number };
interface Saved { readonly random: Snapshot; readonly prefix: number; readonly best: Kernel | null; readonly loss: number; readonly next: readonly Kernel[] | null }

export const random: StrategyDef<Params> = {
  name: 'random',
  number: 0,
  about: 'random kernels, a random number of moves from a random start: the baseline',
  options: {
    moves: { default: 64, min: 1, max: 10_000, integer: true, about: 'moves from the start at most' },
    batch: { default: 8, min: 1, max: 1024, integer: true, about: 'kernels scored at once' },
  },
  start,
};

function start({ moves, batch }: Params, { random: given, corpus, x0 }: StrategyContext, snapshot?: Snapshot): Optimizer<Kernel> {
  const saved = snapshot as unknown as Saved | undefined;
  const same = saved?.prefix === corpus.length; // else its losses were of another prefix
  const stream = saved ? restoreRandom(saved.random) : given;
  let best = saved?.best ?? undefined;
  let loss = same ? saved.loss : Infinity;
  let next = (same ? saved.next : undefined) ?? undefined;
  if (!same && (x0 ?? best) !== undefined) next = [x0 ?? best!];

  function candidate(): Kernel {
    let x = programs.sample(stream);
    for (let left = stream.int(moves + 1); left > 0; left--) x = programs.neighbor(x, stream);
    return x;
  }

  return {
    ask() {
      next ??= Array.from({ length: batch }, candidate);
      return { xs: next, ...(loss < Infinity && { above: loss }) };
    },
    tell({ xs }, scores) {
      scores.loss.forEach((value, i) => {
        if (!(value < loss)) return;
        loss = value;
        best = programs.copy(xs[i]!);
      });
      if (xs === next) next = undefined;
    },
    save: () => ({ random: stream.save(), prefix: corpus.length, best: best ?? null, loss, next: next ?? null }) as unknown as Snapshot,
  };
}
