/** `nadir programs score`: what a kernel makes of texts, in bits a byte. */
import type { BackendName } from '../../backend/index.ts';
import { now } from '../../platform/index.ts';
import { work } from '../../problems/program/assembler.ts';
import { kernelHash } from '../../problems/program/file.ts';
import { score as study } from '../../studies/scoring.ts';
import { number, table, type Command } from '../shared.ts';
import { bytesOf, kernelOf } from './kernel.ts';

export const score: Command = {
  name: 'programs score',
  about: 'bits a byte that a kernel makes of files',
  words: ['kernel', 'file...'],
  options: {
    prefix: { type: 'string', about: 'only so many of the first bytes of each file' },
    bits: { type: 'string', about: 'tables of 2^N slots, 12 to 22 (20)' },
    backend: { type: 'string', about: 'auto, simd or reference: the same bits' },
    json: { type: 'boolean', about: 'one JSON document' },
  },
  async run(values, io) {
    const { name, kernel } = await kernelOf(values.kernel as string);
    const paths = values.file as string[];
    const texts = await Promise.all(paths.map(bytesOf));
    const rows = [];
    for (const [i, text] of texts.entries()) {
      io.progress(`${paths[i]}, ${text.length} bytes`);
      const begun = now();
      const { bits, bitsPerByte, bytes, fingerprint } = await study(kernel, text, { prefix: number(values, 'prefix'), bits: number(values, 'bits') ?? 20, backend: values.backend as BackendName | undefined, signal: io.signal });
      rows.push({ file: paths[i]!, bytes, bits, bitsPerByte, fingerprint, seconds: (now() - begun) / 1000 });
    }
    if (values.json) {
      io.out(JSON.stringify({ kernel: name, sha256: kernelHash(kernel), work: work(kernel), files: rows }));
      return;
    }
    io.out(`${name}, nominally ${work(kernel)} ns a byte`);
    io.out(table([['file', 'bytes', 'compressed', 'bits/byte', 'seconds'], ...rows.map((r) => [r.file, String(r.bytes), String(Math.ceil(r.bits / 8)), r.bitsPerByte.toFixed(4), r.seconds.toFixed(2)])]));
  },
};
