/** Strategy genetic: it learns, CMA-ES has its turns and its memory is exact in the middle of one, prefixes grow, its best is scored on the whole text. */
import { describe, expect, it } from 'vitest';
import { openBackend } from '../../src/backend/index.ts';
import { resolve } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import { seal, unseal } from '../../src/core/snapshot.ts';
import type { Optimizer, Snapshot } from '../../src/core/types.ts';
import { compression, slots } from '../../src/problems/compression.ts';
import { programs, type Kernel } from '../../src/spaces/program.ts';
import { genetic } from '../../src/strategies/genetic.ts';
import { text } from '../cases/strategy.ts';

const CORPUS = text(4000, 2);
const PARAMS = resolve('strategy genetic', genetic.options, { population: 8, tournament: 3, batch: 4, inner: 0.5, prefix: 1000 });

async function open(cost: number) {
  const backend = await openBackend('auto', 1 << 26);
  const begin = (saved?: Snapshot): Optimizer<Kernel> => genetic.start(PARAMS, { random: createRandom(1), backend: backend.scope(), corpus: CORPUS, bits: slots(CORPUS.length, 14), cost }, saved);
  return { begin, problem: compression({ corpus: CORPUS, bits: 14 }, { backend: backend.scope() }), plain: backend.name !== 'simd' };
}

describe('strategy genetic', () => {
  it('goes on from any batch as if it had never stopped, CMA-ES in the middle of a run included', async () => {
    const { begin, problem, plain } = await open(120);
    const again = (snapshot: Snapshot): Snapshot => unseal('t', JSON.parse(JSON.stringify(seal('t', snapshot))));
    let one = begin();
    const straight = begin();
    let inner = 0;
    const shares = new Set<number>();
    for (let k = 0; k < (plain ? 12 : 70); k++) {
      one = begin(again(one.save()));
      const batch = one.ask()!;
      const other = straight.ask()!;
      expect(batch.xs.map((x) => programs.encode(x))).toEqual(other.xs.map((x) => programs.encode(x)));
      shares.add(batch.fidelity ?? 1);
      if ((one.save() as { inner: unknown }).inner) inner++;
      one = begin(again(one.save()));
      const scores = await problem.score(batch);
      one.tell(one.ask()!, scores);
      straight.tell(other, scores);
    }
    if (plain) return;
    expect(inner).toBeGreaterThan(5);
    expect([...shares].sort()).toEqual([0.25, 1]);
  });

  it('ends far below its start, and its best was scored on the whole text', async () => {
    const { begin, problem, plain } = await open(plainCost);
    const optimizer = begin();
    let first = NaN;
    let best = Infinity;
    for (let spent = 0; spent < (plain ? 60 : plainCost); ) {
      const batch = optimizer.ask()!;
      const scores = await problem.score(batch);
      if ((batch.fidelity ?? 1) === 1) best = Math.min(best, ...scores.loss);
      if (Number.isNaN(first)) first = best;
      spent += scores.cost!;
      optimizer.tell(batch, scores);
    }
    expect(best).toBeLessThan(0.7 * first);
  });
});
const plainCost = 400;
