/**
 * `subsets`: the best subset of n items for an objective of one's own. A quadratic form goes to the module, every line of it; a callback sees subsets in batches,
 * every one in order or those an optimizer chooses.
 *
 * Line k of 2^n selects item i by bit n - 1 - i, as in `combinations`, but line 0, the empty subset, counts here. Of equal losses the earlier line wins.
 * Surprise: an exact answer needs no exact sums: the module's may be off by a bound, and the few lines within it of the best are summed again as the form is written.
 */
import { sharedBackend, type BackendName } from '../backend/index.ts';
import { NadirError, messageOf, show } from '../core/errors.ts';
import { createRandom } from '../core/random.ts';
import { breathe, isPromise, run } from '../core/run.ts';
import type { Batch, Bits, Budget, Json, Optimizer, Problem, Progress, Scores } from '../core/types.ts';
import { optimizer as optimizerOf, start } from '../optimizers/index.ts';
import { now } from '../platform/index.ts';
import { bits } from '../spaces/bits.ts';

/** Minimized: the sum over selected i of (linear[i] + sum over selected j of quadratic[i][j]). n rows of n, or n n numbers by rows; linear 0 where it is left out. */
export interface QuadraticForm { readonly quadratic: ArrayLike<number> | readonly ArrayLike<number>[]; readonly linear?: ArrayLike<number> }
/** Sees `count` subsets as rows of n bytes 0 or 1, and answers as many losses, or a promise of them. The rows are its own. */
export type SubsetCallback = (selections: Uint8Array, n: number, count: number) => ArrayLike<number> | Promise<ArrayLike<number>>;

export interface SubsetOptions extends Budget {
  /** Name of an optimizer that works on bits (genetic, annealing, aging, random); default none: every subset. */
  readonly optimizer?: string;
  readonly params?: { readonly [key: string]: unknown };
  /** Integer from 0 to 2^53 - 1, default 0. */
  readonly seed?: number;
  readonly backend?: BackendName;
  /** Subsets a call of a callback gets when all are tried, default 1024. */
  readonly batch?: number;
  /** Sees every step of an optimizer or of an enumeration by callback. */
  readonly observe?: (progress: Progress<Uint8Array>) => void;
}
export interface SubsetResult {
  /** A byte 0 or 1 an item. */
  readonly selection: Uint8Array;
  readonly loss: number;
  /** Whether every subset was tried: then no other has a smaller loss. */
  readonly exact: boolean;
  readonly method: string;
  /** Subsets tried. */
  readonly evaluations: number;
  readonly stop: 'exhausted' | 'budget' | 'target' | 'time' | 'stagnation' | 'aborted';
  readonly failures: { readonly count: number; readonly first: string | null };
  readonly report?: Json;
}

const FORM = 40; // items of a form, every line: five minutes (measured: n = 24 5 ms, n = 30 0.27 s)
const CALLBACK = 30; // of a callback: its own time, and 0.3 microseconds a subset
const ITEMS = 4096; // of a form with an optimizer: 128 MiB
const PIECE = 22; // bits a call of the kernel: 1 ms
const COST = 10000; // with an optimizer, an item
const KNOWN = ['optimizer', 'params', 'seed', 'backend', 'batch', 'observe', 'cost', 'target', 'milliseconds', 'stagnation', 'signal'];

/**
 * Finds the subset with the least loss.
 *
 * @param n items: up to 40 for a form and 30 for a callback, any number with an optimizer
 * @param objective `{ quadratic, linear }` or `(selections, n, count) => losses`
 * @throws NadirError with one sentence for bad input, or when every evaluation failed
 * @example
 * const { selection, loss } = await subsets(3, { quadratic: [[0, 4, 0], [0, 0, 4], [0, 0, 0]], linear: [-3, -2, -3] });
 * selection; // Uint8Array(3) [ 1, 0, 1 ]
 * loss; // -6
 */
export async function subsets(n: number, objective: QuadraticForm | SubsetCallback, options: SubsetOptions = {}): Promise<SubsetResult> {
  checked(n, objective, options);
  const { optimizer: name, params, seed = 0, cost, target, milliseconds, stagnation, signal, observe } = options;
  const form = typeof objective === 'function' ? undefined : formOf(n, objective, name === undefined ? FORM : ITEMS);
  if (form !== undefined && name === undefined) return everyLine(n, form, options);
  const space = bits(n);
  const score = form === undefined ? scoring(n, objective as SubsetCallback) : (batch: Batch<Uint8Array>): Scores<Uint8Array> => ({ loss: Float64Array.from(batch.xs, (x) => energy(n, form, x)) });
  const problem: Problem<Uint8Array, Bits> = { name: 'subsets', space, score };
  if (name === undefined) {
    const all = power(n);
    const outcome = await run(problem, lines(n, options.batch ?? 1024), { cost: Math.min(all, Math.floor(cost ?? all)), target, milliseconds, stagnation, signal }, { observe });
    const exact = outcome.cost === all;
    return resultOf(exact && outcome.stop === 'budget' ? { ...outcome, stop: 'exhausted' } : outcome, 'every subset', exact);
  }
  const def = optimizerOf(name);
  const backend = (await sharedBackend(options.backend)).scope();
  try {
    const most = cost ?? (milliseconds === undefined ? COST * n : undefined);
    const chosen = start(def, problem, params, { random: createRandom(seed, backend).fork('optimizer'), backend, cost: most });
    return resultOf(await run(problem, chosen, { cost: most, target, milliseconds, stagnation, signal }, { observe }), def.name, false);
  } finally {
    backend.release();
  }
}

function resultOf({ best, cost, stop, failures, report }: Awaited<ReturnType<typeof run<Uint8Array>>>, method: string, exact: boolean): SubsetResult {
  return { selection: best.x, loss: best.loss, exact, method, evaluations: cost, stop, failures, ...(report === undefined ? {} : { report }) };
}

interface Form { readonly quadratic: Float64Array; readonly linear: Float64Array }

/** Every line of a form, by the module. */
async function everyLine(n: number, form: Form, { backend: name, signal, cost = Infinity, target = -Infinity, milliseconds = Infinity, stagnation = Infinity }: SubsetOptions): Promise<SubsetResult> {
  const backend = (await sharedBackend(name)).scope();
  try {
    const took = (numbers: Float64Array): number => {
      const at = backend.array(Math.max(2, numbers.length));
      at.set(numbers);
      return at.byteOffset;
    };
    const [q, linear] = [took(form.quadratic), took(form.linear)];
    const out = took(new Float64Array(2));
    const work = took(new Float64Array(n * n + (n + 1) * (n + 1) + 1200));
    const width = uncertainty(n, form);
    const all = power(n);
    const limit = Math.min(all, Math.floor(cost));
    const begun = now();
    let paused = begun;
    let stop: SubsetResult['stop'] = limit < all ? 'budget' : 'exhausted';
    let at = 0;
    backend.f64[out / 8] = Infinity;
    while (at < limit) {
      // Lines at to at + 2^depth - 1 have their high bits in common.
      let depth = Math.min(PIECE, n);
      while (at % power(depth) !== 0 || at + power(depth) > limit) depth--;
      backend.kernels.qubo(out, work, q, linear, n, depth, at / power(depth), width);
      at += power(depth);
      if (at === limit) break;
      if (backend.f64[out / 8]! <= target) stop = 'target';
      else if (at - backend.f64[out / 8 + 1]! > stagnation) stop = 'stagnation';
      else if (now() - begun >= milliseconds) stop = 'time';
      else if (now() - paused > 20) {
        await breathe();
        paused = now();
        if (signal?.aborted) stop = 'aborted';
      }
      if (stop !== 'budget' && stop !== 'exhausted') break;
    }
    const [loss, line] = [backend.f64[out / 8]!, backend.f64[out / 8 + 1]!];
    if (loss <= target) stop = 'target';
    const selection = Uint8Array.from({ length: n }, (_, i) => Math.floor(line / power(n - 1 - i)) % 2);
    return { selection, loss, exact: at === all, method: 'every subset', evaluations: at, stop, failures: { count: 0, first: null } };
  } finally {
    backend.release();
  }
}

/**
 * More than the literal energy and the module's can differ by. Each sums the same terms, and u = 2^-53 S bounds a rounding, S the sum of all sizes: a term goes through at most
 * 2 n + 1 additions literally (its row, then the rows), and through 2 n + 14 in the module (pair, gains down the stack, energy, the table's 2 x 10, three more). The rest is for (1 + u)^n.
 * 0 where every number is a multiple of one power of two and their sum is below 2^53 of it: then nothing rounds.
 */
function uncertainty(n: number, { quadratic, linear }: Form): number {
  let size = 0;
  for (const numbers of [quadratic, linear]) for (const x of numbers) size += Math.abs(x);
  let unit = 1;
  while (size * unit > 4503599627370496) unit /= 2; // 2^52
  while (size > 0 && size * unit < 2251799813685248 && unit < 1e150) unit *= 2;
  const whole = (x: number): boolean => Number.isInteger(x * unit);
  return quadratic.every(whole) && linear.every(whole) ? 0 : (4 * n + 40) * 1.1102230246251565e-16 * size;
}

/** The energy as it is defined; the kernel's `literal`. */
function energy(n: number, { quadratic, linear }: Form, x: Uint8Array): number {
  let s = 0;
  for (let i = 0; i < n; i++) {
    if (x[i] === 0) continue;
    let r = linear[i]!;
    for (let j = 0; j < n; j++) if (x[j] === 1) r += quadratic[i * n + j]!;
    s += r;
  }
  return s;
}

/** Asks for every line in order; up to 30 bits. */
function lines(n: number, size: number): Optimizer<Uint8Array> {
  const all = power(n);
  let next = 0;
  let pending: Batch<Uint8Array> | undefined;
  return {
    ask() {
      if (pending === undefined && next < all) {
        const xs: Uint8Array[] = [];
        for (const end = Math.min(all, next + size); next < end; next++) {
          const x = new Uint8Array(n);
          for (let i = n - 1, line = next; line > 0; i--, line >>>= 1) x[i] = line & 1;
          xs.push(x);
        }
        pending = { xs };
      }
      return pending;
    },
    tell(batch) {
      if (batch === pending) pending = undefined;
    },
    save: () => ({ next }),
  };
}

/** A callback as a problem's score; a throw, or an answer of the wrong length, fails the batch. */
function scoring(n: number, f: SubsetCallback) {
  return (batch: Batch<Uint8Array>): Scores<Uint8Array> | Promise<Scores<Uint8Array>> => {
    const count = batch.xs.length;
    const rows = new Uint8Array(n * count);
    batch.xs.forEach((x, k) => rows.set(x, k * n));
    const fail = (failure: string): Scores<Uint8Array> => ({ loss: new Float64Array(count).fill(NaN), failure });
    const settle = (answer: ArrayLike<number>): Scores<Uint8Array> =>
      answer?.length === count ? { loss: Float64Array.from(answer, (value) => (typeof value === 'number' ? value : NaN)) } : fail(`the objective returned ${answer?.length === undefined ? show(answer) : `${answer.length} losses`} for ${count} subsets`);
    const threw = (error: unknown): Scores<Uint8Array> => fail(`the objective threw: ${messageOf(error)}`);
    try {
      const answer = f(rows, n, count);
      return isPromise(answer) ? Promise.resolve(answer).then(settle, threw) : settle(answer);
    } catch (error) {
      return threw(error);
    }
  };
}

function checked(n: number, objective: unknown, options: SubsetOptions): void {
  const wrong = (field: string, value: unknown, allowed: string): NadirError => new NadirError('input', `${field} is ${show(value)}; allowed: ${allowed}`);
  if (typeof options !== 'object' || options === null) throw wrong('options', options, 'an object');
  for (const name of Object.keys(options)) if (!KNOWN.includes(name)) throw new NadirError('name', `unknown option ${show(name)} of subsets; have ${KNOWN.join(', ')}`);
  if (!Number.isSafeInteger(n) || n < 1) throw wrong('n', n, 'an integer from 1');
  const call = typeof objective === 'function';
  if (!call && (typeof objective !== 'object' || objective === null || !('quadratic' in objective))) throw wrong('objective', objective, '{ quadratic, linear } or a function (selections, n, count) => losses');
  const { optimizer, batch = 1024, cost, signal } = options;
  const most = call ? CALLBACK : FORM;
  if (optimizer === undefined && n > most) throw new NadirError('input', `n is ${n}; allowed for every subset of ${call ? 'a callback' : 'a quadratic form'}: up to ${most}; beyond, give an optimizer: "genetic" say`);
  if (!Number.isSafeInteger(batch) || batch < 1 || batch * n > 268435456) throw wrong('batch', batch, 'an integer from 1, batch x n up to 2^28');
  if (cost !== undefined && !(cost >= 1)) throw wrong('cost', cost, 'a number from 1');
  for (const name of ['milliseconds', 'stagnation'] as const) if (options[name] !== undefined && !(options[name]! > 0)) throw wrong(name, options[name], 'a number above 0');
  if (options.target !== undefined && (typeof options.target !== 'number' || Number.isNaN(options.target))) throw wrong('target', options.target, 'a number');
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.addEventListener !== 'function') throw wrong('signal', signal, 'an AbortSignal');
  if (signal?.aborted) throw new NadirError('aborted', 'the signal was aborted before the start');
}

/** The form's numbers, checked. */
function formOf(n: number, { quadratic, linear }: QuadraticForm, most: number): Form {
  if (n > most) throw new NadirError('input', `n is ${n}; allowed for a quadratic form: up to ${most}; beyond, give a callback and an optimizer`);
  const nested = typeof quadratic?.[0] === 'object';
  const flat = new Float64Array(n * n);
  if (quadratic?.length !== (nested ? n : n * n)) throw new NadirError('input', `quadratic has ${quadratic?.length ?? 'no'} ${nested ? 'rows' : 'numbers'}; allowed: ${n} rows of ${n} numbers, or ${n * n} numbers`);
  const take = (field: string, value: unknown): number => {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new NadirError('input', `${field} is ${show(value)}; allowed: a finite number`);
    return value;
  };
  for (let i = 0; i < n; i++) {
    const row = nested ? (quadratic[i] as ArrayLike<number>) : undefined;
    if (row !== undefined && row?.length !== n) throw new NadirError('input', `row ${i} of quadratic has ${row?.length ?? 'no'} numbers; allowed: ${n}`);
    for (let j = 0; j < n; j++) flat[i * n + j] = take(`quadratic[${i}][${j}]`, row === undefined ? quadratic[i * n + j] : row[j]);
  }
  if (linear !== undefined && linear?.length !== n) throw new NadirError('input', `linear has ${linear?.length ?? 'no'} numbers; allowed: ${n}`);
  const single = Float64Array.from({ length: n }, (_, i) => (linear === undefined ? 0 : take(`linear[${i}]`, linear[i])));
  const size = [flat, single].reduce((sum, numbers) => numbers.reduce((s, x) => s + Math.abs(x), sum), 0);
  if (!(size < 8.98846567431158e307)) throw new NadirError('input', `the sizes of the form's numbers sum to ${size}; allowed: below 2^1023`);
  return { quadratic: flat, linear: single };
}

/** 2^k. */
function power(k: number): number {
  let out = 1;
  for (; k > 0; k--) out *= 2;
  return out;
}
