/**
 * When does a GPU pay? One exact cycle through `combinations()` in Chromium, with and without the device, over WebGPU and over WebGL 2; the device is named, whatever it is.
 *
 * Chromium's own rasteriser stands in where there is no card. The page is a secure origin or not, which is what WebGPU depends on, so each way of drawing has its turn.
 */
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright';
import type { combinations } from '../src/index.ts';
import type { Print } from './harness.ts';

const SIZES = [16, 18, 20, 22, 24, 26, 28];
const ROUNDS = 5;
const ORIGINS = ['http://localhost/', 'http://nadir.test/'];
interface Row { readonly n: number; readonly exact: number; readonly brute: number; readonly gpu: number; readonly device: string; readonly why: string; readonly same: boolean }

export async function bench(print: Print): Promise<void> {
  const root = new URL('../../../', import.meta.url);
  const { chromium: path, flags } = (await import(new URL('tests/chromium.mjs', root).href)) as { chromium: () => string; flags: string[] };
  const browser = await chromium.launch({ executablePath: path(), args: flags });
  try {
    for (const origin of ORIGINS) {
      const page = await browser.newPage();
      await page.route('**/*', (route) => {
        const url = route.request().url();
        return url.endsWith('nadir.js') ? route.fulfill({ contentType: 'text/javascript', body: readFileSync(new URL('build/nadir.browser.js', root)) }) : route.fulfill({ contentType: 'text/html', body: '<title>bench</title>' });
      });
      await page.goto(origin);
      await page.addScriptTag({ type: 'module', content: "globalThis.nadir = await import('/nadir.js')" });
      await page.waitForFunction(() => 'nadir' in globalThis);
      await page.addScriptTag({ path: new URL('node_modules/gpu.js/dist/gpu-browser.js', root).pathname });
      const rows = await page.evaluate(measure, { sizes: SIZES, rounds: ROUNDS });
      const bad = rows.find(({ same, why }) => !same || !/^the device proposed in 1 of 1 cycles$/.test(why));
      if (bad !== undefined) throw new Error(`n = ${bad.n}: ${bad.same ? `no device was at work: ${bad.device}; ${bad.why}` : 'the results differ'}`);
      print(`${rows[0]!.device}; ms a cycle, median of ${ROUNDS}`);
      for (const { n, exact, brute, gpu } of rows) print(`n=${n}  exact ${exact.toFixed(1)}  every line ${brute.toFixed(1)}  device ${gpu.toFixed(1)}: ${(gpu / brute).toFixed(1)} x every line, ${(gpu / Math.max(exact, 0.1)).toFixed(0)} x exact`);
    }
  } finally {
    await browser.close();
  }
}

/** Runs in the page; its clock ticks every 0.1 ms. */
async function measure({ sizes, rounds }: { sizes: number[]; rounds: number }): Promise<Row[]> {
  const { nadir } = globalThis as unknown as { nadir: { combinations: typeof combinations; createRandom: (seed: number) => { normal(): number } } };
  const rows: Row[] = [];
  for (const n of sizes) {
    const random = nadir.createRandom(n);
    const c = Array.from({ length: n }, () => random.normal());
    const ways = [{}, { strategy: 'brute' }, { gpu: 'auto' as const }];
    const times: number[][] = [[], [], []];
    const results: Awaited<ReturnType<typeof combinations>>[] = [];
    for (let round = -1; round < rounds; round++) {
      for (const [way, options] of ways.entries()) {
        const begun = performance.now();
        results[way] = await nadir.combinations(c, 1.2345, { maxIter: 1, ...options });
        if (round >= 0) times[way]!.push(performance.now() - begun);
      }
    }
    const [exact, brute, gpu] = times.map((list) => list.sort((a, b) => a - b)[list.length >> 1]!) as [number, number, number];
    const same = new Set(results.map((result) => JSON.stringify(result.winners))).size === 1;
    rows.push({ n, exact, brute, gpu, device: results[2]!.device!, why: results[2]!.why!, same });
  }
  return rows;
}
