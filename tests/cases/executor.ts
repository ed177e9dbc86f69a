/**
 * The contract of an executor, run over `serial` and `threads`, with jobs from a `data:` module that every runtime can import.
 *
 * Surprise: NadirError must be recognised by its code here, since workers answer with another copy of the class.
 */
import { describe, expect, it } from 'vitest';

import type { Call } from '../../src/executors/job.ts';
import type { Executor, Result } from '../../src/executors/threads.ts';

/** A module as a URL. Bun 1.4 takes what follows a dot anywhere in a data: URL for a file extension, and then exports nothing. */
export const moduleOf = (source: string): string => `data:text/javascript,${encodeURIComponent(source).replaceAll('.', '%2E')}`;

export const module: string = moduleOf(`
  export const double = (x) => 2 * x;
  export const sum = (xs) => xs.reduce((a, b) => a + b, 0);
  export const later = (x, ms) => new Promise((resolve) => setTimeout(() => resolve(x), ms));
  export const spin = (x, ms) => { const end = performance.now() + ms; while (performance.now() < end); return x; };
  export const fail = (name, message, code) => { throw Object.assign(new Error(message), { name, code }); };
  export const text = () => { throw 'only text'; };
  export const sphere = (xs) => Float64Array.from(xs, (x) => x * x);
  export const note = 3;
`);
export const job = (name: string, ...args: unknown[]): Call => ({ kind: 'call', module, export: name, args });

export async function collect<T>(results: AsyncIterable<Result<T>>): Promise<Result<T>[]> {
  const all: Result<T>[] = [];
  for await (const result of results) all.push(result);
  return all;
}

/** `open` makes an executor; each test closes its own. */
export function executorCases(name: string, open: () => Promise<Executor>): void {
  const using = async (act: (executor: Executor) => Promise<void>): Promise<void> => {
    const executor = await open();
    try {
      await act(executor);
    } finally {
      await executor.close();
    }
  };

  describe(`executor ${name}`, () => {
    it('answers in the order of the jobs, whichever ends first', () => using(async (executor) => {
      const jobs = Array.from({ length: 12 }, (_, i) => job('later', i, (i * 7) % 5 * 4));
      expect(await collect(executor.map<number>(jobs))).toEqual(jobs.map((_, index) => ({ index, value: index })));
    }));

    it('takes jobs from an async source and from none', () => using(async (executor) => {
      async function* source() {
        for (let i = 0; i < 5; i++) {
          await new Promise((resolve) => setTimeout(resolve, i));
          yield job('double', i);
        }
      }
      expect(await collect(executor.map<number>(source()))).toEqual([0, 2, 4, 6, 8].map((value, index) => ({ index, value })));
      expect(await collect(executor.map([]))).toEqual([]);
    }));

    it('sends typed arrays, infinities and NaN both ways', () => using(async (executor) => {
      const xs = Float64Array.of(1, -0, Infinity, NaN, 3e-300);
      const [result] = await collect(executor.map<Float64Array>([job('sphere', xs)]));
      expect(result).toEqual({ index: 0, value: Float64Array.of(1, 0, Infinity, NaN, 0) });
      expect(xs.length).toBe(5);
    }));

    it('answers a job that throws with its error, and goes on', () => using(async (executor) => {
      const results = await collect<number>(executor.map([
        job('fail', 'NadirError', 'dim is 0; allowed: an integer from 1', 'input'), job('fail', 'RangeError', 'too far'), job('text'),
        job('none'), job('note'), job('doubl', 1), { ...job('double', 1), module: './relative.js' }, { ...job('double', 1), module: 'data:text/javascript,export const = 1' },
        { kind: 'constructor' } as never, null as never, job('double', 4),
      ]));
      const errors = results.map((result) => ('error' in result ? [result.error.name, (result.error as { code?: string }).code, result.error.message] : result.value));
      const start = `module ${JSON.stringify(module).slice(0, 57)}... exports no function`;
      const have = 'have double, fail, later, sphere, spin, sum, text';
      expect(errors.slice(0, 3)).toEqual([['NadirError', 'input', 'dim is 0; allowed: an integer from 1'], ['RangeError', undefined, 'too far'], ['Error', undefined, 'only text']]);
      expect(errors[3]).toEqual(['NadirError', 'name', `${start} "none"; ${have}`]);
      expect(errors[4]).toEqual(['NadirError', 'name', `${start} "note"; ${have}`]);
      expect(errors[5]).toEqual(['NadirError', 'name', `${start} "doubl"; did you mean double? ${have}`]);
      expect(errors[6]).toEqual(['NadirError', 'input', `module is "./relative.js"; allowed: an absolute URL, as new URL('./mine.js', import.meta.url).href`]);
      expect(errors[7]).toEqual(['NadirError', 'input', expect.stringMatching(/^module "data:.*" cannot be loaded: /)]);
      expect(errors[8]).toEqual(['NadirError', 'name', expect.stringMatching(/^unknown kind of job "constructor"; have call/)]);
      expect(errors[9]).toEqual(['NadirError', 'name', expect.stringMatching(/^unknown kind of job undefined; have call/)]);
      expect(errors[10]).toBe(8);
    }));

    it('takes no more jobs than twice its workers ahead of the reader', () => using(async (executor) => {
      let taken = 0;
      let ended = false;
      function* source() {
        try {
          for (;;) yield job('double', taken++);
        } finally {
          ended = true;
        }
      }
      let read = 0;
      for await (const result of executor.map<number>(source())) {
        expect(result).toEqual({ index: read, value: 2 * read });
        read++;
        await new Promise((resolve) => setTimeout(resolve, 3));
        expect(taken).toBeLessThanOrEqual(read + 2 * executor.workers);
        if (read === 10) break;
      }
      expect(ended).toBe(true);
      expect(await collect(executor.map([job('double', 1)]))).toEqual([{ index: 0, value: 2 }]); // leaving a loop early breaks nothing
    }));

    it('passes on an error of the source', () => using(async (executor) => {
      function* source() {
        yield job('double', 1);
        throw new Error('the source is broken');
      }
      await expect(collect(executor.map(source()))).rejects.toThrow('the source is broken');
    }));

    it('ends with `aborted` on the signal, before or during', () => using(async (executor) => {
      const before = AbortSignal.abort();
      await expect(collect(executor.map([job('double', 1)], { signal: before }))).rejects.toMatchObject({ code: 'aborted' });
      const controller = new AbortController();
      const seen: number[] = [];
      const run = async (): Promise<void> => {
        for await (const result of executor.map(Array.from({ length: 50 }, (_, i) => job('later', i, 2)), { signal: controller.signal })) {
          seen.push(result.index);
          if (result.index === 2) controller.abort();
        }
      };
      await expect(run()).rejects.toMatchObject({ code: 'aborted' });
      expect(seen).toEqual([0, 1, 2]);
      expect(await collect(executor.map([job('double', 3)]))).toEqual([{ index: 0, value: 6 }]);
    }));

    it('refuses jobs once it is closed, and closes twice', async () => {
      const executor = await open();
      await executor.close();
      await executor.close();
      const [result] = await collect(executor.map([job('double', 1)]));
      expect(result).toMatchObject({ index: 0, error: { code: 'worker' } });
    });
  });
}
