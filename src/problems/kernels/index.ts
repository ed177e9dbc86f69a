/** The kernels that come with nadir. Their ids stand in compressed files: an id and what it stands for never change. */
import { NadirError, named, show } from '../../core/errors.ts';
import type { BuiltIn } from './builtin.ts';
import { full } from './full.ts';
import { lpaq } from './lpaq.ts';
import { order2 } from './order2.ts';

export type { BuiltIn } from './builtin.ts';

/**
 * Every built-in kernel, in the order of their ids.
 * @example
 * builtIns.map(({ name }) => name); // [ 'order2', 'lpaq', 'full' ]
 */
export const builtIns: readonly BuiltIn[] = [order2, lpaq, full];

/**
 * The built-in kernel of a name or an id. Throws `name` for an unknown one.
 * @example
 * builtIn('order2').kernel.words.length; // 64
 */
export function builtIn(nameOrId: string | number): BuiltIn {
  if (typeof nameOrId === 'string') return named('kernel', builtIns, nameOrId);
  const found = builtIns.find(({ id }) => id === nameOrId);
  if (found === undefined) throw new NadirError('name', `unknown kernel id ${show(nameOrId)}; have ${builtIns.map(({ id, name }) => `${id} (${name})`).join(', ')}`);
  return found;
}
