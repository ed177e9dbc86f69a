/**
 * A frame as a file for other programs: CSV, JSON, NPZ, Parquet. Every number comes back with the bits it had (-0 from JSON as 0).
 *
 * CSV is RFC 4180. Surprise: a spreadsheet runs a cell that begins with = + - @, tab or line end as a formula, in quotes or
 * not, so a text that does gets an apostrophe in front (OWASP, "CSV injection"); numbers stay numbers.
 */
import { cellOf, keyOf, textOf, type Cell, type Column } from './column.ts';
import { npz } from './npy.ts';

import type { Frame } from './frame.ts';

/**
 * The frame as CSV: a head, then a line a run; lines end with CR LF. Absent cells are empty; numbers are the shortest text that reads back
 * as the same number; NaN, Infinity and -Infinity as such; arrays and objects as JSON.
 * @example
 * const runs = frame([{ id: 'a', status: 'success', params: { note: '=1+1, "x"' }, metrics: { best_f: 0.1 }, data: {} }]);
 * csv(runs).split('\r\n')[0]; // 'id,experiment,index,status,replicate,seed,attempt,milliseconds,error,note,best_f'
 * csv(runs).endsWith(`"'=1+1, ""x""",0.1\r\n`); // true
 */
export function csv(frame: Frame): string {
  const columns = frame.columns.map((name) => frame.column(name));
  const line = (cells: readonly Cell[]): string => `${cells.map((cell) => (typeof cell === 'number' ? (Object.is(cell, -0) ? '-0' : String(cell)) : quoted(guarded(textOf(cell))))).join(',')}\r\n`;
  return line(columns.map(({ name }) => name)) + frame.rows.map((row) => line(columns.map((column) => cellOf(row, column)))).join('');
}

function guarded(text: string): string {
  return /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text; // the last four are their full-width forms
}

/** Semicolons and tabs too: they part cells where a comma parts digits. */
function quoted(text: string): string {
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/**
 * The frame as JSON: an array of runs, one a line, with `params`, `metrics` and `data` apart. JSON has no NaN and no infinities:
 * those metrics are the texts "NaN", "Infinity" and "-Infinity".
 * @example
 * json(frame([{ id: 'a', status: 'success', params: {}, metrics: { loss: Infinity }, data: {} }])).includes('"metrics":{"loss":"Infinity"}'); // true
 */
export function json(frame: Frame): string {
  const line = ({ id, experiment, index, status, replicate, seed, params, metrics, data, error, attempt, milliseconds }: Frame['rows'][number]): string =>
    JSON.stringify({ id, experiment, index, status, replicate, seed, params, metrics: Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, Number.isFinite(value) ? value : String(value)])), data, error, attempt, milliseconds });
  return `[${frame.rows.map((row, i) => `${i === 0 ? '' : ','}\n${line(row)}`).join('')}\n]\n`;
}

/**
 * The frame as .npz. A column of numbers is a float64 array of its name, NaN where a run has none. Any other column is a factor:
 * `<name>.codes`, int32, -1 where a run has none, and `<name>.levels`, the UTF-8 bytes of a JSON array of what the codes mean:
 * `np.array(json.loads(bytes(z['algorithm.levels'])))[z['algorithm.codes']]`. What a zip does not take in names, a slash say, becomes an underscore.
 * @returns the bytes of the file, the same for the same frame
 * @example
 * npzOf(frame([{ id: 'a', status: 'success', params: { lr: 0.1 }, metrics: {}, data: {} }])).length > 100; // true
 */
export function npzOf(frame: Frame): Uint8Array {
  const arrays = new Map<string, Float64Array | Int32Array | Uint8Array>();
  for (const { column, cells } of filled(frame)) {
    const name = memberOf(column.name, arrays);
    if (['int', 'double'].includes(kindOf(column, cells))) {
      arrays.set(name, Float64Array.from(cells, (cell) => (cell === undefined ? NaN : (cell as number))));
      continue;
    }
    const codes = new Map<string, number>();
    const levels: Cell[] = [];
    arrays.set(`${name}.codes`, Int32Array.from(cells, (cell) => {
      if (cell === undefined) return -1;
      const key = keyOf(cell);
      if (!codes.has(key)) codes.set(key, levels.push(cell) - 1);
      return codes.get(key)!;
    }));
    arrays.set(`${name}.levels`, new TextEncoder().encode(JSON.stringify(levels)));
  }
  return npz(Object.fromEntries(arrays));
}

/** A name that a zip takes, which no other column has yet. */
function memberOf(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name.slice(0, 180).replace(/[\p{Cc}\p{Cs}/\\]/gu, '_').replace(/^\.{0,2}$/, '_');
  while (taken.has(free) || taken.has(`${free}.codes`)) free += '_';
  return free;
}

/**
 * The frame as Parquet (Snappy): whole numbers that fit as INT32, other numbers as DOUBLE, booleans, text as UTF-8; arrays, objects and
 * columns of mixed kinds as JSON text. A cell is null where a run lacks the parameter; NaN and infinities are kept.
 * @example
 * const bytes = await parquet(frame([{ id: 'a', status: 'success', params: { lr: 0.1 }, metrics: {}, data: {} }]));
 * new TextDecoder().decode(bytes.subarray(0, 4)); // 'PAR1'
 */
export async function parquet(frame: Frame): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer'); // 60 kB that only this needs
  const types = { int: 'INT32', double: 'DOUBLE', boolean: 'BOOLEAN', text: 'STRING' } as const;
  const columnData = filled(frame).map(({ column, cells }) => {
    const kind = kindOf(column, cells);
    const texts = cells.every((cell) => cell === undefined || typeof cell === 'string');
    const data = cells.map((cell) => (cell === undefined ? null : kind !== 'text' || texts ? cell : JSON.stringify(cell)));
    return { name: column.name, data, type: types[kind], nullable: true };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

/** The columns that hold anything. */
function filled(frame: Frame): { column: Column; cells: Cell[] }[] {
  return frame.columns.map((name) => {
    const column = frame.column(name);
    return { column, cells: frame.rows.map((row) => cellOf(row, column)) };
  }).filter(({ cells }) => cells.some((cell) => cell !== undefined));
}

/** What all present cells are. Metrics whose numbers happen to be whole are doubles: another seed's need not be. */
function kindOf({ section }: Column, cells: readonly Cell[]): 'int' | 'double' | 'boolean' | 'text' {
  const present = cells.filter((cell) => cell !== undefined);
  if (present.every((cell) => typeof cell === 'number')) return section !== 'metrics' && present.every((cell) => (cell | 0) === cell && !Object.is(cell, -0)) ? 'int' : 'double';
  return present.every((cell) => typeof cell === 'boolean') ? 'boolean' : 'text';
}
