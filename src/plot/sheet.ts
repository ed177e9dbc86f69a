/**
 * What every chart is drawn on: the sheet with its title, the colours of a theme, text that is cut and escaped, axes and legends.
 *
 * Layout is from the outside in: title, legend (its own rows above the plot, so that it never covers a mark), axes whose
 * margins fit their longest label, plot. Surprise: without a font there is no text width, so every character counts as
 * 0.6 em, which is wide enough for the usual ones.
 */
import { NadirError, show } from '../core/errors.ts';

import type { Axis, Scale } from './scale.ts';

/** `page`: colours are CSS custom properties, for an SVG inside a page that defines them (the report does). */
export type Theme = 'light' | 'dark' | 'page';
export interface Colors { readonly ground: string; readonly ink: string; readonly faint: string; readonly grid: string; readonly lines: readonly string[]; /** The part of `shade` that can be seen on this ground. */ readonly seen: readonly [number, number] }

// Okabe and Ito's colours, told apart by colour-blind readers, darkened or lightened for contrast on each ground.
export const themes: { readonly [theme in Theme]: Colors } = {
  light: { ground: '#ffffff', ink: '#1f2328', faint: '#59636e', grid: '#e4e7eb', lines: ['#0072b2', '#d55e00', '#00805c', '#b8508c', '#a67c00', '#2f9fd8', '#555555'], seen: [0, 0.85] },
  dark: { ground: '#12161c', ink: '#e6edf3', faint: '#9aa4af', grid: '#2a313a', lines: ['#56b4e9', '#ff9e4a', '#34c79a', '#e28fc0', '#f0d34c', '#8aa8ff', '#c0c4c9'], seen: [0.3, 1] },
  page: { ground: 'var(--ground)', ink: 'var(--ink)', faint: 'var(--faint)', grid: 'var(--grid)', lines: [1, 2, 3, 4, 5, 6, 7].map((i) => `var(--line${i})`), seen: [0.2, 0.8] },
};
const dashes = ['', '7 3', '2 3', '9 3 2 3']; // the colours again, but told apart
// Viridis (van der Walt and Smith 2015) at every eighth: it reads in grey and for colour-blind readers.
const viridis = [[68, 1, 84], [71, 45, 123], [59, 82, 139], [44, 114, 142], [33, 145, 140], [40, 174, 128], [94, 201, 98], [173, 220, 48], [253, 231, 37]] as const;
export const em = 0.6;
export const small = 12;
export const large = 15;
const legendRows = 4;

/** The colours; throws `input` for a size or a theme that is not allowed. */
export function colors(theme: Theme, width: number, height: number): Colors {
  size('width', width, 200);
  size('height', height, 150);
  if (!Object.hasOwn(themes, theme)) throw new NadirError('input', `theme is ${show(theme)}; allowed: light, dark, page`);
  return themes[theme];
}

function size(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least || value > 10_000) throw new NadirError('input', `${name} is ${show(value)}; allowed: an integer from ${least} to 10000`);
}

/** The beginning of the SVG: ground and title. */
export function sheet(title: string, width: number, height: number, { ground, ink }: Colors): string[] {
  const out: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="${small}">`,
    `<title>${escape(title)}</title>`,
    `<rect class="ground" width="${width}" height="${height}" fill="${ground}"/>`,
  ];
  if (title) out.push(text(16, 16 + large - 2, cut(title, (width - 32) / (large * em)), `class="title" fill="${ink}" font-size="${large}" font-weight="600"`));
  return out;
}

/** Where the plot begins below a title and rows of legend; the highest label reaches 5 pixels above it. */
export function below(title: string, rows: number): number {
  return 16 + (title ? large + 10 : 0) + (rows ? rows * 18 + 14 : 8);
}

export interface Plot { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }

/** Ticks, their grid lines and labels along the bottom. */
export function bottomAxis({ left, right, top, bottom }: Plot, { ticks, labels, at }: Scale, { faint, grid }: Colors): string[] {
  const out = [`<g class="x" fill="${faint}" text-anchor="middle">`];
  ticks.forEach((tick, i) => {
    const x = left + at(tick) * (right - left);
    out.push(`<path class="grid" d="M${fixed(x)} ${top}V${bottom}" stroke="${grid}"/>`, text(x, bottom + 17, labels[i]!));
  });
  return [...out, '</g>'];
}

/** The same along the left. */
export function leftAxis({ left, right, top, bottom }: Plot, { ticks, labels, at }: Scale, { faint, grid }: Colors): string[] {
  const out = [`<g class="y" fill="${faint}" text-anchor="end">`];
  ticks.forEach((tick, i) => {
    const y = bottom - at(tick) * (bottom - top);
    out.push(`<path class="grid" d="M${left} ${fixed(y)}H${right}" stroke="${grid}"/>`, text(left - 7, y + 4, labels[i]!));
  });
  return [...out, '</g>'];
}

/** The names of both axes; the bottom one stands 10 pixels above the end of the sheet. */
export function axisLabels({ left, right, top, bottom }: Plot, x: Axis, y: Axis, height: number, { ink }: Colors): string[] {
  const out: string[] = [];
  if (x.label) out.push(text((left + right) / 2, height - 10, cut(x.label, (right - left) / (small * em)), `class="label" fill="${ink}" text-anchor="middle"`));
  if (y.label) {
    const middle = fixed((top + bottom) / 2);
    out.push(text(20, (top + bottom) / 2, cut(y.label, (bottom - top) / (small * em)), `class="label" fill="${ink}" text-anchor="middle" transform="rotate(-90 20 ${middle})"`));
  }
  return out;
}

/** What an empty plot says. */
export function nothing({ left, right, top, bottom }: Plot, { faint }: Colors): string {
  return text((left + right) / 2, (top + bottom) / 2, 'no data', `class="empty" fill="${faint}" text-anchor="middle"`);
}

interface Key { rows: number; items: { name: string; x: number; row: number; swatch: boolean }[] }

/** Names in rows of their own; those beyond the last row are counted. */
export function legend(names: readonly string[], room: number): Key {
  const items: Key['items'] = [];
  let [x, row] = [0, 0];
  for (const [i, full] of names.entries()) {
    const rest = ` + ${names.length - i} more`;
    const name = cut(full, Math.min(40, (room - 24) / (small * em)));
    const wide = 24 + name.length * small * em + 18;
    if (x > 0 && x + wide - 18 > room) [x, row] = [0, row + 1];
    // On the last row, room is kept for the count while more names may need it.
    const spare = row === legendRows - 1 && i < names.length - 1 ? rest.length * small * em : 0;
    if (row === legendRows || (x > 0 && x + wide + spare > room && spare > 0)) {
      items.push({ name: rest.trim(), x, row: Math.min(row, legendRows - 1), swatch: false });
      break;
    }
    items.push({ name, x, row, swatch: true });
    x += wide;
  }
  return { rows: items.length === 0 ? 0 : items[items.length - 1]!.row + 1, items };
}

/** The legend above a plot that begins at `top`; `kind` may draw what stands for item i around a place; `places`: of its names among the colours, default their own. */
export function legendMarks(key: Key, top: number, kind: 'line' | 'dot' | ((i: number, x: number, y: number) => string), colors: Colors, places: readonly number[] = []): string[] {
  const out = [`<g class="legend" fill="${colors.ink}">`];
  key.items.forEach((item, i) => {
    const base = top - 18 - (key.rows - 1 - item.row) * 18;
    if (item.swatch && typeof kind === 'function') out.push(kind(i, 25 + item.x, base - 4));
    else if (item.swatch && kind === 'line') out.push(`<path d="M${fixed(16 + item.x)} ${base - 4}h18" ${stroke(places[i] ?? i, colors)}/>`);
    else if (item.swatch) out.push(`<circle cx="${fixed(25 + item.x)}" cy="${base - 4}" r="4" fill="${lineColor(places[i] ?? i, colors)}"/>`);
    out.push(text(16 + item.x + (item.swatch ? 24 : 0), base, item.name));
  });
  return [...out, '</g>'];
}

/** The stroke of series i. */
export function stroke(i: number, colors: Colors): string {
  const dash = dashes[Math.floor(i / colors.lines.length) % dashes.length];
  return `stroke="${lineColor(i, colors)}" stroke-width="2"${dash ? ` stroke-dasharray="${dash}"` : ''}`;
}

export function lineColor(i: number, { lines }: Colors): string {
  return lines[i % lines.length]!;
}

/** The colour of a share from 0 (dark) to 1 (bright), and the ink that can be read on it. */
export function shade(share: number): { readonly color: string; readonly ink: string } {
  const at = Math.min(1, Math.max(0, share)) * (viridis.length - 1);
  const i = Math.min(viridis.length - 2, Math.floor(at));
  const rgb = [0, 1, 2].map((c) => Math.round(viridis[i]![c]! + (at - i) * (viridis[i + 1]![c]! - viridis[i]![c]!)));
  const light = 0.299 * rgb[0]! + 0.587 * rgb[1]! + 0.114 * rgb[2]! > 140; // the luma of BT.601
  return { color: `#${rgb.map((c) => c.toString(16).padStart(2, '0')).join('')}`, ink: light ? '#101418' : '#ffffff' };
}

export function cut(full: string, most: number): string {
  const letters = Array.from(full);
  return letters.length <= most ? full : `${letters.slice(0, Math.max(1, Math.floor(most) - 1)).join('')}\u2026`;
}

/** Pixels that a text takes, as far as can be known without a font. */
export function wide(content: string): number {
  return Array.from(content).length * small * em;
}

export function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}"${attributes && ` ${attributes}`}>${escape(content)}</text>`;
}

/** Two decimals at most; the half pixel of a screen needs no more. */
export function fixed(value: number): string {
  return String(Math.round(value * 100) / 100 + 0);
}

/** Text for XML and HTML, in content and in quotes; what XML 1.0 cannot carry becomes U+FFFD. */
export function escape(value: string): string {
  return value
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
