/** The contract of a strategy of the program search, on a small made-up text. A strategy's own test is a line in strategies-programs.test.ts. */
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../src/backend/index.ts';
import { resolve } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import { run } from '../../src/core/run.ts';
import { seal, unseal } from '../../src/core/snapshot.ts';
import { compression, slots } from '../../src/problems/compression.ts';
import { programs, type Kernel } from '../../src/spaces/program.ts';
import type { Backend, Optimizer, Snapshot } from '../../src/core/types.ts';
import type { StrategyContext, StrategyDef } from '../../src/strategies/strategy.ts';

const WORDS = 'the of and a to in he was that it his is with as had for not at her be on you him by this have from which but she were all an they so one what said them when we been would out if'.split(' ');
/** Sentences of common words, the same everywhere. */
export function text(bytes: number, seed = 1): Uint8Array {
  const random = createRandom(seed);
  let out = '';
  while (out.length < bytes) {
    const words = Array.from({ length: 4 + random.int(9) }, () => WORDS[Math.min(random.int(WORDS.length), random.int(WORDS.length))]!);
    out += `${words.join(' ')}${random.int(3) === 0 ? ',' : '.'}${random.int(5) === 0 ? '\n' : ' '}`;
  }
  return new TextEncoder().encode(out.slice(0, bytes));
}
const SMALL = text(2500);
const LARGE = text(6000); // SMALL is a prefix of it
const seed = (snapshot: Snapshot): string => JSON.stringify(seal('t', snapshot));
const again = (snapshot: Snapshot): Snapshot => unseal('t', JSON.parse(seed(snapshot)));
const codes = (xs: readonly Kernel[]): string => JSON.stringify(xs.map((x) => programs.encode(x)));

export function strategyContract(def: StrategyDef): void {
  describe(`strategy ${def.name}`, () => {
    let backend: Backend;
    let COST: number; // nominal milliseconds
    beforeAll(async () => {
      backend = await openBackend('auto', 1 << 26);
      COST = backend.name === 'simd' ? 120 : 30; // the plain twin is slower
    });
    const open = (corpus: Uint8Array) => compression({ corpus, bits: 16 }, { backend: backend.scope() });
    const begin = (corpus: Uint8Array, extra: Partial<StrategyContext> = {}, saved?: Snapshot): Optimizer<Kernel> =>
      def.start(resolve(`strategy ${def.name}`, def.options, {}), { random: createRandom(1).fork(def.name), backend: backend.scope(), corpus, bits: slots(corpus.length, 16), cost: COST, ...extra }, saved);

    it('has a complete definition', () => {
      expect(def.name).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(Number.isInteger(def.number) && def.number >= 0 && def.number <= 16).toBe(true);
      expect(def.about.length).toBeGreaterThan(10);
      for (const option of Object.values(def.options) as { about: string }[]) expect(option.about.length).toBeGreaterThan(3);
    });

    it('is deterministic at a cost budget, learns, and another seed is another search', async () => {
      const outcomes = [];
      const firsts: number[] = [];
      for (const n of [1, 1, 2]) {
        let first = NaN;
        outcomes.push(await run(open(SMALL), begin(SMALL, { random: createRandom(n) }), { cost: COST }, { observe: ({ best }) => void (Number.isNaN(first) && (first = best!.loss)) }));
        firsts.push(first);
      }
      expect(outcomes[0]!.best).toEqual(outcomes[1]!.best);
      expect(outcomes[0]!.trace).toEqual(outcomes[1]!.trace);
      expect([outcomes[2]!.trace, firsts[2]]).not.toEqual([outcomes[0]!.trace, firsts[0]]);
      expect(outcomes[0]!.best.loss).toBeLessThanOrEqual(firsts[0]!);
    });

    it('asks the same kernels until it is told, and a restored one asks them too, for the same effort', async () => {
      const problem = open(SMALL);
      const a = begin(SMALL);
      for (let k = 0, spent = 0; k < 12 && spent < COST; k++) {
        const batch = a.ask();
        if (batch === undefined) break;
        expect(codes(a.ask()!.xs)).toBe(codes(batch.xs));
        const b = begin(SMALL, { random: createRandom(77) }, again(a.save()));
        const twin = b.ask()!;
        expect([codes(twin.xs), twin.above, twin.effort, twin.fidelity]).toEqual([codes(batch.xs), batch.above, batch.effort, batch.fidelity]);
        const scores = await problem.score(batch);
        spent += scores.cost! + (batch.effort ?? 0);
        expect(batch.effort ?? 0).toBeGreaterThanOrEqual(0);
        a.tell(batch, scores);
        b.tell(twin, scores);
        expect(seed(b.save())).toBe(seed(a.save()));
      }
    });

    it('scores what it is given first, and never ends above it', async () => {
      const problem = open(SMALL);
      const x0 = programs.neighbor(programs.sample(createRandom(5)), createRandom(6));
      const optimizer = begin(SMALL, { x0 });
      expect(codes([optimizer.ask()!.xs[0]!])).toBe(codes([x0]));
      const { best } = await run(problem, optimizer, { cost: COST / 2 });
      expect(best.loss).toBeLessThanOrEqual((await problem.score({ xs: [x0] })).loss[0]!);
    });

    it('survives a rung that ends between ask and tell, and goes on from its best on a longer prefix', async () => {
      const short = begin(SMALL);
      let told: Kernel | undefined; // the last batch may be scored in part, and then it is not told
      const { best } = await run(open(SMALL), short, { cost: COST / 2 }, { observe: (progress) => void (told = progress.best?.x) });
      short.ask();
      const long = begin(LARGE, { x0: best.x, random: createRandom(3) }, again(short.save()));
      expect(codes([long.ask()!.xs[0]!])).toBe(codes([best.x]));
      const problem = open(LARGE);
      const outcome = await run(problem, long, { cost: COST / 2 });
      expect(outcome.best.loss).toBeLessThanOrEqual((await problem.score({ xs: [best.x] })).loss[0]!);
      expect(outcome.failures.count).toBe(0);
      // Without being told where to begin it remembers.
      expect(codes(begin(LARGE, { random: createRandom(3) }, again(short.save())).ask()!.xs)).toContain(codes([told!]).slice(1, -1));
    });

    it('survives failures and kernels that nobody asked for', async () => {
      const problem = open(SMALL);
      const optimizer = begin(SMALL);
      optimizer.tell({ xs: [programs.sample(createRandom(9))] }, { loss: Float64Array.of(7.5) });
      let n = 0;
      const broken = { ...problem, score: async (batch: never) => {
        const scores = await problem.score(batch);
        return { ...scores, loss: scores.loss.map((l) => (++n % 3 === 0 ? NaN : l)) };
      } };
      const outcome = await run(broken, optimizer, { cost: COST / 2 });
      expect(Number.isFinite(outcome.best.loss)).toBe(true);
    });

    it('respects its share: no batch takes more than half of what it may spend, its own work included', async () => {
      const share = 200; // on the plain twin too: the start of a machine alone is some milliseconds
      const problem = open(SMALL);
      const optimizer = begin(SMALL, { cost: share });
      for (let spent = 0, batch = optimizer.ask(); batch !== undefined && spent < COST; batch = optimizer.ask()) {
        const scores = await problem.score(batch);
        const price = scores.cost! + (batch.effort ?? 0);
        expect(price).toBeLessThan(share / 2);
        spent += price;
        optimizer.tell(batch, scores);
      }
    });
  });
}
