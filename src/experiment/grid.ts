/**
 * The algebra of grids: lists of parameter cases of any size, lazy, counted by arithmetic, each case made when it is asked for.
 *
 * A grid is its recipe: `JSON.stringify` writes it, `grid.of` reads it. The order of the names in a product is its order of
 * cases, so text with sorted names is another grid. Surprise: ten axes of ten values and a `where` cost the same to make as two of two.
 */
import { NadirError, named as known, nearest, show } from '../core/errors.ts';
import { axis, closed, computed, cross, join, named, oneOf, restrict, rows } from './cases.ts';
import { choice, drawn, integer, logUniform, sampled, uniform } from './chance.ts';
import { derive } from './derive.ts';
import { write } from './identity.ts';
import type { Case, Cases, Test } from './cases.ts';
import type { Distribution } from './chance.ts';
import type { Expression } from './derive.ts';
import type { Grid } from './record.ts';
import type { Json, Params } from '../core/types.ts';

/** Values a name. */
export type Axes = { readonly [name: string]: readonly Json[] };

const HEAVIEST = 50_000; // lists in one grid

const inside = new WeakMap<object, Cases>();

/** Whether `grid` made it: then its cases are frozen JSON. */
export function isGrid(value: unknown): value is Grid {
  return typeof value === 'object' && value !== null && inside.has(value);
}

/**
 * Every combination, the last axis fastest; several grids (or axes) are crossed in the same way.
 *
 * Throws `input` for an empty axis, a value twice in an axis, a name in two factors, values that are no JSON. Without axes: one case without parameters.
 * @example
 * const cases = grid.product({ problem: ['sphere', 'ackley'], dim: [2, 10, 50] });
 * cases.size; // 6n
 * cases.at(4); // { problem: 'ackley', dim: 10 }
 */
function product(...factors: readonly (Grid | Axes)[]): Grid {
  if (factors.length === 1 && !isGrid(factors[0])) {
    const axes = checked(factors[0], 'the product');
    for (const [name, values] of Object.entries(axes)) distinct(values, `axis ${show(name)}`);
    return wrap(cross(Object.keys(axes).map((name) => axis(name, axes[name]!))), () => ({ product: axes }));
  }
  const grids = factors.map(asGrid);
  return wrap(cross(grids.map(cases)), () => ({ product: grids.map((one) => one.toJSON()) }));
}

/**
 * All cases of one grid, then all of the next. A case that is in two of them is there twice, and is one run.
 * @example
 * grid.union(grid.product({ name: ['sgd'] }), grid.product({ name: ['adam'], beta: [0.9, 0.99] })).size; // 3n
 */
function union(...grids: readonly (Grid | Axes)[]): Grid {
  if (grids.length === 0) throw new NadirError('input', 'union of nothing; allowed: at least one grid');
  const list = grids.map(asGrid);
  return wrap(join(list.map(cases)), () => ({ union: list.map((one) => one.toJSON()) }));
}

/**
 * Axes of one length, walked together: case i has value i of each. Throws `input` when lengths differ or two cases are the same.
 * @example
 * grid.zip({ dim: [2, 10], steps: [100, 500] }).at(1); // { dim: 10, steps: 500 }
 */
function zip(axes: Axes): Grid {
  const lists = checked(axes, 'zip');
  const names = Object.keys(lists);
  if (names.length === 0) throw new NadirError('input', 'zip has no axis; allowed: at least one');
  const n = lists[names[0]!]!.length;
  for (const name of names) if (lists[name]!.length !== n) throw new NadirError('input', `axis ${show(name)} of zip has ${lists[name]!.length} values; allowed: ${n}, as ${show(names[0])} has`);
  const list = Array.from({ length: n }, (_, i) => Object.fromEntries(names.map((name) => [name, lists[name]![i]!])));
  distinct(list, 'zip');
  return wrap(rows(list), () => ({ zip: lists }));
}

/**
 * Conditional parameters: the cases that meet a condition are crossed with more axes, the others stay as they are.
 *
 * First come the cases that meet it, in their order, each with all of `inner` (fastest); then the others: those that fail the
 * first name of the condition, in their order, then those that fail the second, and so on. A case without the parameter fails.
 * A condition may ask for anything but parameters that are drawn, sampled or derived: put `where` before those.
 * @param condition a value, or an array of values, a name; all names must match
 * @throws `name` for a parameter no case has; `input` when no case meets the condition
 * @example
 * const cases = grid.where({ name: ['sgd', 'adam'] }, { name: 'adam' }, { beta: [0.9, 0.99] });
 * [...cases]; // [ { name: 'adam', beta: 0.9 }, { name: 'adam', beta: 0.99 }, { name: 'sgd' } ]
 */
function where(base: Grid | Axes, condition: { readonly [name: string]: Json }, inner: Grid | Axes): Grid {
  const [whole, more] = [asGrid(base), asGrid(inner)];
  const wanted = named(condition, 'the condition of where');
  const tests: Test[] = Object.entries(wanted).map(([name, value]) => oneOf(name, Array.isArray(value) ? value : [value]));
  if (tests.length === 0) throw new NadirError('input', 'the condition of where is {}; allowed: at least one name');
  let met = cases(whole);
  const rest: Cases[] = [];
  for (const test of tests) {
    if (!cases(whole).open && !cases(whole).names.has(test.name)) throw unknown(test.name, cases(whole).names);
    rest.push(restrict(met, test, false));
    met = restrict(met, test, true);
  }
  if (met.size === 0n) throw new NadirError('input', `no case meets the condition ${show(wanted, 200)} of where; allowed: values that its parameters have`);
  return wrap(join([cross([met, cases(more)]), ...rest]), () => ({ where: { base: whole.toJSON(), condition: wanted, inner: more.toJSON() } }));
}

/**
 * Derived parameters: each is computed of the case as `base` has it, and may replace one of its parameters.
 *
 * An expression over a parameter that the case lacks, or a `pick` without a match, leaves its name as it was. A closure gets the
 * frozen case and returns the new one; it must decide by nothing else, and such a grid has no JSON.
 * @param derived expressions by name (see `Expression`), or a closure
 * @example
 * const cases = grid.map({ dim: [2, 10], steps: ['auto', 7] }, { steps: ['is', 'steps', 'auto', ['*', 50, 'dim'], 'steps'] });
 * [...cases].map(({ steps }) => steps); // [ 100, 7, 500, 7 ]
 */
function map(base: Grid | Axes, derived: { readonly [name: string]: Expression } | ((params: Params) => Params)): Grid {
  const whole = asGrid(base);
  const list = cases(whole);
  if (typeof derived === 'function')
    return wrap(closed(list, derived), () => {
      throw new NadirError('input', 'a grid with a closure in map has no JSON; allowed: expressions, as { steps: ["*", 50, "dim"] }');
    });
  const expressions = named(derived, 'derived of map');
  const compiled = Object.entries(expressions).map(([name, expression]) => ({ name, of: derive(name, expression, list.open ? undefined : list.names) }));
  return wrap(computed(list, compiled), () => ({ map: { base: whole.toJSON(), derived: expressions } }));
}

/**
 * Cases that are drawn. Case i and each name have streams of their own: another n, another order of axes or one more axis changes nothing that was there.
 * @param axes `grid.uniform`, `logUniform`, `integer`, `choice`, or one value
 * @param options.n cases, from 1
 * @param options.seed an integer from 0 to 2^53 - 1
 * @example
 * const cases = grid.random({ name: 'adam', lr: grid.logUniform(1e-4, 1), dim: grid.integer(2, 9) }, { n: 500, seed: 1 });
 * cases.at(499).lr === grid.random({ lr: grid.logUniform(1e-4, 1) }, { n: 1000, seed: 1 }).at(499).lr; // true
 */
function random(axes: { readonly [name: string]: Distribution | Json }, options: { readonly n: number | bigint; readonly seed: number }): Grid {
  const plainAxes = named(axes, 'the axes of random');
  const n = count(options?.n, 'n of random');
  const seed = seedOf(options?.seed, 'random');
  return wrap(drawn(plainAxes, n, seed), () => ({ random: { axes: plainAxes, n: decimal(n), seed } }));
}

/**
 * Cases as they are written; they may have different names. Throws `input` when two are the same.
 * @example
 * grid.manual([{ name: 'sgd', lr: 0.1 }, { name: 'random' }]).at(1); // { name: 'random' }
 */
function manual(list: readonly Params[]): Grid {
  if (!Array.isArray(list) || list.length === 0) throw new NadirError('input', `manual(${show(list)}); allowed: an array of at least one case`);
  const own = Object.freeze(list.map((one, i) => named(one, `case ${i} of manual`)));
  distinct(own, 'manual');
  return wrap(rows(own), () => ({ manual: own }));
}

/**
 * n different places of a grid of any size, in a random order; with a larger n the same come first.
 * @param n from 1 to the size of the grid
 * @param seed an integer from 0 to 2^53 - 1
 * @example
 * const huge = grid.product({ a: [1, 2, 3], b: [1, 2, 3], c: [1, 2, 3] });
 * new Set([...grid.sample(huge, 10, 1)].map((params) => JSON.stringify(params))).size; // 10
 */
function sample(base: Grid | Axes, n: number | bigint, seed: number): Grid {
  const whole = asGrid(base);
  const size = count(n, 'n of sample');
  if (size > whole.size) throw new NadirError('input', `n of sample is ${size}; allowed: up to ${whole.size}, the cases there are`);
  const own = seedOf(seed, 'sample');
  return wrap(sampled(cases(whole), size, own), () => ({ sample: { base: whole.toJSON(), n: decimal(size), seed: own } }));
}

/**
 * The grid of a recipe, as `toJSON` gives it: `{ product: axes }` or `{ product: [grid, ...] }`, `{ union: [grid, ...] }`, `{ zip: axes }`,
 * `{ where: { base, condition, inner } }`, `{ map: { base, derived } }`, `{ random: { axes, n, seed } }`, `{ manual: [case, ...] }`, `{ sample: { base, n, seed } }`.
 * @example
 * grid.of({ union: [{ manual: [{ x: 0 }] }, { product: { x: [1, 2], y: [3, 4] } }] }).size; // 5n
 */
function of(json: Json): Grid {
  const recipe = json as { readonly [kind: string]: any };
  const keys = typeof json === 'object' && json !== null && !Array.isArray(json) ? Object.keys(json) : [];
  if (keys.length !== 1) throw new NadirError('input', `a grid as JSON is ${show(json)}; allowed: one of ${Object.keys(recipes).map((name) => `{ ${name}: ... }`).join(', ')}`);
  known('kind of grid', Object.keys(recipes).map((name) => ({ name })), keys[0]);
  return recipes[keys[0]!]!(recipe[keys[0]!]);
}

const recipes: { readonly [kind: string]: (value: any) => Grid } = {
  product: (value) => (Array.isArray(value) ? product(...value.map(of)) : product(value)),
  union: (value) => union(...list('union', value).map(of)),
  zip,
  where: (value) => where(of(field(value, 'where', 'base')), field(value, 'where', 'condition') as Params, of(field(value, 'where', 'inner'))),
  map: (value) => map(of(field(value, 'map', 'base')), field(value, 'map', 'derived') as { readonly [name: string]: Expression }),
  random: (value) => random(field(value, 'random', 'axes') as Params, { n: undecimal(field(value, 'random', 'n')), seed: field(value, 'random', 'seed') as number }),
  manual,
  sample: (value) => sample(of(field(value, 'sample', 'base')), undecimal(field(value, 'sample', 'n')), field(value, 'sample', 'seed') as number),
};

/** The algebra of grids. Wherever a grid is wanted, axes are taken for their product. */
export const grid: Readonly<{
  product: typeof product; union: typeof union; zip: typeof zip; where: typeof where; map: typeof map; random: typeof random; manual: typeof manual; sample: typeof sample; of: typeof of;
  uniform: typeof uniform; logUniform: typeof logUniform; integer: typeof integer; choice: typeof choice;
}> = Object.freeze({ product, union, zip, where, map, random, manual, sample, of, uniform, logUniform, integer, choice });

function wrap(list: Cases, toJSON: () => Json): Grid {
  if (list.weight > HEAVIEST) throw new NadirError('input', `the grid has more than ${HEAVIEST} parts: a where on each of many axes doubles them every time; cross the axes after it, product(where(...), where(...))`);
  const { size } = list;
  const made: Grid = Object.freeze({
    size,
    at(i: bigint | number) {
      if (typeof i === 'bigint' ? i < 0n || i >= size : !Number.isSafeInteger(i) || i < 0 || BigInt(i) >= size) throw new NadirError('input', `case ${show(i)} of a grid of ${size}; allowed: an integer from 0 to ${size - 1n}`);
      const params: Case = {};
      list.put(BigInt(i), params);
      return Object.freeze(params);
    },
    *[Symbol.iterator](): Generator<Params> {
      for (let i = 0n; i < size; i++) yield made.at(i);
    },
    toJSON,
  });
  inside.set(made, list);
  return made;
}

function cases(one: Grid): Cases {
  return inside.get(one)!;
}

function asGrid(value: Grid | Axes): Grid {
  if (isGrid(value)) return value;
  if (typeof (value as { at?: unknown } | null)?.at === 'function') throw new NadirError('input', 'a grid that this module did not make; allowed: grids of grid.product and the like, or axes');
  return product(value as Axes);
}

/** A frozen copy of axes, none of them empty. */
function checked(axes: unknown, what: string): Axes {
  const own = named(axes, `the axes of ${what}`);
  for (const [name, values] of Object.entries(own)) {
    if (!Array.isArray(values)) throw new NadirError('input', `axis ${show(name)} is ${show(values)}; allowed: an array of values, as [${show(values)}]`);
    if (values.length === 0) throw new NadirError('input', `axis ${show(name)} is empty; allowed: at least one value`);
  }
  return own as Axes;
}

function distinct(values: readonly Json[], what: string): void {
  const seen = new Set<string>();
  for (const value of values) {
    const text = write(value);
    if (seen.has(text)) throw new NadirError('input', `${what} has ${show(value)} twice; allowed: each value once`);
    seen.add(text);
  }
}

function unknown(name: string, names: ReadonlySet<string>): NadirError {
  const near = nearest(name, [...names]);
  return new NadirError('name', `unknown parameter ${show(name)} in the condition of where; ${near ? `did you mean ${near}? ` : ''}have ${[...names].join(', ') || 'none'}`);
}

function count(n: unknown, what: string): bigint {
  if (typeof n === 'bigint' ? n < 1n : !Number.isSafeInteger(n) || (n as number) < 1) throw new NadirError('input', `${what} is ${show(n)}; allowed: an integer from 1`);
  return BigInt(n as number | bigint);
}

function seedOf(seed: unknown, what: string): number {
  if (!Number.isSafeInteger(seed) || (seed as number) < 0) throw new NadirError('input', `seed of ${what} is ${show(seed)}; allowed: an integer from 0 to 2^53 - 1`);
  return seed as number;
}

/** JSON has no bigint: beyond 2^53 - 1 its digits as text. */
function decimal(n: bigint): number | string {
  return n <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(n) : String(n);
}
function undecimal(n: Json): number | bigint {
  return typeof n === 'string' && /^[0-9]+$/.test(n) ? BigInt(n) : (n as number);
}

function list(kind: string, value: unknown): readonly Json[] {
  if (!Array.isArray(value)) throw new NadirError('input', `${kind} is ${show(value)}; allowed: an array of grids`);
  return value;
}

function field(value: unknown, kind: string, name: string): Json {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) throw new NadirError('input', `${kind} is ${show(value)}; allowed: an object with ${show(name)}`);
  return (value as { readonly [name: string]: Json })[name]!;
}
