/** Operations for the tests of the runner, as a module that any thread can load. */
import { moduleOf } from './executor.ts';

export const operations: string = moduleOf(`
  export const square = (context, { x, scale = 1 }, seeds, capture) => {
    const random = seeds.random('noise');
    let sum = 0;
    for (let step = 0; step < 5; step++) capture.metric('noise', (sum += random.f64()), step);
    capture.metric('square', scale * x * x + (context?.offset ?? 0));
    capture.data('where', { x });
    capture.artifact('xs.npy', Float64Array.from([x, sum]));
    capture.artifact('both.npz', { x: Float64Array.from([x]), n: Int32Array.from([1, 2, 3]) });
    capture.artifact('note.txt', 'x is ' + x);
    capture.log('one');
    capture.log('two');
  };
  export const plain = (context, { x }, seeds, capture) => capture.metric('square', x * x);
  export const bad = (context, { x }, seeds, capture) => {
    capture.metric('square', x * x);
    if (x === 2) throw new RangeError('x is two');
  };
  export const dies = (context, { x }, seeds, capture) => {
    if (x === 2) { globalThis.process?.exit ? process.exit(7) : close(); return new Promise(() => {}); }
    capture.metric('square', x * x);
  };
  export const sleeps = async (context, { x, ms }, seeds, capture) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    capture.metric('square', x * x);
  };
  export const pieces = async (context, { x }, seeds, capture) => {
    for (let part = 0; part < 3; part++) {
      capture.artifact('part' + part + '.txt', 'of ' + x);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  };
  export const spins = (context, { x, ms }, seeds, capture) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
    capture.metric('square', x * x);
  };
  export const stuck = (context, { x }, seeds, capture) => {
    if (x === 2) for (;;);
    capture.metric('square', x * x);
  };
  export const outer = async (context, { x }, seeds, capture) => {
    const inner = await capture.conduct({ name: 'inner', operation: { module: context.module, export: 'plain' }, grid: { x: [x, x + 1] }, replicates: 2 });
    capture.metric('total', inner.reduce((sum, { metrics }) => sum + metrics.square, 0));
  };
`);
