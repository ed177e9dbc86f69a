import { describe, expect, it } from 'vitest';
import { box, createRandom, fromFunction, optimizer, run, sharedBackend, start } from '../../src/index.ts';
import type { Random } from '../../src/index.ts';

const SIZE = 7;
const DIM = 5;
const LOWER = [-2, -1, 0, -3, -2];
const UPPER = [3, 1, 4, 3, 2];
const f = (x: ArrayLike<number>): number => Array.from(x).reduce((s, v, i) => s + (i + 1) * (v - 0.9) ** 2, 0);

/** Differential evolution once more, from the papers, on plain arrays. */
function* plain(strategy: string, crossover: string, random: Random): Generator<number[][]> {
  const sample = (): number[] => LOWER.map((low, i) => low + random.f64() * (UPPER[i]! - low));
  let members = Array.from({ length: SIZE }, () => sample());
  yield members;
  let F = members.map(() => 0.5);
  let CR = members.map(() => 0.9);
  let won: boolean[] = [];
  let p = 0.5, mean = 0.5, wins = [0, 0], losses = [0, 0], winners: number[] = [];
  for (let generation = 1; ; generation++) {
    const best = members.reduce((a, x) => (f(x) < f(a) ? x : a));
    const newF: number[] = [], newCR: number[] = [], column: number[] = [];
    const trials = members.map((x, i) => {
      newF[i] = F[i]!;
      newCR[i] = CR[i]!;
      column[i] = strategy === 'current-to-best1' ? 1 : 0;
      if (strategy === 'jde') {
        if (random.f64() < 0.1) newF[i] = 0.1 + 0.9 * random.f64();
        if (random.f64() < 0.1) newCR[i] = random.f64();
      }
      if (strategy === 'sade') {
        if (generation % 5 === 1) newCR[i] = CR[i] = Math.min(1, Math.max(0, mean + 0.1 * random.normal()));
        do newF[i] = 0.5 + 0.3 * random.normal(); while (newF[i]! <= 0 || newF[i]! > 2);
        column[i] = random.f64() < p ? 0 : 1;
      }
      const chosen: number[] = [];
      const count = strategy === 'best1' || column[i] === 1 ? 2 : 3;
      while (chosen.length < count) {
        const r = random.int(SIZE);
        if (r !== i && !chosen.includes(r)) chosen.push(r);
      }
      const [a, b, c] = chosen.map((r) => members[r]!);
      const mutant = x.map((v, j) => {
        const difference = newF[i]! * (a![j]! - b![j]!);
        const m = column[i] === 1 ? v + difference + newF[i]! * (best[j]! - v) : strategy === 'best1' ? best[j]! + difference : c![j]! + difference;
        return m < LOWER[j]! ? (LOWER[j]! + v) / 2 : m > UPPER[j]! ? (UPPER[j]! + v) / 2 : m;
      });
      const sure = random.int(DIM);
      if (crossover === 'binomial') return mutant.map((m, j) => (random.f64() < newCR[i]! || j === sure ? m : x[j]!));
      let length = 1;
      while (length < DIM && random.f64() < newCR[i]!) length++;
      return mutant.map((m, j) => ((j - sure + DIM) % DIM < length ? m : x[j]!));
    });
    yield trials;
    won = trials.map((y, i) => f(y) <= f(members[i]!));
    won.forEach((w, i) => {
      if (w && strategy === 'sade') winners.push(newCR[i]!);
      (w ? wins : losses)[column[i]!]!++;
    });
    members = members.map((x, i) => (won[i] ? trials[i]! : x));
    if (strategy === 'jde') {
      F = F.map((v, i) => (won[i] ? newF[i]! : v));
      CR = CR.map((v, i) => (won[i] ? newCR[i]! : v));
    }
    if (generation % 25 === 24 && winners.length > 0) {
      mean = winners.reduce((s, v) => s + v, 0) / winners.length;
      winners = [];
    }
    if (generation % 50 === 49) {
      const down = wins[1]! * (wins[0]! + losses[0]!) + wins[0]! * (wins[1]! + losses[1]!);
      if (down > 0) p = (wins[0]! * (wins[1]! + losses[1]!)) / down;
      wins = [0, 0];
      losses = [0, 0];
    }
  }
}

describe('differential', () => {
  const cases = ['rand1', 'best1', 'current-to-best1', 'jde', 'sade'].flatMap((strategy) => ['binomial', 'exponential'].map((crossover) => ({ strategy, crossover })));
  it.each(cases)('$strategy, $crossover: makes the trials that a second implementation makes of the same stream', async ({ strategy, crossover }) => {
    const space = box(DIM, LOWER, UPPER);
    const search = start(optimizer('differential'), { name: 'p', space }, { strategy, crossover, population: SIZE }, { random: createRandom(3), backend: await sharedBackend() });
    const other = plain(strategy, crossover, createRandom(3));
    for (let generation = 0; generation < 60; generation++) {
      const batch = search.ask()!;
      const expected = other.next().value as number[][];
      expect(batch.xs.length).toBe(SIZE);
      batch.xs.forEach((x, i) => Array.from(x).forEach((v, j) => expect(Math.abs(v - expected[i]![j]!)).toBeLessThan(1e-9)));
      search.tell(batch, { loss: Float64Array.from(expected, f) });
    }
  });

  it('ends when the population is one point', async () => {
    const problem = fromFunction((x) => (x[0]! - 1) ** 2 + (x[1]! + 2) ** 2, box(2, -5, 5));
    const { best, stop } = await run(problem, start(optimizer('differential'), problem, {}, { random: createRandom(1), backend: await sharedBackend() }), { cost: 100000 });
    expect(stop).toBe('exhausted');
    expect(best.loss).toBeLessThan(1e-28);
  });

  it('works at dim 10,000', async () => {
    const problem = fromFunction((x) => x.reduce((s, v) => s + v * v, 0), box(10000, -1, 2));
    const { trace } = await run(problem, start(optimizer('differential'), problem, {}, { random: createRandom(1), backend: await sharedBackend() }), { cost: 1000 });
    expect(trace.at(-1)!.loss).toBeLessThan(trace[0]!.loss);
  });
});
