/** Kernels and texts as the command line names them. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { NadirError, nearest, show } from '../../core/errors.ts';
import { files } from '../../platform/index.ts';
import { builtIns } from '../../problems/kernels/index.ts';
import { readKernel } from '../../problems/program/file.ts';
import type { Kernel } from '../../spaces/program.ts';
import { reason } from '../shared.ts';

/** A file's bytes. */
export async function bytesOf(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await files.read(path);
  } catch (error) {
    throw new NadirError('input', `${path} cannot be read: ${reason(error)}`);
  }
  if (bytes === undefined) throw new NadirError('input', `${path} cannot be read: ${(await folder(path)) ? 'it is a folder' : 'there is no such file'}`);
  return bytes;
}

const folder = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isDirectory() === true;

/** A built-in kernel by its name, or a kernel file by its path. */
export async function kernelOf(name: string): Promise<{ readonly name: string; readonly about: string; readonly kernel: Kernel }> {
  const builtIn = builtIns.find((b) => b.name === name);
  if (builtIn) return builtIn;
  if (!existsSync(name)) {
    const near = nearest(name, builtIns.map((b) => b.name));
    throw new NadirError('input', `there is no kernel and no file ${show(name)}; ${near ? `did you mean ${near}? ` : ''}have ${builtIns.map((b) => b.name).join(', ')}, or the path of a kernel file`);
  }
  const bytes = await bytesOf(name);
  return { name, about: `${bytes.length} bytes`, kernel: readKernel(bytes, name) };
}
