/** The moves on recipes: a context more, one less, another component, another readout, a mixer, a refinement, rates. They are drawn at random and always change something. */
import type { Random } from '../../core/types.ts';
import { selects, type Component, type Input, type Mixer, type Recipe, type Refinement } from './recipe.ts';

/** The readouts of a strategy, by name. */
export interface Names {
  sample(random: Random): string;
  vary(name: string, random: Random): string;
}

/** Drawn by these shares. */
const MOVES: readonly (readonly [share: number, move: (recipe: Recipe, names: Names, random: Random) => Recipe])[] = [
  [8, (r, names, random) => ({ ...r, inputs: insert(r.inputs, input(r, names, random), random), mixers: r.mixers.length > 0 ? r.mixers : [{ context: [], mode: 0, rate: 3 }] })],
  [2, (r, _names, random) => ({ ...r, inputs: without(r.inputs, random) })],
  [3, (r, names, random) => ({ ...r, inputs: change(r.inputs, random, () => input(r, names, random)) })],
  [3, (r, names, random) => ({ ...r, inputs: change(r.inputs, random, (x) => ({ ...x, context: hashed(x.context, r, names, random) })) })],
  [3, (r, _names, random) => ({ ...r, inputs: change(r.inputs, random, (x) => ({ ...x, ...component(random, x.by === 'MATCH') })) })],
  [4, relearn],
  [2, (r, names, random) => ({ ...r, mixers: [...r.mixers, mixer(r, names, random)].slice(0, 6) })],
  [1, (r, _names, random) => ({ ...r, mixers: r.mixers.length > 1 ? without(r.mixers, random) : r.mixers })],
  [2, (r, names, random) => ({ ...r, mixers: change(r.mixers, random, (x) => (random.int(2) ? { ...mixer(r, names, random), rate: x.rate } : { ...x, rate: near(x.rate, 0, 7, random) })) })],
  [2, (r, names, random) => ({ ...r, refinements: [...r.refinements, refinement(r, names, random)].slice(0, 4) })],
  [1, (r, _names, random) => ({ ...r, refinements: without(r.refinements, random) })],
  [1, (r, names, random) => ({ ...r, refinements: change(r.refinements, random, (x) => (random.int(2) ? refinement(r, names, random) : { ...x, k: (x.k & 3) | (random.int(16) << 2) })) })],
  [1, (r, _names, random) => ({ ...r, weight: r.weight * (random.int(2) ? 0.8 : 1.25) })],
];
const TOTAL = MOVES.reduce((sum, [share]) => sum + share, 0);

/** A recipe that is not `recipe`. */
export function vary(recipe: Recipe, names: Names, random: Random): Recipe {
  const text = JSON.stringify(recipe);
  for (;;) {
    let at = recipe.inputs.length === 0 ? 0 : random.int(TOTAL);
    for (const [share, move] of MOVES) {
      at -= share;
      if (at >= 0) continue;
      const next = move(recipe, names, random);
      if (next.inputs.length > 0 && JSON.stringify(next) !== text) return next;
      break;
    }
  }
}

/** One readout is learned another way, wherever it is used. */
function relearn(recipe: Recipe, names: Names, random: Random): Recipe {
  const known = readouts(recipe);
  if (known.length === 0) return recipe;
  const old = pick(known, random);
  const name = `@${names.vary(old.slice(1), random)}`;
  const swap = <T extends { readonly context: readonly string[] }>(list: readonly T[]): T[] => list.map((x) => ({ ...x, context: x.context.map((source) => (source === old ? name : source)) }));
  return { ...recipe, inputs: swap(recipe.inputs), mixers: swap(recipe.mixers), refinements: swap(recipe.refinements) };
}

function input(recipe: Recipe, names: Names, random: Random): Input {
  if (random.int(12) === 0 && !recipe.inputs.some(({ by }) => by === 'MATCH')) return { context: [`o${4 + random.int(5)}`], by: 'MATCH', limit: 4 + random.int(4) };
  const context = random.int(2) ? hashed([readout(recipe, names, random)], recipe, names, random) : plain(random);
  return { context, ...component(random, false) };
}

function component(random: Random, match: boolean): { by: Component; limit: number } {
  if (match) return { by: 'MATCH', limit: 3 + random.int(7) };
  const at = random.int(16);
  return at < 7 ? { by: 'ICM', limit: 4 + random.int(4) } : at < 12 ? { by: 'CM', limit: 2 + random.int(6) } : at < 14 ? { by: 'CM2', limit: 2 + random.int(6) } : at < 15 ? { by: 'ISSE', limit: 6 } : { by: 'RUN', limit: 0 };
}

function plain(random: Random): string[] {
  const at = random.int(10);
  if (at < 6) return [`o${random.int(7)}`];
  if (at < 8) return [`w${random.int(8)}`];
  if (at < 9) return [`s${1 + random.int(63)}`];
  return [`c${1 + random.int(6)}`, `o${random.int(3)}`];
}

/** The context alone, or with something short beside its first source. */
function hashed([first]: readonly string[], recipe: Recipe, names: Names, random: Random): string[] {
  const at = random.int(12);
  if (at < 1) return [first!];
  if (at < 8) return [first!, `o${1 + random.int(4)}`];
  if (at < 10) return [first!, `w${random.int(2)}`];
  return [first!, readout(recipe, names, random), ...(random.int(2) ? [`o${1 + random.int(2)}`] : [])];
}

/** A known one half of the time: it costs no doubles. */
function readout(recipe: Recipe, names: Names, random: Random): string {
  const known = readouts(recipe);
  return known.length > 0 && random.int(2) ? pick(known, random) : `@${names.sample(random)}`;
}

function readouts({ inputs, mixers, refinements }: Recipe): string[] {
  return [...new Set([...inputs, ...mixers, ...refinements].flatMap(({ context }) => context))].filter((source) => source.startsWith('@'));
}

function mixer(recipe: Recipe, names: Names, random: Random): Mixer {
  const mode = random.int(8);
  const context = !selects(mode) ? [] : [random.int(2) ? readout(recipe, names, random) : pick(['b0', 'b1', 'b2', 'l', 'c1', 'c2', 'n'], random)];
  return { context, mode, rate: recipe.mixers[0]?.rate ?? 3 };
}

function refinement(recipe: Recipe, names: Names, random: Random): Refinement {
  const mode = random.int(4);
  const context = mode === 1 || mode === 2 ? [random.int(2) ? readout(recipe, names, random) : mode === 1 ? `b${random.int(2)}` : `o${2 + random.int(2)}`] : [];
  return { context, k: mode | (random.int(16) << 2) };
}

function insert<T>(list: readonly T[], item: T, random: Random): T[] {
  const at = random.int(list.length + 1);
  return [...list.slice(0, at), item, ...list.slice(at)];
}

function without<T>(list: readonly T[], random: Random): readonly T[] {
  if (list.length === 0) return list;
  const at = random.int(list.length);
  return list.filter((_, i) => i !== at);
}

function change<T>(list: readonly T[], random: Random, make: (item: T) => T): readonly T[] {
  if (list.length === 0) return list;
  const at = random.int(list.length);
  return list.map((item, i) => (i === at ? make(item) : item));
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[random.int(list.length)]!;
}

/** One up or down, within bounds. */
function near(x: number, min: number, max: number, random: Random): number {
  return Math.max(min, Math.min(max, x + (random.int(2) ? 1 : -1)));
}
