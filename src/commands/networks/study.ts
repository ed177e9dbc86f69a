/** What the studies on networks share: a store that is gone on with, progress, and how they end. */
import { NadirError } from '../../core/errors.ts';
import { experiment as experimentOf } from '../../experiment/experiment.ts';
import { files, now } from '../../platform/index.ts';
import { directory } from '../../stores/index.ts';
import { conduct, type Conducted, type ConductProgress } from '../../studies/conduct.ts';
import { workersOf } from '../../studies/conduct/options.ts';
import { number, type Command, type Io, type Values } from '../shared.ts';

import type { Store } from '../../core/types.ts';
import type { Definition, RunRecord } from '../../experiment/record.ts';

const SHOWN = 250; // milliseconds between two progress lines
const CHECKPOINT = 10; // seconds of a training that a kill may cost; saving 110,000 parameters and what goes with them takes 0.2
const LONGEST = 2_000_000; // seconds: timers hold 2^31 milliseconds
const STORES = ['out', 'store', 'root-dir', 'save-dir'] as const;

/** The options of all of them. */
export const shared = (place: string): Command['options'] => ({
  out: { type: 'string', about: `the folder that keeps the runs and their results (${place}); what is there is not made again` },
  store: { type: 'string', about: 'the same as --out' },
  'root-dir': { type: 'string', about: 'the same as --out' },
  'save-dir': { type: 'string', about: 'the same as --out' },
  workers: { type: 'string', about: 'threads (the cores; 0 for a single run); 0: this one' },
  checkpoint: { type: 'string', about: `seconds between two saved states of a run (${CHECKPOINT})` },
  fresh: { type: 'boolean', about: 'forget what the folder holds of this study' },
  json: { type: 'boolean', about: 'one JSON document' },
});

/** How many replicates, under any of its names. */
export function replicates(values: Values): number | undefined {
  return number({ seeds: one(values, ['seeds', 'replicates', 'n-seeds']) }, 'seeds');
}
export const seedOptions = (about: string): Command['options'] => ({
  seeds: { type: 'string', about },
  replicates: { type: 'string', about: 'the same as --seeds' },
  'n-seeds': { type: 'string', about: 'the same as --seeds' },
});

/** Names with commas between them. */
export function names(values: Values, option: string): string[] | undefined {
  const text = values[option] as string | undefined;
  return text?.split(',').map((name) => name.trim());
}

export interface Done { readonly made: Conducted; readonly records: readonly RunRecord[]; readonly store: Store; readonly place: string }

/** Makes what the store does not hold yet. */
export async function follow(definition: Definition, place: string, values: Values, io: Io): Promise<Done> {
  const experiment = experimentOf(definition);
  const workers = number(values, 'workers') ?? (experiment.size === 1n ? 0 : undefined);
  workersOf(workers, experiment); // before a folder is made
  const checkpoint = number(values, 'checkpoint') ?? CHECKPOINT;
  if (!(checkpoint > 0 && checkpoint <= LONGEST)) throw new NadirError('input', `--checkpoint is ${checkpoint}; allowed: seconds above 0, up to ${LONGEST}`);
  const folder = one(values, STORES) ?? place;
  const store = await directory(folder, files, { parents: true });
  let shown = -Infinity;
  io.progress(`${experiment.size} ${experiment.size === 1n ? 'run' : 'runs'}`);
  const made = await conduct(experiment, {
    store,
    workers,
    fresh: values.fresh === true,
    checkpoint: checkpoint * 1000,
    signal: io.signal,
    observe: (progress) => {
      if (now() - shown < SHOWN) return;
      shown = now();
      io.progress(line(progress));
    },
  });
  return { made, records: await made.records(), store, place: folder };
}

/** Says what went wrong, after what was done has been shown. */
export function ended({ made, place }: Done, values: Values, io: Io): void {
  if (made.corrupt > 0) io.note(`nadir: ${made.corrupt} damaged ${made.corrupt === 1 ? 'line of the journals is' : 'lines of the journals are'} left out and made again`);
  if (made.stop === 'aborted') throw new NadirError('aborted', `stopped after ${made.success + made.failed} runs; everything is kept in ${place}, and the same command${values.fresh ? ' without --fresh' : ''} goes on`);
  if (made.failed > 0) throw new NadirError('worker', `${made.failed} of ${made.size} runs failed; the first: ${made.failure}; the same command tries them again`);
}

/** `12 made, 3 there already`. */
export function counts({ success, failed, cancelled, skipped, milliseconds }: Conducted): string {
  const parts = [`${success} made`, skipped > 0 && `${skipped} there already`, failed > 0 && `${failed} failed`, cancelled > 0 && `${cancelled} cancelled`];
  return `${parts.filter(Boolean).join(', ')}, in ${(milliseconds / 1000).toFixed(1)} s`;
}

/** The value of an option under any of its names. */
function one(values: Values, options: readonly string[]): string | undefined {
  const given = options.filter((name) => values[name] !== undefined);
  if (new Set(given.map((name) => values[name])).size > 1) throw new NadirError('input', `${given.map((name) => `--${name}`).join(' and ')} say different things; allowed: one of them`);
  return values[given[0]!] as string | undefined;
}

function line({ size, made, failed, skipped, left }: ConductProgress): string {
  const seconds = Math.round(left / 1000);
  const span = seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return [`${made + skipped} of ${size} runs`, left > 0 && `${span} left`, failed > 0 && `${failed} failed`].filter(Boolean).join(', ');
}
