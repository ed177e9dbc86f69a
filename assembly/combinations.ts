/**
 * Every line of a subset sum, in the literal order of operations: lines that share their first terms share the sum of them, so a line costs two additions instead of n.
 *
 * `terms` holds pairs: what parameter i adds when it is left out and when it is selected. The first parameter is the line's highest bit. A block of 2^BLOCK
 * lines with one prefix is doubled in a table of 1 KiB and only its least distance is kept; lines are looked at one by one only in a block that may hold the winner.
 * Surprise: the table's order (a level's selected half behind its other half) is the line's low bits reversed, which no one sees: a minimum has no order.
 */
import { add, at, sub } from './lanes';

const TABLE: i32 = 7; // levels in the table
const BLOCK: i32 = 10; // and three more in registers
const STACK: usize = 64; // bytes from `out`: the prefix sums of the current line, up to 54
const LEAVES: usize = 512; // the table
const SCAN: usize = 1536; // the prefix sums within a block; the end is at 1640

/**
 * The winner of the lines from `from` up to 2^depth - 1 with sums that begin at `start`: out = (sum, distance, line), (-Infinity, Infinity, -1) when there is none.
 * The smaller |sum - target| wins, of equal ones the higher sum, then the earlier line; the first line with a distance up to `tolerance` (below 0: none) wins at once.
 */
export function brute(out: usize, terms: usize, depth: i32, start: f64, target: f64, tolerance: f64, from: i32): void {
  store<f64>(out, -Infinity);
  store<f64>(out, Infinity, 8);
  store<f64>(out, -1.0, 16);
  if (depth < BLOCK) {
    scan(out, terms, depth, start, target, tolerance, from, 0.0);
    return;
  }
  const high = depth - BLOCK;
  const low = terms + (<usize>high << 4);
  const stack = out + STACK;
  const blocks: u32 = 1 << high;
  store<f64>(stack, start);
  for (let q: u32 = 0; q < blocks; q++) {
    let level: i32 = q == 0 ? 0 : high - 1 - ctz(q); // everything from the highest bit that changed
    for (; level < high; level++) {
      const bit = (q >> (high - 1 - level)) & 1;
      store<f64>(at(stack, level), load<f64>(at(stack, level)) + load<f64>(terms + (<usize>level << 4) + (<usize>bit << 3)), 8);
    }
    const prefix = load<f64>(at(stack, high));
    if (q > 0 && !(least(out + LEAVES, low, prefix, target) <= max(load<f64>(out, 8), tolerance))) continue;
    if (scan(out, low, BLOCK, prefix, target, tolerance, q == 0 ? from : 0, <f64>q * <f64>(1 << BLOCK))) return;
  }
}

/** The lines of a block in order, one by one; 1 when one was within the tolerance. */
function scan(out: usize, terms: usize, depth: i32, start: f64, target: f64, tolerance: f64, from: i32, base: f64): i32 {
  const stack = out + SCAN;
  let sum = load<f64>(out);
  let least = load<f64>(out, 8);
  let line = load<f64>(out, 16);
  let hit = 0;
  store<f64>(stack, start);
  const lines: u32 = 1 << depth;
  for (let q: u32 = 0; q < lines; q++) {
    let level: i32 = q == 0 ? 0 : depth - 1 - ctz(q);
    let s = load<f64>(at(stack, level));
    for (; level < depth; level++) {
      s += load<f64>(terms + (<usize>level << 4) + (<usize>((q >> (depth - 1 - level)) & 1) << 3));
      store<f64>(at(stack, level), s, 8);
    }
    if (q < <u32>from) continue;
    const d = abs(s - target);
    if (d < least || (d == least && s > sum) || d <= tolerance) {
      least = d;
      sum = s;
      line = base + <f64>q;
      if (d <= tolerance) {
        hit = 1;
        break;
      }
    }
  }
  store<f64>(out, sum);
  store<f64>(out, least, 8);
  store<f64>(out, line, 16);
  return hit;
}

// @ts-ignore: decorator
@inline
function least2(best: v128, s: v128, target: v128): v128 {
  return f64x2.pmin(best, f64x2.abs(sub(s, target))); // pmin: one instruction where min is seven
}

/** The least distance of a block's lines. */
function least(table: usize, terms: usize, start: f64, target: f64): f64 {
  double(table, terms, TABLE, start);
  const t = f64x2.splat(target);
  const a = v128.load64_splat(terms, TABLE * 16);
  const b = v128.load64_splat(terms, TABLE * 16 + 8);
  const c = v128.load64_splat(terms, TABLE * 16 + 16);
  const d = v128.load64_splat(terms, TABLE * 16 + 24);
  const e = v128.load64_splat(terms, TABLE * 16 + 32);
  const f = v128.load64_splat(terms, TABLE * 16 + 40);
  let first = f64x2.splat(Infinity);
  let second = first;
  const end = table + (<usize>8 << TABLE);
  for (let p = table; p < end; p += 16) {
    const x = v128.load(p);
    let y = add(x, a);
    let z = add(y, c);
    first = least2(first, add(z, e), t);
    second = least2(second, add(z, f), t);
    z = add(y, d);
    first = least2(first, add(z, e), t);
    second = least2(second, add(z, f), t);
    y = add(x, b);
    z = add(y, c);
    first = least2(first, add(z, e), t);
    second = least2(second, add(z, f), t);
    z = add(y, d);
    first = least2(first, add(z, e), t);
    second = least2(second, add(z, f), t);
  }
  const all = f64x2.pmin(first, second);
  const other = f64x2.extract_lane(all, 1);
  const one = f64x2.extract_lane(all, 0);
  return other < one ? other : one;
}

/** table = the sums of all 2^depth selections from `start`; bit i of an index is parameter i. */
// @ts-ignore: decorator
@inline
function double(table: usize, terms: usize, depth: i32, start: f64): void {
  store<f64>(table, start);
  if (depth == 0) return;
  store<f64>(table, start + load<f64>(terms));
  store<f64>(table, start + load<f64>(terms, 8), 8);
  let half: usize = 16; // bytes
  for (let i: i32 = 1; i < depth; i++) {
    const a = v128.load64_splat(terms + (<usize>i << 4));
    const b = v128.load64_splat(terms + (<usize>i << 4), 8);
    const end = table + half;
    for (let p = table; p < end; p += 16) {
      const x = v128.load(p);
      v128.store(p + half, add(x, b));
      v128.store(p, add(x, a));
    }
    half <<= 1;
  }
}

/**
 * The lines of 2^depth whose sum from 0 is one of the n `values` (ascending): out = pairs (value, line), as many as there are up to `most`;
 * the answer is their number, most + 1 when there are more.
 */
export function seek(out: usize, work: usize, terms: usize, values: usize, n: i32, depth: i32, most: i32): i32 {
  const bits = max(15, 36 - clz(n)); // a filter of 16 bits and more a value, by hash
  const drop: u64 = 64 - bits;
  memory.fill(work, 0, 1 << (bits - 3));
  for (let i: i32 = 0; i < n; i++) {
    const h = <usize>(hash(load<u64>(at(values, i))) >> drop);
    const byte: u32 = load<u8>(work + (h >> 3));
    store<u8>(work + (h >> 3), <u8>(byte | (<u32>1 << (<u32>h & 7))));
  }
  const table = work + (1 << (bits - 3));
  const low = min(depth, BLOCK);
  const high = depth - low;
  const last = terms + (<usize>high << 4);
  let count: i32 = 0;
  const blocks: u32 = 1 << high;
  const size: u32 = 1 << low;
  for (let q: u32 = 0; q < blocks; q++) {
    let prefix = 0.0;
    for (let i: i32 = 0; i < high; i++) prefix += load<f64>(terms + (<usize>i << 4) + (<usize>((q >> (high - 1 - i)) & 1) << 3));
    double(table, last, low, prefix);
    for (let p: u32 = 0; p < size; p++) {
      const h = <usize>(hash(load<u64>(table + (<usize>p << 3))) >> drop);
      const byte: u32 = load<u8>(work + (h >> 3));
      if (!((byte >> (<u32>h & 7)) & 1)) continue;
      const x = load<f64>(table + (<usize>p << 3));
      let i: i32 = 0;
      for (let j = n; i < j; ) {
        const middle = (i + j) >> 1;
        if (load<f64>(at(values, middle)) < x) i = middle + 1;
        else j = middle;
      }
      if (i >= n || load<f64>(at(values, i)) != x) continue;
      if (count == most) return most + 1;
      let line: u32 = q;
      for (let i: i32 = 0; i < low; i++) line = (line << 1) | ((p >> i) & 1);
      store<f64>(out + (<usize>count << 4), x);
      store<f64>(out + (<usize>count << 4), <f64>line, 8);
      count++;
    }
  }
  return count;
}

// @ts-ignore: decorator
@inline
function hash(bits: u64): u64 {
  return bits * 0x9e3779b97f4a7c15;
}
