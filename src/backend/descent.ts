/** The plain twins of assembly/descent.ts. */
import type { Kernels } from '../core/kernels.ts';

/** The descent kernels over `heap`, the arena as doubles. */
export function descentTwins(heap: Float64Array): Pick<Kernels, 'multiply' | 'moments' | 'advance'> {
  return {
    multiply(update, n, factor) {
      for (let i = update / 8, end = i + n; i < end; i++) heap[i] = heap[i]! * factor;
    },
    moments(update, m, v, n, beta1, beta2, epsilon, correction) {
      for (let i = 0; i < n; i++) {
        const g = heap[update / 8 + i]!;
        const first = beta1 * heap[m / 8 + i]! + (1 - beta1) * g;
        const second = beta2 * heap[v / 8 + i]! + (1 - beta2) * g * g;
        heap[m / 8 + i] = first;
        heap[v / 8 + i] = second;
        heap[update / 8 + i] = first * (correction / (Math.sqrt(second) + epsilon));
      }
    },
    advance(x, update, n, lower, upper) {
      for (let i = 0; i < n; i++) {
        const y = heap[x / 8 + i]! - heap[update / 8 + i]!;
        heap[x / 8 + i] = y >= lower ? (y > upper ? upper : y) : lower;
      }
    },
  };
}
