/**
 * What differs by runtime, behind one small interface: the clock, the cores, the files, the runtime's name.
 *
 * `#platform` is `node.ts` in Node, Deno and Bun and `web.ts` elsewhere (package.json `imports`), so a browser bundle
 * never sees a `node:` import. Threads are the same trick under `#pool` (see pool.ts).
 * @example
 * import { cores, runtime, version } from './platform/index.ts';
 * `${runtime()} ${version()}, ${cores()} cores`; // such as 'node 20.20.2, 2 cores'
 */
export { cores, cpu, files, installed, now, runtime, time, version } from '#platform';
export { errorOf, faultOf } from './fault.ts';
export type { Fault } from './fault.ts';
export type { Pool, PoolOptions, RunOptions } from './pool.ts';

export type Runtime = 'node' | 'deno' | 'bun' | 'browser';
