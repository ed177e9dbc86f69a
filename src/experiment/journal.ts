/**
 * The journal: a line a record, appended by one writer a file.
 *
 *   <crc32, 8 hex> <id, 16 hex> <s|f|c> <attempt> <JSON>\n
 *
 * The sum is of the bytes between the first space and the end of the line. What decides between two records of a run lies in front,
 * `started` as the first field of the JSON, so that a million lines are indexed without parsing one. Surprise: a writer that takes over
 * a file begins with an empty line, else the tail its dead predecessor tore off would swallow the first record.
 */
import { crc32Bytes } from '../core/crc.ts';
import { decode, encode } from '../core/snapshot.ts';

import type { Json, Metrics, Store } from '../core/types.ts';
import type { RunRecord, Status } from './record.ts';

export const NEWLINE = 10;
const SPACE = 32;
const HEX = new TextEncoder().encode('0123456789abcdef');
const STARTED = new TextEncoder().encode('{"started":');
/** In the order of their codes, from 1. */
export const STATUSES: readonly Status[] = ['cancelled', 'failed', 'success'];

export interface Writer {
  /** Resolves when they are on disk: one append, one sync for all of them. */
  append(records: readonly RunRecord[]): Promise<void>;
  /** Resolves when all that was appended is on disk. */
  close(): Promise<void>;
}

/** The key of a writer's journal; a name with a `/` is a key already. */
function journalKey(name: string): string {
  return name.includes('/') ? name : `journal/${name}.jsonl`;
}

/**
 * Opens the journal of a writer; the file is made by the first append. No other writer may have the name.
 * Rejects with `store` when the journal cannot be written; what had not been written then may be appended again.
 * @example
 * const store = await named('store', stores, 'memory').open({});
 * const writer = await openWriter(store, 'me');
 * await writer.append([]);
 */
export async function openWriter(store: Store, name: string): Promise<Writer> {
  const key = journalKey(name);
  let torn = (await store.get(key, 0, 0)) !== undefined;
  let last: Promise<unknown> = Promise.resolve();
  return {
    append(records) {
      if (records.length === 0) return Promise.resolve();
      const lines = encodeLines(records);
      const mine = last.then(async () => {
        const bytes = torn ? new Uint8Array(lines.length + 1) : lines;
        if (torn) {
          bytes[0] = NEWLINE;
          bytes.set(lines, 1);
        }
        torn = true; // until it is there
        await store.append(key, bytes);
        torn = false;
      });
      last = mine.catch(() => undefined);
      return mine;
    },
    async close() {
      await last;
    },
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
let room = new Uint8Array(65_536);

/** The lines of records, in order. */
export function encodeLines(records: readonly RunRecord[]): Uint8Array {
  let at = 0;
  for (const record of records) {
    const { started, metrics, ...rest } = record;
    const numbers = Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, encode(value)]));
    const text = `${record.id} ${record.status[0]} ${record.attempt} ${JSON.stringify({ started, ...rest, metrics: numbers })}`;
    if (at + 3 * text.length + 10 > room.length) {
      const wider = new Uint8Array(2 * (at + 3 * text.length + 10));
      wider.set(room.subarray(0, at));
      room = wider;
    }
    const end = at + 9 + encoder.encodeInto(text, room.subarray(at + 9)).written;
    const sum = crc32Bytes(room, at + 9, end);
    for (let k = 0; k < 8; k++) room[at + k] = HEX[(sum >>> (28 - 4 * k)) & 15]!;
    room[at + 8] = SPACE;
    room[end] = NEWLINE;
    at = end + 1;
  }
  const lines = room.slice(0, at);
  if (room.length > 1 << 20) room = new Uint8Array(65_536);
  return lines;
}

/** The front of a line: the id as two halves, the status from 1 (cancelled, failed, success), and where the JSON begins. */
export interface Head { high: number; low: number; status: number; attempt: number; started: number; json: number }

/** Reads the front of the line `bytes[from]` to `bytes[to]`, without its newline, into `head`; false when it is damaged. */
export function readHead(bytes: Uint8Array, from: number, to: number, head: Head): boolean {
  if (to - from < 32 || bytes[from + 8] !== SPACE || bytes[from + 25] !== SPACE || bytes[from + 27] !== SPACE) return false;
  const sum = hex(bytes, from);
  head.high = hex(bytes, from + 9);
  head.low = hex(bytes, from + 17);
  if (sum < 0 || head.high < 0 || head.low < 0 || sum !== crc32Bytes(bytes, from + 9, to)) return false;
  const letter = bytes[from + 26];
  head.status = letter === 115 ? 3 : letter === 102 ? 2 : letter === 99 ? 1 : 0;
  let at = from + 28;
  head.attempt = digits(bytes, at, to);
  while (at < to && bytes[at] !== SPACE) at++;
  head.json = ++at;
  head.started = STARTED.every((value, k) => bytes[at + k] === value) ? digits(bytes, at + STARTED.length, to) : 0;
  return head.status !== 0 && head.attempt >= 1 && at < to;
}

/** The record of a line whose head was read: its JSON lies from `json` to `to`. */
export function readRecord(bytes: Uint8Array, json: number, to: number): RunRecord {
  const record = JSON.parse(decoder.decode(bytes.subarray(json, to))) as RunRecord;
  const metrics = Object.fromEntries(Object.entries(record.metrics).map(([name, value]) => [name, decode(value as Json)])) as Metrics;
  return { ...record, metrics };
}

/** Eight hexadecimal digits, lower case; -1 for anything else. */
function hex(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let k = at; k < at + 8; k++) {
    const c = bytes[k]!;
    if (c >= 48 && c <= 57) value = value * 16 + c - 48;
    else if (c >= 97 && c <= 102) value = value * 16 + c - 87;
    else return -1;
  }
  return value;
}

/** The integer that begins there. */
function digits(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to && bytes[at]! >= 48 && bytes[at]! <= 57; at++) value = value * 10 + bytes[at]! - 48;
  return value;
}

export interface Chunk { readonly bytes: Uint8Array; readonly at: number }

/**
 * Pieces of a journal from a line's beginning, whole lines only, some megabytes at a time; `at` is a piece's place in the file.
 * A tail without a newline is left out. Gives undefined, last, when there is no such journal (any more).
 */
export async function* chunks(store: Store, key: string, from: number = 0, to: number = Infinity, most: number = 1 << 24): AsyncGenerator<Chunk | undefined, void, undefined> {
  for (let at = from, size = most; at < to; ) {
    const bytes = await store.get(key, at, Math.min(at + size, to));
    if (bytes === undefined) return yield undefined;
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end > 0) yield { bytes: end === bytes.length ? bytes : bytes.subarray(0, end), at };
    if (bytes.length < size) return;
    at += end;
    size = end > 0 ? most : 2 * size; // a line longer than that
  }
}
