/**
 * A store in the origin private file system of a web page, on its main thread and in its workers.
 *
 * `put` writes aside (`name~`, which no key can be called) and renames. The Web Locks of the origin keep callers in other tabs and
 * workers apart, so of many creators one wins; without locks (no browser that has files lacks them) that holds inside a thread only.
 * A folder is moved file by file: a page that is closed halfway leaves the rest where it was. Surprise: on a page's main thread an
 * append costs as much as the file is long, because `createWritable` copies it; access handles, which write in place, are for workers only.
 */
import { NadirError, messageOf, show } from '../core/errors.ts';
import { turns } from '../core/turns.ts';
import { checkKey, checkMove, checkOffset, checkPlace, checkPrefix, checkRange, flaw } from './key.ts';

import type { Store } from '../core/types.ts';

type Folder = FileSystemDirectoryHandle & { entries(): AsyncIterable<[string, FileSystemHandle]> };
/** What only some browsers have. */
interface Handle extends FileSystemFileHandle {
  move?(folder: FileSystemDirectoryHandle, name: string): Promise<void>;
  createSyncAccessHandle?(): Promise<{ write(bytes: Uint8Array, options: { at: number }): number; getSize(): number; truncate(size: number): void; flush(): void; close(): void }>;
}

/**
 * Opens the store in the folder `name` of this origin's private files, made when it is not there.
 * Throws `store` for a name that is no segment of a key, `runtime` where there are no such files: outside a browser, in a page that is not secure.
 * @example
 * await opfs('runs').catch((error) => error.code); // 'runtime'
 */
export async function opfs(name: string): Promise<Store> {
  const wrong = typeof name === 'string' ? flaw(name) : 'is not a name';
  if (wrong) throw new NadirError('store', `store folder ${show(name)} ${wrong}`);
  const storage = globalThis.navigator?.storage as StorageManager | undefined;
  if (typeof storage?.getDirectory !== 'function') throw new NadirError('runtime', 'there are no private files here; the opfs store needs a web page that is secure (https or localhost), elsewhere use the directory or the memory store');
  const root = await storage.getDirectory().then((top) => top.getDirectoryHandle(name, { create: true })).catch((error) => {
    throw new NadirError('runtime', `the private files of this page cannot be opened: ${messageOf(error)}`, { cause: error });
  }) as Folder;
  const inTurn = turns();
  const locks = navigator.locks as LockManager | undefined;
  const alone = <T>(key: string, act: () => Promise<T>): Promise<T> => (locks ? locks.request(`nadir:${name}/${key}`, act) as Promise<T> : act());

  const folderOf = async (path: string, create: boolean): Promise<Folder> => {
    let at = root;
    for (const segment of path.split('/').slice(0, -1)) at = await at.getDirectoryHandle(segment, { create }) as Folder;
    return at;
  };
  /** Tries again when another thread just pruned the folder. */
  const making = async <T>(key: string, act: (folder: Folder, name: string) => Promise<T>): Promise<T> => {
    for (let tries = 0; ; tries++) {
      try {
        return await act(await folderOf(key, true), key.slice(key.lastIndexOf('/') + 1));
      } catch (error) {
        if (nameOf(error) !== 'NotFoundError' || tries === 8) throw error;
      }
    }
  };
  const find = async (key: string): Promise<Handle | undefined> => {
    try {
      return await (await folderOf(key, false)).getFileHandle(key.slice(key.lastIndexOf('/') + 1));
    } catch (error) {
      if (['NotFoundError', 'TypeMismatchError'].includes(nameOf(error))) return undefined;
      throw error;
    }
  };
  /** Throws where there is a folder of that name: Firefox would move a file over it. */
  const keyIn = (folder: Folder, last: string): Promise<Handle | undefined> => folder.getFileHandle(last).catch((error) => {
    if (nameOf(error) !== 'NotFoundError') throw error;
    return undefined;
  });
  const replace = async (folder: Folder, last: string, bytes: Uint8Array): Promise<void> => {
    const there = await keyIn(folder, last);
    if (there !== undefined && typeof there.createWritable === 'function') return write(there, bytes, 0, false); // put in place when it is closed
    const aside: Handle = await folder.getFileHandle(`${last}~`, { create: true });
    await write(aside, bytes, 0, false);
    await rename(aside, folder, last);
  };
  const rename = async (file: Handle, folder: Folder, last: string): Promise<void> => {
    if (file.move) return patient(() => file.move!(folder, last));
    await write(await folder.getFileHandle(last, { create: true }), new Uint8Array(await (await file.getFile()).arrayBuffer()), 0, false);
  };
  const prune = async (key: string): Promise<void> => {
    for (let at = key.lastIndexOf('/', key.length - 2); at > 0; at = key.lastIndexOf('/', at - 1)) {
      const path = key.slice(0, at);
      try {
        const above = await folderOf(path, false);
        const last = path.slice(path.lastIndexOf('/') + 1);
        await above.getDirectoryHandle(last); // removeEntry takes keys, too
        await patient(() => above.removeEntry(last));
      } catch {
        return; // it is not empty, or a key
      }
    }
  };
  const remove = async (key: string): Promise<void> => {
    const folder = key.endsWith('/');
    const path = folder ? key.slice(0, -1) : key;
    const last = path.slice(path.lastIndexOf('/') + 1);
    try {
      const above = await folderOf(path, false);
      if (folder) await above.getDirectoryHandle(last); // a file of that name is a key, and no folder
      else await above.getFileHandle(last);
      await patient(() => above.removeEntry(last, { recursive: folder }));
    } catch (error) {
      if (!['NotFoundError', 'TypeMismatchError'].includes(nameOf(error))) throw error;
      if (!folder && nameOf(error) === 'TypeMismatchError' && (await isFolder(path))) throw error;
    }
    await prune(key);
  };
  const isFolder = (path: string): Promise<boolean> => folderOf(`${path}/`, false).then(() => true, () => false);

  async function* walk(folder: string, prefix: string): AsyncGenerator<string, void, undefined> {
    const names: string[] = [];
    try {
      for await (const [segment, handle] of (await folderOf(folder, false)).entries()) if (!flaw(segment)) names.push(handle.kind === 'directory' ? `${segment}/` : segment);
    } catch (error) {
      if (['NotFoundError', 'TypeMismatchError'].includes(nameOf(error))) return;
      throw error;
    }
    for (const segment of names.sort()) {
      const key = folder + segment;
      if (!segment.endsWith('/')) {
        if (key.startsWith(prefix)) yield key;
      } else if (key.startsWith(prefix) || prefix.startsWith(key)) yield* walk(key, prefix);
    }
  }
  const act = <T>(verb: string, keys: readonly string[], job: () => Promise<T>): Promise<T> => inTurn(keys, () => job().catch((error) => {
    throw error instanceof NadirError ? error : failing(verb, keys[0]!, name, error);
  }));

  return {
    address: { name: 'opfs', folder: name },
    async get(key, from = 0, to = Infinity) {
      checkKey(key);
      checkRange(key, from, to);
      return act('read', [key], async () => {
        for (let tries = 0; ; tries++) {
          try {
            const file = await (await find(key))?.getFile();
            return file && new Uint8Array(await (from === 0 && to >= file.size ? file : file.slice(from, Math.max(from, Math.min(to, file.size)))).arrayBuffer());
          } catch (error) {
            if (!['NotReadableError', 'NotFoundError'].includes(nameOf(error)) || tries === 50) throw error; // another thread wrote it meanwhile
          }
        }
      });
    },
    async put(key, bytes) {
      checkKey(key);
      return act('written', [key], () => alone(key, () => making(key, (folder, last) => replace(folder, last, bytes))));
    },
    async create(key, bytes) {
      checkKey(key);
      return act('written', [key], () => alone(key, async () => {
        if (await find(key)) return false;
        await making(key, (folder, last) => replace(folder, last, bytes));
        return true;
      }));
    },
    async append(key, bytes) {
      checkKey(key);
      return act('appended to', [key], () => alone(key, () => making(key, async (folder, last) => write(await folder.getFileHandle(last, { create: true }), bytes, undefined, true))));
    },
    async draft(key, bytes, at = 0) {
      checkKey(key);
      checkOffset(key, at);
      return act('written', [key], () => making(key, async (folder, last) => write(await folder.getFileHandle(last, { create: true }), bytes, at, true)));
    },
    async move(from, to) {
      checkMove(from, to);
      return act(`moved to ${show(to)}`, [from, to], async () => {
        const moved: string[] = [];
        if (from.endsWith('/')) for await (const key of walk(from, from)) moved.push(key);
        else if (await find(from)) moved.push(from);
        if (moved.length === 0) throw new NadirError('store', `key ${show(from)} cannot be moved: there is no such ${from.endsWith('/') ? 'folder' : 'key'}`);
        if (from === to) return;
        if (from.endsWith('/')) await remove(to);
        for (const key of moved) {
          const target = to + key.slice(from.length);
          await making(target, async (folder, last) => {
            await keyIn(folder, last);
            await rename((await find(key))!, folder, last);
          });
        }
        await remove(from);
      });
    },
    async delete(key) {
      checkPlace(key);
      return act('deleted', [key], () => remove(key));
    },
    async *keys(prefix) {
      checkPrefix(prefix);
      yield* walk(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix);
    },
  };
}

/** At an offset, by default the end; `keep`: what lies elsewhere stays, and nobody minds a torn write. */
async function write(file: Handle, bytes: Uint8Array, at: number | undefined, keep: boolean): Promise<void> {
  if (file.createSyncAccessHandle && (keep || typeof file.createWritable !== 'function')) {
    const handle = await patient(() => file.createSyncAccessHandle!());
    try {
      if (!keep) handle.truncate(0);
      handle.write(bytes, { at: at ?? handle.getSize() });
      handle.flush();
    } finally {
      handle.close();
    }
    return;
  }
  if (typeof file.createWritable !== 'function') throw new NadirError('runtime', 'this browser writes private files in workers only; use the memory store here');
  const stream = await patient(() => file.createWritable({ keepExistingData: keep }));
  const size = keep ? (await file.getFile()).size : 0;
  const position = at ?? size;
  if (position > size) await stream.truncate(position); // zeros up to there
  await stream.write({ type: 'write', position, data: bytes as Uint8Array<ArrayBuffer> });
  return stream.close();
}

/** Tries again while the browser has a file or a folder above it locked for another call. */
async function patient<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await act();
    } catch (error) {
      if (nameOf(error) !== 'NoModificationAllowedError' || tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(tries, 20)));
    }
  }
}

function failing(verb: string, key: string, root: string, error: unknown): NadirError {
  let why = messageOf(error);
  if (nameOf(error) === 'TypeMismatchError') why = verb === 'written' || verb === 'appended to' || verb.startsWith('moved') ? 'it is a folder of other keys, or a folder above it is a key' : 'it is a folder of other keys';
  else if (nameOf(error) === 'QuotaExceededError') why = 'the disk is full, or the page has used what the browser allows it';
  return new NadirError('store', `key ${show(key)} cannot be ${verb} in store ${show(root)}: ${why}`, { cause: error });
}

function nameOf(error: unknown): string {
  return String((error as { name?: unknown } | null)?.name);
}
