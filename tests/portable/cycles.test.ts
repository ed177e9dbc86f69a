/** What `combinations` does around its strategies: checks, stops, reports, the truth table. */
import { describe, expect, it } from 'vitest';
import { combinations, NadirError } from '../../src/index.ts';
import type { CombinationOptions, CycleWinner } from '../../src/index.ts';
import { backends } from '../cases/backends.ts';

const wave = (n: number): number[] => Array.from({ length: n }, (_, i) => (((i + 1) * 7919) % 1009) / 8 - 40 + 1 / (i + 3));

describe('bad input', () => {
  const cases: [string, () => Promise<unknown>, RegExp][] = [
    ['no coefficients', () => combinations([], 1), /^coefficients is \[\]; allowed: finite numbers, at least one/],
    ['NaN', () => combinations([1, NaN], 1), /^coefficients\[1\] is NaN; allowed: a finite number/],
    ['an infinite one', () => combinations([Infinity], 1), /^coefficients\[0\] is Infinity/],
    ['only tiny ones', () => combinations([1e-9, -1e-8], 1), /^the largest coefficient, coefficients\[1\], is -1e-8; allowed: at least one above 1e-8 in size/],
    ['target', () => combinations([1], NaN), /^target is NaN/],
    ['tolerance', () => combinations([1], 1, { tolerance: -1 }), /^tolerance is -1; allowed: a number from 0/],
    ['maxIter 0', () => combinations([1], 1, { maxIter: 0 }), /^maxIter is 0; allowed: an integer from 1/],
    ['maxIter 1.5', () => combinations([1], 1, { maxIter: 1.5 }), /^maxIter is 1.5/],
    ['initialWpn', () => combinations([1], 1, { initialWpn: 0 }), /^initialWpn is 0; allowed: a number other than 0/],
    ['bounds', () => combinations([1], 1, { wpnBounds: [2, 2] }), /^wpnBounds is \[2,2\]; allowed: \[lower, upper\] with lower below upper/],
    ['a bound that is no number', () => combinations([1], 1, { wpnBounds: [NaN, 2] }), /^wpnBounds\[0\] is NaN; allowed: a number, null for an infinite one/],
    ['a table without a name', () => combinations([1], 1, { truthTable: '' }), /^truthTable "" cannot be written: it names no file/],
    ['strategy', () => combinations([1], 1, { strategy: 'exacct' }), /^unknown strategy "exacct"; did you mean exact\?/],
    ['option', () => combinations([1], 1, { tolerence: 1 } as CombinationOptions), /^unknown option "tolerence" of combinations; have tolerance, /],
    ['too many', () => combinations(wave(65), 1, { strategy: 'exact' }), /^there are 65 coefficients; allowed for strategy exact with 1073741824 bytes: up to 64; sampling, grouped or greedy take more/],
    ['too little memory', () => combinations(wave(60), 1, { strategy: 'exact', memory: 1048576 }), /^there are 60 coefficients; allowed for strategy exact with 1048576 bytes: up to \d+;/],
    ['a table of too many lines', () => combinations(wave(31), 1, { truthTable: new WritableStream() }), /^there are 31 coefficients; allowed in a truth table: up to 30/],
    ['a table nowhere', () => combinations([1], 1, { truthTable: 7 as unknown as string }), /^truthTable is 7; allowed: a WritableStream of bytes, or a path/],
    ['sums that overflow', () => combinations(wave(30).map((c) => c * 1e306), 1), /^the sums of these 30 weighted coefficients overflow; allowed then: up to 24/],
    ['an aborted signal', () => combinations([1], 1, { signal: AbortSignal.abort() }), /^the signal was aborted before the start/],
  ];
  it.each(cases)('%s', async (_name, call, message) => {
    const error = await call().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(NadirError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toMatch(/\n/);
  });
});

it('sums of few coefficients may overflow: infinities are compared, not-a-number loses', async () => {
  // Lines 01, 10, 11: 1e308, Infinity (1e308 * 4), Infinity. The target is nearest to 1e308.
  const { winners } = await combinations([1e308, 1e308], 1, { maxIter: 1, initialWpn: 4 });
  expect(winners[0]).toMatchObject({ line: '1', result: Infinity, deltaAbs: Infinity });
  const two = await combinations([1e308, 0.5], 1, { maxIter: 1, initialWpn: 4 });
  expect(two.winners[0]).toMatchObject({ line: '1', result: 2, deltaAbs: 1 });
});

it('stops when the state repeats, if asked to', async () => {
  // 1 is too high, so it is committed with a factor of 1 for ever.
  const plain = await combinations([1], 1e-3, { wpnBounds: [1, 2], maxIter: 20 });
  expect(plain).toMatchObject({ stop: 'budget', cycles: 20, weights: [1] });
  const out = await combinations([1], 1e-3, { wpnBounds: [1, 2], stallStop: true });
  expect(out).toMatchObject({ stop: 'stagnation', converged: false, weights: [1] });
  expect(out.cycles).toBeLessThan(5);
});

it('reports every cycle, the best seen beside the last, and counts beyond 2^53 as text', async () => {
  const seen: CycleWinner[] = [];
  const result = await combinations([22, 37, 9, 41], 78.9, { maxIter: 30, onCycle: (winner) => void seen.push(winner) });
  expect(seen).toEqual(result.winners);
  const least = Math.min(...seen.map(({ deltaAbs }) => deltaAbs));
  expect(result.best).toMatchObject({ delta: least, cycle: seen.find(({ deltaAbs }) => deltaAbs === least)!.cycle });
  expect(result.delta).toBeGreaterThan(result.best.delta);
  if (backends[0] === 'simd') expect((await combinations(wave(54), 1e9, { maxIter: 1, earlyStopping: true, tolerance: 1e12 })).evaluations).toBe(1);
});

it.each(['exact', 'brute'])('an abort in the middle of a cycle keeps the nearest line so far, %s', async (strategy) => {
  const c = wave(strategy === 'exact' ? 56 : 40);
  const target = 333.25;
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 1000);
  const { stop, cycles, weights, best } = await combinations(c, target, { strategy, signal: controller.signal, memory: 16777216 });
  expect([stop, cycles, best.cycle]).toEqual(['aborted', 0, 1]);
  expect(weights.some((w) => w !== 0)).toBe(false);
  expect(best.delta).toBeLessThan(1);
  expect(best.delta).toBe(Math.abs(c.reduce((s, x, i) => s + x * best.weights[i]!, 0) - target));
});

it('an abort keeps what is done', async () => {
  const controller = new AbortController();
  const result = await combinations(wave(12), 1e9, { maxIter: 1000, signal: controller.signal, onCycle: ({ cycle }) => void (cycle === 3 && controller.abort()) });
  expect(result).toMatchObject({ stop: 'aborted', converged: false, cycles: 3 });
  expect(result.best.cycle).toBeGreaterThan(0);
});

it('an abort ends a long cycle', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  const result = await combinations(wave(40), 123.4, { maxIter: 1, strategy: 'brute', signal: controller.signal });
  expect(result).toMatchObject({ stop: 'aborted', cycles: 0 });
  expect(result.best.delta).toBeLessThanOrEqual(123.4);
});

it('runs that overlap do not disturb each other', async () => {
  const many = (n: number) => combinations(wave(n), 77.7, { maxIter: 3, memory: 1 << 23 });
  const apart = [await many(34), await many(33), await many(34)];
  expect(await Promise.all([many(34), many(33), many(34)])).toEqual(apart);
});

describe('the truth table', () => {
  const rows = async (options: CombinationOptions): Promise<{ text: string; most: number }> => {
    let text = '';
    let most = 0;
    let waiting = 0;
    const decoder = new TextDecoder();
    const truthTable = new WritableStream<Uint8Array>({
      async write(bytes) {
        most = Math.max(most, ++waiting);
        await new Promise((resolve) => setTimeout(resolve, 1));
        text += decoder.decode(bytes);
        waiting--;
      },
    });
    await combinations([15, 47, -12], 28, { ...options, truthTable });
    return { text, most };
  };
  it('has the published columns and a row a line', async () => {
    const { text } = await rows({ tolerance: 2 });
    const lines = text.split('\n');
    expect(lines.slice(0, 4)).toEqual([
      'cycle,line,combo,weights_before,wpn,result,delta_abs,delta_cond,is_winner',
      '1,1,001,0 0 0,1,-12,40,-40,0',
      '1,2,010,0 0 0,1,47,19,19,0',
      '1,3,011,0 0 0,1,35,7,7,1',
    ]);
    expect(lines.at(-2)).toBe('3,7,111,0.5 0.5 0.5,0.25,6.25,21.75,-21.75,0');
    expect(lines).toHaveLength(1 + 21 + 1);
  });
  it('ends where early stopping does', async () => {
    expect((await rows({ tolerance: 2, earlyStopping: true })).text.trimEnd().split('\n')).toHaveLength(1 + 15);
  });
  it('waits for its reader', async () => {
    let [bytes, most, open] = [0, 0, 0];
    const truthTable = new WritableStream<Uint8Array>({
      async write(chunk) {
        most = Math.max(most, ++open);
        await new Promise((resolve) => setTimeout(resolve, 0));
        bytes += chunk.length;
        open--;
      },
    });
    await combinations(wave(14), 50, { maxIter: 1, truthTable });
    expect(most).toBe(1);
    expect(bytes).toBeGreaterThan(500_000);
  });
});
