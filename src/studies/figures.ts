/**
 * From records to charts: how runs came down, how many targets they met, and what their results depend on.
 *
 * Surprise: solved runs end at 0, which a log axis cannot show, and leaving them out would hide the best; they are drawn at the
 * least positive value instead, and the caption says so.
 */
import { NadirError } from '../core/errors.ts';
import { ecdf, quantile, runtimes, targets } from '../experiment/analysis.ts';
import { cellOf, keyOf, textOf, type Cell } from '../experiment/column.ts';
import { factors, frame, nameOf, type Frame } from '../experiment/frame.ts';
import { boxPlot } from '../plot/box.ts';
import { heatMap } from '../plot/heat.ts';
import { lineChart, type Series } from '../plot/line.ts';
import { parallelCoordinates } from '../plot/parallel.ts';

import type { RunRecord } from '../experiment/record.ts';
import type { Theme } from '../plot/sheet.ts';

/** A metric along a run, such as `f_value` by evaluations. */
export interface RunSeries {
  /** Of the run. */
  readonly id: string;
  readonly metric: string;
  /** Not falling, as long as `value`. */
  readonly step: ArrayLike<number>;
  readonly value: ArrayLike<number>;
}
export interface ViewOptions {
  readonly series?: Iterable<RunSeries>;
  /** The metric to judge by; default best_f, best_loss or loss, else the first. */
  readonly metric?: string;
  /** The main factors; default algorithm, optimizer, strategy or method, else the first that varies. */
  readonly by?: string | readonly string[];
  /** Whether less is better, default true. */
  readonly minimum?: boolean;
}
/** What a report shows of its runs. */
export interface View {
  readonly runs: Frame;
  /** Successful ones with a number for the metric: what is drawn. */
  readonly drawn: Frame;
  readonly metric: string | undefined;
  readonly minimum: boolean;
  readonly by: readonly string[];
  /** The groups of what is drawn, by name, in the order of their keys: the order of their colours in every chart. */
  readonly groups: readonly string[];
  /** The other factor of maps, and what small charts are made for. */
  readonly facet: string | undefined;
  /** Values of the metric go on a log axis; `floor` stands for those at 0. */
  readonly log: boolean;
  readonly floor: number;
  /** By id, of one stepped metric. */
  readonly series: ReadonlyMap<string, RunSeries>;
  readonly curve: string | undefined;
}
export type Kind = 'convergence' | 'ecdf' | 'heat' | 'box' | 'parallel';
export const kinds: readonly Kind[] = ['convergence', 'ecdf', 'heat', 'box', 'parallel'];

const mains = ['algorithm', 'optimizer', 'strategy', 'method'];
const others = ['problem', 'function', 'objective', 'dataset'];
const [groupsMost, facetsMost, boxesMost, linesMost, levelsMost, pointsMost] = [12, 8, 24, 600, 40, 64];

/** The choices a report makes where it is not told. Throws `name` for a column that is not there. */
export function view(records: Iterable<RunRecord>, { series = [], metric, by, minimum = true }: ViewOptions = {}): View {
  const runs = frame(records);
  const varying = factors(runs);
  const found = new Set(runs.columns.filter((name) => runs.column(name).section === 'metrics'));
  const judged = metric === undefined ? (['best_f', 'best_loss', 'loss'].find((name) => found.has(name)) ?? [...found][0]) : runs.column(metric).name;
  const few = varying.filter(({ levels }) => levels <= levelsMost).map(({ name }) => name);
  const main = by === undefined ? [mains.find((name) => few.includes(name)) ?? few[0]].filter((name) => name !== undefined) : (typeof by === 'string' ? [by] : by).map((name) => runs.column(name).name);
  const free = varying.filter(({ name, levels }) => levels <= levelsMost && !main.includes(name)).map(({ name }) => name);
  const drawn = runs.where((row) => row.status === 'success' && judged !== undefined && Number.isFinite(numberOf(runs, row, judged)));
  const values = judged === undefined ? new Float64Array(0) : drawn.values(judged);
  const floor = values.reduce((least, value) => (value > 0 ? Math.min(least, value) : least), Infinity);
  const all = [...series];
  const names = new Set(all.map((each) => each.metric));
  const curve = [judged, 'f_value', 'loss', ...names].find((name): name is string => name !== undefined && names.has(name));
  return {
    runs, drawn, metric: judged, minimum, by: main, curve,
    groups: drawn.group(main).map(({ key }) => nameOf(key)),
    facet: others.find((name) => free.includes(name)) ?? free[0],
    log: floor < Infinity && values.every((value) => value >= 0) && values.reduce((a, b) => Math.max(a, b), 0) > 30 * floor,
    floor,
    series: new Map(all.filter((each) => each.metric === curve).map((each) => [each.id, each])),
  };
}

export interface Figures { readonly title: string; readonly about: string; readonly svgs: readonly string[] }

/** Charts of a kind; none where the runs have nothing to show. `one`: a single chart of everything, not one a facet; those of a facet are half as wide. */
export function figures(kind: Kind, made: View, { theme, width = 1100, one = false }: { readonly theme: Theme; readonly width?: number; readonly one?: boolean }): Figures {
  const none: Figures = { title: kind, about: '', svgs: [] };
  if (made.metric === undefined || made.drawn.size === 0) return none;
  const facets = (most: number): { name: string; part: Frame }[] => {
    const parts = one || made.facet === undefined ? [] : made.drawn.group(made.facet);
    return parts.length < 2 || parts.length > most ? [{ name: '', part: made.drawn }] : parts.map(({ key, frame: part }) => ({ name: `${made.facet!} ${nameOf(key)}`, part }));
  };
  const draw = { convergence, ecdf: met, heat, box: boxes, parallel }[kind];
  if (draw === undefined) throw new NadirError('name', `unknown chart ${JSON.stringify(kind)}; have ${kinds.join(', ')}`);
  return draw(made, facets, theme, width) ?? none;
}

type Facets = (most: number) => { name: string; part: Frame }[];

function convergence(made: View, facets: Facets, theme: Theme, width: number): Figures | undefined {
  const { curve, series, by, minimum } = made;
  const places = placesOf(made);
  if (curve === undefined) return undefined;
  const svgs = facets(facetsMost).flatMap(({ name, part }) => {
    const groups = part.group(by).map(({ key, frame }) => ({ name: nameOf(key), traces: frame.rows.flatMap(({ id }) => (series.has(id) ? [improving(series.get(id)!, minimum)] : [])) })).filter(({ traces }) => traces.length > 0).slice(0, groupsMost);
    const ends = groups.flatMap(({ traces }) => traces.map((trace) => trace.at(-1)!));
    if (ends.length === 0) return [];
    const values = groups.flatMap(({ traces }) => traces.flatMap((trace) => trace.map(({ loss }) => (minimum ? loss : -loss))));
    const least = values.reduce((a, b) => (b > 0 ? Math.min(a, b) : a), Infinity);
    const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
    const log = least < Infinity && values.every((value) => value >= 0) && most > 30 * least;
    const from = groups.flatMap(({ traces }) => traces.map((trace) => trace[0]!.cost)).reduce((a, b) => Math.min(a, b), Infinity);
    const to = groups.flatMap(({ traces }) => traces.map((trace) => trace.at(-1)!.end)).reduce((a, b) => Math.max(a, b), 0);
    const wide = to > 50 * Math.max(1, from); // steps over decades
    const steps = wide ? [...targets(Math.max(1, from), to, pointsMost)] : Array.from({ length: pointsMost }, (_, i) => from + ((to - from) * i) / (pointsMost - 1));
    const shown = (loss: number): number => (minimum ? (log ? Math.max(loss, least) : loss) : -loss);
    const lines: Series[] = groups.map((group) => {
      const rows = steps.flatMap((step) => {
        const at = group.traces.flatMap((trace) => trace.findLast(({ cost }) => cost <= step)?.loss ?? []);
        return at.length === group.traces.length ? [[step, shown(quantile(at, 0.5)), shown(quantile(at, minimum ? 0.25 : 0.75)), shown(quantile(at, minimum ? 0.75 : 0.25))] as const] : [];
      });
      return { name: group.name, color: places.get(group.name), points: rows.map(([step, middle]) => [step, middle] as const), band: rows.map(([step, , low, high]) => [step, low, high] as const) };
    });
    return [lineChart({ title: name || `${curve}, best so far`, x: { label: 'step', log: wide }, y: { label: curve, log }, series: lines, width: wideOf(name, width), height: 340, theme })];
  });
  return { title: 'Convergence', about: `${curve}, best so far: median and quartiles of the runs of a group; a run that has ended keeps its last value. On log axes, 0 is drawn at the least positive value.`, svgs };
}

/** The points where a run became better, and its last: all that a chart of the best so far needs of a long series. */
export function thin({ id, metric, step, value }: RunSeries, minimum: boolean = true): RunSeries {
  const kept = improving({ id, metric, step, value }, minimum);
  const last = step.length - 1;
  const points = kept.filter(({ loss }) => Number.isFinite(loss)).map(({ cost, loss }) => [cost, minimum ? loss : -loss] as const);
  if (last >= 0 && points.at(-1)?.[0] !== step[last]) points.push([step[last]!, value[last]!]);
  return { id, metric, step: points.map(([at]) => at), value: points.map(([, each]) => each) };
}

interface Improvement { readonly cost: number; readonly loss: number; /** The run's last step. */ readonly end: number }

/** The steps where a run became better; losses are negated where more is better. Never empty: NaN counts as infinite. */
function improving({ step, value }: RunSeries, minimum: boolean): Improvement[] {
  const out: Improvement[] = [];
  const end = step.length > 0 ? step[step.length - 1]! : 0;
  for (let i = 0; i < step.length; i++) {
    const loss = minimum ? value[i]! : -value[i]!;
    if (Number.isFinite(loss) && (out.length === 0 || loss < out.at(-1)!.loss)) out.push({ cost: step[i]!, loss, end });
  }
  return out.length > 0 ? out : [{ cost: end, loss: Infinity, end }];
}

function met(made: View, _: Facets, theme: Theme, width: number): Figures | undefined {
  const { curve, series, by, minimum, facet, drawn } = made;
  if (curve === undefined) return undefined;
  const times = new Map<string, number[]>();
  let standard = true;
  for (const { frame: part } of drawn.group(facet ?? [])) {
    const traces = part.group(by).flatMap(({ key, frame }) => frame.rows.flatMap(({ id }) => (series.has(id) ? [{ name: nameOf(key), trace: improving(series.get(id)!, minimum) }] : [])));
    const losses = traces.flatMap(({ trace }) => trace.map(({ loss }) => loss)).filter(Number.isFinite);
    if (losses.length === 0) continue;
    const least = losses.reduce((a, b) => Math.min(a, b));
    const most = losses.reduce((a, b) => Math.max(a, b));
    const gaps = minimum && least >= 0; // losses above 0 are taken for gaps to an optimum of 0
    standard &&= gaps;
    const levels = gaps ? targets() : targets((most - least) / 2 || 1, ((most - least) / 2 || 1) * 1e-8);
    for (const { name, trace } of traces) {
      if (!times.has(name)) times.set(name, []);
      times.get(name)!.push(...runtimes(trace, levels, gaps ? 0 : least));
    }
  }
  const reached = [...times.values()].flat().filter((time) => time < Infinity);
  if (times.size === 0) return undefined;
  const to = reached.reduce((a, b) => Math.max(a, b), 2);
  const budgets = targets(1, Math.max(to, 2), 200);
  const places = placesOf(made);
  const lines = [...times].sort(([a], [b]) => places.get(a)! - places.get(b)!).slice(0, groupsMost).map(([name, all]): Series => {
    const share = ecdf(all, budgets);
    return { name, color: places.get(name), points: Array.from(budgets, (budget, i) => [budget, share[i]!] as const) };
  });
  const about = standard ? '51 targets from 1e2 to 1e-8, evenly spaced in the logarithm' : '51 targets from half of the range of a problem down by eight decades, above the best that any run found';
  return { title: 'Runtimes to targets', about: `The share of (run, target) pairs met within so many steps: ${about}.`, svgs: [lineChart({ title: `targets met by ${curve}`, x: { label: 'step', log: true }, y: { label: 'share of targets' }, series: lines, step: true, width, height: Math.round(width * 0.42), theme })] };
}

function heat({ drawn, by, facet, metric, log, groups }: View, _: Facets, theme: Theme, width: number): Figures | undefined {
  if (facet === undefined || by.length === 0) return undefined;
  const parts = (names: readonly string[], key: { readonly [name: string]: Cell }): string => nameOf(Object.fromEntries(names.map((name) => [name, key[name]])));
  const cells = new Map(drawn.aggregate([...by, facet], metric!).map(({ key, median }) => [`${parts(by, key)}\n${parts([facet], key)}`, median]));
  const across = [...new Map(drawn.group(facet).map(({ key }) => [nameOf(key), key])).keys()];
  const down = groups.slice(0, levelsMost);
  const rows = down.map((row) => across.map((column) => cells.get(`${row}\n${column}`) ?? NaN));
  const height = Math.min(2000, 150 + down.length * 30 + Math.min(90, Math.max(...across.map((name) => name.length)) * 5));
  return { title: `${by.join(', ')} by ${facet}`, about: `Median ${metric!} of the successful runs${groups.length > levelsMost ? `; the first ${levelsMost} of ${groups.length.toLocaleString('en')} groups` : ''}.`, svgs: [heatMap({ title: `median ${metric!}`, x: { label: facet, levels: across }, y: { label: by.join(', '), levels: down }, cells: rows, value: { label: metric!, log }, width, height, theme })] };
}

function boxes({ drawn, by, metric, log, floor, groups: all }: View, facets: Facets, theme: Theme, width: number): Figures | undefined {
  const kept = all.slice(0, boxesMost);
  const svgs = facets(facetsMost).map(({ name, part }) => {
    const groups = new Map(part.group(by).map(({ key, frame }) => [nameOf(key), frame.values(metric!)]));
    return boxPlot({ title: name || metric!, x: { label: metric!, log }, label: by.join(', '), boxes: kept.map((group) => ({ name: group, values: (groups.get(group) ?? new Float64Array(0)).map((value) => (log ? Math.max(value, floor) : value)) })), width: wideOf(name, width), height: Math.min(2000, 96 + 30 * Math.max(3, kept.length)), theme });
  });
  return { title: 'Distributions', about: `${metric!} of the successful runs: median, quartiles, whiskers to the last value within 1.5 times the box, dots beyond.${log && drawn.values(metric!).some((value) => value <= 0) ? ' 0 is drawn at the least positive value.' : ''}`, svgs };
}

function parallel({ drawn, runs, metric, by, log, floor, minimum }: View, _: Facets, theme: Theme, width: number): Figures | undefined {
  const names = factors(runs).map(({ name }) => name).sort((a, b) => Number(by.includes(b)) - Number(by.includes(a))).slice(0, 8);
  if (names.length === 0) return undefined;
  const sorted = drawn.sort(metric!, { descending: !minimum }).rows;
  const stride = Math.max(1, sorted.length / linesMost);
  const some = Array.from({ length: Math.min(sorted.length, linesMost) }, (__, i) => sorted[Math.floor(i * stride)]!);
  const axis = (name: string): { name: string; values: (string | number | undefined)[]; log: boolean } => {
    const cells = some.map((row) => cellOf(row, runs.column(name)));
    const values = cells.map((cell) => (typeof cell === 'number' || cell === undefined ? cell : textOf(cell)));
    const numbers = values.filter((value): value is number => typeof value === 'number');
    const levels = new Set(cells.map(keyOf));
    return { name, values, log: numbers.length > 0 && numbers.every((value) => value > 0) && numbers.reduce((a, b) => Math.max(a, b)) > 30 * numbers.reduce((a, b) => Math.min(a, b)) && levels.size > 2 };
  };
  const result = { name: metric!, values: some.map((row) => Math.max(numberOf(runs, row, metric!), log ? floor : -Infinity)), log };
  const present = names.filter((name) => factors(drawn).some((each) => each.name === name));
  return { title: 'Parameters', about: `${some.length === drawn.size ? 'Every successful run' : `${some.length} of ${drawn.size} successful runs, evenly from the best to the worst`} as a line, coloured by ${metric!}: dark is low.`, svgs: [parallelCoordinates({ title: '', axes: [...present.map(axis), result], width: Math.max(width, 160 * (present.length + 1)), height: 420, theme })] };
}

/** Which colour a group has. */
function placesOf({ groups }: View): Map<string, number> {
  return new Map(groups.map((name, i) => [name, i]));
}

/** A chart of a facet stands beside another. */
function wideOf(facet: string, width: number): number {
  return facet ? Math.max(200, Math.floor(width / 2)) : width;
}

function numberOf(runs: Frame, row: RunRecord, name: string): number {
  const value = cellOf(row, runs.column(name));
  return typeof value === 'number' ? value : NaN;
}
