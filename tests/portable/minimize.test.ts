import { describe, expect, it } from 'vitest';
import { ask, box, fromFunction, minimize, NadirError, optimizers, problems } from '../../src/index.ts';
import type { MinimizeOptions } from '../../src/index.ts';
import { backends } from '../cases/backends.ts';
import { moduleOf } from '../cases/executor.ts';

const bowl = (x: Float64Array): number => x.reduce((s, v, i) => s + (i + 1) * (v - 0.25) * (v - 0.25), 0);
const codeOf = async (promise: Promise<unknown>): Promise<string> => promise.then(() => 'no error', (error) => `${(error as NadirError).code}: ${(error as Error).message}`);
const where = { dim: 3, lower: -1, upper: [1, 2, 3], seed: 3 } as const;

describe.each(backends)('minimize on %s', (backend) => {
  it.each(optimizers.map((def) => def.name))('%s finds a bowl, the same for a function, a promise, a batch, a problem and a module', async (optimizer) => {
    const options: MinimizeOptions = { ...where, optimizer, cost: 4000, backend, params: ['descent', 'sgd', 'adam', 'adamw', 'adamr', 'escape'].includes(optimizer) ? { lr: 0.05 } : {} };
    const outcome = await minimize(bowl, options);
    expect(outcome.best.loss).toBeLessThan(optimizer === 'random' ? 0.1 : 1e-3);
    expect(outcome.best.loss).toBe(bowl(outcome.best.x));
    const rows = (xs: Float64Array, n: number, dim: number): number[] => Array.from({ length: n }, (_, i) => bowl(xs.subarray(i * dim, (i + 1) * dim)));
    const text = 'export default (x) => x.reduce((s, v, i) => s + (i + 1) * (v - 0.25) * (v - 0.25), 0); export const batch = { batch: 1 }; export const nothing = 5;';
    const module = moduleOf(text);
    for (const same of [async (x: Float64Array) => bowl(x), { batch: rows }, { batch: async (xs: Float64Array, n: number, dim: number) => Float64Array.from(rows(xs, n, dim)) }, { module }]) {
      const again = await minimize(same, options);
      expect(again.best).toEqual(outcome.best);
      expect(again.trace).toEqual(outcome.trace);
    }
  });

  it('saves and resumes, and refuses the state of something else', async () => {
    const options: MinimizeOptions = { ...where, optimizer: 'evolution', backend };
    const whole = await minimize(bowl, { ...options, cost: 900 });
    const part = await minimize(bowl, { ...options, cost: 333 });
    const state = JSON.parse(JSON.stringify(part.save()));
    expect((await minimize(bowl, { ...options, cost: 900, resume: state })).trace).toEqual(whole.trace);
    expect(await codeOf(minimize(bowl, { ...options, optimizer: 'random', resume: state }))).toMatch(/^state: the saved state is of "minimize objective \(\w+\) of dim 3 with evolution, seed 3"; expected "minimize objective \(\w+\) of dim 3 with random, seed 3"$/);
    expect(await codeOf(minimize(bowl, { ...options, upper: 3, resume: state }))).toMatch(/^state: the saved state is of/);
    const [one, two] = ['x[0]', 'x[1]'].map((text) => ({ module: moduleOf(`export default (x) => ${text};`) }));
    const other = await minimize(one!, { ...options, cost: 100 });
    expect(await codeOf(minimize(two!, { ...options, cost: 200, resume: other.save() }))).toMatch(/^state: the saved state is of/);
    expect(await codeOf(minimize({ problem: 'sphere' }, { optimizer: 'evolution', backend, resume: state }))).toMatch(/^state: the saved state is of/);
    expect(await codeOf(minimize(bowl, { ...options, resume: { ...state, crc: 1 } }))).toMatch(/^state: the saved state of .* is damaged/);
    expect(await codeOf(minimize(bowl, { ...options, resume: 'junk' }))).toMatch(/^state: the saved state is not one of nadir's/);
  });

  it.each(['cmaes', 'bipop', 'auto'])('%s: a state asked for later is that of the end, whatever has used the arena since', async (optimizer) => {
    const options: MinimizeOptions = { ...where, optimizer, backend };
    const whole = await minimize(bowl, { ...options, cost: 700 });
    const part = await minimize(bowl, { ...options, cost: 300 });
    const early = JSON.stringify(part.save());
    for (let seed = 0; seed < 3; seed++) await minimize({ problem: 'rastrigin', params: { dim: 30, instance: seed } }, { optimizer: 'cmaes', cost: 500, seed, backend });
    expect(JSON.stringify(part.save())).toBe(early);
    if (optimizer !== 'cmaes') return; // the plans of the others follow the cost that was expected at the start
    expect((await minimize(bowl, { ...options, cost: 700, resume: JSON.parse(early) })).trace).toEqual(whole.trace);
  });

  it('holds nothing in the arena afterwards, also when it fails and when runs overlap', async () => {
    const run = (i: number): Promise<unknown> => minimize(i % 3 === 0 ? async () => { throw new Error('no'); } : i % 3 === 1 ? async (x: Float64Array) => x[0]! : ({ problem: 'rastrigin', params: { dim: 50, instance: 1 } } as never), { ...(i % 3 === 2 ? {} : where), cost: 50 + i, backend, seed: i }).catch(() => 0);
    for (let round = 0; round < 40; round++) await Promise.all(Array.from({ length: 30 }, (_, i) => run(i))); // 40 x 10 x 250 kB would fill 16 MiB six times
    expect((await minimize({ problem: 'rastrigin', params: { dim: 500, instance: 1 } }, { cost: 10, backend })).cost).toBe(10);
  });

  it('ask and tell: a loop of one\'s own gives what minimize gives', async () => {
    const search = await ask('evolution', { ...where, backend });
    let best = Infinity;
    for (let spent = 0; spent < 600; ) {
      const batch = search.ask()!;
      const loss = Float64Array.from(batch.xs as Float64Array[], bowl);
      best = Math.min(best, ...loss);
      spent += loss.length;
      search.tell(batch, { loss });
    }
    search.release();
    expect(best).toBe((await minimize(bowl, { ...where, optimizer: 'evolution', cost: 600, backend })).best.loss);
  });

  it('stops at a target and by stagnation, uses a given gradient and x0', async () => {
    expect(await minimize(bowl, { ...where, backend, target: 0.5 })).toMatchObject({ stop: 'target' });
    expect(await minimize(() => 1, { ...where, backend, optimizer: 'annealing', stagnation: 50, cost: 10000 })).toMatchObject({ stop: 'stagnation', cost: 51 });
    let asked = 0;
    const gradient = (x: Float64Array): number[] => (asked++, Array.from(x, (v, i) => 2 * (i + 1) * (v - 0.25)));
    const outcome = await minimize(bowl, { ...where, backend, optimizer: 'descent', params: { lr: 0.1 }, gradient, cost: 200, x0: [1, 2, 3] });
    expect([asked, outcome.cost, outcome.trace[0]!.loss]).toEqual([100, 200, bowl(Float64Array.of(1, 2, 3))]);
    expect(outcome.best.loss).toBeLessThan(1e-12);
  });
});

describe('objectives', () => {
  it('two runs on one problem at once end as they do alone', async () => {
    const shared = fromFunction(async (x) => bowl(x), box(3, -1, 1));
    const run = (seed: number, optimizer: string): ReturnType<typeof minimize> => minimize(shared, { optimizer, cost: 300, seed });
    const alone = [await run(1, 'evolution'), await run(2, 'random')];
    const together = await Promise.all([run(1, 'evolution'), run(2, 'random')]);
    expect(together.map(({ best }) => best)).toEqual(alone.map(({ best }) => best));
  });

  it('a gradient that throws, or is no vector of numbers, fails its point', async () => {
    for (const gradient of [() => { throw new Error('cold'); }, () => [NaN, 0, 0], () => [1]]) {
      expect(await codeOf(minimize(bowl, { ...where, optimizer: 'adam', gradient, cost: 10 }))).toMatch(/^objective: every one of the 5 evaluations failed; the first: the gradient (threw: cold|returned)/);
    }
  });

  it('gradient: false forbids those of a problem as well', async () => {
    let asked = 0;
    const problem = fromFunction(bowl, box(3, -1, 1), (x) => (asked++, x.map((v, i) => 2 * (i + 1) * (v - 0.25))));
    await minimize(problem, { optimizer: 'lbfgs', gradient: false, cost: 100 });
    expect(asked).toBe(0);
    await minimize(problem, { optimizer: 'lbfgs', cost: 100 });
    expect(asked).toBeGreaterThan(0);
  });

  it('ask and tell without gradients: optimizers that can do without are told so, the others say what they need', async () => {
    for (const name of ['auto', 'lbfgs', 'basin', 'dual', 'multistart']) {
      const search = await ask(name, { ...where, cost: 300 });
      for (let i = 0; i < 40; i++) {
        const batch = search.ask();
        if (batch === undefined) break;
        expect(batch.gradient).not.toBe(true);
        search.tell(batch, { loss: Float64Array.from(batch.xs as Float64Array[], bowl) });
      }
      search.release();
    }
    expect(await codeOf(ask('adam', where))).toBe('gradient: optimizer adam needs a gradient and problem "yours" has none');
    expect((await ask('adam', { ...where, gradient: true })).ask()!.gradient).toBe(true);
  });
});

describe('workers', () => {
  it.each(['random', 'evolution', 'adam'])('%s gives the same bits over 1, 2 and 3 workers as on this thread', async (optimizer) => {
    const objective = { problem: 'griewank', params: { dim: 7, instance: 3 } };
    const here = await minimize(objective, { optimizer, cost: 700, seed: 5 });
    for (const workers of 'document' in globalThis ? [2] : [1, 2, 3]) {
      const there = await minimize(objective, { optimizer, cost: 700, seed: 5, workers });
      expect([there.best, there.trace, there.cost, there.stop]).toEqual([here.best, here.trace, here.cost, here.stop]);
    }
  });

  it('a module objective travels, its failures are counted, and a dead end is an error', async () => {
    const module = moduleOf('export default (x) => { if (x[0] < 0) throw new Error("cold"); return x[0] + x[1]; }; export const worst = () => { throw new Error("ever"); };');
    const options: MinimizeOptions = { dim: 2, lower: -1, upper: 1, optimizer: 'random', cost: 300, seed: 1 };
    const here = await minimize({ module }, options);
    const there = await minimize({ module }, { ...options, workers: 2 });
    expect(there.failures).toEqual(here.failures);
    expect(here.failures).toEqual({ count: expect.any(Number), first: 'the objective threw: cold' });
    expect(there.best).toEqual(here.best);
    expect(await codeOf(minimize({ module, export: 'worst' }, { ...options, workers: 2 }))).toBe('objective: every one of the 300 evaluations failed; the first: the objective threw: ever');
  });
});

describe('bad input', () => {
  const good: MinimizeOptions = { dim: 2, lower: -1, upper: 1, cost: 20 };
  const f = (x: Float64Array): number => x[0]!;
  it.each<[unknown, object, string]>([
    [f, { ...good, optimizer: 'admam' }, `name: unknown optimizer "admam"; did you mean adam? have ${optimizers.map((o) => o.name).join(', ')}`],
    [{ problem: 'rastrgin' }, {}, `name: unknown problem "rastrgin"; did you mean rastrigin? have ${problems.map((p) => p.name).join(', ')}`],
    [f, { ...good, optimzer: 'adam' }, 'name: unknown option "optimzer" of minimize; have dim, lower, upper, gradient, cost, target, milliseconds, stagnation, signal, x0, constraints, optimizer, params, seed, workers, backend, observe, resume'],
    [f, { ...good, optimizer: 'adam', params: { rl: 1 } }, 'name: unknown option "rl" of optimizer adam; did you mean lr? have lr, beta1, beta2, epsilon, weightDecay, fidelity'],
    [f, { ...good, optimizer: 'adam', params: { lr: -1 } }, 'input: lr of optimizer adam is -1; allowed: a number above 0'],
    [f, { ...good, optimizer: 'adam', params: { lr: NaN } }, 'input: lr of optimizer adam is NaN; allowed: a number above 0'],
    [f, { ...good, optimizer: 'random', params: { mode: 'best' } }, 'input: mode of optimizer random is "best"; allowed: uniform, shrinking, restart'],
    [f, { ...good, backend: 'gpu' }, 'name: unknown backend "gpu"; have auto, simd, reference'],
    [f, { lower: -1, upper: 1 }, 'input: dim is missing; a function of your own needs dim, lower and upper'],
    [f, { dim: 2, upper: 1 }, 'input: lower is missing; a function of your own needs dim, lower and upper'],
    [f, { ...good, dim: 0 }, 'input: dim is 0; allowed: an integer from 1'],
    [f, { ...good, lower: [0, 0, 0] }, 'input: lower is [0,0,0]; allowed: a number or 2 numbers'],
    [f, { ...good, lower: 1 }, 'input: lower[0] is 1 and upper[0] is 1; allowed: lower below upper'],
    [f, { ...good, upper: NaN }, 'input: upper[0] is NaN; allowed: a finite number'],
    [f, { ...good, cost: 0 }, 'input: cost is 0; allowed: a number above 0'],
    [f, { ...good, seed: 1.5 }, 'input: seed is 1.5; allowed: an integer from 0 to 2^53 - 1'],
    [f, { ...good, x0: [1] }, 'input: x0: the point is [1]; allowed: 2 numbers'],
    [f, { ...good, x0: [0, 5] }, 'input: x0: x[1] is 5; allowed: a number from -1 to 1'],
    [f, { ...good, workers: 2 }, 'input: workers is 2, but a function of this thread cannot travel; give { module: url, export } or { problem: name }, or workers: 0'],
    [{ problem: 'sphere' }, { workers: 2, gradient: (x: Float64Array) => x }, 'input: gradient is a function, but problem sphere brings its own; leave it out or give false'],
    [{ module: 'data:text/javascript,export default (x) => x[0]' }, { ...good, workers: 2, gradient: (x: Float64Array) => x }, 'input: workers is 2, but a function of this thread cannot travel'],
    [f, { ...good, workers: -1 }, 'input: workers is -1; allowed: an integer from 0 to 256'],
    [f, { ...good, optimizer: 'adam', gradient: false }, 'gradient: optimizer adam needs a gradient and problem "objective" has none'],
    [f, { ...good, optimizer: 'adam', cost: 3 }, 'input: cost is 3; allowed: from 5, the price of the first point'],
    [f, { ...good, signal: AbortSignal.abort() }, 'aborted: the signal was aborted before the start'],
    [null, good, 'input: the objective is null; allowed: a function, { batch }, a problem, { problem: name } or { module: url }'],
    [{}, good, 'input: the objective is {}; allowed: a function, { batch }, a problem, { problem: name } or { module: url }'],
    [{ problem: 'sphere' }, { lower: 1 }, 'input: lower is 1, but problem sphere brings its own; leave it out'],
    [{ problem: 'sphere', params: { dim: 1.5 } }, {}, 'input: dim of problem sphere is 1.5; allowed: an integer from 1 to 1000000'],
    [{ problem: 'rosenbrock', params: { dim: 1 } }, {}, 'input: dim of problem rosenbrock is 1; allowed: an integer from 2 to 1000000'],
    [{ problem: 'sphere', params: { dim: 5000, instance: 1 } }, { cost: 5 }, 'memory: dim is 5000; allowed: up to '],
    [{ module: 'data:text/javascript,export const a = 1' }, good, 'input: export "default" of "data:text/javascript,export const a = 1" is undefined; allowed: a function, { batch } or a problem; it has a'],
    [{ module: 'data:text/javascript,}' }, good, 'input: module "data:text/javascript,}" cannot be imported: '],
    [() => NaN, good, 'objective: every one of the 20 evaluations failed; the first: the objective returned NaN'],
    [() => -Infinity, good, 'objective: every one of the 20 evaluations failed; the first: the objective returned -Infinity'],
    [() => undefined, good, 'objective: every one of the 20 evaluations failed; the first: the objective returned undefined; expected a number'],
    [() => { throw new Error('boom'); }, good, 'objective: every one of the 20 evaluations failed; the first: the objective threw: boom'],
    [{ batch: () => [1] }, { ...good, optimizer: 'random' }, 'objective: every one of the 20 evaluations failed; the first: the objective returned 1 losses for 20 points'],
    [{ batch: () => 'x' }, good, 'objective: every one of the 20 evaluations failed; the first: the objective returned "x" for 1 points'],
  ])('%#', async (objective, options, message) => {
    const text = await codeOf(minimize(objective as never, options));
    expect(text.startsWith(message), text).toBe(true);
    expect(text).not.toContain('\n');
  });

  it('an optimizer that cannot work on the space says which it can', async () => {
    const space = { ...box(2, 0, 1), name: 'plane' };
    const problem = { name: 'flat', space, score: () => ({ loss: new Float64Array(1) }) };
    expect(await codeOf(minimize(problem as never, { optimizer: 'evolution', cost: 5 }))).toBe('space: optimizer evolution works on space box; problem "flat" is over plane');
  });
});
