/**
 * A store in memory: for tests, for pages, and for runs nobody wants to keep.
 *
 * Surprise: to fail where a file system would, it must know which keys are folders of others; and listing one folder of a
 * hundred thousand keys must not look at all of them.
 */
import { NadirError, show } from '../core/errors.ts';
import { checkKey, checkMove, checkOffset, checkPlace, checkPrefix, checkRange } from './key.ts';

import type { Store } from '../core/types.ts';

/** `length` of the `bytes` are in use: an append doubles the room, so n appends copy O(n). */
interface Held { bytes: Uint8Array; length: number }

/**
 * An empty store. Bytes are copied in and out.
 * @example
 * const store = memory();
 * await store.put('runs/1.json', new TextEncoder().encode('{}'));
 * for await (const key of store.keys('runs/')) console.log(key); // runs/1.json
 */
export function memory(): Store {
  const held = new Map<string, Held>();
  const folders = new Map<string, Set<string>>([['', new Set()]]); // what lies in it: `name` a key, `name/` a folder

  const make = (key: string, bytes: Uint8Array, length: number): void => {
    if (!held.has(key)) {
      if (folders.has(`${key}/`)) throw new NadirError('store', `key ${show(key)} cannot be written: it is a folder of other keys`);
      for (let at = key.indexOf('/'); at >= 0; at = key.indexOf('/', at + 1)) {
        const folder = key.slice(0, at);
        if (held.has(folder)) throw new NadirError('store', `key ${show(key)} cannot be written: ${show(folder)} is a key, not a folder`);
      }
      for (let name = key; ; ) {
        const folder = parent(name);
        const there = folders.get(folder);
        if (there === undefined) folders.set(folder, new Set([name.slice(folder.length)]));
        else there.add(name.slice(folder.length));
        if (there !== undefined) break;
        name = folder;
      }
    }
    held.set(key, { bytes, length });
  };

  const drop = (key: string): void => {
    if (!held.delete(key)) return;
    for (let name = key; name !== ''; ) {
      const folder = parent(name);
      const there = folders.get(folder)!;
      there.delete(name.slice(folder.length));
      if (there.size > 0 || folder === '') break;
      folders.delete(folder);
      name = folder;
    }
  };

  /** The keys of a folder that begin with `prefix`, in order: `name/` sorts as its keys do. */
  function* walk(folder: string, prefix: string): Generator<string, void, undefined> {
    for (const name of [...(folders.get(folder) ?? [])].sort()) {
      const key = folder + name;
      if (!name.endsWith('/')) {
        if (key.startsWith(prefix) && held.has(key)) yield key;
      } else if (key.startsWith(prefix) || prefix.startsWith(key)) yield* walk(key, prefix);
    }
  }

  /** Over `at` and beyond, with zeros in a gap. */
  const write = (key: string, bytes: Uint8Array, at: number): void => {
    if (!held.has(key)) make(key, new Uint8Array(at + bytes.length), 0);
    const found = held.get(key)!;
    const length = at + bytes.length;
    if (length > found.bytes.length) {
      const room = new Uint8Array(2 * length);
      room.set(found.bytes.subarray(0, found.length));
      found.bytes = room;
    }
    found.bytes.set(bytes, at);
    found.length = Math.max(found.length, length);
  };

  return {
    async get(key, from = 0, to = Infinity) {
      checkKey(key);
      checkRange(key, from, to);
      const found = held.get(key);
      return found?.bytes.slice(from, Math.max(from, Math.min(to, found.length)));
    },
    async put(key, bytes) {
      checkKey(key);
      make(key, bytes.slice(), bytes.length);
    },
    async create(key, bytes) {
      checkKey(key);
      if (held.has(key)) return false;
      make(key, bytes.slice(), bytes.length);
      return true;
    },
    async append(key, bytes) {
      checkKey(key);
      write(key, bytes, held.get(key)?.length ?? 0);
    },
    async draft(key, bytes, at = 0) {
      checkKey(key);
      checkOffset(key, at);
      write(key, bytes, at);
    },
    async move(from, to) {
      checkMove(from, to);
      const folder = from.endsWith('/');
      const moved = (folder ? [...walk(from, from)] : [from]).map((key) => [to + key.slice(from.length), held.get(key)] as const);
      if (moved.length === 0 || moved[0]![1] === undefined) throw new NadirError('store', `key ${show(from)} cannot be moved: there is no such ${folder ? 'folder' : 'key'}`);
      if (from === to) return;
      if (folder && held.has(to.slice(0, -1))) throw new NadirError('store', `key ${show(from)} cannot be moved to ${show(to)}: ${show(to.slice(0, -1))} is a key, not a folder`);
      if (folder) for (const key of walk(to, to)) drop(key);
      make(moved[0]![0], moved[0]![1].bytes, moved[0]![1].length); // before anything is gone: it throws where no key can be
      for (const [key] of moved) drop(from + key.slice(to.length));
      for (const [key, value] of moved) make(key, value!.bytes, value!.length);
    },
    async delete(key) {
      checkPlace(key);
      for (const name of key.endsWith('/') ? [...walk(key, key)] : [key]) drop(name);
    },
    async *keys(prefix) {
      checkPrefix(prefix);
      yield* walk(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix);
    },
  };
}

/** `a/b/c` and `a/b/` -> `a/b/` and `a/`; of `a`, the empty one. */
function parent(name: string): string {
  return name.slice(0, name.lastIndexOf('/', name.length - 2) + 1);
}
