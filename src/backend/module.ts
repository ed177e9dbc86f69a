/** Reads what a generator of code needs of a WebAssembly module, and writes a module of other functions. Only what nadir.wasm contains is known. */

/** An instruction: its code (0xfc00 and 0xfd00 plus what follows those prefixes), its first number, the bytes it lies in, and where its block ends. */
export interface Instruction {
  readonly op: number;
  readonly value: number;
  readonly from: number;
  readonly to: number;
  /** Index of the `end` of a block, loop or if; of an if its `else` too. */
  end?: number;
  otherwise?: number;
  /** Locals written in a loop. */
  writes?: readonly number[];
  /** The labels of a br_table, the default last. */
  readonly labels?: readonly number[];
}
export interface Body {
  /** Types of the parameters, then of the locals. */
  readonly types: readonly number[];
  readonly params: number;
  readonly results: readonly number[];
  /** The body as it is in the module: declarations of locals and code. */
  readonly bytes: Uint8Array;
  readonly code: readonly Instruction[];
  readonly written: ReadonlySet<number>;
  /** Locals that are surely written before they are read. */
  readonly fresh: ReadonlySet<number>;
}
/** A new body, as in a module, and the functions it calls. */
export interface Code { readonly bytes: ArrayLike<number>; readonly calls: Iterable<number> }
export interface Module {
  readonly bytes: Uint8Array;
  readonly exports: ReadonlyMap<string, number>;
  /** Where the static data lies, [from, to) each. */
  readonly data: readonly (readonly [number, number])[];
  body(index: number): Body;
  /** Types of the parameters of a function. */
  params(index: number): readonly number[];
  /** The module with these bodies, the others as they are when they are called, these exports and no data. */
  write(bodies: ReadonlyMap<number, Code>, exports: readonly string[]): Uint8Array<ArrayBuffer>;
}

export const I32 = 0x7f;
export const EQZ = 0x45;
export const BLOCK = 2;
export const LOOP = 3;
export const IF = 4;
export const ELSE = 5;
export const END = 11;
export const BR = 12;
export const BR_IF = 13;
export const BR_TABLE = 14;
export const RETURN = 15;
export const CALL = 16;
export const DROP = 0x1a;
export const GET = 0x20;
export const SET = 0x21;
export const TEE = 0x22;
export const CONST = 0x41;

/** Unsigned LEB128. */
export function unsigned(out: number[], value: number): void {
  for (value >>>= 0; value > 127; value >>>= 7) out.push((value & 127) | 128);
  out.push(value);
}
/** Signed LEB128 of 32 bits. */
export function signed(out: number[], value: number): void {
  for (value |= 0; value < -64 || value > 63; value >>= 7) out.push((value & 127) | 128);
  out.push(value & 127);
}

export function readModule(bytes: Uint8Array): Module {
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  };
  const integer = (): number => {
    let value = 0;
    for (let shift = 0; ; ) {
      const byte = bytes[at++]!;
      if (shift < 32) value |= (byte & 127) << shift;
      shift += 7;
      if (byte < 128) return shift < 32 && byte & 64 ? value | (-1 << shift) : value;
    }
  };
  const list = <T>(item: () => T): T[] => Array.from({ length: number() }, item);

  const sections = new Map<number, readonly [number, number]>();
  while (at < bytes.length) {
    const id = bytes[at++]!;
    const size = number();
    sections.set(id, [at, at + size]);
    at += size;
  }
  const section = <T>(id: number, item: () => T): T[] => {
    if (!sections.has(id)) return [];
    at = sections.get(id)![0];
    return list(item);
  };
  const types = section(1, () => {
    at++; // 0x60
    return { params: list(() => bytes[at++]!), results: list(() => bytes[at++]!) };
  });
  const signatures = section(3, number).map((i) => types[i]!); // the module imports no functions
  const exports = new Map<string, number>();
  section(7, () => {
    const name = String.fromCharCode(...list(() => bytes[at++]!));
    const kind = bytes[at++]!;
    const index = number();
    if (kind === 0) exports.set(name, index);
  });
  const places = section(10, () => {
    const size = number();
    at += size;
    return [at - size, at] as const;
  });
  const data = section(11, () => {
    number(); // an active segment of memory 0
    at++; // i32.const
    const from = integer();
    at++; // end
    const size = number();
    at += size;
    return [from, from + size] as const;
  });

  function instruction(): Instruction {
    const from = at;
    let op = bytes[at++]!;
    let value = 0;
    let labels: number[] | undefined;
    if (op >= BLOCK && op <= IF) value = bytes[at++]!; // the type: empty or one value
    else if (op === BR_TABLE) (labels = list(number)).push(number());
    else if ((op >= BR && op <= BR_IF) || op === CALL || (op >= GET && op <= 0x24)) value = number();
    else if (op >= 0x28 && op <= 0x3e) {
      number(); // the alignment
      value = number();
    } else if (op === CONST) value = integer();
    else if (op === 0x42) integer();
    else if (op === 0x43) at += 4;
    else if (op === 0x44) at += 8;
    else if (op === 0x3f || op === 0x40) at++;
    else if (op === 0xfc || op === 0xfd) {
      const sub = number();
      op = (op << 8) | sub;
      if (op === 0xfc0a) at += 2;
      else if (op === 0xfc0b) at++;
      else if (op > 0xfc07 && op < 0xfd00) throw new Error(`unknown instruction ${op.toString(16)}`);
      if (op === 0xfd0c || op === 0xfd0d) at += 16;
      else if (op >= 0xfd00 && (sub <= 11 || (sub >= 84 && sub <= 93))) {
        number();
        value = number();
        if (sub >= 84 && sub <= 91) at++;
      } else if (op >= 0xfd00 && sub >= 21 && sub <= 34) at++;
    } else if (op > 0xc4 || op === 0x11 || op === 0x1c) throw new Error(`unknown instruction ${op.toString(16)}`);
    return { op, value, from, to: at, labels };
  }

  const cache: Body[] = [];
  function body(index: number): Body {
    if (cache[index] !== undefined) return cache[index];
    const [from, to] = places[index]!;
    const { params, results } = signatures[index]!;
    at = from;
    const locals = list(() => {
      const n = number();
      return new Array<number>(n).fill(bytes[at++]!);
    });
    const code: Instruction[] = [];
    const open: number[] = [];
    const written = new Set<number>();
    const fresh = new Set<number>();
    const seen = new Set<number>();
    while (at < to) {
      const i = code.push(instruction()) - 1;
      const { op, value } = code[i]!;
      if (op >= BLOCK && op <= IF) open.push(i);
      else if (op === ELSE) code[open.at(-1)!]!.otherwise = i;
      else if (op === END) {
        const start = code[open.pop() ?? 0]!;
        if (at < to) {
          start.end = i;
          if (start.op === LOOP) start.writes = [...new Set(code.slice(code.indexOf(start)).filter((x) => x.op === SET || x.op === TEE).map((x) => x.value))];
        }
      } else if (op >= GET && op <= TEE) {
        if (op !== GET) written.add(value);
        if (op !== GET && open.length === 0 && !seen.has(value)) fresh.add(value);
        seen.add(value);
      }
    }
    return (cache[index] = { types: [...params, ...locals.flat()], params: params.length, results, bytes: bytes.subarray(from, to), code, written, fresh });
  }

  function write(bodies: ReadonlyMap<number, Code>, names: readonly string[]): Uint8Array<ArrayBuffer> {
    const kept = new Map<number, ArrayLike<number>>();
    const queue: number[] = [];
    for (const [index, { bytes, calls }] of bodies) {
      kept.set(index, bytes);
      queue.push(...calls);
    }
    for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
      if (kept.has(index)) continue;
      kept.set(index, body(index).bytes);
      for (const { op, value } of body(index).code) if (op === CALL) queue.push(value);
    }
    const out = [...bytes.subarray(0, 8)];
    const put = (id: number, content: ArrayLike<number>): void => {
      out.push(id);
      unsigned(out, content.length);
      for (let i = 0; i < content.length; i++) out.push(content[i]!);
    };
    for (const id of [1, 2, 3, 6]) if (sections.has(id)) put(id, bytes.subarray(...sections.get(id)!));
    const exported: number[] = [names.length];
    for (const name of names) {
      exported.push(name.length, ...[...name].map((c) => c.charCodeAt(0)), 0);
      unsigned(exported, exports.get(name)!);
    }
    put(7, exported);
    const code: number[] = [];
    unsigned(code, places.length);
    for (let i = 0; i < places.length; i++) {
      const one = kept.get(i) ?? [0, 0, END]; // unreachable: nobody calls it
      unsigned(code, one.length);
      for (let j = 0; j < one.length; j++) code.push(one[j]!);
    }
    put(10, code);
    return Uint8Array.from(out);
  }
  return { bytes, exports, data, body, params: (index) => signatures[index]!.params, write };
}

/** The i32 instructions from eqz to rotr; undefined for those that are not worth it. */
export function fold(op: number, x: number, y: number): number | undefined {
  switch (op) {
    case EQZ: return Number(x === 0);
    case 0x46: return Number(x === y);
    case 0x47: return Number(x !== y);
    case 0x48: return Number(x < y);
    case 0x49: return Number(x >>> 0 < y >>> 0);
    case 0x4a: return Number(x > y);
    case 0x4b: return Number(x >>> 0 > y >>> 0);
    case 0x4c: return Number(x <= y);
    case 0x4d: return Number(x >>> 0 <= y >>> 0);
    case 0x4e: return Number(x >= y);
    case 0x4f: return Number(x >>> 0 >= y >>> 0);
    case 0x6a: return x + y;
    case 0x6b: return x - y;
    case 0x6c: return Math.imul(x, y);
    case 0x71: return x & y;
    case 0x72: return x | y;
    case 0x73: return x ^ y;
    case 0x74: return x << y;
    case 0x75: return x >> y;
    case 0x76: return x >>> y;
    default: return undefined;
  }
}
