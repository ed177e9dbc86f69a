/** The optimizer contract, run over the registry on every backend. An optimizer's own test is a line in optimizers.test.ts. */
import { describe, expect, it } from 'vitest';
import { bits, box, createRandom, differences, fromFunction, limit, NadirError, openBackend, optimizer as optimizerOf, problem as problemOf, run, seal, start, unseal } from '../../src/index.ts';
import type { Backend, Context, Optimizer, OptimizerDef, Problem, Snapshot } from '../../src/index.ts';

interface Case { readonly what: string; open(backend: Backend): Problem<any, any> }

const CASES: readonly Case[] = [
  { what: 'rotated rastrigin', open: (backend) => problemOf('rastrigin').open({ dim: 4, instance: 5, rotate: true }, { backend: backend.scope(), random: createRandom(0) }) },
  { what: 'a narrow asymmetric box', open: () => differences(fromFunction((x) => (x[0]! - 1) ** 2 + Math.abs(x[1]! + 3) + x[2]! * x[2]!, box(3, [0.5, -3, -1e-3], [0.75, 1e6, 1e-3]))) },
  {
    what: 'bits',
    open: () => {
      const space = bits(12);
      return { name: 'ones', space, score: ({ xs }) => ({ loss: Float64Array.from(xs, (x) => 12 - (x as Uint8Array).reduce((s, b) => s + b, 0)) }) } satisfies Problem<Uint8Array>;
    },
  },
];

/**
 * The constrained case: x0 + x1 >= 1 on a sphere of dim 3 is lowest at (1/2, 1/2, 0), by 1/2. Optimizers that follow a
 * gradient or the axes end at the first limit they meet; the augmented Lagrangian around them does not. `gap`: how far from 1/2 it may end after `cost`, 4,000.
 */
const LIMITED: { readonly [name: string]: { readonly optimizer?: string; readonly params?: { readonly [key: string]: unknown }; readonly gap?: number; readonly cost?: number } } = {
  auto: { gap: 1e-5 },
  random: { gap: 0.3 }, // 4,000 uniform points
  annealing: { gap: 0.1 }, // it moves along the axes, and the limit is oblique to them
  lbfgs: { optimizer: 'lagrangian', gap: 1e-5 },
  descent: { optimizer: 'lagrangian', params: { local: 'descent' } },
  sgd: { optimizer: 'lagrangian', params: { local: 'sgd' } },
  adam: { optimizer: 'lagrangian', params: { local: 'adam' }, cost: 20000 },
  adamw: { optimizer: 'lagrangian', params: { local: 'adamw' }, cost: 20000 },
  adamr: { optimizer: 'lagrangian', params: { local: 'adamr' }, cost: 40000 },
  perturbed: { optimizer: 'lagrangian', params: { local: 'perturbed' } },
  sharpness: { optimizer: 'lagrangian', params: { local: 'sharpness' } },
  escape: { optimizer: 'lagrangian', params: { local: 'escape' }, cost: 20000 },
  pattern: { optimizer: 'lagrangian', params: { local: 'pattern' }, gap: 1e-5 },
  coordinate: { gap: 0.6 }, // lines along the axes only: the first stage of others
  dual: { gap: 0.05 },
  basin: { params: { local: 'lagrangian' }, gap: 1e-5 },
  multistart: { params: { local: 'lagrangian' }, gap: 1e-5 },
  lagrangian: { gap: 1e-5 },
};

export function optimizerContract(def: OptimizerDef, backendName: 'simd' | 'reference'): void {
  const cases = CASES.filter(({ what }) => def.spaces.includes('*') || def.spaces.includes(what === 'bits' ? 'bits' : 'box'));

  describe(`${def.name} on ${backendName}`, () => {
    it('has a complete definition', () => {
      expect(def.name).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(def.about.length).toBeGreaterThan(10);
      expect(def.spaces.length).toBeGreaterThan(0);
      for (const option of Object.values(def.options) as { about: string }[]) expect(option.about.length).toBeGreaterThan(3);
    });

    describe.each(cases)('over $what', ({ open }) => {
      const begin = async (seed = 1, extra: Partial<Context<any>> = {}, saved?: Snapshot): Promise<[Problem<any, any>, Optimizer<any>]> => {
        const backend = await openBackend(backendName, 1 << 22);
        const problem = open(backend);
        return [problem, start(def, problem, {}, { random: createRandom(seed).fork('optimizer'), backend: backend.scope(), cost: 400, ...extra }, saved)];
      };

      it('is deterministic, and another seed is another run', async () => {
        const outcomes = [];
        for (const seed of [1, 1, 2]) {
          const [problem, optimizer] = await begin(seed);
          outcomes.push(await run(problem, optimizer, { cost: 400 }));
        }
        expect(outcomes[0]!.best).toEqual(outcomes[1]!.best);
        expect(outcomes[0]!.trace).toEqual(outcomes[1]!.trace);
        expect(outcomes[2]!.trace).not.toEqual(outcomes[0]!.trace);
      });

      it('asks the same batch until it is told, and never a point outside the space', async () => {
        const [problem, optimizer] = await begin();
        for (let k = 0; k < 60; k++) {
          const batch = optimizer.ask();
          if (batch === undefined) break;
          const again = optimizer.ask()!;
          expect(again.xs.map((x) => problem.space.encode(x))).toEqual(batch.xs.map((x) => problem.space.encode(x)));
          for (const x of batch.xs) expect(problem.space.decode(problem.space.encode(x))).toEqual(x); // decode checks the bounds
          optimizer.tell(again, await problem.score(again));
        }
      });

      it('never ends above where it began, and scores that first', async () => {
        const [problem] = await begin();
        const x0 = problem.space.sample(createRandom(99));
        const seen: unknown[] = [];
        const watched = { ...problem, score: (batch: never) => (seen.length === 0 && seen.push(problem.space.encode((batch as { xs: unknown[] }).xs[0])), problem.score(batch)) };
        const [, optimizer] = await begin(1, { x0 });
        const outcome = await run(watched, optimizer, { cost: 200 });
        const { loss } = await problem.score({ xs: [x0] });
        expect(seen[0]).toEqual(problem.space.encode(x0));
        expect(outcome.best.loss).toBeLessThanOrEqual(loss[0]!);
      });

      it.each([1, 2, 3, 37, 64, 65, 150, 399])('saved after cost %i and restored from JSON, it ends as one run does, bit for bit', async (k) => {
        const [problem, straight] = await begin();
        const price = 1 + (straight.ask()?.gradient ? problem.gradient! : 0);
        const whole = await run(problem, straight, { cost: 400 });
        if (k < price) return;
        const [p1, first] = await begin();
        const part = await run(p1, first, { cost: k });
        const state = unseal('run', JSON.parse(JSON.stringify(part.save()))) as { run: Snapshot; optimizer: Snapshot };
        const [p2, second] = await begin(77, {}, state.optimizer);
        const rest = await run(p2, second, { cost: 400 }, { resume: state.run });
        expect(rest.best).toEqual(whole.best);
        expect(rest.trace).toEqual(whole.trace);
        expect([rest.cost, rest.stop, rest.failures]).toEqual([whole.cost, whole.stop, whole.failures]);
        expect(JSON.stringify(rest.save())).toBe(JSON.stringify(whole.save()));
      });

      it('saves between ask and tell as well as after', async () => {
        const [problem, a] = await begin();
        for (let k = 0; k < 5; k++) {
          const batch = a.ask()!;
          const [, b] = await begin(77, {}, unseal('t', JSON.parse(JSON.stringify(seal('t', a.save())))));
          const twin = b.ask()!;
          expect(twin.xs.map((x) => problem.space.encode(x))).toEqual(batch.xs.map((x) => problem.space.encode(x)));
          const scores = await problem.score(batch);
          a.tell(batch, scores);
          b.tell(twin, scores);
          expect(JSON.stringify(seal('t', b.save()))).toBe(JSON.stringify(seal('t', a.save())));
        }
      });

      it('counts cost honestly: never above the budget, and all of it when nothing else ends the run', async () => {
        for (const cost of [50, 101, 333]) {
          const [problem, optimizer] = await begin();
          let points = 0;
          const counted = { ...problem, score: (batch: { xs: readonly unknown[]; gradient?: boolean }) => ((points += batch.xs.length * (1 + (batch.gradient ? problem.gradient! : 0))), problem.score(batch as never)) };
          const outcome = await run(counted, optimizer, { cost });
          expect(outcome.cost).toBe(points);
          expect(outcome.cost).toBeLessThanOrEqual(cost);
          if (outcome.stop === 'budget') expect(cost - outcome.cost).toBeLessThan(1 + (problem.gradient ?? 0));
        }
      });

      it('survives failures: every third point is NaN, and nothing it asks is', async () => {
        const [problem, optimizer] = await begin();
        let n = 0;
        const broken = { ...problem, score: async (batch: never) => {
          const scores = await problem.score(batch);
          return { ...scores, loss: scores.loss.map((l) => (++n % 3 === 0 ? NaN : l)) };
        } };
        const outcome = await run(broken, optimizer, { cost: 300 });
        expect(outcome.failures.count).toBeGreaterThan(0);
        expect(Number.isFinite(outcome.best.loss)).toBe(true);
        expect(problem.space.decode(problem.space.encode(outcome.best.x))).toEqual(outcome.best.x);
      });

      it('welcomes points nobody asked for: before the first batch, between ask and tell, better ones, and from outside the space', async () => {
        const [problem, optimizer] = await begin();
        optimizer.tell({ xs: [problem.space.sample(createRandom(5))] }, { loss: Float64Array.of(1e9) });
        const inside = problem.space.sample(createRandom(6));
        const outside = problem.space.name === 'box' ? [Float64Array.from(inside as Float64Array, () => 1e30)] : [];
        for (let k = 0; k < 12; k++) {
          const early = optimizer.ask();
          if (early === undefined) break;
          const xs = [...outside, inside];
          const { loss } = await problem.score({ xs: [inside] });
          optimizer.tell({ xs }, { loss: Float64Array.from([...outside.map(() => -1e9), loss[0]!]), gradient: xs.map((x) => new Float64Array((x as Float64Array).length)) });
          const [, twin] = await begin(77, {}, unseal('t', JSON.parse(JSON.stringify(seal('t', optimizer.save())))));
          const batch = optimizer.ask();
          expect(twin.ask()?.xs.map((x) => problem.space.encode(x))).toEqual(batch?.xs.map((x) => problem.space.encode(x)));
          if (batch === undefined) break;
          for (const x of batch.xs) expect(problem.space.decode(problem.space.encode(x))).toEqual(x);
          optimizer.tell(batch, await problem.score(batch));
        }
      });

      it('is not led astray by failures under a limit: a point that fails is worse than one that violates', async () => {
        const [problem, optimizer] = await begin();
        let n = 0;
        const limited = { ...problem, score: async (batch: { xs: readonly unknown[] }) => {
          const scores = await problem.score(batch as never);
          const failed = batch.xs.map(() => ++n % 7 === 2);
          return { ...scores, loss: scores.loss.map((l, i) => (failed[i] ? NaN : l)), violation: Float64Array.from(batch.xs, (x) => Math.max(0, 0.6 - Number((x as Float64Array)[0]))) };
        } };
        const outcome = await run(limited, optimizer, { cost: 400 });
        expect(Number.isFinite(outcome.best.loss)).toBe(true);
        if (def.gradient !== 'required') expect(outcome.best.violation).toBe(0); // descents follow the loss alone
      });

      it('stops on abort', async () => {
        const [problem, optimizer] = await begin();
        const stop = new AbortController();
        setTimeout(() => stop.abort(), 20);
        const outcome = await run(problem, optimizer, { signal: stop.signal, milliseconds: 20000 });
        expect(['aborted', 'exhausted']).toContain(outcome.stop);
      });
    });

    it.runIf(def.spaces.includes('*') || def.spaces.includes('box'))('ends feasible and near the optimum under a limit it meets', async () => {
      const { optimizer = def.name, params = {}, gap = 0.01, cost = 4000 } = LIMITED[def.name] ?? {};
      const backend = await openBackend(backendName, 1 << 22);
      const space = box(3, -2, 2);
      const sphere = fromFunction((x) => x[0]! * x[0]! + x[1]! * x[1]! + x[2]! * x[2]!, space, def.gradient === 'required' ? (x) => x.map((v) => 2 * v) : undefined);
      const problem = limit(sphere, (x) => 1 - x[0]! - x[1]!);
      const context = { random: createRandom(1).fork('optimizer'), backend: backend.scope(), cost };
      const { best } = await run(problem, start(optimizerOf(optimizer), problem, params, context), { cost });
      expect(best.violation).toBe(0);
      expect(best.loss).toBeGreaterThan(0.5 - 1e-12);
      expect(best.loss).toBeLessThan(0.5 + gap);
    });

    it('refuses a space it cannot work on', async () => {
      if (def.spaces.includes('*')) return;
      const backend = await openBackend(backendName, 1 << 20);
      const context = { random: createRandom(1), backend };
      expect(() => start(def, { name: 'p', space: { ...bits(4), name: 'elsewhere' } }, {}, context)).toThrow(NadirError);
    });
  });
}
