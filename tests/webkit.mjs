/**
 * The portable suites in WebKit: MiniBrowser of webkit2gtk under Xvfb, driven over WebDriver, on a page served from 127.0.0.1.
 * Last line `N passed, N failed, N skipped`; without the programs a loud SKIPPED, with CI=true a failure.
 */
import { spawn } from 'node:child_process';
import { accessSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer as listen } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const limit = 600_000;

function program(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, name), 1);
      return join(folder, name);
    } catch {}
  }
  return undefined;
}

/** MiniBrowser lies outside the PATH, in a folder that names the architecture and the API version. */
function browser() {
  for (const lib of existsSync('/usr/lib') ? readdirSync('/usr/lib').filter((name) => name.includes('-linux-')) : []) {
    for (const api of readdirSync(`/usr/lib/${lib}`).filter((name) => name.startsWith('webkit2gtk-') || name.startsWith('webkitgtk-')).sort().reverse()) {
      const file = `/usr/lib/${lib}/${api}/MiniBrowser`;
      if (existsSync(file)) return file;
    }
  }
  return undefined;
}

const programs = { WebKitWebDriver: program('WebKitWebDriver'), Xvfb: program('Xvfb'), MiniBrowser: browser() };
const missing = Object.keys(programs).filter((name) => programs[name] === undefined);
if (missing.length > 0) {
  const ci = process.env.CI === 'true';
  console.log(`${ci ? 'MISSING' : 'SKIPPED'}: WebKit was not tested, there is no ${missing.join(', no ')} (Debian: apt-get install webkit2gtk-driver xvfb)`);
  console.log(ci ? '0 passed, 1 failed' : '0 passed, 0 failed, 1 skipped');
  process.exit(ci ? 1 : 0);
}

const ends = [];
/** In its own process group, so that what it starts ends with it. */
function start(file, args, options) {
  const child = spawn(file, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'], ...options });
  child.log = '';
  child.stderr?.on('data', (data) => (child.log += data));
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGTERM');
    } catch {}
  };
  ends.push(end);
  process.on('exit', end);
  return child;
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

function free() {
  return new Promise((resolve) => {
    const server = listen().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function until(what, milliseconds, poll) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const value = await poll();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`${what} did not come within ${milliseconds / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const home = mkdtempSync(join(tmpdir(), 'nadir-webkit-'));
let server;
let session;
let driver;
let wire;
let failed = false;
try {
  const port = await free();
  server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    cacheDir: 'node_modules/.cache/vite-webkit',
    server: { host: '127.0.0.1', port, strictPort: true, hmr: false, watch: null },
    // Scanning first: a dependency found later would reload the page in the middle.
    optimizeDeps: { entries: ['tests/page/suite.html', 'tests/portable/**/*.test.ts'] },
    resolve: {
      alias: {
        vitest: `${root}tests/page/vitest.ts`,
        '#platform': `${root}src/platform/web.ts`,
        '#pool': `${root}src/platform/workers.ts`,
      },
    },
  });
  await server.listen();

  // Xvfb chooses a free display itself and writes its number on descriptor 3.
  const x = start(programs.Xvfb, ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  let display = '';
  x.stdio[3].on('data', (data) => (display += data));
  await until('the display of Xvfb', 20_000, () => (display.endsWith('\n') ? display : undefined));

  const driverPort = await free();
  driver = start(programs.WebKitWebDriver, ['--host=127.0.0.1', `--port=${driverPort}`], {
    env: { ...process.env, DISPLAY: `:${display.trim()}`, HOME: home, XDG_RUNTIME_DIR: home, LIBGL_ALWAYS_SOFTWARE: '1', NO_AT_BRIDGE: '1', GIO_USE_VFS: 'local', WEBKIT_DISABLE_COMPOSITING_MODE: '1' },
  });
  wire = async (method, path, body) => {
    const init = { method, signal: AbortSignal.timeout(60_000) };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(`http://127.0.0.1:${driverPort}${path}`, init);
    const { value } = await response.json();
    if (!response.ok) throw new Error(`WebDriver ${method} ${path}: ${value.error} ${value.message}`);
    return value;
  };
  await until('WebKitWebDriver', 20_000, () => wire('GET', '/status').then((value) => (value.ready ? true : undefined), () => undefined));
  const opened = await wire('POST', '/session', {
    capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary: programs.MiniBrowser, args: ['--automation'] } } },
  });
  session = opened.sessionId;
  console.log(`${opened.capabilities.browserName} ${opened.capabilities.browserVersion}`);

  await wire('POST', `/session/${session}/url`, { url: `http://127.0.0.1:${port}/tests/page/suite.html` });
  const script = "return document.querySelector('#verdict')?.textContent || null";
  const verdict = JSON.parse(await until('the verdict', limit, async () => {
    try {
      return (await wire('POST', `/session/${session}/execute/sync`, { script, args: [] })) ?? undefined;
    } catch (error) {
      if (error.name === 'TimeoutError') return undefined; // a page in the middle of a long test on a loaded machine
      throw error;
    }
  }));
  for (const failure of verdict.failures) console.log(`FAILED ${failure}`);
  if (verdict.passed + verdict.failed === 0) throw new Error('no test ran');
  failed = verdict.failed > 0;
  console.log(`${verdict.passed} passed, ${verdict.failed} failed, ${verdict.skipped} skipped`);
} catch (error) {
  console.log(error.stack ?? error);
  if (driver?.log) console.log(driver.log);
  console.log('0 passed, 1 failed');
  failed = true;
} finally {
  if (session !== undefined) await wire('DELETE', `/session/${session}`).catch(() => undefined);
  for (const end of ends.reverse()) end();
  await server?.close();
  rmSync(home, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
