/**
 * The test functions: one row each. Kernels score them in the arena; a seeded instance moves the optimum to a random place and
 * turns the axes, so that nobody profits from an optimum at the origin or from separability.
 */
import { pow } from '../../assembly/portable/math.ts';
import { NadirError } from '../core/errors.ts';
import type { FunctionKernel, Kernels } from '../core/kernels.ts';
import { createRandom } from '../core/random.ts';
import type { Backend, Batch, Box, Options, Problem, ProblemDef, Random, Scores } from '../core/types.ts';
import { box } from '../spaces/box.ts';

/** `seed` of the instance, null for the published function; `rotate` turns an instance's axes as well. */
export interface FunctionParams { readonly [key: string]: number | boolean | null; readonly dim: number; readonly instance: number | null; readonly rotate: boolean }

interface Row {
  readonly name: string;
  readonly about: string;
  readonly kernel: { [K in keyof Kernels]: Kernels[K] extends FunctionKernel ? K : never }[keyof Kernels];
  readonly lower: number;
  readonly upper: number;
  /** Every coordinate of the optimum. */
  readonly at: number;
  /** The loss there, a coordinate. */
  readonly optimum?: number;
  readonly least?: number;
  readonly weights?: (i: number, dim: number) => number;
  readonly aliases?: readonly string[];
}

const million = (i: number, dim: number): number => (dim > 1 ? pow(10, (6 * i) / (dim - 1)) : 1);

const ROWS: readonly Row[] = [
  { name: 'sphere', about: 'sum of squares', kernel: 'sphere', lower: -5.12, upper: 5.12, at: 0 },
  { name: 'rosenbrock', about: 'a long curved valley', kernel: 'rosenbrock', lower: -5, upper: 10, at: 1, least: 2 },
  { name: 'ackley', about: 'a cone under ripples (a = 20, b = 0.2, c = 2 pi)', kernel: 'ackley', lower: -32.768, upper: 32.768, at: 0 },
  { name: 'rastrigin', about: 'a bowl under deep regular ripples', kernel: 'rastrigin', lower: -5.12, upper: 5.12, at: 0 },
  { name: 'griewank', about: 'a wide bowl under a product of cosines', kernel: 'griewank', lower: -600, upper: 600, at: 0, weights: (i) => 1 / (Math.PI * Math.sqrt(i + 1)) },
  { name: 'ellipsoid', about: 'a quadratic of condition 10^6, axes evenly spread', kernel: 'quadratic', lower: -5, upper: 5, at: 0, weights: million },
  { name: 'cigar', about: 'a quadratic with one long axis, condition 10^6', kernel: 'quadratic', lower: -5, upper: 5, at: 0, weights: (i) => (i === 0 ? 1 : 1e6) },
  { name: 'discus', about: 'a quadratic with one short axis, condition 10^6', kernel: 'quadratic', lower: -5, upper: 5, at: 0, weights: (i) => (i === 0 ? 1e6 : 1) },
  { name: 'schwefel', about: 'the best valley far from the second best', kernel: 'schwefel', lower: -500, upper: 500, at: 420.9687463599820 },
  { name: 'levy', about: 'a ripple across two scales', kernel: 'levy', lower: -10, upper: 10, at: 1 },
  { name: 'styblinski-tang', about: 'two unequal wells a coordinate', kernel: 'styblinski', lower: -5, upper: 5, at: -2.9035340277711774, optimum: -39.16616570377142, aliases: ['styblinski_tang'] },
  { name: 'double-well', about: 'two nearly equal wells a coordinate', kernel: 'doublewell', lower: -2, upper: 2, at: -1.04, aliases: ['double_well'] },
];

const OPTIONS: Options<FunctionParams> = {
  dim: { default: 10, about: 'coordinates', min: 1, max: 1e6, integer: true },
  instance: { default: null, about: 'seed of a shifted (and rotated) instance; null: the published function', min: 0, integer: true, nullable: true },
  rotate: { default: true, about: 'whether an instance is rotated as well as shifted' },
};

/** The test functions as definitions, in the order of the table. */
export const functions: readonly ProblemDef<FunctionParams>[] = ROWS.map((row) => ({
  name: row.name,
  ...(row.aliases ? { aliases: row.aliases } : {}),
  about: row.about,
  options: row.least ? { ...OPTIONS, dim: { ...OPTIONS.dim, min: row.least } } : OPTIONS,
  open: (params, { backend }) => open(row, params, backend),
}));

const STAGE = 262144; // bytes of rows scored at a time: they stay in the second-level cache

/** `rotation`: the rows of a rotated instance's matrix R in the loss f(R (x - solution) + at), in the arena; `at`, the published optimum, is the same in every coordinate. */
export interface FunctionProblem extends Problem<Float64Array, Box> { readonly rotation?: Float64Array; readonly at: number }

function open(row: Row, { dim, instance, rotate }: FunctionParams, backend: Backend): FunctionProblem {
  const space = box(dim, row.lower, row.upper);
  const { kernels } = backend;
  const kernel = kernels[row.kernel];
  const weights = row.weights ? backend.array(dim) : undefined;
  if (weights) for (let i = 0; i < dim; i++) weights[i] = row.weights!(i, dim);
  const table = weights?.byteOffset ?? 0;
  const move = instance === null ? undefined : moved(row, space, instance, rotate, backend);

  const most = Math.max(1, Math.min(4096, Math.floor(STAGE / (8 * dim))));
  let room = 0; // rows there is a stage for: 1, 64 or most, because filling a whole one costs a one-point run 10 microseconds
  let rows: Float64Array, losses: Float64Array, inner: Float64Array | undefined, slopes: Float64Array | undefined;
  let loss = new Float64Array(1);
  const gradients: Float64Array[] = [];

  function reserve(n: number): void {
    room = Math.min(most, n === 1 ? 1 : n <= 64 ? 64 : most);
    rows = backend.array(room * dim);
    losses = backend.array(room);
    inner = move && backend.array(room * dim);
    slopes = undefined;
  }

  /** Scores k staged rows into loss[from ..], and their gradients. */
  function stage(k: number, from: number, wanted: boolean): void {
    if (wanted) slopes ??= backend.array(room * dim);
    const g = wanted ? slopes!.byteOffset : 0;
    let xs = rows.byteOffset;
    if (move) kernels.affine((xs = inner!.byteOffset), rows.byteOffset, move.shift, move.rotation, move.offset, k, dim);
    kernel(losses.byteOffset, g, xs, k, dim, table);
    let out = slopes;
    if (wanted && move?.rotation) {
      kernels.unrotate(xs, g, move.rotation, k, dim);
      out = inner;
    }
    for (let i = 0; i < k; i++) loss[from + i] = losses[i]!;
    if (wanted) for (let i = 0; i < k; i++) (gradients[from + i] ??= new Float64Array(dim)).set(out!.subarray(i * dim, (i + 1) * dim));
  }

  function score({ xs, gradient }: Batch<Float64Array>): Scores<Float64Array> {
    const n = xs.length;
    if (loss.length !== n) loss = new Float64Array(n);
    if (room < most && n > room) reserve(n);
    for (let from = 0; from < n; from += room) {
      const k = Math.min(room, n - from);
      for (let i = 0; i < k; i++) copy(rows, i * dim, xs[from + i]!, dim);
      stage(k, from, gradient === true);
    }
    return gradient ? { loss, gradient: gradients.slice(0, n) } : { loss };
  }

  return { name: row.name, space, optimum: (row.optimum ?? 0) * dim, solution: move?.solution ?? new Float64Array(dim).fill(row.at), at: row.at, ...(move?.matrix ? { rotation: move.matrix } : {}), gradient: 1, score };
}

/** A loop up to 32 numbers: `set` costs 20 ns whatever it copies (measured: 9 ns against 22 at dim 10). */
function copy(to: Float64Array, at: number, from: Float64Array, dim: number): void {
  if (dim > 32) to.set(from, at);
  else for (let i = 0; i < dim; i++) to[at + i] = from[i]!;
}

/** An instance: z = rotation (x - solution) + the published optimum, with the solution in the middle 80 % of the box. */
function moved(row: Row, space: Box, instance: number, rotate: boolean, backend: Backend): { shift: number; rotation: number; offset: number; solution: Float64Array; matrix: Float64Array | undefined } {
  const { dim } = space;
  const random = createRandom(instance).fork(row.name);
  if (rotate && 8 * dim * dim > backend.free() / 2) throw new NadirError('memory', `dim is ${dim}; allowed: up to ${Math.floor(Math.sqrt(backend.free() / 16))} for a rotated instance here; rotate: false has no such limit`);
  const shift = backend.array(dim);
  const offset = backend.array(dim).fill(row.at);
  for (let i = 0; i < dim; i++) shift[i] = (space.lower[i]! + space.upper[i]!) / 2 + 0.8 * (random.f64() - 0.5) * (space.upper[i]! - space.lower[i]!);
  const matrix = rotate && dim > 1 ? backend.array(dim * dim) : undefined;
  if (matrix) orthogonal(matrix, dim, random);
  return { shift: shift.byteOffset, rotation: matrix?.byteOffset ?? 0, offset: offset.byteOffset, solution: shift.slice(), matrix };
}

/** A random rotation: rows of normals through Gram-Schmidt, twice each ("twice is enough", Kahan and Parlett). */
function orthogonal(matrix: Float64Array, dim: number, random: Random): void {
  random.normals(matrix);
  for (let r = 0; r < dim; r++) {
    const v = matrix.subarray(r * dim, (r + 1) * dim);
    for (let pass = 0; pass < 2; pass++) {
      for (let q = 0; q < r; q++) {
        const u = matrix.subarray(q * dim, (q + 1) * dim);
        let dot = 0;
        for (let i = 0; i < dim; i++) dot += u[i]! * v[i]!;
        for (let i = 0; i < dim; i++) v[i] = v[i]! - dot * u[i]!;
      }
      let norm = 0;
      for (let i = 0; i < dim; i++) norm += v[i]! * v[i]!;
      norm = Math.sqrt(norm);
      for (let i = 0; i < dim; i++) v[i] = v[i]! / norm;
    }
  }
}
