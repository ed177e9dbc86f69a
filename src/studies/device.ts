/** The device of a run of the combination search: which cycles are for one, and what it is called in the result. Surprise: `none` is the usual answer, and never an error. */
import { sharedGpu } from '../backend/gpu.ts';
import { FROM, TO, proposed } from '../problems/combination/propose.ts';
import type { StrategyDef } from '../problems/combination/strategy.ts';

const EXACT = ['exact', 'brute', 'parallel'];

/**
 * The strategy with a device before it where one is of use, and the device: 'webgl2: its own name', or 'none: why'.
 * @param n coefficients
 * @param other what else the run does that has no place for a device
 */
export async function withDevice(def: StrategyDef, n: number, other?: string): Promise<{ readonly def: StrategyDef; readonly device: string }> {
  let why = other === undefined ? undefined : `${other} uses none`;
  if (!EXACT.includes(def.name)) why ??= `strategy ${def.name} uses none; ${EXACT.join(', ')} do`;
  if (n < FROM || n > TO) why ??= `it takes ${FROM} to ${TO} coefficients, these are ${n}`;
  if (why !== undefined) return { def, device: `none: ${why}` };
  const gpu = await sharedGpu();
  return typeof gpu === 'string' ? { def, device: `none: ${gpu}` } : { def: proposed(def, gpu.leasts), device: gpu.name };
}
