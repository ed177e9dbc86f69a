/** SVD: eigenvectors against closed forms, directions against analytic optima, projections in the machine against those on the host, the strategy against its start and random search. */
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../src/backend/index.ts';
import { resolve } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import { run } from '../../src/core/run.ts';
import { compression } from '../../src/problems/compression.ts';
import { assemble, EMPTY, type Recipe } from '../../src/strategies/kit/recipe.ts';
import { eigen, root } from '../../src/strategies/kit/eigen.ts';
import { windows } from '../../src/strategies/kit/window.ts';
import { directions, projections, svd } from '../../src/strategies/svd.ts';
import { random as baseline } from '../../src/strategies/random.ts';
import { prose } from '../cases/machine.ts';
import { registers } from '../cases/registers.ts';
import { text } from '../cases/strategy.ts';
import type { Backend, Random } from '../../src/core/types.ts';

/** X'X of random X: symmetric, positive. */
function gram(random: Random, n: number, rank = n): Float64Array {
  const x = Array.from({ length: rank }, () => Array.from({ length: n }, () => random.normal()));
  return Float64Array.from({ length: n * n }, (_, at) => x.reduce((sum, row) => sum + row[Math.floor(at / n)]! * row[at % n]!, 0));
}
const dot = (x: ArrayLike<number>, i: number, y: ArrayLike<number>, j: number, n: number): number => Array.from({ length: n }, (_, k) => x[i * n + k]! * y[j * n + k]!).reduce((a, b) => a + b, 0);

describe('eigen', () => {
  it('is the closed form of 2 x 2', () => {
    for (const [a, b, d] of [[2, 1, 2], [5, -3, 1], [1e-8, 1e-9, 3], [-4, 2, 7], [3, 0, 8]] as const) {
      const { values, vectors } = eigen([a, b, b, d], 2);
      const half = Math.sqrt(((a - d) / 2) ** 2 + b * b);
      expect(values[0]).toBeCloseTo((a + d) / 2 + half, 12);
      expect(values[1]).toBeCloseTo((a + d) / 2 - half, 12);
      // (b, l - a) is an eigenvector where b is not 0
      if (b !== 0) expect(Math.abs(vectors[0]! * (values[0]! - a) - vectors[1]! * b)).toBeLessThan(1e-12 * (Math.abs(a) + Math.abs(d)));
    }
  });

  it('is the closed form of the path: 2 - 2 cos(pi k / (n + 1))', () => {
    const n = 20;
    const { values } = eigen(Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 2 : Math.abs(Math.floor(at / n) - (at % n)) === 1 ? -1 : 0)), n);
    for (let k = 1; k <= n; k++) expect(values[n - k]).toBeCloseTo(2 - 2 * Math.cos((Math.PI * k) / (n + 1)), 12);
  });

  it.each([[1, 1], [3, 3], [16, 16], [32, 32], [32, 5], [64, 64]])('of n = %i, rank %i: orthonormal, it makes the matrix again, largest first', (n, rank) => {
    const matrix = gram(createRandom(n + rank), n, rank);
    const size = Math.max(...matrix.map(Math.abs));
    const { values, vectors } = eigen(matrix, n);
    for (let i = 0; i < n; i++) {
      if (i > 0) expect(values[i]!).toBeLessThanOrEqual(values[i - 1]!);
      for (let j = 0; j < n; j++) {
        expect(Math.abs(dot(vectors, i, vectors, j, n) - (i === j ? 1 : 0))).toBeLessThan(1e-12);
        const again = Array.from({ length: n }, (_, k) => values[k]! * vectors[k * n + i]! * vectors[k * n + j]!).reduce((a, b) => a + b, 0);
        expect(Math.abs(again - matrix[i * n + j]!)).toBeLessThan(1e-12 * size * n);
      }
    }
    for (let i = rank; i < n; i++) expect(Math.abs(values[i]!)).toBeLessThan(1e-11 * size);
  });

  it('has roots: A^1/2 A^1/2 = A and A^-1/2 A A^-1/2 = 1', () => {
    const n = 6;
    const matrix = gram(createRandom(6), n);
    const decomposed = eigen(matrix, n);
    const [half, inverse] = [root(decomposed, 0.5), root(decomposed, -0.5)];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        expect(dot(half, i, half, j, n)).toBeCloseTo(matrix[i * n + j]!, 9);
        const row = Array.from({ length: n }, (_, k) => dot(inverse, i, matrix, k, n));
        expect(dot(row, 0, inverse, j, n)).toBeCloseTo(i === j ? 1 : 0, 9);
      }
    }
  });

  it('takes zeros and diagonals as they are', () => {
    expect(Array.from(eigen(new Float64Array(9), 3).values)).toEqual([0, 0, 0]);
    expect(Array.from(eigen([1, 0, 0, 0, 3, 0, 0, 0, 2], 3).vectors)).toEqual([0, 1, 0, 0, 0, 1, 1, 0, 0]);
  });
});

describe('directions', () => {
  const n = 4;
  const count = 20000;
  /** Two uniform sources, mixed, and two coordinates of noise. */
  const random = createRandom(11);
  const sources = Float64Array.from({ length: count * 2 }, () => (random.f64() - 0.5) * Math.sqrt(12));
  const points = Float64Array.from({ length: count * n }, (_, at) => {
    const [a, b] = [sources[2 * Math.floor(at / n)]!, sources[2 * Math.floor(at / n) + 1]!];
    return [2 * a + b, a - b, 0.3 * random.normal(), 0.2 * random.normal()][at % n]!;
  });
  const project = (rows: Float64Array, i: number): Float64Array => Float64Array.from({ length: count }, (_, p) => dot(points, p, rows, i, n));
  const mean = (x: ArrayLike<number>, y: ArrayLike<number>): number => Array.from({ length: count }, (_, i) => x[i]! * y[i]!).reduce((a, b) => a + b, 0) / count;
  const bytes = new Uint8Array(count);

  it.each(['pca', 'zca', 'ica', 'lda'] as const)('%s: projections have variance 1 and no correlation', (method) => {
    const { rows } = directions(points, n, method, bytes.map((_, i) => (sources[2 * i]! > 0 ? 1 : 0)));
    const seen = Array.from({ length: n }, (_, i) => project(rows, i));
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) expect(mean(seen[i]!, seen[j]!)).toBeCloseTo(i === j ? 1 : 0, 6);
  });

  it('pca: the first is the one of the most variance', () => {
    const { rows } = directions(points, n, 'pca', bytes);
    const length = Math.sqrt(dot(rows, 0, rows, 0, n));
    const variance = mean(project(rows, 0), project(rows, 0)) / (length * length);
    // Of 2 a + b and a - b: covariance 5 1 1 2, largest eigenvalue (7 + sqrt 13) / 2.
    expect(Math.abs(variance - (7 + Math.sqrt(13)) / 2)).toBeLessThan(0.1);
  });

  it('ica: finds the sources', () => {
    const { rows } = directions(points, n, 'ica', bytes);
    const [a, b] = [0, 1].map((s) => Float64Array.from({ length: count }, (_, p) => sources[2 * p + s]!)) as [Float64Array, Float64Array];
    const found = Array.from({ length: n }, (_, i) => project(rows, i));
    for (const source of [a, b]) expect(Math.max(...found.map((x) => Math.abs(mean(x, source))))).toBeGreaterThan(0.99);
  });

  it("lda: the first of two classes is Fisher's, the inverse covariance times the difference of the means", () => {
    const spread = createRandom(12);
    const next = bytes.map((_, i) => i & 1);
    const two = Float64Array.from({ length: count * 2 }, (_, at) => {
      const z = spread.normal();
      return at % 2 === 0 ? 3 * z : z + (Math.floor(at / 2) & 1 ? 0.7 : -0.7); // independent, so Fisher sees the second only
    });
    const padded = Float64Array.from({ length: count * 4 }, (_, at) => (at % 4 < 2 ? two[2 * Math.floor(at / 4) + (at % 4)]! : spread.normal()));
    const { rows } = directions(padded, 4, 'lda', next);
    expect(Math.abs(rows[1]!) / Math.sqrt(dot(rows, 0, rows, 0, 4))).toBeGreaterThan(0.99);
  });

  it('what has no variance gets no direction', () => {
    for (const method of ['pca', 'zca', 'ica', 'lda'] as const) {
      const flat = Float64Array.from({ length: 400 }, (_, at) => (at % 4 === 0 ? (at % 8) - 2 : 0));
      const { rows } = directions(flat, 4, method, new Uint8Array(100));
      expect(rows.every(Number.isFinite)).toBe(true);
      expect(Array.from({ length: 4 }, (_, i) => Math.abs(rows[4 * i]!)).sort()).toEqual([0, 0, 0, 0.5]);
    }
  });
});

describe('svd', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await openBackend('auto', 1 << 26);
  });
  const bytes = prose(createRandom(5), 3000);

  it.each(['1.1.0.0.0.0.4.0', '2.2.1.1.1.0.7.0', '3.3.2.2.3.0.11.0', '3.2.0.1.2.0.3.0', '1.2.0.0.0.1.0.3', '3.1.1.0.3.1.2.1'])('projection %s in the machine is the one on the host', (name) => {
    const { readout } = projections({ windows: 512 }, bytes).learn(name);
    const [mode, size, fade, , , kind] = name.split('.').map(Number) as [number, number, number, number, number, number];
    const recipe: Recipe = { ...EMPTY, inputs: [{ context: ['@x', 'o1'], by: 'CM', limit: 4 }], mixers: [{ context: ['@x'], mode: 2, rate: 3 }] };
    const seen = registers(backend.scope(), assemble(recipe, () => readout)!, bytes.subarray(0, 400)).map((r) => r[0]!);
    const points = windows(bytes, Uint32Array.from({ length: 400 }, (_, i) => i), { mode, size, fade }, readout.table);
    const n = 4 << size;
    const levels = 2 << readout.b;
    const expected = Array.from({ length: 400 }, (_, i) => {
      if (kind === 1) return Math.max(0, Math.min(levels - 1, Math.floor(((dot(points, i, readout.rows, 0, n) + 4) / 8) * levels)));
      return Array.from({ length: readout.b + 1 }, (_, j) => (dot(points, i, readout.rows, j, n) >= 0 ? 1 << j : 0)).reduce((a, b) => a + b, 0);
    });
    expect(seen).toEqual(expected);
    expect(new Set(seen).size).toBeGreaterThan(2);
  });

  it('ends far below its start, the empty program, on a text it has not seen, and below random search at equal cost', async () => {
    const corpus = text(4000);
    const heldOut = text(4000, 2);
    const cost = backend.name === 'simd' ? 300 : 60;
    const end = async (def: typeof svd | typeof baseline): Promise<number> => {
      const problem = compression({ corpus, bits: 16 }, { backend: backend.scope() });
      const optimizer = def.start(resolve(def.name, def.options as never, {}) as never, { random: createRandom(1), backend: backend.scope(), corpus, bits: 16, cost });
      const { best } = await run(problem, optimizer, { cost });
      return (await compression({ corpus: heldOut, bits: 16 }, { backend: backend.scope() }).score({ xs: [best.x] })).loss[0]!;
    };
    const loss = await end(svd);
    expect(loss).toBeLessThan(0.5 * 8);
    if (backend.name === 'simd') expect(loss).toBeLessThan(await end(baseline)); // the plain twin's few evaluations say nothing
  });
});
