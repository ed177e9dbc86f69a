/**
 * The components of the machine, each a function that predicts and one that learns the bit: counters, bit histories, ISSE, runs, matches, mixers, APM.
 *
 * After PAQ8, lpaq and ZPAQ (M. Mahoney, "Data Compression Explained", 2012, chapter 4.3). A counter is `p << 10 | n`, 22 bits and 10; in its table the top bit is
 * flipped, so that zeros are p = 1/2, n = 0. A nibble of a context has one bucket: a check and the 15 nodes of its tree. It is over 300 lines because they share these.
 */
import * as op from './portable/opcodes';
import { OP, STRETCH, SQUASH, BIT, C0, CUR, AUX, PR, SPAN, RATE, BASE, DT, EXPECT, HITS, KNOWS, LEN, MAP, NEXT, NODE, NX, POS, RA, RB, RD, RING, RINGMASK, RK, BITS, TABLE, F, X, back, between, clampf, getF, mix32, number, reg, setF, setX, squash, stretch, whole } from './state';

const FLIP: u32 = 0x80000000;

/** Moves a counter towards the bit by 1 / (n + 1.5); the 22 bits never leave their range, whatever the count. */
// @ts-ignore: decorator
@inline
function adapt(m: usize, w: u32, bit: i32, limit: u32): u32 {
  const n = w & 1023;
  const step = ((((w >>> 10) ^ (0 - bit)) & 0x3fffff) >>> 3) * load<u32>(m + (n << 2), DT) >>> 10;
  return (((w >>> 10) + ((step ^ (bit - 1)) - (bit - 1))) << 10) | (n + <u32>(n < limit));
}

/** The hash of R[a] for this nibble. */
// @ts-ignore: decorator
@inline
function nibble(m: usize, r: usize): u32 {
  return mix32(reg(m, load<u32>(r, RA)) + (load<u32>(m, BIT) == 0 ? 0 : load<u32>(m, C0) * 0x3d4d51cb));
}

/** The bucket of 16 words that belongs to the hash: one of two neighbours, of which the one with the younger first counter is given up. */
function seekCounters(m: usize, r: usize): u32 {
  const h = nibble(m, r);
  const table = load<u32>(r, TABLE);
  const check = h >>> 16;
  const at = table + ((h & ((1 << (load<u32>(m, BITS) - 4)) - 1)) << 6);
  if (load<u32>(m + at) == check) return at;
  const other = at ^ 64;
  if (load<u32>(m + other) == check) return other;
  const chosen = (load<u32>(m + at, 4) & 1023) <= (load<u32>(m + other, 4) & 1023) ? at : other;
  const zero = i32x4.splat(0); // not memory.fill, which is a call out of the module
  v128.store(m + chosen, i32x4.replace_lane(zero, 0, check));
  v128.store(m + chosen, zero, 16);
  v128.store(m + chosen, zero, 32);
  v128.store(m + chosen, zero, 48);
  return chosen;
}

/** Where a nibble begins, all tables look up their buckets first: the looks into memory overlap, and the other bits need not ask. */
export function nibbleOp(m: usize, r: usize): void {
  switch (load<i32>(r, OP)) {
    case op.CM:
    case op.CM2: store<u32>(r, seekCounters(m, r), AUX); break;
    case op.ICM:
    case op.ISSE: store<u32>(r, seekHistories(m, r), AUX); break;
  }
}

/** One more of the contexts of this bit has been there before, if it has. */
// @ts-ignore: decorator
@inline
function hit(m: usize, known: bool): void {
  if (load<u32>(m, KNOWS)) store<u32>(m, load<u32>(m, HITS) + <u32>known, HITS);
}

export function cm(m: usize, r: usize): void {
  const cur = load<u32>(r, AUX) + (load<u32>(m, NODE) << 2);
  store<u32>(r, cur, CUR);
  hit(m, load<u32>(m + cur) != 0);
  setX(m, load<u32>(r, RD), stretch(m, (load<u32>(m + cur) ^ FLIP) >>> 10));
}
export function cm2(m: usize, r: usize): void {
  const cur = load<u32>(r, AUX) + (load<u32>(m, NODE) << 2);
  store<u32>(r, cur, CUR);
  hit(m, load<u32>(m + cur) != 0);
  const p = (load<u32>(m + cur) ^ FLIP) >>> 10;
  const d = load<u32>(r, RD);
  setX(m, d, stretch(m, p));
  setX(m, d + 1, <f32>(<i32>p - 2097152) * <f32>(6.0 / 4194304.0));
}
export function learnCm(m: usize, r: usize, bit: i32): void {
  const at = m + load<u32>(r, CUR);
  store<u32>(at, adapt(m, load<u32>(at) ^ FLIP, bit, op.LIMITS[load<i32>(r, RB) & 7]) ^ FLIP);
}

/** The bucket of 16 bytes that belongs to the hash: one of three in a cache line; of two the one with the lower first history is given up. */
function seekHistories(m: usize, r: usize): u32 {
  const h = nibble(m, r);
  const table = load<u32>(r, TABLE);
  const check = h >>> 24;
  const at = table + ((h & ((1 << (load<u32>(m, BITS) - 2)) - 1)) << 4);
  if (load<u8>(m + at) == check) return at;
  const second = at ^ 16;
  if (load<u8>(m + second) == check) return second;
  const third = at ^ 32;
  if (load<u8>(m + third) == check) return third;
  const chosen = load<u8>(m + second, 1) <= load<u8>(m + third, 1) ? second : third;
  const least = load<u8>(m + at, 1) <= load<u8>(m + chosen, 1) ? at : chosen;
  store<u64>(m + least, 0);
  store<u64>(m + least, 0, 8);
  store<u8>(m + least, check);
  return least;
}

export function icm(m: usize, r: usize): void {
  const cur = load<u32>(r, AUX) + load<u32>(m, NODE);
  store<u32>(r, cur, CUR);
  hit(m, load<u8>(m + cur) != 0);
  const map = load<u32>(r, MAP) + (<u32>load<u8>(m + cur) << 2);
  setX(m, load<u32>(r, RD), stretch(m, load<u32>(m + map) >>> 10));
}
export function learnIcm(m: usize, r: usize, bit: i32): void {
  const at = m + load<u32>(r, CUR);
  const state = <u32>load<u8>(at);
  const map = m + load<u32>(r, MAP) + (state << 2);
  store<u32>(map, adapt(m, load<u32>(map), bit, op.LIMITS[load<i32>(r, RB) & 7]));
  store<u8>(at, load<u8>(m + (state << 1) + bit, NEXT));
}

export function isse(m: usize, r: usize): void {
  const cur = load<u32>(r, AUX) + load<u32>(m, NODE);
  store<u32>(r, cur, CUR);
  hit(m, load<u8>(m + cur) != 0);
  const weights = m + load<u32>(r, MAP) + (<u32>load<u8>(m + cur) << 3);
  const input = load<f32>(m + ((load<u32>(r, RB) & 31) << 2), X);
  const x = clampf(load<f32>(weights) * input + load<f32>(weights, 4));
  store<f32>(r, input, SPAN);
  store<f32>(r, squash(m, <f64>x), PR);
  setX(m, load<u32>(r, RD), x);
}
export function learnIsse(m: usize, r: usize, bit: i32): void {
  const at = m + load<u32>(r, CUR);
  const state = <u32>load<u8>(at);
  const weights = m + load<u32>(r, MAP) + (state << 3);
  const e = (<f32>bit - load<f32>(r, PR)) * <f32>op.ISSE_RATE;
  store<f32>(weights, load<f32>(weights) + e * load<f32>(r, SPAN));
  store<f32>(weights, load<f32>(weights, 4) + e, 4);
  store<u8>(at, load<u8>(m + (state << 1) + bit, NEXT));
}

/** A run's entry is `check << 16 | count << 8 | byte`; AUX: the byte plus 256 while it may still come, else 0; CUR: the entry. */
export function run(m: usize, r: usize): void {
  const bit = load<u32>(m, BIT);
  if (bit == 0) {
    const h = mix32(reg(m, load<u32>(r, RA)));
    const cur = load<u32>(r, TABLE) + ((h & ((1 << load<u32>(m, BITS)) - 1)) << 2);
    let w = load<u32>(m + cur);
    if (w >>> 16 != h >>> 16) {
      w = (h >>> 16) << 16;
      store<u32>(m + cur, w);
    }
    store<u32>(r, cur, CUR);
    const count = (w >>> 8) & 255;
    store<u32>(r, min(count, 63), SPAN);
    store<u32>(r, count == 0 ? 0 : (w & 255) | 256, AUX);
  }
  side(m, r, bit);
}
export function learnRun(m: usize, r: usize, bit: i32): void {
  const shift = load<u32>(m, BIT);
  learnSide(m, r, bit, shift, 127);
  if (shift != 7) return;
  const c = ((load<u32>(m, C0) << 1) | bit) & 255;
  const cur = m + load<u32>(r, CUR);
  const w = load<u32>(cur);
  const count = (w >>> 8) & 255;
  store<u32>(cur, (w & 0xffff0000) | (count != 0 && (w & 255) == c ? min(count + 1, 255) << 8 : 256) | c);
}

/** Writes X[d] for or against the next bit of the byte in AUX, as often as bets of this SPAN came true. */
// @ts-ignore: decorator
@inline
function side(m: usize, r: usize, bit: u32): f32 {
  const byte = load<u32>(r, AUX);
  let x: f32 = 0.0;
  if (byte != 0) {
    const p = stretch(m, load<u32>(m + load<u32>(r, MAP) + (load<u32>(r, SPAN) << 2)) >>> 10);
    x = (byte >>> (7 - bit)) & 1 ? p : -p;
  }
  setX(m, load<u32>(r, RD), x);
  return x;
}
// @ts-ignore: decorator
@inline
function learnSide(m: usize, r: usize, bit: i32, shift: u32, limit: u32): void {
  const byte = load<u32>(r, AUX);
  if (byte == 0) return;
  const hit = <i32>(<i32>((byte >>> (7 - shift)) & 1) == bit);
  const map = m + load<u32>(r, MAP) + (load<u32>(r, SPAN) << 2);
  store<u32>(map, adapt(m, load<u32>(map), hit, limit));
  if (!hit) store<u32>(r, 0, AUX);
}

/** CUR: where the repeat is now, as a position; BASE: how long it is so far; AUX and SPAN as in a run. */
export function match(m: usize, r: usize): void {
  const bit = load<u32>(m, BIT);
  if (bit == 0) {
    const ring = m + load<u32>(m, RING);
    const mask = load<u32>(m, RINGMASK);
    const pos = load<u32>(m, POS);
    const h = mix32(reg(m, load<u32>(r, RA)));
    const entry = m + load<u32>(r, TABLE) + ((h & ((1 << load<u32>(m, BITS)) - 1)) << 2);
    let length = load<u32>(r, BASE);
    let from = load<u32>(r, CUR);
    if (length == 0) {
      from = load<u32>(entry);
      if (from != 0 && from < pos) {
        while (length < 32 && load<u8>(ring + ((from - 1 - length) & mask)) == load<u8>(ring + ((pos - 1 - length) & mask))) length++;
        if (length < load<u32>(r, RB) || pos - from > mask - 64) length = 0;
      }
    }
    store<u32>(entry, pos);
    store<u32>(r, from, CUR);
    store<u32>(r, length, BASE);
    store<u32>(r, length < 16 ? length : min(16 + ((length - 16) >> 3), 63), SPAN);
    const byte = length == 0 ? 0 : 256 | <u32>load<u8>(ring + (from & mask));
    store<u32>(r, byte, AUX);
    store<u32>(m, length, LEN);
    store<u32>(m, byte, EXPECT);
  }
  side(m, r, bit);
  const byte = load<u32>(r, AUX);
  const size = <f32>min(load<u32>(r, BASE), 32) * <f32>0.0625;
  setX(m, load<u32>(r, RD) + 1, byte == 0 ? <f32>0.0 : (byte >>> (7 - bit)) & 1 ? size : -size);
}
/** Then EXPECT is what this MATCH still bets on, and after the byte what it will bet on next. */
export function learnMatch(m: usize, r: usize, bit: i32): void {
  const shift = load<u32>(m, BIT);
  learnSide(m, r, bit, shift, 1023);
  const byte = load<u32>(r, AUX);
  store<u32>(m, byte, EXPECT);
  if (shift != 7) return;
  const length = byte != 0 ? min(load<u32>(r, BASE) + 1, 65535) : 0;
  const from = load<u32>(r, CUR) + 1;
  store<u32>(r, length, BASE);
  store<u32>(r, from, CUR);
  store<u32>(m, length, LEN);
  // The byte just learned is not in the history yet; it is the one expected where the repeat is one byte back.
  if (byte != 0 && from != load<u32>(m, POS)) store<u32>(m, 256 | <u32>load<u8>(m + load<u32>(m, RING) + (from & load<u32>(m, RINGMASK))), EXPECT);
}

/** The weight set of a MIX: 0 up to the size of its mode. */
// @ts-ignore: decorator
@inline
function selector(m: usize, r: usize): u32 {
  const c0 = load<u32>(m, C0);
  const value = reg(m, load<u32>(r, RA));
  switch (load<i32>(r, RB) & 7) {
    case 1: return c0;
    case 2: return value & 255;
    case 3: return min(load<u32>(m, HITS), 31) << 5 | load<u32>(m, BIT) << 2 | (load<u32>(m, EXPECT) == 0 ? 0 : min(load<u32>(m, LEN) >>> 4, 2) + 1);
    case 4: return load<u32>(m, BIT) | (value & 31) << 3;
    case 5: return c0 | (value & 3) << 8;
    case 6: return value & 1023;
    case 7: return c0 | (<u32>(load<u32>(m, EXPECT) != 0) << 8);
    default: return 0;
  }
}

export function mix(m: usize, r: usize): void {
  const n = load<u32>(m, NX);
  const w = load<u32>(r, TABLE) + selector(m, r) * (n << 2);
  store<u32>(r, w, CUR);
  let a = f32x4.splat(0.0);
  let b = f32x4.splat(0.0);
  for (let i: u32 = 0; i < n << 2; i += 32) {
    a = f32x4.add(a, f32x4.mul(v128.load(m + w + i), v128.load(m + i, X)));
    b = f32x4.add(b, f32x4.mul(v128.load(m + w + i, 16), v128.load(m + i, X + 16)));
  }
  a = f32x4.add(a, b);
  const s = (f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1)) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3));
  store<f32>(r, squash(m, <f64>s), PR);
  setF(m, load<u32>(r, RD), <f64>s);
}
export function learnMix(m: usize, r: usize, bit: i32): void {
  const n = load<u32>(m, NX);
  const w = m + load<u32>(r, CUR);
  const e = f32x4.splat((<f32>bit - load<f32>(r, PR)) * rate(r));
  for (let i: u32 = 0; i < n << 2; i += 32) {
    v128.store(w + i, f32x4.add(v128.load(w + i), f32x4.mul(e, v128.load(m + i, X))));
    v128.store(w + i, f32x4.add(v128.load(w + i, 16), f32x4.mul(e, v128.load(m + i, X + 16))), 16);
  }
}
/** The learning rate now; it falls towards its base. */
// @ts-ignore: decorator
@inline
function rate(r: usize): f32 {
  const now = load<f32>(r, RATE);
  const base = load<f32>(r, BASE);
  store<f32>(r, now - (now - base) * <f32>op.DECAY, RATE);
  return now;
}

export function mix2(m: usize, r: usize): void {
  const n = (load<u32>(r, RB) & 7) + 2;
  const a = load<u32>(r, RA);
  const w = load<u32>(r, TABLE) + (load<u32>(m, C0) << 6);
  store<u32>(r, w, CUR);
  let s: f32 = 0.0;
  for (let i: u32 = 0; i < n; i++) s += load<f32>(m + w + (i << 2)) * <f32>getF(m, a + i);
  store<f32>(r, squash(m, <f64>s), PR);
  // What it mixed must still be there when it learns: F may be written again.
  for (let i: u32 = 0; i < n; i++) store<f32>(m + load<u32>(r, TABLE) + 16384 + (i << 2), <f32>getF(m, a + i));
  setF(m, load<u32>(r, RD), <f64>s);
}
export function learnMix2(m: usize, r: usize, bit: i32): void {
  const n = (load<u32>(r, RB) & 7) + 2;
  const w = m + load<u32>(r, CUR);
  const e = (<f32>bit - load<f32>(r, PR)) * rate(r);
  for (let i: u32 = 0; i < n; i++) store<f32>(w + (i << 2), load<f32>(w + (i << 2)) + e * load<f32>(m + load<u32>(r, TABLE) + 16384 + (i << 2)));
}

/** squash(j / 2 - 8): (j / 2 + 4) 4096 / 24 rounded down, j up to 33, in integers. */
// @ts-ignore: decorator
@inline
function knot(m: usize, j: u32): f32 {
  return load<f32>(m + ((((j + 8) * 21846) >>> 8) << 2), SQUASH);
}
/** 33 probabilities a context between the logits -8 and 8, as differences from where they begin; CUR: the lower of the two in use, PR: the share of the upper. */
export function apm(m: usize, r: usize): void {
  const k = load<u32>(r, RK);
  const c0 = load<u32>(m, C0);
  let row = c0;
  const mode = k & 3;
  if (mode == 1) row = c0 | (reg(m, load<u32>(r, RA)) & 255) << 8;
  else if (mode == 2) row = mix32(reg(m, load<u32>(r, RA)) + c0 * 0x3d4d51cb) & 65535;
  else if (mode == 3) row = mix32((load<u32>(m, EXPECT) << 5 | min(load<u32>(m, LEN), 31)) + c0 * 0x3d4d51cb) & 65535;
  const x = getF(m, load<u32>(r, RB));
  const t = between((x + 8.0) * 2.0, 0.0, 31.999);
  const j = whole(t);
  const f = <f32>(t - <f64>j);
  const cur = load<u32>(r, TABLE) + row * 132 + (<u32>j << 2);
  store<u32>(r, cur, CUR);
  store<f32>(r, f, PR);
  const low = load<f32>(m + cur) + knot(m, j);
  const high = load<f32>(m + cur, 4) + knot(m, j + 1);
  const p = low + (high - low) * f;
  const y = <f64>load<f32>(m + (<usize>whole(between(<f64>(p * <f32>4096.0), 0.0, 4095.0)) << 2), STRETCH);
  const share = 1.0 - 0.25 * <f64>((k >>> 4) & 3);
  setF(m, load<u32>(r, RD), x + (y - x) * share);
}
export function learnApm(m: usize, r: usize, bit: i32): void {
  const cur = load<u32>(r, CUR);
  const at = m + cur;
  const j = ((cur - load<u32>(r, TABLE)) % 132) >>> 2;
  const speed = <f32>(1.0 / op.APM_RATES[(load<u32>(r, RK) >>> 2) & 3]);
  const f = load<f32>(r, PR);
  const target = <f32>bit;
  store<f32>(at, load<f32>(at) + (target - load<f32>(at) - knot(m, j)) * (speed * (<f32>1.0 - f)));
  store<f32>(at, load<f32>(at, 4) + (target - load<f32>(at, 4) - knot(m, j + 1)) * (speed * f), 4);
}

/** D[k] + the products of D[k + 1...] with X or F from a on. */
export function dot(m: usize, r: usize): f64 {
  const b = load<u32>(r, RB);
  const a = load<u32>(r, RA);
  const k = load<u32>(r, RK);
  const n = (b & 31) + 1;
  let s = number(m, k);
  for (let i: u32 = 0; i < n; i++) s += number(m, k + 1 + i) * (b & 32 ? getF(m, a + i) : <f64>load<f32>(m + (((a + i) & 31) << 2), X));
  return s;
}
