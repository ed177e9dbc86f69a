/** `nadir optbench` as its user runs it: the built file, in its own process, over real threads and a real folder. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const cli = fileURLToPath(new URL('../build/js/src/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nadir-optbench-'));
const nadir = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((done) => execFile(process.execPath, [cli, 'optbench', ...args], { cwd: folder }, (error, out, err) => done({ code: error ? Number(error.code) : 0, out, err })));

/** Every file that runs have left, by name, in base64. */
function left(store: string): { [path: string]: string } {
  const base = join(folder, store, 'runs');
  const paths = (readdirSync(base, { recursive: true }) as string[]).filter((path) => statSync(join(base, path)).isFile()).sort();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(base, path)).toString('base64')]));
}

describe('nadir optbench', () => {
  let light: { code: number; out: string; err: string };
  beforeAll(async () => {
    light = await nadir('--workers', '2', '--json');
  });

  it.each([
    ['light', 'product', 16, 2, 32], ['medium', 'product', 384, 3, 1152], ['heavy', 'distinct', 840, 5, 4200], ['heavy', 'product', 388800, 5, 1944000],
    ['extreme', 'distinct', 41800, 10, 418000], ['extreme', 'product', 9331200000, 10, 93312000000],
  ])('counts %s, %s, without making anything', async (intensity, form, cases, replicates, runs) => {
    const { code, out } = await nadir('--intensity', intensity, '--grid', form, '--dry-run', '--json', '--store', 'never');
    const json = JSON.parse(out);
    expect([code, json]).toMatchObject([0, { experiment: `optbench-${intensity}-${form}`, cases, replicates, runs }]);
    expect(json.first.length).toBe(5);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  it('counts with digits a person can read', async () => {
    const { out } = await nadir('--intensity', 'extreme', '--grid', 'product', '--dry-run');
    expect(out.split('\n')[0]).toBe('optbench-extreme-product: 9,331,200,000 cases x 10 replicates = 93,312,000,000 runs');
    expect((await nadir('--intensity', 'extreme', '--dry-run')).out).toContain(' = 418,000 runs\n');
  });

  it('makes light into ./runs/optbench, five files a run and the series', async () => {
    expect([light.code, light.err]).toEqual([0, '']);
    const json = JSON.parse(light.out);
    expect(json).toMatchObject({ experiment: 'optbench-light-product', cases: 16, replicates: 2, runs: 32, success: 32, failed: 0, skipped: 0, stop: 'done', corrupt: 0, store: './runs/optbench' });
    expect(json.algorithms.map(({ algorithm, n }: { algorithm: string; n: number }) => [algorithm, n])).toEqual([['adam', 8], ['evolution_strategy', 8], ['gradient_descent', 8], ['simulated_annealing', 8]]);
    expect(json.best.best_f).toBe(Math.min(...json.algorithms.map(({ min }: { min: number }) => min)));
    const files = Object.keys(left('runs/optbench')).map((path) => path.split('/').at(-1)!);
    const each = new Map<string, number>();
    for (const name of files) each.set(name, (each.get(name) ?? 0) + 1);
    expect([...each].sort()).toEqual(['best_solution.npz', 'convergence_curve.npz', 'report.txt', 'series.npz', 'summary.json', 'trajectory.npz'].map((name) => [name, 32]));
  });

  it('makes nothing twice, the same bytes on this thread, and starts over when asked', async () => {
    const again = JSON.parse((await nadir('--json')).out);
    expect(again).toMatchObject({ success: 0, skipped: 32, algorithms: JSON.parse(light.out).algorithms });
    const files = left('runs/optbench');
    await nadir('--workers', '0', '--out', 'other/serial');
    expect(left('other/serial')).toEqual(files);
    expect(JSON.parse((await nadir('--json', '--no-resume')).out)).toMatchObject({ success: 32, skipped: 0 });
    expect(left('runs/optbench')).toEqual(files);
  });

  it('survives faults: exit 1, and the next call makes what failed, to the same bytes', async () => {
    const hurt = await nadir('--store', 'hurt', '--inject', 'throw=0.2,crash=0.1,seed=1', '--json');
    const { success, failed, failure } = JSON.parse(hurt.out);
    expect([hurt.code, success + failed, failed > 0]).toEqual([1, 32, true]);
    expect(hurt.err).toBe(`nadir: ${failed} runs failed; the first: ${failure}; the same command tries them again\n`);
    expect(JSON.parse((await nadir('--store', 'hurt', '--json')).out)).toMatchObject({ success: failed, failed: 0, skipped: success });
    expect(left('hurt')).toEqual(left('runs/optbench'));
  });

  it('takes an algorithm and a problem, random trials, and the names for replicates', async () => {
    const targeted = JSON.parse((await nadir('--targeted', 'cmaes', 'levy', '--replicates', '2', '--save-dir', 'targeted', '--json')).out);
    expect(targeted).toMatchObject({ experiment: 'optbench-targeted-cmaes-levy', cases: 3, runs: 6, success: 6 });
    const random = JSON.parse((await nadir('--random', '--n-trials', '10', '--n-seeds', '1', '--root-dir', 'random', '--no-artifacts', '--json')).out);
    expect(random).toMatchObject({ cases: 10, runs: 10, success: 10 });
    expect(existsSync(join(folder, 'random/runs'))).toBe(false);
    const some = JSON.parse((await nadir('--limit', '5', '--store', 'some', '--json')).out);
    expect(some).toMatchObject({ success: 5, stop: 'limit' });
  });

  it('says what it did', async () => {
    const { out } = await nadir('--store', 'runs/optbench');
    expect(out).toMatch(/^optbench-light-product: 32 runs; 0 made, 32 there already, in [\d.]+ s\n\nalgorithm +n +mean best_f +std +min\nadam +8 /);
    expect(out).toMatch(/\nbest: \w+ on \w+, dim 5: best_f \S+ with .*\(run [0-9a-f]{16}\)\n\nruns in runs\/optbench; nadir report runs\/optbench --out report.html shows them\n$/);
  });

  it('wants a yes above 1,000 runs, where nobody can be asked', async () => {
    const { code, out, err } = await nadir('--intensity', 'medium', '--store', 'medium');
    expect([code, out, err]).toEqual([2, '', 'nadir: 1,152 runs are left to make; more than 1,000 want --yes where nobody can be asked (--dry-run counts them)\n']);
    expect(JSON.parse((await nadir('--intensity', 'medium', '--store', 'medium', '--limit', '3', '--json')).out).success).toBe(3);
  });

  it('keeps what it has on Ctrl-C and goes on from there', async () => {
    const args = ['--intensity', 'heavy', '--yes', '--store', 'heavy', '--workers', '2', '--json'];
    const child = spawn(process.execPath, [cli, 'optbench', ...args], { cwd: folder });
    let [out, err] = ['', ''];
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    setTimeout(() => child.kill('SIGINT'), 2000);
    const code = await new Promise((done) => child.on('exit', done));
    const { stop, success } = JSON.parse(out);
    expect([code, stop, success > 0]).toEqual([1, 'aborted', true]);
    expect(err).toBe(`nadir: stopped after ${success} runs; they are kept in heavy, and the same command goes on\n`);
    expect(JSON.parse((await nadir(...args, '--limit', '3')).out)).toMatchObject({ success: 3, skipped: success });
  });

  it.each([
    [['--intensity', 'ligth'], 'unknown intensity "ligth"; did you mean light? have '],
    [['--grid', 'distnct'], 'unknown grid "distnct"; did you mean distinct? have '],
    [['--targeted', 'admam', 'sphere'], 'unknown algorithm "admam"; did you mean adam? have '],
    [['--targeted', 'adam', 'spere'], 'unknown problem "spere"; did you mean sphere? have '],
    [['--targeted', 'adam'], '--targeted has "adam"; allowed: an algorithm and a problem, --targeted adam rosenbrock'],
    [['adam'], 'unexpected word "adam" after optbench; an algorithm and a problem belong to --targeted'],
    [['--targeted', 'adam', 'sphere', '--grid', 'product'], 'grid of benchmark is "product", but targeted has a form of its own; leave it out'],
    [['--intensity', 'light', '--random'], '--intensity and --random are both given; allowed: one of '],
    [['--n-trials', '5'], '--n-trials is given without --random'],
    [['--random', '--n-trials', '0'], 'trials of benchmark is 0; allowed: an integer from 1'],
    [['--replicates', '2', '--seeds', '3'], '--replicates and --seeds say different things; allowed: one of them'],
    [['--replicates', '0'], 'replicates of experiment optbench-light-product is 0; allowed: an integer from 1'],
    [['--seed', '-1'], 'seed of experiment optbench-light-product is -1; allowed: an integer from 0 to 2^53 - 1'],
    [['--workers', '0.5'], 'workers is 0.5; allowed: an integer from 0 (this thread) to 256'],
    [['--limit', '0'], 'limit is 0; allowed: an integer from 1'],
    [['--timeout', '0'], '--timeout is 0; allowed: seconds above 0, up to 2,000,000'],
    [['--timeout', 'Infinity'], '--timeout is Infinity; allowed: seconds above 0, up to 2,000,000'],
    [['--intensity', 'medium', '--workers', '-1'], 'workers is -1; allowed: an integer from 0 (this thread) to 256'],
    [['--intensity', 'medium', '--limit', 'Infinity'], '1,152 runs are left to make; '],
    [['--inject', 'thro=1'], 'unknown fault "thro"; did you mean throw? have '],
    [['--inject', 'throw'], '--inject is "throw"; allowed: faults as throw=0.1,crash=0.05'],
    [['--inject', 'throw=x'], '--inject throw is "x"; allowed: a number'],
    [['--inject', 'hang=0.5'], 'hang of inject is 0.5; a run that hangs needs a timeout'],
    [['--fresh', '--resume'], '--fresh and --resume are both given; allowed: one'],
    [['--no-artifact'], 'unknown option --no-artifact of optbench; did you mean --no-artifacts? have '],
    [['--no-json'], 'unknown option --no-json of optbench; '],
    [['--worker', '2'], 'unknown option --worker of optbench; did you mean --workers? have '],
  ])('exits 2 with one sentence for %j', async (args, message) => {
    const { code, out, err } = await nadir(...args, '--store', message.includes(' left to make') ? 'asked' : 'refused');
    expect(err.startsWith(`nadir: ${message}`), err).toBe(true);
    expect([code, out, err.trim().split('\n').length]).toEqual([2, '', 1]);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });

  it('exits 1 for a store that is a file', async () => {
    writeFileSync(join(folder, 'file'), 'mine');
    const { code, out, err } = await nadir('--store', 'file');
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^nadir: store "file" cannot be opened: it is a file; /);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('mine');
  });
});
