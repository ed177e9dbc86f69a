/** The normal law, for tests and intervals: within 2e-14 of the tail itself, however far out. */
import { exp } from '../../assembly/portable/math.ts';

/** The normal distribution function: a series in the middle (Marsaglia 2004), Laplace's continued fraction in the tails. */
export function phi(z: number): number {
  const a = Math.abs(z);
  if (a > 39) return z < 0 ? 0 : 1;
  const density = 0.3989422804014327 * exp(-0.5 * a * a);
  let tail: number;
  if (a < 2.5) {
    let term = a;
    let sum = 0;
    for (let k = 3; sum + term !== sum; k += 2) {
      sum += term;
      term *= (a * a) / k;
    }
    tail = 0.5 - density * sum;
  } else {
    let f = a;
    for (let k = 60; k >= 1; k--) f = a + k / f; // 28 terms are enough at 2.5
    tail = density / f;
  }
  return z < 0 ? tail : 1 - tail;
}

/** Its inverse, p between 0 and 1, by halving: 60 steps to the last bit, and it is asked twice an interval. */
export function probit(p: number): number {
  if (p > 0.5) return -probit(1 - p);
  let low = -39;
  let high = 0;
  for (let middle = 0.5 * low; middle !== low && middle !== high; middle = 0.5 * (low + high)) {
    if (phi(middle) < p) low = middle;
    else high = middle;
  }
  return high;
}
