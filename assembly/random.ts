/**
 * Philox4x32-10 (Salmon et al., SC 2011) with 64-bit products, and Box-Muller normals two blocks at a time.
 * Twins: `philox` and `normalPair` of src/core/random.ts.
 */
import { vcos, vlog, vsin } from './vector';

const TWO_PI: f64 = 6.283185307179586;

/** One block, counter (c0, c1, c2, 0), stored at `out`. */
// @ts-ignore: decorator
@inline
function block(out: usize, k0: u32, k1: u32, c0: u32, c1: u32, c2: u32): void {
  let c3: u32 = 0;
  for (let round = 0; round < 10; round++) {
    const p0: u64 = <u64>0xd2511f53 * <u64>c0;
    const p1: u64 = <u64>0xcd9e8d57 * <u64>c2;
    const next0: u32 = <u32>(p1 >> 32) ^ c1 ^ k0;
    const next2: u32 = <u32>(p0 >> 32) ^ c3 ^ k1;
    c1 = <u32>p1;
    c3 = <u32>p0;
    c0 = next0;
    c2 = next2;
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  store<u32>(out, c0, 0);
  store<u32>(out, c1, 4);
  store<u32>(out, c2, 8);
  store<u32>(out, c3, 12);
}

export function philox(out: usize, blocks: i32, k0: u32, k1: u32, lo: u32, hi: u32, tag: u32): void {
  for (let b: i32 = 0; b < blocks; b++) block(out + (<usize>b << 4), k0, k1, lo + b, hi, tag);
}

// @ts-ignore: decorator
@inline
function uniform(hi: u32, lo: u32): f64 {
  return (<f64>(hi >>> 5) * 67108864.0 + <f64>(lo >>> 6)) / 9007199254740992.0;
}

// @ts-ignore: decorator
@inline
function pair(a: f64, b: f64): v128 {
  return f64x2.replace_lane(f64x2.splat(a), 1, b);
}

/** The block's words are written where its two normals go, and read back: both take 16 bytes. */
export function normals(out: usize, blocks: i32, k0: u32, k1: u32, lo: u32, hi: u32, tag: u32): void {
  philox(out, blocks, k0, k1, lo, hi, tag);
  for (let b: i32 = 0; b < blocks; b += 2) {
    const p = out + (<usize>b << 4);
    const q = b + 1 < blocks ? p + 16 : p;
    const u = pair(1.0 - uniform(load<u32>(p), load<u32>(p, 4)), 1.0 - uniform(load<u32>(q), load<u32>(q, 4)));
    const v = pair(uniform(load<u32>(p, 8), load<u32>(p, 12)), uniform(load<u32>(q, 8), load<u32>(q, 12)));
    const r = f64x2.sqrt(f64x2.mul(f64x2.splat(-2.0), vlog(u)));
    const angle = f64x2.mul(f64x2.splat(TWO_PI), v);
    const c = f64x2.mul(r, vcos(angle));
    const s = f64x2.mul(r, vsin(angle));
    v128.store(p, v128.shuffle<f64>(c, s, 0, 2));
    if (q != p) v128.store(q, v128.shuffle<f64>(c, s, 1, 3));
  }
}
