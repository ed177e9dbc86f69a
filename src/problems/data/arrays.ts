/** Examples from arrays with a shape: what IDX and .npz files hold. The first dimension counts examples, the others are one example. */
import { NadirError, show } from '../../core/errors.ts';
import { fitting } from '../data.ts';

import type { Data } from '../data.ts';

export interface Numbers {
  readonly array: Uint8Array | Int16Array | Int32Array | Uint32Array | Float32Array | Float64Array;
  /** In C order: the last index moves fastest. */
  readonly shape: readonly number[];
}
/** What is to be learnt: one class of up to 256 an example, or numbers. */
export type Task = 'classes' | 'regression';

/**
 * Examples from their inputs and their answers. Bytes stay bytes, seen as 0 to 1; every other number becomes a 32-bit float.
 * @param inputs n x ...
 * @param answers for `classes` n or n x 1 integers from 0 to 255; for `regression` n or n x outputs numbers
 * @example
 * examples('xor', { array: Uint8Array.of(0, 0, 0, 1, 1, 0, 1, 1), shape: [4, 2] }, { array: Uint8Array.of(0, 1, 1, 0), shape: [4] }, 'classes').outputs; // 2
 */
export function examples(name: string, inputs: Numbers, answers: Numbers, task: Task): Data {
  const [n = 0, ...rest] = inputs.shape;
  const width = rest.reduce((a, b) => a * b, 1);
  const refuse = (what: string): never => {
    throw new NadirError('input', `${name}: ${what}`);
  };
  if (n < 1 || width < 1) refuse(`its inputs are ${sizes(inputs)}; allowed: at least one example of at least one number`);
  const [count = 0, outputs = 1] = answers.shape;
  if (count !== n) refuse(`there are ${n} inputs and ${count} answers`);
  if (answers.shape.length > 2 || outputs < 1 || (task === 'classes' && outputs !== 1)) refuse(`its answers are ${sizes(answers)}; allowed: ${task === 'classes' ? `${n} or ${n} x 1 classes` : `${n}, or ${n} x any`}`);
  const bytes = inputs.array instanceof Uint8Array;
  const common = { n, width, inputs: bytes ? (inputs.array as Uint8Array) : Float32Array.from(inputs.array), scale: bytes ? 1 / 255 : 1, shift: 0 };
  if (task === 'regression') return fitting(name, { ...common, outputs, targets: Float32Array.from(answers.array) });
  const labels = Uint8Array.from(answers.array);
  let most = 0;
  for (let i = 0; i < n; i++) {
    if (labels[i] !== answers.array[i]) refuse(`label ${i} is ${show(answers.array[i])}; allowed: an integer from 0 to 255`);
    if (labels[i]! > most) most = labels[i]!;
  }
  return fitting(name, { ...common, outputs: most + 1, labels });
}

function sizes({ shape }: Numbers): string {
  return shape.length === 0 ? 'one number' : shape.join(' x ');
}
