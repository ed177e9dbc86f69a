/**
 * Separable CMA-ES (Ros, Hansen, "A simple modification in CMA-ES achieving linear time and space complexity", PPSN 2008): the strategy of
 * cmaes.ts with a variance a coordinate, learnt (n + 2) / 3 times as fast. It is not rotation-invariant, and on separable functions the faster of the two.
 */
import type { Box, OptimizerDef } from '../core/types.ts';
import { options, strategy, type CmaesParams, type OpenModel } from './cmaes.ts';

export const cmaesseparable: OptimizerDef<CmaesParams> = {
  name: 'cmaes-separable',
  aliases: ['sepcma', 'sep-cma-es'],
  about: 'separable CMA-ES: a variance a coordinate, for thousands of coordinates',
  spaces: ['box'],
  gradient: 'none',
  options,
  start: (space: Box, params, context, saved) => strategy(space, params, context, saved, diagonal, (space.dim + 2) / 3),
};

const diagonal: OpenModel = (dim, lambda, _gap, _backend, saved) => {
  const c = (saved as Float64Array | undefined)?.slice() ?? new Float64Array(dim).fill(1);
  const a = c.map(Math.sqrt);
  const z = new Float64Array(lambda * dim);
  const y = new Float64Array((lambda + 1) * dim);
  const weights = new Float64Array(lambda + 2);
  return {
    z, y, weights,
    sample() {
      for (let r = 0; r < lambda; r++) for (let i = 0; i < dim; i++) y[r * dim + i] = a[i]! * z[r * dim + i]!;
    },
    whiten(r) {
      for (let i = 0; i < dim; i++) z[r * dim + i] = y[r * dim + i]! / a[i]!;
    },
    adapt() {
      const decay = weights[lambda + 1]!;
      for (let i = 0; i < dim; i++) c[i] = decay * c[i]!;
      for (let r = 0; r <= lambda; r++) {
        const w = weights[r]!;
        for (let i = 0; i < dim; i++) c[i] = c[i]! + w * (y[r * dim + i]! * y[r * dim + i]!);
      }
      let positive = true;
      for (let i = 0; i < dim; i++) {
        a[i] = Math.sqrt(c[i]!);
        positive = positive && c[i]! > 0;
      }
      return positive;
    },
    deviation: (i) => a[i]!,
    condition() {
      let least = Infinity;
      let most = 0;
      for (let i = 0; i < dim; i++) {
        least = Math.min(least, c[i]!);
        most = Math.max(most, c[i]!);
      }
      return most / least;
    },
    save: () => c.slice(),
  };
};
