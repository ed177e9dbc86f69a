/** The problems of tests/vectors/alme.json by their published formulas, in host mathematics: losses and gradients. */
export type Vector = Float64Array;
export interface Published { loss(x: Vector): number; gradient(x: Vector): number[] }
const { cos, sin, exp, sqrt, PI, E } = Math;
export const list = (x: Vector): number[] => Array.from(x);
export const total = (values: number[]): number => values.reduce((a, b) => a + b, 0);
export const functions: { [name: string]: Published } = {
  quad: { loss: (x) => total(list(x).map((v, i) => (i + 1) * (v - 0.5) ** 2)), gradient: (x) => list(x).map((v, i) => 2 * (i + 1) * (v - 0.5)) },
  rosenbrock: {
    loss: (x) => total(list(x.subarray(1)).map((v, i) => (1 - x[i]!) ** 2 + 100 * (v - x[i]! ** 2) ** 2)),
    gradient: (x) => list(x).map((v, i) => (i > 0 ? 200 * (v - x[i - 1]! ** 2) : 0) + (i + 1 < x.length ? -2 * (1 - v) - 400 * v * (x[i + 1]! - v * v) : 0)),
  },
  rastrigin: { loss: (x) => 10 * x.length + total(list(x).map((v) => v * v - 10 * cos(2 * PI * v))), gradient: (x) => list(x).map((v) => 2 * v + 20 * PI * sin(2 * PI * v)) },
  ackley: {
    loss: (x) => -20 * exp(-0.2 * sqrt(total(list(x).map((v) => v * v)) / x.length)) - exp(total(list(x).map((v) => cos(2 * PI * v))) / x.length) + 20 + E,
    gradient: (x) => {
      const n = x.length;
      const r = sqrt(total(list(x).map((v) => v * v)) / n);
      const c = exp(total(list(x).map((v) => cos(2 * PI * v))) / n);
      return list(x).map((v) => (4 * exp(-0.2 * r) * v) / (n * r) + (c * 2 * PI * sin(2 * PI * v)) / n);
    },
  },
};
