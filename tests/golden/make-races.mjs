/** Writes races.json from the built package, on the plain twin: `node tests/golden/make-races.mjs`. A commit that changes it says why. */
import { writeFileSync } from 'node:fs';
import { kernelHash, searchPrograms } from '../../build/js/src/programs.js';
import { raced, races } from './races.mjs';

const golden = {};
for (const strategies of races) golden[strategies.join(' ')] = await raced(searchPrograms, kernelHash, strategies, 'reference');
writeFileSync(new URL('races.json', import.meta.url), `${JSON.stringify(golden, null, 2)}\n`);
