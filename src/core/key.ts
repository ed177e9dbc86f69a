/**
 * What a key may be: a relative path that every file system takes and that cannot leave the store.
 *
 * Surprise: on Windows `aux.json` is a device, whatever follows the dot, and `a.` is the file `a`. Two keys that differ in
 * case only are one file on macOS and Windows: do not make such keys.
 */
import { NadirError, show } from './errors.ts';

const longest = 200; // leaves room, of the 255 bytes of a name, for the suffix of a file written aside
const reserved = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/** Throws `store` unless `key` is one or more valid segments joined by `/`. */
export function checkKey(key: string): void {
  if (typeof key !== 'string' || key === '') throw new NadirError('store', `key is ${show(key)}; allowed: a path of segments of A-Z a-z 0-9 . _ -`);
  for (const segment of key.split('/')) {
    const wrong = flaw(segment);
    if (wrong) throw new NadirError('store', `key ${show(key)} ${wrong}`);
  }
}

/** Throws `store` unless `prefix` can begin a key; the empty one begins all. */
export function checkPrefix(prefix: string): void {
  const segments = typeof prefix === 'string' ? prefix.split('/') : [' '];
  const last = segments.pop()!;
  const wrong = segments.map(flaw).find(Boolean) ?? (/^[A-Za-z0-9._-]*$/.test(last) ? undefined : 'has a character outside A-Z a-z 0-9 . _ -');
  if (wrong) throw new NadirError('store', `prefix ${show(prefix)} ${wrong}`);
}

/** What is wrong with a segment, or undefined. */
export function flaw(segment: string): string | undefined {
  if (segment === '') return 'has an empty segment';
  if (!/^[A-Za-z0-9._-]+$/.test(segment)) return 'has a character outside A-Z a-z 0-9 . _ -';
  if (segment === '.' || segment === '..') return `has the segment ${show(segment)}, which would leave its folder`;
  if (segment.endsWith('.')) return 'has a segment that ends with a dot, which Windows drops';
  if (segment.length > longest) return `has a segment of ${segment.length} characters; allowed: up to ${longest}`;
  if (reserved.test(segment)) return `has the segment ${show(segment)}, which is a device on Windows`;
  return undefined;
}
