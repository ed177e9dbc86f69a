/** Kernels and texts as the command line names them. */
import { NadirError, messageOf, nearest, show } from '../../core/errors.ts';
import { files } from '../../platform/index.ts';
import { builtIns } from '../../problems/kernels/index.ts';
import { readKernel } from '../../problems/program/file.ts';
import type { Kernel } from '../../spaces/program.ts';

/** A file's bytes. */
export async function bytesOf(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await files.read(path);
  } catch (error) {
    throw new NadirError('input', `${path} cannot be read: ${messageOf(error)}`);
  }
  if (bytes === undefined) throw new NadirError('input', `${path} cannot be read: there is no such file`);
  return bytes;
}

/** A built-in kernel by its name, or a kernel file by its path. */
export async function kernelOf(name: string): Promise<{ readonly name: string; readonly about: string; readonly kernel: Kernel }> {
  const builtIn = builtIns.find((b) => b.name === name);
  if (builtIn) return builtIn;
  const bytes = await files.read(name).catch(() => undefined);
  if (bytes === undefined) {
    const near = nearest(name, builtIns.map((b) => b.name));
    throw new NadirError('input', `there is no kernel and no file ${show(name)}; ${near ? `did you mean ${near}? ` : ''}have ${builtIns.map((b) => b.name).join(', ')}, or the path of a kernel file`);
  }
  return { name, about: `${bytes.length} bytes`, kernel: readKernel(bytes, name) };
}
