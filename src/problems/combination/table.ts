/** The truth table as CSV text: one row a line tried, made when it is read, so that a table of a gigabyte never is in memory. */
import { NadirError } from '../../core/errors.ts';
import { sumOf, terms, type Cycle, type Winner } from '../combination.ts';

/** The columns, in the published order. */
export const HEADER = 'cycle,line,combo,weights_before,wpn,result,delta_abs,delta_cond,is_winner\n';
/** Coefficients a table of all lines can have. */
export const ROWS = 30;
const TEXT = 65536; // characters a piece

/**
 * The rows of one cycle, in pieces of text of about 64 KB. Weights are separated by blanks.
 * @param cycle what the cycle began with; `number` counts from 1
 */
export function* rows(cycle: Cycle, number: number, winner: Winner): Generator<string> {
  const { weights, wpn, target } = cycle;
  const n = weights.length;
  const pairs = terms(cycle);
  const before = `${Array.from(weights).join(' ')},${wpn}`;
  const last = Number(winner.line);
  let text = '';
  let line = 0;
  for (const selection of winner.tried ?? lines(n, Number(winner.lines))) {
    line++;
    const s = sumOf(pairs, selection);
    text += `${number},${line},${selection.join('')},${before},${s},${Math.abs(s - target)},${s - target},${line === last ? 1 : 0}\n`;
    if (text.length < TEXT) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

/** The selections of lines 1 to count, always the same array. */
function* lines(n: number, count: number): Generator<Uint8Array> {
  if (n > ROWS) throw new NadirError('input', `there are ${n} coefficients; allowed in a truth table: up to ${ROWS}`);
  const selection = new Uint8Array(n);
  for (let line = 1; line <= count; line++) {
    let i = n - 1;
    for (; selection[i] === 1; i--) selection[i] = 0; // add one
    selection[i] = 1;
    yield selection;
  }
}
