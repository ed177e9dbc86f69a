/** The soft machine: its gradient against finite differences and a literal mixture, its training against programs whose best slots are known, and its price. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { openBackend } from '../../src/backend/index.ts';
import { resolve } from '../../src/core/options.ts';
import { run } from '../../src/core/run.ts';
import { compression, slots } from '../../src/problems/compression.ts';
import { soft } from '../../src/strategies/soft.ts';
import { harden, openSoft, softLoss, train, weightsOf, type Rows } from '../../src/strategies/kit/gates.ts';
import { text } from '../cases/strategy.ts';

function rowsOf(n: number, columns: number, seed: number): Rows {
  const random = createRandom(seed);
  return { inputs: Float32Array.from({ length: n * columns }, (_, i) => (i % columns ? 2 * random.normal() : 0)), bits: Uint8Array.from({ length: n }, () => random.int(2)), columns };
}

describe('the soft machine', () => {
  it('has the loss of the mixture, written out', () => {
    const rows = rowsOf(40, 5, 1);
    const random = createRandom(2);
    const model = openSoft(3, 5, Float64Array.of(0, 0.1, 0.2, 0.3, 0.4));
    for (let i = 0; i < model.theta.length; i++) model.theta[i] = random.normal();
    const t = 0.7;
    const gate = (s: number, c: number): number => Math.exp(model.theta[5 * s + c]! / t) / [0, 1, 2, 3, 4].reduce((sum, k) => sum + Math.exp(model.theta[5 * s + k]! / t), 0);
    let loss = 0;
    for (let r = 0; r < 40; r++) {
      let z = model.theta[18]!;
      for (let s = 0; s < 3; s++) for (let c = 0; c < 5; c++) z += model.theta[15 + s]! * gate(s, c) * rows.inputs[5 * r + c]!;
      const p = 1 / (1 + Math.exp(-z));
      loss -= Math.log2(rows.bits[r] ? p : 1 - p) / 40;
    }
    for (let s = 0; s < 3; s++) for (let c = 0; c < 5; c++) loss += gate(s, c) * model.price[c]!;
    expect(softLoss(model, rows, t, 0, 40)).toBeCloseTo(loss, 10);
  });

  it('has the gradient that central differences have', () => {
    for (const [columns, count, t] of [[2, 1, 1], [7, 4, 0.5], [12, 6, 0.13]] as const) {
      const rows = rowsOf(64, columns, columns);
      const random = createRandom(count);
      const model = openSoft(count, columns, Float64Array.from({ length: columns }, (_, c) => 0.05 * c));
      for (let i = 0; i < model.theta.length; i++) model.theta[i] = 0.4 * random.normal();
      const gradient = new Float64Array(model.theta.length);
      softLoss(model, rows, t, 8, 60, gradient);
      for (let i = 0; i < model.theta.length; i++) {
        const at = model.theta[i]!;
        const h = 1e-6;
        model.theta[i] = at + h;
        const up = softLoss(model, rows, t, 8, 60);
        model.theta[i] = at - h;
        const down = softLoss(model, rows, t, 8, 60);
        model.theta[i] = at;
        expect(Math.abs(gradient[i]! - (up - down) / (2 * h))).toBeLessThan(2e-7 + 1e-5 * Math.abs(gradient[i]!));
      }
    }
  });

  it('finds the columns that made the bits, and their weights', () => {
    const random = createRandom(3);
    const columns = 9;
    const rows = rowsOf(4000, columns, 4);
    const truth = new Map([[3, 1.5], [7, -0.8]]);
    for (let r = 0; r < 4000; r++) {
      let z = 0;
      for (const [c, w] of truth) z += w * rows.inputs[r * columns + c]!;
      rows.bits[r] = random.f64() < 1 / (1 + Math.exp(-z)) ? 1 : 0;
    }
    const model = openSoft(4, columns, Float64Array.from({ length: columns }, (_, c) => (c ? 0.002 : 0)));
    for (let i = 0; i < 4 * columns; i++) model.theta[i] = 0.3 * random.normal();
    for (let s = 0; s < 4; s++) model.theta[4 * columns + s] = s % 2 ? -0.3 : 0.3;
    train(model, rows, { steps: 300, batch: 1000, gates: 0.1, weights: 0.03, last: 0.1 }, random);
    const chosen = harden(model);
    train(model, rows, { steps: 200, batch: 4000, gates: 0, weights: 0.03, last: 1 }, random);
    const found = new Map<number, number>();
    chosen.forEach((c, s) => found.set(c, (found.get(c) ?? 0) + weightsOf(model)[s]!));
    for (const [c, w] of truth) expect(Math.abs((found.get(c) ?? 0) - w)).toBeLessThan(0.25);
    for (const [c, w] of found) if (c !== 0 && !truth.has(c)) expect(Math.abs(w)).toBeLessThan(0.2);
  });

  it('leaves slots empty that are not worth their price', () => {
    const rows = rowsOf(500, 4, 5); // nothing predicts these bits
    const model = openSoft(3, 4, Float64Array.of(0, 0.5, 0.5, 0.5));
    train(model, rows, { steps: 150, batch: 500, gates: 0.2, weights: 0.02, last: 0.2 }, createRandom(6));
    expect(harden(model)).toEqual([0, 0, 0]);
  });
});

describe('the strategy', () => {
  it('counts its own work, and ends far below where it began', async () => {
    const corpus = text(5000, 3);
    const backend = await openBackend('auto', 1 << 26);
    const problem = compression({ corpus, bits: 16 }, { backend: backend.scope() });
    const cost = backend.name === 'simd' ? 300 : 60;
    const optimizer = soft.start(resolve('strategy soft', soft.options, {}), { random: createRandom(4), backend: backend.scope(), corpus, bits: slots(corpus.length, 16), cost });
    const first = optimizer.ask()!;
    const scores = await problem.score(first);
    const start = scores.loss[0]!;
    optimizer.tell(first, scores);
    expect(optimizer.ask()!.effort).toBeGreaterThan(1);
    const { best } = await run(problem, optimizer, { cost });
    expect(best.loss).toBeLessThan(0.6 * start);
  });
});
