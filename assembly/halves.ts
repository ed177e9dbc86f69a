/**
 * Meet in the middle (Horowitz and Sahni 1974): sorted lists of subset sums, made by merging instead of sorting, and one sweep over two of them.
 *
 * A merge of two equally long lists runs from both ends at once: n steps forward and n backward meet exactly and can never run past an end, so there are no
 * checks, no branches to predict, and two chains of loads instead of one. The sweep is cut at its diagonals into four chains for the same reason
 * (measured: bench/combinations.ts). Surprise: a step costs the latency of load, add, compare and move, about 15 cycles, so the chains are nearly free.
 *
 * A list with lines has elements (sum, line) of 16 bytes; a line is a whole number of bits from the left, parameter 0 worth 2^52.
 */
import { add, at, sub } from './lanes';

const CHUNK: i32 = 2048; // steps between notes of a sweep

// @ts-ignore: decorator
@inline
function low32(x: v128): usize {
  return <usize>i64x2.extract_lane(x, 0);
}
// @ts-ignore: decorator
@inline
function high32(x: v128): usize {
  return <usize>i64x2.extract_lane(x, 1);
}

/** out = the 2n elements of list + low and of list + high, ascending; the latter have `bit` added to their lines. */
export function grow(out: usize, list: usize, n: i32, low: f64, high: f64, bit: f64): void {
  const a = f64x2.replace_lane(f64x2.splat(0.0), 0, low);
  const b = f64x2.replace_lane(f64x2.splat(bit), 0, high);
  const last = <usize>(n - 1) << 4;
  let x = list;
  let y = list;
  let u = list + last;
  let v = u;
  let to = out;
  let back = out + (<usize>(2 * n - 1) << 4);
  for (let i: i32 = 0; i < n; i++) {
    const p = add(v128.load(x), a);
    const q = add(v128.load(y), b);
    const m = f64x2.le(p, q);
    v128.store(to, v128.bitselect(p, q, v128.shuffle<i64>(m, m, 0, 0)));
    const step = low32(m) & 16;
    x += step;
    y += step ^ 16;
    to += 16;
    const r = add(v128.load(u), a);
    const s = add(v128.load(v), b);
    const k = f64x2.le(r, s);
    v128.store(back, v128.bitselect(s, r, v128.shuffle<i64>(k, k, 0, 0)));
    const down = low32(k) & 16;
    v -= down;
    u -= down ^ 16;
    back -= 16;
  }
}

/**
 * Of equal sums only the earliest line stays, and line 0 beside it: it is no candidate itself, so it must not stand for others. The list is ascending
 * and has line 0 at most once; the answer is how many elements are left.
 */
export function thin(list: usize, n: i32): i32 {
  let equal = f64x2.splat(0.0);
  let p = list;
  const end = list + (<usize>n << 4);
  for (; p + 16 < end; p += 16) equal = v128.or(equal, f64x2.eq(v128.load(p), v128.load(p, 16)));
  if (n < 2 || i64x2.extract_lane(equal, 0) == 0) return n;
  let to = list;
  let zero = 0;
  let origin = 0.0;
  for (p = list; p < end; p += 16) {
    const sum = load<f64>(p);
    const line = load<f64>(p, 8);
    if (line == 0.0) {
      zero = 1;
      origin = sum;
      continue;
    }
    if (to > list && load<f64>(to - 16) == sum) {
      if (line < load<f64>(to - 16, 8)) store<f64>(to - 16, line, 8);
      continue;
    }
    store<f64>(to, sum);
    store<f64>(to, line, 8);
    to += 16;
  }
  if (zero) {
    p = to;
    for (; p > list && load<f64>(p - 16) > origin; p -= 16) v128.store(p, v128.load(p - 16));
    store<f64>(p, origin);
    store<f64>(p, 0.0, 8);
    to += 16;
  }
  return <i32>((to - list) >> 4);
}

/** out = the 2n sums of xs + low and of xs + high, ascending. */
export function merge(out: usize, xs: usize, n: i32, low: f64, high: f64): void {
  const a = f64x2.splat(low);
  const b = f64x2.splat(high);
  let x = xs;
  let y = xs;
  let u = xs + (<usize>(n - 1) << 3);
  let v = u;
  let to = out;
  let back = out + (<usize>(2 * n - 1) << 3);
  for (let i: i32 = 0; i < n; i++) {
    const p = add(v128.load64_lane(u, v128.load64_zero(x), 1), a); // lane 0 forward, lane 1 backward
    const q = add(v128.load64_lane(v, v128.load64_zero(y), 1), b);
    const m = f64x2.le(p, q);
    v128.store64_lane(to, f64x2.pmin(p, q), 0);
    v128.store64_lane(back, f64x2.pmax(p, q), 1);
    const step = low32(m) & 8;
    x += step;
    y += step ^ 8;
    const down = high32(m) & 8;
    v -= down;
    u -= down ^ 8;
    to += 8;
    back -= 8;
  }
}

// @ts-ignore: decorator
@inline
function sums(list: usize, i: i32): v128 {
  const p = list + (<usize>i << 4);
  return v128.shuffle<i64>(v128.load(p), v128.load(p, 16), 0, 2);
}
// @ts-ignore: decorator
@inline
function term(terms: usize, depth: i32, line: i32, k: i32): v128 {
  return v128.load64_splat(terms + (<usize>k << 4) + (<usize>((line >> (depth - 1 - k)) & 1) << 3));
}

/** out[i] = the sum of element i, then term after term of the selection `line` of depth parameters. */
export function shift(out: usize, list: usize, n: i32, terms: usize, depth: i32, line: i32): void {
  let i: i32 = 0;
  for (; i + 7 < n; i += 8) {
    let a = sums(list, i);
    let b = sums(list, i + 2);
    let c = sums(list, i + 4);
    let d = sums(list, i + 6);
    for (let k: i32 = 0; k < depth; k++) {
      const t = term(terms, depth, line, k);
      a = add(a, t);
      b = add(b, t);
      c = add(c, t);
      d = add(d, t);
    }
    v128.store(at(out, i), a);
    v128.store(at(out, i), b, 16);
    v128.store(at(out, i), c, 32);
    v128.store(at(out, i), d, 48);
  }
  for (; i < n; i++) {
    let x = load<f64>(list + (<usize>i << 4));
    for (let k: i32 = 0; k < depth; k++) x += f64x2.extract_lane(term(terms, depth, line, k), 0);
    store<f64>(at(out, i), x);
  }
}

/** How many of the first `steps` steps of a sweep go right. */
function diagonal(xs: usize, ys: usize, n: i32, m: i32, target: f64, steps: i32): i32 {
  let i = max(0, steps - m);
  let j = min(steps, n);
  while (i < j) {
    const middle = (i + j) >> 1;
    if (load<f64>(at(xs, middle)) + load<f64>(at(ys, m - steps + middle)) < target) i = middle + 1;
    else j = middle;
  }
  return i;
}

/**
 * The least |x + y - target| over two ascending lists. The sweep begins at the first x and the last y; a sum below the target goes right, another one down.
 * It writes Infinity behind xs and -Infinity before ys (leave room: 1 number behind, 4 before), and into `chunks`, for every CHUNK steps,
 * their least distance and where they begin: (f64, i32 index of x, i32 index of y).
 */
export function sweep(chunks: usize, xs: usize, ys: usize, n: i32, m: i32, target: f64): f64 {
  store<f64>(at(xs, n), Infinity);
  store<f64>(ys - 8, -Infinity);
  const t = f64x2.splat(target);
  const all = n + m;
  const steps = (all + 3) >> 2;
  const notes = (steps + CHUNK - 1) / CHUNK;
  let i = diagonal(xs, ys, n, m, target, 0);
  let x0 = xs;
  let y0 = at(ys, m - 1);
  i = diagonal(xs, ys, n, m, target, min(steps, all));
  let x1 = at(xs, i);
  let y1 = at(ys, m - 1 - min(steps, all) + i);
  i = diagonal(xs, ys, n, m, target, min(2 * steps, all));
  let x2 = at(xs, i);
  let y2 = at(ys, m - 1 - min(2 * steps, all) + i);
  i = diagonal(xs, ys, n, m, target, min(3 * steps, all));
  let x3 = at(xs, i);
  let y3 = at(ys, m - 1 - min(3 * steps, all) + i);
  let least = Infinity;
  for (let c: i32 = 0; c < notes; c++) {
    let note = chunks + (<usize>c << 4);
    store<u32>(note, <u32>((x0 - xs) >> 3), 8);
    store<i32>(note, <i32>(y0 - ys) >> 3, 12);
    const second = note + (<usize>notes << 4);
    store<u32>(second, <u32>((x1 - xs) >> 3), 8);
    store<i32>(second, <i32>(y1 - ys) >> 3, 12);
    const third = second + (<usize>notes << 4);
    store<u32>(third, <u32>((x2 - xs) >> 3), 8);
    store<i32>(third, <i32>(y2 - ys) >> 3, 12);
    const fourth = third + (<usize>notes << 4);
    store<u32>(fourth, <u32>((x3 - xs) >> 3), 8);
    store<i32>(fourth, <i32>(y3 - ys) >> 3, 12);
    let p = f64x2.splat(Infinity);
    let q = p;
    const end = min(CHUNK, steps - c * CHUNK);
    for (let s: i32 = 0; s < end; s++) {
      const v = add(v128.load64_lane(x1, v128.load64_zero(x0), 1), v128.load64_lane(y1, v128.load64_zero(y0), 1));
      const w = add(v128.load64_lane(x3, v128.load64_zero(x2), 1), v128.load64_lane(y3, v128.load64_zero(y2), 1));
      const k = f64x2.lt(v, t);
      const l = f64x2.lt(w, t);
      p = f64x2.pmin(p, f64x2.abs(sub(v, t)));
      q = f64x2.pmin(q, f64x2.abs(sub(w, t)));
      let right = low32(k) & 8;
      x0 += right;
      y0 += right - 8;
      right = high32(k) & 8;
      x1 += right;
      y1 += right - 8;
      right = low32(l) & 8;
      x2 += right;
      y2 += right - 8;
      right = high32(l) & 8;
      x3 += right;
      y3 += right - 8;
    }
    store<f64>(note, f64x2.extract_lane(p, 0));
    store<f64>(second, f64x2.extract_lane(p, 1));
    store<f64>(third, f64x2.extract_lane(q, 0));
    store<f64>(fourth, f64x2.extract_lane(q, 1));
    p = f64x2.pmin(p, q);
    const one = f64x2.extract_lane(p, 0);
    const other = f64x2.extract_lane(p, 1);
    if (one < least) least = one;
    if (other < least) least = other;
  }
  return least;
}

/**
 * Every pair with |x + y - target| <= width, from the notes of the sweep: out = (index of x, y) as many as there are up to `most`; the answer is their
 * number, most + 1 when there are more. A pair off the path has one in the width on it: in its row where the sum is not below the target
 * (the path left the row at the first such x), in its column where it is (the path left the column at the first such y).
 */
export function near(out: usize, chunks: usize, xs: usize, ys: usize, n: i32, m: i32, target: f64, width: f64, most: i32): i32 {
  const steps = (n + m + 3) >> 2;
  const notes = (steps + CHUNK - 1) / CHUNK;
  let count: i32 = 0;
  for (let c: i32 = 0; c < 4 * notes; c++) {
    const note = chunks + (<usize>c << 4);
    if (!(load<f64>(note) <= width)) continue;
    let i = min(max(load<i32>(note, 8), 0), n);
    let j = min(max(load<i32>(note, 12), -1), m - 1);
    const end = min(CHUNK, steps - (c % notes) * CHUNK);
    for (let s: i32 = 0; s < end && i <= n && j >= -1; s++) {
      const x = load<f64>(at(xs, i));
      const y = load<f64>(at(ys, j));
      const right = x + y < target;
      let u = i;
      let v = j;
      while (u < n && v >= 0 && abs(load<f64>(at(xs, u)) + load<f64>(at(ys, v)) - target) <= width) {
        if (count == most) return most + 1;
        store<f64>(out + (<usize>count << 4), <f64>u);
        store<f64>(out + (<usize>count << 4), load<f64>(at(ys, v)), 8);
        count++;
        if (right) v--;
        else u++;
      }
      if (right) i++;
      else j--;
    }
  }
  return count;
}
