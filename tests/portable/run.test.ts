import { describe, expect, it } from 'vitest';
import { bits, box, createRandom, differences, fromBatch, fromFunction, NadirError, run, seal, unseal } from '../../src/index.ts';
import type { Batch, Optimizer, Problem } from '../../src/index.ts';

/** Asks the points given, `size` at a time. */
function script(points: number[], size = 1, gradient = false): Optimizer<Float64Array> & { told: number[][] } {
  let at = 0;
  let pending: Batch<Float64Array> | undefined;
  const told: number[][] = [];
  return {
    told,
    ask: () => (pending ??= at < points.length ? { xs: points.slice(at, at + size).map((v) => Float64Array.of(v)), gradient } : undefined),
    tell(batch, { loss }) {
      told.push([...loss]);
      at += batch.xs.length;
      pending = undefined;
    },
    save: () => ({ at }),
  };
}
const line = box(1, -100, 100);
const identity = fromFunction((x) => x[0]!, line);
const codeOf = async (promise: Promise<unknown>): Promise<string> => promise.then(() => 'no error', (error) => `${(error as NadirError).code}: ${(error as Error).message}`);

describe('run', () => {
  it('keeps the best, counts the cost, and names why it stopped', async () => {
    expect(await run(identity, script([5, 3, 4, 2, 9]), { cost: 100 })).toMatchObject({ best: { x: Float64Array.of(2), loss: 2, violation: 0, cost: 4 }, cost: 5, stop: 'exhausted', trace: [{ cost: 1, loss: 5 }, { cost: 2, loss: 3 }, { cost: 4, loss: 2 }] });
    expect(await run(identity, script([5, 3, 4, 2, 9]), { cost: 3 })).toMatchObject({ best: { loss: 3 }, cost: 3, stop: 'budget' });
    expect(await run(identity, script([5, 3, 4, 2, 9]), { cost: 9, target: 3.5 })).toMatchObject({ best: { loss: 3 }, cost: 2, stop: 'target' });
    expect(await run(identity, script([1, 2, 3, 4, 5, 0]), { stagnation: 3 })).toMatchObject({ best: { loss: 1 }, cost: 4, stop: 'stagnation' });
  });

  it('scores what it can pay for of the last batch, tells only whole batches, and charges no point twice when resumed', async () => {
    const points = Array.from({ length: 12 }, (_, i) => 50 - i);
    const first = script(points, 4);
    const part = await run(identity, first, { cost: 6 });
    expect(part).toMatchObject({ best: { loss: 45, cost: 6 }, cost: 6, stop: 'budget' });
    expect(first.told).toEqual([[50, 49, 48, 47]]);
    const { run: saved } = unseal('run', part.save()) as { run: never };
    const second = script(points.slice(4), 4);
    const rest = await run(identity, second, { cost: 12 }, { resume: saved });
    expect(second.told).toEqual([[46, 45, 44, 43], [42, 41, 40, 39]]);
    expect(rest).toMatchObject({ best: { loss: 39, cost: 12 }, cost: 12 });
    expect(rest.trace.map((p) => p.cost)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('prices gradients and fidelity', async () => {
    const steep = fromFunction((x) => x[0]! ** 2, line, (x) => [2 * x[0]!]);
    expect((await run(steep, script([1, 2, 3], 1, true), { cost: 5 })).cost).toBe(4);
    expect((await run(differences(identity), script([1, 2, 3], 1, true), { cost: 8 })).cost).toBe(6);
    const quarter: Optimizer<Float64Array> = { ...script([4, 3, 2, 1]), ask: (() => { let i = 0; return () => (i++ < 8 ? { xs: [Float64Array.of(i)], fidelity: 0.25 } : undefined); })() };
    expect((await run({ ...identity, fidelity: true }, quarter, { cost: 1.5 })).cost).toBe(1.5);
    let calls = 0;
    const whole = fromFunction((x) => (calls++, x[0]!), line); // knows no less than all of its data
    expect((await run(whole, { ...quarter, ask: () => ({ xs: [Float64Array.of(1)], fidelity: 0.25 }) }, { cost: 7 })).cost).toBe(7);
    expect(calls).toBe(7);
    expect(await codeOf(run(differences(identity), script([1], 1, true), { cost: 2 }))).toBe('input: cost is 2; allowed: from 3, the price of the first point');
    expect(await codeOf(run(identity, script([1], 1, true), { cost: 9 }))).toMatch(/^gradient: the optimizer needs gradients and problem "objective" has none/);
  });

  it('compares violations before losses', async () => {
    const limited: Problem<Float64Array> = { name: 'limited', space: line, score: ({ xs }) => ({ loss: Float64Array.from(xs, (x) => x[0]!), violation: Float64Array.from(xs, (x) => Math.max(0, 10 - x[0]!)) }) };
    expect((await run(limited, script([1, 5, 3, 20, 15, 12, 4]), { cost: 9 })).best).toMatchObject({ loss: 12, violation: 0, cost: 6 });
    expect((await run(limited, script([1, 5, 3]), { cost: 9, target: 100 })).stop).toBe('exhausted');
  });

  it('a failure loses to every number, infeasible ones too, and a violation that is no number is the worst', async () => {
    const limited = (violations: number[]): Problem<Float64Array> => ({ name: 'limited', space: line, score: ({ xs }) => ({ loss: Float64Array.from(xs, (x) => (x[0] === 1 ? NaN : x[0]!)), violation: Float64Array.from(xs, (x) => violations[x[0]!]!) }) });
    expect((await run(limited([0, 0, 5, 3]), script([1, 2, 3]), { cost: 9 })).best).toMatchObject({ loss: 3, violation: 3 });
    expect((await run(limited([0, 0, NaN, 3]), script([2, 3]), { cost: 9 })).best).toMatchObject({ loss: 3, violation: 3 });
    const first: Problem<Float64Array> = { ...limited([0, 0, 5, 3]), score: (batch) => { if (batch.xs[0]![0] === 1) throw new Error('no'); return limited([0, 0, 5, 3]).score(batch); } };
    expect((await run(first, script([1, 2, 3, 1]), { cost: 9 })).best).toMatchObject({ loss: 3, violation: 3 });
  });

  it('charges a batch that reports its own cost once, however often it is cut', async () => {
    const own: Problem<Float64Array> = { name: 'own', space: line, score: ({ xs }) => ({ loss: Float64Array.from(xs, (x) => x[0]!), cost: xs.length }) };
    const points = Array.from({ length: 12 }, (_, i) => 50 - i);
    const whole = await run(own, script(points, 4), { cost: 12 });
    const part = await run(own, script(points, 4), { cost: 6 });
    const { run: saved } = unseal('run', part.save()) as { run: never };
    const rest = await run(own, script(points.slice(4), 4), { cost: 12 }, { resume: saved });
    expect([rest.cost, rest.best]).toEqual([whole.cost, whole.best]);
  });

  it('gives a problem with prices of its own whole batches, and an empty batch what it cost', async () => {
    const dear: Problem<Float64Array> = { name: 'dear', space: line, priced: true, score: ({ xs }) => ({ loss: Float64Array.from(xs, (x) => x[0]!), cost: xs.length > 0 ? 4 * xs.length : 1 }) };
    const whole = script([9, 8, 7, 6, 5, 4], 3);
    expect(await run(dear, whole, { cost: 14 })).toMatchObject({ best: { loss: 4 }, cost: 24, stop: 'budget' });
    expect(whole.told).toEqual([[9, 8, 7], [6, 5, 4]]);
    let asked = 0;
    const hollow: Optimizer<Float64Array> = { ask: () => (asked++ % 2 === 0 ? { xs: [Float64Array.of(asked)] } : { xs: [], effort: 2 }), tell: () => undefined, save: () => null };
    expect(await run(dear, hollow, { cost: 14 })).toMatchObject({ cost: 14, stop: 'budget' }); // 4 + 3 + 4 + 3
  });

  it('looks at the clock again soon when a fast objective turns slow', async () => {
    let n = 0;
    const forever: Optimizer<Float64Array> = { ask: () => ({ xs: [Float64Array.of(1)] }), tell: () => {}, save: () => null };
    const turning = fromFunction((x) => {
      if (++n > 50000) for (const end = performance.now() + 1; performance.now() < end; );
      return x[0]!;
    }, line);
    const begun = performance.now();
    await run(turning, forever, { milliseconds: 150 });
    expect(performance.now() - begun).toBeLessThan(1500); // it took seconds when batches were counted up to 4096
  });

  it('counts failures, keeps the first message, lets them lose to every number', async () => {
    const odd = fromFunction((x) => {
      if (x[0] === 1) throw new Error('one');
      return x[0] === 2 ? NaN : x[0] === 3 ? -Infinity : x[0] === 4 ? ('4' as never) : x[0]!;
    }, line);
    const optimizer = script([1, 2, 3, 4, 7]);
    expect(await run(odd, optimizer, { cost: 9 })).toMatchObject({ best: { loss: 7 }, failures: { count: 4, first: 'the objective threw: one' }, cost: 5 });
    expect(optimizer.told.flat()).toEqual([Infinity, Infinity, Infinity, Infinity, 7]);
    expect(await codeOf(run(odd, script([1, 2]), { cost: 9 }))).toBe('objective: every one of the 2 evaluations failed; the first: the objective threw: one');
    const short = fromBatch({ batch: (_, n) => (n === 2 ? [1] : Array.from({ length: n }, () => 3)) }, line);
    expect(await run(short, script([1, 2, 3], 2), { cost: 9 })).toMatchObject({ best: { loss: 3 }, failures: { count: 2, first: 'the objective returned 1 losses for 2 points' } });
    const rude: Problem<Float64Array> = { name: 'rude', space: line, score: ({ xs }) => { if (xs[0]![0] === 1) throw new Error('no'); return { loss: new Float64Array(xs[0]![0] === 2 ? 7 : 1) }; } };
    expect(await run(rude, script([1, 2, 3]), { cost: 9 })).toMatchObject({ failures: { count: 2, first: 'no' }, best: { loss: 0 } });
  });

  it('takes promises, rejected ones too, and gives up waiting on abort', async () => {
    const slow = fromFunction(async (x) => {
      if (x[0] === 2) throw new Error('late');
      return x[0]!;
    }, line);
    expect(await run(slow, script([3, 2, 1], 3), { cost: 9 })).toMatchObject({ best: { loss: 1 }, failures: { count: 1, first: 'the objective threw: late' } });
    const stop = new AbortController();
    const stuck = fromFunction((x) => (x[0] === 2 ? new Promise<number>(() => {}) : x[0]!), line);
    setTimeout(() => stop.abort(), 10);
    expect(await run(stuck, script([1, 2, 3]), { signal: stop.signal })).toMatchObject({ stop: 'aborted', best: { loss: 1 }, cost: 1 });
  });

  it('yields the thread, so that timers fire and a signal is seen, and stops on the clock', async () => {
    const forever: Optimizer<Float64Array> = { ask: () => ({ xs: [Float64Array.of(1)] }), tell: () => {}, save: () => null };
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 30);
    expect((await run(identity, forever, { signal: stop.signal })).stop).toBe('aborted');
    expect((await run(identity, forever, { milliseconds: 20 })).stop).toBe('time');
  });

  it('thins the trace to 1024 improvements, ends included', async () => {
    const n = 5000;
    const { trace } = await run(identity, script(Array.from({ length: n }, (_, i) => 90 - i / 100)), { cost: n });
    expect(trace.length).toBeLessThanOrEqual(1024);
    expect(trace[0]).toEqual({ cost: 1, loss: 90 });
    expect(trace.at(-1)!.cost).toBe(n);
  });

  it('shows every step to an observer, with a state to resume from', async () => {
    const seen: number[] = [];
    await run(identity, script([3, 2, 1]), { cost: 9 }, { observe: ({ cost, best, save }) => { seen.push(cost, best!.loss); expect(unseal('run', save())).toBeTruthy(); } });
    expect(seen).toEqual([1, 3, 2, 2, 3, 1]);
  });

  it.each([
    [{}, 'input: the budget has no end; give cost, milliseconds, stagnation or signal'],
    [{ target: 0 }, 'input: the budget has no end; give cost, milliseconds, stagnation or signal'],
    [{ cost: 0 }, 'input: cost is 0; allowed: a number above 0'],
    [{ cost: -1 }, 'input: cost is -1; allowed: a number above 0'],
    [{ cost: NaN }, 'input: cost is NaN; allowed: a number above 0'],
    [{ cost: '5' }, 'input: cost is "5"; allowed: a number above 0'],
    [{ cost: 5, milliseconds: 0 }, 'input: milliseconds is 0; allowed: a number above 0'],
    [{ cost: 5, stagnation: -2 }, 'input: stagnation is -2; allowed: a number above 0'],
    [{ cost: 5, target: NaN }, 'input: target is NaN; allowed: a number'],
    [{ cost: 5, signal: AbortSignal.abort() }, 'aborted: the signal was aborted before the start'],
  ])('refuses the budget %j', async (budget, message) => {
    expect(await codeOf(run(identity, script([1]), budget as never))).toBe(message);
  });

  it('refuses a run state of another problem', async () => {
    const { run: saved } = unseal('run', (await run(identity, script([1]), { cost: 3 })).save()) as { run: never };
    expect(await codeOf(run({ ...identity, name: 'other' }, script([1]), { cost: 3 }, { resume: saved }))).toBe('state: the saved run is of problem "objective" over box; this one is "other" over box');
    expect(await codeOf(run(identity, script([1]), { cost: 3 }, { resume: {} as never }))).toMatch(/^state: the saved run is/);
  });
});

describe('snapshots', () => {
  const value = { a: [1, -0, NaN, Infinity, -Infinity, 1e-320, 0.1], f: Float64Array.of(-0, NaN, 1e-310), g: Float32Array.of(0.1), u: Uint32Array.of(4294967295), i: Int32Array.of(-1), b: new Uint8Array([1, 2, 3, 4, 5]), e: new Float64Array(0), n: null, s: 'ü"$', t: true, o: { deep: [[]] } };

  it('survive JSON bit for bit', () => {
    const back = unseal('t', JSON.parse(JSON.stringify(seal('t', value)))) as typeof value;
    expect(back).toEqual(value);
    expect(Object.is(back.a[1], -0) && Object.is(back.f[0], -0)).toBe(true);
  });

  it('refuse what is damaged, foreign, newer or of another kind', () => {
    const text = JSON.stringify(seal('t', value));
    expect(() => unseal('t', JSON.parse(text.replace('0.1', '0.2')))).toThrow('the saved state of "t" is damaged: its checksum does not match');
    expect(() => unseal('u', JSON.parse(text))).toThrow('the saved state is of "t"; expected "u"');
    expect(() => unseal('t', JSON.parse(text.replace('"nadir":1', '"nadir":2')))).toThrow('the saved state has format 2; this version reads 1');
    for (const foreign of [null, 5, 'x', {}, [], { nadir: 'x' }]) expect(() => unseal('t', foreign)).toThrow(/the saved state is not one of nadir's/);
  });
});

describe('spaces', () => {
  it('a box keeps every sample and neighbour inside, and a neighbour is another point', () => {
    const random = createRandom(4);
    for (const space of [box(3, [-1, 0, 1e9], [1, 1e-12, 1e9 + 1]), box(1, 0, 5e-324), box(2, -1e308, 0.7e308)]) {
      for (let i = 0; i < 2000; i++) {
        const x = space.sample(random);
        for (const scale of [1e-20, 0.1, 1, 100, 1e9]) {
          const y = space.neighbor(x, random, scale);
          expect(space.decode(Array.from(y))).toEqual(y);
          expect(space.decode(Array.from(x))).toEqual(x);
          if (space.upper[0] !== 5e-324) expect(y).not.toEqual(x);
        }
      }
    }
  });

  it.each([
    [() => box(0, 0, 1), 'dim is 0; allowed: an integer from 1'],
    [() => box(1.5, 0, 1), 'dim is 1.5; allowed: an integer from 1'],
    [() => box(2, 1, 1), 'lower[0] is 1 and upper[0] is 1; allowed: lower below upper'],
    [() => box(2, [0, 3], [1, 2]), 'lower[1] is 3 and upper[1] is 2; allowed: lower below upper'],
    [() => box(2, NaN, 1), 'lower[0] is NaN; allowed: a finite number'],
    [() => box(2, [0], 1), 'lower is [0]; allowed: a number or 2 numbers'],
    [() => box(1, 0, Infinity), 'upper[0] is Infinity; allowed: a finite number'],
    [() => box(1, -1.7e308, 1.7e308), 'upper[0] - lower[0] is not a finite number; allowed: bounds whose difference is'],
    [() => box(1, 0, 1).decode([2]), 'x[0] is 2; allowed: a number from 0 to 1'],
    [() => box(1, 0, 1).decode([1, 1]), 'the point is [1,1]; allowed: 1 numbers'],
    [() => bits(0), 'dim is 0; allowed: an integer from 1'],
    [() => bits(2).decode([0, 2]), 'the subset is [0,2]; allowed: 2 bits, each 0 or 1'],
  ])('refuses bad bounds and points (%#)', (make, message) => {
    expect(make).toThrow(message);
  });

  it('bits: samples are even, a neighbour flips exactly one, or as many as asked', () => {
    const random = createRandom(5);
    const space = bits(40);
    const ones = new Array<number>(40).fill(0);
    for (let i = 0; i < 4000; i++) space.sample(random).forEach((b, k) => (ones[k]! += b));
    for (const count of ones) expect(Math.abs(count - 2000)).toBeLessThan(5 * Math.sqrt(1000));
    const x = space.sample(random);
    const flips = (scale?: number): number => space.neighbor(x, random, scale).reduce((s, b, k) => s + (b === x[k] ? 0 : 1), 0);
    expect([flips(), flips(1), flips(3), flips(40), flips(99)]).toEqual([1, 1, 3, 40, 40]);
  });
});
