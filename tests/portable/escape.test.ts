import { describe, expect, it } from 'vitest';
import { box, chain, createRandom, escaping, moments, optimizer, problem, rate, run, seal, sharedBackend, sharpen, start, unseal } from '../../src/index.ts';
import type { Batch, Begin, Context, Descent, EscapeDescent, EscapeStatistics, Scores, Snapshot } from '../../src/index.ts';
import { readScales, scalesOf } from '../../src/optimizers/escape/scales.ts';
import { watch } from '../../src/optimizers/escape/stagnation.ts';

type Vector = Float64Array;
interface Function2 { loss(x: Vector): number; gradient(x: Vector): number[] }
const { cos, sin, sqrt, PI } = Math;
const list = (x: ArrayLike<number>): number[] => Array.from(x);
const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const length = (values: readonly number[]): number => sqrt(total(values.map((v) => v * v)));
const rastrigin: Function2 = { loss: (x) => 10 * x.length + total(list(x).map((v) => v * v - 10 * cos(2 * PI * v))), gradient: (x) => list(x).map((v) => 2 * v + 20 * PI * sin(2 * PI * v)) };
const bowl: Function2 = { loss: (x) => 1 + total(list(x).map((v) => v * v)), gradient: (x) => list(x).map((v) => 2 * v) };
/** Two wells, at -1 and 1; the left one is deeper by about 0.4. */
const wells: Function2 = { loss: (x) => total(list(x).map((v) => (v * v - 1) ** 2 + 0.2 * v + 1)), gradient: (x) => list(x).map((v) => 4 * v * (v * v - 1) + 0.2) };

const opened = async (extra: Partial<Context<Vector>> = {}): Promise<Context<Vector>> => ({ random: createRandom(3), backend: await sharedBackend(), gradient: 1, ...extra });
async function begin(x0: readonly number[], params: object = {}, extra: Partial<Context<Vector>> = {}, saved?: Snapshot): Promise<EscapeDescent> {
  const { share, ...context } = await opened({ x0: Float64Array.from(x0), ...extra });
  return start(optimizer('escape'), { name: 'p', space: box(x0.length, -8, 8), gradient: 1, ...(share && { share }) }, params as never, context, saved) as unknown as EscapeDescent;
}
function answer({ loss, gradient }: Function2, batch: Batch<Vector>): Scores<Vector> {
  return { loss: Float64Array.from(batch.xs, (x) => loss(x)), ...(batch.gradient ? { gradient: batch.xs.map((x) => Float64Array.from(gradient(x))) } : {}) };
}
/** Answers one batch; returns it, copied. */
function step(descent: EscapeDescent, f: Function2): Batch<Vector> {
  const batch = descent.ask()!;
  const copy = { ...batch, xs: batch.xs.map((x) => x.slice()) };
  descent.tell(batch, answer(f, batch));
  return copy;
}
const statistics = (descent: EscapeDescent): EscapeStatistics => descent.report!() as EscapeStatistics;
/** Steps until the n-th escape is over; every batch asked. */
function until(descent: EscapeDescent, f: Function2, n: number = 1): Batch<Vector>[] {
  const asked: Batch<Vector>[] = [];
  while (statistics(descent).count < n && asked.length < 20000) asked.push(step(descent, f));
  expect(statistics(descent).count).toBe(n);
  return asked;
}
const races = (asked: readonly Batch<Vector>[]): Batch<Vector>[] => asked.filter(({ xs }) => xs.length > 1);

describe('escape: what it takes', () => {
  it.each([
    [{ patience: 0 }, 'patience of optimizer escape is 0; allowed: an integer from 1 to 1000000000'],
    [{ gradNormThreshold: -1 }, 'gradNormThreshold of optimizer escape is -1; allowed: a number from 0'],
    [{ gradNormWindow: 1 }, 'gradNormWindow of optimizer escape is 1; allowed: an integer from 2 to 1000000'],
    [{ lossWindow: 2.5 }, 'lossWindow of optimizer escape is 2.5; allowed: an integer'],
    [{ lossThreshold: NaN }, 'lossThreshold of optimizer escape is NaN; allowed: a number from 0'],
    [{ useLossPlateau: 1 }, 'useLossPlateau of optimizer escape is 1; allowed: true or false'],
    [{ populationSize: 0 }, 'populationSize of optimizer escape is 0; allowed: an integer from 1 to 10000 or null'],
    [{ evalSteps: 0 }, 'evalSteps of optimizer escape is 0'],
    [{ evalBatchFactor: 0.5 }, 'evalBatchFactor of optimizer escape is 0.5'],
    [{ evalOn: 'test' }, 'evalOn of optimizer escape is "test"; allowed: batch, train, validation, both'],
    [{ selection: 'best' }, 'selection of optimizer escape is "best"; allowed: gradient, loss'],
    [{ mode: 'fast' }, 'mode of optimizer escape is "fast"; allowed: default, faithful'],
    [{ base: 'lbfgs' }, 'base of optimizer escape is "lbfgs"; allowed: descent, sgd, adam, adamw'],
    [{ base: 'adam', momentum: 0.5 }, 'momentum of optimizer escape is 0.5; allowed: null, base adam has no momentum'],
    [{ lr: 0 }, 'lr of optimizer escape is 0; allowed: a number above 0'],
    [{ pacience: 3 }, 'unknown option "pacience" of optimizer escape; did you mean patience?'],
    [{ scaleDistribution: { 1: 3, 2: 6 }, populationSize: 10 }, 'scaleDistribution of optimizer escape is {"1":3,"2":6}, 9 candidates; allowed: counts that sum to populationSize, 10'],
    [{ scaleDistribution: { one: 3 } }, 'scaleDistribution of optimizer escape is {"one":3}; allowed: an object { scale: count }, scales above 0, counts from 0'],
    [{ scaleDistribution: { '-1': 3 } }, 'scaleDistribution of optimizer escape is {"-1":3}'],
    [{ scaleDistribution: { 1: 1.5 } }, 'scaleDistribution of optimizer escape is {"1":1.5}'],
    [{ scaleDistribution: { 1: 0 } }, 'scaleDistribution of optimizer escape is {"1":0}'],
    [{ scaleDistribution: { 1: 1, '1.0': 2 } }, 'scaleDistribution of optimizer escape'],
    [{ scaleDistribution: [[1, 2]] }, 'scaleDistribution of optimizer escape is [[1,2]]'],
  ])('refuses %j', async (params, message) => {
    await expect(begin([1, 1], params)).rejects.toThrow(message);
  });

  it('knows a distribution by numbers or by the text that JSON makes of them, and one that is not there by the population', () => {
    expect(readScales(JSON.parse('{"8":1,"0.5":3, " 2 ":0}'))).toEqual({ 0.5: 3, 2: 0, 8: 1 });
    expect(scalesOf(readScales({ 10: 1, 2: 2, 0.5: 3 })!, 6)).toEqual([[0.5, 3], [2, 2], [10, 1]]);
    expect(scalesOf(null, null)).toEqual([[0.5, 2], [1, 3], [2, 3], [4, 1], [8, 1]]);
    expect(scalesOf(null, 20)).toEqual([[0.5, 4], [1, 6], [2, 6], [4, 2], [8, 2]]);
    expect(total(scalesOf(null, 7).map(([, count]) => count))).toBe(7);
    expect(scalesOf({ 1: 4 }, null)).toEqual([[1, 4]]);
  });

  it('begins as the descent it is around, at x0, and is called alme too', async () => {
    expect(optimizer('alme')).toBe(optimizer('escape'));
    for (const base of ['adam', 'adamw', 'sgd', 'descent'] as const) {
      const plain = start(optimizer(base), { name: 'p', space: box(3, -8, 8), gradient: 1 }, { lr: 0.02 }, await opened({ x0: Float64Array.of(1, 2, 3) }));
      const descent = await begin([1, 2, 3], { base, lr: 0.02 });
      for (let i = 0; i < 30; i++) {
        const batch = plain.ask()!;
        expect(step(descent, bowl).xs).toEqual(batch.xs.map((x) => (x as Vector).slice()));
        plain.tell(batch, answer(bowl, batch as Batch<Vector>));
      }
      expect(statistics(descent)).toMatchObject({ steps: 30, count: 0, accepted: 0, spent: 0, escapes: [] });
    }
  });
});

describe('escape: stagnation', () => {
  const signs = { gradNormWindow: 3, gradNormThreshold: 0.01, lossWindow: 2, lossThreshold: 0.1, patience: 2, useLossPlateau: true };
  const counts = (pairs: readonly (readonly [number, number])[], change: object = {}, ours = false): number[] => {
    const watching = watch({ ...signs, ...change }, ours, false);
    return pairs.map(([loss, norm]) => (watching.see(loss, norm), watching.count));
  };

  it('published: mean changes of norms and losses below their thresholds, worked out by hand', () => {
    // Norm changes 0, 0.02, 0, 0 over windows of three: means -, -, 0.01, 0.01, 0, 0; losses of two: 0.05 counts, 0.2 does not.
    const seen = [[1, 1], [1, 1], [1.05, 1.02], [1.05, 1.02], [1.1, 1.02], [1.3, 1.02], [1.3, 1.02]] as const;
    expect(counts(seen)).toEqual([0, 0, 0, 0, 1, 0, 1]); // 0.01 is not below 0.01
    expect(counts(seen, { useLossPlateau: false })).toEqual([0, 0, 0, 0, 1, 2, 3]);
    expect(counts(seen, { gradNormThreshold: 0.011 })).toEqual([0, 0, 1, 2, 3, 0, 1]);
    expect(counts(seen, { gradNormThreshold: 0 })).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it('ours has no units: losses and gradients a million times as large stagnate at the same steps', () => {
    const losses = Array.from({ length: 60 }, (_, i) => 3 + 5 * 0.7 ** i);
    const at = (factor: number): number[] => counts(losses.map((loss, i) => [factor * loss, factor * 0.7 ** i]), {}, true);
    expect(at(1e6)).toEqual(at(1));
    expect(at(1e-9)).toEqual(at(1));
    expect(Math.max(...at(1))).toBeGreaterThan(2);
  });

  it('ours: oscillation counts, whatever the norms do; a loss that falls by more than its threshold does not', () => {
    const jumping = watch({ ...signs, lossWindow: 4 }, true, false);
    let stuck = -1;
    for (let i = 0; i < 60 && stuck < 0; i++) if (jumping.see(i % 2 === 0 ? 5 : 9, i % 2 === 0 ? 3 : 300).stuck) stuck = i;
    expect(stuck).toBe(11); // blocks of four: the first is the best, the two after it are the patience
    const falling = watch({ ...signs, lossThreshold: 1e-3 }, true, false);
    for (let i = 0; i < 500; i++) expect(falling.see(7 * 0.99 ** i, 1 + (i % 2)).stuck).toBe(false);
  });

  it('ours: takes longer the longer the descent was on its way, and leaves a loss alone that is 0 but for rounding', () => {
    const slow = watch({ ...signs, lossThreshold: 1e-4 }, true, false);
    for (let i = 0; i < 1000; i++) slow.see(2000 - i, 1 + (i % 2));
    let waited = 0;
    while (!slow.see(1001, 1 + (waited % 2)).stuck) waited++;
    expect(waited).toBeGreaterThan(95); // a tenth of a thousand steps
    expect(waited).toBeLessThan(130);
    const done = watch(signs, true, false);
    done.see(10, 1);
    for (let i = 0; i < 100; i++) expect(done.see(1e-16, 1e-8).stuck).toBe(false);
  });

  it('on mini-batches it waits for blocks that grow, and noise around a falling mean is no stagnation', () => {
    const random = createRandom(5);
    const falling = watch({ ...signs, lossWindow: 10, patience: 5, lossThreshold: 1e-5 }, true, true);
    let early = 0;
    for (let i = 0; i < 4000; i++) if (falling.see(2 / (1 + i / 400) + 0.3 * random.normal(), 1 + random.f64()).stuck) early++;
    expect(early).toBe(0);
    const flat = watch({ ...signs, lossWindow: 10, patience: 5, lossThreshold: 1e-5 }, true, true);
    let found = -1;
    for (let i = 0; i < 4000 && found < 0; i++) if (flat.see(2 + 0.3 * random.normal(), 1 + random.f64()).stuck) found = i;
    expect(found).toBeGreaterThan(40);
    expect(found).toBeLessThan(2000);
  });
});

describe('escape: candidates', () => {
  const quiet = { lr: 0.01, evalSteps: 2 };

  it('the descent itself is the first point of every batch of a race, and all see one mini-batch, the next one', async () => {
    const descent = await begin([0.9, -1.1, 0.1], quiet);
    const asked = until(descent, rastrigin, 3);
    expect(asked.map(({ at }) => at)).toEqual(asked.map((_, i) => i));
    expect(asked.every(({ gradient }) => gradient === true)).toBe(true);
    const first = asked.findIndex(({ xs }) => xs.length > 1);
    expect(asked[first]!.xs.length).toBe(11);
    const plain = start(optimizer('adam'), { name: 'p', space: box(3, -8, 8), gradient: 1 }, { lr: 0.01 }, await opened({ x0: Float64Array.of(0.9, -1.1, 0.1) }));
    for (let i = 0; i < first + 3; i++) {
      const batch = plain.ask()! as Batch<Vector>;
      expect(asked[i]!.xs[0]).toEqual(batch.xs[0]); // beside the race it goes on as if there were none
      plain.tell(batch, answer(rastrigin, batch));
    }
  });

  it('are as many as the distribution says, differ from each other, lie in the box, and reach further the larger their scale', async () => {
    const near = await begin([7.99, -7.99, 7.99, 0.5], { lr: 0.01, scaleDistribution: { '0.5': 40, '8': 40 }, selection: 'loss' });
    const [race] = races(until(near, { loss: () => 1, gradient: (x) => list(x).map((_, i) => (i === 3 ? 1e-3 : 0)) })); // flat but for a slope
    const [from, ...candidates] = race!.xs as [Vector, ...Vector[]];
    expect(candidates.length).toBe(80);
    expect(new Set(candidates.map((x) => x.join())).size).toBe(80);
    for (const x of candidates) expect(list(x).every((v) => v >= -8 && v <= 8)).toBe(true);
    const way = (xs: Vector[]): number => total(xs.map((x) => Math.abs(x[3]! - from[3]!))) / xs.length;
    const ratio = way(candidates.slice(40)) / way(candidates.slice(0, 40));
    expect(ratio).toBeGreaterThan(9); // 16 but for chance
    expect(ratio).toBeLessThan(28);
  });

  it('noise is in proportion to |w| + floor, and to the step within the clamp', async () => {
    const sigma = async (params: object, slopes: readonly number[]): Promise<number[]> => {
      const x0 = [4, 1, 0];
      const descent = await begin(x0, { base: 'adam', lr: 1e-9, scaleDistribution: { 1: 2500 }, selection: 'loss', lossWindow: 10, ...params });
      const f = { loss: () => 1, gradient: () => [...slopes] };
      const [race] = races(until(descent, f));
      const [from, ...candidates] = race!.xs as [Vector, ...Vector[]];
      return list(from).map((w, i) => sqrt(total(candidates.map((x) => (x[i]! - w) ** 2)) / 2500));
    };
    const rms = sqrt(17 / 3);
    const even = await sigma({}, [1, 1, 1]);
    expect(Math.abs(even[0]! / even[2]! / ((4 + rms) / rms) - 1)).toBeLessThan(0.08);
    expect(Math.abs(even[1]! / even[2]! / ((1 + rms) / rms) - 1)).toBeLessThan(0.08);
    expect((await sigma({ floor: 0 }, [1, 1, 1]))[2]).toBeLessThan(1e-12); // |w| is what it moved: 1e-7
    // Adam's steps are as 1 to 1/100 to 1; the typical one, lr over the mean root of the second moments, is 3/102 of the first
    const steep = await sigma({ floor: 1e6 }, [1, 100, 1]);
    expect(Math.abs(steep[0]! / steep[1]! / (4 / 0.34) - 1)).toBeLessThan(0.08); // 34 and 0.34 of it, and 4 is the most
    const wide = await sigma({ floor: 1e6, clamp: 1000 }, [1, 100, 1]);
    expect(Math.abs(wide[0]! / wide[1]! / 100 - 1)).toBeLessThan(0.08);
  });

  it('half of them have moments of their own, copies of the descent\'s, and half none: nobody shares', async () => {
    for (const [kind, first] of [['kept', false], ['fresh', true]] as const) {
      const descent = await begin([0.9, -1.1], { ...quiet, moments: kind, scaleDistribution: { 1: 2 }, selection: 'loss' });
      const asked = races(until(descent, rastrigin));
      const moved = list(asked[1]!.xs[1]!).map((v, i) => Math.abs(v - asked[0]!.xs[1]![i]!));
      for (const way of moved) expect(Math.abs(way - 0.01) < 1e-6).toBe(first); // Adam's first step is lr, whatever the gradient
    }
  });

  it('scales that win are drawn more often, others less, and the sum stays', async () => {
    const descent = await begin([0.95, 0.95], { lr: 0.01 });
    until(descent, wells);
    const { scales, escapes, accepted } = statistics(descent);
    expect(total(scales.map(([, count]) => count))).toBe(10);
    expect(scales.map(([scale]) => scale)).toEqual([0.5, 1, 2, 4, 8]);
    const published = new Map(scalesOf(null, null));
    if (accepted === 1) expect(scales.find(([scale]) => scale === escapes[0]!.scale)![1]).toBeGreaterThanOrEqual(published.get(escapes[0]!.scale)!);
  });

  it('where all come back the reach grows until it finds the next basin, in any unit', async () => {
    const ends = [];
    for (const unit of [1, 1 / 1024]) { // a power of two: the same numbers but for the exponent
      const scaled: Function2 = { loss: (x) => wells.loss(x.map((v) => v / unit)), gradient: (x) => wells.gradient(x.map((v) => v / unit)).map((g) => g / unit) };
      const context = await opened({ x0: Float64Array.of(0.9 * unit, 0.8 * unit) });
      const space = box(2, -8 * unit, 8 * unit);
      const descent = escaping(chain([moments(0.9, 0.999, 1e-300), rate(0.003 * unit)], 1))(space, context) as EscapeDescent;
      for (let i = 0; i < 6000; i++) step(descent, scaled);
      expect(statistics(descent).accepted).toBeGreaterThan(0);
      ends.push(list(descent.best!.x).map((v) => v / unit));
    }
    expect(ends[1]).toEqual(ends[0]);
    const root = -1.0241; // of 4 x (x^2 - 1) + 0.2, by bisection
    for (const v of ends[0]!) expect(Math.abs(v - root)).toBeLessThan(1e-3);
  });
});

describe('escape: winners', () => {
  it('never goes uphill: what it accepts was below the descent beside it on the same batch, and the loss of a function only falls', async () => {
    const descent = await begin([2.2, -1.9, 3.1, 0.9], { lr: 0.01 });
    for (let i = 0; i < 3000; i++) step(descent, rastrigin);
    const { escapes, accepted, count } = statistics(descent);
    expect(accepted).toBeGreaterThan(0);
    expect(escapes.length).toBe(count);
    for (const e of escapes) {
      if (e.accepted) expect(e.after).toBeLessThan(e.before);
      else expect([e.after, e.distance, e.scale]).toEqual([e.before, 0, 0]);
      expect(e.diversity).toBeGreaterThan(0);
    }
    const steps = escapes.map((e) => e.step);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(escapes.filter((e) => e.accepted).length).toBe(accepted);
  });

  it('counts what candidates took: all gradients but one a step', async () => {
    const descent = await begin([2.2, -1.9, 3.1, 0.9], { lr: 0.01 });
    let points = 0;
    let steps = 0;
    for (let i = 0; i < 1500; i++) {
      points += step(descent, rastrigin).xs.length;
      steps++;
    }
    expect(statistics(descent)).toMatchObject({ steps, spent: 2 * (points - steps) });
  });

  it('leaves a minimum of rastrigin in dim 10 for a better one within 3,000 gradients, from every start; Adam stays', async () => {
    const backend = await sharedBackend();
    for (let seed = 0; seed < 5; seed++) {
      const random = createRandom(seed);
      const p = problem('rastrigin').open({ dim: 10, instance: null, rotate: false }, { backend: backend.scope(), random });
      const x0 = new Float64Array(10);
      random.fork('x0').normals(x0);
      const ends = [];
      for (const name of ['adam', 'escape']) ends.push((await run(p, start(optimizer(name), p, { lr: 0.01 }, { random: random.fork(name), backend, x0 }), { cost: 6000 })).best.loss);
      expect(ends[0]! - ends[1]!).toBeGreaterThan(0.9); // minima differ by multiples of about 1
    }
  });

  it('is judged on parts of the data where it is told to, on both by the sum, and a winner that loses there is none', async () => {
    for (const [evalOn, parts] of [['train', ['train']], ['validation', ['validation']], ['both', ['train', 'validation']]] as const) {
      const descent = await begin([0.9, 0.9], { lr: 0.01, evalOn });
      const judged: Batch<Vector>[] = [];
      while (judged.length < parts.length) {
        const batch = descent.ask()!;
        if (!batch.gradient) judged.push({ ...batch, xs: batch.xs.map((x) => x.slice()) });
        const scores = answer(wells, batch);
        descent.tell(batch, batch.part === 'validation' ? { loss: Float64Array.of(1, 100) } : scores);
      }
      expect(judged.map(({ part, at, xs }) => [part, at, xs.length])).toEqual(parts.map((part) => [part, undefined, 2]));
      const { accepted, escapes } = statistics(descent);
      expect(accepted).toBe(evalOn === 'train' ? 1 : 0);
      if (evalOn === 'train') expect([escapes.at(-1)!.before, escapes.at(-1)!.after]).toEqual(judged[0]!.xs.map((x) => wells.loss(x)));
    }
  });

  it('on mini-batches a race sees new ones, evalBatchFactor of them a step, and so does the last word', async () => {
    const noise = createRandom(8);
    const share = ({ at, span = 1 }: Batch<Vector>): number => (at === undefined ? 1 : span / 64);
    const descent = await begin([0.93, 0.93], { lr: 0.01, evalBatchFactor: 4, patience: 2, lossWindow: 4, selection: 'loss' }, { share });
    const asked: Batch<Vector>[] = [];
    let cost = 0;
    for (let i = 0; i < 3000; i++) {
      const batch = descent.ask()!;
      asked.push(batch);
      const scores = answer(wells, batch);
      const shift = 0.01 * noise.normal();
      cost += batch.xs.length * (batch.gradient ? 2 : 1) * share(batch);
      descent.tell(batch, { ...scores, loss: scores.loss.map((v) => v + shift) });
    }
    let next = 0;
    for (const { at, span = 1, xs, gradient } of asked) {
      expect(at).toBe(next); // none is seen twice, none is left out
      next += span;
      expect(span).toBe(xs.length > 1 ? (gradient ? 4 : 12) : 1);
    }
    const { spent, steps, accepted } = statistics(descent);
    const raced = races(asked).filter(({ gradient }) => gradient).length;
    expect(accepted).toBeGreaterThan(0);
    expect(spent).toBeCloseTo(cost - (2 * (steps - raced)) / 64 - (2 * 4 * raced) / 64, 9);
  });

  it('survives candidates that fail, and an objective that fails for a while', async () => {
    const descent = await begin([0.9, 0.9], { lr: 0.01 });
    let n = 0;
    for (let i = 0; i < 1500; i++) {
      const batch = descent.ask()!;
      const scores = answer(wells, batch);
      descent.tell(batch, { ...scores, loss: scores.loss.map((v, k) => (k > 0 && k % 3 === 0) || (++n > 400 && n < 420) ? Infinity : v) });
    }
    expect(descent.best!.loss).toBeLessThan(2); // 2.39 in the basin it began in
    expect(list(descent.x).every(Number.isFinite)).toBe(true);
  });
});

describe('escape: around another descent than a chain', () => {
  const around = async (x0: readonly number[], params: object, extra: Partial<Context<Vector>> = {}, saved?: Snapshot): Promise<EscapeDescent> =>
    escaping(sharpen(chain([moments(0.9, 0.999, 1e-8), rate(0.01)], 1), 0.05), params as never)(box(x0.length, -5, 5), await opened({ x0: Float64Array.from(x0), ...extra }), saved) as EscapeDescent;

  it('sharpen: candidates are compared where they stand, and what is taken is lower there', async () => {
    let accepted = 0;
    for (let seed = 0; seed < 4; seed++) {
      const descent = await around([1.2, -0.8, 0.9, 2.1], {}, { random: createRandom(seed) });
      let steps = 0;
      for (let i = 0; i < 4000; i++) {
        const [count, stood] = [statistics(descent).accepted, descent.x.slice()];
        const asked = step(descent, rastrigin);
        if (asked.xs[0]!.every((v, k) => v === stood[k])) steps++;
        if (statistics(descent).accepted === count) continue;
        accepted++;
        expect(rastrigin.loss(descent.x)).toBeLessThan(rastrigin.loss(stood));
        expect(statistics(descent).escapes.at(-1)!.after).toBe(rastrigin.loss(descent.x));
      }
      expect(statistics(descent).steps).toBe(steps); // half of all batches
      expect(steps).toBeLessThan(2100);
    }
    expect(accepted).toBeGreaterThan(5);
  });

  it('sharpen on mini-batches: both gradients are of one, none is asked for again, and a saved one goes on bit for bit', async () => {
    const share = ({ at, span = 1 }: Batch<Vector>): number => (at === undefined ? 1 : span / 64);
    const params = { evalBatchFactor: 2, patience: 1, lossWindow: 4 };
    const noise = (batch: Batch<Vector>): number => 1e-4 * ((((batch.at ?? 0) * 7) % 11) - 5);
    const go = (descent: EscapeDescent): Batch<Vector> => {
      const batch = descent.ask()!;
      const copy = { ...batch, xs: batch.xs.map((x) => x.slice()) };
      const scores = answer(wells, batch);
      descent.tell(batch, { ...scores, loss: scores.loss.map((v) => v + noise(batch)) });
      return copy;
    };
    const straight = await around([0.93, 0.93], params, { share });
    const asked: Batch<Vector>[] = [];
    const [halves, saved]: [boolean[], unknown[]] = [[], []];
    for (let i = 0; i < 1500; i++) {
      const stood = straight.x.slice();
      if (i % 149 === 0) saved.push([i, JSON.stringify(seal('t', straight.save()))]);
      asked.push(go(straight));
      halves.push(asked[i]!.gradient === true && asked[i]!.xs[0]!.some((v, k) => v !== stood[k]));
    }
    expect(statistics(straight).accepted).toBeGreaterThan(0);
    let next = 0; // the first mini-batch that nobody has seen
    let first = 0; // of the last step
    asked.forEach(({ at, span = 1 }, i) => {
      if (halves[i]) expect(at).toBe(first);
      else {
        expect(at).toBe(next);
        next += span;
        if (asked[i]!.gradient) first = at!;
      }
    });
    for (const [i, text] of saved as [number, string][]) {
      const other = await around([4, -4], params, { share, random: createRandom(99) }, unseal('t', JSON.parse(text)));
      for (let k = i; k < 1500; k++) go(other);
      expect(JSON.stringify(seal('t', other.save()))).toBe(JSON.stringify(seal('t', straight.save())));
    }
  });

  it('refuses one that asks for other points first, and mode faithful one that ever does', async () => {
    const elsewhere: Begin = (...a) => {
      const descent = chain([rate(0.1)], 1)(...a);
      return Object.create(descent, { ask: { value: () => ({ xs: [Float64Array.of(3, 3)], gradient: true }) } }) as Descent;
    };
    const context = await opened({ x0: Float64Array.of(1, 1) });
    expect(() => escaping(elsewhere)(box(2, -4, 4), context)).toThrow('escaping is around a descent that asks for another point than its x; allowed: one that asks for its x');
    const faithful = await around([1, 1], { mode: 'faithful' });
    step(faithful, bowl);
    expect(() => faithful.ask()).toThrow('asks for another point than its x');
  });

  it.each(['default', 'faithful'])('a fork of mode %s forgets where it is told to, and takes no room in the arena', async (mode) => {
    const dim = 5000;
    const { backend } = await opened();
    const room = backend.scope();
    const at = (x: number): Vector => new Float64Array(dim).fill(x);
    const descent = escaping(chain([moments(0.9, 0.999, 1e-8), rate(0.01)], 1), { mode })(box(dim, -8, 8), await opened({ backend: room, x0: at(3) })) as EscapeDescent;
    for (let k = 0; k < 6; k++) step(descent, bowl);
    const free = backend.free();
    const [kept, fresh] = [descent.fork(at(1)), descent.fork(at(1), true)] as [EscapeDescent, EscapeDescent];
    expect(backend.free()).toBe(free);
    for (const fork of [kept, fresh]) step(fork, { loss: () => 1, gradient: (x) => Array.from(x, () => -7) });
    expect(fresh.x[0]).toBeCloseTo(1.01, 8); // Adam's first step is lr against the sign
    expect(kept.x[0]).toBeLessThan(1.009);
    room.release();
  });
});

describe('escape: what it is told', () => {
  it('parts that the data has not are an error at the start', async () => {
    const share = ({ part }: Batch<Vector>): number => {
      if (part === 'validation') throw new Error('data has no validation part');
      return 0.1;
    };
    for (const mode of ['default', 'faithful']) {
      for (const evalOn of ['validation', 'both']) await expect(begin([1, 1], { mode, evalOn }, { share })).rejects.toThrow('no validation part');
      for (const evalOn of ['batch', 'train']) await begin([1, 1], { mode, evalOn }, { share });
    }
  });

  it('losses of a problem over data are noise, also where a mini-batch is all of them', async () => {
    const descent = await begin([1, 1], { lr: 1e-6, lossWindow: 5, patience: 1000 }, { share: () => 1 }); // dropout, say
    for (const loss of [9, 9, 0, 9, 9]) descent.tell(descent.ask()!, { loss: Float64Array.of(loss), gradient: [Float64Array.of(0.1, 0.1)] });
    expect(descent.best!.loss).toBeCloseTo(7.2, 12);
  });

  it('a winner with less violation is told with its own loss', async () => {
    const descent = await begin([1, 1], { lr: 0.01 });
    const loss = (x: Vector): number => 1 + x[0]! * x[0]! + x[1]! * x[1]!;
    while (statistics(descent).accepted < 3) {
      const batch = descent.ask()!;
      descent.tell(batch, { ...answer(bowl, batch), violation: Float64Array.from(batch.xs, (x) => Math.max(0, 0.5 - length(list(x)))) });
    }
    for (const { before, after } of statistics(descent).escapes) {
      expect(before).toBeCloseTo(1, 4); // bowl's least, where it is violated most
      expect(after).toBeGreaterThan(1);
      expect(after).toBeLessThan(loss(Float64Array.of(8, 8)));
    }
  });

  it.each([0, 1, 2, 3, 4])('is at home in a box that is wide in coordinate %i alone', async (wide) => {
    const bounds = Array.from({ length: 5 }, (_, i) => (i === wide ? 5 : 1e-6));
    const descent = escaping(chain([rate(0.01)], 1), { patience: 1, lossWindow: 2, gradNormWindow: 2 })(box(5, bounds.map((b) => -b), bounds), await opened({ x0: new Float64Array(5) })) as EscapeDescent;
    const flat: Function2 = { loss: () => 1, gradient: (x) => list(x).map(() => 0) };
    while (descent.ask()!.xs.length === 1) step(descent, flat);
    expect(statistics(descent).reach).toBeCloseTo(0.005, 12); // nothing has moved: a thousandth of half the widest
  });
});

describe('escape: the best', () => {
  it('of a function is the best point there was, to the bit; off, there is none', async () => {
    const [descent, off] = [await begin([2.2, -1.9], { lr: 0.05 }), await begin([2.2, -1.9], { lr: 0.05, trackBest: false })];
    let least = Infinity;
    let where: Vector | undefined;
    for (let i = 0; i < 800; i++) {
      step(off, rastrigin);
      for (const x of step(descent, rastrigin).xs) {
        if (!(rastrigin.loss(x) < least)) continue;
        least = rastrigin.loss(x);
        where = x;
      }
    }
    expect(descent.best!.loss).toBe(least);
    expect(descent.best!.x).toEqual(where);
    expect(statistics(descent).best).toBe(least);
    expect([off.best, statistics(off).best]).toEqual([undefined, null]);
    expect(off.x).toEqual(descent.x);
  });

  it('on mini-batches is no lucky one: the mean of a window', async () => {
    const descent = await begin([1, 1], { lr: 1e-6, lossWindow: 5, patience: 1000 }, { share: ({ at }) => (at === undefined ? 1 : 0.1) });
    for (let i = 0; i < 10; i++) {
      const batch = descent.ask()!;
      descent.tell(batch, { loss: Float64Array.of([9, 9, 0, 9, 9, 5, 5, 5, 5, 5][i]!), gradient: [Float64Array.of(0.1, 0.1)] });
      if (i === 4) expect(descent.best!.loss).toBeCloseTo(7.2, 12);
    }
    expect(descent.best!.loss).toBe(5);
    expect(descent.best!.x).toEqual(descent.x);
  });
});

describe('escape: state', () => {
  it('is saved at every step of a race and in front of the judges, and goes on bit for bit', async () => {
    const params = { lr: 0.02, evalOn: 'both', evalBatchFactor: 2 };
    const straight = await begin([0.9, 0.9], params);
    const asked: Batch<Vector>[] = [];
    for (let i = 0; i < 700; i++) asked.push(step(straight, wells));
    const first = asked.findIndex(({ xs }) => xs.length > 1);
    const judged = asked.findIndex(({ gradient }) => !gradient);
    expect(first).toBeGreaterThan(0);
    expect(judged).toBeGreaterThan(first);
    for (const cut of [first - 1, first, first + 1, first + 2, first + 3, first + 4, judged, judged + 1, judged + 2, judged + 3]) {
      const one = await begin([0.9, 0.9], params);
      for (let i = 0; i < cut; i++) step(one, wells);
      one.ask();
      const two = await begin([-5, 5], params, { random: createRandom(99) }, unseal('t', JSON.parse(JSON.stringify(seal('t', one.save())))));
      for (let i = cut; i < 700; i++) step(two, wells);
      expect(JSON.stringify(seal('t', two.save()))).toBe(JSON.stringify(seal('t', straight.save())));
    }
  });

  it('a fork goes its own way from where it is told to, moments and statistics with it, without the race', async () => {
    const descent = await begin([0.9, 0.9], { lr: 0.02 });
    while (descent.ask()!.xs.length === 1) step(descent, wells);
    const child = descent.fork(Float64Array.of(0.5, 0.5)) as EscapeDescent;
    expect(child.ask()!.xs).toEqual([Float64Array.of(0.5, 0.5)]);
    expect(statistics(child).steps).toBe(statistics(descent).steps);
    const at = descent.x.slice();
    for (let i = 0; i < 20; i++) step(child, wells);
    expect(descent.x).toEqual(at);
    expect(length(list(child.x))).toBeGreaterThan(0);
  });

  it('says how it goes at every step, and keeps at most a thousand escapes', async () => {
    const descent = await begin([0.9, 0.9], { lr: 0.01 });
    const batch = descent.ask()!;
    expect(descent.tell(batch, answer(wells, batch))).toEqual({ loss: wells.loss(Float64Array.of(0.9, 0.9)), escapes: 0, accepted: 0, stagnation: 0 });
    const busy = await begin([1, 1], { mode: 'faithful', lr: 0.01, patience: 1, gradNormWindow: 2, gradNormThreshold: 1e9, useLossPlateau: false, populationSize: 1, evalSteps: 1 });
    while (statistics(busy).count < 1500) step(busy, bowl);
    const { escapes, count } = statistics(busy);
    expect(count).toBe(1500);
    expect(escapes.length).toBe(750);
    expect(JSON.parse(JSON.stringify(statistics(busy)))).toEqual(statistics(busy));
  });
});
