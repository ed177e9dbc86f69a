/** `nadir networks landscape`: who leaves his basin, and how deep he ends, at equal cost. */
import { problems } from '../../problems/index.ts';
import { landscape as study, landscapeRuns, type LandscapeOptions } from '../../studies/networks/landscape.ts';
import { evenly } from '../../studies/networks/series.ts';
import { levelled } from '../../studies/networks/spread.ts';
import { ALPHA, landscapeTable, type LandscapeRow } from '../../studies/networks/verdict.ts';
import { brief, number, table, type Command, type Io, type Values } from '../shared.ts';
import { plotOptions, plots, scaleOf } from './plots.ts';
import { counts, ended, follow, names, replicates, seedOptions, shared } from './study.ts';

import type { LandscapeRun } from '../../studies/networks/results.ts';
import type { Trajectory } from '../../studies/networks/report.ts';

const OUT = './runs/landscape';
const STARTS = 5;
const KEPT = 40; // points of a trace in the results; all 200 are in the records of the runs

export const landscape: Command = {
  name: 'networks landscape',
  about: 'escape and its rivals from equal starts at equal cost: escape rates, losses, and whether they differ from Adam\'s',
  options: {
    problems: { type: 'string', about: 'test functions, mlp-smooth, mlp-jagged (rosenbrock,rastrigin,ackley,double-well)' },
    methods: { type: 'string', about: 'some of sgd,adam,adamw,adamr,perturbed,sharpness,basin,escape,escape-faithful (all)' },
    dim: { type: 'string', about: 'of the functions (10)' },
    cost: { type: 'string', about: 'evaluations of a function, a gradient is one more (20000)' },
    passes: { type: 'string', about: 'passes over the data of a network, a gradient is two more (300)' },
    lr: { type: 'string', about: 'of every method that has one (0.01)' },
    rotated: { type: 'boolean', about: 'functions are shifted and rotated, another way each seed' },
    seed: { type: 'string', about: 'an integer from 0 (0)' },
    ...seedOptions('runs of every method on every problem (20)'),
    ...plotOptions,
    ...shared(OUT),
  },
  async run(values, io) {
    const scale = scaleOf(values);
    const asked = {
      problems: names(values, 'problems'), methods: names(values, 'methods'), dim: number(values, 'dim'), cost: number(values, 'cost'), passes: number(values, 'passes'),
      lr: number(values, 'lr'), rotated: values.rotated === true, seed: number(values, 'seed'), seeds: replicates(values),
    };
    const done = await follow(study(asked), OUT, values, io);
    const runs = landscapeRuns(done.records);
    const rows = landscapeTable(runs);
    const thinned = runs.map((run): LandscapeRun => ({ ...run, trace: evenly(run.trace, KEPT) }));
    await done.store.put('landscape_results.json', new TextEncoder().encode(`${JSON.stringify({ rows, runs: thinned })}\n`));
    const drawn = values.plots === true && runs.length > 0 && done.made.stop === 'done' ? await plots(done.store, { title: 'Landscapes', landscape: runs, trajectories: await ways(asked, runs, values, io) }, scale, io) : undefined;
    if (values.json) io.out(JSON.stringify({ store: done.place, stop: done.made.stop, made: done.made.success, skipped: done.made.skipped, failed: done.made.failed, milliseconds: done.made.milliseconds, rows, runs: thinned }));
    else {
      io.out(`${done.made.size} runs; ${counts(done.made)}`);
      if (rows.length > 0) io.out(`\n${table([['problem', 'dim', 'method', 'runs', 'escaped', '95 %', 'median loss', 'interval', 'level', 'moves', 'overhead', 'p', 'against adam'], ...rows.map(cells)])}`);
      io.out(`\nlevel: how often such an interval holds the true median, at least; p: rank-sum against adam, Holm over all of them, verdicts at ${ALPHA}; overhead: share of the cost that candidates took\nruns in ${done.place}, landscape_results.json${drawn === undefined ? '' : `, ${drawn}`} beside them`);
    }
    ended(done, values, io);
  },
};

/** Where every method goes on the functions in two dimensions, from the highest of five starts: runs of their own in the same store. */
async function ways(asked: LandscapeOptions, runs: readonly LandscapeRun[], values: Values, io: Io): Promise<Trajectory[]> {
  const functions = [...new Set(runs.map(({ problem }) => problem))].filter((name) => problems.some((def) => def.name === name));
  if (functions.length === 0) return [];
  const definition = study({ ...asked, problems: functions, dim: 2, seeds: STARTS, rotated: false });
  const done = await follow({ ...definition, name: 'networks-ways' }, OUT, values, io);
  ended(done, values, io);
  const made = landscapeRuns(done.records);
  const highest = (name: string): number => Math.max(...made.filter(({ problem }) => problem === name).map(({ start }) => start));
  return made.filter(({ problem, start }) => start === highest(problem)).map(({ problem, method, path = [] }) => ({ problem, method, points: path }));
}

function cells({ problem, dim, method, runs, rate, rateLow, rateHigh, median, low, high, level, escapes, overhead, adjusted, verdict }: LandscapeRow): string[] {
  const percent = (share: number): string => (100 * share).toFixed(0);
  return [
    problem, String(dim), method, String(runs), `${percent(rate)} %`, `${percent(rateLow)} to ${percent(rateHigh)} %`, brief(median), level > 0 ? `${brief(low)} to ${brief(high)}` : '-', levelled(level), brief(escapes), `${percent(overhead)} %`,
    adjusted === null ? '-' : brief(adjusted), verdict ?? '-',
  ];
}
