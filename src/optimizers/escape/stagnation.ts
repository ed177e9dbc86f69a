/**
 * When a descent has stopped: the published test of change, and ours, which knows oscillation and has no units.
 *
 * Published: the mean difference of consecutive gradient norms over a window is below a threshold, and that of the losses too, `patience` times
 * in a row. Ours takes norms in units of the largest one seen and losses in units of themselves, and also counts blocks of `lossWindow`
 * losses whose mean is not below the best such mean: a descent that jumps about changes all the time and goes nowhere. On mini-batches nothing but
 * those blocks counts, and they grow with the time in the basin, so that chance does not hide progress.
 */
import type { Snapshot } from '../../core/types.ts';

/** Blocks without progress last this share of the time in the basin at least, or on mini-batches each of them does: Adam on rosenbrock jumps and recovers, and was disturbed by every jump. */
const SHARE = 0.1;
const ROUNDING = 2.2e-16; // a loss this near to 0, in units of the largest one seen, is done

export interface Signs { readonly gradNormWindow: number; readonly gradNormThreshold: number; readonly lossWindow: number; readonly lossThreshold: number; readonly patience: number; readonly useLossPlateau: boolean }
/** What a step showed: `stagnant` is this step's, `stuck` says that patience is over, `block` is the mean of a block that it ended. */
export interface Sign { readonly stagnant: boolean; readonly stuck: boolean; readonly block: number | undefined }
export interface Watch {
  /** Stagnant steps in a row, or blocks without progress, whichever is more. */
  readonly count: number;
  /** Steps since the basin was entered. */
  readonly seen: number;
  /** The standard error of the mean over the window of losses. */
  readonly error: number;
  see(loss: number, norm: number): Sign;
  /** After an escape: nothing is in a row. `entered`: into another basin. */
  reset(entered: boolean): void;
  save(): Snapshot;
}

interface Saved { readonly norms: readonly number[]; readonly losses: readonly number[]; readonly count: number; readonly largest: number; readonly top: number; readonly seen: number; readonly sum: number; readonly n: number; readonly best: number; readonly blocks: number }

/** `ours`, or the published test; `noisy`: losses are of mini-batches, whose change from one to the next says nothing. */
export function watch({ gradNormWindow, gradNormThreshold, lossWindow, lossThreshold, patience, useLossPlateau }: Signs, ours: boolean, noisy: boolean, snapshot?: Snapshot): Watch {
  const saved = snapshot as unknown as Saved | undefined;
  const norms = [...(saved?.norms ?? [])];
  const losses = [...(saved?.losses ?? [])];
  let count = saved?.count ?? 0;
  let largest = saved?.largest ?? 0; // norm
  let top = saved?.top ?? 0; // size of a loss
  let seen = saved?.seen ?? 0;
  let sum = saved?.sum ?? 0; // of n losses, this block's
  let n = saved?.n ?? 0;
  let best = saved?.best ?? Infinity; // mean of a block
  let blocks = saved?.blocks ?? 0; // in a row without progress

  function still(): boolean {
    if (norms.length < gradNormWindow || !(change(norms) < gradNormThreshold * (ours ? largest : 1))) return false;
    return !useLossPlateau || (losses.length >= lossWindow && change(losses) < lossThreshold * (ours ? Math.abs(losses[losses.length - 1]!) : 1));
  }

  /** Ends a block of losses: its mean. */
  function end(): number {
    const block = sum / n;
    blocks = best === Infinity || block < best - lossThreshold * n * Math.abs(best) ? 0 : blocks + 1;
    best = Math.min(best, block);
    sum = n = 0;
    return block;
  }

  return {
    get count() {
      return ours ? Math.max(count, blocks) : count;
    },
    get seen() {
      return seen;
    },
    get error() {
      const mean = losses.reduce((a, b) => a + b, 0) / losses.length;
      return Math.sqrt(losses.reduce((sum, each) => sum + (each - mean) * (each - mean), 0)) / losses.length;
    },
    see(loss, norm) {
      seen++;
      norms.push(norm);
      if (norms.length > gradNormWindow) norms.shift();
      losses.push(loss);
      if (losses.length > lossWindow) losses.shift();
      largest = Math.max(largest, norm);
      top = Math.max(top, Math.abs(loss));
      const stagnant = !(ours && noisy) && still();
      count = stagnant ? count + 1 : 0;
      sum += loss;
      const block = ++n >= (noisy ? Math.max(lossWindow, SHARE * seen) : lossWindow) ? end() : undefined;
      if (!ours) return { stagnant, stuck: count >= patience, block };
      const worth = Math.abs(loss) > ROUNDING * top;
      return { stagnant: stagnant || (block !== undefined && blocks > 0), stuck: worth && (count >= patience || blocks >= (noisy ? patience : Math.max(patience, (SHARE * seen) / lossWindow))), block };
    },
    reset(entered) {
      count = blocks = sum = n = 0;
      if (!entered) return;
      best = Infinity;
      seen = 0;
    },
    save: () => ({ norms: [...norms], losses: [...losses], count, largest, top, seen, sum, n, best, blocks }),
  };
}

/** Mean difference of neighbours. */
function change(values: readonly number[]): number {
  let total = 0;
  for (let i = 1; i < values.length; i++) total += Math.abs(values[i]! - values[i - 1]!);
  return total / Math.max(1, values.length - 1);
}
