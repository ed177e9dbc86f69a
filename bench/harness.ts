/**
 * Verify, then time. A subject first checks that all contenders agree (it refuses to print when they do not), then they take
 * turns, round after round, so that a noisy neighbour hits all of them; the figure is the median of the rounds.
 *
 * `npm run bench` runs the short subjects, `npm run bench -- optimizers` the one named; `--write` puts the text into bench/results/.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/** One contender: does the work once. A number it returns is its own measurement in seconds (a native program's). */
export interface Contender { readonly name: string; readonly run: () => unknown | Promise<unknown> }

const ROUNDS = 9;
const SLICE = 0.06; // seconds a contender a round

/** Median seconds of one `run`, a contender; the contenders take turns. */
export async function race(contenders: readonly Contender[], rounds: number = ROUNDS): Promise<Map<string, number>> {
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const { name, run } of contenders) {
      const begun = performance.now();
      let repeats = 0;
      let own: number | undefined;
      do {
        const answer = await run();
        if (typeof answer === 'number') own = answer;
        repeats++;
      } while (own === undefined && performance.now() - begun < SLICE * 1000);
      if (round >= 0) times.get(name)!.push(own ?? (performance.now() - begun) / 1000 / repeats);
    }
  }
  return new Map([...times].map(([name, list]) => [name, median(list)]));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Compiles a C twin once; undefined, said aloud, without gcc. */
export function compile(source: string, flags: readonly string[]): string | undefined {
  const binary = join(mkdtempSync(join(tmpdir(), 'nadir-bench-')), 'twin');
  try {
    execFileSync('gcc', [...flags, '-o', binary, new URL(`../../../bench/native/${source}`, import.meta.url).pathname, ...(flags.includes('-ffast-math') ? ['-lmvec'] : []), '-lm'], { stdio: ['ignore', 'ignore', 'pipe'] });
    return binary;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    console.log('SKIPPED: the C twin, because gcc is not here');
    return undefined;
  }
}

/** Prints, and keeps for `--write`. */
export type Print = (line: string) => void;
/** What shortens a long subject. */
export interface Flags { readonly optimizers?: string; readonly functions?: string; readonly dims?: string; readonly seeds?: string; readonly 'no-peers'?: boolean; readonly peers?: string; readonly strategies?: string; readonly cost?: string }

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { write: { type: 'boolean' }, optimizers: text, functions: text, dims: text, seeds: text, 'no-peers': { type: 'boolean' }, peers: text, strategies: text, cost: text } });
  const subjects = positionals.length > 0 ? positionals : ['functions', 'overhead']; // optimizers takes half an hour
  for (const name of subjects) {
    const lines: string[] = [];
    const print: Print = (line) => {
      console.log(line);
      lines.push(line);
    };
    print(`# ${name}: Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model.trim()}`);
    const { bench } = (await import(new URL(`./${name}.js`, import.meta.url).href)) as { bench: (print: Print, flags: Flags) => Promise<void> };
    await bench(print, values);
    if (values.write) writeFileSync(new URL(`../../../bench/results/${name}.txt`, import.meta.url), `${lines.join('\n')}\n`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) void main(); // not awaited: the subjects import this file
