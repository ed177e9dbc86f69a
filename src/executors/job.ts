/**
 * What a thread does with a job: looks its kind up and answers with a value or a fault.
 *
 * The kinds are handed in (`worker.ts` lists them), because executors may not import problems. Surprise: a closure cannot
 * cross a thread, so work travels as data: a module's address, the name of an export, arguments that clone.
 */
import { NadirError, messageOf, nearest, show } from '../core/errors.ts';
import { faultOf } from '../platform/fault.ts';

import type { Answer } from '../platform/pool.ts';

export interface Job {
  readonly kind: string;
}
/** Calls an export of a module (async is fine) and answers with what it returns. */
export interface Call extends Job {
  readonly kind: 'call';
  /** An absolute URL. */
  readonly module: string;
  readonly export: string;
  readonly args: readonly unknown[];
}

/** Of an answer: the buffers that need not be copied, as a property that does not travel. Threads of pages and of Deno move them. */
export const moved: unique symbol = Symbol('moved');

/** Answers one kind of job; `setup` is what the pool was opened with. */
export type Handler = (job: any, setup: unknown) => unknown;
export type Handlers = { readonly [kind: string]: Handler };

/**
 * The answer to a job; never rejects.
 * @example
 * await handle({ kind: 'call', module: 'data:text/javascript,export const add = (a, b) => a + b', export: 'add', args: [1, 2] }, null, { call });
 * // { value: 3 }
 */
export async function handle(job: unknown, setup: unknown, handlers: Handlers): Promise<Answer> {
  try {
    const kind = (job as Job | null | undefined)?.kind;
    const handler = typeof kind === 'string' && Object.hasOwn(handlers, kind) ? handlers[kind] : undefined;
    if (!handler) throw new NadirError('name', `unknown kind of job ${show(kind)}; have ${Object.keys(handlers).join(', ')}`);
    return { value: await handler(job, setup) };
  } catch (error) {
    return { error: faultOf(error) };
  }
}

type Exports = { readonly [name: string]: unknown };
const loaded = new Map<string, Exports>(); // a repeated `import()` takes 40 us in Node, as long as the rest of a job

/** The handler of `call`. */
export async function call({ module, export: name, args }: Call): Promise<unknown> {
  return (await load(module, name))(...args);
}

/** A function that a module exports; loaded once a thread. Throws `input` or `name`. */
export async function load(module: string, name: string): Promise<(...args: any[]) => unknown> {
  if (!URL.canParse(module)) throw new NadirError('input', `module is ${show(module)}; allowed: an absolute URL, as new URL('./mine.js', import.meta.url).href`);
  let exports = loaded.get(module);
  if (!exports) {
    try {
      exports = (await import(/* @vite-ignore */ /* webpackIgnore: true */ module)) as Exports;
    } catch (error) {
      throw new NadirError('input', `module ${show(module)} cannot be loaded: ${messageOf(error)}`, { cause: error });
    }
    loaded.set(module, exports);
  }
  const callee = exports[name];
  if (typeof callee === 'function') return callee as (...args: any[]) => unknown;
  const found = exports;
  const names = Object.keys(found).filter((key) => typeof found[key] === 'function');
  const near = nearest(String(name), names);
  throw new NadirError('name', `module ${show(module)} exports no function ${show(name)}; ${near ? `did you mean ${near}? ` : ''}have ${names.join(', ') || 'none'}`);
}
