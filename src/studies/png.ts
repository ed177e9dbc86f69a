/**
 * A chart as PNG: finds resvg and the font that `raster` draws with, on disk or by fetch.
 *
 * The font is DejaVu Sans, shipped with its licence in build/font.js and loaded only here. Surprise: Node's fetch knows no
 * file: addresses, so where there are files the WebAssembly is read from them.
 */
import { inflateSync } from 'fflate';
import { NadirError, messageOf } from '../core/errors.ts';
import { fromBase64 } from '../core/snapshot.ts';
import { files } from '../platform/index.ts';
import { raster, type Wasm } from '../plot/raster.ts';

export interface PngOptions {
  /** Pixels a pixel of the chart, above 0; default 1, and 2 is sharp on a fine screen and in print. */
  readonly scale?: number;
  /** A TrueType font instead of DejaVu Sans. */
  readonly font?: Uint8Array;
  /** resvg's index_bg.wasm; by default it is found beside the package, which a page without an import map cannot. */
  readonly wasm?: Wasm;
}

let font: Promise<Uint8Array> | undefined;

/**
 * The pixels of a chart of theme light or dark. Needs the package @resvg/resvg-wasm, which nadir does not install.
 * @returns the bytes of a .png, the same in every runtime
 * @throws `runtime` when that package cannot be loaded, `input` for a scale or an SVG that cannot be drawn
 * @example
 * const svg = lineChart({ title: 'loss', x: { label: 'step' }, y: { label: 'loss' }, series: [{ name: 'a', points: [[0, 1], [9, 0]] }], width: 320, height: 200, theme: 'light' });
 * (await png(svg, { scale: 2 })).subarray(1, 4); // Uint8Array(3) [ 80, 78, 71 ]
 */
export async function png(svg: string, { scale = 1, font: own, wasm }: PngOptions = {}): Promise<Uint8Array> {
  return raster(svg, { scale, font: own ?? (await (font ??= shipped())), wasm: async () => wasm ?? found() });
}

async function shipped(): Promise<Uint8Array> {
  const { font: packed } = await import('../../build/font.ts');
  if (packed === '') throw new NadirError('runtime', 'this one-file build has no font; give font, the bytes of a .ttf');
  return inflateSync(fromBase64(packed));
}

async function found(): Promise<Wasm> {
  const name = '@resvg/resvg-wasm/index_bg.wasm';
  try {
    const url = new URL(import.meta.resolve(name));
    if (url.protocol !== 'file:') return await fetch(url);
    const bytes = await files.read(decodeURIComponent(url.pathname).replace(/^\/([A-Za-z]:)/, '$1'));
    if (bytes === undefined) throw new Error(`there is no ${url.pathname}`);
    return bytes;
  } catch (error) {
    throw new NadirError('runtime', `${name} cannot be found (${messageOf(error)}); give wasm, its bytes or the response of a fetch`, { cause: error });
  }
}
