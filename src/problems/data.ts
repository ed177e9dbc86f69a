/** Examples to learn from, as every reader makes them and the network problem takes them: types and the one check that they fit. */
import { NadirError, show } from '../core/errors.ts';

/** n examples. `labels` for classes or `targets` for numbers: one of them. */
export interface Data {
  readonly n: number;
  /** Numbers an example. */
  readonly width: number;
  /** n x width by rows, as they lie in the file; the network sees `input * scale + shift`. */
  readonly inputs: Uint8Array | Float32Array;
  readonly scale: number;
  readonly shift: number;
  /** Classes, or numbers to predict. */
  readonly outputs: number;
  /** n classes, from 0 to outputs - 1. */
  readonly labels?: Uint8Array;
  /** n x outputs by rows. */
  readonly targets?: Float32Array;
}
/** Three parts that share no example. The test part is for one look at the very end. */
export interface Split {
  readonly name: string;
  readonly train: Data;
  readonly validation?: Data;
  readonly test?: Data;
  /** Of standardised targets, one an output: the value was target * deviation + mean. */
  readonly targets?: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
}

/** The data, or `input` with what does not fit: lengths, labels out of range, numbers that are none. */
export function fitting(name: string, data: Data): Data {
  const { n, width, inputs, outputs, labels, targets } = data;
  const refuse = (what: string): never => {
    throw new NadirError('input', `${name}: ${what}`);
  };
  if (!Number.isSafeInteger(n) || n < 1) refuse(`it has ${show(n)} examples; allowed: from 1`);
  if (!Number.isSafeInteger(width) || width < 1) refuse(`its examples have ${show(width)} numbers; allowed: from 1`);
  if (!Number.isSafeInteger(outputs) || outputs < 1) refuse(`outputs is ${show(outputs)}; allowed: an integer from 1`);
  if (inputs.length !== n * width) refuse(`it has ${inputs.length} inputs; ${n} examples of ${width} numbers are ${n * width}`);
  if ((labels === undefined) === (targets === undefined)) refuse('it has labels and targets both or neither; allowed: one of them');
  if (labels && labels.length !== n) refuse(`it has ${labels.length} labels for ${n} examples`);
  if (targets && targets.length !== n * outputs) refuse(`it has ${targets.length} targets; ${n} examples of ${outputs} are ${n * outputs}`);
  const strange = labels?.findIndex((label) => label >= outputs) ?? -1;
  if (strange >= 0) refuse(`label ${strange} is ${labels![strange]}; allowed: an integer from 0 to ${outputs - 1}`);
  for (const [what, values] of [['input', inputs], ['target', targets]] as const) {
    if (!(values instanceof Float32Array)) continue;
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) refuse(`${what} ${at} is ${values[at]}; allowed: finite numbers`);
  }
  return data;
}
