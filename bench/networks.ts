/**
 * One epoch of real MNIST, 784-128-64-10, through `network`, `start` and `run`, against tfjs-wasm (bench/tfjs.ts) and C over OpenBLAS at 128 bits (bench/native/network.c).
 * All begin at the same weights and take the same mini-batches in the same order; their losses must agree before anyone is timed.
 *
 * Surprise: OpenBLAS is fastest at 128 bits as what it made for AMD's K10, a quarter faster than as Nehalem; so the cores are tried, and the fastest is the peer.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, network, networkBytes, openBackend, openData, optimizer, optimizers, run, start } from '../src/index.ts';
import type { Backend } from '../src/core/types.ts';
import type { Data, Problem, Split } from '../src/index.ts';
import { compile, median, race, type Contender, type Flags, type Print } from './harness.ts';
import { INSTALL, tfjs, type Examples } from './tfjs.ts';

const HIDDEN = [128, 64];
const BATCH = 128;
const LR = 1e-3;
const SEED = 2; // with 1 a sum falls on the other side of 0 for one example of step 11, and the losses are 1e-3 apart by step 50 instead of 1e-7
const ROUNDS = 5;
const FLAGS = ['-O3', '-ffast-math', '-march=x86-64-v2', '-mno-avx', '-ldl'];
/** Of OpenBLAS, without AVX or FMA. */
const CORES = ['Barcelona', 'Core2', 'Prescott', 'Nehalem'];
const FIRST = 50; // mini-batches whose losses agree closely; later ones drift apart by rounding
const CLOSE = 1e-3;
const APART = 0.02; // of the mean loss of the epoch, and of its last quarter
const TRIALS = 5;

/** One epoch, and the losses of its mini-batches. */
interface Epoch { readonly seconds: number; readonly losses: readonly number[] }
/** A BLAS, its names, and the core it shall be. */
interface Blas { readonly library: string; readonly prefix: string; readonly suffix: string; readonly core: string }
interface Product { readonly kind: 'dense' | 'outer'; readonly n: number; readonly m: number; readonly k: number; readonly turned: 0 | 1 }

export async function bench(print: Print, flags: Flags): Promise<void> {
  const mnist = await openData({ kind: 'mnist', validation: 0 });
  const split: Split = { name: 'mnist', train: mnist.train };
  const { train } = split;
  const widths = [train.width, ...HIDDEN, train.outputs];
  const bytes = networkBytes(split, { hidden: HIDDEN, batch: BATCH }) + 65536;
  const [simd, reference] = [await openBackend('simd', bytes), await openBackend('reference', bytes)];
  const x0 = network(split, { hidden: HIDDEN }, { backend: simd.scope() }).space.sample(createRandom(SEED));
  simd.release();
  for (let i = 0; i < x0.length; i++) x0[i] = Math.fround(x0[i]!); // what all of them can begin at
  const order = orderOf(train.n);
  const ours = (backend: Backend, options: { precision?: 'f32' | 'f64'; share?: number; name?: string; params?: { readonly [name: string]: unknown } } = {}): Promise<Epoch> => epoch(split, x0, backend, options);

  const folder = mkdtempSync(join(tmpdir(), 'nadir-bench-'));
  const [input, output] = [join(folder, 'in'), join(folder, 'out')];
  const twin = compile('network.c', FLAGS);
  const blas = twin ? blasOf(twin, folder, print) : undefined;
  const native = (): { seconds: number; inside: number } => {
    const [seconds, inside] = call(twin!, blas!, ['train', input, output]);
    return { seconds: seconds!, inside: inside! };
  };
  if (blas) writeFileSync(input, taskOf(train, widths, x0, order));
  const tf = flags['no-peers'] ? undefined : await tfjs(flags.peers ?? process.cwd());
  if (!tf) print(`SKIPPED: tfjs-wasm, ${flags['no-peers'] ? 'as asked' : `because it is not here: ${INSTALL} (or --peers FOLDER that has it)`}`);
  const theirs = (): number[] => tf!.epoch(widths, layersOf(x0, widths), examplesOf(train, order), LR);

  const first = await ours(simd);
  if (first.losses.length !== Math.ceil(train.n / BATCH)) throw new Error(`an epoch was ${first.losses.length} mini-batches`);
  const apart = [`ours in f64 ${same('f64', first.losses, (await ours(simd, { precision: 'f64' })).losses)}`];
  if (blas) {
    native();
    apart.push(`C ${same('C', first.losses, [...new Float64Array(Uint8Array.from(readFileSync(output)).buffer)])}`);
  }
  if (tf) apart.push(`tfjs ${same('tfjs', first.losses, theirs())}`);
  const tenth = await ours(reference, { share: 0.1 });
  if (tenth.losses.length < first.losses.length / 11 || !tenth.losses.every((loss, i) => Object.is(loss, first.losses[i]))) throw new Error('the kernels and their twins differ');

  print(`${widths.join('-')} (${x0.length} parameters), relu, cross-entropy, Adam: an epoch of ${train.n} examples of MNIST in ${first.losses.length} mini-batches of ${BATCH}, one thread`);
  print('counted: shuffle (ours), gathering bytes and scaling them, forward, backward, Adam, every loss; not: reading files, compiling. f32; Adam in f64 (ours), f32 (C, tfjs)');
  print(`losses of the first ${FIRST} mini-batches against ours, the largest relative difference (and that of the mean of the epoch): ${apart.join(', ')}`);
  const taken = new Map<string, number[]>();
  const kept = (name: string, work: () => number | Promise<number>): Contender => ({
    name,
    run: async () => {
      const seconds = await work();
      taken.set(name, [...(taken.get(name) ?? []), seconds]);
      return seconds;
    },
  });
  const inside: number[] = [];
  const contenders = [kept('ours', async () => (await ours(simd)).seconds), kept('ours, f64', async () => (await ours(simd, { precision: 'f64' })).seconds)];
  if (blas) contenders.push(kept('C', () => {
    const run = native();
    inside.push(run.inside / run.seconds);
    return run.seconds;
  }));
  if (tf) contenders.push(kept('tfjs', () => seconds(theirs)));
  const medians = await race(contenders, ROUNDS);
  const best = (name: string): number => Math.min(...taken.get(name)!);
  print('                                        s an epoch: median    best   ours takes, of it');
  for (const { name } of contenders) {
    const title = name === 'C' ? `C, OpenBLAS as ${blas!.core} (${(100 * median(inside)).toFixed(0)} % in sgemm)` : name === 'tfjs' ? tf!.title : name;
    print(`${title.padEnd(48)} ${medians.get(name)!.toFixed(3).padStart(9)} ${best(name).toFixed(3).padStart(7)}   ${(medians.get('ours')! / medians.get(name)!).toFixed(2)} (best ${(best('ours') / best(name)).toFixed(2)})${name === 'C' ? '; goal 1.6' : name === 'tfjs' ? `: ${(medians.get('tfjs')! / medians.get('ours')!).toFixed(1)} times as fast; goal 5` : ''}`);
  }
  print(`plain twin (TypeScript), a tenth of an epoch: ${tenth.seconds.toFixed(1)} s, ${((tenth.seconds / tenth.losses.length * first.losses.length) / medians.get('ours')!).toFixed(0)} times ours; the same losses, bit for bit`);

  await shares(print, (backend, watch) => epoch(split, x0, backend, {}, watch), simd);
  await products(print, widths, simd, twin, blas, folder);
  await idle(print, (name, params) => ours(simd, { name, params }));
}

/** One epoch, or a share of it, from x0. `watch` hears what the problem and the optimizer took. */
async function epoch(split: Split, x0: Float64Array, backend: Backend, { precision = 'f32', share = 1, name = 'adam', params = {} }: { precision?: 'f32' | 'f64'; share?: number; name?: string; params?: { readonly [name: string]: unknown } }, watch?: (what: 'score' | 'descent', seconds: number) => void): Promise<Epoch> {
  const scope = backend.scope();
  const net = network(split, { hidden: HIDDEN, batch: BATCH, seed: SEED, precision }, { backend: scope });
  const losses: number[] = [];
  const timed = <A extends readonly unknown[], R>(what: 'score' | 'descent', f: (...args: A) => R): ((...args: A) => R) => (watch ? (...args) => {
    const begun = performance.now();
    const result = f(...args);
    watch(what, (performance.now() - begun) / 1000);
    return result;
  } : f);
  const score = timed('score', net.score);
  const problem: Problem<Float64Array> = {
    ...net,
    score(batch) {
      const scores = score(batch);
      losses.push(scores.loss[0]!);
      return scores;
    },
  };
  const cost = 3 * share;
  const begun = performance.now();
  const descent = start(optimizer(name), problem, { lr: LR, ...params }, { random: createRandom(SEED), backend: scope, x0, cost });
  await run(problem, { ask: timed('descent', descent.ask), tell: timed('descent', descent.tell), save: descent.save }, { cost: cost * (1 + 1e-9) });
  const taken = (performance.now() - begun) / 1000;
  scope.release();
  return { seconds: taken, losses };
}

/** Where an epoch's time goes: one with clocks around every kernel. */
async function shares(print: Print, one: (backend: Backend, watch: (what: 'score' | 'descent', seconds: number) => void) => Promise<Epoch>, simd: Backend): Promise<void> {
  const rows: { [part: string]: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const spent = { products: 0, others: 0, score: 0, descent: 0 };
    const kernels = Object.fromEntries(Object.entries(simd.kernels).map(([name, kernel]) => {
      if (typeof kernel !== 'function') return [name, kernel];
      const part = /^(dense|outer)/.test(name) ? 'products' : 'others';
      return [name, (...args: number[]) => {
        const begun = performance.now();
        const result = (kernel as (...args: number[]) => unknown)(...args);
        spent[part] += (performance.now() - begun) / 1000;
        return result;
      }];
    })) as unknown as Backend['kernels'];
    const watched = (backend: Backend): Backend => ({ ...backend, kernels, scope: () => watched(backend.scope()) });
    const { seconds: all } = await one(watched(simd), (what, taken) => { spent[what] += taken; });
    rows.push({ products: spent.products, 'other kernels': spent.others, 'examples and copies': spent.score - spent.products - spent.others, 'descent (Adam)': spent.descent, 'loop, best point': all - spent.score - spent.descent, all });
  }
  const part = (name: string): number => median(rows.map((row) => row[name]! / row['all']!));
  print(`of it: ${Object.keys(rows[0]!).filter((name) => name !== 'all').map((name) => `${name} ${(100 * part(name)).toFixed(1)} %`).join(', ')}`);
}

/** The products of a step, one by one, against sgemm. */
async function products(print: Print, widths: readonly number[], simd: Backend, twin: string | undefined, blas: Blas | undefined, folder: string): Promise<void> {
  print('product    rows x columns x inner   GMAC/s ours   sgemm   ours / sgemm');
  const list: Product[] = [];
  for (let l = 0; l + 1 < widths.length; l++) {
    const [k, m] = [widths[l]!, widths[l + 1]!];
    list.push({ kind: 'dense', n: BATCH, m, k, turned: 0 }, { kind: 'outer', n: k, m, k: BATCH, turned: 0 });
    if (l > 0) list.push({ kind: 'dense', n: BATCH, m: k, k: m, turned: 1 });
  }
  for (const { kind, n, m, k, turned } of list) {
    const scope = simd.scope();
    const room = (size: number): number => scope.array(Math.ceil(size / 2) + 4).byteOffset;
    const [a, b, out, work] = [room(n * k), room(k * m), room(n * m), room(1000 + 8 * Math.max(n, m, k))];
    const random = createRandom(SEED);
    for (const [at, size] of [[a, n * k], [b, k * m]] as const) for (let i = 0; i < size; i++) simd.f32[at / 4 + i] = 2 * random.f64() - 1;
    const multiply = (): void => {
      if (kind === 'dense') simd.kernels.dense32(out, work, a, b, 0, n, m, k, turned);
      else simd.kernels.outer32(out, work, a, b, k, m, n, k / 4);
    };
    const mac = n * m * k;
    const contenders: Contender[] = [{ name: 'ours', run: multiply }];
    if (twin && blas) {
      const [input, output] = [join(folder, 'factors'), join(folder, 'product')];
      writeFileSync(input, Buffer.concat([[a, n * k], [b, k * m]].map(([at, size]) => Buffer.from(simd.f32.slice(at! / 4, at! / 4 + size!).buffer))));
      const sgemm = (): number => call(twin, blas, ['product', input, output, ...[n, m, k, kind === 'outer' ? 1 : 0, turned].map(String)])[0]!;
      sgemm();
      multiply();
      new Float32Array(Uint8Array.from(readFileSync(output)).buffer).forEach((value, i) => {
        if (!(Math.abs(value - simd.f32[out / 4 + i]!) <= 1e-4)) throw new Error(`${kind} ${n} x ${m} x ${k}: ours is ${simd.f32[out / 4 + i]} and sgemm's ${value} at ${i}`);
      });
      contenders.push({ name: 'sgemm', run: sgemm });
    }
    const taken = await race(contenders, ROUNDS);
    const speed = (name: string): string => (taken.has(name) ? mac / taken.get(name)! / 1e9 : NaN).toFixed(1);
    print(`${`${kind}${turned ? ', turned' : ''}`.padEnd(14)} ${`${n} x ${m} x ${k}`.padEnd(20)} ${speed('ours').padStart(10)} ${speed('sgemm').padStart(7)} ${(taken.has('sgemm') ? taken.get('sgemm')! / taken.get('ours')! : NaN).toFixed(2).padStart(10)}`);
    scope.release();
  }
}

/** What `escape` costs a step while nothing stagnates: the same steps as adam's. */
async function idle(print: Print, one: (name: string, params: { readonly [name: string]: unknown }) => Promise<Epoch>): Promise<void> {
  if (!optimizers.some(({ name }) => name === 'escape')) {
    print('SKIPPED: escape, because it is not among the optimizers');
    return;
  }
  const calm = { patience: 1_000_000 };
  const [a, b] = [await one('adam', {}), await one('escape', calm)];
  if (a.losses.length !== b.losses.length || !a.losses.every((loss, i) => Object.is(loss, b.losses[i]))) throw new Error('an escape that is out of reach went another way than adam');
  const taken = await race([
    { name: 'adam', run: async () => (await one('adam', {})).seconds },
    { name: 'escape', run: async () => (await one('escape', calm)).seconds },
  ], ROUNDS);
  const [adam, escape] = [taken.get('adam')!, taken.get('escape')!];
  print(`escape around adam, waiting: ${escape.toFixed(3)} s an epoch, adam ${adam.toFixed(3)}: ${((1e6 * (escape - adam)) / a.losses.length).toFixed(0)} microseconds a step (${(100 * (escape / adam - 1)).toFixed(1)} %), the same losses`);
}

/** Throws unless the losses agree with ours; how far apart they are. */
function same(who: string, ours: readonly number[], theirs: readonly number[]): string {
  if (theirs.length !== ours.length) throw new Error(`${who}: ${theirs.length} losses; ours are ${ours.length}`);
  const apart = (a: number, b: number): number => Math.abs(a - b) / b;
  const mean = (losses: readonly number[], from: number): number => losses.slice(from).reduce((sum, loss) => sum + loss, 0) / (losses.length - from);
  const first = theirs.slice(0, FIRST).map((loss, i) => apart(loss, ours[i]!));
  first.forEach((value, i) => {
    if (!(value <= CLOSE)) throw new Error(`${who}: the loss of mini-batch ${i} is ${theirs[i]}; ours is ${ours[i]}`);
  });
  for (const from of [0, Math.floor((3 * ours.length) / 4)]) if (!(apart(mean(theirs, from), mean(ours, from)) <= APART)) throw new Error(`${who}: the mean loss from mini-batch ${from} on is ${mean(theirs, from)}; ours is ${mean(ours, from)}`);
  return `${Math.max(...first).toExponential(0)} (${(100 * apart(mean(theirs, 0), mean(ours, 0))).toFixed(2)} %)`;
}

/** The first epoch's order, drawn as src/problems/network.ts draws it; that the losses agree shows it. */
function orderOf(n: number): Uint32Array {
  const random = createRandom(SEED).fork('network').fork('shuffle').fork(0);
  const out = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

/** Weights and biases in turn. */
function layersOf(x: Float64Array, widths: readonly number[]): Float32Array[] {
  let at = 0;
  return widths.slice(1).flatMap((m, l) => [widths[l]! * m, m].map((size) => Float32Array.from(x.subarray(at, (at += size)))));
}

function* examplesOf({ n, width, inputs, labels, scale, shift }: Data, order: Uint32Array): Generator<Examples> {
  for (let from = 0; from < n; from += BATCH) {
    const rows = order.subarray(from, from + BATCH);
    const values = new Float32Array(rows.length * width);
    rows.forEach((row, r) => {
      for (let i = 0; i < width; i++) values[r * width + i] = inputs[row * width + i]! * scale + shift;
    });
    yield { n: rows.length, inputs: values, labels: Uint8Array.from(rows, (row) => labels![row]!) };
  }
}

/** What bench/native/network.c reads. */
function taskOf({ n, inputs, labels, scale, shift }: Data, widths: readonly number[], x0: Float64Array, order: Uint32Array): Buffer {
  return Buffer.concat([Int32Array.of(n, BATCH, widths.length - 1, ...widths), Float32Array.of(scale, shift), Float32Array.from(x0), order, inputs, labels!].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)));
}

/** The numbers it prints; the last word is the core, which must be the one that was asked for (numpy's Prescott calls itself Katmai). */
function call(twin: string, { library, prefix, suffix, core }: Blas, args: readonly string[]): number[] {
  const words = execFileSync(twin, [library, prefix, suffix, ...args], { env: { ...process.env, OPENBLAS_NUM_THREADS: '1', OPENBLAS_CORETYPE: core }, stdio: ['ignore', 'pipe', 'pipe'] }).toString().trim().split(' ');
  if (words.at(-1) !== core && !(core === 'Prescott' && words.at(-1) === 'Katmai')) throw new Error(`OpenBLAS is ${words.at(-1)} and not ${core}`);
  return words.slice(0, -1).map(Number);
}

/** The system's OpenBLAS or else numpy's, as the fastest core of 128 bits for the first layer's product; undefined, said aloud, without one. */
function blasOf(twin: string, folder: string, print: Print): Blas | undefined {
  const [input, output] = [join(folder, 'trial'), join(folder, 'none')];
  writeFileSync(input, new Uint8Array(Float32Array.from({ length: 2 * 128 * 784 }, (_, i) => (i % 7) - 3).buffer));
  const libraries = [{ library: 'libopenblas.so.0', prefix: '', suffix: '' }];
  try {
    const find = "import glob, numpy, os; print('\\n'.join(glob.glob(os.path.join(os.path.dirname(numpy.__file__), '..', 'numpy.libs', 'libscipy_openblas*'))))";
    for (const library of execFileSync('python3', ['-c', find], { stdio: ['ignore', 'pipe', 'ignore'] }).toString().split('\n').filter(Boolean)) libraries.push({ library, prefix: 'scipy_', suffix: library.includes('64_') ? '64_' : '' });
  } catch {} // no numpy is no library
  for (const names of libraries) {
    const best = new Map<string, number>();
    for (let trial = 0; trial < TRIALS; trial++) {
      for (const core of CORES) {
        try {
          best.set(core, Math.min(best.get(core) ?? Infinity, call(twin, { ...names, core }, ['product', input, output, '128', '128', '784', '0', '0'])[1]!));
        } catch {} // this library or this core is not here
      }
    }
    const speeds = [...best].sort(([, a], [, b]) => a - b);
    if (speeds.length === 0) continue;
    print(`OpenBLAS at 128 bits, GMAC/s by core: ${speeds.map(([core, taken]) => `${core} ${((128 * 128 * 784) / taken / 1e9).toFixed(1)}`).join(', ')}; the first is the peer`);
    return { ...names, core: speeds[0]![0] };
  }
  print('SKIPPED: C over OpenBLAS, because neither libopenblas (apt-get install libopenblas-dev) nor a numpy with its own is here');
  return undefined;
}

async function seconds(work: () => unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}
