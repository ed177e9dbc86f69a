/**
 * The search that strategies over recipes share: from the empty program, batches of varied recipes are scored on a share of the training text, the best few of them on all of it, and the first
 * that is better than the recipe at hand takes its place (successive halving in each round: Jamieson & Talwalkar 2016).
 *
 * It remembers names, not numbers: what was learned is learned again after a restart, and counted once. On another text (a larger prefix) it scores its best kernel
 * as it was first, then the same recipe learned from that text.
 */
import { crc32, crc32Bytes } from '../../core/crc.ts';
import { restoreRandom } from '../../core/random.ts';
import type { Batch, Json, Optimizer, Random, Snapshot } from '../../core/types.ts';
import { work as nanoseconds } from '../../problems/program/assembler.ts';
import { emptyKernel, same, type Kernel } from '../../spaces/program.ts';
import type { StrategyContext } from '../strategy.ts';
import { vary, type Names } from './moves.ts';
import { assemble, EMPTY, type Readout, type Recipe } from './recipe.ts';

/** What a strategy learns from the training text. */
export interface Teacher extends Names {
  /** The readout of this name, the same for the same text, and the operations that its parts take to learn, by part: one that several share is counted once. */
  learn(name: string): { readonly readout: Readout; readonly work: { readonly [part: string]: number } };
}

export interface ClimbParams {
  /** Recipes a batch. */
  readonly brood: number;
  /** Of these, how many are scored on the whole text. */
  readonly keep: number;
}

/** Nominal milliseconds of an operation. */
const OPERATION = 1.2e-6;
/** The share of the text that the first look at a recipe takes, and the least it is of use for. */
const LOOK = 0.125;
const LEAST = 4096;
/** Learning for a batch, and scoring it, may take about this share of the cost that is expected in all. */
const LESSON = 1 / 16;
const PRICE = 1 / 8;
/** A look may be this much worse than that of the recipe at hand. */
const SLACK = 1.02;

/** `fixed`: the start and what is carried over; `first`: what a look at the recipes said, when these are the best of a brood. */
interface Pending { readonly stage: 'start' | 'look' | 'whole'; readonly fixed: readonly Kernel[]; readonly recipes: readonly Recipe[]; readonly first: readonly number[]; readonly effort: number }
interface Saved {
  readonly random: Snapshot; readonly text: number; readonly recipe: Recipe; readonly loss: number; readonly look: number; readonly best: Kernel; readonly least: number;
  readonly learned: readonly string[]; readonly tried: readonly number[]; readonly pending: Pending | null;
}

/** Starts the search, or goes on from `snapshot`. `teach` may fork the stream it is given, which is the same after a restart. */
export function climb(teach: (random: Random) => Teacher, { brood, keep }: ClimbParams, context: StrategyContext, snapshot?: Snapshot): Optimizer<Kernel> {
  const { corpus } = context;
  const text = crc32Bytes(corpus);
  const saved = snapshot as unknown as Saved | undefined;
  const goes = saved !== undefined && saved.text === text; // else it was another rung
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  const teacher = teach(random);
  const fidelity = corpus.length * LOOK >= LEAST ? LOOK : 1;
  let recipe: Recipe = saved?.recipe ?? EMPTY;
  let loss = goes ? saved.loss : Infinity; // of `recipe` on the whole text
  let look = goes ? saved.look : Infinity; // and on a share of it
  let best = saved?.best ?? context.x0 ?? emptyKernel(); // of all scored on the whole text
  let least = goes ? saved.least : Infinity; // its loss
  const learned = new Set(goes ? saved.learned : []);
  const tried = new Set(goes ? saved.tried : []); // since the last step
  const cache = new Map<string, Readout>();
  const cost = context.cost ?? Infinity;
  let work = 0;
  let plan: Pending | undefined = goes ? (saved.pending ?? undefined) : start();
  let pending: Batch<Kernel> | undefined = plan && open(plan);

  function learn(name: string): Readout {
    let readout = cache.get(name);
    if (readout === undefined) {
      const answer = teacher.learn(name);
      cache.set(name, (readout = answer.readout));
      for (const [part, operations] of Object.entries(answer.work)) {
        if (!learned.has(part)) work += operations;
        learned.add(part);
      }
    }
    return readout;
  }

  function start(): Pending {
    const given = context.x0 && !same(context.x0, best) ? [context.x0] : [];
    return { stage: 'start', fixed: [...given, best], recipes: recipe.inputs.length > 0 ? [recipe] : [], first: [], effort: 0 };
  }

  function open({ stage, fixed, recipes, effort }: Pending): Batch<Kernel> {
    const xs = [...fixed, ...recipes.map((r) => assemble(r, learn)!)];
    if (stage === 'start') return { xs, effort };
    return stage === 'look' ? { xs, fidelity, above: SLACK * look, effort } : { xs, above: loss, effort };
  }

  /** What comes after what was told; `promoted`: the best of a brood. */
  function next(promoted: readonly { recipe: Recipe; first: number }[]): Pending {
    if (promoted.length > 0) return { stage: 'whole', fixed: [], recipes: promoted.map((p) => p.recipe), first: promoted.map((p) => p.first), effort: 0 };
    const recipes: Recipe[] = fidelity < 1 && look === Infinity && recipe.inputs.length > 0 ? [recipe] : [];
    let price = 0; // nominal milliseconds
    for (let i = 0; recipes.length < brood && i < 64 * brood && !(recipes.length > 0 && (work * OPERATION > LESSON * cost || price > PRICE * cost)); i++) {
      let other = vary(recipe, teacher, random);
      while (random.int(4) === 0) other = vary(other, teacher, random);
      const key = crc32(JSON.stringify(other));
      if (tried.has(key)) continue;
      tried.add(key);
      const kernel = assemble(other, learn);
      if (kernel === undefined) continue;
      recipes.push(other);
      price += (nanoseconds(kernel) * fidelity * corpus.length) / 1e6;
    }
    const effort = work * OPERATION;
    work = 0;
    return { stage: fidelity < 1 ? 'look' : 'whole', fixed: [], recipes, first: recipes.map(() => Infinity), effort };
  }

  function step(to: Recipe, itsLoss: number, itsLook: number): void {
    recipe = to;
    loss = itsLoss;
    look = itsLook;
    tried.clear();
  }

  return {
    ask() {
      if (pending === undefined) pending = open((plan ??= next([])));
      return pending;
    },
    tell(batch, scores) {
      if (batch !== pending || plan === undefined) return; // points of others say nothing about recipes
      const { stage, fixed, recipes, first } = plan;
      pending = plan = undefined;
      const told = Array.from(scores.loss);
      if (stage !== 'look') told.forEach((value, i) => {
        if (!(value < least)) return;
        least = value;
        best = batch.xs[i]!;
      });
      if (stage === 'look') {
        if (look === Infinity && recipes[0] === recipe) look = told[0]!;
        const ranks = recipes.map((_, i) => i).filter((i) => recipes[i] !== recipe && told[i]! <= SLACK * look).sort((i, j) => told[i]! - told[j]! || i - j);
        if (ranks.length > 0) plan = next(ranks.slice(0, keep).map((i) => ({ recipe: recipes[i]!, first: told[i]! })));
        return;
      }
      for (const [i, other] of recipes.entries()) if (told[fixed.length + i]! < loss) step(other, told[fixed.length + i]!, stage === 'whole' ? first[i]! : Infinity);
    },
    save: () => ({ random: random.save(), text, recipe, loss, look, best, least, learned: [...learned], tried: [...tried], pending: plan ?? null }) as unknown as Snapshot,
    report: () => ({ loss, ...recipe }) as unknown as Json,
  };
}
