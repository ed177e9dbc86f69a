/**
 * The simplex method of Nelder and Mead (1965) with the parameters of Gao and Han (2012), which depend on the dimension.
 *
 * A simplex that has become small is replaced by a right-angled one at its best vertex, a hundred times smaller each time, whose edges point
 * the way the search last went; when that brings nothing, it has converged. The idea of an oriented restart is Kelley's (1999); he takes the
 * signs from a simplex gradient, we take them from the last move. Points are clipped into the box. What surprised us: how much that costs. A
 * linear function reaches its corner in 21 evaluations at dim 2 and in 1,800 at dim 5, and at dim 10 it is still on the way after 20,000.
 */
import { NadirError } from '../core/errors.ts';
import { restoreRandom } from '../core/random.ts';
import { better, order } from '../core/run.ts';
import type { Batch, Box, Context, Json, Optimizer, OptimizerDef, Scores, Snapshot } from '../core/types.ts';

export interface SimplexParams { readonly [key: string]: Json; readonly step: number; readonly tolerance: number; readonly adaptive: boolean }

const MOST = 2000; // dim: the vertices are 32 MB there
const SMALLER = 0.01; // a restart's edges, in those of the simplex before
const GAIN = 1e-10; // share of the loss that a restart has to bring for another

/** begin: all vertices but the known best are scored; shrink: all but the best again. */
type Phase = 'begin' | 'reflect' | 'expand' | 'outside' | 'inside' | 'shrink' | 'done';

interface Saved {
  readonly random: Snapshot; readonly phase: Phase; readonly vertices: Float64Array[]; readonly loss: Float64Array; readonly violation: Float64Array; readonly sum: Float64Array; readonly stale: number;
  readonly from: Float64Array; readonly fromLoss: number; readonly fromViolation: number; readonly edge: number; readonly known: boolean; readonly pending: Float64Array[] | null; readonly reflected: Float64Array | null; readonly reflectedLoss: number; readonly reflectedViolation: number;
}

export const simplex: OptimizerDef<SimplexParams> = {
  name: 'simplex',
  aliases: ['nelder-mead', 'nelder_mead', 'Nelder-Mead'],
  about: 'Nelder-Mead: a simplex that reflects, expands, contracts and shrinks, restarted when small',
  spaces: ['box'],
  gradient: 'none',
  options: {
    step: { default: 0.1, about: 'edge of the first simplex, in box widths', above: 0, max: 0.5 },
    tolerance: { default: 1e-10, about: 'a simplex no wider than this, in box widths, is restarted', above: 0, below: 1 },
    adaptive: { default: true, about: "the factors of Gao and Han; false: Nelder and Mead's, 1, 2, 1/2, 1/2" },
  },
  start,
};

function start(space: Box, params: SimplexParams, context: Context<Float64Array>, snapshot?: Snapshot): Optimizer<Float64Array> {
  const { dim, lower, upper } = space;
  if (dim > MOST) throw new NadirError('space', `dim is ${dim}; optimizer simplex keeps dim + 1 points and takes up to ${MOST}; optimizers pattern and lbfgs take more`);
  const n = params.adaptive ? Math.max(2, dim) : 2; // Gao, Han, Eq. 4.1: at 2 they are Nelder and Mead's
  const beta = 1 + 2 / n;
  const gamma = 0.75 - 1 / (2 * n);
  const delta = 1 - 1 / n;
  const saved = snapshot as unknown as Saved | undefined;
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;

  let phase: Phase = saved?.phase ?? 'begin';
  const vertices: Float64Array[] = saved ? saved.vertices.map((x) => x.slice()) : []; // best first
  const loss = saved?.loss.slice() ?? new Float64Array(dim + 1).fill(Infinity);
  const violation = saved?.violation.slice() ?? new Float64Array(dim + 1).fill(Infinity);
  const sum = saved?.sum.slice() ?? new Float64Array(dim); // of all vertices
  let stale = saved?.stale ?? 0; // moves since it was summed afresh
  const from = saved?.from.slice() ?? new Float64Array(dim); // where this simplex began
  let fromLoss = saved?.fromLoss ?? Infinity;
  let fromViolation = saved?.fromViolation ?? Infinity;
  let edge = saved?.edge ?? params.step;
  let known = saved?.known ?? false; // vertex 0 has been scored
  let reflected: Float64Array | undefined = saved?.reflected?.slice();
  let reflectedLoss = saved?.reflectedLoss ?? Infinity;
  let reflectedViolation = saved?.reflectedViolation ?? Infinity;
  let pending: Batch<Float64Array> | undefined = saved?.pending ? { xs: saved.pending.map((x) => x.slice()) } : undefined;
  if (!saved) rightAngled(context.x0?.slice() ?? space.sample(random));

  /** A simplex with a corner at x, whose edges go where the last one went, or where there is more room. */
  function rightAngled(x: Float64Array): void {
    const signs = Float64Array.from(x, (v, i) => (known && v !== from[i] ? v - from[i]! : upper[i]! - v - (v - lower[i]!)));
    vertices.length = 0;
    vertices.push(x);
    for (let i = 0; i < dim; i++) {
      const y = x.slice();
      const h = edge * (upper[i]! - lower[i]!);
      const ahead = signs[i]! < 0 ? y[i]! - h : y[i]! + h;
      y[i] = ahead >= lower[i]! && ahead <= upper[i]! ? ahead : signs[i]! < 0 ? y[i]! + h : y[i]! - h;
      space.clip(y);
      vertices.push(y);
    }
    from.set(x);
    fromLoss = loss[0]!;
    fromViolation = violation[0]!;
    phase = 'begin';
  }

  /** The centroid of all but the worst, moved by `factor` times the way from the worst to it, inside the box. */
  function beyond(factor: number): Float64Array {
    const worst = vertices[dim]!;
    const x = new Float64Array(dim);
    for (let i = 0; i < dim; i++) {
      const center = (sum[i]! - worst[i]!) / dim;
      const v = center + factor * (center - worst[i]!);
      x[i] = v >= lower[i]! ? (v > upper[i]! ? upper[i]! : v) : lower[i]!;
    }
    return x;
  }

  function resum(): void {
    sum.fill(0);
    for (const x of vertices) for (let i = 0; i < dim; i++) sum[i] = sum[i]! + x[i]!;
    stale = 0;
  }

  /** Vertices in order, best first; among equals the older one stays ahead. */
  function sort(): void {
    const ranks = vertices.map((_, i) => i).sort((a, b) => order(loss[a]!, violation[a]!, loss[b]!, violation[b]!) || a - b);
    const [xs, ls, vs] = [ranks.map((i) => vertices[i]!), ranks.map((i) => loss[i]!), ranks.map((i) => violation[i]!)];
    for (let i = 0; i <= dim; i++) vertices[i] = xs[i]!;
    loss.set(ls);
    violation.set(vs);
    resum();
  }

  /** Puts x in the worst one's place and in order. */
  function replace(x: Float64Array, newLoss: number, newViolation: number): void {
    const worst = vertices[dim]!;
    for (let i = 0; i < dim; i++) sum[i] = sum[i]! + (x[i]! - worst[i]!);
    let k = dim;
    for (; k > 0 && better(newLoss, newViolation, loss[k - 1]!, violation[k - 1]!); k--) {
      vertices[k] = vertices[k - 1]!;
      loss[k] = loss[k - 1]!;
      violation[k] = violation[k - 1]!;
    }
    vertices[k] = x;
    loss[k] = newLoss;
    violation[k] = newViolation;
    if (++stale > dim) resum(); // differences of sums lose digits
    next();
  }

  /** Whether this simplex brought enough for another: in the violation where that has changed, else in the loss. */
  function gained(): boolean {
    const more = (before: number, now: number): boolean => before - now > GAIN * Math.abs(now); // not from Infinity to Infinity
    return fromLoss < Infinity && fromViolation !== violation[0] ? more(fromViolation, violation[0]!) : more(fromLoss, loss[0]!);
  }

  function next(): void {
    phase = 'reflect';
    const at = vertices[0]!;
    for (let i = 0; i < dim; i++) {
      const most = params.tolerance * (upper[i]! - lower[i]!);
      for (let k = dim; k > 0; k--) if (!(Math.abs(vertices[k]![i]! - at[i]!) <= most)) return;
    }
    edge = Math.max(edge * SMALLER, 10 * params.tolerance);
    if (gained()) rightAngled(at);
    else phase = 'done';
  }

  function shrink(): void {
    const at = vertices[0]!;
    for (let k = 1; k <= dim; k++) vertices[k] = vertices[k]!.map((v, i) => at[i]! + delta * (v - at[i]!));
    for (const x of vertices) space.clip(x);
    phase = 'shrink';
  }

  function judge(x: Float64Array, newLoss: number, newViolation: number): void {
    const beats = (k: number): boolean => better(newLoss, newViolation, loss[k]!, violation[k]!);
    if (phase === 'reflect') {
      reflected = x;
      reflectedLoss = newLoss;
      reflectedViolation = newViolation;
      if (beats(0)) phase = 'expand';
      else if (beats(dim - 1)) replace(x, newLoss, newViolation);
      else phase = beats(dim) ? 'outside' : 'inside';
      return;
    }
    const beatsReflected = better(newLoss, newViolation, reflectedLoss, reflectedViolation);
    if (phase === 'expand' && !beatsReflected) replace(reflected!, reflectedLoss, reflectedViolation);
    else if (phase === 'expand' || (phase === 'outside' ? !better(reflectedLoss, reflectedViolation, newLoss, newViolation) : beats(dim))) replace(x, newLoss, newViolation);
    else shrink();
  }

  function tell(told: Batch<Float64Array>, scores: Scores<Float64Array>): void {
    const v = (i: number): number => scores.violation?.[i] ?? 0;
    if (told !== pending) return visit(told, scores);
    pending = undefined;
    if (phase !== 'begin' && phase !== 'shrink') return judge(scores.refined?.[0] ?? told.xs[0]!, scores.loss[0]!, v(0));
    const skipped = known ? 1 : 0;
    for (let i = 0; i < told.xs.length; i++) {
      vertices[i + skipped] = scores.refined?.[i] ?? told.xs[i]!;
      loss[i + skipped] = scores.loss[i]!;
      violation[i + skipped] = v(i);
    }
    known = true;
    sort();
    next();
  }

  /** The best point nobody asked for, when it beats the simplex, is where a new one begins. */
  function visit({ xs }: Batch<Float64Array>, scores: Scores<Float64Array>): void {
    if (!known) return; // a given start comes first
    for (let i = 0; i < xs.length; i++) {
      const v = scores.violation?.[i] ?? 0;
      if (!better(scores.loss[i]!, v, loss[0]!, violation[0]!)) continue;
      const x = (scores.refined?.[i] ?? xs[i]!).slice();
      space.clip(x);
      loss[0] = scores.loss[i]!;
      violation[0] = v;
      edge = params.step;
      pending = undefined;
      rightAngled(x);
    }
  }

  return {
    ask() {
      if (pending !== undefined || phase === 'done') return pending;
      if (phase === 'begin' || phase === 'shrink') return (pending = { xs: vertices.slice(known ? 1 : 0) });
      return (pending = { xs: [beyond(phase === 'reflect' ? 1 : phase === 'expand' ? beta : phase === 'outside' ? gamma : -gamma)] });
    },
    tell,
    save: () => ({
      random: random.save(), phase, vertices: vertices.map((x) => x.slice()), loss: loss.slice(), violation: violation.slice(), sum: sum.slice(), stale, from: from.slice(), fromLoss, fromViolation, edge, known,
      reflected: reflected?.slice() ?? null, reflectedLoss, reflectedViolation, pending: pending ? pending.xs.map((x) => x.slice()) : null,
    }),
  };
}
