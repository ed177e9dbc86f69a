/**
 * Dense linear algebra for covariance matrices, by rows, lower triangles only: what stands right of a diagonal is neither read nor written.
 *
 * Dot products run in the sum order of functions.ts (pairs by turns to accumulators a and b, (a0 + b0) + (a1 + b1), then a last odd
 * product); `covary` adds row after row to each element, so that its order does not depend on the blocks it works in. The twins in
 * src/backend/linalg.ts repeat both. Plain loops suffice: of an evaluation of CMA-ES in 40 dimensions (2.6 microseconds) 1.6 are spent here, 0.9 of them in `cholesky`.
 */
import { add, at, mul, total } from './lanes';

/** The sum of x[i] y[i] over i < m. */
// @ts-ignore: decorator
@inline
function dot(x: usize, y: usize, m: i32): f64 {
  let a = f64x2.splat(0.0);
  let b = f64x2.splat(0.0);
  let i: i32 = 0;
  for (; i + 3 < m; i += 4) {
    a = add(a, mul(v128.load(at(x, i)), v128.load(at(y, i))));
    b = add(b, mul(v128.load(at(x, i), 16), v128.load(at(y, i), 16)));
  }
  if (m & 2) {
    a = add(a, mul(v128.load(at(x, i)), v128.load(at(y, i))));
    i += 2;
  }
  const s = total(a, b);
  return m & 1 ? s + load<f64>(at(x, i)) * load<f64>(at(y, i)) : s;
}

/** out[r] = factor xs[r] for n rows of dim. */
export function triangle(out: usize, factor: usize, xs: usize, n: i32, dim: i32): void {
  for (let r: i32 = 0; r < n; r++) {
    const x = xs + (<usize>r * dim << 3);
    const y = out + (<usize>r * dim << 3);
    for (let i: i32 = 0; i < dim; i++) store<f64>(at(y, i), dot(factor + (<usize>i * dim << 3), x, i + 1));
  }
}

/** matrix = weights[n] matrix + the sum of weights[r] xs[r] xs[r]^T over n rows of dim. */
export function covary(matrix: usize, xs: usize, weights: usize, n: i32, dim: i32): void {
  const decay = f64x2.splat(load<f64>(at(weights, n)));
  const step = <usize>dim << 3;
  for (let i: i32 = 0; i < dim; i++) {
    const line = matrix + <usize>i * step;
    let j: i32 = 0;
    for (; j + 3 <= i; j += 4) {
      let a = mul(decay, v128.load(at(line, j)));
      let b = mul(decay, v128.load(at(line, j), 16));
      let row = xs;
      for (let r: i32 = 0; r < n; r++) {
        const s = f64x2.splat(load<f64>(at(weights, r)) * load<f64>(at(row, i)));
        a = add(a, mul(s, v128.load(at(row, j))));
        b = add(b, mul(s, v128.load(at(row, j), 16)));
        row += step;
      }
      v128.store(at(line, j), a);
      v128.store(at(line, j), b, 16);
    }
    for (; j <= i; j++) {
      let a = f64x2.extract_lane(decay, 0) * load<f64>(at(line, j));
      let row = xs;
      for (let r: i32 = 0; r < n; r++) {
        a += load<f64>(at(weights, r)) * load<f64>(at(row, i)) * load<f64>(at(row, j));
        row += step;
      }
      store<f64>(at(line, j), a);
    }
  }
}

/** out out^T = matrix, row by row (Cholesky, Banachiewicz); 0 at the first pivot that is not above 0, and `out` is as far as it came. */
export function cholesky(out: usize, matrix: usize, dim: i32): i32 {
  for (let i: i32 = 0; i < dim; i++) {
    const from = matrix + (<usize>i * dim << 3);
    const line = out + (<usize>i * dim << 3);
    for (let j: i32 = 0; j < i; j++) {
      const other = out + (<usize>j * dim << 3);
      store<f64>(at(line, j), (load<f64>(at(from, j)) - dot(line, other, j)) / load<f64>(at(other, j)));
    }
    const pivot = load<f64>(at(from, i)) - dot(line, line, i);
    if (!(pivot > 0.0)) return 0;
    store<f64>(at(line, i), sqrt<f64>(pivot));
  }
  return 1;
}
