/**
 * L-BFGS in a box: the two-loop recursion (Nocedal 1980) over the free coordinates, a line search along the projected path
 * (Bertsekas 1982), in the metric of the box widths, so that units do not matter.
 *
 * With gradients the search is a bracketing one for the weak Wolfe conditions (More, Thuente 1994; Hager, Zhang 2005 near the end). Without,
 * differences cost dim evaluations where a trial costs one: trials are scored alone, a parabola aims the next, and only the accepted
 * point is differenced, forward first, centrally when that stalls. What surprised us is how much sharp searches and a long memory pay there:
 * an ellipsoid of condition 10^6, dim 40, takes 2,300 evaluations; with the usual loose search and 10 pairs it is not done in 40,000.
 * It minimizes the violation while there is one, and never leaves the feasible set after: `lagrangian` is for limits that bind.
 * This file is over 300 lines because the two searches share one state.
 */
import { restoreRandom } from '../core/random.ts';
import { better } from '../core/run.ts';
import type { Batch, Box, Context, Json, Optimizer, OptimizerDef, Scores, Snapshot } from '../core/types.ts';

export interface LbfgsParams { readonly [key: string]: Json; readonly memory: number | null; readonly tolerance: number; readonly step: number }

const ARMIJO = 1e-4; // sufficient decrease
const WOLFE = 0.9; // curvature
const ROOT_EPSILON = 1.4901161193847656e-8;
const CUBE_ROOT_EPSILON = 6.055454452393343e-6;
const EPSILON = 2.220446049250313e-16;
const TINY = 1e-24; // of all that was gained so far: a gain no run can see
const TRIALS = 30; // a search
const WIDEN = 4; // most a trial grows by
const LONGER = 1.1; // a parabola whose minimum is further off, or nearer, is worth a trial
const SHORTER = 0.92;
const FULL = 100; // pairs at most by default without gradients
const NEAR = 1e-12; // of the width: as good as at the bound

/** first: the point itself is unscored; slopes: it waits for differences; search: along `d`; done. */
type Phase = 'first' | 'slopes' | 'search' | 'done';
interface Pair { readonly s: Float64Array; readonly y: Float64Array }
interface Saved {
  readonly random: Snapshot; readonly phase: Phase; readonly x: Float64Array; readonly loss: number; readonly violation: number; readonly first: number; readonly central: boolean;
  readonly g: Float64Array; readonly from: Float64Array | null; readonly d: Float64Array; readonly pairs: readonly Pair[]; readonly slope: number;
  readonly t: number; readonly low: number; readonly lowValue: number; readonly lowSlope: number; readonly high: number; readonly trials: number;
}

export const lbfgs: OptimizerDef<LbfgsParams> = {
  name: 'lbfgs',
  aliases: ['l-bfgs', 'l-bfgs-b', 'L-BFGS-B'],
  about: 'L-BFGS in a box: a line search along quasi-Newton directions; differences where there is no gradient',
  spaces: ['box'],
  gradient: 'optional',
  options: {
    memory: { default: null, about: 'pairs of steps and gradient changes that are kept; null: 10, and without gradients dim, up to 100', min: 1, max: 1000, integer: true, nullable: true },
    tolerance: { default: 1e-12, about: 'converged when a step promises less than this share of the loss', min: 0, below: 1 },
    step: { default: 0.01, about: 'longest move of the first trial, in box widths', above: 0, max: 1 },
  },
  start,
};

function start(space: Box, params: LbfgsParams, context: Context<Float64Array>, snapshot?: Snapshot): Optimizer<Float64Array> {
  const { dim, lower, upper } = space;
  const saved = snapshot as unknown as Saved | undefined;
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  const metric = Float64Array.from(lower, (low, i) => (upper[i]! - low) * (upper[i]! - low));
  const memory = params.memory ?? (context.gradient !== undefined ? 10 : Math.max(10, Math.min(FULL, dim)));
  const given = context.x0 !== undefined;
  const x = saved?.x.slice() ?? context.x0?.slice() ?? space.sample(random);
  let phase: Phase = saved?.phase ?? 'first';
  let loss = saved?.loss ?? Infinity;
  let violation = saved?.violation ?? Infinity;
  let first = saved?.first ?? Infinity; // the value where this descent began: its scale
  let central = saved?.central ?? false;
  let g: Float64Array = saved?.g.slice() ?? new Float64Array(dim);
  let from = saved?.from?.slice(); // where g was taken, when x has moved on
  const d = saved?.d.slice() ?? new Float64Array(dim);
  let pairs: Pair[] = saved?.pairs.map(({ s, y }) => ({ s: s.slice(), y: y.slice() })) ?? [];
  let slope = saved?.slope ?? 0; // along d, at x
  let t = saved?.t ?? 0; // of the trial
  let low = saved?.low ?? 0; // the best that decreases enough
  let lowValue = saved?.lowValue ?? 0;
  let lowSlope = saved?.lowSlope ?? 0;
  let high = saved?.high ?? Infinity; // too far
  let trials = saved?.trials ?? 0;
  let pending: Batch<Float64Array> | undefined;

  /** What is minimized: the violation while there is one, then the loss. */
  const value = (): number => (violation > 0 ? violation : loss);
  const analytic = (): boolean => context.gradient !== undefined && violation === 0;

  function along(step: number): Float64Array {
    const y = new Float64Array(dim);
    for (let i = 0; i < dim; i++) {
      const v = x[i]! + step * d[i]!;
      y[i] = v < lower[i]! ? lower[i]! : v > upper[i]! ? upper[i]! : v;
    }
    return y;
  }

  /** Points for differences at x, inside the box: h forward, or backward where there is no room, or both. */
  function around(): Float64Array[] {
    const xs: Float64Array[] = [];
    for (let i = 0; i < dim; i++) {
      const width = upper[i]! - lower[i]!;
      const h = Math.min((central ? CUBE_ROOT_EPSILON : ROOT_EPSILON) * Math.max(Math.abs(x[i]!), Math.min(1, width)), width / 4);
      const ahead = x[i]! + h <= upper[i]! ? h : -h;
      for (const step of central ? [ahead, x[i]! - ahead >= lower[i]! && x[i]! - ahead <= upper[i]! ? -ahead : 2 * ahead] : [ahead]) {
        const y = x.slice();
        y[i] = x[i]! + step;
        xs.push(y);
      }
    }
    return xs;
  }

  /** The gradient at x from the answers to `around`. A failed neighbour is left out; with none the slope reads 0. */
  function differenced(xs: readonly Float64Array[], scores: Scores<Float64Array>): Float64Array {
    const at = value();
    const slopes = new Float64Array(dim);
    const of = (k: number): number => (violation > 0 ? (scores.violation?.[k] ?? 0) : scores.loss[k]!) - at;
    for (let i = 0; i < dim; i++) {
      if (!central) {
        slopes[i] = of(i) / (xs[i]![i]! - x[i]!);
      } else {
        const a = xs[2 * i]![i]! - x[i]!;
        const b = xs[2 * i + 1]![i]! - x[i]!;
        const fa = of(2 * i);
        const fb = of(2 * i + 1);
        // through three points, also when both lie on one side
        slopes[i] = fb === Infinity ? fa / a : fa === Infinity ? fb / b : (fa * b * b - fb * a * a) / (a * b * (b - a));
      }
      if (!Number.isFinite(slopes[i])) slopes[i] = 0;
    }
    return slopes;
  }

  /** Takes the gradient at x: a pair for the memory, and the next direction. */
  function arrive(slopes: Float64Array): void {
    if (from !== undefined) {
      const s = new Float64Array(dim);
      const y = new Float64Array(dim);
      let sy = 0, ss = 0, yy = 0;
      for (let i = 0; i < dim; i++) {
        s[i] = x[i]! - from[i]!;
        y[i] = slopes[i]! - g[i]!;
        sy += s[i]! * y[i]!;
        ss += (s[i]! * s[i]!) / metric[i]!;
        yy += y[i]! * y[i]! * metric[i]!;
      }
      if (sy > EPSILON * Math.sqrt(ss) * Math.sqrt(yy)) {
        pairs.push({ s, y });
        if (pairs.length > memory) pairs.shift();
      }
      from = undefined;
    }
    g = slopes;
    aim();
  }

  /** d = -H g over the free coordinates, and the first trial along it. */
  function aim(): void {
    let promised = direct();
    if (!(promised > -Infinity && promised < 0) && pairs.length > 0) {
      pairs = [];
      promised = direct();
    }
    slope = promised;
    if (!(slope > -Infinity && -0.5 * slope > enoughToGoOn())) return stall();
    t = 1;
    low = trials = 0;
    lowValue = value();
    lowSlope = slope;
    high = Infinity;
    phase = 'search';
  }

  /** A gain up to this is none: a share of the loss, and the rounding of all that was gained so far. */
  const enoughToGoOn = (): number => params.tolerance * Math.abs(value()) + TINY * (first - value());

  /** Fills d and returns its slope. */
  function direct(): number {
    const alphas = new Float64Array(pairs.length);
    const rhos = new Float64Array(pairs.length);
    const bound = new Uint8Array(dim);
    for (let i = 0; i < dim; i++) {
      const near = NEAR * (upper[i]! - lower[i]!);
      bound[i] = (g[i]! > 0 && x[i]! <= lower[i]! + near) || (g[i]! < 0 && x[i]! >= upper[i]! - near) ? 1 : 0;
      d[i] = bound[i] ? 0 : -g[i]!;
    }
    let gamma = 0;
    for (let k = pairs.length - 1; k >= 0; k--) {
      const { s, y } = pairs[k]!;
      let sy = 0, ss = 0, yy = 0, sd = 0;
      for (let i = 0; i < dim; i++) {
        if (bound[i]) continue;
        sy += s[i]! * y[i]!;
        ss += (s[i]! * s[i]!) / metric[i]!;
        yy += y[i]! * y[i]! * metric[i]!;
        sd += s[i]! * d[i]!;
      }
      if (!(sy > EPSILON * Math.sqrt(ss) * Math.sqrt(yy))) continue; // no curvature in the free part
      if (gamma === 0) gamma = sy / yy;
      rhos[k] = 1 / sy;
      alphas[k] = sd / sy;
      for (let i = 0; i < dim; i++) if (!bound[i]) d[i] = d[i]! - alphas[k]! * y[i]!;
    }
    if (gamma === 0) gamma = shortest();
    for (let i = 0; i < dim; i++) d[i] = d[i]! * gamma * metric[i]!;
    for (let k = 0; k < pairs.length; k++) {
      if (rhos[k] === 0) continue;
      const { s, y } = pairs[k]!;
      let yd = 0;
      for (let i = 0; i < dim; i++) if (!bound[i]) yd += y[i]! * d[i]!;
      const change = alphas[k]! - rhos[k]! * yd;
      for (let i = 0; i < dim; i++) if (!bound[i]) d[i] = d[i]! + change * s[i]!;
    }
    let sum = 0;
    for (let i = 0; i < dim; i++) sum += g[i]! * d[i]!;
    return sum;
  }

  /** What makes the steepest descent, in d, a first trial of `step` box widths. */
  function shortest(): number {
    let most = 0;
    for (let i = 0; i < dim; i++) most = Math.max(most, Math.abs(d[i]!) * (upper[i]! - lower[i]!));
    return most > 0 ? params.step / most : 1;
  }

  /** Nothing more to gain with what is known: forget the memory, then difference centrally, then end. */
  function stall(): void {
    if (!analytic() && !central) {
      central = true;
      pairs = [];
      phase = 'slopes';
    } else phase = 'done';
  }

  /** The search found nothing. */
  function fail(): void {
    if (pairs.length > 0) {
      pairs = [];
      aim();
    } else stall();
  }

  /** The minimizer of the parabola with value and slope at `low` and a value at t. */
  function parabola(at: number): number {
    const step = t - low;
    const bend = at - lowValue - lowSlope * step;
    return bend > 0 ? low - (lowSlope * step * step) / (2 * bend) : Infinity;
  }

  function accept(y: Float64Array, newLoss: number, newViolation: number): void {
    from = x.slice();
    x.set(y);
    const gained = value() - (newViolation > 0 ? newViolation : newLoss);
    loss = newLoss;
    violation = newViolation;
    phase = 'slopes';
    if (gained <= enoughToGoOn()) stall();
  }

  /** A trial answered by its loss alone. */
  function judge(y: Float64Array, newLoss: number, newViolation: number): void {
    const now = value();
    const at = violation > 0 ? newViolation : newViolation > 0 ? Infinity : newLoss;
    let reach = 0;
    for (let i = 0; i < dim; i++) reach += g[i]! * (y[i]! - x[i]!);
    trials++;
    if (violation > 0 && newViolation === 0 && newLoss < Infinity) {
      move(y, newLoss, 0); // from here on it is the loss that counts
      return;
    }
    const enough = at < now && at <= now + ARMIJO * reach;
    const aimed = t * t * slope / (-2 * (at - now - slope * t)); // the parabola from x
    const best = at - now - slope * t > 0 ? aimed : Infinity;
    if (enough && at < lowValue) {
      low = t;
      lowValue = at;
      if (trials < TRIALS && best > LONGER * t && high === Infinity) {
        t *= Math.min(WIDEN, best / t);
        return;
      }
      if (trials < TRIALS && best < SHORTER * t) {
        high = t;
        t = Math.max(0.1 * t, best);
        return;
      }
    } else if (low === 0) {
      high = t;
      if (trials >= TRIALS) return fail();
      t *= at === Infinity ? 0.25 : Math.min(0.5, Math.max(0.1, best / t));
      return;
    }
    if (violation > 0) accept(along(low), loss, lowValue); else accept(along(low), lowValue, 0);
  }

  /** A trial answered with its gradient: weak Wolfe, by bracketing. */
  function bracket(y: Float64Array, newLoss: number, newViolation: number, slopes: Float64Array): void {
    const at = newViolation > 0 ? Infinity : newLoss;
    let reach = 0, now = 0;
    for (let i = 0; i < dim; i++) {
      reach += g[i]! * (y[i]! - x[i]!);
      if (y[i]! > lower[i]! && y[i]! < upper[i]!) now += slopes[i]! * d[i]!;
    }
    trials++;
    const flat = at <= loss + EPSILON * Math.abs(loss) && now <= (2 * ARMIJO - 1) * slope; // rounding hides the decrease (Hager, Zhang 2005, 4.1)
    const enough = at <= loss + ARMIJO * reach || flat;
    if (enough && (now >= WOLFE * slope || trials >= TRIALS)) {
      accept(y, newLoss, newViolation);
      if (phase !== 'done') arrive(slopes);
      return;
    }
    if (trials >= TRIALS) return fail();
    if (!enough) {
      const best = at === Infinity ? NaN : parabola(at);
      high = t;
      const width = high - low;
      t = Number.isNaN(best) ? low + width / 4 : Math.min(high - 0.1 * width, Math.max(low + 0.1 * width, best));
    } else {
      const secant = now > lowSlope ? t - (now * (t - low)) / (now - lowSlope) : Infinity;
      const step = t - low;
      low = t;
      lowValue = at;
      lowSlope = now;
      if (high === Infinity) t = Math.min(low + 9 * step, Math.max(low + step, secant));
      else t = Math.min(high - 0.1 * (high - low), Math.max(low + 0.1 * (high - low), secant));
    }
  }

  function tell(told: Batch<Float64Array>, scores: Scores<Float64Array>): void {
    if (told !== pending) return visit(told, scores);
    pending = undefined;
    if (phase === 'slopes') return arrive(differenced(told.xs, scores));
    const refined = scores.refined?.[0];
    const y = refined ?? told.xs[0]!;
    const newLoss = scores.loss[0]!;
    const newViolation = scores.violation?.[0] ?? 0;
    if (phase === 'search') {
      if (refined !== undefined && better(newLoss, newViolation, loss, violation)) move(refined, newLoss, newViolation); // off the line
      else if (scores.gradient && violation === 0) bracket(y, newLoss, newViolation, scores.gradient[0]!.slice());
      else judge(y, newLoss, newViolation);
      return;
    }
    if (newLoss === Infinity) {
      x.set(space.sample(random));
      return;
    }
    begin(y, newLoss, newViolation);
    if (analytic()) arrive(scores.gradient![0]!.slice());
  }

  /** To a point that was scored without a gradient. */
  function move(y: Float64Array, newLoss: number, newViolation: number): void {
    begin(y, newLoss, newViolation);
    if (analytic()) phase = 'first';
  }

  function begin(y: Float64Array, newLoss: number, newViolation: number): void {
    x.set(y);
    loss = newLoss;
    violation = newViolation;
    first = value();
    pairs = [];
    from = undefined;
    central = false;
    phase = 'slopes';
  }

  /** Points nobody asked for: the best moves the search, unless a given start is still unscored. */
  function visit({ xs }: Batch<Float64Array>, scores: Scores<Float64Array>): void {
    if (phase === 'first' && loss === Infinity && given) return;
    for (let i = 0; i < xs.length; i++) {
      const v = scores.violation?.[i] ?? 0;
      if (!better(scores.loss[i]!, v, loss, violation)) continue;
      pending = undefined;
      move(scores.refined?.[i] ?? xs[i]!, scores.loss[i]!, v);
    }
  }

  return {
    ask() {
      if (pending !== undefined || phase === 'done') return pending;
      if (phase === 'slopes') return (pending = { xs: around() });
      const gradient = phase === 'first' ? context.gradient !== undefined : analytic();
      const xs = [phase === 'first' ? x.slice() : along(t)];
      return (pending = gradient ? { xs, gradient } : { xs });
    },
    tell,
    save: () => ({ random: random.save(), phase, x: x.slice(), loss, violation, first, central, g: g.slice(), from: from?.slice() ?? null, d: d.slice(), pairs: pairs.map(({ s, y }) => ({ s: s.slice(), y: y.slice() })), slope, t, low, lowValue, lowSlope, high, trials }),
  };
}
