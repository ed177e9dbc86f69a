/** The plain twins of the counters, histories, runs and matches of assembly/components.ts, in single precision where they are (`fround` after every step). */
import * as op from '../../../assembly/portable/opcodes.ts';
import * as state from './state.ts';
import type { Region } from './state.ts';

const { AUX, BASE, BIT, BITS, C0, CUR, EXPECT, HITS, KNOWS, LEN, MAP, DT, NEXT, NODE, POS, PR, RA, RB, RD, RING, RINGMASK, SPAN, TABLE, clamp, getX, mix32, reg, setX, squash, stretch } = state;
const { ISSE_RATE, LIMITS } = op;
const { fround, imul, min } = Math;
const FLIP = 0x80000000;
const SPREAD = 0x3d4d51cb;

/** Moves a counter towards the bit by 1 / (n + 1.5). */
function adapt({ u32 }: Region, w: number, bit: number, limit: number): number {
  const n = w & 1023;
  const p = w >>> 10;
  const step = imul((bit === 1 ? 0x3fffff - p : p) >>> 3, u32[DT + n]) >>> 10;
  return (((bit === 1 ? p + step : p - step) << 10) | (n < limit ? n + 1 : n)) >>> 0;
}

/** The hash of R[a] for this nibble. */
function nibble(s: Region, r: number): number {
  return mix32(reg(s, s.u32[r + RA]) + (s.u32[BIT] === 0 ? 0 : imul(s.u32[C0], SPREAD)));
}

/** The bucket of 16 words that belongs to the hash: one of two neighbours, of which the one with the younger first counter is given up. */
function seekCounters(s: Region, r: number): number {
  const { u32 } = s;
  const h = nibble(s, r);
  const check = h >>> 16;
  const at = u32[r + TABLE] + (h & ((1 << (u32[BITS] - 4)) - 1)) * 64;
  if (u32[at >>> 2] === check) return at;
  const other = at ^ 64;
  if (u32[other >>> 2] === check) return other;
  const chosen = (u32[(at >>> 2) + 1] & 1023) <= (u32[(other >>> 2) + 1] & 1023) ? at : other;
  u32.fill(0, chosen >>> 2, (chosen >>> 2) + 16);
  u32[chosen >>> 2] = check;
  return chosen;
}

export function cm(s: Region, r: number): void {
  const { u32 } = s;
  if ((u32[BIT] & 3) === 0) u32[r + AUX] = seekCounters(s, r);
  u32[r + CUR] = u32[r + AUX] + 4 * u32[NODE];
  if (u32[KNOWS] === 1 && u32[u32[r + CUR] >>> 2] !== 0) u32[HITS]++;
  setX(s, u32[r + RD], stretch(s, (u32[u32[r + CUR] >>> 2] ^ FLIP) >>> 10));
}
export function cm2(s: Region, r: number): void {
  const { u32 } = s;
  cm(s, r);
  const p = (u32[u32[r + CUR] >>> 2] ^ FLIP) >>> 10;
  setX(s, u32[r + RD] + 1, fround((p - 2097152) * fround(6 / 4194304)));
}
export function learnCm(s: Region, r: number, bit: number): void {
  const { u32 } = s;
  const at = u32[r + CUR] >>> 2;
  u32[at] = adapt(s, (u32[at] ^ FLIP) >>> 0, bit, LIMITS[u32[r + RB] & 7]) ^ FLIP;
}

/** The bucket of 16 bytes that belongs to the hash: one of three in a cache line; of two the one with the lower first history is given up. */
function seekHistories(s: Region, r: number): number {
  const { u8, u32 } = s;
  const h = nibble(s, r);
  const check = h >>> 24;
  const at = u32[r + TABLE] + (h & ((1 << (u32[BITS] - 2)) - 1)) * 16;
  for (const place of [at, at ^ 16, at ^ 32]) if (u8[place] === check) return place;
  const chosen = u8[(at ^ 16) + 1] <= u8[(at ^ 32) + 1] ? at ^ 16 : at ^ 32;
  const least = u8[at + 1] <= u8[chosen + 1] ? at : chosen;
  u8.fill(0, least, least + 16);
  u8[least] = check;
  return least;
}

/** The history of this context and node, into CUR. */
function history(s: Region, r: number): number {
  const { u32 } = s;
  if ((u32[BIT] & 3) === 0) u32[r + AUX] = seekHistories(s, r);
  u32[r + CUR] = u32[r + AUX] + u32[NODE];
  if (u32[KNOWS] === 1 && s.u8[u32[r + CUR]] !== 0) u32[HITS]++;
  return s.u8[u32[r + CUR]];
}
function learnHistory({ u8, u32 }: Region, r: number, bit: number): void {
  u8[u32[r + CUR]] = u8[NEXT + 2 * u8[u32[r + CUR]] + bit];
}

export function icm(s: Region, r: number): void {
  const map = (s.u32[r + MAP] >>> 2) + history(s, r);
  setX(s, s.u32[r + RD], stretch(s, s.u32[map] >>> 10));
}
export function learnIcm(s: Region, r: number, bit: number): void {
  const { u8, u32 } = s;
  const map = (u32[r + MAP] >>> 2) + u8[u32[r + CUR]];
  u32[map] = adapt(s, u32[map], bit, LIMITS[u32[r + RB] & 7]);
  learnHistory(s, r, bit);
}

export function isse(s: Region, r: number): void {
  const { u32, f32 } = s;
  const weights = (u32[r + MAP] >>> 2) + 2 * history(s, r);
  const input = getX(s, u32[r + RB]);
  const x = clamp(fround(fround(f32[weights] * input) + f32[weights + 1]));
  f32[r + SPAN] = input;
  f32[r + PR] = squash(s, x);
  setX(s, u32[r + RD], x);
}
export function learnIsse(s: Region, r: number, bit: number): void {
  const { u8, u32, f32 } = s;
  const weights = (u32[r + MAP] >>> 2) + 2 * u8[u32[r + CUR]];
  const e = fround(fround(bit - f32[r + PR]) * fround(ISSE_RATE));
  f32[weights] += fround(e * f32[r + SPAN]);
  f32[weights + 1] += e;
  learnHistory(s, r, bit);
}

/** A run's entry is `check << 16 | count << 8 | byte`; AUX: the byte plus 256 while it may still come, else 0; CUR: the entry. */
export function run(s: Region, r: number): void {
  const { u32 } = s;
  if (u32[BIT] === 0) {
    const h = mix32(reg(s, u32[r + RA]));
    const cur = u32[r + TABLE] + (h & ((1 << u32[BITS]) - 1)) * 4;
    if (u32[cur >>> 2] >>> 16 !== h >>> 16) u32[cur >>> 2] = (h >>> 16) << 16;
    const w = u32[cur >>> 2];
    const count = (w >>> 8) & 255;
    u32[r + CUR] = cur;
    u32[r + SPAN] = min(count, 63);
    u32[r + AUX] = count === 0 ? 0 : (w & 255) | 256;
  }
  side(s, r);
}
export function learnRun(s: Region, r: number, bit: number): void {
  const { u32 } = s;
  learnSide(s, r, bit, 127);
  if (u32[BIT] !== 7) return;
  const c = ((u32[C0] << 1) | bit) & 255;
  const cur = u32[r + CUR] >>> 2;
  const w = u32[cur];
  const count = (w >>> 8) & 255;
  u32[cur] = (w & 0xffff0000) | (count !== 0 && (w & 255) === c ? min(count + 1, 255) << 8 : 256) | c;
}

/** The next bit of the byte in AUX. */
function wanted({ u32 }: Region, r: number): number {
  return (u32[r + AUX] >>> (7 - u32[BIT])) & 1;
}
/** Writes X[d] for or against the next bit of the byte in AUX, as often as bets of this SPAN came true. */
function side(s: Region, r: number): void {
  const { u32 } = s;
  const p = stretch(s, u32[(u32[r + MAP] >>> 2) + u32[r + SPAN]] >>> 10);
  setX(s, u32[r + RD], u32[r + AUX] === 0 ? 0 : wanted(s, r) === 1 ? p : -p);
}
function learnSide(s: Region, r: number, bit: number, limit: number): void {
  const { u32 } = s;
  if (u32[r + AUX] === 0) return;
  const hit = wanted(s, r) === bit;
  const map = (u32[r + MAP] >>> 2) + u32[r + SPAN];
  u32[map] = adapt(s, u32[map], hit ? 1 : 0, limit);
  if (!hit) u32[r + AUX] = 0;
}

/** CUR: where the repeat is now, as a position; BASE: how long it is so far; AUX and SPAN as in a run. */
export function match(s: Region, r: number): void {
  const { u8, u32 } = s;
  if (u32[BIT] === 0) {
    const mask = u32[RINGMASK];
    const pos = u32[POS];
    const byte = (position: number): number => u8[u32[RING] + (position & mask)];
    const entry = (u32[r + TABLE] >>> 2) + (mix32(reg(s, u32[r + RA])) & ((1 << u32[BITS]) - 1));
    let length = u32[r + BASE];
    let from = u32[r + CUR];
    if (length === 0) {
      from = u32[entry];
      if (from !== 0 && from < pos) {
        while (length < 32 && byte(from - 1 - length) === byte(pos - 1 - length)) length++;
        if (length < u32[r + RB] || pos - from > mask - 64) length = 0;
      }
    }
    u32[entry] = pos;
    u32[r + CUR] = from;
    u32[r + BASE] = length;
    u32[r + SPAN] = length < 16 ? length : min(16 + ((length - 16) >>> 3), 63);
    u32[r + AUX] = length === 0 ? 0 : 256 | byte(from);
    u32[LEN] = length;
    u32[EXPECT] = u32[r + AUX];
  }
  side(s, r);
  const size = min(u32[r + BASE], 32) / 16;
  setX(s, u32[r + RD] + 1, u32[r + AUX] === 0 ? 0 : wanted(s, r) === 1 ? size : -size);
}
/** Then EXPECT is what this MATCH still bets on, and after the byte what it will bet on next. */
export function learnMatch(s: Region, r: number, bit: number): void {
  const { u8, u32 } = s;
  learnSide(s, r, bit, 1023);
  const alive = u32[r + AUX] !== 0;
  u32[EXPECT] = u32[r + AUX];
  if (u32[BIT] !== 7) return;
  u32[r + BASE] = alive ? min(u32[r + BASE] + 1, 65535) : 0;
  u32[r + CUR]++;
  u32[LEN] = u32[r + BASE];
  if (alive && u32[r + CUR] !== u32[POS]) u32[EXPECT] = 256 | u8[u32[RING] + (u32[r + CUR] & u32[RINGMASK])]; // else the byte just learned, which is not in the history yet
}
