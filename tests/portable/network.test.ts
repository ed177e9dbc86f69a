/** The layers against a second implementation in plain loops, finite differences and their own twin; mini-batches against what they promise. */
import { describe, expect, it } from 'vitest';
import { createRandom, network, networkBytes, openBackend, optimizer, run, start } from '../../src/index.ts';
import { backends } from '../cases/backends.ts';

import type { Data, NetworkOptions, Split } from '../../src/index.ts';
import type { Kernels } from '../../src/core/kernels.ts';

const random = createRandom(7);
const numbers = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());
const classes = (n: number, width: number, outputs: number): Data => ({ n, width, outputs, inputs: numbers(n * width), scale: 1, shift: 0, labels: Uint8Array.from({ length: n }, () => random.int(outputs)) });
const targets = (n: number, width: number, outputs: number): Data => ({ n, width, outputs, inputs: numbers(n * width), scale: 1, shift: 0, targets: numbers(n * outputs) });
const split = (train: Data, rest: Partial<Split> = {}): Split => ({ name: 'made', train, ...rest });

const open = async (data: Split, options: NetworkOptions, name = backends[0]!) => network(data, options, { backend: await openBackend(name, 1 << 22) });

/** Outputs and mean loss of a network in plain loops and host mathematics. */
function plain(layers: readonly number[], x: Float64Array, { inputs, labels, targets: wanted, n }: Data, activation: string): { loss: number; outputs: number[] } {
  const bend = { relu: (v: number) => Math.max(0, v), tanh: Math.tanh, gelu: (v: number) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))) }[activation]!;
  const outputs: number[] = [];
  let loss = 0;
  for (let r = 0; r < n; r++) {
    let y = Array.from(inputs.subarray(r * layers[0]!, (r + 1) * layers[0]!));
    let at = 0;
    for (let l = 1; l < layers.length; l++) {
      const [k, m] = [layers[l - 1]!, layers[l]!];
      const z = Array.from({ length: m }, (_, j) => x[at + k * m + j]! + y.reduce((sum, v, p) => sum + v * x[at + p * m + j]!, 0));
      y = l < layers.length - 1 ? z.map(bend) : z;
      at += (k + 1) * m;
    }
    outputs.push(...y);
    if (labels) loss += Math.log(y.reduce((sum, v) => sum + Math.exp(v), 0)) - y[labels[r]!]!;
    else loss += y.reduce((sum, v, j) => sum + (v - wanted![r * y.length + j]!) ** 2, 0) / y.length;
  }
  return { loss: loss / n, outputs };
}

const shapes: readonly (readonly [string, Data, NetworkOptions])[] = [
  ['classes, relu', classes(37, 9, 3), { hidden: [11, 5] }],
  ['classes, tanh', classes(5, 8, 10), { hidden: [16], activation: 'tanh' }],
  ['classes, gelu', classes(64, 3, 2), { hidden: [7, 8, 9], activation: 'gelu' }],
  ['classes, no hidden layer', classes(9, 4, 4), { hidden: [] }],
  ['numbers, relu', targets(21, 6, 1), { hidden: [13], loss: 'mse' }],
  ['numbers, tanh', targets(33, 5, 3), { hidden: [4, 17], loss: 'mse', activation: 'tanh' }],
  ['one example of one number', targets(1, 1, 1), { hidden: [1], loss: 'mse' }],
];

describe.each(shapes)('%s', (_, data, options) => {
  it('is what plain loops make of it, in f64 to rounding and in f32 to single precision', async () => {
    const exact = await open(split(data), { ...options, precision: 'f64' });
    const x = exact.space.sample(createRandom(3));
    x.forEach((_v, i) => (x[i] = x[i]! + 0.01)); // biases too
    const { loss, outputs } = plain(exact.layers, x, data, options.activation ?? 'relu');
    expect(exact.evaluate(x, 'train').loss).toBeCloseTo(loss, 12);
    expect(exact.score({ xs: [x] }).loss[0]).toBeCloseTo(loss, 12);
    exact.predict(x, data.inputs).forEach((v, i) => expect(v).toBeCloseTo(outputs[i]!, 12));
    const fast = await open(split(data), options);
    expect(fast.evaluate(x, 'train').loss).toBeCloseTo(loss, 5);
    if (!data.labels) return expect(exact.evaluate(x, 'train').accuracy).toBeNaN();
    const width = data.outputs;
    const right = Array.from(data.labels).filter((label, r) => outputs.slice(r * width, (r + 1) * width).every((v) => v <= outputs[r * width + label]!)).length;
    expect(exact.evaluate(x, 'train').accuracy).toBe(right / data.n);
  });

  it('has the gradient of finite differences, penalty included', async () => {
    const net = await open(split(data), { ...options, precision: 'f64', l2: 0.1, batch: 8 });
    const x = net.space.sample(createRandom(4));
    for (const batch of [{}, { at: 0 }, { at: net.batches - 1, span: 3 }]) {
      const gradient = net.score({ xs: [x], gradient: true, ...batch }).gradient![0]!.slice();
      for (let i = 0; i < x.length; i += Math.ceil(x.length / 40)) {
        const h = 1e-6;
        const [up, down] = [h, -h].map((step) => net.score({ xs: [x.map((v, k) => (k === i ? v + step : v))], ...batch }).loss[0]!);
        expect(gradient[i]).toBeCloseTo((up! - down!) / (2 * h), 6);
      }
    }
  });

  it('has the same gradient in f32, to single precision', async () => {
    const [exact, fast] = [await open(split(data), { ...options, precision: 'f64' }), await open(split(data), options)];
    const x = exact.space.sample(createRandom(5));
    const [a, b] = [exact, fast].map((net) => net.score({ xs: [x], gradient: true }).gradient![0]!);
    const size = Math.max(...a!.map(Math.abs), 1e-3);
    a!.forEach((v, i) => expect(Math.abs(v - b![i]!)).toBeLessThan(2e-5 * size));
  });

  if (backends.length > 1) {
    it('is the same on both backends, bit for bit', async () => {
      for (const precision of ['f32', 'f64'] as const) {
        const nets = await Promise.all(backends.map((name) => open(split(data), { ...options, precision, dropout: 0.3, l2: 0.01, batch: 10 }, name)));
        const x = nets[0]!.space.sample(createRandom(6));
        for (const batch of [{ gradient: true }, { gradient: true, at: 0 }, { gradient: true, at: 5, span: 2 }, { at: 1 }]) {
          const [a, b] = nets.map((net) => net.score({ xs: [x, x.map((v) => 2 * v)], ...batch }));
          expect(a).toEqual(b);
        }
        expect(nets[0]!.predict(x, data.inputs)).toEqual(nets[1]!.predict(x, data.inputs));
      }
    });
  }

  it('makes a mini-batch of its four quarters or its halves, bit for bit', async () => {
    for (const precision of ['f32', 'f64'] as const) {
      const net = await open(split(data), { ...options, precision, dropout: 0.25, l2: 0.01, batch: 10 });
      const x = net.space.sample(createRandom(8));
      for (let at = 0; at < net.batches + 1; at++) {
        const scores = net.score({ xs: [x], gradient: true, at });
        const want = scores.gradient![0]!.slice();
        for (const parts of [[0, 1, 2, 3].map((q) => net.quarter(x, at, q)), [0, 2].map((q) => net.quarter(x, at, q, 2))]) {
          const { loss, gradient } = net.joined(x, parts);
          expect(loss).toBe(scores.loss[0]);
          expect(gradient).toEqual(want);
        }
      }
    }
  });
});

describe('mini-batches', () => {
  const data = classes(50, 3, 4);
  it('show every example once an epoch, in another order each, the same for a seed', async () => {
    const net = await open(split(data), { hidden: [], batch: 16, precision: 'f64', seed: 5 });
    expect(net.batches).toBe(4);
    const x = net.space.sample(createRandom(1));
    const mean = net.score({ xs: [x] }).loss[0]!;
    const first: number[] = [];
    for (let epoch = 0; epoch < 3; epoch++) {
      const losses = [0, 1, 2, 3].map((i) => net.score({ xs: [x], at: 4 * epoch + i }).loss[0]!);
      expect((16 * (losses[0]! + losses[1]! + losses[2]!) + 2 * losses[3]!) / 50).toBeCloseTo(mean, 12);
      expect(net.score({ xs: [x], at: 4 * epoch, span: 4 }).loss[0]).toBeCloseTo(mean, 12);
      first.push(losses[0]!);
    }
    expect(new Set(first).size).toBe(3);
    const again = await open(split(data), { hidden: [], batch: 16, precision: 'f64', seed: 5 });
    expect(again.score({ xs: [x], at: 8 }).loss[0]).toBe(first[2]);
    const other = await open(split(data), { hidden: [], batch: 16, precision: 'f64', seed: 6 });
    expect(other.score({ xs: [x], at: 8 }).loss[0]).not.toBe(first[2]);
  });
  it('cost their share of the data, and a gradient twice as much more', async () => {
    const net = await open(split(data, { validation: classes(10, 3, 4) }), { hidden: [2], batch: 16 });
    expect([{}, { at: 0 }, { at: 3 }, { at: 3, span: 2 }, { part: 'validation' as const }].map((batch) => net.share({ xs: [], ...batch }))).toEqual([1, 16 / 50, 2 / 50, 18 / 50, 10 / 50]);
    const sgd = start(optimizer('sgd'), net, {}, { random: createRandom(1), backend: await openBackend() });
    const outcome = await run(net, sgd, { cost: 3 }); // an epoch of gradients
    expect(outcome.cost).toBeCloseTo(3, 12);
    expect(outcome.trace.length).toBeLessThanOrEqual(4);
    expect((sgd.ask() as { at: number }).at).toBe(4);
  });
  it('in bytes are the same numbers', async () => {
    const bytes = Uint8Array.from({ length: 150 }, () => random.int(256));
    const floats = Float32Array.from(bytes, (v) => Math.fround(Math.fround(v * Math.fround(0.0123)) + Math.fround(-0.5)));
    const [a, b] = await Promise.all([{ ...data, inputs: bytes, scale: 0.0123, shift: -0.5 }, { ...data, inputs: floats }].map((one) => open(split(one), { hidden: [6], batch: 7 })));
    const x = a!.space.sample(createRandom(2));
    for (const at of [0, 3, 7]) expect(a!.score({ xs: [x], at, gradient: true })).toEqual(b!.score({ xs: [x], at, gradient: true }));
  });
});

describe('dropout', () => {
  it('leaves out its share of hidden outputs and keeps the mean', async () => {
    // One weight of 1 into each of 400 units, one out of each: the output counts the units that stayed.
    const data: Data = { n: 40, width: 1, outputs: 1, inputs: new Float32Array(40).fill(1), scale: 1, shift: 0, targets: new Float32Array(40) };
    const net = await open(split(data), { hidden: [400], loss: 'mse', dropout: 0.2, batch: 40, precision: 'f64' });
    const x = new Float64Array(net.space.dim);
    x.fill(1, 0, 400); // weights in
    x.fill(1 / 400, 800, 1200); // weights out
    expect(net.score({ xs: [x], at: 0 }).loss[0]).toBeCloseTo(1, 12); // without a gradient all stay
    const { gradient } = net.score({ xs: [x], at: 0, gradient: true });
    // d loss / d weight out of unit j = mean over examples of 2 y h_j, with h_j = 1.25 or 0 and y near 1.
    const first = gradient![0]!.slice();
    const kept = first.subarray(800, 1200).map((g) => g / 2.5);
    const share = kept.reduce((sum, v) => sum + v, 0) / 400;
    expect(share).toBeGreaterThan(0.78);
    expect(share).toBeLessThan(0.82); // 16,000 draws: 0.8 within 6 standard deviations, and y's own spread
    expect(net.score({ xs: [x], at: 1, gradient: true }).gradient![0]).not.toEqual(first);
  });
});

describe('what it refuses', () => {
  const data = classes(6, 2, 3);
  it.each([
    [{ hidden: [0] }, 'hidden of network is [0]; allowed: up to 16 integers from 1 to 65536'],
    [{ hidden: 'wide' }, 'hidden of network is "wide"'],
    [{ hidden: [2], activation: 'sigmoid' }, 'activation of network is "sigmoid"; allowed: relu, tanh, gelu'],
    [{ hidden: [2], dropout: 1 }, 'dropout of network is 1; allowed: a number from 0 below 1'],
    [{ hidden: [2], batch: 0 }, 'batch of network is 0; allowed: an integer from 1 to 65536'],
    [{ hidden: [2], bach: 5 }, 'unknown option "bach" of network; did you mean batch?'],
    [{ hidden: [2], loss: 'mse' }, 'made, train: it has labels; mse needs targets'],
  ])('%j', async (options, message) => {
    await expect(open(split(data), options as never)).rejects.toThrow(message);
  });
  it('data of another shape, labels out of range, numbers that are none', async () => {
    await expect(open(split(data, { test: classes(6, 3, 3) }), { hidden: [] })).rejects.toThrow('made, test: it has 3 inputs and 3 outputs; the training part has 2 and 3');
    await expect(open(split({ ...data, labels: Uint8Array.of(0, 1, 2, 3, 0, 0) }), { hidden: [] })).rejects.toThrow('made, train: label 3 is 3; allowed: an integer from 0 to 2');
    await expect(open(split({ ...data, inputs: data.inputs.slice(1) as Float32Array }), { hidden: [] })).rejects.toThrow('made, train: it has 11 inputs; 6 examples of 2 numbers are 12');
    const holed = Float32Array.from(data.inputs);
    holed[4] = NaN;
    await expect(open(split({ ...data, inputs: holed }), { hidden: [] })).rejects.toThrow('made, train: input 4 is NaN; allowed: finite numbers');
    const net = await open(split(data), { hidden: [] });
    expect(() => net.evaluate(new Float64Array(net.space.dim), 'test')).toThrow('made has no test part');
    expect(() => net.predict(new Float64Array(net.space.dim), new Float32Array(3))).toThrow('3 inputs are no examples of 2');
  });
  it('an arena that is too small, and networkBytes says what is enough', async () => {
    const wide = split(classes(600, 20, 5));
    const options: NetworkOptions = { hidden: [64, 32], batch: 256, dropout: 0.1, precision: 'f64' };
    const bytes = networkBytes(wide, options);
    const net = network(wide, options, { backend: await openBackend(backends[0], bytes) });
    expect(net.score({ xs: [net.space.sample(createRandom(1))], at: 0, gradient: true }).loss[0]).toBeGreaterThan(0);
    const small = await openBackend(backends[0], 1 << 17);
    expect(() => network(wide, options, { backend: small })).toThrow(/the arena of \d+ bytes has/);
  });
});

if (backends.length > 1) {
  describe('kernels at every length', () => {
    const names = ['dense', 'outer', 'activate', 'derive', 'bytes', 'drop', 'entropy', 'squares'] as const;
    it.each(names)('%s', async (name) => {
      const [a, b] = await Promise.all(backends.map((one) => openBackend(one, 1 << 18)));
      const filling = createRandom(9);
      const heap = new Float64Array(3000);
      for (const size of [4, 8] as const) {
        const kernel = `${name}${8 * size}` as `${typeof name}32`;
        for (const n of [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 13]) {
          for (const [m, k] of [[1, 1], [3, 5], [4, 4], [8, 9], [10, 3], [17, 2]] as const) {
            filling.normals(heap);
            const results = [a!, b!].map((backend) => {
              const mine = backend.scope();
              const [p, q, r, s, t] = [500, 500, 500, 500, 500].map((length) => mine.array(length));
              const view = (array: Float64Array): Float32Array | Float64Array => (size === 8 ? array : new Float32Array(array.buffer, array.byteOffset, 1000));
              for (const array of [q!, r!, s!]) view(array).set(heap.subarray(array === q ? 0 : 900, array === q ? 500 : 1400));
              const [out, x, y, z, work] = [p!, q!, r!, s!, t!].map(({ byteOffset }) => byteOffset) as [number, number, number, number, number];
              const kernels = backend.kernels as Kernels;
              const length = { activate: 1024 / size + n, derive: 1024 / size + n, dense: 2 * n * m, outer: 2 * k * m, drop: n, bytes: n * m, entropy: n * m, squares: n * m }[name];
              switch (name) {
                case 'dense':
                  for (const turned of [0, 1] as const) kernels[kernel as 'dense32'](out + turned * size * n * m, work, x, y, turned ? 0 : z, n, m, k, turned);
                  break;
                case 'outer':
                  for (const [i, quarter] of [0, Math.ceil(n / 4)].entries()) kernels[kernel as 'outer32'](out + i * size * k * m, work, x, y, n, m, k, quarter);
                  break;
                case 'activate':
                  for (const kind of [0, 1, 2]) kernels[kernel as 'activate32'](out + 512 * kind, x, n, kind);
                  break;
                case 'derive':
                  for (const kind of [0, 1, 2]) {
                    view(p!).set(heap.subarray(100, 100 + n), (512 * kind) / size);
                    kernels[kernel as 'derive32'](out + 512 * kind, x, y, n, kind);
                  }
                  break;
                case 'bytes':
                  kernels[kernel as 'bytes32'](out, x + 3, n * m, 0.37, -0.11);
                  break;
                case 'drop':
                  view(p!).set(heap.subarray(50, 50 + n));
                  kernels[kernel as 'drop32'](out, y, n, 0x90000000, 1.4);
                  break;
                case 'entropy':
                  new Uint8Array(s!.buffer, z, n).fill(m - 1);
                  kernels[kernel as 'entropy32'](out, y + 400, y + 800, work, x, z, n, m, 0.3);
                  break;
                case 'squares':
                  kernels[kernel as 'squares32'](out, y + 2000, x, z, n, m, 0.3);
              }
              const answer = [view(p!).slice(0, length), r!.slice(250, 250 + n), r!.slice(50, 50 + n), r!.slice(100, 100 + n)];
              // Gaps between pieces hold what kernels touched beyond the end.
              if (name === 'activate' || name === 'derive') for (const kind of [0, 1]) answer[0]!.fill(0, (512 * kind) / size + n, (512 * (kind + 1)) / size);
              mine.release();
              return answer;
            });
            expect(results[0], `${kernel}, n ${n}, m ${m}, k ${k}`).toEqual(results[1]);
          }
        }
      }
    });
  });
}

describe('a point or a mini-batch that is none', () => {
  it('is refused', async () => {
    const net = await open(split(classes(6, 2, 3)), { hidden: [] });
    const x = new Float64Array(net.space.dim);
    expect(() => net.score({ xs: [x.subarray(1)] })).toThrow('a point of the network has 8 numbers; allowed: 9');
    expect(() => net.evaluate(new Float64Array(2), 'train')).toThrow('a point of the network has 2 numbers; allowed: 9');
    for (const at of [-1, 1.5, NaN]) expect(() => net.score({ xs: [x], at })).toThrow(`at of a batch is ${at}; allowed: an integer from 0`);
    expect(() => net.score({ xs: [x], at: 0, span: 0 })).toThrow('span of a batch is 0; allowed: an integer from 1');
    await expect(open(split({ ...classes(6, 2, 1) }), { hidden: [] })).rejects.toThrow('made, train: all labels are one class; cross-entropy needs two');
  });
});
