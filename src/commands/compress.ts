/** `nadir compress`: a file, smaller, and exactly that file again by `nadir decompress`. */
import { NadirError } from '../core/errors.ts';
import { builtIns } from '../problems/kernels/index.ts';
import { readHeader } from '../problems/program/container.ts';
import { compressStream } from '../studies/compress.ts';
import { kernelOf } from './programs/kernel.ts';
import { number, type Command } from './shared.ts';
import { transfer } from './transfer.ts';

export const compress: Command = {
  name: 'compress',
  about: 'a file, smaller: a kernel predicts its bits',
  words: ['file'],
  options: {
    out: { type: 'string', short: 'o', about: 'the file to write, - for standard output; also -o' },
    kernel: { type: 'string', about: `${builtIns.map(({ name }) => name).join(', ')}, or the path of a kernel file (full)` },
    embed: { type: 'boolean', about: 'put the kernel into the file, 8448 bytes; else a kernel of your own is needed again to decompress' },
    bits: { type: 'string', about: 'tables of 2^bits slots, 12 to 22 (by the length of the file, up to 21)' },
    json: { type: 'boolean', about: 'one JSON document' },
  },
  async run(values, io) {
    const [file, out] = [values.file as string, values.out as string | undefined];
    if (out === undefined) throw new NadirError('input', '--out is missing; give the file to write: -o OUT');
    if (out === '-' && values.json) throw new NadirError('input', '--json and -o - both write to standard output; give one of them');
    const name = (values.kernel as string | undefined) ?? 'full';
    const { kernel } = await kernelOf(name);
    const bits = number(values, 'bits');
    let used = bits;
    const done = await transfer(file, out, {
      doing: 'compressed',
      stream: (length) => compressStream({ kernel, embed: values.embed as boolean | undefined, bits, length, signal: io.signal }),
      first: (header) => void (used = readHeader(header).bits),
    }, io);
    const { inputBytes, outputBytes, seconds } = done;
    const bitsPerByte = inputBytes === 0 ? null : (8 * outputBytes) / inputBytes;
    if (values.json) return io.out(JSON.stringify({ ...done, bitsPerByte, kernel: name, bits: used }));
    const say = out === '-' ? io.note : io.out;
    const ratio = bitsPerByte === null ? '' : ` (${((100 * outputBytes) / inputBytes).toFixed(1)} %, ${bitsPerByte.toFixed(3)} bits a byte)`;
    say(`${out}: ${inputBytes.toLocaleString('en')} to ${outputBytes.toLocaleString('en')} bytes${ratio} by ${name} in ${seconds.toFixed(1)} s, ${(inputBytes / 1e6 / seconds).toFixed(2)} MB a second`);
  },
};
