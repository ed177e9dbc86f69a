/** Records to keep, and what a ledger must say about them, by brute force. */
import type { Random, Store } from '../../src/core/types.ts';
import type { RunRecord, Status } from '../../src/experiment/record.ts';

export function recordOf(id: string, status: Status = 'success', attempt: number = 1, started: number = 1_700_000_000_000, more: Partial<RunRecord> = {}): RunRecord {
  return {
    id, experiment: 'demo', index: Number.parseInt(id.slice(-4), 16), params: { x: 1, name: 'a "quoted" µ\n' }, seed: 7, replicate: 0, status, context: '0123456789abcdef',
    metrics: { f: 0.1, nan: NaN, up: Infinity, down: -Infinity, zero: -0, __proto__x: 1 }, data: { list: [1, null, { $: 'mine' }] }, artifacts: [{ name: 'curve.npz', bytes: 12 }],
    ...(status === 'failed' && { error: { name: 'Error', message: 'it "failed", {"started":5} and all' } }),
    attempt, started, milliseconds: 1.5, made: { nadir: '0.1.0', module: 'abc', runtime: 'node' }, ...more,
  };
}

/** Sixteen digits of a number, spread as a hash is. */
export function idOf(n: number): string {
  const half = (k: number): string => ((Math.imul(n + 1, k) >>> 0) + 2 ** 32).toString(16).slice(1);
  return half(0x9e3779b1) + half(0x85ebca6b);
}

/** The better of two records of a run, as record.ts says: success, then the attempt, then the start, then the first met. */
export function better(a: RunRecord | undefined, b: RunRecord): RunRecord {
  if (a === undefined) return b;
  const rank = (r: RunRecord): number[] => [r.status === 'success' ? 1 : 0, r.attempt, r.started];
  const [x, y] = [rank(a), rank(b)];
  const k = x.findIndex((value, i) => value !== y[i]);
  return k >= 0 && y[k]! > x[k]! ? b : a;
}

export function anyRecord(random: Random, ids: number): RunRecord {
  const status = (['success', 'failed', 'cancelled'] as const)[random.int(3)]!;
  return recordOf(idOf(random.int(ids)), status, 1 + random.int(3), 1_700_000_000_000 + random.int(3), { milliseconds: random.f64(), data: { text: 'x'.repeat(random.int(200)) } });
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export async function textOf(store: Store, key: string): Promise<string | undefined> {
  const bytes = await store.get(key);
  return bytes && new TextDecoder().decode(bytes);
}
export async function keysOf(store: Store, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.keys(prefix)) keys.push(key);
  return keys;
}
