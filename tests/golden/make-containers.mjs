/**
 * Writes containers.json from the built package: `node tests/golden/make-containers.mjs`. What it holds is kept, for files made with it are out there;
 * only cases that are not there yet are added. `--fresh` makes all anew, before a kernel is published.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { builtIns, compress } from '../../build/js/src/programs.js';
import { cases, samples } from './containers.mjs';

const file = new URL('containers.json', import.meta.url);
const golden = process.argv.includes('--fresh') ? {} : JSON.parse(readFileSync(file, 'utf8'));
for (const { kernel, sample } of cases(builtIns)) golden[`${kernel} ${sample}`] ??= Buffer.from(await compress(samples[sample], { kernel, backend: 'reference' })).toString('base64');
writeFileSync(file, `${JSON.stringify(golden, null, 2)}\n`);
