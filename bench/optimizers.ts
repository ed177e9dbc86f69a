/**
 * Optimizer quality: every optimizer of the registry that works on a box, and scipy's, on shifted and on shifted and rotated instances.
 *
 * All get the same functions as black boxes without gradients, a hard budget of 1000 evaluations a coordinate, and stop early only at a
 * loss of 1e-8, the last of COCO's targets. Below 1e-6 counts as solved. The runs check themselves: no more calls than were charged, and
 * no loss reported below the least one seen; scipy's copies of the functions must agree with ours before they are timed.
 *
 * Flags: `--optimizers a,b`, `--functions a,b`, `--dims 10,40`, `--seeds N`, `--no-peers`. Everything takes about half an hour.
 */
import { spawnSync } from 'node:child_process';
import { bootstrap, createRandom, ecdf, ert, median, minimize, optimizers, problem as problemOf, sharedBackend, targets, wins, type Backend } from '../src/index.ts';
import type { FunctionProblem } from '../src/problems/functions.ts';
import { race, type Flags, type Print } from './harness.ts';

const FUNCTIONS = ['sphere', 'rosenbrock', 'ackley', 'rastrigin', 'griewank'];
const PYTHON = '/usr/bin/python3'; // the distribution's, where apt-get puts python3-scipy
const SOLVED = 1e-6;
const TARGETS = targets();
const LAST = TARGETS[TARGETS.length - 1]!;
/** Microseconds an evaluation, everything included, as measured for the project on another machine (two cores of an AVX-512 Xeon), dim 10 and 40. */
const PUBLISHED = 'pagmo 1.4 and 18, deap 19 and 28, pycma 52 and 65';

/** One run: best loss, evaluations spent, evaluations until solved, and until each target that was reached. */
interface Trial { readonly best: number; readonly cost: number; readonly hit: number | null; readonly times: readonly number[] }
interface Setting { readonly dim: number; readonly rotate: boolean; readonly seeds: number; readonly cost: number }
const WIDE = 30; // the names' column

type Results = Map<string, Map<string, Trial[]>>; // contender, function

export async function bench(print: Print, flags: Flags = {}): Promise<void> {
  const list = (value: string | undefined, all: readonly string[]): string[] => (value === undefined ? [...all] : value.split(','));
  const boxed = optimizers.filter(({ spaces }) => spaces.includes('*') || spaces.includes('box')).map(({ name }) => name);
  const ours = list(flags.optimizers, boxed);
  for (const name of ours) if (!boxed.includes(name)) throw new Error(`--optimizers ${name}: have ${boxed.join(', ')}`);
  const names = list(flags.functions, FUNCTIONS);
  for (const name of names) if (!FUNCTIONS.includes(name)) throw new Error(`--functions ${name}: have ${FUNCTIONS.join(', ')}`);
  const dims = list(flags.dims, ['10', '40']).map(Number);
  const seeds = Number(flags.seeds ?? 15);
  for (const [flag, value] of [['seeds', seeds], ...dims.map((dim) => ['dims', dim] as const)] as const) if (!Number.isInteger(value) || value < 2) throw new Error(`--${flag} is ${value}; allowed: integers from 2`);
  const backend = await sharedBackend();
  const peers = flags['no-peers'] !== true && scipy(print);
  print(`a cell: solved (best loss < 1e-6), median best loss, ERT to solved; share: of (run, target) pairs reached, ${TARGETS.length} targets ${TARGETS[0]} to ${LAST}, 95 % BCa interval over runs`);
  for (const rotate of [false, true]) {
    for (const dim of dims) {
      const setting: Setting = { dim, rotate, seeds, cost: 1000 * dim };
      const results: Results = new Map();
      const faults: string[] = [];
      for (const name of names) {
        for (const optimizer of ours) add(results, optimizer, name, await trials(optimizer, name, setting, backend, faults));
        if (peers) for (const [peer, runs] of grouped(scipyTrials(name, setting, backend))) add(results, peer, name, runs);
      }
      table(print, results, names, setting);
      for (const fault of faults) print(`FAULT: ${fault}`);
      matrix(print, results, names);
    }
  }
  await speed(print, ours, dims);
}

function add(results: Results, who: string, name: string, runs: Trial[]): void {
  if (!results.has(who)) results.set(who, new Map());
  results.get(who)!.set(name, runs);
}

/** An instance, in a scope of its own. */
function opened(name: string, { dim, rotate }: Setting, seed: number, backend: Backend): FunctionProblem {
  return problemOf(name).open({ dim, instance: seed, rotate }, { random: createRandom(0), backend }) as FunctionProblem;
}

const lossOf = (problem: FunctionProblem, x: Float64Array): number => (problem.score({ xs: [x] }) as { readonly loss: Float64Array }).loss[0]!;

/** One optimizer on one function, seed by seed. A run that throws is a fault and counts as nothing found. */
async function trials(optimizer: string, name: string, setting: Setting, shared: Backend, faults: string[]): Promise<Trial[]> {
  const { dim, seeds, cost } = setting;
  const out: Trial[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const backend = shared.scope();
    const problem = opened(name, setting, seed, backend);
    const times: number[] = [];
    let best = Infinity;
    let calls = 0;
    let hit: number | null = null;
    const closure = (x: Float64Array): number => {
      calls++;
      const loss = lossOf(problem, x);
      if (loss < best) {
        best = loss;
        if (loss < SOLVED) hit ??= calls;
        while (times.length < TARGETS.length && loss <= TARGETS[times.length]!) times.push(calls);
      }
      return loss;
    };
    try {
      const { lower, upper } = problem.space;
      const outcome = await minimize(closure as never, { dim, lower, upper, cost, seed, optimizer, target: LAST });
      if (calls > outcome.cost || outcome.cost > cost) throw new Error(`called the objective ${calls} times, charged ${outcome.cost} of ${cost}`);
      if (!(outcome.best.loss >= best)) throw new Error(`reported ${outcome.best.loss}, and the least it saw is ${best}`);
      out.push({ best, cost: outcome.cost, hit, times });
    } catch (error) {
      faults.push(`${optimizer} on ${name}, dim ${dim}, seed ${seed}: ${(error as Error).message}`);
      out.push({ best: Infinity, cost, hit: null, times: [] });
    } finally {
      backend.release();
    }
  }
  return out;
}

/** Whether scipy is here; says so when it is not. */
function scipy(print: Print): boolean {
  const { status, stdout } = spawnSync(PYTHON, ['-c', 'import scipy, numpy; print("scipy", scipy.__version__, "numpy", numpy.__version__)'], { encoding: 'utf8' });
  print(status === 0 ? `peers: ${stdout.trim()}` : `SKIPPED: the peers, because ${PYTHON} has no scipy (apt-get install python3-scipy)`);
  return status === 0;
}

type Theirs = Trial & { readonly peer: string };

/** scipy's runs on the same instances: the shift, the rotation's rows and three scored points to check the copy by. */
function scipyTrials(name: string, setting: Setting, shared: Backend): Theirs[] {
  const { dim, seeds, cost } = setting;
  const tasks = Array.from({ length: seeds }, (_, i) => {
    const backend = shared.scope();
    const problem = opened(name, setting, i + 1, backend);
    const random = createRandom(i + 1);
    const points = [problem.space.sample(random), problem.space.sample(random), problem.solution!];
    const { rotation, at, solution, space } = problem;
    const task = {
      function: name, dim, seed: i + 1, cost, targets: [...TARGETS], solved: SOLVED, lower: space.lower[0], upper: space.upper[0], at,
      shift: [...solution!], rotation: rotation ? [...rotation] : null, points: points.map((x) => [...x]), losses: points.map((x) => lossOf(problem, x)),
    };
    backend.release();
    return JSON.stringify(task);
  });
  const { status, stdout, stderr } = spawnSync(PYTHON, [new URL('../../../bench/peers.py', import.meta.url).pathname], { input: tasks.join('\n'), encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`peers.py: ${stderr.trim().split('\n').slice(-3).join(' ')}`);
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as Theirs);
}

function grouped(runs: readonly Theirs[]): Map<string, Trial[]> {
  const out = new Map<string, Trial[]>();
  for (const run of runs) out.set(`scipy ${run.peer}`, [...(out.get(`scipy ${run.peer}`) ?? []), run]);
  return out;
}

function table(print: Print, results: Results, names: readonly string[], { dim, rotate, seeds, cost }: Setting): void {
  print('');
  print(`## shifted${rotate ? ' and rotated' : ''}, dim ${dim}: ${cost} evaluations, ${seeds} seeds`);
  print(`${''.padEnd(WIDE)}${names.map((name) => name.padEnd(24)).join('')}solved  share`);
  for (const [who, row] of results) {
    const all = names.flatMap((name) => row.get(name)!);
    const cells = names.map((name) => {
      const runs = row.get(name)!;
      const expected = ert(runs.map(({ hit, cost: spent }) => hit ?? spent), runs.map(({ hit }) => hit !== null));
      return `${String(count(runs)).padStart(2)}  ${short(median(runs.map(({ best }) => best))).padStart(8)}  ${(expected === Infinity ? '-' : expected.toFixed(0)).padStart(8)}`.padEnd(24);
    });
    const share = (runs: readonly Trial[]): number => ecdf(runs.flatMap(({ times }) => [...times, ...new Array<number>(TARGETS.length - times.length).fill(Infinity)]), [cost])[0]!;
    const shares = all.map((run) => share([run]));
    const { low, high } = bootstrap(shares, (s) => s.reduce((a, x) => a + x, 0) / s.length, createRandom(1));
    print(`${who.padEnd(WIDE)}${cells.join('')}${`${count(all)}/${all.length}`.padEnd(8)}${share(all).toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`);
  }
  const auto = results.get('auto');
  if (auto) {
    const missed = names.filter((name) => count(auto.get(name)!) < seeds).map((name) => `${name} (${count(auto.get(name)!)}/${seeds})`);
    print(`auto misses: ${missed.join(', ') || 'nothing'}`);
  }
}

const count = (runs: readonly Trial[]): number => runs.filter(({ hit }) => hit !== null).length;
const short = (loss: number): string => (loss <= LAST ? '<=1e-8' : loss >= 0.01 && loss < 1e5 ? String(Number(loss.toPrecision(3))) : loss.toExponential(1));

/** On how many functions a row's losses are below a column's, beyond chance. */
function matrix(print: Print, results: Results, names: readonly string[]): void {
  const who = [...results.keys()];
  const beaten = new Int32Array(who.length * who.length);
  for (const name of names) wins(who.map((w) => results.get(w)!.get(name)!.map(({ best }) => Math.max(best, LAST)))).verdict.forEach((v, i) => (beaten[i]! += v === 1 ? 1 : 0));
  print(`wins: of ${names.length} functions, those on which the row ends below the column (rank-sum test of the best losses, p < 0.05 after Holm)`);
  print(`${''.padEnd(WIDE + 4)}${who.map((_, j) => String(j + 1).padStart(3)).join('')}`);
  who.forEach((w, i) => print(`${String(i + 1).padStart(2)}  ${w.padEnd(WIDE)}${who.map((_, j) => (i === j ? '.' : String(beaten[i * who.length + j])).padStart(3)).join('')}`));
}

/** A named problem through `minimize`, everything included. An optimizer that converges ends early, so what it spent stands beside. */
async function speed(print: Print, ours: readonly string[], dims: readonly number[]): Promise<void> {
  print('');
  print(`## shifted sphere by name: microseconds an evaluation, start, stream, loop and score included (evaluations), dim ${dims.join(' and ')}`);
  const rows = new Map<string, string>(ours.map((name) => [name, name.padEnd(WIDE)]));
  for (const dim of dims) {
    const spent = new Map<string, number>();
    const seconds = await race(ours.map((optimizer) => ({ name: optimizer, run: async () => void spent.set(optimizer, (await minimize({ problem: 'sphere', params: { dim, instance: 1, rotate: false } }, { optimizer, cost: 1000 * dim, seed: 1 })).cost) })), 5);
    for (const name of ours) rows.set(name, `${rows.get(name)!}${((seconds.get(name)! / spent.get(name)!) * 1e6).toFixed(2).padStart(8)} ${`(${spent.get(name)!})`.padEnd(8)}`);
  }
  for (const [name, row] of rows) print(`${row}${name === 'cmaes' ? `  published, dim 10 and 40: ${PUBLISHED}` : ''}`);
}
