/**
 * Where a truth table goes: a stream, or a file that appears under its name when it is complete.
 * Every piece is awaited, so the slowest reader sets the pace and at most one piece is in memory.
 */
import { NadirError, messageOf, show } from '../core/errors.ts';
import { files } from '../platform/index.ts';

export interface TruthTable {
  write(text: string): Promise<void>;
  /** All is written. */
  close(): Promise<void>;
  /** Nothing of it is to stay. */
  drop(reason: unknown): Promise<void>;
}
const BYTES = 1048576; // a write of a file

/** Opens it for writing, before any work; throws a sentence when that cannot be. */
export async function openTruth(target: WritableStream<Uint8Array> | string): Promise<TruthTable> {
  if (typeof target === 'string') return openFile(target);
  if (typeof (target as WritableStream | null)?.getWriter !== 'function') throw new NadirError('input', `truthTable is ${show(target)}; allowed: a WritableStream of bytes, or a path`);
  if (target.locked) throw new NadirError('input', 'truthTable is a stream that another writer holds; allowed: one that is free');
  const writer = target.getWriter();
  const encoder = new TextEncoder();
  return {
    async write(text) {
      await writer.ready;
      await writer.write(encoder.encode(text));
    },
    close: () => writer.close(),
    drop: (reason) => writer.abort(reason).catch(() => undefined),
  };
}

async function openFile(path: string): Promise<TruthTable> {
  const part = `${path}.${files.owner}.part`;
  const encoder = new TextEncoder();
  let text = '';
  const cannot = (error: unknown): NadirError => new NadirError('store', `truthTable ${show(path)} cannot be written: ${messageOf(error)}`, { cause: error });
  try {
    if (path === '') throw new Error('it names no file');
    if ((await files.list(path)).length > 0) throw new Error('it is a folder');
    await files.create(part, new Uint8Array(0));
  } catch (error) {
    throw cannot(error);
  }
  async function flush(): Promise<void> {
    const bytes = encoder.encode(text);
    text = '';
    try {
      await files.append(part, bytes);
    } catch (error) {
      throw cannot(error);
    }
  }
  return {
    async write(more) {
      text += more;
      if (text.length >= BYTES) await flush();
    },
    async close() {
      await flush();
      await files.rename(part, path).catch((error) => {
        throw cannot(error);
      });
    },
    drop: () => files.remove(part).catch(() => undefined),
  };
}
