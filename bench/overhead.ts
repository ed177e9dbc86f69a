/** What a point costs beyond its score: whole runs through `minimize`, and the way from nothing to a first answer. */
import { execFileSync } from 'node:child_process';
import { minimize } from '../src/index.ts';
import { median, race, type Print } from './harness.ts';

const COST = 100000;

export async function bench(print: Print): Promise<void> {
  const objective = { problem: 'rastrigin', params: { dim: 10 } };
  const run = (optimizer: string, cost: number): Promise<{ cost: number }> => minimize(objective, { optimizer, cost, seed: 1 });
  for (const optimizer of ['random', 'annealing']) {
    const a = await run(optimizer, COST);
    const b = await minimize(objective, { optimizer, cost: COST, seed: 1, backend: 'reference' });
    if (a.cost !== COST || JSON.stringify((a as typeof b).best) !== JSON.stringify(b.best)) throw new Error(`${optimizer}: the two backends disagree, or the budget was not spent`);
  }
  const plain = (): number => {
    let best = Infinity;
    const x = new Float64Array(10);
    for (let k = 0; k < COST; k++) {
      let s = 100;
      for (let i = 0; i < 10; i++) {
        const v = -5.12 + 10.24 * Math.random();
        x[i] = v;
        s += v * v - 10 * Math.cos(2 * Math.PI * v);
      }
      if (s < best) best = s;
    }
    sink = best;
    return undefined as never;
  };
  const seconds = await race([
    { name: 'random', run: () => run('random', COST).then(() => undefined) },
    { name: 'annealing', run: () => run('annealing', COST).then(() => undefined) },
    { name: 'evolution', run: () => run('evolution', COST).then(() => undefined) },
    { name: 'adam', run: () => run('adam', COST).then(() => undefined) },
    { name: 'plain', run: plain },
    { name: 'short', run: async () => { for (let i = 0; i < 1000; i++) await minimize(objective, { optimizer: 'random', cost: 1, seed: i }); } },
  ]);
  const per = (name: string, n: number): string => ((seconds.get(name)! / n) * 1e6).toFixed(3);
  print('rastrigin, dim 10, microseconds an evaluation, stream, loop and score included');
  print(`random     ${per('random', COST)}   (a bare loop with Math.random and Math.cos: ${per('plain', COST)}; ratio ${(seconds.get('plain')! / seconds.get('random')!).toFixed(2)})`);
  print(`annealing  ${per('annealing', COST)}`);
  print(`evolution  ${per('evolution', COST)}`);
  print(`adam       ${per('adam', COST)}   (a gradient counts as an evaluation)`);
  print(`a run of one point: ${per('short', 1000)} microseconds`);

  const script = `const t = performance.now(); const { minimize } = await import(${JSON.stringify(new URL('../src/index.js', import.meta.url).href)}); await minimize({ problem: 'rastrigin', params: { dim: 10 } }, { cost: 1000 }); console.log(performance.now() - t);`;
  const starts = Array.from({ length: 9 }, () => Number(execFileSync(process.execPath, ['--input-type=module', '-e', script]).toString()));
  print(`import and a first minimize of 1,000 evaluations: ${median(starts).toFixed(0)} ms`);
}

let sink = 0;
export const used = (): number => sink;
