/**
 * SVG to PNG by resvg in WebAssembly: the same pixels in every runtime, because the font is always the one that is given.
 *
 * Surprise: resvg starts once a process and refuses a second time, so the first caller's WebAssembly serves all.
 */
import { NadirError, messageOf, show } from '../core/errors.ts';

/** What resvg starts from: its index_bg.wasm as bytes, compiled, or as the response of a fetch. */
export type Wasm = Uint8Array | ArrayBuffer | WebAssembly.Module | Response;
interface Resvg {
  initWasm(wasm: Wasm | Promise<Wasm>): Promise<void>;
  readonly Resvg: new (svg: string, options: object) => { readonly width: number; readonly height: number; render(): { asPng(): Uint8Array; free(): void }; free(): void };
}

const most = 16384; // pixels a side
const peer = '@resvg/resvg-wasm'; // bundlers follow literals only: an optional peer must not become a part of every bundle
let started: Promise<Resvg> | undefined;

/**
 * The pixels of a chart.
 * @param scale pixels of the picture a pixel of the chart, above 0
 * @param font a TrueType font's bytes: there is no other
 * @param wasm called once, when resvg starts
 * @throws `runtime` when the package @resvg/resvg-wasm is not there, `input` for a scale or an SVG that it cannot draw
 */
export async function raster(svg: string, { scale, font, wasm }: { readonly scale: number; readonly font: Uint8Array; readonly wasm: () => Promise<Wasm> }): Promise<Uint8Array> {
  if (typeof svg !== 'string' || !svg.startsWith('<svg')) throw new NadirError('input', `svg is ${show(svg)}; allowed: the text of an SVG`);
  if (svg.includes('var(--')) throw new NadirError('input', 'svg has the theme page, whose colours only a page knows; allowed: light, dark');
  const [width, height] = [/ width="(\d+)"/, / height="(\d+)"/].map((side) => Number(side.exec(svg)?.[1] ?? NaN)) as [number, number];
  const longest = Math.max(width, height);
  if (!(scale > 0 && longest * scale <= most && Math.min(width, height) * scale >= 1)) throw new NadirError('input', `scale is ${show(scale)} for ${width} x ${height}; allowed: above 0, up to ${most} pixels a side`);
  const { Resvg } = await (started ??= start(wasm).catch((error) => {
    started = undefined; // the next caller may do better
    throw error;
  }));
  let picture: InstanceType<Resvg['Resvg']>;
  try {
    picture = new Resvg(svg, { fitTo: { mode: 'zoom', value: scale }, font: { fontBuffers: [font], loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' } });
  } catch (error) {
    throw new NadirError('input', `svg cannot be drawn: ${messageOf(error)}`, { cause: error });
  }
  const drawn = picture.render();
  const png = drawn.asPng().slice(); // resvg's memory is reused
  drawn.free();
  picture.free();
  return png;
}

async function start(wasm: () => Promise<Wasm>): Promise<Resvg> {
  let resvg: Resvg;
  try {
    resvg = (await import(/* @vite-ignore */ peer)) as Resvg;
  } catch (error) {
    throw new NadirError('runtime', `a PNG needs the package ${peer}, which cannot be loaded (${messageOf(error)}); npm install ${peer}, or keep the SVG`, { cause: error });
  }
  await resvg.initWasm(wasm());
  return resvg;
}
