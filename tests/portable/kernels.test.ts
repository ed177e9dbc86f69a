import { describe, expect, it } from 'vitest';
import { builtIn, builtIns } from '../../src/problems/kernels/index.ts';
import { text as packed } from '../../src/problems/kernels/builtin.ts';
import { assemble, disassemble, live, opcodes, work } from '../../src/problems/program/assembler.ts';
import { kernelHash } from '../../src/problems/program/file.ts';
import { machineFor } from '../../src/studies/machines.ts';
import { ablation, score } from '../../src/studies/scoring.ts';
import { backends } from '../cases/backends.ts';

/** English that is at hand wherever the tests run: what the opcodes do, twice, the second time in another order. */
const lines = opcodes.map(({ about }) => about);
const text = new TextEncoder().encode([...lines, ...lines.toReversed()].join('.\n'));

/** Bits a byte of a text by the counts of its bytes: what no model of order 0 gets under. */
function entropy(bytes: Uint8Array): number {
  const counts = new Map<number, number>();
  for (const c of bytes) counts.set(c, (counts.get(c) ?? 0) + 1);
  return [...counts.values()].reduce((sum, n) => sum - (n / bytes.length) * Math.log2(n / bytes.length), 0);
}

describe('the built-in kernels', () => {
  it('keep their ids, and behind an id always stands the same kernel', () => {
    expect(builtIns.map(({ id, name, kernel }) => [id, name, kernelHash(kernel)])).toEqual([
      [1, 'order2', '4f12ec4d4effea780b6c17f3998814a00b1011d1d2878f68ea5e55e015809f68'],
      [2, 'lpaq', '1c75e55a45618422bae82e697397a227c8d7b64ca65d4cd20a0561763e707f98'],
      [3, 'full', '5cdf2e31a4ad2fceabf3b4dee2a0b39bf58ce6c8abda680978b26daf567d5a7b'],
    ]);
  });
  it.each(builtIns.map((b) => [b.name, b] as const))('%s is a program that uses what it says', (_, { kernel, about }) => {
    expect(kernel.words.length).toBe(64);
    expect(kernel.doubles.length).toBe(1024);
    expect(kernel.doubles.every(Number.isFinite)).toBe(true);
    expect(assemble(disassemble(kernel.words))).toEqual(kernel.words);
    expect(about.length).toBeGreaterThan(10);
    // No instruction by hand that does nothing, and no bits that nobody reads.
    expect(live(kernel.words)).toEqual(Array.from(kernel.words, (word) => word !== 0));
    expect(disassemble(kernel.words)).not.toContain('bits=');
    const said = /(\d+) instructions/.exec(about)?.[1];
    expect(kernel.words.filter((word) => word !== 0).length).toBe(Number(said));
  });
  it('are found by name and by id', () => {
    for (const b of builtIns) {
      expect(builtIn(b.name)).toBe(b);
      expect(builtIn(b.id)).toBe(b);
    }
    expect(() => builtIn('ful')).toThrow('unknown kernel "ful"; did you mean full?');
    expect(() => builtIn(77)).toThrow('unknown kernel id 77; have 1 (order2), 2 (lpaq), 3 (full)');
  });
  it('get better as they get larger, and all beat the entropy of single bytes', async () => {
    const [order2, lpaq, full] = await Promise.all(builtIns.map(async ({ kernel }) => (await score(kernel, text, { bits: 16, backend: backends[0] })).bitsPerByte));
    expect(order2).toBeLessThan(entropy(text) * 0.8);
    expect(lpaq).toBeLessThan(order2! * 0.9);
    expect(full).toBeLessThan(lpaq! * 0.99);
    const works = builtIns.map(({ kernel }) => work(kernel));
    expect(works).toEqual(works.toSorted((a, b) => a - b));
  });
  it('hold text six bytes a double', () => {
    expect(packed('abcdefg')).toEqual([0x666564636261, 0x67]);
    expect(packed('')).toEqual([]);
  });
});

describe('score', () => {
  const { kernel } = builtIn('order2');
  it.each(backends)('is what the coder writes, on %s', async (backend) => {
    const part = text.subarray(0, 4000);
    const { bits, bitsPerByte, bytes, aborted } = await score(kernel, part, { bits: 14, backend });
    const machine = await machineFor(kernel, 14, { backend });
    const coded = machine.encode(part).length;
    machine.close();
    expect(Math.abs(coded - bits / 8)).toBeLessThan(8 + coded * 1e-4);
    expect([bytes, aborted, bitsPerByte]).toEqual([4000, false, bits / 4000]);
  });
  it('of a prefix is that of the prefix, and of nothing is 0', async () => {
    const options = { bits: 14, backend: backends[0] };
    expect(await score(kernel, text, { ...options, prefix: 3000 })).toEqual(await score(kernel, text.slice(0, 3000), options));
    expect(await score(kernel, text, { ...options, prefix: 1e9 })).toEqual(await score(kernel, text, options));
    expect(await score(kernel, new Uint8Array(0), options)).toMatchObject({ bits: 0, bitsPerByte: 0, bytes: 0, aborted: false });
  });
  it('stops exactly when the whole would be above the limit', async () => {
    const options = { bits: 14, backend: backends[0] };
    const { bitsPerByte } = await score(kernel, text, options);
    for (const factor of [0.05, 0.5, 0.99]) {
      const { bitsPerByte: bound, aborted, bits } = await score(kernel, text, { ...options, abortAbove: bitsPerByte * factor });
      expect(aborted).toBe(true);
      expect(bound).toBeGreaterThan(bitsPerByte * factor);
      expect(bound).toBeLessThanOrEqual(bitsPerByte);
      expect(bits).toBe(bound * text.length);
    }
    for (const abortAbove of [bitsPerByte, bitsPerByte * 1.01, Infinity]) expect((await score(kernel, text, { ...options, abortAbove })).aborted).toBe(false);
  });
  it('has the fingerprint of the behaviour, not of the words', async () => {
    const at = async (listing: string, corpus = text): Promise<number> => (await score({ words: assemble(listing), doubles: kernel.doubles }, corpus, { bits: 14, backend: backends[0] })).fingerprint;
    const one = await at('ORD R1 bytes=1\nCM X0 R1 limit=5\nMIX F0 R0 D0\nOUT F0');
    expect(await at('NOP\nORD R9 bytes=1\nNOP; COL R3; CM X0 R9 limit=5\nMIX F3 R0 D0; OUT F3')).toBe(one);
    expect(await at('ORD R1 bytes=2\nCM X0 R1 limit=5\nMIX F0 R0 D0\nOUT F0')).not.toBe(one);
    expect(await at('ORD R1 bytes=1\nCM X0 R1 limit=5\nMIX F0 R0 D0\nOUT F0', text.subarray(0, 2048))).toBe(one);
  });
  it.each([[{ prefix: -1 }, /^prefix is -1/], [{ prefix: 1.5 }, /^prefix is 1.5/], [{ abortAbove: NaN }, /^abortAbove is NaN/], [{ bits: 11 }, /^bits is 11; allowed: an integer from 12 to 22/]])('refuses %j', async (options, message) => {
    await expect(score(kernel, text, options)).rejects.toThrow(message);
  });
  it('stops at a signal', async () => {
    await expect(score(kernel, text, { bits: 14, signal: AbortSignal.abort() })).rejects.toThrow('stopped by the signal');
    await expect(score(kernel, 'text' as unknown as Uint8Array)).rejects.toThrow('corpus is "text"; allowed: a Uint8Array');
  });
});

describe('ablation', () => {
  it('says what is lost without an instruction, and nothing of words that do nothing', async () => {
    const doubles = new Float64Array(1024).fill(0.5);
    const words = assemble('ORD R1 bytes=1\nNOP\nOP60\nCM X0 R1 limit=5\nCOL R7\nMIX F0 R0 D0\nOUT F0');
    const seen: number[] = [];
    const { bitsPerByte, gains, bytes } = await ablation({ words, doubles }, text, { prefix: 3000, bits: 14, backend: backends[0], observe: (done) => seen.push(done) });
    const whole = await score({ words, doubles }, text, { prefix: 3000, bits: 14, backend: backends[0] });
    expect([bitsPerByte, bytes]).toEqual([whole.bitsPerByte, 3000]);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(gains.map((gain) => gain === undefined)).toEqual(Array.from({ length: 64 }, (_, i) => ![0, 3, 4, 5, 6].includes(i)));
    expect(gains[4]).toBe(0);
    // Without its last instruction a program predicts 1/2 for every bit.
    expect(gains[6]! + bitsPerByte).toBeCloseTo(8, 1);
    expect(gains[0]).toBeGreaterThan(0.2);
  });
});
