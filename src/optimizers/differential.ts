/**
 * Differential evolution (Storn, Price 1997): a population whose own differences are the steps, one batch a generation.
 *
 * rand1, best1 and current-to-best1 use the F (`weight`) and CR (`rate`) given; jde lets every member carry its own (Brest, Greiner,
 * Boskovic, Mernik, Zumer 2006); sade learns which of two mutations and which CR pay (Qin, Suganthan, CEC 2005).
 * Qin and Suganthan cross by chance a coordinate; our default crosses runs of neighbours, which solves shifted rastrigin of dim 40 in 15 runs of
 * 15 where chance solves 1. What surprised us: 20 members are enough at dim 40, and 100 solve none of rastrigin, ackley, griewank in 1000 dim evaluations.
 * A coordinate beyond a bound goes halfway from its parent to that bound.
 */
import { restoreRandom } from '../core/random.ts';
import { better } from '../core/run.ts';
import type { Batch, Box, Context, Json, Optimizer, OptimizerDef, Snapshot } from '../core/types.ts';

export interface DifferentialParams { readonly [key: string]: Json; readonly strategy: 'rand1' | 'best1' | 'current-to-best1' | 'jde' | 'sade'; readonly crossover: 'binomial' | 'exponential'; readonly population: number; readonly weight: number; readonly rate: number; readonly tolerance: number }

const TAU = 0.1; // jDE: how often a member draws a new F, and a new CR
const LEAST = 0.1; // jDE: F from LEAST to LEAST + SPAN
const SPAN = 0.9;
const LEARN_STRATEGY = 50; // SaDE: generations a learning period
const LEARN_RATE = 25;
const KEEP_RATE = 5;

interface Saved {
  readonly random: Snapshot; readonly xs: Float64Array[]; readonly loss: Float64Array; readonly violation: Float64Array; readonly best: number; readonly generation: number; readonly pending: Float64Array[] | null;
  readonly weights: Float64Array; readonly rates: Float64Array; readonly tried: Float64Array; readonly learnt: Float64Array;
}

export const differential: OptimizerDef<DifferentialParams> = {
  name: 'differential',
  aliases: ['differential_evolution', 'de'],
  about: 'differential evolution: steps are differences between members of the population',
  spaces: ['box'],
  gradient: 'none',
  options: {
    strategy: { default: 'sade', about: 'how a member is mutated; jde and sade adapt F and CR themselves', choices: ['rand1', 'best1', 'current-to-best1', 'jde', 'sade'] },
    crossover: { default: 'exponential', about: 'which coordinates change: a run of neighbours, or each by chance', choices: ['binomial', 'exponential'] },
    population: { default: 20, about: 'members', min: 4, max: 1e6, integer: true },
    weight: { default: 0.5, about: 'F, the factor of a difference; where jde starts', above: 0, max: 2 },
    rate: { default: 0.9, about: 'CR, the chance that a coordinate changes; where jde starts', min: 0, max: 1 },
    tolerance: { default: 1e-15, about: 'converged when the population is no wider than this, in box widths', min: 0, below: 1 },
  },
  start,
};

function start(space: Box, params: DifferentialParams, context: Context<Float64Array>, snapshot?: Snapshot): Optimizer<Float64Array> {
  const { dim, lower, upper } = space;
  const { strategy, population: size, tolerance } = params;
  const exponential = params.crossover === 'exponential';
  const saved = snapshot as unknown as Saved | undefined;
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  const fresh = (value: number): Float64Array => new Float64Array(size).fill(value);
  // Until the first generation is told the members are blanks that lose to anything.
  const xs: Float64Array[] = saved ? saved.xs.map((x) => x.slice()) : Array.from({ length: size }, () => lower.slice());
  const loss = saved?.loss.slice() ?? fresh(Infinity);
  const violation = saved?.violation.slice() ?? fresh(Infinity);
  const weights = saved?.weights.slice() ?? fresh(params.weight); // F and CR a member: those of its trial while there is one
  const rates = saved?.rates.slice() ?? fresh(params.rate);
  const tried = saved?.tried.slice() ?? new Float64Array(3 * size); // a trial's F, CR and whether it followed the best
  // SaDE: successes and failures of rand1, the same of current-to-best1, its share p, CR's mean, the sum and count of CRs that won
  const learnt = saved?.learnt.slice() ?? Float64Array.of(0, 0, 0, 0, 0.5, 0.5, 0, 0);
  let best = saved?.best ?? 0;
  let generation = saved?.generation ?? 0;
  const spare: Float64Array[] = []; // buffers of members that were replaced, and of trials that failed
  let pending: Batch<Float64Array> | undefined = saved?.pending ? { xs: saved.pending.map((x) => x.slice()) } : undefined;

  /** The F and CR that member i tries, and whether it moves towards the best. */
  function adapt(i: number): void {
    let toBest = strategy === 'current-to-best1';
    if (strategy === 'jde') {
      tried[3 * i] = random.f64() < TAU ? LEAST + SPAN * random.f64() : weights[i]!; // Eq. 6
      tried[3 * i + 1] = random.f64() < TAU ? random.f64() : rates[i]!; // Eq. 7
    } else if (strategy === 'sade') {
      if (generation % KEEP_RATE === 1 % KEEP_RATE) rates[i] = Math.max(0, Math.min(1, learnt[5]! + 0.1 * random.normal()));
      let f = 0;
      while (!(f > 0 && f <= 2)) f = 0.5 + 0.3 * random.normal();
      tried[3 * i] = f;
      tried[3 * i + 1] = rates[i]!;
      toBest = random.f64() >= learnt[4]!;
    } else {
      tried[3 * i] = params.weight;
      tried[3 * i + 1] = params.rate;
    }
    tried[3 * i + 2] = toBest ? 1 : 0;
  }

  function other(a: number, b: number, c: number): number {
    let r = random.int(size);
    while (r === a || r === b || r === c) r = random.int(size);
    return r;
  }

  function trial(i: number): Float64Array {
    adapt(i);
    const f = tried[3 * i]!;
    const rate = tried[3 * i + 1]!;
    const toBest = tried[3 * i + 2] === 1;
    const x = xs[i]!;
    const r1 = other(i, i, i);
    const r2 = other(i, r1, r1);
    const onRand = !toBest && strategy !== 'best1';
    const r3 = onRand ? other(i, r1, r2) : r1;
    const base = toBest ? x : onRand ? xs[r3]! : xs[best]!;
    const a = xs[r1]!;
    const b = xs[r2]!;
    const lead = xs[best]!;
    const y = spare.pop() ?? new Float64Array(dim);
    y.set(x);
    const gene = (j: number): void => {
      let v = base[j]! + f * (a[j]! - b[j]!);
      if (toBest) v += f * (lead[j]! - x[j]!);
      if (!(v >= lower[j]!)) v = lower[j]! + (x[j]! - lower[j]!) / 2;
      else if (v > upper[j]!) v = upper[j]! - (upper[j]! - x[j]!) / 2;
      y[j] = v;
    };
    let j = random.int(dim); // this one always changes
    if (exponential) {
      let n = 0;
      do {
        gene(j);
        if (++j === dim) j = 0;
      } while (++n < dim && random.f64() < rate);
    } else {
      const sure = j;
      for (j = 0; j < dim; j++) if (random.f64() < rate || j === sure) gene(j);
    }
    return y;
  }

  function first(): Float64Array[] {
    return Array.from({ length: size }, (_, i) => (i === 0 && context.x0 !== undefined ? space.copy(context.x0) : space.sample(random)));
  }

  function converged(): boolean {
    for (let j = 0; j < dim; j++) {
      const most = tolerance * (upper[j]! - lower[j]!);
      const at = xs[0]![j]!;
      for (let i = 1; i < size; i++) if (!(Math.abs(xs[i]![j]! - at) <= most)) return false;
    }
    return true;
  }

  /** Puts a copy, or the trial itself, in place of member i. */
  function replace(i: number, x: Float64Array, itsLoss: number, itsViolation: number, own: boolean): void {
    if (own) {
      spare.push(xs[i]!);
      xs[i] = x;
    } else xs[i]!.set(x);
    loss[i] = itsLoss;
    violation[i] = itsViolation;
    if (better(itsLoss, itsViolation, loss[best]!, violation[best]!)) best = i;
  }

  function learn(i: number, won: boolean): void {
    const column = tried[3 * i + 2] === 1 ? 2 : 0;
    learnt[column + (won ? 0 : 1)]!++;
    if (!won) return;
    learnt[6] = learnt[6]! + rates[i]!;
    learnt[7]!++;
  }

  function lesson(): void {
    if (generation % LEARN_RATE === 0 && learnt[7]! > 0) {
      learnt[5] = learnt[6]! / learnt[7]!;
      learnt[6] = learnt[7] = 0;
    }
    if (generation % LEARN_STRATEGY !== 0) return;
    const [s1, f1, s2, f2] = learnt as unknown as [number, number, number, number];
    const total = s2 * (s1 + f1) + s1 * (s2 + f2);
    if (total > 0) learnt[4] = (s1 * (s2 + f2)) / total; // Eq. 4
    learnt.fill(0, 0, 4);
  }

  return {
    ask() {
      if (pending) return pending;
      if (generation === 0) return (pending = { xs: first() });
      if (converged()) return undefined;
      return (pending = { xs: xs.map((_, i) => trial(i)) });
    },
    tell(told, scores) {
      const asked = told === pending;
      for (let k = 0; k < told.xs.length; k++) {
        const v = scores.violation === undefined ? 0 : scores.violation[k]!;
        const refined = scores.refined?.[k];
        if (!asked) {
          let worst = 0;
          for (let i = 1; i < size; i++) if (better(loss[worst]!, violation[worst]!, loss[i]!, violation[i]!)) worst = i;
          if (better(scores.loss[k]!, v, loss[worst]!, violation[worst]!)) {
            replace(worst, refined ?? told.xs[k]!, scores.loss[k]!, v, false);
            space.clip(xs[worst]!);
          }
          continue;
        }
        const won = !better(loss[k]!, violation[k]!, scores.loss[k]!, v); // a tie moves: plateaus are walked across
        if (generation > 0 && strategy === 'sade') learn(k, won);
        if (won) {
          replace(k, refined ?? told.xs[k]!, scores.loss[k]!, v, refined === undefined);
          if (generation > 0 && strategy === 'jde') {
            weights[k] = tried[3 * k]!;
            rates[k] = tried[3 * k + 1]!;
          }
        }
        if (!won || refined !== undefined) spare.push(told.xs[k]!);
      }
      if (!asked) return undefined;
      pending = undefined;
      generation++;
      if (strategy === 'sade') lesson();
      return undefined;
    },
    save: () => ({
      random: random.save(), best, generation,
      xs: xs.map((x) => x.slice()), loss: loss.slice(), violation: violation.slice(),
      weights: weights.slice(), rates: rates.slice(), tried: tried.slice(), learnt: learnt.slice(),
      pending: pending ? pending.xs.map((x) => x.slice()) : null,
    }),
  };
}
