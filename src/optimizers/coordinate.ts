/**
 * Coordinate search: a global search along one line of the box at a time, in random order, until a sweep over all brings nothing.
 *
 * A line is sampled over the whole width of the box as one batch; the brackets around its five best local minima are narrowed together by
 * parabolas; then the best of them alone, down to `resolution`. It solves what is separable however many valleys it has, at about 40
 * evaluations a coordinate, and hands everything else to a local optimizer at a good point. Splitting the box along coordinates and
 * aiming by parabolas is from multilevel coordinate search (Huyer, Neumaier 1999); there is no box tree here, and the
 * brackets are ours. What surprised us: the lowest sample is often not in the lowest valley; with one bracket shifted rastrigin is
 * solved in 3 runs of 15, with two in 6, with five in all (dim 10).
 */
import { restoreRandom } from '../core/random.ts';
import { better, order } from '../core/run.ts';
import type { Batch, Box, Context, Json, Optimizer, OptimizerDef, Scores, Snapshot } from '../core/types.ts';

export interface CoordinateParams { readonly [key: string]: Json; readonly samples: number; readonly brackets: number; readonly most: number; readonly resolution: number }

const NARROW = 0.1; // share of the wider side, where a parabola does not help
const TOGETHER = 2; // rounds in which all brackets are narrowed

interface Saved {
  readonly random: Snapshot; readonly x: Float64Array; readonly loss: number; readonly violation: number; readonly begun: boolean; readonly order: Uint32Array; readonly at: number; readonly gained: boolean; readonly round: number; readonly done: boolean;
  readonly ts: readonly number[]; readonly ls: readonly number[]; readonly vs: readonly number[]; readonly mids: readonly number[]; readonly asked: readonly number[] | null;
}

export const coordinate: OptimizerDef<CoordinateParams> = {
  name: 'coordinate',
  aliases: ['line-search', 'coordinate_search'],
  about: 'coordinate search: every line of the box sampled over its whole width, then narrowed by parabolas',
  spaces: ['box'],
  gradient: 'none',
  options: {
    samples: { default: 25, about: 'points over the width of a line', min: 3, max: 4096, integer: true },
    brackets: { default: 5, about: 'local minima of the samples that are looked at closer', min: 1, max: 64, integer: true },
    most: { default: 44, about: 'evaluations a line', min: 3, max: 8192, integer: true },
    resolution: { default: 1e-8, about: 'width of a bracket that is narrow enough, in box widths', above: 0, below: 1 },
  },
  start,
};

function start(space: Box, params: CoordinateParams, context: Context<Float64Array>, snapshot?: Snapshot): Optimizer<Float64Array> {
  const { dim, lower, upper } = space;
  const { brackets, most, resolution } = params;
  const samples = Math.min(params.samples, most);
  const saved = snapshot as unknown as Saved | undefined;
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  const x = saved?.x.slice() ?? context.x0?.slice() ?? space.sample(random); // the best point, and the lines go through it
  let loss = saved?.loss ?? Infinity;
  let violation = saved?.violation ?? Infinity;
  let begun = saved?.begun ?? false; // x has been scored
  const axes = saved?.order.slice() ?? Uint32Array.from(x, (_, i) => i);
  let at = saved?.at ?? dim; // place in the order; dim: the sweep is over
  let gained = saved?.gained ?? true; // in this sweep
  let round = saved?.round ?? 0; // batches on this line
  let done = saved?.done ?? false;
  let ts = [...(saved?.ts ?? [])]; // the line's samples, ascending, with loss and violation
  let ls = [...(saved?.ls ?? [])];
  let vs = [...(saved?.vs ?? [])];
  let mids = [...(saved?.mids ?? [])]; // lowest points of the brackets
  let asked = saved?.asked ? [...saved.asked] : undefined;
  const rows: Float64Array[] = []; // copies of x, but for the line's coordinate
  let pending: Batch<Float64Array> | undefined = asked ? batch(asked) : undefined;

  function batch(places: number[]): Batch<Float64Array> {
    asked = places;
    if (!begun) return { xs: [x.slice()] };
    while (rows.length < places.length) rows.push(x.slice());
    return { xs: places.map((t, k) => {
      rows[k]![axes[at]!] = t;
      return rows[k]!;
    }) };
  }

  function insert(t: number, l: number, v: number): void {
    let k = ts.length;
    while (k > 0 && ts[k - 1]! > t) k--;
    ts.splice(k, 0, t);
    ls.splice(k, 0, l);
    vs.splice(k, 0, v);
  }

  /** The next line, its first sample the point at hand; false when a sweep brought nothing. */
  function turn(): boolean {
    if (at < dim) for (const row of rows) row[axes[at]!] = x[axes[at]!]!;
    if (++at >= dim) {
      if (!gained) return false;
      for (let i = dim - 1; i > 0; i--) {
        const j = random.int(i + 1);
        const t = axes[i]!;
        axes[i] = axes[j]!;
        axes[j] = t;
      }
      at = 0;
      gained = false;
    }
    ts = [x[axes[at]!]!];
    ls = [loss];
    vs = [violation];
    mids = [];
    round = 0;
    return true;
  }

  /** One point in each of `samples` equal parts, at the same random place in each. */
  function strata(): number[] {
    const i = axes[at]!;
    const u = random.f64();
    return Array.from({ length: samples }, (_, k) => Math.min(upper[i]!, lower[i]! + ((k + u) / samples) * (upper[i]! - lower[i]!)));
  }

  /** The samples that no neighbour beats, best first. */
  function minima(): number[] {
    const beats = (a: number, b: number): boolean => better(ls[a]!, vs[a]!, ls[b]!, vs[b]!);
    const found: number[] = [];
    for (let k = 0; k < ts.length; k++) if ((k === 0 || !beats(k - 1, k)) && (k + 1 === ts.length || beats(k, k + 1))) found.push(k);
    found.sort((a, b) => order(ls[a]!, vs[a]!, ls[b]!, vs[b]!) || a - b);
    return found.slice(0, brackets).map((k) => ts[k]!);
  }

  /** Where to look in the bracket around a sample; undefined: it is narrow enough. */
  function inside(mid: number): number | undefined {
    const i = axes[at]!;
    const k = ts.indexOf(mid);
    const least = resolution * (upper[i]! - lower[i]!);
    if (k === 0 && mid > lower[i]!) return lower[i]!;
    if (k === ts.length - 1 && mid < upper[i]!) return upper[i]!;
    const a = k > 0 ? ts[k - 1]! : mid;
    const b = k + 1 < ts.length ? ts[k + 1]! : mid;
    if (!(b - a > least)) return undefined;
    const wider = b - mid > mid - a ? mid + NARROW * (b - mid) : mid - NARROW * (mid - a);
    if (k === 0 || k === ts.length - 1 || vs[k - 1] !== vs[k] || vs[k + 1] !== vs[k]) return wider;
    const da = mid - a;
    const db = b - mid;
    const fa = (ls[k - 1]! - ls[k]!) / da; // both slopes point down to mid
    const fb = (ls[k + 1]! - ls[k]!) / db;
    const t = mid + (0.5 * (fa * db - fb * da)) / (fa + fb);
    if (!(t > a && t < b)) return wider;
    if (Math.abs(t - mid) > 0.5 * least) return t;
    return Math.min(da, db) > 0.5 * least && (fa + fb > 0) ? undefined : wider; // the parabola is where it was
  }

  function next(): number[] | undefined {
    for (;;) {
      if (at < dim && round === 0) return strata();
      const room = most - (ts.length - 1);
      if (at < dim && room > 0) {
        if (round === 1) mids = minima();
        else if (round === 1 + TOGETHER) mids = mids.filter((t) => ts.indexOf(t) === lowest());
        const places = mids.map(inside).filter((t) => t !== undefined && !ts.includes(t)) as number[];
        if (places.length > 0) return [...new Set(places)].slice(0, room);
      }
      if (!turn()) return undefined;
    }
  }

  function lowest(): number {
    let best = 0;
    for (let k = 1; k < ts.length; k++) if (better(ls[k]!, vs[k]!, ls[best]!, vs[best]!)) best = k;
    return best;
  }

  /** Takes the line's best point. */
  function settle(): void {
    const i = axes[at]!;
    const k = lowest();
    if (!better(ls[k]!, vs[k]!, loss, violation)) return;
    if (Math.abs(ts[k]! - x[i]!) > resolution * (upper[i]! - lower[i]!)) gained = true;
    x[i] = ts[k]!;
    loss = ls[k]!;
    violation = vs[k]!;
  }

  /** Moves the lines to another point: the sweep begins anew. */
  function jump(to: Float64Array, newLoss: number, newViolation: number): void {
    x.set(to);
    space.clip(x);
    loss = newLoss;
    violation = newViolation;
    rows.length = 0;
    at = dim;
    gained = begun = true;
    done = false;
    pending = asked = undefined;
  }

  function tell(told: Batch<Float64Array>, scores: Scores<Float64Array>): void {
    const v = (k: number): number => scores.violation?.[k] ?? 0;
    const mine = told === pending;
    if (mine && !begun) return jump(scores.refined?.[0] ?? told.xs[0]!, scores.loss[0]!, v(0));
    if (!begun) return; // a given start comes first
    if (mine) {
      const places = asked!;
      for (let k = 0; k < places.length; k++) if (scores.refined?.[k] === undefined) insert(places[k]!, scores.loss[k]!, v(k));
      pending = asked = undefined;
      if (++round > 1) mids = mids.map((mid) => lowered(mid, places));
      settle();
    }
    for (let k = 0; k < told.xs.length; k++) {
      const refined = scores.refined?.[k];
      if ((!mine || refined !== undefined) && better(scores.loss[k]!, v(k), loss, violation)) jump(refined ?? told.xs[k]!, scores.loss[k]!, v(k));
    }
  }

  /** A bracket's lowest point after new samples: the old one, or a new neighbour that beats it. */
  function lowered(mid: number, places: readonly number[]): number {
    let k = ts.indexOf(mid);
    for (const j of [k - 1, k + 1]) if (j >= 0 && j < ts.length && places.includes(ts[j]!) && better(ls[j]!, vs[j]!, ls[k]!, vs[k]!)) k = j;
    return ts[k]!;
  }

  return {
    ask() {
      if (pending !== undefined || done) return pending;
      const places = begun ? next() : [0];
      done = places === undefined;
      return places && (pending = batch(places));
    },
    tell,
    save: () => ({ random: random.save(), x: x.slice(), loss, violation, begun, order: axes.slice(), at, gained, round, done, ts: [...ts], ls: [...ls], vs: [...vs], mids: [...mids], asked: asked ? [...asked] : null }),
  };
}
