/** Readers of examples: files made byte by byte as their formats say, one sentence for each that is none, and parts that share nothing. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { npy, npz, readNpz } from '../../src/experiment/npy.ts';
import { examples } from '../../src/problems/data/arrays.ts';
import { cifar } from '../../src/problems/data/cifar.ts';
import { csv } from '../../src/problems/data/csv.ts';
import { idx } from '../../src/problems/data/idx.ts';
import { split } from '../../src/problems/data/split.ts';
import { openData } from '../../src/studies/networks/data.ts';

import type { Data } from '../../src/problems/data.ts';
import type { TableOptions } from '../../src/problems/data/csv.ts';
import type { Cut } from '../../src/problems/data/split.ts';
import type { Description } from '../../src/studies/networks/data.ts';

const thrown = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
  return 'nothing';
};
const rejected = async (description: unknown, seed?: number): Promise<string> => {
  try {
    await openData(description as Description, { seed });
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
  return 'nothing';
};
const sentence = /^input: [^\n]{10,300}$/;

describe('IDX', () => {
  // Two images of 2 x 3, as the description of MNIST has them: 0 0 type dims, sizes and numbers big-endian.
  const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 250, 251, 252, 253, 254, 255);
  const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 4, 1);
  const read = (a: Uint8Array, b: Uint8Array): Data => examples('a with b', idx('a', a), idx('b', b), 'classes');
  test('images and labels', () => {
    expect(read(images, labels)).toEqual({ n: 2, width: 6, inputs: Uint8Array.of(1, 2, 3, 4, 5, 6, 250, 251, 252, 253, 254, 255), scale: 1 / 255, shift: 0, outputs: 5, labels: Uint8Array.of(4, 1) });
  });
  test('every type is big-endian', () => {
    const of = (type: number, ...bytes: number[]): number[] => Array.from(idx('x', Uint8Array.of(0, 0, type, 1, 0, 0, 0, 1, ...bytes)).array);
    expect(of(0x08, 200)).toEqual([200]);
    expect(of(0x0b, 0xff, 0xfe)).toEqual([-2]);
    expect(of(0x0c, 0, 1, 0, 0)).toEqual([65536]);
    expect(of(0x0d, 0xc0, 0x20, 0, 0)).toEqual([-2.5]);
    expect(of(0x0e, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0)).toEqual([1.5]);
  });
  test('at an odd address, and floats as inputs', () => {
    const file = Uint8Array.of(9, 0, 0, 0x0d, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x3f, 0x80, 0, 0, 0xbf, 0, 0, 0).subarray(1);
    expect(idx('x', file)).toEqual({ array: Float32Array.of(1, -0.5), shape: [1, 2] });
    expect(read(file, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 0)).inputs).toEqual(Float32Array.of(1, -0.5));
  });
  test('no truncation passes, and no longer file', () => {
    for (const file of [images, labels]) {
      for (let size = 0; size < file.length; size++) expect(thrown(() => idx('digits', file.subarray(0, size)))).toMatch(sentence);
      expect(thrown(() => idx('digits', Uint8Array.of(...file, 0)))).toMatch(sentence);
    }
  });
  test('no flip of a bit of a head passes', () => {
    for (const [file, head] of [[images, 16], [labels, 8]] as const) {
      for (let bit = 0; bit < 8 * head; bit++) {
        const broken = file.slice();
        broken[bit >> 3]! ^= 1 << (bit & 7);
        expect(thrown(() => (file === images ? read(broken, labels) : read(images, broken))), `bit ${bit}`).toMatch(sentence);
      }
    }
  });
  test('what a file of the wrong kind is told', () => {
    expect(thrown(() => idx('t.idx', Uint8Array.of(0x50, 0x4b, 3, 4)))).toBe('input: t.idx is no whole IDX file: it does not begin with two zero bytes');
    expect(thrown(() => idx('t.idx', Uint8Array.of(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255)))).toBe('input: t.idx is no whole IDX file: its sizes 4294967295 x 4294967295 take 18446744065119617000 bytes, and 0 are there');
    expect(thrown(() => idx('t.idx', Uint8Array.of(0, 0, 8, 255)))).toBe('input: t.idx is no whole IDX file: it has 255 dimensions; allowed: from 1 to 8');
    expect(thrown(() => read(images, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 4)))).toBe('input: a with b: there are 2 inputs and 1 answers');
    expect(thrown(() => read(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 0), Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 0)))).toMatch(/its inputs are 0; allowed/);
  });
});

describe('arrays', () => {
  test('labels of any type, if they are integers', () => {
    const x = { array: Float64Array.of(0.1, 2), shape: [2, 1] };
    expect(examples('a', x, { array: Float64Array.of(0, 255), shape: [2] }, 'classes')).toMatchObject({ outputs: 256, labels: Uint8Array.of(0, 255), inputs: Float32Array.of(0.1, 2) });
    for (const wrong of [256, -1, 0.5, NaN]) expect(thrown(() => examples('a', x, { array: Float64Array.of(0, wrong), shape: [2, 1] }, 'classes'))).toBe(`input: a: label 1 is ${wrong}; allowed: an integer from 0 to 255`);
  });
  test('several targets', () => {
    const data = examples('a', { array: Uint8Array.of(7, 8), shape: [2] }, { array: Int32Array.of(1, 2, 3, 4), shape: [2, 2] }, 'regression');
    expect(data).toMatchObject({ n: 2, width: 1, outputs: 2, targets: Float32Array.of(1, 2, 3, 4) });
    expect(thrown(() => examples('a', { array: Uint8Array.of(7, 8), shape: [2] }, { array: Int32Array.of(1, 2, 3, 4), shape: [2, 2] }, 'classes'))).toMatch(/answers are 2 x 2; allowed: 2 or 2 x 1 classes/);
    expect(thrown(() => examples('a', { array: Float64Array.of(1e39), shape: [1] }, { array: Int32Array.of(1), shape: [1] }, 'regression'))).toBe('input: a: input 0 is Infinity; allowed: finite numbers');
    expect(thrown(() => examples('a', { array: Float64Array.of(1), shape: [] }, { array: Int32Array.of(1), shape: [1] }, 'regression'))).toMatch(/inputs are one number/);
  });
});

describe('CIFAR-10', () => {
  const record = (label: number, red: number): number[] => [label, ...Array.from({ length: 1024 }, () => red), ...Array.from({ length: 1024 }, () => 20), ...Array.from({ length: 1024 }, () => 30)];
  const one = { name: 'data_batch_1.bin', bytes: Uint8Array.from([...record(3, 1), ...record(9, 2)]) };
  const two = { name: 'data_batch_2.bin', bytes: Uint8Array.from(record(0, 255)) };
  test('records of several files', () => {
    const data = cifar([one, two]);
    expect([data.n, data.width, data.outputs, Array.from(data.labels!)]).toEqual([3, 3072, 10, [3, 9, 0]]);
    expect([0, 1023, 1024, 3071, 3072, 6144].map((i) => data.inputs[i])).toEqual([1, 1, 20, 30, 2, 255]);
  });
  test('what is cut within a record, is empty or has other labels', () => {
    for (const size of [0, 1, 3072, 3074, 6145]) expect(thrown(() => cifar([two, { name: 'x.bin', bytes: one.bytes.subarray(0, size) }]))).toBe(`input: x.bin is no whole batch of CIFAR-10: it has ${size} bytes; allowed: 3073 a record, from one`);
    expect(thrown(() => cifar([one, { name: 'x.bin', bytes: Uint8Array.from([...record(1, 0), ...record(10, 0)]) }]))).toBe('input: x.bin: the label of record 1 is 10; allowed: an integer from 0 to 9');
  });
});

describe('CSV', () => {
  const read = (text: string, options: Partial<TableOptions> = {}): { x: number[][]; y: number[]; classes?: readonly string[] } => {
    const { data, classes } = csv('t.csv', text, { task: 'classes', ...options });
    return { x: Array.from({ length: data.n }, (_, i) => Array.from(data.inputs.subarray(i * data.width, (i + 1) * data.width))), y: Array.from(data.labels ?? data.targets!), ...(classes ? { classes } : {}) };
  };
  test('RFC 4180: quotes, separators and line ends within them', () => {
    const expected = { x: [[1, 2], [3, 4]], y: [1, 0], classes: ['a "quoted", b\r\nc', 'd'] };
    const text = 'x,y,kind\r\n"1", 2,d\r\n3,"4","a ""quoted"", b\r\nc"\r\n';
    for (const same of [text, `\ufeff${text}`, text.slice(0, -2), `${text}\r\n \n`]) expect(read(same)).toEqual(expected);
  });
  test('the header is looked for', () => {
    expect(read('1,2,0\n3,4,1\n').x).toEqual([[1, 2], [3, 4]]);
    expect(read('a,b,c\n3,4,1\n').x).toEqual([[3, 4]]);
    expect(read('1,2,0\n3,4,1\n', { header: true }).x).toEqual([[3, 4]]);
    expect(thrown(() => read('a,2,0\n3,4,1\n'))).toBe('input: t.csv: line 1, column 0: "a"; allowed: a finite number');
    expect(thrown(() => read('nan,,0\n3,4,1\n'))).toBe('input: t.csv: line 1, column 0: "nan"; allowed: a finite number');
  });
  test('columns by name and place', () => {
    const text = 'id,kind,x,y\n1,b,10,20\n2,a,30,40\n';
    for (const options of [{ target: 'kind', drop: ['id'] }, { target: 1, drop: [0] }, { target: -3, drop: [-4] }, { target: ['kind'], drop: [0] }]) expect(read(text, options)).toEqual({ x: [[10, 20], [30, 40]], y: [1, 0], classes: ['a', 'b'] });
    expect(read(text, { task: 'regression', target: ['y', 'x'], drop: ['kind'] })).toEqual({ x: [[1], [2]], y: [20, 10, 40, 30] });
    expect(read('1;2;3\n4;5;6', { task: 'regression', separator: ';' })).toEqual({ x: [[1, 2], [4, 5]], y: [3, 6] });
  });
  test('classes: numbers by size, others by their codes, those of another table as they were', () => {
    expect(read('0,10\n0,9\n0,9.0\n0,-1\n')).toMatchObject({ classes: ['-1', '9', '10'], y: [2, 1, 1, 0] });
    expect(read('0,b\n0,-\n0,B\n')).toMatchObject({ classes: ['-', 'B', 'b'], y: [2, 0, 1] });
    expect(read('0,b\n', { classes: ['a', 'b'] })).toMatchObject({ y: [1] });
    expect(thrown(() => read('0,c\n', { classes: ['a', 'b'] }))).toBe('input: t.csv: the class "c" is not among those trained on: a, b');
    expect(thrown(() => read(Array.from({ length: 257 }, (_, i) => `0,${i}`).join('\n')))).toBe('input: t.csv: column 1 has 257 classes; allowed: up to 256, or task "regression"');
  });
  test('numbers: all of their forms and nothing else', () => {
    expect(read('1.5e3,-2,+.5,3.,7\n').x).toEqual([[1500, -2, 0.5, 3]]);
    for (const wrong of ['', ' ', 'NaN', 'inf', '0x10', '1e', '1_000', '1e39', '"1,5"', '--1']) expect(thrown(() => read(`1,0\n${wrong},0\n`)), wrong).toMatch(/^input: t\.csv: line 2, column 0: .*; allowed: a finite number$/);
    for (const wrong of ['', ' ', 'NaN', '?']) expect(thrown(() => read(`1,0\n1,${wrong}\n`)), wrong).toMatch(/^input: t\.csv: line 2, column 1: .*; allowed: a class$/);
  });
  test('what is wrong is named by its line', () => {
    expect(thrown(() => read('1,2,0\n3,1\n'))).toBe('input: t.csv: line 2 has 2 fields; line 1 has 3');
    expect(thrown(() => read('1,2,0\n\n3,4,1\n'))).toBe('input: t.csv: line 2 is empty; allowed: a line an example');
    expect(thrown(() => read('1,"a\nb"\n2,c\nx,d\n'))).toBe('input: t.csv: line 4, column 0: "x"; allowed: a finite number');
    expect(thrown(() => read('1,a\n2,"b\n3,c\n'))).toBe('input: t.csv: the quoted field that line 2 has does not end');
    expect(thrown(() => read('1,"a"b\n'))).toBe('input: t.csv: line 1: "b" follows the end of a quoted field; allowed: "," or the end of the line');
    expect(thrown(() => read(''))).toBe('input: t.csv: it is empty; allowed: a line an example');
    expect(thrown(() => read('a,b\n'))).toBe('input: t.csv: it has a header and no examples');
    expect(thrown(() => read('1\n2\n'))).toBe('input: t.csv: it has 1 columns; allowed: an input beside the target');
    expect(thrown(() => read('1,2\n', { target: 2 }))).toBe('input: t.csv: target is 2; allowed: an integer from -2 to 1');
    expect(thrown(() => read('one,two\n1,2\n', { target: 'tow' }))).toBe('input: t.csv: target is "tow"; did you mean two? have one, two');
    expect(thrown(() => read('a,a,b\n1,2,3\n', { target: 'a' }))).toBe('input: t.csv: target is "a", the name of two columns; allowed: an integer from 0 to 2');
    expect(thrown(() => read('1,2\n', { target: 'a', header: false }))).toBe('input: t.csv: target is "a" in a table without names; allowed: an integer from -2 to 1');
    expect(thrown(() => read('1,2,3\n', { target: [0, -3], task: 'regression' }))).toBe('input: t.csv: target is [0,-3]; allowed: different columns');
  });
});

describe('.npz', () => {
  test('no flip of a bit makes it hang or take what is not there', () => {
    const file = npz({ x: Uint8Array.of(1, 2, 3, 4), y: { array: Int32Array.of(0, 1), shape: [2] } });
    for (let bit = 0; bit < 8 * file.length; bit++) {
      const broken = file.slice();
      broken[bit >> 3]! ^= 1 << (bit & 7);
      expect(thrown(() => readNpz(broken))).toMatch(/^(nothing|store: [^\n]{10,300})$/);
    }
  });
  test('a size that cannot be true is refused before it is allocated', () => {
    const file = npz({ x: npy(Uint8Array.of(1)) });
    const view = new DataView(file.buffer);
    const central = view.getUint32(file.length - 6, true); // of the end record: where the directory begins
    view.setUint16(central + 10, 8, true); // deflated
    view.setUint32(central + 24, 0xf0000000, true);
    expect(thrown(() => readNpz(file))).toMatch(/^store: the \.npz cannot be read: "x\.npy" says it holds 4026531840 bytes, and \d+ are there$/);
  });
});

describe('parts', () => {
  const n = 100;
  const bytes: Data = { n, width: 2, inputs: Uint8Array.from({ length: 2 * n }, (_, i) => (i % 2 ? 7 : i >> 1)), scale: 1 / 255, shift: 0, outputs: 3, labels: Uint8Array.from({ length: n }, (_, i) => i % 3) };
  const cut: Cut = { validation: 0.2, test: 10, scale: 'none', examples: null };
  const ids = (part: Data | undefined): number[] => Array.from({ length: part?.n ?? 0 }, (_, i) => part!.inputs[2 * i]!);
  test('share nothing, leave nothing out, and keep their labels', () => {
    const { train, validation, test: last } = split('x', bytes, undefined, cut, createRandom(5));
    expect([train.n, validation!.n, last!.n]).toEqual([72, 18, 10]);
    expect([...ids(train), ...ids(validation), ...ids(last)].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    for (const part of [train, validation!, last!]) expect(Array.from(part.labels!)).toEqual(ids(part).map((id) => id % 3));
    expect(ids(train)).not.toEqual(ids(train).sort((a, b) => a - b));
  });
  test('the seed says what validates, and never what tests', () => {
    const [a, b, c] = [1, 1, 2].map((seed) => split('x', bytes, undefined, cut, createRandom(seed)));
    expect(a).toEqual(b);
    expect(ids(a!.validation)).not.toEqual(ids(c!.validation));
    expect(ids(a!.test)).toEqual(ids(c!.test));
  });
  test('none, and too many', () => {
    expect(split('x', bytes, undefined, { ...cut, validation: 0, test: 0 }, createRandom(0))).toMatchObject({ train: { n }, name: 'x' });
    expect(split('x', bytes, undefined, { ...cut, validation: 0, test: 0 }, createRandom(0)).validation).toBe(undefined);
    expect(split('x', bytes, undefined, { ...cut, examples: 30 }, createRandom(0))).toMatchObject({ train: { n: 24 }, validation: { n: 6 }, test: { n: 10 } });
    for (const wrong of [{ ...cut, validation: 90 }, { ...cut, test: 1000 }, { ...cut, examples: 1, validation: 1 }]) expect(thrown(() => split('x', bytes, undefined, wrong, createRandom(0)))).toMatch(/^input: x leaves nothing to train on: of 100 examples \d+ are for the test and \d+ for validation$/);
  });
  test('a test part of its own has the same form', () => {
    const last = { ...bytes, n: 1, inputs: Uint8Array.of(1, 2), labels: Uint8Array.of(4), outputs: 5 };
    const parts = split('x', bytes, last, { ...cut, validation: 0 }, createRandom(0));
    expect([parts.train.n, parts.train.outputs, parts.test!.outputs]).toEqual([n, 5, 5]);
    expect(thrown(() => split('x', bytes, { ...last, width: 1, n: 2, labels: Uint8Array.of(1, 1) }, cut, createRandom(0)))).toBe('input: x: the test part has 1 bytes an example and labels; what is trained on has 2 bytes an example and labels');
  });

  const moments = (values: readonly number[]): [number, number] => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return [mean, Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length)];
  };
  test('bytes are seen with the mean and deviation of all pixels trained on', () => {
    const { train, validation } = split('x', bytes, undefined, { ...cut, scale: 'standard' }, createRandom(3));
    const [mean, deviation] = moments(Array.from(train.inputs));
    expect(train.scale).toBeCloseTo(1 / deviation, 12);
    expect(train.shift).toBeCloseTo(-mean / deviation, 12);
    expect([validation!.scale, validation!.shift]).toEqual([train.scale, train.shift]);
    expect(split('x', bytes, undefined, { ...cut, scale: 'unit' }, createRandom(3)).train).toMatchObject({ scale: 1 / 255, shift: 0 });
    const dull = split('x', { ...bytes, inputs: new Uint8Array(2 * n).fill(9) }, undefined, { ...cut, scale: 'standard' }, createRandom(3)).train;
    expect([dull.scale, dull.shift]).toEqual([0, 0]);
  });
  test('numbers by columns, constant ones 0, and targets with their way back', () => {
    const random = createRandom(9);
    const inputs = Float32Array.from({ length: 3 * n }, (_, i) => (i % 3 === 1 ? 0.1 : i % 3 === 0 ? 5 + 3 * random.normal() : 1e30 * random.f64()));
    const targets = Float32Array.from({ length: n }, () => -7 + 0.25 * random.normal());
    const data: Data = { n, width: 3, inputs, scale: 1, shift: 0, outputs: 1, targets };
    const parts = split('x', data, undefined, { ...cut, scale: 'standard' }, createRandom(3));
    const raw = split('x', data, undefined, cut, createRandom(3));
    const column = (part: Data, c: number): number[] => Array.from({ length: part.n }, (_, i) => part.inputs[3 * i + c]!);
    for (const c of [0, 2]) {
      const [mean, deviation] = moments(column(raw.train, c));
      for (const part of ['train', 'validation', 'test'] as const) column(parts[part]!, c).forEach((value, i) => expect(value).toBeCloseTo((column(raw[part]!, c)[i]! - mean) / deviation, 5));
    }
    expect(new Set([...column(parts.train, 1), ...column(parts.test!, 1)])).toEqual(new Set([0]));
    const [mean, deviation] = moments(Array.from(raw.train.targets!));
    expect(parts.targets!.mean[0]).toBeCloseTo(mean, 12);
    expect(parts.targets!.deviation[0]).toBeCloseTo(deviation, 12);
    parts.test!.targets!.forEach((value, i) => expect(value * deviation + mean).toBeCloseTo(raw.test!.targets![i]!, 5));
    expect(raw.targets).toBe(undefined);
    const unit = split('x', data, undefined, { ...cut, scale: 'unit' }, createRandom(3)).train;
    for (const c of [0, 2]) expect([Math.min(...column(unit, c)), Math.max(...column(unit, c))]).toEqual([0, 1]);
  });
});

describe('openData', () => {
  const raw = { scale: 'none', validation: 0 } as const;
  test('spirals lie on their arms', async () => {
    const { train, test: last } = await openData({ kind: 'spirals', classes: 3, noise: 0, examples: 600, ...raw });
    expect([train.n, train.width, train.outputs, last!.n]).toEqual([600, 2, 3, 500]);
    const counts = [0, 0, 0];
    for (let i = 0; i < train.n; i++) {
      const [x, y, label] = [train.inputs[2 * i]!, train.inputs[2 * i + 1]!, train.labels![i]!];
      const radius = Math.sqrt(x * x + y * y);
      const angle = 2 * Math.PI * (1.5 * radius + label / 3);
      expect(radius).toBeLessThanOrEqual(1.000001);
      expect(Math.hypot(x - radius * Math.cos(angle), y - radius * Math.sin(angle))).toBeLessThan(1e-5);
      counts[label]!++;
    }
    expect(counts).toEqual([200, 200, 200]);
  });
  test('blobs have the deviation asked for around a centre a class', async () => {
    const { train, test: last } = await openData({ kind: 'blobs', classes: 5, width: 4, noise: 0.5, examples: 5000, ...raw });
    expect([train.width, train.outputs]).toEqual([4, 5]);
    const means = [train, last!].map((part) => Array.from({ length: 20 }, (_, k) => {
      const [label, c] = [k % 5, k >> 2 & 3];
      let [sum, squares, count] = [0, 0, 0];
      for (let i = 0; i < part.n; i++) if (part.labels![i] === label) {
        const v = part.inputs[4 * i + c]!;
        sum += v;
        squares += v * v;
        count++;
      }
      expect(Math.abs(sum / count)).toBeLessThan(5.2);
      if (part === train) expect(Math.sqrt(squares / count - (sum / count) ** 2)).toBeCloseTo(0.5, 1); // 1,000 a class: its error is 0.011
      return sum / count;
    }));
    means[0]!.forEach((mean, i) => expect(mean).toBeCloseTo(means[1]![i]!, 0)); // the same centres in both parts
  });
  test('friedman is its formula', async () => {
    const { train } = await openData({ kind: 'friedman', noise: 0, examples: 200, ...raw });
    expect([train.width, train.outputs]).toEqual([10, 1]);
    for (let i = 0; i < train.n; i++) {
      const x = train.inputs.subarray(10 * i, 10 * i + 10);
      expect(train.targets![i]).toBeCloseTo(10 * Math.sin(Math.PI * x[0]! * x[1]!) + 20 * (x[2]! - 0.5) ** 2 + 10 * x[3]! + 5 * x[4]!, 4);
    }
  });
  test('the same for the same description and seed, and standardised', async () => {
    const a = await openData('friedman', { seed: 4 });
    expect(await openData({ kind: 'friedman' }, { seed: 4 })).toBe(a);
    const b = await openData('friedman', { seed: 5 });
    expect(b.train.inputs).not.toEqual(a.train.inputs);
    expect([a.train.n, a.validation!.n, a.test!.n]).toEqual([900, 100, 500]);
    expect(Math.abs(a.train.targets!.reduce((x, y) => x + y, 0) / 900)).toBeLessThan(1e-6);
    expect(await openData('friedman', { seed: 4 })).toEqual(a);
  });
  test.each<[unknown, string]>([
    ['mnits', 'name: unknown data "mnits"; did you mean mnist? have mnist, fashion-mnist, spirals, blobs, friedman, idx, cifar, csv, npz'],
    [7, 'input: data is 7; allowed: a name or { kind, ... }'],
    [null, 'input: data is null; allowed: a name or { kind, ... }'],
    [{ kind: 'spirals', exmaples: 5 }, 'name: unknown field "exmaples" of data spirals; did you mean examples? have validation, scale, examples, test, noise, classes'],
    [{ kind: 'spirals', classes: 11 }, 'input: classes of data spirals is 11; allowed: an integer from 2 to 10'],
    [{ kind: 'blobs', validation: 1.5 }, 'input: validation of data blobs is 1.5; allowed: a share below 1 or an integer'],
    [{ kind: 'blobs', validation: 1000 }, 'input: blobs leaves nothing to train on: of 1000 examples 0 are for the test and 1000 for validation'],
    [{ kind: 'blobs', scale: 'big' }, 'input: scale of data blobs is "big"; allowed: standard, unit, none'],
    ['idx', 'input: images is missing; allowed: a path'],
    [{ kind: 'idx', images: 'a', labels: 'b', testImages: 'c' }, 'input: data idx has one of testImages and testLabels; allowed: both or neither'],
    [{ kind: 'cifar', files: [] }, 'input: files of data cifar is []; allowed: a path or several'],
    [{ kind: 'cifar', files: [3] }, 'input: files of data cifar is 3; allowed: a path'],
    [{ kind: 'csv', path: 'a', separator: '"' }, 'input: separator of data csv is "\\""; allowed: one character, no quote'],
    [{ kind: 'csv', path: 'a', target: [1.5] }, "input: target of data csv is 1.5; allowed: a column's name or its place, -1 for the last"],
    [{ kind: 'csv', path: 'a', task: 'guess' }, 'input: task of data csv is "guess"; allowed: classes, regression'],
  ])('%j is refused', async (description, message) => {
    expect(await rejected(description)).toBe(message);
  });
  test('a seed that is none', async () => expect(await rejected('blobs', -1)).toBe('input: seed is -1; allowed: an integer from 0 to 2^53 - 1'));
});
