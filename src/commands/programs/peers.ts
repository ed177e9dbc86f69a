/** What the compressors that people know make of a text, at their best settings: two of the runtime's own, the others where they are installed. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { messageOf } from '../../core/errors.ts';

import type { HeldOut, Peer } from '../../studies/programs/heldout.ts';

/** A program's output, or undefined when it is not there or fails. */
function output(program: string, args: readonly string[], cwd: string): Promise<Buffer | undefined> {
  return new Promise((done) => execFile(program, args, { cwd, encoding: 'buffer', maxBuffer: 1 << 30 }, (error, out) => done(error ? undefined : out)));
}

type Measure = (folder: string, bytes: Uint8Array) => Promise<number | undefined>;
const piped = (program: string, ...args: string[]): Measure => async (folder) => (await output(program, [...args, 'text'], folder))?.length;

/** Bytes of the packed text alone: what 7z says, without its own header. */
const sevenZip: Measure = async (folder) => {
  for (const program of ['7z', '7zz', '7za']) {
    if (!(await output(program, ['a', '-bd', '-m0=PPMd:o=8', 'text.7z', 'text'], folder))) continue;
    const said = (await output(program, ['l', '-slt', 'text.7z'], folder))?.toString();
    const size = /^Packed Size = (\d+)$/m.exec(said ?? '')?.[1];
    if (size !== undefined) return Number(size);
  }
  return undefined;
};
const zpaq: Measure = async (folder) => ((await output('zpaq', ['a', 'text.zpaq', 'text', '-m5'], folder)) ? (await stat(join(folder, 'text.zpaq'))).size : undefined);

const PEERS: readonly (readonly [string, Measure])[] = [
  ['gzip -9', async (_, bytes) => gzipSync(bytes, { level: 9 }).length],
  ['bzip2 -9', piped('bzip2', '-9', '-k', '-c')],
  ['xz -9e', piped('xz', '-9e', '-k', '-c')],
  ['zstd -22', piped('zstd', '-22', '--ultra', '-q', '-c')],
  ['brotli -11', async (_, bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length],
  ['7z PPMd', sevenZip],
  ['zpaq -m5', zpaq],
];

/** The size that each of them makes of a text; null for one that is not installed. */
export async function peersOf({ bytes }: HeldOut, note: (name: string) => void): Promise<Peer[]> {
  const folder = await mkdtemp(join(tmpdir(), 'nadir-peers-'));
  try {
    await writeFile(join(folder, 'text'), bytes);
    const peers: Peer[] = [];
    for (const [name, measure] of PEERS) {
      note(name);
      peers.push({ name, coded: (await measure(folder, bytes).catch((error: unknown) => void note(`${name}: ${messageOf(error)}`))) ?? null });
    }
    return peers;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
