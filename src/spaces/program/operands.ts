/** What the operands of an instruction are, for whoever draws them: numbers worth trying, registers by file, free ones. */
import * as op from '../../../assembly/portable/opcodes.ts';
import type { Random } from '../../core/types.ts';
import { type Draft, type Instruction, instruction, ownsTable, readsSelector, written } from './listing.ts';

/** Numbers worth trying for an operand: `[field, lowest, how many]` a field that holds a number. */
export function numbers(code: number): readonly (readonly ['a' | 'b' | 'k', number, number])[] {
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
export function registers(it: Instruction): readonly (readonly ['a' | 'b', 'R' | 'X' | 'F'])[] {
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

export const pick = <T>(list: readonly T[], random: Random): T => list[random.int(list.length)]!;
export const chance = (random: Random, share: number): boolean => random.f64() < share;

/** A register of the file that is written, mostly; else any. */
export function oneOf(draft: Draft, file: 'R' | 'X' | 'F', random: Random): number {
  const there = written(draft, file);
  return there.length > 0 && chance(random, 0.9) ? pick(there, random) : random.int(file === 'F' ? 16 : 32);
}

/** The lowest register that nothing writes, and with `count` the first of so many in a row; undefined when all are taken. */
export function freeOf(draft: Draft, file: 'R' | 'X' | 'F', count: number = 1): number | undefined {
  const taken = new Set(written(draft, file));
  const size = file === 'F' ? 16 : 32;
  for (let r = 0; r + count <= size; r++) {
    let i = 0;
    while (i < count && !taken.has(r + i)) i++;
    if (i === count) return r;
  }
  return undefined;
}

/** An instruction with operands of the right kind. */
export function anyInstruction(code: number, draft: Draft, random: Random): Instruction {
  const it = instruction(code, { d: random.int(code >= op.DOT ? 16 : 32) });
  for (const [field, low, count] of numbers(code)) it[field] = low + random.int(count);
  for (const [field, file] of registers(it)) it[field] = oneOf(draft, file, random);
  return it;
}

/** Another number in one of its fields: one more or less, or any. */
export function step(it: Instruction, random: Random): void {
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
