/** Training over workers as a program of its user's does it: the built files, a process of its own, real threads, and what is left of them. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const index = new URL('../build/js/src/index.js', import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), 'nadir-crew-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const script = async (body: string): Promise<string> => {
  const file = join(folder, 'script.mjs');
  writeFileSync(file, `import { createRandom, train } from ${JSON.stringify(index)};
    const random = createRandom(1);
    const part = (n) => ({ n, width: 60, outputs: 5, scale: 0.01, shift: -1, inputs: Uint8Array.from({ length: 60 * n }, () => random.int(256)), labels: Uint8Array.from({ length: n }, () => random.int(5)) });
    const split = { name: 'made', train: part(2000), validation: part(500), test: part(300) };
    const config = { name: 'made', data: 'mine', network: { hidden: [64, 32], dropout: 0.1, l2: 0.001 }, optimizer: { name: 'adam' }, batch: 128, epochs: 3 };
    const told = ({ result: { seconds, ...result }, x }) => JSON.stringify([result, Array.from(x)]);
    const left = () => process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort|Timeout/.test(name)).join() || 'none';
    ${body}`);
  return (await promisify(execFile)(process.execPath, [file], { timeout: 60_000 })).stdout.trim();
};

it('gives the same result with any number of workers, and ends them', async () => {
  expect(await script(`const want = told(await train(config, { split }));
    for (const workers of [1, 2, 3, 4, 6]) console.log(told(await train(config, { split, workers })) === want, left());`)).toBe(Array(5).fill('true none').join('\n'));
}, 60_000);

it('leaves no thread behind when it is stopped, or when an observer throws', async () => {
  expect(await script(`const stop = new AbortController();
    setTimeout(() => stop.abort(), 700);
    await train({ ...config, epochs: 1e6 }, { split, workers: 2, signal: stop.signal }).catch(({ code }) => console.log(code, left()));
    await train(config, { split, workers: 2, observe() { throw new Error('mine'); } }).catch(({ message }) => console.log(message, left()));`)).toBe('aborted none\nmine none');
}, 60_000);

it('does not copy the inputs to each thread', async () => {
  // 200 MB of inputs and four threads: copies would be a gigabyte.
  expect(Number(await script(`const n = 200_000;
    const big = { n, width: 1000, outputs: 2, scale: 1, shift: 0, inputs: new Uint8Array(1000 * n).fill(1), labels: new Uint8Array(n) };
    const few = { ...big, n: 10, inputs: big.inputs.subarray(0, 10_000), labels: big.labels.subarray(0, 10) };
    const stop = new AbortController();
    await train({ ...config, network: { hidden: [2] }, epochs: 1 }, { split: { name: 'big', train: big, validation: few }, workers: 4, signal: stop.signal, observe: () => stop.abort() }).catch(() => undefined);
    console.log(Math.round(process.resourceUsage().maxRSS / 1000));`))).toBeLessThan(900);
}, 60_000);
