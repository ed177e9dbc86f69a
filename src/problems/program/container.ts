/**
 * The compressed file: a header that names the kernel, blocks, an end. All numbers are little endian.
 *
 *     header  8e 'n' 'd' 'r' | version u8 | flags u8 | bits u8 | kernel id u8 | length u64 when flag 4 | the kernel, 8448 bytes, or its SHA-256 | CRC-32 of all that
 *     block   plain length u32, 1 to 65536 | code length u32, its top bit set: stored | CRC-32 of the original up to the end of this block | code
 *     end     0 u32 | length of the original u64
 *
 * A block is stored when its code would not be shorter; the machine learns its bytes all the same. Surprise: with a checksum in every block, not one at the end, a
 * stream never passes on a wrong byte, and 4 bytes in 65,536 are not to be seen in any ratio.
 */
import { crc32Bytes } from '../../core/crc.ts';
import { NadirError, show } from '../../core/errors.ts';
import { CHUNK } from './machine.ts';
import { PAYLOAD } from './file.ts';

const MAGIC = [0x8e, 0x6e, 0x64, 0x72]; // the first byte is no text, and no UTF-8
const VERSION = 1;
const KINDS = ['built-in', 'embedded', 'external'] as const;
const EXTRA = { 'built-in': 0, embedded: PAYLOAD, external: 32 } as const;
const SIZED = 4;
const STORED = 0x80000000;
/** Bytes of a header that tell how long it is. */
export const PREFIX = 8;
/** Bytes before the code of a block, and of the end. */
export const HEAD = 12;

export interface Header {
  /** Slot tables have 2^bits slots. */
  readonly bits: number;
  readonly kind: (typeof KINDS)[number];
  /** Of a built-in kernel, else 0. */
  readonly id: number;
  /** Of an embedded kernel its words and doubles, of an external one their SHA-256, else nothing. */
  readonly kernel: Uint8Array;
  /** Of the original, where it was known beforehand. */
  readonly length?: number;
}
/** What stands before a code; `plain` 0: the end, whose `total` is the length of the original. */
export interface Block {
  readonly plain: number;
  readonly code: number;
  readonly stored: boolean;
  readonly crc: number;
  readonly total: number;
}

export function writeHeader({ bits, kind, id, kernel, length }: Header): Uint8Array {
  const bytes = new Uint8Array(PREFIX + (length === undefined ? 0 : 8) + kernel.length + 4);
  bytes.set([...MAGIC, VERSION, KINDS.indexOf(kind) + (length === undefined ? 0 : SIZED), bits, id]);
  const view = new DataView(bytes.buffer);
  if (length !== undefined) setLength(view, PREFIX, length);
  bytes.set(kernel, bytes.length - 4 - kernel.length);
  view.setUint32(bytes.length - 4, crc32Bytes(bytes, 0, bytes.length - 4), true);
  return bytes;
}

/** How long the header is that begins with these 8 bytes. Throws `state` when none does. */
export function headerLength(prefix: Uint8Array): number {
  const kind = KINDS[prefix[5]! & 3];
  if (!begins(prefix)) throw new NadirError('state', 'this is nothing that nadir compressed: it begins otherwise');
  if (prefix[4] !== VERSION) throw new NadirError('state', `the container has version ${prefix[4]}; this nadir reads version ${VERSION}`);
  if (prefix[5]! > 7 || kind === undefined) throw new NadirError('state', `the container's header is damaged: its flags are ${prefix[5]}; allowed: 0 to 2 and 4 to 6`);
  return PREFIX + (prefix[5]! & SIZED ? 8 : 0) + EXTRA[kind] + 4;
}

/** Whether these bytes, 4 or the few there are, begin a container. */
export function begins(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => i >= bytes.length || bytes[i] === byte);
}

export function readHeader(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const end = headerLength(bytes) - 4;
  if (view.getUint32(end, true) !== crc32Bytes(bytes, 0, end)) throw new NadirError('state', "the container's header is damaged: its checksum does not fit");
  const kind = KINDS[bytes[5]! & 3]!;
  return { bits: bytes[6]!, kind, id: bytes[7]!, kernel: bytes.slice(end - EXTRA[kind], end), ...(bytes[5]! & SIZED ? { length: getLength(view, PREFIX, 'header') } : {}) };
}

/** The bytes before a code of `code` bytes for `plain` ones. */
export function writeBlock(plain: number, code: number, stored: boolean, crc: number): Uint8Array {
  const bytes = new Uint8Array(HEAD);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, plain, true);
  view.setUint32(4, stored ? code + STORED : code, true);
  view.setUint32(8, crc, true);
  return bytes;
}

export function writeEnd(total: number): Uint8Array {
  const bytes = new Uint8Array(HEAD);
  setLength(new DataView(bytes.buffer), 4, total);
  return bytes;
}

/** What 12 bytes say. Throws `state` when no encoder wrote them; what it lets pass is small: a code is never longer than what it stands for. */
export function readBlock(bytes: Uint8Array, number: number): Block {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const plain = view.getUint32(0, true);
  if (plain === 0) return { plain, code: 0, stored: false, crc: 0, total: getLength(view, 4, 'end') };
  const stored = view.getUint32(4, true) >= STORED;
  const code = view.getUint32(4, true) % STORED;
  if (plain > CHUNK || (stored ? code !== plain : code >= plain || code === 0)) throw new NadirError('state', `block ${number} of the container is damaged: ${code} bytes${stored ? ' stored' : ''} for ${show(plain)}`);
  return { plain, code, stored, crc: view.getUint32(8, true), total: 0 };
}

function setLength(view: DataView, at: number, length: number): void {
  view.setUint32(at, length % 4294967296, true);
  view.setUint32(at + 4, Math.floor(length / 4294967296), true);
}

function getLength(view: DataView, at: number, part: string): number {
  const length = view.getUint32(at, true) + 4294967296 * view.getUint32(at + 4, true);
  if (!Number.isSafeInteger(length)) throw new NadirError('state', `the container's ${part} is damaged: a length of ${length} bytes`);
  return length;
}
