/**
 * One suite, every runtime: project `node` runs all tests in the host (Node, or Deno and Bun for the portable ones),
 * `plain` the portable ones with WebAssembly deleted, `chromium` and `firefox` run tests/portable in a page (`firefox` without tests/methods.mjs). What differs by runtime is chosen as package.json `imports` chooses it.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { chromium, flags } from './tests/chromium.mjs';
import methods from './tests/methods.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    runtime: 'node' | 'deno' | 'bun' | 'chromium' | 'firefox' | 'webkit';
  }
}

const host = 'Deno' in globalThis ? 'deno' : 'Bun' in globalThis ? 'bun' : 'node';
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const alias = (platform: 'node' | 'web', pool: 'tinypool' | 'workers') => ({
  '#platform': file(`src/platform/${platform}.ts`),
  '#pool': file(`src/platform/${pool}.ts`),
});

const projects: TestProjectConfiguration[] = [
  {
    resolve: { alias: alias('node', host === 'deno' ? 'workers' : 'tinypool') },
    test: {
      name: 'node',
      environment: 'node',
      include: host === 'node' ? ['tests/**/*.test.ts'] : ['tests/portable/**/*.test.ts'],
      pool: 'forks',
      testTimeout: 30_000,
      provide: { runtime: host },
    },
  },
  {
    resolve: { alias: alias('node', 'tinypool') },
    test: {
      name: 'plain',
      environment: 'node',
      include: ['tests/portable/**/*.test.ts'],
      setupFiles: ['tests/plain.ts'],
      pool: 'forks',
      testTimeout: 30_000,
      provide: { runtime: host },
    },
  },
];

// Browsers are driven from Node only, and looked for only when they are wanted.
const named = process.argv.flatMap((arg, i) => (arg === '--project' ? [process.argv[i + 1]] : arg.startsWith('--project=') ? [arg.slice(10)] : []));
const wanted = (name: string): boolean => host === 'node' && (named.length === 0 || named.includes(name));

// vitest wraps every dynamic import in a page. It knows only the workers that Vite starts itself, and ours starts by a path that bundlers do not see.
const worker = {
  name: 'nadir:worker',
  transform: (code: string, id: string): string | undefined =>
    /\/src\/worker\.ts(\?|$)/.test(id) ? `globalThis.__vitest_browser_runner__ ??= { wrapDynamicImport: (load) => load() };\n${code}` : undefined,
};

async function browser(name: 'chromium' | 'firefox', options: object): Promise<TestProjectConfiguration> {
  const { playwright } = await import('@vitest/browser-playwright');
  return {
    resolve: { alias: alias('web', 'workers') },
    plugins: [worker],
    cacheDir: `node_modules/.cache/vite-${name}`,
    ...(name === 'chromium' ? { optimizeDeps: { include: ['gpu.js'] } } : {}), // else Vite finds it in mid-run and reloads
    test: {
      name,
      include: ['tests/portable/**/*.test.ts', ...(name === 'chromium' ? ['tests/browser/**/*.test.ts'] : [])], // Firefox has no WebGL without a screen
      exclude: name === 'firefox' ? methods : [],
      testTimeout: 30_000,
      provide: { runtime: name },
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        api: { host: '127.0.0.1' },
        provider: playwright(options),
        instances: [{ browser: name }],
      },
    },
  };
}
if (wanted('chromium')) projects.push(await browser('chromium', { launchOptions: { executablePath: chromium(), args: flags } }));
const firefox = '/usr/bin/firefox-esr';
if (wanted('firefox') && existsSync(firefox)) {
  projects.push(await browser('firefox', {
    launchOptions: { channel: 'moz-firefox', executablePath: firefox },
    contextOptions: { colorScheme: null, reducedMotion: null, forcedColors: null, contrast: null },
  }));
}

export default defineConfig({
  test: {
    projects,
    maxWorkers: 2,
    coverage: { provider: 'v8', include: ['src/**'], reportsDirectory: 'coverage' },
  },
});
