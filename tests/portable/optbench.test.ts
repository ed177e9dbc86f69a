/** The benchmark: sizes as published, figures against closed forms, and a run that goes on from a checkpoint to the same bits. */
import { describe, expect, it } from 'vitest';
import { createRandom, problem as problemOf, problems, optimizers, openBackend } from '../../src/index.ts';
import { seedsOf } from '../../src/experiment/seeds.ts';
import { optbench } from '../../src/studies/optbench.ts';
import { read, reads } from '../../src/studies/optbench/algorithms.ts';
import { benchmark } from '../../src/studies/optbench/benchmark.ts';
import { convergenceRate, openCurve, stability } from '../../src/studies/optbench/curve.ts';
import type { Json, Params } from '../../src/index.ts';
import type { Artifact, Capture } from '../../src/experiment/record.ts';

interface Kept { readonly metrics: { [name: string]: number }; readonly data: { [name: string]: Json }; readonly files: { [name: string]: any }; readonly steps: number[]; readonly series: number[]; states: Json[] }

/** A run into a capture that keeps everything here; `at`: abort at that thought of a checkpoint. */
async function make(params: Params, { replicate = 0, restored, every = Infinity, at = Infinity }: { replicate?: number; restored?: Json; every?: number; at?: number } = {}): Promise<Kept> {
  const kept: Kept = { metrics: {}, data: {}, files: {}, steps: [], series: [], states: [] };
  const stop = new AbortController();
  let calls = 0;
  const capture: Capture = {
    id: '0123456789abcdef',
    signal: stop.signal,
    metric(name, value, step) {
      kept.metrics[name] = value;
      if (step === undefined) return;
      kept.steps.push(step);
      kept.series.push(value);
    },
    data: (name, value) => void (kept.data[name] = value),
    artifact: (name, value: Artifact) => void (kept.files[name] = value),
    stream: () => { throw new Error('no streams here'); },
    log: () => {},
    checkpoint(state) {
      if (++calls % every === 0) kept.states.push(JSON.parse(JSON.stringify(state())) as Json);
      if (calls === at) stop.abort();
    },
    restored,
    conduct: async () => [],
  };
  await optbench(null, params, seedsOf(7, replicate), capture).catch((error: Error) => {
    if (at === Infinity) throw error;
    kept.data.error = error.message;
  });
  return kept;
}

describe('the grids', () => {
  it.each([
    ['light', 'product', 16n, 2, 32n], ['light', 'distinct', 16n, 2, 32n],
    ['medium', 'product', 384n, 3, 1152n], ['medium', 'distinct', 108n, 3, 324n],
    ['heavy', 'product', 388800n, 5, 1944000n], ['heavy', 'distinct', 840n, 5, 4200n],
    ['extreme', 'product', 9331200000n, 10, 93312000000n], ['extreme', 'distinct', 41800n, 10, 418000n],
  ] as const)('%s, %s: %d cases x %d', (intensity, form, cases, replicates, runs) => {
    const made = benchmark({ intensity, grid: form });
    expect([made.grid.size, made.replicates, made.grid.size * BigInt(made.replicates)]).toEqual([cases, replicates, runs]);
    expect(made.name).toBe(`optbench-${intensity}-${form}`);
  });

  it('are product for light and medium, distinct for heavy and extreme, unless told', () => {
    expect((['light', 'medium', 'heavy', 'extreme'] as const).map((intensity) => benchmark({ intensity }).name.split('-').at(-1))).toEqual(['product', 'product', 'distinct', 'distinct']);
  });

  it('resolve rounds, rates and populations into numbers, and leave no case twice', () => {
    const seen = new Set<string>();
    for (const params of benchmark({ intensity: 'medium' }).grid) {
      const { algorithm, problem, dim, max_iters, lr, momentum, pop_size } = params as { [name: string]: any };
      expect(max_iters).toBe(dim * { sphere: 50, rosenbrock: 200, rastrigin: 300, ackley: 200 }[problem as 'sphere']);
      const scale = algorithm === 'gradient_descent' || algorithm === 'adam' ? Math.sqrt(dim) : 1;
      expect([0.01 / scale, 0.1 / scale]).toContain(lr);
      expect([momentum, pop_size].every((value) => typeof value === 'number')).toBe(true);
      seen.add(JSON.stringify(params));
    }
    expect(seen.size).toBe(384);
    const auto = [...benchmark({ targeted: { algorithm: 'evolution_strategy', problem: 'griewank' } }).grid];
    expect(auto.map(({ dim, pop_size, max_iters }) => [dim, pop_size, max_iters])).toEqual([5, 10, 20].flatMap((dim) => Array.from({ length: 3 }, () => [dim, Math.max(20, 4 * dim), 150 * dim])));
  });

  it('in the distinct form give an algorithm what it reads, and no case twice', () => {
    for (const intensity of ['medium', 'heavy', 'extreme'] as const) {
      const { grid } = benchmark({ intensity, grid: 'distinct' });
      const seen = new Set<string>();
      const step = intensity === 'extreme' ? 37n : 1n;
      for (let i = 0n; i < grid.size; i += step) {
        const params = grid.at(i);
        const own = [...reads(params.algorithm as string), 'algorithm', 'problem', 'dim', 'max_iters'];
        expect(Object.keys(params).filter((name) => !own.includes(name))).toEqual([]);
        seen.add(JSON.stringify(params));
      }
      expect(BigInt(seen.size)).toBe((grid.size + step - 1n) / step);
    }
  });

  it('of the product form hold every case of the distinct form, and more', () => {
    const distinct = new Set([...benchmark({ intensity: 'medium', grid: 'distinct' }).grid].map((params) => JSON.stringify(Object.entries(params).sort())));
    const cut = (params: Params): string => JSON.stringify(Object.entries(params).filter(([name]) => ['algorithm', 'problem', 'dim', 'max_iters', ...reads(params.algorithm as string)].includes(name)).sort());
    expect(new Set([...benchmark({ intensity: 'medium', grid: 'product' }).grid].map(cut))).toEqual(distinct);
  });

  it('of every kind open: each case names what there is', () => {
    for (const options of [{ intensity: 'light' }, { intensity: 'medium' }, { intensity: 'heavy' }, { intensity: 'extreme' }, { trials: 60, seed: 3 }, { targeted: { algorithm: 'cmaes', problem: 'levy' } }] as const) {
      const { grid } = benchmark(options);
      const step = grid.size / 200n + 1n;
      for (let i = 0n; i < grid.size; i += step) expect(read(grid.at(i)).rounds).toBeGreaterThan(0);
    }
  });

  it('at random: so many, in range, of the seed, and more trials keep the first', () => {
    const { grid, replicates } = benchmark({ trials: 501, seed: 1 });
    expect([grid.size, replicates]).toEqual([501n, 1]);
    const cases = [...grid];
    const count = (name: string): number => cases.filter(({ algorithm }) => algorithm === name).length;
    expect(['gradient_descent', 'adam', 'simulated_annealing', 'random_search', 'evolution_strategy'].map(count)).toEqual([101, 100, 100, 100, 100]);
    for (const { algorithm, problem, dim, lr, strategy } of cases as any[]) {
      expect(Number.isInteger(dim) && dim >= 2 && dim <= 50).toBe(true);
      expect(['sphere', 'rosenbrock', 'rastrigin', 'ackley', 'griewank']).toContain(problem);
      if (algorithm === 'adam') expect(lr * Math.sqrt(dim) >= 0.999e-4 && lr * Math.sqrt(dim) <= 1.001).toBe(true);
      else if (algorithm !== 'gradient_descent') expect(lr).toBeUndefined();
      expect(strategy === undefined).toBe(algorithm !== 'random_search');
    }
    expect(new Set(cases.map((params) => JSON.stringify(params))).size).toBeGreaterThan(490); // a case that comes twice is one run: only uniform random search has nothing to draw but its problem
    const kinds = cases.filter(({ algorithm }) => algorithm === 'random_search').map((params) => Object.keys(params).sort().slice(3).join());
    expect(new Set(kinds)).toEqual(new Set(['problem,shrink,strategy', 'problem,restart,shrink,strategy', 'problem,strategy']));
    for (const params of cases) for (const name of Object.keys(params)) expect(['algorithm', 'problem', 'dim', 'max_iters', ...reads(params.algorithm as string)]).toContain(name);
    for (const n of [1, 4, 7]) expect(benchmark({ trials: n }).grid.size).toBe(BigInt(n));
    expect([...benchmark({ trials: 501, seed: 1 }).grid]).toEqual(cases);
    expect([...benchmark({ trials: 501, seed: 2 }).grid]).not.toEqual(cases);
  });

  it.each([
    [{ intensity: 'ligth' }, 'unknown intensity "ligth"; did you mean light? have light, medium, heavy, extreme'],
    [{ grid: 'distnct' }, 'unknown grid "distnct"; did you mean distinct? have product, distinct'],
    [{ intensity: 'light', trials: 3 }, 'intensity and trials of benchmark are both given; allowed: one of intensity, targeted, trials'],
    [{ targeted: { algorithm: 'admam', problem: 'sphere' } }, 'unknown algorithm "admam"; did you mean adam? have gradient_descent, adam, simulated_annealing, random_search, evolution_strategy, auto, '],
    [{ targeted: { algorithm: 'evolution_strategie', problem: 'sphere' } }, 'unknown algorithm "evolution_strategie"; did you mean evolution_strategy? have '],
    [{ targeted: { algorithm: 'adam', problem: 'sphere', dim: 3 } }, 'targeted of benchmark is {"algorithm":"adam","problem":"sphere","dim":3}; allowed: { algorithm, problem }, both by name'],
    [{ targeted: 'adam' }, 'targeted of benchmark is "adam"; allowed: { algorithm, problem }, both by name'],
    [null, 'the options of benchmark are null; allowed: an object with intensity, '],
    [{ targeted: { algorithm: 'adam', problem: 'spere' } }, 'unknown problem "spere"; did you mean sphere? have '],
    [{ trials: 0 }, 'trials of benchmark is 0; allowed: an integer from 1'],
    [{ trials: 5, grid: 'product' }, 'grid of benchmark is "product", but trials has a form of its own; leave it out'],
    [{ replicate: 5 }, 'unknown option "replicate" of benchmark; have '],
  ])('refuse %j', (options, message) => expect(() => benchmark(options as {})).toThrow(message));
});

describe('a run', () => {
  it('of gradient descent on the sphere has the closed form: x shrinks by 1 - 2 lr a round', async () => {
    const lr = 0.05;
    const n = 60;
    const { metrics, data, files, steps, series } = await make({ algorithm: 'gradient_descent', problem: 'sphere', dim: 3, lr, max_iters: n });
    const x0 = createRandom(seedsOf(7, 0).seed).fork('start');
    const begin = Array.from({ length: 3 }, () => -5.12 + x0.f64() * 10.24);
    const f0 = begin.reduce((sum, v) => sum + v * v, 0);
    const loss = (k: number): number => f0 * (1 - 2 * lr) ** (2 * (k - 1)); // of round k
    expect(steps).toEqual(Array.from({ length: n }, (_, i) => i + 1));
    for (let k = 1; k <= n; k++) expect(series[k - 1]! / loss(k)).toBeCloseTo(1, 10);
    expect(metrics.best_f! / loss(n)).toBeCloseTo(1, 10);
    expect(metrics.solution_distance! / Math.sqrt(loss(n))).toBeCloseTo(1, 10);
    expect(metrics.convergence_rate).toBeCloseTo(-2 * Math.log10(1 - 2 * lr), 8);
    expect(metrics.iterations_to_threshold).toBe(Array.from({ length: n }, (_, i) => i + 1).find((k) => loss(k) < 0.1));
    const tail = series.slice(-6);
    const mean = tail.reduce((a, b) => a + b, 0) / 6;
    expect(metrics.stability! / Math.sqrt(tail.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 6)).toBeCloseTo(1, 10);
    expect(metrics).toMatchObject({ converged: loss(n) < 1e-6 ? 1 : 0, iterations: n, evaluations: 2 * n, optimality_gap: metrics.best_f, f_value: metrics.best_f });
    expect(data).toEqual({ stop: 'iterations' });
    expect(Object.keys(files)).toEqual(['convergence_curve.npz', 'best_solution.npz', 'trajectory.npz', 'summary.json', 'report.txt']);
    expect([...files['convergence_curve.npz'].f_value]).toEqual(series);
    expect(files['trajectory.npz'].x.shape).toEqual([n, 3]);
    for (let i = 0; i < 3; i++) expect(files['trajectory.npz'].x.array[i]).toBe(begin[i]);
    expect(files['best_solution.npz'].f[0]).toBe(metrics.best_f);
    expect(files['summary.json']).toMatchObject({ params: { lr }, seed: 7, replicate: 0, best_f: metrics.best_f, stop: 'iterations' });
    expect(files['report.txt']).toMatch(/^gradient_descent on sphere, dim 3, seed 7, replicate 0\n/);
  });

  it('of adam has the rates of its paper', async () => {
    const { files } = await make({ algorithm: 'adam', problem: 'sphere', dim: 2, lr: 0.1, beta1: 0.8, beta2: 0.9, max_iters: 12 });
    const { array } = files['trajectory.npz'].x as { array: Float64Array };
    const x = [array[0]!, array[1]!];
    const m = [0, 0];
    const v = [0, 0];
    for (let t = 1; t < 12; t++) {
      for (let i = 0; i < 2; i++) {
        const g = 2 * x[i]!;
        m[i] = 0.8 * m[i]! + 0.2 * g;
        v[i] = 0.9 * v[i]! + 0.1 * g * g;
        x[i] = x[i]! - (0.1 * (m[i]! / (1 - 0.8 ** t))) / (Math.sqrt(v[i]! / (1 - 0.9 ** t)) + 1e-8); // Kingma, Ba, algorithm 1
        expect(array[2 * t + i]).toBeCloseTo(x[i]!, 6);
      }
    }
  });

  it('starts where every algorithm of its replicate starts, and elsewhere in another', async () => {
    const starts = [];
    for (const algorithm of ['gradient_descent', 'adam', 'simulated_annealing', 'random_search', 'cmaes', 'lbfgs']) starts.push((await make({ algorithm, problem: 'ackley', dim: 4, max_iters: 3 })).files['convergence_curve.npz'].f_value[0]);
    expect(new Set(starts.filter((_, i) => i !== 4)).size).toBe(1);
    expect((await make({ algorithm: 'adam', problem: 'ackley', dim: 4, max_iters: 3 }, { replicate: 1 })).files['convergence_curve.npz'].f_value[0]).not.toBe(starts[0]);
  });

  it('reads the published parameters', () => {
    const { options, def } = read({ algorithm: 'evolution_strategy', problem: 'sphere', dim: 5, pop_size: 30, elite_fraction: 0.5, sigma: 2, sigma_decay: 0.9, lr: 5, cooling: 'linear' });
    expect([def.name, options]).toEqual(['evolution', { population: 30, elite: 0.5, sigma: 0.2, decay: 0.9 }]);
    expect(read({ algorithm: 'simulated_annealing', problem: 'sphere', dim: 5, temperature: 2, cooling: 'linear' }).options).toEqual({ schedule: 'linear', start: 2, step: 0.5, steps: 250 });
    expect(read({ algorithm: 'random_search', problem: 'sphere', strategy: 'restart' }).options).toEqual({ mode: 'restart', batch: 1 });
    expect(read({ algorithm: 'gradient_descent', problem: 'griewank', dim: 2, lr_decay: 0.1 })).toMatchObject({ options: { decay: 0.1 }, rounds: 300 });
    expect(read({ algorithm: 'adam', problem: 'levy', dim: 2, weightDecay: 0.1 })).toMatchObject({ options: { weightDecay: 0.1 }, rounds: 400 });
    expect(read({ algorithm: 'annealing', problem: 'sphere', max_iters: 9, schedule: 'adaptive' })).toMatchObject({ options: { schedule: 'adaptive' }, rounds: 9, dim: 10 });
  });

  it.each([
    [{ algorithm: 'admam', problem: 'sphere' }, 'unknown algorithm "admam"; did you mean adam? have '],
    [{ algorithm: 'adam', problem: 'spere' }, 'unknown problem "spere"; did you mean sphere? have '],
    [{ algorithm: 'adam', problem: 'sphere', beta3: 1 }, 'unknown parameter "beta3" of adam; did you mean beta1? have '],
    [{ algorithm: 'adam' }, 'problem of optbench is missing; allowed: a name (see nadir list)'],
    [{ algorithm: 'adam', problem: 'sphere', max_iters: 0 }, 'max_iters of optbench is 0; allowed: an integer from 1 to 1e9, or "auto"'],
    [{ algorithm: 'adam', problem: 'sphere', dim: 0 }, 'dim of problem sphere is 0; allowed: an integer from 1 to 1000000'],
    [{ algorithm: 'adam', problem: 'sphere', lr: -1 }, 'lr of adam is -1; allowed: a number above 0'],
    [{ algorithm: 'random_search', problem: 'sphere', strategy: 'best' }, 'strategy of random_search is "best"; allowed: uniform, shrinking, restart'],
  ])('refuses %j', async (params, message) => expect(optbench(null, params as Params, seedsOf(0, 0), undefined as never)).rejects.toThrow(message));

  it.each(optimizers.map(({ name }) => name))('takes %s of the registry', async (algorithm) => {
    const { metrics, data } = await make({ algorithm, problem: 'rosenbrock', dim: 3, max_iters: 40 });
    expect(metrics.iterations).toBeLessThanOrEqual(40);
    expect(metrics.iterations === 40 ? 'iterations' : 'exhausted').toBe(data.stop);
    expect(metrics.best_f).toBeLessThan(1e6);
    expect(metrics.evaluations).toBeGreaterThanOrEqual(metrics.iterations!);
  });

  it.each(problems.map(({ name }) => name))('takes %s of the registry', async (problem) => {
    const { metrics, files } = await make({ algorithm: 'random_search', problem, dim: 2, max_iters: 500 });
    const backend = await openBackend('auto', 1 << 20);
    const opened = problemOf(problem).open({ dim: 2, instance: null, rotate: true }, { backend, random: createRandom(0) });
    const again = await opened.score({ xs: [files['best_solution.npz'].x] });
    expect(metrics.best_f).toBe(again.loss[0]);
    expect(metrics.optimality_gap).toBe(metrics.best_f! - (opened.optimum ?? 0));
  });

  it('that stops early says so, with its last round in the curve', async () => {
    const { metrics, data, steps, files } = await make({ algorithm: 'lbfgs', problem: 'sphere', dim: 5, max_iters: 50_000 });
    expect(data.stop).toBe('exhausted');
    expect([metrics.converged, steps.at(-1)]).toEqual([1, metrics.iterations]);
    expect(files['trajectory.npz'].iteration.at(-1)).toBe(metrics.iterations);
  });

  it.each([
    { algorithm: 'gradient_descent', problem: 'rosenbrock', dim: 7, lr: 1e-4, momentum: 0.5, lr_decay: 0.01, max_iters: 30_000 },
    { algorithm: 'adam', problem: 'ackley', dim: 40, max_iters: 9_000 },
    { algorithm: 'simulated_annealing', problem: 'rastrigin', dim: 6, max_iters: 60_000 },
    { algorithm: 'random_search', problem: 'griewank', dim: 5, strategy: 'restart', max_iters: 70_000 },
    { algorithm: 'evolution_strategy', problem: 'rastrigin', dim: 5, max_iters: 2_000 },
    { algorithm: 'differential', problem: 'rosenbrock', dim: 8, max_iters: 1_000 },
    { algorithm: 'auto', problem: 'rastrigin', dim: 5, max_iters: 20_000 },
  ] as Params[])('of $algorithm goes on from a checkpoint to the same bits', async (params) => {
    const whole = await make(params);
    const cut = await make(params, { every: 1, at: 2 });
    expect(cut.data.error).toMatch(/^stopped by the signal after \d+ of \d+ rounds$/);
    expect(cut.files).toEqual({});
    const more = await make(params, { restored: cut.states.at(-1) });
    expect({ ...more, states: [] }).toEqual(whole);
    expect((cut.states.at(-1) as any).curve.state.iterations).toBeGreaterThan(50);
  });
});

describe('the curve', () => {
  it('keeps at most 10,000 rounds and 200 points, evenly, the first and the last among them', () => {
    for (const n of [1, 2, 199, 200, 201, 9_999, 10_000, 10_001, 25_000, 1_234_567]) {
      const curve = openCurve(n, 1, 0);
      for (let k = 1; k <= n; k++) curve.note(Float64Array.of(k), 2 * n - k);
      const { iteration, f_value, best_f } = curve.rounds();
      const { iteration: steps, x } = curve.trajectory();
      for (const [list, most] of [[iteration, 10_000], [steps, 200]] as const) {
        expect([list[0], list.at(-1)]).toEqual([1, n]);
        expect(list.length).toBeLessThanOrEqual(most);
        expect(list.length).toBeGreaterThanOrEqual(Math.min(n, most / 2));
        const gaps = new Set(Array.from(list.subarray(1, -1), (k, i) => k - list[i]!));
        expect(gaps.size).toBeLessThanOrEqual(1);
      }
      expect([...f_value]).toEqual(Array.from(iteration, (k) => 2 * n - k));
      expect(best_f).toEqual(f_value);
      expect([...x]).toEqual([...steps]);
    }
  });

  it('measures a line of logarithms, nothing where nothing is gained, and the spread of the end', () => {
    const iteration = Int32Array.of(1, 2, 4, 8);
    const line = Float64Array.from(iteration, (k) => 10 ** (3 - 0.25 * k));
    expect(convergenceRate({ iteration, f_value: line, best_f: line }, 0)).toBeCloseTo(0.25, 10);
    expect(convergenceRate({ iteration, f_value: line, best_f: line.map((f) => f - 40) }, -40)).toBeCloseTo(0.25, 10);
    expect(convergenceRate({ iteration, f_value: line, best_f: Float64Array.of(5, 5, 5, 5) }, 0)).toBe(0);
    expect(convergenceRate({ iteration: Int32Array.of(1), f_value: line, best_f: Float64Array.of(5) }, 0)).toBe(0);
    expect(stability(Float64Array.of(9))).toBe(0);
    expect(stability(Float64Array.from({ length: 40 }, (_, i) => (i < 36 ? 1000 : [2, 4, 4, 6][i - 36]!)))).toBeCloseTo(Math.sqrt(2), 12);
  });
});
