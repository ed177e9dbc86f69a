/**
 * The published study's table, N = 3 to 25: one cycle and the whole search, ten random positive problems a size, our strategies beside plain JavaScript and AdamW.
 *
 * Coefficients are uniform in [1, 100), the target is a tenth to nine tenths of their sum, the tolerance a thousandth of it, 50 cycles at most. An error is the distance of the
 * first cycle's winner from the target beyond exact's, as a share of the sum. AdamW minimizes ((c . x - target) / sum)^2 over the box [0, 1]^N, 500 steps from a random point, and every
 * point it visits is rounded to a subset: the best of those is its answer, in the same terms as one cycle. Surprise: the relaxation is solved within dozens of steps, and says nothing.
 */
import { ask, combinations, createRandom } from '../src/index.ts';
import { median, type Print } from './harness.ts';

const SIZES = [3, 5, 8, 10, 12, 15, 20, 25];
const SEEDS = 10;
const STRATEGIES = ['exact', 'sampling', 'grouped', 'greedy'];
const STEPS = 500;
/** Seconds as published, and what one cycle of the original took on Debian 12 (first version); the published 20 is one cycle, 25 an extrapolation. */
const ORIGINAL: { readonly [n: number]: string } = { 3: 'published 0.9 ms', 20: 'published 70.58 s; measured 21.4 s', 25: 'published "~30 min"' };

interface Instance { readonly c: number[]; readonly target: number; readonly total: number }

function instance(n: number, seed: number): Instance {
  const random = createRandom(1000 * n + seed).fork('study');
  const c = Array.from({ length: n }, () => 1 + 99 * random.f64());
  const total = c.reduce((s, x) => s + x, 0);
  return { c, target: (0.1 + 0.8 * random.f64()) * total, total };
}

/** The least distance of the first cycle, every line: prefix doubling in blocks of 2^20. */
function plain({ c, target }: Instance): number {
  const high = Math.max(0, c.length - 20);
  let sums = new Float64Array(1);
  let least = Infinity;
  for (let prefix = 0; prefix < 1 << high; prefix++) {
    let start = 0;
    for (let i = 0; i < high; i++) start += (prefix >>> (high - 1 - i)) & 1 ? c[i]! : 0;
    sums = Float64Array.of(start);
    for (let i = high; i < c.length; i++) {
      const next = new Float64Array(2 * sums.length);
      for (let k = 0; k < sums.length; k++) {
        next[2 * k] = sums[k]!;
        next[2 * k + 1] = sums[k]! + c[i]!;
      }
      sums = next;
    }
    for (let k = prefix === 0 ? 1 : 0; k < sums.length; k++) least = Math.min(least, Math.abs(sums[k]! - target));
  }
  return least;
}

/** The best subset among the roundings of AdamW's points. */
async function relaxed({ c, target, total }: Instance, seed: number): Promise<number> {
  const search = await ask('adamw', { dim: c.length, lower: 0, upper: 1, seed, gradient: true, params: { lr: 0.02 } });
  let least = Infinity;
  for (let step = 0; step < STEPS; step++) {
    const batch = search.ask()!;
    const off = batch.xs.map((x) => (c.reduce((s, value, i) => s + value * x[i], 0) - target) / total);
    search.tell(batch, { loss: Float64Array.from(off, (d) => d * d), gradient: off.map((d) => Float64Array.from(c, (value) => (2 * d * value) / total)) });
    for (const x of batch.xs) {
      let s = 0;
      let some = false;
      c.forEach((value, i) => {
        if (x[i] < 0.5) return;
        s += value;
        some = true;
      });
      if (some) least = Math.min(least, Math.abs(s - target));
    }
  }
  search.release();
  return least;
}

export async function bench(print: Print): Promise<void> {
  const ms = (x: number): string => `${x.toPrecision(3)}`.padStart(9);
  const share = (x: number): string => (x < 1e-15 ? '0' : x.toExponential(1)).padStart(8);
  print('N   method      ms a cycle   error beyond exact: median, worst   converged   ms to the end, cycles (medians)');
  for (const n of SIZES) {
    const instances = Array.from({ length: SEEDS }, (_, seed) => instance(n, seed));
    const least: number[] = [];
    if (ORIGINAL[n]) print(`${String(n).padEnd(3)} original    ${ORIGINAL[n]}`);
    const timed = async <T>(work: (item: Instance, seed: number) => T | Promise<T>): Promise<{ time: number; answers: T[] }> => {
      const times: number[] = [];
      const answers: T[] = [];
      for (const [seed, item] of instances.entries()) await work(item, seed); // warm
      for (const [seed, item] of instances.entries()) {
        const begun = performance.now();
        answers.push(await work(item, seed));
        times.push(performance.now() - begun);
      }
      return { time: median(times), answers };
    };
    for (const strategy of STRATEGIES) {
      const first = await timed(({ c, target }, seed) => combinations(c, target, { strategy, seed, maxIter: 1 }));
      const whole = await timed(({ c, target, total }, seed) => combinations(c, target, { strategy, seed, maxIter: 50, tolerance: 0.001 * total }));
      if (strategy === 'exact') least.push(...first.answers.map(({ delta }) => delta));
      const errors = first.answers.map(({ delta }, i) => (delta - least[i]!) / instances[i]!.total);
      if (errors.some((error) => error < 0)) throw new Error(`${strategy} ${n}: nearer than exact`);
      const done = whole.answers.filter(({ converged }) => converged).length;
      print(`${String(n).padEnd(3)} ${strategy.padEnd(9)}${ms(first.time)}      ${share(median(errors))}     ${share(Math.max(...errors))}          ${`${done}/${SEEDS}`.padStart(5)}    ${ms(whole.time)}  ${median(whole.answers.map(({ cycles }) => cycles))}`);
    }
    const brute = await timed((item) => plain(item));
    for (const [i, d] of brute.answers.entries()) if (Math.abs(d - least[i]!) > 1e-12 * instances[i]!.total) throw new Error(`plain JavaScript ${n}: ${d}, exact ${least[i]}`);
    print(`${String(n).padEnd(3)} plain JS ${ms(brute.time)}             0            0`);
    const adamw = await timed((item, seed) => relaxed(item, seed));
    const errors = adamw.answers.map((d, i) => (d - least[i]!) / instances[i]!.total);
    print(`${String(n).padEnd(3)} adamw    ${ms(adamw.time)}      ${share(median(errors))}     ${share(Math.max(...errors))}`);
  }
}
