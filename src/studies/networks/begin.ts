/** The optimizer of a configuration on its problem: one of the registry, or a descent with its schedule. */
import { NadirError, show } from '../../core/errors.ts';
import { chain, links } from '../../optimizers/descent.ts';
import { optimizer, start } from '../../optimizers/index.ts';
import { scheduled } from '../../optimizers/schedule.ts';

import type { Context, Optimizer, Problem, Snapshot } from '../../core/types.ts';
import type { Checked } from './config.ts';

const BASES = ['descent', 'sgd', 'adam', 'adamw'];

/** Starts it, or continues a saved one. `steps`: mini-batches of all epochs, what a schedule stretches over. */
export function begin({ optimizer: { name, ...options }, schedule }: Checked, problem: Pick<Problem<Float64Array>, 'space' | 'gradient' | 'name' | 'share'>, context: Context<Float64Array>, steps: number, saved?: Snapshot): Optimizer<Float64Array> {
  if (schedule === null) return start(optimizer(name), problem, options, context, saved);
  const last = scheduled(schedule, steps);
  if (!BASES.includes(name)) throw new NadirError('input', `schedule is ${show(schedule)} with optimizer ${name}; allowed with ${BASES.join(', ')}`);
  return chain([...links(name, options), last], (options.fidelity as number | undefined) ?? 1)(problem.space as never, context, saved);
}
