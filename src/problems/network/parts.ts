/** What the parts of an answer are together, added in one order, so that it is the same whoever made them. */

/** A quarter of a mini-batch, or two: the losses, and their part of the gradient without penalty. */
export interface Quarter { readonly losses: Float64Array; readonly gradient: Float32Array | Float64Array }
/** Of examples one after another: losses, and how many classes are right (NaN for numbers). */
export interface Judged { readonly losses: Float64Array; readonly right: number }

/** The mean loss, added example by example. */
export function mean(parts: readonly { readonly losses: Float64Array }[]): number {
  let [sum, n] = [0, 0];
  for (const { losses } of parts) {
    for (let r = 0; r < losses.length; r++) sum += losses[r]!;
    n += losses.length;
  }
  return sum / n;
}

/** What `evaluate` says. */
export function found(parts: readonly Judged[]): { readonly loss: number; readonly accuracy: number } {
  const n = parts.reduce((sum, { losses }) => sum + losses.length, 0);
  return { loss: mean(parts), accuracy: parts.reduce((sum, { right }) => sum + right, 0) / n };
}

/** The sum of four quarters, (q0 + q1) + (q2 + q3), or of two halves, in the first of them, which rounds what it stores. */
export function pairwise(parts: readonly (Float32Array | Float64Array)[]): Float32Array | Float64Array {
  if (parts.length === 1) return parts[0]!;
  const [a, b] = [pairwise(parts.slice(0, parts.length / 2)), pairwise(parts.slice(parts.length / 2))];
  for (let i = 0; i < a.length; i++) a[i] = a[i]! + b[i]!; // measured, 109,386 numbers: 0.1 ms; a function of each took 15
  return a;
}
