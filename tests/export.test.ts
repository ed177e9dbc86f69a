/** Frames in files that other programs read: Parquet by hyparquet, NPZ by numpy and by us, and charts as pixels. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { parquetReadObjects, parquetSchema, parquetMetadataAsync } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { csv, npzOf, parquet } from '../src/experiment/export.ts';
import { frame } from '../src/experiment/frame.ts';
import { readNpz } from '../src/experiment/npy.ts';
import { lineChart } from '../src/plot/line.ts';
import { raster } from '../src/plot/raster.ts';
import { png } from '../src/studies/png.ts';

import type { RunRecord } from '../src/experiment/record.ts';

const run = (index: number, params: RunRecord['params'], metrics: RunRecord['metrics'], more: Partial<RunRecord> = {}): RunRecord => ({
  id: index.toString(16).padStart(16, '0'), experiment: 'e', index, params, seed: 2 ** 53 - 1, replicate: 0, status: 'success', context: 'c', metrics, data: {}, artifacts: [], attempt: 1, started: 0, milliseconds: 1.5, made: { nadir: '0', module: '0', runtime: 'node' }, ...more,
});
const runs = frame([
  run(0, { algorithm: 'adam', lr: 0.1, dim: 10, deep: { a: [1] }, mixed: 1, on: true }, { best_f: 0.1, n: 3, odd: -0 }),
  run(1, { algorithm: 'ünï 😀', dim: 20, mixed: 'x', on: false }, { best_f: NaN, n: 4, odd: 5e-324 }),
  run(2, { algorithm: 'adam', lr: 1e-3, dim: 10 }, { best_f: Infinity, n: 5 }, { status: 'failed', error: { name: 'Error', message: 'no, "never"\nagain' } }),
]);
const folder = mkdtempSync(join(tmpdir(), 'nadir-export-'));
const python = (code: string, ...args: string[]): string => execFileSync('python3', ['-c', code, ...args], { encoding: 'utf8' });
const has = (module: string): boolean => {
  try {
    python(`import ${module}`);
    return true;
  } catch (error) {
    if (process.env.CI === 'true' && module === 'numpy') throw error; // required there
    return false;
  }
};

describe('parquet', () => {
  it('is read back by hyparquet, typed, with nulls where a run has none', async () => {
    const bytes = await parquet(runs);
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const rows = await parquetReadObjects({ file });
    expect(rows.map(({ algorithm, lr, dim, deep, mixed, on, best_f, n, odd, status, error, seed, milliseconds, id }) => [algorithm, lr, dim, deep, mixed, on, best_f, n, odd, status, error, seed, milliseconds, id])).toEqual([
      ['adam', 0.1, 10, '{"a":[1]}', '1', true, 0.1, 3, -0, 'success', null, 2 ** 53 - 1, 1.5, '0000000000000000'],
      ['ünï 😀', null, 20, null, '"x"', false, NaN, 4, 5e-324, 'success', null, 2 ** 53 - 1, 1.5, '0000000000000001'],
      ['adam', 1e-3, 10, null, null, null, Infinity, 5, null, 'failed', 'no, "never"\nagain', 2 ** 53 - 1, 1.5, '0000000000000002'],
    ]);
    const types = Object.fromEntries(parquetSchema(await parquetMetadataAsync(file)).children.map(({ element }) => [element.name, element.type]));
    expect(types).toMatchObject({ algorithm: 'BYTE_ARRAY', lr: 'DOUBLE', dim: 'INT32', on: 'BOOLEAN', best_f: 'DOUBLE', n: 'DOUBLE', seed: 'DOUBLE' });
    expect(await parquet(runs)).toEqual(bytes);
    expect(await parquetReadObjects({ file: (await parquet(runs.where({ status: 'cancelled' }))).buffer as ArrayBuffer })).toEqual([]);
  });

  it('holds a hundred thousand runs', async () => {
    const many = frame(Array.from({ length: 100_000 }, (_, i) => run(i, { a: i % 7, b: `b${i % 3}` }, { loss: i / 3 })));
    const rows = await parquetReadObjects({ file: (await parquet(many)).buffer as ArrayBuffer, columns: ['a', 'b', 'loss'], rowStart: 99_999, rowEnd: 100_000 });
    expect(rows).toEqual([{ a: 99_999 % 7, b: 'b0', loss: 33333 }]);
  });
});

describe('npz', () => {
  it('is read back: numbers as float64, the rest as codes and levels', () => {
    const read = readNpz(npzOf(runs));
    expect([...read['best_f']!.array]).toEqual([0.1, NaN, Infinity]);
    expect([...read['lr']!.array]).toEqual([0.1, NaN, 1e-3]);
    expect([...read['dim']!.array]).toEqual([10, 20, 10]);
    expect([...read['algorithm.codes']!.array]).toEqual([0, 1, 0]);
    expect(JSON.parse(new TextDecoder().decode(read['algorithm.levels']!.array as Uint8Array))).toEqual(['adam', 'ünï 😀']);
    expect([...read['error.codes']!.array]).toEqual([-1, -1, 0]);
    expect(JSON.parse(new TextDecoder().decode(read['deep.levels']!.array as Uint8Array))).toEqual([{ a: [1] }]);
  });

  it('takes any name of a parameter', () => {
    const names = ['a/b', '..', '', '__proto__', 'constructor', 'x'.repeat(300), 'a\\b', '\u0000', 'é'];
    const read = readNpz(npzOf(frame([run(0, Object.fromEntries(names.map((name, i) => [name, i])), {})])));
    const values = Object.values(read).filter(({ array }) => array instanceof Float64Array).map(({ array }) => array[0]);
    for (let i = 0; i < names.length; i++) expect(values).toContain(i);
  });

  it.skipIf(!has('numpy'))('is read by numpy', () => {
    writeFileSync(join(folder, 'runs.npz'), npzOf(runs));
    const answer = python('import sys, json, numpy as np\nz = np.load(sys.argv[1])\nprint(json.dumps([z["best_f"].dtype.str, float(np.nanmin(z["best_f"])), list(np.array(json.loads(bytes(z["algorithm.levels"])))[z["algorithm.codes"]]), z["dim"].tolist()]))', join(folder, 'runs.npz'));
    expect(JSON.parse(answer)).toEqual(['<f8', 0.1, ['adam', 'ünï 😀', 'adam'], [10, 20, 10]]);
  });
});

it.skipIf(!has('csv'))('csv is read by python', () => {
  writeFileSync(join(folder, 'runs.csv'), csv(runs));
  const rows = JSON.parse(python('import sys, json, csv\nprint(json.dumps(list(csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8")))))', join(folder, 'runs.csv'))) as { [column: string]: string }[];
  expect(rows.map(({ algorithm, best_f, error, deep }) => [algorithm, Number(best_f), error, deep])).toEqual([['adam', 0.1, '', '{"a":[1]}'], ['ünï 😀', NaN, '', ''], ['adam', Infinity, 'no, "never"\nagain', '']]);
});

describe('png', () => {
  const svg = lineChart({ title: 'a title', x: { label: 'step' }, y: { label: 'loss' }, series: [{ name: 'a', points: [[0, 0], [1, 1]] }], width: 320, height: 200, theme: 'dark' });

  it('has the size of the chart times the scale, its ground, and its text in the font', async () => {
    for (const scale of [1, 2, 0.5]) expect(pixels(await png(svg, { scale }))).toMatchObject({ width: 320 * scale, height: 200 * scale });
    const { at, width } = pixels(await png(svg));
    expect(at(0, 0)).toEqual([0x12, 0x16, 0x1c, 255]); // the ground of the dark theme
    let lit = 0;
    for (let y = 16; y < 34; y++) for (let x = 16; x < 100; x++) if (at(x, y)[0]! > 128) lit++;
    expect(width).toBe(320);
    expect(lit).toBeGreaterThan(60); // the title
    const [mute, said] = [await png(svg.replace('>a title</text>', '></text>')), await png(svg)];
    expect(Buffer.compare(mute, said)).not.toBe(0);
    expect(await png(svg)).toEqual(said);
  });

  it('says what it cannot draw', async () => {
    await expect(png('<html>')).rejects.toThrow('svg is "<html>"; allowed: the text of an SVG');
    await expect(png(svg, { scale: 0 })).rejects.toThrow('scale is 0 for 320 x 200; allowed: above 0, up to 16384 pixels a side');
    await expect(png(svg, { scale: 99 })).rejects.toThrow('scale is 99');
    await expect(png(svg.replace('</svg>', ''))).rejects.toThrow('svg cannot be drawn: ');
    const page = lineChart({ title: '', x: { label: '' }, y: { label: '' }, series: [], width: 320, height: 200, theme: 'page' });
    await expect(png(page)).rejects.toThrow('svg has the theme page');
  });

  it('draws nothing of a text without its font', async () => {
    const empty = await raster(svg, { scale: 1, font: new Uint8Array(0), wasm: async () => new Uint8Array(0) }); // started above
    expect(pixels(empty).at(0, 0)).toEqual([0x12, 0x16, 0x1c, 255]);
    expect(Buffer.compare(empty, await png(svg))).not.toBe(0);
  });

  it('ships its font with the licence, and no more', () => {
    const text = readFileSync(new URL('../build/font.ts', import.meta.url), 'utf8');
    expect(text).toContain('Bitstream Vera Fonts Copyright');
    expect(text.length).toBeLessThan(550_000);
  });
});

/** A decoder of 8-bit RGBA PNGs: filters of section 9 of the specification. */
function pixels(bytes: Uint8Array): { width: number; height: number; at(x: number, y: number): number[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  expect([...bytes.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const parts: Uint8Array[] = [];
  for (let at = 8; at < bytes.length; at += 12 + view.getUint32(at)) if (new TextDecoder().decode(bytes.subarray(at + 4, at + 8)) === 'IDAT') parts.push(bytes.subarray(at + 8, at + 8 + view.getUint32(at)));
  const [width, height, depth, kind] = [view.getUint32(16), view.getUint32(20), bytes[24], bytes[25]];
  expect([depth, kind]).toEqual([8, 6]);
  const raw = inflateSync(Buffer.concat(parts));
  const line = width * 4;
  const out = new Uint8Array(line * height);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < line; i++) {
      const [a, b, c] = [i >= 4 ? out[y * line + i - 4]! : 0, y > 0 ? out[(y - 1) * line + i]! : 0, i >= 4 && y > 0 ? out[(y - 1) * line + i - 4]! : 0];
      const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
      const guess = [0, a, b, (a + b) >> 1, pa <= pb && pa <= pc ? a : pb <= pc ? b : c][raw[y * (line + 1)]!]!;
      out[y * line + i] = raw[y * (line + 1) + 1 + i]! + guess;
    }
  }
  return { width, height, at: (x, y) => [...out.subarray(y * line + 4 * x, y * line + 4 * x + 4)] };
}
