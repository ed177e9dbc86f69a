/**
 * What each strategy of the program search learns: from its own start (a random or the empty program) on 50 KB of the built-in corpus, at one cost for all, against random search
 * over the same moves. Scores are bits a byte on a held-out text, State of the Union addresses, that no strategy sees.
 * It refuses to print when a kernel does not score again what the search said. Costs are nominal milliseconds, so that the figures are the same on every machine.
 */
import { corpusOf, heldOutOf } from '../src/commands/programs/corpus.ts';
import { openBackend } from '../src/backend/index.ts';
import { resolve } from '../src/core/options.ts';
import { run } from '../src/core/run.ts';
import type { Batch } from '../src/core/types.ts';
import { createRandom } from '../src/index.ts';
import { BITS, compression, slots } from '../src/problems/compression.ts';
import { work } from '../src/problems/program/assembler.ts';
import { programs, type Kernel } from '../src/spaces/program.ts';
import { strategies } from '../src/strategies/index.ts';
import { random } from '../src/strategies/random.ts';
import { median, type Flags, type Print } from './harness.ts';

const PREFIX = 50_000;
const COST = 120_000; // two minutes
const ARENA = 512 << 20;

export async function bench(print: Print, flags: Flags): Promise<void> {
  const corpus = (await corpusOf('builtin')).slice(0, PREFIX);
  const [held] = await heldOutOf(undefined, 'builtin');
  const cost = Number(flags.cost ?? COST);
  const seeds = Number(flags.seeds ?? 1);
  const wanted = flags.strategies?.split(',');
  const arena = await openBackend('auto', ARENA);
  const own = await openBackend('auto', ARENA / 2);
  const outside = compression({ corpus: held!.bytes }, { backend: arena.scope() });
  const heldOut = async (kernel: Kernel): Promise<number> => (await outside.score({ xs: [kernel] })).loss[0]!;

  print(`bits a byte on ${held!.name} (${held!.bytes.length} bytes) after ${cost / 1000} nominal s on ${PREFIX} bytes of the corpus, median of ${seeds}: own start, end, gain, against random search`);
  let baseline = NaN;
  for (const def of [random, ...strategies].filter(({ name }) => name === 'random' || (wanted?.includes(name) ?? true))) {
    const [starts, ends, losses, works]: number[][] = [[], [], [], []];
    for (let seed = 1; seed <= seeds; seed++) {
      const problem = compression({ corpus }, { backend: arena.scope() });
      const optimizer = def.start(resolve(`strategy ${def.name}`, def.options, {}), { random: createRandom(seed).fork(def.name), backend: own.scope(), corpus, bits: slots(corpus.length, BITS), cost });
      const first = programs.copy((optimizer.ask() as Batch<Kernel>).xs[0]!);
      const { best } = await run(problem, optimizer, { cost });
      const again = (await compression({ corpus }, { backend: arena.scope() }).score({ xs: [best.x] })).loss[0]!;
      if (again !== best.loss) throw new Error(`${def.name}, seed ${seed}: the search says ${best.loss} and the kernel scores ${again}`);
      starts!.push(await heldOut(first));
      ends!.push(await heldOut(best.x));
      losses!.push(best.loss);
      works!.push(work(best.x));
    }
    const [start, end] = [median(starts!), median(ends!)];
    if (def === random) baseline = end;
    const less = (from: number): string => `${((100 * (from - end)) / from).toFixed(1)} %`.padStart(7);
    print(`${def.name.padEnd(8)} ${start.toFixed(3)} -> ${end.toFixed(3)} ${less(start)} ${less(baseline)} | on the corpus ${median(losses!).toFixed(3)}, ${median(works!)} ns a byte`);
  }
}
