/** What the registers of a machine hold before each byte of a text. */
import { machineBytes } from '../../src/problems/program/machine.ts';
import type { Backend } from '../../src/core/types.ts';
import type { Kernel } from '../../src/spaces/program.ts';

const [R, D, WORDS] = [128, 1024, 51200]; // assembly/state.ts

/** R[0] to R[31], one row a byte. */
export function registers(backend: Backend, kernel: Kernel, bytes: Uint8Array, bits = 12): number[][] {
  const { kernels, u8, u32, f64 } = backend;
  let m = backend.array(Math.ceil(machineBytes(backend, kernel, bits) / 8) + 8).byteOffset;
  m += -m & 63;
  const room = backend.array(8).byteOffset;
  u32.set(kernel.words, (m + WORDS) >>> 2);
  kernels.machinePlan(m, bits);
  f64.set(kernel.doubles, (m + D) / 8);
  kernels.machineBoot(m);
  const rows = Array.from(bytes, (c) => {
    u8[room] = c;
    kernels.machineScore(m, room, 1, Infinity);
    return Array.from(u32.subarray((m + R) >>> 2, (m + R + 128) >>> 2));
  });
  backend.release();
  return rows;
}
