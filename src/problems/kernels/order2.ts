/** The smallest kernel worth having: contexts of none, one and two bytes, mixed. The yardstick for searches that begin with nothing. */
import { assemble } from '../program/assembler.ts';
import type { BuiltIn } from './builtin.ts';
import { numbers } from './builtin.ts';

const LISTING = `
ORD R1 bytes=1
ORD R2 bytes=2
CM X0 R0 limit=6
CM X1 R1 limit=6
CM X2 R2 limit=6
MIX F0 R0 mode=1 rate=3 D0
OUT F0`;

export const order2: BuiltIn = {
  name: 'order2',
  id: 1,
  about: 'contexts of up to two bytes, mixed: 7 instructions',
  kernel: { words: /* @__PURE__ */ assemble(LISTING), doubles: /* @__PURE__ */ numbers([0, [0.085, 0.189, 0.827]]) },
};
