/** A cycle of the combination search under the optimizers of the bits space, against the literal enumeration. */
import { describe, expect, it } from 'vitest';
import { createRandom, cycle, minimize } from '../../src/index.ts';
import type { CycleStart } from '../../src/index.ts';
import { literal } from '../../src/problems/combination.ts';

const random = createRandom(3); // with a step factor of 1 weights that are there would make ties
const starts: Required<CycleStart>[] = Array.from({ length: 4 }, (_, i) => ({
  coefficients: Array.from({ length: 8 }, () => 20 * random.normal()),
  weights: Array.from({ length: 8 }, () => [0, 1, 0.5][random.int(3)]!),
  wpn: [0.3, 0.5, 0.25, 2][i]!,
  target: 15 * i,
}));

describe('a cycle as a problem', () => {
  it.each(['genetic', 'annealing', 'random'])('%s finds the exact winner among 255 lines', async (optimizer) => {
    for (const start of starts) {
      const want = literal({ ...start, coefficients: Float64Array.from(start.coefficients), weights: Float64Array.from(start.weights) });
      const { best } = await minimize(cycle(start), { optimizer, cost: 6000, target: want.d });
      expect([best.loss, best.violation, Array.from(best.x)]).toEqual([want.d, 0, Array.from(want.selection)]);
    }
  });
  it('the empty selection never wins, though it is nearest', async () => {
    const { best } = await minimize(cycle({ coefficients: [5, 7], target: 0 }), { optimizer: 'genetic', cost: 300 });
    expect([best.loss, Array.from(best.x)]).toEqual([5, [1, 0]]);
  });
  it.each([
    [{ coefficients: [], target: 1 }, 'coefficients is []; allowed: finite numbers, at least one'],
    [{ coefficients: [1, NaN], target: 1 }, 'coefficients[1] is NaN; allowed: a finite number'],
    [{ coefficients: [1], target: Infinity }, 'target is Infinity; allowed: a finite number'],
    [{ coefficients: [1], weights: [1, 2], target: 1 }, 'weights has 2 numbers; allowed: 1, one a coefficient'],
    [{ coefficients: [1], wpn: '1', target: 1 }, 'wpn is "1"; allowed: a finite number'],
  ])('refuses %j', (start, message) => {
    expect(() => cycle(start as CycleStart)).toThrow(message);
  });
});
