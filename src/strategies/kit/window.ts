/**
 * The sliding window as a vector, exactly as the machine's FEAT makes it, and what it is made of: bytes embedded by the company they keep.
 *
 * A byte's features are the square roots of the shares of what follows and precedes it (so that straight distance is Hellinger's); the principal directions
 * of these, weighted by how often the bytes occur, are its coordinates, centred so that the window has mean 0. It is a spectral embedding of the bigram table,
 * after Schuetze ("Part-of-speech induction from scratch", 1993) with letters for words: vowels, consonants, capitals, digits and marks fall apart by themselves.
 */
import { eigen } from './eigen.ts';

/** What FEAT is told: the vector has 4 << size doubles; mode 0 raw bytes, 1 to 3 a table of 1, 2 or 4 doubles a byte; fade 0 to 3. */
export interface Window {
  readonly size: number;
  readonly mode: number;
  readonly fade: number;
}

export const FADES: readonly number[] = [1, 0.84, 0.7, 0.5];
const COMMON = 15; // neighbours that are told apart; the others are one

/** The operand b of FEAT. */
export function operand({ size, mode, fade }: Window): number {
  return size | (mode << 2) | (fade << 4);
}

/** Doubles a byte. */
export function each(mode: number): number {
  return mode < 2 ? 1 : 2 << (mode - 2);
}

/** The vector before `bytes[at]`, into out[from...], as FEAT sums it up. */
export function feature(bytes: Uint8Array, at: number, { size, mode, fade }: Window, table: Float64Array | undefined, out: Float64Array, from: number): void {
  const n = 4 << size;
  const width = each(mode);
  let weight = 1;
  for (let i = 0; i < n; ) {
    const c = at - 1 - i / width >= 0 ? bytes[at - 1 - i / width]! : 0;
    for (let j = 0; j < width; j++, i++) out[from + i] = (mode === 0 ? (c - 96) * 0.03125 : mode === 1 ? (table![c] ?? 0) : (table![(c & 127) * width + j] ?? 0)) * weight;
    weight *= FADES[fade]!;
  }
}

/** Where `most` windows end, or one in eight bytes if that is less, spread evenly over the bytes. */
export function places(length: number, most: number): Uint32Array {
  const n = Math.min(length, Math.max(64, Math.min(most, length >>> 3)));
  return Uint32Array.from({ length: n }, (_, i) => Math.floor(((i + 0.5) * length) / n));
}

/** `4 << size` doubles for each place. */
export function windows(bytes: Uint8Array, at: Uint32Array, window: Window, table: Float64Array | undefined): Float64Array {
  const n = 4 << window.size;
  const out = new Float64Array(at.length * n);
  for (let i = 0; i < at.length; i++) feature(bytes, at[i]!, window, table, out, i * n);
  return out;
}

export interface Embedding {
  /** `each(mode)` doubles a byte, up to the highest byte there is. */
  readonly table: Float64Array;
  /** Operations it took. */
  readonly work: number;
}

/** `embed` of these bytes, each table made once. */
export function embeddings(bytes: Uint8Array): (mode: number, side: number) => Embedding {
  const made = new Map<number, Embedding>();
  return (mode, side) => {
    const key = mode * 4 + side;
    const embedding = made.get(key) ?? embed(bytes, mode, side);
    made.set(key, embedding);
    return embedding;
  };
}

/** The table of `mode` 1, 2 or 3 that these bytes teach; `side` 0: by what comes after a byte, 1: before, 2: both. */
export function embed(bytes: Uint8Array, mode: number, side: number): Embedding {
  const width = each(mode);
  const mask = mode === 1 ? 255 : 127; // as FEAT reads it
  const pairs = new Float64Array(256 * 256);
  const count = new Float64Array(256);
  let highest = 0;
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i]! & mask;
    count[c] = count[c]! + 1;
    if (c > highest) highest = c;
    if (i > 0) pairs[(bytes[i - 1]! & mask) * 256 + c]!++;
  }
  const common = Array.from(count.keys()).filter((c) => count[c]! > 0).sort((a, b) => count[b]! - count[a]! || a - b).slice(0, COMMON);
  const column = new Uint8Array(256).fill(common.length);
  common.forEach((c, i) => (column[c] = i));
  const wide = common.length + 1;
  const dim = side === 2 ? 2 * wide : wide;
  const features = new Float64Array(256 * dim);
  for (let c = 0; c <= highest; c++) {
    if (count[c] === 0) continue;
    if (side !== 1) neighbours(features, c * dim, wide, column, (f) => pairs[c * 256 + f]!);
    if (side !== 0) neighbours(features, c * dim + (side === 2 ? wide : 0), wide, column, (f) => pairs[f * 256 + c]!);
  }
  const mean = new Float64Array(dim);
  for (let c = 0; c <= highest; c++) for (let i = 0; i < dim; i++) mean[i] = mean[i]! + (count[c]! / bytes.length) * features[c * dim + i]!;
  const covariance = new Float64Array(dim * dim);
  for (let c = 0; c <= highest; c++) {
    if (count[c] === 0) continue;
    const w = count[c]! / bytes.length;
    for (let i = 0; i < dim; i++) {
      const x = w * (features[c * dim + i]! - mean[i]!);
      for (let j = i; j < dim; j++) covariance[i * dim + j] = covariance[i * dim + j]! + x * (features[c * dim + j]! - mean[j]!);
    }
  }
  const { values, vectors, rotations } = eigen(covariance, dim);
  const scale = values[0]! > 0 ? 1 / Math.sqrt(values[0]!) : 0; // the first coordinate has variance 1
  const table = new Float64Array((highest + 1) * width);
  for (let c = 0; c <= highest; c++) {
    if (count[c] === 0) continue; // never seen: the mean
    for (let k = 0; k < width && k < dim; k++) {
      let s = 0;
      for (let i = 0; i < dim; i++) s += vectors[k * dim + i]! * (features[c * dim + i]! - mean[i]!);
      table[c * width + k] = s * scale;
    }
  }
  return { table, work: 4 * bytes.length + 12 * dim * rotations + 64 * dim * dim };
}

/** Square roots of the shares of a byte's neighbours. */
function neighbours(out: Float64Array, at: number, wide: number, column: Uint8Array, pairs: (f: number) => number): void {
  let total = 1; // one more than there are: what is rare is near the origin
  for (let f = 0; f < 256; f++) {
    out[at + column[f]!] = out[at + column[f]!]! + pairs(f);
    total += pairs(f);
  }
  for (let i = 0; i < wide; i++) out[at + i] = Math.sqrt(out[at + i]! / total);
}
