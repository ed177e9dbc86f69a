/**
 * IDX files, MNIST's own format (Y. LeCun, C. Cortes, C. J. C. Burges: "The MNIST database of handwritten digits"): two zero bytes, a type, the number
 * of dimensions, each as a big-endian u32, and the numbers in C order, big-endian too.
 *
 * Surprise: nothing in the format says where it ends but its own sizes, so a file is whole exactly when they fit its length.
 */
import { NadirError } from '../../core/errors.ts';

import type { Numbers } from './arrays.ts';

/** Type code: bytes of a number, and an array and a reader for it. */
const TYPES: { readonly [code: number]: { readonly width: number; readonly make: (n: number) => Numbers['array']; readonly at: (view: DataView, offset: number) => number } } = {
  0x08: { width: 1, make: (n) => new Uint8Array(n), at: (view, offset) => view.getUint8(offset) },
  0x0b: { width: 2, make: (n) => new Int16Array(n), at: (view, offset) => view.getInt16(offset) },
  0x0c: { width: 4, make: (n) => new Int32Array(n), at: (view, offset) => view.getInt32(offset) },
  0x0d: { width: 4, make: (n) => new Float32Array(n), at: (view, offset) => view.getFloat32(offset) },
  0x0e: { width: 8, make: (n) => new Float64Array(n), at: (view, offset) => view.getFloat64(offset) },
};
const DIMS = 8; // nobody has more, and a product of 255 sizes is no number
const NAMES = '0x08 (u8), 0x0b (i16), 0x0c (i32), 0x0d (f32), 0x0e (f64)'; // 0x09, signed bytes, is one bit from 0x08, and nobody has such pixels

/**
 * The numbers of an IDX file, and their shape; nothing is allocated before the sizes fit the file. Bytes are a view of it, not a copy.
 * @param name of the file, for messages
 * @example
 * idx('labels', Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 5, 0)); // { array: Uint8Array(2) [ 5, 0 ], shape: [ 2 ] }
 */
export function idx(name: string, bytes: Uint8Array): Numbers {
  const refuse = (why: string): never => {
    throw new NadirError('input', `${name} is no whole IDX file: ${why}`);
  };
  if (bytes.length < 4) refuse(`it has ${bytes.length} bytes; its head has 4 and more`);
  if (bytes[0] !== 0 || bytes[1] !== 0) refuse('it does not begin with two zero bytes');
  const type = TYPES[bytes[2]!];
  if (type === undefined) return refuse(`its numbers are of type 0x${bytes[2]!.toString(16).padStart(2, '0')}; allowed: ${NAMES}`);
  const dims = bytes[3]!;
  if (dims < 1 || dims > DIMS) refuse(`it has ${dims} dimensions; allowed: from 1 to ${DIMS}`);
  const start = 4 + 4 * dims;
  if (bytes.length < start) refuse(`it has ${bytes.length} bytes; the head of ${dims} dimensions has ${start}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const shape = Array.from({ length: dims }, (_, i) => view.getUint32(4 + 4 * i));
  const count = shape.reduce((n, size) => n * size, 1); // past 2^53 it is inexact, and far from any file's length
  if (bytes.length - start !== count * type.width) refuse(`its sizes ${shape.join(' x ')} take ${count * type.width} bytes, and ${bytes.length - start} are there`);
  if (type.width === 1) return { array: bytes.subarray(start), shape };
  const array = type.make(count);
  for (let i = 0; i < count; i++) array[i] = type.at(view, start + i * type.width);
  return { array, shape };
}
