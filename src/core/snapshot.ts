/**
 * Saved state as JSON that is bit-exact, versioned and checksummed.
 *
 * JSON has no -0, NaN or Infinity and rounds nothing else: those three and typed arrays travel as `{ "$": ... }`.
 * Typed arrays are base64 of their little-endian bytes: 11 characters a double instead of up to 24, and no parsing.
 */
import { crc32 } from './crc.ts';
import { NadirError, show } from './errors.ts';
import type { Json, Snapshot } from './types.ts';

const FORMAT = 1;
const ARRAYS = { f64: Float64Array, f32: Float32Array, u32: Uint32Array, i32: Int32Array, u8: Uint8Array } as const;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * Wraps a snapshot for storage.
 * @param kind what it is a state of; `unseal` refuses any other kind
 * @example
 * const text = JSON.stringify(seal('demo', { x: Float64Array.of(-0, Infinity) }));
 * unseal('demo', JSON.parse(text)).x; // Float64Array(2) [ -0, Infinity ]
 */
export function seal(kind: string, snapshot: Snapshot): Json {
  const state = encode(snapshot);
  return { nadir: FORMAT, kind, crc: crc32(kind + JSON.stringify(state)), state };
}

/** The snapshot inside a sealed state. Throws `state` when it is foreign, of another kind, from a newer format, or damaged. */
export function unseal(kind: string, sealed: unknown): Snapshot {
  const box = sealed as { nadir?: unknown; kind?: unknown; crc?: unknown; state?: Json } | null;
  if (typeof box !== 'object' || box === null || typeof box.nadir !== 'number' || box.state === undefined)
    throw new NadirError('state', `the saved state is not one of nadir's: ${show(sealed)}`);
  if (box.nadir !== FORMAT) throw new NadirError('state', `the saved state has format ${box.nadir}; this version reads ${FORMAT}`);
  if (box.kind !== kind) throw new NadirError('state', `the saved state is of ${show(box.kind, 300)}; expected ${show(kind, 300)}`);
  if (box.crc !== crc32(kind + JSON.stringify(box.state))) throw new NadirError('state', `the saved state of ${show(kind)} is damaged: its checksum does not match`);
  return decode(box.state);
}

/** A snapshot as JSON: what JSON lacks becomes `{ "$": ... }`. */
export function encode(value: Snapshot): Json {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? value : { $: Object.is(value, -0) ? '-0' : String(value) };
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) {
    const type = (Object.keys(ARRAYS) as (keyof typeof ARRAYS)[]).find((name) => value instanceof ARRAYS[name])!;
    return { $: type, data: toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
  }
  if (Array.isArray(value)) return value.map(encode);
  const out: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) if (item !== undefined) out[key] = encode(item as Snapshot);
  return out;
}

/** What `encode` made it of. */
export function decode(json: Json): Snapshot {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(decode);
  const object = json as { readonly [key: string]: Json };
  if (typeof object.$ === 'string') {
    if (object.data === undefined) return Number(object.$);
    const bytes = fromBase64(object.data as string);
    return new ARRAYS[object.$ as keyof typeof ARRAYS](bytes.buffer as ArrayBuffer);
  }
  return Object.fromEntries(Object.entries(object).map(([key, item]) => [key, decode(item)]));
}

/** Own base64: `btoa` wants a string of bytes and `Buffer` is Node's alone. */
export function toBase64(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const v = (bytes[i]! << 16) | ((left > 1 ? bytes[i + 1]! : 0) << 8) | (left > 2 ? bytes[i + 2]! : 0);
    out += DIGITS[v >> 18]! + DIGITS[(v >> 12) & 63]! + (left > 1 ? DIGITS[(v >> 6) & 63]! : '=') + (left > 2 ? DIGITS[v & 63]! : '=');
  }
  return out;
}

export function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
