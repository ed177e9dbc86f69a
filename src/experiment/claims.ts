/**
 * Claims: who is at work on what, until when, as files that are made exclusively.
 *
 * Surprise: two processes may hold a claim at once. One that has expired is deleted and made again, and a contender that read it just
 * before may delete the new one instead; a process that was asleep may wake up after its claim went to another. Both are harmless here:
 * a run made twice gives the same record, and the ledger keeps one. So there is no lock, and nothing that a dead process could leave locked.
 */
import { NadirError, show } from '../core/errors.ts';

import type { Store } from '../core/types.ts';

export interface ClaimsOptions {
  /** `<process id>-<anything>`, different for every holder. */
  readonly owner: string;
  /** A name of the machine; '': none is known, and nobody's death is seen before his claims expire. */
  readonly host: string;
  /** Milliseconds since 1970; machines that share a store should agree to well within a lease. */
  time(): number;
  /** Whether a process of this machine runs. */
  alive(pid: number): boolean;
  /** Milliseconds that a claim lasts, above 0: renew it in a third of that. */
  readonly lease: number;
}
export interface Claims {
  /** True when `key` is this holder's now, or was already; false when somebody else is at work on it. */
  take(key: string): Promise<boolean>;
  /** Gives a claim up; one that went to another holder is left alone. */
  release(key: string): Promise<void>;
  /** Prolongs every claim held, and gives the keys of those that were lost to others. */
  renew(): Promise<readonly string[]>;
  /** The first other holder of a claim that has not expired, for people: `4711-1a2b3c4d on lab3`; undefined when there is none. */
  others(): Promise<string | undefined>;
  /** Gives up every claim, and deletes those of dead processes of this machine, and those that expired a day ago. */
  close(): Promise<void>;
}

const DAY = 86_400_000; // milliseconds

interface Claim { readonly owner: string; readonly host: string; readonly until: number }

/**
 * Claims of one holder, kept under `claims/` in a store. Throws `input` for a lease that is none.
 * @example
 * const store = await named('store', stores, 'memory').open({});
 * const holder = (owner) => openClaims(store, { owner, host: '', time: () => 0, alive: () => true, lease: 15_000 });
 * const [one, two] = [holder('1-a'), holder('2-b')];
 * [await one.take('demo/0'), await two.take('demo/0'), await two.take('demo/1')]; // [ true, false, true ]
 */
export function openClaims(store: Store, { owner, host, time, alive, lease }: ClaimsOptions): Claims {
  if (typeof lease !== 'number' || !(lease > 0 && lease < Infinity)) throw new NadirError('input', `lease is ${show(lease)}; allowed: milliseconds above 0`);
  const held = new Set<string>();
  const path = (key: string): string => `claims/${key}`;
  const claim = (): Uint8Array => new TextEncoder().encode(JSON.stringify({ owner, host, until: time() + lease }));

  /** The claim on a key; undefined when there is none that can be read. */
  const read = async (key: string): Promise<Claim | undefined> => {
    const bytes = await store.get(path(key));
    try {
      const found = JSON.parse(new TextDecoder().decode(bytes)) as Claim | null;
      return typeof found?.owner === 'string' && typeof found.until === 'number' ? found : undefined;
    } catch {
      return undefined; // half a file of a crash, or nothing
    }
  };
  const died = (found: Claim): boolean => host !== '' && found.host === host && !alive(Number.parseInt(found.owner, 10));
  const lives = (found: Claim): boolean => found.until > time() && !died(found);

  const give = async (key: string): Promise<void> => {
    if (!held.delete(key)) return;
    if ((await read(key))?.owner === owner) await store.delete(path(key));
  };

  return {
    async take(key) {
      if (held.has(key)) return true;
      if (!(await store.create(path(key), claim()))) {
        const found = await read(key);
        if (found !== undefined && lives(found)) return held.has(key);
        await store.delete(path(key));
        if (!(await store.create(path(key), claim()))) return held.has(key);
      }
      held.add(key);
      return true;
    },
    release: give,
    async renew() {
      const lost: string[] = [];
      await Promise.all([...held].map(async (key) => {
        if ((await read(key))?.owner !== owner) {
          if (held.delete(key)) lost.push(key);
        } else if (held.has(key)) await store.put(path(key), claim());
      }));
      return lost;
    },
    async others() {
      for await (const name of store.keys('claims/')) {
        const key = name.slice('claims/'.length);
        const found = held.has(key) ? undefined : await read(key);
        if (found !== undefined && lives(found)) return `${found.owner}${found.host === '' ? '' : ` on ${found.host}`}`;
      }
      return undefined;
    },
    async close() {
      await Promise.all([...held].map(give));
      for await (const name of store.keys('claims/')) {
        const found = await read(name.slice('claims/'.length));
        if (found !== undefined && (died(found) || found.until + DAY < time())) await store.delete(name);
      }
    },
  };
}
