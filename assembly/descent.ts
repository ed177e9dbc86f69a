/** Steps of descents over many parameters, two at a time; what src/optimizers/chain.ts does in plain loops, operation by operation. */
import { add, at, div, mul, sub } from './lanes';

/** update *= factor, n of them. */
export function multiply(update: usize, n: i32, factor: f64): void {
  const by = f64x2.splat(factor);
  let i: i32 = 0;
  for (; i + 1 < n; i += 2) v128.store(at(update, i), mul(v128.load(at(update, i)), by));
  if (i < n) store<f64>(at(update, i), load<f64>(at(update, i)) * factor);
}

/** Adam's moments of n gradients, which become m (correction / (sqrt(v) + epsilon)). */
export function moments(update: usize, m: usize, v: usize, n: i32, beta1: f64, beta2: f64, epsilon: f64, correction: f64): void {
  const b1 = f64x2.splat(beta1), b2 = f64x2.splat(beta2), c1 = f64x2.splat(1.0 - beta1), c2 = f64x2.splat(1.0 - beta2);
  const e = f64x2.splat(epsilon), c = f64x2.splat(correction);
  let i: i32 = 0;
  for (; i + 1 < n; i += 2) {
    const g = v128.load(at(update, i));
    const first = add(mul(b1, v128.load(at(m, i))), mul(c1, g));
    const second = add(mul(b2, v128.load(at(v, i))), mul(mul(c2, g), g));
    v128.store(at(m, i), first);
    v128.store(at(v, i), second);
    v128.store(at(update, i), mul(first, div(c, add(f64x2.sqrt(second), e))));
  }
  if (i < n) {
    const g = load<f64>(at(update, i));
    const first = beta1 * load<f64>(at(m, i)) + (1.0 - beta1) * g;
    const second = beta2 * load<f64>(at(v, i)) + (1.0 - beta2) * g * g;
    store<f64>(at(m, i), first);
    store<f64>(at(v, i), second);
    store<f64>(at(update, i), first * (correction / (sqrt<f64>(second) + epsilon)));
  }
}

/** x -= update, kept from `lower` to `upper`; NaN becomes `lower`. */
export function advance(x: usize, update: usize, n: i32, lower: f64, upper: f64): void {
  const low = f64x2.splat(lower), up = f64x2.splat(upper);
  let i: i32 = 0;
  for (; i + 1 < n; i += 2) {
    const y = sub(v128.load(at(x, i)), v128.load(at(update, i)));
    v128.store(at(x, i), v128.bitselect(v128.bitselect(up, y, f64x2.gt(y, up)), low, f64x2.ge(y, low)));
  }
  if (i < n) {
    const y = load<f64>(at(x, i)) - load<f64>(at(update, i));
    store<f64>(at(x, i), y >= lower ? (y > upper ? upper : y) : lower);
  }
}
