/**
 * The line chart: its text is parsed and its coordinates compared with the scale worked out by hand.
 *
 * Surprise: only one thing in it could differ between engines, the place of a point on a log axis; hence the exact text below.
 */
import { describe, expect, it } from 'vitest';
import { lineChart } from '../../src/plot/line.ts';

import type { LineChart } from '../../src/plot/line.ts';

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
    expect(() => chart({ theme: 'blue' as never })).toThrow('theme is "blue"; allowed: light, dark');
    expect(() => chart({ width: 10 })).toThrow('width is 10; allowed: an integer from 200 to 10000');
    expect(() => chart({ height: NaN })).toThrow('height is NaN; allowed: an integer from 150 to 10000');
  });
});
