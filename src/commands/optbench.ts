/** `nadir optbench`: the benchmark, from a second's worth to hundreds of thousands of runs, kept in a store as it goes. */
import { createInterface } from 'node:readline/promises';
import { NadirError, named, show } from '../core/errors.ts';
import { experiment as experimentOf } from '../experiment/experiment.ts';
import { frame } from '../experiment/frame.ts';
import { openLedger } from '../experiment/ledger.ts';
import { files, now } from '../platform/index.ts';
import { directory } from '../stores/index.ts';
import { conduct, type ConductProgress, type Conducted } from '../studies/conduct.ts';
import { checked, workersOf } from '../studies/conduct/options.ts';
import { benchmark, type BenchmarkOptions } from '../studies/optbench/benchmark.ts';
import { brief, number, table, type Command, type Io, type Values } from './shared.ts';

import type { Store } from '../core/types.ts';
import type { Experiment, Inject, RunRecord } from '../experiment/record.ts';

const STORE = './runs/optbench';
const ASK = 1000; // runs that are made without a question
const FIRST = 5; // cases that a dry run shows
const LONGEST = 2_000_000; // seconds: timers hold 2^31 milliseconds
const SHOWN = 250; // milliseconds between two progress lines
const STORES = ['store', 'out', 'root-dir', 'save-dir'];
const REPLICATES = ['replicates', 'seeds', 'n-seeds'];
const FAULTS = ['throw', 'hang', 'crash', 'slow', 'milliseconds', 'seed'];
const FEW = 64n; // runs

export const optbench: Command = {
  name: 'optbench',
  about: 'which optimizer wins on which function: a grid of runs over every core, kept in a store',
  words: ['algorithm?', 'problem?'],
  options: {
    intensity: { type: 'string', about: 'light (32 runs), medium (1,152), heavy (4,200) or extreme (418,000); default light' },
    grid: { type: 'string', about: 'product: every parameter with every algorithm, as published; distinct: with those that read it' },
    targeted: { type: 'boolean', about: 'one algorithm on one problem: --targeted adam rosenbrock' },
    random: { type: 'boolean', about: 'random cases: --random --n-trials 500' },
    'n-trials': { type: 'string', about: 'how many random cases (100)' },
    store: { type: 'string', about: `the folder that keeps the runs (${STORE}); what is there is not made again` },
    out: { type: 'string', about: 'the same as --store' },
    'root-dir': { type: 'string', about: 'the same as --store' },
    'save-dir': { type: 'string', about: 'the same as --store' },
    workers: { type: 'string', about: `threads (the cores, 0 up to ${FEW} runs); 0: this one` },
    replicates: { type: 'string', about: 'runs a case' },
    seeds: { type: 'string', about: 'the same as --replicates' },
    'n-seeds': { type: 'string', about: 'the same as --replicates' },
    seed: { type: 'string', about: 'an integer from 0 (0)' },
    limit: { type: 'string', about: 'runs to make now at most' },
    timeout: { type: 'string', about: 'seconds a run may take' },
    failures: { type: 'string', about: 'stop after so many failed runs (go on)' },
    fresh: { type: 'boolean', about: 'forget what the store holds of this benchmark' },
    'no-resume': { type: 'boolean', about: 'the same as --fresh' },
    resume: { type: 'boolean', about: 'go on from what the store holds: the default' },
    artifacts: { type: 'boolean', about: 'keep the files of every run: the default' },
    'no-artifacts': { type: 'boolean', about: 'keep metrics only' },
    inject: { type: 'string', about: 'faults on purpose, as probabilities: throw=0.1,crash=0.05,hang=0.01,slow=0.1,milliseconds=50,seed=1' },
    'dry-run': { type: 'boolean', about: 'count the runs and show the first cases' },
    yes: { type: 'boolean', about: `make more than ${grouped(ASK)} runs without asking` },
    json: { type: 'boolean', about: 'one JSON document' },
  },
  async run(values, io) {
    const definition = benchmark(asked(values));
    const experiment = experimentOf(definition);
    if (values['dry-run']) return dry(experiment, values, io);
    const fresh = values.fresh === true || values['no-resume'] === true;
    if (fresh && values.resume) throw new NadirError('input', '--fresh and --resume are both given; allowed: one');
    const folder = one(values, STORES) ?? STORE;
    const limit = number(values, 'limit');
    const seconds = number(values, 'timeout');
    if (seconds !== undefined && !(seconds > 0 && seconds <= LONGEST)) throw new NadirError('input', `--timeout is ${seconds}; allowed: seconds above 0, up to ${grouped(LONGEST)}`);
    const timeout = seconds === undefined ? undefined : seconds * 1000;
    // Two threads take longer to start (0.3 s) than a handful of runs; a run that is to crash or be timed needs one.
    const few = experiment.size <= FEW && timeout === undefined && inject(values) === undefined;
    const options = { workers: number(values, 'workers') ?? (few ? 0 : undefined), failures: number(values, 'failures'), limit, timeout, inject: inject(values), artifacts: !values['no-artifacts'], fresh };
    workersOf(checked(options).workers, experiment); // before a folder is made or a question asked
    const store = await directory(folder, files, { parents: true });
    await consent(experiment, store, fresh, limit, values, io);
    let shown = -Infinity;
    const made = await conduct(experiment, {
      ...options,
      store,
      signal: io.signal,
      observe: (progress) => {
        if (now() - shown < SHOWN) return;
        shown = now();
        io.progress(line(progress));
      },
    });
    const records = (await made.records()).filter(({ seed, replicate }) => seed === experiment.seed && replicate < experiment.replicates);
    if (values.json) io.out(JSON.stringify(document(experiment, made, records, folder)));
    else io.out(said(experiment, made, records, folder));
    if (made.corrupt > 0) io.note(made.corrupt === 1 ? 'nadir: 1 damaged line of the journals is left out; its run is made again' : `nadir: ${grouped(made.corrupt)} damaged lines of the journals are left out; their runs are made again`);
    if (made.stop === 'aborted') throw new NadirError('aborted', `stopped after ${grouped(made.success + made.failed)} runs; they are kept in ${folder}, and the same command${fresh ? ' without --fresh' : ''} goes on`);
    if (made.stop === 'failures') throw new NadirError('worker', `stopped after ${grouped(made.failed)} failed runs; the first: ${made.failure}`);
    if (made.failed > 0) throw new NadirError('worker', `${grouped(made.failed)} runs failed; the first: ${made.failure}; the same command tries them again`);
  },
};

/** The benchmark that the command line asks for. */
function asked(values: Values): BenchmarkOptions {
  const { algorithm, problem } = values as { readonly algorithm?: string; readonly problem?: string };
  const modes = ['intensity', 'targeted', 'random'].filter((name) => values[name] !== undefined);
  if (modes.length > 1) throw new NadirError('input', `--${modes.join(' and --')} are both given; allowed: one of --intensity, --targeted, --random`);
  if (values['n-trials'] !== undefined && !values.random) throw new NadirError('input', '--n-trials is given without --random');
  const shared = { replicates: number({ replicates: one(values, REPLICATES) }, 'replicates'), seed: number(values, 'seed') };
  if (values.targeted) {
    if (algorithm === undefined || problem === undefined) throw new NadirError('input', `--targeted has ${algorithm === undefined ? 'nothing' : show(algorithm)}; allowed: an algorithm and a problem, --targeted adam rosenbrock`);
    return { ...shared, grid: values.grid as 'product', targeted: { algorithm, problem } };
  }
  if (algorithm !== undefined) throw new NadirError('input', `unexpected word ${show(algorithm)} after optbench; an algorithm and a problem belong to --targeted`);
  if (values.random) return { ...shared, grid: values.grid as 'product', trials: number(values, 'n-trials') ?? 100 };
  return { ...shared, grid: values.grid as 'product', intensity: values.intensity as 'light' };
}

/** The value of an option under any of its names. */
function one(values: Values, names: readonly string[]): string | undefined {
  const given = names.filter((name) => values[name] !== undefined);
  if (new Set(given.map((name) => values[name])).size > 1) throw new NadirError('input', `${given.map((name) => `--${name}`).join(' and ')} say different things; allowed: one of them`);
  return values[given[0]!] as string | undefined;
}

/** `throw=0.1,crash=0.05`; the probabilities are checked by `conduct`. */
function inject(values: Values): Inject | undefined {
  if (values.inject === undefined) return undefined;
  return Object.fromEntries(String(values.inject).split(',').map((pair) => {
    const [name, text] = pair.split('=');
    if (text === undefined) throw new NadirError('input', `--inject is ${show(values.inject)}; allowed: faults as throw=0.1,crash=0.05`);
    named('fault', FAULTS.map((fault) => ({ name: fault })), name);
    return [name, number({ [`inject ${name}`]: text }, `inject ${name}`)!];
  }));
}

/** Counts and the first cases; nothing is made, however large the grid. */
function dry({ name, grid: cases, replicates, size }: Experiment, values: Values, io: Io): void {
  const count = cases.size < BigInt(FIRST) ? Number(cases.size) : FIRST;
  const first = Array.from({ length: count }, (_, i) => cases.at(i));
  if (values.json) {
    io.out(JSON.stringify({ experiment: name, cases: exact(cases.size), replicates, runs: exact(size), first }));
    return;
  }
  io.out(`${name}: ${grouped(cases.size)} cases x ${replicates} ${replicates === 1 ? 'replicate' : 'replicates'} = ${grouped(size)} runs`);
  for (const params of first) io.out(`  ${Object.entries(params).map(([key, value]) => `${key}=${typeof value === 'string' ? value : brief(value as number)}`).join(' ')}`);
  if (cases.size > BigInt(count)) io.out(`  ... ${grouped(cases.size - BigInt(count))} more`);
}

/** Returns when the runs may be made: few are left, --yes is there, or a person says so. */
async function consent(experiment: Experiment, store: Store, fresh: boolean, limit: number | undefined, values: Values, io: Io): Promise<void> {
  const ask = BigInt(ASK);
  const most = (left: bigint): bigint => (left > (limit ?? Infinity) ? BigInt(limit!) : left); // an integer or Infinity
  if (values.yes || most(experiment.size) <= ask) return;
  let left = experiment.size;
  if (!fresh) for await (const { experiment: name, seed, replicate, status } of (await openLedger(store)).records()) if (name === experiment.name && seed === experiment.seed && replicate < experiment.replicates && status === 'success') left--;
  left = most(left);
  if (left <= ask) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new NadirError('input', `${grouped(left)} runs are left to make; more than ${grouped(ASK)} want --yes where nobody can be asked (--dry-run counts them)`);
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await reader.question(`${grouped(left)} runs are left to make. Go on? [y/N] `, { signal: io.signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw new NadirError('aborted', 'nothing was made');
  } catch (error) {
    throw error instanceof NadirError ? error : new NadirError('aborted', 'nothing was made');
  } finally {
    reader.close();
  }
}

function line({ size, made, failed, skipped, rate, left }: ConductProgress): string {
  const parts = [`${grouped(made + skipped)} of ${grouped(size)} runs`];
  if (rate > 0) parts.push(`${brief(Number(rate.toPrecision(3)))} a second`, `${span(left)} left`);
  if (failed > 0) parts.push(`${grouped(failed)} failed`);
  return parts.join(', ');
}

function span(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return seconds < 172800 ? `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min` : `${grouped(Math.floor(seconds / 86400))} days`;
}

interface Row { readonly algorithm: string; readonly n: number; readonly mean: number; readonly std: number; readonly min: number }

/** best_f by algorithm, and the run that has the least. */
function summed(records: readonly RunRecord[]): { readonly algorithms: Row[]; readonly best: RunRecord | undefined } {
  const runs = frame(records.filter(({ status }) => status === 'success'));
  if (runs.size === 0) return { algorithms: [], best: undefined };
  return { algorithms: runs.aggregate('algorithm', 'best_f').map(({ key, n, mean, std, min }) => ({ algorithm: String(key.algorithm), n, mean, std, min })), best: runs.best('best_f') };
}

function document(experiment: Experiment, made: Conducted, records: readonly RunRecord[], store: string): object {
  const { algorithms, best } = summed(records);
  const { success, failed, cancelled, skipped, stop, corrupt, failure, milliseconds } = made;
  return {
    experiment: experiment.name, cases: exact(experiment.grid.size), replicates: experiment.replicates, runs: exact(experiment.size), seed: experiment.seed,
    success, failed, cancelled, skipped, stop, corrupt, failure, milliseconds, store, algorithms,
    best: best === undefined ? null : { id: best.id, params: best.params, replicate: best.replicate, best_f: best.metrics.best_f },
  };
}

function said(experiment: Experiment, { success, failed, cancelled, skipped, milliseconds }: Conducted, records: readonly RunRecord[], store: string): string {
  const { algorithms, best } = summed(records);
  const counts = [`${grouped(success)} made`, skipped > 0 && `${grouped(skipped)} there already`, failed > 0 && `${grouped(failed)} failed`, cancelled > 0 && `${grouped(cancelled)} cancelled`].filter(Boolean).join(', ');
  const lines = [`${experiment.name}: ${grouped(experiment.size)} runs; ${counts}, in ${(milliseconds / 1000).toFixed(2)} s`];
  if (algorithms.length > 0) lines.push('', table([['algorithm', 'n', 'mean best_f', 'std', 'min'], ...algorithms.map(({ algorithm, n, mean, std, min }) => [algorithm, grouped(n), brief(mean), brief(std), brief(min)])]));
  if (best !== undefined) {
    const { algorithm, problem, dim, ...params } = best.params;
    lines.push('', `best: ${algorithm} on ${problem}, dim ${dim}: best_f ${brief(best.metrics.best_f!)} with ${Object.entries(params).map(([name, value]) => `${name} ${typeof value === 'number' ? brief(value) : value}`).join(', ')} (run ${best.id})`);
  }
  lines.push('', `runs in ${store}; nadir report ${/^[\w./-]+$/.test(store) ? store : JSON.stringify(store)} --out report.html shows them`);
  return lines.join('\n');
}

function grouped(n: number | bigint): string {
  return n.toLocaleString('en');
}

/** As a JSON number where it is one exactly. */
function exact(n: bigint): number | string {
  return n <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(n) : String(n);
}
