/**
 * Batch evaluation, dim 50, 10,000 points, one thread, through `problem.score`: against plain JavaScript with host Math and
 * against C held to what WebAssembly SIMD can reach (gcc -O3, 128-bit vectors, no FMA, libmvec).
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRandom, openBackend, problem as problemOf } from '../src/index.ts';
import { compile, race, type Contender, type Print } from './harness.ts';

const DIM = 50;
const POINTS = 10000;
const TWIN_FLAGS = ['-O3', '-ffast-math', '-march=x86-64-v2', '-mno-avx'];

type Plain = (x: Float64Array) => number;
const TWO_PI = 2 * Math.PI;
const plain: { readonly [name: string]: Plain } = {
  rastrigin(x) {
    let s = 10 * x.length;
    for (let i = 0; i < x.length; i++) s += x[i]! * x[i]! - 10 * Math.cos(TWO_PI * x[i]!);
    return s;
  },
  ackley(x) {
    let q = 0;
    let c = 0;
    for (let i = 0; i < x.length; i++) {
      q += x[i]! * x[i]!;
      c += Math.cos(TWO_PI * x[i]!);
    }
    return 20 + Math.E - 20 * Math.exp(-0.2 * Math.sqrt(q / x.length)) - Math.exp(c / x.length);
  },
  griewank(x) {
    let q = 0;
    let p = 1;
    for (let i = 0; i < x.length; i++) {
      q += x[i]! * x[i]!;
      p *= Math.cos(x[i]! / Math.sqrt(i + 1));
    }
    return 1 + q / 4000 - p;
  },
  sphere(x) {
    let s = 0;
    for (let i = 0; i < x.length; i++) s += x[i]! * x[i]!;
    return s;
  },
  rosenbrock(x) {
    let s = 0;
    for (let i = 0; i + 1 < x.length; i++) {
      const a = x[i + 1]! - x[i]! * x[i]!;
      const b = 1 - x[i]!;
      s += 100 * a * a + b * b;
    }
    return s;
  },
};

export async function bench(print: Print): Promise<void> {
  const simd = await openBackend('simd');
  const reference = await openBackend('reference');
  const twin = compile('functions.c', TWIN_FLAGS);
  print(`${POINTS} points of dim ${DIM}: million points a second, and how many times as fast as the peer`);
  print('function     ours   twin(TS)  plain JS      C128   / plain JS   / C128');
  for (const name of Object.keys(plain)) {
    const context = { random: createRandom(0) };
    const params = { dim: DIM, instance: null, rotate: true };
    const ours = problemOf(name).open(params, { ...context, backend: simd.scope() });
    const slow = problemOf(name).open(params, { ...context, backend: reference.scope() });
    const random = createRandom(1);
    const xs: Float64Array[] = Array.from({ length: POINTS }, () => ours.space.sample(random));
    const losses = async (p: typeof ours): Promise<Float64Array> => (await p.score({ xs })).loss.slice();

    const [a, b] = [await losses(ours), await losses(slow)];
    const c = Float64Array.from(xs, plain[name]!);
    let native: Float64Array | undefined;
    const input = twin && `${twin}.${name}`;
    if (twin && input) {
      const matrix = new Float64Array(POINTS * DIM);
      xs.forEach((x, i) => matrix.set(x, i * DIM));
      writeFileSync(input, matrix);
      execFileSync(twin, [name, input, `${input}.out`, String(POINTS), String(DIM)]);
      const bytes = readFileSync(`${input}.out`);
      native = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    }
    for (let i = 0; i < POINTS; i++) {
      if (!Object.is(a[i], b[i])) throw new Error(`${name}: SIMD and its twin differ at point ${i}: ${a[i]} and ${b[i]}`);
      for (const other of [c[i]!, native?.[i] ?? c[i]!]) if (!(Math.abs(a[i]! - other) <= 1e-10 * Math.max(1, Math.abs(other)))) throw new Error(`${name}: ours is ${a[i]} and a peer's ${other} at point ${i}`);
    }

    const contenders: Contender[] = [
      { name: 'ours', run: () => void ours.score({ xs }) },
      { name: 'twin', run: () => void slow.score({ xs }) },
      { name: 'plain', run: () => { const loss = new Float64Array(POINTS); for (let i = 0; i < POINTS; i++) loss[i] = plain[name]!(xs[i]!); } },
    ];
    if (twin && input) contenders.push({ name: 'native', run: () => Number(execFileSync(twin, [name, input, `${input}.out`, String(POINTS), String(DIM)]).toString()) });
    const seconds = await race(contenders);
    const speed = (who: string): number => POINTS / seconds.get(who)! / 1e6;
    const n = seconds.has('native') ? speed('native') : NaN;
    print(`${name.padEnd(10)}${[speed('ours'), speed('twin'), speed('plain'), n].map((v) => v.toFixed(2).padStart(9)).join(' ')}${(speed('ours') / speed('plain')).toFixed(2).padStart(12)} ${(speed('ours') / n).toFixed(2).padStart(9)}`);
  }
}
