/** Where the machine keeps what: offsets into its region and into the record of an instruction, and what everything in it reads. */

export const POS: usize = 0; // bytes so far
export const C0: usize = 4; // the bits of this byte after a leading 1
export const BIT: usize = 8; // bits of this byte so far
export const LINE: usize = 12; // where this line began
export const ABOVELINE: usize = 16; // where the one before began
export const P: usize = 20; // probability of a 1, 1 to 65535 of 65536
export const LOGIT: usize = 24; // what OUT said
export const RING: usize = 32; // the history's place in the region
export const RINGMASK: usize = 36;
export const LEN: usize = 40; // of the last MATCH: how long
export const EXPECT: usize = 44; // and the byte it expects, plus 256; 0 for none
export const WORDS: usize = 48; // hashes of this word and of three before it
export const FINGER: usize = 64; // hash of the predictions
export const HITS: usize = 72; // counters and histories of this bit that have seen it before
export const KNOWS: usize = 76; // whether a mixer asks for HITS
export const PROD: usize = 80; // product of the probabilities, and how often it was scaled
export const EXPO: usize = 88;
export const NBYTE: usize = 92; // instructions a byte, a bit
export const NBIT: usize = 96;
export const NX: usize = 100; // mixer inputs in use, a multiple of 8
export const BITS: usize = 104;
export const VLEN: usize = 108;
export const DONE: usize = 112; // bytes the last call dealt with
export const NODE: usize = 116; // of the tree of this nibble, 1 to 15
export const SIZE: usize = 120;
export const R: usize = 128;
export const F: usize = 256;
export const X: usize = 384;
export const V: usize = 512;
export const W: usize = 768; // room for another vector
export const D: usize = 1024;
export const REC: usize = 9216;
export const STRETCH: usize = 13312;
export const SQUASH: usize = 29696;
export const DT: usize = 46080; // 8192 / (n + 1.5)
export const COS: usize = 50176; // cos(pi i / 64)
export const TEXT: usize = 51200; // the words
export const NEXT: usize = 51456; // bit histories: two successors a state, two counts a state, then room to make them
export const FIXED: usize = 57344;

export const RECORD: usize = 64;
export const OP: usize = 0;
export const RD: usize = 4;
export const RA: usize = 8;
export const RB: usize = 12;
export const RK: usize = 16;
export const TABLE: usize = 20;
export const MAP: usize = 24;
export const CUR: usize = 32; // a slot
export const AUX: usize = 36;
export const PR: usize = 40; // a probability
export const SPAN: usize = 44; // match length, share
export const RATE: usize = 48;
export const BASE: usize = 52;

/** The byte i + 1 back, 0 before the start. */
// @ts-ignore: decorator
@inline
export function back(m: usize, i: u32): u32 {
  return load<u8>(m + load<u32>(m, RING) + ((load<u32>(m, POS) - 1 - i) & load<u32>(m, RINGMASK)));
}
// @ts-ignore: decorator
@inline
export function mix32(h: u32): u32 {
  h *= 0x9e3779b1;
  h ^= h >>> 15;
  h *= 0x85ebca77;
  return h ^ (h >>> 13);
}
/** A table entry's logit: p has 22 bits. */
// @ts-ignore: decorator
@inline
export function stretch(m: usize, p: u32): f32 {
  return load<f32>(m + ((p >>> 10) << 2), STRETCH);
}
/** With branches, which are foretold: an instruction would be waited for (measured). */
// @ts-ignore: decorator
@inline
export function between(x: f64, low: f64, high: f64): f64 {
  return x < low ? low : x > high ? high : x;
}
/** The whole part of a number that is one of 32 bits. By lanes: engines check the scalar conversion with four more instructions. */
// @ts-ignore: decorator
@inline
export function whole(x: f64): i32 {
  return i32x4.extract_lane(i32x4.trunc_sat_f64x2_s_zero(f64x2.splat(x)), 0);
}
/** The probability of a logit, to 4096 levels between -12 and 12. */
// @ts-ignore: decorator
@inline
export function squash(m: usize, x: f64): f32 {
  return load<f32>(m + (<usize>whole(between((x + 12.0) * (4096.0 / 24.0), 0.0, 4095.0)) << 2), SQUASH);
}
// @ts-ignore: decorator
@inline
export function clamp(x: f64): f64 {
  return between(x, -32.0, 32.0);
}
// @ts-ignore: decorator
@inline
export function clampf(x: f32): f32 {
  return x < -32.0 ? -32.0 : x > 32.0 ? 32.0 : x;
}
// @ts-ignore: decorator
@inline
export function reg(m: usize, i: u32): u32 {
  return load<u32>(m + ((i & 31) << 2), R);
}
// @ts-ignore: decorator
@inline
export function setX(m: usize, i: u32, x: f32): void {
  store<f32>(m + ((i & 31) << 2), x, X);
}
// @ts-ignore: decorator
@inline
export function getF(m: usize, i: u32): f64 {
  return load<f64>(m + ((i & 15) << 3), F);
}
// @ts-ignore: decorator
@inline
export function setF(m: usize, i: u32, x: f64): void {
  store<f64>(m + ((i & 15) << 3), clamp(x), F);
}
/** D[i], around the end. */
// @ts-ignore: decorator
@inline
export function number(m: usize, i: u32): f64 {
  return load<f64>(m + ((i & 1023) << 3), D);
}
