/**
 * What the runner costs beyond the runs, and how long the benchmark's grids take. The long ones with `--functions heavy,extreme`.
 *
 * The peer of the overhead is the same work in a bare loop, each run answered by a pool, one job a run, without ids, records or files.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { benchmark, conduct, directory, grid } from '../src/index.ts';
import { threads } from '../src/executors/threads.ts';
import { cores, files } from '../src/platform/node.ts';
import { median, type Flags, type Print } from './harness.ts';

const ROUNDS = 5;

export async function bench(print: Print, { functions = '' }: Flags): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'nadir-bench-experiments-'));
  let folders = 0;
  const fresh = async (): Promise<Awaited<ReturnType<typeof directory>>> => directory(join(root, `store-${folders++}`), files);
  try {
    const file = join(root, 'operation.mjs');
    writeFileSync(file, `
      export const work = (x) => x * x;
      export const plain = (context, { x }, seeds, capture) => capture.metric('square', work(x));
      const curve = new Float64Array(500);
      export const five = (context, { x }, seeds, capture) => {
        capture.metric('square', work(x));
        capture.artifact('convergence_curve.npz', { iteration: curve, f_value: curve, best_f: curve });
        capture.artifact('best_solution.npz', { x: curve.subarray(0, 20) });
        capture.artifact('trajectory.npz', { iteration: curve.subarray(0, 200), x: { array: new Float64Array(4000), shape: [200, 20] } });
        capture.artifact('summary.json', { x, square: x * x });
        capture.artifact('report.txt', 'x is ' + x);
      };
      export const busy = (context, { x }, seeds, capture) => { let s = 0; for (let i = 0; i < 4e6; i++) s += Math.sqrt(i + x); capture.metric('s', s); };
    `);
    const module = pathToFileURL(file).href;
    const workers = cores();
    const overhead = async (name: string, n: number): Promise<number> => {
      const done = await conduct({ name, operation: { module, export: name }, grid: { x: Array.from({ length: n }, (_, i) => i) } }, { store: await fresh(), workers });
      const records = await done.records();
      if (records.length !== n || records.some(({ params, metrics }) => metrics.square !== (params.x as number) ** 2)) throw new Error(`${name}: the records are not of these runs`);
      return (done.milliseconds * 1000) / n;
    };
    const jobs = async (n: number): Promise<number> => {
      const pool = await threads({ workers });
      await pool.run({ kind: 'call', module, export: 'work', args: [1] } as never);
      const begun = performance.now();
      for await (const result of pool.map(Array.from({ length: n }, (_, x) => ({ kind: 'call', module, export: 'work', args: [x] })))) if (!('value' in result)) throw result.error;
      const took = performance.now() - begun;
      await pool.close();
      return (took * 1000) / n;
    };
    const bare: number[] = [];
    const plain: number[] = [];
    const five: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      bare.push(await jobs(10_000));
      plain.push(await overhead('plain', 10_000));
      five.push(await overhead('five', 2_000));
    }
    print(`${workers} threads, microseconds a run, threads started, ids, claims and records included`);
    print(`no artifacts          ${median(plain).toFixed(0)}   (a pool, one job a run and nothing kept: ${median(bare).toFixed(0)}; ratio ${(median(plain) / median(bare)).toFixed(2)})`);
    print(`five artifacts        ${median(five).toFixed(0)}   (best of ${ROUNDS}: ${Math.min(...five).toFixed(0)})`);

    const script = join(root, 'process.mjs');
    writeFileSync(script, `
      import { conduct, directory } from ${JSON.stringify(new URL('../src/index.js', import.meta.url).href)};
      import { files } from ${JSON.stringify(new URL('../src/platform/node.js', import.meta.url).href)};
      const done = await conduct({ name: 'busy', operation: { module: ${JSON.stringify(module)}, export: 'busy' }, grid: { x: Array.from({ length: 400 }, (_, i) => i) } }, { store: await directory(process.argv[2], files), workers: 1 });
      console.log(done.success);
    `);
    const together = async (n: number): Promise<number> => {
      const path = join(root, `store-${folders++}`);
      const begun = performance.now();
      const made = await Promise.all(Array.from({ length: n }, () => new Promise<number>((resolve, reject) => {
        const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
        let text = '';
        child.stdout.on('data', (data) => (text += data));
        child.on('close', (code) => (code === 0 ? resolve(Number(text)) : reject(new Error(`a process ended with ${code}`))));
      })));
      if (made.reduce((a, b) => a + b) !== 400) throw new Error(`${made.join(' + ')} runs were made of 400`);
      return performance.now() - begun;
    };
    const one: number[] = [];
    const two: number[] = [];
    for (let round = 0; round < 3; round++) {
      one.push(await together(1));
      two.push(await together(2));
    }
    print(`two processes on one store, 400 runs of about 10 ms: ${(median(one) / median(two)).toFixed(2)} times one process`);

    const timed = async (intensity: 'light' | 'medium' | 'heavy' | 'extreme', form: 'product' | 'distinct', limit?: number): Promise<void> => {
      const store = await fresh();
      const definition = benchmark({ intensity, grid: form });
      const runs = limit ?? Number(definition.grid.size) * definition.replicates;
      const done = await conduct(definition, { store, limit });
      if (done.success !== runs) throw new Error(`${intensity}: ${done.success} of ${runs} runs; ${done.failure}`);
      const again = await conduct(definition, { store, limit: limit === undefined ? undefined : 1 });
      print(`${intensity} ${form}: ${runs} runs with all artifacts in ${(done.milliseconds / 1000).toFixed(2)} s${limit === undefined ? `, resumed when finished in ${(again.milliseconds / 1000).toFixed(3)} s` : `, ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB resident at the end`}`);
    };
    await timed('light', 'product');
    await timed('medium', 'product');
    if (functions.includes('heavy')) await timed('heavy', 'distinct');
    if (functions.includes('extreme')) await timed('extreme', 'distinct', 20_000);

    const counted: number[] = [];
    for (let i = 0; i < 20; i++) {
      const begun = performance.now();
      const sizes = (['light', 'medium', 'heavy', 'extreme'] as const).flatMap((intensity) => (['product', 'distinct'] as const).map((form) => benchmark({ intensity, grid: form }).grid.size));
      counted.push(performance.now() - begun);
      if (sizes.join() !== '16,16,384,108,388800,840,9331200000,41800') throw new Error(`the grids have ${sizes.join()} cases`);
    }
    print(`all eight grids made and counted: ${median(counted).toFixed(2)} ms; the size of a product of 10^12: ${grid.product(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`a${i}`, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]))).size}`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
