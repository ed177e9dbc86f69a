/**
 * Successive halving (K. Jamieson, A. Talwalkar: "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016) as an optimizer over optimizers.
 *
 * In each rung the members left share its cost equally; the best few by their losses on the rung's share of the data go on to the next rung, on more data, each from
 * its snapshot and its best point. Within a rung they take turns in slices of cost. What one spends over its slice it has less in its next, what a rung spends over is
 * missing in the next rung. One that throws ranks last and the race goes on. Surprise: a member that looks at small shares only may end a rung with no loss to compare,
 * so its best point is then scored on the rung's whole share, at its own cost.
 */
import { NadirError, messageOf } from '../core/errors.ts';
import { better } from '../core/run.ts';

import type { Batch, Json, Optimizer, Scores, Snapshot, Space } from '../core/types.ts';

export interface Rung {
  /** Its share of the cost; all rungs together have 1. */
  readonly share: number;
  /** The share of the data that its losses are of, above 0, up to 1. */
  readonly fidelity: number;
  /** How many members go on to the next one, from 1. */
  readonly keep: number;
}
/** What a member is started with: `x0`, its best of the rung before, is absent in the first and when it goes on within a rung. */
export interface Entry<X> { readonly rung: number; readonly cost: number; readonly x0?: X }
export interface Halving<X> {
  readonly space: Space<X>;
  readonly members: readonly string[];
  readonly rungs: readonly Rung[];
  /** Of the whole race, in the problem's unit. */
  readonly cost: number;
  /** Opens a member, when its first turn in a rung comes: afresh, from its snapshot of the rung before, or from one of this rung. */
  start(name: string, entry: Entry<X>, saved?: Snapshot): Optimizer<X>;
  /** Told when a member's turns in a rung are over. */
  stop?(name: string): void;
  /** Turns that each member has in a rung, default 6. */
  readonly slices?: number;
  /** Told of every better point of a member, on the same share of the data or on a larger. */
  improved?(standing: Standing, x: X): void;
}
/** How a member stands: its best loss and the share of the data that it is of. */
export interface Standing {
  readonly name: string;
  /** From 1; the first is ahead. */
  readonly rank: number;
  readonly rung: number;
  readonly state: 'racing' | 'out' | 'failed';
  readonly loss: number;
  readonly fidelity: number;
  readonly points: number;
  /** In all rungs. */
  readonly cost: number;
  /** What it threw. */
  readonly error: string | null;
}
export interface Race<X> extends Optimizer<X> {
  /** The members, those ahead first. */
  standings(): Standing[];
  readonly rung: number;
  /** The members left in this rung. */
  readonly left: number;
}

interface Best<X> { readonly x: X; readonly loss: number; readonly violation: number; readonly fidelity: number }
interface Member<X> {
  readonly name: string;
  rung: number;
  state: Standing['state'];
  best: Best<X> | undefined;
  fresh: Best<X> | undefined; // of this rung alone
  points: number;
  cost: number;
  spent: number; // in this rung
  done: boolean; // it has nothing left to try in this rung
  examined: boolean; // its best was scored on the rung's whole share, at the end of its turns
  error: string | null;
  snapshot: Snapshot;
  begun: boolean; // the snapshot is of this rung
  open: Optimizer<X> | undefined;
}
interface Saved { readonly rung: number; readonly slice: number; readonly turn: number; readonly total: number; readonly quota: number; readonly order: readonly number[]; readonly members: readonly { readonly [field: string]: Snapshot }[] }

/**
 * A race; `run` it, with the same cost, on the problem that its members are for, which knows `fidelity` unless every rung's is 1.
 * @throws `input` for rungs that make no sense
 * @example
 * const space = box(2, -5, 5);
 * const sphere = fromFunction((x) => x[0] * x[0] + x[1] * x[1], space);
 * const backend = await sharedBackend();
 * const race = halving({
 *   space, members: ['random', 'annealing', 'cmaes'], cost: 600, rungs: [{ share: 0.5, fidelity: 1, keep: 1 }, { share: 0.5, fidelity: 1, keep: 1 }],
 *   start: (name, { cost, x0 }, saved) => start(optimizer(name), sphere, {}, { random: createRandom(1).fork(name), backend, cost, x0 }, saved),
 * });
 * const { best } = await run(sphere, race, { cost: 600 });
 * best.loss < 0.01; // true
 */
export function halving<X>({ space, members: names, rungs, cost, start, stop, slices = 6, improved }: Halving<X>, snapshot?: Snapshot): Race<X> {
  check(names, rungs, cost);
  const saved = snapshot as unknown as Saved | undefined;
  const members = names.map((name, i): Member<X> => {
    const from = saved?.members[i];
    const best = decoded(from?.best);
    const fresh = from?.fresh === 'best' ? best : decoded(from?.fresh); // one point, not two that are equal
    return { name, rung: 0, state: 'racing', points: 0, cost: 0, spent: 0, done: false, examined: false, error: null, snapshot: undefined, begun: false, ...from, best, fresh, open: undefined };
  });
  let rung = saved?.rung ?? 0;
  let order = saved?.order ?? members.map((_, i) => i); // of this rung
  let slice = saved?.slice ?? 0;
  let turn = saved?.turn ?? 0; // a place in the order
  let total = saved?.total ?? 0;
  let quota = saved?.quota ?? 0; // of each member, in this rung
  let top: Best<X> | undefined;
  for (const { best } of members) if (best !== undefined && ahead(best, top)) top = best;
  let asked: { readonly outer: Batch<X>; readonly inner: Batch<X> | undefined } | undefined;
  if (saved === undefined) share();

  /** What each member of this rung may spend. */
  function share(): void {
    const end = rung === rungs.length - 1 ? cost : cost * rungs.slice(0, rung + 1).reduce((sum, each) => sum + each.share, 0);
    quota = Math.max(0, end - total) / order.length;
  }
  const parts = (): number => (order.length === 1 ? 1 : slices);

  function fail(member: Member<X>, error: unknown): void {
    member.state = 'failed';
    member.error = messageOf(error);
    member.snapshot = undefined;
    shut(member);
  }
  function shut(member: Member<X>): void {
    if (member.open === undefined) return;
    member.open = undefined;
    stop?.(member.name);
  }
  function opened(member: Member<X>): Optimizer<X> {
    if (member.open) return member.open;
    const x0 = member.begun ? undefined : member.best?.x;
    member.open = start(member.name, { rung, cost: quota, ...(x0 !== undefined && { x0: space.copy(x0) }) }, member.snapshot);
    member.begun = true;
    return member.open;
  }

  /** The next batch of the member whose turn it is; undefined when its turn is over. */
  function next(member: Member<X>): typeof asked {
    if (member.state !== 'racing') return undefined;
    const { fidelity } = rungs[rung]!;
    if (!member.done && member.spent < (quota * (slice + 1)) / parts()) {
      try {
        const inner = opened(member).ask();
        if (inner !== undefined && (inner.xs.length > 0 || inner.effort)) return { inner, outer: within(inner, fidelity, member) };
        member.done = true;
      } catch (error) {
        fail(member, error);
        return undefined;
      }
    }
    const last = slice === parts() - 1;
    const { best, fresh } = member;
    if (last && !member.examined && best !== undefined && best.fidelity < fidelity) return { inner: undefined, outer: { xs: fresh === undefined || fresh.x === best.x ? [best.x] : [best.x, fresh.x], fidelity } };
    return undefined;
  }

  /**
   * A batch on this rung's share of the data. Answers that are lower bounds must not pass for the best loss, neither here nor in `run`: its bound is raised to what
   * is the best on as much data, and is none where nothing is.
   */
  function within(batch: Batch<X>, share: number, { best }: Member<X>): Batch<X> {
    const { fidelity: part = 1, effort = 0 } = batch;
    if (!(part > 0 && part <= 1)) throw new NadirError('input', `its batch asks for ${part} of the data; allowed: a number above 0, up to 1`);
    if (!(effort >= 0 && effort < Infinity)) throw new NadirError('input', `the effort of its batch is ${effort}; allowed: a number from 0`);
    const fidelity = share * part;
    let above = batch.above ?? Infinity;
    for (const rival of [best, top]) above = rival === undefined || rival.fidelity < fidelity ? Infinity : rival.fidelity === fidelity ? Math.max(above, rival.loss) : above;
    return { ...batch, fidelity, above: above < Infinity ? above : undefined };
  }

  /** On to the next turn, slice or rung; false at the end of the race. */
  function advance(): boolean {
    if (++turn < order.length) return true;
    turn = 0;
    if (++slice < parts()) return true;
    slice = 0;
    for (const i of order) {
      guarded(members[i]!, (open) => (members[i]!.snapshot = open.save()));
      shut(members[i]!);
    }
    if (rung === rungs.length - 1) {
      order = [];
      return false;
    }
    const ranked = ranks().filter((i) => members[i]!.state === 'racing' && order.includes(i));
    const { keep } = rungs[rung]!;
    for (const i of ranked.slice(keep)) Object.assign(members[i]!, { state: 'out', snapshot: undefined });
    order = ranked.slice(0, keep).sort((a, b) => a - b);
    if (order.length === 0) return false;
    rung++;
    for (const i of order) Object.assign(members[i]!, { rung, fresh: undefined, spent: 0, done: false, examined: false, begun: false });
    share();
    return true;
  }

  /** Indices: the later rung first, then who has not failed, then by loss on the most data; of equals the first. */
  function ranks(): number[] {
    const compare = (a: Member<X>, b: Member<X>): number => Number(a.state === 'failed') - Number(b.state === 'failed') || b.rung - a.rung || (ahead(a.best, b.best) ? -1 : ahead(b.best, a.best) ? 1 : 0);
    return members.map((_, i) => i).sort((a, b) => compare(members[a]!, members[b]!) || a - b);
  }
  function standing(i: number, rank: number): Standing {
    const { name, state, best, points, cost: spent, error, rung: reached } = members[i]!;
    return { name, rank, rung: reached, state, loss: best?.loss ?? Infinity, fidelity: best?.fidelity ?? 0, points, cost: spent, error };
  }
  const standings = (): Standing[] => ranks().map((i, at) => standing(i, at + 1));

  function note(i: number, { xs, fidelity = 1 }: Batch<X>, { loss, violation, refined }: Scores<X>): void {
    const member = members[i]!;
    for (let k = 0; k < loss.length; k++) {
      const found = { x: refined?.[k] ?? xs[k]!, loss: loss[k]!, violation: violation?.[k] ?? 0, fidelity };
      if (!(found.loss < Infinity) || !ahead(found, member.fresh)) continue;
      member.fresh = { ...found, x: space.copy(found.x) };
      if (!ahead(member.fresh, member.best)) continue;
      member.best = member.fresh;
      if (ahead(member.best, top)) top = member.best;
      improved?.(standing(i, ranks().indexOf(i) + 1), member.best.x);
    }
  }

  return {
    get rung() {
      return rung;
    },
    get left() {
      return order.length;
    },
    standings,
    ask() {
      while (asked === undefined && order.length > 0) {
        asked = next(members[order[turn]!]!);
        if (asked === undefined && !advance()) break;
      }
      if (asked === undefined && members.every(({ state }) => state === 'failed')) throw new NadirError('objective', `every member of the race failed; the first, ${members[0]!.name}: ${members[0]!.error}`);
      return asked?.outer;
    },
    tell(batch, scores) {
      const member = order.length > 0 ? members[order[turn]!]! : undefined;
      if (asked === undefined || batch !== asked.outer) {
        if (member) guarded(member, (open) => open.tell(batch, scores)); // a point that nobody asked for
        return undefined;
      }
      const { inner } = asked;
      const price = (scores.cost ?? batch.xs.length * (batch.fidelity ?? 1)) + (batch.effort ?? 0);
      asked = undefined;
      total += price;
      member!.cost += price;
      member!.spent += price;
      member!.points += batch.xs.length;
      note(order[turn]!, batch, scores);
      if (inner !== undefined) guarded(member!, (open) => open.tell(inner, scores));
      else member!.examined = true;
      return { rung, members: order.length };
    },
    save() {
      for (const member of members) guarded(member, (open) => (member.snapshot = open.save()));
      return { rung, slice, turn, total, quota, order, members: members.map(({ open: _, best, fresh, ...member }) => ({ ...member, best: encoded(best), fresh: fresh === best ? 'best' : encoded(fresh) })) } as unknown as Snapshot;
    },
    report: () => standings() as unknown as Json,
  };

  function guarded(member: Member<X>, act: (open: Optimizer<X>) => unknown): void {
    try {
      if (member.open) act(member.open);
    } catch (error) {
      fail(member, error);
    }
  }
  function encoded(best: Best<X> | undefined): Snapshot {
    return best ? { ...best, x: space.encode(best.x) } : null;
  }
  function decoded(state: Snapshot): Best<X> | undefined {
    const best = state as unknown as (Omit<Best<X>, 'x'> & { readonly x: Json }) | null | undefined;
    return best ? { ...best, x: space.decode(best.x) } : undefined;
  }
}

/** Whether a point is better than another, which may not be there: more data first. */
function ahead<X>(a: Best<X> | undefined, b: Best<X> | undefined): boolean {
  if (a === undefined || b === undefined) return a !== undefined && b === undefined;
  return a.fidelity !== b.fidelity ? a.fidelity > b.fidelity : better(a.loss, a.violation, b.loss, b.violation);
}

function check(names: readonly string[], rungs: readonly Rung[], cost: number): void {
  if (names.length === 0) throw new NadirError('input', 'the race has no members; allowed: at least one');
  if (!(cost > 0 && cost < Infinity)) throw new NadirError('input', `cost of the race is ${cost}; allowed: a number above 0`);
  const all = rungs.reduce((sum, { share }) => sum + share, 0);
  if (!(Math.abs(all - 1) < 1e-9) || !rungs.every(({ share }) => share > 0)) throw new NadirError('input', `the shares of the rungs are ${rungs.map(({ share }) => share).join(', ')}; allowed: numbers above 0 with sum 1`);
  for (const [i, { keep, fidelity }] of rungs.entries()) {
    if (!Number.isInteger(keep) || keep < 1) throw new NadirError('input', `keep of rung ${i + 1} is ${keep}; allowed: an integer from 1`);
    if (!(fidelity > 0 && fidelity <= 1) || fidelity < (rungs[i - 1]?.fidelity ?? 0)) throw new NadirError('input', `fidelity of rung ${i + 1} is ${fidelity}; allowed: a number above 0, up to 1, and not below that of the rung before`);
  }
}
