/** The plain twin of assembly/machine.ts. */
import type { Kernels } from '../core/kernels.ts';

type Names = 'machinePlan' | 'machineBoot' | 'machineScore' | 'machineTrace' | 'machineEncode' | 'machineDecode';

/** The machine over `buffer`, the arena. */
export function machineTwins(buffer: ArrayBuffer): Pick<Kernels, Names> {
  const absent = (): never => {
    throw new Error(`not there yet (${buffer.byteLength})`);
  };
  return { machinePlan: absent, machineBoot: absent, machineScore: absent, machineTrace: absent, machineEncode: absent, machineDecode: absent };
}
