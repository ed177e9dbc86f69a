/** The coder of the machine: nothing is lost, whatever the kernel and the bytes, and the estimate is what it takes. */
import { expect, inject, it } from 'vitest';
import { createRandom, openBackend } from '../../src/index.ts';
import * as op from '../../assembly/portable/opcodes.ts';
import { backends } from '../cases/backends.ts';
import { decent, doubles, kernelOf, noise as anyBytes, open, prose, structured, uniform, word } from '../cases/machine.ts';

const opened = await Promise.all(backends.map((name) => openBackend(name, 100 << 20)));
const random = createRandom(65);
const noise = (n: number): Uint8Array => anyBytes(random, n);
const text = prose(random, 60_000);
const MANY = inject('runtime') === 'node' ? 500 : 125; // thousands in one runtime; the bits of the others are those

it.each([1, 2, 3, 4])('decodes what it codes, whatever the kernel, the bytes and the pieces: part %i', () => {
  for (const [backend, rounds] of opened.map((backend) => [backend, backend.name === 'simd' ? MANY : opened.length === 1 ? 50 : 25] as const)) {
    const shapes = structured(random, 20);
    const lost: { words: number[]; piece: number[] }[] = [];
    for (let i = 0; i < rounds; i++) {
      const words = i % 4 === 3 ? shapes[(i >>> 2) % 20]! : uniform(random, i % 50 !== 0);
      const raw = open(backend, { words, doubles: doubles(random, [0, 0, 0.2, 1][i % 4]!) }, 12, 1024);
      const start = random.int(50_000);
      const bytes = [noise(random.int(40)), text.subarray(start, start + random.int(80)), new Uint8Array(random.int(60)).fill([0, 255, 10, 97][random.int(4)]!), noise(1 + random.int(2))][random.int(4)]!;
      const cuts = i % 3 === 0 ? [random.int(bytes.length + 1), random.int(bytes.length + 1)].sort((a, b) => a - b) : [];
      const pieces = [0, ...cuts].map((from, j) => bytes.subarray(from, cuts[j] ?? bytes.length));
      const codes = pieces.map((piece) => raw.encode(piece));
      const coded = raw.fingerprint;
      raw.start();
      for (const [j, piece] of pieces.entries()) {
        const { code } = codes[j]!;
        const decoded = raw.decode(code, piece.length);
        const ahead = decoded.used - code.length; // the decoder looks four bytes ahead
        const fits = code.length <= 17 * piece.length + 4 && ahead >= 0 && ahead <= (piece.length === 0 ? 4 : 3);
        if (!fits || decoded.bytes.some((c, at) => c !== piece[at])) lost.push({ words: [...words], piece: [...piece] });
      }
      if (raw.fingerprint !== coded) lost.push({ words: [...words], piece: [...bytes] });
      raw.close();
    }
    expect(lost).toEqual([]);
  }
});

it('makes bytes of any code, and one backend decodes what another coded', () => {
  for (let i = 0; i < 20; i++) {
    const kernel = { words: uniform(random, true), doubles: doubles(random, 0) };
    const machines = opened.map((backend) => open(backend, kernel, 12));
    const code = noise(random.int(30));
    const decoded = machines.map((raw) => raw.decode(code, 25));
    for (const other of decoded) expect(other).toEqual(decoded[0]);
    for (const raw of machines) raw.start();
    const { code: own } = machines[0]!.encode(decoded[0]!.bytes);
    machines[0]!.start();
    expect(machines.at(-1)!.decode(own, 25).bytes).toEqual(decoded[0]!.bytes);
    for (const raw of machines) raw.close();
  }
});

it('says -1 when the code does not fit, and writes nothing behind the room', () => {
  for (const backend of opened) {
    const raw = open(backend, kernelOf([]), 12);
    const { code, size } = raw.encode(noise(100));
    expect(size).toBeGreaterThan(99);
    const mark = code.map((c) => c ^ 255);
    raw.start();
    raw.decode(mark, 0); // puts the mark where the code goes
    raw.start();
    expect(raw.encode(noise(100), 50).size).toBe(-1);
    expect(raw.output(size).subarray(50)).toEqual(mark.subarray(50));
    raw.close();
  }
});

it('estimates what it codes: within 0.01 % and 8 bytes', () => {
  for (const kernel of [decent(), kernelOf([word(op.CM), word(op.FX), word(op.OUT)])]) {
    for (const backend of opened) {
      const raw = open(backend, kernel, 16);
      const bytes = backend.name === 'simd' || opened.length === 1 ? text : text.subarray(0, 4000);
      const bits = raw.score(bytes);
      const fingerprint = raw.fingerprint;
      raw.start();
      const { code } = raw.encode(bytes);
      expect(raw.fingerprint).toBe(fingerprint);
      expect(Math.abs(code.length - bits / 8)).toBeLessThan(0.0001 * code.length + 8);
      expect(raw.score(new Uint8Array(0))).toBe(bits); // coding counts too
      raw.close();
    }
  }
});

it('stops once the limit is passed, at a multiple of 64 bytes, and says where', () => {
  for (const backend of opened) {
    const raw = open(backend, decent(), 14);
    const bits = raw.score(text.subarray(0, 640));
    expect(raw.done).toBe(640);
    raw.start();
    expect(raw.score(text.subarray(0, 640), bits + 1)).toBe(bits);
    const costs = Array.from({ length: 10 }, (_, i) => {
      raw.start();
      return raw.score(text.subarray(0, 64 * i));
    });
    for (const [i, cost] of costs.entries()) {
      raw.start();
      expect(raw.score(text.subarray(0, 640), cost)).toBe(costs[i + 1] ?? bits);
      expect(raw.done).toBe(64 * (i + 1));
    }
    raw.close();
  }
});
