/** L-BFGS against a dense second implementation, closed forms and counted calls. */
import { describe, expect, it } from 'vitest';
import { box, createRandom, fromFunction, minimize, openBackend, optimizer, problem as problemOf, run, start } from '../../src/index.ts';
import type { Batch, Context, Problem } from '../../src/index.ts';

const open = async (extra: Partial<Context<Float64Array>> = {}): Promise<Context<Float64Array>> => ({ random: createRandom(3), backend: await openBackend('reference', 1 << 20), ...extra });
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((s, v, i) => s + v * b[i]!, 0);

/** 1/2 x'Ax - b'x with A = M'M + I of a seeded M. */
function quadratic(n: number, seed: number): { A: Float64Array[]; b: Float64Array; f(x: Float64Array): number; slopes(x: Float64Array): Float64Array } {
  const random = createRandom(seed);
  const M = Array.from({ length: n }, () => Float64Array.from({ length: n }, () => random.normal()));
  const A = M.map((_, i) => Float64Array.from({ length: n }, (_, j) => M.reduce((s, row) => s + row[i]! * row[j]!, i === j ? 1 : 0)));
  const b = Float64Array.from({ length: n }, () => random.normal());
  const times = (x: Float64Array): Float64Array => Float64Array.from(A, (row) => dot(row, x));
  return { A, b, f: (x) => dot(x, times(x)) / 2 - dot(b, x), slopes: (x) => times(x).map((v, i) => v - b[i]!) };
}

/** The inverse Hessian as a matrix: H = V'HV + ss'/sy over the last `memory` pairs, from sy / yy (Nocedal and Wright 2006, 7.16-7.20). */
function dense(pairs: { s: Float64Array; y: Float64Array }[], n: number): Float64Array[] {
  const last = pairs.at(-1);
  const gamma = last ? dot(last.s, last.y) / dot(last.y, last.y) : 1;
  let H = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? gamma : 0)));
  for (const { s, y } of pairs) {
    const rho = 1 / dot(s, y);
    const V = H.map((_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0) - rho * y[i]! * s[j]!));
    const HV = H.map((row) => Float64Array.from({ length: n }, (_, j) => row.reduce((t, v, k) => t + v * V[k]![j]!, 0)));
    H = H.map((_, i) => Float64Array.from({ length: n }, (_, j) => HV.reduce((t, row, k) => t + V[k]![i]! * row[j]!, rho * s[i]! * s[j]!)));
  }
  return H;
}

describe('lbfgs', () => {
  it.each([[4, 10], [12, 5], [12, 1]])('goes where the dense recursion goes: a quadratic of dim %i, memory %i', async (n, memory) => {
    const { f, slopes } = quadratic(n, 7 + n);
    const space = box(n, -40, 60);
    const search = start(optimizer('lbfgs'), { name: 'q', space, gradient: 1 }, { memory, tolerance: 0 }, await open());
    const pairs: { s: Float64Array; y: Float64Array }[] = [];
    let x: Float64Array | undefined;
    let d = new Float64Array(n);
    let due = false; // the first trial along d
    let compared = 0;
    for (let k = 0; k < 60; k++) {
      const batch = search.ask() as Batch<Float64Array> | undefined;
      if (batch === undefined) break;
      const y = batch.xs[0]!.slice();
      if (due && pairs.length > 0 && Math.sqrt(dot(d, d)) > 1e-7) {
        const expected = x!.map((v, i) => v + d[i]!); // a full quasi-Newton step comes first
        const off = Math.max(...y.map((v, i) => Math.abs(v - expected[i]!)));
        expect(off).toBeLessThan(1e-10 * Math.max(1, ...expected.map(Math.abs)));
        compared++;
      }
      due = false;
      const g = slopes(y);
      const before = x && slopes(x);
      const accepted = x === undefined || (f(y) <= f(x) + 1e-4 * dot(before!, y.map((v, i) => v - x![i]!)) && dot(g, d) >= 0.9 * dot(before!, d));
      if (accepted) {
        if (x) {
          pairs.push({ s: y.map((v, i) => v - x![i]!), y: g.map((v, i) => v - before![i]!) });
          if (pairs.length > memory) pairs.shift();
        }
        x = y;
        d = Float64Array.from(dense(pairs, n), (row) => -dot(row, g));
        due = true;
      }
      search.tell(batch, { loss: Float64Array.of(f(y)), gradient: [g] });
    }
    expect(compared).toBeGreaterThan(6);
    expect(Math.max(...slopes(x!).map(Math.abs))).toBeLessThan(memory === 1 ? 1 : 1e-3);
  });

  it.each([true, false])('ends at the closed form where bounds are active (gradient: %s)', async (analytic) => {
    const at = Float64Array.of(-3, 0.25, 9, 1, -0.5, 40); // the free minimum; the box is [-1, 2]
    const weights = Float64Array.of(1, 10, 100, 1, 5, 0.1);
    const f = (x: Float64Array): number => x.reduce((s, v, i) => s + weights[i]! * (v - at[i]!) * (v - at[i]!), 0);
    const gradient = analytic ? (x: Float64Array) => x.map((v, i) => 2 * weights[i]! * (v - at[i]!)) : undefined;
    const { best, stop } = await minimize(f, { dim: 6, lower: -1, upper: 2, gradient, optimizer: 'lbfgs', params: { tolerance: 0 }, seed: 2 });
    expect(stop).toBe('exhausted');
    [-1, 0.25, 2, 1, -0.5, 2].forEach((v, i) => expect(best.x[i]).toBeCloseTo(v, 6));
  });

  it.each([true, false])('ends where the conditions of Kuhn and Tucker hold: bounded quadratics that are not separable (gradient: %s)', async (analytic) => {
    for (let seed = 1; seed <= 5; seed++) {
      const { f, slopes } = quadratic(8, seed);
      const { best } = await minimize(f, { dim: 8, lower: -0.1, upper: 0.1, gradient: analytic ? slopes : undefined, optimizer: 'lbfgs', params: { tolerance: 0 }, seed });
      const g = slopes(best.x);
      best.x.forEach((v: number, i: number) => {
        if (v > -0.1 && v < 0.1) expect(Math.abs(g[i]!)).toBeLessThan(1e-5);
        else expect(v < 0 ? g[i]! : -g[i]!).toBeGreaterThan(0);
      });
    }
  });

  it('charges differences: one point, then dim, trials alone, and 2 dim when it looks centrally', async () => {
    const dim = 7;
    let calls = 0;
    const sizes: number[] = [];
    const space = box(dim, -3, 5);
    const inner = fromFunction((x) => (calls++, x.reduce((s, v, i) => s + (i + 1) * (v - 1) * (v - 1), 0)), space);
    const watched: Problem<Float64Array> = { ...inner, score: (batch) => {
      sizes.push(batch.xs.length);
      if (batch.xs.length === dim) for (const [i, x] of batch.xs.entries()) expect(batch.xs.filter((y) => y[i] !== x[i]).length).toBe(dim - 1); // each moves a coordinate of its own
      return inner.score(batch);
    } };
    const outcome = await run(watched, start(optimizer('lbfgs'), watched, {}, await open()), { cost: 5000 });
    expect(outcome.stop).toBe('exhausted');
    expect(outcome.cost).toBe(calls);
    expect(calls).toBe(sizes.reduce((a, b) => a + b, 0));
    expect(sizes.slice(0, 3)).toEqual([1, dim, 1]);
    expect(new Set(sizes)).toEqual(new Set([1, dim, 2 * dim]));
    expect(outcome.best.loss).toBeLessThan(1e-12);
  });

  it('is sparing without gradients: sphere, dim 40, in 300 evaluations, rosenbrock in 12,000', async () => {
    const backend = await openBackend('reference', 1 << 20);
    for (const [name, most] of [['sphere', 300], ['rosenbrock', 12000]] as const) {
      for (const instance of [1, 2]) {
        const problem = problemOf(name).open({ dim: 40, instance, rotate: false }, { backend: backend.scope(), random: createRandom(0) });
        const f = (x: Float64Array): number => (problem.score({ xs: [x] }) as { loss: Float64Array }).loss[0]!;
        const { best } = await minimize(f, { dim: 40, lower: problem.space.lower, upper: problem.space.upper, optimizer: 'lbfgs', cost: most, target: 1e-6, seed: instance });
        expect(best.loss).toBeLessThan(1e-6);
      }
    }
  });

  it('backs off from failures: the loss is no number below 0', async () => {
    const f = (x: Float64Array): number => x.reduce((s, v) => s + v - 2 * Math.sqrt(v), 0); // lowest at 1, -1 a coordinate
    const { best, failures } = await minimize(f, { dim: 5, lower: -20, upper: 20, optimizer: 'lbfgs', x0: [9, 0.1, 16, 4, 0.5], seed: 1 });
    expect(failures.count).toBeGreaterThan(0);
    expect(best.loss).toBeCloseTo(-5, 9);
  });

  it('works in ten thousand dimensions with gradients', async () => {
    const { best, cost } = await minimize({ problem: 'ellipsoid', params: { dim: 10000, instance: 1, rotate: false } }, { optimizer: 'lbfgs', cost: 300, seed: 1 });
    expect(cost).toBeLessThanOrEqual(300);
    expect(best.loss).toBeLessThan(1e7); // 6e9 at a random point
  });

  it.each([true, false])('does not care how large the loss is (gradient: %s)', async (analytic) => {
    const { f, slopes } = quadratic(6, 3);
    const at = async (scale: number): Promise<[number, number]> => {
      const { best, cost } = await minimize((x) => scale * f(x), { dim: 6, lower: -8, upper: 8, gradient: analytic ? (x) => slopes(x).map((v) => scale * v) : undefined, optimizer: 'lbfgs', seed: 1 });
      return [best.loss / scale, cost];
    };
    expect(await at(2 ** 80)).toEqual(await at(1)); // powers of two: to the bit
    expect(await at(2 ** -80)).toEqual(await at(1));
  });

  it('does not care for units', async () => {
    const f = (x: Float64Array): number => (x[0]! - 1) * (x[0]! - 1) + (x[1]! / 1024 - 1) * (x[1]! / 1024 - 1) + x[0]! * x[0]! * (x[1]! / 1024);
    const unit = (x: Float64Array): number => f(Float64Array.of(x[0]!, x[1]! * 1024));
    const gradient = (scale: number) => (x: Float64Array): number[] => {
      const v = (x[1]! * scale) / 1024;
      return [2 * (x[0]! - 1) + 2 * x[0]! * v, ((2 * (v - 1) + x[0]! * x[0]!) * scale) / 1024];
    };
    const a = await minimize(f, { dim: 2, lower: [-4, -4096], upper: [4, 4096], gradient: gradient(1), optimizer: 'lbfgs', seed: 4 });
    const b = await minimize(unit, { dim: 2, lower: -4, upper: 4, gradient: gradient(1024), optimizer: 'lbfgs', seed: 4 });
    expect([a.best.loss, a.cost]).toEqual([b.best.loss, b.cost]); // powers of two: to the bit
  });
});
