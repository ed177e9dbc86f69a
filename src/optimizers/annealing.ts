/**
 * Simulated annealing (Kirkpatrick, Gelatt, Vecchi 1983) over any space with neighbours.
 *
 * `exponential` and `linear` cool an absolute temperature, as published. `adaptive`, the default, measures the loss differences
 * of the first moves and cools in that unit, and steers the step towards an acceptance of 44 % (Roberts, Gelman, Gilks 1997):
 * an absolute temperature of 1 freezes on one problem what it boils on the next.
 */
import { exp, pow } from '../../assembly/portable/math.ts';
import { restoreRandom } from '../core/random.ts';
import type { Batch, Context, Json, Optimizer, OptimizerDef, Snapshot, Space } from '../core/types.ts';

export interface AnnealingParams { readonly [key: string]: Json; readonly schedule: 'adaptive' | 'exponential' | 'linear'; readonly start: number; readonly end: number | null; readonly steps: number | null; readonly step: number }

const STEPS = 10000; // when no cost is expected
const WARMUP = 64; // moves measured for the unit of temperature
const WIDEN = 1.0576; // e^(0.1 * 0.56) and e^(-0.1 * 0.44): in balance at an acceptance of 44 %
const NARROW = 0.957;
const WIDEST = 4;
const NARROWEST = 1e-12;

interface Saved { readonly random: Snapshot; readonly x: Json; readonly loss: number; readonly violation: number; readonly pending: Json; readonly k: number; readonly steps: number; readonly temperature: number; readonly unit: number; readonly scale: number }

export const annealing: OptimizerDef<AnnealingParams> = {
  name: 'annealing',
  aliases: ['simulated_annealing'],
  about: 'simulated annealing: one neighbour at a time, uphill with a probability that cools',
  spaces: ['*'],
  gradient: 'none',
  options: {
    schedule: { default: 'adaptive', about: 'adaptive: in units of the first loss differences, with an adapted step; exponential, linear: absolute', choices: ['adaptive', 'exponential', 'linear'] },
    start: { default: 1, about: 'temperature at the first step', above: 0 },
    end: { default: null, about: 'temperature at the last step; null: 1e-4, adaptive 1e-9', above: 0, nullable: true },
    steps: { default: null, about: 'steps from start to end; null: the cost that is expected', min: 1, integer: true, nullable: true },
    step: { default: 1, about: "size of a move, in the space's natural steps", above: 0 },
  },
  start,
};

function start<X>(space: Space<X>, params: AnnealingParams, context: Context<X>, snapshot?: Snapshot): Optimizer<X> {
  const adaptive = params.schedule === 'adaptive';
  const hot = params.start;
  const cold = params.end ?? (adaptive ? 1e-9 : 1e-4);
  const saved = snapshot as unknown as Saved | undefined;
  const random = saved ? restoreRandom(saved.random, context.backend) : context.random;
  const steps = saved?.steps ?? Math.max(1, params.steps ?? Math.floor(context.cost ?? STEPS));
  const cooling = pow(cold / hot, 1 / steps);

  let x: X | undefined = saved && saved.x !== null ? space.decode(saved.x) : undefined;
  let loss = saved?.loss ?? Infinity;
  let violation = saved?.violation ?? Infinity;
  let k = saved?.k ?? 0;
  let temperature = saved?.temperature ?? hot;
  let unit = saved?.unit ?? 0; // sum of |difference| while warming up, then their mean
  let scale = saved?.scale ?? params.step;
  let pending: Batch<X> | undefined = saved && saved.pending !== null ? { xs: [space.decode(saved.pending)] } : undefined;

  /** Metropolis. A violation is compared before the loss; from one failure to another is a free move. */
  function accepts(newLoss: number, newViolation: number): boolean {
    if (newViolation !== violation) return newViolation < violation;
    if (newLoss <= loss) return true;
    const t = adaptive ? temperature * unit : temperature;
    return newLoss < Infinity && t > 0 && random.f64() < exp((loss - newLoss) / t);
  }

  function cool(): void {
    k++;
    if (k >= steps) temperature = cold;
    else if (params.schedule === 'linear') temperature = hot + (cold - hot) * (k / steps);
    else temperature *= cooling;
  }

  return {
    ask() {
      return (pending ??= { xs: [x === undefined ? (context.x0 !== undefined ? space.copy(context.x0) : space.sample(random)) : space.neighbor(x, random, scale)] });
    },
    tell(told, scores) {
      const asked = told === pending;
      for (let i = 0; i < told.xs.length; i++) {
        const newLoss = scores.loss[i]!;
        const newViolation = scores.violation === undefined ? 0 : scores.violation[i]!;
        let accepted: boolean;
        if (x === undefined || !asked) accepted = x === undefined || newViolation < violation || (newViolation === violation && newLoss < loss);
        else {
          if (adaptive && k < WARMUP) {
            const difference = Math.abs(newLoss - loss);
            if (difference < Infinity) unit = (unit * k + difference) / (k + 1);
          }
          accepted = accepts(newLoss, newViolation);
          if (adaptive && k >= WARMUP) scale = accepted ? Math.min(WIDEST * params.step, scale * WIDEN) : Math.max(NARROWEST, scale * NARROW);
          cool();
        }
        if (accepted) {
          x = scores.refined?.[i] ?? told.xs[i]!; // ours to keep when asked for
          if (!asked || scores.refined !== undefined) x = space.copy(x);
          loss = newLoss;
          violation = newViolation;
        }
      }
      if (asked) pending = undefined;
    },
    save: () => ({
      random: random.save(), loss, violation, k, steps, temperature, unit, scale,
      x: x === undefined ? null : space.encode(x),
      pending: pending ? space.encode(pending.xs[0]!) : null,
    }),
  };
}
