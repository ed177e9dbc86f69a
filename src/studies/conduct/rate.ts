/** How fast it goes. */
import { now } from '../../platform/index.ts';

const APART = 500; // milliseconds between two marks
const KEPT = 20; // marks

/** Runs a second over the last seconds; NaN before the first. */
export function meter(): { note(made: number): void; perSecond(): number } {
  const marks: [number, number][] = [[now(), 0]];
  return {
    note(made) {
      const at = now();
      if (at - marks.at(-1)![0] > APART || marks.length < 2) marks.push([at, made]);
      else marks[marks.length - 1] = [at, made];
      if (marks.length > KEPT) marks.shift();
    },
    perSecond() {
      const [[from, before], [to, after]] = [marks[0]!, marks.at(-1)!];
      return after > before ? ((after - before) / (to - from)) * 1000 : NaN;
    },
  };
}
