/**
 * The runner in every runtime: the same records on this thread and over workers, nothing made twice, whatever fails.
 *
 * Surprise: an interrupted run is only worth a test when it was really interrupted, so each of these asserts that first.
 */
import { describe, expect, it } from 'vitest';
import { grid } from '../../src/experiment/grid.ts';
import { readNpy, readNpz } from '../../src/experiment/npy.ts';
import { memory } from '../../src/stores/memory.ts';
import { conduct } from '../../src/studies/conduct.ts';
import { moduleOf } from '../cases/executor.ts';
import { operations } from '../cases/operations.ts';

import type { Definition, RunRecord } from '../../src/experiment/record.ts';
import type { Store } from '../../src/core/types.ts';

const definition = (name: string, axes: { readonly [name: string]: readonly number[] }, more: Partial<Definition> = {}): Definition => ({ name: 'demo', operation: { module: operations, export: name }, grid: axes, ...more });
const xs = Array.from({ length: 12 }, (_, i) => i);

/** What a record says apart from when and where it was made. */
const decided = ({ started: _s, milliseconds: _m, made: _w, attempt: _a, ...rest }: RunRecord): object => rest;
async function everything(store: Store): Promise<{ [key: string]: string }> {
  const out: { [key: string]: string } = {};
  for await (const key of store.keys('runs/')) out[key] = Array.from((await store.get(key))!).join();
  return out;
}

describe('conduct', () => {
  it('makes the same records and artifacts on this thread and over any number of workers', async () => {
    const made: { records: object[]; files: object }[] = [];
    for (const workers of [0, 1, 3]) {
      const store = memory();
      const done = await conduct(definition('square', { x: xs }, { replicates: 2, seed: 5, context: { offset: 100 } }), { store, workers });
      expect(done).toMatchObject({ size: 24n, success: 24, failed: 0, cancelled: 0, skipped: 0, stop: 'done', corrupt: 0, failure: null });
      made.push({ records: (await done.records()).map(decided), files: await everything(store) });
    }
    expect(made[1]).toEqual(made[0]);
    expect(made[2]).toEqual(made[0]);
    const records = made[0]!.records as RunRecord[];
    expect(records.map(({ index }) => index)).toEqual(Array.from({ length: 24 }, (_, i) => i));
    expect(records.map(({ metrics }) => metrics.square)).toEqual(xs.flatMap((x) => [x * x + 100, x * x + 100]));
    expect(new Set(records.map(({ id }) => id)).size).toBe(24);
    // Replicates differ in their luck, cases do not.
    expect(records[0]!.metrics.noise).not.toBe(records[1]!.metrics.noise);
    expect(records[0]!.metrics.noise).toBe(records[2]!.metrics.noise);
    expect(records[0]!.artifacts.map(({ name }) => name)).toEqual(['both.npz', 'log.txt', 'note.txt', 'series.npz', 'xs.npy']);
  });

  it('keeps what was captured', async () => {
    const store = memory();
    const done = await conduct(definition('square', { x: [3] }), { store, workers: 0 });
    const [record] = await done.records();
    const read = async (name: string): Promise<Uint8Array> => (await store.get(`runs/${record!.id.slice(0, 2)}/${record!.id}/${name}`))!;
    const text = async (name: string): Promise<string> => new TextDecoder().decode(await read(name));
    expect(record!.data).toEqual({ where: { x: 3 } });
    expect(await text('note.txt')).toBe('x is 3');
    expect(await text('log.txt')).toBe('one\ntwo\n');
    expect(readNpy(await read('xs.npy')).array[0]).toBe(3);
    const series = readNpz(await read('series.npz'));
    expect(Array.from(series['noise.step']!.array)).toEqual([0, 1, 2, 3, 4]);
    expect(series['noise.value']!.array[4]).toBe(record!.metrics.noise);
    for await (const key of store.keys('aside/')) expect.unreachable(key);
    for await (const key of store.keys('claims/')) expect.unreachable(key);
  });

  it('skips what is done and makes what is new', async () => {
    const store = memory();
    await conduct(definition('plain', { x: [1, 2, 3] }), { store, workers: 0 });
    let calls = 0;
    const more = await conduct({ name: 'demo', grid: { x: [1, 2, 3, 4] }, operation: (_c, { x }, _s, capture) => (calls++, capture.metric('square', x * x)) }, { store });
    expect(more).toMatchObject({ success: 1, skipped: 3 });
    expect(calls).toBe(1);
    expect((await more.records()).map(({ metrics }) => metrics.square)).toEqual([1, 4, 9, 16]);
    const fresh = await conduct(definition('plain', { x: [1, 2] }), { store, workers: 0, fresh: true });
    expect(fresh).toMatchObject({ success: 2, skipped: 0 });
    expect((await fresh.records()).length).toBe(2);
  });

  for (const workers of [0, 2]) {
    it(`records a failure and goes on, then tries it again (${workers} workers)`, async () => {
      const store = memory();
      const first = await conduct(definition('bad', { x: [1, 2, 3] }), { store, workers });
      expect(first).toMatchObject({ success: 2, failed: 1, stop: 'done', failure: 'x is two' });
      const [, failed] = await first.records();
      expect(failed).toMatchObject({ status: 'failed', attempt: 1, error: { name: 'RangeError', message: 'x is two' }, metrics: { square: 4 } });
      const second = await conduct(definition('bad', { x: [1, 2, 3] }), { store, workers });
      expect(second).toMatchObject({ success: 0, failed: 1, skipped: 2 });
      expect((await second.records())[1]!.attempt).toBe(2);
      const healed = await conduct(definition('plain', { x: [1, 2, 3] }), { store, workers });
      expect(healed).toMatchObject({ success: 1, skipped: 2 });
    });
  }

  it('lets a run that ends its thread fail alone', async () => {
    const done = await conduct(definition('dies', { x: xs }), { workers: 2 });
    expect(done).toMatchObject({ success: 11, failed: 1, stop: 'done' });
    const records = await done.records();
    expect(records[2]).toMatchObject({ status: 'failed', error: { code: 'worker' } });
    expect(records.filter(({ status }) => status === 'success').length).toBe(11);
  });

  it('ends a run that takes too long, also one that never lets go of its thread', async () => {
    const slow = await conduct(definition('sleeps', { x: [1, 2], ms: [5, 5000] }), { workers: 0, timeout: 200 });
    expect(slow).toMatchObject({ success: 2, failed: 2 });
    expect((await slow.records())[1]!.error!.message).toBe('the run took longer than its timeout of 200 ms');
    const stuck = await conduct(definition('stuck', { x: [1, 2, 3] }), { workers: 1, timeout: 200 });
    expect(stuck).toMatchObject({ success: 2, failed: 1, failure: 'the run took longer than its timeout of 200 ms' });
  });

  it('stops after so many failures, at a limit, on a signal; the next call goes on', async () => {
    const store = memory();
    const all = definition('plain', { x: xs });
    const some = await conduct(all, { store, workers: 0, limit: 5 });
    expect(some).toMatchObject({ success: 5, stop: 'limit' });
    const stop = new AbortController();
    const interrupted = await conduct(all, { store, workers: 0, signal: stop.signal, observe: ({ made }) => made >= 2 && stop.abort() });
    expect(interrupted.stop).toBe('aborted');
    expect(interrupted.success).toBeLessThan(7);
    expect(interrupted.success).toBeGreaterThanOrEqual(2);
    const rest = await conduct(all, { store, workers: 2 });
    expect(rest).toMatchObject({ success: 7 - interrupted.success, stop: 'done' });
    const failing = await conduct({ name: 'f', grid: { x: xs }, operation: () => { throw new Error('no'); } }, { failures: 3 });
    expect(failing).toMatchObject({ success: 0, failed: 3, stop: 'failures', failure: 'no' });
  });

  it('stops after exactly so many failures, however many runs go together', async () => {
    const failing = await conduct({ name: 'f', grid: { x: Array.from({ length: 1000 }, (_, i) => i) }, operation: () => { throw new Error('no'); } }, { failures: 50 });
    expect(failing).toMatchObject({ failed: 50, stop: 'failures' });
  });

  it('hears a signal that aborts while the store is opened', async () => {
    let calls = 0;
    for (let turns = 0; turns < 30; turns++) {
      const stop = new AbortController();
      const going = conduct({ name: 'a', grid: { x: xs }, operation: async () => { calls++; await new Promise((resolve) => setTimeout(resolve, 60_000)); } }, { signal: stop.signal });
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      stop.abort();
      expect((await going).stop).toBe('aborted');
    }
    expect(calls).toBeLessThan(30); // most were not even begun
  });

  it('takes a timeout or a lease of months', async () => {
    const op = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
    expect(await conduct({ name: 'a', grid: { x: [1] }, operation: op }, { timeout: 3e9, lease: 1e11 })).toMatchObject({ success: 1, failed: 0 });
    expect(await conduct(definition('sleeps', { x: [1], ms: [20] }), { workers: 1, timeout: 3e9 })).toMatchObject({ success: 1, failed: 0 });
  });

  it('does not count the start of a thread as a run\'s time', async () => {
    const module = moduleOf('const end = performance.now() + 900; while (performance.now() < end); export default (c, { x }, s, capture) => capture.metric("x", x);');
    expect(await conduct({ name: 'slow', grid: { x: [1, 2, 3, 4] }, operation: { module } }, { workers: 2, timeout: 100 })).toMatchObject({ success: 4, failure: null });
  });

  it('says what went wrong before the other runs have ended', async () => {
    const store: Store = { ...memory(), put: async (key) => { if (key.startsWith('runs/')) throw new Error('no room'); } };
    const module = moduleOf('export default (c, { x }, s, capture) => (x === 0 ? capture.artifact("a.txt", "a") : new Promise((resolve) => setTimeout(resolve, 60_000)));');
    await expect(conduct({ name: 'full', grid: { x: [0, 1] }, operation: { module } }, { store, workers: 2 })).rejects.toThrow('no room');
  });

  it('a store that fails at any call: the error, nothing left open, and the next call completes', async () => {
    const all = definition('square', { x: [1, 2] });
    const calm = memory();
    const whole = await (await conduct(all, { store: calm, workers: 0 })).records();
    for (let n = 1, hit = true; hit; n++) {
      const inner = memory();
      let calls = 0;
      hit = false;
      const broken = (): boolean => ++calls >= n && (hit = true);
      const wrap = (act: (...args: any[]) => any) => async (...args: any[]) => {
        if (broken()) throw new Error('no disk');
        return act(...args);
      };
      const store = { ...Object.fromEntries((['get', 'put', 'create', 'append', 'draft', 'move', 'delete'] as const).map((name) => [name, wrap(inner[name])])), async *keys(prefix: string) {
        if (broken()) throw new Error('no disk');
        yield* inner.keys(prefix);
      } } as unknown as Store;
      const ended = await conduct(all, { store, workers: 0, lease: 20 }).catch((error: Error) => error.message);
      if (hit) expect(typeof ended === 'string' ? ended : ended.stop, `call ${n}`).toMatch(/^(no disk|done)$/); // done: it was giving its claims up
      const after = calls;
      await new Promise((resolve) => setTimeout(resolve, 25)); // claims that it could not give up expire
      expect(calls, `call ${n}`).toBe(after); // no claim is renewed any more
      const again = await conduct(all, { store: inner, workers: 0 });
      expect((await again.records()).map(decided), `call ${n}`).toEqual(whole.map(decided));
      expect(await everything(inner), `call ${n}`).toEqual(await everything(calm));
    }
  });

  it('forgets and returns its own runs alone, not those of another context, seed, version or grid', async () => {
    const store = memory();
    const of = (more: Partial<Definition>): Definition => ({ name: 'a', grid: { x: [1, 2] }, operation: (_c, { x }, _s, capture) => capture.metric('x', x), ...more });
    const kinds = [{}, { context: { a: 1 } }, { seed: 1 }, { version: '2' }, { grid: { x: [0, 1, 2, 3] } }];
    for (const kind of kinds) await conduct(of(kind), { store });
    expect((await (await conduct(of({ context: { a: 1 } }), { store, fresh: true })).records()).length).toBe(2);
    expect((await (await conduct(of({ version: '2' }), { store, fresh: true })).records()).length).toBe(2);
    const grown = await conduct(of({ grid: { x: [0, 1, 2, 3] } }), { store });
    expect(grown).toMatchObject({ success: 0, skipped: 4 });
    expect((await grown.records()).map(({ index, metrics }) => [index, metrics.x])).toEqual([[0, 0], [1, 1], [2, 2], [3, 3]]);
    for (const kind of kinds) expect((await conduct(of(kind), { store })).success).toBe(0);
  });

  it('fresh takes nothing up: no checkpoint of a run without a record, no run inside one inside one', async () => {
    const store = memory();
    let leaves = 0;
    const seen: unknown[] = [];
    const stop = new AbortController();
    const all: Definition = {
      name: 'a', grid: { x: [1] },
      async operation(_c, _p, _s, outer) {
        seen.push(outer.restored);
        outer.checkpoint(() => 'outer');
        await outer.conduct({ name: 'b', grid: { y: [1] }, operation: async (_c2, _p2, _s2, middle) => {
          seen.push(middle.restored);
          middle.checkpoint(() => 'middle');
          await middle.conduct({ name: 'c', grid: { z: [1, 2] }, operation: (_c3, _p3, _s3, leaf) => { leaves++; leaf.artifact('z.txt', 'z'); } });
          if (leaves === 2) await new Promise((resolve) => setTimeout(resolve, 60_000));
        } });
      },
    };
    const first = conduct(all, { store, checkpoint: 1e-9, signal: stop.signal });
    while (leaves < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    expect((await first).cancelled).toBe(1);
    for await (const key of store.keys('journal/')) await store.delete(key); // as if it had been killed
    expect(await conduct(all, { store, fresh: true })).toMatchObject({ success: 1 });
    expect([leaves, seen]).toEqual([4, [undefined, undefined, undefined, undefined]]);
    expect(await conduct(all, { store, fresh: true })).toMatchObject({ success: 1 });
    expect(leaves).toBe(6);
  });

  it('shared by two calls, a run that one of them has failed is not tried again by the other', async () => {
    const store = memory();
    let calls = 0;
    const all: Definition = { name: 'a', grid: { x: xs }, async operation() {
      calls++;
      await new Promise((resolve) => setTimeout(resolve, 10));
      throw new Error('no');
    } };
    const [a, b] = await Promise.all([conduct(all, { store }), conduct(all, { store })]);
    expect(calls).toBeLessThan(16); // one that failed in the millisecond in which the other call began may be tried again
    expect([a.failed + b.failed, a.skipped + b.skipped]).toEqual([calls, 24 - calls]);
    expect((await conduct(all, { store })).failed).toBe(12);
  });

  it('cancels a run that awaits when the signal aborts', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    const done = await conduct(definition('sleeps', { x: [1], ms: [20_000] }), { workers: 0, signal: stop.signal });
    expect(done).toMatchObject({ success: 0, cancelled: 1, stop: 'aborted' });
    expect((await done.records())[0]!.status).toBe('cancelled');
  });

  it('goes on inside a run from its checkpoint', async () => {
    const run = (fail: boolean, seen: number[]): Definition => ({
      name: 'long', grid: { x: [1] },
      operation: async (_c, _p, _s, capture) => {
        let { i, sum } = (capture.restored as { i: number; sum: number } | undefined) ?? { i: 0, sum: 0 };
        seen.push(i);
        for (; i < 100; i++) {
          capture.checkpoint(() => ({ i, sum }));
          capture.metric('sum', (sum += i), i);
          await new Promise((resolve) => setTimeout(resolve, 0));
          if (fail && i === 50) await new Promise(() => {});
        }
      },
    });
    const store = memory();
    const seen: number[] = [];
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 700);
    const first = await conduct(run(true, seen), { store, checkpoint: 1, signal: stop.signal });
    expect(first.cancelled).toBe(1);
    const second = await conduct(run(false, seen), { store, checkpoint: 1 });
    expect(second.success).toBe(1);
    expect(seen[0]).toBe(0);
    expect(seen[1]).toBeGreaterThan(0);
    const whole = memory();
    await conduct(run(false, []), { store: whole });
    expect(await everything(store)).toEqual(await everything(whole));
    expect((await second.records())[0]!.metrics.sum).toBe(4950);
  });

  for (const workers of [0, 2]) {
    it(`runs experiments inside runs, and skips what they have done (${workers} workers)`, async () => {
      const done = await conduct(definition('outer', { x: [1, 5] }, { context: { module: operations } }), { workers }); // Bun's import.meta.url of a data: module is no address
      expect(done.failure).toBe(null);
      expect((await done.records()).map(({ metrics }) => metrics.total)).toEqual([2 * (1 + 4), 2 * (25 + 36)]);
    });
  }
  it('makes no inner run twice', async () => {
    const store = memory();
    let inner = 0;
    const outer = (fail: boolean): Definition => ({
      name: 'outer', grid: { x: [1] },
      operation: async (_c, _p, _s, capture) => {
        const made = await capture.conduct({ name: 'inner', grid: { y: [1, 2, 3] }, operation: (_c2, { y }, _s2, c) => (inner++, c.metric('y', y)) });
        expect(made.map(({ metrics, parent }) => [metrics.y, parent])).toEqual([1, 2, 3].map((y) => [y, capture.id]));
        if (fail) throw new Error('after the inner runs');
      },
    });
    expect((await conduct(outer(true), { store })).failed).toBe(1);
    expect((await conduct(outer(false), { store })).success).toBe(1);
    expect(inner).toBe(3);
  });

  it('injects the faults it is asked for, the same ones each time, and heals on the next attempts', async () => {
    const all = definition('plain', { x: Array.from({ length: 60 }, (_, i) => i) });
    const store = memory();
    const first = await conduct(all, { store, workers: 0, inject: { throw: 0.5, seed: 3 } });
    const again = await conduct(all, { workers: 2, inject: { throw: 0.5, seed: 3 } });
    expect(again.failed).toBe(first.failed);
    expect(first.failed).toBeGreaterThan(15); // binomial(60, 1/2): outside 16..44 once in 10,000
    expect(first.failed).toBeLessThan(45);
    expect(first.failure).toBe('injected: throw');
    let left = first.failed;
    for (let attempt = 0; attempt < 40 && left > 0; attempt++) left = (await conduct(all, { store, workers: 0, inject: { throw: 0.5, seed: 3 } })).failed;
    expect(left).toBe(0);
    const crash = await conduct(definition('plain', { x: xs }), { workers: 2, inject: { crash: 0.3, seed: 1 } });
    expect(crash.failed).toBeGreaterThan(0);
    expect(crash.success + crash.failed).toBe(12);
    const hang = await conduct(definition('plain', { x: xs }), { workers: 0, timeout: 30, inject: { hang: 0.3, seed: 1 } });
    expect(hang.failed).toBeGreaterThan(0);
    expect(hang.success + hang.failed).toBe(12);
  });

  it('makes a case that is in a grid many times once', async () => {
    const cases = grid.union(...Array.from({ length: 60 }, () => grid.product({ x: [1, 2, 3], ms: [5] })));
    const done = await conduct({ name: 'twice', operation: { module: operations, export: 'sleeps' }, grid: cases }, { workers: 2 });
    expect(done).toMatchObject({ size: 180n, success: 3, skipped: 177 });
    expect((await done.records()).length).toBe(3);
  });

  it('keeps no files when artifacts are off', async () => {
    const store = memory();
    const done = await conduct(definition('square', { x: [1] }), { store, workers: 1, artifacts: false });
    expect((await done.records())[0]).toMatchObject({ artifacts: [], metrics: { square: 1 } });
    expect(await everything(store)).toEqual({});
  });

  it('walks a grid it could not write out', async () => {
    const axes = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`a${i}`, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]));
    const done = await conduct({ name: 'huge', grid: grid.product(axes), operation: (_c, { a11 }, _s, capture) => capture.metric('a', a11) }, { limit: 100 });
    expect(done).toMatchObject({ size: 10n ** 12n, success: 100, stop: 'limit' });
  });

  it.each([
    [{ workers: -1 }, /workers is -1; allowed: an integer from 0/],
    [{ workers: 2 }, /workers is 2, but a closure cannot travel to another thread/],
    [{ timeout: 0 }, /timeout is 0; allowed: milliseconds above 0/],
    [{ failures: 1.5 }, /failures is 1.5; allowed: an integer from 1/],
    [{ limit: 0 }, /limit is 0; allowed: an integer from 1/],
    [{ inject: { hang: 1 } }, /a run that hangs needs a timeout/],
    [{ inject: { throw: 2 } }, /throw of inject is 2; allowed: a probability from 0 to 1/],
    [{ inject: { boom: 1 } }, /unknown fault "boom"/],
    [{ worker: 1 }, /unknown option "worker" of conduct/],
    [null, /the options of conduct are null; allowed: an object/],
    [{ store: {} }, /store is {}; allowed: what openStore/],
  ])('refuses %j', async (options, message) => {
    await expect(conduct({ name: 'd', grid: { x: [1] }, operation: () => {} }, options as object)).rejects.toThrow(message);
  });

  it('says what is wrong with a module before it makes anything', async () => {
    for (const workers of [0, 1]) {
      await expect(conduct(definition('squar', { x: [1] }), { workers })).rejects.toThrow(/exports no function "squar"; did you mean square\?/);
    }
    await expect(conduct({ name: 'd', grid: { x: [1] }, operation: { module: 'data:text/javascript,export%20const%20a%20=' } }, { workers: 1 })).rejects.toThrow(/cannot be loaded/);
  });
});
