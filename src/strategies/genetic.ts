/**
 * Strategy 6: regularised evolution (Real, Aggarwal, Huang, Le 2019) of the program outside, CMA-ES (optimizers/cmaes.ts) on the doubles it reads inside.
 *
 * It maps one to one: a member is a kernel, a child is its parent after a move or two of the program space, the oldest member dies. What is ours is what a loss costs: the
 * population lives on a prefix of the text, which grows as the cost is spent, and a child is first looked at on a shorter one, where it must come near its parent.
 * Within its share of the cost, CMA-ES moves the active doubles of the best program around where they are, one coordinate a double.
 * It is over 300 lines because what is to be done next is one decision, and all of it is saved.
 * Surprise: the shorter look must be strict. Four of five children fail it at a quarter of the price; when 0.4 % worse was good enough, three of four passed, and it ended higher.
 */
import { resolve } from '../core/options.ts';
import { restoreRandom } from '../core/random.ts';
import type { Backend, Batch, Optimizer, Params, Scores, Snapshot } from '../core/types.ts';
import { cmaes, populationOf } from '../optimizers/cmaes.ts';
import { work } from '../problems/program/assembler.ts';
import { box } from '../spaces/box.ts';
import { programs, same, type Kernel } from '../spaces/program.ts';
import { active } from '../spaces/program/listing.ts';
import { grow, mutate } from '../spaces/program/moves.ts';
import type { StrategyContext, StrategyDef } from './strategy.ts';

export interface GeneticParams extends Params { readonly population: number; readonly tournament: number; readonly batch: number; readonly inner: number; readonly prefix: number; readonly slack: number }

const COST = 30_000; // when none is expected
const RUNG = 4; // a prefix is so many times the one before it
const RATION = 3; // batches of children at most before those that passed are scored
const GENERATIONS = 8; // of CMA-ES in one go
const WIDEST = 64; // doubles that it moves
const REACH = 0.5; // how far from where they are
const LIGHT = 4e-6; // share of its loss that a nanosecond a byte is worth: a table must gain 0.04 %
const AUDIT = 0.1; // share of the cost for scores of the best on the whole text, before the end

/** losses[i]: on the prefix of level i, Infinity where unknown. */
interface Member { readonly kernel: Kernel; readonly losses: readonly number[] }
/** Score the start on the whole text; a population on the prefix of `stage`; children at a first look, then on their level; the best on the whole text; what CMA-ES asks for. */
type Duty = 'start' | 'settle' | 'look' | 'score' | 'audit' | 'inner';
interface Inner { readonly base: Member; readonly indices: readonly number[]; readonly left: number; readonly winner: Member | undefined }
interface Saved {
  readonly rung: readonly number[]; readonly known: boolean; readonly random: Snapshot; readonly pool: readonly Snapshot[]; readonly waiting: readonly Snapshot[]; readonly ready: readonly Snapshot[]; readonly best: Snapshot;
  readonly level: number; readonly stage: number; readonly spent: number; readonly audited: number; readonly audits: number; readonly refined: number; readonly inside: number; readonly runs: number; readonly price: number; readonly tries: number;
  readonly inner: { readonly base: Snapshot; readonly indices: readonly number[]; readonly left: number; readonly winner: Snapshot; readonly state: Snapshot } | null;
  readonly duty: Duty | null; readonly pending: readonly Snapshot[] | null;
}

export const genetic: StrategyDef<GeneticParams> = {
  name: 'genetic',
  number: 6,
  about: 'regularised evolution of the program, CMA-ES on the doubles it reads',
  options: {
    population: { default: 16, about: 'members', min: 4, max: 1024, integer: true },
    tournament: { default: 5, about: 'members drawn for a tournament; the best is a parent', min: 1, max: 1024, integer: true },
    batch: { default: 8, about: 'children a batch', min: 1, max: 256, integer: true },
    inner: { default: 0.25, about: 'share of the cost that CMA-ES may take', min: 0, below: 1 },
    prefix: { default: 3000, about: 'bytes of the shortest prefix, more or less', min: 64, max: 1e9, integer: true },
    slack: { default: 0, about: 'how much worse than its parent a child may be at the first look, as a share', min: 0, max: 1 },
  },
  start,
};

function start(params: GeneticParams, context: StrategyContext, snapshot?: Snapshot): Optimizer<Kernel> {
  const { batch: brood, population, slack } = params;
  const { corpus, backend } = context;
  const plan = Math.max(1, context.cost ?? COST);
  const shares = levels(corpus.length, params.prefix);
  const top = shares.length - 1;
  const rung = [corpus.length, context.bits, plan];
  const before = snapshot as unknown as Saved | undefined;
  const saved = before && before.rung.every((value, i) => value === rung[i]) ? before : undefined;
  const comparable = before !== undefined && before.rung[0] === rung[0] && before.rung[1] === rung[1];
  const known = saved?.known ?? comparable; // whether the population's losses are of this text
  const random = before ? restoreRandom(before.random, backend) : context.random;

  let pool: Member[] = (before?.pool ?? []).map(decode); // oldest first
  const waiting: Member[] = (saved?.waiting ?? []).map(decode); // for a first look
  let ready: Member[] = (saved?.ready ?? []).map(decode); // children that came near their parents
  let best: Member | undefined = before?.best ? decode(before.best) : undefined; // of this level
  let level = saved?.level ?? (comparable ? before.level : 0);
  let stage = saved?.stage ?? level;
  let spent = saved?.spent ?? 0;
  let audited = saved?.audited ?? Infinity; // the best loss on the whole text
  let audits = saved?.audits ?? 0; // what such scores cost
  let refined = saved?.refined ?? Infinity; // what the best was when CMA-ES last ended
  let inside = saved?.inside ?? 0; // what CMA-ES cost
  let runs = saved?.runs ?? 0; // of CMA-ES
  let price = saved?.price ?? Infinity; // of a score on the whole text, by the last batch
  let tries = saved?.tries ?? 0; // batches of children since some were scored
  let inner: Inner | undefined = saved?.inner ? { base: decode(saved.inner.base), indices: saved.inner.indices, left: saved.inner.left, winner: saved.inner.winner ? decode(saved.inner.winner) : undefined } : undefined;
  let cma: { readonly optimizer: Optimizer<Float64Array>; readonly room: Backend } | undefined;
  let duty: Duty = saved?.duty ?? 'start';
  let members: Member[] = (saved?.pending ?? []).map(decode); // of the batch that is out
  let pending: Batch<Kernel> | undefined;
  /** The level of the first look. */
  const low = (): number => Math.max(0, level - 1);
  const at = (member: Member, where: number): number => member.losses[where] ?? Infinity;
  /** Its loss, a little more for slow programs: what does nothing would stay, and every later score would cost more. */
  const merit = (member: Member, where: number): number => at(member, where) * (1 + LIGHT * work(member.kernel));
  const sizeOf = ({ words }: Kernel): number => words.reduce((n, word) => n + (word === 0 ? 0 : 1), 0);
  if (inner) openCma(saved!.inner!.state);
  if (saved?.duty) pending = duty === 'inner' ? innerBatch() : dress();
  else if (saved === undefined) begin();

  /** A new rung: what it remembers was on another text, except when only the cost is new. */
  function begin(): void {
    const first = context.x0 ?? best?.kernel ?? pool[0]?.kernel ?? programs.sample(random);
    if (!comparable) {
      pool = pool.sort((x, y) => at(x, before!.level) - at(y, before!.level)).map(({ kernel }) => ({ kernel, losses: [] }));
      best = undefined;
      // On a longer text it begins where the last one ended.
      while (before && level < top && shares[level]! * corpus.length < before.rung[0]! / 2) level++;
      stage = Math.max(0, level - 1);
    }
    members = [{ kernel: first, losses: [] }];
    pending = dress();
  }

  /** The batch of a duty: its share of the text, and beyond what loss nobody cares. */
  function dress(): Batch<Kernel> {
    const xs = members.map(({ kernel }) => kernel);
    switch (duty) {
      case 'start': return { xs };
      case 'audit': return { xs, ...(audited < Infinity && { above: audited }) };
      case 'settle': return { xs, fidelity: shares[stage]! };
      default: {
        const where = duty === 'look' ? low() : level;
        const above = limit(where);
        return { xs, fidelity: shares[where]!, ...(above < Infinity && { above }) };
      }
    }
  }
  /** Beyond the worst of a full population a child is nothing. */
  function limit(where: number): number {
    if (pool.length < population) return Infinity;
    let worst = 0;
    for (const member of pool) worst = Math.max(worst, at(member, where));
    return worst * (1 + slack);
  }

  function pick(): Member {
    let winner = pool[random.int(pool.length)]!;
    for (let k = 1; k < params.tournament; k++) {
      const other = pool[random.int(pool.length)]!;
      if (merit(other, level) < merit(winner, level)) winner = other;
    }
    return winner;
  }

  /** A move from the winner of a tournament, sometimes a few; short programs grow. Its losses are its parent's merits until it has its own. */
  function child(): Member {
    const parent = pick();
    const size = sizeOf(parent.kernel);
    let { kernel } = parent;
    do kernel = random.f64() < (size < 16 ? 0.6 : size < 32 ? 0.3 : 0.15) ? grow(kernel, random) : mutate(kernel, random);
    while (random.f64() < 0.25);
    return { kernel: same(kernel, parent.kernel) ? programs.neighbor(kernel, random) : kernel, losses: parent.losses.map((loss) => loss * (1 + LIGHT * work(parent.kernel))) };
  }

  /** The share of the cost at which a level ends: the longer prefixes get more. */
  function ends(where: number): number {
    const part = (where + 1) / (top + 1);
    return part * Math.sqrt(part);
  }
  /** What to do next. */
  function next(): void {
    if (ready.length > 0 && (ready.length >= brood / 2 || tries >= RATION)) {
      tries = 0;
      duty = 'score';
      members = ready.splice(0, brood);
    } else if (waiting.length > 0) {
      duty = level > 0 ? 'look' : 'score';
      members = waiting.splice(0, brood);
    } else if (level < top && pool.length > 0 && spent >= plan * ends(level)) {
      members = pool.sort((x, y) => merit(x, level) - merit(y, level)).slice(0, brood);
      pool = [];
      ready = [];
      best = undefined;
      refined = Infinity;
      stage = ++level;
      duty = 'settle';
    } else if (best && level < top && at(best, top) === Infinity && audits <= AUDIT * spent) {
      duty = 'audit';
      members = [best];
    } else if (best && pool.length >= population / 2 && at(best, low()) < refined && inside + GENERATIONS * populationOf(WIDEST) * price * shares[low()]! <= params.inner * spent) openInner(best);
    else if (pool.length < 4) { // all from nothing
      duty = 'score';
      members = Array.from({ length: brood }, () => ({ kernel: programs.sample(random), losses: [] }));
    } else {
      tries++;
      duty = level > 0 ? 'look' : 'score';
      members = Array.from({ length: brood }, child);
    }
  }

  function openInner(base: Member): void {
    const indices = active(base.kernel);
    while (indices.length > WIDEST) indices.splice(random.int(indices.length), 1);
    refined = at(base, low());
    if (indices.length < 2) return next();
    inner = { base, indices, left: GENERATIONS, winner: undefined };
    runs++;
    openCma();
  }
  /** CMA-ES around the doubles of the base. */
  function openCma(state?: Snapshot): void {
    const { base, indices } = inner!;
    const center = Float64Array.from(indices, (i) => finite(base.kernel.doubles[i]!));
    const reach = center.map((x) => REACH * Math.max(1, Math.abs(x)));
    const room = backend.scope();
    const space = box(indices.length, center.map((x, i) => x - reach[i]!), center.map((x, i) => x + reach[i]!));
    const optimizer = cmaes.start(space, resolve('optimizer cmaes', cmaes.options, { sigma: 0.1 }), { random: random.fork(`inner ${runs}`), backend: room, x0: center }, state) as Optimizer<Float64Array>;
    duty = 'inner';
    cma = { optimizer, room };
  }
  function innerBatch(): Batch<Kernel> {
    const { base, indices } = inner!;
    const { xs } = cma!.optimizer.ask()!;
    members = xs.map((x) => {
      const kernel = programs.copy(base.kernel);
      indices.forEach((i, j) => (kernel.doubles[i] = x[j]!));
      return { kernel, losses: [] };
    });
    return { xs: members.map(({ kernel }) => kernel), fidelity: shares[low()]!, above: at(base, low()) * 1.1 };
  }
  function tellInner(scores: Scores<Kernel>): void {
    const { base, left } = inner!;
    let { winner } = inner!;
    const { optimizer, room } = cma!;
    optimizer.tell(optimizer.ask()!, { loss: scores.loss.slice() });
    scores.loss.forEach((loss, i) => {
      if (loss < at(winner ?? base, low())) winner = { kernel: members[i]!.kernel, losses: only(low(), loss) };
    });
    inner = { ...inner!, winner, left: left - 1 };
    if (left > 1 && optimizer.ask()) return;
    room.release();
    cma = undefined;
    inner = undefined;
    if (winner) {
      refined = at(winner, low());
      if (level === 0) add(winner);
      else waiting.push({ kernel: winner.kernel, losses: [] }); // its children are compared with it at the first look too
    }
  }

  function add(member: Member): void {
    pool.push(member);
    if (pool.length > population) pool.shift(); // the oldest
    if (best === undefined || at(member, level) < at(best, level)) best = member;
  }

  /** The duty is done; what follows from it at once stays in `pending`. */
  function learn({ loss }: Scores<Kernel>): void {
    const told = members;
    const scored = (where: number): Member[] => told.map(({ kernel, losses }, i) => ({ kernel, losses: Object.assign(only(where, loss[i]!), losses.slice(0, where)) }));
    switch (duty) {
      case 'start':
        audited = Math.min(audited, loss[0]!);
        if (known) return;
        duty = 'settle';
        members = [told[0]!, ...pool.filter(({ kernel }) => !same(kernel, told[0]!.kernel)).slice(0, brood - 1)];
        pool = [];
        pending = dress();
        return;
      case 'settle':
        members = scored(stage);
        if (stage < level) {
          stage++;
          pending = dress();
        } else for (const member of members) add(member);
        return;
      case 'audit': {
        const member = { kernel: told[0]!.kernel, losses: Object.assign(only(top, loss[0]!), told[0]!.losses.slice(0, top)) };
        audited = Math.min(audited, loss[0]!);
        pool = pool.map((other) => (same(other.kernel, member.kernel) ? member : other));
        best = member;
        return;
      }
      case 'look':
        told.forEach(({ kernel, losses }, i) => {
          const child = { kernel, losses: only(low(), loss[i]!) };
          if (loss[i]! < Infinity && merit(child, low()) <= (losses[low()] ?? Infinity) * (1 + slack)) ready.push(child);
        });
        return;
      default: {
        const most = limit(level);
        for (const member of scored(level)) if (at(member, level) <= most) add(member);
      }
    }
  }

  return {
    ask() {
      if (pending) return pending;
      if (!inner) next();
      return (pending = inner ? innerBatch() : dress());
    },
    tell(batch, scores) {
      if (batch !== pending) {
        batch.xs.forEach((x, i) => {
          if ((batch.fidelity ?? 1) === shares[level] && scores.loss[i]! < Infinity) waiting.push({ kernel: programs.copy(x), losses: [] });
        });
        return;
      }
      pending = undefined;
      const cost = scores.cost ?? batch.xs.length * (batch.fidelity ?? 1);
      spent += cost;
      if (batch.xs.length > 0 && duty !== 'start') price = cost / (batch.xs.length * (batch.fidelity ?? 1));
      if (duty === 'audit' || duty === 'start') audits += cost;
      if (duty === 'inner') {
        inside += cost;
        tellInner(scores);
      } else learn(scores);
      return { level, members: pool.length, size: best ? sizeOf(best.kernel) : 0 };
    },
    save: () => ({
      rung, known, random: random.save(), pool: pool.map(encode), waiting: waiting.map(encode), ready: ready.map(encode), best: best ? encode(best) : null, level, stage, spent, audited, audits, refined, inside, runs, price, tries,
      inner: inner ? { base: encode(inner.base), indices: inner.indices, left: inner.left, winner: inner.winner ? encode(inner.winner) : null, state: cma!.optimizer.save() } : null,
      duty: pending ? duty : null, pending: pending && duty !== 'inner' ? members.map(encode) : null,
    }),
  };
}

/** Shares of the text, each four times the one before, the last all of it. */
function levels(length: number, least: number): number[] {
  const shares = [1];
  for (let share = 1 / RUNG; share * length >= least; share /= RUNG) shares.unshift(share);
  return shares;
}
/** Losses of which only one is known. */
function only(where: number, loss: number): number[] {
  const losses = new Array<number>(where + 1).fill(Infinity);
  losses[where] = loss;
  return losses;
}
/** What the machine makes of a double, within reason. */
const finite = (x: number): number => (Number.isNaN(x) ? 0 : Math.max(-1e6, Math.min(1e6, x)));
const encode = ({ kernel, losses }: Member): Snapshot => ({ words: kernel.words.slice(), doubles: kernel.doubles.slice(), losses: [...losses] });
function decode(saved: Snapshot): Member {
  const { words, doubles, losses } = saved as unknown as Kernel & Member;
  return { kernel: { words: words.slice(), doubles: doubles.slice() }, losses: [...losses] };
}
