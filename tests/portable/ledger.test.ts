/**
 * Journals and the ledger against brute force: winners, damage, crashes in the middle of compacting and forgetting.
 *
 * Surprise: a crash is only everywhere when the test counts the writes of an undisturbed run first, then stops before each in turn.
 */
import { describe, expect, it } from 'vitest';
import { crc32Bytes } from '../../src/core/crc.ts';
import { createRandom } from '../../src/core/random.ts';
import { openWriter, encodeLines } from '../../src/experiment/journal.ts';
import { openLedger, type Ledger } from '../../src/experiment/ledger.ts';
import { openClaims } from '../../src/experiment/claims.ts';
import { memory } from '../../src/stores/memory.ts';
import { anyRecord, better, bytesOf, idOf, keysOf, recordOf, textOf } from '../cases/records.ts';

import type { Store } from '../../src/core/types.ts';
import type { RunRecord } from '../../src/experiment/record.ts';

/** Bit by bit, from the polynomial. */
function plainCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

async function all(ledger: Ledger): Promise<RunRecord[]> {
  const records: RunRecord[] = [];
  for await (const record of ledger.records()) records.push(record);
  return records;
}
const byId = (records: Iterable<RunRecord>): RunRecord[] => [...records].sort((a, b) => (a.id < b.id ? -1 : 1));

async function agrees(ledger: Ledger, wanted: ReadonlyMap<string, RunRecord>, ids: number): Promise<void> {
  expect(ledger.count).toBe(wanted.size);
  expect(byId(await all(ledger))).toEqual(byId(wanted.values()));
  for (let n = 0; n < ids; n++) {
    const record = wanted.get(idOf(n));
    expect(ledger.status(idOf(n))).toBe(record?.status);
    expect(ledger.attempts(idOf(n))).toBe(record?.attempt ?? 0);
    expect(ledger.started(idOf(n))).toBe(record?.started ?? 0);
    expect(await ledger.record(idOf(n))).toEqual(record);
  }
}

describe('crc32Bytes', () => {
  // The check value of the CRC catalogue (reveng, CRC-32/ISO-HDLC) and two of RFC 3720's and zlib's customary ones.
  it.each([['123456789', 'cbf43926'], ['', '0'], ['a', 'e8b7be43'], ['The quick brown fox jumps over the lazy dog', '414fa339']])('of %j is %s', (text, sum) => {
    expect(crc32Bytes(bytesOf(text)).toString(16)).toBe(sum);
  });
  it('is what the definition says, at every length and offset, in one go or several', () => {
    const bytes = Uint8Array.from({ length: 80 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
    for (let from = 0; from < 10; from++) for (let to = from; to <= 80; to += 1 + (to >> 4)) {
      const sum = plainCrc(bytes.subarray(from, to));
      expect(crc32Bytes(bytes, from, to)).toBe(sum);
      expect(crc32Bytes(bytes, (from + to) >> 1, to, crc32Bytes(bytes, from, (from + to) >> 1))).toBe(sum);
    }
  });
});

describe('a journal', () => {
  it('has a line a record, with its sum in front and nothing lost', async () => {
    const records = [recordOf(idOf(1)), recordOf(idOf(2), 'failed', 12), recordOf(idOf(3), 'cancelled')];
    const lines = new TextDecoder().decode(encodeLines(records)).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => line.slice(9, 30).split(' '))).toEqual([[idOf(1), 's', '1', ''], [idOf(2), 'f', '12'], [idOf(3), 'c', '1', '']].map((parts) => expect.arrayContaining(parts.filter(Boolean))));
    for (const line of lines) expect(Number.parseInt(line.slice(0, 8), 16)).toBe(plainCrc(bytesOf(line.slice(9))));
    const store = memory();
    const writer = await openWriter(store, 'me');
    await Promise.all([writer.append(records.slice(0, 1)), writer.append([]), writer.append(records.slice(1))]);
    await writer.close();
    expect(await textOf(store, 'journal/me.jsonl')).toBe(`${lines.join('\n')}\n`);
    const ledger = await openLedger(store);
    expect(await all(ledger)).toEqual(records);
    const { metrics } = (await ledger.record(idOf(1)))!;
    expect([metrics.nan, metrics.up, metrics.down, Object.is(metrics.zero, -0)]).toEqual([NaN, Infinity, -Infinity, true]);
  });

  it('survives a torn tail: the next writer begins a new line', async () => {
    const store = memory();
    const lines = encodeLines([recordOf(idOf(1)), recordOf(idOf(2))]);
    for (const cut of [1, 9, 40, lines.length / 2 + 5, lines.length - 1]) {
      await store.put('journal/me.jsonl', lines.subarray(0, cut));
      const ledger = await openLedger(store);
      const whole = cut > lines.length / 2 ? 1 : 0;
      expect([ledger.count, ledger.corrupt]).toEqual([whole, 0]);
      await (await openWriter(store, 'me')).append([recordOf(idOf(3))]);
      await ledger.refresh();
      // All but the newline was there: then it is whole after all.
      expect([ledger.count, ledger.corrupt]).toEqual(cut === lines.length - 1 ? [3, 0] : [whole + 1, 1]);
      expect(await ledger.record(idOf(3))).toEqual(recordOf(idOf(3)));
    }
  });

  it('goes on after an append that failed', async () => {
    const inner = memory();
    let broken = true;
    const store: Store = { ...inner, append: async (key, bytes) => {
      if (!broken) return inner.append(key, bytes);
      await inner.append(key, bytes.subarray(0, 50));
      throw new Error('the disk is full');
    } };
    const writer = await openWriter(store, 'me');
    await expect(writer.append([recordOf(idOf(1))])).rejects.toThrow('the disk is full');
    broken = false;
    await writer.append([recordOf(idOf(2))]);
    const ledger = await openLedger(store);
    expect([ledger.count, ledger.corrupt, ledger.status(idOf(2))]).toEqual([1, 1, 'success']);
  });

  it('is read in pieces smaller than a line', async () => {
    const store = memory();
    const large = Array.from({ length: 5 }, (_, n) => recordOf(idOf(n), 'success', 1, 5, { data: { text: 'y'.repeat(5_000_000 * (n % 2) + 4_000_000) } }));
    for (const record of large) await (await openWriter(store, 'me')).append([record]);
    const ledger = await openLedger(store);
    expect(ledger.count).toBe(5);
    await store.append('journal/other.jsonl', encodeLines(large.slice(0, 1)));
    await ledger.compact();
    expect((await all(ledger)).map(({ id, data }) => [id, (data.text as string).length])).toEqual(large.map(({ id, data }) => [id, (data.text as string).length]));
  });
});

describe('the ledger', () => {
  it('keeps the best record of a run, whatever the order and the journal', async () => {
    const random = createRandom(1);
    for (let round = 0; round < 12; round++) {
      const store = memory();
      const ids = 1 + random.int(40);
      const ledger = await openLedger(store);
      const writers = await Promise.all(['a', 'b', 'c'].map((name) => openWriter(store, name)));
      // A tie goes to the record met first: a reader meets journals in the order of their keys, within what is new.
      const wanted = new Map<string, RunRecord>();
      const keep = (record: RunRecord): void => void wanted.set(record.id, better(wanted.get(record.id), record));
      for (let step = 0; step < 8; step++) {
        for (const writer of writers) {
          const records = Array.from({ length: random.int(8) }, () => anyRecord(random, ids));
          await writer.append(records);
          records.forEach(keep);
          if (random.int(4) === 0 && records.length > 0) {
            await store.append(`journal/${'abc'[writers.indexOf(writer)]}.jsonl`, bytesOf('damaged\n\n'));
          }
        }
        await ledger.refresh();
      }
      await agrees(ledger, wanted, ids);
      // Ties may go otherwise to a reader that comes later.
      const late = await openLedger(store);
      expect(late.count).toBe(wanted.size);
      expect(late.corrupt).toBe(ledger.corrupt);
      for (const record of await all(late)) expect([record.status === 'success', record.attempt, record.started]).toEqual([wanted.get(record.id)!.status === 'success', wanted.get(record.id)!.attempt, wanted.get(record.id)!.started]);
    }
  });

  it('counts damaged lines and keeps the rest', async () => {
    const store = memory();
    const records = Array.from({ length: 50 }, (_, n) => recordOf(idOf(n)));
    const lines = encodeLines(records);
    const width = lines.length / 50;
    const random = createRandom(2);
    const hit = new Set<number>();
    for (let k = 0; k < 12; k++) {
      const at = random.int(lines.length);
      if (lines[at] === 10 || at % width === width - 1) continue;
      lines[at]! ^= 1 + random.int(127);
      hit.add(Math.floor(at / width));
    }
    await store.put('journal/me.jsonl', lines);
    await store.put('journal/readme.txt', bytesOf('not a journal'));
    const ledger = await openLedger(store);
    // A byte that became a newline makes two damaged lines of one.
    expect(ledger.count).toBe(50 - hit.size);
    expect(ledger.corrupt).toBeGreaterThanOrEqual(hit.size);
    for (let n = 0; n < 50; n++) expect(ledger.status(idOf(n))).toBe(hit.has(n) ? undefined : 'success');
    await ledger.compact();
    expect(await keysOf(store, 'journal/')).toEqual(['journal/me.jsonl', 'journal/readme.txt']); // left for who wants to look
  });

  it('knows nothing of what is no id', async () => {
    const ledger = await openLedger(memory());
    expect([ledger.status('x'), ledger.attempts('0'), ledger.started('0'), await ledger.record('0123456789ABCDEF')]).toEqual([undefined, 0, 0, undefined]);
  });

  it('notices when a journal is another file of the same name: its writer slept while others merged it', async () => {
    for (const n of [1, 3, 4, 5, 40]) for (const more of [0, 1, 3]) {
      const store = memory();
      const records = Array.from({ length: 60 }, (_, i) => recordOf(idOf(i), 'success', 1, undefined, { data: { text: 'x'.repeat(i) } }));
      const writer = await openWriter(store, 'sleeper');
      await writer.append(records.slice(0, 4));
      const ledger = await openLedger(store);
      await store.put('journal/merged-0.jsonl', encodeLines(records.slice(0, 4)));
      await store.delete('journal/sleeper.jsonl');
      await writer.append(records.slice(4, 4 + n));
      await store.put('journal/other.jsonl', encodeLines(records.slice(50, 50 + more)));
      const wanted = new Map([...records.slice(0, 4 + n), ...records.slice(50, 50 + more)].map((record) => [record.id, record]));
      if (n > 4) await ledger.refresh(); // it has grown beyond what was read
      if (n > 4) expect([ledger.count, ledger.corrupt]).toEqual([wanted.size, 0]);
      await ledger.compact();
      await agrees(ledger, wanted, 60);
      expect(ledger.corrupt).toBe(0);
      await agrees(await openLedger(store), wanted, 60);
    }
  });

  it('reads the journal of a nested experiment, and no other', async () => {
    const store = memory();
    await (await openWriter(store, 'me')).append([recordOf(idOf(1))]);
    await (await openWriter(store, `nested/${idOf(9)}.jsonl`)).append([recordOf(idOf(2))]);
    expect((await all(await openLedger(store, { journals: `nested/${idOf(9)}.jsonl` }))).map(({ id }) => id)).toEqual([idOf(2)]);
    expect((await all(await openLedger(store))).map(({ id }) => id)).toEqual([idOf(1)]);
    expect(await keysOf(store, '')).toEqual(['journal/me.jsonl', 'nadir.json', `nested/${idOf(9)}.jsonl`]);
    await expect((await openLedger(store, { journals: 'nested/' })).compact()).rejects.toMatchObject({ code: 'input' });
  });

  it('refuses a newer store, and makes one of a folder that is none', async () => {
    const store = memory();
    await store.put('readme.txt', bytesOf('mine'));
    expect((await openLedger(store)).count).toBe(0);
    expect(JSON.parse((await textOf(store, 'nadir.json'))!)).toEqual({ nadir: 1 });
    for (const text of ['{ "nadir": 2 }', 'null', '{', '[]', '{"nadir":"1"}']) {
      await store.put('nadir.json', bytesOf(text));
      await expect(openLedger(store)).rejects.toMatchObject({ code: 'store', message: expect.stringMatching(text.includes('2') ? /^the store has format 2 .* reads up to 1: a newer nadir wrote it$/ : /^the store has format /) });
    }
  });
});

/** A store that stops before its k-th write; undefined: never. */
function mortal(inner: Store, k: number = Infinity): Store & { writes: number } {
  const store = { ...inner, writes: 0 };
  for (const name of ['put', 'create', 'append', 'draft', 'move', 'delete'] as const) {
    (store as { [name: string]: unknown })[name] = async (...args: never[]) => {
      if (store.writes++ >= k) throw new Error('killed');
      return (inner[name] as (...args: never[]) => unknown)(...args);
    };
  }
  return store;
}
async function filled(): Promise<{ store: Store; wanted: Map<string, RunRecord> }> {
  const random = createRandom(3);
  const store = memory();
  const wanted = new Map<string, RunRecord>();
  for (const name of ['a', 'b', 'c']) {
    const records = Array.from({ length: 30 }, (_, i) => ({ ...anyRecord(random, 40), started: 1_700_000_000_000 + 100 * i + name.charCodeAt(0), experiment: random.int(2) ? 'one' : 'two' }));
    // What is decided by the id stays decided by it.
    const fixed = records.map((record) => ({ ...record, experiment: record.index % 2 ? 'one' : 'two' }));
    await (await openWriter(store, name)).append(fixed);
    for (const record of fixed) wanted.set(record.id, better(wanted.get(record.id), record));
  }
  await store.append('journal/a.jsonl', encodeLines([recordOf(idOf(1))]).subarray(0, 100)); // torn
  return { store, wanted };
}

describe('compaction', () => {
  it('leaves one journal with every best record, and readers follow', async () => {
    const { store, wanted } = await filled();
    const reader = await openLedger(store);
    const ledger = await openLedger(store);
    const stream = reader.records();
    const first = (await stream.next()).value!;
    await ledger.compact();
    expect((await keysOf(store, '')).filter((key) => key !== 'nadir.json')).toEqual([expect.stringMatching(/^journal\/merged-[0-9a-f]{8}-[0-9a-f]+\.jsonl$/)]);
    await agrees(ledger, wanted, 40);
    const rest: RunRecord[] = [first];
    for await (const record of stream) rest.push(record);
    expect(byId(rest)).toEqual(byId(wanted.values()));
    expect(await reader.record(idOf(5))).toEqual(wanted.get(idOf(5)));
    await agrees(reader, wanted, 40);
    await agrees(await openLedger(store), wanted, 40);
    const before = await keysOf(store, '');
    await ledger.compact();
    expect(await keysOf(store, '')).toEqual(before);
  });

  it('loses nothing when it is stopped before any of its writes', async () => {
    const { store, wanted } = await filled();
    const count = mortal(store);
    await (await openLedger(count)).compact();
    expect(count.writes).toBeGreaterThan(5);
    for (let k = 0; k < count.writes; k++) {
      const disk = (await filled()).store;
      await openLedger(mortal(disk, k)).then((ledger) => ledger.compact()).then(() => expect('it').toBe('killed'), (error) => expect(error.message).toBe('killed'));
      const ledger = await openLedger(disk);
      await agrees(ledger, wanted, 40);
      await ledger.compact();
      await agrees(await openLedger(disk), wanted, 40);
      expect(await keysOf(disk, 'journal/')).toHaveLength(1);
    }
  });

  it('waits while another process is at work', async () => {
    const { store } = await filled();
    let clock = 0;
    const claimsOf = (owner: string) => openClaims(store, { owner, host: '', time: () => clock, alive: () => true, lease: 1000 });
    const other = claimsOf('2-b');
    await other.take('demo/0');
    const ledger = await openLedger(store);
    await ledger.compact(claimsOf('1-a'));
    expect(ledger.journals).toBe(3);
    await expect(ledger.forget(() => true, claimsOf('1-a'))).rejects.toMatchObject({ code: 'store', message: expect.stringMatching(/^nothing can be forgotten while another process is at work in the store: 2-b; /) });
    clock = 1001;
    await ledger.compact(claimsOf('1-a'));
    expect(ledger.journals).toBe(1);
    expect(await keysOf(store, 'claims/')).toEqual(['claims/demo/0']);
  });

  it('keeps an index of a large store, and makes it again when it is damaged, of another store or gone', async () => {
    const store = memory();
    const records = Array.from({ length: 20_001 }, (_, n) => recordOf(idOf(n), n % 3 ? 'success' : 'failed', 1 + (n % 2), n));
    const writer = await openWriter(store, 'me');
    for (let n = 0; n < records.length; n += 1000) await writer.append(records.slice(n, n + 1000));
    await (await openLedger(store)).compact();
    const index = (await store.get('index.bin'))!;
    let read = 0;
    const counted: Store = { ...store, get: async (key, from, to) => {
      const bytes = await store.get(key, from, to);
      if (key.startsWith('journal/')) read += bytes?.length ?? 0;
      return bytes;
    } };
    const check = async (most: number, least: number = 0): Promise<void> => {
      read = 0;
      const ledger = await openLedger(counted);
      expect(read).toBeLessThanOrEqual(most);
      expect(read).toBeGreaterThanOrEqual(least);
      expect(ledger.count).toBe(20_001);
      for (let n = 0; n < 20_001; n += 97) expect([ledger.status(idOf(n)), ledger.attempts(idOf(n))]).toEqual([records[n]!.status, records[n]!.attempt]);
      for (const n of [0, 19_999, 20_000]) expect(await ledger.record(idOf(n))).toEqual(records[n]);
    };
    await check(64);
    await writer.append([recordOf(idOf(5), 'success', 9, 99)]);
    records[5] = recordOf(idOf(5), 'success', 9, 99);
    await check(2000, 100);
    for (const at of [0, 5, 9, 30, 5000, index.length - 1]) {
      const bad = index.slice();
      bad[at]! ^= 1;
      await store.put('index.bin', bad);
      await check(Infinity, 1e6);
    }
    for (const bad of [new Uint8Array(), index.subarray(0, 100), index.subarray(1)]) {
      await store.put('index.bin', bad);
      await check(Infinity, 1e6);
    }
    await store.put('index.bin', index);
    const journal = (await store.get('journal/me.jsonl'))!;
    await store.put('journal/me.jsonl', bytesOf(`\n${new TextDecoder().decode(journal)}`));
    await check(Infinity, 1e6);
    await store.move('journal/me.jsonl', 'journal/you.jsonl');
    await check(Infinity, 1e6);
  });
});

describe('forgetting', () => {
  const one = (record: RunRecord): boolean => record.experiment === 'one';
  const left = (wanted: ReadonlyMap<string, RunRecord>): Map<string, RunRecord> => new Map([...wanted].filter(([, record]) => !one(record)));

  it('drops what it is asked to, and nothing else', async () => {
    const { store, wanted } = await filled();
    const reader = await openLedger(store);
    const ledger = await openLedger(store);
    expect(await ledger.forget(() => false)).toBe(0);
    expect(ledger.journals).toBe(3);
    expect(await ledger.forget(one)).toBe(wanted.size - left(wanted).size);
    await agrees(ledger, left(wanted), 40);
    await reader.refresh();
    await agrees(reader, left(wanted), 40);
    expect(await ledger.forget(one)).toBe(0);
    expect(await ledger.forget(() => true)).toBe(left(wanted).size);
    expect(await keysOf(store, 'journal/')).toEqual([]);
    await agrees(ledger, new Map(), 40);
    await (await openWriter(store, 'a')).append([recordOf(idOf(1))]);
    await ledger.refresh();
    expect(ledger.count).toBe(1);
  });

  it('keeps the others when it is stopped before any of its writes', async () => {
    const { store, wanted } = await filled();
    const count = mortal(store);
    await (await openLedger(count)).forget(one);
    for (let k = 0; k < count.writes; k++) {
      const disk = (await filled()).store;
      await openLedger(mortal(disk, k)).then((ledger) => ledger.forget(one)).catch(() => undefined);
      const ledger = await openLedger(disk);
      const found = new Map((await all(ledger)).map((record) => [record.id, record]));
      for (const [id, record] of left(wanted)) expect(found.get(id)).toEqual(record);
      await ledger.forget(one);
      await agrees(await openLedger(disk), left(wanted), 40);
    }
  });
});
