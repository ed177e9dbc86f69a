/**
 * A kernel at work: the machine of assembly/machine.ts in a region of a backend's arena.
 *
 * Its state moves on from byte to byte: score, trace, encode and decode continue where the last call ended, `reset` starts over.
 */
import { NadirError, show } from '../../core/errors.ts';
import type { Kernels } from '../../core/kernels.ts';
import type { Backend } from '../../core/types.ts';
import type { Kernel } from '../../spaces/program.ts';

/** Offsets of assembly/state.ts that the host reads or writes. */
const WORDS = 51200;
const DOUBLES = 1024;
const FINGER = 64;
const DONE = 112;
const FIXED = 57344;
/** Bytes that go through the machine in one call; what encode makes of one is at most 17 times as long. */
export const CHUNK = 65536;

/** What a machine runs on: the backend's kernels, or code made for it. */
export type MachineKernels = Pick<Kernels, 'machineScore' | 'machineTrace' | 'machineEncode' | 'machineDecode'>;

export interface Machine {
  /** Empty tables, no history but the kernel's own text. */
  reset(): void;
  /** Predicts `bytes`; the bits that all bytes since the reset take. It stops when they pass `above` (then `done` tells how many of these bytes it predicted). */
  score(bytes: Uint8Array, above?: number): number;
  /** Bytes that the last call dealt with. */
  readonly done: number;
  /** A hash of every prediction since the reset, 32 bits: kernels that predict alike have the same. */
  readonly fingerprint: number;
  /** Scores up to 1024 bytes; the 32 mixer inputs before each bit, 8 rows of 32 a byte, valid until the next call. */
  trace(bytes: Uint8Array): Float32Array;
  /** The code of up to CHUNK bytes; the decoder must be given the same pieces. */
  encode(bytes: Uint8Array): Uint8Array;
  /** The `length` bytes (up to CHUNK) whose code this is. Any code gives some bytes; `used` tells how much of it was read. */
  decode(code: Uint8Array, length: number): { readonly bytes: Uint8Array; readonly used: number };
  /** Where its region begins. */
  readonly pointer: number;
  /** From here on it runs on these, which give the same bits. */
  use(kernels: MachineKernels): void;
  /** Gives the region back. */
  close(): void;
}

/** Bytes that a machine for this kernel takes, with tables of 2^bits slots, bits from 12 to 22. */
export function machineBytes(backend: Backend, kernel: Kernel, bits: number): number {
  const scope = backend.scope();
  try {
    return plan(scope, kernel, bits, scope.array(FIXED / 8).byteOffset);
  } finally {
    scope.release();
  }
}

/** Opens a machine in `backend`'s arena. Throws `memory` when it does not fit. */
export function openMachine(backend: Backend, kernel: Kernel, bits: number): Machine {
  const size = machineBytes(backend, kernel, bits);
  const scope = backend.scope();
  const { u8, u32 } = backend;
  let kernels: MachineKernels = backend.kernels;
  let m: number, room: number;
  try {
    m = scope.array(Math.ceil(size / 8) + 8).byteOffset;
    m += -m & 63; // tables are by cache lines
    room = scope.array((CHUNK * 18) / 8).byteOffset;
  } catch (error) {
    scope.release();
    throw error;
  }
  plan(backend, kernel, bits, m);
  const output = room + CHUNK;
  const machine = {
    get done() {
      return u32[(m + DONE) >>> 2]!;
    },
    get fingerprint() {
      return u32[(m + FINGER) >>> 2]!;
    },
    reset() {
      backend.f64.set(kernel.doubles, (m + DOUBLES) / 8);
      backend.kernels.machineBoot(m);
    },
    score(bytes: Uint8Array, above = Infinity) {
      let bits = 0;
      let done = 0;
      for (let at = 0; at < bytes.length || at === 0; at += CHUNK) {
        const part = bytes.subarray(at, at + CHUNK);
        u8.set(part, room);
        bits = kernels.machineScore(m, room, part.length, above);
        done = at + machine.done;
        if (bits > above) break;
      }
      u32[(m + DONE) >>> 2] = done;
      return bits;
    },
    trace(bytes: Uint8Array) {
      if (bytes.length > 1024) throw new NadirError('input', `a trace is of up to 1024 bytes; these are ${bytes.length}`);
      u8.set(bytes, room);
      kernels.machineTrace(m, output, room, bytes.length);
      return new Float32Array(u8.buffer, output, bytes.length * 256);
    },
    encode(bytes: Uint8Array) {
      if (bytes.length > CHUNK) throw new NadirError('input', `a piece has up to ${CHUNK} bytes; this one has ${bytes.length}`);
      u8.set(bytes, room);
      const length = kernels.machineEncode(m, output, room, bytes.length, 17 * CHUNK);
      return u8.slice(output, output + length);
    },
    decode(code: Uint8Array, length: number) {
      if (length > CHUNK || code.length > 17 * CHUNK) throw new NadirError('input', `a piece has up to ${CHUNK} bytes and its code up to ${17 * CHUNK}; these are ${length} and ${code.length}`);
      u8.set(code, output);
      const used = kernels.machineDecode(m, room, output, code.length, length);
      return { bytes: u8.slice(room, room + length), used };
    },
    pointer: m,
    use(made: MachineKernels) {
      kernels = made;
    },
    close: () => scope.release(),
  };
  machine.reset();
  return machine;
}

/** Throws unless there are tables of 2^bits slots. */
export function checkBits(bits: number): void {
  if (!Number.isInteger(bits) || bits < 12 || bits > 22) throw new NadirError('input', `bits is ${show(bits)}; allowed: an integer from 12 to 22`);
}

function plan({ kernels, u32 }: Backend, { words, doubles }: Kernel, bits: number, m: number): number {
  checkBits(bits);
  if (words.length !== 64 || doubles.length !== 1024) throw new NadirError('input', `a kernel has 64 words and 1024 doubles; this one has ${words.length} and ${doubles.length}`);
  u32.set(words, (m + WORDS) >>> 2);
  return kernels.machinePlan(m, bits);
}
