/** The stores by name. One that needs more than its options gets it in `context`; a new store is a file and a line here. */
import { NadirError, named } from '../core/errors.ts';
import { directory } from './directory.ts';
import { memory } from './memory.ts';
import { opfs } from './opfs.ts';

import type { Files } from '../core/files.ts';
import type { Store } from '../core/types.ts';

export interface StoreContext {
  /** The folder of a directory store. */
  readonly root?: string;
  /** The folder of an opfs store: its name. */
  readonly folder?: string;
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
  {
    name: 'opfs',
    about: 'the private files of a web page\'s origin',
    async open({ folder }) {
      if (folder === undefined) throw new NadirError('input', 'the opfs store needs the name of a folder');
      return opfs(folder);
    },
  },
];

/**
 * The store that an address names, for another thread to open. Throws `name` for an unknown store, and what its opening throws.
 * @example
 * const { address } = await directory('./runs', files);
 * const store = await openStore(address, { files });
 */
export function openStore(address: NonNullable<Store['address']>, context: StoreContext = {}): Promise<Store> {
  return named('store', stores, address.name).open({ ...context, ...address });
}

export { directory, memory, opfs };
