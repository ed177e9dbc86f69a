/**
 * The best of a sorted list followed by each of many selections, when too many are too near to be scored one by one.
 *
 * Rounded addition is monotone: added along one selection, ascending sums stay ascending, so their literal results are searched by bisection, never listed.
 * Equal results are a range of the list, and the earliest line of a range comes from a table of minima. Surprise: different sums may have one distance
 * (1 and 1.5 are both 1e16 away from 1e16), and then the higher one wins, whatever its line.
 */
import { at } from './lanes';

/** mins = the least line of every 64 elements of the list, and behind them the least of every 64 of those. */
export function minima(mins: usize, list: usize, n: i32): void {
  const blocks = (n + 63) >> 6;
  for (let b: i32 = 0; b < blocks; b++) {
    let least = Infinity;
    for (let i = b << 6; i < min(n, (b + 1) << 6); i++) least = lesser(load<f64>(list + (<usize>i << 4), 8), least);
    store<f64>(at(mins, b), least);
  }
  const second = at(mins, blocks);
  for (let b: i32 = 0; b < (blocks + 63) >> 6; b++) {
    let least = Infinity;
    for (let i = b << 6; i < min(blocks, (b + 1) << 6); i++) least = lesser(load<f64>(at(mins, i)), least);
    store<f64>(at(second, b), least);
  }
}

// @ts-ignore: decorator
@inline
function lesser(a: f64, b: f64): f64 {
  return a < b ? a : b;
}

/** The least line of elements i to j - 1. */
function lowest(list: usize, mins: usize, n: i32, i: i32, j: i32): f64 {
  const second = at(mins, (n + 63) >> 6);
  let least = Infinity;
  while (i < j) {
    if ((i & 4095) == 0 && i + 4096 <= j) {
      least = lesser(load<f64>(at(second, i >> 12)), least);
      i += 4096;
    } else if ((i & 63) == 0 && i + 64 <= j) {
      least = lesser(load<f64>(at(mins, i >> 6)), least);
      i += 64;
    } else {
      least = lesser(load<f64>(list + (<usize>i << 4), 8), least);
      i++;
    }
  }
  return least;
}

/** x, then term after term of the selection. */
function along(x: f64, terms: usize, depth: i32, line: i32): f64 {
  for (let k: i32 = 0; k < depth; k++) x += load<f64>(terms + (<usize>k << 4) + (<usize>((line >> (depth - 1 - k)) & 1) << 3));
  return x;
}

/** The first of elements i to j - 1 whose literal sum minus the target is at least `bound`, or (strict) above it. */
function first(xs: usize, terms: usize, depth: i32, line: i32, target: f64, i: i32, j: i32, bound: f64, strict: bool): i32 {
  while (i < j) {
    const middle = (i + j) >> 1;
    const c = along(load<f64>(at(xs, middle)), terms, depth, line) - target;
    if (strict ? c <= bound : c < bound) i = middle + 1;
    else j = middle;
  }
  return i;
}

/**
 * For each of the selections `from` to from + lines - 1 of the last depth parameters, the best of all elements: rounded addition is monotone, so along ascending
 * xs the literal sums ascend and bisection finds them, however many are within the width. out = (sum, distance, line of the list, selection) goes on from what is there.
 * With a tolerance from 0: the earliest line within it instead, whatever its sum.
 */
export function bisect(out: usize, mins: usize, list: usize, xs: usize, terms: usize, n: i32, depth: i32, from: i32, lines: i32, target: f64, width: f64, tolerance: f64): void {
  for (let line = from; line < from + lines; line++) {
    const y = along(0.0, terms, depth, line);
    let i: i32 = 0;
    let j = n;
    while (i < j) {
      const middle = (i + j) >> 1;
      if (load<f64>(at(xs, middle)) + y - target < -width) i = middle + 1;
      else j = middle;
    }
    j = n;
    let k = i;
    while (k < j) {
      const middle = (k + j) >> 1;
      if (load<f64>(at(xs, middle)) + y - target <= width) k = middle + 1;
      else j = middle;
    }
    if (i >= j) continue;
    if (tolerance >= 0.0) {
      i = first(xs, terms, depth, line, target, i, j, -tolerance, false);
      j = first(xs, terms, depth, line, target, i, j, tolerance, true);
      if (i >= j) continue;
      const earliest = lowest(list, mins, n, i, j);
      if (earliest < load<f64>(out, 16) || (earliest == load<f64>(out, 16) && <f64>line < load<f64>(out, 24))) {
        store<f64>(out, along(load<f64>(at(xs, i)), terms, depth, line));
        store<f64>(out, earliest, 16);
        store<f64>(out, <f64>line, 24);
      }
      continue;
    }
    const above = first(xs, terms, depth, line, target, i, j, 0.0, false);
    if (above < j) {
      const d = along(load<f64>(at(xs, above)), terms, depth, line) - target;
      const end = first(xs, terms, depth, line, target, above, j, d, true);
      // Different sums may round to one distance: the highest of them wins.
      consider(out, mins, list, xs, terms, n, depth, line, target, above, end);
    }
    if (above > i) consider(out, mins, list, xs, terms, n, depth, line, target, i, above);
  }
}

/** The last of elements i to j - 1, and the earliest line of those with its sum, against the best so far. */
function consider(out: usize, mins: usize, list: usize, xs: usize, terms: usize, n: i32, depth: i32, line: i32, target: f64, i: i32, j: i32): void {
  const s = along(load<f64>(at(xs, j - 1)), terms, depth, line);
  const d = abs(s - target);
  const least = load<f64>(out, 8);
  const sum = load<f64>(out);
  if (!(d < least || (d == least && s >= sum))) return;
  let k = j;
  while (i < k) {
    const middle = (i + k) >> 1;
    if (along(load<f64>(at(xs, middle)), terms, depth, line) < s) i = middle + 1;
    else k = middle;
  }
  const earliest = lowest(list, mins, n, i, j);
  if (d == least && s == sum && !(earliest < load<f64>(out, 16) || (earliest == load<f64>(out, 16) && <f64>line < load<f64>(out, 24)))) return;
  store<f64>(out, s);
  store<f64>(out, d, 8);
  store<f64>(out, earliest, 16);
  store<f64>(out, <f64>line, 24);
}
