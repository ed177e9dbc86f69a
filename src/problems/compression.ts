/**
 * Compression: bits a byte that a kernel takes for a corpus, or for its first bytes, by the machine itself.
 *
 * `cost` is nominal milliseconds: bytes predicted times the kernel's work, and the start of its tables. A kernel whose first 2 KB of predictions are those of one
 * scored before gets that one's loss and costs 2 KB only (the functional equivalence cache of AutoML-Zero: Real et al., 2020). Losses and costs follow from the batches
 * alone: whoever examines kernels may spread them over threads, answer in any order and forget what it knows; the cache here decides.
 * Surprise: at 50 KB a kernel with a dozen tables of 2^20 slots takes longer to clear them than to predict a tenth of the text, so a short prefix has smaller tables.
 */
import { PRIME } from '../../assembly/portable/opcodes.ts';
import { NadirError, show } from '../core/errors.ts';
import { isPromise } from '../core/run.ts';
import { programs, type Kernel } from '../spaces/program.ts';
import { work } from './program/assembler.ts';
import { checkBits, machineBytes, openMachine } from './program/machine.ts';

import type { Backend, Batch, Problem, Scores, Snapshot } from '../core/types.ts';

/** Bytes by which kernels are told apart. */
const FINGER = 2048;
/** Nominal nanoseconds for a byte of tables that is made and cleared. */
const BOOT = 0.15;
/** Entries in one of the cache's two generations. */
const GENERATION = 2048;
const LEAST = 16;
/** Bits of the tables of a search, unless it is told others. */
export const BITS = 20;

/** How many slots the tables have for a prefix, as a power of two: eight times its bytes, up to 2^most. */
export function slots(prefix: number, most: number = BITS): number {
  return Math.max(Math.min(LEAST, most), Math.min(most, 35 - Math.clz32(Math.max(1, prefix - 1))));
}

/** What to find out about kernels: on the first `prefix` bytes, and no more once they take more than `limit` bits. */
export interface Question {
  readonly prefix: number;
  readonly limit: number;
  /** Counts the generations of the cache: what an examiner knew in another one is worth nothing. */
  readonly generation: number;
  /** It shall not fall back on what it knows. */
  readonly anew: boolean;
}
/** The answer for one kernel. */
export interface Trial {
  /** A hash of its predictions for the first 2 KB, and the bits it took for them. */
  readonly fingerprint: number;
  readonly opening: number;
  /** Bits for `done` bytes; undefined where the examiner has answered for such a kernel before. */
  readonly bits?: number;
  readonly done?: number;
  /** Bytes of its machine. */
  readonly bytes: number;
}
/** Answers a question for every kernel, in their order. */
export type Examine = (kernels: readonly Kernel[], question: Question) => readonly Trial[] | Promise<readonly Trial[]>;

export interface CompressionParams {
  readonly corpus: Uint8Array;
  /** The largest tables: 2^bits slots, 12 to 22; fewer for short prefixes (`slots`). Default 20. */
  readonly bits?: number;
}
export interface Compression extends Problem<Kernel> {
  /** The cache: a problem opened with it goes on bit for bit. */
  save(): Snapshot;
  /** Kernels scored so far, and how many of them were known by their first predictions. */
  readonly counts: { readonly kernels: number; readonly known: number };
}

interface Known { readonly bits: number; readonly whole: boolean }
interface Saved { readonly generation: number; readonly young: Snapshot; readonly old: Snapshot }

/**
 * Opens the problem. Batches may carry `fidelity`, the share of the corpus that counts, and `above`.
 * @param examine who runs the machines; without it this thread does, in `context.backend`
 * @example
 * const corpus = new TextEncoder().encode('so it goes, '.repeat(50));
 * const problem = compression({ corpus }, { backend: await openBackend('auto', 1 << 25) });
 * const { loss } = await problem.score({ xs: [builtIn('order2').kernel], fidelity: 0.5 });
 * loss[0] < 4; // true
 */
export function compression({ corpus, bits = BITS }: CompressionParams, { backend, examine }: { readonly backend?: Backend; readonly examine?: Examine }, snapshot?: Snapshot): Compression {
  if (!(corpus instanceof Uint8Array) || corpus.length === 0) throw new NadirError('input', `corpus is ${corpus instanceof Uint8Array ? 'empty' : show(corpus)}; allowed: a Uint8Array of at least one byte`);
  checkBits(bits);
  const ask = examine ?? examiner(corpus, bits, () => backend!);
  const saved = snapshot as unknown as Saved | undefined;
  let generation = saved?.generation ?? 0;
  let young = restored(saved?.young);
  let old = restored(saved?.old);
  const counts = { kernels: 0, known: 0 };

  function remember(key: string, known: Known): void {
    young.set(key, known);
    if (young.size < GENERATION) return;
    old = young;
    young = new Map();
    generation++;
  }

  function score({ xs, fidelity = 1, above = Infinity }: Batch<Kernel>): Scores<Kernel> | Promise<Scores<Kernel>> {
    const prefix = Math.max(1, Math.min(corpus.length, Math.round(fidelity * corpus.length)));
    const limit = above * prefix;
    const opening = Math.min(FINGER, prefix);
    const loss = new Float64Array(xs.length);
    const found = new Map<string, Known>(); // goes into the cache when the whole batch is answered
    let cost = 0;

    /** Settles the kernels from `from` on, in their order; stops at one whose answer is missing, and has it examined. */
    function settle(trials: readonly Trial[], from: number): Scores<Kernel> | Promise<Scores<Kernel>> {
      for (let i = from; i < xs.length; i++) {
        const trial = trials[i - from]!;
        const key = `${trial.fingerprint} ${trial.opening} ${prefix}`;
        let known = found.get(key) ?? young.get(key) ?? old.get(key);
        let done = opening;
        if (known === undefined || !usable(known, limit)) {
          if (trial.bits === undefined) return after(ask(xs.slice(i, i + 1), { prefix, limit, generation, anew: true }), (again) => settle([...again, ...trials.slice(i - from + 1)], i));
          done = trial.done!;
          known = { bits: trial.bits, whole: done === prefix };
          found.set(key, known);
        } else counts.known++;
        counts.kernels++;
        loss[i] = known.bits / prefix;
        if (!known.whole && !(loss[i]! > above)) loss[i] = above + Math.abs(above) * Number.EPSILON; // lost by rounding
        cost += price(xs[i]!, trial.bytes, done);
      }
      for (const [key, known] of found) remember(key, known);
      return { loss, cost };
    }
    return after(ask(xs, { prefix, limit, generation, anew: false }), (trials) => settle(trials, 0));
  }

  return { name: 'compression', space: programs, fidelity: true, priced: true, score, counts, save: () => ({ generation, young: flat(young), old: flat(old) }) };
}

/** What it costs to start a machine of so many bytes and to predict `done` bytes, in nominal milliseconds. */
export function price(kernel: Kernel, bytes: number, done: number): number {
  return (BOOT * bytes + (done + primed(kernel)) * work(kernel)) / 1e6;
}

/** Bytes that its PRIME texts have at most: they are predicted and learned too. */
function primed({ words }: Kernel): number {
  return words.reduce((sum, word) => sum + (word >>> 26 === PRIME ? 16 * 6 * ((word >>> 10) & 63) : 0), 0);
}

/** Examines kernels in this thread, in an arena that has room for the largest of them. */
export function examiner(corpus: Uint8Array, bits: number, arena: () => Backend): (kernels: readonly Kernel[], question: Question) => Trial[] {
  let generation = 0;
  let known = new Map<string, Known>();
  return (kernels, question) => {
    if (question.generation !== generation) known = new Map();
    generation = question.generation;
    return kernels.map((kernel) => examineOne(corpus, kernel, question, slots(question.prefix, bits), arena(), known));
  };
}

function examineOne(corpus: Uint8Array, kernel: Kernel, { prefix, limit, anew }: Question, size: number, backend: Backend, known: Map<string, Known>): Trial {
  const bytes = machineBytes(backend, kernel, size);
  const machine = openMachine(backend, kernel, size);
  try {
    const first = Math.min(FINGER, prefix);
    const opening = machine.score(corpus.subarray(0, first));
    const { fingerprint } = machine;
    const key = `${fingerprint} ${opening} ${prefix}`;
    const before = known.get(key);
    if (!anew && before !== undefined && usable(before, limit)) return { fingerprint, opening, bytes };
    let total = opening;
    let done = first;
    if (first < prefix && !(opening > limit)) {
      total = machine.score(corpus.subarray(first, prefix), limit);
      done += machine.done;
    }
    known.set(key, { bits: total, whole: done === prefix });
    return { fingerprint, opening, bits: total, done, bytes };
  } finally {
    machine.close();
  }
}

/** Whether what is known answers for a limit: the whole, or a part that is over it already. */
function usable({ bits, whole }: Known, limit: number): boolean {
  return whole || bits > limit;
}

/** Goes on now or later, as the value comes. */
function after<T, U>(value: T | PromiseLike<T>, then: (value: T) => U | Promise<U>): U | Promise<U> {
  return isPromise(value) ? Promise.resolve(value.then(then)) : then(value);
}

/** A generation as a text of keys and an array of bits, negative where they are of a part. */
function flat(known: ReadonlyMap<string, Known>): Snapshot {
  return { keys: [...known.keys()].join('\n'), bits: Float64Array.from(known.values(), ({ bits, whole }) => (whole ? bits : -bits)) };
}
function restored(saved: Snapshot): Map<string, Known> {
  const { keys, bits } = (saved ?? { keys: '', bits: new Float64Array(0) }) as { readonly keys: string; readonly bits: Float64Array };
  const names = keys.split('\n');
  return new Map(Array.from(bits, (value, i) => [names[i]!, { bits: Math.abs(value), whole: value >= 0 && !Object.is(value, -0) }]));
}
