/**
 * The two coders behind `compress` and `decompress`: fed pieces of any size, they hand on whole blocks of the container that problems/program/container.ts describes.
 *
 * What a container claims is checked before anything is done about it: its tables before they are opened, a block's length before it is decoded, and its checksum
 * before it is handed on. Surprise: where the coder ends a code is exact, so the decoder knows from how far it read, but for its four bytes ahead, that a length is wrong.
 */
import { sharedBackend, type BackendName } from '../backend/index.ts';
import { crc32Bytes } from '../core/crc.ts';
import { NadirError, messageOf } from '../core/errors.ts';
import { fromHex } from '../core/sha256.ts';
import { breathe } from '../core/run.ts';
import { builtIns } from '../problems/kernels/index.ts';
import { HEAD, PREFIX, begins, headerLength, readBlock, readHeader, writeBlock, writeEnd, writeHeader, type Block, type Header } from '../problems/program/container.ts';
import { fromPayload, kernelHash, payload } from '../problems/program/file.ts';
import { CHUNK, machineBytes, type Machine } from '../problems/program/machine.ts';
import type { Kernel } from '../spaces/program.ts';
import { machineFor } from './machines.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes a machine takes by default, when it is made and when it is opened again. */
export const MEMORY: number = 256 * 1048576;
const SPARE = 2 * 1048576; // what a machine takes beside its region
const LEAST = 16;
const MOST = 21;
const MUCH = 1048576; // bytes that a stream of unknown length is taken to have, when it comes to what pays

/** Takes pieces of any size in turn, then the end. */
export interface Coder {
  push(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
  close(): void;
}
export type Emit = (bytes: Bytes) => Promise<unknown> | void;
export type Open = (emit: Emit) => Coder;

export interface Compressing { readonly kernel: Kernel; readonly id: number; readonly embed: boolean; readonly bits?: number; readonly length?: number; readonly backend?: BackendName; readonly signal?: AbortSignal }

export function encoder({ kernel, id, embed, length, backend, signal, ...given }: Compressing): Open {
  return (emit) => {
    const piece = new Uint8Array(CHUNK);
    let machine: Machine | undefined;
    let filled = 0;
    let total = 0;
    let crc = 0;

    async function begin(): Promise<Machine> {
      const bits = given.bits ?? fitting(kernel, length, await sharedBackend(backend));
      const kind = embed ? 'embedded' : id > 0 ? 'built-in' : 'external';
      machine = await opened(kernel, bits, { backend, bytes: length ?? MUCH });
      await emit(writeHeader({ bits, kind, id: embed ? 0 : id, kernel: kind === 'embedded' ? payload(kernel) : kind === 'external' ? fromHex(kernelHash(kernel)) : new Uint8Array(0), length }) as Bytes);
      return machine;
    }

    async function block(bytes: Uint8Array): Promise<void> {
      const at = machine ?? (await begin());
      proceed(signal, total);
      const code = at.encode(bytes);
      const stored = code.length >= bytes.length;
      crc = crc32Bytes(bytes, 0, bytes.length, crc);
      total += bytes.length;
      await emit(join([writeBlock(bytes.length, stored ? bytes.length : code.length, stored, crc), stored ? bytes : code]));
      await breathe();
    }

    return {
      async push(bytes) {
        if (length !== undefined && total + filled + bytes.length > length) throw new NadirError('input', `there are more than the ${length} bytes that length said`);
        for (let at = 0; at < bytes.length; ) {
          const part = bytes.subarray(at, at + CHUNK - filled);
          at += part.length;
          if (part.length === CHUNK) {
            await block(part);
            continue;
          }
          piece.set(part, filled);
          filled += part.length;
          if (filled < CHUNK) continue;
          await block(piece);
          filled = 0;
        }
      },
      async end() {
        if (filled > 0) await block(piece.subarray(0, filled));
        if (machine === undefined) await begin();
        if (length !== undefined && total !== length) throw new NadirError('input', `there are ${total} bytes; length said ${length}`);
        proceed(signal, total);
        await emit(writeEnd(total) as Bytes);
      },
      close: () => machine?.close(),
    };
  };
}

export interface Decompressing { readonly kernel?: Kernel; readonly maxMemory: number; readonly maxOutput: number; readonly backend?: BackendName; readonly signal?: AbortSignal }

export function decoder({ kernel: known, maxMemory, maxOutput, backend, signal }: Decompressing): Open {
  return (emit) => {
    let room = new Uint8Array(PREFIX); // what the next step waits for
    let have = 0;
    let step: ((bytes: Uint8Array) => Promise<void>) | undefined = prefix;
    let machine: Machine | undefined;
    let header: Header | undefined;
    let number = 0;
    let total = 0;
    let crc = 0;

    function expect(length: number, next: typeof step, before: Uint8Array = new Uint8Array(0)): void {
      room = new Uint8Array(length);
      room.set(before);
      have = before.length;
      step = next;
    }

    async function prefix(bytes: Uint8Array): Promise<void> {
      expect(headerLength(bytes), start, bytes);
    }

    async function start(bytes: Uint8Array): Promise<void> {
      header = readHeader(bytes);
      const { bits, length } = header;
      if (bits < 12 || bits > 22) throw new NadirError('state', `the container's header is damaged: its bits are ${bits}; allowed: 12 to 22`);
      if (length !== undefined && length > maxOutput) throw tooLong(length);
      machine = await opened(kernelOf(header, known), bits, { backend, bytes: length ?? MUCH, maxMemory });
      expect(HEAD, head);
    }

    async function head(bytes: Uint8Array): Promise<void> {
      const block = readBlock(bytes, ++number);
      if (block.plain > 0) {
        if (total + block.plain > (header!.length ?? Infinity)) throw new NadirError('state', `the container is damaged: it holds more than the ${header!.length} bytes that its header says`);
        if (total + block.plain > maxOutput) throw tooLong(total + block.plain);
        return expect(block.code, (code) => body(block, code));
      }
      const length = header!.length ?? total;
      if (block.total !== total || block.crc !== 0 || length !== total) throw new NadirError('state', `the container is damaged: it holds ${total} bytes, and should hold ${block.total === total ? length : block.total}`);
      expect(0, undefined);
    }

    async function body(block: Block, code: Uint8Array): Promise<void> {
      proceed(signal, total);
      const { bytes, used } = block.stored ? { bytes: code, used: code.length } : machine!.decode(code, block.plain);
      crc = crc32Bytes(bytes, 0, bytes.length, crc);
      // The decoder reads four bytes ahead, of which the encoder wrote one to four.
      if (crc !== block.crc || code.length > used || code.length < used - 3) throw new NadirError('state', `block ${number} of the container is damaged: its checksum does not fit`);
      if (block.stored) machine!.score(bytes);
      total += bytes.length;
      expect(HEAD, head);
      await emit(bytes as Bytes);
      await breathe();
    }

    return {
      async push(bytes) {
        for (let at = 0; at < bytes.length; ) {
          if (step === undefined) throw new NadirError('state', 'the container is damaged: there is more behind its end');
          const part = bytes.subarray(at, at + room.length - have);
          room.set(part, have);
          have += part.length;
          at += part.length;
          if (have === room.length) await step(room);
        }
      },
      async end() {
        if (step === undefined) return;
        const foreign = step === prefix && have > 0 && !begins(room.subarray(0, have));
        throw new NadirError('state', foreign ? 'this is nothing that nadir compressed: it begins otherwise' : `the container is cut off ${header === undefined ? 'in its header' : `after ${total} bytes of the original`}`);
      },
      close: () => machine?.close(),
    };

    function tooLong(length: number): NadirError {
      return new NadirError('input', `the output has ${length} bytes or more; allowed by maxOutput: ${maxOutput}`);
    }
  };
}

/** The kernel that a header means. */
function kernelOf({ kind, id, kernel }: Header, known: Kernel | undefined): Kernel {
  if (kind === 'embedded') return fromPayload(kernel);
  if (kind === 'built-in') {
    const found = builtIns.find((each) => each.id === id);
    if (found === undefined) throw new NadirError('state', `the container was made with the built-in kernel ${id}; this nadir has ${builtIns.map((each) => each.id).join(', ')}`);
    return found.kernel;
  }
  const wanted = Array.from(kernel, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (known === undefined) throw new NadirError('input', `the container was made with a kernel of its own; give the one with SHA-256 ${wanted}`);
  const hash = kernelHash(known);
  if (hash !== wanted) throw new NadirError('input', `the kernel has SHA-256 ${hash}; the container was made with ${wanted}`);
  return known;
}

/** Eight slots a byte of the input (measured: 0.1 % of the code over more), no more than are needed or may be had by default. */
function fitting(kernel: Kernel, length: number = Infinity, backend: Parameters<typeof machineBytes>[0]): number {
  let bits = LEAST;
  while (bits < MOST && length * 8 > 1 << bits) bits++;
  while (bits > 12 && machineBytes(backend, kernel, bits) + SPARE > MEMORY) bits--;
  return bits;
}

async function opened(...[kernel, bits, options]: Parameters<typeof machineFor>): Promise<Machine> {
  try {
    return await machineFor(kernel, bits, options);
  } catch (error) {
    if (error instanceof NadirError) throw error;
    throw new NadirError('memory', `this runtime cannot give a machine with tables of 2^${bits} slots its memory: ${messageOf(error)}`, { cause: error });
  }
}

function proceed(signal: AbortSignal | undefined, total: number): void {
  if (signal?.aborted) throw new NadirError('aborted', `stopped by the signal after ${total} bytes`);
}

export function join(parts: readonly Uint8Array[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
