/**
 * The best subset of a quadratic form by every line: energy = sum over selected i of (linear[i] + sum over selected j of q[i][j]), the smaller wins, of equal ones the earlier line.
 *
 * A line's energy is that of its high parameters, plus for each low one what it gains from them, plus what the low ones gain from each other. The last is a table of 2^10,
 * made once; the gains come down a stack of one row a high parameter; so a block of 2^10 lines is two additions a line, in lanes. These sums round otherwise than
 * the literal one: a line within `width` of the best is scored literally, in order, so the answer is the literal one.
 * Surprise: Gray code, one flip a line, is slower. It updates n gains a flip, and rounding errors pile up over 2^n flips; the stack's are n additions deep.
 */
import { add, at } from './lanes';

const BLOCK: i32 = 10; // low parameters
const TABLE: i32 = 7; // of them in a doubled table, the other three in registers

/**
 * Lines piece 2^depth to (piece + 1) 2^depth - 1 of n parameters (the first is the highest bit); out = (energy, line) goes on from what is there.
 * Works in `work`: n n + (n + 1)(n + 1) + 1200 doubles.
 */
export function qubo(out: usize, work: usize, q: usize, linear: usize, n: i32, depth: i32, piece: f64, width: f64): void {
  depth = min(depth, n);
  const low = min(depth, BLOCK);
  const high = n - low; // the first `high` parameters go down the stack
  const row = <usize>(n + 1) << 3;
  const table = work; // 1 KiB: gains of the low ones, doubled
  const inner = work + 1024; // 8 KiB: what the low ones gain from each other
  const pair = inner + 8192; // n x n
  const stack = pair + (<usize>(n * n) << 3); // a row a level: n gains, then the energy
  for (let i: i32 = 0; i < n; i++) {
    for (let j: i32 = 0; j < n; j++) store<f64>(at(pair, i * n + j), load<f64>(at(q, i * n + j)) + load<f64>(at(q, j * n + i)));
    store<f64>(at(stack, i), load<f64>(at(linear, i)) + load<f64>(at(q, i * n + i)));
  }
  store<f64>(at(stack, n), 0.0);
  store<f64>(inner, 0.0);
  for (let bit: i32 = 0; bit < low; bit++) {
    // Bit b of a low line is parameter n - 1 - b.
    const i = n - 1 - bit;
    for (let y: i32 = 0; y < 1 << bit; y++) {
      let s = load<f64>(at(inner, y));
      for (let b: i32 = 0; b < bit; b++) if ((y >> b) & 1) s += load<f64>(at(pair, i * n + n - 1 - b));
      store<f64>(at(inner, y | (1 << bit)), s);
    }
  }

  const free = depth - low; // levels of the stack that this piece runs through
  const fixed = high - free;
  for (let level: i32 = 0; level < fixed; level++) step(stack, pair, row, level, n, <i32>((<u64>piece >> <u64>(fixed - 1 - level)) & 1));
  const base = piece * <f64>((<u64>1) << <u64>depth);
  const blocks: u32 = 1 << free;
  const end = stack + <usize>high * row;
  for (let block: u32 = 0; block < blocks; block++) {
    let level: i32 = block == 0 ? 0 : free - 1 - ctz(block); // from the highest bit that changed
    for (; level < free; level++) step(stack, pair, row, fixed + level, n, (block >> (free - 1 - level)) & 1);
    const limit = load<f64>(out) + width;
    if (low == BLOCK && !(least(table, inner, end, n) < limit)) continue;
    scan(out, inner, end, q, linear, n, low, width, base + <f64>block * <f64>(1 << low));
  }
}

/** The row of level + 1: parameter `level` is selected or not. */
function step(stack: usize, pair: usize, row: usize, level: i32, n: i32, selected: i32): void {
  const from = stack + <usize>level * row;
  const to = from + row;
  const gains = at(pair, level * n);
  let j = level + 1;
  if (selected) {
    for (; j + 1 < n; j += 2) v128.store(at(to, j), add(v128.load(at(from, j)), v128.load(at(gains, j))));
    if (j < n) store<f64>(at(to, j), load<f64>(at(from, j)) + load<f64>(at(gains, j)));
    store<f64>(at(to, n), load<f64>(at(from, n)) + load<f64>(at(from, level)));
  } else {
    for (; j + 1 < n; j += 2) v128.store(at(to, j), v128.load(at(from, j)));
    if (j < n) store<f64>(at(to, j), load<f64>(at(from, j)));
    store<f64>(at(to, n), load<f64>(at(from, n)));
  }
}

/** The least energy of a block of 2^BLOCK lines, up to rounding; `gains` is its row of the stack. */
function least(table: usize, inner: usize, gains: usize, n: i32): f64 {
  store<f64>(table, load<f64>(at(gains, n)));
  store<f64>(table, load<f64>(at(gains, n)) + load<f64>(at(gains, n - 1)), 8);
  let half: usize = 16; // bytes
  for (let bit: i32 = 1; bit < TABLE; bit++) {
    const g = v128.load64_splat(at(gains, n - 1 - bit));
    for (let p: usize = 0; p < half; p += 16) v128.store(table + half + p, add(v128.load(table + p), g));
    half <<= 1;
  }
  const a = v128.load64_splat(at(gains, n - 1 - TABLE));
  const b = v128.load64_splat(at(gains, n - 2 - TABLE));
  const c = v128.load64_splat(at(gains, n - 3 - TABLE));
  const ab = add(a, b);
  let first = f64x2.splat(Infinity);
  let second = first;
  for (let p: usize = 0; p < half; p += 16) {
    const x = v128.load(table + p);
    const y = add(x, c);
    const from = inner + p;
    first = f64x2.pmin(first, add(x, v128.load(from)));
    second = f64x2.pmin(second, add(add(x, a), v128.load(from, 1024)));
    first = f64x2.pmin(first, add(add(x, b), v128.load(from, 2048)));
    second = f64x2.pmin(second, add(add(x, ab), v128.load(from, 3072)));
    first = f64x2.pmin(first, add(y, v128.load(from, 4096)));
    second = f64x2.pmin(second, add(add(y, a), v128.load(from, 5120)));
    first = f64x2.pmin(first, add(add(y, b), v128.load(from, 6144)));
    second = f64x2.pmin(second, add(add(y, ab), v128.load(from, 7168)));
  }
  const all = f64x2.pmin(first, second);
  const one = f64x2.extract_lane(all, 0);
  const other = f64x2.extract_lane(all, 1);
  return other < one ? other : one;
}

/** The lines of a block one by one: those within the width of the best are scored literally. */
function scan(out: usize, inner: usize, gains: usize, q: usize, linear: usize, n: i32, low: i32, width: f64, base: f64): void {
  for (let y: i32 = 0; y < 1 << low; y++) {
    let s = load<f64>(at(gains, n));
    for (let b: i32 = 0; b < low; b++) if ((y >> b) & 1) s += load<f64>(at(gains, n - 1 - b));
    s += load<f64>(at(inner, y));
    if (!(s < load<f64>(out) + width)) continue;
    const line = base + <f64>y;
    const energy = literal(q, linear, n, <u64>line);
    if (energy < load<f64>(out)) {
      store<f64>(out, energy);
      store<f64>(out, line, 8);
    }
  }
}

/** The energy of a line as it is defined. */
function literal(q: usize, linear: usize, n: i32, line: u64): f64 {
  let s = 0.0;
  for (let i: i32 = 0; i < n; i++) {
    if (!((line >> <u64>(n - 1 - i)) & 1)) continue;
    let r = load<f64>(at(linear, i));
    for (let j: i32 = 0; j < n; j++) if ((line >> <u64>(n - 1 - j)) & 1) r += load<f64>(at(q, i * n + j));
    s += r;
  }
  return s;
}
