/**
 * The 64 opcodes of the machine that predicts the next bit, one row each, and the numbers both of its implementations share.
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

/** `code | name | operands | nominal nanoseconds a byte, of NEAR and SIGN a row, of DOT and TANH before 8 an input | synopsis`. A test compares the codes with the constants above. */
export const ROWS: StaticArray<string> = [
  '0 | NOP | | 0 | nothing',
  '1 | ORD | d b | 7 | R[d] = hash of the last b bytes (b from 0 to 31)',
  '2 | SPARSE | d b k | 11 | R[d] = hash of the bytes chosen by the 16-bit mask (b << 10 | k): bit i is the byte i + 1 back',
  '3 | WORD | d b | 4 | R[d] = hash of the letters of this word so far and of the b & 3 words before it; b & 4: without the nearest of those',
  '4 | BYTE | d b | 3 | R[d] = the byte b + 1 back',
  '5 | LDI | d k | 3 | R[d] = k',
  '6 | ADD | d a b | 3 | R[d] = R[a] + R[b]',
  '7 | SUB | d a b | 3 | R[d] = R[a] - R[b]',
  '8 | XOR | d a b | 3 | R[d] = R[a] ^ R[b]',
  '9 | AND | d a b | 3 | R[d] = R[a] & R[b]',
  '10 | OR | d a b | 3 | R[d] = R[a] | R[b]',
  '11 | SHR | d a k | 3 | R[d] = R[a] >> (k & 31)',
  '12 | SHL | d a k | 3 | R[d] = R[a] << (k & 31)',
  '13 | MUL | d a b | 3 | R[d] = R[a] * R[b]',
  '14 | HASH | d a b k | 4 | R[d] = hash of R[a], R[b] and k',
  '15 | LOW | d a | 3 | R[d] = the low byte of R[a], A to Z as a to z',
  '16 | ALPHA | d a | 3 | R[d] = 1 when the low byte of R[a] is a letter or above 127, else 0',
  '17 | SEL | d a b | 3 | R[d] = R[b] when R[a] is not 0; else R[d] stays',
  '18 | COL | d | 3 | R[d] = bytes since the last line feed, at most 255',
  '19 | ABOVE | d | 5 | R[d] = the byte of the line before in this column, 0 when it is shorter',
  '20 | CLASS | d b | 10 | R[d] = the classes (3 bits each) of the last b & 15 bytes, at most 10: other control, line feed, space, punctuation, digit, lower, upper, above 127',
  '21 | FEAT | b k | 80 | V = the last bytes as a vector of 4 << (b & 3), the latest first, by mode b >> 2 & 3: 0 (byte - 96) / 32; 1 D[k + byte]; 2 and 3 the 2 or 4 doubles a byte from D[k], bytes modulo 128; times 1, 0.84, 0.7 or 0.5 (b >> 4) to the power of the age',
  '22 | PROJ | d b k | 20 | F[d] = V . D[k...]; R[d] = its level of 2 << (b & 7) between -4 and 4',
  '23 | NEAR | d b k | 24 | R[d] = which of the b + 1 rows from D[k] is nearest to V',
  '24 | SIGN | d b k | 24 | R[d] = bit i is set when V . row i >= 0, for the (b & 15) + 1 rows from D[k]',
  '25 | PERM | k | 55 | V[i] = V[D[k + i]], indices rounded down, modulo the length',
  '26 | DCT | | 600 | V = its orthonormal DCT-II',
  '27 | MLEN | d | 3 | R[d] = the length of the last MATCH so far, at most 63, 0 for none',
  '28 | MBYTE | d | 3 | R[d] = the byte that the last MATCH expects next, plus 1; 0 for none',
  '29 | PRIME | b k | 0 | once, at the start: learn the text in D[k] to D[k + 16 b - 1], six bytes a double, the lowest first, zero bytes left out',
  '30 | | | 0 |', '31 | | | 0 |',
  '32 | CM | d a b | 155 | X[d] = stretch(p) of an adaptive counter a context R[a], the rate at least 1 / LIMITS[b & 7]; owns a table',
  '33 | CM2 | d a b | 155 | CM, and X[d + 1] = 3 (2 p - 1); owns a table',
  '34 | ICM | d a b | 155 | X[d] = stretch(p) of a bit history in context R[a] through an adaptive map; owns a table',
  '35 | ISSE | d a b | 180 | X[d] = X[b] refined by two weights that the bit history in context R[a] selects; owns a table',
  '36 | RUN | d a b | 95 | X[d] = for or against the byte last seen in context R[a], by how often it came in a row; owns a table',
  '37 | MATCH | d a b | 120 | the longest repeat, looked up by R[a] and at least b bytes long: X[d] = stretch(p by its length), X[d + 1] = its length, both for the expected bit; owns a table',
  '38 | BIAS | d k | 45 | X[d] = D[k]',
  '39 | MOV | d a | 45 | X[d] = F[a]',
  '40 | DOT | d a b k | 60 | F[d] = D[k] + the sum of D[k + 1 + i] X[a + i] over (b & 31) + 1 inputs; b & 32: of F instead of X',
  '41 | TANH | d a b k | 180 | F[d] = tanh of what DOT gives',
  '42 | MIX | d a b k | 115 | F[d] = weights . X, the weight set by selector R[a] and mode b & 7, all sets from D[k...], learning rate RATES[b >> 3]',
  '43 | MIX2 | d a b k | 95 | F[d] = weights . F[a...] over (b & 7) + 2 inputs, the weight set by c0, all sets from D[k...], learning rate RATES[b >> 3]',
  '44 | AVG | d a b | 45 | F[d] = (F[a] + F[b]) / 2',
  '45 | APM | d a b k | 135 | F[d] = F[b] refined in a context: k & 3: 0 c0; 1 c0 and R[a] & 255; 2 c0 hashed with R[a]; 3 c0 hashed with what MATCH expects; rate 1 / APM_RATES[k >> 2 & 3]; share 1, 3/4, 1/2, 1/4 by k >> 4 & 3',
  '46 | FADD | d a b | 45 | F[d] = F[a] + F[b]',
  '47 | FMUL | d a b | 45 | F[d] = F[a] F[b]',
  '48 | FMIN | d a b | 45 | F[d] = the lesser of F[a], F[b]',
  '49 | FMAX | d a b | 45 | F[d] = the greater of F[a], F[b]',
  '50 | LDD | d k | 45 | F[d] = D[k]',
  '51 | FX | d a | 45 | F[d] = X[a]',
  '52 | OUT | a | 45 | the prediction is F[a]; the last OUT counts, without one it is 0',
  '53 | | | 0 |', '54 | | | 0 |', '55 | | | 0 |', '56 | | | 0 |', '57 | | | 0 |', '58 | | | 0 |',
  '59 | | | 0 |', '60 | | | 0 |', '61 | | | 0 |', '62 | | | 0 |', '63 | | | 0 |',
];

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
