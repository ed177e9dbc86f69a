/**
 * Between the products of dense layers (network.ts), in f32 and f64: activations and their slopes, losses, dropout, and conversions.
 *
 * Transcendentals are computed in f64 (vector.ts) and rounded to the type. What is on n elements goes by whole vectors: up to 32 bytes behind them are
 * touched. The twins in src/backend/network.ts do the same operations one by one.
 */
import { exp, log } from './portable/math';
import { vtanh } from './vector';

// @ts-ignore: decorator
@inline
function pair<T>(x: usize): v128 {
  return sizeof<T>() == 4 ? f64x2.promote_low_f32x4(v128.load64_zero(x)) : v128.load(x);
}
// @ts-ignore: decorator
@inline
function keep<T>(x: usize, y: v128): void {
  if (sizeof<T>() == 4) v128.store64_lane(x, f32x4.demote_f64x2_zero(y), 0);
  else v128.store(x, y);
}
// @ts-ignore: decorator
@inline
function all(x: f64): v128 {
  return f64x2.splat(x);
}

/** sqrt(2 / pi) and the cubic term of GELU's tanh form (Hendrycks, Gimpel 2016). */
const ROOT: f64 = 0.7978845608028654;
const CUBIC: f64 = 0.044715;

// @ts-ignore: decorator
@inline
function bent(x: v128): v128 {
  return vtanh(f64x2.mul(all(ROOT), f64x2.add(x, f64x2.mul(all(CUBIC), f64x2.mul(x, f64x2.mul(x, x))))));
}
// @ts-ignore: decorator
@inline
function gelu(x: v128): v128 {
  return f64x2.mul(f64x2.mul(all(0.5), x), f64x2.add(all(1.0), bent(x)));
}
// @ts-ignore: decorator
@inline
function geluSlope(x: v128): v128 {
  const t = bent(x);
  const inner = f64x2.mul(all(ROOT), f64x2.add(all(1.0), f64x2.mul(all(3.0 * CUBIC), f64x2.mul(x, x))));
  const rise = f64x2.mul(f64x2.mul(f64x2.mul(all(0.5), x), f64x2.sub(all(1.0), f64x2.mul(t, t))), inner);
  return f64x2.add(f64x2.mul(all(0.5), f64x2.add(all(1.0), t)), rise);
}

/** out = f(x), n elements with room for a whole vector behind them; kind 0 relu, 1 tanh, 2 gelu. */
function activate<T>(out: usize, x: usize, n: i32, kind: i32): void {
  const end = x + <usize>n * sizeof<T>();
  if (kind == 0) {
    for (; x < end; x += 16, out += 16) v128.store(out, v128.max<T>(v128.load(x), v128.splat<T>(0)));
    return;
  }
  for (; x < end; x += 2 * sizeof<T>(), out += 2 * sizeof<T>()) keep<T>(out, kind == 1 ? vtanh(pair<T>(x)) : gelu(pair<T>(x)));
}

/** slope = slope f'(x), where y = f(x). */
function derive<T>(slope: usize, x: usize, y: usize, n: i32, kind: i32): void {
  const end = x + <usize>n * sizeof<T>();
  if (kind == 0) {
    for (; x < end; x += 16, slope += 16) v128.store(slope, v128.and(v128.load(slope), v128.gt<T>(v128.load(x), v128.splat<T>(0))));
    return;
  }
  if (kind == 1) {
    for (; x < end; x += 16, y += 16, slope += 16) {
      const t = v128.load(y);
      v128.store(slope, v128.mul<T>(v128.load(slope), v128.sub<T>(v128.splat<T>(1), v128.mul<T>(t, t))));
    }
    return;
  }
  for (; x < end; x += 2 * sizeof<T>(), slope += 2 * sizeof<T>()) keep<T>(slope, f64x2.mul(pair<T>(slope), geluSlope(pair<T>(x))));
}

/**
 * Softmax and cross-entropy of n rows of m logits: loss[r], hits[r] = 1 where the first of the largest logits is the label, and slope = scale (softmax - one-hot) unless slope is 0. `work`: m doubles.
 */
function entropy<T>(slope: usize, loss: usize, hits: usize, work: usize, logits: usize, labels: usize, n: i32, m: i32, scale: f64): void {
  for (let r: i32 = 0; r < n; r++) {
    const row = logits + <usize>r * m * sizeof<T>();
    const label = <i32>load<u8>(labels + r);
    let most = 0;
    for (let j: i32 = 1; j < m; j++) if (load<T>(row + <usize>j * sizeof<T>()) > load<T>(row + <usize>most * sizeof<T>())) most = j;
    const peak = <f64>load<T>(row + <usize>most * sizeof<T>());
    let sum: f64 = 0.0;
    for (let j: i32 = 0; j < m; j++) {
      const e = exp(<f64>load<T>(row + <usize>j * sizeof<T>()) - peak);
      store<f64>(work + (<usize>j << 3), e);
      sum += e;
    }
    store<f64>(loss + (<usize>r << 3), log(sum) - (<f64>load<T>(row + <usize>label * sizeof<T>()) - peak));
    store<f64>(hits + (<usize>r << 3), most == label ? 1.0 : 0.0);
    if (!slope) continue;
    const to = slope + <usize>r * m * sizeof<T>();
    for (let j: i32 = 0; j < m; j++) {
      const p = load<f64>(work + (<usize>j << 3)) / sum;
      store<T>(to + <usize>j * sizeof<T>(), <T>((j == label ? p - 1.0 : p) * scale));
    }
  }
}

/** loss[r] = the mean over m outputs of (output - target)^2, and slope = scale (output - target) unless slope is 0. */
function squares<T>(slope: usize, loss: usize, outputs: usize, targets: usize, n: i32, m: i32, scale: f64): void {
  for (let r: i32 = 0; r < n; r++) {
    let sum: f64 = 0.0;
    for (let j: i32 = 0; j < m; j++) {
      const i = (<usize>r * m + j) * sizeof<T>();
      const d = <f64>load<T>(outputs + i) - <f64>load<T>(targets + i);
      sum += d * d;
      if (slope) store<T>(slope + i, <T>(d * scale));
    }
    store<f64>(loss + (<usize>r << 3), sum / <f64>m);
  }
}

/** out = bytes scale + shift, in the type. Reads and writes up to 7 elements beyond n. */
function bytes<T>(out: usize, x: usize, n: i32, scale: f64, shift: f64): void {
  if (sizeof<T>() == 4) {
    const a = f32x4.splat(<f32>scale), b = f32x4.splat(<f32>shift);
    for (let i: i32 = 0; i < n; i += 8) {
      const words = v128.load8x8_u(x + i);
      v128.store(out, f32x4.add(f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(words)), a), b));
      v128.store(out, f32x4.add(f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(words)), a), b), 16);
      out += 32;
    }
    return;
  }
  for (let i: i32 = 0; i < n; i++) store<T>(out + <usize>i * sizeof<T>(), <T>load<u8>(x + i) * <T>scale + <T>shift);
}

/** x = word >= threshold ? x factor : 0, word by word; room for a whole vector behind n elements. */
function drop<T>(x: usize, words: usize, n: i32, threshold: u32, factor: f64): void {
  if (sizeof<T>() == 4) {
    const a = f32x4.splat(<f32>factor), t = i32x4.splat(<i32>threshold);
    for (let i: i32 = 0; i < n; i += 4) {
      v128.store(x, v128.and(f32x4.mul(v128.load(x), a), i32x4.ge_u(v128.load(words), t)));
      x += 16;
      words += 16;
    }
    return;
  }
  for (let i: i32 = 0; i < n; i++) {
    const at = x + <usize>i * sizeof<T>();
    store<T>(at, load<u32>(words + (<usize>i << 2)) >= threshold ? load<T>(at) * <T>factor : <T>0);
  }
}

export function activate32(out: usize, x: usize, n: i32, kind: i32): void { activate<f32>(out, x, n, kind); }
export function activate64(out: usize, x: usize, n: i32, kind: i32): void { activate<f64>(out, x, n, kind); }
export function derive32(slope: usize, x: usize, y: usize, n: i32, kind: i32): void { derive<f32>(slope, x, y, n, kind); }
export function derive64(slope: usize, x: usize, y: usize, n: i32, kind: i32): void { derive<f64>(slope, x, y, n, kind); }
export function entropy32(slope: usize, loss: usize, hits: usize, work: usize, logits: usize, labels: usize, n: i32, m: i32, scale: f64): void { entropy<f32>(slope, loss, hits, work, logits, labels, n, m, scale); }
export function entropy64(slope: usize, loss: usize, hits: usize, work: usize, logits: usize, labels: usize, n: i32, m: i32, scale: f64): void { entropy<f64>(slope, loss, hits, work, logits, labels, n, m, scale); }
export function squares32(slope: usize, loss: usize, outputs: usize, targets: usize, n: i32, m: i32, scale: f64): void { squares<f32>(slope, loss, outputs, targets, n, m, scale); }
export function squares64(slope: usize, loss: usize, outputs: usize, targets: usize, n: i32, m: i32, scale: f64): void { squares<f64>(slope, loss, outputs, targets, n, m, scale); }
export function bytes32(out: usize, x: usize, n: i32, scale: f64, shift: f64): void { bytes<f32>(out, x, n, scale, shift); }
export function bytes64(out: usize, x: usize, n: i32, scale: f64, shift: f64): void { bytes<f64>(out, x, n, scale, shift); }
export function drop32(x: usize, words: usize, n: i32, threshold: u32, factor: f64): void { drop<f32>(x, words, n, threshold, factor); }
export function drop64(x: usize, words: usize, n: i32, threshold: u32, factor: f64): void { drop<f64>(x, words, n, threshold, factor); }

/** f64 to f32, and back; room for a whole vector behind n elements. */
export function narrow(out: usize, x: usize, n: i32): void {
  for (let i: i32 = 0; i < n; i += 2) {
    v128.store64_lane(out, f32x4.demote_f64x2_zero(v128.load(x)), 0);
    out += 8;
    x += 16;
  }
}
export function widen(out: usize, x: usize, n: i32): void {
  for (let i: i32 = 0; i < n; i += 2) {
    v128.store(out, f64x2.promote_low_f32x4(v128.load64_zero(x)));
    out += 16;
    x += 8;
  }
}
