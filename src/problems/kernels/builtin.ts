/** What a built-in kernel is, and how its doubles are written down. */
import { DOUBLES, type Kernel } from '../../spaces/program.ts';

export interface BuiltIn {
  readonly name: string;
  /** What containers call it; it stays decodable, so an id never means another kernel. */
  readonly id: number;
  readonly about: string;
  readonly kernel: Kernel;
}

/** 1024 doubles: runs of numbers from an index on, the rest 0. */
export function numbers(...runs: readonly (readonly [at: number, values: ArrayLike<number>])[]): Float64Array {
  const doubles = new Float64Array(DOUBLES);
  for (const [at, values] of runs) doubles.set(values, at);
  return doubles;
}

/** Text for PRIME, six bytes a double, the lowest first. */
export function text(ascii: string): number[] {
  return Array.from({ length: Math.ceil(ascii.length / 6) }, (_, i) => Array.from(ascii.slice(6 * i, 6 * i + 6)).reduceRight((sum, c) => sum * 256 + c.charCodeAt(0), 0));
}
