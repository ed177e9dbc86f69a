/** Kernels, texts and machines to try the machine of 64 words with. */
import type { Backend, Random } from '../../src/index.ts';
import type { Kernel } from '../../src/spaces/program.ts';
import * as op from '../../assembly/portable/opcodes.ts';

interface Fields { readonly d?: number; readonly a?: number; readonly b?: number; readonly k?: number }
export const word = (code: number, { d = 0, a = 0, b = 0, k = 0 }: Fields = {}): number => ((code << 26) | (d << 21) | (a << 16) | (b << 10) | k) >>> 0;
export function kernelOf(words: readonly number[], doubles: ArrayLike<number> = []): Kernel {
  const kernel = { words: new Uint32Array(64), doubles: new Float64Array(1024) };
  kernel.words.set(words);
  kernel.doubles.set(doubles);
  return kernel;
}
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export const noise = (random: Random, n: number): Uint8Array => Uint8Array.from({ length: n }, () => random.int(256));

/** Sentences in lines, of words with the frequencies of a language. */
export function prose(random: Random, length: number): Uint8Array {
  const vocabulary = Array.from({ length: 400 }, () => Array.from({ length: 1 + random.int(4) }, () => 'tnshrdlkwm'[random.int(10)]! + 'eaoiu'[random.int(5)]! + ['', 'n', 'r', 's'][random.int(4)]!).join(''));
  let text = '';
  let column = 0;
  while (text.length < length) {
    const next = vocabulary[Math.floor(400 ** random.f64()) - 1]!;
    const stop = random.f64() < 0.1;
    text += (text === '' || text.endsWith('. ') ? next[0]!.toUpperCase() + next.slice(1) : next) + (stop ? '. ' : random.f64() < 0.02 ? '\xe9, ' : ' ');
    column += next.length + 1;
    if (column > 60) {
      text = text.slice(0, -1) + '\n';
      column = 0;
    }
  }
  return Uint8Array.from({ length }, (_, i) => text.charCodeAt(i));
}

/** A kernel that predicts text: orders 0 to 4, words, histories, a match, two mixers, an APM. */
export function decent(): Kernel {
  const orders = [1, 2, 3, 4, 6].map((b) => word(op.ORD, { d: b, b }));
  const counters = [0, 1, 2, 3, 4].map((a, d) => word(op.CM, { d, a, b: 5 }));
  return kernelOf([
    ...orders, word(op.WORD, { d: 7 }), ...counters, word(op.CM2, { d: 5, a: 7, b: 6 }), word(op.ICM, { d: 7, a: 2, b: 6 }), word(op.ISSE, { d: 8, a: 3, b: 7 }), word(op.RUN, { d: 9, a: 2 }),
    word(op.MATCH, { d: 10, a: 6, b: 5 }), word(op.BIAS, { d: 12, k: 100 }), word(op.MIX, { d: 0, b: 1 | (3 << 3) }), word(op.MIX, { d: 1, a: 1, b: 2 | (3 << 3) }), word(op.MIX2, { d: 2, b: 2 << 3, k: 200 }),
    word(op.APM, { d: 2, a: 1, b: 2, k: 1 | (1 << 2) | (2 << 4) }), word(op.OUT, { a: 2 }),
  ], [...new Array<number>(100).fill(0.25), 0.5, ...new Array<number>(99).fill(0), 0.5, 0.5]);
}

/** Any 64 words; `light`: without the APMs whose tables are 8 MB, which take longer to clear than the rest to run. */
export const uniform = (random: Random, light: boolean): Uint32Array => Uint32Array.from({ length: 64 }, () => {
  const w = random.u32();
  return light && w >>> 26 === op.APM ? (w & ~3) >>> 0 : w;
});

/** The bits of a word that choose what an opcode does, as a mask of its b and k; operands of registers and doubles left out. */
const B = (mask: number): number => mask << 10;
const modes: { readonly [code: number]: number } = {
  [op.ORD]: B(31), [op.WORD]: B(7), [op.BYTE]: B(63), [op.SHR]: 31, [op.SHL]: 31, [op.CLASS]: B(15), [op.FEAT]: B(63), [op.PROJ]: B(7), [op.NEAR]: B(63), [op.SIGN]: B(15),
  [op.CM]: B(7), [op.CM2]: B(7), [op.ICM]: B(7), [op.MATCH]: B(63), [op.DOT]: B(63), [op.TANH]: B(32), [op.MIX]: B(63), [op.MIX2]: B(63), [op.APM]: 0b010111,
};
/** A word without its registers and doubles: what it does. */
export const deed = (w: number): number => (w & ((63 << 26) | (modes[w >>> 26] ?? 0))) >>> 0;
/** Every opcode in every mode, once. */
export const everything: readonly number[] = Array.from({ length: 64 }, (_, code) => {
  const mask = modes[code] ?? 0;
  const all: number[] = [];
  for (let bits = mask; ; bits = (bits - 1) & mask) {
    all.push((word(code) | bits) >>> 0);
    if (bits === 0) return all;
  }
}).flat();

/** Kernels that have between them everything, with any other operands, and an OUT of what a mixer says at the end. */
export function structured(random: Random, count: number): Uint32Array[] {
  const deck: number[] = [];
  return Array.from({ length: count }, () => {
    const words = Array.from({ length: 61 }, () => {
      if (deck.length === 0) {
        deck.push(...everything);
        for (let i = deck.length - 1; i > 0; i--) {
          const j = random.int(i + 1);
          [deck[i], deck[j]] = [deck[j]!, deck[i]!];
        }
      }
      const w = deck.pop()!;
      return (w | (random.u32() & ~(63 << 26) & ~(modes[w >>> 26] ?? 0))) >>> 0;
    });
    return Uint32Array.from([...words, word(op.CM, { d: 0, a: random.int(32), b: 3 }), word(op.MIX, { d: 3, b: 1 | (5 << 3) }), word(op.OUT, { a: 3 })]);
  });
}

/** Doubles between -1 and 1, and among them what no kernel should have. */
export function doubles(random: Random, odd: number): Float64Array {
  const bad = [NaN, Infinity, -Infinity, -0, 1e300, -1e300, 5e-324, 2 ** 48 - 1, 110583446561646];
  return Float64Array.from({ length: 1024 }, () => (random.f64() < odd ? bad[random.int(bad.length)]! : 2 * random.f64() - 1));
}

/** A machine by its kernels' pointers. */
export interface Raw {
  readonly backend: Backend;
  /** Where its region is, and how large. */
  readonly m: number;
  readonly size: number;
  start(): void;
  score(bytes: Uint8Array, limit?: number): number;
  trace(bytes: Uint8Array): Float32Array;
  encode(bytes: Uint8Array, limit?: number): { size: number; code: Uint8Array };
  decode(code: Uint8Array, length: number): { used: number; bytes: Uint8Array };
  /** What is where codes go. */
  output(length: number): Uint8Array;
  readonly done: number;
  readonly fingerprint: number;
  r(i: number): number;
  f(i: number): number;
  x(i: number): number;
  v(i: number): number;
  close(): void;
}
const ROOM = 1 << 16;
/** A machine for pieces of up to `most` bytes. */
export function open(backend: Backend, kernel: Kernel, bits: number, most = ROOM): Raw {
  const { kernels, u8, u32, f32, f64 } = backend;
  const scope = backend.scope();
  const room = scope.array(Math.max(8192, (18 * most) / 8)).byteOffset;
  u32.set(kernel.words, (room + 51200) / 4);
  const size = kernels.machinePlan(room, bits);
  let m = scope.array(size / 8 + 8).byteOffset;
  m += -m & 63;
  const output = room + most;
  const raw: Raw = {
    backend, m, size,
    start() {
      u32.set(kernel.words, (m + 51200) / 4);
      f64.set(kernel.doubles, (m + 1024) / 8);
      kernels.machinePlan(m, bits);
      kernels.machineBoot(m);
    },
    score(bytes, limit = Infinity) {
      u8.set(bytes, room);
      return kernels.machineScore(m, room, bytes.length, limit);
    },
    trace(bytes) {
      u8.set(bytes, room);
      kernels.machineTrace(m, output, room, bytes.length);
      return f32.slice(output / 4, output / 4 + 256 * bytes.length);
    },
    encode(bytes, limit = 17 * most) {
      u8.set(bytes, room);
      const length = kernels.machineEncode(m, output, room, bytes.length, limit);
      return { size: length, code: u8.slice(output, output + Math.max(0, length)) };
    },
    decode(code, length) {
      u8.set(code, output);
      const used = kernels.machineDecode(m, room, output, code.length, length);
      return { used, bytes: u8.slice(room, room + length) };
    },
    output: (length) => u8.slice(output, output + length),
    get done() {
      return u32[(m + 112) / 4]!;
    },
    get fingerprint() {
      return u32[(m + 64) / 4]!;
    },
    r: (i) => u32[(m + 128) / 4 + i]!,
    f: (i) => f64[(m + 256) / 8 + i]!,
    x: (i) => f32[(m + 384) / 4 + i]!,
    v: (i) => f64[(m + 512) / 8 + i]!,
    close: () => scope.release(),
  };
  raw.start();
  return raw;
}
