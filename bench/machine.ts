/**
 * The machine's speed: a kernel of 8 contexts, by the interpreter, by code made for it, and written by hand in C (bench/native/machine.c), gcc -O3 at 128 bits.
 * All three must write the same code, byte for byte, before any is timed. Then the built-in kernels, without C, and what making code takes.
 *
 * Surprise: a quarter of the time of all three is waiting for memory, so that a neighbour who fills the cache brings them closer together.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ANNEAL, APM_RATES, DECAY, LIMITS, RATES } from '../assembly/portable/opcodes.ts';
import { openBackend, sharedBackend } from '../src/backend/index.ts';
import { special, specialise } from '../src/backend/special.ts';
import { assemble } from '../src/problems/program/assembler.ts';
import { builtIns } from '../src/problems/kernels/index.ts';
import { CHUNK, machineBytes, openMachine, type Machine } from '../src/problems/program/machine.ts';
import type { Kernel } from '../src/spaces/program.ts';
import { corpusOf } from '../src/commands/programs/corpus.ts';
import { compile, median, race, type Contender, type Print } from './harness.ts';

const BITS = 18;
const ROUNDS = 9;
const LENGTH = 262144;
/** What bench/native/machine.c is. */
const LISTING = `
ORD R1 bytes=1
ORD R2 bytes=2
ORD R3 bytes=3
ORD R4 bytes=4
ORD R5 bytes=5
ORD R6 bytes=6
WORD R7
CM X0 R0 limit=7
CM X1 R1 limit=7
CM X2 R2 limit=7
CM X3 R3 limit=7
CM X4 R4 limit=7
CM X5 R5 limit=7
CM X6 R6 limit=7
CM X7 R7 limit=7
MIX F0 R0 mode=1 rate=3 D0
APM F1 F0 R1 mode=1 rate=0
APM F2 F0 R2 mode=2 rate=0
AVG F3 F1 F2
AVG F3 F0 F3
OUT F3`;
const NUMBERS = { LIMIT: LIMITS[7]!, RATE: RATES[3]!, ANNEAL, DECAY, APM_RATE: APM_RATES[0]! };
const FLAGS = ['-O3', '-march=x86-64-v2', '-mno-avx', '-ffp-contract=off', ...Object.entries(NUMBERS).map(([name, value]) => `-D${name}=${value}`)];

export async function bench(print: Print): Promise<void> {
  const twin = compile('machine.c', FLAGS);
  const text = (await corpusOf('builtin')).subarray(0, LENGTH);
  const folder = mkdtempSync(join(tmpdir(), 'nadir-bench-'));
  const [input, output] = [join(folder, 'text'), join(folder, 'code')];
  writeFileSync(input, text);
  const native = (bits: number): number => Number(execFileSync(twin!, [input, output, String(bits), '1']));
  const eight: Kernel = { words: assemble(LISTING), doubles: new Float64Array(1024).fill(0.25, 0, 32) };

  print(`coding ${LENGTH / 1024} KB of a novel, MB/s, and how many times as long as C; in brackets the goal`);
  print('kernel    bits  interpreted   generated    C128    interpreted / C   generated / C');
  for (const [name, kernel, bits] of [['8 contexts', eight, BITS], ['8 contexts', eight, 22], ...builtIns.map((x) => [x.name, x.kernel, BITS] as const)] as const) {
    const hand = kernel === eight && twin !== undefined;
    const { plain, own } = await machines(kernel, bits);
    const codes = [plain, own].map((machine) => coded(machine, text).code);
    if (hand) {
      native(bits);
      codes.push(readFileSync(output));
    }
    for (const code of codes) if (Buffer.compare(code, codes[0]!) !== 0) throw new Error(`${name}: not the same code: ${codes.map(({ length }) => length).join(', ')} bytes`);
    const contenders: Contender[] = [
      { name: 'interpreted', run: () => coded(plain, text).seconds },
      { name: 'generated', run: () => coded(own, text).seconds },
      ...(hand ? [{ name: 'C', run: () => native(bits) }] : []),
    ];
    const seconds = await race(contenders, ROUNDS);
    const speed = (who: string): string => (hand || who !== 'C' ? (LENGTH / 1e6 / seconds.get(who)!).toFixed(2) : '').padStart(9);
    const ratio = (who: string, goal: number): string => (hand ? `${(seconds.get(who)! / seconds.get('C')!).toFixed(2)} (${goal})` : '').padStart(13);
    print(`${name.padEnd(10)} ${String(bits).padStart(3)}  ${['interpreted', 'generated', 'C'].map(speed).join('   ')}      ${ratio('interpreted', 2.5)}   ${ratio('generated', 1.4)}   generated ${(seconds.get('interpreted')! / seconds.get('generated')!).toFixed(2)} times as fast`);
  }
  await making(print, eight);
}

async function machines(kernel: Kernel, bits: number): Promise<{ plain: Machine; own: Machine }> {
  const backend = await openBackend('simd', 2 * machineBytes(await sharedBackend('simd'), kernel, bits) + 48 * CHUNK);
  const [plain, own] = [openMachine(backend, kernel, bits), openMachine(backend, kernel, bits)];
  const made = await specialise(backend, own.pointer);
  if (made === undefined) throw new Error('no code was made');
  own.use(made);
  return { plain, own };
}

/** The code of the text, and the seconds it took without the start. */
function coded(machine: Machine, text: Uint8Array): { code: Uint8Array; seconds: number } {
  machine.reset();
  const parts: Uint8Array[] = [];
  let seconds = 0;
  for (let at = 0; at < text.length; at += CHUNK) {
    const piece = text.subarray(at, at + CHUNK);
    const begun = performance.now();
    parts.push(machine.encode(piece));
    seconds += (performance.now() - begun) / 1000;
  }
  return { code: Buffer.concat(parts), seconds };
}

/** What code of its own costs a kernel: making the module and compiling it. */
async function making(print: Print, kernel: Kernel): Promise<void> {
  const backend = await openBackend('simd', 64 << 20);
  const machine = openMachine(backend, kernel, 12);
  const make: number[] = [];
  const compiled: number[] = [];
  let size = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const begun = performance.now();
    const bytes = special(backend, machine.pointer);
    const made = performance.now();
    await WebAssembly.compile(bytes);
    make.push(made - begun);
    compiled.push(performance.now() - made);
    size = bytes.length;
  }
  print(`code for the 8 contexts: ${size} bytes, made in ${median(make).toFixed(1)} ms (the first in ${make[0]!.toFixed(1)}), compiled in ${median(compiled).toFixed(1)}`);
}
