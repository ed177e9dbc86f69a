/**
 * Chance in grids: cases that are drawn, and samples of grids too large to write out.
 *
 * A drawn case i has a stream of its own, and in it a child for each name: neither the order of access nor other axes change
 * it. A sample is the beginning of a keyed permutation of all cases: a Feistel network (Luby and Rackoff 1988) over the next
 * power of four, walked until it is back in range (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002). Surprise: that is
 * constant time at any size, less than four walks on average, and no case comes twice because a permutation has no collisions.
 */
import { exp, log } from '../../assembly/portable/math.ts';
import { NadirError, show } from '../core/errors.ts';
import { createRandom, philox } from '../core/random.ts';
import { none } from './cases.ts';
import { plain } from './identity.ts';
import type { Cases } from './cases.ts';
import type { Json, Random } from '../core/types.ts';

const SHUFFLE = 3; // the third counter word; the streams of `core/random.ts` use 0, 1 and 2
const ROUNDS = 10; // four suffice in theory; more for domains of a few bits

/** A distribution as JSON. */
export type Distribution = { readonly uniform: readonly [number, number] } | { readonly logUniform: readonly [number, number] } | { readonly integer: readonly [number, number] } | { readonly choice: readonly Json[] };
const kinds = ['uniform', 'logUniform', 'integer', 'choice'] as const;

/**
 * A number between two, all equally likely.
 * @param lo, hi finite, lo < hi; hi is never drawn but by rounding
 * @example
 * uniform(-5, 5); // { uniform: [ -5, 5 ] }
 */
export function uniform(lo: number, hi: number): Distribution {
  if (!(lo < hi && Number.isFinite(hi - lo))) throw new NadirError('input', `uniform(${show(lo)}, ${show(hi)}); allowed: two finite numbers, the lower first`);
  return Object.freeze({ uniform: Object.freeze([lo, hi] as const) });
}
/**
 * A number between two above 0, its logarithm equally likely: as often from 0.001 to 0.01 as from 0.01 to 0.1.
 * @param lo, hi finite, 0 < lo < hi
 * @example
 * logUniform(0.0001, 1); // { logUniform: [ 0.0001, 1 ] }
 */
export function logUniform(lo: number, hi: number): Distribution {
  if (!(lo > 0 && lo < hi && hi < Infinity)) throw new NadirError('input', `logUniform(${show(lo)}, ${show(hi)}); allowed: two finite numbers above 0, the lower first`);
  return Object.freeze({ logUniform: Object.freeze([lo, hi] as const) });
}
/**
 * An integer from lo to hi, both included.
 * @param lo, hi integers less than 2^32 apart, lo <= hi
 * @example
 * integer(2, 50); // { integer: [ 2, 50 ] }
 */
export function integer(lo: number, hi: number): Distribution {
  if (!(Number.isSafeInteger(lo) && Number.isSafeInteger(hi) && lo <= hi && hi - lo < 4294967296)) throw new NadirError('input', `integer(${show(lo)}, ${show(hi)}); allowed: two integers, the lower first, less than 2^32 apart`);
  return Object.freeze({ integer: Object.freeze([lo, hi] as const) });
}
/**
 * One of some values; a value that is there twice is twice as likely.
 * @example
 * choice(['sgd', 'adam']); // { choice: [ 'sgd', 'adam' ] }
 */
export function choice(values: readonly Json[]): Distribution {
  if (!Array.isArray(values) || values.length === 0) throw new NadirError('input', `choice(${show(values)}); allowed: an array of at least one value`);
  return Object.freeze({ choice: plain(values, 'choice') as readonly Json[] });
}

/** What draws one axis of `random`: a distribution or a constant. */
function drawer(name: string, value: Json): { readonly constant: boolean; readonly draw: (random: Random) => Json } {
  if (typeof value !== 'object' || value === null) return { constant: true, draw: () => value };
  const kind = kinds.find((one) => Object.keys(value).length === 1 && Object.hasOwn(value, one));
  const args = kind && (value as { readonly [kind: string]: readonly any[] })[kind];
  if (kind === undefined || !Array.isArray(args) || (kind !== 'choice' && args.length !== 2)) throw new NadirError('input', `axis ${show(name)} of random is ${show(value)}; allowed: grid.uniform(lo, hi), grid.logUniform(lo, hi), grid.integer(lo, hi), grid.choice([...]), or one number, text, true, false or null`);
  const [lo, hi] = args as [number, number];
  if (kind === 'choice') {
    choice(args);
    return { constant: false, draw: (random) => args[random.int(args.length)] as Json };
  }
  if (kind === 'integer') {
    integer(lo, hi);
    return { constant: false, draw: (random) => lo + random.int(hi - lo + 1) };
  }
  if (kind === 'uniform') {
    uniform(lo, hi);
    return { constant: false, draw: (random) => Math.min(hi, lo + (hi - lo) * random.f64()) || 0 };
  }
  logUniform(lo, hi);
  const from = log(lo);
  const span = log(hi) - from;
  return { constant: false, draw: (random) => Math.max(lo, Math.min(hi, exp(from + span * random.f64()))) };
}

/** n cases that are drawn; `axes` are plain. */
export function drawn(axes: { readonly [name: string]: Json }, n: bigint, seed: number): Cases {
  const list = Object.keys(axes).map((name) => ({ name, ...drawer(name, axes[name]!) }));
  const root = createRandom(seed);
  const self: Cases = {
    size: n,
    names: new Set(list.map(({ name }) => name)),
    open: false,
    weight: 1,
    put(i, into) {
      const random = root.fork(String(i));
      for (const { name, constant, draw } of list) into[name] = draw(constant ? random : random.fork(name));
    },
    split(test, meet) {
      const one = list.find(({ name }) => name === test.name)!;
      if (!one.constant) throw new NadirError('input', `where asks for ${show(test.name)}, which is drawn at random: that would take writing all cases out; allowed: constants`);
      return test.has(axes[test.name]!) === meet ? self : none;
    },
  };
  return self;
}

/** n distinct places of a list, in a random order. */
export function sampled(base: Cases, n: bigint, seed: number): Cases {
  const place = permutation(base.size, seed);
  return {
    size: n,
    names: base.names,
    open: base.open,
    weight: base.weight + 1,
    put: (i, into) => base.put(place(i), into),
    split(test) {
      throw new NadirError('input', `where asks for ${show(test.name)} of a sample: that would take writing all its cases out; use where before sample`);
    },
  };
}

/**
 * A random permutation of the integers from 0 to size - 1, in constant time and memory.
 * @example
 * const place = permutation(5n, 1);
 * [0n, 1n, 2n, 3n, 4n].map(place).sort(); // [ 0n, 1n, 2n, 3n, 4n ]
 */
export function permutation(size: bigint, seed: number): (i: bigint) => bigint {
  const half = Math.max(1, Math.ceil((size - 1n).toString(2).length / 2)); // bits
  const shift = BigInt(half);
  const mask = (1n << shift) - 1n;
  const words = Math.ceil(half / 32);
  const out = new Uint32Array(4);
  const low = seed >>> 0;
  const high = Math.floor(seed / 4294967296);

  /** `half` bits made of as many and the round: all words in, through the key, then as many out. */
  function mix(bits: bigint, round: number): bigint {
    let k0 = low;
    let k1 = high;
    for (let j = 0; j < words; j++, bits >>= 32n) {
      philox(out, 0, k0, k1, Number(bits & 0xffffffffn), round, SHUFFLE, j);
      k0 = out[0]!;
      k1 = out[1]!;
    }
    if (half <= 32) return BigInt(out[2]!) & mask;
    let mixed = 0n;
    for (let j = 0; j < words; j++) {
      philox(out, 0, k0, k1, 0, round, SHUFFLE, words + j);
      mixed = (mixed << 32n) | BigInt(out[2]!);
    }
    return mixed & mask;
  }

  return (i) => {
    let x = i;
    do {
      let left = x >> shift;
      let right = x & mask;
      for (let round = 0; round < ROUNDS; round++) [left, right] = [right, left ^ mix(right, round)];
      x = (left << shift) | right;
    } while (x >= size);
    return x;
  };
}
