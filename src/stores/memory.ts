/**
 * A store in memory: for tests, for pages, and for runs nobody wants to keep.
 *
 * Surprise: to fail where a file system would, it must know which keys are folders of others.
 */
import { NadirError, show } from '../core/errors.ts';
import { checkKey, checkPrefix } from './key.ts';

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
  const folders = new Map<string, number>(); // how many keys lie under it

  const make = (key: string, bytes: Uint8Array, length: number): void => {
    if (!held.has(key)) {
      if (folders.has(key)) throw new NadirError('store', `key ${show(key)} cannot be written: it is a folder of other keys`);
      const above = parents(key);
      for (const folder of above) if (held.has(folder)) throw new NadirError('store', `key ${show(key)} cannot be written: ${show(folder)} is a key, not a folder`);
      for (const folder of above) folders.set(folder, (folders.get(folder) ?? 0) + 1);
    }
    held.set(key, { bytes, length });
  };

  return {
    async get(key) {
      checkKey(key);
      const found = held.get(key);
      return found?.bytes.slice(0, found.length);
    },
    async put(key, bytes) {
      checkKey(key);
      make(key, bytes.slice(), bytes.length);
    },
    async append(key, bytes) {
      checkKey(key);
      const found = held.get(key);
      if (!found) return make(key, bytes.slice(), bytes.length);
      const length = found.length + bytes.length;
      if (length > found.bytes.length) {
        const room = new Uint8Array(2 * length);
        room.set(found.bytes.subarray(0, found.length));
        found.bytes = room;
      }
      found.bytes.set(bytes, found.length);
      found.length = length;
    },
    async delete(key) {
      checkKey(key);
      if (!held.delete(key)) return;
      for (const folder of parents(key)) {
        const left = folders.get(folder)! - 1;
        if (left === 0) folders.delete(folder);
        else folders.set(folder, left);
      }
    },
    async *keys(prefix) {
      checkPrefix(prefix);
      for (const key of [...held.keys()].filter((name) => name.startsWith(prefix)).sort()) if (held.has(key)) yield key;
    },
  };
}

/** `a/b/c` -> `a`, `a/b`. */
function parents(key: string): string[] {
  const above: string[] = [];
  for (let at = key.indexOf('/'); at >= 0; at = key.indexOf('/', at + 1)) above.push(key.slice(0, at));
  return above;
}
