/**
 * TensorFlow.js on its WebAssembly backend (SIMD, one thread) as it is used: variables, `optimizer.minimize`, a tidy a step. It is no dependency: installed or skipped, aloud.
 *
 * Its Adam adds epsilon after the bias correction and ours before it, so epsilon is set anew every step (without: losses 0.2 % apart after 20 steps; with: 1e-5).
 * Surprise: its fused layers and its layers API were no faster than products, sums and relu one by one.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';

export const INSTALL = 'npm install --no-save @tensorflow/tfjs@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0';

const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

interface Tensor { dataSync(): Float32Array; dispose(): void }
/** What is used of it. */
interface Tf {
  readonly version: { readonly 'tfjs-core': string };
  readonly losses: { softmaxCrossEntropy(answers: Tensor, logits: Tensor): Tensor };
  readonly train: { adam(lr: number, beta1: number, beta2: number, epsilon: number): { epsilon: number; minimize(f: () => Tensor, kept: true): Tensor; dispose(): void } };
  setBackend(name: string): Promise<boolean>;
  env(): { getAsync(flag: string): Promise<boolean | number> };
  tidy<T>(f: () => T): T;
  variable(start: Tensor): Tensor;
  tensor1d(values: ArrayLike<number>, type: 'float32' | 'int32'): Tensor;
  tensor2d(values: Float32Array, shape: readonly number[]): Tensor;
  oneHot(labels: Tensor, classes: number): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  relu(x: Tensor): Tensor;
}

/** One mini-batch. */
export interface Examples { readonly n: number; readonly inputs: Float32Array; readonly labels: Uint8Array }
export interface Peer {
  readonly title: string;
  /** The loss of every mini-batch, Adam at `lr` from the layers' first weights and biases in turn. */
  epoch(widths: readonly number[], weights: readonly Float32Array[], batches: Iterable<Examples>, lr: number): number[];
}

/** From the packages of a folder; undefined without them. */
export async function tfjs(folder: string): Promise<Peer | undefined> {
  const require = createRequire(join(folder, 'package.json'));
  let tf: Tf;
  try {
    tf = require('@tensorflow/tfjs') as Tf;
    require('@tensorflow/tfjs-backend-wasm');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    return undefined;
  }
  if (!(await tf.setBackend('wasm'))) throw new Error('tfjs: its WebAssembly backend did not start');
  const [simd, threads] = [await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'), await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT')];
  return {
    title: `tfjs-wasm ${tf.version['tfjs-core']}, ${simd ? 'SIMD' : 'no SIMD'}, ${threads ? 'threads' : 'one thread'}`,
    epoch(widths, weights, batches, lr) {
      const depth = widths.length - 1;
      const variables = weights.map((values, i) => tf.variable(i % 2 ? tf.tensor1d(values, 'float32') : tf.tensor2d(values, [widths[i / 2]!, widths[i / 2 + 1]!])));
      const adam = tf.train.adam(lr, BETA1, BETA2, EPSILON);
      const losses: number[] = [];
      for (const { n, inputs, labels } of batches) {
        adam.epsilon = EPSILON / Math.sqrt(1 - BETA2 ** (losses.length + 1));
        losses.push(tf.tidy(() => {
          const first = tf.tensor2d(inputs, [n, widths[0]!]);
          const answers = tf.oneHot(tf.tensor1d(Int32Array.from(labels), 'int32'), widths[depth]!);
          const loss = (): Tensor => {
            let x = first;
            for (let l = 0; l < depth; l++) {
              x = tf.add(tf.matMul(x, variables[2 * l]!), variables[2 * l + 1]!);
              if (l < depth - 1) x = tf.relu(x);
            }
            return tf.losses.softmaxCrossEntropy(answers, x);
          };
          return adam.minimize(loss, true).dataSync()[0]!;
        }));
      }
      for (const variable of variables) variable.dispose();
      adam.dispose();
      return losses;
    },
  };
}
