/**
 * The moves of the program space: STOKE's (Schkufza, Sharma, Aiken 2013: change an opcode, an operand, swap, replace, insert, delete) and larger ones that keep a
 * program working: a new context with a component that reads it, a mixer, an APM, a copy that differs in one operand.
 *
 * A move begins with what matters (`tidy`): dead code costs time and hides what changes. All weights of a new input begin at one small number, so that it can be heard.
 * Surprise: with the small moves alone nothing is found in thousands of steps, since a context is worth nothing until something reads it, weighs it and is heard.
 */
import * as op from '../../../assembly/portable/opcodes.ts';
import type { Random } from '../../core/types.ts';
import type { Kernel } from '../program.ts';
import { type Draft, type Instruction, active, compile, instruction, isByte, listing, ownsTable, readsSelector, tidy, written } from './listing.ts';

/** Opcodes that may stand for each other. */
const FAMILIES: readonly (readonly number[])[] = [
  [op.ORD, op.SPARSE, op.WORD, op.BYTE, op.CLASS, op.COL, op.ABOVE, op.MBYTE, op.MLEN],
  [op.ADD, op.SUB, op.XOR, op.AND, op.OR, op.MUL, op.HASH],
  [op.SHR, op.SHL],
  [op.LOW, op.ALPHA],
  [op.CM, op.CM2, op.ICM, op.RUN],
  [op.AVG, op.FADD, op.FMIN, op.FMAX],
  [op.PROJ, op.NEAR, op.SIGN],
];
const BYTE_OPS: readonly number[] = [op.ORD, op.SPARSE, op.WORD, op.BYTE, op.LDI, op.ADD, op.SUB, op.XOR, op.AND, op.OR, op.SHR, op.SHL, op.MUL, op.HASH, op.LOW, op.ALPHA, op.SEL, op.COL, op.ABOVE, op.CLASS, op.FEAT, op.PROJ, op.NEAR, op.SIGN, op.MLEN, op.MBYTE];
const BIT_OPS: readonly number[] = [op.CM, op.CM2, op.ICM, op.ISSE, op.RUN, op.MATCH, op.BIAS, op.MOV, op.MIX, op.MIX2, op.AVG, op.APM, op.FADD, op.FMUL, op.FMIN, op.FMAX, op.FX, op.OUT];
const MIXERS: readonly number[] = [op.MIX, op.MIX2, op.DOT, op.TANH, op.FX, op.APM, op.OUT];
const MOST = 64;

type Move = (draft: Draft, random: Random, scale: number) => void;
/** How often each is drawn. */
const MOVES: readonly (readonly [number, Move])[] = [
  [16, addInput], [6, addReader], [4, addMixer], [4, addApm], [8, varyCopy],
  [16, changeNumber], [8, changeRegister], [6, changeOpcode], [3, replace], [3, insert], [8, remove], [4, swap], [14, perturb],
];
/** Those that change the program and those that make it longer. */
export const GROW: readonly Move[] = [addInput, addInput, addInput, addReader, addMixer, addApm, varyCopy];

const pick = <T>(list: readonly T[], random: Random): T => list[random.int(list.length)]!;
const chance = (random: Random, share: number): boolean => random.f64() < share;

/** A random program: 2 to 16 instructions of either class, registers that are likely to be written, random doubles. */
export function randomProgram(random: Random): Kernel {
  const draft: Draft = { bytes: [], bits: [], doubles: new Float64Array(1024) };
  for (let i = 0; i < 1024; i++) draft.doubles[i] = 0.25 * random.normal();
  for (let n = 2 + random.int(15); n > 0; n--) draft.bytes.push(anyInstruction(pick(BYTE_OPS, random), draft, random));
  for (let n = 2 + random.int(15); n > 0; n--) draft.bits.push(anyInstruction(pick(BIT_OPS, random), draft, random));
  draft.bits.push(instruction(op.OUT, { a: oneOf(draft, 'F', random) }));
  return compile(draft);
}

/** One move of `MOVES` from a kernel, which may happen to change nothing. `scale` multiplies how far numbers go, and above 1 is how many moves. */
export function mutate(kernel: Kernel, random: Random, scale: number = 1): Kernel {
  const draft = tidy(listing(kernel));
  for (let n = Math.max(1, Math.floor(scale)); n > 0; n--) {
    const total = MOVES.reduce((sum, [weight]) => sum + weight, 0);
    let at = random.int(total);
    const [, move] = MOVES.find(([weight]) => (at -= weight) < 0)!;
    move(draft, random, scale);
  }
  return compile(fit(draft, random));
}

/** One move that makes the program longer. */
export function grow(kernel: Kernel, random: Random): Kernel {
  const draft = tidy(listing(kernel));
  pick(GROW, random)(draft, random, 1);
  return compile(fit(draft, random));
}

/** Other numbers, the same program: some of the active doubles, or all of them by one factor. */
export function vary(kernel: Kernel, random: Random, scale: number = 1): Kernel {
  const draft = tidy(listing(kernel));
  perturb(draft, random, scale);
  return compile(draft);
}

/** Takes instructions away until they fit in the words and tables there are; never the last OUT. */
function fit(draft: Draft, random: Random): Draft {
  for (;;) {
    const tables = draft.bits.filter((it) => ownsTable(it.op));
    if (tables.length > op.TABLES) drop(draft.bits, pick(tables, random));
    else if (draft.bytes.length + draft.bits.length > MOST) {
      const n = draft.bytes.length + draft.bits.length - 1;
      const at = random.int(n);
      if (at < draft.bytes.length) draft.bytes.splice(at, 1);
      else draft.bits.splice(at - draft.bytes.length, 1);
    } else return draft;
    tidy(draft);
  }
}
const drop = (list: Instruction[], it: Instruction): void => void list.splice(list.indexOf(it), 1);

/** A register of the file that is written, mostly; else any. */
function oneOf(draft: Draft, file: 'R' | 'X' | 'F', random: Random): number {
  const there = written(draft, file);
  return there.length > 0 && chance(random, 0.9) ? pick(there, random) : random.int(file === 'F' ? 16 : 32);
}

/** The lowest register that nothing writes, and with `count` the first of so many in a row; undefined when all are taken. */
function freeOf(draft: Draft, file: 'R' | 'X' | 'F', count: number = 1): number | undefined {
  const taken = new Set(written(draft, file));
  const size = file === 'F' ? 16 : 32;
  for (let r = 0; r + count <= size; r++) {
    let i = 0;
    while (i < count && !taken.has(r + i)) i++;
    if (i === count) return r;
  }
  return undefined;
}

/** Numbers worth trying for an operand: `[field, lowest, how many]` a field that holds a number. */
function numbers(code: number): readonly (readonly ['a' | 'b' | 'k', number, number])[] {
  switch (code) {
    case op.ORD: return [['b', 1, 8]];
    case op.SPARSE: return [['k', 1, 255]];
    case op.WORD: case op.CM: case op.CM2: case op.ICM: return [['b', 0, 8]];
    case op.BYTE: return [['b', 0, 8]];
    case op.CLASS: return [['b', 1, 10]];
    case op.LDI: case op.HASH: return [['k', 0, 1024]];
    case op.SHR: case op.SHL: return [['k', 0, 32]];
    case op.FEAT: return [['b', 0, 64], ['k', 0, 1024]];
    case op.NEAR: return [['b', 1, 63], ['k', 0, 1024]];
    case op.PROJ: case op.SIGN: return [['b', 0, code === op.PROJ ? 8 : 16], ['k', 0, 1024]];
    case op.PERM: case op.BIAS: case op.LDD: return [['k', 0, 1024]];
    case op.MATCH: return [['b', 2, 14]];
    case op.DOT: case op.TANH: case op.MIX: return [['b', 0, 64], ['b', 0, 64], ['b', 0, 64], ['k', 0, 1024]];
    case op.MIX2: return [['b', 0, 64]];
    case op.APM: return [['k', 0, 64]];
    default: return [];
  }
}

/** Fields that name a register, and of which file. */
function registers(it: Instruction): readonly (readonly ['a' | 'b', 'R' | 'X' | 'F'])[] {
  const code = it.op;
  if (code >= op.ADD && code <= op.OR || code === op.MUL || code === op.HASH || code === op.SEL) return [['a', 'R'], ['b', 'R']];
  if (code === op.AVG || code >= op.FADD && code <= op.FMAX) return [['a', 'F'], ['b', 'F']];
  if (code === op.ISSE) return [['a', 'R'], ['b', 'X']];
  if (code === op.APM) return readsSelector(it) ? [['a', 'R'], ['b', 'F']] : [['b', 'F']];
  if (code === op.MIX) return readsSelector(it) ? [['a', 'R']] : [];
  if (code === op.MOV || code === op.MIX2 || code === op.OUT) return [['a', 'F']];
  if (code === op.FX || code === op.DOT || code === op.TANH) return [['a', 'X']];
  if (code === op.SHR || code === op.SHL || code === op.LOW || code === op.ALPHA || (ownsTable(code))) return [['a', 'R']];
  return [];
}

/** An instruction with operands of the right kind. */
function anyInstruction(code: number, draft: Draft, random: Random): Instruction {
  const it = instruction(code, { d: random.int(code >= op.DOT ? 16 : 32) });
  for (const [field, low, count] of numbers(code)) it[field] = low + random.int(count);
  for (const [field, file] of registers(it)) it[field] = oneOf(draft, file, random);
  return it;
}

// Contexts and what reads them.

/** A register with a context that may be new. */
function context(draft: Draft, random: Random): number {
  const u = random.f64();
  if (u < 0.42) return make(draft, instruction(op.ORD, { b: 1 + Math.min(random.int(7), random.int(8)) }), random);
  if (u < 0.58) return make(draft, instruction(op.WORD, { b: random.int(8) }), random);
  if (u < 0.7) return make(draft, instruction(op.SPARSE, { k: 1 + random.int(63) }), random);
  if (u < 0.76) return make(draft, instruction(op.CLASS, { b: 2 + random.int(9) }), random);
  if (u < 0.95) return make(draft, instruction(op.HASH, { a: part(draft, random), b: part(draft, random), k: random.int(1024) }), random);
  if (!draft.bytes.some((it) => it.op === op.FEAT)) draft.bytes.push(instruction(op.FEAT, { b: random.int(4) | random.int(4) << 4 }));
  return make(draft, instruction(op.SIGN, { b: 5 + random.int(8), k: random.int(1024) }), random);
}

/** A register with something of a context: of few values, or one that is there already. */
function part(draft: Draft, random: Random): number {
  const there = written(draft, 'R');
  if (there.length > 0 && chance(random, 0.5)) return pick(there, random);
  return small(draft, random);
}

/** A register with few values, such as select the weights of a mixer. */
function small(draft: Draft, random: Random): number {
  const code = pick([op.BYTE, op.BYTE, op.BYTE, op.CLASS, op.COL, op.ABOVE, op.MLEN, op.MBYTE, op.WORD, op.ORD], random);
  const b = code === op.BYTE ? random.int(3) : code === op.CLASS ? 1 + random.int(4) : code === op.ORD ? 1 + random.int(2) : 0;
  return make(draft, instruction(code, { b }), random);
}

/** The register in which an instruction leaves its value: of one like it where there is one, else a free one. */
function make(draft: Draft, it: Instruction, random: Random): number {
  const like = draft.bytes.find((other) => other.op === it.op && other.a === it.a && other.b === it.b && other.k === it.k);
  if (like) return like.d;
  it.d = freeOf(draft, 'R') ?? random.int(32);
  draft.bytes.push(it);
  return it.d;
}

/** A component that reads R[r], its X heard by every mixer. */
function component(draft: Draft, r: number, random: Random): void {
  const producer = draft.bytes.find((it) => it.d === r);
  const inputs = written(draft, 'X');
  const u = random.f64();
  let code: number = u < 0.38 ? op.ICM : u < 0.68 ? op.CM : u < 0.8 ? op.CM2 : u < 0.88 ? op.RUN : op.ISSE;
  if (producer?.op === op.ORD && producer.b >= 4 && chance(random, 0.3)) code = op.MATCH;
  if (code === op.ISSE && inputs.length === 0) code = op.ICM;
  const d = freeOf(draft, 'X', code === op.CM2 || code === op.MATCH ? 2 : 1);
  if (d === undefined) return;
  const b = code === op.MATCH ? Math.max(2, Math.min(producer!.b, 8)) : code === op.ISSE ? pick(inputs, random) : code === op.RUN ? 0 : code === op.ICM ? 4 + random.int(4) : 2 + random.int(6);
  const first = draft.bits.findIndex((it) => MIXERS.includes(it.op));
  draft.bits.splice(first < 0 ? draft.bits.length : first, 0, instruction(code, { d, a: r, b }));
  const weight = 0.1 + 0.3 * random.f64();
  for (const it of draft.bits) {
    if (it.op !== op.MIX) continue;
    for (const x of code === op.CM2 || code === op.MATCH ? [d, d + 1] : [d]) draft.doubles[(it.k + x) & 1023] = weight;
  }
  if (!draft.bits.some((it) => it.op === op.MIX)) addMixer(draft, random);
}

function addInput(draft: Draft, random: Random): void {
  component(draft, context(draft, random), random);
}
function addReader(draft: Draft, random: Random): void {
  const there = written(draft, 'R');
  if (there.length === 0) addInput(draft, random);
  else component(draft, pick(there, random), random);
}

/** A MIX over all inputs, averaged or mixed with what was the prediction. */
function addMixer(draft: Draft, random: Random): void {
  const mixers = draft.bits.filter((it) => it.op === op.MIX);
  const mode = random.int(8);
  const a = mode === 2 || mode >= 4 && mode <= 6 ? small(draft, random) : 0;
  const twin = mixers.length > 0 && chance(random, 0.7) ? pick(mixers, random) : undefined;
  const k = twin ? twin.k : region(draft, 32, random);
  if (!twin) {
    const weight = 0.1 + 0.3 * random.f64();
    for (let x = 0; x < 32; x++) draft.doubles[k + x] = weight;
  }
  const out = draft.bits.findLast((it) => it.op === op.OUT);
  const at = out ? draft.bits.indexOf(out) : draft.bits.length;
  const last = draft.bits.findLast((it) => it.op === op.MIX2);
  const rate = random.int(8) << 3;
  // A MIX2 takes one input more when the register after its last is free.
  if (last && out && (last.b & 7) < 7 && last.a + (last.b & 7) + 2 < 16) {
    const d = last.a + (last.b & 7) + 2;
    if (!written(draft, 'F').includes(d)) {
      const was = (last.b & 7) + 2;
      draft.bits.splice(draft.bits.indexOf(last), 0, instruction(op.MIX, { d, a, b: mode | rate, k }));
      last.b++;
      for (let i = 0; i <= was; i++) draft.doubles[(last.k + i) & 1023] = (draft.doubles[(last.k + i) & 1023]! * (i < was ? was : 0) + (i < was ? 0 : 1)) / (was + 1);
      return;
    }
  }
  const d = freeOf(draft, 'F', 2);
  if (d === undefined) return;
  if (!out || mixers.length === 0) {
    draft.bits.splice(at, 0, instruction(op.MIX, { d, a, b: mode | rate, k }));
    if (out) out.a = d;
    else draft.bits.push(instruction(op.OUT, { a: d }));
    return;
  }
  const other = mixers.find((it) => !written({ ...draft, bytes: [], bits: draft.bits.filter((one) => one !== it) }, 'F').includes(it.d & 15) && it.d < 15 && !written(draft, 'F').includes(it.d + 1) && it.d === out.a);
  if (other && chance(random, 0.7)) {
    const where = region(draft, 2, random);
    draft.doubles[where] = draft.doubles[where + 1] = 0.5;
    const mixed = freeOf(draft, 'F', 3);
    if (mixed === undefined) return;
    const to = mixed === other.d + 1 ? mixed + 1 : mixed;
    draft.bits.splice(at, 0, instruction(op.MIX, { d: other.d + 1, a, b: mode | rate, k }), instruction(op.MIX2, { d: to, a: other.d, b: random.int(6) << 3, k: where }));
    out.a = to;
    return;
  }
  draft.bits.splice(at, 0, instruction(op.MIX, { d, a, b: mode | rate, k }), instruction(op.AVG, { d: d + 1, a: d, b: out.a }));
  out.a = d + 1;
}

/** An APM behind the prediction, or beside the last one. */
function addApm(draft: Draft, random: Random): void {
  const out = draft.bits.findLast((it) => it.op === op.OUT);
  const d = freeOf(draft, 'F', 2);
  if (!out || d === undefined) return void addInput(draft, random);
  const mode = random.int(4);
  const there = written(draft, 'R');
  const a = mode === 1 ? small(draft, random) : mode === 2 ? (there.length > 0 ? pick(there, random) : context(draft, random)) : 0;
  const at = draft.bits.indexOf(out);
  const before = draft.bits[at - 1];
  const beside = before?.op === op.APM && before.d === out.a && chance(random, 0.5);
  const k = mode | random.int(4) << 2 | (1 + random.int(3)) << 4;
  if (beside) draft.bits.splice(at, 0, instruction(op.APM, { d, a, b: before.b, k: k & 15 }), instruction(op.AVG, { d: d + 1, a: d, b: out.a }));
  else draft.bits.splice(at, 0, instruction(op.APM, { d, a, b: out.a, k }));
  out.a = beside ? d + 1 : d;
}

/** Where `n` doubles in a row are not active; somewhere, when there is no such place. */
function region(draft: Draft, n: number, random: Random): number {
  const used = new Set(active(compile({ ...draft, bits: [...draft.bits] })));
  for (let k = 0; k + n <= 1024; k += n) {
    let i = 0;
    while (i < n && !used.has(k + i)) i++;
    if (i === n) return k;
  }
  return random.int(1024 - n);
}

/** A copy of a component, and of the context it reads, one number of either changed. */
function varyCopy(draft: Draft, random: Random): void {
  const tables = draft.bits.filter((it) => ownsTable(it.op));
  if (tables.length === 0) return addInput(draft, random);
  const it = pick(tables, random);
  const producer = draft.bytes.find((one) => one.d === it.a);
  const wide = it.op === op.CM2 || it.op === op.MATCH;
  const d = freeOf(draft, 'X', wide ? 2 : 1);
  if (d === undefined) return;
  const copy = { ...it, d };
  if (producer && numbers(producer.op).length > 0 && chance(random, 0.8)) {
    const other = { ...producer };
    step(other, random);
    copy.a = make(draft, other, random);
  } else step(copy, random);
  draft.bits.splice(draft.bits.indexOf(it) + 1, 0, copy);
  for (const one of draft.bits) if (one.op === op.MIX) for (let i = 0; i < (wide ? 2 : 1); i++) draft.doubles[(one.k + d + i) & 1023] = draft.doubles[(one.k + it.d + i) & 1023]!;
}

// STOKE's moves, with operands of the right kind.

const all = (draft: Draft): Instruction[] => [...draft.bytes, ...draft.bits];

/** Another number in one of its fields: one more or less, or any. */
function step(it: Instruction, random: Random): void {
  const fields = numbers(it.op);
  if (fields.length === 0) return;
  const [field, low, count] = pick(fields, random);
  if (it.op === op.MIX && field === 'b') it.b = chance(random, 0.5) ? (it.b & 7) | random.int(8) << 3 : (it.b & 56) | random.int(8);
  else if (it.op === op.MIX2) it.b = (it.b & 7) | random.int(8) << 3;
  else if (it.op === op.APM) {
    const shift = 2 * random.int(3);
    it.k = (it.k & ~(3 << shift)) | random.int(4) << shift;
  } else if (chance(random, 0.6) && field !== 'k') it[field] = Math.max(low, Math.min(low + count - 1, it[field] + (chance(random, 0.5) ? 1 : -1)));
  else it[field] = low + random.int(count);
}
function changeNumber(draft: Draft, random: Random): void {
  const them = all(draft).filter((it) => numbers(it.op).length > 0);
  if (them.length === 0) return addInput(draft, random);
  step(pick(them, random), random);
}
function changeRegister(draft: Draft, random: Random): void {
  const them = all(draft).filter((it) => registers(it).length > 0);
  if (them.length === 0) return addInput(draft, random);
  const it = pick(them, random);
  const [field, file] = pick(registers(it), random);
  it[field] = file === 'R' && (it.op === op.MIX || it.op === op.APM) && chance(random, 0.5) ? small(draft, random) : oneOf(draft, file, random);
}
function changeOpcode(draft: Draft, random: Random): void {
  const them = all(draft).filter((it) => FAMILIES.some((family) => family.includes(it.op)));
  if (them.length === 0) return addInput(draft, random);
  const it = pick(them, random);
  const family = FAMILIES.find((one) => one.includes(it.op))!;
  it.op = pick(family, random);
  for (const [field, low, count] of numbers(it.op)) if (it[field] < low || it[field] >= low + count) it[field] = low + random.int(count);
}
function replace(draft: Draft, random: Random): void {
  const list = chance(random, 0.5) && draft.bytes.length > 0 ? draft.bytes : draft.bits;
  if (list.length === 0) return addInput(draft, random);
  const at = random.int(list.length);
  const it = anyInstruction(pick(isByte(list[at]!.op) ? BYTE_OPS : BIT_OPS, random), draft, random);
  if (chance(random, 0.7)) it.d = list[at]!.d;
  list[at] = it;
}
function insert(draft: Draft, random: Random): void {
  const first = chance(random, 0.5);
  const list = first ? draft.bytes : draft.bits;
  list.splice(random.int(list.length + 1), 0, anyInstruction(pick(first ? BYTE_OPS : BIT_OPS, random), draft, random));
}
/** Takes an instruction out; who read F[d] of a mixer or an APM reads what that one read. */
function remove(draft: Draft, random: Random): void {
  const them = all(draft).filter((it) => it.op !== op.OUT);
  if (them.length === 0) return addInput(draft, random);
  const it = pick(them, random);
  const source = it.op === op.APM ? it.b & 15 : it.op === op.AVG || it.op === op.MIX2 ? it.a & 15 : undefined;
  if (source !== undefined) for (const other of draft.bits) for (const [field, file] of registers(other)) if (file === 'F' && other !== it && (other[field] & 15) === (it.d & 15)) other[field] = source;
  drop(isByte(it.op) ? draft.bytes : draft.bits, it);
}
function swap(draft: Draft, random: Random): void {
  const list = chance(random, 0.4) ? draft.bytes : draft.bits;
  if (list.length < 2) return addInput(draft, random);
  const i = random.int(list.length);
  const j = random.int(list.length);
  [list[i], list[j]] = [list[j]!, list[i]!];
}

/** One active double, a few, or all of one mixer by a factor. */
function perturb(draft: Draft, random: Random, scale: number): void {
  const { doubles } = draft;
  const used = active(compile({ ...draft, bits: [...draft.bits] }));
  if (used.length === 0) return addInput(draft, random);
  const mixers = draft.bits.filter((it) => it.op === op.MIX);
  if (mixers.length > 0 && chance(random, 0.3)) {
    const { k } = pick(mixers, random);
    const factor = 1 + 0.2 * Math.min(1, scale) * random.normal();
    for (const x of written(draft, 'X')) doubles[(k + x) & 1023] = doubles[(k + x) & 1023]! * factor;
    return;
  }
  for (let n = 1 + random.int(4); n > 0; n--) {
    const i = pick(used, random);
    doubles[i] = doubles[i]! + 0.15 * scale * random.normal() * Math.max(0.5, Math.min(4, Math.abs(doubles[i]!)));
  }
}
