import { optimizers } from '../../src/index.ts';
import { backends } from '../cases/backends.ts';
import { optimizerContract } from '../cases/optimizer.ts';

for (const backend of backends) for (const def of optimizers) optimizerContract(def, backend);
