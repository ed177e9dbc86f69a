/**
 * A .npy written piece by piece at bounded memory. The head comes last, over the gap that was left for it, because only then
 * the number of rows is known; its first byte comes first, so that a file that went away meanwhile, and came back without it, is known.
 */
import { NadirError, show } from '../core/errors.ts';
import { bytesOf, npyHeader, npyType, npyWidth } from './npy.ts';

import type { Store } from '../core/types.ts';
import type { Drafts } from './drafts.ts';
import type { NpyType, TypedArray } from './npy.ts';
import type { Stream } from './record.ts';

/** The first byte of a .npy. */
export const MARK = 0x93;
const SPARE = 96; // of a head without its shape, 84 are used when the rows have 16 digits
const PIECE = 4 << 20; // bytes copied at a time
const LEAST = 4 << 10; // of the buffer that small writes are gathered in,
const MOST = 256 << 10; // and where it is written

export interface OpenStream extends Stream {
  readonly type: NpyType;
  readonly shape: readonly number[];
  /** Whole rows taken so far. */
  readonly rows: number;
  /** Bytes of the file if it were closed now. */
  readonly bytes: number;
  /** Hands what is gathered to the drafts. */
  flush(): void;
  /** Flushes and writes the head. */
  close(): void;
}

/** @param drafts absent: rows are checked and counted, nothing is kept. @param rows that are there already */
export function openStream(name: string, key: string, type: NpyType, shape: readonly number[], drafts: Drafts | undefined, rows: number = 0): OpenStream {
  npyHeader(type, shape); // checks both
  const numbers = shape.reduce((a, b) => a * b, 1);
  if (numbers === 0) throw new NadirError('input', `shape of stream ${show(name)} is ${show(shape)}; allowed: integers from 1`);
  const width = numbers * npyWidth(type);
  const head = npyHeader(type, [0, ...shape], SPARE + shape.join(', ').length).length;
  let gathered: Uint8Array = new Uint8Array(0);
  let used = 0;
  let at = head + rows * width; // where `gathered` belongs
  let marked = rows > 0;

  const put = (bytes: Uint8Array): void => {
    if (!marked) drafts!.write(key, Uint8Array.of(MARK));
    marked = true;
    drafts!.write(key, bytes, at);
    at += bytes.length;
  };
  const flush = (): void => {
    if (used > 0) put(gathered.subarray(0, used));
    gathered = new Uint8Array(0);
    used = 0;
  };

  return {
    type,
    shape,
    get rows() {
      return rows;
    },
    get bytes() {
      return head + rows * width;
    },
    write(array: TypedArray) {
      if (npyType(array) !== type || array.length % numbers !== 0) throw new NadirError('input', `rows of stream ${show(name)} are ${npyType(array) === undefined ? show(array) : `${array.length} numbers of type ${npyType(array)}`}; allowed: a typed array of ${type}, its length a multiple of ${numbers}`);
      rows += array.length / numbers;
      if (drafts === undefined) return Promise.resolve();
      const bytes = bytesOf(array);
      const large = bytes.length > MOST / 2;
      if (large || used + bytes.length > MOST) flush();
      if (large) put(bytes.slice());
      else if (bytes.length > 0) {
        if (used + bytes.length > gathered.length) {
          const wider = new Uint8Array(Math.min(MOST, Math.max(LEAST, 2 * (used + bytes.length))));
          wider.set(gathered.subarray(0, used));
          gathered = wider;
        }
        gathered.set(bytes, used);
        used += bytes.length;
      }
      return drafts.room();
    },
    flush,
    close() {
      flush();
      drafts?.write(key, npyHeader(type, [rows, ...shape], head));
    },
  };
}

/** Ends a file where it should, by way of `short`: a run that stopped earlier than the attempt it continues leaves some of that one's rows. */
export async function cut(store: Store, key: string, size: number, short: string): Promise<void> {
  if (!(await store.get(key, size, size + 1))?.length) return;
  await store.delete(short);
  for (let at = 0; at < size; at += PIECE) await store.draft(short, (await store.get(key, at, Math.min(size, at + PIECE)))!, at);
  await store.move(short, key);
}
