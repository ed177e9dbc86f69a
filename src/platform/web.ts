/**
 * The platform in web pages and their workers: the clock and the cores; no files.
 *
 * Surprise: a user agent names up to four browsers, and the one that it is comes last but for Safari's and Edge's suffix.
 */
import { NadirError } from '../core/errors.ts';

import type { Files } from '../core/files.ts';
import type { Runtime } from './index.ts';

/** Milliseconds from an arbitrary start; only differences mean something. */
export function now(): number {
  return performance.now();
}

/** Milliseconds since 1970. */
export function time(): number {
  return Date.now();
}

/** A page does not know what CPU time it takes. */
export function cpu(): number {
  return NaN;
}

/** Threads that can run at once, at least 1. */
export function cores(): number {
  return Math.max(1, globalThis.navigator?.hardwareConcurrency ?? 1);
}

/** Which runtime this is. */
export function runtime(): Runtime {
  return 'browser';
}

/** The browser and its version, `Chrome/143.0.0.0`; empty when it does not say. */
export function version(): string {
  const agent = globalThis.navigator?.userAgent ?? '';
  return (/(?:Edg|Firefox|Chrome|Version)\/[\d.]+/.exec(agent)?.[0] ?? '').replace('Version', 'Safari');
}

const none = (): never => {
  throw new NadirError('runtime', 'a web page has no files; use the memory or the opfs store here, or run nadir in Node, Deno or Bun');
};

/** A page has no packages. */
export function installed(file: string): string | undefined {
  throw new NadirError('runtime', `a web page has no installed packages, and so no ${file.split('/')[0]}; run nadir in Node, Deno or Bun`);
}

export const files: Files = {
  owner: `0-${(crypto.getRandomValues(new Uint32Array(1))[0]! + 2 ** 32).toString(16).slice(1)}`,
  host: '', // a page knows no processes
  resolve: none, read: none, create: none, write: none, append: none, rename: none, link: none, remove: none, removeAll: none, folder: none, prune: none, list: none, alive: () => true,
};
