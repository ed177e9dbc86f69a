/**
 * Lines of equal height of a function of two numbers, and paths over them, as SVG text. The caller has evaluated the function.
 *
 * Marching squares (Lorensen and Cline's cubes, 1987, a dimension down); a saddle is told by the mean of its corners. Surprise: levels
 * at even heights crowd on the slopes and leave every basin empty; their squares are what shows where a descent gets caught.
 */
import { exp, log as ln } from '../../assembly/portable/math.ts';
import { NadirError, show } from '../core/errors.ts';
import { mark, swatch, type Entry, type Marks } from './marks.ts';
import { brief, fitting, scale } from './scale.ts';
import { axisLabels, below, bottomAxis, colors, escape, leftAxis, legend, legendMarks, nothing, shade, sheet, stroke, text, wide, type Plot, type Theme } from './sheet.ts';

type Point = readonly [number, number];
export interface Path {
  /** Paths of one name share a colour and a line of the legend. */
  readonly name: string;
  /** [x, y] from its start, a ring, to its end, a disc. */
  readonly points: readonly Point[];
  /** Its place among the theme's colours, from 0; default the place of its name. */
  readonly color?: number;
}
export interface Contour {
  readonly title: string;
  /** The ends of the grid, low < high. */
  readonly x: { readonly label: string; readonly low: number; readonly high: number };
  readonly y: { readonly label: string; readonly low: number; readonly high: number };
  /** `values[row][column]`, at least 2 x 2, evenly over both axes, ends included; the first row is at the low end of y. Cells with a value that is not finite are left open. */
  readonly values: readonly ArrayLike<number>[];
  /** What the values are, and whether their levels go by the logarithm. */
  readonly value: { readonly label: string; readonly log?: boolean };
  /** How many lines, default 14. */
  readonly levels?: number;
  readonly paths?: readonly Path[];
  readonly marks?: readonly Marks[];
  /** Whether there is a legend, default true; `panels` can have one for all. */
  readonly legend?: boolean;
  /** Pixels, integers from 200 to 10000 (width) and from 150 (height). */
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

/**
 * Draws the map. Throws `input` for a size or a theme that is not allowed, ends in the wrong order, or rows of different lengths.
 * @example
 * const bowl = Array.from({ length: 21 }, (_, r) => Array.from({ length: 21 }, (_, c) => (c - 10) * (c - 10) + 3 * (r - 10) * (r - 10)));
 * const svg = contourMap({
 *   title: 'a bowl', x: { label: 'x', low: -1, high: 1 }, y: { label: 'y', low: -1, high: 1 }, values: bowl, value: { label: 'loss' },
 *   paths: [{ name: 'adam', points: [[-0.9, 0.5], [-0.4, 0.1], [0, 0]] }], width: 480, height: 480, theme: 'light',
 * });
 * svg; // '<svg xmlns="http://www.w3.org/2000/svg" ...'
 */
export function contourMap({ title, x, y, values, value, levels = 14, paths = [], marks = [], legend: keyed = true, width, height, theme }: Contour): string {
  const paint = colors(theme, width, height);
  const columns = values[0]?.length ?? 0;
  const bad = values.findIndex((row) => row.length !== columns);
  if (values.length < 2 || columns < 2 || bad >= 0) throw new NadirError('input', `values has ${values.length} rows of ${columns}${bad >= 0 ? `, row ${bad} of ${values[bad]!.length}` : ''}; allowed: at least 2 rows of one length, at least 2`);
  for (const [name, { low, high }] of [['x', x], ['y', y]] as const) if (!(low < high && high - low < Infinity)) throw new NadirError('input', `${name} goes from ${show(low)} to ${show(high)}; allowed: two finite numbers, the lower first`);
  if (!Number.isInteger(levels) || levels < 1 || levels > 100) throw new NadirError('input', `levels is ${show(levels)}; allowed: an integer from 1 to 100`);

  const names = [...new Set(paths.map(({ name }) => name))];
  const placeOf = ({ name, color }: Path): number => color ?? names.indexOf(name);
  const entries: Entry[] = [...names.map((name) => ({ name, color: placeOf(paths.find((path) => path.name === name)!) })), ...marks.map(({ name, shape, color = -1 }) => ({ name, shape, color }))];
  const key = legend(keyed ? entries.map(({ name }) => name) : [], width - 32);
  const top = below(title, key.rows) + 22; // the scale of heights is a line of its own
  const bottom = height - (x.label ? 46 : 28);
  const down = scale([y.low, y.high], false, Math.max(2, Math.floor((bottom - top) / 44)), false);
  const left = Math.round(16 + (y.label ? 20 : 0) + Math.max(...down.labels.map(wide)));
  const right = width - Math.round(Math.max(20, wide(fitting([x.low, x.high], false, width - 20 - left).labels.at(-1)!) / 2 + 8));
  const along = fitting([x.low, x.high], false, right - left);
  const plot: Plot = { left, right, top, bottom };
  const px = (at: number): number => left + along.at(at) * (right - left);
  const py = (at: number): number => bottom - down.at(at) * (bottom - top);

  const heights = values.flatMap((row) => Array.from(row)).filter((each) => Math.abs(each) <= 1e300 && (!value.log || each > 0));
  heights.sort((a, b) => a - b);
  // The least of a narrow valley lies between the points of a grid: a line there is crumbs.
  const [least, most] = [heights[value.log ? Math.floor(heights.length / 40) : 0] ?? 0, heights.at(-1) ?? 0];
  const shares = least < most ? Array.from({ length: levels }, (_, k) => (k + 0.5) / levels) : [];
  const heightOf = (share: number): number => (value.log ? exp(ln(least) + share * (ln(most) - ln(least))) : least + share * share * (most - least));
  const hue = (share: number): string => shade(paint.seen[0] + share * (paint.seen[1] - paint.seen[0])).color;

  const out = [...sheet(title, width, height, paint), ...leftAxis(plot, down, paint), ...bottomAxis(plot, along, paint)];
  out.push('<g class="contours" fill="none" stroke-opacity="0.75">');
  const [dx, dy] = [(right - left) / (columns - 1), (bottom - top) / (values.length - 1)];
  const tenth = (at: number): string => String(Math.round(at * 10) / 10); // half of the text, and no eye sees less
  for (const share of shares) {
    const lines = isolines(values, heightOf(share)).map((line) => line.map(([c, r], i) => `${i === 0 ? 'M' : 'L'}${tenth(left + c * dx)} ${tenth(bottom - r * dy)}`).join(''));
    if (lines.length > 0) out.push(`<path stroke="${hue(share)}" d="${lines.join('')}"><title>${escape(`${value.label} ${brief(heightOf(share))}`)}</title></path>`);
  }
  out.push('</g>', `<path class="axes" d="M${left} ${top}V${bottom}H${right}V${top}Z" fill="none" stroke="${paint.faint}"/>`, ...axisLabels(plot, { label: x.label }, { label: y.label }, height, paint));

  const inside = ([a, b]: Point): boolean => a >= x.low && a <= x.high && b >= y.low && b <= y.high;
  for (const path of paths) {
    const points = path.points.filter(([a, b]) => Math.abs(a) <= 1e300 && Math.abs(b) <= 1e300);
    if (points.length === 0) continue;
    let d = '';
    let last = '';
    for (let i = 1; i < points.length; i++) {
      const part = clipped(points[i - 1]!, points[i]!, [x.low, y.low], [x.high, y.high]);
      if (part === undefined) continue;
      const [from, to] = part.map(([a, b]) => `${tenth(px(a))} ${tenth(py(b))}`) as [string, string];
      if (from !== last) d += `M${from}`;
      if (to !== from) d += `L${to}`;
      last = to;
    }
    const place = placeOf(path);
    out.push(`<g class="path" data-name="${escape(path.name)}">`);
    if (d.includes('L')) out.push(`<path d="${d}" fill="none" stroke="${paint.ground}" stroke-width="4" stroke-opacity="0.7" stroke-linejoin="round"/><path d="${d}" fill="none" stroke-linejoin="round" ${stroke(place, paint)}/>`);
    const [first, end] = [points[0]!, points.at(-1)!];
    if (inside(first)) out.push(mark('ring', px(first[0]), py(first[1]), place, paint));
    if (inside(end)) out.push(mark('disc', px(end[0]), py(end[1]), place, paint));
    out.push('</g>');
  }
  for (const [i, { name, shape, points }] of marks.entries()) {
    const seen = points.filter(inside);
    if (seen.length > 0) out.push(`<g class="marks" data-name="${escape(name)}">`, ...seen.map(([a, b]) => mark(shape, px(a), py(b), entries[names.length + i]!.color, paint)), '</g>');
  }
  if (heights.length === 0) out.push(nothing(plot, paint));
  else out.push(...heightScale(`${value.label}${keyed && paths.length > 0 ? ', from ring to disc' : ''}`, shares.map((share) => ({ says: brief(heightOf(share)), color: hue(share) })), top - 22, width, paint.ink));
  return [...out, ...legendMarks(key, top - 22, (i, sx, sy) => swatch(entries[i]!, sx, sy, paint), paint), '</svg>'].join('\n');
}

/** What the colours of the lines mean: name, lowest level, a dash a level, highest level. */
function heightScale(label: string, levels: readonly { readonly says: string; readonly color: string }[], y: number, width: number, ink: string): string[] {
  if (levels.length === 0) return [];
  const [first, last] = [levels[0]!.says, levels.at(-1)!.says];
  const step = Math.max(3, Math.min(9, (width - 48 - wide(first) - wide(last) - wide(label)) / levels.length));
  const out = ['<g class="scale">', text(16, y + 10, label, `fill="${ink}"`)];
  let at = 16 + wide(label) + 12;
  if (at + wide(first) + wide(last) + 12 + step * levels.length > width) return [...out, '</g>'];
  out.push(text(at, y + 10, first, `fill="${ink}"`));
  at += wide(first) + 6;
  levels.forEach(({ color }, i) => out.push(`<path d="M${tenthOf(at + i * step)} ${y + 6}h${tenthOf(step - 1)}" stroke="${color}" stroke-width="3"/>`));
  return [...out, text(at + levels.length * step + 6, y + 10, last, `fill="${ink}"`), '</g>'];
}

function tenthOf(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/**
 * The lines along which a grid has a value, as [column, row] between its points: closed ones end where they began.
 * @example
 * isolines([[0, 0], [1, 1]], 0.5); // [ [ [ 1, 0.5 ], [ 0, 0.5 ] ] ]
 */
export function isolines(values: readonly ArrayLike<number>[], level: number): [number, number][][] {
  const columns = values[0]?.length ?? 0;
  const joined = new Map<number, number[]>(); // an edge of the grid: the edges that its crossing leads to, two at most
  const at = (r: number, c: number): number => values[r]![c]!;
  const across = (r: number, c: number): number => 2 * (r * columns + c); // from (r, c) to (r, c + 1)
  const down = (r: number, c: number): number => across(r, c) + 1; // from (r, c) to (r + 1, c)
  const join = (a: number, b: number): void => {
    for (const [from, to] of [[a, b], [b, a]] as const) {
      const known = joined.get(from);
      if (known) known.push(to);
      else joined.set(from, [to]);
    }
  };
  for (let r = 0; r + 1 < values.length; r++) {
    for (let c = 0; c + 1 < columns; c++) {
      const corners = [at(r, c), at(r, c + 1), at(r + 1, c + 1), at(r + 1, c)]; // around the cell
      if (!corners.every(Number.isFinite)) continue;
      const edges = [across(r, c), down(r, c + 1), across(r + 1, c), down(r, c)]; // edge i leads from corner i to the next
      const above = corners.map((corner) => corner >= level);
      const crossed = [0, 1, 2, 3].filter((i) => above[i] !== above[(i + 1) % 4]);
      if (crossed.length === 2) join(edges[crossed[0]!]!, edges[crossed[1]!]!);
      else if (crossed.length === 4) {
        // A saddle: corners of the centre's side are connected, so the lines go around the other two.
        const centre = corners.reduce((a, b) => a + b / 4, 0) >= level;
        const turn = above[0] === centre ? 0 : 3; // around corners 1 and 3, or around 0 and 2
        join(edges[turn]!, edges[(turn + 1) % 4]!);
        join(edges[(turn + 2) % 4]!, edges[(turn + 3) % 4]!);
      }
    }
  }
  const point = (edge: number): [number, number] => {
    const [c, r] = [(edge >> 1) % columns, Math.floor((edge >> 1) / columns)];
    const [a, b] = [at(r, c), edge & 1 ? at(r + 1, c) : at(r, c + 1)];
    const share = (level - a) / (b - a);
    return edge & 1 ? [c, r + share] : [c + share, r];
  };
  const out: [number, number][][] = [];
  const seen = new Set<number>();
  const walk = (first: number): void => {
    const line = [point(first)];
    seen.add(first);
    for (let edge = first; ; ) {
      const next = joined.get(edge)!.find((each) => !seen.has(each));
      if (next === undefined) {
        if (line.length > 2 && joined.get(first)!.length === 2 && joined.get(edge)!.includes(first)) line.push(line[0]!);
        break;
      }
      line.push(point(next));
      seen.add(next);
      edge = next;
    }
    out.push(line);
  };
  for (const [edge, to] of joined) if (to.length === 1 && !seen.has(edge)) walk(edge); // open lines from an end
  for (const edge of joined.keys()) if (!seen.has(edge)) walk(edge);
  return out;
}

/** The part of a segment inside a box (Liang and Barsky 1984), if there is one. */
function clipped(a: Point, b: Point, low: Point, high: Point): [Point, Point] | undefined {
  let [from, to] = [0, 1];
  for (const i of [0, 1] as const) {
    const step = b[i] - a[i];
    for (const [gap, way] of [[low[i] - a[i], step], [a[i] - high[i], -step]] as const) {
      if (way === 0) {
        if (gap > 0) return undefined;
      } else if (way > 0) from = Math.max(from, gap / way);
      else to = Math.min(to, gap / way);
    }
  }
  if (from > to) return undefined;
  const at = (share: number): Point => (share === 0 ? a : share === 1 ? b : [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])]);
  return [at(from), at(to)];
}
