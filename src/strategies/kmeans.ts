/**
 * k-means (number 13 of the challenge): contexts are cells of a codebook.
 *
 * Objective: the sum over the training windows of the squared distance to the nearest of k centroids (Lloyd 1982, k-means++ seeds: Arthur & Vassilvitskii 2007; kit/lloyd.ts). A window
 * is the last bytes as FEAT makes them a vector, each byte a number or a point of an embedding that the bigrams of the text teach (kit/window.ts). Into the kernel go the embedding's table and the
 * centroids, as doubles, and FEAT and NEAR, as words: NEAR's answer is hashed with the last bytes into the contexts of counters and bit histories, chooses the weight set of a mixer, or an APM's row.
 *
 * Which windows, how many centroids, and what each is hashed with are searched, together with plain orders, by kit/climb.ts. Approximated: Lloyd sees a sample of the windows, and
 * the distance weighs bytes by their age, not by what they say about the next one.
 */
import * as op from '../../assembly/portable/opcodes.ts';
import type { Json, Random } from '../core/types.ts';
import { climb, type ClimbParams, type Teacher } from './kit/climb.ts';
import { lloyd } from './kit/lloyd.ts';
import { embeddings, operand, places, windows, type Window } from './kit/window.ts';
import type { StrategyDef } from './strategy.ts';

export interface KmeansParams extends ClimbParams {
  readonly [key: string]: Json;
  readonly windows: number;
  readonly rounds: number;
}

/** How many centroids, by the third number of a name. */
const SIZES = [4, 6, 8, 12, 16, 24, 32, 48, 64];
const MOST = 384; // doubles of a codebook

export const kmeans: StrategyDef<KmeansParams> = {
  name: 'kmeans',
  number: 13,
  about: 'k-means: the nearest centroid of the last bytes, embedded, as a context',
  options: {
    brood: { default: 12, about: 'recipes a batch', min: 1, max: 256, integer: true },
    keep: { default: 2, about: 'of these, how many go on to more of the text', min: 1, max: 256, integer: true },
    windows: { default: 4096, about: 'training windows that a codebook is learned from at most', min: 64, max: 1e6, integer: true },
    rounds: { default: 12, about: 'rounds of Lloyd at most', min: 0, max: 1000, integer: true },
  },
  start: (params, context, saved) => climb((random) => codebooks(params, context.corpus, random), params, context, saved),
};

/** Teaches codebooks. A name is `mode.size.fade.side.k.seed`, k by its place in SIZES. */
export function codebooks({ windows: count, rounds }: Pick<KmeansParams, 'windows' | 'rounds'>, corpus: Uint8Array, random: Random): Teacher {
  const seeds = random.fork('codebooks');
  const embedded = embeddings(corpus);
  return {
    learn(name) {
      const [mode, size, fade, side, k, seed] = name.split('.').map(Number) as [number, number, number, number, number, number];
      const window: Window = { mode, size, fade };
      const embedding = mode === 0 ? undefined : embedded(mode, side);
      const points = windows(corpus, places(corpus.length, count), window, embedding?.table);
      const n = Math.min(SIZES[k]!, points.length >> (2 + size));
      const { rows, objective } = lloyd(points, 4 << size, n, seeds.fork(seed), rounds);
      return {
        readout: { feat: operand(window), table: embedding?.table, code: op.NEAR, b: n - 1, rows },
        work: { [`embed ${mode} ${side}`]: embedding?.work ?? 0, [name]: points.length * (n * objective.length + n + 4) },
      };
    },
    sample(random) {
      for (;;) {
        const name = [random.int(8) ? 1 + random.int(3) : 0, random.int(4), random.int(4), random.int(3), random.int(SIZES.length), random.int(2)];
        if (fits(name)) return name.join('.');
      }
    },
    vary(name, random) {
      for (;;) {
        const next = name.split('.').map(Number);
        const i = random.int(6);
        next[i] = i === 5 ? 1 - next[5]! : Math.max(0, Math.min([3, 3, 3, 2, SIZES.length - 1][i]!, next[i]! + (random.int(2) ? 1 : -1)));
        if (fits(next) && next.join('.') !== name) return next.join('.');
      }
    },
  };
}

function fits([mode, size, , , k]: readonly number[]): boolean {
  return (4 << size!) * SIZES[k!]! <= MOST && (mode !== 3 || size! > 0 || k! < 6);
}
