/** `escape`: to be written. */
import type { Json } from '../core/types.ts';

/** One escape: what the descent looked like before and after it. */
export interface Escape {
  readonly [key: string]: Json;
  /** Descent steps before it. */
  readonly step: number;
  /** Losses on the candidates' own batch: of the point it left and of the winner. */
  readonly before: number;
  readonly after: number;
  /** Euclid, from the point it left to the winner; 0 when that point won. */
  readonly distance: number;
  /** The winner's scale; 0 when the point it left won. */
  readonly scale: number;
  /** Mean distance between two candidates as they were drawn. */
  readonly diversity: number;
  readonly accepted: boolean;
}
export interface EscapeStatistics {
  readonly [key: string]: Json;
  readonly steps: number;
  /** Steps that looked stagnant. */
  readonly stagnations: number;
  /** How many there were; `escapes` keeps at most 1000 of them, thinned. */
  readonly count: number;
  readonly accepted: number;
  readonly escapes: readonly Escape[];
  /** Evaluations with and without a gradient that candidates took, in the problem's cost. */
  readonly spent: number;
  /** The distribution of scales as adapted by success: [scale, count]. */
  readonly scales: readonly (readonly [number, number])[];
}
