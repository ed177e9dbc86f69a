/** A metric over steps, in two arrays that double. What is in them never changes, so a view of them is a copy. */

export interface Series {
  readonly n: number;
  push(step: number, value: number): void;
  /** The first n, as views. */
  steps(): Float64Array;
  values(): Float64Array;
}

/** Begins with `steps` and `values`, of one length, which it takes over. */
export function openSeries(steps: Float64Array = new Float64Array(0), values: Float64Array = new Float64Array(0)): Series {
  let n = steps.length;
  return {
    get n() {
      return n;
    },
    push(step, value) {
      if (n === steps.length) {
        steps = wider(steps);
        values = wider(values);
      }
      steps[n] = step;
      values[n] = value;
      n++;
    },
    steps: () => steps.subarray(0, n),
    values: () => values.subarray(0, n),
  };
}

function wider(array: Float64Array): Float64Array {
  const out = new Float64Array(Math.max(16, 2 * array.length));
  out.set(array);
  return out;
}
