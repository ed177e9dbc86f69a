/** What a store may be asked for. What a key may be lies in core, because experiments name artifacts by those rules too. */
import { NadirError, show } from '../core/errors.ts';
import { checkKey } from '../core/key.ts';

export { checkKey, checkPrefix, flaw } from '../core/key.ts';

/** Throws `store` unless it is a key or a folder, a key with a `/` at its end. */
export function checkPlace(place: string): void {
  if (typeof place !== 'string' || !/.\/$/.test(place)) return checkKey(place);
  checkKey(place.slice(0, -1));
}

/** Throws `store` unless one can be moved to the other: two keys or two folders, neither inside the other. */
export function checkMove(from: string, to: string): void {
  checkPlace(from);
  checkPlace(to);
  const folder = from.endsWith('/');
  if (folder !== to.endsWith('/')) throw new NadirError('store', `key ${show(from)} cannot be moved to ${show(to)}; allowed: a key to a key, or a folder to a folder, both with a / at the end`);
  if (folder && from !== to && (from.startsWith(to) || to.startsWith(from))) throw new NadirError('store', `key ${show(from)} cannot be moved to ${show(to)}: one is inside the other`);
}

/** Throws `store` unless they bound a range of bytes; `to` may be Infinity. */
export function checkRange(key: string, from: number = 0, to: number = Infinity): void {
  if (!Number.isSafeInteger(from) || from < 0) throw new NadirError('store', `key ${show(key)} is wanted from byte ${show(from)}; allowed: an integer from 0`);
  if (to !== Infinity && (!Number.isSafeInteger(to) || to < 0)) throw new NadirError('store', `key ${show(key)} is wanted up to byte ${show(to)}; allowed: an integer from 0, or Infinity`);
}

/** Throws `store` unless a draft can be written there. */
export function checkOffset(key: string, at: number): void {
  if (!Number.isSafeInteger(at) || at < 0) throw new NadirError('store', `key ${show(key)} is drafted at byte ${show(at)}; allowed: an integer from 0`);
}
