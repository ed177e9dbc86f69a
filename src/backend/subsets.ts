/**
 * The plain twin of assembly/subsets.ts: every line down a tree of partial energies, those that may win scored literally.
 *
 * The answer is the literal one, so that the partial energies round otherwise than the module's does not matter.
 */
import type { Kernels } from '../core/kernels.ts';

/** The subset kernel over `heap`, the arena as doubles. */
export function subsetTwins(heap: Float64Array): Pick<Kernels, 'qubo'> {
  /** The energy of the first n of `on` as it is defined. */
  function literal(q: number, linear: number, n: number, on: Uint8Array): number {
    let s = 0;
    for (let i = 0; i < n; i++) {
      if (on[i] === 0) continue;
      let r = heap[linear + i]!;
      for (let j = 0; j < n; j++) if (on[j] === 1) r += heap[q + i * n + j]!;
      s += r;
    }
    return s;
  }

  return {
    qubo(out, _work, q, linear, n, depth, piece, width) {
      [out, q, linear] = [out / 8, q / 8, linear / 8];
      depth = Math.min(depth, n);
      const on = new Uint8Array(n);
      const pair = Float64Array.from({ length: n * n }, (_, k) => heap[q + k]! + heap[q + (k % n) * n + Math.floor(k / n)]!);
      const gains = Array.from({ length: n + 1 }, () => new Float64Array(n)); // a row a level
      for (let i = 0; i < n; i++) gains[0]![i] = heap[linear + i]! + heap[q + i * n + i]!;

      const down = (level: number, energy: number, line: number): void => {
        if (level === n) {
          if (!(energy < heap[out]! + width)) return;
          const exact = literal(q, linear, n, on);
          if (exact < heap[out]!) {
            heap[out] = exact;
            heap[out + 1] = line;
          }
          return;
        }
        const row = gains[level]!;
        const next = gains[level + 1]!;
        const bit = n - depth - 1 - level; // of the piece, where the level is one of its parameters
        const given = bit < 0 ? -1 : Number((BigInt(piece) >> BigInt(bit)) & 1n);
        for (let selected = 0; selected < 2; selected++) {
          if (given >= 0 && given !== selected) continue;
          on[level] = selected;
          for (let j = level + 1; j < n; j++) next[j] = selected === 1 ? row[j]! + pair[level * n + j]! : row[j]!;
          down(level + 1, selected === 1 ? energy + row[level]! : energy, 2 * line + selected);
        }
        on[level] = 0;
      };
      down(0, 0, 0);
    },
  };
}
