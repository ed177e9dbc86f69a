/**
 * The machine of portable/opcodes.ts: a program of 64 words and 1024 doubles predicts every next bit, an arithmetic coder turns that into bytes.
 *
 * It works in a region the host gives it: scalars and registers first (offsets below), then tables, the history, and what each instruction owns. `machinePlan`
 * reads the words and says how large the region is, `machineBoot` makes everything defined, the rest goes on from byte to byte. Words become records of 64
 * bytes, so that operands are decoded once. It is over 300 lines because all that shares these offsets is here; what components do is in components.ts.
 * Surprise: all the tables begin as zeros, so that starting over is a memory.fill; counters are kept with their top bit flipped for that.
 */
import { exp, log, cos, tanh } from './portable/math';
import * as op from './portable/opcodes';
import {
  POS, C0, BIT, LINE, ABOVELINE, P, LOGIT, RING, RINGMASK, LEN, EXPECT, HITS, KNOWS, WORDS, FINGER, PROD, EXPO, NBYTE, NBIT, NX, BITS, VLEN, DONE, NODE, SIZE,
  R, F, X, D, REC, STRETCH, SQUASH, DT, COS, TEXT, NEXT, FIXED, RECORD, OP, RD, RA, RB, RK, TABLE, MAP, CUR, RATE, BASE,
  getF, number, setF, setX, squash,
} from './state';
import { apm, cm, cm2, dot, icm, isse, learnApm, learnCm, learnIcm, learnIsse, learnMatch, learnMix, learnMix2, learnRun, match, mix, mix2, nibbleOp, run } from './components';
import { byteOp, letter } from './features';

/** Reads the words at TEXT for tables of 2^bits slots and lays everything out; the size of the region in bytes. `bits` from 12 to 22. */
export function machinePlan(m: usize, bits: i32): f64 {
  store<i32>(m, bits, BITS);
  const ring = min(22, bits + 2);
  store<u32>(m, (1 << ring) - 1, RINGMASK);
  let top: usize = FIXED;
  store<u32>(m, <u32>top, RING);
  top += <usize>1 << ring;
  let bytes = 0;
  let bitops = 0;
  let tables = 0;
  let inputs = 0;
  for (let pass = 0; pass < 2; pass++) {
    for (let i = 0; i < 64; i++) {
      const word = load<u32>(m + (<usize>i << 2), TEXT);
      const code = <i32>(word >>> 26);
      if (code == op.NOP || (code > op.PRIME && code < op.CM) || code > op.OUT || (code >= op.CM) != (pass == 1)) continue;
      const owns = code >= op.CM && code <= op.MATCH;
      if (owns && ++tables > op.TABLES) continue;
      const d = (word >>> 21) & 31;
      const a = (word >>> 16) & 31;
      const b = (word >>> 10) & 63;
      const k = word & 1023;
      const r = m + REC + <usize>(bytes + bitops) * RECORD;
      memory.fill(r, 0, RECORD);
      store<i32>(r, code, OP);
      store<u32>(r, d, RD);
      store<u32>(r, a, RA);
      store<u32>(r, b, RB);
      store<u32>(r, k, RK);
      if (pass == 0) bytes++;
      else {
        bitops++;
        if ((code >= op.CM && code <= op.MOV)) inputs = max(inputs, <i32>d + 1);
        if (code == op.CM2 || code == op.MATCH) inputs = max(inputs, min(32, <i32>d + 2));
      }
      if (owns) {
        store<u32>(r, <u32>top, TABLE);
        top += <usize>4 << bits;
        store<u32>(r, <u32>top, MAP);
        if (code == op.ICM) top += 1024;
        else if (code == op.ISSE) top += 2048;
        else if (code == op.RUN || code == op.MATCH) top += 256;
      }
    }
  }
  const nx = (inputs + 7) & ~7;
  store<i32>(m, bytes, NBYTE);
  store<i32>(m, bitops, NBIT);
  store<i32>(m, nx, NX);
  store<u32>(m, 0, KNOWS);
  for (let i = bytes; i < bytes + bitops; i++) {
    const r = m + REC + <usize>i * RECORD;
    const code = load<i32>(r, OP);
    if (code != op.MIX && code != op.MIX2 && code != op.APM) continue;
    store<u32>(r, <u32>top, TABLE);
    if (code == op.MIX && (load<u32>(r, RB) & 7) == 3) store<u32>(m, 1, KNOWS);
    if (code == op.MIX) top += <usize>(op.SETS[load<i32>(r, RB) & 7] * nx) << 2;
    else if (code == op.MIX2) top += 16384 + 64;
    else top += ((load<i32>(r, RK) & 3) == 0 ? <usize>256 : <usize>65536) * 132;
    top = (top + 63) & ~63;
  }
  store<f64>(m, <f64>top, SIZE);
  return <f64>top;
}

/** Makes a planned region defined and has it learn its PRIME texts. Doubles that are no numbers become 0, others are clamped to 2^48. */
export function machineBoot(m: usize): void {
  const size = <usize>load<f64>(m, SIZE);
  memory.fill(m + R, 0, D - R);
  memory.fill(m + FIXED, 0, size - FIXED);
  tables(m);
  for (let i: usize = 0; i < 1024; i++) {
    const x = load<f64>(m + (i << 3), D);
    store<f64>(m + (i << 3), x != x ? 0.0 : x > 281474976710656.0 ? 281474976710656.0 : x < -281474976710656.0 ? -281474976710656.0 : x, D);
  }
  store<u32>(m, 0, POS);
  store<u32>(m, 1, C0);
  store<u32>(m, 0, BIT);
  store<u32>(m, 0, LINE);
  store<u32>(m, 0, ABOVELINE);
  store<u32>(m, 0, LEN);
  store<u32>(m, 0, EXPECT);
  for (let i: usize = 0; i < 4; i++) store<u32>(m + (i << 2), 0, WORDS);
  store<u32>(m, 4, VLEN);
  const n = load<i32>(m, NBYTE) + load<i32>(m, NBIT);
  const nx = load<i32>(m, NX);
  for (let i = 0; i < n; i++) {
    const r = m + REC + <usize>i * RECORD;
    const code = load<i32>(r, OP);
    memory.fill(r + CUR, 0, RECORD - CUR);
    const map = m + load<u32>(r, MAP);
    if (code == op.ICM) for (let s: usize = 0; s < 256; s++) {
      const n0 = <f64>load<u8>(m + NEXT + 512 + 2 * s);
      const n1 = <f64>load<u8>(m + NEXT + 513 + 2 * s);
      store<u32>(map + (s << 2), <u32>((n1 + 0.4) / (n0 + n1 + 0.8) * 4194303.0) << 10);
    }
    else if (code == op.ISSE) for (let s: usize = 0; s < 256; s++) {
      store<f32>(map + (s << 3), 1.0);
      store<f32>(map + (s << 3), 0.0, 4);
    }
    else if (code == op.RUN || code == op.MATCH) for (let s: usize = 0; s < 64; s++) {
      store<u32>(map + (s << 2), <u32>((<f64>s + 1.0) / (<f64>s + 2.0) * 4194303.0) << 10);
    }
    else if (code == op.MIX) {
      const table = m + load<u32>(r, TABLE);
      const k = load<u32>(r, RK);
      for (let j = 0; j < nx; j++) store<f32>(table + (<usize>j << 2), <f32>load<f64>(m + (<usize>((k + j) & 1023) << 3), D));
      const row = <usize>nx << 2;
      const sets = op.SETS[load<i32>(r, RB) & 7];
      for (let s = 1; s < sets; s++) memory.copy(table + <usize>s * row, table, row);
      rates(r);
    } else if (code == op.MIX2) {
      const table = m + load<u32>(r, TABLE);
      const k = load<u32>(r, RK);
      for (let s: usize = 0; s < 256; s++) for (let j = 0; j < 16; j++) store<f32>(table + (s << 6) + (<usize>j << 2), <f32>load<f64>(m + (<usize>((k + j) & 1023) << 3), D));
      rates(r);
    }
  }
  for (let i = 0; i < load<i32>(m, NBYTE); i++) {
    const r = m + REC + <usize>i * RECORD;
    if (load<i32>(r, OP) != op.PRIME) continue;
    const k = load<u32>(r, RK);
    const count = load<u32>(r, RB) << 4;
    for (let j: u32 = 0; j < count; j++) {
      let x = floor(abs(load<f64>(m + (<usize>((k + j) & 1023) << 3), D)));
      for (let t = 0; t < 6; t++) {
        const rest = floor(x / 256.0);
        const c = <i32>(x - 256.0 * rest);
        x = rest;
        if (c != 0) for (let s = 7; s >= 0; s--) {
          machinePredict(m);
          machineUpdate(m, (c >> s) & 1);
        }
      }
    }
  }
  store<f64>(m, 1.0, PROD);
  store<i32>(m, 0, EXPO);
  store<u32>(m, 0x811c9dc5, FINGER);
  store<u32>(m, 0, DONE);
}

/** The rates of a mixer: what it ends at, and what it begins with. */
function rates(r: usize): void {
  const base = <f32>op.RATES[(load<i32>(r, RB) >> 3) & 7];
  store<f32>(r, base, BASE);
  store<f32>(r, base * <f32>op.ANNEAL, RATE);
}

/** The tables that do not depend on the program. */
function tables(m: usize): void {
  for (let i: usize = 0; i < 4096; i++) {
    const p = <f64>i + 0.5;
    store<f32>(m + (i << 2), <f32>log(p / (4096.0 - p)), STRETCH);
    store<f32>(m + (i << 2), <f32>(1.0 / (1.0 + exp(-((<f64>i + 0.5) * (24.0 / 4096.0) - 12.0)))), SQUASH);
  }
  for (let i: usize = 0; i < 1024; i++) store<u32>(m + (i << 2), <u32>(8192.0 / (<f64>i + 1.5)), DT);
  for (let i: usize = 0; i < 128; i++) store<f64>(m + (i << 3), cos(<f64>i * (3.141592653589793 / 64.0)), COS);
  states(m + NEXT);
}

/** How many of the rarer bit a history may have seen, by how many of the other: index the rarer. */
function most(rare: i32): i32 {
  return rare == 0 ? 48 : rare == 1 ? 20 : rare == 2 ? 12 : rare == 3 ? 8 : rare == 4 ? 6 : rare == 5 ? 5 : -1;
}

/**
 * Bit histories (after PAQ's nonstationary states): how many zeros and ones, and which came last where both did. `next` = two successors a state, then the two counts a state.
 * States are in order of their total, so that a lower state is the one to forget.
 */
function states(next: usize): void {
  const index = next + 1024; // (n0, n1, last) -> state, 49 x 49 x 2
  let count = 0;
  for (let total = 0; total <= 48; total++) {
    for (let n1 = 0; n1 <= total; n1++) {
      const n0 = total - n1;
      if (max(n0, n1) > most(min(n0, n1))) continue;
      for (let last = 0; last < 2; last++) {
        if (last == 1 && (n0 == 0 || n1 == 0)) {
          store<u8>(index + ((n0 * 49 + n1) << 1), load<u8>(index + ((n0 * 49 + n1) << 1)), 1);
          continue;
        }
        store<u8>(index + ((n0 * 49 + n1) << 1) + last, <u8>count);
        store<u8>(next + 512 + (count << 1), <u8>n0);
        store<u8>(next + 513 + (count << 1), <u8>n1);
        count++;
      }
    }
  }
  for (let s = 0; s < 256; s++) {
    for (let bit = 0; bit < 2; bit++) {
      let same = <i32>load<u8>(next + 512 + (s << 1) + bit);
      let other = <i32>load<u8>(next + 513 + (s << 1) - bit);
      if (s >= count) {
        store<u8>(next + (s << 1) + bit, 0);
        continue;
      }
      same++;
      if (other > 3) other = 33 - clz(other); // 4 to 7: 4, 8 to 15: 5, ...
      while (max(same, other) > most(min(same, other))) {
        if (same >= other) same--;
        else other--;
      }
      const n0 = bit == 0 ? same : other;
      const n1 = bit == 0 ? other : same;
      store<u8>(next + (s << 1) + bit, load<u8>(index + ((n0 * 49 + n1) << 1) + bit));
    }
  }
}

/** Runs the BYTE instructions; what they read is the history. */
export function machineBytes(m: usize): void {
  const end = m + REC + <usize>load<u32>(m, NBYTE) * RECORD;
  for (let r = m + REC; r < end; r += RECORD) byteOp(m, r);
}

/** Has the tables look up their buckets of this nibble. */
export function machineNibble(m: usize): void {
  const first = m + REC + <usize>load<u32>(m, NBYTE) * RECORD;
  const end = first + <usize>load<u32>(m, NBIT) * RECORD;
  for (let r = first; r < end; r += RECORD) nibbleOp(m, r);
}

/** Runs the BIT instructions. */
export function machineBits(m: usize): void {
  const first = m + REC + <usize>load<u32>(m, NBYTE) * RECORD;
  const end = first + <usize>load<u32>(m, NBIT) * RECORD;
  for (let r = first; r < end; r += RECORD) bitOp(m, r);
}

/** One BIT instruction. In the loop above its code is in place, which makes the interpreter a tenth faster; the export is for src/backend/special.ts. */
// @ts-ignore: decorator
@inline
export function bitOp(m: usize, r: usize): void {
  switch (load<i32>(r, OP)) {
    case op.CM: cm(m, r); break;
    case op.CM2: cm2(m, r); break;
    case op.ICM: icm(m, r); break;
    case op.ISSE: isse(m, r); break;
    case op.RUN: run(m, r); break;
    case op.MATCH: match(m, r); break;
    case op.MIX: mix(m, r); break;
    case op.MIX2: mix2(m, r); break;
    case op.APM: apm(m, r); break;
    default: plain(m, r);
  }
}

/** The BIT instructions that do not learn. */
export function plain(m: usize, r: usize): void {
  const d = load<u32>(r, RD);
  const a = load<u32>(r, RA);
  const b = load<u32>(r, RB);
  const x = getF(m, a);
  const y = getF(m, b);
  switch (load<i32>(r, OP)) {
    case op.BIAS: {
      const value = number(m, load<u32>(r, RK));
      setX(m, d, <f32>(value < -32.0 ? -32.0 : value > 32.0 ? 32.0 : value));
      break;
    }
    case op.MOV: setX(m, d, <f32>x); break;
    case op.DOT: setF(m, d, dot(m, r)); break;
    case op.TANH: setF(m, d, tanh(dot(m, r))); break;
    case op.AVG: setF(m, d, (x + y) * 0.5); break;
    case op.FADD: setF(m, d, x + y); break;
    case op.FMUL: setF(m, d, x * y); break;
    case op.FMIN: setF(m, d, x < y ? x : y); break;
    case op.FMAX: setF(m, d, x > y ? x : y); break;
    case op.LDD: setF(m, d, number(m, load<u32>(r, RK))); break;
    case op.FX: setF(m, d, <f64>load<f32>(m + ((a & 31) << 2), X)); break;
    default: store<f64>(m, x, LOGIT); // OUT
  }
}

/** Every component learns the bit. */
export function machineLearn(m: usize, bit: i32): void {
  const first = m + REC + <usize>load<u32>(m, NBYTE) * RECORD;
  const end = first + <usize>load<u32>(m, NBIT) * RECORD;
  for (let r = first; r < end; r += RECORD) learnOp(m, r, bit);
}

/** One component learns the bit. */
// @ts-ignore: decorator
@inline
export function learnOp(m: usize, r: usize, bit: i32): void {
  switch (load<i32>(r, OP)) {
    case op.CM:
    case op.CM2: learnCm(m, r, bit); break;
    case op.ICM: learnIcm(m, r, bit); break;
    case op.ISSE: learnIsse(m, r, bit); break;
    case op.RUN: learnRun(m, r, bit); break;
    case op.MATCH: learnMatch(m, r, bit); break;
    case op.MIX: learnMix(m, r, bit); break;
    case op.MIX2: learnMix2(m, r, bit); break;
    case op.APM: learnApm(m, r, bit); break;
  }
}

/** The probability of a 1 for the next bit, of 65536. */
function machinePredict(m: usize): i32 {
  const bit = load<u32>(m, BIT);
  if (bit == 0) machineBytes(m);
  if ((bit & 3) == 0) machineNibble(m);
  const width: u32 = 1 << (bit & 3);
  store<u32>(m, width | (load<u32>(m, C0) & (width - 1)), NODE);
  store<f64>(m, 0.0, LOGIT);
  store<u32>(m, 0, HITS);
  machineBits(m);
  const p = min(max(<i32>(squash(m, load<f64>(m, LOGIT)) * <f32>65536.0), 1), 65535);
  store<i32>(m, p, P);
  return p;
}

/** Learns the bit and moves on. */
function machineUpdate(m: usize, bit: i32): void {
  machineLearn(m, bit);
  const at = load<u32>(m, BIT);
  const c0 = (load<u32>(m, C0) << 1) | bit;
  if (at < 7) {
    store<u32>(m, c0, C0);
    store<u32>(m, at + 1, BIT);
    return;
  }
  const c = c0 & 255;
  const pos = load<u32>(m, POS);
  store<u8>(m + load<u32>(m, RING) + (pos & load<u32>(m, RINGMASK)), c);
  store<u32>(m, pos + 1, POS);
  store<u32>(m, 1, C0);
  store<u32>(m, 0, BIT);
  if (c == 10) {
    store<u32>(m, load<u32>(m, LINE), ABOVELINE);
    store<u32>(m, pos + 1, LINE);
  }
  const word = load<u32>(m, WORDS);
  if (letter(c)) store<u32>(m, (word + (c < 128 ? c | 32 : c)) * 0x2f0b4c47 + 0x632be5ab, WORDS);
  else if (word != 0) {
    store<u32>(m, load<u32>(m, WORDS + 8), WORDS + 12);
    store<u32>(m, load<u32>(m, WORDS + 4), WORDS + 8);
    store<u32>(m, word, WORDS + 4);
    store<u32>(m, 0, WORDS);
  }
}

/** Bits so far: what the coder would need for everything since machineBoot. */
function spent(m: usize): f64 {
  return <f64>load<i32>(m, EXPO) * 512.0 - log(load<f64>(m, PROD)) * 1.4426950408889634;
}

/** Counts what a bit costs, and hashes the prediction. */
// @ts-ignore: decorator
@inline
function count(m: usize, p: i32, bit: i32): void {
  let product = load<f64>(m, PROD) * (<f64>(bit ? p : 65536 - p) * (1.0 / 65536.0));
  if (product < 7.458340731200207e-155) {
    product *= 1.3407807929942597e154; // 2^512
    store<i32>(m, load<i32>(m, EXPO) + 1, EXPO);
  }
  store<f64>(m, product, PROD);
  store<u32>(m, (load<u32>(m, FINGER) ^ <u32>p) * 0x01000193, FINGER);
}

/** Predicts n bytes one after another; the bits since machineBoot. It stops, at DONE bytes of these, once they pass `limit`. */
export function machineScore(m: usize, bytes: usize, n: i32, limit: f64): f64 {
  for (let i = 0; i < n; i++) {
    if ((i & 63) == 0 && spent(m) > limit) {
      store<i32>(m, i, DONE);
      return spent(m);
    }
    const c = <i32>load<u8>(bytes + i);
    for (let s = 7; s >= 0; s--) {
      const p = machinePredict(m);
      const bit = (c >> s) & 1;
      count(m, p, bit);
      machineUpdate(m, bit);
    }
  }
  store<i32>(m, n, DONE);
  return spent(m);
}

/** Scores n bytes and writes the 32 inputs of every bit, 8 n rows of f32, to `out`. */
export function machineTrace(m: usize, out: usize, bytes: usize, n: i32): f64 {
  for (let i = 0; i < n; i++) {
    const c = <i32>load<u8>(bytes + i);
    for (let s = 7; s >= 0; s--, out += 128) {
      const p = machinePredict(m);
      memory.copy(out, m + X, 128);
      const bit = (c >> s) & 1;
      count(m, p, bit);
      machineUpdate(m, bit);
    }
  }
  store<i32>(m, n, DONE);
  return spent(m);
}

/** Codes n bytes into `out`, at most `most` bytes of it (17 n + 4 always do); how many it took, or -1. Arithmetic coding of 32 bits, carryless (after lpaq). */
export function machineEncode(m: usize, out: usize, bytes: usize, n: i32, most: i32): i32 {
  let x1: u32 = 0;
  let x2: u32 = 0xffffffff;
  let size = 0;
  for (let i = 0; i < n; i++) {
    const c = <i32>load<u8>(bytes + i);
    for (let s = 7; s >= 0; s--) {
      const p = machinePredict(m);
      const bit = (c >> s) & 1;
      const middle = x1 + <u32>((<u64>(x2 - x1) * <u64>p) >>> 16);
      if (bit) x2 = middle;
      else x1 = middle + 1;
      while (((x1 ^ x2) & 0xff000000) == 0) {
        if (size < most) store<u8>(out + size, x2 >>> 24);
        size++;
        x1 <<= 8;
        x2 = (x2 << 8) | 255;
      }
      count(m, p, bit);
      machineUpdate(m, bit);
    }
  }
  // The shortest end: one byte that with any bytes behind it lies in the interval, or x1 itself.
  for (let t = 0; t < 4 && n > 0; t++) {
    const shift = 24 - 8 * t;
    const low: u64 = <u64>x1 + ((<u64>1 << shift) - 1) >> shift;
    const value = <u32>(low << shift);
    if (low << shift <= <u64>x2) {
      for (let j = 0; j <= t; j++) {
        if (size < most) store<u8>(out + size, value >>> (24 - 8 * j));
        size++;
      }
      break;
    }
  }
  store<i32>(m, n, DONE);
  return size <= most ? size : -1;
}

/** Decodes n bytes into `out` from `size` bytes of code; zeros follow them. How many of them it asked for: 4, and one more for every byte that was settled, past the end or not. */
export function machineDecode(m: usize, out: usize, code: usize, size: i32, n: i32): i32 {
  let x1: u32 = 0;
  let x2: u32 = 0xffffffff;
  let x: u32 = 0;
  let at = 0;
  for (; at < 4; at++) x = (x << 8) | (at < size ? <u32>load<u8>(code + at) : 0);
  for (let i = 0; i < n; i++) {
    for (let s = 7; s >= 0; s--) {
      const p = machinePredict(m);
      const middle = x1 + <u32>((<u64>(x2 - x1) * <u64>p) >>> 16);
      const bit = <i32>(x <= middle);
      if (bit) x2 = middle;
      else x1 = middle + 1;
      while (((x1 ^ x2) & 0xff000000) == 0) {
        x1 <<= 8;
        x2 = (x2 << 8) | 255;
        x = (x << 8) | (at < size ? <u32>load<u8>(code + at) : 0);
        at++;
      }
      count(m, p, bit);
      machineUpdate(m, bit);
    }
    store<u8>(out + i, load<u8>(m + load<u32>(m, RING) + ((load<u32>(m, POS) - 1) & load<u32>(m, RINGMASK))));
  }
  store<i32>(m, n, DONE);
  return at;
}
