/** The notebook runs from the top: without results on its stand-ins, and on a folder as `nadir networks` leaves it. Needs deno and the build: SKIPPED without deno, a failure with CI=true. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const notebook = join(root, 'bench/notebooks/alme.ipynb');
const folder = mkdtempSync(join(tmpdir(), 'nadir-notebook-'));

const found = existsSync(process.env.DENO ?? join(root, 'node_modules/.bin/deno'));
if (!found && process.env.CI !== 'true') console.log('SKIPPED: the notebook was not run, there is no deno (npm ci brings one)');

interface Output { readonly output_type: string; readonly text?: readonly string[]; readonly data?: { readonly [type: string]: readonly string[] } }
interface Cell { readonly cell_type: string; readonly id: string; readonly source: readonly string[]; readonly execution_count?: number | null; readonly outputs?: readonly Output[] }
const codeOf = (path: string): Cell[] => (JSON.parse(readFileSync(path, 'utf8')).cells as Cell[]).filter(({ cell_type: type }) => type === 'code');
const saidBy = ({ outputs = [] }: Cell): string => outputs.flatMap(({ text = [], data = {} }) => [...text, ...Object.values(data).flat()]).join('');

/** Runs it over a folder of results; in one process of Deno whatever is installed here. */
function ran(results: string, name: string): Cell[] {
  const out = join(folder, name);
  execFileSync(process.execPath, [join(root, 'bench/notebooks/run.mjs'), '--by', 'deno', '--out', out], { cwd: folder, env: { ...process.env, NADIR_RESULTS: results }, stdio: 'pipe' });
  return codeOf(out);
}

it('alme.ipynb is committed as it ran: every cell in order, no error, no path of a machine, not large', () => {
  const text = readFileSync(notebook, 'utf8');
  const { nbformat, metadata, cells } = JSON.parse(text) as { readonly nbformat: number; readonly metadata: { readonly kernelspec: unknown }; readonly cells: readonly Cell[] };
  expect([nbformat, metadata.kernelspec]).toEqual([4, { display_name: 'Deno', language: 'typescript', name: 'deno' }]);
  expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length);
  const code = codeOf(notebook);
  expect(code.map((cell) => cell.execution_count)).toEqual(code.map((_, i) => i + 1));
  expect(code.flatMap(({ outputs = [] }) => outputs.map((output) => output.output_type)).filter((type) => type !== 'display_data')).toEqual([]);
  expect(/\/(home|root|work|tmp|Users)\/|file:\/\//.exec(text)).toBe(null);
  expect(/NaN|undefined|\[object/.exec(code.map(saidBy).join(''))).toBe(null);
  expect(text.length).toBeLessThan(400_000);
  expect(`${JSON.stringify(JSON.parse(text), null, 1)}\n`).toBe(text); // as run.mjs writes it
});

describe.skipIf(!found && process.env.CI !== 'true')('alme.ipynb', () => {
  it('makes stand-ins without results, says so, and gives the same twice', () => {
    const cells = ran('nowhere', 'one.ipynb');
    expect(saidBy(cells[1]!)).toContain('STAND-INS');
    expect(saidBy(cells[1]!)).toContain('9 training runs of 3 experiments, 96 landscape runs on 3 problems');
    expect(cells.filter(({ outputs }) => outputs!.some(({ data }) => data?.['image/svg+xml']?.join('').startsWith('<svg ')))).toHaveLength(6);
    expect(saidBy(cells.at(-1)!)).toMatch(/\*\*Of stand-ins, not of the study:\*\*[^]*\*\*Landscapes\.\*\*[^]*\*\*Training\.\*\*/);
    ran('nowhere', 'two.ipynb');
    expect(readFileSync(join(folder, 'two.ipynb'), 'utf8')).toBe(readFileSync(join(folder, 'one.ipynb'), 'utf8'));
  }, 120_000);

  it('tells what a folder of results says, from made numbers', () => {
    const results = mkdtempSync(join(folder, 'results-'));
    // Escape ends at 0.1 + seed / 100 and Adam at 0.3 + seed / 100: five against five that do not overlap, p = 2 / (10 over 5).
    const run = (experiment: string, name: string, loss: number, accuracy: number, seed: number): object => {
      const epochs = [0, 1, 2].map((epoch) => ({ epoch, step: 10 * epoch, cost: 3 * epoch, trainLoss: 2 - 0.9 * epoch + loss, trainAccuracy: 0.5, validationLoss: epoch === 2 ? loss : 2, validationAccuracy: 0.5 }));
      const escape = name === 'escape' ? { steps: 20, stagnations: 5, count: 4, accepted: 1, escapes: [{ step: 10, before: 2, after: 1, distance: 3, scale: 2, diversity: 7, accepted: true }], spent: 1.5, scales: [[1, 10]], reach: 1, best: 1 } : null;
      const config = { name: experiment, data: 'mnist', network: { hidden: [4] }, optimizer: { name } };
      return { experiment, config, seed, parameters: 9, examples: { train: 9, validation: 9, test: 9 }, epochs, final: epochs[2], best: epochs[2], test: { loss, accuracy }, history: { step: [1, 2], loss: [2, 1], gradientNorm: [1, 1] }, escape, stop: 'done', reason: null, seconds: 1 };
    };
    for (let seed = 0; seed < 5; seed++) {
      writeFileSync(join(results, `a_seed${seed}_results.json`), JSON.stringify(run('a', 'escape', 0.1 + seed / 100, 0.9, seed)));
      writeFileSync(join(results, `b_seed${seed}_results.json`), JSON.stringify(run('b', 'adam', 0.3 + seed / 100, 0.88, seed)));
    }
    const way = (method: string, seed: number, loss: number, escaped: boolean): object => ({ problem: 'mlp-jagged', dim: 9, method, seed, start: 9, loss, escaped, cost: 100, escapes: 1, overhead: method === 'adam' ? 0 : 0.25, milliseconds: 1, trace: [] });
    const landed = Array.from({ length: 20 }, (_, seed) => [way('adam', seed, 5 + seed, false), way('escape', seed, 30 + seed, true)]).flat();
    writeFileSync(join(results, 'landscape_results.json'), JSON.stringify({ rows: [], runs: landed }));
    const cells = ran(results, 'made.ipynb');
    expect(saidBy(cells[1]!)).toBe('10 training runs of 2 experiments, 40 landscape runs on 1 problem');
    const said = cells.map(saidBy).join('\n');
    expect(said).toContain('| a | escape | 5 | 20 | 0.12 [0.1, 0.14] | 90.00 % [90.00 %, 90.00 %] | 4 [4, 4] | 1 [1, 1] | 25.0 % |');
    expect(said).toContain('mnist, hidden 4: at cost 6 `a` has a median validation loss of 0.12 against 0.32 of `b` (rank-sum p 0.008 after Holm: better), and 2.00 points more test accuracy; its candidates took 25.0 % of the cost.');
    expect(said).toContain('`a` tried 20 escapes in 100 steps and moved in 25 % of them; such a move lowered the loss it was judged by by 50.0 % and went 3 far, where candidates lay 7 apart.');
    expect(said).toMatch(/mlp-jagged: escape left its basin in 100 % of 20 runs, Adam in 0 %; the median loss is 39\.5 against 14\.5 \(adjusted p \de-\d+: worse\)/);
    expect(saidBy(cells.at(-1)!)).toMatch(/worse on 1 of 1 problem \(mlp-jagged\)[^]*better on 1 of 1 experiment \(`a`\)[^]*it does harm on mlp-jagged[^]*this size\*\* it pays\./);
  }, 60_000);

  it('names the cell that fails', () => {
    const results = mkdtempSync(join(folder, 'bad-'));
    writeFileSync(join(results, 'x_results.json'), 'no JSON');
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'bench/notebooks/run.mjs'), '--by', 'deno', '--out', join(folder, 'bad.ipynb')], { env: { ...process.env, NADIR_RESULTS: results }, encoding: 'utf8' });
    expect([status, existsSync(join(folder, 'bad.ipynb'))]).toEqual([1, false]);
    expect(stderr).toMatch(/SyntaxError[^]*run\.mjs: code cell 2 of 13 failed/);
  }, 60_000);
});
