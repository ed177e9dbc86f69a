/**
 * Typed arrays as NumPy files: .npy format 1.0 and .npz, an uncompressed zip of them (numpy.lib.format; np.save and np.savez).
 *
 * What surprised us: a zip holds local time. A text without a zone is local too, so the same text gives the same bytes
 * in every time zone. And `slice` of Node's Buffer is a view, not a copy: a file just read may start at an odd address.
 */
import { unzipSync, zipSync } from 'fflate';
import { crc32Bytes } from '../core/crc.ts';
import { NadirError, messageOf, show } from '../core/errors.ts';

export type TypedArray = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array;
export type NpyType = 'f64' | 'f32' | 'i32' | 'u32' | 'u8';
/** In C order: the last index moves fastest. */
export interface Shaped { readonly array: TypedArray; readonly shape: readonly number[] }

const TYPES: { readonly [type in NpyType]: { readonly descr: string; readonly of: { new (buffer: ArrayBuffer): TypedArray; readonly name: string; readonly BYTES_PER_ELEMENT: number } } } = {
  f64: { descr: '<f8', of: Float64Array },
  f32: { descr: '<f4', of: Float32Array },
  i32: { descr: '<i4', of: Int32Array },
  u32: { descr: '<u4', of: Uint32Array },
  u8: { descr: '|u1', of: Uint8Array },
};
const NAMES = Object.keys(TYPES) as NpyType[];
/** What a .npy can hold, for messages. */
export const ARRAYS: string = NAMES.map((name) => TYPES[name].of.name).join(', ');
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
const DIMS = 32; // NumPy's own limit before 2.0
const STAMP = '1980-01-01T00:00:00'; // the oldest a zip can hold, and what np.savez writes
const ZIP = 0xffffffff; // bytes, without zip64

/** The type of a typed array that a .npy can hold, of any realm; undefined for anything else. */
export function npyType(value: unknown): NpyType | undefined {
  if (!ArrayBuffer.isView(value)) return undefined;
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return NAMES.find((name) => TYPES[name].of.name === tag);
}

/** Bytes of one number. */
export function npyWidth(type: NpyType): number {
  return TYPES[type].of.BYTES_PER_ELEMENT;
}

/**
 * The head of a .npy: everything before the numbers, a multiple of 64 bytes.
 * @param shape at most 32 integers from 0
 * @param room bytes it takes at least: a longer shape can then be written over it later
 * @example
 * npyHeader('f64', [3]).length; // 128
 */
export function npyHeader(type: NpyType, shape: readonly number[], room: number = 0): Uint8Array {
  if (!Object.hasOwn(TYPES, type)) throw new NadirError('input', `type is ${show(type)}; allowed: ${NAMES.join(', ')}`);
  check(shape);
  const text = `{'descr': '${TYPES[type].descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const length = Math.ceil(Math.max(10 + text.length + 1, room) / 64) * 64;
  const out = new Uint8Array(length).fill(32); // spaces
  out.set([...MAGIC, 1, 0, (length - 10) & 255, (length - 10) >> 8]);
  for (let i = 0; i < text.length; i++) out[10 + i] = text.charCodeAt(i);
  out[length - 1] = 10; // \n
  return out;
}

/**
 * A typed array as a .npy file, little-endian, in C order: what `np.save` writes and `np.load` reads.
 * @param shape its product is the array's length; default [length]
 * @example
 * npy(Float64Array.of(1, 2, 3, 4, 5, 6), [2, 3]).length; // 176
 */
export function npy(array: TypedArray, shape: readonly number[] = [array?.length]): Uint8Array {
  const head = npyHeader(checkNpy(array, shape), shape);
  const out = new Uint8Array(head.length + array.byteLength);
  out.set(head);
  out.set(bytesOf(array), head.length);
  return out;
}

/** Throws `input` unless a .npy can hold the array in that shape; its type. */
export function checkNpy(array: unknown, shape?: readonly number[]): NpyType {
  const type = npyType(array);
  if (type === undefined) throw new NadirError('input', `array is of type ${Object.prototype.toString.call(array).slice(8, -1)}; allowed: ${ARRAYS}`);
  if (shape === undefined) return type;
  check(shape);
  const { length } = array as TypedArray;
  if (product(shape) !== length) throw new NadirError('input', `shape is ${show(shape)} for an array of ${length}; allowed: a shape with that product`);
  return type;
}

/** The bytes of an array, not copied. Every runtime there is keeps numbers little-endian. */
export function bytesOf(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/**
 * The array of a .npy file, copied. 64-bit integers become doubles where that is exact.
 * Throws `store` for a file that is no .npy, is cut short, is in Fortran order, or has other numbers than these.
 * @example
 * readNpy(npy(Int32Array.of(1, 2))); // { array: Int32Array(2) [ 1, 2 ], shape: [ 2 ] }
 */
export function readNpy(bytes: Uint8Array): Shaped {
  if (!(bytes.length >= 10) || MAGIC.some((byte, i) => bytes[i] !== byte)) throw foreign('it does not begin with \\x93NUMPY');
  const major = bytes[6]!;
  if (major < 1 || major > 3) throw foreign(`its format is ${major}.${bytes[7]}; this version reads 1 to 3`);
  const at = major === 1 ? 10 : 12;
  const start = at + bytes[8]! + bytes[9]! * 256 + (major === 1 ? 0 : bytes[10]! * 65536 + bytes[11]! * 16777216);
  if (!(bytes.length >= start)) throw foreign(`it is cut short after ${bytes.length} bytes, in its header`);
  const text = new TextDecoder().decode(bytes.subarray(at, start));
  const descr = /'descr': *'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order': *(True|False)/.exec(text)?.[1];
  const tuple = /'shape': *\(([\d, L]*)\)/.exec(text)?.[1];
  const type = NAMES.find((name) => TYPES[name].descr === descr);
  if (type === undefined && descr !== '<i8') throw foreign(`its numbers are ${show(descr ?? 'a structure')}; this version reads ${NAMES.map((name) => TYPES[name].descr).join(', ')}, <i8`);
  if (order === undefined || tuple === undefined) throw foreign('its header has no order or no shape');
  if (order === 'True') throw foreign('it is in Fortran order; np.ascontiguousarray before np.save makes one that can be read');
  const shape = tuple.split(',').map((part) => part.trim().replace('L', '')).filter(Boolean).map(Number);
  const width = type === undefined ? 8 : npyWidth(type);
  const expected = product(shape) * width;
  if (bytes.length - start !== expected) throw foreign(`its shape ${show(shape)} takes ${expected} bytes, and ${bytes.length - start} are there`);
  const copy = new Uint8Array(expected);
  copy.set(bytes.subarray(start));
  return { array: type === undefined ? doubles(new BigInt64Array(copy.buffer)) : new TYPES[type].of(copy.buffer), shape };
}

/**
 * Named arrays as a .npz file, stored as `np.savez` does, the same bytes whenever and wherever it is made.
 * @param entries names of up to 200 characters that stay inside a folder: no control characters, no backslash, no `..`; under 4 GiB together
 * @example
 * const bytes = npz({ x: Float64Array.of(1, 2), m: { array: Uint8Array.of(1, 0, 0, 1), shape: [2, 2] } });
 * Object.keys(readNpz(bytes)); // [ 'x', 'm' ]
 */
export function npz(entries: { readonly [name: string]: TypedArray | Shaped }): Uint8Array {
  const files: [string, Uint8Array][] = [];
  let size = 22;
  for (const [name, value] of Object.entries(entries)) {
    const wrong = npzFlaw(name);
    if (wrong) throw new NadirError('input', `name ${show(name)} of an .npz ${wrong}`);
    const file = isShaped(value) ? npy(value.array, value.shape) : npy(value);
    files.push([`${name}.npy`, file]);
    size += file.length + 76 + 6 * (name.length + 4);
  }
  if (size > ZIP || files.length > 65535) throw new NadirError('input', `an .npz has ${files.length} arrays in ${size} bytes; allowed: up to 65535 in 4 GiB`);
  return zipSync(Object.fromEntries(files), { level: 0, mtime: STAMP });
}

export function isShaped(value: unknown): value is Shaped {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && 'array' in value && 'shape' in value;
}

/** What is wrong with the name of an array in an .npz, or undefined. */
export function npzFlaw(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.length > 200) return `has ${name.length} characters; allowed: up to 200`;
  if (/[\p{Cc}\p{Cs}\\]/u.test(name)) return 'has a backslash, a control character or half a character';
  if (/(^|\/)\.{0,2}(\/|$)/.test(name)) return 'has an empty segment, "." or "..", which could leave a folder';
  return undefined;
}

/**
 * The arrays of a .npz file by name, in its order, compressed ones too. Throws `store` as `readNpy` does, naming the array.
 * @example
 * readNpz(npz({ x: Uint8Array.of(7) })).x; // { array: Uint8Array(1) [ 7 ], shape: [ 1 ] }
 */
export function readNpz(bytes: Uint8Array): { [name: string]: Shaped } {
  let files: { [path: string]: Uint8Array };
  try {
    files = unzipSync(bytes, {
      filter({ name, size, originalSize }) { // before it is allocated; DEFLATE makes at most 1032 bytes of one
        if (originalSize > 1032 * Math.min(size, bytes.length) + 64) throw new Error(`${show(name)} says it holds ${originalSize} bytes, and ${size} are there`);
        return true;
      },
    });
    for (const [path, crc] of checksums(bytes)) if (Object.hasOwn(files, path) && crc32Bytes(files[path]!) !== crc) throw new Error(`${show(path)} is damaged, its checksum differs`);
  } catch (error) {
    throw new NadirError('store', `the .npz cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return Object.fromEntries(Object.entries(files).map(([path, file]) => {
    if (!path.endsWith('.npy')) throw new NadirError('store', `the .npz cannot be read: it holds ${show(path)}, which is no .npy`);
    try {
      return [path.slice(0, -4), readNpy(file)];
    } catch (error) {
      throw new NadirError('store', `array ${show(path.slice(0, -4))} of the .npz: ${messageOf(error)}`, { cause: error });
    }
  }));
}

/** CRC-32 of every file, by the archive's directory (APPNOTE.TXT 4.3.12), which the reader does not compare. */
function checksums(bytes: Uint8Array): [string, number][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const out: [string, number][] = [];
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) return out;
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0 && at + 46 <= bytes.length && view.getUint32(at, true) === 0x02014b50; left--) {
    const name = view.getUint16(at + 28, true);
    out.push([new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + name)), view.getUint32(at + 16, true)]);
    at += 46 + name + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return out;
}

function check(shape: readonly number[]): void {
  if (!Array.isArray(shape) || shape.length > DIMS || !shape.every((n) => Number.isSafeInteger(n) && n >= 0) || !Number.isSafeInteger(product(shape)))
    throw new NadirError('input', `shape is ${show(shape)}; allowed: up to ${DIMS} integers from 0 with a product below 2^53`);
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function doubles(whole: BigInt64Array): Float64Array {
  const out = new Float64Array(whole.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = Number(whole[i]);
    if (BigInt(out[i]!) !== whole[i]) throw foreign(`its integer ${whole[i]} is not a double`);
  }
  return out;
}

function foreign(why: string): NadirError {
  return new NadirError('store', `the .npy cannot be read: ${why}`);
}
