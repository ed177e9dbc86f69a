/** The same kernel wins the same small race in every runtime and on both backends. */
import { expect, it } from 'vitest';
import { kernelHash, searchPrograms } from '../../src/programs.ts';
import { backends } from '../cases/backends.ts';
import golden from '../golden/races.json' with { type: 'json' };
import { raced, races } from '../golden/races.mjs';

const answers: { readonly [strategies: string]: unknown } = golden;

it.each(races.map((strategies, i) => ({ strategies, backend: backends[i % backends.length]! })))('of $strategies, on $backend', async ({ strategies, backend }) => {
  expect(await raced(searchPrograms, kernelHash, strategies, backend)).toEqual(answers[strategies.join(' ')]);
});
