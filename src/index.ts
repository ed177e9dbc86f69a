/**
 * nadir finds minima. The package root: everything here is web-standard and runs in Node, Deno, Bun and pages.
 * @module
 */
export { minimize, ask } from './studies/minimize.ts';
export type { MinimizeOptions, OpenOptimizer } from './studies/minimize.ts';
export type { AnyObjective, ModuleObjective, NamedObjective } from './studies/objective.ts';
export { combinations } from './studies/combinations.ts';
export type { CombinationOptions, CombinationResult, CycleWinner } from './studies/combinations.ts';
export { subsets } from './studies/subsets.ts';
export type { QuadraticForm, SubsetCallback, SubsetOptions, SubsetResult } from './studies/subsets.ts';
export { run } from './core/run.ts';
export type { RunOptions } from './core/run.ts';
export { NadirError } from './core/errors.ts';
export type { ErrorCode } from './core/errors.ts';
export { createRandom, restoreRandom } from './core/random.ts';
export { seal, unseal } from './core/snapshot.ts';
export { box } from './spaces/box.ts';
export { bits } from './spaces/bits.ts';
export { problems, problem } from './problems/index.ts';
export { cycle } from './problems/cycle.ts';
export type { CycleStart } from './problems/cycle.ts';
export { limit } from './problems/limit.ts';
export type { Limit } from './problems/limit.ts';
export { differences, fromBatch, fromFunction } from './problems/wrap.ts';
export type { BatchObjective, Gradient, Objective } from './problems/wrap.ts';
export { optimizers, optimizer, start } from './optimizers/index.ts';
export { chain, moments, momentum, rate, shrink } from './optimizers/descent.ts';
export type { Transform, TransformDef } from './optimizers/descent.ts';
export { openBackend, sharedBackend, moduleHash } from './backend/index.ts';
export type { BackendName } from './backend/index.ts';
export { memory, directory } from './stores/index.ts';
export { lineChart } from './plot/line.ts';
export { bootstrap, ecdf, ert, median, quantile, runtimes, summary, targets } from './experiment/analysis.ts';
export type { Interval, Summary } from './experiment/analysis.ts';
export { holm, ranksum, wins } from './experiment/significance.ts';
export type { Alternative, RankSum, Wins } from './experiment/significance.ts';
export { version } from './version.ts';
export type * from './core/types.ts';
