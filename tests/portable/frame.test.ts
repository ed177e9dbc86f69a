/** Frames of records: statistics against numpy's and scipy's answers and closed forms, never against what the code printed. */
import { describe, expect, it } from 'vitest';
import { factors, frame } from '../../src/experiment/frame.ts';
import { csv, json } from '../../src/experiment/export.ts';

import type { RunRecord } from '../../src/experiment/record.ts';

let made = 0;
const run = (params: RunRecord['params'], metrics: RunRecord['metrics'], more: Partial<RunRecord> = {}): RunRecord => ({
  id: `id${made}`, experiment: 'e', index: made++, params, seed: 0, replicate: 0, status: 'success', context: 'c', metrics, data: {}, artifacts: [], attempt: 1, started: 0, milliseconds: 1, made: { nadir: '0', module: '0', runtime: 'node' }, ...more,
});
const eight = [2, 4, 4, 4, 5, 5, 7, 9]; // its mean is 5, its deviation 2 (n) or sqrt(32 / 7) (n - 1): the example of every textbook

describe('frame', () => {
  it.each([
    [Promise.resolve([]), 'still to come'], [(async function* () {})(), 'still to come'], [undefined, 'undefined'], [null, 'null'], [3, '3'], ['runs', '"runs"'], [{ size: 3n, records: 1 }, '[object Object]'],
  ])('is made of no %s', (records, what) => expect(() => frame(records as never)).toThrow(`the records of a frame are ${what}; allowed: an array or another iterable of records, as await made.records()`));

  it('aggregates as numpy does, and counts what it leaves out', () => {
    const runs = frame([...eight.map((loss) => run({ a: 'x' }, { loss })), run({ a: 'x' }, { loss: NaN }), run({ a: 'x' }, {}), run({ a: 'x' }, { loss: -99 }, { status: 'failed' }), run({ a: 'x' }, {}, { status: 'cancelled' }), run({ a: 'w' }, { loss: 3 })]);
    const [w, x] = runs.aggregate('a', 'loss', { quantiles: [0.125, 1], ci: 'mean' });
    // np.quantile(eight, [.25, .5, .75, .125]) = [4, 4.5, 5.5, 3.75]
    expect(x).toMatchObject({ key: { a: 'x' }, runs: 12, failed: 2, missing: 2, n: 8, mean: 5, std: Math.sqrt(32 / 7), min: 2, q1: 4, median: 4.5, q3: 5.5, max: 9, quantiles: [3.75, 9] });
    expect(x!.ci!.estimate).toBe(5);
    expect(Math.abs(x!.ci!.error / Math.sqrt(4 / 8) - 1)).toBeLessThan(0.08); // the deviation of a resampled mean is that of the sample (n) over sqrt(n)
    expect(x!.ci!.low).toBeLessThan(4.1);
    expect(x!.ci!.high).toBeGreaterThan(6);
    expect(runs.aggregate('a', 'loss', { ci: 'mean' })[1]!.ci).toEqual(x!.ci); // a fixed stream
    expect(w).toMatchObject({ key: { a: 'w' }, n: 1, mean: 3, std: NaN, median: 3 });
    expect(w!.ci).toBeUndefined();
    expect([...runs.values('loss')]).toEqual([...eight, 3]);
    expect(frame([run({ a: 1 }, { loss: 1 }, { status: 'failed' })]).aggregate('a', 'loss')[0]).toMatchObject({ runs: 1, failed: 1, n: 0, mean: NaN, median: NaN, quantiles: [] });
    expect(runs.aggregate([], 'loss')).toMatchObject([{ key: {}, n: 9, mean: 43 / 9 }]);
  });

  it('filters by parameters, metrics, status and predicates', () => {
    const runs = frame([run({ a: 'x', n: 10 }, { loss: 1 }), run({ a: 'x', n: '10' }, { loss: NaN }), run({ a: 'y' }, { loss: 2 }, { status: 'failed' }), run({ a: 'y', n: [1, { b: 2, c: 3 }] }, { loss: -0 })]);
    const ids = (filter: Parameters<typeof runs.where>[0]): number[] => runs.where(filter).rows.map(({ index }) => index - runs.rows[0]!.index);
    expect(ids({ a: 'x' })).toEqual([0, 1]);
    expect(ids({ n: 10 })).toEqual([0]);
    expect(ids({ n: undefined })).toEqual([2]);
    expect(ids({ n: [1, { c: 3, b: 2 }] })).toEqual([3]);
    expect(ids({ status: 'success', a: 'y' })).toEqual([3]);
    expect(ids({ loss: NaN })).toEqual([1]);
    expect(ids({ loss: 0 })).toEqual([3]);
    expect(ids(({ metrics }) => metrics.loss! > 0)).toEqual([0, 2]);
    expect(ids({})).toEqual([0, 1, 2, 3]);
  });

  it('groups in the order of the keys, whatever the order of the rows, and a part knows the columns of the whole', () => {
    const rows = [run({ lr: 10 }, { loss: 1 }), run({ lr: 9 }, { loss: 2 }), run({ lr: 'auto' }, { loss: 3 }), run({}, { loss: 4 }), run({ lr: 9 }, { other: 5 }), run({ lr: '9' }, { loss: 6 })];
    const keys = frame(rows).group('lr').map(({ key }) => key.lr);
    expect(keys).toEqual([9, 10, '9', 'auto', undefined]);
    expect(frame(rows.toReversed()).group('lr').map(({ key }) => key.lr)).toEqual(keys);
    const groups = frame(rows).group('lr');
    expect([...groups[4]!.frame.values('other')]).toEqual([]);
    expect(groups[4]!.frame.group('lr').length).toBe(1);
    expect(groups.map(({ frame: part }) => part.size)).toEqual([2, 1, 1, 1, 1]);
    expect(factors(frame(rows))).toEqual([{ name: 'lr', levels: 5 }]);
  });

  it('names columns as shortly as it can, and says how when a name is not enough', () => {
    const runs = frame([run({ lr: 1, seed: 5, loss: 'mse' }, { loss: 2, 'params.lr': 9 })]);
    expect(runs.columns).toEqual(['id', 'experiment', 'index', 'status', 'replicate', 'run.seed', 'attempt', 'milliseconds', 'error', 'lr', 'params.seed', 'params.loss', 'metrics.loss', 'metrics.params.lr']);
    expect([...runs.values('metrics.loss')]).toEqual([2]);
    expect(runs.cells('params.loss')).toEqual(['mse']);
    expect(runs.cells('run.seed')).toEqual([0]);
    expect(() => runs.values('loss')).toThrow('"loss" is the name of 2 columns; say params.loss or metrics.loss');
    expect(() => runs.where({ sead: 1 })).toThrow('unknown column "sead"; have id, experiment,');
    expect(() => frame([run({}, { best_f: 1 })]).values('bset_f')).toThrow('unknown column "bset_f"; did you mean best_f? have ');
    expect(runs.cells('lr')).toEqual([1]);
    for (const name of ['constructor', '__proto__', 'toString']) expect(() => runs.cells(name)).toThrow(`unknown column "${name}"`);
  });

  it('derives metrics after the fact, and changes nothing', () => {
    const runs = frame([run({ dim: 10 }, { loss: 5 }), run({ dim: 20 }, {})]);
    const more = runs.derive('share', ({ metrics, params }) => metrics.loss! / (params.dim as number));
    expect([...more.values('share')]).toEqual([0.5]); // the other is NaN
    expect(more.aggregate([], 'share')[0]!.missing).toBe(1);
    expect(runs.columns.includes('share')).toBe(false);
    expect(() => runs.derive('bad', () => 'x' as never)).toThrow('bad of run');
    expect(() => (runs.rows as RunRecord[]).push(runs.rows[0]!)).toThrow(TypeError);
  });

  it('finds the best: least or greatest, the first of equals, failures and NaN aside', () => {
    const runs = frame([run({ k: 0 }, { loss: NaN }), run({ k: 1 }, { loss: 2 }), run({ k: 2 }, { loss: 1 }), run({ k: 3 }, { loss: 1 }), run({ k: 4 }, { loss: -5 }, { status: 'failed' }), run({ k: 5 }, { loss: Infinity })]);
    expect(runs.best('loss').params.k).toBe(2);
    expect(runs.best('loss', { minimum: false }).params.k).toBe(5);
    expect(() => runs.where({ k: 0 }).best('loss')).toThrow('none of 1 runs succeeded with a number for loss');
  });

  it('compares groups: exact p of disjoint samples, Holm over the pairs, either direction', () => {
    const rows = ['a', 'b', 'c'].flatMap((name, g) => [1, 2, 3, 4, 5].map((i) => run({ name }, { loss: 10 * g + i })));
    const { names, keys, p, verdict, superiority } = frame([...rows, run({ name: 'd' }, {})]).compare('name', 'loss');
    expect(names).toEqual(['a', 'b', 'c']);
    expect(keys[2]).toEqual({ name: 'c' });
    for (const k of [1, 2, 5]) expect(Math.abs(p[k]! - (3 * 2) / 252)).toBeLessThan(1e-15); // 2 of C(10, 5) orders are as extreme; three pairs
    expect([...verdict]).toEqual([0, 1, 1, -1, 0, 1, -1, -1, 0]);
    expect(superiority[1]).toBe(1);
    expect([...frame(rows).compare('name', 'loss', { minimum: false }).verdict]).toEqual([0, -1, -1, 1, 0, -1, 1, 1, 0]);
    expect([...frame(rows).compare('name', 'loss', { alpha: 0.02 }).verdict]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('sorts stably with absence last, and writes tables without control characters', () => {
    const runs = frame([run({ a: 'b' }, { loss: 3 }), run({ a: 'a' }, {}), run({ a: 'c\u001b[31m' }, { loss: -1 }), run({ a: 'd' }, { loss: 3 }), run({ a: 'e' }, { loss: NaN })]);
    const order = (sorted: typeof runs): string => sorted.rows.map(({ params }) => String(params.a)[0]).join('');
    expect(order(runs.sort('loss'))).toBe('cbdea');
    expect(order(runs.sort('loss', { descending: true }))).toBe('bdcea');
    expect(order(runs.sort(['loss', 'a'], { descending: true }))).toBe('dbcea');
    expect(runs.sort('loss').table(['a', 'loss'])).toEqual([['a', 'loss'], ['c\ufffd[31m', '-1'], ['b', '3'], ['d', '3'], ['e', 'NaN'], ['a', '']]);
    expect(runs.table()[0]).toEqual([...runs.columns]);
    expect(frame([]).table(['id'])).toEqual([['id']]);
    expect(frame([]).aggregate([], 'milliseconds')).toEqual([]);
  });
});

describe('csv and json', () => {
  it('write what RFC 4180 reads, numbers to the last bit, and no formula', () => {
    const texts = ['plain', 'a "quote"', 'two\r\nlines', 'comma, here', ' space ', ';', '', '=1+1', '+1', '-1', '@x', '\tx', '\rx', "'x", '\uff1d1', 'ünïcödé 😀'];
    const numbers = [0.1, -1, 1e-300, 5e-324, 1.7976931348623157e308, -0, NaN, Infinity, -Infinity, 123456789012345680000];
    const rows = [...texts.map((text) => run({ text }, {})), ...numbers.map((loss) => run({ deep: { z: [1, 2] } }, { loss }))];
    const table = parse(csv(frame(rows)));
    const at = (name: string): number => table[0]!.indexOf(name);
    const read = table.slice(1).map((row) => row[at('text')]);
    texts.forEach((text, i) => expect(read[i]).toBe(/^[=+\-@\t\r\uff1d]/.test(text) ? `'${text}` : text));
    numbers.forEach((value, i) => expect(Object.is(Number(table[1 + texts.length + i]![at('loss')]!), value)).toBe(true));
    expect(table[1 + texts.length]![at('deep')]).toBe('{"z":[1,2]}');
    expect(new Set(table.map((row) => row.length)).size).toBe(1);
    expect(table.length).toBe(1 + rows.length);
    expect(parse(csv(frame([run({ '=cmd': 1 }, {})])))[0]).toContain("'=cmd");
  });

  it('json is JSON, and keeps infinities as texts', () => {
    const read = JSON.parse(json(frame([run({ a: [1] }, { x: Infinity, y: NaN, z: 0.1 }), run({}, {}, { status: 'failed', error: { name: 'Error', message: 'no' } })]))) as { [key: string]: unknown }[];
    expect(read[0]).toMatchObject({ params: { a: [1] }, metrics: { x: 'Infinity', y: 'NaN', z: 0.1 } });
    expect(read[1]).toMatchObject({ status: 'failed', error: { message: 'no' } });
    expect(JSON.parse(json(frame([])))).toEqual([]);
  });
});

/** A reader of RFC 4180, a state a character. */
function parse(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i]!;
      else quoted = false;
    } else if (c === '"') {
      if (cell !== '') throw new Error(`a quote inside a bare cell at ${i}`);
      quoted = true;
    } else if (c === ',' || (c === '\r' && text[i + 1] === '\n')) {
      rows.at(-1)!.push(cell);
      cell = '';
      if (c === '\r') {
        rows.push([]);
        i++;
      }
    } else if (c === '\r' || c === '\n') throw new Error(`a bare line end at ${i}`);
    else cell += c;
  }
  rows.pop();
  return rows;
}
