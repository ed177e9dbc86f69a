/**
 * The opfs store keeps the contract where there are private files, and says so where there are none.
 *
 * Surprise: each case needs an empty store and a browser keeps them all, so the folder is emptied before and after.
 */
import { afterAll, describe, expect, inject, it } from 'vitest';
import { openPool } from '#pool';
import { opfs, openStore } from '../../src/stores/index.ts';
import { storeCases } from '../cases/store.ts';

const runtime = inject('runtime');
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const usable = await opfs('nadir-probe').then((store) => store.put('a', bytes('')).then(() => store.delete('a'))).then(() => true, () => false);

if (usable) {
  let made = 0;
  const top = await navigator.storage.getDirectory();
  const stores: string[] = ['nadir-probe'];
  afterAll(async () => {
    for (const name of stores) await top.removeEntry(name, { recursive: true }).catch(() => undefined);
  });
  const fresh = async (): Promise<string> => {
    const name = `nadir-test-${made++}`;
    stores.push(name);
    await top.removeEntry(name, { recursive: true }).catch(() => undefined);
    return name;
  };
  storeCases('opfs', async () => opfs(await fresh()));

  describe('opfs', () => {
    it('is opened again by its address', async () => {
      const store = await opfs(await fresh());
      await store.put('a/b', bytes('kept'));
      expect(new TextDecoder().decode(await (await openStore(store.address!)).get('a/b'))).toBe('kept');
    });
    it('is shared by the page and its workers', { timeout: 60_000 }, async () => {
      const name = await fresh();
      const store = await opfs(name);
      const pool = await openPool({ workers: 2, setup: null });
      const module = new URL('../cases/opfs.ts', import.meta.url).href;
      const rounds = 30;
      let running = true;
      const reading = (async () => {
        let seen = 0;
        for (; running; await new Promise((resolve) => setTimeout(resolve, 1))) {
          const found = await store.get('journal/one.jsonl', seen); // while it is written
          seen += found?.length ?? 0;
        }
      })();
      const both = await Promise.all(['one', 'two'].map((worker) => pool.run({ kind: 'call', module, export: 'work', args: [name, worker, rounds] }))) as number[][];
      running = false;
      await reading;
      await pool.close();
      expect(both.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: rounds }, (_, i) => i));
      for (const worker of ['one', 'two']) {
        const text = async (key: string): Promise<string> => new TextDecoder().decode(await store.get(key));
        expect(await text(`journal/${worker}.jsonl`)).toBe(Array.from({ length: rounds }, (_, i) => `${worker} ${i}\n`).join(''));
        expect(await text(`runs/${worker}/a`)).toBe('headtail');
        expect(await text(`runs/${worker}/deep/b`)).toBe(`\0\0${'12345'}`);
        expect(await store.get(`runs/${worker}/old`)).toBe(undefined);
      }
    });
    it('lets one of many create a key through stores of their own', async () => {
      const name = await fresh();
      const made = await Promise.all(Array.from({ length: 20 }, async (_, i) => (await opfs(name)).create('a/claim', bytes(String(i)))));
      expect(made.filter(Boolean)).toHaveLength(1);
      expect(new TextDecoder().decode(await (await opfs(name)).get('a/claim'))).toBe(String(made.indexOf(true)));
    });
  });
}

describe('opfs', () => {
  it('is there in Chromium and Firefox', () => expect(usable || !['chromium', 'firefox'].includes(runtime)).toBe(true));
  if (!usable) it('says where it cannot be', async () => {
    const error = await opfs('runs').then((store) => store.put('a', bytes(''))).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'NadirError', code: 'runtime', message: expect.stringMatching(/private files/) });
  });
  it.each(['', '..', 'a/b', 'a b', 7])('refuses the name %j', async (name) => {
    await expect(opfs(name as string)).rejects.toMatchObject({ code: 'store', message: expect.stringMatching(/^store folder /) });
  });
});
