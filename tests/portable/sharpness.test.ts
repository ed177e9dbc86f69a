/** Sharpness-aware minimization against Algorithm 1 of Foret et al. 2021 written out, and what it is for: a wide minimum beside a narrow one. */
import { describe, expect, it } from 'vitest';
import { box, chain, cosine, createRandom, links, NadirError, optimizer, rate, run, seal, sharedBackend, sharpen, start, unseal } from '../../src/index.ts';
import type { Batch, Context, Descent, Problem } from '../../src/index.ts';

type Vector = Float64Array;
const context = async (x0: number[]): Promise<Context<Vector>> => ({ random: createRandom(0), backend: await sharedBackend(), x0: Float64Array.from(x0) });
const begin = async (x0: number[], params: object, [lower, upper] = [-10, 10]): Promise<Descent> => start(optimizer('sam'), { name: 'p', space: box(x0.length, lower!, upper!), gradient: 1 }, params as never, await context(x0)) as Descent;
const answer = (descent: Descent, gradient: (x: Vector) => number[], loss = 1): Batch<Vector> => {
  const batch = descent.ask()!;
  descent.tell(batch, { loss: Float64Array.of(loss), gradient: [Float64Array.from(gradient(batch.xs[0]!))] });
  return batch;
};

/** An ellipsoid: gradient (2, 20, 0.2) (x - c). */
const gradient = (x: ArrayLike<number>): number[] => [2 * (x[0]! - 1), 20 * (x[1]! + 0.5), 0.2 * x[2]!];
const uphill = (x: number[], rho: number): number[] => {
  const g = gradient(x);
  const norm = Math.sqrt(g.reduce((sum, v) => sum + v * v, 0));
  return x.map((v, i) => v + (rho * g[i]!) / norm);
};

describe('sharpness', () => {
  it('takes the steps of SGD with momentum along gradients rho uphill', async () => {
    const descent = await begin([3, 2, -4], { rho: 0.3, lr: 0.02, momentum: 0.8 });
    let x = [3, 2, -4];
    let velocity = [0, 0, 0];
    for (let k = 0; k < 80; k++) {
      answer(descent, gradient);
      x.forEach((v, i) => expect(Math.abs(descent.x[i]! - v)).toBeLessThan(1e-11)); // it has not moved yet
      answer(descent, gradient);
      const g = gradient(uphill(x, 0.3));
      velocity = velocity.map((v, i) => 0.8 * v + g[i]!);
      x = x.map((v, i) => v - 0.02 * velocity[i]!);
      x.forEach((v, i) => expect(Math.abs(descent.x[i]! - v)).toBeLessThan(1e-11));
    }
  });

  it('and those of Adam; along one axis both are closed forms', async () => {
    const descent = await begin([3, 2, -4], { base: 'adam', rho: 0.3, lr: 0.02 });
    const x = [3, 2, -4];
    const [m, v] = [[0, 0, 0], [0, 0, 0]];
    for (let k = 1; k <= 80; k++) {
      answer(descent, gradient);
      answer(descent, gradient);
      const g = gradient(uphill(x, 0.3));
      for (const i of [0, 1, 2]) {
        m[i] = 0.9 * m[i]! + 0.1 * g[i]!;
        v[i] = 0.999 * v[i]! + 0.001 * g[i]! * g[i]!;
        x[i] = x[i]! - (((0.02 * Math.sqrt(1 - 0.999 ** k)) / (1 - 0.9 ** k)) * m[i]!) / (Math.sqrt(v[i]!) + 1e-8);
        expect(Math.abs(descent.x[i]! - x[i]!)).toBeLessThan(1e-11);
      }
    }
    // x^2 / 2 from x > 0: the gradient uphill is x + rho, so x + rho shrinks by 1 - lr
    const line = await begin([5], { base: 'descent', rho: 0.5, lr: 0.1 });
    for (let k = 0; k < 40; k++) answer(line, (x) => [x[0]!]);
    expect(line.x[0]).toBeCloseTo(5.5 * 0.9 ** 20 - 0.5, 13);
  });

  it('asks for both gradients on one mini-batch, and numbers the mini-batches without gaps', async () => {
    const descent = await begin([3, 2, -4], { fidelity: 0.25 });
    const seen = Array.from({ length: 8 }, () => answer(descent, gradient));
    expect(seen.map(({ at }) => at)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(seen.every((batch) => batch.gradient && batch.fidelity === 0.25 && batch.xs.length === 1)).toBe(true);
    const problem: Problem<Vector> = { name: 'p', space: box(3, -10, 10), gradient: 2, share: () => 0.125, score: ({ xs }) => ({ loss: Float64Array.of(1), gradient: xs.map((x) => Float64Array.from(gradient(x))) }) };
    const { cost } = await run(problem, start(optimizer('sharpness'), problem, {}, await context([3, 2, -4])), { cost: 3 });
    expect(cost).toBe(3); // eight gradients of an eighth of the data, each three evaluations
  });

  it('keeps the uphill point in the box', async () => {
    const descent = await begin([9.9], { rho: 1, lr: 0.1, momentum: 0 });
    answer(descent, () => [5]);
    expect(Array.from(descent.ask()!.xs[0]!)).toEqual([10]);
    answer(descent, () => [5]);
    expect(descent.x[0]).toBeCloseTo(9.4, 13);
  });

  it('takes the plain step where there is no uphill, or where it fails; a failure at x is halved back', async () => {
    const descent = await begin([4], { base: 'descent', rho: 0.5, lr: 0.25 });
    answer(descent, () => [0]); // flat: one gradient, no step
    expect(Array.from(descent.x)).toEqual([4]);
    answer(descent, () => [8]);
    answer(descent, () => [NaN], Infinity); // uphill fails: the step of 8
    expect(Array.from(descent.x)).toEqual([2]);
    answer(descent, () => [0], Infinity);
    expect(Array.from(descent.x)).toEqual([3]);
    expect(answer(descent, () => [1]).at).toBe(3);
  });

  it('hears of a better point between its two gradients, and starts from there', async () => {
    const descent = await begin([4], { base: 'descent', rho: 0.5, lr: 0.25 });
    answer(descent, () => [1], 5);
    answer(descent, () => [1], 5);
    answer(descent, () => [1], 5);
    descent.tell({ xs: [Float64Array.of(-1)] }, { loss: Float64Array.of(0.5) });
    expect(Array.from(descent.ask()!.xs[0]!)).toEqual([-1]);
    answer(descent, () => [1], 0.5);
    expect(Array.from(descent.ask()!.xs[0]!)).toEqual([-0.5]);
  });

  it('is saved between its two gradients, and forked', async () => {
    const a = await begin([3, 2, -4], { base: 'adam', lr: 0.1 });
    for (let k = 0; k < 7; k++) answer(a, gradient);
    const fork = a.fork(Float64Array.of(1, 1, 1));
    expect(Array.from(fork.ask()!.xs[0]!)).toEqual([1, 1, 1]);
    const saved = unseal('t', JSON.parse(JSON.stringify(seal('t', a.save()))));
    const b = start(optimizer('sharpness'), { name: 'p', space: box(3, -10, 10), gradient: 1 }, { base: 'adam', lr: 0.1 }, await context([0, 0, 0]), saved) as Descent;
    for (let k = 0; k < 9; k++) {
      expect(answer(b, gradient).xs).toEqual(answer(a, gradient).xs);
      expect(b.x).toEqual(a.x);
    }
    for (let k = 0; k < 4; k++) answer(fork, gradient);
    expect(b.x).toEqual(a.x);
  });

  it('drifts along a valley to where it is wide, at lr rho^2 / 2 of the slope of its curvature; plain descent stays', async () => {
    // (1 + x^2) y^2 / 2: rho up the wall the slope along x is x rho^2, so ln x falls by lr rho^2 a step
    const valley = (x: Vector): number[] => [x[0]! * x[1]! * x[1]!, (1 + x[0]! * x[0]!) * x[1]!];
    const [lr, rho, steps] = [0.02, 0.3, 1000];
    const aware = await begin([1, 0.01], { base: 'descent', rho, lr });
    const plain = start(optimizer('descent'), { name: 'p', space: box(2, -10, 10), gradient: 1 }, { lr }, await context([1, 0.01])) as Descent;
    for (let k = 0; k < steps; k++) {
      answer(plain, valley);
      answer(aware, valley);
      answer(aware, valley);
    }
    expect(plain.x[0]).toBeGreaterThan(0.999);
    expect(-Math.log(aware.x[0]!) / (lr * rho * rho * steps)).toBeCloseTo(1, 1);
  });

  it('a fresh fork forgets the moments, one that is not keeps them, and neither takes room in the arena', async () => {
    const dim = 5000;
    const { backend } = await context([1]);
    const room = backend.scope();
    const descent = sharpen(chain(links('adam', { lr: 0.01 }), 1), 0.05)(box(dim, -10, 10), { random: createRandom(0), backend: room, x0: new Float64Array(dim).fill(3) });
    for (let k = 0; k < 6; k++) answer(descent, (x) => Array.from(x));
    const free = backend.free();
    const [kept, fresh] = [descent.fork(new Float64Array(dim).fill(1)), descent.fork(new Float64Array(dim).fill(1), true)];
    expect(backend.free()).toBe(free);
    for (const fork of [kept, fresh, kept, fresh]) answer(fork, () => Array.from({ length: dim }, () => -7));
    expect(fresh.x[0]).toBeCloseTo(1.01, 8); // Adam's first step is lr against the sign
    expect(kept.x[0]).toBeLessThan(1.009);
    room.release();
  });

  it('wraps any chain, and refuses options that its base has not', async () => {
    const descent = sharpen(chain([rate(0.1), cosine(2)], 1), 0.5)(box(1, -10, 10), await context([5]));
    for (let k = 0; k < 4; k++) answer(descent, (x) => [x[0]!]);
    expect(descent.x[0]).toBeCloseTo(5.5 * 0.9 * 0.95 - 0.5, 14);
    expect(() => sharpen(chain(links('adam'), 1), 0)).toThrow('rho is 0; allowed: a number above 0');
    for (const [params, message] of [
      [{ base: 'adamm' }, 'base of optimizer sharpness is "adamm"; allowed: descent, sgd, adam, adamw'],
      [{ base: 'adam', momentum: 0.5 }, 'momentum of optimizer sharpness is 0.5; allowed: null, base adam has no momentum'],
      [{ base: 'adam', nesterov: true }, 'nesterov of optimizer sharpness is true; allowed: false, base adam has no nesterov'],
      [{ lr: 0 }, 'lr of optimizer sharpness is 0; allowed: a number above 0 or null'],
      [{ rho: -1 }, 'rho of optimizer sharpness is -1; allowed: a number above 0'],
    ] as const) {
      await expect(begin([1], params)).rejects.toThrow(message);
      await expect(begin([1], params)).rejects.toBeInstanceOf(NadirError);
    }
  });
});
