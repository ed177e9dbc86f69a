/**
 * CMA-ES (Hansen, "The CMA evolution strategy: a tutorial", arXiv:1604.00772v2; equation numbers are its own): normal offspring whose mean,
 * step size and covariance are learned from ranks alone, with active update (negative weights).
 * It is over 300 lines because the strategy, its parameters and its reasons to stop are one text in the tutorial too.
 *
 * The square root of C is its Cholesky factor, and the path of sigma runs on z itself (Suttorp, Hansen, Igel 2009; Krause, Arbones, Igel
 * 2016). Against the symmetric root: no difference over 300 runs each on ellipsoid, cigar and rosenbrock (rank-sum |z| <= 1.1), at a tenth of the price.
 *
 * Coordinates are measured in box widths and reach the box through the smooth map of spaces/smooth.ts. Plain folding made a kink of an
 * optimum on a bound (evaluations to 1e-8 on a slope in 40-d: 10,600 instead of 5,100; on a sphere cut by its box: 0 of 15 runs instead
 * of 15); clipping lost the variance, or the mean, at the bound.
 */
import { exp, log } from '../../assembly/portable/math.ts';
import { NadirError } from '../core/errors.ts';
import { restoreRandom } from '../core/random.ts';
import { better, order } from '../core/run.ts';
import type { Backend, Batch, Box, Context, Json, Optimizer, OptimizerDef, Options, Scores, Snapshot } from '../core/types.ts';
import { inside, root } from '../spaces/smooth.ts';

export interface CmaesParams { readonly [key: string]: Json; readonly population: number | null; readonly sigma: number; readonly active: boolean; readonly tolerance: number }

const WIDEST = 900; // coordinates of a full covariance: 13 MB for C and its factor, in an arena of 16
const CONDITION = 1e14; // of C
const MARGIN = 0.05; // of a width, where the map into the box is not the identity
const TINY = 1e-300; // an injected point may be the mean itself
const LOOK = 100; // generations between looks for stagnation

export const options: Options<CmaesParams> = {
  population: { default: null, about: 'points a generation; null: 4 + floor(3 ln dim)', min: 4, max: 1e6, integer: true, nullable: true },
  sigma: { default: 0.3, about: 'standard deviation of the first generation, in box widths', above: 0, max: 10 },
  active: { default: true, about: 'learn from the worse half as well, with negative weights' },
  tolerance: { default: 1e-12, about: 'stop when the losses of the last generations lie within this', min: 0 },
};

export const cmaes: OptimizerDef<CmaesParams> = {
  name: 'cmaes',
  aliases: ['cma', 'cma-es'],
  about: 'CMA-ES: normal offspring, their covariance and step size adapted by ranks',
  spaces: ['box'],
  gradient: 'none',
  options,
  start: (space: Box, params, context, saved) => strategy(space, params, context, saved, full, 1),
};

/** Points a generation by default, Eq. 48. */
export const populationOf = (dim: number): number => 4 + Math.floor(3 * log(dim));

/** Table 1 of the tutorial: weights by rank and learning rates. `faster` multiplies the rates of the covariance. */
export function rates(dim: number, lambda: number, active: boolean = true, faster: number = 1): { mu: number; mueff: number; weights: Float64Array; cs: number; ds: number; cc: number; c1: number; cmu: number; chi: number } {
  const weights = new Float64Array(lambda);
  const mu = Math.floor(lambda / 2);
  const sums = [0, 0, 0, 0]; // of weights and of their squares, above 0 and below
  for (let i = 0; i < lambda; i++) {
    const w = log((lambda + 1) / 2) - log(i + 1); // Eq. 49
    weights[i] = w;
    const side = i < mu ? 0 : 2;
    sums[side] = sums[side]! + w;
    sums[side + 1] = sums[side + 1]! + w * w;
  }
  const [plus, plusSquares, minus, minusSquares] = sums as [number, number, number, number];
  const mueff = (plus * plus) / plusSquares;
  const mueffMinus = (minus * minus) / minusSquares;
  const cs = (mueff + 2) / (dim + mueff + 5); // Eq. 55
  const ds = 1 + 2 * Math.max(0, Math.sqrt((mueff - 1) / (dim + 1)) - 1) + cs; // Eq. 55
  const cc = (4 + mueff / dim) / (dim + 4 + (2 * mueff) / dim); // Eq. 56
  const c1 = Math.min(0.5, (faster * 2) / ((dim + 1.3) * (dim + 1.3) + mueff)); // Eq. 57
  const cmu = Math.min(1 - c1, (faster * 2 * (0.25 + mueff + 1 / mueff - 2)) / ((dim + 2) * (dim + 2) + mueff)); // Eq. 58
  const most = Math.min(1 + c1 / cmu, 1 + (2 * mueffMinus) / (mueff + 2), (1 - c1 - cmu) / (dim * cmu)); // Eq. 50 to 52
  for (let i = 0; i < lambda; i++) weights[i] = i < mu ? weights[i]! / plus : active ? (weights[i]! * most) / -minus : 0; // Eq. 53
  const chi = Math.sqrt(dim) * (1 - 1 / (4 * dim) + 1 / (21 * dim * dim)); // the expected length of a normal vector
  return { mu, mueff, weights, cs, ds, cc, c1, cmu, chi };
}

/** A square root A of the covariance, lambda rows of z and of y = A z, and one row more of y: the path of C. `weights` are of those rows, then the decay. */
export interface Model {
  readonly z: Float64Array;
  readonly y: Float64Array;
  readonly weights: Float64Array;
  /** y = A z, all rows. */
  sample(): void;
  /** z = A^-1 y, row r. */
  whiten(r: number): void;
  /** C = decay C + weighted y y^T and its root; false when C is no longer positive. */
  adapt(): boolean;
  /** The root of C[i][i]. */
  deviation(i: number): number;
  /** The condition of C, estimated from below. */
  condition(): number;
  save(): Snapshot;
}
export type OpenModel = (dim: number, lambda: number, gap: number, backend: Backend, saved?: Snapshot) => Model;

const full: OpenModel = (dim, lambda, gap, backend, snapshot) => {
  const { kernels } = backend;
  const bytes = 8 * (2 * dim * dim + (2 * lambda + 1) * dim);
  if (dim > WIDEST || bytes > backend.free()) throw new NadirError('memory', `dim is ${dim}; allowed: up to ${WIDEST} for the full covariance of optimizer cmaes, and ${bytes} bytes of the arena, which has ${backend.free()}; cmaes-separable has no such limit`);
  const saved = snapshot as { covariance: Float64Array; factor: Float64Array | null; stale: number } | undefined;
  const c = backend.array(dim * dim);
  const a = backend.array(dim * dim);
  const z = backend.array(lambda * dim);
  const y = backend.array((lambda + 1) * dim);
  const weights = backend.array(lambda + 2);
  let stale = saved?.stale ?? 0; // updates of C since its factor
  if (saved) unpack(c, saved.covariance, dim);
  else for (let i = 0; i < dim; i++) c[i * dim + i] = 1;
  if (saved?.factor) unpack(a, saved.factor, dim);
  else kernels.cholesky(a.byteOffset, c.byteOffset, dim);

  return {
    z, y, weights,
    sample: () => kernels.triangle(y.byteOffset, a.byteOffset, z.byteOffset, lambda, dim), // Eq. 39
    whiten(r) {
      for (let i = 0; i < dim; i++) {
        let s = y[r * dim + i]!;
        for (let j = 0; j < i; j++) s -= a[i * dim + j]! * z[r * dim + j]!;
        z[r * dim + i] = s / a[i * dim + i]!;
      }
    },
    adapt() {
      kernels.covary(c.byteOffset, y.byteOffset, weights.byteOffset, lambda + 1, dim);
      if (++stale < gap) return true;
      stale = 0;
      return kernels.cholesky(a.byteOffset, c.byteOffset, dim) === 1;
    },
    deviation: (i) => Math.sqrt(c[i * dim + i]!),
    condition() {
      let least = Infinity;
      let most = 0;
      for (let i = 0; i < dim; i++) {
        least = Math.min(least, a[i * dim + i]!);
        most = Math.max(most, a[i * dim + i]!);
      }
      return (most / least) * (most / least);
    },
    save: () => ({ covariance: pack(c, dim), factor: stale > 0 ? pack(a, dim) : null, stale }),
  };
};

interface Guest { readonly x: Float64Array; readonly loss: number; readonly violation: number }
interface Saved {
  readonly random: Snapshot; readonly x0: Float64Array | null; readonly mean: Float64Array; readonly sigma: number; readonly ps: Float64Array; readonly pc: Float64Array; readonly generation: number;
  readonly model: Snapshot; readonly pending: Float64Array | null; readonly guest: Guest | null; readonly bests: Float64Array; readonly medians: Float64Array; readonly same: number; readonly stop: string | null;
}

/** The strategy over a model of the covariance; `faster` multiplies its learning rates. */
export function strategy(space: Box, params: CmaesParams, context: Context<Float64Array>, snapshot: Snapshot, open: OpenModel, faster: number): Optimizer<Float64Array> {
  const saved = snapshot as unknown as Saved | undefined;
  const { dim, lower, upper } = space;
  const lambda = params.population ?? populationOf(dim);
  const { mu, mueff, weights, cs, ds, cc, c1, cmu, chi } = rates(dim, lambda, params.active, faster);
  const total = weights.reduce((s, w) => s + w, 0);
  const gap = Math.max(1, Math.floor(1 / (10 * dim * (c1 + cmu)))); // generations between factors: tutorial, B.2
  const window = 10 + Math.ceil((30 * dim) / lambda);
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  const width = new Float64Array(dim);
  const low = new Float64Array(dim); // between low and high a coordinate stands for itself
  const high = new Float64Array(dim);
  for (let i = 0; i < dim; i++) {
    width[i] = upper[i]! - lower[i]!;
    low[i] = lower[i]! + MARGIN * width[i]!;
    high[i] = upper[i]! - MARGIN * width[i]!;
  }
  const outside = (x: Float64Array): Float64Array => x.map((v, i) => (v >= low[i]! && v <= high[i]! ? v : root(v, lower[i]!, upper[i]!, MARGIN * width[i]!)));

  const model = open(dim, lambda, gap, context.backend, saved?.model);
  const { z, y } = model;
  const pc = y.subarray(lambda * dim); // the path of C is the last row
  if (saved) pc.set(saved.pc);
  const ps = saved?.ps.slice() ?? new Float64Array(dim);
  const mean = saved?.mean.slice() ?? outside(context.x0 ?? space.sample(random));
  let sigma = saved?.sigma ?? params.sigma;
  let x0 = saved ? (saved.x0 ?? undefined) : context.x0?.slice(); // until it has been scored
  let generation = saved?.generation ?? 0;
  let guest = saved?.guest ?? undefined; // the best point told uninvited, for the next generation
  let bests = Array.from(saved?.bests ?? []);
  let medians = Array.from(saved?.medians ?? []);
  let same = saved?.same ?? 0; // generations of one and the same best loss
  let stop = saved?.stop ?? undefined;

  const zw = new Float64Array(dim);
  const yw = new Float64Array(dim);
  const ranks = Array.from({ length: lambda }, (_, i) => i);
  const points = ranks.map(() => new Float64Array(dim));
  const offspring: Batch<Float64Array> = { xs: points };
  let pending: Batch<Float64Array> | undefined;
  if (saved?.pending) {
    z.set(saved.pending);
    pending = place();
  }

  function place(): Batch<Float64Array> {
    model.sample();
    for (let r = 0; r < lambda; r++) {
      const x = points[r]!;
      for (let i = 0; i < dim; i++) {
        const v = mean[i]! + sigma * width[i]! * y[r * dim + i]!; // Eq. 40
        x[i] = v >= low[i]! && v <= high[i]! ? v : inside(v, lower[i]!, upper[i]!, MARGIN * width[i]!);
      }
    }
    return offspring;
  }

  /** Row r becomes the step to a point that was not sampled, shortened to a length that is likely (Hansen, "Injecting external solutions into CMA-ES", 2011, Eq. 2 to 4). */
  function inject(r: number, x: Float64Array): void {
    const v = outside(x);
    for (let i = 0; i < dim; i++) y[r * dim + i] = (v[i]! - mean[i]!) / (sigma * width[i]!);
    model.whiten(r);
    const factor = Math.min(1, (Math.sqrt(dim) + (2 * dim) / (dim + 2)) / length(r));
    for (let i = r * dim; i < (r + 1) * dim; i++) {
      y[i] = y[i]! * factor;
      z[i] = z[i]! * factor;
    }
  }

  function length(r: number): number {
    let s = 0;
    for (let i = r * dim; i < (r + 1) * dim; i++) s += z[i]! * z[i]!;
    return Math.sqrt(s);
  }

  function learn({ loss, violation, refined }: Scores<Float64Array>): void {
    if (refined) for (let r = 0; r < lambda; r++) if (refined[r]) inject(r, refined[r]!);
    rank(ranks, loss, violation);
    if (guest) {
      const last = ranks[lambda - 1]!;
      if (better(guest.loss, guest.violation, loss[last]!, violation?.[last] ?? 0)) {
        inject(last, guest.x);
        loss = loss.slice();
        violation = violation?.slice();
        loss[last] = guest.loss;
        if (violation) violation[last] = guest.violation;
        rank(ranks, loss, violation);
      }
      guest = undefined;
    }
    generation++;
    zw.fill(0);
    yw.fill(0);
    for (let k = 0; k < mu; k++) {
      const w = weights[k]!;
      const row = ranks[k]! * dim;
      for (let i = 0; i < dim; i++) {
        zw[i] = zw[i]! + w * z[row + i]!;
        yw[i] = yw[i]! + w * y[row + i]!; // Eq. 41
      }
    }
    const kept = Math.sqrt(cs * (2 - cs) * mueff);
    let square = 0;
    for (let i = 0; i < dim; i++) {
      mean[i] = mean[i]! + sigma * width[i]! * yw[i]!; // Eq. 42
      const period = 2 * (1 + 2 * MARGIN) * width[i]!; // of folding
      const beyond = Math.floor((mean[i]! - lower[i]!) / period + 0.5);
      if (beyond !== 0) mean[i] = mean[i]! - beyond * period;
      ps[i] = (1 - cs) * ps[i]! + kept * zw[i]!; // Eq. 43
      square += ps[i]! * ps[i]!;
    }
    const norm = Math.sqrt(square);
    sigma *= exp(Math.min(1, (cs / ds) * (norm / chi - 1))); // Eq. 44
    const settled = 1 - exp(2 * generation * log(1 - cs));
    const h = norm < (1.4 + 2 / (dim + 1)) * chi * Math.sqrt(settled) ? 1 : 0;
    const added = h * Math.sqrt(cc * (2 - cc) * mueff);
    for (let i = 0; i < dim; i++) pc[i] = (1 - cc) * pc[i]! + added * yw[i]!; // Eq. 45
    for (let k = 0; k < lambda; k++) {
      const r = ranks[k]!;
      let w = weights[k]!;
      if (w < 0) {
        const l = length(r);
        w *= dim / Math.max(TINY, l * l); // Eq. 46
      }
      model.weights[r] = cmu * w;
    }
    model.weights[lambda] = c1;
    model.weights[lambda + 1] = 1 + c1 * (1 - h) * cc * (2 - cc) - c1 - cmu * total; // Eq. 47
    if (!model.adapt()) stop = 'condition';
    judge(loss, violation);
  }

  /** The tutorial's reasons to stop, B.3. */
  function judge(loss: Float64Array, violation: Float64Array | undefined): void {
    const feasible = violation === undefined || violation[ranks[lambda - 1]!]! === 0;
    const best = feasible ? loss[ranks[0]!]! : NaN;
    const worst = loss[ranks[lambda - 1]!]!;
    const nearWorst = ranks[Math.ceil(0.7 * lambda) - 1]!;
    if (loss[ranks[0]!] === loss[nearWorst] && (violation?.[ranks[0]!] ?? 0) === (violation?.[nearWorst] ?? 0) && sigma < 1) sigma *= exp(0.2 + cs / ds); // flat: look further
    same = best === bests[bests.length - 1] && best < Infinity ? same + 1 : 0;
    bests.push(best);
    medians.push(loss[ranks[mu]!]!);
    if (same >= window) stop ??= 'flat';
    if (worst - best < params.tolerance && bests.length >= window) {
      let least = best;
      let most = worst;
      for (let g = bests.length - window; g < bests.length; g++) {
        least = Math.min(least, bests[g]!);
        most = Math.max(most, bests[g]!);
      }
      if (most - least < params.tolerance) stop ??= 'loss';
    }
    let still = true;
    let numb = false;
    for (let i = 0; i < dim; i++) {
      const d = sigma * model.deviation(i);
      still = still && d < 1e-12 * params.sigma && sigma * Math.abs(pc[i]!) < 1e-12 * params.sigma;
      numb = numb || mean[i]! + 0.2 * d * width[i]! === mean[i];
      if (!(d < 1e4 * params.sigma)) stop ??= 'divergence';
    }
    if (still || numb) stop ??= 'step';
    if (model.condition() > CONDITION) stop ??= 'condition';
    if (generation % LOOK === 0) {
      const span = Math.min(20000, Math.max(120 + Math.ceil((30 * dim) / lambda), Math.floor(generation / 5)));
      if (bests.length >= span && worsened(bests, span) && worsened(medians, span)) stop ??= 'stagnation';
      const keep = Math.max(window, span + LOOK);
      bests = bests.slice(-keep);
      medians = medians.slice(-keep);
    }
  }

  return {
    ask() {
      if (pending) return pending;
      if (x0) return (pending = { xs: [x0] });
      if (stop !== undefined) return undefined;
      random.normals(z); // Eq. 38
      return (pending = place());
    },
    tell(told, scores) {
      if (told !== pending) {
        for (let i = 0; i < told.xs.length; i++) {
          const violation = scores.violation?.[i] ?? 0;
          if (!guest || better(scores.loss[i]!, violation, guest.loss, guest.violation)) guest = { x: (scores.refined?.[i] ?? told.xs[i]!).slice(), loss: scores.loss[i]!, violation };
        }
        return;
      }
      pending = undefined;
      if (x0) {
        x0 = undefined;
        if (scores.refined?.[0]) mean.set(outside(scores.refined[0]));
        return;
      }
      learn(scores);
      return { sigma };
    },
    save: () => ({
      random: random.save(), x0: x0?.slice() ?? null, mean: mean.slice(), sigma, ps: ps.slice(), pc: pc.slice(), generation, model: model.save(), guest: guest ? { ...guest } : null,
      pending: pending === offspring ? z.slice() : null, bests: Float64Array.from(bests), medians: Float64Array.from(medians), same, stop: stop ?? null,
    }),
  };
}

/** Sorts rows, best first; equal ones by row. A generation is small and its order new each time: insertion is the fastest below 30 or so. */
function rank(ranks: number[], loss: Float64Array, violation: Float64Array | undefined): void {
  const n = ranks.length;
  for (let i = 0; i < n; i++) ranks[i] = i;
  const v = (i: number): number => (violation === undefined ? 0 : violation[i]!);
  if (n > 32) {
    ranks.sort((a, b) => order(loss[a]!, v(a), loss[b]!, v(b)) || a - b);
    return;
  }
  for (let i = 1; i < n; i++) {
    const row = ranks[i]!;
    let k = i;
    for (; k > 0 && better(loss[row]!, v(row), loss[ranks[k - 1]!]!, v(ranks[k - 1]!)); k--) ranks[k] = ranks[k - 1]!;
    ranks[k] = row;
  }
}

/** Whether the last 30 % of the last `span` values have a median that is not below that of the first 30 %. */
function worsened(values: readonly number[], span: number): boolean {
  const from = values.length - span;
  const share = Math.ceil(0.3 * span);
  const median = (at: number): number => Float64Array.from(values.slice(at, at + share)).sort()[share >> 1]!;
  const late = median(values.length - share);
  return late >= median(from) && late < Infinity;
}

function pack(matrix: Float64Array, dim: number): Float64Array {
  const out = new Float64Array((dim * (dim + 1)) / 2);
  let k = 0;
  for (let i = 0; i < dim; i++) for (let j = 0; j <= i; j++) out[k++] = matrix[i * dim + j]!;
  return out;
}

function unpack(matrix: Float64Array, packed: Float64Array, dim: number): void {
  let k = 0;
  for (let i = 0; i < dim; i++) for (let j = 0; j <= i; j++) matrix[i * dim + j] = packed[k++]!;
}
