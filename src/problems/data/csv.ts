/**
 * Tables as text, RFC 4180: fields between separators, quoted where they hold one, a quote within as two.
 *
 * Every field of an input column is a number, so a first line without any is taken for a header. What cannot be read is named by its line: nothing is
 * skipped or filled in.
 */
import { NadirError, nearest, show } from '../../core/errors.ts';
import { fitting } from '../data.ts';

import type { Data } from '../data.ts';
import type { Task } from './arrays.ts';

/** A column by its name or its place from 0; -1 is the last. */
export type Column = string | number;
export interface TableOptions {
  readonly task: Task;
  /** What is to be predicted, one column for `classes`; default the last. */
  readonly target?: Column | readonly Column[];
  /** Columns that are neither input nor target. */
  readonly drop?: readonly Column[];
  /** Whether the first line has names; absent or null: look. */
  readonly header?: boolean | null;
  /** One character; default a comma. */
  readonly separator?: string;
  /** The classes of the table trained on, in their order, for a table to test with. */
  readonly classes?: readonly string[];
}
export interface Table {
  readonly data: Data;
  /** The labels as the text has them; label i of `data` is `classes[i]`. Numbers by size, else by their characters' codes. */
  readonly classes?: readonly string[];
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const MISSING = /^([+-]?(nan|inf(inity)?)|n\/?a|null|none|\?|-)?$/i; // no names of columns
const MOST = 256; // classes a byte can tell

/**
 * A table's examples: inputs as they are, 32-bit floats.
 * @param name of the file, for messages
 * @example
 * csv('iris.csv', 'length,width,kind\n5.1,3.5,setosa\n7,3.2,versicolor\n', { task: 'classes' }).classes; // [ 'setosa', 'versicolor' ]
 */
export function csv(name: string, text: string, options: TableOptions): Table {
  const { task, separator = ',', drop = [] } = options;
  const refuse = (what: string): never => {
    throw new NadirError('input', `${name}: ${what}`);
  };
  const next = records(text, separator, refuse);
  let record = next();
  if (record === undefined) return refuse('it is empty; allowed: a line an example');
  const { length } = record.fields;
  const wanted = options.target === undefined ? [-1] : Array.isArray(options.target) ? (options.target as readonly Column[]) : [options.target as Column];
  if (wanted.length === 0 || (task === 'classes' && wanted.length > 1)) refuse(`target is ${show(options.target)}; allowed: ${task === 'classes' ? 'one column' : 'at least one column'}`);

  const first = record.fields.map((field) => field.trim());
  const place = (what: string, column: Column, names: readonly string[] | undefined): number => {
    if (typeof column === 'number') {
      const at = column < 0 ? length + column : column;
      if (!Number.isInteger(at) || at < 0 || at >= length) refuse(`${what} is ${show(column)}; allowed: an integer from ${-length} to ${length - 1}`);
      return at;
    }
    if (names === undefined) return refuse(`${what} is ${show(column)} in a table without names; allowed: an integer from ${-length} to ${length - 1}`);
    const at = names.indexOf(column);
    if (at < 0) {
      const near = nearest(column, names);
      refuse(`${what} is ${show(column)}; ${near === undefined ? '' : `did you mean ${near}? `}have ${names.slice(0, 20).join(', ')}${length > 20 ? ', ...' : ''}`);
    }
    if (names.includes(column, at + 1)) refuse(`${what} is ${show(column)}, the name of two columns; allowed: an integer from 0 to ${length - 1}`);
    return at;
  };
  const places = (names?: readonly string[]): { targets: number[]; inputs: number[] } => {
    const targets = wanted.map((column) => place('target', column, names));
    const others = new Set([...targets, ...drop.map((column) => place('drop', column, names))]);
    if (new Set(targets).size < targets.length) refuse(`target is ${show(wanted)}; allowed: different columns`);
    return { targets, inputs: Array.from(first, (_, i) => i).filter((i) => !others.has(i)) };
  };
  const named = [...wanted, ...drop].some((column) => typeof column === 'string');
  const header = options.header ?? (named || wordy(places().inputs.map((i) => first[i]!)));
  const { targets, inputs } = places(header ? first : undefined);
  if (inputs.length === 0) refuse(`it has ${length} columns; allowed: an input beside the target`);
  const called = (i: number): string => (header ? `column ${show(first[i])}` : `column ${i}`);

  const number = (field: string, line: number, i: number): number => {
    const value = numeric(field);
    return Number.isFinite(value) ? value : refuse(`line ${line}, ${called(i)}: ${field.trim() === '' ? 'it is empty' : show(field.trim())}; allowed: a finite number`);
  };
  const xs = growing();
  const ys = growing();
  const labels: string[] = [];
  if (header) record = next();
  for (; record !== undefined; record = next()) {
    const { fields, line } = record;
    if (fields.length !== length) refuse(`line ${line} has ${fields.length} fields; line 1 has ${length}`);
    for (const i of inputs) xs.push(number(fields[i]!, line, i));
    if (task === 'regression') for (const i of targets) ys.push(number(fields[i]!, line, i));
    else {
      const field = fields[targets[0]!]!.trim();
      if (/^(\?|nan)?$/i.test(field)) refuse(`line ${line}, ${called(targets[0]!)}: ${field === '' ? 'it is empty' : show(field)}; allowed: a class`);
      labels.push(NUMBER.test(field) ? String(Number(field)) : field);
    }
  }
  const width = inputs.length;
  const values = xs.end();
  const n = values.length / width;
  if (n === 0) refuse('it has a header and no examples');
  const common = { n, width, inputs: values, scale: 1, shift: 0 };
  if (task === 'regression') return { data: fitting(name, { ...common, outputs: targets.length, targets: ys.end() }) };
  const classes = options.classes ?? ordered(labels);
  if (classes.length > MOST) refuse(`${called(targets[0]!)} has ${classes.length} classes; allowed: up to ${MOST}, or task "regression"`);
  const numbers = new Map(classes.map((label, i) => [label, i]));
  return {
    classes,
    data: fitting(name, { ...common, outputs: classes.length, labels: Uint8Array.from(labels, (label) => numbers.get(label) ?? refuse(`the class ${show(label)} is not among those trained on: ${classes.slice(0, 20).join(', ')}`)) }),
  };
}

/** The field as a 32-bit float. `Number` reads decimals, and what is not meant here: nothing as 0, and 0x10, 0b1, 0o7. */
function numeric(field: string): number {
  const value = Math.fround(Number(field));
  return (value === 0 && field.trim() === '') || /^\s*0[xbo]/i.test(field) ? NaN : value;
}

/** Whether fields where numbers should be are names: none is a number, and not all are missing values. */
function wordy(fields: readonly string[]): boolean {
  return fields.length > 0 && !fields.some((field) => NUMBER.test(field)) && fields.some((field) => !MISSING.test(field));
}

function ordered(labels: readonly string[]): string[] {
  const all = [...new Set(labels)];
  return all.every((label) => NUMBER.test(label)) ? all.sort((a, b) => Number(a) - Number(b)) : all.sort();
}

/** Rows of fields with the number of the line they begin on, one a call; undefined at the end. Empty lines are allowed there only. */
function records(text: string, separator: string, refuse: (what: string) => never): () => { fields: string[]; line: number } | undefined {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0; // a byte order mark
  let line = 0;
  return () => {
    if (at >= text.length) return undefined;
    line++;
    let end = text.indexOf('\n', at);
    if (end < 0) end = text.length;
    const plain = text.slice(at, end);
    if (!plain.includes('"')) {
      const row = plain.endsWith('\r') ? plain.slice(0, -1) : plain;
      if (row.trim() === '') {
        if (text.slice(at).trim() !== '') refuse(`line ${line} is empty; allowed: a line an example`);
        at = text.length;
        return undefined;
      }
      at = end + 1;
      return { fields: row.split(separator), line };
    }
    const fields: string[] = [];
    const from = line;
    for (;;) {
      if (text[at] === '"') {
        let field = '';
        for (at++; ; at += 2) {
          const quote = text.indexOf('"', at);
          if (quote < 0) refuse(`the quoted field that line ${from} has does not end`);
          field += text.slice(at, quote);
          at = quote;
          if (text[at + 1] !== '"') break;
          field += '"';
        }
        at++;
        for (let i = field.indexOf('\n'); i >= 0; i = field.indexOf('\n', i + 1)) line++;
        if (text[at] === '\r' && (text[at + 1] === '\n' || at + 1 === text.length)) at++;
        if (at < text.length && text[at] !== separator && text[at] !== '\n') refuse(`line ${line}: ${show(text[at])} follows the end of a quoted field; allowed: ${show(separator)} or the end of the line`);
        fields.push(field);
      } else {
        const start = at;
        while (at < text.length && text[at] !== separator && text[at] !== '\n') at++;
        fields.push(text.slice(start, text[at - 1] === '\r' && text[at] !== separator ? at - 1 : at));
      }
      if (at < text.length && text[at] === separator) at++;
      else {
        at++;
        return { fields, line: from };
      }
    }
  };
}

/** Floats at the end of an array that doubles: nobody knows how many there will be. */
function growing(): { push(value: number): void; end(): Float32Array } {
  let values = new Float32Array(1024);
  let n = 0;
  return {
    push(value) {
      if (n === values.length) {
        const more = new Float32Array(2 * n);
        more.set(values);
        values = more;
      }
      values[n++] = value;
    },
    end: () => values.slice(0, n),
  };
}
