/**
 * Pattern search: the moves of Hooke and Jeeves (1961), a generalized pattern search in the sense of Torczon (1997), hence
 * convergent to a stationary point of a smooth function; Kolda, Lewis, Torczon (2003) is the survey.
 *
 * Around the base it tries a step forth and back along every coordinate, taking the first that helps (opportunistic) and beginning with
 * the side that helped last; a round that helped is repeated as one leap; a round that did not halves the steps. All steps are shares
 * of the box widths. What surprised us: the leap follows curved valleys; it solves
 * rosenbrock of dim 40 in 14 runs of 15 within 1000 dim evaluations, where the steps alone solve none.
 */
import { restoreRandom } from '../core/random.ts';
import { better } from '../core/run.ts';
import type { Batch, Box, Context, Json, Optimizer, OptimizerDef, Snapshot } from '../core/types.ts';

export interface PatternParams { readonly [key: string]: Json; readonly step: number; readonly tolerance: number; readonly shrink: number }

interface Saved {
  readonly random: Snapshot; readonly base: Float64Array; readonly loss: number; readonly violation: number; readonly x: Float64Array; readonly xLoss: number; readonly xViolation: number;
  readonly signs: Float64Array; readonly step: number; readonly next: number; readonly turned: boolean; readonly leapt: boolean; readonly done: boolean; readonly pending: Float64Array | null;
}

export const pattern: OptimizerDef<PatternParams> = {
  name: 'pattern',
  aliases: ['compass', 'pattern_search', 'hooke-jeeves'],
  about: 'pattern search: steps along the coordinates, leaps along what helped, halved when nothing does',
  spaces: ['box'],
  gradient: 'none',
  options: {
    step: { default: 0.125, about: 'first step, in box widths', above: 0, max: 1 },
    tolerance: { default: 1e-12, about: 'converged when the step is below this, in box widths', above: 0, below: 1 },
    shrink: { default: 0.5, about: 'factor of the step after a round that did not help', above: 0, max: 0.95 },
  },
  start,
};

const LEAP = -2; // next: the leap itself is scored
const START = -1; // next: the first point is scored

function start(space: Box, params: PatternParams, context: Context<Float64Array>, snapshot?: Snapshot): Optimizer<Float64Array> {
  const { dim, lower, upper } = space;
  const saved = snapshot as unknown as Saved | undefined;
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  const base = saved?.base.slice() ?? context.x0?.slice() ?? space.sample(random);
  let loss = saved?.loss ?? Infinity;
  let violation = saved?.violation ?? Infinity;
  const x = saved?.x.slice() ?? base.slice(); // the round's best so far
  let xLoss = saved?.xLoss ?? Infinity;
  let xViolation = saved?.xViolation ?? Infinity;
  const signs = saved?.signs.slice() ?? new Float64Array(dim).fill(1);
  let step = saved?.step ?? params.step;
  let next = saved?.next ?? START; // coordinate to try
  let turned = saved?.turned ?? false; // its first side did not help
  let leapt = saved?.leapt ?? false; // this round is around a leap
  let done = saved?.done ?? false;
  let pending: Batch<Float64Array> | undefined = saved?.pending ? { xs: [saved.pending.slice()] } : undefined;

  function stepped(): Float64Array | undefined {
    for (; next < dim; next++, turned = false) {
      for (;;) {
        const i = next;
        const v = Math.min(upper[i]!, Math.max(lower[i]!, x[i]! + signs[i]! * (turned ? -step : step) * (upper[i]! - lower[i]!)));
        if (v !== x[i]) {
          const y = x.slice();
          y[i] = v;
          return y;
        }
        if (turned) break;
        turned = true;
      }
    }
    return undefined;
  }

  /** A round whose moves cancel but for their rounding is none: without this it circles for ever (Hooke and Jeeves guard likewise). */
  function moved(): boolean {
    for (let i = 0; i < dim; i++) if (Math.abs(x[i]! - base[i]!) > 0.5 * step * (upper[i]! - lower[i]!)) return true;
    return false;
  }

  /** After a round: keep what helped and leap, or go back, or take smaller steps. */
  function close(): void {
    next = 0;
    turned = false;
    if (better(xLoss, xViolation, loss, violation) && moved()) {
      for (let i = 0; i < dim; i++) {
        const v = x[i]!;
        x[i] = Math.min(upper[i]!, Math.max(lower[i]!, v + (v - base[i]!)));
        base[i] = v;
      }
      loss = xLoss;
      violation = xViolation;
      leapt = true;
      next = LEAP;
      return;
    }
    x.set(base);
    xLoss = loss;
    xViolation = violation;
    if (!leapt) step *= params.shrink;
    leapt = false;
    if (step < params.tolerance) done = true;
  }

  return {
    ask() {
      if (pending) return pending;
      for (let rounds = 0; !done; rounds++) {
        const y = next < 0 ? x.slice() : stepped();
        if (y) return (pending = { xs: [y] });
        if (rounds === 0) close();
        else done = true; // a whole round whose steps are lost in rounding: smaller ones will be too
      }
      return undefined;
    },
    tell(told, scores) {
      const v = (i: number): number => scores.violation?.[i] ?? 0;
      if (told === pending) {
        const helped = next >= 0 && better(scores.loss[0]!, v(0), xLoss, xViolation);
        if (next < 0 || helped) {
          x.set(scores.refined?.[0] ?? told.xs[0]!);
          xLoss = scores.loss[0]!;
          xViolation = v(0);
        }
        if (next === START) {
          base.set(x);
          loss = xLoss;
          violation = xViolation;
        }
        if (next < 0) next = 0;
        else if (helped || turned) {
          if (helped && turned) signs[next] = -signs[next]!;
          next++;
          turned = false;
        } else turned = true;
        pending = undefined;
        return;
      }
      if (next === START) return; // a given start comes first
      for (let i = 0; i < told.xs.length; i++) {
        if (!better(scores.loss[i]!, v(i), loss, violation)) continue;
        base.set(scores.refined?.[i] ?? told.xs[i]!);
        space.clip(base);
        x.set(base);
        loss = xLoss = scores.loss[i]!;
        violation = xViolation = v(i);
        step = params.step;
        next = 0;
        turned = leapt = done = false;
        pending = undefined;
      }
    },
    save: () => ({ random: random.save(), base: base.slice(), loss, violation, x: x.slice(), xLoss, xViolation, signs: signs.slice(), step, next, turned, leapt, done, pending: pending ? pending.xs[0]!.slice() : null }),
  };
}
