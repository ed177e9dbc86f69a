/**
 * The plain twins of assembly/combinations.ts, halves.ts and bisect.ts, over the same arena. Every sum is a chain from the left, so there is no lane order to keep:
 * what blocks, tables and four chains find there, one loop finds here.
 *
 * Surprise: equal sums have equal bits, because no sum here is -0 (they begin at +0), so it does not matter which of two a merge takes; only their lines tell them apart.
 */
import type { Kernels } from '../core/kernels.ts';

type Names = 'brute' | 'seek' | 'grow' | 'thin' | 'merge' | 'shift' | 'sweep' | 'near' | 'minima' | 'bisect';
const CHUNK = 2048; // as in assembly/halves.ts

/** The combination kernels over `heap`, the arena as doubles. */
export function combinationTwins(heap: Float64Array): Pick<Kernels, Names> {
  const notes = new Int32Array(heap.buffer); // indices of the sweep's notes

  /** x, then term after term of a selection. */
  function along(x: number, terms: number, depth: number, line: number): number {
    for (let k = 0; k < depth; k++) x += heap[terms + 2 * k + ((line >>> (depth - 1 - k)) & 1)]!;
    return x;
  }

  /** The sums of the lines in order; lines share their prefixes. `visit` answers whether to stop. */
  function walk(terms: number, depth: number, start: number, visit: (s: number, line: number) => boolean): void {
    const stack = new Float64Array(depth + 1);
    stack[0] = start;
    const lines = 1 << depth;
    for (let q = 0; q < lines; q++) {
      for (let level = q === 0 ? 0 : depth - 1 - (31 - Math.clz32(q & -q)); level < depth; level++) stack[level + 1] = stack[level]! + heap[terms + 2 * level + ((q >>> (depth - 1 - level)) & 1)]!;
      if (visit(stack[depth]!, q)) return;
    }
  }

  /** The first index from i below j that `low` does not hold for; it holds for all before. */
  function search(i: number, j: number, low: (k: number) => boolean): number {
    while (i < j) {
      const middle = (i + j) >>> 1;
      if (low(middle)) i = middle + 1;
      else j = middle;
    }
    return i;
  }

  /** The least line of elements i to j - 1. */
  function lowest(list: number, mins: number, n: number, i: number, j: number): number {
    const second = mins + ((n + 63) >>> 6);
    let least = Infinity;
    while (i < j) {
      const step = (i & 4095) === 0 && i + 4096 <= j ? 4096 : (i & 63) === 0 && i + 64 <= j ? 64 : 1;
      const value = heap[step === 4096 ? second + (i >>> 12) : step === 64 ? mins + (i >>> 6) : list + 2 * i + 1]!;
      if (value < least) least = value;
      i += step;
    }
    return least;
  }

  return {
    brute(out, terms, depth, start, target, tolerance, from) {
      let sum = -Infinity, least = Infinity, line = -1;
      walk(terms / 8, depth, start, (s, q) => {
        if (q < from) return false;
        const d = Math.abs(s - target);
        if (d < least || (d === least && s > sum) || d <= tolerance) {
          sum = s;
          least = d;
          line = q;
        }
        return d <= tolerance;
      });
      heap.set([sum, least, line], out / 8);
    },

    seek(out, _work, terms, values, n, depth, most) {
      const wanted = new Set(heap.subarray(values / 8, values / 8 + n));
      let count = 0;
      walk(terms / 8, depth, 0, (s, q) => {
        if (!wanted.has(s)) return false;
        if (count < most) heap.set([s, q], out / 8 + 2 * count);
        return ++count > most;
      });
      return count;
    },

    grow(out, list, n, low, high, bit) {
      const from = list / 8;
      let to = out / 8;
      for (let x = 0, y = 0; x + y < 2 * n; to += 2) {
        const p = x < n ? heap[from + 2 * x]! + low : Infinity;
        const q = y < n ? heap[from + 2 * y]! + high : Infinity;
        if (p <= q && x < n) {
          heap[to] = p;
          heap[to + 1] = heap[from + 2 * x++ + 1]!;
        } else {
          heap[to] = q;
          heap[to + 1] = heap[from + 2 * y++ + 1]! + bit;
        }
      }
    },

    thin(list, n) {
      const p = list / 8;
      let end = p;
      let origin: number | undefined; // the sum of line 0
      for (let i = p; i < p + 2 * n; i += 2) {
        const sum = heap[i]!;
        const line = heap[i + 1]!;
        if (line === 0) origin = sum;
        else if (end > p && heap[end - 2] === sum) heap[end - 1] = Math.min(heap[end - 1]!, line);
        else {
          heap[end++] = sum;
          heap[end++] = line;
        }
      }
      if (origin !== undefined) {
        let at = end;
        while (at > p && heap[at - 2]! > origin) at -= 2;
        heap.copyWithin(at + 2, at, end);
        heap[at] = origin;
        heap[at + 1] = 0;
        end += 2;
      }
      return (end - p) / 2;
    },

    merge(out, xs, n, low, high) {
      const from = xs / 8;
      let to = out / 8;
      for (let x = 0, y = 0; x + y < 2 * n; ) {
        const p = x < n ? heap[from + x]! + low : Infinity;
        const q = y < n ? heap[from + y]! + high : Infinity;
        if (p <= q && x < n) {
          heap[to++] = p;
          x++;
        } else {
          heap[to++] = q;
          y++;
        }
      }
    },

    shift(out, list, n, terms, depth, line) {
      for (let i = 0; i < n; i++) heap[out / 8 + i] = along(heap[list / 8 + 2 * i]!, terms / 8, depth, line);
    },

    sweep(chunks, xs, ys, n, m, target) {
      const a = xs / 8;
      const b = ys / 8;
      heap[a + n] = Infinity;
      heap[b - 1] = -Infinity;
      const steps = (n + m + 3) >>> 2;
      const each = Math.ceil(steps / CHUNK);
      let least = Infinity;
      for (let chain = 0; chain < 4; chain++) {
        const begun = Math.min(chain * steps, n + m);
        let i = search(Math.max(0, begun - m), Math.min(begun, n), (k) => heap[a + k]! + heap[b + m - begun + k]! < target);
        let j = m - 1 - begun + i;
        for (let c = 0; c < each; c++) {
          let best = Infinity;
          const note = chunks + 16 * (chain * each + c);
          notes[note / 4 + 2] = i;
          notes[note / 4 + 3] = j;
          for (let s = Math.min(CHUNK, steps - c * CHUNK); s > 0; s--) {
            const v = heap[a + i]! + heap[b + j]!;
            const d = Math.abs(v - target);
            if (d < best) best = d;
            if (v < target) i++;
            else j--;
          }
          heap[note / 8] = best;
          if (best < least) least = best;
        }
      }
      return least;
    },

    near(out, chunks, xs, ys, n, m, target, width, most) {
      const a = xs / 8;
      const b = ys / 8;
      const steps = (n + m + 3) >>> 2;
      const each = Math.ceil(steps / CHUNK);
      let count = 0;
      for (let c = 0; c < 4 * each; c++) {
        const note = chunks + 16 * c;
        if (!(heap[note / 8]! <= width)) continue;
        let i = notes[note / 4 + 2]!;
        let j = notes[note / 4 + 3]!;
        for (let s = Math.min(CHUNK, steps - (c % each) * CHUNK); s > 0 && i <= n && j >= -1; s--) {
          const right = heap[a + i]! + heap[b + j]! < target;
          for (let u = i, v = j; u < n && v >= 0 && Math.abs(heap[a + u]! + heap[b + v]! - target) <= width; right ? v-- : u++) {
            if (count === most) return most + 1;
            heap.set([u, heap[b + v]!], out / 8 + 2 * count++);
          }
          if (right) i++;
          else j--;
        }
      }
      return count;
    },

    minima(mins, list, n) {
      const first = mins / 8;
      const blocks = (n + 63) >>> 6;
      const least = (from: number, stride: number, i: number, end: number): number => {
        let value = Infinity;
        for (; i < end; i++) value = Math.min(value, heap[from + stride * i]!);
        return value;
      };
      for (let b = 0; b < blocks; b++) heap[first + b] = least(list / 8 + 1, 2, 64 * b, Math.min(n, 64 * b + 64));
      for (let b = 0; b < (blocks + 63) >>> 6; b++) heap[first + blocks + b] = least(first, 1, 64 * b, Math.min(blocks, 64 * b + 64));
    },

    bisect(out, mins, list, xs, terms, n, depth, from, lines, target, width, tolerance) {
      const best = out / 8;
      const a = xs / 8;
      for (let line = from; line < from + lines; line++) {
        const y = along(0, terms / 8, depth, line);
        const lo = search(0, n, (k) => heap[a + k]! + y - target < -width);
        const hi = search(lo, n, (k) => heap[a + k]! + y - target <= width);
        if (lo >= hi) continue;
        const sum = (k: number): number => along(heap[a + k]!, terms / 8, depth, line);
        const earlier = (early: number): boolean => early < heap[best + 2]! || (early === heap[best + 2] && line < heap[best + 3]!);
        if (tolerance >= 0) {
          const i = search(lo, hi, (k) => sum(k) - target < -tolerance);
          const j = search(i, hi, (k) => sum(k) - target <= tolerance);
          if (i >= j) continue;
          const early = lowest(list / 8, mins / 8, n, i, j);
          if (earlier(early)) heap.set([sum(i), heap[best + 1]!, early, line], best);
          continue;
        }
        const consider = (i: number, j: number): void => {
          const s = sum(j - 1);
          const d = Math.abs(s - target);
          const least = heap[best + 1]!;
          if (!(d < least || (d === least && s >= heap[best]!))) return;
          const early = lowest(list / 8, mins / 8, n, search(i, j, (k) => sum(k) < s), j);
          if (d < least || s > heap[best]! || earlier(early)) heap.set([s, d, early, line], best);
        };
        const above = search(lo, hi, (k) => sum(k) - target < 0);
        if (above < hi) {
          const d = sum(above) - target;
          consider(above, search(above, hi, (k) => sum(k) - target <= d));
        }
        if (above > lo) consider(lo, above);
      }
    },
  };
}
