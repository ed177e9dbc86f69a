/** The report of a race: leaderboard, learning curves, the winner's listing, and what it makes of held-out texts beside other compressors; as a page and as Markdown. */
import { listing, work, workOf } from '../../problems/program/assembler.ts';
import { kernelHash, PAYLOAD } from '../../problems/program/file.ts';
import { lineChart } from '../../plot/line.ts';
import { page, type Section } from '../../plot/page.ts';
import { version } from '../../version.ts';
import { BITS } from './heldout.ts';
import type { ProgramSearch } from './options.ts';

/** A line of the journal, as far as the report reads it. */
export interface Improvement { readonly strategy: string; readonly rung: number; readonly cost: number; readonly points: number; readonly loss: number; readonly prefix: number }
export interface SearchReport {
  readonly result: ProgramSearch;
  readonly improvements: readonly Improvement[];
  /** Bytes of the corpus. */
  readonly corpus: number;
  readonly seed: number;
  /** Milliseconds, where the race had one. */
  readonly budget: number | undefined;
}

const STATES = { racing: 'in the last rung', out: 'out', failed: 'failed' } as const;
const grouped = (n: number): string => Math.round(n).toLocaleString('en');
const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);
const bits = (loss: number): string => (Number.isFinite(loss) ? loss.toFixed(4) : '-');

/** The report as one HTML file that loads nothing. */
export function reportHtml(about: SearchReport): string {
  const { result, improvements } = about;
  const { standings, strategy, loss, prefix } = result;
  const sections: Section[] = [
    { title: 'Leaderboard', about: 'Bits a byte, each on the prefix of the last rung it was in; cost in nominal seconds.', table: leaderboard(about), strong: [0] },
    { title: 'Learning curves', about: 'The best so far on the whole prefix of each rung, by the cost that a strategy had spent.', figures: curves(about) },
    ...(result.heldOut.length > 0 ? [{ title: 'Held-out texts', about: `Bytes of the code, with tables of 2^${BITS} slots; none of these texts was trained on. With its kernel a file has ${grouped(PAYLOAD)} bytes more.`, table: heldOut(about) }] : []),
    { title: 'The winner', about: `${work(result.winner)} nominal nanoseconds a byte, sha256 ${kernelHash(result.winner)}`, table: program(about) },
  ];
  return page({
    title: 'A race for a compression kernel', about: told(about), sections, foot: `nadir ${version}`,
    tiles: [{ label: 'bits a byte', value: loss.toFixed(4) }, { label: 'of', value: `${grouped(prefix)} bytes` }, { label: 'by', value: strategy }, { label: 'strategies', value: String(standings.length) }, { label: 'kernels scored', value: grouped(result.evaluations) }, { label: 'CPU time', value: `${seconds(result.cpu)} s` }],
    rows: { one: 'improvement', many: 'improvements', hint: 'strategy=svd, rung=2' },
    columns: [
      { name: 'strategy', values: improvements.map((line) => line.strategy) },
      { name: 'rung', values: improvements.map((line) => line.rung + 1) },
      { name: 'prefix', values: improvements.map((line) => line.prefix) },
      { name: 'cost_s', values: improvements.map((line) => Math.round(line.cost) / 1000) },
      { name: 'kernels', values: improvements.map((line) => line.points) },
      { name: 'bits_a_byte', values: improvements.map((line) => Math.round(line.loss * 1e5) / 1e5) },
    ],
  });
}

/** The same for a terminal or a repository, without the curves. */
export function reportMarkdown(about: SearchReport): string {
  const { result } = about;
  return [
    '# A race for a compression kernel', '', told(about), '',
    '## Leaderboard', '', ...markdown(leaderboard(about)), '',
    ...(result.heldOut.length > 0 ? ['## Held-out texts', '', `Bytes of the code, with tables of 2^${BITS} slots; none of these texts was trained on. With its kernel a file has ${grouped(PAYLOAD)} bytes more.`, '', ...markdown(heldOut(about)), ''] : []),
    '## The winner', '', `sha256 ${kernelHash(result.winner)}, ${work(result.winner)} nominal nanoseconds a byte`, '', '```', ...program(about).slice(1).map(([, text]) => text!), '```', '',
  ].join('\n');
}

function told({ result, corpus, seed, budget }: SearchReport): string {
  const { cost, of, cpu, stop, loss, prefix, strategy } = result;
  const ends: { readonly [stop: string]: string } = { budget: 'all of it spent', time: 'cut when the CPU time was up', exhausted: 'ended when the winner had nothing left to try', aborted: 'stopped' };
  return `${strategy} won with ${loss.toFixed(4)} bits a byte on ${prefix === corpus ? 'all' : 'the first'} ${grouped(prefix)} bytes${prefix === corpus ? '' : ` of ${grouped(corpus)}`}. Seed ${seed}, cost ${grouped(cost)} of ${grouped(of)} nominal milliseconds${budget === undefined ? '' : ` (${seconds(budget)} s of CPU time)`}, ${ends[stop] ?? stop}; ${seconds(cpu)} s of CPU time.`;
}

function leaderboard({ result, corpus }: SearchReport): string[][] {
  return [['rank', 'strategy', 'bits a byte', 'prefix', 'rung', 'kernels', 'cost', 'state'], ...result.standings.map(({ rank, name, loss, fidelity, rung, points, cost, state, error }) => [String(rank), name, bits(loss), grouped(fidelity * corpus), String(rung + 1), grouped(points), seconds(cost), error === null ? STATES[state] : `failed: ${error}`])];
}

/** A chart a rung; losses on less than the rung's prefix are not comparable, and left out. */
function curves({ improvements, result }: SearchReport): string[] {
  const charts: string[] = [];
  const names = result.standings.map(({ name }) => name).sort();
  for (const rung of [...new Set(improvements.map((line) => line.rung))].sort((a, b) => a - b)) {
    const lines = improvements.filter((line) => line.rung === rung);
    const prefix = lines.reduce((most, line) => Math.max(most, line.prefix), 0);
    const series = names.flatMap((name, color) => {
      const points = lines.filter((line) => line.strategy === name && line.prefix === prefix).map((line) => [line.cost / 1000, line.loss] as const);
      return points.length > 0 ? [{ name, color, points }] : [];
    });
    charts.push(lineChart({ title: `rung ${rung + 1}: ${grouped(prefix)} bytes`, x: { label: 'nominal seconds' }, y: { label: 'bits a byte', log: true }, step: true, series, width: 800, height: 420, theme: 'page' }).replace(/ width="\d+" height="\d+"/, ''));
  }
  return charts;
}

/** Bytes of every compressor that ran, the kernel's code first; a row a text, and the sum where all have one. */
function heldOut({ result }: SearchReport): string[][] {
  const rows = result.heldOut;
  const names = [...new Set(rows.flatMap(({ peers }) => peers.filter(({ coded }) => coded !== null).map(({ name }) => name)))];
  const coded = (row: (typeof rows)[number], name: string): number | null => row.peers.find((peer) => peer.name === name)?.coded ?? null;
  const cell = (n: number | null): string => (n === null ? '-' : grouped(n));
  const total = (values: readonly (number | null)[]): number | null => (values.includes(null) ? null : values.reduce<number>((sum, n) => sum + n!, 0));
  const head = ['text', 'bytes', 'bits a byte', 'kernel', 'with the kernel', ...names];
  const lines = rows.map((row) => [row.name, grouped(row.bytes), row.bitsPerByte.toFixed(4), grouped(row.coded), grouped(row.coded + PAYLOAD), ...names.map((name) => cell(coded(row, name)))]);
  if (rows.length < 2) return [head, ...lines];
  const all = rows.reduce((sum, row) => sum + row.bytes, 0);
  const mine = rows.reduce((sum, row) => sum + row.coded, 0);
  return [head, ...lines, ['all', grouped(all), ((8 * mine) / all).toFixed(4), grouped(mine), grouped(mine + PAYLOAD * rows.length), ...names.map((name) => cell(total(rows.map((row) => coded(row, name)))))]];
}

function program({ result }: SearchReport): string[][] {
  const lines = Array.from(result.winner.words.entries()).filter(([, word]) => word !== 0).map(([i, word]) => [String(i), listing(word), String(workOf(word))]);
  return [['slot', 'instruction', 'ns a byte'], ...lines];
}

function markdown([head, ...rows]: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head!), line(head!.map(() => '---')), ...rows.map(line)];
}
