/**
 * A run's state on disk: what its operation gave, and all that was captured by then, so that the files it names can be gone on with.
 *
 * Surprise: a state may itself be sealed, as an optimizer's is, and would be opened along with ours: JSON travels as text. And a file
 * that went away under a writer comes back with a hole in front, so a stream's first byte is looked at, not its last alone.
 */
import { NadirError } from '../core/errors.ts';
import { seal, unseal } from '../core/snapshot.ts';
import { MARK, openStream } from './stream.ts';

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
  readonly files: readonly { readonly name: string; /** In the attempt's folder. */ readonly at: string; readonly bytes: number }[];
  readonly streams: readonly { readonly name: string; readonly type: NpyType; readonly shape: readonly number[]; readonly rows: number }[];
  /** Names given to replaced files so far. */
  readonly spare: number;
};

const keyOf = (id: string): string => `checkpoints/${id}.json`;

export function saveCheckpoint(store: Store, id: string, checkpoint: Checkpoint): Promise<void> {
  return store.put(keyOf(id), new TextEncoder().encode(JSON.stringify(seal(`run ${id}`, checkpoint as Snapshot))));
}

/**
 * The last checkpoint of a run, its files now in the folder `aside`; undefined when there is none to go on with.
 * Of earlier attempts nothing else is left.
 */
export async function takeOver(store: Store, id: string, aside: string, { artifacts, resumable }: { readonly artifacts: boolean; readonly resumable: boolean }): Promise<Checkpoint | undefined> {
  const left = new Set<string>();
  for await (const key of store.keys(`aside/${id}.`)) left.add(key.slice(0, key.indexOf('/', 6) + 1));
  const last = resumable ? await load(store, id, artifacts, [...left]) : undefined;
  const { folder } = last ?? {};
  const taken = folder === undefined || (await store.move(folder, aside).then(() => left.delete(folder), () => false)); // false: somebody else was faster
  for (const other of left) await store.delete(other);
  if (last === undefined || !taken) return undefined;
  const { files, streams } = last.found;
  const named = new Set([...files.map(({ at }) => aside + at), ...streams.map(({ name }) => aside + name)]);
  for await (const key of store.keys(aside)) if (!named.has(key)) await store.delete(key); // later than the checkpoint
  return last.found;
}

/**
 * The checkpoint of a run, and which of the folders that its attempts left has the files it names.
 * Undefined when there is none, it is damaged, or no folder has all of them as it says.
 */
async function load(store: Store, id: string, artifacts: boolean, folders: readonly string[]): Promise<{ readonly found: Checkpoint; readonly folder?: string } | undefined> {
  const bytes = await store.get(keyOf(id));
  if (bytes === undefined) return undefined;
  let found: Checkpoint;
  try {
    found = unseal(`run ${id}`, JSON.parse(new TextDecoder().decode(bytes))) as Checkpoint;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof NadirError) return undefined;
    throw error;
  }
  if (!artifacts) return { found };
  if (!found.artifacts) return undefined; // its files were never written
  if (found.files.length === 0 && found.streams.every(({ rows }) => rows === 0)) return { found };
  for (const folder of folders) if (await holds(store, folder, found)) return { found, folder };
  return undefined;
}

/** Whether the folder has the files of a checkpoint. */
export async function holds(store: Store, folder: string, { artifacts, files, streams }: Checkpoint): Promise<boolean> {
  if (!artifacts) return true;
  for (const { at, bytes } of files) if ((await store.get(folder + at, Math.max(0, bytes - 1), bytes + 1))?.length !== Math.min(bytes, 1)) return false;
  for (const { name, type, shape, rows } of streams) {
    const { bytes } = openStream(name, '', type, shape, undefined, rows);
    if (rows > 0 && ((await store.get(folder + name, 0, 1))?.[0] !== MARK || (await store.get(folder + name, bytes - 1, bytes))?.length !== 1)) return false;
  }
  return true;
}

export function deleteCheckpoint(store: Store, id: string): Promise<void> {
  return store.delete(keyOf(id));
}
