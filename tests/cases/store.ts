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
      for (const act of [() => store.get(key), () => store.put(key, bytes('')), () => store.append(key, bytes('')), () => store.delete(key)]) {
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
