/** About what lpaq does (M. Mahoney, 2007): counters and bit histories of orders one to six, of a word and of two, a match, two APMs; with a second mixer. */
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
WORD R8 words=1
CM X0 R0 limit=6
CM X1 R1 limit=6
CM X2 R2 limit=6
ICM X3 R3 limit=6
ICM X4 R4 limit=6
ICM X5 R6 limit=6
ICM X6 R7 limit=6
ICM X9 R8 limit=6
MATCH X7 R6 least=5
MIX F0 R0 mode=1 rate=3 D0
MIX F4 R0 mode=3 rate=3 D0
AVG F0 F0 F4
APM F1 F0 R1 mode=1 rate=1 share=1
APM F2 F0 R2 mode=2 rate=1 share=1
AVG F3 F1 F2
OUT F3`;

/** As one mixer had them after Moby Dick. */
const WEIGHTS = [0.062, 0.213, 0.265, 0.26, 0.177, 0.085, 0.306, 0.009, 0.445, 0.087];

export const lpaq: BuiltIn = {
  name: 'lpaq',
  id: 2,
  about: 'orders 1 to 6, words and a match, two mixers, two APMs: 23 instructions',
  kernel: { words: /* @__PURE__ */ assemble(LISTING), doubles: /* @__PURE__ */ numbers([0, WEIGHTS]) },
};
