import { describe, expect, it } from 'vitest';
import { createRandom, openBackend } from '../../src/index.ts';
import { assemble, disassemble, listing, live, opcodes, work } from '../../src/problems/program/assembler.ts';
import { fromPayload, kernelHash, kernelJson, payload, readKernel, writeKernel } from '../../src/problems/program/file.ts';
import { score } from '../../src/studies/scoring.ts';
import { backends } from '../cases/backends.ts';

const backend = await openBackend(backends[0], 65536 * 4);
const random = createRandom(11, backend);
const encode = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const odd = (): { words: Uint32Array; doubles: Float64Array } => {
  const words = Uint32Array.from({ length: 64 }, () => random.u32());
  const doubles = Float64Array.from({ length: 1024 }, () => random.normal());
  doubles.set([-0, NaN, Infinity, -Infinity, 5e-324, 1.7976931348623157e308, 0.1], 100);
  return { words, doubles };
};

describe('the assembler', () => {
  it('gives every word back: all opcodes with single bits, and random words', () => {
    const words: number[] = [];
    for (let code = 0; code < 64; code++) for (let bit = -1; bit < 26; bit++) words.push(((code << 26) | (bit < 0 ? 0 : 1 << bit)) >>> 0);
    for (let i = 0; i < 20_000; i++) words.push(random.u32());
    for (const word of words) {
      const text = listing(word);
      expect(assemble(text)[0], text).toBe(word);
    }
  });
  it('gives programs back, the NOPs between instructions included', () => {
    for (let i = 0; i < 50; i++) {
      const words = Uint32Array.from({ length: 64 }, () => (random.int(2) ? random.u32() : 0));
      expect(assemble(disassemble(words))).toEqual(words);
    }
    expect(disassemble(new Uint32Array(64))).toBe('');
    expect(assemble('')).toEqual(new Uint32Array(64));
  });
  it('puts operands where the table says', () => {
    const word = (op: number, d: number, a: number, b: number, k: number): number => ((op << 26) | (d << 21) | (a << 16) | (b << 10) | k) >>> 0;
    const lines: [string, number][] = [
      ['ORD R1 bytes=4', word(1, 1, 0, 4, 0)], ['SPARSE R2 mask=0x8006', word(2, 2, 0, 32, 6)], ['add r3 R4 R63', word(6, 3, 4, 63, 0)], ['FEAT size=3 mode=2 fade=1 D1023', word(21, 0, 0, 3 | (2 << 2) | (1 << 4), 1023)],
      ['CM X31 R30 limit=7', word(32, 31, 30, 7, 0)], ['MIX F2 R5 mode=4 rate=6 D32', word(42, 2, 5, 4 | (6 << 3), 32)], ['APM F1 F0 R7 mode=3 rate=2 share=1', word(45, 1, 7, 0, 3 | (2 << 2) | (1 << 4))],
      ['OUT F9', word(52, 0, 9, 0, 0)], ['NOP', 0], ['OP31 bits=0x3ffffff', word(31, 31, 31, 63, 1023)], ['CM X1 R2 bits=0x3', word(32, 1, 2, 0, 3)],
    ];
    for (const [text, expected] of lines) expect(assemble(text)[0], text).toBe(expected);
    expect(Array.from(assemble('# nothing\nORD R1 bytes=1 # one\n\nOUT F0; NOP ;OUT F1').subarray(0, 5))).toEqual([word(1, 1, 0, 1, 0), word(52, 0, 0, 0, 0), 0, word(52, 0, 1, 0, 0), 0]);
  });
  it.each([
    ['ODR R1', /^line 1: unknown instruction "ODR"; did you mean ORD\? have NOP/],
    ['\nORD F1', /^line 2: "F1" is no operand here; ORD takes R0 to R31, bytes=0 to 31$/],
    ['ORD R32', /"R32" is no operand/], ['ORD R1 bytes=32', /"bytes=32" is no operand/], ['ORD R1 limit=2', /"limit=2" is no operand/], ['ORD R1 R2', /"R2" is no operand/],
    ['ORD bytes=1 bytes=1', /bytes is given twice/], ['ORD R1 bits=0x400', /sets bits of an operand/], ['ORD R1 bytes=x', /no operand/], ['OP64', /unknown instruction/],
    ['NOP\n'.repeat(65), /^line 65: .* allowed: 64$/], ['MIX F0 R0 mode=-1', /no operand/], ['NOP bits=0x4000000', /no operand/],
  ])('refuses %j', (text, message) => expect(() => assemble(text)).toThrow(message));
  it('has a row for every name, with what it takes', () => {
    expect(opcodes.length).toBeGreaterThan(45);
    expect(new Set(opcodes.map(({ name }) => name)).size).toBe(opcodes.length);
    expect(new Set(opcodes.map(({ code }) => code)).size).toBe(opcodes.length);
    for (const { work: ns, about, operands } of opcodes) {
      expect(ns).toBeGreaterThanOrEqual(0);
      expect(about.length).toBeGreaterThan(3);
      for (const operand of operands) expect('dabk').toContain(operand);
    }
  });
  it('counts the work of live instructions only: none for NOP, for unknown opcodes, for tables after the 24th', () => {
    const at = (text: string): number => work({ words: assemble(text), doubles: new Float64Array(1024) });
    const base = at('');
    const row = (name: string): number => opcodes.find((o) => o.name === name)!.work;
    expect(at('NOP; OP31; OP63; OP60')).toBe(base);
    expect(at('ORD R1; MIX F0')).toBe(base + row('ORD') + row('MIX'));
    expect(at('CM X0 R1;'.repeat(24))).toBe(base + 24 * row('CM'));
    expect(at(`${'CM X0 R1;'.repeat(24)} RUN X0 R1; OUT F0`)).toBe(base + 24 * row('CM') + row('OUT'));
    expect(live(assemble(`NOP; OP30; ${'ICM X0 R1;'.repeat(25)} OUT F0`)).map(Number).join('').slice(0, 29)).toBe(`00${'1'.repeat(24)}01` + '0');
  });
});

describe('kernel files', () => {
  const same = (kernel: { words: Uint32Array; doubles: Float64Array }, other: { words: Uint32Array; doubles: Float64Array }): void => {
    expect(other.words).toEqual(kernel.words);
    for (let i = 0; i < 1024; i++) expect(Object.is(other.doubles[i], kernel.doubles[i]), `doubles[${i}]`).toBe(true);
  };
  it('are read back bit for bit, binary and JSON', () => {
    for (let i = 0; i < 5; i++) {
      const kernel = odd();
      same(kernel, readKernel(writeKernel(kernel)));
      same(kernel, readKernel(encode(kernelJson(kernel))));
      same(kernel, readKernel(encode(` \n${JSON.stringify(kernelJson(kernel), null, 1)}\n`)));
      same(kernel, fromPayload(payload(kernel)));
      expect((kernelJson(kernel).listing as string[]).join('\n')).toBe(disassemble(kernel.words));
    }
  });
  it('have the layout their header says', () => {
    const words = new Uint32Array(64);
    words[1] = 0x01020304;
    const bytes = writeKernel({ words, doubles: Float64Array.from({ length: 1024 }, (_, i) => (i === 2 ? 1 : 0)) });
    expect(new TextDecoder().decode(bytes.subarray(0, 8))).toBe('nadirkrn');
    expect(Array.from(bytes.subarray(8, 28))).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 3, 2, 1, 0, 0, 0, 0]);
    expect(Array.from(bytes.subarray(16 + 256 + 16, 16 + 256 + 24))).toEqual([0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
    expect(bytes.length).toBe(16 + 64 * 4 + 1024 * 8 + 32);
  });
  it('hash alike when they are alike', () => {
    const kernel = odd();
    const copy = { words: kernel.words.slice(), doubles: kernel.doubles.slice() };
    expect(kernelHash(copy)).toBe(kernelHash(kernel));
    copy.doubles[5] = 3;
    expect(kernelHash(copy)).not.toBe(kernelHash(kernel));
    expect(kernelHash(kernel)).toMatch(/^[0-9a-f]{64}$/);
  });
  it('with any bit flipped, or cut off anywhere, are an error of one sentence', () => {
    const bytes = writeKernel(odd());
    for (let bit = 0; bit < 40 * 8; bit++) {
      const at = bit < 128 ? bit : random.int(bytes.length * 8);
      const bad = bytes.slice();
      bad[at >> 3]! ^= 1 << (at & 7);
      expect(() => readKernel(bad), `bit ${at}`).toThrow(/^the kernel file [^\n]+$/);
    }
    for (const length of [0, 1, 7, 8, 15, 16, 17, 272, 8463, 8464, 8495]) expect(() => readKernel(bytes.subarray(0, length)), `${length} bytes`).toThrow(/kernel/);
    expect(() => readKernel(Uint8Array.from([...bytes, 0]))).toThrow('has 8497 bytes');
  });
  it.each<[string, (json: Record<string, unknown>) => unknown, RegExp]>([
    ['another format', (j) => ({ ...j, format: 'x' }), /its format is "x"/], ['a later version', (j) => ({ ...j, version: 2 }), /version 2; this nadir reads version 1/], ['too few words', (j) => ({ ...j, words: [1] }), /1 words; allowed: an array of 64/],
    ['no doubles', (j) => ({ ...j, doubles: null }), /doubles null/], ['a word that is none', (j) => ({ ...j, words: (j.words as number[]).with(3, 1.5) }), /words\[3\] 1.5/], ['a negative word', (j) => ({ ...j, words: (j.words as number[]).with(3, -1) }), /words\[3\] -1/],
    ['a double that is none', (j) => ({ ...j, doubles: (j.doubles as unknown[]).with(1, 'one') }), /doubles\[1\] "one"/], ['null for a double', (j) => ({ ...j, doubles: (j.doubles as unknown[]).with(1, null) }), /doubles\[1\] null/],
    ['a changed word', (j) => ({ ...j, words: (j.words as number[]).with(3, 17) }), /damaged/], ['no hash', ({ sha256: _, ...j }) => j, /damaged/], ['an array', () => [], /neither/], ['half of it', (j) => JSON.stringify(j).slice(0, 999), /is not JSON/], ['another text', () => 'hello', /neither/],
  ])('as JSON with %s are an error', (_, change, message) => expect(() => readKernel(encode(change(kernelJson(odd()) as Record<string, unknown>)), 'k.json')).toThrow(message));
  it('of other sizes are refused', () => expect(() => writeKernel({ words: new Uint32Array(63), doubles: new Float64Array(1024) })).toThrow('63 and 1024'));
  it.each([[{}, '{}'], [null, 'null'], ['full', '"full"'], [{ words: [1], doubles: [1] }, '{"words":[1],"doubles":[1]}']])('what is no kernel is refused: %j', async (none, shown) => {
    const message = `kernel is ${shown}; allowed: { words, doubles } of 64 words and 1024 doubles`;
    for (const act of [writeKernel, kernelJson, kernelHash]) expect(() => act(none as never)).toThrow(message);
    await expect(score(none as never, encode('text'))).rejects.toThrow(message);
  });
  it('what is no text, no words and no bytes is refused', () => {
    expect(() => assemble(5 as never)).toThrow('text is 5; allowed: instructions as text');
    expect(() => disassemble([1] as never)).toThrow('words is [1]; allowed: a Uint32Array');
    expect(() => readKernel('k' as never)).toThrow('bytes is "k"; allowed: a Uint8Array');
  });
});
