/**
 * How often the published cycles converge, and mode convergent: the table of the README. Nothing is timed.
 *
 * The family: |c| uniform in 1..100; targets uniform in 0..sum c (positive) or within half of sum |c| (mixed signs); tolerance 0.1 % of sum |c|; 50 cycles.
 */
import { combinations, createRandom } from '../src/index.ts';
import type { Print } from './harness.ts';

const INSTANCES = 200;

export async function bench(print: Print): Promise<void> {
  print(`converged, % of ${INSTANCES} instances: positive faithful, convergent; mixed faithful, convergent`);
  for (const n of [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20]) {
    const row: string[] = [];
    for (const mixed of [false, true]) {
      const reached = { faithful: 0, convergent: 0 };
      for (let i = 0; i < INSTANCES; i++) {
        const random = createRandom(i).fork(n).fork(mixed ? 'mixed' : 'positive');
        const c = Array.from({ length: n }, () => (1 + 99 * random.f64()) * (mixed && random.int(2) === 0 ? -1 : 1));
        const sum = c.reduce((s, x) => s + Math.abs(x), 0);
        const target = mixed ? (random.f64() - 0.5) * sum : random.f64() * sum;
        for (const mode of ['faithful', 'convergent'] as const) {
          const { converged, weights, delta } = await combinations(c, target, { mode, strategy: 'exact', tolerance: sum / 1000, maxIter: 50 });
          const off = Math.abs(c.reduce((s, x, k) => s + x * weights[k]!, 0) - target);
          if (converged && !(off <= sum / 1000 + 1e-9 * sum)) throw new Error(`${mode}, n ${n}, instance ${i}: says ${delta} from the target, its weights are ${off} from it`);
          if (converged) reached[mode]++;
        }
      }
      row.push(...Object.values(reached).map((count) => ((100 * count) / INSTANCES).toFixed(1).padStart(7)));
    }
    print(`${String(n).padStart(2)} ${row.join('')}`);
  }
}
