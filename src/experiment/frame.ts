/**
 * The records of an experiment as a table for analysis: filter, derive, group, aggregate, compare. Nothing changes in place.
 *
 * Statistics are of successful runs with a number there; what is left out is counted and shown, because a mean over the
 * runs that survived is the oldest way to be wrong. Surprise: runs end in any order, so groups come in the order of their
 * keys, not of their first row, or the same store would print two tables.
 */
import { NadirError, show } from '../core/errors.ts';
import { createRandom } from '../core/random.ts';
import { bootstrap, median, quantile, summary, type Interval } from './analysis.ts';
import { cellOf, columnOf, columnsOf, keyOf, order, textOf, type Cell, type Column } from './column.ts';
import { wins, type Wins } from './significance.ts';

import type { Params } from '../core/types.ts';
import type { RunRecord } from './record.ts';

export type { Cell, Column } from './column.ts';

/** Columns and what their cells must equal, or a predicate. */
export type Filter = { readonly [column: string]: Cell } | ((row: RunRecord) => boolean);
export interface Group {
  /** The cell of each column that was grouped by. */
  readonly key: { readonly [column: string]: Cell };
  readonly frame: Frame;
}
export interface AggregateOptions {
  /** Further quantiles, each from 0 to 1. */
  readonly quantiles?: readonly number[];
  /** A bootstrap interval (BCa) of this statistic, drawn from a fixed stream. */
  readonly ci?: 'mean' | 'median';
  /** Of the interval, default 0.95. */
  readonly level?: number;
}
/** A group in numbers; NaN where there are too few. */
export interface Aggregate {
  readonly key: { readonly [column: string]: Cell };
  /** All rows of the group. */
  readonly runs: number;
  /** Rows that did not succeed: failed and cancelled. */
  readonly failed: number;
  /** Successful rows without a number there, NaN included. */
  readonly missing: number;
  /** Numbers in the statistics. */
  readonly n: number;
  readonly mean: number;
  /** With n - 1. */
  readonly std: number;
  readonly min: number;
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
  readonly max: number;
  /** In the order they were asked for. */
  readonly quantiles: readonly number[];
  /** Absent unless asked for, and with fewer than two numbers or infinite ones. */
  readonly ci?: Interval;
}
/** Groups against each other; matrices as `wins` makes them. */
export interface Comparison extends Wins {
  readonly keys: readonly { readonly [column: string]: Cell }[];
  readonly names: readonly string[];
}

export interface Frame {
  /** Rows. */
  readonly size: number;
  readonly rows: readonly RunRecord[];
  /** Names of all columns, as short as they can be. */
  readonly columns: readonly string[];
  /** The column of a name: `lr`, or `params.lr` where several are called lr. Throws `name`, offering the nearest. */
  column(name: string): Column;
  /** A cell a row. */
  cells(name: string): Cell[];
  /** The rows that match all of it. */
  where(filter: Filter): Frame;
  /** Another metric, computed from each row; one of that name is replaced. */
  derive(name: string, value: (row: RunRecord) => number): Frame;
  /** The numbers of a column: of successful runs, NaN left out. */
  values(metric: string): Float64Array;
  /** Parts with equal cells, in the order of their keys. */
  group(by: string | readonly string[]): Group[];
  /** Statistics of a metric, a group a row; `by` may be empty. */
  aggregate(by: string | readonly string[], metric: string, options?: AggregateOptions): Aggregate[];
  /** The successful run with the least (or, `minimum: false`, the greatest) number; the first of equals. Throws `input` when there is none. */
  best(metric: string, options?: { readonly minimum?: boolean }): RunRecord;
  /** Who beats whom: every pair of groups by the rank-sum test, Holm-adjusted. Groups without a number are left out. */
  compare(by: string | readonly string[], metric: string, options?: { readonly minimum?: boolean; readonly alpha?: number }): Comparison;
  /** Numbers before text, absence last whichever way; equal rows keep their order. */
  sort(by: string | readonly string[], options?: { readonly descending?: boolean }): Frame;
  /** A head and a line a row, as text; default all columns. Control characters become U+FFFD. */
  table(columns?: readonly string[]): string[][];
}

/**
 * The table of some records.
 * @param records of one experiment or of several, such as `await (await conduct(definition)).records()`
 * @throws `input` for what is no iterable, a promise above all
 * @example
 * const run = (algorithm, best_f) => ({ id: `${algorithm}${best_f}`, status: 'success', params: { algorithm }, metrics: { best_f }, data: {} });
 * const runs = frame([run('adam', 1), run('random', 5), run('adam', 2), run('random', 9)]);
 * runs.aggregate('algorithm', 'best_f').map(({ key, n, mean, min }) => `${key.algorithm} ${n} ${mean} ${min}`); // [ 'adam 2 1.5 1', 'random 2 7 5' ]
 * runs.best('best_f').params; // { algorithm: 'adam' }
 * runs.derive('digits', ({ metrics }) => -Math.floor(metrics.best_f)).where({ algorithm: 'random' }).values('digits'); // Float64Array(2) [ -5, -9 ]
 */
export function frame(records: Iterable<RunRecord>): Frame {
  if (typeof records !== 'object' || typeof (records as Partial<typeof records> | null)?.[Symbol.iterator] !== 'function') {
    const late = typeof (records as { then?: unknown } | null | undefined)?.then === 'function' || typeof (records as { [Symbol.asyncIterator]?: unknown } | null | undefined)?.[Symbol.asyncIterator] === 'function';
    throw new NadirError('input', `the records of a frame are ${late ? 'still to come' : show(records)}; allowed: an array or another iterable of records, as await made.records()`); // Array.from makes an empty frame of a promise
  }
  const rows = Array.from(records);
  let known: readonly Column[] | undefined; // most frames in a chain are never asked
  return frameOf(rows, () => (known ??= columnsOf(rows)));
}

/** A part keeps the columns of the whole: a group in which no run has a parameter can still be asked for it. */
function frameOf(rows: readonly RunRecord[], all: () => readonly Column[]): Frame {
  Object.freeze(rows);
  const part = (some: readonly RunRecord[]): Frame => frameOf(some, all);
  const column = (name: string): Column => columnOf(all(), name);
  const several = (by: string | readonly string[]): Column[] => (typeof by === 'string' ? [by] : by).map(column);

  const grouped = (columns: readonly Column[]): Group[] => {
    const groups = new Map<string, { cells: Cell[]; rows: RunRecord[] }>();
    for (const row of rows) {
      const cells = columns.map((each) => cellOf(row, each));
      const key = cells.map(keyOf).join('\n'); // canonical JSON has no line feed
      const group = groups.get(key);
      if (group) group.rows.push(row);
      else groups.set(key, { cells, rows: [row] });
    }
    const sorted = [...groups.values()].sort((a, b) => first(a.cells.map((cell, i) => order(cell, b.cells[i]))));
    return sorted.map(({ cells, rows: members }) => ({ key: Object.fromEntries(columns.map(({ name }, i) => [name, cells[i]])), frame: part(members) }));
  };

  return {
    size: rows.length,
    rows,
    get columns() {
      return all().map(({ name }) => name);
    },
    column,
    cells(name) {
      const of = column(name);
      return rows.map((row) => cellOf(row, of));
    },
    where(filter) {
      if (typeof filter === 'function') return part(rows.filter(filter));
      const wanted = Object.entries(filter).map(([name, cell]) => ({ of: column(name), key: keyOf(cell) }));
      return part(rows.filter((row) => wanted.every(({ of, key }) => keyOf(cellOf(row, of)) === key)));
    },
    derive(name, value) {
      if (typeof name !== 'string' || name === '') throw new NadirError('input', `name is ${show(name)}; allowed: the name of a metric`);
      return frame(rows.map((row) => {
        const made = value(row);
        if (typeof made !== 'number') throw new NadirError('input', `${name} of run ${row.id} is ${show(made)}; allowed: a number`);
        return { ...row, metrics: { ...row.metrics, [name]: made } };
      }));
    },
    values(metric) {
      const of = column(metric);
      return Float64Array.from(rows.flatMap((row) => (countable(row, of) ? [cellOf(row, of) as number] : [])));
    },
    group: (by) => grouped(several(by)),
    aggregate(by, metric, { quantiles = [], ci, level } = {}) {
      if (ci !== undefined && ci !== 'mean' && ci !== 'median') throw new NadirError('input', `ci is ${show(ci)}; allowed: mean, median`);
      for (const p of quantiles) if (!(p >= 0 && p <= 1)) throw new NadirError('input', `quantiles has ${show(p)}; allowed: from 0 to 1`);
      return grouped(several(by)).map(({ key, frame: { size, rows: members, values: valuesOf } }) => {
        const values = valuesOf(metric);
        const failed = members.filter((row) => row.status !== 'success').length;
        const interval = ci === undefined || values.length < 2 || !values.every(Number.isFinite) ? {} : { ci: bootstrap(values, ci === 'mean' ? mean : median, createRandom(0).fork('frame'), { level }) };
        return { key, runs: size, failed, missing: size - failed - values.length, ...described(values), quantiles: quantiles.map((p) => (values.length === 0 ? NaN : quantile(values, p))), ...interval };
      });
    },
    best(metric, { minimum = true } = {}) {
      const of = column(metric);
      let best: RunRecord | undefined;
      for (const row of rows) {
        if (!countable(row, of)) continue;
        const [mine, least] = [cellOf(row, of) as number, best && (cellOf(best, of) as number)];
        if (least === undefined || (minimum ? mine < least : mine > least)) best = row;
      }
      if (best === undefined) throw new NadirError('input', `none of ${rows.length} runs succeeded with a number for ${metric}`);
      return best;
    },
    compare(by, metric, { minimum = true, alpha } = {}) {
      const groups = grouped(several(by)).map(({ key, frame: { values } }) => ({ key, values: values(metric) })).filter(({ values }) => values.length > 0);
      const found = wins(groups.map(({ values }) => (minimum ? values : values.map((value) => -value))), { alpha });
      return { ...found, keys: groups.map(({ key }) => key), names: groups.map(({ key }) => nameOf(key)) };
    },
    sort(by, { descending = false } = {}) {
      const columns = several(by);
      const keyed = rows.map((row) => ({ row, cells: columns.map((each) => cellOf(row, each)) }));
      const absent = (cell: Cell): boolean => cell === undefined || Number.isNaN(cell);
      keyed.sort((a, b) => first(a.cells.map((cell, i) => (descending && !absent(cell) && !absent(b.cells[i]) ? -order(cell, b.cells[i]) : order(cell, b.cells[i])))));
      return part(keyed.map(({ row }) => row));
    },
    table(names = all().map(({ name }) => name)) {
      const columns = names.map(column);
      const clean = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
      return [[...names].map(clean), ...rows.map((row) => columns.map((each) => clean(textOf(cellOf(row, each)))))];
    },
  };
}

/** The parameters that differ between rows, with how many values each has; absence is a value. */
export function factors(runs: Frame): { readonly name: string; readonly levels: number }[] {
  return runs.columns.map((name) => runs.column(name)).filter(({ section }) => section === 'params').map((of) => ({ name: of.name, levels: new Set(runs.rows.map((row) => keyOf(cellOf(row, of)))).size })).filter(({ levels }) => levels > 1);
}

/** A group as a person calls it: `adam`, or `adam, 10`; `lr` of a group without one is `-`. */
export function nameOf(key: Params | Group['key']): string {
  return Object.values(key).map((cell) => (cell === undefined ? '-' : textOf(cell))).join(', ') || 'all';
}

function countable(row: RunRecord, of: Column): boolean {
  const cell = row.status === 'success' ? cellOf(row, of) : undefined;
  return typeof cell === 'number' && !Number.isNaN(cell);
}

function described(values: Float64Array): Pick<Aggregate, 'n' | 'mean' | 'std' | 'min' | 'q1' | 'median' | 'q3' | 'max'> {
  if (values.length === 0) return { n: 0, mean: NaN, std: NaN, min: NaN, q1: NaN, median: NaN, q3: NaN, max: NaN };
  const { sd, ...rest } = summary(values);
  return { ...rest, std: sd };
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The first that is not 0. */
function first(orders: readonly number[]): number {
  return orders.find((each) => each !== 0) ?? 0;
}
