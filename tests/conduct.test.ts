/**
 * The runner on a directory: killed twice and resumed, shared by processes, damaged, interrupted.
 *
 * Surprise: to be killed at any moment means at a moment the test did not choose, so each kill comes after another number of records.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conduct } from '../src/studies/conduct.ts';
import { files } from '../src/platform/index.ts';
import { directory } from '../src/stores/directory.ts';
import { operations } from './cases/operations.ts';
import { root } from './sources.ts';

import type { Definition, RunRecord } from '../src/experiment/record.ts';

let temporary: string;
beforeAll(() => (temporary = mkdtempSync(join(tmpdir(), 'nadir-conduct-'))));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
let folders = 0;
const folder = (): string => join(temporary, `store-${folders++}`);

const demo = (name: string, n: number, more: object = {}): Definition => ({ name: 'demo', operation: { module: operations, export: name }, grid: { x: Array.from({ length: n }, (_, i) => i), ...more }, replicates: 2, seed: 1 });
const open = (path: string): ReturnType<typeof directory> => directory(path, files);

/** Another process that conducts `definition` in `path`. */
function another(path: string, definition: Definition, workers: number, options: object = {}): ChildProcess & { output: string } {
  const script = join(temporary, `child-${folders++}.mjs`);
  writeFileSync(script, `
    import { conduct, directory } from ${JSON.stringify(join(root, 'build/js/src/index.js'))};
    import { files } from ${JSON.stringify(join(root, 'build/js/src/platform/index.js'))};
    const done = await conduct(${JSON.stringify(definition)}, { store: await directory(${JSON.stringify(path)}, files), workers: ${workers}, ...${JSON.stringify(options)} });
    const { size, records, ...rest } = done;
    console.log(JSON.stringify(rest));
  `);
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'pipe'] }) as unknown as ChildProcess & { output: string };
  child.output = '';
  child.stdout!.on('data', (data: Buffer) => (child.output += data));
  child.stderr!.on('data', (data: Buffer) => (child.output += data));
  return child;
}
const exit = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => (child.exitCode !== null ? resolve(child.exitCode) : child.on('close', resolve)));
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Lines in all journals. */
function lines(path: string): number {
  const journals = join(path, 'journal');
  if (!existsSync(journals)) return 0;
  return readdirSync(journals).reduce((sum, name) => sum + readFileSync(join(journals, name), 'utf8').split('\n').filter((line) => line.length > 20).length, 0);
}
function artifacts(path: string): { [name: string]: string } {
  const out: { [name: string]: string } = {};
  for (const name of readdirSync(join(path, 'runs'), { recursive: true, encoding: 'utf8' }).sort()) {
    const file = join(path, 'runs', name);
    if (/\.\w+$/.test(name)) out[name] = readFileSync(file).toString('base64');
  }
  return out;
}
const decided = ({ started: _s, milliseconds: _m, made: _w, attempt: _a, ...rest }: RunRecord): object => rest;

describe('conduct on a directory', () => {
  it('killed twice and resumed is the same as undisturbed, byte for byte', async () => {
    const definition: Definition = { ...demo('square', 150), grid: { x: Array.from({ length: 150 }, (_, i) => i), scale: [1, 2] } };
    const path = folder();
    for (const after of [20, 200]) {
      const child = another(path, definition, 2);
      while (lines(path) < after && child.exitCode === null) await sleep(1);
      child.kill('SIGKILL');
      await exit(child);
      expect(child.output).toBe(''); // it was not done
    }
    const before = lines(path);
    const done = await conduct(definition, { store: await open(path), workers: 2 });
    expect(done.stop).toBe('done');
    expect(done.skipped).toBeGreaterThanOrEqual(200);
    expect(done.skipped).toBeGreaterThanOrEqual(before - 2); // at most a torn line a writer
    expect(done.success + done.skipped).toBe(600);
    const calm = folder();
    const whole = await conduct(definition, { store: await open(calm), workers: 0 });
    expect((await done.records()).map(decided)).toEqual((await whole.records()).map(decided));
    expect(artifacts(path)).toEqual(artifacts(calm));
    expect(Object.keys(artifacts(path)).length).toBe(600 * 5);
    expect(existsSync(join(path, 'aside')) ? readdirSync(join(path, 'aside')) : []).toEqual([]);
    expect(await conduct(definition, { store: await open(path), workers: 2 })).toMatchObject({ success: 0, skipped: 600 });
  }, 60_000);

  it('shared by two processes: each run is made once', async () => {
    const definition = demo('sleeps', 40, { ms: [15] });
    const path = folder();
    mkdirSync(path);
    const children = [another(path, definition, 1), another(path, definition, 1)];
    expect(await Promise.all(children.map(exit)), children.map(({ output }) => output).join('\n')).toEqual([0, 0]);
    const ends = children.map(({ output }) => JSON.parse(output) as { success: number; skipped: number; failed: number });
    expect(ends[0]!.success + ends[1]!.success).toBe(80);
    for (const { success, skipped } of ends) {
      expect(success).toBeGreaterThan(15);
      expect(success + skipped).toBe(80);
    }
    expect(lines(path)).toBe(80);
  }, 60_000);

  it('takes over from a process that was killed while another waits for its claim', async () => {
    const definition = demo('sleeps', 2, { ms: [1500] });
    const path = folder();
    mkdirSync(path);
    const first = another(path, definition, 1);
    while (!existsSync(join(path, 'claims')) || readdirSync(join(path, 'claims')).length === 0) await sleep(5);
    const second = another(path, definition, 1);
    await sleep(500);
    first.kill('SIGKILL');
    expect(await exit(second)).toBe(0);
    expect(JSON.parse(second.output)).toMatchObject({ success: 4, failed: 0, stop: 'done' });
  }, 60_000);

  it('a process that sleeps longer than its lease, and wakes up, spoils nothing', async () => {
    const definition = demo('pieces', 100);
    const path = folder();
    mkdirSync(path);
    const children = [another(path, definition, 1, { lease: 150 }), another(path, definition, 1, { lease: 150 })];
    while (lines(path) === 0) await sleep(5);
    for (let i = 0; children.some(({ exitCode }) => exitCode === null); i++) {
      children[i % 2]!.kill('SIGSTOP');
      await sleep(301 + 7 * i);
      children[i % 2]!.kill('SIGCONT');
      await sleep(60);
    }
    for (const { output } of children) expect(JSON.parse(output), output).toMatchObject({ failed: 0, cancelled: 0, stop: 'done' });
    const calm = folder();
    const whole = await conduct(definition, { store: await open(calm), workers: 0 });
    const again = await conduct(definition, { store: await open(path), workers: 0 });
    expect(again).toMatchObject({ success: 0, skipped: 200 });
    expect((await again.records()).map(decided)).toEqual((await whole.records()).map(decided));
    expect(artifacts(path)).toEqual(artifacts(calm));
  }, 60_000);

  it('reports damaged lines, keeps the rest and makes the lost runs again', async () => {
    const path = folder();
    const definition = demo('plain', 20);
    await conduct(definition, { store: await open(path), workers: 0 });
    const [journal] = readdirSync(join(path, 'journal'));
    const file = join(path, 'journal', journal!);
    const text = readFileSync(file, 'utf8').split('\n');
    const at = text.findIndex((line) => line.length > 20);
    text[at] = text[at]!.replace('"square":', '"squere":');
    text[at + 3] = text[at + 3]!.slice(0, 50);
    writeFileSync(file, text.join('\n'));
    writeFileSync(join(path, 'journal/1-0badcafe.jsonl'), 'deadbeef 0123456789abcdef s 1 {"id"'); // a torn tail is no damage
    rmSync(join(path, 'index.bin'), { force: true });
    const again = await conduct(definition, { store: await open(path), workers: 0 });
    expect(again).toMatchObject({ corrupt: 2, success: 2, skipped: 38 });
  });

  it('refuses a store of a newer version, and leaves it alone', async () => {
    const path = folder();
    mkdirSync(path);
    writeFileSync(join(path, 'nadir.json'), '{ "nadir": 99 }');
    await expect(conduct(demo('plain', 2), { store: await open(path), workers: 0 })).rejects.toMatchObject({ code: 'store', message: expect.stringMatching(/99/) });
    expect(readdirSync(path)).toEqual(['nadir.json']);
  });

  it('can be copied elsewhere and goes on there', async () => {
    const path = folder();
    await conduct(demo('square', 5), { store: await open(path), workers: 1 });
    const copy = folder();
    cpSync(path, copy, { recursive: true });
    expect(await conduct(demo('square', 6), { store: await open(copy), workers: 1 })).toMatchObject({ success: 2, skipped: 10 });
  });

  it('a second run inside one process shares the store, too', async () => {
    const store = await open(folder());
    const definition = demo('sleeps', 20, { ms: [5] });
    const [a, b] = await Promise.all([conduct(definition, { store, workers: 1 }), conduct(definition, { store, workers: 1 })]);
    expect(a.success + b.success).toBe(40);
    expect((await a.records()).length).toBe(40);
  });
});
