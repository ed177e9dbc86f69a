import { describe, expect, it } from 'vitest';
import { allowed, resolve } from '../../src/core/options.ts';
import type { Json, Options } from '../../src/index.ts';

interface Pair { readonly [key: string]: Json; readonly pair: readonly number[]; readonly size: number }
const OPTIONS: Options<Pair> = {
  pair: {
    default: [1, 2],
    about: 'two numbers',
    nullable: true,
    read: (value) => (Array.isArray(value) && value.length === 2 ? value.map(Number) : undefined),
    words: 'two numbers',
  },
  size: { default: 3, about: 'a size', min: 1, integer: true },
};
const pair = (value: unknown): unknown => resolve('thing', OPTIONS, { pair: value }).pair;

describe('an option that reads its value', () => {
  it('keeps what was read, and reads what it kept the same', () => {
    expect(pair(['3', 4])).toEqual([3, 4]);
    expect(pair(pair(['3', 4]))).toEqual([3, 4]);
    expect(resolve('thing', OPTIONS, {})).toEqual({ pair: [1, 2], size: 3 });
    expect(pair(null)).toBe(null);
  });
  it('says what is allowed in its own words', () => {
    expect(() => pair([1])).toThrow('pair of thing is [1]; allowed: two numbers or null');
    expect(allowed(OPTIONS.pair)).toBe('two numbers or null');
    expect(() => resolve('thing', OPTIONS, { size: '3' })).toThrow('size of thing is "3"; allowed: an integer from 1');
  });
});
