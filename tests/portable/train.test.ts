/** Training and the landscape study against what is worked out by hand: costs, gradient steps, basins, divergence, and states that go on bit for bit. */
import { describe, expect, it } from 'vitest';
import { sharedBackend } from '../../src/backend/index.ts';
import { further, published } from '../../src/configs/networks.ts';
import { createRandom } from '../../src/core/random.ts';
import { memory } from '../../src/stores/index.ts';
import { problem } from '../../src/problems/index.ts';
import { readNpz } from '../../src/experiment/npy.ts';
import { conduct } from '../../src/studies/conduct.ts';
import { train, training } from '../../src/studies/networks.ts';
import { minimumUnder, same } from '../../src/studies/networks/basin.ts';
import { builtIn, trainConfig } from '../../src/studies/networks/config.ts';
import { openHistory } from '../../src/studies/networks/history.ts';
import { landscape, landscapeRuns } from '../../src/studies/networks/landscape.ts';
import { sweep, sweepTable } from '../../src/studies/networks/sweep.ts';
import { landscapeTable } from '../../src/studies/networks/verdict.ts';

import type { Box, Json, Problem } from '../../src/core/types.ts';
import type { Split } from '../../src/problems/data.ts';
import type { LandscapeRun, TrainConfig } from '../../src/studies/networks/results.ts';

const spirals: TrainConfig = { name: 'spirals', data: { kind: 'spirals', examples: 200, test: 50 }, network: { hidden: [8], activation: 'tanh' }, optimizer: { name: 'adam', lr: 0.02 }, batch: 32, epochs: 3 };
/** What a result says but for the clock. */
const timeless = <T extends { readonly seconds: number }>({ seconds: _, ...rest }: T): Omit<T, 'seconds'> => rest;

/** y = 3 a - 2 b + 1 on a few points; the same for every part. */
function line(): Split {
  const xs = [[0, 0], [1, 0], [0, 1], [1, 1], [2, -1], [-1, 2]];
  const part = { n: xs.length, width: 2, inputs: Float32Array.from(xs.flat()), scale: 1, shift: 0, outputs: 1, targets: Float32Array.from(xs, ([a, b]) => 3 * a! - 2 * b! + 1) };
  return { name: 'line', train: part, validation: part, test: part };
}
const linear: TrainConfig = { name: 'line', data: 'yours', network: { hidden: [], loss: 'mse', precision: 'f64' }, optimizer: { name: 'sgd', lr: 0.05, momentum: 0 }, batch: 6, epochs: 1 };

describe('train', () => {
  it('takes the gradient step that a linear model has on paper', async () => {
    const [one, two] = [await train(linear, { split: line(), epochs: 1 }), await train(linear, { split: line(), epochs: 2 })];
    const { inputs, targets, n } = line().train;
    const [w, v, b] = one.x;
    const slope = [0, 0, 0];
    let loss = 0;
    for (let i = 0; i < n; i++) {
      const [p, q] = [inputs[2 * i]!, inputs[2 * i + 1]!];
      const error = w! * p + v! * q + b! - targets![i]!;
      loss += (error * error) / n;
      [p, q, 1].forEach((factor, k) => (slope[k] = slope[k]! + (2 * error * factor) / n));
    }
    expect(one.result.final.trainLoss).toBeCloseTo(loss, 12);
    [w!, v!, b!].forEach((value, k) => expect(two.x[k]).toBeCloseTo(value - 0.05 * slope[k]!, 12));
    expect(two.result.history.loss[1]).toBeCloseTo(loss, 12);
    expect(two.result.history.gradientNorm[1]).toBeCloseTo(Math.sqrt(slope.reduce((sum, each) => sum + each * each, 0)), 12);
    expect((await train(linear, { split: line(), epochs: 2000 })).x.every((value, k) => Math.abs(value - [3, -2, 1][k]!) < 1e-6)).toBe(true);
  });

  it('spends three passes an epoch, whatever the optimizer does with them', async () => {
    for (const optimizer of [{ name: 'adam' }, { name: 'sgd' }, { name: 'sharpness' }, { name: 'escape' }, { name: 'lbfgs' }, { name: 'random' }]) {
      const { result } = await train({ ...spirals, optimizer });
      expect(result.final.epoch).toBe(3);
      expect(result.final.cost).toBeLessThanOrEqual(9 * (1 + 1e-9));
      expect(result.final.cost).toBeGreaterThan(9 - 3 * (32 / 180) * 2);
      if (optimizer.name === 'adam') expect(result.epochs.map(({ epoch, step }) => [epoch, step])).toEqual([[0, 0], [1, 6], [2, 12], [3, 18]]); // 180 examples: five batches of 32, one of 20
      if (optimizer.name === 'sharpness') expect(result.final.step).toBe(9); // two gradients a step
    }
  });

  it('keeps the parameters that validate best and reads the test part there', async () => {
    const accuracy = (await train({ ...spirals, optimizer: { name: 'adam', lr: 0.3 }, epochs: 12 }, { seed: 2 })).result;
    const [first] = accuracy.epochs.filter(({ validationAccuracy }) => validationAccuracy === Math.max(...accuracy.epochs.map((epoch) => epoch.validationAccuracy!))).sort((a, b) => a.validationLoss - b.validationLoss);
    expect(accuracy.best).toEqual(first);
    const { result, x } = await train({ ...spirals, keep: 'loss', optimizer: { name: 'adam', lr: 0.3 }, epochs: 12 }, { seed: 2 });
    const least = Math.min(...result.epochs.map(({ validationLoss }) => validationLoss));
    expect(result.best.validationLoss).toBe(least);
    expect(result.best.epoch).toBeLessThan(12); // such a rate overshoots
    expect(x.length).toBe(result.parameters);
    expect(result.parameters).toBe(2 * 8 + 8 + 8 * 2 + 2);
    const again = await train({ ...spirals, keep: 'loss', optimizer: { name: 'adam', lr: 0.3 }, epochs: result.best.epoch }, { seed: 2 });
    expect(again.result.test).toEqual(result.test);
    expect([...again.x]).toEqual([...x]);
  });

  it.each([['adam', null], ['sharpness', null], ['adamr', null], ['sgd', { kind: 'cosine', warmup: 3 }], ['escape', null], ['escape', { kind: 'cosine' }]] as const)('%s goes on bit for bit from any step', async (name, schedule) => {
    const often = { lr: 0.3, patience: 1, cooldown: 1, evalSteps: 1, lossWindow: 3 };
    const config = { ...spirals, optimizer: { name, lr: 0.02, ...(name === 'escape' && often) }, ...(name === 'escape' && { epochs: 10 }), ...(schedule && { schedule }) } as TrainConfig;
    const whole = await train(config, { seed: 5 });
    if (name === 'escape') expect(whole.result.escape!.count).toBeGreaterThan(0);
    const saved: Json[] = [];
    await train(config, { seed: 5, observe: ({ save }) => saved.push(JSON.parse(JSON.stringify(save()))) });
    for (const at of [0, 4, 5, 6, 11, saved.length >> 1, saved.length - 2, saved.length - 1]) {
      const rest = await train(config, { seed: 5, resume: saved[at]! });
      expect(timeless(rest.result)).toEqual(timeless(whole.result));
      expect([...rest.x]).toEqual([...whole.x]);
    }
  });

  it('has the same bits without WebAssembly', async () => {
    const dropped = { ...spirals, network: { hidden: [6, 5], activation: 'gelu', dropout: 0.3, l2: 0.01 } } as TrainConfig;
    const [a, b] = [await train(dropped, { seed: 1 }), await train(dropped, { seed: 1, backend: 'reference' })];
    expect(timeless(b.result)).toEqual(timeless(a.result));
  });

  it('follows a schedule: the cosine ends where nothing moves', async () => {
    const { result } = await train({ ...spirals, optimizer: { name: 'sgd', lr: 0.1, momentum: 0 }, schedule: { kind: 'step', every: 6, factor: 1e-12 } });
    const [, first, second, third] = result.epochs;
    expect(first!.trainLoss).not.toBe(result.epochs[0]!.trainLoss);
    expect(second!.trainLoss).toBeCloseTo(first!.trainLoss, 9);
    expect(third!.trainLoss).toBeCloseTo(first!.trainLoss, 9);
  });

  it('stops with a reason when it diverges, and keeps what it had', async () => {
    const { result, x } = await train({ ...linear, optimizer: { name: 'sgd', lr: 5 }, epochs: 50 }, { split: line() });
    expect(result.stop).toBe('diverged');
    expect(result.reason).toMatch(/^the loss was [\d.e+]+ at step \d+, more than 1000 times that of the start$/);
    expect(result.epochs.every((epoch) => Number.isFinite(epoch.trainLoss) && Number.isFinite(epoch.validationLoss))).toBe(true);
    expect(result.best.validationLoss).toBe(Math.min(...result.epochs.map(({ validationLoss }) => validationLoss)));
    expect(x.every(Number.isFinite)).toBe(true);
    JSON.stringify(result, (_, value: unknown) => {
      if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
      return value;
    });
  });

  it('is not taken for diverging because of a large penalty, which its start has, too', async () => {
    const { result } = await train({ name: 'heavy', data: { kind: 'spirals', examples: 200, test: 0 }, network: { hidden: [64], activation: 'tanh', l2: 100 }, optimizer: { name: 'adam', lr: 0.01 }, batch: 32, epochs: 2 });
    expect([result.stop, result.reason]).toEqual(['done', null]);
  });

  it('goes on from its own state only', async () => {
    const config = { name: 'own', data: { kind: 'spirals', examples: 200, test: 0 }, network: { hidden: [4] }, optimizer: { name: 'adam' }, batch: 32, epochs: 2 };
    let state: Json = null;
    await train(config, { seed: 7, observe: ({ save }) => (state = save()) });
    const code = async (made: Promise<unknown>): Promise<string> => made.then(() => 'no error', (error) => (error as { code: string }).code);
    expect(await code(train(config, { seed: 7, resume: state }))).toBe('no error');
    expect(await code(train(config, { seed: 9, resume: state }))).toBe('state');
    expect(await code(train({ ...config, network: { hidden: [5] } }, { seed: 7, resume: state }))).toBe('state');
    expect(await code(train(config, { seed: 7, resume: { a: 1 } }))).toBe('state');
  });

  it('has no accuracy where numbers are predicted', async () => {
    const { result } = await train(linear, { split: line() });
    expect([result.final.trainAccuracy, result.test!.accuracy, result.config.network.loss]).toEqual([null, null, 'mse']);
  });

  it('stops on a signal', async () => {
    const stop = new AbortController();
    await expect(train({ ...spirals, epochs: 10_000 }, { signal: stop.signal, observe: ({ epoch }) => epoch.epoch === 2 && stop.abort() })).rejects.toMatchObject({ code: 'aborted' });
    await expect(train(spirals, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('a configuration', () => {
  it('is checked field by field', () => {
    const refused = (change: object, message: RegExp): void => expect(() => trainConfig({ ...spirals, ...change }, 'my.json')).toThrow(message);
    expect(() => trainConfig([1], 'my.json')).toThrow(/^my\.json: it is \[1\]; allowed: an object with name, about, data/);
    refused({ optimiser: {} }, /^my\.json: unknown field "optimiser"; did you mean optimizer\?/);
    refused({ name: 'a/b' }, /^my\.json: name "a\/b" .*; allowed: letters/);
    refused({ data: undefined }, /^my\.json: data is missing/);
    refused({ data: 7 }, /^my\.json: data is 7; allowed: a name, or an object with a kind/);
    refused({ network: { hidden: [8, 0] } }, /^my\.json: network\.hidden is \[8,0\]; allowed: up to 16 widths/);
    refused({ network: { hidden: [8], activation: 'rellu' } }, /^my\.json: activation of network is "rellu"; allowed: relu, tanh, gelu/);
    refused({ network: { hidden: [8], droput: 0.1 } }, /^my\.json: unknown option "droput" of network; did you mean dropout\?/);
    refused({ optimizer: { name: 'admam' } }, /^my\.json: unknown optimizer "admam"; did you mean adam\?/);
    refused({ optimizer: { name: 'adam', lr: -1 } }, /^my\.json: lr of optimizer adam is -1; allowed: a number above 0/);
    refused({ schedule: { kind: 'cosin' } }, /^my\.json: unknown schedule "cosin"; did you mean cosine\?/);
    refused({ epochs: 1.5 }, /^my\.json: epochs of the configuration is 1\.5; allowed: an integer from 1/);
  });

  it('is the same as one that spells its defaults out', () => {
    const short = training({ configs: [{ ...spirals, batch: undefined } as unknown as TrainConfig] });
    const long = training({ configs: [{ ...spirals, about: 'words', batch: 128, seed: 0, network: { ...spirals.network, dropout: 0, l2: 0 } }] });
    expect(JSON.stringify(long.grid)).toBe(JSON.stringify(short.grid));
  });

  it('of the built-in ones is as published', () => {
    expect(published.map(({ name }) => name)).toEqual(['alme_mnist_shallow', 'alme_mnist_aggressive', 'baseline_sgd', 'baseline_adam', 'baseline_adamw']);
    for (const { name } of [...published, ...further]) {
      const { batch, epochs, network } = builtIn(name);
      if (published.some((each) => each.name === name)) expect([batch, epochs, network.hidden, network.activation]).toEqual([128, 20, [128, 64], 'relu']);
    }
    expect(() => builtIn('baseline_adm')).toThrow(/did you mean baseline_adam\?/);
  });

  it('that two optimizers cannot follow is refused', async () => {
    await expect(train({ ...spirals, optimizer: { name: 'cmaes' }, schedule: { kind: 'cosine' } })).rejects.toThrow(/schedule is .* with optimizer cmaes; allowed with descent, sgd, adam, adamw and escape/);
    await expect(train(spirals, { sed: 1 } as never)).rejects.toThrow(/unknown option of train "sed"; did you mean seed\?/);
    await expect(train(spirals, { split: { name: 'bare', train: line().train } })).rejects.toThrow(/data bare has no validation part/);
    await expect(train({ ...spirals, data: 'spiral' })).rejects.toThrow(/did you mean spirals\?/);
  });
});

describe('a history', () => {
  it('thins to every second step, again and again, and counts steps only', () => {
    const history = openHistory();
    const x = Float64Array.of(1, 2);
    let strange = 0;
    for (let at = 0; at < 9000; at++) {
      if (!history.note({ xs: [x], gradient: true, at }, { loss: Float64Array.of(at + 1), gradient: [Float64Array.of(3, 4)] }, x)) strange++;
      if (history.note({ xs: [Float64Array.of(1, 3)], gradient: true, at }, { loss: Float64Array.of(0), gradient: [x] }, x)) strange++; // the second look of sharpness
      if (history.note({ xs: [Float64Array.of(0, 0), x], gradient: true, at: at + 1 }, { loss: Float64Array.of(0, 0), gradient: [x, x] }, x)) strange++; // candidates
      if (history.note({ xs: [x], at: at + 1 }, { loss: Float64Array.of(0) }, x)) strange++;
    }
    expect(strange).toBe(0);
    const { step, loss, gradientNorm } = history.kept();
    expect([history.steps, step.length, step[0], step.at(-1)]).toEqual([9000, 1125, 8, 9000]);
    expect(loss).toEqual(step);
    expect(new Set(gradientNorm)).toEqual(new Set([5]));
  });
});

describe('training on the runner', () => {
  it('leaves metrics by epoch, results and parameters by layer', async () => {
    const store = memory();
    const made = await conduct(training({ configs: [spirals], seeds: 2 }), { workers: 0, store });
    const records = await made.records();
    expect([made.success, records.map(({ replicate }) => replicate)]).toEqual([2, [0, 1]]);
    for (const { id, artifacts, metrics, replicate } of records) {
      expect(artifacts.map(({ name }) => name)).toEqual(['best_parameters.npz', 'series.npz', 'spirals_results.json']);
      const { result, x } = await train(spirals, { seed: replicate });
      const file = async (name: string): Promise<Uint8Array> => (await store.get(`runs/${id.slice(0, 2)}/${id}/${name}`))!;
      expect(JSON.parse(new TextDecoder().decode(await file('spirals_results.json')))).toEqual(JSON.parse(JSON.stringify(result)));
      expect([metrics.test_accuracy, metrics.validation_loss, metrics.steps]).toEqual([result.test!.accuracy, result.final.validationLoss, 18]);
      const series = readNpz(await file('series.npz'));
      expect([...series['train_loss.step']!.array]).toEqual([0, 1, 2, 3]);
      expect([...series['train_loss.value']!.array]).toEqual(result.epochs.map(({ trainLoss }) => trainLoss));
      const layers = readNpz(await file('best_parameters.npz'));
      expect(Object.entries(layers).map(([name, { shape }]) => [name, shape])).toEqual([['weights0', [2, 8]], ['biases0', [8]], ['weights1', [8, 2]], ['biases1', [2]]]);
      expect(Object.values(layers).flatMap(({ array }) => [...(array as Float64Array)])).toEqual([...x]);
    }
  });
});

describe('basins', () => {
  const open = async (name: string, dim: number): Promise<Problem<Float64Array, Box>> => problem(name).open({ dim, instance: null, rotate: true }, { backend: (await sharedBackend()).scope(), random: createRandom(0) }) as Problem<Float64Array, Box>;
  const context = async (): Promise<{ backend: Awaited<ReturnType<typeof sharedBackend>>; random: ReturnType<typeof createRandom> }> => ({ backend: (await sharedBackend()).scope(), random: createRandom(1) });

  it('of a double well are two a coordinate, parted by the hill between them', async () => {
    // Minima and the hill: zeros of the derivative, found here by bisection of central differences.
    const well = await open('double-well', 1);
    const f = (x: number): number => (well.score({ xs: [Float64Array.of(x)] }) as { loss: Float64Array }).loss[0]!;
    const zero = (low: number, high: number): number => {
      const slope = (x: number): number => f(x + 1e-5) - f(x - 1e-5);
      for (let i = 0; i < 60; i++) {
        const middle = (low + high) / 2;
        if (slope(middle) > 0 === slope(low) > 0) low = middle;
        else high = middle;
      }
      return low;
    };
    const [left, hill, right] = [zero(-1.5, -0.5), zero(-0.4, 0.4), zero(0.5, 1.5)];
    for (const x of [-1.9, -0.8, hill - 0.05, hill + 0.05, 0.6, 1.9]) {
      const [under] = await minimumUnder(well, Float64Array.of(x), await context());
      expect(Math.abs(under! - (x < hill ? left : right))).toBeLessThan(1e-4);
    }
    expect(same(well.space, Float64Array.of(left), Float64Array.of(left + 0.003))).toBe(true);
    expect(same(well.space, Float64Array.of(left), Float64Array.of(right))).toBe(false);
  });

  it('of Rastrigin are near the integers, and a walk jumps over none', async () => {
    const ripples = await open('rastrigin', 3);
    const random = createRandom(3);
    for (let i = 0; i < 20; i++) {
      const centre = [0, 1, 2].map(() => random.int(7) - 3);
      const x = Float64Array.from(centre, (c) => c + 0.35 * (2 * random.f64() - 1));
      const under = await minimumUnder(ripples, x, await context());
      centre.forEach((c, k) => expect(Math.abs(under[k]! - c)).toBeLessThan(0.02));
    }
  });

  it('of a curved valley is walked to its end', async () => {
    const under = await minimumUnder(await open('rosenbrock', 2), Float64Array.of(-1.2, 1), await context());
    expect(Math.abs(under[0]! - 1)).toBeLessThan(1e-3);
  });
});

describe('the landscape study', () => {
  it('begins every method at the same normal point and spends the same', async () => {
    const runs = landscapeRuns(await (await conduct(landscape({ problems: ['ackley', 'double-well'], methods: ['sgd', 'adam', 'adamr', 'perturbed', 'sharpness', 'basin', 'escape', 'escape-faithful'], dim: 4, seeds: 3, cost: 600 }), { workers: 0 })).records());
    expect(runs.length).toBe(2 * 8 * 3);
    for (const { problem: name, method, seed, start, cost, loss, trace, overhead } of runs) {
      expect(start).toBe(runs.find((other) => other.problem === name && other.seed === seed)!.start);
      expect(cost).toBeLessThanOrEqual(600);
      expect(cost).toBeGreaterThan(590);
      expect(loss).toBeLessThanOrEqual(start);
      expect(trace.at(-1)![1]).toBe(loss);
      if (!method.startsWith('escape')) expect(overhead).toBe(0);
      else expect(overhead).toBeLessThan(1);
    }
    expect(new Set(runs.map(({ start }) => start)).size).toBe(6);
  });

  it('has the way of a method in two dimensions', async () => {
    const [run] = landscapeRuns(await (await conduct(landscape({ problems: ['sphere'], methods: ['adam'], dim: 2, seeds: 1, cost: 1000 }), { workers: 0 })).records());
    const lengths = run!.path!.map(([x, y]) => x * x + y * y);
    expect(run!.path!.length).toBeGreaterThan(60);
    expect(lengths[0]).toBeCloseTo(run!.start, 12); // of the sphere, the squared length
    expect(lengths.at(-1)).toBeLessThan(lengths[0]!);
  });

  it('refuses what makes no sense', () => {
    expect(() => landscape({ problems: ['rastrigan'] })).toThrow(/unknown problem "rastrigan"; did you mean rastrigin\?/);
    expect(() => landscape({ methods: ['adm'] })).toThrow(/unknown method "adm"/);
    expect(() => landscape({ dim: 1 })).toThrow('dim of landscape is 1; allowed: an integer from 2 to 100000');
    expect(() => landscape({ lr: 0 })).toThrow('lr of landscape is 0; allowed: a number above 0');
    expect(() => landscape({ dims: 3 } as never)).toThrow(/unknown option of landscape "dims"; did you mean dim\?/);
  });

  it('tells better from worse by ranks, and what agrees to 1e-8 not at all', () => {
    const run = (method: string, seed: number, loss: number, escaped: boolean): LandscapeRun => ({ problem: 'p', dim: 2, method, seed, start: 9, loss, escaped, cost: 10, escapes: 0, overhead: 0, milliseconds: 1, trace: [] });
    const seeds = [1, 2, 3, 4, 5];
    const rows = landscapeTable([
      ...seeds.map((seed) => run('adam', seed, seed, false)), ...seeds.map((seed) => run('good', seed, seed / 10, true)), ...seeds.map((seed) => run('bad', seed, 10 * seed + 10, false)), ...seeds.map((seed) => run('alike', seed, seed + seed * 1e-10, false)),
    ], { alpha: 0.05 });
    // Five against five apart: 2 of 252 ways, and Holm takes it three times, twice.
    expect(rows.map(({ method, verdict }) => [method, verdict])).toEqual([['adam', null], ['good', 'better'], ['bad', 'worse'], ['alike', 'no telling']]);
    expect(rows[1]!.p).toBeCloseTo(2 / 252, 12);
    expect(rows[1]!.adjusted).toBeCloseTo(6 / 252, 12);
    expect(rows[3]!.p).toBe(1);
    // Wilson for 5 of 5: n / (n + z^2) to 1.
    expect(rows[1]!.rateLow).toBeCloseTo(5 / (5 + 1.959963984540054 ** 2), 12);
    expect([rows[1]!.rateHigh, rows[0]!.rateLow]).toEqual([1, 0]);
  });
});

describe('the sweep', () => {
  it('crosses four distributions, three patiences, three pairs of thresholds and three lengths', () => {
    const { grid, replicates } = sweep({ problems: ['ackley', 'sphere'] });
    expect([grid.size, replicates]).toEqual([216n, 5]);
    for (let i = 0; i < 216; i++) {
      const { scaleDistribution } = grid.at(i).options as { scaleDistribution: { [scale: string]: number } };
      expect(Object.values(scaleDistribution).reduce((sum, count) => sum + count, 0)).toBe(10);
    }
  });

  it('ranks settings by the mean of their ranks', () => {
    const { grid } = sweep({ problems: ['ackley', 'sphere'], seeds: 1 });
    // Setting i has loss i on one problem, and the reverse but for the first on the other.
    const record = (i: number): object => ({ status: 'success', params: grid.at(i), metrics: { loss: i < 108 ? i : i === 108 ? -1 : 216 - i, escaped: 0 } });
    const rows = sweepTable(Array.from({ length: 216 }, (_, i) => record(i)) as never);
    expect(rows.length).toBe(108);
    expect([rows[0]!.rank, rows[0]!.scales, rows[0]!.patience, rows[0]!.evalSteps]).toEqual([1, 'published', 3, 1]);
    expect(rows.slice(1).every(({ rank }) => rank === 55)).toBe(true); // i + 1 and 109 - i
  });
});
