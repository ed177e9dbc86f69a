#!/usr/bin/env node
/**
 * Runs the cells of alme.ipynb from the top and writes what they gave back into it: `node bench/notebooks/run.mjs [--out FILE] [--by jupyter|deno]`.
 *
 * Where `jupyter nbconvert` is installed it does that, with our Deno as its kernel; else all cells run in one Deno process, as one module that shares its names
 * and has the kernel's `Deno.jupyter.display`. Both ways write the same file. NADIR_RESULTS is the folder of results. Needs the build, which deno.json here
 * names as `nadir`. Surprise: the kernel may say that a cell has ended before it has sent the value of its last line, which is then lost; so cells await display.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const path = join(here, 'alme.ipynb');
const { out = path, by } = parseArgs({ options: { out: { type: 'string' }, by: { type: 'string' } } }).values;
const deno = process.env.DENO ?? join(root, 'node_modules/.bin/deno');
const env = { ...process.env, NO_COLOR: '1', ...(process.env.NADIR_RESULTS && { NADIR_RESULTS: resolve(process.env.NADIR_RESULTS) }) };

/** Ends with one sentence; what a program said goes before it. */
function fail(why, said = '') {
  console.error(`${said}${said && !said.endsWith('\n') ? '\n' : ''}run.mjs: ${why}`);
  process.exit(1);
}
function run(file, args, options) {
  const ended = spawnSync(file, args, { cwd: here, env, encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  return { ...ended, ok: ended.status === 0, stderr: ended.error ? String(ended.error.message) : ended.stderr };
}

const MARK = '\u001e';
const prelude = `
const __write = (value: unknown) => {
  let bytes = new TextEncoder().encode('${MARK}' + JSON.stringify(value) + '${MARK}');
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes)); // a pipe may take less
};
(Deno as any).jupyter = {
  display: (data: unknown, { raw = false } = {}) => raw ? Promise.resolve(void __write({ data })) : Promise.reject(new Error('display is called without raw; allowed: { raw: true }')),
};
`;

/** What each code cell shows, in one process: between two marks on its output is what we say, the rest is what a cell prints. */
function byDeno(sources) {
  const { ok, stdout, stderr } = run(deno, ['run', '-A', '--quiet', '--ext=ts', '-'], { input: prelude + sources.map((source, cell) => `__write({ cell: ${cell} });\n${source}\n`).join('') });
  const given = sources.map(() => []);
  let cell = -1;
  for (const [i, piece] of (stdout ?? '').split(MARK).entries()) {
    const { cell: next = cell, data } = i % 2 ? JSON.parse(piece) : {};
    cell = next;
    if (data) given[cell].push({ data });
    else if (i % 2 === 0 && piece && cell >= 0) given[cell].push({ text: piece });
  }
  if (!ok) fail(cell < 0 ? 'the cells do not load' : `code cell ${cell + 1} of ${sources.length} failed`, stderr);
  return given;
}

/** The same by the kernel. */
function byJupyter() {
  const folder = mkdtempSync(join(tmpdir(), 'nadir-notebook-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'kernels/deno'), { recursive: true });
  writeFileSync(join(folder, 'kernels/deno/kernel.json'), JSON.stringify({ argv: [deno, 'jupyter', '--kernel', '--conn', '{connection_file}'], display_name: 'Deno', language: 'typescript' }));
  const args = ['nbconvert', '--to', 'notebook', '--execute', '--ExecutePreprocessor.timeout=-1', '--ExecutePreprocessor.kernel_name=deno', '--output-dir', folder, '--output', 'executed.ipynb', path];
  const { ok, stderr } = run('jupyter', args, { env: { ...env, JUPYTER_PATH: folder } });
  if (!ok) fail('jupyter nbconvert failed', stderr);
  const whole = (value) => [value].flat().join('');
  return JSON.parse(readFileSync(join(folder, 'executed.ipynb'), 'utf8')).cells.filter(({ cell_type: type }) => type === 'code').map(({ outputs }) =>
    outputs.filter(({ data, name }) => data || name === 'stdout').map(({ data, text }) => (data ? { data: Object.fromEntries(Object.entries(data).map(([type, value]) => [type, whole(value)])) } : { text: whole(text) })));
}

const lines = (text) => text.split(/(?<=\n)/);
if (by !== undefined && by !== 'jupyter' && by !== 'deno') fail(`--by is ${by}; allowed: jupyter, deno`);
if (!existsSync(deno)) fail(`there is no ${deno}; npm ci brings one, and DENO may name another`);
if (!existsSync(join(root, 'build/js/src/index.js'))) fail('there is no build; npm run build makes it');
const notebook = JSON.parse(readFileSync(path, 'utf8'));
const code = notebook.cells.filter(({ cell_type: type }) => type === 'code');
const way = by ?? (run('jupyter', ['nbconvert', '--version']).ok ? 'jupyter' : 'deno');
const given = way === 'jupyter' ? byJupyter() : byDeno(code.map(({ source }) => source.join('')));
for (const [i, shown] of given.entries()) {
  code[i].execution_count = i + 1;
  code[i].outputs = shown.map(({ data, text }) => (data
    ? { data: Object.fromEntries(Object.entries(data).map(([type, value]) => [type, lines(value)])), metadata: {}, output_type: 'display_data' }
    : { name: 'stdout', output_type: 'stream', text: lines(text) }));
}
const text = `${JSON.stringify(notebook, null, 1)}\n`;
writeFileSync(out, text);
console.log(`${code.length} code cells ran by ${way}; ${(Buffer.byteLength(text) / 1000).toFixed(0)} kB`);
