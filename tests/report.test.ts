/** The report as its reader has it, in a real Chromium under its own policy, and `nadir report` over a store that was conducted. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium as playwright, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { report as command } from '../src/commands/report.ts';
import { parse, table } from '../src/commands/shared.ts';
import { grid } from '../src/experiment/grid.ts';
import { files } from '../src/platform/index.ts';
import { directory } from '../src/stores/index.ts';
import { conduct } from '../src/studies/conduct.ts';
import { figures, kinds, thin, view } from '../src/studies/figures.ts';
import { report } from '../src/studies/report.ts';
import { chromium, flags } from './chromium.mjs';

import type { RunRecord } from '../src/experiment/record.ts';

const evil = '</script><script>alert(1)</script><img src=x onerror=alert(2)>';
const folder = mkdtempSync(join(tmpdir(), 'nadir-report-'));
let browser: Browser;
beforeAll(async () => {
  browser = await playwright.launch({ executablePath: chromium(), args: flags });
});
afterAll(async () => {
  await browser?.close();
});

function records(n: number, problems: readonly string[] = ['sphere', 'ackley']): RunRecord[] {
  return Array.from({ length: n }, (_, i): RunRecord => {
    const algorithm = ['adam', 'annealing', 'random'][i % 3]!;
    const bad = i % 50 === 49;
    return {
      id: i.toString(16).padStart(16, '0'), experiment: 'e', index: i, seed: 0, replicate: i % 5, status: bad ? 'failed' : 'success', context: 'c',
      params: { algorithm, problem: problems[Math.floor(i / 3) % problems.length]!, ...(algorithm === 'adam' ? { lr: [0.1, 0.01, 1e-4][Math.floor(i / 6) % 3]! } : {}) },
      metrics: bad ? {} : { best_f: (1 + (i % 3)) * 1e-3 * (1 + (i % 7)), odd: [NaN, Infinity, 1][i % 3]! }, data: {}, artifacts: [],
      ...(bad ? { error: { name: 'Error', message: `no: ${evil}` } } : {}), attempt: 1, started: 0, milliseconds: 2, made: { nadir: '0.1.0', module: 'abc', runtime: evil },
    };
  });
}
const series = (rows: readonly RunRecord[]) => rows.filter(({ status }) => status === 'success').map(({ id, index }) => ({ id, metric: 'f_value', step: [0, 1, 10, 100], value: [10, 12, 1, 0.1 * (1 + (index % 3))] }));

/** Opens a page; anything it says or tries on its own is in `said`. */
async function open(html: string, options: object = {}): Promise<{ page: Page; said: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, ...options });
  const said: string[] = [];
  page.on('dialog', (dialog) => void dialog.dismiss().then(() => said.push(`dialog ${dialog.message()}`)));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('console', (message) => said.push(message.text()));
  page.on('request', (request) => {
    if (!request.url().startsWith('file:') || said.length > 99) said.push(`request ${request.url()}`);
  });
  const file = join(folder, `${Math.abs([...html].reduce((h, c) => (Math.imul(h, 31) + c.charCodeAt(0)) | 0, 7))}.html`);
  writeFileSync(file, html);
  await page.goto(pathToFileURL(file).href);
  return { page, said };
}
const texts = (page: Page, selector: string): Promise<string[]> => page.locator(selector).allTextContents();

describe('report', () => {
  it('runs nothing that is in the records, loads nothing, and obeys its own policy', async () => {
    const rows = records(60, ['sphere', evil]);
    const { page, said } = await open(report({ title: evil, records: rows, series: series(rows) }));
    expect(said).toEqual([]);
    expect(await page.title()).toBe(evil);
    expect(await page.locator('script').count()).toBe(2);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('meta[http-equiv]').getAttribute('content')).toMatch(/^default-src 'none'; script-src 'sha256-[\w+/]{43}='; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'$/);
    expect((await texts(page, '#table tbody td')).includes(evil)).toBe(true);
    // What would be injected is refused even if it got in.
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.hacked = true';
      document.body.append(script);
    });
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
    await page.close();
  });

  it('has its sections, with the numbers of its records', async () => {
    const rows = records(300);
    const { page, said } = await open(report({ title: 'a report', records: rows, series: series(rows) }));
    expect(await texts(page, 'h2')).toEqual(['Summary', 'Best run', 'Who beats whom', 'Convergence', 'Runtimes to targets', 'algorithm by problem', 'Distributions', 'Parameters', 'Failures', 'Runs']);
    expect(await page.locator('svg').count()).toBe(2 + 1 + 1 + 2 + 1); // convergence and boxes are a chart a problem
    const summary = (await page.locator('section').first().locator('tr').allInnerTexts()).map((line) => line.split(/\s+/));
    const adam = rows.filter(({ params, status }) => params.algorithm === 'adam' && status === 'success').map(({ metrics }) => metrics.best_f!);
    expect(summary[1]!.slice(0, 5)).toEqual(['adam', '100', '2', '98', String(Number((adam.reduce((a, b) => a + b) / 98).toPrecision(3)))]);
    expect((await texts(page, '.tiles dd')).slice(0, 3)).toEqual(['300', '294', '6']);
    const named = report({ title: '', records: rows.map((row) => ({ ...row, params: { algorithm: 'gradient_descent', lr: row.index } })), by: 'algorithm' });
    expect(named.includes('<dd>gradient_<wbr>descent</dd>')).toBe(true); // it ends a line there, not within a word
    expect(said).toEqual([]);
    await page.close();
  });

  it('searches, sorts and pages its runs', async () => {
    const { page } = await open(report({ title: 'runs', records: records(300) }));
    const count = (): Promise<string | null> => page.locator('#count').textContent();
    const column = async (name: string): Promise<string[]> => {
      const at = (await texts(page, '#table th')).findIndex((head) => head.replace(/ .$/, '') === name);
      return texts(page, `#table tbody td:nth-child(${at + 1})`);
    };
    const search = async (text: string): Promise<void> => {
      await page.fill('#search', text);
      await page.waitForTimeout(80);
    };
    expect(await count()).toBe('300 runs');
    expect((await column('id')).length).toBe(50);
    await search('algorithm=adam best_f<=2e-3');
    const few = records(300).filter(({ params, metrics }) => params.algorithm === 'adam' && metrics.best_f! <= 2e-3);
    expect(await count()).toBe(`${few.length} of 300 runs`);
    await search('status=failed');
    expect(await count()).toBe('6 of 300 runs');
    expect(await column('best_f')).toEqual(['', '', '', '', '', '']);
    await search('nothing like it');
    expect(await count()).toBe('0 of 300 runs');
    await search('odd=Infinity');
    expect(await count()).toBe('98 of 300 runs');
    await search('');
    await page.click('#table th:has-text("best_f") button');
    let values = (await column('best_f')).map(Number);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    await page.click('#table th:has-text("best_f") button');
    values = (await column('best_f')).map(Number);
    expect(values).toEqual(values.toSorted((a, b) => b - a));
    await page.click('#last');
    expect(await page.locator('#at').textContent()).toBe('page 6 of 6');
    expect((await column('best_f')).slice(-6)).toEqual(['', '', '', '', '', '']); // absence is last both ways
    expect(await page.locator('#after').isDisabled()).toBe(true);
    await page.close();
  });

  it('is light or dark as the reader prefers, or as it is told, and switches', async () => {
    const ground = (page: Page): Promise<string> => page.evaluate(() => getComputedStyle(document.querySelector('rect.ground') ?? document.body).fill);
    const rows = records(30);
    for (const [colorScheme, theme, dark] of [['light', undefined, false], ['dark', undefined, true], ['dark', 'light', false], ['light', 'dark', true]] as const) {
      const { page } = await open(report({ title: 'theme', records: rows, theme }), { colorScheme });
      expect(await ground(page)).toBe(dark ? 'rgb(18, 22, 28)' : 'rgb(255, 255, 255)');
      await page.click('#theme');
      expect(await ground(page)).toBe(dark ? 'rgb(255, 255, 255)' : 'rgb(18, 22, 28)');
      await page.emulateMedia({ media: 'print' });
      expect(await ground(page)).toBe('rgb(255, 255, 255)');
      await page.close();
    }
  });

  it('fits a narrow screen, and survives records that say little', async () => {
    for (const rows of [[], records(1), records(3).map((row) => ({ ...row, metrics: {} })), records(4).map((row) => ({ ...row, status: 'failed' as const })), records(8).map((row) => ({ ...row, params: {} }))]) {
      const { page, said } = await open(report({ title: 'a_very_long_title_without_a_space_that_would_not_fit_a_narrow_screen', records: rows }), { viewport: { width: 360, height: 700 } });
      expect(said).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
      expect(await page.locator('#count').textContent()).toBe(`${rows.length} ${rows.length === 1 ? 'run' : 'runs'}`);
      expect(await page.locator('main').innerText()).not.toMatch(/undefined|\[object/);
      await page.close();
    }
  });

  it('aligns a column of numbers to the right, infinite ones among them', () => {
    const rows = records(6).map((row, i) => ({ ...row, metrics: { best_f: [-Infinity, 1, 2][i % 3]! } }));
    expect(report({ title: 't', records: rows })).toMatch(/<td class="n">-Infinity<\/td>/);
  });

  it.each([
    [{ records: [] }, 'title of report is undefined; allowed: text'],
    [{ title: 't' }, 'the records of a frame are undefined; allowed: '],
    [{ title: 't', records: [], theme: 'blue' }, 'theme of report is "blue"; allowed: light, dark'],
    [{ title: 't', records: [], groupBy: 'lr' }, 'unknown option of report "groupBy"; have title, records, theme, series, metric, by, minimum'],
  ])('refuses %j', (options, message) => expect(() => report(options as never)).toThrow(message));

  it('stays usable with 100,000 runs', async () => {
    const html = report({ title: 'many', records: records(100_000) });
    expect(html.length).toBeLessThan(20e6);
    const { page, said } = await open(html);
    expect(await page.locator('#table tbody tr').count()).toBe(50);
    await page.fill('#search', 'algorithm=random status=failed');
    await page.waitForFunction(() => document.querySelector('#count')!.textContent!.includes(' of '));
    expect(await page.locator('#count').textContent()).toBe('666 of 100,000 runs'); // i is 149 mod 150: 149, 299, ... 99,899
    expect(said).toEqual([]);
    await page.close();
  });
});

describe('figures', () => {
  it('draw the median of the best so far: a run that has ended keeps its value', () => {
    const rows = records(3).map((row) => ({ ...row, params: { algorithm: 'a' } }));
    const made = view(rows, { series: rows.map(({ id }, i) => ({ id, metric: 'loss', step: [1, 2, 4 + i], value: [8, 9, 1 + i] })) });
    const { svgs } = figures('convergence', made, { theme: 'light' });
    expect(svgs.length).toBe(1);
    const end = /class="series"[^>]* d="([^"]*)"/.exec(svgs[0]!)![1]!.match(/[\d.]+/g)!.slice(-2).map(Number);
    const ticks = [...svgs[0]!.matchAll(/<text x="[\d.]+" y="([\d.]+)">([\d.]+)<\/text>/g)].map(([, y, label]) => [Number(label), Number(y) - 4] as const);
    const two = ticks.find(([label]) => label === 2)!; // of 1, 2 and 3
    expect(Math.abs(end[1]! - two[1])).toBeLessThan(0.02);
  });

  it('give a group one colour everywhere, whatever a chart lacks and however its name sorts', () => {
    const rows = records(24, ['p', 'q']).map((row, i): RunRecord => ({ ...row, status: 'success', params: { dim: [5, 10, 20][i % 3]!, problem: i % 2 ? 'p' : 'q' } })).filter(({ params }) => !(params.problem === 'q' && params.dim === 5));
    const made = view(rows, { series: series(rows), by: 'dim' });
    const colors = (svg: string): { [name: string]: string } => Object.fromEntries([...svg.matchAll(/data-name="(\d+)".*?stroke="(#\w+)"/gs)].map(([, name, color]) => [name!, color!]));
    const [first, second] = figures('convergence', made, { theme: 'light' }).svgs.map(colors);
    expect(Object.keys(first!)).toEqual(['5', '10', '20']);
    const { 10: ten, 20: twenty } = first!;
    expect(second).toEqual({ 10: ten, 20: twenty });
    for (const kind of ['ecdf', 'box'] as const) expect(colors(figures(kind, made, { theme: 'light' }).svgs[0]!), kind).toEqual(first);
    const legend = [...figures('convergence', made, { theme: 'light' }).svgs[1]!.split('class="legend"')[1]!.matchAll(/stroke="(#\w+)"/g)].map(([, color]) => color);
    expect(legend).toEqual([ten, twenty]);
  });

  it('of thousands of groups take seconds, not minutes', () => {
    const rows = records(12_000).map((row): RunRecord => ({ ...row, status: 'success', params: { ...row.params, k: row.index }, metrics: { best_f: row.index } }));
    const html = report({ title: 'many groups', records: rows, by: 'k' });
    expect(html).toContain('The first 500 of 12,000 groups.');
    expect(html).toContain('; the first 40 of 12,000 groups.');
    expect(html.length).toBeLessThan(4e6);
  }, 20_000);

  it('thin a series to where it became better and its end', () => {
    const made = thin({ id: 'x', metric: 'f', step: [0, 1, 2, 3, 4], value: [5, 6, NaN, 2, 9] });
    expect([made.step, made.value]).toEqual([[0, 3, 4], [5, 2, 9]]);
    expect(thin({ id: 'x', metric: 'f', step: [], value: [] }).step).toEqual([]);
  });

  it('choose metric, factors and axes, and take what they are told', () => {
    const made = view(records(60));
    expect([made.metric, made.by, made.facet, made.log]).toEqual(['best_f', ['algorithm'], 'problem', false]);
    expect(view(records(60), { by: ['problem', 'lr'], metric: 'odd' })).toMatchObject({ metric: 'odd', by: ['problem', 'lr'], facet: 'algorithm' });
    expect(() => view(records(6), { by: 'algoritm' })).toThrow('unknown column "algoritm"; did you mean algorithm? have ');
    for (const kind of kinds) expect(figures(kind, view([]), { theme: 'light' }).svgs).toEqual([]);
  });
});

describe('nadir report', () => {
  const root = join(folder, 'store');
  const nadir = async (...args: string[]): Promise<{ out: string; notes: string[] }> => {
    const [out, notes]: [string[], string[]] = [[], []];
    await command.run(parse(command, args), { out: (text) => out.push(text), note: (text) => notes.push(text), progress: () => undefined, signal: new AbortController().signal });
    return { out: out.join('\n'), notes };
  };
  const listing = (path: string): string[] => (readdirSync(path, { recursive: true }) as string[]).sort().map((name) => `${name} ${statSync(join(path, name)).size}`);

  beforeAll(async () => {
    await conduct({
      name: 'demo', grid: { algorithm: ['a', 'b'], lr: [0.1, 0.5], problem: ['p', evil] }, replicates: 3,
      operation: (_, { algorithm, lr }: { algorithm: string; lr: number }, seeds, capture) => {
        for (let i = 0; i < 20; i++) capture.metric('f_value', (20 - i) * lr + seeds.replicate, i);
        if (algorithm === 'b' && seeds.replicate === 2) throw new Error('no luck');
        capture.metric('best_f', lr * (algorithm === 'a' ? 1 : 10) + seeds.replicate);
      },
    }, { store: await directory(root, files), workers: 0 });
  });

  it('prints the aggregate table, or one JSON document, and leaves the store as it was', async () => {
    const before = listing(root);
    const { out, notes } = await nadir(root);
    expect(notes).toEqual([]);
    const lines = out.split('\n').map((line) => line.trim().split(/\s+/));
    expect(lines[0]!.join(' ')).toBe('demo: 24 runs, 20 successful; best_f of these');
    expect(lines[1]).toEqual(['algorithm', 'runs', 'failed', 'n', 'mean', 'std', 'min', 'q1', 'median', 'q3', 'max']);
    expect(lines[2]!.slice(0, 5)).toEqual(['a', '12', '0', '12', '1.3']); // (0.1 + 0.5) / 2 + (0 + 1 + 2) / 3
    expect(lines[3]!.slice(0, 5)).toEqual(['b', '12', '4', '8', '3.5']); // 3 + (0 + 1) / 2
    const json = JSON.parse((await nadir(root, '--json', '--group-by', 'problem,lr', '--where', 'algorithm=a')).out) as { groups: { key: object; mean: number }[]; best: { metrics: object } };
    expect(json.groups.map(({ key, mean }) => [key, Math.round(mean * 10)])).toEqual([[{ problem: evil, lr: 0.1 }, 11], [{ problem: evil, lr: 0.5 }, 15], [{ problem: 'p', lr: 0.1 }, 11], [{ problem: 'p', lr: 0.5 }, 15]]);
    expect(json.best.metrics).toMatchObject({ best_f: 0.1 });
    expect(out).toContain('4 runs did not succeed; the first: no luck');
    expect(listing(root)).toEqual(before);
  });

  it('lets no name move the cursor, fill the screen or be taken for an inherited one', async () => {
    const other = join(folder, 'names');
    const store = await directory(other, files);
    await conduct({
      name: 'names', grid: grid.manual([{ algorithm: '\u001b[2J\nfeed', lr: 1 }, { algorithm: 'x'.repeat(3000), lr: 2, constructor: 3 }, { algorithm: '\u202eright', lr: 2, seed: 4 }]),
      operation: (_, { lr }: { lr: number }, _seeds, capture) => capture.metric('best_f', lr),
    }, { store });
    const { out } = await nadir(other);
    expect(out.split('\n').map((line) => line.length).every((length) => length < 200)).toBe(true);
    expect(table([['a', 'b'], ['x', '-Infinity'], ['y', '12']])).toBe('a          b\nx  -Infinity\ny         12'); // numbers to the right
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(out).toMatch(/\nbest  best_f 1 by run [0-9a-f]{16}: algorithm \ufffd\[2J\ufffdfeed, lr 1, replicate 0$/); // no constructor, no params.seed
    expect((await nadir(other, '--where', 'params.seed=4')).out).toMatch(/best_f 2 by run [0-9a-f]{16}: replicate 0$/);
  });

  it('writes every kind of file', async () => {
    for (const ending of ['html', 'csv', 'parquet', 'json', 'npz', 'svg', 'png']) {
      const path = join(folder, `out.${ending}`);
      const said = JSON.parse((await nadir(root, '--out', path, '--json')).out) as object;
      expect(said).toEqual({ out: path, bytes: statSync(path).size, runs: 24, corrupt: 0 });
    }
    const html = readFileSync(join(folder, 'out.html'), 'utf8');
    expect(html).toContain('<h2>Convergence</h2>');
    expect(html).not.toContain('<script>alert');
    expect(readFileSync(join(folder, 'out.svg'), 'utf8')).toContain('f_value, best so far');
    for (const chart of kinds) {
      await nadir(root, '--out', join(folder, `${chart}.svg`), '--chart', chart, '--theme', 'dark');
      expect(readFileSync(join(folder, `${chart}.svg`), 'utf8')).toContain('fill="#12161c"');
    }
  });

  it('says in one sentence what is wrong', async () => {
    for (const [args, message] of [
      [[], 'report needs STORE: nadir report STORE [options]'],
      [[root, 'more'], 'unexpected word "more": nadir report STORE [options]'],
      [[join(folder, 'none')], `store "${join(folder, 'none')}" is not there; allowed: the folder that an experiment was kept in`],
      [[folder], `store "${folder}" holds no runs; allowed: the folder`],
      [[root, '--experiment', 'dmeo'], 'unknown experiment "dmeo"; did you mean demo? have demo'],
      [[root, '--metric', 'bset_f'], 'unknown column "bset_f"; did you mean best_f? have '],
      [[root, '--group-by', 'algoritm'], 'unknown column "algoritm"; did you mean algorithm?'],
      [[root, '--where', 'lr=7'], 'no run of 24 is one of lr=7'],
      [[root, '--where', 'lr'], '--where is "lr"; allowed: name=value'],
      [[root, '--out', 'x.pdf'], '--out is "x.pdf"; allowed: a file that ends with .html, .csv'],
      [[root, '--out', 'x.svg', '--chart', 'pie'], '--chart is "pie"; allowed: convergence, ecdf, heat, box, parallel'],
      [[root, '--chart', 'heat'], '--chart is given without --out; it belongs to a file that ends with .svg, .png'],
      [[root, '--out', 'x.csv', '--theme', 'dark'], '--theme is given with --out x.csv; it belongs to a file that ends with .html, .svg, .png'],
      [[root, '--out', 'x.svg', '--scale', '2'], '--scale is given with --out x.svg; it belongs to a file that ends with .png'],
      [[mkdtempSync(join(folder, 'empty-'))], ' holds no runs; allowed: the folder'],
      [[root, '--theme', 'blue'], '--theme is "blue"; allowed: light, dark'],
      [[root, '--out', join(folder, 'no/where.csv')], 'cannot be written: there is no such folder'],
      [[root, '--otu', 'x'], 'unknown option --otu of report; did you mean --out?'],
    ] as const) await expect(nadir(...args), args.join(' ')).rejects.toThrow(message);
  });

  it('keeps what damage leaves, and reads a store that it may not write', async () => {
    const copy = join(folder, 'copy');
    execFileSync('cp', ['-r', root, copy]);
    const journal = join(copy, 'journal', readdirSync(join(copy, 'journal'))[0]!);
    const lines = readFileSync(journal, 'utf8').split('\n');
    lines[3] = lines[3]!.replace('"', "'");
    writeFileSync(journal, lines.join('\n'));
    const { out, notes } = await nadir(copy);
    expect(out).toContain('demo: 23 runs');
    expect(notes).toEqual([`1 damaged line of the journals of ${copy} is left out`]);
    chmodSync(copy, 0o555);
    expect((await nadir(copy)).out).toContain('demo: 23 runs');
    chmodSync(copy, 0o755);
    await conduct({ name: 'other', grid: { a: [1] }, operation: () => undefined }, { store: await directory(copy, files), workers: 0 });
    await expect(nadir(copy)).rejects.toThrow('holds the experiments demo, other; choose one with --experiment');
    expect((await nadir(copy, '--experiment', 'other')).out).toBe('other: 1 run, 1 successful; no metrics');
  });
});
