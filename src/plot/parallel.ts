/**
 * Parallel coordinates as SVG text (Inselberg 1985, "The plane with parallel coordinates"): a line a run, an axis a factor.
 *
 * Surprise: with categories most lines lie on top of each other; lines that share a level are spread around it, in the order
 * of the axis that colours them, so that bundles show how many they are.
 */
import { NadirError } from '../core/errors.ts';
import { brief, scale, usable } from './scale.ts';
import { below, colors, cut, em, escape, fixed, lineColor, nothing, shade, sheet, small, text, wide, type Theme } from './sheet.ts';

export interface Coordinate {
  readonly name: string;
  /** A value a line. Numbers alone make a scale; with a text among them every value is a level. */
  readonly values: readonly (number | string | boolean | null | undefined)[];
  readonly log?: boolean;
}
export interface ParallelCoordinates {
  readonly title: string;
  /** From left to right, all of the same length; a line with a value that has no place there is drawn without it. */
  readonly axes: readonly Coordinate[];
  /** The axis that colours the lines, by name; default the last. */
  readonly color?: string;
  /** Pixels, integers from 200 to 10000 (width) and from 150 (height). */
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}
interface Placed { readonly name: string; readonly levels?: readonly string[]; readonly ticks: readonly { readonly at: number; readonly label: string }[]; /** From 0 to 1, NaN where there is none. */ readonly at: Float64Array }

/**
 * Draws a line for every index. Throws `input` for a size or a theme that is not allowed, axes of different lengths, an unknown `color`.
 * @example
 * const svg = parallelCoordinates({
 *   title: 'runs', axes: [{ name: 'algorithm', values: ['adam', 'random'] }, { name: 'lr', values: [0.01, 0.1], log: true }, { name: 'loss', values: [0.2, 3] }],
 *   width: 640, height: 320, theme: 'light',
 * });
 * svg; // '<svg xmlns="http://www.w3.org/2000/svg" ...'
 */
export function parallelCoordinates({ title, axes, color = axes.at(-1)?.name, width, height, theme }: ParallelCoordinates): string {
  const paint = colors(theme, width, height);
  const { ink, faint, ground } = paint;
  const n = axes[0]?.values.length ?? 0;
  for (const axis of axes) if (axis.values.length !== n) throw new NadirError('input', `axis "${axis.name}" has ${axis.values.length} values; allowed: ${n}, as the first`);
  const by = axes.findIndex((axis) => axis.name === color);
  if (by < 0 && axes.length > 0) throw new NadirError('name', `unknown axis ${JSON.stringify(color)}; have ${axes.map(({ name }) => name).join(', ')}`);
  const out = sheet(title, width, height, paint);
  const top = below(title, 1) + 4;
  const bottom = height - 20;
  const placed = axes.map((axis) => place(axis, Math.max(2, Math.floor((bottom - top) / 40))));
  const tint = placed[by];
  const order = Array.from({ length: n }, (_, i) => i).filter((i) => placed.some((axis) => !Number.isNaN(axis.at[i])));
  if (tint) order.sort((i, j) => (tint.at[j]! || 0) - (tint.at[i]! || 0) || i - j);
  for (const axis of placed) spread(axis, order);

  const widest = (axis: Placed | undefined): number => Math.min(130, Math.max(0, ...(axis?.ticks ?? []).map(({ label }) => wide(label)))) + 12;
  const left = 24;
  const right = width - Math.min(Math.floor(width / 4), Math.round(Math.max(24, widest(placed.at(-1)))));
  const step = axes.length > 1 ? (right - left) / (axes.length - 1) : 0;
  const px = (a: number): number => left + a * step;
  const py = (share: number): number => bottom - share * (bottom - top);
  const [seenLow, seenHigh] = paint.seen;
  const hue = (i: number): string => (tint?.levels ? lineColor(Math.max(0, tint.levels.indexOf(word(axes[by]!.values[i]))), paint) : shade(seenLow + (seenHigh - seenLow) * (tint?.at[i] || 0)).color);

  out.push(`<g class="lines" fill="none" stroke-opacity="${n > 400 ? 0.3 : n > 60 ? 0.5 : 0.8}" stroke-width="1.2">`);
  for (const i of order) {
    let d = '';
    placed.forEach((axis, a) => {
      if (!Number.isNaN(axis.at[i])) d += `${d ? 'L' : 'M'}${fixed(px(a))} ${fixed(py(axis.at[i]!))}`;
    });
    if (!d.includes('L')) continue;
    const tip = axes.map(({ name, values }) => `${cut(name, 30)} ${typeof values[i] === 'number' ? brief(values[i]) : cut(word(values[i]), 40)}`).join(', ');
    out.push(`<path d="${d}" stroke="${hue(i)}"><title>${escape(tip)}</title></path>`);
  }
  out.push('</g>');
  placed.forEach((axis, a) => {
    const x = px(a);
    const [anchor, nx] = a === 0 ? ['start', 16] : a === placed.length - 1 ? ['end', width - 16] : ['middle', x];
    // Names of neighbours share the step between them.
    const room = a === 0 ? Math.max(step * 0.5, 40) : a === placed.length - 1 ? width - 16 - x + step * 0.4 : step * 0.9;
    out.push(`<g class="axis" data-name="${escape(axis.name)}"><path d="M${fixed(x)} ${top}V${bottom}" stroke="${faint}"/>`);
    out.push(text(nx, top - 12, cut(axis.name, room / (small * em)), `class="label" fill="${ink}" font-weight="600" text-anchor="${anchor}"`));
    const space = a === placed.length - 1 ? width - x - 10 : Math.min(130, step - 14);
    for (const { at, label } of axis.ticks) out.push(`<path d="M${fixed(x)} ${fixed(py(at))}h4" stroke="${faint}"/>`, text(x + 7, py(at) + 4, cut(label, Math.max(2, space / (small * em))), `fill="${ink}" stroke="${ground}" stroke-width="3" stroke-opacity="0.85" paint-order="stroke" stroke-linejoin="round"`));
    out.push('</g>');
  });
  if (order.length === 0 || axes.length < 2) out.push(nothing({ left, right, top, bottom }, paint));
  return [...out, '</svg>'].join('\n');
}

function word(value: Coordinate['values'][number]): string {
  return value === undefined ? '' : String(value);
}

function place({ name, values, log }: Coordinate, count: number): Placed {
  const numeric = values.every((value) => typeof value === 'number' || value === null || value === undefined);
  if (!numeric) {
    const levels = [...new Set(values.filter((value) => value !== undefined).map(word))].sort();
    const at = (i: number): number => (levels.length === 1 ? 0.5 : 1 - (i + 0.5) / levels.length);
    const index = new Map(levels.map((level, i) => [level, i]));
    const every = Math.max(1, Math.ceil(levels.length / (count * 2.5)));
    return { name, levels, ticks: levels.map((label, i) => ({ at: at(i), label })).filter((_, i) => i % every === 0), at: Float64Array.from(values, (value) => (value === undefined ? NaN : at(index.get(word(value))!))) };
  }
  const kept = values.filter((value): value is number => typeof value === 'number' && usable(value, log));
  const distinct = [...new Set(kept)].sort((a, b) => a - b);
  const from = scale(kept, log, count, false);
  // Few values are their own ticks, where they stand apart.
  const own = distinct.length > 0 && distinct.length <= count && distinct.every((value, i) => i === 0 || from.at(value) - from.at(distinct[i - 1]!) > 0.5 / count);
  const ticks = own ? distinct.map((value) => ({ at: from.at(value), label: brief(value) })) : from.ticks.map((tick, i) => ({ at: from.at(tick), label: from.labels[i]! }));
  return { name, ticks, at: Float64Array.from(values, (value) => (typeof value === 'number' && usable(value, log) ? from.at(value) : NaN)) };
}

/** Lines that share a place, where there are few places, stand side by side around it. */
function spread({ at }: Placed, order: readonly number[]): void {
  const places = new Map<number, number[]>();
  for (const i of order) if (!Number.isNaN(at[i])) places.set(at[i]!, []);
  if (places.size > 30 || places.size === 0) return;
  for (const i of order) places.get(at[i]!)?.push(i);
  const half = Math.min(0.3 / places.size, 0.04);
  for (const [middle, members] of places) members.forEach((i, k) => (at[i] = Math.min(1, Math.max(0, middle + half * (1 - (2 * (k + 0.5)) / members.length)))));
}
