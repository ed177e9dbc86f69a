/**
 * The stream: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 *
 * Counter-based: word i of a key is a function of (key, i), so a stream is a key and a position, and a child is a key made
 * from the parent's key and a label. Uniform words and normals are two sequences of one key (the third counter word tells
 * them apart), so both are refilled by whole buffers and neither moves the other. A backend's kernels refill the buffers
 * when there is one; the plain code here makes the same words.
 */
import { cos, log, sin } from '../../assembly/portable/math.ts';
import { NadirError, show } from './errors.ts';
import type { Backend, Random, Snapshot } from './types.ts';

const WORDS = 128; // in a buffer: 32 blocks, 64 doubles
const NORMALS = 64; // in a buffer: 32 blocks
const UNIFORM = 0;
const NORMAL = 1;
const LABEL = 2;
const TWO_PI = 6.283185307179586;

type Source = Pick<Backend, 'kernels' | 'scratch'>;

/**
 * The stream of a seed.
 * @param seed an integer from 0 to 2^53 - 1
 * @param backend refills the buffers when given; the words are the same without
 * @example
 * const random = createRandom(1);
 * random.int(6); // 4
 */
export function createRandom(seed: number, backend?: Source): Random {
  if (!Number.isInteger(seed) || seed < 0 || seed > Number.MAX_SAFE_INTEGER) throw new NadirError('input', `seed is ${show(seed)}; allowed: an integer from 0 to 2^53 - 1`);
  return stream(seed >>> 0, Math.floor(seed / 4294967296), 0, 0, backend);
}

/** The stream that was saved, at its position. Throws `state` when it is no saved stream. */
export function restoreRandom(saved: Snapshot, backend?: Source): Random {
  const s = saved as { key?: number[]; words?: number; normals?: number } | null;
  const ok = (v: unknown): v is number => Number.isSafeInteger(v) && (v as number) >= 0;
  if (!s || !Array.isArray(s.key) || s.key.length !== 2 || !s.key.every(ok) || !ok(s.words) || !ok(s.normals)) throw new NadirError('state', `the saved stream is ${show(saved)}; expected { key: [u32, u32], words, normals }`);
  return stream(s.key[0]! >>> 0, s.key[1]! >>> 0, s.words, s.normals, backend);
}

function stream(k0: number, k1: number, wordsAt: number, normalsAt: number, backend?: Source): Random {
  let words: Uint32Array | undefined; // made when first drawn from: many streams are only forked
  let wordBase = -WORDS; // position of words[0]; a multiple of WORDS once filled
  let word = WORDS; // next index
  let normals: Float64Array | undefined; // most streams draw none
  let normalBase = -NORMALS;
  let normalNext = NORMALS;

  if (wordsAt > 0) seekWords(wordsAt);
  if (normalsAt > 0) seekNormals(normalsAt);

  function seekWords(position: number): void {
    words ??= new Uint32Array(WORDS);
    wordBase = position - (position % WORDS);
    word = position - wordBase;
    const block = wordBase / 4;
    const lo = block >>> 0;
    const hi = Math.floor(block / 4294967296);
    if (backend) {
      const { u32, pointer } = backend.scratch;
      backend.kernels.philox(pointer, WORDS / 4, k0, k1, lo, hi, UNIFORM);
      for (let i = 0; i < WORDS; i++) words[i] = u32[i]!;
    } else for (let b = 0; b < WORDS / 4; b++) philox(words, 4 * b, k0, k1, lo + b, hi, UNIFORM);
  }

  function seekNormals(position: number): void {
    normals ??= new Float64Array(NORMALS);
    normalBase = position - (position % NORMALS);
    normalNext = position - normalBase;
    const block = normalBase / 2;
    const lo = block >>> 0;
    const hi = Math.floor(block / 4294967296);
    if (backend) {
      const { f64, pointer } = backend.scratch;
      backend.kernels.normals(pointer, NORMALS / 2, k0, k1, lo, hi, NORMAL);
      for (let i = 0; i < NORMALS; i++) normals[i] = f64[i]!;
    } else for (let b = 0; b < NORMALS / 2; b++) normalPair(normals, 2 * b, k0, k1, lo + b, hi, NORMAL);
  }

  function u32(): number {
    if (word === WORDS) seekWords(wordBase + WORDS);
    return words![word++]!;
  }

  function f64(): number {
    word += word & 1; // doubles start at even words
    if (word === WORDS) seekWords(wordBase + WORDS);
    const hi = words![word]!;
    const lo = words![word + 1]!;
    word += 2;
    return uniform(hi, lo);
  }

  function normal(): number {
    if (normalNext === NORMALS) seekNormals(normalBase + NORMALS);
    return normals![normalNext++]!;
  }

  return {
    u32,
    f64,
    int(n) {
      if (!(n >= 1 && n <= 4294967296) || Math.floor(n) !== n) throw new NadirError('input', `int(n): n is ${show(n)}; allowed: an integer from 1 to 2^32`);
      const limit = 4294967296 - (4294967296 % n); // words from here on would favour the small numbers
      let w = u32();
      while (w >= limit) w = u32();
      return w % n;
    },
    normal,
    fill(out) {
      for (let i = 0; i < out.length; i++) out[i] = f64();
    },
    normals(out) {
      for (let i = 0; i < out.length; i++) out[i] = normal();
    },
    fork(label) {
      const key = childKey(k0, k1, String(label));
      return stream(key[0]!, key[1]!, 0, 0, backend);
    },
    save: () => ({ key: [k0, k1], words: wordBase + word, normals: normalBase + normalNext }),
  };
}

/** 53 bits of two words, in [0, 1). */
export function uniform(hi: number, lo: number): number {
  return ((hi >>> 5) * 67108864 + (lo >>> 6)) / 9007199254740992;
}

/** Absorbs a label's UTF-16 code units, three a block with their count, into a key. */
function childKey(k0: number, k1: number, label: string): Uint32Array {
  const out = new Uint32Array(4);
  out[0] = k0;
  out[1] = k1;
  for (let i = 0; i <= label.length; i += 3) {
    const unit = (j: number): number => (j < label.length ? label.charCodeAt(j) + 1 : 0); // + 1: a zero unit is not the end
    philox(out, 0, out[0]!, out[1]!, unit(i) | (i << 17), unit(i + 1), LABEL, unit(i + 2));
  }
  return out;
}

/** One block of Philox4x32-10, counter (c0, c1, c2, c3), into out[at .. at + 3]. */
export function philox(out: Uint32Array, at: number, k0: number, k1: number, c0: number, c1: number, c2: number, c3 = 0): void {
  for (let round = 0; round < 10; round++) {
    const lo0 = Math.imul(0xd2511f53, c0);
    const hi0 = high(0xd251, 0x1f53, c0);
    const lo1 = Math.imul(0xcd9e8d57, c2);
    const hi1 = high(0xcd9e, 0x8d57, c2);
    c0 = hi1 ^ c1 ^ k0;
    c1 = lo1;
    c2 = hi0 ^ c3 ^ k1;
    c3 = lo0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/** The high 32 bits of (ah * 2^16 + al) * b. */
function high(ah: number, al: number, b: number): number {
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const low = Math.imul(al, bl) >>> 0;
  const mid = (Math.imul(ah, bl) >>> 0) + (low >>> 16); // below 2^32
  const mid2 = (Math.imul(al, bh) >>> 0) + (mid & 0xffff); // below 2^32
  return (Math.imul(ah, bh) + (mid >>> 16) + (mid2 >>> 16)) | 0;
}

const pair = new Uint32Array(4);

/** Box-Muller: sqrt(-2 log u) (cos, sin)(2 pi v), with u in (0, 1] so that the logarithm is finite. */
export function normalPair(out: Float64Array, at: number, k0: number, k1: number, lo: number, hi: number, tag: number): void {
  philox(pair, 0, k0, k1, lo, hi, tag);
  const r = Math.sqrt(-2 * log(1 - uniform(pair[0]!, pair[1]!)));
  const angle = TWO_PI * uniform(pair[2]!, pair[3]!);
  out[at] = r * cos(angle);
  out[at + 1] = r * sin(angle);
}
