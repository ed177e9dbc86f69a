/** One error type: a sentence with the field, the value and what is allowed, and a code a program can act on. */

/**
 * What went wrong, for programs:
 * `input` a bad option or argument, `name` an unknown name, `space` an optimizer that cannot work there, `gradient` a gradient that is not there,
 * `objective` an objective of which every evaluation failed, `state` a saved state that is corrupt or foreign, `memory` an arena that is full,
 * `store` a file or key, `worker` a worker that died, `aborted` a signal that was aborted before the start, `runtime` something this runtime lacks.
 */
export type ErrorCode = 'input' | 'name' | 'space' | 'gradient' | 'objective' | 'state' | 'memory' | 'store' | 'worker' | 'aborted' | 'runtime';

/**
 * Every error that nadir throws on purpose.
 * @example
 * const error = new NadirError('input', 'cost is -1; allowed: an integer from 1');
 * error.code; // 'input'
 */
export class NadirError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'NadirError';
    this.code = code;
  }
}

/** The message of anything that was thrown, its first line: an error is one sentence. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

/** A value as a person would write it in a sentence, cut after `most` characters. */
export function show(value: unknown, most: number = 60): string {
  let text: string;
  if (typeof value === 'string') text = JSON.stringify(value);
  else if (typeof value === 'object' && value !== null) {
    try {
      text = JSON.stringify(value) ?? String(value);
    } catch {
      text = Object.prototype.toString.call(value);
    }
  } else text = Object.is(value, -0) ? '-0' : typeof value === 'bigint' ? `${value}n` : typeof value === 'function' ? 'a function' : String(value);
  return text.length > most ? `${text.slice(0, most - 3)}...` : text;
}

/** Looks a name up; an unknown one is an error that offers the nearest and lists the rest. */
export function named<D extends { readonly name: string; readonly aliases?: readonly string[] }>(kind: string, list: readonly D[], name: unknown): D {
  for (const def of list) if (def.name === name || (typeof name === 'string' && def.aliases?.includes(name))) return def;
  const names = list.map((def) => def.name);
  throw new NadirError('name', `unknown ${kind} ${show(name)}; ${typeof name === 'string' ? suggestion(name, list) : ''}have ${names.join(', ')}`);
}

/** `did you mean adam? ` when a name is near enough, else nothing. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const name of names) {
    const d = distance(word.toLowerCase(), name.toLowerCase());
    if (d < least) {
      least = d;
      best = name;
    }
  }
  return best;
}

function suggestion(word: string, list: readonly { readonly name: string; readonly aliases?: readonly string[] }[]): string {
  const near = nearest(word, list.flatMap((def) => [def.name, ...(def.aliases ?? [])]));
  return near === undefined ? '' : `did you mean ${near}? `;
}

/** Edit distance with swaps of neighbours (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      let d = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, before[j - 2]! + 1);
      next.push(d);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
