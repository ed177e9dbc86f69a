/** Batches over workers: contiguous shares, scored by each worker's own backend, put back in order. The bits do not change. */
import { NadirError } from '../core/errors.ts';
import { createRandom } from '../core/random.ts';
import type { Batch, Box, Problem, Scores } from '../core/types.ts';
import { sharedBackend, type BackendName, wasmModule } from '../backend/index.ts';
import type { Job } from '../executors/job.ts';
import type { Pool } from '../platform/pool.ts';
import { open, type Spec } from './objective.ts';

/** What every worker is given at its start. */
export interface ScoreSetup { readonly wasm?: WebAssembly.Module; readonly backend: BackendName }
interface ScoreJob extends Job { readonly kind: 'score'; readonly spec: Spec; readonly xs: Float64Array; readonly n: number; readonly gradient: boolean; readonly fidelity?: number }
interface Share { readonly loss: Float64Array; readonly violation?: Float64Array; readonly gradient?: Float64Array; readonly cost?: number; readonly failure?: string }

const opened = new Map<string, Promise<Problem<Float64Array, Box>>>();

/** A worker's part: opens the problem once, scores one share. */
export async function score({ spec, xs, n, gradient, fidelity }: ScoreJob, setup: unknown): Promise<Share> {
  const { wasm, backend } = setup as ScoreSetup;
  const key = JSON.stringify(spec);
  let problem = opened.get(key);
  if (problem === undefined) {
    problem = (async () => {
      if (wasm) await wasmModule(wasm);
      const shared = await sharedBackend(backend);
      return open(spec.objective, spec, { backend: shared.scope(), random: createRandom(0, shared) });
    })();
    opened.set(key, problem);
    problem.catch(() => opened.delete(key));
  }
  const p = await problem;
  const dim = xs.length / n;
  const answer = await p.score({ xs: Array.from({ length: n }, (_, i) => xs.subarray(i * dim, (i + 1) * dim)), gradient, fidelity });
  let slopes: Float64Array | undefined;
  if (answer.gradient) {
    slopes = new Float64Array(n * dim);
    answer.gradient.forEach((g, i) => slopes!.set(g, i * dim));
  }
  return { loss: answer.loss.slice(), violation: answer.violation?.slice(), gradient: slopes, cost: answer.cost, failure: answer.failure };
}

/** The same problem, its batches scored over a pool. */
export function spread(problem: Problem<Float64Array, Box>, spec: Spec, pool: Pool, signal?: AbortSignal): Problem<Float64Array, Box> {
  const { dim } = problem.space;

  async function scoreOver({ xs, gradient = false, fidelity }: Batch<Float64Array>): Promise<Scores<Float64Array>> {
    const n = xs.length;
    const share = Math.ceil(n / pool.workers);
    const jobs: Promise<Share>[] = [];
    for (let from = 0; from < n; from += share) {
      const count = Math.min(share, n - from);
      const rows = new Float64Array(count * dim);
      for (let i = 0; i < count; i++) rows.set(xs[from + i]!, i * dim);
      const job: ScoreJob = { kind: 'score', spec, xs: rows, n: count, gradient, fidelity };
      jobs.push(pool.run(job, { transfer: [rows.buffer], signal }) as Promise<Share>);
    }
    const shares = await Promise.all(jobs);
    const loss = new Float64Array(n);
    const violation = shares[0]!.violation ? new Float64Array(n) : undefined;
    const slopes: Float64Array[] = [];
    let at = 0;
    let cost: number | undefined;
    for (const part of shares) {
      if (part.loss.length !== Math.min(share, n - at)) throw new NadirError('objective', `the problem returned ${part.loss.length} losses for ${Math.min(share, n - at)} points`);
      loss.set(part.loss, at);
      violation?.set(part.violation!, at);
      for (let i = 0; part.gradient && i < part.loss.length; i++) slopes.push(part.gradient.slice(i * dim, (i + 1) * dim));
      if (part.cost !== undefined) cost = (cost ?? 0) + part.cost;
      at += part.loss.length;
    }
    return { loss, violation, gradient: gradient ? slopes : undefined, cost, failure: shares.find((part) => part.failure)?.failure };
  }
  return { ...problem, score: scoreOver };
}
