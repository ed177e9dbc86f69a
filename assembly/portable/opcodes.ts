/**
 * The opcodes of the machine that predicts the next bit, and the numbers both of its implementations share. What each does is its row of rows.ts.
 *
 * A word is `[op:6 | d:5 | a:5 | b:6 | k:10]`. Opcodes from 32 are BIT instructions: they run before each bit, in order, and learn after it. The others are BYTE
 * instructions and run before the first bit of each byte, in order. State: R[0..31] u32 (contexts; kept from byte to byte), X[0..31] f32 (logits, the inputs of MIX),
 * F[0..15] f64 (logits), V (a vector of 4 to 32 doubles), D[0..1023] (the kernel's doubles), the history, c0 (the bits of this byte so far after a leading 1).
 * A register operand is taken modulo its file's size; D wraps around. What is written to X and F is clamped to [-32, 32]. A row that is missing, and a table
 * instruction after the 24th, does nothing. Learning follows PAQ and ZPAQ (M. Mahoney): counters, bit histories, ISSE, gated logistic mixing, APM.
 * Surprise: probabilities as 22-bit integers with a count beside them beat floats: exact everywhere, four bytes a slot, and a cache line holds a nibble's tree.
 */
/// <reference path="./ambient.d.ts" preserve="true" />

export const NOP: i32 = 0;
export const ORD: i32 = 1;
export const SPARSE: i32 = 2;
export const WORD: i32 = 3;
export const BYTE: i32 = 4;
export const LDI: i32 = 5;
export const ADD: i32 = 6;
export const SUB: i32 = 7;
export const XOR: i32 = 8;
export const AND: i32 = 9;
export const OR: i32 = 10;
export const SHR: i32 = 11;
export const SHL: i32 = 12;
export const MUL: i32 = 13;
export const HASH: i32 = 14;
export const LOW: i32 = 15;
export const ALPHA: i32 = 16;
export const SEL: i32 = 17;
export const COL: i32 = 18;
export const ABOVE: i32 = 19;
export const CLASS: i32 = 20;
export const FEAT: i32 = 21;
export const PROJ: i32 = 22;
export const NEAR: i32 = 23;
export const SIGN: i32 = 24;
export const PERM: i32 = 25;
export const DCT: i32 = 26;
export const MLEN: i32 = 27;
export const MBYTE: i32 = 28;
export const PRIME: i32 = 29;
export const CM: i32 = 32;
export const CM2: i32 = 33;
export const ICM: i32 = 34;
export const ISSE: i32 = 35;
export const RUN: i32 = 36;
export const MATCH: i32 = 37;
export const BIAS: i32 = 38;
export const MOV: i32 = 39;
export const DOT: i32 = 40;
export const TANH: i32 = 41;
export const MIX: i32 = 42;
export const MIX2: i32 = 43;
export const AVG: i32 = 44;
export const APM: i32 = 45;
export const FADD: i32 = 46;
export const FMUL: i32 = 47;
export const FMIN: i32 = 48;
export const FMAX: i32 = 49;
export const LDD: i32 = 50;
export const FX: i32 = 51;
export const OUT: i32 = 52;

/** Table instructions a kernel can have. */
export const TABLES: i32 = 24;
/** Counts at which an adaptive counter stops slowing down. */
export const LIMITS: StaticArray<i32> = [6, 14, 30, 60, 127, 255, 511, 1023];
/** Learning rates of MIX and MIX2, where they end. They begin at ANNEAL times that, and every bit takes DECAY of what is above. */
export const RATES: StaticArray<f64> = [0.0004, 0.0008, 0.0015, 0.0025, 0.004, 0.007, 0.012, 0.025];
export const ANNEAL: f64 = 7.0;
export const DECAY: f64 = 0.00001;
export const APM_RATES: StaticArray<f64> = [16.0, 32.0, 64.0, 128.0];
/** The learning rate of the two weights of ISSE. */
export const ISSE_RATE: f64 = 0.004;
/**
 * Weight sets of MIX by mode: one; c0; R & 255; how many tables of this kernel know their context (of CM, CM2, ICM and ISSE so far, at most 31), which bit it is, and
 * whether MATCH expects a byte, after up to 15, 31 or more; bit and R & 31; c0 and R & 3; R & 1023; c0 and whether MATCH expects a byte.
 */
export const SETS: StaticArray<i32> = [1, 256, 256, 1024, 256, 1024, 1024, 512];
