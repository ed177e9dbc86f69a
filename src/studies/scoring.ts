/** What a kernel makes of a text, in bits a byte: what the coder would write, without writing it. */
import type { BackendName } from '../backend/index.ts';
import { NadirError, show } from '../core/errors.ts';
import type { Kernel } from '../spaces/program.ts';
import { live } from '../problems/program/assembler.ts';
import { checkKernel } from '../problems/program/file.ts';
import { CHUNK } from '../problems/program/machine.ts';
import { machineFor } from './machines.ts';

export interface ScoreOptions {
  /** Score only so many of the first bytes. */
  readonly prefix?: number;
  /** Stop as soon as the bits so far, over the bytes of the whole prefix, pass this many bits a byte. */
  readonly abortAbove?: number;
  /** Tables of 2^bits slots, 12 to 22; 18 by default. */
  readonly bits?: number;
  readonly backend?: BackendName;
  readonly signal?: AbortSignal;
}
export interface Score {
  /** Bits for all bytes, or up to where it stopped. */
  readonly bits: number;
  /** The bits over the bytes asked for: when it stopped early, a lower bound of what all would take. */
  readonly bitsPerByte: number;
  /** Bytes asked for. */
  readonly bytes: number;
  readonly aborted: boolean;
  /** A hash of the predictions for the first 2 KB: kernels that behave alike there share it. */
  readonly fingerprint: number;
}

const FIRST = 2048;

/**
 * Scores a kernel on a corpus.
 * @param corpus the bytes, read from the first on
 * @example
 * const kernel = { words: new Uint32Array(64), doubles: new Float64Array(1024) }; // predicts nothing
 * const { bitsPerByte } = await score(kernel, new TextEncoder().encode('so it goes'));
 * Math.round(bitsPerByte); // 8
 */
export async function score(kernel: Kernel, corpus: Uint8Array, options: ScoreOptions = {}): Promise<Score> {
  checkKernel(kernel);
  if (!(corpus instanceof Uint8Array)) throw new NadirError('input', `corpus is ${show(corpus)}; allowed: a Uint8Array`);
  const { prefix = corpus.length, abortAbove = Infinity, bits = 18, backend, signal } = options;
  if (!Number.isInteger(prefix) || prefix < 0) throw new NadirError('input', `prefix is ${show(prefix)}; allowed: an integer from 0`);
  if (typeof abortAbove !== 'number' || Number.isNaN(abortAbove)) throw new NadirError('input', `abortAbove is ${show(abortAbove)}; allowed: a number`);
  const text = corpus.subarray(0, prefix);
  const machine = await machineFor(kernel, bits, { backend, bytes: text.length });
  try {
    const limit = abortAbove * text.length;
    let spent = machine.score(text.subarray(0, FIRST), limit);
    const { fingerprint } = machine;
    for (let at = FIRST; at < text.length && spent <= limit; at += CHUNK) {
      if (signal?.aborted) throw new NadirError('aborted', `stopped by the signal after ${at} of ${text.length} bytes`);
      spent = machine.score(text.subarray(at, at + CHUNK), limit);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return { bits: spent, bitsPerByte: text.length > 0 ? spent / text.length : 0, bytes: text.length, aborted: spent > limit, fingerprint };
  } finally {
    machine.close();
  }
}

export interface AblationOptions extends ScoreOptions {
  /** Told after every instruction. */
  readonly observe?: (done: number, all: number) => void;
}

/**
 * What every instruction gains: the bits a byte that are lost when its word is NOP; undefined where a word does nothing by itself.
 * @returns the score of the whole kernel too, and how many bytes it is of
 */
export async function ablation(kernel: Kernel, corpus: Uint8Array, { observe, ...options }: AblationOptions = {}): Promise<{ readonly bitsPerByte: number; readonly bytes: number; readonly gains: readonly (number | undefined)[] }> {
  const { bitsPerByte, bytes } = await score(kernel, corpus, options);
  const lives = live(kernel.words);
  const all = lives.filter((alive) => alive).length;
  const gains: (number | undefined)[] = [];
  let done = 0;
  for (const [i, alive] of lives.entries()) {
    if (!alive) {
      gains.push(undefined);
      continue;
    }
    const words = kernel.words.slice();
    words[i] = 0;
    gains.push((await score({ words, doubles: kernel.doubles }, corpus, options)).bitsPerByte - bitsPerByte);
    observe?.(++done, all);
  }
  return { bitsPerByte, bytes, gains };
}
