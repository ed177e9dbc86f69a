/**
 * The charts: their text is parsed and its coordinates compared with the scale worked out by hand.
 *
 * Surprise: only one thing in it could differ between engines, the place of a point on a log axis; hence the exact text below.
 */
import { describe, expect, it } from 'vitest';
import { boxPlot } from '../../src/plot/box.ts';
import { heatMap } from '../../src/plot/heat.ts';
import { lineChart } from '../../src/plot/line.ts';
import { parallelCoordinates } from '../../src/plot/parallel.ts';

import type { BoxPlot } from '../../src/plot/box.ts';
import type { HeatMap } from '../../src/plot/heat.ts';
import type { LineChart } from '../../src/plot/line.ts';
import type { ParallelCoordinates } from '../../src/plot/parallel.ts';

const chart = (options: Partial<LineChart>): string =>
  lineChart({ title: 't', x: { label: 'x' }, y: { label: 'y' }, series: [], width: 640, height: 400, theme: 'light', ...options });

interface Element { name: string; attributes: Record<string, string>; text: string; inside: string }

/** Reads the small XML the chart is; throws where it is not well formed. */
function parse(svg: string): Element[] {
  const all: Element[] = [];
  const open: Element[] = [];
  const unescape = (value: string): string => value.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
  let at = 0;
  for (const match of svg.matchAll(/<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<>]+)/gi)) {
    if (match.index !== at) throw new Error(`not well formed at ${at}: ${svg.slice(at, at + 40)}`);
    at += match[0].length;
    const [, closing, name, attributes, empty, content] = match;
    if (content !== undefined) {
      if (/&(?!#\d+;)/.test(content)) throw new Error(`a bare & in ${content}`);
      if (open.length > 0) open[open.length - 1]!.text += unescape(content);
    } else if (closing) {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes another element`);
    } else {
      const pairs = [...attributes!.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key!, unescape(value!)]);
      const element: Element = { name: name!, attributes: Object.fromEntries(pairs), text: '', inside: open.filter(({ name: outer }) => outer === 'g').map((g) => g.attributes['class']).join(' ') };
      all.push(element);
      if (!empty) open.push(element);
    }
  }
  if (at !== svg.length || open.length > 0) throw new Error('not well formed at its end');
  return all;
}

const ticks = (svg: string, axis: 'x' | 'y'): [string, number][] => parse(svg).filter((e) => e.name === 'text' && e.inside === axis).map((e) => [e.text, Number(e.attributes[axis])]);
const series = (svg: string): Element[] => parse(svg).filter((e) => e.attributes['class'] === 'series');
/** The plot's box, from the path of its axes. */
function box(svg: string): { left: number; top: number; bottom: number; right: number } {
  const axes = parse(svg).find((e) => e.attributes['class'] === 'axes')!.attributes['d']!;
  const [left, top, bottom, right] = /^M([\d.]+) ([\d.]+)V([\d.]+)H([\d.]+)$/.exec(axes)!.slice(1).map(Number) as [number, number, number, number];
  return { left, top, bottom, right };
}
const numbers = (d: string): number[] => d.match(/-?[\d.]+/g)!.map(Number);

describe('lineChart', () => {
  it('places points on linear axes', () => {
    const svg = chart({ series: [{ name: 'a', points: [[0, 3], [5, 17], [10, 8]] }] });
    const { left, top, bottom, right } = box(svg);
    // There is room for 6 steps: 14 / 6 is above 2, so y goes by 5, and 3..17 moves out to 0..20; x is 0 to 10 as it is.
    expect(ticks(svg, 'y').map(([label]) => label)).toEqual(['0', '5', '10', '15', '20']);
    expect(ticks(svg, 'x').map(([label]) => label)).toEqual(['0', '2', '4', '6', '8', '10']);
    const [x0, y0, x1, y1, x2, y2] = numbers(series(svg)[0]!.attributes['d']!);
    expect([x0, x1, x2]).toEqual([left, (left + right) / 2, right]);
    const y = (value: number): number => bottom - (value / 20) * (bottom - top);
    for (const [got, value] of [[y0, 3], [y1, 17], [y2, 8]] as const) expect(Math.abs(got! - y(value))).toBeLessThanOrEqual(0.005001);
    for (const [label, at] of ticks(svg, 'y')) expect(Math.abs(at - 4 - y(Number(label)))).toBeLessThanOrEqual(0.005001);
  });

  it('places points on log axes, and leaves out what has no logarithm', () => {
    const svg = chart({
      x: { label: 'x', log: true }, y: { label: 'y', log: true },
      series: [{ name: 'a', points: [[1, 1000], [0, 5], [10, 0], [10, -1], [100, 1], [1000, 1e-3]] }],
    });
    const { left, top, bottom, right } = box(svg);
    expect(ticks(svg, 'x').map(([label]) => label)).toEqual(['1', '2', '5', '10', '20', '50', '100', '200', '500', '1,000']);
    expect(ticks(svg, 'y').map(([label]) => label)).toEqual(['0.001', '0.01', '0.1', '1', '10', '100', '1,000']);
    const [x0, y0, x1, y1, x2, y2] = numbers(series(svg)[0]!.attributes['d']!);
    expect([x0, x2]).toEqual([left, right]);
    expect([y0, y1, y2]).toEqual([top, (top + bottom) / 2, bottom]);
    expect(Math.abs(x1! - (left + ((right - left) * 2) / 3))).toBeLessThanOrEqual(0.005001);
  });

  it('is this text, in every runtime', () => {
    const svg = chart({ width: 320, height: 200, y: { label: 'loss', log: true }, step: true, series: [{ name: 'a', points: [[1, 70], [20, 3.7], [300, 0.011]] }] });
    const { left, bottom, top, right } = box(svg);
    // Worked out with Python's decimal formatting and math.log10, not with this code.
    expect([left, top, right, bottom]).toEqual([65, 73, 300, 154]);
    expect(series(svg)[0]!.attributes['d']).toBe('M65 76.14H79.93V101.99H300V153.16');
  });

  it.each([
    [[0, 1], ['0', '0.2', '0.4', '0.6', '0.8', '1.0']],
    [[-1, 1], ['\u22121.0', '\u22120.5', '0', '0.5', '1.0']],
    [[0, 0.3], ['0', '0.05', '0.10', '0.15', '0.20', '0.25', '0.30']],
    [[0, 20000], ['0', '5,000', '10,000', '15,000', '20,000']],
    [[1e9, 4e9], ['1.0e9', '1.5e9', '2.0e9', '2.5e9', '3.0e9', '3.5e9', '4.0e9']],
    [[0, 3e-7], ['0', '5e-8', '1.0e-7', '1.5e-7', '2.0e-7', '2.5e-7', '3.0e-7']],
    [[5, 5], ['4.6', '4.8', '5.0', '5.2', '5.4']],
  ])('labels %j as %j', (ends, labels) => {
    const svg = chart({ series: [{ name: 'a', points: ends.map((end) => [end!, 0]) }] });
    expect(ticks(svg, 'x').map(([label]) => label)).toEqual(labels);
  });

  it.each([
    [[1, 20], ['1', '2', '5', '10', '20']],
    [[2, 4], ['2.0', '2.5', '3.0', '3.5', '4.0']],
    [[1e-12, 1e6], ['1e-12', '1e-9', '1e-6', '0.001', '1', '1,000', '1,000,000']],
    [[1e-300, 1e300], ['1e-300', '1e-200', '1e-100', '1', '1e100', '1e200', '1e300']],
  ])('labels %j on a log axis as %j', (ends, labels) => {
    const svg = chart({ y: { label: 'y', log: true }, series: [{ name: 'a', points: ends.map((end, i) => [i, end!]) }] });
    expect(ticks(svg, 'y').map(([label]) => label)).toEqual(labels);
  });

  it('keeps a value until the next point when it steps', () => {
    const points: [number, number][] = [[0, 4], [1, 2], [2, 2], [3, 0], [4, 0]];
    const svg = chart({ step: true, series: [{ name: 'a', points }] });
    const { left, top, bottom, right } = box(svg);
    const [w, h] = [(right - left) / 4, (bottom - top) / 4];
    const round = (value: number): number => Math.round(value * 100) / 100;
    expect(series(svg)[0]!.attributes['d']).toBe(`M${left} ${top}H${round(left + w)}V${round(top + 2 * h)}H${round(left + 2 * w)}H${round(left + 3 * w)}V${bottom}H${right}`);
    expect(series(chart({ series: [{ name: 'a', points }] }))[0]!.attributes['d']).toMatch(/^M[\d. ]+(L[\d. ]+){4}$/);
  });

  it('skips what is not finite, draws one point as a dot, and says when there is nothing', () => {
    const svg = chart({ series: [{ name: 'a', points: [[0, NaN], [1, 1], [Infinity, 2], [2, -Infinity], [3, 3], [4, 1e301]] }, { name: 'b', points: [[2, 2]] }, { name: 'c', points: [] }, { name: 'd', points: [[2, 1], [2, 1]] }] });
    expect(series(svg).map((e) => [e.name, e.attributes['data-name']])).toEqual([['path', 'a'], ['circle', 'b'], ['circle', 'd']]);
    expect(numbers(series(svg)[0]!.attributes['d']!)).toHaveLength(4);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    for (const none of [[], [{ name: 'a', points: [] }], [{ name: 'a', points: [[NaN, 1]] as [number, number][] }]]) {
      for (const log of [false, true]) expect(parse(chart({ series: none, y: { label: '', log } })).some((e) => e.text === 'no data')).toBe(true);
    }
  });

  it('escapes every text', () => {
    const evil = `<script>alert("&'")</script>\u0000\ud800`;
    const svg = chart({ width: 1200, title: evil, x: { label: evil }, y: { label: evil }, series: [{ name: evil, points: [[0, 0], [1, 1]] }] });
    const shown = `<script>alert("&'")</script>\ufffd\ufffd`;
    const all = parse(svg);
    expect(all.some((e) => e.name === 'script')).toBe(false);
    expect(all.filter((e) => e.text === shown)).toHaveLength(5); // title twice, two labels, the legend
    expect(series(svg)[0]!.attributes['data-name']).toBe(shown);
  });

  it('keeps the legend above the plot and inside the picture, whatever the names', () => {
    for (const [width, names] of [[640, ['a', 'b']], [300, Array.from({ length: 30 }, (_, i) => `series number ${i}`)], [200, ['x'.repeat(99), '\u{1f600}'.repeat(99)]], [900, Array.from({ length: 9 }, (_, i) => `s${i}`)]] as const) {
      const svg = chart({ width, series: names.map((name, i) => ({ name, points: [[0, i], [1, i + 1]] })) });
      const { top } = box(svg);
      const legend = parse(svg).filter((e) => e.name === 'text' && e.inside === 'legend');
      for (const item of legend) {
        expect(Number(item.attributes['y'])).toBeLessThan(top - 10);
        expect(Number(item.attributes['x']) + Array.from(item.text).length * 7.2).toBeLessThanOrEqual(width);
      }
      const more = /^\+ (\d+) more$/.exec(legend.at(-1)!.text);
      expect(legend.length - (more ? 1 : 0) + Number(more?.[1] ?? 0)).toBe(names.length);
    }
  });

  it('never lets two labels of an axis touch, nor leave the picture', () => {
    for (const width of [200, 320, 640, 1500]) {
      for (const [low, high] of [[0, 1], [0, 123456789], [-1e6, 1e6], [1, 1.00001], [0.001, 0.0011], [-3e-9, 1]] as const) {
        for (const log of [false, true]) {
          const svg = chart({ width, x: { label: 'x', log }, series: [{ name: 'a', points: [[low, low], [high, high]] }] });
          const labels = ticks(svg, 'x');
          const half = (label: string): number => (label.length * 7.2) / 2;
          labels.slice(1).forEach(([label, at], i) => expect(at - half(label)).toBeGreaterThan(labels[i]![1] + half(labels[i]![0])));
          expect(labels.at(-1)![1] + half(labels.at(-1)![0])).toBeLessThanOrEqual(width);
        }
      }
    }
  });

  it('has two themes, and says what it cannot draw', () => {
    expect(chart({ theme: 'dark' })).toContain('fill="#12161c"');
    expect(chart({ theme: 'light' })).toContain('fill="#ffffff"');
    expect(() => chart({ theme: 'blue' as never })).toThrow('theme is "blue"; allowed: light, dark, page');
    expect(() => chart({ width: 10 })).toThrow('width is 10; allowed: an integer from 200 to 10000');
    expect(() => chart({ height: NaN })).toThrow('height is NaN; allowed: an integer from 150 to 10000');
  });
});

describe('bands and dots', () => {
  it('draws a band from its upper edge back along its lower one', () => {
    const band = [[0, 1, 3], [1, 0, 4], [2, 2, 2]] as const;
    const svg = chart({ series: [{ name: 'a', points: [[0, 2], [2, 2]], band }] });
    const { left, top, bottom, right } = box(svg);
    const middle = (left + right) / 2;
    const y = (value: number): number => Math.round((bottom - (value / 4) * (bottom - top)) * 100) / 100;
    const of = (text: string): string => parse(text).find((e) => e.attributes['class'] === 'band')!.attributes['d']!;
    expect(of(svg)).toBe(`M${left} ${y(3)}L${middle} ${top}L${right} ${y(2)}L${right} ${y(2)}L${middle} ${bottom}L${left} ${y(1)}Z`);
    const stepped = of(chart({ step: true, series: [{ name: 'a', points: [[0, 2], [2, 2]], band }] }));
    expect(stepped).toBe(`M${left} ${y(3)}H${middle}V${top}H${right}V${y(2)}L${right} ${y(2)}V${bottom}H${middle}V${y(1)}H${left}Z`);
    expect(parse(chart({ series: [{ name: 'a', points: [], band: [[0, 1, NaN], [1, 2, 3]] }] })).some((e) => e.attributes['class'] === 'band')).toBe(false);
  });

  it('draws dots with what they are', () => {
    const svg = chart({ dots: true, series: [{ name: '<a>', points: [[0, 0], [1, 1], [NaN, 1]] }] });
    const dots = parse(svg).filter((e) => e.name === 'circle' && e.inside === 'series');
    expect(dots.map((e) => e.attributes['r'])).toEqual(['3', '3']);
    expect(parse(svg).filter((e) => e.name === 'title').map((e) => e.text)).toEqual(['t', '<a>: 0, 0', '<a>: 1, 1']);
  });
});

describe('boxPlot', () => {
  const boxes = (options: Partial<BoxPlot>): string => boxPlot({ title: 't', x: { label: 'x' }, label: 'group', boxes: [], width: 640, height: 300, theme: 'light', ...options });
  const part = (svg: string, name: string): Element[] => parse(svg).filter((e) => e.attributes['class'] === name);

  it('has quartiles of type 7, whiskers to the last value within 1.5 boxes, and what is beyond', () => {
    // numpy: quantile([1..9, 100], [.25, .5, .75]) = [3.25, 5.5, 7.75]; the fence is at 14.5.
    const svg = boxes({ boxes: [{ name: 'a', values: [100, 9, 8, 7, 6, 5, 4, 3, 2, 1, NaN] }] });
    const labels = ticks(svg, 'x');
    const [from, to] = [labels[0]!, labels.at(-1)!];
    const x = (value: number): number => from[1] + ((value - Number(from[0])) / (Number(to[0]) - Number(from[0]))) * (to[1] - from[1]);
    const near = (got: number, value: number): void => expect(Math.abs(got - x(value))).toBeLessThan(0.03);
    const [q1, , q3] = numbers(part(svg, 'quartiles')[0]!.attributes['d']!);
    near(q1!, 3.25);
    near(q3!, 7.75);
    near(numbers(part(svg, 'median')[0]!.attributes['d']!)[0]!, 5.5);
    const whiskers = numbers(part(svg, 'whiskers')[0]!.attributes['d']!);
    near(whiskers[0]!, 1);
    near(whiskers[5]!, 9);
    expect(part(svg, 'beyond').length).toBe(1);
    near(Number(part(svg, 'beyond')[0]!.attributes['cx']), 100);
    expect(parse(svg).some((e) => e.name === 'title' && e.text === 'a: median 5.5, quartiles 3.25 to 7.75, n 10')).toBe(true);
  });

  it('survives no groups, empty groups, one value, a log axis with zeros, and more groups than rows', () => {
    for (const empty of [[], [{ name: 'a', values: [] }], [{ name: 'a', values: [NaN, Infinity] }]]) expect(parse(boxes({ boxes: empty })).some((e) => e.text === 'no data')).toBe(true);
    expect(part(boxes({ boxes: [{ name: 'a', values: [3] }] }), 'median').length).toBe(1);
    const log = boxes({ x: { label: 'x', log: true }, boxes: [{ name: 'a', values: [0, -1, 1, 10, 100] }] });
    expect(log).toContain('n 3');
    const many = boxes({ boxes: Array.from({ length: 99 }, (_, i) => ({ name: `${'n'.repeat(60)}${i}`, values: [1, 2] })) });
    expect(part(many, 'box').length).toBeLessThan(99);
    const rest = parse(many).filter((e) => e.name === 'text' && e.inside === 'y').at(-1)!;
    expect(rest.text).toBe(`+ ${99 - part(many, 'box').length} more`);
    for (const label of parse(many).filter((e) => e.inside === 'y')) expect(Number(label.attributes['x']) - Array.from(label.text).length * 7.2).toBeGreaterThanOrEqual(0);
    const smear = boxes({ boxes: [{ name: 'a', values: [...Array(1000).fill(0), ...Array.from({ length: 300 }, (_, i) => i + 1)] }] });
    expect(part(smear, 'beyond').length).toBeLessThanOrEqual(60);
    expect(smear + many + log).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('heatMap', () => {
  const map = (options: Partial<HeatMap>): string => heatMap({ title: 't', x: { label: 'x', levels: ['a', 'b'] }, y: { label: 'y', levels: ['c'] }, cells: [[1, 2]], value: { label: 'v' }, width: 480, height: 300, theme: 'light', ...options });
  const cells = (svg: string): Element[] => parse(svg).filter((e) => e.attributes['class'] === 'cell');

  it('paints the least and the most with the ends of viridis, the middle by value or by logarithm', () => {
    const three = { x: { label: 'x', levels: ['a', 'b', 'c'] }, cells: [[1, 10, 100]] };
    // matplotlib's viridis at 0, 1 and 1/2
    expect(cells(map({ ...three, value: { label: 'v', log: true } })).map((e) => e.attributes['fill'])).toEqual(['#440154', '#21918c', '#fde725']);
    expect(cells(map(three)).map((e) => e.attributes['fill'])[1]).not.toBe('#21918c');
    expect(cells(map({ cells: [[3, 3]] })).map((e) => e.attributes['fill'])).toEqual(['#21918c', '#21918c']);
    expect(cells(map({ cells: [[0, 5]], value: { label: 'v', log: true } })).length).toBe(2);
  });

  it('lays cells side by side inside the sheet, tells what they are, and leaves empty ones open', () => {
    const svg = map({ y: { label: 'y', levels: ['c', '<d>'] }, cells: [[1, NaN], [2, 3]] });
    const [first, , second] = parse(svg).filter((e) => e.inside === 'cells' && e.name === 'rect');
    expect(Number(second!.attributes['y'])).toBeGreaterThan(Number(first!.attributes['y']));
    expect(parse(svg).filter((e) => e.name === 'title').map((e) => e.text)).toEqual(['t', 'c, a: 1', 'c, b: no data', '<d>, a: 2', '<d>, b: 3']);
    for (const e of cells(svg)) expect(Number(e.attributes['x']) + Number(e.attributes['width'])).toBeLessThanOrEqual(480);
    expect(parse(map({ x: { label: 'x', levels: [] }, cells: [[]] })).some((e) => e.text === 'no data')).toBe(true);
    expect(map({ cells: [[NaN, NaN]] })).not.toMatch(/"NaN|Infinity|undefined/);
    const levels = Array.from({ length: 40 }, (_, i) => `${'long '.repeat(9)}${i}`);
    expect(parse(map({ x: { label: 'x', levels }, y: { label: 'y', levels }, cells: levels.map(() => levels.map((_, i) => i)) })).filter((e) => e.attributes['class'] === 'cell').length).toBe(1600);
  });

  it('refuses rows that do not fit', () => {
    expect(() => map({ cells: [[1]] })).toThrow('cells has 1 rows, row 0 of 1; allowed: 1 rows of 2');
    expect(() => map({ cells: [] })).toThrow('cells has 0 rows; allowed: 1 rows of 2');
  });
});

describe('parallelCoordinates', () => {
  const draw = (options: Partial<ParallelCoordinates>): string => parallelCoordinates({ title: 't', axes: [], width: 640, height: 300, theme: 'light', ...options });
  const lines = (svg: string): Element[] => parse(svg).filter((e) => e.name === 'path' && e.inside === 'lines');

  it('places numbers by value, by logarithm or by level, and draws around what is missing', () => {
    const svg = draw({ axes: [{ name: 'a', values: [0, 5, 10] }, { name: 'b', values: [1, 10, 100], log: true }, { name: 'c', values: ['x', 'y', undefined] }], color: 'a' });
    const axes = parse(svg).filter((e) => e.name === 'path' && e.inside === 'axis' && e.attributes['d']!.includes('V'));
    const [x0, top, bottom] = numbers(axes[0]!.attributes['d']!) as [number, number, number];
    const middle = (top + bottom) / 2;
    const all = lines(svg).map((e) => numbers(e.attributes['d']!));
    expect(all.map((d) => d.length).sort()).toEqual([4, 6, 6]);
    const half = all.find((d) => Math.abs(d[1]! - middle) < 1)!;
    expect(half[0]).toBe(x0);
    expect(Math.abs(half[3]! - middle)).toBeLessThan(1); // 10 is halfway from 1 to 100
    for (const d of all) for (let i = 1; i < d.length; i += 2) expect(d[i]! >= top && d[i]! <= bottom).toBe(true);
    expect(lines(svg).length).toBe(3);
  });

  it('tells a line apart, escapes, and says what it cannot draw', () => {
    const svg = draw({ axes: [{ name: '<b>', values: ['&', 'x', true, null] }, { name: 'v', values: [1, 2, 3, 4] }] });
    expect(parse(svg).filter((e) => e.name === 'title').map((e) => e.text)).toContain('<b> &, v 1');
    expect(new Set(lines(svg).map((e) => e.attributes['stroke'])).size).toBe(4);
    expect(parse(draw({})).some((e) => e.text === 'no data')).toBe(true);
    expect(parse(draw({ axes: [{ name: 'a', values: [1] }] })).some((e) => e.text === 'no data')).toBe(true);
    expect(draw({ axes: [{ name: 'a', values: [1, NaN, Infinity] }, { name: 'b', values: [NaN, -1, 3], log: true }] })).not.toMatch(/"[^"]*NaN|"[^"]*undefined/);
    expect(() => draw({ axes: [{ name: 'a', values: [1] }, { name: 'b', values: [] }] })).toThrow('axis "b" has 0 values; allowed: 1, as the first');
    expect(() => draw({ axes: [{ name: 'a', values: [1] }], color: 'z' })).toThrow('unknown axis "z"; have a');
  });
});

it.each(['light', 'dark', 'page'] as const)('every chart is well formed in theme %s', (theme) => {
  const size = { width: 640, height: 320, theme } as const;
  for (const svg of [
    lineChart({ title: '<&>', x: { label: '"' }, y: { label: "'" }, series: [{ name: 'a', points: [[0, 1], [1, 2]], band: [[0, 0, 1], [1, 1, 2]] }], ...size }),
    heatMap({ title: '<&>', x: { label: '"', levels: ['<'] }, y: { label: "'", levels: ['&'] }, cells: [[1]], value: { label: '<' }, ...size }),
    boxPlot({ title: '<&>', x: { label: '"' }, label: '<', boxes: [{ name: '&', values: [1, 2, 9] }], ...size }),
    parallelCoordinates({ title: '<&>', axes: [{ name: '<', values: ['"', '&'] }, { name: 'v', values: [1, 2] }], ...size }),
  ]) {
    expect(parse(svg)[0]!.attributes).toMatchObject({ width: '640', height: '320', role: 'img' });
    expect(svg.includes('var(--')).toBe(theme === 'page');
  }
});
