/** Short names for what every kernel writes often, two doubles a vector. */

/** The address of double i of a row. */
// @ts-ignore: decorator
@inline
export function at(row: usize, i: i32): usize {
  return row + (<usize>i << 3);
}
// @ts-ignore: decorator
@inline
export function add(a: v128, b: v128): v128 {
  return f64x2.add(a, b);
}
// @ts-ignore: decorator
@inline
export function sub(a: v128, b: v128): v128 {
  return f64x2.sub(a, b);
}
// @ts-ignore: decorator
@inline
export function mul(a: v128, b: v128): v128 {
  return f64x2.mul(a, b);
}
// @ts-ignore: decorator
@inline
export function div(a: v128, b: v128): v128 {
  return f64x2.div(a, b);
}
/** (a0 + b0) + (a1 + b1), how every sum over lanes ends. */
// @ts-ignore: decorator
@inline
export function total(a: v128, b: v128): f64 {
  const s = add(a, b);
  return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
}
