/** A store and its records by a path alone: what a script or a notebook wants. */
import { NadirError, show } from '../core/errors.ts';
import { frame, type Frame } from '../experiment/frame.ts';
import { openLedger } from '../experiment/ledger.ts';
import { files, runtime } from '../platform/index.ts';
import { directory, opfs } from '../stores/index.ts';

import type { Store } from '../core/types.ts';
import type { RunRecord } from '../experiment/record.ts';

/**
 * The store in a folder, made when it is not there: on disk in Node, Deno and Bun, in the origin private file system in a page
 * (there `path` is one name). Throws `store` where that cannot be.
 * @param path relative to the working directory, or absolute
 * @example
 * import { openStore } from 'nadir';
 * const store = await openStore('runs/demo');
 * await store.put('notes/first.txt', new TextEncoder().encode('begun'));
 */
export function openStore(path: string): Promise<Store> {
  return runtime() === 'browser' ? opfs(path) : directory(path, files, { parents: true });
}

/**
 * All records of a store as a frame, in the order of their experiments and indices.
 * @param experiment only those of this name
 * @example
 * const store = memory();
 * await conduct({ name: 'demo', grid: { x: [1, 2] }, operation: (context, { x }, seeds, capture) => capture.metric('square', x * x) }, { store });
 * (await loadFrame(store)).aggregate('x', 'square').map(({ mean }) => mean); // [ 1, 4 ]
 */
export async function loadFrame(store: Store, { experiment }: { readonly experiment?: string } = {}): Promise<Frame> {
  const ledger = await openLedger(store);
  const kept: RunRecord[] = [];
  const names = new Set<string>();
  for await (const record of ledger.records()) {
    names.add(record.experiment);
    if (experiment === undefined || record.experiment === experiment) kept.push(record);
  }
  if (experiment !== undefined && !names.has(experiment)) throw new NadirError('name', `unknown experiment ${show(experiment)}; the store has ${[...names].join(', ') || 'none'}`);
  return frame(kept.sort((a, b) => (a.experiment < b.experiment ? -1 : a.experiment > b.experiment ? 1 : a.index - b.index)));
}
