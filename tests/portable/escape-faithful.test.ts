import { describe, expect, it } from 'vitest';
import { box, createRandom, optimizer, seal, sharedBackend, start, unseal } from '../../src/index.ts';
import type { Batch, EscapeDescent, EscapeStatistics, Snapshot } from '../../src/index.ts';
import { functions, list, total, type Published, type Vector } from '../cases/published.ts';
import vectors from '../vectors/alme.json' with { type: 'json' };

async function begin(x0: readonly number[], params: object, saved?: Snapshot): Promise<EscapeDescent> {
  const space = box(x0.length, -100, 100);
  const context = { random: createRandom(0), backend: await sharedBackend(), x0: Float64Array.from(x0) };
  return start(optimizer('alme'), { name: 'p', space, gradient: 1 }, { mode: 'faithful', ...params }, context, saved) as unknown as EscapeDescent;
}
/** Answers one batch; what was asked and told. */
function step(descent: EscapeDescent, { loss, gradient }: Published): { batch: Batch<Vector>; loss: number; norm: number; metrics: { readonly [name: string]: number } } {
  const batch = descent.ask()!;
  const asked = { ...batch, xs: batch.xs.map((x) => x.slice()) };
  const losses = Float64Array.from(batch.xs, (x) => loss(x));
  const slopes = batch.xs.map((x) => Float64Array.from(gradient(x)));
  const metrics = descent.tell(batch, { loss: losses, ...(batch.gradient ? { gradient: slopes } : {}) }) as { readonly [name: string]: number };
  return { batch: asked, loss: losses[0]!, norm: Math.sqrt(total(list(slopes[0]!).map((g) => g * g))), metrics };
}
const near = (got: ArrayLike<number>, want: readonly number[], tolerance: number): void => want.forEach((w, i) => expect(Math.abs(got[i]! - w)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(w))));
const statistics = (descent: EscapeDescent): EscapeStatistics => descent.report!() as EscapeStatistics;

describe('escape, faithful, against the recorded method (tests/vectors/alme.json says how it was recorded)', () => {
  it.each(vectors.cases)('follows Adam on $problem with $options for 400 steps, and detects when it did', async ({ problem, x0, options, trace, first_detect_iteration, max_stagnation_count }) => {
    // Escapes out of reach: with a patience beyond any count the counter goes on as the recorded one did, which was never reset.
    const descent = await begin(x0, { lr: options.lr, weightDecay: (options as { weight_decay?: number }).weight_decay ?? null, patience: 1e9 });
    let first: number | null = null;
    let most = 0;
    for (let iteration = 0; iteration < 400; iteration++) {
      const { loss, norm, metrics } = step(descent, functions[problem]!);
      if (metrics.stagnation! >= 5) first ??= iteration;
      most = Math.max(most, metrics.stagnation!);
      const recorded = trace.find((t) => t.iteration === iteration);
      if (recorded === undefined) continue;
      near([loss], [recorded.loss_before_step], 1e-9);
      near(descent.x, recorded.x_after, 1e-9);
      near([norm], [recorded.grad_norm], 1e-9);
      if (recorded.effective_step) near(descent.step, recorded.effective_step, 1e-7);
    }
    expect(first).toBe(first_detect_iteration);
    expect(most).toBe(max_stagnation_count);
  });
});

describe('escape, faithful', () => {
  const { rastrigin } = functions as { rastrigin: Published };
  const x0 = [1.430501, -1.286564, 1.116877, -0.924836];
  const bowl: Published = { loss: (x) => 1 + total(list(x).map((v) => v * v)), gradient: (x) => list(x).map((v) => 2 * v) };

  it('escapes with the patience it is given: each of the population makes its mini-steps, then is scored', async () => {
    const descent = await begin(x0, { lr: 0.01, populationSize: 4, scaleDistribution: { '0.5': 1, '2': 3 }, evalSteps: 2, evalOn: 'validation' });
    for (let i = 0; i < 317; i++) step(descent, rastrigin);
    expect(statistics(descent)).toMatchObject({ count: 0, steps: 317 });
    step(descent, rastrigin); // iteration 317 is the recorded one
    const from = descent.x.slice();
    const asked = Array.from({ length: 4 * 3 }, () => step(descent, rastrigin).batch);
    expect(asked.map(({ gradient, part }) => [gradient ?? false, part])).toEqual(Array.from({ length: 4 }, () => [[true, undefined], [true, undefined], [false, 'validation']]).flat());
    expect(new Set(asked.map(({ at }) => at))).toEqual(new Set([317, undefined])); // one mini-batch, the last one, again and again
    expect(descent.ask()).toMatchObject({ gradient: true, at: 318 });
    expect(from).toEqual(asked[0]!.xs[0]); // the first candidate
    const { count, accepted, spent, escapes, steps } = statistics(descent);
    expect([count, accepted, spent, steps]).toEqual([1, 1, 4 * (2 * 2 + 1), 318]);
    const judged = asked.filter(({ gradient }) => !gradient).map(({ xs }) => rastrigin.loss(xs[0]!));
    expect(escapes[0]!.after).toBe(Math.min(...judged));
    expect(rastrigin.loss(descent.x)).toBe(Math.min(...judged)); // its moved position goes on
    expect(escapes[0]!.before).toBeCloseTo(3.97983622, 7);
  });

  it('goes uphill, since the point it left is no candidate, and leaves parameters at 0 where they are', async () => {
    const at = [0.9949586370703366, 0, 0.9949586370703366]; // a minimum of rastrigin: nothing moves until the noise does
    const descent = await begin(at, { lr: 0.01, weightDecay: null });
    const all: Vector[] = [];
    while (statistics(descent).count === 0) all.push(step(descent, rastrigin).batch.xs[0]!);
    const asked = all.slice(statistics(descent).steps);
    expect(asked.length).toBe(10 * 4);
    expect(asked.every((x) => x[1] === 0)).toBe(true);
    const { before, after, accepted, distance, scale, diversity } = statistics(descent).escapes[0]!;
    expect(accepted).toBe(true);
    expect(after).toBeGreaterThan(before);
    expect([0.5, 1, 2, 4, 8]).toContain(scale);
    expect(Math.abs(distance - Math.sqrt(total(list(descent.x).map((v, i) => (v - at[i]!) ** 2))))).toBeLessThan(1e-3);
    expect(diversity).toBeGreaterThan(0);
  });

  it('draws w + N(0,1) |w| e scale: ten thousand draws have its mean and deviation', async () => {
    const descent = await begin([3, -2], { lr: 0.01, populationSize: 2000, scaleDistribution: { '0.5': 1000, '2': 1000 }, evalSteps: 1, gradNormThreshold: 1e9, lossThreshold: 1e9, patience: 1 });
    for (let i = 0; i < 10; i++) step(descent, bowl); // the tenth norm is the first that can be compared
    const e = list(descent.step);
    const asked: Vector[] = [];
    while (statistics(descent).count === 0) {
      const { batch } = step(descent, bowl);
      if (batch.gradient) asked.push(batch.xs[0]!);
    }
    expect(asked.length).toBe(2000);
    const w = [3 - 0.1, -2 + 0.1]; // ten of Adam's first steps, each lr but for the bend of the bowl
    [asked.slice(0, 1000), asked.slice(1000)].forEach((half, k) => {
      const scale = [0.5, 2][k]!;
      for (const i of [0, 1]) {
        const mean = total(half.map((x) => x[i]!)) / 1000;
        const deviation = Math.sqrt(total(half.map((x) => (x[i]! - mean) ** 2)) / 999);
        const wanted = Math.abs(w[i]!) * e[i]! * scale;
        expect(Math.abs(mean - w[i]!)).toBeLessThan(2e-3 + (4 * wanted) / Math.sqrt(1000));
        expect(Math.abs(deviation / wanted - 1)).toBeLessThan(0.1); // four standard errors of a deviation from 1,000
      }
    });
  });

  it('candidates pollute the moments: what follows an escape is not what Adam with its own would do', async () => {
    const params = { lr: 0.01, gradNormThreshold: 1e9, lossThreshold: 1e9, patience: 1, evalSteps: 1, populationSize: 1, scaleDistribution: { 1: 1 } };
    const [a, b] = [await begin(x0, params), await begin(x0, { ...params, patience: 1e9 })];
    for (let i = 0; i < 10; i++) for (const each of [a, b]) step(each, rastrigin);
    while (statistics(a).count === 0) step(a, rastrigin);
    const clean = b.fork(a.x) as EscapeDescent;
    const polluted = a.fork(a.x) as EscapeDescent;
    step(polluted, rastrigin);
    step(clean, rastrigin);
    expect(list(polluted.x).map((v, i) => Math.abs(v - clean.x[i]!) > 1e-6)).toEqual([true, true, true, true]);
  });

  it('is saved at any point of an escape and goes on bit for bit', async () => {
    const params = { lr: 0.05, gradNormThreshold: 1e9, lossThreshold: 1e9, patience: 2, evalOn: 'both', populationSize: 3, scaleDistribution: { '1': 3 }, evalSteps: 2 };
    const straight = await begin(x0, params);
    for (let i = 0; i < 60; i++) step(straight, rastrigin);
    for (let cut = 9; cut < 26; cut++) {
      const first = await begin(x0, params);
      for (let i = 0; i < cut; i++) step(first, rastrigin);
      const second = await begin([9, 9, 9, 9], params, unseal('t', JSON.parse(JSON.stringify(seal('t', first.save())))));
      for (let i = cut; i < 60; i++) step(second, rastrigin);
      expect(JSON.stringify(seal('t', second.save()))).toBe(JSON.stringify(seal('t', straight.save())));
    }
    expect(statistics(straight).count).toBeGreaterThan(1);
  });

  it('has one inner descent, Adam', async () => {
    await expect(begin(x0, { base: 'sgd' })).rejects.toThrow('base of optimizer escape is "sgd"; allowed: adam, mode faithful has no other');
  });
});
