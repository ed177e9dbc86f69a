/** Kernels: programs of 64 words and 1024 doubles for the machine of assembly/portable/opcodes.ts. */

/** A program and its pre-trained numbers. Every pair of arrays of these lengths is a valid kernel. */
export interface Kernel {
  /** 64 words `[op:6 | d:5 | a:5 | b:6 | k:10]`. */
  readonly words: Uint32Array;
  /** 1024 doubles; NaN reads as 0, and what is beyond 2^48 as 2^48. */
  readonly doubles: Float64Array;
}

export const WORDS = 64;
export const DOUBLES = 1024;
