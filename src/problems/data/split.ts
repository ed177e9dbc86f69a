/**
 * The parts of a set of examples, and the numbers that normalise them, taken from the part trained on only.
 *
 * The test part is the same for every seed, so that what is chosen with one seed is never tested on what another has seen; the seed says which of the others
 * validate.
 */
import { NadirError } from '../../core/errors.ts';
import { createRandom } from '../../core/random.ts';

import type { Random } from '../../core/types.ts';
import type { Data, Split } from '../data.ts';

/** How inputs are seen: `standard` with mean 0 and deviation 1, `unit` from 0 to 1, `none` as they are. Of bytes all together (0 and 255 for `unit`), of other numbers by columns. */
export type Scale = 'standard' | 'unit' | 'none';
export interface Cut {
  /** A share below 1 or a number of examples; 0 is none. */
  readonly validation: number;
  /** The same, where the data have no test part of their own. */
  readonly test: number;
  readonly scale: Scale;
  /** So many are trained and validated on; null: all. */
  readonly examples: number | null;
}

/**
 * Three parts that share no example. Targets of a regression get mean 0 and deviation 1 too, with `standard`.
 * @param random what shuffles: the stream of the seed
 * @param test the data's own test part
 */
export function split(name: string, all: Data, test: Data | undefined, cut: Cut, random: Random): Split {
  if (test) fits(name, all, test);
  const outputs = all.targets ? all.outputs : Math.max(all.outputs, test?.outputs ?? 0);
  const held = test ? 0 : many(cut.test, all.n);
  const order = shuffled(all.n, createRandom(0).fork('test'));
  const kept = order.slice(held).sort(); // typed arrays sort by number
  const among = shuffled(kept.length, random.fork('split'));
  const used = Math.min(cut.examples ?? kept.length, kept.length);
  const validating = many(cut.validation, used);
  if (used - validating < 1) throw new NadirError('input', `${name} leaves nothing to train on: of ${all.n} examples ${held} are for the test and ${validating} for validation`);
  const pick = among.slice(0, used).map((i) => kept[i]!);
  const parts = {
    train: rows(all, outputs, pick.subarray(validating)),
    ...(validating > 0 ? { validation: rows(all, outputs, pick.subarray(0, validating)) } : {}),
    ...(test ? { test: { ...test, outputs } } : held > 0 ? { test: rows(all, outputs, order.slice(0, held)) } : {}),
  };
  return scaled({ name, ...parts }, cut.scale);
}

/** Refuses a test part of another form. */
function fits(name: string, train: Data, test: Data): void {
  const form = ({ width, inputs, outputs, targets }: Data): string => `${width} ${inputs instanceof Uint8Array ? 'bytes' : 'numbers'} an example and ${targets ? `${outputs} targets` : 'labels'}`;
  if (form(train) !== form(test)) throw new NadirError('input', `${name}: the test part has ${form(test)}; what is trained on has ${form(train)}`);
}

function many(part: number, n: number): number {
  return part === 0 ? 0 : part < 1 ? Math.max(1, Math.round(part * n)) : part;
}

/** 0 to n - 1 in a random order (Fisher and Yates, from the end). */
export function shuffled(n: number, random: Random): Uint32Array {
  const out = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.int(i + 1);
    const x = out[i]!;
    out[i] = out[j]!;
    out[j] = x;
  }
  return out;
}

function rows(data: Data, outputs: number, which: Uint32Array): Data {
  const take = <T extends Uint8Array | Float32Array>(from: T, width: number): T => {
    const out = new (from.constructor as { new (n: number): T })(which.length * width);
    which.forEach((row, i) => out.set(from.subarray(row * width, (row + 1) * width), i * width));
    return out;
  };
  const { width, inputs, scale, shift, labels, targets } = data;
  return { n: which.length, width, inputs: take(inputs, width), scale, shift, outputs, ...(labels ? { labels: take(labels, 1) } : {}), ...(targets ? { targets: take(targets, outputs) } : {}) };
}

function scaled(parts: Split, how: Scale): Split {
  const { train } = parts;
  const each = (change: (part: Data) => Data): Split => ({
    ...parts,
    train: change(parts.train),
    ...(parts.validation ? { validation: change(parts.validation) } : {}),
    ...(parts.test ? { test: change(parts.test) } : {}),
  });
  const targets = how === 'standard' && train.targets ? columns(train.targets, train.outputs, how) : undefined;
  const seen = train.inputs instanceof Uint8Array ? pixels(train.inputs, how) : { scale: 1, shift: 0 };
  const numbers = train.inputs instanceof Float32Array && how !== 'none' ? columns(train.inputs, train.width, how) : undefined;
  const out = each((part) => ({
    ...part,
    ...seen,
    ...(numbers ? { inputs: moved(part.inputs as Float32Array, numbers) } : {}),
    ...(targets ? { targets: moved(part.targets!, targets) } : {}),
  }));
  return targets ? { ...out, targets: { mean: targets.mean, deviation: targets.deviation } } : out;
}

/** What all pixels together are seen with; the sums are of integers, and exact. */
function pixels(bytes: Uint8Array, how: Scale): { scale: number; shift: number } {
  if (how !== 'standard') return { scale: how === 'unit' ? 1 / 255 : 1, shift: 0 };
  const counts = new Float64Array(256);
  for (let i = 0; i < bytes.length; i++) counts[bytes[i]!]!++;
  let sum = 0;
  let squares = 0;
  counts.forEach((count, value) => {
    sum += count * value;
    squares += count * value * value;
  });
  const mean = sum / bytes.length;
  const variance = squares / bytes.length - mean * mean;
  const scale = counts[bytes[0]!] === bytes.length ? 0 : 1 / Math.sqrt(variance);
  return { scale, shift: scale === 0 ? 0 : -mean * scale };
}

interface Columns { readonly mean: readonly number[]; readonly deviation: readonly number[] }

/** Mean and deviation of every column, or its least value and its range; a column that is one value has deviation 0. Row by row, as they lie in memory. */
function columns(values: Float32Array, width: number, how: Scale): Columns {
  const n = values.length / width;
  const least = values.slice(0, width);
  const most = values.slice(0, width);
  const sum = new Float64Array(width);
  for (let at = 0; at < values.length; at += width) {
    for (let c = 0; c < width; c++) {
      const value = values[at + c]!;
      if (value < least[c]!) least[c] = value;
      if (value > most[c]!) most[c] = value;
      sum[c]! += value;
    }
  }
  const mean = Array.from(sum, (total, c) => (least[c] === most[c] || how === 'unit' ? least[c]! : total / n));
  if (how === 'unit') return { mean, deviation: mean.map((low, c) => most[c]! - low) };
  const squares = new Float64Array(width);
  for (let at = 0; at < values.length; at += width) {
    for (let c = 0; c < width; c++) {
      const off = values[at + c]! - mean[c]!;
      squares[c]! += off * off;
    }
  }
  return { mean, deviation: Array.from(squares, (total, c) => (least[c] === most[c] ? 0 : Math.sqrt(total / n))) };
}

/** (value - mean) / deviation, and 0 where the deviation is. */
function moved(values: Float32Array, { mean, deviation }: Columns): Float32Array {
  const width = mean.length;
  const out = new Float32Array(values.length);
  for (let at = 0; at < values.length; at += width)
    for (let c = 0; c < width; c++) if (deviation[c]! > 0) out[at + c] = (values[at + c]! - mean[c]!) / deviation[c]!;
  return out;
}
