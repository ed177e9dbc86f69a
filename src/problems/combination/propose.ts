/**
 * A float32 device proposes, doubles decide: around an exact strategy, and with the same winners.
 *
 * A line is a head (all parameters but the last 7) and a tail. The device says for every block of 2^10 lines the least |head + tail| it finds, where a head is its sum - t.
 * Every block that may hold the winner is then enumerated in doubles, literally and in order.
 *
 * The bound. S = |t| + the sum of the larger |term| of each parameter; everything is divided by S, so no sum exceeds 1. u = 2^-53. A head or tail in doubles is off by
 * at most (n + 2) u, as float32 by another 2^-24 of its size, both together by 2^-24; the device's one addition by 2^-23, a unit in the last place, and 2^-126 for each
 * number that it flushes to zero. Absolute value and minimum are exact. The literal distance is off by at most (n + 2) u S as well. So for n up to 28 the device's g for a line
 * and its literal distance d satisfy |g - d / S| <= 1.5 x 2^-23 + 100 u < E = 2^-22; the rest of E covers the roundings in comparing. If G is the least g of all blocks, some line
 * has d <= (G + E) S; the winner and whatever ties with it have too, and so a g <= G + 2 E. A line within reach r has g <= r / S + E. Blocks above both hold neither.
 * Line 0 is no line: its block's g counts for nothing, and the block is always enumerated.
 *
 * Surprise: on sums it does not pay. Meeting in the middle takes 0.4 ms for the 2^26 lines that a device must all add up, which is about what asking one costs at all; a software
 * rasteriser takes 130 to 280 ms, 5 to 9 times as long as every line in doubles on one thread (bench/gpu.ts).
 */
import { messageOf } from '../../core/errors.ts';
import { better, terms, type Cycle } from '../combination.ts';
import { bounded, enumerate, settle, type Found } from './brute.ts';
import type { StrategyDef, Tools } from './strategy.ts';

/** For each 8 heads the least |head + tail|, 128 tails; backend/gpu.ts has one. */
export type Leasts = (heads: Float32Array, tails: Float32Array) => Promise<Float32Array>;

/** Coefficients it is for: below there is nothing to share out, beyond that the heads alone are tens of megabytes a cycle. */
export const FROM = 16;
export const TO = 28;
const TAIL = 7; // bits
const BLOCK = 10; // bits: 128 tails, 8 heads
const E = 2.384185791015625e-7; // 2^-22
const SHARE = 16; // a sixteenth of the blocks is enumerated at most

interface Account { proposed: number; cycles: number; why: string; failed: boolean }

/** The strategy with a device before it. Its winners are those of `inner`, which takes the cycles where too much is within float32's rounding. */
export function proposed(inner: StrategyDef, leasts: Leasts): StrategyDef {
  return {
    ...inner,
    async find(cycle, tools) {
      const account = (tools.kept.get('proposed') as Account | undefined) ?? { proposed: 0, cycles: 0, why: '', failed: false };
      tools.kept.set('proposed', account);
      const pairs = terms(cycle);
      const found = account.failed ? account.why : await propose(cycle, pairs, leasts, tools, account);
      account.cycles++;
      if (typeof found === 'string') account.why = found;
      else account.proposed++;
      const winner = typeof found === 'string' ? await inner.find(cycle, tools) : settle(cycle, pairs, found);
      const all = account.proposed === account.cycles;
      return { ...winner, why: `the device proposed in ${account.proposed} of ${account.cycles} cycles${all ? '' : `; ${inner.name} did without it: ${account.why}`}` };
    },
  };
}

/** The winner, or why it must be found otherwise. */
async function propose({ target, within }: Cycle, pairs: Float64Array, leasts: Leasts, tools: Tools, account: Account): Promise<Found | string> {
  const n = pairs.length / 2;
  const count = 1 << (n - TAIL);
  if (24 * count > tools.memory) return `the heads of ${n} coefficients take ${24 * count} bytes`;
  let size = Math.abs(target);
  for (let i = 0; i < n; i++) size += Math.max(Math.abs(pairs[2 * i]!), Math.abs(pairs[2 * i + 1]!));
  if (!bounded(pairs, target) || size === 0) return `the sizes of the terms add up to ${size}`;

  let out: Float32Array;
  try {
    out = await leasts(sums(pairs.subarray(0, 2 * (n - TAIL)), -target, size), sums(pairs.subarray(2 * (n - TAIL)), 0, size));
  } catch (error) {
    account.failed = true;
    return `the device failed: ${messageOf(error)}`;
  }
  const blocks = 1 << (n - BLOCK);
  let least = out.length === blocks ? Infinity : NaN;
  for (let block = 1; block < blocks; block++) least = Math.min(least, out[block]!);
  if (!(least >= 0)) return `the device answered ${out.length} numbers, the least ${least}`;
  const limit = Math.max(least + 2 * E, within === undefined ? 0 : within / size + E);
  const most = Math.max(4, blocks / SHARE);

  const cycle = { target, within };
  let best: Found = { line: 0n, d: Infinity, result: -Infinity };
  for (let block = 0, done = 0; block < blocks; block++) {
    if (block > 0 && out[block]! > limit) continue;
    if (++done > most) return `more than ${most} of ${blocks} blocks are within float32's rounding of the best`;
    const found = await enumerate(cycle, pairs, n, tools, BLOCK, block, block + 1);
    if (within !== undefined && found.d <= within) return found;
    if (better(found.d, found.result, best)) best = found;
    await tools.pause();
  }
  return best.d <= (least + E) * size ? best : `the device claims a distance of ${least * size}, the nearest line has ${best.d}`;
}

/** The sums of all selections in order, from `start`, over `size`. */
function sums(pairs: Float64Array, start: number, size: number): Float32Array {
  let list = Float64Array.of(start);
  for (let i = 0; i < pairs.length; i += 2) {
    const longer = new Float64Array(2 * list.length);
    for (let k = 0; k < list.length; k++) {
      longer[2 * k] = list[k]! + pairs[i]!;
      longer[2 * k + 1] = list[k]! + pairs[i + 1]!;
    }
    list = longer;
  }
  const out = new Float32Array(list.length);
  for (let k = 0; k < out.length; k++) out[k] = list[k]! / size;
  return out;
}
