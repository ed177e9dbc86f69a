/**
 * A store in a folder: a key is a file, so anything can read it.
 *
 * `put` writes aside (`name~owner-n`, which no key can be called), syncs and renames: after a crash a key holds the old
 * bytes or the new. What a killed process left aside is never listed, and `keys` deletes it on its way, empty folders too. `append` leaves,
 * at worst, a torn last record: records should carry a checksum, and a writer that takes over should begin with a new line.
 * A folder is moved by a rename; what a crash tears of its drafts, only the power can: the kernel keeps what a killed process wrote.
 * Surprise: listing `a-1`, `a/b`, `a.x` in key order means sorting folders under `name/`, because `-` and `.` come before `/`.
 */
import { NadirError, messageOf, show } from '../core/errors.ts';
import { turns } from '../core/turns.ts';
import { checkKey, checkMove, checkOffset, checkPlace, checkPrefix, checkRange, flaw } from './key.ts';

import type { Files } from '../core/files.ts';
import type { Store } from '../core/types.ts';

const aside = /~(\d+)-[0-9a-f]{8}-\d+$/;

let writes = 0; // of this thread, not of a store: two stores of one folder must not write aside under one name

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

  const inTurn = turns();

  /** Deletes a folder that holds no files, and says whether it is gone. */
  const clear = async (path: string): Promise<boolean> => {
    for (const { name, kind } of await files.list(path)) if (kind !== 'folder' || !(await clear(`${path}/${name}`))) return false;
    return files.prune(path);
  };

  /**
   * Tries again after ENOENT: its folder was not there yet, or another process just swept our file aside; and after EISDIR, when
   * what stands in the way are empty folders: they are left behind, for the next key in them, because folders are slow to make.
   */
  const inFolder = async <T>(path: string, act: () => Promise<T>): Promise<T> => {
    for (let tries = 0; ; tries++) {
      try {
        return await act();
      } catch (error) {
        const code = codeOf(error);
        if (tries === 8) throw error;
        if (code === 'ENOENT') await files.folder(path.slice(0, path.lastIndexOf('/')), true);
        else if (code !== 'EISDIR' || !(await clear(path))) throw error;
      }
    }
  };

  async function* walk(folder: string, prefix: string): AsyncGenerator<string, void, undefined> {
    const names: string[] = [];
    const entries = await files.list(`${base}/${folder}`);
    if (entries.length === 0 && folder !== '') await files.prune(`${base}/${folder}`);
    for (const { name, kind } of entries) {
      const writer = aside.exec(name);
      if (writer && !files.alive(Number(writer[1]))) await (kind === 'folder' ? files.removeAll : files.remove)(`${base}/${folder}${name}`).catch(() => undefined); // a reader may lack the right
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
    address: { name: 'directory', root: files.resolve(base) },

    async get(key, from, to) {
      checkKey(key);
      checkRange(key, from, to);
      return inTurn([key], () => files.read(`${base}/${key}`, from, to).catch((error) => {
        throw failing('read', key, base, error);
      }));
    },

    async put(key, bytes) {
      checkKey(key);
      const path = `${base}/${key}`;
      return inTurn([key], () => inFolder(path, async () => {
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

    async create(key, bytes) {
      checkKey(key);
      const path = `${base}/${key}`;
      return inTurn([key], () => inFolder(path, async () => {
        const draft = `${path}~${files.owner}-${writes++}`;
        try {
          await files.write(draft, bytes, 0);
          await files.link(draft, path).catch((error) => {
            if (['ENOENT', 'EEXIST', 'ENOTDIR'].includes(codeOf(error))) throw error;
            return files.create(path, bytes); // no hard links here: a reader may see it empty for a moment
          });
          return true;
        } catch (error) {
          if (codeOf(error) !== 'EEXIST') throw error;
          if ((await files.read(path, 0, 0)) !== undefined) return false;
          if (await clear(path)) throw Object.assign(new Error('again'), { code: 'ENOENT' });
          if ((await files.list(path)).length > 0) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
          return false; // it was there, and is not any more
        } finally {
          await files.remove(draft).catch(() => undefined);
        }
      }).catch((error) => {
        throw failing('written', key, base, error);
      }));
    },

    async append(key, bytes) {
      checkKey(key);
      const path = `${base}/${key}`;
      return inTurn([key], () => inFolder(path, () => files.append(path, bytes)).catch((error) => {
        throw failing('appended to', key, base, error);
      }));
    },

    async draft(key, bytes, at = 0) {
      checkKey(key);
      checkOffset(key, at);
      const path = `${base}/${key}`;
      return inTurn([key], () => inFolder(path, () => files.write(path, bytes, at)).catch((error) => {
        throw failing('written', key, base, error);
      }));
    },

    async move(from, to) {
      checkMove(from, to);
      const folder = from.endsWith('/');
      const source = `${base}/${from}`; // with its slash a folder, and no file of that name
      const target = `${base}/${folder ? to.slice(0, -1) : to}`;
      const missing = (): NadirError => new NadirError('store', `key ${show(from)} cannot be moved: there is no such ${folder ? 'folder' : 'key'}`);
      return inTurn([from, to], async () => {
        if (folder ? await files.prune(source) : (await files.read(source, 0, 0)) === undefined) throw missing();
        if (from === to) return;
        await inFolder(target, async () => {
          try {
            await files.rename(source, target, !folder); // a sync of the name alone would keep no draft in it
          } catch (error) {
            if (!folder || !['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(codeOf(error))) throw error;
            // Out of the way by a rename first: the time without either is one system call, however large the old folder is.
            const old = `${target}~${files.owner}-${writes++}`;
            await files.rename(target, old, false);
            await files.rename(source, target, false);
            await files.removeAll(old);
          }
        });
      }).catch(async (error) => {
        if (folder && (codeOf(error) === 'ENOENT' || (await files.read(source.slice(0, -1), 0, 0)) !== undefined)) throw missing();
        throw error instanceof NadirError ? error : failing(`moved to ${show(to)}`, from, base, error);
      });
    },

    async delete(key) {
      checkPlace(key);
      return inTurn([key], async () => {
        try {
          const folder = `${base}/${key.slice(0, -1)}`;
          if (!key.endsWith('/')) await files.remove(`${base}/${key}`);
          else if ((await files.list(folder)).length > 0) await files.removeAll(folder); // a file of that name is a key, and no folder
        } catch (error) {
          if (!['EISDIR', 'EPERM', 'ENOTEMPTY'].includes(codeOf(error)) || !(await clear(`${base}/${key}`))) throw failing('deleted', key, base, error);
        }
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
  if (code === 'ENOTDIR' && verb.startsWith('moved')) why = 'a key stands where a folder would be';
  else if (code === 'EISDIR' || (['EPERM', 'ENOTEMPTY'].includes(code) && verb === 'deleted')) why = 'it is a folder of other keys';
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
