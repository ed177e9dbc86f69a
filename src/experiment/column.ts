/**
 * The columns of run records and how people name them: `lr` alone where only one thing is called that, else `params.lr` or `metrics.lr`.
 *
 * Surprise: a parameter that is called `seed` is common, and so is the seed of the run; both are then asked for in full.
 */
import { NadirError, nearest, show } from '../core/errors.ts';
import { write } from './identity.ts';

import type { Json } from '../core/types.ts';
import type { RunRecord } from './record.ts';

/** undefined: this run has no such parameter or metric. */
export type Cell = Json | undefined;
export type Section = 'run' | 'params' | 'metrics' | 'data';
export interface Column {
  /** As short as it can be: `lr`, or `params.lr` where another column is called `lr` too. */
  readonly name: string;
  readonly section: Section;
  /** Its name in the section. */
  readonly key: string;
}

const fields: { readonly [key: string]: (row: RunRecord) => Cell } = {
  id: (row) => row.id,
  experiment: (row) => row.experiment,
  index: (row) => row.index,
  status: (row) => row.status,
  replicate: (row) => row.replicate,
  seed: (row) => row.seed,
  attempt: (row) => row.attempt,
  milliseconds: (row) => row.milliseconds,
  error: (row) => row.error?.message,
};

/** Every column of some rows: the run's own, then parameters, metrics and data in the order they were met. */
export function columnsOf(rows: readonly RunRecord[]): readonly Column[] {
  const met = { params: new Set<string>(), metrics: new Set<string>(), data: new Set<string>() };
  for (const row of rows) {
    for (const key in row.params) met.params.add(key);
    for (const key in row.metrics) met.metrics.add(key);
    for (const key in row.data) met.data.add(key);
  }
  const all: { section: Section; key: string }[] = Object.keys(fields).map((key) => ({ section: 'run', key }));
  for (const section of ['params', 'metrics', 'data'] as const) for (const key of met[section]) all.push({ section, key });
  const times = new Map<string, number>();
  for (const { key } of all) times.set(key, (times.get(key) ?? 0) + 1);
  // A parameter may even be called "params.lr", which must not take the full name of another.
  const plain = (key: string): boolean => times.get(key) === 1 && !/^(run|params|metrics|data)\./.test(key);
  return all.map(({ section, key }) => ({ section, key, name: plain(key) ? key : `${section}.${key}` }));
}

/** The column of a name. Throws `name` when there is none, or when several are called that. */
export function columnOf(columns: readonly Column[], name: unknown): Column {
  const full = columns.find((column) => column.name === name || `${column.section}.${column.key}` === name);
  if (full) return full;
  const called = columns.filter((column) => column.key === name).map((column) => column.name);
  if (called.length > 1) throw new NadirError('name', `${show(name)} is the name of ${called.length} columns; say ${called.slice(0, -1).join(', ')} or ${called.at(-1)!}`);
  const names = columns.map((column) => column.name);
  const near = typeof name === 'string' ? nearest(name, names) : undefined;
  throw new NadirError('name', `unknown column ${show(name)}; ${near ? `did you mean ${near}? ` : ''}have ${names.join(', ')}`);
}

/** The cell of a column; an absent parameter is undefined, and so is what an object inherits. */
export function cellOf(row: RunRecord, { section, key }: Column): Cell {
  if (section === 'run') return fields[key]!(row) ?? undefined;
  const part = row[section] as { readonly [key: string]: Json } | undefined;
  return part !== undefined && Object.hasOwn(part, key) ? part[key] : undefined;
}

/** A cell as a text that is equal for equal cells only. */
export function keyOf(cell: Cell): string {
  return cell === undefined ? '' : typeof cell === 'number' ? String(cell + 0) : write(cell);
}

/** A cell as a person reads it: text as it is, arrays and objects as JSON, absence as nothing. */
export function textOf(cell: Cell): string {
  return cell === undefined ? '' : typeof cell === 'string' ? cell : typeof cell === 'object' ? write(cell) : String(cell);
}

/** Numbers before text before the rest, NaN and absence last. */
export function order(a: Cell, b: Cell): number {
  const [ra, rb] = [rank(a), rank(b)];
  if (ra !== rb) return ra - rb;
  if (ra === 0) return (a as number) - (b as number) || 0; // infinities of one sign: NaN, equal
  const [ta, tb] = [keyOf(a), keyOf(b)];
  return ta < tb ? -1 : ta > tb ? 1 : 0;
}

function rank(cell: Cell): number {
  if (cell === undefined) return 5;
  if (typeof cell === 'number') return Number.isNaN(cell) ? 4 : 0;
  return typeof cell === 'string' ? 1 : typeof cell === 'boolean' ? 2 : 3;
}
