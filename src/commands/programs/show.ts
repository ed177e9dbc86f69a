/** `nadir programs show`: the listing of a kernel, with what each instruction costs and gains. */
import { NadirError } from '../../core/errors.ts';
import { listing, live, opcodes, work, workOf } from '../../problems/program/assembler.ts';
import { kernelHash, kernelJson } from '../../problems/program/file.ts';
import { ablation } from '../../studies/scoring.ts';
import { number, table, type Command } from '../shared.ts';
import { bytesOf, kernelOf } from './kernel.ts';
import { sample } from './sample.ts';

const BYTES = 20_480;

export const show: Command = {
  name: 'programs show',
  about: 'a kernel instruction by instruction: what each costs, and what it gains on a text',
  words: ['kernel?'],
  options: {
    on: { type: 'string', about: 'the text to measure gains on (the README of nadir)' },
    prefix: { type: 'string', about: `so many of its first bytes (${BYTES})` },
    bits: { type: 'string', about: 'tables of 2^N slots, 12 to 22 (16)' },
    about: { type: 'boolean', about: 'with what each instruction does' },
    json: { type: 'boolean', about: 'one JSON document, which is a kernel file too' },
  },
  async run(values, io) {
    const { name, about, kernel } = await kernelOf((values.kernel as string | undefined) ?? 'full');
    const text = values.on === undefined ? await sample() : await bytesOf(values.on as string);
    if (text.length === 0) throw new NadirError('input', `${values.on as string} is empty; allowed: a text`);
    const { bitsPerByte, gains, bytes } = await ablation(kernel, text, {
      prefix: number(values, 'prefix') ?? BYTES,
      bits: number(values, 'bits') ?? 16,
      signal: io.signal,
      observe: (done, all) => io.progress(`${done} of ${all} instructions left out`),
    });
    const on = (values.on as string | undefined) ?? 'the README of nadir';
    if (values.json) {
      io.out(JSON.stringify({ ...kernelJson(kernel), name, about, work: work(kernel), on, bytes, bitsPerByte, costs: Array.from(kernel.words, (word, i) => (gains[i] === undefined ? 0 : workOf(word))), gains: gains.map((gain) => gain ?? null) }));
      return;
    }
    const lives = live(kernel.words);
    const said = new Map(opcodes.map((o) => [o.code, o.about]));
    const rows = Array.from(kernel.words.entries()).filter(([, word]) => word !== 0).map(([i, word]) => [
      String(i), listing(word), ...(lives[i] ? [String(workOf(word)), gains[i]!.toFixed(4)] : ['-', '-']), ...(values.about ? [said.get(word >>> 26) ?? 'nothing'] : []),
    ]);
    io.out(`${name}: ${about}`);
    io.out(table([['#', 'instruction', 'ns/byte', 'gain', ...(values.about ? ['what it does'] : [])], ...rows]));
    io.out(`${rows.length} instructions, ${kernel.doubles.filter((x) => x !== 0).length} doubles that are not 0, nominally ${work(kernel)} ns a byte`);
    io.out(`${bitsPerByte.toFixed(4)} bits a byte on ${bytes} bytes of ${on}; gain: the bits a byte lost without the instruction`);
    io.out(`sha256 ${kernelHash(kernel)}`);
  },
};
