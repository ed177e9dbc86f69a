/** Writes traces.json anew from the built package: `node tests/golden/make.mjs`. A changed golden needs its reason in the commit. */
import { writeFileSync } from 'node:fs';
import * as nadir from '../../build/js/src/index.js';
import { traces } from './traces.mjs';

writeFileSync(new URL('traces.json', import.meta.url), `${JSON.stringify(await traces(nadir, 'reference'), null, 2)}\n`);
