/**
 * The charts of the networks study: escapes along a run, what populations do, optimizers compared, methods on landscapes.
 *
 * Surprise: the loss of single mini-batches hides every escape in its noise; a running median beside it shows what they changed.
 */
import { openReference } from '../../backend/reference.ts';
import { createRandom } from '../../core/random.ts';
import { quantile } from '../../experiment/analysis.ts';
import { barChart, type Bar } from '../../plot/bars.ts';
import { contourMap } from '../../plot/contour.ts';
import { lineChart, type Series } from '../../plot/line.ts';
import { panels, type Entry } from '../../plot/panels.ts';
import { problems } from '../../problems/index.ts';
import { ends, evenly, positive, running, wide } from './series.ts';
import { grouped, levelled, medianInterval, middle, numeric, wilson, type Middle } from './spread.ts';
import { FINE } from './verdict.ts';

import type { Box, Problem } from '../../core/types.ts';
import type { Marks } from '../../plot/marks.ts';
import type { Theme } from '../../plot/sheet.ts';
import type { Epoch, LandscapeRun, TrainResult } from './results.ts';

/** The way of one run over a function of two numbers. */
export interface Trajectory {
  /** A function of the registry, as published. */
  readonly problem: string;
  readonly method: string;
  readonly points: readonly (readonly [number, number])[];
}
/** How a chart is drawn. `page`: in the colours of the report it is put into. */
export interface Look {
  readonly theme: Theme;
  /** Pixels of the whole figure; each has its own default. */
  readonly width?: number;
}

const side = 84; // pixels left of every chart that stands above another
const grid = 101; // points a side of a landscape
const dotsMost = 300; // a run
const passes = 'cost (passes over the data)';

/**
 * One run: loss of its mini-batches and norm of the gradient, with its escapes marked.
 * @example
 * const config = { name: 'spirals', data: 'spirals', network: { hidden: [8] }, optimizer: { name: 'escape' }, epochs: 2 };
 * escapeEvents((await train(config)).result, { theme: 'light' }); // '<svg ...'
 */
export function escapeEvents({ experiment, seed, history, escape, stop }: TrainResult, { theme, width = 1100 }: Look): string {
  const step = history.step.map(numeric);
  const loss = history.loss.map(numeric);
  const norm = history.gradientNorm.map(numeric);
  const events = escape?.escapes ?? [];
  const moved = escape?.accepted ?? 0;
  const kept = (escape?.count ?? 0) - moved;
  const window = step.length > 200 ? 2 * Math.floor(step.length / 100) + 1 : 0;
  const legend: Entry[] = [{ name: 'each step', color: 0, thin: window > 0 }];
  if (window > 0) legend.push({ name: `running median of ${window} points`, color: 0 });
  const stride = Math.ceil(events.length / (width / 14)); // marks that stand on each other say nothing
  const shown = events.filter((_, i) => i % Math.max(1, stride) === 0);
  if (moved > 0) legend.push({ name: `moved (${grouping(moved)})`, color: 1, shape: 'triangle' });
  if (kept > 0) legend.push({ name: `kept its point (${grouping(kept)})`, color: 3, shape: 'ring' });
  const drawn = (label: string, values: readonly number[], height: number, last: boolean): string => {
    const all = step.map((at, i) => [at, values[i]!] as const);
    const series: Series[] = window > 0 ? [{ name: 'each step', points: all, thin: true, color: 0 }, { name: 'median', points: running(all, window), color: 0 }] : [{ name: 'each step', points: all, color: 0 }];
    const line = series.at(-1)!.points.filter(([, value]) => Number.isFinite(value));
    const at = (of: typeof shown): (readonly [number, number])[] => of.map((event) => [event.step, (line.findLast(([x]) => x <= event.step) ?? line[0])?.[1] ?? NaN] as const);
    const marks: Marks[] = [{ name: 'kept', shape: 'ring', color: 3, points: at(shown.filter(({ accepted }) => !accepted)) }, { name: 'moved', shape: 'triangle', color: 1, points: at(shown.filter(({ accepted }) => accepted)) }];
    return lineChart({ title: '', x: { label: last ? 'step' : '', reach: ends(step) }, y: { label, log: positive(values) }, series, marks, legend: false, left: side, width, height, theme });
  };
  const some = escape === null ? 'this optimizer has none' : escape.count === 0 ? 'none' : `${grouping(escape.count)}${shown.length < escape.count ? `, ${shown.length} shown` : ''}`;
  const title = `${experiment}, seed ${seed}${stop === 'diverged' ? ', diverged' : ''}: escapes (${some})`;
  return panels({ title, columns: 1, charts: [drawn('mini-batch loss', loss, 280, false), drawn('gradient norm', norm, 220, true)], legend, theme });
}

/**
 * How far escapes went, how far apart their candidates lay, and how many there were; a line for every run that has escapes.
 * @example
 * const config = { name: 'spirals', data: 'spirals', network: { hidden: [8] }, optimizer: { name: 'escape' }, epochs: 2 };
 * populationDiversity([(await train(config)).result], { theme: 'light' }); // '<svg ...'
 */
export function populationDiversity(results: readonly TrainResult[], { theme, width = 1200 }: Look): string {
  const runs = results.filter(({ escape }) => escape !== null);
  const name = ({ experiment, seed }: TrainResult): string => (grouped(runs, (each) => each.experiment).get(experiment)!.length > 1 ? `${experiment}, seed ${seed}` : experiment);
  const events = runs.map(({ escape }) => escape!.escapes);
  const size = { legend: false, width: Math.floor(width / 3), height: 320, theme };
  const x = { label: 'step', reach: [0, ...runs.map(({ escape }) => numeric(escape!.steps))] };
  const dots = (title: string, label: string, value: (event: (typeof events)[number][number]) => number): string => {
    const series = runs.map((run, i) => ({ name: name(run), points: evenly(events[i]!.filter((event) => value(event) > 0), dotsMost).map((event) => [event.step, value(event)] as const) }));
    return lineChart({ title, x, y: { label, log: wide(series.flatMap(({ points }) => points.map(([, y]) => y))) }, series, dots: true, ...size });
  };
  const counts = runs.flatMap((run, i): Series[] => {
    const { count, accepted, steps } = run.escape!;
    const climb = (of: (typeof events)[number], total: number): (readonly [number, number])[] => [[0, 0], ...of.map((event, k) => [event.step, Math.round(((k + 1) * total) / of.length)] as const), [numeric(steps), total]];
    return [{ name: `${name(run)}, tried`, points: climb(events[i]!, count), thin: true, color: i }, { name: `${name(run)}, moved`, points: climb(events[i]!.filter((event) => event.accepted), accepted), color: i }];
  });
  const charts = [
    dots('distance of an escape', 'distance', (event) => numeric(event.distance)),
    dots('distance between candidates', 'mean of the pairs', (event) => numeric(event.diversity)),
    lineChart({ title: 'escapes so far', x, y: { label: 'thin: tried, thick: moved', reach: [0, 1] }, series: counts, step: true, ...size }),
  ];
  return panels({ title: runs.length === 0 ? 'no run has escapes' : '', columns: 3, charts, legend: runs.map((run, color) => ({ name: name(run), color })), theme });
}

/**
 * Six panels: losses and accuracies by epoch, the best validation loss by cost, and the test; median and quartiles of the seeds.
 * @example
 * const config = (name) => ({ name, data: 'spirals', network: { hidden: [8] }, optimizer: { name }, epochs: 2 });
 * const results = [(await train(config('adam'))).result, (await train(config('escape'))).result];
 * detailedComparison(results, { theme: 'dark' }); // '<svg ...'
 */
export function detailedComparison(results: readonly TrainResult[], { theme, width = 1260 }: Look): string {
  const groups = [...grouped(results, ({ experiment }) => experiment)].map(([name, runs]) => ({ name, runs }));
  const size = { legend: false, width: Math.floor(width / 3), height: 330, theme };
  const longest = results.reduce((most, { epochs }) => Math.max(most, epochs.length), 0);
  const byEpoch = (title: string, label: string, value: (epoch: Epoch) => number, log: boolean, worst: number): string => {
    const series = groups.map(({ name, runs }): Series => {
      const epochs = [...new Set(runs.flatMap((run) => run.epochs.map(({ epoch }) => epoch)))].sort((a, b) => a - b).filter((epoch) => log || epoch > 0 || longest < 4); // a guess's accuracy would hide all others'
      return banded(name, epochs.map((epoch) => [epoch, middle(runs.flatMap((run) => {
        const met = run.epochs.find((each) => each.epoch === epoch);
        return met ? [value(met)] : run.stop === 'diverged' ? [worst] : [];
      }), worst)]));
    });
    return lineChart({ title, x: { label: 'epoch', reach: [0, ...results.map(({ epochs }) => numeric(epochs.at(-1)?.epoch))] }, y: { label, log: log && wide(series.flatMap(({ points }) => points.map(([, y]) => y))) }, series, ...size });
  };
  const percent = (value: unknown): number => 100 * numeric(value);
  return panels({
    title: '', columns: 3, theme,
    charts: [
      byEpoch('training loss', 'loss', ({ trainLoss }) => numeric(trainLoss), true, Infinity),
      byEpoch('validation loss', 'loss', ({ validationLoss }) => numeric(validationLoss), true, Infinity),
      lineChart({ title: 'best validation loss by cost', x: { label: passes }, ...byCost(groups), step: true, ...size }),
      byEpoch('training accuracy', 'accuracy (%)', ({ trainAccuracy }) => percent(trainAccuracy), false, -Infinity),
      byEpoch('validation accuracy', 'accuracy (%)', ({ validationAccuracy }) => percent(validationAccuracy), false, -Infinity),
      ending(groups, size),
    ],
    legend: groups.map(({ name, runs }, color) => {
      const lost = runs.filter(({ stop }) => stop === 'diverged').length;
      return { name: `${name}${lost > 0 ? ` (${lost} of ${runs.length} diverged)` : ''}`, color };
    }),
  });
}

type Groups = readonly { readonly name: string; readonly runs: readonly TrainResult[] }[];

function byCost(groups: Groups): { readonly y: { readonly label: string; readonly log: boolean }; readonly series: Series[] } {
  const series = groups.map(({ name, runs }): Series => {
    const costs = [...new Set(runs.flatMap((run) => run.epochs.map(({ cost }) => numeric(cost))))].filter(Number.isFinite).sort((a, b) => a - b);
    const best = runs.map(() => Infinity);
    const next = runs.map(() => 0);
    return banded(name, costs.map((cost) => {
      runs.forEach(({ epochs }, i) => {
        for (; next[i]! < epochs.length && numeric(epochs[next[i]!]!.cost) <= cost; next[i]!++) if (numeric(epochs[next[i]!]!.validationLoss) < best[i]!) best[i] = epochs[next[i]!]!.validationLoss;
      });
      return [cost, middle(best)];
    }));
  });
  return { y: { label: 'validation loss', log: wide(series.flatMap(({ points }) => points.map(([, y]) => y))) }, series };
}

/** The last panel: what the test set said, or, where nobody asked it, the best validation loss. */
function ending(groups: Groups, size: { readonly width: number; readonly height: number; readonly theme: Theme }): string {
  const has = (value: (run: TrainResult) => unknown): boolean => groups.some(({ runs }) => runs.some((run) => Number.isFinite(numeric(value(run)))));
  const bars = (value: (run: TrainResult) => unknown, worst: number, says: (median: number) => string): Bar[] =>
    groups.map(({ name, runs }) => {
      const { median, low, high } = middle(runs.map((run) => numeric(value(run))), worst);
      return { name, value: median, ...(runs.length > 1 ? { low, high } : {}), says: Number.isFinite(median) ? says(median) : 'diverged' };
    });
  if (!has((run) => run.test?.accuracy)) {
    const tested = has((run) => run.test?.loss);
    const made = bars((run) => (tested ? run.test?.loss : run.best.validationLoss), Infinity, (median) => String(Number(median.toPrecision(4))));
    return barChart({ title: tested ? 'test loss' : 'best validation loss', x: { label: 'loss', log: wide(made.map(({ value }) => value)) }, label: '', bars: made, ...size });
  }
  const made = bars((run) => 100 * numeric(run.test?.accuracy), -Infinity, (median) => `${median.toFixed(2)} %`);
  const shown = made.flatMap(({ value, low = value }) => [value, low]).filter(Number.isFinite);
  const [least, most] = [Math.min(...shown), Math.max(...shown)];
  // Optimizers that differ in tenths of a percent differ in nothing that an axis from 0 can show.
  const from = least > 50 ? Math.max(0, Math.floor(least - Math.max(0.2, (most - least) * 0.3))) : 0;
  return barChart({ title: `test accuracy${from > 0 ? ` (axis from ${from} %)` : ''}`, x: { label: 'accuracy (%)' }, label: '', bars: made, from, ...size });
}

/**
 * A panel for every problem: the median final loss of each method with an interval of 95 %, or of what its axis says where there are fewer than six runs.
 * Losses below 1e-8 are drawn as 1e-8, for the tests take them for equal; not where a problem has losses below 0.
 * @example
 * const study = landscape({ problems: ['ackley'], methods: ['adam', 'escape'], dim: 2, seeds: 2, cost: 500 });
 * const runs = landscapeRuns(await (await conduct(study, { workers: 0 })).records());
 * landscapeBars(runs, { theme: 'light' }); // '<svg ...'
 */
export function landscapeBars(runs: readonly LandscapeRun[], { theme, width = 1200 }: Look): string {
  const methods = [...new Set(runs.map(({ method }) => method))];
  return faceted(runs, width, theme, '', (title, part, size) => {
    const rows = [...grouped(part, ({ method }) => method)].map(([name, of]) => ({ name, ...medianInterval(of.map(({ loss }) => numeric(loss))) }));
    const floored = part.every(({ loss }) => !(numeric(loss) < 0)) && rows.some(({ low }) => low < FINE);
    const drawn = (loss: number): number => (floored ? Math.max(FINE, loss) : loss);
    const bars = rows.map(({ name, median, low, high, level }) => ({ name, value: drawn(median), ...(level > 0 && { low: drawn(low), high: drawn(high) }), color: methods.indexOf(name), ...(drawn(median) > median && { says: `< ${FINE}` }) }));
    const levels = ends(rows.map(({ level }) => level).filter((level) => level > 0));
    const interval = levels.length === 0 ? '' : levels[0] === levels[1] ? ` and ${levelled(levels[0]!)} interval` : ` and intervals of at least ${levelled(levels[0]!)}`;
    return barChart({ title: floored ? `${title} (losses below ${FINE} drawn as ${FINE})` : title, x: { label: `final loss, median${interval}`, log: wide(bars.map(({ value }) => value)) }, label: '', bars, ...size });
  });
}

/**
 * A panel for every problem: the share of runs of each method that ended in another basin, with Wilson's 95 % interval.
 * @example
 * const study = landscape({ problems: ['ackley'], methods: ['adam', 'escape'], dim: 2, seeds: 2, cost: 500 });
 * const runs = landscapeRuns(await (await conduct(study, { workers: 0 })).records());
 * escapeRates(runs, { theme: 'light' }); // '<svg ...'
 */
export function escapeRates(runs: readonly LandscapeRun[], { theme, width = 1200 }: Look): string {
  const methods = [...new Set(runs.map(({ method }) => method))];
  return faceted(runs, width, theme, '', (title, part, size) => {
    const bars = [...grouped(part, ({ method }) => method)].map(([name, of]) => {
      const k = of.filter(({ escaped }) => escaped).length;
      const { share, low, high } = wilson(k, of.length);
      return { name, value: 100 * share, low: 100 * low, high: 100 * high, color: methods.indexOf(name), says: `${k} of ${of.length}` };
    });
    return barChart({ title, x: { label: 'runs that left the start basin (%)', reach: [0, 100] }, label: '', bars, ...size });
  });
}

function faceted(runs: readonly LandscapeRun[], width: number, theme: Theme, title: string, draw: (title: string, part: readonly LandscapeRun[], size: { readonly width: number; readonly height: number; readonly theme: Theme }) => string): string {
  const parts = [...grouped(runs, ({ problem, dim }) => `${problem}, dim ${dim}`)];
  const columns = Math.min(2, Math.max(1, parts.length));
  const most = parts.reduce((a, [, part]) => Math.max(a, new Set(part.map(({ method }) => method)).size), 1);
  const size = { width: Math.floor(width / 2), height: Math.max(170, 100 + 26 * most), theme };
  return panels({ title, columns, charts: parts.length === 0 ? [draw('', [], size)] : parts.map(([name, part]) => draw(name, part, size)), theme });
}

/**
 * A panel for every function that the registry has: its landscape in two dimensions and the ways that methods took.
 * @example
 * const ways = [{ problem: 'ackley', method: 'by hand', points: [[2, 1], [1, 1], [0, 0]] }];
 * landscapeContours(ways, { theme: 'light', width: 600 }); // '<svg ...'
 */
export function landscapeContours(trajectories: readonly Trajectory[], { theme, width = 1200 }: Look): string {
  const methods = [...new Set(trajectories.map(({ method }) => method))];
  const parts = [...grouped(trajectories, ({ problem }) => problem)].flatMap(([name, ways]) => {
    const def = problems.find((each) => each.name === name || each.aliases?.includes(name));
    return def ? [{ name, ways, opened: def.open({ dim: 2, instance: null, rotate: false }, { backend: openReference(1_048_576), random: createRandom(0) }) as Problem<Float64Array, Box> }] : [];
  });
  const columns = Math.min(parts.length > 2 && parts.length !== 4 ? 3 : 2, Math.max(1, parts.length));
  const part = Math.floor(width / columns);
  const size = { width: Math.min(620, part), height: Math.min(620, part) + 40, theme };
  const charts = parts.map(({ name, ways, opened }) => {
    const { lower, upper } = opened.space;
    const [x, y] = windowOf(ways, lower, upper, opened.solution as Float64Array | undefined);
    const rows = Array.from({ length: grid }, (_, r) => {
      const xs = Array.from({ length: grid }, (__, c) => Float64Array.of(x.low + ((x.high - x.low) * c) / (grid - 1), y.low + ((y.high - y.low) * r) / (grid - 1)));
      return Array.from((opened.score({ xs }) as { readonly loss: ArrayLike<number> }).loss, (loss) => loss - (opened.optimum ?? 0));
    });
    const heights = rows.flat();
    const log = heights.every((height) => height >= 0) && quantile(heights, 0.5) < 0.08 * quantile(heights, 1);
    const marks: Marks[] = opened.solution ? [{ name: 'optimum', shape: 'star', color: -1, points: [[opened.solution[0]!, opened.solution[1]!]] }] : [];
    return contourMap({ title: `${name}, dim 2`, x: { label: 'x1', ...x }, y: { label: 'x2', ...y }, values: rows, value: { label: 'loss', log }, paths: ways.map(({ method, points }) => ({ name: method, points, color: methods.indexOf(method) })), marks, legend: false, ...size });
  });
  if (charts.length === 0) return lineChart({ title: '', x: { label: 'x1' }, y: { label: 'x2' }, series: [], ...size });
  return panels({ title: '', columns, charts, legend: [...methods.map((name, color) => ({ name, color })), { name: 'start', color: -1, shape: 'ring' }, { name: 'end', color: -1, shape: 'disc' }, { name: 'optimum', color: -1, shape: 'star' }], theme });
}

/** What the ways cover within the bounds, the optimum too, with a margin: a square. */
function windowOf(ways: readonly Trajectory[], lower: Float64Array, upper: Float64Array, solution: ArrayLike<number> | undefined): [Ends, Ends] {
  const spans = [0, 1].map((i) => {
    const values = [...ways.flatMap(({ points }) => points.map((point) => numeric(point[i]))), ...(solution ? [solution[i]!] : [])].filter(Number.isFinite).map((value) => Math.min(upper[i]!, Math.max(lower[i]!, value)));
    return values.length > 0 ? [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))] as const : [lower[i]!, upper[i]!] as const;
  });
  const half = Math.max(0.5, ...spans.map(([low, high]) => 0.58 * (high - low)));
  return spans.map(([low, high], i) => {
    // Moved rather than cut where it would leave the bounds.
    const [from, to] = [lower[i]!, upper[i]!];
    const middleOf = Math.min(Math.max((low + high) / 2, from + half), Math.max(from + half, to - half));
    return { low: Math.max(from, middleOf - half), high: Math.min(to, middleOf + half) };
  }) as [Ends, Ends];
}
interface Ends { readonly low: number; readonly high: number }

/** A line of medians in a band; what is infinite is not drawn. */
function banded(name: string, rows: readonly (readonly [number, Middle])[]): Series {
  const points = rows.map(([at, { median }]) => [at, median] as const);
  return rows.some(([, { n }]) => n > 1) ? { name, points, band: rows.map(([at, { low, high }]) => [at, low, high] as const) } : { name, points };
}

function grouping(n: number): string {
  return n.toLocaleString('en');
}
