/** Code made for one machine: the bits, the code and the memory of the interpreter, for any kernel; and what there is where no code may be made. */
import { expect, it } from 'vitest';
import { createRandom, openBackend } from '../../src/index.ts';
import { special, specialise } from '../../src/backend/special.ts';
import { openMachine, type Machine } from '../../src/problems/program/machine.ts';
import type { Kernel } from '../../src/spaces/program.ts';
import { machineFor, pays } from '../../src/studies/machines.ts';
import { backends } from '../cases/backends.ts';
import { bytesOf, decent, doubles, noise, prose, structured, uniform } from '../cases/machine.ts';

const random = createRandom(65);
const text = prose(random, 3000);
const inputs = [text.subarray(0, 200), noise(random, 90), new Uint8Array(60), bytesOf('abcabcabcd\n'.repeat(12)), bytesOf('x'), bytesOf('')];
const plain = !backends.includes('simd');
const backend = await openBackend('auto', 160 << 20);

/** What a machine answers, and what is in its memory afterwards. */
function answers(machine: Machine, bytes: Uint8Array): readonly unknown[] {
  const traced = machine.trace(bytes.subarray(0, 12)).slice();
  const bits = machine.score(bytes);
  const { done, fingerprint } = machine;
  const code = machine.encode(bytes);
  machine.reset();
  const early = machine.score(bytes, 40);
  const stopped = machine.done;
  machine.reset();
  const again = machine.encode(bytes);
  machine.reset();
  const { bytes: back, used } = machine.decode(again, bytes.length);
  return [bits, done, fingerprint, early, stopped, used, machine.fingerprint, [...code].join(), [...again].join(), [...back].join(), new Uint32Array(traced.buffer).join()];
}

async function same(kernel: Kernel, bytes: Uint8Array): Promise<boolean> {
  const [plain, made] = [openMachine(backend, kernel, 12), openMachine(backend, kernel, 12)];
  const own = await specialise(backend, made.pointer);
  expect(own).toBeDefined();
  made.use(own!);
  const [one, other] = [answers(plain, bytes), answers(made, bytes)];
  expect(other).toEqual(one);
  expect(other[9]).toBe([...bytes].join());
  const size = Math.abs(made.pointer - plain.pointer) - 18 * 65536 - 1024; // the second lies behind the first one's region and its room
  const [a, b] = [plain, made].map(({ pointer }) => new Uint32Array(backend.u8.buffer, pointer, size >> 2)) as [Uint32Array, Uint32Array];
  const equal = a.every((x, i) => x === b[i]);
  plain.close();
  made.close();
  return equal;
}

it.skipIf(plain)('runs any words as the interpreter does', async () => {
  for (let i = 0; i < 60; i++) expect(await same({ words: uniform(random, true), doubles: doubles(random, i % 4 === 0 ? 0.1 : 0) }, inputs[i % inputs.length]!)).toBe(true);
});

it.skipIf(plain)('runs every opcode in every mode as the interpreter does', async () => {
  for (const [i, words] of structured(random, 48).entries()) expect(await same({ words, doubles: doubles(random, i % 4 === 0 ? 0.05 : 0) }, inputs[i % 4]!)).toBe(true);
});

it.skipIf(plain)('runs text as the interpreter does, in pieces and after other kernels in the same memory', async () => {
  const one = openMachine(backend, decent(), 14);
  const other = openMachine(backend, decent(), 14);
  other.use((await specialise(backend, other.pointer))!);
  for (const size of [1, 700, 1299, 1000]) {
    expect(other.score(text.subarray(0, size))).toBe(one.score(text.subarray(0, size)));
    expect(other.fingerprint).toBe(one.fingerprint);
  }
  one.close();
  other.close();
});

it.skipIf(plain)('is valid, small, and the same each time', () => {
  const machine = openMachine(backend, decent(), 12);
  const bytes = special(backend, machine.pointer);
  expect(WebAssembly.validate(bytes)).toBe(true);
  expect(bytes.length).toBeLessThan(40_000);
  expect(special(backend, machine.pointer)).toEqual(bytes);
  machine.close();
});

it.skipIf(plain)('goes without where the page forbids compiling', async () => {
  const machine = openMachine(backend, decent(), 12);
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = (() => Promise.reject(new WebAssembly.CompileError('forbidden by the policy'))) as unknown as typeof instantiate;
  try {
    expect(await specialise(backend, machine.pointer)).toBeUndefined();
  } finally {
    WebAssembly.instantiate = instantiate;
    machine.close();
  }
});

it('is not for the plain twin', async () => {
  const reference = await openBackend('reference', 4 << 20);
  const machine = openMachine(reference, { words: new Uint32Array(64), doubles: new Float64Array(1024) }, 12);
  expect(await specialise(reference, machine.pointer)).toBeUndefined();
  machine.close();
});

it('is made when there is enough to do, and gives the same bits', async () => {
  const kernel = decent();
  expect(pays(kernel, 4096)).toBe(false);
  expect(pays(kernel, 8 << 20)).toBe(true);
  const scores = await Promise.all([0, 1e9].map(async (bytes) => {
    const machine = await machineFor(kernel, 12, { bytes });
    const bits = machine.score(text);
    machine.close();
    return bits;
  }));
  expect(scores[1]).toBe(scores[0]);
});

it('takes no more memory than it may', async () => {
  await expect(machineFor(decent(), 22, { maxMemory: 50e6 })).rejects.toMatchObject({ code: 'memory' });
  (await machineFor(decent(), 12, { maxMemory: 50e6 })).close();
});
