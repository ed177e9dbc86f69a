/**
 * What makes two things the same: canonical JSON (RFC 8785) and its SHA-256.
 *
 * The RFC writes numbers as ECMAScript does and sorts names by UTF-16 code units, which is what `sort` does: the one place
 * where JavaScript has nothing to emulate. Surprise: -0 is written 0, so values are made 0 before they are used, or two
 * runs of one id could differ.
 */
import { NadirError, show } from '../core/errors.ts';
import { sha256, sha256short } from '../core/sha256.ts';
import type { Json } from '../core/types.ts';

const DEEPEST = 1000;

/**
 * The canonical text of a JSON value.
 *
 * Throws `input` for what is no JSON, naming where: undefined, NaN, infinities, bigints, functions, class instances, cycles, half a surrogate pair.
 * @example
 * canonical({ b: [1e3, -0], a: 'x' }); // '{"a":"x","b":[1000,0]}'
 */
export function canonical(value: Json): string {
  return write(plain(value));
}

/**
 * 16 hex digits of a JSON value: the first of the SHA-256 of its canonical text. Throws as `canonical` does.
 * @example
 * fingerprint({ a: 1, b: 2 }) === fingerprint({ b: 2, a: 1 }); // true
 */
export function fingerprint(value: Json): string {
  return sha256short(canonical(value));
}

/**
 * What to put into a context for the contents of a file, so that runs over other contents have other ids.
 * @example
 * digest(new TextEncoder().encode('abc')).bytes; // 3
 */
export function digest(bytes: Uint8Array): { readonly sha256: string; readonly bytes: number } {
  if (!(bytes instanceof Uint8Array)) throw new NadirError('input', `bytes is ${show(bytes)}; allowed: a Uint8Array`);
  return { sha256: sha256(bytes), bytes: bytes.length };
}

/**
 * A frozen copy of a JSON value, -0 as 0. Throws as `canonical` does.
 * @param path names the value in messages
 */
export function plain(value: unknown, path: string = 'value'): Json {
  return copy(value, path, []);
}

function copy(value: unknown, path: string, above: object[]): Json {
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value;
  if (typeof value === 'string') {
    if (/[\ud800-\udfff]/u.test(value)) throw new NadirError('input', `${path} is ${show(value)}, which has half of a surrogate pair; allowed: text`);
    return value;
  }
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value !== 'object') throw new NadirError('input', `${path} is ${show(value)}; allowed: JSON (null, true, false, finite numbers, text, arrays and plain objects of them)`);
  if (above.includes(value)) throw new NadirError('input', `${path} contains itself; allowed: JSON`);
  if (above.length === DEEPEST) throw new NadirError('input', `${path.slice(0, 60)}... is nested deeper than ${DEEPEST} levels`);
  above.push(value);
  let out: Json;
  if (Array.isArray(value)) out = Array.from(value, (item, i) => copy(item, `${path}[${i}]`, above)); // `from` visits holes
  else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw new NadirError('input', `${path} is a ${value.constructor?.name || 'class instance'}; allowed: JSON (null, true, false, finite numbers, text, arrays and plain objects of them)`);
    out = Object.fromEntries(Object.entries(value).map(([key, item]) => {
      copy(key, `a name in ${path}`, above);
      return [key, copy(item, `${path}.${key}`, above)];
    }));
  }
  above.pop();
  return Object.freeze(out);
}

/** The canonical text of what `plain` returned, or of values of such. */
export function write(value: Json): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  const object = value as { readonly [key: string]: Json };
  let out = '{';
  for (const key of Object.keys(object).sort()) out += `${out.length > 1 ? ',' : ''}${quote(key)}:${write(object[key]!)}`;
  return `${out}}`;
}

function quote(text: string): string {
  return /^[ !#-[\]-~]*$/.test(text) ? `"${text}"` : JSON.stringify(text);
}
