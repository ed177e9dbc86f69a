/**
 * A portfolio. It sees the space, the cost it may expect, whether gradients are answered and the losses it gets back; never a
 * problem's name. In a box it first asks whether the problem is easy (smooth: a quasi-Newton descent; a sum over coordinates: lines
 * through the whole box), which costs little and solves much, and gives what is left to global search, by progress.
 *
 * Portfolios and algorithm selection: Rice 1976; Gomes and Selman 2001. `report()` says which member ran, for how much, and why.
 * What surprised us: on the five standard functions the
 * two cheap questions answer most of the cells within a tenth of the budget, griewank among them, whose valleys are few from afar.
 */
import { log as ln } from '../../assembly/portable/math.ts';
import { restoreRandom } from '../core/random.ts';
import { better } from '../core/run.ts';
import type { Batch, Box, Context, Json, Optimizer, OptimizerDef, Random, Scores, Snapshot, Space } from '../core/types.ts';
import { resolve } from '../core/options.ts';
import { annealing } from './annealing.ts';
import { cmaes } from './cmaes.ts';
import { cmaesseparable } from './separable.ts';
import { coordinate } from './coordinate.ts';
import { differential } from './differential.ts';
import { aging } from './genetic.ts';
import { lagrangian } from './lagrangian.ts';
import { lbfgs } from './lbfgs.ts';

type Start = 'start' | 'best' | 'own' | 'anywhere';
/** One member's turn: where it begins, what it may spend, and why it is its turn. An `arm` goes on where it stopped, unless it is to be `fresh`. */
interface Step { readonly turn: string; readonly member: string; readonly params: { readonly [key: string]: Json }; readonly from: Start; readonly cap: number; readonly arm?: string; readonly fresh?: boolean; readonly why: string }
interface Entry { readonly turn: string; readonly arm: string | null; readonly member: string; readonly why: string; readonly runs: number; readonly cost: number; readonly own: number; readonly worst: number; readonly best: number; readonly gained: boolean; readonly converged: boolean }
interface Point<X> { readonly x: X; readonly loss: number; readonly violation: number }

const MEMBERS: { readonly [name: string]: OptimizerDef } = { lbfgs, lagrangian, coordinate, cmaes, 'cmaes-separable': cmaesseparable, differential, annealing, aging };
const COST = 1000; // a coordinate, when no cost is expected

export const auto: OptimizerDef<{ readonly [key: string]: Json }> = {
  name: 'auto',
  about: 'a portfolio that tries what is cheap first and gives the rest to what makes progress',
  spaces: ['*'],
  gradient: 'optional',
  options: {},
  start,
};

interface Saved {
  readonly random: Snapshot; readonly budget: number; readonly turns: number; readonly spent: number; readonly log: readonly Entry[];
  readonly best: Snapshot; readonly own: Snapshot; readonly step: Step | null; readonly used: number; readonly before: Snapshot; readonly mark: number; readonly since: number; readonly falling: boolean; readonly limited: boolean; readonly first: number;
  readonly inner: Snapshot; readonly arms: { readonly [member: string]: Snapshot };
}

function start<X>(space: Space<X>, _params: object, context: Context<X>, snapshot?: Snapshot): Optimizer<X> {
  const saved = snapshot as unknown as Saved | undefined;
  const random: Random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  const seed = random.save();
  const dim = (space as unknown as Box).dim ?? 10;
  const budget = saved?.budget ?? context.cost ?? COST * dim;
  const log: Entry[] = saved ? [...saved.log] : [];
  const arms: { [member: string]: Snapshot } = { ...saved?.arms }; // where a global member stopped, to go on from
  let turns = saved?.turns ?? 0;
  let spent = saved?.spent ?? 0;
  let best = decoded(saved?.best);
  let own = decoded(saved?.own); // the best of this turn
  let step = saved?.step ?? undefined;
  let used = saved?.used ?? 0;
  let before = decoded(saved?.before); // the best when the turn began
  let mark = saved?.mark ?? Infinity; // a descent's loss when it had used `since`
  let since = saved?.since ?? 0;
  let falling = saved?.falling ?? false; // that window won a tenth
  let limited = saved?.limited ?? false; // there are constraints
  let held = context.backend; // the arena of this turn
  let first = saved?.first ?? NaN; // the first loss of all
  let inner = step && open(step, saved!.inner);
  let pending: Batch<X> | undefined;

  function open(next: Step, state?: Snapshot): Optimizer<X> {
    const def = MEMBERS[next.member]!;
    const x0 = next.from === 'start' ? context.x0 : next.from === 'best' ? best?.x : next.from === 'own' ? own?.x : undefined;
    const inside: Context<X> = { random: random.fork(`${turns} ${next.member}`), backend: (held = context.backend.scope()), gradient: context.gradient, cost: next.cap, ...(x0 !== undefined && { x0: space.copy(x0) }) };
    return def.start(space, resolve(`optimizer ${def.name}`, def.options, next.params), inside, state);
  }

  /** Whether this turn made the best better, by more than its last digits. */
  function gained(): boolean {
    if (before === undefined || best === undefined || best.violation !== before.violation) return before !== best;
    return best.loss < before.loss - 1e-9 * Math.abs(before.loss);
  }

  function entry({ turn, arm, member, why }: Step, converged: boolean): Entry {
    const loss = own?.loss ?? Infinity;
    return { turn, arm: arm ?? null, member, why, runs: 1, cost: used, own: loss, worst: loss, best: best?.loss ?? Infinity, gained: gained(), converged };
  }

  function finish(converged: boolean): void {
    const done = entry(step!, converged);
    const last = log.at(-1);
    // Restarts in vain are one entry: where a descent takes a dozen evaluations there are very many.
    if (done.turn === 'restarts' && last?.turn === 'restarts' && !done.gained) log[log.length - 1] = { ...last, runs: last.runs + 1, cost: last.cost + done.cost, own: Math.min(last.own, done.own), worst: Math.max(last.worst, done.worst), best: done.best };
    else log.push(done);
    turns++;
    if (step!.arm && !converged) arms[step!.arm] = inner!.save();
    else if (step!.arm) delete arms[step!.arm];
    step = undefined;
    inner = undefined;
    held.release();
  }

  return {
    ask() {
      if (pending) return pending;
      for (let empty = 0; empty < 8; empty++) {
        if (step === undefined) {
          step = space.name === 'box' ? plan(dim, budget, spent, first, limited, log) : elsewhere(budget, log);
          inner = open(step, step.arm && !step.fresh ? arms[step.arm] : undefined);
          before = best;
          mark = best?.loss ?? Infinity;
          used = since = 0;
          falling = false;
          if (step.from !== 'own') own = undefined;
        }
        pending = inner!.ask();
        if (pending) return pending;
        finish(true);
      }
      return undefined; // eight turns without a point: every member is done
    },
    tell(told, scores) {
      const asked = told === pending;
      note(told, scores);
      inner?.tell(told, scores);
      pending = undefined; // an uninvited point may have moved the member
      if (!asked) return;
      const cost = scores.cost ?? told.xs.length * (1 + (told.gradient ? context.gradient! : 0));
      used += cost;
      spent += cost;
      if (over()) finish(false);
    },
    save: () => ({
      random: seed, budget, turns, spent, log: log as unknown as Snapshot, step: (step ?? null) as unknown as Snapshot, used, before: encoded(before), mark, since, falling, limited, first, arms,
      best: encoded(best), own: encoded(own), inner: inner?.save() ?? null,
    }),
    report: () => [...log, ...(step && used > 0 ? [entry(step, false)] : [])].map((turn) => ({ ...turn })) as unknown as Json,
  };

  /**
   * Whether the turn is over. A descent that still wins a tenth in ten gradients may take twice its share; a polish that wins
   * neither a tenth nor a visible share of all that was ever won stops, and may go on at the end.
   */
  function over(): boolean {
    const { member, turn, cap } = step!;
    if (member !== 'lbfgs') return used >= cap; // multipliers settle while the loss rests
    if (used - since >= PATIENCE * (1 + (context.gradient ?? dim))) {
      const drop = mark - own!.loss;
      falling = drop >= 0.1 * Math.abs(mark);
      if (turn === 'polish' && !falling && drop < SMALL * (first - own!.loss)) return true;
      mark = own!.loss;
      since = used;
    }
    return used >= (falling ? 2 * cap : cap);
  }
  function note(told: Batch<X>, { loss, violation, refined }: Scores<X>): void {
    if (!(first < Infinity)) first = loss[0]!;
    limited ||= violation !== undefined;
    for (let i = 0; i < loss.length; i++) {
      const v = violation?.[i] ?? 0;
      if (own !== undefined && !better(loss[i]!, v, own.loss, own.violation)) continue;
      own = { x: space.copy(refined?.[i] ?? told.xs[i]!), loss: loss[i]!, violation: v };
      if (best === undefined || better(own.loss, v, best.loss, best.violation)) best = own;
    }
  }
  function encoded(point: Point<X> | undefined): Snapshot {
    return point ? { x: space.encode(point.x), loss: point.loss, violation: point.violation } : null;
  }
  function decoded(state: Snapshot): Point<X> | undefined {
    const s = state as { x: Json; loss: number; violation: number } | null | undefined;
    return s ? { x: space.decode(s.x), loss: s.loss, violation: s.violation } : undefined;
  }
}

const POLISH = 0.35; // of the budget, at most, for one quasi-Newton descent
const LINES = 0.25; // of the budget, at most, for lines through the box
const TURN = 0.3; // of the budget for a turn of a global member
const PATIENCE = 10; // gradients
const SMALL = 1e-9; // of all that was ever won
const FINISH = 0.1; // of the budget, kept for a descent that was cut short
const SWEEP = 44; // evaluations a coordinate for a sweep of lines
const ELSEWHERE = 0.4; // of the budget for a turn outside a box
const DENSE = 200; // coordinates up to which a full covariance is worth its square
const DESCENTS = ['lbfgs', 'lagrangian'];
const GLOBAL = ['funnel', 'restarts', 'differences'];

/** Whose turn it is in a box. Reads the log alone, so that a restored portfolio plans what the first would have planned. */
function plan(dim: number, budget: number, spent: number, first: number, limited: boolean, log: readonly Entry[]): Step {
  const descend = (turn: string, from: Start, why: string): Step => ({ turn, member: limited ? 'lagrangian' : 'lbfgs', params: {}, from, cap: POLISH * budget, ...(turn !== 'restarts' && { arm: 'descent', fresh: true }), why });
  const last = log.at(-1);
  if (last === undefined) return descend('probe', 'start', 'if the problem is smooth, its slopes solve it');
  if (limited && !log.some(({ member }) => member === 'lagrangian')) return descend('polish', 'best', 'limits bind where an augmented Lagrangian can follow them');
  if (!DESCENTS.includes(last.member) && last.gained && !(last.turn === 'funnel' && last.converged)) return descend('polish', 'own', `${last.member} found a better place`);

  const descent = log.findLast(({ arm }) => arm === 'descent')!;
  if (budget - spent < FINISH * budget && !descent.converged && descent.turn !== 'finish') return { turn: 'finish', member: descent.member, params: {}, from: 'best', cap: budget, arm: 'descent', why: 'the last descent was still going down' };

  // Lines through the box, as long as they pay; another sweep looks between the samples of the last one.
  const took = (turn: string): number => log.reduce((sum, entry) => sum + (entry.turn === turn ? entry.cost : 0), 0);
  const lines = log.filter(({ turn }) => turn === 'lines');
  const vain = lines.length - 1 - lines.findLastIndex((entry) => entry.gained);
  const afford = LINES * budget - took('lines');
  if (afford >= SWEEP * dim && (lines.length === 0 || vain < Math.min(2, lines.length))) {
    return { turn: 'lines', member: 'coordinate', params: vain > 0 ? { samples: 56, most: 80 } : {}, from: 'best', cap: afford, why: lines.length === 0 ? 'if the problem is a sum over coordinates, lines through the box solve it' : 'lines paid' };
  }

  // The global members take turns; one that has just found a better place goes on.
  const turns = log.filter(({ turn }) => GLOBAL.includes(turn));
  const now = turns.at(-1)?.turn;
  const begun = turns.findLastIndex(({ turn }) => turn !== now) + 1;
  const mine = now === undefined ? [] : turns.slice(begun);
  const open = now === 'restarts' ? mine.reduce((sum, entry) => sum + entry.cost, 0) < TURN * budget * worth(mine, first) : mine.at(-1)?.gained === true;
  const round = turns.reduce((sum, entry, i) => (i > 0 && turns[i - 1]!.turn === entry.turn ? sum : sum + 1), 0);
  const turn = open ? now! : GLOBAL[round % GLOBAL.length]!;
  if (turn === 'restarts') return descend(turn, 'anywhere', 'if there are few valleys, descents from many places find the best');
  if (turn === 'differences') return { turn, member: 'differential', params: {}, from: 'anywhere', cap: TURN * budget, arm: turn, why: 'if good places share coordinates, a population recombines them' };
  const runs = log.filter((entry) => entry.turn === turn && entry.converged).length;
  const population = Math.min(1000, Math.floor(4 + 3 * ln(dim)) << Math.min(runs, 8));
  return { turn, member: dim <= DENSE ? 'cmaes' : 'cmaes-separable', params: { population }, from: 'anywhere', cap: TURN * budget, arm: turn, why: 'if there is a funnel under the ripples, a normal distribution follows it' };
}

/** How many turns' worth of restarts there should be: none more when five end nearly as high as everything began, twice as many when all end nearly as low as the best. */
function worth(restarts: readonly Entry[], first: number): number {
  const height = (loss: number, best: number): number => (loss - best) / (first - best);
  const runs = restarts.reduce((sum, entry) => sum + entry.runs, 0);
  if (runs >= 5 && restarts.every(({ own, best }) => height(own, best) > 0.05)) return 0;
  return restarts.every(({ worst, best }) => height(worst, best) < 0.01) ? 2 : 1;
}

/** Outside a box: neighbours alone. */
function elsewhere(budget: number, log: readonly Entry[]): Step {
  const members = ['annealing', 'aging'];
  const member = members[log.length % 2]!;
  return { turn: member, member, params: {}, from: log.length === 0 ? 'start' : log.length === 1 ? 'anywhere' : 'best', cap: Math.max(1, ELSEWHERE * budget), why: member === 'annealing' ? 'neighbours, uphill at first' : 'a population of neighbours' };
}
