/**
 * Executors and the pool under them, in every runtime: the contract over both, then what only threads can do wrong.
 *
 * Surprise: how a thread can end by itself differs by runtime (`process.exit`, `close`), and so does who is told.
 */
import { describe, expect, it } from 'vitest';
import { openPool } from '#pool';
import { serial } from '../../src/executors/serial.ts';
import { threads } from '../../src/executors/threads.ts';
import { collect, executorCases, job, moduleOf } from '../cases/executor.ts';

import type { Call } from '../../src/executors/job.ts';

// vitest rewrites `import(...)` in a page to go through a global of its own, which a worker does not have: give it one.
if ('__vitest_browser_runner__' in globalThis) {
  const global = moduleOf('globalThis.__vitest_browser_runner__ = { wrapDynamicImport: (load) => load() }');
  const Plain = globalThis.Worker;
  globalThis.Worker = class extends Plain {
    constructor(url: string | URL, options?: WorkerOptions) {
      const text = `import ${JSON.stringify(global)}; import ${JSON.stringify(String(url))};`;
      super(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })), options);
    }
  };
}

const source = (body: string, ...args: unknown[]): Call => ({ kind: 'call', module: moduleOf(`export const run = ${body}`), export: 'run', args });
const leave = '() => { globalThis.process?.exit ? process.exit(7) : close(); return new Promise(() => {}); }';

executorCases('serial', async () => serial());
executorCases('threads, 1', () => threads({ workers: 1 }));
executorCases('threads, 3', () => threads({ workers: 3 }));

describe('threads', () => {
  it.each([0, -1, 1.5, 257, NaN, '2', undefined, null])('refuses %j workers', async (workers) => {
    await expect(threads({ workers: workers as number })).rejects.toMatchObject({ code: 'input', message: expect.stringMatching(/^workers is .*; allowed: an integer from 1 to 256$/) });
  });

  it('works on as many jobs at once as it has workers', async () => {
    const executor = await threads({ workers: 2 });
    if (typeof SharedArrayBuffer === 'undefined') return executor.close(); // a page that is not isolated
    // Each waits for the other: one at a time would never end.
    const shared = new SharedArrayBuffer(4);
    const meet = '(b) => { const a = new Int32Array(b); Atomics.add(a, 0, 1); Atomics.notify(a, 0); while (Atomics.load(a, 0) < 2) Atomics.wait(a, 0, 1, 5); return Atomics.load(a, 0); }';
    expect(await collect(executor.map([source(meet, shared), source(meet, shared)]))).toEqual([{ index: 0, value: 2 }, { index: 1, value: 2 }]);
    await executor.close();
  });

  it('moves what it is told to move', async () => {
    const executor = await threads({ workers: 1 });
    const xs = Float64Array.of(1, 2, 3);
    const results = await collect(executor.map([job('sum', xs)], { transfer: (it) => [((it as Call).args[0] as Float64Array).buffer] }));
    expect(results).toEqual([{ index: 0, value: 6 }]);
    expect(xs.length).toBe(0);
    await executor.close();
  });
});

describe('pool', () => {
  it.each([
    ['an exit of its own', leave, /^a worker died: it (exited with status 7|called close\(\))$/],
    ['an uncaught error', '() => { setTimeout(() => { throw new Error("loose"); }); return new Promise(() => {}); }', /^a worker died: .*loose$/],
    ['an unhandled rejection', '() => { Promise.reject(new Error("unhandled")); return new Promise(() => {}); }', /^a worker died: .*unhandled$/],
    ['an answer that cannot be sent', '() => () => 1', /cannot be sent between threads/],
  ])('replaces a worker that ends with %s, and the rest go on', async (_, body, message) => {
    const pool = await openPool({ workers: 2, setup: null });
    const answers = await Promise.allSettled([
      pool.run(job('double', 1)), pool.run(source(body)), pool.run(job('double', 2)), pool.run(source(body)), pool.run(job('double', 3)), pool.run(job('later', 4, 20)),
    ]);
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : answer.reason.code))).toEqual([2, 'worker', 4, 'worker', 6, 4]);
    expect((answers[1] as PromiseRejectedResult).reason.message).toMatch(message);
    await pool.close();
  });

  it('does not give the next job to a thread that died idle', async () => {
    const pool = await openPool({ workers: 1, setup: null });
    for (const body of ['() => { setTimeout(() => { throw new Error("late"); }, 5); return 1; }', leave.replace('{', '{ setTimeout(() => {').replace(' return new', ' }, 5); return 1; return new')]) {
      expect(await pool.run(source(body))).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(await pool.run(job('double', 4))).toBe(8);
    }
    await pool.close();
  });

  it('rejects a job that cannot be sent, and goes on', async () => {
    const pool = await openPool({ workers: 1, setup: null });
    await expect(pool.run({ kind: 'call', args: [() => 1] })).rejects.toMatchObject({ code: 'worker', message: expect.stringContaining('cannot be sent between threads') });
    expect(await pool.run(job('double', 1))).toBe(2);
    await pool.close();
    const closed = await openPool({ workers: 1, setup: () => 1 });
    await expect(closed.run(job('double', 1))).rejects.toMatchObject({ code: 'worker', message: expect.stringContaining('cannot be sent between threads') });
    await closed.close();
  });

  it('aborts a job that runs, one that waits and one that has not begun; the others go on', async () => {
    const pool = await openPool({ workers: 1, setup: null });
    const running = new AbortController();
    const waiting = new AbortController();
    const hang = pool.run(source('() => { for (;;); }'), { signal: running.signal });
    const queued = pool.run(job('double', 1), { signal: waiting.signal });
    const kept = pool.run(job('double', 2), { signal: new AbortController().signal });
    waiting.abort();
    await expect(queued).rejects.toMatchObject({ code: 'aborted' });
    setTimeout(() => running.abort(), 60);
    await expect(hang).rejects.toMatchObject({ code: 'aborted' });
    expect(await kept).toBe(4);
    await expect(pool.run(job('double', 1), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    running.abort(); // long after: nothing happens
    expect(await pool.run(job('double', 5))).toBe(10);
    await pool.close();
  });

  it('closes with jobs at work and in line', async () => {
    const pool = await openPool({ workers: 2, setup: null });
    const jobs = [1, 2, 3].map(() => pool.run(source('() => { for (;;); }')));
    const settled = Promise.allSettled(jobs);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await pool.close();
    expect((await settled).map((answer) => (answer as PromiseRejectedResult).reason.code)).toEqual(['aborted', 'aborted', 'aborted']);
    await expect(pool.run(job('double', 1))).rejects.toMatchObject({ code: 'worker', message: expect.stringContaining('the pool is closed') });
  });

  if (typeof WebAssembly === 'object') it('hands the setup, a compiled module in it, to every thread once', async () => {
    // (module (func (export "f") (result i32) i32.const 42))
    const wasm = await WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 6, 1, 4, 0, 65, 42, 11));
    const pool = await openPool({ workers: 2, setup: { wasm, big: new Float64Array(10) } });
    expect(await Promise.all([1, 2, 3, 4].map((x) => pool.run(job('double', x))))).toEqual([2, 4, 6, 8]);
    await pool.close();
  });
});
