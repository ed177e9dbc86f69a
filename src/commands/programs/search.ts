/** `nadir programs search`: the race for a kernel, kept in a folder as it goes. */
import { NadirError, show } from '../../core/errors.ts';
import { files, now } from '../../platform/index.ts';
import { kernelHash } from '../../problems/program/file.ts';
import { strategies } from '../../strategies/index.ts';
import { directory } from '../../stores/index.ts';
import { searchPrograms, type ProgramSearch, type SearchProgress } from '../../studies/programs.ts';
import { number, table, type Command, type Values } from '../shared.ts';
import { corpusOf, heldOutOf } from './corpus.ts';
import { peersOf } from './peers.ts';

const OUT = './runs/programs';
const SHOWN = 250; // milliseconds between two looks at a terminal
const SAID = 30_000; // and between two lines where there is none
const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

export const search: Command = {
  name: 'programs search',
  about: 'the race of strategies for the kernel that compresses a text best',
  options: {
    corpus: { type: 'string', about: 'the text to learn from: a file, or builtin (a novel; the default)' },
    'held-out': { type: 'string', multiple: true, about: 'a text to try the winner on, once for each; none (default: speeches and source code beside builtin)' },
    budget: { type: 'string', about: 'CPU time of all threads together: 60m, 90s, 1h' },
    cost: { type: 'string', about: 'nominal milliseconds instead: the same kernel, bit for bit, everywhere' },
    strategies: { type: 'string', about: `all, or some of ${strategies.map(({ name }) => name).join(',')}` },
    workers: { type: 'string', about: 'threads (the cores); 0: this one' },
    seed: { type: 'string', about: 'an integer from 0 (0)' },
    bits: { type: 'string', about: 'the largest tables have 2^N slots, 12 to 22 (20)' },
    out: { type: 'string', about: `the folder of the race (${OUT}); one that was stopped goes on` },
    fresh: { type: 'boolean', about: 'forget what the folder holds' },
    json: { type: 'boolean', about: 'one JSON document' },
  },
  async run(values, io) {
    const text = (name: string): string | undefined => values[name] as string | undefined;
    const budget = values.budget === undefined ? undefined : duration(text('budget')!);
    const cost = number(values, 'cost');
    if ((budget === undefined) === (cost === undefined)) throw new NadirError('input', 'give one of --budget TIME (60m) and --cost N');
    const asked = { budget, cost, strategies: named(values), workers: number(values, 'workers'), seed: number(values, 'seed'), bits: number(values, 'bits') };
    const corpus = await corpusOf(text('corpus') ?? 'builtin');
    const heldOut = await heldOutOf(values['held-out'] as string[] | undefined, text('corpus') ?? 'builtin');
    const place = text('out') ?? OUT;
    const store = await directory(place, files, { parents: true });
    const terminal = process.stderr.isTTY === true;
    let shown = -Infinity;
    let rung = -1;
    const result = await searchPrograms({
      ...some(asked), corpus, heldOut, store, place, fresh: values.fresh === true, signal: io.signal,
      observe: (progress) => {
        if (!terminal && progress.rung !== rung) shown = -Infinity;
        rung = progress.rung;
        if (now() - shown < (terminal ? SHOWN : SAID)) return;
        shown = now();
        if (terminal) io.progress(board(progress));
        else if (!values.json) io.note(board(progress));
      },
      peers: (held) => peersOf(held, (peer) => io.progress(`${held.name}: ${peer}`)),
    }).catch((error: unknown) => {
      if ((error as NadirError).code === 'aborted') throw stopped(place, values);
      throw error;
    });
    if (values.json) io.out(JSON.stringify(document(result, place)));
    else for (const line of said(result, place, budget)) io.out(line);
    if (result.stop === 'aborted') throw stopped(place, values);
  },
};

function stopped(place: string, values: Values): NadirError {
  return new NadirError('aborted', `stopped; ${place} keeps everything, and the same command${values.fresh ? ' without --fresh' : ''} goes on`);
}

/** `60m` in milliseconds. */
function duration(text: string): number {
  const [, value, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const milliseconds = Number(value) * (UNITS[unit ?? ''] ?? NaN);
  if (!(milliseconds > 0)) throw new NadirError('input', `--budget is ${show(text)}; allowed: a number above 0 with ms, s, m or h, such as 60m`);
  return milliseconds;
}

function named({ strategies: given }: Values): 'all' | string[] | undefined {
  return given === undefined ? undefined : given === 'all' ? 'all' : String(given).split(',').map((name) => name.trim());
}

/** Without what is not there. */
function some<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

/** A line: the rung, every strategy's bits a byte, those ahead first, how many kernels, and how long it will take. */
function board({ standings, rung, rungs, left }: SearchProgress): string {
  const kernels = standings.reduce((sum, { points }) => sum + points, 0);
  const each = standings.map(({ name, loss, state }) => `${name} ${state === 'failed' ? 'failed' : Number.isFinite(loss) ? loss.toFixed(3) : '-'}`);
  return `rung ${rung + 1} of ${rungs}: ${each.join('  ')}, ${kernels.toLocaleString('en')} kernels${Number.isFinite(left) ? `, ${span(left)} left` : ''}`;
}

function span(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function document({ winner, standings, ...rest }: ProgramSearch, place: string): object {
  return { ...rest, standings: standings.map((standing) => ({ ...standing, loss: Number.isFinite(standing.loss) ? standing.loss : null })), sha256: kernelHash(winner), store: place };
}

function said({ winner, strategy, loss, prefix, cost, of, cpu, stop, evaluations, standings, heldOut }: ProgramSearch, place: string, budget: number | undefined): string[] {
  const grouped = (n: number): string => Math.round(n).toLocaleString('en');
  const lines = [
    `${strategy} ${stop === 'aborted' ? 'is ahead' : 'won'} with ${loss.toFixed(4)} bits a byte on ${grouped(prefix)} bytes, after ${grouped(evaluations)} kernels`,
    `cost ${grouped(cost)} of ${grouped(of)} nominal milliseconds, ${(cpu / 1000).toFixed(1)} s of CPU time${stop === 'time' ? ': the budget of CPU time was up' : ''}${budget === undefined || stop === 'time' ? '' : `; the same race anywhere: --cost ${of}`}`,
    '', table([['rank', 'strategy', 'bits/byte', 'kernels', 'cost/s', 'state'], ...standings.map(({ rank, name, loss: own, points, cost: spent, state, error, rung }) => [String(rank), name, Number.isFinite(own) ? own.toFixed(4) : '-', grouped(points), (spent / 1000).toFixed(1), error === null ? `${state === 'out' ? 'out after' : 'in'} rung ${rung + 1}` : `failed: ${error}`])]),
  ];
  if (heldOut.length > 0) {
    const names = heldOut[0]!.peers.filter(({ coded }) => coded !== null).map(({ name }) => name);
    lines.push('', table([['held out', 'bytes', 'bits/byte', 'kernel', ...names], ...heldOut.map(({ name, bytes, bitsPerByte, coded, peers }) => [name, grouped(bytes), bitsPerByte.toFixed(4), grouped(coded), ...names.map((peer) => grouped(peers.find((each) => each.name === peer)?.coded ?? NaN))])]));
  }
  return [...lines, '', `kernel ${kernelHash(winner).slice(0, 16)} in ${place}: winner.kernel${stop === 'aborted' ? '' : ', winner.json, report.html, report.md'}`];
}
