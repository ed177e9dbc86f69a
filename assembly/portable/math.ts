/**
 * The elementary functions: the scalar truth that every backend equals bit for bit. asc compiles this file into the module, tsc into the host.
 *
 * Methods: Cody and Waite's reductions and the kernels of fdlibm (e_exp.c, s_expm1.c, e_log.c, k_sin.c, k_cos.c, e_rem_pio2.c, e_pow.c), written
 * anew without access to bits; errors in tests/math.test.ts. Allowed here: + - * /, sqrt, abs, comparisons, and rounding through ROUND. Both
 * compilers must read the text alike: no i32 division, no integer product of 2^32 or more, `as i32` only on integers. A NaN argument returns
 * the constant NaN, so that not even its payload depends on the machine.
 * It is over 300 lines because its functions share their kernels, and everything portable imports from here.
 * What surprised us: a polynomial for sin(pi r) / r around r = 0 loses 1.2 ulp at 1/2, the same one around r = 1/2 holds 1 ulp everywhere.
 */
/// <reference path="./ambient.d.ts" preserve="true" />
import {
  ROUND, NORMAL, LOG2E, LN2_HIGH, LN2_LOW, EXP_0, EXP_1, EXP_2, EXP_3, EXP_4, EXP_5, EXP_6, EXP_7, EXP_8, EXP_9,
  HALF_ROOT, LOG_1, LOG_2, LOG_3, LOG_4, LOG_5, LOG_6, LOG_7, TRIG_LIMIT, CANCELLED, TWO_OVER_PI, PIO2_1, PIO2_1_TAIL,
  SIN_1, SIN_2, SIN_3, SIN_4, SIN_5, SIN_6, COS_1, COS_2, COS_3, COS_4, COS_5, COS_6,
  SINPI_LIMIT, SINPI_0, SINPI_1, SINPI_2, SINPI_3, SINPI_4, SINPI_5, SINPI_6,
} from './constants.ts';

/** 2^i, 2^(16 i) and 2^(256 (i - 4)): three factors make any power of two. */
const UNITS: StaticArray<f64> = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0, 16384.0, 32768.0];
const STEPS: StaticArray<f64> = [
  1.0, 65536.0, 4294967296.0, 281474976710656.0, 1.8446744073709552e+19, 1.2089258196146292e+24,
  7.922816251426434e+28, 5.192296858534828e+33, 3.402823669209385e+38, 2.2300745198530623e+43, 1.461501637330903e+48, 9.578097130411805e+52,
  6.277101735386681e+57, 4.113761393303015e+62, 2.695994666715064e+67, 1.7668470647783843e+72,
];
const LEAPS: StaticArray<f64> = [
  5.562684646268003e-309, 6.441148769597133e-232, 7.458340731200207e-155, 8.636168555094445e-78, 1.0, 1.157920892373162e+77, 1.3407807929942597e+154, 1.552518092300709e+231,
];
/** 2^(2^i) and its reciprocal. */
const SQUARES: StaticArray<f64> = [
  2.0, 4.0, 16.0, 256.0, 65536.0, 4294967296.0, 1.8446744073709552e+19, 3.402823669209385e+38, 1.157920892373162e+77, 1.3407807929942597e+154,
];
const ROOTS: StaticArray<f64> = [
  0.5, 0.25, 0.0625, 0.00390625, 1.52587890625e-05, 2.3283064365386963e-10, 5.421010862427522e-20, 2.938735877055719e-39, 8.636168555094445e-78, 7.458340731200207e-155,
];

/** e^x. Within 1 ulp, subnormal results included. */
export function exp(x: f64): f64 {
  if (x != x) return NaN;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0.0;
  return expSum(x, 0.0);
}

/** e^x - 1. Within 1 ulp, and accurate for small x. */
export function expm1(x: f64): f64 {
  if (x != x) return NaN;
  if (x == 0.0) return x;
  if (x > 700.0) return exp(x);
  if (x < -700.0) return -1.0;
  return expm1Near(x);
}

/** The natural logarithm. Within 1 ulp; log(0) is -Infinity, below 0 it is NaN. */
export function log(x: f64): f64 {
  if (!(x > 0.0)) return x == 0.0 ? -Infinity : NaN;
  if (x == Infinity) return x;
  let shift: f64 = 0.0;
  if (x < NORMAL) {
    x *= 18014398509481984.0;
    shift = -54.0;
  }
  const e = exponent(x);
  const k = (e as f64) + shift;
  const f = x * power(-e) - 1.0;
  const s = f / (2.0 + f);
  const half = 0.5 * f * f;
  return k * LN2_HIGH - (half - (s * (half + logTail(s * s)) + k * LN2_LOW) - f);
}

/** sin(x), x in radians. Within 1 ulp for |x| <= 2^20; beyond, some value in [-1, 1] that is about |x| 2^-52 off. */
export function sin(x: f64): f64 {
  if (!(Math.abs(x) <= TRIG_LIMIT)) x = unwind(x);
  if (x != x) return NaN;
  const n = x * TWO_OVER_PI + ROUND - ROUND;
  const y = reduce(x, n);
  const q = n as i32;
  const value = (q & 1) == 0 ? sinNear(y, low) : cosNear(y, low);
  return (q & 2) == 0 ? value : -value;
}

/** cos(x), x in radians, with the accuracy of sin. */
export function cos(x: f64): f64 {
  if (!(Math.abs(x) <= TRIG_LIMIT)) x = unwind(x);
  if (x != x) return NaN;
  const n = x * TWO_OVER_PI + ROUND - ROUND;
  const y = reduce(x, n);
  const q = n as i32;
  const value = (q & 1) == 0 ? cosNear(y, low) : sinNear(y, low);
  return ((q + 1) & 2) == 0 ? value : -value;
}

/** sin(pi x). Within 1 ulp for every finite x; integers give a zero with the sign of x (C23). */
export function sinpi(x: f64): f64 {
  let a = Math.abs(x);
  if (!(a < Infinity)) return NaN;
  if (x == 0.0) return x;
  if (a >= SINPI_LIMIT) a = fold(a);
  const n = a + ROUND - ROUND;
  const half = 0.5 * n;
  let r = a - n;
  if (half + ROUND - ROUND != half) r = -r;
  const t = r + r;
  const z = t * t;
  const v = z - 1.0;
  const w = v * v;
  const tail = SINPI_0 + v * SINPI_1 + w * (SINPI_2 + v * SINPI_3) + w * w * (SINPI_4 + v * SINPI_5 + w * SINPI_6);
  // 5/2 r is kept whole (Dekker's two-sum of 2r and r/2); 1/2 - z is exact near 1/2, where the rest vanishes. A zero comes out as +0.
  const most = 1.25 * t;
  const less = t - most + 0.25 * t;
  const y = most + (less + r * (0.5 - z + w * tail));
  return x < 0.0 ? -y : y;
}

/** The hyperbolic tangent. Within 2 ulp. */
export function tanh(x: f64): f64 {
  if (x != x) return NaN;
  if (x == 0.0) return x;
  let a = Math.abs(x);
  if (a > 22.0) a = 22.0;
  const big = a >= 1.0;
  const t = expm1Near(a + a);
  const s = t + 2.0;
  const q = (big ? -2.0 : t) / s;
  // For small x, what t + 2 lost matters; 1 / s is (1 - q) / 2 there.
  const y = big ? 1.0 + q : q - q * ((t - (s - 2.0)) * (0.5 - 0.5 * q));
  return x < 0.0 ? -y : y;
}

/** ln(p / (1 - p)) for a probability. Within 4 ulp, around 1/2 too; 0 and 1 give the infinities, anything outside NaN. */
export function stretch(p: f64): f64 {
  if (!(p > 0.0 && p < 1.0)) return p == 0.0 ? -Infinity : p == 1.0 ? Infinity : NaN;
  if (p < NORMAL) return log(p);
  const b = 1.0 - p;
  const lost = p - (1.0 - b);
  const e = exponent(p / b);
  const k = e as f64;
  const a = p * power(-e);
  // With p / (1 - p) = 2^k a / b, s is half the logarithm's argument and free of the cancellation in p / (1 - p) - 1.
  const s = (a - b + lost) / (a + b);
  return k * LN2_HIGH + (s + s + (s * logTail(s * s) + k * LN2_LOW));
}

/** 1 / (1 + e^-x), the inverse of stretch. Within 2 ulp. */
export function squash(x: f64): f64 {
  if (x != x) return NaN;
  const e = exp(-Math.abs(x));
  const s = 1.0 + e;
  const q = (x < 0.0 ? e : 1.0) / s;
  // What 1 + e lost, over s: any 1/s good to a few percent will do.
  return q - q * ((e - (s - 1.0)) * (1.457 - 0.5 * s));
}

/** x^y. Within 2 ulp; special cases as ECMAScript's `**` (unlike C99, (+-1)^(+-Infinity) and 1^NaN are NaN). */
export function pow(x: f64, y: f64): f64 {
  if (y == 0.0) return 1.0;
  if (x != x || y != y) return NaN;
  const a = Math.abs(x);
  if (Math.abs(y) == Infinity) return a == 1.0 ? NaN : a > 1.0 == y > 0.0 ? Infinity : 0.0;
  let sign: f64 = 1.0;
  if (x < 0.0 || (x == 0.0 && 1.0 / x < 0.0)) {
    const turn = fold(Math.abs(y));
    const n = turn + ROUND - ROUND;
    const half = 0.5 * n;
    if (n != turn) {
      if (a > 0.0 && a < Infinity) return NaN;
    } else if (half + ROUND - ROUND != half) sign = -1.0;
  }
  if (a == 0.0 || a == Infinity) return sign * (a == 0.0 == y > 0.0 ? 0.0 : Infinity);
  return sign * powPositive(a, y);
}

/** e^(x + tail) for |x| <= 746 and a tail below an ulp of x. */
function expSum(x: f64, tail: f64): f64 {
  const k = x * LOG2E + ROUND - ROUND;
  const high = x - k * LN2_HIGH;
  const less = k * LN2_LOW - tail;
  const r = high - less;
  const s = 1.0 + r;
  const y = s + (1.0 - s + r + expTail(r, high - r - less));
  const e = k as i32;
  if (e > 1023) return y * 2.0 * power(e - 1);
  if (e < -1021) return y * power(e + 128) * 2.938735877055719e-39; // one rounding, at the last product
  return y * power(e);
}

/** e^x - 1 for |x| <= 700, where a zero may have either sign. */
function expm1Near(x: f64): f64 {
  const k = x * LOG2E + ROUND - ROUND;
  const high = x - k * LN2_HIGH;
  const less = k * LN2_LOW;
  const r = high - less;
  const p = power(k as i32);
  const b = p * r;
  // p - 1 + p r + p tail with every lost bit: p - 1 by Knuth's two-sum, the next by Dekker's.
  const a = p - 1.0;
  const back = a - p;
  const lost = p - (a - back) + (-1.0 - back);
  const s = a + b;
  return s + (a - s + b + (p * expTail(r, high - r - less) + lost));
}

/** e^(r + rest) - 1 - r for a rest below an ulp of r. */
function expTail(r: f64, rest: f64): f64 {
  const z = r * r;
  const w = z * z;
  const near = EXP_0 + r * EXP_1 + z * (EXP_2 + r * EXP_3);
  const far = EXP_4 + r * EXP_5 + z * (EXP_6 + r * EXP_7) + w * (EXP_8 + r * EXP_9);
  return 0.5 * z + (z * r * (near + w * far) + (rest + rest * r));
}

/** (ln((1 + s) / (1 - s)) - 2s) / s for z = s^2. */
function logTail(z: f64): f64 {
  const w = z * z;
  return w * (LOG_2 + w * (LOG_4 + w * LOG_6)) + z * (LOG_1 + w * (LOG_3 + w * (LOG_5 + w * LOG_7)));
}

/** 2^k for k from -1024 to 1023. */
function power(k: i32): f64 {
  return UNITS[k & 15] * STEPS[(k >> 4) & 15] * LEAPS[(k >> 8) + 4];
}

/** The k for which x 2^-k lies in [HALF_ROOT, 2 HALF_ROOT); x normal. */
function exponent(x: f64): i32 {
  let k: i32 = 0;
  if (x < 1.0) {
    k = x < 1.52587890625e-05 ? -1022 : -16;
    x *= k == -16 ? 65536.0 : 4.49423283715579e+307;
  }
  for (let i: i32 = x < 65536.0 ? 3 : 9; i >= 0; i--) {
    if (x >= SQUARES[i]) {
      x *= ROOTS[i];
      k += 1 << i;
    }
  }
  return x < HALF_ROOT + HALF_ROOT ? k : k + 1;
}

/** The second half of what reduce returns. */
let low: f64 = 0.0;

/** x - n pi/2 as a sum, its tail left in `low`. */
function reduce(x: f64, n: f64): f64 {
  const t = x - n * PIO2_1;
  const w = n * PIO2_1_TAIL;
  const y = t - w;
  if (Math.abs(y) >= Math.abs(x) * CANCELLED) {
    low = t - y - w;
    return y;
  }
  // Three exact parts of pi/2 and a fourth; every lost bit is kept (two-sum twice).
  const b = n * 6.077100506303966e-11;
  const u = t - b;
  const tb = t - u;
  const c = n * 2.0222662487111665e-21;
  const v = u - c;
  const uc = u - v;
  const rest = t - (u + tb) + (tb - b) + (u - (v + uc) + (uc - c)) - n * 8.4784276603689e-32;
  const sum = v + rest;
  low = v - sum + rest;
  return sum;
}

/** sin(y + tail) for |y| <= pi/4. */
function sinNear(y: f64, tail: f64): f64 {
  const z = y * y;
  const v = z * y;
  const r = SIN_2 + z * (SIN_3 + z * SIN_4) + z * (z * z) * (SIN_5 + z * SIN_6);
  return y - (z * (0.5 * tail - v * r) - tail - v * SIN_1);
}

/** cos(y + tail) for |y| <= pi/4. */
function cosNear(y: f64, tail: f64): f64 {
  const z = y * y;
  const w = z * z;
  const r = z * (COS_1 + z * (COS_2 + z * COS_3)) + w * w * (COS_4 + z * (COS_5 + z * COS_6));
  const half = 0.5 * z;
  const top = 1.0 - half;
  return top + (1.0 - top - half + (z * r - y * tail));
}

/** Takes whole turns off a huge angle until it is small; NaN where there is no angle. */
function unwind(x: f64): f64 {
  if (x - x != 0.0) return NaN;
  while (Math.abs(x) > TRIG_LIMIT) {
    let turns = x * 0.15915494309189535;
    if (Math.abs(turns) < SINPI_LIMIT) turns = turns + ROUND - ROUND;
    // The first part of 2 pi is too small, so that no product overflows.
    x = x - turns * 6.2831853069365025 - turns * 2.430840202602477e-10;
  }
  return x;
}

/** An x >= 0 less an even integer, so that it is below 2^51. */
function fold(x: f64): f64 {
  if (x >= 9007199254740992.0) return 0.0;
  if (x >= 4503599627370496.0) x -= 4503599627370496.0;
  return x >= SINPI_LIMIT ? x - SINPI_LIMIT : x;
}

/** a^y for finite a > 0: the logarithm, its product with y and the exponential as double-doubles. */
function powPositive(a: f64, y: f64): f64 {
  if (a == 1.0) return 1.0;
  const size = Math.abs(y);
  if (size > 18446744073709551616.0) return a > 1.0 == y > 0.0 ? Infinity : 0.0;
  if (size < 2.7105054312137611e-20) return 1.0;
  let shift: f64 = 0.0;
  if (a < NORMAL) {
    a *= 18014398509481984.0;
    shift = -54.0;
  }
  const e = exponent(a);
  const k = (e as f64) + shift;
  const m = a * power(-e);
  // s = (m - 1) / (m + 1)
  const f = m - 1.0;
  const d = m + 1.0;
  const s = f / d;
  const p = s * d;
  const sLow = (f - p - productLow(s, d, p) - s * (m - (d - 1.0))) / d;
  // t = z / 3 + z^2 / 5 + ..., z = s^2
  const z = s * s;
  const zLow = productLow(s, s, z) + 2.0 * s * sLow;
  const w = z * z;
  const even = 0.1999999999999999 + w * (0.11111111108763594 + w * (0.07692278396232283 + w * 0.058373783266304394));
  const odd = 0.14285714285722576 + w * (0.09090909435729946 + w * (0.06668160226978712 + w * 0.05994765089941688));
  const t = z * 0.3333333333333333;
  const tLow = productLow(z, 0.3333333333333333, t) + z * 1.850371707708594e-17 + zLow * 0.3333333333333333 + w * (even + z * odd);
  // ln a = k ln 2 + 2 (s + s t)
  const u = s * t;
  const uLow = productLow(s, t, u) + s * tLow + sLow * t;
  const v = s + u;
  const vLow = s - v + u + (sLow + uLow);
  const top = k * LN2_HIGH;
  const sum = top + 2.0 * v;
  const rest = top - sum + 2.0 * v + (2.0 * vLow + k * LN2_LOW);
  const l = sum + rest;
  const lLow = sum - l + rest;
  const x = y * l;
  if (x > 710.0) return Infinity;
  if (x < -746.0) return 0.0;
  return expSum(x, productLow(y, l, x) + y * lLow);
}

/** a b - p for p = a b rounded (Dekker, with Veltkamp's split). */
function productLow(a: f64, b: f64, p: f64): f64 {
  const ca = 134217729.0 * a;
  const cb = 134217729.0 * b;
  const ah = ca - (ca - a);
  const bh = cb - (cb - b);
  const al = a - ah;
  const bl = b - bh;
  return al * bl - (p - ah * bh - al * bh - ah * bl);
}
