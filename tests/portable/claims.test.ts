/** Claims with a false clock, and many contenders for each. */
import { describe, expect, it } from 'vitest';
import { openClaims, type Claims } from '../../src/experiment/claims.ts';
import { memory } from '../../src/stores/memory.ts';
import { bytesOf, keysOf, textOf } from '../cases/records.ts';

import type { Store } from '../../src/core/types.ts';

function place(store: Store = memory()) {
  const state = { time: 1_000_000, dead: new Set<number>() };
  const of = (pid: number, host: string = 'lab', lease: number = 1000): Claims => openClaims(store, { owner: `${pid}-abcd0123`, host, time: () => state.time, alive: (id) => !state.dead.has(id), lease });
  return { store, state, of };
}

describe('claims', () => {
  it('go to one of many', async () => {
    const { store, of } = place();
    const claims = Array.from({ length: 25 }, (_, i) => of(i + 1));
    for (const key of ['demo/0', 'demo/1', 'compaction']) {
      const taken = await Promise.all(claims.map((each) => each.take(key)));
      expect(taken.filter(Boolean)).toHaveLength(1);
      const owner = taken.indexOf(true);
      expect(JSON.parse((await textOf(store, `claims/${key}`))!)).toEqual({ owner: `${owner + 1}-abcd0123`, host: 'lab', until: 1_001_000 });
      expect(await Promise.all(claims.map((each) => each.take(key)))).toEqual(taken); // his own he has already
    }
  });

  it('are given up by their holder alone', async () => {
    const { store, of } = place();
    const [one, two] = [of(1), of(2)];
    await Promise.all([one.take('a'), one.take('b'), two.take('c')]);
    await two.release('a');
    expect(await keysOf(store, '')).toEqual(['claims/a', 'claims/b', 'claims/c']);
    await one.release('a');
    await one.release('a');
    expect(await two.take('a')).toBe(true);
    await one.close();
    expect(await keysOf(store, '')).toEqual(['claims/a', 'claims/c']);
    expect(await one.others()).toBe('2-abcd0123 on lab');
    expect(await two.others()).toBe(undefined);
  });

  it('expire, and last while they are renewed', async () => {
    const { store, state, of } = place();
    const [one, two] = [of(1), of(2)];
    await one.take('a');
    state.time += 999;
    expect(await two.take('a')).toBe(false);
    expect(await one.renew()).toEqual([]);
    state.time += 999;
    expect([await two.take('a'), await two.others()]).toEqual([false, '1-abcd0123 on lab']);
    state.time += 1;
    expect([await two.take('a'), await two.others()]).toEqual([true, undefined]);
    // The first one wakes up: it learns that its claim is lost, and leaves the new one alone.
    expect(await one.renew()).toEqual(['a']);
    expect(await one.renew()).toEqual([]);
    await one.close();
    expect(JSON.parse((await textOf(store, 'claims/a'))!).owner).toBe('2-abcd0123');
    expect(await one.take('a')).toBe(false);
  });

  it('of a dead process go at once, but on its own machine only', async () => {
    const { state, of } = place();
    const one = of(7);
    await one.take('a');
    await of(8, 'elsewhere').take('b');
    await of(9, '').take('c');
    state.dead.add(7).add(8).add(9);
    const survivor = of(10);
    expect([await survivor.take('a'), await survivor.take('b'), await survivor.take('c')]).toEqual([true, false, false]);
    const nameless = of(11, ''); // knows no machine, so it must wait
    state.dead.add(10);
    expect([await nameless.take('a'), await nameless.take('c')]).toEqual([false, false]);
    state.time += 1000;
    expect([await nameless.take('a'), await nameless.take('c')]).toEqual([true, true]);
  });

  it('of dead processes are swept by whoever ends', async () => {
    const { store, state, of } = place();
    await Promise.all([of(7).take('processes/7'), of(8, 'elsewhere').take('processes/8'), of(9).take('demo/3')]);
    state.dead.add(7).add(8);
    await of(10).close();
    expect(await keysOf(store, '')).toEqual(['claims/demo/3', 'claims/processes/8']);
    state.time += 86_400_000;
    await of(10).close();
    expect(await keysOf(store, '')).toEqual(['claims/demo/3', 'claims/processes/8']);
    state.time += 1001;
    await of(10).close();
    expect(await keysOf(store, '')).toEqual([]);
  });

  it('that cannot be read are nobody\'s', async () => {
    const { store, of } = place();
    for (const text of ['', '{', 'null', '7', '{"owner":"1-a"}', '{"owner":1,"until":9e99}']) {
      await store.put('claims/a', bytesOf(text));
      const one = of(1);
      expect(await one.take('a')).toBe(true);
      await one.close();
    }
    expect(await keysOf(store, '')).toEqual([]);
  });

  it('that expired go to one of many who come together', async () => {
    const { state, of } = place();
    await of(99).take('a');
    state.time += 1000;
    const taken = await Promise.all(Array.from({ length: 25 }, (_, i) => of(i + 1).take('a')));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  it('want a lease', () => {
    for (const lease of [0, -1, NaN, Infinity, '5'] as number[]) expect(() => place().of(1, '', lease)).toThrow(/^lease is .*; allowed: milliseconds above 0$/);
  });
});
