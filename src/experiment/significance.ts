/**
 * Which differences between samples are real: the rank-sum test, Holm's correction for many of them, and who beats whom.
 *
 * What surprised us: counting subsets of midranks gives the exact distribution with ties as easily as without, and 15 against 15 takes
 * a millisecond; the normal approximation is for large samples only.
 */
import { NadirError, show } from '../core/errors.ts';
import { numbers, type Numbers } from './analysis.ts';
import { phi } from './normal.ts';

/** The hypothesis against "no difference": `less` says that values of `a` tend to be below those of `b`. */
export type Alternative = 'two-sided' | 'less' | 'greater';
/** `u`: pairs with a above b, a tie as half. `p`: of this or a more extreme `u`, were there no difference. */
export interface RankSum { readonly u: number; readonly p: number; readonly method: 'exact' | 'normal' }
/** All arrays n x n, row by row: row against column. The diagonal is p = 1, superiority = 0.5, verdict = 0. */
export interface Wins {
  readonly n: number;
  /** Two-sided rank-sum p, Holm-adjusted over the n (n - 1) / 2 pairs. */
  readonly p: Float64Array;
  /** The probability that a value of the row is below one of the column, a tie as half (Vargha and Delaney's A). */
  readonly superiority: Float64Array;
  /** 1: the row is better, p < alpha; -1: the column is; 0: no telling. */
  readonly verdict: Int8Array;
}

const WHOLE = 9007199254740992; // 2^53: counts up to here are exact
const EXACT = 200; // values in both samples: with 2^53 ways that is 9 against 191, 72 million steps

/**
 * Do two samples come from one distribution? Wilcoxon's rank-sum test (Mann and Whitney 1947).
 *
 * `exact` counts every way to deal the ranks out (given the ties, where there are some); `normal` corrects for ties and continuity.
 * Two-sided p is twice the smaller tail. `auto` is exact without ties, up to 200 values and 2^53 ways, else normal; all values equal give p = 1.
 * @param a, b at least one value each; infinities are values like others
 * @example
 * ranksum([1.1, 2.2, 3.3], [4.4, 5.5, 6.6]); // { u: 0, p: 0.1, method: 'exact' }
 */
export function ranksum(a: Numbers, b: Numbers, { alternative = 'two-sided', method = 'auto' }: { readonly alternative?: Alternative; readonly method?: 'auto' | 'exact' | 'normal' } = {}): RankSum {
  if (!['two-sided', 'less', 'greater'].includes(alternative)) throw new NadirError('input', `alternative is ${show(alternative)}; allowed: two-sided, less, greater`);
  if (!['auto', 'exact', 'normal'].includes(method)) throw new NadirError('input', `method is ${show(method)}; allowed: auto, exact, normal`);
  const n = numbers('a', a).length;
  const m = numbers('b', b).length;
  const { twice, ties } = midranks(Float64Array.from([...Array.from(a), ...Array.from(b)]));
  let sum = 0; // of twice the ranks of a
  for (let i = 0; i < n; i++) sum += twice[i]!;
  const u = sum / 2 - (n * (n + 1)) / 2;
  const fits = n + m <= EXACT && choose(n + m, n) <= WHOLE;
  if (method === 'exact' && !fits) throw new NadirError('input', `method is "exact" with ${n} and ${m} values; allowed: up to ${EXACT} together and 2^53 ways to deal them`);
  const exact = method === 'exact' || (method === 'auto' && fits && ties === 0);
  const { below, above } = exact ? dealt(twice, n, sum) : approximated(u, n, m, ties);
  const p = alternative === 'less' ? below : alternative === 'greater' ? above : Math.min(1, 2 * Math.min(below, above));
  return { u, p, method: exact ? 'exact' : 'normal' };
}

/**
 * p-values adjusted for being many (Holm 1979): reject those below alpha, and the chance of any false rejection is below alpha.
 * @param ps from 0 to 1, in any order
 * @returns adjusted p-values in the same order, never below the given ones
 * @example
 * [...holm([0.01, 0.04, 0.03, 0.005])]; // [ 0.03, 0.06, 0.06, 0.02 ]
 */
export function holm(ps: Numbers): Float64Array {
  const p = Float64Array.from(ps);
  for (let i = 0; i < p.length; i++) if (!(p[i]! >= 0 && p[i]! <= 1)) throw new NadirError('input', `ps[${i}] is ${p[i]}; allowed: from 0 to 1`);
  const order = Array.from(p, (_, i) => i).sort((i, j) => p[i]! - p[j]!);
  let most = 0;
  const out = new Float64Array(p.length);
  order.forEach((i, rank) => (out[i] = most = Math.max(most, Math.min(1, (p.length - rank) * p[i]!))));
  return out;
}

/**
 * Who beats whom: every pair of samples by the rank-sum test, Holm-adjusted, and by the probability of superiority.
 * @param samples the losses (or runtimes) of each contender, lower is better
 * @param alpha what p must be below, default 0.05
 * @example
 * [...wins([[1, 2, 3, 4, 5], [11, 12, 13, 14, 15]]).verdict]; // [ 0, 1, -1, 0 ]
 */
export function wins(samples: readonly Numbers[], { alpha = 0.05 }: { readonly alpha?: number } = {}): Wins {
  if (!(alpha > 0 && alpha < 1)) throw new NadirError('input', `alpha is ${show(alpha)}; allowed: between 0 and 1`);
  const n = samples.length;
  const pairs = samples.flatMap((a, i) => samples.slice(i + 1).map((b, k) => ({ i, j: i + 1 + k, size: a.length * b.length, ...ranksum(a, b) })));
  const adjusted = holm(pairs.map((pair) => pair.p));
  const out: Wins = { n, p: new Float64Array(n * n).fill(1), superiority: new Float64Array(n * n).fill(0.5), verdict: new Int8Array(n * n) };
  pairs.forEach(({ i, j, u, size }, k) => {
    const share = (size - u) / size;
    out.p[i * n + j] = out.p[j * n + i] = adjusted[k]!;
    out.superiority[i * n + j] = share;
    out.superiority[j * n + i] = u / size;
    if (adjusted[k]! < alpha && share !== 0.5) out.verdict[j * n + i] = -(out.verdict[i * n + j] = share > 0.5 ? 1 : -1);
  });
  return out;
}

/** Twice the rank of every value, ties sharing the middle one, and the sum of t^3 - t over groups of t ties. */
function midranks(v: Float64Array): { twice: Float64Array; ties: number } {
  const order = Array.from(v, (_, i) => i).sort((i, j) => (v[i]! < v[j]! ? -1 : v[i]! > v[j]! ? 1 : 0));
  const twice = new Float64Array(v.length);
  let ties = 0;
  for (let from = 0, to = 0; from < v.length; from = to) {
    while (to < v.length && v[order[to]!] === v[order[from]!]) to++;
    for (let k = from; k < to; k++) twice[order[k]!] = from + to + 1;
    ties += (to - from) * (to - from) * (to - from) - (to - from);
  }
  return { twice, ties };
}

/** Both tails of the sum of the first n ranks, `sum` included, over all ways to choose n: ways[k][s] choices of k sum to s. */
function dealt(twice: Float64Array, n: number, sum: number): { below: number; above: number } {
  const all = twice.length;
  if (n > all - n) {
    const { below, above } = dealt(twice, all - n, all * (all + 1) - sum); // the others' sum is what is left
    return { below: above, above: below };
  }
  let top = 0;
  for (const r of twice.slice().sort().subarray(all - n)) top += r;
  const ways = Array.from({ length: n + 1 }, () => new Float64Array(top + 1));
  ways[0]![0] = 1;
  for (const r of twice) {
    for (let k = n; k >= 1; k--) {
      const [to, from] = [ways[k]!, ways[k - 1]!];
      for (let s = r; s <= top; s++) to[s] = to[s]! + from[s - r]!;
    }
  }
  let below = 0;
  let above = 0;
  ways[n]!.forEach((count, s) => {
    if (s <= sum) below += count;
    if (s >= sum) above += count;
  });
  return { below: below / choose(all, n), above: above / choose(all, n) };
}

/** Both tails by the normal law, half a step towards the middle (Lehmann 1975, "Nonparametrics", section 1.4). */
function approximated(u: number, n: number, m: number, ties: number): { below: number; above: number } {
  const all = n + m;
  const sd = Math.sqrt(((n * m) / 12) * (all + 1 - ties / (all * (all - 1))));
  if (!(sd > 0)) return { below: 1, above: 1 };
  const off = u - (n * m) / 2;
  return { below: phi((off + 0.5) / sd), above: phi((0.5 - off) / sd) };
}

function choose(n: number, k: number): number {
  let c = 1;
  for (let i = 1; i <= Math.min(k, n - k); i++) c = (c * (n - Math.min(k, n - k) + i)) / i;
  return c;
}
