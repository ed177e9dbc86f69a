/**
 * The directory store: the contract, its errors, and SIGKILL in the middle of writing (through the built files: a child of Node 20 cannot load .ts).
 *
 * Surprise: a kill is only a test when the writes are large; a small write is one system call, which a signal cannot cut.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { named } from '../src/core/errors.ts';
import { files } from '../src/platform/node.ts';
import { files as noFiles } from '../src/platform/web.ts';
import { directory, openStore, stores } from '../src/stores/index.ts';
import { storeCases } from './cases/store.ts';

import type { Files } from '../src/core/files.ts';

const scratch = mkdtempSync(join(tmpdir(), 'nadir-stores-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let made = 0;
const fresh = (): string => join(scratch, `store-${made++}`);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function listed(keys: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const key of keys) all.push(key);
  return all;
}

storeCases('directory', () => directory(fresh(), files));

describe('directory', () => {
  it('is opened again with what was kept, a slash at the end or not', async () => {
    const root = fresh();
    await (await directory(root, files)).put('a/b', bytes('kept'));
    expect(new TextDecoder().decode(await (await directory(`${root}/`, files)).get('a/b'))).toBe('kept');
  });

  it('says what is wrong with its root', async () => {
    const file = fresh();
    writeFileSync(file, '');
    await expect(directory(file, files)).rejects.toMatchObject({ code: 'store', message: `store "${file}" cannot be opened: it is a file; allowed: a folder, or a path where one can be made` });
    await expect(directory(`${file}/x`, files)).rejects.toMatchObject({ code: 'store', message: expect.stringMatching(/a folder above it is a file$/) });
    const deep = join(fresh(), 'a', 'b');
    await expect(directory(deep, files)).rejects.toMatchObject({ code: 'store', message: expect.stringMatching(/the folder above it does not exist$/) });
    await (await directory(deep, files, { parents: true })).put('k', bytes(''));
    expect(existsSync(join(deep, 'k'))).toBe(true);
    for (const root of ['', 'a\0b', undefined as never]) await expect(directory(root, files)).rejects.toMatchObject({ code: 'store' });
  });

  it('says what is wrong with the disk', async () => {
    // Tests run as root, whom permissions do not stop, so the disk is a false one.
    const broken = (method: 'create' | 'append' | 'read' | 'list' | 'folder', code: string): Files => ({
      ...files,
      [method]: async () => {
        throw Object.assign(new Error(`${code}: raw`), { code });
      },
    });
    const full = await directory(fresh(), broken('create', 'ENOSPC'));
    await expect(full.put('a/b', bytes('x'))).rejects.toMatchObject({ code: 'store', message: expect.stringMatching(/^key "a\/b" cannot be written in store ".*": the disk is full$/) });
    const root = fresh();
    await directory(root, files);
    await expect((await directory(root, broken('create', 'EROFS'))).put('a', bytes(''))).rejects.toThrow('the file system is read-only');
    await expect((await directory(root, broken('append', 'EACCES'))).append('a', bytes(''))).rejects.toThrow('cannot be appended to in store');
    await expect((await directory(root, broken('read', 'EACCES'))).get('a')).rejects.toThrow('cannot be read in store');
    await expect(listed((await directory(root, broken('list', 'EACCES'))).keys(''))).rejects.toThrow('cannot be listed: permission denied');
    await expect(directory(fresh(), broken('folder', 'EROFS'))).rejects.toThrow(/^store ".*" cannot be opened: the file system is read-only$/);
    await expect(directory('x', noFiles)).rejects.toThrow('a web page has no files');
    // A store that failed goes on with the next call about the same key.
    const once = { ...files, create: files.create };
    once.create = async () => {
      once.create = files.create;
      throw Object.assign(new Error('x'), { code: 'EIO' });
    };
    const store = await directory(fresh(), once);
    const [first, second] = await Promise.allSettled([store.put('a', bytes('1')), store.put('a', bytes('2'))]);
    expect([first.status, second.status]).toEqual(['rejected', 'fulfilled']);
  });

  it('ignores what a killed writer left aside, and sweeps it; a live writer keeps his', async () => {
    const root = fresh();
    const store = await directory(root, files);
    await store.put('a/b', bytes('good'));
    const dead = 4_194_304 + 7; // beyond Linux's highest process id
    writeFileSync(join(root, 'a', `b~${dead}-0123abcd-0`), 'half');
    writeFileSync(join(root, 'a', `c~${process.pid}-0123abcd-0`), 'half');
    writeFileSync(join(root, 'a', 'not a key'), 'foreign');
    expect(await listed(store.keys(''))).toEqual(['a/b']);
    expect(readdirSync(join(root, 'a')).sort()).toEqual(['b', `c~${process.pid}-0123abcd-0`, 'not a key']);
  });

  it('has an address that holds in any folder, and is opened by it', async () => {
    const root = fresh();
    const store = await directory(`${relative(process.cwd(), root)}/`, files);
    expect(store.address).toEqual({ name: 'directory', root });
    await store.put('a', bytes('kept'));
    expect(new TextDecoder().decode(await (await openStore(JSON.parse(JSON.stringify(store.address)), { files })).get('a'))).toBe('kept');
    await expect(openStore(store.address!)).rejects.toMatchObject({ code: 'input' });
    await expect(async () => openStore({ name: 'direktory' })).rejects.toMatchObject({ code: 'name', message: expect.stringMatching(/did you mean directory\?/) });
    expect((await (named('store', stores, 'memory').open({}))).address).toBe(undefined); // no other thread can open it
  });

  it('creates whole files one of many wins, through stores of their own, with and without hard links', async () => {
    for (const link of [files.link, async () => { throw Object.assign(new Error('no links'), { code: 'EPERM' }); }]) {
      const root = fresh();
      const makers = await Promise.all(Array.from({ length: 20 }, () => directory(root, { ...files, link })));
      const body = (i: number): string => `${i} `.repeat(50_000);
      const made = makers.map((store, i) => store.create('claims/demo/0', bytes(body(i))));
      const reader = (async () => {
        for (let i = 0; i < 50; i++) {
          const found = await makers[0]!.get('claims/demo/0');
          if (found && link === files.link) expect([100_000, 150_000]).toContain(found.length); // never half a claim
        }
      })();
      const won = await Promise.all(made);
      await reader;
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(new TextDecoder().decode(await makers[3]!.get('claims/demo/0')) === body(won.indexOf(true))).toBe(true);
      expect(readdirSync(join(root, 'claims/demo'))).toEqual(['0']); // nothing is left aside
    }
  });

  it('sweeps empty folders as it lists, and not under a writer', async () => {
    const root = fresh();
    mkdirSync(join(root, 'a/b/c'), { recursive: true });
    const store = await directory(root, files);
    const listings = Array.from({ length: 50 }, () => listed(store.keys('')));
    await Promise.all(Array.from({ length: 50 }, async (_, i) => {
      await store.draft(`a/b/${i}/x`, bytes('x'));
      await store.create(`a/${i}/x`, bytes('x'));
      await store.append(`a/b/c/d${i}/x`, bytes('x'));
    }));
    await Promise.all(listings);
    expect((await listed(store.keys(''))).length).toBe(150);
    await store.delete('a/');
    mkdirSync(join(root, 'a/b/c'), { recursive: true });
    for (let level = 0; level < 3; level++) expect(await listed(store.keys(''))).toEqual([]);
    expect(readdirSync(root)).toEqual([]);
  });

  it('sweeps a folder that a killed writer left aside while it replaced it', async () => {
    const root = fresh();
    const store = await directory(root, files);
    await store.put('runs/ab/1/new', bytes('new'));
    mkdirSync(join(root, 'runs', 'ab', '1~4194311-0123abcd-0', 'deep'), { recursive: true });
    writeFileSync(join(root, 'runs', 'ab', '1~4194311-0123abcd-0', 'deep', 'old'), 'old');
    mkdirSync(join(root, 'runs', 'ab', `2~${process.pid}-0123abcd-0`));
    expect(await listed(store.keys(''))).toEqual(['runs/ab/1/new']);
    expect(readdirSync(join(root, 'runs', 'ab'))).toEqual(['1', `2~${process.pid}-0123abcd-0`]);
  });

  it('says what is wrong with the disk about drafts, creating and moving, too', async () => {
    const root = fresh();
    const failing = (method: keyof Files, code: string) => directory(root, { ...files, [method]: async () => { throw Object.assign(new Error(`${code}: raw`), { code }); } });
    await (await directory(root, files)).put('a', bytes(''));
    await expect((await failing('write', 'ENOSPC')).draft('d/x', bytes('1'))).rejects.toMatchObject({ code: 'store', message: expect.stringMatching(/^key "d\/x" cannot be written in store ".*": the disk is full$/) });
    await expect((await failing('write', 'EROFS')).create('c', bytes('1'))).rejects.toThrow('the file system is read-only');
    await expect((await failing('rename', 'EACCES')).move('a', 'b')).rejects.toThrow(/^key "a" cannot be moved to "b" in store ".*": permission denied$/);
    await expect((await failing('list', 'EIO')).move('a/', 'b/')).rejects.toMatchObject({ code: 'store' });
  });

  it('survives two stores that move folders in and out of the same ones', async () => {
    const root = fresh();
    const churn = async (store: Awaited<ReturnType<typeof directory>>, name: string): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        await Promise.all(['a', 'b/c'].map((key) => store.draft(`aside/${name}/${key}`, bytes(`${name} ${i}`))));
        await store.move(`aside/${name}/`, `runs/ab/${name}/`);
        if (i % 3 === 0) await store.delete(`runs/ab/${name}/`);
      }
    };
    const both = await Promise.all([directory(root, files), directory(root, files)]);
    await Promise.all([churn(both[0], 'one'), churn(both[1], 'two')]);
    expect(await listed(both[0].keys(''))).toEqual(['one', 'two'].flatMap((name) => [`runs/ab/${name}/a`, `runs/ab/${name}/b/c`]));
    expect(new TextDecoder().decode(await both[1].get('runs/ab/one/b/c'))).toBe('one 59');
  });

  it('survives two stores that make and prune the same folder', async () => {
    const root = fresh();
    const [one, two] = [await directory(root, files), await directory(root, files)];
    const churn = async (store: typeof one, key: string): Promise<void> => {
      for (let i = 0; i < 40; i++) {
        await store.put(`x/y/${key}`, bytes(String(i)));
        await store.delete(`x/y/${key}`);
      }
      await store.append(`x/y/${key}`, bytes('end'));
    };
    await Promise.all([churn(one, 'one'), churn(two, 'two')]);
    expect(await listed(one.keys(''))).toEqual(['x/y/one', 'x/y/two']);
  });

  it('puts a key in the place of folders without keys, whoever made them, and not of a foreign file', async () => {
    const root = fresh();
    const store = await directory(root, files);
    const empty = (): void => void mkdirSync(join(root, 'a', 'b', 'c'), { recursive: true });
    const ways: (() => Promise<unknown>)[] = [() => store.put('a', bytes('1')), () => store.append('a', bytes('1')), () => store.create('a', bytes('1')), () => store.draft('a', bytes('1')), () => store.put('z', bytes('1')).then(() => store.move('z', 'a'))];
    for (const way of ways) {
      empty();
      expect(await store.get('a')).toBe(undefined);
      expect(await listed(store.keys(''))).toEqual([]);
      await way();
      expect(new TextDecoder().decode(await store.get('a'))).toBe('1');
      await store.delete('a');
      empty();
      await store.delete('a');
      await expect(store.move('a/', 'b/')).rejects.toThrow('there is no such folder');
    }
    empty();
    writeFileSync(join(root, 'a', 'b', 'not a key'), 'foreign');
    for (const way of ways) await expect(way()).rejects.toThrow('it is a folder of other keys');
    expect(existsSync(join(root, 'a', 'b', 'not a key'))).toBe(true);
  });

  it('is in the registry, with what it needs', async () => {
    await expect(named('store', stores, 'directory').open({})).rejects.toMatchObject({ code: 'input' });
    await (await named('store', stores, 'directory').open({ root: fresh(), files })).put('a', bytes('1'));
    expect(stores.map((def) => def.name)).toEqual(['memory', 'directory', 'opfs']);
    await expect(named('store', stores, 'opfs').open({})).rejects.toMatchObject({ code: 'input' });
  });
});

describe('SIGKILL', () => {
  const built = new URL('../build/js/src/', import.meta.url);
  const root = join(scratch, 'killed');
  const script = join(scratch, 'writer.mjs');
  beforeAll(() => {
    if (!existsSync(new URL('stores/directory.js', built))) throw new Error('build/js is missing: run npm run build first');
    mkdirSync(root);
    // Acknowledges on stdout, synchronously, what is safely written: "p n" a put, "a n" an append.
    writeFileSync(script, `
      import { writeSync } from 'node:fs';
      import { directory } from ${JSON.stringify(new URL('stores/directory.js', built).href)};
      import { files } from ${JSON.stringify(new URL('platform/node.js', built).href)};
      const store = await directory(${JSON.stringify(root)}, files);
      const encode = (text) => new TextEncoder().encode(text);
      const body = (n) => n + ' ' + String.fromCharCode(97 + (n % 26)).repeat(300_000 + n) + ' ' + n;
      let n = Number(process.argv[2]);
      await store.append('journal', encode('\\n'));
      const put = async () => { for (let i = n; ; i++) { await store.put('slots/' + (i % 3), encode(body(i))); writeSync(1, 'p ' + i + '\\n'); } };
      const append = async () => { for (let i = n; ; i++) { await store.append('journal', encode(body(i) + '\\n')); writeSync(1, 'a ' + i + '\\n'); } };
      await Promise.all([put(), append()]);
    `);
  });

  const whole = (text: string): number => {
    const [head, middle, tail] = text.split(' ');
    const n = Number(head);
    if (tail !== head || middle !== String.fromCharCode(97 + (n % 26)).repeat(300_000 + n)) throw new Error(`torn: ${text.slice(0, 20)}... ${text.length}`);
    return n;
  };

  it('leaves every earlier record whole, killed 24 times while putting and appending', { timeout: 60_000 }, async () => {
    const done = { p: new Map<number, number>(), a: new Set<number>() };
    for (let round = 0; round < 24; round++) {
      const start = round * 10_000;
      const child = spawn(process.execPath, [script, String(start)], { stdio: ['ignore', 'pipe', 'inherit'] });
      let output = '';
      child.stdout.on('data', (data) => {
        if (output === '') setTimeout(() => child.kill('SIGKILL'), 2 + 3 * round + (round % 4) / 3);
        output += String(data);
      });
      const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)));
      expect(signal).toBe('SIGKILL');
      for (const line of output.split('\n').slice(0, -1)) {
        const [kind, n] = line.split(' ');
        if (kind === 'p') done.p.set(Number(n) % 3, Number(n));
        else done.a.add(Number(n));
      }
    }
    const store = await directory(root, files);
    const text = async (key: string): Promise<string> => new TextDecoder().decode(await store.get(key));

    expect(await listed(store.keys(''))).toEqual(['journal', 'slots/0', 'slots/1', 'slots/2']);
    expect(readdirSync(join(root, 'slots'))).toHaveLength(3); // what was aside is swept
    for (const [slot, n] of done.p) expect(whole(await text(`slots/${slot}`))).toBeGreaterThanOrEqual(n);

    const found = new Set<number>();
    let torn = 0;
    for (const line of (await text('journal')).split('\n').filter(Boolean)) {
      try {
        found.add(whole(line));
      } catch {
        torn++;
      }
    }
    expect([...done.a].filter((n) => !found.has(n))).toEqual([]);
    expect(done.a.size).toBeGreaterThan(24);
    expect(torn).toBeLessThanOrEqual(24); // at most one a kill
    expect([...found]).toEqual([...found].sort((a, b) => a - b));
  });
});
