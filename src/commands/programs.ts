/** `nadir programs`: what is done with kernels of the compression machine, a command each. */
import { score } from './programs/score.ts';
import { search } from './programs/search.ts';
import type { Command } from './shared.ts';
import { show } from './programs/show.ts';

export const programs: Command = {
  name: 'programs',
  about: 'kernels of 64 instructions and 1024 doubles that compress',
  options: {},
  commands: [show, score, search],
  run: () => Promise.resolve(),
};
