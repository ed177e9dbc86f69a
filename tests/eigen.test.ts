/** Our eigen-decomposition against ml-matrix's (tridiagonal QL, another algorithm). */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { expect, test } from 'vitest';
import { createRandom } from '../src/core/random.ts';
import { eigen } from '../src/strategies/kit/eigen.ts';

test.each([2, 5, 16, 32, 64])('eigen has the eigenvalues and directions of ml-matrix, n = %i', (n) => {
  const random = createRandom(n);
  const x = Array.from({ length: n }, () => Array.from({ length: n }, () => random.normal()));
  const matrix = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => x[i]![j]! + x[j]![i]!)); // not positive
  const { values, vectors } = eigen(matrix.flat(), n);
  const other = new EigenvalueDecomposition(new Matrix(matrix), { assumeSymmetric: true });
  const order = other.realEigenvalues.map((_, i) => i).sort((i, j) => other.realEigenvalues[j]! - other.realEigenvalues[i]!);
  order.forEach((column, row) => {
    expect(Math.abs(values[row]! - other.realEigenvalues[column]!)).toBeLessThan(1e-12 * n);
    const along = Array.from({ length: n }, (_, i) => vectors[row * n + i]! * other.eigenvectorMatrix.get(i, column)).reduce((a, b) => a + b, 0);
    expect(Math.abs(Math.abs(along) - 1)).toBeLessThan(1e-9);
  });
});
