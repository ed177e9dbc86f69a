/** The randomness of a run: made of the experiment's seed and the replicate alone, so every case of a replicate meets the same luck (common random numbers). */
import { NadirError, show } from '../core/errors.ts';
import { createRandom } from '../core/random.ts';
import type { Backend } from '../core/types.ts';
import type { Seeds } from './record.ts';

/**
 * The seeds of a replicate; nothing is drawn until it is asked for.
 * @param base of the experiment, an integer from 0 to 2^53 - 1
 * @param replicate an integer from 0
 * @param backend refills the buffers of the streams when given; the numbers are the same without
 * @example
 * seedsOf(1, 0).random('data').int(6) === seedsOf(1, 0).random('data').int(6); // true
 */
export function seedsOf(base: number, replicate: number, backend?: Pick<Backend, 'kernels' | 'scratch'>): Seeds {
  if (!Number.isSafeInteger(base) || base < 0) throw new NadirError('input', `seed is ${show(base)}; allowed: an integer from 0 to 2^53 - 1`);
  if (!Number.isSafeInteger(replicate) || replicate < 0) throw new NadirError('input', `replicate is ${show(replicate)}; allowed: an integer from 0`);
  let made: number | undefined;
  const seed = (): number => (made ??= createRandom(base).fork('replicate').fork(replicate).f64() * 9007199254740992); // 53 bits, exactly
  return Object.freeze({
    base,
    replicate,
    get seed() {
      return seed();
    },
    random: (label: string) => createRandom(seed(), backend).fork(label),
  });
}
