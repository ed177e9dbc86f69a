/** The race for a kernel: the same bits for any number of workers and after any crash, and a strategy that throws ranks last. */
import { describe, expect, inject, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { compression, price, slots, type Question, type Trial } from '../../src/problems/compression.ts';
import { openMachine } from '../../src/problems/program/machine.ts';
import { builtIn } from '../../src/problems/kernels/index.ts';
import { emptyKernel, programs } from '../../src/spaces/program.ts';
import { memory } from '../../src/stores/index.ts';
import { random } from '../../src/strategies/random.ts';
import { searchPrograms, type SearchOptions } from '../../src/studies/programs.ts';
import { disjoint } from '../../src/studies/programs/heldout.ts';
import { openBackend } from '../../src/backend/index.ts';
import { text } from '../cases/strategy.ts';
import type { StrategyDef } from '../../src/strategies/strategy.ts';
import type { Store } from '../../src/core/types.ts';

const runtime = inject('runtime');
const plain = typeof WebAssembly === 'undefined';
const few: StrategyDef = { ...random, name: 'few', number: 3, start: (_, context, saved) => random.start({ moves: 20, batch: 2 }, context, saved) };
const other: StrategyDef = { ...random, name: 'other', number: 1, start: (_, context, saved) => random.start({ moves: 12, batch: 3 }, context, saved) };
const bad: StrategyDef = { ...random, name: 'bad', number: 2, start: (params, context, saved) => ({ ...random.start(params, context, saved), tell: () => {
  throw new Error('no more');
} }) };
const corpus = text(3000, 3);
const base: SearchOptions = { corpus, cost: plain ? 30 : 100, workers: 0, strategies: [few, other], seed: 5, bits: 12 };
const read = async (store: Store, key: string): Promise<string> => new TextDecoder('latin1').decode(await store.get(key));

describe('compression', () => {
  it('answers with the bits of the machine, aborts exactly, and runs no kernel twice that predicts alike', async () => {
    const backend = await openBackend('auto', 1 << 25);
    const stream = createRandom(4);
    const kernels = Array.from({ length: 6 }, () => programs.neighbor(programs.sample(stream), stream));
    const problem = compression({ corpus, bits: 16 }, { backend });
    const bits = kernels.map((kernel) => {
      const machine = openMachine(backend, kernel, slots(corpus.length, 16));
      const spent = machine.score(corpus);
      machine.close();
      return spent;
    });
    const { loss, cost } = await problem.score({ xs: kernels });
    expect([...loss]).toEqual(bits.map((spent) => spent / corpus.length));
    expect(problem.counts.kernels).toBe(6);
    const known = problem.counts.known;
    const again = await problem.score({ xs: kernels });
    expect([...again.loss]).toEqual([...loss]);
    expect(problem.counts.known).toBe(known + 6);
    expect(again.cost!).toBeLessThan(cost!);

    // Half of the corpus; and a bound that every kernel passes, whose answers are lower bounds above it.
    const part = corpus.subarray(0, corpus.length / 2);
    const machine = openMachine(backend, kernels[0]!, slots(part.length, 16));
    expect((await problem.score({ xs: [kernels[0]!], fidelity: 0.5 })).loss[0]).toBe(machine.score(part) / part.length);
    machine.close();
    const fresh = compression({ corpus, bits: 16 }, { backend });
    const above = Math.min(...loss) * 0.9;
    const bounds = await fresh.score({ xs: kernels, above });
    bounds.loss.forEach((bound, i) => {
      expect(bound).toBeGreaterThan(above);
      expect(bound).toBeLessThanOrEqual(loss[i]!);
    });
    expect(bounds.cost!).toBeLessThan(cost!);
    // What is known of a part does not answer for a higher bound.
    expect([...(await fresh.score({ xs: kernels })).loss]).toEqual([...loss]);
  });

  it('depends on nothing that an examiner remembers, answers late or forgets, and goes on from what it saved', async () => {
    const backend = await openBackend('auto', 1 << 25);
    const stream = createRandom(8);
    const pool = Array.from({ length: 5 }, () => programs.sample(stream));
    const batches = Array.from({ length: 8 }, () => Array.from({ length: 3 }, () => pool[stream.int(5)]!));
    const local = compression({ corpus, bits: 14 }, { backend });
    const forgetful = (memoryOf: (question: Question) => boolean) => {
      const seen = new Set<string>();
      return compression({ corpus, bits: 14 }, { examine: async (kernels, { prefix, limit, anew, generation }) => Promise.all(kernels.map(async (kernel): Promise<Trial> => {
        const machine = openMachine(backend, kernel, slots(prefix, 14));
        const opening = machine.score(corpus.subarray(0, Math.min(2048, prefix)));
        const { fingerprint } = machine;
        const total = opening > limit || prefix <= 2048 ? opening : machine.score(corpus.subarray(2048, prefix), limit);
        const done = prefix <= 2048 ? prefix : opening > limit ? 2048 : 2048 + machine.done;
        machine.close();
        const key = `${fingerprint} ${opening}`;
        const skip = !anew && seen.has(key) && memoryOf({ prefix, limit, anew, generation });
        seen.add(key);
        return { fingerprint, opening, bytes: sizes.get(kernel)!, ...(skip ? {} : { bits: total, done }) };
      })) });
    };
    const sizes = new Map(await Promise.all(pool.map(async (kernel) => {
      const { machineBytes } = await import('../../src/problems/program/machine.ts');
      return [kernel, machineBytes(backend, kernel, slots(corpus.length, 14))] as const;
    })));
    const others = [forgetful(() => false), forgetful(() => true), forgetful(({ limit }) => limit < Infinity)];
    let resumed = compression({ corpus, bits: 14 }, { backend });
    for (const [k, xs] of batches.entries()) {
      const batch = { xs, ...(k % 3 === 0 && { above: 4 + (k % 5) }) };
      const expected = await local.score(batch);
      for (const problem of others) expect(await problem.score(batch)).toEqual(expected);
      resumed = compression({ corpus, bits: 14 }, { backend }, resumed.save());
      expect(await resumed.score(batch)).toEqual(expected);
    }
  });

  it('has a price in nominal milliseconds: the tables and the bytes', () => {
    const kernel = { words: new Uint32Array(64), doubles: new Float64Array(1024) };
    expect(price(kernel, 0, 2000)).toBe(2 * price(kernel, 0, 1000));
    expect(price(kernel, 2_000_000, 0)).toBe(2 * price(kernel, 1_000_000, 0));
    // A byte that PRIME teaches takes as long as one of the text: two doubles of 16 times six bytes.
    const primed = { ...kernel, words: kernel.words.slice() };
    primed.words[0] = ((29 << 26) | (2 << 10)) >>> 0;
    expect(price(primed, 0, 1000)).toBe(price(kernel, 0, 1000 + 2 * 16 * 6));
    expect([slots(1), slots(4096), slots(50_000), slots(1_000_000), slots(1_000_000, 22), slots(50_000, 14)]).toEqual([16, 16, 19, 20, 22, 14]);
  });
});

describe('searchPrograms', () => {
  it.skipIf(runtime === 'bun')('finds the same kernel and leaves the same journal with 0, 1 and 2 workers', async () => {
    const results = [];
    for (const workers of plain ? [0] : [0, 1, 2]) {
      const store = memory();
      const { cpu, ...result } = await searchPrograms({ ...base, workers, store });
      expect(cpu).toBeGreaterThan(0);
      results.push({ result, journal: await read(store, 'journal.jsonl'), winner: await read(store, 'winner.kernel') });
    }
    for (const each of results) expect(each).toEqual(results[0]);
    expect(results[0]!.result.standings.map(({ rank }) => rank)).toEqual([1, 2]);
    expect(results[0]!.result.cost).toBeGreaterThanOrEqual(base.cost!);
    expect(results[0]!.winner.slice(0, 8)).toBe('nadirkrn');
  });

  it('stopped again and again it ends as one search does', async () => {
    const whole = memory();
    const straight = await searchPrograms({ ...base, store: whole });
    const store = memory();
    let rounds = 0;
    for (let stop = 'aborted'; stop === 'aborted'; rounds++) {
      const signal = new AbortController();
      let told = 0;
      const result = await searchPrograms({ ...base, store, signal: signal.signal, observe: () => void (++told === (plain ? 1 : 2) && signal.abort()) });
      stop = result.stop;
    }
    expect(rounds).toBeGreaterThan(1);
    for (const key of ['journal.jsonl', 'winner.kernel', 'race.json']) expect(await read(store, key)).toBe(await read(whole, key));
    expect((await searchPrograms({ ...base, store })).loss).toBe(straight.loss); // it was over: nothing is searched again
  });

  it('has the winner in its journal and its standings, wherever the cost ends', async () => {
    let asked = 0;
    const late: StrategyDef = { ...random, name: 'late', start: () => ({ ask: () => ({ xs: asked === 0 ? [emptyKernel()] : Array.from({ length: 20 }, () => builtIn('order2').kernel) }), tell: () => void asked++, save: () => null }) };
    const store = memory();
    const { loss, prefix, standings } = await searchPrograms({ ...base, cost: 10, strategies: [late], store }); // less than twenty, were a kernel's price 1
    expect(standings[0]).toMatchObject({ name: 'late', loss });
    expect(JSON.parse((await read(store, 'journal.jsonl')).trim().split('\n').at(-1)!)).toMatchObject({ loss, prefix });
    expect(loss).toBeLessThan(4);
  });

  it('ranks a strategy last that throws, and scores the winner on what is held out', async () => {
    const heldOut = [{ name: 'other', bytes: text(2000, 9) }];
    const store = memory();
    const result = await searchPrograms({ ...base, strategies: [bad, few, other], heldOut, store, peers: async () => [{ name: 'copy', coded: 2000 }, { name: 'missing', coded: null }] });
    expect(result.standings.at(-1)).toMatchObject({ name: 'bad', state: 'failed', error: 'no more', rank: 3 });
    const [scored] = result.heldOut;
    expect(scored!.bitsPerByte).toBe((8 * scored!.coded) / 2000);
    const html = await read(store, 'report.html');
    expect(html).toContain('failed: no more');
    expect(html).toContain('<svg');
    const md = await read(store, 'report.md');
    expect(md).toMatch(/\| other \| 2,000 \| [\d.]+ \| [\d,]+ \| [\d,]+ \| 2,000 \|/);
    expect(md).not.toContain('missing');
    expect(JSON.parse(await read(store, 'winner.json')).search.strategy).toBe(result.strategy);
  });

  it('refuses what makes no sense', async () => {
    const refuse = (more: object, message: string) => expect(searchPrograms({ ...base, ...more } as SearchOptions)).rejects.toThrow(message);
    await refuse({ corpus: new Uint8Array(0) }, 'the corpus is empty; allowed: at least one byte');
    await refuse({ corpus: 'text' }, 'corpus is "text"; allowed: a Uint8Array');
    await refuse({ budget: 5 }, 'budget is 5 and cost ');
    await refuse({ cost: undefined }, 'budget is undefined and cost undefined; allowed: one of them');
    await refuse({ cost: -1 }, 'cost is -1; allowed: milliseconds above 0');
    await refuse({ strategies: ['nonesuch'] }, 'unknown strategy "nonesuch"; ');
    await refuse({ strategies: [] }, 'strategies is []; allowed: "all", or names, at least one');
    await refuse({ strategies: [random, random] }, 'strategies is "random"; allowed: every strategy once');
    await refuse({ workers: 1.5 }, 'workers is 1.5; allowed: an integer from 0 to 256');
    await refuse({ seed: -1 }, 'seed is -1; allowed: an integer from 0 to 2^53 - 1');
    await refuse({ bits: 30 }, 'bits is 30; allowed: an integer from 12 to 22');
    await refuse({ hedlOut: [] }, 'unknown option "hedlOut" of searchPrograms; did you mean heldOut? ');
    const store = memory();
    await searchPrograms({ ...base, cost: 10, store });
    await expect(searchPrograms({ ...base, cost: 10, seed: 6, store, place: 'runs/x' })).rejects.toThrow('runs/x holds a race with seed 5; this one has 6: give the same, another place, or --fresh to start over');
    expect((await searchPrograms({ ...base, cost: 10, seed: 6, store, fresh: true })).stop).toBe('budget');
  });

  it('trains on nothing that is held out', () => {
    const of = (name: string, bytes: Uint8Array) => disjoint(corpus, [{ name, bytes }]);
    expect(() => of('same.txt', corpus.slice())).toThrow('same.txt is the corpus itself; allowed: held-out texts that are not trained on');
    expect(() => of('spaced.txt', new TextEncoder().encode(`\n${new TextDecoder().decode(corpus)}\n`))).toThrow('spaced.txt is the corpus itself');
    expect(() => of('part.txt', corpus.slice(1000, 1800))).toThrow('part.txt is a part of the corpus');
    expect(() => of('more.txt', new TextEncoder().encode(`Preface. ${new TextDecoder().decode(corpus)} The end.`))).toThrow('more.txt has the corpus in it');
    expect(() => of('none.txt', new Uint8Array(0))).toThrow('none.txt is empty');
    expect(() => of('bytes.bin', Uint8Array.from({ length: 256 }, (_, i) => i))).not.toThrow();
    expect(() => of('fine.txt', text(2000, 9))).not.toThrow();
  });
});
