/**
 * Global search by local searches: `basin`, basin hopping (Wales and Doye 1997), walks over local minima by Metropolis' rule;
 * `multistart` begins again somewhere else. Both end a local search where it converges, or at a cap.
 *
 * Temperature is in units of the mean difference between successive minima, so that it means the same on every loss. Hops back to the
 * same minimum count as accepted, as in the paper: that is what widens a step that is too small to leave.
 */
import { exp, pow } from '../../assembly/portable/math.ts';
import { resolve } from '../core/options.ts';
import { restoreRandom } from '../core/random.ts';
import { better } from '../core/run.ts';
import type { Batch, Box, Context, Json, Optimizer, OptimizerDef, Random, Scores, Snapshot } from '../core/types.ts';
import { fold } from '../spaces/box.ts';
import { lagrangian } from './lagrangian.ts';
import { lbfgs } from './lbfgs.ts';
import { pattern } from './pattern.ts';
import { simplex } from './simplex.ts';

export interface BasinParams { readonly [key: string]: Json; readonly local: string; readonly cap: number | null; readonly step: number; readonly temperature: number; readonly accept: number }
export interface MultistartParams { readonly [key: string]: Json; readonly local: string; readonly cap: number | null; readonly best: number }

const LOCALS: { readonly [name: string]: OptimizerDef } = { lbfgs, simplex, pattern, lagrangian };
const LOCAL = { default: 'lbfgs', about: 'the local search', choices: Object.keys(LOCALS) } as const;
const CAP = { default: null, about: 'most a local search may cost; null: as long as it goes on', min: 1, integer: true, nullable: true } as const;
const WIDEN = 1.1; // of the step, a hop that was accepted; narrowed so that the share `accept` is in balance
const WIDEST = 0.5;
const NARROWEST = 1e-9;
const SAME = 1e-4; // minima nearer than this in every coordinate, in box widths, are one; their losses differ by noise alone

interface Found { readonly x: Float64Array; readonly loss: number; readonly violation: number }
interface SavedLeg { readonly inner: Snapshot; readonly best: Found | null; readonly spent: number }
/** One local search, and the best it saw. */
interface Leg { ask(): Batch<Float64Array> | undefined; tell(told: Batch<Float64Array>, scores: Scores<Float64Array>): void; best(): Found | undefined; save(): Snapshot }

export const basin: OptimizerDef<BasinParams> = {
  name: 'basin',
  aliases: ['basinhopping', 'basin-hopping', 'basin_hopping'],
  about: 'basin hopping: Metropolis steps from local minimum to local minimum',
  spaces: ['box'],
  gradient: 'optional',
  options: {
    local: LOCAL,
    cap: CAP,
    step: { default: 0.4, about: 'largest move of a coordinate in the first hop, in box widths', above: 0, max: 1 },
    temperature: { default: 0.1, about: 'in mean differences between minima; 0: only downhill', min: 0 },
    accept: { default: 0.5, about: 'share of the hops to accept, which the step is adapted to', above: 0, below: 1 },
  },
  start: startBasin,
};

export const multistart: OptimizerDef<MultistartParams> = {
  name: 'multistart',
  about: 'local searches from random starts, one after another',
  spaces: ['box'],
  gradient: 'optional',
  options: {
    local: LOCAL,
    cap: CAP,
    best: { default: 1, about: 'random points that are scored for a start; the best is taken', min: 1, max: 1e6, integer: true },
  },
  start: startMultistart,
};

function leg(name: string, cap: number | null, space: Box, context: Context<Float64Array>, random: Random, x0: Float64Array | undefined, saved?: SavedLeg): Leg {
  const def = LOCALS[name]!;
  const inner: Optimizer<Float64Array> = def.start(space, resolve(`optimizer ${def.name}`, def.options, undefined), { ...context, random, x0, cost: cap ?? context.cost }, saved?.inner);
  let best: Found | undefined = saved?.best ?? undefined;
  let spent = saved?.spent ?? 0;
  let asked: Batch<Float64Array> | undefined;

  return {
    ask: () => (asked = cap !== null && spent >= cap ? undefined : inner.ask()),
    tell(told, scores) {
      for (let i = 0; i < told.xs.length; i++) {
        const loss = scores.loss[i]!;
        const violation = scores.violation?.[i] ?? 0;
        if (loss < Infinity && (best === undefined || better(loss, violation, best.loss, best.violation))) best = { x: (scores.refined?.[i] ?? told.xs[i]!).slice(), loss, violation };
      }
      if (told === asked) spent += scores.cost ?? told.xs.length * (1 + (told.gradient ? (context.gradient ?? 1) : 0));
      inner.tell(told, scores);
    },
    best: () => best,
    save: () => ({ inner: inner.save(), best: (best as Snapshot | undefined) ?? null, spent }),
  };
}

interface SavedBasin { readonly random: Snapshot; readonly leg: SavedLeg; readonly current: Found | null; readonly step: number; readonly unit: number; readonly hops: number }

function startBasin(space: Box, params: BasinParams, context: Context<Float64Array>, snapshot?: Snapshot): Optimizer<Float64Array> {
  const { dim, lower, upper } = space;
  const { local, cap, temperature, accept } = params;
  const saved = snapshot as unknown as SavedBasin | undefined;
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  const narrow = 1 / pow(WIDEN, accept / (1 - accept));
  let current: Found | undefined = saved?.current ?? undefined;
  let step = saved?.step ?? params.step;
  let unit = saved?.unit ?? 0; // mean difference between a minimum and the next
  let hops = saved?.hops ?? 0;
  let search = begin(context.x0, saved?.leg);
  let pending: Batch<Float64Array> | undefined;

  function begin(x0: Float64Array | undefined, from?: SavedLeg): Leg {
    return leg(local, cap, space, context, random.fork(hops), x0, from);
  }

  /** Metropolis over minima. A violation is compared before the loss. */
  function accepts(next: Found, now: Found): boolean {
    if (next.violation !== now.violation) return next.violation < now.violation;
    return next.loss <= now.loss || (temperature > 0 && unit > 0 && random.f64() < exp((now.loss - next.loss) / (temperature * unit)));
  }

  function near(a: Float64Array, b: Float64Array): boolean {
    for (let i = 0; i < dim; i++) if (Math.abs(a[i]! - b[i]!) > SAME * (upper[i]! - lower[i]!)) return false;
    return true;
  }

  function hop(): void {
    const next = search.best();
    if (current === undefined) current = next;
    else if (next !== undefined) {
      const difference = Math.abs(next.loss - current.loss);
      const same = near(next.x, current.x);
      if (!same && next.violation === current.violation) unit = unit === 0 ? difference : 0.9 * unit + 0.1 * difference;
      const taken = accepts(next, current);
      step = taken || same ? Math.min(WIDEST, step * WIDEN) : Math.max(NARROWEST, step * narrow);
      if (taken) current = next;
    }
    hops++;
    if (current === undefined) {
      search = begin(space.sample(random)); // everything failed so far
      return;
    }
    const x = current.x.slice();
    for (let i = 0; i < dim; i++) x[i] = fold(x[i]! + step * (2 * random.f64() - 1) * (upper[i]! - lower[i]!), lower[i]!, upper[i]!);
    search = begin(x);
  }

  return {
    ask() {
      while (pending === undefined) {
        pending = search.ask();
        if (pending === undefined) hop();
      }
      return pending;
    },
    tell(told, scores) {
      pending = undefined; // what was not answered is asked again
      search.tell(told, scores);
    },
    save: () => ({ random: random.save(), leg: search.save(), current: (current as Snapshot | undefined) ?? null, step, unit, hops }),
  };
}

interface SavedMultistart { readonly random: Snapshot; readonly leg: SavedLeg | null; readonly starts: number; readonly drawn: Float64Array[] | null }

function startMultistart(space: Box, params: MultistartParams, context: Context<Float64Array>, snapshot?: Snapshot): Optimizer<Float64Array> {
  const { local, cap, best: size } = params;
  const saved = snapshot as unknown as SavedMultistart | undefined;
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  let starts = saved?.starts ?? 0;
  let search: Leg | undefined; // none: starts are being drawn
  let pending: Batch<Float64Array> | undefined = saved?.drawn ? { xs: saved.drawn.map((x) => x.slice()) } : undefined;
  if (saved?.leg) begin(undefined, saved.leg);
  else if (saved === undefined && context.x0 !== undefined) begin(context.x0);

  function begin(x0: Float64Array | undefined, from?: SavedLeg): void {
    search = leg(local, cap, space, context, random.fork(starts), x0, from);
  }

  return {
    ask() {
      if (pending !== undefined) return pending;
      pending = search?.ask();
      if (pending !== undefined) return pending;
      if (search !== undefined) starts++;
      search = undefined;
      if (size > 1) return (pending = { xs: Array.from({ length: size }, () => space.sample(random)) });
      begin(space.sample(random));
      return (pending = search!.ask());
    },
    tell(told, scores) {
      if (search !== undefined) {
        pending = undefined; // what was not answered is asked again
        search.tell(told, scores);
        return;
      }
      if (told !== pending) return;
      pending = undefined;
      let k = 0;
      const v = (i: number): number => scores.violation?.[i] ?? 0;
      for (let i = 1; i < told.xs.length; i++) if (better(scores.loss[i]!, v(i), scores.loss[k]!, v(k))) k = i;
      begin((scores.refined?.[k] ?? told.xs[k]!).slice());
    },
    save: () => ({ random: random.save(), leg: search?.save() ?? null, starts, drawn: search === undefined && pending ? pending.xs.map((x) => x.slice()) : null }),
  };
}
