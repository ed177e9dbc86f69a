/** Every strategy of the program search, and the baseline, keep the contract of strategies. */
import { describe, expect, it } from 'vitest';
import { strategies, strategy } from '../../src/strategies/index.ts';
import { random } from '../../src/strategies/random.ts';
import { strategyContract } from '../cases/strategy.ts';

describe('the strategies', () => {
  it('have names and numbers of their own', () => {
    expect(new Set(strategies.map(({ name }) => name)).size).toBe(strategies.length);
    expect(new Set(strategies.map(({ number }) => number)).size).toBe(strategies.length);
    for (const def of strategies) expect(strategy(def.name)).toBe(def);
    expect(() => strategy('nonesuch')).toThrow('unknown strategy "nonesuch"; ');
  });
});

// In a page the golden races tell whether strategies give the same bits there.
if (!('document' in globalThis)) for (const def of [random, ...strategies]) strategyContract(def);
