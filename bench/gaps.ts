/**
 * How far the strategies that do not try every line are from exact: 20 random problems of each family and size, every figure a share of the sum of sizes.
 * It refuses to print when a result is not the sum of its weights, or is nearer than exact.
 *
 * Surprise: a gap hardly shows in the search. Where exact takes one cycle to come within a thousandth, so do all, and a cycle that ends nearer may leave less to the next ones.
 */
import { combinations, createRandom } from '../src/index.ts';
import { median, type Print } from './harness.ts';

const STRATEGIES = ['exact', 'sampling', 'grouped', 'greedy', 'adaptive'];
const DIMS = [12, 16, 20, 24];
const PROBLEMS = 20;

interface Instance { readonly c: number[]; readonly target: number; readonly total: number }
const families: { readonly [name: string]: (k: number, n: number) => Instance } = {
  positive(k, n) {
    const random = createRandom(1000 * n + k);
    const c = Array.from({ length: n }, () => 1 + 99 * random.f64());
    const total = c.reduce((s, x) => s + x, 0);
    return { c, target: (0.1 + 0.8 * random.f64()) * total, total };
  },
  mixed(k, n) {
    const random = createRandom(1000 * n + k);
    const c = Array.from({ length: n }, () => 50 * random.normal());
    const total = c.reduce((s, x) => s + Math.abs(x), 0);
    return { c, target: 0.6 * (random.f64() - 0.5) * total, total };
  },
};

export async function bench(print: Print): Promise<void> {
  const cell = (x: number): string => (x === 0 ? '0' : x.toExponential(1)).padStart(8);
  print(`gap to exact of ${PROBLEMS} problems: one cycle (median, worst, how many optimal, ms); cycles to within 0.1 % (median, how many converge); nearest in 32 cycles (median)`);
  for (const [family, make] of Object.entries(families)) {
    for (const n of DIMS) {
      const least: number[] = [];
      for (const strategy of STRATEGIES) {
        const [gaps, times, cycles, nearest]: number[][] = [[], [], [], []];
        let optimal = 0;
        for (let k = 0; k < PROBLEMS; k++) {
          const { c, target, total } = make(k, n);
          const begun = performance.now();
          const one = await combinations(c, target, { strategy, maxIter: 1, seed: k });
          times!.push(performance.now() - begun);
          if (strategy === 'exact') least.push(one.delta);
          const sum = c.reduce((s, x, i) => s + x * one.weights[i]!, 0);
          if (sum !== one.result || one.delta < least[k]!) throw new Error(`${strategy}, ${family} ${n}, problem ${k}: ${one.delta} beats ${least[k]}, or ${one.result} is not ${sum}`);
          gaps!.push((one.delta - least[k]!) / total);
          if (one.delta - least[k]! <= 1e-15 * n * total) optimal++; // but for rounding
          const loose = await combinations(c, target, { strategy, seed: k, tolerance: 0.001 * total });
          if (loose.converged) cycles!.push(loose.cycles);
          nearest!.push((await combinations(c, target, { strategy, seed: k, tolerance: 1e-12 * total })).best.delta / total);
        }
        print(`${family.padEnd(8)} ${n} ${strategy.padEnd(8)} ${cell(median(gaps!))} ${cell(Math.max(...gaps!))} ${String(optimal).padStart(3)} ${median(times!).toFixed(2).padStart(6)} ms | ${cycles!.length > 0 ? median(cycles!) : '-'} (${cycles!.length}) | ${cell(median(nearest!))}`);
      }
    }
  }
}
