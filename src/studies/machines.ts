/** A machine in an arena of its own that is just large enough, running on code made for it when there is enough to do. */
import { openBackend, sharedBackend, type BackendName } from '../backend/index.ts';
import { specialise } from '../backend/special.ts';
import { NadirError } from '../core/errors.ts';
import { work } from '../problems/program/assembler.ts';
import { CHUNK, machineBytes, openMachine, type Machine } from '../problems/program/machine.ts';
import type { Kernel } from '../spaces/program.ts';

export interface MachineOptions {
  /** `auto` by default: SIMD where the runtime has it. */
  readonly backend?: BackendName;
  /** How much it will have to predict, more or less: code of its own is made for a machine when that pays. */
  readonly bytes?: number;
  /** Bytes it may take; 4 GiB by default. */
  readonly maxMemory?: number;
}

/** Beside the machine: its room for pieces, the module's own data, the arena's scratch, rounding. */
export const BESIDE: number = 18 * CHUNK + 4 * 65536;

/** Nominal nanoseconds of work from which code of its own pays: it takes up to 70 ms to make and compile, and saves more than a third (bench/machine.ts). */
const PAYS = 400e6;

/** Whether code made for a kernel saves more than making it takes, for so many bytes. */
export function pays(kernel: Kernel, bytes: number): boolean {
  return bytes * work(kernel) > PAYS;
}

/** A fresh machine for this kernel with tables of 2^bits slots. Throws `memory`, before it takes any, when that is more than `maxMemory`. */
export async function machineFor(kernel: Kernel, bits: number, { backend = 'auto', bytes = 0, maxMemory = 4294901760 }: MachineOptions = {}): Promise<Machine> {
  const size = machineBytes(await sharedBackend(backend), kernel, bits) + BESIDE;
  if (!(size <= maxMemory)) throw new NadirError('memory', `this kernel with tables of 2^${bits} slots takes ${size} bytes; allowed by maxMemory: ${maxMemory}`);
  const arena = await openBackend(backend, size);
  const machine = openMachine(arena, kernel, bits);
  const special = pays(kernel, bytes) ? await specialise(arena, machine.pointer) : undefined;
  if (special !== undefined) machine.use(special);
  return machine;
}
