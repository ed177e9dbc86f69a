/** About what lpaq does (M. Mahoney, 2007): orders one to six, a word, a match, one mixer with a weight set a partial byte, two APMs. */
import { assemble } from '../program/assembler.ts';
import type { BuiltIn } from './builtin.ts';
import { numbers } from './builtin.ts';

const LISTING = `
ORD R1 bytes=1
ORD R2 bytes=2
ORD R3 bytes=3
ORD R4 bytes=4
ORD R6 bytes=6
WORD R7
CM X0 R0 limit=6
CM X1 R1 limit=6
CM X2 R2 limit=6
CM X3 R3 limit=5
CM X4 R4 limit=5
CM X5 R6 limit=5
CM X6 R7 limit=5
MATCH X7 R6 least=5
MIX F0 R0 mode=1 rate=3 D0
APM F1 F0 R1 mode=1 rate=1 share=1
APM F2 F0 R2 mode=2 rate=1 share=1
AVG F3 F1 F2
OUT F3`;

export const lpaq: BuiltIn = {
  name: 'lpaq',
  id: 2,
  about: 'orders 1 to 6, a word and a match in one mixer, two APMs: 19 instructions',
  kernel: { words: /* @__PURE__ */ assemble(LISTING), doubles: /* @__PURE__ */ numbers([0, [0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3]]) },
};
