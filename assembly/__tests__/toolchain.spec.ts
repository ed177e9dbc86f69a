// What the kernels take for granted of the compiler (facts: shrinkLevel 0, SIMD on, NativeMath), and that the patched transform compares objects.

class Point {
  constructor(public x: f64, public y: f64) {}
}

const MAGIC: f64 = 6755399441055744.0;

describe('toolchain', () => {
  test('adding and subtracting the magic number rounds half to even, like nearest', () => {
    const values: f64[] = [0, -0.0, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999999999999994, 1e9 + 0.5, -1e9 - 0.5, 3.7, -3.7];
    for (let i = 0; i < values.length; i++) {
      const rounded = values[i] + MAGIC - MAGIC;
      expect<f64>(rounded).toBe(nearest<f64>(values[i]));
      expect<f64>(rounded).toBe(f64x2.extract_lane(f64x2.nearest(f64x2.splat(values[i])), 1));
    }
  });

  test('integers divide as integers and wrap', () => {
    expect<i32>((7 as i32) / 2).toBe(3);
    expect<u32>((4294967295 as u32) * (4294967295 as u32)).toBe(1);
  });

  test('toStrictEqual looks into objects', () => {
    expect<Point>(new Point(1, 2)).toStrictEqual(new Point(1, 2));
    expect<Point>(new Point(1, 2)).not.toStrictEqual(new Point(1, 3));
  });
});
