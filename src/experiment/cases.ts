/**
 * Lists of cases that are never written out: what `grid.ts` builds its grids of.
 *
 * A list knows its size by arithmetic, puts its case i into an object, and can be split by a condition on one parameter into
 * the cases that meet it and those that do not, both in their order and both lists again: axes are shortened, nothing is
 * filtered. Surprise: that one operation is all that conditional parameters need, since "if adam then beta" is the union of the adam cases x beta and the rest.
 */
import { NadirError, show } from '../core/errors.ts';
import { plain, write } from './identity.ts';
import type { Json, Params } from '../core/types.ts';

export type Case = { [name: string]: Json };
export interface Cases {
  readonly size: bigint;
  /** Every name that a case may have. */
  readonly names: ReadonlySet<string>;
  /** A closure may add names that nobody knows. */
  readonly open: boolean;
  /** Lists in the tree. */
  readonly weight: number;
  /** Case i, from 0 to size - 1, into an object that has none of its names. */
  put(i: bigint, into: Case): void;
  /** The cases that meet the test, or those that do not, for a test of one of `names`. Throws `input` where that would take writing them out. */
  split(test: Test, meet: boolean): Cases;
}
/** A condition on one parameter. */
export interface Test {
  readonly name: string;
  has(value: Json): boolean;
}

/** No cases. */
export const none: Cases = { size: 0n, names: new Set(), open: false, weight: 1, put: () => {}, split: () => none };

/** The cases that meet a test, or those that do not; a case without the parameter does not. */
export function restrict(cases: Cases, test: Test, meet: boolean): Cases {
  if (cases.open || cases.names.has(test.name)) return cases.split(test, meet);
  return meet ? none : cases;
}

/** A test for one of some values. */
export function oneOf(name: string, values: readonly Json[]): Test {
  const texts = new Set(values.map(write));
  return { name, has: (value) => texts.has(write(value)) };
}

/** One parameter, one value a case. `values` are plain. */
export function axis(name: string, values: readonly Json[]): Cases {
  return {
    size: BigInt(values.length),
    names: new Set([name]),
    open: false,
    weight: 1,
    put(i, into) {
      into[name] = values[Number(i)]!;
    },
    split(test, meet) {
      const kept = values.filter((value) => test.has(value) === meet);
      return kept.length === 0 ? none : axis(name, kept);
    },
  };
}

/** Cases as they are written. */
export function rows(cases: readonly Params[]): Cases {
  return {
    size: BigInt(cases.length),
    names: new Set(cases.flatMap(Object.keys)),
    open: false,
    weight: 1,
    put(i, into) {
      Object.assign(into, cases[Number(i)]!);
    },
    split(test, meet) {
      const kept = cases.filter((params) => (Object.hasOwn(params, test.name) && test.has(params[test.name]!)) === meet);
      return kept.length === 0 ? none : rows(kept);
    },
  };
}

/** Every case with every case, the last factor fastest. Throws `input` when a name is in two factors. */
export function cross(factors: readonly Cases[]): Cases {
  if (factors.some(({ size }) => size === 0n)) return none;
  const names = new Set<string>();
  for (const factor of factors) {
    for (const name of factor.names) {
      if (names.has(name)) throw new NadirError('input', `parameter ${show(name)} is in two factors of a product; allowed: each once`);
      names.add(name);
    }
  }
  const strides: bigint[] = [];
  let size = 1n;
  for (let j = factors.length - 1; j >= 0; j--) {
    strides[j] = size;
    size *= factors[j]!.size;
  }
  const open = factors.some((factor) => factor.open);
  return {
    size,
    names,
    open,
    weight: weigh(factors),
    put(i, into) {
      for (let j = 0; j < factors.length; j++) {
        const factor = factors[j]!;
        const k = (i / strides[j]!) % factor.size;
        if (!open) factor.put(k, into);
        else {
          const part: Case = {};
          factor.put(k, part);
          for (const name of Object.keys(part)) if (Object.hasOwn(into, name)) throw new NadirError('input', `parameter ${show(name)} is in two factors of a product: a closure of map adds it`);
          Object.assign(into, part);
        }
      }
    },
    split(test, meet) {
      const known = factors.findIndex((factor) => factor.names.has(test.name));
      const j = known >= 0 ? known : factors.findIndex((factor) => factor.open);
      return cross(factors.map((factor, at) => (at === j ? restrict(factor, test, meet) : factor)));
    },
  };
}

/** One list after another. */
export function join(lists: readonly Cases[]): Cases {
  const parts = lists.filter(({ size }) => size > 0n);
  if (parts.length === 0) return none;
  if (parts.length === 1) return parts[0]!;
  const ends: bigint[] = [];
  let size = 0n;
  for (const part of parts) ends.push((size += part.size));
  return {
    size,
    names: new Set(parts.flatMap((part) => [...part.names])),
    open: parts.some((part) => part.open),
    weight: weigh(parts),
    put(i, into) {
      let low = 0;
      let high = parts.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (i < ends[middle]!) high = middle;
        else low = middle + 1;
      }
      parts[low]!.put(low === 0 ? i : i - ends[low - 1]!, into);
    },
    split: (test, meet) => join(parts.map((part) => restrict(part, test, meet))),
  };
}

/** Cases with parameters computed of their others: each of them from the case as it was, undefined leaves it as it was. */
export function computed(base: Cases, derived: readonly { readonly name: string; readonly of: (params: Params) => Json | undefined }[]): Cases {
  const own = new Set(derived.map(({ name }) => name));
  return {
    size: base.size,
    names: new Set([...base.names, ...own]),
    open: base.open,
    weight: base.weight + 1,
    put(i, into) {
      const params: Case = {};
      base.put(i, params);
      const values = derived.map((one) => one.of(params));
      Object.assign(into, params);
      for (let j = 0; j < derived.length; j++) if (values[j] !== undefined) into[derived[j]!.name] = values[j]!;
    },
    split(test, meet) {
      if (own.has(test.name)) throw new NadirError('input', `where asks for ${show(test.name)}, which map derives: that would take writing all cases out; use where before map`);
      return computed(restrict(base, test, meet), derived);
    },
  };
}

/** Cases through a closure. */
export function closed(base: Cases, closure: (params: Params) => Params): Cases {
  return {
    size: base.size,
    names: new Set(),
    open: true,
    weight: base.weight + 1,
    put(i, into) {
      const params: Case = {};
      base.put(i, params);
      Object.assign(into, named(closure(Object.freeze(params)), 'what the closure of map returned'));
    },
    split(test) {
      throw new NadirError('input', `where asks for ${show(test.name)} behind a closure of map: that would take writing all cases out; use where before map`);
    },
  };
}

/** A frozen copy of an object of parameters or axes. Throws `input` for what is none. */
export function named(object: unknown, path: string): Params {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) throw new NadirError('input', `${path} is ${show(object)}; allowed: an object, { name: value, ... }`);
  for (const name of Object.keys(object)) if (name === '' || name === '__proto__') throw new NadirError('input', `${path} has the name ${show(name)}; allowed: any text but that`);
  return plain(object, path) as Params;
}

function weigh(lists: readonly Cases[]): number {
  return lists.reduce((sum, list) => sum + list.weight, 1);
}
