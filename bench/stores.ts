/** What a store and its ledger cost: small files, claims, records a second, and the opening of a million records, in a process of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClaims } from '../src/experiment/claims.ts';
import { encodeLines, openWriter } from '../src/experiment/journal.ts';
import { openLedger } from '../src/experiment/ledger.ts';
import { files, time } from '../src/platform/node.ts';
import { directory } from '../src/stores/index.ts';
import { median, race, type Print } from './harness.ts';

import type { RunRecord } from '../src/experiment/record.ts';

const MILLION = 1_000_000;

function recordOf(n: number): RunRecord {
  const half = (k: number): string => ((Math.imul(n + 1, k) >>> 0) + 2 ** 32).toString(16).slice(1);
  return {
    id: half(0x9e3779b1) + half(0x85ebca6b), experiment: 'optbench', index: n, params: { algorithm: 'adam', problem: 'rosenbrock', dim: 20, lr: 0.001 }, seed: 7, replicate: n % 5, status: 'success',
    context: '0123456789abcdef', metrics: { best_f: n / 7, converged: 0, iterations: 400, stability: n / 11 }, data: {}, artifacts: [], attempt: 1, started: 1_700_000_000_000 + n, milliseconds: 1.234,
    made: { nadir: '0.1.0', module: '0123456789abcdef', runtime: 'node 20.20.2' },
  };
}

export async function bench(print: Print): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'nadir-bench-stores-'));
  try {
    await small(root, print);
    await large(root, print);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function small(root: string, print: Print): Promise<void> {
  const store = await directory(join(root, 'small'), files);
  mkdirSync(join(root, 'peer'));
  const body = new Uint8Array(1024).fill(7);
  let n = 0;
  await store.draft('d/check', body);
  if (!Buffer.from(body).equals(readFileSync(join(root, 'small/d/check')))) throw new Error('the draft is not what was written');
  const claims = openClaims(store, { owner: files.owner, host: files.host, time, alive: files.alive, lease: 15_000 });
  const ledger = await openLedger(store);
  const writer = await openWriter(store, 'me');
  await writer.append([recordOf(0)]);
  await ledger.refresh();
  const records = Array.from({ length: 64 }, (_, i) => recordOf(i));
  const five = async (): Promise<void> => {
    const id = `${n++}`;
    for (const name of ['a', 'b', 'c', 'd', 'e']) await store.draft(`aside/${id}/${name}`, body);
    await store.move(`aside/${id}/`, `runs/ab/${id}/`);
  };
  const seconds = await race([
    { name: 'draft', run: () => store.draft(`d/${n++}`, body) },
    { name: 'writeFileSync', run: () => writeFileSync(join(root, 'peer', `${n++}`), body) },
    { name: 'writeFile', run: () => writeFile(join(root, 'peer', `${n++}`), body) },
    { name: 'put', run: () => store.put(`p/${n++ % 100}`, body) },
    { name: 'create', run: () => store.create(`c/${n++}`, body).then(() => undefined) },
    { name: 'claim', run: async () => {
      const key = `demo/${n++}`;
      await claims.take(key);
      await claims.release(key);
    } },
    { name: 'five drafts and a move', run: five },
    { name: 'append of 64 records', run: () => writer.append(records) },
    { name: 'lines of 64 records', run: () => void encodeLines(records) },
  ], 5);
  await ledger.refresh();
  const idle = await race([{ name: 'refresh', run: () => ledger.refresh() }], 5);
  const us = (name: string): string => (seconds.get(name)! * 1e6).toFixed(0);
  print('the directory store, files of 1 KiB, microseconds a call');
  print(`draft ${us('draft')} (fs.writeFileSync ${us('writeFileSync')}, fs.promises.writeFile ${us('writeFile')}), put (synced) ${us('put')}, create ${us('create')}, a claim taken and released ${us('claim')}`);
  print(`five drafts and a move ${us('five drafts and a move')}; an append of 64 records (synced) ${us('append of 64 records')}, of which making the lines ${us('lines of 64 records')}; a refresh that finds nothing ${(idle.get('refresh')! * 1e6).toFixed(0)}`);
}

async function large(root: string, print: Print): Promise<void> {
  for (const writers of [1, 8]) {
    const folder = join(root, `million-${writers}`);
    const store = await directory(folder, files);
    let bytes = 0;
    for (let n = 0; n < MILLION; n += 10_000) {
      const lines = encodeLines(Array.from({ length: 10_000 }, (_, i) => recordOf(n + i)));
      bytes += lines.length;
      await store.append(`journal/w${(n / 10_000) % writers}.jsonl`, lines);
    }
    const each = `${(bytes / MILLION).toFixed(0)} bytes a line, ${writers} journal${writers > 1 ? 's' : ''}`;
    print(`a million records, ${each}: opened in ${opening(folder, MILLION)}`);
    if (writers === 1) continue;
    const ledger = await openLedger(store);
    const begun = performance.now();
    await ledger.compact();
    print(`  compacted in ${((performance.now() - begun) / 1000).toFixed(2)} s; then, with its index, opened in ${opening(folder, MILLION)}`);
    const read = performance.now();
    let sum = 0;
    for await (const record of ledger.records()) sum += record.index;
    if (sum !== (MILLION * (MILLION - 1)) / 2) throw new Error('not every record was read once');
    print(`  all records read in ${((performance.now() - read) / 1000).toFixed(2)} s`);
  }
}

/** Median of three, each in a process of its own. */
function opening(folder: string, count: number): string {
  const at = (path: string): string => JSON.stringify(new URL(`../src/${path}`, import.meta.url).href);
  const script = `const { openLedger } = await import(${at('experiment/ledger.js')}); const { directory } = await import(${at('stores/directory.js')}); const { files } = await import(${at('platform/node.js')});
    const store = await directory(${JSON.stringify(folder)}, files); const t = performance.now(); const ledger = await openLedger(store);
    console.log(JSON.stringify([performance.now() - t, process.resourceUsage().maxRSS / 1024, ledger.count, ledger.corrupt]));`;
  const runs = Array.from({ length: 3 }, () => JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script]).toString()) as number[]);
  for (const [, , found, corrupt] of runs) if (found !== count || corrupt !== 0) throw new Error(`${found} records instead of ${count}, ${corrupt} damaged`);
  return `${(median(runs.map(([ms]) => ms!)) / 1000).toFixed(2)} s, ${Math.max(...runs.map(([, mb]) => mb!)).toFixed(0)} MB resident at most`;
}
