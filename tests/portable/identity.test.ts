import { describe, expect, it } from 'vitest';
import { createRandom, openBackend } from '../../src/index.ts';
import { asked, experiment } from '../../src/experiment/experiment.ts';
import { grid } from '../../src/experiment/grid.ts';
import { canonical, fingerprint } from '../../src/experiment/identity.ts';
import { seedsOf } from '../../src/experiment/seeds.ts';
import type { Definition } from '../../src/experiment/record.ts';

describe('canonical JSON (RFC 8785)', () => {
  it('writes the example of sections 3.2.2 to 3.2.4, byte for byte', () => {
    const text = '{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001], "string": "\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/", "literals": [null, true, false]}';
    const answer = '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e333333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d';
    expect([...new TextEncoder().encode(canonical(JSON.parse(text)))].map((byte) => byte.toString(16).padStart(2, '0')).join('')).toBe(answer);
  });

  it('sorts names by UTF-16 code units (section 3.2.3)', () => {
    const names = { '\u20ac': 'Euro Sign', '\r': 'Carriage Return', '\ufb33': 'Hebrew Letter Dalet With Dagesh', 1: 'One', '\ud83d\ude00': 'Emoji: Grinning Face', '\u0080': 'Control', '\u00f6': 'Latin Small Letter O With Diaeresis' };
    expect(Object.values(JSON.parse(canonical(names).replace(/"1"/, '"x1"')))).toEqual(['Carriage Return', 'One', 'Control', 'Latin Small Letter O With Diaeresis', 'Euro Sign', 'Emoji: Grinning Face', 'Hebrew Letter Dalet With Dagesh']);
  });

  // Appendix B.
  it.each([
    ['0000000000000000', '0'], ['8000000000000000', '0'], ['0000000000000001', '5e-324'], ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'], ['ffefffffffffffff', '-1.7976931348623157e+308'], ['4340000000000000', '9007199254740992'], ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'], ['44b52d02c7e14af5', '9.999999999999997e+22'], ['44b52d02c7e14af6', '1e+23'], ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'], ['444b1ae4d6e2ef4f', '999999999999999900000'], ['444b1ae4d6e2ef50', '1e+21'], ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'], ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'], ['41b3de4355555554', '333333333.33333325'], ['41b3de4355555555', '333333333.3333333'], ['41b3de4355555556', '333333333.3333334'], ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'], ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('the double %s is %s', (bits, text) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, BigInt(`0x${bits}`));
    expect(canonical(view.getFloat64(0))).toBe(text);
  });

  const loop: { [key: string]: unknown } = { a: {} };
  (loop['a'] as { b: unknown }).b = loop;
  it.each([
    ['value.a is undefined', { a: undefined }], ['value[1] is NaN', [0, NaN]], ['value.a.b[0] is Infinity', { a: { b: [Infinity] } }], ['value is 5n', 5n], ['value.f is a function', { f: () => {} }],
    ['value[0] is undefined', new Array(1)], ['value is a Date', new Date(0)], ['value.x is a Float64Array', { x: new Float64Array(1) }], ['value is a Map', new Map()], ['half of a surrogate', 'x\ud800'],
    ['a name in value', { '\udc00': 1 }], ['value.a.b contains itself', loop], ['value is Symbol(x)', Symbol('x')],
    ['nested deeper than 1000', JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)],
  ])('refuses: %s', (message, value) => {
    expect(() => canonical(value as never)).toThrow(message);
    expect(() => fingerprint(value as never)).toThrow(expect.objectContaining({ code: 'input' }));
  });

  it('takes an object twice, an own __proto__, and no prototype', () => {
    const twice = { x: 1 };
    expect(canonical([twice, twice])).toBe('[{"x":1},{"x":1}]');
    expect(canonical(JSON.parse('{"z":1,"__proto__":{"a":2}}'))).toBe('{"__proto__":{"a":2},"z":1}');
    expect(canonical(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
  });
});

describe('seeds', () => {
  it('are integers below 2^53, of both base and replicate', () => {
    const seeds = new Set<number>();
    let sum = 0;
    for (let base = 0; base < 40; base++) {
      for (let replicate = 0; replicate < 40; replicate++) {
        const { seed } = seedsOf(base, replicate);
        expect(Number.isSafeInteger(seed) && seed >= 0).toBe(true);
        seeds.add(seed);
        sum += seed / 2 ** 53;
      }
    }
    expect(seeds.size).toBe(1600);
    expect(Math.abs(sum / 1600 - 0.5)).toBeLessThan(3 * Math.sqrt(1 / 12 / 1600)); // the mean of uniforms
  });

  it('give streams by name that are the same every time, with a backend too, and never each other', async () => {
    const draws = (label: string, backend?: Awaited<ReturnType<typeof openBackend>>): number[] => {
      const random = seedsOf(2 ** 53 - 1, 3, backend).random(label);
      return Array.from({ length: 300 }, () => random.u32());
    };
    expect(draws('data')).toEqual(draws('data', await openBackend('reference', 1 << 20)));
    const both = new Set([...draws('data'), ...draws('noise')]);
    expect(both.size).toBeGreaterThan(598); // 600 words of 2^32: a meeting in 40,000
    const { seed } = seedsOf(2 ** 53 - 1, 3);
    expect(draws('data')[0]).toBe(createRandom(seed).fork('data').u32());
  });

  it.each([[-1, 0], [0.5, 0], [2 ** 53, 0], [0, -1], [0, NaN], ['1', 0]])('refuse base %s, replicate %s', (base, replicate) => expect(() => seedsOf(base as number, replicate as number)).toThrow(/is .*; allowed: an integer/));
});

describe('an experiment', () => {
  const operation = (): void => {};
  const module = 'https://example.org/mine.js';

  it('has its cases, replicates inner, and ids of sha256sum', () => {
    const made = experiment({ name: 'sweep', operation, grid: { lr: [0.1, 0.01] }, replicates: 3 });
    expect(made.size).toBe(6n);
    expect([0, 1, 2, 3, 4, 5].map((i) => made.at(i)).map(({ params, replicate, index }) => [params['lr'], replicate, index])).toEqual([[0.1, 0, 0], [0.1, 1, 1], [0.1, 2, 2], [0.01, 0, 3], [0.01, 1, 4], [0.01, 2, 5]]);
    // printf '{"context":"%s","experiment":"sweep","params":{"lr":0.01},"replicate":1,"seed":0,"version":""}' $(printf {} | sha256sum | cut -c-16) | sha256sum
    expect(made.at(4n).id).toBe('f24485645e929ece');
    expect(made.fingerprint).toBe('44136fa355b3678a'); // printf {} | sha256sum
    expect(Object.isFrozen(made) && Object.isFrozen(made.at(0)) && Object.isFrozen(made.at(0).params)).toBe(true);
    expect(JSON.parse(JSON.stringify(made.at(3)))).toEqual(made.at(3));
  });

  it('asked in another order, or by another grid, has the same ids', () => {
    const ids = (cases: Definition['grid']): string[] => {
      const made = experiment({ name: 'x', operation, grid: cases, context: { a: 1, b: 2 } });
      return Array.from({ length: Number(made.size) }, (_, i) => made.at(i).id).sort();
    };
    const one = ids({ a: [1, 2], b: ['x', 'y'] });
    expect(ids({ b: ['y', 'x'], a: [2, 1] })).toEqual(one);
    expect(ids(grid.union({ b: ['x'], a: [1, 2] }, { a: [1, 2], b: ['y'] }))).toEqual(one);
    expect(ids(grid.manual([{ a: 1, b: 'x' }, { b: 'y', a: 2 }, { a: 2, b: 'x' }, { a: 1, b: 'y' }]))).toEqual(one);
    expect(ids({ size: 4n, at: (i: bigint | number) => ({ b: 'xy'[Number(i) >> 1]!, a: (Number(i) & 1) + 1 }), toJSON: () => null, *[Symbol.iterator]() {} })).toEqual(one);
    expect(new Set(one).size).toBe(4);
  });

  it('has other ids for whatever decides the result, and the same for -0 and 0', () => {
    const base: Definition = { name: 'x', operation, grid: { a: [0] }, context: { k: 1 }, seed: 1, version: '1' };
    const id = (change: Partial<Definition>, parent?: string, i = 0): string => experiment({ ...base, ...change }, parent).at(i).id;
    const all = [id({}), id({ name: 'y' }), id({ grid: { a: [1] } }), id({ grid: { b: [0] } }), id({ grid: { a: ['0'] } }), id({ context: { k: 2 } }), id({ seed: 2 }), id({ version: '2' }), id({}, '0123456789abcdef'), id({ replicates: 2 }, undefined, 1)];
    expect(new Set(all).size).toBe(all.length);
    expect(id({ grid: { a: [-0] } })).toBe(id({}));
    expect(Object.is(experiment({ ...base, grid: { a: [-0] } }).at(0).params['a'], 0)).toBe(true);
    expect(id({ replicates: 9 })).toBe(id({}));
    expect(id({ operation: { module } })).toBe(id({}));
  });

  it('says what was asked, as JSON', () => {
    const made = experiment({ name: 'x', operation: { module: new URL(module), export: 'go' }, grid: { a: [1, 2] }, seed: 3, replicates: 2, version: 'v' }, '0123456789abcdef');
    expect(asked(made)).toEqual({ name: 'x', operation: { module, export: 'go' }, grid: { product: { a: [1, 2] } }, context: {}, seed: 3, replicates: 2, version: 'v', parent: '0123456789abcdef', size: '4' });
    expect(made.operation).toEqual({ module, export: 'go' });
    expect(experiment({ name: 'x', operation: { module }, grid: {} }).operation).toEqual({ module, export: 'default' });
    expect(asked(experiment({ name: 'x', operation, grid: grid.map({ a: [1] }, (params) => params) }))).toMatchObject({ operation: null, grid: null, size: '1' });
  });

  it('does not see what its author changes later', () => {
    const axes = { a: [{ deep: [1] }] };
    const context = { list: [1] };
    const made = experiment({ name: 'x', operation, grid: axes, context });
    const { id } = made.at(0);
    axes.a[0]!.deep[0] = 2;
    context.list.push(2);
    expect(made.at(0).id).toBe(id);
    expect(made.at(0).params).toEqual({ a: { deep: [1] } });
    expect(made.context).toEqual({ list: [1] });
  });

  const good: Definition = { name: 'x', operation, grid: { a: [1] } };
  it.each<[string, object, string]>([
    ['unknown field of an experiment "replicate"; did you mean replicates?', { replicate: 3 }, 'name'],
    ['name of the experiment is "a/b"', { name: 'a/b' }, 'input'],
    ['name of the experiment is ".."', { name: '..' }, 'input'],
    ['name of the experiment is "a."', { name: 'a.' }, 'input'],
    ['name of the experiment is ""', { name: '' }, 'input'],
    ['name of the experiment is undefined', { name: undefined }, 'input'],
    ['name of the experiment is "nul.x", which has the segment "nul.x", which is a device', { name: 'nul.x' }, 'input'],
    ['1 to 100 characters', { name: 'a'.repeat(101) }, 'input'],
    ['operation of experiment x is "go"', { operation: 'go' }, 'input'],
    ['operation of experiment x is undefined', { operation: undefined }, 'input'],
    ['module of operation of experiment x is "./a.js"; allowed: an absolute URL', { operation: { module: './a.js' } }, 'input'],
    ['unknown field "exports"', { operation: { module, exports: 'go' } }, 'name'],
    ['export of operation of experiment x is 3', { operation: { module, export: 3 } }, 'input'],
    ['grid of experiment x is undefined', { grid: undefined }, 'input'],
    ['axis "a" is 1; allowed: an array', { grid: { a: 1 } }, 'input'],
    ['axis "a" is empty', { grid: { a: [] } }, 'input'],
    ['context of experiment x.a[1] is NaN', { context: { a: [0, NaN] } }, 'input'],
    ['seed of experiment x is -1', { seed: -1 }, 'input'],
    ['seed of experiment x is 9007199254740992', { seed: 2 ** 53 }, 'input'],
    ['replicates of experiment x is 0', { replicates: 0 }, 'input'],
    ['replicates of experiment x is 1.5', { replicates: 1.5 }, 'input'],
    ['version of experiment x is 2', { version: 2 }, 'input'],
  ])('refuses: %s', (message, change, code) => {
    expect(() => experiment({ ...good, ...change } as Definition)).toThrow(message);
    expect(() => experiment({ ...good, ...change } as Definition)).toThrow(expect.objectContaining({ code }));
  });
  it('refuses runs it has not, and a parent that is no id', () => {
    for (const i of [-1, 1, 0.5, NaN, 1n, -1n]) expect(() => experiment(good).at(i)).toThrow(/of experiment x, which has 1; allowed: an integer from 0 to 0/);
    expect(() => experiment(good, 'mine')).toThrow('parent of experiment x is "mine"');
    expect(() => experiment(undefined as never)).toThrow('the definition of the experiment is undefined');
  });
});
