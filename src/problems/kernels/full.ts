/** The best kernel by hand: counters and bit histories of orders one to six, words and gaps, a match, three mixers into a fourth, two APMs. */
import { assemble } from '../program/assembler.ts';
import type { BuiltIn } from './builtin.ts';
import { numbers } from './builtin.ts';

const LISTING = `
ORD R1 bytes=1
ORD R2 bytes=2
ORD R3 bytes=3
ORD R4 bytes=4
ORD R5 bytes=5
ORD R6 bytes=6
WORD R7
WORD R8 words=1
ORD R9 bytes=7
SPARSE R10 mask=6
BYTE R11
CM X0 R0 limit=5
CM X1 R1 limit=5
ICM X2 R1 limit=6
CM X3 R2 limit=5
ICM X4 R2 limit=6
CM X5 R3 limit=4
ICM X6 R3 limit=6
ICM X7 R4 limit=6
CM X8 R4 limit=4
ICM X9 R5 limit=6
ICM X10 R6 limit=6
CM X11 R7 limit=4
ICM X12 R7 limit=6
ICM X13 R8 limit=6
CM X14 R8 limit=4
CM X15 R10 limit=4
MATCH X16 R9 least=5
RUN X18 R4
BIAS X19 D40
MIX F0 R0 mode=1 rate=3 D0
MIX F1 R11 mode=2 rate=3 D0
MIX F2 R0 mode=3 rate=3 D0
MIX2 F3 F0 inputs=1 rate=2 D32
APM F4 F3 R11 mode=1 rate=1 share=1
APM F5 F3 R2 mode=2 rate=1 share=1
AVG F6 F4 F5
OUT F6`;

export const full: BuiltIn = {
  name: 'full',
  id: 3,
  about: 'counters and bit histories of orders 1 to 6, words and gaps, a match, four mixers, two APMs',
  kernel: { words: /* @__PURE__ */ assemble(LISTING), doubles: /* @__PURE__ */ numbers([0, Array<number>(32).fill(0.25)], [32, Array<number>(16).fill(0.33)], [40, [0.3]]) },
};
