/**
 * Derived parameters: expressions as JSON, compiled once into closures over a case.
 *
 * Only operations that IEEE 754 rounds exactly: a derived value enters ids, so it must be the same number everywhere.
 * Surprise: `undefined` does all the work of "does not apply". It spreads through every call, and what ends as undefined leaves the case as it was.
 */
import { NadirError, nearest, show } from '../core/errors.ts';
import { plain, write } from './identity.ts';
import type { Json, Params } from '../core/types.ts';

/**
 * A number, true, false or null is itself; a text is the value of that parameter; `{ value }` is a literal; an array is a call:
 *   ['+', a, b, ...]  ['-', a, b]  ['-', a]  ['*', a, b, ...]  ['/', a, b]  ['min', a, ...]  ['max', a, ...]
 *   ['sqrt', a]  ['floor', a]  ['ceil', a]  ['round', a]  (halves up, as `Math.round`)
 *   ['pick', 'name', { value: expression, ... }, otherwise?]    by the parameter's value
 *   ['is', 'name', value, then, otherwise?]                     whether the parameter is that JSON value
 * Nothing comes of a parameter that the case lacks, of a pick without a match and of an `is` that is not when there is no `otherwise`, nor of a call over such.
 */
export type Expression = null | boolean | number | string | readonly Json[] | { readonly value: Json };
type Compiled = (params: Params) => Json | undefined;

const arithmetic: { readonly [operator: string]: { readonly least: number; readonly most: number; readonly of: (args: readonly number[]) => number } } = {
  '+': { least: 1, most: Infinity, of: (args) => args.reduce((a, b) => a + b) },
  '-': { least: 1, most: 2, of: (args) => (args.length === 1 ? -args[0]! : args[0]! - args[1]!) },
  '*': { least: 1, most: Infinity, of: (args) => args.reduce((a, b) => a * b) },
  '/': { least: 2, most: 2, of: (args) => args[0]! / args[1]! },
  min: { least: 1, most: Infinity, of: (args) => args.reduce((a, b) => Math.min(a, b)) },
  max: { least: 1, most: Infinity, of: (args) => args.reduce((a, b) => Math.max(a, b)) },
  sqrt: { least: 1, most: 1, of: (args) => Math.sqrt(args[0]!) },
  floor: { least: 1, most: 1, of: (args) => Math.floor(args[0]!) },
  ceil: { least: 1, most: 1, of: (args) => Math.ceil(args[0]!) },
  round: { least: 1, most: 1, of: (args) => Math.round(args[0]!) },
};
const operators = [...Object.keys(arithmetic), 'pick', 'is'];

/**
 * What computes a parameter of the other parameters of a case; undefined: it does not apply.
 *
 * Throws `name` for unknown operators and parameters, `input` for a wrong form; the closure throws `input` when a value is
 * no number where one is needed, or the result is not finite.
 * @param name of the derived parameter, for messages
 * @param names of the parameters that cases may have; undefined: unknown
 * @example
 * derive('steps', ['*', 'dim', ['pick', 'problem', { sphere: 50 }, 200]], new Set(['dim', 'problem']))({ dim: 3, problem: 'sphere' }); // 150
 */
export function derive(name: string, expression: Json, names: ReadonlySet<string> | undefined): Compiled {
  const value = compile(expression, `derived ${show(name)}`, names);
  return (params) => {
    const answer = value(params);
    if (typeof answer !== 'number') return answer;
    if (!Number.isFinite(answer)) throw new NadirError('input', `derived ${show(name)} is ${answer} in the case ${show(params, 200)}; allowed: a finite number`);
    return answer === 0 ? 0 : answer;
  };
}

function compile(expression: Json, path: string, names: ReadonlySet<string> | undefined): Compiled {
  if (typeof expression === 'string') return parameter(expression, path, names);
  if (typeof expression !== 'object' || expression === null) return () => expression;
  if (!Array.isArray(expression)) {
    const keys = Object.keys(expression);
    if (keys.length !== 1 || keys[0] !== 'value') throw new NadirError('input', `${path} has ${show(expression)}; allowed: a number, a parameter's name, { value } or a call [operator, ...]`);
    const literal = plain((expression as { readonly value: Json }).value, path);
    return () => literal;
  }
  const [operator, ...args] = expression as readonly Json[];
  if (operator === 'pick') return pick(args, path, names);
  if (operator === 'is') return is(args, path, names);
  if (typeof operator !== 'string' || !Object.hasOwn(arithmetic, operator)) {
    const near = typeof operator === 'string' ? nearest(operator, operators) : undefined;
    throw new NadirError('name', `unknown operator ${show(operator)} in ${path}; ${near ? `did you mean ${near}? ` : ''}have ${operators.join(', ')}`);
  }
  const { least, most, of } = arithmetic[operator]!;
  if (args.length < least || args.length > most) throw new NadirError('input', `${operator} in ${path} has ${args.length} arguments; allowed: ${least}${most === Infinity ? ' or more' : most > least ? ` or ${most}` : ''}`);
  const inner = args.map((arg) => compile(arg, path, names));
  return (params) => {
    const numbers: number[] = [];
    for (let i = 0; i < inner.length; i++) {
      const value = inner[i]!(params);
      if (value === undefined) return undefined;
      if (typeof value !== 'number') throw new NadirError('input', `${path} has ${show(args[i])}, which is ${show(value)} in the case ${show(params, 200)}; ${operator} takes numbers`);
      numbers.push(value);
    }
    return of(numbers);
  };
}

function parameter(name: Json | undefined, path: string, names: ReadonlySet<string> | undefined): Compiled {
  if (typeof name !== 'string') throw new NadirError('input', `${path} has ${show(name)} where a parameter's name belongs`);
  if (names && !names.has(name)) {
    const near = nearest(name, [...names]);
    throw new NadirError('name', `unknown parameter ${show(name)} in ${path}; ${near ? `did you mean ${near}? ` : ''}have ${[...names].join(', ') || 'none'}; a text is { value: ${show(name)} }`);
  }
  return (params) => (Object.hasOwn(params, name) ? params[name] : undefined);
}

function pick(args: readonly Json[], path: string, names: ReadonlySet<string> | undefined): Compiled {
  const [name, table, otherwise] = args;
  if (args.length < 2 || args.length > 3 || typeof table !== 'object' || table === null || Array.isArray(table)) throw new NadirError('input', `${path} has ${show(['pick', ...args])}; allowed: ['pick', 'name', { value: expression, ... }, otherwise?]`);
  const by = parameter(name, path, names);
  const choices = new Map(Object.entries(table).map(([key, expression]) => [key, compile(expression as Json, path, names)]));
  const fallback = otherwise === undefined ? undefined : compile(otherwise, path, names);
  return (params) => {
    const value = by(params);
    return value === undefined ? undefined : (choices.get(typeof value === 'string' ? value : write(value)) ?? fallback)?.(params);
  };
}

function is(args: readonly Json[], path: string, names: ReadonlySet<string> | undefined): Compiled {
  const [name, wanted, then, otherwise] = args;
  if (args.length < 3 || args.length > 4) throw new NadirError('input', `${path} has ${show(['is', ...args])}; allowed: ['is', 'name', value, then, otherwise?]`);
  const by = parameter(name, path, names);
  const text = write(plain(wanted, path));
  const yes = compile(then!, path, names);
  const no = otherwise === undefined ? undefined : compile(otherwise, path, names);
  return (params) => {
    const value = by(params);
    return value === undefined ? undefined : (write(value) === text ? yes : no)?.(params);
  };
}
