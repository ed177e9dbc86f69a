/**
 * A multilayer perceptron as a problem over a box: the parameters are the point, the loss over examples is what is low.
 *
 * The point holds a layer after another, its weights (inputs x outputs, by rows), then its biases. A batch with `at` is a mini-batch of a seeded
 * shuffle, a new one an epoch; without, it is all of a part. Layers are computed in f32 (or f64), while the point and its gradient are f64.
 * Surprise: no power of two is the share of a mini-batch in its data, so the problem says itself what a batch reads.
 */
import { NadirError, show } from '../core/errors.ts';
import { resolve } from '../core/options.ts';
import { createRandom } from '../core/random.ts';
import type { Batch, Box, Context, Json, Options, Problem, Random, Scores } from '../core/types.ts';
import { box } from '../spaces/box.ts';
import { fitting, type Data, type Split } from './data.ts';
import { shuffled } from './data/split.ts';
import { ACTIVATIONS, bytesOf, layers as layersOf } from './network/layers.ts';
import { found, mean, pairwise, type Judged, type Quarter } from './network/parts.ts';

export interface NetworkParams {
  readonly [name: string]: Json;
  readonly activation: 'relu' | 'tanh' | 'gelu';
  readonly loss: 'cross-entropy' | 'mse';
  /** Share of every hidden layer's outputs that a mini-batch's gradient does without. */
  readonly dropout: number;
  /** The penalty is l2 / 2 times the sum of squared weights; biases are free. */
  readonly l2: number;
  /** Examples in a mini-batch; the last of an epoch may have fewer. */
  readonly batch: number;
  readonly precision: 'f32' | 'f64';
  /** Of shuffles and dropout. */
  readonly seed: number;
}
export type NetworkOptions = { readonly [K in 'activation' | 'loss' | 'dropout' | 'l2' | 'batch' | 'precision' | 'seed']?: NetworkParams[K] } & { /** Widths of the hidden layers. */ readonly hidden: readonly number[] };

const OPTIONS: Options<NetworkParams> = {
  activation: { default: 'relu', about: 'of hidden layers', choices: ACTIVATIONS },
  loss: { default: 'cross-entropy', about: 'of classes, or of numbers', choices: ['cross-entropy', 'mse'] },
  dropout: { default: 0, about: 'share of hidden outputs left out', min: 0, below: 1 },
  l2: { default: 0, about: 'penalty on weights', min: 0 },
  batch: { default: 128, about: 'examples in a mini-batch', min: 1, max: 65536, integer: true },
  precision: { default: 'f32', about: 'of the layers', choices: ['f32', 'f64'] },
  seed: { default: 0, about: 'of shuffles and dropout', min: 0, integer: true },
};
const BOUND = 100; // only a point that runs away meets it
const STAGE = 512; // rows of an evaluation at a time
const DEEPEST = 16;

export type { Judged, Quarter } from './network/parts.ts';
export type Part = 'train' | 'validation' | 'test';
export interface NetworkProblem extends Problem<Float64Array, Box> {
  readonly gradient: 2;
  share(batch: Batch<Float64Array>): number;
  score(batch: Batch<Float64Array>): Scores<Float64Array>;
  /** Widths from inputs to outputs. */
  readonly layers: readonly number[];
  /** Mini-batches an epoch. */
  readonly batches: number;
  /** The mean loss without penalty, and the share of right classes (NaN for numbers), over a part; nobody counts it. */
  evaluate(x: Float64Array, part: Part): { readonly loss: number; readonly accuracy: number };
  /** Outputs (logits of classes) for examples like the data's inputs, by rows. */
  predict(x: Float64Array, inputs: Uint8Array | Float32Array): Float64Array;
  /** Of examples of a part, from one up to another: what `evaluate` adds up. */
  judged(x: Float64Array, part: Part, from: number, to: number): Judged;
  /** Quarter q, from 0 to 3, of mini-batch `at`; with `quarters` 2 (q 0 or 2) it and the next in one. */
  quarter(x: Float64Array, at: number, q: number, quarters?: 1 | 2): Quarter;
  /** What `score` says of a mini-batch, bit for bit, made of its four quarters or two halves, which are written over; the gradient is valid until the next call. */
  joined(x: Float64Array, parts: readonly Quarter[]): { readonly loss: number; readonly gradient: Float64Array };
}

/** Bytes of arena that a network and a descent on it take at most: for `openBackend`. */
export function networkBytes({ train }: Split, { hidden, batch = OPTIONS.batch.default as number }: Pick<NetworkOptions, 'hidden' | 'batch'>): number {
  return bytesOf([train.width, ...hidden, train.outputs], Math.max(batch, STAGE));
}

/**
 * Opens a network over data.
 *
 * A gradient costs two evaluations; 1 is the cost of an evaluation of all training data.
 * @param options `hidden`, and what differs from relu, cross-entropy, no dropout, no l2, batches of 128, f32, seed 0
 * @throws `input` for options out of range and data that does not fit, `name` for unknown ones, `memory` when the arena is too small (`networkBytes` says what it takes)
 * @example
 * const context = { random: createRandom(1), backend: await sharedBackend() };
 * const inputs = Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1);
 * const xor = { n: 4, width: 2, inputs, scale: 1, shift: 0, outputs: 2, labels: Uint8Array.of(0, 1, 1, 0) };
 * const net = network({ name: 'xor', train: xor }, { hidden: [8], activation: 'tanh', batch: 4 }, context);
 * const outcome = await run(net, start(optimizer('adam'), net, { lr: 0.05 }, context), { cost: 900 });
 * net.evaluate(outcome.best.x, 'train').accuracy; // 1
 */
export function network(split: Split, { hidden, ...given }: NetworkOptions, { backend }: Pick<Context, 'backend'>): NetworkProblem {
  if (!Array.isArray(hidden) || hidden.length > DEEPEST || !hidden.every((units) => Number.isSafeInteger(units) && units >= 1 && units <= 65536)) throw new NadirError('input', `hidden of network is ${show(hidden)}; allowed: up to ${DEEPEST} integers from 1 to 65536`);
  const { activation, loss: kind, dropout, l2, batch: most, precision, seed } = resolve<NetworkParams>('network', OPTIONS, given);
  const { train, validation, test } = split;
  const classes = kind === 'cross-entropy';
  for (const [name, data] of Object.entries({ train, validation, test })) if (data) suits(`${split.name}, ${name}`, data, train, classes);
  const { width, outputs } = train;
  const widths = [width, ...hidden, outputs];
  const rows = Math.max(Math.min(most, train.n), Math.min(STAGE, train.n));
  const made = layersOf({ widths, rows, activation, classes, dropout, precision }, backend);
  const { dim, heap, round, places, masks, losses, hits } = made;

  const random = createRandom(seed).fork('network');
  const [shuffles, drops] = [random.fork('shuffle'), random.fork('dropout')];
  const batches = Math.ceil(train.n / most);
  const orders = new Map<number, Uint32Array>(); // of the last two epochs
  let staged = -1; // the mini-batch on the stage; -1: something else

  function order(epoch: number): Uint32Array {
    let known = orders.get(epoch);
    if (known === undefined) {
      known = shuffled(train.n, shuffles.fork(epoch));
      if (orders.size > 1) orders.delete(orders.keys().next().value!);
      orders.set(epoch, known);
    }
    return known;
  }
  function sizeAt(b: number): number {
    return b % batches === batches - 1 ? train.n - (batches - 1) * most : most;
  }

  /** Puts n examples on the stage: those of `which`, or those from there on. */
  function put({ inputs, labels, targets, scale, shift }: Data, which: Uint32Array | number, n: number): number {
    const row = (i: number): number => (typeof which === 'number' ? which + i : which[i]!);
    if (inputs instanceof Uint8Array) {
      for (let i = 0; i < n; i++) backend.u8.set(inputs.subarray(row(i) * width, (row(i) + 1) * width), made.raw + i * width);
      made.unpack(n, scale, shift);
    } else {
      for (let i = 0; i < n; i++) heap.set(inputs.subarray(row(i) * width, (row(i) + 1) * width), made.inputs + i * width);
      const [by, plus] = [round(scale), round(shift)];
      if (by !== 1 || plus !== 0) for (let i = made.inputs, end = i + n * width; i < end; i++) heap[i] = round(heap[i]! * by) + plus;
    }
    for (let i = 0; i < n; i++) {
      if (labels) backend.u8[made.answers + i] = labels[row(i)]!;
      else if (targets) heap.set(targets.subarray(row(i) * outputs, (row(i) + 1) * outputs), made.answers + i * outputs);
    }
    staged = -1;
    return n;
  }
  /** Puts mini-batch b there, and draws what it does without. */
  function draw(b: number, dropped: boolean): number {
    const n = sizeAt(b);
    if (staged !== b) {
      const from = (b % batches) * most;
      put(train, order(Math.floor(b / batches)).subarray(from, from + n), n);
      staged = b;
    }
    if (dropped) masks.forEach(({ byteOffset }, l) => backend.kernels.philox(byteOffset, Math.ceil((n * hidden[l]!) / 4), ...keyOf(drops.fork(l).fork(b)), 0, 0, 0));
    return n;
  }

  function partOf(part: Part): Data {
    const data = { train, validation, test }[part];
    if (data === undefined) throw new NadirError('input', `${split.name} has no ${part} part`);
    return data;
  }
  const pieces = (part: Part): (() => number)[] => {
    const data = partOf(part);
    return Array.from({ length: Math.ceil(data.n / rows) }, (_, i) => () => put(data, i * rows, Math.min(rows, data.n - i * rows)));
  };

  /** l2 / 2 times the squares of the weights, whose slopes are added to the gradient. */
  function penalty(x: Float64Array, gradient: Float64Array | undefined): number {
    if (l2 === 0) return 0;
    let sum = 0;
    for (const [l, from] of places.entries()) {
      for (let i = from, end = from + widths[l]! * widths[l + 1]!; i < end; i++) {
        sum += x[i]! * x[i]!;
        if (gradient) gradient[i] = gradient[i]! + l2 * x[i]!;
      }
    }
    return (l2 / 2) * sum;
  }

  function share({ at, span = 1, part = 'train' }: Batch<Float64Array>): number {
    if (part !== 'train' || at === undefined) return partOf(part).n / train.n;
    for (const [field, value, least] of [['at', at, 0], ['span', span, 1]] as const) if (!Number.isSafeInteger(value) || value < least) throw new NadirError('input', `${field} of a batch is ${show(value)}; allowed: an integer from ${least}`);
    let n = 0;
    for (let b = at; b < at + span; b++) n += sizeAt(b);
    return n / train.n;
  }

  const gradients: Float64Array[] = [];
  let joint: Float64Array | undefined;
  function score(batch: Batch<Float64Array>): Scores<Float64Array> {
    const { xs, gradient = false, at, span = 1, part = 'train' } = batch;
    const mini = part === 'train' && at !== undefined;
    const dropped = gradient && mini && dropout > 0;
    const total = Math.round(share(batch) * train.n);
    const stages = mini ? Array.from({ length: span }, (_, i) => () => draw(at + i, dropped)) : pieces(part);
    const answer: Float64Array[] = [];
    const loss = Float64Array.from(xs, (x, c) => {
      made.load(x);
      let sum = 0;
      for (const [i, stand] of stages.entries()) {
        const n = stand();
        made.forward(n, 0, dropped);
        made.judge(n, 0, gradient ? 1 / total : 0);
        for (let r = 0; r < n; r++) sum += losses[r]!;
        if (!gradient) continue;
        made.backward(n, 0, Math.ceil(n / 4), dropped);
        const more = made.wide();
        if (xs.length === 1 && stages.length === 1) {
          answer[0] = more; // a copy less
          continue;
        }
        const mine = (answer[c] = gradients[c] ??= new Float64Array(dim));
        if (i === 0) mine.set(more);
        else for (let k = 0; k < dim; k++) mine[k] = mine[k]! + more[k]!;
      }
      return sum / total + penalty(x, answer[c]);
    });
    return gradient ? { loss, gradient: answer } : { loss };
  }

  function judged(x: Float64Array, part: Part, from: number, to: number): Judged {
    const data = partOf(part);
    const all = new Float64Array(to - from);
    let right = classes ? 0 : NaN;
    made.load(x);
    for (let at = from; at < to; at += rows) {
      const n = put(data, at, Math.min(rows, to - at));
      made.forward(n, 0, false);
      made.judge(n, 0, 0);
      all.set(losses.subarray(0, n), at - from);
      for (let r = 0; r < n; r++) right += hits[r]!;
    }
    return { losses: all, right };
  }

  const space: Box = {
    ...box(dim, -BOUND, BOUND),
    // He et al. 2015 for relu and gelu, LeCun et al. 1998 for tanh and the outputs; biases are 0.
    sample(from) {
      const x = new Float64Array(dim);
      for (const [l, place] of places.entries()) {
        const deviation = Math.sqrt((l < hidden.length && activation !== 'tanh' ? 2 : 1) / widths[l]!);
        const w = x.subarray(place, place + widths[l]! * widths[l + 1]!);
        from.normals(w);
        for (let i = 0; i < w.length; i++) w[i] = w[i]! * deviation;
      }
      return x;
    },
  };

  return {
    name: `network ${split.name}`, space, gradient: 2, layers: widths, batches, share, score, judged,
    evaluate: (x, part) => found([judged(x, part, 0, partOf(part).n)]),
    predict(x, inputs) {
      const n = inputs.length / width;
      if (!Number.isInteger(n)) throw new NadirError('input', `${inputs.length} inputs are no examples of ${width}; allowed: a multiple of ${width}`);
      const out = new Float64Array(n * outputs);
      made.load(x);
      for (let from = 0; from < n; from += rows) {
        const count = put({ ...train, inputs, labels: undefined, targets: undefined }, from, Math.min(rows, n - from));
        const first = made.forward(count, 0, false);
        out.set(heap.subarray(first, first + count * outputs), from * outputs);
      }
      return out;
    },
    quarter(x, b, q, quarters = 1) {
      const n = draw(b, dropout > 0);
      const each = Math.ceil(n / 4);
      const from = Math.min(n, q * each);
      const count = Math.min(quarters * each, n - from);
      made.load(x);
      made.forward(count, from, dropout > 0);
      made.judge(count, from, 1 / n);
      return { losses: losses.slice(0, count), gradient: made.backward(count, from, quarters === 2 ? each : 0, dropout > 0).slice() };
    },
    joined(x, parts) {
      const gradient = (joint ??= new Float64Array(dim));
      gradient.set(pairwise(parts.map((part) => part.gradient)));
      return { loss: mean(parts) + penalty(x, gradient), gradient };
    },
  };
}

/** Throws unless the part can be learned beside the training part. */
function suits(name: string, data: Data, train: Data, classes: boolean): void {
  fitting(name, data);
  if (data.width !== train.width || data.outputs !== train.outputs) throw new NadirError('input', `${name}: it has ${data.width} inputs and ${data.outputs} outputs; the training part has ${train.width} and ${train.outputs}`);
  if (classes && data.outputs < 2) throw new NadirError('input', `${name}: all labels are one class; cross-entropy needs two`);
  if (classes !== (data.labels !== undefined)) throw new NadirError('input', `${name}: it has ${classes ? 'targets; cross-entropy needs labels' : 'labels; mse needs targets'}`);
}

function keyOf(random: Random): [number, number] {
  return (random.save() as unknown as { readonly key: [number, number] }).key;
}
