/**
 * A run's state on disk: what its operation gave, and all that was captured by then, so that the files it names can be gone on with.
 *
 * Surprise: a state may itself be sealed, as an optimizer's is, and would be opened along with ours: JSON travels as text.
 */
import { NadirError } from '../core/errors.ts';
import { seal, unseal } from '../core/snapshot.ts';
import { openStream } from './stream.ts';

import type { Snapshot, Store } from '../core/types.ts';
import type { NpyType } from './npy.ts';

export type Checkpoint = {
  /** Whether files were kept. */
  readonly artifacts: boolean;
  /** JSON. */
  readonly state: string;
  readonly data: string;
  readonly metrics: { readonly names: readonly string[]; readonly last: Float64Array };
  readonly series: readonly { readonly name: string; readonly step: Float64Array; readonly value: Float64Array }[];
  /** Lines, each with its end. */
  readonly log: string;
  readonly files: readonly { readonly name: string; readonly key: string; readonly bytes: number }[];
  readonly streams: readonly { readonly name: string; readonly type: NpyType; readonly shape: readonly number[]; readonly rows: number }[];
  /** Names given to replaced files so far. */
  readonly spare: number;
};

const keyOf = (id: string): string => `checkpoints/${id}.json`;

export function saveCheckpoint(store: Store, id: string, checkpoint: Checkpoint): Promise<void> {
  return store.put(keyOf(id), new TextEncoder().encode(JSON.stringify(seal(`run ${id}`, checkpoint as Snapshot))));
}

/** The checkpoint of a run; undefined when there is none, it is damaged, or a file it needs is not as it says. */
export async function loadCheckpoint(store: Store, id: string, artifacts: boolean): Promise<Checkpoint | undefined> {
  const bytes = await store.get(keyOf(id));
  if (bytes === undefined) return undefined;
  let found: Checkpoint;
  try {
    found = unseal(`run ${id}`, JSON.parse(new TextDecoder().decode(bytes))) as Checkpoint;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof NadirError) return undefined;
    throw error;
  }
  if (!artifacts) return found;
  if (!found.artifacts) return undefined; // its files were never written
  for (const { key, bytes } of found.files) if ((await store.get(key, Math.max(0, bytes - 1), bytes + 1))?.length !== Math.min(bytes, 1)) return undefined;
  for (const { name, type, shape, rows } of found.streams) {
    const { bytes } = openStream(name, '', type, shape, undefined, rows);
    if (rows > 0 && (await store.get(`aside/${id}/${name}`, bytes - 1, bytes))?.length !== 1) return undefined;
  }
  return found;
}

export function deleteCheckpoint(store: Store, id: string): Promise<void> {
  return store.delete(keyOf(id));
}
