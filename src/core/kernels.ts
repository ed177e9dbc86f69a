/**
 * The kernels every backend has: `assembly/index.ts` exports them, `backend/reference.ts` holds their plain twins.
 * Pointers (`out` first) and counts only; a pointer is a byte offset into the arena, 16-byte aligned, and 0 means "not wanted".
 */
type Pointer = number;

/** `loss[r] = f(xs[r])` for n rows of dim; `gradient` (n x dim) may be 0. `weights` holds dim numbers where a function needs a table. */
export type FunctionKernel = (loss: Pointer, gradient: Pointer, xs: Pointer, n: number, dim: number, weights: Pointer) => void;
export type MapKernel = (out: Pointer, x: Pointer, n: number) => void;

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
}
