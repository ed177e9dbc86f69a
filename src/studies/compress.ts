/**
 * The lossless codec: a kernel predicts every bit, and the arithmetic coder of its machine writes what was not foreseen.
 *
 * All four functions drive one of the two coders of codec.ts. A stream needs a machine and two blocks, no more.
 * Surprise: a `TransformStream` with a transformer cannot wait for its reader, and one piece of hostile input may hold a gigabyte of output; here a writer into a plain
 * one waits for every block to be taken.
 */
import type { BackendName } from '../backend/index.ts';
import { NadirError, show } from '../core/errors.ts';
import { builtIn, builtIns } from '../problems/kernels/index.ts';
import { checkBits } from '../problems/program/machine.ts';
import { DOUBLES, WORDS, same, type Kernel } from '../spaces/program.ts';
import { MEMORY, decoder, encoder, join, type Bytes, type Compressing, type Decompressing, type Open } from './codec.ts';

export interface CompressOptions {
  /** A built-in kernel by its name, or any kernel; default 'full'. */
  readonly kernel?: string | Kernel;
  /** Put the kernel into the container, 8448 bytes; else a kernel that is not built in must be given again to decompress. Default false. */
  readonly embed?: boolean;
  /** Tables of 2^bits slots, 12 to 22; default by the length of the input, up to 21, and so that it decompresses in 256 MiB. */
  readonly bits?: number;
  readonly backend?: BackendName;
  readonly signal?: AbortSignal;
}
export interface CompressStreamOptions extends CompressOptions {
  /** Of the whole input, where it is known: the tables are sized for it, and an input of another length is an error. */
  readonly length?: number;
}
export interface DecompressOptions {
  /** The kernel, where the container was made with one that is neither built in nor embedded. */
  readonly kernel?: string | Kernel;
  /** Bytes the machine may take, checked before it takes any; default 256 MiB. */
  readonly maxMemory?: number;
  /** Bytes the output may have, checked block by block before each is decoded; default 1 GiB. */
  readonly maxOutput?: number;
  readonly backend?: BackendName;
  readonly signal?: AbortSignal;
}

const DEFAULT = 'full';
const OUTPUT = 1024 * 1048576;

/**
 * Compresses bytes; the same input and options give the same bytes in every runtime.
 * @throws NadirError `input` or `name` for bad options, `aborted` by the signal
 * @example
 * const text = new TextEncoder().encode('to be or not to be, that is the question. '.repeat(20));
 * const code = await compress(text);
 * code.length < text.length / 8; // true
 * new TextDecoder().decode(await decompress(code)).slice(0, 18); // 'to be or not to be'
 */
export async function compress(bytes: Uint8Array, options: CompressOptions = {}): Promise<Bytes> {
  const given = compressing(options, KNOWN.compress);
  if (!isBytes(bytes)) throw new NadirError('input', `bytes is ${show(bytes)}; allowed: a Uint8Array`);
  return whole(bytes, encoder({ ...given, length: bytes.length }));
}

/**
 * What `compress` was given. Every block is checked before it is handed on: what comes out is what went in, or an error.
 * @throws NadirError `state` when the container is damaged, cut off, or none; `memory` and `input` when it needs more than is allowed or another kernel
 * @example
 * const code = await compress(Uint8Array.of(1, 2, 3), { kernel: 'order2' });
 * await decompress(code); // Uint8Array(3) [ 1, 2, 3 ]
 */
export async function decompress(bytes: Uint8Array, options: DecompressOptions = {}): Promise<Bytes> {
  const given = decompressing(options);
  if (!isBytes(bytes)) throw new NadirError('input', `bytes is ${show(bytes)}; allowed: a Uint8Array`);
  return whole(bytes, decoder(given));
}

/**
 * `compress` as a stream, for `pipeThrough`. Its memory does not grow with the input.
 * @example
 * const stream = new Blob(['and so on and on. '.repeat(999)]).stream().pipeThrough(compressStream({ kernel: 'order2' }));
 * (await new Response(stream.pipeThrough(decompressStream())).text()).length; // 17982
 */
export function compressStream(options: CompressStreamOptions = {}): TransformStream<Uint8Array, Bytes> {
  return piped(encoder(compressing(options, KNOWN.compressStream)), options.signal);
}

/**
 * `decompress` as a stream. A block is handed on when its checksum fits and the one before was taken.
 * @example
 * const reader = new Blob([await compress(Uint8Array.of(7))]).stream().pipeThrough(decompressStream()).getReader();
 * (await reader.read()).value; // Uint8Array(1) [ 7 ]
 */
export function decompressStream(options: DecompressOptions = {}): TransformStream<Uint8Array, Bytes> {
  return piped(decoder(decompressing(options)), options.signal);
}

async function whole(bytes: Uint8Array, open: Open): Promise<Bytes> {
  const parts: Bytes[] = [];
  const coder = open((part) => void parts.push(part));
  try {
    await coder.push(bytes);
    await coder.end();
    return join(parts);
  } finally {
    coder.close();
  }
}

/** A coder between two streams. A reader who leaves, a writer who gives up and the signal end both. */
function piped(open: Open, signal: AbortSignal | undefined): TransformStream<Uint8Array, Bytes> {
  const inner = new TransformStream<Bytes, Bytes>();
  const writer = inner.writable.getWriter();
  let waiting: ((error: unknown) => void) | undefined;
  const coder = open((bytes) => new Promise<void>((resolve, reject) => {
    waiting = reject;
    writer.write(bytes).then(resolve, reject);
  }));
  const fail = (error: unknown): void => {
    waiting?.(error); // a reader who takes nothing holds nothing up
    writer.abort(error).catch(() => undefined);
  };
  const stop = (): void => fail(new NadirError('aborted', 'stopped by the signal'));
  const release = (): void => {
    signal?.removeEventListener('abort', stop);
    coder.close();
  };
  const turn = async (act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      fail(error);
      throw error;
    }
  };
  const writable = new WritableStream<Uint8Array>({
    start(controller) {
      writer.closed.then(release, (error) => {
        release();
        controller.error(error);
      });
      if (signal?.aborted) stop();
      else signal?.addEventListener('abort', stop);
    },
    write: (bytes) => turn(() => {
      if (!isBytes(bytes)) throw new NadirError('input', `a piece of the stream is ${show(bytes)}; allowed: a Uint8Array`);
      return coder.push(bytes);
    }),
    close: () => turn(async () => {
      await coder.end();
      await writer.close();
    }),
    abort: (reason) => writer.abort(reason),
  });
  return { readable: inner.readable, writable };
}

const KNOWN = {
  compress: ['kernel', 'embed', 'bits', 'backend', 'signal'],
  compressStream: ['kernel', 'embed', 'bits', 'length', 'backend', 'signal'],
  decompress: ['kernel', 'maxMemory', 'maxOutput', 'backend', 'signal'],
};

function compressing(options: CompressStreamOptions, names: readonly string[]): Compressing {
  check('compress', options, names);
  const { kernel: which = DEFAULT, embed = false, bits, length, backend, signal } = options;
  if (typeof embed !== 'boolean') throw new NadirError('input', `embed is ${show(embed)}; allowed: true or false`);
  if (bits !== undefined) checkBits(bits);
  if (length !== undefined && !(Number.isSafeInteger(length) && length >= 0)) throw new NadirError('input', `length is ${show(length)}; allowed: an integer from 0`);
  const kernel = chosen(which);
  return { kernel, id: builtIns.find((each) => same(each.kernel, kernel))?.id ?? 0, embed, bits, length, backend, signal };
}

function decompressing(options: DecompressOptions): Decompressing {
  check('decompress', options, KNOWN.decompress);
  const { kernel, maxMemory = MEMORY, maxOutput = OUTPUT, backend, signal } = options;
  for (const [name, value] of Object.entries({ maxMemory, maxOutput })) if (!(typeof value === 'number' && value >= 0)) throw new NadirError('input', `${name} is ${show(value)}; allowed: a number of bytes from 0`);
  return { kernel: kernel === undefined ? undefined : chosen(kernel), maxMemory, maxOutput, backend, signal };
}

function check(of: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new NadirError('input', `the options are ${show(options)}; allowed: an object`);
  for (const name of Object.keys(options)) if (!names.includes(name)) throw new NadirError('name', `unknown option ${show(name)} of ${of}; have ${names.join(', ')}`);
  const { backend = 'auto', signal } = options as CompressOptions;
  if (!['auto', 'simd', 'reference'].includes(backend)) throw new NadirError('name', `unknown backend ${show(backend)}; have auto, simd, reference`);
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.addEventListener !== 'function') throw new NadirError('input', `signal is ${show(signal)}; allowed: an AbortSignal`);
}

function chosen(kernel: unknown): Kernel {
  if (typeof kernel === 'string') return builtIn(kernel).kernel;
  const { words, doubles } = (kernel ?? {}) as Partial<Kernel>;
  if (words instanceof Uint32Array && doubles instanceof Float64Array && words.length === WORDS && doubles.length === DOUBLES) return { words, doubles };
  throw new NadirError('input', `kernel is ${show(kernel)}; allowed: the name of a built-in kernel, or { words, doubles } of ${WORDS} words and ${DOUBLES} doubles`);
}

/** Also one of another realm. */
function isBytes(value: unknown): value is Uint8Array {
  return Object.prototype.toString.call(value) === '[object Uint8Array]';
}
