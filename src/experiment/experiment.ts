/**
 * Checks the definition of an experiment and makes the specs of its runs, each when it is asked for.
 *
 * A run's id is the fingerprint of everything that decides its result. Surprise: a run's canonical JSON is almost all the
 * same from run to run, so it is put together from pieces: the parameters of a case are written once for all its replicates.
 */
import { NadirError, named, nearest, show } from '../core/errors.ts';
import { flaw } from '../core/key.ts';
import { sha256short } from '../core/sha256.ts';
import { grid, isGrid } from './grid.ts';
import { fingerprint, plain, write } from './identity.ts';
import type { Definition, Experiment, Grid, ModuleOperation, Operation } from './record.ts';
import type { Json, Params } from '../core/types.ts';

const fields = ['name', 'operation', 'grid', 'context', 'seed', 'replicates', 'version'];
const longest = 100;

/**
 * An experiment of its definition: case 0 with all its replicates, then case 1, and so on.
 *
 * Throws `input` for a name that is no segment of a store's key, an operation that is neither a function nor a module with an
 * absolute URL, a context that is no JSON, a seed or replicates out of range; `name` for a field that does not exist.
 * @param parent the id of the run that this experiment is nested in
 * @example
 * const sweep = experiment({ name: 'sweep', operation: () => {}, grid: { lr: [0.1, 0.01] }, replicates: 3 });
 * sweep.size; // 6n
 * sweep.at(4); // { id: 'f24485645e929ece', experiment: 'sweep', index: 4, params: { lr: 0.01 }, seed: 0, replicate: 1 }
 */
export function experiment(definition: Definition, parent?: string): Experiment {
  if (typeof definition !== 'object' || definition === null) throw new NadirError('input', `the definition of the experiment is ${show(definition)}; allowed: an object with name, operation and grid`);
  for (const key of Object.keys(definition)) if (!fields.includes(key)) named('field of an experiment', fields.map((name) => ({ name })), key);
  const name = nameOf(definition.name);
  const { seed = 0, replicates = 1, version = '' } = definition;
  if (!Number.isSafeInteger(seed) || seed < 0) throw new NadirError('input', `seed of experiment ${name} is ${show(seed)}; allowed: an integer from 0 to 2^53 - 1`);
  if (!Number.isSafeInteger(replicates) || replicates < 1) throw new NadirError('input', `replicates of experiment ${name} is ${show(replicates)}; allowed: an integer from 1`);
  if (typeof version !== 'string') throw new NadirError('input', `version of experiment ${name} is ${show(version)}; allowed: text`);
  if (parent !== undefined && !/^[0-9a-f]{16}$/.test(parent)) throw new NadirError('input', `parent of experiment ${name} is ${show(parent)}; allowed: the id of a run, 16 hex digits`);
  const operation = operationOf(definition.operation, name);
  const context = plain(definition.context ?? {}, `context of experiment ${name}`);
  const print = fingerprint(context);
  const cases = gridOf(definition.grid, name);
  const own: boolean = isGrid(cases);
  const size = cases.size * BigInt(replicates);

  // The id's canonical JSON: its names in order are context, experiment, params, parent, replicate, seed, version.
  const before = `{"context":"${print}","experiment":${write(name)},"params":`;
  const between = `${parent === undefined ? '' : `,"parent":"${parent}"`},"replicate":`;
  const after = `,"seed":${seed},"version":${write(plain(version, `version of experiment ${name}`))}}`;
  let last: { readonly place: bigint; readonly params: Params; readonly text: string } | undefined;
  const of = BigInt(replicates);

  return Object.freeze({
    name,
    operation,
    grid: cases,
    context,
    fingerprint: print,
    seed,
    replicates,
    version,
    ...(parent === undefined ? {} : { parent }),
    size,
    at(i: bigint | number) {
      if (typeof i === 'bigint' ? i < 0n || i >= size : !Number.isSafeInteger(i) || i < 0 || BigInt(i) >= size) throw new NadirError('input', `run ${show(i)} of experiment ${name}, which has ${size}; allowed: an integer from 0 to ${size - 1n}`);
      const index = BigInt(i);
      const place = index / of;
      if (last?.place !== place) {
        const params = own ? cases.at(place) : (plain(cases.at(place), `case ${place}`) as Params);
        last = { place, params, text: before + write(params) + between };
      }
      const { params, text } = last;
      const replicate = Number(index - place * of);
      return Object.freeze({ id: sha256short(text + replicate + after), experiment: name, index: Number(index), params, seed, replicate });
    },
  });
}

/**
 * What was asked for, as JSON: for the store, people and reports. A closure as operation, or in the grid, is null.
 * @example
 * asked(experiment({ name: 'sweep', operation: () => {}, grid: { lr: [0.1, 0.01] } })).size; // '2'
 */
export function asked({ name, operation, grid: cases, context, seed, replicates, version, parent, size }: Experiment): Json {
  let recipe: Json = null;
  try {
    recipe = cases.toJSON();
  } catch (error) {
    if (!(error instanceof NadirError)) throw error;
  }
  return { name, operation: typeof operation === 'function' ? null : operation, grid: recipe, context, seed, replicates, version, ...(parent === undefined ? {} : { parent }), size: String(size) };
}

function nameOf(name: unknown): string {
  const wrong = typeof name !== 'string' ? 'is no text' : name.length > longest ? `has ${name.length} characters` : flaw(name);
  if (wrong) throw new NadirError('input', `name of the experiment is ${show(name)}, which ${wrong}; allowed: 1 to ${longest} characters of A-Z a-z 0-9 . _ -`);
  return name as string;
}

function operationOf(operation: ModuleOperation | Operation | undefined, name: string): Experiment['operation'] {
  if (typeof operation === 'function') return operation;
  const where = `operation of experiment ${name}`;
  if (typeof operation !== 'object' || operation === null) throw new NadirError('input', `${where} is ${show(operation)}; allowed: a function, or { module, export }`);
  for (const key of Object.keys(operation)) if (key !== 'module' && key !== 'export') throw new NadirError('name', `unknown field ${show(key)} of ${where}; ${nearest(key, ['module', 'export']) ? `did you mean ${nearest(key, ['module', 'export'])}? ` : ''}have module, export`);
  const module = operation.module instanceof URL ? operation.module.href : operation.module;
  if (typeof module !== 'string' || !URL.canParse(module)) throw new NadirError('input', `module of ${where} is ${show(module)}; allowed: an absolute URL, as new URL('./mine.js', import.meta.url)`);
  const { export: callee = 'default' } = operation;
  if (typeof callee !== 'string' || callee === '') throw new NadirError('input', `export of ${where} is ${show(callee)}; allowed: the name of an exported function`);
  return Object.freeze({ module, export: callee });
}

function gridOf(value: Definition['grid'] | undefined, name: string): Grid {
  const { at, size } = (value ?? {}) as { at?: unknown; size?: unknown };
  if (typeof at === 'function' && typeof size === 'bigint') return value as Grid; // of `grid`, or anyone's
  if (typeof value !== 'object' || value === null) throw new NadirError('input', `grid of experiment ${name} is ${show(value)}; allowed: a grid, or axes, { name: [values], ... }`);
  return grid.product(value as { readonly [name: string]: readonly Json[] });
}
