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

export interface Task { readonly work: Work; readonly block: { readonly key: string; left: number } }
export interface Queue {
  /** Up to `want` runs, `slots` of which may be asked for at once; waits for what other processes have. None: all is done, or the signal was aborted. */
  take(want: number, slots: number): Promise<Task[]>;
  /** A run of the block is in the journal. */
  done(task: Task): Promise<void>;
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
  /** Ids with a checkpoint, and with files aside. */
  readonly resumable: ReadonlySet<string>;
  readonly dirty: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** A queue over the runs of `experiment`; the grid is walked, never written out. */
export function openQueue(experiment: Experiment, { ledger, claims, tag, resumable, dirty, signal }: QueueOptions): Queue {
  const { size } = experiment;
  // Few enough under a claim that several processes share a small grid, too; the same in all of them.
  const length = size < 128n ? 1n : size / 64n < BLOCK ? size / 64n : BLOCK;
  const blocks = (size + length - 1n) / length;
  const ready: Task[] = [];
  const others: bigint[] = []; // blocks that another process has
  let next = 0n;
  let skipped = 0;
  let filling: Promise<void> = Promise.resolve();

  /** The runs of a block that are not done. */
  function* open(block: bigint): Generator<RunSpec> {
    const end = block === blocks - 1n ? size : (block + 1n) * length;
    for (let i = block * length; i < end; i++) {
      const spec = experiment.at(i);
      if (ledger.status(spec.id) !== 'success') yield spec;
    }
  }

  /** Claims a block and makes its runs ready; false when another process has it. */
  async function claim(block: bigint, again: boolean): Promise<boolean> {
    const count = Number(block === blocks - 1n ? size - block * length : length);
    if (open(block).next().done) {
      skipped += count;
      return true;
    }
    const key = `${tag}/${block}`;
    if (!(await claims.take(key))) return false;
    await ledger.refresh();
    const specs = [...open(block)];
    skipped += count - specs.length;
    const entry = { key, left: specs.length };
    for (const spec of specs) {
      const before = ledger.attempts(spec.id);
      ready.push({ block: entry, work: { spec, attempt: before + 1, resumable: again || resumable.has(spec.id), dirty: again || before > 0 || dirty.has(spec.id) } });
    }
    if (specs.length === 0) await claims.release(key);
    return true;
  }

  async function fill(want: number): Promise<void> {
    while (ready.length < want && next < blocks && !signal.aborted) {
      const block = next++;
      if (!(await claim(block, false))) others.push(block);
    }
    while (ready.length === 0 && next >= blocks && others.length > 0 && !signal.aborted) {
      await ledger.refresh();
      for (const block of others.splice(0)) if (ready.length >= want || !(await claim(block, true))) others.push(block);
      if (ready.length === 0 && others.length > 0) await pause(LOOK, signal);
    }
  }

  return {
    async take(want, slots) {
      if (ready.length < want) await (filling = filling.then(() => fill(want)));
      if (signal.aborted) return [];
      const fair = next >= blocks ? Math.ceil(ready.length / slots) : want; // the last runs are shared out
      return ready.splice(0, Math.min(want, fair));
    },
    async done({ block }) {
      if (--block.left === 0) await claims.release(block.key);
    },
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
