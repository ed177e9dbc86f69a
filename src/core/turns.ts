/**
 * Calls about one key take turns, in the order they were made; calls about different keys do not wait for each other.
 *
 * A folder (a name with a `/` at its end) takes turns with everything below it, too. Surprise: a promise chain a key that is never
 * forgotten is a leak of every key ever used, so a chain goes when its last call ends.
 */

/** Calls `act` when every earlier call about one of `names`, or about a folder over it or a key below it, has ended, well or not. */
export type Turns = <T>(names: readonly string[], act: () => Promise<T>) => Promise<T>;

/**
 * @example
 * const inTurn = turns();
 * const order = [];
 * const late = inTurn(['a/b'], async () => { await null; order.push('first'); });
 * await Promise.all([late, inTurn(['a/'], async () => order.push('second'))]);
 * order; // [ 'first', 'second' ]
 */
export function turns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  let folders = 0; // names of folders in `last`: without any, a key looks up itself alone

  /** The calls to wait for. */
  const before = (name: string): Promise<unknown>[] => {
    const own = last.get(name);
    const found = own === undefined ? [] : [own];
    const folder = name.endsWith('/');
    if (folder || folders > 0) for (const [other, call] of last) if (other !== name && ((folder && other.startsWith(name)) || (other.endsWith('/') && name.startsWith(other)))) found.push(call);
    return found;
  };

  return (names, act) => {
    const calls = names.flatMap(before);
    const mine = calls.length === 0 ? act() : calls.length === 1 ? calls[0]!.then(act, act) : Promise.allSettled(calls).then(act);
    for (const name of names) {
      if (!last.has(name) && name.endsWith('/')) folders++;
      last.set(name, mine);
    }
    const forget = (): void => {
      for (const name of names) if (last.get(name) === mine) {
        last.delete(name);
        if (name.endsWith('/')) folders--;
      }
    };
    mine.then(forget, forget);
    return mine;
  };
}
