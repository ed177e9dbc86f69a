/** The stores by name. One that needs more than its options gets it in `context`; a new store is a file and a line here. */
import { NadirError } from '../core/errors.ts';
import { directory } from './directory.ts';
import { memory } from './memory.ts';

import type { Files } from '../core/files.ts';
import type { Store } from '../core/types.ts';

export interface StoreContext {
  /** The folder of a store that has one. */
  readonly root?: string;
  readonly files?: Files;
  /** Make the folders above `root` too. */
  readonly parents?: boolean;
}
export interface StoreDef {
  readonly name: string;
  readonly about: string;
  open(context: StoreContext): Promise<Store>;
}

/**
 * Every store.
 * @example
 * const store = await named('store', stores, 'memory').open({});
 */
export const stores: readonly StoreDef[] = [
  { name: 'memory', about: 'in memory, gone with the process', open: async () => memory() },
  {
    name: 'directory',
    about: 'one file a key in a folder (Node, Deno, Bun)',
    async open({ root, files, parents }) {
      if (root === undefined || files === undefined) throw new NadirError('input', 'the directory store needs a root folder and the files of a platform');
      return directory(root, files, { parents });
    },
  },
];

export { directory, memory };
