/**
 * A GPU through gpu.js (https://gpu.rocks, an optional package): float32, so it proposes and never decides.
 *
 * It does one thing: heads and tails go in, and for every group of 8 heads the least |head + tail| comes out. A thread holds its 8 heads in registers, so a tail is read once
 * for 8 sums (measured on a rasteriser: 5 to 8 times faster than one head a thread). The kernel is text, because a function's text is not what was written once a bundler saw it.
 *
 * What is promised is that a sum is off by one unit in the last place at most, as WGSL and GLSL ES 3 demand (WebGL 1 does not, so it is not used), and a device is not
 * believed: it is tried on opening. Surprise: gpu.js falls back to the CPU with a line on the console, and shaders get `lowp` floats for small textures unless `tactic` forbids it.
 */
import { NadirError, messageOf } from '../core/errors.ts';
import { createRandom } from '../core/random.ts';

export interface Gpu {
  /** What really runs: 'webgl2: ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device ...', which is no GPU, and says so. */
  readonly name: string;
  /** For each 8 heads the least |head + tail|; `tails` are 128. Rejects when the device is lost. */
  leasts(heads: Float32Array, tails: Float32Array): Promise<Float32Array>;
}

const GROUP = 8;
const TAILS = 128;
const MODES = ['webgpu', 'webgl2'] as const; // gpu.js's 'gpu' may be the CPU
type Mode = (typeof MODES)[number];
const HEADS = [...Array(GROUP).keys()];
const SOURCE = `function (heads, tails) {
${HEADS.map((h) => `  const a${h} = heads[this.thread.x * ${GROUP} + ${h}];`).join('\n')}
  let least = 8.0;
  for (let i = 0; i < ${TAILS}; i++) {
    const t = tails[i];
${HEADS.map((h) => `    least = Math.min(least, Math.abs(a${h} + t));`).join('\n')}
  }
  return least;
}`;

/** The parts of gpu.js in use. */
interface Library { new (settings: { mode: Mode }): { createKernel(source: string, settings: object): Kernel } }
interface Kernel {
  (heads: Float32Array, tails: Float32Array): Float32Array | Promise<Float32Array>;
  setOutput(size: readonly number[]): void;
  readonly kernel: { readonly context: unknown; readonly constructor: { readonly mode?: string } };
}

let shared: Promise<Gpu | string> | undefined;

/** The thread's device, opened once: it outlives its runs, because a page has few. A device that failed is dropped. */
export function sharedGpu(): Promise<Gpu | string> {
  shared ??= openGpu();
  const mine = shared;
  const forget = (error: unknown): never => {
    if (shared === mine) shared = undefined;
    throw error;
  };
  return mine.then((gpu) => (typeof gpu === 'string' ? gpu : { ...gpu, leasts: (heads, tails) => gpu.leasts(heads, tails).catch(forget) }), forget);
}

/**
 * The first device that works, or why there is none.
 * @throws NadirError `runtime` where gpu.js is not installed
 */
export async function openGpu(modes: readonly Mode[] = MODES, name: string = 'gpu.js'): Promise<Gpu | string> {
  const library = await load(name);
  const reasons: string[] = [];
  for (const mode of modes) {
    try {
      return await open(library, mode);
    } catch (error) {
      reasons.push(`${mode}: ${messageOf(error)}`);
    }
  }
  return `gpu.js has no GPU here (${reasons.join('; ')})`;
}

/** gpu.js as a page's script tag left it, else the package. Bundlers do not see the name: to them a package that may be missing is an error. */
async function load(name: string): Promise<Library> {
  const isLibrary = (x: unknown): x is Library => typeof (x as { prototype?: { createKernel?: unknown } } | undefined)?.prototype?.createKernel === 'function';
  const { GPU } = globalThis as { GPU?: unknown }; // in a page with WebGPU a class of the browser's has this name
  if (isLibrary(GPU)) return GPU;
  try {
    const module = (await import(/* @vite-ignore */ name)) as { GPU?: unknown; default?: { GPU?: unknown } };
    const found = [module.GPU, module.default?.GPU, module.default].find(isLibrary);
    if (found !== undefined) return found;
    throw new Error('it has no class GPU');
  } catch (error) {
    throw new NadirError('runtime', `gpu.js cannot be loaded (${messageOf(error)}); add it with \`npm i gpu.js --omit=optional\`, in a page with a script tag, or leave gpu out`, { cause: error });
  }
}

async function open(library: Library, mode: Mode): Promise<Gpu> {
  const kernel = new library({ mode }).createKernel(SOURCE, { output: [1], dynamicOutput: true, dynamicArguments: true, precision: 'single', tactic: 'precision' });
  let last: Promise<unknown> = Promise.resolve(); // one call at a time: the output's size is the kernel's
  const call = async (heads: Float32Array, tails: Float32Array): Promise<Float32Array> => {
    kernel.setOutput([heads.length / GROUP]);
    const out = await kernel(heads, tails);
    const ran = kernel.kernel.constructor.mode; // of webgl2 it is 'gpu'
    if (ran !== (mode === 'webgpu' ? mode : 'gpu')) throw new Error(`it ran as ${ran}`);
    return out;
  };
  const leasts: Gpu['leasts'] = (heads, tails) => {
    const next = last.then(() => call(heads, tails));
    last = next.catch(() => undefined);
    return next;
  };
  for (const blocks of [512, 8]) await attempt(leasts, blocks);
  return { name: `${mode}: ${describe(kernel.kernel.context)}`, leasts };
}

/** Sums of numbers below 1/2 in size, against doubles: off by at most a unit in the last place. */
async function attempt(leasts: Gpu['leasts'], blocks: number): Promise<void> {
  const random = createRandom(blocks);
  const [heads, tails] = [blocks * GROUP, TAILS].map((length) => Float32Array.from({ length }, () => random.f64() - 0.5)) as [Float32Array, Float32Array];
  const found = await leasts(heads, tails);
  for (let block = 0; block < blocks; block++) {
    let least = Infinity;
    for (let i = 0; i < GROUP; i++) for (const tail of tails) least = Math.min(least, Math.abs(heads[block * GROUP + i]! + tail));
    if (!(Math.abs(found[block]! - least) <= 1.1920928955078125e-7)) throw new Error(`its sums are wrong: ${found[block]} for ${least}`); // 2^-23
  }
}

/** The device's own name for itself. */
function describe(context: unknown): string {
  const { adapter } = context as { adapter?: { info?: { vendor?: string; architecture?: string; device?: string; description?: string } } };
  if (adapter !== undefined) return [adapter.info?.vendor, adapter.info?.architecture, adapter.info?.device, adapter.info?.description].filter(Boolean).join(' ') || 'unnamed';
  const gl = context as WebGLRenderingContext;
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}
