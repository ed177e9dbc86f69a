/** The BYTE instructions of the machine: contexts from the history, register arithmetic, and the vector V with its projections, codebooks, permutations and DCT. */
import * as op from './portable/opcodes';
import { ABOVELINE, COS, D, EXPECT, LEN, LINE, POS, R, RA, RB, RD, RING, RINGMASK, RK, V, VLEN, W, WORDS, OP, back, mix32, number, reg, setF } from './state';

const K: u32 = 0x2f0b4c47;

/** The value of a BYTE instruction that only reads registers and the history. */
export function byteOp(m: usize, r: usize): void {
  const b = load<u32>(r, RB);
  const k = load<u32>(r, RK);
  const d = (load<u32>(r, RD) & 31) << 2;
  const x = reg(m, load<u32>(r, RA));
  const y = reg(m, b);
  let h: u32 = 0;
  switch (load<i32>(r, OP)) {
    case op.ORD: {
      for (let i = b & 31; i > 0; i--) h = (h + back(m, i - 1) + 1) * K;
      h ^= h >>> 16;
      break;
    }
    case op.SPARSE: {
      const mask = (b << 10) | k;
      for (let i = 0; i < 16; i++) if ((mask >>> i) & 1) h = (h + back(m, i) + 1 + (<u32>i << 8)) * K;
      h ^= h >>> 16;
      break;
    }
    case op.WORD: {
      h = load<u32>(m, WORDS);
      const last = b & 3;
      for (let i: u32 = 1; i <= last; i++) if (!(b & 4 && i == 1)) h = mix32(h + load<u32>(m + (i << 2), WORDS) + i * 0x632be5ab);
      break;
    }
    case op.BYTE: h = back(m, b); break;
    case op.LDI: h = k; break;
    case op.ADD: h = x + y; break;
    case op.SUB: h = x - y; break;
    case op.XOR: h = x ^ y; break;
    case op.AND: h = x & y; break;
    case op.OR: h = x | y; break;
    case op.SHR: h = x >>> (k & 31); break;
    case op.SHL: h = x << (k & 31); break;
    case op.MUL: h = x * y; break;
    case op.HASH: h = mix32(x * 0x3d4d51cb + y + k * 0x632be5ab); break;
    case op.LOW: {
      h = x & 255;
      if (h >= 65 && h <= 90) h += 32;
      break;
    }
    case op.ALPHA: h = letter(x & 255); break;
    case op.SEL: h = x != 0 ? y : load<u32>(m + d, R); break;
    case op.COL: h = min(load<u32>(m, POS) - load<u32>(m, LINE), 255); break;
    case op.ABOVE: {
      const at = load<u32>(m, ABOVELINE) + (load<u32>(m, POS) - load<u32>(m, LINE));
      if (at < load<u32>(m, LINE) && load<u32>(m, POS) - at <= load<u32>(m, RINGMASK)) h = load<u8>(m + load<u32>(m, RING) + (at & load<u32>(m, RINGMASK)));
      break;
    }
    case op.CLASS: {
      const last = min(b & 15, 10);
      for (let i: u32 = 0; i < last; i++) h = (h << 3) | kind(back(m, i));
      break;
    }
    case op.PROJ: {
      const s = product(m, k);
      setF(m, load<u32>(r, RD), s);
      const levels = 2 << (b & 7);
      const level = floor((s + 4.0) * <f64>levels * 0.125);
      h = level < 0.0 ? 0 : level >= <f64>levels ? levels - 1 : <u32>level;
      break;
    }
    case op.NEAR: {
      const n = load<u32>(m, VLEN);
      let least = Infinity;
      for (let j: u32 = 0; j <= b; j++) {
        let s = 0.0;
        for (let i: u32 = 0; i < n; i++) {
          const e = load<f64>(m + (i << 3), V) - number(m, k + j * n + i);
          s += e * e;
        }
        if (s < least) {
          least = s;
          h = j;
        }
      }
      break;
    }
    case op.SIGN: {
      const n = load<u32>(m, VLEN);
      const rows = (b & 15) + 1;
      for (let j: u32 = 0; j < rows; j++) if (product(m, k + j * n) >= 0.0) h |= 1 << j;
      break;
    }
    case op.MLEN: h = min(load<u32>(m, LEN), 63); break;
    case op.MBYTE: h = load<u32>(m, EXPECT) == 0 ? 0 : (load<u32>(m, EXPECT) & 255) + 1; break;
    case op.FEAT: {
      feat(m, b, k);
      return;
    }
    case op.PERM: {
      perm(m, k);
      return;
    }
    case op.DCT: {
      dct(m);
      return;
    }
    default: return;
  }
  store<u32>(m + d, h, R);
}

/** 1 for letters and what is above 127. */
// @ts-ignore: decorator
@inline
export function letter(c: u32): u32 {
  return <u32>((c | 32) - 97 < 26 || c > 127);
}

/** The class of a byte, 0 to 7. */
function kind(c: u32): u32 {
  if (c > 127) return 7;
  if (c >= 97 && c <= 122) return 5;
  if (c >= 65 && c <= 90) return 6;
  if (c >= 48 && c <= 57) return 4;
  if (c == 32) return 2;
  if (c == 10) return 1;
  return c < 32 ? 0 : 3;
}

/** V . D[k...], from the first on. */
function product(m: usize, k: u32): f64 {
  const n = load<u32>(m, VLEN);
  let s = 0.0;
  for (let i: u32 = 0; i < n; i++) s += load<f64>(m + (i << 3), V) * number(m, k + i);
  return s;
}

function feat(m: usize, b: u32, k: u32): void {
  const n: u32 = 4 << (b & 3);
  store<u32>(m, n, VLEN);
  const mode = (b >>> 2) & 3;
  const each: u32 = mode < 2 ? 1 : 2 << (mode - 2);
  const fade = b >>> 4 == 0 ? 1.0 : b >>> 4 == 1 ? 0.84 : b >>> 4 == 2 ? 0.7 : 0.5;
  let weight = 1.0;
  for (let i: u32 = 0; i < n; ) {
    const c = back(m, i / each);
    for (let j: u32 = 0; j < each; j++, i++) {
      const x = mode == 0 ? (<f64>c - 96.0) * 0.03125 : mode == 1 ? number(m, k + c) : number(m, k + (c & 127) * each + j);
      store<f64>(m + (i << 3), x * weight, V);
    }
    weight *= fade;
  }
}

function perm(m: usize, k: u32): void {
  const n = load<u32>(m, VLEN);
  for (let i: u32 = 0; i < n; i++) {
    const x = floor(abs(number(m, k + i)));
    const from = <u32>(x - floor(x / <f64>n) * <f64>n);
    store<f64>(m + (i << 3), load<f64>(m + (from << 3), V), W);
  }
  memory.copy(m + V, m + W, n << 3);
}

/** Orthonormal: sqrt(2 / n), the first 1 / sqrt(n). */
function dct(m: usize): void {
  const n = load<u32>(m, VLEN);
  const step = 32 / n; // cos(pi (2 i + 1) j / 2 n) = COS[(2 i + 1) j 32 / n], of 128 to the round
  for (let j: u32 = 0; j < n; j++) {
    let s = 0.0;
    for (let i: u32 = 0; i < n; i++) s += load<f64>(m + (i << 3), V) * load<f64>(m + ((((2 * i + 1) * j * step) & 127) << 3), COS);
    store<f64>(m + (j << 3), s * sqrt((j == 0 ? 1.0 : 2.0) / <f64>n), W);
  }
  memory.copy(m + V, m + W, n << 3);
}
