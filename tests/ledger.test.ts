/**
 * The ledger on a real disk with real processes: writers that are killed, claims of the dead, two at once (through the built files).
 *
 * Surprise: two processes that share a store must agree on nothing but the files, so each child here counts for itself, and the test adds up.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crc32Bytes } from '../src/core/crc.ts';
import { openClaims } from '../src/experiment/claims.ts';
import { openLedger } from '../src/experiment/ledger.ts';
import { openWriter } from '../src/experiment/journal.ts';
import { files, time } from '../src/platform/node.ts';
import { directory } from '../src/stores/index.ts';
import { idOf, recordOf } from './cases/records.ts';

const built = new URL('../build/js/src/', import.meta.url);
const scratch = mkdtempSync(join(tmpdir(), 'nadir-ledger-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
beforeAll(() => {
  if (!existsSync(new URL('experiment/claims.js', built))) throw new Error('build/js is missing: run npm run build first');
});

const prelude = `
  import { writeSync } from 'node:fs';
  import { directory } from ${JSON.stringify(new URL('stores/directory.js', built).href)};
  import { files, time } from ${JSON.stringify(new URL('platform/node.js', built).href)};
  import { openClaims } from ${JSON.stringify(new URL('experiment/claims.js', built).href)};
  import { openWriter } from ${JSON.stringify(new URL('experiment/journal.js', built).href)};
  const [root, start] = process.argv.slice(2);
  const store = await directory(root, files);
  const idOf = ${idOf.toString()};
  const recordOf = ${recordOf.toString()};
  const say = (line) => writeSync(1, line + '\\n');
`;
let made = 0;
function child(body: string, ...args: string[]) {
  const file = join(scratch, `child-${made++}.mjs`);
  writeFileSync(file, prelude + body);
  const process_ = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  process_.stdout.on('data', (data) => (output += String(data)));
  const ended = new Promise<{ signal: string | null; lines: string[] }>((resolve) => process_.on('close', (_, signal) => resolve({ signal, lines: output.split('\n').slice(0, -1) })));
  const said = (text: string): Promise<void> => new Promise((resolve) => {
    const look = (): void => (output.includes(text) ? resolve() : void process_.stdout.once('data', look));
    look();
  });
  return { ended, said, kill: () => process_.kill('SIGKILL') };
}

describe('the ledger on a disk', () => {
  it('has every record that was acknowledged by writers killed in the middle', { timeout: 60_000 }, async () => {
    const root = join(scratch, 'killed');
    const store = await directory(root, files);
    const ledger = await openLedger(store);
    const acknowledged = new Set<string>();
    for (let round = 0; round < 12; round++) {
      // Every second writer takes over the journal of the one before, torn tail and all.
      const writer = child(`const writer = await openWriter(store, 'w' + (start >> 1));
        for (let n = start * 10000; ; n += 20) {
          const records = Array.from({ length: 20 }, (_, i) => recordOf(idOf(n + i), 'success', 1, n, { data: { text: 'z'.repeat(20000) } }));
          await writer.append(records);
          say(records.map(({ id }) => id).join(' '));
        }`, root, String(round));
      await writer.said(' ');
      await new Promise((resolve) => setTimeout(resolve, 7 * round));
      await ledger.refresh(); // reads while it is written
      writer.kill();
      const { signal, lines } = await writer.ended;
      expect(signal).toBe('SIGKILL');
      for (const id of lines.join(' ').split(' ')) acknowledged.add(id);
    }
    await ledger.refresh();
    for (const reader of [ledger, await openLedger(store)]) {
      expect([...acknowledged].filter((id) => reader.status(id) !== 'success')).toEqual([]);
      expect(reader.corrupt).toBeLessThanOrEqual(6);
      expect((await reader.record([...acknowledged].at(-1)!))!.metrics.nan).toBe(NaN);
    }
    expect(acknowledged.size).toBeGreaterThan(200);
  });

  it('checks the same sums as zlib', () => {
    const bytes = readFileSync(process.execPath).subarray(0, 3_000_001);
    expect(crc32Bytes(bytes)).toBe(crc32(bytes));
  });

  it('refreshes fast when nothing changed', async () => {
    const store = await directory(join(scratch, 'fast'), files);
    for (const name of ['a', 'b', 'c']) await (await openWriter(store, name)).append([recordOf(idOf(1))]);
    const ledger = await openLedger(store);
    const times: number[] = [];
    for (let i = 0; i < 300; i++) {
      const begun = performance.now();
      await ledger.refresh();
      times.push(performance.now() - begun);
    }
    expect(times.sort((a, b) => a - b)[150]).toBeLessThan(3); // ten times what it takes on a quiet machine
  });
});

describe('claims of processes', () => {
  const claimsHere = async (root: string, lease = 15_000) => openClaims(await directory(root, files), { owner: files.owner, host: files.host, time, alive: files.alive, lease });

  it('are split between two, and none is taken twice', { timeout: 60_000 }, async () => {
    const root = join(scratch, 'split');
    await directory(root, files);
    const body = `const claims = openClaims(store, { owner: files.owner, host: files.host, time, alive: files.alive, lease: 15000 });
      for (let k = 0; k < 200; k++) if (await claims.take('demo/' + k)) { say(String(k)); await new Promise((resolve) => setTimeout(resolve, 1)); }
      say('done');
      setInterval(() => {}, 1000); // a dead one's claims would be free`;
    const [one, two] = [child(body, root), child(body, root)];
    await Promise.all([one.said('done'), two.said('done')]);
    const claims = await claimsHere(root);
    expect(await claims.take('demo/0')).toBe(false);
    one.kill();
    two.kill();
    const [a, b] = [(await one.ended).lines.slice(0, -1), (await two.ended).lines.slice(0, -1)];
    expect([...a, ...b].map(Number).sort((x, y) => x - y)).toEqual(Array.from({ length: 200 }, (_, k) => k));
    expect(readdirSync(join(root, 'claims', 'demo'))).toHaveLength(200);
    // Both have ended without giving anything up: their claims are free now, on this machine.
    expect(await claims.others()).toBe(undefined);
    for (let k = 0; k < 200; k += 7) expect(await claims.take(`demo/${k}`)).toBe(true);
    await claims.close();
  });

  it('of a killed one are free at once; of a living one they are not', { timeout: 60_000 }, async () => {
    expect(files.host).toBe(hostname());
    const root = join(scratch, 'dead');
    await directory(root, files);
    const holder = child(`const claims = openClaims(store, { owner: files.owner, host: files.host, time, alive: files.alive, lease: 60000 });
      say(String(await claims.take('demo/0'))); setInterval(() => {}, 1000);`, root);
    await holder.said('true');
    const claims = await claimsHere(root);
    expect(await claims.take('demo/0')).toBe(false);
    expect(await claims.others()).toMatch(/^\d+-[0-9a-f]{8} on /);
    holder.kill();
    await holder.ended;
    expect(await claims.take('demo/0')).toBe(true);
    await claims.close();
  });
});
