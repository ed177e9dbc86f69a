/**
 * The arena both backends share: one buffer of fixed size, handed out from the bottom.
 *
 * Runs that overlap in time release in any order, so a block carries its scope, and what is freed between others is used again:
 * a plain mark would free a neighbour's arrays, and a server that always has one run alive would run out.
 */
import { NadirError } from '../core/errors.ts';
import type { Kernels } from '../core/kernels.ts';
import type { Backend } from '../core/types.ts';

const SCRATCH = 4096;

/** A scope; what is taken through it lives as long as it and the scopes around it. */
interface Owner { readonly around: Owner | undefined }
interface Block { start: number; size: number; owner: Owner | null }

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

  /** The first hole that is large enough, else the top. */
  function take(owner: Owner, bytes: number): number {
    const size = (bytes + 15) & ~15;
    let i = blocks.findIndex((block) => block.owner === null && block.size >= size);
    if (i < 0) {
      if (!(bytes >= 0) || size > buffer.byteLength - top) throw new NadirError('memory', `the arena of ${buffer.byteLength} bytes has ${free()} left; ${bytes} were asked for`);
      i = blocks.push({ start: top, size, owner }) - 1;
      top += size;
    } else if (blocks[i]!.size > size) {
      const hole = blocks[i]!;
      blocks.splice(i, 0, { start: hole.start, size, owner });
      hole.start += size;
      hole.size -= size;
    } else blocks[i]!.owner = owner;
    const { start } = blocks[i]!;
    u8.fill(0, start, start + size);
    return start;
  }

  /** Frees a scope and the scopes in it; holes that touch become one, and a hole at the top is no hole. */
  function drop(owner: Owner): void {
    let kept = 0;
    for (const block of blocks) {
      let at: Owner | null | undefined = block.owner;
      while (at && at !== owner) at = at.around;
      if (at) block.owner = null;
      const last = blocks[kept - 1];
      if (block.owner === null && kept > 0 && last!.owner === null) last!.size += block.size;
      else blocks[kept++] = block;
    }
    blocks.length = kept;
    if (kept > 0 && blocks[kept - 1]!.owner === null) top = blocks.pop()!.start;
  }

  /** The largest piece there is. */
  function free(): number {
    return blocks.reduce((most, { owner, size }) => (owner === null && size > most ? size : most), buffer.byteLength - top);
  }

  function handle(around?: Owner): Backend {
    const owner: Owner = { around };
    return {
      name, kernels, f64, f32, u32, u8, scratch,
      array: (length) => new Float64Array(buffer, take(owner, 8 * length), length),
      words: (length) => new Uint32Array(buffer, take(owner, 4 * length), length),
      free,
      scope: () => handle(owner),
      release: () => drop(owner),
    };
  }
  return handle();
}
