import { expect, it } from 'vitest';
import { openBackend } from '../../src/index.ts';
import { backends } from '../cases/backends.ts';

it.each(backends)('%s: scopes free what was taken through them, in any order, and what their own scopes took', async (name) => {
  const backend = await openBackend(name, 1 << 20);
  const whole = backend.free();
  const [a, b] = [backend.scope(), backend.scope()];
  const kept = b.array(10).fill(7);
  a.array(100);
  const inner = a.scope();
  inner.array(1000);
  const last = b.array(10).fill(8);
  a.release(); // not on top: its bytes come back when what lies above them goes
  const fresh = b.array(50);
  expect(fresh.every((v) => v === 0)).toBe(true);
  expect([kept[9], last[9]]).toEqual([7, 8]);
  inner.release(); // once more changes nothing
  b.release();
  expect(backend.free()).toBe(whole);
  expect(() => backend.array(1 << 20)).toThrow(/the arena of 1048576 bytes has \d+ left; 8388608 were asked for/);
  expect(backend.array(0).length).toBe(0);
  for (let i = 0; i < 100; i++) expect(backend.scope().array(3).byteOffset % 16).toBe(0);
});

it.each(backends)('%s: with one scope always alive, what is freed is used again', async (name) => {
  const backend = await openBackend(name, 1 << 20);
  let before = backend.scope();
  before.array(8192); // 64 KiB of 1 MiB
  for (let i = 0; i < 200; i++) {
    const next = backend.scope();
    next.array(5000).fill(i);
    next.array(3192);
    before.release();
    before = next;
  }
  before.release();
  expect(backend.free()).toBeGreaterThan((1 << 20) - 65536);
});
