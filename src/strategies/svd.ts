/**
 * SVD (number 10 of the challenge): contexts are quantised projections of the window on its principal directions.
 *
 * The window is the last bytes as FEAT makes them a vector, of mean about 0 by the embedding of kit/window.ts. Four kinds of directions, all by our own Jacobi decomposition (kit/eigen.ts):
 * `pca`, the eigenvectors of the windows' covariance (Pearson 1901: the most variance); `zca`, the same, whitened, each of variance 1, then turned back to the coordinates (Bell &
 * Sejnowski 1997); `ica`, whitened and turned to the least Gaussian directions (FastICA with the cubic contrast, Hyvaerinen 1999); `lda`, the canonical correlations of the window with the next byte (Hotelling
 * 1936; with a class for each byte they are Fisher's discriminants, 1936: the eigenvectors of the whitened scatter of the bytes' mean windows). Directions become rows of D. Into the kernel
 * go FEAT and SIGN (an index of sign bits) or PROJ (levels of one projection); they are hashed with the last bytes, or choose the weights of a mixer or the rows of an APM.
 *
 * Which windows, directions and quantisers, and what each is hashed with are searched, together with plain orders, by kit/climb.ts. Approximated: the covariance is of a sample of the windows.
 */
import * as op from '../../assembly/portable/opcodes.ts';
import type { Json } from '../core/types.ts';
import { climb, type ClimbParams, type Teacher } from './kit/climb.ts';
import { eigen, root } from './kit/eigen.ts';
import { each, embeddings, operand, places, windows, type Window } from './kit/window.ts';
import type { StrategyDef } from './strategy.ts';

export interface SvdParams extends ClimbParams {
  readonly [key: string]: Json;
  readonly windows: number;
}

const METHODS = ['pca', 'zca', 'ica', 'lda'] as const;
type Method = (typeof METHODS)[number];
const MOST = 384; // doubles of a set of directions
const ROUNDS = 16; // of FastICA, on so many principal directions
const SOURCES = 8;

export const svd: StrategyDef<SvdParams> = {
  name: 'svd',
  number: 10,
  about: 'SVD: signs and levels of projections on principal, independent or discriminant directions of the last bytes as contexts',
  options: {
    brood: { default: 12, about: 'recipes a batch', min: 1, max: 256, integer: true },
    keep: { default: 2, about: 'of these, how many go on to more of the text', min: 1, max: 256, integer: true },
    windows: { default: 4096, about: 'training windows that a covariance is learned from at most', min: 64, max: 1e6, integer: true },
  },
  start: (params, context, saved) => climb(() => projections(params, context.corpus), params, context, saved),
};

export interface Directions {
  /** n rows of n: V . row is what is quantised, of variance 1 on the training windows, or 0 where these have none. Most important first. */
  readonly rows: Float64Array;
  readonly work: number;
}

/**
 * The directions of `points.length / n` windows of mean about 0.
 * @param next the byte after each window, for `lda`
 */
export function directions(points: Float64Array, n: number, method: Method, next: Uint8Array): Directions {
  const moments = covariance(points, n);
  const { values, vectors, rotations } = eigen(moments, n);
  let work = (points.length * n) / 2 + 12 * n * rotations;
  let rows = vectors;
  if (method === 'zca') rows = root({ values, vectors, rotations }, -0.5);
  if (method === 'ica' || method === 'lda') {
    // Whitened: eigenvectors over their standard deviations; what has no variance is 0.
    const white = Float64Array.from(vectors, (x, at) => (values[Math.floor(at / n)]! > 1e-9 * values[0]! ? x / Math.sqrt(values[Math.floor(at / n)]!) : 0));
    const m = method === 'ica' ? Math.min(n, SOURCES) : n;
    const z = method === 'ica' ? multiply(points, white.subarray(0, m * n), n) : undefined;
    const turned = z ? independent(z, m) : eigen(multiply(multiply(white, between(points, n, next), n), white, n), n);
    rows = white.slice();
    rows.set(multiply(turned.vectors, transpose(white.subarray(0, m * n), n), m));
    work += points.length * (z ? m + 2 * m * ROUNDS : 1) + 3 * n * n * n + 12 * m * turned.rotations;
  }
  const seen = multiply(rows, moments, n);
  return {
    rows: rows.map((x, at) => {
      const i = Math.floor(at / n);
      let variance = 0;
      for (let j = 0; j < n; j++) variance += rows[i * n + j]! * seen[i * n + j]!;
      return variance > 1e-12 ? x / Math.sqrt(variance) : 0;
    }),
    work: work + 2 * n * n * n,
  };
}

/** The second moments of windows about 0: what SIGN and PROJ see. */
function covariance(points: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let p = 0; p < points.length; p += n) for (let i = 0; i < n; i++) for (let j = i; j < n; j++) out[i * n + j] = out[i * n + j]! + points[p + i]! * points[p + j]!;
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) out[j * n + i] = out[i * n + j] = out[i * n + j]! / (points.length / n);
  return out;
}

/** The scatter of the mean windows of each next byte. */
function between(points: Float64Array, n: number, next: Uint8Array): Float64Array {
  const sums = new Float64Array(256 * n);
  const counts = new Uint32Array(256);
  for (let p = 0; p < next.length; p++) {
    counts[next[p]!]!++;
    for (let i = 0; i < n; i++) sums[next[p]! * n + i] = sums[next[p]! * n + i]! + points[p * n + i]!;
  }
  const out = new Float64Array(n * n);
  for (let c = 0; c < 256; c++) if (counts[c]! > 0) for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[i * n + j] = out[i * n + j]! + (sums[c * n + i]! * sums[c * n + j]!) / (counts[c]! * next.length);
  return out;
}

/** Symmetric FastICA of n whitened signals: w <- E[z (w.z)^3] - 3 w for every row at once, then the rows nearest to these that are orthonormal, W <- (W W')^-1/2 W. */
function independent(z: Float64Array, n: number): { vectors: Float64Array; rotations: number } {
  let w: Float64Array = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
  let rotations = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const y = multiply(z, w, n);
    const step = w.map((x) => -3 * x);
    for (let p = 0; p < z.length; p += n) {
      for (let i = 0; i < n; i++) {
        const cube = (y[p + i]! * y[p + i]! * y[p + i]! * n) / z.length;
        for (let j = 0; j < n; j++) step[i * n + j] = step[i * n + j]! + cube * z[p + j]!;
      }
    }
    const decomposed = eigen(multiply(step, step, n), n);
    w = multiply(root(decomposed, -0.5), transpose(step, n), n);
    rotations += decomposed.rotations;
  }
  return { vectors: w, rotations };
}

/** x times the transpose of y, whose rows both have n numbers each. */
function multiply(x: Float64Array, y: Float64Array, n: number): Float64Array {
  const m = y.length / n;
  const out = new Float64Array((x.length / n) * m);
  for (let p = 0; p < x.length / n; p++) {
    for (let i = 0; i < m; i++) {
      let s = 0;
      for (let j = 0; j < n; j++) s += x[p * n + j]! * y[i * n + j]!;
      out[p * m + i] = s;
    }
  }
  return out;
}

/** Of rows of n numbers each. */
function transpose(x: Float64Array, n: number): Float64Array {
  const m = x.length / n;
  return x.map((_, at) => x[(at % m) * n + Math.floor(at / m)]!);
}

/** Teaches projections. A name is `mode.size.fade.side.method.kind.count.scale`: kind 0 SIGN of the first `count` + 1 directions; 1 PROJ of direction `count` in 4, 8, 16 or 32 levels by `scale`. */
export function projections({ windows: count }: Pick<SvdParams, 'windows'>, corpus: Uint8Array): Teacher {
  const embedded = embeddings(corpus);
  const made = new Map<string, Directions>();
  return {
    learn(name) {
      const [mode, size, fade, side, method, kind, which, scale] = name.split('.').map(Number) as [number, number, number, number, number, number, number, number];
      const window: Window = { mode, size, fade };
      const embedding = embedded(mode, side);
      const n = 4 << size;
      const basis = name.split('.').slice(0, 5).join('.');
      if (!made.has(basis)) {
        const at = places(corpus.length, count);
        made.set(basis, directions(windows(corpus, at, window, embedding.table), n, METHODS[method]!, Uint8Array.from(at, (i) => corpus[i]!)));
      }
      const { rows, work } = made.get(basis)!;
      const readout = { feat: operand(window), table: embedding.table, code: kind === 0 ? op.SIGN : op.PROJ };
      return {
        readout: kind === 0 ? { ...readout, b: which, rows: rows.subarray(0, (which + 1) * n) } : { ...readout, b: scale + 1, rows: rows.slice(which * n, which * n + n).map((x) => 1.5 * x) },
        work: { [`embed ${mode} ${side}`]: embedding.work, [basis]: work },
      };
    },
    sample(random) {
      for (;;) {
        const kind = random.int(4) === 0 ? 1 : 0;
        const name = [1 + random.int(3), random.int(4), random.int(4), random.int(3), random.int(METHODS.length), kind, kind ? random.int(4) : 1 + random.int(12), random.int(4)];
        if (fits(name)) return name.join('.');
      }
    },
    vary(name, random) {
      for (;;) {
        const next = name.split('.').map(Number);
        const i = random.int(8);
        next[i] = i === 4 ? random.int(METHODS.length) : Math.max(i === 0 ? 1 : 0, Math.min([3, 3, 3, 2, 0, 1, 15, 3][i]!, next[i]! + (random.int(2) ? 1 : -1)));
        if (fits(next) && next.join('.') !== name) return next.join('.');
      }
    },
  };
}

/** Rows that exist and leave room, windows of at least one byte. */
function fits(name: readonly number[]): boolean {
  const [mode, size, , , , kind, which] = name as [number, number, number, number, number, number, number];
  const n = 4 << size;
  return which < Math.min(n, 16) && (kind === 1 || (which + 1) * n <= MOST) && n >= each(mode);
}
