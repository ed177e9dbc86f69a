import { describe, expect, it } from 'vitest';
import { createRandom, openBackend, problem as problemOf, problems } from '../../src/index.ts';
import type { Backend, Box, Problem } from '../../src/index.ts';
import { backends } from '../cases/backends.ts';

/** The published formulas, with host mathematics. */
const sum = (x: ArrayLike<number>, f: (v: number, i: number) => number): number => Array.from(x).reduce((s, v, i) => s + f(v, i), 0);
const published: { [name: string]: (x: Float64Array) => number } = {
  sphere: (x) => sum(x, (v) => v * v),
  rosenbrock: (x) => sum(x.subarray(1), (v, i) => 100 * (v - x[i]! ** 2) ** 2 + (1 - x[i]!) ** 2),
  ackley: (x) => -20 * Math.exp(-0.2 * Math.sqrt(sum(x, (v) => v * v) / x.length)) - Math.exp(sum(x, (v) => Math.cos(2 * Math.PI * v)) / x.length) + 20 + Math.E,
  rastrigin: (x) => 10 * x.length + sum(x, (v) => v * v - 10 * Math.cos(2 * Math.PI * v)),
  griewank: (x) => 1 + sum(x, (v) => v * v) / 4000 - Array.from(x).reduce((p, v, i) => p * Math.cos(v / Math.sqrt(i + 1)), 1),
  ellipsoid: (x) => sum(x, (v, i) => 10 ** (x.length > 1 ? (6 * i) / (x.length - 1) : 0) * v * v),
  cigar: (x) => x[0]! ** 2 + 1e6 * sum(x.subarray(1), (v) => v * v),
  discus: (x) => 1e6 * x[0]! ** 2 + sum(x.subarray(1), (v) => v * v),
  schwefel: (x) => 418.9828872724337 * x.length - sum(x, (v) => v * Math.sin(Math.sqrt(Math.abs(v)))),
  levy: (x) => {
    const w = Array.from(x, (v) => 1 + (v - 1) / 4);
    const last = w[w.length - 1]!;
    return Math.sin(Math.PI * w[0]!) ** 2 + sum(w.slice(0, -1), (v) => (v - 1) ** 2 * (1 + 10 * Math.sin(Math.PI * v + 1) ** 2)) + (last - 1) ** 2 * (1 + Math.sin(2 * Math.PI * last) ** 2);
  },
  'styblinski-tang': (x) => sum(x, (v) => v ** 4 - 16 * v * v + 5 * v) / 2,
  'double-well': (x) => {
    const s = -1.04;
    const tilt = 4 * s - 4 * s ** 3;
    return sum(x, (v) => (v * v - 1) ** 2 + tilt * v) - x.length * ((s * s - 1) ** 2 + tilt * s);
  },
};
const RANGE: { [name: string]: [number, number] } = {
  rastrigin: [-5.12, 5.12], sphere: [-5.12, 5.12], rosenbrock: [-5, 10], ackley: [-32.768, 32.768], griewank: [-600, 600],
};
const DIMS = [1, 2, 3, 4, 5, 6, 7, 10, 11, 50];

async function opened(name: string, backend: Backend, params: object = {}): Promise<Problem<Float64Array, Box>> {
  const def = problemOf(name);
  return def.open({ dim: 10, instance: null, rotate: true, ...params } as never, { backend: backend.scope(), random: createRandom(0) });
}
const lossAt = (p: Problem<Float64Array, Box>, x: Float64Array): number => (p.score({ xs: [x] }) as { loss: Float64Array }).loss[0]!;

it('every function has a published formula here', () => {
  expect(problems.map((def) => def.name).filter((name) => name in published)).toEqual(Object.keys(published));
});

describe.each(backends)('on %s', (backendName) => {
  describe.each(Object.keys(published))('%s', (name) => {
    const least = name === 'rosenbrock' ? 2 : 1;

    it('equals its published formula to 1e-12 of its terms, at every length', async () => {
      const backend = await openBackend(backendName, 1 << 22);
      const random = createRandom(5).fork(name);
      for (const dim of DIMS.filter((d) => d >= least)) {
        const p = await opened(name, backend, { dim });
        const xs = Array.from({ length: 33 }, () => p.space.sample(random));
        const { loss } = p.score({ xs }) as { loss: Float64Array };
        xs.forEach((x, i) => {
          const expected = published[name]!(x);
          const size = Math.max(1, Math.abs(expected), name === 'schwefel' || name === 'styblinski-tang' ? 500 * dim : dim * 40);
          expect(Math.abs(loss[i]! - expected) / size).toBeLessThan(1e-12);
        });
        if (RANGE[name]) expect([p.space.lower[0], p.space.upper[0]]).toEqual(RANGE[name]);
      }
    });

    it('has the gradient of fourth-order differences', async () => {
      const backend = await openBackend(backendName, 1 << 22);
      const random = createRandom(6).fork(name);
      for (const params of [{ dim: least }, { dim: 5 }, { dim: 10, instance: 3 }, { dim: 4, instance: 3, rotate: false }]) {
        const p = await opened(name, backend, params);
        for (let k = 0; k < 5; k++) {
          const x = p.space.sample(random);
          const answer = p.score({ xs: [x], gradient: true }) as unknown as { gradient: Float64Array[] };
          const g = answer.gradient[0]!.slice();
          const h = 1e-3 * Math.min(1, (p.space.upper[0]! - p.space.lower[0]!) / 20);
          const at = (i: number, d: number): number => {
            const y = x.slice();
            y[i] = y[i]! + d;
            return lossAt(p, y);
          };
          const norm = Math.sqrt(sum(g, (v) => v * v));
          g.forEach((v, i) => {
            const d = (8 * (at(i, h) - at(i, -h)) - (at(i, 2 * h) - at(i, -2 * h))) / (12 * h);
            expect(Math.abs(v - d)).toBeLessThan(1e-5 * Math.max(1, norm, Math.abs(lossAt(p, x)) * 1e-6));
          });
        }
      }
    });

    it('has its optimum at its solution, plain and as an instance, and nothing sampled lies below', async () => {
      const backend = await openBackend(backendName, 1 << 22);
      const random = createRandom(7).fork(name);
      for (const params of [{ dim: 6 }, { dim: 6, instance: 1 }, { dim: 6, instance: 2, rotate: false }]) {
        const p = await opened(name, backend, params);
        const least = lossAt(p, p.solution!);
        const exact = !['schwefel', 'styblinski-tang'].includes(name);
        expect(Math.abs(least - p.optimum!)).toBeLessThanOrEqual(exact ? 0 : 1e-9);
        expect(p.space.decode(p.space.encode(p.solution!))).toEqual(p.solution);
        for (let i = 0; i < 500; i++) {
          expect(lossAt(p, p.space.sample(random))).toBeGreaterThanOrEqual(p.optimum!);
          expect(lossAt(p, p.solution!.map((v) => v + 1e-3 * random.normal()))).toBeGreaterThanOrEqual(p.optimum! - (exact ? 0 : 1e-9));
        }
      }
    });
  });

  it('an instance is f(rotation (x - shift)): distances from the optimum are kept, and seeds differ', async () => {
    const backend = await openBackend(backendName, 1 << 22);
    const random = createRandom(8);
    const p = await opened('sphere', backend, { dim: 9, instance: 4 });
    const other = await opened('sphere', backend, { dim: 9, instance: 5 });
    expect(other.solution).not.toEqual(p.solution);
    const elliptic = await opened('ellipsoid', backend, { dim: 9, instance: 4 });
    const straight = await opened('ellipsoid', backend, { dim: 9, instance: 4, rotate: false });
    expect(straight.solution).toEqual(elliptic.solution);
    let turned = 0;
    for (let i = 0; i < 50; i++) {
      const x = p.space.sample(random);
      expect(lossAt(p, x)).toBeCloseTo(sum(x, (v, k) => (v - p.solution![k]!) ** 2), 9);
      if (Math.abs(lossAt(elliptic, x) / lossAt(straight, x) - 1) > 0.01) turned++;
    }
    expect(turned).toBeGreaterThan(40);
  });

  it('scores more points than it stages, and keeps each point its own', async () => {
    const backend = await openBackend(backendName, 1 << 22);
    const random = createRandom(9);
    const p = await opened('rastrigin', backend, { dim: 50 });
    const xs = Array.from({ length: 2000 }, () => p.space.sample(random));
    const { loss, gradient } = p.score({ xs, gradient: true }) as { loss: Float64Array; gradient: Float64Array[] };
    const all = loss.slice();
    const slopes = gradient.map((g) => g.slice());
    for (const i of [0, 1, 654, 655, 656, 1310, 1999]) {
      const one = p.score({ xs: [xs[i]!], gradient: true }) as { loss: Float64Array; gradient: Float64Array[] };
      expect(one.loss[0]).toBe(all[i]);
      expect(one.gradient[0]).toEqual(slopes[i]);
    }
  });

  it('takes points outside its box, infinities and NaN without a trap', async () => {
    const backend = await openBackend(backendName, 1 << 22);
    for (const { name } of problems) {
      const p = await opened(name, backend, { dim: 3 });
      for (const v of [1e300, -1e300, 1e10, Infinity, -Infinity, NaN]) expect(typeof lossAt(p, Float64Array.of(v, 1, 1))).toBe('number');
    }
  });
});

if (backends.length === 2) it('every function kernel and its plain twin agree bit for bit, gradients too, at every length and at odd values', async () => {
  const [simd, plain] = await Promise.all([openBackend('simd', 1 << 24), openBackend('reference', 1 << 24)]);
  const random = createRandom(10);
  const special = [0, -0, 1, -1, 0.5, -0.5, 500, -500, 501, 1e-300, 5e-324, 1e16, 1e300, Infinity, NaN, 420.96874635998];
  for (const { name } of problems) {
    for (const dim of [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 50]) {
      if (name === 'rosenbrock' && dim < 2) continue;
      for (const params of [{ dim }, { dim, instance: 12 }]) {
        const [a, b] = [await opened(name, simd, params), await opened(name, plain, params)];
        const xs = Array.from({ length: 7 }, (_, r) => a.space.sample(random).map((v) => (r > 3 && random.f64() < 0.4 ? special[random.int(special.length)]! : v)));
        const [left, right] = [a, b].map((p) => p.score({ xs, gradient: true }) as { loss: Float64Array; gradient: Float64Array[] });
        const same = (x: Float64Array, y: Float64Array): boolean => x.every((v, i) => Object.is(v, y[i]));
        expect(same(left!.loss, right!.loss), `${name} ${JSON.stringify(params)}: ${left!.loss} ${right!.loss}`).toBe(true);
        left!.gradient.forEach((g, i) => expect(same(g, right!.gradient[i]!), `${name} gradient ${JSON.stringify(params)} at ${xs[i]}`).toBe(true));
      }
    }
  }
});
