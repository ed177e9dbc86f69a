/**
 * Which records of a store are an experiment's own, and how they are forgotten.
 *
 * Surprise: a record of the same name may be of another context, seed, version or grid, and one of its own may have had another place
 * when it was made, because the grid has grown since. The id alone tells.
 */
import { wipe } from '../../experiment/wipe.ts';

import type { Store } from '../../core/types.ts';
import type { Claims } from '../../experiment/claims.ts';
import type { Ledger } from '../../experiment/ledger.ts';
import type { Experiment, RunRecord } from '../../experiment/record.ts';

const LISTED = 1n << 20n; // runs of which a list of ids is made

/** The place of a record in the experiment; undefined when it is not one of its runs. In a grid above 2^20 runs, a run that had another place when it was made counts as none. */
export function placesOf({ name, fingerprint, seed, replicates, size, at }: Experiment): (record: RunRecord) => number | undefined {
  let places: Map<string, number> | undefined;
  return (record) => {
    const { id, index } = record;
    if (record.experiment !== name || record.context !== fingerprint || record.seed !== seed || record.replicate >= replicates) return undefined;
    if (Number.isSafeInteger(index) && index < size && at(index).id === id) return index;
    if (size > LISTED) return undefined;
    places ??= new Map(Array.from({ length: Number(size) }, (_, i) => [at(i).id, i]));
    return places.get(id);
  };
}

/** Forgets the experiment's records, and deletes what their runs left. Throws `store` while another process is at work in the store. */
export async function forget(store: Store, ledger: Ledger, claims: Claims, experiment: Experiment): Promise<void> {
  const placeOf = placesOf(experiment);
  const ids: string[] = [];
  await ledger.forget((record) => {
    const mine = placeOf(record) !== undefined;
    if (mine) ids.push(record.id);
    return mine;
  }, claims);
  for (const id of ids) await wipe(store, id);
}

/** The ids that have something under a prefix. */
export async function names(store: Store, prefix: string): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const key of store.keys(prefix)) found.add(key.slice(prefix.length, prefix.length + 16));
  return found;
}
