/** What every command shares: how its options are read and its answers are laid out. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { NadirError, messageOf, nearest, show } from '../core/errors.ts';
import { files } from '../platform/index.ts';

/** A command: its options as `parseArgs` takes them, and a line of help each. */
export interface Command {
  readonly name: string;
  readonly about: string;
  /** Words before or between the options, by name, in order; a name that ends in `?` may be left out, one that ends in `...` takes all that follow, at least one. Their values arrive under the names. */
  readonly words?: readonly string[];
  readonly options: { readonly [name: string]: { readonly type: 'string' | 'boolean'; readonly about: string; readonly multiple?: boolean; readonly short?: string } };
  /** Commands of a second word, named with both: `programs show`; then `run` is not called. */
  readonly commands?: readonly Command[];
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
    const name = /^--([^=]+)/.exec(arg)?.[1];
    if (name !== undefined && !Object.hasOwn(options, name)) {
      const near = nearest(name, Object.keys(options));
      throw new NadirError('input', `unknown option --${name} of ${command.name}; ${near ? `did you mean --${near}? ` : ''}have ${Object.keys(options).map((o) => `--${o}`).join(' ')}`);
    }
  }
  try {
    const { values, positionals } = parseArgs({ args: joined(args, options), options: options as ParseArgsConfig['options'], strict: true, allowPositionals: command.words !== undefined });
    for (const [name, value] of Object.entries(values)) if (value === '') throw new Error(`--${name} is empty; give a value`);
    return { ...values, ...worded(command, positionals) } as Values;
  } catch (error) {
    throw new NadirError('input', messageOf(error).split('\n')[0]!.replace(/\. To specify.*$/, '').replace(/^Unexpected argument '(.*)'.*$/, (_, word) => `unexpected word ${show(word)} after ${command.name}; options begin with --`));
  }
}

function worded({ name, words = [] }: Command, given: readonly string[]): Values {
  const call = `nadir ${[name, ...shape(words)].join(' ')}`;
  const missing = words.find((word, i) => !word.endsWith('?') && !given[i]);
  if (missing !== undefined) throw new Error(`${name} needs ${missing.replace('...', '').toUpperCase()}: ${call} [options]`);
  const many = words.at(-1)?.endsWith('...');
  if (given.length > words.length && !many) throw new Error(`unexpected word ${show(given[words.length])}: ${call} [options]`);
  return Object.fromEntries(words.slice(0, given.length).map((word, i) => [word.replace(/\?|\.\.\./, ''), word.endsWith('...') ? given.slice(i) : given[i]!]));
}

/** The words of a command as its usage shows them: `STORE`, `[PROBLEM]`. */
export function shape(words: readonly string[] = []): string[] {
  return words.map((word) => (word.endsWith('?') ? `[${word.slice(0, -1).toUpperCase()}]` : word.toUpperCase()));
}

/** `--lower -5` is what people write; parseArgs wants `--lower=-5` when a value begins with a dash. */
function joined(args: readonly string[], options: { readonly [name: string]: { readonly type: string } }): string[] {
  const out: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const name = args[i]!.slice(2);
    if (args[i]!.startsWith('--') && options[name]?.type === 'string' && /^-([\d.]|inf)/i.test(args[i + 1] ?? '')) out.push(`${args[i]}=${args[++i]}`);
    else out.push(args[i]!);
  }
  return out;
}

/** Says before any work that a file cannot be written. */
export async function writable(path: string): Promise<void> {
  const aside = `${path}.${files.owner}`;
  try {
    if ((await files.list(path).catch(() => [])).length > 0) throw Object.assign(new Error(), { code: 'EISDIR' });
    await files.create(aside, new Uint8Array(0));
    await files.remove(aside);
  } catch (error) {
    throw new NadirError('store', `${path} cannot be written: ${reason(error)}`);
  }
}

/** Writes a file whole or not at all. */
export async function write(path: string, content: string | Uint8Array): Promise<void> {
  const aside = `${path}.${files.owner}`;
  try {
    await files.create(aside, typeof content === 'string' ? new TextEncoder().encode(content) : content);
    await files.rename(aside, path);
  } catch (error) {
    await files.remove(aside).catch(() => undefined);
    throw new NadirError('store', `${path} cannot be written: ${reason(error)}`);
  }
}

/** Why a file could not be, for a sentence. */
export function reason(error: unknown): string {
  const code = (error as { code?: string } | null)?.code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such folder';
  if (code === 'EISDIR' || code === 'ENOTEMPTY' || code === 'EEXIST') return 'it is a folder';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'permission denied';
  return code === 'ENOSPC' ? 'the disk is full' : messageOf(error);
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

/** A text of somebody else for one line of a terminal: no line feeds, nothing that moves the cursor or turns the direction, and not endless. */
export function legible(text: string, most: number = 60): string {
  const letters = Array.from(text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '\ufffd'));
  return letters.length <= most ? letters.join('') : `${letters.slice(0, most - 1).join('')}\u2026`;
}

/** Rows as aligned columns; numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((row) => row[c]!.length)));
  const right = rows[0]!.map((_, c) => rows.slice(1).every((row) => /^([-+\d.,e ]*|NaN|-?Infinity)$/.test(row[c]!)));
  return rows.map((row) => row.map((cell, c) => (right[c] ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!))).join('  ').trimEnd()).join('\n');
}

/** A number short enough for a table. */
export function brief(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e6 ? String(Number(value.toPrecision(5))) : value.toExponential(2);
}
