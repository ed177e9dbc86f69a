/** What points need before a line is drawn through them: fewer, smoother, and whether their axis is logarithmic. */
import { quantile } from '../../experiment/analysis.ts';

/** The median of every point with its neighbours; points that are no numbers are left out. */
export function running(points: readonly (readonly [number, number])[], window: number): (readonly [number, number])[] {
  const kept = points.filter(([, value]) => Number.isFinite(value));
  const half = (window - 1) / 2;
  return kept.map(([at], i) => {
    const near = Math.min(half, i, kept.length - 1 - i); // as many on either side
    return [at, quantile(kept.slice(i - near, i + near + 1).map(([, value]) => value), 0.5)] as const;
  });
}

/** At most so many, evenly, the first and the last among them. */
export function evenly<T>(values: readonly T[], most: number): T[] {
  return values.length <= most ? [...values] : Array.from({ length: most }, (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1))]!);
}

/** The least and the greatest; nothing of nothing. */
export function ends(values: readonly number[]): number[] {
  const kept = values.filter(Number.isFinite);
  return kept.length === 0 ? [] : [kept.reduce((a, b) => Math.min(a, b)), kept.reduce((a, b) => Math.max(a, b))];
}

export function positive(values: readonly number[]): boolean {
  const kept = values.filter(Number.isFinite);
  return kept.length > 0 && kept.every((value) => value > 0);
}

/** Whether values reach so far that a log axis reads better; those at 0 do not count. */
export function wide(values: readonly number[]): boolean {
  const kept = values.filter((value) => Number.isFinite(value) && value !== 0);
  return positive(kept) && kept.reduce((a, b) => Math.max(a, b)) > 10 * kept.reduce((a, b) => Math.min(a, b));
}
