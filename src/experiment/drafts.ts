/**
 * Writes to a store that nobody waits for: begun in order, a few at a time, the first failure kept and the rest dropped.
 *
 * Surprise: a draft has begun or it has not. One that has not can still be given other bytes, so a file that is replaced in
 * every step of a run that never pauses is held once and written once.
 */
import { NadirError, messageOf } from '../core/errors.ts';

import type { Store } from '../core/types.ts';

const LANES = 8; // drafts under way: more only wait for the disk. The first goes alone: it makes the folder, and six that try at once take 3 times as long (measured)
const NOTHING = new Uint8Array(0);
const ROOM = 8 << 20; // bytes that may wait before `room` makes its caller wait

/** A write; `bytes` may be replaced until it has begun. */
export interface Draft { bytes: Uint8Array; begun: boolean }
export interface Drafts {
  /** Queues `bytes`, now owned by the queue, for `key` at an offset; `anew`: the key is deleted first, it may be longer. */
  write(key: string, bytes: Uint8Array, at?: number, anew?: boolean): Draft;
  /** Replaces the bytes of a draft, if it has not begun. */
  amend(draft: Draft, bytes: Uint8Array): boolean;
  /** Resolves when little enough is waiting. Never rejects. */
  room(): Promise<void>;
  /** Resolves when what was queued by now is written, or dropped after a failure. Never rejects. */
  written(): Promise<void>;
  /** Begins no more. */
  stop(error?: unknown): void;
  /** The first failure, as an error of the store. */
  readonly failure: NadirError | undefined;
}

interface Waiting extends Draft { readonly key: string; readonly at: number; readonly anew: boolean; readonly done: () => void }

export function openDrafts(store: Store): Drafts {
  const queue = new Set<Waiting>(); // in order of insertion
  const pending = new Set<Promise<void>>();
  let waiting = 0; // bytes
  let active = 0;
  let lanes = 1;
  let stopped = false;
  let failure: NadirError | undefined;

  const stop = (error?: unknown): void => {
    if (error !== undefined) failure ??= error instanceof NadirError ? error : new NadirError('store', messageOf(error), { cause: error });
    stopped = true;
    for (const draft of queue) end(draft);
    queue.clear();
  };
  const end = (draft: Waiting): void => {
    waiting -= draft.bytes.length;
    draft.bytes = NOTHING; // whoever keeps the draft need not keep these
    draft.done();
  };
  const begin = async (draft: Waiting): Promise<void> => {
    active++;
    draft.begun = true;
    try {
      // Both at once: a store keeps the order of calls about one key, and a later draft must not come between.
      await Promise.all([draft.anew ? store.delete(draft.key) : undefined, store.draft(draft.key, draft.bytes, draft.at)]);
    } catch (error) {
      stop(error);
    }
    active--;
    lanes = LANES;
    end(draft);
    pump();
  };
  const pump = (): void => {
    for (const draft of queue) {
      if (active >= lanes) return;
      queue.delete(draft);
      void begin(draft);
    }
  };

  return {
    write(key, bytes, at = 0, anew = false) {
      let done!: () => void;
      const settled = new Promise<void>((resolve) => {
        done = resolve;
      });
      const draft: Waiting = { key, bytes, at, anew, begun: false, done: () => {
        pending.delete(settled);
        done();
      } };
      if (stopped) return draft;
      pending.add(settled);
      waiting += bytes.length;
      queue.add(draft);
      pump();
      return draft;
    },
    amend(draft, bytes) {
      if (draft.begun || stopped) return stopped;
      waiting += bytes.length - draft.bytes.length;
      draft.bytes = bytes;
      return true;
    },
    async room() {
      while (waiting > ROOM && !stopped) await Promise.race(pending);
    },
    async written() {
      await Promise.all(pending);
    },
    stop,
    get failure() {
      return failure;
    },
  };
}
