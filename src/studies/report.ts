/**
 * The report of an experiment: one HTML file that shows what its records say and can be mailed, opened offline and printed.
 *
 * Surprise: a page of 100,000 runs opens in a second when its table is JSON that is drawn 50 rows at a time, and takes a minute as HTML.
 */
import { NadirError, named, show } from '../core/errors.ts';
import { nameOf, type Frame } from '../experiment/frame.ts';
import { cellOf, textOf, type Column as FrameColumn } from '../experiment/column.ts';
import { page, type Column, type Section } from '../plot/page.ts';
import { brief } from '../plot/scale.ts';
import { figures, kinds, view, type RunSeries, type View, type ViewOptions } from './figures.ts';

import type { RunRecord } from '../experiment/record.ts';

export type { RunSeries } from './figures.ts';

const KNOWN = ['title', 'records', 'theme', 'series', 'metric', 'by', 'minimum'];
const rowsMost = 500; // of a table that is HTML

export interface ReportOptions extends ViewOptions {
  readonly title: string;
  readonly records: Iterable<RunRecord>;
  /** Stepped metrics, for convergence and targets; one metric of them is drawn. */
  readonly series?: Iterable<RunSeries>;
  /** Default: what the reader's system prefers; a switch is in the page. */
  readonly theme?: 'light' | 'dark';
}

/**
 * The report as the text of one HTML file, with no script but its own and nothing loaded from anywhere.
 * @returns tiles, the aggregate table, comparisons, convergence, runtimes to targets, a heat map, box plots, parallel coordinates, failures, and
 * all runs in a table that is searched and sorted in the page
 * @throws `name` for a metric, a column or an option that is not there, `input` for records, a title or a theme that are none
 * @example
 * const run = (algorithm, replicate, best_f) => ({ id: `${algorithm}${replicate}`, experiment: 'demo', index: 0, status: 'success', replicate, params: { algorithm }, metrics: { best_f }, data: {}, milliseconds: 1 });
 * const html = report({ title: 'adam or random?', records: [run('adam', 0, 1), run('adam', 1, 3), run('random', 0, 5)] });
 * html; // '<!doctype html>...'
 */
export function report({ title, records, theme, ...options }: ReportOptions): string {
  for (const option of Object.keys(options)) named('option of report', KNOWN.map((name) => ({ name })), option);
  if (typeof title !== 'string') throw new NadirError('input', `title of report is ${show(title)}; allowed: text`);
  if (theme !== undefined && theme !== 'light' && theme !== 'dark') throw new NadirError('input', `theme of report is ${show(theme)}; allowed: light, dark`);
  const made = view(records, options);
  const { runs, metric, by } = made;
  const experiments = [...new Set(runs.rows.map(({ experiment }) => experiment))].join(', ');
  const sections: Section[] = [...summaries(made)];
  for (const kind of kinds) {
    const { title: heading, about, svgs } = figures(kind, made, { theme: 'page' });
    if (svgs.length > 0) sections.push({ title: heading, about, figures: svgs.map((svg) => svg.replace(/ width="\d+" height="\d+"/, '')) });
  }
  const failures = failed(runs);
  if (failures) sections.push(failures);
  const about = [experiments && `experiment ${experiments}`, metric && `judged by ${metric}, ${made.minimum ? 'less' : 'more'} is better`, by.length > 0 && `grouped by ${by.join(', ')}`].filter(Boolean).join(' · ');
  return page({ title, about, theme, tiles: tiles(made), sections, columns: columns(made), foot: foot(runs) });
}

/** The aggregate table, as text; `columns` of statistics in the order of the report. */
export function aggregateTable({ runs, metric, by }: Pick<View, 'runs' | 'metric' | 'by'>): string[][] {
  const groups = metric === undefined ? [] : runs.aggregate(by, metric);
  const head = [...by, 'runs', 'failed', 'n', 'mean', 'std', 'min', 'q1', 'median', 'q3', 'max'];
  return [head, ...groups.map((group) => [...by.map((name) => textOf(group.key[name]) || '-'), ...[group.runs, group.failed, group.n].map(String), ...[group.mean, group.std, group.min, group.q1, group.median, group.q3, group.max].map(figure)])];
}

function figure(value: number): string {
  return Number.isNaN(value) ? '-' : brief(value).replace('\u2212', '-');
}

function tiles({ runs, drawn, metric, minimum, by }: View): { label: string; value: string }[] {
  const of = (status: string): number => runs.rows.filter((row) => row.status === status).length;
  const out = [{ label: 'runs', value: runs.size.toLocaleString('en') }, { label: 'successful', value: of('success').toLocaleString('en') }];
  for (const status of ['failed', 'cancelled']) if (of(status) > 0) out.push({ label: status, value: of(status).toLocaleString('en') });
  out.push({ label: 'cases', value: new Set(runs.rows.map(({ params }) => JSON.stringify(params))).size.toLocaleString('en') });
  if (metric !== undefined && drawn.size > 0) {
    const best = drawn.best(metric, { minimum });
    out.push({ label: `best ${metric}`, value: brief(cellOf(best, drawn.column(metric)) as number) });
    if (by.length > 0) out.push({ label: 'reached by', value: nameOf(Object.fromEntries(by.map((name) => [name, cellOf(best, drawn.column(name))]))) });
  }
  const spent = runs.rows.reduce((sum, { milliseconds }) => sum + (milliseconds || 0), 0) / 1000;
  out.push({ label: 'time in runs', value: spent < 120 ? `${brief(spent)} s` : spent < 7200 ? `${brief(spent / 60)} min` : `${brief(spent / 3600)} h` });
  return out;
}

function summaries(made: View): Section[] {
  const { runs, drawn, metric, minimum, by } = made;
  if (metric === undefined) return [];
  const groups = runs.aggregate(by, metric);
  const medians = groups.map(({ median }) => (minimum ? median : -median));
  const least = medians.reduce((a, b) => (b < a ? b : a), Infinity);
  const missing = groups.reduce((sum, group) => sum + group.missing, 0);
  const out: Section[] = [{ title: 'Summary', about: `${metric} of the successful runs${missing > 0 ? `; ${missing} without a number are left out` : ''}. The best median is bold.${groups.length > rowsMost ? ` The first ${rowsMost} of ${groups.length.toLocaleString('en')} groups.` : ''}`, table: aggregateTable(made).slice(0, rowsMost + 1), strong: medians.flatMap((median, i) => (median === least ? [i] : [])) }];
  if (drawn.size > 0) {
    const best = drawn.best(metric, { minimum });
    const line = (name: string): string[] => [name, textOf(cellOf(best, runs.column(name)))];
    const params = runs.columns.filter((name) => runs.column(name).section === 'params' && cellOf(best, runs.column(name)) !== undefined);
    const equal = drawn.where({ [metric]: cellOf(best, drawn.column(metric)) }).size;
    out.push({ title: 'Best run', about: equal > 1 ? `The first of ${equal} runs with this ${metric}.` : '', table: [['', 'value'], line(metric), ...params.map(line), ['replicate', String(best.replicate)], ['id', best.id]] });
  }
  const rivals = by.length > 0 && drawn.size > 0 && drawn.size <= 20_000 ? drawn.group(by) : []; // the test sorts pairs of groups
  if (rivals.length < 2 || rivals.length > 12) return out;
  const { n, names, superiority, verdict, p } = drawn.compare(by, metric, { minimum });
  const rows = names.map((name, i) => [name, ...names.map((_, j) => (i === j ? '' : `${superiority[i * n + j]!.toFixed(2)}${verdict[i * n + j] === 1 ? ' \u25b2' : verdict[i * n + j] === -1 ? ' \u25bc' : ''}`))]);
  const told = Array.from(p).filter((value, k) => Math.floor(k / n) < k % n && value < 0.05).length;
  out.push({ title: 'Who beats whom', about: `The probability that a run of the row is better than one of the column, over all cases; \u25b2 better and \u25bc worse by the rank-sum test at 5 %, Holm-adjusted (${told} of ${(n * (n - 1)) / 2} pairs differ).`, table: [['', ...names], ...rows] });
  return out;
}

function failed(runs: Frame): Section | undefined {
  const counts = new Map<string, { runs: number; status: string; message: string; first: string }>();
  for (const { status, error, id } of runs.rows) {
    if (status === 'success') continue;
    const message = error?.message ?? 'no message';
    const key = `${status}\n${message}`;
    const met = counts.get(key);
    if (met) met.runs++;
    else counts.set(key, { runs: 1, status, message, first: id });
  }
  if (counts.size === 0) return undefined;
  const most = [...counts.values()].sort((a, b) => b.runs - a.runs).slice(0, 50);
  return { title: 'Failures', about: counts.size > 50 ? `The 50 most frequent of ${counts.size}.` : '', table: [['runs', 'status', 'message', 'first run'], ...most.map((each) => [String(each.runs), each.status, each.message, each.first])] };
}

/** What the table of runs shows: six digits are enough there, and halve the file. */
function columns({ runs, by, metric }: View): Column[] {
  const front = [...by, ...(metric === undefined ? [] : [metric])];
  const all = runs.columns.map((name) => runs.column(name)).filter(({ key, section }) => section !== 'run' || !['experiment', 'index', 'attempt'].includes(key));
  const place = ({ name, section }: FrameColumn): number => (front.includes(name) ? front.indexOf(name) : { params: 10, metrics: 20, data: 30, run: 40 }[section]);
  const short = (value: number): number | string => (Number.isFinite(value) ? (Number.isInteger(value) ? value : Number(value.toPrecision(6))) : String(value));
  return all.sort((a, b) => place(a) - place(b)).map((column) => ({
    name: column.name,
    values: runs.rows.map((row) => {
      const cell = cellOf(row, column);
      return cell === undefined ? null : typeof cell === 'number' ? short(cell) : textOf(cell);
    }),
  })).filter(({ values }) => values.some((value) => value !== null));
}

function foot(runs: Frame): string {
  const made = new Set(runs.rows.map((row) => (row.made ? `nadir ${row.made.nadir}, module ${row.made.module.slice(0, 12)}, ${row.made.runtime}` : '')).filter(Boolean));
  return `${runs.size.toLocaleString('en')} ${runs.size === 1 ? 'run' : 'runs'}${made.size > 0 ? `, made by ${[...made].slice(0, 6).join('; ')}${made.size > 6 ? `; and ${made.size - 6} more` : ''}` : ''}.`;
}
