/** The command registry. */
import { combinations } from './combinations.ts';
import { compress } from './compress.ts';
import { decompress } from './decompress.ts';
import { list } from './list.ts';
import { minimize } from './minimize.ts';
import { networks } from './networks.ts';
import { optbench } from './optbench.ts';
import { programs } from './programs.ts';
import { report } from './report.ts';
import type { Command } from './shared.ts';
import { tour } from './tour.ts';

export const commands: readonly Command[] = [minimize, combinations, optbench, programs, networks, compress, decompress, report, list, tour];
