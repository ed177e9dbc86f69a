/** Examples made from our stream, for tests, tours and pages: the same bits everywhere, and the same examples for every seed of an experiment. */
import { cos, sin } from '../../../assembly/portable/math.ts';
import { createRandom } from '../../core/random.ts';
import { fitting } from '../data.ts';

import type { Random } from '../../core/types.ts';
import type { Data } from '../data.ts';

const PI = 3.141592653589793;
const TURNS = 1.5; // of a spiral
const SIDE = 5; // centres of blobs lie in [-5, 5]^width

export interface Made { readonly train: Data; readonly test?: Data }
/** Examples to make, to train and validate on and to test with. */
interface Sizes { readonly examples: number; readonly test: number; readonly noise: number }

/**
 * Spirals around 0 within a unit disc, one a class and each of one and a half turns; normal noise. After the two spirals of K. J. Lang and M. J. Witbrock:
 * "Learning to Tell Two Spirals Apart", 1988.
 */
export function spirals({ examples, test, noise, classes }: Sizes & { readonly classes: number }): Made {
  return made('spirals', examples, test, (n, random) => {
    const inputs = new Float32Array(2 * n);
    const labels = new Uint8Array(n);
    for (let i = 0; i < n; i++) {
      labels[i] = i % classes;
      const radius = Math.sqrt(random.f64()); // more where the arm is longer
      const angle = 2 * PI * (TURNS * radius + labels[i]! / classes);
      inputs[2 * i] = radius * cos(angle) + noise * random.normal();
      inputs[2 * i + 1] = radius * sin(angle) + noise * random.normal();
    }
    return fitting('spirals', { n, width: 2, inputs, scale: 1, shift: 0, outputs: classes, labels });
  });
}

/** Normal clouds of deviation `noise` around centres drawn from [-5, 5]^width, one a class. */
export function blobs({ examples, test, noise, classes, width }: Sizes & { readonly classes: number; readonly width: number }): Made {
  const draw = createRandom(0).fork('blobs').fork('centres');
  const centres = Float64Array.from({ length: classes * width }, () => SIDE * (2 * draw.f64() - 1));
  return made('blobs', examples, test, (n, random) => {
    const inputs = new Float32Array(n * width);
    const labels = Uint8Array.from({ length: n }, (_, i) => i % classes);
    for (let i = 0; i < inputs.length; i++) inputs[i] = centres[labels[Math.floor(i / width)]! * width + (i % width)]! + noise * random.normal();
    return fitting('blobs', { n, width, inputs, scale: 1, shift: 0, outputs: classes, labels });
  });
}

/** J. H. Friedman's first surface ("Multivariate Adaptive Regression Splines", 1991, Eq. 61) with normal noise: ten inputs from [0, 1), of which five count. */
export function friedman({ examples, test, noise }: Sizes): Made {
  return made('friedman', examples, test, (n, random) => {
    const inputs = Float32Array.from({ length: 10 * n }, () => random.f64());
    const targets = new Float32Array(n);
    for (let i = 0; i < n; i++) {
      const x = inputs.subarray(10 * i);
      targets[i] = 10 * sin(PI * x[0]! * x[1]!) + 20 * (x[2]! - 0.5) * (x[2]! - 0.5) + 10 * x[3]! + 5 * x[4]! + noise * random.normal();
    }
    return fitting('friedman', { n, width: 10, inputs, scale: 1, shift: 0, outputs: 1, targets });
  });
}

function made(name: string, examples: number, test: number, make: (n: number, random: Random) => Data): Made {
  const random = createRandom(0).fork(name);
  return { train: make(examples, random.fork('train')), ...(test > 0 ? { test: make(test, random.fork('test')) } : {}) };
}
