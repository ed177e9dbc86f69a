/**
 * Journals into one: how the ledger compacts and forgets.
 *
 * Surprise: a draft is not synced, so the new journal is appended to, piece by piece, under a name that is no journal's, and gets
 * its own when all of it is on disk; only then do the old ones go. That name is its checksum and length: what a reader in another
 * process knows about places in a file of some name is true as long as there is a file of that name.
 */
import { crc32Bytes } from '../core/crc.ts';
import { NEWLINE, chunks, readHead, readRecord, type Head } from './journal.ts';

import type { Store } from '../core/types.ts';
import type { Journal } from './cache.ts';
import type { Claims } from './claims.ts';
import type { RunRecord } from './record.ts';
import type { Table } from './table.ts';

const PART = 'journal/merging.part';
const SMALL = 8 << 20; // bytes: journals up to that are always merged
const PIECE = 1 << 22;

/** The line of a record in `bytes[from]` to `bytes[to]`, its JSON from `json`; `entry` in the table. */
export interface Line { readonly bytes: Uint8Array; readonly from: number; readonly to: number; readonly entry: number; readonly json: number }

/** The lines that the table points at, of some of the journals it knows; undefined, last, when one is gone meanwhile. */
export async function* lines(store: Store, table: Table, journals: readonly Journal[], numbers: readonly number[]): AsyncGenerator<Line | undefined, void, undefined> {
  const head: Head = { high: 0, low: 0, status: 0, attempt: 0, started: 0, json: 0 };
  for (const number of numbers) {
    for await (const chunk of chunks(store, journals[number]!.key, 0, journals[number]!.consumed)) {
      if (chunk === undefined) return yield undefined;
      const { bytes, at } = chunk;
      for (let from = 0, to = 0; from < bytes.length; from = to + 1) {
        to = bytes.indexOf(NEWLINE, from);
        if (to === from || !readHead(bytes, from, to, head)) continue;
        const entry = table.find(head.high, head.low);
        if (table.lies(entry, number, at + from)) yield { bytes, from, to, entry, json: head.json };
      }
    }
  }
}

/** Writes the kept lines of some journals into one, without those to be dropped, then deletes the old ones. Gives the number dropped. */
export async function merge(store: Store, table: Table, journals: readonly Journal[], numbers: readonly number[], drop?: (record: RunRecord) => boolean, claims?: Claims): Promise<number> {
  await store.delete(PART);
  const gathered = new Uint8Array(Math.min(PIECE, numbers.reduce((total, number) => total + journals[number]!.consumed, 0)));
  let used = 0;
  let size = 0;
  let sum = 0;
  let dropped = 0;
  const flush = async (): Promise<void> => {
    sum = crc32Bytes(gathered, 0, used, sum);
    size += used;
    await store.append(PART, gathered.slice(0, used)); // synced, unlike a draft: the old journals go afterwards
    used = 0;
    await claims?.renew();
  };
  for await (const line of lines(store, table, journals, numbers)) {
    if (line === undefined) {
      await store.delete(PART);
      return 0;
    }
    const { bytes, from, to, json } = line;
    if (drop?.(readRecord(bytes, json, to))) {
      dropped++;
      continue;
    }
    if (used > 0 && used + to - from + 1 > gathered.length) await flush();
    if (to - from + 1 > gathered.length) {
      sum = crc32Bytes(bytes, from, to + 1, sum);
      size += to + 1 - from;
      await store.append(PART, bytes.subarray(from, to + 1));
      continue;
    }
    gathered.set(bytes.subarray(from, to + 1), used);
    used += to + 1 - from;
  }
  if (drop !== undefined && dropped === 0) {
    await store.delete(PART);
    return 0;
  }
  if (used > 0) await flush();
  const merged = `journal/merged-${(sum + 0x100000000).toString(16).slice(1)}-${size.toString(16)}.jsonl`;
  if (size > 0) await store.move(PART, merged);
  for (const number of numbers) {
    const { key, consumed } = journals[number]!;
    let grown = false; // by a writer that was thought dead: what it added is not in the merged one
    for await (const chunk of chunks(store, key, consumed)) grown ||= chunk !== undefined;
    if (!grown && (size === 0 || key !== merged)) await store.delete(key);
  }
  return dropped;
}

/** Which journals to merge: the small ones, and a larger one when all before it are at least half of it; none when it would be one. */
export function mergeable(journals: readonly Journal[]): number[] {
  const whole = [...journals.keys()].filter((number) => journals[number]!.corrupt === 0).sort((a, b) => journals[a]!.consumed - journals[b]!.consumed || a - b);
  const group: number[] = [];
  let sum = 0;
  for (const number of whole) {
    const { consumed } = journals[number]!;
    if (group.length > 0 && consumed > SMALL && consumed > 2 * sum) break;
    sum += consumed;
    group.push(number);
  }
  return group.length > 1 ? group.sort((a, b) => a - b) : [];
}
