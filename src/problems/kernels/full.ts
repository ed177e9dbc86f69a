/**
 * The best kernel by hand, its operands polished by a search over the lines: counters and bit histories of orders one to six, of words and gaps, of what a match expects; five mixers into a
 * sixth, two APMs.
 *
 * The weights it begins with are the means of one mixer over 300 KB of Moby Dick. The text it has read before the first byte is our own: common words and turns, somewhat of public affairs.
 * Surprise: that text saves 600 to 1,000 bytes of any English text (measured on 300 to 400 KB), and a mixer that looks at how many contexts are known 0.6 %.
 */
import { assemble } from '../program/assembler.ts';
import type { BuiltIn } from './builtin.ts';
import { numbers, text } from './builtin.ts';

const LISTING = `
PRIME D64 length=60
ORD R1 bytes=1
MBYTE R2
HASH R3 R2 R1 salt=1
ORD R4 bytes=2
ORD R5 bytes=3
ORD R6 bytes=4
ORD R7 bytes=5
ORD R8 bytes=6
SPARSE R9 mask=6
WORD R10
WORD R11 words=1
WORD R12 words=2 skip=1
CLASS R13 bytes=8
SPARSE R14 mask=13
WORD R15 words=2
COL R16
BYTE R17
CLASS R18 bytes=3
CM2 X0 R1 limit=5
ICM X2 R1 limit=6
CM X3 R3 limit=5
CM2 X4 R4 limit=5
ICM X6 R4 limit=5
CM2 X7 R5 limit=4
ICM X9 R5 limit=6
ICM X10 R6 limit=6
CM X11 R6 limit=4
ICM X12 R7 limit=6
CM X13 R8 limit=6
CM X14 R9 limit=5
CM2 X15 R10 limit=4
ICM X17 R10 limit=6
ICM X18 R11 limit=4
CM X19 R11 limit=4
CM X20 R12 limit=6
ICM X21 R13 limit=6
ICM X22 R14 limit=6
ICM X23 R15 limit=6
ISSE X24 R1 X15
ICM X25 R16 limit=6
MATCH X26 R8 least=4
RUN X28 R6
BIAS X29 D48
MIX F0 R0 mode=1 rate=5 D0
MIX F1 R17 mode=2 rate=3 D0
MIX F2 R0 mode=3 rate=3 D0
MIX F3 R4 mode=6 rate=3 D0
MIX F4 R16 mode=2 rate=3 D0
MIX2 F5 F0 inputs=3 rate=2 D32
APM F6 F5 R18 mode=1 rate=2 share=1
APM F7 F5 R4 mode=2 rate=1 share=1
AVG F8 F6 F7
OUT F8`;

const WEIGHTS = [0.296, -0.41, 0.092, 0.234, 0.234, -0.081, 0.085, 0.105, 0.057, 0.101, 0.061, 0.062, 0.099, 0.047, 0.001, 0.482, -0.075, 0.162, 0.027, 0.06, 0.006, 0.067, 0.054, 0.065, -0.193, 0.045, 0.006, 0.141, 0.04, 0.186, 0.15];

/** 5,760 characters of D64 to D1023; a backslash at the end of a line joins it with the next. */
const TEXT = `administration, agreement, agricultural, American, application, appropriation, approximately, article, association, attention, authority, average, Britain, British, business, \
capital, Chapter, character, circumstances, citizens, command, commission, committee, community, complete, comparison, Congress, consequence, considerable, considered, construction, \
contents, continue, countries, default, defense, department, description, determine, development, different, difficult, direction, distribution, economic, economy, education, \
effective, employment, engineering, enough, enterprise, establishment, European, everything, example, exchange, executive, existence, experience, explain, expression, federal, \
figure, following, foreign, forward, freedom, friends, function, generally, government, hundred, immediately, importance, important, improvement, including, increase, independence, \
individual, industrial, industry, influence, information, institution, interest, international, judgment, knowledge, language, legislation, liberty, literature, machinery, \
management, manufacture, material, measures, method, military, million, minutes, necessary, necessity, negotiations, nothing, number, object, obligation, operation, opinion, \
opportunity, ordinary, organization, original, output, particular, patients, peace, perfect, performance, permanent, philosophy, political, population, position, possible, practice, \
present, President, previous, principle, problems, production, program, progress, property, protection, provision, public, purpose, question, railroad, reason, receive, recommend, \
reduction, reference, relations, religious, representative, republic, required, research, resources, respect, responsibility, return, revenue, science, secretary, section, security, \
separate, service, session, settlement, significant, situation, society, something, sometimes, special, standard, statement, strength, structure, subject, sufficient, support, \
supreme, system, Territory, therefore, thousand, throughout, together, transportation, treasury, treaty, understand, Union, United States, universal, University, usually, variable, \
various, welfare, whether, without, wonderful, yourself.

January, February, March, April, May, June, July, August, September, October, November, December. Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday. New York, \
Washington, London, England, France, Germany, Spain, Mexico, China, Russia. One, two, three, four, five, six, seven, eight, nine, ten, twenty, fifty, $100,000,000. In 1900, 1850.

"What do you think of that?" said he. "I don't know," she answered, "but I'm sure it's not what you've been told; he doesn't believe that we can't, won't, didn't or couldn't." "Yes, \
sir! Well, let me see," cried the old man, looking at him with his eyes upon the door of the house. She turned her face to the window and said nothing for a long time; then she \
asked, "Why should I have gone away from here?" He shook his head, took her hand, and thought about his father and mother, his brother and sister, the children, the little boy and \
girl. "There is nothing else to be done," they replied. Mr. and Mrs. Smith had never heard of such a thing before, though it seemed to have happened again and again. For example, \
the following section describes how to use the value of a string: if the file is not found, then the number returned will be the first character of the list, as shown below. This \
may be used when you want to set or change an option, which is the same as above. See also the other arguments.

It is not only the duty of the people of this country to maintain their own rights, but it has been the policy of the government of the United States to do so. I have no doubt that \
it would have been better if they had been able to make the most of it at that time. On the other hand, there are many of those who think that the power of the state should not be \
used for the purpose of the few, and that all of us must work in order to live. During the last year, more than one half of the whole amount had been paid by those whose names were \
given in the report of the Secretary of the Treasury. In this way the law, which was passed by both Houses of Congress, could be carried into effect under the direction of the \
President. The fact that such an act may be found to be against the will of the majority does not mean that we shall have to give up our hopes for the future of the world. As soon \
as these things have been brought to an end, and the war is over, the great body of our people will come to see what they have done for each other, and how much is still to be done. \
We have seen that the same is true with respect to the public lands, the army and the navy, the money and credit of the nation, the courts of justice, the price of labor, the means \
of trade and commerce, and the health of all men, women and children. Some of them were very good; others were too small or too late to be of any use. I am of the opinion that this \
is now a matter of great importance to every part of the Union. From time to time, and for some years past, it has come to be known as the best system that ever existed among the \
nations of the earth. By means of this, however, it became clear that nothing could be more just and reasonable than to let each of the parties have its own way. At the close of the \
day, after he had left the town, they went down to the river, where the water was deep and the air was cold, and there stood the ship upon the sea. According to him, since it takes \
place within the body itself, it must be because of what was before it, rather than through any new cause. There was about him something that made one feel as if he might at any \
moment begin to speak. To the Senate and H`;

export const full: BuiltIn = {
  name: 'full',
  id: 3,
  about: 'counters and bit histories of orders 1 to 6, words and gaps, a match, six mixers, two APMs, English to begin with: 54 instructions',
  kernel: { words: /* @__PURE__ */ assemble(LISTING), doubles: /* @__PURE__ */ numbers([0, WEIGHTS], [32, Array<number>(8).fill(0.2)], [48, [0.3]], [64, text(TEXT)]) },
};
