/**
 * The elementary functions on two lanes, equal bit for bit to portable/math.ts: the same operations in the same order, with bit tricks
 * only where they compute the same bits (2^k, mantissas, signs). Where a lane is out of the ordinary, both take the scalar road.
 * It is over 300 lines because operators are calls here; every function stands beside its twin in math.ts.
 */
import { add, div, mul, sub } from './lanes';
import * as scalar from './portable/math';
import * as c from './portable/constants';

/** Constants are loaded: V8 builds a v128.const from three instructions a use (measured: 25 % of vexp and vlog). */
enum At {
  ROUND, NORMAL, LOG2E, LN2_HIGH, LN2_LOW, EXP_0, EXP_1, EXP_2, EXP_3, EXP_4, EXP_5, EXP_6, EXP_7, EXP_8, EXP_9, LOG_1, LOG_2, LOG_3, LOG_4,
  LOG_5, LOG_6, LOG_7, TRIG_LIMIT, CANCELLED, TWO_OVER_PI, PIO2_1, PIO2_1_TAIL, SIN_1, SIN_2, SIN_3, SIN_4, SIN_5, SIN_6, COS_1, COS_2, COS_3,
  COS_4, COS_5, COS_6, SINPI_LIMIT, SINPI_0, SINPI_1, SINPI_2, SINPI_3, SINPI_4, SINPI_5, SINPI_6, EXP_LIMIT, EXPM1_LIMIT, INFINITE, UNIT, TWO,
  HALF, QUARTER, FIVE_QUARTERS, ZERO, TANH_LIMIT, LESS_TWO, EXP_FLOOR, INVERSE, MINUS, BIASED,
}
const NUMBERS: usize = memory.data<f64>([
  c.ROUND, c.NORMAL, c.LOG2E, c.LN2_HIGH, c.LN2_LOW, c.EXP_0, c.EXP_1, c.EXP_2, c.EXP_3, c.EXP_4, c.EXP_5, c.EXP_6, c.EXP_7, c.EXP_8, c.EXP_9,
  c.LOG_1, c.LOG_2, c.LOG_3, c.LOG_4, c.LOG_5, c.LOG_6, c.LOG_7, c.TRIG_LIMIT, c.CANCELLED, c.TWO_OVER_PI, c.PIO2_1, c.PIO2_1_TAIL, c.SIN_1,
  c.SIN_2, c.SIN_3, c.SIN_4, c.SIN_5, c.SIN_6, c.COS_1, c.COS_2, c.COS_3, c.COS_4, c.COS_5, c.COS_6, c.SINPI_LIMIT, c.SINPI_0, c.SINPI_1,
  c.SINPI_2, c.SINPI_3, c.SINPI_4, c.SINPI_5, c.SINPI_6, 708.0, 700.0, Infinity, 1.0, 2.0, 0.5, 0.25, 1.25, 0.0, 22.0, -2.0, -708.0, 1.457,
  -1.0, 4503599627371519.0,
]);
/** Bit patterns: ROOT is HALF_ROOT, SHIFT is ONE - ROOT. */
enum Bits { SHIFT, MANTISSA, ROOT, BIT_0, SIGN, ONE, TWO_52, BIT_1 }
const PATTERNS: usize = memory.data<i64>([
  0x00095f619980c433, 0x000fffffffffffff, 0x3fe6a09e667f3bcd, 1, 0x8000000000000000, 0x3ff0000000000000, 0x4330000000000000, 2,
]);

// @ts-ignore: decorator
@inline
function all(index: At): v128 {
  return v128.load64_splat(NUMBERS + (<usize>index << 3));
}
// @ts-ignore: decorator
@inline
function bits(index: Bits): v128 {
  return v128.load64_splat(PATTERNS + (<usize>index << 3));
}

/** e^x. */
// @ts-ignore: decorator
@inline
export function vexp(x: v128): v128 {
  if (i64x2.bitmask(f64x2.le(f64x2.abs(x), all(At.EXP_LIMIT))) != 3) return lanes(x, EXP);
  return exponential(x);
}

/** e^x - 1. */
// @ts-ignore: decorator
@inline
export function vexpm1(x: v128): v128 {
  if (i64x2.bitmask(f64x2.le(f64x2.abs(x), all(At.EXPM1_LIMIT))) != 3) return lanes(x, EXPM1);
  return signed(x, expm1Near(x));
}

/** The natural logarithm. */
// @ts-ignore: decorator
@inline
export function vlog(x: v128): v128 {
  if (i64x2.bitmask(v128.and(f64x2.ge(x, all(At.NORMAL)), f64x2.lt(x, all(At.INFINITE)))) != 3) return lanes(x, LOG);
  const t = i64x2.add(x, bits(Bits.SHIFT));
  const k = exponent(t);
  const m = i64x2.add(v128.and(t, bits(Bits.MANTISSA)), bits(Bits.ROOT));
  const f = sub(m, all(At.UNIT));
  const s = div(f, add(all(At.TWO), f));
  const half = mul(mul(all(At.HALF), f), f);
  const tail = add(mul(s, add(half, logTail(mul(s, s)))), mul(k, all(At.LN2_LOW)));
  return sub(mul(k, all(At.LN2_HIGH)), sub(sub(half, tail), f));
}

/** sin(x), x in radians. */
// @ts-ignore: decorator
@inline
export function vsin(x: v128): v128 {
  const q = add(mul(x, all(At.TWO_OVER_PI)), all(At.ROUND));
  const n = sub(q, all(At.ROUND));
  const t = sub(x, mul(n, all(At.PIO2_1)));
  const w = mul(n, all(At.PIO2_1_TAIL));
  const y = sub(t, w);
  if (!ordinary(x, y)) return lanes(x, SIN);
  return quadrant(y, sub(sub(t, y), w), q);
}

/** cos(x), x in radians. */
// @ts-ignore: decorator
@inline
export function vcos(x: v128): v128 {
  const q = add(mul(x, all(At.TWO_OVER_PI)), all(At.ROUND));
  const n = sub(q, all(At.ROUND));
  const t = sub(x, mul(n, all(At.PIO2_1)));
  const w = mul(n, all(At.PIO2_1_TAIL));
  const y = sub(t, w);
  if (!ordinary(x, y)) return lanes(x, COS);

  return quadrant(y, sub(sub(t, y), w), i64x2.add(q, bits(Bits.BIT_0)));
}

/** sin(pi x). */
// @ts-ignore: decorator
@inline
export function vsinpi(x: v128): v128 {
  const a = f64x2.abs(x);
  if (i64x2.bitmask(f64x2.lt(a, all(At.SINPI_LIMIT))) != 3) return lanes(x, SINPI);
  const n = add(a, all(At.ROUND));
  const r = v128.xor(sub(a, sub(n, all(At.ROUND))), i64x2.shl(n, 63));
  const y = sine(r);
  return v128.xor(y, v128.and(x, bits(Bits.SIGN)));
}

/** sin(pi x)^2: an odd function squared needs no sign, so nothing is folded and no lane is special. */
// @ts-ignore: decorator
@inline
export function vsinesquare(x: v128): v128 {
  const y = sine(sub(x, f64x2.nearest(x)));
  return mul(y, y);
}

/** sin(pi r) for |r| up to 1/2. */
// @ts-ignore: decorator
@inline
function sine(r: v128): v128 {
  const t = add(r, r);
  const z = mul(t, t);
  const v = sub(z, all(At.UNIT));
  const w = mul(v, v);
  const near = add(add(all(At.SINPI_0), mul(v, all(At.SINPI_1))), mul(w, add(all(At.SINPI_2), mul(v, all(At.SINPI_3)))));
  const far = add(add(all(At.SINPI_4), mul(v, all(At.SINPI_5))), mul(w, all(At.SINPI_6)));
  const most = mul(all(At.FIVE_QUARTERS), t);
  const less = add(sub(t, most), mul(all(At.QUARTER), t));
  const slope = add(sub(all(At.HALF), z), mul(w, add(near, mul(mul(w, w), far))));
  return add(most, add(less, mul(r, slope)));
}

/** The hyperbolic tangent. */
// @ts-ignore: decorator
@inline
export function vtanh(x: v128): v128 {
  if (i64x2.bitmask(f64x2.eq(x, x)) != 3) return lanes(x, TANH);
  const a = f64x2.min(f64x2.abs(x), all(At.TANH_LIMIT));
  const big = f64x2.ge(a, all(At.UNIT));
  const t = expm1Near(add(a, a));
  const s = add(t, all(At.TWO));
  const q = div(v128.bitselect(all(At.LESS_TWO), t, big), s);
  const lost = mul(sub(t, sub(s, all(At.TWO))), sub(all(At.HALF), mul(all(At.HALF), q)));
  return signed(x, v128.bitselect(add(all(At.UNIT), q), sub(q, mul(q, lost)), big));
}

/** ln(p / (1 - p)). */
// @ts-ignore: decorator
@inline
export function vstretch(p: v128): v128 {
  if (i64x2.bitmask(v128.and(f64x2.ge(p, all(At.NORMAL)), f64x2.lt(p, all(At.UNIT)))) != 3) return lanes(p, STRETCH);
  const b = sub(all(At.UNIT), p);
  const lost = sub(p, sub(all(At.UNIT), b));
  const t = i64x2.add(div(p, b), bits(Bits.SHIFT));
  const k = exponent(t);
  const a = i64x2.sub(p, i64x2.sub(v128.andnot(t, bits(Bits.MANTISSA)), bits(Bits.ONE)));
  const s = div(add(sub(a, b), lost), add(a, b));
  const tail = add(mul(s, logTail(mul(s, s))), mul(k, all(At.LN2_LOW)));
  return add(mul(k, all(At.LN2_HIGH)), add(add(s, s), tail));
}

/** 1 / (1 + e^-x). */
// @ts-ignore: decorator
@inline
export function vsquash(x: v128): v128 {
  const a = f64x2.neg(f64x2.abs(x));
  if (i64x2.bitmask(f64x2.ge(a, all(At.EXP_FLOOR))) != 3) return lanes(x, SQUASH);
  const e = exponential(a);
  const s = add(all(At.UNIT), e);
  const q = div(v128.bitselect(e, all(At.UNIT), f64x2.lt(x, all(At.ZERO))), s);
  return sub(q, mul(q, mul(sub(e, sub(s, all(At.UNIT))), sub(all(At.INVERSE), mul(all(At.HALF), s)))));
}

/** x^y, lane by lane: its double-double logarithm is not on any hot path. */
// @ts-ignore: decorator
@inline
export function vpow(x: v128, y: v128): v128 {
  const a = scalar.pow(f64x2.extract_lane(x, 0), f64x2.extract_lane(y, 0));
  return f64x2(a, scalar.pow(f64x2.extract_lane(x, 1), f64x2.extract_lane(y, 1)));
}

const EXP: i32 = 0;
const EXPM1: i32 = 1;
const LOG: i32 = 2;
const SIN: i32 = 3;
const COS: i32 = 4;
const SINPI: i32 = 5;
const STRETCH: i32 = 6;
const SQUASH: i32 = 7;
const TANH: i32 = 8;

/** The scalar road, out of line: one function for all, so that what is inlined stays small. */
function lanes(x: v128, kind: i32): v128 {
  return f64x2(lane(f64x2.extract_lane(x, 0), kind), lane(f64x2.extract_lane(x, 1), kind));
}
function lane(x: f64, kind: i32): f64 {
  switch (kind) {
    case EXP: return scalar.exp(x);
    case EXPM1: return scalar.expm1(x);
    case LOG: return scalar.log(x);
    case SIN: return scalar.sin(x);
    case COS: return scalar.cos(x);
    case SINPI: return scalar.sinpi(x);
    case STRETCH: return scalar.stretch(x);
    case SQUASH: return scalar.squash(x);
    default: return scalar.tanh(x);
  }
}

/** |y| with the sign of x. */
// @ts-ignore: decorator
@inline
function signed(x: v128, y: v128): v128 {
  return v128.bitselect(x, y, bits(Bits.SIGN));
}

/** 2^k for the k in the low bits of a rounded sum, |k| <= 1022. */
// @ts-ignore: decorator
@inline
function power(q: v128): v128 {
  return i64x2.add(i64x2.shl(q, 52), bits(Bits.ONE));
}

/** e^x for |x| <= 708. */
// @ts-ignore: decorator
@inline
function exponential(x: v128): v128 {
  const q = add(mul(x, all(At.LOG2E)), all(At.ROUND));
  const k = sub(q, all(At.ROUND));
  const high = sub(x, mul(k, all(At.LN2_HIGH)));
  const less = mul(k, all(At.LN2_LOW));
  const r = sub(high, less);
  const s = add(all(At.UNIT), r);
  const y = add(s, add(add(sub(all(At.UNIT), s), r), expTail(r, sub(sub(high, r), less))));
  return mul(y, power(q));
}

/** e^x - 1 for |x| <= 700, where a zero may have either sign. */
// @ts-ignore: decorator
@inline
function expm1Near(x: v128): v128 {
  const q = add(mul(x, all(At.LOG2E)), all(At.ROUND));
  const k = sub(q, all(At.ROUND));
  const high = sub(x, mul(k, all(At.LN2_HIGH)));
  const less = mul(k, all(At.LN2_LOW));
  const r = sub(high, less);
  const p = power(q);
  const b = mul(p, r);
  const a = sub(p, all(At.UNIT));
  const back = sub(a, p);
  const lost = add(sub(p, sub(a, back)), sub(all(At.MINUS), back));
  const s = add(a, b);
  return add(s, add(add(sub(a, s), b), add(mul(p, expTail(r, sub(sub(high, r), less))), lost)));
}

/** e^(r + rest) - 1 - r. */
// @ts-ignore: decorator
@inline
function expTail(r: v128, rest: v128): v128 {
  const z = mul(r, r);
  const w = mul(z, z);
  const near = add(add(all(At.EXP_0), mul(r, all(At.EXP_1))), mul(z, add(all(At.EXP_2), mul(r, all(At.EXP_3)))));
  const middle = add(add(all(At.EXP_4), mul(r, all(At.EXP_5))), mul(z, add(all(At.EXP_6), mul(r, all(At.EXP_7)))));
  const far = add(middle, mul(w, add(all(At.EXP_8), mul(r, all(At.EXP_9)))));
  return add(mul(all(At.HALF), z), add(mul(mul(z, r), add(near, mul(w, far))), add(rest, mul(rest, r))));
}

/** The exponents of bits that were moved by ONE - HALF_ROOT, as numbers: k + 1023 becomes the low bits of 2^52. */
// @ts-ignore: decorator
@inline
function exponent(t: v128): v128 {
  return sub(v128.or(i64x2.shr_u(t, 52), bits(Bits.TWO_52)), all(At.BIASED));
}

/** (ln((1 + s) / (1 - s)) - 2s) / s for z = s^2. */
// @ts-ignore: decorator
@inline
function logTail(z: v128): v128 {
  const w = mul(z, z);
  const even = mul(w, add(all(At.LOG_2), mul(w, add(all(At.LOG_4), mul(w, all(At.LOG_6))))));
  return add(even, mul(z, add(all(At.LOG_1), mul(w, add(all(At.LOG_3), mul(w, add(all(At.LOG_5), mul(w, all(At.LOG_7)))))))));
}

/** Whether the two-part reduction of both lanes stands; false for NaN and infinities. */
// @ts-ignore: decorator
@inline
function ordinary(x: v128, y: v128): bool {
  const a = f64x2.abs(x);
  const kept = f64x2.ge(f64x2.abs(y), mul(a, all(At.CANCELLED)));
  return i64x2.bitmask(v128.and(f64x2.le(a, all(At.TRIG_LIMIT)), kept)) == 3;
}

/** sin(y + tail) where bit 0 of `q` is clear, else cos, negated where bit 1 is set. */
// @ts-ignore: decorator
@inline
function quadrant(y: v128, tail: v128, q: v128): v128 {
  const z = mul(y, y);
  const w = mul(z, z);
  const v = mul(z, y);
  const rs = add(add(all(At.SIN_2), mul(z, add(all(At.SIN_3), mul(z, all(At.SIN_4))))), mul(mul(z, w), add(all(At.SIN_5), mul(z, all(At.SIN_6)))));
  const sine = sub(y, sub(sub(mul(z, sub(mul(all(At.HALF), tail), mul(v, rs))), tail), mul(v, all(At.SIN_1))));
  const rc = add(
    mul(z, add(all(At.COS_1), mul(z, add(all(At.COS_2), mul(z, all(At.COS_3)))))),
    mul(mul(w, w), add(all(At.COS_4), mul(z, add(all(At.COS_5), mul(z, all(At.COS_6)))))),
  );
  const half = mul(all(At.HALF), z);
  const top = sub(all(At.UNIT), half);
  const cosine = add(top, add(sub(sub(all(At.UNIT), top), half), sub(mul(z, rc), mul(y, tail))));
  const odd = i64x2.neg(v128.and(q, bits(Bits.BIT_0)));
  const sign = i64x2.shl(v128.and(q, bits(Bits.BIT_1)), 62);
  return v128.xor(v128.bitselect(cosine, sine, odd), sign);
}
