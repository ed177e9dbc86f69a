/**
 * The convergent mode: the published model (every weight is 0 or a signed power of two times the first step factor, reached by commits of subsets) without the
 * published walk to it, which must select something every cycle, only halves once a sum was above the target, returns its last state and shrinks for targets below all sums.
 *
 * Here the weights are found first and walked to afterwards: one commit a step factor, the largest first, every parameter selected at most once, so a commit sets the
 * same weights by the published rule ((0 counting as 1) times the factor). Weights that meet the tolerance are looked for in windows of exponents that widen around 0
 * and around the target's size: both halves of the parameters by all their sums, sorted, one sweep (Horowitz and Sahni 1974), what the halves do not take in an outer loop.
 * Sums in halves round otherwise than the literal one, so all within the rounding of the least are scored literally. A window is exhaustive while its sums are
 * under `WORK`: 95 exponents for up to 5 parameters, 31 for 6, 15 for 7, 7 for 10, 3 for 14, one for 25; beyond, the parameters left over take the greedy choice.
 *
 * Surprise: with signs and powers, from about 6 parameters on any target within reach is met with weights of 0 and +-1, +-2, +-1/2; it is 1 to 3 that need the width.
 */
import { sumOf, terms, type Cycle, type Winner } from '../combination.ts';

/** One cycle: these parameters get this weight. */
export interface Step { readonly selection: Uint8Array; readonly wpn: number }
export interface Plan {
  readonly steps: readonly Step[];
  /** Sums that were compared. */
  readonly compared: number;
}
export interface PlanOptions {
  readonly tolerance: number;
  /** Steps at most. */
  readonly maxIter: number;
  readonly initialWpn: number;
  /** Every factor but initialWpn itself is within. */
  readonly bounds: readonly [number, number];
}

const WIDTHS = [[0, 0], [1, 1], [3, 3], [7, 7], [15, 15], [31, 31], [63, 31]] as const; // exponents below and above; higher ones would round more than a tolerance
const LIST = 262144; // sums of a half
const WORK = 3e7; // steps of a window's sweeps: 0.2 s
const PAIRS = 4096; // scored literally, of a window
const ALIKE = 16; // assignments with one sum that are looked at
const UNIT = 2.220446049250313e-16; // 2^-52
const PAUSE = 4194304; // steps between pauses

/** The best weights so far. */
interface Best { weights: Float64Array; d: number; steps: number }

/**
 * Weights within the tolerance where a window has them, else the nearest there are, as steps. No step at all is one that selects nothing.
 * @example
 * const { steps } = await convergent(Float64Array.of(3, 5), 4.25, { tolerance: 0, maxIter: 32, initialWpn: 1, bounds: [-Infinity, Infinity] }, () => undefined);
 * steps.map(({ selection, wpn }) => [selection.join(''), wpn]); // [ [ '10', 1 ], [ '01', 0.25 ] ]
 */
export async function convergent(c: Float64Array, target: number, options: PlanOptions, pause: () => void | Promise<void>): Promise<Plan> {
  const { tolerance, maxIter, initialWpn } = options;
  const n = c.length;
  const best: Best = { weights: new Float64Array(n), d: Math.abs(target), steps: 0 };
  const order = Array.from(c, (_, i) => i).filter((i) => c[i] !== 0).sort((a, b) => Math.abs(c[b]!) - Math.abs(c[a]!) || a - b);
  let compared = 1;
  if (best.d > tolerance) {
    for (const factors of windows(c, target, options, order.length)) {
      compared += await search(c, target, factors, order, best, options, pause);
      if (best.d <= tolerance) break;
    }
  }
  const steps: Step[] = [];
  const values = [...new Set(best.weights.filter((w) => w !== 0))].sort((a, b) => Math.abs(b) - Math.abs(a) || b - a);
  for (const wpn of values) steps.push({ wpn, selection: Uint8Array.from(best.weights, (w) => (w === wpn ? 1 : 0)) });
  return { steps: nearest(c, target, steps, initialWpn).slice(0, maxIter), compared };
}

/** The winner of a cycle that takes this selection, line 0 when it selects nothing. It stands for every line. */
export function walked(cycle: Cycle, selection: Uint8Array): Winner {
  const result = sumOf(terms(cycle), selection);
  const cond = result - cycle.target;
  return { line: BigInt(`0b${selection.join('')}`), selection, result, cond, d: Math.abs(cond), allLow: false, lines: (1n << BigInt(selection.length)) - 1n };
}

/** The steps up to the nearest sum: greedy leftovers may have made it worse. */
function nearest(c: Float64Array, target: number, steps: readonly Step[], initialWpn: number): readonly Step[] {
  const weights = new Float64Array(c.length);
  let [least, length] = [Math.abs(target), 0];
  steps.forEach(({ selection, wpn }, k) => {
    selection.forEach((bit, i) => bit === 1 && (weights[i] = wpn));
    const d = Math.abs(literal(c, weights) - target);
    if (d < least) [least, length] = [d, k + 1];
  });
  return length > 0 ? steps.slice(0, length) : [{ selection: new Uint8Array(c.length), wpn: initialWpn }];
}

function literal(c: Float64Array, weights: Float64Array): number {
  let s = 0;
  for (let i = 0; i < c.length; i++) s += c[i]! * weights[i]!;
  return s;
}

/** Lists of step factors to make weights of, the nearest to the first factor and the narrowest first. */
function* windows(c: Float64Array, target: number, { maxIter, initialWpn, bounds }: PlanOptions, count: number): Generator<number[]> {
  const size = c.reduce((s, x) => s + Math.abs(x * initialWpn), 0);
  const largest = c.reduce((s, x) => Math.max(s, Math.abs(x)), 0);
  const inside = (f: number): boolean => (f >= bounds[0] && f <= bounds[1]) || f === initialWpn;
  /** Both signs of 2^k, those allowed. */
  const factors = (k: number): number[] => {
    const f = scaled(initialWpn, k);
    return f !== 0 && Number.isFinite(largest * f * count) ? [f, -f].filter(inside) : [];
  };
  const home = reach(factors, exponent(Math.abs(target) / size));
  const centers = [...new Set([reach(factors, 0), home])];
  const around = (center: number, [below, above]: readonly [number, number]): number[] => Array.from({ length: below + above + 1 }, (_, j) => center - below + j).sort((a, b) => Math.abs(a - center) - Math.abs(b - center) || a - b);
  if (maxIter < Math.min(count, 6)) {
    // Few steps, and the second window takes six: powers one by one first.
    for (const center of centers) {
      for (const k of around(center, [31, 31])) {
        const both = factors(k);
        for (const list of maxIter === 1 ? both.map((f) => [f]) : [both]) if (list.length > 0) yield list;
      }
    }
    if (maxIter === 1) return;
  }
  for (const width of WIDTHS) {
    for (const center of centers) {
      const list = around(center, width).flatMap(factors);
      if (list.length > 0) yield list;
    }
  }
}

/** The exponent nearest to k that has a factor. */
function reach(factors: (k: number) => number[], k: number): number {
  for (let away = 0; away < 2200; away++) for (const at of [k + away, k - away]) if (factors(at).length > 0) return at;
  return k;
}

/** x 2^k: exact but at the ends of the range. */
function scaled(x: number, k: number): number {
  for (; k > 0; k--) x *= 2;
  for (; k < 0; k++) x /= 2;
  return x;
}

/** The least k with 2^k >= x. */
function exponent(x: number): number {
  let k = 0;
  if (!(x > 0) || x === Infinity) return 0;
  for (; x > 1; x /= 2) k++;
  for (; x <= 0.5; x *= 2) k--;
  return k;
}

/** One window; the steps of its sweeps. `order`: the parameters that matter, the largest coefficient first. */
async function search(c: Float64Array, target: number, factors: readonly number[], order: readonly number[], best: Best, { tolerance, maxIter }: PlanOptions, pause: () => void | Promise<void>): Promise<number> {
  const n = order.length;
  const values = [0, ...factors];
  const q = values.length;
  let half = 0;
  for (let size = q; size <= LIST; size *= q) half++;
  const two = Math.min(n, 2 * half);
  let outer = n - two;
  const left = (two + 1) >> 1;
  const length = power(q, left) + power(q, two - left);
  if (!(power(q, outer) * length <= WORK)) outer = 0;
  // Who is searched: evenly by size; the others take what is nearest to what is left.
  const kept = two + outer;
  const chosen = new Set(Array.from({ length: kept }, (_, j) => order[Math.floor(((j + 0.5) * n) / kept)]!));
  const fixed = new Float64Array(c.length);
  let rest = target;
  for (const i of order) {
    if (chosen.has(i)) continue;
    fixed[i] = values.reduce((w, v) => (Math.abs(rest - c[i]! * v) < Math.abs(rest - c[i]! * w) ? v : w), 0);
    rest -= c[i]! * fixed[i]!;
  }
  const mine = [...chosen];
  const parts = [mine.slice(0, left), mine.slice(left, two), mine.slice(two)];
  const sums = parts.map((part) => sumsOf(c, part, values));
  const [a, b] = [sums[0]!.slice().sort(), sums[1]!.slice().sort()];
  const most = factors.reduce((m, f) => Math.max(m, Math.abs(f)), 0);
  const rounding = (n + 4) * UNIT * (Math.abs(target) + order.reduce((s, i) => s + Math.abs(c[i]!) * most, 0));

  const leasts = new Float64Array(sums[2]!.length);
  let since = 0;
  let least = Infinity;
  for (let o = 0; o < leasts.length; o++) {
    leasts[o] = sweep(a, b, rest - sums[2]![o]!);
    least = Math.min(least, leasts[o]!);
    since += a.length + b.length;
    if (since < PAUSE) continue;
    since = 0;
    await pause();
  }
  await pause();
  const crowded = maxIter < n; // then not every assignment can be walked to
  const width = (crowded ? Math.max(least, tolerance) : least) + 2 * rounding;
  if (!(least - 2 * rounding < best.d)) return leasts.length * length;
  const pairs: (readonly [number, number, number])[] = [];
  for (let o = 0; o < leasts.length && pairs.length < PAIRS; o++) if (leasts[o]! <= width) near(a, b, rest - sums[2]![o]!, width, o, pairs);
  const [lefts, rights] = [0, 1].map((side) => recall(sums[side]!, new Set(pairs.map((pair) => pair[side]!)))) as [Map<number, number[]>, Map<number, number[]>];
  for (const [x, y, o] of pairs) {
    for (const i of lefts.get(x)!) {
      for (const j of rights.get(y)!) {
        const weights = fixed.slice();
        [i, j, o].forEach((digits, side) => parts[side]!.forEach((at) => {
          weights[at] = values[digits % q]!;
          digits = Math.floor(digits / q);
        }));
        const d = Math.abs(literal(c, weights) - target);
        if (!(d <= best.d)) continue;
        const steps = new Set(weights.filter((w) => w !== 0)).size;
        if (steps <= maxIter && (d < best.d || steps < best.steps)) Object.assign(best, { weights, d, steps });
      }
    }
  }
  return leasts.length * length;
}

function power(q: number, k: number): number {
  let out = 1;
  for (; k > 0; k--) out *= q;
  return out;
}

/** All sums of a part: digit j of an index, in base q, is the value of its parameter j. */
function sumsOf(c: Float64Array, part: readonly number[], values: readonly number[]): Float64Array {
  const out = new Float64Array(power(values.length, part.length));
  let size = 1;
  for (const i of part) {
    for (let v = values.length - 1; v >= 0; v--) {
      const term = c[i]! * values[v]!;
      for (let p = 0; p < size; p++) out[v * size + p] = out[p]! + term;
    }
    size *= values.length;
  }
  return out;
}

/** The least |a + b - target| of ascending lists. */
function sweep(a: Float64Array, b: Float64Array, target: number): number {
  let least = Infinity;
  for (let i = 0, j = b.length - 1; i < a.length && j >= 0; ) {
    const v = a[i]! + b[j]! - target;
    const d = Math.abs(v);
    if (d < least) least = d;
    if (v < 0) i++;
    else j--;
  }
  return least;
}

/** Adds the different pairs within a width. */
function near(a: Float64Array, b: Float64Array, target: number, width: number, outer: number, pairs: (readonly [number, number, number])[]): void {
  let low = b.length; // b[low - 1] and below are too small, for this a and all smaller
  for (let i = 0; i < a.length; i++) {
    if (i > 0 && a[i] === a[i - 1]) continue;
    while (low > 0 && a[i]! + b[low - 1]! - target >= -width) low--;
    for (let j = low; j < b.length && a[i]! + b[j]! - target <= width; j++) {
      if (j > low && b[j] === b[j - 1]) continue;
      if (pairs.length >= PAIRS) return;
      pairs.push([a[i]!, b[j]!, outer]);
    }
  }
}

/** Where the wanted sums are, the first few of each. */
function recall(sums: Float64Array, wanted: ReadonlySet<number>): Map<number, number[]> {
  const out = new Map<number, number[]>();
  if (wanted.size === 0) return out;
  for (let p = 0; p < sums.length; p++) {
    if (!wanted.has(sums[p]!)) continue;
    const list = out.get(sums[p]!);
    if (list === undefined) out.set(sums[p]!, [p]);
    else if (list.length < ALIKE) list.push(p);
  }
  return out;
}
