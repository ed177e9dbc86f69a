/**
 * `index.bin`: the ledger's table on disk, so that a store of a million records opens without reading its journals.
 *
 * Only ever a cache: it names the journals it is of and how far it had read them, and is not used when one of them is another file
 * now. Surprise: names and lengths do not tell; the last bytes of what was read do, because every line carries a sum.
 */
import { crc32Bytes } from '../core/crc.ts';

import type { Store } from '../core/types.ts';
import type { Table } from './table.ts';

const KEY = 'index.bin';
const MAGIC = 0x3178646e; // ndx1

/** A journal, how many of its bytes have been read, and how many damaged lines there were. */
export interface Journal { readonly key: string; consumed: number; corrupt: number }

/** What a journal's last bytes before `consumed` sum to: another file of the same name would differ. */
async function tail(store: Store, key: string, consumed: number): Promise<number | undefined> {
  const from = Math.max(0, consumed - 64);
  const bytes = await store.get(key, from, consumed);
  return bytes?.length === consumed - from ? crc32Bytes(bytes) : undefined;
}

/** Writes the table; `journals` in the order of the numbers in it. */
export async function saveIndex(store: Store, table: Table, journals: readonly Journal[]): Promise<void> {
  const about = await Promise.all(journals.map(async ({ key, consumed, corrupt }) => ({ key, consumed, corrupt, tail: (await tail(store, key, consumed)) ?? null })));
  const front = new TextEncoder().encode(JSON.stringify(about));
  const rows = table.save();
  const bytes = new Uint8Array(12 + front.length + rows.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(8, front.length, true);
  bytes.set(front, 12);
  bytes.set(rows, 12 + front.length);
  view.setUint32(4, crc32Bytes(bytes, 8), true);
  await store.put(KEY, bytes);
}

/** The journals the index is of, and its rows in the table; undefined, and an empty table, when it is none of this store's now. */
export async function loadIndex(store: Store, table: Table, keys: ReadonlySet<string>): Promise<Journal[] | undefined> {
  const bytes = await store.get(KEY);
  if (bytes === undefined || bytes.length < 12) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== crc32Bytes(bytes, 8)) return undefined;
  const end = 12 + view.getUint32(8, true);
  const about = JSON.parse(new TextDecoder().decode(bytes.subarray(12, end))) as (Journal & { readonly tail: number | null })[];
  for (const { key, consumed, tail: sum } of about) if (!keys.has(key) || sum === null || (await tail(store, key, consumed)) !== sum) return undefined;
  table.load(bytes.subarray(end));
  return about.map(({ key, consumed, corrupt }) => ({ key, consumed, corrupt }));
}

export async function dropIndex(store: Store): Promise<void> {
  await store.delete(KEY);
}
