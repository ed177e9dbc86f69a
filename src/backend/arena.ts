/**
 * The arena both backends share: one buffer of fixed size, handed out from the bottom.
 *
 * Runs that overlap in time release in any order, so a block carries its scope and the top drops as far as blocks are dead:
 * a plain mark would free a neighbour's arrays.
 */
import { NadirError } from '../core/errors.ts';
import type { Kernels } from '../core/kernels.ts';
import type { Backend } from '../core/types.ts';

const SCRATCH = 4096;

/** A scope; what is taken through it lives as long as it and the scopes around it. */
interface Owner { readonly around: Owner | undefined }
interface Block { readonly start: number; owner: Owner | null }

/** A backend over `buffer`, whose bytes from `base` on are free. */
export function arena(name: Backend['name'], kernels: Kernels, buffer: ArrayBuffer, base: number): Backend {
  const bottom = (base + 15) & ~15;
  const f64 = new Float64Array(buffer);
  const f32 = new Float32Array(buffer);
  const u32 = new Uint32Array(buffer);
  const u8 = new Uint8Array(buffer);
  const scratch = { pointer: bottom, f64: new Float64Array(buffer, bottom, SCRATCH / 8), u32: new Uint32Array(buffer, bottom, SCRATCH / 4) };
  const blocks: Block[] = [];
  let top = bottom + SCRATCH;

  function take(owner: Owner, bytes: number): number {
    const size = (bytes + 15) & ~15;
    if (!(bytes >= 0) || size > buffer.byteLength - top) throw new NadirError('memory', `the arena of ${buffer.byteLength} bytes has ${buffer.byteLength - top} left; ${bytes} were asked for`);
    const start = top;
    blocks.push({ start, owner });
    top += size;
    u8.fill(0, start, top);
    return start;
  }

  function drop(owner: Owner): void {
    for (const block of blocks) {
      let at: Owner | null | undefined = block.owner;
      while (at && at !== owner) at = at.around;
      if (at) block.owner = null;
    }
    while (blocks.length > 0 && blocks[blocks.length - 1]!.owner === null) top = blocks.pop()!.start;
  }

  function handle(around?: Owner): Backend {
    const owner: Owner = { around };
    return {
      name, kernels, f64, f32, u32, u8, scratch,
      array: (length) => new Float64Array(buffer, take(owner, 8 * length), length),
      words: (length) => new Uint32Array(buffer, take(owner, 4 * length), length),
      free: () => buffer.byteLength - top,
      scope: () => handle(owner),
      release: () => drop(owner),
    };
  }
  return handle();
}
