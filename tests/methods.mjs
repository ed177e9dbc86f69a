/**
 * Portable suites of what optimizers and strategies do: plain logic over the kernels. They run in Node, with WebAssembly and without, in Deno, Bun and Chromium;
 * Firefox and WebKit run the golden traces, races and containers of all of them instead, where each engine shows its bits, and every other suite.
 */
const methods = [
  'auto', 'basin', 'climb', 'cmaes', 'coordinate', 'descent', 'differential', 'dual', 'escape', 'escape-faithful', 'genetic', 'genetic-programs', 'halving', 'kmeans', 'lbfgs', 'optimizers', 'pattern', 'perturbed',
  'schedule', 'sharpness', 'simplex', 'soft', 'strategies', 'strategies-programs', 'svd',
].map((name) => `tests/portable/${name}.test.ts`);
export default methods;
