/** The two-lane functions, which the module does not export: each lane equals the scalar text, whatever stands in the other lane. */
import * as scalar from '../portable/math';
import { vcos, vexp, vexpm1, vlog, vpow, vsin, vsinpi, vsquash, vstretch, vtanh } from '../vector';

const VALUES: f64[] = [
  0.0, -0.0, 0.3, -0.7, 1.0, -1.0, 2.5, -12.25, 100.5, -300.0, 700.5, 720.0, -720.0, -746.0, 1e6, -2e6, 1e300, -1e300, 5e-324, -5e-324,
  2.2250738585072014e-308, 3.141592653589793, 1.5707963267948966, 2251799813685248.5, 4503599627370497.0, 0.9999999999999999, Infinity, -Infinity, NaN,
];

/** The same bits, or both NaN. */
function same(a: f64, b: f64): bool {
  return reinterpret<u64>(a) == reinterpret<u64>(b) || (isNaN(a) && isNaN(b));
}
function lanesAgree(vector: (x: v128) => v128, f: (x: f64) => f64): i32 {
  let wrong = 0;
  for (let i = 0; i < VALUES.length; i++) {
    for (let j = 0; j < VALUES.length; j++) {
      const y = vector(f64x2(VALUES[i], VALUES[j]));
      if (!same(f64x2.extract_lane(y, 0), f(VALUES[i])) || !same(f64x2.extract_lane(y, 1), f(VALUES[j]))) wrong++;
    }
  }
  return wrong;
}

describe('vector', () => {
  it('equals the scalar functions lane by lane', () => {
    expect(lanesAgree((x: v128): v128 => vexp(x), (x: f64): f64 => scalar.exp(x))).toBe(0, 'vexp');
    expect(lanesAgree((x: v128): v128 => vexpm1(x), (x: f64): f64 => scalar.expm1(x))).toBe(0, 'vexpm1');
    expect(lanesAgree((x: v128): v128 => vlog(x), (x: f64): f64 => scalar.log(x))).toBe(0, 'vlog');
    expect(lanesAgree((x: v128): v128 => vsin(x), (x: f64): f64 => scalar.sin(x))).toBe(0, 'vsin');
    expect(lanesAgree((x: v128): v128 => vcos(x), (x: f64): f64 => scalar.cos(x))).toBe(0, 'vcos');
    expect(lanesAgree((x: v128): v128 => vsinpi(x), (x: f64): f64 => scalar.sinpi(x))).toBe(0, 'vsinpi');
    expect(lanesAgree((x: v128): v128 => vtanh(x), (x: f64): f64 => scalar.tanh(x))).toBe(0, 'vtanh');
    expect(lanesAgree((x: v128): v128 => vstretch(x), (x: f64): f64 => scalar.stretch(x))).toBe(0, 'vstretch');
    expect(lanesAgree((x: v128): v128 => vsquash(x), (x: f64): f64 => scalar.squash(x))).toBe(0, 'vsquash');
  });

  it('raises both lanes to their powers', () => {
    const y = vpow(f64x2(2.0, -3.0), f64x2(0.5, 3.0));
    expect(f64x2.extract_lane(y, 0)).toBe(1.4142135623730951);
    expect(f64x2.extract_lane(y, 1)).toBe(-27.0);
  });
});
