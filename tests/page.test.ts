/** The example page in a real Chromium, under the content security policy a careful site would set. */
import { createServer, type Server } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { chromium as playwright, type Browser } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { minimize } from '../src/index.ts';
import { chromium, flags } from './chromium.mjs';

const TYPES: { [ending: string]: string } = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self' 'unsafe-inline'";
const NO_WASM = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'";

let browser: Browser;
const servers: Server[] = [];

beforeAll(async () => {
  browser = await playwright.launch({ executablePath: chromium(), args: flags });
});
afterAll(async () => {
  await browser?.close();
  for (const server of servers) server.close();
});

async function serve(policy: string): Promise<string> {
  const server = createServer(async ({ url }, response) => {
    const path = new URL(url!, 'http://here').pathname;
    const file = /^\/(tests\/page|build)\/[\w.-]+$/.test(path) ? await readFile(new URL(`..${path}`, import.meta.url)).catch(() => undefined) : undefined;
    response.writeHead(file ? 200 : 404, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', 'content-security-policy': policy });
    response.end(file);
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/tests/page/index.html`;
}

it.each([
  ["script-src 'self' 'wasm-unsafe-eval'", STRICT, ''],
  ["script-src 'self' alone, where the plain twin takes over", NO_WASM, ''],
  ['two workers of its own beside it', STRICT, '?workers=2'],
])('minimizes in a worker under %s, with the bits of this process, and never blocks the page for 50 ms', async (_, policy, query) => {
  const page = await browser.newPage({ viewport: { width: 920, height: 760 } });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${await serve(policy)}${query}`);
  await page.waitForSelector('body[data-ready]');
  await page.fill('#cost', '60000');
  await page.click('button');
  await page.waitForSelector('body[data-done]', { timeout: 30000 });
  const { done, longest, outcome } = await page.evaluate(() => ({ ...document.body.dataset }));
  expect([done, errors]).toEqual(['yes', []]);
  const here = await minimize({ problem: 'rastrigin' }, { optimizer: 'evolution', seed: 1, cost: 60000 });
  expect(JSON.parse(outcome!)).toEqual({ loss: here.best.loss, x: [...here.best.x], cost: here.cost, trace: here.trace });
  expect(Number(longest)).toBeLessThan(50);
  const box = (await page.locator('#chart svg').boundingBox())!;
  expect(box.width).toBeGreaterThan(600);
  if (process.env.NADIR_SCREENSHOT) await page.screenshot({ path: process.env.NADIR_SCREENSHOT });
  await page.close();
}, 60000);
