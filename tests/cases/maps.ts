/**
 * The contract of the map kernels on any backend: bit-equal to assembly/portable/math.ts, whatever the length and whatever the bits, with
 * nothing written past the end. `describe` it over a function that opens a backend.
 */
import { beforeAll, expect, test } from 'vitest';
import * as math from '../../assembly/portable/math.ts';
import type { Kernels } from '../../src/core/kernels.ts';
import type { Backend } from '../../src/core/types.ts';

const { exp, expm1, log, sin, cos, sinpi, tanh, stretch, squash, pow } = math;
const twins = { exp, expm1, log, sin, cos, sinpi, tanh, stretch, squash };
type Name = keyof typeof twins;
const names = Object.keys(twins) as Name[];
const lengths = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 100, 1001];
const SENTINEL = -123.456;
const specials = [
  0, -0, 1, -1, 0.5, -0.5, 1.5, 2, -2, 3, Infinity, -Infinity, NaN, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
  -1.7976931348623157e308, 708, 708.0000000000001, -708.1, 709.782712893384, 709.7827128933841, -745.1332191019411, -745.1332191019412, 22, 36.8,
  0.9999999999999999, 1.0000000000000002, 1048576, 1048576.0000000002, 2 ** 51, 2 ** 51 - 0.5, 2 ** 51 + 0.5, 2 ** 52 + 1, 2 ** 53, Math.PI, Math.PI / 2,
];

/** What the contract needs of a backend. */
export type MapsBackend = Pick<Backend, 'array'> & { kernels: Pick<Kernels, Name | 'pow'> };

/** `rounds`: how many times 4096 random bit patterns and as many ordinary numbers a function. */
export function mapsContract(open: () => MapsBackend | Promise<MapsBackend>, rounds: number = 64): void {
  const size = 4096;
  let backend: MapsBackend;
  let x: Float64Array;
  let y: Float64Array;
  let out: Float64Array;
  beforeAll(async () => {
    backend = await open();
    [x, y, out] = [backend.array(size), backend.array(size), backend.array(size)];
  });

  /** The first element that differs, as text: an assertion for each of millions would take minutes. */
  function difference(name: string, n: number, twin: (i: number) => number): string | undefined {
    for (let i = 0; i < n; i++) {
      const want = twin(i);
      if (!Object.is(out[i], want)) return `${name}(${x[i]}${name === 'pow' ? `, ${y[i]}` : ''}) is ${out[i]}, the portable text says ${want} (element ${i} of ${n})`;
    }
    return undefined;
  }
  function map(name: Name, n: number): string | undefined {
    backend.kernels[name](out.byteOffset, x.byteOffset, n);
    return difference(name, n, (i) => twins[name](x[i]!));
  }
  function mapPow(n: number): string | undefined {
    backend.kernels.pow(out.byteOffset, x.byteOffset, y.byteOffset, n);
    return difference('pow', n, (i) => pow(x[i]!, y[i]!));
  }

  test.each(names)('%s at every length, in place, and not a number further', (name) => {
    for (const n of lengths) {
      for (let i = 0; i < size; i++) x[i] = (i + 1) * 0.37 - 3;
      out.fill(SENTINEL);
      expect(map(name, n)).toBeUndefined();
      expect(out.subarray(n).every((value) => value === SENTINEL)).toBe(true);
      const copy = out.slice(0, n);
      backend.kernels[name](x.byteOffset, x.byteOffset, n);
      expect(x.slice(0, n)).toEqual(copy);
    }
  });

  test.each(names)('%s of special values, in either lane', (name) => {
    // Ordinary and special by turns: each special value stands once in each lane, beside an ordinary number.
    specials.forEach((value, i) => x.set([value, 0.25, 0.75, value], 4 * i));
    expect(map(name, 4 * specials.length)).toBeUndefined();
  });

  test.each(names)('%s of random bits, ordinary numbers and multiples of pi/2', (name) => {
    const random = generator(names.indexOf(name) + 1);
    const words = new Uint32Array(x.buffer, x.byteOffset, 2 * size);
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < 2 * size; i++) words[i] = random();
      expect(map(name, size)).toBeUndefined();
      for (let i = 0; i < size; i++) x[i] = (random() / 2 ** 32 - 0.5) * 2 ** ((round % 24) - 1);
      expect(map(name, size)).toBeUndefined();
      for (let i = 0; i < size; i++) x[i] = random() / 2 ** 32;
      expect(map(name, size)).toBeUndefined();
      for (let i = 0; i < size; i++) x[i] = (random() % 4001 - 2000) * (round % 2 === 0 ? Math.PI / 2 : 0.25);
      expect(map(name, size)).toBeUndefined();
    }
  });

  test('pow at every length, of special values and of random bits', () => {
    const random = generator(99);
    for (const n of lengths) {
      for (let i = 0; i < size; i++) [x[i], y[i]] = [i * 0.37 + 0.1, 3 - i * 0.01];
      out.fill(SENTINEL);
      expect(mapPow(n)).toBeUndefined();
      expect(out.subarray(n).every((value) => value === SENTINEL)).toBe(true);
    }
    let n = 0;
    for (const a of specials) for (const b of specials) [x[n], y[n++]] = [a, b];
    expect(mapPow(n)).toBeUndefined();
    const words = new Uint32Array(x.buffer, x.byteOffset, 2 * size);
    const powers = new Uint32Array(y.buffer, y.byteOffset, 2 * size);
    for (let round = 0; round < rounds / 4; round++) {
      for (let i = 0; i < 2 * size; i++) [words[i], powers[i]] = [random(), random()];
      expect(mapPow(size)).toBeUndefined();
      for (let i = 0; i < size; i++) [x[i], y[i]] = [random() / 2 ** 28 - (round % 2), (random() / 2 ** 32 - 0.5) * 2 ** (round % 12)];
      expect(mapPow(size)).toBeUndefined();
      for (let i = 0; i < size; i++) [x[i], y[i]] = [random() / 2 ** 28 - 8, random() % 41 - 20];
      expect(mapPow(size)).toBeUndefined();
    }
  });
}

/** 32 random bits a call (splitmix32), the same in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let t = state ^ (state >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) >>> 0;
  };
}
