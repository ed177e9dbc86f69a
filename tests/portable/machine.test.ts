/** The machine of 64 words: the same bits on every backend, and the same memory byte for byte, whatever the kernel and the bytes. */
import { expect, it } from 'vitest';
import { createRandom, openBackend } from '../../src/index.ts';
import type { Kernel } from '../../src/spaces/program.ts';
import * as op from '../../assembly/portable/opcodes.ts';
import { backends } from '../cases/backends.ts';
import { bytesOf, decent, deed, doubles, everything, noise, open, prose, structured, uniform, word, type Raw } from '../cases/machine.ts';

const opened = await Promise.all(backends.map((name) => openBackend(name, 100 << 20)));
const random = createRandom(64);
const text = prose(random, 5000);
const inputs = [bytesOf(''), bytesOf('x'), new Uint8Array(100), noise(random, 120), text.subarray(0, 160), bytesOf('abcabcabcd\n'.repeat(12)), new Uint8Array(50).fill(255)];

/** The first offset at which two regions differ; -1 when there is none. */
function difference(one: Raw, other: Raw): number {
  const [a, b] = [one, other].map(({ backend, m, size }) => new Uint32Array(backend.u32.buffer, m, size / 4)) as [Uint32Array, Uint32Array];
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return 4 * i;
  return -1;
}

/** Everything a machine does, on every backend: equal, finite, and the same in its memory afterwards. */
function same(kernel: Kernel, bytes: Uint8Array, bits = 12): boolean {
  const machines = opened.map((backend) => open(backend, kernel, bits));
  const answers = machines.map((raw) => {
    const traced = new Uint32Array(raw.trace(bytes.subarray(0, 10)).buffer);
    const finite = traced.every((x) => (x & 0x7f800000) !== 0x7f800000);
    const score = raw.score(bytes);
    const { done, fingerprint } = raw;
    const { code, size } = raw.encode(bytes);
    return [raw.size, finite && score >= 0 && score < Infinity && done === bytes.length, traced.join(), score, fingerprint, size, code.join()];
  });
  const equal = machines.every((raw, i) => answers[i]!.every((answer, j) => answer === answers[0]![j]) && difference(raw, machines[0]!) === -1);
  for (const raw of machines) raw.close();
  return equal && answers[0]![1] === true;
}

it('answers with the same bits on every backend, kernels of any words', () => {
  for (let i = 0; i < 105; i++) expect(same({ words: uniform(random, i % 10 !== 0), doubles: doubles(random, i % 3 === 0 ? 0.1 : 0) }, inputs[i % inputs.length]!)).toBe(true);
});

it('answers with the same bits on every backend, kernels that have every opcode in every mode', () => {
  const kernels = structured(random, 48);
  const seen = new Set(kernels.flatMap((words) => Array.from(words, deed)));
  expect(everything.filter((w) => !seen.has(w))).toEqual([]);
  for (const [i, words] of kernels.entries()) expect(same({ words, doubles: doubles(random, i % 4 === 0 ? 0.05 : 0) }, inputs[(i % 5) + 2]!)).toBe(true);
});

it('answers with the same bits on every backend beyond the history it keeps', () => {
  const kernel = decent();
  kernel.words.set([word(op.ABOVE, { d: 8 }), word(op.SPARSE, { d: 9, b: 3, k: 129 }), word(op.BYTE, { d: 10, b: 63 }), word(op.FEAT, { b: 3 }), word(op.PROJ, { d: 11, b: 7 }), word(op.CM, { d: 13, a: 8 }), word(op.CM, { d: 14, a: 11 })], 57);
  const lines = Uint8Array.from({ length: 17_000 }, (_, i) => text[i % 5000]!); // matches go on across the end of the ring
  lines.fill(97, 3000, 6000);
  const scores = opened.map((backend) => {
    const raw = open(backend, kernel, 12);
    return { raw, bits: raw.score(lines), fingerprint: raw.fingerprint };
  });
  for (const { raw, bits, fingerprint } of scores) {
    expect([bits, fingerprint, difference(raw, scores[0]!.raw)]).toEqual([scores[0]!.bits, scores[0]!.fingerprint, -1]);
    raw.close();
  }
});
