/**
 * Box plots as SVG text, lying down so that long names have room: quartiles, median, whiskers, and what lies beyond.
 *
 * After Tukey, "Exploratory Data Analysis" (1977): whiskers reach the last value within 1.5 times the box. Surprise: on a log
 * axis that fence must still be made of the values themselves, or the plot disagrees with every other tool.
 */
import { brief, fitting, usable, type Axis } from './scale.ts';
import { below, bottomAxis, colors, cut, em, escape, fixed, lineColor, nothing, sheet, small, text, wide, type Plot, type Theme } from './sheet.ts';

export interface BoxPlot {
  readonly title: string;
  /** Of the values. */
  readonly x: Axis;
  /** What the boxes are: `algorithm`. */
  readonly label: string;
  /** In order from the top; values that are not finite, or on a log axis not above 0, are left out. */
  readonly boxes: readonly { readonly name: string; readonly values: ArrayLike<number> }[];
  /** Pixels, integers from 200 to 10000 (width) and from 150 (height). */
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}
interface Box { readonly name: string; readonly n: number; readonly low: number; readonly q1: number; readonly median: number; readonly q3: number; readonly high: number; readonly beyond: readonly number[] }

const outliers = 60; // dots a box: more are one smear, and a megabyte

/**
 * Draws a box for every group. Throws `input` for a size or a theme that is not allowed.
 * @example
 * const svg = boxPlot({
 *   title: 'best loss', x: { label: 'loss', log: true }, label: 'algorithm',
 *   boxes: [{ name: 'adam', values: [0.1, 0.2, 0.4, 0.5, 9] }, { name: 'random', values: [3, 4, 5] }], width: 640, height: 240, theme: 'light',
 * });
 * svg; // '<svg xmlns="http://www.w3.org/2000/svg" ...'
 */
export function boxPlot({ title, x, label, boxes, width, height, theme }: BoxPlot): string {
  const paint = colors(theme, width, height);
  const { ink, faint, ground } = paint;
  const made = boxes.map(({ name, values }) => boxOf(name, Array.from(values).filter((value) => usable(value, x.log))));
  const out = sheet(title, width, height, paint);
  const top = below(title, 0);
  const bottom = height - (x.label ? 46 : 28);
  const room = Math.max(1, Math.floor((bottom - top) / 16));
  const shown = made.length > room ? made.slice(0, room - 1) : made; // the rest is counted in the last row
  const rest = shown.length < made.length ? `+ ${made.length - shown.length} more` : '';
  const names = Math.min(Math.max(wide(rest), ...made.map(({ name }) => wide(name))), Math.floor(width * 0.32));
  const left = Math.round(16 + (label ? small + 8 : 0) + names + 8);
  const ends = shown.flatMap((box) => (box === undefined || box.n === 0 ? [] : [box.low, box.high, ...box.beyond]));
  const right = width - Math.round(Math.max(20, (fitting(ends, x.log, width - 20 - left).labels.at(-1)!.length / 2) * small * em + 8));
  const along = fitting(ends, x.log, right - left);
  const plot: Plot = { left, right, top, bottom };
  const px = (value: number): number => left + 6 + along.at(value) * (right - left - 12); // whiskers keep off the edge
  // The ticks move with the values.
  const inset = { ...along, at: (value: number): number => (px(value) - left) / (right - left) };
  out.push(...bottomAxis(plot, inset, paint), `<path class="axes" d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="${faint}"/>`);
  if (x.label) out.push(text((left + right) / 2, height - 10, cut(x.label, (right - left) / (small * em)), `class="label" fill="${ink}" text-anchor="middle"`));
  if (label) out.push(text(20, (top + bottom) / 2, cut(label, (bottom - top) / (small * em)), `class="label" fill="${ink}" text-anchor="middle" transform="rotate(-90 20 ${fixed((top + bottom) / 2)})"`));

  const row = (bottom - top) / Math.max(1, Math.min(made.length, room));
  const half = Math.min(13, row * 0.32);
  out.push(`<g class="y" fill="${faint}" text-anchor="end">`, ...shown.map(({ name }, i) => text(left - 8, top + (i + 0.5) * row + 4, cut(name, names / (small * em)))));
  if (rest) out.push(text(left - 8, top + (shown.length + 0.5) * row + 4, rest));
  out.push('</g>');
  shown.forEach((box, i) => {
    if (box.n === 0) return;
    const y = top + (i + 0.5) * row;
    const color = lineColor(i, paint);
    const [low, q1, middle, q3, high] = [box.low, box.q1, box.median, box.q3, box.high].map((value) => fixed(px(value))) as [string, string, string, string, string];
    const tip = `${cut(box.name, 60)}: median ${brief(box.median)}, quartiles ${brief(box.q1)} to ${brief(box.q3)}, n ${box.n}`;
    out.push(`<g class="box" data-name="${escape(box.name)}"><title>${escape(tip)}</title>`);
    out.push(`<path class="whiskers" d="M${low} ${fixed(y)}H${q1}M${q3} ${fixed(y)}H${high}M${low} ${fixed(y - half / 2)}v${fixed(half)}M${high} ${fixed(y - half / 2)}v${fixed(half)}" fill="none" stroke="${color}" stroke-width="1.5"/>`);
    out.push(`<path class="quartiles" d="M${q1} ${fixed(y - half)}H${q3}V${fixed(y + half)}H${q1}Z" fill="${color}" fill-opacity="0.22" stroke="${color}" stroke-width="1.5"/>`);
    out.push(`<path class="median" d="M${middle} ${fixed(y - half)}V${fixed(y + half)}" stroke="${color}" stroke-width="3"/>`);
    for (const value of box.beyond) out.push(`<circle class="beyond" cx="${fixed(px(value))}" cy="${fixed(y)}" r="2.5" fill="${ground}" stroke="${color}"><title>${escape(brief(value))}</title></circle>`);
    out.push('</g>');
  });
  if (ends.length === 0) out.push(nothing(plot, paint));
  return [...out, '</svg>'].join('\n');
}

function boxOf(name: string, values: number[]): Box {
  const v = Float64Array.from(values).sort();
  if (v.length === 0) return { name, n: 0, low: NaN, q1: NaN, median: NaN, q3: NaN, high: NaN, beyond: [] };
  const [q1, median, q3] = [between(v, 0.25), between(v, 0.5), between(v, 0.75)];
  const [from, to] = [q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)];
  const inside = v.filter((value) => value >= from && value <= to); // never empty: a value lies at or between the quartiles
  const beyond = v.filter((value) => value < from || value > to);
  const stride = Math.max(1, (beyond.length - 1) / (outliers - 1)); // of many, evenly some, both ends among them
  const some = Array.from({ length: Math.min(beyond.length, outliers) }, (_, i) => beyond[Math.round(i * stride)]!);
  return { name, n: v.length, low: Math.min(q1, inside[0] ?? q1), q1, median, q3, high: Math.max(q3, inside.at(-1) ?? q3), beyond: some };
}

/** Type 7, as `quantile` of the analysis. */
function between(v: Float64Array, p: number): number {
  const at = p * (v.length - 1);
  const i = Math.floor(at);
  return v[i]! + (at - i) * (v[Math.min(i + 1, v.length - 1)]! - v[i]!);
}
