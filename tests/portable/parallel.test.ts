/** Exact over workers: pieces against the literal enumeration in this thread, then real workers against one thread and answers known by construction. */
import { beforeAll, describe, expect, it } from 'vitest';
import { openPool } from '#pool';
import { combinations, createRandom, openBackend } from '../../src/index.ts';
import type { Backend, CombinationOptions, CombinationResult } from '../../src/index.ts';
import { literal, terms, type Cycle } from '../../src/problems/combination.ts';
import { answer } from '../../src/problems/combination/parallel.ts';
import { together, type Piece } from '../../src/problems/combination/pieces.ts';
import type { Tools } from '../../src/problems/combination/strategy.ts';
import { teamOf } from '../../src/studies/tools.ts';
import { backends } from '../cases/backends.ts';
import { moduleOf } from '../cases/executor.ts';

/** Random, equal, tiny beside huge, integers and decimals; targets hit, nearly hit and out of reach. */
function* cycles(count: number, least: number, most: number, seed: number): Generator<Cycle> {
  const random = createRandom(seed);
  const families = [() => random.normal(), () => random.int(5) - 2, () => [7, 7, 0.1, 0][random.int(4)]!, () => [1e300, -1e300, 0.3, 1e-300][random.int(4)]!, () => (random.int(2001) - 1000) / 100];
  for (let i = 0; i < count; i++) {
    const n = least + random.int(most - least + 1);
    const coefficients = Float64Array.from({ length: n }, families[i % families.length]!);
    const weights = Float64Array.from({ length: n }, () => [0, 0, 1, 0.5, 2][random.int(5)]!);
    const wpn = [1, 0.5, 0.25, -1][random.int(4)]!;
    const pairs = terms({ coefficients, weights, wpn, target: 0 });
    let some = 0;
    for (let j = 0; j < n; j++) some += pairs[2 * j + random.int(2)]!;
    const within = [undefined, 0, 0.5, 1e-12, 100, undefined][random.int(6)];
    yield { coefficients, weights, wpn, target: [some, some * (1 + 1e-15), some + 0.005, 1e9, -3][random.int(5)]!, ...(within === undefined ? {} : { within }) };
  }
}

describe.each(backends)('pieces on %s', (name) => {
  let backend: Backend;
  let pointer: number;
  beforeAll(async () => {
    backend = await openBackend(name, 1 << 23);
    pointer = backend.array(900000).byteOffset;
  });
  it.each(['halves', 'brute'] as const)('%s: the winner of 1 to 7 workers is that of the enumeration', async (how) => {
    const wrong: string[] = [];
    let i = 0;
    for (const cycle of cycles(600, 3, how === 'halves' ? 12 : 9, 31)) {
      const workers = 1 + (i++ % 7);
      const alone = { backend, memory: 1 << 22, random: createRandom(0), kept: new Map(), room: () => ({ backend, pointer }), pause: () => undefined };
      const tools: Tools = { ...alone, team: { workers, run: (piece: Piece) => answer(piece, { ...alone, memory: piece.memory }) } };
      const found = await together(how, cycle, terms(cycle), tools, { least: 0, small: 2 });
      const { line, result } = literal(cycle);
      if (found?.line !== line || !Object.is(found.result, result)) wrong.push(`${workers} workers: ${JSON.stringify({ ...cycle, coefficients: Array.from(cycle.coefficients), weights: Array.from(cycle.weights) })}: line ${found?.line} (${found?.result}), expected ${line} (${result})`);
    }
    expect(wrong.slice(0, 3)).toEqual([]);
  });
});

describe('workers', () => {
  const random = createRandom(5);
  const decimal = Array.from({ length: 40 }, () => (random.int(2001) - 900) / 100);
  const real = Array.from({ length: 40 }, () => random.normal());
  const equal = Array.from({ length: 41 }, (_, i) => (i % 3 === 0 ? 7.3 : 2.1));
  const lines = Array.from({ length: 22 }, () => random.f64());
  const items: { [name: string]: [number[], number, CombinationOptions] } = {
    'real numbers': [real, 1.2345, {}],
    'many ties': [decimal, 12.34, {}],
    'equal coefficients': [equal, 40.3, {}],
    'early stopping, found late': [real.map(Math.abs), 30, { tolerance: 1e-7, earlyStopping: true }],
    'early stopping, never': [equal, 40.35, { tolerance: 1e-4, earlyStopping: true }],
    'every line': [lines, 3.3, { strategy: 'brute' }],
    'every line, early': [lines, 9.9, { strategy: 'brute', tolerance: 1e-4, earlyStopping: true }],
  };
  const told = ({ winners, weights, evaluations, stop }: CombinationResult): unknown => ({ winners, weights, evaluations, stop });
  it.each(Object.keys(items))('the same with 0, 1, 2 and 3 workers, in pages 0 and 2: %s', async (name) => {
    const [c, target, options] = items[name]!;
    const want = told(await combinations(c, target, { maxIter: 2, ...options }));
    for (const workers of 'document' in globalThis ? [2] : [1, 2, 3]) expect(told(await combinations(c, target, { maxIter: 2, ...options, workers }))).toEqual(want);
  });

  it('finds the only line there is: the binary digits of the target', async () => {
    const c = Array.from({ length: 40 }, (_, i) => 2 ** (39 - i));
    const { winners, converged, strategy } = await combinations(c, 0x9_8765_4321, { strategy: 'parallel' });
    expect([winners.map(({ line }) => line), converged, strategy]).toEqual([[String(0x9_8765_4321)], true, 'parallel']);
  });

  it('stops in the middle of a cycle', async () => {
    const c = Array.from({ length: 50 }, () => random.normal());
    const begun = performance.now();
    const { stop, cycles: done } = await combinations(c, 1, { workers: 2, signal: AbortSignal.timeout(150), memory: 1 << 24 });
    expect([stop, done]).toEqual(['aborted', 0]);
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  // How one dies in a page is in executor.test.ts, with what vitest needs there.
  if (!('__vitest_browser_runner__' in globalThis)) it('a worker that dies is an error that says so', async () => {
    const leave = { kind: 'call', module: moduleOf('export const run = () => { globalThis.process?.exit ? process.exit(7) : close(); return new Promise(() => {}); }'), export: 'run', args: [] };
    const team = teamOf({ name: 'reference' }, 2, undefined, async (options) => {
      const pool = await openPool(options);
      return { ...pool, run: () => pool.run(leave) };
    });
    await expect(team.run({} as Piece)).rejects.toMatchObject({ code: 'worker', message: expect.stringMatching(/^a worker died: it (exited with status 7|called close\(\))/) });
    await team.close();
  });

  it.each([-1, 1.5, 257, NaN, '2', null])('refuses %j', async (workers) => {
    await expect(combinations([1, 2], 3, { workers: workers as number })).rejects.toMatchObject({ code: 'input', message: expect.stringMatching(/^workers is .*; allowed: an integer from 0 to 256$/) });
  });
});
