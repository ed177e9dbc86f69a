/**
 * What a store needs of a file system: types only, implemented by `platform/node.ts` and handed to `stores/directory.ts`.
 *
 * Paths use `/` on every system. Every write but `write` is on disk (fsync, the folder entry included) when its promise
 * resolves; a failure rejects with the runtime's own error, whose `code` (ENOENT, ENOSPC, ...) is the same word in Node, Deno and Bun.
 */

export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
}

export interface Files {
  /** `<process id>-<8 hex digits>`: no two live writers share it, so it may end the name of a file being written aside. */
  readonly owner: string;
  /** A name of this machine, '' when it may not be asked: process ids mean something under one name only. */
  readonly host: string;
  /** The absolute path, with `/`. */
  resolve(path: string): string;
  /** The bytes from `from` (default 0) up to `to`, as far as there are any; undefined when there is no such file (a folder counts as none). */
  read(path: string, from?: number, to?: number): Promise<Uint8Array | undefined>;
  /** Writes a new file; rejects with EEXIST when there is one. */
  create(path: string, bytes: Uint8Array): Promise<void>;
  /** Writes at an offset, making the file when there is none; what lies elsewhere stays. Not synced: a crash may tear it. */
  write(path: string, bytes: Uint8Array, at: number): Promise<void>;
  /** Adds to the end, making the file when there is none. After a failure the file is as long as before. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** Atomic on one file system; a file replaces a file, a folder an empty folder. */
  rename(from: string, to: string, sync?: boolean): Promise<void>;
  /** Gives a file a second name, atomically and not synced; rejects with EEXIST when something has it, with another code where files cannot have two. */
  link(from: string, to: string): Promise<void>;
  /** Deletes a file; nothing there is fine. */
  remove(path: string): Promise<void>;
  /** Deletes a folder and everything in it; nothing there is fine. */
  removeAll(path: string): Promise<void>;
  /** Makes a folder; one that is there is fine. `parents`: make those too. */
  folder(path: string, parents: boolean): Promise<void>;
  /** Deletes a folder if it is empty, and says whether it did. */
  prune(path: string): Promise<boolean>;
  /** The entries of a folder in no order; none when there is no such folder. */
  list(path: string): Promise<readonly Entry[]>;
  /** Whether a process of that id may still be running here. */
  alive(pid: number): boolean;
}
