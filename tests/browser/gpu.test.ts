/**
 * The GPU path: in Chromium on its software rasteriser, in Node where there is no device. gpu.js comes from npm, so that this is no portable test.
 * In a page the library stands under the name that its script tag gives it.
 */
import { beforeAll, expect, inject, it } from 'vitest';
import { openGpu } from '../../src/backend/gpu.ts';
import { combinations, createRandom } from '../../src/index.ts';

const page = inject('runtime') === 'chromium';
const random = createRandom(11);

it('where gpu.js is missing one sentence says how to get it', async () => {
  const missing = expect.objectContaining({ code: 'runtime', message: expect.stringMatching(/^gpu\.js cannot be loaded \(.*\); add it with `npm i gpu\.js --omit=optional`, in a page with a script tag, or leave gpu out$/) });
  await expect(openGpu(undefined, 'gpu.js-that-is-not-there')).rejects.toEqual(missing);
  if (page) await expect(combinations(Array.from({ length: 16 }, (_, i) => i + 0.5), 20, { gpu: 'auto' })).rejects.toEqual(missing);
});

function problem(i: number): { c: number[]; target: number } {
  const n = 16 + random.int(5);
  const c = Array.from({ length: n }, () => (i % 3 === 2 ? random.int(2000) / 100 : random.normal() * 10));
  return { c, target: c.reduce((s, x) => s + (random.int(2) === 0 ? 0 : x), 0) * [1, 0.999, 3][i % 3]! };
}
/** The result without what speaks of the device. */
const plain = ({ device: _device, why: _why, ...rest }: Awaited<ReturnType<typeof combinations>>): unknown => rest;

it('combinations with a device equal those without one, and name it', { timeout: 60_000 }, async () => {
  if (page) await import('gpu.js'); // leaves itself in globalThis.GPU
  let proposed = 0;
  for (let i = 0; i < 12; i++) {
    const { c, target } = problem(i);
    const options = { strategy: 'exact', maxIter: 3, earlyStopping: i % 4 === 3, tolerance: i % 2 === 0 ? 0 : 1e-6 };
    const [with_, without] = [await combinations(c, target, { ...options, gpu: 'auto' as const }), await combinations(c, target, options)];
    expect(plain(with_)).toEqual(plain(without));
    expect(without.device).toBeUndefined();
    expect(with_.device).toMatch(page ? /^webgpu: .*swiftshader|^webgl2: .*SwiftShader/ : /^none: gpu\.js has no GPU here \(webgpu: .*; webgl2: .*\)$/);
    if (/proposed in [1-9]/.test(with_.why ?? '')) proposed++;
  }
  if (page) expect(proposed).toBeGreaterThan(5);
  else expect(proposed).toBe(0);
});

it('what is not for a device says so', async () => {
  const c = Array.from({ length: 17 }, () => random.normal());
  const device = async (coefficients: number[], options: object): Promise<string | undefined> => (await combinations(coefficients, 1, { gpu: 'auto', maxIter: 1, ...options })).device;
  expect(await device(c.slice(5), {})).toBe('none: it takes 16 to 28 coefficients, these are 12');
  expect(await device(Array.from({ length: 30 }, () => random.normal()), {})).toBe('none: it takes 16 to 28 coefficients, these are 30');
  expect(await device(c, { strategy: 'greedy' })).toBe('none: strategy greedy uses none; exact, brute, parallel do');
  expect(await device(c, { indexFiltering: true })).toBe('none: index filtering uses none');
  expect(await device(c, { mode: 'convergent' })).toBe('none: mode convergent uses none');
  await expect(combinations(c, 1, { gpu: true as never })).rejects.toThrow('gpu is true; allowed: false, auto');
});

beforeAll(() => { if (page) console.warn = () => undefined; }); // gpu.js speaks of fallbacks there
if (page) {
  it.each(['webgpu', 'webgl2'] as const)('%s: the least of every 8 heads and 128 tails, to a unit in the last place', { timeout: 60_000 }, async (mode) => {
    const gpu = await openGpu([mode]);
    if (typeof gpu === 'string') throw new Error(gpu);
    expect(gpu.name).toMatch(new RegExp(`^${mode}: .*swiftshader`, 'i'));
    for (const blocks of [4096, 64, 1]) { // sizes change from run to run
      const [heads, tails] = [8 * blocks, 128].map((length) => Float32Array.from({ length }, () => random.f64() - 0.5)) as [Float32Array, Float32Array];
      const calls = await Promise.all([gpu.leasts(heads, tails), gpu.leasts(heads.slice(0, 8), tails)]);
      for (const [i, out] of calls.entries()) {
        expect(out.length).toBe(i === 0 ? blocks : 1);
        let worst = 0;
        out.forEach((least, block) => {
          let want = Infinity;
          for (let k = 0; k < 8; k++) for (const tail of tails) want = Math.min(want, Math.abs(heads[8 * block + k]! + tail));
          worst = Math.max(worst, Math.abs(least - want));
        });
        expect(worst).toBeLessThanOrEqual(2 ** -23);
      }
    }
  });
}
