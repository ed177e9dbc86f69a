/**
 * Starts one module worker from the single-file bundle, which is its own worker: the build puts this file in place of `spawn.ts`.
 *
 * Surprise: the copy that runs as a worker must not answer a page's own worker that merely imported the bundle; the name tells them apart.
 */

export const workerName = 'nadir-worker';

export function spawn(): Worker {
  const url = import.meta.url;
  const here = globalThis.location as Location | undefined;
  const foreign = here !== undefined && here.protocol.startsWith('http') && new URL(url).origin !== here.origin;
  const start = foreign ? `data:text/javascript,${encodeURIComponent(`import ${JSON.stringify(url)};`)}` : url;
  return new Worker(start, { type: 'module', name: workerName });
}
