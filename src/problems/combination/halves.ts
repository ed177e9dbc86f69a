/**
 * Meet in the middle (Horowitz and Sahni 1974), exact to the last bit of the literal sum and for any coefficients.
 *
 * Parameters 0 to k - 1 make list A: the distinct literal sums, each with its earliest line; what follows depends on the sum alone, so no other line can win.
 * The last m parameters make list B of sums from 0. A sweep finds the least |A + B - t| without rounding's blessing, so everything within a bound of it is scored
 * literally. The r = n - k - m parameters between are fixed in turn, 2^r sweeps over the same lists: a few, for speed, and
 * more where memory ends. Workers share the sweeps out, each with lists of its own.
 *
 * The bound. u = 2^-53, M = the sum of the larger |term| of each parameter, S = M + |t|. A is the literal prefix sum itself. The literal sum s adds m terms to it, one rounding
 * of at most u M (1 + u)^n each. B is m - 1 roundings away from its terms' sum, A + B one more: v = fl(A + B) is within 2 m u M (1 + u)^n of s.
 * fl(s - t) and fl(v - t) round by at most u S (1 + u)^n each. So the literal distance d and the sweep's distance differ by at most E = (2 m + 8) u S:
 * of its 2 m + 8 parts 2 m + 2 are used above, the rest covers (1 + u)^n and the roundings in computing M, E and the sums of distances below. If the sweep's least is D,
 * some line has d <= D + E, so the winner has too and lies within D + 2 E in the sweep; a line already known with distance d bounds it by d + E as well.
 *
 * Surprise: what explodes is not n but equal sums. Coefficients such as 12.34 have millions of lines within rounding of the target. Their list A is short, though,
 * so it takes more parameters and B fewer; and what is left, `bisect` finds selection by selection of B, because literal sums ascend with A.
 */
import { better, type Cycle } from '../combination.ts';
import type { Found } from './brute.ts';
import { NEAREST, type Tools } from './strategy.ts';

const CHUNK = 2048; // steps a note of the sweep, as in the kernel
const SLICE = 65536; // selections of B a call of bisect
const UNIT = 1.1102230246251565e-16; // 2^-53
const DIGITS = 53; // bits of a line in a list; parameter 0 is worth 2^52
const TOP = 4503599627370496; // 2^52
const SWEEPS = 20; // most r: a million sweeps
const OUTER = 2; // least r: a step of a sweep is so much cheaper than of a merge that four sweeps over half as long lists win (measured: a fifth at 20 to 44)

interface Plan { readonly left: number; readonly right: number; readonly bytes: number }

/** The capacities of both lists, as powers of two: the longest that fit and are of use where `outer` parameters are fixed at least. */
function planOf(n: number, outer: number, memory: number): Plan {
  const inner = n - outer;
  let left = inner >> 1;
  while (left > 1 && bytesFor(left, Math.min(inner - left, left + 1), n) > memory) left--;
  const right = Math.min(inner - left, left + 1);
  return { left, right, bytes: bytesFor(left, right, n) };
}

/** Pairs within the bound of one sweep, before bisection takes over, and lines of B for their sums: a pair stands for each. */
const pairsFor = (a: number): number => Math.max(1024, a / 16);

function bytesFor(left: number, right: number, n: number): number {
  const a = power(left);
  const b = power(right);
  return 16 * a + 8 * a + 8 * b + 16 * (Math.ceil((a + b + 3) / 4 / CHUNK) + 1) * 4 + 8 * (a / 64 + a / 4096 + 4) + 44 * pairsFor(a) + 16384 + 16 * n + 1024;
}

const power = (n: number): number => (n > 30 ? 1073741824 * (1 << (n - 30)) : 1 << n);

/** The least memory that n coefficients can be met in. */
export function memoryFor(n: number): number {
  for (let left = 1; left < n; left++) {
    const right = Math.min(n - left, left + 1);
    if (n - left - right <= SWEEPS) return bytesFor(Math.min(left, n >> 1), right, n);
  }
  return 0;
}

/** A worker's part of the sweeps: part `index` of `count`, in order. */
export interface Share { readonly index: number; readonly count: number }

/**
 * The winner of a cycle whose sums cannot overflow, n from 3. With early stopping the first line within reach where there is one.
 * With a share the winner of its part: an infinite distance where it has none, the best of all parts is the cycle's.
 */
export async function halves({ target, within }: Pick<Cycle, 'target' | 'within'>, pairs: Float64Array, tools: Tools, { index, count: shares }: Share = { index: 0, count: 1 }): Promise<Found> {
  const n = pairs.length / 2;
  let outer = OUTER;
  for (let i = 1; i < shares; i *= 2) outer++;
  outer = Math.min(outer, n - 2);
  const plan = planOf(n, outer, tools.memory);
  const { backend, pointer } = await tools.room(plan.bytes);
  const { kernels, f64, u8 } = backend;
  const a = power(plan.left);
  const b = power(plan.right);
  let top = pointer;
  const take = (bytes: number): number => (top += (bytes + 15) & ~15) - ((bytes + 15) & ~15);
  const table = take(16 * n);
  const list = take(16 * a);
  const other = take(8 * a + 64); // the merges' second buffer, then list A's sums
  const tail = take(64 + 8 * b + 64) + 64;
  const chunks = take(64 * (Math.ceil((a + b + 3) / 4 / CHUNK) + 1));
  const mins = take(8 * (a / 64 + a / 4096 + 4));
  const most = pairsFor(a);
  const near = take(16 * most);
  const lines = take(16 * most);
  const values = take(8 * most);
  const work = take(16384 + 4 * most);
  f64.set(pairs, table / 8);

  const { k, size } = growA();
  const m = Math.max(1, Math.min(n - k - outer, plan.right));
  const r = n - k - m;
  const first = Math.floor((power(r) * index) / shares);
  const end = Math.floor((power(r) * (index + 1)) / shares);
  const rest = table + 16 * (n - m);
  const length = power(m);
  growB();

  let scale = Math.abs(target);
  for (let i = 0; i < n; i++) scale += Math.max(Math.abs(pairs[2 * i]!), Math.abs(pairs[2 * i + 1]!));
  const bound = (2 * m + 8) * UNIT * scale;

  let best: Found = { line: 0n, d: Infinity, result: -Infinity };
  let hit = undefined as Found | undefined; // the earliest within reach
  let least = Infinity; // of all sweeps
  const waiting = new Map<number, Set<number>>(); // sum of B -> (middle, index of A), to be scored together: B is searched once
  let count = 0;
  const zero = lineZero();
  const origin = f64[list / 8 + 2 * zero]!;

  // Line 0 of A: it goes with every selection of the rest but the empty one. Its place in the list is taken by a neighbour.
  if (first === 0 && end > 0) firstRows();
  if (hit !== undefined) return hit; // nothing comes before these lines
  try {
    for (let middle = first; middle < end; middle++) {
      if (middle > first || length > 1 << 20) await tools.pause();
      kernels.shift(other, list, size, table + 16 * k, r, middle);
      if (middle === 0) {
        f64[other / 8 + zero] = f64[other / 8 + (zero > 0 ? zero - 1 : 1)]!;
        f64[list / 8 + 2 * zero + 1] = Infinity;
      }
      await block(middle);
      if (middle === 0) f64[list / 8 + 2 * zero + 1] = 0;
    }
  } finally {
    flush();
    tools.kept.set(NEAREST, best.line);
  }
  return hit ?? best;

  /** List A, as far as it is worth it: balanced with B, or as long as equal sums keep it short. */
  function growA(): { k: number; size: number } {
    let at = plan.left % 2 === 0 ? list : other;
    let count = 1;
    f64[at / 8] = 0;
    f64[at / 8 + 1] = 0;
    let i = 0;
    for (; i === 0 || (i < DIGITS && i < n - 1 && 2 * count <= a && 2 * count <= power(n - i - 1)); i++) {
      if (at === list && 2 * count > a / 2) move(other);
      const to = at === list ? other : list;
      kernels.grow(to, at, count, pairs[2 * i]!, pairs[2 * i + 1]!, TOP / power(i));
      at = to;
      count = kernels.thin(at, 2 * count);
    }
    if (at === other) move(list);
    return { k: i, size: count };

    function move(to: number): void {
      u8.copyWithin(to, at, at + 16 * count);
      at = to;
    }
  }

  function growB(): void {
    let at = m % 2 === 0 ? tail : other;
    f64[at / 8] = 0;
    for (let i = n - m, count = 1; i < n; i++, count *= 2) {
      const to = at === tail ? other : tail;
      kernels.merge(to, at, count, pairs[2 * i]!, pairs[2 * i + 1]!);
      at = to;
    }
  }

  /** Where line 0 is in the list: among the one or two elements with the sum of nothing. */
  function lineZero(): number {
    let sum = 0;
    for (let i = 0; i < k; i++) sum += pairs[2 * i]!;
    let i = 0;
    for (let j = size; i < j; ) {
      const half = (i + j) >>> 1;
      if (f64[list / 8 + 2 * half]! < sum) i = half + 1;
      else j = half;
    }
    return f64[list / 8 + 2 * i + 1] === 0 ? i : i + 1;
  }

  function firstRows(): void {
    let start = origin;
    for (let i = k; i < n - m; i++) start += pairs[2 * i]!;
    kernels.brute(work, rest, m, start, target, within ?? -1, 1);
    const line = BigInt(f64[work / 8 + 2]!);
    offer({ line: () => line, d: f64[work / 8 + 1]!, result: f64[work / 8]! });
  }

  function offer({ line, d, result }: { line: () => bigint; d: number; result: number }): void {
    const reached = within !== undefined && d <= within;
    const tied = d === best.d && result === best.result;
    if (!reached && !tied && !better(d, result, best)) return;
    const found: Found = { line: line(), d, result };
    if (tied ? found.line < best.line : better(d, result, best)) best = found;
    if (reached && (hit === undefined || found.line < hit.line)) hit = found;
  }

  /** The best of one selection of the middle. */
  async function block(middle: number): Promise<void> {
    const d = kernels.sweep(chunks, other, tail, size, length, target);
    least = Math.min(least, d);
    const reach = within === undefined ? -1 : within + bound; // with a line within reach, the best is of no interest
    const width = hit !== undefined ? -1 : Math.min(least + 2 * bound, best.d + bound);
    if (!(d <= Math.max(reach, width)) || wait(middle, Math.max(reach, width))) return;
    if (d <= reach) await bisected(middle, reach, within!);
    if (d <= width && hit === undefined) await bisected(middle, width, -1);
  }

  /** Every pair within the width waits to be scored; false when they are too many. */
  function wait(middle: number, width: number): boolean {
    const found = kernels.near(near, chunks, other, tail, size, length, target, width, most);
    if (found > most) return false;
    if (count + found > most) flush();
    count += found;
    for (let i = 0; i < found; i++) {
      const at = f64[near / 8 + 2 * i]!;
      if (f64[list / 8 + 2 * at + 1] === Infinity) continue;
      const y = f64[near / 8 + 2 * i + 1]!;
      const code = middle * size + at;
      const set = waiting.get(y);
      if (set === undefined) waiting.set(y, new Set([code]));
      else set.add(code);
    }
    return true;
  }

  function flush(): void {
    const wanted = Float64Array.from(waiting.keys()).sort();
    f64.set(wanted, values / 8);
    const found = kernels.seek(lines, work, rest, values, wanted.length, m, most);
    for (let i = 0; i < found; i++) {
      for (const code of waiting.get(f64[lines / 8 + 2 * i]!)!) score(f64[list / 8 + 2 * (code % size) + 1]!, Math.floor(code / size), f64[lines / 8 + 2 * i + 1]!);
    }
    waiting.clear();
    count = 0;
  }

  /** The same by bisection, however many they are; with a tolerance the first line within it. */
  async function bisected(middle: number, width: number, tolerance: number): Promise<void> {
    kernels.minima(mins, list, size);
    f64.set([-Infinity, Infinity, Infinity, Infinity], work / 8);
    for (let from = 0; from < length; from += SLICE) {
      kernels.bisect(work, mins, list, other, rest, size, m, from, Math.min(SLICE, length - from), target, width, tolerance);
      await tools.pause();
    }
    const head = f64[work / 8 + 2]!;
    if (head === Infinity) return;
    score(head, middle, f64[work / 8 + 3]!);
  }

  /** A line's literal sum, from its three parts. */
  function score(head: number, middle: number, low: number): void {
    const high = Math.floor(head / 4294967296);
    const mid = head >>> 0;
    let s = 0;
    for (let i = 0; i < k; i++) s += pairs[2 * i + (i < 21 ? (high >>> (20 - i)) & 1 : (mid >>> (52 - i)) & 1)]!;
    for (let i = 0; i < r; i++) s += pairs[2 * (k + i) + ((middle >>> (r - 1 - i)) & 1)]!;
    for (let i = 0; i < m; i++) s += pairs[2 * (k + r + i) + ((low >>> (m - 1 - i)) & 1)]!;
    offer({ line: () => lineOf(head, middle, low), d: Math.abs(s - target), result: s });
  }

  function lineOf(head: number, middle: number, low: number): bigint {
    return (((BigInt(head) >> BigInt(DIGITS - k)) << BigInt(r)) + BigInt(middle) << BigInt(m)) + BigInt(low);
  }
}
