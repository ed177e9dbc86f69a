/** The rules of the house, as code: who may import whom, where clocks and chance live, which mathematics decides a result. Each rule is shown to fail on a bad snippet. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { others, signatures } from './bits.mjs';
import { list, parse, read, root, type Source } from './sources.ts';

const below = ['studies', 'configs', 'strategies', 'experiment', 'executors', 'stores', 'plot', 'problems', 'optimizers', 'backend', 'platform', 'spaces', 'core'];
/** Left may import right. A folder may import itself; anyone core/types.ts, core/kernels.ts and assembly/portable. */
const table: { readonly [layer: string]: readonly string[] } = {
  index: [...below, 'version'],
  programs: [...below, 'version'],
  cli: [...below, 'commands', 'version'],
  commands: [...below, 'version'],
  version: [],
  browser: [...below, 'index', 'programs', 'worker'],
  worker: ['problems', 'optimizers', 'strategies', 'studies', 'backend', 'experiment', 'executors/job', 'executors/runs', 'stores', 'platform'],
  studies: ['strategies', 'experiment', 'executors', 'stores', 'plot', 'problems', 'optimizers', 'backend', 'platform', 'spaces', 'core', 'version', 'configs', 'build/font'],
  configs: [],
  strategies: ['optimizers', 'problems', 'spaces', 'core'],
  optimizers: ['spaces', 'core'],
  problems: ['spaces', 'core'],
  executors: ['experiment', 'platform', 'core'],
  experiment: ['core'],
  stores: ['core'],
  plot: ['core'],
  platform: ['core'],
  backend: ['core', 'build'],
  spaces: ['core'],
  core: [],
  assembly: [],
  'assembly/portable': [],
};
/** Packages by the files that may import them; `node:` modules are checked by what src/index.ts reaches. */
const packages: { readonly [name: string]: RegExp } = { fflate: /^src\/(experiment\/npy|studies\/png)\.ts$/, 'hyparquet-writer': /^src\/experiment\/export\.ts$/, tinypool: /^src\/platform\/tinypool\.ts$/ };

function layer(path: string): string {
  if (path.startsWith('assembly/portable/')) return 'assembly/portable';
  if (path.startsWith('assembly/')) return 'assembly';
  if (path.startsWith('build/')) return 'build';
  if (path === '#platform' || path === '#pool') return 'platform';
  return path.replace(/^src\//, '').replace(/(\/.*|\.ts)$/, '');
}

function badImports(source: Source): string[] {
  const from = layer(source.path);
  const may = table[from];
  if (may === undefined) return [`${source.path}: no layer "${from}" in the table`];
  return source.imports.flatMap(({ target, line }) => {
    const at = `${source.path}:${line} imports ${target}`;
    const to = layer(target);
    if (target.startsWith('node:')) return from === 'platform' || from === 'cli' || from === 'commands' ? [] : [`${at}: node: modules belong to src/platform and the command line`];
    if (!/^(src|assembly|build)\//.test(target) && !target.startsWith('#')) return packages[target]?.test(source.path) ? [] : [`${at}: a package that no rule allows there`];
    if (!target.startsWith('#') && !target.startsWith('build/') && !existsSync(join(root, target))) return [`${at}: no such file`];
    if (to === from || to === 'assembly/portable' || target === 'src/core/types.ts' || target === 'src/core/kernels.ts') return [];
    return may.includes(to) || may.includes(target.replace(/^src\/|\.ts$/g, '')) ? [] : [`${at}: ${from} may import ${may.join(', ') || 'nothing'}`];
  });
}

/** Exact in every engine, by the standard. */
const exact = new Set(['imul', 'clz32', 'sqrt', 'abs', 'min', 'max', 'floor', 'ceil', 'trunc', 'fround', 'round', 'sign', 'PI', 'E', 'LN2', 'LN10', 'LOG2E', 'LOG10E', 'SQRT2', 'SQRT1_2']);
function badUses(source: Source): string[] {
  const { path } = source;
  const clock = path === 'src/core/run.ts' || layer(path) === 'platform';
  const free = layer(path) === 'platform' || layer(path) === 'plot';
  return source.uses.flatMap(({ name, line }) => {
    const at = `${path}:${line} uses ${name}`;
    if (name === 'Math.random' || /^(Date|performance)\b/.test(name) || name === 'crypto.getRandomValues' || name === 'crypto.randomUUID') return clock ? [] : [`${at}: chance and time are arguments`];
    if ((/^Math\b/.test(name) && !exact.has(name.slice(5))) || /^(NativeMathf?|JSMath|Mathf)\b/.test(name) || name === '**') return free ? [] : [`${at}: its bits differ between engines; assembly/portable/math.ts has ours`];
    return [];
  });
}

/** Globals that only a page's main thread has. */
const dom = /^(document|window|localStorage|sessionStorage|DOMParser|XMLHttpRequest|alert|confirm|prompt|customElements|requestAnimationFrame|MutationObserver|ResizeObserver|history|screen|Image|Audio|HTML\w*Element|SVG\w*Element|Element|Node|CanvasRenderingContext2D)(\.|$)/;
function badPortable(source: Source): string[] {
  return [
    ...source.imports.filter(({ target, type }) => !type && target.startsWith('node:')).map(({ target, line }) => `${source.path}:${line} imports ${target}`),
    ...source.uses.filter(({ name }) => dom.test(name) || name === 'top-level await').map(({ name, line }) => `${source.path}:${line} uses ${name}`),
  ];
}

function badLength(source: Source): string[] {
  return source.lines <= 300 || /over 300 lines because/.test(source.header) ? [] : [`${source.path} has ${source.lines} lines and its header does not say "over 300 lines because ..."`];
}

/** Files whose code runs when `entry` is imported; `#platform` and `#pool` as a page resolves them. */
function reached(entry: string): Source[] {
  const web: { readonly [name: string]: string } = { '#platform': 'src/platform/web.ts', '#pool': 'src/platform/workers.ts' };
  const seen = new Map<string, Source>();
  const queue = [entry];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path) || path.startsWith('build/')) continue;
    const source = read(path);
    seen.set(path, source);
    for (const { target, type } of source.imports) if (!type && (web[target] !== undefined || target.startsWith('src/') || target.startsWith('assembly/'))) queue.push(web[target] ?? target);
  }
  return [...seen.values()];
}

const sources = [...list('src'), ...list('assembly').filter((path) => !path.includes('__tests__') && !path.endsWith('.d.ts'))].map(read);

describe('the sources', () => {
  test('there are some', () => expect(sources.length).toBeGreaterThan(20));
  test('import what the table allows', () => expect(sources.flatMap(badImports)).toEqual([]));
  test('use no clock, no chance and no mathematics of the host', () => expect(sources.flatMap(badUses)).toEqual([]));
  test('over 300 lines say why', () => expect(sources.flatMap(badLength)).toEqual([]));
  test('src/core/types.ts and src/core/kernels.ts are types only', () => {
    for (const path of ['src/core/types.ts', 'src/core/kernels.ts']) {
      const { imports } = read(path);
      expect(imports.filter(({ type }) => !type)).toEqual([]);
      expect(readFileSync(join(root, path), 'utf8')).not.toMatch(/^export (const|let|function|class|default)/m);
    }
  });
  test('that src/index.ts and src/programs.ts reach run on any page and in any worker', () => {
    for (const entry of ['src/index.ts', 'src/programs.ts']) {
      const portable = reached(entry);
      expect(portable.length).toBeGreaterThan(10);
      expect(portable.flatMap(badPortable)).toEqual([]);
    }
  });
});

/** Folders where one file is one thing, and files there that are no such thing, with the reason. */
const registries: { readonly [folder: string]: { readonly [file: string]: string } } = {
  'src/optimizers': { 'chain.ts': 'what descents are chains of', 'halving.ts': 'races optimizers that it is given', 'escape/adaptive.ts': 'escape, as it is by default', 'escape/faithful.ts': 'escape as published', 'escape/ledger.ts': 'what escapes have done', 'escape/scales.ts': 'how far candidates are drawn', 'escape/stagnation.ts': 'when a descent has stopped' },
  'src/strategies': { 'strategy.ts': 'what a strategy is', 'random.ts': 'the baseline of the ablations, which enters no race' },
  'src/problems': { 'wrap.ts': 'makes a problem of a user\'s function, and gradients for any problem', 'limit.ts': 'limits around any problem', 'combination.ts': 'a cycle of the combination problem; the study runs them', 'cycle.ts': 'the same as a problem: its parameters are lists, which a registry has no options for', 'compression.ts': 'its parameters are bytes, which a registry has no options for', 'data.ts': 'examples, which are no problem', 'data/arrays.ts': 'examples from arrays', 'data/cifar.ts': 'examples from files', 'data/csv.ts': 'examples from tables', 'data/idx.ts': 'arrays from files', 'data/split.ts': 'parts of examples', 'data/synthetic.ts': 'examples from our stream', 'network.ts': 'its parameters are data, which a registry has no options for', 'network/layers.ts': 'what it computes with', 'network/parts.ts': 'its answers in parts', 'program/assembler.ts': 'programs as text', 'program/container.ts': 'compressed files', 'program/file.ts': 'kernels as files', 'program/machine.ts': 'a kernel at work' },
  'src/problems/kernels': { 'builtin.ts': 'what a built-in kernel is' },
  'src/problems/combination': { 'strategy.ts': 'what a strategy is', 'halves.ts': 'how exact does it', 'pieces.ts': 'how workers share that out', 'convergent.ts': 'plans all cycles at once; the study walks them', 'twister.ts': 'what faithful sampling draws from', 'ledger.ts': 'what the strategies that choose their lines write down', 'filter.ts': 'goes around any strategy', 'propose.ts': 'goes around the exact ones', 'table.ts': 'rows of the truth table' },
  'src/stores': { 'key.ts': 'checks keys for all stores' },
};
function unregistered(folder: string, files: readonly string[], index: Source): string[] {
  const imported = new Set(index.imports.filter(({ type }) => !type).map(({ target }) => target));
  return files.filter((path) => !path.endsWith('/index.ts') && registries[folder]?.[path.slice(folder.length + 1)] === undefined && !imported.has(path)).map((path) => `${path} is not in ${folder}/index.ts`);
}
describe('the registries', () => {
  for (const folder of Object.keys(registries).filter((name) => list(name).length > 0)) {
    const files = list(folder).filter((path) => !path.startsWith('src/strategies/kit/') && !Object.keys(registries).some((other) => other.startsWith(`${folder}/`) && path.startsWith(`${other}/`)));
    test(`${folder}/index.ts has a line for every file`, () => expect(unregistered(folder, files, read(`${folder}/index.ts`))).toEqual([]));
  }
  test('a definition has the name of the file or of an export of it', async () => {
    for (const [folder, key] of [['optimizers', 'optimizers'], ['problems', 'problems']] as const) {
      const registry = (await import(/* @vite-ignore */ join(root, `src/${folder}/index.ts`))) as { [key: string]: readonly { name: string; about: string }[] };
      const defs = registry[key]!;
      expect(new Set(defs.map((def) => def.name)).size).toBe(defs.length);
      for (const def of defs) {
        expect(def.name).toMatch(/^[a-z][a-z0-9-]*$/);
        expect(def.about.length).toBeGreaterThan(10);
      }
      const exported = new Map<unknown, string>();
      for (const path of list(`src/${folder}`)) {
        const module = (await import(/* @vite-ignore */ join(root, path))) as { [name: string]: unknown };
        for (const [name, value] of Object.entries(module)) if (!Array.isArray(value)) exported.set(value, name);
      }
      // Problems may be rows of a table; an optimizer is an export of its own.
      for (const def of defs) if (folder === 'optimizers' || exported.has(def)) expect(exported.get(def)?.toLowerCase(), `the export of ${def.name}`).toBe(def.name.replace(/-/g, ''));
    }
  });
});

describe('the module', () => {
  let bytes: Buffer<ArrayBuffer>;
  let module: WebAssembly.Module;
  beforeAll(() => {
    bytes = readFileSync(join(root, 'build/nadir.wasm'));
    module = new WebAssembly.Module(bytes);
  });
  test('exports what src/core/kernels.ts declares and nothing else', async () => {
    const exports = WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'function').map(({ name }) => name).sort();
    expect(exports).toEqual([...(await signatures()).keys(), ...others].sort());
  });
  test('imports its memory only', () => expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]));
  test('is under 64 KB', () => expect(bytes.length).toBeLessThan(65_536));
});

describe('the checks can fail', () => {
  const imports = (path: string, text: string): number => badImports(parse(path, text)).length;
  const uses = (path: string, text: string): number => badUses(parse(path, text)).length;
  const portable = (text: string): number => badPortable(parse('src/core/x.ts', text)).length;

  test.each([
    ['src/optimizers/x.ts', "import { openBackend } from '../backend/index.ts';"],
    ['src/optimizers/x.ts', "import type { Problem } from '../problems/index.ts';"],
    ['src/problems/x.ts', "export { adam } from '../optimizers/descent.ts';"],
    ['src/core/x.ts', "export * from '../spaces/box.ts';"],
    ['src/core/x.ts', "const f = () => import('../plot/line.ts');"],
    ['src/core/x.ts', "let x: import('../spaces/box.ts').Box;"],
    ['src/spaces/x.ts', "import { readFile } from 'node:fs/promises';"],
    ['src/spaces/x.ts', "import lodash from 'lodash';"],
    ['src/executors/x.ts', "import { Tinypool } from 'tinypool';"],
    ['src/worker.ts', "import { threads } from './executors/threads.ts';"],
    ['src/stores/x.ts', "import { files } from '#platform';"],
    ['assembly/portable/x.ts', "import { vexp } from '../vector';"],
    ['assembly/random.ts', "import { show } from '../src/core/errors';"],
    ['src/core/x.ts', "import { nothing } from './nothing-there.ts';"],
    ['src/elsewhere/x.ts', ''],
  ])('%s: %s', (path, text) => expect(imports(path, text)).toBe(1));
  test('allowed imports pass', () => {
    expect(imports('src/optimizers/x.ts', "import type { Box } from '../core/types.ts'; import { box } from '../spaces/box.ts'; import { exp } from '../../assembly/portable/math.ts';")).toBe(0);
    expect(imports('src/executors/x.ts', "import { openPool } from '#pool'; import { now } from '../platform/index.ts';")).toBe(0);
    expect(imports('assembly/random.ts', "import { exp } from './portable/math';")).toBe(0);
    expect(imports('src/core/x.ts', "// import { x } from '../plot/line.ts';\nconst s = \"import { x } from '../plot/line.ts'\";")).toBe(0);
  });

  test.each([
    'Math.exp(1);', 'const y = Math.pow(x, 2);', "Math['sin'](1);", 'const { cos } = Math;', 'const M = Math;', 'globalThis.Math.tan(1);', 'x ** 2;', 'x **= 2;', 'Math.hypot(1, 2);',
    'Math.random();', 'Date.now();', 'new Date();', 'performance.now();', 'globalThis.performance.now();', 'const { Date: D } = globalThis;', 'const f = Math.log;', 'xs.map(Math.exp);', '`${Math.cbrt(2)}`;', 'crypto.randomUUID();',
  ])('%s', (text) => {
    expect(uses('src/core/x.ts', text)).toBe(1);
    expect(uses('src/platform/x.ts', text)).toBe(0);
  });
  test('chance is banned in assembly and in plots too, host mathematics is allowed in plots', () => {
    expect(uses('assembly/x.ts', 'Math.random();')).toBe(1);
    expect(uses('src/plot/x.ts', 'Math.random();')).toBe(1);
    expect(uses('src/plot/x.ts', 'Math.log(2) ** 2;')).toBe(0);
    expect(uses('src/core/run.ts', 'performance.now();')).toBe(0);
    expect(uses('src/core/run.ts', 'Math.exp(1);')).toBe(1);
  });
  test('comments, strings, properties, types and our own functions are no uses', () => {
    expect(uses('src/core/x.ts', '// Math.exp(1) ** 2\n/** Math.random, Date */\nconst s = "Math.exp(1) ** 2"; const t = `Date ${s} performance.now()`;')).toBe(0);
    expect(uses('src/core/x.ts', 'x.Date; x.performance.now(); ({ Date: 1 }); interface T { performance: Date }')).toBe(0);
    expect(uses('src/core/x.ts', "import { exp } from './math.ts'; exp(1); Math.sqrt(2) + Math.imul(3, 4);")).toBe(0);
    expect(uses('src/core/x.ts', 'const r = /Math.exp/; function f(performance: number) { return performance; }')).toBe(0);
  });

  test.each(["import { join } from 'node:path';", "export const f = () => import('node:fs');", 'document.title;', 'globalThis.window;', 'await f();', 'for await (const x of y) {}', 'const x = { a: await f() };', 'class A extends HTMLElement {}'])('a portable file may not: %s', (text) => expect(portable(text)).toBe(1));
  test('a portable file may', () => expect(portable("import type { X } from 'node:fs'; async function f() { await g(); for await (const x of y) x; } const window = 3; window + 1; x.document; // document\n")).toBe(0));

  test('a long file and an unregistered one', () => {
    const long = `${'x;\n'.repeat(301)}`;
    expect(badLength(parse('src/core/x.ts', long)).length).toBe(1);
    expect(badLength(parse('src/core/x.ts', `/** A table; over 300 lines because a row is a line. */\n${long}`)).length).toBe(0);
    expect(unregistered('src/optimizers', ['src/optimizers/a.ts', 'src/optimizers/b.ts', 'src/optimizers/index.ts'], parse('src/optimizers/index.ts', "import { a } from './a.ts';"))).toEqual(['src/optimizers/b.ts is not in src/optimizers/index.ts']);
  });
});
