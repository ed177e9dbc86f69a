/**
 * Strategy 1: the soft CPU. Every slot of the program is a softmax over instructions, its weight a double of the kernel; both are trained end to end by Adam on exact gradients while the
 * temperature falls, and the widest gates become the program (after DARTS: Liu, Simonyan, Yang 2019; the sum and its gradients are in kit/gates.ts).
 *
 * An instruction here is an opcode with its operands and the context it reads: CM, CM2, ICM, RUN or MATCH over ORD, WORD, SPARSE, CLASS or what they hash to. What it predicts does not depend on the
 * mixer, so the machine itself traces a pool of them over pieces of the text, a probe kernel of up to 20 at a time, and training reads those numbers. NOP is an instruction too: a slot may stay empty, and
 * every other one has a small price. What follows the sum, weight sets and APMs, has no gradient through its counts: it is varied at random and measured. A round ends with the machine scoring what came out;
 * the next pool holds the best program's instructions and new ones.
 */
import { MIX } from '../../assembly/portable/opcodes.ts';
import { restoreRandom } from '../core/random.ts';
import type { Batch, Optimizer, Params, Random, Scores, Snapshot } from '../core/types.ts';
import { work } from '../problems/program/assembler.ts';
import { machineBytes, openMachine } from '../problems/program/machine.ts';
import { programs, type Kernel } from '../spaces/program.ts';
import { listing } from '../spaces/program/listing.ts';
import { harden, openSoft, train, weightsOf, type Rows } from './kit/gates.ts';
import { another, gather, key } from './kit/pool.ts';
import { assemble, type Input, type Mixer, type Recipe } from './kit/recipe.ts';
import type { StrategyContext, StrategyDef } from './strategy.ts';

export interface SoftParams extends Params { readonly slots: number; readonly pool: number; readonly steps: number; readonly rate: number; readonly variants: number }

const COST = 30_000; // when none is expected
const PROBE = 20; // instructions of a probe kernel
const HORIZON = 98_304; // bytes that a probe sees at most
const TRACED = 3072; // of which so many are written down
const PIECE = 128;
const PROBE_BITS = 18;
const BATCH = 4096; // rows a step of Adam
const ROUNDS = 24; // at least so many fit into the cost
const LIGHT = 1e-6; // bits a bit that a nanosecond a byte must gain
const [BOOT, PRODUCT, ENTRY] = [0.15, 2.6, 90] as const; // nominal nanoseconds: clearing a byte of tables, a product of training both ways, an entry of a softmax
const SLACK = 1.001; // and may be so much worse there than that of the program at hand
const GIST = 4096; // a first look at a program takes the geometric mean of this and the text, more or less
const PLAIN: Mixer = { context: [], mode: 0, rate: 3 };

/** A recipe and the trained weight of every input. */
interface Design { readonly recipe: Recipe; readonly weights: readonly number[] }
/** `own`: the first of a look is the design at hand. */
interface Plan { readonly duty: 'start' | 'look' | 'whole'; readonly kernels: readonly Kernel[]; readonly designs: readonly (Design | null)[]; readonly looks: readonly number[]; readonly effort: number; readonly own: boolean }
interface Saved { readonly rung: readonly number[]; readonly random: Snapshot; readonly design: Design | null; readonly best: Kernel | null; readonly loss: number; readonly look: number; readonly plan: Plan | null }

export const soft: StrategyDef<SoftParams> = {
  name: 'soft',
  number: 1,
  about: 'soft CPU: softmax gates over instructions and mixer weights, trained end to end by Adam',
  options: {
    slots: { default: 20, about: 'slots of the soft program', min: 1, max: 24, integer: true },
    pool: { default: 60, about: 'instructions that a slot may become', min: 4, max: 400, integer: true },
    steps: { default: 240, about: 'steps of Adam a round', min: 1, max: 100_000, integer: true },
    rate: { default: 0.15, about: "Adam's learning rate of the gates; weights have a tenth", above: 0, max: 10 },
    variants: { default: 12, about: 'programs a round that the machine scores', min: 2, max: 256, integer: true },
  },
  start,
};

function start(params: SoftParams, context: StrategyContext, snapshot?: Snapshot): Optimizer<Kernel> {
  const { corpus } = context;
  const rung = [corpus.length, context.bits];
  const saved = snapshot as unknown as Saved | undefined;
  const goes = saved !== undefined && saved.rung.every((value, i) => value === rung[i]); // else it was another rung
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  const fidelity = glance(corpus.length);
  let design = saved?.design ?? undefined;
  let best: Kernel | undefined = saved?.best ?? undefined; // the design's, or where it began
  let loss = goes ? saved.loss : Infinity;
  let look = goes ? saved.look : Infinity; // of the design
  let plan: Plan | undefined = goes ? (saved.plan ?? undefined) : begin();
  let pending: Batch<Kernel> | undefined = plan && dress(plan);

  function begin(): Plan {
    const own = best ?? context.x0 ?? programs.sample(random);
    const kernels = context.x0 && own !== context.x0 ? [context.x0, own] : [own];
    return { duty: 'start', kernels, designs: kernels.map((kernel) => (kernel === best && design ? design : null)), looks: kernels.map(() => Infinity), effort: 0, own: false };
  }

  function dress({ duty, kernels, effort }: Plan): Batch<Kernel> {
    if (duty === 'start') return { xs: kernels, effort };
    if (duty === 'whole') return { xs: kernels, effort, ...(loss < Infinity && { above: loss }) };
    return { xs: kernels, fidelity, effort, ...(look < Infinity && { above: SLACK * look }) };
  }

  /** A round: a pool, its trace, two trainings, programs to look at. */
  function round(): Plan {
    const { pool, scale, count } = extent();
    const inputs = gather(design?.recipe.inputs ?? [], pool, random);
    const traced = trace(inputs, count, context);
    let { effort } = traced;
    const found: { inputs: Input[]; weights: number[] }[] = [];
    for (let k = 0; k < 2; k++) {
      const answer = fit(inputs, traced.rows, scale, k === 0 ? design : undefined);
      effort += answer.effort;
      if (answer.inputs.length > 0) found.push(answer);
    }
    const tail: Recipe = design?.recipe ?? { inputs: [], mixers: [PLAIN], refinements: [], weight: 1 };
    const designs: Design[] = [];
    const own = design !== undefined && look === Infinity && fidelity < 1; // its look is still to be known
    if (own) designs.push(design!);
    for (let i = 0; designs.length < params.variants && i < 8 * params.variants; i++) {
      const trained = found[i % Math.max(1, found.length)];
      if (trained === undefined) break;
      const kind = i < found.length ? 0 : 1 + (i % 3); // as trained; some of what is new in it; behind it another tail; the old one with another tail
      const base = design && kind === 3 ? { inputs: design.recipe.inputs, weights: design.weights } : design && kind > 0 ? between(design, trained, random) : trained;
      let recipe: Recipe = { ...tail, inputs: base.inputs };
      if (kind > 1 || (kind > 0 && !design)) for (let n = 1 + random.int(2); n > 0; n--) recipe = another(recipe, random);
      const next = { recipe, weights: base.weights };
      if (build(next) !== undefined) designs.push(next);
    }
    return { duty: fidelity < 1 ? 'look' : 'whole', kernels: designs.map((one) => build(one)!), designs, looks: designs.map(() => Infinity), effort, own };
  }

  /** How much a round may do, so that there are many. */
  function extent(): { pool: number; scale: number; count: number } {
    const budget = ((context.cost ?? COST) * 1e6) / ROUNDS; // nanoseconds
    const seen = Math.min(corpus.length, HORIZON);
    const count = Math.min(TRACED, Math.max(1, Math.floor(seen / 3)));
    const probe = seen * 2300 + BOOT * PROBE * (4 << bitsOf(context.bits, seen));
    const probes = Math.max(1, Math.min(Math.ceil(params.pool / PROBE), Math.floor((0.6 * budget) / probe)));
    const pool = Math.min(params.pool, probes * PROBE);
    const step = Math.min(BATCH, 8 * count) * (pool + 1) * PRODUCT + params.slots * pool * ENTRY;
    return { pool, scale: Math.max(4, Math.min(params.steps, Math.floor((0.2 * budget) / step))), count };
  }

  /** Trains slots over the pool; the instructions they became and their weights. From a design, its slots begin as they are. */
  function fit(inputs: readonly Input[], rows: Rows, steps: number, from: Design | undefined): { inputs: Input[]; weights: number[]; effort: number } {
    const { slots } = params;
    const price = Float64Array.from(rows.columns === 0 ? [] : [0, ...inputs.map(priceOf)]);
    const model = openSoft(slots, rows.columns, price);
    const { theta, columns } = model;
    for (let i = 0; i < slots * columns; i++) theta[i] = 0.5 * random.normal();
    for (let s = 0; s < slots; s++) {
      const kept = from?.recipe.inputs[s];
      const column = kept ? inputs.findIndex((input) => key(input) === key(kept)) + 1 : 0;
      if (column > 0) theta[s * columns + column] = 2;
      theta[slots * columns + s] = column > 0 ? from!.weights[s]! : 2 / slots;
    }
    const { rate } = params;
    train(model, rows, { steps, batch: BATCH, gates: rate, weights: rate / 10, last: 0.1 }, random);
    const chosen = harden(model);
    train(model, rows, { steps: steps >> 2, batch: BATCH, gates: 0, weights: rate / 10, last: 1 }, random);
    const weights = new Map<number, number>(); // slots that became the same instruction are one
    chosen.forEach((column, s) => column > 0 && weights.set(column, (weights.get(column) ?? 0) + weightsOf(model)[s]!));
    const entries = [...weights].sort(([x], [y]) => x - y);
    const work = (steps + (steps >> 2)) * (Math.min(BATCH, rows.bits.length) * columns * PRODUCT + slots * columns * ENTRY);
    return { inputs: entries.map(([column]) => inputs[column - 1]!), weights: entries.map(([, weight]) => weight), effort: work / 1e6 };
  }

  function learn({ loss: told }: Scores<Kernel>, { duty, kernels, designs, looks, own }: Plan): Plan | undefined {
    if (duty === 'look') {
      if (own) look = told[0]!;
      const ranks = kernels.map((_, i) => i).filter((i) => !(own && i === 0) && told[i]! <= SLACK * look).sort((i, j) => told[i]! - told[j]! || i - j).slice(0, fidelity < 0.25 ? 1 : 2);
      return ranks.length > 0 ? { duty: 'whole', kernels: ranks.map((i) => kernels[i]!), designs: ranks.map((i) => designs[i]!), looks: ranks.map((i) => told[i]!), effort: 0, own: false } : undefined;
    }
    kernels.forEach((kernel, i) => {
      if (!(told[i]! < loss)) return;
      loss = told[i]!;
      best = kernel;
      design = designs[i] ?? undefined;
      look = duty === 'start' ? Infinity : looks[i]!;
    });
    return undefined;
  }

  return {
    ask() {
      plan ??= round();
      return (pending ??= dress(plan));
    },
    tell(batch, scores) {
      if (batch !== pending || plan === undefined) return; // others' kernels have no design
      const told = plan;
      pending = undefined;
      plan = learn(scores, told);
      return { inputs: design?.recipe.inputs.length ?? 0, mixers: design?.recipe.mixers.length ?? 0 };
    },
    save: () => ({ rung, random: random.save(), design: design ?? null, best: best ?? null, loss, look, plan: plan ?? null }) as unknown as Snapshot,
  };
}

/** The share of a text for a first look: 12 KB of 50 KB, 62 KB of 1 MB. */
function glance(length: number): number {
  let share = 1;
  while (share * share * length > GIST) share /= 2;
  return share;
}
const priceOf = ({ by }: Input): number => LIGHT * (by === 'RUN' || by === 'MATCH' ? 70 : 100);
const bitsOf = (bits: number, bytes: number): number => Math.min(bits, PROBE_BITS, Math.max(12, 35 - Math.clz32(Math.max(1, bytes - 1))));

/** The old program with some of what the trained one has instead: a whole exchange is seldom better than a program that was better than many. */
function between({ recipe: { inputs }, weights }: Design, trained: { readonly inputs: readonly Input[]; readonly weights: readonly number[] }, random: Random): { inputs: Input[]; weights: number[] } {
  const mine = new Set(inputs.map(key));
  const theirs = new Set(trained.inputs.map(key));
  const entries = [
    ...inputs.map((input, i) => [input, weights[i]!] as const).filter(([input]) => theirs.has(key(input)) || random.int(4) > 0),
    ...trained.inputs.map((input, i) => [input, trained.weights[i]!] as const).filter(([input]) => !mine.has(key(input)) && random.int(3) === 0),
  ];
  return { inputs: entries.map(([input]) => input), weights: entries.map(([, weight]) => weight) };
}

/** The kernel of a design: the recipe's, with the trained weights in the mixers' row. */
function build({ recipe, weights }: Design): Kernel | undefined {
  const kernel = assemble(recipe, noReadout);
  if (kernel === undefined) return undefined;
  const row = listing(kernel).bits.find((it) => it.op === MIX)?.k ?? 0;
  let x = row;
  recipe.inputs.forEach(({ by }, i) => {
    for (let n = by === 'CM2' || by === 'MATCH' ? 2 : 1; n > 0; n--) kernel.doubles[x++ & 1023] = weights[i]!;
  });
  return kernel;
}
function noReadout(): never {
  throw new RangeError('a soft program has no readouts');
}

/** What every input gives before each bit of pieces of the text, after what came before them; column 0 is NOP. */
function trace(inputs: readonly Input[], count: number, { corpus, backend, bits }: StrategyContext): { rows: Rows; effort: number } {
  const seen = corpus.subarray(0, HORIZON);
  const pieces = Math.max(1, Math.floor(count / PIECE));
  const length = Math.min(PIECE, count);
  const columns = inputs.length + 1;
  const rows: Rows = { inputs: new Float32Array(8 * pieces * length * columns), bits: new Uint8Array(8 * pieces * length), columns };
  let effort = 0;
  for (let first = 0; first < inputs.length; first += PROBE) {
    const part = inputs.slice(first, first + PROBE);
    const kernel = probe(part);
    let size = bitsOf(bits, seen.length);
    while (size > 12 && machineBytes(backend, kernel, size) > 0.8 * backend.free()) size--;
    effort += (BOOT * machineBytes(backend, kernel, size) + seen.length * work(kernel)) / 1e6;
    const machine = openMachine(backend, kernel, size);
    try {
      let at = 0;
      for (let i = 0; i < pieces; i++) {
        const from = Math.floor(seen.length / 4 + ((i + 1) * 0.75 * seen.length) / pieces) - length;
        machine.score(seen.subarray(at, Math.max(at, from)));
        at = Math.max(at, from);
        write(rows, i * length, part, first, seen.subarray(at, at + length), machine.trace(seen.subarray(at, at + length)));
        at += length;
      }
    } finally {
      machine.close();
    }
  }
  return { rows, effort };
}
/** A probe kernel: the instructions one after another, no mixer behind them. */
function probe(part: readonly Input[]): Kernel {
  return assemble({ inputs: part, mixers: [PLAIN], refinements: [], weight: 1 }, noReadout)!;
}
function write({ inputs, bits, columns }: Rows, from: number, part: readonly Input[], first: number, text: Uint8Array, traced: Float32Array): void {
  for (let i = 0; i < 8 * text.length; i++) {
    const row = 8 * from + i;
    bits[row] = (text[i >> 3]! >> (7 - (i & 7))) & 1;
    let x = 32 * i;
    part.forEach(({ by }, j) => {
      const two = by === 'CM2' || by === 'MATCH';
      inputs[row * columns + first + j + 1] = traced[x]! + (two ? traced[x + 1]! : 0);
      x += two ? 2 : 1;
    });
  }
}
