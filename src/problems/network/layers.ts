/** Dense layers in an arena, forward and backward over the rows of a stage: what a network problem computes with. */
import { NadirError } from '../../core/errors.ts';
import type { Backend } from '../../core/types.ts';

export const ACTIVATIONS = ['relu', 'tanh', 'gelu'] as const;

export interface Shape {
  /** From inputs to outputs. */
  readonly widths: readonly number[];
  /** Rows of the stage. */
  readonly rows: number;
  readonly activation: (typeof ACTIVATIONS)[number];
  /** Cross-entropy of classes, or else squares. */
  readonly classes: boolean;
  readonly dropout: number;
  readonly precision: 'f32' | 'f64';
}
export interface Layers {
  /** Parameters. */
  readonly dim: number;
  /** Where each layer's weights begin among them. */
  readonly places: readonly number[];
  /** The arena in the layers' type. */
  readonly heap: Float32Array | Float64Array;
  /** Rounds to that type. */
  readonly round: (x: number) => number;
  /** Where the inputs, their bytes, and the labels or targets of the stage begin: elements, bytes, bytes or elements. */
  readonly inputs: number;
  readonly raw: number;
  readonly answers: number;
  readonly masks: readonly Uint32Array[];
  /** Of the rows judged last: losses, and 1 for a right class. */
  readonly losses: Float64Array;
  readonly hits: Float64Array;
  /** n rows of bytes become inputs. */
  unpack(n: number, scale: number, shift: number): void;
  load(x: Float64Array): void;
  /** Outputs of n rows from row `from` on; the first n rows of every buffer are theirs. Where the outputs begin, in elements. */
  forward(n: number, from: number, dropped: boolean): number;
  /** Their losses, and where `scale` is not 0 the slopes of the outputs for scale times the sum of the losses. */
  judge(n: number, from: number, scale: number): void;
  /** The slopes of the parameters, summed in quarters or with quarter 0 at once: a view that the next call overwrites. */
  backward(n: number, from: number, quarter: number, dropped: boolean): Float32Array | Float64Array;
  /** The same in doubles, likewise. */
  wide(): Float64Array;
}

/** Parameters of layers: weights and biases. */
export function sizeOf(widths: readonly number[]): number {
  return widths.slice(1).reduce((sum, units, l) => sum + (widths[l]! + 1) * units, 0);
}

/** Bytes of arena that they and a descent on them take, at most. */
export function bytesOf(widths: readonly number[], rows: number): number {
  return 65536 + 80 * sizeOf(widths) + rows * (9 * widths[0]! + widths.reduce((sum, width) => sum + 36 * width + 64, 0)) + 32 * Math.max(rows, ...widths);
}

export function layers({ widths, rows, activation, classes, dropout, precision }: Shape, backend: Backend): Layers {
  const { kernels } = backend;
  const double = precision === 'f64';
  const size = double ? 8 : 4;
  const heap = double ? backend.f64 : backend.f32;
  const [dense, outer, activate, derive, entropy, squares, bytes, drop] = double
    ? [kernels.dense64, kernels.outer64, kernels.activate64, kernels.derive64, kernels.entropy64, kernels.squares64, kernels.bytes64, kernels.drop64]
    : [kernels.dense32, kernels.outer32, kernels.activate32, kernels.derive32, kernels.entropy32, kernels.squares32, kernels.bytes32, kernels.drop32];
  const kind = ACTIVATIONS.indexOf(activation);
  const threshold = Math.round(dropout * 0x100000000);
  const kept = 1 / (1 - dropout);
  const dim = sizeOf(widths);
  const depth = widths.length - 1;
  const [width, outputs] = [widths[0]!, widths[depth]!];
  const places: number[] = [];
  for (let l = 0, from = 0; l < depth; l++) {
    places.push(from);
    from += (widths[l]! + 1) * widths[l + 1]!;
  }

  const room = (n: number): number => backend.array(Math.ceil((n * size) / 8) + 4).byteOffset; // kernels touch 32 bytes more
  const point = backend.array(dim + 4);
  const weights = double ? point.byteOffset : room(dim);
  const slopes = room(dim);
  const narrow = heap.subarray(slopes / size, slopes / size + dim);
  const wider = double ? narrow as Float64Array : backend.array(dim + 4).subarray(0, dim);
  const stage = room(rows * width);
  const raw = backend.array(Math.ceil((rows * width) / 8) + 4).byteOffset;
  const answers = classes ? backend.array(Math.ceil(rows / 8)).byteOffset : room(rows * outputs);
  const before = widths.slice(1).map((units) => room(rows * units)); // sums
  const after = before.map((sums, l) => (l === depth - 1 ? sums : room(rows * widths[l + 1]!))); // outputs
  const shown = after.map((y, l) => (dropout > 0 && l < depth - 1 ? room(rows * widths[l + 1]!) : y)); // what the next layer sees of them
  const back = widths.slice(1).map((units) => room(rows * units)); // slopes of the sums
  const masks = dropout > 0 ? widths.slice(1, -1).map((units) => backend.words(rows * units + 8)) : [];
  const losses = backend.array(rows);
  const hits = backend.array(rows);
  const ones = room(rows);
  heap.fill(1, ones / size, ones / size + rows);
  const work = backend.array(100 + 4 * Math.max(rows, ...widths)).byteOffset;

  return {
    dim, places, heap, masks, losses, hits, raw,
    round: double ? (x) => x : Math.fround,
    inputs: stage / size,
    answers: classes ? answers : answers / size,
    unpack: (n, scale, shift) => bytes(stage, raw, n * width, scale, shift),

    load(x) {
      if (x?.length !== dim) throw new NadirError('input', `a point of the network has ${x?.length ?? 'no'} numbers; allowed: ${dim}`);
      point.set(x);
      if (!double) kernels.narrow(weights, point.byteOffset, dim);
    },

    forward(n, from, dropped) {
      let x = stage + from * width * size;
      for (let l = 0; l < depth; l++) {
        const [k, m] = [widths[l]!, widths[l + 1]!];
        const w = weights + places[l]! * size;
        dense(before[l]!, work, x, w, w + k * m * size, n, m, k, 0);
        if (l < depth - 1) activate(after[l]!, before[l]!, n * m, kind);
        x = after[l]!;
        if (!dropped || l === depth - 1) continue;
        backend.u8.copyWithin(shown[l]!, x, x + n * m * size);
        x = shown[l]!;
        drop(x, masks[l]!.byteOffset + 4 * from * m, n * m, threshold, kept);
      }
      return x / size;
    },

    judge(n, from, scale) {
      const slope = scale === 0 ? 0 : back[depth - 1]!;
      if (classes) entropy(slope, losses.byteOffset, hits.byteOffset, work, before[depth - 1]!, answers + from, n, outputs, scale);
      else squares(slope, losses.byteOffset, before[depth - 1]!, answers + from * outputs * size, n, outputs, (2 * scale) / outputs);
    },

    backward(n, from, quarter, dropped) {
      for (let l = depth - 1; l >= 0; l--) {
        const [k, m] = [widths[l]!, widths[l + 1]!];
        const x = l === 0 ? stage + from * width * size : (dropped ? shown : after)[l - 1]!;
        const g = slopes + places[l]! * size;
        outer(g, work, x, back[l]!, n, m, k, quarter);
        outer(g + k * m * size, work, ones, back[l]!, n, m, 1, quarter);
        if (l === 0) break;
        dense(back[l - 1]!, work, back[l]!, weights + places[l]! * size, 0, n, k, m, 1);
        if (dropped) drop(back[l - 1]!, masks[l - 1]!.byteOffset + 4 * from * k, n * k, threshold, kept);
        derive(back[l - 1]!, before[l - 1]!, after[l - 1]!, n * k, kind);
      }
      return narrow;
    },

    wide() {
      if (!double) kernels.widen(wider.byteOffset, slopes, dim);
      return wider;
    },
  };
}
