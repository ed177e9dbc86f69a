/**
 * The runs of an experiment that are still to be made, claimed by blocks so that several processes share them.
 *
 * Surprise: the process that finished a block lets go of its claim, so whoever gets the claim afterwards must look at the journals
 * again before it makes a run; and what another process still has is looked at again and again until it is done or its claim expires.
 */
import type { Claims } from './claims.ts';
import type { Ledger } from './ledger.ts';
import type { Work } from './perform.ts';
import type { Experiment, RunSpec } from './record.ts';

const BLOCK = 128n; // runs under one claim at most
const LOOK = 250; // milliseconds between looks at what other processes have

/** Runs under one claim; `left` of them are not made yet. `specs`: these of its block, which this process has seen before. */
interface Block { readonly place: bigint; readonly key: string; readonly specs?: RunSpec[]; left: number }
export interface Task { readonly work: Work; readonly block: Block }
export interface Queue {
  /** Up to `want` runs, `slots` of which may be asked for at once; waits for what other processes have. None: all is done, or the signal was aborted. */
  take(want: number, slots: number): Promise<Task[]>;
  /** A run of the block is in the journal. */
  done(task: Task): Promise<void>;
  /** Another process has taken the run over: it is looked at again later. */
  again(task: Task): Promise<void>;
  /** The claims that went to other processes. */
  lost(keys: readonly string[]): void;
  /** Runs found done. */
  readonly skipped: number;
  /** Whether there is anything left to take. */
  readonly more: boolean;
}
export interface QueueOptions {
  readonly ledger: Ledger;
  readonly claims: Claims;
  /** Names the experiment among claims: the same in every process. */
  readonly tag: string;
  /** Milliseconds since 1970: a run that another process has failed since then is not made again. */
  readonly since: number;
  /** Ids with a checkpoint, and with files aside. */
  readonly resumable: ReadonlySet<string>;
  readonly dirty: ReadonlySet<string>;
  /** Nothing is taken up that an attempt before `since` left, whatever it is. */
  readonly anew: boolean;
  readonly signal: AbortSignal;
}

/** A queue over the runs of `experiment`; the grid is walked, never written out. */
export function openQueue(experiment: Experiment, { ledger, claims, tag, since, resumable, dirty, anew, signal }: QueueOptions): Queue {
  const { size } = experiment;
  // Few enough under a claim that several processes share a small grid, too; the same in all of them.
  const length = size < 128n ? 1n : size / 64n < BLOCK ? size / 64n : BLOCK;
  const blocks = (size + length - 1n) / length;
  let ready: Task[] = [];
  const underway = new Set<string>(); // ids that are ready or handed out
  const others: Block[] = []; // that another process has
  let next = 0n;
  let skipped = 0;
  let filling: Promise<void> = Promise.resolve();

  /** The runs of a block that are not done. */
  function* open({ place, specs }: Block): Generator<RunSpec> {
    if (specs) return yield* specs.filter(missing);
    const end = place === blocks - 1n ? size : (place + 1n) * length;
    for (let i = place * length; i < end; i++) {
      const spec = experiment.at(i);
      if (missing(spec)) yield spec;
    }
  }
  function missing({ id }: RunSpec): boolean {
    const status = ledger.status(id);
    return status !== 'success' && !(status === 'failed' && ledger.started(id) > since);
  }

  /** Claims a block and makes its runs ready; false when another process has it. */
  async function claim(block: Block, again: boolean): Promise<boolean> {
    const count = block.specs?.length ?? Number(block.place === blocks - 1n ? size - block.place * length : length);
    if (open(block).next().done) {
      skipped += count;
      return true;
    }
    if (!(await claims.take(block.key))) return false;
    await ledger.refresh();
    const specs = [...open(block)].filter(({ id }) => !underway.has(id)); // a case may be in a grid twice
    skipped += count - specs.length;
    block.left = specs.length;
    for (const spec of specs) {
      underway.add(spec.id);
      const before = ledger.attempts(spec.id);
      const left = again || before > 0; // there may be something of another attempt
      ready.push({ block, work: { spec, attempt: before + 1, resumable: again || (!anew && resumable.has(spec.id)), dirty: left || dirty.has(spec.id), anew: anew && !left } });
    }
    if (specs.length === 0) await claims.release(block.key);
    return true;
  }

  async function fill(want: number): Promise<void> {
    while (ready.length < want && next < blocks && !signal.aborted) {
      const block: Block = { place: next, key: `${tag}/${next++}`, left: 0 };
      if (!(await claim(block, false))) others.push(block);
    }
    while (ready.length === 0 && next >= blocks && others.length > 0 && !signal.aborted) {
      await ledger.refresh();
      for (const block of others.splice(0)) if (ready.length >= want || !(await claim(block, true))) others.push(block);
      if (ready.length === 0 && others.length > 0) await pause(LOOK, signal);
    }
  }

  async function done({ block, work }: Task): Promise<void> {
    underway.delete(work.spec.id);
    if (--block.left === 0) await claims.release(block.key);
  }
  /** Leaves a run of a block to who has its claim now. */
  function leave({ place, key }: Block, spec: RunSpec): void {
    underway.delete(spec.id);
    const known = others.find((block) => block.key === key && block.specs);
    if (known) known.specs!.push(spec);
    else others.push({ place, key, specs: [spec], left: 0 });
  }

  function lost(keys: readonly string[]): void {
    if (keys.length === 0) return;
    for (const { block, work } of ready) if (keys.includes(block.key)) leave(block, work.spec);
    ready = ready.filter(({ block }) => !keys.includes(block.key));
  }

  return {
    async take(want, slots) {
      if (ready.length < want) await (filling = filling.then(() => fill(want)));
      if (signal.aborted) return [];
      const fair = next >= blocks ? Math.ceil(ready.length / slots) : want; // the last runs are shared out
      return ready.splice(0, Math.min(want, fair));
    },
    done,
    async again(task) {
      lost(await claims.renew());
      leave(task.block, task.work.spec);
      await done(task);
    },
    lost,
    get skipped() {
      return skipped;
    },
    get more() {
      return ready.length > 0 || next < blocks || others.length > 0;
    },
  };
}

/** So long, or until the signal aborts. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}
