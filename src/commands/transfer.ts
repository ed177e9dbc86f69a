/**
 * From a file through a stream into a file, as `compress` and `decompress` do it: a block at a time, written aside and renamed, so that an output is whole or not there.
 *
 * The file aside is OUT.<process id>-<8 hex digits>.part. A process that was killed outright leaves it; the next one that writes OUT removes it.
 * Surprise: a rename over /dev/null would replace the device, so what is there and no plain file is written to as it stands.
 */
import { unlinkSync } from 'node:fs';
import { open, realpath, stat, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NadirError, show } from '../core/errors.ts';
import { files, now, time } from '../platform/index.ts';
import { reason, type Io } from './shared.ts';

const PIECE = 262144;
const STALE = 60_000; // milliseconds since a file aside of a process that is gone was written to: on a shared disk the process may live elsewhere
const UNITS: { readonly [unit: string]: number } = { '': 1, B: 1, K: 1024, M: 1048576, G: 1073741824, T: 1099511627776 };

export interface Transferred { readonly input: string; readonly output: string; readonly inputBytes: number; readonly outputBytes: number; readonly seconds: number }
export interface Transfer {
  /** What is said while it runs. */
  readonly doing: string;
  /** Given the length of the input where it is a plain file. */
  stream(length: number | undefined): TransformStream<Uint8Array, Uint8Array>;
  /** Sees the first piece that comes out. */
  readonly first?: (piece: Uint8Array) => void;
}

/** Sends FILE through the stream to OUT; `-` is standard input or output. Leaves nothing behind when it fails or is stopped. */
export async function transfer(input: string, output: string, { doing, stream, first }: Transfer, io: Io): Promise<Transferred> {
  const begun = now();
  const source = await openInput(input);
  let sink: Sink | undefined;
  try {
    if (source.size !== undefined && output !== '-') {
      const there = await stat(output).catch(() => undefined);
      if (there !== undefined && there.ino === source.ino && there.dev === source.dev) throw new NadirError('input', `--out is ${show(output)}, the file that is read; give another`);
    }
    sink = await openOutput(output, source.mode);
    let read = 0;
    let written = 0;
    let shown = begun;
    const pieces = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const left = source.size === undefined ? PIECE : Math.min(PIECE, source.size - read); // of a file that grows, what was there
        const piece = left > 0 ? await source.read(left) : undefined;
        if (piece === undefined) return controller.close();
        read += piece.length;
        controller.enqueue(piece);
      },
    }, { highWaterMark: 0 });
    const reader = pieces.pipeThrough(stream(source.size)).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (written === 0) first?.(value);
      await sink.write(value);
      written += value.length;
      if (now() - shown < 250) continue;
      shown = now();
      const seconds = (shown - begun) / 1000;
      io.progress(`${doing} ${size(read)}${source.size === undefined ? '' : ` of ${size(source.size)}`} to ${size(written)}, ${size(Math.max(read, written) / seconds)} a second${source.size === undefined || read === 0 ? '' : `, ${Math.ceil((seconds / read) * (source.size - read))} s left`}`);
    }
    await sink.close();
    return { input, output, inputBytes: read, outputBytes: written, seconds: (now() - begun) / 1000 };
  } catch (error) {
    await sink?.drop();
    throw error;
  } finally {
    await source.close();
  }
}

interface Source { readonly size?: number; readonly ino?: number; readonly dev?: number; readonly mode: number; read(most: number): Promise<Uint8Array | undefined>; close(): Promise<void> }

async function openInput(path: string): Promise<Source> {
  if (path === '-') {
    const pieces = process.stdin[Symbol.asyncIterator]();
    return {
      mode: 0o666,
      read: async () => {
        const next = await pieces.next();
        return next.done ? undefined : new Uint8Array(next.value as Uint8Array);
      },
      close: async () => void process.stdin.destroy(),
    };
  }
  const unreadable = (error: unknown): NadirError => new NadirError('input', `${path} cannot be read: ${(error as { code?: string }).code === 'ENOENT' ? 'there is no such file' : reason(error)}`);
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const about = await handle.stat();
    if (about.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    const file = handle;
    return {
      ...(about.isFile() ? { size: about.size } : {}),
      ino: about.ino,
      dev: about.dev,
      mode: about.mode & 0o777,
      async read(most) {
        try {
          const { bytesRead, buffer } = await file.read(new Uint8Array(most), 0, most, null);
          return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
        } catch (error) {
          throw unreadable(error);
        }
      },
      close: () => file.close(),
    };
  } catch (error) {
    await handle?.close();
    throw unreadable(error);
  }
}

interface Sink { write(bytes: Uint8Array): Promise<void>; close(): Promise<void>; drop(): Promise<void> }

async function openOutput(path: string, mode: number): Promise<Sink> {
  const unwritable = (error: unknown): NadirError => new NadirError('store', `${path} cannot be written: ${reason(error)}`);
  const whole = async (handle: FileHandle, bytes: Uint8Array): Promise<void> => {
    try {
      for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
    } catch (error) {
      throw unwritable(error);
    }
  };
  const none = async (): Promise<void> => {};
  if (path === '-') return { write: (bytes) => new Promise((resolve, reject) => process.stdout.write(bytes, (error) => (error ? reject(new NadirError('store', `standard output cannot be written: ${reason(error)}`)) : resolve()))), close: none, drop: none };

  const there = await stat(path).catch(() => undefined);
  try {
    if (there?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    if (there !== undefined && !there.isFile()) {
      const handle = await open(path, 'w');
      return { write: (bytes) => whole(handle, bytes), close: () => handle.close(), drop: () => handle.close() };
    }
    const target = there === undefined ? path : await realpath(path); // a link stays one
    const aside = `${target}.${files.owner}.part`;
    const handle = await open(aside, 'wx', mode | 0o200);
    const leave = (): void => {
      try {
        unlinkSync(aside);
      } catch {
        // it is gone
      }
    };
    process.once('exit', leave); // a second Ctrl-C
    return {
      write: (bytes) => whole(handle, bytes),
      async close() {
        try {
          await handle.sync();
          await handle.close();
          await files.rename(aside, target);
        } catch (error) {
          throw unwritable(error);
        }
        process.off('exit', leave);
        await sweep(target);
      },
      async drop() {
        await handle.close().catch(() => undefined);
        leave();
        process.off('exit', leave);
      },
    };
  } catch (error) {
    throw unwritable(error);
  }
}

/** Removes what processes that were killed left beside `path`. */
async function sweep(path: string): Promise<void> {
  const begin = `${basename(path)}.`;
  for (const { name } of await files.list(dirname(path)).catch(() => [])) {
    const pid = name.startsWith(begin) ? /^(\d+)-[0-9a-f]{8}\.part$/.exec(name.slice(begin.length))?.[1] : undefined;
    if (pid === undefined || files.alive(Number(pid))) continue;
    const left = join(dirname(path), name);
    const about = await stat(left).catch(() => undefined);
    if (about !== undefined && time() - about.mtimeMs > STALE) await unlink(left).catch(() => undefined);
  }
}

/** `256MiB`, `1G`, `4096`: bytes. */
export function bytes(values: { readonly [name: string]: unknown }, name: string): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(String(text).trim()) ?? [];
  if (digits === undefined) throw new NadirError('input', `--${name} is ${show(text)}; allowed: bytes, such as 1000000, 256MiB or 1GiB`);
  return Math.floor(Number(digits) * UNITS[unit!.toUpperCase()]!);
}

/** A size to read. */
export function size(bytes: number): string {
  return bytes < 1e5 ? `${Math.round(bytes).toLocaleString('en')} bytes` : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
