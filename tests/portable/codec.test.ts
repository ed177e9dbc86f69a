/** The codec: what comes out is what went in, on every backend the same container, and from anything else an error. */
import { describe, expect, it } from 'vitest';
import { compress, compressStream, decompress, decompressStream, type Kernel } from '../../src/programs.ts';
import { NadirError } from '../../src/core/errors.ts';
import { crc32Bytes } from '../../src/core/crc.ts';
import { assemble } from '../../src/problems/program/assembler.ts';
import { backends } from '../cases/backends.ts';

/** The plain twin alone is too slow for many blocks, and runs the same host code. */
const fast = backends.includes('simd');
const utf8 = new TextEncoder();
const text = utf8.encode('It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness. '.repeat(40));
/** Small enough for a plain twin and many runs. */
const small = { kernel: 'order2', bits: 12 };
const own: Kernel = { words: assemble('ORD R1 bytes=1; CM X0 R1 limit=5; MIX F0 R0 D0; OUT F0'), doubles: new Float64Array(1024).fill(0.9) };

/** The fastest that compresses, for inputs of many blocks. */
const quick = { kernel: { words: assemble('CM X0 R0; FX F0 X0; OUT F0'), doubles: new Float64Array(1024) }, bits: 12, embed: true };

/** Bytes that look random: nothing compresses them (a linear congruential generator's high bytes). */
function noise(length: number): Uint8Array {
  let x = 1;
  return Uint8Array.from({ length }, () => (x = (Math.imul(x, 1664525) + 1013904223) >>> 0) >>> 24);
}
function fill(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => text[i % text.length]!);
}
async function error(act: Promise<unknown>): Promise<NadirError> {
  const thrown = await act.then(() => new Error('nothing was thrown'), (error: unknown) => error);
  expect(thrown).toBeInstanceOf(NadirError);
  expect((thrown as NadirError).message).toMatch(/^[^\n]{10,}[^.\n]$/);
  return thrown as NadirError;
}
/** Of long arrays: a failing toEqual would print them. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
/** All that comes out of `stream` when `bytes` go in, in pieces of these lengths over and over. */
async function through(stream: TransformStream<Uint8Array, Uint8Array>, bytes: Uint8Array, ...lengths: number[]): Promise<Uint8Array> {
  let at = 0;
  let turn = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      const length = lengths[turn++ % lengths.length]!;
      controller.enqueue(bytes.slice(at, at + length));
      at += length;
    },
  });
  const parts: Uint8Array[] = [];
  const reader = source.pipeThrough(stream).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((to, part) => (whole.set(part, to), to + part.length), 0);
  return whole;
}

describe.each(backends)('on %s', (backend) => {
  const options = { ...small, backend };
  it.each([0, 1, 2, 255])('%i bytes come back', async (length) => {
    for (const bytes of [fill(length), noise(length), new Uint8Array(length)]) expect(await decompress(await compress(bytes, options), { backend })).toEqual(bytes);
  });
  it('what does not compress is stored, and learned from', async () => {
    const bytes = noise(3000);
    const code = await compress(bytes, options);
    expect(code.length).toBe(3000 + 20 + 12 + 12); // header with length, one block, end
    expect(await decompress(code, { backend })).toEqual(bytes);
  });
  it('text becomes less, with an own kernel too: embedded, or given again', async () => {
    const code = await compress(text, { backend, bits: 12, kernel: own });
    expect(code.length).toBeLessThan(text.length / 3);
    expect(await decompress(code, { backend, kernel: own })).toEqual(text);
    const embedded = await compress(text, { backend, bits: 12, kernel: own, embed: true });
    expect(embedded.length).toBe(code.length - 32 + 8448);
    expect(await decompress(embedded, { backend })).toEqual(text);
  });
});
it.skipIf(!fast)('both backends write the same container', async () => {
  for (const bytes of [text, noise(500)]) expect(await compress(bytes, { ...small, backend: 'reference' })).toEqual(await compress(bytes, { ...small, backend: 'simd' }));
});

describe('blocks', () => {
  it.each(fast ? [65535, 65536, 65537] : [65537])('%i bytes come back', async (length) => {
    const bytes = fill(length);
    const code = await compress(bytes, quick);
    expect(same(await decompress(code), bytes)).toBe(true);
  });
  it.skipIf(!fast)('a stored block between coded ones', async () => {
    const bytes = new Uint8Array(2 * 65536 + 9);
    bytes.set(noise(65536), 65536);
    const code = await compress(bytes, quick);
    expect(code.length).toBeGreaterThan(65536 + 8448);
    expect(code.length).toBeLessThan(65536 + 8448 + 1000);
    expect(same(await decompress(code), bytes)).toBe(true);
  });
});

describe('streams', () => {
  it.skipIf(!fast)('pieces of any size give the container of the whole', async () => {
    const bytes = fill(70_000);
    const whole = await compress(bytes, quick);
    for (const lengths of [[1, 65536], [999, 0, 3]]) {
      expect(same(await through(compressStream({ ...quick, length: bytes.length }), bytes, ...lengths), whole)).toBe(true);
      expect(same(await through(decompressStream(), whole, ...lengths), bytes)).toBe(true);
    }
    const unknown = await through(compressStream(quick), bytes, 70_000);
    expect(unknown.length).toBe(whole.length - 8);
    expect(same(await through(decompressStream(), unknown, 70_000), bytes)).toBe(true);
  });
  it('nothing comes back as nothing', async () => {
    const code = await through(compressStream(small), new Uint8Array(0), 1);
    expect(code.length).toBe(12 + 12);
    expect(await through(decompressStream(), code, 5)).toEqual(new Uint8Array(0));
  });
  it('one that holds more than its length, or less', async () => {
    expect((await error(through(compressStream({ ...small, length: 10 }), fill(11), 4))).message).toBe('there are more than the 10 bytes that length said');
    expect((await error(through(compressStream({ ...small, length: 12 }), fill(11), 4))).message).toBe('there are 11 bytes; length said 12');
  });
  it('a piece that is no bytes', async () => {
    const writer = compressStream(small).writable.getWriter();
    expect((await error(writer.write('text' as unknown as Uint8Array))).message).toBe('a piece of the stream is "text"; allowed: a Uint8Array');
  });
  it.skipIf(!fast)('waits for its reader: 4 blocks of one byte repeated are not decoded at once', async () => {
    const code = await compress(new Uint8Array(4 * 65536), quick);
    expect(code.length).toBeLessThan(10_000);
    const stream = decompressStream();
    const writer = stream.writable.getWriter();
    let taken = false;
    const written = writer.write(code).then(() => (taken = true));
    const reader = stream.readable.getReader();
    for (let i = 0; i < 3; i++) expect((await reader.read()).value!.length).toBe(65536);
    expect(taken).toBe(false);
    await reader.read();
    await written;
    const closed = writer.close();
    expect((await reader.read()).done).toBe(true);
    await closed;
  });
  it('a reader who leaves ends the writer', async () => {
    const stream = compressStream(small);
    const writer = stream.writable.getWriter();
    await stream.readable.cancel(new Error('enough'));
    await expect(writer.closed).rejects.toThrow('enough');
  });
  it('a writer who gives up ends the reader', async () => {
    const stream = compressStream(small);
    await stream.writable.abort(new Error('enough'));
    await expect(stream.readable.getReader().read()).rejects.toThrow('enough');
  });
  it('the signal ends both, whoever waits', async () => {
    const stop = new AbortController();
    const stream = compressStream({ ...small, signal: stop.signal });
    const writer = stream.writable.getWriter();
    const written = error(writer.write(fill(200_000))); // nobody reads
    await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    expect((await written).code).toBe('aborted');
    expect((await error(stream.readable.getReader().read())).code).toBe('aborted');
    expect((await error(through(decompressStream({ signal: stop.signal }), fill(5), 1))).code).toBe('aborted');
  });
  it.skipIf(!fast)('a damaged one hands on what was whole before it', async () => {
    const code = await compress(fill(140_000), quick);
    code[code.length - 40]! ^= 1;
    const reader = new Blob([code]).stream().pipeThrough(decompressStream()).getReader();
    expect(same((await reader.read()).value!, fill(65536))).toBe(true);
    expect((await reader.read()).value!.length).toBe(65536);
    expect((await error(reader.read())).message).toBe('block 3 of the container is damaged: its checksum does not fit');
  });
});

describe('damage', () => {
  const plain = text.slice(0, 30);
  it.each([['built-in', {}], ['external', { kernel: own }]])('every bit flip of a container with a kernel that is %s', async (_, kernel) => {
    const code = await compress(plain, { ...small, ...kernel });
    let harmless = 0;
    for (let bit = 0; bit < 8 * (code.length - ('kernel' in kernel ? 40 : 0)); bit += fast ? 1 : 5) {
      const bad = code.slice();
      bad[bit >> 3]! ^= 1 << (bit & 7);
      const result = await decompress(bad, { ...kernel }).catch((error: unknown) => error);
      if (result instanceof Uint8Array) {
        expect(result).toEqual(plain); // the last bits of a code say nothing
        harmless++;
      } else {
        expect(result).toBeInstanceOf(NadirError);
        expect((result as NadirError).code).toMatch(/^(state|input)$/);
      }
    }
    expect(harmless).toBeLessThan(25);
  });
  it('every truncation, and more behind the end', async () => {
    const code = await compress(plain, small);
    for (let length = 0; length < code.length; length++) {
      const { code: kind, message } = await error(decompress(code.slice(0, length)));
      expect([kind, message]).toEqual(['state', expect.stringMatching(/^the container is cut off (in its header|after (0|30) bytes of the original)$/)]);
    }
    const more = new Uint8Array(code.length + 1);
    more.set(code);
    expect((await error(decompress(more))).message).toBe('the container is damaged: there is more behind its end');
  });
  it('something else', async () => {
    for (const foreign of [text, Uint8Array.of(0x1f, 0x8b), noise(5000)]) expect(await error(decompress(foreign))).toMatchObject({ code: 'state', message: 'this is nothing that nadir compressed: it begins otherwise' });
    expect(await error(decompress(new Uint8Array(0)))).toMatchObject({ code: 'state' });
  });
  it.skipIf(!fast)('blocks in another order', async () => {
    const code = await compress(noise(2 * 65536), quick); // two stored blocks
    const first = code.length - 12 - 2 * 65548;
    const swapped = code.slice();
    swapped.set(code.subarray(first + 65548, first + 2 * 65548), first);
    swapped.set(code.subarray(first, first + 65548), first + 65548);
    expect((await error(decompress(swapped))).message).toBe('block 1 of the container is damaged: its checksum does not fit');
  });
});

describe('hostile containers', () => {
  /** A container of this header, its checksum right, and these blocks. */
  function container(header: { version?: number; flags?: number; bits?: number; id?: number; length?: bigint }, ...blocks: (readonly [plain: number, code: number])[]): Uint8Array {
    const { version = 1, flags = 0, bits = 12, id = 1, length } = header;
    const bytes = new Uint8Array(8 + (length === undefined ? 0 : 8) + 4 + 12 * blocks.length);
    const view = new DataView(bytes.buffer);
    bytes.set([0x8e, 0x6e, 0x64, 0x72, version, flags + (length === undefined ? 0 : 4), bits, id]);
    if (length !== undefined) view.setBigUint64(8, length, true);
    const end = length === undefined ? 8 : 16;
    view.setUint32(end, crc32Bytes(bytes, 0, end), true);
    blocks.forEach(([plain, code], i) => {
      view.setUint32(end + 4 + 12 * i, plain, true);
      view.setUint32(end + 8 + 12 * i, code, true);
    });
    return bytes;
  }
  it.each([
    ['a version to come', { version: 2 }, 'the container has version 2; this nadir reads version 1'],
    ['flags unknown', { flags: 8 }, "the container's header is damaged: its flags are 8; allowed: 0 to 2 and 4 to 6"],
    ['tables too small', { bits: 11 }, "the container's header is damaged: its bits are 11; allowed: 12 to 22"],
    ['tables too large', { bits: 255 }, "the container's header is damaged: its bits are 255; allowed: 12 to 22"],
    ['a kernel unknown', { id: 200 }, 'the container was made with the built-in kernel 200; this nadir has 1, 2, 3'],
    ['a length beyond all numbers', { length: 1n << 60n }, `the container's header is damaged: a length of ${2 ** 60} bytes`],
    ['a length beyond what is allowed', { length: 1n << 40n }, `the output has ${2 ** 40} bytes or more; allowed by maxOutput: ${2 ** 30}`],
  ] as const)('%s', async (_, header, message) => expect((await error(decompress(container(header)))).message).toBe(message));
  it.each([
    ['a block too long', [65537, 9]],
    ['a code longer than its block', [9, 9]],
    ['a code without end', [65536, 0x7fffffff]],
    ['a stored block of another length', [9, 0x80000008]],
    ['a code of nothing', [9, 0]],
  ] as const)('%s', async (_, block) => expect((await error(decompress(container({}, block)))).message).toMatch(/^block 1 of the container is damaged: \d+ bytes( stored)? for \d+$/));
  it('an end that says another length', async () => expect((await error(decompress(container({ length: 5n }, [0, 5])))).code).toBe('state'));

  it('takes no more memory than is allowed', async () => {
    const code = container({ bits: 22, id: 3 }); // full: 285 MB and more
    expect(await error(decompress(code))).toMatchObject({ code: 'memory' });
    expect(await error(decompress(await compress(text, small), { maxMemory: 100_000 }))).toMatchObject({ code: 'memory' });
  });
  it('writes no more than is allowed, and says so before it decodes', async () => {
    const code = await compress(fill(3000), small);
    expect((await error(decompress(code, { maxOutput: 2999 }))).message).toBe('the output has 3000 bytes or more; allowed by maxOutput: 2999');
    expect((await decompress(code, { maxOutput: 3000 })).length).toBe(3000);
    const unknown = await through(compressStream(quick), fill(70_000), 70_000);
    const reader = new Blob([unknown as Uint8Array<ArrayBuffer>]).stream().pipeThrough(decompressStream({ maxOutput: 65_536 })).getReader();
    expect((await reader.read()).value!.length).toBe(65_536);
    expect((await error(reader.read())).message).toBe('the output has 70000 bytes or more; allowed by maxOutput: 65536');
  });
});

describe('kernels', () => {
  it('a kernel that is missing, another, or not needed', async () => {
    const code = await compress(text, { kernel: own, bits: 12 });
    expect((await error(decompress(code))).message).toMatch(/^the container was made with a kernel of its own; give the one with SHA-256 [0-9a-f]{64}$/);
    expect((await error(decompress(code, { kernel: 'order2' }))).message).toMatch(/^the kernel has SHA-256 [0-9a-f]{64}; the container was made with [0-9a-f]{64}$/);
    expect(await decompress(await compress(text, small), { kernel: own })).toEqual(text);
  });
  it('a built-in one is known by what it is', async () => {
    const { builtIn } = await import('../../src/programs.ts');
    const { words, doubles } = builtIn('order2').kernel;
    expect(await compress(text, { kernel: { words: words.slice(), doubles: doubles.slice() }, bits: 12 })).toEqual(await compress(text, small));
  });
  it('doubles that are no numbers', async () => {
    const odd: Kernel = { words: own.words, doubles: own.doubles.map((x, i) => (i === 3 ? NaN : i === 4 ? Infinity : i === 5 ? -0 : x)) };
    for (const embed of [true, false]) expect(await decompress(await compress(text, { kernel: odd, bits: 12, embed }), { kernel: odd })).toEqual(text);
  });
  it('tables by the length, within 256 MiB', async () => {
    expect((await compress(fill(100)))[6]).toBe(16);
    expect((await compress(fill(9000), { kernel: 'order2' }))[6]).toBe(17);
  });
});

describe('bad options', () => {
  it.each([
    [() => compress('text' as unknown as Uint8Array), 'bytes is "text"; allowed: a Uint8Array'],
    [() => decompress([1, 2] as unknown as Uint8Array), 'bytes is [1,2]; allowed: a Uint8Array'],
    [() => compress(text, { kernel: 'ful' }), 'unknown kernel "ful"; did you mean full? have order2, lpaq, full'],
    [() => compress(text, { kernel: {} as Kernel }), 'kernel is {}; allowed: the name of a built-in kernel, or { words, doubles } of 64 words and 1024 doubles'],
    [() => compress(text, { bits: 23 }), 'bits is 23; allowed: an integer from 12 to 22'],
    [() => compress(text, { embed: 1 as unknown as boolean }), 'embed is 1; allowed: true or false'],
    [() => compress(text, { level: 9 } as object), 'unknown option "level" of compress; have kernel, embed, bits, backend, signal'],
    [() => compress(text, { backend: 'gpu' as 'simd' }), 'unknown backend "gpu"; have auto, simd, reference'],
    [() => decompress(text, { maxMemory: -1 }), 'maxMemory is -1; allowed: a number of bytes from 0'],
    [() => decompress(text, { maxOutput: '1GiB' as unknown as number }), 'maxOutput is "1GiB"; allowed: a number of bytes from 0'],
    [() => decompress(text, null as unknown as object), 'the options are null; allowed: an object'],
    [() => decompress(text, { signal: 1 as unknown as AbortSignal }), 'signal is 1; allowed: an AbortSignal'],
  ])('%s', async (act, message) => expect((await error(act())).message).toBe(message));
  it('a stream says so at once', () => expect(() => compressStream({ length: 0.5 })).toThrow('length is 0.5; allowed: an integer from 0'));
  it('a signal that was aborted', async () => {
    const signal = AbortSignal.abort();
    expect((await error(compress(text, { ...small, signal }))).code).toBe('aborted');
    expect((await error(decompress(await compress(text, small), { signal }))).code).toBe('aborted');
  });
});
