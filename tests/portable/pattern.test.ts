import { describe, expect, it } from 'vitest';
import { box, createRandom, fromFunction, minimize, optimizer, run, sharedBackend, start } from '../../src/index.ts';

describe('pattern', () => {
  it('steps, turns, leaps, goes back and halves as Hooke and Jeeves say', async () => {
    const space = box(1, -4, 4); // a step of 1/8 is 1
    const search = start(optimizer('pattern'), { name: 'p', space }, { step: 0.125 }, { random: createRandom(1), backend: await sharedBackend(), x0: Float64Array.of(1) });
    const seen: number[] = [];
    for (let k = 0; k < 12; k++) {
      const batch = search.ask()!;
      seen.push(batch.xs[0]![0]!);
      search.tell(batch, { loss: Float64Array.from(batch.xs, (x) => x[0]! * x[0]!) });
    }
    // forth, back (helps); leap over 0 to -1, on, back to 0: no better; both sides of 0; halved, both sides; halved
    expect(seen).toEqual([1, 2, 0, -1, -2, 0, 1, -1, 0.5, -0.5, 0.25, -0.25]);
  });

  it('ends when the step is below the tolerance: two points a halving at a minimum', async () => {
    const problem = fromFunction((x) => x[0]! * x[0]! + x[1]! * x[1]!, box(2, -4, 4));
    const x0 = Float64Array.of(0, 0);
    const { cost, stop } = await run(problem, start(optimizer('pattern'), problem, { step: 0.125, tolerance: 1 / 1024 }, { random: createRandom(1), backend: await sharedBackend(), x0 }), { cost: 1000 });
    expect(stop).toBe('exhausted');
    expect(cost).toBe(1 + 4 * 8); // steps 2^-3 to 2^-10
  });

  it('follows the valley of rosenbrock, and finds corners', async () => {
    const backend = await sharedBackend();
    const valley = fromFunction((x) => (1 - x[0]!) ** 2 + 100 * (x[1]! - x[0]! * x[0]!) ** 2, box(2, -5, 10));
    const { best } = await run(valley, start(optimizer('pattern'), valley, {}, { random: createRandom(1), backend, x0: Float64Array.of(-1.2, 1) }), { cost: 5000 });
    expect(best.loss).toBeLessThan(1e-12);
    const slope = fromFunction((x) => x[0]! - x[1]!, box(2, [-3, 0], [1, 7]));
    expect(Array.from((await run(slope, start(optimizer('pattern'), slope, {}, { random: createRandom(1), backend }), { cost: 5000 })).best.x)).toEqual([-3, 7]);
  });

  it('ends at once where its steps are lost in rounding, and refuses a step that hardly shrinks', async () => {
    const space = box(1, 1e16, 1e16 + 4); // numbers are 2 apart there: 5 of them or fewer
    const search = start(optimizer('pattern'), { name: 'p', space }, { shrink: 0.95, tolerance: 1e-300 }, { random: createRandom(1), backend: await sharedBackend() });
    let asked = 0;
    for (let batch = search.ask(); batch !== undefined; batch = search.ask()) {
      const before = (search.save() as { step: number }).step;
      asked++;
      search.tell(batch, { loss: Float64Array.of(0) });
      expect(before).toBeGreaterThan(0.01);
    }
    expect(asked).toBeLessThan(200);
    expect((search.save() as { step: number }).step).toBeGreaterThan(0.01); // not one round more than it offered points in
    await expect(minimize(() => 0, { dim: 1, lower: 0, upper: 1, optimizer: 'pattern', params: { shrink: 0.999999 }, cost: 10 })).rejects.toThrow(/shrink.*0\.95/);
  });

  it('does not circle where moves cancel but for their rounding', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const problem = fromFunction((x) => x.reduce((s, v, i) => s + (v - 0.3 * i + 1) ** 2, 0), box(10, -5.12, 5.12));
      const { best, stop } = await run(problem, start(optimizer('pattern'), problem, {}, { random: createRandom(seed), backend: await sharedBackend() }), { cost: 10000 });
      expect([stop, best.loss < 1e-18]).toEqual(['exhausted', true]);
    }
  });
});
