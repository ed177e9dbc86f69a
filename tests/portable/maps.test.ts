import { openBackend } from '../../src/index.ts';
import { backends } from '../cases/backends.ts';
import { mapsContract } from '../cases/maps.ts';

for (const name of backends) mapsContract(() => openBackend(name, 1 << 22), 16);
