/**
 * The products of dense layers, forward and backward, in f32 (what trains) and f64 (what checks it): one generic text, exported twice.
 *
 * A product adds its terms one after another in the order of the inner index, from the bias or zero, each product rounded before it is added
 * (there is no fused multiply-add), so that its bits depend on neither blocks nor lanes; vectors run across the columns of the result. Sums over the
 * examples of a batch are four sums of a quarter each, (q0 + q1) + (q2 + q3), so that workers may make a quarter each. 32 bytes of columns are
 * packed into a panel that stays in the first-level cache, and a tile of four rows keeps its eight sums in registers (measured: 19 products a nanosecond).
 * The twins in src/backend/network.ts repeat the orders.
 */
/** Of a panel and of a row of a tile. */
const WIDE: usize = 32;
const TILE: usize = 128;

// @ts-ignore: decorator
@inline
function more<T>(sum: v128, a: v128, b: v128): v128 {
  return v128.add<T>(sum, v128.mul<T>(a, b));
}

/** Four rows of 32 bytes: out = init + the sum over p < k of a[row, p] panel[p]. */
function four<T>(out: usize, step: usize, init: usize, a: usize, row: usize, column: usize, panel: usize, k: i32): void {
  let s00 = v128.load(init), s01 = v128.load(init, 16);
  let s10 = s00, s20 = s00, s30 = s00;
  let s11 = s01, s21 = s01, s31 = s01;
  const end = panel + <usize>k * WIDE;
  let a1 = a + row, a2 = a1 + row, a3 = a2 + row;
  while (panel < end) {
    const b0 = v128.load(panel), b1 = v128.load(panel, 16);
    let x = v128.load_splat<T>(a);
    s00 = more<T>(s00, x, b0);
    s01 = more<T>(s01, x, b1);
    x = v128.load_splat<T>(a1);
    s10 = more<T>(s10, x, b0);
    s11 = more<T>(s11, x, b1);
    x = v128.load_splat<T>(a2);
    s20 = more<T>(s20, x, b0);
    s21 = more<T>(s21, x, b1);
    x = v128.load_splat<T>(a3);
    s30 = more<T>(s30, x, b0);
    s31 = more<T>(s31, x, b1);
    a += column;
    a1 += column;
    a2 += column;
    a3 += column;
    panel += WIDE;
  }
  v128.store(out, s00);
  v128.store(out, s01, 16);
  out += step;
  v128.store(out, s10);
  v128.store(out, s11, 16);
  out += step;
  v128.store(out, s20);
  v128.store(out, s21, 16);
  out += step;
  v128.store(out, s30);
  v128.store(out, s31, 16);
}

/** One row. */
function one<T>(out: usize, init: usize, a: usize, column: usize, panel: usize, k: i32): void {
  let s0 = v128.load(init), s1 = v128.load(init, 16);
  const end = panel + <usize>k * WIDE;
  while (panel < end) {
    const x = v128.load_splat<T>(a);
    s0 = more<T>(s0, x, v128.load(panel));
    s1 = more<T>(s1, x, v128.load(panel, 16));
    a += column;
    panel += WIDE;
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
}

/** k rows of at most 32 bytes, filled up with zeros; elements of b lie `row` and `column` bytes apart. */
function pack<T>(panel: usize, b: usize, row: usize, column: usize, k: i32, bytes: usize): void {
  for (let p: i32 = 0; p < k; p++) {
    if (bytes == WIDE && column == sizeof<T>()) {
      v128.store(panel, v128.load(b));
      v128.store(panel, v128.load(b, 16), 16);
    } else {
      let from = b;
      for (let i: usize = 0; i < WIDE; i += sizeof<T>()) {
        store<T>(panel + i, i < bytes ? load<T>(from) : <T>0);
        from += column;
      }
    }
    b += row;
    panel += WIDE;
  }
}

/**
 * out (n x m) = a (n x k) b (k x m) + bias, bias 0: none; `turned`: b lies as m x k. `work`: 160 bytes and 32 k.
 */
function dense<T>(out: usize, work: usize, a: usize, b: usize, bias: usize, n: i32, m: i32, k: i32, turned: i32): void {
  const size = sizeof<T>();
  const init = work, tile = work + WIDE, panel = tile + TILE;
  const row = turned ? size : <usize>m * size;
  const column = turned ? <usize>k * size : size;
  const step = <usize>m * size, length = <usize>k * size;
  for (let at: usize = 0; at < step; at += WIDE) {
    const bytes = min(WIDE, step - at);
    const whole = bytes == WIDE;
    pack<T>(panel, b + (at / size) * column, row, column, k, bytes);
    memory.fill(init, 0, WIDE);
    if (bias) memory.copy(init, bias + at, bytes);
    let x = a, y = out + at;
    let i: i32 = 0;
    for (; i + 3 < n; i += 4) {
      if (whole) four<T>(y, step, init, x, length, size, panel, k);
      else {
        four<T>(tile, WIDE, init, x, length, size, panel, k);
        for (let r: usize = 0; r < 4; r++) memory.copy(y + r * step, tile + r * WIDE, bytes);
      }
      x += 4 * length;
      y += 4 * step;
    }
    for (; i < n; i++) {
      one<T>(tile, init, x, size, panel, k);
      memory.copy(y, tile, bytes);
      x += length;
      y += step;
    }
  }
}

/**
 * out (k x m) = the sum over n examples of a[r]^T b[r], a n x k, b n x m: as four sums of `quarter` examples each, (q0 + q1) + (q2 + q3); quarter 0: as one sum. `work`: 544 bytes and 32 n.
 */
function outer<T>(out: usize, work: usize, a: usize, b: usize, n: i32, m: i32, k: i32, quarter: i32): void {
  const size = sizeof<T>();
  const init = work, tiles = work + WIDE, panel = tiles + 4 * TILE;
  const step = <usize>m * size, length = <usize>k * size;
  memory.fill(init, 0, WIDE);
  for (let at: usize = 0; at < step; at += WIDE) {
    const bytes = min(WIDE, step - at);
    pack<T>(panel, b + at, step, size, n, bytes);
    for (let i: i32 = 0; i < k; i += 4) {
      const rows = min(4, k - i);
      const parts = quarter ? 4 : 1;
      for (let q: i32 = 0; q < parts; q++) {
        const from = min(n, q * quarter);
        const count = quarter ? min(n, from + quarter) - from : n;
        const x = a + <usize>from * length + <usize>i * size;
        const tile = tiles + <usize>q * TILE;
        if (rows == 4) four<T>(tile, WIDE, init, x, size, length, panel + <usize>from * WIDE, count);
        else for (let r: i32 = 0; r < rows; r++) one<T>(tile + <usize>r * WIDE, init, x + <usize>r * size, length, panel + <usize>from * WIDE, count);
      }
      const end = <usize>rows * WIDE;
      if (quarter) {
        for (let t: usize = tiles; t < tiles + end; t += 16) {
          const low = v128.add<T>(v128.load(t), v128.load(t, TILE));
          const high = v128.add<T>(v128.load(t, 2 * TILE), v128.load(t, 3 * TILE));
          v128.store(t, v128.add<T>(low, high));
        }
      }
      let y = out + <usize>i * step + at;
      for (let t: usize = 0; t < end; t += WIDE) {
        if (bytes == WIDE) {
          v128.store(y, v128.load(tiles + t));
          v128.store(y, v128.load(tiles + t, 16), 16);
        } else memory.copy(y, tiles + t, bytes);
        y += step;
      }
    }
  }
}

export function dense32(out: usize, work: usize, a: usize, b: usize, bias: usize, n: i32, m: i32, k: i32, turned: i32): void { dense<f32>(out, work, a, b, bias, n, m, k, turned); }
export function dense64(out: usize, work: usize, a: usize, b: usize, bias: usize, n: i32, m: i32, k: i32, turned: i32): void { dense<f64>(out, work, a, b, bias, n, m, k, turned); }
export function outer32(out: usize, work: usize, a: usize, b: usize, n: i32, m: i32, k: i32, quarter: i32): void { outer<f32>(out, work, a, b, n, m, k, quarter); }
export function outer64(out: usize, work: usize, a: usize, b: usize, n: i32, m: i32, k: i32, quarter: i32): void { outer<f64>(out, work, a, b, n, m, k, quarter); }
