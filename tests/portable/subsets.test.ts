/** The combination kernels: what they promise, checked against sorting and counting written here, and the same bits on every backend. */
import { expect, it } from 'vitest';
import { createRandom, openBackend } from '../../src/index.ts';
import type { Backend } from '../../src/index.ts';
import { backends } from '../cases/backends.ts';

const SIZE = 1 << 21;
const opened = await Promise.all(backends.map((name) => openBackend(name, SIZE)));
const base = Math.max(...opened.map(({ scratch }) => scratch.pointer)) + 4096;
const place = (i: number): number => base + i * 150016; // room for 9,376 elements, 16-byte aligned
const random = createRandom(77);
const draws: (() => number)[] = [() => random.normal(), () => random.int(9) - 4, () => random.int(300) / 10, () => [0, 0, 7.3, 1e15][random.int(4)]!];
const lengths = [1, 2, 3, 4, 5, 7, 8, 16, 17, 63, 64, 65, 100, 1000, 4095, 4097];

/** Writes the same into every backend, calls, and gives what stands at `out` (count doubles) and the answer, after checking that all backends have it. */
function same(inputs: readonly (readonly [number, ArrayLike<number>])[], call: (k: Backend['kernels']) => number | void, out: number, count: number): { answer: number | void; out: number[] } {
  const results = opened.map((backend) => {
    backend.f64.fill(-7, base / 8);
    for (const [pointer, numbers] of inputs) backend.f64.set(numbers, pointer / 8);
    const answer = call(backend.kernels);
    return { answer, out: Array.from(backend.f64.subarray(out / 8, out / 8 + count)), after: backend.f64[out / 8 + count] };
  });
  for (const other of results.slice(1)) expect(other).toEqual(results[0]);
  return results[0]!;
}
const pairsOf = (n: number, draw: () => number): number[] => Array.from({ length: 2 * n }, draw);
const sums = (terms: number[], depth: number, start = 0): number[] => Array.from({ length: 2 ** depth }, (_, line) => {
  let s = start;
  for (let i = 0; i < depth; i++) s += terms[2 * i + ((line >>> (depth - 1 - i)) & 1)]!;
  return s;
});
const ascending = (n: number, draw: () => number): number[] => Array.from({ length: n }, draw).sort((a, b) => a - b);
/** An ascending list with lines, each line once. */
const listOf = (n: number, draw: () => number): number[] => ascending(n, draw).flatMap((s, i) => [s, ((i * 7919) % n) * 4096]);

it('brute finds the least distance, then the higher sum, then the earlier line', () => {
  for (const draw of draws) {
    for (const depth of [0, 1, 2, 3, 9, 10, 11, 12, 13]) {
      const terms = pairsOf(depth, draw);
      for (const [from, tolerance] of [[0, -1], [1, -1], [1, 0], [0, 2.5]] as const) {
        const start = draw();
        const all = sums(terms, depth, start);
        for (const target of [all[all.length >> 1]! * 0.999, 12.34, 1e9]) {
          let want = [-Infinity, Infinity, -1];
          for (let line = from; line < all.length; line++) {
            const d = Math.abs(all[line]! - target);
            if (d < want[1]! || (d === want[1] && all[line]! > want[0]!)) want = [all[line]!, d, line];
            if (d <= tolerance) break;
          }
          expect(same([[place(1), terms]], (k) => k.brute(place(0), place(1), depth, start, target, tolerance, from), place(0), 3).out).toEqual(want);
        }
      }
    }
  }
});

it('seek names every line of the sums it is given', () => {
  for (const draw of draws) {
    for (const depth of [0, 1, 5, 10, 11, 12]) {
      const terms = pairsOf(depth, draw);
      const all = sums(terms, depth);
      const values = [...new Set([all[0]!, all[all.length >> 1]!, all[all.length - 1]!, 0.123])].sort((a, b) => a - b);
      const want = all.flatMap((s, line) => (values.includes(s) ? [[s, line]] : []));
      for (const most of [4096, 2]) {
        const count = 2 * Math.min(most, want.length);
        const found = opened.map((backend) => {
          backend.f64.set(terms, place(2) / 8);
          backend.f64.set(values, place(3) / 8);
          const answer = backend.kernels.seek(place(0), place(1), place(2), place(3), values.length, depth, most);
          return { answer, lines: Array.from({ length: count / 2 }, (_, i) => Array.from(backend.f64.subarray(place(0) / 8 + 2 * i, place(0) / 8 + 2 * i + 2))).sort((a, b) => a[1]! - b[1]!) };
        });
        for (const { answer, lines } of found) {
          expect(answer).toBe(Math.min(want.length, most + 1));
          if (want.length <= most) expect(lines).toEqual(want);
          else expect(lines.every(([s, line]) => all[line!] === s && values.includes(s!))).toBe(true);
        }
      }
    }
  }
});

it('merges ascend and lose nothing; lines go with their sums', () => {
  for (const draw of draws) {
    for (const n of lengths) {
      const [low, high] = [draw(), draw()];
      const xs = ascending(n, draw);
      const both = [...xs.map((x) => x + low), ...xs.map((x) => x + high)].sort((a, b) => a - b);
      expect(same([[place(1), xs]], (k) => k.merge(place(0), place(1), n, low, high), place(0), 2 * n).out).toEqual(both);
      const list = listOf(n, draw);
      const { out } = same([[place(1), list]], (k) => k.grow(place(0), place(1), n, low, high, 1), place(0), 4 * n);
      const elements = (flat: number[]): number[][] => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!]);
      const order = (a: number[], b: number[]): number => a[0]! - b[0]! || a[1]! - b[1]!;
      const want = elements(list).flatMap(([s, line]) => [[s! + low, line!], [s! + high, line! + 1]]).sort(order);
      expect(elements(out).sort(order)).toEqual(want);
      expect(elements(out).map(([s]) => s)).toEqual(want.map(([s]) => s));
    }
  }
});

it('thin keeps the earliest of equal sums, and line 0', () => {
  for (const draw of draws) {
    for (const n of lengths) {
      for (const zero of [true, false]) {
        const list = listOf(n, draw).map((v, i) => (i % 2 === 1 && !zero ? v + 1 : v));
        const least = new Map<number, number>();
        for (let i = 0; i < n; i++) if (list[2 * i + 1] !== 0) least.set(list[2 * i]!, Math.min(least.get(list[2 * i]!) ?? Infinity, list[2 * i + 1]!));
        const want = [...least];
        if (zero) want.push([list[2 * list.filter((_, i) => i % 2 === 1).indexOf(0)]!, 0]);
        want.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
        const { answer, out } = same([[place(0), list]], (k) => k.thin(place(0), n), place(0), 2 * want.length);
        expect(answer).toBe(want.length);
        expect(Array.from({ length: want.length }, (_, i) => [out[2 * i], out[2 * i + 1]]).sort((a, b) => a[0]! - b[0]! || b[1]! - a[1]!)).toEqual(want);
      }
    }
  }
});

it('shift goes on with the literal sum', () => {
  for (const n of [0, ...lengths]) {
    for (const depth of [0, 1, 3]) {
      const terms = pairsOf(depth, draws[0]!);
      const list = listOf(n, draws[0]!);
      for (let line = 0; line < 2 ** depth; line++) {
        const want = list.filter((_, i) => i % 2 === 0).map((s) => sums(terms, depth, s)[line]!);
        expect(same([[place(1), list], [place(2), terms]], (k) => k.shift(place(0), place(1), n, place(2), depth, line), place(0), n).out).toEqual(want);
      }
    }
  }
});

it('the sweep and its notes find every pair within a width', () => {
  for (const draw of draws) {
    for (const n of lengths.filter((l) => l <= 1000 || draw === draws[0])) {
      for (const m of [1, 2, 5, 64, 300]) {
        const xs = ascending(n, draw);
        const ys = ascending(m, draw);
        const target = draw() * 1.5;
        const all = xs.flatMap((x, i) => ys.map((y) => [i, y, Math.abs(x + y - target)] as const));
        const least = all.reduce((d, [, , e]) => Math.min(d, e), Infinity);
        const notes = 8 * Math.ceil(Math.ceil((n + m) / 4) / 2048);
        const inputs = [[place(1), xs], [place(2), ys]] as const;
        for (const width of [least, least + 0.01, 3]) {
          const want = all.flatMap(([i, y, d]) => (d <= width ? [[i, y]] : []));
          const most = want.length > 4000 ? 10 : 4000;
          const count = want.length > most ? 0 : 2 * want.length;
          let found: number | void = 0;
          const { answer, out } = same(inputs, (k) => {
            found = k.sweep(place(0), place(1), place(2), n, m, target);
            return k.near(place(3), place(0), place(1), place(2), n, m, target, width, most);
          }, place(3), count);
          expect(found).toBe(least);
          expect(answer).toBe(Math.min(want.length, most + 1));
          const order = (a: (number | undefined)[], b: (number | undefined)[]): number => a[0]! - b[0]! || a[1]! - b[1]!;
          if (count > 0) expect(Array.from({ length: want.length }, (_, i) => [out[2 * i], out[2 * i + 1]]).sort(order)).toEqual(want.sort(order));
        }
        same(inputs, (k) => k.sweep(place(0), place(1), place(2), n, m, target), place(0), notes);
      }
    }
  }
});

it('bisection finds the best of every selection, and the earliest within a tolerance', () => {
  for (const draw of draws) {
    for (const n of [1, 2, 64, 100, 4097, 9000]) {
      const depth = n > 1000 ? 2 : 4;
      const list = listOf(n, draw);
      const xs = list.filter((_, i) => i % 2 === 0);
      const terms = pairsOf(depth, draw);
      const target = draw() * 2;
      for (const tolerance of [-1, 0, 0.5, 4]) {
        let want = [-Infinity, Infinity, Infinity, Infinity];
        xs.forEach((x, i) => sums(terms, depth, x).forEach((s, line) => {
          const d = Math.abs(s - target);
          const head = list[2 * i + 1]!;
          const earlier = head < want[2]! || (head === want[2] && line < want[3]!);
          if (tolerance < 0 ? d < want[1]! || (d === want[1] && (s > want[0]! || (s === want[0] && earlier))) : d <= tolerance && earlier) want = [s, d, head, line];
        }));
        const half = 2 ** (depth - 1);
        const { out } = same([[place(1), list], [place(2), xs], [place(3), terms], [place(0), [-Infinity, Infinity, Infinity, Infinity]]], (k) => {
          k.minima(place(4), place(1), n);
          for (const from of [0, half]) k.bisect(place(0), place(4), place(1), place(2), place(3), n, depth, from, half, target, 1e17, tolerance);
        }, place(0), 4);
        // With a tolerance only the lines are promised.
        expect(tolerance < 0 ? out : out.slice(2)).toEqual(tolerance < 0 ? want : want.slice(2));
      }
    }
  }
});
