import { describe, expect, it } from 'vitest';
import { bootstrap, createRandom, ecdf, ert, holm, median, quantile, ranksum, runtimes, summary, targets, wins, type Alternative, type Random } from '../../src/index.ts';
import { phi, probit } from '../../src/experiment/normal.ts';

const near = (got: number, answer: number, relative = 1e-12): void => {
  if (Object.is(got, answer)) return;
  expect(Math.abs(got - answer), `${got} instead of ${answer}`).toBeLessThanOrEqual(relative * Math.abs(answer));
};
const tails: readonly Alternative[] = ['two-sided', 'less', 'greater'];

// Vectors from "scipy" and "numpy": scipy 1.17.1, numpy 2.4.6, printed by Python's repr.
describe('quantiles', () => {
  const v = [3.5, -1.25, 8, 0.5, 2.75, 100, 7.125];
  it('equal numpy.quantile', () => {
    [0, 0.1, 0.25, 0.5, 0.9, 1].forEach((p, i) => near(quantile(v, p), [-1.25, -0.19999999999999984, 1.625, 3.5, 44.80000000000003, 100][i]!, 1e-14));
    const s = summary(v);
    near(s.mean, 17.232142857142858);
    near(s.sd, 36.64642636705781);
    expect([s.n, s.min, s.q1, s.median, s.q3, s.max]).toEqual([7, -1.25, 1.625, 3.5, 7.5625, 100]);
  });
  it('keep infinities apart, and leave their argument alone', () => {
    const w = Float64Array.of(Infinity, 1, Infinity, 2);
    expect(quantile(w, 0.25)).toBe(1.75);
    expect(median(w)).toBe(Infinity);
    expect(quantile(w, 0.9)).toBe(Infinity);
    expect([...w]).toEqual([Infinity, 1, Infinity, 2]);
    expect(summary([5]).sd).toBeNaN();
  });
});

describe('running times', () => {
  it('ert is the mean time of successes plus the failures each success pays for', () => {
    // E[T] = E[T_s] + (1 - p) / p E[T_us] (Auger and Hansen 2005): p = 2/5, means 150 and 1000.
    near(ert([100, 200, 1000, 900, 1100], [true, true, false, false, false]), 150 + (0.6 / 0.4) * 1000);
    expect(ert([10, 20], [false, false])).toBe(Infinity);
    expect(ert([10, 20], [1, 1])).toBe(15);
  });
  it('targets are powers of ten where they should be', () => {
    const t = targets();
    expect(t.length).toBe(51);
    for (let i = 0; i <= 10; i++) near(t[5 * i]!, Number(`1e${2 - i}`), 1e-14);
    for (let i = 1; i < 51; i++) near(t[i - 1]! / t[i]!, 1.5848931924611134, 1e-13); // 10^(1/5)
    expect([t[0], t[50]]).toEqual([100, 1e-8]);
  });
  it('runtimes are the first cost at or below each target', () => {
    const trace = [{ cost: 1, loss: 53 }, { cost: 4, loss: 12 }, { cost: 9, loss: 3 }];
    expect([...runtimes(trace, [1000, 10, 9, 0.5, 50], 2)]).toEqual([1, 4, 9, Infinity, 4]);
    expect([...runtimes([], [1])]).toEqual([Infinity]);
  });
  it('ecdf is the counted share, budget by budget', () => {
    const random = createRandom(5);
    const times = Array.from({ length: 200 }, () => (random.f64() < 0.2 ? Infinity : random.int(50)));
    const budgets = Array.from({ length: 60 }, (_, i) => 59 - i);
    expect([...ecdf(times, budgets)]).toEqual(budgets.map((b) => times.filter((t) => t <= b).length / 200));
    expect([...ecdf(times, [Infinity])]).toEqual([1]);
  });
});

describe('the normal law', () => {
  // mpmath 1.3, ncdf at 40 digits.
  it('equals mpmath far into the tail', () => {
    const answers: [number, number][] = [[-37.5, 4.605353009581955e-308], [-20, 2.7536241186062337e-89], [-8, 6.220960574271784e-16], [-5, 2.866515718791939e-07], [-2.75, 0.002979763235054557], [-2.5, 0.006209665325776135], [-2.4375, 0.007394607110880697], [-1, 0.15865525393145705], [-0.125, 0.4502617751698871], [0, 0.5], [0.5, 0.6914624612740131], [1.96, 0.9750021048517795], [3, 0.9986501019683699]];
    for (const [z, p] of answers) near(phi(z), p, 3e-14);
    expect([phi(-50), phi(50), phi(Infinity), phi(-Infinity)]).toEqual([0, 1, 1, 0]);
  });
  it('has an inverse', () => {
    for (const p of [1e-300, 1e-9, 0.001, 0.025, 0.3, 0.5, 0.8, 0.975]) near(phi(probit(p)), p, 1e-12);
    near(probit(0.975), 1.959963984540054);
  });
});

/** Every way to give a's places to `n` of the pooled values, u counted pair by pair: the definition. */
function enumerated(a: readonly number[], b: readonly number[]): { u: number; below: number; above: number } {
  const pool = [...a, ...b];
  const above = (x: readonly number[], y: readonly number[]): number => x.reduce((s, p) => s + y.reduce((t, q) => t + (p > q ? 1 : p === q ? 0.5 : 0), 0), 0);
  const u = above(a, b);
  const count = { all: 0, below: 0, above: 0 };
  for (let mask = 0; mask < 1 << pool.length; mask++) {
    const chosen = pool.filter((_, i) => (mask >> i) & 1);
    if (chosen.length !== a.length) continue;
    const other = above(chosen, pool.filter((_, i) => !((mask >> i) & 1)));
    count.all++;
    if (other <= u) count.below++;
    if (other >= u) count.above++;
  }
  return { u, below: count.below / count.all, above: count.above / count.all };
}

describe('rank-sum test', () => {
  it('exact p equals the enumeration of every deal, with ties and without', () => {
    const random = createRandom(11);
    for (let round = 0; round < 40; round++) {
      const tied = round % 2 === 1;
      const draw = (): number => (tied ? random.int(5) : random.normal());
      const a = Array.from({ length: 1 + random.int(6) }, draw);
      const b = Array.from({ length: 1 + random.int(6) }, draw);
      const { u, below, above } = enumerated(a, b);
      const p = { 'two-sided': Math.min(1, 2 * Math.min(below, above)), less: below, greater: above };
      for (const alternative of tails) {
        const got = ranksum(a, b, { alternative, method: 'exact' });
        expect(got.u).toBe(u);
        near(got.p, p[alternative], 1e-15);
      }
    }
  });
  it('gives the published answers', () => {
    // Hollander and Wolfe (1973), p. 69: permeability of the chorioamnion; R's help page of wilcox.test: W = 35, exact p = 0.1272.
    const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    const early = [1.15, 0.88, 0.9, 0.74, 1.21];
    const { u, p, method } = ranksum(term, early, { alternative: 'greater' });
    expect([u, p.toFixed(4), method]).toEqual([35, '0.1272', 'exact']);
    // Mann and Whitney (1947), table I: P(U <= 0) for 3 and 3 is .050; P(U <= 2) for 4 and 4 is .057; both are counts over C(n + m, n).
    expect(ranksum([1, 2, 3], [4, 5, 6], { alternative: 'less' }).p).toBe(1 / 20);
    expect(ranksum([1, 2, 3, 6], [4, 5, 7, 8], { alternative: 'less' }).p).toBe(4 / 70);
  });

  const a = [0.0012, 0.2987, -0.2741, -0.8906, -0.4547, -0.9916, 0.0601, 1.3402, -0.4922, -0.6205, 0.4898, 0.3569, 0.1054, -0.9305, -0.0293];
  const b = [2.743, -0.3163, 1.0136, -1.1518, -0.2343, -1.0626, 1.3474, -0.2012, 2.1069, 1.9351, 1.4196, -2.0751, 0.892, 1.6272, 1.87];
  const h = [1.3588, -1.5471, 0.8594, 0.1194, -0.6415, 2.0004, 0.7623, -1.1993, 0.0745, 0.5767, -0.1888, 0.6829, -0.0665, 0.6672, 1.4385, -0.6757, 0.2031, -0.4633, 0.1273, -1.1872, -0.5793, -0.1962, 0.8988, 1.1452, -1.3235, -0.7946, 0.6469, -1.9924, -0.4632, -0.0973, 1.257, 0.6894, -0.3272, -0.3686, -0.2502, 1.5235, -0.428, -0.3037, 0.3526, -0.1208];
  const g = [2.5, 1.4, 0.9];
  const c = [1, 2, 2, 1, 5, 0, 0, 1, 5, 4, 5, 1];
  const d = [6, 3, 4, 1, 5, 6, 5, 2, 4, 2, 7, 7, 2, 4, 7, 6, 5];
  const e = [1, 2, 3.5, Infinity, Infinity];
  const f = [0.5, 2, Infinity, 4, 5, 6];
  // scipy.stats.mannwhitneyu(x, y, alternative, method), and for the ties in `exact` scipy.stats.permutation_test of its statistic over all 462 deals.
  it.each([
    ['15 against 15', 'exact', a, b, [72, 0.09752575982390642, 0.04876287991195321, 0.9554026134507566]],
    ['15 against 15', 'normal', a, b, [72, 0.09709106759647709, 0.048545533798238547, 0.9554910111383684]],
    ['3 against 40', 'exact', g, h, [111, 0.008589255327769225, 0.9966777408637874, 0.004294627663884613]],
    ['40 against 3', 'exact', h, g, [9, 0.008589255327769225, 0.004294627663884613, 0.9966777408637874]],
    ['ties', 'normal', c, d, [42, 0.007681802511377203, 0.0038409012556886017, 0.9966413840043387]],
    ['failures', 'normal', e, f, [15.5, 1, 0.5732619205169441, 0.5]],
    ['ties', 'exact', [1, 2, 2, 3, 3], [2, 3, 4, 4, 5, 5], [4, 0.06060606060606061, 0.030303030303030304, 0.9891774891774892]],
  ] as const)('equals scipy: %s, %s', (_, method, x, y, [u, ...ps]) => {
    tails.forEach((alternative, i) => {
      const got = ranksum(x, y, { alternative, method });
      expect([got.u, got.method]).toEqual([u, method]);
      near(got.p, ps[i]!, 1e-12);
    });
  });
  it('is exact by itself without ties while the counts are whole numbers, and normal otherwise', () => {
    expect(ranksum(a, b).method).toBe('exact');
    expect(ranksum(c, d).method).toBe('normal');
    const many = Array.from({ length: 60 }, (_, i) => i + (i % 7) / 10);
    expect(ranksum(many.slice(0, 30), many.slice(30)).method).toBe('normal');
    expect(() => ranksum(many.slice(0, 30), many.slice(30), { method: 'exact' })).toThrow('method is "exact" with 30 and 30 values; allowed: up to 200 together and 2^53 ways to deal them');
    expect(ranksum([Infinity, Infinity], [Infinity])).toEqual({ u: 1, p: 1, method: 'normal' });
  });
  it('rejects about as often as it says when there is nothing to find', () => {
    const random = createRandom(3);
    const draw = (): Float64Array => Float64Array.from({ length: 9 }, () => random.normal());
    const hits = Array.from({ length: 2000 }, () => ranksum(draw(), draw()).p).filter((p) => p <= 0.05).length;
    expect(hits).toBeGreaterThan(60); // 9 against 9 can reach 0.0400: 80 expected, sd 8.8
    expect(hits).toBeLessThan(110);
  });
});

describe('many tests', () => {
  it('holm is the closure of Bonferroni', () => {
    // Adjusted p of i: the largest min(1, |S| min p over S) of all subsets S that hold i (Marcus, Peritz and Gabriel 1976).
    const random = createRandom(2);
    for (let round = 0; round < 20; round++) {
      const ps = Array.from({ length: 1 + random.int(7) }, () => (random.int(4) === 0 ? 0.02 : 0.2 * random.f64()));
      const closed = ps.map(() => 0);
      for (let mask = 1; mask < 1 << ps.length; mask++) {
        const inside = ps.map((_, i) => i).filter((i) => (mask >> i) & 1);
        const p = Math.min(1, inside.length * Math.min(...inside.map((i) => ps[i]!)));
        for (const i of inside) closed[i] = Math.max(closed[i]!, p);
      }
      expect([...holm(ps)]).toEqual(closed);
    }
    expect([...holm([])]).toEqual([]);
  });
  it('wins say who, and by how much', () => {
    const good = [1, 2, 3, 4, 5, 6, 7, 8];
    const poor = good.map((x) => x + 20.5);
    const also = good.map((x) => x + 0.25);
    const { n, p, superiority, verdict } = wins([poor, good, also]);
    expect(n).toBe(3);
    expect([...verdict]).toEqual([0, -1, -1, 1, 0, 0, 1, 0, 0]);
    const raw = 2 / 12870; // C(16, 8) deals, two of them this extreme
    near(p[1]!, 3 * raw);
    near(p[2]!, 3 * raw);
    expect([p[0], p[5]]).toEqual([1, ranksum(good, also).p]);
    expect([superiority[1], superiority[3], superiority[4], superiority[5]]).toEqual([0, 1, 0.5, 36 / 64]);
    expect([...wins([good, good]).verdict]).toEqual([0, 0, 0, 0]);
    expect(wins([]).n).toBe(0);
  });
});

describe('bootstrap', () => {
  const v = [2.1, 0.4, 7.3, 3.3, 1.2, 5.9, 0.8, 12.5];
  // The 99 resamples that scipy.stats.bootstrap drew with numpy.random.default_rng(3), as indices.
  const DRAWN = '601116640023432155003374335415676225556270077212075413163025422045477145123525513665051673762730465373311562561244331471610516247731264177747447462670420021515631023326477501547560255214056504245103417374563350441105537327030252330024076455070665167652436232343244145043732560012443751211673161122221545771636507770154071064017667242010037651155312754262363306244113062417302216751435676534144532451426430014361535031215502677073150070372236521333505405623434442073174210447770144177153454523153572655425244233277121102617610231545346416743566627033454014417175035126171360744536406655001260375563505145161575055177160531263531700374077421500732505262133540036535121251051322215343745723210310445225216176060362303454640675763537234512467341621574061556220600610207776525106761574047764103074';
  const replay = (): Random => {
    let k = 0;
    return { int: () => Number(DRAWN[k++]) } as unknown as Random;
  };
  const mean = (s: Float64Array): number => s.reduce((a, x) => a + x, 0) / s.length;
  const variance = (s: Float64Array): number => summary(s).sd ** 2;
  // scipy.stats.bootstrap((v,), np.mean | np.var(ddof=1), n_resamples=99, confidence_level, method): low, high, standard error.
  it.each([
    ['mean', 'percentile', 0.95, mean, [2.149375, 6.731249999999999, 1.3385236047127143]],
    ['mean', 'percentile', 0.8, mean, [2.5300000000000002, 5.9875, 1.3385236047127143]],
    ['mean', 'bca', 0.95, mean, [2.4547617401321453, 7.7243633961256535, 1.3385236047127143]],
    ['mean', 'bca', 0.8, mean, [2.9816443556592467, 6.42861836644648, 1.3385236047127143]],
    ['variance', 'percentile', 0.95, variance, [3.7171428571428597, 31.166294642857146, 8.119877285466297]],
    ['variance', 'percentile', 0.8, variance, [5.045714285714285, 25.86296428571428, 8.119877285466297]],
    ['variance', 'bca', 0.95, variance, [6.062060688852078, 34.287460268661434, 8.119877285466297]],
    ['variance', 'bca', 0.8, variance, [8.087175031381612, 34.22936617241299, 8.119877285466297]],
  ] as const)('of the %s, %s at %d, equals scipy on its own resamples', (_, method, level, statistic, [low, high, error]) => {
    const got = bootstrap(v, statistic, replay(), { method, level, resamples: 99 });
    near(got.low, low, 1e-11);
    near(got.high, high, 1e-11);
    near(got.error, error, 1e-11);
  });
  it('gives the published interval', () => {
    // Efron and Tibshirani (1993), section 14.2: the spatial data's variance is 171.5; 90 % intervals: percentile (100.8, 233.9), BCa (115.8, 259.6), from 2000 resamples.
    const spatial = [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41];
    const plugin = (s: Float64Array): number => {
      const m = mean(s);
      return mean(s.map((x) => (x - m) * (x - m)));
    };
    for (const [method, low, high] of [['percentile', 100.8, 233.9], ['bca', 115.8, 259.6]] as const) {
      const got = bootstrap(spatial, plugin, createRandom(1), { method, level: 0.9, resamples: 4000 });
      near(got.estimate, 171.5, 1e-3);
      near(got.low, low, 0.04);
      near(got.high, high, 0.04);
    }
  });
  it('covers as often as it says', () => {
    const random = createRandom(4);
    let covered = 0;
    for (let k = 0; k < 300; k++) {
      const { low, high } = bootstrap(Float64Array.from({ length: 40 }, () => random.normal()), mean, random, { resamples: 400, level: 0.9 });
      if (low <= 0 && high >= 0) covered++;
    }
    expect(covered / 300).toBeGreaterThan(0.83); // sd 0.017
    expect(covered / 300).toBeLessThan(0.95);
  });
  it('is a point where there is nothing to resample, the same bits for the same stream, and takes infinities', () => {
    expect(bootstrap([2, 2, 2], mean, createRandom(1))).toEqual({ estimate: 2, low: 2, high: 2, error: 0 });
    expect(bootstrap(v, median, createRandom(9))).toEqual(bootstrap(v, median, createRandom(9)));
    expect(bootstrap([1, 2, Infinity], median, createRandom(1)).high).toBe(Infinity);
  });
});

it('says what it cannot take', () => {
  expect(() => median([])).toThrow('values is empty; allowed: at least one number');
  expect(() => quantile([1, NaN], 0.5)).toThrow('values[1] is NaN; allowed: a number');
  expect(() => quantile([1], 2)).toThrow('p is 2; allowed: from 0 to 1');
  expect(() => median(undefined as never)).toThrow('values is undefined; allowed: an array of numbers');
  expect(() => ert([1, 2], [true])).toThrow('reached has 1 entries; allowed: 2, one a run');
  expect(() => ert([-1], [true])).toThrow('costs[0] is -1; allowed: from 0');
  expect(() => targets(0)).toThrow('allowed: finite numbers above 0');
  expect(() => targets(1, 2, 1)).toThrow('n is 1; allowed: an integer from 2');
  expect(() => holm([2])).toThrow('ps[0] is 2; allowed: from 0 to 1');
  expect(() => ranksum([1], [])).toThrow('b is empty');
  expect(() => ranksum([1], [2], { alternative: 'other' as never })).toThrow('alternative is "other"; allowed: two-sided, less, greater');
  expect(() => wins([[1], [2]], { alpha: 1 })).toThrow('alpha is 1; allowed: between 0 and 1');
  expect(() => bootstrap([1], median, createRandom(1))).toThrow('values has 1 number; allowed: from 2');
  expect(() => bootstrap([1, 2], () => NaN, createRandom(1))).toThrow('the statistic is NaN for the sample [1,2]; allowed: a number');
});
