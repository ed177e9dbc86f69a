/** The command line as its user runs it: the built file, in its own process. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { minimize, moduleHash, optimizers, problems, version } from '../src/index.ts';

const cli = fileURLToPath(new URL('../build/js/src/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nadir-cli-'));
const nadir = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((done) => execFile(process.execPath, [cli, ...args], { cwd: folder }, (error, out, err) => done({ code: error ? Number(error.code) : 0, out, err })));
const mine = join(folder, 'mine.mjs');
writeFileSync(mine, 'export default (x) => (x[0] - 1) ** 2 + (x[1] + 2) ** 2;\nexport const gradient = (x) => [2 * (x[0] - 1), 2 * (x[1] + 2)];\nexport const bad = () => { throw new Error("no"); };\n');

describe('nadir minimize', () => {
  it('prints one JSON document with what minimize returns', async () => {
    const { code, out, err } = await nadir('minimize', '--problem', 'rastrigin', '--dim', '10', '--optimizer', 'simulated_annealing', '--cost', '20000', '--seed', '1', '--json');
    expect([code, err]).toEqual([0, '']);
    const json = JSON.parse(out);
    const here = await minimize({ problem: 'rastrigin', params: { dim: 10 } }, { optimizer: 'annealing', cost: 20000, seed: 1 });
    expect(json).toEqual({
      problem: 'rastrigin', dim: 10, optimizer: 'annealing', seed: 1, x: [...here.best.x], loss: here.best.loss, violation: 0, cost: 20000, stop: 'budget', failures: { count: 0, first: null }, trace: here.trace,
      made: { version, module: moduleHash, runtime: 'node', runtimeVersion: process.versions.node },
    });
  });

  it('minimizes a module of one\'s own, with its gradient, over workers, and saves, resumes and plots', async () => {
    const args = ['minimize', '--module', mine, '--dim', '2', '--lower', '-5', '--upper', '5', '--optimizer', 'descent', '--param', 'lr=0.1', '--json'];
    const whole = JSON.parse((await nadir(...args, '--cost', '200')).out);
    expect(whole.loss).toBeLessThan(1e-12);
    expect(whole.x[0]).toBeCloseTo(1, 6);
    expect(JSON.parse((await nadir(...args, '--cost', '200', '--workers', '2')).out)).toEqual(whole);
    const state = join(folder, 'state.json');
    await nadir(...args, '--cost', '90', '--save', state);
    expect(JSON.parse((await nadir(...args, '--cost', '200', '--save', state, '--plot', join(folder, 'trace.svg'))).out)).toEqual(whole);
    expect(JSON.parse((await nadir(...args, '--cost', '100', '--save', state, '--fresh')).out).cost).toBe(100);
    expect((await nadir(...args, '--cost', '100', '--save', state, '--seed', '2')).err).toMatch(/^nadir: the saved state is of "minimize .* seed 0"; expected "minimize .* seed 2"\n$/);
    expect(readFileSync(join(folder, 'trace.svg'), 'utf8')).toMatch(/^<svg[^]*<\/svg>\s*$/);
  });

  it.each([
    [['minimize'], 'give one of --problem NAME (see nadir list) and --module FILE'],
    [['minimize', '--problem', 'sphere', '--module', 'x.js'], 'give one of --problem NAME (see nadir list) and --module FILE'],
    [['minimize', '--problem', 'sphre'], 'unknown problem "sphre"; did you mean sphere? have '],
    [['minimize', '--problem', 'sphere', '--optimizer', 'admam'], 'unknown optimizer "admam"; did you mean adam? have '],
    [['minimize', '--problem', 'sphere', '--cots', '5'], 'unknown option --cots of minimize; did you mean --cost? have '],
    [['minimize', '--problem', 'sphere', '--cost', '0'], 'cost is 0; allowed: a number above 0'],
    [['minimize', '--problem', 'sphere', '--cost', '-5'], 'cost is -5; allowed: a number above 0'],
    [['minimize', '--problem', 'sphere', '--cost', 'many'], '--cost is "many"; allowed: a number'],
    [['minimize', '--problem', 'sphere', '--cost', ''], '--cost is empty; give a value'],
    [['minimize', '--problem', 'sphere', '--cost'], "Option '--cost <value>' argument missing"],
    [['minimize', '--problem', 'sphere', '--dim', '2.5'], 'dim of problem sphere is 2.5; allowed: an integer from 1 to 1000000'],
    [['minimize', '--problem', 'sphere', '--json=1'], "Option '--json' does not take an argument"],
    [['minimize', 'sphere'], 'unexpected word "sphere" after minimize; options begin with --'],
    [['minimize', '--problem', 'sphere', '--param', 'lr'], '--param is "lr"; allowed: name=value'],
    [['minimize', '--problem', 'sphere', '--optimizer', 'adam', '--param', 'lr=x'], 'lr of optimizer adam is "x"; allowed: a number above 0'],
    [['minimize', '--problem', 'sphere', '--backend', 'gpu'], 'unknown backend "gpu"; have auto, simd, reference'],
    [['minimize', '--module', 'missing.js', '--dim', '2', '--lower', '-1', '--upper', '1'], 'module "file://'],
    [['minimize', '--module', mine, '--export', 'other', '--dim', '2', '--lower', '-1', '--upper', '1'], 'export "other" of "file://'],
    [['minimize', '--module', mine], 'dim is missing; a function of your own needs dim, lower and upper'],
    [['minimize', '--problem', 'sphere', '--save', mine], `${mine} is not a saved state: it is not JSON; --fresh starts over`],
    [['minimize', '--problem', 'sphere', '--workers', '0.5'], 'workers is 0.5; allowed: an integer from 0 to 256'],
    [['minmize'], 'unknown command "minmize"; did you mean minimize? have '],
    [['--problem'], 'unknown command "--problem"; '],
  ])('exits 2 with one sentence for %j', async (args, message) => {
    const { code, out, err } = await nadir(...args);
    expect(err.startsWith(`nadir: ${message}`), err).toBe(true);
    expect([code, out, err.trim().split('\n').length]).toEqual([2, '', 1]);
  });

  it('exits 1 when the work fails: every evaluation, a file that cannot be written', async () => {
    const all = await nadir('minimize', '--module', mine, '--export', 'bad', '--dim', '2', '--lower', '-1', '--upper', '1', '--cost', '5', '--optimizer', 'random');
    expect([all.code, all.out, all.err]).toEqual([1, '', 'nadir: every one of the 5 evaluations failed; the first: the objective threw: no\n']);
    const file = await nadir('minimize', '--problem', 'sphere', '--cost', '50', '--save', join(folder, 'no/such/folder'));
    expect([file.code, file.out]).toEqual([1, '']); // before any work
    expect(file.err).toMatch(/^nadir: .* cannot be written: there is no such folder\n$/);
    mkdirSync(join(folder, 'taken'));
    const taken = await nadir('minimize', '--problem', 'sphere', '--cost', '50', '--save', join(folder, 'taken'), '--json');
    expect([taken.code, JSON.parse(taken.out).cost]).toEqual([1, 50]); // the answer is not lost
    expect(taken.err).toMatch(/^nadir: .* cannot be written: it is a folder\n$/);
    expect(readdirSync(folder).filter((name) => name.startsWith('taken.'))).toEqual([]);
    const never = join(folder, 'never.mjs');
    writeFileSync(never, 'setInterval(() => {}, 1000); export default (x) => (x[0] > 0 ? x[0] : new Promise(() => {}));');
    const late = await nadir('minimize', '--module', never, '--dim', '2', '--lower', '-1', '--upper', '1', '--milliseconds', '300', '--optimizer', 'annealing', '--x0', '0.5,0', '--json');
    expect([late.code, JSON.parse(late.out).stop]).toEqual([0, 'time']);
  });

  it('keeps what it has on Ctrl-C and says how to go on', async () => {
    const state = join(folder, 'stopped.json');
    const child = spawn(process.execPath, [cli, 'minimize', '--problem', 'rastrigin', '--cost', '1e9', '--save', state, '--json'], { cwd: folder });
    let [out, err] = ['', ''];
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    setTimeout(() => child.kill('SIGINT'), 700);
    const code = await new Promise((done) => child.on('exit', done));
    expect(code).toBe(1);
    const { stop, cost } = JSON.parse(out);
    expect(stop).toBe('aborted');
    expect(err).toBe(`nadir: stopped by the signal after ${cost} evaluations; the same command goes on from ${state}\n`);
    const more = JSON.parse((await nadir('minimize', '--problem', 'rastrigin', '--cost', String(cost + 1000), '--save', state, '--json')).out);
    expect(more.cost).toBe(cost + 1000);
  });

  it('goes on after SIGKILL from the last state it kept, to the end of an undisturbed run', async () => {
    const state = join(folder, 'killed.json');
    const args = ['minimize', '--problem', 'ackley', '--optimizer', 'evolution', '--json', '--save', state];
    const child = spawn(process.execPath, [cli, ...args, '--cost', '1e9'], { cwd: folder });
    const kept = (): number => (existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')).state.run.cost : 0);
    while (kept() === 0) await new Promise((done) => setTimeout(done, 100));
    child.kill('SIGKILL');
    await new Promise((done) => child.on('exit', done));
    const cost = String(kept() + 500);
    const resumed = JSON.parse((await nadir(...args, '--cost', cost)).out);
    const straight = JSON.parse((await nadir('minimize', '--problem', 'ackley', '--optimizer', 'evolution', '--json', '--cost', cost)).out);
    expect(resumed).toEqual(straight);
  });
});

describe('nadir', () => {
  it('lists every problem and optimizer, as JSON too', async () => {
    const json = JSON.parse((await nadir('list', '--json')).out);
    expect(json.problems.map((p: { name: string }) => p.name)).toEqual(problems.map((p) => p.name));
    expect(json.optimizers.map((p: { name: string }) => p.name)).toEqual(optimizers.map((p) => p.name));
    expect(json.optimizers.find((o: { name: string }) => o.name === 'adam')).toMatchObject({ spaces: ['box'], gradient: 'required', defaults: { lr: 0.001 }, options: { beta1: { default: 0.9, allowed: 'a number from 0 below 1' } } });
    const { out } = await nadir('list');
    for (const { name } of [...problems, ...optimizers]) expect(out).toContain(`  ${name} `);
  });

  it('tours', async () => {
    const json = JSON.parse((await nadir('tour', '--cost', '500', '--json')).out);
    expect(json.runs.length).toBe(6 * optimizers.length);
    for (const { identical, gap } of json.runs) expect([identical, gap >= -1e-9]).toEqual([true, true]);
    for (const { accuracy } of json.networks.trained) expect(accuracy).toBeGreaterThan(0.8); // four classes: by chance 0.25
    const [adam, escape] = json.networks.landscape;
    expect([adam.escaped, escape.escaped > 7, escape.median < adam.median / 2]).toEqual([0, true, true]);
  });

  it('helps', async () => {
    expect((await nadir('--version')).out).toBe(`${version}\n`);
    expect(version).toBe(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version);
    for (const args of [[], ['--help'], ['help']]) expect((await nadir(...args)).out).toContain('usage: nadir COMMAND');
    expect((await nadir('minimize', '--help')).out).toContain('--problem VALUE');
  });
});
