/**
 * Augmented Lagrangian (Powell, Hestenes 1969; Rockafellar 1973 for inequalities) around a local optimizer, with the updates of
 * ALGENCAN (Andreani, Birgin, Martinez, Schuverdt 2008; Conn, Gould, Toint 1991).
 *
 * The inner optimizer minimizes f + (rho / 2) sum max(0, g + lambda / rho)^2 and knows of no limit; when it has converged, or spent its
 * cap, the multipliers move. Multipliers approach the feasible set from outside and end a rounding beyond it, where no answer counts:
 * so it aims `margin` inside, which costs the loss at most margin times the sum of the multipliers.
 */
import { NadirError } from '../core/errors.ts';
import { resolve } from '../core/options.ts';
import { restoreRandom } from '../core/random.ts';
import type { Batch, Box, Context, Json, Optimizer, OptimizerDef, Scores, Snapshot } from '../core/types.ts';
import { adam, adamw, descent, sgd } from './descent.ts';
import { escape } from './escape.ts';
import { lbfgs } from './lbfgs.ts';
import { pattern } from './pattern.ts';
import { perturbed } from './perturbed.ts';
import { adamr } from './schedule.ts';
import { sharpness } from './sharpness.ts';
import { simplex } from './simplex.ts';

export interface LagrangianParams { readonly [key: string]: Json; readonly local: string; readonly cap: number | null; readonly margin: number; readonly growth: number }

const LOCALS: { readonly [name: string]: OptimizerDef } = Object.fromEntries([lbfgs, simplex, pattern, descent, sgd, adam, adamw, adamr, perturbed, sharpness, escape].map((def) => [def.name, def]));
const ROUNDS = 20; // planned for a local optimizer that never ends
const PROGRESS = 0.5; // of the infeasibility a round, else the penalty grows
const MOST = 1e20; // multiplier or penalty

interface Saved {
  readonly random: Snapshot; readonly inner: Snapshot; readonly lambda: Float64Array | null; readonly rho: number; readonly before: number; readonly rounds: number;
  readonly cap: number; readonly spent: number; readonly x: Float64Array | null; readonly merit: number; readonly values: Float64Array | null; readonly done: boolean;
}

export const lagrangian: OptimizerDef<LagrangianParams> = {
  name: 'lagrangian',
  aliases: ['augmented-lagrangian', 'augmented_lagrangian'],
  about: 'augmented Lagrangian: a local optimizer under limits, without their corners',
  spaces: ['box'],
  gradient: 'optional',
  options: {
    local: { default: 'lbfgs', about: 'the local optimizer', choices: Object.keys(LOCALS) },
    cap: { default: null, about: 'most a round of it may cost; null: until it converges, and a 20th of the cost for those that never do', min: 1, integer: true, nullable: true },
    margin: { default: 1e-7, about: 'how far inside the limits it aims, in their units', min: 0 },
    growth: { default: 10, about: 'factor of the penalty after a round that did not halve the infeasibility', above: 1 },
  },
  start,
};

function start(space: Box, params: LagrangianParams, context: Context<Float64Array>, snapshot?: Snapshot): Optimizer<Float64Array> {
  const { dim } = space;
  const { margin, growth } = params;
  const def = LOCALS[params.local]!;
  if (def.gradient === 'required' && context.gradient === undefined) throw new NadirError('gradient', `local of optimizer lagrangian is "${def.name}", which needs a gradient and the problem has none; allowed without: lbfgs, simplex, pattern`);
  const saved = snapshot as unknown as Saved | undefined;
  const cap = saved?.cap ?? params.cap ?? (def.gradient === 'required' ? Math.ceil((context.cost ?? 1000 * dim) / ROUNDS) : Infinity); // as planned: a resumed run may expect more
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  let rounds = saved?.rounds ?? 0;
  let lambda = saved?.lambda?.slice();
  let rho = saved?.rho ?? 0;
  let before = saved?.before ?? Infinity; // infeasibility after the last round
  let spent = saved?.spent ?? 0;
  let x = saved?.x?.slice(); // the round's best, by merit
  let merit = saved?.merit ?? Infinity;
  let values = saved?.values?.slice();
  let done = saved?.done ?? false;
  let home = context.backend.scope(); // of the round's optimizer
  let inner = begin(context.x0, saved?.inner);
  let pending: Batch<Float64Array> | undefined;

  function begin(x0: Float64Array | undefined, from?: Snapshot): Optimizer<Float64Array> {
    home.release();
    home = context.backend.scope();
    return def.start(space, resolve(`optimizer ${def.name}`, def.options, undefined), { ...context, backend: home, random: random.fork(rounds), x0, cost: cap < Infinity ? cap : context.cost }, from);
  }

  /** The first penalty weighs the violation like the loss (Birgin, Martinez 2014, eq. 12.1). */
  function weigh(loss: number, g: Float64Array): void {
    lambda = new Float64Array(0);
    let sum = 0;
    for (const v of g) if (v > 0) sum += v * v;
    rho = Math.min(1e8, Math.max(1e-8, (10 * Math.max(1, loss < Infinity ? Math.abs(loss) : 0)) / Math.max(1, sum / 2)));
  }

  /** Multipliers for so many constraints: what is learned of the first stays. */
  function reach(count: number): void {
    if (lambda!.length >= count) return;
    const longer = new Float64Array(count);
    longer.set(lambda!);
    lambda = longer;
  }

  /** The scores as the inner optimizer sees them: merit for loss, and no violation. Where a limit failed, its row means nothing. */
  function augmented(told: Batch<Float64Array>, scores: Scores<Float64Array>): Scores<Float64Array> {
    const { constraints, slopes } = scores;
    if (constraints === undefined || told.xs.length === 0) return scores; // a bare violation is the inner optimizer's to compare
    const failed = (i: number): boolean => scores.violation?.[i] === Infinity || !constraints[i]!.every((v) => v < Infinity);
    const loss = scores.loss.slice();
    const gradient = slopes && scores.gradient?.map((row) => row.slice());
    for (let i = 0; i < loss.length; i++) {
      if (failed(i)) {
        loss[i] = Infinity;
        continue;
      }
      const g = constraints[i]!;
      if (lambda === undefined) weigh(scores.loss[i]!, g);
      reach(g.length);
      for (let j = 0; j < g.length; j++) {
        const push = lambda![j]! + rho * (g[j]! + margin);
        if (!(push > 0)) continue;
        loss[i] = loss[i]! + (push * push) / (2 * rho);
        if (gradient) for (let k = 0; k < dim; k++) gradient[i]![k] = gradient[i]![k]! + push * slopes![i]![j * dim + k]!;
      }
      if (!(loss[i]! < Infinity)) loss[i] = Infinity;
      else if (loss[i]! < merit) {
        merit = loss[i]!;
        x = (scores.refined?.[i] ?? told.xs[i]!).slice();
        values = g.slice();
      }
    }
    return { ...scores, loss, violation: undefined, constraints: undefined, slopes: undefined, gradient: gradient ?? scores.gradient };
  }

  /** The multipliers' move, and the next round or the end. */
  function round(converged: boolean): void {
    if (lambda === undefined || x === undefined || values === undefined) {
      done = converged; // no limits: once is enough
      spent = 0;
      return;
    }
    let worst = 0; // infeasibility and complementarity, max(g, -lambda / rho)
    let outside = false;
    for (let j = 0; j < values.length; j++) {
      const g = values[j]! + margin;
      outside ||= values[j]! > 0;
      worst = Math.max(worst, Math.abs(Math.max(g, -lambda[j]! / rho)));
      lambda[j] = Math.min(MOST, Math.max(0, lambda[j]! + rho * g));
    }
    done = converged && !outside && worst <= margin;
    if (done) return;
    if (worst > PROGRESS * before) rho *= growth;
    before = worst;
    if (rho > MOST) {
      done = true;
      return;
    }
    rounds++;
    spent = 0;
    merit = Infinity; // another function from here on
    inner = begin(x.slice());
  }

  return {
    ask() {
      while (pending === undefined && !done) {
        pending = spent >= cap ? undefined : inner.ask();
        if (pending === undefined) round(spent < cap);
      }
      return pending;
    },
    tell(told, scores) {
      const mine = told === pending;
      pending = undefined; // what was not answered is asked again
      if (mine) spent += scores.cost ?? told.xs.length * (1 + (told.gradient ? (context.gradient ?? 1) : 0));
      return inner.tell(told, mine || lambda !== undefined ? augmented(told, scores) : scores); // only what was asked for may set the penalty
    },
    save: () => ({ random: random.save(), inner: inner.save(), lambda: lambda?.slice() ?? null, rho, before, rounds, cap, spent, x: x?.slice() ?? null, merit, values: values?.slice() ?? null, done }),
  };
}
