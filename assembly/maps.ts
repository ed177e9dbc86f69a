/** Functions over arrays: out[i] = f(x[i]) for n numbers, two a step and the odd one last. `out` may be `x`. */
import * as scalar from './portable/math';
import { vcos, vexp, vexpm1, vlog, vpow, vsin, vsinpi, vsquash, vstretch, vtanh } from './vector';

export function exp(out: usize, x: usize, n: i32): void {
  let i: usize = 0;
  for (const pairs = pairsOf(n); i < pairs; i += 16) v128.store(out + i, vexp(v128.load(x + i)));
  if (n & 1) store<f64>(out + i, scalar.exp(load<f64>(x + i)));
}

export function expm1(out: usize, x: usize, n: i32): void {
  let i: usize = 0;
  for (const pairs = pairsOf(n); i < pairs; i += 16) v128.store(out + i, vexpm1(v128.load(x + i)));
  if (n & 1) store<f64>(out + i, scalar.expm1(load<f64>(x + i)));
}

export function log(out: usize, x: usize, n: i32): void {
  let i: usize = 0;
  for (const pairs = pairsOf(n); i < pairs; i += 16) v128.store(out + i, vlog(v128.load(x + i)));
  if (n & 1) store<f64>(out + i, scalar.log(load<f64>(x + i)));
}

export function sin(out: usize, x: usize, n: i32): void {
  let i: usize = 0;
  for (const pairs = pairsOf(n); i < pairs; i += 16) v128.store(out + i, vsin(v128.load(x + i)));
  if (n & 1) store<f64>(out + i, scalar.sin(load<f64>(x + i)));
}

export function cos(out: usize, x: usize, n: i32): void {
  let i: usize = 0;
  for (const pairs = pairsOf(n); i < pairs; i += 16) v128.store(out + i, vcos(v128.load(x + i)));
  if (n & 1) store<f64>(out + i, scalar.cos(load<f64>(x + i)));
}

export function sinpi(out: usize, x: usize, n: i32): void {
  let i: usize = 0;
  for (const pairs = pairsOf(n); i < pairs; i += 16) v128.store(out + i, vsinpi(v128.load(x + i)));
  if (n & 1) store<f64>(out + i, scalar.sinpi(load<f64>(x + i)));
}

export function tanh(out: usize, x: usize, n: i32): void {
  let i: usize = 0;
  for (const pairs = pairsOf(n); i < pairs; i += 16) v128.store(out + i, vtanh(v128.load(x + i)));
  if (n & 1) store<f64>(out + i, scalar.tanh(load<f64>(x + i)));
}

export function stretch(out: usize, x: usize, n: i32): void {
  let i: usize = 0;
  for (const pairs = pairsOf(n); i < pairs; i += 16) v128.store(out + i, vstretch(v128.load(x + i)));
  if (n & 1) store<f64>(out + i, scalar.stretch(load<f64>(x + i)));
}

export function squash(out: usize, x: usize, n: i32): void {
  let i: usize = 0;
  for (const pairs = pairsOf(n); i < pairs; i += 16) v128.store(out + i, vsquash(v128.load(x + i)));
  if (n & 1) store<f64>(out + i, scalar.squash(load<f64>(x + i)));
}

/** out[i] = x[i]^y[i]. */
export function pow(out: usize, x: usize, y: usize, n: i32): void {
  let i: usize = 0;
  for (const pairs = pairsOf(n); i < pairs; i += 16) v128.store(out + i, vpow(v128.load(x + i), v128.load(y + i)));
  if (n & 1) store<f64>(out + i, scalar.pow(load<f64>(x + i), load<f64>(y + i)));
}

/** Bytes of the whole pairs among n numbers. */
// @ts-ignore: decorator
@inline
function pairsOf(n: i32): usize {
  return (<usize>n >> 1) << 4;
}
