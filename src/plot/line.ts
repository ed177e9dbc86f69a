/**
 * A chart of lines, with a band around each or dots instead, as SVG text: the same text in every runtime, no DOM.
 *
 * Surprise: a best-so-far trace drawn from point to point promises losses that nobody saw; `step` keeps a value until the next.
 */
import { hair, mark, swatch, type Entry, type Marks } from './marks.ts';
import { fitting, scale, usable, brief, type Axis } from './scale.ts';
import { axisLabels, below, bottomAxis, colors, cut, em, escape, fixed, leftAxis, legend, legendMarks, lineColor, nothing, sheet, small, stroke, type Plot, type Theme } from './sheet.ts';

export type { Axis } from './scale.ts';
export type { Theme } from './sheet.ts';

export interface Series {
  readonly name: string;
  /** [x, y], drawn in this order; a point that is not finite is left out, and the line goes on to the next. */
  readonly points: readonly (readonly [number, number])[];
  /** [x, low, high]: an area behind the lines, such as quartiles. */
  readonly band?: readonly (readonly [number, number, number])[];
  /** Its place among the theme's colours, from 0; default its place here. The same group keeps its colour in charts that lack another. */
  readonly color?: number;
  /** A hair line, for what another line sums up. */
  readonly thin?: boolean;
}
export interface LineChart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Pixels, integers from 200 to 10000 (width) and from 150 (height). */
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
  /** Between two points keep the first one's y, then jump: what a best-so-far trace means. */
  readonly step?: boolean;
  /** Dots instead of lines: a scatter plot. */
  readonly dots?: boolean;
  /** Points on top of the lines. */
  readonly marks?: readonly Marks[];
  /** Whether there is a legend, default true; `panels` can have one for all. */
  readonly legend?: boolean;
  /** Pixels that stay free left of the plot at least: charts one above another line up. */
  readonly left?: number;
}

/**
 * Draws the chart. Throws `input` for a size or a theme that is not allowed.
 * @example
 * const svg = lineChart({
 *   title: 'rastrigin', x: { label: 'evaluations' }, y: { label: 'loss', log: true }, step: true,
 *   series: [{ name: 'annealing', points: [[1, 80], [200, 3], [900, 0.2]] }], width: 640, height: 400, theme: 'light',
 * });
 * svg; // '<svg xmlns="http://www.w3.org/2000/svg" ...'
 */
export function lineChart({ title, x, y, series, width, height, theme, step = false, dots = false, marks = [], legend: keyed = true, left: least = 0 }: LineChart): string {
  const paint = colors(theme, width, height);
  const kept = series.map(({ points }) => points.filter(([px, py]) => usable(px, x.log) && usable(py, y.log)));
  const bands = series.map(({ band = [] }) => band.filter(([px, low, high]) => usable(px, x.log) && usable(low, y.log) && usable(high, y.log)));
  const spots = marks.map(({ points }) => points.filter(([px, py]) => usable(px, x.log) && usable(py, y.log)));
  const reach = ({ reach: ends = [], log }: Axis): number[] => ends.filter((value) => usable(value, log));
  const xs = [...[...kept, ...spots].flatMap((points) => points.map((point) => point[0])), ...bands.flatMap((band) => band.map((point) => point[0]))];
  const ys = [...[...kept, ...spots].flatMap((points) => points.map((point) => point[1])), ...bands.flatMap((band) => band.flatMap(([, low, high]) => [low, high]))];

  const entries: Entry[] = [...series.map(({ name, color, thin }, i) => ({ name, color: color ?? i, thin, ...(dots ? { shape: 'disc' as const } : {}) })), ...marks.map(({ name, color, shape }, i) => ({ name, color: color ?? series.length + i, shape }))];
  const key = legend(keyed ? entries.map(({ name }) => name) : [], width - 32);
  const top = below(title, key.rows);
  const bottom = height - (x.label ? 46 : 28);
  const across = scale([...ys, ...reach(y)], y.log, Math.max(2, Math.floor((bottom - top) / 44)), true);
  const left = Math.max(least, Math.round(16 + (y.label ? small + 8 : 0) + Math.max(...across.labels.map((label) => label.length)) * small * em));
  // The last label may stand at the very end: half of it lies outside.
  const right = width - Math.round(Math.max(20, (fitting([...xs, ...reach(x)], x.log, width - 20 - left).labels.at(-1)!.length / 2) * small * em + 8));
  const along = fitting([...xs, ...reach(x)], x.log, right - left);
  const plot: Plot = { left, right, top, bottom };
  const places = series.map(({ color }, i) => color ?? i);
  const px = (value: number): number => left + along.at(value) * (right - left);
  const py = (value: number): number => bottom - across.at(value) * (bottom - top);

  const out = [...sheet(title, width, height, paint), ...leftAxis(plot, across, paint), ...bottomAxis(plot, along, paint)];
  out.push(`<path class="axes" d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="${paint.faint}"/>`, ...axisLabels(plot, x, y, height, paint));

  bands.forEach((band, i) => {
    if (band.length < 2) return;
    const [low, high] = [band.map(([bx, value]) => [bx, value] as const), band.map(([bx, , value]) => [bx, value] as const)];
    out.push(`<path class="band" d="${line(high, px, py, step)}${line(low, px, py, step, true)}Z" fill="${lineColor(places[i]!, paint)}" fill-opacity="0.16"/>`);
  });
  kept.forEach((points, i) => {
    if (points.length === 0) return;
    const name = `class="series" data-name="${escape(series[i]!.name)}"`;
    const d = dots ? '' : line(points, px, py, step);
    if (dots) {
      const tip = (point: readonly [number, number]): string => escape(`${cut(series[i]!.name, 60)}: ${brief(point[0])}, ${brief(point[1])}`);
      out.push(`<g ${name} fill="${lineColor(places[i]!, paint)}" fill-opacity="0.75">`, ...points.map((point) => `<circle cx="${fixed(px(point[0]))}" cy="${fixed(py(point[1]))}" r="3"><title>${tip(point)}</title></circle>`), '</g>');
    } else if (/[HVL]/.test(d)) out.push(`<path ${name} d="${d}" fill="none" stroke-linejoin="round" ${series[i]!.thin ? hair(places[i]!, paint) : stroke(places[i]!, paint)}/>`);
    else out.push(`<circle ${name} cx="${fixed(px(points[0]![0]))}" cy="${fixed(py(points[0]![1]))}" r="3" fill="${lineColor(places[i]!, paint)}"/>`); // one spot
  });
  spots.forEach((points, i) => {
    const { shape, name } = marks[i]!;
    if (points.length > 0) out.push(`<g class="marks" data-name="${escape(name)}">`, ...points.map((point) => mark(shape, px(point[0]), py(point[1]), entries[series.length + i]!.color, paint)), '</g>');
  });
  if (xs.length === 0) out.push(nothing(plot, paint));

  const kind = marks.length > 0 ? (i: number, sx: number, sy: number): string => swatch(entries[i]!, sx, sy, paint) : dots ? 'dot' : 'line';
  return [...out, ...legendMarks(key, top, kind, paint, places), '</svg>'].join('\n');
}

/** The path through the points; `back`: from the last to the first, going on with a path that ended above the last. */
function line(points: Series['points'], px: (x: number) => number, py: (y: number) => number, step: boolean, back = false): string {
  let d = '';
  let lastX = '';
  let lastY = '';
  for (const [x, y] of back ? points.toReversed() : points) {
    const [h, v] = [fixed(px(x)), fixed(py(y))];
    if (d === '') d = `${back ? 'L' : 'M'}${h} ${v}`;
    else if (h === lastX && v === lastY) continue; // the same spot: a long trace stays a short text
    else if (!step) d += `L${h} ${v}`;
    else if (back) d += (v === lastY ? '' : `V${v}`) + (h === lastX ? '' : `H${h}`); // the step seen from its end
    else d += (h === lastX ? '' : `H${h}`) + (v === lastY ? '' : `V${v}`);
    [lastX, lastY] = [h, v];
  }
  return d;
}
