/**
 * What a name ending says about a file: `.npy` and `.npz` take typed arrays, `.json` JSON, text endings text.
 *
 * Surprise: JSON.stringify writes NaN as null without a word, so values are walked, and copied, before they are kept.
 */
import { NadirError, messageOf, show } from '../core/errors.ts';
import { flaw } from '../core/key.ts';
import { ARRAYS, checkNpy, isShaped, npy, npyType, npz, npzFlaw } from './npy.ts';

import type { Json } from '../core/types.ts';
import type { Shaped, TypedArray } from './npy.ts';
import type { Artifact } from './record.ts';

const TEXT = ['svg', 'txt', 'csv', 'md', 'html'];
const DEPTH = 500; // a value nested deeper is a loop

/** Throws `input` unless `name` can be a file of a run: one segment of a key, without a dot in front. */
export function checkFile(kind: string, name: unknown): asserts name is string {
  const wrong = typeof name !== 'string' ? 'is no text' : flaw(name) ?? (name.startsWith('.') ? 'begins with a dot' : undefined);
  if (wrong) throw new NadirError('input', `${kind} name ${show(name)} ${wrong}; allowed: one segment of A-Z a-z 0-9 . _ -, such as curve.npz`);
}

/** Throws `input` unless `name` can be a metric or a datum: 1 to 100 characters, no control characters. */
export function checkName(kind: string, name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '' || name.length > 100 || /[\p{Cc}\p{Cs}]/u.test(name)) throw new NadirError('input', `${kind} name is ${show(name)}; allowed: 1 to 100 characters without control characters`);
}

/**
 * How to make the bytes of a file, by the ending of its name: call it before `value` changes; nothing is shared with it.
 * Throws `input`, naming both, when they do not fit.
 * @example
 * new TextDecoder().decode(artifactBytes('summary.json', { best: 0.5 })()); // '{\n  "best": 0.5\n}\n'
 */
export function artifactBytes(name: string, value: Artifact): () => Uint8Array {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const type = npyType(value);
  const refuse = (allowed: string): never => {
    throw new NadirError('input', `artifact ${show(name)} is ${kindOf(value)}; allowed: ${allowed}`);
  };
  if (ending === 'npy') return type === undefined ? refuse(ARRAYS) : () => npy(value as TypedArray);
  if (ending === 'npz') {
    for (const [key, array] of Object.entries(isPlain(value) ? value : refuse(`named arrays, { x: ${ARRAYS} }`))) {
      const wrong = npzFlaw(key);
      if (wrong) throw new NadirError('input', `array ${show(key)} of artifact ${show(name)} ${wrong}`);
      try {
        if (isShaped(array)) checkNpy(array.array, array.shape);
        else checkNpy(array);
      } catch (error) {
        throw new NadirError('input', `array ${show(key)} of artifact ${show(name)}: ${messageOf(error)}`);
      }
    }
    return () => npz(value as { [name: string]: TypedArray | Shaped });
  }
  if (typeof value === 'string' && ending !== 'json') return () => new TextEncoder().encode(value);
  if (TEXT.includes(ending)) return refuse('text');
  if (type !== undefined && ending !== 'json') return type === 'u8' ? () => Uint8Array.from(value as Uint8Array) : refuse('bytes, text or JSON; a .npy takes the array');
  const json = copyJson(`artifact ${show(name)}`, value);
  return () => new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`);
}

/**
 * A copy of JSON. Fields that are undefined are left out and -0 becomes 0, as in JSON; anything that JSON cannot hold is an
 * `input` error with its path.
 */
export function copyJson(field: string, value: unknown): Json {
  return copy(value, []);

  function copy(item: unknown, path: (string | number)[]): Json {
    if (typeof item === 'number' && Number.isFinite(item)) return item + 0; // -0 + 0 is 0
    if (item === null || typeof item === 'boolean' || typeof item === 'string') return item;
    if (path.length < DEPTH) {
      if (Array.isArray(item)) return Array.from(item, (child, i) => inside(child, path, i));
      if (isPlain(item)) return Object.fromEntries(Object.entries(item).filter(([, child]) => child !== undefined).map(([key, child]) => [key, inside(child, path, key)]));
    }
    const at = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('').slice(0, 200);
    throw new NadirError('input', `${field}${at && ` at ${at}`} is ${path.length >= DEPTH ? `nested deeper than ${DEPTH}` : kindOf(item)}; allowed: JSON (finite numbers, text, true, false, null, arrays, plain objects)`);
  }
  function inside(child: unknown, path: (string | number)[], part: string | number): Json {
    path.push(part);
    const made = copy(child, path);
    path.pop();
    return made;
  }
}

function isPlain(value: unknown): value is { [key: string]: unknown } {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null; // Object.prototype of any realm
}

function kindOf(value: unknown): string {
  if (typeof value === 'object' && value !== null && !isPlain(value)) return Array.isArray(value) ? 'an array' : `of type ${Object.prototype.toString.call(value).slice(8, -1)}`;
  return typeof value === 'object' && value !== null ? 'an object' : show(value);
}
