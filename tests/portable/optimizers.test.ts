import { optimizers } from '../../src/index.ts';
import { backends } from '../cases/backends.ts';
import { optimizerContract } from '../cases/optimizer.ts';

const mine = 'document' in globalThis ? backends.slice(0, 1) : backends; // of the twins in a page the golden traces are enough
for (const backend of mine) for (const def of optimizers) optimizerContract(def, backend);
