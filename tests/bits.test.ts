/** The check that wasm-opt must pass can fail. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sameBits, signatures } from './bits.mjs';

const release = readFileSync(new URL('../build/nadir.wasm', import.meta.url));

test('a module equals itself', async () => {
  const kernels = await signatures();
  expect(await sameBits(release, release)).toBeGreaterThan(kernels.size);
});

test('one constant in another place is found', async () => {
  // 0.5, 1 and 2 as f64.const (0x44) or as the first lane of v128.const (0xfd 0x0c), moved by one unit in the last place.
  const places: number[] = [];
  for (const opcode of [[0x44], [0xfd, 0x0c]]) {
    for (const [low, high] of [[0xe0, 0x3f], [0xf0, 0x3f], [0, 0x40]] as const) {
      const bytes = Buffer.from([...opcode, 0, 0, 0, 0, 0, 0, low, high]);
      for (let at = release.indexOf(bytes); at >= 0; at = release.indexOf(bytes, at + 1)) places.push(at + opcode.length);
    }
  }
  expect(places.length).toBeGreaterThan(0);
  let found = 0;
  for (const place of places) {
    if (found > 0) break;
    const other = Buffer.from(release);
    other[place] = 1;
    await sameBits(release, other).catch((error: Error) => {
      expect(error.message).toMatch(/^the second build answers \w+\(/);
      found++;
    });
  }
  expect(found).toBeGreaterThan(0);
});

test('an export without a declaration is named', async () => {
  // (module (func (export "zap")))
  const zap = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 7, 1, 3, 122, 97, 112, 0, 0, 10, 4, 1, 2, 0, 11]);
  await expect(sameBits(zap, zap)).rejects.toThrow('assembly/index.ts exports zap, which src/core/kernels.ts does not declare');
});
