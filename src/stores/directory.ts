/**
 * A store in a folder: a key is a file, so anything can read it.
 *
 * `put` writes aside (`name~owner-n`, which no key can be called), syncs and renames: after a crash a key holds the old
 * bytes or the new. What a killed process left aside is never listed, and `keys` deletes it on its way. `append` leaves,
 * at worst, a torn last record: records should carry a checksum, and a writer that takes over should begin with a new line.
 * Surprise: listing `a-1`, `a/b`, `a.x` in key order means sorting folders under `name/`, because `-` and `.` come before `/`.
 */
import { NadirError, messageOf, show } from '../core/errors.ts';
import { checkKey, checkPrefix, flaw } from './key.ts';

import type { Files } from '../core/files.ts';
import type { Store } from '../core/types.ts';

const aside = /~(\d+)-[0-9a-f]{8}-\d+$/;

export interface DirectoryOptions {
  /** Make the folders above `root` too; by default a missing parent is an error, so that a mistyped path is not filled. */
  readonly parents?: boolean;
}

/**
 * Opens a store in the folder `root`, made when it is not there. Calls about one key are carried out in order; `bytes`
 * belong to the store until its promise resolves. Throws `store`, in a sentence, for a root that is a file, a missing
 * parent, a full or read-only disk.
 * @example
 * import { files } from '../platform/index.ts';
 * const store = await directory('./runs', files);
 * await store.append('journal.jsonl', new TextEncoder().encode('{"run":1}\n'));
 */
export async function directory(root: string, files: Files, { parents = false }: DirectoryOptions = {}): Promise<Store> {
  if (typeof root !== 'string' || root === '' || root.includes('\0')) throw new NadirError('store', `store folder is ${show(root)}; allowed: a path`);
  const base = root.length > 1 ? root.replace(/[\\/]+$/, '') || '/' : root;
  await files.folder(base, parents).catch((error) => {
    throw opening(base, error);
  });

  const last = new Map<string, Promise<unknown>>();
  let writes = 0;

  /** One call at a time for a key, in the order they were made. */
  const inOrder = <T>(key: string, act: () => Promise<T>): Promise<T> => {
    const before = last.get(key);
    const mine = before === undefined ? act() : before.then(act, act);
    last.set(key, mine);
    const forget = (): void => {
      if (last.get(key) === mine) last.delete(key);
    };
    mine.then(forget, forget);
    return mine;
  };

  /** Tries again after ENOENT: its folder was not there yet, or another process just pruned it or swept our file aside. */
  const inFolder = async (path: string, act: () => Promise<void>): Promise<void> => {
    for (let tries = 0; ; tries++) {
      try {
        return await act();
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || tries === 8) throw error;
        await files.folder(path.slice(0, path.lastIndexOf('/')), true);
      }
    }
  };

  async function* walk(folder: string, prefix: string): AsyncGenerator<string, void, undefined> {
    const names: string[] = [];
    for (const { name, kind } of await files.list(`${base}/${folder}`)) {
      const writer = kind === 'file' ? aside.exec(name) : null;
      if (writer && !files.alive(Number(writer[1]))) await files.remove(`${base}/${folder}${name}`).catch(() => undefined); // a reader may lack the right
      else if (kind !== 'other' && !flaw(name)) names.push(kind === 'folder' ? `${name}/` : name);
    }
    for (const name of names.sort()) {
      const key = folder + name;
      if (!name.endsWith('/')) {
        if (key.startsWith(prefix)) yield key;
      } else if (key.startsWith(prefix) || prefix.startsWith(key)) yield* walk(key, prefix);
    }
  }

  return {
    async get(key) {
      checkKey(key);
      return inOrder(key, () => files.read(`${base}/${key}`).catch((error) => {
        throw failing('read', key, base, error);
      }));
    },

    async put(key, bytes) {
      checkKey(key);
      const path = `${base}/${key}`;
      return inOrder(key, () => inFolder(path, async () => {
        const draft = `${path}~${files.owner}-${writes++}`;
        try {
          await files.create(draft, bytes);
          await files.rename(draft, path);
        } catch (error) {
          await files.remove(draft).catch(() => undefined);
          throw error;
        }
      }).catch((error) => {
        throw failing('written', key, base, error);
      }));
    },

    async append(key, bytes) {
      checkKey(key);
      const path = `${base}/${key}`;
      return inOrder(key, () => inFolder(path, () => files.append(path, bytes)).catch((error) => {
        throw failing('appended to', key, base, error);
      }));
    },

    async delete(key) {
      checkKey(key);
      return inOrder(key, async () => {
        try {
          await files.remove(`${base}/${key}`);
        } catch (error) {
          throw failing('deleted', key, base, error);
        }
        // An empty folder would stand in the way of a key of its name.
        for (let at = key.lastIndexOf('/'); at > 0 && (await files.prune(`${base}/${key.slice(0, at)}`)); ) at = key.lastIndexOf('/', at - 1);
      });
    },

    async *keys(prefix) {
      checkPrefix(prefix);
      try {
        yield* walk(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix);
      } catch (error) {
        if (error instanceof NadirError) throw error;
        throw new NadirError('store', `the keys of store ${show(base)} cannot be listed: ${reason(error)}`, { cause: error });
      }
    },
  };
}

function opening(root: string, error: unknown): NadirError {
  const code = codeOf(error);
  let why = reason(error);
  if (code === 'EEXIST') why = 'it is a file; allowed: a folder, or a path where one can be made';
  else if (code === 'ENOTDIR') why = 'a folder above it is a file';
  else if (code === 'ENOENT') why = 'the folder above it does not exist';
  return new NadirError('store', `store ${show(root)} cannot be opened: ${why}`, { cause: error });
}

function failing(verb: string, key: string, root: string, error: unknown): NadirError {
  const code = codeOf(error);
  let why = reason(error);
  if (code === 'EISDIR' || (code === 'EPERM' && verb === 'deleted')) why = 'it is a folder of other keys';
  else if (code === 'ENOTDIR' || code === 'EEXIST') why = 'a folder above it is a key';
  return new NadirError('store', `key ${show(key)} cannot be ${verb} in store ${show(root)}: ${why}`, { cause: error });
}

function reason(error: unknown): string {
  switch (codeOf(error)) {
    case 'EACCES': case 'EPERM': return 'permission denied';
    case 'EROFS': return 'the file system is read-only';
    case 'ENOSPC': case 'EDQUOT': return 'the disk is full';
    case 'EMFILE': case 'ENFILE': return 'too many files are open';
    case 'ENAMETOOLONG': return 'the path is too long';
    default: return messageOf(error);
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code);
}
