/**
 * A cycle in pieces for several workers, and the winner of theirs: the same whatever their number, because every piece is exact and the tie rule ends with the line.
 *
 * Every line's sum is cut by the first parameters, into pieces small enough that whoever is free takes the next; with early stopping none is handed out behind one that has
 * a line within reach. Meeting in the middle is cut by the parameters between the lists, one part a worker, because every part makes its own lists.
 *
 * Surprise: two workers do not halve the time, because both make lists; three quarters is the best cut (measured).
 */
import { better, type Cycle } from '../combination.ts';
import type { Found } from './brute.ts';
import { NEAREST, type Tools } from './strategy.ts';

/** Parameters from which messages save more than they cost, and bits of the smallest piece of lines: 2^20 take 0.4 ms, a message 0.1. */
const LIMITS: { readonly [how in Piece['how']]: Limits } = { brute: { least: 22, small: 20 }, halves: { least: 40, small: 0 } };
const LARGE = 24; // bits of the largest
const EACH = 4; // pieces a worker at least, so that none waits long for the last

export interface Limits { readonly least: number; readonly small: number }

/** What travels: lines `first` to before `end` in units of 2^low, or part `first` of `end`. */
export interface Piece {
  readonly how: 'brute' | 'halves';
  readonly pairs: Float64Array;
  readonly target: number;
  readonly within?: number;
  readonly low: number;
  readonly first: number;
  readonly end: number;
  /** Bytes this worker may use. */
  readonly memory: number;
}

/** The winner of a cycle by the team; undefined where there is none or it does not pay. */
export async function together(how: Piece['how'], { target, within }: Cycle, pairs: Float64Array, { team, memory, kept }: Tools, { least, small }: Limits = LIMITS[how]): Promise<Found | undefined> {
  const n = pairs.length / 2;
  if (team === undefined || n < least) return undefined;
  const { workers } = team;
  const whole = { how, pairs, target, within, memory: Math.floor(memory / workers) };
  let low = how === 'brute' ? n : 0;
  while (low > small && (low > LARGE || 1 << (n - low) < EACH * workers)) low--;
  const count = how === 'brute' ? 1 << (n - low) : workers;
  let best: Found | undefined;
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count && !(how === 'brute' && within !== undefined && best !== undefined && best.d <= within)) {
      const at = next++;
      const found = await team.run({ ...whole, low, first: at, end: how === 'brute' ? at + 1 : count });
      best = best === undefined ? found : first(best, found, within);
      kept.set(NEAREST, best.line);
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, count) }, work));
  return best;
}

/** The better of two pieces' winners: with early stopping the earlier within reach, else by the tie rule. */
function first(a: Found, b: Found, within: number = -1): Found {
  const [near, other] = [a.d <= within, b.d <= within];
  if (near !== other) return near ? a : b;
  if (near || (a.d === b.d && a.result === b.result)) return a.line <= b.line ? a : b;
  return better(b.d, b.result, a) ? b : a;
}
