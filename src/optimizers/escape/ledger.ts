/** What escapes have done so far, and the best point. */
import { NadirError } from '../../core/errors.ts';
import { better } from '../../core/run.ts';
import type { Batch, Context, Descent, Scores, Snapshot } from '../../core/types.ts';
import type { Escape, EscapeStatistics, Scales } from '../escape.ts';

const MOST = 1000;

export interface Best { readonly x: Float64Array; readonly loss: number; readonly violation: number }
export interface Ledger {
  best: Best | undefined;
  steps: number;
  stagnations: number;
  spent: number;
  readonly count: number;
  readonly accepted: number;
  note(escape: Escape): void;
  /** Keeps a point that is better than the best so far, copied. */
  keep(x: Float64Array, loss: number, violation: number): void;
  report(scales: Scales, reach: number): EscapeStatistics;
  save(): Snapshot;
}
interface Saved { readonly steps: number; readonly stagnations: number; readonly spent: number; readonly count: number; readonly accepted: number; readonly escapes: readonly Escape[]; readonly stride: number; readonly best: Best | null }

export function openLedger(snapshot?: Snapshot): Ledger {
  const saved = snapshot as unknown as Saved | undefined;
  let { count = 0, accepted = 0, stride = 1 } = saved ?? {};
  let escapes = [...(saved?.escapes ?? [])];
  const ledger: Ledger = {
    best: saved?.best ? { ...saved.best, x: saved.best.x.slice() } : undefined,
    steps: saved?.steps ?? 0,
    stagnations: saved?.stagnations ?? 0,
    spent: saved?.spent ?? 0,
    get count() {
      return count;
    },
    get accepted() {
      return accepted;
    },
    note(escape) {
      if (count++ % stride === 0) escapes.push(escape);
      if (escape.accepted) accepted++;
      if (escapes.length <= MOST) return;
      escapes = escapes.filter((_, i) => i % 2 === 0);
      stride *= 2;
    },
    keep(x, loss, violation) {
      const { best } = ledger;
      if (!(loss < Infinity) || (best !== undefined && !better(loss, violation, best.loss, best.violation))) return;
      const copy = best?.x ?? new Float64Array(x.length);
      copy.set(x);
      ledger.best = { x: copy, loss, violation };
    },
    report: (scales, reach) => ({ steps: ledger.steps, stagnations: ledger.stagnations, count, accepted, escapes: [...escapes], spent: ledger.spent, scales, reach, best: ledger.best?.loss ?? null }),
    save: () => ({ steps: ledger.steps, stagnations: ledger.stagnations, spent: ledger.spent, count, accepted, escapes: [...escapes], stride, best: ledger.best ? { ...ledger.best, x: ledger.best.x.slice() } : null }),
  };
  return ledger;
}

/** What these points of a batch took, in the problem's cost. */
export function price(batch: Batch<Float64Array>, scores: Scores<Float64Array>, points: number, context: Context<Float64Array>): number {
  if (scores.cost !== undefined) return (scores.cost * points) / batch.xs.length;
  return points * (1 + (batch.gradient ? (context.gradient ?? 1) : 0)) * (context.share?.(batch) ?? 1);
}

/** The parts of its data that candidates are judged on; undefined is a mini-batch. */
export function parts(evalOn: string): readonly ('train' | 'validation' | undefined)[] {
  return evalOn === 'both' ? ['train', 'validation'] : evalOn === 'batch' ? [undefined] : [evalOn as 'train'];
}

/** Asks a problem over data for those parts, so that one it does not have is an error before anything is spent. */
export function judges(evalOn: string, context: Context<Float64Array>): void {
  for (const part of parts(evalOn)) if (part) context.share?.({ xs: [], part });
}

/** Throws unless it asks for the point where it stands. */
export function standing(descent: Descent): void {
  const batch = descent.ask();
  if (batch && !(batch.xs.length === 1 && same(batch.xs[0]!, descent.x))) throw new NadirError('input', `escaping is around a descent that asks for ${batch.xs.length === 1 ? 'another point than its x' : `${batch.xs.length} points`}; allowed: one that asks for its x`);
}

/** The answer to point i alone. */
export function only(scores: Scores<Float64Array>, i: number): Scores<Float64Array> {
  return { loss: scores.loss.subarray(i, i + 1), violation: scores.violation?.subarray(i, i + 1), gradient: scores.gradient && [scores.gradient[i]!] };
}

export function same(a: Float64Array, b: Float64Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i]! !== b[i]!) return false;
  return true;
}

export function norm(x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * x[i]!;
  return Math.sqrt(sum);
}

export function distance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const d = a[i]! - b[i]!;
    sum += d * d;
  }
  return Math.sqrt(sum);
}

/** Mean distance between two of them, 0 for fewer. */
export function spread(xs: readonly Float64Array[]): number {
  let sum = 0;
  for (let i = 0; i < xs.length; i++) for (let j = 0; j < i; j++) sum += distance(xs[i]!, xs[j]!);
  return xs.length > 1 ? (2 * sum) / (xs.length * (xs.length - 1)) : 0;
}

/** The cosine between the gradient at y and the way there from x: negative where it goes further down. */
export function along(gradient: Float64Array, y: Float64Array, x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += gradient[i]! * (y[i]! - x[i]!);
  return sum / (norm(gradient) * distance(y, x));
}
