/** Checks what a user gives against a definition's options, once, at the border. */
import { NadirError, nearest, show } from './errors.ts';
import type { Json, Params } from './types.ts';

/** One option of a definition: its default and what is allowed. */
export interface Option {
  readonly default: Json;
  readonly about: string;
  readonly min?: number;
  readonly max?: number;
  /** Exclusive bounds. */
  readonly above?: number;
  readonly below?: number;
  readonly integer?: boolean;
  readonly choices?: readonly string[];
  /** null is allowed, and means what `about` says. */
  readonly nullable?: boolean;
  /** Of a value that is none of these: as it is kept, or undefined when it is not allowed; reading what is kept changes nothing. `words`: what is allowed. */
  readonly read?: (value: unknown) => Json | undefined;
  readonly words?: string;
}
export type Options<P> = { readonly [K in keyof P]-?: Option };

/**
 * Defaults with the given values over them. Unknown names and values out of range are errors.
 * @param what names the definition in messages, `optimizer adam` say
 */
export function resolve<P extends Params>(what: string, options: Options<P>, given: { readonly [key: string]: unknown } | undefined): P {
  const table = options as { readonly [name: string]: Option };
  const out: Record<string, Json> = {};
  for (const name in table) out[name] = table[name]!.default;
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === undefined) continue;
    if (!Object.hasOwn(table, name)) {
      const near = nearest(name, Object.keys(table));
      throw new NadirError('name', `unknown option ${show(name)} of ${what}; ${near ? `did you mean ${near}? ` : ''}have ${Object.keys(table).join(', ') || 'none'}`);
    }
    out[name] = check(`${name} of ${what}`, table[name]!, value);
  }
  return out as P;
}

/** The value, when the option allows it. */
function check(field: string, option: Option, value: unknown): Json {
  const { min, max, above, below } = option;
  let ok: boolean;
  let kept = value as Json;
  if (value === null) ok = option.nullable === true;
  else if (option.read) {
    const made = option.read(value);
    ok = made !== undefined;
    if (ok) kept = made!;
  } else if (option.choices) ok = option.choices.includes(value as string);
  else if (typeof option.default === 'boolean') ok = typeof value === 'boolean';
  else {
    ok = typeof value === 'number' && Number.isFinite(value) && !(value < min!) && !(value > max!) && !(value <= above!) && !(value >= below!) && (!option.integer || Number.isSafeInteger(value));
  }
  if (!ok) throw new NadirError('input', `${field} is ${show(value)}; allowed: ${allowed(option)}`);
  return kept;
}

/** What an option allows, in words: `a number above 0, up to 1`. */
export function allowed(option: Option): string {
  const { min, max, above, below } = option;
  const or = option.nullable ? ' or null' : '';
  if (option.read) return `${option.words}${or}`;
  if (option.choices) return option.choices.join(', ') + or;
  if (typeof option.default === 'boolean') return 'true or false';
  const parts = [option.integer ? 'an integer' : 'a number'];
  if (above !== undefined) parts.push(`above ${above}`);
  if (min !== undefined) parts.push(`from ${min}`);
  if (below !== undefined) parts.push(`below ${below}`);
  if (max !== undefined) parts.push(`to ${max}`);
  return parts.join(' ') + or;
}
