/** What training and the landscape study leave behind: types only, JSON all of them. */
import type { EscapeStatistics } from '../../optimizers/escape.ts';

/** A configuration as its JSON file has it. */
export interface TrainConfig {
  /** One segment; names `{name}_results.json`. */
  readonly name: string;
  readonly about?: string;
  /** What `openData` takes: `mnist`, `fashion-mnist`, `spirals`, `blobs`, `friedman`, or { kind: 'idx' | 'cifar' | 'csv' | 'npz', path(s), ... }. */
  readonly data: string | { readonly [field: string]: unknown };
  readonly network: { readonly hidden: readonly number[]; readonly activation?: string; readonly loss?: string; readonly dropout?: number; readonly l2?: number; readonly precision?: string };
  /** An optimizer of the registry and its options; of `escape` (alias `alme`) those of the descent within too. */
  readonly optimizer: { readonly name: string; readonly [option: string]: unknown };
  readonly schedule?: { readonly kind: string; readonly [option: string]: unknown };
  readonly batch?: number;
  readonly epochs?: number;
  readonly seed?: number;
  /** What the best epoch is best in, on the validation part: `accuracy` (of classes, the default; equal ones by loss) or `loss` (of numbers; the published choice). */
  readonly keep?: string;
}

export interface Epoch {
  /** From 1; 0 is the start. */
  readonly epoch: number;
  /** Descent steps and cost (full passes over the training data, a gradient is three) so far. */
  readonly step: number;
  readonly cost: number;
  /** Without penalty and dropout, over all of the part. */
  readonly trainLoss: number;
  /** Share of right classes; null where numbers are predicted. */
  readonly trainAccuracy: number | null;
  readonly validationLoss: number;
  readonly validationAccuracy: number | null;
}

export interface TrainResult {
  readonly experiment: string;
  readonly config: TrainConfig;
  readonly seed: number;
  readonly parameters: number;
  readonly examples: { readonly train: number; readonly validation: number; readonly test: number };
  readonly epochs: readonly Epoch[];
  readonly final: Epoch;
  /** The epoch that is best on the validation part; its parameters are the ones kept. */
  readonly best: Epoch;
  /** Read once, after the last epoch, at the best parameters; null without a test part. */
  readonly test: { readonly loss: number; readonly accuracy: number | null } | null;
  /** The mini-batch loss and the norm of its gradient, thinned to at most 2000 steps. */
  readonly history: { readonly step: readonly number[]; readonly loss: readonly number[]; readonly gradientNorm: readonly number[] };
  readonly escape: EscapeStatistics | null;
  readonly stop: 'done' | 'diverged';
  readonly reason: string | null;
  /** Of the process that finished it: a training that was killed and went on does not count what came before. */
  readonly seconds: number;
}

/** One run of the landscape study. */
export interface LandscapeRun {
  readonly problem: string;
  readonly dim: number;
  readonly method: string;
  readonly seed: number;
  readonly start: number;
  /** The best loss at the end of the budget. */
  readonly loss: number;
  /** Whether the end lies in another basin than the start: their nearest local minima differ. */
  readonly escaped: boolean;
  readonly cost: number;
  readonly escapes: number;
  /** Share of the cost that went into candidates. */
  readonly overhead: number;
  readonly milliseconds: number;
  /** Best loss after so much cost, thinned to 200. */
  readonly trace: readonly (readonly [number, number])[];
  /** Of a function in two dimensions: where the method stood, thinned to 200. */
  readonly path?: readonly (readonly [number, number])[];
}
