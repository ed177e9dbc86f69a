/**
 * Starts one module worker: the only place that does (`self.ts` replaces this file in the single-file bundle).
 *
 * Surprise: bundlers find a worker by the exact text `new Worker(new URL('...', import.meta.url)`, and would follow a `.ts`
 * literal into a package that ships none, so the source path goes through a variable they do not see.
 */

/** What a worker of ours is called: `worker.ts` answers messages only under this name. */
export const workerName = 'nadir-worker';

export function spawn(): Worker {
  if (/\.ts(\?|$)/.test(import.meta.url)) {
    const source = '../worker.ts';
    return new Worker(new URL(source, import.meta.url), { type: 'module', name: workerName });
  }
  if (foreign(import.meta.url)) return importing(new URL('../worker.js', import.meta.url).href);
  return new Worker(new URL('../worker.js', import.meta.url), { type: 'module', name: 'nadir-worker' });
}

/** Whether the page is of another origin than this script: then it may import it, but not start it as a worker. */
export function foreign(url: string): boolean {
  const here = globalThis.location as Location | undefined; // Deno has none
  return here !== undefined && here.protocol.startsWith('http') && new URL(url).origin !== here.origin;
}

/** A worker of the page's own that imports a script of another origin (which must allow it: CORS). */
export function importing(url: string): Worker {
  return new Worker(`data:text/javascript,${encodeURIComponent(`import ${JSON.stringify(url)};`)}`, { type: 'module', name: workerName });
}
