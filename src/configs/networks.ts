/**
 * The configurations of the networks study: plain data, as their JSON files have it.
 *
 * The first five are the published ones. What is left out has its default; `nadir networks configs --out DIR` writes them all to files to
 * edit. Surprise: the published counts of `aggressive` are keyed by scale, so as JSON their keys are text.
 */
import type { Json } from '../core/types.ts';

interface Config { readonly name: string; readonly about: string; readonly [field: string]: Json }

const SHALLOW = { hidden: [128, 64], activation: 'relu' };
const DEEP = { hidden: [256, 128, 64, 32], activation: 'relu' };
const TRAINING = { batch: 128, epochs: 20 };
const SGD = { name: 'sgd', lr: 0.01, momentum: 0.9 };
const ADAM = { name: 'adam', lr: 0.001 };
const ADAMW = { name: 'adamw', lr: 0.001, weightDecay: 0.01 };
const ESCAPE = { name: 'escape', base: 'adam', lr: 0.001 };
/** Where its archive unpacks to. */
const CIFAR = {
  kind: 'cifar',
  files: [1, 2, 3, 4, 5].map((i) => `cifar-10-batches-bin/data_batch_${i}.bin`),
  test: ['cifar-10-batches-bin/test_batch.bin'],
};

/** By name, the published first. */
export const published: readonly Config[] = [
  { name: 'alme_mnist_shallow', about: 'escape with its defaults around Adam', data: 'mnist', network: SHALLOW, optimizer: ESCAPE, ...TRAINING },
  {
    name: 'alme_mnist_aggressive',
    about: 'escape that triggers soon and tries more',
    data: 'mnist',
    network: SHALLOW,
    optimizer: { ...ESCAPE, populationSize: 15, scaleDistribution: { 0.5: 3, 1: 5, 2: 5, 4: 2 }, patience: 3, gradNormThreshold: 1e-5, lossThreshold: 1e-4, evalSteps: 5 },
    ...TRAINING,
  },
  { name: 'baseline_sgd', about: 'gradient descent with momentum', data: 'mnist', network: SHALLOW, optimizer: SGD, ...TRAINING },
  { name: 'baseline_adam', about: 'Adam', data: 'mnist', network: SHALLOW, optimizer: ADAM, ...TRAINING },
  { name: 'baseline_adamw', about: 'Adam with decoupled weight decay', data: 'mnist', network: SHALLOW, optimizer: ADAMW, ...TRAINING },
];

/** Other data, other networks, each with its baseline. */
export const further: readonly Config[] = [
  { name: 'alme_fashion', about: 'Fashion-MNIST, escape', data: 'fashion-mnist', network: SHALLOW, optimizer: ESCAPE, ...TRAINING },
  { name: 'baseline_fashion', about: 'Fashion-MNIST, Adam', data: 'fashion-mnist', network: SHALLOW, optimizer: ADAM, ...TRAINING },
  { name: 'alme_mnist_deep', about: 'four hidden layers, escape', data: 'mnist', network: DEEP, optimizer: ESCAPE, ...TRAINING },
  { name: 'baseline_deep', about: 'four hidden layers, Adam', data: 'mnist', network: DEEP, optimizer: ADAM, ...TRAINING },
  { name: 'alme_mnist_jagged', about: 'four hidden layers with dropout: a jagged loss, escape', data: 'mnist', network: { ...DEEP, dropout: 0.2 }, optimizer: ESCAPE, ...TRAINING },
  { name: 'baseline_jagged', about: 'four hidden layers with dropout: a jagged loss, Adam', data: 'mnist', network: { ...DEEP, dropout: 0.2 }, optimizer: ADAM, ...TRAINING },
  { name: 'alme_mnist_smooth', about: 'two hidden layers with an L2 penalty: a smooth loss, escape', data: 'mnist', network: { ...SHALLOW, l2: 0.01 }, optimizer: ESCAPE, ...TRAINING },
  { name: 'baseline_smooth', about: 'two hidden layers with an L2 penalty: a smooth loss, Adam', data: 'mnist', network: { ...SHALLOW, l2: 0.01 }, optimizer: ADAM, ...TRAINING },
  { name: 'alme_friedman', about: 'regression by squared errors on a made surface, escape', data: 'friedman', network: { hidden: [32, 16], activation: 'tanh', loss: 'mse' }, optimizer: ESCAPE, batch: 32, epochs: 50 },
  { name: 'baseline_friedman', about: 'regression by squared errors on a made surface, Adam', data: 'friedman', network: { hidden: [32, 16], activation: 'tanh', loss: 'mse' }, optimizer: ADAM, batch: 32, epochs: 50 },
  { name: 'alme_cifar', about: 'CIFAR-10 from its binary files, escape', data: CIFAR, network: { hidden: [256, 128], activation: 'relu' }, optimizer: ESCAPE, ...TRAINING },
  { name: 'baseline_cifar', about: 'CIFAR-10 from its binary files, Adam', data: CIFAR, network: { hidden: [256, 128], activation: 'relu' }, optimizer: ADAM, ...TRAINING },
];
