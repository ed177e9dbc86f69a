/** Instructions that a slot may become, and what may stand behind the sum: drawn at random. */
import type { Random } from '../../core/types.ts';
import { selects, type Input, type Mixer, type Recipe, type Refinement } from './recipe.ts';

/** The same for the same instruction. */
export const key = ({ context, by, limit }: Input): string => `${by} ${limit} ${context.join(' ')}`;
const pick = <T>(list: readonly T[], random: Random): T => list[random.int(list.length)]!;

/** The instructions at hand and new ones, `count` altogether, no two alike. */
export function gather(kept: readonly Input[], count: number, random: Random): Input[] {
  const pool = new Map(kept.filter(({ by }) => by !== 'ISSE').map((input) => [key(input), input]));
  for (let i = 0; pool.size < count && i < 20 * count; i++) {
    const context = kept.length > 0 && random.int(4) === 0 ? pick(kept, random).context : newContext(random);
    const input = { context, ...reader(context, random) };
    pool.set(key(input), input);
  }
  return [...pool.values()];
}
function newContext(random: Random): string[] {
  const at = random.int(16);
  if (at < 6) return [`o${random.int(8)}`];
  if (at < 9) return [`w${random.int(8)}`];
  if (at < 11) return [`s${1 + random.int(63)}`];
  if (at < 12) return [`c${1 + random.int(10)}`];
  return [pick(['w0', 'w1', 'c3', 'c6', 'n', 'a', 'e', 'l'], random), pick(['o1', 'o2', 'o3', 'b0', 'b1', 'b2', 'w0', 'c2'], random)];
}
function reader(context: readonly string[], random: Random): { by: Input['by']; limit: number } {
  const order = context.length === 1 && context[0]![0] === 'o' ? Number(context[0]!.slice(1)) : 0;
  const at = random.int(20);
  if (order >= 4 && at < 5) return { by: 'MATCH', limit: order };
  if (at < 9) return { by: 'ICM', limit: 4 + random.int(4) };
  if (at < 15) return { by: 'CM', limit: 2 + random.int(6) };
  return at < 18 ? { by: 'CM2', limit: 2 + random.int(6) } : { by: 'RUN', limit: 0 };
}

/** Another mixer, rate or refinement behind the same inputs, or one of them read another way. */
export function another(recipe: Recipe, random: Random): Recipe {
  const { inputs, mixers, refinements } = recipe;
  const at = random.int(14);
  const one = <T>(list: readonly T[], change: (item: T) => T): T[] => {
    const i = random.int(Math.max(1, list.length));
    return list.map((item, j) => (i === j ? change(item) : item));
  };
  if (at < 3 && mixers.length < 6) return { ...recipe, mixers: [...mixers, mixer(mixers[0]!.rate, random)] };
  if (at < 4 && mixers.length > 1) return { ...recipe, mixers: mixers.filter((_, i) => i !== mixers.length - 1) };
  if (at < 5) return { ...recipe, mixers: one(mixers, ({ rate }) => mixer(rate, random)) };
  if (at < 7) return { ...recipe, mixers: one(mixers, (it) => ({ ...it, rate: Math.max(0, Math.min(7, it.rate + (random.int(2) ? 1 : -1))) })) };
  if (at < 9 && refinements.length < 4) return { ...recipe, refinements: [...refinements, refinement(random)] };
  if (at > 11) return { ...recipe, inputs: one(inputs, (it) => ({ ...it, ...reader(it.context, random) })) };
  if (at > 9) return { ...recipe, inputs: one(inputs, (it) => ({ ...it, limit: Math.max(0, Math.min(7, it.limit + (random.int(2) ? 1 : -1))) })) };
  return refinements.length > 0 ? { ...recipe, refinements: random.int(2) ? refinements.slice(0, -1) : one(refinements, () => refinement(random)) } : { ...recipe, mixers: one(mixers, ({ rate }) => mixer(rate, random)) };
}
function mixer(rate: number, random: Random): Mixer {
  const mode = random.int(8);
  return { context: selects(mode) ? [pick(['b0', 'b0', 'b1', 'b2', 'c1', 'c2', 'l', 'n'], random)] : [], mode, rate };
}
function refinement(random: Random): Refinement {
  const mode = random.int(4);
  return { context: mode === 1 ? [pick(['b0', 'b1'], random)] : mode === 2 ? [pick(['o2', 'o3', 'w0'], random)] : [], k: mode | (random.int(4) << 2) | ((1 + random.int(3)) << 4) };
}
