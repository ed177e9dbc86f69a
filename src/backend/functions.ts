/**
 * The plain twins of assembly/functions.ts: scalar loops over the same arena, in the same sum order.
 *
 * Sum order: coordinates 0 and 1 of every four go to a0 and a1, 2 and 3 to b0 and b1; the sum is (a0 + b0) + (a1 + b1),
 * then a last odd coordinate.
 */
import * as f from '../../assembly/portable/functions.ts';
import { sinpi } from '../../assembly/portable/math.ts';
import type { FunctionKernel, Kernels } from '../core/kernels.ts';

type Scalar = (x: number) => number;
const square: Scalar = (x) => x * x;
const sineSquare: Scalar = (x) => {
  const s = sinpi(x);
  return s * s;
};

type Names = 'sphere' | 'quadratic' | 'rosenbrock' | 'ackley' | 'rastrigin' | 'griewank' | 'schwefel' | 'levy' | 'styblinski' | 'doublewell' | 'affine' | 'unrotate';

/** The function kernels over `heap`, the arena as doubles. */
export function functionTwins(heap: Float64Array): Pick<Kernels, Names> {
  /** The sum of term(i) over i < m, in lane order. */
  function sum(m: number, term: (i: number) => number): number {
    let a0 = 0, a1 = 0, b0 = 0, b1 = 0;
    let i = 0;
    for (; i + 1 < m; i += 2) {
      if (i & 2) {
        b0 += term(i);
        b1 += term(i + 1);
      } else {
        a0 += term(i);
        a1 += term(i + 1);
      }
    }
    const s = a0 + b0 + (a1 + b1);
    return i < m ? s + term(i) : s;
  }

  /** A kernel from what one row is worth: `loss(row)`, and `slopes(row, g)` writing its gradient at g (indices of doubles). */
  const rows = (lossOf: (row: number, dim: number, w: number) => number, slopes: (row: number, g: number, dim: number, w: number) => void): FunctionKernel =>
    (loss, gradient, xs, n, dim, weights) => {
      for (let r = 0; r < n; r++) {
        const row = xs / 8 + r * dim;
        heap[loss / 8 + r] = lossOf(row, dim, weights / 8);
        if (gradient) slopes(row, gradient / 8 + r * dim, dim, weights / 8);
      }
    };

  const separable = (term: Scalar, slope: Scalar): FunctionKernel =>
    rows(
      (row, dim) => sum(dim, (i) => term(heap[row + i]!)),
      (row, g, dim) => {
        for (let i = 0; i < dim; i++) heap[g + i] = slope(heap[row + i]!);
      },
    );

  const mean = (row: number, dim: number, term: Scalar): number => (dim > 0 ? sum(dim, (i) => term(heap[row + i]!)) / dim : 0);

  return {
    sphere: separable(square, (x) => 2 * x),
    rastrigin: separable(f.rastriginTerm, f.rastriginSlope),
    schwefel: separable(f.schwefelTerm, f.schwefelSlope),
    styblinski: separable(f.styblinskiTerm, f.styblinskiSlope),
    doublewell: separable(f.doublewellTerm, f.doublewellSlope),

    levy: rows(
      (row, dim) => (dim === 0 ? 0 : f.levyFirst(heap[row]!) + sum(dim - 1, (i) => f.levyTerm(heap[row + i]!)) + f.levyLast(heap[row + dim - 1]!)),
      (row, g, dim) => {
        if (dim === 0) return;
        for (let i = 0; i < dim - 1; i++) heap[g + i] = f.levySlope(heap[row + i]!);
        heap[g + dim - 1] = f.levyLastSlope(heap[row + dim - 1]!);
        heap[g] = heap[g]! + f.levyFirstSlope(heap[row]!);
      },
    ),

    quadratic: rows(
      (row, dim, w) => sum(dim, (i) => heap[w + i]! * (heap[row + i]! * heap[row + i]!)),
      (row, g, dim, w) => {
        for (let i = 0; i < dim; i++) heap[g + i] = 2 * heap[w + i]! * heap[row + i]!;
      },
    ),

    rosenbrock: rows(
      (row, dim) => sum(dim - 1, (i) => f.rosenbrockTerm(heap[row + i]!, heap[row + i + 1]!)),
      (row, g, dim) => {
        for (let i = 0; i < dim; i++) {
          const x = heap[row + i]!;
          let d = 0;
          if (i > 0) d += 200 * (x - heap[row + i - 1]! * heap[row + i - 1]!);
          if (i < dim - 1) d += -400 * x * (heap[row + i + 1]! - x * x) - 2 * (1 - x);
          heap[g + i] = d;
        }
      },
    ),

    ackley: rows(
      (row, dim) => f.ackleyLoss(mean(row, dim, square), mean(row, dim, sineSquare)),
      (row, g, dim) => {
        const radial = f.ackleyRadial(mean(row, dim, square), dim);
        const wave = f.ackleyWave(mean(row, dim, sineSquare), dim);
        for (let i = 0; i < dim; i++) heap[g + i] = radial * heap[row + i]! + wave * sinpi(2 * heap[row + i]!);
      },
    ),

    griewank: rows(
      (row, dim, w) => {
        const c = (i: number): number => f.griewankCosine(heap[row + i]!, heap[w + i]!);
        let a0 = 1, a1 = 1, b0 = 1, b1 = 1;
        let i = 0;
        for (; i + 1 < dim; i += 2) {
          if (i & 2) {
            b0 *= c(i);
            b1 *= c(i + 1);
          } else {
            a0 *= c(i);
            a1 *= c(i + 1);
          }
        }
        let product = a0 * b0 * (a1 * b1);
        if (i < dim) product *= c(i);
        return sum(dim, (k) => square(heap[row + k]!)) * 0.00025 + (1 - product);
      },
      (row, g, dim, w) => {
        let before = 1;
        for (let i = 0; i < dim; i++) {
          heap[g + i] = before;
          before *= f.griewankCosine(heap[row + i]!, heap[w + i]!);
        }
        let after = 1;
        for (let i = dim - 1; i >= 0; i--) {
          heap[g + i] = f.griewankSlope(heap[row + i]!, heap[w + i]!, heap[g + i]! * after);
          after *= f.griewankCosine(heap[row + i]!, heap[w + i]!);
        }
      },
    ),

    affine(out, xs, shift, rotation, offset, n, dim) {
      for (let r = 0; r < n; r++) {
        const row = xs / 8 + r * dim;
        const d = (i: number): number => heap[row + i]! - heap[shift / 8 + i]!;
        for (let k = 0; k < dim; k++) {
          const line = rotation / 8 + k * dim;
          heap[out / 8 + r * dim + k] = (rotation ? sum(dim, (i) => heap[line + i]! * d(i)) : d(k)) + heap[offset / 8 + k]!;
        }
      }
    },

    unrotate(out, gradient, rotation, n, dim) {
      for (let r = 0; r < n; r++) {
        const to = out / 8 + r * dim;
        for (let i = 0; i < dim; i++) heap[to + i] = 0;
        for (let k = 0; k < dim; k++) {
          const g = heap[gradient / 8 + r * dim + k]!;
          for (let i = 0; i < dim; i++) heap[to + i] = heap[to + i]! + g * heap[rotation / 8 + k * dim + i]!;
        }
      }
    },
  };
}
