/** `nadir decompress`: the file that `nadir compress` was given. */
import { NadirError } from '../core/errors.ts';
import { decompressStream } from '../studies/compress.ts';
import { kernelOf } from './programs/kernel.ts';
import type { Command } from './shared.ts';
import { bytes, transfer } from './transfer.ts';

export const decompress: Command = {
  name: 'decompress',
  about: 'the file that compress was given, checked block by block',
  words: ['file'],
  options: {
    out: { type: 'string', short: 'o', about: 'the file to write, - for standard output; also -o' },
    kernel: { type: 'string', about: 'the kernel file, where the file was made with one of your own and does not hold it' },
    'max-memory': { type: 'string', about: 'take no more than this (256MiB)' },
    'max-output': { type: 'string', about: 'write no more than this (1GiB)' },
    json: { type: 'boolean', about: 'one JSON document' },
  },
  async run(values, io) {
    const [file, out] = [values.file as string, values.out as string | undefined];
    if (out === undefined) throw new NadirError('input', '--out is missing; give the file to write: -o OUT');
    if (out === '-' && values.json) throw new NadirError('input', '--json and -o - both write to standard output; give one of them');
    const kernel = values.kernel === undefined ? undefined : (await kernelOf(values.kernel as string)).kernel;
    const [maxMemory, maxOutput] = [bytes(values, 'max-memory'), bytes(values, 'max-output')];
    const done = await transfer(file, out, { doing: 'decompressed', stream: () => decompressStream({ kernel, maxMemory, maxOutput, signal: io.signal }) }, io).catch((error: unknown) => {
      if (!(error instanceof NadirError)) throw error;
      throw new NadirError(error.code, error.message.replace('maxMemory', '--max-memory').replace('maxOutput', '--max-output'), { cause: error });
    });
    if (values.json) return io.out(JSON.stringify(done));
    const say = out === '-' ? io.note : io.out;
    say(`${out}: ${done.inputBytes.toLocaleString('en')} to ${done.outputBytes.toLocaleString('en')} bytes in ${done.seconds.toFixed(1)} s, ${(done.outputBytes / 1e6 / done.seconds).toFixed(2)} MB a second`);
  },
};
