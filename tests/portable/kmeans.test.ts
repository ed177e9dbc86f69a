/** k-means: Lloyd's objective, seeds and optimum against brute force; codebooks in the machine against a literal search; the strategy against its start and random search. */
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../src/backend/index.ts';
import { resolve } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import { run } from '../../src/core/run.ts';
import { compression } from '../../src/problems/compression.ts';
import { codebooks, kmeans } from '../../src/strategies/kmeans.ts';
import { assemble, EMPTY, type Recipe } from '../../src/strategies/kit/recipe.ts';
import { lloyd } from '../../src/strategies/kit/lloyd.ts';
import { embed, places, windows } from '../../src/strategies/kit/window.ts';
import { random as baseline } from '../../src/strategies/random.ts';
import { prose } from '../cases/machine.ts';
import { registers } from '../cases/registers.ts';
import { text } from '../cases/strategy.ts';
import type { Backend, Random } from '../../src/core/types.ts';

const cloud = (random: Random, n: number, dim: number): Float64Array => Float64Array.from({ length: n * dim }, () => Math.floor(random.f64() * 1e6) / 1e5);
const distance = (x: ArrayLike<number>, i: number, y: ArrayLike<number>, j: number, dim: number): number => Array.from({ length: dim }, (_, d) => (x[i * dim + d]! - y[j * dim + d]!) ** 2).reduce((a, b) => a + b, 0);

describe('lloyd', () => {
  it('never lets the objective rise, says what it is, and labels by the nearest row', () => {
    for (const [n, dim, k] of [[200, 3, 7], [64, 8, 16], [40, 1, 5], [30, 2, 30]] as const) {
      const points = cloud(createRandom(n), n, dim);
      const { rows, labels, objective } = lloyd(points, dim, k, createRandom(1), 50);
      for (let i = 1; i < objective.length; i++) expect(objective[i]!).toBeLessThanOrEqual(objective[i - 1]! * (1 + 1e-12));
      const all = Array.from({ length: n }, (_, i) => Array.from({ length: k }, (_, j) => distance(points, i, rows, j, dim)));
      expect(Array.from(labels)).toEqual(all.map((row) => row.indexOf(Math.min(...row))));
      const total = all.reduce((sum, row) => sum + Math.min(...row), 0);
      expect(Math.abs(total - objective.at(-1)!)).toBeLessThanOrEqual(1e-12 * (1 + total));
    }
  });

  it('ends where every row is the mean of its points', () => {
    const points = cloud(createRandom(3), 100, 2);
    const { rows, labels } = lloyd(points, 2, 6, createRandom(4), 1000);
    for (let j = 0; j < 6; j++) {
      const mine = Array.from(labels.keys()).filter((i) => labels[i] === j);
      for (let d = 0; d < 2; d++) expect(rows[2 * j + d]).toBeCloseTo(mine.reduce((sum, i) => sum + points[2 * i + d]!, 0) / mine.length, 10);
    }
  });

  it('is never below the best of all splits in two, and finds it, from some seed, where there are two clouds', () => {
    const n = 9;
    for (let instance = 0; instance < 8; instance++) {
      const points = cloud(createRandom(50 + instance), n, 2).map((x, i) => (instance % 2 === 1 && i >= 8 ? x + 9 : x));
      let optimum = Infinity;
      for (let split = 1; split < 1 << (n - 1); split++) {
        let sum = 0;
        for (const side of [0, 1]) {
          const mine = Array.from({ length: n }, (_, i) => i).filter((i) => ((split >> i) & 1) === side);
          const mean = [0, 1].map((d) => mine.reduce((s, i) => s + points[2 * i + d]!, 0) / mine.length);
          for (const i of mine) sum += distance(points, i, mean, 0, 2);
        }
        optimum = Math.min(optimum, sum);
      }
      const found = Array.from({ length: 30 }, (_, seed) => lloyd(points, 2, 2, createRandom(seed), 100).objective.at(-1)!);
      if (instance % 2 === 1) expect(Math.abs(Math.min(...found) - optimum)).toBeLessThan(1e-9 * optimum);
      for (const value of found) expect(value).toBeGreaterThan(optimum * (1 - 1e-12));
    }
  });

  it('has the same seeds for the same stream, each a point, never one twice while there are others', () => {
    const points = Float64Array.of(0, 0, 0, 1, 1, 5, 5, 5, 5, 9);
    for (let seed = 0; seed < 20; seed++) {
      const { rows } = lloyd(points, 1, 4, createRandom(seed), 0);
      expect(Array.from(rows)).toEqual(Array.from(lloyd(points, 1, 4, createRandom(seed), 0).rows));
      expect(Array.from(rows).sort()).toEqual([0, 1, 5, 9]);
    }
  });

  it('seeds by squared distance', () => {
    // From 0 the next seed is 1 or 3 by 1 : 9, and the first one is any of the three.
    const counts = { 1: 0, 3: 0 };
    for (let seed = 0; seed < 3000; seed++) {
      const [first, second] = lloyd(Float64Array.of(0, 1, 3), 1, 2, createRandom(seed), 0).rows as unknown as [number, 1 | 3];
      if (first === 0) counts[second]++;
    }
    expect(counts[1] + counts[3]).toBeGreaterThan(850);
    expect(counts[1] / (counts[1] + counts[3])).toBeGreaterThan(0.07);
    expect(counts[1] / (counts[1] + counts[3])).toBeLessThan(0.13);
  });

  it('has no centroid without points when there are enough of them', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { labels } = lloyd(cloud(createRandom(seed), 40, 3), 3, 12, createRandom(seed), 30);
      expect(new Set(labels).size).toBe(12);
    }
  });
});

describe('the embedding', () => {
  it('has mean 0 over the text and variance 1 in its first coordinate, and the least is not below the next', () => {
    const bytes = prose(createRandom(2), 20000);
    for (const [mode, width] of [[1, 1], [2, 2], [3, 4]] as const) {
      const { table } = embed(bytes, mode, 0);
      const values = Array.from({ length: width }, (_, d) => Array.from(bytes, (c) => table[(mode === 1 ? c : c & 127) * width + d]!));
      const variances = values.map((list) => list.reduce((sum, x) => sum + x * x, 0) / list.length);
      for (const list of values) expect(list.reduce((sum, x) => sum + x, 0) / list.length).toBeCloseTo(0, 10);
      expect(variances[0]).toBeCloseTo(1, 10);
      for (let d = 1; d < width; d++) expect(variances[d]!).toBeLessThanOrEqual(variances[d - 1]!);
    }
  });

  it('puts bytes together that have the same neighbours', () => {
    // a and e, and b and d, take turns at random: each pair is one to what follows.
    const random = createRandom(8);
    const bytes = Uint8Array.from({ length: 20000 }, (_, i) => (i % 2 ? 'bd' : 'ae').charCodeAt(random.int(2)));
    const { table } = embed(bytes, 1, 0);
    const [a, b, d, e] = ['a', 'b', 'd', 'e'].map((c) => table[c.charCodeAt(0)]!) as [number, number, number, number];
    expect(Math.abs(a - e)).toBeLessThan(0.05);
    expect(Math.abs(b - d)).toBeLessThan(0.05);
    expect(Math.abs(a - b)).toBeGreaterThan(1);
  });
});

describe('kmeans', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await openBackend('auto', 1 << 26);
  });
  const bytes = prose(createRandom(5), 3000);

  it.each(['0.2.1.0.4.0', '1.1.0.0.6.0', '1.3.2.1.3.1', '2.2.3.2.5.0', '3.0.0.0.5.1', '3.2.1.1.4.0'])('codebook %s in the machine is the one on the host', (name) => {
    const { readout } = codebooks({ windows: 512, rounds: 5 }, bytes, createRandom(3)).learn(name);
    const [mode, size, fade] = name.split('.').map(Number) as [number, number, number];
    const recipe: Recipe = { ...EMPTY, inputs: [{ context: ['@x', 'o1'], by: 'CM', limit: 4 }], mixers: [{ context: ['@x'], mode: 2, rate: 3 }] };
    const seen = registers(backend.scope(), assemble(recipe, () => readout)!, bytes.subarray(0, 400));
    const points = windows(bytes, Uint32Array.from({ length: 400 }, (_, i) => i), { mode, size, fade }, readout.table);
    const dim = 4 << size;
    const nearest = Array.from({ length: 400 }, (_, i) => {
      const all = Array.from({ length: readout.b + 1 }, (_, j) => distance(points, i, readout.rows, j, dim));
      return all.indexOf(Math.min(...all));
    });
    expect(seen.map((r) => r[0])).toEqual(nearest);
    expect(new Set(nearest).size).toBeGreaterThan(2);
  });

  it('spreads its windows evenly over the text', () => {
    expect(Array.from(places(800, 4096)).length).toBe(100);
    expect(Array.from(places(64000, 64))).toEqual(Array.from({ length: 64 }, (_, i) => 500 + 1000 * i));
    expect(Array.from(places(3, 64))).toEqual([0, 1, 2]);
  });

  it('ends far below its start, the empty program, on a text it has not seen, and below random search at equal cost', async () => {
    const corpus = text(4000);
    const heldOut = text(4000, 2);
    const cost = backend.name === 'simd' ? 300 : 60;
    const end = async (def: typeof kmeans | typeof baseline): Promise<number> => {
      const problem = compression({ corpus, bits: 16 }, { backend: backend.scope() });
      const optimizer = def.start(resolve(def.name, def.options as never, {}) as never, { random: createRandom(1), backend: backend.scope(), corpus, bits: 16, cost });
      const { best } = await run(problem, optimizer, { cost });
      return (await compression({ corpus: heldOut, bits: 16 }, { backend: backend.scope() }).score({ xs: [best.x] })).loss[0]!;
    };
    const loss = await end(kmeans);
    expect(loss).toBeLessThan(0.5 * 8);
    if (backend.name === 'simd') expect(loss).toBeLessThan(await end(baseline)); // the plain twin's few evaluations say nothing
  });
});
