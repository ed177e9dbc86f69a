/**
 * The moves of the program space: STOKE's (Schkufza, Sharma, Aiken 2013: change an opcode, an operand, swap, replace, insert, delete) and larger ones that keep a
 * program working: a new context with a component that reads it, a mixer, an APM, a copy that differs in one operand.
 *
 * A move begins with what matters (`tidy`): dead code costs time and hides what changes. All weights of a new input begin at one small number, so that it can be heard.
 * The small moves alone hardly climb from nothing: a context is worth nothing until something reads it, weighs it and is heard.
 */
import * as op from '../../../assembly/portable/opcodes.ts';
import type { Random } from '../../core/types.ts';
import type { Kernel } from '../program.ts';
import { type Draft, type Instruction, active, compile, instruction, isByte, listing, ownsTable, tidy, written } from './listing.ts';
import { addApm, addInput, addMixer, addReader, small, varyCopy } from './growth.ts';
import { anyInstruction, chance, numbers, oneOf, pick, registers, step } from './operands.ts';

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
const MOST = 64;

type Move = (draft: Draft, random: Random, scale: number) => void;
/** How often each is drawn. */
const MOVES: readonly (readonly [number, Move])[] = [
  [16, addInput], [6, addReader], [4, addMixer], [4, addApm], [8, varyCopy],
  [16, changeNumber], [8, changeRegister], [6, changeOpcode], [3, replace], [3, insert], [8, remove], [4, swap], [14, perturb],
];
/** Those that make a program longer. */
const GROW: readonly Move[] = [addInput, addInput, addInput, addReader, addMixer, addApm, varyCopy];

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

// STOKE's moves, with operands of the right kind.

const all = (draft: Draft): Instruction[] => [...draft.bytes, ...draft.bits];

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
