/**
 * The axes of the benchmark: plain data, and data only.
 *
 * Both forms of a grid come from the same lines: every axis of every algorithm crossed with every case (the published form), or
 * with the cases of the algorithms that read it (the distinct form). Sizes are products and sums of these lengths; the lengths
 * were searched for so that both come out as published. Surprise: only a handful of all shapes do, and in medium and light five
 * algorithms never can. As TypeScript because Node 20 warns its user about every JSON module.
 */
import type { Json } from '../core/types.ts';

export type Values = readonly Json[];
export interface Axes {
  /** Runs a case. */
  readonly replicates: number;
  readonly algorithms: readonly string[];
  /** Of all algorithms. */
  readonly shared: { readonly [name: string]: Values };
  /** Of those algorithms that read them. */
  readonly own: { readonly [name: string]: Values };
}
/** A parameter drawn at random, as `grid.random` takes it. */
export type Draws = { readonly [name: string]: { readonly [kind: string]: Values } };

const FOUR = ['gradient_descent', 'adam', 'simulated_annealing', 'evolution_strategy'];
const FIVE = ['gradient_descent', 'adam', 'simulated_annealing', 'random_search', 'evolution_strategy'];
const PROBLEMS = ['sphere', 'rosenbrock', 'rastrigin', 'ackley', 'griewank'];

/** By intensity. Cases, product and distinct: 16 and 16, 384 and 108, 388,800 and 840, 9,331,200,000 and 41,800. */
export const intensities: { readonly [intensity: string]: Axes } = {
  light: {
    replicates: 2,
    algorithms: FOUR,
    shared: { problem: PROBLEMS.slice(0, 4), dim: [5], max_iters: ['auto'] },
    own: { lr: [0.1], pop_size: ['auto'] },
  },
  medium: {
    replicates: 3,
    algorithms: FOUR,
    shared: { problem: PROBLEMS.slice(0, 4), dim: [5, 10, 20], max_iters: ['auto'] },
    own: { lr: [0.01, 0.1], momentum: [0, 0.9], cooling: ['exponential', 'linear'], pop_size: [20] },
  },
  heavy: {
    replicates: 5,
    algorithms: FIVE,
    shared: { problem: PROBLEMS, dim: [5, 10, 20, 30], max_iters: ['auto'] },
    own: {
      lr: [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1],
      momentum: [0, 0.9],
      cooling: ['exponential', 'linear'],
      temperature: [1, 10],
      step_size: [0.1, 0.5, 2],
      strategy: ['uniform', 'shrinking', 'restart'],
      pop_size: [10, 20, 50], // "auto" at dim 30 is 120 offspring over 9,000 generations: 3 seconds
      sigma: [0.2, 0.5, 2],
    },
  },
  extreme: {
    replicates: 10,
    algorithms: FIVE,
    // "auto" at dim 200 is 60,000 rounds; a bounded run stays under a second.
    shared: { problem: PROBLEMS, dim: [5, 20, 50, 100, 200], max_iters: [100, 200, 500, 1000] },
    own: {
      lr: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
      momentum: [0, 0.5, 0.8, 0.9, 0.99],
      lr_decay: [0, 0.001, 0.01],
      beta1: [0, 0.5, 0.9, 0.99],
      beta2: [0.9, 0.95, 0.99, 0.999, 0.9999],
      cooling: ['exponential', 'linear'],
      temperature: [1, 10, 100],
      step_size: [0.05, 0.1, 0.2, 0.5, 1, 2],
      strategy: ['uniform', 'shrinking', 'restart'],
      pop_size: [10, 20, 50, 100],
      elite_fraction: [0.1, 0.2, 0.3, 0.5],
      sigma: [0.1, 0.2, 0.5, 1],
    },
  },
};

/** One algorithm on one problem: the dimensions, and what is tried of each algorithm; of any other its defaults. */
export const targeted: { readonly dims: Values; readonly replicates: number; readonly own: { readonly [algorithm: string]: { readonly [name: string]: Values } } } = {
  dims: [5, 10, 20],
  replicates: 10,
  own: {
    gradient_descent: { lr: [0.001, 0.01, 0.1], momentum: [0, 0.9] },
    adam: { lr: [0.001, 0.01, 0.1], beta1: [0.5, 0.9] },
    simulated_annealing: { cooling: ['exponential', 'linear'], step_size: [0.1, 0.5, 2] },
    random_search: { strategy: ['uniform', 'shrinking', 'restart'] },
    evolution_strategy: { pop_size: ['auto'], sigma: [0.2, 0.5, 2] },
  },
};

/**
 * Random trials: what is drawn for all, and for those that read it, in kinds of equal share. Nearly everything is drawn from a range: a case that
 * comes twice is one run, and with five dimensions and three strategies 45 of 100 trials of random search were repeats.
 */
export const random: { readonly replicates: number; readonly algorithms: readonly string[]; readonly shared: Draws; readonly own: { readonly [algorithm: string]: readonly Draws[] } } = {
  replicates: 1,
  algorithms: FIVE,
  shared: { problem: { choice: PROBLEMS }, dim: { integer: [2, 50] } },
  own: {
    gradient_descent: [{ lr: { logUniform: [1e-4, 1] }, momentum: { uniform: [0, 0.99] }, lr_decay: { logUniform: [1e-5, 0.1] } }],
    adam: [{ lr: { logUniform: [1e-4, 1] }, beta1: { uniform: [0, 0.99] }, beta2: { uniform: [0.9, 0.9999] } }],
    simulated_annealing: [{ cooling: { choice: ['exponential', 'linear'] }, temperature: { logUniform: [0.01, 100] }, step_size: { logUniform: [0.01, 5] } }],
    random_search: [
      { strategy: { choice: ['shrinking'] }, shrink: { uniform: [0.9, 0.999] } },
      { strategy: { choice: ['restart'] }, shrink: { uniform: [0.9, 0.999] }, restart: { integer: [20, 500] } },
      { strategy: { choice: ['uniform'] } },
    ],
    evolution_strategy: [{ pop_size: { integer: [10, 50] }, elite_fraction: { uniform: [0.1, 0.5] }, sigma: { logUniform: [0.05, 5] } }],
  },
};
