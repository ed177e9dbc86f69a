/** A debug build of the module: it computes the release build's bits, and its traps name the function. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { instantiateSync } from '@assemblyscript/loader';
import asc from 'assemblyscript/asc';
import { beforeAll, expect, test } from 'vitest';
import { sameBits } from './bits.mjs';

let debug: Uint8Array;
beforeAll(async () => {
  const options = ['--config', 'none', '--debug', '--runtime', 'stub', '--importMemory', '--enable', 'simd,bulk-memory', '--outFile', 'debug.wasm'];
  const { error, stderr } = await asc.main(['assembly/index.ts', '--baseDir', fileURLToPath(new URL('..', import.meta.url)), ...options], {
    writeFile(name, contents) {
      if (name === 'debug.wasm') debug = contents as Uint8Array;
    },
  });
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
}, 120_000);

test('every kernel answers with the bits of the release build', async () => {
  expect(await sameBits(readFileSync(new URL('../build/nadir.wasm', import.meta.url)), debug)).toBeGreaterThan(0);
}, 120_000);

test('a pointer outside the memory traps with the function in the stack', () => {
  const memory = new WebAssembly.Memory({ initial: 16 });
  const { exports } = instantiateSync<{ exp(out: number, x: number, n: number): void }>(debug, { env: { memory } });
  let stack = '';
  try {
    exports.exp(16 * 65536, 0, 8);
  } catch (error) {
    stack = String((error as Error).stack);
  }
  expect(stack).toMatch(/memory access out of bounds/);
  expect(stack).toMatch(/at assembly\/[\w/]*exp\b/);
});
