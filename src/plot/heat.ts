/**
 * A heat map as SVG text: a value for each pair of two factors, in colour and, where it fits, in figures.
 *
 * Surprise: with a loss from 1e-12 to 1e3 a linear scale paints one cell bright and all others black; `log` is what reads.
 */
import { NadirError } from '../core/errors.ts';
import { log as ln } from '../../assembly/portable/math.ts';
import { brief, usable } from './scale.ts';
import { below, colors, cut, em, escape, fixed, nothing, shade, sheet, small, text, wide, type Theme } from './sheet.ts';

export interface HeatMap {
  readonly title: string;
  /** Across and down: the name of the factor and its levels. */
  readonly x: { readonly label: string; readonly levels: readonly string[] };
  readonly y: { readonly label: string; readonly levels: readonly string[] };
  /** `cells[row][column]`, a row for each level of y; NaN is an empty cell. */
  readonly cells: readonly (readonly number[])[];
  /** What the values are, and whether their colours go by the logarithm; what is not above 0 is then coloured as the least. */
  readonly value: { readonly label: string; readonly log?: boolean };
  /** Pixels, integers from 200 to 10000 (width) and from 150 (height). */
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

/**
 * Draws the map: low values dark, high values bright. Throws `input` for a size or a theme that is not allowed, or rows of the wrong length.
 * @example
 * const svg = heatMap({
 *   title: 'median loss', x: { label: 'problem', levels: ['sphere', 'ackley'] }, y: { label: 'algorithm', levels: ['adam', 'random'] },
 *   cells: [[1e-9, 0.2], [3, NaN]], value: { label: 'loss', log: true }, width: 480, height: 300, theme: 'light',
 * });
 * svg; // '<svg xmlns="http://www.w3.org/2000/svg" ...'
 */
export function heatMap({ title, x, y, cells, value, width, height, theme }: HeatMap): string {
  const paint = colors(theme, width, height);
  const { ink, faint, grid } = paint;
  const bad = cells.findIndex((row) => row.length !== x.levels.length);
  if (cells.length !== y.levels.length || bad >= 0) throw new NadirError('input', `cells has ${cells.length} rows${bad >= 0 ? `, row ${bad} of ${cells[bad]!.length}` : ''}; allowed: ${y.levels.length} rows of ${x.levels.length}`);
  const shown = cells.flat().filter((cell) => usable(cell, value.log));
  const [least, most] = [shown.reduce((a, b) => Math.min(a, b), Infinity), shown.reduce((a, b) => Math.max(a, b), -Infinity)];
  const place = value.log ? ln : (v: number): number => v;
  const share = (v: number): number => (usable(v, value.log) ? (most > least ? (place(v) - place(least)) / (place(most) - place(least)) : 0.5) : v > 0 ? 1 : 0);

  const out = sheet(title, width, height, paint);
  const top = below(title, 1) - 4; // the scale of colours stands where others have a legend
  const names = Math.min(Math.max(0, ...y.levels.map(wide)), Math.floor(width * 0.32));
  const left = Math.round(16 + (y.label ? small + 8 : 0) + names + 8);
  const right = width - 16;
  const [columns, rows] = [Math.max(1, x.levels.length), Math.max(1, y.levels.length)];
  const across = (right - left) / columns;
  const leaning = Math.max(0, ...x.levels.map(wide)) > across - 6;
  const room = Math.min(Math.max(0, ...x.levels.map(wide)), 110, Math.floor(height * 0.3));
  const foot = (leaning ? Math.round(room * 0.72) + 14 : 22) + (x.label ? 24 : 6);
  const bottom = height - foot;
  const down = (bottom - top) / rows;

  const gap = Math.min(across, down) > 8 ? 1 : 0;
  const figured = down > small + 4 && cells.flat().every((cell) => Number.isNaN(cell) || wide(brief(cell)) < across - 6); // in all cells or in none
  out.push('<g class="cells" shape-rendering="crispEdges">');
  cells.forEach((row, r) => row.forEach((cell, c) => {
    const tip = escape(`${cut(y.levels[r]!, 60)}, ${cut(x.levels[c]!, 60)}: ${Number.isNaN(cell) ? 'no data' : brief(cell)}`);
    const spot = `x="${fixed(left + c * across)}" y="${fixed(top + r * down)}" width="${fixed(Math.max(0.5, across - gap))}" height="${fixed(Math.max(0.5, down - gap))}"`;
    if (Number.isNaN(cell)) {
      out.push(`<rect class="none" ${spot} fill="none" stroke="${grid}"><title>${tip}</title></rect>`);
      return;
    }
    const { color, ink: over } = shade(share(cell));
    out.push(`<rect class="cell" ${spot} fill="${color}"><title>${tip}</title></rect>`);
    if (figured) out.push(text(left + (c + 0.5) * across, top + (r + 0.5) * down + 4, brief(cell), `class="figure" fill="${over}" text-anchor="middle" pointer-events="none"`));
  }));
  out.push('</g>');
  if (x.levels.length === 0 || y.levels.length === 0) out.push(nothing({ left, right, top, bottom }, paint));

  // Every level is named where a line of text has room, else every few.
  const every = Math.max(1, Math.ceil((small + 2) / down));
  out.push(`<g class="y" fill="${faint}" text-anchor="end">`);
  y.levels.forEach((level, r) => {
    if (r % every === 0) out.push(text(left - 8, top + (r + 0.5) * down + 4, cut(level, names / (small * em))));
  });
  const each = Math.max(1, Math.ceil((leaning ? small + 6 : 1) / across));
  out.push(`</g><g class="x" fill="${faint}" text-anchor="${leaning ? 'end' : 'middle'}">`);
  x.levels.forEach((level, c) => {
    if (c % each !== 0) return;
    const [lx, ly] = [left + (c + 0.5) * across + (leaning ? 5 : 0), bottom + (leaning ? 12 : 16)];
    // A leaning name may not begin left of the sheet.
    const letters = leaning ? Math.min(room, (lx - 8) / 0.78) / (small * em) : level.length;
    out.push(text(lx, ly, cut(level, letters), leaning ? `transform="rotate(-40 ${fixed(lx)} ${fixed(ly)})"` : ''));
  });
  out.push('</g>');
  if (x.label) out.push(text((left + right) / 2, height - 10, cut(x.label, (right - left) / (small * em)), `class="label" fill="${ink}" text-anchor="middle"`));
  if (y.label) out.push(text(20, (top + bottom) / 2, cut(y.label, (bottom - top) / (small * em)), `class="label" fill="${ink}" text-anchor="middle" transform="rotate(-90 20 ${fixed((top + bottom) / 2)})"`));
  if (shown.length > 0) out.push(...bar(`${value.label}${value.log ? ' (log)' : ''}`, brief(least), brief(most), top - 24, width, ink));
  return [...out, '</svg>'].join('\n');
}

/** What the colours mean: name, least, the scale, most. */
function bar(label: string, least: string, most: string, y: number, width: number, ink: string): string[] {
  const [length, parts] = [Math.min(160, Math.floor(width / 4)), 32];
  const name = cut(label, Math.max(4, (width - 48 - length - wide(least) - wide(most) - 24) / (small * em)));
  let x = 16 + wide(name) + 14;
  const out = ['<g class="scale" shape-rendering="crispEdges">', text(16, y + 10, name, `fill="${ink}"`), text(x, y + 10, least, `fill="${ink}"`)];
  x += wide(least) + 6;
  for (let i = 0; i < parts; i++) out.push(`<rect x="${fixed(x + (i * length) / parts)}" y="${y}" width="${fixed(length / parts + 0.3)}" height="12" fill="${shade((i + 0.5) / parts).color}"/>`);
  return [...out, text(x + length + 6, y + 10, most, `fill="${ink}"`), '</g>'];
}
