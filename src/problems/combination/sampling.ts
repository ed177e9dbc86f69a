/**
 * Sampling: a few thousand selections a cycle instead of all, for more coefficients than `threshold`; up to it the cycle is exact.
 *
 * Faithful, it draws what the published method draws: MT19937 seeded 42 anew in every cycle, repeats and all (of 10,000 at n = 15 only 1,250 differ). Otherwise the draws
 * are of the run's own stream, fresh in every cycle and distinct, and `winners` is the kind: half come from odds by importance, tilted until the expected sum is the target
 * and pulled towards what previous winners selected, half flip one to three parameters of the best so far, those more often whose flips have helped.
 *
 * Surprise: the published odds select two parameters on average, wherever the target lies. Of 20 random problems with 20 positive coefficients the worst cycle so ended 37 % of
 * their sum from the target, the worst with tilted odds 0.005 %.
 */
import { named, NadirError, show } from '../../core/errors.ts';
import { resolve } from '../../core/options.ts';
import { bits } from '../../spaces/bits.ts';
import type { Cycle, Winner } from '../combination.ts';
import { exact } from './exact.ts';
import { open, type Ledger } from './ledger.ts';
import type { StrategyDef, Tools } from './strategy.ts';
import { twister } from './twister.ts';

const SIZE = 10000; // as published
const SEED = 42;
const MOST = 16777216; // entries a Set holds
const EDGE = 0.02; // least odds, so that every line can be drawn
const KINDS = [{ name: 'importance' }, { name: 'random' }, { name: 'progressive' }, { name: 'winners' }] as const;

export interface SamplingOptions {
  /** Up to so many coefficients a cycle is exact, integer from 0 to 30, default 12. */
  readonly threshold?: number;
  /** Selections a cycle, integer from 1; default 10,000, or 2^(n - 5) where that is less and faithful is off. */
  readonly size?: number;
  /** `winners` (default), or the published `importance` (default where faithful), `random`, `progressive`. */
  readonly kind?: 'importance' | 'random' | 'progressive' | 'winners';
  /** The published draws, default false. */
  readonly faithful?: boolean;
}
export interface Sampling { readonly threshold: number; readonly size: number | null; readonly kind: string; readonly faithful: boolean }

/** What lasts: how often winners selected each parameter, how often its flips helped, and the cycle. */
interface Memory { cycle: number; readonly selected: Float64Array; readonly helped: Float64Array; drawn?: readonly Uint8Array[] }

export const sampling: StrategyDef = {
  name: 'sampling',
  about: 'a few thousand selections a cycle, drawn by importance, previous winners and flips that helped',
  most: () => 65536,
  beyond: 'greedy and grouped',
  async find(cycle, tools) {
    const { threshold, size, kind, faithful } = tools.sampling ?? samplingOptions({});
    const n = cycle.coefficients.length;
    const all = n < 31 ? 2147483647 >>> (31 - n) : Infinity;
    const count = Math.min(size ?? (faithful ? SIZE : Math.max(n, Math.min(SIZE, n < 31 ? 1 << Math.max(0, n - 5) : SIZE))), all);
    if (n <= threshold || (!faithful && count === all)) return exact.find(cycle, tools);
    const memory = memoryOf(tools, n);
    memory.cycle++;
    const ledger = open(cycle);
    if (faithful) for (const selection of (memory.drawn ??= published(cycle.coefficients, count, kind))) {
      ledger.offer(selection);
      if (ledger.reached) break;
    }
    else await draw(cycle, tools, ledger, memory, count, kind);
    const winner: Winner = ledger.winner(faithful);
    winner.selection.forEach((bit, i) => (memory.selected[i]! += bit));
    return winner;
  },
};

/** Checked, with defaults; an unknown kind is an error that offers the nearest. */
export function samplingOptions(given: unknown): Sampling {
  if (typeof given !== 'object' || given === null) throw new NadirError('input', `sampling is ${show(given)}; allowed: an object`);
  const { kind, ...rest } = given as SamplingOptions;
  const { threshold, size, faithful } = resolve<{ threshold: number; size: number | null; faithful: boolean }>('sampling', {
    threshold: { default: 12, min: 0, max: 30, integer: true, about: 'coefficients up to which a cycle is exact' },
    size: { default: null, min: 1, max: MOST, integer: true, nullable: true, about: 'selections a cycle' },
    faithful: { default: false, about: 'the published draws' },
  }, rest);
  const { name } = named('sampling kind', KINDS, kind ?? (faithful ? 'importance' : 'winners'));
  if (faithful && name === 'winners') throw new NadirError('input', 'kind of sampling is "winners"; allowed where faithful: importance, random, progressive');
  return { threshold, size, kind: name, faithful };
}

function memoryOf({ kept }: Tools, n: number): Memory {
  let memory = kept.get('sampling') as Memory | undefined;
  if (memory === undefined) kept.set('sampling', (memory = { cycle: 0, selected: new Float64Array(n), helped: new Float64Array(n) }));
  return memory;
}

/** The published odds: about two parameters are selected. */
function odds(coefficients: Float64Array): Float64Array {
  const total = coefficients.reduce((s, c) => s + Math.abs(c), 0);
  return coefficients.map((c) => Math.min(0.8, (2 * Math.abs(c)) / total));
}

/**
 * The published draws, in order.
 * @example
 * published(Float64Array.of(4, 9, -3, 7, 2), 12, 'importance')[6].join(''); // '11000'
 */
export function published(coefficients: Float64Array, count: number, kind: string): Uint8Array[] {
  const n = coefficients.length;
  const out: Uint8Array[] = [];
  const even = kind === 'random' ? count : kind === 'progressive' ? Math.floor(0.4 * count) : 0;
  if (even > 0) {
    const stream = twister(SEED);
    const half = new Float64Array(n).fill(0.5);
    while (out.length < even) out.push(selected(half, stream.f64, () => stream.int(n)));
  }
  for (let i = 0; i < n && out.length < count && even < count; i++) out.push(Uint8Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
  const stream = twister(SEED);
  const p = odds(coefficients);
  const largest = largestOf(coefficients);
  while (out.length < count) out.push(selected(p, stream.f64, () => largest));
  return out;
}

/** Each with its odds; where that is none, the one of `otherwise`. */
function selected(p: Float64Array, f64: () => number, otherwise: () => number): Uint8Array {
  const out = new Uint8Array(p.length);
  for (let i = 0; i < p.length; i++) out[i] = f64() < p[i]! ? 1 : 0;
  if (!out.includes(1)) out[otherwise()] = 1;
  return out;
}

/** `count` selections of our own, no two alike: one that was there before has random bits flipped until it is new. */
async function draw(cycle: Cycle, tools: Tools, ledger: Ledger, memory: Memory, count: number, kind: string): Promise<void> {
  const { coefficients } = cycle;
  const n = coefficients.length;
  const random = tools.random.fork(`sampling ${memory.cycle}`);
  const space = bits(n);
  const largest = largestOf(coefficients);
  const limits = (kind === 'winners' ? tilted(ledger.pairs, cycle.target, memory) : odds(coefficients)).map((p) => p * 4294967296);
  const seen = new Set<number | string>();
  const even = kind === 'random' ? count : kind === 'progressive' ? Math.floor(0.4 * count) : 0;
  const singles = kind === 'importance' || kind === 'progressive' ? n : 0;
  const total = n + memory.helped.reduce((s, x) => s + x, 0);
  const selection = new Uint8Array(n);
  for (let drawn = 0; drawn < count && !ledger.reached && ledger.best.d !== 0; drawn++) {
    if (drawn % 512 === 0) await tools.pause();
    const before = ledger.best;
    const flip = kind === 'winners' && drawn % 2 === 1;
    if (flip) {
      selection.set(before.selection);
      for (let flips = 1 + random.int(3); flips > 0; flips--) toggle(helpful());
    } else if (drawn < singles) {
      selection.fill(0);
      selection[drawn] = 1;
    } else if (drawn < singles + even) selection.set(space.sample(random));
    else {
      for (let i = 0; i < n; i++) selection[i] = random.u32() < limits[i]! ? 1 : 0;
      if (!selection.includes(1)) selection[largest] = 1;
    }
    let key = keyOf(selection);
    for (let tries = 0; isEmpty(key) || seen.has(key); tries++) {
      if (tries < 4 * n) toggle(random.int(n));
      else succeed(selection); // nearly every line has been there
      key = keyOf(selection);
    }
    seen.add(key);
    ledger.offer(selection);
    if (flip && ledger.best !== before) for (let i = 0; i < n; i++) if (selection[i] !== before.selection[i]) memory.helped[i]!++;
  }

  function toggle(i: number): void {
    selection[i] = 1 - selection[i]!;
  }
  /** A parameter, by 1 + how often its flips had helped before this cycle or have since. */
  function helpful(): number {
    let u = random.f64() * total;
    let i = 0;
    while (i < n - 1 && (u -= memory.helped[i]! + 1) >= 0) i++;
    return i;
  }
}

/** Odds by importance, p = 1/2 + tilt change / largest change, with the tilt that makes the expected sum the target; a quarter is how often winners selected the parameter. */
export function tilted(pairs: Float64Array, target: number, { cycle, selected }: { readonly cycle: number; readonly selected: Float64Array }): Float64Array {
  const n = selected.length;
  const change = Float64Array.from({ length: n }, (_, i) => pairs[2 * i + 1]! - pairs[2 * i]!);
  const largest = change.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const p = new Float64Array(n);
  let [low, high] = [-n, n]; // there even a change of 1/n of the largest is as good as certain
  for (let step = 0; step < 40; step++) {
    const tilt = (low + high) / 2;
    let s = 0;
    for (let i = 0; i < n; i++) {
      p[i] = Math.min(1 - EDGE, Math.max(EDGE, 0.5 + (largest > 0 ? tilt * (change[i]! / largest) : 0)));
      s += pairs[2 * i]! + p[i]! * change[i]!;
    }
    if (s < target) low = tilt;
    else high = tilt;
  }
  return cycle < 2 ? p : p.map((x, i) => 0.75 * x + 0.25 * Math.min(1 - EDGE, Math.max(EDGE, selected[i]! / (cycle - 1))));
}

/** The next line's selection, in place; after the last comes the first. */
function succeed(selection: Uint8Array): void {
  let i = selection.length - 1;
  for (; i >= 0 && selection[i] === 1; i--) selection[i] = 0;
  if (i >= 0) selection[i] = 1;
}

/** The line where it is an exact number, else text of sixteen bits a character. */
function keyOf(selection: Uint8Array): number | string {
  const n = selection.length;
  if (n <= 53) {
    let line = 0;
    for (let i = 0; i < n; i++) line = 2 * line + selection[i]!;
    return line;
  }
  let key = '';
  for (let i = 0; i < n; i += 16) {
    let word = 0;
    for (let j = i; j < i + 16 && j < n; j++) word = (word << 1) | selection[j]!;
    key += String.fromCharCode(word);
  }
  return key;
}

function isEmpty(key: number | string): boolean {
  return typeof key === 'number' ? key === 0 : /^\0*$/.test(key);
}

function largestOf(coefficients: Float64Array): number {
  return coefficients.reduce((at, c, i) => (Math.abs(c) > Math.abs(coefficients[at]!) ? i : at), 0);
}
