import { describe, expect, it } from 'vitest';
import { box, createRandom, fromFunction, optimizer, run, sharedBackend, start } from '../../src/index.ts';
import { visit } from '../../src/optimizers/dual.ts';

const { exp, log, sqrt, PI, abs } = Math;

/** Lanczos (g = 7, n = 9). */
function gamma(z: number): number {
  const c = [0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];
  if (z < 0.5) return PI / (Math.sin(PI * z) * gamma(1 - z));
  const t = z + 6.5;
  return sqrt(2 * PI) * t ** (z - 0.5) * exp(-t) * c.reduce((s, v, i) => (i === 0 ? v : s + v / (z - 1 + i)), 0);
}

/** P(|step| <= v): |N1| sigma |N2|^-tail, integrated over N2. */
function below(v: number, temperature: number): number {
  const q = 2.62;
  const tail = (q - 1) / (3 - q);
  const scale = (sqrt(PI) * (q - 1) ** (4 - q) * temperature ** (1 / (q - 1))) / (2 ** ((2 - q) / (q - 1)) * (3 - q));
  const sigma = (gamma(1 / (q - 1) - 0.5) / scale) ** -tail;
  const density = (y: number): number => exp((-y * y) / 2) * sqrt(2 / PI);
  const h = 0.0005;
  let inner = 0; // P(|N1| <= a) grows with a: summed along
  let from = 0;
  let total = 0;
  for (let y = h / 2; y < 8; y += h) {
    const a = Math.min(9, (v * y ** tail) / sigma);
    const steps = Math.max(1, Math.ceil((a - from) / 0.002));
    for (let k = 0; k < steps; k++) inner += (density(from + ((k + 0.5) * (a - from)) / steps) * (a - from)) / steps;
    from = a;
    total += inner * density(y) * h;
  }
  return total;
}

describe('dual', () => {
  it.each([0.01, 1, 30])('visits as the generalised distribution says, at temperature %f', (temperature) => {
    const random = createRandom(7);
    const n = 20000;
    const steps = Array.from({ length: n }, () => abs(visit(random, temperature))).sort((a, b) => a - b);
    for (const share of [0.05, 0.25, 0.5, 0.75]) expect(abs(below(steps[share * n]!, temperature) - share)).toBeLessThan(0.012);
  });

  it('the tail is a power: P(|step| > v) falls as v^(-(3 - q) / (q - 1))', () => {
    const random = createRandom(8);
    const n = 100000;
    const steps = Array.from({ length: n }, () => abs(visit(random, 0.1)));
    const beyond = (v: number): number => steps.filter((s) => s > v).length / n;
    expect(abs(log(beyond(10) / beyond(1000)) / log(100) - 0.38 / 1.62)).toBeLessThan(0.01);
  });

  it.each([0.02, 0.1, 0.16, 0.2])('accepts a loss higher by %f temperatures with (1 - 6 d)^(1/6)', async (difference) => {
    const backend = await sharedBackend();
    const space = box(2, -1, 1);
    const n = 3000;
    let accepted = 0;
    for (let seed = 0; seed < n; seed++) {
      const search = start(optimizer('dual'), { name: 'p', space }, { local: 0, start: 1000 }, { random: createRandom(seed), backend });
      for (const loss of [0, 1000 * difference]) search.tell(search.ask()!, { loss: Float64Array.of(loss) });
      if ((search.save() as { at: { loss: number } }).at.loss > 0) accepted++;
    }
    const expected = 1 - 6 * difference > 0 ? (1 - 6 * difference) ** (1 / 6) : 0;
    expect(abs(accepted / n - expected)).toBeLessThan(0.02);
  });

  it('solves rastrigin of dim 6, and saves in the middle of a descent', async () => {
    const backend = await sharedBackend();
    const problem = fromFunction((x) => x.reduce((s, v) => s + (v - 1.3) ** 2 + 10 - 10 * Math.cos(2 * PI * (v - 1.3)), 0), box(6, -5.12, 5.12));
    const context = { random: createRandom(1), backend };
    let inside = 0;
    const { best } = await run(problem, start(optimizer('dual'), problem, {}, context), { cost: 6000, target: 1e-8 }, { observe: () => {} });
    expect(best.loss).toBeLessThan(1e-8);
    let search = start(optimizer('dual'), problem, {}, { ...context, random: createRandom(2) });
    const straight = start(optimizer('dual'), problem, {}, { ...context, random: createRandom(2) });
    for (let k = 0; k < 300; k++) {
      const state = search.save() as { descent: unknown };
      if (state.descent !== null) inside++;
      search = start(optimizer('dual'), problem, {}, { ...context, random: createRandom(99) }, search.save());
      const [a, b] = [search.ask()!, straight.ask()!];
      expect(a.xs).toEqual(b.xs);
      for (const [o, batch] of [[search, a], [straight, b]] as const) o.tell(batch, { loss: (await problem.score(batch)).loss.slice() });
    }
    expect(inside).toBeGreaterThan(5);
  });
});
