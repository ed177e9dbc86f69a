/** What a run leaves: exactly what was captured, in whole files, whenever it is killed and however often it begins again. */
import { describe, expect, it } from 'vitest';
import { openCapture } from '../../src/experiment/capture.ts';
import { openDrafts } from '../../src/experiment/drafts.ts';
import { readNpy, readNpz } from '../../src/experiment/npy.ts';
import { openStream } from '../../src/experiment/stream.ts';
import { memory } from '../../src/stores/memory.ts';

import type { Json, Store } from '../../src/core/types.ts';
import type { CaptureOptions, OpenCapture } from '../../src/experiment/capture.ts';
import type { Capture } from '../../src/experiment/record.ts';

const id = '00112233aabbccdd';
const home = `runs/00/${id}/`;
let attempts = 0;
const begin = (store: Store, options: Partial<CaptureOptions> = {}): Promise<OpenCapture> =>
  openCapture({ store, id, attempt: `me-${attempts++}`, signal: new AbortController().signal, now: () => 0, every: 1, artifacts: true, resumable: false, dirty: false, conduct: async () => [], ...options });
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes!);
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Every key with its bytes as text, long ones as a sum (FNV-1a). */
async function contents(store: Store, prefix = ''): Promise<{ [key: string]: string }> {
  const out: { [key: string]: string } = {};
  for await (const key of store.keys(prefix)) {
    const bytes = (await store.get(key))!;
    let sum = 0x811c9dc5;
    for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
    out[key] = bytes.length < 2000 ? String.fromCharCode(...bytes) : `${bytes.length} bytes, ${sum >>> 0}`;
  }
  return out;
}
function thrown(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
  return 'nothing';
}
/** The one folder of an attempt. */
async function aside(store: Store): Promise<string> {
  const folders = new Set(Object.keys(await contents(store, 'aside/')).map((key) => key.slice(0, key.indexOf('/', 6) + 1)));
  expect(folders.size).toBe(1);
  return [...folders][0]!;
}
/** A store through which every call goes to `before` first: it may throw, wait, or never return. */
function through(store: Store, before: (method: string, key: string, bytes: Uint8Array | undefined, at: number | undefined) => Promise<void> | void): Store {
  const wrap = (method: string, act: (...args: any[]) => any) => async (...args: any[]) => {
    await before(method, args[0] as string, args[1] as Uint8Array, args[2] as number);
    return act(...args);
  };
  return { ...Object.fromEntries((['get', 'put', 'create', 'append', 'draft', 'move', 'delete'] as const).map((name) => [name, wrap(name, store[name] as never)])), keys: (prefix: string) => store.keys(prefix) } as unknown as Store;
}

describe('capture', () => {
  it('keeps metrics, series, data, files and the log', async () => {
    const store = memory();
    const { capture, finish } = await begin(store);
    const x = Float64Array.of(1, 2);
    capture.metric('best_f', 0.25);
    for (let step = 0; step < 100; step++) capture.metric('f value', -step, 10 * step);
    capture.metric('gap', NaN);
    const list: Json = [1, -0, { a: null }];
    capture.data('list', list);
    capture.artifact('best.npy', x);
    capture.artifact('many.npz', { x, n: { array: Uint8Array.of(7), shape: [1, 1] } });
    capture.artifact('summary.json', { b: 1, a: [true, 'ü'] });
    capture.artifact('report.txt', 'done');
    capture.artifact('raw.bin', Uint8Array.of(1, 2, 3));
    capture.artifact('plain', { a: 1 });
    capture.log('one');
    capture.log('two');
    x.fill(9); // values were copied
    (list as number[])[0] = 9;
    const made = (await finish())!;
    expect(made.metrics).toEqual({ best_f: 0.25, 'f value': -99, gap: NaN });
    expect(made.data).toEqual({ list: [1, 0, { a: null }] });
    expect(made.artifacts.map(({ name }) => name)).toEqual(['best.npy', 'log.txt', 'many.npz', 'plain', 'raw.bin', 'report.txt', 'series.npz', 'summary.json']);
    const files = await contents(store);
    expect(Object.keys(files)).toEqual(made.artifacts.map(({ name }) => home + name));
    for (const { name, bytes } of made.artifacts) expect((await store.get(home + name))!.length, name).toBe(bytes);
    expect(Array.from(readNpy((await store.get(`${home}best.npy`))!).array)).toEqual([1, 2]);
    const { x: many, n } = readNpz((await store.get(`${home}many.npz`))!);
    expect([Array.from(many!.array), Array.from(n!.array), n!.shape]).toEqual([[1, 2], [7], [1, 1]]);
    const series = readNpz((await store.get(`${home}series.npz`))!);
    expect(Object.keys(series)).toEqual(['f value.step', 'f value.value']);
    expect(Array.from(series['f value.step']!.array)).toEqual(Array.from({ length: 100 }, (_, i) => 10 * i));
    expect(Array.from(series['f value.value']!.array)).toEqual(Array.from({ length: 100 }, (_, i) => -i));
    expect(text(await store.get(`${home}summary.json`))).toBe('{\n  "b": 1,\n  "a": [\n    true,\n    "ü"\n  ]\n}\n');
    expect(text(await store.get(`${home}plain`))).toBe('{\n  "a": 1\n}\n');
    expect(text(await store.get(`${home}log.txt`))).toBe('one\ntwo\n');
    expect(text(await store.get(`${home}report.txt`))).toBe('done');
  });

  it('replaces an artifact whole, longer or shorter, written or not', async () => {
    const store = memory();
    const { capture, finish } = await begin(store);
    for (const length of [100, 10, 50, 5, 70]) {
      capture.artifact('a.txt', 'x'.repeat(length));
      capture.artifact('b.txt', 'y'.repeat(length));
      if (length !== 50) capture.artifact('b.txt', 'z'.repeat(length - 3));
      if (length % 3 === 1) await pause();
    }
    capture.artifact('a.txt', 'end');
    expect((await finish())!.artifacts).toEqual([{ name: 'a.txt', bytes: 3 }, { name: 'b.txt', bytes: 67 }]);
    expect(await contents(store)).toEqual({ [`${home}a.txt`]: 'end', [`${home}b.txt`]: 'z'.repeat(67) });
  });

  it('streams rows of any number and size', async () => {
    const store = memory();
    const { capture, finish } = await begin(store);
    const stream = capture.stream('rows.npy', { type: 'i32', shape: [3] });
    const other = capture.stream('empty.npy');
    const all: number[] = [];
    for (const rows of [1, 0, 20_000, 7, 50_000, 1, 1, 30_000]) {
      const piece = Int32Array.from({ length: 3 * rows }, (_, i) => all.length + i);
      for (const value of piece) all.push(value);
      const room = stream.write(piece);
      piece.fill(-1);
      await room;
    }
    await other.write(new Float64Array(0));
    expect((await finish())!.artifacts).toEqual([{ name: 'empty.npy', bytes: 128 }, { name: 'rows.npy', bytes: 128 + 4 * all.length }]);
    const { array, shape } = readNpy((await store.get(`${home}rows.npy`))!);
    expect(shape).toEqual([all.length / 3, 3]);
    expect(array.length === all.length && all.every((value, i) => array[i] === value)).toBe(true);
    expect(readNpy((await store.get(`${home}empty.npy`))!).shape).toEqual([0]);
  });

  it('streams at bounded memory', async () => {
    let written = 0;
    let most = 0;
    const store = through(memory(), async (method, _key, bytes) => {
      if (method !== 'draft') return;
      await pause();
      written += bytes!.length;
    });
    const { capture, finish } = await begin(store);
    const stream = capture.stream('big.npy');
    const piece = new Float64Array(1 << 16); // 512 KiB
    for (let i = 0; i < 64; i++) {
      await stream.write(piece);
      most = Math.max(most, (i + 1) * piece.byteLength - written);
    }
    expect(most).toBeLessThan(10 << 20);
    expect(most).toBeGreaterThan(6 << 20); // it does not wait for each write either
    await finish();
  });

  it('writes rows beyond 4 GiB where they belong', async () => {
    const calls: [number, number][] = [];
    const drafts = openDrafts({ draft: async (_key: string, bytes: Uint8Array, at: number) => void calls.push([at, bytes.length]) } as unknown as Store);
    const stream = openStream('big.npy', 'big.npy', 'f64', [1000], drafts, 3_000_000);
    await stream.write(new Float64Array(1000));
    stream.close();
    await drafts.written();
    expect(calls).toEqual([[128 + 24e9, 8000], [0, 128]]);
    expect(stream.bytes).toBe(128 + 24_000_008_000);
  });

  it('leaves the store alone when there is nothing to keep', async () => {
    const store = through(memory(), () => {
      throw new Error('touched');
    });
    const none = await begin(store, { artifacts: false });
    none.capture.metric('f', 1, 0);
    none.capture.data('d', [1]);
    none.capture.log('line');
    none.capture.artifact('a.json', { a: 1 });
    await none.capture.stream('s.npy').write(Float64Array.of(1));
    expect(await none.finish()).toEqual({ metrics: { f: 1 }, data: { d: [1] }, artifacts: [] });
    const plain = await begin(store);
    plain.capture.metric('f', 1);
    expect(await plain.finish()).toEqual({ metrics: { f: 1 }, data: {}, artifacts: [] });
    await (await begin(store)).abandon();
  });

  it('replaces what an earlier attempt left', async () => {
    const store = memory();
    const first = await begin(store);
    first.capture.artifact('old.txt', 'old');
    await first.finish();
    const second = await begin(store, { dirty: true });
    second.capture.artifact('new.txt', 'new');
    await second.finish();
    expect(await contents(store)).toEqual({ [`${home}new.txt`]: 'new' });
    const third = await begin(store, { dirty: true });
    await third.finish();
    expect(await contents(store)).toEqual({});
    const fourth = await begin(store);
    fourth.capture.artifact('x.txt', 'x');
    await fourth.abandon();
    expect(await contents(store)).toEqual({});
  });

  it('of two processes that make one run, the one whose claim had expired leaves it to the other', async () => {
    const store = memory();
    const make = async ({ capture }: OpenCapture, part: number): Promise<void> => {
      if (part === 0) capture.artifact('a.txt', 'a');
      const stream = capture.stream(`rows${part}.npy`);
      await stream.write(new Float64Array(40_000).fill(1));
      await pause();
      capture.artifact(`late${part}.txt`, 'late');
      await stream.write(new Float64Array(40_000).fill(2));
      await pause();
    };
    const alone = memory();
    const calm = await begin(alone);
    await make(calm, 0);
    await make(calm, 1);
    await calm.finish();
    for (const order of ['slept first', 'slept last', 'nothing yet', 'a stream alone']) {
      const slept = await begin(store);
      if (order === 'a stream alone') await slept.capture.stream('rows0.npy').write(new Float64Array(70_000));
      else if (order !== 'nothing yet') await make(slept, 0);
      await pause();
      const other = await begin(store, { resumable: true, dirty: true });
      await make(other, 0);
      if (order === 'a stream alone') slept.capture.artifact('a.txt', 'a');
      else await make(slept, order === 'nothing yet' ? 0 : 1);
      if (order === 'slept last') await make(other, 1).then(() => other.finish());
      const made = await slept.finish();
      if (order !== 'nothing yet') expect(made, order).toBe(undefined);
      if (order !== 'slept last') await make(other, 1).then(() => other.finish());
      expect(await contents(store), order).toEqual(await contents(alone));
    }
  });

  it('reports the first error of the store at the end, and writes no more', async () => {
    let calls = 0;
    const { capture, finish } = await begin(through(memory(), async (method) => {
      await pause();
      if (method === 'draft') throw new Error(`disk ${++calls}`);
    }));
    for (let i = 0; i < 20; i++) capture.artifact(`a${i}.txt`, 'x');
    const stream = capture.stream('s.npy');
    for (let i = 0; i < 40; i++) await stream.write(new Float64Array(1 << 16));
    const error = await finish().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'store', message: 'disk 1' });
    expect(calls).toBeLessThan(10);
  });

  it('is closed once the run has ended', async () => {
    const { capture, finish } = await begin(memory());
    const stream = capture.stream('s.npy');
    await finish();
    for (const late of [() => capture.metric('a', 1), () => capture.data('a', 1), () => capture.artifact('a', ''), () => capture.stream('a.npy'), () => stream.write(Float64Array.of(1)), () => capture.log(''), () => capture.checkpoint(() => 1)])
      expect(thrown(late)).toMatch(/^input: capture\.\w+ was called after run 00112233aabbccdd had ended/);
    await expect(capture.conduct({} as never)).rejects.toThrow('capture.conduct was called after');
  });

  it('takes 100,000 points in a moment', async () => {
    const { capture, finish } = await begin(memory());
    const start = performance.now();
    for (let i = 0; i < 100_000; i++) capture.metric('loss', i * 0.5, i);
    expect(performance.now() - start).toBeLessThan(500); // a few in Node
    expect((await finish())!.artifacts[0]!.bytes).toBeGreaterThan(1_600_000);
  });
});

describe('what capture refuses', () => {
  it.each<[string, (capture: Capture) => unknown, string]>([
    ['a metric that is no number', (c) => c.metric('f', '1' as never), 'metric "f" is "1"; allowed: a number'],
    ['a step that is none', (c) => c.metric('f', 1, NaN), 'step of metric "f" is NaN'],
    ['an empty name', (c) => c.metric('', 1), 'metric name is ""; allowed: 1 to 100 characters'],
    ['a long name', (c) => c.data('x'.repeat(101), 1), 'data name is "xxx'],
    ['a control character', (c) => c.metric('a\nb', 1), 'metric name is "a\\nb"'],
    ['a series that would leave its file', (c) => c.metric('../x', 1, 1), 'metric name "../x" has an empty segment, "." or ".."'],
    ['NaN in data', (c) => c.data('d', { a: [1, { b: NaN }] }), 'data "d" at .a[1].b is NaN; allowed: JSON'],
    ['a typed array in data', (c) => c.data('d', Float64Array.of(1) as never), 'data "d" is of type Float64Array'],
    ['undefined in a list', (c) => c.data('d', [undefined] as never), 'data "d" at [0] is undefined'],
    ['a loop', (c) => { const a: unknown[] = []; a.push(a); c.data('d', a as never); }, 'nested deeper than 500'],
    ['a path', (c) => c.artifact('../x.txt', ''), 'artifact name "../x.txt" has a character outside A-Z a-z 0-9 . _ -'],
    ['an absolute path', (c) => c.artifact('/etc/x', ''), 'artifact name "/etc/x" has a character'],
    ['two dots', (c) => c.artifact('..', ''), 'artifact name ".." has the segment "..", which would leave its folder'],
    ['a hidden file', (c) => c.artifact('.1', ''), 'begins with a dot'],
    ['a device', (c) => c.artifact('nul.txt', ''), 'which is a device on Windows'],
    ['no name', (c) => c.artifact(undefined as never, ''), 'artifact name undefined is no text'],
    ['the series', (c) => c.artifact('series.npz', ''), 'artifact name is "series.npz"; it is taken by the series of the metrics'],
    ['the log', (c) => c.artifact('LOG.txt', ''), 'artifact name is "LOG.txt"; it is taken by the log'],
    ['names that differ in case', (c) => { c.artifact('a.txt', ''); c.artifact('A.txt', ''); }, 'artifact names "a.txt" and "A.txt" differ in case only'],
    ['a stream over an artifact', (c) => { c.artifact('a.npy', Float64Array.of(1)); c.stream('a.npy'); }, 'stream name is "a.npy"; it is taken by artifact'],
    ['an artifact over a stream', (c) => { c.stream('a.npy'); c.artifact('a.npy', Float64Array.of(1)); }, 'artifact name is "a.npy"; it is taken by stream'],
    ['a stream twice', (c) => { c.stream('a.npy'); c.stream('a.npy'); }, 'taken by the same stream, still open'],
    ['a stream that is no .npy', (c) => c.stream('a.txt'), 'stream name is "a.txt"; allowed: one that ends in .npy'],
    ['rows of nothing', (c) => c.stream('a.npy', { shape: [0] }), 'shape of stream "a.npy" is [0]'],
    ['an unknown type', (c) => c.stream('a.npy', { type: 'f16' as never }), 'type is "f16"'],
    ['half a row', (c) => c.stream('a.npy', { shape: [2] }).write(Float64Array.of(1)), 'rows of stream "a.npy" are 1 numbers of type f64; allowed: a typed array of f64, its length a multiple of 2'],
    ['rows of another type', (c) => c.stream('a.npy').write(Float32Array.of(1)), 'are 1 numbers of type f32'],
    ['text in a .npy', (c) => c.artifact('a.npy', 'x'), 'artifact "a.npy" is "x"; allowed: Float64Array'],
    ['JSON in a .npz', (c) => c.artifact('a.npz', { x: 1 }), 'array "x" of artifact "a.npz": array is of type Number; allowed: Float64Array'],
    ['a shape that does not fit', (c) => c.artifact('a.npz', { x: { array: Float64Array.of(1), shape: [2] } }), 'array "x" of artifact "a.npz": shape is [2] for an array of 1'],
    ['a name that leaves a .npz', (c) => c.artifact('a.npz', { '../x': Float64Array.of(1) }), 'array "../x" of artifact "a.npz" has an empty segment, "." or ".."'],
    ['an array in a .npz', (c) => c.artifact('a.npz', Float64Array.of(1)), 'artifact "a.npz" is of type Float64Array; allowed: named arrays'],
    ['an infinity in .json', (c) => c.artifact('a.json', { deep: { er: Infinity } }), 'artifact "a.json" at .deep.er is Infinity'],
    ['JSON in text', (c) => c.artifact('a.csv', { a: 1 }), 'artifact "a.csv" is an object; allowed: text'],
    ['doubles as bytes', (c) => c.artifact('a.bin', Float64Array.of(1)), 'artifact "a.bin" is of type Float64Array; allowed: bytes, text or JSON; a .npy takes the array'],
    ['a log line that is none', (c) => c.log(1 as never), 'log got 1; allowed: text'],
    ['a state that is no JSON', (c) => c.checkpoint(() => ({ x: NaN })), 'the state of a checkpoint at .x is NaN'],
  ])('%s', async (_, act, sentence) => {
    for (const artifacts of [true, false]) {
      let time = 0;
      const { capture, finish } = await begin(memory(), { artifacts, now: () => (time += 10) });
      const said = thrown(() => act(capture));
      expect(said).toMatch(/^input: /);
      expect(said).toContain(sentence);
      await finish();
    }
  });
});

describe('checkpoints', () => {
  /** Twelve steps that leave something of every kind; ends after step `until`. */
  async function work({ capture }: OpenCapture, until: number = 12): Promise<number> {
    const from = (capture.restored as { step: number } | undefined)?.step ?? 0;
    const stream = capture.stream('rows.npy', { shape: [100] });
    if (from === 0) capture.data('begun', { at: 0 });
    if (from === 0) capture.artifact('config.json', { a: 1 });
    for (let i = from; i < until; i++) {
      capture.metric('loss', 1 / (i + 1), i);
      if (i % 2 === 0) capture.metric(`m${i}`, i === 4 ? NaN : -0);
      const rows = stream.write(Float64Array.from({ length: i % 4 === 0 ? 20_000 : 300 }, (_, k) => i + k / 1e6));
      if (i % 3 === 0) capture.artifact('best.txt', `${i}`.repeat(40 - i));
      capture.log(`step ${i}`);
      capture.checkpoint(() => ({ step: i + 1, sealed: { $: 'f64', data: 'AAAAAAAA8D8=' } }));
      await rows;
      await pause();
    }
    return from;
  }
  const clock = (): (() => number) => {
    let time = 0;
    return () => (time += 2);
  };
  async function undisturbed(until?: number): Promise<{ made: unknown; files: unknown }> {
    const store = memory();
    const open = await begin(store, { every: Infinity });
    await work(open, until);
    return { made: await open.finish(), files: await contents(store) };
  }
  /** A page, where every turn of the loop takes milliseconds, is killed at every fourth call. */
  const stride = 'document' in globalThis ? 4 : 1;
  /** What a process killed at call n of the store leaves: that call is half done, and nothing comes after. */
  async function killed(store: Store, n: number): Promise<boolean> {
    let calls = 0;
    let dead = false;
    const never = new Promise<never>(() => {});
    const half = through(store, async (method, key, bytes, at) => {
      if (++calls < n) return;
      if (!dead && method === 'draft') await store.draft(key, bytes!.subarray(0, bytes!.length >> 1), at);
      dead = true;
      await never;
    });
    const ended = begin(half, { now: clock(), resumable: true, dirty: true }).then((open) => work(open).then(() => open.finish())).then(() => true);
    while (!dead) if (await Promise.race([ended, pause().then(() => false)])) return false;
    await pause();
    return true;
  }

  it('a run killed at any call of the store, twice, leaves in the end what an undisturbed one does', async () => {
    const expected = await undisturbed();
    let continued = 0;
    for (let n = 1, going = true; going; n += stride) {
      const store = memory();
      going = await killed(store, n);
      await killed(store, 3 + ((n * 7) % 23));
      const open = await begin(store, { now: clock(), resumable: true, dirty: true });
      if ((await work(open)) > 0) continued++;
      expect({ made: await open.finish(), files: await contents(store) }, `killed at call ${n}`).toEqual(expected);
    }
    expect(continued).toBeGreaterThan(20 / stride);
  });

  it('a run killed at any call and ended where it was resumed leaves what was there at its checkpoint', async () => {
    const expected = new Map<number, unknown>();
    let lost = 0;
    for (let n = 1, going = true; going; n += stride) {
      const store = memory();
      going = await killed(store, n);
      const held = (await store.get(`checkpoints/${id}.json`)) !== undefined;
      const open = await begin(store, { every: Infinity, resumable: true, dirty: true });
      const { step = 0 } = (open.capture.restored ?? {}) as { step?: number };
      if (held && step === 0) lost++;
      await work(open, step);
      if (!expected.has(step)) expected.set(step, await undisturbed(step));
      expect({ made: await open.finish(), files: await contents(store) }, `killed at call ${n}, resumed at step ${step}`).toEqual(expected.get(step));
    }
    expect(lost).toBeLessThan(5); // only while finish moves things
    expect(expected.size).toBeGreaterThan(5 / stride);
  });

  it('a run that ends earlier than the attempt it continues leaves nothing of that one', async () => {
    const store = memory();
    const first = await begin(store, { now: clock() });
    await work(first, 4);
    await pause();
    first.capture.checkpoint(() => 0);
    await pause(); // what follows is later than this checkpoint
    await store.draft(`${await aside(store)}rows.npy`, new Uint8Array(5_000_000).fill(7), 128 + 8 * 20_900);
    await store.draft(`${await aside(store)}later.txt`, new Uint8Array(10));
    const second = await begin(store, { resumable: true });
    expect(second.capture.restored).toBe(0);
    const { artifacts } = (await second.finish())!;
    expect(artifacts.map(({ name }) => name)).toEqual(['best.txt', 'config.json', 'log.txt', 'rows.npy', 'series.npz']);
    expect(await contents(store)).toEqual((await undisturbed(4)).files);
  });

  it('come back with their state, whatever is in it', async () => {
    const store = memory();
    const state = { sealed: { $: 'NaN' }, text: '\ud800', list: [1e-320, null] };
    const first = await begin(store, { now: clock() });
    first.capture.checkpoint(() => state);
    await pause();
    await first.abandon();
    const second = await begin(store, { resumable: true });
    expect(second.capture.restored).toEqual(state);
    await second.finish();
    expect(await contents(store)).toEqual({});
  });

  it('that are damaged, foreign or without their files are no checkpoints', async () => {
    const make = async (artifacts: boolean = true): Promise<Store> => {
      const store = memory();
      const open = await begin(store, { now: clock(), artifacts });
      await work(open, 3);
      await pause();
      await open.abandon();
      expect(await store.get(`checkpoints/${id}.json`)).not.toBe(undefined);
      return store;
    };
    const key = `checkpoints/${id}.json`;
    for (const spoil of [
      async (store: Store) => store.put(key, new Uint8Array(3)),
      async (store: Store) => store.put(key, (await store.get(key))!.map((byte, i) => (i === 200 ? byte ^ 1 : byte))),
      async (store: Store) => store.put(key, (await store.get(key))!.subarray(0, 300)),
      async (store: Store) => store.delete(`${await aside(store)}config.json`),
      async (store: Store) => store.draft(`${await aside(store)}config.json`, new Uint8Array(1), 200),
      async (store: Store) => store.put(`${await aside(store)}rows.npy`, new Uint8Array(5)),
      async (store: Store) => { // gone, and written on by one who does not know
        const key = `${await aside(store)}rows.npy`;
        const last = (await store.get(key))!.length - 1;
        await store.delete(key);
        await store.draft(key, Uint8Array.of(1), last);
      },
    ]) {
      const store = await make();
      await spoil(store);
      const open = await begin(store, { resumable: true, every: Infinity });
      expect(open.capture.restored).toBe(undefined);
      await work(open);
      await open.finish();
      expect(await contents(store)).toEqual((await undisturbed()).files);
    }
    // Made without artifacts, it has none to go on with; made with them, it can be gone on with without.
    expect((await begin(await make(false), { resumable: true })).capture.restored).toBe(undefined);
    const store = await make();
    const open = await begin(store, { resumable: true, artifacts: false });
    expect(await work(open)).toBe(3);
    expect((await open.finish())!.artifacts).toEqual([]);
    expect(await contents(store)).toEqual({});
  });

  it('are rare, do not overlap, and cost a look at the clock', async () => {
    let time = 0;
    let looks = 0;
    let states = 0;
    const { capture, finish } = await begin(memory(), { every: 1000, now: () => (looks++, time) });
    for (let i = 0; i < 5000; i++) {
      time = i;
      capture.checkpoint(() => ++states);
      if (i % 100 === 99) await pause();
    }
    expect(states).toBe(4);
    expect(looks).toBeLessThan(5010);
    time = 10_000;
    capture.checkpoint(() => ++states);
    time = 20_000;
    capture.checkpoint(() => ++states); // the one before is still on its way
    expect(states).toBe(5);
    await finish();
  });

  it('are put when the files they name are written', async () => {
    let under = 0;
    const inner = memory();
    const slow = through(inner, (method) => {
      if (method === 'put') expect(under).toBe(0);
    });
    const { capture, finish } = await begin({ ...slow, draft: async (...args) => {
      under++;
      for (let i = 0; i < 5; i++) await pause();
      await inner.draft(...args);
      under--;
    } }, { now: clock() });
    await capture.stream('a.npy').write(Float64Array.of(1, 2));
    for (let i = 0; i < 20; i++) capture.artifact(`a${i}.txt`, 'x');
    capture.checkpoint(() => 1);
    while ((await inner.get(`checkpoints/${id}.json`)) === undefined) await pause();
    await finish();
    expect(Object.keys(await contents(inner)).length).toBe(21);
  });

  it('a resumed stream must be asked for as it was', async () => {
    const store = memory();
    const first = await begin(store, { now: clock() });
    await first.capture.stream('a.npy', { shape: [2] }).write(Float64Array.of(1, 2));
    first.capture.checkpoint(() => 1);
    await pause();
    await first.abandon();
    const { capture, finish } = await begin(store, { resumable: true });
    expect(thrown(() => capture.stream('a.npy', { shape: [3] }))).toBe('input: stream "a.npy" has rows of f64, shape [3]; before the checkpoint they were f64, shape [2]');
    await capture.stream('a.npy', { shape: [2] }).write(Float64Array.of(3, 4));
    expect(thrown(() => capture.stream('a.npy', { shape: [2] }))).toContain('still open');
    await finish();
    expect(readNpy((await store.get(`${home}a.npy`))!)).toEqual({ array: Float64Array.of(1, 2, 3, 4), shape: [2, 2] });
  });
});
