/** Subsets of n items as bytes 0 or 1. A neighbour flips one bit (`scale` many, at least one), never the same bit twice. */
import { NadirError, show } from '../core/errors.ts';
import type { Bits } from '../core/types.ts';

/**
 * @param dim items, from 1
 * @example
 * bits(3).decode([0, 1, 1]); // Uint8Array(3) [ 0, 1, 1 ]
 */
export function bits(dim: number): Bits {
  if (!Number.isInteger(dim) || dim < 1 || dim > 0x7ffffff) throw new NadirError('input', `dim is ${show(dim)}; allowed: an integer from 1`);
  return {
    name: 'bits',
    dim,
    sample(random) {
      const x = new Uint8Array(dim);
      for (let i = 0; i < dim; i += 32) {
        let word = random.u32();
        for (let j = i; j < dim && j < i + 32; j++, word >>>= 1) x[j] = word & 1;
      }
      return x;
    },
    copy: (x) => x.slice(),
    neighbor(x, random, scale = 1) {
      const y = x.slice();
      let flips = Math.min(dim, Math.max(1, Math.floor(scale)));
      while (flips > 0) {
        const i = random.int(dim);
        if (y[i] !== x[i]) continue;
        y[i] = 1 - y[i]!;
        flips--;
      }
      return y;
    },
    encode: (x) => Array.from(x),
    decode(json) {
      if (!Array.isArray(json) || json.length !== dim || !json.every((bit) => bit === 0 || bit === 1)) throw new NadirError('input', `the subset is ${show(json)}; allowed: ${dim} bits, each 0 or 1`);
      return Uint8Array.from(json as number[]);
    },
  };
}
