/** What was compressed elsewhere and before: the golden containers open, and are written again bit for bit. */
import { expect, it } from 'vitest';
import { builtIns, compress, decompress } from '../../src/programs.ts';
import { fromBase64 } from '../../src/core/snapshot.ts';
import { backends } from '../cases/backends.ts';
import { cases, samples } from '../golden/containers.mjs';
import golden from '../golden/containers.json' with { type: 'json' };

const containers: { readonly [name: string]: string } = golden;
const all = cases(builtIns).flatMap((each) => backends.map((backend) => ({ ...each, backend })));

it.each(all)('$sample by $kernel on $backend', async ({ kernel, sample, backend }) => {
  const container = fromBase64(containers[`${kernel} ${sample}`] ?? '');
  const plain = (samples as { readonly [name: string]: Uint8Array })[sample]!;
  expect(await decompress(container, { backend })).toEqual(plain);
  expect(await compress(plain, { kernel, backend })).toEqual(container);
});
