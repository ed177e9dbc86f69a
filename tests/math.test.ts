/**
 * The portable functions against decimal.js at 80 digits, and their special values against C99, C23 and ECMAScript.
 *
 * decimal.js is an oracle of its own making: parity between backends cannot see a wrong coefficient, since all share the text. The error is
 * counted in units of the last place of the true value; 0.5 would be perfect rounding. Points are random but the same in every run.
 */
import { Decimal } from 'decimal.js';
import { describe, expect, test } from 'vitest';
import * as math from '../assembly/portable/math.ts';

const D = Decimal.clone({ precision: 80, minE: -9e15, maxE: 9e15 });
const PI = D.acos(-1);
const bits = new DataView(new ArrayBuffer(8));
const powers = new Map<number, Decimal>();

/** The double as a Decimal: `new Decimal(x)` would read its shortest decimal form, which is another number. */
function exact(x: number): Decimal {
  bits.setFloat64(0, x);
  const raw = bits.getBigUint64(0);
  const field = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xfffffffffffffn;
  const m = field === 0 ? fraction : fraction | 0x10000000000000n;
  const value = new D(m.toString()).times(power(Math.max(field, 1) - 1075));
  return x < 0 ? value.neg() : value;
}
function power(e: number): Decimal {
  let value = powers.get(e);
  if (value === undefined) powers.set(e, (value = D.pow(2, e)));
  return value;
}
/** How far `got` is from `want`, in units of want's last place. */
function ulps(got: number, want: Decimal): number {
  const near = Math.abs(want.toNumber());
  if (near === Infinity) return got === want.toNumber() ? 0 : Infinity;
  if (!Number.isFinite(got)) return Infinity;
  bits.setFloat64(0, near);
  const e = Math.max(Number(bits.getBigUint64(0) >> 52n), 1) - 1075;
  return exact(got).minus(want).abs().div(power(e)).toNumber();
}

let state = 20241;
function word(): number {
  state = (state + 0x9e3779b9) | 0;
  let t = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
  return (t ^ (t >>> 15)) >>> 0;
}
function uniform(a: number, b: number): number {
  return a + (b - a) * ((word() + word() / 2 ** 32) / 2 ** 32);
}
/** Of either sign, its logarithm uniform. */
function wide(a: number, b: number): number {
  return (uniform(0, 1) < 0.5 ? -1 : 1) * 2 ** uniform(a, b);
}
const quarterTurns = (): number => {
  const x = Math.round(uniform(-660000, 660000)) * (Math.PI / 2);
  return x * (1 + Math.round(uniform(-2, 2)) * 2 ** -52);
};

type Row = { bound: number; points: (() => number)[]; oracle: (x: Decimal) => Decimal };
const { exp, expm1, log, sin, cos, sinpi, tanh, stretch, squash } = math;
const functions = { exp, expm1, log, sin, cos, sinpi, tanh, stretch, squash };
type Name = keyof typeof functions;
const rows: { [name in Name]: Row } = {
  exp: { bound: 1, points: [() => uniform(-1, 1), () => uniform(-745.1, 709.7), () => uniform(-745.1, -708), () => wide(-60, 9)], oracle: (x) => x.exp() },
  expm1: { bound: 1, points: [() => uniform(-1, 1), () => uniform(0.34, 0.52), () => uniform(-60, 60), () => wide(-60, 9)], oracle: (x) => x.exp().minus(1) },
  log: { bound: 1, points: [() => uniform(0.5, 2), () => uniform(1.2, 1.42), () => Math.abs(wide(-1074, 1023)), () => 1 + wide(-52, -2)], oracle: (x) => x.ln() },
  sin: { bound: 1, points: [() => uniform(-1, 1), () => uniform(-10, 10), () => uniform(-1048576, 1048576), quarterTurns, () => wide(-60, 20)], oracle: (x) => x.sin() },
  cos: { bound: 1, points: [() => uniform(-1, 1), () => uniform(-10, 10), () => uniform(-1048576, 1048576), quarterTurns, () => wide(-60, 20)], oracle: (x) => x.cos() },
  sinpi: {
    bound: 1,
    points: [() => uniform(-0.5, 0.5), () => uniform(0.03, 0.13), () => uniform(0.4, 0.6), () => uniform(-100, 100), () => wide(-60, 53)],
    oracle: (x) => (x.isInteger() ? new D(0) : x.minus(x.div(2).round().times(2)).times(PI).sin()),
  },
  tanh: { bound: 2, points: [() => uniform(-1, 1), () => uniform(-22, 22), () => uniform(0.8, 1.2), () => wide(-60, 5)], oracle: (x) => x.times(2).exp().minus(1).div(x.times(2).exp().plus(1)) },
  stretch: { bound: 4, points: [() => uniform(0, 1), () => uniform(0.4, 0.6), () => 0.5 + wide(-53, -2), () => Math.abs(wide(-1074, -1)), () => 1 - 2 ** uniform(-53, -1)], oracle: (p) => p.ln().minus(new D(1).minus(p).ln()) },
  squash: { bound: 2, points: [() => uniform(-6, 6), () => uniform(-745, 40), () => wide(-60, 9)], oracle: (x) => x.neg().exp().plus(1).pow(-1) },
};

describe('accuracy', () => {
  test.each(Object.entries(rows))('%s', (name, { bound, points, oracle }) => {
    let worst = 0;
    let at = NaN;
    for (let i = 0; i < 3000; i++) {
      const x = points[i % points.length]!();
      const error = ulps(functions[name as Name](x), oracle(exact(x)));
      if (error > worst) [worst, at] = [error, x];
    }
    if (process.env['ULPS']) console.log(`${name}: ${worst.toFixed(3)} ulp at ${at}`);
    expect(worst, `${name}(${at})`).toBeLessThanOrEqual(bound);
  });

  test('pow', () => {
    const pairs = [
      (): [number, number] => [uniform(0, 10), uniform(-20, 20)],
      (): [number, number] => [2 ** uniform(-1070, 1020), uniform(-0.7, 0.7)],
      (): [number, number] => [1 + wide(-40, -5), wide(0, 30)],
      (): [number, number] => [uniform(0.5, 2), uniform(-700, 700)],
    ];
    let worst = 0;
    let at = '';
    for (let i = 0; i < 3000; i++) {
      const [x, y] = pairs[i % 4]!();
      const error = ulps(math.pow(x, y), exact(x).ln().times(exact(y)).exp());
      if (error > worst) [worst, at] = [error, `pow(${x}, ${y})`];
    }
    if (process.env['ULPS']) console.log(`pow: ${worst.toFixed(3)} ulp at ${at}`);
    expect(worst, at).toBeLessThanOrEqual(2);
  });
});

// C99 annex F and C23 F.10 (sinpi); pow as ECMAScript.
const known: { [name in Name]: [number, number][] } = {
  exp: [[0, 1], [-0, 1], [Infinity, Infinity], [-Infinity, 0], [709.7827128933841, Infinity], [-745.1332191019412, 0], [-745.1332191019411, 5e-324], [1e300, Infinity], [-1e300, 0]],
  expm1: [[0, 0], [-0, -0], [Infinity, Infinity], [-Infinity, -1], [5e-324, 5e-324], [-5e-324, -5e-324], [710, Infinity], [-50, -1], [-1000, -1]],
  log: [[1, 0], [0, -Infinity], [-0, -Infinity], [-1, NaN], [-Infinity, NaN], [Infinity, Infinity], [5e-324, -744.4400719213812], [1.7976931348623157e308, 709.782712893384]],
  sin: [[0, 0], [-0, -0], [Infinity, NaN], [-Infinity, NaN], [5e-324, 5e-324], [Math.PI, 1.2246467991473532e-16]],
  cos: [[0, 1], [-0, 1], [Infinity, NaN], [-Infinity, NaN], [5e-324, 1], [Math.PI, -1], [Math.PI / 2, 6.123233995736766e-17]],
  sinpi: [[0, 0], [-0, -0], [1, 0], [-1, -0], [2, 0], [-2, -0], [0.5, 1], [-0.5, -1], [1.5, -1], [2.5, 1], [2 ** 51 + 0.5, 1], [2 ** 51 + 1.5, -1], [2 ** 53 + 2, 0], [-1e300, -0], [Infinity, NaN], [-Infinity, NaN]],
  tanh: [[0, 0], [-0, -0], [Infinity, 1], [-Infinity, -1], [5e-324, 5e-324], [30, 1], [-1e300, -1]],
  stretch: [[0.5, 0], [0, -Infinity], [-0, -Infinity], [1, Infinity], [-1e-9, NaN], [1.1, NaN], [Infinity, NaN], [-Infinity, NaN], [5e-324, -744.4400719213812]],
  squash: [[0, 0.5], [-0, 0.5], [Infinity, 1], [-Infinity, 0], [-745.1332191019411, 5e-324], [800, 1], [-800, 0]],
};

describe('special values', () => {
  test.each(Object.entries(known))('%s', (name, cases) => {
    const f = functions[name as Name];
    expect(f(NaN)).toBe(NaN);
    for (const [x, want] of cases) expect(f(x), `${name}(${x})`).toBe(want);
  });

  test('pow has the special cases of the host, exact powers and signs', () => {
    const values = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 1e300, -1e300, Infinity, -Infinity, NaN, 2 ** 53, 2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 52 + 1, 2 ** 51 + 0.5, -(2 ** 51 + 0.5)];
    for (const x of values) for (const y of values) {
      const host = Math.pow(x, y);
      // Only where the host's answer is exact by definition; its other digits are its own.
      if (host === 0 || Math.abs(host) === 1 || !Number.isFinite(host)) expect(math.pow(x, y), `pow(${x}, ${y})`).toBe(host);
    }
    for (let e = -1074; e <= 1023; e++) expect(math.pow(2, e)).toBe(Number(power(e).toString()));
    expect(math.pow(-3, 3)).toBe(-27);
    expect(math.pow(10, 2)).toBe(100);
  });

  test('beyond their range sin and cos stay in [-1, 1], odd and even', () => {
    for (let e = 20; e < 1024; e++) for (const m of [1, 1.1, 1.9999999999999998]) {
      const x = m * 2 ** e;
      for (const f of [math.sin, math.cos]) expect(Math.abs(f(x))).toBeLessThanOrEqual(1);
      expect(math.sin(-x)).toBe(-math.sin(x));
      expect(math.cos(-x)).toBe(math.cos(x));
    }
  });
});
