/**
 * One coordinate's share of each test function and of its gradient: the scalar truth.
 *
 * Sources: Molga and Smutnicki, "Test functions for optimization needs" (2005); Hansen et al., BBOB (2009) for the weighted
 * quadratics; Laguna and Marti (2005) for levy. Written so that nothing cancels at the optimum: 10 - 10 cos(2 pi x) is
 * 20 sin^2(pi x), exp(a) - exp(b) goes through expm1, and the quartics are factored around their minimum. So the loss at the
 * optimum is exactly 0 where the coordinates of the optimum are representable, and differences down to 1e-300 are seen.
 */
/// <reference path="./ambient.d.ts" preserve="true" />
import { cos, exp, expm1, sin, sinpi } from './math.ts';

const E: f64 = 2.718281828459045;
const PI: f64 = 3.141592653589793;
const SCHWEFEL_LIMIT: f64 = 500.0;
/** The largest x sin(sqrt(x)) up to 500, at x = 420.96874635998.... */
const SCHWEFEL_PEAK: f64 = 418.9828872724337;
/** Where the tilted double well is lowest: (x^2 - 1)^2 + (4 s - 4 s^3) x, up to a constant. */
export const DOUBLEWELL_MINIMUM: f64 = -1.04;

export function rastriginTerm(x: f64): f64 {
  const s = sinpi(x);
  return x * x + 20.0 * (s * s);
}
export function rastriginSlope(x: f64): f64 {
  return 2.0 * x + 20.0 * PI * sinpi(2.0 * x);
}

/** a = 20, b = 0.2, c = 2 pi, from the mean square and the mean of sin^2(pi x). */
export function ackleyLoss(meanSquare: f64, meanSine: f64): f64 {
  return -20.0 * expm1(-0.2 * Math.sqrt(meanSquare)) - E * expm1(-2.0 * meanSine);
}
/** The factor of x in the gradient; 0 at the tip of the cone, where there is none. */
export function ackleyRadial(meanSquare: f64, dim: f64): f64 {
  const r = Math.sqrt(meanSquare);
  return r == 0.0 ? 0.0 : (4.0 * exp(-0.2 * r)) / (dim * r);
}
/** The factor of sin(2 pi x) in the gradient. */
export function ackleyWave(meanSine: f64, dim: f64): f64 {
  return (2.0 * PI * E * exp(-2.0 * meanSine)) / dim;
}

/** Beyond +-500 the wave stays as it is there and the squared excess is added: the published function falls below its optimum outside. */
export function schwefelTerm(x: f64): f64 {
  const z = x > SCHWEFEL_LIMIT ? SCHWEFEL_LIMIT : x < -SCHWEFEL_LIMIT ? -SCHWEFEL_LIMIT : x;
  const excess = x - z;
  return SCHWEFEL_PEAK - z * sin(Math.sqrt(Math.abs(z))) + excess * excess;
}
export function schwefelSlope(x: f64): f64 {
  if (x > SCHWEFEL_LIMIT) return 2.0 * (x - SCHWEFEL_LIMIT);
  if (x < -SCHWEFEL_LIMIT) return 2.0 * (x + SCHWEFEL_LIMIT);
  const r = Math.sqrt(Math.abs(x));
  return -sin(r) - 0.5 * r * cos(r);
}

/** Of the coordinates before the last; `w = 1 + (x - 1) / 4`, and v = w - 1 keeps its digits. */
export function levyTerm(x: f64): f64 {
  const v = (x - 1.0) * 0.25;
  const s = sin(PI * v + (PI + 1.0));
  return v * v * (1.0 + 10.0 * (s * s));
}
export function levySlope(x: f64): f64 {
  const v = (x - 1.0) * 0.25;
  const angle = PI * v + (PI + 1.0);
  const s = sin(angle);
  return 0.5 * v * (1.0 + 10.0 * (s * s)) + 5.0 * PI * (v * v) * s * cos(angle);
}
export function levyFirst(x: f64): f64 {
  const s = sinpi((x - 1.0) * 0.25);
  return s * s;
}
export function levyFirstSlope(x: f64): f64 {
  return 0.25 * PI * sinpi((x - 1.0) * 0.5);
}
export function levyLast(x: f64): f64 {
  const v = (x - 1.0) * 0.25;
  const s = sinpi(2.0 * v);
  return v * v * (1.0 + s * s);
}
export function levyLastSlope(x: f64): f64 {
  const v = (x - 1.0) * 0.25;
  const s = sinpi(2.0 * v);
  return 0.5 * v * (1.0 + s * s) + 0.5 * PI * (v * v) * sinpi(4.0 * v);
}

export function styblinskiTerm(x: f64): f64 {
  const q = x * x;
  return 0.5 * ((q - 16.0) * q + 5.0 * x);
}
export function styblinskiSlope(x: f64): f64 {
  return 0.5 * ((4.0 * (x * x) - 32.0) * x + 5.0);
}

export function doublewellTerm(x: f64): f64 {
  const s = DOUBLEWELL_MINIMUM;
  const d = x - s;
  return d * d * (x * (x + 2.0 * s) + (3.0 * s * s - 2.0));
}
export function doublewellSlope(x: f64): f64 {
  const s = DOUBLEWELL_MINIMUM;
  return 4.0 * ((x * x - 1.0) * x + (s - s * s * s));
}

/** cos(x / sqrt(i)), i from 1, with w = 1 / (pi sqrt(i)): turned into half turns the reduction is exact, and twice as fast as by pi. */
export function griewankCosine(x: f64, w: f64): f64 {
  return sinpi(x * w + 0.5);
}
/** A coordinate of the gradient, from the product of the other cosines. */
export function griewankSlope(x: f64, w: f64, others: f64): f64 {
  return x * 0.0005 + sinpi(x * w) * (PI * w) * others;
}

export function rosenbrockTerm(x: f64, next: f64): f64 {
  const a = next - x * x;
  const b = 1.0 - x;
  return 100.0 * (a * a) + b * b;
}
