/**
 * A line chart as SVG text: the same text in every runtime, no DOM.
 *
 * Layout is from the outside in: title, legend (its own rows above the plot, so that it never covers a line), axes whose
 * margins fit their longest label, plot. Ticks are 1-2-5 (Heckbert 1990, "Nice numbers for graph labels"), or decades.
 * Surprise: without a font there is no text width, so every character counts as 0.6 em, which is wide enough for the usual
 * ones; and host logarithms differ in the last digit between engines, so ours places the points.
 */
import { log } from '../../assembly/portable/math.ts';
import { NadirError, show } from '../core/errors.ts';

export interface Axis {
  readonly label: string;
  /** Logarithmic: points that are not above 0 are left out. */
  readonly log?: boolean;
}
export interface Series {
  readonly name: string;
  /** [x, y], drawn in this order; a point that is not finite is left out, and the line goes on to the next. */
  readonly points: readonly (readonly [number, number])[];
}
export interface LineChart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Pixels, integers from 200 to 10000 (width) and from 150 (height). */
  readonly width: number;
  readonly height: number;
  readonly theme: 'light' | 'dark';
  /** Between two points keep the first one's y, then jump: what a best-so-far trace means. */
  readonly step?: boolean;
}

// Okabe and Ito's colours, told apart by colour-blind readers, darkened or lightened for contrast on each ground.
const themes = {
  light: { ground: '#ffffff', ink: '#1f2328', faint: '#59636e', grid: '#e4e7eb', lines: ['#0072b2', '#d55e00', '#00805c', '#b8508c', '#a67c00', '#2f9fd8', '#555555'] },
  dark: { ground: '#12161c', ink: '#e6edf3', faint: '#9aa4af', grid: '#2a313a', lines: ['#56b4e9', '#ff9e4a', '#34c79a', '#e28fc0', '#f0d34c', '#8aa8ff', '#c0c4c9'] },
};
const dashes = ['', '7 3', '2 3', '9 3 2 3']; // the colours again, but told apart
const em = 0.6;
const small = 12;
const large = 15;
const legendRows = 4;

interface Scale {
  readonly ticks: readonly number[];
  readonly labels: readonly string[];
  /** 0 at the low end, 1 at the high end. */
  at(value: number): number;
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
export function lineChart({ title, x, y, series, width, height, theme, step = false }: LineChart): string {
  size('width', width, 200);
  size('height', height, 150);
  if (!Object.hasOwn(themes, theme)) throw new NadirError('input', `theme is ${show(theme)}; allowed: light, dark`);
  const { ground, ink, faint, grid, lines } = themes[theme];
  const kept = series.map(({ points }) => points.filter(([px, py]) => usable(px, x.log) && usable(py, y.log)));

  const key = legend(series.map(({ name }) => name), width - 32);
  const top = 16 + (title ? large + 10 : 0) + (key.rows ? key.rows * 18 + 14 : 8); // the highest label reaches 5 pixels above the plot
  const bottom = height - (x.label ? 46 : 28);
  const across = scale(kept.flat().map((point) => point[1]), y.log, Math.max(2, Math.floor((bottom - top) / 44)), true);
  const left = Math.round(16 + (y.label ? small + 8 : 0) + Math.max(...across.labels.map((label) => label.length)) * small * em);
  const xs = kept.flat().map((point) => point[0]);
  // The last label may stand at the very end: half of it lies outside.
  const right = width - Math.round(Math.max(20, (fitting(xs, x.log, width - 20 - left).labels.at(-1)!.length / 2) * small * em + 8));
  const along = fitting(xs, x.log, right - left);
  const px = (value: number): number => left + along.at(value) * (right - left);
  const py = (value: number): number => bottom - across.at(value) * (bottom - top);

  const out: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="${small}">`,
    `<title>${escape(title)}</title>`,
    `<rect class="ground" width="${width}" height="${height}" fill="${ground}"/>`,
  ];
  if (title) out.push(text(16, 16 + large - 2, cut(title, (width - 32) / (large * em)), `class="title" fill="${ink}" font-size="${large}" font-weight="600"`));

  out.push(`<g class="y" fill="${faint}" text-anchor="end">`);
  across.ticks.forEach((tick, i) => {
    out.push(`<path class="grid" d="M${left} ${fixed(py(tick))}H${right}" stroke="${grid}"/>`, text(left - 7, py(tick) + 4, across.labels[i]!));
  });
  out.push(`</g><g class="x" fill="${faint}" text-anchor="middle">`);
  along.ticks.forEach((tick, i) => {
    out.push(`<path class="grid" d="M${fixed(px(tick))} ${top}V${bottom}" stroke="${grid}"/>`, text(px(tick), bottom + 17, along.labels[i]!));
  });
  out.push(`</g><path class="axes" d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="${faint}"/>`);
  if (x.label) out.push(text((left + right) / 2, height - 10, cut(x.label, (right - left) / (small * em)), `class="label" fill="${ink}" text-anchor="middle"`));
  if (y.label) {
    const middle = fixed((top + bottom) / 2);
    out.push(text(20, (top + bottom) / 2, cut(y.label, (bottom - top) / (small * em)), `class="label" fill="${ink}" text-anchor="middle" transform="rotate(-90 20 ${middle})"`));
  }

  const stroke = (i: number): string => {
    const dash = dashes[Math.floor(i / lines.length) % dashes.length];
    return `stroke="${lines[i % lines.length]}" stroke-width="2"${dash ? ` stroke-dasharray="${dash}"` : ''}`;
  };
  kept.forEach((points, i) => {
    if (points.length === 0) return;
    const name = `class="series" data-name="${escape(series[i]!.name)}"`;
    const d = line(points, px, py, step);
    if (/[HVL]/.test(d)) out.push(`<path ${name} d="${d}" fill="none" stroke-linejoin="round" ${stroke(i)}/>`);
    else out.push(`<circle ${name} cx="${fixed(px(points[0]![0]))}" cy="${fixed(py(points[0]![1]))}" r="3" fill="${lines[i % lines.length]}"/>`); // one spot
  });
  if (kept.every((points) => points.length === 0)) out.push(text((left + right) / 2, (top + bottom) / 2, 'no data', `class="empty" fill="${faint}" text-anchor="middle"`));

  out.push(`<g class="legend" fill="${ink}">`);
  key.items.forEach((item, i) => {
    const base = top - 18 - (key.rows - 1 - item.row) * 18;
    if (item.swatch) out.push(`<path d="M${fixed(16 + item.x)} ${base - 4}h18" ${stroke(i)}/>`);
    out.push(text(16 + item.x + (item.swatch ? 24 : 0), base, item.name));
  });
  out.push('</g></svg>');
  return out.join('\n');
}

function size(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least || value > 10_000) throw new NadirError('input', `${name} is ${show(value)}; allowed: an integer from ${least} to 10000`);
}

/** Beyond 1e300 a range would overflow. */
function usable(value: number, logarithmic: boolean | undefined): boolean {
  return Math.abs(value) <= 1e300 && (!logarithmic || value > 0);
}

function line(points: Series['points'], px: (x: number) => number, py: (y: number) => number, step: boolean): string {
  let d = '';
  let lastX = '';
  let lastY = '';
  for (const [x, y] of points) {
    const [h, v] = [fixed(px(x)), fixed(py(y))];
    if (d === '') d = `M${h} ${v}`;
    else if (h === lastX && v === lastY) continue; // the same spot: a long trace stays a short text
    else d += step ? (h === lastX ? '' : `H${h}`) + (v === lastY ? '' : `V${v}`) : `L${h} ${v}`;
    [lastX, lastY] = [h, v];
  }
  return d;
}

/** The x axis with as many ticks as its labels leave room for. */
function fitting(values: readonly number[], logarithmic: boolean | undefined, room: number): Scale {
  for (let count = Math.max(2, Math.floor(room / 70)); ; count--) {
    const made = scale(values, logarithmic, count, false);
    const longest = Math.max(...made.labels.map((label) => label.length)) * small * em + 12;
    const nearest = Math.min(...made.ticks.slice(1).map((tick, i) => (made.at(tick) - made.at(made.ticks[i]!)) * room));
    if (nearest >= longest) return made;
    if (count <= 1) return { ...made, ticks: made.ticks.slice(0, 1), labels: made.labels.slice(0, 1) };
  }
}

/** About `count` ticks; `widen`: the ends are moved out to ticks. */
function scale(values: readonly number[], logarithmic: boolean | undefined, count: number, widen: boolean): Scale {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = logarithmic ? [1, 10] : [0, 1];
  if (low === high) [low, high] = logarithmic ? [low / 2, high * 2] : [low - (Math.abs(low) / 10 || 1), high + (Math.abs(high) / 10 || 1)];
  const even = !logarithmic || high / low <= 5; // within half a decade, even steps say more than 1-2-5
  const candidates = even ? steps(low, high, count).filter((tick) => !logarithmic || tick > 0) : decades(low, high, count);
  if (widen) {
    low = Math.min(low, candidates.findLast((tick) => tick <= low) ?? low);
    high = Math.max(high, candidates.find((tick) => tick >= high) ?? high);
  }
  let ticks = candidates.filter((tick) => tick >= low && tick <= high);
  const between = ticks.length < 2; // then the ends, to three digits
  if (between) ticks = [low, high];
  const place = logarithmic ? log : (value: number): number => value;
  const [from, to] = [place(low), place(high)];
  const step = between ? (high - low) / 100 : even ? ticks[1]! - ticks[0]! : 0;
  const most = Math.max(Math.abs(ticks[0]!), Math.abs(ticks.at(-1)!));
  return { ticks, labels: ticks.map((tick) => label(tick, step, most)), at: (value) => (place(value) - from) / (to - from) };
}

/** Multiples of 1, 2 or 5 times a power of ten, from one below `low` to one above `high`. */
function steps(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const exponent = magnitude(rough);
  const factor = [1, 2, 5, 10].find((each) => each * power(exponent) >= rough * 0.999) ?? 10;
  // Whole numbers times a power of ten, divided where it is negative: 3 * 0.1 is not 0.3, 3 / 10 is.
  const tick = (n: number): number => (exponent < 0 && exponent > -300 ? (n * factor) / power(-exponent) : n * factor * power(exponent));
  const first = Math.floor(low / (factor * power(exponent)));
  const last = Math.ceil(high / (factor * power(exponent)));
  return Array.from({ length: last - first + 1 }, (_, i) => tick(first + i) + 0); // + 0: never -0
}

/** Every decade, every few of them, or 1-2-5 within few of them. */
function decades(low: number, high: number, count: number): number[] {
  const first = magnitude(low);
  const last = magnitude(high) + (power(magnitude(high)) === high ? 0 : 1);
  if ((last - first) * 3 > count * 1.5) {
    const stride = [1, 2, 3, 5, 10, 20, 50, 100, 200].find((each) => (last - first) / each <= count) ?? 500;
    const from = Math.floor(first / stride);
    return Array.from({ length: Math.ceil(last / stride) - from + 1 }, (_, i) => power((from + i) * stride)).filter((tick) => tick > 0 && tick < Infinity);
  }
  return Array.from({ length: last - first + 1 }, (_, i) => power(first + i)).flatMap((decade) => [decade, 2 * decade, 5 * decade]);
}

/** The k of 10^k <= value < 10^(k+1). */
function magnitude(value: number): number {
  let k = Math.floor(log(value) / 2.302585092994046);
  while (power(k + 1) <= value) k++;
  while (power(k) > value) k--;
  return k;
}

/** 10^k as a literal would be read: `10 ** k` is not exact in every engine. */
function power(k: number): number {
  return Number(`1e${k}`);
}

/** A tick as a person writes it; `step` is the distance to the next one, 0 where it grows; `most` is the axis's largest. */
function label(value: number, step: number, most: number): string {
  if (value === 0) return '0';
  const largest = Math.abs(value);
  const digits = Math.max(0, -magnitude(step || largest));
  const judged = step ? most : largest; // evenly spaced labels look alike
  if (judged >= 1e7 || judged < 1e-3 || digits > 9) {
    return value.toExponential(step ? Math.max(0, Math.min(15, magnitude(largest) - magnitude(step))) : 0).replace('e+', 'e').replace(/^-/, '\u2212');
  }
  const [whole, fraction] = value.toFixed(digits).split('.');
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',');
  return (fraction === undefined ? grouped : `${grouped}.${fraction}`).replace('-', '\u2212');
}

interface Key { rows: number; items: { name: string; x: number; row: number; swatch: boolean }[] }

/** Names in rows of their own; those beyond the last row are counted. */
function legend(names: readonly string[], room: number): Key {
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

function cut(full: string, most: number): string {
  const letters = Array.from(full);
  return letters.length <= most ? full : `${letters.slice(0, Math.max(1, Math.floor(most) - 1)).join('')}\u2026`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}"${attributes && ` ${attributes}`}>${escape(content)}</text>`;
}

/** Two decimals at most; the half pixel of a screen needs no more. */
function fixed(value: number): string {
  return String(Math.round(value * 100) / 100 + 0);
}

/** Text for XML, in content and in quotes; what XML 1.0 cannot carry becomes U+FFFD. */
function escape(value: string): string {
  return value
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
