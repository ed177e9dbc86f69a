/** An arena large enough: the thread's own where it has that much left, else one that is dropped afterwards. */
import { openBackend, sharedBackend, type BackendName } from '../../backend/index.ts';

import type { Backend } from '../../core/types.ts';

const SPARE = 4 * 1024 * 1024; // for optimizers

/** Works in so many bytes of arena, and gives them back. */
export async function inRoom<T>(bytes: number, name: BackendName | undefined, work: (backend: Backend) => Promise<T>): Promise<T> {
  const shared = await sharedBackend(name);
  const size = bytes + SPARE;
  const backend = shared.free() >= size ? shared.scope() : await openBackend(name, size + 131072); // the module's static data and the scratch come first
  try {
    return await work(backend);
  } finally {
    backend.release();
  }
}
