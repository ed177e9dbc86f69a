/** The plain twins of assembly/linalg.ts: scalar loops over the same arena, in the same sum order. */
import type { Kernels } from '../core/kernels.ts';

/** The linear algebra kernels over `heap`, the arena as doubles. */
export function linalgTwins(heap: Float64Array): Pick<Kernels, 'triangle' | 'covary' | 'cholesky'> {
  /** The sum of heap[x + i] heap[y + i] over i < m, in lane order. */
  function dot(x: number, y: number, m: number): number {
    let a0 = 0, a1 = 0, b0 = 0, b1 = 0;
    let i = 0;
    for (; i + 1 < m; i += 2) {
      const first = heap[x + i]! * heap[y + i]!;
      const second = heap[x + i + 1]! * heap[y + i + 1]!;
      if (i & 2) {
        b0 += first;
        b1 += second;
      } else {
        a0 += first;
        a1 += second;
      }
    }
    const s = a0 + b0 + (a1 + b1);
    return i < m ? s + heap[x + i]! * heap[y + i]! : s;
  }

  return {
    triangle(out, factor, xs, n, dim) {
      for (let r = 0; r < n; r++) {
        for (let i = 0; i < dim; i++) heap[out / 8 + r * dim + i] = dot(factor / 8 + i * dim, xs / 8 + r * dim, i + 1);
      }
    },

    covary(matrix, xs, weights, n, dim) {
      for (let i = 0; i < dim; i++) {
        for (let j = 0; j <= i; j++) {
          let s = heap[weights / 8 + n]! * heap[matrix / 8 + i * dim + j]!;
          for (let r = 0; r < n; r++) {
            const row = xs / 8 + r * dim;
            s += heap[weights / 8 + r]! * heap[row + i]! * heap[row + j]!;
          }
          heap[matrix / 8 + i * dim + j] = s;
        }
      }
    },

    cholesky(out, matrix, dim) {
      for (let i = 0; i < dim; i++) {
        const from = matrix / 8 + i * dim;
        const line = out / 8 + i * dim;
        for (let j = 0; j < i; j++) {
          const other = out / 8 + j * dim;
          heap[line + j] = (heap[from + j]! - dot(line, other, j)) / heap[other + j]!;
        }
        const pivot = heap[from + i]! - dot(line, line, i);
        if (!(pivot > 0)) return 0;
        heap[line + i] = Math.sqrt(pivot);
      }
      return 1;
    },
  };
}
