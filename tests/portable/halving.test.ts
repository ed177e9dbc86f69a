/** Successive halving over toy optimizers: who is kept, what each may spend, and that it resumes bit for bit. */
import { describe, expect, it } from 'vitest';
import { resolve } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import { run } from '../../src/core/run.ts';
import { seal, unseal } from '../../src/core/snapshot.ts';
import { openBackend } from '../../src/backend/index.ts';
import { halving, type Entry, type Halving } from '../../src/optimizers/halving.ts';
import { optimizer } from '../../src/optimizers/index.ts';
import { box } from '../../src/spaces/box.ts';
import { fromFunction } from '../../src/problems/wrap.ts';
import type { Batch, Optimizer, Problem, Scores, Snapshot } from '../../src/core/types.ts';

const space = box(1, -1000, 1000);
type X = Float64Array;

/** Asks x = level - 0, 1, 2, ... so that the loss x falls by one a point; counts what it was charged. */
interface Toy { readonly level: number; readonly batch?: number; readonly throws?: (asked: number) => boolean; readonly most?: number; readonly fidelity?: number; readonly above?: boolean }
function toy({ level, batch = 1, throws, most = Infinity, fidelity, above }: Toy, { x0 }: Entry<X>, saved?: Snapshot): Optimizer<X> {
  let n = (saved as { n?: number } | undefined)?.n ?? 0;
  let first: X | undefined = x0 ?? (saved as { first?: X } | undefined)?.first;
  let least = Infinity;
  return {
    ask() {
      if (throws?.(n)) throw new Error(`tired after ${n}`);
      if (n >= most) return undefined;
      const xs = first ? [first] : Array.from({ length: batch }, (_, i) => Float64Array.of(level - n - i));
      return { xs, ...(fidelity !== undefined && { fidelity }), ...(above && least < Infinity && { above: least }) };
    },
    tell({ xs }, { loss }: Scores<X>) {
      least = Math.min(least, ...loss);
      if (first) first = undefined;
      else n += xs.length;
    },
    save: () => ({ n, first }),
  };
}
/** The loss is the point, and the share of the data is seen: what was asked, by whom it can be told from the level. */
function line(log: Batch<X>[] = []): Problem<X> {
  return { name: 'line', space, fidelity: true, score: (batch) => (log.push(batch), { loss: Float64Array.from(batch.xs, (x) => x[0]!), cost: batch.xs.length }) };
}
const three = [{ share: 1 / 6, fidelity: 0.25, keep: 2 }, { share: 1 / 6, fidelity: 0.5, keep: 1 }, { share: 2 / 3, fidelity: 1, keep: 1 }];
const racers = (toys: { readonly [name: string]: Toy }, more: Partial<Halving<X>> = {}, saved?: Snapshot) =>
  halving<X>({ space, members: Object.keys(toys), rungs: three, cost: 360, start: (name, entry, state) => toy(toys[name]!, entry, state), ...more }, saved);

describe('halving', () => {
  it('gives every member its share of every rung, and keeps the best', async () => {
    const log: Batch<X>[] = [];
    const race = racers({ a: { level: 500 }, b: { level: 100 }, c: { level: 300 }, d: { level: 200 } });
    const { best, cost, stop } = await run(line(log), race, { cost: 360 });
    expect([cost, stop]).toEqual([360, 'budget']);
    const spent = Object.fromEntries(race.standings().map((s) => [s.name, [s.rank, s.rung, s.state, s.cost]]));
    // 60 for four, 60 for the best two, 240 for the winner.
    expect(spent).toEqual({ b: [1, 2, 'racing', 15 + 30 + 240], d: [2, 1, 'out', 15 + 30], c: [3, 0, 'out', 15], a: [4, 0, 'out', 15] });
    expect(log.map(({ fidelity }) => fidelity)).toEqual([...Array(60).fill(0.25), ...Array(60).fill(0.5), ...Array(240).fill(1)]);
    // 15, then its best again and 29, then its best again and 239: 283 points of its own.
    expect([best.loss, Array.from(best.x)]).toEqual([100 - 282, [100 - 282]]);
  });

  it('pays back what a batch spends over its slice', async () => {
    const race = racers({ a: { level: 500, batch: 7 }, b: { level: 100, batch: 4 } }, { rungs: [{ share: 0.5, fidelity: 1, keep: 1 }, { share: 0.5, fidelity: 1, keep: 1 }] });
    const problem = line();
    await run({ ...problem, score: (batch) => ({ ...problem.score(batch) as Scores<X> }) }, race, { cost: 360 });
    const [first, second] = race.standings();
    expect(first!.name).toBe('b');
    expect(second!.cost).toBeGreaterThanOrEqual(90);
    expect(second!.cost).toBeLessThan(90 + 7);
  });

  it('takes turns in slices, the same whatever is asked twice', async () => {
    const log: Batch<X>[] = [];
    const race = racers({ a: { level: 500 }, b: { level: 100 } }, { slices: 3 });
    for (let i = 0; i < 60; i++) {
      const batch = race.ask()!;
      expect(race.ask()).toBe(batch);
      race.tell(batch, line(log).score(batch) as Scores<X>);
    }
    expect(log.map(({ xs }) => (xs[0]![0]! > 200 ? 'a' : 'b')).join('')).toBe('aaaaaaaaaabbbbbbbbbb'.repeat(3));
  });

  it.each(['start', 'ask', 'tell', 'save'] as const)('ranks a member last that throws in %s, and goes on', async (where) => {
    const stopped: string[] = [];
    const bad = (entry: Entry<X>, state?: Snapshot): Optimizer<X> => {
      if (where === 'start') throw new Error('no');
      const inner = toy({ level: -900 }, entry, state);
      let n = 0;
      return { ...inner, [where]: (...args: never[]) => {
        if (n++ > 2 || where === 'save') throw new Error('no');
        return (inner[where] as (...args: never[]) => unknown)(...args);
      } };
    };
    const race = racers({ a: { level: 500 }, bad: { level: 0 }, b: { level: 100 } }, { start: (name, entry, state) => (name === 'bad' ? bad(entry, state) : toy({ level: name === 'a' ? 500 : 100 }, entry, state)), stop: (name) => void stopped.push(name) });
    const { stop } = await run(line(), race, { cost: 360 });
    expect(stop).toBe('budget');
    expect(race.standings().map(({ name, state, error }) => [name, state, error])).toEqual([['b', 'racing', null], ['a', 'out', null], ['bad', 'failed', 'no']]);
    expect(stopped.filter((name) => name === 'bad').length).toBe(where === 'start' ? 0 : 1);
  });

  it.each([
    [{ fidelity: 2 }, 'its batch asks for 2 of the data; allowed: a number above 0, up to 1'],
    [{ fidelity: NaN }, 'its batch asks for NaN of the data; allowed: a number above 0, up to 1'],
    [{ effort: -50 }, 'the effort of its batch is -50; allowed: a number from 0'],
    [{ effort: NaN }, 'the effort of its batch is NaN; allowed: a number from 0'],
  ])('counts a member as failed that asks for %j: it would win by that', async (more, error) => {
    const start = (name: string, entry: Entry<X>, state?: Snapshot): Optimizer<X> => {
      const honest = toy({ level: 500 }, entry, state);
      return name === 'a' ? { ...honest, ask: () => ({ ...honest.ask()!, ...more }) } : honest;
    };
    const race = halving<X>({ space, members: ['a', 'b'], rungs: three, cost: 360, start });
    expect(await run(line(), race, { cost: 360 })).toMatchObject({ cost: 360, stop: 'budget' });
    expect(race.standings()).toMatchObject([{ name: 'b' }, { name: 'a', state: 'failed', error }]);
  });

  it('takes a member that asks for nothing as one that has nothing left to try', async () => {
    const start = (name: string, entry: Entry<X>, state?: Snapshot): Optimizer<X> => {
      const honest = toy({ level: name === 'a' ? 100 : 500 }, entry, state);
      let asked = 0;
      return name === 'a' ? { ...honest, ask: () => (asked++ < 5 ? honest.ask() : { xs: [] }) } : honest;
    };
    const race = halving<X>({ space, members: ['a', 'b'], rungs: three, cost: 360, start });
    const { stop } = await run(line(), race, { cost: 360 });
    expect([stop, race.standings().map(({ name, state }) => [name, state])]).toEqual(['exhausted', [['a', 'racing'], ['b', 'out']]]);
  });

  it('is an error when all throw', async () => {
    await expect(run(line(), racers({ a: { level: 1, throws: () => true }, b: { level: 1, throws: () => true } }), { cost: 360 })).rejects.toThrow('every member of the race failed; the first, a: tired after 0');
  });

  it('scores the best of a member that looked at a small share only on the whole, and does not take lower bounds for losses', async () => {
    const log: Batch<X>[] = [];
    // b is the better one, and both know it from an eighth of the data.
    const race = racers({ a: { level: 50, fidelity: 0.125 }, b: { level: 40, fidelity: 0.125 } });
    const { best } = await run(line(log), race, { cost: 360 });
    const whole = log.filter(({ fidelity }) => fidelity === 0.25);
    expect(whole.map(({ xs }) => xs[0]![0])).toEqual([50 - 29, 40 - 29]);
    // 29 for each in the second rung, after two for the looks at the whole: its best again and 28 of its own.
    expect(best.loss).toBe(40 - 29 - 28);

    // A bound is raised to the best loss on as much data, and is none where there is no such loss.
    const bounds: [number, number | undefined][] = [];
    const other = racers({ a: { level: 50, above: true }, b: { level: 10, above: true } }, { rungs: [{ share: 1, fidelity: 1, keep: 1 }], slices: 1 });
    await run({ ...line(), score: ({ xs, above }) => (bounds.push([xs[0]![0]!, above]), { loss: Float64Array.of(xs[0]![0]!), cost: 1 }) }, other, { cost: 360 });
    const top = (at: number): number => Math.min(...bounds.slice(0, at).map(([x]) => x));
    bounds.forEach(([, above], at) => expect(above === undefined || above >= top(at)).toBe(true));
    expect(bounds.filter(([, above]) => above === undefined).length).toBe(2); // each member's first
  });

  it('saved after any point and restored from JSON it goes on bit for bit', async () => {
    const toys = { a: { level: 500, batch: 2 }, b: { level: 100, throws: (n: number) => n > 20 }, c: { level: 300, most: 30 }, d: { level: 200, fidelity: 0.5 } };
    const whole: Batch<X>[] = [];
    const straight = racers(toys);
    await run(line(whole), straight, { cost: 360 });
    const log: Batch<X>[] = [];
    let race = racers(toys);
    for (let spent = 0, k = 0; spent < 360; k++) {
      const batch = race.ask();
      if (batch === undefined) break;
      if (k % 3 !== 1) race = racers(toys, {}, unseal('t', JSON.parse(JSON.stringify(seal('t', race.save()))))); // untold
      const asked = race.ask()!;
      expect(asked).toEqual(batch);
      race.tell(asked, line(log).score(asked) as Scores<X>);
      spent += asked.xs.length;
      if (k % 3 !== 2) race = racers(toys, {}, unseal('t', JSON.parse(JSON.stringify(seal('t', race.save())))));
    }
    expect(log.map(({ xs, fidelity }) => [xs.map((x) => x[0]), fidelity])).toEqual(whole.map(({ xs, fidelity }) => [xs.map((x) => x[0]), fidelity]));
    expect(race.standings()).toEqual(straight.standings());
  });

  it('races real optimizers: a winner no worse than each of them at its share', async () => {
    const backend = await openBackend('auto', 1 << 22);
    const plane = box(4, -5, 5);
    const sphere = fromFunction((x) => x.reduce((sum, v) => sum + (v - 1) * (v - 1), 0), plane);
    const members = ['random', 'annealing', 'cmaes', 'pattern'];
    const begin = (name: string, { cost, x0 }: Entry<X>, saved?: Snapshot): Optimizer<X> => optimizer(name).start(plane, resolve(name, optimizer(name).options, {}), { random: createRandom(1).fork(name), backend: backend.scope(), cost, x0 }, saved);
    const rungs = [{ share: 0.4, fidelity: 1, keep: 2 }, { share: 0.6, fidelity: 1, keep: 1 }];
    const { best } = await run(sphere, halving({ space: plane, members, rungs, cost: 2000, start: begin }), { cost: 2000 });
    for (const name of members) {
      const alone = await run(sphere, begin(name, { rung: 0, cost: 200 }), { cost: 200 });
      expect(best.loss).toBeLessThanOrEqual(alone.best.loss);
    }
    expect(best.loss).toBeLessThan(1e-6);
  });

  it.each([
    [{ members: [] }, 'the race has no members; allowed: at least one'],
    [{ cost: 0 }, 'cost of the race is 0; allowed: a number above 0'],
    [{ rungs: [{ share: 0.5, fidelity: 1, keep: 1 }] }, 'the shares of the rungs are 0.5; allowed: numbers above 0 with sum 1'],
    [{ rungs: [{ share: 1, fidelity: 1, keep: 0 }] }, 'keep of rung 1 is 0; allowed: an integer from 1'],
    [{ rungs: [{ share: 0.5, fidelity: 1, keep: 1 }, { share: 0.5, fidelity: 0.5, keep: 1 }] }, 'fidelity of rung 2 is 0.5; allowed: a number above 0, up to 1, and not below that of the rung before'],
  ] as [Partial<Halving<X>>, string][])('refuses %j', (more, message) => {
    expect(() => racers({ a: { level: 1 } }, more)).toThrow(message);
  });
});
