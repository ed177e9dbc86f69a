/**
 * A program as instructions: what each reads and writes, which of them matter, which doubles they use.
 *
 * Of the 64 words only the order within a class counts, so a listing keeps BYTE and BIT instructions apart. Liveness is the textbook backward analysis over the
 * machine's loop (eight times the BIT part, then the BYTE part), registers kept from round to round.
 */
import * as op from '../../../assembly/portable/opcodes.ts';
import type { Kernel } from '../program.ts';

/** One instruction, its operands as in the word. */
export interface Instruction { op: number; d: number; a: number; b: number; k: number }
/** What a move works on. */
export interface Draft { bytes: Instruction[]; bits: Instruction[]; doubles: Float64Array }

/** Where a value is: R[0..31], X[0..31], F[0..15], V, the state of the last MATCH, the prediction. */
const X0 = 32;
const F0 = 64;
const V = 80;
const MATCHED = 81;
const LOGIT = 82;
const INPUTS: readonly number[] = Array.from({ length: 32 }, (_, i) => X0 + i);

const ALU: readonly number[] = [op.ADD, op.SUB, op.XOR, op.AND, op.OR, op.MUL, op.HASH, op.SEL];
const TWO: readonly number[] = [op.AVG, op.FADD, op.FMUL, op.FMIN, op.FMAX];
/** BYTE instructions that write R[d]. */
const SETS_R = (code: number): boolean => code >= op.ORD && code <= op.MBYTE && code !== op.FEAT && code !== op.PERM && code !== op.DCT;

/** An instruction; what is not given is 0. */
export function instruction(code: number, operands: { readonly d?: number; readonly a?: number; readonly b?: number; readonly k?: number } = {}): Instruction {
  return { op: code, d: operands.d ?? 0, a: operands.a ?? 0, b: operands.b ?? 0, k: operands.k ?? 0 };
}

/** Its word; operands are taken modulo the size of their field. */
export function pack({ op: code, d, a, b, k }: Instruction): number {
  return ((code << 26) | ((d & 31) << 21) | ((a & 31) << 16) | ((b & 63) << 10) | (k & 1023)) >>> 0;
}

export function unpack(word: number): Instruction {
  return { op: word >>> 26, d: (word >>> 21) & 31, a: (word >>> 16) & 31, b: (word >>> 10) & 63, k: word & 1023 };
}

export const isByte = (code: number): boolean => code >= op.ORD && code <= op.PRIME;
export const isBit = (code: number): boolean => code >= op.CM && code <= op.OUT;
export const ownsTable = (code: number): boolean => code >= op.CM && code <= op.MATCH;

/** The instructions the machine runs: no NOPs, no unknown codes, no table beyond the 24th. */
export function listing({ words, doubles }: Kernel): Draft {
  const draft: Draft = { bytes: [], bits: [], doubles: doubles.slice() };
  let tables = 0;
  for (const word of words) {
    const code = word >>> 26;
    if (isByte(code)) draft.bytes.push(unpack(word));
    else if (isBit(code) && (!ownsTable(code) || ++tables <= op.TABLES)) draft.bits.push(unpack(word));
  }
  return draft;
}

/** The kernel of a draft: BYTE instructions, BIT instructions, NOPs; what does not fit in 64 words is lost. */
export function compile({ bytes, bits, doubles }: Draft): Kernel {
  const words = new Uint32Array(64);
  [...bytes, ...bits].slice(0, 64).forEach((it, i) => (words[i] = pack(it)));
  return { words, doubles };
}

/** The selector R[a] of a MIX or APM is read, by its mode. */
export const readsSelector = ({ op: code, b, k }: Instruction): boolean => (code === op.MIX ? [2, 4, 5, 6].includes(b & 7) : (k & 3) === 1 || (k & 3) === 2);

/** Places that an instruction reads. */
export function reads(it: Instruction): number[] {
  const { op: code, d, a, b, k } = it;
  if (ALU.includes(code)) return code === op.SEL ? [a, b & 31, d] : [a, b & 31];
  if (TWO.includes(code)) return [F0 + (a & 15), F0 + (b & 15)];
  switch (code) {
    case op.SHR: case op.SHL: case op.LOW: case op.ALPHA: return [a];
    case op.PROJ: case op.NEAR: case op.SIGN: case op.PERM: case op.DCT: return [V];
    case op.MLEN: case op.MBYTE: return [MATCHED];
    case op.CM: case op.CM2: case op.ICM: case op.RUN: case op.MATCH: return [a];
    case op.ISSE: return [a, X0 + (b & 31)];
    case op.MOV: case op.OUT: return [F0 + (a & 15)];
    case op.DOT: case op.TANH: return Array.from({ length: (b & 31) + 1 }, (_, i) => (b & 32 ? F0 + ((a + i) & 15) : X0 + ((a + i) & 31)));
    case op.MIX: return [...(readsSelector(it) ? [a] : []), ...((b & 7) === 3 || (b & 7) === 7 ? [MATCHED] : []), ...INPUTS];
    case op.MIX2: return Array.from({ length: (b & 7) + 2 }, (_, i) => F0 + ((a + i) & 15));
    case op.APM: return [F0 + (b & 15), ...(readsSelector(it) ? [a] : []), ...((k & 3) === 3 ? [MATCHED] : [])];
    case op.FX: return [X0 + a];
    default: return [];
  }
}

/** Places that it writes; nothing of them is left from before, but for what MATCH says. */
export function writes({ op: code, d }: Instruction): number[] {
  if (SETS_R(code)) return code === op.PROJ ? [d, F0 + (d & 15)] : [d];
  if (code === op.FEAT || code === op.PERM || code === op.DCT) return [V];
  if (code === op.CM2) return [X0 + d, X0 + ((d + 1) & 31)];
  if (code === op.MATCH) return [X0 + d, X0 + ((d + 1) & 31), MATCHED];
  if (code >= op.CM && code <= op.MOV) return [X0 + d];
  if (code >= op.DOT && code <= op.FX) return [F0 + (d & 15)];
  return code === op.OUT ? [LOGIT] : [];
}

/** Registers of a file that instructions write, ascending. */
export function written({ bytes, bits }: Draft, file: 'R' | 'X' | 'F'): number[] {
  const [from, to] = file === 'R' ? [0, 32] : file === 'X' ? [X0, X0 + 32] : [F0, F0 + 16];
  const places = new Set([...bytes, ...bits].flatMap(writes).filter((place) => place >= from && place < to));
  return [...places].map((place) => place - from).sort((x, y) => x - y);
}

/** Drops, in place, what never reaches the prediction. The machine predicts the same without it. */
export function tidy(draft: Draft): Draft {
  let byteStart = new Set<number>(); // live before the BYTE part
  let bitStart = new Set<number>();
  const keep = new Set<Instruction>();
  for (let grew = true; grew; ) {
    const size = byteStart.size + bitStart.size + keep.size;
    const learned = draft.bits.some((it) => it.op === op.MIX && keep.has(it)) ? INPUTS : []; // a mixer learns from the inputs as they are after the last instruction
    const bits = walk(draft.bits, new Set([...bitStart, ...byteStart, ...learned, LOGIT]), keep);
    bits.delete(LOGIT); // every bit begins at 0
    const bytes = walk(draft.bytes, new Set(bits), keep);
    byteStart = bytes;
    bitStart = bits;
    grew = byteStart.size + bitStart.size + keep.size !== size;
  }
  const primes = draft.bits.some((it) => keep.has(it));
  draft.bytes = draft.bytes.filter((it) => keep.has(it) || (it.op === op.PRIME && primes));
  draft.bits = draft.bits.filter((it) => keep.has(it));
  return draft;
}

/** What is live before `list` when `live` is after it; adds instructions that write something live to `keep`. */
function walk(list: readonly Instruction[], live: Set<number>, keep: Set<Instruction>): Set<number> {
  for (let i = list.length - 1; i >= 0; i--) {
    const it = list[i]!;
    const out = writes(it);
    if (!out.some((place) => live.has(place))) continue;
    keep.add(it);
    for (const place of out) if (place !== MATCHED) live.delete(place);
    for (const place of reads(it)) live.add(place);
  }
  return live;
}

/**
 * The indices of the doubles that a program reads, ascending: weights of inputs that are written, vectors, tables.
 * @example
 * const words = assemble('BIAS X0 D7\nMIX F0 R0 D100\nOUT F0');
 * active({ words, doubles: new Float64Array(1024) }); // [ 7, 100 ]
 */
export function active(kernel: Kernel): number[] {
  const draft = tidy(listing(kernel));
  const inputs = written(draft, 'X');
  const used = new Set<number>();
  const range = (k: number, n: number): void => {
    for (let i = 0; i < n; i++) used.add((k + i) & 1023);
  };
  const last = draft.bytes.findLast((it) => it.op === op.FEAT);
  let length = last ? 4 << (last.b & 3) : 4;
  for (const { op: code, b, k } of [...draft.bytes, ...draft.bits]) {
    if (code === op.FEAT) {
      length = 4 << (b & 3);
      const mode = (b >> 2) & 3;
      if (mode > 0) range(k, mode === 3 ? 512 : 256);
    } else if (code === op.PROJ || code === op.PERM) range(k, length);
    else if (code === op.NEAR) range(k, (b + 1) * length);
    else if (code === op.SIGN) range(k, ((b & 15) + 1) * length);
    else if (code === op.PRIME) range(k, 16 * b);
    else if (code === op.BIAS || code === op.LDD) range(k, 1);
    else if (code === op.DOT || code === op.TANH) range(k, (b & 31) + 2);
    else if (code === op.MIX) for (const x of inputs) used.add((k + x) & 1023);
    else if (code === op.MIX2) range(k, (b & 7) + 2);
  }
  return [...used].sort((x, y) => x - y);
}
