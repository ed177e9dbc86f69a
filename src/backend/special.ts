/**
 * A machine's own code: the functions of nadir.wasm evaluated for one program, as a module over the same memory.
 *
 * Every instruction of the program becomes the body of byteOp, or of nibbleOp, bitOp and learnOp, with m and r known (Futamura's first projection): what those
 * read of the plan, of D and of static data is constant, so that their switches, operands and addresses fold, and what is left is straight code. Nothing of what an
 * instruction means is written here, so the bits are the interpreter's by construction. Calls with known arguments are put in place too.
 * Surprise: engines fold arithmetic well enough; what they cannot know is that a load is constant, and every arm of a switch that they do not have to drop is compiled later.
 */
import { wasm } from '../../build/wasm.ts';
import type { Kernels } from '../core/kernels.ts';
import { fromBase64 } from '../core/snapshot.ts';
import type { Backend } from '../core/types.ts';
import { BLOCK, BR, BR_IF, BR_TABLE, CALL, CONST, DROP, ELSE, END, EQZ, GET, I32, IF, LOOP, RETURN, SET, TEE, fold, readModule, signed, unsigned, type Code, type Module } from './module.ts';

/** What there is code of one's own for. */
export type Special = Pick<Kernels, 'machineScore' | 'machineTrace' | 'machineEncode' | 'machineDecode'>;

/** Of assembly/state.ts. */
const [RING, KNOWS, NBYTE, NBIT, VLEN, DOUBLES, REC, RECORD, FIELDS] = [32, 76, 92, 96, 108, 1024, 9216, 64, 32] as const;
const [UNREACHABLE, EMPTY] = [0, 0x40] as const;
const [I64, F32, F64, V128] = [0x7e, 0x7d, 0x7c, 0x7b] as const;
const ROOTS = ['machineScore', 'machineTrace', 'machineEncode', 'machineDecode'] as const;

/** A value that is known, or in a parameter of the whole function, which nobody writes. */
type Argument = { readonly known: number; readonly local?: undefined } | { readonly local: number; readonly known?: undefined };
type Known = (Argument | undefined)[];
const same = (x: Argument | undefined, y: Argument | undefined): boolean => x?.known === y?.known && x?.local === y?.local;
/** An open block: what is known at its end, once something gets there; what was known before an `if`, until its `else`. */
interface Frame { readonly op: number; readonly end: number; after?: Known; before?: Known | undefined }

let parsed: Module | undefined;

/** The functions of the machine at `m` of a SIMD backend, which must be booted; undefined where the runtime compiles no code or the backend has none. */
export async function specialise(backend: Backend, m: number): Promise<Special | undefined> {
  const { memory } = backend.kernels as unknown as { memory?: WebAssembly.Memory };
  if (backend.name !== 'simd' || memory === undefined) return undefined;
  try {
    const { instance } = await WebAssembly.instantiate(special(backend, m), { env: { memory } });
    return instance.exports as unknown as Special;
  } catch {
    return undefined; // a page whose policy changed, or an engine at its limits: the interpreter gives the same bits
  }
}

/** The module for the machine at `m`. */
export function special({ u32, u8 }: Backend, m: number): Uint8Array<ArrayBuffer> {
  const module = (parsed ??= readModule(fromBase64(wasm)));
  const view = new DataView(u8.buffer, u8.byteOffset);
  const records = u32[(m + NBYTE) >>> 2]! + u32[(m + NBIT) >>> 2]!;
  const plan = { from: m + REC, to: m + REC + records * RECORD };
  /** Whether nothing writes there while the machine runs. */
  const constant = (at: number, size: number): boolean => {
    if (at >= plan.from && at < plan.to) return ((at - plan.from) % RECORD) + size <= FIELDS;
    if (at >= m + DOUBLES && at + size <= m + REC) return true;
    if (at >= m + NBYTE && at + size <= m + VLEN) return true;
    if (at >= m + RING && at + size <= m + RING + 8) return true;
    if (at === m + KNOWS && size === 4) return true;
    return module.data.some(([from, to]) => at >= from && at + size <= to);
  };
  const index = (name: string): number => module.exports.get(name)!;
  const bodies = new Map<number, Code>();
  const known = (value: number): Argument => ({ known: value });
  const record = (i: number): Argument => known(plan.from + i * RECORD);
  const bytes = u32[(m + NBYTE) >>> 2]!;
  const steps = (from: number, to: number, name: string, ...more: readonly Argument[]): readonly Call[] => Array.from({ length: to - from }, (_, i) => [index(name), [known(m), record(from + i), ...more]]);
  const keep = new Set(['machineBytes', 'machineNibble', 'machineBits', 'machineLearn'].map(index));
  const make = (name: string, calls: readonly Call[]): void => void bodies.set(index(name), generate(module, view, constant, keep, module.params(index(name)), calls));
  make('machineBytes', steps(0, bytes, 'byteOp'));
  make('machineNibble', steps(bytes, records, 'nibbleOp'));
  make('machineBits', steps(bytes, records, 'bitOp'));
  make('machineLearn', steps(bytes, records, 'learnOp', { local: 1 }));
  for (const name of ROOTS) make(name, [[index(name), module.params(index(name)).map((_, i) => (i === 0 ? known(m) : { local: i }))]]);
  return module.write(bodies, ROOTS);
}

type Call = readonly [index: number, args: readonly Argument[]];

/** The body of a function that makes these calls, all of them put in place; the last one's result is its own. Functions in `keep` stay calls. */
function generate(module: Module, memory: DataView, constant: (at: number, size: number) => boolean, keep: ReadonlySet<number>, params: readonly number[], calls: readonly Call[]): Code {
  const out: number[] = [];
  const types: number[] = [...params];
  const free = new Map<number, number[]>();
  const called = new Set<number>();
  /** What is on top of the stack but not written yet: constants, and locals that nobody writes. */
  let pending: Argument[] = [];

  const flush = (): void => {
    for (const item of pending) {
      if (item.known !== undefined) constantOf(out, I32, item.known);
      else local(GET, item.local);
    }
    pending = [];
  };
  /** Takes the top of the stack, where it is a constant. */
  const pop = (): number | undefined => {
    const top = pending.at(-1)?.known;
    if (top !== undefined) pending.pop();
    return top;
  };
  const local = (op: number, slot: number): void => {
    out.push(op);
    unsigned(out, slot);
  };
  const take = (type: number): number => free.get(type)?.pop() ?? types.push(type) - 1;

  function inline(index: number, args: readonly Argument[]): void {
    const { code, types: own, results, written, fresh } = module.body(index);
    flush();
    const slots: number[] = [];
    const taken: number[] = [];
    let now: Known = [];
    own.forEach((type, i) => {
      const arg = args[i];
      now.push(arg ?? (type === I32 ? { known: 0 } : undefined));
      if (arg !== undefined && !written.has(i)) return void slots.push(-1); // never read: it stays known
      const slot = take(type);
      slots.push(slot);
      taken.push(slot);
      if (fresh.has(i)) return;
      if (arg?.local !== undefined) local(GET, arg.local);
      else constantOf(out, type, arg?.known ?? 0);
      local(SET, slot);
    });
    out.push(BLOCK, results[0] ?? EMPTY);
    const frames: Frame[] = [{ op: BLOCK, end: code.length - 1 }];
    let live = true;

    /** Control goes to the end of the block `label` blocks out, where only what all who come agree on is known. */
    const arrive = (label: number, state: Known): void => {
      const frame = frames.at(-1 - label)!;
      frame.after = frame.after === undefined ? state.slice() : frame.after.map((value, i) => (same(value, state[i]) ? value : undefined));
    };
    const branch = (op: number, label: number): void => {
      if (frames.at(-1 - label)!.op !== LOOP) arrive(label, now);
      flush();
      local(op, label);
      live &&= op !== BR;
    };
    const open = (op: number, type: number, end: number): void => {
      flush();
      out.push(op, type);
      frames.push({ op, end, before: op === IF ? now.slice() : undefined });
    };

    for (let i = 0; i < code.length; i++) {
      const { op, value, from, to, end = 0, otherwise, writes, labels } = code[i]!;
      const frame = frames.at(-1)!;
      if (op === END) {
        if (live) {
          flush();
          arrive(0, now);
        }
        if (frame.before !== undefined) arrive(0, frame.before); // an if without an else, or one whose else is still to come
        frames.pop();
        out.push(END);
        live = frame.after !== undefined;
        if (live) now = frame.after!;
        else out.push(UNREACHABLE); // for the validator: nothing gets here
      } else if (op === ELSE) {
        if (live) {
          flush();
          arrive(0, now);
        }
        live = frame.op === IF;
        if (live) {
          out.push(ELSE);
          now = frame.before!;
          frame.before = undefined;
        } else i = frame.end - 1; // the condition was known to hold
      } else if (!live) {
        if (op >= BLOCK && op <= IF) i = end;
      } else if (op === BLOCK) open(BLOCK, value, end);
      else if (op === LOOP) {
        open(LOOP, value, end);
        for (const slot of writes!) now[slot] = undefined;
      } else if (op === IF) {
        const condition = pop();
        if (condition === undefined) open(IF, value, end);
        else if (condition !== 0 || otherwise !== undefined) {
          open(BLOCK, value, end);
          if (condition === 0) i = otherwise!;
        } else i = end;
      } else if (op === BR) branch(BR, value);
      else if (op === BR_IF) {
        const condition = pop();
        if (condition !== 0) branch(condition === undefined ? BR_IF : BR, value);
      } else if (op === BR_TABLE) {
        const choice = pop();
        if (choice !== undefined) branch(BR, labels![Math.min(choice >>> 0, labels!.length - 1)]!);
        else {
          for (const label of labels!) if (frames.at(-1 - label)!.op !== LOOP) arrive(label, now);
          copy(from, to);
          live = false;
        }
      } else if (op === RETURN) branch(BR, frames.length - 1);
      else if (op === UNREACHABLE) {
        copy(from, to);
        live = false;
      } else if (op === GET) {
        if (now[value] !== undefined) pending.push(now[value]);
        else {
          flush();
          local(GET, slots[value]!);
        }
      } else if (op === SET || op === TEE) {
        const top = pending.at(-1);
        flush();
        now[value] = top;
        local(top === undefined ? op : SET, slots[value]!);
        if (top !== undefined && op === TEE) pending.push(top);
      } else if (op === CALL) {
        const { length } = module.params(value);
        if (!keep.has(value) && length > 0 && pending.length >= length) inline(value, pending.splice(-length));
        else {
          called.add(value);
          copy(from, to);
        }
      } else if (op === CONST) pending.push({ known: value });
      else if (op === DROP && pending.length > 0) pending.pop();
      else if (!simplify(op, value)) copy(from, to);
    }
    for (const slot of taken) free.set(types[slot]!, [...(free.get(types[slot]!) ?? []), slot]);
  }

  /** Answers an instruction on known operands; whether it could. */
  function simplify(op: number, offset: number): boolean {
    const arity = op === EQZ || (op >= 0x67 && op <= 0x69) ? 1 : (op > EQZ && op <= 0x4f) || (op >= 0x6a && op <= 0x78) ? 2 : 0;
    if (arity > 0 && pending.length >= arity) {
      const operands = pending.slice(-arity).map(({ known }) => known);
      if (operands.includes(undefined)) return false;
      const answer = fold(op, operands[0]!, operands[1] ?? 0);
      if (answer === undefined) return false;
      pending.splice(-arity, arity, { known: answer | 0 });
      return true;
    }
    const load = LOADS.get(op);
    const top = pending.at(-1)?.known;
    if (load === undefined || top === undefined) return false;
    const at = (top >>> 0) + offset;
    if (!constant(at, load.size)) return false;
    pending.pop();
    const x = load.read(memory, at);
    if (load.type === I32) pending.push({ known: x });
    else {
      flush();
      constantOf(out, load.type, x);
    }
    return true;
  }

  function copy(from: number, to: number): void {
    flush();
    for (let at = from; at < to; at++) out.push(module.bytes[at]!);
  }

  for (const [index, args] of calls) inline(index, args);
  flush();
  const declared: number[] = [];
  unsigned(declared, types.length - params.length);
  for (const type of types.slice(params.length)) declared.push(1, type);
  return { bytes: [...declared, ...out, END], calls: called };
}

/** A constant of that type; of a vector only 0. */
function constantOf(out: number[], type: number, value: number): void {
  if (type === I32) {
    out.push(CONST);
    signed(out, value);
  } else if (type === I64) out.push(0x42, 0);
  else if (type === V128) out.push(0xfd, 12, ...new Uint8Array(16));
  else if (type === F32) out.push(0x43, ...new Uint8Array(new Float32Array([value]).buffer));
  else out.push(0x44, ...new Uint8Array(new Float64Array([value]).buffer));
}

/** What loads constants, by code. */
const LOADS: ReadonlyMap<number, { readonly type: number; readonly size: number; read(memory: DataView, at: number): number }> = new Map([
  [0x28, { type: I32, size: 4, read: (memory, at) => memory.getInt32(at, true) }],
  [0x2a, { type: F32, size: 4, read: (memory, at) => memory.getFloat32(at, true) }],
  [0x2b, { type: F64, size: 8, read: (memory, at) => memory.getFloat64(at, true) }],
  [0x2d, { type: I32, size: 1, read: (memory, at) => memory.getUint8(at) }],
]);
