/** Basin hopping's Metropolis against the stationary distribution, and the starts of multistart. */
import { describe, expect, it } from 'vitest';
import { box, createRandom, fromFunction, limit, minimize, openBackend, optimizer, run, start } from '../../src/index.ts';
import type { Batch, Context, Optimizer } from '../../src/index.ts';

const open = async (extra: Partial<Context<Float64Array>> = {}): Promise<Context<Float64Array>> => ({ random: createRandom(5), backend: await openBackend('reference', 1 << 20), ...extra });
/** Two wells of one width, at -1 and 1, whose bottoms are 0 and 0.25. */
const wells = (x: Float64Array): number => (x[0]! < 0 ? (x[0]! + 1) * (x[0]! + 1) : 0.25 + (x[0]! - 1) * (x[0]! - 1) * 0.75);
const current = (search: Optimizer<Float64Array>): { x: Float64Array; loss: number } | null => (search.save() as never as { current: { x: Float64Array; loss: number } | null }).current;

/** Losses of the minima the walk is at, one a hop. */
async function walk(params: Record<string, number>, hops: number): Promise<number[]> {
  const problem = fromFunction(wells, box(1, -2, 2));
  const search = start(optimizer('basin'), problem, params, await open()) as Optimizer<Float64Array>;
  const at: number[] = [];
  for (let seen = 0; at.length < hops;) {
    const batch = search.ask()!;
    const count = (search.save() as never as { hops: number }).hops;
    if (count > seen) {
      seen = count;
      at.push(current(search)!.loss);
    }
    search.tell(batch, problem.score(batch) as never);
  }
  return at;
}

describe('basin', () => {
  it('only goes down at temperature 0', async () => {
    const at = await walk({ temperature: 0 }, 200);
    for (let k = 1; k < at.length; k++) expect(at[k]).toBeLessThanOrEqual(at[k - 1]! + 1e-12);
    expect(at.at(-1)).toBeLessThan(1e-9);
  });

  it('visits two minima as often as Boltzmann says: exp(-difference / temperature)', async () => {
    // the unit of temperature is the difference between the two, so the odds are exp(-1 / T)
    for (const [temperature, odds] of [[1, Math.exp(-1)], [0.5, Math.exp(-2)]] as const) {
      const at = await walk({ temperature, step: 0.5 }, 4000);
      const upper = at.filter((loss) => loss > 0.2).length;
      expect(upper / (at.length - upper)).toBeGreaterThan(odds * 0.8);
      expect(upper / (at.length - upper)).toBeLessThan(odds * 1.25);
    }
  });

  it.each(['lbfgs', 'simplex', 'pattern'])('escapes a local minimum with %s', async (local) => {
    const { best } = await minimize(wells, { dim: 1, lower: -2, upper: 2, x0: [1.5], optimizer: 'basin', params: { local }, cost: 3000, seed: 1 });
    expect(best.loss).toBeLessThan(1e-9);
    expect(best.x[0]).toBeCloseTo(-1, 4);
  });

  it('ends a local search at its cap', async () => {
    const problem = fromFunction(wells, box(1, -2, 2));
    const search = start(optimizer('basin'), problem, { local: 'pattern', cap: 5 }, await open()) as Optimizer<Float64Array>;
    await run(problem, search, { cost: 100 });
    expect((search.save() as never as { hops: number }).hops).toBe(19); // the twentieth search is at its end, and asked no more
  });
});

describe('multistart', () => {
  it('begins at x0, then elsewhere, and takes the best of a draw', async () => {
    const problem = fromFunction(wells, box(1, -2, 2));
    const search = start(optimizer('multistart'), problem, { best: 8 }, await open({ x0: Float64Array.of(1.5) })) as Optimizer<Float64Array>;
    let batch: Batch<Float64Array> = search.ask()!;
    expect(batch.xs.map((x) => x[0])).toEqual([1.5]);
    while (batch.xs.length < 8) {
      search.tell(batch, problem.score(batch) as never);
      batch = search.ask()!;
    }
    const losses = batch.xs.map(wells);
    const least = batch.xs[losses.indexOf(Math.min(...losses))]!;
    search.tell(batch, problem.score(batch) as never);
    expect(search.ask()!.xs[0]).toEqual(least);
  });

  it.each(['simplex', 'pattern', 'lbfgs'])('leaves a basin without a feasible point with %s', async (local) => {
    const feasible = (a: number, b: number): number => (a - 4) ** 2 + (b - 4) ** 2 - 0.5;
    const problem = limit(fromFunction((x) => x[0]! * x[0]! + x[1]! * x[1]!, box(2, -5, 5)), ([a, b]) => Math.min(feasible(a!, b!), (a! + 3) ** 2 + (b! + 3) ** 2 + 1));
    const search = start(optimizer('multistart'), problem, { local }, await open({ x0: Float64Array.of(-3, -3) })) as Optimizer<Float64Array>;
    const { best } = await run(problem, search, { cost: 5000 });
    expect((search.save() as never as { starts: number }).starts).toBeGreaterThan(2);
    expect(best.violation).toBe(0);
  });

  it('solves what one descent does not: rosenbrock, dim 10, has a local minimum of 3.99', async () => {
    const rosenbrock = (x: Float64Array): number => {
      let sum = 0;
      for (let i = 0; i + 1 < x.length; i++) sum += 100 * (x[i + 1]! - x[i]! * x[i]!) * (x[i + 1]! - x[i]! * x[i]!) + (1 - x[i]!) * (1 - x[i]!);
      return sum;
    };
    const x0 = [-1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
    const options = { dim: 10, lower: -5, upper: 10, x0, seed: 1, cost: 10000, target: 1e-6 };
    const once = await minimize(rosenbrock, { ...options, optimizer: 'lbfgs' });
    expect(once.stop).toBe('exhausted');
    expect(once.best.loss).toBeCloseTo(3.98658, 4); // Shang, Qiu 2006: 3.986624 at dim 10 near (-1, 1, ..., 1)
    const often = await minimize(rosenbrock, { ...options, optimizer: 'multistart' });
    expect(often.best.loss).toBeLessThan(1e-6);
  });
});
