/**
 * A soft machine: every slot holds a mixture of instructions, softmax(gates / temperature), and a weight; the prediction is their weighted sum.
 *
 * With x[c] the input that instruction c gives before a bit, p[s][c] the gate of slot s and w[s] its weight, the logit is z = sum of v[c] x[c] + bias, v[c] = sum over s of w[s] p[s][c].
 * So a row takes as long as one mixer over the instructions, whatever the slots, and with G[c] = mean of (squash(z) - bit) x[c] the gradients are
 * dL/dw[s] = sum of p[s][c] G[c] and dL/dg[s][c] = w[s] p[s][c] (G[c] - sum of p[s][c'] G[c']) / temperature: exact, in closed form. Losses are bits a bit.
 */
import { exp, log } from '../../../assembly/portable/math.ts';
import type { Random } from '../../core/types.ts';
import { moments } from '../../optimizers/chain.ts';

const LOG2E = 1.4426950408889634;
const STEEP = 30; // a gate that is shut, a gate that is open

/** What instructions gave before each of `bits.length` bits: a row a bit, a column an instruction. */
export interface Rows { readonly inputs: Float32Array; readonly bits: Uint8Array; readonly columns: number }
/** Gates (slots x columns), weights (slots) and the bias, one after another. `price[c]`: what an instruction costs, added to the loss by its gates. */
export interface Soft { readonly slots: number; readonly columns: number; readonly theta: Float64Array; readonly price: Float64Array }

export function openSoft(slots: number, columns: number, price: Float64Array = new Float64Array(columns)): Soft {
  return { slots, columns, theta: new Float64Array(slots * columns + slots + 1), price };
}

/**
 * The loss of rows `from` to `to`, and its gradient when there is room for it.
 * @param gradient as long as theta, overwritten
 */
export function softLoss({ slots, columns, theta, price }: Soft, { inputs, bits }: Rows, temperature: number, from: number, to: number, gradient?: Float64Array): number {
  const weights = theta.subarray(slots * columns, slots * columns + slots);
  const bias = theta[theta.length - 1]!;
  const share = new Float64Array(slots * columns);
  const mixed = new Float64Array(columns);
  let loss = 0;
  for (let s = 0; s < slots; s++) {
    const row = share.subarray(s * columns, (s + 1) * columns);
    let most = -Infinity;
    for (let c = 0; c < columns; c++) most = Math.max(most, theta[s * columns + c]!);
    let total = 0;
    for (let c = 0; c < columns; c++) total += row[c] = exp((theta[s * columns + c]! - most) / temperature);
    for (let c = 0; c < columns; c++) {
      row[c] = row[c]! / total;
      mixed[c] = mixed[c]! + weights[s]! * row[c]!;
      loss += row[c]! * price[c]!;
    }
  }
  const sums = new Float64Array(columns); // G
  let slope = 0; // and that of the bias
  let product = 1; // of the probabilities, so that one logarithm does for many
  let spent = 0;
  for (let r = from; r < to; r++) {
    const at = r * columns;
    let z = bias;
    for (let c = 0; c < columns; c++) z += mixed[c]! * inputs[at + c]!;
    const p = 1 / (1 + exp(-Math.max(-12, Math.min(12, z))));
    const error = p - bits[r]!;
    product *= bits[r] ? p : 1 - p;
    if (product < 1e-200) {
      spent -= log(product);
      product = 1;
    }
    if (gradient === undefined) continue;
    slope += error;
    for (let c = 0; c < columns; c++) sums[c] = sums[c]! + error * inputs[at + c]!;
  }
  const n = Math.max(1, to - from);
  loss += ((spent - log(product)) * LOG2E) / n;
  if (gradient === undefined) return loss;
  for (let c = 0; c < columns; c++) sums[c] = (sums[c]! * LOG2E) / n;
  for (let s = 0; s < slots; s++) {
    const row = share.subarray(s * columns, (s + 1) * columns);
    let mean = 0;
    let cost = 0;
    for (let c = 0; c < columns; c++) {
      mean += row[c]! * sums[c]!;
      cost += row[c]! * price[c]!;
    }
    gradient[slots * columns + s] = mean;
    for (let c = 0; c < columns; c++) gradient[s * columns + c] = (row[c]! * (weights[s]! * (sums[c]! - mean) + price[c]! - cost)) / temperature;
  }
  gradient[gradient.length - 1] = (slope * LOG2E) / n;
  return loss;
}

export interface Training { readonly steps: number; readonly batch: number; readonly gates: number; readonly weights: number; readonly last: number }

/** Adam on gates and weights, on slices of the rows in turn; the temperature falls from 1 to `last`. Rates: `gates`, `weights`. */
export function train(soft: Soft, rows: Rows, { steps, batch, gates, weights, last }: Training, random: Random): void {
  const { slots, columns, theta } = soft;
  const n = rows.bits.length;
  const gradient = new Float64Array(theta.length);
  const adam = moments(0.9, 0.99, 1e-8)(theta.length);
  for (let t = 0; t < steps; t++) {
    const size = Math.min(n, batch);
    const from = random.int(n - size + 1);
    const fall = exp((log(last) * t) / Math.max(1, steps - 1));
    softLoss(soft, rows, fall, from, from + size, gradient);
    adam.apply(gradient, theta);
    const late = 1 - (0.9 * t) / steps;
    for (let i = 0; i < theta.length; i++) theta[i] = theta[i]! - late * (i < slots * columns ? gates : weights) * gradient[i]!;
  }
}

/** The column of each slot's widest gate, in place: that gate open, the others shut. */
export function harden({ slots, columns, theta }: Soft): number[] {
  return Array.from({ length: slots }, (_, s) => {
    const row = theta.subarray(s * columns, (s + 1) * columns);
    let chosen = 0;
    for (let c = 1; c < columns; c++) if (row[c]! > row[chosen]!) chosen = c;
    row.fill(-STEEP);
    row[chosen] = STEEP;
    return chosen;
  });
}

/** The bias and the weights of slots. */
export const weightsOf = ({ slots, columns, theta }: Soft): Float64Array => theta.subarray(slots * columns);
