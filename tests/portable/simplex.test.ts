import { describe, expect, it } from 'vitest';
import { box, createRandom, fromFunction, limit, NadirError, optimizer, run, sharedBackend, start } from '../../src/index.ts';

type F = (x: ArrayLike<number>) => number;
const quadratic: F = (x) => Array.from(x).reduce((s, v, i) => s + (i + 1) * (v - 0.5) ** 2, 0) + x[0]! * x[1]!;
const rosenbrock: F = (x) => Array.from(x).slice(1).reduce((s, v, i) => s + (1 - x[i]!) ** 2 + 100 * (v - x[i]! ** 2) ** 2, 0);

/** Nelder and Mead with the factors of Gao and Han, without bounds, all points it scores in order. */
function plain(f: F, simplex: number[][], count: number): number[][] {
  const n = simplex.length - 1;
  const [alpha, beta, gamma, delta] = [1, 1 + 2 / n, 0.75 - 1 / (2 * n), 1 - 1 / n];
  const seen: number[][] = [];
  const score = (x: number[]): { x: number[]; f: number } => (seen.push(x), { x, f: f(x) });
  let s = simplex.map(score);
  while (seen.length < count) {
    s.sort((a, b) => a.f - b.f);
    const worst = s[n]!;
    const center = worst.x.map((_, i) => s.slice(0, n).reduce((sum, v) => sum + v.x[i]!, 0) / n);
    const toward = (t: number): { x: number[]; f: number } => score(center.map((c, i) => c + t * (c - worst.x[i]!)));
    const r = toward(alpha);
    if (r.f < s[0]!.f) {
      const e = toward(alpha * beta);
      s[n] = e.f < r.f ? e : r;
    } else if (r.f < s[n - 1]!.f) s[n] = r;
    else {
      const c = r.f < worst.f ? toward(alpha * gamma) : toward(-gamma);
      if (r.f < worst.f ? c.f <= r.f : c.f < worst.f) s[n] = c;
      else s = [s[0]!, ...s.slice(1).map((v) => score(v.x.map((w, i) => s[0]!.x[i]! + delta * (w - s[0]!.x[i]!))))];
    }
  }
  return seen;
}

describe('simplex', () => {
  it.each([
    { what: 'a quadratic', f: quadratic, x0: [-1.2, 1] },
    { what: 'rosenbrock', f: rosenbrock, x0: [-1.2, 1] },
    { what: 'a quadratic of dim 5', f: quadratic, x0: [-1.2, 1, 3, 0.1, -2] },
    { what: 'rosenbrock of dim 4', f: rosenbrock, x0: [-1.2, 1, -1, 2] },
  ])('on $what it scores the points of a second implementation, one by one', async ({ f, x0 }) => {
    const space = box(x0.length, -100, 100);
    const search = start(optimizer('simplex'), { name: 'p', space }, { step: 0.01 }, { random: createRandom(1), backend: await sharedBackend(), x0: Float64Array.from(x0) });
    const edges = x0.map((v, i) => x0.map((w, j) => (i === j ? w + (v > 0 ? -2 : 2) : w))); // towards the middle, a hundredth of the width
    const expected = plain(f, [x0, ...edges], 130);
    let k = 0;
    while (k < 120) {
      const batch = search.ask()!;
      for (const x of batch.xs) {
        for (let i = 0; i < x0.length; i++) expect(Math.abs(x[i]! - expected[k]![i]!), `point ${k}`).toBeLessThan(1e-8);
        k++;
      }
      search.tell(batch, { loss: Float64Array.from(batch.xs, f) });
    }
  });

  it('finds the corner of a box after restarts, and ends there', async () => {
    const problem = fromFunction((x) => x[0]! + 2 * x[1]! - x[2]!, box(3, -1, 2));
    const { best, stop } = await run(problem, start(optimizer('simplex'), problem, {}, { random: createRandom(4), backend: await sharedBackend() }), { cost: 20000 });
    expect(stop).toBe('exhausted');
    expect(best.loss).toBeCloseTo(-5, 8); // at (-1, -1, 2)
  });

  it('ends at a violation that does not fall, and where everything fails', async () => {
    const context = { random: createRandom(4), backend: await sharedBackend() };
    const infeasible = limit(fromFunction((x) => x[0]! * x[0]! + x[1]! * x[1]!, box(2, -5, 5)), ([a, b]) => 1 + (a! + 3) ** 2 + (b! + 3) ** 2);
    const { best, stop } = await run(infeasible, start(optimizer('simplex'), infeasible, {}, context), { cost: 5000 });
    expect(stop).toBe('exhausted');
    expect(best.violation).toBeCloseTo(1, 10);
    const search = start(optimizer('simplex'), infeasible, {}, context);
    let asked = 0;
    for (let batch = search.ask(); batch !== undefined && asked < 5000; batch = search.ask()) {
      asked += batch.xs.length;
      search.tell(batch, { loss: new Float64Array(batch.xs.length).fill(Infinity) });
    }
    expect(asked).toBeLessThan(5000);
  });

  it('refuses a simplex that would not fit', async () => {
    const context = { random: createRandom(1), backend: await sharedBackend() };
    expect(() => start(optimizer('simplex'), { name: 'p', space: box(2001, 0, 1) }, {}, context)).toThrow(NadirError);
  });
});
