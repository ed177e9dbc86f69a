/** The entry of build/nadir.browser.js: the package root, nadir/programs, and the worker that this one file starts itself as. */
export * from './index.ts';
export * from './programs.ts';
import './worker.ts';
