/** The plain twins of assembly/network.ts and assembly/activations.ts: scalar loops over the same arena, in the same orders of sums. */
import { exp, log, tanh } from '../../assembly/portable/math.ts';
import type { Kernels } from '../core/kernels.ts';

type Names = 'dense' | 'outer' | 'activate' | 'derive' | 'entropy' | 'squares' | 'bytes' | 'drop';
type Layers = Pick<Kernels, `${Names}${32 | 64}` | 'narrow' | 'widen'>;
/** The eight of one type, without its number. */
type Typed = { [K in Names]: Kernels[`${K}32`] };

const ROOT = 0.7978845608028654;
const CUBIC = 0.044715;
const bent = (x: number): number => tanh(ROOT * (x + CUBIC * (x * (x * x))));
const gelu = (x: number): number => 0.5 * x * (1 + bent(x));

function geluSlope(x: number): number {
  const t = bent(x);
  const inner = ROOT * (1 + 3 * CUBIC * (x * x));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner;
}

/** The network kernels over the arena. */
export function networkTwins(buffer: ArrayBuffer): Layers {
  const f32 = new Float32Array(buffer);
  const f64 = new Float64Array(buffer);
  const a = typed(buffer, f32, 4, Math.fround);
  const b = typed(buffer, f64, 8, (x) => x);
  return {
    dense32: a.dense, outer32: a.outer, activate32: a.activate, derive32: a.derive, entropy32: a.entropy, squares32: a.squares, bytes32: a.bytes, drop32: a.drop,
    dense64: b.dense, outer64: b.outer, activate64: b.activate, derive64: b.derive, entropy64: b.entropy, squares64: b.squares, bytes64: b.bytes, drop64: b.drop,
    narrow(out, x, n) {
      for (let i = 0; i < n; i++) f32[out / 4 + i] = f64[x / 8 + i]!;
    },
    widen(out, x, n) {
      for (let i = 0; i < n; i++) f64[out / 8 + i] = f32[x / 4 + i]!;
    },
  };
}

/** Over elements of one type, rounding every operation to it. */
function typed(buffer: ArrayBuffer, heap: Float32Array | Float64Array, size: 4 | 8, round: (x: number) => number): Typed {
  const f64 = new Float64Array(buffer);
  const u32 = new Uint32Array(buffer);
  const u8 = new Uint8Array(buffer);

  return {
    dense(out, _work, a, b, bias, n, m, k, turned) {
      const [to, left, right] = [out / size, a / size, b / size];
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < m; j++) {
          let sum = bias ? heap[bias / size + j]! : 0;
          for (let p = 0; p < k; p++) sum = round(sum + round(heap[left + i * k + p]! * heap[right + (turned ? j * k + p : p * m + j)]!));
          heap[to + i * m + j] = sum;
        }
      }
    },

    outer(out, _work, a, b, n, m, k, quarter) {
      const [to, left, right] = [out / size, a / size, b / size];
      const sum = (i: number, j: number, from: number, end: number): number => {
        let s = 0;
        for (let r = Math.min(n, from); r < Math.min(n, end); r++) s = round(s + round(heap[left + r * k + i]! * heap[right + r * m + j]!));
        return s;
      };
      for (let i = 0; i < k; i++) {
        for (let j = 0; j < m; j++) {
          if (quarter === 0) heap[to + i * m + j] = sum(i, j, 0, n);
          else {
            const q = [0, 1, 2, 3].map((p) => sum(i, j, p * quarter, (p + 1) * quarter));
            heap[to + i * m + j] = round(round(q[0]! + q[1]!) + round(q[2]! + q[3]!));
          }
        }
      }
    },

    activate(out, x, n, kind) {
      const [to, from] = [out / size, x / size];
      for (let i = 0; i < n; i++) {
        const v = heap[from + i]!;
        heap[to + i] = kind === 0 ? Math.max(v, 0) : kind === 1 ? tanh(v) : gelu(v);
      }
    },

    derive(slope, x, y, n, kind) {
      const [to, before, after] = [slope / size, x / size, y / size];
      for (let i = 0; i < n; i++) {
        const g = heap[to + i]!;
        if (kind === 0) heap[to + i] = heap[before + i]! > 0 ? g : 0;
        else if (kind === 2) heap[to + i] = g * geluSlope(heap[before + i]!);
        else {
          const t = heap[after + i]!;
          heap[to + i] = round(g * round(1 - round(t * t)));
        }
      }
    },

    entropy(slope, loss, hits, work, logits, labels, n, m, scale) {
      for (let r = 0; r < n; r++) {
        const row = logits / size + r * m;
        const label = u8[labels + r]!;
        let most = 0;
        for (let j = 1; j < m; j++) if (heap[row + j]! > heap[row + most]!) most = j;
        const peak = heap[row + most]!;
        let sum = 0;
        for (let j = 0; j < m; j++) {
          const e = exp(heap[row + j]! - peak);
          f64[work / 8 + j] = e;
          sum += e;
        }
        f64[loss / 8 + r] = log(sum) - (heap[row + label]! - peak);
        f64[hits / 8 + r] = most === label ? 1 : 0;
        if (slope === 0) continue;
        for (let j = 0; j < m; j++) {
          const p = f64[work / 8 + j]! / sum;
          heap[slope / size + r * m + j] = (j === label ? p - 1 : p) * scale;
        }
      }
    },

    squares(slope, loss, outputs, targets, n, m, scale) {
      for (let r = 0; r < n; r++) {
        let sum = 0;
        for (let j = 0; j < m; j++) {
          const d = heap[outputs / size + r * m + j]! - heap[targets / size + r * m + j]!;
          sum += d * d;
          if (slope) heap[slope / size + r * m + j] = d * scale;
        }
        f64[loss / 8 + r] = sum / m;
      }
    },

    bytes(out, x, n, scale, shift) {
      const [a, b] = [round(scale), round(shift)];
      for (let i = 0; i < n; i++) heap[out / size + i] = round(round(u8[x + i]! * a) + b);
    },

    drop(x, words, n, threshold, factor) {
      const a = round(factor);
      for (let i = 0; i < n; i++) heap[x / size + i] = u32[words / 4 + i]! >= threshold ? heap[x / size + i]! * a : 0;
    },
  };
}
