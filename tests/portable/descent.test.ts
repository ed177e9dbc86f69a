import { describe, expect, it } from 'vitest';
import { box, chain, createRandom, moments, momentum, optimizer, rate, sharedBackend, start } from '../../src/index.ts';
import type { Descent } from '../../src/index.ts';
import { functions, list, total, type Published, type Vector } from '../cases/published.ts';
import vectors from '../vectors/alme.json' with { type: 'json' };

async function begin(name: string, x0: number[], params: object): Promise<Descent> {
  const space = box(x0.length, -100, 100);
  return start(optimizer(name), { name: 'p', space, gradient: 1 }, params as never, { random: createRandom(0), backend: await sharedBackend(), x0: Float64Array.from(x0) }) as Descent;
}
function step(descent: Descent, { loss, gradient }: Published): number {
  const batch = descent.ask()!;
  const x = batch.xs[0]!;
  const value = loss(x);
  descent.tell(batch, { loss: Float64Array.of(value), gradient: [Float64Array.from(gradient(x))] });
  return value;
}
const near = (got: ArrayLike<number>, want: number[], tolerance: number): void => want.forEach((w, i) => expect(Math.abs(got[i]! - w)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(w))));

describe('adam', () => {
  // Float64 trajectories made by another implementation (tests/vectors/alme.json says how).
  it.each(vectors.cases.filter(({ options }) => !('weight_decay' in options)))('follows the recorded trajectory on $problem for 400 steps', async ({ problem, x0, options, trace }) => {
    const descent = await begin('adam', x0, { lr: options.lr });
    for (let iteration = 0; iteration < 400; iteration++) {
      const loss = step(descent, functions[problem]!);
      const recorded = trace.find((t) => t.iteration === iteration);
      if (recorded === undefined) continue;
      near([loss], [recorded.loss_before_step], 1e-9);
      near(descent.x, recorded.x_after, 1e-9);
      if (recorded.effective_step) near(descent.step, recorded.effective_step, 1e-7);
    }
  });

  it('with an L2 penalty is adam on the penalised function; adamw decays the weights apart from the gradient', async () => {
    const { loss, gradient } = functions.quad!;
    const penalised = { loss: (x: Vector) => loss(x) + 0.05 * total(list(x).map((v) => v * v)), gradient: (x: Vector) => gradient(x).map((g, i) => g + 0.1 * x[i]!) };
    const [a, b] = [await begin('adam', [1, 2], { lr: 0.05, weightDecay: 0.1 }), await begin('adam', [1, 2], { lr: 0.05 })];
    for (let i = 0; i < 100; i++) {
      step(a, functions.quad!);
      step(b, penalised);
    }
    near(a.x, list(b.x), 1e-12);
    const w = await begin('adamw', [3, -2], { lr: 0.1, weightDecay: 0.5 });
    step(w, { loss: () => 0, gradient: () => [0, 0] });
    near(w.x, [3 * (1 - 0.05), -2 * (1 - 0.05)], 1e-15); // Algorithm 2 of Loshchilov and Hutter with a zero gradient
    const first = await begin('adamw', [3], { lr: 0.1, weightDecay: 0.5, epsilon: 1e-300 });
    step(first, { loss: () => 0, gradient: () => [123] });
    near(first.x, [3 - 0.1 * (1 + 0.5 * 3)], 1e-15); // the first Adam step is lr, whatever the gradient
  });
});

describe('gradient descent on a quadratic, against its closed form', () => {
  const parabola: Published = { loss: (x) => total(list(x).map((v, i) => ((i + 1) * v * v) / 2)), gradient: (x) => list(x).map((v, i) => (i + 1) * v) };

  it('plain: x_k = (1 - lr a)^k x_0', async () => {
    const descent = await begin('descent', [4, -3, 2], { lr: 0.1 });
    for (let k = 0; k < 50; k++) step(descent, parabola);
    near(descent.x, [4 * 0.9 ** 50, -3 * 0.8 ** 50, 2 * 0.7 ** 50], 1e-14);
    expect(list(descent.step)).toEqual([0.1, 0.1, 0.1]);
  });

  it('with decay: the product of (1 - lr a / (1 + decay t))', async () => {
    const descent = await begin('descent', [4], { lr: 0.5, decay: 0.1 });
    let x = 4;
    for (let t = 0; t < 40; t++) {
      x *= 1 - 0.5 / (1 + 0.1 * t);
      step(descent, parabola);
    }
    near(descent.x, [x], 1e-14);
  });

  it('heavy ball: x_{k+1} = x_k - lr g + beta (x_k - x_{k-1}); Nesterov in the form of Sutskever', async () => {
    const ball = await begin('sgd', [4], { lr: 0.1, momentum: 0.8 });
    let [x, previous] = [4, 4];
    for (let k = 0; k < 60; k++) {
      [x, previous] = [x - 0.1 * x + 0.8 * (x - previous), x];
      step(ball, parabola);
    }
    near(ball.x, [x], 1e-13);
    const nesterov = await begin('sgd', [4], { lr: 0.1, momentum: 0.8, nesterov: true });
    let [theta, velocity] = [4, 0]; // lookahead variables: x = theta + beta velocity
    let ahead = 4;
    for (let k = 0; k < 60; k++) {
      velocity = 0.8 * velocity - 0.1 * ahead;
      theta += velocity;
      ahead = theta + 0.8 * velocity;
      step(nesterov, parabola);
    }
    near(nesterov.x, [ahead], 1e-13);
  });

  it('stays in the box, and a fork goes its own way with the same moments', async () => {
    const descent = await begin('descent', [99], { lr: 1 });
    step(descent, { loss: () => 0, gradient: () => [-1000] });
    expect(list(descent.x)).toEqual([100]);
    const a = await begin('adam', [4, 3], { lr: 0.1 });
    for (let k = 0; k < 20; k++) step(a, parabola);
    const at = a.x.slice();
    const b = a.fork(at);
    for (let k = 0; k < 20; k++) step(b, parabola);
    expect(a.x).toEqual(at);
    for (let k = 0; k < 20; k++) step(a, parabola);
    expect(a.x).toEqual(b.x);
  });

  it('a fresh fork has forgotten the gradients: it steps as one that begins there does, but schedules go on', async () => {
    const space = box(2, -100, 100);
    const context = { random: createRandom(0), backend: await sharedBackend(), x0: Float64Array.of(4, 3) };
    for (const links of [[moments(0.9, 0.999, 1e-8)], [momentum(0.9)]]) {
      const a = chain([...links, rate(0.1, 0.5)], 1)(space, context);
      for (let k = 0; k < 20; k++) step(a, parabola);
      const from = a.x.slice();
      const b = a.fork(from, true);
      expect(Array.from(b.step)).toEqual([0, 0]);
      const c = chain([...links, rate(0.1 / (1 + 0.5 * 20), 0)], 1)(space, { ...context, x0: from });
      step(b, parabola);
      step(c, parabola);
      expect(b.x).toEqual(c.x);
      expect(b.ask()).toMatchObject({ at: 21 });
      expect(a.x).toEqual(from);
    }
  });

  it('a point that fails is halved back towards the last good one', async () => {
    const descent = await begin('descent', [0], { lr: 1 });
    step(descent, { loss: () => 1, gradient: () => [-8] });
    step(descent, { loss: () => Infinity, gradient: () => [0] });
    expect(list(descent.x)).toEqual([4]);
    step(descent, { loss: () => Infinity, gradient: () => [0] });
    expect(list(descent.x)).toEqual([2]);
  });
});
