/** The search over recipes: kernels of recipes are what they say, and a search that is saved and restored anywhere asks what the one that was not interrupted asks. */
import { describe, expect, it } from 'vitest';
import * as op from '../../assembly/portable/opcodes.ts';
import { crc32Bytes } from '../../src/core/crc.ts';
import { resolve } from '../../src/core/options.ts';
import { createRandom } from '../../src/core/random.ts';
import { seal, unseal } from '../../src/core/snapshot.ts';
import { emptyKernel, same, type Kernel } from '../../src/spaces/program.ts';
import { kmeans } from '../../src/strategies/kmeans.ts';
import { svd } from '../../src/strategies/svd.ts';
import { assemble, EMPTY, type Readout, type Recipe } from '../../src/strategies/kit/recipe.ts';
import { vary } from '../../src/strategies/kit/moves.ts';
import { prose } from '../cases/machine.ts';
import type { Optimizer, Snapshot } from '../../src/core/types.ts';

const codes = ({ words }: Kernel): number[] => Array.from(words, (word) => word >>> 26).filter((code) => code !== 0);
const none = (): Readout => {
  throw new Error('nothing to learn');
};

describe('recipes', () => {
  it('assemble to the words they say', () => {
    const recipe: Recipe = {
      inputs: [{ context: ['o2'], by: 'CM', limit: 5 }, { context: ['w0', 'o1'], by: 'ICM', limit: 6 }, { context: ['o2'], by: 'ISSE', limit: 0 }, { context: ['o6'], by: 'MATCH', limit: 7 }],
      mixers: [{ context: [], mode: 0, rate: 3 }, { context: ['b0'], mode: 2, rate: 4 }], refinements: [{ context: ['o2'], k: 2 }], weight: 1,
    };
    const kernel = assemble(recipe, none)!;
    expect(codes(kernel)).toEqual([op.ORD, op.WORD, op.ORD, op.ORD, op.BYTE, op.HASH, op.CM, op.ICM, op.ISSE, op.MATCH, op.BIAS, op.MIX, op.MIX, op.MIX2, op.APM, op.OUT]);
    const [, , , , , hash, cm, icm, isse, , bias] = Array.from(kernel.words);
    expect((hash! >>> 16) & 31).toBe(1); // WORD's register
    expect((hash! >>> 10) & 63).toBe(2); // order 1's
    expect((icm! >>> 16) & 31).toBe((hash! >>> 21) & 31);
    expect((isse! >>> 16) & 31).toBe((cm! >>> 16) & 31);
    expect((isse! >>> 10) & 63).toBe(1); // the input before it
    expect((bias! >>> 21) & 31).toBe(5); // after the two of MATCH
    expect(Array.from(kernel.doubles.subarray(992, 998))).toEqual([...new Array<number>(5).fill(1 / Math.sqrt(5)), 0]);
  });

  it('without inputs are the empty program, and too large ones are none', () => {
    expect(same(assemble(EMPTY, none)!, emptyKernel())).toBe(true);
    const input = (n: number): Recipe['inputs'][number] => ({ context: [`s${n + 1}`], by: 'CM', limit: 1 });
    const mixers = [{ context: [], mode: 0, rate: 3 }];
    const of = (n: number): Recipe => ({ ...EMPTY, inputs: Array.from({ length: n }, (_, i) => input(i)), mixers });
    expect(assemble(of(24), none)).toBeDefined();
    expect(assemble(of(25), none)).toBeUndefined();
    const wide: Readout = { feat: 0, table: undefined, code: op.NEAR, b: 63, rows: new Float64Array(1000) };
    expect(assemble({ ...of(1), inputs: [{ context: ['@wide'], by: 'CM', limit: 1 }] }, () => wide)).toBeUndefined();
  });

  it('vary into others that are never themselves', () => {
    const random = createRandom(4);
    let recipe = EMPTY;
    let fit = 0;
    for (let i = 0; i < 2000; i++) {
      const next = vary(recipe, { sample: (stream) => `${stream.int(9)}`, vary: (name) => `${name}1` }, random);
      expect(next).not.toEqual(recipe);
      const kernel = assemble(next, () => ({ feat: 1, table: undefined, code: op.NEAR, b: 3, rows: new Float64Array(16) }));
      if (kernel === undefined) continue;
      fit++;
      recipe = next;
    }
    expect(fit).toBeGreaterThan(200);
  });
});

/** A loss that any change of a kernel or a share moves, and that more instructions lower. */
const loss = ({ words, doubles }: Kernel, share: number): number => {
  const noise = crc32Bytes(new Uint8Array(words.buffer), 0, 256, crc32Bytes(new Uint8Array(doubles.buffer))) / 4294967296;
  return 8 - codes({ words, doubles }).length / 16 + 0.1 * noise + 0.01 * share;
};

describe.each([kmeans, svd])('$name', (def) => {
  const long = prose(createRandom(1), 280_000);
  const short = long.subarray(0, 35_000);
  const params = resolve(def.name, def.options as never, { windows: 64 }) as never;
  const again = (saved: Snapshot): Snapshot => unseal('t', JSON.parse(JSON.stringify(seal('t', saved))));
  /** `n` batches; every time `cut` says so, before and after the ask, the search is saved and restored by someone with another stream. */
  function walk(corpus: Uint8Array, n: number, cut: (i: number) => boolean, saved?: Snapshot): { log: unknown[]; state: Snapshot } {
    const open = (seed: number, from?: Snapshot): Optimizer<Kernel> => def.start(params, { random: createRandom(seed), backend: undefined as never, corpus, bits: 16, cost: 1e6 }, from);
    let search = open(1, saved);
    const log: unknown[] = [];
    for (let i = 0; i < n; i++) {
      if (cut(2 * i)) search = open(9, again(search.save()));
      search.ask();
      if (cut(2 * i + 1)) search = open(8, again(search.save()));
      const batch = search.ask()!;
      const answers = Float64Array.from(batch.xs, (x) => loss(x, batch.fidelity ?? 1));
      log.push([batch.fidelity, batch.above, batch.effort, ...answers]);
      search.tell(batch, { loss: answers });
    }
    return { log, state: search.save() };
  }

  it('goes on exactly from any ask, on every level, and on a longer text', () => {
    const whole = walk(short, 24, () => false);
    const cut = walk(short, 24, (i) => i % 3 === 0 || i % 7 === 1);
    expect(cut.log).toEqual(whole.log);
    expect(seal('t', cut.state)).toEqual(seal('t', whole.state));
    const more = walk(long, 12, () => false, whole.state);
    expect(walk(long, 12, (i) => i % 2 === 1, again(cut.state)).log).toEqual(more.log);
    // Shares are powers of 1/8, and all of them are asked for.
    expect(new Set(more.log.map((entry) => (entry as unknown[])[0]))).toEqual(new Set([undefined, 1 / 8, 1 / 64]));
    const [first] = more.log as number[][];
    const best = (whole.state as unknown as { best: Kernel }).best;
    expect(first!.slice(3)).toContain(loss(best, 1));
  });

  it('never goes to a recipe that is worse on the whole text', () => {
    const { log } = walk(short, 60, () => false);
    let bound = Infinity;
    for (const [fidelity, above] of log as [number | undefined, number | undefined][]) {
      if (fidelity !== undefined || above === undefined) continue;
      expect(above).toBeLessThanOrEqual(bound);
      bound = above;
    }
    expect(bound).toBeLessThan(7);
  });
});
