/**
 * Dual annealing: generalised simulated annealing (Tsallis, Stariolo 1996; Xiang, Sun, Fan, Gong 1997) with a local search, in the
 * form scipy made known: at every temperature 2 dim moves, first in all coordinates at once, then one coordinate each; a descent from the
 * best point when that has improved, from the current one when nothing has for long.
 *
 * Steps follow the visiting distribution with q = 2.62, whose tail is so heavy that early moves are uniform; acceptance has q = -5.
 * Two things are ours: steps are in shares of the box width, so that units do not matter, and the descent is our own lbfgs. What
 * surprised us: rastrigin is solved by the moves of one coordinate: 15 runs of 15 with them, none without, and none with the axes turned.
 */
import { exp, log, pow } from '../../assembly/portable/math.ts';
import { resolve } from '../core/options.ts';
import { restoreRandom } from '../core/random.ts';
import { better } from '../core/run.ts';
import type { Batch, Box, Context, Json, Optimizer, OptimizerDef, Random, Scores, Snapshot } from '../core/types.ts';
import { lbfgs } from './lbfgs.ts';

export interface DualParams { readonly [key: string]: Json; readonly start: number; readonly restart: number; readonly scale: number; readonly patience: number; readonly local: number; readonly tolerance: number }

const VISIT = 2.62; // q of the visiting distribution
const ACCEPT = -5; // q of the acceptance
const TAIL = (VISIT - 1) / (3 - VISIT);
const WIDTH = 5.157609336655201; // of a step at temperature 1: (Gamma(1 / (q - 1) - 1/2) / c)^-TAIL, c = sqrt(pi) (q - 1)^(4 - q) 2^((q - 2) / (q - 1)) / (3 - q)
const FARTHEST = 1e8;

interface Point { readonly x: Float64Array; readonly loss: number; readonly violation: number }
type Phase = 'first' | 'chain' | 'best' | 'low'; // best, low: a descent from there
interface Saved {
  readonly random: Snapshot; readonly phase: Phase; readonly at: Point; readonly best: Point; readonly low: Point; readonly step: number; readonly j: number; readonly improved: boolean; readonly idle: number; readonly patience: number;
  readonly descent: Snapshot; readonly descents: number; readonly spent: number; readonly pending: Float64Array | null;
}

export const dual: OptimizerDef<DualParams> = {
  name: 'dual',
  aliases: ['dual_annealing', 'dual-annealing'],
  about: 'dual annealing: heavy-tailed steps that cool, with a local descent where they got better',
  spaces: ['box'],
  gradient: 'optional',
  options: {
    start: { default: 5230, about: 'temperature at the first step', above: 0, max: 1e6 },
    restart: { default: 2e-5, about: 'begins anew below this share of it', above: 0, below: 1 },
    scale: { default: 0.1, about: 'unit of a step, in box widths', above: 0 },
    patience: { default: 1000, about: 'temperatures without a better point before a descent from the current one; then dim', min: 1, integer: true },
    local: { default: 100, about: 'most steps of a descent, or 6 dim where that is more, up to 1000; 0: no descents', min: 0, max: 1000, integer: true },
    tolerance: { default: 1e-6, about: 'a descent ends when a step promises less than this share of the loss', min: 0, below: 1 },
  },
  start,
};

/** A step of the visiting distribution at a temperature: of one coordinate, in units. */
export function visit(random: Random, temperature: number): number {
  const width = WIDTH * pow(temperature, 1 / (3 - VISIT));
  return stepOf(random, width);
}

function stepOf(random: Random, width: number): number {
  const x = width * random.normal();
  const step = x * exp(-TAIL * log(Math.abs(random.normal())));
  return Math.abs(step) <= FARTHEST ? step : step > 0 ? FARTHEST * random.f64() : -FARTHEST * random.f64();
}

function start(space: Box, params: DualParams, context: Context<Float64Array>, snapshot?: Snapshot): Optimizer<Float64Array> {
  const { dim, lower, upper } = space;
  const saved = snapshot as unknown as Saved | undefined;
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  const options = resolve('optimizer lbfgs', lbfgs.options, { tolerance: params.tolerance });
  const most = params.local === 0 ? 0 : Math.min(1000, Math.max(params.local, 6 * dim)) * (context.gradient !== undefined ? 2 * (1 + context.gradient) : dim + 2); // cost of a descent: two trials a step, and dim differences where there is no gradient

  let phase: Phase = saved?.phase ?? 'first';
  let at: Point = point(saved?.at ?? { x: context.x0 ?? space.sample(random), loss: Infinity, violation: Infinity });
  let best: Point = saved ? point(saved.best) : at;
  let low: Point = saved ? point(saved.low) : at; // best of this temperature
  let step = saved?.step ?? 0; // temperatures since the start
  let j = saved?.j ?? 0; // move of this temperature
  let improved = saved?.improved ?? true; // the best, at this temperature
  let idle = saved?.idle ?? 0; // temperatures since it was
  let patience = saved?.patience ?? params.patience;
  let descents = saved?.descents ?? 0;
  let spent = saved?.spent ?? 0; // in this descent
  let descent: Optimizer<Float64Array> | undefined = saved && saved.descent !== null ? lbfgs.start(space, options, { random, backend: context.backend, gradient: context.gradient }, saved.descent) : undefined;
  let pending: Batch<Float64Array> | undefined = saved?.pending ? { xs: [saved.pending.slice()] } : undefined;
  let width = 0;
  let temperature = 0;
  cool();

  /** Eq. 7 of Xiang et al.: T(t) = T(1) (2^(q - 1) - 1) / ((1 + t)^(q - 1) - 1). */
  function cool(): void {
    temperature = (params.start * (pow(2, VISIT - 1) - 1)) / (pow(step + 2, VISIT - 1) - 1);
    width = WIDTH * pow(temperature, 1 / (3 - VISIT)) * params.scale;
  }

  /** Wraps around: the box is a torus, so that a long step is a uniform one. */
  function moved(): Float64Array {
    const x = at.x.slice();
    const from = j < dim ? 0 : j - dim;
    const to = j < dim ? dim : from + 1;
    for (let i = from; i < to; i++) {
      const share = (x[i]! - lower[i]!) / (upper[i]! - lower[i]!) + stepOf(random, width);
      x[i] = lower[i]! + (share - Math.floor(share)) * (upper[i]! - lower[i]!);
    }
    space.clip(x);
    return x;
  }

  /** The generalised Metropolis rule, (1 - (1 - q) difference / T)^(1 / (1 - q)), without the root: r^(1 - q) is compared. */
  function accepts(loss: number, violation: number): boolean {
    if (violation !== at.violation) return violation < at.violation;
    if (loss <= at.loss) return true;
    const r = random.f64();
    return r * r * r * r * r * r <= 1 - ((1 - ACCEPT) * (loss - at.loss) * (step + 1)) / temperature;
  }

  function consider(found: Point): boolean {
    if (!better(found.loss, found.violation, best.loss, best.violation)) return false;
    best = found;
    improved = true;
    idle = 0;
    return true;
  }

  /** After the moves of a temperature, or a descent: the next descent, or the next temperature. */
  function close(): void {
    if (phase === 'chain' && improved && descend('best', best)) return;
    if (phase !== 'low' && idle >= patience) {
      patience = dim;
      idle = 0;
      if (descend('low', low)) return;
    }
    phase = 'chain';
    step++;
    j = 0;
    idle++;
    improved = false;
    cool();
    if (temperature < params.restart * params.start) {
      step = 0;
      cool();
      at = { x: space.sample(random), loss: Infinity, violation: Infinity };
      phase = 'first';
    }
    low = at;
  }

  function descend(from: 'best' | 'low', { x, loss, violation }: Point): boolean {
    if (most === 0 || loss === Infinity) return false;
    phase = from;
    spent = 0;
    descent = lbfgs.start(space, options, { random: random.fork(`descent ${descents++}`), backend: context.backend, gradient: context.gradient });
    descent.tell({ xs: [x] }, { loss: Float64Array.of(loss), violation: Float64Array.of(violation) }); // it need not be scored again
    low = { x, loss, violation };
    return true;
  }

  /** The end of a descent: `low` is the best that it found. */
  function arrive(): void {
    if (consider(low)) at = low;
    descent = undefined;
    close();
  }

  function follow(told: Batch<Float64Array>, scores: Scores<Float64Array>): void {
    descent!.tell(told, scores);
    spent += scores.cost ?? told.xs.length * (1 + (told.gradient ? (context.gradient ?? 1) : 0));
    for (let k = 0; k < told.xs.length; k++) {
      const violation = scores.violation?.[k] ?? 0;
      if (better(scores.loss[k]!, violation, low.loss, low.violation)) low = { x: (scores.refined?.[k] ?? told.xs[k]!).slice(), loss: scores.loss[k]!, violation };
    }
    if (spent >= most) arrive();
  }

  function ask(): Batch<Float64Array> {
    if (pending) return pending;
    if (descent !== undefined) {
      pending = descent.ask();
      if (pending !== undefined) return pending;
      arrive();
      return ask();
    }
    return (pending = { xs: [phase === 'first' ? at.x.slice() : moved()] });
  }

  return {
    ask,
    tell(told, scores) {
      const mine = told === pending;
      if (mine) pending = undefined;
      if (mine && descent !== undefined) return follow(told, scores);
      for (let k = 0; k < told.xs.length; k++) {
        const given = scores.refined?.[k];
        const loss = scores.loss[k]!;
        const violation = scores.violation?.[k] ?? 0;
        if (mine ? phase !== 'first' && !accepts(loss, violation) : phase === 'first' || !better(loss, violation, best.loss, best.violation)) continue;
        at = { x: mine && given === undefined ? told.xs[k]! : (given ?? told.xs[k]!).slice(), loss, violation };
        if (!mine) space.clip(at.x);
        if (descent === undefined && better(loss, violation, low.loss, low.violation)) low = at;
        consider(at);
      }
      if (!mine) return;
      if (phase === 'first') {
        phase = 'chain';
        low = at;
      } else if (++j === 2 * dim) close();
    },
    save: () => ({
      random: random.save(), phase, at: point(at), best: point(best), low: point(low), step, j, improved, idle, patience,
      descent: descent === undefined ? null : descent.save(), descents, spent, pending: descent === undefined && pending ? pending.xs[0]!.slice() : null,
    } as unknown as Snapshot),
  };
}

const point = ({ x, loss, violation }: Point): Point => ({ x: x.slice(), loss, violation });
