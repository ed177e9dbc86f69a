/** Descents in the arena against descents in plain loops: from 4096 parameters on, the same bits. */
import { expect, it } from 'vitest';
import { ask, box, chain, createRandom, minimize, moments, momentum, openBackend, optimizer, rate, shrink } from '../../src/index.ts';
import { backends } from '../cases/backends.ts';

import type { Backend, Box, Descent } from '../../src/index.ts';

const dim = 4099;
const x0 = Float64Array.from({ length: dim }, (_, i) => ((i * 7) % 13) - 6);
const begins = { adam: chain([shrink(0.01), moments(0.9, 0.999, 1e-8), rate(0.3)], 1), momentum: chain([momentum(0.9), rate(0.3, 0.1)], 1) };

/** n steps down sum of (i + 1) / dim x^2, one of them failed. */
function steps(descent: Descent, n: number, from = 0): void {
  for (let t = from; t < from + n; t++) {
    const { xs: [x] } = descent.ask()!;
    descent.tell(descent.ask()!, { loss: Float64Array.of(t === 4 ? Infinity : 1), gradient: [x!.map((v, i) => ((2 * (i + 1)) / dim) * v)] });
  }
}
/** The same in ten lines that know nothing of chains. */
function byHand(n: number, upper: number): Float64Array {
  const [x, m, v, good] = [x0.slice(), new Float64Array(dim), new Float64Array(dim), x0.slice()];
  let t = 0;
  for (let k = 0; k < n; k++) {
    if (k === 4) {
      for (let i = 0; i < dim; i++) x[i] = good[i]! + (x[i]! - good[i]!) / 2;
      continue;
    }
    t++;
    for (let i = 0; i < dim; i++) {
      good[i] = x[i]!;
      const g = ((2 * (i + 1)) / dim) * x[i]! + 0.01 * x[i]!;
      m[i] = 0.9 * m[i]! + 0.1 * g;
      v[i] = 0.999 * v[i]! + 0.001 * g * g;
      const rated = 0.3 * ((m[i]! / (Math.sqrt(v[i]!) + 1e-8)) * (Math.sqrt(1 - 0.999 ** t) / (1 - 0.9 ** t)));
      x[i] = Math.max(-upper, Math.min(upper, x[i]! - rated));
    }
  }
  return x;
}
const defaults = (name: string): { [option: string]: unknown } => Object.fromEntries(Object.entries(optimizer(name).options).map(([option, value]) => [option, value.default]));
const inArena = (descent: Descent, backend: Backend): boolean => descent.x.buffer === backend.f64.buffer;

it.each(backends.flatMap((name) => Object.entries(begins).flatMap(([kind, begin]) => [5.9, 100].map((upper) => [name, kind, upper, begin] as const))))('%s, %s, bounds %f', async (name, kind, upper, begin) => {
  const space = box(dim, -upper, upper);
  const uneven: Box = { ...space, upper: space.upper.map((v, i) => v + (i === 7 ? 1e-9 : 0)) }; // clipped in a loop
  const start = (backend: Backend, over = space): Descent => begin(over, { random: createRandom(1), backend, x0 });
  const [wide, small] = [await openBackend(name, 1 << 24), await openBackend(name, 1 << 20)];
  const [near, far, other] = [start(wide), start(small), start(wide, uneven)];
  expect([near, far, other].map((descent) => inArena(descent, wide))).toEqual([true, false, true]);
  for (const descent of [near, far, other]) steps(descent, 6);
  expect(far.x).toEqual(near.x);
  expect(far.step).toEqual(near.step);
  expect(other.x.filter((_, i) => i !== 7)).toEqual(near.x.filter((_, i) => i !== 7));
  if (kind === 'adam') byHand(6, upper).forEach((v, i) => expect(Math.abs(near.x[i]! - v)).toBeLessThan(1e-12));

  const [fork, restored] = [near.fork(near.x), begin(space, { random: createRandom(9), backend: small }, near.save())];
  expect(inArena(fork, wide)).toBe(false);
  for (const descent of [near, fork, restored]) steps(descent, 3, 6);
  expect(fork.x).toEqual(near.x);
  expect(restored.x).toEqual(near.x);
  expect(restored.save()).toEqual(near.save());
});

it.each(backends)('%s: what an observer kept can be saved when all is over', async (name) => {
  const kept: { save(): unknown }[] = [];
  const options = { optimizer: 'adam', cost: 40, seed: 1, backend: name } as const;
  const sphere = { problem: 'sphere', params: { dim } };
  const outcome = await minimize(sphere, { ...options, observe: (progress) => kept.push(progress) });
  await minimize(sphere, { ...options, optimizer: 'sgd' }); // its arrays lie where those of the first lay
  expect(kept.at(-1)!.save()).toEqual(outcome.save());
  const search = await ask('adam', { dim, lower: -1, upper: 1, seed: 1, gradient: true, backend: name });
  search.release();
  expect(() => search.save()).toThrow('optimizer adam has been released; start another');
});

it.each(backends)('%s: rounds of the Lagrangian give back what their descents held', async (name) => {
  const backend = await openBackend(name, 1 << 24);
  const free = backend.free();
  const space = box(dim, -1, 1);
  const held = optimizer('lagrangian').start(space, { ...defaults('lagrangian'), local: 'adam', cap: 4 }, { random: createRandom(1), backend, x0: new Float64Array(dim).fill(0.5), gradient: 1 });
  let rounds = 0;
  for (let t = 0; t < 200; t++) {
    const batch = held.ask();
    if (batch === undefined) break;
    const n = batch.xs.length;
    held.tell(batch, { loss: new Float64Array(n).fill(1), violation: new Float64Array(n).fill(1), gradient: batch.xs.map(() => new Float64Array(dim)), constraints: batch.xs.map(() => Float64Array.of(1)), slopes: batch.xs.map(() => new Float64Array(dim).fill(1e-3)) });
    if (free - backend.free() > 0) rounds++;
  }
  expect(rounds).toBeGreaterThan(0); // they do lie there
  expect(free - backend.free()).toBeLessThan(8 * 5 * (dim + 4));
});
