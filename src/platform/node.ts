/**
 * The platform in Node, Deno and Bun: files through node:fs/promises, the clock, the cores.
 *
 * Surprise: a rename is only durable once the folder itself is synced, and Windows cannot open a folder at all,
 * so that last step is tried and its failure ignored.
 */
import { mkdir, open, readFile, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';

import type { FileHandle } from 'node:fs/promises';
import type { Files } from '../core/files.ts';
import type { Runtime } from './index.ts';

/** Milliseconds from an arbitrary start; only differences mean something. */
export function now(): number {
  return performance.now();
}

/** Threads that can run at once, at least 1. */
export function cores(): number {
  // navigator needs no permission in Deno; Node has it only since 21.
  return Math.max(1, globalThis.navigator?.hardwareConcurrency ?? availableParallelism());
}

/** Which runtime this is. */
export function runtime(): Runtime {
  return process.versions['bun'] ? 'bun' : process.versions['deno'] ? 'deno' : 'node';
}

/** The runtime's version, `20.20.2`. */
export function version(): string {
  return process.versions[runtime()]!;
}

export const files: Files = {
  owner: `${process.pid}-${crypto.randomUUID().slice(0, 8)}`,

  async read(path) {
    try {
      return new Uint8Array(await readFile(path));
    } catch (error) {
      // ENOTDIR: a file stands where the path has a folder.
      if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code(error))) return undefined;
      throw error;
    }
  },

  async create(path, bytes) {
    const handle = await open(path, 'wx');
    try {
      await write(handle, bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  },

  async append(path, bytes) {
    const handle = await open(path, 'a');
    let size = 0;
    try {
      size = (await handle.stat()).size;
      try {
        await write(handle, bytes);
        await handle.datasync();
      } catch (error) {
        await handle.truncate(size).catch(() => undefined); // a full disk must not leave half a record in front of the next one
        throw error;
      }
    } finally {
      await handle.close();
    }
    if (size === 0) await settle(path);
  },

  async rename(from, to) {
    await rename(from, to);
    await settle(to);
  },

  async remove(path) {
    await rm(path, { force: true }).catch((error) => {
      if (code(error) !== 'ENOTDIR') throw error;
    });
  },

  async folder(path, parents) {
    try {
      await mkdir(path, { recursive: parents });
    } catch (error) {
      const there = code(error) === 'EEXIST' && (await stat(path)).isDirectory();
      if (!there) throw error;
    }
  },

  async prune(path) {
    return rmdir(path).then(() => true, () => false);
  },

  async list(path) {
    try {
      const entries = await readdir(path, { withFileTypes: true });
      return entries.map((entry) => ({ name: entry.name, kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other' }));
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(code(error))) return [];
      throw error;
    }
  },

  alive(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return code(error) !== 'ESRCH'; // EPERM: it runs as somebody else; anything else: we cannot know
    }
  },
};

/** All the bytes: one `write` may take fewer. */
async function write(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at, bytes.length - at, null)).bytesWritten;
}

/** Puts the folder entry of a new or renamed file on disk. */
async function settle(path: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path.slice(0, path.lastIndexOf('/')) || '/', 'r');
    await handle.sync();
  } catch {
    // Windows, and file systems that cannot: the rename is still atomic.
  } finally {
    await handle?.close();
  }
}

function code(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code);
}
