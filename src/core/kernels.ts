/**
 * The kernels every backend has, and the arena they work in: `assembly/index.ts` exports them, `backend/reference.ts` holds their plain twins.
 * Pointers (`out` first) and counts only; a pointer is a byte offset into the arena, 16-byte aligned, and 0 means "not wanted".
 */
type Pointer = number;

/** `loss[r] = f(xs[r])` for n rows of dim; `gradient` (n x dim) may be 0. `weights` holds dim numbers where a function needs a table. */
export type FunctionKernel = (loss: Pointer, gradient: Pointer, xs: Pointer, n: number, dim: number, weights: Pointer) => void;
export type MapKernel = (out: Pointer, x: Pointer, n: number) => void;

export type DenseKernel = (out: Pointer, work: Pointer, a: Pointer, b: Pointer, bias: Pointer, n: number, m: number, k: number, turned: 0 | 1) => void;
export type OuterKernel = (out: Pointer, work: Pointer, a: Pointer, b: Pointer, n: number, m: number, k: number, quarter: number) => void;
export type EntropyKernel = (slope: Pointer, loss: Pointer, hits: Pointer, work: Pointer, logits: Pointer, labels: Pointer, n: number, m: number, scale: number) => void;
export type SquaresKernel = (slope: Pointer, loss: Pointer, outputs: Pointer, targets: Pointer, n: number, m: number, scale: number) => void;

export interface Kernels {
  /** 4 words a block of Philox4x32-10 with key (k0, k1) and counter (lo, hi, tag, 0), the counter counting up. */
  philox(out: Pointer, blocks: number, k0: number, k1: number, lo: number, hi: number, tag: number): void;
  /** 2 standard normals a block (Box-Muller on the block's two 53-bit uniforms). */
  normals(out: Pointer, blocks: number, k0: number, k1: number, lo: number, hi: number, tag: number): void;

  readonly exp: MapKernel;
  readonly expm1: MapKernel;
  readonly log: MapKernel;
  readonly sin: MapKernel;
  readonly cos: MapKernel;
  readonly sinpi: MapKernel;
  readonly tanh: MapKernel;
  readonly stretch: MapKernel;
  readonly squash: MapKernel;
  pow(out: Pointer, x: Pointer, y: Pointer, n: number): void;

  readonly sphere: FunctionKernel;
  readonly quadratic: FunctionKernel;
  readonly rosenbrock: FunctionKernel;
  readonly ackley: FunctionKernel;
  readonly rastrigin: FunctionKernel;
  readonly griewank: FunctionKernel;
  readonly schwefel: FunctionKernel;
  readonly levy: FunctionKernel;
  readonly styblinski: FunctionKernel;
  readonly doublewell: FunctionKernel;

  /** `out[r] = rotation (xs[r] - shift) + offset`, rotation dim x dim by rows, 0 = identity. */
  affine(out: Pointer, xs: Pointer, shift: Pointer, rotation: Pointer, offset: Pointer, n: number, dim: number): void;
  /** `out[r] = rotation^T gradient[r]`. */
  unrotate(out: Pointer, gradient: Pointer, rotation: Pointer, n: number, dim: number): void;

  /** `out[r] = factor xs[r]`; factor is dim x dim by rows, and only its lower triangle is there. */
  triangle(out: Pointer, factor: Pointer, xs: Pointer, n: number, dim: number): void;
  /** `matrix = weights[n] matrix + sum of weights[r] xs[r] xs[r]^T`, the lower triangle of dim x dim; n + 1 weights. */
  covary(matrix: Pointer, xs: Pointer, weights: Pointer, n: number, dim: number): void;
  /** `out out^T = matrix`, lower triangles; 1, or 0 when the matrix is not positive definite. `out` may be the matrix. */
  cholesky(out: Pointer, matrix: Pointer, dim: number): number;

  /**
   * `out = (sum, distance, line)` of the winner of lines `from` to 2^depth - 1; `terms` holds pairs (left out, selected), the first parameter is the highest bit.
   * The first line with a distance up to `tolerance` (below 0: none) wins at once. It works in the 1640 bytes from `out`; depth up to 30.
   */
  brute(out: Pointer, terms: Pointer, depth: number, start: number, target: number, tolerance: number, from: number): void;
  /** `out = (value, line)` of the lines whose sum from 0 is one of n ascending values, at most `most`; their number, most + 1 when there are more. `work`: 12 KiB and 4 bytes a value. */
  seek(out: Pointer, work: Pointer, terms: Pointer, values: Pointer, n: number, depth: number, most: number): number;

  /** `out` = the 2n elements (sum, line) of an ascending list, plus `low`, and plus `high` with `bit` added to the line; ascending. */
  grow(out: Pointer, list: Pointer, n: number, low: number, high: number, bit: number): void;
  /** Keeps of equal sums in an ascending list the earliest line, and line 0 beside it; how many are left. */
  thin(list: Pointer, n: number): number;
  /** `out` = the 2n sums of ascending xs, plus `low`, and plus `high`; ascending. */
  merge(out: Pointer, xs: Pointer, n: number, low: number, high: number): void;
  /** `out` = the n sums of a list, each followed by the terms of selection `line` of depth parameters. */
  shift(out: Pointer, list: Pointer, n: number, terms: Pointer, depth: number, line: number): void;
  /** The least |x + y - target| of two ascending lists; one number behind xs and four before ys are its own. `chunks`: a note of 16 bytes for every 2048 steps of each quarter of n + m. */
  sweep(chunks: Pointer, xs: Pointer, ys: Pointer, n: number, m: number, target: number): number;
  /** `out` = (index of x, y) of every pair with |x + y - target| <= width, at most `most`; their number, most + 1 when there are more. `chunks` are the sweep's. */
  near(out: Pointer, chunks: Pointer, xs: Pointer, ys: Pointer, n: number, m: number, target: number, width: number, most: number): number;
  /** `mins` = the least line of every 64 elements of a list, then of every 64 of those. */
  minima(mins: Pointer, list: Pointer, n: number): void;
  /** `out = (sum, distance, line of the list, selection)`: the best of what is there and of xs followed by selections `from` to from + lines - 1; with a tolerance from 0 the earliest within it. */
  bisect(out: Pointer, mins: Pointer, list: Pointer, xs: Pointer, terms: Pointer, n: number, depth: number, from: number, lines: number, target: number, width: number, tolerance: number): void;

  /**
   * `out = (energy, line)`: the best of what is there and of lines piece 2^depth to (piece + 1) 2^depth - 1 of the form x q x + linear x over n bits, the first the highest; the earlier of equals.
   * `width`: more than literal energies and partial sums can differ, 0 where none of them rounds. `work`: n n + (n + 1)(n + 1) + 1200 doubles; depth up to 30, n up to 52.
   */
  qubo(out: Pointer, work: Pointer, q: Pointer, linear: Pointer, n: number, depth: number, piece: number, width: number): void;

  /** `update` *= factor. */
  multiply(update: Pointer, n: number, factor: number): void;
  /** Adam's moments of n gradients, which become m (correction / (sqrt(v) + epsilon)). */
  moments(update: Pointer, m: Pointer, v: Pointer, n: number, beta1: number, beta2: number, epsilon: number, correction: number): void;
  /** `x -= update`, from `lower` to `upper`; NaN becomes `lower`. */
  advance(x: Pointer, update: Pointer, n: number, lower: number, upper: number): void;

  /** `out` (n x m) = a (n x k) b (k x m) + bias (0: none); `turned`: b lies as m x k. `work`: 160 bytes and 32 k. */
  readonly dense32: DenseKernel;
  readonly dense64: DenseKernel;
  /** `out` (k x m) = sum of a[r]^T b[r] over n examples, a n x k, b n x m: four sums of `quarter` examples, (q0 + q1) + (q2 + q3), or with quarter 0 one. `work`: 544 bytes and 32 n. */
  readonly outer32: OuterKernel;
  readonly outer64: OuterKernel;
  /** `out = f(x)`, kind 0 relu, 1 tanh, 2 gelu (its tanh form). What is on n elements may touch up to 32 bytes behind them: here and in all below. */
  activate32(out: Pointer, x: Pointer, n: number, kind: number): void;
  activate64(out: Pointer, x: Pointer, n: number, kind: number): void;
  /** `slope = slope f'(x)`, where y = f(x). */
  derive32(slope: Pointer, x: Pointer, y: Pointer, n: number, kind: number): void;
  derive64(slope: Pointer, x: Pointer, y: Pointer, n: number, kind: number): void;
  /** Of n rows of m logits and byte labels: f64 cross-entropies, f64 1 where the first of the largest is the label, and `slope = scale (softmax - one-hot)`, which may be 0. `work`: m doubles. */
  readonly entropy32: EntropyKernel;
  readonly entropy64: EntropyKernel;
  /** `loss[r]` = the mean of (output - target)^2 over m, in f64; `slope = scale (output - target)`, which may be 0. */
  readonly squares32: SquaresKernel;
  readonly squares64: SquaresKernel;
  /** `out = byte scale + shift`. */
  bytes32(out: Pointer, x: Pointer, n: number, scale: number, shift: number): void;
  bytes64(out: Pointer, x: Pointer, n: number, scale: number, shift: number): void;
  /** `x = word >= threshold ? x factor : 0`. */
  drop32(x: Pointer, words: Pointer, n: number, threshold: number, factor: number): void;
  drop64(x: Pointer, words: Pointer, n: number, threshold: number, factor: number): void;
  /** f64 to f32 and f32 to f64. */
  readonly narrow: MapKernel;
  readonly widen: MapKernel;

  /** Lays out a machine at m, 64-byte aligned, for the words at m + 51200, with tables of 2^bits slots; the bytes it takes, of which 57344 must be there already. */
  machinePlan(m: Pointer, bits: number): number;
  /** Starts a planned machine; its doubles are at m + 1024. */
  machineBoot(m: Pointer): void;
  /** Predicts n bytes; the bits all took since the start. It stops once they pass `limit`; m + 112 holds how many bytes it dealt with. */
  machineScore(m: Pointer, bytes: Pointer, n: number, limit: number): number;
  /** The same without a limit; `out` = the 32 f32 inputs before every bit, 1024 bytes a byte. */
  machineTrace(m: Pointer, out: Pointer, bytes: Pointer, n: number): number;
  /** `out` = the code of n bytes; its length, or -1 when it takes more than `most`. */
  machineEncode(m: Pointer, out: Pointer, bytes: Pointer, n: number, most: number): number;
  /** `out` = n bytes of `size` bytes of code; how many of those it asked for (more than there are: zeros). */
  machineDecode(m: Pointer, out: Pointer, code: Pointer, size: number, n: number): number;
}

/** Where kernels run: pointers into one arena of fixed size, the same kernels on every backend. */
export interface Backend {
  readonly name: 'simd' | 'reference';
  readonly kernels: Kernels;
  /** Views of the whole arena; a pointer is a byte offset into it. */
  readonly f64: Float64Array;
  readonly f32: Float32Array;
  readonly u32: Uint32Array;
  readonly u8: Uint8Array;
  /** 4 KiB of the arena, free for anyone to overwrite within a call: what is in it is lost at the next. */
  readonly scratch: { readonly pointer: number; readonly f64: Float64Array; readonly u32: Uint32Array };
  /** A zeroed, 16-byte aligned array in the arena; its pointer is its `byteOffset`. Throws `memory` when the arena is full. */
  array(length: number): Float64Array;
  words(length: number): Uint32Array;
  /** Bytes of the largest piece that is still free. */
  free(): number;
  /** A handle on the same arena whose `release` frees what was taken through it and through scopes of it, in any order. */
  scope(): Backend;
  release(): void;
}
