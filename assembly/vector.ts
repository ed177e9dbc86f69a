/**
 * The elementary functions on two lanes, equal bit for bit to portable/math.ts: the same operations in the same order, with bit tricks
 * only where they compute the same bits (2^k, mantissas, signs). Where a lane is out of the ordinary, both take the scalar road.
 */
import * as scalar from './portable/math';
import * as c from './portable/constants';

// @ts-ignore: decorator
@inline
function add(a: v128, b: v128): v128 {
  return f64x2.add(a, b);
}
// @ts-ignore: decorator
@inline
function sub(a: v128, b: v128): v128 {
  return f64x2.sub(a, b);
}
// @ts-ignore: decorator
@inline
function mul(a: v128, b: v128): v128 {
  return f64x2.mul(a, b);
}
// @ts-ignore: decorator
@inline
function div(a: v128, b: v128): v128 {
  return f64x2.div(a, b);
}
// @ts-ignore: decorator
@inline
function all(x: f64): v128 {
  return f64x2.splat(x);
}
// @ts-ignore: decorator
@inline
function bits(x: i64): v128 {
  return i64x2.splat(x);
}

const SIGN: i64 = 0x8000000000000000;
const ONE: i64 = 0x3ff0000000000000;
const MANTISSA: i64 = 0x000fffffffffffff;
const HALF_ROOT: i64 = 0x3fe6a09e667f3bcd;

/** e^x. */
// @ts-ignore: decorator
@inline
export function vexp(x: v128): v128 {
  if (i64x2.bitmask(f64x2.le(f64x2.abs(x), all(708.0))) != 3) return lanes(x, EXP);
  return exponential(x);
}

/** e^x - 1. */
// @ts-ignore: decorator
@inline
export function vexpm1(x: v128): v128 {
  if (i64x2.bitmask(f64x2.le(f64x2.abs(x), all(700.0))) != 3) return lanes(x, EXPM1);
  return signed(x, expm1Near(x));
}

/** The natural logarithm. */
// @ts-ignore: decorator
@inline
export function vlog(x: v128): v128 {
  if (i64x2.bitmask(v128.and(f64x2.ge(x, all(c.NORMAL)), f64x2.lt(x, all(Infinity)))) != 3) return lanes(x, LOG);
  const t = i64x2.add(x, bits(ONE - HALF_ROOT));
  const k = exponent(t);
  const m = i64x2.add(v128.and(t, bits(MANTISSA)), bits(HALF_ROOT));
  const f = sub(m, all(1.0));
  const s = div(f, add(all(2.0), f));
  const half = mul(mul(all(0.5), f), f);
  const tail = add(mul(s, add(half, logTail(mul(s, s)))), mul(k, all(c.LN2_LOW)));
  return sub(mul(k, all(c.LN2_HIGH)), sub(sub(half, tail), f));
}

/** sin(x), x in radians. */
// @ts-ignore: decorator
@inline
export function vsin(x: v128): v128 {
  const q = add(mul(x, all(c.TWO_OVER_PI)), all(c.ROUND));
  const n = sub(q, all(c.ROUND));
  const t = sub(x, mul(n, all(c.PIO2_1)));
  const w = mul(n, all(c.PIO2_1_TAIL));
  const y = sub(t, w);
  if (!ordinary(x, y)) return lanes(x, SIN);
  return quadrant(y, sub(sub(t, y), w), q);
}

/** cos(x), x in radians. */
// @ts-ignore: decorator
@inline
export function vcos(x: v128): v128 {
  const q = add(mul(x, all(c.TWO_OVER_PI)), all(c.ROUND));
  const n = sub(q, all(c.ROUND));
  const t = sub(x, mul(n, all(c.PIO2_1)));
  const w = mul(n, all(c.PIO2_1_TAIL));
  const y = sub(t, w);
  if (!ordinary(x, y)) return lanes(x, COS);

  return quadrant(y, sub(sub(t, y), w), i64x2.add(q, bits(1)));
}

/** sin(pi x). */
// @ts-ignore: decorator
@inline
export function vsinpi(x: v128): v128 {
  const a = f64x2.abs(x);
  if (i64x2.bitmask(f64x2.lt(a, all(c.SINPI_LIMIT))) != 3) return lanes(x, SINPI);
  const n = add(a, all(c.ROUND));
  const r = v128.xor(sub(a, sub(n, all(c.ROUND))), i64x2.shl(n, 63));
  const high = sub(add(r, all(c.SPLIT_26)), all(c.SPLIT_26));
  const less = sub(r, high);
  const square = mul(high, high);
  const rest = mul(add(r, high), less);
  const v = add(sub(square, all(0.25)), rest);
  const w = mul(v, v);
  const even = add(all(c.SINPI_0), mul(w, add(all(c.SINPI_2), mul(w, add(all(c.SINPI_4), mul(w, all(c.SINPI_6)))))));
  const odd = add(all(c.SINPI_1), mul(w, add(all(c.SINPI_3), mul(w, all(c.SINPI_5)))));
  const slope = add(sub(all(0.5), mul(all(4.0), square)), sub(mul(w, add(even, mul(v, odd))), mul(all(4.0), rest)));
  const y = add(add(mul(all(2.5), high), add(mul(all(2.5), less), mul(r, slope))), all(0.0));
  return v128.xor(y, v128.and(x, bits(SIGN)));
}

/** The hyperbolic tangent. */
// @ts-ignore: decorator
@inline
export function vtanh(x: v128): v128 {
  const a = f64x2.min(f64x2.abs(x), all(22.0));
  const big = f64x2.ge(a, all(1.0));
  const t = expm1Near(add(a, a));
  const s = add(t, all(2.0));
  const q = div(v128.bitselect(all(-2.0), t, big), s);
  const lost = mul(sub(t, sub(s, all(2.0))), sub(all(0.5), mul(all(0.5), q)));
  return signed(x, v128.bitselect(add(all(1.0), q), sub(q, mul(q, lost)), big));
}

/** ln(p / (1 - p)). */
// @ts-ignore: decorator
@inline
export function vstretch(p: v128): v128 {
  if (i64x2.bitmask(v128.and(f64x2.ge(p, all(c.NORMAL)), f64x2.lt(p, all(1.0)))) != 3) return lanes(p, STRETCH);
  const b = sub(all(1.0), p);
  const lost = sub(p, sub(all(1.0), b));
  const t = i64x2.add(div(p, b), bits(ONE - HALF_ROOT));
  const k = exponent(t);
  const a = i64x2.sub(p, i64x2.sub(v128.andnot(t, bits(MANTISSA)), bits(ONE)));
  const s = div(add(sub(a, b), lost), add(a, b));
  const tail = add(mul(s, logTail(mul(s, s))), mul(k, all(c.LN2_LOW)));
  return add(mul(k, all(c.LN2_HIGH)), add(add(s, s), tail));
}

/** 1 / (1 + e^-x). */
// @ts-ignore: decorator
@inline
export function vsquash(x: v128): v128 {
  const a = f64x2.neg(f64x2.abs(x));
  if (i64x2.bitmask(f64x2.ge(a, all(-708.0))) != 3) return lanes(x, SQUASH);
  const e = exponential(a);
  const s = add(all(1.0), e);
  const q = div(v128.bitselect(e, all(1.0), f64x2.lt(x, all(0.0))), s);
  return sub(q, mul(q, mul(sub(e, sub(s, all(1.0))), sub(all(1.457), mul(all(0.5), s)))));
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
    default: return scalar.squash(x);
  }
}

/** |y| with the sign of x. */
// @ts-ignore: decorator
@inline
function signed(x: v128, y: v128): v128 {
  return v128.bitselect(x, y, bits(SIGN));
}

/** 2^k for the k in the low bits of a rounded sum, |k| <= 1022. */
// @ts-ignore: decorator
@inline
function power(q: v128): v128 {
  return i64x2.add(i64x2.shl(q, 52), bits(ONE));
}

/** e^x for |x| <= 708. */
// @ts-ignore: decorator
@inline
function exponential(x: v128): v128 {
  const q = add(mul(x, all(c.LOG2E)), all(c.ROUND));
  const k = sub(q, all(c.ROUND));
  const high = sub(x, mul(k, all(c.LN2_HIGH)));
  const less = mul(k, all(c.LN2_LOW));
  const r = sub(high, less);
  const s = add(all(1.0), r);
  const y = add(s, add(add(sub(all(1.0), s), r), expTail(r, sub(sub(high, r), less))));
  return mul(y, power(q));
}

/** e^x - 1 for |x| <= 700, where a zero may have either sign. */
// @ts-ignore: decorator
@inline
function expm1Near(x: v128): v128 {
  const q = add(mul(x, all(c.LOG2E)), all(c.ROUND));
  const k = sub(q, all(c.ROUND));
  const high = sub(x, mul(k, all(c.LN2_HIGH)));
  const less = mul(k, all(c.LN2_LOW));
  const r = sub(high, less);
  const p = power(q);
  const b = mul(p, r);
  const a = sub(p, all(1.0));
  const back = sub(a, p);
  const lost = add(sub(p, sub(a, back)), sub(all(-1.0), back));
  const s = add(a, b);
  return add(s, add(add(sub(a, s), b), add(mul(p, expTail(r, sub(sub(high, r), less))), lost)));
}

/** e^(r + rest) - 1 - r. */
// @ts-ignore: decorator
@inline
function expTail(r: v128, rest: v128): v128 {
  const z = mul(r, r);
  const even = add(all(c.EXP_0), mul(z, add(all(c.EXP_2), mul(z, add(all(c.EXP_4), mul(z, add(all(c.EXP_6), mul(z, all(c.EXP_8)))))))));
  const odd = add(all(c.EXP_1), mul(z, add(all(c.EXP_3), mul(z, add(all(c.EXP_5), mul(z, add(all(c.EXP_7), mul(z, all(c.EXP_9)))))))));
  return add(mul(all(0.5), z), add(mul(mul(z, r), add(even, mul(r, odd))), add(rest, mul(rest, r))));
}

/** The exponents of bits that were moved by ONE - HALF_ROOT, as numbers: k + 1023 becomes the low bits of 2^52. */
// @ts-ignore: decorator
@inline
function exponent(t: v128): v128 {
  return sub(v128.or(i64x2.shr_u(t, 52), bits(0x4330000000000000)), all(4503599627371519.0));
}

/** (ln((1 + s) / (1 - s)) - 2s) / s for z = s^2. */
// @ts-ignore: decorator
@inline
function logTail(z: v128): v128 {
  const w = mul(z, z);
  const even = mul(w, add(all(c.LOG_2), mul(w, add(all(c.LOG_4), mul(w, all(c.LOG_6))))));
  return add(even, mul(z, add(all(c.LOG_1), mul(w, add(all(c.LOG_3), mul(w, add(all(c.LOG_5), mul(w, all(c.LOG_7)))))))));
}

/** Whether the two-part reduction of both lanes stands; false for NaN and infinities. */
// @ts-ignore: decorator
@inline
function ordinary(x: v128, y: v128): bool {
  const a = f64x2.abs(x);
  const kept = f64x2.ge(f64x2.abs(y), mul(a, all(c.CANCELLED)));
  return i64x2.bitmask(v128.and(f64x2.le(a, all(c.TRIG_LIMIT)), kept)) == 3;
}

/** sin(y + tail) where bit 0 of `q` is clear, else cos, negated where bit 1 is set. */
// @ts-ignore: decorator
@inline
function quadrant(y: v128, tail: v128, q: v128): v128 {
  const z = mul(y, y);
  const w = mul(z, z);
  const v = mul(z, y);
  const rs = add(add(all(c.SIN_2), mul(z, add(all(c.SIN_3), mul(z, all(c.SIN_4))))), mul(mul(z, w), add(all(c.SIN_5), mul(z, all(c.SIN_6)))));
  const sine = sub(y, sub(sub(mul(z, sub(mul(all(0.5), tail), mul(v, rs))), tail), mul(v, all(c.SIN_1))));
  const rc = add(
    mul(z, add(all(c.COS_1), mul(z, add(all(c.COS_2), mul(z, all(c.COS_3)))))),
    mul(mul(w, w), add(all(c.COS_4), mul(z, add(all(c.COS_5), mul(z, all(c.COS_6)))))),
  );
  const half = mul(all(0.5), z);
  const top = sub(all(1.0), half);
  const cosine = add(top, add(sub(sub(all(1.0), top), half), sub(mul(z, rc), mul(y, tail))));
  const odd = i64x2.neg(v128.and(q, bits(1)));
  const sign = i64x2.shl(v128.and(q, bits(2)), 62);
  return v128.xor(v128.bitselect(cosine, sine, odd), sign);
}
