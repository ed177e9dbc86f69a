/** How far candidates are drawn: a distribution of scales, and what their successes make of it. */
import { NadirError, show } from '../../core/errors.ts';
import type { Descent, Snapshot } from '../../core/types.ts';
import type { Scales } from '../escape.ts';
import { norm } from './ledger.ts';

export const PUBLISHED: Scales = [[0.5, 2], [1, 3], [2, 3], [4, 1], [8, 1]];
const MOST = 10000; // candidates
const PRIOR = 3; // tries that a scale is taken to have had, and the share of them that won
const WINS = 0.1;
const MEMORY = 0.9; // of tries, an escape

/** { scale: count } with scales in order, or undefined when it is none; JSON has its scales as text. */
export function readScales(value: unknown): { readonly [scale: string]: number } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const pairs = Object.entries(value).map(([scale, count]) => [scale.trim() === '' ? NaN : Number(scale), count as unknown] as const);
  const fine = pairs.every(([scale, count]) => scale > 0 && scale < Infinity && Number.isSafeInteger(count) && (count as number) >= 0);
  const sum = pairs.reduce((total, [, count]) => total + (count as number), 0);
  if (!fine || !(sum >= 1 && sum <= MOST) || new Set(pairs.map(([scale]) => scale)).size !== pairs.length) return undefined;
  return Object.fromEntries(pairs.sort(([a], [b]) => a - b).map(([scale, count]) => [String(scale), count as number]));
}

/** As many candidates a scale as both options say; one that is null follows the other. */
export function scalesOf(distribution: { readonly [scale: string]: number } | null, population: number | null): Scales {
  if (distribution === null) return spread(PUBLISHED, PUBLISHED.map(([, count]) => count), population ?? total(PUBLISHED));
  const scales = Object.entries(distribution).map(([scale, count]): readonly [number, number] => [Number(scale), count]).sort(([a], [b]) => a - b); // integers come first in an object, whatever was written
  if (population !== null && total(scales) !== population) throw new NadirError('input', `scaleDistribution of optimizer escape is ${show(distribution)}, ${total(scales)} candidates; allowed: counts that sum to populationSize, ${population}`);
  return scales;
}

/** n candidates over the scales in proportion to weights, by largest remainders. */
function spread(scales: Scales, weights: readonly number[], n: number): Scales {
  const sum = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((weight) => (weight / sum) * n);
  const counts = exact.map(Math.floor);
  const order = exact.map((share, k) => [share - counts[k]!, k] as const).sort(([a, i], [b, j]) => b - a || i - j);
  const left = n - counts.reduce((a, b) => a + b, 0);
  for (let i = 0; i < left; i++) counts[order[i]![1]]!++;
  return scales.map(([scale], k) => [scale, counts[k]!]);
}

function total(scales: Scales): number {
  return scales.reduce((sum, [, count]) => sum + count, 0);
}

export interface Adaptation {
  /** The next escape's. */
  counts(): Scales;
  /** An escape is over: it tried these scales, and this one won. */
  learn(tried: readonly number[], won: number | undefined): void;
  save(): Snapshot;
}

/** Counts in proportion to how often a scale's candidates won of late, in units of what the distribution gives it. */
export function adaptation(scales: Scales, snapshot?: Snapshot): Adaptation {
  const saved = snapshot as { tried: readonly number[]; won: readonly number[] } | undefined;
  const tried = scales.map((_, k) => saved?.tried[k] ?? 0);
  const won = scales.map((_, k) => saved?.won[k] ?? 0);
  return {
    counts: () => spread(scales, scales.map(([, count], k) => (count * (won[k]! + WINS * PRIOR)) / (tried[k]! + PRIOR)), total(scales)),
    learn(used, winner) {
      scales.forEach(([scale], k) => {
        tried[k] = MEMORY * tried[k]! + used.filter((each) => each === scale).length;
        won[k] = MEMORY * won[k]! + (winner === scale ? 1 : 0);
      });
    },
    save: () => ({ tried: [...tried], won: [...won] }),
  };
}

/** The standard deviation of a coordinate at scale 1, their mean square 1. */
export function shape({ x, step }: Descent, floor: number, clamp: number): Float64Array {
  const dim = x.length;
  const rms = norm(x) / Math.sqrt(dim);
  let inverse = 0;
  for (let i = 0; i < dim; i++) inverse += 1 / step[i]!;
  const typical = dim / inverse; // of Adam's steps: lr over the mean root of the second moments, which no vanishing one moves
  const out = new Float64Array(dim);
  for (let i = 0; i < dim; i++) {
    const relative = step[i]! / typical;
    out[i] = (rms > 0 ? Math.abs(x[i]!) + floor * rms : 1) * (relative > 0 ? Math.min(clamp, Math.max(1 / clamp, relative)) : 1);
  }
  const size = norm(out) / Math.sqrt(dim);
  for (let i = 0; i < dim; i++) out[i] = out[i]! / size;
  return out;
}
