/** The plain twins of assembly/features.ts: the BYTE instructions. */
import * as op from '../../../assembly/portable/opcodes.ts';
import * as state from './state.ts';
import type { Region } from './state.ts';

const { ABOVELINE, COS, EXPECT, LEN, LINE, OP, POS, R, RA, RB, RD, RING, RINGMASK, RK, V, VLEN, W, WORDS, back, mix32, number, reg, setF } = state;
const { imul, min } = Math;
const K = 0x2f0b4c47;
const SALT = 0x632be5ab;

/** Runs a BYTE instruction. */
export function byteOp(s: Region, r: number): void {
  const code = s.u32[r + OP];
  if (vectors[code] !== undefined) vectors[code](s, r);
  else if (values[code] !== undefined) s.u32[R + s.u32[r + RD]] = values[code](s, r);
}

const b = ({ u32 }: Region, r: number): number => u32[r + RB];
const k = ({ u32 }: Region, r: number): number => u32[r + RK];
const x = (s: Region, r: number): number => reg(s, s.u32[r + RA]);
const y = (s: Region, r: number): number => reg(s, s.u32[r + RB]);

/** What goes to R[d], modulo 2^32. */
const values: { readonly [code: number]: (s: Region, r: number) => number } = {
  [op.ORD](s, r) {
    let h = 0;
    for (let i = b(s, r) & 31; i > 0; i--) h = imul(h + back(s, i - 1) + 1, K);
    return h ^ (h >>> 16);
  },
  [op.SPARSE](s, r) {
    let h = 0;
    const mask = (b(s, r) << 10) | k(s, r);
    for (let i = 0; i < 16; i++) if ((mask >>> i) & 1) h = imul(h + back(s, i) + 1 + 256 * i, K);
    return h ^ (h >>> 16);
  },
  [op.WORD](s, r) {
    let h = s.u32[WORDS];
    for (let i = 1; i <= (b(s, r) & 3); i++) if (!(b(s, r) & 4 && i === 1)) h = mix32(h + s.u32[WORDS + i] + imul(i, SALT));
    return h;
  },
  [op.BYTE]: (s, r) => back(s, b(s, r)),
  [op.LDI]: k,
  [op.ADD]: (s, r) => x(s, r) + y(s, r),
  [op.SUB]: (s, r) => x(s, r) - y(s, r),
  [op.XOR]: (s, r) => x(s, r) ^ y(s, r),
  [op.AND]: (s, r) => x(s, r) & y(s, r),
  [op.OR]: (s, r) => x(s, r) | y(s, r),
  [op.SHR]: (s, r) => x(s, r) >>> (k(s, r) & 31),
  [op.SHL]: (s, r) => x(s, r) << (k(s, r) & 31),
  [op.MUL]: (s, r) => imul(x(s, r), y(s, r)),
  [op.HASH]: (s, r) => mix32(imul(x(s, r), 0x3d4d51cb) + y(s, r) + imul(k(s, r), SALT)),
  [op.LOW](s, r) {
    const c = x(s, r) & 255;
    return c >= 65 && c <= 90 ? c + 32 : c;
  },
  [op.ALPHA]: (s, r) => (letter(x(s, r) & 255) ? 1 : 0),
  [op.SEL]: (s, r) => (x(s, r) !== 0 ? y(s, r) : reg(s, s.u32[r + RD])),
  [op.COL]: ({ u32 }) => min((u32[POS] - u32[LINE]) >>> 0, 255),
  [op.ABOVE]({ u8, u32 }) {
    const at = (u32[ABOVELINE] + u32[POS] - u32[LINE]) >>> 0;
    return at < u32[LINE] && u32[POS] - at <= u32[RINGMASK] ? u8[u32[RING] + (at & u32[RINGMASK])] : 0;
  },
  [op.CLASS](s, r) {
    let h = 0;
    for (let i = 0; i < min(b(s, r) & 15, 10); i++) h = 8 * h + kind(back(s, i));
    return h;
  },
  [op.PROJ](s, r) {
    const sum = product(s, k(s, r));
    setF(s, s.u32[r + RD], sum);
    const levels = 2 << (b(s, r) & 7);
    const level = Math.floor((sum + 4) * levels * 0.125);
    return level < 0 ? 0 : level >= levels ? levels - 1 : level;
  },
  [op.NEAR](s, r) {
    const n = s.u32[VLEN];
    let row = 0;
    let least = Infinity;
    for (let j = 0; j <= b(s, r); j++) {
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const e = s.f64[V + i] - number(s, k(s, r) + j * n + i);
        sum += e * e;
      }
      if (sum < least) [least, row] = [sum, j];
    }
    return row;
  },
  [op.SIGN](s, r) {
    let h = 0;
    for (let j = 0; j <= (b(s, r) & 15); j++) if (product(s, k(s, r) + j * s.u32[VLEN]) >= 0) h |= 1 << j;
    return h;
  },
  [op.MLEN]: ({ u32 }) => min(u32[LEN], 63),
  [op.MBYTE]: ({ u32 }) => (u32[EXPECT] === 0 ? 0 : (u32[EXPECT] & 255) + 1),
};
/** Those that write V. */
const vectors: { readonly [code: number]: (s: Region, r: number) => void } = {
  [op.FEAT]: (s, r) => feat(s, b(s, r), k(s, r)),
  [op.PERM]: (s, r) => perm(s, k(s, r)),
  [op.DCT]: dct,
};

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
