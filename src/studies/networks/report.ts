/**
 * The report of the networks study: what was trained and how it ended, methods on landscapes with their tests, and every chart.
 *
 * Surprise: "better" needs a cost beside it. An escape evaluates candidates that Adam spends on steps, so the table compares at the
 * cost that all have reached, and only then at the end.
 */
import { NadirError, named, show } from '../../core/errors.ts';
import { page, type Column, type Section } from '../../plot/page.ts';
import { brief } from '../../plot/scale.ts';
import { detailedComparison, escapeEvents, escapeRates, landscapeBars, landscapeContours, populationDiversity, type Look, type Trajectory } from './figures.ts';
import { bestWithin, equalCost, grouped, levelled, middle, numeric } from './spread.ts';
import { ALPHA, landscapeTable } from './verdict.ts';

import type { LandscapeRun, TrainResult } from './results.ts';

export type { Trajectory } from './figures.ts';

const KNOWN = ['title', 'results', 'landscape', 'trajectories', 'sections', 'rival', 'theme'];
const eventsMost = 6; // charts of single runs
const linesMost = 12; // experiments in one chart

export interface NetworksReportOptions {
  readonly title: string;
  readonly results?: readonly TrainResult[];
  readonly landscape?: readonly LandscapeRun[];
  readonly trajectories?: readonly Trajectory[];
  /** More of the caller's own, such as a tuning sweep, before the figures. */
  readonly sections?: readonly Section[];
  /** The method that the others are tested against, default adam. */
  readonly rival?: string;
  /** Default: what the reader's system prefers; a switch is in the page. */
  readonly theme?: 'light' | 'dark';
}

/**
 * The report as the text of one HTML file, with no script but its own and nothing loaded from anywhere.
 * @throws `name` for an option that is not there, `input` for a title, a theme or lists that are none
 * @example
 * networksReport({ title: 'nothing yet' }); // '<!doctype html>...'
 */
export function networksReport({ title, results = [], landscape = [], trajectories = [], sections: own = [], rival = 'adam', theme, ...rest }: NetworksReportOptions): string {
  for (const option of Object.keys(rest)) named('option of networksReport', KNOWN.map((name) => ({ name })), option);
  if (typeof title !== 'string') throw new NadirError('input', `title of networksReport is ${show(title)}; allowed: text`);
  if (theme !== undefined && theme !== 'light' && theme !== 'dark') throw new NadirError('input', `theme of networksReport is ${show(theme)}; allowed: light, dark`);
  for (const [name, value] of Object.entries({ results, landscape, trajectories, sections: own })) if (!Array.isArray(value)) throw new NadirError('input', `${name} of networksReport is ${show(value)}; allowed: an array`);
  const sections: Section[] = [];
  if (results.length > 0) sections.push(summary(results));
  if (landscape.length > 0) sections.push(methods(landscape, rival));
  sections.push(...own);
  if (results.length > 0) sections.push(...training(results));
  sections.push(...landscapes(landscape, trajectories));
  const data = [...new Set(results.map(({ config }) => (typeof config.data === 'string' ? config.data : String(config.data.kind))))].join(', ');
  const about = [data && `data ${data}`, landscape.length > 0 && `functions and networks, tested against ${rival}`].filter(Boolean).join(' · ');
  return page({ title, about, theme, tiles: tiles(results, landscape), sections, columns: columns(results, landscape), foot: `${plural(results.length, 'training run')}, ${plural(landscape.length, 'landscape run')}.` });
}

function tiles(results: readonly TrainResult[], landscape: readonly LandscapeRun[]): { label: string; value: string }[] {
  const out: { label: string; value: string }[] = [];
  if (results.length > 0) {
    const tested = [...grouped(results, ({ experiment }) => experiment)].map(([name, runs]) => ({ name, accuracy: middle(runs.map(({ test }) => numeric(test?.accuracy)), -Infinity).median })).filter(({ accuracy }) => Number.isFinite(accuracy));
    const best = tested.reduce((a, b) => (b.accuracy > a.accuracy ? b : a), { name: '', accuracy: -Infinity });
    const escapes = results.reduce((sum, { escape }) => sum + (escape?.count ?? 0), 0);
    const diverged = results.filter(({ stop }) => stop === 'diverged').length;
    out.push({ label: 'experiments', value: String(new Set(results.map(({ experiment }) => experiment)).size) }, { label: 'training runs', value: results.length.toLocaleString('en') });
    if (diverged > 0) out.push({ label: 'diverged', value: diverged.toLocaleString('en') });
    out.push({ label: 'parameters', value: range(results.map(({ parameters }) => parameters), (n) => n.toLocaleString('en')) });
    if (best.name) out.push({ label: 'best test accuracy (median)', value: `${(100 * best.accuracy).toFixed(2)} %` }, { label: 'reached by', value: best.name });
    if (results.some(({ escape }) => escape !== null)) out.push({ label: 'escapes in training', value: escapes.toLocaleString('en') });
    out.push({ label: 'time in training', value: span(results.reduce((sum, { seconds }) => sum + (numeric(seconds) || 0), 0)) });
  }
  if (landscape.length > 0) {
    out.push({ label: 'landscape runs', value: landscape.length.toLocaleString('en') }, { label: 'landscapes', value: String(grouped(landscape, problemOf).size) }, { label: 'time in landscapes', value: span(landscape.reduce((sum, { milliseconds }) => sum + (numeric(milliseconds) || 0), 0) / 1000) });
  }
  return out;
}

/** Losses and accuracies of every experiment; bold is the best by test accuracy, or by validation loss where there is none. */
function summary(results: readonly TrainResult[]): Section {
  const parts = [...grouped(results, ({ experiment }) => experiment)];
  const cost = equalCost(results);
  const tested = results.some(({ test }) => Number.isFinite(numeric(test?.accuracy)));
  const head = ['experiment', 'optimizer', 'seeds', 'epochs', 'cost', tested ? 'test accuracy, %' : 'test loss', 'best validation loss', ...(Number.isFinite(cost) ? [`at cost ${brief(cost)}`] : []), 'final training loss', 'escapes', 'moved', 'overhead, %', 'seconds'];
  const judged = parts.map(([, runs]) => middle(runs.map((run) => (tested ? -numeric(run.test?.accuracy) : numeric(run.best.validationLoss))), Infinity).median);
  const least = judged.reduce((a, b) => Math.min(a, b), Infinity);
  const rows = parts.map(([name, runs]) => {
    const all = (value: (run: TrainResult) => number, worst = Infinity, says = brief): string => told(runs.map(value), worst, says);
    const escapes = runs.flatMap(({ escape }) => (escape ? [escape] : []));
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    const lost = runs.filter(({ stop }) => stop === 'diverged').length;
    return [
      name, runs[0]!.config.optimizer.name, `${runs.length}${lost > 0 ? `, ${lost} diverged` : ''}`, range(runs.map(({ final }) => numeric(final.epoch)), String), range(runs.map(({ final }) => numeric(final.cost)), figure),
      tested ? all(({ test }) => 100 * numeric(test?.accuracy), -Infinity, (value) => value.toFixed(2)) : all(({ test }) => numeric(test?.loss)),
      all((run) => bestWithin(run, Infinity)), ...(Number.isFinite(cost) ? [all((run) => bestWithin(run, cost))] : []), all(({ final }) => numeric(final.trainLoss)),
      ...(escapes.length === 0 ? ['-', '-', '-'] : [range(escapes.map(({ count }) => count), String), range(escapes.map(({ accepted }) => accepted), String), ((100 * sum(escapes.map(({ spent }) => numeric(spent)))) / sum(runs.map(({ final }) => numeric(final.cost)))).toFixed(1)]),
      range(runs.map(({ seconds }) => numeric(seconds)), figure),
    ];
  });
  const read = tested ? 'The test set is read once, at the parameters of the epoch that was best on the validation part.' : '';
  return { title: 'Training', about: `Median over the seeds, and the least and the greatest in brackets; a seed that has no number, because it diverged, counts as the worst. Cost: 1 is a pass over the training data, a gradient is 3. ${read} Bold is the best ${tested ? 'test accuracy' : 'validation loss'}.`, table: [head, ...rows], strong: judged.flatMap((value, i) => (value === least && Number.isFinite(value) ? [i] : [])) };
}

/** Every method on every problem: how it ended, how often it escaped, and whether that is chance. */
function methods(landscape: readonly LandscapeRun[], rival: string): Section {
  const rows = [...grouped(landscapeTable(landscape, { against: rival }), problemOf).values()].flat();
  const table = rows.map(({ problem, dim, method, runs, rate, rateLow, rateHigh, median, low, high, level, superiority, p, adjusted, verdict, cost, overhead }) => [
    problemOf({ problem, dim }), method, String(runs), level > 0 ? `${figure(median)} [${figure(low)}, ${figure(high)}]` : figure(median), levelled(level), `${percent(rate)} [${percent(rateLow)}, ${percent(rateHigh)}]`,
    ...(superiority === null ? ['', '', ''] : [superiority.toFixed(2), chance(p!), `${chance(adjusted!)}${verdict === 'better' ? ' \u25b2' : verdict === 'worse' ? ' \u25bc' : ''}`]),
    figure(cost), percent(overhead),
  ]);
  const head = ['problem', 'method', 'runs', 'final loss', 'level', 'escaped, %', `P(below ${rival})`, 'p', 'p, Holm', 'cost', 'overhead, %'];
  const tests = rows.filter(({ p }) => p !== null).length;
  return { title: 'Landscapes', about: `All methods have the same cost to spend. Final loss: the median, and its interval by order statistics, which holds the true one at least as often as its level says: 95 % takes six runs; a run whose loss is no number counts as the worst. Escaped: the share of runs that ended in another basin than they began in, and Wilson\u2019s 95 % interval. P: the chance that a run of the method ends below one of ${rival}, a tie as half; p by the two-sided rank-sum test, losses that agree to 1e-8 being ties, Holm-adjusted over all ${tests}; \u25b2 better and \u25bc worse where that is below ${ALPHA}. Cost, and overhead, the share of it that went into candidates: means.`, table: [head, ...table] };
}

function training(results: readonly TrainResult[]): Section[] {
  const look: Look = { theme: 'page' };
  const names = [...new Set(results.map(({ experiment }) => experiment))];
  const kept = new Set(names.slice(0, linesMost));
  const out: Section[] = [figureOf('Comparison', `Median of the seeds of an experiment; the band goes from the lower to the upper quartile, of fewer than four seeds from the least to the greatest.${names.length > linesMost ? ` The first ${linesMost} of ${names.length} experiments.` : ''}`, detailedComparison(results.filter(({ experiment }) => kept.has(experiment)), look))];
  const escaping = [...grouped(results.filter(({ escape }) => escape !== null), ({ experiment }) => experiment).values()].map((runs) => runs[0]!);
  if (escaping.length === 0) return out;
  const shown = escaping.slice(0, eventsMost);
  const width = shown.length > 1 ? 590 : 1100;
  out.push({ title: 'Escapes', about: `The first seed of ${shown.length < escaping.length ? `${shown.length} of ${escaping.length} experiments` : 'each experiment'} that escapes: loss of its mini-batches and norm of the gradient, logarithmic; a triangle where an escape moved to a candidate, a ring where the point it left was best.`, figures: shown.map((run) => sized(escapeEvents(run, { ...look, width }))) });
  out.push(figureOf('Populations', 'Euclidean distances in the space of all parameters; at most 300 dots a run. Escapes that kept their point have no distance.', populationDiversity(shown, look)));
  return out;
}

function landscapes(landscape: readonly LandscapeRun[], trajectories: readonly Trajectory[]): Section[] {
  const out: Section[] = [];
  if (landscape.length > 0) {
    out.push(figureOf('Final losses', 'The median over the seeds with its interval; 95 % takes six runs. On a logarithmic axis the ends of bars are read, not their lengths.', landscapeBars(landscape, { theme: 'page' })));
    out.push(figureOf('Escape rates', 'The share of runs that ended in another basin than they began in, with Wilson\u2019s 95 % interval.', escapeRates(landscape, { theme: 'page' })));
  }
  if (trajectories.length > 0) out.push(figureOf('Ways over the landscapes', 'The same functions in two dimensions, one run a method from one start; lines of equal loss above the optimum.', landscapeContours(trajectories, { theme: 'page' })));
  return out;
}

function figureOf(title: string, about: string, svg: string): Section {
  return { title, about, figures: [sized(svg)] };
}

/** The page gives a chart its size. */
function sized(svg: string): string {
  return svg.replace(/ width="\d+" height="\d+"/, '');
}

/** Every run of both kinds: six digits are enough here. */
function columns(results: readonly TrainResult[], landscape: readonly LandscapeRun[]): Column[] {
  type Cell = string | number | null;
  const short = (value: unknown): Cell => (typeof value !== 'number' ? 'NaN' : Number.isFinite(value) ? (Number.isInteger(value) ? value : Number(value.toPrecision(6))) : String(value));
  const column = (name: string, train: (run: TrainResult) => Cell, land: (run: LandscapeRun) => Cell = () => null): Column => ({ name, values: [...results.map(train), ...landscape.map(land)] });
  return [
    column('study', () => 'training', () => 'landscape'),
    column('experiment', ({ experiment }) => experiment, problemOf),
    column('method', ({ config }) => config.optimizer.name, ({ method }) => method),
    column('seed', ({ seed }) => seed, ({ seed }) => seed),
    column('stop', ({ stop, reason }) => (reason ? `${stop}: ${reason}` : stop)),
    column('loss', ({ best }) => short(best.validationLoss), ({ loss }) => short(loss)),
    column('train_loss', ({ final }) => short(final.trainLoss)),
    column('test_loss', ({ test }) => (test ? short(test.loss) : null)),
    column('test_accuracy', ({ test }) => (test ? short(test.accuracy) : null)),
    column('cost', ({ final }) => short(final.cost), ({ cost }) => short(cost)),
    column('escapes', ({ escape }) => (escape ? escape.count : null), ({ escapes }) => escapes),
    column('escaped', () => null, ({ escaped }) => String(escaped)),
    column('overhead', ({ escape, final }) => (escape ? short(numeric(escape.spent) / numeric(final.cost)) : null), ({ overhead }) => short(overhead)),
    column('seconds', ({ seconds }) => short(seconds), ({ milliseconds }) => short(numeric(milliseconds) / 1000)),
  ].filter(({ values }) => values.some((value) => value !== null));
}

function problemOf({ problem, dim }: { readonly problem: string; readonly dim: number }): string {
  return `${problem}, dim ${dim}`;
}

/** Median, and of several the ends. */
function told(values: readonly number[], worst: number, says: (value: number) => string): string {
  const v = values.map((value) => (Number.isNaN(value) ? worst : value));
  const word = (value: number): string => (Number.isFinite(value) ? says(value).replace('\u2212', '-') : figure(value));
  const median = word(middle(v, worst).median);
  return v.length < 2 ? median : `${median} [${word(Math.min(...v))}, ${word(Math.max(...v))}]`;
}

function range(values: readonly number[], says: (value: number) => string): string {
  const [low, high] = [says(Math.min(...values)), says(Math.max(...values))];
  return low === high ? low : `${low} to ${high}`;
}

function figure(value: number): string {
  return Number.isFinite(value) ? brief(value).replace('\u2212', '-') : value === Infinity ? '\u221e' : '-';
}

function percent(share: number): string {
  return Number.isFinite(share) ? String(Math.round(1000 * share) / 10) : '-';
}

function chance(p: number): string {
  return p < 0.001 ? p.toExponential(0) : p.toFixed(3);
}

function span(seconds: number): string {
  return seconds < 120 ? `${brief(seconds)} s` : seconds < 7200 ? `${brief(seconds / 60)} min` : `${brief(seconds / 3600)} h`;
}

function plural(n: number, what: string): string {
  return `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
}
