/** The optimizer of a configuration on its problem: one of the registry, or a descent with its schedule. */
import { NadirError, show } from '../../core/errors.ts';
import { chain } from '../../optimizers/chain.ts';
import { baseOptions, begins, links, type BaseParams } from '../../optimizers/descent.ts';
import { escaping } from '../../optimizers/escape.ts';
import { optimizer, start } from '../../optimizers/index.ts';
import { scheduled } from '../../optimizers/schedule.ts';

import type { Box, Context, Optimizer, Problem, Snapshot } from '../../core/types.ts';
import type { Checked } from './config.ts';

const BASES = ['descent', 'sgd', 'adam', 'adamw'];

/** Starts it, or continues a saved one. `steps`: mini-batches of all epochs, what a schedule stretches over. */
export function begin({ optimizer: { name, ...options }, schedule }: Checked, problem: Pick<Problem<Float64Array>, 'space' | 'gradient' | 'name' | 'share'>, context: Context<Float64Array>, steps: number, saved?: Snapshot): Optimizer<Float64Array> {
  if (schedule === null) return start(optimizer(name), problem, options, context, saved);
  const last = scheduled(schedule, steps);
  const within = { ...context, gradient: problem.gradient, ...(problem.share && { share: problem.share }) };
  if (BASES.includes(name)) return chain([...links(name, options), last], (options.fidelity as number | undefined) ?? 1)(problem.space as Box, within, saved);
  if (name !== 'escape' || options.mode !== 'default') throw new NadirError('input', `schedule is ${show(schedule)} with optimizer ${name}; allowed with ${BASES.join(', ')} and escape in its own mode`);
  const base = Object.keys(baseOptions('adam'));
  const own = Object.fromEntries(Object.entries(options).filter(([option]) => !base.includes(option)));
  return escaping(begins('optimizer escape', options as BaseParams, [last]), own)(problem.space as Box, within, saved);
}
