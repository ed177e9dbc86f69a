/** Limits, and the augmented Lagrangian on problems of the collection of Hock and Schittkowski (1981) with its published optima. */
import { describe, expect, it } from 'vitest';
import { bits, box, createRandom, fromFunction, limit, minimize, openBackend, optimizer, start } from '../../src/index.ts';
import type { Scores } from '../../src/index.ts';

const bowl = fromFunction((x) => x[0]! * x[0]! + x[1]! * x[1]!, box(2, -5, 5), (x) => [2 * x[0]!, 2 * x[1]!]);
const root3 = Math.sqrt(3);
const sq = (v: number): number => v * v;

interface Case { readonly name: string; readonly dim: number; readonly lower: number | number[]; readonly upper: number | number[]; readonly optimum: number; f(x: Float64Array): number; g(x: Float64Array): number | number[] }
const COLLECTION: readonly Case[] = [
  { name: 'HS21', dim: 2, lower: [2, -50], upper: 50, optimum: -99.96, f: ([a, b]) => 0.01 * sq(a!) + sq(b!) - 100, g: ([a, b]) => 10 - 10 * a! + b! },
  { name: 'HS24', dim: 2, lower: 0, upper: 10, optimum: -1, f: ([a, b]) => ((sq(a! - 3) - 9) * b! * b! * b!) / (27 * root3), g: ([a, b]) => [b! - a! / root3, -a! - root3 * b!, a! + root3 * b! - 6] },
  {
    name: 'HS43', dim: 4, lower: -10, upper: 10, optimum: -44,
    f: ([a, b, c, d]) => sq(a!) + sq(b!) + 2 * sq(c!) + sq(d!) - 5 * a! - 5 * b! - 21 * c! + 7 * d!,
    g: ([a, b, c, d]) => [sq(a!) + sq(b!) + sq(c!) + sq(d!) + a! - b! + c! - d! - 8, sq(a!) + 2 * sq(b!) + sq(c!) + 2 * sq(d!) - a! - d! - 10, 2 * sq(a!) + sq(b!) + sq(c!) + 2 * a! - b! - d! - 5],
  },
  {
    name: 'HS76', dim: 4, lower: 0, upper: 10, optimum: -4.681818181818182,
    f: ([a, b, c, d]) => sq(a!) + 0.5 * sq(b!) + sq(c!) + 0.5 * sq(d!) - a! * c! + c! * d! - a! - 3 * b! + c! - d!,
    g: ([a, b, c, d]) => [a! + 2 * b! + c! + d! - 5, 3 * a! + b! + 2 * c! - d! - 4, 1.5 - b! - 4 * c!],
  },
];

describe('limit', () => {
  it('adds up what is above 0, and keeps every value', async () => {
    const limited = limit(bowl, (x) => [1 - x[0]!, x[1]! - 2, x[0]! - 100]);
    const scores = await limited.score({ xs: [Float64Array.of(0, 3), Float64Array.of(2, 2)] });
    expect([...scores.loss]).toEqual([9, 8]);
    expect([...scores.violation!]).toEqual([2, 0]);
    expect(scores.constraints!.map((row) => [...row])).toEqual([[1, 1, -100], [-1, 0, -98]]);
  });

  it('nests', async () => {
    const scores = await limit(limit(bowl, (x) => 1 - x[0]!), (x) => [x[1]! - 2, -x[1]!]).score({ xs: [Float64Array.of(0, 3)], gradient: true });
    expect([...scores.violation!]).toEqual([2]);
    expect([...scores.constraints![0]!]).toEqual([1, 1, -3]);
    [-1, 0, 0, 1, 0, -1].forEach((slope, i) => expect(scores.slopes![0]![i]).toBeCloseTo(slope, 8));
  });

  it('differences limits inside the box, at its corners too', async () => {
    const seen: Float64Array[] = [];
    const limited = limit(bowl, (x) => (seen.push(x), x[0]! * x[0]! * x[1]!));
    const { slopes } = (await limited.score({ xs: [Float64Array.of(5, -5)], gradient: true })) as Scores<Float64Array>;
    expect(slopes![0]![0]! / -50).toBeCloseTo(1, 4);
    expect(slopes![0]![1]! / 25).toBeCloseTo(1, 6);
    for (const x of seen) expect(Math.max(...x.map(Math.abs))).toBeLessThanOrEqual(5);
  });

  it.each([
    ['NaN', () => NaN, 'the limit returned NaN'],
    ['a throw', () => { throw new Error('no'); }, 'the limit threw: no'],
    ['no number', () => 'x' as never, 'the limit returned "x"'],
  ])('%s fails the point', async (_, g, message) => {
    const scores = await limit(bowl, g as () => number).score({ xs: [Float64Array.of(1, 1)] });
    expect(scores.loss[0]).toBeNaN();
    expect(scores.violation![0]).toBe(Infinity);
    expect(scores.failure).toContain(message);
  });

  it('refuses what is no function', () => {
    expect(() => limit(bowl, 3 as never)).toThrow('the limit is 3; allowed: a function');
  });

  it('limits any space: four ones of twelve at most', async () => {
    const space = bits(12);
    const ones = (x: Uint8Array): number => x.reduce((s, b) => s + b, 0);
    const problem = { name: 'ones', space, score: ({ xs }: { xs: readonly Uint8Array[] }) => ({ loss: Float64Array.from(xs, (x) => 12 - ones(x)) }) };
    const { best } = await minimize(problem, { constraints: (x: Uint8Array) => ones(x) - 4, optimizer: 'annealing', cost: 2000, seed: 1 });
    expect([best.loss, best.violation]).toEqual([8, 0]);
  });

  it('is an option of minimize', async () => {
    const { best } = await minimize((x) => x[0]! * x[0]! + x[1]! * x[1]!, { dim: 2, lower: -5, upper: 5, constraints: (x) => 1 - x[0]! - x[1]!, optimizer: 'simplex', seed: 1 });
    expect(best.violation).toBe(0);
    expect(best.loss).toBeCloseTo(0.5, 6); // at (1/2, 1/2)
  });
});

describe('lagrangian', () => {
  describe.each(COLLECTION)('$name', ({ dim, lower, upper, optimum, f, g }) => {
    it.each([1, 2, 3])('ends feasible, within 1e-6 of the published optimum, from seed %i', async (seed) => {
      const { best, stop } = await minimize(f, { dim, lower, upper, constraints: g, optimizer: 'lagrangian', cost: 2000, seed });
      expect(stop).toBe('exhausted');
      expect(best.violation).toBe(0);
      expect(best.loss).toBeGreaterThanOrEqual(optimum - 1e-9);
      expect(best.loss).toBeLessThan(optimum + 1e-6);
    });
  });

  it.each([{}, { local: 'simplex' }])('goes on from a saved state, multipliers and all, bit for bit: %o', async (params) => {
    const { dim, lower, upper, f, g } = COLLECTION[2]!;
    const options = { dim, lower, upper, constraints: g, optimizer: 'lagrangian', params, seed: 4 };
    const whole = await minimize(f, { ...options, cost: 900 });
    for (const cost of [1, 57, 300, 555]) {
      const part = await minimize(f, { ...options, cost });
      const rest = await minimize(f, { ...options, cost: 900, resume: JSON.parse(JSON.stringify(part.save())) });
      expect(JSON.stringify(rest.save())).toBe(JSON.stringify(whole.save()));
    }
  });

  it('uses gradients of the loss and of the limits where there are any', async () => {
    const { best, stop, cost } = await minimize(bowl, { constraints: (x) => 1 - x[0]! - x[1]!, optimizer: 'lagrangian', cost: 2000, seed: 1 });
    expect(stop).toBe('exhausted');
    expect(best.violation).toBe(0);
    expect(best.loss - 0.5).toBeLessThan(1e-6);
    expect(cost).toBeLessThan(200);
  });

  it('is its local optimizer when there is no limit', async () => {
    const options = { dim: 5, lower: -3, upper: 4, cost: 2000, seed: 1 };
    const f = (x: Float64Array): number => x.reduce((s, v, i) => s + (i + 1) * sq(v - 1), 0);
    const outcome = await minimize(f, { ...options, optimizer: 'lagrangian' });
    expect(outcome.stop).toBe('exhausted');
    expect(outcome.best.loss).toBeLessThan(1e-12);
  });

  it.each([[{}], [{ local: 'simplex' }]])('learns nothing from a first point whose limits failed: %o', async (params) => {
    for (const fail of [() => { throw new Error('first'); }, () => [Infinity, Infinity], () => [NaN, 1]]) {
      let calls = 0;
      const g = ([a, b]: Float64Array): number[] => (calls++ === 0 ? fail() : [0.25 - a!, 0.5 - b!]);
      const { best, stop } = await minimize(([a, b]) => sq(a!) + sq(b!), { dim: 2, lower: -2, upper: 2, x0: [0.2, 0.1], constraints: g, optimizer: 'lagrangian', params, cost: 6000, seed: 1 });
      expect(stop).toBe('exhausted');
      expect(best.violation).toBe(0);
      expect(best.loss - 0.3125).toBeLessThan(1e-6); // both limits bind, at (1/4, 1/2): the second multiplier is there
    }
  });

  it('charges no cap for points nobody asked for, and takes no penalty from them', async () => {
    const search = start(optimizer('lagrangian'), { name: 'p', space: box(2, -1, 1) }, { local: 'simplex', cap: 10 }, { random: createRandom(1), backend: await openBackend('reference', 1 << 20) });
    search.ask();
    search.tell({ xs: Array.from({ length: 50 }, () => new Float64Array(2)) }, { loss: new Float64Array(50).fill(9), violation: new Float64Array(50).fill(2), constraints: Array.from({ length: 50 }, () => Float64Array.of(2)) });
    expect(search.save()).toMatchObject({ spent: 0, lambda: null, rho: 0 });
  });

  it('says what a local optimizer lacks', async () => {
    const context = { random: createRandom(1), backend: await openBackend('reference', 1 << 20) };
    expect(() => start(optimizer('lagrangian'), { name: 'p', space: box(2, -1, 1) }, { local: 'adam' }, context)).toThrow('needs a gradient');
  });
});
