import { describe, expect, it } from 'vitest';
import { box, createRandom, fromFunction, minimize, NadirError, openBackend, optimizer, run, seal, start, unseal } from '../../src/index.ts';
import type { Backend, Box, Optimizer, Random, Snapshot } from '../../src/index.ts';
import { populationOf, rates } from '../../src/optimizers/cmaes.ts';
import { inside, root } from '../../src/spaces/smooth.ts';
import { backends } from '../cases/backends.ts';

const DIMS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 17, 40, 41];
const ROWS = [0, 1, 2, 3, 5, 16];
const SENTINEL = -123.456;

/** Random rows, and a matrix that is positive definite on and left of the diagonal, with sentinels right of it. */
function inputs(backend: Backend, n: number, dim: number): { xs: Float64Array; weights: Float64Array; matrix: Float64Array; out: Float64Array; rows: Float64Array } {
  const random = createRandom(100 * n + dim);
  const xs = backend.array(Math.max(1, n * dim));
  const weights = backend.array(n + 1);
  const matrix = backend.array(Math.max(1, dim * dim));
  random.normals(xs);
  random.normals(weights);
  for (let i = 0; i < dim; i++) for (let j = 0; j < dim; j++) matrix[i * dim + j] = j > i ? SENTINEL : j === i ? dim + 2 : 2 * random.f64() - 1; // diagonally dominant
  return { xs, weights, matrix, out: backend.array(matrix.length).fill(SENTINEL), rows: backend.array(xs.length) };
}

describe('linear algebra', () => {
  it('has the same bits on every backend', async () => {
    for (const dim of DIMS) {
      for (const n of ROWS) {
        const answers: Float64Array[][] = [];
        for (const name of backends) {
          const backend = await openBackend(name, 1 << 20);
          const { kernels } = backend;
          const { xs, weights, matrix, out, rows } = inputs(backend, n, dim);
          expect(kernels.cholesky(out.byteOffset, matrix.byteOffset, dim)).toBe(1);
          kernels.triangle(rows.byteOffset, out.byteOffset, xs.byteOffset, n, dim);
          const factor = out.slice();
          kernels.cholesky(out.byteOffset, matrix.byteOffset, dim);
          expect(out).toEqual(factor);
          kernels.covary(matrix.byteOffset, xs.byteOffset, weights.byteOffset, n, dim);
          answers.push([factor, rows.slice(), matrix.slice()]);
          const indefinite = inputs(backend, n, dim).matrix;
          if (dim > 2) indefinite[(dim - 1) * dim] = 3 * dim;
          expect(kernels.cholesky(indefinite.byteOffset, indefinite.byteOffset, dim)).toBe(dim > 2 ? 0 : 1); // in place
          answers.at(-1)!.push(indefinite.slice());
        }
        for (const answer of answers) expect(answer).toEqual(answers[0]);
      }
    }
  });

  it.each(backends)('is what the formulas say, on %s, and stays left of the diagonal', async (name) => {
    for (const dim of DIMS) {
      for (const n of ROWS) {
        const backend = await openBackend(name, 1 << 20);
        const { kernels } = backend;
        const { xs, weights, matrix, out, rows } = inputs(backend, n, dim);
        kernels.cholesky(out.byteOffset, matrix.byteOffset, dim);
        kernels.triangle(rows.byteOffset, out.byteOffset, xs.byteOffset, n, dim);
        const before = matrix.slice();
        kernels.covary(matrix.byteOffset, xs.byteOffset, weights.byteOffset, n, dim);
        let error = 0;
        for (let i = 0; i < dim; i++) {
          for (let j = 0; j < dim; j++) {
            const at = i * dim + j;
            if (j > i) {
              if (out[at] !== SENTINEL || matrix[at] !== SENTINEL) error = Infinity;
              continue;
            }
            let product = 0;
            for (let k = 0; k <= j; k++) product += out[i * dim + k]! * out[j * dim + k]!;
            let sum = weights[n]! * before[at]!;
            for (let r = 0; r < n; r++) sum += weights[r]! * xs[r * dim + i]! * xs[r * dim + j]!;
            error = Math.max(error, Math.abs(product - before[at]!), Math.abs(sum - matrix[at]!));
          }
          for (let r = 0; r < n; r++) {
            let sum = 0;
            for (let k = 0; k <= i; k++) sum += out[i * dim + k]! * xs[r * dim + k]!;
            error = Math.max(error, Math.abs(sum - rows[r * dim + i]!));
          }
        }
        expect(error).toBeLessThan(1e-12);
      }
    }
  });
});

describe('the parameters', () => {
  it('are those of Table 1 of the tutorial, in host arithmetic', () => {
    for (const n of [1, 2, 3, 10, 40, 1000]) {
      for (const lambda of [4 + Math.floor(3 * Math.log(n)), 7, 50]) {
        const raw = Array.from({ length: lambda }, (_, i) => Math.log((lambda + 1) / 2) - Math.log(i + 1));
        const sum = (values: number[]): number => values.reduce((s, v) => s + v, 0);
        const effective = (values: number[]): number => sum(values) ** 2 / sum(values.map((v) => v * v));
        const mu = Math.floor(lambda / 2);
        const mueff = effective(raw.slice(0, mu));
        const c1 = Math.min(0.5, 2 / ((n + 1.3) ** 2 + mueff));
        const cmu = Math.min(1 - c1, (2 * (1 / 4 + mueff + 1 / mueff - 2)) / ((n + 2) ** 2 + mueff));
        const minus = Math.min(1 + c1 / cmu, 1 + (2 * effective(raw.slice(mu))) / (mueff + 2), (1 - c1 - cmu) / (n * cmu));
        const cs = (mueff + 2) / (n + mueff + 5);
        const expected = {
          mu, mueff, c1, cmu, cs,
          ds: 1 + 2 * Math.max(0, Math.sqrt((mueff - 1) / (n + 1)) - 1) + cs,
          cc: (4 + mueff / n) / (n + 4 + (2 * mueff) / n),
          chi: Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
        };
        const { weights, ...ours } = rates(n, lambda);
        for (const [name, value] of Object.entries(expected)) expect(ours[name as keyof typeof ours] / value, name).toBeCloseTo(1, 12);
        const negative = -sum(raw.filter((v) => v < 0));
        raw.forEach((w, i) => expect(weights[i]).toBeCloseTo(w > 0 ? w / sum(raw.slice(0, mu)) : (w * minus) / negative, 12));
      }
    }
  });

  it('for 10 coordinates are the values that purecma prints', () => {
    expect(populationOf(10)).toBe(10);
    const { mu, mueff, cs, cc, c1 } = rates(10, 10);
    expect(mu).toBe(5);
    expect(mueff).toBeCloseTo(3.1672992, 6);
    expect(cs).toBeCloseTo(0.2844285, 6);
    expect(cc).toBeCloseTo(0.2949884, 5);
    expect(c1).toBeCloseTo(0.0152838, 6);
    expect(populationOf(40)).toBe(15);
  });
});

const sphere = (x: Float64Array): number => x.reduce((s, v) => s + v * v, 0);
const valley = (x: Float64Array): number => x.reduce((s, v, i) => (i === 0 ? 0 : s + 100 * (v - x[i - 1]! ** 2) ** 2 + (1 - x[i - 1]!) ** 2), 0);

async function opened(name: string, space: Box, params: object = {}, seed = 1, extra: object = {}, saved?: Snapshot): Promise<Optimizer<Float64Array>> {
  const backend = await openBackend('auto', 1 << 23);
  return start(optimizer(name), { name: 'p', space }, { ...params }, { random: createRandom(seed), backend: backend.scope(), ...extra }, saved);
}
/** The points of so many generations, one after the other. */
function points(search: Optimizer<Float64Array>, f: (x: Float64Array) => number, generations: number): Float64Array {
  const all: number[] = [];
  for (let g = 0; g < generations; g++) {
    const batch = search.ask()!;
    for (const x of batch.xs) all.push(...x);
    search.tell(batch, { loss: Float64Array.from(batch.xs, f) });
  }
  return Float64Array.from(all);
}

describe('invariance', () => {
  const transforms: { [name: string]: (v: number) => number } = { 'v / 1024': (v) => v / 1024, 'sqrt v': Math.sqrt, '-1 / (v + 1)': (v) => -1 / (v + 1), 'v^3': (v) => v * v * v };
  it.each(Object.keys(transforms))('asks the same points, bit for bit, when the loss is %s', async (name) => {
    for (const [def, f] of [['cmaes', valley], ['cmaes', sphere], ['cmaes-separable', valley]] as const) {
      const params = { tolerance: 0 };
      const plain = points(await opened(def, box(5, -5, 10), params), f, 80);
      const transformed = points(await opened(def, box(5, -5, 10), params), (x) => transforms[name]!(f(x)), 80);
      expect(transformed).toEqual(plain);
    }
  });

  it('moves with the problem, to rounding', async () => {
    const shift = [3, -70, 0.1, 1e3];
    const x0 = Float64Array.of(1, -2, 3, 4);
    const ours = points(await opened('cmaes', box(4, -5, 10), {}, 3, { x0 }), valley, 40);
    const theirs = points(await opened('cmaes', box(4, shift.map((s) => s - 5), shift.map((s) => s + 10)), {}, 3, { x0: x0.map((v, i) => v + shift[i]!) }), (x) => valley(x.map((v, i) => v - shift[i]!)), 40);
    const most = theirs.reduce((m, v, i) => Math.max(m, Math.abs(v - shift[i % 4]! - ours[i]!)), 0);
    expect(most).toBeLessThan(1e-8);
  });

  it('does not care for the unit of a coordinate: powers of two give the same points, bit for bit', async () => {
    const unit = [1, 1024, 2 ** -20, 4];
    const ours = points(await opened('cmaes', box(4, -8, 8), {}, 5), valley, 40);
    const theirs = points(await opened('cmaes', box(4, unit.map((u) => -8 * u), unit.map((u) => 8 * u)), {}, 5), (x) => valley(x.map((v, i) => v / unit[i]!)), 40);
    expect(theirs.map((v, i) => v / unit[i % 4]!)).toEqual(ours);
  });

  it('does not see a rotation: evaluations to 1e-8 on ellipsoids are drawn from one distribution', async () => {
    const dim = 6;
    const seeds = 25;
    const counts: number[][] = [[], []];
    for (let seed = 1; seed <= seeds; seed++) {
      for (const rotated of [0, 1]) {
        const axes = rotated ? rotation(dim, createRandom(seed).fork('axes')) : undefined;
        const f = (x: Float64Array): number => {
          let s = 0;
          for (let k = 0; k < dim; k++) {
            const z = axes ? axes[k]!.reduce((t, a, i) => t + a * x[i]!, 0) : x[k]!;
            s += 10 ** ((6 * k) / (dim - 1)) * z * z;
          }
          return s;
        };
        const { cost, stop } = await minimize(f, { dim, lower: -5, upper: 5, x0: Float64Array.from({ length: dim }, (_, i) => (axes ? axes.reduce((s, u) => s + u[i]!, 0) : 1)), params: { sigma: 0.1 }, cost: 20000, target: 1e-8, seed: 2 * seed + rotated, optimizer: 'cmaes' });
        expect(stop).toBe('target');
        counts[rotated]!.push(cost);
      }
    }
    const [plain, turned] = counts as [number[], number[]];
    const median = (list: number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!;
    expect(Math.abs(median(turned) / median(plain) - 1)).toBeLessThan(0.06);
    // Mann and Whitney: U has mean n^2 / 2 and variance n^2 (2 n + 1) / 12.
    let u = 0;
    for (const a of plain) for (const b of turned) u += a < b ? 1 : a === b ? 0.5 : 0;
    expect(Math.abs(u - seeds ** 2 / 2) / Math.sqrt((seeds ** 2 * (2 * seeds + 1)) / 12)).toBeLessThan(1.96);
  });
});

function rotation(dim: number, random: Random): number[][] {
  const rows: number[][] = [];
  for (let r = 0; r < dim; r++) {
    let v = Array.from({ length: dim }, () => random.normal());
    for (let pass = 0; pass < 2; pass++) for (const u of rows) v = v.map((a, i) => a - u[i]! * u.reduce((s, b, k) => s + b * v[k]!, 0));
    const norm = Math.sqrt(v.reduce((s, a) => s + a * a, 0));
    rows.push(v.map((a) => a / norm));
  }
  return rows;
}

describe('bounds', () => {
  it('the map into the box is continuous, inside, its own inverse\'s inverse, and the identity but near the bounds', () => {
    const [lower, upper, margin] = [-2, 6, 0.4];
    let last = inside(-40, lower, upper, margin);
    for (let v = -40; v < 40; v += 0.01) {
      const x = inside(v, lower, upper, margin);
      expect(x >= lower && x <= upper && Math.abs(x - last) < 0.01 + 1e-9).toBe(true);
      if (v > lower + margin && v < upper - margin) expect(x).toBe(v);
      last = x;
    }
    for (const x of [-2, -1.99, -1.7, -1.6, 0, 5.6, 5.7, 5.999, 6]) expect(inside(root(x, lower, upper, margin), lower, upper, margin)).toBeCloseTo(x, 14);
  });

  it.each(['cmaes', 'cmaes-separable'])('%s finds optima in a corner, on a face and close to one', async (name) => {
    const slope = (x: Float64Array): number => x.reduce((s, v) => s + v, 0);
    const cut = (x: Float64Array): number => x.reduce((s, v, i) => s + (v - (i % 2 ? -0.5 : 0.5)) ** 2, -0.25 * (x.length >> 1));
    const near = (x: Float64Array): number => x.reduce((s, v) => s + (v - 1e-4) ** 2, 0);
    for (const f of [slope, cut, near, sphere]) {
      const { best } = await minimize(f, { dim: 8, lower: 0, upper: 1, cost: 8000, target: 1e-9, seed: 4, optimizer: name });
      expect(best.loss).toBeLessThanOrEqual(1e-9);
    }
  });
});

describe('ends', () => {
  it.each(['cmaes', 'cmaes-separable'])('%s stops by itself: converged, on a plateau, out of steps', async (name) => {
    for (const [f, least] of [[sphere, 1e-12], [() => 7, 7], [(x: Float64Array) => Math.floor(sphere(x)), 0], [(x: Float64Array) => x[0]!, -5]] as const) {
      const { best, stop, cost } = await minimize(f, { dim: 5, lower: -5, upper: 4, cost: 50000, seed: 2, optimizer: name });
      expect(stop).toBe('exhausted');
      expect(cost).toBeLessThan(30000);
      expect(best.loss).toBeLessThanOrEqual(least + 1e-11);
    }
  });

  it('looks further where everything fails, until something does not', async () => {
    const f = (x: Float64Array): number => (x[0]! < 4.9 ? NaN : sphere(x));
    const { cost, best } = await minimize(f, { dim: 3, lower: -5, upper: 5, cost: 4000, seed: 3, x0: [-4, 0, 0], params: { sigma: 0.01 }, optimizer: 'cmaes' });
    expect(cost).toBeGreaterThan(500);
    expect(best.loss).toBeLessThan(4.9 ** 2 + 1e-6);
  });

  it.each([1, 2])('works on %i coordinates', async (dim) => {
    for (const name of ['cmaes', 'cmaes-separable', 'ipop', 'bipop']) {
      const { best } = await minimize((x) => sphere(x.map((v) => v - 1)), { dim, lower: -5, upper: 5, cost: 2000, seed: 3, optimizer: name });
      expect(best.loss).toBeLessThan(1e-9);
    }
  });

  it('saved with a factor older than its covariance, it goes on bit for bit', async () => {
    const space = box(400, -5, 5); // 3 generations a factor
    const straight = await opened('cmaes', space, {}, 8);
    points(straight, valley, 4);
    const resumed = await opened('cmaes', space, {}, 77, {}, unseal('t', JSON.parse(JSON.stringify(seal('t', straight.save())))));
    expect(points(resumed, valley, 6)).toEqual(points(straight, valley, 6));
  });

  it('goes on where nearly everything fails, and takes failures as worst', async () => {
    const f = (x: Float64Array): number => (x[0]! < 1 ? Infinity : sphere(x));
    const { best } = await minimize(f, { dim: 4, lower: -5, upper: 5, cost: 6000, seed: 2, optimizer: 'cmaes' });
    expect(best.loss).toBeLessThan(1 + 1e-6);
  });

  it('refuses a covariance it has no memory for and names what has none', async () => {
    const refusal = minimize(sphere, { dim: 901, lower: -1, upper: 1, cost: 100, optimizer: 'cmaes' });
    await expect(refusal).rejects.toThrow(NadirError);
    await expect(refusal).rejects.toMatchObject({ code: 'memory', message: expect.stringContaining('cmaes-separable') });
  });

  it('the separable one works on 10,000 coordinates', async () => {
    const x0 = new Float64Array(10000).fill(2);
    const { best } = await minimize(sphere, { dim: 10000, lower: -5, upper: 5, x0, params: { sigma: 0.01 }, cost: 1 + 31 * 12, seed: 1, optimizer: 'cmaes-separable' });
    expect(best.loss).toBeLessThan(0.995 * 40000);
  });

  it('is drawn to a better point that nobody asked for', async () => {
    const far = new Float64Array(4).fill(9);
    const distances: number[] = [];
    for (const told of [false, true]) {
      const search = await opened('cmaes', box(4, -10, 10), {}, 1, { x0: new Float64Array(4) });
      points(search, sphere, 3);
      if (told) search.tell({ xs: [far] }, { loss: Float64Array.of(-1) });
      points(search, sphere, 1);
      const { xs } = search.ask()!;
      distances.push(Math.sqrt(far.reduce((s, v, i) => s + (v - xs.reduce((t, x) => t + x[i]!, 0) / xs.length) ** 2, 0)));
    }
    expect(distances[1]).toBeLessThan(distances[0]! - 1);
  });
});

describe('restarts', () => {
  const ripples = (x: Float64Array): number => x.reduce((s, v) => s + v * v + 10 * (1 - Math.cos(2 * Math.PI * v)), 0);
  /** What every run was: its population and what it spent. */
  async function history(name: string, params: object, cost: number): Promise<{ population: number; spent: number }[]> {
    const runs: { population: number; spent: number }[] = [];
    const space = box(4, -5, 5);
    const search = await opened(name, space, params, 6, { cost });
    let before = 0;
    await run(fromFunction(ripples, space), search, { cost }, {
      observe: ({ cost: now, metrics }) => {
        const at = metrics!.runs! - 1;
        (runs[at] ??= { population: metrics!.population!, spent: 0 }).spent += now - before;
        before = now;
      },
    });
    return runs;
  }

  it('ipop doubles the population', async () => {
    const runs = await history('ipop', {}, 20000);
    expect(runs.length).toBeGreaterThan(3);
    runs.forEach(({ population }, k) => expect(population).toBe(8 * 2 ** k));
  });

  it('bipop takes turns: small populations spend about as much as large ones', async () => {
    const runs = await history('bipop', {}, 40000);
    let largest = 8;
    const spent = [0, 0];
    runs.forEach(({ population, spent: s }) => {
      const small = population !== 2 * largest && population !== 8;
      if (small) expect(population).toBeLessThanOrEqual(largest / 2);
      else largest = Math.max(largest, population);
      spent[small ? 1 : 0]! += s;
    });
    expect(runs.length).toBeGreaterThan(5);
    expect(spent[1]).toBeGreaterThan(0);
  });

  it.each(['ipop', 'bipop'])('%s keeps the population that fits when a doubled one does not', async (name) => {
    const problem = fromFunction(sphere, box(100, -1, 1));
    for (const kilobytes of [192, 256, 320]) { // 184 for 17 points a generation, 210 for 34, 263 for 68, 370 for 136, and 4 of scratch
      const backend = await openBackend('reference', kilobytes << 10);
      const search = start(optimizer(name), problem, { cap: 0.05 }, { random: createRandom(1), backend, cost: 2000 });
      const populations = new Set<number>();
      const { cost } = await run(problem, search, { cost: 2000 }, { observe: ({ metrics }) => populations.add(metrics!.population!) });
      expect(cost).toBe(2000);
      expect((search.save() as { runs: number }).runs).toBeGreaterThan(10);
      expect(Math.max(...populations)).toBe({ 192: 17, 256: 34, 320: 68 }[kilobytes]);
    }
  });

  it.each(['ipop', 'bipop', 'genetic', 'aging'])('%s resumed with more to spend keeps what it planned', async (name) => {
    const space = box(4, -5, 5);
    const params = name.endsWith('pop') ? { cap: 0.1 } : {};
    const search = await opened(name, space, params, 3, { cost: 2000 });
    points(search, ripples, name === 'aging' ? 150 : 20); // past aging's first population of 100
    const resumed = await opened(name, space, params, 9, { cost: 1e5 }, unseal('t', JSON.parse(JSON.stringify(seal('t', search.save())))));
    expect(points(resumed, ripples, 60)).toEqual(points(search, ripples, 60));
  });

  it('no run spends more than its share, whatever is restarted', async () => {
    for (const name of ['cmaes', 'cmaes-separable', 'evolution']) {
      const runs = await history('ipop', { optimizer: name, cap: 0.1 }, 10000);
      expect(runs.length).toBeGreaterThan(4);
      for (const { population, spent } of runs) expect(spent).toBeLessThan(1000 + 2 * population + 2);
    }
  });
});
