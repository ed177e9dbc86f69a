/** The truth table as a file: there when it is complete, and not before. */
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { combinations } from '../src/index.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'nadir-truth-'));

it('writes a file', async () => {
  const path = join(folder(), 'table.csv');
  await combinations([15, 47, -12], 28, { tolerance: 2, truthTable: path });
  expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(22);
  expect(readdirSync(join(path, '..'))).toEqual(['table.csv']);
});
it('says before any work that a path cannot be written', async () => {
  let cycles = 0;
  const attempt = combinations([15, 47, -12], 28, { truthTable: '/nowhere/at/all.csv', onCycle: () => void cycles++ });
  await expect(attempt).rejects.toThrow(/^truthTable "\/nowhere\/at\/all.csv" cannot be written: /);
  expect(cycles).toBe(0);
});
it('leaves nothing behind when it is aborted', async () => {
  const path = join(folder(), 'table.csv');
  const controller = new AbortController();
  await combinations([15, 47, -12], 1e9, { signal: controller.signal, truthTable: path, onCycle: ({ cycle }) => void (cycle === 2 && controller.abort()) });
  expect(readdirSync(join(path, '..'))).toEqual([]);
});
it('takes little memory', async () => {
  const options = { maxIter: 1, truthTable: join(folder(), 'table.csv') };
  const coefficients = Array.from({ length: 17 }, (_, i) => 1 + 1 / (i + 2));
  await combinations(coefficients, 9.9, options);
  const before = process.memoryUsage().rss;
  await combinations(coefficients, 9.9, options); // 15 MB of text
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1048576);
});
