/** Schedules against the formulas that PyTorch documents for torch.optim.lr_scheduler, and warm restarts around Adam. */
import { describe, expect, it } from 'vitest';
import { box, chain, cosine, createRandom, links, momentum, NadirError, optimizer, rate, restarts, seal, sharedBackend, start, stepped, unseal, warmup } from '../../src/index.ts';
import type { Descent, Snapshot, TransformDef } from '../../src/index.ts';
import { schedules, scheduled } from '../../src/optimizers/schedule.ts';

const backend = await sharedBackend();
/** The factors of n steps down a slope, as the step and the way say; after half of them the descent is saved as JSON and restored. */
function factors(link: TransformDef, n: number): number[] {
  const begin = (saved?: Snapshot): Descent => chain([link], 1)(box(2, -1e4, 1e4), { random: createRandom(0), backend, x0: Float64Array.of(0, 0) }, saved);
  let descent = begin();
  return Array.from({ length: n }, (_, t) => {
    if (t === n >> 1) {
      const { step } = descent;
      descent = begin(unseal('t', JSON.parse(JSON.stringify(seal('t', descent.save())))));
      expect(descent.step).toEqual(step);
    }
    const before = descent.x.slice();
    descent.tell(descent.ask()!, { loss: Float64Array.of(1), gradient: [Float64Array.of(3, -1)] });
    const [a, b] = descent.step;
    expect(a).toBe(b);
    expect(before[0]! - descent.x[0]!).toBeCloseTo(3 * a!, 10);
    expect(descent.x[1]! - before[1]!).toBeCloseTo(a!, 10);
    return a!;
  });
}
const near = (got: number[], want: number[], tolerance = 1e-15): void => {
  expect(got.length).toBe(want.length);
  want.forEach((w, t) => expect(Math.abs(got[t]! - w), `step ${t}: ${got[t]} for ${w}`).toBeLessThanOrEqual(tolerance));
};
const upTo = (n: number, f: (t: number) => number): number[] => Array.from({ length: n }, (_, t) => f(t));

describe('schedules', () => {
  it('StepLR: gamma^floor(t / step_size)', () => {
    near(factors(stepped(30, 0.1), 100), upTo(100, (t) => [1, 0.1, 0.01, 0.001][Math.floor(t / 30)]!));
    near(factors(stepped(1, 0.5), 20), upTo(20, (t) => 2 ** -t), 0);
  });

  it('CosineAnnealingLR: eta_min + (1 - eta_min) (1 + cos(pi t / T_max)) / 2, and eta_min after T_max', () => {
    for (const [length, floor] of [[7, 0], [40, 0.1], [1, 0.5]] as const) {
      near(factors(cosine(length, floor), 60), upTo(60, (t) => floor + ((1 - floor) * (1 + Math.cos((Math.PI * Math.min(t, length)) / length))) / 2));
    }
    const long = factors(cosine(1000), 1000); // the last factors keep their digits: sin^2 of a small angle
    expect(Math.abs(long[999]! / Math.sin(Math.PI / 2000) ** 2 - 1)).toBeLessThan(1e-14);
  });

  it('LinearLR from 1 / length over length - 1 steps, then whatever comes next from its own beginning', () => {
    near(factors(warmup(5), 12), upTo(12, (t) => 1 / 5 + ((1 - 1 / 5) * Math.min(t, 4)) / 4));
    near(factors(warmup(4, cosine(10)), 20), [0.25, 0.5, 0.75, 1, ...upTo(16, (t) => (1 + Math.cos((Math.PI * Math.min(t, 10)) / 10)) / 2)]);
    near(factors(warmup(1), 3), [1, 1, 1], 0);
  });

  it('CosineAnnealingWarmRestarts: T_i = T_0 T_mult^i', () => {
    for (const [first, growth, floor] of [[10, 2, 0], [5, 3, 0.2], [8, 1, 0], [1, 2, 0.1]] as const) {
      const want: number[] = [];
      for (let length: number = first; want.length < 150; length *= growth) for (let t = 0; t < length; t++) want.push(floor + ((1 - floor) * (1 + Math.cos((Math.PI * t) / length))) / 2);
      near(factors(restarts(first, growth, floor), 150), want.slice(0, 150));
    }
    const grown = factors(restarts(2, 1.5), 12); // lengths 2, 3, 4.5 (five steps), 6.75
    expect(grown.flatMap((f, t) => (f === 1 ? [t] : []))).toEqual([0, 2, 5, 10]);
  });

  it('refuse what makes no sense, in a sentence', () => {
    for (const [make, message] of [
      [() => stepped(0, 0.5), 'every is 0; allowed: an integer from 1'],
      [() => stepped(2, NaN), 'factor is NaN; allowed: a number above 0'],
      [() => cosine(2.5), 'length is 2.5; allowed: an integer from 1'],
      [() => cosine(5, 2), 'floor is 2; allowed: a number from 0 to 1'],
      [() => warmup(-1), 'length is -1; allowed: an integer from 1'],
      [() => restarts(5, 0.5), 'growth is 0.5; allowed: a number from 1'],
      [() => scheduled({ kind: 'cosin' }, 10), 'unknown schedule "cosin"; did you mean cosine? have step, cosine, warmup, restarts'],
      [() => scheduled({ kind: 'cosine', lenght: 5 }, 10), 'unknown option "lenght" of schedule cosine; did you mean length? have length, floor, warmup'],
      [() => scheduled({ kind: 'step', every: 0 }, 10, 'schedule of a.json'), 'every of schedule of a.json step is 0; allowed: an integer from 1 or null'],
    ] as const) {
      expect(make).toThrow(NadirError);
      expect(make).toThrow(message);
    }
  });

  it('of configurations: lengths that are left out are shares of the steps', () => {
    near(factors(scheduled({ kind: 'cosine' }, 50), 60), factors(cosine(50), 60), 0);
    near(factors(scheduled({ kind: 'cosine', warmup: 10, floor: 0.1 }, 50), 60), factors(warmup(10, cosine(40, 0.1)), 60), 0);
    near(factors(scheduled({ kind: 'step' }, 30), 40), factors(stepped(10, 0.1), 40), 0);
    near(factors(scheduled({ kind: 'warmup' }, 100), 40), factors(warmup(5), 40), 0);
    near(factors(scheduled({ kind: 'restarts' }, 70), 70), factors(restarts(10, 2), 70), 0); // 10 + 20 + 40
    for (const { name } of schedules) for (const steps of [1, 2, 3]) for (const f of factors(scheduled({ kind: name }, steps), 8)) expect(f >= 0 && f <= 1).toBe(true);
  });
});

describe('a chain with a schedule', () => {
  const context = async (x0: number[]): Promise<never> => ({ random: createRandom(0), backend: await sharedBackend(), x0: Float64Array.from(x0) }) as never;
  const tell = (descent: Descent, gradient: (x: Float64Array) => number[], loss = 1): void => {
    const batch = descent.ask()!;
    descent.tell(batch, { loss: Float64Array.of(loss), gradient: [Float64Array.from(gradient(batch.xs[0]!))] });
  };

  it('on a line: x falls by lr times the sum of the factors; a step that fails is not counted', async () => {
    const descent = chain([rate(0.1), cosine(8)], 1)(box(1, -10, 10), await context([5]));
    let x = 5;
    for (let t = 0; t < 8; t++) {
      const before = x;
      tell(descent, () => [1]);
      x -= (0.1 * (1 + Math.cos((Math.PI * t) / 8))) / 2;
      expect(descent.x[0]).toBeCloseTo(x, 14);
      if (t !== 3) continue;
      tell(descent, () => [1], Infinity);
      x = (x + before) / 2; // back towards the last good point
    }
    expect(descent.step[0]).toBeCloseTo((0.1 * (1 + Math.cos((Math.PI * 7) / 8))) / 2, 14);
  });

  it('decays the weights of adamw by the scheduled rate (Loshchilov and Hutter 2019, Algorithm 2)', async () => {
    const descent = chain([...links('adamw', { lr: 0.1, weightDecay: 0.5 }), stepped(1, 0.5)], 1)(box(1, -10, 10), await context([4]));
    let x = 4;
    for (let t = 0; t < 5; t++) {
      tell(descent, () => [0]);
      x -= 0.1 * 0.5 ** t * 0.5 * x;
    }
    expect(descent.x[0]).toBeCloseTo(x, 14);
    expect(() => links('lbfgs')).toThrow('unknown descent "lbfgs"; have descent, sgd, adam, adamw');
    expect(() => links('adam', { momentum: 1 })).toThrow('unknown option "momentum" of optimizer adam');
  });

  it('a warm-up before momentum passes on that a fork forgets, and the arena', async () => {
    const arenas: unknown[] = [];
    const heavy: TransformDef = (dim, saved, arena) => (arenas.push(arena), momentum(0.5)(dim, saved, arena));
    const descent = chain([rate(1), warmup(1, heavy)], 1)(box(1, -100, 100), await context([0]));
    for (let t = 0; t < 3; t++) tell(descent, () => [1]);
    expect(descent.x[0]).toBe(-3.5); // 1 + 1 + 1.5
    const [kept, fresh] = [descent.fork(Float64Array.of(0)), descent.fork(Float64Array.of(0), true)];
    for (const fork of [kept, fresh]) tell(fork, () => [1]);
    expect([kept.x[0], fresh.x[0]]).toEqual([-1.75, -1]);
    const room = backend.scope();
    chain([warmup(1, heavy)], 1)(box(5000, -1, 1), { random: createRandom(0), backend: room, x0: new Float64Array(5000) });
    expect(arenas).toEqual([undefined, undefined, undefined, room]);
    room.release();
  });

  it('adamr is Adam, written out, at SGDR\'s rates; its moments go on over a restart', async () => {
    const gradient = (x: ArrayLike<number>): number[] => [2 * (x[0]! - 1), 20 * (x[1]! + 0.5)];
    const space = box(2, -5, 5);
    const params = { lr: 0.05, first: 5, growth: 2, floor: 0.1 };
    const descent = start(optimizer('adam-restarts'), { name: 'p', space, gradient: 1 }, params, await context([3, 2])) as Descent;
    const x = [3, 2];
    const m = [0, 0];
    const v = [0, 0];
    const rates: number[] = [];
    for (let length = 5; rates.length < 35; length *= 2) for (let t = 0; t < length; t++) rates.push(0.05 * (0.1 + (0.9 * (1 + Math.cos((Math.PI * t) / length))) / 2));
    rates.forEach((lr, k) => {
      tell(descent, gradient);
      const g = gradient(x);
      const size = (lr * Math.sqrt(1 - 0.999 ** (k + 1))) / (1 - 0.9 ** (k + 1));
      for (const i of [0, 1]) {
        m[i] = 0.9 * m[i]! + 0.1 * g[i]!;
        v[i] = 0.999 * v[i]! + 0.001 * g[i]! * g[i]!;
        expect(descent.step[i]! / (size / (Math.sqrt(v[i]!) + 1e-8))).toBeCloseTo(1, 9);
        x[i] = x[i]! - (size * m[i]!) / (Math.sqrt(v[i]!) + 1e-8);
        expect(descent.x[i]).toBeCloseTo(x[i]!, 11);
      }
    });
    expect(rates[5]! / rates[4]!).toBeGreaterThan(3); // a restart was among them
  });
});
