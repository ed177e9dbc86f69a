/**
 * The package as its users get it: packed, listed, linted, installed in an empty folder, imported by Node, bundled by Vite and run in Chromium.
 * One line a check, last line `N passed, N failed`. Needs the build.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium as executable, flags } from './chromium.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const temp = mkdtempSync(join(tmpdir(), 'nadir-package-'));
const app = join(temp, 'app');
const limit = 5_000_000;

/** What may be published, and what must be. */
const allowed = [
  /^(package\.json|README\.md|LICENSE|NOTICE)$/,
  /^build\/js\/(src|assembly|build)\/[\w/.-]+\.(js|d\.ts)$/,
  /^build\/nadir\.(wasm|browser\.js)$/,
  /^src\/configs\/[\w/.-]+\.json$/,
];
const required = ['README.md', 'LICENSE', 'NOTICE', 'build/js/src/index.js', 'build/js/src/index.d.ts', 'build/js/src/cli.js', 'build/js/src/worker.js', 'build/js/build/wasm.js', 'build/nadir.wasm', 'build/nadir.browser.js'];

async function run(file, args, cwd = root) {
  try {
    return await promisify(execFile)(file, args, { cwd, maxBuffer: 1 << 26, timeout: 180_000, env: { ...process.env, NO_COLOR: '1' } });
  } catch (error) {
    throw new Error(`${[file, ...args].join(' ')}: ${error.message}\n${error.stdout ?? ''}`, { cause: error });
  }
}
function must(condition, message) {
  if (!condition) throw new Error(message);
}
function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

let tarball = '';
let node = {};
const checks = {
  async 'the tarball holds what it should and nothing else'() {
    const [packed] = JSON.parse((await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', temp])).stdout);
    tarball = join(temp, packed.filename);
    const paths = packed.files.map((file) => file.path);
    const extra = paths.filter((path) => !allowed.some((pattern) => pattern.test(path)));
    must(extra.length === 0, `not in the allowlist of tests/package.mjs: ${extra.join(', ')}`);
    const missing = required.filter((path) => !paths.includes(path));
    must(missing.length === 0, `not in the tarball: ${missing.join(', ')}`);
    return `${paths.length} files, ${(packed.size / 1000).toFixed(0)} kB packed`;
  },
  async 'publint finds nothing'() {
    const { publint } = await import('publint');
    const { formatMessage } = await import('publint/utils');
    const { messages, pkg } = await publint({ pkgDir: root, strict: true });
    must(messages.length === 0, messages.map((message) => formatMessage(message, pkg)).join('\n'));
  },
  async 'are the types wrong? no'() {
    must(tarball !== '', 'there is no tarball');
    await run(process.execPath, [join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js'), tarball, '--profile', 'esm-only', '--exclude-entrypoints', './nadir.wasm', './package.json', '--no-color', '--no-emoji']);
  },
  async 'it installs in an empty folder, small and without scripts'() {
    must(tarball !== '', 'there is no tarball');
    mkdirSync(app);
    writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }');
    await run('npm', ['install', tarball, '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], app);
    const installed = files(join(app, 'node_modules'));
    const bytes = installed.reduce((sum, file) => sum + statSync(file).size, 0);
    must(bytes < limit, `installed it takes ${bytes} bytes, allowed are ${limit}`);
    for (const file of installed.filter((path) => path.endsWith('package.json'))) {
      const { scripts = {} } = JSON.parse(readFileSync(file, 'utf8'));
      for (const script of ['preinstall', 'install', 'postinstall', ...(file.includes('/nadir/') ? ['prepare'] : [])]) must(scripts[script] === undefined, `${file} has a script "${script}"`);
    }
    for (const peer of Object.keys(manifest.peerDependencies ?? {})) must(!existsSync(join(app, 'node_modules', peer)), `the optional peer ${peer} was installed`);
    return `${(bytes / 1e6).toFixed(2)} MB with dependencies`;
  },
  async 'Node imports it'() {
    writeFileSync(join(app, 'user.js'), `${user('console.log')}`);
    const { stdout } = await run(process.execPath, ['user.js'], app);
    node = JSON.parse(stdout);
    must(node.cost > 0 && Number.isFinite(node.best.loss), `minimize answered ${stdout}`);
    return `loss ${node.best.loss}`;
  },
  async 'its command runs'() {
    const { stdout } = await run(join(app, 'node_modules/.bin/nadir'), ['list', '--json'], app);
    must(JSON.parse(stdout).optimizers.length > 0, `nadir list --json printed ${stdout}`);
  },
  async 'the one-file bundle imports in Node and answers the same'() {
    writeFileSync(join(app, 'bundle.js'), user('console.log').replace("'nadir'", "'nadir/browser'"));
    const { stdout } = await run(process.execPath, ['bundle.js'], app);
    must(stdout.trim() === JSON.stringify(node), `Node through the package: ${JSON.stringify(node)}; the bundle: ${stdout}`);
    writeFileSync(join(app, 'names.js'), "const [bundle, ...parts] = await Promise.all(['nadir/browser', 'nadir', 'nadir/programs'].map((name) => import(name)));\nconsole.log(parts.flatMap((part) => Object.keys(part)).filter((name) => !(name in bundle)).join());");
    const { stdout: missing } = await run(process.execPath, ['names.js'], app);
    must(missing.trim() === '', `the bundle does not export ${missing}`);
  },
  async 'a Vite app builds with it'() {
    const { build } = await import('vite');
    writeFileSync(join(app, 'index.html'), '<!doctype html><title>waiting</title><script type="module" src="./main.js"></script>');
    writeFileSync(join(app, 'main.js'), user('(text) => { document.title = text; }'));
    const warnings = [];
    const logger = { info() {}, warn: (text) => warnings.push(text), warnOnce: (text) => warnings.push(text), error: (text) => warnings.push(text), clearScreen() {}, hasErrorLogged: () => false, hasWarned: false };
    await build({ root: app, configFile: false, customLogger: logger, build: { chunkSizeWarningLimit: 5000 } });
    must(warnings.length === 0, warnings.join('\n'));
    const node = files(join(app, 'dist')).filter((file) => file.endsWith('.js') && /from\s*["']node:|import\s*\(?["']node:/.test(readFileSync(file, 'utf8')));
    must(node.length === 0, `${node.join(', ')} import node: modules`);
  },
  async 'the Vite app runs in Chromium and answers the same'() {
    const { preview } = await import('vite');
    const { chromium } = await import('playwright');
    const server = await preview({ root: app, configFile: false, logLevel: 'error', preview: { host: '127.0.0.1', port: 0 } });
    const browser = await chromium.launch({ executablePath: executable(), args: flags });
    try {
      const page = await browser.newPage();
      const errors = [];
      page.on('pageerror', (error) => errors.push(error.message));
      await page.goto(`http://127.0.0.1:${server.httpServer.address().port}/`);
      await page.waitForFunction("document.title !== 'waiting'", undefined, { timeout: 60_000 }).catch((error) => {
        throw new Error(`${error.message}\n${errors.join('\n')}`, { cause: error });
      });
      const title = await page.title();
      must(title === JSON.stringify(node), `Node: ${JSON.stringify(node)}; Chromium: ${title}`);
    } finally {
      await browser.close();
      await server.close();
    }
  },
};

/** A user's program: the same text in Node and in a page. */
function user(print) {
  return `import { minimize } from 'nadir';
const { best, cost } = await minimize((x) => x[0] * x[0] + (x[1] - 1) * (x[1] - 1), { dim: 2, lower: -5, upper: 5, cost: 500, seed: 1 });
(${print})(JSON.stringify({ best: { x: [...best.x], loss: best.loss }, cost }));
`;
}

let passed = 0;
let failed = 0;
try {
  for (const [name, check] of Object.entries(checks)) {
    try {
      const said = await check();
      passed++;
      console.log(`ok     ${name}${said === undefined ? '' : `: ${said}`}`);
    } catch (error) {
      failed++;
      console.log(`FAILED ${name}\n${error.message}`);
    }
  }
} finally {
  rmSync(temp, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
