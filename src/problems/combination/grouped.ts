/**
 * Divide and conquer: groups of twelve parameters, every subset of a group known. Groups are first solved one by one, each for its share of the target; then they are refined
 * together, two at a time: of the 2^24 selections of both the best is found by one sweep over their sorted sums (Horowitz and Sahni 1974), round by round until none comes nearer.
 *
 * Up to twelve coefficients are one group, and the cycle is exact to the last tie; up to 24 it is as near as rounding lets it be. Groups are dealt by size, so that all have large
 * and small ones. Surprise: solving groups alone is worth little, its distance is that of 2^12 selections; a single sweep of two is worth 2^24.
 */
import type { Cycle } from '../combination.ts';
import { exact } from './exact.ts';
import { bySize, open, type Ledger } from './ledger.ts';
import type { StrategyDef, Tools } from './strategy.ts';

const GROUP = 12; // 4096 sums: a sweep of two groups takes 20 microseconds
const SWEEPS = 256; // a cycle, 5 ms
const LISTS = 256; // kept at a time, 40 KB each

export const grouped: StrategyDef = {
  name: 'grouped',
  about: 'groups of twelve, each solved exactly, then refined two at a time',
  most: () => 1048576,
  beyond: 'no strategies',
  async find(cycle, tools) {
    if (cycle.coefficients.length <= GROUP) return exact.find(cycle, tools);
    const ledger = open(cycle);
    const parts = divide(ledger.pairs);
    const selection = await apart(cycle, ledger, parts, tools);
    await together(cycle, ledger, parts, selection, tools);
    return ledger.winner();
  },
};

/** The sums of what selecting changes, ascending, and their subsets: bit k for the group's parameter k. */
interface Sums { readonly sums: Float64Array; readonly masks: Uint16Array }
interface Parts { readonly groups: readonly Uint32Array[]; list(group: number): Sums }

function divide(pairs: Float64Array): Parts {
  const order = bySize(pairs);
  const count = Math.ceil(order.length / GROUP);
  const groups = Array.from({ length: count }, (_, g) => order.filter((_i, place) => place % count === g));
  const lists = new Map<number, Sums>();
  return {
    groups,
    list(group) {
      let found = lists.get(group);
      if (found === undefined) {
        if (lists.size === LISTS) lists.clear();
        lists.set(group, (found = subsets(Array.from(groups[group]!, (i) => pairs[2 * i + 1]! - pairs[2 * i]!))));
      }
      return found;
    },
  };
}

/**
 * All subset sums of a few numbers, ascending: each number doubles the list by a merge.
 * @example
 * subsets([3, -1]).sums; // Float64Array(4) [ -1, 0, 2, 3 ]
 * subsets([3, -1]).masks; // Uint16Array(4) [ 2, 0, 3, 1 ]
 */
export function subsets(changes: readonly number[]): Sums {
  let sums = new Float64Array(1);
  let masks = new Uint16Array(1);
  changes.forEach((change, k) => {
    const n = sums.length;
    const [nextSums, nextMasks] = [new Float64Array(2 * n), new Uint16Array(2 * n)];
    for (let i = 0, j = 0; i + j < 2 * n; ) {
      const without = i < n && (j === n || sums[i]! <= sums[j]! + change);
      nextSums[i + j] = without ? sums[i]! : sums[j]! + change;
      nextMasks[i + j] = without ? masks[i]! : masks[j]! | (1 << k);
      if (without) i++;
      else j++;
    }
    [sums, masks] = [nextSums, nextMasks];
  });
  return { sums, masks };
}

/** Every group solved for its share, by size, of what is left of the target: the start. */
async function apart({ target }: Cycle, ledger: Ledger, { groups, list }: Parts, tools: Tools): Promise<Uint8Array> {
  const { pairs } = ledger;
  const selection = new Uint8Array(pairs.length / 2);
  let rest = target;
  for (let i = 0; i < pairs.length; i += 2) rest -= pairs[i]!;
  const sizes = groups.map((group) => group.reduce((s, i) => s + Math.abs(pairs[2 * i + 1]! - pairs[2 * i]!), 0));
  let size = sizes.reduce((s, x) => s + x, 0);
  for (let g = 0; g < groups.length; g++) {
    await tools.pause();
    const { sums, masks } = list(g);
    const want = g === groups.length - 1 || !(size > 0) ? rest : rest * (sizes[g]! / size);
    let i = 0;
    for (let j = sums.length; i < j; ) {
      const half = (i + j) >>> 1;
      if (sums[half]! < want) i = half + 1;
      else j = half;
    }
    if (i === sums.length || (i > 0 && want - sums[i - 1]! < sums[i]! - want)) i--;
    choose(selection, groups[g]!, masks[i]!);
    rest -= sums[i]!;
    size -= sizes[g]!;
  }
  if (!selection.includes(1)) selection[bySize(pairs).at(-1)!] = 1; // the smallest change there is
  ledger.offer(selection);
  return selection;
}

/** Two groups at a time, the others as they are: neighbours first, then those two apart, and so on. */
async function together({ target }: Cycle, ledger: Ledger, { groups, list }: Parts, selection: Uint8Array, tools: Tools): Promise<void> {
  const { pairs } = ledger;
  const count = groups.length;
  const rounds = (count * (count - 1)) / 2;
  let idle = 0; // sweeps in a row that found nothing nearer
  for (let sweep = 0; sweep < SWEEPS && idle < rounds && ledger.best.d !== 0 && !ledger.reached; sweep++, idle++) {
    await tools.pause();
    const [a, b] = pairOf(sweep % rounds, count);
    const others = selection.slice();
    choose(others, groups[a]!, 0);
    choose(others, groups[b]!, 0);
    let want = target;
    for (let i = 0; i < others.length; i++) want -= pairs[2 * i + others[i]!]!;
    const both = meet(list(a), list(b), want, !others.includes(1));
    if (both === undefined) continue;
    choose(others, groups[a]!, both[0]);
    choose(others, groups[b]!, both[1]);
    const before = ledger.best.d;
    if (others.every((bit, i) => bit === selection[i])) continue;
    ledger.offer(others);
    if (!(ledger.best.d < before)) continue;
    selection.set(others);
    idle = -1;
  }
}

/** Pair number `at` of `count` groups: (0, 1), (1, 2), ..., (0, 2), (1, 3), ... */
function pairOf(at: number, count: number): [number, number] {
  let apart = 1;
  while (at >= count - apart) at -= count - apart++;
  return [at, at + apart];
}

/** The subsets of two groups whose sums come nearest to `want`; `some`: not both empty. */
function meet(a: Sums, b: Sums, want: number, some: boolean): [number, number] | undefined {
  let least = Infinity;
  let found: [number, number] | undefined;
  const look = (i: number, j: number): void => {
    if (i >= a.sums.length || j < 0) return;
    const d = Math.abs(a.sums[i]! + b.sums[j]! - want);
    if (!(d < least)) return;
    least = d;
    found = [a.masks[i]!, b.masks[j]!];
  };
  for (let i = 0, j = b.sums.length - 1; i < a.sums.length && j >= 0; ) {
    const gap = a.sums[i]! + b.sums[j]! - want;
    if (Math.abs(gap) < least) {
      if (!some || a.masks[i] !== 0 || b.masks[j] !== 0) look(i, j);
      else if (gap < 0) look(i, j - 1); // the next of those this step drops
      else look(i + 1, j);
    }
    if (gap < 0) i++;
    else j--;
  }
  return found;
}

function choose(selection: Uint8Array, group: Uint32Array, mask: number): void {
  group.forEach((i, k) => (selection[i] = (mask >>> k) & 1));
}
