/** A network over real workers against the same network on this thread, bit for bit: mini-batches, points, evaluations, trainings; and what ends it early. */
import { afterAll, describe, expect, it } from 'vitest';
import { openPool } from '#pool';
import { createRandom, network, networkBytes, openBackend, optimizer, run, start, train } from '../../src/index.ts';
import { crew, type Crew } from '../../src/studies/networks/crew.ts';
import { backends } from '../cases/backends.ts';
import { moduleOf } from '../cases/executor.ts';

import type { Data, Json, NetworkOptions, NetworkProblem, Scores, Split, TrainConfig, Trained } from '../../src/index.ts';

const page = 'document' in globalThis;
const counts = page ? [2] : [1, 2, 3, 4];
const random = createRandom(11);
const part = (n: number, width: number, outputs: number, bytes: boolean): Data => ({
  n, width, outputs, scale: bytes ? 0.01 : 1, shift: bytes ? -1 : 0,
  inputs: bytes ? Uint8Array.from({ length: n * width }, () => random.int(256)) : Float32Array.from({ length: n * width }, () => random.normal()),
  labels: Uint8Array.from({ length: n }, () => random.int(outputs)),
});
const numbers = ({ labels: _, ...data }: Data): Data => ({ ...data, targets: Float32Array.from({ length: data.n * data.outputs }, () => random.normal()) });
const classes: Split = { name: 'classes', train: part(103, 9, 4, true), validation: part(41, 9, 4, true), test: part(7, 9, 4, true) };
const values: Split = { name: 'values', train: numbers(part(37, 5, 2, false)), validation: numbers(part(3, 5, 2, false)) };
const cases: readonly (readonly [string, Split, NetworkOptions])[] = [
  ['classes from bytes, f32, dropout, penalty', classes, { hidden: [17, 6], batch: 20, dropout: 0.3, l2: 0.01 }],
  ['numbers, f64, mini-batches of 3', values, { hidden: [8], batch: 3, loss: 'mse', precision: 'f64', activation: 'tanh' }],
];

const open: Crew[] = [];
afterAll(async () => void (await Promise.all(open.map((each) => each.close()))));
const arena = async (split: Split, options: NetworkOptions) => ({ backend: await openBackend(backends[0], networkBytes(split, options) + (1 << 20)) });
async function pair(split: Split, options: NetworkOptions, workers: number, signal?: AbortSignal): Promise<[NetworkProblem, Crew]> {
  const team = await crew(split, options, await arena(split, options), { workers, signal });
  open.push(team);
  return [network(split, options, await arena(split, options)), team];
}
const kept = ({ loss, gradient }: Scores<Float64Array>): unknown => [loss, gradient?.map((each) => each.slice())]; // valid until the next score
/** What it says to batches of all kinds. */
async function said(net: NetworkProblem | Crew): Promise<unknown[]> {
  const [x, y, z] = [1, 2, 3].map((seed) => net.space.sample(createRandom(seed)));
  const out: unknown[] = [];
  for (let at = 0; at < net.batches + 1; at++) out.push(kept(await net.score({ xs: [x!], at, gradient: true })));
  for (const batch of [{}, { gradient: true }, { at: 1 }, { at: 2, span: 3, gradient: true }, { at: 1, gradient: true }, { part: 'validation' as const }])
    for (const xs of [[y!], [x!, y!], [x!, y!, z!, y!, x!, z!, y!]]) out.push(kept(await net.score({ ...batch, xs })));
  for (const each of ['train', 'validation'] as const) out.push(await net.evaluate(z!, each));
  return out;
}

describe.each(cases)('%s', (_, split, options) => {
  it.each([0, ...counts])('says the same with %i workers', async (workers) => {
    const [alone, team] = await pair(split, options, workers);
    expect(await said(team)).toEqual(await said(alone));
  });
});

it('says the same where threads share no memory', async () => {
  const [, split, options] = cases[0]!;
  const context = await arena(split, options);
  const there = Object.getOwnPropertyDescriptor(globalThis, 'SharedArrayBuffer');
  delete (globalThis as { SharedArrayBuffer?: unknown }).SharedArrayBuffer;
  const opening = crew(split, options, context, { workers: 2 });
  if (there) Object.defineProperty(globalThis, 'SharedArrayBuffer', there); // tinypool needs it
  open.push(await opening);
  expect(await said(await opening)).toEqual(await said(network(split, options, await arena(split, options))));
});

it('reads the test part in this thread, once there is one', async () => {
  const [alone, team] = await pair(classes, { hidden: [3] }, 2);
  const x = alone.space.sample(createRandom(5));
  expect(await team.evaluate(x, 'test')).toEqual(alone.evaluate(x, 'test'));
  const [, none] = await pair(values, { hidden: [3], loss: 'mse' }, 2);
  expect(() => none.evaluate(x, 'test')).toThrow('values has no test part');
});

describe('train', () => {
  const config: TrainConfig = { name: 'spirals', data: { kind: 'spirals', examples: 200, test: 50 }, network: { hidden: [8], activation: 'tanh' }, optimizer: { name: 'adam', lr: 0.02 }, batch: 32, epochs: 3 };
  const told = ({ result: { seconds: _, ...result }, x }: Trained): unknown => ({ result, x });
  it.each([config, { ...config, epochs: 20, optimizer: { name: 'escape', lr: 0.02, patience: 1, lossWindow: 2, lossThreshold: 10 } }])('has the same result with workers: $optimizer.name', async (each) => {
    const want = await train(each);
    for (const workers of page ? [2] : [1, 3]) expect(told(await train(each, { workers }))).toEqual(told(want));
    if (each !== config) expect(want.result.escape!.count).toBeGreaterThan(0);
  });
  it('goes on with another number of workers', async () => {
    let saved: Json | undefined;
    const want = await train(config, { workers: 2, observe: ({ epoch, fresh, save }) => void (fresh && epoch.epoch === 2 && (saved = save())) });
    expect(told(await train(config, { resume: saved }))).toEqual(told(want));
    expect(told(await train(config, { resume: saved, workers: page ? 2 : 3 }))).toEqual(told(want));
  });
  it('stops on its signal', async () => {
    const stop = new AbortController();
    await expect(train({ ...config, epochs: 100_000 }, { workers: 2, signal: stop.signal, observe: ({ epoch }) => void (epoch.epoch === 2 && stop.abort()) })).rejects.toMatchObject({ code: 'aborted' });
  });
  it.each([-1, 1.5, 257, '2', null])('refuses %j workers', async (workers) => {
    await expect(train(config, { workers: workers as number })).rejects.toMatchObject({ code: 'input', message: expect.stringMatching(/^workers is .*; allowed: an integer from 0 to 256$/) });
  });
});

it('begins anew after a run whose time was up', async () => {
  const options: NetworkOptions = { hidden: [200, 200], batch: 100 };
  const [alone, team] = await pair(classes, options, 2);
  const context = { random: createRandom(1), ...(await arena(classes, options)) };
  await run(team, start(optimizer('sgd'), team, {}, context), { milliseconds: 60 }).catch(() => undefined); // it may end in its first batch
  const x = alone.space.sample(createRandom(2));
  for (const at of [0, 1]) expect(kept(await team.score({ xs: [x], at, gradient: true }))).toEqual(kept(alone.score({ xs: [x], at, gradient: true })));
});

// How one dies in a page is in executor.test.ts, with what vitest needs there.
if (!('__vitest_browser_runner__' in globalThis)) it('a worker that dies ends the run with an error that says so', async () => {
  const options: NetworkOptions = { hidden: [4] };
  const leave = { kind: 'call', module: moduleOf('export const run = () => { globalThis.process?.exit ? process.exit(7) : close(); return new Promise(() => {}); }'), export: 'run', args: [] };
  const team = await crew(classes, options, await arena(classes, options), { workers: 2 }, async (given) => {
    const pool = await openPool(given);
    return { ...pool, run: () => pool.run(leave) };
  });
  open.push(team);
  const sgd = start(optimizer('sgd'), team, {}, { random: createRandom(1), backend: await openBackend() });
  await expect(run(team, sgd, { cost: 10 })).rejects.toMatchObject({ code: 'worker', message: expect.stringMatching(/^a worker died: it (exited with status 7|called close\(\))/) });
});
