/** The suites really run where the runner says they do. */
import { expect, inject, test } from 'vitest';

test('this is the runtime the runner asked for', () => {
  const agent = globalThis.navigator?.userAgent ?? ''; // Node 20 has none
  const here =
    'Deno' in globalThis ? 'deno'
    : 'Bun' in globalThis ? 'bun'
    : typeof document === 'undefined' ? 'node'
    : agent.includes('Firefox/') ? 'firefox'
    : agent.includes('Chrome/') ? 'chromium'
    : agent.includes('AppleWebKit/') ? 'webkit'
    : agent;
  expect(here).toBe(inject('runtime'));
});
