/** Moves that make a program longer and keep it working: a new context with a component that reads it, a mixer, an APM, a copy that differs in one number. */
import * as op from '../../../assembly/portable/opcodes.ts';
import type { Random } from '../../core/types.ts';
import { type Draft, type Instruction, active, compile, instruction, ownsTable, written } from './listing.ts';
import { chance, freeOf, numbers, pick, step } from './operands.ts';

const MIXERS: readonly number[] = [op.MIX, op.MIX2, op.DOT, op.TANH, op.FX, op.APM, op.OUT];

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
export function small(draft: Draft, random: Random): number {
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

export function addInput(draft: Draft, random: Random): void {
  component(draft, context(draft, random), random);
}
export function addReader(draft: Draft, random: Random): void {
  const there = written(draft, 'R');
  if (there.length === 0) addInput(draft, random);
  else component(draft, pick(there, random), random);
}

/** A MIX over all inputs, averaged or mixed with what was the prediction. */
export function addMixer(draft: Draft, random: Random): void {
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
export function addApm(draft: Draft, random: Random): void {
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
export function varyCopy(draft: Draft, random: Random): void {
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
