/** What a user may hand to `minimize`, made into a problem: here, or again inside a worker from the parts that can travel. */
import { NadirError, messageOf, show } from '../core/errors.ts';
import { resolve } from '../core/options.ts';
import type { Context, Problem } from '../core/types.ts';
import { problem } from '../problems/index.ts';
import { fromBatch, fromFunction, type BatchObjective, type Gradient, type Objective } from '../problems/wrap.ts';
import { box } from '../spaces/box.ts';

/** A test function by name: `{ problem: 'rastrigin', params: { dim: 10, instance: 3 } }`. */
export interface NamedObjective { readonly problem: string; readonly params?: { readonly [key: string]: unknown } }
/** An objective that a worker can import: an absolute URL, and the export (default `default`) that is an `Objective` or a `BatchObjective`. */
export interface ModuleObjective { readonly module: string | URL; readonly export?: string }
export type AnyObjective = Objective | BatchObjective | Problem<any, any> | NamedObjective | ModuleObjective;

/** Where a function of one's own is defined. */
export interface Domain { readonly dim?: number; readonly lower?: number | ArrayLike<number>; readonly upper?: number | ArrayLike<number>; readonly gradient?: Gradient | false }

/** The parts of an objective that a worker needs to open it again; undefined when it lives in this thread only. */
export interface Spec { readonly objective: NamedObjective | { readonly module: string; readonly export?: string }; readonly dim?: number; readonly lower?: number | number[]; readonly upper?: number | number[] }

/** Opens an objective as a problem. Throws `input` or `name` for what does not make one. */
export async function open(objective: AnyObjective, domain: Domain, context: Pick<Context, 'backend' | 'random'>): Promise<Problem<any, any>> {
  if (typeof objective === 'function') return fromFunction(objective, boxOf(domain), domain.gradient || undefined);
  if (typeof objective !== 'object' || objective === null) throw new NadirError('input', `the objective is ${show(objective)}; allowed: a function, { batch }, a problem, { problem: name } or { module: url }`);
  if ('score' in objective) {
    fixed('the problem given', domain);
    return domain.gradient === false ? { ...objective, gradient: undefined } : objective;
  }
  if ('batch' in objective) return fromBatch(objective, boxOf(domain), domain.gradient || undefined);
  if ('module' in objective) return imported(objective, domain);
  if (!('problem' in objective)) throw new NadirError('input', `the objective is ${show(objective)}; allowed: a function, { batch }, a problem, { problem: name } or { module: url }`);
  const def = problem(objective.problem);
  fixed(`problem ${def.name}`, { ...domain, dim: undefined });
  if (domain.dim !== undefined && objective.params?.dim !== undefined && objective.params.dim !== domain.dim) throw new NadirError('input', `dim is ${show(domain.dim)}, but params of problem ${def.name} say ${show(objective.params.dim)}; give it once`);
  const params = { ...(domain.dim === undefined ? {} : { dim: domain.dim }), ...objective.params };
  const opened = def.open(resolve(`problem ${def.name}`, def.options, params), { random: context.random, backend: context.backend });
  return domain.gradient === false ? { ...opened, gradient: undefined } : opened;
}

/** What travels to a worker. */
export function specOf(objective: AnyObjective, { dim, lower, upper, gradient }: Domain): Spec | undefined {
  if (typeof objective !== 'object' || objective === null || typeof gradient === 'function') return undefined;
  const plain = (bound: number | ArrayLike<number> | undefined): number | number[] | undefined => (typeof bound === 'object' ? Array.from(bound) : bound);
  if ('module' in objective) return { objective: { module: String(objective.module), export: objective.export }, dim, lower: plain(lower), upper: plain(upper) };
  if ('problem' in objective) return { objective, dim };
  return undefined;
}

async function imported({ module, export: name = 'default' }: ModuleObjective, domain: Domain): Promise<Problem<any, any>> {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(String(module))) throw new NadirError('input', `module is ${show(String(module))}; allowed: an absolute URL, new URL(${show(String(module))}, import.meta.url) say`);
  let exports: { readonly [name: string]: unknown };
  try {
    exports = await import(/* @vite-ignore */ String(module)) as typeof exports;
  } catch (error) {
    throw new NadirError('input', `module ${show(String(module))} cannot be imported: ${messageOf(error)}`, { cause: error });
  }
  const found = exports[name];
  if (typeof found !== 'function' && !(typeof found === 'object' && found !== null && ('batch' in found || 'score' in found))) {
    throw new NadirError('input', `export ${show(name)} of ${show(String(module))} is ${show(found)}; allowed: a function, { batch } or a problem; it has ${Object.keys(exports).join(', ') || 'no exports'}`);
  }
  const gradient = domain.gradient ?? (typeof exports.gradient === 'function' ? (exports.gradient as Gradient) : undefined);
  return open(found as AnyObjective, { ...domain, gradient }, undefined as never);
}

function boxOf({ dim, lower, upper }: Domain): ReturnType<typeof box> {
  const width = dim ?? (typeof lower === 'object' ? lower.length : typeof upper === 'object' ? upper.length : undefined);
  for (const [field, value] of Object.entries({ dim: width, lower, upper })) if (value === undefined) throw new NadirError('input', `${field} is missing; a function of your own needs dim, lower and upper`);
  return box(width!, lower!, upper!);
}

function fixed(what: string, { dim, lower, upper, gradient }: Domain): void {
  for (const [field, value] of Object.entries({ dim, lower, upper })) if (value !== undefined) throw new NadirError('input', `${field} is ${show(value)}, but ${what} brings its own; leave it out`);
  if (typeof gradient === 'function') throw new NadirError('input', `gradient is a function, but ${what} brings its own; leave it out or give false`);
}
