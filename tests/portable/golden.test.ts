import { expect, it } from 'vitest';
import * as nadir from '../../src/index.ts';
import { backends } from '../cases/backends.ts';
import golden from '../golden/traces.json' with { type: 'json' };
import { traces } from '../golden/traces.mjs';

it.each(backends)('every golden trace reproduces on %s', async (backend) => {
  expect(await traces(nadir, backend)).toEqual(golden);
});
