/**
 * A smooth map of the line into an interval, for searches that know no bounds: the identity but for a margin at each end, where it is
 * quadratic and turns back, so that a slope that ends at a bound becomes the bottom of a bowl (as the BoundTransform of pycma).
 */
import { fold } from './box.ts';

/** v brought between the bounds: folded at `margin` beyond them, and quadratic within `margin` of them, so that slopes meet. Its period is 2 (upper - lower + 2 margin). */
export function inside(v: number, lower: number, upper: number, margin: number): number {
  const u = fold(v, lower - margin, upper + margin);
  const below = u - (lower - margin);
  const above = upper + margin - u;
  if (below < 2 * margin) return lower + (below * below) / (4 * margin);
  if (above < 2 * margin) return upper - (above * above) / (4 * margin);
  return u;
}

/** What `inside` takes to v, nearest to the interval. */
export function root(v: number, lower: number, upper: number, margin: number): number {
  if (v - lower < margin) return lower - margin + 2 * Math.sqrt(margin * (v - lower));
  if (upper - v < margin) return upper + margin - 2 * Math.sqrt(margin * (upper - v));
  return v;
}
