import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/index.ts';
import { permutation } from '../../src/experiment/chance.ts';
import { grid } from '../../src/experiment/grid.ts';
import type { Json, Params, Random } from '../../src/index.ts';
import type { Grid } from '../../src/experiment/record.ts';

/** A grid, and its cases as a naive enumerator writes them out. */
interface Both { readonly made: Grid; readonly cases: readonly Params[] }
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const pairs = (a: readonly Params[], b: readonly Params[]): Params[] => a.flatMap((x) => b.map((y) => ({ ...x, ...y })));

/** `fresh` gives names that nobody has; `where` asks for names in `free` only (not derived, not drawn). */
function tree(random: Random, depth: number, fresh: () => string, free: Set<string>): Both {
  const kind = depth === 0 ? random.int(3) : random.int(7);
  const values = (n: number): Json[] => Array.from({ length: n }, (_, i) => [i, `v${i}`, i / 8, i === 0, null][random.int(5) % (i === 0 ? 5 : 3)]!).filter((value, i, all) => all.findIndex((other) => same(other, value)) === i);
  const name = (): string => {
    const made = fresh();
    free.add(made);
    return made;
  };
  if (kind === 0) {
    const axes = Object.fromEntries(Array.from({ length: 1 + random.int(3) }, () => [name(), values(1 + random.int(3))]));
    return { made: grid.product(axes), cases: Object.entries(axes).reduce<Params[]>((all, [key, list]) => pairs(all, list.map((value) => ({ [key]: value }))), [{}]) };
  }
  if (kind === 1) {
    const n = 1 + random.int(4);
    const axes = { [name()]: Array.from({ length: n }, (_, i) => i), [name()]: Array.from({ length: n }, (_, i) => `z${i % 2}`) };
    return { made: grid.zip(axes), cases: Array.from({ length: n }, (_, i) => Object.fromEntries(Object.entries(axes).map(([key, list]) => [key, list[i]!]))) };
  }
  if (kind === 2) {
    const [one, two] = [name(), name()];
    const cases = Array.from({ length: 1 + random.int(4) }, (_, i): Params => (i % 2 ? { [one]: i, [two]: 'm' } : { [one]: i }));
    return { made: grid.manual(cases), cases };
  }
  if (kind === 3) {
    const parts = Array.from({ length: 1 + random.int(2) }, () => tree(random, depth - 1, fresh, free));
    return { made: grid.product(...parts.map(({ made }) => made)), cases: parts.map(({ cases }) => cases).reduce(pairs, [{}]) };
  }
  if (kind === 4) {
    const parts = Array.from({ length: 1 + random.int(3) }, () => tree(random, depth - 1, fresh, free));
    return { made: grid.union(...parts.map(({ made }) => made)), cases: parts.flatMap(({ cases }) => cases) };
  }
  if (kind === 5) {
    const base = tree(random, depth - 1, fresh, free);
    const [number, mark] = [fresh(), fresh()]; // derived: not free
    const source = [...free][random.int(free.size)]!;
    const known = base.cases.some((params) => Object.hasOwn(params, source));
    const derived: { [name: string]: Json } = { [number]: ['+', 1, 2], ...(known ? { [mark]: ['pick', source, { 1: ['is', source, 1, { value: 'one' }], v1: 7 }] } : {}) };
    const cases = base.cases.map((params) => ({ ...params, [number]: 3, ...(same(params[source], 1) ? { [mark]: 'one' } : params[source] === 'v1' ? { [mark]: 7 } : {}) }));
    return { made: grid.map(base.made, derived as never), cases };
  }
  const base = tree(random, depth - 1, fresh, free);
  const model = base.cases[random.int(base.cases.length)]!;
  const usable = Object.keys(model).filter((key) => free.has(key));
  if (usable.length === 0) return base;
  const inner = tree(random, 0, fresh, free);
  const asked = [...new Set(Array.from({ length: 1 + random.int(2) }, () => usable[random.int(usable.length)]!))];
  const condition = Object.fromEntries(asked.map((key) => [key, random.int(2) ? model[key]! : [model[key]!, 1, 'v2']]));
  let met: readonly Params[] = base.cases;
  const rest: Params[] = [];
  for (const [key, wanted] of Object.entries(condition)) {
    const meets = (params: Params): boolean => Object.hasOwn(params, key) && (Array.isArray(wanted) ? wanted : [wanted]).some((value) => same(value, params[key]));
    rest.push(...met.filter((params) => !meets(params)));
    met = met.filter(meets);
  }
  return { made: grid.where(base.made, condition, inner.made), cases: [...pairs(met, inner.cases), ...rest] };
}

describe('any grid', () => {
  it('is what a naive enumerator writes out: 400 nested at random', () => {
    const kinds = new Set<string>();
    for (let seed = 0; seed < 400; seed++) {
      const random = createRandom(seed);
      let names = 0;
      const { made, cases } = tree(random, 1 + (seed % 3), () => `p${names++}`, new Set());
      if (cases.length > 20_000) continue;
      expect(made.size, `seed ${seed}`).toBe(BigInt(cases.length));
      expect([...made], `seed ${seed}`).toEqual(cases);
      const text = JSON.stringify(made);
      for (const kind of text.match(/"(product|union|zip|where|map|manual)":/g) ?? []) kinds.add(kind);
      const again = grid.of(JSON.parse(text));
      expect(JSON.stringify(again)).toBe(text);
      for (let k = 0; k < 20; k++) {
        const i = random.int(cases.length);
        expect(made.at(k % 2 ? i : BigInt(i))).toEqual(cases[i]);
        expect(again.at(i)).toEqual(cases[i]);
      }
      const n = 1 + random.int(cases.length);
      const some = grid.sample(made, n, seed);
      const places = new Set([...some].map((params) => JSON.stringify(params)));
      const whole = new Set(cases.map((params) => JSON.stringify(params)));
      expect([...some].length).toBe(n);
      if (whole.size === cases.length) expect(places.size).toBe(n);
      expect([...places].every((place) => whole.has(place))).toBe(true);
      expect([...grid.of(JSON.parse(JSON.stringify(some)))]).toEqual([...some]);
    }
    expect(kinds.size).toBe(6);
  });

  it('gives its cases frozen, and refuses others', () => {
    const made = grid.product({ a: [[1, { b: 2 }]] });
    expect(Object.isFrozen(made) && Object.isFrozen(made.at(0)) && Object.isFrozen(made.at(0)['a'])).toBe(true);
    for (const i of [-1, 1, 0.5, NaN, 1n, -1n, '0', undefined]) expect(() => made.at(i as number)).toThrow(/case .* of a grid of 1; allowed: an integer from 0 to 0/);
  });

  it('of any size is counted at once, and its cases are mixed radix', () => {
    const radix = [16, 10, 10, 9, 9, 10, 9, 10, 8, 10];
    const axes = Object.fromEntries(radix.map((n, j) => [`a${j}`, Array.from({ length: n }, (_, k) => k)]));
    const size = radix.reduce((a, b) => a * BigInt(b), 1n);
    expect(size).toBe(9_331_200_000n);
    let best = Infinity;
    let counted = 0n;
    for (let k = 0; k < 20; k++) {
      const before = performance.now();
      const all = grid.product(axes);
      counted = grid.union(all, grid.where(all, { a0: [1, 2], a5: 3 }, { more: [1, 2, 3] })).size;
      best = Math.min(best, performance.now() - before);
    }
    expect(counted).toBe(size + size + (size / 160n) * 2n * 2n);
    expect(best).toBeLessThan(3); // a page's clock ticks in whole milliseconds
    const all = grid.product(axes);
    for (const i of [0n, 1n, 2n ** 31n, 2n ** 32n + 7n, size - 1n]) {
      const digits: number[] = [];
      for (let j = radix.length - 1, left = i; j >= 0; j--, left /= BigInt(radix[j + 1]!)) digits[j] = Number(left % BigInt(radix[j]!));
      expect(Object.values(all.at(i))).toEqual(digits);
    }
    const huge = grid.product(...Array.from({ length: 30 }, (_, j) => ({ [`x${j}`]: Array.from({ length: 100 }, (__, k) => k) })));
    expect(huge.size).toBe(10n ** 60n);
    expect(Object.values(huge.at(10n ** 60n - 1n)).every((value) => value === 99)).toBe(true);
    expect(new Set([...grid.sample(huge, 200, 1)].map((params) => JSON.stringify(params))).size).toBe(200);
  });
});

describe('where', () => {
  const algorithms = grid.product({ problem: ['sphere', 'ackley'], algorithm: ['sgd', 'adam', 'random'] });
  it('nests, and no case has a parameter that does not apply', () => {
    const adam = grid.where(algorithms, { algorithm: 'adam' }, { lr: [0.1], beta: [0.9, 0.99] });
    const both = grid.where(adam, { algorithm: 'sgd' }, grid.where({ lr: [1], nesterov: [false, true] }, { nesterov: true }, { momentum: [0.5, 0.9] }));
    expect(both.size).toBe(2n * (2n + 3n + 1n));
    for (const params of both) {
      const own = { sgd: params['nesterov'] ? ['lr', 'nesterov', 'momentum'] : ['lr', 'nesterov'], adam: ['lr', 'beta'], random: [] }[params['algorithm'] as 'sgd'];
      expect(Object.keys(params).sort()).toEqual(['problem', 'algorithm', ...own].sort());
    }
    expect(grid.where(both, { algorithm: 'sgd', nesterov: true, problem: ['ackley', 'none'] }, { more: [1, 2] }).size).toBe(12n + 2n);
  });
  it('is in the documented order', () => {
    const cases = [...grid.where({ a: [1, 2, 3], b: ['x', 'y'] }, { a: [1, 3], b: 'y' }, { c: [0, 1] })];
    expect(cases).toEqual([{ a: 1, b: 'y', c: 0 }, { a: 1, b: 'y', c: 1 }, { a: 3, b: 'y', c: 0 }, { a: 3, b: 'y', c: 1 }, { a: 2, b: 'x' }, { a: 2, b: 'y' }, { a: 1, b: 'x' }, { a: 3, b: 'x' }]);
  });
  it('goes into constants of random and around other names of map', () => {
    const drawn = grid.random({ name: 'adam', lr: grid.uniform(0, 1) }, { n: 5, seed: 1 });
    const all = grid.union(drawn, { name: ['sgd'] });
    expect(grid.where(all, { name: 'adam' }, { x: [1, 2] }).size).toBe(11n);
    expect(grid.where(all, { name: 'sgd' }, { x: [1, 2] }).size).toBe(7n);
    expect(grid.where(grid.map(all, { y: 1 }), { name: 'sgd' }, { x: [1, 2] }).at(1)).toEqual({ name: 'sgd', y: 1, x: 2 });
  });
});

describe('map', () => {
  const one = (params: Params, derived: { [name: string]: Json }): Params => grid.map(grid.manual([params, { ...params, other: 0 }]), derived as never).at(0);
  it.each<[Json, Json | undefined]>([
    [3, 3], [true, true], [null, null], ['dim', 10], ['text', 'abc'], [{ value: 'dim' }, 'dim'], [{ value: ['+', 1] }, ['+', 1]],
    [['+', 1, 2, 'dim'], 13], [['-', 'dim', 4], 6], [['-', 'dim'], -10], [['-', 0], 0], [['*', 'dim', 50, 2], 1000], [['/', 'dim', 4], 2.5], [['min', 'dim', 3, 7], 3], [['max', 20, ['*', 4, 'dim']], 40],
    [['sqrt', 2], Math.SQRT2], [['floor', -2.5], -3], [['ceil', 2.1], 3], [['round', 2.5], 3], [['/', 0.3, ['sqrt', 'dim']], 0.3 / Math.sqrt(10)],
    [['pick', 'text', { abc: ['*', 2, 'dim'] }], 20], [['pick', 'text', { x: 1 }, 5], 5], [['pick', 'text', { x: 1 }], undefined], [['pick', 'dim', { 10: { value: 'ten' } }], 'ten'], [['pick', 'flag', { false: 1, true: 2 }], 2],
    [['is', 'text', 'abc', 1, 2], 1], [['is', 'dim', 11, 1, 2], 2], [['is', 'dim', '10', 1], undefined], [['is', 'list', [1, { a: 2 }], 1, 0], 1],
    ['other', undefined], [['+', 1, 'other'], undefined], [['pick', 'other', { 0: 1 }, 5], undefined], [['is', 'other', 0, 1, 2], undefined], [['is', 'text', 'abc', 1, 'other'], 1],
  ])('%j is %j', (expression, answer) => {
    const params = { dim: 10, text: 'abc', flag: true, list: [1, { a: 2 }] };
    expect(one(params, { y: expression })).toEqual(answer === undefined ? params : { ...params, y: answer });
    expect(one({ ...params, y: 'kept' }, { y: expression })['y']).toEqual(answer === undefined ? 'kept' : answer);
  });
  it('computes each of the case as it was, and maps nest', () => {
    expect(one({ a: 1, b: 2 }, { a: 'b', b: 'a' })).toEqual({ a: 2, b: 1 });
    expect(grid.map(grid.map({ dim: [4] }, { dim: ['*', 'dim', 2] }), { steps: ['*', 'dim', 10] }).at(0)).toEqual({ dim: 8, steps: 80 });
  });
  it('takes a closure, which has no JSON and is checked', () => {
    const made = grid.product(grid.map({ a: [1, 2] }, ({ a }) => ({ b: (a as number) * 2 })), { c: [0, 1] });
    expect([...made]).toEqual([{ b: 2, c: 0 }, { b: 2, c: 1 }, { b: 4, c: 0 }, { b: 4, c: 1 }]);
    expect([...grid.where(made, { c: 1 }, { d: [5] })]).toEqual([{ b: 2, c: 1, d: 5 }, { b: 4, c: 1, d: 5 }, { b: 2, c: 0 }, { b: 4, c: 0 }]);
    expect(() => JSON.stringify(made)).toThrow('a grid with a closure in map has no JSON');
    expect(() => grid.map({ a: [1] }, () => ({ x: NaN })).at(0)).toThrow('what the closure of map returned.x is NaN');
    expect(() => grid.map({ a: [1] }, () => 3 as never).at(0)).toThrow('what the closure of map returned is 3');
    expect(() => grid.product(made, grid.map({ a: [1] }, () => ({ c: 1 }))).at(0)).toThrow('parameter "c" is in two factors');
  });
});

describe('chance', () => {
  const n = 4000;
  const many = (axes: Parameters<typeof grid.random>[0], seed = 1): Params[] => [...grid.random(axes, { n, seed })];
  /** Largest distance of the empirical distribution to the true one; above 1.63 / sqrt(n) once in a hundred (Kolmogorov). */
  const distance = (values: readonly number[], cdf: (x: number) => number): number => [...values].sort((a, b) => a - b).reduce((worst, x, i) => Math.max(worst, Math.abs(cdf(x) - i / n), Math.abs(cdf(x) - (i + 1) / n)), 0);
  it('draws what it says', () => {
    const cases = many({ u: grid.uniform(-3, 5), l: grid.logUniform(1e-4, 10), i: grid.integer(-2, 3), c: grid.choice(['a', 'b', 'b', [1]]), k: 'fixed' });
    const column = (name: string): number[] => cases.map((params) => params[name] as number);
    const limit = 1.63 / Math.sqrt(n);
    expect(distance(column('u'), (x) => (x + 3) / 8)).toBeLessThan(limit);
    expect(Math.abs(column('u').reduce((a, b) => a + b) / n - 1)).toBeLessThan(3 * (8 / Math.sqrt(12 * n)));
    expect(distance(column('l'), (x) => Math.log(x / 1e-4) / Math.log(1e5))).toBeLessThan(limit);
    for (const [value, share] of [[-2, 1 / 6], [-1, 1 / 6], [0, 1 / 6], [1, 1 / 6], [2, 1 / 6], [3, 1 / 6]] as const) expect(Math.abs(column('i').filter((x) => x === value).length / n - share)).toBeLessThan(3.5 * Math.sqrt((share * (1 - share)) / n));
    for (const [value, share] of [['a', 0.25], ['b', 0.5], [[1], 0.25]] as const) expect(Math.abs(cases.filter((params) => same(params['c'], value)).length / n - share)).toBeLessThan(3.5 * Math.sqrt((share * (1 - share)) / n));
    expect(column('i').every((x) => Number.isInteger(x) && x >= -2 && x <= 3)).toBe(true);
    expect(column('u').every((x) => x >= -3 && x <= 5) && column('l').every((x) => x >= 1e-4 && x <= 10) && cases.every((params) => params['k'] === 'fixed')).toBe(true);
    const correlation = column('u').reduce((sum, x, i) => sum + (x - 1) * (column('i')[i]! - 0.5), 0) / n / (8 / Math.sqrt(12)) / Math.sqrt(35 / 12);
    expect(Math.abs(correlation)).toBeLessThan(3.5 / Math.sqrt(n));
  }, 30_000);
  it('depends on seed, place and name only', () => {
    const [u, l] = [grid.uniform(0, 1), grid.logUniform(1, 2)];
    const whole = grid.random({ a: u, b: l }, { n: 10, seed: 7 });
    const more = grid.random({ c: u, b: l, a: u }, { n: 1e15, seed: 7 });
    for (const i of [9, 0, 5]) for (const name of ['a', 'b']) expect(more.at(i)[name]).toBe(whole.at(i)[name]);
    expect(more.at(3)['c']).not.toBe(more.at(3)['a']);
    expect(grid.random({ a: u }, { n: 1, seed: 8 }).at(0)['a']).not.toBe(whole.at(0)['a']);
    expect(grid.of(JSON.parse(JSON.stringify(more))).at(1e14)).toEqual(more.at(1e14));
    expect(grid.of(JSON.parse(JSON.stringify(grid.random({ a: u }, { n: 2n ** 70n, seed: 1 })))).size).toBe(2n ** 70n);
  });
  it('a permutation meets every place once, at any size', () => {
    for (const size of [1, 2, 3, 4, 5, 7, 8, 16, 17, 63, 64, 65, 1000, 4097]) {
      const place = permutation(BigInt(size), size);
      expect(Array.from({ length: size }, (_, i) => Number(place(BigInt(i)))).sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
    }
    for (const size of [2n ** 64n - 1n, 2n ** 65n + 1n, 10n ** 60n, 2n ** 300n]) {
      const place = permutation(size, 3);
      const seen = [0n, 1n, 2n, size / 2n, size - 1n].map(place);
      expect(new Set(seen).size).toBe(5);
      expect(seen.every((x) => x >= 0n && x < size)).toBe(true);
      expect(seen.some((x) => x > size / 16n)).toBe(true);
    }
  });
  it('all permutations of four, and pairs of five, are about as likely (chi squared)', () => {
    const trials = 4800;
    const counts = (size: number, key: (place: (i: bigint) => bigint) => string): number[] => {
      const found = new Map<string, number>();
      for (let seed = 0; seed < trials; seed++) {
        const text = key(permutation(BigInt(size), seed));
        found.set(text, (found.get(text) ?? 0) + 1);
      }
      return [...found.values()];
    };
    const squared = (list: readonly number[]): number => list.reduce((sum, x) => sum + (x - trials / list.length) * (x - trials / list.length) / (trials / list.length), 0);
    const four = counts(4, (place) => [0n, 1n, 2n, 3n].map(place).join());
    expect(four.length).toBe(24);
    expect(squared(four)).toBeLessThan(49.7); // 23 degrees of freedom, 1 in 1000
    const five = counts(5, (place) => [0n, 1n].map(place).join());
    expect(five.length).toBe(20);
    expect(squared(five)).toBeLessThan(43.8); // 19 degrees of freedom, 1 in 1000
  });
  it('a sample of a huge grid spreads evenly, and a larger one begins the same', () => {
    const axes = Object.fromEntries('abcdefghij'.split('').map((name) => [name, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]));
    const some = [...grid.sample(axes, 2000, 11)];
    for (const name of Object.keys(axes)) {
      const counts = Array.from({ length: 10 }, (_, value) => some.filter((params) => params[name] === value).length);
      expect(counts.reduce((sum, x) => sum + ((x - 200) * (x - 200)) / 200, 0)).toBeLessThan(27.9); // 9 degrees of freedom, 1 in 1000
    }
    expect([...grid.sample(axes, 50, 11)]).toEqual(some.slice(0, 50));
    expect([...grid.sample(axes, 50, 12)]).not.toEqual(some.slice(0, 50));
  });
});

describe('refused', () => {
  const base = grid.product({ name: ['sgd', 'adam'], dim: [1, 2] });
  const u = grid.uniform(0, 1);
  it.each<[string, () => unknown]>([
    ['axis "a" is empty; allowed: at least one value', () => grid.product({ a: [] })],
    ['axis "a" is 1; allowed: an array of values, as [1]', () => grid.product({ a: 1 as never })],
    ['axis "a" has 0.5 twice', () => grid.product({ a: [0.5, 1, 0.5] })],
    ['axis "a" has 0 twice', () => grid.product({ a: [0, -0] })],
    ['axis "a" has {"x":1,"y":2} twice', () => grid.product({ a: [{ y: 2, x: 1 }, { x: 1, y: 2 }] })],
    ['the axes of the product.a[1] is NaN', () => grid.product({ a: [1, NaN] })],
    ['has the name ""', () => grid.product({ '': [1] })],
    ['has the name "__proto__"', () => grid.product(JSON.parse('{"__proto__":[1]}'))],
    ['the axes of the product is [1]', () => grid.product([1] as never)],
    ['the axes of the product is null', () => grid.product(null as never)],
    ['parameter "name" is in two factors', () => grid.product(base, { name: ['x'] })],
    ['parameter "name" is in two factors', () => grid.where(base, { dim: 1 }, { name: ['x'] })],
    ['a grid that this module did not make', () => grid.union({ ...base } as never)],
    ['union of nothing', () => grid.union()],
    ['zip has no axis', () => grid.zip({})],
    ['axis "b" of zip has 1 values; allowed: 2, as "a" has', () => grid.zip({ a: [1, 2], b: [1] })],
    ['zip has {"a":1,"b":1} twice', () => grid.zip({ a: [1, 1], b: [1, 1] })],
    ['manual([]); allowed', () => grid.manual([])],
    ['manual has {"a":1} twice', () => grid.manual([{ a: 1 }, { a: 1 }])],
    ['case 1 of manual is 3', () => grid.manual([{ a: 1 }, 3 as never])],
    ['unknown parameter "nme" in the condition of where; did you mean name? have name, dim', () => grid.where(base, { nme: 'sgd' }, { x: [1] })],
    ['no case meets the condition {"name":"amda"} of where', () => grid.where(base, { name: 'amda' }, { x: [1] })],
    ['the condition of where is {}', () => grid.where(base, {}, { x: [1] })],
    ['where asks for "lr", which is drawn at random', () => grid.where(grid.random({ lr: u }, { n: 3, seed: 1 }), { lr: 1 }, { x: [1] })],
    ['where asks for "dim" of a sample', () => grid.where(grid.sample(base, 2, 1), { dim: 1 }, { x: [1] })],
    ['where asks for "y", which map derives', () => grid.where(grid.map(base, { y: 'dim' }), { y: 1 }, { x: [1] })],
    ['where asks for "y" behind a closure', () => grid.where(grid.map(base, (params) => params), { y: 1 }, { x: [1] })],
    ['unknown parameter "dmi" in derived "y"; did you mean dim? have name, dim; a text is { value: "dmi" }', () => grid.map(base, { y: 'dmi' })],
    ['unknown operator "sqr" in derived "y"; did you mean sqrt?', () => grid.map(base, { y: ['sqr', 'dim'] })],
    ['unknown operator undefined', () => grid.map(base, { y: [] })],
    ['sqrt in derived "y" has 2 arguments; allowed: 1', () => grid.map(base, { y: ['sqrt', 'dim', 2] })],
    ['- in derived "y" has 3 arguments; allowed: 1 or 2', () => grid.map(base, { y: ['-', 1, 2, 3] })],
    ['allowed: [\'pick\', \'name\'', () => grid.map(base, { y: ['pick', 'name', [1]] })],
    ['allowed: [\'is\', \'name\'', () => grid.map(base, { y: ['is', 'name', 'sgd'] })],
    ['has 3 where a parameter\'s name belongs', () => grid.map(base, { y: ['is', 3, 'sgd', 1] })],
    ['allowed: a number, a parameter\'s name', () => grid.map(base, { y: { vale: 1 } as never })],
    ['derived "y" is Infinity in the case {"name":"sgd","dim":1}', () => grid.map(base, { y: ['/', 'dim', 0] }).at(0)],
    ['which is "sgd" in the case {"name":"sgd","dim":1}; * takes numbers', () => grid.map(base, { y: ['*', 'name', 2] }).at(0)],
    ['uniform(1, 1); allowed', () => grid.uniform(1, 1)],
    ['uniform(-1.7e+308, 1.7e+308)', () => grid.uniform(-1.7e308, 1.7e308)],
    ['logUniform(0, 1); allowed', () => grid.logUniform(0, 1)],
    ['integer(0, 4294967296); allowed', () => grid.integer(0, 2 ** 32)],
    ['integer(0.5, 2)', () => grid.integer(0.5, 2)],
    ['choice([]); allowed', () => grid.choice([])],
    ['axis "a" of random is [1,2]; allowed: grid.uniform', () => grid.random({ a: [1, 2] }, { n: 1, seed: 1 })],
    ['axis "a" of random is {"normal":[0,1]}', () => grid.random({ a: { normal: [0, 1] } }, { n: 1, seed: 1 })],
    ['uniform(2, 1)', () => grid.of({ random: { axes: { a: { uniform: [2, 1] } }, n: 1, seed: 1 } })],
    ['n of random is 0; allowed: an integer from 1', () => grid.random({ a: u }, { n: 0, seed: 1 })],
    ['n of random is undefined', () => grid.random({ a: u }, undefined as never)],
    ['seed of random is -1', () => grid.random({ a: u }, { n: 1, seed: -1 })],
    ['n of sample is 5; allowed: up to 4', () => grid.sample(base, 5, 1)],
    ['seed of sample is 0.5', () => grid.sample(base, 1, 0.5)],
    ['a grid as JSON is {}; allowed: one of { product: ... }', () => grid.of({})],
    ['a grid as JSON is [1]', () => grid.of([1])],
    ['unknown kind of grid "prodcut"; did you mean product?', () => grid.of({ prodcut: {} })],
    ['where is {"base":{"manual":[{"a":1}]}}; allowed: an object with "condition"', () => grid.of({ where: { base: { manual: [{ a: 1 }] } } })],
    ['union is 3; allowed: an array of grids', () => grid.of({ union: 3 })],
    ['the grid has more than 50000 parts', () => {
      let made = grid.product(Object.fromEntries(Array.from({ length: 18 }, (_, i) => [`a${i}`, [0, 1]])));
      for (let i = 0; i < 18; i++) made = grid.where(made, { [`a${i}`]: 1 }, { [`b${i}`]: [0, 1] });
    }],
  ])('%s', (message, make) => {
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ name: 'NadirError' }));
  });
});
