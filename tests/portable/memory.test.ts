/** The memory store keeps the contract in every runtime. */
import { memory } from '../../src/stores/memory.ts';
import { storeCases } from '../cases/store.ts';

storeCases('memory', async () => memory());
