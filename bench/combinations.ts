/**
 * One exact cycle of the combination search through `combinations()`, warm, one thread: against the same in plain JavaScript and in C held to 128-bit vectors.
 * All must find the same line: the coefficients are random, so the winner is unique. `--dims 56` adds sizes beyond 50.
 *
 * Surprise: the first call of a size takes twice as long, because its memory has not been touched yet.
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { combinations, createRandom } from '../src/index.ts';
import { bench as study } from './study.ts';
import { compile, median, race, type Contender, type Flags, type Print } from './harness.ts';

const TWIN_FLAGS = ['-O3', '-march=x86-64-v2', '-mno-avx', '-ffp-contract=off'];
interface Line { readonly line: string; readonly result: number }

/** Every line by prefix doubling: lines 2k and 2k + 1 of a level from line k of the one before. */
function plainBrute(c: readonly number[], target: number): Line {
  let sums = Float64Array.of(0);
  for (const x of c) {
    const next = new Float64Array(2 * sums.length);
    for (let k = 0; k < sums.length; k++) {
      next[2 * k] = sums[k]!;
      next[2 * k + 1] = sums[k]! + x;
    }
    sums = next;
  }
  let best = 1;
  for (let k = 2; k < sums.length; k++) {
    const d = Math.abs(sums[k]! - target);
    const least = Math.abs(sums[best]! - target);
    if (d < least || (d === least && sums[k]! > sums[best]!)) best = k;
  }
  return { line: String(best), result: sums[best]! };
}

/** Two merged lists and a sweep. */
function plainMeet(c: readonly number[], target: number): Line {
  const half = c.length >> 1;
  const [a, aLines] = plainList(c.slice(0, half));
  const [b, bLines] = plainList(c.slice(half));
  let [least, x, y] = [Infinity, 0, 0];
  for (let i = 0, j = b.length - 1; i < a.length && j >= 0; ) {
    const s = a[i]! + b[j]!;
    const d = Math.abs(s - target);
    if (d < least) [least, x, y] = [d, i, j];
    if (s < target) i++;
    else j--;
  }
  const line = BigInt(aLines[x]!) * 2n ** BigInt(c.length - half) + BigInt(bLines[y]!);
  let result = 0;
  c.forEach((value, i) => (result += (line >> BigInt(c.length - 1 - i)) & 1n ? value : 0));
  return { line: String(line), result };
}
function plainList(c: readonly number[]): [Float64Array, Uint32Array] {
  let sums = Float64Array.of(0);
  let lines = Uint32Array.of(0);
  for (const x of c) {
    const m = sums.length;
    const next = new Float64Array(2 * m);
    const names = new Uint32Array(2 * m);
    for (let i = 0, j = 0, k = 0; k < 2 * m; k++) {
      if (j >= m || (i < m && sums[i]! <= sums[j]! + x)) {
        next[k] = sums[i]!;
        names[k] = lines[i++]! << 1;
      } else {
        next[k] = sums[j]! + x;
        names[k] = (lines[j++]! << 1) | 1;
      }
    }
    sums = next;
    lines = names;
  }
  return [sums, lines];
}

export async function bench(print: Print, flags: Flags = {}): Promise<void> {
  const twin = compile('combinations.c', TWIN_FLAGS);
  const folder = mkdtempSync(join(tmpdir(), 'nadir-bench-'));
  const inputs = (n: number): { c: number[]; target: number } => {
    const random = createRandom(n).fork('combinations');
    const c = Array.from({ length: n }, () => 100 * random.f64());
    return { c, target: 0.37 * c.reduce((s, x) => s + x, 0) };
  };
  const ours = async (n: number, strategy: string, backend: 'simd' | 'reference'): Promise<Line> => {
    const { c, target } = inputs(n);
    const { winners } = await combinations(c, target, { maxIter: 1, strategy, backend });
    return winners[0]!;
  };
  const native = (n: number, how: string): { seconds: number; line: string; result: number } => {
    const { c, target } = inputs(n);
    const path = join(folder, String(n));
    writeFileSync(path, Float64Array.from(c));
    const [seconds, result, line] = execFileSync(twin!, [how, path, String(n), String(target)]).toString().trim().split(' ');
    return { seconds: Number(seconds), result: Number(result), line: line! };
  };

  const subjects = [['brute', 20, 0.5], ['brute', 24, 8], ['exact', 20, 0.03], ['exact', 30, 1.1], ['exact', 40, 31], ['exact', 44, 161]] as const;
  const cell = (value: number): string => value.toPrecision(3).padStart(9);
  const rounds = (n: number): number => (n > 40 ? 3 : n > 30 ? 5 : 9);
  const fast = new Map<string, number>();
  print('one exact cycle, milliseconds, and how many times as fast as the peer; reach: the goal');
  print('              ours     reach   plain JS       C128  / plain JS    / C128');
  for (const [strategy, n, reach] of subjects) {
    const how = strategy === 'brute' ? 'brute' : 'meet';
    const { c, target } = inputs(n);
    const plain = strategy === 'brute' ? plainBrute : plainMeet;
    agree(`${strategy} ${n}`, await ours(n, strategy, 'simd'), [plain(c, target), ...(twin ? [native(n, how)] : [])]);
    const contenders: Contender[] = [
      { name: 'ours', run: () => ours(n, strategy, 'simd') as Promise<unknown> },
      { name: 'plain', run: () => void plain(c, target) },
      ...(twin ? [{ name: 'native', run: () => native(n, how).seconds }] : []),
    ];
    const seconds = await race(contenders, rounds(n));
    const ms = (who: string): number => (seconds.get(who) ?? NaN) * 1000;
    fast.set(`${strategy} ${n}`, ms('ours'));
    print(`${`${strategy} ${n}`.padEnd(9)}${cell(ms('ours'))} ${cell(reach)}  ${['plain', 'native'].map((who) => cell(ms(who))).join('  ')} ${['plain', 'native'].map((who) => (ms(who) / ms('ours')).toFixed(2).padStart(9)).join(' ')}`);
  }
  print(`exact 20, inside a run: ${(await inside(inputs(20))).toPrecision(3)} ms a cycle (reach 0.03)`);
  for (const n of [50, ...(flags.dims?.split(',').map(Number) ?? [])]) {
    const begun = performance.now();
    const { line } = await ours(n, 'exact', 'simd');
    print(`exact ${n}${((performance.now() - begun) / 1000).toFixed(2).padStart(9)} s within 1 GiB (reach: 50 in 2.5 s, 56 in 60 s), line ${line}`);
  }
  await crew(print, inputs);
  // Last, because the host's calls are slower once they have met both backends.
  for (const [strategy, n] of subjects) {
    agree(`${strategy} ${n}`, await ours(n, strategy, 'simd'), [await ours(n, strategy, 'reference')]);
    const seconds = await race([{ name: 'twin', run: () => ours(n, strategy, 'reference') as Promise<unknown> }], Math.min(3, rounds(n)));
    const ms = seconds.get('twin')! * 1000;
    print(`${strategy} ${n} on the plain twin: ${ms.toPrecision(3)} ms, ours is ${(ms / fast.get(`${strategy} ${n}`)!).toFixed(2)} times as fast`);
  }
  await table(print, join(folder, 'table.csv'), inputs(20));
  await study(print);
}

function agree(what: string, { line, result }: Line, others: readonly Line[]): void {
  for (const other of others) if (other.line !== line || Math.abs(other.result - result) > 1e-9) throw new Error(`${what}: ours found line ${line} (${result}), a peer ${other.line} (${other.result})`);
}

/** Milliseconds of a cycle without what a call costs: 64 cycles less 32. */
async function inside({ c, target }: { c: number[]; target: number }): Promise<number> {
  const seconds = await race([32, 64].map((maxIter) => ({ name: String(maxIter), run: () => combinations(c, target, { maxIter }) as Promise<unknown> })));
  return ((seconds.get('64')! - seconds.get('32')!) / 32) * 1000;
}

/** Cycles over workers, which take turns with cycles without: a noisy neighbour hits all of them. */
async function crew(print: Print, inputs: (n: number) => { c: number[]; target: number }): Promise<void> {
  for (const [n, maxIter] of [[40, 12], [44, 6]] as const) {
    const { c, target } = inputs(n);
    const times: number[][] = [[], [], []];
    const first: number[] = [];
    const found = new Set<string>();
    for (let round = 0; round < 4; round++) {
      for (const workers of [0, 1, 2]) {
        let begun = performance.now();
        const { winners } = await combinations(c, target, {
          maxIter, workers,
          onCycle({ cycle }) {
            const end = performance.now();
            if (cycle > 1) times[workers]!.push(1000 * (end - begun)); // the first starts the workers, and touches their memory
            else if (workers === 2) first.push(end - begun);
            begun = end;
          },
        });
        found.add(winners.map(({ line }) => line).join());
      }
    }
    if (found.size > 1) throw new Error(`workers ${n}: not the same lines`);
    const [none, one, two] = times.map((list) => median(list) / 1000) as [number, number, number];
    print(`exact ${n}, ms a cycle: ${none.toFixed(1)} in this thread, ${one.toFixed(1)} by one worker, ${two.toFixed(1)} by two: ${(one / two).toFixed(2)} times as fast as one (reach 1.3); the first cycle, workers started, ${median(first).toFixed(0)}`);
  }
}

/** What the truth table of 2^20 lines costs. */
async function table(print: Print, path: string, { c, target }: { c: number[]; target: number }): Promise<void> {
  await combinations(c, target, { maxIter: 1 });
  const before = process.memoryUsage().rss;
  let most = 0;
  const file = Writable.toWeb(createWriteStream(path)) as WritableStream<Uint8Array>;
  const writer = file.getWriter();
  let bytes = 0;
  const truthTable = new WritableStream<Uint8Array>({
    async write(chunk) {
      bytes += chunk.length;
      most = Math.max(most, process.memoryUsage().rss - before);
      await writer.ready;
      await writer.write(chunk);
    },
    close: () => writer.close(),
  });
  const begun = performance.now();
  await combinations(c, target, { maxIter: 1, truthTable });
  print(`truth table of 2^20 lines: ${(bytes / 1e6).toFixed(0)} MB of CSV in ${((performance.now() - begun) / 1000).toFixed(2)} s, resident memory up ${(most / 1048576).toFixed(0)} MB at most (reach: 64)`);
}
