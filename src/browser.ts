/** The entry of build/nadir.browser.js: the package root, and the worker that this one file starts itself as. */
export * from './index.ts';
import './worker.ts';
