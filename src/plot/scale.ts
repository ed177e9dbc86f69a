/**
 * From values to places along an axis, and the ticks that say which: linear or logarithmic.
 *
 * Ticks are 1-2-5 (Heckbert 1990, "Nice numbers for graph labels"), or decades. Surprise: host logarithms differ in the last
 * digit between engines, so ours places the points.
 */
import { log } from '../../assembly/portable/math.ts';
import { em, small } from './sheet.ts';

export interface Axis {
  readonly label: string;
  /** Logarithmic: points that are not above 0 are left out. */
  readonly log?: boolean;
  /** Values that the axis reaches, whatever is drawn: for charts that are to be compared. */
  readonly reach?: readonly number[];
}
export interface Scale {
  readonly ticks: readonly number[];
  readonly labels: readonly string[];
  /** 0 at the low end, 1 at the high end. */
  at(value: number): number;
}

/** Beyond 1e300 a range would overflow. */
export function usable(value: number, logarithmic: boolean | undefined): boolean {
  return Math.abs(value) <= 1e300 && (!logarithmic || value > 0);
}

/** The x axis with as many ticks as its labels leave room for. */
export function fitting(values: readonly number[], logarithmic: boolean | undefined, room: number): Scale {
  for (let count = Math.max(2, Math.floor(room / 70)); ; count--) {
    let made = scale(values, logarithmic, count, false);
    // The ends alone are no round numbers: where twice as many ticks are two or three, those say more.
    const finer = made.ticks.length === 2 && made.at(made.ticks[0]!) === 0 && made.at(made.ticks[1]!) === 1 ? scale(values, logarithmic, 2 * count, false) : made;
    if (finer.ticks.length <= 3) made = finer;
    const longest = Math.max(...made.labels.map((label) => label.length)) * small * em + 12;
    const nearest = Math.min(...made.ticks.slice(1).map((tick, i) => (made.at(tick) - made.at(made.ticks[i]!)) * room));
    if (nearest >= longest) return made;
    if (count <= 1) return { ...made, ticks: made.ticks.slice(0, 1), labels: made.labels.slice(0, 1) };
  }
}

/** About `count` ticks; `widen`: the ends are moved out to ticks. */
export function scale(values: readonly number[], logarithmic: boolean | undefined, count: number, widen: boolean): Scale {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = logarithmic ? [1, 10] : [0, 1];
  if (low === high) [low, high] = logarithmic ? [low / 2, high * 2] : [low - (Math.abs(low) / 10 || 1), high + (Math.abs(high) / 10 || 1)];
  const even = !logarithmic || high / low <= 5; // within half a decade, even steps say more than 1-2-5
  const candidates = even ? steps(low, high, count).filter((tick) => !logarithmic || tick > 0) : decades(low, high, count);
  if (widen) {
    low = Math.min(low, candidates.findLast((tick) => tick <= low) ?? low);
    high = Math.max(high, candidates.find((tick) => tick >= high) ?? high);
  }
  let ticks = candidates.filter((tick) => tick >= low && tick <= high);
  const between = ticks.length < 2; // then the ends, to three digits
  if (between) ticks = [low, high];
  const place = logarithmic ? log : (value: number): number => value;
  const [from, to] = [place(low), place(high)];
  const step = between ? (high - low) / 100 : even ? ticks[1]! - ticks[0]! : 0;
  const most = Math.max(Math.abs(ticks[0]!), Math.abs(ticks.at(-1)!));
  return { ticks, labels: ticks.map((tick) => label(tick, step, most)), at: (value) => (place(value) - from) / (to - from) };
}

/** Multiples of 1, 2 or 5 times a power of ten, from one below `low` to one above `high`. */
function steps(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const exponent = magnitude(rough);
  const factor = [1, 2, 5, 10].find((each) => each * power(exponent) >= rough * 0.999) ?? 10;
  // Whole numbers times a power of ten, divided where it is negative: 3 * 0.1 is not 0.3, 3 / 10 is.
  const tick = (n: number): number => (exponent < 0 && exponent > -300 ? (n * factor) / power(-exponent) : n * factor * power(exponent));
  const first = Math.floor(low / (factor * power(exponent)));
  const last = Math.ceil(high / (factor * power(exponent)));
  return Array.from({ length: last - first + 1 }, (_, i) => tick(first + i) + 0); // + 0: never -0
}

/** Every decade, every few of them, or 1-2-5 within few of them. */
function decades(low: number, high: number, count: number): number[] {
  const first = magnitude(low);
  const last = magnitude(high) + (power(magnitude(high)) === high ? 0 : 1);
  if ((last - first) * 3 > count * 1.5) {
    const stride = [1, 2, 3, 5, 10, 20, 50, 100, 200].find((each) => (last - first) / each <= count) ?? 500;
    const from = Math.floor(first / stride);
    return Array.from({ length: Math.ceil(last / stride) - from + 1 }, (_, i) => power((from + i) * stride)).filter((tick) => tick > 0 && tick < Infinity);
  }
  return Array.from({ length: last - first + 1 }, (_, i) => power(first + i)).flatMap((decade) => [decade, 2 * decade, 5 * decade]);
}

/** The k of 10^k <= value < 10^(k+1). */
function magnitude(value: number): number {
  let k = Math.floor(log(value) / 2.302585092994046);
  while (power(k + 1) <= value) k++;
  while (power(k) > value) k--;
  return k;
}

/** 10^k as a literal would be read: `10 ** k` is not exact in every engine. */
function power(k: number): number {
  return Number(`1e${k}`);
}

/** A tick as a person writes it; `step` is the distance to the next one, 0 where it grows; `most` is the axis's largest. */
function label(value: number, step: number, most: number): string {
  if (value === 0) return '0';
  const largest = Math.abs(value);
  const digits = Math.max(0, -magnitude(step || largest));
  const judged = step ? most : largest; // evenly spaced labels look alike
  if (judged >= 1e7 || judged < 1e-3 || digits > 9) {
    return value.toExponential(step ? Math.max(0, Math.min(15, magnitude(largest) - magnitude(step))) : 0).replace('e+', 'e').replace(/^-/, '\u2212');
  }
  const [whole, fraction] = value.toFixed(digits).split('.');
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',');
  return (fraction === undefined ? grouped : `${grouped}.${fraction}`).replace('-', '\u2212');
}

/** A value in three digits, for a cell or a tooltip. */
export function brief(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value + 0).replace('-', '\u2212');
  const size = Math.abs(value);
  const text = size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(3))) : value.toExponential(1).replace('.0e', 'e').replace('e+', 'e');
  return text.replace(/^-/, '\u2212');
}
