/** .npy and .npz: bytes as the format's description has them, round trips, and a sentence for every file that is none. */
import { describe, expect, it } from 'vitest';
import { NadirError } from '../../src/core/errors.ts';
import { npy, npyHeader, npyType, npz, readNpy, readNpz } from '../../src/experiment/npy.ts';

import type { TypedArray } from '../../src/experiment/npy.ts';

const ascii = (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0));
const thrown = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
  return 'nothing';
};
/** A .npy made by hand, of any version, header and body. */
const file = (header: string, body: number[], version: readonly number[] = [1, 0]): Uint8Array => {
  const size = version[0] === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0];
  return Uint8Array.from([0x93, ...ascii('NUMPY'), ...version, ...size, ...ascii(header), ...body]);
};

describe('npy', () => {
  // The description in numpy.lib.format: magic, version, length of the header (little-endian u16), a dict literal padded with spaces, a new line, a multiple of 64.
  it('writes the bytes of the format', () => {
    const dict = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }";
    const expected = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0, ...ascii(dict.padEnd(117)), 10];
    expected.push(0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 4, 0xc0); // 1 and -2.5, IEEE 754
    expect(Array.from(npy(Float64Array.of(1, -2.5), [2, 1]))).toEqual(expected);
  });
  it('writes shapes as Python does', () => {
    const text = (shape: number[], type: 'f32' | 'i32' | 'u32' | 'u8' = 'f32'): string => String.fromCharCode(...npyHeader(type, shape).subarray(10)).trimEnd();
    expect(text([])).toBe("{'descr': '<f4', 'fortran_order': False, 'shape': (), }");
    expect(text([3], 'i32')).toBe("{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }");
    expect(text([3, 0, 5], 'u32')).toBe("{'descr': '<u4', 'fortran_order': False, 'shape': (3, 0, 5), }");
    expect(text([9007199254740991], 'u8')).toBe("{'descr': '|u1', 'fortran_order': False, 'shape': (9007199254740991,), }");
  });
  it('pads heads to 64 bytes and leaves room', () => {
    for (const shape of [[], [7], Array.from({ length: 32 }, () => 1)]) expect(npyHeader('f64', shape).length % 64).toBe(0);
    expect(npyHeader('f64', [1], 129).length).toBe(192);
    expect(npyHeader('f64', [1], 192).length).toBe(192);
    expect(npyHeader('f64', [1]).at(-1)).toBe(10);
  });
  it.each<[string, TypedArray]>([
    ['f64', Float64Array.of(0, -0, NaN, Infinity, -Infinity, 5e-324, 1.7976931348623157e308)],
    ['f32', Float32Array.of(0.1, -0, NaN)],
    ['i32', Int32Array.of(-2147483648, 2147483647)],
    ['u32', Uint32Array.of(0, 4294967295)],
    ['u8', Uint8Array.of(0, 255)],
    ['f64', new Float64Array(0)],
    ['f64', new Float64Array([9, 1, 2, 9]).subarray(1, 3)],
  ])('gives %s back, bit for bit', (type, array) => {
    const { array: back, shape } = readNpy(npy(array));
    expect(npyType(back)).toBe(type);
    expect(shape).toEqual([array.length]);
    expect(Array.from(back).every((x, i) => Object.is(x, array[i]))).toBe(true);
    expect(back.length).toBe(array.length);
  });
  it('reads at any address and shares nothing', () => {
    const bytes = new Uint8Array(300);
    bytes.set(npy(Float64Array.of(1, 2)), 3);
    const { array } = readNpy(bytes.subarray(3, 3 + 144));
    bytes.fill(0);
    expect(Array.from(array)).toEqual([1, 2]);
  });
  it('reads versions 2 and 3, any order of the keys, 64-bit integers', () => {
    const header = "{'shape': (2,), 'fortran_order': False, 'descr': '<i8'}\n";
    const body = [255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 32, 0]; // -1 and 2^53
    for (const version of [[1, 0], [2, 0], [3, 0]]) expect(Array.from(readNpy(file(header, body, version)).array)).toEqual([-1, 9007199254740992]);
    expect(thrown(() => readNpy(file(header, [1, 0, 0, 0, 0, 0, 32, 0, ...body.slice(8)])))).toBe('store: the .npy cannot be read: its integer 9007199254740993 is not a double');
  });
  it('refuses what it cannot read, in a sentence', () => {
    const good = npy(Float64Array.of(1, 2));
    for (let n = 0; n < good.length; n++) expect(thrown(() => readNpy(good.subarray(0, n)))).toMatch(/^store: the \.npy cannot be read: /);
    expect(thrown(() => readNpy(new Uint8Array(200)))).toContain('does not begin with');
    expect(thrown(() => readNpy(good.subarray(0, 100)))).toContain('cut short after 100 bytes, in its header');
    expect(thrown(() => readNpy(good.subarray(0, 140)))).toContain('its shape [2] takes 16 bytes, and 12 are there');
    expect(thrown(() => readNpy(Uint8Array.from([...good, 0])))).toContain('and 17 are there');
    expect(thrown(() => readNpy(file('', [], [4, 0])))).toContain('its format is 4.0');
    const header = (descr: string, order: string, shape: string): Uint8Array => file(`{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`, []);
    expect(thrown(() => readNpy(header("'<f8'", 'True', '(2, 3)')))).toContain('Fortran order');
    expect(thrown(() => readNpy(header("'>f8'", 'False', '(0,)')))).toContain('its numbers are ">f8"');
    expect(thrown(() => readNpy(header("[('a', '<f8')]", 'False', '(0,)')))).toContain('its numbers are "a structure"');
    expect(thrown(() => readNpy(header("'<f8'", 'False', '(9007199254740991, 9007199254740991)')))).toContain('takes');
    expect(thrown(() => readNpy(header("'<f8'", 'False', 'None')))).toContain('no shape');
  });
  it('refuses bad arrays and shapes', () => {
    expect(thrown(() => npy([1, 2] as never))).toBe('input: array is of type Array; allowed: Float64Array, Float32Array, Int32Array, Uint32Array, Uint8Array');
    expect(thrown(() => npy(new Int16Array(2) as never))).toContain('Int16Array');
    expect(thrown(() => npy(Float64Array.of(1, 2), [3]))).toBe('input: shape is [3] for an array of 2; allowed: a shape with that product');
    for (const shape of [[-1], [1.5], [2 ** 53], [2 ** 30, 2 ** 30], ['2'], 2, Array.from({ length: 33 }, () => 1)]) expect(thrown(() => npy(Float64Array.of(1), shape as never))).toMatch(/^input: shape is /);
    expect(thrown(() => npyHeader('f16' as never, [1]))).toMatch(/^input: type is "f16"/);
  });
});

describe('npz', () => {
  it('gives arrays back by name, in order', () => {
    const bytes = npz({ 'loss/train.step': Float64Array.of(1, 2), 'größe 10': { array: Uint8Array.of(1, 2, 3, 4), shape: [2, 2] }, __proto__x: new Int32Array(0), 7: Float32Array.of(7) });
    const back = readNpz(bytes);
    expect(Object.keys(back)).toEqual(['7', 'loss/train.step', 'größe 10', '__proto__x']); // JavaScript puts whole numbers first
    expect(Array.from(back['loss/train.step']!.array)).toEqual([1, 2]);
    expect(back['größe 10']!.shape).toEqual([2, 2]);
    expect(readNpz(npz({}))).toEqual({});
  });
  // APPNOTE.TXT 4.3.7: signature, version 2.0, no flags, method 0 (stored), time 0, date 1 January 1980.
  it('stores, with a constant time, at an address a reader can compute', () => {
    const bytes = npz({ x: Uint8Array.of(5) });
    expect(Array.from(bytes.subarray(0, 14))).toEqual([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
    expect(Array.from(bytes.subarray(18, 36))).toEqual([129, 0, 0, 0, 129, 0, 0, 0, 5, 0, 0, 0, ...ascii('x.npy'), 0x93]);
    expect(Array.from(npz({ x: Uint8Array.of(5) }))).toEqual(Array.from(bytes));
  });
  it('refuses names that could leave a folder', () => {
    for (const name of ['', '/x', 'a//b', '../x', 'a/..', '.', 'a\\b', 'a\nb', '\0', 'a/', '\ud800', 'x'.repeat(201)]) expect(thrown(() => npz({ [name]: Uint8Array.of(1) })), name).toMatch(/^input: name ".* of an \.npz /s);
    expect(thrown(() => npz({ x: [1] as never }))).toMatch(/^input: array is of type Array/);
  });
  it('refuses what is no .npz, in a sentence', () => {
    const good = npz({ x: Float64Array.of(1, 2), y: Float64Array.of(3) });
    for (let n = 0; n < good.length; n++) expect(thrown(() => readNpz(good.subarray(0, n))), String(n)).toMatch(/^store: the \.npz cannot be read: /);
    expect(thrown(() => readNpz(new Uint8Array(1000)))).toMatch(/^store: the \.npz cannot be read: /);
    const broken = good.slice();
    broken[40] = 0;
    expect(thrown(() => readNpz(broken))).toBe('store: the .npz cannot be read: "x.npy" is damaged, its checksum differs');
  });
});

it('an .npz with one wrong byte is refused, or has its array whole, or not at all', () => {
  const whole = npz({ x: Float64Array.from({ length: 40 }, (_, i) => i) });
  let refused = 0;
  for (let i = 0; i < whole.length; i++) {
    const damaged = whole.slice();
    damaged[i]! ^= 16;
    try {
      const { x } = readNpz(damaged);
      if (x) expect(Array.from(x.array)).toEqual(Array.from({ length: 40 }, (_, k) => k)); // the byte was of a time, or of a name
    } catch (error) {
      if (!(error instanceof NadirError)) throw error;
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(whole.length / 3);
});
