/**
 * The test functions over n rows of dim, two coordinates a vector.
 *
 * Sum order, which the twins in src/backend/functions.ts repeat: pairs of coordinates go by turns to two accumulators a and b;
 * the sum is (a0 + b0) + (a1 + b1), then a last odd coordinate. Gradients run coordinate by coordinate on the scalar text.
 * It is over 300 lines because the functions share their loops.
 * A function is one branch of `term` and `slope`: `kind` is a constant wherever they are inlined, so only that branch stays.
 */
import { add, at, mul, sub, total } from './lanes';
import { sinpi } from './portable/math';
import * as f from './portable/functions';
import { vsin, vsinesquare, vsinpi } from './vector';

const RASTRIGIN: i32 = 0;
const SCHWEFEL: i32 = 1;
const LEVY: i32 = 2;
const STYBLINSKI: i32 = 3;
const DOUBLEWELL: i32 = 4;
const SPHERE: i32 = 5;
const PI: f64 = 3.141592653589793;

// @ts-ignore: decorator
@inline
function all(x: f64): v128 {
  return f64x2.splat(x);
}
// @ts-ignore: decorator
@inline
function term(kind: i32, x: v128): v128 {
  if (kind == RASTRIGIN) return add(mul(x, x), mul(all(20.0), vsinesquare(x)));
  if (kind == SCHWEFEL) {
    const low = v128.bitselect(all(-500.0), x, f64x2.lt(x, all(-500.0)));
    const z = v128.bitselect(all(500.0), low, f64x2.gt(x, all(500.0)));
    const excess = sub(x, z);
    return add(sub(all(418.9828872724337), mul(z, vsin(f64x2.sqrt(f64x2.abs(z))))), mul(excess, excess));
  }
  if (kind == LEVY) {
    const v = mul(sub(x, all(1.0)), all(0.25));
    const s = vsin(add(mul(all(PI), v), all(PI + 1.0)));
    return mul(mul(v, v), add(all(1.0), mul(all(10.0), mul(s, s))));
  }
  if (kind == STYBLINSKI) {
    const q = mul(x, x);
    return mul(all(0.5), add(mul(sub(q, all(16.0)), q), mul(all(5.0), x)));
  }
  if (kind == DOUBLEWELL) {
    const s = f.DOUBLEWELL_MINIMUM;
    const d = sub(x, all(s));
    return mul(mul(d, d), add(mul(x, add(x, all(2.0 * s))), all(3.0 * s * s - 2.0)));
  }
  return mul(x, x);
}

// @ts-ignore: decorator
@inline
function slope(kind: i32, x: f64): f64 {
  if (kind == RASTRIGIN) return f.rastriginSlope(x);
  if (kind == SCHWEFEL) return f.schwefelSlope(x);
  if (kind == LEVY) return f.levySlope(x);
  if (kind == STYBLINSKI) return f.styblinskiSlope(x);
  if (kind == DOUBLEWELL) return f.doublewellSlope(x);
  return 2.0 * x;
}

/** The sum of `term` over m coordinates from `row`. */
// @ts-ignore: decorator
@inline
function sum(kind: i32, row: usize, m: i32): f64 {
  let a = all(0.0);
  let b = all(0.0);
  let i: i32 = 0;
  for (; i + 3 < m; i += 4) {
    a = add(a, term(kind, v128.load(at(row, i))));
    b = add(b, term(kind, v128.load(at(row, i), 16)));
  }
  if (m & 2) {
    a = add(a, term(kind, v128.load(at(row, i))));
    i += 2;
  }
  let s = total(a, b);
  if (m & 1) s += f64x2.extract_lane(term(kind, v128.load64_splat(at(row, i))), 0);
  return s;
}

// @ts-ignore: decorator
@inline
function separable(kind: i32, loss: usize, gradient: usize, xs: usize, n: i32, dim: i32): void {
  for (let r: i32 = 0; r < n; r++) {
    const row = xs + (<usize>r * dim << 3);
    store<f64>(at(loss, r), sum(kind, row, dim));
    if (gradient) {
      const g = gradient + (<usize>r * dim << 3);
      for (let i: i32 = 0; i < dim; i++) store<f64>(at(g, i), slope(kind, load<f64>(at(row, i))));
    }
  }
}

export function sphere(loss: usize, gradient: usize, xs: usize, n: i32, dim: i32, weights: usize): void {
  separable(SPHERE, loss, gradient, xs, n, dim);
}
export function rastrigin(loss: usize, gradient: usize, xs: usize, n: i32, dim: i32, weights: usize): void {
  separable(RASTRIGIN, loss, gradient, xs, n, dim);
}
export function schwefel(loss: usize, gradient: usize, xs: usize, n: i32, dim: i32, weights: usize): void {
  separable(SCHWEFEL, loss, gradient, xs, n, dim);
}
export function styblinski(loss: usize, gradient: usize, xs: usize, n: i32, dim: i32, weights: usize): void {
  separable(STYBLINSKI, loss, gradient, xs, n, dim);
}
export function doublewell(loss: usize, gradient: usize, xs: usize, n: i32, dim: i32, weights: usize): void {
  separable(DOUBLEWELL, loss, gradient, xs, n, dim);
}

/** The middle sum is over all coordinates but the last; the first and last have terms of their own. */
export function levy(loss: usize, gradient: usize, xs: usize, n: i32, dim: i32, weights: usize): void {
  for (let r: i32 = 0; r < n; r++) {
    const row = xs + (<usize>r * dim << 3);
    if (dim == 0) {
      store<f64>(at(loss, r), 0.0);
      continue;
    }
    const first = load<f64>(row);
    const last = load<f64>(at(row, dim - 1));
    store<f64>(at(loss, r), f.levyFirst(first) + sum(LEVY, row, dim - 1) + f.levyLast(last));
    if (gradient) {
      const g = gradient + (<usize>r * dim << 3);
      for (let i: i32 = 0; i < dim - 1; i++) store<f64>(at(g, i), f.levySlope(load<f64>(at(row, i))));
      store<f64>(at(g, dim - 1), f.levyLastSlope(last));
      store<f64>(g, load<f64>(g) + f.levyFirstSlope(first));
    }
  }
}

/** sum of weights[i] x[i]^2 */
export function quadratic(loss: usize, gradient: usize, xs: usize, n: i32, dim: i32, weights: usize): void {
  for (let r: i32 = 0; r < n; r++) {
    const row = xs + (<usize>r * dim << 3);
    let a = all(0.0);
    let b = all(0.0);
    let i: i32 = 0;
    for (; i + 1 < dim; i += 2) {
      const x = v128.load(at(row, i));
      const t = mul(v128.load(at(weights, i)), mul(x, x));
      if (i & 2) b = add(b, t);
      else a = add(a, t);
    }
    let s = total(a, b);
    if (dim & 1) {
      const x = load<f64>(at(row, i));
      s += load<f64>(at(weights, i)) * (x * x);
    }
    store<f64>(at(loss, r), s);
    if (gradient) {
      const g = gradient + (<usize>r * dim << 3);
      for (let j: i32 = 0; j < dim; j++) store<f64>(at(g, j), 2.0 * load<f64>(at(weights, j)) * load<f64>(at(row, j)));
    }
  }
}

/** The dim - 1 terms take the place of coordinates in the sum order. */
export function rosenbrock(loss: usize, gradient: usize, xs: usize, n: i32, dim: i32, weights: usize): void {
  const m = dim - 1;
  for (let r: i32 = 0; r < n; r++) {
    const row = xs + (<usize>r * dim << 3);
    let a = all(0.0);
    let b = all(0.0);
    let i: i32 = 0;
    for (; i + 1 < m; i += 2) {
      const x = v128.load(at(row, i));
      const u = sub(v128.load(at(row, i), 8), mul(x, x));
      const v = sub(all(1.0), x);
      const t = add(mul(all(100.0), mul(u, u)), mul(v, v));
      if (i & 2) b = add(b, t);
      else a = add(a, t);
    }
    let s = total(a, b);
    if (m > 0 && m & 1) s += f.rosenbrockTerm(load<f64>(at(row, i)), load<f64>(at(row, i), 8));
    store<f64>(at(loss, r), s);
    if (gradient) {
      const g = gradient + (<usize>r * dim << 3);
      for (let j: i32 = 0; j < dim; j++) {
        const x = load<f64>(at(row, j));
        let d = 0.0;
        if (j > 0) {
          const p = load<f64>(at(row, j - 1));
          d += 200.0 * (x - p * p);
        }
        if (j < m) d += -400.0 * x * (load<f64>(at(row, j + 1)) - x * x) - 2.0 * (1.0 - x);
        store<f64>(at(g, j), d);
      }
    }
  }
}

export function ackley(loss: usize, gradient: usize, xs: usize, n: i32, dim: i32, weights: usize): void {
  for (let r: i32 = 0; r < n; r++) {
    const row = xs + (<usize>r * dim << 3);
    let a = all(0.0);
    let b = all(0.0);
    let c = all(0.0); // squares; a and b are of the sines
    let d = all(0.0);
    let i: i32 = 0;
    for (; i + 3 < dim; i += 4) {
      const x = v128.load(at(row, i));
      const y = v128.load(at(row, i), 16);
      a = add(a, vsinesquare(x));
      b = add(b, vsinesquare(y));
      c = add(c, mul(x, x));
      d = add(d, mul(y, y));
    }
    if (dim & 2) {
      const x = v128.load(at(row, i));
      a = add(a, vsinesquare(x));
      c = add(c, mul(x, x));
      i += 2;
    }
    let sines = total(a, b);
    let squares = total(c, d);
    if (dim & 1) {
      const x = v128.load64_splat(at(row, i));
      sines += f64x2.extract_lane(vsinesquare(x), 0);
      squares += f64x2.extract_lane(mul(x, x), 0);
    }
    const meanSine = dim > 0 ? sines / <f64>dim : 0.0;
    const meanSquare = dim > 0 ? squares / <f64>dim : 0.0;
    store<f64>(at(loss, r), f.ackleyLoss(meanSquare, meanSine));
    if (gradient) {
      const g = gradient + (<usize>r * dim << 3);
      const radial = f.ackleyRadial(meanSquare, <f64>dim);
      const wave = f.ackleyWave(meanSine, <f64>dim);
      for (let j: i32 = 0; j < dim; j++) {
        const x = load<f64>(at(row, j));
        store<f64>(at(g, j), radial * x + wave * sinpi(2.0 * x));
      }
    }
  }
}

/** weights[i] = 1 / (pi sqrt(i + 1)). The product runs in the order of the sums. */
export function griewank(loss: usize, gradient: usize, xs: usize, n: i32, dim: i32, weights: usize): void {
  for (let r: i32 = 0; r < n; r++) {
    const row = xs + (<usize>r * dim << 3);
    let a = all(1.0);
    let b = all(1.0);
    let i: i32 = 0;
    for (; i + 1 < dim; i += 2) {
      const c = vsinpi(add(mul(v128.load(at(row, i)), v128.load(at(weights, i))), all(0.5)));
      if (i & 2) b = mul(b, c);
      else a = mul(a, c);
    }
    const p = mul(a, b);
    let product = f64x2.extract_lane(p, 0) * f64x2.extract_lane(p, 1);
    if (dim & 1) product *= f.griewankCosine(load<f64>(at(row, i)), load<f64>(at(weights, i)));
    store<f64>(at(loss, r), sum(SPHERE, row, dim) * 0.00025 + (1.0 - product));
    if (gradient) {
      const g = gradient + (<usize>r * dim << 3);
      griewankSlopes(g, row, dim, weights);
    }
  }
}

/** The product of all cosines but one, from both ends: dividing by a cosine would fail where it is 0. */
function griewankSlopes(g: usize, row: usize, dim: i32, weights: usize): void {
  let before = 1.0;
  for (let i: i32 = 0; i < dim; i++) {
    store<f64>(at(g, i), before);
    before *= f.griewankCosine(load<f64>(at(row, i)), load<f64>(at(weights, i)));
  }
  let after = 1.0;
  for (let i: i32 = dim - 1; i >= 0; i--) {
    const x = load<f64>(at(row, i));
    const w = load<f64>(at(weights, i));
    store<f64>(at(g, i), f.griewankSlope(x, w, load<f64>(at(g, i)) * after));
    after *= f.griewankCosine(x, w);
  }
}

/** The sum runs over pairs as above; one row of the rotation a coordinate. */
export function affine(out: usize, xs: usize, shift: usize, rotation: usize, offset: usize, n: i32, dim: i32): void {
  for (let r: i32 = 0; r < n; r++) {
    const row = xs + (<usize>r * dim << 3);
    const z = out + (<usize>r * dim << 3);
    for (let k: i32 = 0; k < dim; k++) {
      let s = load<f64>(at(row, k)) - load<f64>(at(shift, k));
      if (rotation) {
        const line = rotation + (<usize>k * dim << 3);
        let a = all(0.0);
        let b = all(0.0);
        let i: i32 = 0;
        for (; i + 3 < dim; i += 4) {
          a = add(a, mul(v128.load(at(line, i)), sub(v128.load(at(row, i)), v128.load(at(shift, i)))));
          b = add(b, mul(v128.load(at(line, i), 16), sub(v128.load(at(row, i), 16), v128.load(at(shift, i), 16))));
        }
        if (dim & 2) {
          a = add(a, mul(v128.load(at(line, i)), sub(v128.load(at(row, i)), v128.load(at(shift, i)))));
          i += 2;
        }
        s = total(a, b);
        if (dim & 1) s += load<f64>(at(line, i)) * (load<f64>(at(row, i)) - load<f64>(at(shift, i)));
      }
      store<f64>(at(z, k), s + load<f64>(at(offset, k)));
    }
  }
}

/** One axpy a row of the rotation, in row order. */
export function unrotate(out: usize, gradient: usize, rotation: usize, n: i32, dim: i32): void {
  for (let r: i32 = 0; r < n; r++) {
    const from = gradient + (<usize>r * dim << 3);
    const to = out + (<usize>r * dim << 3);
    for (let i: i32 = 0; i < dim; i++) store<f64>(at(to, i), 0.0);
    for (let k: i32 = 0; k < dim; k++) {
      const g = load<f64>(at(from, k));
      const line = rotation + (<usize>k * dim << 3);
      let i: i32 = 0;
      for (; i + 1 < dim; i += 2) v128.store(at(to, i), add(v128.load(at(to, i)), mul(all(g), v128.load(at(line, i)))));
      if (dim & 1) store<f64>(at(to, i), load<f64>(at(to, i)) + g * load<f64>(at(line, i)));
    }
  }
}
