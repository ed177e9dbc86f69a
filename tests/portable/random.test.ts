import { describe, expect, it } from 'vitest';
import { createRandom, openBackend, restoreRandom } from '../../src/index.ts';
import { philox } from '../../src/core/random.ts';
import { backends } from '../cases/backends.ts';

/** Philox4x32-10 in big integers: slow, and obvious from the paper's equation (4). */
function oracle(counter: bigint[], key: bigint[]): bigint[] {
  const M = 0xffffffffn;
  let [c0, c1, c2, c3] = counter as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c0;
    const p1 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & M, (p0 >> 32n) ^ c3 ^ k1, p0 & M];
    k0 = (k0 + 0x9e3779b9n) & M;
    k1 = (k1 + 0xbb67ae85n) & M;
  }
  return [c0, c1, c2, c3];
}

describe('philox', () => {
  // Random123 1.14, tests/kat_vectors, "philox4x32 10".
  it.each([
    [[0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]],
  ])('gives the known answer for counter %j', (c, k, answer) => {
    const out = new Uint32Array(4);
    philox(out, 0, k[0]!, k[1]!, c[0]!, c[1]!, c[2]!, c[3]!);
    expect([...out]).toEqual(answer);
    expect(oracle(c.map(BigInt), k.map(BigInt)).map(Number)).toEqual(answer);
  });

  it.each(backends)('%s kernel equals the big-integer oracle across a carry-free run of blocks', async (name) => {
    const backend = await openBackend(name, 1 << 20);
    const words = backend.words(4 * 37);
    backend.kernels.philox(words.byteOffset, 37, 0x9e3779b1, 0xdeadbeef, 0xffffff00, 3, 1);
    for (let b = 0; b < 37; b++) expect([...words.subarray(4 * b, 4 * b + 4)]).toEqual(oracle([BigInt(0xffffff00 + b), 3n, 1n, 0n], [0x9e3779b1n, 0xdeadbeefn]).map(Number));
  });
});

describe('the stream', () => {
  it.each(backends)('is the same with and without backend %s', async (name) => {
    const plain = createRandom(123456789012);
    const fast = createRandom(123456789012, await openBackend(name, 1 << 20));
    for (let i = 0; i < 3000; i++) {
      const draw = (r: typeof plain): number => [() => r.u32(), () => r.f64(), () => r.normal(), () => r.int(1 + i)][i % 4]!();
      expect(Object.is(draw(plain), draw(fast))).toBe(true);
    }
  });

  it('words come in counter order, and doubles are 53 bits of two of them', () => {
    const seed = 5 * 2 ** 32 + 9;
    const key = [9n, 5n];
    const words = createRandom(seed);
    for (let b = 0; b < 70; b++) for (const w of oracle([BigInt(b), 0n, 0n, 0n], key)) expect(words.u32()).toBe(Number(w));
    const doubles = createRandom(seed);
    doubles.u32(); // a double skips to an even word
    const [, , w2, w3] = oracle([0n, 0n, 0n, 0n], key).map(Number);
    expect(doubles.f64()).toBe((Math.floor(w2! / 32) * 2 ** 26 + Math.floor(w3! / 64)) / 2 ** 53);
  });

  it.each([0, 1, 63, 64, 65, 127, 128, 129, 1000])('goes on after save and restore at draw %i', (k) => {
    const a = createRandom(11).fork('x');
    for (let i = 0; i < k; i++) {
      a.u32();
      a.normal();
    }
    const b = restoreRandom(JSON.parse(JSON.stringify(a.save())));
    for (let i = 0; i < 300; i++) expect([b.u32(), b.normal(), b.f64()]).toEqual([a.u32(), a.normal(), a.f64()]);
  });

  it('forks by label alone: not by what was drawn, and differently for every label', () => {
    const a = createRandom(1);
    const before = a.fork('child').u32();
    a.u32();
    a.normal();
    expect(a.fork('child').u32()).toBe(before);
    const labels = ['', 'a', 'b', 'ab', 'ba', 'abc', 'abcd', '\0', '\0\0', 'run/1', 'run/2', ...Array.from({ length: 2000 }, (_, i) => `n${i}`)];
    expect(new Set(labels.map((label) => createRandom(1).fork(label).f64())).size).toBe(labels.length);
    expect(createRandom(1).fork('a').fork('b').u32()).not.toBe(createRandom(1).fork('b').fork('a').u32());
    expect(createRandom(1).fork(7).u32()).toBe(createRandom(1).fork('7').u32());
  });

  it('is uniform and normal: moments within five standard errors, int without bias by chi-square', () => {
    const r = createRandom(2024);
    const n = 200000;
    let [s, q, z1, z2, z3, z4] = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const u = r.f64();
      const z = r.normal();
      s += u;
      q += u * u;
      z1 += z;
      z2 += z * z;
      z3 += z * z * z;
      z4 += z * z * z * z;
    }
    expect(Math.abs(s / n - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(q / n - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / n));
    expect(Math.abs(z1 / n)).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(z2 / n - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(z3 / n)).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(z4 / n - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70000; i++) counts[r.int(7)]!++;
    expect(counts.reduce((sum, c) => sum + (c - 10000) ** 2 / 10000, 0)).toBeLessThan(22.5); // chi-square, 6 degrees, p = 0.001
    for (const m of [1, 2, 3, 2 ** 31 + 1, 2 ** 32]) for (let i = 0; i < 100; i++) expect(r.int(m)).toSatisfy((v: number) => Number.isInteger(v) && v >= 0 && v < m);
  });

  it('fills like it draws', () => {
    const [a, b] = [createRandom(3), createRandom(3)];
    const out = new Float64Array(101);
    a.fill(out);
    expect([...out]).toEqual(Array.from(out, () => b.f64()));
    a.normals(out);
    expect([...out]).toEqual(Array.from(out, () => b.normal()));
  });

  it.each([[-1], [1.5], [NaN], [2 ** 53], ['1']])('refuses seed %s', (seed) => {
    expect(() => createRandom(seed as number)).toThrow(/seed is .*; allowed: an integer from 0 to 2\^53 - 1/);
  });

  it.each([0, 1.5, 2 ** 33, NaN])('refuses int(%s)', (n) => {
    expect(() => createRandom(1).int(n)).toThrow(/int\(n\): n is/);
  });

  it.each([[null], [{}], [{ key: [1], words: 0, normals: 0 }], [{ key: [1, 2], words: -1, normals: 0 }], ['x']])('refuses the saved state %j', (state) => {
    expect(() => restoreRandom(state as never)).toThrow(/the saved stream is/);
  });
});
