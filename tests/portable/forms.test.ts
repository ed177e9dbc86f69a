/** The best subset of a form or of a callback, against an enumeration written here. */
import { describe, expect, it } from 'vitest';
import { createRandom, openBackend, subsets } from '../../src/index.ts';
import type { SubsetCallback } from '../../src/index.ts';
import { backends } from '../cases/backends.ts';

const bitsOf = (line: number, n: number): number[] => Array.from({ length: n }, (_, i) => Math.floor(line / 2 ** (n - 1 - i)) % 2);

/** The energy as the documentation says it. */
function energy(x: readonly number[], q: readonly (readonly number[])[], linear: readonly number[]): number {
  let s = 0;
  x.forEach((on, i) => {
    if (!on) return;
    let r = linear[i]!;
    x.forEach((other, j) => {
      if (other) r += q[i]![j]!;
    });
    s += r;
  });
  return s;
}
function best(q: readonly (readonly number[])[], linear: readonly number[], from = 0, to: number = 2 ** linear.length): { line: number; loss: number } {
  let found = { line: -1, loss: Infinity };
  for (let line = from; line < to; line++) {
    const loss = energy(bitsOf(line, linear.length), q, linear);
    if (loss < found.loss) found = { line, loss };
  }
  return found;
}

const random = createRandom(5);
/** Forms of every kind that has ties or rounds: real, integer, decimal, huge beside tiny, all equal, sparse, zero. */
const families: { readonly [name: string]: () => number } = {
  normal: () => random.normal(),
  integer: () => random.int(7) - 3,
  decimal: () => (random.int(21) - 10) / 10,
  mixed: () => [1e17, -1e17, 1, -1, 0.3, -0.1][random.int(6)]!,
  equal: () => -0.1,
  sparse: () => (random.int(4) === 0 ? random.normal() : 0),
  zero: () => 0,
  tiny: () => (random.int(9) - 4) * 5e-324,
};
const form = (n: number, draw: () => number): { q: number[][]; linear: number[] } => ({ q: Array.from({ length: n }, () => Array.from({ length: n }, draw)), linear: Array.from({ length: n }, draw) });

describe.each(backends)('on %s', (backend) => {
  it.each(Object.keys(families))('a form has the literal winner: %s', async (family) => {
    for (const n of [1, 2, 3, 5, 8, 9, 10, 11, 12]) {
      const { q, linear } = form(n, families[family]!);
      const { line, loss } = best(q, linear);
      const got = await subsets(n, { quadratic: q, linear }, { backend });
      expect([Array.from(got.selection), got.loss, got.exact, got.evaluations, got.stop]).toEqual([bitsOf(line, n), loss, true, 2 ** n, 'exhausted']);
      const flat = await subsets(n, { quadratic: q.flat() }, { backend });
      expect(flat.loss).toBe(best(q, linear.map(() => 0)).loss);
    }
  });
  it('stops where it is told, with the best so far', async () => {
    const { q, linear } = form(11, families['normal']!);
    for (const cost of [1, 2, 3, 7, 1000, 1025, 2047, 2048, 1e9]) {
      const { line, loss } = best(q, linear, 0, Math.min(cost, 2048));
      expect(await subsets(11, { quadratic: q, linear }, { backend, cost })).toMatchObject({ selection: Uint8Array.from(bitsOf(line, 11)), loss, exact: cost >= 2048, evaluations: Math.min(cost, 2048), stop: cost >= 2048 ? 'exhausted' : 'budget' });
    }
    expect(await subsets(11, { quadratic: q, linear }, { backend, target: best(q, linear).loss })).toMatchObject({ stop: 'target', exact: true });
  });
  it('a form and a callback agree', async () => {
    const { q, linear } = form(9, families['decimal']!);
    const batches: number[] = [];
    const callback: SubsetCallback = (rows, n, count) => {
      batches.push(count);
      return Array.from({ length: count }, (_, k) => energy(Array.from(rows.subarray(k * n, k * n + n)), q, linear));
    };
    const { selection, loss } = await subsets(9, { quadratic: q, linear }, { backend });
    for (const f of [callback, async (...args: Parameters<SubsetCallback>) => callback(...args)]) {
      expect(await subsets(9, f, { backend, batch: 100 })).toMatchObject({ selection, loss, exact: true, evaluations: 512, stop: 'exhausted', method: 'every subset' });
    }
    expect(batches.slice(0, 6)).toEqual([100, 100, 100, 100, 100, 12]);
  });
});

it('the kernel goes by pieces, from what it is given, with the same answer on every backend', async () => {
  const opened = await Promise.all(backends.map((name) => openBackend(name, 1 << 20)));
  for (const family of Object.keys(families)) {
    for (const [n, depth, width] of [[1, 0, 1e-9], [4, 2, 0.01], [10, 10, 1e-9], [12, 11, 1e-9], [13, 10, 1e3], [13, 3, 1e-9]] as const) {
      const { q, linear } = form(n, families[family]!);
      if (['mixed'].includes(family)) continue; // the width must cover the rounding
      for (const piece of [0, 2 ** (n - depth) - 1, 2 ** (n - depth) >> 1]) {
        const want = best(q, linear, piece * 2 ** depth, (piece + 1) * 2 ** depth);
        const answers = opened.map((backend) => {
          const base = backend.scratch.pointer + 4096;
          const at = (i: number): number => base + i * 32768;
          backend.f64.set([0.25, -1], at(0) / 8);
          backend.f64.set(q.flat(), at(2) / 8);
          backend.f64.set(linear, at(3) / 8);
          backend.kernels.qubo(at(0), at(1), at(2), at(3), n, depth, piece, width);
          return Array.from(backend.f64.subarray(at(0) / 8, at(0) / 8 + 2));
        });
        for (const answer of answers) expect(answer).toEqual(want.loss < 0.25 ? [want.loss, want.line] : [0.25, -1]);
      }
    }
  }
});

it('twenty items, planted: the one subset whose form is a sum of squares of nothing', async () => {
  // sum over edges of (x_i - s_i)^2 weights: linear 1 - 2 s_i, so that the selection s has -|s| and no other so little; couplings that s keeps at 0.
  for (const n of [20, 22]) {
    const s = Array.from({ length: n }, () => random.int(2));
    const q = s.map((a, i) => s.map((b, j) => (i !== j && !(a && b) ? random.f64() : 0)));
    const got = await subsets(n, { quadratic: q, linear: s.map((a) => 1 - 2 * a) });
    expect([Array.from(got.selection), got.loss, got.exact]).toEqual([s, -s.reduce((sum, a) => sum + a, 0), true]);
  }
});

describe('with an optimizer', () => {
  it.each(['genetic', 'annealing', 'aging'])('%s finds a planted subset of 60, the same for a form and a callback', async (optimizer) => {
    const n = 60;
    const hidden = Array.from({ length: n }, () => random.int(2));
    const callback: SubsetCallback = (rows, width, count) => Float64Array.from({ length: count }, (_, k) => hidden.reduce((d, bit, i) => d + Math.abs(bit - rows[k * width + i]!), 0));
    const got = await subsets(n, callback, { optimizer, seed: 3, cost: 20000, target: 0 });
    expect(got).toMatchObject({ selection: Uint8Array.from(hidden), loss: 0, exact: false, method: optimizer, stop: 'target' });
    const quadratic = hidden.map((_, i) => hidden.map((_v, j) => (i === j ? 1 - 2 * hidden[i]! : 0)));
    const same = await subsets(n, { quadratic }, { optimizer, seed: 3, cost: 20000, target: -hidden.reduce((a, b) => a + b, 0) });
    expect([same.selection, same.evaluations]).toEqual([got.selection, got.evaluations]);
  });
});

describe('what goes wrong', () => {
  it('failures lose and are counted', async () => {
    const odd: SubsetCallback = (rows, n, count) => Array.from({ length: count }, (_, k) => (rows[k * n + n - 1] === 1 ? NaN : -rows[k * n]!));
    expect(await subsets(4, odd)).toMatchObject({ loss: -1, selection: Uint8Array.of(1, 0, 0, 0), failures: { count: 8 } });
    await expect(subsets(3, () => { throw new Error('no'); })).rejects.toThrow('every one of the 8 evaluations failed; the first: the objective threw: no');
    await expect(subsets(3, () => [1])).rejects.toThrow('the objective returned 1 losses for 8 subsets');
    await expect(subsets(3, () => undefined as unknown as number[])).rejects.toThrow('the objective returned undefined for 8 subsets');
  });
  it.each([
    [0, [], {}, 'n is 0; allowed: an integer from 1'],
    [41, { quadratic: [] }, {}, 'n is 41; allowed for every subset of a quadratic form: up to 40; beyond, give an optimizer: "genetic" say'],
    [31, () => [], {}, 'n is 31; allowed for every subset of a callback: up to 30; beyond, give an optimizer: "genetic" say'],
    [2, 7, {}, 'objective is 7; allowed: { quadratic, linear } or a function (selections, n, count) => losses'],
    [2, { quadratic: [1, 2, 3] }, {}, 'quadratic has 3 numbers; allowed: 2 rows of 2 numbers, or 4 numbers'],
    [2, { quadratic: [[1, 2], [3]] }, {}, 'row 1 of quadratic has 1 numbers; allowed: 2'],
    [2, { quadratic: [[1, 2], [3, NaN]] }, {}, 'quadratic[1][1] is NaN; allowed: a finite number'],
    [2, { quadratic: [1, 2, 3, 4], linear: [1] }, {}, 'linear has 1 numbers; allowed: 2'],
    [2, { quadratic: [1e308, 1e308, 1e308, 4] }, {}, "the sizes of the form's numbers sum to Infinity; allowed: below 2^1023"],
    [2, { quadratic: [1, 2, 3, 4] }, { optimizer: 'adam' }, 'optimizer adam works on space box; problem "subsets" is over bits'],
    [2, { quadratic: [1, 2, 3, 4] }, { costs: 3 }, 'unknown option "costs" of subsets; have '],
    [2, { quadratic: [1, 2, 3, 4] }, { cost: 0 }, 'cost is 0; allowed: a number from 1'],
    [2, { quadratic: [1, 2, 3, 4] }, { milliseconds: -1 }, 'milliseconds is -1; allowed: a number above 0'],
  ])('n %s, case %#', async (n, objective, options, message) => {
    await expect(subsets(n as number, objective as never, options as never)).rejects.toThrow(message as string);
  });
  it('a signal ends it with the best so far', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 60);
    const quadratic = Float64Array.from({ length: 40 * 40 }, () => random.normal());
    const got = await subsets(40, { quadratic }, { signal: stop.signal });
    expect(got).toMatchObject({ stop: 'aborted', exact: false });
    expect(got.loss).toBeLessThan(0);
    await expect(subsets(2, { quadratic: [1, 2, 3, 4] }, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    expect(await subsets(40, { quadratic }, { milliseconds: 30 })).toMatchObject({ stop: 'time' });
  });
});
