#!/usr/bin/env node
/**
 * `npm test`: every step of the definition of done; `node test.mjs STEP...` runs only those.
 *
 * One line a step, the whole output of a failing one, the last line `N passed, N failed, N skipped`. A browser that is not there is SKIPPED,
 * with CI=true it is a failure. A step that fails without naming a failed test counts as one failure, and so does a step in which no test ran.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

process.chdir(fileURLToPath(new URL('.', import.meta.url)));
const ci = process.env.CI === 'true';
const vitest = 'node_modules/vitest/vitest.mjs';

const steps = {
  build: () => once(process.execPath, ['build.mjs']),
  types: () => once(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json']),
  lint: () => once(process.execPath, ['node_modules/oxlint/bin/oxlint']),
  'as-pect': aspect,
  node: () => suite('node', process.execPath, [vitest, 'run', '--project', 'node']),
  plain: () => suite('plain', process.execPath, [vitest, 'run', '--project', 'plain']),
  chromium: () => suite('chromium', process.execPath, [vitest, 'run', '--project', 'chromium']),
  firefox: () => (existsSync('/usr/bin/firefox-esr') ? suite('firefox', process.execPath, [vitest, 'run', '--project', 'firefox']) : absent('there is no /usr/bin/firefox-esr (Debian: apt-get install firefox-esr)')),
  deno: () => suite('deno', 'node_modules/.bin/deno', ['run', '-A', vitest, 'run', '--project', 'node']),
  bun: () => suite('bun', 'node_modules/.bin/bun', ['--bun', vitest, 'run', '--project', 'node']),
  webkit: () => counted(process.execPath, ['tests/webkit.mjs']),
  package: () => counted(process.execPath, ['tests/package.mjs']),
};

/** A step that passes or fails as a whole. */
async function once(file, args) {
  const { code, output } = await run(file, args);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, output };
}

async function aspect() {
  const patched = await run(process.execPath, ['node_modules/patch-package/index.js', '--patch-dir', 'tests/patches', '--error-on-fail']);
  if (patched.code !== 0) return { passed: 0, failed: 1, skipped: 0, output: patched.output };
  const { code, output } = await run(process.execPath, ['node_modules/@as-pect/cli/bin/asp.js', '--summary']);
  const [, passed, tests] = /\[Tests\]: (\d+) \/ (\d+)/.exec(output) ?? ['', '0', '0'];
  return verdict({ passed: Number(passed), failed: tests - passed, skipped: 0 }, code, output);
}

async function suite(name, file, args) {
  const results = `build/results/${name}.json`;
  mkdirSync('build/results', { recursive: true });
  rmSync(results, { force: true });
  const { code, output } = await run(file, [...args, '--reporter=default', '--reporter=json', `--outputFile.json=${results}`]);
  let counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(results, 'utf8'));
    counts = { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
  } catch {}
  return verdict(counts, code, output);
}

/** A program of ours whose last line is `N passed, N failed`. */
async function counted(file, args) {
  const { code, output } = await run(file, args);
  const [, passed, failed, skipped] = /(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$/.exec(output) ?? [];
  return verdict({ passed: Number(passed ?? 0), failed: Number(failed ?? 0), skipped: Number(skipped ?? 0) }, code, output);
}

function verdict(counts, code, output) {
  const nothing = counts.passed + counts.failed + counts.skipped === 0;
  const failed = counts.failed === 0 && (code !== 0 || nothing) ? 1 : counts.failed;
  return { ...counts, failed, output: nothing ? `${output}\nno test ran` : output };
}

function absent(why) {
  return { passed: 0, failed: ci ? 1 : 0, skipped: ci ? 0 : 1, output: `${ci ? 'MISSING' : 'SKIPPED'}: ${why}` };
}

let running;
function run(file, args) {
  return new Promise((resolve) => {
    // Its own process group: an interrupt ends what it started too. No input, no colour: the output is read.
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { ...process.env, NO_COLOR: '1' } });
    running = child;
    const parts = [];
    child.stdout.on('data', (data) => parts.push(data));
    child.stderr.on('data', (data) => parts.push(data));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code, signal) => {
      // as-pect colours whatever NO_COLOR says.
      const output = stripVTControlCharacters(Buffer.concat(parts).toString());
      resolve({ code: code ?? 1, output: signal ? `${output}\n${file} ended by ${signal}` : output });
    });
  });
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    try {
      if (running) process.kill(-running.pid, 'SIGTERM');
    } catch {}
    process.exit(130);
  });
}

const names = process.argv.slice(2);
const unknown = names.filter((name) => steps[name] === undefined);
if (unknown.length > 0) {
  console.error(`unknown step "${unknown[0]}"; have ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}
const began = performance.now();
const total = { passed: 0, failed: 0, skipped: 0 };
const seconds = (from) => `${((performance.now() - from) / 1000).toFixed(1)} s`;
for (const name of names.length > 0 ? names : Object.keys(steps)) {
  const started = performance.now();
  process.stdout.write(`${name.padEnd(10)}`);
  const { output, ...counts } = await steps[name]();
  for (const key of Object.keys(total)) total[key] += counts[key];
  const said = Object.entries(counts).filter(([key, value]) => value > 0 || key === 'passed').map(([key, value]) => `${value} ${key}`).join(', ');
  console.log(`${said} (${seconds(started)})`);
  if (counts.failed > 0) console.log(`\n${output.trim()}\n\n${name} FAILED\n`);
  else if (counts.skipped > 0) for (const line of output.split('\n')) if (/SKIPPED/.test(line)) console.log(`           ${line.trim()}`);
  // Nothing after a failed build is worth running: it would test the old one.
  if (name === 'build' && counts.failed > 0) break;
}
console.log(`all in ${seconds(began)}`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed > 0 ? 1 : 0);
