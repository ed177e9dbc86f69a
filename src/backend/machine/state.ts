/**
 * Where the plain machine keeps what: the layout of assembly/state.ts, as indices into views that begin at the machine's region, and what everything in it reads.
 *
 * Tables, maps and slots are noted in bytes from the region's start, as the module notes them, so that the regions of both are equal byte for byte.
 * Surprise: vitest makes a call of every use of an imported name, so the other files take names from here and from opcodes.ts once, as constants of their own (measured in tests: 27 times as fast).
 */

/** Views of a machine's region, and of what lies behind it. */
export interface Region {
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

/** The region at m, which is 64-byte aligned. */
export function region(buffer: ArrayBuffer, m: number): Region {
  return { u8: new Uint8Array(buffer, m), u32: new Uint32Array(buffer, m), f32: new Float32Array(buffer, m), f64: new Float64Array(buffer, m) };
}

// Indices into u32, but LOGIT, PROD, SIZE, F, V, W, D and COS into f64, X, STRETCH and SQUASH into f32, NEXT into u8.
export const POS = 0; // bytes so far
export const C0 = 1; // the bits of this byte after a leading 1
export const BIT = 2; // bits of this byte so far
export const LINE = 3; // where this line began
export const ABOVELINE = 4; // where the one before began
export const P = 5; // probability of a 1, 1 to 65535 of 65536
export const LOGIT = 3; // what OUT said
export const RING = 8; // the history's place
export const RINGMASK = 9;
export const LEN = 10; // of the last MATCH: how long
export const EXPECT = 11; // and the byte it expects, plus 256; 0 for none
export const WORDS = 12; // hashes of this word and of three before it
export const FINGER = 16; // hash of the predictions
export const HITS = 18; // counters and histories of this bit that have seen it before
export const KNOWS = 19; // whether a mixer asks for HITS
export const PROD = 10; // product of the probabilities, and how often it was scaled
export const EXPO = 22;
export const NBYTE = 23; // instructions a byte, a bit
export const NBIT = 24;
export const NX = 25; // mixer inputs in use, a multiple of 8
export const BITS = 26;
export const VLEN = 27;
export const DONE = 28; // bytes the last call dealt with
export const NODE = 29; // of the tree of this nibble, 1 to 15
export const SIZE = 15;
export const R = 32;
export const F = 32;
export const X = 96;
export const V = 64;
export const W = 96; // room for another vector
export const D = 128;
export const REC = 2304;
export const STRETCH = 3328;
export const SQUASH = 7424;
export const DT = 11520; // 8192 / (n + 1.5)
export const COS = 6272; // cos(pi i / 64)
export const TEXT = 12800; // the words
export const NEXT = 51456; // bit histories: two successors a state, two counts a state, then room to make them
export const FIXED = 57344; // bytes

// A record of 16 words an instruction; PR, RATE, the SPAN of ISSE and the BASE of mixers are f32.
export const RECORD = 16;
export const OP = 0;
export const RD = 1;
export const RA = 2;
export const RB = 3;
export const RK = 4;
export const TABLE = 5;
export const MAP = 6;
export const CUR = 8; // a slot
export const AUX = 9;
export const PR = 10; // a probability
export const SPAN = 11; // match length, share
export const RATE = 12;
export const BASE = 13;

/** The byte i + 1 back, 0 before the start. */
export function back({ u8, u32 }: Region, i: number): number {
  return u8[u32[RING] + ((u32[POS] - 1 - i) & u32[RINGMASK])];
}
export function mix32(h: number): number {
  h = Math.imul(h, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca77);
  return (h ^ (h >>> 13)) >>> 0;
}
/** A table entry's logit: p has 22 bits. */
export function stretch({ f32 }: Region, p: number): number {
  return f32[STRETCH + (p >>> 10)];
}
/** The probability of a logit, to 4096 levels between -12 and 12. */
export function squash({ f32 }: Region, x: number): number {
  const t = (x + 12) * (4096 / 24);
  return f32[SQUASH + Math.floor(t < 0 ? 0 : t > 4095 ? 4095 : t)];
}
export function clamp(x: number): number {
  return x < -32 ? -32 : x > 32 ? 32 : x;
}
export function reg({ u32 }: Region, i: number): number {
  return u32[R + (i & 31)];
}
export function getX({ f32 }: Region, i: number): number {
  return f32[X + (i & 31)];
}
export function setX({ f32 }: Region, i: number, x: number): void {
  f32[X + (i & 31)] = x;
}
export function getF({ f64 }: Region, i: number): number {
  return f64[F + (i & 15)];
}
export function setF({ f64 }: Region, i: number, x: number): void {
  f64[F + (i & 15)] = clamp(x);
}
/** D[i], around the end. */
export function number({ f64 }: Region, i: number): number {
  return f64[D + (i & 1023)];
}
