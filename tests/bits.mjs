/**
 * Do two builds of the module compute the same bits? Every export is called with the same arguments in both; answers and the arena must be equal.
 * Parameters come from src/core/kernels.ts, so a new kernel needs no line here.
 */
import { readFileSync } from 'node:fs';

/** Number parameters of kernels by name; pointers get an array of doubles each. A kernel with another parameter adds a line here. */
const numbers = {
  n: [0, 1, 2, 3, 4, 5, 7, 8, 9, 17, 33],
  blocks: [0, 1, 2, 3, 4, 5, 7, 8, 9, 17, 33],
  dim: [1, 2, 3, 4, 5, 7, 8, 9, 50],
  k0: [0, -1, 0x243f6a88, 12345],
  k1: [0, -1, 0x13198a2e, 678],
  lo: [0, -1, -3, 99],
  hi: [0, -1, 7],
  tag: [0, -1, 5],
  depth: [0, 1, 3, 5, 10, 12],
  m: [1, 2, 5, 8, 33],
  from: [0, 1, 2],
  lines: [0, 1, 5],
  line: [0, 1, 2, 5],
  most: [0, 1, 7],
  start: [0, 1.5, -3],
  target: [0, 10, -0.3, 1e300],
  tolerance: [-1, 0.01, 3],
  width: [0, 0.5, 1e300],
  low: [0, 0.25, -7],
  high: [0, 3.5, -0.1],
  bit: [1, 2 ** 52],
  piece: [0, 1, 3],
  k: [1, 3, 4, 7, 9],
  turned: [0, 1],
  quarter: [0, 1, 3, 8],
  kind: [0, 1, 2],
  scale: [0.25, 1 / 3],
  shift: [0, -0.4],
  threshold: [0, 2 ** 31, 2 ** 32 - 1],
  factor: [1, 2.5],
  beta1: [0.9],
  beta2: [0.999],
  epsilon: [1e-8],
  correction: [0.5, 1],
  lower: [-5],
  upper: [7],
};
/** Exports that are no kernels: where the static data ends. */
export const others = ['base', 'machineBytes', 'machineNibble', 'machineBits', 'machineLearn', 'byteOp', 'nibbleOp', 'bitOp', 'learnOp'];
/** Pointers that may be 0; another would read the static data at low addresses, where builds differ. */
const optional = (kernel, parameters, name) => (name === 'gradient' && parameters[0].name === 'loss') || (name === 'rotation' && kernel === 'affine');

/** Calls every export of both modules with the same arguments and compares the answers and the arena (static data below it may differ); returns the number of calls. */
export async function sameBits(before, after) {
  const kernels = await signatures();
  const modules = [new WebAssembly.Module(before), new WebAssembly.Module(after)];
  const exported = WebAssembly.Module.exports(modules[0]).filter((item) => item.kind === 'function').map((item) => item.name);
  for (const name of exported) if (!kernels.has(name) && !others.includes(name)) throw new Error(`assembly/index.ts exports ${name}, which src/core/kernels.ts does not declare`);
  for (const module of modules) {
    const end = new WebAssembly.Instance(module, { env: { memory: new WebAssembly.Memory({ initial: pages }), abort } }).exports.base?.() ?? 0;
    if (end > arena) throw new Error(`the static data ends at ${end}, above the arena of tests/bits.mjs at ${arena}`);
  }
  const inputs = images();
  let calls = 0;
  for (const name of exported.filter((item) => !others.includes(item) && !item.startsWith('machine'))) {
    const parameters = kernels.get(name);
    const memories = modules.map(() => new WebAssembly.Memory({ initial: pages }));
    const functions = modules.map((module, i) => new WebAssembly.Instance(module, { env: { memory: memories[i], abort } }).exports[name]);
    if (functions[0].length !== parameters.length) throw new Error(`assembly/index.ts exports ${name} with ${functions[0].length} parameters, src/core/kernels.ts declares ${parameters.length}`);
    for (const values of choices(name, parameters)) {
      for (const memory of memories) new Float64Array(memory.buffer, arena).set(inputs[calls % inputs.length]);
      const answers = functions.map((call) => call(...values));
      calls++;
      const [a, b] = memories.map((memory) => new BigUint64Array(memory.buffer, arena));
      if (!Object.is(answers[0], answers[1])) throw new Error(`the second build answers ${name}(${values.join(', ')}) with ${answers[1]}, the first with ${answers[0]}`);
      if (Buffer.compare(new Uint8Array(a.buffer, arena), new Uint8Array(b.buffer, arena)) !== 0) {
        const at = a.findIndex((word, i) => word !== b[i] && !(isNaN(word) && isNaN(b[i])) && !sameHalves(word, b[i]));
        if (at >= 0) throw new Error(`the second build answers ${name}(${values.join(', ')}) with double ${at} of the arena = ${b[at].toString(16)}, the first with ${a[at].toString(16)}`);
      }
    }
  }
  return calls + (exported.includes('machineBoot') ? sameMachines(modules) : 0);
}

/** Random kernels score, code and decode a text in both builds; every byte of their regions must be equal, and the text come back. Returns the number of calls. */
function sameMachines(modules) {
  let seed = 12345;
  const next = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const text = Uint8Array.from({ length: 300 }, (_, i) => 'a line of text, and another one\n'.charCodeAt((i * 7 + (next() < 0.2 ? 3 : 0)) % 32));
  const rounds = 60;
  for (let round = 0; round < rounds; round++) {
    const words = Uint32Array.from({ length: 64 }, () => next() * 2 ** 32);
    const doubles = Float64Array.from({ length: 1024 }, () => (next() < 0.02 ? [NaN, Infinity, -1e300, -0][Math.floor(next() * 4)] : next() * 2 - 1));
    const [a, b] = modules.map((module) => {
      const memory = new WebAssembly.Memory({ initial: 4096 });
      const call = new WebAssembly.Instance(module, { env: { memory, abort } }).exports;
      const bytes = new Uint8Array(memory.buffer);
      const [m, input, output] = [2 ** 20, 2 ** 17, 2 ** 18];
      const start = () => {
        new Uint32Array(memory.buffer, m + 51200).set(words);
        new Float64Array(memory.buffer, m + 1024).set(doubles);
        const size = call.machinePlan(m, 12);
        call.machineBoot(m);
        return size;
      };
      bytes.set(text, input);
      const size = start();
      const bits = call.machineScore(m, input, text.length, Infinity);
      start();
      const length = call.machineEncode(m, output, input, text.length, 2 ** 17);
      start();
      call.machineDecode(m, input + 1000, output, length, text.length);
      if (Buffer.compare(bytes.subarray(input + 1000, input + 1000 + text.length), text) !== 0) throw new Error(`random kernel ${round} does not decode what it coded`);
      return { bits, length, memory: Buffer.from(memory.buffer, 2 ** 17, 2 ** 20 - 2 ** 17 + size) };
    });
    if (!Object.is(a.bits, b.bits) || a.length !== b.length || Buffer.compare(a.memory, b.memory) !== 0) throw new Error(`the second build runs random kernel ${round} otherwise: ${b.bits} bits, ${b.length} bytes; the first ${a.bits} and ${a.length}`);
  }
  return 5 * rounds;
}

/** Debug builds import it; release builds import the memory only. */
function abort(_message, _file, line, column) {
  throw new Error(`aborted at ${line}:${column}`);
}

/** WebAssembly leaves the payload of a NaN open, so any two are equal. */
function isNaN(word) {
  return (word & 0x7ff0000000000000n) === 0x7ff0000000000000n && (word & 0xfffffffffffffn) !== 0n;
}

/** Two floats each, where any NaN is as good as another. */
function sameHalves(x, y) {
  const isNaN = (half) => (half & 0x7fffffffn) > 0x7f800000n;
  return [0n, 32n].every((by) => {
    const [a, b] = [x, y].map((word) => (word >> by) & 0xffffffffn);
    return a === b || (isNaN(a) && isNaN(b));
  });
}

const arena = 1 << 19;
/** 4,096 doubles an array are more than the longest case reads (33 rows of 50, 50 x 50). */
const stride = 1 << 15;
const pages = 16;

/** Doubles of every size and sign. In the first the special values are frequent; a NaN hides what its row's sum would have shown, so the others have none. */
function images() {
  const special = [0, -0, 1, -1, 0.5, 1e-300, 5e-324, -5e-324, 1e300, Infinity, -Infinity, NaN, 709.5, -745.2, 2 ** 53, Math.PI];
  let state = 2463534242;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
  return Array.from({ length: 5 }, (_, image) =>
    Float64Array.from({ length: (pages * 65536 - arena) / 8 }, () => {
      const u = next();
      if (image === 0 && u < 0.2) return special[Math.floor(u * 80)];
      return (2 * u - 1) * [1, 8, 600, 1e-9][Math.floor(next() * 4)];
    }));
}

/** Every argument list worth calling: all lengths and widths, other numbers in rotation, optional pointers there and absent. */
function* choices(name, parameters) {
  const counts = parameters.filter((p) => !p.pointer && ['n', 'blocks', 'dim', 'depth'].includes(p.name));
  for (const p of parameters) if (!p.pointer && numbers[p.name] === undefined) throw new Error(`kernel ${name} has a number parameter ${p.name}: give it values in \`numbers\` of build.mjs`);
  const absent = [[], ...parameters.filter((p) => p.pointer && optional(name, parameters, p.name)).map((p) => [p.name])];
  let turn = 0;
  for (const lengths of product(counts.map((p) => numbers[p.name]))) {
    for (const without of absent) {
      let array = 0;
      turn++;
      yield parameters.map((p, i) => {
        if (p.pointer) return without.includes(p.name) ? (array++, 0) : arena + stride * array++;
        const count = counts.indexOf(p);
        return count >= 0 ? lengths[count] : numbers[p.name][(turn + i) % numbers[p.name].length];
      });
    }
  }
}

function* product(lists) {
  if (lists.length === 0) return yield [];
  for (const first of lists[0]) for (const rest of product(lists.slice(1))) yield [first, ...rest];
}

/** Name -> parameters of every kernel, read from `interface Kernels` of src/core/kernels.ts. */
export async function signatures() {
  const ts = (await import('typescript')).default;
  const file = ts.createSourceFile('kernels.ts', readFileSync(new URL('../src/core/kernels.ts', import.meta.url), 'utf8'), ts.ScriptTarget.Latest, true);
  const shape = (list) => list.map((p) => ({ name: p.name.text, pointer: p.type.getText() === 'Pointer' }));
  const types = new Map();
  const kernels = new Map();
  for (const statement of file.statements) {
    if (ts.isTypeAliasDeclaration(statement) && ts.isFunctionTypeNode(statement.type)) types.set(statement.name.text, shape(statement.type.parameters));
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === 'Kernels') {
      for (const member of statement.members) {
        kernels.set(member.name.text, ts.isMethodSignature(member) ? shape(member.parameters) : types.get(member.type.getText()));
      }
    }
  }
  return kernels;
}
