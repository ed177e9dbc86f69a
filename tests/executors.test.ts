/**
 * What threads do to the process around them, in Node, through the built files.
 *
 * Surprise: "the process ends by itself" can only be seen from outside, so these tests run a child and wait for it to end.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { module, moduleOf } from './cases/executor.ts';

const built = new URL('../build/js/src/', import.meta.url);
const scratch = mkdtempSync(join(tmpdir(), 'nadir-executors-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
beforeAll(() => {
  if (!existsSync(new URL('worker.js', built))) throw new Error('build/js is missing: run npm run build first');
});

describe('the process', () => {
  const run = promisify(execFile);
  const start = `import { openPool } from ${JSON.stringify(new URL('platform/tinypool.js', built).href)};
    const job = (name, ...args) => ({ kind: 'call', module: ${JSON.stringify(module)}, export: name, args });\n`;
  const child = async (body: string): Promise<string> => {
    const file = join(scratch, 'child.mjs');
    writeFileSync(file, start + body);
    return (await run(process.execPath, [file], { timeout: 8000 })).stdout.trim();
  };
  const handles = `console.log(process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort|Timeout/.test(name)).join() || 'none');`;

  it('ends by itself while the pool is idle, and not before a job is done', async () => {
    expect(await child(`const pool = await openPool({ workers: 2, setup: null }); console.log(await pool.run(job('double', 2)));`)).toBe('4');
    expect(await child(`const pool = await openPool({ workers: 2, setup: null }); pool.run(job('later', 'late', 300)).then(console.log);`)).toBe('late');
  });

  it('has no handle left after close, a thread that exited or was aborted among them', async () => {
    expect(await child(`const pool = await openPool({ workers: 2, setup: null });
      await Promise.all([pool.run(job('double', 2)), pool.run(job('double', 2))]); await pool.close(); ${handles}`)).toBe('none');
    expect(await child(`const pool = await openPool({ workers: 2, setup: null });
      const exit = { kind: 'call', module: ${JSON.stringify(moduleOf('export const run = () => process.exit(1)'))}, export: 'run', args: [] };
      await pool.run(exit).catch((error) => console.log(error.message));
      await pool.run(job('spin', 1, 9e9), { signal: AbortSignal.timeout(1) }).catch((error) => console.log(error.code)); // its thread has not started yet
      await pool.run(job('spin', 1, 9e9), { signal: AbortSignal.timeout(100) }).catch((error) => console.log(error.code));
      await pool.close(); ${handles}`)).toBe('a worker died: it exited with status 1\naborted\naborted\nnone');
  });

  it('can be a program given on the command line', async () => {
    // A thread inherits --input-type and would refuse to load its file.
    const body = `${start} const pool = await openPool({ workers: 1, setup: null }); console.log(await pool.run(job('double', 2)));`;
    expect((await run(process.execPath, ['--input-type=module', '-e', body], { timeout: 8000 })).stdout.trim()).toBe('4');
  });
});
