/**
 * Which run has ended how, and where its record lies: 42 bytes a run, in typed arrays behind an open-addressed hash table.
 *
 * Ids are hashes, so their low bits are the hash. Surprise: a Map of a million strings to objects takes 200 MB; this takes 42.
 */

/** What one record says. `status` is its code in the journal, from 1, the best the highest. */
export interface Row { high: number; low: number; status: number; attempt: number; started: number; journal: number; offset: number; length: number }

export interface Table {
  /** Ids ever met; entries are numbered from 0. */
  readonly size: number;
  /** Of those, the ones that have a record. */
  readonly count: number;
  /** The entry of an id, or -1. */
  find(high: number, low: number): number;
  /** Keeps the row if it is the better of two: success before others, then the higher attempt, then the later start, then the one met first. */
  offer(row: Row): void;
  /** The row of an entry, into `row`; false when it has no record now. */
  read(entry: number, row: Row): boolean;
  /** Whether the record kept for an entry lies there. */
  lies(entry: number, journal: number, offset: number): boolean;
  /** Forgets every record; entries keep their numbers. */
  clear(): void;
  /** The rows as bytes, and back. */
  save(): Uint8Array;
  load(bytes: Uint8Array): void;
}

const BEST = 3;
const MOST = 65_535; // attempts that can be told apart
const WIDTH = 34;

export function openTable(): Table {
  let size = 0;
  let count = 0;
  let room = 1024;
  let slots = new Int32Array(2 * room).fill(-1);
  // A column each. `place` is 4 * (journal + 1) + status, 0 for none.
  let offset = new Float64Array(room);
  let started = new Float64Array(room);
  let high = new Uint32Array(room);
  let low = new Uint32Array(room);
  let place = new Uint32Array(room);
  let length = new Uint32Array(room);
  let attempt = new Uint16Array(room);

  const slotOf = (h: number, l: number): number => {
    const mask = slots.length - 1;
    let slot = l & mask;
    for (let e = slots[slot]!; e >= 0 && (low[e] !== l || high[e] !== h); e = slots[slot]!) slot = (slot + 1) & mask;
    return slot;
  };

  const grow = (least: number): void => {
    while (room < least) room *= 2;
    const wider = <T extends Float64Array | Uint32Array | Uint16Array>(column: T, made: T): T => {
      made.set(column.subarray(0, size) as never);
      return made;
    };
    offset = wider(offset, new Float64Array(room));
    started = wider(started, new Float64Array(room));
    high = wider(high, new Uint32Array(room));
    low = wider(low, new Uint32Array(room));
    place = wider(place, new Uint32Array(room));
    length = wider(length, new Uint32Array(room));
    attempt = wider(attempt, new Uint16Array(room));
    slots = new Int32Array(2 * room).fill(-1);
    for (let e = 0; e < size; e++) slots[slotOf(high[e]!, low[e]!)] = e;
  };

  /** Whether a row is better than the record of an entry. */
  const wins = (row: Row, e: number): boolean => {
    const old = place[e]!;
    if (old === 0) return true;
    if ((row.status === BEST) !== ((old & 3) === BEST)) return row.status === BEST;
    const tries = Math.min(row.attempt, MOST);
    if (tries !== attempt[e]) return tries > attempt[e]!;
    return row.started > started[e]!;
  };

  return {
    get size() {
      return size;
    },
    get count() {
      return count;
    },
    find: (h, l) => slots[slotOf(h, l)]!,
    offer(row) {
      let slot = slotOf(row.high, row.low);
      let e = slots[slot]!;
      if (e < 0) {
        if (size === room) {
          grow(2 * room);
          slot = slotOf(row.high, row.low);
        }
        e = size++;
        slots[slot] = e;
        high[e] = row.high;
        low[e] = row.low;
        place[e] = 0;
      }
      if (!wins(row, e)) return;
      if (place[e] === 0) count++;
      place[e] = 4 * (row.journal + 1) + row.status;
      offset[e] = row.offset;
      length[e] = row.length;
      attempt[e] = Math.min(row.attempt, MOST);
      started[e] = row.started;
    },
    read(e, row) {
      if (e < 0 || place[e] === 0) return false;
      row.high = high[e]!;
      row.low = low[e]!;
      row.status = place[e]! & 3;
      row.journal = (place[e]! >>> 2) - 1;
      row.offset = offset[e]!;
      row.length = length[e]!;
      row.attempt = attempt[e]!;
      row.started = started[e]!;
      return true;
    },
    lies: (e, journal, at) => e >= 0 && place[e]! >>> 2 === journal + 1 && offset[e] === at,
    clear() {
      place.fill(0);
      count = 0;
    },
    save() {
      const bytes = new Uint8Array(WIDTH * size);
      let at = 0;
      for (const column of [offset, started, high, low, place, length, attempt]) {
        const part = column.subarray(0, size);
        bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
        at += part.byteLength;
      }
      return bytes;
    },
    load(bytes) {
      const n = bytes.length / WIDTH;
      size = 0; // nothing is kept
      grow(n);
      let at = 0;
      for (const column of [offset, started, high, low, place, length, attempt]) {
        const part = new Uint8Array(column.buffer, 0, n * column.BYTES_PER_ELEMENT);
        part.set(bytes.subarray(at, at + part.length));
        at += part.length;
      }
      size = n;
      count = 0;
      for (let e = 0; e < n; e++) {
        slots[slotOf(high[e]!, low[e]!)] = e;
        if (place[e] !== 0) count++;
      }
    },
  };
}
