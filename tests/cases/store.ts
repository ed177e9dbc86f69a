/**
 * The contract of a store, run over every one of them.
 *
 * Surprise: order is where stores differ first: `a-1`, `a.x`, `a/b`, `ab` is the order of the keys, not of the folders.
 */
import { describe, expect, it } from 'vitest';

import type { Store } from '../../src/core/types.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined): string | undefined => (value === undefined ? undefined : new TextDecoder().decode(value));

async function all(store: Store, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.keys(prefix)) keys.push(key);
  return keys;
}

/** `open` makes an empty store each time. */
export function storeCases(name: string, open: () => Promise<Store>): void {
  describe(`store ${name}`, () => {
    it('gives back what was put, replaced, deleted', async () => {
      const store = await open();
      expect(await store.get('a')).toBe(undefined);
      await store.put('a', bytes('one'));
      await store.put('deep/er/b.json', bytes('two'));
      expect(text(await store.get('a'))).toBe('one');
      expect(text(await store.get('deep/er/b.json'))).toBe('two');
      await store.put('a', bytes('1'));
      expect(text(await store.get('a'))).toBe('1');
      await store.put('a', new Uint8Array());
      expect((await store.get('a'))!.length).toBe(0);
      await store.delete('a');
      await store.delete('a');
      expect(await store.get('a')).toBe(undefined);
      expect(await store.get('deep')).toBe(undefined);
      expect(await store.get('deep/er/b.json/c')).toBe(undefined);
    });

    it('keeps every byte value and does not share memory', async () => {
      const store = await open();
      const value = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7) & 255);
      await store.put('bytes.bin', value);
      const kept = value.slice();
      value.fill(0);
      const first = (await store.get('bytes.bin'))!;
      expect(Array.from(first)).toEqual(Array.from(kept));
      first.fill(1);
      expect(Array.from((await store.get('bytes.bin'))!)).toEqual(Array.from(kept));
      // A view into a larger buffer stores only what it shows.
      await store.put('view.bin', kept.subarray(3, 5));
      expect(Array.from((await store.get('view.bin'))!)).toEqual([21, 28]);
    });

    it('appends in the order of the calls, whoever waits', async () => {
      const store = await open();
      await Promise.all(Array.from({ length: 50 }, (_, i) => store.append('log/a.jsonl', bytes(`${i}\n`))));
      await store.append('log/a.jsonl', bytes(''));
      await store.append('log/a.jsonl', bytes('end'));
      const lines = text(await store.get('log/a.jsonl'))!.split('\n');
      expect(lines).toEqual([...Array.from({ length: 50 }, (_, i) => String(i)), 'end']);
      await store.put('log/a.jsonl', bytes('new'));
      await store.append('log/a.jsonl', bytes('er'));
      expect(text(await store.get('log/a.jsonl'))).toBe('newer');
    });

    it('carries out calls about one key in order', async () => {
      const store = await open();
      const puts = Array.from({ length: 20 }, (_, i) => store.put('last', bytes(String(i))));
      const seen = store.get('last');
      const gone = store.delete('last');
      await Promise.all([...puts, gone]);
      expect(text(await seen)).toBe('19');
      expect(await store.get('last')).toBe(undefined);
    });

    it('gives ranges, as far as there are bytes', async () => {
      const store = await open();
      await store.put('r/digits', bytes('0123456789'));
      const part = async (from?: number, to?: number): Promise<string | undefined> => text(await store.get('r/digits', from, to));
      expect(await part()).toBe('0123456789');
      expect(await part(3)).toBe('3456789');
      expect(await part(3, 5)).toBe('34');
      expect(await part(undefined, 5)).toBe('01234');
      expect(await part(0, Infinity)).toBe('0123456789');
      expect(await part(8, 1e9)).toBe('89');
      for (const [from, to] of [[10, 20], [11, Infinity], [1e12, 2e12], [5, 5], [5, 2], [0, 0]] as const) expect(await part(from, to)).toBe('');
      expect(await store.get('r', 0, 5)).toBe(undefined);
      expect(await store.get('nothing', 3, 5)).toBe(undefined);
      await store.append('r/digits', bytes('ab'));
      expect(await part(9)).toBe('9ab');
      for (const [from, to] of [[-1, 5], [0.5, 5], [NaN, 5], [0, -1], [0, 1.5], ['0' as never, 1], [Infinity, Infinity]] as [number, number][]) await expect(store.get('r/digits', from, to)).rejects.toMatchObject({ code: 'store', message: expect.stringMatching(/allowed: an integer from 0/) });
    });

    it('lets one of many create a key', async () => {
      const store = await open();
      const makers = Array.from({ length: 20 }, (_, i) => store.create('claims/a/1', bytes(`maker ${i}`)));
      const made = await Promise.all(makers);
      expect(made.filter(Boolean)).toHaveLength(1);
      expect(text(await store.get('claims/a/1'))).toBe(`maker ${made.indexOf(true)}`);
      expect(await store.create('claims/a/1', bytes('late'))).toBe(false);
      await store.put('put', bytes('kept'));
      expect(await store.create('put', bytes('late'))).toBe(false);
      expect(text(await store.get('put'))).toBe('kept');
      await store.delete('claims/a/1');
      expect(await store.create('claims/a/1', bytes('again'))).toBe(true);
      expect(await all(store, '')).toEqual(['claims/a/1', 'put']);
      await expect(store.create('claims/a', bytes(''))).rejects.toMatchObject({ code: 'store', message: expect.stringContaining('is a folder of other keys') });
      await expect(store.create('put/x', bytes(''))).rejects.toMatchObject({ code: 'store' });
    });

    it('drafts at offsets, zeros in the gaps', async () => {
      const store = await open();
      await store.draft('d/a', bytes('hello'));
      expect(text(await store.get('d/a'))).toBe('hello');
      await store.draft('d/a', bytes('J'));
      expect(text(await store.get('d/a'))).toBe('Jello');
      await store.draft('d/a', bytes('y!'), 4);
      expect(text(await store.get('d/a'))).toBe('Jelly!');
      await store.draft('d/a', bytes('?'), 9);
      expect(text(await store.get('d/a'))).toBe('Jelly!\0\0\0?');
      await store.draft('d/gap', bytes('end'), 3);
      expect(Array.from((await store.get('d/gap'))!)).toEqual([0, 0, 0, 101, 110, 100]);
      await store.draft('d/none', new Uint8Array());
      expect((await store.get('d/none'))!.length).toBe(0);
      const large = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 13) & 255);
      await Promise.all([0, 1, 2].map((k) => store.draft('d/large', large, k * large.length)));
      await store.draft('d/large', bytes('head'));
      const found = (await store.get('d/large'))!;
      expect(found.length).toBe(3 * large.length);
      const wanted = new Uint8Array(3 * large.length);
      for (const k of [0, 1, 2]) wanted.set(large, k * large.length);
      wanted.set(bytes('head'));
      expect(found.every((value, i) => value === wanted[i])).toBe(true);
      for (const at of [-1, 0.5, NaN, '1'] as never[]) await expect(store.draft('d/a', bytes(''), at)).rejects.toMatchObject({ code: 'store', message: expect.stringMatching(/allowed: an integer from 0/) });
      await store.put('k', bytes(''));
      await expect(store.draft('k/x', bytes(''))).rejects.toMatchObject({ code: 'store' });
      await expect(store.draft('d', bytes(''))).rejects.toMatchObject({ code: 'store' });
    });

    it('moves keys and folders, over what is there', async () => {
      const store = await open();
      await store.draft('aside/1/a', bytes('A'));
      await store.draft('aside/1/b/c', bytes('C'));
      await store.put('runs/ab/1/old', bytes('old'));
      await store.put('runs/ab/10', bytes('a neighbour'));
      await store.move('aside/1/', 'runs/ab/1/');
      expect(await all(store, '')).toEqual(['runs/ab/1/a', 'runs/ab/1/b/c', 'runs/ab/10']);
      expect(text(await store.get('runs/ab/1/b/c'))).toBe('C');
      await store.move('runs/ab/1/', 'new/er/');
      expect(await all(store, '')).toEqual(['new/er/a', 'new/er/b/c', 'runs/ab/10']);
      await store.move('new/er/a', 'runs/ab/10');
      expect(text(await store.get('runs/ab/10'))).toBe('A');
      await store.move('runs/ab/10', 'far/away/x');
      expect(await all(store, '')).toEqual(['far/away/x', 'new/er/b/c']);
      await store.put('runs', bytes('a key where a folder was')); // nothing empty is left
      await store.move('new/er/', 'new/er/');
      await store.move('runs', 'runs');
      expect(await all(store, '')).toEqual(['far/away/x', 'new/er/b/c', 'runs']);

      const refused = async (from: string, to: string, why: RegExp): Promise<void> => {
        await expect(store.move(from, to)).rejects.toMatchObject({ name: 'NadirError', code: 'store', message: expect.stringMatching(why) });
      };
      await refused('nothing', 'x', /there is no such key$/);
      await refused('nothing/', 'x/', /there is no such folder$/);
      await refused('runs/', 'x/', /there is no such folder$/);
      await refused('new', 'x', /there is no such key$/);
      await refused('runs', 'x/', /a key to a key, or a folder to a folder/);
      await refused('new/', 'x', /a key to a key, or a folder to a folder/);
      await refused('new/', 'new/er/', /one is inside the other$/);
      await refused('new/er/', 'new/', /one is inside the other$/);
      await refused('runs', 'new', /./);
      await refused('new/', 'runs/', /./);
      await refused('far/away/x', 'runs/x', /./);
      expect(await all(store, '')).toEqual(['far/away/x', 'new/er/b/c', 'runs']);
    });

    it('moves and deletes folders after what was asked of their keys before', async () => {
      const store = await open();
      const drafts = Array.from({ length: 30 }, (_, i) => store.draft(`aside/${i % 3}/${i}`, bytes(String(i))));
      const moves = [0, 1, 2].map((k) => store.move(`aside/${k}/`, `runs/${k}/`));
      const seen = store.get('runs/2/29');
      const gone = store.delete('runs/1/');
      await Promise.all([...drafts, ...moves, gone]);
      expect(text(await seen)).toBe('29');
      expect(await all(store, 'runs/1')).toEqual([]);
      expect(await all(store, '')).toHaveLength(20);
    });

    it('deletes folders', async () => {
      const store = await open();
      for (const key of ['a/b/c', 'a/b/d/e', 'a/bc', 'a/z', 'k']) await store.put(key, bytes(key));
      await store.delete('a/b/');
      expect(await all(store, '')).toEqual(['a/bc', 'a/z', 'k']);
      await store.delete('a/b/');
      await store.delete('nothing/at/all/');
      await store.delete('k/'); // a key, and no folder
      await store.delete('k/x/');
      expect(await all(store, '')).toEqual(['a/bc', 'a/z', 'k']);
      await store.delete('a/');
      expect(await all(store, '')).toEqual(['k']);
      await store.put('a', bytes('a key where a folder was'));
    });

    it('lists keys sorted, by prefix', async () => {
      const store = await open();
      const keys = ['a-1', 'a.x', 'a/b', 'a/b-c', 'a/c/d', 'a0', 'ab', 'B', 'z/1', 'z/10', 'z/2', '_'];
      for (const key of [...keys].reverse()) await store.put(key, bytes(key));
      expect(await all(store, '')).toEqual([...keys].sort());
      expect(await all(store, 'a')).toEqual(['a-1', 'a.x', 'a/b', 'a/b-c', 'a/c/d', 'a0', 'ab']);
      expect(await all(store, 'a/')).toEqual(['a/b', 'a/b-c', 'a/c/d']);
      expect(await all(store, 'a/b')).toEqual(['a/b', 'a/b-c']);
      expect(await all(store, 'z/1')).toEqual(['z/1', 'z/10']);
      expect(await all(store, 'nothing/')).toEqual([]);
      expect(await all(store, 'a/c/d/e')).toEqual([]);
      for await (const key of store.keys('')) await store.delete(key); // deleting what was just listed is fine
      expect(await all(store, '')).toEqual([]);
      await store.put('a', bytes('a key where a folder was'));
      expect(await all(store, '')).toEqual(['a']);
    });

    it.each([
      '', '/', '/a', 'a/', 'a//b', '.', '..', 'a/..', '../a', 'a/../b', 'a/./b', 'a\\b', 'C:a', 'a b', 'ä', 'a~1', 'a\0', 'a.', 'a./b', 'con', 'NUL', 'a/aux.json',
      'Com1', 'lpt9.txt', 'x'.repeat(201),
    ])('refuses the key %j', async (key) => {
      const store = await open();
      const acts = [() => store.get(key), () => store.put(key, bytes('')), () => store.append(key, bytes('')), () => store.create(key, bytes('')), () => store.draft(key, bytes(''))];
      const places = key === 'a/' ? [] : [() => store.delete(key), () => store.move(key, 'x'), () => store.move('x', key)]; // a folder
      const folders = key === '' || key === '/' ? [] : [() => store.delete(`${key}/`), () => store.move(`${key}/`, 'x/'), () => store.move('x/', `${key}/`)];
      for (const act of [...acts, ...places, ...folders]) {
        await expect(act()).rejects.toMatchObject({ name: 'NadirError', code: 'store', message: expect.stringMatching(/^key .+/) });
      }
    });

    it.each(['/', '../', 'a/../', 'a//', 'a b', 'con/', '~'])('refuses the prefix %j', async (prefix) => {
      const store = await open();
      await expect(all(store, prefix)).rejects.toMatchObject({ code: 'store', message: expect.stringMatching(/^prefix .+/) });
    });

    it('takes keys at the limits', async () => {
      const store = await open();
      const keys = ['.hidden', '-', 'console', 'nul0', 'com', 'x'.repeat(200), `${'y'.repeat(200)}/${'z'.repeat(200)}`];
      for (const key of keys) await store.put(key, bytes(key));
      for (const key of keys) expect(text(await store.get(key))).toBe(key);
      expect(await all(store, '')).toEqual([...keys].sort());
    });

    it('says that a key cannot be a folder too', async () => {
      const store = await open();
      await store.put('a/b', bytes(''));
      await store.put('k', bytes(''));
      await expect(store.put('a', bytes(''))).rejects.toMatchObject({ code: 'store', message: expect.stringContaining('is a folder of other keys') });
      await expect(store.put('k/x', bytes(''))).rejects.toMatchObject({ code: 'store', message: expect.stringMatching(/key "k\/x".* is a key/) });
      await expect(store.append('k/x', bytes(''))).rejects.toMatchObject({ code: 'store' });
      expect(await all(store, '')).toEqual(['a/b', 'k']);
    });
  });
}
