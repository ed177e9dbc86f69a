/**
 * The mini-batch loss and the norm of its gradient, step by step, thinned to at most 2000 steps.
 *
 * A step is a gradient on the next mini-batch where the descent stands, be it beside candidates of an escape; a second gradient on the same
 * mini-batch (sharpness-aware minimization), candidates alone and plain evaluations are none.
 */
import { norm } from '../../optimizers/escape/ledger.ts';

import type { Batch, Scores, Snapshot } from '../../core/types.ts';
import type { TrainResult } from './results.ts';

const MOST = 2000;
const LOOKED = 256; // coordinates by which two points are told apart

export interface History {
  /** So far. */
  readonly steps: number;
  /** Whether the batch is a step, before it is told; `x`: where the descent stands, where that is known. */
  note(batch: Batch<Float64Array>, scores: Scores<Float64Array>, x: Float64Array | undefined): boolean;
  kept(): TrainResult['history'];
  save(): Snapshot;
}
interface Saved { readonly steps: number; readonly stride: number; readonly at: number; readonly step: readonly number[]; readonly loss: readonly number[]; readonly norm: readonly number[] }

export function openHistory(snapshot?: Snapshot): History {
  const saved = snapshot as unknown as Saved | undefined;
  let steps = saved?.steps ?? 0;
  let stride = saved?.stride ?? 1;
  let at = saved?.at ?? -1; // of the last step
  let step = [...(saved?.step ?? [])];
  let loss = [...(saved?.loss ?? [])];
  let norms = [...(saved?.norm ?? [])];

  return {
    get steps() {
      return steps;
    },
    note(batch, scores, x) {
      if (!batch.gradient || batch.part === 'validation' || (batch.at !== undefined && batch.at === at)) return false;
      if (x === undefined ? batch.xs.length !== 1 : !alike(batch.xs[0]!, x)) return false;
      at = batch.at ?? -1;
      steps++;
      if (steps % stride !== 0 || !(scores.loss[0]! < Infinity)) return true;
      step.push(steps);
      loss.push(scores.loss[0]!);
      norms.push(norm(scores.gradient![0]!));
      if (step.length <= MOST) return true;
      stride *= 2;
      const kept = step.map((each) => each % stride === 0);
      [step, loss, norms] = [step, loss, norms].map((row) => row.filter((_, i) => kept[i]!)) as [number[], number[], number[]];
      return true;
    },
    kept: () => ({ step: [...step], loss: [...loss], gradientNorm: [...norms] }),
    save: () => ({ steps, stride, at, step: [...step], loss: [...loss], norm: [...norms] }),
  };
}

function alike(a: Float64Array, b: Float64Array): boolean {
  const stride = Math.ceil(a.length / LOOKED);
  for (let i = a.length - 1; i >= 0; i -= stride) if (a[i] !== b[i]) return false; // from the end: output biases always move
  return true;
}
