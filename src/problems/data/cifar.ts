/**
 * CIFAR-10's binary batches (A. Krizhevsky: "Learning Multiple Layers of Features from Tiny Images", 2009): records of a label byte and 3072 pixels,
 * 1024 of red, then green, then blue, each 32 x 32 by rows. No head and no checksum: a file cut between two records cannot be told from a shorter one.
 */
import { NadirError } from '../../core/errors.ts';
import { fitting } from '../data.ts';

import type { Data } from '../data.ts';

const PIXELS = 3072;
const RECORD = 1 + PIXELS;
const CLASSES = 10; // airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck

/**
 * The records of all the files, one after the other; pixels are seen as 0 to 1.
 * @param files data_batch_1.bin and so on, with their names for messages
 * @example
 * cifar([{ name: 'one.bin', bytes: new Uint8Array(3073).fill(7) }]).labels; // Uint8Array(1) [ 7 ]
 */
export function cifar(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Data {
  let n = 0;
  for (const { name, bytes } of files) {
    if (bytes.length === 0 || bytes.length % RECORD !== 0) throw new NadirError('input', `${name} is no whole batch of CIFAR-10: it has ${bytes.length} bytes; allowed: ${RECORD} a record, from one`);
    n += bytes.length / RECORD;
  }
  const inputs = new Uint8Array(n * PIXELS);
  const labels = new Uint8Array(n);
  let i = 0;
  for (const { name, bytes } of files) {
    for (let at = 0; at < bytes.length; at += RECORD, i++) {
      if (bytes[at]! >= CLASSES) throw new NadirError('input', `${name}: the label of record ${at / RECORD} is ${bytes[at]}; allowed: an integer from 0 to ${CLASSES - 1}`);
      labels[i] = bytes[at]!;
      inputs.set(bytes.subarray(at + 1, at + RECORD), i * PIXELS);
    }
  }
  return fitting(files[0]?.name ?? 'cifar', { n, width: PIXELS, inputs, scale: 1 / 255, shift: 0, outputs: CLASSES, labels });
}
