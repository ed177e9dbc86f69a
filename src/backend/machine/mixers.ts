/** The plain twins of the mixers, APM and dense layers of assembly/components.ts; MIX sums in its lanes. */
import * as op from '../../../assembly/portable/opcodes.ts';
import * as state from './state.ts';
import type { Region } from './state.ts';

const { BASE, BIT, C0, CUR, EXPECT, HITS, LEN, NX, PR, RA, RATE, RB, RD, RK, STRETCH, TABLE, X, getF, getX, mix32, number, reg, setF, squash } = state;
const { APM_RATES, DECAY } = op;
const { fround, imul, max, min } = Math;
const SPREAD = 0x3d4d51cb;
const lanes = new Float32Array(8); // two vectors of four; what is stored is rounded

/** The weight set of a MIX: 0 up to the size of its mode. */
function selector(s: Region, r: number): number {
  const { u32 } = s;
  const c0 = u32[C0];
  const value = reg(s, u32[r + RA]);
  const expects = u32[EXPECT] !== 0 ? 1 : 0;
  switch (u32[r + RB] & 7) {
    case 1: return c0;
    case 2: return value & 255;
    case 3: return 32 * min(u32[HITS], 31) + 4 * u32[BIT] + (expects === 0 ? 0 : min(u32[LEN] >>> 4, 2) + 1);
    case 4: return u32[BIT] + 8 * (value & 31);
    case 5: return c0 + 256 * (value & 3);
    case 6: return value & 1023;
    case 7: return c0 + 256 * expects;
    default: return 0;
  }
}

/** Two vectors take turns; they are added, then their lanes, neighbours first. */
export function mix(s: Region, r: number): void {
  const { u32, f32 } = s;
  const n = u32[NX];
  u32[r + CUR] = u32[r + TABLE] + selector(s, r) * n * 4;
  const w = u32[r + CUR] >>> 2;
  lanes.fill(0);
  for (let i = 0; i < n; i++) lanes[i & 7] += fround(f32[w + i] * f32[X + i]);
  for (let i = 0; i < 4; i++) lanes[i] += lanes[i + 4];
  const x = fround(fround(lanes[0] + lanes[1]) + fround(lanes[2] + lanes[3]));
  f32[r + PR] = squash(s, x);
  setF(s, u32[r + RD], x);
}
export function learnMix({ u32, f32 }: Region, r: number, bit: number): void {
  const w = u32[r + CUR] >>> 2;
  const e = fround(fround(bit - f32[r + PR]) * rate(f32, r));
  for (let i = 0; i < u32[NX]; i++) f32[w + i] += fround(e * f32[X + i]);
}
/** The learning rate now; it falls towards its base. */
function rate(f32: Float32Array, r: number): number {
  const now = f32[r + RATE];
  f32[r + RATE] = now - fround(fround(now - f32[r + BASE]) * fround(DECAY));
  return now;
}

export function mix2(s: Region, r: number): void {
  const { u32, f32 } = s;
  const n = (u32[r + RB] & 7) + 2;
  const a = u32[r + RA];
  u32[r + CUR] = u32[r + TABLE] + 64 * u32[C0];
  const w = u32[r + CUR] >>> 2;
  const kept = (u32[r + TABLE] + 16384) >>> 2; // what it mixed must still be there when it learns
  let x = 0;
  for (let i = 0; i < n; i++) {
    f32[kept + i] = getF(s, a + i);
    x = fround(x + fround(f32[w + i] * f32[kept + i]));
  }
  f32[r + PR] = squash(s, x);
  setF(s, u32[r + RD], x);
}
export function learnMix2({ u32, f32 }: Region, r: number, bit: number): void {
  const w = u32[r + CUR] >>> 2;
  const kept = (u32[r + TABLE] + 16384) >>> 2;
  const e = fround(fround(bit - f32[r + PR]) * rate(f32, r));
  for (let i = 0; i < (u32[r + RB] & 7) + 2; i++) f32[w + i] += fround(e * f32[kept + i]);
}

/** 33 probabilities a context between the logits -8 and 8, as differences from where they begin; CUR: the lower of the two in use, PR: the share of the upper. */
export function apm(s: Region, r: number): void {
  const { u32, f32 } = s;
  const k = u32[r + RK];
  const c0 = u32[C0];
  const value = reg(s, u32[r + RA]);
  const mode = k & 3;
  const hashed = mode === 2 ? value : 32 * u32[EXPECT] + min(u32[LEN], 31);
  const row = mode === 0 ? c0 : mode === 1 ? c0 + 256 * (value & 255) : mix32(hashed + imul(c0, SPREAD)) & 65535;
  const x = getF(s, u32[r + RB]);
  const t = (x + 8) * 2;
  const level = t < 0 ? 0 : t > 31.999 ? 31.999 : t;
  const j = Math.floor(level);
  const f = fround(level - j);
  u32[r + CUR] = u32[r + TABLE] + row * 132 + 4 * j;
  f32[r + PR] = f;
  const cur = u32[r + CUR] >>> 2;
  const low = fround(f32[cur] + squash(s, j / 2 - 8));
  const high = fround(f32[cur + 1] + squash(s, j / 2 - 7.5));
  const p = fround(low + fround(fround(high - low) * f));
  const y = f32[STRETCH + min(max(Math.trunc(p * 4096), 0), 4095)];
  setF(s, u32[r + RD], x + (y - x) * (1 - 0.25 * ((k >>> 4) & 3)));
}
export function learnApm(s: Region, r: number, bit: number): void {
  const { u32, f32 } = s;
  const cur = u32[r + CUR] >>> 2;
  const j = ((u32[r + CUR] - u32[r + TABLE]) % 132) / 4;
  const speed = fround(1 / APM_RATES[(u32[r + RK] >>> 2) & 3]);
  const f = f32[r + PR];
  const off = (i: number): number => fround(fround(bit - f32[cur + i]) - squash(s, (j + i) / 2 - 8));
  f32[cur] += fround(off(0) * fround(speed * fround(1 - f)));
  f32[cur + 1] += fround(off(1) * fround(speed * f));
}

/** D[k] + the products of D[k + 1...] with X or F from a on. */
export function dot(s: Region, r: number): number {
  const { u32 } = s;
  const [a, b, k] = [u32[r + RA], u32[r + RB], u32[r + RK]];
  let sum = number(s, k);
  for (let i = 0; i < (b & 31) + 1; i++) sum += number(s, k + 1 + i) * (b & 32 ? getF(s, a + i) : getX(s, a + i));
  return sum;
}
