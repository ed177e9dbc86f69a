/** Perturbed gradient descent: strict saddles, noise that is taken back, and the ball it comes from. */
import { describe, expect, it } from 'vitest';
import { box, chain, createRandom, fromFunction, links, NadirError, optimizer, perturb, rate, run, seal, sharedBackend, start, unseal } from '../../src/index.ts';
import type { Context, Descent } from '../../src/index.ts';
import { ball } from '../../src/optimizers/perturbed.ts';

type Vector = Float64Array;
const context = async (x0: number[], seed = 0): Promise<Context<Vector>> => ({ random: createRandom(seed), backend: await sharedBackend(), x0: Float64Array.from(x0) });
const begin = async (x0: number[], params: object, name = 'perturbed', seed = 0): Promise<Descent> => start(optimizer(name), { name: 'p', space: box(x0.length, -2, 2), gradient: 1 }, params as never, await context(x0, seed)) as Descent;
interface Function2 { loss(x: Vector): number; gradient(x: Vector): number[] }
const step = (descent: Descent, { loss, gradient }: Function2): void => {
  const batch = descent.ask()!;
  const x = batch.xs[0]!;
  descent.tell(batch, { loss: Float64Array.of(loss(x)), gradient: [Float64Array.from(gradient(x))] });
};
const saddle: Function2 = { loss: (x) => x[0]! * x[0]! - x[1]! * x[1]!, gradient: (x) => [2 * x[0]!, -2 * x[1]!] };
const bowl: Function2 = { loss: (x) => x.reduce((sum, v) => sum + v * v, 0), gradient: (x) => Array.from(x, (v) => 2 * v) };

describe('perturbed', () => {
  it.each([1, 2, 3, 4, 5])('leaves the saddle of x^2 - y^2 from (1, 0), where descent stays (seed %i)', async (seed) => {
    const plain = await begin([1, 0], { lr: 0.05 }, 'descent', seed);
    const noisy = await begin([1, 0], { lr: 0.05, radius: 1e-3 }, 'pgd', seed);
    for (let k = 0; k < 500; k++) for (const descent of [plain, noisy]) step(descent, saddle);
    expect(plain.x[1]).toBe(0);
    expect(Math.abs(plain.x[0]!)).toBeLessThan(1e-10);
    expect(Math.abs(noisy.x[1]!)).toBe(2); // the face of the box
    expect(noisy.x[0]).toBeCloseTo(0, 3);
  });

  it('is the plain descent while the gradient is large', async () => {
    for (const base of ['descent', 'sgd', 'adam', 'adamw']) {
      const a = await begin([1.5, -1], { base, lr: 0.01, threshold: 1e-9 });
      const b = await begin([1.5, -1], { lr: 0.01 }, base);
      for (let k = 0; k < 50; k++) for (const descent of [a, b]) step(descent, bowl);
      expect(a.x).toEqual(b.x);
      expect(a.step).toEqual(b.step);
    }
  });

  it('adds noise within the radius where the gradient is small, waits, and goes back where it did not pay', async () => {
    // at the bottom of a bowl no noise pays: each look back is `wait` steps on
    const [radius, wait, lr] = [0.5, 7, 0.1];
    const descent = await begin([0, 0, 0], { lr, radius, wait });
    const starts = new Set<number>();
    step(descent, bowl);
    for (let round = 0; round < 20; round++) {
      const from = Array.from(descent.x);
      const away = Math.hypot(...from);
      expect(away).toBeGreaterThan(0);
      expect(away).toBeLessThanOrEqual(radius);
      starts.add(away);
      for (let k = 0; k < wait; k++) step(descent, bowl);
      from.forEach((v, i) => expect(descent.x[i]).toBeCloseTo(v * (1 - 2 * lr) ** wait, 14));
      step(descent, bowl); // the look back: new noise around the point it left
    }
    expect(starts.size).toBe(20);
  });

  it('stays where the noise did pay by `fall`, and only there', async () => {
    // along y the saddle falls by y^2 ((1 + 2 lr)^(2 wait)): from 1e-3 at most to 1e-6 (1.1)^40 = 4.5e-5
    for (const [fall, left] of [[0, true], [1e-4, false]] as const) {
      const descent = await begin([0, 0], { lr: 0.05, radius: 1e-3, wait: 20, fall });
      for (let k = 0; k < 400; k++) step(descent, saddle);
      expect(Math.abs(descent.x[1]!) === 2).toBe(left);
    }
  });

  it('goes on where noise fails: halved back to the point it left', async () => {
    const cliff: Function2 = { loss: (x) => (Math.hypot(...x) > 1e-3 ? Infinity : 0), gradient: () => [0, 0] };
    const descent = await begin([0, 0], { radius: 1, wait: 30 });
    step(descent, cliff);
    const from = Array.from(descent.x);
    step(descent, cliff);
    expect(Array.from(descent.x)).toEqual(from.map((v) => v / 2));
    for (let k = 0; k < 200; k++) step(descent, cliff);
    expect(Array.from(descent.x).every(Number.isFinite)).toBe(true);
  });

  it('numbers mini-batches without gaps over noise and returns', async () => {
    const descent = await begin([0, 0], { radius: 0.5, wait: 3 });
    for (let k = 0; k < 30; k++) {
      expect(descent.ask()!.at).toBe(k);
      step(descent, bowl);
    }
  });

  it('is saved before and after noise, and forked', async () => {
    const params = { lr: 0.1, radius: 0.3, wait: 4, base: 'sgd', momentum: 0.5 };
    for (const k of [0, 1, 2, 4, 5, 6, 11, 12]) {
      const a = await begin([0, 0], params);
      for (let i = 0; i < k; i++) step(a, bowl);
      const fork = a.fork(Float64Array.of(1, 1));
      expect(Array.from(fork.ask()!.xs[0]!)).toEqual([1, 1]);
      const saved = unseal('t', JSON.parse(JSON.stringify(seal('t', a.save()))));
      const b = start(optimizer('perturbed'), { name: 'p', space: box(2, -2, 2), gradient: 1 }, params, await context([2, 2], 9), saved) as Descent;
      for (let i = 0; i < 20; i++) {
        for (const descent of [a, b, fork]) step(descent, bowl);
        expect(b.x).toEqual(a.x);
      }
    }
  });

  it('finds the wells behind a saddle through the loop, cost counted', async () => {
    // y^4 - y^2 + x^2: a saddle at 0, wells of -1/4 at y = +-1/sqrt(2)
    const problem = fromFunction((x) => x[1]! ** 4 - x[1]! ** 2 + x[0]! ** 2, box(2, -2, 2), (x) => [2 * x[0]!, 4 * x[1]! ** 3 - 2 * x[1]!]);
    const losses = [];
    for (const name of ['descent', 'perturbed']) {
      const { best, cost } = await run(problem, start(optimizer(name), problem, { lr: 0.05 }, await context([1, 0])), { cost: 1000 });
      expect(cost).toBe(1000);
      losses.push(best.loss);
    }
    expect(losses[0]).toBeCloseTo(0, 10);
    expect(losses[1]).toBeCloseTo(-0.25, 6);
  });

  it('draws from the ball uniformly: the dim-th power of the radius is uniform, and directions have no mean', () => {
    const random = createRandom(3);
    for (const dim of [1, 2, 10]) {
      const n = 4000;
      const powers: number[] = [];
      const mean = new Float64Array(dim);
      for (let k = 0; k < n; k++) {
        const y = ball(dim, 3, random);
        powers.push((Math.hypot(...y) / 3) ** dim);
        y.forEach((v, i) => (mean[i] = mean[i]! + v / n));
      }
      powers.sort((a, b) => a - b);
      const ks = Math.max(...powers.map((p, i) => Math.max(Math.abs(p - i / n), Math.abs(p - (i + 1) / n))));
      expect(ks).toBeLessThan(1.63 / Math.sqrt(n)); // Kolmogorov and Smirnov at 1 %
      for (const m of mean) expect(Math.abs(m)).toBeLessThan((4 * 3) / Math.sqrt(n * (dim + 2))); // the variance of a coordinate is r^2 / (dim + 2)
    }
  });

  it('a fresh fork forgets the moments, one that is not keeps them, and neither takes room in the arena', async () => {
    const dim = 5000;
    const { backend } = await context([1]);
    const room = backend.scope();
    const at = (x: number): Vector => new Float64Array(dim).fill(x);
    const settings = { radius: 0.1, threshold: 1e-6, wait: 5, fall: 0 };
    const descent = perturb(chain(links('adam', { lr: 0.01 }), 1), settings)(box(dim, -10, 10), { random: createRandom(0), backend: room, x0: at(3) });
    for (let k = 0; k < 6; k++) step(descent, bowl);
    const free = backend.free();
    const [kept, fresh] = [descent.fork(at(1)), descent.fork(at(1), true)];
    expect(backend.free()).toBe(free);
    for (const fork of [kept, fresh]) step(fork, { loss: () => 1, gradient: (x) => Array.from(x, () => -7) });
    expect(fresh.x[0]).toBeCloseTo(1.01, 8); // Adam's first step is lr against the sign
    expect(kept.x[0]).toBeLessThan(1.009);
    room.release();
  });

  it('wraps any chain, and refuses options that make no sense', async () => {
    const settings = { radius: 0.1, threshold: 1e-3, wait: 5, fall: 0 };
    const descent = perturb(chain([rate(0.1)], 1), settings)(box(2, -2, 2), await context([1, 0]));
    for (let k = 0; k < 10; k++) step(descent, bowl);
    expect(descent.x[0]).toBeCloseTo(0.8 ** 10, 14);
    for (const [field, value, allowed] of [['radius', 0, 'a number above 0'], ['threshold', NaN, 'a number from 0'], ['wait', 1.5, 'an integer from 1'], ['fall', Infinity, 'a number from 0']] as const) {
      expect(() => perturb(chain([rate(0.1)], 1), { ...settings, [field]: value })).toThrow(`${field} is ${value}; allowed: ${allowed}`);
    }
    for (const [params, message] of [
      [{ radius: -1 }, 'radius of optimizer perturbed is -1; allowed: a number above 0'],
      [{ wait: 0 }, 'wait of optimizer perturbed is 0; allowed: an integer from 1'],
      [{ base: 'adam', decay: 1 }, 'decay of optimizer perturbed is 1; allowed: null, base adam has no decay'],
      [{ fidelity: 0.5 }, 'fidelity of optimizer perturbed is 0.5; allowed: null, base descent has no fidelity'],
    ] as const) {
      await expect(begin([1, 1], params)).rejects.toThrow(message);
      await expect(begin([1, 1], params)).rejects.toBeInstanceOf(NadirError);
    }
  });
});
