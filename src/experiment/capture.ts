/**
 * Where a run puts what it found: metrics and data for its record, files aside, and now and then a checkpoint of all of it.
 *
 * Files are drafts in a folder of the attempt's own until `finish` moves it to the run's place; a later attempt takes it over by moving
 * it. So of two processes at one run (one slept longer than its claim) who finds his files gone leaves the run to the other. Surprise:
 * a checkpoint names files, so these may not be written over: an artifact replaced later goes to `.1`, and takes its name at the end.
 */
import { NadirError, show } from '../core/errors.ts';
import { artifactBytes, checkFile, checkName, copyJson } from './artifact.ts';
import { deleteCheckpoint, holds, saveCheckpoint, takeOver } from './checkpoint.ts';
import { openDrafts } from './drafts.ts';
import { npz, npzFlaw } from './npy.ts';
import { openSeries } from './series.ts';
import { MARK, cut, openStream } from './stream.ts';

import type { Json, Store } from '../core/types.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Draft } from './drafts.ts';
import type { Capture, RunRecord } from './record.ts';
import type { Series } from './series.ts';
import type { OpenStream } from './stream.ts';

export interface CaptureOptions {
  readonly store: Store;
  /** The run's, 16 hex digits. */
  readonly id: string;
  /** Names this attempt: no other one, of any process, has the name. */
  readonly attempt: string;
  readonly signal: AbortSignal;
  /** Milliseconds from an arbitrary start. */
  readonly now: () => number;
  /** Milliseconds between checkpoints. */
  readonly every: number;
  /** Whether files are kept. */
  readonly artifacts: boolean;
  /** A checkpoint of an earlier attempt may be there. */
  readonly resumable: boolean;
  /** An earlier attempt may have left files, aside or in their place. */
  readonly dirty: boolean;
  readonly conduct: Capture['conduct'];
}
export type Captured = Pick<RunRecord, 'metrics' | 'data' | 'artifacts'>;
export interface OpenCapture {
  readonly capture: Capture;
  /** Ends it: everything is in its place, the checkpoint gone; undefined when another attempt has taken the run over. Rejects with the first error of the store. */
  finish(): Promise<Captured | undefined>;
  /** Ends it and leaves nothing aside; what a checkpoint needs stays. Never rejects. */
  abandon(): Promise<void>;
}

interface Metric { last: number; series?: Series }
/** An artifact; `at`: its name in the attempt's folder; `held`: a checkpoint names it. */
interface File { readonly name: string; at: string; bytes: number; held: boolean; draft?: Draft }

const SERIES = 'series.npz';
const LOG = 'log.txt';

/**
 * Opens the capture of one attempt at a run. Without artifacts, or when none were captured, the store is not touched.
 * @example
 * const store = await named('store', stores, 'memory').open({});
 * const { capture, finish } = await openCapture({
 *   store, id: '00112233aabbccdd', attempt: 'me-1', signal: new AbortController().signal, now: () => 0, every: 30000,
 *   artifacts: true, resumable: false, dirty: false, conduct: async () => [],
 * });
 * for (let step = 0; step < 3; step++) capture.metric('loss', 1 / (step + 1), step);
 * capture.artifact('best.npy', Float64Array.of(0.5, 1.5));
 * (await finish()).artifacts; // [ { name: 'best.npy', bytes: 144 }, { name: 'series.npz', bytes: 532 } ]
 */
export async function openCapture({ store, id, attempt, signal, now, every, artifacts, resumable, dirty, conduct }: CaptureOptions): Promise<OpenCapture> {
  const aside = `aside/${id}.${attempt}/`;
  const home = `runs/${id.slice(0, 2)}/${id}/`;
  const metrics = new Map<string, Metric>();
  const data = new Map<string, Json>();
  const lines: string[] = [];
  const files = new Map<string, File>();
  const streams = new Map<string, OpenStream>();
  const resumed = new Set<string>(); // streams that an earlier attempt began and this one has not asked for yet
  const tails = new Set<string>(); // streams whose file may be longer than it should
  const names = new Map<string, { readonly name: string; readonly what: string }>([[SERIES, { name: SERIES, what: 'the series of the metrics' }], [LOG, { name: LOG, what: 'the log' }]]); // by their lower case
  const drafts = openDrafts(store);
  const obsolete: string[] = []; // files that only a checkpoint still names
  let spare = 0; // names given to replacements
  let saving: Promise<void> | undefined;
  let ended: Promise<Captured | undefined> | undefined;
  let closed = false;

  const kept = resumable || dirty ? await takeOver(store, id, aside, { artifacts, resumable }) : undefined;
  let checkpointed = kept !== undefined;
  if (kept !== undefined) restore(kept);
  let last = now();

  const alive = (method: string): void => {
    if (closed) throw new NadirError('input', `capture.${method} was called after run ${id} had ended; allowed: until its operation returns`);
  };
  /** Takes a file name for one artifact or stream, for good. */
  const claim = (what: 'artifact' | 'stream', name: unknown): string => {
    checkFile(what, name);
    const other = names.get(name.toLowerCase());
    if (other !== undefined) {
      const again = other.what === what && (what === 'artifact' || !streams.has(name) || resumed.has(name));
      if (!again) throw new NadirError('input', `${what} name is ${show(name)}; it is taken by ${other.what === what ? 'the same stream, still open' : other.what}`);
      if (other.name !== name) throw new NadirError('input', `${what} names ${show(other.name)} and ${show(name)} differ in case only, and some file systems hold them for one`);
    } else names.set(name.toLowerCase(), { name, what });
    return name;
  };

  const capture: Capture = {
    id,
    signal,
    restored: kept && (JSON.parse(kept.state) as Json),
    metric(name, value, step) {
      alive('metric');
      if (typeof value !== 'number') throw new NadirError('input', `metric ${show(name)} is ${show(value)}; allowed: a number`);
      let metric = metrics.get(name);
      if (metric === undefined) {
        checkName('metric', name);
        metrics.set(name, (metric = { last: value }));
      }
      metric.last = value;
      if (step === undefined) return;
      if (typeof step !== 'number' || Number.isNaN(step)) throw new NadirError('input', `step of metric ${show(name)} is ${show(step)}; allowed: a number`);
      if (metric.series === undefined) {
        const wrong = npzFlaw(name);
        if (wrong) throw new NadirError('input', `metric name ${show(name)} ${wrong}; allowed with steps: a name for an array in ${SERIES}`);
        metric.series = openSeries();
      }
      if (artifacts) metric.series.push(step, value);
    },
    data(name, value) {
      alive('data');
      checkName('data', name);
      data.set(name, copyJson(`data ${show(name)}`, value));
    },
    artifact(name, value) {
      alive('artifact');
      claim('artifact', name);
      const make = artifactBytes(name, value);
      if (artifacts) keep(name, make());
    },
    stream(name, { type = 'f64', shape = [] } = {}) {
      alive('stream');
      if (claim('stream', name).slice(-4).toLowerCase() !== '.npy') throw new NadirError('input', `stream name is ${show(name)}; allowed: one that ends in .npy`);
      let stream = streams.get(name);
      if (stream === undefined) streams.set(name, (stream = openStream(name, aside + name, type, shape.slice(), artifacts ? drafts : undefined)));
      else if (stream.type !== type || stream.shape.join() !== shape.join()) throw new NadirError('input', `stream ${show(name)} has rows of ${type}, shape ${show(shape)}; before the checkpoint they were ${stream.type}, shape ${show(stream.shape)}`);
      resumed.delete(name);
      const { write } = stream;
      return {
        write(rows) {
          alive('stream');
          return write(rows);
        },
      };
    },
    log(text) {
      alive('log');
      if (typeof text !== 'string') throw new NadirError('input', `log got ${show(text)}; allowed: text`);
      if (artifacts) lines.push(text);
    },
    checkpoint(state) {
      alive('checkpoint');
      if (saving !== undefined) return;
      const time = now();
      if (!(time - last >= every)) return;
      last = time;
      saving = save(JSON.stringify(copyJson('the state of a checkpoint', state()))).finally(() => {
        saving = undefined;
      });
    },
    async conduct(definition) {
      alive('conduct');
      return conduct(definition);
    },
  };

  return {
    capture,
    finish: () => (ended ??= finish()),
    async abandon() {
      closed = true;
      const finished = await ended?.then(() => true, () => false);
      if (finished) return;
      await saving;
      drafts.stop();
      await drafts.written();
      if (!checkpointed && files.size + streams.size > 0) await store.delete(aside).catch(() => undefined); // the next attempt empties it too
    },
  };

  /** Queues the bytes of an artifact. */
  function keep(name: string, bytes: Uint8Array): void {
    let file = files.get(name);
    if (file === undefined) files.set(name, (file = { name, at: name, bytes: 0, held: false }));
    if (file.held) {
      obsolete.push(file.at);
      Object.assign(file, { at: `.${++spare}`, held: false, draft: undefined });
    }
    file.bytes = bytes.length;
    if (file.draft === undefined) file.draft = drafts.write(aside + file.at, bytes);
    else if (!drafts.amend(file.draft, bytes)) file.draft = drafts.write(aside + file.at, bytes, 0, true);
  }

  /** Writes what is left and moves everything to its place. */
  async function finish(): Promise<Captured | undefined> {
    closed = true;
    await saving;
    if (artifacts) {
      const series = [...metrics].flatMap(([name, { series }]) => (series ? [[`${name}.step`, series.steps()], [`${name}.value`, series.values()]] : []));
      if (series.length > 0) keep(SERIES, npz(Object.fromEntries(series)));
      if (lines.length > 0) keep(LOG, new TextEncoder().encode(`${lines.join('\n')}\n`));
      for (const stream of streams.values()) stream.flush();
    }
    await drafts.written();
    if (drafts.failure) throw drafts.failure;
    if (!(await whole())) return leave();
    const made = artifacts ? [...files.values(), ...[...streams].map(([name, { bytes }]) => ({ name, bytes }))].map(({ name, bytes }) => ({ name, bytes })) : [];
    try {
      if (artifacts) for (const stream of streams.values()) stream.close();
      await drafts.written();
      if (drafts.failure) throw drafts.failure;
      for (const name of tails) await cut(store, aside + name, streams.get(name)!.bytes, `${aside}.cut`);
      for (const file of files.values()) {
        if (file.at !== file.name) await store.move(aside + file.at, aside + file.name);
        file.at = file.name;
      }
      for (const at of obsolete) if (at.startsWith('.')) await store.delete(aside + at);
      if (made.length > 0) await store.move(aside, home);
      else if (resumable || dirty) await store.delete(home); // of an earlier attempt
    } catch (error) {
      if (await whole()) throw error;
      return leave();
    }
    if (resumable || checkpointed) await deleteCheckpoint(store, id);
    return {
      metrics: Object.fromEntries([...metrics].map(([name, { last }]) => [name, last])),
      data: Object.fromEntries(data),
      artifacts: made.sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }

  /** Whether all files are still this attempt's. */
  async function whole(): Promise<boolean> {
    for (const { at } of files.values()) if ((await store.get(aside + at, 0, 0)) === undefined) return false;
    if (artifacts) for (const [name, { rows }] of streams) if (rows > 0 && (await store.get(aside + name, 0, 1))?.[0] !== MARK) return false;
    return true;
  }

  async function leave(): Promise<undefined> {
    await store.delete(aside); // what was written after it was taken over
  }

  /** Everything as it is now, put once the files it names are written. */
  async function save(state: string): Promise<void> {
    for (const stream of streams.values()) stream.flush();
    for (const file of files.values()) file.held = true;
    const stale = obsolete.length;
    const checkpoint: Checkpoint = {
      artifacts,
      state,
      data: JSON.stringify(Object.fromEntries(data)),
      metrics: { names: [...metrics.keys()], last: Float64Array.from([...metrics.values()], (metric) => metric.last) },
      series: [...metrics].flatMap(([name, { series }]) => (series ? [{ name, step: series.steps(), value: series.values() }] : [])),
      log: lines.map((line) => `${line}\n`).join(''),
      files: [...files.values()].map(({ name, at, bytes }) => ({ name, at, bytes })),
      streams: [...streams].map(([name, { type, shape, rows }]) => ({ name, type, shape, rows })),
      spare,
    };
    await drafts.written();
    if (drafts.failure || ended) return;
    try {
      if (!(await holds(store, aside, checkpoint))) return; // another attempt has taken them over
      checkpointed = true;
      await saveCheckpoint(store, id, checkpoint);
      for (const at of obsolete.splice(0, stale)) await store.delete(aside + at);
    } catch (error) {
      drafts.stop(error);
    }
  }

  /** Takes up what an earlier attempt had captured. */
  function restore(kept: Checkpoint): void {
    kept.metrics.names.forEach((name, i) => metrics.set(name, { last: kept.metrics.last[i]! }));
    for (const [name, value] of Object.entries(JSON.parse(kept.data) as { [name: string]: Json })) data.set(name, value);
    spare = kept.spare;
    for (const { name, type, shape, rows } of kept.streams) {
      streams.set(name, openStream(name, aside + name, type, shape, artifacts ? drafts : undefined, rows));
      resumed.add(name);
      tails.add(name);
      names.set(name.toLowerCase(), { name, what: 'stream' });
    }
    for (const { name, at, bytes } of kept.files) {
      if (artifacts) files.set(name, { name, at, bytes, held: true });
      names.set(name.toLowerCase(), { name, what: 'artifact' });
    }
    if (!artifacts) return;
    for (const { name, step, value } of kept.series) metrics.get(name)!.series = openSeries(step, value);
    if (kept.log !== '') lines.push(kept.log.slice(0, -1));
  }
}
