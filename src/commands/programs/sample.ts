/** The text that `nadir programs show` measures on when it is given none: the README that every copy of nadir comes with. */
import { fileURLToPath } from 'node:url';
import { NadirError } from '../../core/errors.ts';
import { files } from '../../platform/index.ts';

export async function sample(): Promise<Uint8Array> {
  // From src/commands/programs and from build/js/src/commands/programs.
  for (const up of ['../../../', '../../../../../']) {
    const bytes = await files.read(fileURLToPath(new URL(`${up}README.md`, import.meta.url)));
    if (bytes) return bytes;
  }
  throw new NadirError('input', 'the README of nadir is not there; give a text with --on FILE');
}
