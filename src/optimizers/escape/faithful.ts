/**
 * The published escape, with its weaknesses: candidates share the descent's moments one after the other and pollute them; the point it left is
 * none of them, so that an escape can go uphill; parameters at 0 stay there; the noise explodes with the step where the gradient vanishes; all
 * steps of an escape see the last mini-batch again; evalBatchFactor means nothing.
 *
 * Where it deviates: candidates are clipped into the box, which the published one does not have; evalOn is the mini-batch unless told ('batch'), where
 * the published one scores on the training or the validation data; the mini-batch that an escape sees again is the last one of the descent.
 */
import { restoreRandom } from '../../core/random.ts';
import { better } from '../../core/run.ts';
import type { Batch, Context, Descent, Scores, Snapshot } from '../../core/types.ts';
import type { Begin } from '../chain.ts';
import type { EscapeDescent, EscapeOptions, Scales } from '../escape.ts';
import { distance, judges, norm, openLedger, parts, price, spread, standing } from './ledger.ts';
import { watch } from './stagnation.ts';

interface Tried { readonly x: Float64Array; readonly loss: number; readonly violation: number; readonly scale: number }
/** An escape at work on candidate k, which has made so many of its mini-steps and been judged on so many parts. */
interface Trial { readonly from: Float64Array; readonly before: number; readonly candidates: readonly Float64Array[]; readonly scales: readonly number[]; k: number; steps: number; judged: number; loss: number; best: Tried | null }
interface Saved { readonly random: Snapshot; readonly inner: Snapshot; readonly watch: Snapshot; readonly ledger: Snapshot; readonly at: number; readonly skipped: number; readonly trial: Trial | null }

export function faithful(begin: Begin, options: EscapeOptions, scales: Scales): Begin {
  const { evalSteps, evalOn, trackBest } = options;
  const repeated = scales.flatMap(([scale, count]) => Array.from({ length: count }, () => scale));

  return function start(space, context: Context<Float64Array>, snapshot, forgets = false, forked = false): EscapeDescent {
    judges(evalOn, context);
    const saved = snapshot as unknown as Saved | undefined;
    const random = saved ? restoreRandom(saved.random, context.backend) : context.random.fork('escape');
    const inner: Descent = begin(space, context, saved?.inner, forgets, forked);
    const watching = watch(options, false, context.share !== undefined, saved?.watch);
    const ledger = openLedger(saved?.ledger);
    let at = saved?.at ?? 0; // the last mini-batch of the descent
    let skipped = saved?.skipped ?? 0; // mini-batches that the inner descent has counted and nobody has seen
    let trial: Trial | undefined = saved?.trial ? { ...saved.trial } : undefined;
    let own: Batch<Float64Array> | undefined; // what the inner descent asked, where that is pending
    let pending: Batch<Float64Array> | undefined;

    /** w + N(0,1) |w| e scale, all of them before the first moves. */
    function draw(before: number): void {
      const { x, step } = inner;
      const candidates = repeated.map((scale) => {
        const y = x.slice();
        for (let i = 0; i < y.length; i++) y[i] = y[i]! + random.normal() * Math.abs(x[i]!) * step[i]! * scale;
        space.clip(y);
        return y;
      });
      trial = { from: x.slice(), before, candidates, scales: repeated, k: 0, steps: 0, judged: 0, loss: 0, best: null };
      inner.x.set(candidates[0]!);
    }

    function stepped(scores: Scores<Float64Array>): void {
      const loss = scores.loss[0]!;
      if (trackBest) ledger.keep(pending!.xs[0]!, loss, scores.violation?.[0] ?? 0);
      if (trial) {
        ledger.spent += price(pending!, scores, 1, context);
        skipped++;
        trial.steps++;
      } else {
        at = pending!.at ?? 0;
        ledger.steps++;
        if (loss === Infinity) return;
        const { stagnant, stuck } = watching.see(loss, norm(scores.gradient![0]!));
        if (stagnant) ledger.stagnations++;
        if (stuck) draw(loss);
      }
    }

    /** Scored where it moved to; after the last one the best of them goes on. */
    function scored({ loss, violation }: Scores<Float64Array>): void {
      const t = trial!;
      const v = violation?.[0] ?? 0;
      t.loss += loss[0]!;
      if (++t.judged < parts(evalOn).length) return;
      if (t.loss < Infinity && (t.best === null || better(t.loss, v, t.best.loss, t.best.violation))) t.best = { x: inner.x.slice(), loss: t.loss, violation: v, scale: t.scales[t.k]! };
      Object.assign(t, { k: t.k + 1, steps: 0, judged: 0, loss: 0 });
      if (t.k < t.candidates.length) {
        inner.x.set(t.candidates[t.k]!);
        return;
      }
      const { best, from, before, candidates } = t;
      inner.x.set(best?.x ?? from);
      ledger.note({ step: ledger.steps, before, after: best?.loss ?? before, distance: best ? distance(best.x, from) : 0, scale: best?.scale ?? 0, diversity: spread(candidates), accepted: best !== null });
      watching.reset(true);
      trial = undefined;
    }

    const save = (): Snapshot => ({ random: random.save(), inner: inner.save(), watch: watching.save(), ledger: ledger.save(), at, skipped, trial: trial ? ({ ...trial } as unknown as Snapshot) : null });
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
      ask() {
        if (pending !== undefined) return pending;
        if (trial && trial.steps === evalSteps) {
          own = undefined;
          return (pending = { xs: [inner.x.slice()], ...(parts(evalOn)[trial.judged] === undefined ? { at } : { part: parts(evalOn)[trial.judged] }) });
        }
        standing(inner); // its x is moved about, which half of a step of `sharpen` would not survive
        own = inner.ask();
        return (pending = own && (own.at === undefined || (trial === undefined && skipped === 0) ? own : { ...own, at: trial ? at : own.at - skipped }));
      },
      tell(told, scores) {
        if (told !== pending) {
          pending = undefined;
          return inner.tell(told, scores);
        }
        if (own === undefined) {
          ledger.spent += price(told, scores, 1, context);
          scored(scores);
        } else {
          inner.tell(own, scores);
          stepped(scores);
        }
        pending = undefined;
        return { loss: scores.loss[0]!, escapes: ledger.count, accepted: ledger.accepted, stagnation: watching.count };
      },
      save,
      fork: (x, fresh) => start(space, context, { ...(save() as { [key: string]: Snapshot }), inner: inner.fork(x, fresh).save(), trial: null }, false, true),
      report: () => ledger.report(scales, 1),
    };
  };
}
