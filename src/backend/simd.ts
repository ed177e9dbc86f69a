/**
 * The SIMD backend: the WebAssembly module over an arena it imports as its memory.
 *
 * The bytes come inlined as base64, the one way that loads in every runtime; they are compiled once a process, and workers are
 * sent the compiled module.
 */
import { sha256, wasm } from '../../build/wasm.ts';
import { NadirError, messageOf } from '../core/errors.ts';
import type { Kernels } from '../core/kernels.ts';
import { fromBase64 } from '../core/snapshot.ts';
import type { Backend } from '../core/types.ts';
import { arena } from './arena.ts';

const PAGE = 65536;
let compiled: Promise<WebAssembly.Module> | undefined;

/** SHA-256 of the module, hex. */
export const moduleHash: string = sha256;

/** The compiled module: the one given (a worker gets it posted), or the inlined bytes compiled once. */
export function wasmModule(given?: WebAssembly.Module): Promise<WebAssembly.Module> {
  return (compiled ??= given ? Promise.resolve(given) : WebAssembly.compile(fromBase64(wasm) as Uint8Array<ArrayBuffer>));
}

/** A new instance with `bytes` of memory. Throws `runtime` where WebAssembly or its SIMD is missing or forbidden. */
export async function openSimd(bytes: number): Promise<Backend> {
  if (typeof WebAssembly !== 'object') throw new NadirError('runtime', 'this runtime has no WebAssembly; backend "reference" gives the same bits without it');
  let module: WebAssembly.Module;
  try {
    module = await wasmModule();
  } catch (error) {
    compiled = undefined;
    throw new NadirError('runtime', `WebAssembly cannot be compiled here (${messageOf(error)}); backend "reference" gives the same bits without it`, { cause: error });
  }
  const pages = Math.ceil(bytes / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const kernels = instance.exports as unknown as Kernels & { base(): number };
  return arena('simd', kernels, memory.buffer, kernels.base());
}
