/** `nadir networks`: what training networks and leaving local minima has to do with each other, a command each. */
import { configs } from './networks/configs.ts';
import { landscape } from './networks/landscape.ts';
import type { Command } from './shared.ts';
import { sweep } from './networks/sweep.ts';
import { train } from './networks/train.ts';

export const networks: Command = {
  name: 'networks',
  about: 'training that leaves local minima (ALME) against its rivals',
  options: {},
  commands: [train, landscape, sweep, configs],
  run: () => Promise.resolve(),
};
