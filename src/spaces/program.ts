/** Kernels: programs of 64 words and 1024 doubles for the machine of assembly/portable/opcodes.ts. How one becomes another is in program/moves.ts. */
import { NadirError, show } from '../core/errors.ts';
import { fromBase64, toBase64 } from '../core/snapshot.ts';
import type { Json, Random, Space } from '../core/types.ts';
import { mutate, randomProgram } from './program/moves.ts';

/** A program and its pre-trained numbers. Every pair of arrays of these lengths is a valid kernel. */
export interface Kernel {
  /** 64 words `[op:6 | d:5 | a:5 | b:6 | k:10]`. */
  readonly words: Uint32Array;
  /** 1024 doubles; NaN reads as 0, and what is beyond 2^48 as 2^48. */
  readonly doubles: Float64Array;
}

export const WORDS = 64;
export const DOUBLES = 1024;
const TRIES = 32;

/** The program that predicts nothing: 8 bits a byte. */
export const emptyKernel = (): Kernel => ({ words: new Uint32Array(WORDS), doubles: new Float64Array(DOUBLES) });

/**
 * All kernels. A sample is a handful of random instructions over random doubles; a neighbour is one move away, `scale` multiplies how far numbers go.
 * @example
 * const kernel = programs.sample(createRandom(1));
 * const other = programs.neighbor(kernel, createRandom(2));
 * programs.decode(programs.encode(other)).words.length; // 64
 */
export const programs: Space<Kernel> = {
  name: 'program',
  sample: randomProgram,
  copy: ({ words, doubles }) => ({ words: words.slice(), doubles: doubles.slice() }),
  neighbor(x, random, scale = 1) {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const y = mutate(x, random, scale);
      if (!same(x, y)) return y;
    }
    return shifted(x, random);
  },
  encode: ({ words, doubles }): Json => ({ words: toBase64(bytesOf(words)), doubles: toBase64(bytesOf(doubles)) }),
  decode(json) {
    const it = json as { readonly [field: string]: unknown } | null;
    if (typeof it !== 'object' || it === null) throw new NadirError('input', `the kernel is ${show(json)}; allowed: { words, doubles } as base64`);
    return { words: new Uint32Array(bytes('words', it.words, 4 * WORDS)), doubles: new Float64Array(bytes('doubles', it.doubles, 8 * DOUBLES)) };
  },
};

/** Equal bit for bit. */
export function same(x: Kernel, y: Kernel): boolean {
  return x.words.every((word, i) => word === y.words[i]) && x.doubles.every((value, i) => Object.is(value, y.doubles[i]));
}

/** What is left when no move changed anything: another first double. */
function shifted({ words, doubles }: Kernel, random: Random): Kernel {
  const y = { words: words.slice(), doubles: doubles.slice() };
  const now = y.doubles[0]!;
  y.doubles[0] = now === 0 || !(Math.abs(now) < 1e300) ? 0.5 + random.f64() : now / 2;
  return y;
}

const bytesOf = (array: Uint32Array | Float64Array): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function bytes(field: string, text: unknown, length: number): ArrayBuffer {
  if (typeof text === 'string' && text.length === 4 * Math.ceil(length / 3) && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    const array = fromBase64(text);
    if (array.length === length) return array.buffer as ArrayBuffer;
  }
  throw new NadirError('input', `${field} of the kernel is ${show(text)}; allowed: ${length} bytes as base64`);
}
