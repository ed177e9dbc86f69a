/** Texts that are held out: none of them may be trained on, and what the winner makes of each. */
import { NadirError } from '../../core/errors.ts';
import { CHUNK } from '../../problems/program/machine.ts';
import { machineFor } from '../machines.ts';

import type { BackendName } from '../../backend/index.ts';
import type { Kernel } from '../../spaces/program.ts';

export interface HeldOut { readonly name: string; readonly bytes: Uint8Array }
/** Another program's result, in bytes; null where it is not installed. */
export interface Peer { readonly name: string; readonly coded: number | null }
export interface HeldOutScore {
  readonly name: string;
  readonly bytes: number;
  /** Bytes of the code alone. */
  readonly coded: number;
  readonly bitsPerByte: number;
  readonly peers: readonly Peer[];
}

/** Tables of the machine that a held-out text is coded on: of 2^BITS slots. */
export const BITS = 22;

/** Throws `input` for a text that is empty, or that has all of the corpus or lies in it. */
export function disjoint(corpus: Uint8Array, texts: readonly HeldOut[]): void {
  // A byte is a character and a character a byte: a search for text is the fastest search for bytes.
  const letters = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);
  const whole = letters(corpus).trim();
  for (const { name, bytes } of texts) {
    const text = letters(bytes).trim();
    if (text === '') throw new NadirError('input', `${name} is empty; allowed: held-out texts of at least one letter`);
    if (text === whole) throw new NadirError('input', `${name} is the corpus itself; allowed: held-out texts that are not trained on`);
    if (whole.includes(text)) throw new NadirError('input', `${name} is a part of the corpus; allowed: held-out texts that are not trained on`);
    if (text.includes(whole)) throw new NadirError('input', `${name} has the corpus in it; allowed: held-out texts that are not trained on`);
  }
}

/** Bytes of the code of a text, by the coder itself, in pieces as the codec has them. */
export async function codedBytes(kernel: Kernel, text: Uint8Array, { backend, signal }: { readonly backend?: BackendName; readonly signal?: AbortSignal } = {}): Promise<number> {
  const machine = await machineFor(kernel, BITS, { backend, bytes: text.length });
  try {
    let coded = 0;
    for (let at = 0; at < text.length; at += CHUNK) {
      if (signal?.aborted) throw new NadirError('aborted', `stopped by the signal after ${at} of ${text.length} bytes`);
      coded += machine.encode(text.subarray(at, at + CHUNK)).length;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return coded;
  } finally {
    machine.close();
  }
}
