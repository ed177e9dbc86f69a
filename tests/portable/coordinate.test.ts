import { describe, expect, it } from 'vitest';
import { box, createRandom, fromFunction, optimizer, run, sharedBackend, start } from '../../src/index.ts';

const { cos, sin, sqrt, abs, PI } = Math;
/** Terms of one coordinate with their lowest point, published. */
const TERMS = [
  { what: 'rastrigin', width: 5.12, at: 0, term: (z: number) => z * z - 10 * cos(2 * PI * z) },
  { what: 'schwefel', width: 500, at: 420.9687463599820, term: (z: number) => (abs(z) > 500 ? 0 : -z * sin(sqrt(abs(z)))) },
  { what: 'levy', width: 10, at: 1, term: (z: number) => ((w) => sin(PI * w) ** 2 + (w - 1) ** 2 * (1 + 10 * sin(PI * w + 1) ** 2))(1 + (z - 1) / 4) },
  { what: 'styblinski-tang', width: 5, at: -2.9035340277711774, term: (z: number) => (z ** 4 - 16 * z * z + 5 * z) / 2 },
  { what: 'a double well', width: 2, at: -1.035578714088854, term: (z: number) => (z * z - 1) ** 2 + 0.3 * z },
] as const;

describe('coordinate', () => {
  it.each(TERMS)('solves a shifted sum of $what terms to the resolution, at 45 evaluations a coordinate a sweep', async ({ width, at, term }) => {
    for (let seed = 1; seed <= 5; seed++) {
      const dim = 12;
      const random = createRandom(seed).fork('shift');
      const shift = Float64Array.from({ length: dim }, () => (random.f64() - 0.5) * 0.3 * width);
      const problem = fromFunction((x) => x.reduce((s, v, i) => s + term(at > 400 ? v : v - shift[i]!), 0), box(dim, -width, width));
      const { best, cost, stop } = await run(problem, start(optimizer('coordinate'), problem, {}, { random: createRandom(seed), backend: await sharedBackend() }), { cost: 100000 });
      expect(stop).toBe('exhausted');
      for (let i = 0; i < dim; i++) expect(abs(best.x[i]! - at - (at > 400 ? 0 : shift[i]!))).toBeLessThan(1e-6 * width);
      expect(cost).toBeLessThanOrEqual(1 + 3 * 45 * dim); // a sweep that solves, at most one that mends, one that brings nothing
    }
  });

  it('never asks for more than `most` points a line, all on the line', async () => {
    const space = box(3, [-1, 0, 5], [1, 100, 6]);
    const search = start(optimizer('coordinate'), { name: 'p', space }, { most: 30 }, { random: createRandom(2), backend: await sharedBackend() });
    const counts = new Map<number, number>();
    let line = -1;
    let lines = 0;
    let first = search.ask()!.xs[0]!.slice();
    search.tell(search.ask()!, { loss: Float64Array.of(9) });
    for (let batch = search.ask(); batch !== undefined && lines < 6; batch = search.ask()) {
      const wide = batch.xs.length === 25;
      const changed = (x: Float64Array, y: Float64Array): number[] => [0, 1, 2].filter((i) => x[i] !== y[i]);
      if (wide) {
        const moving = changed(batch.xs[0]!, batch.xs[1]!);
        expect(moving.length).toBe(1);
        line = moving[0]!;
        lines++;
        counts.set(lines, 0);
        first = batch.xs[0]!.slice();
        // stratified: one in each of 25 equal parts
        const width = space.upper[line]! - space.lower[line]!;
        expect(batch.xs.map((x) => Math.floor(((x[line]! - space.lower[line]!) / width) * 25 + 1e-9))).toEqual(Array.from({ length: 25 }, (_, k) => k));
      }
      for (const x of batch.xs) expect(changed(x, first).every((i) => i === line)).toBe(true);
      counts.set(lines, counts.get(lines)! + batch.xs.length);
      search.tell(batch, { loss: Float64Array.from(batch.xs, (x) => abs(x[0]! - 0.3) + sin(x[1]!) + x[2]! * x[2]!) });
    }
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(30);
  });

  it('asks for `most` points a line where there are more samples', async () => {
    const search = start(optimizer('coordinate'), { name: 'p', space: box(2, -1, 1) }, { most: 3 }, { random: createRandom(1), backend: await sharedBackend() });
    for (let k = 0; k < 6; k++) {
      const batch = search.ask()!;
      expect(batch.xs.length).toBe(k === 0 ? 1 : 3);
      search.tell(batch, { loss: Float64Array.from(batch.xs, (_, i) => 9 - k - 0.1 * i) });
    }
  });

  it('finds the bounds exactly', async () => {
    const problem = fromFunction((x) => x[0]! - x[1]! ** 3, box(2, [-3, 0], [1, 7]));
    const { best } = await run(problem, start(optimizer('coordinate'), problem, {}, { random: createRandom(1), backend: await sharedBackend() }), { cost: 5000 });
    expect(Array.from(best.x)).toEqual([-3, 7]);
  });
});
