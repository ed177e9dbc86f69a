/**
 * A race in a store: what it is of (race.json), where it stands (state.json), every improvement (journal.jsonl), one process at a time.
 *
 * A state names the length of the journal that belongs to it; what a killed process wrote after that is cut off and written again, the same bytes. No clock is in
 * either, so that two races of one specification leave one journal. Surprise: a state of sixteen strategies takes longer to write than to reach, so the pause
 * between two grows with what they take.
 */
import { NadirError, show } from '../../core/errors.ts';
import { seal, unseal } from '../../core/snapshot.ts';
import { openClaims } from '../../experiment/claims.ts';
import { files, now, time } from '../../platform/index.ts';
import { join } from '../codec.ts';

import type { Json, Snapshot, Store } from '../../core/types.ts';

const KIND = 'programs search';
const LEASE = 15_000; // milliseconds
const PAUSE = 3000; // milliseconds between two states, at least
const PART = 0.02; // of the time may go into them
const KEYS = ['race.json', 'state.json', 'journal.jsonl', 'winner.kernel', 'winner.json', 'report.html', 'report.md'];

export interface Keep {
  /** What the last state holds. */
  readonly saved: Snapshot | undefined;
  /** Every line of the journal, those of earlier processes too. */
  lines(): Promise<readonly Json[]>;
  /** Adds a line, written with the next state. */
  journal(line: Json): void;
  /** Saves, when it is time to; `state` is asked at once, and writing goes on beside the search. */
  offer(state: () => Snapshot): void;
  /** Saves now and waits until all is written. */
  save(state: Snapshot): Promise<void>;
  put(key: string, content: string | Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Opens the race that a store holds, or begins it. Throws `store` when another process is at it, `state` when the store holds another race. */
export async function openKeep(store: Store, race: { readonly [field: string]: Json }, fresh: boolean, name: string): Promise<Keep> {
  const claims = openClaims(store, { owner: files.owner, host: files.host, time, alive: files.alive, lease: LEASE });
  if (!(await claims.take('race'))) throw new NadirError('store', `${name} is in use by process ${await claims.others() ?? 'unknown'}: two searches cannot share it; wait, or give another`);
  const renewal = setInterval(() => void claims.renew().catch(() => undefined), LEASE / 3);
  const close = async (): Promise<void> => {
    clearInterval(renewal);
    await writing.catch(() => undefined);
    await claims.close().catch(() => undefined);
  };
  let writing: Promise<void> = Promise.resolve();
  try {
    if (fresh) for (const key of KEYS) await store.delete(key);
    const saved = await restored(store, race, name);
    let length = saved?.journal ?? 0;
    const journal = await store.get('journal.jsonl');
    if ((journal?.length ?? 0) < length) throw new NadirError('state', `journal.jsonl of ${name} has ${journal?.length ?? 0} bytes and its state is of ${length}: it was cut; --fresh starts over`);
    if (journal !== undefined && journal.length > length) await store.put('journal.jsonl', journal.slice(0, length));
    await store.put('race.json', bytes(`${JSON.stringify(race, null, 2)}\n`));
    let pending: Uint8Array[] = [];
    let failure: unknown;
    let idle = true;
    let due = now() + PAUSE;

    const write = async (state: Snapshot): Promise<void> => {
      const begun = now();
      const lines = pending;
      pending = [];
      for (const line of lines) length += line.length;
      const text = bytes(JSON.stringify(seal(KIND, { race, journal: length, state })));
      if (lines.length > 0) await store.append('journal.jsonl', join(lines));
      await store.put('state.json', text);
      due = now() + Math.max(PAUSE, (now() - begun) / PART);
    };
    return {
      saved: saved?.state,
      async lines() {
        const text = new TextDecoder().decode(await store.get('journal.jsonl'));
        return [...text.split('\n').filter((line) => line !== ''), ...pending.map((line) => new TextDecoder().decode(line))].map((line, i) => {
          try {
            return JSON.parse(line) as Json;
          } catch {
            throw new NadirError('state', `journal.jsonl of ${name} is damaged in line ${i + 1}; --fresh starts over`);
          }
        });
      },
      journal: (line) => void pending.push(bytes(`${JSON.stringify(line)}\n`)),
      offer(state) {
        if (failure !== undefined) throw failure; // a search whose state cannot be kept is to end, not to go on for an hour
        if (!idle || now() < due) return;
        idle = false;
        writing = write(state()).then(() => void (idle = true), (error) => void (failure = error));
      },
      async save(state) {
        await writing;
        if (failure !== undefined) throw failure;
        await write(state);
      },
      put: (key, content) => store.put(key, typeof content === 'string' ? bytes(content) : content),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function restored(store: Store, race: { readonly [field: string]: Json }, name: string): Promise<{ readonly journal: number; readonly state: Snapshot } | undefined> {
  const found = await store.get('state.json');
  if (found === undefined) return undefined;
  let saved: { readonly race: { readonly [field: string]: Json }; readonly journal: number; readonly state: Snapshot };
  try {
    saved = unseal(KIND, JSON.parse(new TextDecoder().decode(found))) as unknown as typeof saved;
  } catch (error) {
    throw new NadirError('state', `state.json of ${name} cannot be read: ${error instanceof NadirError ? error.message : 'it is not JSON'}; --fresh starts over`);
  }
  for (const [field, value] of Object.entries(race)) {
    const was = saved.race[field] ?? null;
    if (JSON.stringify(was) !== JSON.stringify(value)) throw new NadirError('state', `${name} holds a race with ${field} ${show(was)}; this one has ${show(value)}: give the same, another place, or --fresh to start over`);
  }
  return saved;
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
