/** The command registry. */
import { list } from './list.ts';
import { minimize } from './minimize.ts';
import type { Command } from './shared.ts';
import { tour } from './tour.ts';

export const commands: readonly Command[] = [minimize, list, tour];
