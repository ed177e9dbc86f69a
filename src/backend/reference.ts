/**
 * The reference backend: every kernel in plain TypeScript over an ArrayBuffer, in the lane order of the module.
 * It shares assembly/portable with the module, needs no WebAssembly, and is what parity tests compare with.
 */
import * as math from '../../assembly/portable/math.ts';
import type { Kernels, MapKernel } from '../core/kernels.ts';
import { normalPair, philox } from '../core/random.ts';
import type { Backend } from '../core/types.ts';
import { arena } from './arena.ts';
import { combinationTwins } from './combinations.ts';
import { descentTwins } from './descent.ts';
import { functionTwins } from './functions.ts';
import { linalgTwins } from './linalg.ts';
import { machineTwins } from './machine.ts';
import { networkTwins } from './network.ts';
import { subsetTwins } from './subsets.ts';

/** A reference backend with an arena of `bytes`. */
export function openReference(bytes: number): Backend {
  const buffer = new ArrayBuffer(Math.ceil(bytes / 65536) * 65536);
  const heap = new Float64Array(buffer);
  const words = new Uint32Array(buffer);

  const map = (f: (x: number) => number): MapKernel => (out, x, n) => {
    for (let i = 0; i < n; i++) heap[out / 8 + i] = f(heap[x / 8 + i]!);
  };

  const kernels: Kernels = {
    philox(out, blocks, k0, k1, lo, hi, tag) {
      for (let b = 0; b < blocks; b++) philox(words, out / 4 + 4 * b, k0, k1, lo + b, hi, tag);
    },
    normals(out, blocks, k0, k1, lo, hi, tag) {
      for (let b = 0; b < blocks; b++) normalPair(heap, out / 8 + 2 * b, k0, k1, lo + b, hi, tag);
    },
    exp: map(math.exp),
    expm1: map(math.expm1),
    log: map(math.log),
    sin: map(math.sin),
    cos: map(math.cos),
    sinpi: map(math.sinpi),
    tanh: map(math.tanh),
    stretch: map(math.stretch),
    squash: map(math.squash),
    pow(out, x, y, n) {
      for (let i = 0; i < n; i++) heap[out / 8 + i] = math.pow(heap[x / 8 + i]!, heap[y / 8 + i]!);
    },
    ...functionTwins(heap),
    ...linalgTwins(heap),
    ...combinationTwins(heap),
    ...subsetTwins(heap),
    ...descentTwins(heap),
    ...networkTwins(buffer),
    ...machineTwins(buffer),
  };
  return arena('reference', kernels, buffer, 16); // 16: a pointer of 0 means "not wanted"
}
