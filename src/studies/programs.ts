/**
 * The race for a kernel: strategies search for the program and the doubles that compress a corpus best, by successive halving.
 *
 * The challenge gives a third of a sixth each (so many strategies on 50 KB, the best four on 1 MB) and the rest to one on everything. A budget of CPU time is turned into
 * a cost at the measured speed of this machine, so that what happens depends on cost and seed alone; where the clock then disagrees, the last rung is cut.
 * Surprise: what a kernel is worth and what it costs are known before the machine runs it twice: one of two kernels that predict 2 KB alike is never run again.
 */
import { openPool } from '#pool';
import { openBackend, sharedBackend, wasmModule } from '../backend/index.ts';
import { NadirError } from '../core/errors.ts';
import { resolve } from '../core/options.ts';
import { createRandom } from '../core/random.ts';
import { run } from '../core/run.ts';
import { sha256 } from '../core/sha256.ts';
import { unseal } from '../core/snapshot.ts';
import { halving, type Race, type Rung, type Standing } from '../optimizers/halving.ts';
import { now } from '../platform/index.ts';
import { compression, slots } from '../problems/compression.ts';
import { kernelHash, kernelJson, readKernel, writeKernel } from '../problems/program/file.ts';
import { machineBytes } from '../problems/program/machine.ts';
import { programs, type Kernel } from '../spaces/program.ts';
import { memory } from '../stores/index.ts';
import { BESIDE } from './machines.ts';
import { examiners, type ExamineSetup } from './programs/examine.ts';
import { codedBytes, type HeldOutScore } from './programs/heldout.ts';
import { openKeep, type Keep } from './programs/keep.ts';
import { asked, type Asked, type ProgramSearch, type SearchOptions } from './programs/options.ts';
import { reportHtml, reportMarkdown, type Improvement } from './programs/report.ts';

import type { Backend, Json, Optimizer, Snapshot, Stop } from '../core/types.ts';
import type { Pool } from '../platform/pool.ts';

export type { ProgramSearch, SearchOptions, SearchProgress } from './programs/options.ts';

/** The rungs of the challenge, by prefix. */
const RUNGS = [{ share: 1 / 6, prefix: 50_000, keep: 4 }, { share: 1 / 6, prefix: 1_000_000, keep: 1 }, { share: 2 / 3, prefix: Infinity, keep: 1 }] as const;
const ROOM = 12 * 1024 * 1024; // bytes of the arena for a strategy's own numbers

/** What a store keeps of a race beside the journal; `run` is what the loop saved, as text: sealed in itself. */
interface State { readonly run: string; readonly cache: Snapshot; readonly last: { readonly [name: string]: string }; readonly cpu: number; readonly cost: number; readonly rate: number | null; readonly finished: Stop | null }

/**
 * Searches for the kernel that compresses `corpus` best, from random or empty programs. Give one of `budget` and `cost`.
 * @returns the winner, how every strategy stands, and what the winner makes of the held-out texts
 * @throws NadirError with one sentence for bad input, before any work; `objective` when every strategy failed, `store` when another process is at this race
 * @example
 * const corpus = new TextEncoder().encode('it was the best of times, it was the worst of times. '.repeat(40));
 * const { winner, loss } = await searchPrograms({ corpus, cost: 100, workers: 0, strategies: ['kmeans'] });
 * winner.words.length; // 64
 */
export async function searchPrograms(options: SearchOptions): Promise<ProgramSearch> {
  const given = asked(options);
  const { store = memory(), place = 'the store', fresh = false, backend = 'auto' } = options;
  const { corpus, defs, seed, bits, budget } = given;
  const race = { corpus: sha256(corpus), bytes: corpus.length, strategies: defs.map(({ name }) => name), seed, bits, budget: budget ?? null, cost: given.cost ?? null };
  const keep = await openKeep(store, race, fresh, place);
  const halt = new AbortController();
  let pool: Pool | undefined;
  const onAbort = (): void => {
    halt.abort();
    void pool?.close();
  };
  options.signal?.addEventListener('abort', onAbort, { once: true });
  let arena: Backend | undefined;
  try {
    const saved = keep.saved as unknown as State | undefined;
    if (saved?.finished) return await finished(keep, given, saved, options);
    const wasm = (await sharedBackend(backend)).name === 'simd' ? await wasmModule() : undefined;
    const setup: ExamineSetup = { wasm, backend, corpus, bits };
    pool = given.workers > 0 ? await openPool({ workers: given.workers, setup }) : undefined;
    const examining = examiners(setup, pool, halt.signal);
    const rate = saved ? saved.rate : budget === undefined ? null : await examining.calibrate();
    const cost = saved?.cost ?? given.cost ?? budget! * rate!;
    arena = await openBackend(backend, BESIDE + largest(await sharedBackend(backend), bits) + ROOM * defs.length);

    const before = (saved?.cpu ?? 0) - examining.cpu; // milliseconds of earlier processes
    const cpu = (): number => before + examining.cpu;
    const problem = compression({ corpus, bits }, { examine: examining.examine }, saved?.cache);
    const last: { [name: string]: string } = { ...saved?.last };
    const state = saved && (unseal('race', JSON.parse(saved.run)) as { readonly run: Snapshot; readonly optimizer: Snapshot });
    const inner = raceOf(given, cost, arena, (standing, x) => keep.journal(improvement(standing, x, last, corpus.length)), state?.optimizer);
    const optimizer: Race<Kernel> = Object.assign(Object.create(inner) as Race<Kernel>, { ask: () => examining.timed(() => inner.ask()), tell: (...args: Parameters<Optimizer<Kernel>['tell']>) => examining.timed(() => inner.tell(...args)) });
    const stateOf = (saving: () => Json, stop: Stop | null = null): State => ({ run: JSON.stringify(saving()), cache: problem.save(), last: { ...last }, cpu: cpu(), cost, rate, finished: stop });

    const begun = now();
    let from = NaN; // what had been spent when this process began
    const outcome = await run(problem, optimizer, { cost, signal: halt.signal }, {
      kind: 'race',
      resume: state?.run,
      observe({ cost: spent, best, save }) {
        if (Number.isNaN(from)) from = spent;
        keep.offer(() => stateOf(save) as unknown as Snapshot);
        const standings = inner.standings();
        options.observe?.({ standings, rung: inner.rung, rungs: RUNGS.length, cost: spent, of: cost, cpu: cpu(), left: spent > from ? ((now() - begun) / (spent - from)) * Math.max(0, cost - spent) : NaN, loss: best?.loss ?? NaN, prefix: Math.round((standings[0]?.fidelity ?? 0) * corpus.length) });
        if (budget !== undefined && cpu() > budget) halt.abort();
      },
    });
    const stop = outcome.stop !== 'aborted' || options.signal?.aborted ? outcome.stop : 'time';
    const standings = inner.standings();
    const mine = standings.find(({ loss }) => loss === outcome.best.loss) ?? standings[0]!;
    const kept = stateOf(outcome.save, stop === 'aborted' ? null : stop);
    await keep.save(kept as unknown as Snapshot);
    const result: ProgramSearch = {
      winner: outcome.best.x, strategy: mine.name, loss: outcome.best.loss, prefix: Math.round(mine.fidelity * corpus.length),
      cost: outcome.cost, of: cost, cpu: kept.cpu, stop, evaluations: standings.reduce((sum, { points }) => sum + points, 0), standings, heldOut: [],
    };
    return await conclude(keep, result, given, options);
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    await pool?.close();
    arena?.release();
    await keep.close();
  }
}

/** The strategies as members of a race by successive halving, each with its own prefix, stream and part of the arena. */
function raceOf({ corpus, defs, seed, bits }: Asked, cost: number, arena: Backend, improved: (standing: Standing, x: Kernel) => void, saved: Snapshot | undefined): Race<Kernel> {
  const rungs: Rung[] = RUNGS.map(({ share, prefix, keep }) => ({ share, keep, fidelity: Math.min(prefix, corpus.length) / corpus.length }));
  const scopes = new Map<string, Backend>();
  return halving<Kernel>({
    space: programs,
    members: defs.map(({ name }) => name),
    rungs,
    cost,
    improved,
    start(name, { rung, cost: share, x0 }, state) {
      const def = defs.find((each) => each.name === name)!;
      const prefix = Math.min(RUNGS[rung]!.prefix, corpus.length);
      scopes.get(name)?.release();
      const backend = arena.scope();
      scopes.set(name, backend);
      const random = createRandom(seed, backend).fork('strategy').fork(name).fork(rung);
      return def.start(resolve(`strategy ${name}`, def.options, {}), { random, backend, corpus: corpus.subarray(0, prefix), bits: slots(prefix, bits), cost: share, ...(x0 && { x0 }) }, state);
    },
    stop(name) {
      scopes.get(name)?.release();
      scopes.delete(name);
    },
  }, saved);
}

/** A line of the journal: whose, for how much, how good, and what it became of. */
function improvement({ name, rung, loss, fidelity, cost, points }: Standing, x: Kernel, last: { [name: string]: string }, bytes: number): Json {
  const id = kernelHash(x).slice(0, 16);
  const line = { strategy: name, rung, cost, points, loss, prefix: Math.round(fidelity * bytes), id, parent: last[name] ?? null, kernel: programs.encode(x) };
  last[name] = id;
  return line;
}

/** The winner, its held-out scores and the report into the store. After an abort only the winner so far. */
async function conclude(keep: Keep, result: ProgramSearch, { heldOut, corpus, seed, budget }: Asked, { backend, signal, peers }: SearchOptions): Promise<ProgramSearch> {
  const { winner } = result;
  await keep.put('winner.kernel', writeKernel(winner));
  if (result.stop === 'aborted') return result;
  const scored: HeldOutScore[] = [];
  for (const text of heldOut) {
    const coded = await codedBytes(winner, text.bytes, { backend, signal });
    scored.push({ name: text.name, bytes: text.bytes.length, coded, bitsPerByte: (8 * coded) / text.bytes.length, peers: (await peers?.(text)) ?? [] });
  }
  const made: ProgramSearch = { ...result, heldOut: scored };
  const search = { ...made, winner: undefined, standings: made.standings.map((standing) => ({ ...standing, loss: Number.isFinite(standing.loss) ? standing.loss : null })) };
  await keep.put('winner.json', `${JSON.stringify({ ...kernelJson(winner), search }, null, 1)}\n`);
  const improvements = (await keep.lines()) as unknown as readonly Improvement[];
  const about = { result: made, improvements, corpus: corpus.length, seed, budget };
  await keep.put('report.html', reportHtml(about));
  await keep.put('report.md', reportMarkdown(about));
  return made;
}

/** A race that was over before: its winner again, on what is held out now. */
async function finished(keep: Keep, given: Asked, { run: sealed, cost: of, cpu, finished: stop }: State, options: SearchOptions): Promise<ProgramSearch> {
  const { run: saved, optimizer } = unseal('race', JSON.parse(sealed)) as unknown as { readonly run: { readonly cost: number; readonly best: { readonly x: Json; readonly loss: number; readonly fidelity: number } }; readonly optimizer: Snapshot };
  const arena = await openBackend('reference', 65536);
  const standings = raceOf(given, of, arena, () => undefined, optimizer).standings();
  const { x, loss, fidelity } = saved.best;
  const winner = readKernel(writeKernel(programs.decode(x)));
  const strategy = (standings.find((standing) => standing.loss === loss) ?? standings[0]!).name;
  return conclude(keep, { winner, strategy, loss, prefix: Math.round(fidelity * given.corpus.length), cost: saved.cost, of, cpu, stop: stop!, evaluations: standings.reduce((sum, { points }) => sum + points, 0), standings, heldOut: [] }, given, options);
}

/** Bytes of the largest machine there is, or somewhat more: 24 histories and mixers of the largest sets in every other slot. */
function largest(backend: Backend, bits: number): number {
  const words = Uint32Array.from({ length: 64 }, (_, i) => ((i < 24 ? 35 << 26 : (42 << 26) | (5 << 10)) >>> 0));
  const size = machineBytes(backend, { words, doubles: new Float64Array(1024) }, bits);
  if (!(size > 0)) throw new NadirError('memory', `a machine with tables of 2^${bits} slots has no size`);
  return size;
}
