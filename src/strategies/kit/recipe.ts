/**
 * A recipe: which contexts predict, by which components, how they are mixed and refined. `assemble` makes it a kernel: registers, mixer inputs, slots and the 1024
 * doubles are given out here, so that a strategy only says what it wants.
 *
 * A context is a list of sources that are hashed together. A source is text: `o4` the last four bytes, `w1` ORD and WORD by their operand b, `s38` SPARSE by its mask, `b0` BYTE,
 * `c5` CLASS, `n` the column, `a` the byte above, `e` and `l` what the last MATCH expected and how long it was, `@...` a readout that the strategy learns by that name.
 */
import * as op from '../../../assembly/portable/opcodes.ts';
import { DOUBLES, WORDS, type Kernel } from '../../spaces/program.ts';

/** A register that comes from the window as a vector: FEAT, then NEAR, SIGN or PROJ over rows of D. */
export interface Readout {
  /** FEAT's operand b, and its table in D. */
  readonly feat: number;
  readonly table: Float64Array | undefined;
  readonly code: number;
  /** The operand b of `code`. */
  readonly b: number;
  readonly rows: Float64Array;
}

export type Component = 'CM' | 'CM2' | 'ICM' | 'ISSE' | 'RUN' | 'MATCH';
/** `limit`: the operand b, of MATCH the least length. ISSE refines the input before it. */
export type Input = { readonly context: readonly string[]; readonly by: Component; readonly limit: number };
/** Its weight set is chosen by a context and a mode, its rate is RATES[rate]. */
export type Mixer = { readonly context: readonly string[]; readonly mode: number; readonly rate: number };
/** An APM after the mixers: k is its mode, rate and share. */
export type Refinement = { readonly context: readonly string[]; readonly k: number };

export type Recipe = {
  readonly inputs: readonly Input[];
  readonly mixers: readonly Mixer[];
  readonly refinements: readonly Refinement[];
  /** Every input's weight at first is this over the root of their number. */
  readonly weight: number;
};

const CODES: { readonly [by in Component]: number } = { CM: op.CM, CM2: op.CM2, ICM: op.ICM, ISSE: op.ISSE, RUN: op.RUN, MATCH: op.MATCH };

export const EMPTY: Recipe = { inputs: [], mixers: [], refinements: [], weight: 1 };

/** The register of a readout's name. */
export type Learn = (name: string) => Readout;

const WEIGHTS = DOUBLES - 32; // the mixers' row; MIX2's is before it, then BIAS's number
const FINAL = WEIGHTS - 8;
const OFFSET = FINAL - 1;

/** The kernel of a recipe; undefined when it does not fit into words, tables, registers, inputs or doubles. Without inputs it is the empty program. */
export function assemble(recipe: Recipe, learn: Learn): Kernel | undefined {
  const words: number[] = [];
  const doubles = new Float64Array(DOUBLES);
  const emit = (code: number, d: number, a: number, b: number, k: number): void => void words.push(((code << 26) | ((d & 31) << 21) | ((a & 31) << 16) | ((b & 63) << 10) | (k & 1023)) >>> 0);
  const { inputs, mixers, refinements } = recipe;
  if (inputs.length === 0) return { words: new Uint32Array(WORDS), doubles };

  const registers = new Map<string, number>();
  const register = (key: string): number => {
    if (!registers.has(key)) registers.set(key, registers.size);
    return registers.get(key)!;
  };
  const contexts = [...inputs, ...mixers.filter(({ mode }) => selects(mode)), ...refinements.filter(({ k }) => (k & 3) === 1 || (k & 3) === 2)].map(({ context }) => context);
  const sources = [...new Set(contexts.flat())];

  // Readouts of one window follow each other, so that it is made once; what they share in D is there once.
  let top = 0;
  const places = new Map<Float64Array, number>();
  const place = (numbers: Float64Array): number => {
    const known = places.get(numbers);
    if (known !== undefined) return known;
    places.set(numbers, top);
    if (top + numbers.length <= OFFSET) doubles.set(numbers, top);
    top += numbers.length;
    return top - numbers.length;
  };
  const readouts = sources.filter((source) => source.startsWith('@')).map((source) => ({ source, ...learn(source.slice(1)) }));
  const shown = readouts.map(({ feat, table }) => feat | ((table ? place(table) : 0) << 6));
  let vector = -1;
  for (const i of readouts.map((_, i) => i).sort((x, y) => shown[x]! - shown[y]! || x - y)) {
    const { source, feat, code, b, rows } = readouts[i]!;
    if (shown[i] !== vector) emit(op.FEAT, 0, 0, feat, shown[i]! >>> 6);
    vector = shown[i]!;
    emit(code, register(source), 0, b, place(rows));
  }
  if (top > OFFSET) return undefined;
  for (const source of sources) if (!source.startsWith('@')) plain(source, register(source), emit);
  for (const context of contexts) {
    for (let n = 2; n <= context.length; n++) {
      const key = context.slice(0, n).join(' ');
      if (!registers.has(key)) emit(op.HASH, register(key), register(context.slice(0, n - 1).join(' ')), register(context[n - 1]!), n);
    }
  }
  const of = (context: readonly string[]): number => register(context.join(' '));

  let x = 0;
  let before = -1;
  for (const { context, by, limit } of inputs) {
    const code = by === 'ISSE' && before < 0 ? op.ICM : CODES[by];
    emit(code, x, of(context), code === op.ISSE ? before : limit, 0);
    before = x;
    x += by === 'CM2' || by === 'MATCH' ? 2 : 1;
  }
  emit(op.BIAS, x, 0, 0, OFFSET);
  doubles[OFFSET] = 0.5;
  doubles.fill(recipe.weight / Math.sqrt(x), WEIGHTS, WEIGHTS + x);
  doubles.fill(1 / mixers.length, FINAL, FINAL + 8);
  const [first] = mixers;
  mixers.forEach((mixer, i) => emit(op.MIX, i, selects(mixer.mode) ? of(mixer.context) : 0, mixer.mode | (mixer.rate << 3), WEIGHTS));
  let out = 0;
  if (mixers.length > 1) emit(op.MIX2, (out = mixers.length), 0, (mixers.length - 2) | (first!.rate << 3), FINAL);
  for (const { context, k } of refinements) emit(op.APM, out + 1, (k & 3) === 1 || (k & 3) === 2 ? of(context) : 0, out++, k);
  emit(op.OUT, 0, out, 0, 0);

  if (words.length > WORDS || registers.size > 32 || inputs.length > op.TABLES || x + 1 > 32 || mixers.length < 1 || mixers.length > 8 || out > 15) return undefined;
  const program = new Uint32Array(WORDS);
  program.set(words);
  return { words: program, doubles };
}

/** Whether a MIX of this mode reads its register. */
export function selects(mode: number): boolean {
  return mode === 2 || mode === 4 || mode === 5 || mode === 6;
}

function plain(source: string, d: number, emit: (code: number, d: number, a: number, b: number, k: number) => void): void {
  const n = Number(source.slice(1));
  switch (source[0]) {
    case 'o': return emit(op.ORD, d, 0, n, 0);
    case 'w': return emit(op.WORD, d, 0, n, 0);
    case 's': return emit(op.SPARSE, d, 0, n >>> 10, n & 1023);
    case 'b': return emit(op.BYTE, d, 0, n, 0);
    case 'c': return emit(op.CLASS, d, 0, n, 0);
    case 'n': return emit(op.COL, d, 0, 0, 0);
    case 'a': return emit(op.ABOVE, d, 0, 0, 0);
    case 'e': return emit(op.MBYTE, d, 0, 0, 0);
    default: return emit(op.MLEN, d, 0, 0, 0);
  }
}
