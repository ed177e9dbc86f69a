/**
 * The golden runs: every optimizer on four problems, plain and as a rotated instance, a closure with central differences among
 * them. Plain JavaScript, because a bare page and a WebDriver script run it as well. Each run becomes one line of text: what it
 * spent, and a checksum over the exact bits of its trace and its best point.
 */
const PROBLEMS = [
  ['rastrigin', { dim: 5 }],
  ['ackley', { dim: 3, instance: 7 }],
  ['griewank', { dim: 10, instance: 2, rotate: false }],
  ['rosenbrock', { dim: 4, instance: 1 }],
];
const COST = 1500;

/** @param {{ minimize: Function, optimizers: readonly { name: string }[] }} nadir @param {string} backend */
export async function traces(nadir, backend) {
  const out = {};
  for (const { name } of nadir.optimizers) {
    for (const [problem, params] of PROBLEMS) {
      const outcome = await nadir.minimize({ problem, params }, { optimizer: name, cost: COST, seed: 42, backend });
      out[`${name} ${problem}`] = line(outcome);
    }
    const bowl = (x) => (x[0] - 0.3) * (x[0] - 0.3) + 2 * (x[1] + 0.7) * (x[1] + 0.7) + Math.abs(x[0] * x[1]);
    out[`${name} closure`] = line(await nadir.minimize(bowl, { dim: 2, lower: [-1, -2], upper: [3, 2], optimizer: name, cost: COST, seed: 7, backend }));
  }
  return out;
}

function line({ best, cost, stop, trace }) {
  const numbers = Float64Array.from([best.loss, best.cost, ...best.x, ...trace.flatMap((p) => [p.cost, p.loss])]);
  return `${stop} ${cost} ${best.cost} ${best.loss} ${fnv(new Uint8Array(numbers.buffer))}`;
}

/** FNV-1a, 32 bits. */
function fnv(bytes) {
  let h = 0x811c9dc5;
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193);
  return (h >>> 0).toString(16).padStart(8, '0');
}
