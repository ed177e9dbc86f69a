/** A machine in an arena of its own that is just large enough. */
import { openBackend, sharedBackend, type BackendName } from '../backend/index.ts';
import { NadirError } from '../core/errors.ts';
import { CHUNK, machineBytes, openMachine, type Machine } from '../problems/program/machine.ts';
import type { Kernel } from '../spaces/program.ts';

export interface MachineOptions {
  /** `auto` by default: SIMD where the runtime has it. */
  readonly backend?: BackendName;
  /** How much it will have to predict, more or less: what is worth doing first depends on it. */
  readonly bytes?: number;
  /** Bytes it may take; 4 GiB by default. */
  readonly maxMemory?: number;
}

/** Beside the machine: its room for pieces, the module's own data, the arena's scratch, rounding. */
const BESIDE = 18 * CHUNK + 3 * 65536;

/** A fresh machine for this kernel with tables of 2^bits slots. Throws `memory`, before it takes any, when that is more than `maxMemory`. */
export async function machineFor(kernel: Kernel, bits: number, { backend = 'auto', maxMemory = 2 ** 32 - 65536 }: MachineOptions = {}): Promise<Machine> {
  const size = machineBytes(await sharedBackend(backend), kernel, bits) + BESIDE;
  if (!(size <= maxMemory)) throw new NadirError('memory', `this kernel with tables of 2^${bits} slots takes ${size} bytes; allowed are ${maxMemory}`);
  return openMachine(await openBackend(backend, size), kernel, bits);
}
