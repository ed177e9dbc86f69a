/**
 * The ledger: what is known of every run, from all journals of a store.
 *
 * Journals are read from their first byte once, after that only what was added. `index.bin` is a cache of that first reading: a
 * missing, old or damaged one costs time and nothing else. A journal is never changed but by appending: what is compacted or forgotten
 * is written under a new name, made of its content, before the old ones are deleted. Surprise: so a journal that is gone tells a
 * reader in another process that all it knows about places is void, and a crash between the two steps leaves duplicates, no gap.
 */
import { NadirError, show } from '../core/errors.ts';
import { dropIndex, loadIndex, saveIndex, type Journal } from './cache.ts';
import { NEWLINE, STATUSES, chunks, readHead, readRecord, type Head } from './journal.ts';
import { lines, merge, mergeable } from './merge.ts';
import { openTable, type Row } from './table.ts';

import type { Store } from '../core/types.ts';
import type { Claims } from './claims.ts';
import type { RunRecord, Status } from './record.ts';

const FORMAT = 1;
const OWN = 'journal/';
const INDEXED = 20_000; // records from which an index saves more than it costs

export interface Ledger {
  /** Runs that have a record. */
  readonly count: number;
  /** Damaged lines. The last line of a journal, torn by a crash, counts once something follows it. */
  readonly corrupt: number;
  readonly journals: number;
  /** How the run ended, by its best record: success before others, then the higher attempt, then the later start. */
  status(id: string): Status | undefined;
  /** The attempt of that record, 0 without one (exact up to 65,535). */
  attempts(id: string): number;
  /** When that attempt began, in milliseconds since 1970; 0 without one. */
  started(id: string): number;
  record(id: string): Promise<RunRecord | undefined>;
  /** Every run's record, once, in the order of the journals. */
  records(): AsyncGenerator<RunRecord, void, undefined>;
  /** Reads what was added since, by whomever. */
  refresh(): Promise<void>;
  /**
   * Drops the records that `drop` is true of, and gives their number. With `claims`, throws `store` while another process is at
   * work in the store; without, the caller knows that none is.
   */
  forget(drop: (record: RunRecord) => boolean, claims?: Claims): Promise<number>;
  /**
   * Merges journals, duplicates dropped, and writes the index. Nobody may be appending in this process; with `claims`, nothing
   * happens while another one is at work. A journal above 8 MiB waits until half as much can be merged with it, so all compactions
   * together cost a small multiple of what was written. One with damaged lines is left as it is, for who wants to look at it.
   */
  compact(claims?: Claims): Promise<void>;
}
export interface LedgerOptions {
  /** The journals: those whose keys begin so; default `journal/`. */
  readonly journals?: string;
}

/**
 * Opens the ledger of a store, which becomes a store of experiments (`nadir.json`) if it is none yet.
 * Throws `store` for a store of a newer format.
 * @example
 * const store = await named('store', stores, 'memory').open({});
 * const ledger = await openLedger(store);
 * [ledger.count, ledger.corrupt, ledger.status('0123456789abcdef')]; // [ 0, 0, undefined ]
 */
export async function openLedger(store: Store, { journals: prefix = OWN }: LedgerOptions = {}): Promise<Ledger> {
  const table = openTable();
  const head: Head = { high: 0, low: 0, status: 0, attempt: 0, started: 0, json: 0 };
  const row: Row = { high: 0, low: 0, status: 0, attempt: 0, started: 0, journal: 0, offset: 0, length: 0 };
  let journals: Journal[] = [];
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const mine = last.then(act);
    last = mine.catch(() => undefined);
    return mine;
  };

  const list = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const key of store.keys(prefix)) if (key.endsWith('.jsonl')) keys.push(key);
    return keys;
  };
  const entryOf = (id: string): number => (/^[0-9a-f]{16}$/.test(id) ? table.find(Number.parseInt(id.slice(0, 8), 16), Number.parseInt(id.slice(8), 16)) : -1);
  const reset = (): void => {
    table.clear();
    journals = [];
  };

  /** The whole lines that a journal gained; false when it is gone, or another file of its name: the last byte that was read ended a line. */
  const scan = async (number: number, thorough: boolean): Promise<boolean> => {
    const journal = journals[number]!;
    const same = async (): Promise<boolean> => journal.consumed === 0 || (await store.get(journal.key, journal.consumed - 1, journal.consumed))?.[0] === NEWLINE;
    if (thorough && !(await same())) return false;
    let first = !thorough;
    for await (const chunk of chunks(store, journal.key, journal.consumed)) {
      if (chunk === undefined || (first && !(await same()))) return false;
      first = false;
      const { bytes, at } = chunk;
      for (let from = 0; from < bytes.length; ) {
        const to = bytes.indexOf(NEWLINE, from);
        if (to > from) {
          if (readHead(bytes, from, to, head)) {
            row.high = head.high;
            row.low = head.low;
            row.status = head.status;
            row.attempt = head.attempt;
            row.started = head.started;
            row.journal = number;
            row.offset = at + from;
            row.length = to - from;
            table.offer(row);
          } else journal.corrupt++;
        }
        from = to + 1;
      }
      journal.consumed = at + bytes.length;
    }
    return true;
  };
  /** `thorough`: journals that gained nothing are looked at, too. */
  const update = async (thorough: boolean = false): Promise<void> => {
    for (let tries = 0; ; tries++) {
      const keys = new Set(await list());
      if (journals.some(({ key }) => !keys.has(key))) reset();
      const known = new Set(journals.map(({ key }) => key));
      for (const key of keys) if (!known.has(key)) journals.push({ key, consumed: 0, corrupt: 0 });
      let whole = true;
      for (let i = 0; i < journals.length && whole; i++) whole = await scan(i, thorough);
      if (whole || tries === 8) return;
      reset();
    }
  };

  /** The record of an entry; undefined when it is not where it was. */
  const fetch = async (entry: number): Promise<RunRecord | undefined> => {
    if (!table.read(entry, row)) return undefined;
    const { high, low, length, offset } = row;
    const bytes = await store.get(journals[row.journal]!.key, offset, offset + length);
    if (bytes?.length !== length || !readHead(bytes, 0, length, head) || head.high !== high || head.low !== low) return undefined;
    return readRecord(bytes, head.json, length);
  };
  const recordOf = async (entry: number): Promise<RunRecord | undefined> => {
    for (let tries = 0; table.read(entry, row); tries++) {
      const found = await fetch(entry);
      if (found !== undefined) return found;
      if (tries === 2) break;
      await inTurn(() => {
        if (tries === 1) reset(); // its file was replaced, or damaged after it was read
        return update();
      });
    }
    return undefined;
  };

  /** Does what only one process may do at a time; undefined when another is at work. */
  const alone = async <T>(claims: Claims | undefined, act: () => Promise<T>): Promise<T | undefined> => {
    if (prefix !== OWN) throw new NadirError('input', `journals is ${show(prefix)}; only the ledger of ${OWN} can be compacted or forget`);
    if (claims === undefined) return act();
    if ((await claims.others()) !== undefined || !(await claims.take('compaction'))) return undefined;
    try {
      return await act();
    } finally {
      await claims.release('compaction');
    }
  };

  if (prefix === OWN) {
    await checkFormat(store);
    const found = await loadIndex(store, table, new Set(await list()));
    if (found) journals = found;
  }
  await update();

  return {
    get count() {
      return table.count;
    },
    get corrupt() {
      return journals.reduce((sum, { corrupt }) => sum + corrupt, 0);
    },
    get journals() {
      return journals.length;
    },
    status: (id) => (table.read(entryOf(id), row) ? STATUSES[row.status - 1] : undefined),
    attempts: (id) => (table.read(entryOf(id), row) ? row.attempt : 0),
    started: (id) => (table.read(entryOf(id), row) ? row.started : 0),
    record: (id) => recordOf(entryOf(id)),
    async *records() {
      await inTurn(() => update(true));
      const done = new Uint8Array(table.size);
      for (let pass = 0, whole = false; pass < 3 && !whole; pass++) {
        const known = journals;
        whole = true;
        for await (const line of lines(store, table, known, known.map((_, number) => number))) {
          if (line === undefined || journals !== known) {
            whole = false; // journals were replaced meanwhile
            await inTurn(() => update(true));
            break;
          }
          if (done[line.entry] === 0) {
            done[line.entry] = 1;
            yield readRecord(line.bytes, line.json, line.to);
          }
        }
      }
      // Better ones that came meanwhile, behind where this had read.
      for (let entry = 0; entry < done.length; entry++) {
        const found = done[entry] === 0 ? await recordOf(entry) : undefined;
        if (found) yield found;
      }
    },
    refresh: () => inTurn(() => update()),
    forget: (drop, claims) => inTurn(async () => {
      const dropped = await alone(claims, async () => {
        await update(true);
        if (journals.length === 0) return 0;
        const forgotten = await merge(store, table, journals, journals.map((_, number) => number), drop, claims);
        if (forgotten > 0) await dropIndex(store);
        await update();
        return forgotten;
      });
      if (dropped === undefined) throw new NadirError('store', `nothing can be forgotten while another process is at work in the store: ${(await claims!.others()) ?? 'it is compacting'}; wait for it, or stop it`);
      return dropped;
    }),
    compact: (claims) => inTurn(async () => {
      await alone(claims, async () => {
        await update(true);
        const group = mergeable(journals);
        if (group.length > 0) {
          await merge(store, table, journals, group, undefined, claims);
          await update();
        }
        if (table.count >= INDEXED) await saveIndex(store, table, journals);
        else await dropIndex(store);
      });
    }),
  };
}

async function checkFormat(store: Store): Promise<void> {
  const bytes = await store.get('nadir.json');
  if (bytes === undefined) {
    await store.create('nadir.json', new TextEncoder().encode(`{ "nadir": ${FORMAT} }\n`));
    return;
  }
  let format: unknown;
  try {
    format = (JSON.parse(new TextDecoder().decode(bytes)) as { nadir?: unknown } | null)?.nadir;
  } catch {
    format = undefined;
  }
  if (typeof format !== 'number' || format > FORMAT) throw new NadirError('store', `the store has format ${show(format)} in nadir.json; this version reads up to ${FORMAT}${typeof format === 'number' ? ': a newer nadir wrote it' : ''}`);
}
