import { describe, expect, it } from 'vitest';
import { bits, createRandom, minimize, problem, sharedBackend } from '../../src/index.ts';
import type { Json, Problem } from '../../src/index.ts';

interface Entry { readonly turn: string; readonly member: string; readonly why: string; readonly cost: number; readonly gained: boolean }
const report = (outcome: { report?: Json }): Entry[] => outcome.report as unknown as Entry[];

/** A shifted (and rotated) instance as an anonymous closure without gradients. */
async function closure(name: string, dim: number, instance: number, rotate: boolean): Promise<{ f: (x: Float64Array) => number; dim: number; lower: Float64Array; upper: Float64Array }> {
  const p = problem(name).open({ dim, instance, rotate }, { backend: (await sharedBackend()).scope(), random: createRandom(0) });
  return { f: (x) => (p.score({ xs: [x] }) as { loss: Float64Array }).loss[0]!, dim, lower: p.space.lower, upper: p.space.upper };
}

describe('auto', () => {
  // No single one of scipy's, pagmo's and pycma's optimizers solves all ten cells at this budget.
  it.each(['sphere', 'rosenbrock', 'ackley', 'rastrigin', 'griewank'].flatMap((name) => [10, 40].map((dim) => [name, dim] as const)))('solves shifted %s in dim %i below 1e-6 within 1000 evaluations a coordinate', async (name, dim) => {
    for (const seed of [1, 2, 3]) {
      const { f, ...where } = await closure(name, dim, seed, false);
      const { best, cost } = await minimize(f, { ...where, optimizer: 'auto', cost: 1000 * dim, target: 1e-7, seed });
      expect(best.loss).toBeLessThan(1e-6);
      expect(cost).toBeLessThanOrEqual(1000 * dim);
    }
  });

  it.each([99, 700, 2222, 4000, 5999])('saved after %i of 6000 evaluations, in whatever turn, it ends as one run does', async (k) => {
    const { f, ...where } = await closure('rastrigin', 5, 3, true);
    const options = { ...where, optimizer: 'auto', seed: 9 } as const;
    const whole = await minimize(f, { ...options, cost: 6000 });
    expect(new Set(report(whole).map((entry) => entry.turn)).size).toBeGreaterThan(3);
    // The plan is for the cost that was expected at the start, so the first part expects all of it and is stopped.
    const part = await new Promise<Json>((resolve, reject) => {
      const stop = new AbortController();
      minimize(f, { ...options, cost: 6000, signal: stop.signal, observe: ({ cost, save }) => {
        if (cost >= k && !stop.signal.aborted) {
          resolve(save());
          stop.abort();
        }
      } }).catch(reject);
    });
    const rest = await minimize(f, { ...options, cost: 6000, resume: JSON.parse(JSON.stringify(part)) });
    expect(rest.best).toEqual(whole.best);
    expect(rest.trace).toEqual(whole.trace);
    expect(rest.report).toEqual(whole.report);
  });

  it('says which members ran, for how much and why', async () => {
    const { f, ...where } = await closure('ackley', 6, 2, true);
    const outcome = await minimize(f, { ...where, optimizer: 'auto', cost: 6000, seed: 1 });
    const entries = report(outcome);
    expect(entries[0]).toMatchObject({ turn: 'probe', member: 'lbfgs', gained: true });
    for (const { why, cost } of entries) expect([why.length > 10, cost > 0]).toEqual([true, true]);
    const spent = entries.reduce((sum, { cost }) => sum + cost, 0);
    expect(spent).toBeLessThanOrEqual(outcome.cost);
    expect(spent).toBeGreaterThan(0.5 * outcome.cost); // all but the turn that was cut short
  });

  it('uses gradients where there are some, and works without a box', async () => {
    const quadratic = (x: Float64Array): number => x.reduce((s, v, i) => s + (i + 1) * (v - 1) ** 2, 0);
    const outcome = await minimize(quadratic, { dim: 200, lower: -5, upper: 5, gradient: (x) => x.map((v, i) => 2 * (i + 1) * (v - 1)), optimizer: 'auto', cost: 400, target: 1e-8 });
    expect(outcome.stop).toBe('target');
    const space = bits(60);
    const secret = space.sample(createRandom(8));
    const match: Problem<Uint8Array> = { name: 'match', space, score: ({ xs }) => ({ loss: Float64Array.from(xs, (x) => x.reduce((s, b, i) => s + (b === secret[i] ? 0 : 1), 0)) }) };
    expect((await minimize(match, { optimizer: 'auto', cost: 20000, target: 0 })).stop).toBe('target');
  });

  it('needs no budget to make sense: one evaluation, and more than it planned for', async () => {
    const { f, ...where } = await closure('rastrigin', 3, 1, true);
    expect((await minimize(f, { ...where, optimizer: 'auto', cost: 1 })).cost).toBe(1);
    expect((await minimize(f, { ...where, optimizer: 'auto', params: {}, cost: 30000 })).stop).toBe('budget');
  });
});
