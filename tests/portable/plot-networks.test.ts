/**
 * Bars, contours, panels and the charts of the networks study: marks are counted and placed by hand, lines of equal height compared
 * with a circle, intervals with scipy.
 *
 * Surprise: a study that is read back from JSON has null where a run had NaN, and null + 1 is 1.
 */
import { describe, expect, it } from 'vitest';
import { barChart } from '../../src/plot/bars.ts';
import { contourMap, isolines } from '../../src/plot/contour.ts';
import { lineChart } from '../../src/plot/line.ts';
import { panels } from '../../src/plot/panels.ts';
import { detailedComparison, escapeEvents, escapeRates, landscapeBars, landscapeContours, populationDiversity } from '../../src/studies/networks/figures.ts';
import { networksReport } from '../../src/studies/networks/report.ts';
import { bestWithin, equalCost, medianInterval, middle, wilson } from '../../src/studies/networks/spread.ts';
import { landscapeTable } from '../../src/studies/networks/verdict.ts';

import type { BarChart } from '../../src/plot/bars.ts';
import type { Contour } from '../../src/plot/contour.ts';
import type { Epoch, LandscapeRun, TrainResult } from '../../src/studies/networks/results.ts';

const evil = '<b a="\'">&amp;';
const hidden = '&#60;b a=&#34;&#39;&#34;&#62;&#38;amp;';
const count = (text: string, what: RegExp): number => (text.match(what) ?? []).length;
const numbers = (d: string): number[] => (d.match(/-?[\d.]+/g) ?? []).map(Number);
const attribute = (svg: string, type: string, name: string): string[] => [...svg.matchAll(new RegExp(`<[a-z]+ class="${type}"[^>]* ${name}="([^"]*)"`, 'g'))].map((match) => match[1]!);

/** Every element closes, nothing is not a number, and texts stand inside the sheet. */
function sound(svg: string): void {
  expect(svg).not.toMatch(/NaN|undefined|Infinity|\[object/);
  const open: string[] = [];
  for (const [, closing, name, rest] of svg.matchAll(/<(\/?)([a-z]+)((?:\s[^<>]*)?)>/g)) {
    if (closing) expect(open.pop()).toBe(name);
    else if (!rest!.endsWith('/')) open.push(name!);
  }
  expect(open).toEqual([]);
  expect(count(svg, /<svg /g)).toBe(1);
}

describe('isolines', () => {
  // The distance from (15, 15) on a grid of 31 x 31 points.
  const cone = Array.from({ length: 31 }, (_, r) => Array.from({ length: 31 }, (__, c) => Math.sqrt((c - 15) * (c - 15) + (r - 15) * (r - 15))));

  it.each([2.5, 7, 12.3])('are a circle of radius %f around a cone', (radius) => {
    const lines = isolines(cone, radius);
    expect(lines.length).toBe(1);
    const [line] = lines;
    expect(line!.at(-1)).toEqual(line![0]);
    for (const [c, r] of line!) expect(Math.abs(Math.sqrt((c - 15) * (c - 15) + (r - 15) * (r - 15)) - radius)).toBeLessThan(0.125 / (radius - 1)); // linear between points 1 apart, where the second derivative is at most 1 / (radius - 1)
    // Its length is the circumference, and it goes around once: the area by the shoelace formula is the disc's, less chords of at most sqrt(2).
    const [length, area] = line!.slice(1).reduce(([l, a], [x, y], i) => [l + Math.sqrt((x - line![i]![0]) * (x - line![i]![0]) + (y - line![i]![1]) * (y - line![i]![1])), a + (line![i]![0] * y - x * line![i]![1]) / 2], [0, 0]);
    expect(Math.abs(length! / (2 * Math.PI * radius) - 1)).toBeLessThan(0.75 / (radius * radius));
    expect(Math.abs(Math.abs(area!) / (Math.PI * radius * radius) - 1)).toBeLessThan(0.75 / (radius * radius));
  });

  it('end at the border, at holes, and nowhere else', () => {
    expect(isolines(cone, 18).length).toBe(4); // beyond the middles of the sides: a piece a corner
    for (const line of isolines(cone, 18)) for (const [c, r] of [line[0]!, line.at(-1)!]) expect([c, r].some((at) => at === 0 || at === 30)).toBe(true);
    expect(isolines(cone, 99)).toEqual([]);
    expect(isolines([[3, 3], [3, 3]], 3)).toEqual([]);
    const holed = cone.map((row, r) => row.map((value, c) => (r === 15 && c > 15 ? NaN : value)));
    const [cut] = isolines(holed, 7);
    expect(cut![0]).not.toEqual(cut!.at(-1));
  });

  it('tell a saddle by its middle', () => {
    // Corners 0 and 2 are high; the mean is 0.5.
    const saddle = [[1, 0], [0, 1]];
    const around = (level: number): string => JSON.stringify(isolines(saddle, level).map((line) => line.map((point) => point.map((at) => Math.round(at * 10) / 10))));
    expect(around(0.4)).toBe('[[[0.6,0],[1,0.4]],[[0.4,1],[0,0.6]]]'); // the high corners are connected
    expect(around(0.6)).toBe('[[[0,0.4],[0.4,0]],[[1,0.6],[0.6,1]]]');
  });
});

describe('contourMap', () => {
  const bowl = Array.from({ length: 41 }, (_, r) => Array.from({ length: 41 }, (__, c) => ((c - 20) * (c - 20) + (r - 20) * (r - 20)) / 400));
  const draw = (options: Partial<Contour>): string => contourMap({ title: 't', x: { label: 'x', low: -1, high: 1 }, y: { label: 'y', low: -1, high: 1 }, values: bowl, value: { label: 'loss' }, width: 400, height: 420, theme: 'light', ...options });
  const box = (svg: string): number[] => numbers(attribute(svg, 'axes', 'd')[0]!);

  it('draws levels at squares or by the logarithm, and where they are', () => {
    const svg = draw({ levels: 4 });
    // Squares of 1/8, 3/8, 5/8, 7/8 of the greatest, which is 2 in the corners.
    expect([...svg.matchAll(/<title>loss ([\d.]+)</g)].map((match) => Number(match[1]))).toEqual([0.0313, 0.281, 0.781, 1.53]);
    const [left, top, bottom, right] = box(svg) as [number, number, number, number];
    const first = numbers(/<path stroke="[^"]*" d="([^"]*)"/.exec(svg)![1]!);
    const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
    for (let i = 0; i < first.length; i += 2) {
      const [x, y] = [(2 * (first[i]! - middleX)) / (right - left), (2 * (first[i + 1]! - middleY)) / (bottom - top)];
      expect(Math.abs(Math.sqrt(x * x + y * y) - Math.sqrt(0.03125))).toBeLessThan(0.05); // a cell
    }
    expect([...draw({ levels: 2, value: { label: 'loss', log: true }, values: [[1, 10], [100, 10_000]] }).matchAll(/<title>loss ([\d.]+)</g)].map((match) => Number(match[1]))).toEqual([10, 1000]);
    sound(svg);
  });

  it('draws paths from ring to disc, cut at the border, and stars', () => {
    const svg = draw({ paths: [{ name: evil, points: [[-0.5, -0.5], [0, 0], [NaN, 1], [0, 3]] }, { name: 'b', points: [[5, 5]] }, { name: evil, points: [] }], marks: [{ name: 'optimum', shape: 'star', points: [[0, 0], [9, 9]] }] });
    const [left, top, bottom, right] = box(svg) as [number, number, number, number];
    const at = (x: number, y: number): [number, number] => [left + ((x + 1) / 2) * (right - left), bottom - ((y + 1) / 2) * (bottom - top)];
    const d = /class="path"[^]*?<path d="([^"]*)"/.exec(svg)![1]!;
    const want = [...at(-0.5, -0.5), ...at(0, 0), ...at(0, 1)];
    numbers(d).forEach((value, i) => expect(Math.abs(value - want[i]!)).toBeLessThanOrEqual(0.0501));
    expect(d).toMatch(/^M[^M]*$/);
    expect(count(svg, /class="path"/g)).toBe(2);
    expect(count(svg.slice(svg.indexOf('class="path"'), svg.indexOf('class="legend"')), /class="mark"/g)).toBe(2); // a ring and a star; both ends lie outside
    expect(svg).toContain(`data-name="${hidden}"`);
    expect(svg).not.toContain(evil);
    sound(svg);
  });

  it('survives flat, holed and infinite ground, and says what it cannot draw', () => {
    for (const values of [[[1, 1], [1, 1]], [[NaN, NaN], [NaN, NaN]], [[1, Infinity], [2, 3]], [[0, 0], [0, 1]]]) for (const log of [false, true]) sound(draw({ values, value: { label: 'v', log } }));
    expect(() => draw({ values: [[1, 2]] })).toThrow('values has 1 rows of 2; allowed: at least 2 rows of one length, at least 2');
    expect(() => draw({ values: [[1, 2], [1]] })).toThrow('values has 2 rows of 2, row 1 of 1');
    expect(() => draw({ x: { label: '', low: 1, high: 1 } })).toThrow('x goes from 1 to 1; allowed: two finite numbers, the lower first');
    expect(() => draw({ levels: 0 })).toThrow('levels is 0; allowed: an integer from 1 to 100');
    expect(() => draw({ width: 10 })).toThrow('width is 10');
  });
});

describe('barChart', () => {
  const draw = (options: Partial<BarChart>): string => barChart({ title: 't', x: { label: 'x' }, label: 'method', bars: [], width: 500, height: 240, theme: 'light', ...options });

  it('places ends and intervals', () => {
    const svg = draw({ bars: [{ name: 'a', value: 10, low: 5, high: 20 }, { name: evil, value: 4 }] });
    const [left, , , right] = numbers(attribute(svg, 'axes', 'd')[0]!) as [number, number, number, number];
    const x = (value: number): number => left + (value / 20) * (right - left);
    const near = (got: number, value: number): void => expect(Math.abs(got - x(value))).toBeLessThanOrEqual(0.0051);
    const bars = attribute(svg, 'length', 'd').map(numbers);
    near(bars[0]![0]!, 0);
    near(bars[0]![2]!, 10);
    near(bars[1]![2]!, 4);
    const [interval] = attribute(svg, 'interval', 'd').map(numbers);
    near(interval![0]!, 5);
    near(interval![2]!, 20);
    expect(attribute(svg, 'interval', 'd').length).toBe(1);
    expect([...svg.matchAll(/class="says"[^>]*>([^<]*)</g)].map((match) => match[1])).toEqual(['10', '4']);
    expect(svg).toContain(hidden);
    sound(svg);
  });

  it('has room for every value, and none for what is no number', () => {
    const log = draw({ x: { label: 'x', log: true }, bars: [{ name: 'a', value: 1e-12 }, { name: 'b', value: 1e3, low: 0, high: 1e4 }, { name: 'c', value: 0 }, { name: 'd', value: NaN }, { name: 'e', value: Infinity, low: 3, high: Infinity }] });
    expect(count(log, /class="length"/g)).toBe(2);
    expect([...log.matchAll(/class="says"[^>]*>([^<]*)</g)].map((match) => match[1])).toEqual(['1e-12', '1000', '0', 'no value', '\u221e']);
    const [left] = numbers(attribute(log, 'axes', 'd')[0]!);
    expect(numbers(attribute(log, 'length', 'd')[0]!)[2]! - left!).toBeGreaterThan(10); // the shortest can be seen
    sound(log);
    const many = draw({ bars: Array.from({ length: 60 }, (_, i) => ({ name: `${'n'.repeat(60)}${i}`, value: i })) });
    expect(many).toContain(`+ ${60 - count(many, /class="bar"/g)} more`);
    sound(many);
    sound(draw({}));
    expect(draw({})).toContain('no data');
    expect(() => draw({ theme: 'blue' as never })).toThrow('theme is "blue"');
  });
});

describe('panels', () => {
  const chart = (width: number, height: number): string => lineChart({ title: '', x: { label: '' }, y: { label: '' }, series: [{ name: 'a', points: [[0, 0], [1, 1]] }], legend: false, width, height, theme: 'dark' });

  it('lays charts in rows of their own sizes under one legend', () => {
    const svg = panels({ title: evil, columns: 2, charts: [chart(300, 200), chart(200, 260), chart(250, 150)], legend: [{ name: 'a', color: 0 }, { name: 'b', color: 1, shape: 'cross' }], theme: 'dark' });
    const [, width, height] = / width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number);
    const places = [...svg.matchAll(/class="panel" transform="translate\((\d+) (\d+)\)"/g)].map((match) => [Number(match[1]), Number(match[2])]);
    const top = places[0]![1]!;
    expect(width).toBe(500);
    expect(places).toEqual([[0, top], [300, top], [0, top + 260]]);
    expect(height).toBe(top + 260 + 150);
    expect(count(svg, /class="legend"/g)).toBe(1 + 3); // those of the charts are empty
    sound(svg);
    sound(panels({ title: '', columns: 3, charts: [svg, chart(200, 150)], theme: 'dark' })); // panels of panels
    sound(panels({ title: '', columns: 1, charts: [], theme: 'light' }));
  });

  it('refuses what it cannot lay out', () => {
    expect(() => panels({ title: '', columns: 0, charts: [], theme: 'light' })).toThrow('columns is 0; allowed: an integer from 1');
    expect(() => panels({ title: '', columns: 1, charts: ['<p>'], theme: 'light' })).toThrow('charts[0] is "<p>"; allowed: the text of a chart');
    expect(() => panels({ title: '', columns: 99, charts: Array.from({ length: 60 }, () => chart(300, 200)), theme: 'dark' })).toThrow('width is 18000');
  });
});

describe('spread', () => {
  it('has intervals as scipy has them', () => {
    // scipy.stats.binomtest(k, n).proportion_ci(method='wilson')
    for (const [k, n, low, high] of [[17, 20, 0.6395811352592431, 0.9476312541037835], [0, 20, 0, 0.16112515805281935], [5, 5, 0.5655175352168251, 1]] as const) {
      const got = wilson(k, n);
      expect(got.share).toBe(k / n);
      expect(Math.abs(got.low - low) + Math.abs(got.high - high)).toBeLessThan(1e-14);
    }
    // Ranks and coverage from scipy.stats.binom: the r-th least to the r-th greatest of n.
    for (const [n, r, level] of [[1, 1, 0], [3, 1, 0.75], [5, 1, 0.9375], [6, 1, 0.96875], [10, 2, 0.978515625], [20, 6, 0.9586105346679688], [25, 8, 0.9567147493362427], [50, 18, 0.9671608624357315]] as const) {
      const got = medianInterval(Array.from({ length: n }, (_, i) => n - i));
      expect([got.median, got.low, got.high]).toEqual([(n + 1) / 2, r, n + 1 - r]);
      expect(Math.abs(got.level - level)).toBeLessThan(1e-12);
    }
    expect(medianInterval([1, NaN, 3]).high).toBe(Infinity);
    expect(middle([3, 1, 2, 10])).toEqual({ n: 4, median: 2.5, low: 1.75, high: 4.75 }); // numpy.quantile
    expect(middle([3, NaN, 2])).toEqual({ n: 3, median: 3, low: 2, high: Infinity });
  });
});

/** A run whose losses and accuracies are known: after epoch e, 1 / (e + seed + 1) and 1 less half of that. */
function run(experiment: string, seed: number, { epochs = 3, cost = 3, escapes = 0, lost = false, steps = 30 } = {}): TrainResult {
  const rows: Epoch[] = Array.from({ length: epochs + 1 }, (_, epoch) => {
    const loss = lost && epoch === epochs ? NaN : 1 / (epoch + seed + 1);
    return { epoch, step: epoch * 10, cost: epoch * cost, trainLoss: loss, trainAccuracy: 1 - loss / 2, validationLoss: 2 * loss, validationAccuracy: 1 - loss };
  });
  const best = rows.reduce((a, b) => (b.validationLoss < a.validationLoss ? b : a));
  const step = Array.from({ length: steps }, (_, i) => i);
  return {
    experiment, seed, config: { name: experiment, data: 'mnist', network: { hidden: [8] }, optimizer: { name: escapes ? 'escape' : 'adam' } }, parameters: 100, examples: { train: 10, validation: 5, test: 5 },
    epochs: rows, final: rows.at(-1)!, best, test: { loss: best.validationLoss, accuracy: best.validationAccuracy }, stop: lost ? 'diverged' : 'done', reason: lost ? 'the loss is NaN' : null, seconds: 1,
    history: { step, loss: step.map((i) => (lost && i === 20 ? NaN : 1 / (i + 1))), gradientNorm: step.map((i) => 2 / (i + 1)) },
    escape: escapes === 0 ? null : { steps, stagnations: 9, count: escapes, accepted: Math.ceil(escapes / 2), spent: 1, scales: [[1, 1]], reach: 1, best: 0.5, escapes: Array.from({ length: escapes }, (_, i) => ({ step: Math.floor((i * steps) / escapes), before: 1, after: 0.5, distance: i % 2 ? 0 : 1 + i, scale: 1, diversity: 2, accepted: i % 2 === 0 })) },
  };
}
const through = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const look = { theme: 'light' } as const;

describe('charts of training', () => {
  it('mark every escape on both lines, told apart by shape', () => {
    const svg = escapeEvents(run(evil, 1, { escapes: 7 }), look);
    const [loss, norm] = svg.split('class="panel"').slice(1) as [string, string];
    for (const part of [loss, norm.slice(0, norm.indexOf('class="legend"'))]) {
      expect(count(part, /<path class="mark"/g)).toBe(4);
      expect(count(part, /<circle class="mark"/g)).toBe(3);
    }
    expect(svg).toContain('escapes (7)');
    expect(svg).toContain('moved (4)');
    expect(svg).toContain('kept its point (3)');
    expect(svg).toContain(hidden);
    sound(svg);
    const [axes, lower] = attribute(svg, 'axes', 'd').map(numbers);
    expect([lower![0], lower![3]]).toEqual([axes![0], axes![3]]); // one above the other
    const line = numbers(/class="series"[^>]* d="([^"]*)"/.exec(svg)![1]!);
    expect(line.length).toBe(2 * 30);
    expect(Math.abs(line[0]! - axes![0]!)).toBeLessThan(0.01);
  });

  it('survive what runs are like', () => {
    for (const result of [run('a', 0), run('a', 0, { lost: true }), run('a', 0, { steps: 0 }), run('a', 0, { steps: 1, escapes: 1 }), run('x'.repeat(300), 0, { steps: 2000, escapes: 900, lost: true })]) {
      for (const width of [590, 1100]) for (const each of [result, through(result)]) sound(escapeEvents(each, { theme: 'dark', width }));
    }
    expect(escapeEvents(run('a', 0), look)).toContain('this optimizer has none');
    expect(escapeEvents(run('a', 0, { lost: true }), look)).toContain('a, seed 0, diverged');
    const many = escapeEvents(run('a', 0, { steps: 2000, escapes: 900 }), look);
    const shown = Number(/escapes \(900, (\d+) shown\)/.exec(many)![1]);
    expect(shown).toBeLessThanOrEqual(1100 / 14);
    expect(count(many, /class="mark"/g)).toBe(2 * shown + 2); // and two in the legend
  });

  it('show distances, diversity and how escapes add up', () => {
    const svg = populationDiversity([run('a', 0, { escapes: 8 }), run('b', 0), run('c', 0, { escapes: 3 })], look);
    const [distance, diversity, total] = svg.split('class="panel"').slice(1) as [string, string, string];
    expect(count(distance, /<circle/g)).toBe(4 + 2); // those that moved
    expect(count(diversity, /<circle/g)).toBe(8 + 3);
    expect(count(total, /class="series"/g)).toBe(4);
    sound(svg);
    expect(populationDiversity([run('b', 0)], look)).toContain('no run has escapes');
    sound(populationDiversity([], look));
    expect(count(populationDiversity(Array.from({ length: 9 }, (_, i) => run('a', i, { escapes: 5 })), look), /a, seed \d</g)).toBeGreaterThanOrEqual(9);
  });

  it('compare: a line and a band an experiment, medians of the seeds, bars of the test', () => {
    const results = [0, 1, 2, 4].flatMap((seed) => [run('first', seed), run(evil, seed, { cost: 5 })]);
    const svg = detailedComparison(results, look);
    const parts = svg.split('class="panel"').slice(1);
    expect(parts.length).toBe(6);
    for (const i of [0, 1, 2, 3, 4]) expect(count(parts[i]!, /class="series"/g)).toBe(2);
    for (const i of [0, 1, 2, 3, 4]) expect(count(parts[i]!, /class="band"/g)).toBe(2);
    expect(count(parts[5]!, /class="length"/g)).toBe(2);
    // Accuracies 1 - 1 / (4 + seed) of seeds 0, 1, 2, 4: 0.75, 0.8, 0.8333, 0.875; numpy.quantile gives 0.7875, 0.81667, 0.84375.
    expect(parts[5]!).toContain('first: 81.67 %, 78.8 to 84.4');
    expect(svg).toContain(hidden);
    sound(svg);
    // On a linear axis the median of epoch 0 stands where 1 / (0 + 2.5)'s neighbours, 1/2 and 1/3, have their mean.
    const [left, top, bottom, right] = numbers(attribute(parts[0]!, 'axes', 'd')[0]!) as [number, number, number, number];
    const ys = [...parts[0]!.matchAll(/<text x="[\d.]+" y="([\d.]+)">([\d.]+)</g)].filter((match) => Number(match[1]) < bottom + 6).map((match) => [Number(match[2]), Number(match[1]) - 4] as const);
    const [[low, lowY], [high, highY]] = [ys[0]!, ys.at(-1)!];
    const d = numbers(/class="series"[^>]* d="([^"]*)"/.exec(parts[0]!)![1]!);
    expect(d[0]).toBe(left);
    expect(d.at(-2)).toBe(right);
    expect(Math.abs(d[1]! - (lowY + (((1 / 2 + 1 / 3) / 2 - low) / (high - low)) * (highY - lowY)))).toBeLessThan(0.02);
    expect(lowY <= bottom && highY >= top).toBe(true);
  });

  it('count seeds that diverged as the worst, and survive odd results', () => {
    const lost = detailedComparison([run('a', 0), run('a', 1, { lost: true }), run('a', 2, { lost: true })], look);
    expect(lost).toContain('a (2 of 3 diverged)');
    const [, first] = lost.split('class="panel"');
    expect(numbers(/class="series"[^>]* d="([^"]*)"/.exec(first!)![1]!).length).toBe(2 * 3); // the last epoch's median is infinite
    const none = run('regression', 0);
    const regression = { ...none, test: { loss: 0.5, accuracy: NaN }, epochs: none.epochs.map((epoch) => ({ ...epoch, trainAccuracy: NaN, validationAccuracy: NaN })) };
    expect(detailedComparison([through(regression)], look)).toContain('test loss');
    expect(detailedComparison([{ ...none, test: null }], look)).toContain('>best validation loss<');
    for (const results of [[], [run('a', 0, { epochs: 0 })], [run('a', 0, { epochs: 1 })], [run('a', 0, { epochs: 1, lost: true })], Array.from({ length: 12 }, (_, i) => run(`${'long '.repeat(20)}${i}`, i))]) for (const each of [results, through(results)]) for (const theme of ['light', 'dark', 'page'] as const) sound(detailedComparison(each, { theme }));
  });
});

const losses: { readonly [method: string]: readonly number[] } = { adam: [4.5, 6, 7, 8, 9], escape: [1, 2, 3, 4, 5], sgd: [3.5, 6.5, 7.5, 10, 2.5] };
const landscape: LandscapeRun[] = ['rastrigin', 'sphere'].flatMap((problem) => Object.entries(losses).flatMap(([method, values]) => values.map((loss, seed) => ({ problem, dim: 10, method, seed, start: 20, loss, escaped: method === 'escape' && seed < 4, cost: 1000, escapes: 2, overhead: 0.25, milliseconds: 3, trace: [[1, 20], [1000, loss]] as const }))));

describe('charts of landscapes', () => {
  it('have a panel a problem, a bar and an interval a method', () => {
    for (const [svg, label] of [[landscapeBars(landscape, look), 'final loss'], [escapeRates(landscape, look), 'runs that left the start basin']] as const) {
      expect(count(svg, /class="panel"/g)).toBe(2);
      expect(count(svg, /class="length"/g)).toBe(6);
      expect(count(svg, /class="interval"/g)).toBe(6);
      expect(svg).toContain(label);
      sound(svg);
    }
    expect(landscapeBars(landscape, look)).toContain('escape: 3, 1 to 5');
    expect(escapeRates(landscape, look)).toContain('>4 of 5<');
    const odd = landscape.map((each, i) => ({ ...each, problem: evil, method: `${each.method}${'x'.repeat(50)}${i % 9}`, loss: [0, NaN, Infinity, 1e-300, 5][i % 5]! }));
    for (const runs of [[], odd, through(odd), landscape.slice(0, 1)]) for (const draw of [landscapeBars, escapeRates]) sound(draw(runs, { theme: 'dark' }));
  });

  it.each([[1, '-', ''], [2, '50 %', ' and 50 % interval'], [5, '93 %', ' and 93 % interval'], [6, '96 %', ' and 96 % interval'], [20, '95 %', ' and 95 % interval']])('say what level %d seeds reach: %s', (n, level, interval) => {
    // From the least to the greatest of n misses with 2 of 2^n; of 20, the sixth from both ends with 2 (1 + 20 + 190 + 1140 + 4845 + 15504) of 2^20.
    const runs = Array.from({ length: n }, (_, seed): LandscapeRun => ({ ...landscape[0]!, seed, loss: 1 + seed }));
    const [row] = landscapeTable(runs);
    expect(row!.level).toBeCloseTo(n === 20 ? 1 - 43400 / 1048576 : 1 - 2 / 2 ** n, 12);
    expect(landscapeBars(runs, look)).toContain(`>final loss, median${interval}<`);
    expect(count(landscapeBars(runs, look), /class="interval"/g)).toBe(n > 1 ? 1 : 0);
    expect(networksReport({ title: 't', landscape: runs })).toMatch(new RegExp(`${n > 1 ? '\\]' : ''}</td><td[^>]*>${level}</td>`));
  });

  it('draw losses below 1e-8 as 1e-8, and say so; losses below 0 as they are', () => {
    const of = (values: { readonly [method: string]: readonly number[] }): LandscapeRun[] => Object.entries(values).flatMap(([method, all]) => all.map((loss, seed) => ({ ...landscape[0]!, method, seed, loss })));
    const svg = landscapeBars(of({ adam: [1e-180, 1e-182, 1e-181], escape: [0, 0, 1e-7], sgd: [1e-2, 1e-1, 1] }), look);
    expect(svg).toContain('>rastrigin, dim 10 (losses below 1e-8 drawn as 1e-8)<');
    expect(landscapeBars([...of({ adam: [1, 2, 3] }), ...of({ sgd: [1, 2] })], look)).toContain('>final loss, median and intervals of at least 50 %<');
    expect(svg).toContain('adam: &#60; 1e-8, 1e-8 to 1e-8');
    expect(svg).not.toMatch(/1e-(?!8)\d{2,}/);
    // The axis goes over seven decades, not 180: a tenth, the middle of 1e-8 and 1e6, is above 1e-8 by more than half of the length.
    const [adam, escape, sgd] = attribute(svg, 'value', 'd').map((d) => numbers(d)[0]!);
    expect(adam).toBe(escape);
    const [left, , , right] = numbers(attribute(svg, 'axes', 'd')[0]!) as [number, number, number, number];
    expect((sgd! - adam!) / (right - left)).toBeGreaterThan(0.5);
    sound(svg);
    expect(landscapeBars(of({ adam: [0, 0, 0] }), look)).toContain('&#60; 1e-8');
    const below = landscapeBars(of({ adam: [-9, -8, -7], sgd: [1e-12, 2e-12, 3e-12] }), look);
    expect(below).toContain('adam: \u22128');
    expect(below).not.toContain('1e-8');
  });

  it('show ways over functions of the registry, and leave out problems that are none', () => {
    const ways = ['rosenbrock', 'rastrigin', 'ackley', 'double_well', 'mlp'].flatMap((problem) => ['adam', 'escape'].map((method, i) => ({ problem, method, points: [[-1.5 + i, 1.5], [0, 0.3], [1e9, NaN], [0.9, 0.9]] as const })));
    const svg = landscapeContours(ways, look);
    expect(count(svg, /class="panel"/g)).toBe(4);
    expect(count(svg, /class="path"/g)).toBe(8);
    expect(count(svg, /class="contours"/g)).toBe(4);
    sound(svg);
    expect(landscapeContours([], look)).toContain('no data');
    sound(landscapeContours([{ problem: 'sphere', method: evil, points: [] }], { theme: 'page' }));
  });
});

describe('networksReport', () => {
  const results = [0, 1, 2].flatMap((seed) => [run('alme', seed, { cost: 5, escapes: 4 }), run(evil, seed)]);
  const cells = (html: string, title: string): string[][] => [...html.slice(html.indexOf(`<h2>${title}</h2>`)).split('</table>')[0]!.matchAll(/<tr[^>]*>(.*?)<\/tr>/g)].map((row) => [...row[1]!.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map((cell) => cell[1]!));

  it('says what was trained and how it ended', () => {
    const html = networksReport({ title: evil, results: through(results), landscape, trajectories: [{ problem: 'sphere', method: 'adam', points: [[1, 1], [0, 0]] }], sections: [{ title: 'Tuning', table: [['patience', 'loss'], ['5', '0.1']] }], theme: 'dark' });
    const [head, alme, other] = cells(html, 'Training');
    const at = (row: string[], name: string): string => row[head!.indexOf(name)]!;
    // The best epoch of seeds 0, 1, 2 has validation losses 2/4, 2/5, 2/6.
    expect(at(alme!, 'best validation loss')).toBe('0.4 [0.333, 0.5]');
    expect(at(alme!, 'test accuracy, %')).toBe('80.00 [75.00, 83.33]');
    // All have spent 9; alme's last epoch before that ends at 5.
    expect(at(alme!, 'at cost 9')).toBe('0.667 [0.5, 1]');
    expect(at(other!, 'at cost 9')).toBe('0.4 [0.333, 0.5]');
    expect([at(alme!, 'escapes'), at(alme!, 'moved'), at(alme!, 'overhead, %')]).toEqual(['4', '2', '6.7']); // 3 of 45
    expect(equalCost(results)).toBe(9);
    // A race that ends four thousandths of a pass early does not take its rival's last epoch away.
    const ends = (cost: number, losses: readonly number[]): TrainResult => ({ ...results[0]!, epochs: losses.map((validationLoss, i) => ({ ...results[0]!.epochs[0]!, epoch: i, cost: i === losses.length - 1 ? cost : 3 * i, validationLoss })) });
    expect(bestWithin(ends(5.9999, [1, 0.17, 0.125]), 5.9959)).toBe(0.125);
    expect(bestWithin(ends(9, [1, 0.17, 0.16, 0.125]), 5.9959)).toBe(0.16);
    expect(bestWithin(results[0]!, 4)).toBe(2);
    expect(html).toContain('<h2>Tuning</h2>');
    expect(html).toContain('data-theme="dark"');
    expect(html).not.toContain(evil);
    expect(count(html, /<figure>/g)).toBe(6);
    expect(html.replace(/<script[^]*?<\/script>/g, '')).not.toMatch(/NaN|undefined|\[object/);
  });

  it('tests every method against the rival as scipy does', () => {
    const rows = cells(networksReport({ title: 't', landscape }), 'Landscapes').slice(1);
    expect(rows.length).toBe(6);
    expect(rows[0]!.slice(6, 9)).toEqual(['', '', '']);
    // scipy.stats.mannwhitneyu(method='exact'): p = 0.01587 with U = 24 of 25, 0.15079 with U = 20; Holm of four: 4 x, 2 x.
    expect(rows[1]!.slice(0, 9)).toEqual(['rastrigin, dim 10', 'escape', '5', '3 [1, 5]', '93 %', '80 [37.6, 96.4]', '0.96', '0.016', '0.063']);
    const [better, p, adjusted] = rows[2]!.slice(6, 9);
    expect([better, p, adjusted]).toEqual(['0.60', '0.690', '1.000']);
    const told = cells(networksReport({ title: 't', landscape: landscape.map((each) => (each.method === 'escape' ? { ...each, loss: each.loss / 10 } : each)), rival: 'adam' }), 'Landscapes');
    expect(told[2]![8]).toBe('0.032'); // 2 / C(10, 5) = 0.00794, by four: not below 0.01
    expect(networksReport({ title: 't', landscape, rival: 'nobody' })).toContain('tested against nobody');
  });

  it('has the verdicts of landscapeTable, a run without a number being the worst', () => {
    // Six against six that lie apart: 2 of C(12, 6) = 924 ways, of two tests.
    const seeds = [0, 1, 2, 3, 4, 5];
    const runs = seeds.flatMap((seed) => [['adam', 5 + seed], ['escape', 1 + seed / 10], ['lost', seed < 3 ? 1 : NaN]].map(([method, loss]): LandscapeRun => ({ ...landscape[0]!, method: String(method), seed, loss: Number(loss) })));
    for (const each of [runs, through(runs)]) {
      const rows = landscapeTable(each);
      expect(rows.map(({ method, verdict, median }) => [method, verdict, median])).toEqual([['adam', null, 7.5], ['escape', 'better', 1.25], ['lost', 'no telling', Infinity]]);
      expect(rows[1]!.adjusted).toBeCloseTo(4 / 924, 12);
      expect(rows.map(({ superiority }) => superiority)).toEqual([null, 1, 0.5]);
      const html = networksReport({ title: 't', landscape: each });
      expect(html).toContain('where that is below 0.01.');
      expect(cells(html, 'Landscapes').slice(1).map((row) => [row[1], row[6], row[8]])).toEqual([['adam', '', ''], ['escape', '1.00', '0.004 \u25b2'], ['lost', '0.50', '1.000']]);
    }
  });

  it('stands with nothing, and refuses what it cannot use', () => {
    expect(networksReport({ title: 't' })).toContain('0 training runs, 0 landscape runs.');
    expect(networksReport({ title: 't', results: [through(run('a', 0, { epochs: 0, lost: true }))] }).replace(/<script[^]*?<\/script>/g, '')).not.toMatch(/NaN|undefined/);
    expect(() => networksReport({ title: 't', result: [] } as never)).toThrow('unknown option of networksReport "result"');
    expect(() => networksReport({ title: 3 as never })).toThrow('title of networksReport is 3; allowed: text');
    expect(() => networksReport({ title: 't', theme: 'blue' as never })).toThrow('theme of networksReport is "blue"; allowed: light, dark');
    expect(() => networksReport({ title: 't', results: 'x' as never })).toThrow('results of networksReport is "x"; allowed: an array');
  });
});
