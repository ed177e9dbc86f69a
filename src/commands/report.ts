/** `nadir report`: what a store of experiments holds, as a table here, or as a page, a chart or a file for other programs. */
import { basename, dirname, resolve } from 'node:path';
import { NadirError, nearest, show } from '../core/errors.ts';
import { cellOf, textOf } from '../experiment/column.ts';
import { csv, json, npzOf, parquet } from '../experiment/export.ts';
import { factors, frame, type Cell, type Frame } from '../experiment/frame.ts';
import { openLedger } from '../experiment/ledger.ts';
import { readNpz } from '../experiment/npy.ts';
import { files } from '../platform/index.ts';
import { directory } from '../stores/index.ts';
import { figures, kinds, thin, view, type Kind, type RunSeries } from '../studies/figures.ts';
import { png } from '../studies/png.ts';
import { aggregateTable, report as reportOf } from '../studies/report.ts';
import { legible, number, pairs, table, writable, write, type Command, type Io } from './shared.ts';

import type { Store } from '../core/types.ts';
import type { RunRecord } from '../experiment/record.ts';

const CURVES = 2000; // runs whose series are read, evenly over all: medians of more look the same and take minutes
const endings = ['html', 'csv', 'parquet', 'json', 'npz', 'svg', 'png'] as const;

/** Options that only some files know. */
const only: { readonly [option: string]: readonly string[] } = { chart: ['svg', 'png'], scale: ['png'], title: ['html'], theme: ['html', 'svg', 'png'] };

export const report: Command = {
  name: 'report',
  about: 'what a store of runs says: a table, a page, a chart, or a file for other programs',
  words: ['store'],
  options: {
    out: { type: 'string', about: `a file to write; its ending says what: ${endings.join(', ')}` },
    experiment: { type: 'string', about: 'its name, where the store holds several' },
    metric: { type: 'string', about: 'what to judge by (best_f, best_loss, loss, else the first)' },
    maximize: { type: 'boolean', about: 'more of it is better' },
    'group-by': { type: 'string', about: 'parameters with commas between them (algorithm, else the first that varies)' },
    where: { type: 'string', multiple: true, about: 'only runs with name=value, a parameter, a metric or a field such as status; may be given more than once' },
    chart: { type: 'string', about: `of .svg and .png: ${kinds.join(', ')}` },
    scale: { type: 'string', about: 'of .png: pixels a pixel (2)' },
    title: { type: 'string', about: 'of the page' },
    theme: { type: 'string', about: 'light or dark (a page: as its reader prefers; a chart: light)' },
    json: { type: 'boolean', about: 'one JSON document' },
  },
  async run(values, io) {
    const text = (name: string): string | undefined => values[name] as string | undefined;
    const root = text('store')!;
    const out = text('out');
    const ending = out === undefined ? undefined : endings.find((each) => out.toLowerCase().endsWith(`.${each}`));
    if (out !== undefined && ending === undefined) throw new NadirError('input', `--out is ${show(out)}; allowed: a file that ends with ${endings.map((each) => `.${each}`).join(', ')}`);
    const theme = choice('theme', text('theme'), ['light', 'dark'] as const);
    const chart = choice('chart', text('chart'), kinds);
    for (const [name, kinds] of Object.entries(only)) if (values[name] !== undefined && !kinds.includes(ending!)) throw new NadirError('input', `--${name} is given ${out === undefined ? 'without --out' : `with --out ${out}`}; it belongs to a file that ends with ${kinds.map((each) => `.${each}`).join(', ')}`);
    const wanted = pairs(values, 'where') as { [column: string]: Cell };
    if (out !== undefined) await writable(out);

    const store = await open(root);
    const { records, corrupt } = await read(store, root, text('experiment'), io);
    const runs = frame(records).where(wanted);
    if (runs.size === 0) throw new NadirError('input', `no run of ${records.length} is one of ${(values.where as string[]).join(' ')}`);
    const by = text('group-by')?.split(',').map((name) => name.trim());
    const options = { metric: text('metric'), by, minimum: !values.maximize };
    const bare = view(runs.rows, options);
    if (corrupt > 0) io.note(`${corrupt} damaged ${corrupt === 1 ? 'line' : 'lines'} of the journals of ${root} ${corrupt === 1 ? 'is' : 'are'} left out`);

    if (out === undefined) {
      const groups = bare.metric === undefined ? [] : runs.aggregate(bare.by, bare.metric);
      const best = bare.metric === undefined || bare.drawn.size === 0 ? undefined : bare.drawn.best(bare.metric, { minimum: bare.minimum });
      if (values.json) return io.out(JSON.stringify({ store: root, experiment: runs.rows[0]!.experiment, runs: runs.size, corrupt, metric: bare.metric ?? null, by: bare.by, groups, best: best && { id: best.id, params: best.params, replicate: best.replicate, metrics: best.metrics } }));
      io.out(`${runs.rows[0]!.experiment}: ${counted(runs.size)}, ${runs.where({ status: 'success' }).size.toLocaleString('en')} successful${bare.metric === undefined ? '; no metrics' : `; ${bare.metric} of these`}`);
      if (bare.metric !== undefined) io.out(table(aggregateTable(bare).map((row) => row.map((cell) => legible(cell)))));
      if (best !== undefined) io.out(`best  ${bare.metric} ${textOf(cellOf(best, runs.column(bare.metric!)))} by run ${best.id}: ${[...described(runs, best), `replicate ${best.replicate}`].join(', ')}`);
      const bad = runs.where(({ status }) => status !== 'success').rows;
      if (bad.length > 0) io.out(`${counted(bad.length)} did not succeed; the first: ${legible(bad[0]!.error?.message ?? bad[0]!.status, 300)}`);
      return;
    }
    const curves = ending === 'html' || ((ending === 'svg' || ending === 'png') && chart !== 'box' && chart !== 'heat' && chart !== 'parallel');
    const { series, of } = curves ? await curvesOf(store, bare.drawn.rows, bare.metric, bare.minimum, io) : { series: [], of: 0 };
    if (series.length < of) io.note(`curves are of ${series.length.toLocaleString('en')} of ${of.toLocaleString('en')} runs, evenly over all`);
    const bytes = await content(ending!);
    await write(out, bytes);
    if (values.json) io.out(JSON.stringify({ out, bytes: bytes.length, runs: runs.size, corrupt }));
    else io.out(`${out}: ${counted(runs.size)}, ${bytes.length < 1e6 ? `${(bytes.length / 1e3).toFixed(1)} kB` : `${(bytes.length / 1e6).toFixed(1)} MB`}`);

    async function content(kind: (typeof endings)[number]): Promise<Uint8Array> {
      const bytesOf = (made: string): Uint8Array => new TextEncoder().encode(made);
      if (kind === 'csv') return bytesOf(csv(runs));
      if (kind === 'json') return bytesOf(json(runs));
      if (kind === 'npz') return npzOf(runs);
      if (kind === 'parquet') return parquet(runs);
      if (kind === 'html') return bytesOf(reportOf({ ...options, title: text('title') ?? runs.rows[0]!.experiment, records: runs.rows, series, theme }));
      const made = view(runs.rows, { ...options, series });
      const drawable = (each: Kind): string | undefined => figures(each, made, { theme: theme ?? 'light', width: 900, one: true }).svgs[0];
      const svg = chart === undefined ? (drawable('convergence') ?? drawable('box')) : drawable(chart);
      if (svg === undefined) throw new NadirError('input', `the runs have nothing for ${chart === undefined ? 'a chart' : `the chart ${chart}`}: it needs ${chart === 'heat' ? 'two parameters that vary' : chart === 'convergence' || chart === 'ecdf' ? 'a metric with steps' : 'successful runs with a metric'}`);
      return kind === 'svg' ? bytesOf(svg) : png(svg, { scale: number(values, 'scale') ?? 2 });
    }
  },
};

function counted(n: number): string {
  return `${n.toLocaleString('en')} ${n === 1 ? 'run' : 'runs'}`;
}

/** What tells a run from the others. */
function described(runs: Frame, row: RunRecord): string[] {
  return factors(runs).flatMap(({ name }) => {
    const cell = cellOf(row, runs.column(name));
    return cell === undefined ? [] : [`${legible(name)} ${legible(textOf(cell))}`];
  });
}

function choice<T extends string>(name: string, value: string | undefined, allowed: readonly T[]): T | undefined {
  if (value === undefined || allowed.includes(value as T)) return value as T | undefined;
  throw new NadirError('input', `--${name} is ${show(value)}; allowed: ${allowed.join(', ')}`);
}

/** Whether there is anything of that name, be it an empty folder. */
async function stands(path: string): Promise<boolean> {
  const whole = resolve(path);
  return whole === dirname(whole) || (await files.list(dirname(whole)).catch(() => [])).some(({ name }) => name === basename(whole));
}

/** A store that is there, and that this does not change. */
async function open(root: string): Promise<Store> {
  const marked = await files.read(`${root.replace(/\/+$/, '')}/nadir.json`);
  if (marked === undefined) throw new NadirError('input', `store ${show(root)} ${await stands(root) ? 'holds no runs' : 'is not there'}; allowed: the folder that an experiment was kept in`);
  const nothing = async (): Promise<void> => {};
  return { ...(await directory(root, files)), put: nothing, create: async () => true, append: nothing, draft: nothing, move: nothing, delete: nothing };
}

async function read(store: Store, root: string, experiment: string | undefined, io: Io): Promise<{ records: RunRecord[]; corrupt: number }> {
  const ledger = await openLedger(store);
  const records: RunRecord[] = [];
  const names = new Set<string>();
  for await (const record of ledger.records()) {
    if (io.signal.aborted) throw new NadirError('aborted', `stopped by the signal after ${records.length} of ${ledger.count} records`);
    names.add(record.experiment);
    if (experiment === undefined || record.experiment === experiment) records.push(record);
    if (records.length % 10_000 === 9999) io.progress(`read ${records.length} of ${ledger.count} records`);
  }
  const have = [...names].sort().join(', ');
  if (experiment === undefined && names.size > 1) throw new NadirError('input', `store ${show(root)} holds the experiments ${have}; choose one with --experiment`);
  if (names.size === 0) throw new NadirError('input', `store ${show(root)} holds no runs yet${ledger.corrupt > 0 ? `, only ${ledger.corrupt} damaged lines` : ''}`);
  if (records.length === 0) {
    const near = nearest(experiment!, [...names]);
    throw new NadirError('name', `unknown experiment ${show(experiment)}; ${near ? `did you mean ${near}? ` : ''}have ${have}`);
  }
  records.sort((a, b) => a.index - b.index || a.replicate - b.replicate || (a.id < b.id ? -1 : 1)); // journals are in the order of ending
  return { records, corrupt: ledger.corrupt };
}

/** The stepped metric that is to be drawn, of the runs that kept one. A file that cannot be read is a run without. */
async function curvesOf(store: Store, rows: readonly RunRecord[], metric: string | undefined, minimum: boolean, io: Io): Promise<{ series: RunSeries[]; of: number }> {
  const stepped = rows.filter(({ artifacts }) => artifacts.some(({ name }) => name === 'series.npz'));
  const stride = Math.max(1, stepped.length / CURVES);
  const series: RunSeries[] = [];
  for (let i = 0; i < stepped.length; i += stride) {
    if (io.signal.aborted) throw new NadirError('aborted', `stopped by the signal after ${series.length} of ${stepped.length} curves`);
    if (series.length % 100 === 99) io.progress(`read ${series.length + 1} of ${Math.min(stepped.length, CURVES)} curves`);
    const { id } = stepped[Math.floor(i)]!;
    try {
      const arrays = readNpz((await store.get(`runs/${id.slice(0, 2)}/${id}/series.npz`))!);
      const names = Object.keys(arrays).flatMap((name) => (name.endsWith('.step') ? [name.slice(0, -5)] : []));
      const name = [metric, 'f_value', 'loss', ...names].find((each) => each !== undefined && names.includes(each));
      if (name !== undefined) series.push(thin({ id, metric: name, step: arrays[`${name}.step`]!.array, value: arrays[`${name}.value`]!.array }, minimum));
    } catch {
      io.note(`the series of run ${id} cannot be read; it is left out of the curves`);
    }
  }
  return { series, of: stepped.length };
}
