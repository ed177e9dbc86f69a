/** `nadir networks` as its user runs it: the built file, in its own process, over real threads and a real folder. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { further, published } from '../src/configs/networks.ts';

const cli = fileURLToPath(new URL('../build/js/src/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nadir-networks-'));
interface Ended { readonly code: number; readonly out: string; readonly err: string }
const nadir = (...args: string[]): Promise<Ended> =>
  new Promise((done) => execFile(process.execPath, [cli, 'networks', ...args], { cwd: folder, maxBuffer: 1 << 28 }, (error, out, err) => done({ code: error ? Number(error.code) : 0, out, err })));
const write = (name: string, value: unknown): void => writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

const spirals = { name: 'small', data: { kind: 'spirals', examples: 300, test: 100 }, network: { hidden: [12], activation: 'tanh' }, optimizer: { name: 'adam', lr: 0.02 }, batch: 32, epochs: 4 };
/** A few seconds of steps. */
const long = { ...spirals, name: 'long', data: { kind: 'spirals', examples: 5000, test: 100 }, network: { hidden: [32, 32], activation: 'tanh' }, batch: 16, epochs: 60 };

/** Every file that runs have left, by name, in base64. */
function left(store: string): { [path: string]: string } {
  const base = join(folder, store, 'runs');
  const paths = (readdirSync(base, { recursive: true }) as string[]).filter((path) => statSync(join(base, path)).isFile()).sort();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(base, path)).toString('base64')]));
}

beforeAll(() => {
  write('small.json', spirals);
  write('long.json', long);
});

describe('nadir networks train', () => {
  it('writes a file of results a seed, the same with any number of workers, and makes nothing twice', async () => {
    const { code, out, err } = await nadir('train', '--config', 'small.json', '--seeds', '3', '--workers', '2', '--out', 'two', '--json');
    expect([code, err]).toEqual([0, '']);
    const json = JSON.parse(out);
    expect(json).toMatchObject({ store: 'two', stop: 'done', made: 3, skipped: 0, failed: 0, files: ['small_seed0_results.json', 'small_seed1_results.json', 'small_seed2_results.json'] });
    for (const [seed, result] of json.results.entries()) {
      expect(JSON.parse(read(`two/small_seed${seed}_results.json`))).toEqual(result);
      expect(result).toMatchObject({ experiment: 'small', seed, parameters: 2 * 12 + 12 + 12 * 2 + 2, examples: { train: 270, validation: 30, test: 100 }, stop: 'done', escape: null });
      expect(result.epochs.map(({ epoch }: { epoch: number }) => epoch)).toEqual([0, 1, 2, 3, 4]);
      expect(result.final.cost).toBeCloseTo(12, 9);
      expect(result.final.step).toBe(4 * 9); // 270 in batches of 32
    }
    await nadir('train', '--config', 'small.json', '--seeds', '3', '--workers', '0', '--out', 'none');
    expect(left('none')).toEqual(left('two'));
    expect(JSON.parse((await nadir('train', '--config', 'small.json', '--seeds', '3', '--out', 'two', '--json')).out)).toMatchObject({ made: 0, skipped: 3, results: json.results });
    expect(JSON.parse((await nadir('train', '--config', 'small.json', '--seeds', '3', '--out', 'two', '--json', '--fresh')).out)).toMatchObject({ made: 3, skipped: 0 });
  }, 60_000);

  it('shares a folder between two processes', async () => {
    const both = await Promise.all([0, 1].map(() => nadir('train', '--config', 'small.json', '--seeds', '6', '--workers', '1', '--out', 'shared', '--json')));
    const [a, b] = both.map(({ out }) => JSON.parse(out));
    expect([a.made + b.made, a.made + a.skipped, b.made + b.skipped]).toEqual([6, 6, 6]);
    expect(b.results).toEqual(a.results);
    expect(a.results.map(({ seed }: { seed: number }) => seed)).toEqual([0, 1, 2, 3, 4, 5]);
  }, 60_000);

  it('shows a table, and draws when asked', async () => {
    const { code, out, err } = await nadir('train', '--config', 'small.json', '--out', 'drawn', '--plots', '--scale', '1');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/configuration +seeds +parameters +validation/);
    expect(out).toMatch(/small +1 +62 +0\.\d+/);
    expect(out).toContain('small_results.json, report.html and 1 chart in plots/ in drawn');
    expect(read('drawn/report.html')).toMatch(/^<!doctype html>/i);
    expect(readFileSync(join(folder, 'drawn/plots/detailed_comparison.png')).subarray(1, 4).toString()).toBe('PNG');
    expect(existsSync(join(folder, 'drawn/small_results.json'))).toBe(true);
  }, 60_000);

  it('goes on where it was after it was killed, with the same result', async () => {
    const running = spawn(process.execPath, [cli, 'networks', 'train', '--config', 'long.json', '--epochs', '400', '--workers', '0', '--out', 'killed', '--checkpoint', '0.5'], { cwd: folder, stdio: 'ignore' });
    const end = new Promise((done) => running.once('exit', done));
    const there = (): boolean => existsSync(join(folder, 'killed/checkpoints')) && readdirSync(join(folder, 'killed/checkpoints')).some((name) => name.endsWith('.json'));
    while (!there() && running.exitCode === null) await new Promise((done) => setTimeout(done, 50));
    expect(running.exitCode).toBe(null);
    running.kill('SIGKILL');
    await end;
    const [rest, whole] = await Promise.all([nadir('train', '--config', 'long.json', '--epochs', '400', '--workers', '0', '--out', 'killed', '--json'), nadir('train', '--config', 'long.json', '--epochs', '400', '--workers', '0', '--out', 'whole', '--json')]);
    const [a, b] = [JSON.parse(rest.out).results[0], JSON.parse(whole.out).results[0]];
    expect(a.seconds).toBeLessThan(b.seconds);
    expect({ ...a, seconds: 0 }).toEqual({ ...b, seconds: 0 });
    expect(left('killed')).toEqual(left('whole'));
  }, 300_000);

  it('stops on Ctrl-C, keeps what is done and says how to go on', async () => {
    const running = spawn(process.execPath, [cli, 'networks', 'train', '--config', 'small.json', '--config', 'long.json', '--epochs', '400', '--workers', '0', '--out', 'stopped'], { cwd: folder });
    let err = '';
    running.stderr.on('data', (text) => (err += text));
    const end = new Promise((done) => running.once('exit', done));
    const journal = (): boolean => existsSync(join(folder, 'stopped/journal')) && readdirSync(join(folder, 'stopped/journal')).length > 0;
    while (!journal() && running.exitCode === null) await new Promise((done) => setTimeout(done, 20));
    running.kill('SIGINT');
    expect(await end).toBe(1);
    expect(err).toMatch(/stopped after [01] runs; everything is kept in stopped, and the same command goes on/);
  }, 120_000);

  it.each([
    [['--config', 'smal.json'], 'smal.json: there is no such file'],
    [['--config', 'baseline_adm'], 'unknown configuration "baseline_adm"; did you mean baseline_adam?'],
    [[], 'networks train wants --config NAME or FILE, or --all; nadir networks configs shows what there is'],
    [['--all', '--config', 'small.json'], '--all and --config are both given'],
    [['--all', '--configs-dir', 'nowhere'], '--configs-dir is "nowhere", which has no .json file'],
    [['--config', 'small.json', '--epochs', '0'], 'epochs of the configuration is 0; allowed: an integer from 1'],
    [['--config', 'small.json', '--seeds', '0'], 'replicates of experiment networks-train is 0'],
    [['--config', 'small.json', '--scale', '2'], '--scale is given without --plots'],
    [['--config', 'small.json', '--checkpoint', '0'], '--checkpoint is 0; allowed: seconds above 0'],
    [['--config', 'small.json', '--config', 'small.json'], 'configuration "small" is there twice'],
    [['--config', 'broken.json'], 'broken.json is no JSON'],
    [['--config', 'wrong.json'], 'wrong.json: unknown option "lrr" of optimizer adam; did you mean lr?'],
    [['--config', 'lost.json'], 'nothing/train-images: there is no such file'],
    [['--config', 'numbers.json'], 'network.loss is "mse"; allowed: cross-entropy, data spirals has classes'],
    [['--config', 'unjudged.json'], 'data spirals has no validation part; training keeps the parameters that are best there'],
  ])('refuses %j', async (args, sentence) => {
    write('broken.json', '{"name": ');
    write('wrong.json', { ...spirals, optimizer: { name: 'adam', lrr: 1 } });
    write('numbers.json', { ...spirals, network: { hidden: [8], loss: 'mse' } });
    write('unjudged.json', { ...spirals, data: { kind: 'spirals', validation: 0 } });
    write('lost.json', { ...spirals, data: { kind: 'idx', images: 'nothing/train-images', labels: 'nothing/train-labels' } });
    const { code, out, err } = await nadir('train', ...args, '--out', 'refused');
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(sentence);
    expect(err.trimEnd().split('\n').length).toBe(1);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });

  it('says that a training diverged, and ends well', async () => {
    write('wild.json', { ...spirals, name: 'wild', data: { kind: 'friedman', examples: 200 }, optimizer: { name: 'sgd', lr: 50 } });
    const { code, out, err } = await nadir('train', '--config', 'wild.json', '--out', 'wild', '--json');
    expect(code).toBe(0);
    expect(err).toMatch(/^nadir: wild, seed 0, diverged: the loss was .*; its best parameters are kept\n$/);
    expect(JSON.parse(out).results[0]).toMatchObject({ stop: 'diverged', best: { epoch: 0 } });
  });

  it('makes runs anew when the file of their data has changed', async () => {
    const rows = (shift: number): string => `a,b,y\n${Array.from({ length: 60 }, (_, i) => `${(i * 7) % 11},${(i * 5) % 13},${((i * 7) % 11) + shift}`).join('\n')}\n`;
    write('rows.csv', rows(0));
    write('table.json', { ...spirals, name: 'table', data: { kind: 'csv', path: 'rows.csv', task: 'regression' }, epochs: 1 });
    const first = JSON.parse((await nadir('train', '--config', 'table.json', '--out', 'table', '--json')).out);
    expect(first).toMatchObject({ made: 1, skipped: 0 });
    expect(JSON.parse((await nadir('train', '--config', 'table.json', '--out', 'table', '--json')).out)).toMatchObject({ made: 0, skipped: 1 });
    write('rows.csv', rows(0).replace('\n7,5,7\n', '\n7,5,9\n'));
    expect(JSON.parse((await nadir('train', '--config', 'table.json', '--out', 'table', '--json')).out)).toMatchObject({ made: 1, skipped: 0 });
  });
});

describe('nadir networks configs', () => {
  it('writes the built-in ones to files that train takes', async () => {
    const { code } = await nadir('configs', '--out', 'configs');
    expect(code).toBe(0);
    const all = [...published, ...further];
    expect(readdirSync(join(folder, 'configs')).sort()).toEqual(all.map(({ name }) => `${name}.json`).sort());
    expect(all.map(({ name }) => JSON.parse(read(`configs/${name}.json`)))).toEqual(JSON.parse(JSON.stringify(all)));
    mkdirSync(join(folder, 'edited'));
    for (const { name } of further.filter(({ data }) => data === 'friedman')) write(`edited/${name}.json`, { ...JSON.parse(read(`configs/${name}.json`)), epochs: 2 });
    const { results } = JSON.parse((await nadir('train', '--all', '--configs-dir', 'edited', '--out', 'all', '--json')).out);
    expect(results.map(({ experiment }: { experiment: string }) => experiment)).toEqual(['alme_friedman', 'baseline_friedman']);
    expect(results.every(({ final }: { final: { trainAccuracy: null; cost: number } }) => final.trainAccuracy === null && final.cost <= 6.001)).toBe(true);
  }, 60_000);
});

describe('nadir networks landscape', () => {
  it('judges small networks by their whole loss', async () => {
    const { code, out } = await nadir('landscape', '--problems', 'mlp-smooth,mlp-jagged', '--methods', 'adam,escape', '--seeds', '1', '--passes', '12', '--out', 'nets', '--json');
    expect(code).toBe(0);
    const { runs } = JSON.parse(out);
    const widths: { readonly [problem: string]: readonly number[] } = { 'mlp-smooth': [2, 32, 16, 2], 'mlp-jagged': [2, 64, 32, 16, 8, 2] };
    for (const { problem, dim, start, loss, cost, trace } of runs) {
      expect(dim).toBe(widths[problem]!.slice(1).reduce((sum, units, l) => sum + (widths[problem]![l]! + 1) * units, 0));
      expect(loss).toBeLessThan(start);
      expect(cost).toBeLessThanOrEqual(12);
      expect([trace[0], trace.at(-1)[1]]).toEqual([[0, start], loss]);
    }
    expect(runs.length).toBe(4);
  }, 60_000);

  it('compares methods at equal cost and draws them', async () => {
    const { code, out, err } = await nadir('landscape', '--problems', 'rastrigin,double-well', '--methods', 'adam,basin,escape', '--seeds', '8', '--cost', '6000', '--dim', '4', '--out', 'land', '--json', '--plots', '--scale', '1');
    expect([code, err]).toEqual([0, '']);
    const { rows, runs, made } = JSON.parse(out);
    expect([made, runs.length, rows.length]).toEqual([48, 48, 6]);
    expect(runs.every(({ cost }: { cost: number }) => cost <= 6000)).toBe(true);
    expect(JSON.parse(read('land/landscape_results.json'))).toEqual({ rows, runs });
    // Of 3000 steps that descend, the records keep up to 200; the results 40 of them, the last among them.
    expect(Math.max(...runs.map(({ trace }: { trace: unknown[] }) => trace.length))).toBe(40);
    expect(runs.every(({ trace, loss }: { trace: [number, number][]; loss: number }) => trace.at(-1)![1] === loss)).toBe(true);
    expect(read('land/landscape_results.json').length).toBeLessThan(48 * 40 * 50);
    // From the least of eight to the greatest misses with 2 of 2^8; one further in, with 18, more than 5 %.
    expect(rows.map(({ level }: { level: number }) => level)).toEqual(rows.map(() => 1 - 2 / 256));
    const row = (problem: string, method: string): { escaped: number; verdict: string; adjusted: number } => rows.find((each: { problem: string; method: string }) => each.problem === problem && each.method === method);
    expect(row('rastrigin', 'basin')).toMatchObject({ escaped: 8, verdict: 'better' });
    expect(row('rastrigin', 'adam')).toMatchObject({ escaped: 0, verdict: null });
    const again = await nadir('landscape', '--problems', 'rastrigin,double-well', '--methods', 'adam,basin,escape', '--seeds', '8', '--cost', '6000', '--dim', '4', '--out', 'land');
    expect(again.out).toMatch(/problem .* median loss +interval +level +moves/);
    expect(again.out).toMatch(/rastrigin +4 +basin +8 .* to .*  99 %/);
    expect(readdirSync(join(folder, 'land/plots')).sort()).toEqual(['landscape_contours.png', 'landscape_contours.svg', 'landscape_escapes.png', 'landscape_escapes.svg', 'landscape_losses.png', 'landscape_losses.svg']);
  }, 60_000);

  it.each([
    [['--problems', 'rastrigen'], 'unknown problem "rastrigen"; did you mean rastrigin?'],
    [['--methods', 'adamm'], 'unknown method "adamm"; did you mean adam?'],
    [['--dim', '1'], 'dim of landscape is 1; allowed: an integer from 2'],
    [['--lr', '-1'], 'lr of landscape is -1; allowed: a number above 0'],
    [['--cost', 'much'], '--cost is "much"; allowed: a number'],
    [['--problem', 'ackley'], 'did you mean --problems?'],
  ])('refuses %j', async (args, sentence) => {
    const { code, err } = await nadir('landscape', ...args, '--out', 'refused');
    expect(code).toBe(2);
    expect(err).toContain(sentence);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });
});

describe('nadir networks sweep', () => {
  it('ranks 108 settings and writes them as rows', async () => {
    const { code, out } = await nadir('sweep', '--problems', 'ackley', '--dim', '2', '--seeds', '1', '--cost', '400', '--out', 'sweep', '--json');
    expect(code).toBe(0);
    const { rows, made } = JSON.parse(out);
    expect([made, rows.length]).toEqual([108, 108]);
    const ranks = rows.map(({ rank }: { rank: number }) => rank);
    expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    expect(ranks.reduce((sum: number, rank: number) => sum + rank, 0)).toBe((108 * 109) / 2);
    const lines = read('sweep/sweep.csv').trimEnd().split('\n');
    expect([lines.length, lines[0]]).toEqual([109, 'scales,patience,gradNormThreshold,lossThreshold,evalSteps,rank,ackley']);
  }, 60_000);
});
