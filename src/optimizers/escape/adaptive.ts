/**
 * The escape that leaves: candidates race the descent itself, which goes on beside them, and the first look that finds one ahead ends it.
 *
 * A race has no length of its own, since the way into the next basin takes as long as the learning rate says: a candidate is out when it has come
 * back, or when it has moved and what it wins a look, kept up for as long again, would not close its gap. Noise is scale x reach x (|w| + floor) x
 * step, its mean square 1 before the scale: where candidates come back the reach grows, where none does it shrinks, so that it finds the width of
 * basins in any unit, from the longest way of `lossWindow` steps on. At the first look the half whose gradients lead back the straightest is sent
 * away, and half of the candidates begin without the descent's moments: medians on 20 rotated instances of rastrigin in dim 10 from N(0, 1) after 3,000 and
 * 10,000 gradients are 5.0 and 2.0, for 57 and 41 % of the cost (Adam alone 9.95 and 9.95; nobody sent away 5.0 and 2.0, for 67 and 66 %; all with the
 * descent's moments 7.0 and 7.0, since Adam's are so small at a minimum that its first steps leave any basin; none with them 5.0 and 3.0).
 */
import { exp } from '../../../assembly/portable/math.ts';
import { restoreRandom } from '../../core/random.ts';
import { better } from '../../core/run.ts';
import { fold } from '../../spaces/box.ts';
import type { Batch, Context, Descent, Scores, Snapshot } from '../../core/types.ts';
import type { Begin } from '../chain.ts';
import type { EscapeDescent, EscapeOptions, Scales } from '../escape.ts';
import { along, distance, judges, norm, only, openLedger, parts, price, same, spread, standing } from './ledger.ts';
import { adaptation, shape } from './scales.ts';
import { watch } from './stagnation.ts';

const BACK = 0.5; // of the distance it was drawn at: nearer, it has come back
const MOVED = 0.3; // of that distance: judged from there on, or
const CALM = 0.3; // of its largest gradient norm: when it has settled
const AHEAD = 3; // looks, and twice those it has had, that its pace is trusted for
const MOST = 40; // looks at least until a race on a function ends; as long as the descent took to get there at most, up to
const LONGEST = 2000; // steps
const NOISY = 10; // looks, on mini-batches
const WANTED = 0.4; // share of candidates that come back
const GROWTH = 4; // of the reach when all that were not sent away do
const LEAST = 0.125; // reach: candidates nearer than a step of the descent are the descent
const DOUBLINGS = 20; // of the pause

interface Candidate {
  readonly descent: Descent;
  readonly scale: number;
  /** Where it was drawn (on mini-batches nobody asks), and how far from the point it may come back to. */
  readonly from: Float64Array | null;
  readonly drawn: number;
  out: 'back' | 'lost' | null;
  /** Its last loss, and losses above the incumbent's: the last, the sum of n in this look, the mean of the look before. */
  loss: number;
  now: number; sum: number; n: number; last: number;
  norm: number; most: number;
  /** The loss after as many steps more, by its gradient. */
  promise: number;
}
/** `candidates`: those that are not out. `before`: the last loss of the incumbent. */
interface Race { candidates: Candidate[]; readonly tried: readonly number[]; readonly diversity: number; readonly limit: number; steps: number; back: number; pruned: number; before: number; trial: Trial | null }
/** The winner before the judges: sums of losses so far. */
interface Trial { readonly k: number; judged: number; mine: number; its: number }
type Stored<T> = T extends { readonly descent: Descent } ? Omit<T, 'descent'> & { readonly descent: Snapshot } : never;
interface Saved {
  readonly random: Snapshot; readonly inner: Snapshot; readonly watch: Snapshot; readonly ledger: Snapshot; readonly scales: Snapshot; readonly reach: number; readonly unit: number; readonly before: Float64Array;
  readonly pause: number; readonly failed: number; readonly skipped: number; readonly owed: number; readonly due: number | null; readonly race: (Omit<Race, 'candidates'> & { readonly candidates: readonly Stored<Candidate>[] }) | null;
}

export function adaptive(begin: Begin, options: EscapeOptions, distribution: Scales): Begin {
  const { evalSteps, evalBatchFactor, evalOn, trackBest, selection, cooldown, moments, floor, clamp, lossWindow, lossThreshold } = options;

  return function start(space, context: Context<Float64Array>, snapshot, forgets = false, forked = false): EscapeDescent {
    const { dim, lower, upper } = space;
    const saved = snapshot as unknown as Saved | undefined;
    judges(evalOn, context);
    const noisy = context.share !== undefined; // a mini-batch of everything is no function either: with dropout its losses are random
    const random = saved ? restoreRandom(saved.random, context.backend) : context.random.fork('escape');
    let home = context.backend.scope(); // what the descent holds there
    let inner: Descent = begin(space, { ...context, backend: home }, saved?.inner, forgets, forked);
    if (saved === undefined) standing(inner);
    const watching = watch(options, true, noisy, saved?.watch);
    const ledger = openLedger(saved?.ledger);
    const scales = adaptation(distribution, saved?.scales);
    let reach = saved?.reach ?? 1; // in units
    let unit = saved?.unit ?? 0; // the longest way of a block, a coordinate
    const before = saved?.before.slice() ?? inner.x.slice(); // where the block began
    let pause = saved?.pause ?? 0; // steps until the next race may begin
    let failed = saved?.failed ?? 0; // races in a row
    let skipped = saved?.skipped ?? 0; // mini-batches that were seen beside the descent's own count
    let owed = saved?.owed ?? 0; // those of them that its next step will skip, when it has asked for half of this one
    let due = saved?.due ?? null; // its loss, when a race waits for that half
    let race: Race | undefined = saved?.race && !forgets ? { ...saved.race, trial: saved.race.trial && { ...saved.race.trial }, candidates: saved.race.candidates.map((c) => ({ ...c, descent: begin(space, context, c.descent, false, true) })) } : undefined;
    let owns: readonly Batch<Float64Array>[] = []; // what the descents of `pending` asked, one each
    let pending: Batch<Float64Array> | undefined;
    const widest = lower.reduce((most, low, i) => Math.max(most, (upper[i]! - low) / 2), 0);

    /** Whether it asks for another point than where it stands, as the second half of a step of `sharpen` does. */
    const halfway = (): boolean => !same(inner.ask()?.xs[0] ?? inner.x, inner.x);

    function draw(loss: number): void {
      if (!(unit > 0)) unit = widest / 1000; // a flat place, and never anything else
      const sigma = shape(inner, floor, clamp);
      const candidates: Candidate[] = [];
      const drawn: Float64Array[] = [];
      for (const [scale, count] of scales.counts()) {
        for (let n = 0; n < count; n++) {
          const y = inner.x.slice();
          for (let i = 0; i < dim; i++) y[i] = fold(y[i]! + random.normal() * scale * reach * unit * sigma[i]!, lower[i]!, upper[i]!);
          drawn.push(y);
          const fresh = moments === 'both' ? drawn.length % 2 === 1 : moments === 'fresh';
          candidates.push({ descent: inner.fork(y, fresh), scale, from: noisy ? null : y, drawn: distance(y, inner.x), out: null, loss: Infinity, now: Infinity, sum: 0, n: 0, last: Infinity, norm: 0, most: 0, promise: Infinity });
        }
      }
      const limit = evalSteps * (noisy ? NOISY : MOST);
      race = { candidates, tried: candidates.map(({ scale }) => scale), diversity: spread(drawn), limit: noisy ? limit : Math.max(limit, Math.min(LONGEST, watching.seen)), steps: 0, back: 0, pruned: 0, before: loss, trial: null };
    }

    /** A batch of the descent alone; a step counts once, where it stands. */
    function descended(scores: Scores<Float64Array>, home: boolean): void {
      if (home) stepped(scores);
      else if (trackBest && !noisy) ledger.keep(pending!.xs[0]!, scores.loss[0]!, scores.violation?.[0] ?? 0);
      if (due === null || halfway()) return;
      draw(due);
      due = null;
    }

    function stepped(scores: Scores<Float64Array>): void {
      const loss = scores.loss[0]!;
      ledger.steps++;
      if (trackBest && !noisy) ledger.keep(pending!.xs[0]!, loss, scores.violation?.[0] ?? 0);
      if (loss === Infinity) return;
      const { stagnant, stuck, block } = watching.see(loss, norm(scores.gradient![0]!));
      if (stagnant) ledger.stagnations++;
      if (block !== undefined && trackBest && noisy) ledger.keep(inner.x, block, 0);
      if (watching.seen % lossWindow === 0) {
        unit = Math.max(unit, distance(inner.x, before) / Math.sqrt(dim));
        before.set(inner.x);
      }
      if (pause > 0) pause--;
      else if (stuck) due = loss;
    }

    /** A step of all in the race; `at`: who was where it stands, since losses elsewhere compare nothing. */
    function raced(scores: Scores<Float64Array>, at: readonly boolean[]): void {
      const r = race!;
      if (trackBest && !noisy) pending!.xs.forEach((x, i) => ledger.keep(x, scores.loss[i]!, scores.violation?.[i] ?? 0));
      if (!at[0]) return;
      const { loss, violation } = scores;
      const mine = loss[0]!;
      const v = violation?.[0] ?? 0;
      const look = ++r.steps % evalSteps === 0;
      ledger.steps++;
      if (mine < Infinity) r.before = mine;
      r.candidates.forEach((c, i) => {
        if (!at[i + 1]) return;
        const its = (c.loss = loss[i + 1]!);
        const w = violation?.[i + 1] ?? 0;
        c.now = w === v ? its - mine : w < v ? -Infinity : Infinity;
        if (its === Infinity) c.out = 'lost';
        else if (mine < Infinity) {
          c.sum += c.now;
          c.n++;
        }
        if (!look) return;
        const g = scores.gradient![i + 1]!;
        c.norm = norm(g);
        c.most = Math.max(c.most, c.norm);
        if (selection === 'gradient' && r.steps === evalSteps) c.promise = along(g, pending!.xs[i + 1]!, pending!.xs[0]!);
      });
      if (look) judge(r);
      else r.candidates = r.candidates.filter(({ out }) => out === null);
      if (r.candidates.length === 0) finish(r, undefined, r.before, r.before);
    }

    /** A look: who is ahead, and who is out. */
    function judge(r: Race): void {
      const looks = r.steps / evalSteps;
      for (const c of r.candidates) {
        if (c.out !== null || c.n === 0) continue;
        const gap = c.sum / c.n;
        const pace = c.last - gap;
        c.last = gap;
        c.sum = c.n = 0;
        const judged = c.from === null ? looks > 1 : distance(c.descent.x, c.from) > MOVED * c.drawn || c.norm < CALM * c.most;
        if (!(distance(c.descent.x, inner.x) > BACK * c.drawn)) c.out = 'back';
        else if (!ahead(c) && ((judged && (gap > (AHEAD + 2 * looks) * pace || (!noisy && Math.abs(c.now) <= margin()))) || gap === Infinity || r.steps >= r.limit)) c.out = 'lost';
      }
      r.back += r.candidates.filter(({ out }) => out === 'back').length;
      r.candidates = r.candidates.filter(({ out }) => out === null);
      const winners = r.candidates.filter(ahead);
      if (winners.length > 0) {
        const by = (c: Candidate): number => (noisy ? c.last : c.now);
        const winner = winners.reduce((a, b) => (by(b) < by(a) ? b : a));
        if (evalOn === 'batch' && !noisy) finish(r, winner, r.before, winner.loss);
        else r.trial = { k: r.candidates.indexOf(winner), judged: 0, mine: 0, its: 0 };
      } else if (looks === 1 && selection === 'gradient') {
        const order = [...r.candidates].sort((a, b) => a.promise - b.promise);
        const kept = Math.ceil(order.length / 2);
        r.pruned = order.length - kept;
        r.candidates = order.slice(0, kept);
      }
    }

    /** What a loss must be lower by: what is progress for the descent, or on mini-batches can be told from chance. */
    const margin = (): number => (noisy ? watching.error : lossThreshold * lossWindow * Math.abs(race!.before));
    const ahead = (c: Candidate): boolean => (noisy ? c.last : c.now) < -margin();

    /** The incumbent and the winner on a part of the data; a winner that loses there is out. */
    function tried(scores: Scores<Float64Array>): void {
      const r = race!;
      const t = r.trial!;
      const [v, w] = [scores.violation?.[0] ?? 0, scores.violation?.[1] ?? 0];
      t.mine += scores.loss[0]!;
      t.its += scores.loss[1]!;
      const on = parts(evalOn).length;
      if (pending!.at !== undefined && halfway()) owed += pending!.span ?? 1;
      else if (pending!.at !== undefined) skipped += pending!.span ?? 1;
      if (++t.judged < on) return;
      const winner = r.candidates[t.k]!;
      r.trial = null;
      if (better(t.its + (evalOn === 'batch' ? margin() : 0), w, t.mine, v)) finish(r, winner, t.mine / on, t.its / on);
      else {
        r.candidates = r.candidates.filter((c) => c !== winner);
        if (r.candidates.length === 0) finish(r, undefined, r.before, r.before);
      }
    }

    function finish(r: Race, winner: Candidate | undefined, from: number, to: number): void {
      ledger.note({ step: ledger.steps, before: from, after: to, distance: winner ? distance(winner.descent.x, inner.x) : 0, scale: winner?.scale ?? 0, diversity: r.diversity, accepted: winner !== undefined });
      scales.learn(r.tried, winner?.scale);
      const share = r.back / r.tried.length;
      const most = widest / unit;
      if (winner) {
        home.release();
        home = context.backend.scope();
        inner = begin(space, { ...context, backend: home }, winner.descent.save(), false, forked);
        before.set(inner.x);
        failed = 0;
      } else pause = cooldown * (1 << Math.min(failed++, DOUBLINGS));
      reach = Math.min(most, Math.max(LEAST, reach * (r.back === r.tried.length - r.pruned ? GROWTH : exp(share - WANTED))));
      watching.reset(winner !== undefined && !noisy);
      race = undefined;
    }

    function save(): Snapshot {
      const running = race && { ...race, trial: race.trial && { ...race.trial }, candidates: race.candidates.map((c) => ({ ...c, descent: c.descent.save() })) };
      return { random: random.save(), inner: inner.save(), watch: watching.save(), ledger: ledger.save(), scales: scales.save(), reach, unit, before: before.slice(), pause, failed, skipped, owed, due, race: (running ?? null) as unknown as Snapshot };
    }

    function ask(): Batch<Float64Array> | undefined {
      if (race?.trial) {
        const part = parts(evalOn)[race.trial.judged];
        const xs = [inner.x.slice(), race.candidates[race.trial.k]!.descent.x.slice()];
        owns = [];
        return { xs, ...(part ? { part } : { at: (inner.ask()?.at ?? 0) + skipped + (halfway() ? 1 + owed : 0), span: evalSteps * evalBatchFactor }) };
      }
      const own = inner.ask();
      if (own === undefined) return undefined;
      owns = [own];
      const at = own.at === undefined ? {} : { at: own.at + skipped };
      if (race === undefined) return skipped === 0 ? own : { ...own, ...at };
      owns = [own, ...race.candidates.map((c) => c.descent.ask()!)];
      return { ...own, ...at, ...(evalBatchFactor > 1 ? { span: evalBatchFactor } : {}), xs: owns.map(({ xs }) => xs[0]!) };
    }

    return {
      get x() {
        return inner.x;
      },
      get step() {
        return inner.step;
      },
      get best() {
        return ledger.best;
      },
      ask: () => (pending ??= ask()),
      tell(told, scores) {
        if (told !== pending) {
          pending = undefined; // the descent may go on from one of these
          return inner.tell(told, scores);
        }
        if (race) ledger.spent += price(told, scores, race.trial ? 2 : race.candidates.length, context);
        if (race?.trial) tried(scores);
        else {
          const all = [inner, ...(race?.candidates ?? []).map((c) => c.descent)];
          const at = all.map(({ x }, i) => same(owns[i]!.xs[0]!, x));
          all.forEach((descent, i) => descent.tell(owns[i]!, race ? only(scores, i) : scores));
          if (race && at[0]) owed += evalBatchFactor - 1;
          if (inner.ask()?.at !== owns[0]!.at) [skipped, owed] = [skipped + owed, 0];
          if (race) raced(scores, at);
          else descended(scores, at[0]!);
        }
        pending = undefined;
        return { loss: scores.loss[0]!, escapes: ledger.count, accepted: ledger.accepted, stagnation: watching.count };
      },
      save,
      fork: (x, fresh) => start(space, context, { ...(save() as { [key: string]: Snapshot }), inner: inner.fork(x, fresh).save(), due: null, race: null }, false, true),
      report: () => ledger.report(scales.counts(), reach * unit),
    };
  };
}
