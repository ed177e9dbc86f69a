/** `nadir tour`: each study that exists for a few seconds on built-in inputs, and a table at the end. What `npm start` runs. */
import { resolve } from '../core/options.ts';
import { createRandom } from '../core/random.ts';
import { now } from '../platform/index.ts';
import { moduleHash, sharedBackend, type BackendName } from '../backend/index.ts';
import { optimizers } from '../optimizers/index.ts';
import { problem as problemOf } from '../problems/index.ts';
import { frame } from '../experiment/frame.ts';
import { conduct } from '../studies/conduct.ts';
import { benchmark } from '../studies/optbench/benchmark.ts';
import { combinations } from '../studies/combinations.ts';
import { compress, decompress } from '../studies/compress.ts';
import { minimize } from '../studies/minimize.ts';
import { train } from '../studies/networks.ts';
import { landscape, landscapeRuns } from '../studies/networks/landscape.ts';
import { landscapeTable } from '../studies/networks/verdict.ts';
import { searchPrograms } from '../studies/programs.ts';
import { builtIns } from '../problems/kernels/index.ts';
import { sample } from './programs/sample.ts';
import { brief, number, table, type Command } from './shared.ts';

const FUNCTIONS = ['sphere', 'rosenbrock', 'ackley', 'rastrigin', 'griewank', 'schwefel'];
const DIM = 10;
const COST = 10000;
const SIZES = [10, 20, 30, 40]; // coefficients
const RACE = 2000; // nominal milliseconds
const TRAINED = ['sgd', 'adam', 'escape'];

export const tour: Command = {
  name: 'tour',
  about: 'every study that exists, for a few seconds',
  options: {
    seed: { type: 'string', about: 'an integer from 0 (1)' },
    cost: { type: 'string', about: `evaluations a run (${COST})` },
    json: { type: 'boolean', about: 'one JSON document' },
  },
  async run(values, io) {
    const seed = number(values, 'seed') ?? 1;
    const cost = number(values, 'cost') ?? COST;
    const rows: { problem: string; optimizer: string; loss: number; gap: number; identical: boolean }[] = [];
    const begun = now();
    for (const { name: problem, options, open } of FUNCTIONS.map(problemOf)) {
      const scope = (await sharedBackend()).scope();
      const optimum = open(resolve(problem, options, { dim: DIM }), { backend: scope, random: createRandom(0) }).optimum!;
      scope.release();
      for (const { name: optimizer } of optimizers) {
        io.progress(`minimize ${problem} by ${optimizer}`);
        const run = (backend: BackendName): ReturnType<typeof minimize> => minimize({ problem, params: { dim: DIM, instance: seed, rotate: false } }, { optimizer, cost, seed, backend, signal: io.signal });
        const [simd, reference] = [await run('auto'), await run('reference')];
        rows.push({ problem, optimizer, loss: simd.best.loss, gap: simd.best.loss - optimum, identical: JSON.stringify(simd.trace) === JSON.stringify(reference.trace) && simd.best.loss === reference.best.loss });
      }
    }
    const seconds = (now() - begun) / 1000;
    const done = await conduct(benchmark({ intensity: 'light', seed }), { signal: io.signal, observe: ({ made, size }) => io.progress(`optbench ${made} of ${size}`) });
    const compared = frame(await done.records()).aggregate('algorithm', 'best_f');
    const random = createRandom(seed);
    const sums: { n: number; delta: number; cycles: number; evaluations: number | string; milliseconds: number }[] = [];
    for (const n of SIZES) {
      io.progress(`combinations of ${n} coefficients`);
      const coefficients = Array.from({ length: n }, () => 1 + 99 * random.f64());
      const from = now();
      const { best, cycles, evaluations } = await combinations(coefficients, (random.f64() * coefficients.reduce((a, b) => a + b)) / 2, { strategy: 'exact', maxIter: 8, signal: io.signal });
      sums.push({ n, delta: best.delta, cycles, evaluations, milliseconds: now() - from });
    }
    const text = await sample();
    io.progress('programs: a race for a kernel');
    const { winner, standings } = await searchPrograms({ corpus: text, cost: RACE, seed, workers: 0, signal: io.signal });
    const codes: { kernel: string; bytes: number; back: boolean }[] = [];
    for (const { name, kernel } of [...builtIns, { name: `found by ${standings[0]!.name}`, kernel: winner }]) {
      io.progress(`compress by ${name}`);
      const code = await compress(text, { kernel, signal: io.signal });
      const back = await decompress(code, { kernel, signal: io.signal });
      codes.push({ kernel: name, bytes: code.length, back: back.length === text.length && back.every((byte, i) => byte === text[i]) });
    }
    const trained: { optimizer: string; start: number; accuracy: number; milliseconds: number }[] = [];
    for (const optimizer of TRAINED) {
      io.progress(`networks: training by ${optimizer}`);
      const from = now();
      const { result } = await train({ name: optimizer, data: 'blobs', network: { hidden: [32, 16] }, optimizer: { name: optimizer, lr: 0.01 }, batch: 32, epochs: 10 }, { seed, signal: io.signal });
      trained.push({ optimizer, start: result.epochs[0]!.validationLoss, accuracy: result.test!.accuracy!, milliseconds: now() - from });
    }
    io.progress('networks: leaving local minima');
    const left = landscapeTable(landscapeRuns(await (await conduct(landscape({ problems: ['rastrigin'], methods: ['adam', 'escape'], seeds: 10, seed }), { workers: 0, signal: io.signal })).records()));
    if (values.json) {
      io.out(JSON.stringify({ dim: DIM, cost, seed, module: moduleHash, seconds, runs: rows, optbench: compared, combinations: sums, programs: { bytes: text.length, standings, codes }, networks: { trained, landscape: left } }));
      return;
    }
    const names = optimizers.map((def) => def.name);
    const cell = (problem: string, optimizer: string): string => brief(rows.find((row) => row.problem === problem && row.optimizer === optimizer)!.gap);
    io.out(`minimize: how far above the optimum the best of ${cost} evaluations is; dim ${DIM}, optima shifted by seed ${seed}`);
    io.out(table([['', ...FUNCTIONS], ...names.map((optimizer) => [optimizer, ...FUNCTIONS.map((problem) => cell(problem, optimizer))])]));
    const same = rows.filter((row) => row.identical).length;
    io.out(`${2 * rows.length} runs in ${seconds.toFixed(1)} s; ${same} of ${rows.length} pairs have the same bits in WebAssembly SIMD and in plain TypeScript`);
    io.out(`\noptbench: best_f of the published algorithms, ${done.success} runs in ${(done.milliseconds / 1000).toFixed(1)} s (nadir optbench has grids of any size)`);
    io.out(table([['', 'runs', 'mean', 'std', 'min'], ...compared.map(({ key, n, mean, std, min }) => [String(key.algorithm), String(n), brief(mean), brief(std), brief(min)])]));
    io.out(`\ncombinations: the nearest sum in ${sums[0]!.cycles} exact cycles, every subset answered for`);
    io.out(table([['coefficients', 'sums', 'distance', 'ms'], ...sums.map(({ n, evaluations, delta, milliseconds }) => [String(n), Number(evaluations).toExponential(1), brief(delta), milliseconds.toFixed(1)])]));
    io.out(`\nprograms: the README's ${text.length} bytes, compressed by kernels made by hand and by one that ${standings.length} strategies raced for (nadir programs search has an hour)`);
    io.out(table([['kernel', 'bytes', 'comes back'], ...codes.map(({ kernel, bytes, back }) => [kernel, String(bytes), back ? 'yes' : 'NO'])]));
    io.out('\nnetworks: classes of points, 10 epochs each (nadir networks train has MNIST)');
    io.out(table([['', 'loss at the start', 'test accuracy', 'ms'], ...trained.map(({ optimizer, start, accuracy, milliseconds }) => [optimizer, brief(start), brief(accuracy), milliseconds.toFixed(0)])]));
    io.out(`\n${left.map(({ method, median, escaped, runs }) => `${method} ends at ${brief(median)} on rastrigin, ${escaped} of ${runs} runs out of the basin they began in`).join('; ')}`);
  },
};
