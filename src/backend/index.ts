/** Picks a backend: one instance a thread, opened once and shared by every run through scopes. */
import { NadirError, show } from '../core/errors.ts';
import type { Backend } from '../core/types.ts';
import { openReference } from './reference.ts';
import { openSimd } from './simd.ts';

export { moduleHash, wasmModule } from './simd.ts';

/** Bytes of an arena, unless a job asks for its own. */
export const ARENA: number = 16 * 1024 * 1024;
const MOST = 4 * 1024 * 1024 * 1024 - 65536;
const shared = new Map<string, Promise<Backend>>();

/** `simd`, its plain twin `reference`, or `auto`: SIMD where the runtime has it. The bits are the same. */
export type BackendName = 'auto' | Backend['name'];

/** A backend of one's own, with an arena of `bytes`; drop it when done. */
export async function openBackend(name: BackendName = 'auto', bytes: number = ARENA): Promise<Backend> {
  if (!Number.isInteger(bytes) || bytes < 65536 || bytes > MOST) throw new NadirError('input', `bytes is ${show(bytes)}; allowed: an integer from 65536 to ${MOST}`);
  if (name === 'reference') return openReference(bytes);
  if (name === 'simd') return openSimd(bytes);
  if (name !== 'auto') throw new NadirError('name', `unknown backend ${show(name)}; have auto, simd, reference`);
  try {
    return await openSimd(bytes);
  } catch (error) {
    if (error instanceof NadirError && error.code === 'runtime') return openReference(bytes);
    throw error;
  }
}

/** This thread's backend. Take a `scope()` of it and release that. */
export function sharedBackend(name: BackendName = 'auto'): Promise<Backend> {
  let backend = shared.get(name);
  if (backend === undefined) {
    backend = openBackend(name);
    shared.set(name, backend);
    backend.then((opened) => shared.set(opened.name, shared.get(opened.name) ?? backend!), () => shared.delete(name)); // auto's is simd's or reference's
  }
  return backend;
}
