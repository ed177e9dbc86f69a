/**
 * k-means: Lloyd's algorithm ("Least squares quantization in PCM", 1957, published 1982) from k-means++ seeds (Arthur & Vassilvitskii, SODA 2007).
 *
 * Nearest means what the machine's NEAR means: squared differences are summed from the first coordinate on, and of equals the first row wins. A centroid
 * that lost all its points moves to the point that is farthest from its own, which cannot raise the objective.
 */
import type { Random } from '../../core/types.ts';

export interface Codebook {
  /** k rows of `dim`. */
  readonly rows: Float64Array;
  /** The nearest row of each point. */
  readonly labels: Uint32Array;
  /** Sums of squared distances to the nearest row: of the seeds, then after each round; it never rises. */
  readonly objective: readonly number[];
}

/**
 * The codebook of `points.length / dim` points for k centroids, k at most their number.
 * @param rounds of Lloyd's algorithm at most; it ends earlier when no label changes
 */
export function lloyd(points: Float64Array, dim: number, k: number, random: Random, rounds: number = 12): Codebook {
  const n = points.length / dim;
  const rows = seeds(points, dim, k, random);
  const labels = new Uint32Array(n);
  const distances = new Float64Array(n);
  const objective = [assign(points, dim, rows, labels, distances).total];
  for (let round = 0; round < rounds; round++) {
    center(points, dim, rows, labels, distances);
    const { total, changed } = assign(points, dim, rows, labels, distances);
    objective.push(total);
    if (changed === 0) break;
  }
  return { rows, labels, objective };
}

/** Each seed is a point drawn with probability proportional to its squared distance from the seeds so far. */
function seeds(points: Float64Array, dim: number, k: number, random: Random): Float64Array {
  const n = points.length / dim;
  const rows = new Float64Array(k * dim);
  const nearest = new Float64Array(n).fill(Infinity);
  let chosen = random.int(n);
  for (let j = 0; j < k; j++) {
    rows.set(points.subarray(chosen * dim, chosen * dim + dim), j * dim);
    let total = 0;
    for (let i = 0; i < n; i++) total += nearest[i] = Math.min(nearest[i]!, squared(points, i * dim, rows, j * dim, dim));
    let left = random.f64() * total;
    chosen = 0;
    for (let i = 0; i < n; i++) {
      if (!(nearest[i]! > 0)) continue;
      chosen = i; // the last one takes what rounding leaves
      left -= nearest[i]!;
      if (left < 0) break;
    }
  }
  return rows;
}

function assign(points: Float64Array, dim: number, rows: Float64Array, labels: Uint32Array, distances: Float64Array): { total: number; changed: number } {
  let total = 0;
  let changed = 0;
  for (let i = 0; i < labels.length; i++) {
    let least = Infinity;
    let label = 0;
    for (let j = 0; j * dim < rows.length; j++) {
      const s = squared(points, i * dim, rows, j * dim, dim);
      if (s < least) {
        least = s;
        label = j;
      }
    }
    if (labels[i] !== label) changed++;
    labels[i] = label;
    distances[i] = least;
    total += least;
  }
  return { total, changed };
}

/** Every row becomes the mean of its points. */
function center(points: Float64Array, dim: number, rows: Float64Array, labels: Uint32Array, distances: Float64Array): void {
  const counts = new Uint32Array(rows.length / dim);
  rows.fill(0);
  for (let i = 0; i < labels.length; i++) {
    const at = labels[i]! * dim;
    counts[labels[i]!]!++;
    for (let d = 0; d < dim; d++) rows[at + d] = rows[at + d]! + points[i * dim + d]!;
  }
  for (let j = 0; j < counts.length; j++) {
    if (counts[j]! > 0) for (let d = 0; d < dim; d++) rows[j * dim + d] = rows[j * dim + d]! / counts[j]!;
    else {
      let farthest = 0;
      for (let i = 1; i < distances.length; i++) if (distances[i]! > distances[farthest]!) farthest = i;
      rows.set(points.subarray(farthest * dim, farthest * dim + dim), j * dim);
      distances[farthest] = 0; // the next one goes elsewhere
    }
  }
}

function squared(x: Float64Array, i: number, y: Float64Array, j: number, dim: number): number {
  let s = 0;
  for (let d = 0; d < dim; d++) {
    const e = x[i + d]! - y[j + d]!;
    s += e * e;
  }
  return s;
}
