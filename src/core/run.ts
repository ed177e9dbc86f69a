/**
 * The only loop in the engine: it alone counts, keeps the best, turns NaN into +Infinity, and names why it stopped.
 *
 * It stays on one stack while answers are synchronous (an await a point costs more than most objectives), but hands the thread
 * back every few milliseconds so that pages stay alive and signals can fire. The clock decides when to yield and whether to
 * stop, never what to try next.
 */
import { NadirError, messageOf, show } from './errors.ts';
import { seal } from './snapshot.ts';
import type { Batch, Best, Budget, Json, Metrics, Optimizer, Outcome, Problem, Progress, Scores, Snapshot, Space, Stop } from './types.ts';

const TRACE = 1024;
const BREATH = 12; // milliseconds on one stack
const LOOK = 2; // milliseconds between looks at the clock, aimed at
const STRIDE = 64; // points between looks at most: a fast objective may turn slow

export interface RunOptions<X> {
  /** Sees every tell; a promise that it returns is waited for. */
  readonly observe?: (progress: Progress<X>) => void;
  /** The `run` part of a saved state; the optimizer has been started from its part. */
  readonly resume?: Snapshot;
  /** What `save` names the state. */
  readonly kind?: string;
}

interface Saved {
  readonly problem: string;
  readonly space: string;
  readonly cost: number;
  readonly points: number;
  readonly paid: number;
  readonly improved: number;
  readonly failures: { readonly count: number; readonly first: string | null };
  readonly best: { readonly x: Json; readonly loss: number; readonly violation: number; readonly cost: number; readonly fidelity: number } | null;
  readonly trace: readonly { readonly cost: number; readonly loss: number }[];
}

/** True when (loss, violation) beats the other: a number before a failure, then by violation, then by loss (Deb, 2000). */
export function better(loss: number, violation: number, otherLoss: number, otherViolation: number): boolean {
  return order(loss, violation, otherLoss, otherViolation) < 0;
}

/** For sorting by the same rules: negative when the first is better, 0 when neither is. */
export function order(loss: number, violation: number, otherLoss: number, otherViolation: number): number {
  if (loss === Infinity || otherLoss === Infinity) {
    if (loss !== otherLoss) return loss === Infinity ? 1 : -1;
  }
  if (violation !== otherViolation) return violation < otherViolation ? -1 : 1;
  return loss < otherLoss ? -1 : loss > otherLoss ? 1 : 0;
}

/** A promise, or anything else that can be awaited. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return value instanceof Promise || typeof (value as PromiseLike<T> | null)?.then === 'function';
}

/**
 * Runs an optimizer on a problem until the budget, the target, the clock, stagnation, the optimizer or the signal ends it.
 * Throws `objective` when every evaluation failed, `input` for a budget that makes no sense, `aborted` for a signal that was aborted before.
 */
export async function run<X>(problem: Problem<X>, optimizer: Optimizer<X>, budget: Budget = {}, options: RunOptions<X> = {}): Promise<Outcome<X>> {
  const { target = -Infinity, stagnation = Infinity, milliseconds = Infinity, signal } = checked(budget);
  const limit = budget.cost ?? Infinity;
  const { space } = problem;
  const { observe } = options;
  const from = restored(options.resume, problem);

  let cost = from?.cost ?? 0;
  let points = from?.points ?? 0;
  let paid = from?.paid ?? 0; // points of the batch at hand that an earlier run paid for and could not tell
  let improved = from?.improved ?? 0;
  let failed = from?.failures.count ?? 0;
  let first = from?.failures.first ?? null;
  let best: (Best<X> & { fidelity: number }) | undefined = from?.best ? { ...from.best, x: space.decode(from.best.x) } : undefined;
  let trace = from ? [...from.trace] : [];

  let last: Snapshot | undefined = undefined; // what the optimizer saved at the end: what it holds in an arena may be gone when someone asks

  const started = performance.now();
  let looked = started;
  let breathed = started;
  let stride = 1; // points between looks
  let until = 1;

  const save = (state: Snapshot = optimizer.save()): Json => {
    const mine: Saved = {
      problem: problem.name, space: space.name, cost, points, paid, improved, trace,
      failures: { count: failed, first },
      best: best ? { ...best, x: space.encode(best.x) } : null,
    };
    return seal(options.kind ?? 'run', { run: mine as unknown as Snapshot, optimizer: state });
  };

  /** What share of the data a batch asks for: all of it where the problem knows no parts. */
  function shareOf(batch: Batch<X>): number {
    return problem.share ? problem.share(batch) : problem.fidelity ? (batch.fidelity ?? 1) : 1;
  }

  /** Counts a scored batch from point `skip` on, and keeps its best. */
  function note(batch: Batch<X>, scores: Scores<X>, price: number, skip: number): void {
    const { loss, violation, refined } = scores;
    const share = shareOf(batch);
    const fidelity = problem.share === undefined || share >= 1 ? share : 0; // any part of the data says as little of the whole as any other
    const n = loss.length;
    const charged = scores.cost === undefined ? price * (n - skip) : n === 0 ? scores.cost : (scores.cost * (n - skip)) / n;
    for (let i = 0; i < loss.length; i++) {
      let value = loss[i]!;
      if (!(value > -Infinity)) {
        if (i >= skip) failed++;
        first ??= scores.failure ?? `the objective returned ${value}`;
        value = loss[i] = Infinity;
        if (violation) violation[i] = Infinity;
      }
      if (violation && !(violation[i]! >= 0)) violation[i] = Infinity;
      if (value === Infinity && best !== undefined) continue;
      const v = violation === undefined ? 0 : violation[i]!;
      if (best === undefined || fidelity > best.fidelity || (fidelity === best.fidelity && better(value, v, best.loss, best.violation))) {
        const at = scores.cost === undefined ? cost + price * (i + 1 - skip) : cost + charged;
        best = { x: space.copy(refined?.[i] ?? batch.xs[i]!), loss: value, violation: v, cost: at, fidelity };
        improved = at;
        trace.push({ cost: at, loss: value });
        if (trace.length > TRACE) trace = trace.filter((_, k) => k % 2 === 0 || k === trace.length - 1);
      }
    }
    points += n - skip;
    cost += charged + (skip === 0 ? batch.effort ?? 0 : 0);
  }

  function reached(): Stop | undefined {
    if (best !== undefined && best.loss <= target && best.violation === 0) return 'target';
    if (cost >= limit) return 'budget';
    if (cost - improved >= stagnation) return 'stagnation';
    return undefined;
  }

  let stop: Stop | undefined = from ? reached() : undefined;
  while (stop === undefined) {
    const batch = optimizer.ask();
    if (batch === undefined) {
      stop = 'exhausted';
      break;
    }
    if (batch.gradient && problem.gradient === undefined) throw new NadirError('gradient', `the optimizer needs gradients and problem ${show(problem.name)} has none`);
    const price = (1 + (batch.gradient ? problem.gradient! : 0)) * shareOf(batch);
    const affordable = problem.priced ? Infinity : paid + Math.floor((limit - cost) / price);
    const whole = batch.xs.length <= affordable;
    if (!whole && affordable <= paid) {
      if (points === 0) throw new NadirError('input', `cost is ${limit}; allowed: from ${price}, the price of the first point`);
      stop = 'budget';
      break;
    }
    const part = whole ? batch : { ...batch, xs: batch.xs.slice(0, affordable) };
    let answer = attempt(problem, part);
    if (isPromise(answer)) {
      const settled = await orElse(answer, signal, started + milliseconds - performance.now());
      if (settled === undefined) {
        stop = signal?.aborted ? 'aborted' : 'time';
        break;
      }
      answer = settled;
      until = 1; // time has passed
    }
    note(part, answer, price, paid);
    stop = reached();
    if (whole) {
      paid = 0;
      const metrics = optimizer.tell(batch, answer);
      const seen: unknown = observe?.(view(metrics));
      if (isPromise(seen)) await seen;
    } else {
      paid = affordable;
      stop ??= 'budget';
    }
    until -= part.xs.length;
    if (until > 0) continue;
    const now = performance.now();
    if (now - looked > 2 * LOOK) stride = Math.max(1, stride >> 1);
    else if (now - looked < LOOK / 2) stride = Math.min(STRIDE, stride * 2);
    looked = now;
    until = stride;
    if (stop !== undefined) break;
    if (now - breathed > BREATH && !signal?.aborted) {
      await breathe();
      breathed = looked = performance.now();
    }
    if (signal?.aborted) stop = 'aborted';
    else if (now - started >= milliseconds) stop = 'time';
  }

  function view(metrics: Metrics | void): Progress<X> {
    return { cost, best, metrics: metrics ?? undefined, save: () => save(last) };
  }
  last = optimizer.save();

  if (points > 0 && failed === points) throw new NadirError('objective', `every one of the ${points} evaluations failed; the first: ${first}`);
  if (best === undefined) {
    if (stop === 'aborted' || stop === 'time') throw new NadirError('aborted', `${stop === 'time' ? 'the time was up' : 'the signal was aborted'} before the first evaluation was done`);
    throw new NadirError('input', 'the optimizer had nothing to try');
  }
  const { x, loss, violation, cost: found } = best;
  return { best: { x, loss, violation, cost: found }, cost, stop, failures: { count: failed, first }, trace, ...(optimizer.report && { report: optimizer.report() }), save: () => save(last) };
}

/** The answer of a problem; one that throws, or answers in the wrong length, fails the whole batch. */
function attempt<X>(problem: Problem<X>, batch: Batch<X>): Scores<X> | PromiseLike<Scores<X>> {
  const n = batch.xs.length;
  const failure = (message: string): Scores<X> => ({ loss: new Float64Array(n).fill(NaN), gradient: batch.gradient ? batch.xs.map((x) => new Float64Array((x as unknown as Float64Array).length)) : undefined, failure: message });
  const fit = (scores: Scores<X>): Scores<X> => (scores.loss.length === n ? scores : failure(`the problem returned ${scores.loss.length} losses for ${n} points`));
  try {
    const answer = problem.score(batch);
    return isPromise(answer) ? answer.then(fit, (error) => fatal(error) ?? failure(messageOf(error))) : fit(answer);
  } catch (error) {
    return fatal(error) ?? failure(messageOf(error));
  }
}

/** The engine's own errors are not the objective's: a dead worker or a full arena ends the run. */
function fatal(error: unknown): undefined {
  if (error instanceof NadirError && error.code !== 'objective') throw error;
  return undefined;
}

function restored<X>(resume: Snapshot | undefined, problem: Problem<X, Space<X>>): Saved | undefined {
  if (resume === undefined) return undefined;
  const saved = resume as unknown as Saved;
  if (typeof saved?.cost !== 'number' || !Array.isArray(saved.trace) || !saved.failures) throw new NadirError('state', `the saved run is ${show(resume)}; expected what save() returned`);
  if (saved.problem !== problem.name || saved.space !== problem.space.name) throw new NadirError('state', `the saved run is of problem ${show(saved.problem)} over ${saved.space}; this one is ${show(problem.name)} over ${problem.space.name}`);
  return saved;
}

function checked(budget: Budget): Budget {
  for (const field of ['cost', 'milliseconds', 'stagnation'] as const) {
    const value = budget[field];
    if (value !== undefined && !(typeof value === 'number' && value > 0)) throw new NadirError('input', `${field} is ${show(value)}; allowed: a number above 0`);
  }
  if (budget.target !== undefined && (typeof budget.target !== 'number' || Number.isNaN(budget.target))) throw new NadirError('input', `target is ${show(budget.target)}; allowed: a number`);
  if (budget.cost === undefined && budget.milliseconds === undefined && budget.stagnation === undefined && budget.signal === undefined) throw new NadirError('input', 'the budget has no end; give cost, milliseconds, stagnation or signal');
  if (budget.signal !== undefined && typeof (budget.signal as AbortSignal | null)?.addEventListener !== 'function') throw new NadirError('input', `signal is ${show(budget.signal)}; allowed: an AbortSignal`);
  if (budget.signal?.aborted) throw new NadirError('aborted', 'the signal was aborted before the start');
  return budget;
}

/** The promise, or undefined as soon as the signal aborts or the time is up: an answer may never come. */
function orElse<T>(promise: PromiseLike<T>, signal: AbortSignal | undefined, left: number): Promise<T | undefined> {
  if (signal === undefined && left === Infinity) return Promise.resolve(promise);
  return new Promise((resolve, reject) => {
    const end = (): void => resolve(undefined);
    if (signal?.aborted) end();
    signal?.addEventListener('abort', end, { once: true });
    const timer = left < 0x7fffffff ? setTimeout(end, Math.max(0, left)) : undefined;
    Promise.resolve(promise).then(resolve, reject).finally(() => {
      signal?.removeEventListener('abort', end);
      clearTimeout(timer);
    });
  });
}

/** One turn of the event loop. A timer would do, but pages make nested timers wait 4 ms. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}
