/** The plain twins of machinePlan and machineBoot: where everything of a kernel lies, and what it is at the start. */
import { cos, exp, log } from '../../../assembly/portable/math.ts';
import * as op from '../../../assembly/portable/opcodes.ts';
import * as state from './state.ts';
import type { Region } from './state.ts';

const {
  ABOVELINE, BASE, BIT, BITS, C0, COS, CUR, D, DONE, DT, EXPECT, EXPO, FINGER, FIXED, KNOWS, LEN, LINE, MAP, NBIT, NBYTE, NEXT, NX, OP, POS, PROD, R, RATE, RB, REC, RECORD, RING, RINGMASK, RK, SIZE,
  SQUASH, STRETCH, TABLE, TEXT, VLEN, WORDS, number,
} = state;
const LIMIT = 281474976710656; // 2^48
const START = 4194303; // what fills 22 bits

/** Lays the region out for the words at TEXT; its size in bytes. */
export function plan({ u32, f64 }: Region, bits: number): number {
  u32[BITS] = bits;
  const ring = Math.min(22, bits + 2);
  u32[RINGMASK] = (1 << ring) - 1;
  u32[RING] = FIXED;
  let top = FIXED + (1 << ring);
  const counts = [0, 0];
  let tables = 0;
  let inputs = 0;
  let r = REC;
  for (const pass of [0, 1]) {
    for (const word of u32.subarray(TEXT, TEXT + 64)) {
      const code = word >>> 26;
      if (code === op.NOP || (code > op.PRIME && code < op.CM) || code > op.OUT || (code >= op.CM) !== (pass === 1)) continue;
      const owns = code >= op.CM && code <= op.MATCH;
      if (owns && ++tables > op.TABLES) continue;
      const d = (word >>> 21) & 31;
      u32.fill(0, r, r + RECORD);
      u32.set([code, d, (word >>> 16) & 31, (word >>> 10) & 63, word & 1023], r);
      counts[pass]++;
      if (code >= op.CM && code <= op.MOV) inputs = Math.max(inputs, d + 1);
      if (code === op.CM2 || code === op.MATCH) inputs = Math.max(inputs, Math.min(32, d + 2));
      if (owns) {
        u32[r + TABLE] = top;
        top += 4 << bits;
        u32[r + MAP] = top;
        if (code === op.ICM) top += 1024;
        else if (code === op.ISSE) top += 2048;
        else if (code === op.RUN || code === op.MATCH) top += 256;
      }
      r += RECORD;
    }
  }
  [u32[NBYTE], u32[NBIT]] = counts;
  u32[NX] = Math.ceil(inputs / 8) * 8;
  u32[KNOWS] = 0;
  const end = r;
  for (r = REC + counts[0] * RECORD; r < end; r += RECORD) {
    const code = u32[r + OP];
    if (code !== op.MIX && code !== op.MIX2 && code !== op.APM) continue;
    u32[r + TABLE] = top;
    if (code === op.MIX && (u32[r + RB] & 7) === 3) u32[KNOWS] = 1;
    if (code === op.MIX) top += op.SETS[u32[r + RB] & 7] * u32[NX] * 4;
    else if (code === op.MIX2) top += 16384 + 64;
    else top += ((u32[r + RK] & 3) === 0 ? 256 : 65536) * 132;
    top = Math.ceil(top / 64) * 64;
  }
  f64[SIZE] = top;
  return top;
}

/** Everything of a planned region as it is before the first byte; `learn` is given the bytes of its PRIME texts. */
export function boot(s: Region, learn: (byte: number) => void): void {
  const { u8, u32, f64 } = s;
  u8.fill(0, 4 * R, 8 * D);
  u8.fill(0, FIXED, f64[SIZE]);
  tables(s);
  for (let i = D; i < D + 1024; i++) f64[i] = Number.isNaN(f64[i]) ? 0 : Math.max(-LIMIT, Math.min(LIMIT, f64[i]));
  for (const i of [POS, BIT, LINE, ABOVELINE, LEN, EXPECT]) u32[i] = 0;
  u32[C0] = 1;
  u32.fill(0, WORDS, WORDS + 4);
  u32[VLEN] = 4;
  const end = REC + (u32[NBYTE] + u32[NBIT]) * RECORD;
  for (let r = REC; r < end; r += RECORD) begin(s, r);
  for (let r = REC; r < REC + u32[NBYTE] * RECORD; r += RECORD) {
    if (u32[r + OP] !== op.PRIME) continue;
    for (let j = 0; j < 16 * u32[r + RB]; j++) {
      let x = Math.floor(Math.abs(number(s, u32[r + RK] + j)));
      for (let t = 0; t < 6; t++) {
        const c = x % 256;
        x = Math.floor(x / 256);
        if (c !== 0) learn(c);
      }
    }
  }
  f64[PROD] = 1;
  u32[EXPO] = 0;
  u32[FINGER] = 0x811c9dc5;
  u32[DONE] = 0;
}

/** What an instruction owns, at the start. */
function begin(s: Region, r: number): void {
  const { u8, u32, f32 } = s;
  u32.fill(0, r + CUR, r + RECORD);
  const map = u32[r + MAP] >>> 2;
  const table = u32[r + TABLE] >>> 2;
  const k = u32[r + RK];
  switch (u32[r + OP]) {
    case op.ICM:
      for (let state = 0; state < 256; state++) {
        const n0 = u8[NEXT + 512 + 2 * state];
        const n1 = u8[NEXT + 513 + 2 * state];
        u32[map + state] = Math.floor(((n1 + 0.4) / (n0 + n1 + 0.8)) * START) << 10;
      }
      break;
    case op.ISSE:
      for (let state = 0; state < 256; state++) f32.set([1, 0], map + 2 * state);
      break;
    case op.RUN:
    case op.MATCH:
      for (let span = 0; span < 64; span++) u32[map + span] = Math.floor(((span + 1) / (span + 2)) * START) << 10;
      break;
    case op.MIX:
      for (let i = 0; i < op.SETS[u32[r + RB] & 7] * u32[NX]; i++) f32[table + i] = number(s, k + (i % u32[NX]));
      rates(s, r);
      break;
    case op.MIX2:
      for (let i = 0; i < 256 * 16; i++) f32[table + i] = number(s, k + (i % 16));
      rates(s, r);
      break;
    default:
  }
}

/** The rates of a mixer: what it ends at, and what it begins with. */
function rates({ u32, f32 }: Region, r: number): void {
  f32[r + BASE] = op.RATES[u32[r + RB] >>> 3];
  f32[r + RATE] = f32[r + BASE] * Math.fround(op.ANNEAL);
}

/** The tables that do not depend on the program. */
function tables({ u8, u32, f32, f64 }: Region): void {
  for (let i = 0; i < 4096; i++) {
    const p = i + 0.5;
    f32[STRETCH + i] = log(p / (4096 - p));
    f32[SQUASH + i] = 1 / (1 + exp(-(p * (24 / 4096) - 12)));
  }
  for (let i = 0; i < 1024; i++) u32[DT + i] = Math.floor(8192 / (i + 1.5));
  for (let i = 0; i < 128; i++) f64[COS + i] = cos(i * (3.141592653589793 / 64));
  states(u8.subarray(NEXT));
}

/** How many of the rarer bit a history may have seen, by how many of the other. */
const most = (rare: number): number => [48, 20, 12, 8, 6, 5][rare] ?? -1;
const allowed = (n0: number, n1: number): boolean => Math.max(n0, n1) <= most(Math.min(n0, n1));

/** Bit histories: how many zeros and ones, and which came last where both did. States are in order of their total. */
function states(next: Uint8Array): void {
  const index = (n0: number, n1: number, last: number): number => 1024 + 2 * (49 * n0 + n1) + last;
  let count = 0;
  for (let total = 0; total <= 48; total++) {
    for (let n1 = 0; n1 <= total; n1++) {
      const n0 = total - n1;
      if (!allowed(n0, n1)) continue;
      const both = n0 > 0 && n1 > 0;
      for (const last of both ? [0, 1] : [0]) {
        next[index(n0, n1, last)] = count;
        next[512 + 2 * count] = n0;
        next[513 + 2 * count] = n1;
        count++;
      }
      if (!both) next[index(n0, n1, 1)] = next[index(n0, n1, 0)];
    }
  }
  for (let state = 0; state < 256; state++) {
    for (const bit of [0, 1]) {
      let same = next[512 + 2 * state + bit] + 1;
      let other = next[513 + 2 * state - bit];
      if (other > 3) other = 33 - Math.clz32(other); // 4 to 7: 4, 8 to 15: 5, ...
      while (!allowed(same, other)) {
        if (same >= other) same--;
        else other--;
      }
      next[2 * state + bit] = state >= count ? 0 : next[bit === 0 ? index(same, other, 0) : index(other, same, 1)];
    }
  }
}
