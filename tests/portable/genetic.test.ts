import { describe, expect, it } from 'vitest';
import { bits, box, createRandom, optimizer, sharedBackend, start } from '../../src/index.ts';
import type { Optimizer } from '../../src/index.ts';

interface State { readonly pool: number[][]; readonly loss: number[] }
const state = (search: Optimizer<any>): State => search.save() as unknown as State;
const zeros = (x: ArrayLike<number>): number => Array.from(x).filter((bit) => bit === 0).length;

describe('aging', () => {
  it('keeps the youngest, whatever they are worth', async () => {
    const space = bits(20);
    const search = start(optimizer('aging'), { name: 'ones', space }, { population: 10, tournament: 3 }, { random: createRandom(1), backend: await sharedBackend() });
    const told: number[][] = [];
    for (let k = 0; k < 60; k++) {
      const batch = search.ask()!;
      told.push(...batch.xs.map((x) => Array.from(x as Uint8Array)));
      search.tell(batch, { loss: Float64Array.from(batch.xs, zeros) });
      expect(state(search).pool).toEqual(told.slice(-10));
    }
  });

  it('mutates the winner of the tournament: of a large one, the best', async () => {
    const space = bits(20);
    const search = start(optimizer('aging'), { name: 'ones', space }, { population: 10, tournament: 1000 }, { random: createRandom(1), backend: await sharedBackend() });
    for (let k = 0; k < 300; k++) {
      const { pool, loss } = state(search);
      const batch = search.ask()!;
      if (pool.length === 10) {
        const winners = pool.filter((_, i) => loss[i] === Math.min(...loss));
        for (const x of batch.xs) expect(winners.some((w) => w.filter((bit, i) => bit !== (x as Uint8Array)[i]).length === 1)).toBe(true);
      }
      search.tell(batch, { loss: Float64Array.from(batch.xs, zeros) });
    }
    expect(Math.min(...state(search).loss)).toBeLessThan(6); // of 20; a flip of the best is mostly worse, and the best dies too
  });
});

describe('genetic', () => {
  it('never loses its elite, and finds all ones', async () => {
    const search = start(optimizer('genetic'), { name: 'ones', space: bits(40) }, {}, { random: createRandom(2), backend: await sharedBackend(), cost: 5000 });
    let best = Infinity;
    for (let k = 0; k < 100; k++) {
      const batch = search.ask()!;
      search.tell(batch, { loss: Float64Array.from(batch.xs, zeros) });
      const now = Math.min(...state(search).loss);
      expect(now).toBeLessThanOrEqual(best);
      expect(state(search).pool.length).toBe(50);
      best = now;
    }
    expect(best).toBe(0);
  });

  it('children on bits have every item from one of two parents, but for the flip', async () => {
    const search = start(optimizer('genetic'), { name: 'p', space: bits(64) }, { population: 2, crossover: 1, tournament: 1 }, { random: createRandom(3), backend: await sharedBackend() });
    search.tell(search.ask()!, { loss: Float64Array.of(1, 2) });
    const [a, b] = state(search).pool as [number[], number[]];
    const child = search.ask()!.xs[0] as Uint8Array;
    expect(Array.from(child).filter((bit, i) => bit !== a[i] && bit !== b[i]).length).toBeLessThanOrEqual(1);
  });

  it('crosses on a box with the density of simulated binary crossover', async () => {
    const dim = 4000;
    const backend = await sharedBackend();
    for (const eta of [0, 2]) {
      let spreads: number[] = [];
      for (let seed = 1; spreads.length === 0; seed++) {
        const search = start(optimizer('genetic'), { name: 'p', space: box(dim, -1, 1) }, { population: 2, crossover: 1, spread: eta, tournament: 1 }, { random: createRandom(seed), backend });
        search.tell(search.ask()!, { loss: Float64Array.of(3, 4) });
        const [a, b] = [new Float64Array(dim).fill(-0.001), new Float64Array(dim).fill(0.001)]; // far from the bounds, where a child would be folded
        search.tell({ xs: [a, b] }, { loss: Float64Array.of(1, 2) });
        const child = search.ask()!.xs[0] as Float64Array;
        if (new Set(child).size > 2) spreads = Array.from(child, (v) => Math.abs(v / 0.001)); // else both parents were one
      }
      // P(beta <= s) = s^(eta + 1) / 2 up to 1
      for (const s of [0.5, 0.8, 0.99]) expect(Math.abs(spreads.filter((v) => v <= s).length / dim - s ** (eta + 1) / 2)).toBeLessThan(0.025);
    }
  });
});
