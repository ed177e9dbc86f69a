/** Everything that was kept of a run but its record: for who wants it made as if it never had been. */
import { openLedger } from './ledger.ts';

import type { Store } from '../core/types.ts';

/** The journal of the runs inside a run. */
export const nestedKey = (id: string): string => `nested/${id}.jsonl`;

/** Deletes a run's files, its checkpoint, and all of the runs inside it. */
export async function wipe(store: Store, id: string): Promise<void> {
  const nested = nestedKey(id);
  if ((await store.get(nested, 0, 0)) !== undefined) {
    for await (const inner of (await openLedger(store, { journals: nested })).records()) await wipe(store, inner.id);
    await store.delete(nested);
  }
  await store.delete(`checkpoints/${id}.json`);
  await store.delete(`runs/${id.slice(0, 2)}/${id}/`);
}
