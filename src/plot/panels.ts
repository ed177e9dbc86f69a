/**
 * Charts in a grid as one SVG, with a title and a legend for all of them.
 *
 * Surprise: an <svg> inside another takes its size from a page's style sheet (`svg { width: 100% }`), which tears the grid apart;
 * a translated group cannot be reached that way.
 */
import { NadirError, show } from '../core/errors.ts';
import { swatch, type Entry } from './marks.ts';
import { below, colors, fixed, legend, legendMarks, sheet, type Theme } from './sheet.ts';

export type { Entry } from './marks.ts';

export interface Panels {
  readonly title: string;
  /** Charts of this folder as SVG texts, of the same theme, row by row; a column is as wide as its widest, a row as high as its highest. */
  readonly charts: readonly string[];
  /** Charts a row, an integer from 1. */
  readonly columns: number;
  /** For all charts, which then go without their own. */
  readonly legend?: readonly Entry[];
  readonly theme: Theme;
}

/**
 * Puts charts side by side. Throws `input` for charts that are none, a number of columns below 1, or more than 10000 pixels a side.
 * @example
 * const size = { width: 320, height: 200, theme: 'light' };
 * const chart = (title, points) => lineChart({ title, x: { label: 'epoch' }, y: { label: title }, series: [{ name: 'adam', points }], legend: false, ...size });
 * panels({ title: 'training', columns: 2, charts: [chart('loss', [[0, 2], [9, 1]]), chart('accuracy', [[0, 0.1], [9, 0.9]])], legend: [{ name: 'adam', color: 0 }], theme: 'light' }); // '<svg xmlns="http://www.w3.org/2000/svg" ...'
 */
export function panels({ title, charts, columns, legend: entries = [], theme }: Panels): string {
  if (!Number.isInteger(columns) || columns < 1) throw new NadirError('input', `columns is ${show(columns)}; allowed: an integer from 1`);
  const cells = charts.map((chart, i) => {
    const [, width, height, inside] = /^<svg [^>]*? width="(\d+)" height="(\d+)"[^>]*>\n?([^]*)<\/svg>\s*$/.exec(chart) ?? [];
    if (inside === undefined) throw new NadirError('input', `charts[${i}] is ${show(chart)}; allowed: the text of a chart`);
    return { width: Number(width), height: Number(height), inside };
  });
  const across = Math.min(columns, cells.length);
  const most = (sizes: readonly number[]): number => sizes.reduce((a, b) => Math.max(a, b), 0);
  const widths = Array.from({ length: across }, (_, c) => most(cells.filter((__, i) => i % columns === c).map(({ width }) => width)));
  const heights = Array.from({ length: Math.ceil(cells.length / columns) }, (_, r) => most(cells.slice(r * columns, (r + 1) * columns).map(({ height }) => height)));
  const total = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0);

  const width = Math.max(200, total(widths));
  const key = legend(entries.map(({ name }) => name), width - 32);
  const top = title || key.rows ? below(title, key.rows) : 0;
  const height = Math.max(150, top + total(heights));
  const paint = colors(theme, width, height);
  const out = sheet(title, width, height, paint);
  cells.forEach(({ inside }, i) => {
    const [x, y] = [total(widths.slice(0, i % columns)), top + total(heights.slice(0, Math.floor(i / columns)))];
    out.push(`<g class="panel" transform="translate(${fixed(x)} ${fixed(y)})">`, inside.trimEnd(), '</g>');
  });
  return [...out, ...legendMarks(key, top, (i, x, y) => swatch(entries[i]!, x, y, paint), paint), '</svg>'].join('\n');
}
