/** `nadir combinations` as its user runs it: the built file, in its own process. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { combinations } from '../src/index.ts';
import vectors from './vectors/combinations.json' with { type: 'json' };

const cli = fileURLToPath(new URL('../build/js/src/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nadir-combinations-'));
const nadir = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((done) => execFile(process.execPath, [cli, 'combinations', ...args], { cwd: folder }, (error, out, err) => done({ code: error ? Number(error.code) : 0, out, err })));
const published = ['--coefficients', '15,47,-12', '--target', '28', '--tolerance', '2'];
const file = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content);
  return name;
};

describe('nadir combinations', () => {
  it('prints one JSON document with what combinations returns: the published example', async () => {
    const { code, out, err } = await nadir(...published, '--strategy', 'exact', '--json');
    expect([code, err]).toEqual([0, '']);
    const { input, exact } = vectors.cases[0]!;
    expect(input.coefficients).toEqual([15, 47, -12]);
    const json = JSON.parse(out);
    expect(json).toEqual(await combinations([15, 47, -12], 28, { tolerance: 2, strategy: 'exact' }));
    expect(json).toMatchObject({ weights: [0.5, 0.5, 0.125], converged: true, stop: 'target', result: 29.5, cycles: exact.cycles });
    expect(Object.keys(json)).toEqual(['weights', 'converged', 'stop', 'cycles', 'result', 'delta', 'best', 'evaluations', 'strategy', 'winners']);
    expect(Object.keys(json.winners[0])).toEqual(['cycle', 'line', 'combo', 'wpn', 'result', 'deltaAbs', 'deltaCond']);
  });

  it('says it for people: a row a cycle, the weights, why it stopped', async () => {
    const { code, out } = await nadir(...published, '--strategy', 'exact');
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toBe('3 coefficients, target 28, by exact');
    expect(lines[1]).toMatch(/^cycle +line +combo +wpn +result +delta$/);
    expect(lines.filter((line) => /^ +\d+ +\d+ +[01]{3} /.test(line)).length).toBe(vectors.cases[0]!.exact.cycles);
    expect(out).toContain('  weights  0.5 0.5 0.125\n  result   29.5, 1.5 from the target: converged after ');
    const missed = await nadir('--coefficients', '15,47,-12', '--target', '-1000', '--max-iter', '3');
    expect(missed.code).toBe(0); // done, though not converged
    expect(missed.out).toMatch(/ from the target: no cycles left after 3 cycles\n/);
  });

  it('hands every option on', async () => {
    const args = ['--coefficients', '-15,47,-12,8', '--target', '-28.5', '--tolerance', '0.25', '--max-iter', '9', '--initial-wpn', '-2', '--wpn-bounds', '-4,null', '--early-stopping', '--early-stop-factor', '2', '--stall-stop', '--memory', '2000000', '--seed', '3', '--backend', 'reference', '--strategy', 'brute', '--mode', 'faithful', '--json'];
    const { out, err } = await nadir(...args);
    expect(err).toBe('');
    expect(JSON.parse(out)).toEqual(await combinations([-15, 47, -12, 8], -28.5, { tolerance: 0.25, maxIter: 9, initialWpn: -2, wpnBounds: [-4, null], earlyStopping: true, earlyStopFactor: 2, stallStop: true, memory: 2e6, seed: 3, strategy: 'brute' }));
    const walked = JSON.parse((await nadir('--coefficients', '3,5', '--target', '-736', '--mode', 'convergent', '--json')).out);
    expect(walked).toEqual(await combinations([3, 5], -736, { mode: 'convergent' }));
    expect([walked.converged, walked.strategy]).toEqual([true, 'convergent']);
  });

  it.each([
    ['numbers.csv', '15,47\n-12\n', '28'],
    ['column.csv', 'coefficient\r\n15\r\n47\r\n-12\r\n', '28'],
    ['quoted.csv', '"15","47"\n"-12"\n', '28'],
    ['mac.csv', 'coefficient\r15\r47\r-12\r', '28'],
    ['spaced.csv', '15 ; 47;\n\n-12;\n', '28'],
    ['array.json', '[15, 47, -12]', '28'],
    ['object.json', '{ "coefficients": [15, 47, -12], "target": 28 }', undefined],
    ['other.json', '{ "coefficients": [15, 47, -12], "target": 5 }', '28'],
  ])('reads %s', async (name, content, target) => {
    const { out, err } = await nadir('--file', file(name, content), ...(target === undefined ? [] : ['--target', target]), '--tolerance', '2', '--json');
    expect(err).toBe('');
    expect(JSON.parse(out)).toMatchObject({ weights: [0.5, 0.5, 0.125], result: 29.5 });
  });

  it('writes the truth table and the plot, and leaves nothing beside them', async () => {
    mkdirSync(join(folder, 'made'));
    const { code, out } = await nadir(...published, '--truth-table', 'made/table.csv', '--plot', 'made/plot.svg', '--json');
    expect(code).toBe(0);
    expect(readdirSync(join(folder, 'made')).sort()).toEqual(['plot.svg', 'table.csv']);
    const rows = readFileSync(join(folder, 'made/table.csv'), 'utf8').trimEnd().split('\n');
    const { winners } = JSON.parse(out);
    expect(rows[0]).toBe('cycle,line,combo,weights_before,wpn,result,delta_abs,delta_cond,is_winner');
    expect(rows.length).toBe(1 + 7 * winners.length);
    expect(rows.filter((row) => row.endsWith(',1')).map((row) => row.split(',').slice(0, 3).join())).toEqual(winners.map((w: { cycle: number; line: string; combo: string }) => `${w.cycle},${w.line},${w.combo}`));
    const svg = readFileSync(join(folder, 'made/plot.svg'), 'utf8');
    expect(svg).toMatch(/^<svg[^]*<\/svg>\s*$/);
    for (const name of ['delta', 'WPN', 'cycle']) expect(svg).toContain(name);
  });

  it.each([
    [[], 'give one of --coefficients NUMBERS and --file FILE'],
    [['--coefficients', '1', '--file', 'x'], 'give one of --coefficients NUMBERS and --file FILE'],
    [['--coefficients', '1,2'], '--target is missing; give the sum wanted'],
    [['--coefficients', '1,x', '--target', '3'], '--coefficients is "x"; allowed: a number'],
    [['--coefficients', '1,,2', '--target', '3'], '--coefficients is ""; allowed: a number'],
    [['--coefficients', '1,Infinity', '--target', '3'], 'coefficients[1] is Infinity; allowed: a finite number'],
    [['--coefficients', '1e-9,-1e-10', '--target', '3'], 'the largest coefficient, coefficients[0], is 1e-9; allowed: at least one above 1e-8 in size'],
    [['--coefficients', '1', '--target', 'x'], '--target is "x"; allowed: a number'],
    [['--coefficients', '1', '--target', '3', '--tolerance', '-1'], 'tolerance is -1; allowed: a number from 0'],
    [['--coefficients', '1', '--target', '3', '--max-iter', '0'], 'maxIter is 0; allowed: an integer from 1'],
    [['--coefficients', '1', '--target', '3', '--max-iter', '1.5'], 'maxIter is 1.5; allowed: an integer from 1'],
    [['--coefficients', '1', '--target', '3', '--initial-wpn', '0'], 'initialWpn is 0; allowed: a number other than 0'],
    [['--coefficients', '1', '--target', '3', '--wpn-bounds', '3,2'], 'wpnBounds is [3,2]; allowed: '],
    [['--coefficients', '1', '--target', '3', '--wpn-bounds', '3'], '--wpn-bounds is "3"; allowed: lower,upper, null for an infinite one'],
    [['--coefficients', '1', '--target', '3', '--mode', 'quick'], 'mode is "quick"; allowed: faithful, convergent'],
    [['--coefficients', '1', '--target', '3', '--strategy', 'exakt'], 'unknown strategy "exakt"; did you mean exact? have '],
    [['--coefficients', '1', '--target', '3', '--tolerence', '1'], 'unknown option --tolerence of combinations; did you mean --tolerance? have '],
    [['--file', 'missing.csv', '--target', '3'], 'missing.csv cannot be read: there is no such file'],
    [['--file', file('words.csv', '1\ntwo\n'), '--target', '3'], 'line 2 of words.csv has "two"; allowed: numbers'],
    [['--file', file('gap.csv', '15,,47\n'), '--target', '3'], 'line 1 of gap.csv has ""; allowed: numbers'],
    [['--file', file('nan.csv', 'NaN\n47\n'), '--target', '3'], 'line 1 of nan.csv has "NaN"; allowed: numbers'],
    [['--file', file('decimals.csv', '1,5;2,5\n'), '--target', '3'], 'decimals.csv has commas and semicolons on one line; allowed: '],
    [['--coefficients', '1', '--target', '3', '--truth-table', 'same', '--plot', 'same'], '--truth-table and --plot are both "same"; allowed: two files'],
    [['--coefficients', '1', '--target', '-Infinity'], 'target is -Infinity; allowed: a finite number'],
    [['--file', file('empty.csv', ''), '--target', '3'], 'empty.csv has no numbers; allowed: coefficients, at least one'],
    [['--file', file('broken.json', '[1, 2'), '--target', '3'], 'broken.json is not JSON: '],
    [['--file', file('text.json', '["a"]'), '--target', '3'], 'text.json holds ["a"]; allowed: numbers, or '],
  ])('exits 2 with one sentence for %j', async (args, message) => {
    const { code, out, err } = await nadir(...args);
    expect(err.startsWith(`nadir: ${message}`), err).toBe(true);
    expect([code, out, err.trim().split('\n').length]).toEqual([2, '', 1]);
  });

  it.each(['--truth-table', '--plot'])('%s says before any work that it cannot be written', async (option) => {
    const many = ['--coefficients', Array.from({ length: 26 }, (_, i) => (i + 1) / 7).join(), '--target', '11', '--strategy', 'brute', '--json'];
    for (const path of ['no/such/folder.csv', '.']) {
      const { code, out, err } = await nadir(...many, option, path);
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(/^nadir: .* cannot be written: .*\n$/);
    }
  });

  it('reports the best so far on Ctrl-C in the middle of a cycle, and leaves no half a table', async () => {
    mkdirSync(join(folder, 'stopped'));
    const many = Array.from({ length: 30 }, (_, i) => Math.sqrt(i + 2)).join();
    for (const args of [['--json'], ['--json', '--truth-table', 'stopped/table.csv']]) {
      const child = spawn(process.execPath, [cli, 'combinations', '--coefficients', many, '--target', '55.5', '--strategy', 'brute', '--max-iter', '1000', ...args], { cwd: folder });
      let [out, err] = ['', ''];
      child.stdout.on('data', (text) => (out += text));
      child.stderr.on('data', (text) => (err += text));
      setTimeout(() => child.kill('SIGINT'), 1500);
      const code = await new Promise((done) => child.on('exit', done));
      expect(code, err).toBe(1);
      const { stop, best, cycles, winners } = JSON.parse(out);
      expect([stop, winners.length]).toEqual(['aborted', cycles]);
      expect(best.delta).toBeLessThanOrEqual(Math.min(1, ...winners.map((w: { deltaAbs: number }) => w.deltaAbs)));
      expect(err).toMatch(/^nadir: stopped by the signal after \d+ cycles?; the best so far is .* from the target/);
      expect(existsSync(join(folder, 'stopped/table.csv'))).toBe(false);
      expect(readdirSync(join(folder, 'stopped'))).toEqual([]);
    }
  });
});
