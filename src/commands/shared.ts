/** What every command shares: how its options are read and its answers are laid out. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { NadirError, messageOf, nearest, show } from '../core/errors.ts';

/** A command: its options as `parseArgs` takes them, and a line of help each. */
export interface Command {
  readonly name: string;
  readonly about: string;
  readonly options: { readonly [name: string]: { readonly type: 'string' | 'boolean'; readonly about: string; readonly multiple?: boolean } };
  run(values: Values, io: Io): Promise<void>;
}
export type Values = { readonly [name: string]: string | boolean | string[] | undefined };
/** What a command may do to the outside. */
export interface Io {
  /** Standard output, a line. */
  out(text: string): void;
  /** Standard error, a line. */
  note(text: string): void;
  /** Rewrites one progress line on standard error; nothing unless that is a terminal. */
  progress(text: string): void;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Parses a command's own arguments; anything unknown is a usage error that offers the nearest option. */
export function parse(command: Command, args: readonly string[]): Values {
  const options = { ...command.options, help: { type: 'boolean', about: 'this text' } };
  for (const arg of args) {
    if (arg === '--') break;
    const name = /^--(?:no-)?([^=]+)/.exec(arg)?.[1];
    if (name !== undefined && !Object.hasOwn(options, name)) {
      const near = nearest(name, Object.keys(options));
      throw new NadirError('input', `unknown option --${name} of ${command.name}; ${near ? `did you mean --${near}? ` : ''}have ${Object.keys(options).map((o) => `--${o}`).join(' ')}`);
    }
  }
  try {
    const { values } = parseArgs({ args: joined(args, options), options: options as ParseArgsConfig['options'], strict: true, allowPositionals: false });
    for (const [name, value] of Object.entries(values)) if (value === '') throw new Error(`--${name} is empty; give a value`);
    return values as Values;
  } catch (error) {
    throw new NadirError('input', messageOf(error).split('\n')[0]!.replace(/\. To specify.*$/, '').replace(/^Unexpected argument '(.*)'.*$/, (_, word) => `unexpected word ${show(word)} after ${command.name}; options begin with --`));
  }
}

/** `--lower -5` is what people write; parseArgs wants `--lower=-5` when a value begins with a dash. */
function joined(args: readonly string[], options: { readonly [name: string]: { readonly type: string } }): string[] {
  const out: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const name = args[i]!.slice(2);
    if (args[i]!.startsWith('--') && options[name]?.type === 'string' && /^-[\d.]/.test(args[i + 1] ?? '')) out.push(`${args[i]}=${args[++i]}`);
    else out.push(args[i]!);
  }
  return out;
}

/** A number given on the command line. */
export function number(values: Values, name: string): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (typeof text !== 'string' || text.trim() === '' || Number.isNaN(value)) throw new NadirError('input', `--${name} is ${show(text)}; allowed: a number`);
  return value;
}

/** A number, or numbers with commas between them. */
export function numbers(values: Values, name: string): number | number[] | undefined {
  const text = values[name];
  if (typeof text !== 'string' || !text.includes(',')) return number(values, name);
  return text.split(',').map((part) => number({ [name]: part }, name)!);
}

/** `name=value` pairs; values that are JSON are read as such. */
export function pairs(values: Values, name: string): { [key: string]: unknown } {
  const out: { [key: string]: unknown } = {};
  for (const pair of (values[name] as string[] | undefined) ?? []) {
    const at = pair.indexOf('=');
    if (at < 1) throw new NadirError('input', `--${name} is ${show(pair)}; allowed: name=value`);
    const text = pair.slice(at + 1);
    try {
      out[pair.slice(0, at)] = JSON.parse(text);
    } catch {
      out[pair.slice(0, at)] = text;
    }
  }
  return out;
}

/** Rows as aligned columns; numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((row) => row[c]!.length)));
  const right = rows[0]!.map((_, c) => rows.slice(1).every((row) => /^[-+\d.,e ]*$/.test(row[c]!)));
  return rows.map((row) => row.map((cell, c) => (right[c] ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!))).join('  ').trimEnd()).join('\n');
}

/** A number short enough for a table. */
export function brief(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e6 ? String(Number(value.toPrecision(5))) : value.toExponential(2);
}
