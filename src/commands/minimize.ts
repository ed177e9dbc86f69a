/** `nadir minimize`: one run of one optimizer on a test function or on a user's module. */
import { resolve as absolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NadirError, messageOf } from '../core/errors.ts';
import type { Json, Outcome } from '../core/types.ts';
import { moduleHash } from '../backend/index.ts';
import { files, now, runtime, version as runtimeVersion } from '../platform/index.ts';
import { lineChart } from '../plot/line.ts';
import { optimizer as optimizerOf } from '../optimizers/index.ts';
import { minimize as minimizeStudy } from '../studies/minimize.ts';
import type { AnyObjective } from '../studies/objective.ts';
import { version } from '../version.ts';
import { brief, number, numbers, pairs, table, writable, write, type Command } from './shared.ts';

const SAVE = 2000; // milliseconds between two states

export const minimize: Command = {
  name: 'minimize',
  about: 'minimize a test function, or a function of your own',
  options: {
    problem: { type: 'string', about: 'a test function (see nadir list)' },
    module: { type: 'string', about: 'a file or URL that exports an objective (x) => number, and may export gradient (x) => numbers' },
    export: { type: 'string', about: 'the name of the export (default)' },
    dim: { type: 'string', about: 'coordinates (10 for a test function)' },
    lower: { type: 'string', about: 'lower bound of a module, a number or numbers with commas' },
    upper: { type: 'string', about: 'upper bound of a module' },
    x0: { type: 'string', about: 'where to begin, numbers with commas' },
    instance: { type: 'string', about: 'seed of a shifted and rotated instance of a test function' },
    optimizer: { type: 'string', about: 'its name (auto)' },
    param: { type: 'string', multiple: true, about: 'an option of the optimizer, name=value; may be given more than once' },
    cost: { type: 'string', about: 'evaluations at most (1000 a coordinate)' },
    target: { type: 'string', about: 'stop at this loss' },
    stagnation: { type: 'string', about: 'stop after so many evaluations without a better point' },
    milliseconds: { type: 'string', about: 'stop after so long' },
    seed: { type: 'string', about: 'an integer from 0 (0)' },
    workers: { type: 'string', about: 'threads that score batches (0: none)' },
    backend: { type: 'string', about: 'auto, simd or reference: the same bits' },
    save: { type: 'string', about: 'a file that keeps the state, every few seconds and at the end; when it is there the run goes on from it' },
    fresh: { type: 'boolean', about: 'start over, whatever the file of --save holds' },
    plot: { type: 'string', about: 'a file for the trace as a chart (SVG)' },
    json: { type: 'boolean', about: 'one JSON document' },
  },
  async run(values, io) {
    const text = (name: string): string | undefined => values[name] as string | undefined;
    const params = pairs(values, 'param');
    const dim = number(values, 'dim');
    const seed = number(values, 'seed') ?? 0;
    const def = optimizerOf(text('optimizer') ?? 'auto');
    const x0 = numbers(values, 'x0');
    const objective = objectiveOf(text('problem'), text('module'), text('export'), number(values, 'instance'));
    const save = text('save');
    const resume = save === undefined || values.fresh ? undefined : await readState(save);
    for (const path of [save, text('plot')]) if (path !== undefined) await writable(path);
    const begun = now();
    let shown = begun;
    let saved = begun;
    let saving = Promise.resolve();
    const outcome: Outcome<Float64Array> = await minimizeStudy(objective, {
      dim, seed, params, resume,
      lower: numbers(values, 'lower'),
      upper: numbers(values, 'upper'),
      x0: typeof x0 === 'number' ? [x0] : x0,
      optimizer: def.name,
      cost: number(values, 'cost'),
      target: number(values, 'target'),
      stagnation: number(values, 'stagnation'),
      milliseconds: number(values, 'milliseconds'),
      workers: number(values, 'workers'),
      backend: text('backend') as 'auto' | undefined,
      signal: io.signal,
      observe: ({ cost, best, save: state }) => {
        if (save !== undefined && now() - saved > SAVE) {
          saved = now();
          const text = JSON.stringify(state());
          saving = saving.then(() => write(save, text));
          saving.catch(() => {}); // said at the end
        }
        if (now() - shown < 250) return;
        shown = now();
        io.progress(`${cost} evaluations, best loss ${best ? brief(best.loss) : '-'}`);
      },
    });
    const seconds = (now() - begun) / 1000;
    const name = text('problem') ?? text('module')!;
    const { best, cost, stop, failures, trace, report } = outcome;
    const x = Array.from(best.x);
    const made = { version, module: moduleHash, runtime: runtime(), runtimeVersion: runtimeVersion() };
    if (values.json) io.out(JSON.stringify({ problem: name, dim: x.length, optimizer: def.name, seed, x, loss: best.loss, violation: best.violation, cost, stop, failures, trace, report, made }));
    else {
      io.out(`${name}, dim ${x.length}, by ${def.name}, seed ${seed}`);
      io.out(`  loss  ${best.loss}  found after ${best.cost} of ${cost} evaluations`);
      io.out(`  x     ${x.length > 12 ? `${x.slice(0, 12).map(brief).join(' ')} ... (${x.length} numbers, --json shows all)` : x.map(brief).join(' ')}`);
      io.out(`  stop  ${stop} after ${seconds.toFixed(2)} s, ${Math.round(cost / Math.max(seconds, 1e-6)).toLocaleString('en')} evaluations a second`);
      if (Array.isArray(report)) io.out(`  turns\n${turns(report as unknown as Turn[])}`);
      if (failures.count > 0) io.out(`  failures  ${failures.count}; the first: ${failures.first}`);
    }
    await saving;
    if (save !== undefined) await write(save, JSON.stringify(outcome.save()));
    if (text('plot') !== undefined) await write(text('plot')!, chart(outcome, name, def.name));
    if (stop === 'aborted') {
      const how = save === undefined ? 'with --save FILE it could go on' : `the same command goes on from ${save}`;
      throw new NadirError('aborted', `stopped by the signal after ${cost} evaluations; ${how}`);
    }
  },
};

interface Turn { readonly member: string; readonly why: string; readonly runs: number; readonly cost: number; readonly own: number; readonly gained: boolean }

/** What a portfolio did, a turn a line. A star: it found the best so far. */
function turns(report: readonly Turn[]): string {
  return table([['', 'member', 'evaluations', 'best loss', 'why'], ...report.map(({ gained, member, runs, cost, own, why }) => [gained ? '    *' : '', runs > 1 ? `${member} x ${runs}` : member, String(cost), brief(own), why])]);
}

function objectiveOf(problem: string | undefined, module: string | undefined, name: string | undefined, instance: number | undefined): AnyObjective {
  if ((problem === undefined) === (module === undefined)) throw new NadirError('input', 'give one of --problem NAME (see nadir list) and --module FILE');
  if (problem !== undefined) return { problem, params: instance === undefined ? {} : { instance } };
  if (instance !== undefined) throw new NadirError('input', `--instance is ${instance}, but a module has no instances; leave it out`);
  return { module: /^[a-z][a-z0-9+.-]+:/i.test(module!) ? module! : pathToFileURL(absolute(module!)).href, export: name };
}

/** The state in a file; undefined when there is none. */
async function readState(path: string): Promise<Json | undefined> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await files.read(path);
  } catch (error) {
    throw new NadirError('state', `${path} cannot be read: ${messageOf(error)}`);
  }
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Json;
  } catch {
    throw new NadirError('state', `${path} is not a saved state: it is not JSON; --fresh starts over`);
  }
}

function chart({ trace, cost, best }: Outcome<unknown>, problem: string, optimizer: string): string {
  const points = [...trace.map((p): [number, number] => [p.cost, p.loss]), [cost, best.loss] as [number, number]];
  return lineChart({
    title: `${problem} by ${optimizer}`,
    x: { label: 'evaluations' },
    y: { label: 'best loss', log: points.every(([, loss]) => loss > 0) },
    series: [{ name: optimizer, points }],
    step: true,
    width: 800,
    height: 450,
    theme: 'light',
  });
}
