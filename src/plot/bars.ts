/**
 * Bars as SVG text, lying down so that long names have room, with an interval on each and its value beside it.
 *
 * Surprise: a logarithmic axis has no zero for a bar to stand on. There it begins below the least value, so that its end is read and
 * its length is not; the value beside it says the rest.
 */
import { exp, log as ln } from '../../assembly/portable/math.ts';
import { brief, fitting, usable, type Axis, type Scale } from './scale.ts';
import { below, bottomAxis, colors, cut, em, escape, fixed, lineColor, nothing, sheet, small, text, wide, type Plot, type Theme } from './sheet.ts';

export interface Bar {
  readonly name: string;
  /** Not a number, or on a log axis not above 0: no bar, and the value beside the name. */
  readonly value: number;
  /** Of an interval around the value. */
  readonly low?: number;
  readonly high?: number;
  /** Its place among the theme's colours, from 0; default its place here. */
  readonly color?: number;
  /** What stands beside the bar; default the value in three digits. */
  readonly says?: string;
}
export interface BarChart {
  readonly title: string;
  /** Of the values. */
  readonly x: Axis;
  /** What the bars are: `method`. */
  readonly label: string;
  /** In order from the top. */
  readonly bars: readonly Bar[];
  /** Where bars begin on a linear axis, default 0. */
  readonly from?: number;
  /** Pixels, integers from 200 to 10000 (width) and from 150 (height). */
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

/**
 * Draws a bar for every value. Throws `input` for a size or a theme that is not allowed.
 * @example
 * const svg = barChart({
 *   title: 'median final loss', x: { label: 'loss', log: true }, label: 'method',
 *   bars: [{ name: 'adam', value: 0.2, low: 0.1, high: 0.5 }, { name: 'escape', value: 0.004 }], width: 640, height: 240, theme: 'light',
 * });
 * svg; // '<svg xmlns="http://www.w3.org/2000/svg" ...'
 */
export function barChart({ title, x, label, bars, from = 0, width, height, theme }: BarChart): string {
  const paint = colors(theme, width, height);
  const { ink, faint } = paint;
  const out = sheet(title, width, height, paint);
  const top = below(title, 0);
  const bottom = height - (x.label ? 46 : 28);
  const room = Math.max(1, Math.floor((bottom - top) / 16));
  const shown = bars.length > room ? bars.slice(0, room - 1) : bars; // the rest is counted in the last row
  const rest = shown.length < bars.length ? `+ ${bars.length - shown.length} more` : '';
  const says = (bar: Bar): string => bar.says ?? (Number.isNaN(bar.value) ? 'no value' : brief(bar.value).replace('Infinity', '\u221e'));

  const names = Math.min(Math.max(wide(rest), ...shown.map(({ name }) => wide(name))), Math.floor(width * 0.4));
  const left = Math.round(16 + (label ? small + 8 : 0) + names + 8);
  const ends = shown.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]).concat(x.reach ?? []).filter((end) => usable(end, x.log));
  // On a log axis the shortest bar gets a twelfth of the length, however far apart the values are.
  const [least, most] = [ends.reduce((a, b) => Math.min(a, b), Infinity), ends.reduce((a, b) => Math.max(a, b), -Infinity)];
  const start = !x.log || least > most ? from : Math.max(1e-300, exp(ln(least) - Math.max(0.3, (ln(most) - ln(least)) / 11)));
  const along = (space: number): Scale => fitting(ends.length > 0 ? [...ends, start] : ends, x.log, space);
  const values = Math.min(Math.max(0, ...shown.map((bar) => wide(says(bar)))), Math.floor(width * 0.3));
  const right = width - Math.round(Math.max(20, values + 18, (along(width - 20 - left).labels.at(-1)!.length / 2) * small * em + 8));
  const axis = along(right - left);
  const plot: Plot = { left, right, top, bottom };
  const px = (value: number): number => left + Math.min(1, Math.max(0, axis.at(value))) * (right - left);
  out.push(...bottomAxis(plot, axis, paint), `<path class="axes" d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="${faint}"/>`);
  if (x.label) out.push(text((left + right) / 2, height - 10, cut(x.label, (right - left) / (small * em)), `class="label" fill="${ink}" text-anchor="middle"`));
  if (label) out.push(text(20, (top + bottom) / 2, cut(label, (bottom - top) / (small * em)), `class="label" fill="${ink}" text-anchor="middle" transform="rotate(-90 20 ${fixed((top + bottom) / 2)})"`));

  const row = (bottom - top) / Math.max(1, Math.min(bars.length, room));
  const half = Math.min(12, row * 0.34);
  out.push(`<g class="y" fill="${faint}" text-anchor="end">`, ...shown.map(({ name }, i) => text(left - 8, top + (i + 0.5) * row + 4, cut(name, names / (small * em)))));
  if (rest) out.push(text(left - 8, top + (shown.length + 0.5) * row + 4, rest));
  out.push('</g>');
  shown.forEach((bar, i) => {
    const y = top + (i + 0.5) * row;
    const color = lineColor(bar.color ?? i, paint);
    const interval = bar.low !== undefined && bar.high !== undefined && !Number.isNaN(bar.low) && usable(bar.high, x.log);
    const drawn = usable(bar.value, x.log);
    const tip = `${cut(bar.name, 60)}: ${says(bar)}${interval ? `, ${brief(bar.low)} to ${brief(bar.high)}` : ''}`;
    out.push(`<g class="bar" data-name="${escape(bar.name)}"><title>${escape(tip.replaceAll('Infinity', '\u221e'))}</title>`);
    let end = left;
    if (drawn) {
      const [a, b] = [px(start), px(bar.value)];
      end = Math.max(a, b);
      out.push(`<path class="length" d="M${fixed(a)} ${fixed(y - half)}H${fixed(b)}V${fixed(y + half)}H${fixed(a)}Z" fill="${color}" fill-opacity="0.3"/><path class="value" d="M${fixed(b)} ${fixed(y - half)}v${fixed(2 * half)}" stroke="${color}" stroke-width="3"/>`);
    }
    if (drawn && interval) {
      const [low, high] = [fixed(px(usable(bar.low!, x.log) ? bar.low! : start)), fixed(px(bar.high!))];
      end = Math.max(end, px(bar.high!));
      out.push(`<path class="interval" d="M${low} ${fixed(y)}H${high}M${low} ${fixed(y - half / 2)}v${fixed(half)}M${high} ${fixed(y - half / 2)}v${fixed(half)}" fill="none" stroke="${ink}" stroke-width="1.3"/>`);
    }
    out.push(text(end + 8, y + 4, cut(says(bar), values / (small * em)), `class="says" fill="${ink}"`), '</g>');
  });
  if (shown.length === 0) out.push(nothing(plot, paint));
  return [...out, '</svg>'].join('\n');
}
