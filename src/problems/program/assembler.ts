/**
 * Programs as text, an instruction a line: `CM X3 R1 limit=5`. The opcodes are the rows of assembly/portable/rows.ts; here is only how their operands are written.
 *
 * Registers stand by file and number (R, X, F; D for doubles), the rest by name. Whatever a word has set beyond its operands is written as `bits=0x...`, so that
 * every word survives the way to text and back.
 */
import { NadirError, nearest, show } from '../../core/errors.ts';
import { CM, DOT, MATCH, NEAR, NOP, PRIME, SIGN, TABLES, TANH } from '../../../assembly/portable/opcodes.ts';
import { ROWS } from '../../../assembly/portable/rows.ts';
import { WORDS, type Kernel } from '../../spaces/program.ts';

/** A row of the table: `work` is what it takes, in nominal nanoseconds a byte (`workOf` knows those of many rows or inputs). */
export interface Opcode {
  readonly code: number;
  readonly name: string;
  /** Which of d, a, b and k it reads. */
  readonly operands: readonly string[];
  readonly work: number;
  readonly about: string;
}

/** The opcodes that do something, and NOP. */
export const opcodes: readonly Opcode[] = /* @__PURE__ */ Array.from(ROWS)
  .map((row) => row.split('|').map((cell) => cell.trim()))
  .filter(([, name]) => name !== '')
  .map(([code, name, operands, work, about]) => ({ code: Number(code), name: name!, operands: operands!.split(' ').filter((o) => o !== ''), work: Number(work), about: about! }));

const byCode: ReadonlyMap<number, Opcode> = /* @__PURE__ */ new Map(opcodes.map((o) => [o.code, o]));
const byName: ReadonlyMap<string, Opcode> = /* @__PURE__ */ new Map(opcodes.map((o) => [o.name, o]));

/** What every byte takes beside the instructions: the coder, the history, the loop. */
const BASE = 50;

/** An operand: a register file or a name, and which bits of the word it is. */
interface Operand {
  readonly name: string;
  readonly file: boolean;
  readonly shift: number;
  readonly width: number;
}

/** Letters: a field of the word after its register file; else `name:shift.width`. */
const SHAPES: { readonly [name: string]: string } = {
  ORD: 'Rd bytes:10.5', SPARSE: 'Rd mask:0.16', WORD: 'Rd words:10.2 skip:12.1', BYTE: 'Rd back:10.6', LDI: 'Rd value:0.10',
  ADD: 'Rd Ra Rb', SUB: 'Rd Ra Rb', XOR: 'Rd Ra Rb', AND: 'Rd Ra Rb', OR: 'Rd Ra Rb', SHR: 'Rd Ra by:0.5', SHL: 'Rd Ra by:0.5', MUL: 'Rd Ra Rb', HASH: 'Rd Ra Rb salt:0.10',
  LOW: 'Rd Ra', ALPHA: 'Rd Ra', SEL: 'Rd Ra Rb', COL: 'Rd', ABOVE: 'Rd', CLASS: 'Rd bytes:10.4',
  FEAT: 'size:10.2 mode:12.2 fade:14.2 Dk', PROJ: 'Rd levels:10.3 Dk', NEAR: 'Rd rows:10.6 Dk', SIGN: 'Rd rows:10.4 Dk', PERM: 'Dk', MLEN: 'Rd', MBYTE: 'Rd', PRIME: 'Dk length:10.6',
  CM: 'Xd Ra limit:10.3', CM2: 'Xd Ra limit:10.3', ICM: 'Xd Ra limit:10.3', ISSE: 'Xd Ra Xb', RUN: 'Xd Ra', MATCH: 'Xd Ra least:10.6', BIAS: 'Xd Dk', MOV: 'Xd Fa',
  DOT: 'Fd from:16.5 more:10.5 F:15.1 Dk', TANH: 'Fd from:16.5 more:10.5 F:15.1 Dk', MIX: 'Fd Ra mode:10.3 rate:13.3 Dk', MIX2: 'Fd Fa inputs:10.3 rate:13.3 Dk',
  AVG: 'Fd Fa Fb', APM: 'Fd Fb Ra mode:0.2 rate:2.2 share:4.2', FADD: 'Fd Fa Fb', FMUL: 'Fd Fa Fb', FMIN: 'Fd Fa Fb', FMAX: 'Fd Fa Fb', LDD: 'Fd Dk', FX: 'Fd Xa', OUT: 'Fa',
};
const FIELDS: { readonly [field: string]: readonly [shift: number, width: number] } = { d: [21, 5], a: [16, 5], b: [10, 6], k: [0, 10] };

/** How the operands of an opcode are written; one without a shape has its fields by their letters. */
function shape({ name, operands }: Opcode): readonly Operand[] {
  return (SHAPES[name]?.split(' ') ?? operands.map((o) => `${o}:${FIELDS[o]!.join('.')}`)).map((text) => {
    const [, label, shift, width] = /^(\w+):(\d+)\.(\d+)$/.exec(text) ?? [];
    if (label !== undefined) return { name: label, file: false, shift: Number(shift), width: Number(width) };
    const [at, wide] = FIELDS[text[1]!]!;
    return { name: text[0]!, file: true, shift: at, width: wide };
  });
}

/**
 * The words of a program: an instruction a line or between semicolons, `#` begins a comment, what is left is NOP. Named operands that are 0 may be left out, and registers at the end.
 * @param text up to 64 instructions
 * @returns 64 words
 * @example
 * disassemble(assemble('ORD R1 bytes=1\nCM X0 R1 limit=5\nMIX F0\nOUT F0'));
 */
export function assemble(text: string): Uint32Array {
  if (typeof text !== 'string') throw new NadirError('input', `text is ${show(text)}; allowed: instructions as text`);
  const words = new Uint32Array(WORDS);
  let count = 0;
  text.split('\n').forEach((line, i) => {
    for (const part of line.replace(/#.*/, '').split(';')) {
      const tokens = part.trim().split(/\s+/).filter((token) => token !== '');
      if (tokens.length === 0) continue;
      if (count === WORDS) throw new NadirError('input', `line ${i + 1}: ${show(part.trim())} is one instruction too many; allowed: ${WORDS}`);
      words[count++] = instruction(tokens, i + 1);
    }
  });
  return words;
}

function instruction([name, ...tokens]: readonly string[], line: number): number {
  const wrong = (what: string): NadirError => new NadirError('input', `line ${line}: ${what}`);
  const code = /^OP(\d+)$/.exec(name!)?.[1];
  const opcode = code !== undefined && Number(code) < 64 ? { code: Number(code), name: name!, operands: [], work: 0, about: '' } : byName.get(name!.toUpperCase());
  if (opcode === undefined) {
    const near = nearest(name!, [...byName.keys()]);
    throw wrong(`unknown instruction ${show(name)}; ${near ? `did you mean ${near}? ` : ''}have ${[...byName.keys()].join(' ')}`);
  }
  const operands = shape(opcode);
  const allowed = (): string => `${opcode.name} takes ${operands.map((o) => (o.file ? `${o.name}0 to ${o.name}${max(o)}` : `${o.name}=0 to ${max(o)}`)).join(', ') || 'nothing'}`;
  let word = opcode.code * 0x4000000;
  const seen = new Set<string>();
  let place = 0; // of the next register
  const registers = operands.filter((o) => o.file);
  for (const token of tokens) {
    const [, label, digits] = /^([A-Za-z]+)=(0x[0-9a-f]+|\d+)$/i.exec(token) ?? [];
    const [, file, index] = /^([RXFD])(\d+)$/i.exec(token) ?? [];
    const operand = label !== undefined ? operands.find((o) => !o.file && o.name === label) : file !== undefined && registers[place]?.name === file.toUpperCase() ? registers[place++] : undefined;
    const value = Number(digits ?? index);
    if (label === 'bits' && value <= 0x3ffffff) word += value;
    else if (operand === undefined || value > max(operand)) throw wrong(`${show(token)} is no operand here; ${allowed()}`);
    else word += (value << operand.shift) >>> 0;
    if (label !== undefined && seen.has(label)) throw wrong(`${label} is given twice`);
    seen.add(label ?? token + place);
    if (label === 'bits' && operands.some((o) => (value >>> o.shift) & max(o))) throw wrong(`${token} sets bits of an operand; ${allowed()}`);
  }
  return word;
}

function max({ width }: Operand): number {
  return (1 << width) - 1;
}

/**
 * A program as text; NOPs after the last instruction are left out. `assemble` gives the same words again.
 * @example
 * disassemble(Uint32Array.of(0x04200800, 0, 0)); // 'ORD R1 bytes=2'
 */
export function disassemble(words: Uint32Array): string {
  if (!(words instanceof Uint32Array)) throw new NadirError('input', `words is ${show(words)}; allowed: a Uint32Array`);
  let last = words.length;
  while (last > 0 && words[last - 1] === 0) last--;
  return Array.from(words.subarray(0, last), (word) => listing(word)).join('\n');
}

/** One word as text. */
export function listing(word: number): string {
  const code = word >>> 26;
  const opcode = byCode.get(code);
  const operands = opcode ? shape(opcode) : [];
  let rest = word & 0x3ffffff;
  const parts = [opcode?.name ?? `OP${code}`];
  for (const operand of operands) {
    const value = (word >>> operand.shift) & max(operand);
    rest &= ~(max(operand) << operand.shift);
    if (operand.file) parts.push(`${operand.name}${value}`);
    else if (value !== 0) parts.push(`${operand.name}=${value}`);
  }
  if (rest !== 0) parts.push(`bits=0x${rest.toString(16)}`);
  return parts.join(' ');
}

/** Whether each word does something: it has an opcode, and if it needs a table there is one left. */
export function live(words: Uint32Array): boolean[] {
  let tables = 0;
  return Array.from(words, (word) => {
    const code = word >>> 26;
    return code !== NOP && byCode.has(code) && (code < CM || code > MATCH || ++tables <= TABLES);
  });
}

/** What an instruction takes, in nominal nanoseconds a byte. */
export function workOf(word: number): number {
  const each = byCode.get(word >>> 26)?.work ?? 0;
  const b = (word >>> 10) & 63;
  switch (word >>> 26) {
    case NEAR: return each * (b + 1);
    case SIGN: return each * ((b & 15) + 1);
    case DOT:
    case TANH: return each + 8 * ((b & 31) + 1);
    default: return each;
  }
}

/** What a kernel takes, in nominal nanoseconds a byte: the number that searches count as cost. */
export function work({ words }: Kernel): number {
  const lives = live(words);
  return words.reduce((sum, word, i) => sum + (lives[i] && word >>> 26 !== PRIME ? workOf(word) : 0), BASE);
}
