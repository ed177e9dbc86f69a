/** `nadir networks train`: trains what configurations say, and writes a file of results for each. */
import { crc32Bytes } from '../../core/crc.ts';
import { NadirError, messageOf, show } from '../../core/errors.ts';
import { further, published } from '../../configs/networks.ts';
import { median } from '../../experiment/analysis.ts';
import { files } from '../../platform/index.ts';
import { training } from '../../studies/networks.ts';
import { builtIn, inside, plainConfig, proven, trainConfig, type Checked } from '../../studies/networks/config.ts';
import { openData } from '../../studies/networks/data.ts';
import { lossOn } from '../../studies/networks/train.ts';
import { brief, number, table, type Command, type Io, type Values } from '../shared.ts';
import { plotOptions, plots, scaleOf } from './plots.ts';
import { counts, ended, follow, replicates, seedOptions, shared, type Done } from './study.ts';

import type { TrainConfig, TrainResult } from '../../studies/networks/results.ts';

const OUT = './runs/networks';

export const train: Command = {
  name: 'networks train',
  about: 'trains networks: ALME (escape) and its rivals at equal cost',
  options: {
    config: { type: 'string', multiple: true, about: `a JSON file, or one of ${[...published, ...further].map(({ name }) => name).join(', ')}; may be given again` },
    all: { type: 'boolean', about: `the ${published.length} published ones, or all of --configs-dir` },
    'configs-dir': { type: 'string', about: 'a folder of JSON files instead of the built-in ones' },
    epochs: { type: 'string', about: 'instead of those of the configurations' },
    seed: { type: 'string', about: 'instead of those of the configurations' },
    ...seedOptions('trainings a configuration, with seeds one after another (1)'),
    ...plotOptions,
    ...shared(OUT),
  },
  async run(values, io) {
    const [seed, epochs, seeds] = [number(values, 'seed'), number(values, 'epochs'), replicates(values)];
    const scale = scaleOf(values);
    const configs = await chosen(values);
    const definition = training({ configs: configs.map(plainConfig), seed, epochs, seeds });
    const context = await looked(configs, seed, io);
    const done = await follow({ ...definition, context }, OUT, values, io);
    const results = await resultsOf(done);
    const several = definition.replicates > 1;
    const written: string[] = [];
    for (const result of results) {
      const name = `${result.experiment}${several ? `_seed${result.seed}` : ''}_results.json`;
      await done.store.put(name, new TextEncoder().encode(`${JSON.stringify(result, null, 2)}\n`));
      written.push(name);
    }
    const drawn = values.plots === true && results.length > 0 ? await plots(done.store, { title: 'Networks', results }, scale, io) : undefined;
    if (values.json) io.out(JSON.stringify({ store: done.place, stop: done.made.stop, made: done.made.success, skipped: done.made.skipped, failed: done.made.failed, milliseconds: done.made.milliseconds, files: written, results }));
    else said(results, done, [written.length === 1 ? written[0] : `${written.length} files *_results.json`, drawn].filter(Boolean).join(', '), io);
    for (const { experiment, seed: own, stop, reason } of results) if (stop === 'diverged') io.note(`nadir: ${experiment}, seed ${own}, diverged: ${reason}; its best parameters are kept`);
    ended(done, values, io);
  },
};

/** The configurations that the command line asks for, each tried. */
async function chosen(values: Values): Promise<Checked[]> {
  const given = (values.config as string[] | undefined) ?? [];
  const folder = values['configs-dir'] as string | undefined;
  if (values.all !== true && given.length === 0) throw new NadirError('input', 'networks train wants --config NAME or FILE, or --all; nadir networks configs shows what there is');
  if (values.all === true && given.length > 0) throw new NadirError('input', '--all and --config are both given; allowed: one of them');
  if (values.all !== true) return Promise.all(given.map((name) => (folder !== undefined && !isFile(name) ? fromFile(`${folder.replace(/\/+$/, '')}/${name}.json`) : isFile(name) ? fromFile(name) : proven(builtIn(name)))));
  if (folder === undefined) return Promise.all(published.map(({ name }) => proven(builtIn(name))));
  const found = (await files.list(folder).catch(() => [])).flatMap(({ name }) => (name.endsWith('.json') ? [name] : [])).sort();
  if (found.length === 0) throw new NadirError('input', `--configs-dir is ${show(folder)}, which has no .json file; nadir networks configs --out ${show(folder)} writes some`);
  return Promise.all(found.map((name) => fromFile(`${folder.replace(/\/+$/, '')}/${name}`)));
}

function isFile(name: string): boolean {
  return name.endsWith('.json') || name.includes('/');
}

async function fromFile(path: string): Promise<Checked> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await files.read(path);
  } catch (error) {
    throw new NadirError('input', `${path} cannot be read: ${messageOf(error)}`);
  }
  if (bytes === undefined) throw new NadirError('input', `${path}: there is no such file`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new NadirError('input', `${path} is no JSON: ${messageOf(error)}`);
  }
  return proven(trainConfig(value, path), path);
}

/** Opens all data, so that whatever is missing is said before anything is made. Of files of the user's, a checksum: runs on what they held before are other runs. */
async function looked(configs: readonly Checked[], seed: number | undefined, io: Io): Promise<{ readonly [config: string]: string }> {
  const sums: { [config: string]: string } = {};
  for (const config of configs) {
    io.progress(`${config.name}: opening its data`);
    const split = await openData(config.data as TrainConfig['data'], { seed: seed ?? config.seed });
    inside(config.name, () => lossOn(config, split));
    const { train: learnt, validation, test } = split;
    if (typeof config.data === 'string') continue;
    const parts = [learnt, validation, test].flatMap((part) => (part ? [part.inputs, part.labels ?? part.targets!] : []));
    sums[config.name] = parts.map(({ buffer, byteOffset, byteLength }) => crc32Bytes(new Uint8Array(buffer, byteOffset, byteLength)).toString(16)).join('-');
  }
  return sums;
}

/** The results that the store keeps, in the order of the experiment. */
async function resultsOf({ records, store }: Done): Promise<TrainResult[]> {
  const out: TrainResult[] = [];
  for (const { id, status, params, milliseconds } of records) {
    if (status !== 'success') continue;
    const key = `runs/${id.slice(0, 2)}/${id}/${String(params.config)}_results.json`;
    const bytes = await store.get(key);
    if (bytes === undefined) throw new NadirError('store', `${key} is gone from the store; --fresh makes the run again`);
    out.push({ ...(JSON.parse(new TextDecoder().decode(bytes)) as TrainResult), seconds: Math.round(milliseconds) / 1000 });
  }
  return out;
}

function said(results: readonly TrainResult[], { made, place }: Done, files: string, io: Io): void {
  const by = new Map<string, TrainResult[]>();
  for (const result of results) by.set(result.experiment, [...(by.get(result.experiment) ?? []), result]);
  const middle = (of: readonly TrainResult[], value: (result: TrainResult) => number | null | undefined): string => {
    const found = of.map(value).filter((each): each is number => typeof each === 'number');
    return found.length === 0 ? '-' : brief(median(found));
  };
  const share = (of: readonly TrainResult[], value: (result: TrainResult) => number | null | undefined): string => {
    const found = of.map(value).filter((each): each is number => typeof each === 'number');
    return found.length === 0 ? '-' : `${(100 * median(found)).toFixed(2)} %`;
  };
  const rows = [...by].map(([name, of]) => [
    name, String(of.length), String(of[0]!.parameters), middle(of, ({ best }) => best.validationLoss), share(of, ({ best }) => best.validationAccuracy), middle(of, ({ test }) => test?.loss), share(of, ({ test }) => test?.accuracy),
    middle(of, ({ final }) => final.step), middle(of, ({ escape }) => escape?.count), middle(of, ({ escape }) => escape?.accepted), middle(of, ({ seconds }) => Number(seconds.toPrecision(3))),
  ]);
  io.out(`${made.size} ${made.size === 1n ? 'training' : 'trainings'}; ${counts(made)}`);
  if (rows.length === 0) return;
  io.out('');
  io.out(table([['configuration', 'seeds', 'parameters', 'validation', 'accuracy', 'test', 'accuracy', 'steps', 'escapes', 'moved', 'seconds'], ...rows]));
  io.out('');
  io.out(`${rows.some((row) => row[1] !== '1') ? 'medians over the seeds, ' : ''}of the epoch that was best on the validation part, whose parameters read the test part once`);
  io.out(`${files} in ${place}, beside the runs`);
}
