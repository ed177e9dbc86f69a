/**
 * What a store needs of a file system: types only, implemented by `platform/node.ts` and handed to `stores/directory.ts`.
 *
 * Paths use `/` on every system. Every write is on disk (fsync, the folder entry included) when its promise resolves;
 * a failure rejects with the runtime's own error, whose `code` (ENOENT, ENOSPC, ...) is the same word in Node, Deno and Bun.
 */

export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
}

export interface Files {
  /** `<process id>-<8 hex digits>`: no two live writers share it, so it may end the name of a file being written aside. */
  readonly owner: string;
  /** The whole file; undefined when there is none (a folder counts as none). */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Writes a new file; rejects with EEXIST when there is one. */
  create(path: string, bytes: Uint8Array): Promise<void>;
  /** Adds to the end, making the file when there is none. After a failure the file is as long as before. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** Atomic on one file system; replaces what is there. */
  rename(from: string, to: string): Promise<void>;
  /** Deletes a file; nothing there is fine. */
  remove(path: string): Promise<void>;
  /** Makes a folder; one that is there is fine. `parents`: make those too. */
  folder(path: string, parents: boolean): Promise<void>;
  /** Deletes a folder if it is empty, and says whether it did. */
  prune(path: string): Promise<boolean>;
  /** The entries of a folder in no order; none when there is no such folder. */
  list(path: string): Promise<readonly Entry[]>;
  /** Whether a process of that id may still be running here. */
  alive(pid: number): boolean;
}
