/**
 * Kernels as files. Binary: magic, version, 64 words and 1024 doubles little endian, SHA-256 of all that: 8,496 bytes. Or JSON, with the program also as text for people.
 *
 * Surprise: JSON has no NaN, no infinities, and JSON.stringify(-0) is "0"; those four are strings here.
 */
import { NadirError, messageOf, show } from '../../core/errors.ts';
import { fromHex, sha256 } from '../../core/sha256.ts';
import type { Json } from '../../core/types.ts';
import { DOUBLES, WORDS, type Kernel } from '../../spaces/program.ts';
import { disassemble } from './assembler.ts';

const MAGIC = 'nadirkrn';
const VERSION = 1;
const HEAD = 16;
/** Bytes of the words and doubles. */
export const PAYLOAD: number = WORDS * 4 + DOUBLES * 8;
const SIZE = HEAD + PAYLOAD + 32;

/** Throws `input` for what is no kernel. */
export function checkKernel(kernel: unknown): Kernel {
  const { words, doubles } = (kernel ?? {}) as Partial<Kernel>;
  if (!(words instanceof Uint32Array && doubles instanceof Float64Array)) throw new NadirError('input', `kernel is ${show(kernel)}; allowed: { words, doubles } of ${WORDS} words and ${DOUBLES} doubles`);
  if (words.length !== WORDS || doubles.length !== DOUBLES) throw new NadirError('input', `a kernel has ${WORDS} words and ${DOUBLES} doubles; this one has ${words.length} and ${doubles.length}`);
  return { words, doubles };
}

/** The words and doubles, little endian; every NaN as the same one. */
export function payload(kernel: Kernel): Uint8Array {
  const { words, doubles } = checkKernel(kernel);
  const bytes = new Uint8Array(PAYLOAD);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(4 * i, word, true));
  doubles.forEach((x, i) => {
    view.setFloat64(4 * WORDS + 8 * i, x, true);
    if (Number.isNaN(x)) {
      view.setUint32(4 * WORDS + 8 * i, 0, true);
      view.setUint32(4 * WORDS + 8 * i + 4, 0x7ff80000, true);
    }
  });
  return bytes;
}

/** The kernel of such bytes. */
export function fromPayload(bytes: Uint8Array): Kernel {
  const view = new DataView(bytes.buffer, bytes.byteOffset, PAYLOAD);
  return {
    words: Uint32Array.from({ length: WORDS }, (_, i) => view.getUint32(4 * i, true)),
    doubles: Float64Array.from({ length: DOUBLES }, (_, i) => view.getFloat64(4 * WORDS + 8 * i, true)),
  };
}

/**
 * SHA-256 of a kernel's words and doubles: 64 hex digits, the same for the same kernel everywhere.
 * @example
 * kernelHash({ words: new Uint32Array(64), doubles: new Float64Array(1024) }).length; // 64
 */
export function kernelHash(kernel: Kernel): string {
  return sha256(payload(kernel));
}

/**
 * A kernel as the bytes of a file.
 * @example
 * const kernel = { words: new Uint32Array(64), doubles: new Float64Array(1024) };
 * writeKernel(kernel).length; // 8496
 */
export function writeKernel(kernel: Kernel): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  for (let i = 0; i < 8; i++) bytes[i] = MAGIC.charCodeAt(i);
  bytes[8] = VERSION;
  bytes.set(payload(kernel), HEAD);
  bytes.set(digest(bytes.subarray(0, HEAD + PAYLOAD)), HEAD + PAYLOAD);
  return bytes;
}

function digest(bytes: Uint8Array): Uint8Array {
  return fromHex(sha256(bytes));
}

/**
 * A kernel as JSON: its listing is for people, what counts are words and doubles.
 * @example
 * kernelJson({ words: assemble('ORD R1 bytes=2'), doubles: new Float64Array(1024) }).listing; // [ 'ORD R1 bytes=2' ]
 */
export function kernelJson(kernel: Kernel): { readonly [key: string]: Json } {
  checkKernel(kernel);
  return {
    format: 'nadir-kernel',
    version: VERSION,
    listing: disassemble(kernel.words).split('\n'),
    words: Array.from(kernel.words),
    doubles: Array.from(kernel.doubles, (x) => (Number.isFinite(x) && !Object.is(x, -0) ? x : Object.is(x, -0) ? '-0' : String(x))),
    sha256: kernelHash(kernel),
  };
}

/**
 * The kernel of a file, binary or JSON.
 * @param bytes the whole file
 * @param name what an error calls it
 * @throws NadirError `state` when it is damaged, cut off, or no kernel
 * @example
 * const file = writeKernel({ words: assemble('ORD R1 bytes=2'), doubles: new Float64Array(1024) });
 * readKernel(file).words.length; // 64
 */
export function readKernel(bytes: Uint8Array, name: string = 'the kernel file'): Kernel {
  if (!(bytes instanceof Uint8Array)) throw new NadirError('input', `bytes is ${show(bytes)}; allowed: a Uint8Array`);
  const wrong = (what: string): NadirError => new NadirError('state', `${name} ${what}`);
  if (MAGIC.split('').every((c, i) => bytes[i] === c.charCodeAt(0))) {
    if (bytes.length < HEAD) throw wrong(`is cut off: it has ${bytes.length} bytes of ${SIZE}`);
    const version = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
    if (version !== VERSION) throw wrong(`has version ${version}; this nadir reads version ${VERSION}`);
    if (bytes.length !== SIZE) throw wrong(`has ${bytes.length} bytes; a kernel file has ${SIZE}`);
    const end = HEAD + PAYLOAD;
    if (digest(bytes.subarray(0, end)).some((byte, i) => bytes[end + i] !== byte)) throw wrong('is damaged: its checksum does not fit');
    return fromPayload(bytes.subarray(HEAD, end));
  }
  const first = bytes.find((c) => c !== 32 && c !== 10 && c !== 13 && c !== 9);
  if (first !== 0x7b) throw wrong('is no kernel: it begins neither with "nadirkrn" nor with "{"');
  let json: { readonly [key: string]: unknown };
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as { readonly [key: string]: unknown };
  } catch (error) {
    throw wrong(`is not JSON: ${messageOf(error)}`);
  }
  if (json.format !== 'nadir-kernel') throw wrong(`is no kernel: its format is ${show(json.format)}; allowed: "nadir-kernel"`);
  if (json.version !== VERSION) throw wrong(`has version ${show(json.version)}; this nadir reads version ${VERSION}`);
  const words = list(json.words, 'words', WORDS, wrong);
  const doubles = list(json.doubles, 'doubles', DOUBLES, wrong);
  const kernel = {
    words: Uint32Array.from(words, (word, i) => {
      if (!Number.isInteger(word) || (word as number) < 0 || (word as number) > 0xffffffff) throw wrong(`has words[${i}] ${show(word)}; allowed: an integer from 0 to 4294967295`);
      return word as number;
    }),
    doubles: Float64Array.from(doubles, (x, i) => {
      if (typeof x === 'number') return x;
      if (x !== '-0' && x !== 'NaN' && x !== 'Infinity' && x !== '-Infinity') throw wrong(`has doubles[${i}] ${show(x)}; allowed: a number, "-0", "NaN", "Infinity" or "-Infinity"`);
      return Number(x);
    }),
  };
  if (json.sha256 !== kernelHash(kernel)) throw wrong('is damaged: its sha256 is not that of its words and doubles');
  return kernel;
}

function list(value: unknown, name: string, length: number, wrong: (what: string) => NadirError): readonly unknown[] {
  if (!Array.isArray(value) || value.length !== length) throw wrong(`has ${Array.isArray(value) ? `${value.length} ${name}` : `${name} ${show(value)}`}; allowed: an array of ${length}`);
  return value as unknown[];
}
