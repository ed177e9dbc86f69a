/** The plain twins of assembly/features.ts: the BYTE instructions. */
import * as op from '../../../assembly/portable/opcodes.ts';
import { ABOVELINE, COS, EXPECT, LEN, LINE, OP, POS, R, RA, RB, RD, RING, RINGMASK, RK, V, VLEN, W, WORDS, back, mix32, number, reg, setF, type Region } from './state.ts';

const { imul, min } = Math;
const K = 0x2f0b4c47;
const SALT = 0x632be5ab;

/** Runs a BYTE instruction. */
export function byteOp(s: Region, r: number): void {
  const { u32 } = s;
  const value = byteValue(s, r);
  if (value !== undefined) u32[R + (u32[r + RD] & 31)] = value;
}

/** What goes to R[d], modulo 2^32; nothing where V or nothing is written. */
function byteValue(s: Region, r: number): number | undefined {
  const { u8, u32, f64 } = s;
  const b = u32[r + RB];
  const k = u32[r + RK];
  const x = reg(s, u32[r + RA]);
  const y = reg(s, b);
  let h = 0;
  switch (u32[r + OP]) {
    case op.ORD:
      for (let i = b & 31; i > 0; i--) h = imul(h + back(s, i - 1) + 1, K);
      return h ^ (h >>> 16);
    case op.SPARSE:
      for (let i = 0; i < 16; i++) if ((((b << 10) | k) >>> i) & 1) h = imul(h + back(s, i) + 1 + 256 * i, K);
      return h ^ (h >>> 16);
    case op.WORD:
      h = u32[WORDS];
      for (let i = 1; i <= (b & 3); i++) if (!(b & 4 && i === 1)) h = mix32(h + u32[WORDS + i] + imul(i, SALT));
      return h;
    case op.BYTE: return back(s, b);
    case op.LDI: return k;
    case op.ADD: return x + y;
    case op.SUB: return x - y;
    case op.XOR: return x ^ y;
    case op.AND: return x & y;
    case op.OR: return x | y;
    case op.SHR: return x >>> (k & 31);
    case op.SHL: return x << (k & 31);
    case op.MUL: return imul(x, y);
    case op.HASH: return mix32(imul(x, 0x3d4d51cb) + y + imul(k, SALT));
    case op.LOW: return (x & 255) >= 65 && (x & 255) <= 90 ? (x & 255) + 32 : x & 255;
    case op.ALPHA: return letter(x & 255) ? 1 : 0;
    case op.SEL: return x !== 0 ? y : undefined;
    case op.COL: return min((u32[POS] - u32[LINE]) >>> 0, 255);
    case op.ABOVE: {
      const at = (u32[ABOVELINE] + u32[POS] - u32[LINE]) >>> 0;
      return at < u32[LINE] && u32[POS] - at <= u32[RINGMASK] ? u8[u32[RING] + (at & u32[RINGMASK])] : 0;
    }
    case op.CLASS:
      for (let i = 0; i < min(b & 15, 10); i++) h = 8 * h + kind(back(s, i));
      return h;
    case op.PROJ: {
      const sum = product(s, k);
      setF(s, u32[r + RD], sum);
      const levels = 2 << (b & 7);
      const level = Math.floor((sum + 4) * levels * 0.125);
      return level < 0 ? 0 : level >= levels ? levels - 1 : level;
    }
    case op.NEAR: {
      const n = u32[VLEN];
      let least = Infinity;
      for (let j = 0; j <= b; j++) {
        let sum = 0;
        for (let i = 0; i < n; i++) {
          const e = f64[V + i] - number(s, k + j * n + i);
          sum += e * e;
        }
        if (sum < least) [least, h] = [sum, j];
      }
      return h;
    }
    case op.SIGN:
      for (let j = 0; j <= (b & 15); j++) if (product(s, k + j * u32[VLEN]) >= 0) h |= 1 << j;
      return h;
    case op.MLEN: return min(u32[LEN], 63);
    case op.MBYTE: return u32[EXPECT] === 0 ? 0 : (u32[EXPECT] & 255) + 1;
    case op.FEAT: feat(s, b, k); return undefined;
    case op.PERM: perm(s, k); return undefined;
    case op.DCT: dct(s); return undefined;
    default: return undefined;
  }
}

/** Letters and what is above 127. */
export function letter(c: number): boolean {
  return ((c | 32) >= 97 && (c | 32) <= 122) || c > 127;
}

/** The class of a byte, 0 to 7. */
function kind(c: number): number {
  if (c > 127) return 7;
  if (c >= 97 && c <= 122) return 5;
  if (c >= 65 && c <= 90) return 6;
  if (c >= 48 && c <= 57) return 4;
  if (c === 32) return 2;
  if (c === 10) return 1;
  return c < 32 ? 0 : 3;
}

/** V . D[k...], from the first on. */
function product(s: Region, k: number): number {
  let sum = 0;
  for (let i = 0; i < s.u32[VLEN]; i++) sum += s.f64[V + i] * number(s, k + i);
  return sum;
}

function feat(s: Region, b: number, k: number): void {
  const n = 4 << (b & 3);
  s.u32[VLEN] = n;
  const mode = (b >>> 2) & 3;
  const each = [1, 1, 2, 4][mode];
  const fade = [1, 0.84, 0.7, 0.5][b >>> 4];
  let weight = 1;
  for (let i = 0; i < n; i += each) {
    const c = back(s, i / each);
    for (let j = 0; j < each; j++) {
      const x = mode === 0 ? (c - 96) / 32 : mode === 1 ? number(s, k + c) : number(s, k + (c & 127) * each + j);
      s.f64[V + i + j] = x * weight;
    }
    weight *= fade;
  }
}

function perm(s: Region, k: number): void {
  const { f64 } = s;
  const n = s.u32[VLEN];
  for (let i = 0; i < n; i++) f64[W + i] = f64[V + (Math.floor(Math.abs(number(s, k + i))) % n)];
  f64.copyWithin(V, W, W + n);
}

/** Orthonormal: sqrt(2 / n), the first 1 / sqrt(n). */
function dct({ u32, f64 }: Region): void {
  const n = u32[VLEN];
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += f64[V + i] * f64[COS + (((2 * i + 1) * j * (32 / n)) & 127)]; // cos(pi (2 i + 1) j / 2 n)
    f64[W + j] = sum * Math.sqrt((j === 0 ? 1 : 2) / n);
  }
  f64.copyWithin(V, W, W + n);
}
