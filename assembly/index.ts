/** The ABI: what the module exports, and nothing else. Typed in src/core/kernels.ts. */
export { philox, normals } from './random';
export { exp, expm1, log, sin, cos, sinpi, tanh, stretch, squash, pow } from './maps';
export { sphere, quadratic, rosenbrock, ackley, rastrigin, griewank, schwefel, levy, styblinski, doublewell, affine, unrotate } from './functions';
export { triangle, covary, cholesky } from './linalg';
export { brute, seek } from './combinations';
export { grow, thin, merge, shift, sweep, near } from './halves';
export { minima, bisect } from './bisect';
export { qubo } from './subsets';
export { multiply, moments, advance } from './descent';
export { dense32, dense64, outer32, outer64 } from './network';
export { activate32, activate64, derive32, derive64, entropy32, entropy64, squares32, squares64, bytes32, bytes64, drop32, drop64, narrow, widen } from './activations';
export { machinePlan, machineBoot, machineScore, machineTrace, machineEncode, machineDecode, machineBytes, machineNibble, machineBits, machineLearn, bitOp, learnOp } from './machine';
export { byteOp } from './features';
export { nibbleOp } from './components';

/** Where the static data ends: the arena begins above it. */
export function base(): usize {
  return __heap_base;
}
