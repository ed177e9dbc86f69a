/**
 * The search that strategies over recipes share: from the empty program, a brood of varied recipes is scored on a small share of the training text, the best of them on ever more of it, and what is
 * better than the recipe at hand on all of it takes its place (successive halving in each round: Jamieson & Talwalkar 2016).
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
  /** Of these, how many go on to the next level; a third of them to the one after that. */
  readonly keep: number;
}

/** Nominal milliseconds of an operation. */
const OPERATION = 1.2e-6;
/** A level has this share of the text of the next one; the lowest has at least so many bytes. */
const RATIO = 8;
const LEAST = 4096;
/** Learning for a batch, and scoring it, may take about this share of the cost that is expected in all. */
const LESSON = 1 / 16;
const PRICE = 1 / 8;
/** On a share of the text a recipe that goes on may be this much worse than the one at hand. */
const SLACK = 1.02;

/** `level` -1: the start; `own`: the first recipe is the one at hand; `fixed`: kernels that are carried over; `before`: what the levels below said of each recipe. */
interface Pending { readonly level: number; readonly own: boolean; readonly fixed: readonly Kernel[]; readonly recipes: readonly Recipe[]; readonly before: readonly (readonly number[])[]; readonly effort: number }
interface Saved {
  readonly random: Snapshot; readonly text: number; readonly recipe: Recipe; readonly losses: readonly number[]; readonly best: Kernel; readonly least: number; readonly work: number;
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
  const shares = levels(corpus.length);
  const last = shares.length - 1;
  let recipe: Recipe = saved?.recipe ?? EMPTY;
  let losses = goes ? [...saved.losses] : shares.map(() => Infinity); // of `recipe`, by level; Infinity: not known
  let best = saved?.best ?? context.x0 ?? emptyKernel(); // of all scored on the whole text
  let least = goes ? saved.least : Infinity; // its loss
  const learned = new Set(goes ? saved.learned : []);
  const tried = new Set(goes ? saved.tried : []); // since the last step
  const cache = new Map<string, Readout>();
  const cost = context.cost ?? Infinity;
  let work = goes ? saved.work : 0; // operations not yet charged
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
    return { level: -1, own: recipe.inputs.length > 0, fixed: [...given, best], recipes: recipe.inputs.length > 0 ? [recipe] : [], before: [[]], effort: 0 };
  }

  function open({ level, fixed, recipes, effort }: Pending): Batch<Kernel> {
    const xs = [...fixed, ...recipes.map((r) => assemble(r, learn)!)];
    if (level < 0) return { xs, effort };
    return level === last ? { xs, above: losses[last]!, effort } : { xs, fidelity: shares[level]!, above: SLACK * losses[level]!, effort };
  }

  /** Scores these at a level, and the recipe at hand, when that is not known there. */
  function stage(level: number, recipes: readonly Recipe[], before: readonly (readonly number[])[]): Pending {
    const own = losses[level] === Infinity && recipe.inputs.length > 0;
    const effort = work * OPERATION;
    work = 0;
    return { level, own, fixed: [], recipes: own ? [recipe, ...recipes] : recipes, before: own ? [[], ...before] : before, effort };
  }

  function breed(): Pending {
    const recipes: Recipe[] = [];
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
      price += (nanoseconds(kernel) * shares[0]! * corpus.length) / 1e6;
    }
    return stage(0, recipes, recipes.map(() => []));
  }

  return {
    ask() {
      if (pending === undefined) pending = open((plan ??= breed()));
      return pending;
    },
    tell(batch, scores) {
      if (batch !== pending || plan === undefined) return; // points of others say nothing about recipes
      const { level, own, fixed, recipes, before } = plan;
      pending = plan = undefined;
      const told = Array.from(scores.loss);
      if (level < 0 || level === last) told.forEach((value, i) => {
        if (!(value < least)) return;
        least = value;
        best = batch.xs[i]!;
      });
      if (own) losses[level < 0 ? last : level] = told[fixed.length]!;
      if (level < 0) return;
      const ranks = recipes.map((_, i) => i).filter((i) => !(own && i === 0) && told[i]! < (level === last ? 1 : SLACK) * losses[level]!).sort((i, j) => told[i]! - told[j]! || i - j);
      if (ranks.length === 0) return;
      if (level < last) {
        const on = ranks.slice(0, Math.max(1, Math.round(level === 0 ? keep : keep / 3)));
        plan = stage(level + 1, on.map((i) => recipes[i]!), on.map((i) => [...before[i]!, told[i]!]));
        return;
      }
      recipe = recipes[ranks[0]!]!;
      losses = [...before[ranks[0]!]!, told[ranks[0]!]!];
      tried.clear();
    },
    save: () => ({ random: random.save(), text, recipe, losses, best, least, work, learned: [...learned], tried: [...tried], pending: plan ?? null }) as unknown as Snapshot,
    report: () => ({ loss: losses[last], ...recipe }) as unknown as Json,
  };
}

/** Shares of the text, each RATIO times the one before, the last all of it. */
function levels(length: number): number[] {
  const shares = [1];
  while ((shares[0]! / RATIO) * length >= LEAST) shares.unshift(shares[0]! / RATIO);
  return shares;
}
